/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Is the caller revoked?  His subject, the token, the key that signed it, the
 * court; and of an assistant the principal, who then has delegated nothing.
 * What a worker found under one sequence it need not look up again under the
 * same.
 */

#include "ngx_http_court.h"


#define NGX_HTTP_COURT_REVOKED_MEMOS  1024
#define NGX_HTTP_COURT_REVOKED_KEYS   8


/* these keys are not revoked, at that sequence; by the token's id and court */
typedef struct {
    u_char                     id[NGX_COURT_SHA256_LEN];
    const void                *court;
    uint64_t                   sequence;
} ngx_http_court_revoked_memo_t;

typedef struct {
    u_char                     keys[NGX_HTTP_COURT_REVOKED_KEYS]
                                   [NGX_COURT_TOMBSTONE_KEY];
    ngx_uint_t                 n;
    ngx_uint_t                 principal;    /* keys from here are his */
    ngx_court_tombstones_t    *tombstones;
} ngx_http_court_revoked_ctx_t;


static ngx_http_court_revoked_memo_t
    ngx_http_court_revoked_memos[NGX_HTTP_COURT_REVOKED_MEMOS];


/* a kind of which none stands costs no digest */

static ngx_int_t
ngx_http_court_revoked_add(ngx_http_court_revoked_ctx_t *ctx,
    ngx_court_tombstone_kind_t kind, const ngx_str_t *issuer,
    const ngx_str_t *what)
{
    if (what->len == 0
        || ngx_court_tombstone_count(ctx->tombstones, kind) == 0)
    {
        return NGX_OK;
    }

    return ngx_court_tombstone_key(kind, issuer, what, ctx->keys[ctx->n++]);
}


static ngx_int_t
ngx_http_court_revoked_subject(ngx_http_court_revoked_ctx_t *ctx,
    const ngx_str_t *issuer, const ngx_str_t *subject)
{
    static const ngx_str_t  any = ngx_null_string;

    return (ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_SUBJECT,
                                       issuer, subject) == NGX_OK
            && ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_SUBJECT,
                                          &any, subject) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_court_revoked_field(ngx_http_court_session_t *s, ngx_uint_t field,
    ngx_str_t *text)
{
    ngx_court_value_t  v;

    ngx_court_token_field(&s->token, field, &v);
    ngx_str_null(text);

    if (v.state == NGX_COURT_V_PRESENT) {
        *text = v.str;
    }
}


static ngx_int_t
ngx_http_court_revoked_keys(ngx_http_court_revoked_ctx_t *ctx,
    ngx_http_court_session_t *s)
{
    ngx_str_t         id, jti, kid;
    const ngx_str_t  *iss;

    static const ngx_str_t  any = ngx_null_string;

    iss = &s->token.issuer->issuer;
    id.data = s->token.id;
    id.len = NGX_COURT_SHA256_LEN;

    ngx_http_court_revoked_field(s, NGX_COURT_TF_JTI, &jti);
    ngx_http_court_revoked_field(s, NGX_COURT_TF_KID, &kid);

    if (ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_COURT, &any,
                                   &s->code) != NGX_OK
        || ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_TOKEN, iss,
                                      &jti) != NGX_OK
        || ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_HASH, &any,
                                      &id) != NGX_OK
        || ngx_http_court_revoked_add(ctx, NGX_COURT_TOMBSTONE_ISSUER_KEY, iss,
                                      &kid) != NGX_OK
        || ngx_http_court_revoked_subject(ctx, iss, &s->subject) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->principal = ctx->n;

    return ngx_http_court_revoked_subject(ctx, iss, &s->principal);
}


static ngx_court_result_t
ngx_http_court_revoked_check(ngx_http_court_session_t *s,
    ngx_http_court_revoked_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_uint_t  which;

    if (ctx->n == 0) {
        return NGX_COURT_PASS;
    }

    rc = ngx_court_tombstone_check(ctx->tombstones, ctx->keys[0], ctx->n,
                                   ngx_time(), &which);

    if (rc == NGX_OK) {
        return NGX_COURT_PASS;
    }

    if (rc != NGX_DECLINED) {
        return ngx_http_court_failed(s, REVOCATION_UNKNOWN,
                                     "tombstones are locked");
    }

    if (which >= ctx->principal) {
        return ngx_http_court_refused(s, NOT_DELEGATED,
                                      "the principal is revoked");
    }

    return ngx_http_court_refused(s, TOKEN_REVOKED, "revoked");
}


/* whether or not we are blind: what stands, stands */

ngx_court_result_t
ngx_http_court_revoked_again(ngx_http_court_session_t *s)
{
    uint64_t                       sequence;
    ngx_court_result_t             rc;
    ngx_http_court_main_conf_t    *mcf;
    ngx_http_court_revoked_ctx_t   ctx;

    if (!s->verified) {
        return NGX_COURT_PASS;
    }

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);

    /* before the look: what comes meanwhile is looked up next time */

    sequence = ngx_court_tombstone_sequence(mcf->tombstones);

    if (s->checked == sequence) {
        return NGX_COURT_PASS;
    }

    ctx.n = 0;
    ctx.tombstones = mcf->tombstones;

    if (ngx_http_court_revoked_keys(&ctx, s) != NGX_OK) {
        return ngx_http_court_failed(s, INTERNAL_ERROR, "no digest");
    }

    rc = ngx_http_court_revoked_check(s, &ctx);

    if (rc == NGX_COURT_PASS) {
        s->checked = sequence;
    }

    return rc;
}


ngx_court_result_t
ngx_http_court_revoked(ngx_http_court_session_t *s)
{
    uint32_t                        h;
    uint64_t                        sequence;
    ngx_court_result_t              rc;
    ngx_http_court_main_conf_t     *mcf;
    ngx_http_court_revoked_memo_t  *memo;

    /* a public interface has no caller */

    if (!s->verified) {
        return NGX_COURT_PASS;
    }

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);

    if (mcf->feed && ngx_court_feed_blind(mcf->feed)) {
        return ngx_http_court_failed(s, REVOCATION_UNKNOWN,
                                     "blind: the stream of events is silent, "
                                     "or cannot be trusted");
    }

    sequence = ngx_court_tombstone_sequence(mcf->tombstones);

    if (s->checked == sequence) {
        return NGX_COURT_PASS;
    }

    ngx_memcpy(&h, s->token.id, sizeof(uint32_t));
    memo = &ngx_http_court_revoked_memos[h % NGX_HTTP_COURT_REVOKED_MEMOS];

    if (memo->sequence == sequence && memo->court == s->court
        && ngx_memcmp(memo->id, s->token.id, NGX_COURT_SHA256_LEN) == 0)
    {
        s->checked = sequence;
        return NGX_COURT_PASS;
    }

    rc = ngx_http_court_revoked_again(s);

    if (rc == NGX_COURT_PASS) {
        ngx_memcpy(memo->id, s->token.id, NGX_COURT_SHA256_LEN);
        memo->court = s->court;
        memo->sequence = s->checked;
    }

    return rc;
}
