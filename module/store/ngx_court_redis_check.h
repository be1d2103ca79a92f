/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a Redis says of itself: its role, whether it drops keys, where a
 * master is.  Replies in, answers out: no socket, no clock.
 */

#ifndef _NGX_COURT_REDIS_CHECK_H_INCLUDED_
#define _NGX_COURT_REDIS_CHECK_H_INCLUDED_

#include "ngx_court_redis_proto.h"


/* ROLE: NGX_OK where it is the master (or: a replica with its master) */
ngx_int_t ngx_court_redis_check_role(const ngx_court_redis_reply_t *reply,
    ngx_uint_t master);

/* CONFIG GET maxmemory-policy, or INFO memory: 1 if nothing is evicted */
ngx_uint_t ngx_court_redis_check_noeviction(
    const ngx_court_redis_reply_t *reply);

/* a port as a string or a number; 0: none */
ngx_uint_t ngx_court_redis_check_port(const ngx_court_redis_reply_t *reply);

/* SENTINEL get-master-addr-by-name: NGX_OK; NGX_DECLINED: it knows none */
ngx_int_t ngx_court_redis_check_master(const ngx_court_redis_reply_t *reply,
    ngx_str_t *host, ngx_uint_t *port);

/*
 * One of SENTINEL replicas, fields and values in turn: NGX_OK; NGX_DECLINED:
 * it is down, or has lost its master.
 */
ngx_int_t ngx_court_redis_check_replica(const ngx_court_redis_reply_t *reply,
    ngx_str_t *host, ngx_uint_t *port);


#endif /* _NGX_COURT_REDIS_CHECK_H_INCLUDED_ */
