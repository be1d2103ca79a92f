/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_evp.h"

#include <openssl/rand.h>


#define NGX_COURT_DIGEST_PREFIX  4           /* length before each field */
#define NGX_COURT_DIGEST_STACK   2048        /* bytes that need no malloc */


ngx_int_t
ngx_court_sha256(const ngx_str_t *parts, ngx_uint_t n,
    u_char out[NGX_COURT_SHA256_LEN])
{
    return ngx_court_evp_digest(NGX_COURT_MD_SHA256, parts, n, out);
}


ngx_int_t
ngx_court_sm3(const ngx_str_t *parts, ngx_uint_t n,
    u_char out[NGX_COURT_SM3_LEN])
{
    return ngx_court_evp_digest(NGX_COURT_MD_SM3, parts, n, out);
}


ngx_int_t
ngx_court_hmac_sha256(const ngx_str_t *key, const ngx_str_t *parts,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    return ngx_court_evp_hmac(NGX_COURT_MD_SHA256, key, parts, n, out);
}


ngx_int_t
ngx_court_hmac_sm3(const ngx_str_t *key, const ngx_str_t *parts,
    ngx_uint_t n, u_char out[NGX_COURT_SM3_LEN])
{
    return ngx_court_evp_hmac(NGX_COURT_MD_SM3, key, parts, n, out);
}


static u_char *
ngx_court_digest_field(u_char *p, const u_char *data, size_t len)
{
    *p++ = (u_char) (len >> 24);
    *p++ = (u_char) (len >> 16);
    *p++ = (u_char) (len >> 8);
    *p++ = (u_char) len;

    return len ? ngx_cpymem(p, data, len) : p;
}


/* gathered first: an update costs more than the few bytes of a field */

ngx_int_t
ngx_court_hash_fields(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    u_char      *p, stack[NGX_COURT_DIGEST_STACK];
    size_t       len;
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_uint_t   i;

    len = NGX_COURT_DIGEST_PREFIX + ngx_strlen(domain);

    for (i = 0; i < n; i++) {
        if (fields[i].len > 0xffffffff) {
            return NGX_ERROR;
        }

        len += NGX_COURT_DIGEST_PREFIX + fields[i].len;
    }

    text.len = len;
    text.data = len > sizeof(stack) ? malloc(len) : stack;

    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_court_digest_field(text.data, (const u_char *) domain,
                               ngx_strlen(domain));

    for (i = 0; i < n; i++) {
        p = ngx_court_digest_field(p, fields[i].data, fields[i].len);
    }

    rc = ngx_court_sha256(&text, 1, out);

    ngx_court_wipe(text.data, len);

    if (text.data != stack) {
        free(text.data);
    }

    return rc;
}


ngx_int_t
ngx_court_random(u_char *p, size_t len)
{
    if (len > INT_MAX || RAND_bytes(p, (int) len) != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_court_secret_eq(const u_char *a, const u_char *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
ngx_court_wipe(void *p, size_t len)
{
    if (p != NULL && len != 0) {
        OPENSSL_cleanse(p, len);
    }
}
