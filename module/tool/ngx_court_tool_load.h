/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Many requests of one kind over a few connections that are kept open, each
 * asking again when it was answered.  HTTP/1.1 without TLS.
 */

#ifndef _NGX_COURT_TOOL_LOAD_H_INCLUDED_
#define _NGX_COURT_TOOL_LOAD_H_INCLUDED_

#include "ngx_court_tool.h"

#include <sys/socket.h>


#define NGX_COURT_LOAD_CONNS      256        /* at most */
#define NGX_COURT_LOAD_REQUESTS   1000000
#define NGX_COURT_LOAD_TIMEOUT    30000      /* ms without any answer */


typedef struct {
    struct sockaddr_storage    addr;
    socklen_t                  addr_len;
    ngx_str_t                  request;      /* the bytes of one */
    ngx_uint_t                 connections;
    ngx_uint_t                 requests;

    uint32_t                  *us;           /* out: of each answer */
    ngx_uint_t                 answered;
    ngx_uint_t                 failed;       /* broken off, or no HTTP */
    ngx_uint_t                 status[6];    /* by class; [0] is no status */
    uint64_t                   ns;           /* all together */
} ngx_court_load_t;


/*
 * NGX_OK when all were asked, NGX_DECLINED where nobody listens, NGX_ABORT
 * where no answer came for too long; us has room for requests.
 */
ngx_int_t ngx_court_load(ngx_court_load_t *load);

/* the p-th part of answered, which are sorted; 0 where there is none */
uint32_t ngx_court_load_percentile(const ngx_court_load_t *load, double p);


#endif /* _NGX_COURT_TOOL_LOAD_H_INCLUDED_ */
