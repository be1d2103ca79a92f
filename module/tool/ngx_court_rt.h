/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The functions of nginx's core that the pure layers use, for programs that
 * are not nginx: court-tool, unit tests, fuzz targets.  Declared by nginx's
 * own headers; this one adds only what such a program needs to begin.
 *
 * Pools are made of one malloc() per allocation, so that AddressSanitizer
 * and valgrind see every overrun.  Nothing here is thread-safe.
 */

#ifndef _NGX_COURT_RT_H_INCLUDED_
#define _NGX_COURT_RT_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The process's log: lines up to that level (NGX_LOG_STDERR ... NGX_LOG_DEBUG)
 * go to stderr, or to log->writer where a test has set one.  Always the same
 * object; a later call changes its level.
 */
ngx_log_t *ngx_court_rt_log(ngx_uint_t level);


#endif /* _NGX_COURT_RT_H_INCLUDED_ */
