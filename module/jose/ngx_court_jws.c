/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compact JWS: taking it apart.  Every text has one meaning or none.
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"
#include "ngx_court_jwk.h"


#define NGX_COURT_JWS_PARTS  3


/*
 * Members that change what is signed, or that belong to JWE (RFC 7516,
 * section 9): whoever sends them wants something that isn't done here.
 */

static const struct {
    const char                *name;
    const char                *why;
} ngx_court_jws_refused[] = {
    { "crit", "header has crit" },
    { "b64",  "header has b64" },
    { "zip",  "header has zip" },
    { "enc",  "header is one of JWE" },
    { NULL, NULL }
};


/* exactly three parts; anything with other dots is JWE or nothing */

static ngx_int_t
ngx_court_jws_split(const ngx_str_t *token,
    ngx_str_t parts[NGX_COURT_JWS_PARTS])
{
    u_char      *p, *last, *start;
    ngx_uint_t   n;

    start = token->data;
    last = token->data + token->len;
    n = 0;

    for (p = start; p < last; p++) {
        if (*p != '.') {
            continue;
        }

        if (n == NGX_COURT_JWS_PARTS - 1) {
            return NGX_DECLINED;
        }

        parts[n].data = start;
        parts[n].len = p - start;
        n++;

        start = p + 1;
    }

    if (n != NGX_COURT_JWS_PARTS - 1) {
        return NGX_DECLINED;
    }

    parts[n].data = start;
    parts[n].len = last - start;

    return NGX_OK;
}


/* NULL, or what is wrong with the header */

static const char *
ngx_court_jws_header(ngx_court_jws_t *jws)
{
    ngx_str_t   cty;
    ngx_uint_t  i;

    if (ngx_court_json_type(jws->header) != NGX_COURT_JSON_OBJECT) {
        return "header is no object";
    }

    for (i = 0; ngx_court_jws_refused[i].name; i++) {
        if (ngx_court_json_get(jws->header, ngx_court_jws_refused[i].name)) {
            return ngx_court_jws_refused[i].why;
        }
    }

    if (ngx_court_jose_member(jws->header, "alg", &jws->alg_name) != NGX_OK
        || jws->alg_name.len == 0)
    {
        return "header has no alg";
    }

    if (ngx_court_jose_member(jws->header, "kid", &jws->kid) != NGX_OK) {
        return "kid is no text of at most 256 bytes";
    }

    if (ngx_court_jose_member(jws->header, "typ", &jws->typ) != NGX_OK) {
        return "typ is no text";
    }

    if (ngx_court_jose_member(jws->header, "cty", &cty) != NGX_OK) {
        return "cty is no text";
    }

    jws->alg = ngx_court_alg_find(&jws->alg_name);

    return NULL;
}


ngx_int_t
ngx_court_jws_parse(ngx_pool_t *pool, const ngx_str_t *token,
    ngx_court_jws_t *jws, const char **why)
{
    ngx_int_t   rc;
    ngx_str_t   text, parts[NGX_COURT_JWS_PARTS];
    ngx_uint_t  i;

    ngx_str_t *const  decoded[NGX_COURT_JWS_PARTS] = {
        &text, &jws->payload, &jws->signature
    };

    ngx_memzero(jws, sizeof(ngx_court_jws_t));

    if (token->len > NGX_COURT_TOKEN_MAX) {
        *why = "too long";
        return NGX_DECLINED;
    }

    if (ngx_court_jws_split(token, parts) != NGX_OK) {
        *why = "not three parts";
        return NGX_DECLINED;
    }

    if (parts[0].len == 0 || parts[2].len == 0) {
        *why = parts[0].len ? "not signed" : "no header";
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_COURT_JWS_PARTS; i++) {
        rc = ngx_court_base64url_decode(pool, decoded[i], &parts[i]);

        if (rc != NGX_OK) {
            *why = rc == NGX_DECLINED ? "not strict base64url" : "no memory";
            return rc;
        }
    }

    jws->input.data = token->data;
    jws->input.len = parts[0].len + 1 + parts[1].len;

    jws->header = ngx_court_json_parse(pool, &text, &ngx_court_json_small,
                                       NULL);
    if (jws->header == NULL) {
        *why = "header is no JSON";
        return NGX_DECLINED;
    }

    *why = ngx_court_jws_header(jws);

    return *why ? NGX_DECLINED : NGX_OK;
}
