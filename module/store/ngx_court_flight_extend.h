/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Extensions: for the morning when a platform is down.  While one is in
 * force, records of its fact that are known serve beyond their ttl where the
 * source cannot be asked; each for "bound" at most from when it was fetched,
 * and none longer than the extension itself lasts, which is "bound" from when
 * it was given.  They stand in the zone "flight": all workers see them, and a
 * reload keeps them.
 *
 * Lock rule: changed under the zone's lock; read without: a row's "until" is
 * 0 while the rest of it is written.
 */

#ifndef _NGX_COURT_FLIGHT_EXTEND_H_INCLUDED_
#define _NGX_COURT_FLIGHT_EXTEND_H_INCLUDED_

#include "ngx_court_flight_zone.h"


/* ms; no longer than the zone "facts" keeps an entry beyond its ttl */
#define NGX_COURT_EXTEND_MAX  (8 * 3600 * 1000)

/* ms: a clock that was set back by more ends what was given later */
#define NGX_COURT_EXTEND_SKEW  2000


/* court "": all of them.  NGX_DECLINED: no room; NGX_BUSY: no lock */
ngx_int_t ngx_court_extend(ngx_court_flight_zone_t *zone,
    const ngx_str_t *fact, const ngx_str_t *court, int64_t bound,
    int64_t now);
/* NGX_DECLINED: there was none; NGX_BUSY */
ngx_int_t ngx_court_extend_end(ngx_court_flight_zone_t *zone,
    const ngx_str_t *fact, const ngx_str_t *court, int64_t now);

/* may a record that was fetched then serve a request of that court?  court
 * NULL: of any */
ngx_uint_t ngx_court_extended(ngx_court_flight_zone_t *zone,
    const ngx_str_t *fact, const ngx_str_t *court, int64_t fetched,
    int64_t now);

/*
 * Row i < NGX_COURT_EXTENSIONS as a copy.  NGX_OK: in force; NGX_DECLINED.
 */
ngx_int_t ngx_court_extension(ngx_court_flight_zone_t *zone, ngx_uint_t i,
    int64_t now, ngx_court_extension_t *copy);
/* NGX_OK: that one has ended by itself, and nobody was told so before */
ngx_int_t ngx_court_extension_over(ngx_court_flight_zone_t *zone,
    ngx_uint_t i, int64_t now, ngx_court_extension_t *copy);


#endif /* _NGX_COURT_FLIGHT_EXTEND_H_INCLUDED_ */
