/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Two issuers with known keys: what the token targets verify against.
 */

#ifndef _COURT_FUZZ_ISSUERS_H_INCLUDED_
#define _COURT_FUZZ_ISSUERS_H_INCLUDED_

#include "fuzz.h"
#include "ngx_court_token.h"


#define FUZZ_NOW  1800000000

/* never used but here; an HMAC costs the fuzzer least */
#define FUZZ_JWKS                                                             \
    "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\",\"k\":"                       \
    "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}"


static ngx_inline ngx_array_t *
fuzz_words(ngx_pool_t *pool, const char *text)
{
    const char   *end;
    ngx_str_t    *s;
    ngx_array_t  *list;

    list = ngx_array_create(pool, 4, sizeof(ngx_str_t));

    for ( /* void */ ; *text; text = *end ? end + 1 : end) {
        end = strchrnul(text, ' ');

        s = ngx_array_push(list);
        s->data = (u_char *) text;
        s->len = end - text;
    }

    return list;
}


static ngx_inline ngx_court_issuer_t *
fuzz_issuer(ngx_pool_t *pool, ngx_array_t *issuers, const char *iss)
{
    ngx_str_t            alg, text;
    ngx_court_issuer_t  *issuer, **p;

    text = fuzz_str(FUZZ_JWKS);
    alg = fuzz_str("HS256");

    issuer = ngx_pcalloc(pool, sizeof(ngx_court_issuer_t));
    issuer->name = fuzz_str(iss);
    issuer->index = issuers->nelts;
    issuer->issuer = fuzz_str(iss);
    issuer->audiences = fuzz_words(pool, "court other");
    issuer->roles = fuzz_words(pool, "lawyer assistant party");
    issuer->algorithms = (ngx_court_alg_set_t) 1
                         << ngx_court_alg_find(&alg)->bit;
    issuer->typ = fuzz_str("at+jwt");
    issuer->leeway = 30;
    issuer->sm2.id = ngx_court_sm2_default_id;
    issuer->jwks = ngx_court_jwks_parse(pool, &text, NULL);
    must(issuer->jwks && issuer->jwks->nkeys == 1);

    p = ngx_array_push(issuers);
    *p = issuer;

    return issuer;
}


static ngx_inline void
fuzz_claim(ngx_pool_t *pool, ngx_court_issuer_t *issuer, const char *name,
    const char *pointer, const char *map)
{
    ngx_keyval_t       *kv;
    ngx_court_claim_t  *claim;

    if (issuer->claims == NULL) {
        issuer->claims = ngx_array_create(pool, 4, sizeof(ngx_court_claim_t));
    }

    claim = ngx_array_push(issuer->claims);
    claim->name = fuzz_str(name);
    claim->pointer = fuzz_str(pointer);
    claim->map = NULL;

    if (map) {
        claim->map = ngx_array_create(pool, 1, sizeof(ngx_keyval_t));
        kv = ngx_array_push(claim->map);
        kv->key = fuzz_str("1");
        kv->value = fuzz_str(map);
    }
}


/* "a" as plain as can be; "b" with everything that an issuer may set */

static ngx_inline ngx_array_t *
fuzz_issuers(ngx_pool_t *pool)
{
    ngx_array_t         *issuers;
    ngx_court_issuer_t  *a, *b;

    must(ngx_court_crypto_init(pool->log) == NGX_OK);
    ngx_court_token_init();

    issuers = ngx_array_create(pool, 2, sizeof(ngx_court_issuer_t *));

    a = fuzz_issuer(pool, issuers, "a");
    must(ngx_court_issuer_seal(a) == NGX_OK);

    b = fuzz_issuer(pool, issuers, "b");
    b->token_max_age = 43200;
    b->courts = fuzz_words(pool, "B00 B01");
    b->acr = fuzz_words(pool, "pwd sms face");
    fuzz_claim(pool, b, "role", "/realm/roles", "lawyer");
    fuzz_claim(pool, b, "channel", "/ch", NULL);
    fuzz_claim(pool, b, "firm", "/firm/0", NULL);
    fuzz_claim(pool, b, "grade", "/grade", "first");
    must(ngx_court_issuer_seal(b) == NGX_OK);

    return issuers;
}


/* every way to read a token that verify or unpack let through */

static ngx_inline void
fuzz_token_read(const ngx_court_token_t *token)
{
    ngx_str_t          name, cursor, element;
    ngx_uint_t         i;
    ngx_court_value_t  v;

    static const char *const  names[] = {
        "sub", "auth_age", "firm", "grade", "no-such", "", "f"
    };

    for (i = 0; i < NGX_COURT_TF_COUNT; i++) {
        ngx_court_token_field(token, i, &v);

        if (v.state != NGX_COURT_V_PRESENT) {
            continue;
        }

        must(v.type == ngx_court_token_schema.fields[i].type);

        if (v.type == NGX_COURT_T_STRING || v.type == NGX_COURT_T_LIST) {
            must(fuzz_inside(&v.str, &token->record));
        }

        if (v.type == NGX_COURT_T_LIST) {
            cursor = v.str;

            while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
                must(fuzz_inside(&element, &v.str));
            }

            must(cursor.len == 0);
            (void) ngx_court_list_contains(&v, &element);
        }
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = fuzz_str(names[i]);
        ngx_court_token_claim(token, &name, FUZZ_NOW, &v);
    }

    (void) ngx_court_token_until(token);
}


#endif /* _COURT_FUZZ_ISSUERS_H_INCLUDED_ */
