/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What fuzz targets share.  A target is one file fuzz_NAME.c with fuzz_setup
 * and fuzz_one.  Built for libFuzzer (make fuzz) it looks for inputs; built
 * without it, it replays t/fuzz/corpus/NAME and t/fuzz/regressions/NAME, or
 * the files that it is given, and speaks TAP.
 */

#ifndef _COURT_FUZZ_H_INCLUDED_
#define _COURT_FUZZ_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


/* once; what is made from pool lives as long as the program */
void fuzz_setup(ngx_pool_t *pool);

/* one input; pool is gone afterwards, in is an exact copy in it */
void fuzz_one(ngx_pool_t *pool, ngx_str_t *in);

/* a property that holds for every input */
#define must(cond)                                                            \
    ((cond) ? (void) 0 : fuzz_fail(#cond, __FILE__, __LINE__))

void fuzz_fail(const char *what, const char *file, int line)
    __attribute__((noreturn));

/* copies in memory of exactly their length: a read behind them is seen */
ngx_str_t fuzz_copy(ngx_pool_t *pool, const u_char *p, size_t len);

/*
 * Take something off in: a byte (0 at the end); a line, without its LF; what
 * stands before a line "---", or all that is left.
 */
u_char fuzz_byte(ngx_str_t *in);
ngx_str_t fuzz_line(ngx_pool_t *pool, ngx_str_t *in);
ngx_str_t fuzz_part(ngx_pool_t *pool, ngx_str_t *in);

#define fuzz_str(text)  ((ngx_str_t) { strlen(text), (u_char *) (text) })

/* s lies within outer */
#define fuzz_inside(s, outer)                                                 \
    ((s)->data >= (outer)->data                                               \
     && (s)->data + (s)->len <= (outer)->data + (outer)->len)


#endif /* _COURT_FUZZ_H_INCLUDED_ */
