/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Invalidation against filling.  Who invalidates marks first and deletes
 * then; who fills stores first and looks for a mark then.  So whichever way
 * the two meet, one of them takes the old answer away.
 */

#include "ngx_court_tier_cache.h"


uint64_t
ngx_court_tier_sequence(const ngx_court_tiers_t *tiers)
{
    return tiers->flight ? ngx_court_mark_sequence(tiers->flight) : 0;
}


ngx_uint_t
ngx_court_tier_invalid(const ngx_court_tiers_t *tiers, const u_char *key,
    uint64_t sequence)
{
    return tiers->flight
           && ngx_court_mark_after(tiers->flight, key, sequence);
}


/*
 * Another machine may have stored it before it heard of the invalidation: its
 * sequence says nothing here, so the time has to, with some distance for
 * clocks.
 */

ngx_uint_t
ngx_court_tier_l2_invalid(const ngx_court_tiers_t *tiers, const u_char *key,
    const ngx_court_entry_t *entry)
{
    int64_t  time;

    time = tiers->flight ? ngx_court_mark_time(tiers->flight, key) : 0;

    return time && entry->fetched <= time + NGX_COURT_TIER_SKEW;
}


void
ngx_court_tier_mark(ngx_court_tiers_t *tiers, const u_char *key)
{
    ngx_time_t  *tp;

    if (tiers->flight) {
        tp = ngx_timeofday();
        ngx_court_mark_set(tiers->flight, key,
                           (int64_t) tp->sec * 1000 + (int64_t) tp->msec);
    }
}


ngx_int_t
ngx_court_tier_forget(ngx_court_tiers_t *tiers, const u_char *key)
{
    ngx_int_t  rc;

    ngx_court_tier_mark(tiers, key);

    rc = ngx_court_zone_delete(tiers->facts, key);

    if (ngx_court_zone_delete(tiers->negative, key) != NGX_OK) {
        rc = NGX_BUSY;
    }

    return rc;
}


ngx_int_t
ngx_court_tier_invalidate(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key)
{
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    rc = ngx_court_tier_forget(tiers, key);

    if (tiers->redis == NULL || tiers->ring == NULL || !tiers->started) {
        return rc;
    }

    pool = ngx_create_pool(512, tiers->log);

    if (pool == NULL) {
        return NGX_BUSY;
    }

    ngx_court_tier_l2_forget(tiers, fact, key, pool);
    ngx_destroy_pool(pool);

    return rc;
}
