/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A small strict HTTP/1.1 response parser.  Pure.  What could be read in two
 * ways is not an answer: both lengths, two lengths, a bare LF, a folded
 * line, chunk extensions, trailers, bytes behind the end, an encoded body.
 */

#ifndef _NGX_COURT_FETCH_PARSE_H_INCLUDED_
#define _NGX_COURT_FETCH_PARSE_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_FETCH_HEAD_MAX  16384

typedef enum {
    NGX_COURT_FETCH_P_HEAD = 0,
    NGX_COURT_FETCH_P_LENGTH,
    NGX_COURT_FETCH_P_CHUNK,              /* at a chunk's size line */
    NGX_COURT_FETCH_P_DATA,               /* in a chunk's data and its CRLF */
    NGX_COURT_FETCH_P_CLOSE,              /* until the connection closes */
    NGX_COURT_FETCH_P_DONE
} ngx_court_fetch_parse_state_t;

/* zeroed before the first call, but for max and stamp */
typedef struct {
    size_t                         max;       /* of the body */
    ngx_str_t                      stamp;     /* the stamp header's name */

    ngx_court_fetch_parse_state_t  state;
    size_t                         pos;       /* read up to here */
    ngx_uint_t                     status;
    size_t                         rest;      /* of the body or chunk */
    size_t                         body;      /* where it starts */
    size_t                         len;       /* decoded in place */
    const char                    *why;       /* constant, on NGX_ERROR */
    unsigned                       stamped:1;
    unsigned                       keepalive:1;

    unsigned                       has_length:1;
    unsigned                       has_chunked:1;
    unsigned                       has_stamp:1;
} ngx_court_fetch_parse_t;

/*
 * buf: the response from its first byte, len bytes so far; may have moved
 * since the last call, must not have changed.  eof: no more will come.
 * NGX_OK: complete, body at buf + p->body, p->len bytes; NGX_AGAIN;
 * NGX_ERROR and p->why.
 */
ngx_int_t ngx_court_fetch_parse(ngx_court_fetch_parse_t *p, u_char *buf,
    size_t len, ngx_uint_t eof);


#endif /* _NGX_COURT_FETCH_PARSE_H_INCLUDED_ */
