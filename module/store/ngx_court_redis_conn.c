/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_tls.h"
#include "ngx_court_crypto.h"


#define NGX_COURT_REDIS_OUT_MAX    1048576
#define NGX_COURT_REDIS_HELLO_MAX  8192


static void ngx_court_redis_conn_read(ngx_event_t *rev);
static void ngx_court_redis_conn_write(ngx_event_t *wev);
static void ngx_court_redis_conn_flush_event(ngx_event_t *ev);
static ngx_int_t ngx_court_redis_conn_test(ngx_court_redis_conn_t *conn);
static void ngx_court_redis_conn_secure(ngx_court_redis_conn_t *conn,
    const char *why);
static ngx_int_t ngx_court_redis_conn_send(ngx_court_redis_conn_t *conn,
    ngx_court_redis_out_t *out);
static const char *ngx_court_redis_conn_replies(ngx_court_redis_conn_t *conn);
static void ngx_court_redis_conn_lost(ngx_court_redis_conn_t *conn,
    const char *why, ngx_uint_t eof);


/*
 * nginx logs each connect(), recv() and send() that fails.  With a Redis that
 * is down for a night this would be ten lines a second: the owner writes one
 * for each transition, so the connection's own log is shut below "alert".
 */

void
ngx_court_redis_conn_init(ngx_court_redis_conn_t *conn, ngx_log_t *log)
{
    conn->secure = ngx_court_redis_conn_secure;
    conn->log = *log;
    conn->log.log_level = NGX_LOG_ALERT;
    conn->log.connection = 0;
    conn->log.handler = NULL;
    conn->log.data = NULL;

    conn->hello.max = NGX_COURT_REDIS_HELLO_MAX;
    conn->out.max = NGX_COURT_REDIS_OUT_MAX;

    conn->flush.handler = ngx_court_redis_conn_flush_event;
    conn->flush.data = conn;
    conn->flush.log = &conn->log;
}


ngx_int_t
ngx_court_redis_conn_open(ngx_court_redis_conn_t *conn,
    ngx_court_redis_addr_t *addr)
{
    ngx_int_t               rc;
    ngx_str_t               name;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *pc;

    pc = &conn->peer;

    ngx_memzero(pc, sizeof(ngx_peer_connection_t));

    name = ngx_court_redis_addr_host(addr);

    pc->sockaddr = &addr->sockaddr.sockaddr;
    pc->socklen = addr->socklen;
    pc->name = &name;
    pc->get = ngx_event_get_peer;
    pc->log = &conn->log;
    pc->log_error = NGX_ERROR_INFO;

    conn->addr = addr;
    conn->connected = 0;
    conn->secured = 0;
    conn->ready = 0;
    conn->err = 0;

    conn->reader = ngx_court_redis_reader_create(&conn->log);
    if (conn->reader == NULL) {
        return NGX_ERROR;
    }

    ngx_set_errno(0);

    rc = ngx_event_connect_peer(pc);
    pc->name = NULL;

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        conn->err = ngx_errno;
        ngx_court_redis_conn_close(conn);
        return NGX_ERROR;
    }

    c = pc->connection;
    c->data = conn;
    c->read->handler = ngx_court_redis_conn_read;
    c->write->handler = ngx_court_redis_conn_write;

    if (rc == NGX_OK) {
        ngx_post_event(c->write, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_court_redis_conn_flush(ngx_court_redis_conn_t *conn)
{
    if (conn->ready && !conn->flush.posted) {
        ngx_post_event(&conn->flush, &ngx_posted_events);
    }
}


void
ngx_court_redis_conn_close(ngx_court_redis_conn_t *conn)
{
    if (conn->flush.posted) {
        ngx_delete_posted_event(&conn->flush);
    }

    if (conn->peer.connection) {
        ngx_court_redis_tls_end(conn->peer.connection);
        ngx_close_connection(conn->peer.connection);
        conn->peer.connection = NULL;
    }

    if (conn->reader) {
        ngx_court_redis_reader_free(conn->reader);
        conn->reader = NULL;
    }

    ngx_court_redis_out_free(&conn->hello);
    ngx_court_redis_out_free(&conn->out);

    conn->connected = 0;
    conn->secured = 0;
    conn->ready = 0;
}


/*
 * At most one feed in a turn, however much has come: a large backlog must
 * not hold the other connections of this worker.
 */

static void
ngx_court_redis_conn_read(ngx_event_t *rev)
{
    ssize_t                  n;
    const char              *why;
    ngx_connection_t        *c;
    ngx_court_redis_conn_t  *conn;

    static u_char  buf[NGX_COURT_REDIS_FEED];

    c = rev->data;
    conn = c->data;

    if (!conn->connected && ngx_court_redis_conn_test(conn) != NGX_OK) {
        return;
    }

    n = c->recv(c, buf, sizeof(buf));

    if (n == 0 || n == NGX_ERROR) {
        ngx_court_redis_conn_lost(conn, "closed by the server", 1);
        return;
    }

    if (n > 0) {
        why = "protocol error";

        if (ngx_court_redis_reader_feed(conn->reader, buf, n) == NGX_OK) {
            why = ngx_court_redis_conn_replies(conn);
        }

        if (why) {
            ngx_court_redis_conn_lost(conn, why, 0);
            return;
        }

        if (rev->ready) {
            ngx_post_event(rev, &ngx_posted_next_events);
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_court_redis_conn_lost(conn, "internal error", 0);
    }
}


/* NULL, or why the connection can't be used any longer */

static const char *
ngx_court_redis_conn_replies(ngx_court_redis_conn_t *conn)
{
    ngx_int_t                       rc;
    const char                     *why;
    const ngx_court_redis_reply_t  *reply;

    for ( ;; ) {
        rc = ngx_court_redis_reader_next(conn->reader, &reply);

        if (rc == NGX_AGAIN) {
            return NULL;
        }

        why = "protocol error";

        if (rc != NGX_OK || conn->reply(conn, reply, &why) != NGX_OK) {
            return why;
        }
    }
}


static void
ngx_court_redis_conn_write(ngx_event_t *wev)
{
    ngx_connection_t        *c;
    ngx_court_redis_conn_t  *conn;

    c = wev->data;
    conn = c->data;

    if (!conn->connected && ngx_court_redis_conn_test(conn) != NGX_OK) {
        return;
    }

    ngx_court_redis_conn_flush_event(&conn->flush);
}


static void
ngx_court_redis_conn_flush_event(ngx_event_t *ev)
{
    ngx_int_t                rc;
    ngx_court_redis_conn_t  *conn;

    conn = ev->data;

    if (!conn->secured) {
        return;
    }

    rc = ngx_court_redis_conn_send(conn, &conn->hello);

    if (rc == NGX_OK && conn->ready) {
        rc = ngx_court_redis_conn_send(conn, &conn->out);
    }

    if (rc == NGX_ERROR
        || ngx_handle_write_event(conn->peer.connection->write, 0) != NGX_OK)
    {
        ngx_court_redis_conn_lost(conn, "closed by the server", 1);
    }
}


static ngx_int_t
ngx_court_redis_conn_send(ngx_court_redis_conn_t *conn,
    ngx_court_redis_out_t *out)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = conn->peer.connection;

    while (out->pos < out->last) {

        if (!c->write->ready) {
            return NGX_AGAIN;
        }

        n = c->send(c, out->start + out->pos, out->last - out->pos);

        if (n == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        out->pos += n;
    }

    if (out == &conn->hello) {

        /* held the password */

        ngx_court_redis_out_free(out);
    }

    out->pos = 0;
    out->last = 0;

    return NGX_OK;
}


/* is an asynchronous connect() through? */

static ngx_int_t
ngx_court_redis_conn_test(ngx_court_redis_conn_t *conn)
{
    int                err;
    socklen_t          len;
    const char        *why;
    ngx_connection_t  *c;

    c = conn->peer.connection;
    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        conn->err = err;
        ngx_court_redis_conn_lost(conn, "connect failed", 0);
        return NGX_ERROR;
    }

    if (conn->addr->sockaddr.sockaddr.sa_family != AF_UNIX
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_court_redis_conn_lost(conn, "internal error", 0);
        return NGX_ERROR;
    }

    conn->connected = 1;

    if (conn->tls == NULL) {
        conn->secured = 1;
        return NGX_OK;
    }

    if (ngx_court_redis_tls_start(conn, &why) == NGX_ERROR) {
        ngx_court_redis_conn_lost(conn, why, 0);
    }

    /* goes on when the server has proved who it is */

    return NGX_AGAIN;
}


static void
ngx_court_redis_conn_secure(ngx_court_redis_conn_t *conn, const char *why)
{
    ngx_connection_t  *c;

    if (why) {
        ngx_court_redis_conn_lost(conn, why, 0);
        return;
    }

    conn->secured = 1;

    c = conn->peer.connection;
    c->read->handler = ngx_court_redis_conn_read;
    c->write->handler = ngx_court_redis_conn_write;

    ngx_post_event(c->read, &ngx_posted_events);
    ngx_post_event(c->write, &ngx_posted_events);
}


static void
ngx_court_redis_conn_lost(ngx_court_redis_conn_t *conn, const char *why,
    ngx_uint_t eof)
{
    ngx_court_redis_conn_close(conn);

    conn->closed(conn, why, eof);
}
