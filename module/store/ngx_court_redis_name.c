/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_name.h"


static void ngx_court_redis_resolved(ngx_resolver_ctx_t *ctx);


static ngx_int_t
ngx_court_redis_addr_parse(ngx_court_redis_addr_t *addr,
    const ngx_str_t *host)
{
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memzero(&addr->sockaddr, sizeof(ngx_sockaddr_t));
    addr->sockaddr.sockaddr_in.sin_addr.s_addr = ngx_inet_addr(host->data,
                                                               host->len);

    if (addr->sockaddr.sockaddr_in.sin_addr.s_addr != INADDR_NONE) {
        addr->sockaddr.sockaddr_in.sin_family = AF_INET;
        addr->sockaddr.sockaddr_in.sin_port = htons(addr->port);
        addr->socklen = sizeof(struct sockaddr_in);
        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    ngx_memzero(&addr->sockaddr, sizeof(ngx_sockaddr_t));
    sin6 = &addr->sockaddr.sockaddr_in6;

    if (ngx_inet6_addr(host->data, host->len, sin6->sin6_addr.s6_addr)
        == NGX_OK)
    {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(addr->port);
        addr->socklen = sizeof(struct sockaddr_in6);
        return NGX_OK;
    }

#endif

    return NGX_DECLINED;
}


static ngx_int_t
ngx_court_redis_addr_name(ngx_court_redis_addr_t *addr, const ngx_str_t *host,
    ngx_uint_t port)
{
    ngx_memzero(addr, sizeof(ngx_court_redis_addr_t));

    if (host->len == 0 || host->len > NGX_COURT_REDIS_HOST || port > 65535) {
        return NGX_DECLINED;
    }

    ngx_memcpy(addr->host, host->data, host->len);
    addr->len = host->len;
    addr->port = (in_port_t) port;

    return NGX_OK;
}


ngx_int_t
ngx_court_redis_addr_set(ngx_court_redis_addr_t *addr, const ngx_str_t *host,
    ngx_uint_t port, ngx_resolver_t *resolver)
{
    u_char  c;
    size_t  i;

    if (port == 0
        || ngx_court_redis_addr_name(addr, host, port) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_court_redis_addr_parse(addr, host) == NGX_OK) {
        return NGX_OK;
    }

    for (i = 0; i < host->len; i++) {
        c = host->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'))
        {
            return NGX_DECLINED;
        }
    }

    addr->resolver = resolver;

    return resolver ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_redis_addr_known(ngx_court_redis_addr_t *addr,
    const ngx_str_t *host, ngx_uint_t port, const ngx_addr_t *known)
{
    if (ngx_court_redis_addr_name(addr, host, port) != NGX_OK
        || known->socklen > (socklen_t) sizeof(ngx_sockaddr_t))
    {
        return NGX_DECLINED;
    }

    ngx_memcpy(&addr->sockaddr, known->sockaddr, known->socklen);
    addr->socklen = known->socklen;

    return NGX_OK;
}


ngx_uint_t
ngx_court_redis_addr_same(const ngx_court_redis_addr_t *a,
    const ngx_court_redis_addr_t *b)
{
    return a->port == b->port && a->len == b->len
           && ngx_strncasecmp((u_char *) a->host, (u_char *) b->host, a->len)
              == 0;
}


ngx_str_t
ngx_court_redis_addr_host(const ngx_court_redis_addr_t *addr)
{
    ngx_str_t  host;

    host.data = (u_char *) addr->host;
    host.len = addr->len;

    return host;
}


ngx_uint_t
ngx_court_redis_addr_literal(const ngx_str_t *host)
{
    ngx_court_redis_addr_t  addr;

    return ngx_court_redis_addr_name(&addr, host, 1) == NGX_OK
           && ngx_court_redis_addr_parse(&addr, host) == NGX_OK;
}


void
ngx_court_redis_resolve(ngx_court_redis_resolve_t *resolve,
    ngx_court_redis_addr_t *addr, void (*handler)(void *data, ngx_int_t rc),
    void *data)
{
    ngx_resolver_ctx_t  *ctx;

    if (addr->resolver == NULL) {
        handler(data, NGX_OK);
        return;
    }

    ctx = ngx_resolve_start(addr->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        handler(data, NGX_ERROR);
        return;
    }

    ctx->name = ngx_court_redis_addr_host(addr);
    ctx->handler = ngx_court_redis_resolved;
    ctx->data = resolve;
    ctx->timeout = NGX_COURT_REDIS_RESOLVE;
    ctx->cancelable = 1;

    resolve->ctx = ctx;
    resolve->addr = addr;
    resolve->handler = handler;
    resolve->data = data;

    if (ngx_resolve_name(ctx) != NGX_OK) {

        /* it has freed ctx */

        resolve->ctx = NULL;
        handler(data, NGX_ERROR);
    }
}


static void
ngx_court_redis_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_int_t                   rc;
    ngx_court_redis_addr_t     *addr;
    ngx_court_redis_resolve_t  *resolve;

    resolve = ctx->data;
    addr = resolve->addr;
    rc = NGX_ERROR;

    if (ctx->state == NGX_OK && ctx->naddrs
        && ctx->addrs[0].socklen <= (socklen_t) sizeof(ngx_sockaddr_t))
    {
        ngx_memcpy(&addr->sockaddr, ctx->addrs[0].sockaddr,
                   ctx->addrs[0].socklen);
        addr->socklen = ctx->addrs[0].socklen;
        ngx_inet_set_port(&addr->sockaddr.sockaddr, addr->port);
        rc = NGX_OK;
    }

    resolve->ctx = NULL;
    ngx_resolve_name_done(ctx);

    resolve->handler(resolve->data, rc);
}


void
ngx_court_redis_resolve_stop(ngx_court_redis_resolve_t *resolve)
{
    if (resolve->ctx) {
        ngx_resolve_name_done(resolve->ctx);
        resolve->ctx = NULL;
    }
}
