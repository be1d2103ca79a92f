/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Small things that the tests of this directory share.
 */

#ifndef _COURT_TEST_JOSE_H_INCLUDED_
#define _COURT_TEST_JOSE_H_INCLUDED_

#include "ngx_court_base64url.h"
#include "ngx_court_jose.h"
#include "tap.h"


#define ALL_ALGS  ((ngx_court_alg_set_t) -1)

#define s_(text)  ((ngx_str_t) ngx_string(text))


static ngx_inline ngx_str_t
str_(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static ngx_inline ngx_str_t
b64_(const ngx_str_t *bytes)
{
    ngx_str_t  s;

    s.data = ngx_pnalloc(tap_pool(),
                         ngx_court_base64url_encoded_len(bytes->len) + 1);
    s.len = ngx_court_base64url_encode(s.data, bytes) - s.data;

    return s;
}


static ngx_inline ngx_str_t
join_(const ngx_str_t *a, const ngx_str_t *b, const ngx_str_t *c)
{
    ngx_str_t  s;

    s.data = ngx_pnalloc(tap_pool(), a->len + b->len + c->len + 3);
    s.len = ngx_sprintf(s.data, "%V.%V.%V", a, b, c) - s.data;

    return s;
}


/* a JWK from text; NULL, and what was said in *err */

static ngx_inline ngx_court_key_t *
jwk_(const char *text, ngx_str_t *err)
{
    ngx_str_t          s;
    ngx_court_json_t  *node;

    s = str_(text);
    node = ngx_court_json_parse(tap_pool(), &s, &ngx_court_json_small, err);

    return node ? ngx_court_jwk_parse(tap_pool(), node, err) : NULL;
}


static ngx_inline ngx_court_jwks_t *
jwks_(const char *text, ngx_str_t *err)
{
    ngx_str_t  s;

    s = str_(text);

    return ngx_court_jwks_parse(tap_pool(), &s, err);
}


static ngx_inline const ngx_court_alg_t *
alg_(const char *name)
{
    ngx_str_t  s;

    s = str_(name);

    return ngx_court_alg_find(&s);
}


/* a token over payload, header as given; empty on failure */

static ngx_inline ngx_str_t
sign_(const char *alg, const ngx_court_key_t *key, const char *header,
    const char *payload)
{
    ngx_str_t  h, p, token;

    h = str_(header);
    p = str_(payload);
    ngx_str_null(&token);

    if (ngx_court_jws_sign(tap_pool(), alg_(alg), key, &h, &p, &token)
        != NGX_OK)
    {
        ngx_str_null(&token);
    }

    return token;
}


#endif /* _COURT_TEST_JOSE_H_INCLUDED_ */
