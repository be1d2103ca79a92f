/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_source.h"


#define NGX_COURT_SOURCE_UNIT  1000       /* of rate_excess: one fetch */

/* ms beyond the source's timeout: who probes may have died meanwhile */
#define NGX_COURT_SOURCE_PROBE 1000


/* what is left of earlier fetches, drained at rate a second */

static ngx_uint_t
ngx_court_source_excess(const ngx_court_source_t *source, ngx_msec_t now)
{
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) (now - source->rate_last);

    if (ms < 0) {
        ms = 0;
    }

    if (ms >= 1000
        || source->rate * (ngx_uint_t) ms >= source->rate_excess)
    {
        return 0;
    }

    return source->rate_excess - source->rate * (ngx_uint_t) ms;
}


/* open, and it is nobody's turn to probe */

static ngx_uint_t
ngx_court_source_shut(ngx_court_breaker_t *breaker, ngx_msec_t now)
{
    return breaker->open
           && ((ngx_msec_int_t) ((ngx_msec_t) breaker->until - now) > 0
               || ((breaker->probe & 1)
                   && (ngx_msec_int_t) ((ngx_msec_t) breaker->probe_until
                                        - now) > 0));
}


ngx_int_t
ngx_court_source_look(ngx_court_source_t *source, ngx_msec_t now,
    const char **why)
{
    if (ngx_court_source_shut(ngx_court_source_breaker(source), now)) {
        *why = "the breaker is open";
        return NGX_DECLINED;
    }

    if (source->max_fetches && source->fetches >= source->max_fetches) {
        *why = "too many fetches";
        return NGX_BUSY;
    }

    /* a second's worth may come at once */

    if (source->rate
        && ngx_court_source_excess(source, now) + NGX_COURT_SOURCE_UNIT
           > source->rate * NGX_COURT_SOURCE_UNIT)
    {
        *why = "too many fetches in a second";
        return NGX_BUSY;
    }

    return NGX_OK;
}


/* of all workers that find it half open one probes */

static ngx_int_t
ngx_court_source_probe(ngx_court_source_t *source, ngx_msec_t now)
{
    ngx_atomic_uint_t     probe;
    ngx_court_breaker_t  *breaker;

    breaker = ngx_court_source_breaker(source);
    probe = breaker->probe;

    if (ngx_court_source_shut(breaker, now)) {
        return NGX_DECLINED;
    }

    breaker->probe_until = now + source->timeout + NGX_COURT_SOURCE_PROBE;
    ngx_memory_barrier();

    return ngx_atomic_cmp_set((ngx_atomic_t *) &breaker->probe, probe,
                              probe + 1 + (probe & 1))
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_source_take(ngx_court_source_t *source, ngx_msec_t now,
    const char **why)
{
    ngx_int_t  rc;

    rc = ngx_court_source_look(source, now, why);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_court_source_breaker(source)->open
        && ngx_court_source_probe(source, now) != NGX_OK)
    {
        *why = "the breaker is open";
        return NGX_DECLINED;
    }

    if (source->rate) {
        source->rate_excess = ngx_court_source_excess(source, now)
                              + NGX_COURT_SOURCE_UNIT;
        source->rate_last = now;
    }

    source->fetches++;

    return NGX_OK;
}


ngx_court_source_change_t
ngx_court_source_result(ngx_court_source_t *source, ngx_uint_t ok,
    ngx_msec_t now)
{
    ngx_atomic_uint_t     probe, failures;
    ngx_court_breaker_t  *breaker;

    source->fetches--;

    breaker = ngx_court_source_breaker(source);
    probe = breaker->probe;

    if (ok) {
        breaker->failures = 0;

        if (!ngx_atomic_cmp_set((ngx_atomic_t *) &breaker->open, 1, 0)) {
            return NGX_COURT_SOURCE_SAME;
        }

        breaker->probe = probe + (probe & 1);

        return NGX_COURT_SOURCE_CLOSED;
    }

    failures = ngx_atomic_fetch_add((ngx_atomic_t *) &breaker->failures, 1)
               + 1;

    if (source->breaker_failures == 0 || failures < source->breaker_failures) {
        return NGX_COURT_SOURCE_SAME;
    }

    if (breaker->open && !(probe & 1)) {
        return NGX_COURT_SOURCE_SAME;
    }

    breaker->until = now + source->breaker_time;
    breaker->probe = probe + (probe & 1);
    ngx_memory_barrier();

    /* said once, by the worker that opened it */

    return ngx_atomic_cmp_set((ngx_atomic_t *) &breaker->open, 0, 1)
           ? NGX_COURT_SOURCE_OPENED : NGX_COURT_SOURCE_SAME;
}
