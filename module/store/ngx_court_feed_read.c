/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The stream, from behind the last entry applied: XREAD that blocks, over a
 * connection of its own.  Where nothing comes the stream's last id is asked
 * for: one that lies before ours is another history.
 */

#include "ngx_court_feed.h"


static void ngx_court_feed_read_came(void *ctx,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);
static void ngx_court_feed_top_begin(ngx_court_feed_t *feed);
static void ngx_court_feed_top_came(void *ctx,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);


void
ngx_court_feed_read_begin(ngx_court_feed_t *feed)
{
    u_char                 id[NGX_INT64_LEN + 3], block[NGX_INT_T_LEN],
                           count[NGX_INT_T_LEN];
    ngx_str_t              argv[8];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "XREAD");
    ngx_str_set(&argv[1], "COUNT");
    argv[2].data = count;
    argv[2].len = ngx_sprintf(count, "%d", NGX_COURT_FEED_COUNT) - count;
    ngx_str_set(&argv[3], "BLOCK");
    argv[4].data = block;
    argv[4].len = ngx_sprintf(block, "%d", NGX_COURT_FEED_BLOCK) - block;
    ngx_str_set(&argv[5], "STREAMS");
    argv[6] = feed->events;
    argv[7].data = id;
    argv[7].len = ngx_sprintf(id, "%uL-0", feed->chain.seq) - id;

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 8;
    cmd.key = 6;
    cmd.timeout = 2 * NGX_COURT_FEED_BLOCK;
    cmd.noeviction = 1;
    cmd.own = 1;

    feed->busy = 1;
    ngx_court_redis_command(feed->redis, &cmd, ngx_court_feed_read_came, feed);
}


/* [id, ["e", text]]; NULL: anything else */

static const ngx_str_t *
ngx_court_feed_read_text(const ngx_court_redis_reply_t *entry, uint64_t *seq)
{
    const ngx_court_redis_reply_t  *id, *fields, *name, *text;

    id = ngx_court_redis_element(entry, 0, NGX_COURT_REDIS_T_STRING);
    fields = ngx_court_redis_element(entry, 1, NGX_COURT_REDIS_T_ARRAY);

    *seq = id ? ngx_court_event_id_seq(&id->str) : 0;

    if (fields == NULL || fields->n != 2) {
        return NULL;
    }

    name = ngx_court_redis_element(fields, 0, NGX_COURT_REDIS_T_STRING);
    text = ngx_court_redis_element(fields, 1, NGX_COURT_REDIS_T_STRING);

    return (name && text && name->str.len == 1 && name->str.data[0] == 'e')
           ? &text->str : NULL;
}


/* NGX_OK: the next; NGX_DECLINED: doubt; NGX_ERROR: not now */

static ngx_int_t
ngx_court_feed_read_entry(ngx_court_feed_t *feed, ngx_pool_t *pool,
    const ngx_court_redis_reply_t *entry)
{
    uint64_t                    seq;
    const char                 *why;
    const ngx_str_t            *text;
    ngx_court_event_t           ev;
    ngx_court_event_chain_t     before;
    ngx_court_event_verdict_t   verdict;

    why = "no entry with one field \"e\"";
    text = ngx_court_feed_read_text(entry, &seq);

    verdict = text ? ngx_court_event_read(pool, feed->keys, feed->tiers->ring,
                                          seq, text, &ev, &why)
                   : NGX_COURT_EVENT_FORGED;

    before = feed->chain;

    if (verdict == NGX_COURT_EVENT_OK) {
        verdict = ngx_court_event_next(&feed->chain, &ev,
                                       ngx_court_feed_now(), &why);
    }

    if (verdict == NGX_COURT_EVENT_OK
        && ngx_court_feed_apply(feed, &ev) == NGX_ERROR)
    {
        feed->chain = before;
        return NGX_ERROR;
    }

    ngx_court_feed_verdict(feed, verdict, why, seq);

    switch (verdict) {

    case NGX_COURT_EVENT_OK:
        ngx_court_feed_publish(feed);
        return NGX_OK;

    case NGX_COURT_EVENT_DUPLICATE:
        return NGX_OK;

    case NGX_COURT_EVENT_FAILED:
        return NGX_ERROR;

    default:
        return NGX_DECLINED;
    }
}


static ngx_int_t
ngx_court_feed_read_entries(ngx_court_feed_t *feed,
    const ngx_court_redis_reply_t *reply)
{
    ngx_int_t                       rc;
    ngx_uint_t                      i;
    ngx_pool_t                     *pool;
    const ngx_court_redis_reply_t  *stream, *entries;

    stream = ngx_court_redis_element(reply, 0, NGX_COURT_REDIS_T_ARRAY);
    entries = stream ? ngx_court_redis_element(stream, 1,
                                               NGX_COURT_REDIS_T_ARRAY)
                     : NULL;

    if (entries == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (i = 0; rc == NGX_OK && i < entries->n; i++) {
        pool = ngx_create_pool(16384, feed->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_court_feed_read_entry(feed, pool, &entries->elements[i]);

        ngx_destroy_pool(pool);
    }

    return rc;
}


static void
ngx_court_feed_read_came(void *ctx, ngx_court_redis_status_t status,
    const ngx_court_redis_reply_t *reply)
{
    ngx_court_feed_t *feed = ctx;

    if (ngx_court_feed_came(feed, status, reply) != NGX_OK) {
        return;
    }

    if (reply == NULL || reply->type != NGX_COURT_REDIS_T_ARRAY) {
        ngx_court_feed_top_begin(feed);
        return;
    }

    /* in doubt it takes its time: what is wrong will still be there */

    if (ngx_court_feed_read_entries(feed, reply) == NGX_OK) {
        ngx_court_feed_next(feed);

    } else {
        ngx_court_feed_later(feed);
    }
}


static void
ngx_court_feed_top_begin(ngx_court_feed_t *feed)
{
    ngx_str_t              argv[6];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "XREVRANGE");
    argv[1] = feed->events;
    ngx_str_set(&argv[2], "+");
    ngx_str_set(&argv[3], "-");
    ngx_str_set(&argv[4], "COUNT");
    ngx_str_set(&argv[5], "1");

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 6;
    cmd.key = 1;
    cmd.timeout = NGX_COURT_FEED_BLOCK;
    cmd.noeviction = 1;

    feed->busy = 1;
    ngx_court_redis_command(feed->redis, &cmd, ngx_court_feed_top_came, feed);
}


static void
ngx_court_feed_top_came(void *ctx, ngx_court_redis_status_t status,
    const ngx_court_redis_reply_t *reply)
{
    ngx_court_feed_t *feed = ctx;

    uint64_t                        seq;
    ngx_court_event_verdict_t       verdict;
    const ngx_court_redis_reply_t  *entry, *id;

    if (ngx_court_feed_came(feed, status, reply) != NGX_OK) {
        return;
    }

    seq = 0;

    entry = reply ? ngx_court_redis_element(reply, 0, NGX_COURT_REDIS_T_ARRAY)
                  : NULL;
    id = entry ? ngx_court_redis_element(entry, 0, NGX_COURT_REDIS_T_STRING)
               : NULL;

    if (id) {
        seq = ngx_court_event_id_seq(&id->str);
    }

    verdict = ngx_court_event_top(&feed->chain, seq);

    if (verdict != NGX_COURT_EVENT_OK) {
        ngx_court_feed_verdict(feed, verdict, "the stream ends before what "
                               "was read", seq);
        ngx_court_feed_later(feed);
        return;
    }

    ngx_court_feed_next(feed);
}
