/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Points in time as seconds since 1970-01-01T00:00:00Z, signed 64 bits.
 */

#ifndef _NGX_COURT_TIME_H_INCLUDED_
#define _NGX_COURT_TIME_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_TIME_MIN  INT64_MIN      /* open at the left  */
#define NGX_COURT_TIME_MAX  INT64_MAX      /* open at the right */

/*
 * RFC 3339 section 5.6 ("2020-01-01T00:00:00Z", with offset and fraction;
 * 'T' and 'Z' in upper case; the fraction is cut off; second 60 is taken as
 * 59).  A full date alone ("2020-01-01") is midnight in Beijing (+08:00).
 * NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_court_time_parse(const ngx_str_t *s, int64_t *t);

#define NGX_COURT_TIME_LEN  (sizeof("2020-01-01T00:00:00Z") - 1)

/* writes NGX_COURT_TIME_LEN bytes for years 0-9999, returns the end */
u_char *ngx_court_time_format(u_char *p, int64_t t);


#endif /* _NGX_COURT_TIME_H_INCLUDED_ */
