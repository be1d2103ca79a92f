/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json.h"
#include "ngx_court_utf8.h"
#include "tap.h"


#define raw(s)  { sizeof(s) - 1, (u_char *) s }
#define FFFD    "\xef\xbf\xbd"

static const struct {
    const char  *name;
    ngx_str_t    in;
    const char  *out;
} rows[] = {
    { "nothing", raw(""), "" },
    { "plain", raw("abc /'<>"), "abc /'<>" },
    { "quote and backslash", raw("a\"b\\c"), "a\\\"b\\\\c" },
    { "short escapes", raw("\b\f\n\r\t"), "\\b\\f\\n\\r\\t" },
    { "NUL", raw("a\0b"), "a\\u0000b" },
    { "controls", raw("\x01\x1b\x1f"), "\\u0001\\u001b\\u001f" },
    { "DEL", raw("\x7f"), "\\u007f" },
    { "two bytes", raw("\xc3\xa9"), "\xc3\xa9" },
    { "Chinese", raw("\xe5\xbe\x8b\xe5\xb8\x88"), "\xe5\xbe\x8b\xe5\xb8\x88" },
    { "four bytes", raw("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
    { "last code point", raw("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
    { "beyond it", raw("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD },
    { "lone continuation", raw("\x80z"), FFFD "z" },
    { "overlong slash", raw("\xc0\xaf"), FFFD FFFD },
    { "overlong, three", raw("\xe0\x80\xaf"), FFFD FFFD FFFD },
    { "overlong, four", raw("\xf0\x80\x80\xaf"), FFFD FFFD FFFD FFFD },
    { "surrogate", raw("\xed\xa0\x80"), FFFD FFFD FFFD },
    { "cut", raw("\xe5\xbe"), FFFD FFFD },
    { "cut by ASCII", raw("\xe5\xbe\"x"), FFFD FFFD "\\\"x" },
    { "FE FF", raw("\xfe\xff"), FFFD FFFD }
};


/* words at once find the same byte that one by one would */

static void
test_plain(void)
{
    u_char      text[24];
    size_t      want;
    ngx_uint_t  len, at, c, bad;

    bad = 0;

    for (len = 1; len <= sizeof(text); len++) {
        for (at = 0; at < len; at++) {
            for (c = 0; c < 256; c++) {
                ngx_memset(text, (at + c) % 2 ? ' ' : '~', len);
                text[at] = (u_char) c;

                want = (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
                       ? at : len;

                bad += (ngx_court_json_plain(text, text + len) != want);
            }
        }
    }

    is_int(bad, 0, "how far bytes are plain");
    is_int(ngx_court_json_plain(NULL, NULL), 0, "nothing");
}


/* what is escaped is JSON, and every valid sequence comes back as it was */

static void
test_all(ngx_pool_t *pool)
{
    u_char             in[4], out[64], *p, *end;
    uint32_t           code;
    ngx_str_t          s, text, got;
    ngx_uint_t         bad;
    ngx_court_json_t  *root;

    bad = 0;

    for (code = 1; code <= 0x10ffff; code += (code < 0x3000) ? 1 : 97) {
        if (code >= 0xd800 && code <= 0xdfff) {
            continue;
        }

        s.data = in;
        end = ngx_court_utf8_write(in, code);
        s.len = end - in;

        bad += (ngx_court_utf8_sequence(in, end) != s.len);

        p = ngx_cpymem(out, "[\"", 2);
        p = ngx_court_json_escape(p, &s);
        bad += ((size_t) (p - out - 2) != ngx_court_json_escape_len(&s));
        p = ngx_cpymem(p, "\"]", 2);

        text.data = out;
        text.len = p - out;
        root = ngx_court_json_parse(pool, &text, &ngx_court_json_small, NULL);

        bad += (ngx_court_json_string(ngx_court_json_at(root, 0), &got)
                != NGX_OK
                || !ngx_court_str_eq(&got, &s));
    }

    is_int(bad, 0, "code points come back");
}


static void
test_random(ngx_pool_t *pool)
{
    size_t      i, len;
    u_char      in[24], out[24 * 6 + 4], *p;
    unsigned    n, seed;
    ngx_str_t   s, text;
    ngx_uint_t  bad;

    seed = 3;
    bad = 0;

    for (n = 0; n < 5000; n++) {
        len = rand_r(&seed) % sizeof(in);

        for (i = 0; i < len; i++) {
            in[i] = rand_r(&seed) % 256;
        }

        s.data = in;
        s.len = len;

        p = ngx_cpymem(out, "[\"", 2);
        p = ngx_court_json_escape(p, &s);
        bad += ((size_t) (p - out - 2) != ngx_court_json_escape_len(&s));
        p = ngx_cpymem(p, "\"]", 2);

        text.data = out;
        text.len = p - out;

        /* NUL is written, but not read back */

        if (memchr(in, 0, len) == NULL) {
            bad += (ngx_court_json_parse(pool, &text, &ngx_court_json_small,
                                         NULL)
                    == NULL);
        }
    }

    is_int(bad, 0, "random bytes become JSON strings");
}


int
main(void)
{
    size_t       i;
    u_char       buf[128];
    ngx_str_t    got;
    ngx_pool_t  *pool;

    pool = tap_pool();

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        got.data = buf;
        got.len = ngx_court_json_escape(buf, &rows[i].in) - buf;

        is_str(&got, rows[i].out, "%s", rows[i].name);
        is_int(ngx_court_json_escape_len(&rows[i].in), strlen(rows[i].out),
               "%s: length", rows[i].name);
    }

    test_plain();
    test_all(pool);
    test_random(pool);

    return done_testing();
}
