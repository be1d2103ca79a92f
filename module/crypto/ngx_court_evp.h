/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/crypto only: the EVP objects that ngx_court_crypto_init
 * fetched, and small calls over them.  A fetch costs more than the SHA-256 of
 * a token, so nothing else fetches.  A thread keeps its digest contexts from
 * call to call, and shares none of them, so any thread may call these once
 * init is through.
 */

#ifndef _NGX_COURT_EVP_H_INCLUDED_
#define _NGX_COURT_EVP_H_INCLUDED_

#include "ngx_court_crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>


typedef enum {
    NGX_COURT_MD_SHA256 = 0,
    NGX_COURT_MD_SHA384,
    NGX_COURT_MD_SHA512,
    NGX_COURT_MD_SM3,
    NGX_COURT_NMDS,
    NGX_COURT_MD_NONE = NGX_COURT_NMDS
} ngx_court_md_t;

#define NGX_COURT_MAX_MD_LEN  64

typedef enum {
    NGX_COURT_CIPHER_AES256_GCM = 0,
    NGX_COURT_CIPHER_SM4_CTR,             /* not in every OpenSSL build */
    NGX_COURT_NCIPHERS
} ngx_court_cipher_t;


/* NULL before ngx_court_crypto_init, or where OpenSSL has no such thing */
const EVP_MD *ngx_court_evp_md(ngx_uint_t md);
const EVP_CIPHER *ngx_court_evp_cipher(ngx_uint_t cipher);

size_t ngx_court_evp_md_len(ngx_uint_t md);

/* out has ngx_court_evp_md_len(md) bytes; NGX_OK or NGX_ERROR */
ngx_int_t ngx_court_evp_digest(ngx_uint_t md, const ngx_str_t *parts,
    ngx_uint_t n, u_char *out);
ngx_int_t ngx_court_evp_hmac(ngx_uint_t md, const ngx_str_t *key,
    const ngx_str_t *parts, ngx_uint_t n, u_char *out);

/*
 * A context keyed and ready for EVP_MAC_update, for input that isn't one list
 * of parts; freed with EVP_MAC_CTX_free.  NULL on error.
 */
EVP_MAC_CTX *ngx_court_evp_hmac_begin(ngx_uint_t md, const ngx_str_t *key);

/* u32 length in network order, then the bytes: how fields are told apart */
ngx_int_t ngx_court_evp_mac_field(EVP_MAC_CTX *ctx, const ngx_str_t *field);

/*
 * What EVP_*_verify's return value means to a caller: NGX_OK, NGX_DECLINED,
 * or NGX_ERROR where OpenSSL was out of memory.  Leaves the error queue
 * empty: nginx would log what stands there as somebody else's.
 */
ngx_int_t ngx_court_evp_verdict(int rc);


#endif /* _NGX_COURT_EVP_H_INCLUDED_ */
