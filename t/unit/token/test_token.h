/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An issuer with a key, and tokens of it that differ from a good one in a
 * member or two.
 */

#ifndef _COURT_TEST_TOKEN_H_INCLUDED_
#define _COURT_TEST_TOKEN_H_INCLUDED_

#include "ngx_court_token.h"
#include "tap.h"


#define NOW  1800000000

#define s_(text)  ((ngx_str_t) ngx_string(text))


/* a member of the payload as JSON text; NULL: none */
typedef struct {
    const char  *name;
    const char  *value;
} member_t;

static const member_t  good_[] = {
    { "iss", "\"https://lspt.example\"" },
    { "aud", "\"court-api\"" },
    { "sub", "\"lawyer-1\"" },
    { "role", "\"lawyer\"" },
    { "iat", "1799999900" },
    { "exp", "1800003500" },
    { "auth_time", "1799999800" },
    { "jti", "\"j-1\"" },
    { "acr", "\"face\"" },
    { "amr", "[\"face\",\"pwd\"]" },
    { "scope", "\"read identity.consent\"" },
    { NULL, NULL }
};


static ngx_inline ngx_str_t
str_(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


/* a list of ngx_str_t from "a b c" */

static ngx_inline ngx_array_t *
words_(const char *text)
{
    ngx_str_t    *s;
    const char   *end;
    ngx_array_t  *list;

    list = ngx_array_create(tap_pool(), 4, sizeof(ngx_str_t));

    for ( /* void */ ; *text; text = *end ? end + 1 : end) {
        end = strchr(text, ' ');
        end = end ? end : text + strlen(text);

        s = ngx_array_push(list);
        s->data = (u_char *) text;
        s->len = end - text;
    }

    return list;
}


static ngx_inline ngx_court_issuer_t *
issuer_(const char *name, const char *iss)
{
    ngx_court_key_t     *key;
    ngx_court_issuer_t  *issuer;

    issuer = ngx_pcalloc(tap_pool(), sizeof(ngx_court_issuer_t));

    issuer->name = str_(name);
    issuer->issuer = str_(iss);
    issuer->audiences = words_("court-api other-api");
    issuer->roles = words_("lawyer assistant party");
    issuer->acr = words_("pwd sms face");
    issuer->algorithms = (ngx_court_alg_set_t) 1
                         << ngx_court_alg_find(&s_("ES256"))->bit;
    issuer->typ = s_("at+jwt");
    issuer->leeway = 30;
    issuer->token_max_age = 43200;
    issuer->sm2.id = ngx_court_sm2_default_id;

    key = ngx_court_key_generate(tap_pool(), "P-256", 0, NULL);
    key->kid = s_("k1");

    issuer->jwks = ngx_pcalloc(tap_pool(), sizeof(ngx_court_jwks_t));
    issuer->jwks->keys = ngx_pcalloc(tap_pool(), sizeof(ngx_court_key_t *));
    issuer->jwks->keys[0] = key;
    issuer->jwks->nkeys = 1;
    issuer->jwks->generation = 7;

    (void) ngx_court_issuer_seal(issuer);

    return issuer;
}


static ngx_inline ngx_array_t *
issuers_(ngx_court_issuer_t *a, ngx_court_issuer_t *b)
{
    ngx_array_t         *list;
    ngx_court_issuer_t  **p;

    list = ngx_array_create(tap_pool(), 2, sizeof(ngx_court_issuer_t *));

    p = ngx_array_push(list);
    *p = a;

    if (b) {
        p = ngx_array_push(list);
        *p = b;
    }

    return list;
}


static ngx_inline ngx_str_t
token_text_(ngx_court_issuer_t *issuer, const char *header,
    const ngx_str_t *payload)
{
    ngx_str_t  h, token;

    h = str_(header);
    ngx_str_null(&token);

    (void) ngx_court_jws_sign(tap_pool(), ngx_court_alg_find(&s_("ES256")),
                              issuer->jwks->keys[0], &h, payload, &token);

    return token;
}

#define HEADER  "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k1\"}"


/* the good payload with up to n members changed, added or (NULL) removed */

static ngx_inline ngx_str_t
payload_(const member_t *change, ngx_uint_t n)
{
    u_char          *p;
    ngx_str_t        text;
    ngx_uint_t       i;
    const member_t  *m;

    p = ngx_pnalloc(tap_pool(), 65536);
    text.data = p;
    *p++ = '{';

    for (m = good_; m->name; m++) {
        for (i = 0; i < n && strcmp(change[i].name, m->name) != 0; i++) {
            /* void */
        }

        if (i == n) {
            p = ngx_sprintf(p, "\"%s\":%s,", m->name, m->value);
        }
    }

    for (i = 0; i < n; i++) {
        if (change[i].value) {
            p = ngx_sprintf(p, "\"%s\":%s,", change[i].name,
                            change[i].value);
        }
    }

    p[-1] = '}';
    text.len = p - text.data;

    return text;
}


static ngx_inline ngx_str_t
token_(ngx_court_issuer_t *issuer, const member_t *change, ngx_uint_t n)
{
    ngx_str_t  payload;

    payload = payload_(change, n);

    return token_text_(issuer, HEADER, &payload);
}


#endif /* _COURT_TEST_TOKEN_H_INCLUDED_ */
