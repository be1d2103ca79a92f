/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Publishing: the next number, by XADD with an explicit id.  Who is slower
 * gets an error and reads what the other one said; so there is one chain,
 * however many publishers.  Where Redis has lost what was published, the chain
 * leaps behind a new head, to a number that no history has reached.
 */

#include "ngx_court_tool_events.h"
#include "ngx_court_base64url.h"


/* a number behind which nothing of ours can be */
#define NGX_COURT_EVENTS_JUNK  (NGX_COURT_EVENT_SEQ_MAX - 0xffffffffffull)


int64_t
ngx_court_events_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


ngx_uint_t
ngx_court_events_standby(const ngx_court_events_t *p)
{
    return p->other_beat
           && ngx_court_events_now() - p->other_beat
              < NGX_COURT_EVENTS_STANDBY;
}


static const ngx_court_redis_reply_t *
ngx_court_events_do(ngx_court_events_t *p, const char *verb,
    const ngx_str_t *key, const char *arg, const char *arg2)
{
    ngx_str_t   argv[4];
    ngx_uint_t  n;

    n = 0;
    ngx_court_tool_redis_arg(&argv[n], verb);
    argv[++n] = *key;

    if (arg) {
        n++;
        ngx_court_tool_redis_arg(&argv[n], arg);
    }

    if (arg2) {
        n++;
        ngx_court_tool_redis_arg(&argv[n], arg2);
    }

    return ngx_court_tool_redis_ask(&p->redis, argv, n + 1);
}


static void
ngx_court_events_lost(ngx_court_events_t *p, const char *what)
{
    ngx_court_events_say("%s: %s", what, p->redis.error[0] ? p->redis.error
                                                           : "no memory");
    ngx_court_tool_redis_close(&p->redis);
    p->synced = 0;
}


/* the chain goes on at a number that nobody has seen, behind a new head */

static ngx_int_t
ngx_court_events_leap(ngx_court_events_t *p, uint64_t top, const char *why)
{
    uint64_t  base, epoch;

    epoch = (uint64_t) (ngx_court_events_now() / 1000) << 16;

    if (top >= NGX_COURT_EVENTS_JUNK
        && ngx_court_events_do(p, "DEL", &p->stream, NULL, NULL) == NULL)
    {
        ngx_court_events_lost(p, "the stream's junk stays");
        return NGX_ERROR;
    }

    base = p->chain.high;

    if (top < NGX_COURT_EVENTS_JUNK && top > base) {
        base = top;
    }

    base = ngx_max(base + 1, epoch);

    if (ngx_court_random(p->chain.hash, NGX_COURT_SHA256_LEN) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_court_events_say("%s: the chain goes on at %llu", why,
                         (unsigned long long) base);

    p->chain.seq = base;
    p->chain.high = base;
    p->chain.time = ngx_max(p->chain.time, ngx_court_events_now());
    memcpy(p->chain.high_hash, p->chain.hash, NGX_COURT_SHA256_LEN);
    p->chain.synced = 1;

    p->fresh = 1;
    p->leaps++;
    p->xlen = -1;

    return ngx_court_events_head(p);
}


/* what the snapshot in Redis says, where it knows more than we do */

static ngx_int_t
ngx_court_events_adopt(ngx_court_events_t *p)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i;
    const char                *why;
    ngx_pool_t                *pool;
    ngx_array_t               *list;
    ngx_court_event_t          ev;
    ngx_court_event_head_t     head;
    ngx_court_event_denied_t  *denied;

    pool = ngx_create_pool(16384, p->log);
    list = pool ? ngx_array_create(pool, 64, sizeof(ngx_court_event_denied_t))
                : NULL;
    if (list == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_events_snapshot(p, pool, &head, list, &why);

    if (rc == NGX_OK && head.seq <= p->chain.high) {
        rc = NGX_DECLINED;
    }

    if (rc == NGX_OK) {
        ngx_court_events_list_clear(&p->denied);
        ngx_court_event_head_take(&p->chain, &head);
        p->head_seq = head.seq;
        denied = list->elts;

        for (i = 0; rc == NGX_OK && i < list->nelts; i++) {
            memset(&ev, 0, sizeof(ev));
            ev.kind = NGX_COURT_EVENT_DENY;
            ev.id = denied[i].id;
            ev.target = denied[i].target;
            ev.until = denied[i].until;

            rc = ngx_court_events_push(&p->denied, &ev, denied[i].at, p->log);
            ngx_court_events_drop_id(&p->pending, &ev.id);
        }
    }

    ngx_destroy_pool(pool);

    return rc;
}


/* the stream's last entry: its number, and is it our last one? */

static ngx_int_t
ngx_court_events_top(ngx_court_events_t *p, uint64_t *top, ngx_uint_t *ours)
{
    u_char                     sum[NGX_COURT_SHA256_LEN];
    ngx_int_t                  rc;
    ngx_pool_t                *pool;
    ngx_array_t               *list;
    ngx_court_events_entry_t  *entry;

    *top = 0;
    *ours = 0;

    pool = ngx_create_pool(16384, p->log);
    list = pool ? ngx_array_create(pool, 1, sizeof(ngx_court_events_entry_t))
                : NULL;
    if (list == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_events_range(p, pool, 0, 1, list);

    if (rc == NGX_OK && list->nelts) {
        entry = list->elts;
        *top = entry->seq ? entry->seq : NGX_COURT_EVENT_SEQ_MAX;

        *ours = entry->seq == p->chain.seq
                && ngx_court_sha256(&entry->e, 1, sum) == NGX_OK
                && memcmp(sum, p->chain.hash, NGX_COURT_SHA256_LEN) == 0;
    }

    ngx_destroy_pool(pool);

    return rc;
}


/* after a connection was made, and whenever the stream is not as we left it */

ngx_int_t
ngx_court_events_sync(ngx_court_events_t *p)
{
    uint64_t     top;
    ngx_int_t    rc;
    const char  *why;
    ngx_uint_t   ours;

    why = "Redis has nothing";

    if (ngx_court_events_top(p, &top, &ours) != NGX_OK) {
        ngx_court_events_lost(p, "the stream cannot be read");
        return NGX_ERROR;
    }

    rc = NGX_OK;

    if (!ours) {
        rc = NGX_DECLINED;

        if (p->chain.seq && top > p->chain.seq) {
            rc = ngx_court_events_absorb(p, &why);

        } else if (p->chain.seq && top) {
            why = "Redis tells an older or another history";
        }

        if (rc == NGX_DECLINED) {
            rc = ngx_court_events_adopt(p);

            if (rc == NGX_OK) {
                rc = ngx_court_events_absorb(p, &why);
            }
        }
    }

    if (rc == NGX_DECLINED) {
        rc = ngx_court_events_leap(p, top, why);
    }

    if (rc != NGX_OK) {
        if (p->redis.fd != -1) {
            ngx_court_events_lost(p, "the stream cannot be followed");
        }

        return NGX_ERROR;
    }

    p->synced = 1;
    p->begun = 1;

    return NGX_OK;
}


/* NGX_OK: it stands under its number; NGX_AGAIN: read anew, try again */

static ngx_int_t
ngx_court_events_add(ngx_court_events_t *p, uint64_t seq, const ngx_str_t *e)
{
    char                            id[32];
    ngx_str_t                       argv[6];
    ngx_uint_t                      n;
    const ngx_court_redis_reply_t  *reply;

    snprintf(id, sizeof(id), "%llu-0", (unsigned long long) seq);

    n = 0;
    ngx_court_tool_redis_arg(&argv[n++], "XADD");
    argv[n++] = p->stream;

    if (!p->fresh) {
        ngx_court_tool_redis_arg(&argv[n++], "NOMKSTREAM");
    }

    ngx_court_tool_redis_arg(&argv[n], id);
    n++;
    ngx_court_tool_redis_arg(&argv[n++], "e");
    argv[n++] = *e;

    reply = ngx_court_tool_redis_command(&p->redis, argv, n);

    if (reply && reply->type == NGX_COURT_REDIS_T_STRING) {
        p->fresh = 0;
        return NGX_OK;
    }

    /* somebody else was faster, or the stream is gone, or no more one */

    if (reply && (reply->type == NGX_COURT_REDIS_T_NIL
                  || strcmp(p->redis.error, "ERR") == 0))
    {
        p->conflicts++;
        return NGX_AGAIN;
    }

    if (reply && strcmp(p->redis.error, "WRONGTYPE") == 0) {
        (void) ngx_court_events_do(p, "DEL", &p->stream, NULL, NULL);
    }

    ngx_court_events_lost(p, "Redis took no event");

    return NGX_ERROR;
}


ngx_int_t
ngx_court_events_publish(ngx_court_events_t *p, ngx_court_event_t *ev)
{
    ngx_int_t    rc;
    ngx_str_t    e;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    for (i = 0; i < 4; i++) {

        ev->seq = p->chain.seq + 1;
        ev->time = ngx_max(p->chain.time, ngx_court_events_now());
        memcpy(ev->prev, p->chain.hash, NGX_COURT_SHA256_LEN);

        pool = ngx_create_pool(4096, p->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_court_event_write(pool, p->key, p->ring, ev, &e);

        if (rc == NGX_OK) {
            memcpy(p->tried, ev->hash, NGX_COURT_SHA256_LEN);
            rc = ngx_court_events_add(p, ev->seq, &e);
        }

        ngx_destroy_pool(pool);

        if (rc != NGX_AGAIN) {
            break;
        }

        if (ngx_court_events_sync(p) != NGX_OK) {
            return NGX_ERROR;
        }

        /* what was read may have been this very request */

        if (ev->id.len && ngx_court_events_find(&p->pending, &ev->id) == NULL)
        {
            return NGX_OK;
        }

        /* of two who beat, who was faster goes on */

        if (ev->kind == NGX_COURT_EVENT_BEAT && ngx_court_events_standby(p)) {
            return NGX_DONE;
        }
    }

    if (rc != NGX_OK) {
        return rc == NGX_AGAIN ? NGX_ERROR : rc;
    }

    p->chain.seq = p->chain.high = ev->seq;
    p->chain.time = ev->time;
    memcpy(p->chain.hash, ev->hash, NGX_COURT_SHA256_LEN);
    memcpy(p->chain.high_hash, ev->hash, NGX_COURT_SHA256_LEN);
    p->published++;

    if (p->xlen >= 0) {
        p->xlen++;
    }

    return ngx_court_events_apply(p, ev);
}


static void
ngx_court_events_pending(ngx_court_events_t *p)
{
    ngx_int_t          rc;
    ngx_str_t          id;
    u_char             buf[NGX_COURT_EVENT_ID];
    ngx_court_event_t  ev;

    while (p->synced && p->pending.first) {
        ev = p->pending.first->ev;

        memcpy(buf, ev.id.data, ev.id.len);
        id.data = buf;
        id.len = ev.id.len;

        rc = ngx_court_events_publish(p, &ev);

        if (rc == NGX_DECLINED) {
            ngx_court_events_say("a request cannot be an event: left out");
            ngx_court_events_drop_id(&p->pending, &id);

        } else if (rc != NGX_OK) {
            return;
        }
    }
}


/* does Redis still have what we left there?  Else who reads is helped */

static void
ngx_court_events_look(ngx_court_events_t *p)
{
    u_char                          sum[NGX_COURT_SHA256_LEN];
    ngx_uint_t                      whole;
    const ngx_court_redis_reply_t  *reply;

    reply = ngx_court_events_do(p, "HGET", &p->deny, "head", NULL);

    whole = reply && reply->type == NGX_COURT_REDIS_T_STRING
            && ngx_court_sha256(&reply->str, 1, sum) == NGX_OK
            && memcmp(sum, p->head_hash, NGX_COURT_SHA256_LEN) == 0;

    reply = ngx_court_events_do(p, "HLEN", &p->deny, NULL, NULL);
    whole &= reply && reply->num == (int64_t) p->nparts + 1;

    if (!whole && p->head_at) {
        ngx_court_events_say("the snapshot in Redis is not ours any more");
        p->head_at = 0;
    }

    reply = ngx_court_events_do(p, "XLEN", &p->stream, NULL, NULL);

    if (reply) {
        if (p->xlen >= 0 && reply->num != p->xlen) {
            ngx_court_events_say("the stream has %lld entries, and had %lld",
                                 (long long) reply->num, (long long) p->xlen);
            p->head_at = 0;
        }

        p->xlen = reply->num;
    }
}


void
ngx_court_events_tick(ngx_court_events_t *p)
{
    int64_t            now, wait;
    ngx_court_event_t  beat;

    if (p->redis.fd == -1
        && ngx_court_tool_redis_connect(&p->redis) != NGX_OK)
    {
        return;
    }

    if (!p->synced) {
        p->xlen = -1;
        p->head_at = 0;

        if (ngx_court_events_sync(p) != NGX_OK) {
            return;
        }

        ngx_court_events_say("in Redis, at %llu",
                             (unsigned long long) p->chain.seq);
    }

    ngx_court_events_pending(p);

    now = ngx_court_events_now();

    if (!p->synced || now - p->own_beat < NGX_COURT_EVENTS_BEAT) {
        return;
    }

    p->own_beat = now;

    if (ngx_court_events_standby(p)) {
        p->xlen = -1;
        (void) ngx_court_events_sync(p);
        return;
    }

    memset(&beat, 0, sizeof(beat));
    beat.kind = NGX_COURT_EVENT_BEAT;

    if (ngx_court_events_publish(p, &beat) != NGX_OK) {
        return;
    }

    ngx_court_events_look(p);

    /* a large one takes its time */

    wait = p->changed ? 1 + (int64_t) p->nparts / 4 : p->conf.snapshot_s;

    if (p->redis.fd != -1
        && now - p->head_at >= ngx_min(wait, p->conf.snapshot_s) * 1000)
    {
        (void) ngx_court_events_head(p);
    }
}
