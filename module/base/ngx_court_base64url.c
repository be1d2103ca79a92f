/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_base64url.h"


#define NGX_COURT_B64_BAD  0xff


static const u_char  ngx_court_base64url_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


/* value of a character; NGX_COURT_B64_BAD for one outside the alphabet */

static ngx_uint_t
ngx_court_base64url_value(u_char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return (c == '-') ? 62 : (c == '_') ? 63 : NGX_COURT_B64_BAD;
}


ngx_int_t
ngx_court_base64url_decode(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src)
{
    size_t      i, len;
    u_char     *p, *start;
    uint32_t    acc;
    ngx_uint_t  v, bits;

    /* one character alone has not the bits of a byte */

    if (src->len % 4 == 1) {
        return NGX_DECLINED;
    }

    /* quarters first: len * 3 would overflow for absurd lengths */

    len = src->len / 4 * 3 + src->len % 4 * 3 / 4;

    p = ngx_pnalloc(pool, len ? len : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    start = p;
    acc = 0;
    bits = 0;

    for (i = 0; i < src->len; i++) {
        v = ngx_court_base64url_value(src->data[i]);
        if (v == NGX_COURT_B64_BAD) {
            return NGX_DECLINED;
        }

        acc = (acc << 6) | (uint32_t) v;
        bits += 6;

        if (bits >= 8) {
            bits -= 8;
            *p++ = (u_char) (acc >> bits);
            acc &= (1u << bits) - 1;
        }
    }

    /* unused bits that are set would give the same bytes a second spelling */

    if (acc != 0) {
        return NGX_DECLINED;
    }

    /* last, because dst may be src */

    dst->data = start;
    dst->len = len;

    return NGX_OK;
}


u_char *
ngx_court_base64url_encode(u_char *p, const ngx_str_t *src)
{
    size_t         n;
    const u_char  *s, *a;

    s = src->data;
    a = ngx_court_base64url_alphabet;

    for (n = src->len; n >= 3; n -= 3) {
        *p++ = a[s[0] >> 2];
        *p++ = a[((s[0] & 0x03) << 4) | (s[1] >> 4)];
        *p++ = a[((s[1] & 0x0f) << 2) | (s[2] >> 6)];
        *p++ = a[s[2] & 0x3f];
        s += 3;
    }

    if (n) {
        *p++ = a[s[0] >> 2];

        if (n == 1) {
            *p++ = a[(s[0] & 0x03) << 4];

        } else {
            *p++ = a[((s[0] & 0x03) << 4) | (s[1] >> 4)];
            *p++ = a[(s[1] & 0x0f) << 2];
        }
    }

    return p;
}
