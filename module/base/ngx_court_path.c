/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_path.h"
#include "ngx_court_bytes.h"
#include "ngx_court_utf8.h"


#define NGX_COURT_PCT_LEN  (sizeof("%XX") - 1)


static ngx_uint_t ngx_court_path_subdelim(u_char c);
static ngx_int_t ngx_court_path_octet(const u_char *p, const u_char *end);
static size_t ngx_court_path_encoded(const u_char *p, const u_char *end);
static ngx_uint_t ngx_court_path_dots(const u_char *p, size_t len);
static ngx_int_t ngx_court_path_check(const ngx_str_t *path);
static ngx_int_t ngx_court_path_args_check(const u_char *p,
    const u_char *end);


/* sub-delims of RFC 3986 without ';', and what else a segment may hold */

static ngx_uint_t
ngx_court_path_subdelim(u_char c)
{
    switch (c) {

    case '!':
    case '$':
    case '&':
    case '\'':
    case '(':
    case ')':
    case '*':
    case '+':
    case ',':
    case ':':
    case '=':
    case '@':
        return 1;

    default:
        return 0;
    }
}


/* the byte of "%XX" in upper-case hex at p, or -1 */

static ngx_int_t
ngx_court_path_octet(const u_char *p, const u_char *end)
{
    ngx_int_t  hi, lo;

    if ((size_t) (end - p) < NGX_COURT_PCT_LEN || p[0] != '%'
        || p[1] >= 'a' || p[2] >= 'a')
    {
        return -1;
    }

    hi = ngx_court_hex_digit(p[1]);
    lo = ngx_court_hex_digit(p[2]);

    return (hi < 0 || lo < 0) ? -1 : hi << 4 | lo;
}


/*
 * Length in the path of one encoded character at p: a single %XX for a
 * sub-delim, two to four for UTF-8; 0 where it may not be encoded or is none.
 */

static size_t
ngx_court_path_encoded(const u_char *p, const u_char *end)
{
    size_t     n;
    u_char     octets[4];
    ngx_int_t  c;

    c = ngx_court_path_octet(p, end);

    if (c < 0) {
        return 0;
    }

    if (c < 0x80) {
        return ngx_court_path_subdelim((u_char) c) ? NGX_COURT_PCT_LEN : 0;
    }

    for (n = 0; n < 4; n++) {
        c = ngx_court_path_octet(p + n * NGX_COURT_PCT_LEN, end);
        if (c < 0) {
            break;
        }

        octets[n] = (u_char) c;
    }

    return ngx_court_utf8_sequence(octets, octets + n) * NGX_COURT_PCT_LEN;
}


static ngx_uint_t
ngx_court_path_dots(const u_char *p, size_t len)
{
    return (len == 1 && p[0] == '.')
           || (len == 2 && p[0] == '.' && p[1] == '.');
}


static ngx_int_t
ngx_court_path_check(const ngx_str_t *path)
{
    size_t         n;
    const u_char  *p, *end, *segment;

    p = path->data;
    end = p + path->len;

    if (p == end || *p != '/') {
        return NGX_DECLINED;
    }

    segment = ++p;

    while (p < end) {

        if (*p == '/') {
            /* an empty segment is "//" */

            if (p == segment || ngx_court_path_dots(segment, p - segment)) {
                return NGX_DECLINED;
            }

            segment = ++p;
            continue;
        }

        if (ngx_court_unreserved(*p) || ngx_court_path_subdelim(*p)) {
            p++;
            continue;
        }

        n = ngx_court_path_encoded(p, end);
        if (n == 0) {
            return NGX_DECLINED;
        }

        p += n;
    }

    return ngx_court_path_dots(segment, p - segment) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_court_path_args_check(const u_char *p, const u_char *end)
{
    for ( /* void */ ; p < end; p++) {
        if (*p <= 0x20 || *p >= 0x7f || *p == '#') {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_path_canonical(const ngx_str_t *target, ngx_str_t *path,
    ngx_str_t *args)
{
    u_char  *p, *end;

    if (target->len == 0) {
        return NGX_DECLINED;
    }

    end = target->data + target->len;

    for (p = target->data; p < end && *p != '?'; p++) {
        /* void */
    }

    path->data = target->data;
    path->len = p - target->data;

    args->data = (p < end) ? p + 1 : end;
    args->len = end - args->data;

    if (ngx_court_path_check(path) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_path_args_check(args->data, end);
}


/* unreserved characters, a bit each, in the manner of ngx_escape_uri */

static const uint32_t  ngx_court_path_plain[] = {
    0x00000000,
    0x03ff6000,                /* - .  0-9 */
    0x87fffffe,                /* A-Z  _ */
    0x47fffffe,                /* a-z  ~ */
    0x00000000, 0x00000000, 0x00000000, 0x00000000
};


/* the high bit is set in bytes from lo to hi of a word of ASCII */

#define NGX_COURT_PATH_EACH     0x0101010101010101ull
#define NGX_COURT_PATH_HIGH     (NGX_COURT_PATH_EACH * 0x80)

#define ngx_court_path_range(w, lo, hi)                                       \
    (((w) + NGX_COURT_PATH_EACH * (0x80 - (lo)))                              \
     & ~((w) + NGX_COURT_PATH_EACH * (0x7f - (hi))))


/* up to eight bytes that are letters, digits, '-', '.' or '_', as most are */

static ngx_inline ngx_uint_t
ngx_court_escape_word(const u_char *p, size_t len)
{
    uint64_t  w;

    w = NGX_COURT_PATH_EACH * '0';
    ngx_memcpy(&w, p, len);

    return (w & NGX_COURT_PATH_HIGH) == 0
           && ((ngx_court_path_range(w | NGX_COURT_PATH_EACH * 0x20, 'a', 'z')
                | ngx_court_path_range(w, '0', '9')
                | ngx_court_path_range(w, '-', '.')
                | ngx_court_path_range(w, '_', '_'))
               & NGX_COURT_PATH_HIGH) == NGX_COURT_PATH_HIGH;
}


size_t
ngx_court_escape_len(const ngx_str_t *s)
{
    u_char         c;
    size_t         len, n;
    const u_char  *p, *last;

    len = s->len;
    last = s->data + s->len;

    for (p = s->data; p < last; p += n) {
        n = ngx_min((size_t) (last - p), sizeof(uint64_t));

        if (ngx_court_escape_word(p, n)) {
            continue;
        }

        n = 1;
        c = *p;

        if (!(ngx_court_path_plain[c >> 5] & (1U << (c & 0x1f)))) {
            len += NGX_COURT_PCT_LEN - 1;
        }
    }

    return len;
}


u_char *
ngx_court_escape(u_char *p, const ngx_str_t *s)
{
    u_char               c;
    size_t               i;
    static const u_char  hex[] = "0123456789ABCDEF";

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (ngx_court_unreserved(c)) {
            *p++ = c;
            continue;
        }

        *p++ = '%';
        *p++ = hex[c >> 4];
        *p++ = hex[c & 0xf];
    }

    return p;
}


ngx_int_t
ngx_court_escape_str(ngx_pool_t *pool, ngx_str_t *dst, const ngx_str_t *src)
{
    size_t   len;
    u_char  *p;

    len = ngx_court_escape_len(src);

    /* nearly every value is such: nothing to do, nothing to copy */

    if (len == src->len) {
        *dst = *src;
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_court_escape(p, src);

    /* dst may be src */

    dst->data = p;
    dst->len = len;

    return NGX_OK;
}


ngx_int_t
ngx_court_unescape_str(ngx_pool_t *pool, ngx_str_t *dst, const ngx_str_t *src)
{
    size_t      i;
    u_char     *p, *start;
    ngx_int_t   hi, lo;

    p = ngx_pnalloc(pool, src->len ? src->len : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    start = p;

    for (i = 0; i < src->len; i++) {
        if (src->data[i] != '%') {
            *p++ = src->data[i];
            continue;
        }

        if (src->len - i < NGX_COURT_PCT_LEN) {
            return NGX_DECLINED;
        }

        hi = ngx_court_hex_digit(src->data[i + 1]);
        lo = ngx_court_hex_digit(src->data[i + 2]);

        if (hi < 0 || lo < 0) {
            return NGX_DECLINED;
        }

        *p++ = (u_char) (hi << 4 | lo);
        i += NGX_COURT_PCT_LEN - 1;
    }

    dst->data = start;
    dst->len = p - start;

    return NGX_OK;
}
