/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The map of a Redis cluster: which node has which of 16384 slots.  Read from
 * CLUSTER SLOTS; nodes that are not in it are followed nowhere.  Pure.
 */

#ifndef _NGX_COURT_REDIS_SLOTS_H_INCLUDED_
#define _NGX_COURT_REDIS_SLOTS_H_INCLUDED_

#include "ngx_court_redis_proto.h"


#define NGX_COURT_REDIS_SLOTS      16384
#define NGX_COURT_REDIS_NODES      128
#define NGX_COURT_REDIS_NODE_HOST  255
#define NGX_COURT_REDIS_NODE_REPLICAS  4     /* used of one master */
#define NGX_COURT_REDIS_NO_NODE    0xffff

typedef struct {
    u_char                     host[NGX_COURT_REDIS_NODE_HOST];
    size_t                     len;
    ngx_uint_t                 port;
    ngx_uint_t                 master;       /* has slots */
    ngx_uint_t                 nreplicas;
    uint16_t                   replicas[NGX_COURT_REDIS_NODE_REPLICAS];
} ngx_court_redis_node_t;

typedef struct {
    ngx_uint_t                 nnodes;
    ngx_uint_t                 covered;      /* slots that have a node */
    ngx_court_redis_node_t     nodes[NGX_COURT_REDIS_NODES];
    uint16_t                   slots[NGX_COURT_REDIS_SLOTS];
} ngx_court_redis_map_t;

typedef struct {
    ngx_uint_t                 slot;
    ngx_str_t                  host;         /* in the error; may be empty */
    ngx_uint_t                 port;
    unsigned                   ask:1;
} ngx_court_redis_moved_t;


/* CRC16 (XMODEM) of the key or of what stands in its first {} */
ngx_uint_t ngx_court_redis_slot(const ngx_str_t *key);

/*
 * asked: the host that sent it, for nodes without one.  NGX_OK; NGX_ERROR:
 * not such a reply, out of bounds, or without a single slot.
 */
ngx_int_t ngx_court_redis_map_parse(ngx_court_redis_map_t *map,
    const ngx_court_redis_reply_t *reply, const ngx_str_t *asked);
/* index, or NGX_COURT_REDIS_NO_NODE */
ngx_uint_t ngx_court_redis_map_find(const ngx_court_redis_map_t *map,
    const ngx_str_t *host, ngx_uint_t port);

/* "MOVED slot host:port", "ASK ..."; NGX_DECLINED: another error */
ngx_int_t ngx_court_redis_moved(const ngx_str_t *error,
    ngx_court_redis_moved_t *moved);


#endif /* _NGX_COURT_REDIS_SLOTS_H_INCLUDED_ */
