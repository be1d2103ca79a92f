/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight.h"
#include "ngx_court_tier_cache.h"


/* a SET on its way, of what may be invalidated meanwhile */
typedef struct {
    ngx_pool_t                *pool;
    ngx_court_tiers_t         *tiers;
    uint64_t                   sequence;
    u_char                     key[NGX_COURT_SHA256_LEN];
    ngx_str_t                  name;
} ngx_court_flight_set_t;


static void ngx_court_flight_set(ngx_court_flight_t *flight,
    const ngx_str_t *sealed, ngx_msec_t ttl);
static void ngx_court_flight_set_done(void *ctx,
    ngx_court_redis_status_t status, const ngx_str_t *data);


/*
 * Redis holds found entries only; what stands there about one who is now
 * known to be none is taken away.
 */

void
ngx_court_flight_store(ngx_court_flight_t *flight,
    const ngx_court_found_t *found)
{
    int64_t                  now;
    ngx_str_t                sealed;
    ngx_msec_t               ttl;
    ngx_court_entry_t        entry;
    ngx_court_tiers_t       *tiers;
    const ngx_court_fact_t  *fact;

    fact = &flight->source->fact;
    tiers = flight->tiers;
    now = ngx_court_flight_now();

    ngx_memzero(&entry, sizeof(ngx_court_entry_t));

    entry.found = (found->state == NGX_COURT_F_FOUND);
    entry.fetched = found->fetched;
    entry.sequence = flight->sequence;

    if (entry.found) {
        entry.record = found->record;
    }

    ttl = ngx_court_tier_jitter(entry.found ? fact->ttl : fact->negative_ttl,
                                (ngx_uint_t) ngx_random());
    entry.expires = entry.fetched + (int64_t) ttl;

    ngx_court_tier_zones_put(tiers, fact, flight->key, &entry, now);

    if (tiers->redis == NULL || flight->name.len == 0
        || ngx_court_tier_invalid(tiers, flight->key, flight->sequence))
    {
        return;
    }

    if (!entry.found) {
        if (flight->in_l2) {
            ngx_court_tier_l2_forget(tiers, fact, flight->key, flight->pool);
        }

    } else if (entry.expires > now
               && ngx_court_tier_l2_seal(tiers, &flight->name, &entry,
                                         flight->pool, &sealed)
                  == NGX_OK)
    {
        ngx_court_flight_set(flight, &sealed,
                             (ngx_msec_t) (entry.expires - now) + fact->stale);
    }
}


/*
 * An invalidation's DELETE may overtake the SET on another connection: who
 * sets looks once more when it is done.  Without a zone for marks there is
 * nothing to look at.
 */

static void
ngx_court_flight_set(ngx_court_flight_t *flight, const ngx_str_t *sealed,
    ngx_msec_t ttl)
{
    ngx_pool_t              *pool;
    ngx_court_tiers_t       *tiers;
    ngx_court_flight_set_t  *set;

    tiers = flight->tiers;

    if (tiers->flight == NULL) {
        ngx_court_redis_set(tiers->redis, &flight->name, sealed, ttl, NULL,
                            NULL);
        return;
    }

    pool = ngx_create_pool(sizeof(ngx_pool_t) + sizeof(ngx_court_flight_set_t)
                           + flight->name.len + 64, tiers->log);
    if (pool == NULL) {
        return;
    }

    set = ngx_palloc(pool, sizeof(ngx_court_flight_set_t));
    if (set == NULL) {
        goto failed;
    }

    set->name.len = flight->name.len;
    set->name.data = ngx_pnalloc(pool, flight->name.len);

    if (set->name.data == NULL) {
        goto failed;
    }

    ngx_memcpy(set->name.data, flight->name.data, flight->name.len);
    ngx_memcpy(set->key, flight->key, NGX_COURT_SHA256_LEN);
    set->pool = pool;
    set->tiers = tiers;
    set->sequence = flight->sequence;

    ngx_court_redis_set(tiers->redis, &flight->name, sealed, ttl,
                        ngx_court_flight_set_done, set);
    return;

failed:

    ngx_destroy_pool(pool);
}


static void
ngx_court_flight_set_done(void *ctx, ngx_court_redis_status_t status,
    const ngx_str_t *data)
{
    ngx_court_flight_set_t *set = ctx;

    (void) status;
    (void) data;

    if (!set->tiers->stopping
        && ngx_court_tier_invalid(set->tiers, set->key, set->sequence))
    {
        ngx_court_redis_delete(set->tiers->redis, &set->name, NULL, NULL);
    }

    ngx_destroy_pool(set->pool);
}
