/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_source.h"


#define NGX_COURT_SOURCE_UNIT  1000       /* of rate_excess: one fetch */


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


ngx_int_t
ngx_court_source_look(const ngx_court_source_t *source, ngx_msec_t now,
    const char **why)
{
    if (source->open
        && (source->probing
            || (ngx_msec_int_t) (source->open_until - now) > 0))
    {
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


ngx_int_t
ngx_court_source_take(ngx_court_source_t *source, ngx_msec_t now,
    const char **why)
{
    ngx_int_t  rc;

    rc = ngx_court_source_look(source, now, why);

    if (rc != NGX_OK) {
        return rc;
    }

    if (source->rate) {
        source->rate_excess = ngx_court_source_excess(source, now)
                              + NGX_COURT_SOURCE_UNIT;
        source->rate_last = now;
    }

    if (source->open) {
        source->probing = 1;
    }

    source->fetches++;

    return NGX_OK;
}


ngx_court_source_change_t
ngx_court_source_result(ngx_court_source_t *source, ngx_uint_t ok,
    ngx_msec_t now)
{
    ngx_uint_t  open, probing;

    source->fetches--;

    open = source->open;
    probing = source->probing;

    if (ok) {
        source->failures = 0;
        source->open = 0;
        source->probing = 0;

        return open ? NGX_COURT_SOURCE_CLOSED : NGX_COURT_SOURCE_SAME;
    }

    source->failures++;

    if (source->breaker_failures == 0
        || source->failures < source->breaker_failures)
    {
        return NGX_COURT_SOURCE_SAME;
    }

    if (!open || probing) {
        source->open = 1;
        source->probing = 0;
        source->open_until = now + source->breaker_time;
    }

    return open ? NGX_COURT_SOURCE_SAME : NGX_COURT_SOURCE_OPENED;
}
