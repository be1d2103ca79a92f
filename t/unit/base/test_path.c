/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_path.h"
#include "tap.h"


#define raw(s)  { sizeof(s) - 1, (u_char *) s }

static const struct {
    ngx_str_t    target;
    const char  *path;                    /* NULL: refused */
    const char  *args;
} targets[] = {
    { raw("/"), "/", "" },
    { raw("/a"), "/a", "" },
    { raw("/a/"), "/a/", "" },
    { raw("/api/v1/cases/1"), "/api/v1/cases/1", "" },
    { raw("/a?b=c&d"), "/a", "b=c&d" },
    { raw("/a?"), "/a", "" },
    { raw("/a??b"), "/a", "?b" },
    { raw("/a?b=/../..;%2e%zz\\"), "/a", "b=/../..;%2e%zz\\" },
    { raw("/-._~AZaz09"), "/-._~AZaz09", "" },
    { raw("/!$&'()*+,:=@"), "/!$&'()*+,:=@", "" },
    { raw("/%21%24%26%27%28%29%2A%2B%2C%3A%3D%40"),
      "/%21%24%26%27%28%29%2A%2B%2C%3A%3D%40", "" },
    { raw("/%E4%B8%AD"), "/%E4%B8%AD", "" },
    { raw("/%C3%A9/%F0%9F%98%80"), "/%C3%A9/%F0%9F%98%80", "" },
    { raw("/..."), "/...", "" },
    { raw("/..a/.a/a./a.."), "/..a/.a/a./a..", "" },
    { raw("/a.b/c..d"), "/a.b/c..d", "" },

    /* not origin form */
    { raw(""), NULL, NULL },
    { raw("a"), NULL, NULL },
    { raw("*"), NULL, NULL },
    { raw("?a"), NULL, NULL },
    { raw("http://h/a"), NULL, NULL },
    { raw("%2Fa"), NULL, NULL },

    /* encoded separators, dots, percent, controls */
    { raw("/a%2Fb"), NULL, NULL },
    { raw("/a%2fb"), NULL, NULL },
    { raw("/a%5Cb"), NULL, NULL },
    { raw("/a%5cb"), NULL, NULL },
    { raw("/a%25b"), NULL, NULL },
    { raw("/a%252Fb"), NULL, NULL },
    { raw("/a%2Eb"), NULL, NULL },
    { raw("/%2E%2E/b"), NULL, NULL },
    { raw("/%2e%2e/b"), NULL, NULL },
    { raw("/%252e%252e/b"), NULL, NULL },
    { raw("/.%2E/b"), NULL, NULL },
    { raw("/a%3Bb"), NULL, NULL },
    { raw("/a%00"), NULL, NULL },
    { raw("/a%00.css"), NULL, NULL },
    { raw("/a%0A"), NULL, NULL },
    { raw("/a%0d"), NULL, NULL },
    { raw("/a%1F"), NULL, NULL },
    { raw("/a%7F"), NULL, NULL },
    { raw("/a%20b"), NULL, NULL },
    { raw("/a%3Fb"), NULL, NULL },
    { raw("/a%23b"), NULL, NULL },

    /* percent-encoded unreserved, lower-case hex, broken */
    { raw("/%61dmin"), NULL, NULL },
    { raw("/%41"), NULL, NULL },
    { raw("/%30"), NULL, NULL },
    { raw("/%2D"), NULL, NULL },
    { raw("/%5F"), NULL, NULL },
    { raw("/%7E"), NULL, NULL },
    { raw("/%2b"), NULL, NULL },
    { raw("/%3a"), NULL, NULL },
    { raw("/%e4%b8%ad"), NULL, NULL },
    { raw("/%E4%b8%AD"), NULL, NULL },
    { raw("/%"), NULL, NULL },
    { raw("/%2"), NULL, NULL },
    { raw("/%2?B"), NULL, NULL },
    { raw("/%GG"), NULL, NULL },
    { raw("/%+1"), NULL, NULL },
    { raw("/%u4E2D"), NULL, NULL },

    /* UTF-8 that is none */
    { raw("/%80"), NULL, NULL },
    { raw("/%FF"), NULL, NULL },
    { raw("/%C0%AF"), NULL, NULL },
    { raw("/%C0%AE%C0%AE/"), NULL, NULL },
    { raw("/%E0%80%AF"), NULL, NULL },
    { raw("/%ED%A0%80"), NULL, NULL },
    { raw("/%F4%90%80%80"), NULL, NULL },
    { raw("/%E4%B8"), NULL, NULL },
    { raw("/%E4%B8a"), NULL, NULL },
    { raw("/%E4%B8%41"), NULL, NULL },
    { raw("/%E4/%B8%AD"), NULL, NULL },
    { raw("/%E4%B8?%AD"), NULL, NULL },

    /* ; \ // dot segments # */
    { raw("/a;b"), NULL, NULL },
    { raw("/a;b=c"), NULL, NULL },
    { raw("/public/..;/admin"), NULL, NULL },
    { raw("/a\\b"), NULL, NULL },
    { raw("/..\\a"), NULL, NULL },
    { raw("//"), NULL, NULL },
    { raw("//api"), NULL, NULL },
    { raw("/a//b"), NULL, NULL },
    { raw("/a//"), NULL, NULL },
    { raw("/."), NULL, NULL },
    { raw("/.."), NULL, NULL },
    { raw("/./"), NULL, NULL },
    { raw("/../"), NULL, NULL },
    { raw("/a/./b"), NULL, NULL },
    { raw("/public/../admin"), NULL, NULL },
    { raw("/a/."), NULL, NULL },
    { raw("/a/.."), NULL, NULL },
    { raw("/a/..?b"), NULL, NULL },
    { raw("/a/.?b"), NULL, NULL },
    { raw("/a#b"), NULL, NULL },
    { raw("/a?b#c"), NULL, NULL },

    /* raw bytes out of the grammar, in args too */
    { raw("/\xe4\xb8\xad"), NULL, NULL },
    { raw("/a\x80"), NULL, NULL },
    { raw("/a b"), NULL, NULL },
    { raw("/a\tb"), NULL, NULL },
    { raw("/a\0b"), NULL, NULL },
    { raw("/a\nb"), NULL, NULL },
    { raw("/a\x7f"), NULL, NULL },
    { raw("/a\"b"), NULL, NULL },
    { raw("/a<b"), NULL, NULL },
    { raw("/a[b]"), NULL, NULL },
    { raw("/a{b}"), NULL, NULL },
    { raw("/a|b"), NULL, NULL },
    { raw("/a^b"), NULL, NULL },
    { raw("/a`b"), NULL, NULL },
    { raw("/a?b c"), NULL, NULL },
    { raw("/a?\0"), NULL, NULL },
    { raw("/a?\r\n"), NULL, NULL },
    { raw("/a?\x7f"), NULL, NULL },
    { raw("/a?\xe4\xb8\xad"), NULL, NULL }
};


static void
test_targets(void)
{
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   target, path, args;

    for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {

        /* a copy of the exact length: ASan sees a read behind it */

        target.len = targets[i].target.len;
        target.data = malloc(target.len ? target.len : 1);
        memcpy(target.data, targets[i].target.data, target.len);

        rc = ngx_court_path_canonical(&target, &path, &args);

        if (targets[i].path == NULL) {
            is_int(rc, NGX_DECLINED, "refused: %s", targets[i].target.data);

        } else if (is_int(rc, NGX_OK, "taken: %s", targets[i].target.data)) {
            is_str(&path, targets[i].path, "path");
            is_str(&args, targets[i].args, "args");
        }

        free(target.data);
    }
}


/* each byte alone in a segment, raw and encoded, against the grammar */

static void
test_bytes(void)
{
    char         text[8];
    int          c, want;
    ngx_str_t    target, path, args;
    ngx_uint_t   bad_raw, bad_encoded, bad_lower;

    static const char  subdelims[] = "!$&'()*+,:=@";

    bad_raw = 0;
    bad_encoded = 0;
    bad_lower = 0;
    target.data = (u_char *) text;

    for (c = 0; c < 256; c++) {

        if (c != '/' && c != '?' && c != '.') {
            want = (c < 0x80 && (isalnum(c) || c == '-' || c == '_'
                                 || c == '~'))
                   || (c && strchr(subdelims, c));

            text[0] = '/';
            text[1] = (char) c;
            target.len = 2;
            bad_raw += (ngx_court_path_canonical(&target, &path, &args)
                        == NGX_OK) != (want != 0);
        }

        want = c && c < 0x80 && strchr(subdelims, c);

        target.len = sprintf(text, "/%%%02X", c);
        bad_encoded += (ngx_court_path_canonical(&target, &path, &args)
                        == NGX_OK) != (want != 0);

        if ((c >> 4) > 9 || (c & 0xf) > 9) {
            target.len = sprintf(text, "/%%%02x", c);
            bad_lower += (ngx_court_path_canonical(&target, &path, &args)
                          == NGX_OK);
        }
    }

    is_int(bad_raw, 0, "every raw byte");
    is_int(bad_encoded, 0, "every encoded byte");
    is_int(bad_lower, 0, "no lower-case hex");
}


static void
test_escape(ngx_pool_t *pool)
{
    int         c;
    size_t      i;
    u_char      all[256];
    ngx_str_t   s, e, back;

    static const struct { ngx_str_t in; const char *out; } rows[] = {
        { raw(""), "" },
        { raw("abcXYZ019-._~"), "abcXYZ019-._~" },
        { raw("a b"), "a%20b" },
        { raw("100%"), "100%25" },
        { raw("a\r\nCourt-Role: judge"), "a%0D%0ACourt-Role%3A%20judge" },
        { raw("a,b;\"c\""), "a%2Cb%3B%22c%22" },
        { raw("\xe5\xbe\x8b"), "%E5%BE%8B" },
        { raw("\0\xff"), "%00%FF" }
    };

    static const struct { const char *in; const char *out; } back_rows[] = {
        { "", "" }, { "a", "a" }, { "%41", "A" },
        { "%e5%BE%8b", "\xe5\xbe\x8b" },
        { "a:b", "a:b" }, { "%2541", "%41" },
        { "%", NULL }, { "%4", NULL }, { "a%", NULL }, { "%GG", NULL },
        { "%4G", NULL }, { "%G4", NULL }, { "%%41", NULL }, { "% 1", NULL },
        { "%-1", NULL }, { "%0x", NULL }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(ngx_court_escape_str(pool, &e, &rows[i].in), NGX_OK, "escape");
        is_str(&e, rows[i].out, "is %s", rows[i].out);
        is_int(ngx_court_escape_len(&rows[i].in), strlen(rows[i].out),
               "length");
    }

    for (i = 0; i < sizeof(back_rows) / sizeof(back_rows[0]); i++) {
        s.data = (u_char *) back_rows[i].in;
        s.len = strlen(back_rows[i].in);

        if (back_rows[i].out == NULL) {
            is_int(ngx_court_unescape_str(pool, &back, &s), NGX_DECLINED,
                   "%s is no escaped text", back_rows[i].in);
            continue;
        }

        is_int(ngx_court_unescape_str(pool, &back, &s), NGX_OK, "unescape");
        is_str(&back, back_rows[i].out, "of %s", back_rows[i].in);
    }

    for (c = 0; c < 256; c++) {
        all[c] = (u_char) c;
    }

    s.data = all;
    s.len = sizeof(all);
    ngx_court_escape_str(pool, &e, &s);
    is_int(e.len, 66 + 190 * 3, "all bytes: 66 unreserved");
    ngx_court_unescape_str(pool, &back, &e);
    ok(ngx_court_str_eq(&back, &s), "and back");
    ngx_court_unescape_str(pool, &e, &e);
    ok(ngx_court_str_eq(&e, &s), "in place");
    ngx_court_escape_str(pool, &e, &e);
    is_int(e.len, 66 + 190 * 3, "and forth");
}


/* what is taken never holds what the grammar shuts out */

static void
test_random(void)
{
    size_t      i;
    u_char      text[24];
    unsigned    n, seed;
    ngx_str_t   target, path, args;
    ngx_uint_t  bad, taken;

    static const char  alphabet[] = "//..%%22EFef5C0a;?#\\\x80 AB@:-";

    seed = 11;
    bad = 0;
    taken = 0;
    target.data = text;

    for (n = 0; n < 100000; n++) {
        target.len = 1 + rand_r(&seed) % (sizeof(text) - 1);
        text[0] = '/';

        for (i = 1; i < target.len; i++) {
            text[i] = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
        }

        if (ngx_court_path_canonical(&target, &path, &args) != NGX_OK) {
            continue;
        }

        taken++;
        bad += memmem(path.data, path.len, "//", 2) != NULL
               || memmem(path.data, path.len, "/./", 3) != NULL
               || memmem(path.data, path.len, "/../", 4) != NULL
               || memmem(path.data, path.len, "%2E", 3) != NULL
               || memmem(path.data, path.len, "%2F", 3) != NULL
               || memmem(path.data, path.len, "%5C", 3) != NULL
               || memmem(path.data, path.len, "%25", 3) != NULL
               || memchr(path.data, ';', path.len) != NULL
               || memchr(path.data, '\\', path.len) != NULL
               || memchr(target.data, '#', target.len) != NULL
               || memchr(target.data, ' ', target.len) != NULL
               || path.len + args.len + (args.data > path.data + path.len)
                  != target.len;
    }

    is_int(bad, 0, "random targets");
    ok(taken > 1000, "%d of them taken", (int) taken);
}


/* words at once count what one by one would be written */

static void
test_escape_len(void)
{
    u_char      text[20], out[64];
    ngx_str_t   s;
    ngx_uint_t  at, c, len, bad;

    bad = 0;

    for (len = 1; len <= sizeof(text); len++) {
        for (at = 0; at < len; at++) {
            for (c = 0; c < 256; c++) {
                ngx_memset(text, "aZ09-._~"[(at + c) % 8], len);
                text[at] = (u_char) c;
                s.data = text;
                s.len = len;

                bad += (ngx_court_escape_len(&s)
                        != (size_t) (ngx_court_escape(out, &s) - out));
            }
        }
    }

    is_int(bad, 0, "the length of an escaped text");
}


int
main(void)
{
    test_targets();
    test_bytes();
    test_escape(tap_pool());
    test_escape_len();
    test_random();

    return done_testing();
}
