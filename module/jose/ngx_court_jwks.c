/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A set of JWKs.  What cannot verify is left out with a warning: an issuer may
 * publish keys of kinds that we do not know beside those that we do.
 */

#include "ngx_court_jose.h"
#include "ngx_court_bytes.h"


/* 256 RSA keys with certificate chains have room */
static const ngx_court_json_limits_t  ngx_court_jwks_limits = {
    1024 * 1024, 8, 16384
};


static ngx_int_t
ngx_court_jwks_warn(ngx_pool_t *pool, ngx_court_jwks_t *jwks, ngx_uint_t i,
    const ngx_str_t *why)
{
    ngx_str_t  *warning;

    warning = ngx_array_push(jwks->warnings);
    if (warning == NULL) {
        return NGX_ERROR;
    }

    warning->data = ngx_pnalloc(pool, why->len + NGX_INT_T_LEN
                                      + sizeof("key  is skipped: "));
    if (warning->data == NULL) {
        return NGX_ERROR;
    }

    warning->len = ngx_sprintf(warning->data, "key %ui is skipped: %V", i + 1,
                               why)
                   - warning->data;
    jwks->skipped++;

    return NGX_OK;
}


static ngx_int_t
ngx_court_jwks_add(ngx_pool_t *pool, ngx_court_jwks_t *jwks, ngx_uint_t i,
    const ngx_court_json_t *node)
{
    ngx_str_t         why;
    ngx_court_key_t  *key;

    ngx_str_set(&why, "unusable");

    key = ngx_court_jwk_parse(pool, node, &why);

    if (key != NULL && !key->use_sig) {
        ngx_str_set(&why, "use or key_ops is not for signatures");
        key = NULL;
    }

    if (key == NULL) {
        return ngx_court_jwks_warn(pool, jwks, i, &why);
    }

    jwks->keys[jwks->nkeys++] = key;

    return NGX_OK;
}


/* a number for the text, so that what was verified with it can be told */

static ngx_int_t
ngx_court_jwks_generation(ngx_court_jwks_t *jwks, const ngx_str_t *text)
{
    u_char  sum[NGX_COURT_SHA256_LEN];

    if (ngx_court_sha256(text, 1, sum) != NGX_OK) {
        return NGX_ERROR;
    }

    jwks->generation = ngx_court_get64(sum);

    if (jwks->generation == 0) {
        jwks->generation = 1;
    }

    return NGX_OK;
}


/* the list of keys, or the key itself in *one; NULL: no JWKS, err says why */

static ngx_court_json_t *
ngx_court_jwks_root(ngx_pool_t *pool, const ngx_str_t *text, ngx_uint_t *one,
    ngx_str_t *err)
{
    ngx_court_json_t  *root, *keys;

    root = ngx_court_json_parse(pool, text, &ngx_court_jwks_limits, err);
    if (root == NULL) {
        return NULL;
    }

    keys = ngx_court_json_get(root, "keys");

    if (keys == NULL && ngx_court_json_get(root, "kty") != NULL) {
        *one = 1;
        return root;
    }

    *one = 0;

    if (keys == NULL || ngx_court_json_type(keys) != NGX_COURT_JSON_ARRAY) {
        ngx_str_set(err, "neither {\"keys\":[...]} nor a JWK");
        return NULL;
    }

    if (ngx_court_json_size(keys) > NGX_COURT_JWKS_MAX) {
        ngx_str_set(err, "more than 256 keys");
        return NULL;
    }

    return keys;
}


ngx_court_jwks_t *
ngx_court_jwks_parse(ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *err)
{
    ngx_int_t          rc;
    ngx_str_t          ignored;
    ngx_uint_t         i, n, one;
    ngx_court_json_t  *keys;
    ngx_court_jwks_t  *jwks;

    if (err == NULL) {
        err = &ignored;
    }

    keys = ngx_court_jwks_root(pool, text, &one, err);
    if (keys == NULL) {
        return NULL;
    }

    n = one ? 1 : ngx_court_json_size(keys);

    ngx_str_set(err, "no memory");

    jwks = ngx_pcalloc(pool, sizeof(ngx_court_jwks_t));
    if (jwks == NULL) {
        return NULL;
    }

    jwks->keys = ngx_pcalloc(pool, (n + 1) * sizeof(ngx_court_key_t *));
    jwks->warnings = ngx_array_create(pool, 1, sizeof(ngx_str_t));

    if (jwks->keys == NULL || jwks->warnings == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        rc = ngx_court_jwks_add(pool, jwks, i,
                                one ? keys : ngx_court_json_at(keys, i));
        if (rc != NGX_OK) {
            return NULL;
        }
    }

    if (ngx_court_jwks_generation(jwks, text) != NGX_OK) {
        return NULL;
    }

    ngx_str_null(err);

    return jwks;
}
