/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the publisher's socket is asked, and what it says.
 */

#include "ngx_court_tool_events_client.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>


void
ngx_court_events_end(ngx_court_events_client_t *c)
{
    ngx_court_wipe(c->buf, c->len);
    close(c->fd);
    c->fd = -1;
    c->len = 0;
    c->id[0] = '\0';
}


static void
ngx_court_events_answer(ngx_court_events_client_t *c, ngx_uint_t status,
    const char *body, size_t len)
{
    int  n;
    char head[256];

    n = snprintf(head, sizeof(head), "HTTP/1.1 %lu X\r\nContent-Type: "
                 "application/json\r\nContent-Length: %lu\r\nCache-Control: "
                 "no-store\r\nConnection: close\r\n\r\n",
                 (unsigned long) status, (unsigned long) len);

    /* who does not read his answer does without: nobody waits for him */

    if (send(c->fd, head, n, MSG_NOSIGNAL) == n) {
        (void) !send(c->fd, body, len, MSG_NOSIGNAL);
    }

    ngx_court_events_end(c);
}


void
ngx_court_events_problem(ngx_court_events_client_t *c, ngx_uint_t status,
    const char *code, const char *detail)
{
    int  n;
    char body[512];

    n = snprintf(body, sizeof(body), "{\"status\":%lu,\"code\":\"%s\","
                 "\"detail\":\"%s\"}", (unsigned long) status, code, detail);

    ngx_court_events_answer(c, status, body, n);
}


void
ngx_court_events_told(ngx_court_events_client_t *c,
    const ngx_court_events_recent_t *known, const char *id)
{
    int  n;
    char body[512];

    if (known->seq) {
        n = snprintf(body, sizeof(body), "{\"id\":\"%s\",\"published\":true,"
                     "\"seq\":%llu,\"time\":%lld}", id,
                     (unsigned long long) known->seq,
                     (long long) known->time);
    } else {
        n = snprintf(body, sizeof(body), "{\"id\":\"%s\",\"published\":false}",
                     id);
    }

    ngx_court_events_answer(c, known->seq ? 200 : 202, body, n);
}


/* an id of 128 random bits where the request has none */

static ngx_int_t
ngx_court_events_new_id(ngx_pool_t *pool, ngx_str_t *id)
{
    u_char      random[16];
    ngx_uint_t  i;

    id->len = 32;
    id->data = ngx_pnalloc(pool, 33);

    if (id->data == NULL
        || ngx_court_random(random, sizeof(random)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < sizeof(random); i++) {
        sprintf((char *) id->data + 2 * i, "%02x", random[i]);
    }

    return NGX_OK;
}


/* {"kind":"undo", "of":ID}: the target of what is denied under that id */

static ngx_int_t
ngx_court_events_of(ngx_court_events_t *p, const ngx_court_json_t *node,
    ngx_court_event_t *ev)
{
    ngx_str_t                       of, kind;
    const ngx_court_events_item_t  *item;

    if (ngx_court_json_string(ngx_court_json_get(node, "of"), &of) != NGX_OK
        || ngx_court_json_string(ngx_court_json_get(node, "kind"), &kind)
           != NGX_OK
        || !ngx_court_str_eq(&kind, &ngx_court_event_kind_names[1])
        || ngx_court_json_get(node, "what"))
    {
        return NGX_DECLINED;
    }

    item = ngx_court_events_find(&p->denied, &of);

    if (item == NULL) {
        return NGX_DONE;
    }

    memset(ev, 0, sizeof(*ev));
    ev->kind = NGX_COURT_EVENT_UNDO;
    ev->until = NGX_COURT_EVENT_EVER;
    ev->target = item->ev.target;

    return NGX_OK;
}


/* the code of what is wrong, NULL: nothing */

static const char *
ngx_court_events_judge(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_str_t *body, ngx_court_event_t *ev, ngx_uint_t *status)
{
    ngx_int_t          rc;
    ngx_court_json_t  *node;

    *status = 400;

    node = ngx_court_json_parse(pool, body, &ngx_court_json_small, NULL);

    if (node == NULL) {
        return "request_malformed";
    }

    if (ngx_court_json_get(node, "of")) {
        rc = ngx_court_events_of(p, node, ev);

        if (rc == NGX_DONE) {
            *status = 404;
            return "not_revoked";
        }

    } else {
        rc = ngx_court_events_request_read(pool, node, ev);
    }

    if (rc != NGX_OK
        || (ev->kind == NGX_COURT_EVENT_DENY
            && ev->until <= ngx_court_events_now() / 1000))
    {
        return "request_malformed";
    }

    if (!ngx_court_event_keys_may(p->keys, &p->key->kid, ev->kind,
                                  &ev->target))
    {
        *status = 403;
        return "scope";
    }

    if (p->pending.n >= NGX_COURT_EVENTS_PENDING) {
        *status = 503;
        return "too_many_pending";
    }

    return NULL;
}


void
ngx_court_events_revoke(ngx_court_events_t *p, ngx_court_events_client_t *c,
    const ngx_str_t *body)
{
    ngx_str_t                          e;
    const char                        *code;
    ngx_uint_t                         status;
    ngx_pool_t                        *pool;
    ngx_court_event_t                  ev;
    const ngx_court_events_recent_t   *known;

    pool = ngx_create_pool(4096, p->log);
    if (pool == NULL) {
        ngx_court_events_end(c);
        return;
    }

    code = ngx_court_events_judge(p, pool, body, &ev, &status);

    if (code == NULL && ev.id.len == 0
        && ngx_court_events_new_id(pool, &ev.id) != NGX_OK)
    {
        code = "internal_error";
    }

    /* what no entry could hold is refused before anything is promised */

    if (code == NULL
        && ngx_court_event_write(pool, p->key, p->ring, &ev, &e) != NGX_OK)
    {
        status = 400;
        code = "request_malformed";
    }

    known = code ? NULL : ngx_court_events_known(p, &ev.id);

    if (code == NULL && known == NULL
        && ngx_court_events_accept(p, &ev) != NGX_OK)
    {
        status = 503;
        code = "journal_unavailable";
    }

    if (code) {
        ngx_court_events_problem(c, status, code, "nothing was published");
        ngx_destroy_pool(pool);
        return;
    }

    snprintf(c->id, sizeof(c->id), "%.*s", (int) ev.id.len, ev.id.data);
    c->since = ngx_court_events_now();

    ngx_destroy_pool(pool);
}


void
ngx_court_events_status(ngx_court_events_t *p, ngx_court_events_client_t *c,
    const ngx_str_t *body)
{
    int  n;
    char text[1024];

    (void) body;

    n = snprintf(text, sizeof(text), "{\"format\":1,\"seq\":%llu,"
                 "\"time\":%lld,\"redis\":\"%s\",\"redis_error\":\"%s\","
                 "\"standby\":%s,\"denied\":%lu,\"pending\":%lu,"
                 "\"snapshot_seq\":%llu,\"snapshot_parts\":%lu,"
                 "\"published\":%llu,\"conflicts\":%llu,\"leaps\":%llu}",
                 (unsigned long long) p->chain.seq, (long long) p->chain.time,
                 p->synced ? "up" : "down", p->synced ? "" : p->redis.error,
                 ngx_court_events_standby(p) ? "true" : "false",
                 (unsigned long) p->denied.n, (unsigned long) p->pending.n,
                 (unsigned long long) p->head_seq, (unsigned long) p->nparts,
                 (unsigned long long) p->published,
                 (unsigned long long) p->conflicts,
                 (unsigned long long) p->leaps);

    ngx_court_events_answer(c, 200, text, n);
}


/* what is denied, without persons: their ids undo them */

void
ngx_court_events_denials(ngx_court_events_t *p, ngx_court_events_client_t *c,
    const ngx_str_t *body)
{
    char                           *text;
    FILE                           *out;
    size_t                          len;
    ngx_str_t                       name;
    const ngx_court_events_item_t  *item;

    (void) body;

    text = NULL;
    out = open_memstream(&text, &len);

    if (out == NULL) {
        ngx_court_events_problem(c, 500, "internal_error", "no memory");
        return;
    }

    fprintf(out, "{\"denied\":[");

    for (item = p->denied.first; item; item = item->next) {
        name = ngx_court_event_what_names[item->ev.target.what];
        fprintf(out, "%s{\"id\":\"%.*s\",\"kind\":\"%.*s\",\"at\":%lld",
                item == p->denied.first ? "" : ",", (int) item->ev.id.len,
                item->ev.id.data, (int) name.len, name.data,
                (long long) item->at);

        if (item->ev.until != NGX_COURT_EVENT_EVER) {
            fprintf(out, ",\"until\":%lld", (long long) item->ev.until);
        }

        ngx_court_events_json(out, "issuer", &item->ev.target.issuer);

        if (item->ev.target.what == NGX_COURT_EVENT_COURT
            || item->ev.target.what == NGX_COURT_EVENT_KEY)
        {
            ngx_court_events_json(out, "what", &item->ev.target.value);
        }

        fprintf(out, "}");
    }

    fprintf(out, "]}");

    if (fclose(out) == 0) {
        (void) fcntl(c->fd, F_SETFL, 0);      /* a long one may take its time */
        ngx_court_events_answer(c, 200, text, len);
    } else {
        ngx_court_events_end(c);
    }

    free(text);
}
