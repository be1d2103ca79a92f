/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A set of keys (RFC 7517 section 5), parsed once.
 */

#include "ngx_court_jose.h"


static ngx_int_t
ngx_court_jwks_warn(ngx_pool_t *pool, ngx_court_jwks_t *jwks, ngx_uint_t i,
    const ngx_str_t *why)
{
    ngx_str_t  *warning;

    jwks->skipped++;

    warning = ngx_array_push(jwks->warnings);
    if (warning == NULL) {
        return NGX_ERROR;
    }

    warning->data = ngx_pnalloc(pool, 32 + why->len);
    if (warning->data == NULL) {
        return NGX_ERROR;
    }

    warning->len = ngx_sprintf(warning->data, "/keys/%ui: %V", i, why)
                   - warning->data;
    return NGX_OK;
}


static ngx_court_jwks_t *
ngx_court_jwks_create(ngx_pool_t *pool, const ngx_str_t *text, ngx_uint_t n)
{
    u_char             sum[NGX_COURT_SHA256_LEN];
    ngx_court_jwks_t  *jwks;

    jwks = ngx_pcalloc(pool, sizeof(ngx_court_jwks_t));
    if (jwks == NULL) {
        return NULL;
    }

    jwks->keys = ngx_pcalloc(pool, (n + 1) * sizeof(ngx_court_key_t *));
    jwks->warnings = ngx_array_create(pool, 1, sizeof(ngx_str_t));

    if (jwks->keys == NULL || jwks->warnings == NULL
        || ngx_court_sha256(text, 1, sum) != NGX_OK)
    {
        return NULL;
    }

    ngx_memcpy(&jwks->generation, sum, sizeof(jwks->generation));

    if (jwks->generation == 0) {
        jwks->generation = 1;
    }

    return jwks;
}


ngx_court_jwks_t *
ngx_court_jwks_parse(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *err)
{
    ngx_str_t          why;
    ngx_uint_t         i, n, single;
    ngx_court_key_t   *key;
    ngx_court_json_t  *root, *keys;
    ngx_court_jwks_t  *jwks;

    static ngx_str_t   none;

    if (err == NULL) {
        err = &none;
    }

    root = ngx_court_json_parse(pool, text, &ngx_court_json_small, err);
    if (root == NULL) {
        return NULL;
    }

    keys = ngx_court_json_get(root, "keys");
    single = (keys == NULL && ngx_court_json_get(root, "kty"));
    n = single ? 1 : ngx_court_json_size(keys);

    if (!single
        && (keys == NULL || ngx_court_json_type(keys) != NGX_COURT_JSON_ARRAY))
    {
        ngx_str_set(err, "no JWKS: \"keys\" is not an array");
        return NULL;
    }

    if (n > NGX_COURT_JWKS_MAX) {
        ngx_str_set(err, "more than 256 keys");
        return NULL;
    }

    jwks = ngx_court_jwks_create(pool, text, n);
    if (jwks == NULL) {
        ngx_str_set(err, "no memory");
        return NULL;
    }

    for (i = 0; i < n; i++) {
        key = ngx_court_jwk_parse(pool, single ? root
                                               : ngx_court_json_at(keys, i),
                                  &why);
        if (key) {
            jwks->keys[jwks->nkeys++] = key;

        } else if (ngx_court_jwks_warn(pool, jwks, i, &why) != NGX_OK) {
            ngx_str_set(err, "no memory");
            return NULL;
        }
    }

    return jwks;
}
