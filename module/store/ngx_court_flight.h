/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A flight looks one fact up, in Redis and then at its source, for however
 * many wait for it.  One for each key in a worker; who demands an answer
 * fresher than the one under way waits for a second, begun when the first
 * has landed.  A flight has its own pool and belongs to no request: it goes
 * on for the cache when all who waited are gone.
 */

#ifndef _NGX_COURT_FLIGHT_H_INCLUDED_
#define _NGX_COURT_FLIGHT_H_INCLUDED_

#include "ngx_court_flight_wake.h"
#include "ngx_court_source.h"


typedef struct {
    ngx_rbtree_node_t          node;
    u_char                     key[NGX_COURT_SHA256_LEN];
    ngx_pool_t                *pool;
    ngx_court_tiers_t         *tiers;
    ngx_court_source_t        *source;
    ngx_str_t                  keys[NGX_COURT_FACT_KEYS];
    ngx_str_t                  court;
    ngx_str_t                  name;          /* in Redis; "": not asked */
    ngx_queue_t                waiters;
    int64_t                    fetched;       /* start of the fetch, or 0 */
    uint64_t                   began;         /* the same, ns of a clock that
                                               * nobody sets */
    ngx_court_wake_t          *wake;          /* for the landing */
    unsigned                   has_court:1;
    unsigned                   in_l2:1;       /* Redis may hold an old one */
} ngx_court_flight_t;


ngx_court_flight_t *ngx_court_flight_find(ngx_court_tiers_t *tiers,
    const u_char *key);
ngx_court_flight_t *ngx_court_flight_create(ngx_court_tiers_t *tiers,
    ngx_court_source_t *source, const u_char *key, const ngx_str_t *keys,
    const ngx_str_t *court);

void ngx_court_flight_join(ngx_court_flight_t *flight,
    ngx_court_waiter_t *waiter);

/* begins; may have landed on return, those who wait are told later */
void ngx_court_flight_run(ngx_court_flight_t *flight, ngx_uint_t no_l2);

/* ngx_court_tier_count.c: a fetch has begun; it has ended, and its source is
 * told */
void ngx_court_flight_gauge(ngx_court_source_t *source);
ngx_court_source_change_t ngx_court_flight_result(ngx_court_flight_t *flight,
    ngx_court_fact_state_t state);


/*
 * Across workers.  depart: NGX_OK, this worker fetches; finish: its fetch
 * has ended.  Until there is a zone for it each worker fetches for itself.
 */
ngx_int_t ngx_court_flight_depart(ngx_court_flight_t *flight);
void ngx_court_flight_finish(ngx_court_flight_t *flight,
    const ngx_court_found_t *found);


#endif /* _NGX_COURT_FLIGHT_H_INCLUDED_ */
