/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A master found by Sentinel.  One sentinel after the other is asked where
 * the master is; who is named must say by ROLE that it is one.  Asked again
 * when the connection to the master fails, when it answers READONLY, and once
 * a second, so that a failover is seen by who only reads, too.
 */

#include "ngx_court_redis_topology.h"
#include "ngx_court_redis_check.h"


#define NGX_COURT_REDIS_WATCH  1000        /* ms between questions */


typedef struct {
    ngx_court_redis_t         *redis;
    ngx_court_redis_link_t    *ask;        /* to a sentinel */
    ngx_court_redis_link_t    *master;
    ngx_court_redis_link_t    *replicas[NGX_COURT_REDIS_REPLICAS];
    ngx_uint_t                 turn;       /* index of the sentinel */
    ngx_uint_t                 failed;     /* sentinels in a row */
    const char                *why;        /* what one of them said */
    ngx_event_t                timer;
    ngx_court_redis_backoff_t  backoff;
    unsigned                   asking:1;
} ngx_court_redis_sentinel_t;


static ngx_int_t ngx_court_redis_sentinel_start(ngx_court_redis_t *redis);
static void ngx_court_redis_sentinel_stop(ngx_court_redis_t *redis);
static ngx_court_redis_link_t *ngx_court_redis_sentinel_route(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op);
static ngx_court_redis_react_t ngx_court_redis_sentinel_error(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, const ngx_str_t *error);
static ngx_int_t ngx_court_redis_sentinel_told(void *ctx,
    ngx_court_redis_link_t *link, ngx_court_redis_end_t end,
    const ngx_court_redis_reply_t *reply);
static ngx_int_t ngx_court_redis_sentinel_told_replicas(void *ctx,
    ngx_court_redis_link_t *link, ngx_court_redis_end_t end,
    const ngx_court_redis_reply_t *reply);


const ngx_court_redis_topology_t  ngx_court_redis_sentinel = {
    ngx_court_redis_sentinel_start,
    ngx_court_redis_sentinel_stop,
    ngx_court_redis_sentinel_route,
    ngx_court_redis_sentinel_error,
    1
};


static void
ngx_court_redis_sentinel_in(ngx_court_redis_sentinel_t *s, ngx_msec_t wait)
{
    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    ngx_add_timer(&s->timer, ngx_max(wait, 1));
}


/* soon, but not faster and faster while nothing helps */

static void
ngx_court_redis_sentinel_again(ngx_court_redis_sentinel_t *s)
{
    ngx_msec_t  wait;

    wait = ngx_court_redis_backoff_next(&s->backoff, 0,
                                        (ngx_uint_t) ngx_random());

    ngx_court_redis_sentinel_in(s, ngx_min(wait, NGX_COURT_REDIS_AGAIN));
}


/* of the link to a sentinel: what waits on it is told by itself */

static void
ngx_court_redis_sentinel_ask_up(ngx_court_redis_link_t *link)
{
    (void) link;
}


static void
ngx_court_redis_sentinel_ask_down(ngx_court_redis_link_t *link,
    const char *why)
{
    (void) link;
    (void) why;
}


/* from the timer: the next sentinel where the last one failed */

static void
ngx_court_redis_sentinel_ask(ngx_event_t *ev)
{
    ngx_str_t                    argv[3];
    ngx_uint_t                   n;
    ngx_court_redis_t           *redis;
    ngx_court_redis_addr_t      *servers;
    ngx_court_redis_sentinel_t  *s;

    s = ev->data;
    redis = s->redis;

    if (s->asking) {
        return;
    }

    servers = redis->conf.servers->elts;
    n = redis->conf.servers->nelts;

    if (s->ask->state != NGX_COURT_REDIS_S_UP) {
        ngx_court_redis_link_close(s->ask);
        s->ask->addr = servers[s->turn++ % n];
        s->ask->broken = 0;
        ngx_court_redis_link_open(s->ask);
    }

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "get-master-addr-by-name");
    argv[2] = redis->conf.master;

    s->asking = 1;

    if (ngx_court_redis_link_send(s->ask, argv, 3,
                                  redis->conf.connect_timeout,
                                  ngx_court_redis_sentinel_told, s)
        != NGX_OK)
    {
        (void) ngx_court_redis_sentinel_told(s, s->ask,
                                             NGX_COURT_REDIS_E_DOWN, NULL);
        return;
    }

    if (redis->conf.replicas) {
        ngx_str_set(&argv[1], "replicas");
        (void) ngx_court_redis_link_send(s->ask, argv, 3,
                                      redis->conf.connect_timeout,
                                      ngx_court_redis_sentinel_told_replicas,
                                      s);
    }
}


static void
ngx_court_redis_sentinel_up(ngx_court_redis_link_t *link)
{
    ngx_court_redis_t           *redis;
    ngx_court_redis_sentinel_t  *s;

    redis = link->data;
    s = redis->data;

    ngx_memzero(&s->backoff, sizeof(ngx_court_redis_backoff_t));
    ngx_court_redis_is_up(redis);
}


static void
ngx_court_redis_sentinel_down(ngx_court_redis_link_t *link, const char *why)
{
    ngx_court_redis_t           *redis;
    ngx_court_redis_sentinel_t  *s;

    redis = link->data;
    s = redis->data;

    ngx_court_redis_is_down(redis, link, why);

    /* a wrong password does not mend itself */

    s->backoff.lasting = link->backoff.lasting;
    link->backoff.lasting = 0;

    if (s->backoff.lasting) {
        ngx_court_redis_sentinel_in(s,
            ngx_court_redis_backoff_next(&s->backoff, 0,
                                         (ngx_uint_t) ngx_random()));
        return;
    }

    ngx_court_redis_sentinel_again(s);
}


static void
ngx_court_redis_sentinel_master(ngx_court_redis_sentinel_t *s,
    const ngx_court_redis_addr_t *addr)
{
    ngx_court_redis_link_t  *link;

    link = s->master;

    if (link && link->state >= NGX_COURT_REDIS_S_GREETING
        && ngx_court_redis_addr_same(&link->addr, addr))
    {
        return;
    }

    if (link) {
        ngx_court_redis_link_free(link);
        s->master = NULL;
    }

    link = ngx_court_redis_link_for(s->redis, addr,
                                    NGX_COURT_REDIS_INFLIGHT);
    if (link == NULL) {
        return;
    }

    link->role = NGX_COURT_REDIS_ROLE_MASTER;
    link->up = ngx_court_redis_sentinel_up;
    link->down = ngx_court_redis_sentinel_down;
    s->master = link;

    ngx_court_redis_link_open(link);
}


/* nothing to be had of this sentinel: the next; then say so */

static void
ngx_court_redis_sentinel_next(ngx_court_redis_sentinel_t *s, const char *why)
{
    s->failed++;

    /* what one says counts for more than that others say nothing */

    if (why) {
        s->why = why;
    }

    if (s->failed % s->redis->conf.servers->nelts) {
        ngx_court_redis_sentinel_in(s, 5);
        return;
    }

    if (s->master == NULL || s->master->state != NGX_COURT_REDIS_S_UP) {
        ngx_court_redis_is_down(s->redis, s->why ? NULL : s->ask,
                                s->why ? s->why : "no sentinel answers");
    }

    s->why = NULL;
    ngx_court_redis_sentinel_again(s);
}


static ngx_int_t
ngx_court_redis_sentinel_told(void *ctx, ngx_court_redis_link_t *link,
    ngx_court_redis_end_t end, const ngx_court_redis_reply_t *reply)
{
    ngx_court_redis_sentinel_t *s = ctx;

    ngx_int_t                rc;
    ngx_str_t                host;
    ngx_uint_t               port;
    ngx_court_redis_addr_t   addr;

    s->asking = 0;

    if (!s->redis->started) {
        return NGX_OK;
    }

    if (end != NGX_COURT_REDIS_E_REPLY) {
        ngx_court_redis_sentinel_next(s, NULL);

        /* a hung one is not asked again while there are others */

        if (end == NGX_COURT_REDIS_E_LATE) {
            link->state = NGX_COURT_REDIS_S_WAITING;
        }

        return NGX_OK;
    }

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        ngx_court_redis_link_error(link, &reply->str);
        ngx_court_redis_sentinel_next(s, "its sentinels refuse");
        return NGX_ABORT;
    }

    rc = ngx_court_redis_check_master(reply, &host, &port);

    if (rc != NGX_OK
        || ngx_court_redis_addr_set(&addr, &host, port,
                                    s->redis->conf.resolver)
           != NGX_OK)
    {
        ngx_court_redis_sentinel_next(s, "no sentinel knows the master");
        return NGX_ABORT;
    }

    s->failed = 0;
    s->why = NULL;
    ngx_court_redis_sentinel_in(s, NGX_COURT_REDIS_WATCH);
    ngx_court_redis_sentinel_master(s, &addr);

    return NGX_OK;
}


static void
ngx_court_redis_sentinel_replica_up(ngx_court_redis_link_t *link)
{
    (void) link;
}


static void
ngx_court_redis_sentinel_replica_down(ngx_court_redis_link_t *link,
    const char *why)
{
    (void) link;
    (void) why;
}


static ngx_court_redis_link_t *
ngx_court_redis_sentinel_replica(ngx_court_redis_t *redis,
    const ngx_court_redis_addr_t *addr)
{
    ngx_court_redis_link_t  *link;

    link = ngx_court_redis_link_for(redis, addr, NGX_COURT_REDIS_INFLIGHT);

    if (link) {
        link->role = NGX_COURT_REDIS_ROLE_REPLICA;
        link->keep = 1;
        link->up = ngx_court_redis_sentinel_replica_up;
        link->down = ngx_court_redis_sentinel_replica_down;
        ngx_court_redis_link_open(link);
    }

    return link;
}


/* links that are to stay stay; the others go */

static void
ngx_court_redis_sentinel_replicas(ngx_court_redis_sentinel_t *s,
    const ngx_court_redis_addr_t *addrs, ngx_uint_t n)
{
    ngx_uint_t               i, k;
    ngx_court_redis_link_t  *old[NGX_COURT_REDIS_REPLICAS];

    ngx_memcpy(old, s->replicas, sizeof(old));
    ngx_memzero(s->replicas, sizeof(old));

    for (i = 0; i < n; i++) {
        for (k = 0; k < NGX_COURT_REDIS_REPLICAS; k++) {
            if (old[k] && ngx_court_redis_addr_same(&old[k]->addr, &addrs[i]))
            {
                s->replicas[i] = old[k];
                old[k] = NULL;
                break;
            }
        }

        if (s->replicas[i] == NULL) {
            s->replicas[i] = ngx_court_redis_sentinel_replica(s->redis,
                                                              &addrs[i]);
        }
    }

    for (k = 0; k < NGX_COURT_REDIS_REPLICAS; k++) {
        if (old[k]) {
            ngx_court_redis_link_free(old[k]);
        }
    }
}


static ngx_int_t
ngx_court_redis_sentinel_told_replicas(void *ctx, ngx_court_redis_link_t *link,
    ngx_court_redis_end_t end, const ngx_court_redis_reply_t *reply)
{
    ngx_court_redis_sentinel_t *s = ctx;

    ngx_str_t               host;
    ngx_uint_t              i, n, port;
    ngx_court_redis_addr_t  addrs[NGX_COURT_REDIS_REPLICAS];

    if (end != NGX_COURT_REDIS_E_REPLY || !s->redis->started
        || reply->type != NGX_COURT_REDIS_T_ARRAY)
    {
        return NGX_OK;
    }

    n = 0;

    for (i = 0; i < reply->n && n < NGX_COURT_REDIS_REPLICAS; i++) {
        if (ngx_court_redis_check_replica(&reply->elements[i], &host, &port)
            == NGX_OK
            && ngx_court_redis_addr_set(&addrs[n], &host, port,
                                        s->redis->conf.resolver)
               == NGX_OK)
        {
            n++;
        }
    }

    ngx_court_redis_sentinel_replicas(s, addrs, n);

    return NGX_OK;
}


static ngx_int_t
ngx_court_redis_sentinel_start(ngx_court_redis_t *redis)
{
    ngx_court_redis_sentinel_t  *s;

    s = ngx_calloc(sizeof(ngx_court_redis_sentinel_t), redis->conf.log);
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->redis = redis;
    s->turn = (ngx_uint_t) ngx_random();
    redis->data = s;

    s->timer.handler = ngx_court_redis_sentinel_ask;
    s->timer.data = s;
    s->timer.log = redis->conf.log;
    s->timer.cancelable = 1;

    s->ask = ngx_court_redis_link_for(redis, redis->conf.servers->elts,
                                      NGX_COURT_REDIS_SMALL);
    if (s->ask == NULL) {
        return NGX_ERROR;
    }

    ngx_court_redis_link_ask(redis, s->ask);
    s->ask->up = ngx_court_redis_sentinel_ask_up;
    s->ask->down = ngx_court_redis_sentinel_ask_down;

    ngx_court_redis_sentinel_ask(&s->timer);

    return NGX_OK;
}


static void
ngx_court_redis_sentinel_stop(ngx_court_redis_t *redis)
{
    ngx_uint_t                   i;
    ngx_court_redis_sentinel_t  *s;

    s = redis->data;

    if (s == NULL) {
        return;
    }

    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    for (i = 0; i < NGX_COURT_REDIS_REPLICAS; i++) {
        if (s->replicas[i]) {
            ngx_court_redis_link_free(s->replicas[i]);
        }
    }

    if (s->master) {
        ngx_court_redis_link_free(s->master);
    }

    if (s->ask) {
        ngx_court_redis_link_free(s->ask);
    }

    redis->data = NULL;
    ngx_free(s);
}


static ngx_court_redis_link_t *
ngx_court_redis_sentinel_route(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op)
{
    ngx_uint_t                   i, k;
    ngx_court_redis_link_t      *link;
    ngx_court_redis_sentinel_t  *s;

    s = redis->data;

    if (op->read) {
        k = (ngx_uint_t) ngx_random();

        for (i = 0; i < NGX_COURT_REDIS_REPLICAS; i++) {
            link = s->replicas[(k + i) % NGX_COURT_REDIS_REPLICAS];

            if (link && link->state == NGX_COURT_REDIS_S_UP) {
                op->replica = 1;
                return link;
            }
        }
    }

    return s->master;
}


static ngx_court_redis_react_t
ngx_court_redis_sentinel_error(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op, ngx_court_redis_link_t *link,
    const ngx_str_t *error)
{
    if (op->replica) {
        op->read = 0;
        op->replica = 0;
        ngx_court_redis_op_route(op);
        return NGX_COURT_REDIS_R_MOVED;
    }

    return ngx_court_redis_error_is(error, "READONLY")
               ? NGX_COURT_REDIS_R_CLOSE : NGX_COURT_REDIS_R_TELL;
}
