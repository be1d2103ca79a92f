/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a refused caller receives: RFC 9457 problem+json, or a small page
 * where he asked for one; in Chinese unless he prefers English.  Where ops
 * have an error_page for the status, the status alone goes to nginx and
 * variables carry the words.  The headers of a refusal are added by the
 * header filter, so that an error_page has them too.
 */

#include "ngx_http_court.h"
#include "ngx_http_court_page.h"


typedef struct {
    const ngx_court_reason_t  *reason;
    ngx_court_lang_t           lang;
    ngx_http_court_session_t  *session;
} ngx_http_court_answer_t;


const ngx_court_reason_t *
ngx_http_court_reason_told(ngx_http_court_session_t *s)
{
    if (s->reason == NULL) {
        return ngx_court_reason(INTERNAL_ERROR);
    }

    /* that a token was revoked stands in log and record alone */

    if (s->reason == ngx_court_reason(TOKEN_REVOKED)) {
        return ngx_court_reason(TOKEN_INVALID);
    }

    return s->reason;
}


/* a qvalue (RFC 9110 section 12.4.2) in thousandths; nonsense weighs nothing */

static ngx_int_t
ngx_http_court_refuse_qvalue(const u_char *p, const u_char *last)
{
    ngx_int_t  weight, unit;

    if (p == last || (*p != '0' && *p != '1')) {
        return 0;
    }

    weight = (*p++ - '0') * 1000;

    if (p < last && *p == '.') {
        p++;

        for (unit = 100; unit && p < last && *p >= '0' && *p <= '9'; p++) {
            weight += (*p - '0') * unit;
            unit /= 10;
        }
    }

    return ngx_min(weight, 1000);
}


/* the parameters behind a range: 1000 where no q is among them */

static ngx_int_t
ngx_http_court_refuse_params(const u_char *p, const u_char *last)
{
    while (p < last) {

        while (p < last && (*p == ';' || *p == ' ' || *p == '\t')) { p++; }

        if (last - p >= 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=') {
            return ngx_http_court_refuse_qvalue(p + 2, last);
        }

        while (p < last && *p != ';') { p++; }
    }

    return 1000;
}


/*
 * The weight of a range in an Accept-Language or Accept value, the highest
 * where it stands there more than once; -1 where it is not named.  A range
 * counts where it begins with name and ends there or at '-'.
 */

static ngx_int_t
ngx_http_court_refuse_weight(const ngx_str_t *value, const char *name,
    size_t len)
{
    u_char     *p, *last, *end, *q;
    ngx_int_t   weight;

    p = value->data;
    last = p + value->len;
    weight = -1;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == ',' || *p == '\t')) { p++; }

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        q = ngx_strlchr(p, end, ';');
        if (q == NULL) {
            q = end;
        }

        if ((size_t) (q - p) >= len
            && ngx_strncasecmp(p, (u_char *) name, len) == 0
            && (q == p + len || ngx_strchr("- \t", p[len])))
        {
            weight = ngx_max(weight, ngx_http_court_refuse_params(q, end));
        }

        p = end;
    }

    return weight;
}


ngx_court_lang_t
ngx_http_court_lang(ngx_http_request_t *r)
{
    ngx_int_t         en, zh;
    ngx_table_elt_t  *h;

    h = ngx_http_court_header_find(&r->main->headers_in.headers,
                                   "accept-language",
                                   sizeof("accept-language") - 1);
    if (h == NULL) {
        return NGX_COURT_ZH;
    }

    en = ngx_http_court_refuse_weight(&h->value, "en", 2);
    zh = ngx_http_court_refuse_weight(&h->value, "zh", 2);

    return (en > 0 && en > zh) ? NGX_COURT_EN : NGX_COURT_ZH;
}


static ngx_uint_t
ngx_http_court_refuse_html(ngx_http_request_t *r)
{
    ngx_int_t                   html, json, problem;
    ngx_table_elt_t            *h;
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

    if (lcf->error_format != NGX_HTTP_COURT_FORMAT_AUTO) {
        return lcf->error_format == NGX_HTTP_COURT_FORMAT_HTML;
    }

    h = ngx_http_court_header_find(&r->headers_in.headers, "accept",
                                   sizeof("accept") - 1);
    if (h == NULL) {
        return 0;
    }

    html = ngx_http_court_refuse_weight(&h->value, "text/html", 9);
    json = ngx_http_court_refuse_weight(&h->value, "application/json", 16);
    problem = ngx_http_court_refuse_weight(&h->value,
                                           "application/problem+json", 24);
    json = ngx_max(json, problem);

    return html > 0 && html > json;
}


/*
 * An error_page stands for this status, and nginx would follow it; the last of
 * the changes that it allows ends in 500.
 */

static ngx_uint_t
ngx_http_court_refuse_has_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL
        || r->error_page || r->uri_changes <= 1)
    {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


/* appends ,"name":"value" to a buffer that is sized for it */

static u_char *
ngx_http_court_refuse_member(u_char *p, const char *name,
    const ngx_str_t *value)
{
    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = ngx_court_json_escape(p, value);
    *p++ = '"';

    return p;
}


static ngx_buf_t *
ngx_http_court_refuse_json(ngx_http_request_t *r, ngx_http_court_answer_t *a)
{
    size_t                         len;
    u_char                        *p;
    ngx_buf_t                     *b;
    const ngx_court_text_t        *t;
    const ngx_http_court_court_t  *court;

    t = &a->reason->text[a->lang];
    court = a->session->court;

    len = 256 + 2 * a->reason->code.len + ngx_court_json_escape_len(&t->title)
          + ngx_court_json_escape_len(&t->detail)
          + ngx_court_json_escape_len(&t->next)
          + a->session->request_id.len;

    if (court) {
        len += 64 + ngx_court_json_escape_len(&court->code)
               + ngx_court_json_escape_len(&court->name)
               + ngx_court_json_escape_len(&court->phone);
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NULL;
    }

    p = ngx_sprintf(b->last, "{\"type\":\"urn:court:problem:%V\","
                    "\"status\":%ui", &a->reason->code, a->reason->status);

    p = ngx_http_court_refuse_member(p, "title", &t->title);
    p = ngx_http_court_refuse_member(p, "detail", &t->detail);
    p = ngx_http_court_refuse_member(p, "code", &a->reason->code);
    p = ngx_http_court_refuse_member(p, "next", &t->next);
    p = ngx_http_court_refuse_member(p, "request_id",
                                     &a->session->request_id);

    if (court) {
        p = ngx_cpymem(p, ",\"court\":{\"code\":\"", 18);
        p = ngx_court_json_escape(p, &court->code);
        *p++ = '"';
        p = ngx_http_court_refuse_member(p, "name", &court->name);
        p = ngx_http_court_refuse_member(p, "phone", &court->phone);
        *p++ = '}';
    }

    *p++ = '}';
    *p++ = LF;
    b->last = p;

    return b;
}


/* the words of a page come from our own table or a policy: still escaped */

static ngx_buf_t *
ngx_http_court_refuse_page(ngx_http_request_t *r, ngx_http_court_answer_t *a)
{
    size_t                   len;
    ngx_str_t                part[4];
    ngx_buf_t               *b;
    ngx_uint_t               i;
    const ngx_court_text_t  *t;

    t = &a->reason->text[a->lang];

    part[0] = t->title;
    part[1] = t->detail;
    part[2] = t->next;
    part[3] = a->session->request_id;

    len = sizeof(ngx_http_court_page) + a->reason->code.len + t->title.len * 6;

    for (i = 0; i < 4; i++) {
        len += part[i].len * 6;
    }

    b = ngx_create_temp_buf(r->pool, len);
    if (b == NULL) {
        return NULL;
    }

    for (i = 0; i < 4; i++) {
        u_char  *p = ngx_pnalloc(r->pool, part[i].len * 6 + 1);

        if (p == NULL) {
            return NULL;
        }

        part[i].len = (u_char *) ngx_escape_html(p, part[i].data, part[i].len)
                      - p;
        part[i].data = p;
    }

    b->last = ngx_sprintf(b->last, ngx_http_court_page,
                          a->lang == NGX_COURT_ZH ? "zh-CN" : "en",
                          &part[0], &part[0], &part[1], &part[2],
                          &a->reason->code, &part[3]);
    return b;
}


static ngx_int_t
ngx_http_court_refuse_send(ngx_http_request_t *r, ngx_http_court_answer_t *a)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_uint_t    html;
    ngx_chain_t   out;

    html = ngx_http_court_refuse_html(r);

    b = html ? ngx_http_court_refuse_page(r, a)
             : ngx_http_court_refuse_json(r, a);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* as nginx's own error pages: a refused body is not asked for */

    r->expect_tested = 1;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        r->keepalive = 0;
    }

    r->headers_out.status = a->reason->status;
    r->headers_out.status_line.len = 0;
    r->headers_out.content_length_n = b->last - b->pos;

    if (html) {
        ngx_str_set(&r->headers_out.content_type, "text/html");
        ngx_str_set(&r->headers_out.charset, "utf-8");
    } else {
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");
        r->headers_out.charset.len = 0;
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;
    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_court_refuse(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    ngx_int_t                rc;
    ngx_http_court_answer_t  answer;

    s->refused = 1;

    answer.reason = ngx_http_court_reason_told(s);
    answer.lang = ngx_http_court_lang(r);
    answer.session = s;

    if (ngx_http_court_refuse_has_page(r, answer.reason->status)) {
        return answer.reason->status;
    }

    /* an error_page that led here set its own status: ours is the last word */

    r->err_status = 0;

    rc = ngx_http_court_refuse_send(r, &answer);

    /*
     * Returned from the access phase, NGX_OK would let the request go on:
     * so it is finalised here, and nginx told that it is in other hands.
     */

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}
