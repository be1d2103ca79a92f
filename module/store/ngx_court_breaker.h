/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The breaker of a source: words that workers may share (zone "flight"), each
 * written whole.  Times are ms of ngx_current_msec, the same clock for all
 * processes of a machine.
 */

#ifndef _NGX_COURT_BREAKER_H_INCLUDED_
#define _NGX_COURT_BREAKER_H_INCLUDED_

#include "ngx_court_base.h"


typedef struct {
    volatile ngx_atomic_uint_t  failures;    /* in a row */
    volatile ngx_atomic_uint_t  open;        /* it is, or half */
    volatile ngx_atomic_uint_t  until;       /* nobody asks before */
    volatile ngx_atomic_uint_t  probe;       /* odd: one is under way, */
    volatile ngx_atomic_uint_t  probe_until; /* and is given up then */
} ngx_court_breaker_t;


#endif /* _NGX_COURT_BREAKER_H_INCLUDED_ */
