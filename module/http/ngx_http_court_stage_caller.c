/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who calls: the bearer token (RFC 6750), verified or found in the zone of
 * verified ones.  Once in a request; a redirect inside changes no caller.
 */

#include "ngx_http_court.h"


/* the name of one query argument, decoded, is "access_token" */

static ngx_uint_t
ngx_http_court_caller_names_token(const u_char *p, const u_char *last)
{
    u_char       c;
    ngx_int_t    n;
    const char  *name;

    for (name = "access_token"; *name; name++) {

        if (p == last) {
            return 0;
        }

        c = *p++;

        if (c == '%' && last - p >= 2) {
            n = ngx_hextoi((u_char *) p, 2);

            if (n != NGX_ERROR) {
                c = (u_char) n;
                p += 2;
            }
        }

        if (c != (u_char) *name) {
            return 0;
        }
    }

    return p == last;
}


static ngx_uint_t
ngx_http_court_caller_in_query(const ngx_str_t *args)
{
    u_char  *p, *last, *end, *eq;

    p = args->data;
    last = p + args->len;

    while (p < last) {
        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        eq = ngx_strlchr(p, end, '=');
        if (eq == NULL) {
            eq = end;
        }

        if (ngx_http_court_caller_names_token(p, eq)) {
            return 1;
        }

        p = end + 1;
    }

    return 0;
}


/*
 * The credential behind "Bearer ".  After a forward the client's own headers
 * stand in s->original.  Another scheme is no credential that we know: as RFC
 * 6750 section 3.1 has it, the answer is that of none at all.
 */

static ngx_court_result_t
ngx_http_court_caller_credential(ngx_http_court_session_t *s, ngx_str_t *text)
{
    ngx_str_t                   value;
    ngx_uint_t                  n;
    ngx_list_t                 *list;
    ngx_http_request_t         *r;
    ngx_http_court_loc_conf_t  *lcf;

    r = s->request;
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);
    list = s->rewritten ? &s->original : &r->headers_in.headers;

    n = ngx_http_court_header_count(list, "authorization",
                                    sizeof("authorization") - 1, &value);

    if (n > 1) {
        return ngx_http_court_refused(s, CREDENTIALS_AMBIGUOUS,
                                      "two Authorization headers");
    }

    if (n == 1 && ngx_http_court_caller_in_query(&r->args)) {
        return ngx_http_court_refused(s, CREDENTIALS_AMBIGUOUS,
                                      "Authorization and access_token");
    }

    if (n == 0 || !lcf->bearer) {
        return ngx_http_court_refused(s, TOKEN_MISSING, "no credential");
    }

    if (value.len < 6 || ngx_strncasecmp(value.data, (u_char *) "bearer", 6)
        || (value.len > 6 && value.data[6] != ' '))
    {
        return ngx_http_court_refused(s, TOKEN_MISSING, "not a bearer");
    }

    text->data = value.data + 6;
    text->len = value.len - 6;

    while (text->len && text->data[0] == ' ') {
        text->data++;
        text->len--;
    }

    if (text->len == 0 || text->len > NGX_COURT_TOKEN_MAX) {
        return ngx_http_court_refused(s, TOKEN_INVALID,
                                      text->len ? "token too long"
                                                : "empty token");
    }

    return NGX_COURT_PASS;
}


static const ngx_array_t *
ngx_http_court_caller_issuers(ngx_http_court_session_t *s)
{
    ngx_http_court_loc_conf_t   *lcf;
    ngx_http_court_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    if (lcf->issuers) {
        return lcf->issuers;
    }

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);

    return &mcf->issuers;
}


static int64_t
ngx_http_court_caller_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


/*
 * NGX_OK: s->token is filled from the zone, and is yet to be rechecked.
 * known: text has a memo.
 */

static ngx_int_t
ngx_http_court_caller_cached(ngx_http_court_session_t *s,
    ngx_court_zone_t *zone, const u_char *key, const ngx_str_t *text,
    ngx_uint_t known)
{
    size_t              len;
    ngx_int_t           rc;
    ngx_str_t           bytes;
    const ngx_array_t  *issuers;

    static u_char  buf[NGX_COURT_ZONE_VALUE];

    if (zone == NULL
        || ngx_court_zone_get(zone, key, buf, sizeof(buf), &len,
                              ngx_http_court_caller_now())
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    bytes.len = len;
    bytes.data = ngx_pnalloc(s->request->pool, len);
    if (bytes.data == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(bytes.data, buf, len);

    issuers = ngx_http_court_caller_issuers(s);

    if (known && ngx_court_token_memo_whole(text, &bytes)) {
        return ngx_court_token_unpack_again(issuers, &bytes, &s->token);
    }

    rc = ngx_court_token_unpack(issuers, &bytes, &s->token);

    if (rc == NGX_OK) {
        if (!known) {
            ngx_court_token_memo_keep(text, key);
        }

        ngx_court_token_memo_packed(text, &bytes);
    }

    return rc;
}


/* what cannot be stored costs a verification, nothing else */

static void
ngx_http_court_caller_store(ngx_http_court_session_t *s,
    ngx_court_zone_t *zone, const u_char *key)
{
    int64_t    now, until;
    ngx_str_t  bytes;

    now = ngx_http_court_caller_now();
    until = (int64_t) ngx_court_token_until(&s->token) * 1000;

    if (zone == NULL || until <= now
        || ngx_court_token_pack(s->request->pool, &s->token, &bytes)
           != NGX_OK)
    {
        return;
    }

    (void) ngx_court_zone_put(zone, key, &bytes, until, now);
}


static ngx_court_result_t
ngx_http_court_caller_verify(ngx_http_court_session_t *s,
    const ngx_str_t *text)
{
    u_char                       key[NGX_COURT_SHA256_LEN];
    ngx_uint_t                   known;
    ngx_court_result_t           rc;
    const ngx_array_t           *issuers;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);
    issuers = ngx_http_court_caller_issuers(s);

    known = (ngx_court_token_memo_get(text, key) == NGX_OK);

    if (!known && ngx_court_token_key(text, key) != NGX_OK) {
        return ngx_http_court_failed(s, INTERNAL_ERROR, "no digest");
    }

    if (ngx_http_court_caller_cached(s, mcf->tokens, key, text, known)
        == NGX_OK)
    {
        s->token_tier = NGX_COURT_TIER_ZONE;
        ngx_court_count(&ngx_court_state_line->token_hits);

        rc = ngx_court_token_recheck(&s->token, ngx_time(), &s->reason,
                                     &s->why);

        if (rc != NGX_COURT_PASS) {
            ngx_court_token_memo_drop(text);
        }

        return rc;
    }

    if (known) {
        ngx_court_token_memo_drop(text);
    }

    ngx_memzero(&s->token, sizeof(ngx_court_token_t));
    s->token_tier = NGX_COURT_TIER_NONE;
    ngx_court_count(&ngx_court_state_line->token_misses);

    rc = ngx_court_token_verify(s->request->pool, issuers, text, ngx_time(),
                                &s->token, &s->reason, &s->why);

    if (rc == NGX_COURT_PASS) {
        ngx_http_court_caller_store(s, mcf->tokens, key);
    }

    return rc;
}


/* the subject is the pair (issuer, sub); the issuer goes by its block's name */

static ngx_court_result_t
ngx_http_court_caller_learn(ngx_http_court_session_t *s)
{
    ngx_uint_t         i;
    ngx_court_value_t  v;

    const struct {
        ngx_uint_t     field;
        ngx_str_t     *to;
    } names[] = {
        { NGX_COURT_TF_SUB,       &s->subject },
        { NGX_COURT_TF_ROLE,      &s->role },
        { NGX_COURT_TF_PRINCIPAL, &s->principal },
        { NGX_COURT_TF_CLIENT,    &s->client }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ngx_court_token_field(&s->token, names[i].field, &v);

        if (v.state == NGX_COURT_V_PRESENT) {
            *names[i].to = v.str;
        } else {
            ngx_str_null(names[i].to);
        }
    }

    if (s->token.issuer == NULL || s->subject.len == 0 || s->role.len == 0) {
        return ngx_http_court_failed(s, INTERNAL_ERROR,
                                     "verified, but nobody");
    }

    s->issuer = s->token.issuer->name;
    s->verified = 1;

    return NGX_COURT_PASS;
}


/* verified for another location of this request: accepted here, too? */

static ngx_court_result_t
ngx_http_court_caller_accepted(ngx_http_court_session_t *s)
{
    ngx_uint_t            i;
    ngx_court_issuer_t  **issuer;
    const ngx_array_t    *issuers;

    issuers = ngx_http_court_caller_issuers(s);
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        if (issuer[i] == s->token.issuer) {
            return NGX_COURT_PASS;
        }
    }

    return ngx_http_court_refused(s, TOKEN_INVALID, "issuer not accepted");
}


static ngx_court_result_t
ngx_http_court_caller_know(ngx_http_court_session_t *s)
{
    ngx_str_t           text;
    ngx_court_result_t  rc;

    if (s->verified) {
        rc = ngx_http_court_caller_accepted(s);

        return (rc == NGX_COURT_PASS) ? ngx_http_court_revoked(s) : rc;
    }

    rc = ngx_http_court_caller_credential(s, &text);

    if (rc == NGX_COURT_PASS) {
        rc = ngx_http_court_caller_verify(s, &text);
    }

    if (rc == NGX_COURT_PASS) {
        rc = ngx_http_court_caller_learn(s);
    }

    if (rc == NGX_COURT_PASS) {
        rc = ngx_http_court_revoked(s);
    }

    return rc;
}


ngx_court_result_t
ngx_http_court_stage_caller(ngx_http_court_session_t *s)
{
    ngx_court_result_t          rc;
    ngx_http_court_loc_conf_t  *lcf;

    if (s->match.interface && s->match.interface->public_) {
        return NGX_COURT_PASS;
    }

    rc = ngx_http_court_caller_know(s);

    if (rc != NGX_COURT_PASS || s->pending == NULL) {
        return rc;
    }

    s->reason = s->pending;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    if (lcf->mode == NGX_HTTP_COURT_REPORT
        && s->pending == ngx_court_reason(NO_RULE))
    {
        s->would_refuse = 1;
        return NGX_COURT_PASS;
    }

    return NGX_COURT_REFUSED;
}
