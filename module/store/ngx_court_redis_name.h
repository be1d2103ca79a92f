/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a Redis server is: a unix socket, an address, or a name.  A name is
 * asked of nginx's resolver before each connect; while the resolver fails or
 * is slow the last address that it gave goes on to serve.
 */

#ifndef _NGX_COURT_REDIS_NAME_H_INCLUDED_
#define _NGX_COURT_REDIS_NAME_H_INCLUDED_

#include "ngx_court_base.h"
#include <ngx_event.h>
#include <ngx_event_connect.h>


#define NGX_COURT_REDIS_HOST     255
#define NGX_COURT_REDIS_RESOLVE  5000        /* ms that one question lives */

typedef struct {
    u_char                     host[NGX_COURT_REDIS_HOST + 1];
    size_t                     len;          /* of host, without brackets */
    in_port_t                  port;         /* 0: a unix socket */
    ngx_sockaddr_t             sockaddr;
    socklen_t                  socklen;      /* 0: not known yet */
    ngx_resolver_t            *resolver;     /* NULL: it is no name */
} ngx_court_redis_addr_t;

typedef struct {
    ngx_resolver_ctx_t        *ctx;          /* NULL: nothing is asked */
    ngx_court_redis_addr_t    *addr;
    void                     (*handler)(void *data, ngx_int_t rc);
    void                      *data;
} ngx_court_redis_resolve_t;


/*
 * A host without brackets; resolver may be NULL.  NGX_DECLINED: too long,
 * not of a name's characters, or a name and there is no resolver.
 */
ngx_int_t ngx_court_redis_addr_set(ngx_court_redis_addr_t *addr,
    const ngx_str_t *host, ngx_uint_t port, ngx_resolver_t *resolver);
/* an address that nginx parsed */
ngx_int_t ngx_court_redis_addr_known(ngx_court_redis_addr_t *addr,
    const ngx_str_t *host, ngx_uint_t port, const ngx_addr_t *known);

ngx_uint_t ngx_court_redis_addr_same(const ngx_court_redis_addr_t *a,
    const ngx_court_redis_addr_t *b);
ngx_str_t ngx_court_redis_addr_host(const ngx_court_redis_addr_t *addr);
/* 1: a literal address, not a name */
ngx_uint_t ngx_court_redis_addr_literal(const ngx_str_t *host);

/* handler is called once, perhaps at once; addr->socklen tells the rest */
void ngx_court_redis_resolve(ngx_court_redis_resolve_t *resolve,
    ngx_court_redis_addr_t *addr, void (*handler)(void *data, ngx_int_t rc),
    void *data);
/* then it is not called */
void ngx_court_redis_resolve_stop(ngx_court_redis_resolve_t *resolve);


#endif /* _NGX_COURT_REDIS_NAME_H_INCLUDED_ */
