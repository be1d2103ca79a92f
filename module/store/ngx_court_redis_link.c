/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_link.h"
#include "ngx_court_redis_tls.h"
#include "ngx_court_state.h"


static void ngx_court_redis_link_arm(ngx_court_redis_link_t *link);
static void ngx_court_redis_link_deadline(ngx_event_t *ev);
static ngx_int_t ngx_court_redis_link_reply(ngx_court_redis_conn_t *conn,
    const ngx_court_redis_reply_t *reply, const char **why);


ngx_court_redis_link_t *
ngx_court_redis_link_create(ngx_log_t *log, ngx_uint_t size)
{
    ngx_court_redis_link_t  *link;

    link = ngx_calloc(sizeof(ngx_court_redis_link_t), log);
    if (link == NULL) {
        return NULL;
    }

    link->ring = ngx_calloc(size * sizeof(ngx_court_redis_command_t), log);
    if (link->ring == NULL) {
        ngx_free(link);
        return NULL;
    }

    link->size = size;
    link->log = log;

    ngx_court_redis_conn_init(&link->conn, log);
    link->conn.data = link;
    link->conn.reply = ngx_court_redis_link_reply;
    link->conn.closed = ngx_court_redis_link_closed;

    link->deadline.handler = ngx_court_redis_link_deadline;
    link->deadline.data = link;
    link->deadline.log = log;

    /* in the background: must not hold a worker that quits */

    link->connect.handler = ngx_court_redis_link_connect;
    link->connect.data = link;
    link->connect.log = log;
    link->connect.cancelable = 1;

    return link;
}


void
ngx_court_redis_link_free(ngx_court_redis_link_t *link)
{
    ngx_court_redis_link_close(link);
    ngx_court_redis_tls_forget(&link->conn);

    ngx_free(link->ring);
    ngx_free(link);
}


void
ngx_court_redis_link_close(ngx_court_redis_link_t *link)
{
    link->state = NGX_COURT_REDIS_S_STOPPED;

    ngx_court_redis_conn_close(&link->conn);
    ngx_court_redis_resolve_stop(&link->resolve);

    if (link->deadline.timer_set) {
        ngx_del_timer(&link->deadline);
    }

    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    ngx_court_redis_link_drain(link);
}


void
ngx_court_redis_link_drain(ngx_court_redis_link_t *link)
{
    ngx_uint_t                 n;
    ngx_court_redis_command_t  command;

    /* who is told may send again: only those of now */

    for (n = link->count; n && link->count; n--) {
        command = link->ring[link->head];

        link->head = (link->head + 1) % link->size;
        link->count--;

        if (!command.dead && command.handler) {
            (void) command.handler(command.ctx, link, NGX_COURT_REDIS_E_DOWN,
                                   NULL);
        }
    }
}


/*
 * While a first connection is made commands wait for it; after a failure
 * they don't: the caller goes on to the source at once.  A server that another
 * worker found hung gets one command each 100 ms, until it answers one.
 */

static ngx_uint_t
ngx_court_redis_link_usable(ngx_court_redis_link_t *link)
{
    if (link->state < NGX_COURT_REDIS_S_GREETING || link->broken
        || link->count == link->size)
    {
        return 0;
    }

    if (!ngx_court_redis_share_hung(link->share)) {
        return 1;
    }

    if (link->state != NGX_COURT_REDIS_S_UP || link->count
        || ngx_current_msec - link->trial < NGX_COURT_REDIS_TRIAL)
    {
        return 0;
    }

    link->trial = ngx_current_msec;

    return 1;
}


ngx_int_t
ngx_court_redis_link_send(ngx_court_redis_link_t *link, const ngx_str_t *argv,
    ngx_uint_t argc, ngx_msec_t timeout, ngx_court_redis_link_pt handler,
    void *ctx)
{
    ngx_court_redis_command_t  *command;

    if (!ngx_court_redis_link_usable(link)
        || ngx_court_redis_out_command(&link->conn.out, argv, argc, link->log)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    command = &link->ring[(link->head + link->count) % link->size];
    command->handler = handler;
    command->ctx = ctx;
    command->start = ngx_current_msec;
    command->timeout = timeout;
    command->dead = 0;

    link->count++;

    ngx_court_redis_conn_flush(&link->conn);
    ngx_court_redis_link_arm(link);

    return NGX_OK;
}


/* ms that the connection may be without the reply to its head */

static ngx_inline ngx_msec_t
ngx_court_redis_link_patience(ngx_court_redis_link_t *link)
{
    return ngx_max(NGX_COURT_REDIS_HEAD_AGE, link->ring[link->head].timeout);
}


/*
 * Most commands have the same time limit, so the first that is alive is mostly
 * the next to die; another with a shorter one only ever brings the timer
 * forward.
 */

static void
ngx_court_redis_link_arm(ngx_court_redis_link_t *link)
{
    ngx_msec_t                  at;
    ngx_uint_t                  i;
    ngx_msec_int_t              wait, least;
    ngx_court_redis_command_t  *command;

    if (link->count == 0) {
        return;
    }

    if (link->deadline.timer_set) {

        /* the new one alone */

        command = &link->ring[(link->head + link->count - 1) % link->size];
        at = command->start + command->timeout;

        if ((ngx_msec_int_t) (at - link->deadline.timer.key) < 0) {
            ngx_del_timer(&link->deadline);
            ngx_add_timer(&link->deadline, ngx_max(command->timeout, 1));
        }

        return;
    }

    command = &link->ring[link->head];
    at = command->start + ngx_court_redis_link_patience(link);
    least = (ngx_msec_int_t) (at - ngx_current_msec);

    for (i = 0; i < link->count; i++) {
        command = &link->ring[(link->head + i) % link->size];

        if (!command->dead) {
            at = command->start + command->timeout;
            wait = (ngx_msec_int_t) (at - ngx_current_msec);
            least = ngx_min(least, wait);
        }
    }

    ngx_add_timer(&link->deadline, (ngx_msec_t) ngx_max(least, 1));
}


static void
ngx_court_redis_link_deadline(ngx_event_t *ev)
{
    ngx_msec_t                  age;
    ngx_uint_t                  i;
    ngx_court_redis_link_t     *link;
    ngx_court_redis_command_t  *command;

    link = ev->data;

    /* only marks and told: nothing leaves the ring meanwhile */

    for (i = 0; i < link->count; i++) {
        command = &link->ring[(link->head + i) % link->size];

        if (command->dead
            || ngx_current_msec - command->start < command->timeout)
        {
            continue;
        }

        command->dead = 1;

        if (command->handler) {
            (void) command->handler(command->ctx, link,
                                    NGX_COURT_REDIS_E_LATE, NULL);
        }
    }

    if (link->state == NGX_COURT_REDIS_S_UP && link->count) {
        age = ngx_min(ngx_current_msec - link->ring[link->head].start,
                      ngx_current_msec - link->up_since);

        if (age >= ngx_court_redis_link_patience(link)) {
            ngx_court_redis_share_hang(link->share);
            ngx_court_redis_link_fail(link, "no reply in time");
            return;
        }
    }

    ngx_court_redis_link_arm(link);
}


static ngx_int_t
ngx_court_redis_link_reply(ngx_court_redis_conn_t *conn,
    const ngx_court_redis_reply_t *reply, const char **why)
{
    ngx_int_t                   rc;
    ngx_court_redis_link_t     *link;
    ngx_court_redis_command_t   command;

    link = conn->data;

    if (link->state == NGX_COURT_REDIS_S_GREETING) {
        return ngx_court_redis_link_greeted(link, reply, why);
    }

    if (link->count == 0) {
        *why = "surplus reply";
        return NGX_ERROR;
    }

    command = link->ring[link->head];
    link->head = (link->head + 1) % link->size;
    link->count--;

    ngx_court_redis_share_answers(link->share);

    if (command.dead || command.handler == NULL) {
        return NGX_OK;
    }

    rc = command.handler(command.ctx, link, NGX_COURT_REDIS_E_REPLY, reply);

    if (rc == NGX_ERROR) {
        *why = "unexpected reply";

    } else if (rc == NGX_ABORT) {
        *why = "it has another role";

    } else if (rc == NGX_DECLINED) {
        link->backoff.lasting = 1;
        *why = "not authorised";
    }

    return (rc == NGX_OK) ? NGX_OK : NGX_ERROR;
}


/* the code alone: texts of errors repeat arguments */

void
ngx_court_redis_link_error(ngx_court_redis_link_t *link,
    const ngx_str_t *error)
{
    ngx_str_t  code;

    if (link->error_seen
        && ngx_current_msec - link->error_logged < NGX_COURT_REDIS_ERROR_LOG)
    {
        return;
    }

    link->error_seen = 1;
    link->error_logged = ngx_current_msec;

    code = ngx_court_redis_error_code(error);

    ngx_log_error(NGX_LOG_WARN, link->log, 0,
                  "court_redis \"%V\" answers with error %V", link->name,
                  &code);
}
