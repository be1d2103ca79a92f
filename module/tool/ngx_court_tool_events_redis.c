/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What stands in Redis, read with the same eyes as a gateway's.
 */

#include "ngx_court_tool_events.h"


static ngx_int_t
ngx_court_events_keep(ngx_pool_t *pool, const ngx_str_t *from, ngx_str_t *to)
{
    to->len = from->len;
    to->data = ngx_pnalloc(pool, from->len + 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    memcpy(to->data, from->data, from->len);

    return NGX_OK;
}


/* one [id, [e, bytes]]; what has another form is an entry of number 0 */

static ngx_int_t
ngx_court_events_entry(ngx_pool_t *pool, const ngx_court_redis_reply_t *reply,
    ngx_court_events_entry_t *entry)
{
    const ngx_court_redis_reply_t  *id, *fields, *name, *e;

    entry->seq = 0;
    ngx_str_null(&entry->e);

    id = ngx_court_redis_element(reply, 0, NGX_COURT_REDIS_T_STRING);
    fields = ngx_court_redis_element(reply, 1, NGX_COURT_REDIS_T_ARRAY);

    if (id == NULL || fields == NULL || fields->n != 2) {
        return NGX_OK;
    }

    name = ngx_court_redis_element(fields, 0, NGX_COURT_REDIS_T_STRING);
    e = ngx_court_redis_element(fields, 1, NGX_COURT_REDIS_T_STRING);

    if (name == NULL || e == NULL || name->str.len != 1
        || name->str.data[0] != 'e')
    {
        return NGX_OK;
    }

    entry->seq = ngx_court_event_id_seq(&id->str);

    return ngx_court_events_keep(pool, &e->str, &entry->e);
}


ngx_int_t
ngx_court_events_range(ngx_court_events_t *p, ngx_pool_t *pool, uint64_t seq,
    ngx_uint_t last, ngx_array_t *entries)
{
    char                            from[32], count[16];
    ngx_str_t                       argv[6];
    ngx_uint_t                      i;
    ngx_court_events_entry_t       *entry;
    const ngx_court_redis_reply_t  *reply;

    snprintf(from, sizeof(from), "%llu-0", (unsigned long long) seq);
    snprintf(count, sizeof(count), "%d", last ? 1 : NGX_COURT_EVENTS_BATCH);

    ngx_court_tool_redis_arg(&argv[0], last ? "XREVRANGE" : "XRANGE");
    argv[1] = p->stream;
    ngx_court_tool_redis_arg(&argv[2], last ? "+" : from);
    ngx_court_tool_redis_arg(&argv[3], last ? "-" : "+");
    ngx_court_tool_redis_arg(&argv[4], "COUNT");
    ngx_court_tool_redis_arg(&argv[5], count);

    reply = ngx_court_tool_redis_ask(&p->redis, argv, 6);

    if (reply == NULL || reply->type != NGX_COURT_REDIS_T_ARRAY) {
        return NGX_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        entry = ngx_array_push(entries);

        if (entry == NULL
            || ngx_court_events_entry(pool, &reply->elements[i], entry)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_events_field(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_str_t *name, ngx_str_t *text)
{
    ngx_str_t                       argv[3];
    const ngx_court_redis_reply_t  *reply;

    ngx_court_tool_redis_arg(&argv[0], "HGET");
    argv[1] = p->deny;
    argv[2] = *name;

    reply = ngx_court_tool_redis_command(&p->redis, argv, 3);

    if (reply == NULL) {
        return NGX_ERROR;
    }

    if (reply->type != NGX_COURT_REDIS_T_STRING) {
        return NGX_DECLINED;
    }

    return ngx_court_events_keep(pool, &reply->str, text);
}


ngx_int_t
ngx_court_events_head_get(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_str_t *text)
{
    static const ngx_str_t  head = ngx_string("head");

    return ngx_court_events_field(p, pool, &head, text);
}


ngx_int_t
ngx_court_events_snapshot(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_court_event_head_t *head, ngx_array_t *denied, const char **why)
{
    ngx_int_t   rc;
    ngx_str_t   text;
    ngx_uint_t  i;

    *why = "there is no snapshot";

    rc = ngx_court_events_head_get(p, pool, &text);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_court_event_head_read(pool, p->keys, &text, head, why)
        != NGX_COURT_EVENT_OK)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < head->nparts; i++) {
        *why = "a part of the snapshot is missing";

        rc = ngx_court_events_field(p, pool, &head->parts[i], &text);
        if (rc != NGX_OK) {
            return rc;
        }

        if (ngx_court_event_part_read(pool, p->keys, p->ring, head, i, &text,
                                      denied, why)
            != NGX_COURT_EVENT_OK)
        {
            return NGX_DECLINED;
        }
    }

    if (denied->nelts != head->entries) {
        *why = "the parts have not as many entries as the head says";
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* one entry that stands behind ours */

static ngx_int_t
ngx_court_events_absorb_one(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_court_events_entry_t *entry, const char **why)
{
    int64_t                     now;
    ngx_court_event_t           ev;
    ngx_court_event_verdict_t   verdict;

    now = ngx_court_events_now();

    verdict = ngx_court_event_read(pool, p->keys, p->ring, entry->seq,
                                   &entry->e, &ev, why);

    /* our clock may have been set back: that is no reason to leap */

    if (verdict == NGX_COURT_EVENT_OK) {
        verdict = ngx_court_event_next(&p->chain, &ev, ngx_max(now, ev.time),
                                       why);
    }

    if (verdict != NGX_COURT_EVENT_OK) {
        p->chain.synced = 1;
        return NGX_DECLINED;
    }

    if (ev.kind == NGX_COURT_EVENT_BEAT && p->begun
        && memcmp(ev.hash, p->tried, NGX_COURT_SHA256_LEN) != 0
        && now - ev.time < NGX_COURT_EVENTS_STANDBY)
    {
        p->other_beat = now;
    }

    return ngx_court_events_apply(p, &ev);
}


ngx_int_t
ngx_court_events_absorb(ngx_court_events_t *p, const char **why)
{
    ngx_int_t                  rc;
    ngx_uint_t                 i, n;
    ngx_pool_t                *pool;
    ngx_array_t               *list;
    ngx_court_events_entry_t  *entry;

    do {
        pool = ngx_create_pool(16384, p->log);
        list = pool ? ngx_array_create(pool, NGX_COURT_EVENTS_BATCH,
                                       sizeof(ngx_court_events_entry_t))
                    : NULL;

        if (list == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_court_events_range(p, pool, p->chain.seq + 1, 0, list);
        entry = list->elts;
        n = list->nelts;

        for (i = 0; rc == NGX_OK && i < n; i++) {
            rc = ngx_court_events_absorb_one(p, pool, &entry[i], why);
        }

        ngx_destroy_pool(pool);

    } while (rc == NGX_OK && n == NGX_COURT_EVENTS_BATCH);

    return rc;
}
