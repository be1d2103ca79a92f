/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who leads, and what all workers see of it.
 */

#include "ngx_court_feed.h"
#include "ngx_court_flight_bell.h"


static void ngx_court_feed_tick(ngx_event_t *ev);
static void ngx_court_feed_again(ngx_event_t *ev);


int64_t
ngx_court_feed_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


/* a reload with another stream, or other authorities, begins anew: blind */

ngx_int_t
ngx_court_feed_init(ngx_court_feed_t *feed)
{
    ngx_court_feed_share_t  *share;

    if (sizeof(ngx_court_feed_share_t) > NGX_COURT_TOMBSTONE_FEED) {
        return NGX_ERROR;
    }

    share = ngx_court_tombstone_feed(feed->tombstones);

    if (ngx_memcmp(share->conf, feed->conf, NGX_COURT_SHA256_LEN) != 0) {
        ngx_memzero(share, sizeof(ngx_court_feed_share_t));
        ngx_memcpy(share->conf, feed->conf, NGX_COURT_SHA256_LEN);
    }

    feed->share = share;

    return NGX_OK;
}


int64_t
ngx_court_feed_silence(const ngx_court_feed_t *feed)
{
    int64_t  beat;

    beat = (int64_t) feed->share->beat;

    return beat ? ngx_max(ngx_court_feed_now() - beat, 0) : -1;
}


/*
 * A beat that lies ahead by as much is no better than an old one: it would
 * cover for an authority that has fallen silent.
 */

ngx_uint_t
ngx_court_feed_blind(const ngx_court_feed_t *feed)
{
    int64_t  beat, age, max;

    if (!feed->share->synced) {
        return 1;
    }

    beat = (int64_t) feed->share->beat;
    age = ngx_court_feed_now() - beat;
    max = (int64_t) feed->max_silence;

    return beat == 0 || age > max || age < -max;
}


static ngx_uint_t
ngx_court_feed_mine(ngx_court_feed_t *feed)
{
    return feed->leading && feed->share->leader == (ngx_atomic_uint_t) ngx_pid
           && ngx_memcmp(feed->share->conf, feed->conf, NGX_COURT_SHA256_LEN)
              == 0;
}


static void
ngx_court_feed_yield(ngx_court_feed_t *feed)
{
    if (!feed->leading) {
        return;
    }

    feed->leading = 0;

    (void) ngx_atomic_cmp_set(&feed->share->leader,
                              (ngx_atomic_uint_t) ngx_pid, 0);

    if (feed->again.timer_set) {
        ngx_del_timer(&feed->again);
    }

    if (feed->pool && !feed->busy) {
        ngx_destroy_pool(feed->pool);
        feed->pool = NULL;
    }
}


static ngx_uint_t
ngx_court_feed_vacant(ngx_court_feed_t *feed, ngx_atomic_uint_t leader)
{
    return leader == 0
           || (ngx_msec_int_t) (ngx_current_msec
                                - (ngx_msec_t) feed->share->lease) > 0
           || (kill((ngx_pid_t) leader, 0) == -1 && ngx_errno == ESRCH);
}


static void
ngx_court_feed_elect(ngx_court_feed_t *feed)
{
    ngx_atomic_uint_t  leader;

    leader = feed->share->leader;

    if (!ngx_court_feed_vacant(feed, leader)
        || !ngx_atomic_cmp_set(&feed->share->leader, leader,
                               (ngx_atomic_uint_t) ngx_pid))
    {
        return;
    }

    feed->share->lease = ngx_current_msec + NGX_COURT_FEED_LEASE;
    feed->leading = 1;

    /* whoever died while he wrote it left nothing to go on from */

    if (feed->share->torn) {
        ngx_court_event_doubt(&feed->share->chain);
        feed->share->synced = 0;
        feed->share->torn = 0;
    }

    ngx_log_error(NGX_LOG_INFO, feed->log, 0,
                  "court: events: this worker reads the stream");

    if (!feed->busy) {
        ngx_court_feed_next(feed);
    }
}


static void
ngx_court_feed_tick(ngx_event_t *ev)
{
    ngx_uint_t         exiting;
    ngx_court_feed_t  *feed;

    feed = (ngx_court_feed_t *) ((u_char *) ev
                                 - offsetof(ngx_court_feed_t, timer));

    exiting = ngx_exiting || ngx_quit || ngx_terminate;

    if (feed->leading && (exiting || !ngx_court_feed_mine(feed))) {
        ngx_court_feed_yield(feed);

    } else if (feed->leading) {
        feed->share->lease = ngx_current_msec + NGX_COURT_FEED_LEASE;

    } else if (!exiting
               && ngx_memcmp(feed->share->conf, feed->conf,
                             NGX_COURT_SHA256_LEN) == 0)
    {
        ngx_court_feed_elect(feed);
    }

    if (!exiting) {
        ngx_add_timer(&feed->timer, NGX_COURT_FEED_TICK);
    }
}


ngx_int_t
ngx_court_feed_start(ngx_court_feed_t *feed, ngx_cycle_t *cycle)
{
    feed->log = cycle->log;
    feed->dummy.fd = (ngx_socket_t) -1;

    ngx_memzero(&feed->timer, sizeof(ngx_event_t));
    feed->timer.handler = ngx_court_feed_tick;
    feed->timer.data = &feed->dummy;
    feed->timer.log = cycle->log;
    feed->timer.cancelable = 1;

    ngx_memzero(&feed->again, sizeof(ngx_event_t));
    feed->again.handler = ngx_court_feed_again;
    feed->again.data = &feed->dummy;
    feed->again.log = cycle->log;
    feed->again.cancelable = 1;

    if (feed->redis != feed->tiers->redis
        && ngx_court_redis_start(feed->redis, cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    feed->started = 1;

    /* not all at once, so that one is there before the others look */

    ngx_add_timer(&feed->timer, 1 + (ngx_worker % 16) * 10);

    return NGX_OK;
}


void
ngx_court_feed_stop(ngx_court_feed_t *feed)
{
    feed->started = 0;

    if (feed->timer.timer_set) {
        ngx_del_timer(&feed->timer);
    }

    ngx_court_feed_yield(feed);

    /* answers what is under way: nobody listens any more */

    if (feed->redis != feed->tiers->redis) {
        ngx_court_redis_stop(feed->redis);
    }
}


static void
ngx_court_feed_again(ngx_event_t *ev)
{
    ngx_court_feed_t  *feed;

    feed = (ngx_court_feed_t *) ((u_char *) ev
                                 - offsetof(ngx_court_feed_t, again));

    ngx_court_feed_next(feed);
}


void
ngx_court_feed_later(ngx_court_feed_t *feed)
{
    if (feed->leading && feed->started && !feed->again.timer_set) {
        ngx_add_timer(&feed->again, NGX_COURT_FEED_AGAIN);
    }
}


void
ngx_court_feed_next(ngx_court_feed_t *feed)
{
    if (!feed->started || feed->busy || !ngx_court_feed_mine(feed)) {
        return;
    }

    if (feed->again.timer_set) {
        ngx_del_timer(&feed->again);
    }

    feed->chain = feed->share->chain;

    if (feed->chain.synced) {
        ngx_court_feed_read_begin(feed);

    } else {
        ngx_court_feed_head_begin(feed);
    }
}


ngx_int_t
ngx_court_feed_came(ngx_court_feed_t *feed, ngx_court_redis_status_t status,
    const ngx_court_redis_reply_t *reply)
{
    ngx_str_t  code;

    feed->busy = 0;

    if (!feed->started || !ngx_court_feed_mine(feed)) {
        if (feed->pool) {
            ngx_destroy_pool(feed->pool);
            feed->pool = NULL;
        }

        return NGX_DECLINED;
    }

    feed->share->lease = ngx_current_msec + NGX_COURT_FEED_LEASE;

    if (status == NGX_COURT_REDIS_VALUE || status == NGX_COURT_REDIS_NIL) {
        feed->quiet = 0;
        return NGX_OK;
    }

    (void) ngx_atomic_fetch_add(&feed->share->down, 1);

    if (!feed->quiet) {
        ngx_str_set(&code, "no answer");

        if (status == NGX_COURT_REDIS_ERROR && reply) {
            code = ngx_court_redis_error_code(&reply->str);
        }

        ngx_log_error(NGX_LOG_WARN, feed->log, 0,
                      "court: events: court_redis \"%V\": %V",
                      &ngx_court_redis_conf(feed->redis)->name, &code);
        feed->quiet = 1;
    }

    ngx_court_feed_later(feed);

    return NGX_DECLINED;
}


/* the chain goes back into the zone, and with it what all look at */

void
ngx_court_feed_publish(ngx_court_feed_t *feed)
{
    ngx_uint_t               sees;
    ngx_court_feed_share_t  *share;

    share = feed->share;

    /* behind an older snapshot not all is known that was */

    sees = feed->chain.synced && feed->chain.seq >= feed->chain.high;

    if (!sees) {
        share->synced = 0;
    }

    share->torn = 1;
    ngx_memory_barrier();

    share->chain = feed->chain;

    ngx_memory_barrier();
    share->torn = 0;

    share->seq = (ngx_atomic_uint_t) feed->chain.seq;
    share->beat = (ngx_atomic_uint_t) feed->chain.beat;
    ngx_memory_barrier();

    if (sees) {
        share->synced = 1;
        share->doubt = 0;
    }
}


/* anything but OK and DUPLICATE: nothing is trusted until a snapshot is */

void
ngx_court_feed_verdict(ngx_court_feed_t *feed,
    ngx_court_event_verdict_t verdict, const char *why, uint64_t seq)
{
    ngx_uint_t               changed;
    ngx_court_feed_share_t  *share;

    share = feed->share;

    (void) ngx_atomic_fetch_add(&share->verdicts[verdict], 1);

    if (verdict == NGX_COURT_EVENT_OK || verdict == NGX_COURT_EVENT_DUPLICATE
        || verdict == NGX_COURT_EVENT_FAILED)
    {
        return;
    }

    changed = share->doubt != (ngx_atomic_uint_t) verdict;
    share->doubt = verdict;

    ngx_court_event_doubt(&feed->chain);
    ngx_court_feed_publish(feed);

    if (!changed) {
        return;
    }

    ngx_log_error(NGX_LOG_ERR, feed->log, 0,
                  "court: events: %V at %uL: %s; blind until a snapshot is "
                  "read", &ngx_court_event_verdict_names[verdict], seq,
                  why ? why : "-");

    feed->told(feed->data, "events.doubt",
               &ngx_court_event_verdict_names[verdict]);
}


/* NGX_DECLINED: of no meaning to tombstones */

static ngx_int_t
ngx_court_feed_stone(const ngx_court_event_target_t *target,
    ngx_court_tombstone_t *stone)
{
    static const ngx_int_t  kinds[NGX_COURT_EVENT_WHATS] = {
        -1,
        NGX_COURT_TOMBSTONE_SUBJECT,
        NGX_COURT_TOMBSTONE_TOKEN,
        NGX_COURT_TOMBSTONE_HASH,
        NGX_COURT_TOMBSTONE_ISSUER_KEY,
        NGX_COURT_TOMBSTONE_COURT,
        -1
    };

    if (kinds[target->what] < 0) {
        return NGX_DECLINED;
    }

    ngx_memzero(stone, sizeof(ngx_court_tombstone_t));

    stone->kind = kinds[target->what];
    stone->origin = NGX_COURT_TOMBSTONE_EVENTS;

    return ngx_court_tombstone_key(stone->kind, &target->issuer,
                                   &target->value, stone->key);
}


ngx_int_t
ngx_court_feed_deny(ngx_court_feed_t *feed,
    const ngx_court_event_target_t *target, int64_t until, int64_t at)
{
    ngx_int_t              rc;
    ngx_court_tombstone_t  stone;

    rc = ngx_court_feed_stone(target, &stone);

    if (rc != NGX_OK || until <= ngx_time()) {
        return rc;
    }

    stone.until = until;
    stone.added = at;

    rc = ngx_court_tombstone_put(feed->tombstones, &stone);

    if (rc == NGX_DECLINED) {
        if (feed->share->full++ == 0) {
            ngx_log_error(NGX_LOG_ERR, feed->log, 0,
                          "court: events: the zone \"tombstones\" is full: "
                          "blind until there is room");
        }

        return NGX_ERROR;
    }

    return rc == NGX_OK ? NGX_OK : NGX_ERROR;
}


/* a fact of all courts, or of one that this machine does not know by name */

static ngx_int_t
ngx_court_feed_invalidate(ngx_court_feed_t *feed,
    const ngx_court_event_target_t *target)
{
    u_char                key[NGX_COURT_SHA256_LEN];
    ngx_uint_t            i;
    ngx_court_source_t  **source;

    source = feed->sources->elts;

    for (i = 0; i < feed->sources->nelts; i++) {
        if (ngx_court_str_eq(&source[i]->fact.name, &target->value)) {
            break;
        }
    }

    if (i == feed->sources->nelts
        || source[i]->fact.nkeys != target->nkeys)
    {
        return NGX_DECLINED;
    }

    if (source[i]->fact.court_scope && target->court.len == 0) {
        if (feed->tiers->flight) {
            ngx_court_mark_all(feed->tiers->flight, ngx_court_feed_now());
        }

        return NGX_OK;
    }

    if (ngx_court_fact_key(&source[i]->fact, target->keys,
                           source[i]->fact.court_scope ? &target->court : NULL,
                           key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* what a lock kept in a zone does not serve: it is marked */

    (void) ngx_court_tier_invalidate(feed->tiers, &source[i]->fact, key);

    return NGX_OK;
}


ngx_int_t
ngx_court_feed_apply(ngx_court_feed_t *feed, const ngx_court_event_t *ev)
{
    ngx_int_t              rc;
    ngx_court_tombstone_t  stone;

    switch (ev->kind) {

    case NGX_COURT_EVENT_DENY:
        rc = ngx_court_feed_deny(feed, &ev->target, ev->until,
                                 ev->time / 1000);
        break;

    case NGX_COURT_EVENT_UNDO:
        rc = ngx_court_feed_stone(&ev->target, &stone);

        if (rc == NGX_OK
            && ngx_court_tombstone_undo(feed->tombstones, stone.key,
                                        NGX_COURT_TOMBSTONE_EVENTS,
                                        ngx_time()) == NGX_BUSY)
        {
            rc = NGX_ERROR;
        }

        break;

    case NGX_COURT_EVENT_INVALIDATE:
        rc = ngx_court_feed_invalidate(feed, &ev->target);
        break;

    default:
        rc = NGX_DECLINED;
        break;
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    (void) ngx_atomic_fetch_add(&feed->share->kinds[ev->kind], 1);

    if (rc == NGX_OK && ev->kind != NGX_COURT_EVENT_INVALIDATE) {
        ngx_court_bell_ring((uint64_t) -1);
    }

    return rc;
}
