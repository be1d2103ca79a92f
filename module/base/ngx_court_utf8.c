/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_utf8.h"


/*
 * RFC 3629, section 4: by the first byte, how long the sequence is and which
 * second bytes it may have (that is where overlong forms and surrogates are
 * shut out); third and fourth bytes are always 80-BF.
 */

typedef struct {
    u_char                     first_lo;
    u_char                     first_hi;
    u_char                     second_lo;
    u_char                     second_hi;
    size_t                     len;
} ngx_court_utf8_row_t;


static const ngx_court_utf8_row_t  ngx_court_utf8_rows[] = {
    { 0xc2, 0xdf, 0x80, 0xbf, 2 },
    { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 },
    { 0xed, 0xed, 0x80, 0x9f, 3 },
    { 0xee, 0xef, 0x80, 0xbf, 3 },
    { 0xf0, 0xf0, 0x90, 0xbf, 4 },
    { 0xf1, 0xf3, 0x80, 0xbf, 4 },
    { 0xf4, 0xf4, 0x80, 0x8f, 4 }
};

#define NGX_COURT_UTF8_NROWS                                                  \
    (sizeof(ngx_court_utf8_rows) / sizeof(ngx_court_utf8_rows[0]))


size_t
ngx_court_utf8_sequence(const u_char *p, const u_char *end)
{
    size_t                       i;
    const ngx_court_utf8_row_t  *row;

    if (p >= end) {
        return 0;
    }

    if (p[0] < 0x80) {
        return 1;
    }

    for (i = 0; i < NGX_COURT_UTF8_NROWS; i++) {
        row = &ngx_court_utf8_rows[i];

        if (p[0] < row->first_lo || p[0] > row->first_hi) {
            continue;
        }

        if ((size_t) (end - p) < row->len
            || p[1] < row->second_lo || p[1] > row->second_hi
            || (row->len > 2 && (p[2] & 0xc0) != 0x80)
            || (row->len > 3 && (p[3] & 0xc0) != 0x80))
        {
            return 0;
        }

        return row->len;
    }

    return 0;
}


u_char *
ngx_court_utf8_write(u_char *p, uint32_t code)
{
    if (code < 0x80) {
        *p++ = (u_char) code;
        return p;
    }

    if (code < 0x800) {
        *p++ = (u_char) (0xc0 | (code >> 6));

    } else if (code < 0x10000) {
        *p++ = (u_char) (0xe0 | (code >> 12));
        *p++ = (u_char) (0x80 | ((code >> 6) & 0x3f));

    } else {
        *p++ = (u_char) (0xf0 | ((code >> 18) & 0x07));
        *p++ = (u_char) (0x80 | ((code >> 12) & 0x3f));
        *p++ = (u_char) (0x80 | ((code >> 6) & 0x3f));
    }

    *p++ = (u_char) (0x80 | (code & 0x3f));

    return p;
}
