/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight.h"
#include "ngx_court_source.h"
#include "ngx_court_tier_cache.h"


static void ngx_court_tier_demand(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, const u_char *key,
    ngx_court_waiter_t *waiter);
static ngx_int_t ngx_court_tier_fly(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, const u_char *key, ngx_pool_t *pool,
    ngx_court_found_t *found, ngx_court_waiter_t *waiter);
static ngx_int_t ngx_court_tier_refuse(ngx_court_waiter_t *waiter,
    ngx_pool_t *pool, ngx_court_found_t *found, const char *why);
static void ngx_court_tier_refresh(ngx_court_tiers_t *tiers,
    const ngx_court_ask_t *ask, const u_char *key,
    const ngx_court_found_t *found);
static void ngx_court_tier_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);


ngx_int_t
ngx_court_tier_get(ngx_court_tiers_t *tiers, const ngx_court_ask_t *ask,
    ngx_pool_t *pool, ngx_court_found_t *found, ngx_court_waiter_t *waiter)
{
    u_char               key[NGX_COURT_SHA256_LEN];
    ngx_int_t            rc;
    ngx_time_t          *tp;
    ngx_court_source_t  *source;

    source = ask->source;

    if (ngx_court_fact_key(&source->fact, ask->keys, ask->court, key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_court_tier_demand(tiers, ask, key, waiter);

    tp = ngx_timeofday();

    rc = ngx_court_tier_zones_get(tiers, ask, key, (int64_t) tp->sec * 1000
                                                   + (int64_t) tp->msec,
                                  pool, found);

    if (rc != NGX_DECLINED) {

        if (rc == NGX_OK) {
            ngx_court_tier_count(source, found);

            if (found->ripe) {
                ngx_court_tier_refresh(tiers, ask, key, found);
            }
        }

        return rc;
    }

    if (source->max_waiting && source->waiting >= source->max_waiting) {
        found->overloaded = 1;
        return ngx_court_tier_refuse(waiter, pool, found, "too many wait");
    }

    return ngx_court_tier_fly(tiers, ask, key, pool, found, waiter);
}


/* what he wants, for when it comes */

static void
ngx_court_tier_demand(ngx_court_tiers_t *tiers, const ngx_court_ask_t *ask,
    const u_char *key, ngx_court_waiter_t *waiter)
{
    waiter->flight = NULL;
    waiter->tiers = tiers;
    waiter->source = ask->source;
    waiter->at = ask->at;
    waiter->not_before = ask->not_before;
    waiter->no_l2 = ask->no_l2;
    waiter->strict = ask->strict;

    ngx_memcpy(waiter->key, key, NGX_COURT_SHA256_LEN);
}


/* joins the flight that there is, or begins one */

static ngx_int_t
ngx_court_tier_fly(ngx_court_tiers_t *tiers, const ngx_court_ask_t *ask,
    const u_char *key, ngx_pool_t *pool, ngx_court_found_t *found,
    ngx_court_waiter_t *waiter)
{
    ngx_int_t            rc;
    ngx_uint_t           created;
    const char          *why;
    ngx_court_flight_t  *flight;

    flight = ngx_court_flight_find(tiers, key);
    created = 0;

    if (flight == NULL) {

        /* where Redis can't help a closed source needs no flight */

        if (tiers->redis == NULL || ask->no_l2) {
            rc = ngx_court_source_look(ask->source, ngx_current_msec, &why);

            if (rc != NGX_OK) {
                found->overloaded = (rc == NGX_BUSY);
                return ngx_court_tier_refuse(waiter, pool, found, why);
            }
        }

        flight = ngx_court_flight_create(tiers, ask->source, key, ask->keys,
                                         ask->court);
        if (flight == NULL) {
            return NGX_ERROR;
        }

        created = 1;
    }

    ngx_court_flight_join(flight, waiter);

    if (created) {
        ngx_court_flight_run(flight, ask->no_l2);
    }

    return NGX_AGAIN;
}


/* what is old, where he may have it */

static ngx_int_t
ngx_court_tier_old(ngx_court_waiter_t *waiter, ngx_pool_t *pool,
    ngx_court_found_t *found)
{
    int64_t                now;
    ngx_int_t              rc;
    ngx_court_found_t      old;
    ngx_court_tier_name_t  tier;

    if (waiter->no_l2) {
        return NGX_DECLINED;
    }

    now = ngx_court_flight_now();

    rc = ngx_court_tier_old_get(waiter->tiers, waiter->source, waiter->key,
                                now, pool, &old);
    if (rc != NGX_OK) {
        return rc;
    }

    tier = ngx_court_tier_old_serves(waiter, &old, now);

    if (tier == NGX_COURT_TIER_NONE) {
        return NGX_DECLINED;
    }

    *found = old;
    found->tier = tier;

    ngx_court_tier_count(waiter->source, found);

    return NGX_OK;
}


/* found->overloaded is set */

static ngx_int_t
ngx_court_tier_refuse(ngx_court_waiter_t *waiter, ngx_pool_t *pool,
    ngx_court_found_t *found, const char *why)
{
    ngx_uint_t  overloaded;

    overloaded = found->overloaded;

    if (ngx_court_tier_old(waiter, pool, found) == NGX_OK) {
        return NGX_OK;
    }

    ngx_memzero(found, sizeof(ngx_court_found_t));

    found->state = NGX_COURT_F_UNAVAILABLE;
    found->why = why;
    found->overloaded = overloaded;

    ngx_court_tier_count(waiter->source, found);

    return NGX_OK;
}


/*
 * Nobody waits for it, so it takes no more than half of the fetches, and
 * comes once: by one worker, and not again right after it failed.
 */

static void
ngx_court_tier_refresh(ngx_court_tiers_t *tiers, const ngx_court_ask_t *ask,
    const u_char *key, const ngx_court_found_t *found)
{
    const char          *why;
    ngx_court_source_t  *source;
    ngx_court_flight_t  *flight;

    source = ask->source;

    if (tiers->stopping || ngx_exiting
        || (source->max_fetches && source->fetches * 2 >= source->max_fetches)
        || ngx_court_source_look(source, ngx_current_msec, &why) != NGX_OK
        || (tiers->flight
            && ngx_court_seat_busy(tiers->flight, key, ngx_current_msec))
        || ngx_court_flight_find(tiers, key))
    {
        return;
    }

    flight = ngx_court_flight_create(tiers, source, key, ask->keys,
                                     ask->court);
    if (flight == NULL) {
        return;
    }

    flight->refresh = 1;
    flight->newer = found->fetched + 1;

    ngx_court_flight_run(flight, 1);
}


ngx_int_t
ngx_court_tier_late(ngx_court_waiter_t *waiter, ngx_pool_t *pool,
    ngx_court_found_t *found)
{
    if (waiter->flight == NULL) {
        return NGX_DECLINED;
    }

    ngx_court_waiter_cancel(waiter);

    return ngx_court_tier_old(waiter, pool, found);
}


void
ngx_court_waiter_cancel(ngx_court_waiter_t *waiter)
{
    if (waiter->flight == NULL) {
        return;
    }

    ngx_queue_remove(&waiter->queue);

    waiter->flight = NULL;
    ngx_court_tier_waits(waiter->source, -1);
}


ngx_int_t
ngx_court_tiers_start(ngx_court_tiers_t *tiers, ngx_cycle_t *cycle)
{
    ngx_rbtree_init(&tiers->flights, &tiers->sentinel, ngx_court_tier_insert);
    ngx_queue_init(&tiers->wakes);

    tiers->log = cycle->log;
    tiers->stopping = 0;
    tiers->started = 1;

    ngx_court_flight_share_start(tiers);

    if (tiers->redis) {
        return ngx_court_redis_start(tiers->redis, cycle);
    }

    return NGX_OK;
}


/*
 * Stopping Redis and the fetches lands all flights; then nobody is left but
 * those whose wake was posted.
 */

void
ngx_court_tiers_stop(ngx_court_tiers_t *tiers)
{
    if (!tiers->started) {
        return;
    }

    tiers->stopping = 1;

    if (tiers->redis) {
        ngx_court_redis_stop(tiers->redis);
    }

    ngx_court_fetch_stop();
    ngx_court_flight_share_stop(tiers);
    ngx_court_wakes_stop(tiers);

    tiers->started = 0;
}


/* nodes of one hash are told apart by the whole key */

static ngx_int_t
ngx_court_tier_compare(ngx_rbtree_node_t *node, ngx_rbtree_key_t hash,
    const u_char *key)
{
    ngx_court_flight_t  *flight;

    if (hash != node->key) {
        return (hash < node->key) ? -1 : 1;
    }

    flight = ngx_rbtree_data(node, ngx_court_flight_t, node);

    return ngx_memcmp(key, flight->key, NGX_COURT_SHA256_LEN);
}


static void
ngx_court_tier_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t  **p;
    ngx_court_flight_t  *flight;

    flight = ngx_rbtree_data(node, ngx_court_flight_t, node);

    for ( ;; ) {
        p = (ngx_court_tier_compare(temp, node->key, flight->key) < 0)
            ? &temp->left : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


ngx_court_flight_t *
ngx_court_flight_find(ngx_court_tiers_t *tiers, const u_char *key)
{
    uint32_t            hash;
    ngx_int_t           rc;
    ngx_rbtree_node_t  *node;

    ngx_memcpy(&hash, key, sizeof(uint32_t));

    for (node = tiers->flights.root; node != &tiers->sentinel; ) {
        rc = ngx_court_tier_compare(node, hash, key);

        if (rc == 0) {
            return ngx_rbtree_data(node, ngx_court_flight_t, node);
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}
