/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The variables with a name of their own; those of a prefix stand in
 * ngx_http_court_variables.c.
 */

#include "ngx_http_court_variables.h"


/* the farthest that a fact of this request had to be fetched from */

static const ngx_str_t *
ngx_http_court_variable_tier(ngx_http_court_session_t *s)
{
    ngx_uint_t             i;
    ngx_court_tier_name_t  tier;

    static const ngx_str_t  names[] = {
        ngx_string("none"), ngx_string("zone"), ngx_string("redis"),
        ngx_string("source"), ngx_string("stale"), ngx_string("extended")
    };

    tier = NGX_COURT_TIER_NONE;

    for (i = 0; i < s->nneeds; i++) {
        tier = ngx_max(tier, s->needs[i].found.tier);
    }

    return &names[tier];
}


static ngx_int_t
ngx_http_court_variable_pseudonym(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v,
    ngx_http_court_whose_t whose)
{
    ngx_str_t  text;

    text.len = NGX_HTTP_COURT_PSEUDONYM_LEN;
    text.data = ngx_pnalloc(r->pool, text.len);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_court_pseudonym(s, whose, text.data) != NGX_OK) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_court_variable_set(v, &text);
}


/*
 * A cache key for proxy_cache: whoever shares it sees the same answer, so it
 * holds everything that the decision and the headers differ by.
 */

static ngx_int_t
ngx_http_court_variable_cache_key(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v)
{
    u_char             sum[NGX_COURT_SHA256_LEN];
    ngx_str_t          f[11], text;
    ngx_uint_t         n;
    ngx_court_value_t  side;

    static const ngx_str_t  none = ngx_null_string;
    static const ngx_str_t  relation = ngx_string("relation");
    static const ngx_str_t  f_side = ngx_string("side");

    if (!s->allowed || s->would_refuse) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_court_fact_get(s, ngx_http_court_side(s), &relation, &f_side,
                            &side);

    n = 0;
    f[n++] = s->issuer;
    f[n++] = s->subject;
    f[n++] = s->role;
    f[n++] = s->principal;
    f[n++] = s->client;
    f[n++] = s->code;
    f[n++] = *ngx_http_court_kind(s);
    f[n++] = side.str;
    f[n++] = s->match.interface ? s->match.interface->id : none;
    f[n++] = s->decision.rule ? *s->decision.rule : none;
    f[n++] = s->decision.obligations ? *s->decision.obligations : none;

    text.len = 2 * NGX_COURT_SHA256_LEN;
    text.data = ngx_pnalloc(r->pool, text.len);

    if (text.data == NULL
        || ngx_court_hash_fields("cache-key", f, n, sum) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_hex_dump(text.data, sum, NGX_COURT_SHA256_LEN);

    return ngx_http_court_variable_set(v, &text);
}


static ngx_int_t
ngx_http_court_variable_words(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v, uintptr_t id)
{
    const ngx_court_text_t    *text;
    const ngx_court_reason_t  *told;

    if (s->reason == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    told = ngx_http_court_reason_told(s);
    text = &told->text[ngx_http_court_lang(r)];

    switch (id) {

    case NGX_HTTP_COURT_VAR_TITLE:
        return ngx_http_court_variable_set(v, &text->title);

    case NGX_HTTP_COURT_VAR_DETAIL:
        return ngx_http_court_variable_set(v, &text->detail);

    case NGX_HTTP_COURT_VAR_NEXT:
        return ngx_http_court_variable_set(v, &text->next);

    default:
        return ngx_http_court_variable_set(v, &told->code);
    }
}


static ngx_int_t
ngx_http_court_variable_kind(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v)
{
    return ngx_http_court_variable_escaped(r, s, v, ngx_http_court_kind(s));
}


/* who and where: known once the caller is */

static ngx_int_t
ngx_http_court_variable_caller(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v, uintptr_t id)
{
    ngx_str_t  *value;

    switch (id) {

    case NGX_HTTP_COURT_VAR_ISSUER:
        value = &s->issuer;
        break;

    case NGX_HTTP_COURT_VAR_SUBJECT:
        value = (s->keying && s->key_side == NGX_COURT_PRINCIPAL)
                ? &s->principal : &s->subject;
        break;

    case NGX_HTTP_COURT_VAR_ROLE:
        value = &s->role;
        break;

    case NGX_HTTP_COURT_VAR_PRINCIPAL:
        value = &s->principal;
        break;

    case NGX_HTTP_COURT_VAR_CLIENT:
        value = &s->client;
        break;

    default:
        value = &s->code;
        break;
    }

    return ngx_http_court_variable_escaped(r, s, v, value);
}


/* known as soon as the request is read, for maps and limits: NULL, others */

static const ngx_str_t *
ngx_http_court_variable_early(ngx_http_court_session_t *s, uintptr_t id)
{
    static const ngx_str_t  none = ngx_null_string;
    static const ngx_str_t  trusted = ngx_string("trusted");

    switch (id) {

    case NGX_HTTP_COURT_VAR_REQUEST_ID:
        return &s->request_id;

    case NGX_HTTP_COURT_VAR_CHANNEL:
        return ngx_http_court_channel(s);

    case NGX_HTTP_COURT_VAR_FRONT:
        return s->front ? &trusted : &none;

    case NGX_HTTP_COURT_VAR_IP:
        return ngx_http_court_front_ip(s);

    default:
        return NULL;
    }
}


ngx_int_t
ngx_http_court_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const ngx_str_t           *early;
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);

    early = s ? ngx_http_court_variable_early(s, data) : NULL;

    if (early) {
        return ngx_http_court_variable_set(v, early);
    }

    if (s == NULL || !(s->keying || ngx_http_court_variable_speaks(r, s))) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch (data) {

    case NGX_HTTP_COURT_VAR_KIND:
        return ngx_http_court_variable_kind(r, s, v);

    case NGX_HTTP_COURT_VAR_INTERFACE:
        return ngx_http_court_variable_set(v, s->match.interface
                                              ? &s->match.interface->id
                                              : NULL);
    case NGX_HTTP_COURT_VAR_RULE:
        return ngx_http_court_variable_set(v, s->decision.rule);

    case NGX_HTTP_COURT_VAR_DECISION:
        return ngx_http_court_variable_set(v,
                                           ngx_http_court_verdict(s));
    case NGX_HTTP_COURT_VAR_CACHE_STATUS:
        return ngx_http_court_variable_set(v, ngx_http_court_variable_tier(s));

    case NGX_HTTP_COURT_VAR_POLICY_VERSION:
        return ngx_http_court_variable_set(v, s->pinned ? &s->pinned->version
                                                         : NULL);

    case NGX_HTTP_COURT_VAR_CACHE_KEY:
        return ngx_http_court_variable_cache_key(r, s, v);

    case NGX_HTTP_COURT_VAR_REASON:
    case NGX_HTTP_COURT_VAR_TITLE:
    case NGX_HTTP_COURT_VAR_DETAIL:
    case NGX_HTTP_COURT_VAR_NEXT:
        return ngx_http_court_variable_words(r, s, v, data);

    case NGX_HTTP_COURT_VAR_SUBJECT_HASH:
    case NGX_HTTP_COURT_VAR_PRINCIPAL_HASH:
    case NGX_HTTP_COURT_VAR_CASE_HASH:
        return ngx_http_court_variable_pseudonym(r, s, v,
                   NGX_HTTP_COURT_SUBJECT
                   + (data - NGX_HTTP_COURT_VAR_SUBJECT_HASH));

    default:
        return ngx_http_court_variable_caller(r, s, v, data);
    }
}
