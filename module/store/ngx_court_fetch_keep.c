/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_fetch_keep.h"


#define NGX_COURT_FETCH_KEEP_MAX  16


typedef struct {
    ngx_connection_t          *connection;   /* NULL: a free place */
    ngx_addr_t                *addr;
} ngx_court_fetch_kept_t;


static void ngx_court_fetch_keep_read(ngx_event_t *rev);
static void ngx_court_fetch_keep_write(ngx_event_t *wev);


/* worker state */
static ngx_court_fetch_kept_t  ngx_court_fetch_kept[NGX_COURT_FETCH_KEEP_MAX];


void
ngx_court_fetch_keep(ngx_connection_t *c, ngx_addr_t *addr)
{
    ngx_uint_t               i;
    ngx_court_fetch_kept_t  *kept;

    kept = NULL;

    for (i = 0; i < NGX_COURT_FETCH_KEEP_MAX; i++) {
        if (ngx_court_fetch_kept[i].connection == NULL) {
            kept = &ngx_court_fetch_kept[i];
            break;
        }
    }

    if (kept == NULL || ngx_exiting || ngx_terminate || c->read->eof
        || c->read->error || c->write->error
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_close_connection(c);
        return;
    }

    kept->connection = c;
    kept->addr = addr;

    c->data = kept;
    c->log = ngx_cycle->log;
    c->read->log = ngx_cycle->log;
    c->write->log = ngx_cycle->log;
    c->read->handler = ngx_court_fetch_keep_read;
    c->write->handler = ngx_court_fetch_keep_write;

    /* a worker that quits closes idle connections */

    c->idle = 1;

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


ngx_connection_t *
ngx_court_fetch_keep_take(ngx_addr_t *addr)
{
    ngx_uint_t               i;
    ngx_connection_t        *c;
    ngx_court_fetch_kept_t  *kept;

    for (i = 0; i < NGX_COURT_FETCH_KEEP_MAX; i++) {
        kept = &ngx_court_fetch_kept[i];
        c = kept->connection;

        if (c == NULL || kept->addr != addr) {
            continue;
        }

        /* something came that was not looked at yet: the end, likely */

        if (c->read->posted) {
            continue;
        }

        kept->connection = NULL;
        c->idle = 0;

        return c;
    }

    return NULL;
}


void
ngx_court_fetch_keep_stop(void)
{
    ngx_uint_t         i;
    ngx_connection_t  *c;

    for (i = 0; i < NGX_COURT_FETCH_KEEP_MAX; i++) {
        c = ngx_court_fetch_kept[i].connection;

        if (c) {
            ngx_court_fetch_kept[i].connection = NULL;
            ngx_close_connection(c);
        }
    }
}


/* closed, or bytes that nobody asked for */

static void
ngx_court_fetch_keep_read(ngx_event_t *rev)
{
    char                     buf[1];
    ssize_t                  n;
    ngx_connection_t        *c;
    ngx_court_fetch_kept_t  *kept;

    c = rev->data;
    kept = c->data;

    if (!c->close) {
        n = recv(c->fd, buf, 1, MSG_PEEK);

        if (n == -1 && ngx_socket_errno == NGX_EAGAIN) {
            rev->ready = 0;

            if (ngx_handle_read_event(rev, 0) == NGX_OK) {
                return;
            }
        }
    }

    kept->connection = NULL;
    ngx_close_connection(c);
}


static void
ngx_court_fetch_keep_write(ngx_event_t *wev)
{
    (void) wev;
}
