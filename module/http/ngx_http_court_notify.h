/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared by the files of court_notify: a source says that facts have changed.
 * Who may say so of what is a line of the directive for each certificate.
 */

#ifndef _NGX_HTTP_COURT_NOTIFY_H_INCLUDED_
#define _NGX_HTTP_COURT_NOTIFY_H_INCLUDED_

#include "ngx_http_court_control.h"
#include "ngx_court_cert.h"


#define NGX_HTTP_COURT_NOTIFY_MAX   64       /* facts in one notice */
#define NGX_HTTP_COURT_NOTIFY_RATE  100      /* notices a second */

typedef struct ngx_http_court_notify_line_s  ngx_http_court_notify_line_t;

/* one "court_notify" */
struct ngx_http_court_notify_line_s {
    ngx_str_t                  label;        /* for logs and the record */
    ngx_str_t                  name;         /* "": any with that key */
    u_char                     spki[NGX_COURT_SHA256_LEN];
    ngx_array_t                facts;        /* ngx_str_t, then */
    ngx_array_t                courts;       /* ngx_str_t: it, and below it */
    u_char                     scope[NGX_COURT_MAX_FACTS];   /* by index */
    ngx_uint_t                 rate;
    unsigned                   pinned:1;     /* spki is set */
    unsigned                   all_courts:1;

    /* worker state, not configuration */
    struct {
        ngx_msec_t             last;
        ngx_uint_t             excess;       /* 1/1000 notices */
    }                         *load;
};


ngx_int_t ngx_http_court_notify_handler(ngx_http_request_t *r);

/*
 * ngx_http_court_notify_who.c: the line that this connection's certificate
 * fits; NULL: none, *why is a code.
 */
ngx_http_court_notify_line_t *ngx_http_court_notify_who(
    ngx_http_request_t *r, ngx_array_t *lines, const char **why);
/* may he speak of that fact, and of that court? */
ngx_uint_t ngx_http_court_notify_may(const ngx_http_court_notify_line_t *line,
    const ngx_http_court_main_conf_t *mcf, const ngx_court_fact_t *fact,
    const ngx_str_t *court);
/* NGX_OK; NGX_BUSY: too many a second */
ngx_int_t ngx_http_court_notify_rate(ngx_http_court_notify_line_t *line,
    ngx_msec_t now);


#endif /* _NGX_HTTP_COURT_NOTIFY_H_INCLUDED_ */
