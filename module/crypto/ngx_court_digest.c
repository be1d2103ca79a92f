/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_evp.h"
#include "ngx_court_bytes.h"

#include <openssl/rand.h>


#define NGX_COURT_DIGEST_PREFIX  4           /* length before each field */
#define NGX_COURT_DIGEST_STACK   2048        /* bytes that need no malloc */
#define NGX_COURT_DIGEST_KEPT    1024        /* hashes that a process keeps, */
#define NGX_COURT_DIGEST_TEXT    472         /* of texts up to so many bytes */


typedef struct {
    size_t                     len;          /* 0: an empty slot */
    u_char                     sum[NGX_COURT_SHA256_LEN];
    u_char                     text[NGX_COURT_DIGEST_TEXT];
} ngx_court_digest_kept_t;


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


static size_t
ngx_court_digest_len(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n)
{
    size_t      len;
    ngx_uint_t  i;

    len = NGX_COURT_DIGEST_PREFIX + ngx_strlen(domain);

    for (i = 0; i < n; i++) {
        if (fields[i].len > 0xffffffff) {
            return 0;
        }

        len += NGX_COURT_DIGEST_PREFIX + fields[i].len;
    }

    return len;
}


/* gathered first: an update costs more than the few bytes of a field */

static u_char *
ngx_court_digest_gather(u_char *p, const char *domain,
    const ngx_str_t *fields, ngx_uint_t n)
{
    ngx_uint_t  i;

    p = ngx_court_digest_field(p, (const u_char *) domain,
                               ngx_strlen(domain));

    for (i = 0; i < n; i++) {
        p = ngx_court_digest_field(p, fields[i].data, fields[i].len);
    }

    return p;
}


ngx_int_t
ngx_court_hash_fields(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    u_char     stack[NGX_COURT_DIGEST_STACK];
    size_t     len;
    ngx_int_t  rc;
    ngx_str_t  text;

    len = ngx_court_digest_len(domain, fields, n);

    if (len == 0) {
        return NGX_ERROR;
    }

    text.len = len;
    text.data = len > sizeof(stack) ? malloc(len) : stack;

    if (text.data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_court_digest_gather(text.data, domain, fields, n);

    rc = ngx_court_sha256(&text, 1, out);

    ngx_court_wipe(text.data, len);

    if (text.data != stack) {
        free(text.data);
    }

    return rc;
}


/*
 * The hash is a function of the text alone, so what is kept is never stale:
 * there is nothing to invalidate.  A slot is found by a quick sum, and serves
 * only where the whole text is the same.
 */

ngx_int_t
ngx_court_hash_fields_kept(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    u_char                    text[NGX_COURT_DIGEST_TEXT];
    size_t                    len;
    ngx_str_t                 s;
    ngx_court_digest_kept_t  *kept;

    static ngx_court_digest_kept_t  table[NGX_COURT_DIGEST_KEPT];

    len = ngx_court_digest_len(domain, fields, n);

    if (len == 0 || len > sizeof(text)) {
        return ngx_court_hash_fields(domain, fields, n, out);
    }

    (void) ngx_court_digest_gather(text, domain, fields, n);

    kept = &table[ngx_court_place(text, len, NGX_COURT_DIGEST_KEPT)];

    if (kept->len != len || ngx_memcmp(kept->text, text, len) != 0) {

        s.data = text;
        s.len = len;

        ngx_court_wipe(kept, sizeof(ngx_court_digest_kept_t));

        if (ngx_court_sha256(&s, 1, kept->sum) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_memcpy(kept->text, text, len);
        kept->len = len;
    }

    ngx_memcpy(out, kept->sum, NGX_COURT_SHA256_LEN);

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
