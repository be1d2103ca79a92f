/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a fact is looked for: zone -> Redis -> source, with the freshness
 * that is demanded, and one flight for each key within a worker however many
 * wait (ngx_court_flight.c; across workers: its depart/finish pair).
 */

#ifndef _NGX_COURT_TIER_H_INCLUDED_
#define _NGX_COURT_TIER_H_INCLUDED_

#include "ngx_court_fact.h"
#include "ngx_court_seal.h"
#include "ngx_court_zone.h"
#include "ngx_court_redis.h"
#include "ngx_court_fetch.h"
#include "ngx_court_state.h"
#include "ngx_court_flight_extend.h"


typedef enum {
    NGX_COURT_TIER_NONE = 0,
    NGX_COURT_TIER_ZONE,
    NGX_COURT_TIER_REDIS,
    NGX_COURT_TIER_SOURCE,
    NGX_COURT_TIER_STALE,                    /* beyond its ttl, in the zone */
    NGX_COURT_TIER_EXTENDED,                 /* by ngx_court_flight_extend.h */
    NGX_COURT_NTIERS
} ngx_court_tier_name_t;


/* a fact's place in the world: finished by configuration */
typedef struct {
    ngx_court_fact_t           fact;
    ngx_str_t                  source;       /* location uri */
    ngx_msec_t                 timeout;      /* 2s */
    ngx_uint_t                 max_fetches;  /* 64, under way in a worker */
    ngx_uint_t                 max_waiting;  /* 2000, in a worker */
    ngx_uint_t                 rate;         /* fetches/s per worker; 0 none */
    ngx_uint_t                 breaker_failures;  /* 20 */
    ngx_msec_t                 breaker_time;      /* 10s */

    /* worker state, not configuration */
    ngx_uint_t                 fetches;
    ngx_uint_t                 waiting;
    ngx_msec_t                 rate_last;
    ngx_uint_t                 rate_excess;  /* 1/1000 fetches, as limit_req */
    ngx_court_breaker_t        own;          /* where there is none to share */
    ngx_court_flight_source_t *shared;       /* NULL: nothing */

    ngx_uint_t                 metric;       /* name in the zone "state" */
} ngx_court_source_t;

#define ngx_court_source_breaker(source)                                      \
    ((source)->shared ? &(source)->shared->breaker : &(source)->own)

/* what is counted about a source, in this worker's line */
#define ngx_court_source_line(source)                                         \
    (&ngx_court_state_line->facts[(source)->metric])

typedef struct {
    ngx_court_zone_t          *facts;        /* found entries */
    ngx_court_zone_t          *negative;     /* "none" entries */
    ngx_court_redis_t         *redis;        /* NULL: shared memory alone */
    ngx_court_ring_t          *ring;         /* with redis */
    ngx_addr_t                *source_addr;  /* NULL: no source server */
    ngx_court_flight_zone_t   *flight;       /* NULL: each for itself */
    ngx_rbtree_t               flights;      /* worker state */
    ngx_rbtree_node_t          sentinel;
    ngx_queue_t                wakes;        /* answers on their way */
    ngx_queue_t                foreign;      /* flights that wait for another
                                              * worker's fetch */
    ngx_log_t                 *log;
    unsigned                   started:1;
    unsigned                   stopping:1;
} ngx_court_tiers_t;


/* what a waiter is told */
typedef struct {
    ngx_court_fact_state_t     state;
    ngx_court_tier_name_t      tier;
    int64_t                    fetched;      /* ms */
    ngx_str_t                  record;       /* during the call, or as below */
    const char                *why;          /* constant, unavailable only */
    unsigned                   overloaded:1; /* a bulkhead, not the source */
    unsigned                   old:1;        /* its source could not be
                                              * asked: see tier */
    unsigned                   stale:1;      /* and it is beyond its ttl */
    unsigned                   ripe:1;       /* near the end of its ttl */
    unsigned                   shared:1;     /* came from Redis once */
} ngx_court_found_t;


/*
 * One who waits.  Embedded in memory of the waiter's; linked while waiting.
 * wake is called exactly once unless ngx_court_waiter_cancel came first, and
 * never from inside ngx_court_tier_get.
 */
typedef struct ngx_court_waiter_s  ngx_court_waiter_t;
struct ngx_court_waiter_s {
    ngx_queue_t                queue;
    void                      *flight;       /* NULL: not waiting */
    void                     (*wake)(ngx_court_waiter_t *waiter,
                                   const ngx_court_found_t *found);
    void                      *data;

    /* set by tier_get */
    ngx_court_tiers_t         *tiers;
    u_char                     key[NGX_COURT_SHA256_LEN];
    ngx_court_source_t        *source;
    ngx_str_t                  at;
    int64_t                    not_before;
    unsigned                   no_l2:1;
    unsigned                   strict:1;
};

typedef struct {
    ngx_court_source_t        *source;
    const ngx_str_t           *keys;         /* source->fact.nkeys of them */
    const ngx_str_t           *court;        /* where court_scope, else NULL */
    ngx_str_t                  at;           /* the court that is asked, for
                                              * as long as one waits */
    int64_t                    not_before;   /* ms: an entry fetched earlier
                                              * does not serve, and a flight
                                              * begun earlier is not joined */
    unsigned                   no_l2:1;      /* interface with confirmed */
    unsigned                   strict:1;     /* not_before holds whatever is
                                              * extended */
} ngx_court_ask_t;

/*
 * Looks the fact up.  NGX_OK: answered at once, found filled, record copied
 * to pool.  NGX_AGAIN: waiter is linked and will be woken.  NGX_ERROR: own
 * fault (no memory).  A full bulkhead or open breaker answers at once with
 * state unavailable.
 */
ngx_int_t ngx_court_tier_get(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, ngx_pool_t *pool,
    ngx_court_found_t *found, ngx_court_waiter_t *waiter);

/*
 * What is known under key is no more true: it goes from the zones and from
 * Redis, no answer to a question asked before now is kept, and whoever asks
 * from now on gets a later one.  NGX_BUSY: a lock could not be had, but what
 * is left there does not serve.  Redis' part is not waited for.  Also without
 * a fact's source on this machine: fact says where it stands in Redis.
 */
ngx_int_t ngx_court_tier_invalidate(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key);
/* all of it but Redis' part, for who asks Redis himself and waits */
ngx_int_t ngx_court_tier_forget(ngx_court_tiers_t *tiers, const u_char *key);
/* the first half of it: for who takes it from the caches himself */
void ngx_court_tier_mark(ngx_court_tiers_t *tiers, const u_char *key);

/*
 * He waits no longer, since his time is over: NGX_OK, found is what is left
 * of old, where that may serve him; NGX_DECLINED; NGX_ERROR.
 */
ngx_int_t ngx_court_tier_late(ngx_court_waiter_t *waiter, ngx_pool_t *pool,
    ngx_court_found_t *found);

/* the waiter goes; the flight goes on for the others and for the cache */
void ngx_court_waiter_cancel(ngx_court_waiter_t *waiter);

/*
 * init_process / exit_process.  start also starts tiers->redis; stop stops it
 * and all fetches, and lets go of all waiters without waking them.
 */
ngx_int_t ngx_court_tiers_start(ngx_court_tiers_t *tiers, ngx_cycle_t *cycle);
void ngx_court_tiers_stop(ngx_court_tiers_t *tiers);


#endif /* _NGX_COURT_TIER_H_INCLUDED_ */
