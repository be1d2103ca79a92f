/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which interface this request is about.  A path that is not canonical is
 * refused before anything else; an unknown path is remembered, and told only
 * once the caller is known, so that nobody maps the interfaces from outside.
 */

#include "ngx_http_court.h"
#include "ngx_court_path.h"


/* what a canonical path may hold raw beside unreserved characters */

#define NGX_HTTP_COURT_PATH_RAW  "/!$&'()*+,:=@"


/*
 * The path that nginx forwards where r->uri was changed inside: the decoded
 * one, escaped anew.  What nginx would escape and our grammar does not know
 * is refused, so that both spellings are one.
 */

static ngx_int_t
ngx_http_court_match_escape(ngx_http_request_t *r, ngx_str_t *path)
{
    u_char      c, *p;
    ngx_str_t   text, args;
    ngx_uint_t  i;

    text.data = ngx_pnalloc(r->pool, r->uri.len * 3 + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = text.data;

    for (i = 0; i < r->uri.len; i++) {
        c = r->uri.data[i];

        if (c >= 0x80) {
            p = ngx_sprintf(p, "%%%02Xd", (int) c);
            continue;
        }

        if (!ngx_court_unreserved(c)
            && (c == '\0' || ngx_strchr(NGX_HTTP_COURT_PATH_RAW, c) == NULL))
        {
            return NGX_DECLINED;
        }

        *p++ = c;
    }

    text.len = p - text.data;

    return ngx_court_path_canonical(&text, path, &args);
}


/*
 * The client's own path, where proxy_pass without a URI forwards it as it
 * came (valid_unparsed_uri: a named location keeps that, a rewrite and a
 * redirect to another URI end it); else the new one.
 */

static ngx_int_t
ngx_http_court_match_path(ngx_http_court_session_t *s)
{
    ngx_http_request_t  *r;

    r = s->request;

    if ((s->target == 0 || r->valid_unparsed_uri) && !s->canonical) {
        return NGX_DECLINED;
    }

    s->uri = r->uri;

    if (r->valid_unparsed_uri) {
        s->path = s->raw_path;
        return NGX_OK;
    }

    return ngx_http_court_match_escape(r, &s->path);
}


/* an empty code is no court; one that is not in the courts file is refused */

static ngx_int_t
ngx_http_court_match_code(ngx_http_court_session_t *s,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    if (lcf->code == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(s->request, lcf->code, &s->code) != NGX_OK) {
        return NGX_ERROR;
    }

    if (s->code.len && mcf->courts) {
        s->court = ngx_http_court_court_find(mcf->courts, &s->code);
    }

    return NGX_OK;
}


/* {court} is court_code, or lies below it */

static ngx_uint_t
ngx_http_court_match_scope(ngx_http_court_session_t *s,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                     i, name;
    const ngx_str_t               *value;
    const ngx_http_court_court_t  *court;

    static const ngx_str_t  var = ngx_string("court");

    if (s->code.len && s->court == NULL) {
        return 0;
    }

    name = ngx_court_policy_path_find(s->pinned->policy, &var);

    for (i = 0; i < s->match.nvars; i++) {
        if (name == NGX_COURT_NO_FIELD || s->match.vars[i].name != name) {
            continue;
        }

        value = &s->match.vars[i].value;

        if (s->court == NULL) {
            return 0;
        }

        court = ngx_http_court_court_find(mcf->courts, value);

        if (court == NULL
            || !ngx_court_list_contains(&court->ancestors, &s->code))
        {
            return 0;
        }
    }

    return 1;
}


/* "websocket" alone, once, and where the interface says so; never h2c */

static ngx_uint_t
ngx_http_court_match_upgrade(ngx_http_court_session_t *s)
{
    ngx_str_t   value;
    ngx_uint_t  n;

    static const ngx_str_t  websocket = ngx_string("websocket");

    n = ngx_http_court_header_count(&s->request->headers_in.headers,
                                    "upgrade", sizeof("upgrade") - 1, &value);
    if (n == 0) {
        return 1;
    }

    return n == 1 && s->match.interface->websocket
           && value.len == websocket.len
           && ngx_strncasecmp(value.data, websocket.data, websocket.len) == 0;
}


/*
 * RFC 8470: what came before the handshake was complete may be a replay.  A
 * front that took the handshake says so in Early-Data; any value, and any
 * number of them, counts (section 5.1).  Anybody may say it of himself.
 */

static ngx_uint_t
ngx_http_court_match_early(ngx_http_court_session_t *s)
{
#if (NGX_HTTP_SSL)
    ngx_str_t            early;
#endif
    ngx_http_request_t  *r;

    r = s->request;

    if (ngx_http_court_header_find(&r->headers_in.headers, "early-data",
                                   sizeof("early-data") - 1))
    {
        return 1;
    }

#if (NGX_HTTP_SSL)

    if (r->connection->ssl) {
        ngx_str_null(&early);

        return ngx_ssl_get_early_data(r->connection, r->pool, &early)
               != NGX_OK || early.len != 0;
    }

#endif

    return 0;
}


static const ngx_court_reason_t *
ngx_http_court_match_pending(ngx_http_court_session_t *s,
    ngx_http_court_main_conf_t *mcf)
{
    if (!(s->match.interface && s->match.interface->replayable)
        && ngx_http_court_match_early(s))
    {
        return ngx_court_reason(EARLY_DATA);
    }

    if (s->match.interface == NULL) {
        return ngx_court_reason(NO_RULE);
    }

    if (!ngx_http_court_match_scope(s, mcf)) {
        return ngx_court_reason(COURT_SCOPE);
    }

    if (!ngx_http_court_match_upgrade(s)) {
        return ngx_court_reason(UPGRADE_NOT_ALLOWED);
    }

    return NULL;
}


/* OPTIONS is nobody's interface: what is not a preflight is refused */

static void
ngx_http_court_match_interface(ngx_http_court_session_t *s)
{
    ngx_http_request_t  *r;

    r = s->request;

    if (r->method == NGX_HTTP_OPTIONS
        || ngx_court_policy_match(s->pinned->policy, &r->method_name,
                                  &s->path, &s->match)
           != NGX_OK)
    {
        ngx_memzero(&s->match, sizeof(ngx_court_match_t));
    }
}


ngx_court_result_t
ngx_http_court_stage_match(ngx_http_court_session_t *s)
{
    ngx_int_t                    rc;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);

    rc = ngx_http_court_match_path(s);

    if (rc == NGX_DECLINED) {
        return ngx_http_court_refused(s, PATH_NOT_CANONICAL,
                                      "path is not canonical");
    }

    if (rc != NGX_OK || ngx_http_court_match_code(s, mcf) != NGX_OK) {
        return ngx_http_court_failed(s, INTERNAL_ERROR, "no memory");
    }

    if (s->pinned == NULL) {
        s->pinned = ngx_http_court_policy_pin();
    }

    if (s->pinned == NULL) {
        return ngx_http_court_failed(s, POLICY_UNAVAILABLE,
                                     "no policy is live");
    }

    ngx_http_court_match_interface(s);

    s->pending = ngx_http_court_match_pending(s, mcf);

    if (s->pending && s->match.interface && s->match.interface->public_) {
        s->reason = s->pending;
        return NGX_COURT_REFUSED;
    }

    return NGX_COURT_PASS;
}
