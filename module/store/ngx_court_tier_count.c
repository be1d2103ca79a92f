/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is counted about facts and their sources.
 */

#include "ngx_court_flight.h"


void
ngx_court_tier_count(ngx_court_source_t *source,
    const ngx_court_found_t *found)
{
    ngx_court_tier_name_t  tier;

    tier = found->tier;

    ngx_court_count(&ngx_court_source_line(source)
                        ->answers[tier][found->state - NGX_COURT_F_FOUND]);
}


void
ngx_court_tier_waits(ngx_court_source_t *source, ngx_int_t n)
{
    source->waiting += n;

    ngx_court_set(&ngx_court_source_line(source)->waiters, source->waiting);
}


/* the one that limits fetches says how many there are, and if it is open */

void
ngx_court_flight_gauge(ngx_court_source_t *source)
{
    ngx_court_state_fact_t  *line;

    line = ngx_court_source_line(source);

    ngx_court_set(&line->in_flight, source->fetches);
    ngx_court_set(&line->open, ngx_court_source_breaker(source)->open);
}


/* a fetch has ended */

ngx_court_source_change_t
ngx_court_flight_result(ngx_court_flight_t *flight,
    ngx_court_fact_state_t state)
{
    ngx_court_state_fact_t     *line;
    ngx_court_source_change_t   change;

    change = ngx_court_source_result(flight->source,
                                     state != NGX_COURT_F_UNAVAILABLE,
                                     ngx_current_msec);

    line = ngx_court_source_line(flight->source);

    ngx_court_count(&line->fetches[state - NGX_COURT_F_FOUND]);
    ngx_court_histogram_add(&line->seconds,
                            ngx_court_state_clock() - flight->began);
    ngx_court_flight_gauge(flight->source);

    return change;
}
