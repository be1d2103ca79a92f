/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers in network byte order at any alignment, hex digits, quick sums.
 */

#ifndef _NGX_COURT_BYTES_H_INCLUDED_
#define _NGX_COURT_BYTES_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


static ngx_inline uint16_t
ngx_court_get16(const u_char *p)
{
    return (uint16_t) (((uint16_t) p[0] << 8) | p[1]);
}


static ngx_inline uint32_t
ngx_court_get32(const u_char *p)
{
    return ((uint32_t) ngx_court_get16(p) << 16) | ngx_court_get16(p + 2);
}


static ngx_inline uint64_t
ngx_court_get64(const u_char *p)
{
    return ((uint64_t) ngx_court_get32(p) << 32) | ngx_court_get32(p + 4);
}


/*
 * A place below n for these bytes, by a quick sum: for tables of what is kept
 * and compared as a whole, not against anybody who chooses them.  By the
 * uppermost bits, which alone hang on all bytes: keys often differ in their
 * last ones and nowhere else.
 */

static ngx_inline ngx_uint_t
ngx_court_place(const u_char *p, size_t len, ngx_uint_t n)
{
    uint64_t  h, w;

    h = len;

    for ( /* void */ ; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        ngx_memcpy(&w, p, sizeof(uint64_t));
        h = (h ^ w) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;
        p += sizeof(uint64_t);
    }

    w = 0;
    ngx_memcpy(&w, p, len);
    h = (h ^ w) * 0x9e3779b97f4a7c15ull;

    return (ngx_uint_t) (((h >> 32) * n) >> 32);
}


static ngx_inline u_char *
ngx_court_put16(u_char *p, uint16_t n)
{
    *p++ = (u_char) (n >> 8);
    *p++ = (u_char) n;

    return p;
}


static ngx_inline u_char *
ngx_court_put32(u_char *p, uint32_t n)
{
    return ngx_court_put16(ngx_court_put16(p, (uint16_t) (n >> 16)),
                           (uint16_t) n);
}


static ngx_inline u_char *
ngx_court_put64(u_char *p, uint64_t n)
{
    return ngx_court_put32(ngx_court_put32(p, (uint32_t) (n >> 32)),
                           (uint32_t) n);
}


/* 0-15, or -1 */

static ngx_inline ngx_int_t
ngx_court_hex_digit(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


#endif /* _NGX_COURT_BYTES_H_INCLUDED_ */
