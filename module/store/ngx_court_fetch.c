/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_fetch.h"
#include "ngx_court_fetch_keep.h"
#include "ngx_court_fetch_parse.h"
#include "ngx_court_path.h"


#define NGX_COURT_FETCH_KEYS     4
#define NGX_COURT_FETCH_REQUEST  8192    /* bytes of a request at most */
#define NGX_COURT_FETCH_BUF      4096    /* for the answer, doubled */
#define NGX_COURT_FETCH_MAX      (NGX_COURT_FETCH_HEAD_MAX                    \
                                  + 2 * NGX_COURT_FETCH_BODY_MAX)


typedef struct {
    ngx_queue_t                queue;     /* of all under way */
    ngx_pool_t                *pool;
    ngx_peer_connection_t      peer;
    ngx_addr_t                *addr;
    ngx_event_t                timer;     /* the timeout, or posted: failed */
    ngx_log_t                  log;
    ngx_str_t                  request;
    size_t                     sent;
    u_char                    *buf;
    size_t                     size;
    size_t                     len;
    ngx_court_fetch_parse_t    parse;
    ngx_court_fetch_pt         handler;
    void                      *ctx;
    const char                *why;
    unsigned                   reused:1;  /* a kept connection */
} ngx_court_fetch_ctx_t;


static ngx_court_fetch_ctx_t *ngx_court_fetch_create(
    const ngx_court_fetch_t *fetch);
static ngx_int_t ngx_court_fetch_request(ngx_court_fetch_ctx_t *ctx,
    const ngx_court_fetch_t *fetch);
static void ngx_court_fetch_connect(ngx_court_fetch_ctx_t *ctx,
    ngx_uint_t fresh);
static void ngx_court_fetch_read(ngx_event_t *rev);
static void ngx_court_fetch_write(ngx_event_t *wev);
static void ngx_court_fetch_timer(ngx_event_t *ev);
static ngx_int_t ngx_court_fetch_room(ngx_court_fetch_ctx_t *ctx);
static void ngx_court_fetch_lost(ngx_court_fetch_ctx_t *ctx,
    const char *why);
static void ngx_court_fetch_done(ngx_court_fetch_ctx_t *ctx,
    const char *why);


/* worker state */

static ngx_queue_t  ngx_court_fetch_active;
static ngx_uint_t   ngx_court_fetch_ready;


ngx_int_t
ngx_court_fetch_start(const ngx_court_fetch_t *fetch,
    ngx_court_fetch_pt handler, void *ctx)
{
    ngx_court_fetch_ctx_t  *f;

    if (!ngx_court_fetch_ready) {
        ngx_queue_init(&ngx_court_fetch_active);
        ngx_court_fetch_ready = 1;
    }

    f = ngx_court_fetch_create(fetch);
    if (f == NULL) {
        return NGX_ERROR;
    }

    f->handler = handler;
    f->ctx = ctx;

    ngx_queue_insert_tail(&ngx_court_fetch_active, &f->queue);
    ngx_add_timer(&f->timer, fetch->timeout);

    ngx_court_fetch_connect(f, 0);

    return NGX_OK;
}


void
ngx_court_fetch_stop(void)
{
    ngx_queue_t  *q;

    if (!ngx_court_fetch_ready) {
        return;
    }

    while (!ngx_queue_empty(&ngx_court_fetch_active)) {
        q = ngx_queue_head(&ngx_court_fetch_active);
        ngx_court_fetch_done(ngx_queue_data(q, ngx_court_fetch_ctx_t, queue),
                             "the worker ends");
    }

    ngx_court_fetch_keep_stop();
}


/*
 * nginx's own lines about connect(), recv() and send() are left out: the
 * breaker's owner tells that a source is down, once.
 */

static ngx_court_fetch_ctx_t *
ngx_court_fetch_create(const ngx_court_fetch_t *fetch)
{
    ngx_pool_t             *pool;
    ngx_court_fetch_ctx_t  *f;

    pool = ngx_create_pool(1024, fetch->log);
    if (pool == NULL) {
        return NULL;
    }

    f = ngx_pcalloc(pool, sizeof(ngx_court_fetch_ctx_t));

    if (f) {
        f->pool = pool;
        f->addr = fetch->addr;

        f->log = *fetch->log;
        f->log.log_level = NGX_LOG_ALERT;
        f->log.connection = 0;
        f->log.handler = NULL;
        f->log.data = NULL;

        f->timer.handler = ngx_court_fetch_timer;
        f->timer.data = f;
        f->timer.log = fetch->log;

        if (ngx_court_fetch_request(f, fetch) == NGX_OK
            && ngx_court_fetch_room(f) == NGX_OK)
        {
            return f;
        }
    }

    ngx_destroy_pool(pool);

    return NULL;
}


static ngx_int_t
ngx_court_fetch_request(ngx_court_fetch_ctx_t *ctx,
    const ngx_court_fetch_t *fetch)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i;

    static const char  tail[] = " HTTP/1.1" CRLF
                                "Host: court-source" CRLF
                                "Accept: application/json" CRLF
                                "Accept-Encoding: identity" CRLF
                                "Connection: keep-alive" CRLF;

    if (fetch->nkeys > NGX_COURT_FETCH_KEYS || fetch->uri.len == 0
        || fetch->uri.data[0] != '/')
    {
        return NGX_ERROR;
    }

    for (i = 0; i < fetch->uri.len; i++) {
        if (fetch->uri.data[i] <= 0x20 || fetch->uri.data[i] >= 0x7f) {
            return NGX_ERROR;
        }
    }

    len = fetch->uri.len + sizeof(tail) + sizeof("GET " CRLF);

    for (i = 0; i < fetch->nkeys; i++) {
        len += sizeof("Court-Source-Key-N: " CRLF)
               + ngx_court_escape_len(&fetch->keys[i]);
    }

    if (fetch->court) {
        len += sizeof("Court-Source-Court: " CRLF)
               + ngx_court_escape_len(fetch->court);
    }

    if (len > NGX_COURT_FETCH_REQUEST) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(ctx->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->request.data = p;

    p = ngx_sprintf(p, "GET %V%s", &fetch->uri, tail);

    for (i = 0; i < fetch->nkeys; i++) {
        p = ngx_sprintf(p, "Court-Source-Key-%ui: ", i + 1);
        p = ngx_court_escape(p, &fetch->keys[i]);
        *p++ = CR; *p++ = LF;
    }

    if (fetch->court) {
        p = ngx_cpymem(p, "Court-Source-Court: ",
                       sizeof("Court-Source-Court: ") - 1);
        p = ngx_court_escape(p, fetch->court);
        *p++ = CR; *p++ = LF;
    }

    *p++ = CR; *p++ = LF;

    ctx->request.len = (size_t) (p - ctx->request.data);

    return NGX_OK;
}


/* whatever fails here is told from the event loop, never from inside */

static void
ngx_court_fetch_connect(ngx_court_fetch_ctx_t *f, ngx_uint_t fresh)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    ngx_memzero(&f->parse, sizeof(ngx_court_fetch_parse_t));
    f->parse.max = NGX_COURT_FETCH_BODY_MAX;
    ngx_str_set(&f->parse.stamp, NGX_COURT_STAMP_HEADER);
    f->sent = 0;
    f->len = 0;

    c = fresh ? NULL : ngx_court_fetch_keep_take(f->addr);
    f->reused = (c != NULL);

    if (c == NULL) {
        ngx_memzero(&f->peer, sizeof(ngx_peer_connection_t));

        f->peer.sockaddr = f->addr->sockaddr;
        f->peer.socklen = f->addr->socklen;
        f->peer.name = &f->addr->name;
        f->peer.get = ngx_event_get_peer;
        f->peer.log = &f->log;
        f->peer.log_error = NGX_ERROR_INFO;

        rc = ngx_event_connect_peer(&f->peer);

        if (rc != NGX_OK && rc != NGX_AGAIN) {
            f->peer.connection = NULL;
            f->why = "connect failed";
            ngx_post_event(&f->timer, &ngx_posted_events);
            return;
        }

        c = f->peer.connection;

    } else {
        f->peer.connection = c;
        rc = NGX_OK;
    }

    c->data = f;
    c->log = &f->log;
    c->read->log = &f->log;
    c->write->log = &f->log;
    c->read->handler = ngx_court_fetch_read;
    c->write->handler = ngx_court_fetch_write;

    if (rc == NGX_OK) {
        ngx_post_event(c->write, &ngx_posted_events);
    }
}


static void
ngx_court_fetch_write(ngx_event_t *wev)
{
    ssize_t                 n;
    ngx_connection_t       *c;
    ngx_court_fetch_ctx_t  *f;

    c = wev->data;
    f = c->data;

    while (f->sent < f->request.len) {
        n = c->send(c, f->request.data + f->sent, f->request.len - f->sent);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_court_fetch_lost(f, "the request could not be sent");
            return;
        }

        f->sent += n;
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_court_fetch_done(f, "internal error");
    }
}


static void
ngx_court_fetch_read(ngx_event_t *rev)
{
    ssize_t                 n;
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_court_fetch_ctx_t  *f;

    c = rev->data;
    f = c->data;

    for ( ;; ) {
        if (ngx_court_fetch_room(f) != NGX_OK) {
            ngx_court_fetch_done(f, "the answer is too large");
            return;
        }

        n = c->recv(c, f->buf + f->len, f->size - f->len);

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_court_fetch_done(f, "internal error");
            }

            return;
        }

        if (n == NGX_ERROR || (n == 0 && f->len == 0)) {
            ngx_court_fetch_lost(f, "closed without an answer");
            return;
        }

        f->len += n;

        rc = ngx_court_fetch_parse(&f->parse, f->buf, f->len, n == 0);

        if (rc == NGX_AGAIN) {
            continue;
        }

        ngx_court_fetch_done(f, (rc == NGX_OK) ? NULL : f->parse.why);
        return;
    }
}


/* the timeout; or, posted, a failure that was met in fetch_start() */

static void
ngx_court_fetch_timer(ngx_event_t *ev)
{
    ngx_court_fetch_ctx_t  *f;

    f = ev->data;

    ngx_court_fetch_done(f, f->why ? f->why : "no answer in time");
}


/* doubles the buffer when it is full */

static ngx_int_t
ngx_court_fetch_room(ngx_court_fetch_ctx_t *f)
{
    u_char  *buf;
    size_t   size;

    if (f->len < f->size) {
        return NGX_OK;
    }

    size = f->size ? f->size * 2 : NGX_COURT_FETCH_BUF;

    if (f->size >= NGX_COURT_FETCH_MAX) {
        return NGX_ERROR;
    }

    buf = ngx_alloc(size, f->pool->log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    if (f->buf) {
        ngx_memcpy(buf, f->buf, f->len);
        ngx_free(f->buf);
    }

    f->buf = buf;
    f->size = size;

    return NGX_OK;
}


/*
 * A kept connection may have been closed by the server just now: that is no
 * answer of the source, and a GET may be asked again.
 */

static void
ngx_court_fetch_lost(ngx_court_fetch_ctx_t *f, const char *why)
{
    if (f->reused && f->len == 0) {
        ngx_close_connection(f->peer.connection);
        f->peer.connection = NULL;
        ngx_court_fetch_connect(f, 1);
        return;
    }

    ngx_court_fetch_done(f, why);
}


static void
ngx_court_fetch_done(ngx_court_fetch_ctx_t *f, const char *why)
{
    ngx_court_answer_t  answer;

    ngx_queue_remove(&f->queue);

    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    if (f->timer.posted) {
        ngx_delete_posted_event(&f->timer);
    }

    if (f->peer.connection) {
        if (why == NULL && f->parse.keepalive
            && f->sent == f->request.len)
        {
            ngx_court_fetch_keep(f->peer.connection, f->addr);

        } else {
            ngx_close_connection(f->peer.connection);
        }

        f->peer.connection = NULL;
    }

    ngx_memzero(&answer, sizeof(ngx_court_answer_t));
    answer.why = why;

    if (why == NULL) {
        answer.done = 1;
        answer.status = f->parse.status;
        answer.stamped = f->parse.stamped;
        answer.body.data = f->buf + f->parse.body;
        answer.body.len = f->parse.len;
    }

    f->handler(f->ctx, &answer);

    ngx_free(f->buf);
    ngx_destroy_pool(f->pool);
}
