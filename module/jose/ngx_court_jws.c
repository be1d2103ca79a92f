/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compact JWS (RFC 7515 section 7.1).
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"


#define NGX_COURT_JWS_TRIES  8               /* keys, where there is no kid */


/* exactly two dots; none of the parts but the payload may be empty */

static ngx_int_t
ngx_court_jws_split(const ngx_str_t *token, ngx_str_t part[3])
{
    u_char  *dot1, *dot2, *last;

    last = token->data + token->len;

    dot1 = memchr(token->data, '.', token->len);
    if (dot1 == NULL) {
        return NGX_DECLINED;
    }

    dot2 = memchr(dot1 + 1, '.', last - dot1 - 1);
    if (dot2 == NULL || memchr(dot2 + 1, '.', last - dot2 - 1)) {
        return NGX_DECLINED;
    }

    part[0].data = token->data;
    part[0].len = dot1 - token->data;
    part[1].data = dot1 + 1;
    part[1].len = dot2 - dot1 - 1;
    part[2].data = dot2 + 1;
    part[2].len = last - dot2 - 1;

    return (part[0].len && part[2].len) ? NGX_OK : NGX_DECLINED;
}


/* a header parameter that, if there, must be a string without controls */

static ngx_int_t
ngx_court_jws_param(const ngx_court_json_t *header, const char *name,
    size_t max, ngx_str_t *value)
{
    size_t             i;
    ngx_court_json_t  *member;

    ngx_str_null(value);

    member = ngx_court_json_get(header, name);
    if (member == NULL) {
        return NGX_OK;
    }

    if (ngx_court_json_string(member, value) != NGX_OK || value->len > max) {
        return NGX_DECLINED;
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * crit names extensions that must be understood, and none is; b64 (RFC 7797)
 * and zip change what the payload is.
 */

static const char *
ngx_court_jws_header(ngx_court_jws_t *jws)
{
    ngx_str_t  cty;

    if (ngx_court_json_type(jws->header) != NGX_COURT_JSON_OBJECT) {
        return "header is not an object";
    }

    if (ngx_court_json_get(jws->header, "crit")) {
        return "crit in the header";
    }

    if (ngx_court_json_get(jws->header, "b64")
        || ngx_court_json_get(jws->header, "zip")
        || ngx_court_json_get(jws->header, "enc"))
    {
        return "b64, zip or enc in the header";
    }

    if (ngx_court_jws_param(jws->header, "alg", 64, &jws->alg_name) != NGX_OK
        || jws->alg_name.len == 0)
    {
        return "alg is not a string";
    }

    if (ngx_court_jws_param(jws->header, "kid", NGX_COURT_KID_MAX, &jws->kid)
        != NGX_OK)
    {
        return "kid is not a bounded string";
    }

    if (ngx_court_jws_param(jws->header, "typ", 128, &jws->typ) != NGX_OK
        || ngx_court_jws_param(jws->header, "cty", 128, &cty) != NGX_OK)
    {
        return "typ or cty is not a string";
    }

    return NULL;
}


ngx_int_t
ngx_court_jws_parse(ngx_pool_t *pool, const ngx_str_t *token,
    ngx_court_jws_t *jws, const char **why)
{
    ngx_int_t  rc;
    ngx_str_t  part[3], header;

    ngx_memzero(jws, sizeof(ngx_court_jws_t));

    if (token->len > NGX_COURT_TOKEN_MAX) {
        *why = "token too long";
        return NGX_DECLINED;
    }

    if (ngx_court_jws_split(token, part) != NGX_OK) {
        *why = "not three parts";
        return NGX_DECLINED;
    }

    rc = ngx_court_base64url_decode(pool, &header, &part[0]);

    if (rc == NGX_OK) {
        rc = ngx_court_base64url_decode(pool, &jws->payload, &part[1]);
    }

    if (rc == NGX_OK) {
        rc = ngx_court_base64url_decode(pool, &jws->signature, &part[2]);
    }

    if (rc != NGX_OK) {
        *why = "a part is not base64url";
        return rc;
    }

    jws->input.data = token->data;
    jws->input.len = part[1].data + part[1].len - token->data;

    jws->header = ngx_court_json_parse(pool, &header, &ngx_court_json_small,
                                       NULL);
    if (jws->header == NULL) {
        *why = "header is not JSON";
        return NGX_DECLINED;
    }

    *why = ngx_court_jws_header(jws);
    if (*why) {
        return NGX_DECLINED;
    }

    jws->alg = ngx_court_alg_find(&jws->alg_name);

    return NGX_OK;
}


ngx_int_t
ngx_court_jws_verify(const ngx_court_jws_t *jws,
    const ngx_court_jwks_t *jwks, ngx_court_alg_set_t allowed,
    const ngx_court_sm2_opts_t *sm2, const ngx_court_key_t **used,
    const char **why)
{
    ngx_int_t               rc;
    ngx_uint_t              i, tries, known;
    const ngx_court_key_t  *key;

    if (jws->alg == NULL || !ngx_court_alg_in(jws->alg, allowed)) {
        *why = "algorithm not allowed";
        return NGX_DECLINED;
    }

    tries = 0;
    known = 0;

    for (i = 0; i < jwks->nkeys && tries < NGX_COURT_JWS_TRIES; i++) {
        key = jwks->keys[i];

        /* a kid picks its key, and never falls back to others */

        if (jws->kid.len && !ngx_court_str_eq(&jws->kid, &key->kid)) {
            continue;
        }

        known = 1;

        if (!ngx_court_alg_fits(jws->alg, key)) {
            continue;
        }

        tries++;

        rc = jws->alg->verify(jws->alg, key, sm2, &jws->input,
                              &jws->signature);

        if (rc == NGX_OK && used) {
            *used = key;
        }

        if (rc != NGX_DECLINED) {
            *why = "own fault in verification";
            return rc;
        }
    }

    *why = tries ? "signature mismatch"
                 : known ? "no key fits the algorithm" : "unknown kid";

    return NGX_DECLINED;
}


ngx_int_t
ngx_court_jws_sign(ngx_pool_t *pool, const ngx_court_alg_t *alg,
    const ngx_court_key_t *key, const ngx_str_t *header,
    const ngx_str_t *payload, ngx_str_t *token)
{
    u_char     *p, raw[NGX_COURT_MAX_SIG_LEN];
    size_t      len;
    ngx_str_t   input, sig;

    if (alg == NULL || alg->sign == NULL) {
        return NGX_ERROR;
    }

    len = ngx_court_base64url_encoded_len(header->len)
          + ngx_court_base64url_encoded_len(payload->len)
          + ngx_court_base64url_encoded_len(NGX_COURT_MAX_SIG_LEN) + 2;

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    token->data = p;
    p = ngx_court_base64url_encode(p, header);
    *p++ = '.';
    p = ngx_court_base64url_encode(p, payload);

    input.data = token->data;
    input.len = p - token->data;

    sig.data = raw;
    sig.len = 0;

    if (alg->sign(alg, key, NULL, &input, &sig) != NGX_OK) {
        return NGX_ERROR;
    }

    *p++ = '.';
    p = ngx_court_base64url_encode(p, &sig);
    token->len = p - token->data;

    return NGX_OK;
}


typedef struct {
    ngx_court_kty_t            kty;
    ngx_str_t                  crv;
    ngx_str_t                  alg;
} ngx_court_jws_default_t;

static const ngx_court_jws_default_t  ngx_court_jws_defaults[] = {
    { NGX_COURT_KTY_OCT, ngx_null_string,         ngx_string("HS256") },
    { NGX_COURT_KTY_RSA, ngx_null_string,         ngx_string("RS256") },
    { NGX_COURT_KTY_EC,  ngx_string("P-256"),     ngx_string("ES256") },
    { NGX_COURT_KTY_EC,  ngx_string("P-384"),     ngx_string("ES384") },
    { NGX_COURT_KTY_EC,  ngx_string("P-521"),     ngx_string("ES512") },
    { NGX_COURT_KTY_EC,  ngx_string("secp256k1"), ngx_string("ES256K") },
    { NGX_COURT_KTY_OKP, ngx_null_string,         ngx_string("EdDSA") },
    { NGX_COURT_KTY_SM2, ngx_null_string,         ngx_string("SM2") }
};


const ngx_court_alg_t *
ngx_court_key_default_alg(const ngx_court_key_t *key)
{
    ngx_uint_t                      i, n;
    const ngx_court_jws_default_t  *row;

    if (key->alg) {
        return key->alg;
    }

    n = sizeof(ngx_court_jws_defaults) / sizeof(ngx_court_jws_defaults[0]);

    for (i = 0; i < n; i++) {
        row = &ngx_court_jws_defaults[i];

        if (row->kty == key->kty
            && (row->crv.len == 0 || ngx_court_str_eq(&row->crv, &key->crv)))
        {
            return ngx_court_alg_find(&row->alg);
        }
    }

    return NULL;
}
