/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_tombstone_file.h"


#define HEX  "000102030405060708090a0b0c0d0e0f"                               \
             "101112131415161718191a1b1c1d1e1f"


static void
test_round(void)
{
    u_char                 buf[NGX_COURT_TOMBSTONE_LINE], *p;
    ngx_uint_t             i, kind, undo;
    ngx_court_tombstone_t  stone, back;

    static const int64_t  times[] = {
        0, 1, 1795852800, NGX_COURT_TOMBSTONE_EVER
    };

    for (kind = 0; kind < NGX_COURT_TOMBSTONE_KINDS; kind++) {
        for (i = 0; i < 4; i++) {
            ngx_memset(&stone, 0xa5, sizeof(stone));
            stone.kind = kind;
            stone.origin = NGX_COURT_TOMBSTONE_LOCAL;
            stone.until = times[i];
            stone.added = times[3 - i];

            p = ngx_court_tombstone_file_line(buf, &stone, i & 1);
            ok((size_t) (p - buf) <= sizeof(buf), "a line fits");
            ok(buf[0] == '\n' && p[-1] == '\n', "and stands alone");

            is_int(ngx_court_tombstone_file_parse(buf + 1, p - 1, &back,
                                                  &undo), NGX_OK, "is read");
            ok(back.kind == stone.kind && back.until == stone.until
               && back.added == stone.added && undo == (i & 1),
               "kind %d, time %d", (int) kind, (int) i);
            is_mem(back.key, stone.key, NGX_COURT_TOMBSTONE_KEY, "its key");

            /* cut anywhere it is torn, never another one */

            for (p--; p > buf + 1; p--) {
                if (ngx_court_tombstone_file_parse(buf + 1, p - 1, &back,
                                                   &undo) == NGX_OK)
                {
                    break;
                }
            }

            ok(p == buf + 1, "cut it is none");
        }
    }
}


static void
test_damaged(void)
{
    size_t                 i;
    ngx_uint_t             undo;
    ngx_court_tombstone_t  stone;

    static const struct {
        const char  *text;
        ngx_int_t    rc;
    } rows[] = {
        { "deny subject 5 4 " HEX " .", NGX_OK },
        { "undo key 5 4 " HEX " .", NGX_OK },
        { "", NGX_DECLINED },
        { ".", NGX_DECLINED },
        { "deny subject 5 4 " HEX, NGX_DECLINED },
        { "deny subject 5 4 " HEX " . ", NGX_DECLINED },
        { " .", NGX_ERROR },
        { "deny subject 5 4 .", NGX_ERROR },
        { "deny subject 5 4 " HEX " x .", NGX_ERROR },
        { "deny  subject 5 4 " HEX " .", NGX_ERROR },
        { "deny subjects 5 4 " HEX " .", NGX_ERROR },
        { "denies subject 5 4 " HEX " .", NGX_ERROR },
        { "Deny subject 5 4 " HEX " .", NGX_ERROR },
        { "deny subject -5 4 " HEX " .", NGX_ERROR },
        { "deny subject 5x 4 " HEX " .", NGX_ERROR },
        { "deny subject 9223372036854775808 4 " HEX " .", NGX_ERROR },
        { "deny subject 92233720368547758070 4 " HEX " .", NGX_ERROR },
        { "deny subject 5 4 0" HEX " .", NGX_ERROR },
        { "deny subject 5 4 zz" HEX " .", NGX_ERROR },
        { "deny subject 5 4 00 .", NGX_ERROR }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(ngx_court_tombstone_file_parse((u_char *) rows[i].text,
                   (u_char *) rows[i].text + ngx_strlen(rows[i].text),
                   &stone, &undo),
               rows[i].rc, "\"%s\"", rows[i].text);
    }
}


int
main(void)
{
    test_round();
    test_damaged();

    return done_testing();
}
