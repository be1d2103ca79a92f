/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The status page as bytes: what comes from outside stands in it as text, and
 * its policy names exactly the script and the style that are in it.  What a
 * browser makes of it is in t/demo/090-page.
 */

#include "ngx_court_status_page.h"
#include "ngx_court_crypto.h"
#include "tap.h"

#include <openssl/evp.h>


static ngx_str_t
page_of(const char *json)
{
    ngx_str_t        text, page;
    ngx_court_out_t  out;

    text.data = (u_char *) json;
    text.len = ngx_strlen(json);

    ngx_court_out_init(&out, tap_pool());
    ngx_court_status_page(&out, &text);

    if (ngx_court_out_flat(&out, &page) != NGX_OK) {
        ngx_str_null(&page);
    }

    return page;
}


/* what stands between two marks, from *at on; an empty one if there is none */
static ngx_str_t
between(ngx_str_t *page, size_t *at, const char *open, const char *close)
{
    u_char     *p, *end;
    ngx_str_t   found = ngx_null_string;

    p = memmem(page->data + *at, page->len - *at, open, ngx_strlen(open));
    if (p == NULL) {
        return found;
    }

    p += ngx_strlen(open);
    end = memmem(p, page->data + page->len - p, close, ngx_strlen(close));

    if (end) {
        found.data = p;
        found.len = end - p;
        *at = end - page->data;
    }

    return found;
}


static void
test_escape(void)
{
    size_t      i, at;
    ngx_str_t   page, data;

    static const struct {
        const char  *json;
        const char  *text;
    } cases[] = {
        { "{\"a\":1}", "\n{\"a\":1}" },
        { "", "\n" },
        { "\"<script>x()</script>\"",
          "\n\"&lt;script&gt;x()&lt;/script&gt;\"" },
        { "</pre><b>", "\n&lt;/pre&gt;&lt;b&gt;" },
        { "&lt;&&", "\n&amp;lt;&amp;&amp;" },
        { "<!--<script", "\n&lt;!--&lt;script" },
        { ">", "\n&gt;" },
        { "\xe6\xb3\x95<", "\n\xe6\xb3\x95&lt;" },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        page = page_of(cases[i].json);
        at = 0;
        data = between(&page, &at, "<pre id=\"data\">", "</pre>");
        is_str(&data, cases[i].text, "in the page: %s", cases[i].json);
    }
}


/* 'sha256-...' of the text, as the header writes it */
static void
known(ngx_str_t *csp, ngx_str_t text, const char *what)
{
    int     n;
    u_char  sum[NGX_COURT_SHA256_LEN], base64[64];

    ok(text.len > 0 && ngx_court_sha256(&text, 1, sum) == NGX_OK,
       "there is %s", what);

    n = EVP_EncodeBlock(base64, sum, sizeof(sum));

    ok(memmem(csp->data, csp->len, base64, n) != NULL,
       "the policy knows %s", what);
}


static void
test_csp(void)
{
    size_t     at = 0;
    u_char    *p;
    ngx_str_t  csp, page;

    page = page_of("{}");
    is_int(ngx_court_status_page_csp(tap_pool(), &csp), NGX_OK, "the policy");

    known(&csp, between(&page, &at, "<style>", "</style>"), "the style");
    known(&csp, between(&page, &at, "<script>", "</script>"),
          "the first script");
    known(&csp, between(&page, &at, "<script>", "</script>"), "the script");
    is_int(between(&page, &at, "<script>", "</script>").len, 0,
           "there is no other script");

    ok(ngx_strncmp(csp.data, "default-src 'none'; ", 20) == 0,
       "nothing else is allowed");

    for (p = csp.data; p < csp.data + csp.len; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            break;
        }
    }

    ok(p == csp.data + csp.len, "the policy is a header's value");
    ok(memmem(csp.data, csp.len, "unsafe", 6) == NULL, "nothing unsafe");
}


/* nothing is loaded, and what a script or style may not hold is not in it */
static void
test_text(void)
{
    size_t     i, at;
    ngx_str_t  page, words;

    static const char  *never[] = {
        "https://", " src=", "url(", "@import", "innerHTML", "<!--", "eval(",
        " style=", " onclick=", "document.write"
    };

    page = page_of("{}");

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        ok(memmem(page.data, page.len, never[i], ngx_strlen(never[i])) == NULL,
           "nowhere: %s", never[i]);
    }

    at = 0;
    words = between(&page, &at, "id=\"words\">", "</script>");
    ok(words.len > 2 && words.data[0] == '{' && words.data[words.len - 1] == '}'
       && memchr(words.data, '<', words.len) == NULL,
       "the titles of the reasons");
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());

    test_escape();
    test_csp();
    test_text();

    return done_testing();
}
