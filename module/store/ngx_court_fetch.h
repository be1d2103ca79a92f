/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A fetch: one HTTP/1.1 GET to the source server of this same nginx, over
 * its unix socket, detached from any request.  Ops' own locations there do
 * the talking to the platform (proxy_pass, TLS, upstream groups).
 *
 * Key parts travel percent-encoded in request headers that only this server
 * reads: Court-Source-Key-1 ... -4 and Court-Source-Court.  The answer
 * carries a stamp header, put there by our header filter in that server when
 * the answer came from the upstream of the location asked for, with no
 * redirect between.
 */

#ifndef _NGX_COURT_FETCH_H_INCLUDED_
#define _NGX_COURT_FETCH_H_INCLUDED_

#include "ngx_court_base.h"
#include <ngx_event.h>
#include <ngx_event_connect.h>


#define NGX_COURT_FETCH_BODY_MAX  65536
#define NGX_COURT_STAMP_HEADER    "Court-Source-Stamp"   /* "upstream" */

typedef struct {
    ngx_uint_t                 done;      /* 0: no complete answer: refused,
                                           * timeout, truncated, garbage, too
                                           * large */
    ngx_uint_t                 status;
    ngx_uint_t                 stamped;
    ngx_str_t                  body;      /* during the call only */
    const char                *why;       /* constant, where !done */
} ngx_court_answer_t;

typedef void (*ngx_court_fetch_pt)(void *ctx,
    const ngx_court_answer_t *answer);

typedef struct {
    ngx_addr_t                *addr;      /* of court_source_server */
    ngx_str_t                  uri;       /* "/identity" */
    const ngx_str_t           *keys;      /* copied */
    ngx_uint_t                 nkeys;
    const ngx_str_t           *court;     /* NULL: none */
    ngx_msec_t                 timeout;   /* for all of it */
    ngx_log_t                 *log;       /* the cycle's */
} ngx_court_fetch_t;

/*
 * Starts; handler is called exactly once, never before this returns NGX_OK
 * has returned to the event loop.  NGX_ERROR: nothing was started, handler
 * is not called.
 */
ngx_int_t ngx_court_fetch_start(const ngx_court_fetch_t *fetch,
    ngx_court_fetch_pt handler, void *ctx);

/* answers all that are under way with !done; at exit_process */
void ngx_court_fetch_stop(void);


#endif /* _NGX_COURT_FETCH_H_INCLUDED_ */
