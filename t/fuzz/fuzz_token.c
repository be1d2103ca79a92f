/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a token as it came, or "header\npayload", both JSON, which are signed
 * here first, since no fuzzer guesses a MAC.
 */

#include "fuzz_issuers.h"
#include "ngx_court_base64url.h"


static ngx_array_t  *issuers;


void
fuzz_setup(ngx_pool_t *pool)
{
    issuers = fuzz_issuers(pool);
}


/* what was accepted has one spelling, and is what its issuer may say */

static void
fuzz_passed(ngx_pool_t *pool, const ngx_str_t *text,
    const ngx_court_token_t *token)
{
    u_char             *p;
    size_t              i;
    ngx_str_t           sig, bytes, *roles;
    const char         *why;
    ngx_uint_t          found;
    ngx_court_jws_t     jws;
    ngx_court_value_t   v;
    ngx_court_token_t   again;

    must(ngx_court_jws_parse(pool, text, &jws, &why) == NGX_OK);
    must(jws.alg && ngx_court_alg_in(jws.alg, token->issuer->algorithms));

    sig.len = ngx_court_base64url_encoded_len(jws.signature.len);
    must(text->len == jws.input.len + 1 + sig.len);

    sig.data = ngx_pnalloc(pool, sig.len);
    p = ngx_court_base64url_encode(sig.data, &jws.signature);
    must(ngx_memcmp(p - sig.len, text->data + jws.input.len + 1, sig.len)
         == 0);

    ngx_court_token_field(token, NGX_COURT_TF_ROLE, &v);
    must(v.state == NGX_COURT_V_PRESENT);

    roles = token->issuer->roles->elts;

    for (found = 0, i = 0; i < token->issuer->roles->nelts; i++) {
        found |= ngx_court_str_eq(&roles[i], &v.str);
    }

    must(found);

    ngx_court_token_field(token, NGX_COURT_TF_SUB, &v);
    must(v.state == NGX_COURT_V_PRESENT && v.str.len > 0 && v.str.len <= 256);

    ngx_court_token_field(token, NGX_COURT_TF_EXP, &v);
    must(v.state == NGX_COURT_V_PRESENT
         && v.num + token->issuer->leeway > FUZZ_NOW);
    must(ngx_court_token_until(token) > FUZZ_NOW
         || token->issuer->token_max_age);

    ngx_court_token_field(token, NGX_COURT_TF_COURT, &v);
    must(v.state != NGX_COURT_V_PRESENT || token->issuer->courts == NULL
         || v.str.len == 3);

    fuzz_token_read(token);

    must(ngx_court_token_pack(pool, token, &bytes) == NGX_OK);
    bytes = fuzz_copy(pool, bytes.data, bytes.len);
    must(ngx_court_token_unpack(issuers, &bytes, &again) == NGX_OK);
    must(again.issuer == token->issuer);
    must(ngx_court_str_eq(&again.record, &token->record));
    must(ngx_court_str_eq(&again.extra, &token->extra));
    must(ngx_memcmp(again.id, token->id, NGX_COURT_SHA256_LEN) == 0);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_str_t                  header, payload, text;
    const char                *why;
    ngx_court_token_t          token;
    ngx_court_result_t         rc;
    ngx_court_issuer_t       **issuer = issuers->elts;
    const ngx_court_reason_t  *reason;

    text = *in;

    if (in->len && in->data[0] == '{') {
        header = fuzz_line(pool, in);
        payload = *in;

        must(ngx_court_jws_sign(pool, issuer[0]->jwks->keys[0]->alg
                 ? issuer[0]->jwks->keys[0]->alg
                 : ngx_court_alg_find(&fuzz_str("HS256")),
                 issuer[0]->jwks->keys[0], &header, &payload, &text)
             == NGX_OK);
    }

    reason = NULL;
    why = NULL;
    rc = ngx_court_token_verify(pool, issuers, &text, FUZZ_NOW, &token,
                                &reason, &why);

    if (rc == NGX_COURT_PASS) {
        fuzz_passed(pool, &text, &token);
        return;
    }

    must(rc == NGX_COURT_REFUSED);
    must(why != NULL);
    must(reason == ngx_court_reason(TOKEN_INVALID)
         || reason == ngx_court_reason(TOKEN_EXPIRED)
         || reason == ngx_court_reason(BINDING_INVALID));
}
