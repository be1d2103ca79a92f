/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compact JWS: verifying and signing.  The header names an algorithm and a
 * key; what they may be, the caller and the keys say.
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"


/* public-key operations that one token can cost */
#define NGX_COURT_JWS_MAX_TRIES  8


ngx_int_t
ngx_court_jws_verify(const ngx_court_jws_t *jws, const ngx_court_jwks_t *jwks,
    ngx_court_alg_set_t allowed, const ngx_court_sm2_opts_t *sm2,
    const ngx_court_key_t **used, const char **why)
{
    ngx_int_t               rc;
    ngx_uint_t              i, tries, named;
    const ngx_court_key_t  *key;

    if (jws->alg == NULL || !ngx_court_alg_in(jws->alg, allowed)) {
        *why = jws->alg ? "algorithm not allowed" : "unknown algorithm";
        return NGX_DECLINED;
    }

    named = 0;
    tries = 0;

    for (i = 0; i < jwks->nkeys && tries < NGX_COURT_JWS_MAX_TRIES; i++) {
        key = jwks->keys[i];

        if (jws->kid.len && !ngx_court_str_eq(&jws->kid, &key->kid)) {
            continue;
        }

        named = 1;

        if (key->sign_only || !ngx_court_alg_fits(jws->alg, key)) {
            continue;
        }

        tries++;

        rc = jws->alg->verify(jws->alg, key, sm2, &jws->input,
                              &jws->signature);

        if (rc == NGX_OK) {
            if (used) {
                *used = key;
            }

            return NGX_OK;
        }

        if (rc != NGX_DECLINED) {
            *why = "verification failed to run";
            return NGX_ERROR;
        }
    }

    *why = tries ? "signature mismatch"
           : (named || jws->kid.len == 0) ? "no key for the algorithm"
           : "unknown kid";

    return NGX_DECLINED;
}


ngx_int_t
ngx_court_jws_sign(ngx_pool_t *pool, const ngx_court_alg_t *alg,
    const ngx_court_key_t *key, const ngx_str_t *header,
    const ngx_str_t *payload, ngx_str_t *token)
{
    u_char     *p, buf[NGX_COURT_MAX_SIG_LEN];
    ngx_str_t   input, sig;

    p = ngx_pnalloc(pool,
                    ngx_court_base64url_encoded_len(header->len) + 1
                    + ngx_court_base64url_encoded_len(payload->len) + 1
                    + ngx_court_base64url_encoded_len(sizeof(buf)));
    if (p == NULL) {
        return NGX_ERROR;
    }

    input.data = p;

    p = ngx_court_base64url_encode(p, header);
    *p++ = '.';
    p = ngx_court_base64url_encode(p, payload);

    input.len = p - input.data;

    sig.data = buf;
    sig.len = 0;

    if (alg->sign(alg, key, NULL, &input, &sig) != NGX_OK) {
        return NGX_ERROR;
    }

    *p++ = '.';
    p = ngx_court_base64url_encode(p, &sig);

    token->data = input.data;
    token->len = p - input.data;

    return NGX_OK;
}


/* the table's order is the order of preference */

const ngx_court_alg_t *
ngx_court_key_default_alg(const ngx_court_key_t *key)
{
    const ngx_court_alg_t *const *alg;

    if (key->alg) {
        return key->alg;
    }

    for (alg = ngx_court_algs; (*alg)->name.len; alg++) {
        if (ngx_court_alg_fits(*alg, key)) {
            return *alg;
        }
    }

    return NULL;
}
