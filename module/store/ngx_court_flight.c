/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight.h"
#include "ngx_court_source.h"
#include "ngx_court_tier_cache.h"


static ngx_int_t ngx_court_flight_copy(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src);
static void ngx_court_flight_redis(void *ctx,
    ngx_court_redis_status_t status, const ngx_str_t *data);
static ngx_int_t ngx_court_flight_under(ngx_court_flight_t *flight);
static void ngx_court_flight_fetch(ngx_court_flight_t *flight);
static void ngx_court_flight_ask(ngx_court_flight_t *flight);
static void ngx_court_flight_answer(void *ctx,
    const ngx_court_answer_t *answer);
static void ngx_court_flight_decode(ngx_court_flight_t *flight,
    const ngx_court_answer_t *answer, ngx_court_found_t *found);
static void ngx_court_flight_report(ngx_court_flight_t *flight,
    ngx_court_source_change_t change, const char *why);
static void ngx_court_flight_land(ngx_court_flight_t *flight,
    const ngx_court_found_t *found);
static void ngx_court_flight_again(ngx_court_flight_t *flight,
    ngx_court_wake_t *wake, ngx_queue_t *later);


int64_t
ngx_court_flight_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec;
}


ngx_court_flight_t *
ngx_court_flight_create(ngx_court_tiers_t *tiers, ngx_court_source_t *source,
    const u_char *key, const ngx_str_t *keys, const ngx_str_t *court)
{
    uint32_t             hash;
    ngx_uint_t           i;
    ngx_pool_t          *pool;
    ngx_court_flight_t  *flight;

    pool = ngx_create_pool(1024, tiers->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_court_flight_t));
    if (flight == NULL) {
        goto failed;
    }

    flight->pool = pool;
    flight->tiers = tiers;
    flight->source = source;
    ngx_memcpy(flight->key, key, NGX_COURT_SHA256_LEN);
    ngx_memcpy(&hash, key, sizeof(uint32_t));
    flight->node.key = hash;
    ngx_queue_init(&flight->waiters);

    for (i = 0; i < source->fact.nkeys; i++) {
        if (ngx_court_flight_copy(pool, &flight->keys[i], &keys[i])
            != NGX_OK)
        {
            goto failed;
        }
    }

    if (court) {
        flight->has_court = 1;

        if (ngx_court_flight_copy(pool, &flight->court, court) != NGX_OK) {
            goto failed;
        }
    }

    /* taken now, so that a landing cannot fail */

    flight->wake = ngx_court_wake_create(pool, tiers->log);
    if (flight->wake == NULL) {
        goto failed;
    }

    ngx_rbtree_insert(&tiers->flights, &flight->node);

    return flight;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


static ngx_int_t
ngx_court_flight_copy(ngx_pool_t *pool, ngx_str_t *dst, const ngx_str_t *src)
{
    dst->len = src->len;
    dst->data = ngx_pnalloc(pool, src->len + 1);

    if (dst->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(dst->data, src->data, src->len);

    return NGX_OK;
}


void
ngx_court_flight_join(ngx_court_flight_t *flight, ngx_court_waiter_t *waiter)
{
    waiter->source = flight->source;
    waiter->flight = flight;
    ngx_court_tier_waits(waiter->source, 1);

    ngx_queue_insert_tail(&flight->waiters, &waiter->queue);
}


void
ngx_court_flight_run(ngx_court_flight_t *flight, ngx_uint_t no_l2)
{
    ngx_court_tiers_t  *tiers;

    tiers = flight->tiers;
    flight->sequence = ngx_court_tier_sequence(tiers);

    if (tiers->redis && tiers->ring) {

        flight->in_l2 = 1;

        if (ngx_court_flight_under(flight) == NGX_OK) {
            flight->name = flight->under;
        }

        if (!no_l2 && flight->name.len) {
            ngx_court_redis_get(tiers->redis, &flight->under,
                                ngx_court_flight_redis, flight);
            return;
        }
    }

    ngx_court_flight_fetch(flight);
}


/* the next name; the first is that to write under */

static ngx_int_t
ngx_court_flight_under(ngx_court_flight_t *flight)
{
    if (flight->names >= NGX_COURT_TIER_NAMES) {
        return NGX_DECLINED;
    }

    return ngx_court_tier_l2_names(flight->tiers, &flight->source->fact,
                                   flight->key, flight->pool, &flight->names,
                                   &flight->under);
}


static void
ngx_court_flight_redis(void *ctx, ngx_court_redis_status_t status,
    const ngx_str_t *data)
{
    int64_t              now;
    ngx_court_found_t    found;
    ngx_court_entry_t    entry;
    ngx_court_flight_t  *flight;

    flight = ctx;

    if (status == NGX_COURT_REDIS_NIL) {

        if (ngx_court_flight_under(flight) == NGX_OK) {
            ngx_court_redis_get(flight->tiers->redis, &flight->under,
                                ngx_court_flight_redis, flight);
            return;
        }

        flight->in_l2 = 0;
    }

    now = ngx_court_flight_now();

    if (status != NGX_COURT_REDIS_VALUE
        || ngx_court_tier_l2_open(flight->tiers, &flight->source->fact,
                                  &flight->under, data, flight->pool, &entry)
           != NGX_OK
        || ngx_court_tier_l2_invalid(flight->tiers, flight->key, &entry))
    {
        ngx_court_flight_fetch(flight);
        return;
    }

    /* an old one may be wanted where the source fails */

    entry.sequence = flight->sequence;
    ngx_court_tier_zones_put(flight->tiers, &flight->source->fact,
                             flight->key, &entry, now);

    if (!ngx_court_tier_fresh(&flight->source->fact, &entry, 0, now)
        || ngx_court_tier_invalid(flight->tiers, flight->key,
                                  flight->sequence))
    {
        ngx_court_flight_fetch(flight);
        return;
    }

    ngx_memzero(&found, sizeof(ngx_court_found_t));
    found.state = NGX_COURT_F_FOUND;
    found.tier = NGX_COURT_TIER_REDIS;
    found.fetched = entry.fetched;
    found.record = entry.record;

    if (ngx_court_flight_deliver(flight, &found, 1) == 0) {
        ngx_court_flight_land(flight, &found);
        return;
    }

    ngx_court_flight_fetch(flight);
}


static void
ngx_court_flight_fetch(ngx_court_flight_t *flight)
{
    ngx_int_t           rc;
    const char         *why;
    ngx_court_found_t   found;

    if (flight->tiers->stopping) {
        ngx_court_flight_unavailable(flight, "the worker ends", 0);
        return;
    }

    if (flight->tiers->source_addr == NULL) {
        ngx_court_flight_unavailable(flight, "no source server", 0);
        return;
    }

    rc = ngx_court_flight_depart(flight);

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_court_flight_unavailable(flight, "another worker refreshes", 0);
        return;
    }

    /* another worker may have landed since this one looked */

    if (flight->seat.index
        && ngx_court_flight_look_up(flight, &found) == NGX_OK)
    {
        ngx_court_flight_land(flight, &found);
        return;
    }

    rc = ngx_court_source_take(flight->source, ngx_current_msec, &why);

    if (rc != NGX_OK) {
        ngx_court_flight_unavailable(flight, why, rc == NGX_BUSY);
        return;
    }

    flight->asked = 1;
    flight->began = ngx_court_state_clock();
    ngx_court_flight_gauge(flight->source);

    ngx_court_flight_ask(flight);
}


static void
ngx_court_flight_ask(ngx_court_flight_t *flight)
{
    ngx_court_fetch_t    fetch;
    ngx_court_source_t  *source;

    source = flight->source;

    ngx_memzero(&fetch, sizeof(ngx_court_fetch_t));
    fetch.addr = flight->tiers->source_addr;
    fetch.uri = source->source;
    fetch.keys = flight->keys;
    fetch.nkeys = source->fact.nkeys;
    fetch.court = flight->has_court ? &flight->court : NULL;
    fetch.timeout = source->timeout;
    fetch.log = flight->tiers->log;

    if (ngx_court_fetch_start(&fetch, ngx_court_flight_answer, flight)
        != NGX_OK)
    {
        flight->asked = 0;
        ngx_court_flight_report(flight,
               ngx_court_flight_result(flight, NGX_COURT_F_UNAVAILABLE),
               "the fetch could not be started");
        ngx_court_flight_unavailable(flight, "the fetch could not be started",
                                     0);
    }
}


/*
 * What another worker fetched stands in the zones, unless they could not keep
 * it.  What it could not find out need not be tried again one worker after
 * the other by those who wait already.
 */

void
ngx_court_flight_landed(ngx_court_flight_t *flight, ngx_uint_t state)
{
    ngx_court_found_t  found;

    if (state == NGX_COURT_SEAT_FAILED) {
        ngx_court_flight_unavailable(flight,
                                     "another worker could not fetch it", 0);
        return;
    }

    if (state == NGX_COURT_SEAT_LANDED
        && ngx_court_flight_look_up(flight, &found) == NGX_OK)
    {
        ngx_court_flight_land(flight, &found);
        return;
    }

    if (ngx_queue_empty(&flight->waiters)) {
        ngx_court_flight_unavailable(flight, "nobody waits", 0);
        return;
    }

    ngx_court_flight_fetch(flight);
}


static void
ngx_court_flight_answer(void *ctx, const ngx_court_answer_t *answer)
{
    ngx_court_found_t           found;
    ngx_court_flight_t         *flight;
    ngx_court_source_change_t   change;

    flight = ctx;

    ngx_court_flight_decode(flight, answer, &found);

    change = ngx_court_flight_result(flight, found.state);

    ngx_court_flight_report(flight, change, found.why);

    if (found.state != NGX_COURT_F_UNAVAILABLE) {
        ngx_court_flight_store(flight, &found);
    }

    ngx_court_flight_land(flight, &found);
}


/* 200 is a record or an error, a stamped 404 is none, all else an error */

static void
ngx_court_flight_decode(ngx_court_flight_t *flight,
    const ngx_court_answer_t *answer, ngx_court_found_t *found)
{
    ngx_int_t  rc;

    ngx_memzero(found, sizeof(ngx_court_found_t));

    found->state = NGX_COURT_F_UNAVAILABLE;
    found->tier = NGX_COURT_TIER_SOURCE;
    found->fetched = flight->fetched;

    if (!answer->done) {
        found->why = answer->why;

    } else if (!answer->stamped) {
        found->why = "the answer is not the upstream's";

    } else if (answer->status == 404) {
        found->state = NGX_COURT_F_NONE;

    } else if (answer->status != 200) {
        found->why = "the source answers with an error";

    } else {
        found->why = "the answer can't be read";

        rc = ngx_court_fact_decode(flight->pool, &flight->source->fact,
                                   &answer->body, flight->keys,
                                   flight->has_court ? &flight->court : NULL,
                                   &found->record, &found->why);

        if (rc == NGX_OK) {
            found->state = NGX_COURT_F_FOUND;

        } else if (rc == NGX_DECLINED) {
            found->state = NGX_COURT_F_NONE;
        }
    }

    if (found->state != NGX_COURT_F_UNAVAILABLE) {
        found->why = NULL;
    }
}


/* one line for each transition of the breaker */

static void
ngx_court_flight_report(ngx_court_flight_t *flight,
    ngx_court_source_change_t change, const char *why)
{
    ngx_court_source_t  *source;

    source = flight->source;

    if (change == NGX_COURT_SOURCE_OPENED) {
        ngx_log_error(NGX_LOG_ERR, flight->tiers->log, 0,
                      "court_fact \"%V\": its source fails (%s), "
                      "not asked for %M ms", &source->fact.name, why,
                      source->breaker_time);

    } else if (change == NGX_COURT_SOURCE_CLOSED) {
        ngx_log_error(NGX_LOG_NOTICE, flight->tiers->log, 0,
                      "court_fact \"%V\": its source answers again",
                      &source->fact.name);
    }
}


void
ngx_court_flight_unavailable(ngx_court_flight_t *flight, const char *why,
    ngx_uint_t overloaded)
{
    ngx_court_found_t  found;

    ngx_memzero(&found, sizeof(ngx_court_found_t));
    found.state = NGX_COURT_F_UNAVAILABLE;
    found.why = why;
    found.overloaded = overloaded;

    ngx_court_flight_land(flight, &found);
}


/* how a flight has ended, for those who wait in other workers */

static ngx_uint_t
ngx_court_flight_end(ngx_court_flight_t *flight,
    const ngx_court_found_t *found)
{
    if (found->state != NGX_COURT_F_UNAVAILABLE) {
        return NGX_COURT_SEAT_LANDED;
    }

    /* a bulkhead of this worker's says nothing about the others' */

    return flight->asked ? NGX_COURT_SEAT_FAILED : NGX_COURT_SEAT_LOST;
}


/*
 * Takes the flight out of the tree and tells those for whom its answer, or
 * its failure, is late enough.  Who came after the fetch had begun and asked
 * for a later one gets a flight of his own; so do all where the answer was
 * declared invalid while it was on its way.
 */

static void
ngx_court_flight_land(ngx_court_flight_t *flight,
    const ngx_court_found_t *found)
{
    ngx_uint_t           invalid;
    ngx_queue_t          later, *q;
    ngx_court_wake_t    *wake;
    ngx_court_waiter_t  *waiter;

    ngx_rbtree_delete(&flight->tiers->flights, &flight->node);

    invalid = ngx_court_tier_invalid(flight->tiers, flight->key,
                                     flight->sequence);

    wake = flight->wake;
    wake->found = *found;
    ngx_queue_init(&later);

    if (invalid) {
        ngx_memzero(&wake->found, sizeof(ngx_court_found_t));
        wake->found.state = NGX_COURT_F_UNAVAILABLE;
        wake->found.why = "invalidated while it was asked for";

        flight->asked = 0;
        invalid = (flight->again < NGX_COURT_FLIGHT_AGAIN);
    }

    ngx_court_flight_finish(flight, ngx_court_flight_end(flight,
                                                         &wake->found));

    if (wake->found.state == NGX_COURT_F_UNAVAILABLE && !invalid) {
        ngx_court_flight_stale(flight);
    }

    while (!ngx_queue_empty(&flight->waiters)) {
        q = ngx_queue_head(&flight->waiters);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_court_waiter_t, queue);

        if (invalid
            || (flight->fetched && waiter->not_before > flight->fetched))
        {
            ngx_queue_insert_tail(&later, q);

        } else {
            ngx_queue_insert_tail(&wake->waiters, q);
        }
    }

    if (!ngx_queue_empty(&later)) {
        ngx_court_flight_again(flight, wake, &later);
    }

    ngx_court_wake_post(flight->tiers, wake);
}


static void
ngx_court_flight_again(ngx_court_flight_t *flight, ngx_court_wake_t *wake,
    ngx_queue_t *later)
{
    ngx_queue_t         *q;
    ngx_court_waiter_t  *waiter;
    ngx_court_flight_t  *second;

    second = NULL;

    if (!flight->tiers->stopping) {
        second = ngx_court_flight_create(flight->tiers, flight->source,
                     flight->key, flight->keys,
                     flight->has_court ? &flight->court : NULL);
    }

    if (second) {
        second->again = flight->again + 1;
    }

    while (!ngx_queue_empty(later)) {
        q = ngx_queue_head(later);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_court_waiter_t, queue);

        if (second) {
            waiter->flight = second;
            ngx_queue_insert_tail(&second->waiters, q);

        } else {

            /* the answer is too old for him: wake_event says unavailable */

            ngx_queue_insert_tail(&wake->waiters, q);
        }
    }

    if (second) {

        /* Redis has at best what just came */

        ngx_court_flight_run(second, 1);
    }
}
