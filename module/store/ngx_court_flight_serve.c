/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Some of those who wait are told before the flight ends: whom an older
 * answer serves.
 */

#include "ngx_court_flight.h"
#include "ngx_court_tier_cache.h"


/* may this serve him?  shared: it came from Redis */

static ngx_uint_t
ngx_court_flight_serves(const ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found, ngx_uint_t shared)
{
    if (found->old) {
        return ngx_court_tier_old_serves(waiter, found,
                                         ngx_court_flight_now())
               == found->tier;
    }

    return waiter->not_before <= found->fetched
           && !(waiter->no_l2 && shared);
}


/* those are told by a wake of their own, with a copy of the record */

static void
ngx_court_flight_tell(ngx_court_flight_t *flight,
    const ngx_court_found_t *found, ngx_uint_t shared)
{
    ngx_pool_t          *pool;
    ngx_queue_t         *q, *next;
    ngx_court_wake_t    *wake;
    ngx_court_waiter_t  *waiter;

    pool = ngx_create_pool(1024, flight->tiers->log);
    if (pool == NULL) {
        return;
    }

    wake = ngx_court_wake_create(pool, flight->tiers->log);
    if (wake == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    wake->found = *found;
    wake->found.record.data = ngx_pnalloc(pool, found->record.len + 1);

    if (wake->found.record.data == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    if (found->record.len) {
        ngx_memcpy(wake->found.record.data, found->record.data,
                   found->record.len);
    }

    for (q = ngx_queue_head(&flight->waiters);
         q != ngx_queue_sentinel(&flight->waiters);
         q = next)
    {
        next = ngx_queue_next(q);
        waiter = ngx_queue_data(q, ngx_court_waiter_t, queue);

        if (ngx_court_flight_serves(waiter, found, shared)) {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&wake->waiters, q);
        }
    }

    if (ngx_queue_empty(&wake->waiters)) {
        ngx_destroy_pool(pool);
        return;
    }

    ngx_court_wake_post(flight->tiers, wake);
}


ngx_uint_t
ngx_court_flight_deliver(ngx_court_flight_t *flight,
    const ngx_court_found_t *found, ngx_uint_t shared)
{
    ngx_uint_t           n, left;
    ngx_queue_t         *q;
    ngx_court_waiter_t  *waiter;

    n = 0;
    left = 0;

    for (q = ngx_queue_head(&flight->waiters);
         q != ngx_queue_sentinel(&flight->waiters);
         q = ngx_queue_next(q))
    {
        waiter = ngx_queue_data(q, ngx_court_waiter_t, queue);

        if (ngx_court_flight_serves(waiter, found, shared)) {
            n++;

        } else {
            left++;
        }
    }

    /* all: the flight ends with it; else the others go on waiting, and where
     * there is no memory all of them do */

    if (left && n) {
        ngx_court_flight_tell(flight, found, shared);
    }

    return left;
}


ngx_int_t
ngx_court_flight_look_up(ngx_court_flight_t *flight,
    ngx_court_found_t *found)
{
    uint64_t          sequence;
    ngx_court_ask_t   ask;

    ngx_memzero(&ask, sizeof(ngx_court_ask_t));
    ask.source = flight->source;
    ask.not_before = flight->newer;

    sequence = ngx_court_tier_sequence(flight->tiers);

    if (ngx_court_tier_zones_get(flight->tiers, &ask, flight->key,
                                 ngx_court_flight_now(), flight->pool, found)
        != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ngx_court_flight_deliver(flight, found, found->shared)) {
        return NGX_DECLINED;
    }

    flight->sequence = sequence;
    flight->fetched = found->fetched;

    return NGX_OK;
}


void
ngx_court_flight_stale(ngx_court_flight_t *flight)
{
    ngx_uint_t         i;
    ngx_court_found_t  found;

    static const ngx_court_tier_name_t  as[] = {
        NGX_COURT_TIER_ZONE, NGX_COURT_TIER_STALE, NGX_COURT_TIER_EXTENDED
    };

    if (ngx_queue_empty(&flight->waiters)
        || ngx_court_tier_old_get(flight->tiers, flight->source, flight->key,
                                  ngx_court_flight_now(), flight->pool,
                                  &found)
           != NGX_OK)
    {
        return;
    }

    for (i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
        found.tier = as[i];
        ngx_court_flight_tell(flight, &found, found.shared);
    }
}
