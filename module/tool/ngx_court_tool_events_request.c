/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A request as the socket takes it and the journal keeps it: {"kind", "id",
 * "what", "until"}; to the socket a token's text may be given for what, which
 * is not verified: who asks may deny what he likes.
 */

#include "ngx_court_tool_events.h"


/* issuer and jti where it has them, else the hash of header.payload */

static ngx_int_t
ngx_court_events_token(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_court_event_t *ev)
{
    int64_t             exp;
    const char         *why;
    ngx_court_jws_t     jws;
    ngx_court_json_t   *payload;

    if (ngx_court_jws_parse(pool, text, &jws, &why) != NGX_OK) {
        return NGX_DECLINED;
    }

    payload = ngx_court_json_parse(pool, &jws.payload, &ngx_court_json_small,
                                   NULL);

    if (payload == NULL) {
        return NGX_DECLINED;
    }

    /* it ends by itself, some leeway later */

    if (ev->kind == NGX_COURT_EVENT_DENY && ev->until == NGX_COURT_EVENT_EVER
        && ngx_court_json_int(ngx_court_json_get(payload, "exp"), &exp)
           == NGX_OK
        && exp > 0 && exp < NGX_COURT_EVENT_EVER - 3600)
    {
        ev->until = exp + 3600;
    }

    ev->target.what = NGX_COURT_EVENT_TOKEN;

    if (ngx_court_json_string(ngx_court_json_get(payload, "jti"),
                              &ev->target.value) == NGX_OK
        && ev->target.value.len
        && ngx_court_json_string(ngx_court_json_get(payload, "iss"),
                                 &ev->target.issuer) == NGX_OK
        && ev->target.issuer.len)
    {
        return NGX_OK;
    }

    ngx_str_null(&ev->target.issuer);
    ev->target.what = NGX_COURT_EVENT_TOKEN_HASH;
    ev->target.value.len = NGX_COURT_SHA256_LEN;
    ev->target.value.data = ngx_pnalloc(pool, NGX_COURT_SHA256_LEN);

    return ev->target.value.data
           ? ngx_court_sha256(&jws.input, 1, ev->target.value.data)
           : NGX_ERROR;
}


ngx_int_t
ngx_court_events_request_read(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_t *ev)
{
    ngx_str_t          kind, token;
    ngx_uint_t         i;
    ngx_court_json_t  *what, *until;

    memset(ev, 0, sizeof(*ev));

    if (ngx_court_json_string(ngx_court_json_get(node, "kind"), &kind)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_COURT_EVENT_BEAT; i++) {
        if (ngx_court_str_eq(&kind, &ngx_court_event_kind_names[i])) {
            break;
        }
    }

    ev->kind = i;
    ev->until = NGX_COURT_EVENT_EVER;
    until = ngx_court_json_get(node, "until");
    what = ngx_court_json_get(node, "what");

    if (ev->kind == NGX_COURT_EVENT_BEAT
        || (until && (ngx_court_json_int(until, &ev->until) != NGX_OK
                      || ev->until <= 0
                      || ev->kind != NGX_COURT_EVENT_DENY)))
    {
        return NGX_DECLINED;
    }

    if (ngx_court_json_get(node, "id")
        && (ngx_court_json_string(ngx_court_json_get(node, "id"), &ev->id)
            != NGX_OK || ev->id.len == 0))
    {
        return NGX_DECLINED;
    }

    if (what == NULL
        && ngx_court_json_string(ngx_court_json_get(node, "token_text"),
                                 &token) == NGX_OK)
    {
        return ev->kind != NGX_COURT_EVENT_INVALIDATE
               ? ngx_court_events_token(pool, &token, ev) : NGX_DECLINED;
    }

    return what && ngx_court_event_target_read(pool, what, &ev->target)
                   == NGX_OK
           && (ev->target.what == NGX_COURT_EVENT_FACT)
              == (ev->kind == NGX_COURT_EVENT_INVALIDATE)
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_events_request_write(ngx_pool_t *pool, const ngx_court_event_t *ev,
    ngx_str_t *text)
{
    u_char     *p;
    ngx_str_t   what;

    if (ngx_court_event_target_write(pool, &ev->target, &what) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(pool, what.len + ev->id.len + 128);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    p = ngx_sprintf(p, "{\"kind\":\"%V\",\"id\":\"%V\",\"what\":%V",
                    &ngx_court_event_kind_names[ev->kind], &ev->id, &what);

    if (ev->kind == NGX_COURT_EVENT_DENY && ev->until != NGX_COURT_EVENT_EVER)
    {
        p = ngx_sprintf(p, ",\"until\":%L", ev->until);
    }

    *p++ = '}';
    text->len = p - text->data;

    return NGX_OK;
}
