/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One connection to Redis: connect, read, write once in a turn.  Knows
 * nothing of commands; the owner (ngx_court_redis.c) queues bytes and counts
 * replies.
 */

#ifndef _NGX_COURT_REDIS_CONN_H_INCLUDED_
#define _NGX_COURT_REDIS_CONN_H_INCLUDED_

#include "ngx_court_redis_proto.h"
#include "ngx_court_redis_name.h"
#include <ngx_event.h>
#include <ngx_event_connect.h>


typedef struct ngx_court_redis_conn_s  ngx_court_redis_conn_t;
typedef struct ngx_court_redis_tls_s   ngx_court_redis_tls_t;

struct ngx_court_redis_conn_s {
    ngx_peer_connection_t      peer;         /* .connection NULL: closed */
    ngx_court_redis_addr_t    *addr;
    ngx_court_redis_tls_t     *tls;          /* NULL: in clear */
    void                      *session;      /* of TLS, for the next one */
    ngx_log_t                  log;          /* quiet, see conn_init */
    ngx_court_redis_reader_t  *reader;
    ngx_court_redis_out_t      hello;        /* goes first */
    ngx_court_redis_out_t      out;          /* goes once ready */
    ngx_event_t                flush;
    ngx_err_t                  err;          /* of connect(), or 0 */
    void                      *data;

    /* a reply came; NGX_ERROR: close, with *why */
    ngx_int_t                (*reply)(ngx_court_redis_conn_t *conn,
                                   const ngx_court_redis_reply_t *reply,
                                   const char **why);
    /* closed, not by the owner; eof: by the peer, between replies */
    void                     (*closed)(ngx_court_redis_conn_t *conn,
                                   const char *why, ngx_uint_t eof);

    /* the end of a TLS handshake; why: NULL, or what is wrong */
    void                     (*secure)(ngx_court_redis_conn_t *conn,
                                   const char *why);

    unsigned                   connected:1;
    unsigned                   secured:1;    /* or needs no TLS */
    unsigned                   ready:1;
};


void ngx_court_redis_conn_init(ngx_court_redis_conn_t *conn, ngx_log_t *log);

/* hello is filled already; NGX_OK: under way; NGX_ERROR: nothing is open */
ngx_int_t ngx_court_redis_conn_open(ngx_court_redis_conn_t *conn,
    ngx_court_redis_addr_t *addr);

/* something was appended to out: it goes at the end of this turn */
void ngx_court_redis_conn_flush(ngx_court_redis_conn_t *conn);

/* drops everything, also what is queued; no callback */
void ngx_court_redis_conn_close(ngx_court_redis_conn_t *conn);


#endif /* _NGX_COURT_REDIS_CONN_H_INCLUDED_ */
