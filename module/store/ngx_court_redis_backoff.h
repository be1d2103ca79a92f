/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How long to wait before connecting again.  Doubles from 100 ms; with its
 * jitter it stays within a second, so that a Redis that is back is used
 * within a second.  Whom it refuses as a user waits long: a wrong password
 * does not mend itself, and some servers count attempts.
 */

#ifndef _NGX_COURT_REDIS_BACKOFF_H_INCLUDED_
#define _NGX_COURT_REDIS_BACKOFF_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_REDIS_BACKOFF_MIN      100     /* ms */
#define NGX_COURT_REDIS_BACKOFF_TOP      640     /* before jitter */
#define NGX_COURT_REDIS_BACKOFF_MAX      800     /* with jitter */
#define NGX_COURT_REDIS_BACKOFF_LASTING  30000

typedef struct {
    ngx_msec_t                 last;      /* before jitter; 0: none yet */
    ngx_uint_t                 lasting;   /* the next one is a long one */
} ngx_court_redis_backoff_t;


/* up: ms that the lost connection was in use; random: any number */
static ngx_inline ngx_msec_t
ngx_court_redis_backoff_next(ngx_court_redis_backoff_t *b, ngx_msec_t up,
    ngx_uint_t random)
{
    if (b->lasting) {
        b->lasting = 0;
        return NGX_COURT_REDIS_BACKOFF_LASTING + random % 1000;
    }

    if (b->last == 0 || up >= NGX_COURT_REDIS_BACKOFF_MAX) {
        b->last = NGX_COURT_REDIS_BACKOFF_MIN;

    } else {
        b->last = ngx_min(b->last * 2, NGX_COURT_REDIS_BACKOFF_TOP);
    }

    return b->last + random % (b->last / 4);
}


#endif /* _NGX_COURT_REDIS_BACKOFF_H_INCLUDED_ */
