/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Flights of several workers for one key: one of them fetches, the others
 * wait for what it leaves in the zones.
 */

#include "ngx_court_flight.h"
#include "ngx_court_flight_bell.h"
#include "ngx_court_tier_cache.h"


/* ms beyond the source's timeout: then its owner is taken for lost */
#define NGX_COURT_FLIGHT_LATE  500


static void ngx_court_flight_look(void *data);


void
ngx_court_flight_share_start(ngx_court_tiers_t *tiers)
{
    ngx_queue_init(&tiers->foreign);

    if (tiers->flight) {
        ngx_court_bell_start(ngx_court_flight_look, tiers, tiers->log);
    }
}


void
ngx_court_flight_share_stop(ngx_court_tiers_t *tiers)
{
    ngx_queue_t         *q;
    ngx_court_flight_t  *flight;

    while (!ngx_queue_empty(&tiers->foreign)) {
        q = ngx_queue_head(&tiers->foreign);
        flight = ngx_queue_data(q, ngx_court_flight_t, queue);
        ngx_queue_remove(q);

        flight->seat.index = 0;
        ngx_court_flight_unavailable(flight, "the worker ends", 0);
    }

    if (tiers->flight) {
        ngx_court_bell_stop();
    }
}


ngx_int_t
ngx_court_flight_depart(ngx_court_flight_t *flight)
{
    ngx_int_t           rc;
    ngx_court_tiers_t  *tiers;

    tiers = flight->tiers;

    flight->seat.index = 0;
    flight->sequence = ngx_court_tier_sequence(tiers);
    flight->fetched = ngx_court_flight_now();

    if (tiers->flight == NULL) {
        return NGX_OK;
    }

    rc = ngx_court_seat_take(tiers->flight, flight->key, flight->fetched,
                             ngx_current_msec,
                             ngx_current_msec + flight->source->timeout
                             + NGX_COURT_FLIGHT_LATE,
                             ngx_court_bell_bit(), &flight->seat);

    if (rc == NGX_DECLINED) {
        flight->seat.index = 0;
        return NGX_OK;
    }

    if (rc != NGX_AGAIN) {
        return NGX_OK;
    }

    flight->fetched = flight->seat.fetched;

    if (flight->refresh && ngx_queue_empty(&flight->waiters)) {
        flight->seat.index = 0;
        return NGX_DECLINED;
    }

    ngx_queue_insert_tail(&tiers->foreign, &flight->queue);
    ngx_court_bell_poll();

    return NGX_AGAIN;
}


/*
 * A worker that ends closes its fetches: that says nothing about the source,
 * so another one asks again.
 */

void
ngx_court_flight_finish(ngx_court_flight_t *flight, ngx_uint_t state)
{
    if (flight->seat.index == 0) {
        return;
    }

    if (state == NGX_COURT_SEAT_FAILED
        && (flight->tiers->stopping || ngx_exiting || ngx_terminate))
    {
        state = NGX_COURT_SEAT_LOST;
    }

    ngx_court_bell_ring(ngx_court_seat_finish(flight->tiers->flight,
                                              &flight->seat, state,
                                              ngx_current_msec));
    flight->seat.index = 0;
}


/* rung, or polled: what has become of those that others fetch? */

static void
ngx_court_flight_look(void *data)
{
    ngx_court_tiers_t *tiers = data;

    ngx_queue_t             *q, *next;
    ngx_court_flight_t      *flight;
    ngx_court_seat_state_t   state;

    for (q = ngx_queue_head(&tiers->foreign);
         q != ngx_queue_sentinel(&tiers->foreign);
         q = next)
    {
        next = ngx_queue_next(q);
        flight = ngx_queue_data(q, ngx_court_flight_t, queue);

        state = ngx_court_seat_look(tiers->flight, &flight->seat,
                                    ngx_current_msec);

        if (state == NGX_COURT_SEAT_FLYING) {
            continue;
        }

        ngx_queue_remove(q);
        flight->seat.index = 0;

        ngx_court_flight_landed(flight, state);
    }

    if (!ngx_queue_empty(&tiers->foreign)) {
        ngx_court_bell_poll();
    }
}
