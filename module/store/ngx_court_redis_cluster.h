/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the two files of a cluster share: commands and links
 * (ngx_court_redis_cluster.c), and asking for its map
 * (ngx_court_redis_cluster_map.c).
 */

#ifndef _NGX_COURT_REDIS_CLUSTER_H_INCLUDED_
#define _NGX_COURT_REDIS_CLUSTER_H_INCLUDED_

#include "ngx_court_redis_topology.h"
#include "ngx_court_redis_slots.h"


typedef struct {
    ngx_court_redis_t         *redis;
    ngx_court_redis_link_t    *ask;
    ngx_court_redis_map_t     *map;        /* NULL: none yet */
    ngx_court_redis_map_t     *spare;
    ngx_court_redis_link_t    *links[NGX_COURT_REDIS_NODES];
    ngx_uint_t                 turn;       /* whom to ask */
    ngx_uint_t                 failed;     /* in a row */
    ngx_event_t                timer;
    ngx_event_t                retry;
    ngx_court_redis_op_t      *again;      /* TRYAGAIN */
    ngx_court_redis_backoff_t  backoff;
    ngx_court_redis_share_t   *share;
    unsigned                   asking:1;
    unsigned                   wanted:1;   /* a new map */
} ngx_court_redis_cluster_t;


/* a new map, soon */
void ngx_court_redis_cluster_want(ngx_court_redis_cluster_t *c);
/* handler of the timer */
void ngx_court_redis_cluster_ask(ngx_event_t *ev);
void ngx_court_redis_cluster_ask_up(ngx_court_redis_link_t *link);
void ngx_court_redis_cluster_ask_down(ngx_court_redis_link_t *link,
    const char *why);

/* the map in spare becomes the one that is used */
void ngx_court_redis_cluster_apply(ngx_court_redis_cluster_t *c);


#endif /* _NGX_COURT_REDIS_CLUSTER_H_INCLUDED_ */
