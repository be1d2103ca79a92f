/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Redis and the source that test_tier plays: what tiers call, and what
 * the test answers with.
 */

#ifndef _TIER_FAKES_H_INCLUDED_
#define _TIER_FAKES_H_INCLUDED_

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_tier_cache.h"
#include "ngx_court_flight_bell.h"


#define NOW  1000000000000ll


/* Redis: holds one value; answers at once, later, or not at all */

static ngx_court_redis_conf_t  redis_conf;
static ngx_court_redis_pt      redis_handler;
static void                   *redis_ctx;
static ngx_uint_t              redis_gets, redis_sets, redis_deletes;
static ngx_uint_t              redis_down;
static ngx_str_t               redis_key, redis_value;
static ngx_msec_t              redis_ttl;
static u_char                  redis_bytes[10000], redis_name[200];

const ngx_court_redis_conf_t *
ngx_court_redis_conf(ngx_court_redis_t *redis)
{
    return &redis_conf;
}

void
ngx_court_redis_get(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    redis_gets++;

    if (redis_down) {
        handler(ctx, NGX_COURT_REDIS_DOWN, NULL);
        return;
    }

    redis_handler = handler;
    redis_ctx = ctx;
}

void
ngx_court_redis_set(ngx_court_redis_t *redis, const ngx_str_t *key,
    const ngx_str_t *value, ngx_msec_t ttl, ngx_court_redis_pt handler,
    void *ctx)
{
    redis_sets++;
    redis_ttl = ttl;

    ngx_memcpy(redis_bytes, value->data, value->len);
    redis_value.data = redis_bytes;
    redis_value.len = value->len;

    ngx_memcpy(redis_name, key->data, key->len);
    redis_key.data = redis_name;
    redis_key.len = key->len;
}

void
ngx_court_redis_delete(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    redis_deletes++;
    redis_value.len = 0;
}

ngx_int_t
ngx_court_redis_start(ngx_court_redis_t *redis, ngx_cycle_t *cycle)
{
    return NGX_OK;
}

static void
redis_answer(ngx_court_redis_status_t status, const ngx_str_t *data)
{
    ngx_court_redis_pt  handler;

    handler = redis_handler;
    redis_handler = NULL;

    if (handler) {
        handler(redis_ctx, status, data);
    }
}

void
ngx_court_redis_stop(ngx_court_redis_t *redis)
{
    redis_answer(NGX_COURT_REDIS_DOWN, NULL);
}


/* workers, woken by nobody: the test looks */

static ngx_court_bell_pt  bell_handler;
static void              *bell_data;
static uint64_t           bell_rung;
sig_atomic_t              ngx_terminate;
ngx_uint_t                ngx_exiting;

void
ngx_court_bell_start(ngx_court_bell_pt handler, void *data, ngx_log_t *log)
{
    bell_handler = handler;
    bell_data = data;
}

void
ngx_court_bell_stop(void)
{
}

uint64_t
ngx_court_bell_bit(void)
{
    return (uint64_t) 1 << (ngx_pid % 64);
}

void
ngx_court_bell_ring(uint64_t bits)
{
    bell_rung |= bits;
}

void
ngx_court_bell_poll(void)
{
}

static ngx_inline void
bell_look(void *tiers)
{
    bell_handler(tiers);
}


/* the source: at most two fetches under way */

static struct {
    ngx_court_fetch_pt  handler;
    void               *ctx;
    ngx_str_t           court;
} fetches[64];

static ngx_uint_t  nfetches, fetch_broken;

ngx_int_t
ngx_court_fetch_start(const ngx_court_fetch_t *fetch,
    ngx_court_fetch_pt handler, void *ctx)
{
    if (fetch_broken) {
        return NGX_ERROR;
    }

    fetches[nfetches].handler = handler;
    fetches[nfetches].ctx = ctx;
    nfetches++;

    return NGX_OK;
}

static void
fetch_answer(ngx_uint_t n, ngx_uint_t done, ngx_uint_t status,
    ngx_uint_t stamped, const char *body)
{
    ngx_court_answer_t  answer;
    ngx_court_fetch_pt  handler;

    ngx_memzero(&answer, sizeof(answer));
    answer.done = done;
    answer.status = status;
    answer.stamped = stamped;
    answer.body.data = (u_char *) body;
    answer.body.len = ngx_strlen(body);
    answer.why = done ? NULL : "the test says no";

    handler = fetches[n].handler;
    fetches[n].handler = NULL;
    handler(fetches[n].ctx, &answer);
}

void
ngx_court_fetch_stop(void)
{
    ngx_uint_t  i;

    for (i = 0; i < nfetches; i++) {
        if (fetches[i].handler) {
            fetch_answer(i, 0, 0, 0, "");
        }
    }
}


#endif /* _TIER_FAKES_H_INCLUDED_ */
