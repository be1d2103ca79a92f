/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight_bell.h"
#include <ngx_event.h>

#include <sys/eventfd.h>


static int                 ngx_court_bell_fds[NGX_COURT_BELLS];
static ngx_uint_t          ngx_court_bell_n;

/* of a worker */
static ngx_connection_t   *ngx_court_bell_connection;
static ngx_event_t         ngx_court_bell_timer;
static ngx_connection_t    ngx_court_bell_dummy;  /* for debug logs of timers */
static ngx_court_bell_pt   ngx_court_bell_handler;
static void               *ngx_court_bell_data;

static struct {
    ngx_court_bell_pt      handler;
    void                  *data;
} ngx_court_bell_ears[NGX_COURT_BELL_EARS];
static ngx_uint_t          ngx_court_bell_nears;


static void ngx_court_bell_read(ngx_event_t *ev);
static void ngx_court_bell_tick(ngx_event_t *ev);


void
ngx_court_bell_init(ngx_uint_t workers, ngx_log_t *log)
{
    int  fd;

    workers = ngx_min(workers, NGX_COURT_BELLS);

    while (ngx_court_bell_n < workers) {
        fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (fd == -1) {
            ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                          "eventfd() failed, workers look for each other's "
                          "answers every %d ms", NGX_COURT_BELL_POLL);
            return;
        }

        ngx_court_bell_fds[ngx_court_bell_n++] = fd;
    }
}


void
ngx_court_bell_start(ngx_court_bell_pt handler, void *data, ngx_log_t *log)
{
    ngx_connection_t  *c;

    ngx_court_bell_handler = handler;
    ngx_court_bell_data = data;
    ngx_court_bell_nears = 0;

    ngx_memzero(&ngx_court_bell_timer, sizeof(ngx_event_t));
    ngx_court_bell_timer.handler = ngx_court_bell_tick;
    ngx_court_bell_timer.data = &ngx_court_bell_dummy;
    ngx_court_bell_dummy.fd = (ngx_socket_t) -1;
    ngx_court_bell_timer.log = log;

    if (ngx_court_bell_bit() == 0) {
        return;
    }

    c = ngx_get_connection(ngx_court_bell_fds[ngx_worker], log);
    if (c == NULL) {
        return;
    }

    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = ngx_court_bell_read;

    /* no connection of a client's: nothing that nginx would shut down */

    c->read->channel = 1;
    c->write->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT,
                      (ngx_event_flags & NGX_USE_CLEAR_EVENT)
                      ? NGX_CLEAR_EVENT : NGX_LEVEL_EVENT)
        != NGX_OK)
    {
        ngx_free_connection(c);
        return;
    }

    ngx_court_bell_connection = c;
}


/* the descriptor is the master's, too: here it is closed for this process */

void
ngx_court_bell_stop(void)
{
    if (ngx_court_bell_timer.timer_set) {
        ngx_del_timer(&ngx_court_bell_timer);
    }

    if (ngx_court_bell_connection) {
        (void) ngx_del_event(ngx_court_bell_connection->read, NGX_READ_EVENT,
                             0);
        ngx_close_connection(ngx_court_bell_connection);
        ngx_court_bell_connection = NULL;
    }

    ngx_court_bell_handler = NULL;
    ngx_court_bell_nears = 0;
}


void
ngx_court_bell_listen(ngx_court_bell_pt handler, void *data)
{
    if (ngx_court_bell_nears < NGX_COURT_BELL_EARS) {
        ngx_court_bell_ears[ngx_court_bell_nears].handler = handler;
        ngx_court_bell_ears[ngx_court_bell_nears++].data = data;
    }
}


uint64_t
ngx_court_bell_bit(void)
{
    return (ngx_worker < ngx_court_bell_n) ? (uint64_t) 1 << ngx_worker : 0;
}


void
ngx_court_bell_ring(uint64_t bits)
{
    uint64_t    one;
    ngx_uint_t  i;

    one = 1;

    for (i = 0; bits && i < ngx_court_bell_n; i++, bits >>= 1) {
        if (bits & 1) {

            /* full: it rings already */

            if (write(ngx_court_bell_fds[i], &one, sizeof(one)) == -1) {
                continue;
            }
        }
    }
}


void
ngx_court_bell_poll(void)
{
    if (ngx_court_bell_handler && !ngx_court_bell_timer.timer_set) {
        ngx_add_timer(&ngx_court_bell_timer, NGX_COURT_BELL_POLL);
    }
}


static void
ngx_court_bell_read(ngx_event_t *ev)
{
    uint64_t           n;
    ngx_uint_t         i;
    ngx_connection_t  *c;

    c = ev->data;

    while (read(c->fd, &n, sizeof(n)) > 0) { /* void */ }

    if (ngx_court_bell_handler) {
        ngx_court_bell_handler(ngx_court_bell_data);
    }

    for (i = 0; i < ngx_court_bell_nears; i++) {
        ngx_court_bell_ears[i].handler(ngx_court_bell_ears[i].data);
    }
}


static void
ngx_court_bell_tick(ngx_event_t *ev)
{
    if (ngx_court_bell_handler) {
        ngx_court_bell_handler(ngx_court_bell_data);
    }
}
