/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_forwarded.h"


#define NGX_COURT_FORWARDED_PARAMS  8        /* of one element, at most */


typedef struct {
    ngx_str_t                  node;         /* for= */
    ngx_str_t                  proto;
    ngx_str_t                  host;
} ngx_court_forwarded_element_t;

typedef ngx_int_t (*ngx_court_forwarded_parse_pt)(const ngx_str_t *element,
    ngx_court_forwarded_element_t *e);


static void
ngx_court_forwarded_trim(ngx_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }

    while (s->len
           && (s->data[s->len - 1] == ' ' || s->data[s->len - 1] == '\t'))
    {
        s->len--;
    }
}


/*
 * Takes the last element off rest.  A comma within quotes ends none; with '\'
 * a quote could be hidden, which no address needs.  *more: a comma was there.
 */

static ngx_int_t
ngx_court_forwarded_pop(ngx_str_t *rest, ngx_str_t *element, ngx_uint_t *more)
{
    u_char      *p, *end;
    ngx_uint_t   quoted;

    quoted = 0;
    *more = 0;
    end = rest->data + rest->len;

    for (p = end; p > rest->data; p--) {

        if (p[-1] == '\\') {
            return NGX_DECLINED;
        }

        if (p[-1] == '"') {
            quoted = !quoted;
        }

        if (p[-1] == ',' && !quoted) {
            *more = 1;
            break;
        }
    }

    if (quoted) {
        return NGX_DECLINED;
    }

    element->data = p;
    element->len = end - p;
    rest->len = *more ? (size_t) (p - 1 - rest->data) : 0;

    ngx_court_forwarded_trim(element);

    return element->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_court_forwarded_port(u_char *p, u_char *end)
{
    ngx_uint_t  port;

    if (p == end || end - p > 5) {
        return NGX_DECLINED;
    }

    for (port = 0; p < end; p++) {
        if (*p < '0' || *p > '9') {
            return NGX_DECLINED;
        }

        port = port * 10 + (*p - '0');
    }

    return port > 0 && port <= 65535 ? NGX_OK : NGX_DECLINED;
}


/* an address alone; libc's parser is strict where it is given text alone */

static ngx_int_t
ngx_court_forwarded_inet(const ngx_str_t *text, ngx_uint_t v6,
    ngx_sockaddr_t *sa)
{
    char             buf[NGX_INET6_ADDRSTRLEN + 1];
    struct in6_addr  in6;

    if (text->len == 0 || text->len >= sizeof(buf)
        || ngx_strlchr(text->data, text->data + text->len, '\0'))
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(buf, text->data, text->len);
    buf[text->len] = '\0';

    ngx_memzero(sa, sizeof(ngx_sockaddr_t));

    if (!v6) {
        sa->sockaddr_in.sin_family = AF_INET;
        return inet_pton(AF_INET, buf, &sa->sockaddr_in.sin_addr) == 1
               ? NGX_OK : NGX_DECLINED;
    }

    if (inet_pton(AF_INET6, buf, &in6) != 1) {
        return NGX_DECLINED;
    }

    if (IN6_IS_ADDR_V4MAPPED(&in6)) {
        sa->sockaddr_in.sin_family = AF_INET;
        ngx_memcpy(&sa->sockaddr_in.sin_addr, &in6.s6_addr[12], 4);
        return NGX_OK;
    }

    sa->sockaddr_in6.sin6_family = AF_INET6;
    sa->sockaddr_in6.sin6_addr = in6;

    return NGX_OK;
}


/* "1.2.3.4", "1.2.3.4:80", "2001:db8::1", "[2001:db8::1]", "[…]:80" */

static ngx_int_t
ngx_court_forwarded_node(const ngx_str_t *node, ngx_sockaddr_t *sa)
{
    u_char     *p, *end, *last;
    ngx_str_t   text;

    end = node->data + node->len;

    if (node->len && node->data[0] == '[') {
        p = ngx_strlchr(node->data, end, ']');

        if (p == NULL || (p + 1 < end && p[1] != ':')
            || (p + 1 < end && ngx_court_forwarded_port(p + 2, end) != NGX_OK))
        {
            return NGX_DECLINED;
        }

        text.data = node->data + 1;
        text.len = p - text.data;

        return ngx_court_forwarded_inet(&text, 1, sa);
    }

    p = ngx_strlchr(node->data, end, ':');
    last = p ? ngx_strlchr(p + 1, end, ':') : NULL;

    if (last) {
        return ngx_court_forwarded_inet(node, 1, sa);
    }

    if (p && ngx_court_forwarded_port(p + 1, end) != NGX_OK) {
        return NGX_DECLINED;
    }

    text.data = node->data;
    text.len = (p ? p : end) - node->data;

    return ngx_court_forwarded_inet(&text, 0, sa);
}


/* one hop: its address, or AF_UNIX, which is no client's */

static ngx_int_t
ngx_court_forwarded_hop(const ngx_str_t *node, ngx_sockaddr_t *sa)
{
    if (node->len == 5 && ngx_strncmp(node->data, "unix:", 5) == 0) {
        ngx_memzero(sa, sizeof(ngx_sockaddr_t));
        sa->sockaddr.sa_family = AF_UNIX;
        return NGX_OK;
    }

    return ngx_court_forwarded_node(node, sa);
}


static ngx_int_t
ngx_court_forwarded_text(ngx_sockaddr_t *sa, ngx_court_forwarded_t *f)
{
    void  *addr;

    if (sa->sockaddr.sa_family == AF_UNIX) {
        return NGX_DECLINED;
    }

    addr = sa->sockaddr.sa_family == AF_INET
           ? (void *) &sa->sockaddr_in.sin_addr
           : (void *) &sa->sockaddr_in6.sin6_addr;

    if (inet_ntop(sa->sockaddr.sa_family, addr, (char *) f->text,
                  sizeof(f->text)) == NULL)
    {
        return NGX_DECLINED;
    }

    f->client.data = f->text;
    f->client.len = ngx_strlen(f->text);

    return NGX_OK;
}


static ngx_int_t
ngx_court_forwarded_walk(const ngx_str_t *value, ngx_court_trusted_pt trusted,
    void *data, ngx_court_forwarded_parse_pt parse, ngx_court_forwarded_t *f)
{
    ngx_str_t                       rest, element;
    ngx_uint_t                      i, more;
    ngx_sockaddr_t                  sa;
    ngx_court_forwarded_element_t   e;

    ngx_memzero(f, sizeof(ngx_court_forwarded_t));

    if (value->len > NGX_COURT_FORWARDED_LEN) {
        return NGX_DECLINED;
    }

    rest = *value;

    for (i = 0; i < NGX_COURT_FORWARDED_HOPS; i++) {

        ngx_memzero(&e, sizeof(ngx_court_forwarded_element_t));

        if (ngx_court_forwarded_pop(&rest, &element, &more) != NGX_OK
            || parse(&element, &e) != NGX_OK
            || ngx_court_forwarded_hop(&e.node, &sa) != NGX_OK)
        {
            break;
        }

        if (more && trusted(data, &sa.sockaddr)) {
            continue;
        }

        if (ngx_court_forwarded_text(&sa, f) != NGX_OK) {
            break;
        }

        f->chain.data = element.data;
        f->chain.len = value->data + value->len - element.data;
        f->proto = e.proto;
        f->host = e.host;

        ngx_court_forwarded_trim(&f->chain);

        return NGX_OK;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_court_forwarded_bare(const ngx_str_t *element,
    ngx_court_forwarded_element_t *e)
{
    e->node = *element;

    return NGX_OK;
}


/* token of RFC 9110, section 5.6.2 */

static ngx_uint_t
ngx_court_forwarded_token(const u_char *p, const u_char *end)
{
    if (p == end) {
        return 0;
    }

    for ( /* void */ ; p < end; p++) {
        if (*p <= 0x20 || *p >= 0x7f
            || ngx_strchr("\"(),/:;<=>?@[\\]{}", *p))
        {
            return 0;
        }
    }

    return 1;
}


/* a token, or text in quotes, which are taken off */

static ngx_int_t
ngx_court_forwarded_value(ngx_str_t *value)
{
    size_t  i;

    if (value->len < 2 || value->data[0] != '"') {
        return ngx_court_forwarded_token(value->data,
                                         value->data + value->len)
               ? NGX_OK : NGX_DECLINED;
    }

    if (value->data[value->len - 1] != '"') {
        return NGX_DECLINED;
    }

    value->data++;
    value->len -= 2;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] >= 0x7f
            || value->data[i] == '"')
        {
            return NGX_DECLINED;
        }
    }

    return value->len ? NGX_OK : NGX_DECLINED;
}


/*
 * One "name=value".  Names that we read must not stand twice; of the others
 * only the form counts.  IPv6 in brackets, which only quotes can hold.
 */

static ngx_int_t
ngx_court_forwarded_param(ngx_str_t *param, ngx_court_forwarded_element_t *e)
{
    u_char      *p;
    ngx_str_t    value, *dst;
    ngx_uint_t   n;

    ngx_court_forwarded_trim(param);

    p = ngx_strlchr(param->data, param->data + param->len, '=');

    if (p == NULL || !ngx_court_forwarded_token(param->data, p)) {
        return NGX_DECLINED;
    }

    n = p - param->data;
    value.data = p + 1;
    value.len = param->data + param->len - value.data;

    if (ngx_court_forwarded_value(&value) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (n == 3 && ngx_strncasecmp(param->data, (u_char *) "for", 3) == 0) {
        dst = &e->node;

    } else if (n == 5
               && ngx_strncasecmp(param->data, (u_char *) "proto", 5) == 0)
    {
        dst = &e->proto;

    } else if (n == 4
               && ngx_strncasecmp(param->data, (u_char *) "host", 4) == 0)
    {
        dst = &e->host;

    } else {
        return NGX_OK;
    }

    if (dst->len) {
        return NGX_DECLINED;
    }

    *dst = value;

    return NGX_OK;
}


/* "unix:" and an IPv6 address without brackets are no node of RFC 7239 */

static ngx_int_t
ngx_court_forwarded_pairs(const ngx_str_t *element,
    ngx_court_forwarded_element_t *e)
{
    u_char      *p, *end, *start;
    ngx_str_t    param;
    ngx_uint_t   n, quoted;

    n = 0;
    quoted = 0;
    start = element->data;
    end = start + element->len;

    for (p = start; p <= end; p++) {

        if (p < end && *p == '"') {
            quoted = !quoted;
        }

        if (p < end && (*p != ';' || quoted)) {
            continue;
        }

        param.data = start;
        param.len = p - start;
        start = p + 1;

        if (n++ == NGX_COURT_FORWARDED_PARAMS
            || ngx_court_forwarded_param(&param, e) != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    if (e->node.len == 0) {
        return NGX_DECLINED;
    }

    if (e->node.data[0] == '[') {
        return NGX_OK;
    }

    p = ngx_strlchr(e->node.data, e->node.data + e->node.len, ':');

    return e->node.data[0] >= '0' && e->node.data[0] <= '9'
           && (p == NULL || ngx_strlchr(p + 1, e->node.data + e->node.len, ':')
                            == NULL)
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_forwarded_for(const ngx_str_t *value, ngx_court_trusted_pt trusted,
    void *data, ngx_court_forwarded_t *f)
{
    return ngx_court_forwarded_walk(value, trusted, data,
                                    ngx_court_forwarded_bare, f);
}


ngx_int_t
ngx_court_forwarded(const ngx_str_t *value, ngx_court_trusted_pt trusted,
    void *data, ngx_court_forwarded_t *f)
{
    return ngx_court_forwarded_walk(value, trusted, data,
                                    ngx_court_forwarded_pairs, f);
}
