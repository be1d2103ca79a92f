/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The second module of this .so: answers.  A court service's Court-* headers
 * are taken out; a protected location's answer carries its request id, a
 * refusal its code and challenge; the source server's answers are stamped.
 * And the request body's end, where a stale assertion is made anew.
 */

#include "ngx_http_court.h"


static ngx_int_t ngx_http_court_filter_init(ngx_conf_t *cf);


static ngx_http_output_header_filter_pt   ngx_http_next_header_filter;
static ngx_http_request_body_filter_pt    ngx_http_next_request_body_filter;


static ngx_http_module_t  ngx_http_court_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_court_filter_init,            /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_court_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_court_filter_module_ctx,     /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* answer headers that begin with "court-": here hash = 0 does stop them */

static void
ngx_http_court_filter_drop(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_court_headers_is_ours(&h[i].key)) {
                h[i].hash = 0;
            }
        }
    }
}


static ngx_table_elt_t *
ngx_http_court_filter_add(ngx_http_request_t *r, const char *key,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return h;
}


/* what may not stand in a quoted-string is left out: a policy's own words */

static u_char *
ngx_http_court_filter_quote(u_char *p, const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] >= 0x20 && text->data[i] < 0x7f
            && text->data[i] != '"' && text->data[i] != '\\')
        {
            *p++ = text->data[i];
        }
    }

    return p;
}


/* RFC 6750 section 3, RFC 9470 section 3: what a 401 asks for */

static ngx_int_t
ngx_http_court_filter_challenge(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    u_char                    *p;
    size_t                     len;
    ngx_str_t                  value;
    const char                *error;
    ngx_table_elt_t           *h;
    const ngx_court_reason_t  *reason;

    reason = s->reason;
    error = "invalid_token";

    if (reason == ngx_court_reason(REAUTHENTICATION_REQUIRED)
        || reason == ngx_court_reason(ASSURANCE_TOO_LOW))
    {
        error = "insufficient_user_authentication";
    }

    len = 160 + (s->decision.acr_values ? s->decision.acr_values->len : 0);

    value.data = ngx_pnalloc(r->pool, len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value.data, "Bearer realm=\"court\"", 20);

    if (reason != ngx_court_reason(TOKEN_MISSING)) {
        p = ngx_sprintf(p, ", error=\"%s\"", error);
    }

    if (error[2] == 's' && s->decision.acr_values
        && s->decision.acr_values->len)
    {
        p = ngx_cpymem(p, ", acr_values=\"", 14);
        p = ngx_http_court_filter_quote(p, s->decision.acr_values);
        *p++ = '"';
    }

    if (error[2] == 's' && s->decision.max_age >= 0) {
        p = ngx_sprintf(p, ", max_age=\"%L\"", s->decision.max_age);
    }

    value.len = p - value.data;

    h = ngx_http_court_filter_add(r, "WWW-Authenticate", &value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.www_authenticate = h;

    return NGX_OK;
}


/* seconds with jitter, so that the refused do not all come back at once */

static ngx_int_t
ngx_http_court_filter_retry_after(ngx_http_request_t *r)
{
    ngx_str_t  value;

    value.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%ui", (ngx_uint_t)
                            (1 + ngx_random() % 5)) - value.data;

    return ngx_http_court_filter_add(r, "Retry-After", &value)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_court_filter_refusal(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_uint_t                 status;
    const ngx_court_reason_t  *told;

    static const ngx_str_t  no_store = ngx_string("no-store");
    static const ngx_str_t  vary = ngx_string("Accept, Accept-Language");
    static const ngx_str_t  langs[NGX_COURT_NLANGS] = {
        ngx_string("zh-CN"), ngx_string("en")
    };

    told = ngx_http_court_reason_told(s);
    status = told->status;

    if (ngx_http_court_filter_add(r, "Court-Refused", &told->code) == NULL
        || ngx_http_court_filter_add(r, "Cache-Control", &no_store) == NULL
        || ngx_http_court_filter_add(r, "Vary", &vary) == NULL
        || ngx_http_court_filter_add(r, "Content-Language",
                                     &langs[ngx_http_court_lang(r)]) == NULL)
    {
        return NGX_ERROR;
    }

    if (status == NGX_HTTP_UNAUTHORIZED) {
        return ngx_http_court_filter_challenge(r, s);
    }

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE || status == 429) {
        return ngx_http_court_filter_retry_after(r);
    }

    return NGX_OK;
}


/*
 * An answer counts for a fetch only where it came from the upstream of the
 * very location that was asked, with no redirect between.
 */

static ngx_int_t
ngx_http_court_filter_stamp(ngx_http_request_t *r)
{
    static const ngx_str_t  upstream = ngx_string("upstream");

    if (r->internal || r->error_page || r->upstream == NULL
        || r->upstream->headers_in.status_n != r->headers_out.status)
    {
        return NGX_OK;
    }

    return ngx_http_court_filter_add(r, NGX_COURT_STAMP_HEADER, &upstream)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_court_filter_header(ngx_http_request_t *r)
{
    ngx_http_court_session_t   *s;
    ngx_http_court_srv_conf_t  *cscf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    if (cscf->is_source) {
        ngx_http_court_filter_drop(r);

        if (ngx_http_court_filter_stamp(r) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_next_header_filter(r);
    }

    if (ngx_http_court_scrub_early(r) != NGX_OK) {
        return NGX_ERROR;
    }

    s = ngx_http_court_session(r);

    if (s == NULL || !s->touched) {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_court_filter_drop(r);

    if (ngx_http_court_filter_add(r, "Court-Request-Id", &s->request_id)
        == NULL)
    {
        return NGX_ERROR;
    }

    if (s->refused && ngx_http_court_filter_refusal(r, s) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/* the body is there, and nobody shall have it after all */

static void
ngx_http_court_filter_late(ngx_http_request_t *r)
{
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);
    ngx_http_court_open_refuse(s, s->result);
}


/*
 * It was long under way, it may be: revoked meanwhile is refused, and a stale
 * assertion is made anew.  Where the head has gone up already (the body is
 * not buffered) it is ended.
 */

static ngx_int_t
ngx_http_court_filter_last(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    ngx_court_result_t         result;
    const ngx_court_reason_t  *reason;

    reason = s->reason;
    result = ngx_http_court_revoked(s);

    if (result == NGX_COURT_PASS) {
        s->reason = reason;

        return (s->assertion && ngx_http_court_assertion_renew(r, s) != NGX_OK)
               ? NGX_HTTP_INTERNAL_SERVER_ERROR : NGX_OK;
    }

    ngx_http_court_open_remove(s);
    s->allowed = 0;
    s->result = result;

    if (r->request_body_no_buffering || r->request_body->post_handler == NULL)
    {
        ngx_http_court_log_late(s);
        return ngx_http_court_reason_told(s)->status;
    }

    r->request_body->post_handler = ngx_http_court_filter_late;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_filter_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                  rc;
    ngx_chain_t               *cl;
    ngx_http_court_session_t  *s;

    for (cl = in; cl; cl = cl->next) {
        if (!cl->buf->last_buf) {
            continue;
        }

        s = ngx_http_court_session(r);

        if (s && s->allowed && r == r->main) {
            rc = ngx_http_court_filter_last(r, s);

            if (rc != NGX_OK) {
                return rc;
            }
        }

        break;
    }

    return ngx_http_next_request_body_filter(r, in);
}


static ngx_int_t
ngx_http_court_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_court_filter_header;

    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_court_filter_body;

    return ngx_http_court_session_init(cf);
}
