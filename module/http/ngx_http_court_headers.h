/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared by the files of the request headers: which go, and how the array is
 * made anew.
 */

#ifndef _NGX_HTTP_COURT_HEADERS_H_INCLUDED_
#define _NGX_HTTP_COURT_HEADERS_H_INCLUDED_

#include "ngx_http_court.h"


/* the four that a court_trusted_front is believed */
typedef enum {
    NGX_HTTP_COURT_SAID_FOR = 0,             /* X-Forwarded-For */
    NGX_HTTP_COURT_SAID_PROTO,
    NGX_HTTP_COURT_SAID_HOST,
    NGX_HTTP_COURT_SAID_FORWARDED,           /* Forwarded, RFC 7239 */
    NGX_HTTP_COURT_NSAID
} ngx_http_court_said_t;

/* a header of that name goes; all of ngx_http_court_drop.c */
typedef ngx_uint_t (*ngx_http_court_drop_pt)(ngx_http_court_session_t *s,
    const ngx_str_t *name);

/* court-* */
ngx_uint_t ngx_http_court_drop_ours(ngx_http_court_session_t *s,
    const ngx_str_t *name);
/* what services behind proxies are known to believe */
ngx_uint_t ngx_http_court_drop_believed(ngx_http_court_session_t *s,
    const ngx_str_t *name);
/* the same and credentials; not the four of a front */
ngx_uint_t ngx_http_court_drop_withheld(ngx_http_court_session_t *s,
    const ngx_str_t *name);
/* which of the four, in its one right spelling; NGX_HTTP_COURT_NSAID: none */
ngx_http_court_said_t ngx_http_court_drop_said(const ngx_str_t *name);


/* ngx_http_court_headers.c: one of them goes */
ngx_uint_t ngx_http_court_headers_any(ngx_http_court_session_t *s,
    ngx_list_t *list, ngx_http_court_drop_pt drop);
/* the request's list: of old what does not go, and room for more */
ngx_int_t ngx_http_court_headers_copy(ngx_http_court_session_t *s,
    ngx_list_t *old, ngx_http_court_drop_pt drop, ngx_uint_t room);
/* into that room, as it is; an empty value is no header */
ngx_int_t ngx_http_court_headers_say(ngx_http_request_t *r,
    ngx_http_court_said_t said, const ngx_str_t *value);

/* ngx_http_court_front.c: who speaks for the client; once, in the scrub, after
 * which only what is believed is there */
ngx_int_t ngx_http_court_front(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
/* nginx's own pointer to X-Forwarded-For */
void ngx_http_court_front_forget(ngx_http_request_t *r);


#endif /* _NGX_HTTP_COURT_HEADERS_H_INCLUDED_ */
