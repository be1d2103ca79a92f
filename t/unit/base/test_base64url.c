/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_base64url.h"
#include "tap.h"


#define raw(s)  { sizeof(s) - 1, (u_char *) s }

static const struct {
    ngx_str_t    bytes;
    const char  *text;
} good[] = {
    { raw(""), "" },
    { raw("f"), "Zg" },
    { raw("fo"), "Zm8" },
    { raw("foo"), "Zm9v" },
    { raw("foob"), "Zm9vYg" },
    { raw("fooba"), "Zm9vYmE" },
    { raw("foobar"), "Zm9vYmFy" },
    { raw("\0"), "AA" },
    { raw("\0\0\0"), "AAAA" },
    { raw("\xff\xff\xff"), "____" },
    { raw("\xff"), "_w" },
    { raw("\xfb\xef\xbe"), "----" },
    { raw("\xff\xfe"), "__4" },
    { raw("{\"alg\":\"none\"}"), "eyJhbGciOiJub25lIn0" },
    { raw("\x03\xec\xff\xe0\xc1"), "A-z_4ME" }       /* RFC 7515, C */
};

static const ngx_str_t  bad[] = {
    raw("A"), raw("AAAAA"), raw("="), raw("Zg=="), raw("Zg="), raw("Zm8="),
    raw("Zh"), raw("Zv"), raw("Zm9"), raw("Z/"), raw("Z+"), raw("++++"),
    raw("////"), raw("Zm 9"), raw(" Zm9v"), raw("Zm9v "), raw("Zm9v\n"),
    raw("Zm9v\r\n"), raw("Zm\0v"), raw("Zm9v\0"), raw("Zm9."), raw("AB"),
    raw("AAB"), raw("\xef\xbc\xa1" "A"), raw("\x80\x80\x80\x80"),
    raw("Zm9vYg=="), raw("Zm9vYh"), raw("@AAA"), raw("[AAA"), raw("`AAA")
};


int
main(void)
{
    int          c, d, spellings;
    u_char       buf[64], two[2];
    size_t       i, len;
    unsigned     n, seed;
    ngx_str_t    s, got;
    ngx_uint_t   wrong;
    ngx_pool_t  *pool;

    pool = tap_pool();

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        s.data = (u_char *) good[i].text;
        s.len = strlen(good[i].text);

        if (is_int(ngx_court_base64url_decode(pool, &got, &s), NGX_OK,
                   "decode \"%s\"", good[i].text))
        {
            ok(ngx_court_str_eq(&got, &good[i].bytes), "to the bytes");
        }

        got.data = buf;
        got.len = ngx_court_base64url_encode(buf, &good[i].bytes) - buf;
        is_str(&got, good[i].text, "encode \"%s\"", good[i].text);
        is_int(ngx_court_base64url_encoded_len(good[i].bytes.len), s.len,
               "encoded length");
        is_int(ngx_court_base64url_decoded_len(s.len), good[i].bytes.len,
               "decoded length");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(ngx_court_base64url_decode(pool, &got, &bad[i]), NGX_DECLINED,
               "refused: \"%.*s\"", (int) bad[i].len, bad[i].data);
    }

    /* of all pairs of bytes exactly 256 are the spelling of one byte */

    spellings = 0;
    s.data = two;
    s.len = 2;

    for (c = 0; c < 256; c++) {
        for (d = 0; d < 256; d++) {
            two[0] = (u_char) c;
            two[1] = (u_char) d;
            spellings += (ngx_court_base64url_decode(pool, &got, &s)
                          == NGX_OK);
        }
    }

    is_int(spellings, 256, "one spelling for each byte");

    seed = 5;
    wrong = 0;

    for (n = 0; n < 5000; n++) {
        u_char  in[40];

        len = rand_r(&seed) % sizeof(in);

        for (i = 0; i < len; i++) {
            in[i] = rand_r(&seed) % 256;
        }

        s.data = in;
        s.len = len;
        got.data = buf;
        got.len = ngx_court_base64url_encode(buf, &s) - buf;
        wrong += (got.len != ngx_court_base64url_encoded_len(len));

        if (ngx_court_base64url_decode(pool, &got, &got) != NGX_OK
            || !ngx_court_str_eq(&got, &s))
        {
            wrong++;
        }
    }

    is_int(wrong, 0, "random bytes there and back");

    return done_testing();
}
