/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json.h"
#include "ngx_court_utf8.h"


#define NGX_COURT_JSON_U_LEN  (sizeof("\\u0000") - 1)


static u_char *ngx_court_json_escape_ascii(u_char *p, u_char c);


/* U+FFFD */
static const u_char  ngx_court_json_replacement[] = { 0xef, 0xbf, 0xbd };


static size_t
ngx_court_json_escape_ascii_len(u_char c)
{
    switch (c) {

    case '"':
    case '\\':
    case '\b':
    case '\f':
    case '\n':
    case '\r':
    case '\t':
        return 2;

    default:
        return (c < 0x20 || c == 0x7f) ? NGX_COURT_JSON_U_LEN : 1;
    }
}


static u_char *
ngx_court_json_escape_ascii(u_char *p, u_char c)
{
    static const u_char  hex[] = "0123456789abcdef";

    switch (ngx_court_json_escape_ascii_len(c)) {

    case 1:
        *p++ = c;
        return p;

    case 2:
        *p++ = '\\';
        *p++ = (c == '"' || c == '\\') ? c
             : (c == '\b') ? 'b'
             : (c == '\f') ? 'f'
             : (c == '\n') ? 'n'
             : (c == '\r') ? 'r'
                           : 't';
        return p;

    default:
        p = ngx_cpymem(p, "\\u00", 4);
        *p++ = hex[c >> 4];
        *p++ = hex[c & 0xf];
        return p;
    }
}


/* sets the high bit of bytes that are below n, or equal to c */

#define NGX_COURT_JSON_EACH     0x0101010101010101ull
#define NGX_COURT_JSON_HIGH     (NGX_COURT_JSON_EACH * 0x80)

#define ngx_court_json_less(w, n)                                             \
    (((w) - NGX_COURT_JSON_EACH * (n)) & ~(w) & NGX_COURT_JSON_HIGH)

#define ngx_court_json_equal(w, c)                                            \
    ngx_court_json_less((w) ^ (NGX_COURT_JSON_EACH * (c)), 1)


/* up to eight bytes, the others taken for spaces */

static ngx_inline ngx_uint_t
ngx_court_json_escape_word(const u_char *p, size_t len)
{
    uint64_t  w;

    w = NGX_COURT_JSON_EACH * 0x20;
    ngx_memcpy(&w, p, len);

    return ((w & NGX_COURT_JSON_HIGH)
            | ngx_court_json_less(w, 0x20)
            | ngx_court_json_equal(w, 0x7f)
            | ngx_court_json_equal(w, '"')
            | ngx_court_json_equal(w, '\\'))
           == 0;
}


/* nearly all bytes stand for themselves */

size_t
ngx_court_json_plain(const u_char *p, const u_char *end)
{
    const u_char  *start = p;

    while (end - p >= (ssize_t) sizeof(uint64_t)
           && ngx_court_json_escape_word(p, sizeof(uint64_t)))
    {
        p += sizeof(uint64_t);
    }

    if (p < end && end - p < (ssize_t) sizeof(uint64_t)
        && ngx_court_json_escape_word(p, end - p))
    {
        return end - start;
    }

    while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\') {
        p++;
    }

    return p - start;
}


size_t
ngx_court_json_escape_len(const ngx_str_t *s)
{
    size_t         len, n;
    const u_char  *p, *end;

    end = s->data + s->len;
    len = ngx_court_json_plain(s->data, end);

    for (p = s->data + len; p < end; p += n ? n : 1) {
        n = ngx_court_utf8_sequence(p, end);

        len += (n == 0) ? sizeof(ngx_court_json_replacement)
             : (n == 1) ? ngx_court_json_escape_ascii_len(*p)
                        : n;
    }

    return len;
}


u_char *
ngx_court_json_escape(u_char *dst, const ngx_str_t *s)
{
    size_t         n;
    const u_char  *p, *end;

    end = s->data + s->len;
    n = ngx_court_json_plain(s->data, end);
    dst = n ? ngx_cpymem(dst, s->data, n) : dst;

    for (p = s->data + n; p < end; p += n ? n : 1) {
        n = ngx_court_utf8_sequence(p, end);

        if (n == 0) {
            dst = ngx_cpymem(dst, ngx_court_json_replacement,
                             sizeof(ngx_court_json_replacement));

        } else if (n == 1) {
            dst = ngx_court_json_escape_ascii(dst, *p);

        } else {
            dst = ngx_cpymem(dst, p, n);
        }
    }

    return dst;
}
