/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * nginx's strings, numbers and formatted output for programs that are not
 * nginx.  Written from the contracts in nginx's headers; formats are those
 * of ngx_vslprintf: %[0][width][u|x|X|m][.frac] and V s i d l D L z T M O P
 * f p c Z N %, with %*s for a length.
 */

#include "ngx_court_rt.h"


/* a 64-bit number in decimal */
#define NGX_COURT_RT_DIGITS  20


typedef struct {
    u_char                     pad;
    ngx_uint_t                 width;
    ngx_uint_t                 base;      /* 10 or 16 */
    ngx_uint_t                 upper;     /* flag: hexadecimal in capitals */
    ngx_uint_t                 sign;      /* flag: the argument has one */
    ngx_uint_t                 frac;      /* digits behind the point of %f */
    size_t                     len;       /* of %*s; (size_t) -1: up to NUL */
} ngx_court_rt_spec_t;


static u_char *
ngx_court_rt_put(u_char *p, u_char *last, const u_char *s, size_t len)
{
    if (p >= last) {
        return p;
    }

    return ngx_cpymem(p, s, ngx_min((size_t) (last - p), len));
}


static u_char *
ngx_court_rt_put_number(u_char *p, u_char *last, uint64_t n,
    const ngx_court_rt_spec_t *spec)
{
    u_char       buf[NGX_COURT_RT_DIGITS], *d;
    const char  *digits;
    ngx_uint_t   len;

    digits = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    d = buf + sizeof(buf);

    do {
        *--d = (u_char) digits[n % spec->base];
        n /= spec->base;
    } while (n);

    for (len = buf + sizeof(buf) - d; len < spec->width && p < last; len++) {
        *p++ = spec->pad;
    }

    return ngx_court_rt_put(p, last, d, buf + sizeof(buf) - d);
}


static u_char *
ngx_court_rt_put_signed(u_char *p, u_char *last, int64_t n,
    const ngx_court_rt_spec_t *spec)
{
    if (n < 0) {
        p = ngx_court_rt_put(p, last, (u_char *) "-", 1);
        return ngx_court_rt_put_number(p, last, 0 - (uint64_t) n, spec);
    }

    return ngx_court_rt_put_number(p, last, (uint64_t) n, spec);
}


static u_char *
ngx_court_rt_put_double(u_char *p, u_char *last, double f,
    ngx_court_rt_spec_t *spec)
{
    uint64_t    scale, whole, part;
    ngx_uint_t  i;

    if (f < 0) {
        p = ngx_court_rt_put(p, last, (u_char *) "-", 1);
        f = -f;
    }

    scale = 1;
    for (i = 0; i < spec->frac; i++) {
        scale *= 10;
    }

    whole = (uint64_t) f;
    part = (uint64_t) ((f - (double) whole) * (double) scale + 0.5);

    if (part == scale) {
        whole++;
        part = 0;
    }

    p = ngx_court_rt_put_number(p, last, whole, spec);

    if (spec->frac) {
        p = ngx_court_rt_put(p, last, (u_char *) ".", 1);
        spec->pad = '0';
        spec->width = spec->frac;
        p = ngx_court_rt_put_number(p, last, part, spec);
    }

    return p;
}


static const char *
ngx_court_rt_parse_spec(const char *fmt, ngx_court_rt_spec_t *spec)
{
    spec->pad = (*fmt == '0') ? '0' : ' ';
    spec->width = 0;
    spec->base = 10;
    spec->upper = 0;
    spec->sign = 1;
    spec->frac = 0;
    spec->len = (size_t) -1;

    while (*fmt >= '0' && *fmt <= '9') {
        spec->width = spec->width * 10 + (*fmt++ - '0');
    }

    for ( ;; fmt++) {
        switch (*fmt) {

        case 'u':
            spec->sign = 0;
            continue;

        case 'X':
            spec->upper = 1;
            /* fall through */

        case 'x':
            spec->base = 16;
            spec->sign = 0;
            continue;

        case 'm':
            spec->width = NGX_INT_T_LEN;
            continue;

        case '.':
            while (fmt[1] >= '0' && fmt[1] <= '9') {
                spec->frac = spec->frac * 10 + (*++fmt - '0');
            }
            continue;

        default:
            return fmt;
        }
    }
}


/*
 * A va_list passed on is undefined afterwards unless it travels by pointer,
 * and a parameter of array type cannot: hence the struct around it.
 */

typedef struct {
    va_list                    args;
} ngx_court_rt_args_t;


static u_char *
ngx_court_rt_put_integer(u_char *p, u_char *last, char type,
    ngx_court_rt_spec_t *spec, ngx_court_rt_args_t *a)
{
    int64_t  n;

    switch (type) {

    case 'd':
        n = va_arg(a->args, int);
        n = spec->sign ? n : (int64_t) (unsigned) n;
        break;

    case 'D':
        n = va_arg(a->args, int32_t);
        n = spec->sign ? n : (int64_t) (uint32_t) n;
        break;

    case 'P':
        n = va_arg(a->args, ngx_pid_t);
        break;

    case 'T':
        n = va_arg(a->args, time_t);
        break;

    case 'M':
        n = (int64_t) va_arg(a->args, ngx_msec_t);
        spec->sign = (n == -1);
        break;

    case 'p':
        n = (int64_t) (uintptr_t) va_arg(a->args, void *);
        spec->sign = 0;
        spec->base = 16;
        spec->upper = 1;
        spec->pad = '0';
        spec->width = 2 * sizeof(void *);
        break;

    case 'L':
    case 'O':
        n = va_arg(a->args, int64_t);
        break;

    default: /* 'i', 'z', 'l', 'A': as wide as a pointer */
        n = va_arg(a->args, ngx_int_t);
    }

    return spec->sign ? ngx_court_rt_put_signed(p, last, n, spec)
                      : ngx_court_rt_put_number(p, last, (uint64_t) n, spec);
}


static u_char *
ngx_court_rt_put_string(u_char *p, u_char *last, const u_char *s, size_t len,
    const ngx_court_rt_spec_t *spec)
{
    u_char  hex[2];
    size_t  i;

    len = (len == (size_t) -1) ? ngx_strlen(s) : len;

    if (spec->base == 10) {
        return ngx_court_rt_put(p, last, s, len);
    }

    for (i = 0; i < len && p < last; i++) {
        hex[0] = (u_char) "0123456789abcdef0123456789ABCDEF"
                                            [(s[i] >> 4) + 16 * spec->upper];
        hex[1] = (u_char) "0123456789abcdef0123456789ABCDEF"
                                           [(s[i] & 0xf) + 16 * spec->upper];
        p = ngx_court_rt_put(p, last, hex, 2);
    }

    return p;
}


static u_char *
ngx_court_rt_put_arg(u_char *p, u_char *last, char type,
    ngx_court_rt_spec_t *spec, ngx_court_rt_args_t *a)
{
    u_char      ch;
    ngx_str_t  *v;

    switch (type) {

    case 'V':
        v = va_arg(a->args, ngx_str_t *);
        return ngx_court_rt_put_string(p, last, v->data, v->len, spec);

    case 's':
        return ngx_court_rt_put_string(p, last, va_arg(a->args, u_char *),
                                       spec->len, spec);

    case 'f':
        return ngx_court_rt_put_double(p, last, va_arg(a->args, double), spec);

    case 'c':
        ch = (u_char) va_arg(a->args, int);
        break;

    case 'Z':
        ch = '\0';
        break;

    case 'N':
        ch = LF;
        break;

    case 'd': case 'i': case 'l': case 'z': case 'A': case 'D': case 'L':
    case 'O': case 'P': case 'T': case 'M': case 'p':
        return ngx_court_rt_put_integer(p, last, type, spec, a);

    default: /* '%', and whatever nginx does not know */
        ch = (u_char) type;
    }

    return ngx_court_rt_put(p, last, &ch, 1);
}


u_char *
ngx_vslprintf(u_char *buf, u_char *last, const char *fmt, va_list args)
{
    ngx_court_rt_args_t  a;
    ngx_court_rt_spec_t  spec;

    va_copy(a.args, args);

    while (*fmt && buf < last) {

        if (*fmt != '%') {
            *buf++ = (u_char) *fmt++;
            continue;
        }

        fmt = ngx_court_rt_parse_spec(fmt + 1, &spec);

        if (*fmt == '*') {
            spec.len = va_arg(a.args, size_t);
            fmt++;

            if (*fmt == 'x' || *fmt == 'X') {
                spec.base = 16;
                spec.upper = (*fmt++ == 'X');
            }
        }

        if (*fmt) {
            buf = ngx_court_rt_put_arg(buf, last, *fmt++, &spec, &a);
        }
    }

    va_end(a.args);

    return buf;
}


/* no limit: the last byte of the address space */
u_char * ngx_cdecl
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, (u_char *) -1, fmt, args);
    va_end(args);

    return p;
}


u_char * ngx_cdecl
ngx_snprintf(u_char *buf, size_t max, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + max, fmt, args);
    va_end(args);

    return p;
}


u_char * ngx_cdecl
ngx_slprintf(u_char *buf, u_char *last, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, last, fmt, args);
    va_end(args);

    return p;
}


void
ngx_strlow(u_char *dst, u_char *src, size_t n)
{
    for ( /* void */ ; n; n--) {
        *dst++ = ngx_tolower(*src);
        src++;
    }
}


u_char *
ngx_cpystrn(u_char *dst, u_char *src, size_t n)
{
    if (n == 0) {
        return dst;
    }

    while (--n && *src) {
        *dst++ = *src++;
    }

    *dst = '\0';

    return dst;
}


u_char *
ngx_pstrdup(ngx_pool_t *pool, ngx_str_t *src)
{
    u_char  *dst;

    dst = ngx_pnalloc(pool, src->len);
    if (dst) {
        ngx_memcpy(dst, src->data, src->len);
    }

    return dst;
}


ngx_int_t
ngx_strcasecmp(u_char *s1, u_char *s2)
{
    return ngx_strncasecmp(s1, s2, (size_t) -1);
}


ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    ngx_uint_t  c1, c2;

    for ( /* void */ ; n; n--) {
        c1 = ngx_tolower(*s1);
        c2 = ngx_tolower(*s2);

        if (c1 != c2 || c1 == 0) {
            return (ngx_int_t) c1 - (ngx_int_t) c2;
        }

        s1++;
        s2++;
    }

    return 0;
}


ngx_int_t
ngx_memn2cmp(u_char *s1, u_char *s2, size_t n1, size_t n2)
{
    ngx_int_t  rc;

    rc = ngx_memcmp(s1, s2, ngx_min(n1, n2));

    if (rc == 0 && n1 != n2) {
        return (n1 < n2) ? -1 : 1;
    }

    return rc;
}


u_char *
ngx_strnstr(u_char *s1, char *s2, size_t n)
{
    size_t  len;

    len = ngx_strlen(s2);

    for ( /* void */ ; n >= len && *s1; s1++, n--) {
        if (ngx_strncmp(s1, s2, len) == 0) {
            return s1;
        }
    }

    return NULL;
}


/* one loop for all of nginx's decimal parsers: -1 unless 0 ... max */
static int64_t
ngx_court_rt_decimal(const u_char *s, size_t n, int64_t max)
{
    int64_t  value, digit;

    if (n == 0) {
        return NGX_ERROR;
    }

    for (value = 0; n; n--, s++) {
        if (*s < '0' || *s > '9') {
            return NGX_ERROR;
        }

        digit = *s - '0';

        if (value > (max - digit) / 10) {
            return NGX_ERROR;
        }

        value = value * 10 + digit;
    }

    return value;
}


ngx_int_t
ngx_atoi(u_char *line, size_t n)
{
    return ngx_court_rt_decimal(line, n, NGX_MAX_INT_T_VALUE);
}


ssize_t
ngx_atosz(u_char *line, size_t n)
{
    return ngx_court_rt_decimal(line, n, NGX_MAX_SIZE_T_VALUE);
}


off_t
ngx_atoof(u_char *line, size_t n)
{
    return ngx_court_rt_decimal(line, n, NGX_MAX_OFF_T_VALUE);
}


time_t
ngx_atotm(u_char *line, size_t n)
{
    return ngx_court_rt_decimal(line, n, NGX_MAX_TIME_T_VALUE);
}


u_char *
ngx_hex_dump(u_char *dst, u_char *src, size_t len)
{
    static const char  hex[] = "0123456789abcdef";

    while (len--) {
        *dst++ = (u_char) hex[*src >> 4];
        *dst++ = (u_char) hex[*src++ & 0xf];
    }

    return dst;
}


void
ngx_explicit_memzero(void *buf, size_t n)
{
    ngx_memzero(buf, n);
    ngx_memory_barrier();
}
