/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_der.h"


#define NGX_COURT_DER_SEQUENCE  0x30
#define NGX_COURT_DER_INTEGER   0x02


static u_char *
ngx_court_der_put(u_char *p, const u_char *num, size_t len)
{
    size_t  sign;

    while (len > 1 && *num == 0) {
        num++;
        len--;
    }

    sign = (*num & 0x80) ? 1 : 0;

    *p++ = NGX_COURT_DER_INTEGER;
    *p++ = (u_char) (len + sign);

    if (sign) {
        *p++ = 0;
    }

    return ngx_cpymem(p, num, len);
}


size_t
ngx_court_der_encode(u_char *der, const u_char *raw, size_t half)
{
    u_char  *p, *end, body[NGX_COURT_DER_MAX];
    size_t   len;

    end = ngx_court_der_put(body, raw, half);
    end = ngx_court_der_put(end, raw + half, half);
    len = end - body;

    p = der;
    *p++ = NGX_COURT_DER_SEQUENCE;

    if (len > 127) {
        *p++ = 0x81;
    }

    *p++ = (u_char) len;
    p = ngx_cpymem(p, body, len);

    return p - der;
}


/* one INTEGER at *p into num, right-aligned; advances *p */

static ngx_int_t
ngx_court_der_get(const u_char **p, const u_char *end, u_char *num,
    size_t half)
{
    size_t         len;
    const u_char  *s;

    s = *p;

    if (end - s < 3 || s[0] != NGX_COURT_DER_INTEGER || s[1] > 127) {
        return NGX_DECLINED;
    }

    len = s[1];
    s += 2;

    if (len == 0 || (size_t) (end - s) < len) {
        return NGX_DECLINED;
    }

    *p = s + len;

    if (s[0] & 0x80) {
        return NGX_DECLINED;
    }

    if (s[0] == 0 && len > 1) {

        if (!(s[1] & 0x80)) {
            return NGX_DECLINED;
        }

        s++;
        len--;
    }

    if (len > half) {
        return NGX_DECLINED;
    }

    ngx_memzero(num, half - len);
    ngx_memcpy(num + half - len, s, len);

    return NGX_OK;
}


ngx_int_t
ngx_court_der_decode(u_char *raw, size_t half, const ngx_str_t *der)
{
    size_t         len;
    const u_char  *p, *end;

    if (der->len < 8 || der->len > NGX_COURT_DER_MAX
        || half > NGX_COURT_DER_MAX_HALF)
    {
        return NGX_DECLINED;
    }

    p = der->data;
    end = p + der->len;

    if (*p++ != NGX_COURT_DER_SEQUENCE) {
        return NGX_DECLINED;
    }

    len = *p++;

    if (len == 0x81) {
        len = *p++;

        if (len < 128) {
            return NGX_DECLINED;
        }

    } else if (len > 127) {
        return NGX_DECLINED;
    }

    if ((size_t) (end - p) != len) {
        return NGX_DECLINED;
    }

    if (ngx_court_der_get(&p, end, raw, half) != NGX_OK
        || ngx_court_der_get(&p, end, raw + half, half) != NGX_OK
        || p != end)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_court_der_nonzero(const u_char *num, size_t half)
{
    size_t  i;
    u_char  c;

    for (c = 0, i = 0; i < half; i++) {
        c |= num[i];
    }

    return c != 0;
}


ngx_uint_t
ngx_court_der_in_range(const u_char *raw, const u_char *order, size_t half)
{
    /* same width, big endian: memcmp compares the numbers */

    return ngx_court_der_nonzero(raw, half)
           && ngx_court_der_nonzero(raw + half, half)
           && ngx_memcmp(raw, order, half) < 0
           && ngx_memcmp(raw + half, order, half) < 0;
}
