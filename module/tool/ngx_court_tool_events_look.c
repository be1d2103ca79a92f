/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who looks at what stands in Redis: verify, tail, snapshot.  Persons are
 * never shown; without a ring nobody is known.
 */

#include "ngx_court_tool_events.h"
#include "ngx_court_time.h"

#include <unistd.h>


static void
ngx_court_events_stamp(int64_t ms, char *buf, size_t size)
{
    u_char  text[NGX_COURT_TIME_LEN + 1];

    *ngx_court_time_format(text, ms / 1000) = '\0';
    snprintf(buf, size, "%.19s.%03dZ", text, (int) (ms % 1000));
}


static int
ngx_court_events_unreachable(const ngx_court_events_t *p)
{
    fprintf(stderr, "court-tool: Redis: %s\n", p->redis.error);

    return NGX_COURT_TOOL_UNREACHABLE;
}


/* one entry as a line; verdict: of reading and of the chain */

static void
ngx_court_events_print(const ngx_court_event_t *ev, uint64_t seq,
    ngx_court_event_verdict_t verdict, const char *why, ngx_uint_t json)
{
    char              time[40];
    const ngx_str_t  *kind, *what, *name;

    kind = &ngx_court_event_kind_names[ev->kind];
    what = &ngx_court_event_what_names[ev->target.what];
    name = &ngx_court_event_verdict_names[verdict];

    ngx_court_events_stamp(ev->time, time, sizeof(time));

    if (json) {
        printf("{\"seq\":%llu,\"verdict\":\"%s\"", (unsigned long long) seq,
               name->data);

        if (ev->time) {
            printf(",\"time\":%lld,\"kind\":\"%s\"", (long long) ev->time,
                   kind->data);
            ngx_court_events_json(stdout, "id", &ev->id);
            ngx_court_events_json(stdout, "what", what);
            ngx_court_events_json(stdout, "issuer", &ev->target.issuer);
            ngx_court_events_json(stdout, "kid", &ev->kid);
        }

        printf("}\n");

    } else if (ev->time) {
        printf("%llu %s %-10s %-8s %.*s%s%s\n", (unsigned long long) seq, time,
               kind->data, what->data, (int) ev->id.len, ev->id.data,
               verdict ? "  ! " : "", verdict ? why : "");

    } else {
        printf("%llu ! %s: %s\n", (unsigned long long) seq, name->data, why);
    }
}


/*
 * The next entries of the chain, each to print (0: the bad ones alone).  What
 * stands before the head is not asked whether it holds: after a leap it does
 * not, and nobody reads it.
 */

static ngx_int_t
ngx_court_events_follow(ngx_court_events_t *p, uint64_t *from,
    const ngx_court_event_head_t *head, ngx_uint_t json, ngx_uint_t *read,
    ngx_uint_t *bad)
{
    ngx_int_t                   rc;
    const char                 *why;
    ngx_uint_t                  i, counts;
    ngx_pool_t                 *pool;
    ngx_array_t                *list;
    ngx_court_event_t           ev;
    ngx_court_events_entry_t   *entry;
    ngx_court_event_verdict_t   verdict;

    pool = ngx_create_pool(16384, p->log);
    list = pool ? ngx_array_create(pool, NGX_COURT_EVENTS_BATCH,
                                   sizeof(ngx_court_events_entry_t)) : NULL;

    if (list == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_events_range(p, pool, *from, 0, list);
    entry = list->elts;
    *read = list->nelts;

    for (i = 0; rc == NGX_OK && i < list->nelts; i++) {
        why = "";

        if (head && p->chain.seq < head->seq && entry[i].seq > head->seq) {
            ngx_court_event_head_take(&p->chain, head);
        }

        verdict = ngx_court_event_read(pool, p->keys, p->ring, entry[i].seq,
                                       &entry[i].e, &ev, &why);

        /* who has no ring sees the chain all the same */

        if (verdict == NGX_COURT_EVENT_OK
            || (verdict == NGX_COURT_EVENT_SEALED && p->ring == NULL))
        {
            verdict = ngx_court_event_next(&p->chain, &ev,
                                           ngx_court_events_now(), &why);
        }

        counts = verdict != NGX_COURT_EVENT_OK
                 && (head == NULL || entry[i].seq == 0
                     || entry[i].seq > head->seq);
        *bad += counts;

        if (head == NULL || counts) {
            ngx_court_events_print(&ev, entry[i].seq, verdict, why, json);
        }

        /* to say what is wrong with each, not the first alone */

        if (entry[i].seq) {
            p->chain.seq = entry[i].seq;
            *from = entry[i].seq + 1;

            if (ngx_court_sha256(&entry[i].e, 1, p->chain.hash) != NGX_OK) {
                rc = NGX_ERROR;
            }
        }

        p->chain.synced = 1;
    }

    /* an id that is none of ours would come again and again */

    if (*read && entry[*read - 1].seq == 0) {
        *read = 0;
    }

    ngx_destroy_pool(pool);

    return rc;
}


static int
ngx_court_events_head_look(ngx_court_events_t *p, ngx_court_event_head_t *head,
    ngx_uint_t *n, const char **why)
{
    ngx_int_t     rc;
    ngx_array_t  *denied;

    if (ngx_court_tool_redis_connect(&p->redis) != NGX_OK) {
        return ngx_court_events_unreachable(p);
    }

    denied = ngx_array_create(p->pool, 64, sizeof(ngx_court_event_denied_t));
    if (denied == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    memset(head, 0, sizeof(*head));
    rc = ngx_court_events_snapshot(p, p->pool, head, denied, why);
    *n = denied->nelts;

    if (rc == NGX_ERROR) {
        return ngx_court_events_unreachable(p);
    }

    if (rc == NGX_OK) {
        *why = "";
    }

    return rc == NGX_OK ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_NO;
}


int
ngx_court_events_show(ngx_court_events_t *p, ngx_uint_t json)
{
    int                      rc;
    char                     time[40];
    const char              *why;
    ngx_uint_t               n;
    ngx_court_event_head_t   head;

    why = "";
    rc = ngx_court_events_head_look(p, &head, &n, &why);

    if (rc > NGX_COURT_TOOL_NO) {
        return rc;
    }

    ngx_court_events_stamp(head.time, time, sizeof(time));

    if (json) {
        printf("{\"seq\":%llu,\"time\":%lld,\"entries\":%llu,\"parts\":%lu,"
               "\"valid\":%s,\"why\":\"%s\"}\n", (unsigned long long) head.seq,
               (long long) head.time, (unsigned long long) head.entries,
               (unsigned long) head.nparts, rc ? "false" : "true", why);

    } else if (rc) {
        printf("the snapshot cannot be believed: %s\n", why);

    } else {
        printf("up to entry %llu, of %s: %llu denied, %lu parts\n",
               (unsigned long long) head.seq, time,
               (unsigned long long) head.entries,
               (unsigned long) head.nparts);
    }

    return rc;
}


/* the chain as it is before the entry *from, or the first one behind */

static ngx_int_t
ngx_court_events_begin(ngx_court_events_t *p, uint64_t *from)
{
    const char                *why;
    ngx_array_t               *list;
    ngx_court_event_t          ev;
    ngx_court_events_entry_t  *entry;

    p->chain.synced = 1;
    p->chain.seq = *from - 1;

    list = ngx_array_create(p->pool, NGX_COURT_EVENTS_BATCH,
                            sizeof(ngx_court_events_entry_t));

    if (list == NULL
        || ngx_court_events_range(p, p->pool, *from, 0, list) != NGX_OK)
    {
        return NGX_ERROR;
    }

    entry = list->elts;

    if (list->nelts
        && ngx_court_event_read(p->pool, p->keys, NULL, entry->seq, &entry->e,
                                &ev, &why) != NGX_COURT_EVENT_FORGED)
    {
        p->chain.seq = ev.seq - 1;
        memcpy(p->chain.hash, ev.prev, NGX_COURT_SHA256_LEN);
    }

    return NGX_OK;
}


/* reads all there is; how many entries, and how many are bad */

static ngx_int_t
ngx_court_events_read_all(ngx_court_events_t *p,
    const ngx_court_event_head_t *head, ngx_uint_t json, ngx_uint_t *all,
    ngx_uint_t *bad)
{
    uint64_t    from;
    ngx_uint_t  read;

    from = 1;

    if (ngx_court_events_begin(p, &from) != NGX_OK) {
        return NGX_ERROR;
    }

    do {
        if (ngx_court_events_follow(p, &from, head, json, &read, bad)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        *all += read;

    } while (read == NGX_COURT_EVENTS_BATCH);

    return NGX_OK;
}


int
ngx_court_events_verify(ngx_court_events_t *p, ngx_uint_t json)
{
    int                      rc;
    int64_t                  silence;
    ngx_uint_t               n, all, bad;
    const char              *why;
    ngx_court_event_head_t   head;

    why = "";
    rc = ngx_court_events_head_look(p, &head, &n, &why);

    if (rc > NGX_COURT_TOOL_NO) {
        return rc;
    }

    all = 0;
    bad = 0;

    /* without a believable head nothing that follows has a beginning; who has
     * no ring believes what it says of its parts */

    if (rc == NGX_COURT_TOOL_YES || (p->ring == NULL && head.seq)) {
        rc = NGX_COURT_TOOL_YES;

        if (ngx_court_events_read_all(p, &head, json, &all, &bad) != NGX_OK) {
            return ngx_court_events_unreachable(p);
        }

        why = "";

        if (bad || p->chain.seq < head.seq) {
            rc = NGX_COURT_TOOL_NO;
            why = bad ? "entries behind the snapshot cannot be believed"
                      : "the stream ends before the snapshot";
        }
    }

    silence = p->chain.beat ? ngx_court_events_now() - p->chain.beat : -1;

    if (json) {
        printf("{\"valid\":%s,\"why\":\"%s\",\"snapshot_seq\":%llu,"
               "\"seq\":%llu,\"entries\":%lu,\"bad\":%lu,\"silence_ms\":%lld"
               "}\n", rc ? "false" : "true", why,
               (unsigned long long) head.seq,
               (unsigned long long) p->chain.seq, (unsigned long) all,
               (unsigned long) bad, (long long) silence);

    } else if (rc) {
        printf("not believable: %s\n", why);

    } else if (silence < 0) {
        printf("the snapshot up to %llu holds; there was no beat yet\n",
               (unsigned long long) head.seq);

    } else {
        printf("the snapshot up to %llu holds, and the stream up to %llu; last "
               "beat %lld ms ago\n", (unsigned long long) head.seq,
               (unsigned long long) p->chain.seq, (long long) silence);
    }

    return rc;
}


int
ngx_court_events_tail(ngx_court_events_t *p, ngx_uint_t n, ngx_uint_t follow,
    ngx_uint_t json)
{
    uint64_t                   from, top;
    ngx_uint_t                 read, bad;
    ngx_array_t               *list;
    ngx_court_events_entry_t  *entry;

    if (ngx_court_tool_redis_connect(&p->redis) != NGX_OK) {
        return ngx_court_events_unreachable(p);
    }

    list = ngx_array_create(p->pool, 1, sizeof(ngx_court_events_entry_t));

    if (list == NULL
        || ngx_court_events_range(p, p->pool, 0, 1, list) != NGX_OK)
    {
        return ngx_court_events_unreachable(p);
    }

    entry = list->elts;
    top = list->nelts ? entry->seq : 0;
    from = top > n ? top - n + 1 : 1;

    /* the first one is believed as to what stands before it */

    if (ngx_court_events_begin(p, &from) != NGX_OK) {
        return ngx_court_events_unreachable(p);
    }

    bad = 0;

    for ( ;; ) {
        if (ngx_court_events_follow(p, &from, NULL, json, &read, &bad)
            != NGX_OK)
        {
            return ngx_court_events_unreachable(p);
        }

        if (read == NGX_COURT_EVENTS_BATCH) {
            continue;
        }

        if (!follow || fflush(stdout) != 0) {
            return bad ? NGX_COURT_TOOL_NO : NGX_COURT_TOOL_YES;
        }

        usleep(200000);
    }
}
