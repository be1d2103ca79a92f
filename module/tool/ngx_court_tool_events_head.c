/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The snapshot, written: parts first, then the head that names them, then
 * what no head names any more goes; the same to the state directory; and only
 * then the stream is trimmed, behind it.
 */

#include "ngx_court_tool_events.h"


static ngx_int_t
ngx_court_events_put(ngx_court_events_t *p, const ngx_str_t *name,
    const ngx_str_t *bytes)
{
    ngx_str_t  argv[4];

    ngx_str_set(&argv[0], "HSET");
    argv[1] = p->deny;
    argv[2] = *name;
    argv[3] = *bytes;

    return ngx_court_tool_redis_ask(&p->redis, argv, 4) ? NGX_OK : NGX_ERROR;
}


/* what is denied still, as an array */

static ngx_court_event_denied_t *
ngx_court_events_denied(ngx_court_events_t *p, ngx_pool_t *pool, ngx_uint_t *n)
{
    int64_t                          now;
    ngx_court_event_denied_t        *denied, *d;
    const ngx_court_events_item_t   *item;

    /* a gateway whose clock is behind may need it a little longer */

    now = ngx_court_events_now() / 1000 - 60;

    denied = ngx_pcalloc(pool, (p->denied.n + 1) * sizeof(*denied));
    d = denied;

    for (item = p->denied.first; denied && item; item = item->next) {
        if (item->ev.until > now) {
            d->id = item->ev.id;
            d->at = item->at;
            d->until = item->ev.until;
            d->target = item->ev.target;
            d++;
        }
    }

    *n = d - denied;

    return denied;
}


static ngx_int_t
ngx_court_events_parts_write(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_court_event_head_t *head, ngx_str_t *bytes)
{
    ngx_uint_t                 done, taken, n;
    ngx_court_event_denied_t  *denied;

    denied = ngx_court_events_denied(p, pool, &n);
    if (denied == NULL) {
        return NGX_ERROR;
    }

    head->entries = n;

    for (done = 0; done < n; done += taken) {

        if (head->nparts == NGX_COURT_EVENT_PARTS) {
            ngx_court_events_say("more is denied than a snapshot holds");
            return NGX_ERROR;
        }

        if (ngx_court_event_part_write(pool, p->ring, denied + done, n - done,
                                       &taken, &bytes[head->nparts],
                                       &head->parts[head->nparts]) != NGX_OK
            || taken == 0
            || ngx_court_events_put(p, &head->parts[head->nparts],
                                    &bytes[head->nparts]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        head->nparts++;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_court_events_named(const ngx_court_event_head_t *head,
    const ngx_str_t *name)
{
    ngx_uint_t  i;

    if (name->len == 4 && memcmp(name->data, "head", 4) == 0) {
        return 1;
    }

    for (i = 0; i < head->nparts; i++) {
        if (ngx_court_str_eq(&head->parts[i], name)) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_court_events_sweep(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_court_event_head_t *head)
{
    ngx_str_t                       argv[3], *names, *name;
    ngx_uint_t                      i, n;
    const ngx_court_redis_reply_t  *reply;

    ngx_str_set(&argv[0], "HKEYS");
    argv[1] = p->deny;

    reply = ngx_court_tool_redis_ask(&p->redis, argv, 2);

    if (reply == NULL || reply->type != NGX_COURT_REDIS_T_ARRAY) {
        return NGX_ERROR;
    }

    names = ngx_pcalloc(pool, (reply->n + 1) * sizeof(ngx_str_t));

    for (i = 0, n = 0; names && i < reply->n; i++) {
        if (ngx_court_events_named(head, &reply->elements[i].str)) {
            continue;
        }

        name = &names[n++];
        name->len = reply->elements[i].str.len;
        name->data = ngx_pnalloc(pool, name->len + 1);

        if (name->data == NULL) {
            return NGX_ERROR;
        }

        memcpy(name->data, reply->elements[i].str.data, name->len);
    }

    ngx_str_set(&argv[0], "HDEL");

    for (i = 0; i < n; i++) {
        argv[2] = names[i];

        if (ngx_court_tool_redis_ask(&p->redis, argv, 3) == NULL) {
            return NGX_ERROR;
        }
    }

    return names ? NGX_OK : NGX_ERROR;
}


static void
ngx_court_events_trim(ngx_court_events_t *p)
{
    char        id[32];
    ngx_str_t   argv[4];

    if (p->chain.seq <= p->conf.keep_n) {
        return;
    }

    snprintf(id, sizeof(id), "%llu-0",
             (unsigned long long) (p->chain.seq - p->conf.keep_n));

    ngx_str_set(&argv[0], "XTRIM");
    argv[1] = p->stream;
    ngx_str_set(&argv[2], "MINID");
    ngx_court_tool_redis_arg(&argv[3], id);

    if (ngx_court_tool_redis_ask(&p->redis, argv, 4)) {
        p->xlen = -1;
    }
}


static ngx_int_t
ngx_court_events_head_write(ngx_court_events_t *p, ngx_pool_t *pool)
{
    ngx_str_t               bytes[NGX_COURT_EVENT_PARTS], text;
    ngx_str_t               names[NGX_COURT_EVENT_PARTS];
    ngx_court_event_head_t  head;

    static const ngx_str_t  name = ngx_string("head");

    memset(&head, 0, sizeof(head));
    head.parts = names;
    head.seq = p->chain.seq;
    head.time = ngx_max(p->chain.time, ngx_court_events_now());
    memcpy(head.hash, p->chain.hash, NGX_COURT_SHA256_LEN);

    if (ngx_court_events_parts_write(p, pool, &head, bytes) != NGX_OK
        || ngx_court_event_head_write(pool, p->key, &head, &text) != NGX_OK
        || ngx_court_events_put(p, &name, &text) != NGX_OK
        || ngx_court_events_sweep(p, pool, &head) != NGX_OK
        || ngx_court_sha256(&text, 1, p->head_hash) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p->chain.time = head.time;
    p->head_at = ngx_court_events_now();
    p->head_seq = head.seq;
    p->nparts = head.nparts;
    p->changed = 0;

    /* not trimmed where a crash would need it */

    if (ngx_court_events_save(p, &text, bytes, head.nparts) == NGX_OK) {
        ngx_court_events_trim(p);
    }

    return NGX_OK;
}


/* what stands there is no snapshot of anybody's */

static ngx_int_t
ngx_court_events_clear(ngx_court_events_t *p)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "DEL");
    argv[1] = p->deny;

    return ngx_court_tool_redis_ask(&p->redis, argv, 2) ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_court_events_head(ngx_court_events_t *p)
{
    ngx_int_t    rc;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(16384, p->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_events_head_write(p, pool);

    if (rc != NGX_OK && strcmp(p->redis.error, "WRONGTYPE") == 0
        && ngx_court_events_clear(p) == NGX_OK)
    {
        rc = ngx_court_events_head_write(p, pool);
    }

    ngx_destroy_pool(pool);

    if (rc != NGX_OK) {
        ngx_court_events_say("no snapshot was written: %s",
                             p->redis.error);
        p->changed = 1;
    }

    return rc;
}
