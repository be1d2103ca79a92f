/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An answer on its way to those who wait for it: told from the event loop, a
 * few in a turn, never from inside the call that brought it.
 */

#ifndef _NGX_COURT_FLIGHT_WAKE_H_INCLUDED_
#define _NGX_COURT_FLIGHT_WAKE_H_INCLUDED_

#include "ngx_court_tier.h"


/* how many are resumed in one turn of the event loop */
#define NGX_COURT_WAKES  32

/* an answer on its way to those who wait */
typedef struct {
    ngx_queue_t                queue;         /* tiers->wakes */
    ngx_queue_t                waiters;
    ngx_event_t                event;
    ngx_court_found_t          found;
    ngx_pool_t                *pool;          /* destroyed at the end */
} ngx_court_wake_t;


ngx_court_wake_t *ngx_court_wake_create(ngx_pool_t *pool, ngx_log_t *log);

/* waiters and found are set; the rest happens by itself */
void ngx_court_wake_post(ngx_court_tiers_t *tiers, ngx_court_wake_t *wake);

/* an answer that a request gets, and a request that waits or no longer does,
 * are counted (ngx_court_tier_count.c) */
void ngx_court_tier_count(ngx_court_source_t *source,
    const ngx_court_found_t *found);
void ngx_court_tier_waits(ngx_court_source_t *source, ngx_int_t n);

/* lets go of all who are still to be told */
void ngx_court_wakes_stop(ngx_court_tiers_t *tiers);


#endif /* _NGX_COURT_FLIGHT_WAKE_H_INCLUDED_ */
