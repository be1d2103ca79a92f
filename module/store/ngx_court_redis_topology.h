/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside an instance: its operations, and what a topology (one server,
 * Sentinel, cluster) does for them.
 *
 * Whoever is inside a callback of a link must not free or open that very
 * link: topologies do so from their timer, or from another link's callback.
 */

#ifndef _NGX_COURT_REDIS_TOPOLOGY_H_INCLUDED_
#define _NGX_COURT_REDIS_TOPOLOGY_H_INCLUDED_

#include "ngx_court_redis.h"
#include "ngx_court_redis_link.h"
#include "ngx_court_state.h"


#define NGX_COURT_REDIS_HOPS       5      /* of one command */
#define NGX_COURT_REDIS_OPS        4096   /* of an instance at a time */
#define NGX_COURT_REDIS_SMALL      16     /* ring of a link of few commands */
#define NGX_COURT_REDIS_REPLICAS   4      /* used of one master */
#define NGX_COURT_REDIS_AGAIN      300    /* ms at most between attempts to
                                           * find a master */


typedef enum {
    NGX_COURT_REDIS_C_GET = 0,
    NGX_COURT_REDIS_C_WRITE,              /* SET, DEL */
    NGX_COURT_REDIS_C_ANY
} ngx_court_redis_kind_t;

typedef struct ngx_court_redis_op_s  ngx_court_redis_op_t;

struct ngx_court_redis_op_s {
    ngx_court_redis_op_t      *next;
    ngx_court_redis_t         *redis;
    ngx_court_redis_pt         handler;   /* GET, WRITE */
    ngx_court_redis_reply_pt   reply;     /* ANY */
    void                      *ctx;
    ngx_court_redis_kind_t     kind;
    ngx_msec_t                 start;
    ngx_msec_t                 timeout;
    ngx_uint_t                 hops;
    ngx_int_t                  slot;      /* of a cluster; -1: any */
    ngx_uint_t                 argc;
    ngx_str_t                  argv[NGX_COURT_REDIS_ARGS];
    u_char                    *copy;      /* their bytes; NULL: not kept */
    size_t                     size;
    unsigned                   read:1;
    unsigned                   noeviction:1;
    unsigned                   own:1;
    unsigned                   replica:1; /* it went to one */
};

/* what an error reply does to its connection */
typedef enum {
    NGX_COURT_REDIS_R_TELL = 0,           /* nothing: the caller is told */
    NGX_COURT_REDIS_R_CLOSE,              /* the server's role has changed */
    NGX_COURT_REDIS_R_MOVED               /* sent on already */
} ngx_court_redis_react_t;

typedef struct {
    ngx_int_t                (*start)(ngx_court_redis_t *redis);
    void                     (*stop)(ngx_court_redis_t *redis);
    /* NULL: nobody */
    ngx_court_redis_link_t  *(*route)(ngx_court_redis_t *redis,
                                 ngx_court_redis_op_t *op);
    ngx_court_redis_react_t  (*error)(ngx_court_redis_t *redis,
                                 ngx_court_redis_op_t *op,
                                 ngx_court_redis_link_t *link,
                                 const ngx_str_t *error);
    ngx_uint_t                 keep;      /* operations keep their bytes */
} ngx_court_redis_topology_t;

struct ngx_court_redis_s {
    ngx_court_redis_conf_t     conf;
    const ngx_court_redis_topology_t  *topology;
    void                      *data;      /* the topology's */
    ngx_court_redis_link_t    *own[NGX_COURT_REDIS_OWN];
    ngx_court_redis_op_t      *free;
    ngx_uint_t                 nops;
    ngx_court_redis_stats_t    stats;
    ngx_uint_t                 metric;
    unsigned                   started:1;
    unsigned                   broken:1;  /* said so in the log */
};

extern const ngx_court_redis_topology_t  ngx_court_redis_standalone;
extern const ngx_court_redis_topology_t  ngx_court_redis_sentinel;
extern const ngx_court_redis_topology_t  ngx_court_redis_cluster;


/* a link with the instance's settings, to addr; not yet open */
ngx_court_redis_link_t *ngx_court_redis_link_for(ngx_court_redis_t *redis,
    const ngx_court_redis_addr_t *addr, ngx_uint_t size);
/* other settings of a sentinel: its user, no database */
void ngx_court_redis_link_ask(ngx_court_redis_t *redis,
    ngx_court_redis_link_t *link);

/* one line in the log for each transition */
void ngx_court_redis_is_up(ngx_court_redis_t *redis);
void ngx_court_redis_is_down(ngx_court_redis_t *redis,
    ngx_court_redis_link_t *link, const char *why);

/* operations: ngx_court_redis_op.c */
ngx_court_redis_op_t *ngx_court_redis_op(ngx_court_redis_t *redis,
    const ngx_court_redis_cmd_t *cmd);
void ngx_court_redis_op_route(ngx_court_redis_op_t *op);
/* ends it as DOWN where the link does not take it; ask: with ASKING before */
void ngx_court_redis_op_send(ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, ngx_uint_t ask);
void ngx_court_redis_op_end(ngx_court_redis_op_t *op,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply,
    ngx_court_state_result_t how);
void ngx_court_redis_op_free(ngx_court_redis_t *redis);
ngx_uint_t ngx_court_redis_error_is(const ngx_str_t *error,
    const char *code);


#endif /* _NGX_COURT_REDIS_TOPOLOGY_H_INCLUDED_ */
