/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_utf8.h"
#include "tap.h"


/*
 * The rule of RFC 3629 written the slow way: decode, then refuse what is too
 * long for its value, a surrogate or too big.
 */

static size_t
slow(const u_char *p, size_t n)
{
    size_t    i, len;
    uint32_t  c, least;

    if (p[0] < 0x80) {
        return 1;
    }

    if ((p[0] & 0xe0) == 0xc0) {
        len = 2, c = p[0] & 0x1f, least = 0x80;

    } else if ((p[0] & 0xf0) == 0xe0) {
        len = 3, c = p[0] & 0x0f, least = 0x800;

    } else if ((p[0] & 0xf8) == 0xf0) {
        len = 4, c = p[0] & 0x07, least = 0x10000;

    } else {
        return 0;
    }

    if (len > n) {
        return 0;
    }

    for (i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = (c << 6) | (p[i] & 0x3f);
    }

    return (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) ? 0
                                                                       : len;
}


int
main(void)
{
    u_char      p[4], w[4];
    size_t      n, k;
    unsigned    a, b, c, d;
    ngx_uint_t  bad;

    static const u_char  some[] = {
        0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff
    };

    for (n = 1; n <= 4; n++) {
        bad = 0;

        for (a = 0; a < 256; a++) {
            for (b = 0; b < 256; b++) {
                for (c = 0; c < sizeof(some); c++) {
                    for (d = 0; d < sizeof(some); d++) {
                        p[0] = (u_char) a;
                        p[1] = (u_char) b;
                        p[2] = some[c];
                        p[3] = some[d];

                        bad += (ngx_court_utf8_sequence(p, p + n)
                                != slow(p, n));
                    }
                }
            }
        }

        is_int(bad, 0, "all sequences in %d bytes", (int) n);
    }

    is_int(ngx_court_utf8_sequence(p, p), 0, "nothing begins at the end");

    bad = 0;

    for (a = 0; a <= 0x10ffff; a++) {
        if (a >= 0xd800 && a <= 0xdfff) {
            continue;
        }

        k = ngx_court_utf8_write(w, a) - w;
        bad += (ngx_court_utf8_sequence(w, w + k) != k);
    }

    is_int(bad, 0, "every code point is written as a sequence");

    return done_testing();
}
