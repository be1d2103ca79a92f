/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Puts the page together.  What the gateway knows comes in at two places, and
 * is escaped for each: the JSON in a <pre>, and the titles of the reasons in
 * a <script> that is data.
 */

#include "ngx_court_status_page.h"
#include "ngx_court_base64url.h"
#include "ngx_court_crypto.h"
#include "ngx_court_status_page_css.h"
#include "ngx_court_status_page_html.h"
#include "ngx_court_status_page_words.h"
#include "ngx_court_status_page_data.h"
#include "ngx_court_status_page_verdict.h"
#include "ngx_court_status_page_view.h"
#include "ngx_court_status_page_courts.h"
#include "ngx_court_status_page_main.h"


/*
 * Before anything is shown: with scripts the JSON is not.  After any error of
 * the script it is again, since numbers that stand still must not look alive.
 */
static const char  ngx_court_status_page_early[] =
"(function (root) {\n"
"function raw() { root.className = ''; }\n"
"root.className = 'js';\n"
"addEventListener('error', raw);\n"
"addEventListener('unhandledrejection', raw);\n"
"}(document.documentElement));\n";


#define ngx_court_status_page_part(s)  { sizeof(s) - 1, (u_char *) s }

static ngx_str_t  ngx_court_status_page_style[] = {
    ngx_court_status_page_part(ngx_court_status_page_css)
};

static ngx_str_t  ngx_court_status_page_head[] = {
    ngx_court_status_page_part(ngx_court_status_page_early)
};

static ngx_str_t  ngx_court_status_page_script[] = {
    ngx_string("(function () {\n'use strict';\n"),
    ngx_court_status_page_part(ngx_court_status_page_words),
    ngx_court_status_page_part(ngx_court_status_page_data),
    ngx_court_status_page_part(ngx_court_status_page_verdict),
    ngx_court_status_page_part(ngx_court_status_page_view),
    ngx_court_status_page_part(ngx_court_status_page_courts),
    ngx_court_status_page_part(ngx_court_status_page_main),
    ngx_string("}());\n")
};

#define ngx_court_status_page_n(parts)  (sizeof(parts) / sizeof(parts[0]))


static void ngx_court_status_page_put(ngx_court_out_t *out,
    const ngx_str_t *parts, ngx_uint_t n);
static void ngx_court_status_page_escape(ngx_court_out_t *out,
    const ngx_str_t *text);
static void ngx_court_status_page_reasons(ngx_court_out_t *out);
static u_char *ngx_court_status_page_hash(u_char *p, const ngx_str_t *parts,
    ngx_uint_t n);


void
ngx_court_status_page(ngx_court_out_t *out, const ngx_str_t *json)
{
    ngx_court_out_const(out,
        "<!DOCTYPE html>\n<html lang=\"zh\">\n<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,"
        "initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n"
        "<link rel=\"icon\" id=\"icon\" href=\"data:,\">\n"
        "<title>\xe6\xb3\x95\xe9\x99\xa2\xe7\xbd\x91\xe5\x85\xb3"
        "\xe7\x8a\xb6\xe6\x80\x81</title>\n<style>");
    ngx_court_status_page_put(out, ngx_court_status_page_style, 1);
    ngx_court_out_const(out, "</style>\n<script>");
    ngx_court_status_page_put(out, ngx_court_status_page_head, 1);
    ngx_court_out_const(out, "</script>\n</head>\n<body>\n");
    ngx_court_out_put(out, ngx_court_status_page_html,
                      sizeof(ngx_court_status_page_html) - 1);
    ngx_court_out_const(out, "<pre id=\"data\">\n");
    ngx_court_status_page_escape(out, json);
    ngx_court_out_const(out, "</pre>\n"
        "<script type=\"application/json\" id=\"words\">");
    ngx_court_status_page_reasons(out);
    ngx_court_out_const(out, "</script>\n<script>");
    ngx_court_status_page_put(out, ngx_court_status_page_script,
        ngx_court_status_page_n(ngx_court_status_page_script));
    ngx_court_out_const(out, "</script>\n</body>\n</html>\n");
}


static void
ngx_court_status_page_put(ngx_court_out_t *out, const ngx_str_t *parts,
    ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        ngx_court_out_str(out, &parts[i]);
    }
}


/* as an element's content: in runs, since most of a status is plain */
static void
ngx_court_status_page_escape(ngx_court_out_t *out, const ngx_str_t *text)
{
    size_t       i, from;
    const char  *entity;

    for (i = 0, from = 0; i < text->len; i++) {

        switch (text->data[i]) {
        case '&': entity = "&amp;"; break;
        case '<': entity = "&lt;"; break;
        case '>': entity = "&gt;"; break;
        default: continue;
        }

        ngx_court_out_put(out, text->data + from, i - from);
        ngx_court_out_put(out, entity, ngx_strlen(entity));
        from = i + 1;
    }

    ngx_court_out_put(out, text->data + from, text->len - from);
}


/* {"code":["title in Chinese","in English"],...}; no text of it has a "<" */
static void
ngx_court_status_page_reasons(ngx_court_out_t *out)
{
    ngx_uint_t                 i;
    const ngx_court_reason_t  *reason;

    for (i = 0; i < NGX_COURT_NREASONS; i++) {
        reason = &ngx_court_reasons[i];

        ngx_court_out_put(out, i ? "," : "{", 1);
        ngx_court_out_json(out, &reason->code);
        ngx_court_out_const(out, ":[");
        ngx_court_out_json(out, &reason->text[NGX_COURT_ZH].title);
        ngx_court_out_const(out, ",");
        ngx_court_out_json(out, &reason->text[NGX_COURT_EN].title);
        ngx_court_out_const(out, "]");
    }

    ngx_court_out_const(out, "}");
}


/* 'sha256-' and 32 bytes in base64 with its padding, in quotes */
#define NGX_COURT_STATUS_PAGE_HASH                                            \
    (sizeof("'sha256-=' ")                                                    \
     + ngx_court_base64url_encoded_len(NGX_COURT_SHA256_LEN))


ngx_int_t
ngx_court_status_page_csp(ngx_pool_t *pool, ngx_str_t *value)
{
    u_char  *p;

    static const char  others[] =
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; connect-src 'self'; img-src data:; "
        "script-src";
    static const char  style[] = "; style-src";

    value->data = ngx_pnalloc(pool, sizeof(others) + sizeof(style)
                                    + 3 * NGX_COURT_STATUS_PAGE_HASH);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value->data, others, sizeof(others) - 1);
    p = ngx_court_status_page_hash(p, ngx_court_status_page_head, 1);
    p = ngx_court_status_page_hash(p, ngx_court_status_page_script,
            ngx_court_status_page_n(ngx_court_status_page_script));

    if (p) {
        p = ngx_cpymem(p, style, sizeof(style) - 1);
        p = ngx_court_status_page_hash(p, ngx_court_status_page_style, 1);
    }

    if (p == NULL) {
        return NGX_ERROR;
    }

    value->len = p - value->data;

    return NGX_OK;
}


/* NULL where it can't be had, or could not before */
static u_char *
ngx_court_status_page_hash(u_char *p, const ngx_str_t *parts, ngx_uint_t n)
{
    u_char     *from;
    ngx_str_t   hash;
    u_char      sum[NGX_COURT_SHA256_LEN];

    if (p == NULL || ngx_court_sha256(parts, n, sum) != NGX_OK) {
        return NULL;
    }

    hash.data = sum;
    hash.len = NGX_COURT_SHA256_LEN;

    from = ngx_cpymem(p, " 'sha256-", sizeof(" 'sha256-") - 1);
    p = ngx_court_base64url_encode(from, &hash);

    /* base64, as the header's grammar is read by all browsers */
    for ( /* void */ ; from < p; from++) {
        if (*from == '-') {
            *from = '+';

        } else if (*from == '_') {
            *from = '/';
        }
    }

    return ngx_cpymem(p, "='", 2);
}
