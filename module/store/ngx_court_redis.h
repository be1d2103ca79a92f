/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Redis as the rest of the module sees it: a named instance, whatever stands
 * behind it (one server, Sentinel, a cluster).  nginx's connections, TLS,
 * resolver, timers and event loop; hiredis for the protocol alone
 * (ngx_court_redis_proto.c is the only file that knows it).  Pipelined
 * connections, one for each worker and server; one write per turn; bounded
 * in-flight and buffers; a deadline for each command.
 */

#ifndef _NGX_COURT_REDIS_H_INCLUDED_
#define _NGX_COURT_REDIS_H_INCLUDED_

#include "ngx_court_redis_name.h"
#include "ngx_court_redis_proto.h"
#include "ngx_court_redis_tls.h"


/* a finished court_redis block */
typedef struct ngx_court_redis_s  ngx_court_redis_t;

typedef enum {
    NGX_COURT_REDIS_STANDALONE = 0,
    NGX_COURT_REDIS_SENTINEL,
    NGX_COURT_REDIS_CLUSTER
} ngx_court_redis_mode_t;

typedef struct {
    ngx_str_t                  name;
    ngx_court_redis_mode_t     mode;
    ngx_array_t               *servers;      /* ngx_court_redis_addr_t; of
                                              * Sentinel: the sentinels */
    ngx_str_t                  master;       /* name that Sentinel knows */
    ngx_resolver_t            *resolver;     /* NULL: none */
    ngx_court_redis_tls_t     *tls;          /* NULL: in clear */
    ngx_str_t                  user;         /* "": AUTH with password alone */
    ngx_str_t                  password;     /* "": no AUTH; wiped at exit */
    ngx_str_t                  sentinel_user;
    ngx_str_t                  sentinel_password;
    ngx_uint_t                 database;     /* of a cluster: 0 */
    ngx_str_t                  key_prefix;   /* "court" */
    ngx_msec_t                 connect_timeout;
    ngx_msec_t                 command_timeout;
    ngx_log_t                 *log;
    unsigned                   replicas:1;   /* reads may go to them */
    unsigned                   noeviction:1; /* asked at each connect */
} ngx_court_redis_conf_t;

typedef enum {
    NGX_COURT_REDIS_VALUE = 0,   /* GET: data; SET: stored */
    NGX_COURT_REDIS_NIL,         /* GET: no such key */
    NGX_COURT_REDIS_ERROR,       /* an error reply: OOM, READONLY ... */
    NGX_COURT_REDIS_DOWN         /* not connected, closed, late, full queue */
} ngx_court_redis_status_t;

/*
 * Called exactly once for each command, possibly before get/set returns
 * (DOWN).  data is valid during the call only.  A command past its deadline
 * is answered DOWN; its late reply is consumed and dropped.
 */
typedef void (*ngx_court_redis_pt)(void *ctx, ngx_court_redis_status_t status,
    const ngx_str_t *data);

/* VALUE: reply, perhaps an array; ERROR: reply, an error; else NULL */
typedef void (*ngx_court_redis_reply_pt)(void *ctx,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);

typedef struct {
    const ngx_str_t           *argv;
    ngx_uint_t                 argc;         /* <= NGX_COURT_REDIS_ARGS */
    ngx_int_t                  key;          /* index in argv of the key that
                                              * says where; -1: any master */
    ngx_msec_t                 timeout;      /* 0: command_timeout */
    unsigned                   read:1;       /* may go to a replica */
    unsigned                   noeviction:1; /* DOWN where keys may vanish */
    unsigned                   own:1;        /* it blocks (XREAD BLOCK): over a
                                              * connection of its own */
} ngx_court_redis_cmd_t;

#define NGX_COURT_REDIS_OWN        4         /* of these at a time */

/* at configuration time, pool of the cycle */
ngx_court_redis_t *ngx_court_redis_create(ngx_pool_t *pool,
    const ngx_court_redis_conf_t *conf);
const ngx_court_redis_conf_t *ngx_court_redis_conf(ngx_court_redis_t *redis);
/* who chose it needs "noeviction"; before start */
void ngx_court_redis_need_noeviction(ngx_court_redis_t *redis);

/* index of its name in the zone "state"; before start */
void ngx_court_redis_metric(ngx_court_redis_t *redis, ngx_uint_t metric);
ngx_uint_t ngx_court_redis_index(const ngx_court_redis_t *redis);

/* init_process / exit_process; connects lazily or at once, never waits */
ngx_int_t ngx_court_redis_start(ngx_court_redis_t *redis, ngx_cycle_t *cycle);
void ngx_court_redis_stop(ngx_court_redis_t *redis);

void ngx_court_redis_get(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx);
/* SET key value PX ttl; handler may be NULL */
void ngx_court_redis_set(ngx_court_redis_t *redis, const ngx_str_t *key,
    const ngx_str_t *value, ngx_msec_t ttl, ngx_court_redis_pt handler,
    void *ctx);
/* DEL key; answered VALUE where done; handler may be NULL */
void ngx_court_redis_delete(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx);

/*
 * Any command.  Where cmd->timeout is long (own), the server's own limit must
 * be shorter.  handler may be NULL and may be called before this returns.
 */
void ngx_court_redis_command(ngx_court_redis_t *redis,
    const ngx_court_redis_cmd_t *cmd, ngx_court_redis_reply_pt handler,
    void *ctx);

typedef struct {
    uint64_t  commands, replies, nils, errors, timeouts, connects, failures;
    unsigned  up:1;
} ngx_court_redis_stats_t;
void ngx_court_redis_stats(ngx_court_redis_t *redis,
    ngx_court_redis_stats_t *stats);


#endif /* _NGX_COURT_REDIS_H_INCLUDED_ */
