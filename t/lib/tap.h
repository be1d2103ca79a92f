/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TAP for unit tests.  A program calls checks and ends with
 * "return done_testing();", which prints the plan and is 0 only if at least
 * one check ran and none failed.  Every check returns whether it passed.
 */

#ifndef _COURT_TAP_H_INCLUDED_
#define _COURT_TAP_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


int ok(int cond, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int is_int(long long got, long long want, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int is_str(const ngx_str_t *got, const char *want, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int is_mem(const void *a, const void *b, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* a fresh pool; done_testing() destroys it */
ngx_pool_t *tap_pool(void);

/* levels up to TAP_LOG_LEVEL in the environment (a number), default error */
ngx_log_t *tap_log(void);

/*
 * The whole file and its length, NUL behind it, malloc()ed.  Without the
 * file the program ends as failed: a test without its data has not run.
 */
char *tap_slurp(const char *path, size_t *len);

int done_testing(void);


#endif /* _COURT_TAP_H_INCLUDED_ */
