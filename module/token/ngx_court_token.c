/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * From the credential's text to a verified token: iss selects the issuer,
 * the issuer its keys, algorithms and rules.  Nothing of the payload is
 * believed before the signature holds; iss is only looked up.
 */

#include "ngx_court_token.h"
#include "ngx_court_token_claims.h"


static ngx_court_result_t
ngx_court_token_refuse(ngx_court_token_ctx_t *ctx,
    const ngx_court_reason_t *reason, const char *why)
{
    ctx->reason = reason;
    ctx->why = why;

    return NGX_COURT_REFUSED;
}


static ngx_court_result_t
ngx_court_token_fault(ngx_court_token_ctx_t *ctx, const char *why)
{
    ctx->reason = ngx_court_reason(INTERNAL_ERROR);
    ctx->why = why;

    return NGX_COURT_FAILED;
}


/* RFC 7515 section 4.1.9: "application/" may be left out; case counts not */

static ngx_str_t
ngx_court_token_subtype(const ngx_str_t *typ)
{
    ngx_str_t  s;

    s = *typ;

    if (s.len > 12
        && ngx_strncasecmp(s.data, (u_char *) "application/", 12) == 0)
    {
        s.data += 12;
        s.len -= 12;
    }

    return s;
}


static ngx_uint_t
ngx_court_token_typ(const ngx_str_t *typ, const ngx_str_t *wanted)
{
    ngx_str_t  s, w;

    s = ngx_court_token_subtype(typ);
    w = ngx_court_token_subtype(wanted);

    return s.len == w.len && ngx_strncasecmp(s.data, w.data, s.len) == 0;
}


static const ngx_court_issuer_t *
ngx_court_token_issuer(const ngx_array_t *issuers,
    const ngx_court_json_t *payload)
{
    ngx_str_t             iss;
    ngx_uint_t            i;
    ngx_court_issuer_t  **issuer;

    if (ngx_court_json_string(ngx_court_json_get(payload, "iss"), &iss)
        != NGX_OK)
    {
        return NULL;
    }

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        if (ngx_court_str_eq(&issuer[i]->issuer, &iss)) {
            return issuer[i];
        }
    }

    return NULL;
}


static ngx_court_result_t
ngx_court_token_signature(ngx_court_token_ctx_t *ctx,
    const ngx_court_issuer_t *issuer)
{
    ngx_int_t    rc;
    const char  *why;

    if (issuer->jwks == NULL || issuer->jwks->nkeys == 0) {
        ctx->reason = ngx_court_reason(KEYS_UNAVAILABLE);
        ctx->why = "issuer has no usable key";
        return NGX_COURT_FAILED;
    }

    if (!ngx_court_token_typ(&ctx->jws.typ, &issuer->typ)) {
        return ngx_court_token_refuse(ctx, ngx_court_reason(TOKEN_INVALID),
                                      "typ is not the issuer's");
    }

    rc = ngx_court_jws_verify(&ctx->jws, issuer->jwks, issuer->algorithms,
                              &issuer->sm2, &ctx->key, &why);

    if (rc == NGX_DECLINED) {
        return ngx_court_token_refuse(ctx, ngx_court_reason(TOKEN_INVALID),
                                      why);
    }

    return rc == NGX_OK ? NGX_COURT_PASS : ngx_court_token_fault(ctx, why);
}


static ngx_court_result_t
ngx_court_token_parse(ngx_court_token_ctx_t *ctx, const ngx_str_t *text)
{
    ngx_int_t    rc;
    const char  *why;

    why = NULL;
    rc = ngx_court_jws_parse(ctx->pool, text, &ctx->jws, &why);

    if (rc == NGX_DECLINED) {
        return ngx_court_token_refuse(ctx, ngx_court_reason(TOKEN_INVALID),
                                      why);
    }

    if (rc != NGX_OK) {
        return ngx_court_token_fault(ctx, "no memory");
    }

    ctx->payload = ngx_court_json_parse(ctx->pool, &ctx->jws.payload,
                                        &ngx_court_json_small, NULL);

    if (ngx_court_json_type(ctx->payload) != NGX_COURT_JSON_OBJECT) {
        return ngx_court_token_refuse(ctx, ngx_court_reason(TOKEN_INVALID),
                                      "payload is not a JSON object");
    }

    return NGX_COURT_PASS;
}


static ngx_court_result_t
ngx_court_token_steps(ngx_court_token_ctx_t *ctx, const ngx_array_t *issuers,
    const ngx_str_t *text, ngx_court_token_t *token)
{
    ngx_court_result_t  rc;

    rc = ngx_court_token_parse(ctx, text);
    if (rc != NGX_COURT_PASS) {
        return rc;
    }

    token->issuer = ngx_court_token_issuer(issuers, ctx->payload);
    if (token->issuer == NULL) {
        return ngx_court_token_refuse(ctx, ngx_court_reason(TOKEN_INVALID),
                                      "issuer unknown or not accepted here");
    }

    rc = ngx_court_token_signature(ctx, token->issuer);
    if (rc != NGX_COURT_PASS) {
        return rc;
    }

    rc = ngx_court_token_claims(ctx, token);
    if (rc != NGX_COURT_PASS) {
        return rc;
    }

    if (ngx_court_sha256(&ctx->jws.input, 1, token->id) != NGX_OK) {
        return ngx_court_token_fault(ctx, "no digest");
    }

    return ngx_court_token_recheck(token, ctx->now, &ctx->reason, &ctx->why);
}


ngx_court_result_t
ngx_court_token_verify(ngx_pool_t *pool, const ngx_array_t *issuers,
    const ngx_str_t *text, time_t now, ngx_court_token_t *token,
    const ngx_court_reason_t **reason, const char **why)
{
    ngx_court_result_t     rc;
    ngx_court_token_ctx_t  ctx;

    ngx_memzero(&ctx, sizeof(ngx_court_token_ctx_t));
    ngx_memzero(token, sizeof(ngx_court_token_t));

    ctx.pool = pool;
    ctx.now = now;

    rc = ngx_court_token_steps(&ctx, issuers, text, token);

    if (rc != NGX_COURT_PASS) {
        *reason = ctx.reason;
        *why = ctx.why;
    }

    return rc;
}


static int64_t
ngx_court_token_time(const ngx_court_token_t *token, ngx_uint_t field,
    int64_t none)
{
    ngx_court_value_t  v;

    ngx_court_token_field(token, field, &v);

    return v.state == NGX_COURT_V_PRESENT ? v.num : none;
}


ngx_court_result_t
ngx_court_token_recheck(const ngx_court_token_t *token, time_t now,
    const ngx_court_reason_t **reason, const char **why)
{
    int64_t                    exp, nbf, iat, leeway;
    const ngx_court_issuer_t  *issuer;

    issuer = token->issuer;
    leeway = issuer->leeway;

    exp = ngx_court_token_time(token, NGX_COURT_TF_EXP, 0);
    nbf = ngx_court_token_time(token, NGX_COURT_TF_NBF, 0);
    iat = ngx_court_token_time(token, NGX_COURT_TF_IAT, -1);

    *reason = ngx_court_reason(TOKEN_EXPIRED);

    if ((int64_t) now >= exp + leeway) {
        *why = "expired";
        return NGX_COURT_REFUSED;
    }

    if (issuer->token_max_age && iat >= 0
        && (int64_t) now - iat > issuer->token_max_age + leeway)
    {
        *why = "older than token_max_age";
        return NGX_COURT_REFUSED;
    }

    *reason = ngx_court_reason(TOKEN_INVALID);

    if (nbf > (int64_t) now + leeway) {
        *why = "not yet valid";
        return NGX_COURT_REFUSED;
    }

    if (iat > (int64_t) now + leeway) {
        *why = "issued in the future";
        return NGX_COURT_REFUSED;
    }

    *reason = NULL;
    *why = NULL;

    return NGX_COURT_PASS;
}


time_t
ngx_court_token_until(const ngx_court_token_t *token)
{
    int64_t                    until, iat;
    const ngx_court_issuer_t  *issuer;

    issuer = token->issuer;
    until = ngx_court_token_time(token, NGX_COURT_TF_EXP, 0) + issuer->leeway;
    iat = ngx_court_token_time(token, NGX_COURT_TF_IAT, -1);

    if (issuer->token_max_age && iat >= 0) {
        until = ngx_min(until, iat + issuer->token_max_age + issuer->leeway);
    }

    return (time_t) until;
}
