/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "scheme://host[:port]" of RFC 6454, https or http: how a server is called
 * from outside.  What is not exactly that is refused.
 */

#ifndef _NGX_COURT_ORIGIN_H_INCLUDED_
#define _NGX_COURT_ORIGIN_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_HOST_LEN    255            /* bytes of a host, at most */
/* what write() writes, at most */
#define NGX_COURT_ORIGIN_LEN                                                  \
    (sizeof("https://:65535") - 1 + NGX_COURT_HOST_LEN)


typedef struct {
    ngx_uint_t                 https;
    ngx_str_t                  host;         /* name, IPv4, or [IPv6]; in what
                                              * was parsed */
    ngx_uint_t                 port;         /* 0: the scheme's own */
} ngx_court_origin_t;


/* "host[:port]" into host and port; NGX_DECLINED, and *o is undefined */
ngx_int_t ngx_court_origin_authority(const ngx_str_t *text,
    ngx_court_origin_t *o);
/* "https" or "http" in any case into https; NGX_DECLINED */
ngx_int_t ngx_court_origin_scheme(const ngx_str_t *text,
    ngx_court_origin_t *o);
/* all of it; NULL, or what is wrong: "has no host" */
const char *ngx_court_origin_parse(const ngx_str_t *text,
    ngx_court_origin_t *o);

/* in lower case, without the port that the scheme has anyway; the end */
u_char *ngx_court_origin_write(u_char *p, const ngx_court_origin_t *o);


#endif /* _NGX_COURT_ORIGIN_H_INCLUDED_ */
