/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tier_cache.h"


static ngx_int_t ngx_court_tier_zone_get(ngx_court_zone_t *zone,
    const ngx_court_fact_t *fact, const u_char *key, int64_t now,
    u_char *buf, ngx_court_entry_t *entry);


/*
 * The lifetime is counted again from the start of the fetch: after a reload
 * with a shorter ttl, or from a gateway with a longer one, an entry lives as
 * long as this configuration says (jitter included).
 */

ngx_uint_t
ngx_court_tier_fresh(const ngx_court_fact_t *fact,
    const ngx_court_entry_t *entry, int64_t not_before, int64_t now)
{
    int64_t  ttl;

    ttl = (int64_t) (entry->found ? fact->ttl : fact->negative_ttl);

    return entry->expires > now
           && entry->fetched >= not_before
           && entry->fetched <= now + NGX_COURT_TIER_SKEW
           && now - entry->fetched <= ttl + ttl / 10;
}


ngx_msec_t
ngx_court_tier_jitter(ngx_msec_t ttl, ngx_uint_t random)
{
    ngx_msec_t  tenth;

    tenth = ttl / 10;

    return ttl - tenth + random % (2 * tenth + 1);
}


static ngx_int_t
ngx_court_tier_found(const ngx_court_entry_t *entry, ngx_pool_t *pool,
    ngx_court_found_t *found)
{
    ngx_memzero(found, sizeof(ngx_court_found_t));

    found->tier = NGX_COURT_TIER_ZONE;
    found->fetched = entry->fetched;
    found->state = entry->found ? NGX_COURT_F_FOUND : NGX_COURT_F_NONE;
    found->shared = entry->shared;

    if (entry->found) {
        found->record.len = entry->record.len;
        found->record.data = ngx_pnalloc(pool, entry->record.len);

        if (found->record.data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(found->record.data, entry->record.data,
                   entry->record.len);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_court_tier_ripe(const ngx_court_entry_t *entry, int64_t now)
{
    return (now - entry->fetched) * 100
           >= (entry->expires - entry->fetched) * NGX_COURT_TIER_RIPE;
}


ngx_int_t
ngx_court_tier_zones_get(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, const u_char *key, int64_t now,
    ngx_pool_t *pool, ngx_court_found_t *found)
{
    u_char                   buf[NGX_COURT_ENTRY_MAX];
    ngx_int_t                rc;
    ngx_court_entry_t        entry;
    const ngx_court_fact_t  *fact;

    fact = &ask->source->fact;

    rc = ngx_court_tier_zone_get(tiers->facts, fact, key, now, buf, &entry);

    if (rc != NGX_OK || !entry.found || (entry.shared && ask->no_l2)
        || !ngx_court_tier_fresh(fact, &entry, ask->not_before, now))
    {
        rc = ngx_court_tier_zone_get(tiers->negative, fact, key, now, buf,
                                     &entry);

        if (rc != NGX_OK || entry.found
            || !ngx_court_tier_fresh(fact, &entry, ask->not_before, now))
        {
            return NGX_DECLINED;
        }
    }

    /* a delete may not have had the lock */

    if (ngx_court_tier_invalid(tiers, key, entry.sequence)) {
        return NGX_DECLINED;
    }

    rc = ngx_court_tier_found(&entry, pool, found);

    found->ripe = entry.found && fact->stale
                  && ngx_court_tier_ripe(&entry, now);

    return rc;
}


/*
 * Bounded by when it was true, never by when the source began to fail.  An
 * extension outweighs a demand for what is at most so old, but not one for
 * what is asked from now on.
 */

ngx_court_tier_name_t
ngx_court_tier_old_serves(const ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found, int64_t now)
{
    const ngx_court_fact_t  *fact;

    fact = &waiter->source->fact;

    if (waiter->no_l2 || found->fetched > now + NGX_COURT_TIER_SKEW) {
        return NGX_COURT_TIER_NONE;
    }

    if (waiter->not_before <= found->fetched) {

        if (!found->stale) {
            return NGX_COURT_TIER_ZONE;
        }

        if (fact->stale
            && now - found->fetched < (int64_t) (fact->ttl + fact->stale))
        {
            return NGX_COURT_TIER_STALE;
        }
    }

    return (!waiter->strict
            && ngx_court_extended(waiter->tiers->flight, &fact->name,
                                  &waiter->at, found->fetched, now))
           ? NGX_COURT_TIER_EXTENDED : NGX_COURT_TIER_NONE;
}


ngx_int_t
ngx_court_tier_old_get(ngx_court_tiers_t *tiers,
    ngx_court_source_t *source, const u_char *key, int64_t now,
    ngx_pool_t *pool, ngx_court_found_t *found)
{
    u_char             buf[NGX_COURT_ENTRY_MAX], none[NGX_COURT_ENTRY_MAX];
    ngx_int_t          rc;
    ngx_court_entry_t  entry, other;

    if (source->fact.stale == 0
        && !ngx_court_extended(tiers->flight, &source->fact.name, NULL, now,
                               now))
    {
        return NGX_DECLINED;
    }

    if (ngx_court_tier_zone_get(tiers->facts, &source->fact, key, now, buf,
                                &entry)
        != NGX_OK
        || !entry.found
        || ngx_court_tier_invalid(tiers, key, entry.sequence))
    {
        return NGX_DECLINED;
    }

    /* a definite "none" that is newer; as a rule it has replaced the entry */

    if (ngx_court_tier_zone_get(tiers->negative, &source->fact, key, now,
                                none, &other)
        == NGX_OK
        && other.fetched >= entry.fetched)
    {
        return NGX_DECLINED;
    }

    rc = ngx_court_tier_found(&entry, pool, found);

    found->old = 1;
    found->stale = !ngx_court_tier_fresh(&source->fact, &entry, 0, now);

    return rc;
}


static int64_t
ngx_court_tier_keep(const ngx_court_fact_t *fact,
    const ngx_court_entry_t *entry)
{
    return entry->found ? ngx_max((int64_t) fact->stale, NGX_COURT_TIER_KEEP)
                        : 0;
}


void
ngx_court_tier_zones_put(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key,
    const ngx_court_entry_t *entry, int64_t now)
{
    u_char             buf[NGX_COURT_ENTRY_MAX];
    int64_t            expires;
    ngx_str_t          bytes;
    ngx_court_zone_t  *zone, *other;
    ngx_court_entry_t  old;

    expires = entry->expires + ngx_court_tier_keep(fact, entry);

    if (expires <= now || entry->record.len > NGX_COURT_RECORD_MAX
        || ngx_court_tier_invalid(tiers, key, entry->sequence))
    {
        return;
    }

    zone = entry->found ? tiers->facts : tiers->negative;
    other = entry->found ? tiers->negative : tiers->facts;

    if (ngx_court_tier_zone_get(other, fact, key, now, buf, &old) == NGX_OK) {
        if (old.fetched > entry->fetched && old.fetched <= now) {
            return;
        }

        (void) ngx_court_zone_delete(other, key);
    }

    if (ngx_court_tier_zone_get(zone, fact, key, now, buf, &old) == NGX_OK
        && old.fetched > entry->fetched && old.fetched <= now)
    {
        return;
    }

    bytes.data = buf;
    bytes.len = (size_t) (ngx_court_entry_write(buf, entry) - buf);

    (void) ngx_court_zone_put(zone, key, &bytes, expires, now);

    /* invalidated meanwhile, and deleted before it was put */

    if (ngx_court_tier_invalid(tiers, key, entry->sequence)) {
        (void) ngx_court_zone_delete(zone, key);
    }
}


static ngx_int_t
ngx_court_tier_zone_get(ngx_court_zone_t *zone, const ngx_court_fact_t *fact,
    const u_char *key, int64_t now, u_char *buf, ngx_court_entry_t *entry)
{
    size_t     len;
    ngx_str_t  bytes;

    if (zone == NULL
        || ngx_court_zone_get(zone, key, buf, NGX_COURT_ENTRY_MAX, &len, now)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    bytes.data = buf;
    bytes.len = len;

    return ngx_court_entry_own(fact, &bytes, entry);
}


ngx_int_t
ngx_court_tier_l2_names(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool,
    ngx_uint_t *k, ngx_str_t *name)
{
    u_char            hash[NGX_COURT_SHA256_LEN], *p;
    ngx_str_t         field;
    const ngx_str_t  *prefix;

    field.data = (u_char *) key;
    field.len = NGX_COURT_SHA256_LEN;

    while (!ngx_court_ring_reads(tiers->ring, *k)) {
        if (++(*k) >= ngx_court_ring_count(tiers->ring)) {
            return NGX_DECLINED;
        }
    }

    if (ngx_court_ring_name_of(tiers->ring, (*k)++, "court-redis-fact",
                               &field, 1, hash)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    prefix = &ngx_court_redis_conf(tiers->redis)->key_prefix;

    p = ngx_pnalloc(pool, NGX_COURT_TIER_NAME_LEN(prefix, &fact->name));
    if (p == NULL) {
        return NGX_ERROR;
    }

    name->data = p;

    p = ngx_sprintf(p, "%V:1:f:%V:", prefix, &fact->name);

    field.data = hash;
    field.len = NGX_COURT_TIER_NAME_HASH;

    p = ngx_court_base64url_encode(p, &field);

    name->len = (size_t) (p - name->data);

    return NGX_OK;
}


ngx_int_t
ngx_court_tier_l2_name(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool,
    ngx_str_t *name)
{
    ngx_uint_t  k;

    k = 0;

    return ngx_court_tier_l2_names(tiers, fact, key, pool, &k, name);
}


void
ngx_court_tier_l2_forget(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool)
{
    ngx_str_t   name;
    ngx_uint_t  k;

    k = 0;

    while (ngx_court_tier_l2_names(tiers, fact, key, pool, &k, &name)
           == NGX_OK)
    {
        ngx_court_redis_delete(tiers->redis, &name, NULL, NULL);
    }
}


ngx_int_t
ngx_court_tier_l2_seal(const ngx_court_tiers_t *tiers, const ngx_str_t *name,
    const ngx_court_entry_t *entry, ngx_pool_t *pool, ngx_str_t *sealed)
{
    u_char     buf[NGX_COURT_ENTRY_MAX];
    ngx_str_t  plain;

    if (entry->record.len > NGX_COURT_RECORD_MAX) {
        return NGX_DECLINED;
    }

    plain.data = buf;
    plain.len = (size_t) (ngx_court_entry_write(buf, entry) - buf);

    sealed->data = ngx_pnalloc(pool, plain.len + NGX_COURT_SEAL_OVERHEAD);
    if (sealed->data == NULL) {
        return NGX_ERROR;
    }

    return ngx_court_seal(tiers->ring, name, &plain, sealed);
}


ngx_int_t
ngx_court_tier_l2_open(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const ngx_str_t *name,
    const ngx_str_t *sealed, ngx_pool_t *pool, ngx_court_entry_t *entry)
{
    ngx_str_t  plain;

    if (sealed->len > NGX_COURT_ENTRY_MAX + NGX_COURT_SEAL_OVERHEAD) {
        return NGX_DECLINED;
    }

    plain.data = ngx_pnalloc(pool, sealed->len + 1);

    if (plain.data == NULL
        || ngx_court_open(tiers->ring, name, sealed, &plain) != NGX_OK
        || ngx_court_entry_read(fact, &plain, entry) != NGX_OK
        || !entry->found)
    {
        return NGX_DECLINED;
    }

    entry->shared = 1;

    return NGX_OK;
}
