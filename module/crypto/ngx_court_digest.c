/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_evp.h"

#include <openssl/rand.h>


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


static int
ngx_court_digest_field(EVP_MD_CTX *ctx, const u_char *data, size_t len)
{
    u_char  prefix[4];

    if (len > 0xffffffff) {
        return 0;
    }

    prefix[0] = (u_char) (len >> 24);
    prefix[1] = (u_char) (len >> 16);
    prefix[2] = (u_char) (len >> 8);
    prefix[3] = (u_char) len;

    return EVP_DigestUpdate(ctx, prefix, sizeof(prefix)) == 1
           && EVP_DigestUpdate(ctx, data, len) == 1;
}


ngx_int_t
ngx_court_hash_fields(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    int            ok;
    ngx_uint_t     i;
    EVP_MD_CTX    *ctx;
    const EVP_MD  *md;

    md = ngx_court_evp_md(NGX_COURT_MD_SHA256);

    if (md == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_MD_CTX_new();

    ok = ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL) == 1
         && ngx_court_digest_field(ctx, (const u_char *) domain,
                                   ngx_strlen(domain));

    for (i = 0; ok && i < n; i++) {
        ok = ngx_court_digest_field(ctx, fields[i].data, fields[i].len);
    }

    ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

    EVP_MD_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
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
