/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_origin.h"


/* labels of letters, digits, '-' and '_', none of them empty */

static ngx_uint_t
ngx_court_origin_name(const ngx_str_t *host)
{
    size_t  i;
    u_char  c, last;

    last = '.';

    for (i = 0; i < host->len; i++) {
        c = host->data[i];

        if (c == '.' ? last == '.'
            : !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return 0;
        }

        last = c;
    }

    return last != '.' && host->len <= NGX_COURT_HOST_LEN;
}


/* without the brackets; libc's parser, which knows no zone */

static ngx_uint_t
ngx_court_origin_ipv6(const u_char *p, size_t len)
{
    char             buf[NGX_INET6_ADDRSTRLEN + 1];
    struct in6_addr  in6;

    if (len >= sizeof(buf)
        || ngx_strlchr((u_char *) p, (u_char *) p + len, '\0'))
    {
        return 0;
    }

    ngx_memcpy(buf, p, len);
    buf[len] = '\0';

    return inet_pton(AF_INET6, buf, &in6) == 1;
}


/* 1 to 65535 without leading zeros; 0 where it is none */

static ngx_uint_t
ngx_court_origin_port(const u_char *p, const u_char *end)
{
    ngx_uint_t  port;

    if (p == end || end - p > 5 || *p == '0') {
        return 0;
    }

    for (port = 0; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return 0;
        }

        port = port * 10 + (*p - '0');
    }

    return port <= 65535 ? port : 0;
}


ngx_int_t
ngx_court_origin_authority(const ngx_str_t *text, ngx_court_origin_t *o)
{
    u_char  *p, *end;

    o->host = *text;
    o->port = 0;
    end = text->data + text->len;

    if (text->len && text->data[0] == '[') {
        p = ngx_strlchr(text->data, end, ']');

        if (p == NULL
            || !ngx_court_origin_ipv6(text->data + 1, p - text->data - 1))
        {
            return NGX_DECLINED;
        }

        p++;
        o->host.len = p - text->data;

    } else {
        p = ngx_strlchr(text->data, end, ':');
        p = p ? p : end;
        o->host.len = p - text->data;

        if (!ngx_court_origin_name(&o->host)) {
            return NGX_DECLINED;
        }
    }

    if (p == end) {
        return NGX_OK;
    }

    o->port = (*p == ':') ? ngx_court_origin_port(p + 1, end) : 0;

    return o->port ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_origin_scheme(const ngx_str_t *text, ngx_court_origin_t *o)
{
    if (text->len < 4 || text->len > 5
        || ngx_strncasecmp(text->data, (u_char *) "https", text->len) != 0)
    {
        return NGX_DECLINED;
    }

    o->https = text->len == 5;

    return NGX_OK;
}


const char *
ngx_court_origin_parse(const ngx_str_t *text, ngx_court_origin_t *o)
{
    size_t      i;
    u_char     *p, *end;
    ngx_str_t   part;

    end = text->data + text->len;
    p = ngx_strlchr(text->data, end, ':');

    part.data = text->data;
    part.len = p ? (size_t) (p - text->data) : 0;

    if (p == NULL || end - p < 3 || p[1] != '/' || p[2] != '/'
        || ngx_court_origin_scheme(&part, o) != NGX_OK)
    {
        return "must begin with https:// or http://";
    }

    part.data = p + 3;
    part.len = end - part.data;

    if (part.len == 0) {
        return "has no host";
    }

    for (i = 0; i < part.len; i++) {

        switch (part.data[i]) {

        case '@':
            return "must not have user information";

        case '/':
        case '\\':
            return "must not have a path";

        case '?':
            return "must not have a query";

        case '#':
            return "must not have a fragment";
        }
    }

    return ngx_court_origin_authority(&part, o) == NGX_OK
           ? NULL : "has an invalid host or port";
}


u_char *
ngx_court_origin_write(u_char *p, const ngx_court_origin_t *o)
{
    p = ngx_cpymem(p, "https", o->https ? 5 : 4);
    p = ngx_cpymem(p, "://", 3);

    ngx_strlow(p, o->host.data, o->host.len);
    p += o->host.len;

    if (o->port && o->port != (o->https ? 443 : 80)) {
        p = ngx_sprintf(p, ":%ui", o->port);
    }

    return p;
}
