/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who stands behind the proxies: X-Forwarded-For, and Forwarded of RFC 7239.
 * A chain is read from the right, where our own front wrote, and no farther
 * than to the first hop that is not trusted: what stands left of it anybody
 * could have written, and it is not even parsed.
 */

#ifndef _NGX_COURT_FORWARDED_H_INCLUDED_
#define _NGX_COURT_FORWARDED_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_FORWARDED_LEN   4096       /* bytes of a chain, at most */
#define NGX_COURT_FORWARDED_HOPS  16         /* of them read, at most */


/* is that hop one of ours?  AF_INET, AF_INET6, AF_UNIX ("unix:") */
typedef ngx_uint_t (*ngx_court_trusted_pt)(void *data, struct sockaddr *sa);

typedef struct {
    ngx_str_t                  client;       /* its address, in text[] */
    ngx_str_t                  chain;        /* from its hop to the end, in
                                              * value: this is believed */
    ngx_str_t                  proto;        /* of its hop, Forwarded alone; */
    ngx_str_t                  host;         /* in value, as they came; "" */
    u_char                     text[NGX_INET6_ADDRSTRLEN];
} ngx_court_forwarded_t;


/*
 * The client is the right-most hop that is not trusted; where all are, the
 * left-most.  Its text is canonical: without port, brackets or zone, in lower
 * case, and IPv4 where IPv6 only maps it.
 *
 * for: elements are an IPv4 or IPv6 address, also with a port (IPv6 then in
 * brackets), or "unix:", which must be trusted.  forwarded: elements have
 * for=, an address again, IPv6 in brackets and quotes; no name twice.
 *
 * NGX_DECLINED, and *f says nothing: a hop that was read is malformed or is
 * none ("unknown", "_hidden"), or a limit was hit.
 */
ngx_int_t ngx_court_forwarded_for(const ngx_str_t *value,
    ngx_court_trusted_pt trusted, void *data, ngx_court_forwarded_t *f);
ngx_int_t ngx_court_forwarded(const ngx_str_t *value,
    ngx_court_trusted_pt trusted, void *data, ngx_court_forwarded_t *f);


#endif /* _NGX_COURT_FORWARDED_H_INCLUDED_ */
