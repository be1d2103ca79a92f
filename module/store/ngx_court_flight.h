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
    ngx_str_t                  under;         /* a name that it is asked for */
    ngx_uint_t                 names;         /* tried */
    ngx_queue_t                waiters;
    int64_t                    fetched;       /* start of the fetch, or 0 */
    uint64_t                   began;         /* the same, ns of a clock that
                                               * nobody sets */
    ngx_court_wake_t          *wake;          /* for the landing */
    uint64_t                   sequence;      /* of invalidations, then */
    ngx_court_seat_ref_t       seat;          /* in the zone "flight" */
    ngx_queue_t                queue;         /* tiers->foreign */
    ngx_uint_t                 again;         /* so many before this one */
    int64_t                    newer;         /* ms: nothing that was fetched
                                               * earlier ends it */
    unsigned                   has_court:1;
    unsigned                   in_l2:1;       /* Redis may hold an old one */
    unsigned                   refresh:1;     /* begun for nobody */
    unsigned                   asked:1;       /* the source, by us */
} ngx_court_flight_t;

/* invalidated while it was asked for: how often it is asked again */
#define NGX_COURT_FLIGHT_AGAIN  3


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


/* ngx_court_flight_store.c: what the source said goes to zones and Redis */
void ngx_court_flight_store(ngx_court_flight_t *flight,
    const ngx_court_found_t *found);

/* ngx_court_flight_serve.c: tells those for whom this is good enough, and
 * says how many are left */
ngx_uint_t ngx_court_flight_deliver(ngx_court_flight_t *flight,
    const ngx_court_found_t *found, ngx_uint_t shared);
/* the same with what the zones hold.  NGX_OK: it ends the flight, found is
 * the rest's, too; NGX_DECLINED */
ngx_int_t ngx_court_flight_look_up(ngx_court_flight_t *flight,
    ngx_court_found_t *found);
/* where nobody knows: with what is old, for those who may have it */
void ngx_court_flight_stale(ngx_court_flight_t *flight);

/* nobody knows; the flight ends */
void ngx_court_flight_unavailable(ngx_court_flight_t *flight,
    const char *why, ngx_uint_t overloaded);
/* another worker's fetch, for which it waited, has come to this end */
void ngx_court_flight_landed(ngx_court_flight_t *flight, ngx_uint_t state);
/* ms since 1970 */
int64_t ngx_court_flight_now(void);


/*
 * ngx_court_flight_share.c, across workers.  depart: NGX_OK, this worker
 * fetches; NGX_AGAIN, another one does, and ngx_court_flight_landed will
 * follow; NGX_DECLINED, the same for a refresh: not needed.  finish: our
 * fetch has ended, state is a ngx_court_seat_state_t.
 */
ngx_int_t ngx_court_flight_depart(ngx_court_flight_t *flight);
void ngx_court_flight_finish(ngx_court_flight_t *flight, ngx_uint_t state);

void ngx_court_flight_share_start(ngx_court_tiers_t *tiers);
void ngx_court_flight_share_stop(ngx_court_tiers_t *tiers);


#endif /* _NGX_COURT_FLIGHT_H_INCLUDED_ */
