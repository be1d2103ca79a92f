/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The snapshot: its head, then part after part.  Each part is applied when it
 * comes, since the head's signature vouches for it; what only the stream said
 * before goes at the end.  One that cannot be had whole changes nothing about
 * being blind.
 */

#include "ngx_court_feed.h"
#include "ngx_court_flight_bell.h"


static void ngx_court_feed_head_came(void *ctx,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);
static void ngx_court_feed_part_begin(ngx_court_feed_t *feed);
static void ngx_court_feed_part_came(void *ctx,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);


static void
ngx_court_feed_hget(ngx_court_feed_t *feed, const ngx_str_t *field,
    ngx_court_redis_reply_pt handler)
{
    ngx_str_t              argv[3];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "HGET");
    argv[1] = feed->deny;
    argv[2] = *field;

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 3;
    cmd.key = 1;
    cmd.timeout = NGX_COURT_FEED_BLOCK;
    cmd.noeviction = 1;

    feed->busy = 1;
    ngx_court_redis_command(feed->redis, &cmd, handler, feed);
}


static void
ngx_court_feed_head_drop(ngx_court_feed_t *feed)
{
    if (feed->pool) {
        ngx_destroy_pool(feed->pool);
        feed->pool = NULL;
    }
}


/* tried again after a while, as long as it takes */

static void
ngx_court_feed_head_failed(ngx_court_feed_t *feed,
    ngx_court_event_verdict_t verdict, const char *why)
{
    if (verdict != NGX_COURT_EVENT_OK) {
        ngx_court_feed_verdict(feed, verdict, why, feed->head.seq);
    }

    ngx_court_feed_head_drop(feed);
    ngx_court_feed_later(feed);
}


void
ngx_court_feed_head_begin(ngx_court_feed_t *feed)
{
    static const ngx_str_t  field = ngx_string("head");

    ngx_court_feed_head_drop(feed);
    ngx_memzero(&feed->head, sizeof(ngx_court_event_head_t));

    ngx_court_feed_hget(feed, &field, ngx_court_feed_head_came);
}


static void
ngx_court_feed_head_came(void *ctx, ngx_court_redis_status_t status,
    const ngx_court_redis_reply_t *reply)
{
    ngx_court_feed_t *feed = ctx;

    const char                 *why;
    ngx_court_event_verdict_t   verdict;

    if (ngx_court_feed_came(feed, status, reply) != NGX_OK) {
        return;
    }

    if (reply == NULL || reply->type != NGX_COURT_REDIS_T_STRING) {
        if (!feed->waiting) {
            feed->waiting = 1;
            ngx_log_error(NGX_LOG_WARN, feed->log, 0,
                          "court: events: there is no snapshot \"%V\" yet; "
                          "blind until there is", &feed->deny);
        }

        ngx_court_feed_head_failed(feed, NGX_COURT_EVENT_OK, NULL);
        return;
    }

    feed->waiting = 0;
    feed->pool = ngx_create_pool(16384, feed->log);

    if (feed->pool == NULL) {
        ngx_court_feed_later(feed);
        return;
    }

    why = NULL;
    verdict = ngx_court_event_head_read(feed->pool, feed->keys, &reply->str,
                                        &feed->head, &why);

    if (verdict == NGX_COURT_EVENT_OK) {
        verdict = ngx_court_event_head_fits(&feed->chain, &feed->head,
                                            ngx_court_feed_now(), &why);
    }

    if (verdict != NGX_COURT_EVENT_OK) {
        ngx_court_feed_head_failed(feed, verdict, why);
        return;
    }

    if (ngx_court_tombstone_snapshot_begin(feed->tombstones) != NGX_OK) {
        ngx_court_feed_head_failed(feed, NGX_COURT_EVENT_OK, NULL);
        return;
    }

    feed->part = 0;
    feed->entries = 0;

    ngx_court_feed_part_begin(feed);
}


/*
 * Facts that were invalidated while nobody here listened are older than the
 * snapshot, for what came since stands in the stream behind it.
 */

static void
ngx_court_feed_head_end(ngx_court_feed_t *feed)
{
    if (feed->entries != feed->head.entries) {
        ngx_court_feed_head_failed(feed, NGX_COURT_EVENT_FORGED,
                                   "parts are not what the head counts");
        return;
    }

    if (ngx_court_tombstone_snapshot_end(feed->tombstones) != NGX_OK) {
        ngx_court_feed_head_failed(feed, NGX_COURT_EVENT_OK, NULL);
        return;
    }

    if (feed->tiers->flight) {
        ngx_court_mark_all(feed->tiers->flight, feed->head.time);
    }

    ngx_court_event_head_take(&feed->chain, &feed->head);
    feed->share->denied = (ngx_atomic_uint_t) feed->entries;
    (void) ngx_atomic_fetch_add(&feed->share->epoch, 1);
    ngx_court_feed_publish(feed);

    ngx_court_bell_ring((uint64_t) -1);

    ngx_log_error(NGX_LOG_NOTICE, feed->log, 0,
                  "court: events: snapshot at %uL, %uL denied",
                  feed->head.seq, feed->entries);

    ngx_court_feed_head_drop(feed);
    ngx_court_feed_next(feed);
}


static void
ngx_court_feed_part_begin(ngx_court_feed_t *feed)
{
    if (feed->part == feed->head.nparts) {
        ngx_court_feed_head_end(feed);
        return;
    }

    ngx_court_feed_hget(feed, &feed->head.parts[feed->part],
                        ngx_court_feed_part_came);
}


static ngx_int_t
ngx_court_feed_part_apply(ngx_court_feed_t *feed, const ngx_array_t *denied)
{
    ngx_uint_t                       i;
    const ngx_court_event_denied_t  *entry;

    entry = denied->elts;

    for (i = 0; i < denied->nelts; i++) {
        if (ngx_court_feed_deny(feed, &entry[i].target, entry[i].until,
                                entry[i].at) == NGX_ERROR)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_court_feed_part_came(void *ctx, ngx_court_redis_status_t status,
    const ngx_court_redis_reply_t *reply)
{
    ngx_court_feed_t *feed = ctx;

    ngx_pool_t                 *pool;
    ngx_array_t                *denied;
    const char                 *why;
    ngx_court_event_verdict_t   verdict;

    if (ngx_court_feed_came(feed, status, reply) != NGX_OK) {
        ngx_court_feed_head_drop(feed);
        return;
    }

    /* gone: the head was replaced meanwhile */

    if (reply == NULL || reply->type != NGX_COURT_REDIS_T_STRING) {
        ngx_court_feed_head_failed(feed, NGX_COURT_EVENT_OK, NULL);
        return;
    }

    pool = ngx_create_pool(16384, feed->log);
    denied = pool ? ngx_array_create(pool, NGX_COURT_EVENT_PART_ENTRIES,
                                     sizeof(ngx_court_event_denied_t))
                  : NULL;

    why = NULL;
    verdict = denied ? ngx_court_event_part_read(pool, feed->keys,
                                                 feed->tiers->ring,
                                                 &feed->head, feed->part,
                                                 &reply->str, denied, &why)
                     : NGX_COURT_EVENT_FAILED;

    if (verdict == NGX_COURT_EVENT_OK
        && ngx_court_feed_part_apply(feed, denied) == NGX_OK)
    {
        feed->entries += denied->nelts;
        feed->part++;
        ngx_destroy_pool(pool);
        ngx_court_feed_part_begin(feed);
        return;
    }

    if (pool) {
        ngx_destroy_pool(pool);
    }

    ngx_court_feed_head_failed(feed, verdict, why);
}
