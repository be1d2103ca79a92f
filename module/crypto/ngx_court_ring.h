/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/crypto only: the keys of a ring.
 */

#ifndef _NGX_COURT_RING_H_INCLUDED_
#define _NGX_COURT_RING_H_INCLUDED_

#include "ngx_court_evp.h"
#include "ngx_court_seal.h"


#define NGX_COURT_RING_MAX_KEYS    32
#define NGX_COURT_RING_MAX_ID      16
#define NGX_COURT_RING_SUBKEY_LEN  32

typedef struct ngx_court_ring_key_s  ngx_court_ring_key_t;

typedef struct {
    ngx_str_t                  name;
    ngx_court_ring_kind_t      kind;
    ngx_court_md_t             md;        /* of subkeys, names and tags */
    ngx_court_cipher_t         cipher;    /* seal rings */
    size_t                     key_len;   /* of the cipher */
    size_t                     iv_len;
    size_t                     tag_len;
} ngx_court_ring_alg_t;

struct ngx_court_ring_key_s {
    ngx_str_t                    id;
    const ngx_court_ring_alg_t  *alg;
    ngx_court_turn_t             turn;
    int64_t                      created;    /* 0: not said */
    u_char                       enc[NGX_COURT_RING_SUBKEY_LEN];
    u_char                       mac[NGX_COURT_RING_SUBKEY_LEN];
    u_char                       name[NGX_COURT_RING_SUBKEY_LEN];
};

struct ngx_court_ring_s {
    ngx_uint_t                 nkeys;
    ngx_court_ring_key_t       keys[NGX_COURT_RING_MAX_KEYS];
};


/* NULL where unknown */
const ngx_court_ring_key_t *ngx_court_ring_find(const ngx_court_ring_t *ring,
    const ngx_str_t *id);


#endif /* _NGX_COURT_RING_H_INCLUDED_ */
