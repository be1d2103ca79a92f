/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight_wake.h"


static void ngx_court_wake_event(ngx_event_t *ev);
static void ngx_court_wake_tell(ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found);


ngx_court_wake_t *
ngx_court_wake_create(ngx_pool_t *pool, ngx_log_t *log)
{
    ngx_court_wake_t  *wake;

    wake = ngx_pcalloc(pool, sizeof(ngx_court_wake_t));
    if (wake == NULL) {
        return NULL;
    }

    ngx_queue_init(&wake->waiters);

    wake->pool = pool;
    wake->event.handler = ngx_court_wake_event;
    wake->event.data = wake;
    wake->event.log = log;

    return wake;
}


void
ngx_court_wake_post(ngx_court_tiers_t *tiers, ngx_court_wake_t *wake)
{
    ngx_queue_insert_tail(&tiers->wakes, &wake->queue);
    ngx_post_event(&wake->event, &ngx_posted_events);
}


/*
 * One is taken off at a time: a wake may cancel any other, or ask anew.
 * Resuming thousands of requests in one turn would hold all others.
 */

static void
ngx_court_wake_event(ngx_event_t *ev)
{
    ngx_uint_t         n;
    ngx_queue_t       *q;
    ngx_court_wake_t  *wake;

    wake = ev->data;

    for (n = 0; n < NGX_COURT_WAKES; n++) {

        if (ngx_queue_empty(&wake->waiters)) {
            ngx_queue_remove(&wake->queue);
            ngx_destroy_pool(wake->pool);
            return;
        }

        q = ngx_queue_head(&wake->waiters);
        ngx_queue_remove(q);

        ngx_court_wake_tell(ngx_queue_data(q, ngx_court_waiter_t, queue),
                              &wake->found);
    }

    ngx_post_event(ev, &ngx_posted_next_events);
}


static void
ngx_court_wake_tell(ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found)
{
    ngx_court_found_t    old;
    ngx_court_source_t  *source;

    source = waiter->source;
    ngx_court_tier_waits(source, -1);
    waiter->flight = NULL;

    /* whatever went before: nobody gets an answer older than he demands, but
     * by an extension */

    if (found->state != NGX_COURT_F_UNAVAILABLE
        && (found->tier != NGX_COURT_TIER_EXTENDED || waiter->strict)
        && waiter->not_before > found->fetched)
    {
        ngx_memzero(&old, sizeof(ngx_court_found_t));
        old.state = NGX_COURT_F_UNAVAILABLE;
        old.why = "no second flight";
        found = &old;
    }

    ngx_court_tier_count(source, found);

    waiter->wake(waiter, found);
}


void
ngx_court_wakes_stop(ngx_court_tiers_t *tiers)
{
    ngx_queue_t         *q;
    ngx_court_wake_t    *wake;
    ngx_court_waiter_t  *waiter;

    while (!ngx_queue_empty(&tiers->wakes)) {
        q = ngx_queue_head(&tiers->wakes);
        ngx_queue_remove(q);
        wake = ngx_queue_data(q, ngx_court_wake_t, queue);

        if (wake->event.posted) {
            ngx_delete_posted_event(&wake->event);
        }

        while (!ngx_queue_empty(&wake->waiters)) {
            q = ngx_queue_head(&wake->waiters);
            ngx_queue_remove(q);
            waiter = ngx_queue_data(q, ngx_court_waiter_t, queue);
            waiter->flight = NULL;
            ngx_court_tier_waits(waiter->source, -1);
        }

        ngx_destroy_pool(wake->pool);
    }
}
