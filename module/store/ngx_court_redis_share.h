/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the workers of a machine tell each other about Redis servers, in the
 * zone "state": that one is hung, so that each of them need not find out by
 * itself; and whose turn it is to ask for the map of a cluster.
 *
 * No lock: a cell is taken by one compare-and-swap of its key and never
 * given back; where no cell is left nothing is shared.  Times are nginx's
 * monotonic ms, the same in all processes of the machine.
 */

#ifndef _NGX_COURT_REDIS_SHARE_H_INCLUDED_
#define _NGX_COURT_REDIS_SHARE_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_REDIS_SHARES     256       /* cells, a power of two */
#define NGX_COURT_REDIS_HUNG       1000      /* ms that a report holds */
#define NGX_COURT_REDIS_REFRESH    1000      /* ms between two maps */

typedef struct ngx_court_redis_share_s {
    uint64_t                   key;          /* 0: free */
    uint64_t                   until;        /* ms; hung until then */
    uint64_t                   turn;         /* ms of the last turn */
    uint64_t                   pad;
} ngx_court_redis_share_t;


/* init_process; cells is in shared memory or NULL */
void ngx_court_redis_share_init(ngx_court_redis_share_t *cells);
/* the cell of an instance and what it means there; NULL: none */
ngx_court_redis_share_t *ngx_court_redis_share_find(const ngx_str_t *name,
    const ngx_str_t *what);

void ngx_court_redis_share_hang(ngx_court_redis_share_t *share);
void ngx_court_redis_share_answers(ngx_court_redis_share_t *share);
ngx_uint_t ngx_court_redis_share_hung(const ngx_court_redis_share_t *share);

/* 0: it is ours now; else ms to wait.  NULL: always ours */
ngx_msec_t ngx_court_redis_share_turn(ngx_court_redis_share_t *share);


#endif /* _NGX_COURT_REDIS_SHARE_H_INCLUDED_ */
