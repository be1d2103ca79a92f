/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bulkheads of a source: fetches under way and rate, of this worker; breaker,
 * of the machine where it can be shared.  Pure: the time (ngx_current_msec)
 * comes in.  A limit of 0 is none.
 */

#ifndef _NGX_COURT_SOURCE_H_INCLUDED_
#define _NGX_COURT_SOURCE_H_INCLUDED_

#include "ngx_court_tier.h"


/*
 * May a fetch begin?  NGX_OK; NGX_DECLINED: the breaker is open; NGX_BUSY: a
 * bulkhead is full; *why for both.  look changes nothing; take counts the
 * fetch, and ngx_court_source_result must follow.
 */
ngx_int_t ngx_court_source_look(ngx_court_source_t *source,
    ngx_msec_t now, const char **why);
ngx_int_t ngx_court_source_take(ngx_court_source_t *source, ngx_msec_t now,
    const char **why);

typedef enum {
    NGX_COURT_SOURCE_SAME = 0,
    NGX_COURT_SOURCE_OPENED,              /* the breaker, just now */
    NGX_COURT_SOURCE_CLOSED
} ngx_court_source_change_t;

ngx_court_source_change_t ngx_court_source_result(ngx_court_source_t *source,
    ngx_uint_t ok, ngx_msec_t now);


#endif /* _NGX_COURT_SOURCE_H_INCLUDED_ */
