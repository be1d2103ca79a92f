/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A Redis cluster.  Its map comes from one node after the other (those of the
 * configuration, then those of the map), over a connection of its own; after
 * the first one at most once a second on the machine.  MOVED corrects the map
 * at once; commands go on at most five times; only nodes of the map are
 * followed.
 */

#include "ngx_court_redis_cluster.h"


#define NGX_COURT_REDIS_TRYAGAIN  10       /* ms until it is tried again */


static ngx_int_t ngx_court_redis_cluster_start(ngx_court_redis_t *redis);
static void ngx_court_redis_cluster_stop(ngx_court_redis_t *redis);
static ngx_court_redis_link_t *ngx_court_redis_cluster_route(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op);
static ngx_court_redis_react_t ngx_court_redis_cluster_error(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, const ngx_str_t *error);


const ngx_court_redis_topology_t  ngx_court_redis_cluster = {
    ngx_court_redis_cluster_start,
    ngx_court_redis_cluster_stop,
    ngx_court_redis_cluster_route,
    ngx_court_redis_cluster_error,
    1
};


/* up: a map, and no master of it that does not answer */

static void
ngx_court_redis_cluster_judge(ngx_court_redis_cluster_t *c,
    ngx_court_redis_link_t *link, const char *why)
{
    ngx_uint_t  i;

    for (i = 0; c->map && i < c->map->nnodes; i++) {
        if (c->map->nodes[i].master
            && (c->links[i] == NULL
                || c->links[i]->state != NGX_COURT_REDIS_S_UP))
        {
            if (why && c->links[i] == link) {
                ngx_court_redis_is_down(c->redis, link, why);
            }

            return;
        }
    }

    if (c->map) {
        ngx_court_redis_is_up(c->redis);
    }
}


static void
ngx_court_redis_cluster_up(ngx_court_redis_link_t *link)
{
    ngx_court_redis_t  *redis;

    redis = link->data;
    ngx_court_redis_cluster_judge(redis->data, link, NULL);
}


static void
ngx_court_redis_cluster_down(ngx_court_redis_link_t *link, const char *why)
{
    ngx_uint_t                  i;
    ngx_court_redis_t          *redis;
    ngx_court_redis_cluster_t  *c;

    redis = link->data;
    c = redis->data;

    for (i = 0; c->map && i < c->map->nnodes; i++) {
        if (c->links[i] == link && c->map->nodes[i].master) {
            ngx_court_redis_is_down(redis, link, why);
        }
    }

    ngx_court_redis_cluster_want(c);
}


static ngx_court_redis_link_t *
ngx_court_redis_cluster_link(ngx_court_redis_cluster_t *c, ngx_uint_t i)
{
    ngx_str_t                host;
    ngx_court_redis_addr_t   addr;
    ngx_court_redis_link_t  *link;

    if (c->links[i]) {
        return c->links[i];
    }

    host.data = c->map->nodes[i].host;
    host.len = c->map->nodes[i].len;

    if (ngx_court_redis_addr_set(&addr, &host, c->map->nodes[i].port,
                                 c->redis->conf.resolver)
        != NGX_OK)
    {
        return NULL;
    }

    link = ngx_court_redis_link_for(c->redis, &addr,
                                    NGX_COURT_REDIS_INFLIGHT / 2);
    if (link == NULL) {
        return NULL;
    }

    link->keep = 1;
    link->readonly = c->redis->conf.replicas && !c->map->nodes[i].master;
    link->up = ngx_court_redis_cluster_up;
    link->down = ngx_court_redis_cluster_down;

    c->links[i] = link;
    ngx_court_redis_link_open(link);

    return link;
}


/* the new map is in spare; links to nodes that stay are kept */

void
ngx_court_redis_cluster_apply(ngx_court_redis_cluster_t *c)
{
    ngx_str_t                host;
    ngx_uint_t               i, k;
    ngx_court_redis_map_t   *map, *former;
    ngx_court_redis_link_t  *old[NGX_COURT_REDIS_NODES];

    map = c->spare;
    former = c->map;
    c->spare = former;
    c->map = map;

    ngx_memcpy(old, c->links, sizeof(old));
    ngx_memzero(c->links, sizeof(old));

    for (i = 0; former && i < former->nnodes; i++) {
        host.data = former->nodes[i].host;
        host.len = former->nodes[i].len;

        k = ngx_court_redis_map_find(map, &host, former->nodes[i].port);

        /* a replica must be greeted as one */

        if (k != NGX_COURT_REDIS_NO_NODE && old[i]
            && (map->nodes[k].master || old[i]->readonly))
        {
            c->links[k] = old[i];
            old[i] = NULL;
        }
    }

    for (i = 0; i < NGX_COURT_REDIS_NODES; i++) {
        if (old[i]) {
            ngx_court_redis_link_free(old[i]);
        }
    }

    for (i = 0; i < map->nnodes; i++) {
        if (map->nodes[i].master || c->redis->conf.replicas) {
            (void) ngx_court_redis_cluster_link(c, i);
        }
    }

    ngx_court_redis_cluster_judge(c, NULL, NULL);
}


static void
ngx_court_redis_cluster_retry(ngx_event_t *ev)
{
    ngx_court_redis_op_t       *op, *next;
    ngx_court_redis_cluster_t  *c;

    c = ev->data;
    op = c->again;
    c->again = NULL;

    for ( /* void */ ; op; op = next) {
        next = op->next;
        ngx_court_redis_op_route(op);
    }
}


static ngx_int_t
ngx_court_redis_cluster_start(ngx_court_redis_t *redis)
{
    ngx_str_t                   what;
    ngx_court_redis_cluster_t  *c;

    c = ngx_calloc(sizeof(ngx_court_redis_cluster_t), redis->conf.log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    redis->data = c;
    c->redis = redis;
    c->turn = (ngx_uint_t) ngx_random();

    ngx_str_set(&what, "map");
    c->share = ngx_court_redis_share_find(&redis->conf.name, &what);

    c->timer.handler = ngx_court_redis_cluster_ask;
    c->timer.data = c;
    c->timer.log = redis->conf.log;
    c->timer.cancelable = 1;

    c->retry.handler = ngx_court_redis_cluster_retry;
    c->retry.data = c;
    c->retry.log = redis->conf.log;

    c->spare = ngx_calloc(sizeof(ngx_court_redis_map_t), redis->conf.log);
    c->ask = ngx_court_redis_link_for(redis, redis->conf.servers->elts,
                                      NGX_COURT_REDIS_SMALL);

    if (c->spare == NULL || c->ask == NULL) {
        return NGX_ERROR;
    }

    c->ask->share = NULL;
    c->ask->ask_policy = 0;
    c->ask->up = ngx_court_redis_cluster_ask_up;
    c->ask->down = ngx_court_redis_cluster_ask_down;

    ngx_court_redis_cluster_ask(&c->timer);

    return NGX_OK;
}


static void
ngx_court_redis_cluster_stop(ngx_court_redis_t *redis)
{
    ngx_uint_t                  i;
    ngx_court_redis_op_t       *op, *next;
    ngx_court_redis_cluster_t  *c;

    c = redis->data;

    if (c == NULL) {
        return;
    }

    if (c->timer.timer_set) {
        ngx_del_timer(&c->timer);
    }

    if (c->retry.timer_set) {
        ngx_del_timer(&c->retry);
    }

    for (op = c->again; op; op = next) {
        next = op->next;
        ngx_court_redis_op_end(op, NGX_COURT_REDIS_DOWN, NULL,
                               NGX_COURT_STATE_R_DOWN);
    }

    for (i = 0; i < NGX_COURT_REDIS_NODES; i++) {
        if (c->links[i]) {
            ngx_court_redis_link_free(c->links[i]);
        }
    }

    if (c->ask) {
        ngx_court_redis_link_free(c->ask);
    }

    if (c->map) {
        ngx_free(c->map);
    }

    if (c->spare) {
        ngx_free(c->spare);
    }

    redis->data = NULL;
    ngx_free(c);
}


/* any master that is there */

static ngx_court_redis_link_t *
ngx_court_redis_cluster_any(ngx_court_redis_cluster_t *c)
{
    ngx_uint_t  i;

    for (i = 0; i < c->map->nnodes; i++) {
        if (c->map->nodes[i].master && c->links[i]
            && c->links[i]->state == NGX_COURT_REDIS_S_UP)
        {
            return c->links[i];
        }
    }

    return NULL;
}


/*
 * In place of a master that is down its replica is asked, greeted as any
 * node: before it is promoted it answers MOVED, to the dead one; from then on
 * it serves, before a map says so.
 */

static ngx_court_redis_link_t *
ngx_court_redis_cluster_heir(ngx_court_redis_cluster_t *c, ngx_uint_t node,
    ngx_court_redis_op_t *op)
{
    ngx_uint_t               i;
    ngx_court_redis_node_t  *master;
    ngx_court_redis_link_t  *link, *heir;

    link = ngx_court_redis_cluster_link(c, node);
    master = &c->map->nodes[node];

    if (link == NULL || !link->broken || op->hops) {
        return link;
    }

    for (i = 0; i < master->nreplicas; i++) {
        heir = ngx_court_redis_cluster_link(c, master->replicas[i]);

        if (heir && !heir->broken) {
            return heir;
        }
    }

    return link;
}


static ngx_court_redis_link_t *
ngx_court_redis_cluster_route(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op)
{
    ngx_uint_t                  i, k, node;
    ngx_court_redis_link_t     *link;
    ngx_court_redis_node_t     *master;
    ngx_court_redis_cluster_t  *c;

    c = redis->data;

    if (c == NULL || c->map == NULL) {
        return NULL;
    }

    if (op->slot < 0) {
        return ngx_court_redis_cluster_any(c);
    }

    node = c->map->slots[ngx_court_redis_slot(&op->argv[op->slot])];

    if (node == NGX_COURT_REDIS_NO_NODE) {
        ngx_court_redis_cluster_want(c);
        return NULL;
    }

    master = &c->map->nodes[node];

    if (op->read && master->nreplicas) {
        k = (ngx_uint_t) ngx_random();

        for (i = 0; i < master->nreplicas; i++) {
            link = c->links[master->replicas[(k + i) % master->nreplicas]];

            if (link && link->state == NGX_COURT_REDIS_S_UP) {
                op->replica = 1;
                return link;
            }
        }
    }

    return ngx_court_redis_cluster_heir(c, node, op);
}


/* a slot that is not the key's, a node that is not the map's: not followed */

static ngx_court_redis_react_t
ngx_court_redis_cluster_moved(ngx_court_redis_cluster_t *c,
    ngx_court_redis_op_t *op, ngx_court_redis_link_t *from,
    ngx_court_redis_moved_t *moved)
{
    ngx_uint_t               node;
    ngx_court_redis_link_t  *link;

    if (!moved->ask) {
        ngx_court_redis_cluster_want(c);
    }

    if (moved->host.len == 0) {
        moved->host = ngx_court_redis_addr_host(&from->addr);
    }

    node = ngx_court_redis_map_find(c->map, &moved->host, moved->port);

    if (node == NGX_COURT_REDIS_NO_NODE || op->slot < 0 || op->own
        || moved->slot != ngx_court_redis_slot(&op->argv[op->slot])
        || op->hops++ == NGX_COURT_REDIS_HOPS)
    {
        ngx_court_redis_cluster_want(c);
        return NGX_COURT_REDIS_R_TELL;
    }

    /* from a replica: the master is meant, which the map knows */

    if (!moved->ask && !op->replica) {
        c->map->slots[moved->slot] = (uint16_t) node;
    }

    op->read = 0;
    op->replica = 0;

    link = ngx_court_redis_cluster_link(c, node);

    if (link == NULL) {
        return NGX_COURT_REDIS_R_TELL;
    }

    ngx_court_redis_op_send(op, link, moved->ask);

    return NGX_COURT_REDIS_R_MOVED;
}


static ngx_court_redis_react_t
ngx_court_redis_cluster_error(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op, ngx_court_redis_link_t *link,
    const ngx_str_t *error)
{
    ngx_court_redis_moved_t     moved;
    ngx_court_redis_cluster_t  *c;

    c = redis->data;

    if (ngx_court_redis_moved(error, &moved) == NGX_OK) {
        return ngx_court_redis_cluster_moved(c, op, link, &moved);
    }

    if (op->replica) {
        op->read = 0;
        op->replica = 0;
        ngx_court_redis_op_route(op);
        return NGX_COURT_REDIS_R_MOVED;
    }

    if (ngx_court_redis_error_is(error, "TRYAGAIN")
        && op->hops++ < NGX_COURT_REDIS_HOPS)
    {
        op->next = c->again;
        c->again = op;

        if (!c->retry.timer_set) {
            ngx_add_timer(&c->retry, NGX_COURT_REDIS_TRYAGAIN);
        }

        return NGX_COURT_REDIS_R_MOVED;
    }

    if (ngx_court_redis_error_is(error, "CLUSTERDOWN")
        || ngx_court_redis_error_is(error, "READONLY"))
    {
        ngx_court_redis_cluster_want(c);
    }

    return NGX_COURT_REDIS_R_TELL;
}
