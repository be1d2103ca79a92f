/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a tier holds and whether it serves: entries in the two zones, sealed
 * entries in Redis.  No I/O here; Redis' bytes come in and go out.
 */

#ifndef _NGX_COURT_TIER_CACHE_H_INCLUDED_
#define _NGX_COURT_TIER_CACHE_H_INCLUDED_

#include "ngx_court_tier.h"
#include "ngx_court_base64url.h"


/* an entry may be fetched by a machine whose clock is ahead, ms */
#define NGX_COURT_TIER_SKEW  2000

/* ms: how much longer than its ttl the zone keeps an entry that was found, as
 * long as there is room: what "stale" and an extension can serve at most */
#define NGX_COURT_TIER_KEEP  NGX_COURT_EXTEND_MAX

/* found near the end of its ttl: it is asked for anew (percent of it) */
#define NGX_COURT_TIER_RIPE  80

/* under so many names a value is looked for, one after the other */
#define NGX_COURT_TIER_NAMES  4

/* bytes of the HMAC that a name has: half of them (RFC 2104, section 5), since
 * there are millions of names and each takes memory for as long as it lives */
#define NGX_COURT_TIER_NAME_HASH  (NGX_COURT_SHA256_LEN / 2)

/* PREFIX:1:f:FACT:HMAC, in base64url */
#define NGX_COURT_TIER_NAME_LEN(prefix, fact)                                 \
    ((prefix)->len + sizeof(":1:f::") - 1 + (fact)->len                       \
     + ngx_court_base64url_encoded_len(NGX_COURT_TIER_NAME_HASH))


/* serves: not expired, not older than demanded, not from the future */
ngx_uint_t ngx_court_tier_fresh(const ngx_court_fact_t *fact,
    const ngx_court_entry_t *entry, int64_t not_before, int64_t now);

/* ttl +- 10 %, so that what was stored together doesn't expire together */
ngx_msec_t ngx_court_tier_jitter(ngx_msec_t ttl, ngx_uint_t random);

/*
 * NGX_OK, record in pool; NGX_DECLINED: a miss; NGX_ERROR: no memory.  With
 * ask->no_l2 what came from Redis does not serve, wherever it stands now.
 */
ngx_int_t ngx_court_tier_zones_get(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, const u_char *key, int64_t now,
    ngx_pool_t *pool, ngx_court_found_t *found);

/*
 * What the zone still has, for when nobody can say better.  NGX_OK, record in
 * pool; NGX_DECLINED.  Whom it may serve, and as what, old_serves says: as
 * fresh, within "stale" of its fact, while that is extended; or NONE.
 */
ngx_int_t ngx_court_tier_old_get(ngx_court_tiers_t *tiers,
    ngx_court_source_t *source, const u_char *key, int64_t now,
    ngx_pool_t *pool, ngx_court_found_t *found);
ngx_court_tier_name_t ngx_court_tier_old_serves(
    const ngx_court_waiter_t *waiter, const ngx_court_found_t *found,
    int64_t now);

/* into its zone, out of the other one, unless that knows something newer */
void ngx_court_tier_zones_put(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key,
    const ngx_court_entry_t *entry, int64_t now);

/*
 * ngx_court_tier_mark.c: a sequence to be read before asking; was the key
 * invalidated after that?  And, for an entry of Redis', at about its time?
 */
uint64_t ngx_court_tier_sequence(const ngx_court_tiers_t *tiers);
ngx_uint_t ngx_court_tier_invalid(const ngx_court_tiers_t *tiers,
    const u_char *key, uint64_t sequence);
ngx_uint_t ngx_court_tier_l2_invalid(const ngx_court_tiers_t *tiers,
    const u_char *key, const ngx_court_entry_t *entry);

/*
 * Where a fact stands in Redis.  A name is made with a key of the ring: while
 * keys change some gateways write under the new one and some under the old
 * one, so that a value has a name for each key that is read with.  names: *k
 * is 0 at first and moved on; NGX_OK; NGX_DECLINED, there are no more;
 * NGX_ERROR.  name: that of the key to write with.
 */
ngx_int_t ngx_court_tier_l2_names(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool,
    ngx_uint_t *k, ngx_str_t *name);
ngx_int_t ngx_court_tier_l2_name(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool,
    ngx_str_t *name);
/* deletes it under all of its names; nobody waits for it */
void ngx_court_tier_l2_forget(ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const u_char *key, ngx_pool_t *pool);
ngx_int_t ngx_court_tier_l2_seal(const ngx_court_tiers_t *tiers,
    const ngx_str_t *name, const ngx_court_entry_t *entry, ngx_pool_t *pool,
    ngx_str_t *sealed);

/* NGX_OK, a found entry in pool; NGX_DECLINED: anything else */
ngx_int_t ngx_court_tier_l2_open(const ngx_court_tiers_t *tiers,
    const ngx_court_fact_t *fact, const ngx_str_t *name,
    const ngx_str_t *sealed, ngx_pool_t *pool, ngx_court_entry_t *entry);


#endif /* _NGX_COURT_TIER_CACHE_H_INCLUDED_ */
