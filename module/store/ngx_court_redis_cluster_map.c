/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking for the map of a cluster: one node after the other, over a connection
 * of its own; after the first map at most once a second on the machine.
 */

#include "ngx_court_redis_cluster.h"


#define NGX_COURT_REDIS_MAP_IDLE  30000    /* ms that a map is good for */


static ngx_int_t ngx_court_redis_cluster_told(void *ctx,
    ngx_court_redis_link_t *link, ngx_court_redis_end_t end,
    const ngx_court_redis_reply_t *reply);


static void
ngx_court_redis_cluster_in(ngx_court_redis_cluster_t *c, ngx_msec_t wait)
{
    if (c->timer.timer_set) {
        ngx_del_timer(&c->timer);
    }

    ngx_add_timer(&c->timer, ngx_max(wait, 1));
}


void
ngx_court_redis_cluster_want(ngx_court_redis_cluster_t *c)
{
    if (!c->wanted && !c->asking && c->redis->started) {
        c->wanted = 1;
        ngx_court_redis_cluster_in(c, 1);
    }
}


/* a master that does not answer: perhaps the map is old */

static ngx_uint_t
ngx_court_redis_cluster_broken(ngx_court_redis_cluster_t *c)
{
    ngx_uint_t  i;

    for (i = 0; i < c->map->nnodes; i++) {
        if (c->map->nodes[i].master && c->links[i] && c->links[i]->broken) {
            return 1;
        }
    }

    return 0;
}


/* the next to ask: servers of the configuration, then nodes of the map */

static ngx_int_t
ngx_court_redis_cluster_next(ngx_court_redis_cluster_t *c,
    ngx_court_redis_addr_t *addr)
{
    ngx_str_t                host;
    ngx_uint_t               n, i, nodes;
    ngx_court_redis_addr_t  *servers;

    n = c->redis->conf.servers->nelts;
    nodes = c->map ? c->map->nnodes : 0;
    servers = c->redis->conf.servers->elts;

    i = c->turn++ % (n + nodes);

    if (i < n) {
        *addr = servers[i];
        return NGX_OK;
    }

    host.data = c->map->nodes[i - n].host;
    host.len = c->map->nodes[i - n].len;

    return ngx_court_redis_addr_set(addr, &host, c->map->nodes[i - n].port,
                                    c->redis->conf.resolver);
}


void
ngx_court_redis_cluster_ask(ngx_event_t *ev)
{
    ngx_str_t                   argv[2];
    ngx_msec_t                  wait;
    ngx_court_redis_cluster_t  *c;

    c = ev->data;

    if (c->asking) {
        return;
    }

    c->wanted = 1;

    if (c->ask->state < NGX_COURT_REDIS_S_GREETING) {
        ngx_court_redis_link_close(c->ask);

        if (ngx_court_redis_cluster_next(c, &c->ask->addr) != NGX_OK) {
            ngx_court_redis_cluster_in(c, 10);
            return;
        }

        ngx_court_redis_link_open(c->ask);
        return;
    }

    if (c->ask->state != NGX_COURT_REDIS_S_UP) {
        return;
    }

    wait = c->map ? ngx_court_redis_share_turn(c->share) : 0;

    if (wait) {
        ngx_court_redis_cluster_in(c, wait + (ngx_msec_t) ngx_random() % 50);
        return;
    }

    ngx_str_set(&argv[0], "CLUSTER");
    ngx_str_set(&argv[1], "SLOTS");

    c->asking = 1;
    c->ask->broken = 0;

    if (ngx_court_redis_link_send(c->ask, argv, 2,
                                  c->redis->conf.connect_timeout,
                                  ngx_court_redis_cluster_told, c)
        != NGX_OK)
    {
        (void) ngx_court_redis_cluster_told(c, c->ask, NGX_COURT_REDIS_E_DOWN,
                                            NULL);
    }
}


void
ngx_court_redis_cluster_ask_up(ngx_court_redis_link_t *link)
{
    ngx_court_redis_t          *redis;
    ngx_court_redis_cluster_t  *c;

    redis = link->data;
    c = redis->data;

    ngx_court_redis_cluster_in(c, 1);
}


static void
ngx_court_redis_cluster_failed(ngx_court_redis_cluster_t *c, const char *why)
{
    ngx_uint_t  n;
    ngx_msec_t  wait;

    n = c->redis->conf.servers->nelts + (c->map ? c->map->nnodes : 0);

    if (++c->failed % n) {
        ngx_court_redis_cluster_in(c, 5);
        return;
    }

    if (c->map == NULL) {
        ngx_court_redis_is_down(c->redis, c->ask, why);
    }

    wait = ngx_court_redis_backoff_next(&c->backoff, 0,
                                        (ngx_uint_t) ngx_random());
    ngx_court_redis_cluster_in(c, wait);
}


/* while it was asked told() says the same */

void
ngx_court_redis_cluster_ask_down(ngx_court_redis_link_t *link,
    const char *why)
{
    ngx_court_redis_t          *redis;
    ngx_court_redis_cluster_t  *c;

    redis = link->data;
    c = redis->data;

    if (c->wanted && !c->asking) {
        c->backoff.lasting = link->backoff.lasting;
        link->backoff.lasting = 0;
        ngx_court_redis_cluster_failed(c, why);
    }
}


static ngx_int_t
ngx_court_redis_cluster_told(void *ctx, ngx_court_redis_link_t *link,
    ngx_court_redis_end_t end, const ngx_court_redis_reply_t *reply)
{
    ngx_court_redis_cluster_t *c = ctx;

    ngx_str_t  host;

    c->asking = 0;

    if (!c->redis->started) {
        return NGX_OK;
    }

    if (end != NGX_COURT_REDIS_E_REPLY) {
        ngx_court_redis_cluster_failed(c, "no node answers");

        if (end == NGX_COURT_REDIS_E_LATE) {
            link->state = NGX_COURT_REDIS_S_WAITING;
        }

        return NGX_OK;
    }

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        ngx_court_redis_link_error(link, &reply->str);
    }

    host.len = 0;

    if (link->addr.port) {
        host = ngx_court_redis_addr_host(&link->addr);
    }

    if (ngx_court_redis_map_parse(c->spare, reply, &host) != NGX_OK) {
        ngx_court_redis_cluster_failed(c, "no node has a map of the cluster");
        return NGX_ABORT;
    }

    if (c->map == NULL) {
        c->map = ngx_calloc(sizeof(ngx_court_redis_map_t),
                            c->redis->conf.log);
        if (c->map == NULL) {
            ngx_court_redis_cluster_failed(c, "no memory");
            return NGX_OK;
        }
    }

    c->failed = 0;
    c->wanted = 0;
    ngx_memzero(&c->backoff, sizeof(ngx_court_redis_backoff_t));

    ngx_court_redis_cluster_apply(c);
    ngx_court_redis_cluster_in(c, ngx_court_redis_cluster_broken(c)
                                  || c->map->covered < NGX_COURT_REDIS_SLOTS
                                      ? NGX_COURT_REDIS_REFRESH
                                      : NGX_COURT_REDIS_MAP_IDLE);

    return NGX_OK;
}
