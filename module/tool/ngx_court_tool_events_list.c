/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tool_events.h"


void
ngx_court_events_list_init(ngx_court_events_list_t *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->n = 0;
}


/* *at is taken out */

static void
ngx_court_events_unlink(ngx_court_events_list_t *list,
    ngx_court_events_item_t **at)
{
    ngx_court_events_item_t  *item;

    item = *at;
    *at = item->next;

    if (list->last == &item->next) {
        list->last = at;
    }

    list->n--;
    ngx_destroy_pool(item->pool);
}


void
ngx_court_events_list_clear(ngx_court_events_list_t *list)
{
    while (list->first) {
        ngx_court_events_unlink(list, &list->first);
    }
}


static ngx_int_t
ngx_court_events_copy_str(ngx_pool_t *pool, ngx_str_t *s)
{
    u_char  *p;

    p = ngx_pnalloc(pool, s->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (s->len) {
        memcpy(p, s->data, s->len);
    }

    s->data = p;

    return NGX_OK;
}


ngx_int_t
ngx_court_events_push(ngx_court_events_list_t *list,
    const ngx_court_event_t *ev, int64_t at, ngx_log_t *log)
{
    ngx_uint_t                i;
    ngx_pool_t               *pool;
    ngx_court_events_item_t  *item;

    pool = ngx_create_pool(512, log);
    item = pool ? ngx_pcalloc(pool, sizeof(*item)) : NULL;

    if (item == NULL) {
        return NGX_ERROR;
    }

    item->pool = pool;
    item->at = at;
    item->ev = *ev;
    ngx_str_null(&item->ev.kid);

    for (i = 0; i < item->ev.target.nkeys; i++) {
        if (ngx_court_events_copy_str(pool, &item->ev.target.keys[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_court_events_copy_str(pool, &item->ev.id) != NGX_OK
        || ngx_court_events_copy_str(pool, &item->ev.target.issuer) != NGX_OK
        || ngx_court_events_copy_str(pool, &item->ev.target.value) != NGX_OK
        || ngx_court_events_copy_str(pool, &item->ev.target.court) != NGX_OK)
    {
        return NGX_ERROR;
    }

    *list->last = item;
    list->last = &item->next;
    list->n++;

    return NGX_OK;
}


void
ngx_court_events_drop_id(ngx_court_events_list_t *list, const ngx_str_t *id)
{
    ngx_court_events_item_t  **at;

    for (at = &list->first; *at; /* void */ ) {
        if (ngx_court_str_eq(&(*at)->ev.id, id)) {
            ngx_court_events_unlink(list, at);
        } else {
            at = &(*at)->next;
        }
    }
}


const ngx_court_events_item_t *
ngx_court_events_find(const ngx_court_events_list_t *list,
    const ngx_str_t *id)
{
    const ngx_court_events_item_t  *item;

    for (item = list->first; item; item = item->next) {
        if (ngx_court_str_eq(&item->ev.id, id)) {
            return item;
        }
    }

    return NULL;
}


/* the end of what was denied of that target before; 0: nothing was */

static int64_t
ngx_court_events_drop_target(ngx_court_events_list_t *list,
    const ngx_court_event_target_t *target)
{
    int64_t                    until;
    ngx_court_events_item_t  **at;

    until = 0;

    for (at = &list->first; *at; /* void */ ) {
        if (ngx_court_event_target_eq(&(*at)->ev.target, target)) {
            until = ngx_max(until, (*at)->ev.until);
            ngx_court_events_unlink(list, at);
        } else {
            at = &(*at)->next;
        }
    }

    return until;
}


static void
ngx_court_events_remember(ngx_court_events_t *p, const ngx_court_event_t *ev)
{
    ngx_court_events_recent_t  *recent;

    recent = &p->recent[p->nrecent++ % NGX_COURT_EVENTS_RECENT];

    snprintf(recent->id, sizeof(recent->id), "%.*s", (int) ev->id.len,
             ev->id.data);
    recent->seq = ev->seq;
    recent->time = ev->time;
}


ngx_int_t
ngx_court_events_apply(ngx_court_events_t *p, const ngx_court_event_t *ev)
{
    int64_t            until;
    ngx_court_event_t  copy;

    if (ev->kind == NGX_COURT_EVENT_BEAT) {
        return NGX_OK;
    }

    ngx_court_events_remember(p, ev);

    if (ev->kind != NGX_COURT_EVENT_INVALIDATE) {
        until = ngx_court_events_drop_target(&p->denied, &ev->target);
        p->changed = 1;

        /* as gateways have it: of two ends the later holds */

        if (ev->kind == NGX_COURT_EVENT_DENY) {
            copy = *ev;
            copy.until = ngx_max(until, ev->until);

            if (ngx_court_events_push(&p->denied, &copy, ev->time / 1000,
                                      p->log) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    ngx_court_events_drop_id(&p->pending, &ev->id);

    return NGX_OK;
}


const ngx_court_events_recent_t *
ngx_court_events_known(ngx_court_events_t *p, const ngx_str_t *id)
{
    ngx_uint_t                         i;
    const ngx_court_events_item_t     *item;
    static ngx_court_events_recent_t   found;

    for (i = 0; i < NGX_COURT_EVENTS_RECENT; i++) {
        if (strlen(p->recent[i].id) == id->len && id->len
            && memcmp(p->recent[i].id, id->data, id->len) == 0)
        {
            return &p->recent[i];
        }
    }

    memset(&found, 0, sizeof(found));

    if (ngx_court_events_find(&p->pending, id)) {
        return &found;
    }

    /* of before the last start: somewhere at or before the snapshot */

    item = ngx_court_events_find(&p->denied, id);

    if (item == NULL) {
        return NULL;
    }

    found.seq = p->head_seq;
    found.time = item->at * 1000;

    return &found;
}
