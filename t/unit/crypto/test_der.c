/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_der.h"
#include "test_crypto.h"


/* half is 4 bytes here */

static const struct {
    const char  *name;
    const char  *der;
    const char  *raw;                     /* NULL: refused */
} cases[] = {
    { "small", "3006020101020102", "0000000100000002" },
    { "zero", "3006020100020100", "0000000000000000" },
    { "sign byte", "300a02020080" "0204" "7fffffff", "000000807fffffff" },
    { "full", "300e" "020500ffffffff" "020500fffffffe",
      "fffffffffffffffe" },
    { "longer than half", "300b" "02050100000000" "020101", NULL },
    { "six bytes", "300c" "0206010000000000" "020101", NULL },
    { "negative r", "3006020181020101", NULL },
    { "negative s", "3006020101020180", NULL },
    { "padded r", "300702020001020101", NULL },
    { "padded s", "300702010102020001", NULL },
    { "padded zero", "300702020000020101", NULL },
    { "empty r", "300502000201" "01ff", NULL },
    { "empty s", "3005020101" "0200" "ff", NULL },
    { "byte behind", "300602010102010200", NULL },
    { "byte inside", "300702010102010200", NULL },
    { "third integer", "3009020101020102020103", NULL },
    { "one integer", "30060204000000ff", NULL },
    { "long form of a short length", "308106020101020102", NULL },
    { "two bytes of length", "30820006020101020102", NULL },
    { "indefinite length", "3080020101020102" "0000", NULL },
    { "long form in an integer", "300702810101020102", NULL },
    { "huge length", "30ff020101020102", NULL },
    { "huge integer", "300602ff01020102", NULL },
    { "integer over the end", "3006020101020401", NULL },
    { "SET", "3106020101020102", NULL },
    { "BIT STRING", "3006030101020102", NULL },
    { "truncated", "30060201010201", NULL },
    { "empty sequence", "3000", NULL },
    { "nothing", "", NULL }
};


static void
test_decode(void)
{
    u_char      raw[2 * NGX_COURT_DER_MAX_HALF], der[NGX_COURT_DER_MAX];
    ngx_str_t   in, want;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        in = hex_(cases[i].der);

        is_int(ngx_court_der_decode(raw, 4, &in),
               cases[i].raw ? NGX_OK : NGX_DECLINED, "decode: %s",
               cases[i].name);

        if (cases[i].raw == NULL) {
            continue;
        }

        want = hex_(cases[i].raw);
        is_mem(raw, want.data, 8, "decode: %s: value", cases[i].name);

        is_int(ngx_court_der_encode(der, raw, 4), in.len,
               "encode: %s: length", cases[i].name);
        is_mem(der, in.data, in.len, "encode: %s: bytes", cases[i].name);
    }
}


/* the widest: two bytes of length, sign bytes */

static void
test_wide(void)
{
    u_char     raw[132], back[132], der[NGX_COURT_DER_MAX];
    ngx_str_t  s;

    memset(raw, 0xff, sizeof(raw));
    s.data = der;
    s.len = ngx_court_der_encode(der, raw, 66);

    is_int(s.len, 3 + 2 * (2 + 1 + 66), "the widest encoding");
    is_int(der[1], 0x81, "long form of the length");
    is_int(ngx_court_der_decode(back, 66, &s), NGX_OK, "and back");
    is_mem(raw, back, sizeof(raw), "the same numbers");

    s.len--;
    is_int(ngx_court_der_decode(back, 66, &s), NGX_DECLINED, "one byte less");

    is_int(ngx_court_der_decode(back, 65, &s), NGX_DECLINED, "narrower curve");
}


static void
test_range(void)
{
    ngx_str_t   raw, order;
    ngx_uint_t  i;

    static const struct {
        const char  *raw;
        ngx_uint_t   in;
    } range[] = {
        { "00000001" "00000001", 1 },
        { "00000000" "00000001", 0 },
        { "00000001" "00000000", 0 },
        { "7fffff00" "00000001", 0 },
        { "00000001" "7fffff00", 0 },
        { "7ffffeff" "7ffffeff", 1 },
        { "7fffff01" "00000001", 0 },
        { "ffffffff" "ffffffff", 0 }
    };

    order = hex_("7fffff00");

    for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
        raw = hex_(range[i].raw);
        is_int(ngx_court_der_in_range(raw.data, order.data, 4), range[i].in,
               "range: %s", range[i].raw);
    }
}


int
main(void)
{
    test_decode();
    test_wide();
    test_range();

    return done_testing();
}
