/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rings of symmetric keys, and what is done with them: sealing what leaves
 * the machine (GB/T 39786 "important data at rest"), keyed names, pseudonyms.
 *
 * Ring file: one key a line, "ID ALG SECRET [state=WORD] [created=TIME]", '#'
 * comments; ID is [A-Za-z0-9._-]{1,16}; ALG is sm4-ctr-hmac-sm3, aes-256-gcm
 * (seal rings) or hmac-sm3, hmac-sha256 (audit rings); SECRET is base64url of
 * 32 bytes; WORD is of ngx_court_turn.h; TIME is of RFC 3339.  The key whose
 * state is "write", else the first that has no state, is written with; all but
 * the retired are read with.  From the secret every purpose
 * derives its own subkey (HMAC over the purpose's name).
 *
 * Sealed: 1 byte format (1), 1 byte length of id, id, 16 bytes IV (12 used by
 * GCM), ciphertext, tag (SM3: 32 bytes, GCM: 16).  The associated data is
 * what the value is about (its key, format, fact): a value moved to another
 * key does not open.
 */

#ifndef _NGX_COURT_SEAL_H_INCLUDED_
#define _NGX_COURT_SEAL_H_INCLUDED_

#include "ngx_court_crypto.h"


typedef struct ngx_court_ring_s  ngx_court_ring_t;

typedef enum {
    NGX_COURT_RING_SEAL = 1,
    NGX_COURT_RING_MAC
} ngx_court_ring_kind_t;

/* parses a ring file's text; NULL and err ("line 2: ...") on error */
ngx_court_ring_t *ngx_court_ring_parse(ngx_pool_t *pool,
    const ngx_str_t *text, ngx_court_ring_kind_t kind, ngx_str_t *err);

/* how many keys there are, in ngx_court_ring_tell()'s order (the one to write
 * with is 0), and whether one is read with: all but the retired */
ngx_uint_t ngx_court_ring_count(const ngx_court_ring_t *ring);
ngx_uint_t ngx_court_ring_reads(const ngx_court_ring_t *ring, ngx_uint_t k);

/* id of the key that is written with */
const ngx_str_t *ngx_court_ring_id(const ngx_court_ring_t *ring);
/* its digest is SM3, else SHA-256 */
ngx_uint_t ngx_court_ring_sm3(const ngx_court_ring_t *ring);

/* what may be told of a key; turn is never NONE */
typedef struct {
    ngx_str_t                  id;
    ngx_str_t                  alg;
    ngx_court_turn_t           turn;
    int64_t                    created;   /* seconds since 1970; 0: not said */
} ngx_court_ring_told_t;

/* 0: there are not so many */
ngx_uint_t ngx_court_ring_tell(const ngx_court_ring_t *ring, ngx_uint_t i,
    ngx_court_ring_told_t *told);

#define NGX_COURT_SEAL_OVERHEAD  (2 + 16 + 16 + 32)

/*
 * Seals plain with the key to write with.  out->data has room for plain->len +
 * NGX_COURT_SEAL_OVERHEAD; out->len is set.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_court_seal(const ngx_court_ring_t *ring, const ngx_str_t *aad,
    const ngx_str_t *plain, ngx_str_t *out);

/*
 * Opens with the key whose id the value names.  out->data has room for
 * sealed->len.  NGX_OK; NGX_DECLINED: not ours, tampered with, other aad,
 * unknown or retired id (a miss, never an answer); NGX_ERROR: own fault.
 */
ngx_int_t ngx_court_open(const ngx_court_ring_t *ring, const ngx_str_t *aad,
    const ngx_str_t *sealed, ngx_str_t *out);

/*
 * Keyed name of length-prefixed fields under that key, domain-separated;
 * 32 bytes.  Names in Redis (seal ring) and pseudonyms (audit ring).
 */
ngx_int_t ngx_court_ring_name(const ngx_court_ring_t *ring,
    const char *domain, const ngx_str_t *fields, ngx_uint_t n,
    u_char out[NGX_COURT_SHA256_LEN]);
/* under any key of the ring, in ngx_court_ring_tell()'s order: what was named
 * while that one was written with */
ngx_int_t ngx_court_ring_name_of(const ngx_court_ring_t *ring, ngx_uint_t k,
    const char *domain, const ngx_str_t *fields, ngx_uint_t n,
    u_char out[NGX_COURT_SHA256_LEN]);


#endif /* _NGX_COURT_SEAL_H_INCLUDED_ */
