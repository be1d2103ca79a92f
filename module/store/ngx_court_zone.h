/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A cache in shared memory: 32-byte keys, values up to NGX_COURT_ZONE_VALUE,
 * fixed slots of 256 bytes chained where a value is longer, one LRU list, one
 * lock (shpool->mutex, which the master frees when a worker dies).
 * Exhaustion evicts; it never fails.
 *
 * The header carries layout version, birth time and a dirty mark that is set
 * while the structure is changed: who finds it set after taking the lock
 * empties the zone (its last owner died inside).
 *
 * Lock rule: every function here takes the lock itself, copies, and lets go;
 * no I/O, no allocation, no callback inside.
 */

#ifndef _NGX_COURT_ZONE_H_INCLUDED_
#define _NGX_COURT_ZONE_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_ZONE_KEY     32
#define NGX_COURT_ZONE_VALUE   16384

typedef struct ngx_court_zone_s  ngx_court_zone_t;

/* counters since birth, for status and tests; filled bytes of size */
typedef struct {
    uint64_t                   hits;
    uint64_t                   misses;
    uint64_t                   stores;
    uint64_t                   evictions;
    uint64_t                   expired;
    uint64_t                   resets;
    ngx_uint_t                 slots;
    ngx_uint_t                 used;
    time_t                     birth;
} ngx_court_zone_stats_t;


/*
 * Declares the zone at configuration time.  name is the zone's ("tokens"),
 * size in bytes (>= 64k, else NULL with an emerg log).  On reload with equal
 * size and layout the memory is kept; another layout version empties it.
 */
ngx_court_zone_t *ngx_court_zone_add(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, void *tag);

/*
 * Copies the value into buf.  now in milliseconds since 1970.
 * NGX_OK, *len set; NGX_DECLINED: not there or expired; NGX_BUSY: the lock
 * could not be had in time (a miss); NGX_ERROR: longer than cap.
 */
ngx_int_t ngx_court_zone_get(ngx_court_zone_t *zone, const u_char *key,
    u_char *buf, size_t cap, size_t *len, int64_t now);

/*
 * Stores or replaces; expires in milliseconds since 1970.  NGX_OK;
 * NGX_DECLINED where the value is too long for the zone; NGX_BUSY.
 */
ngx_int_t ngx_court_zone_put(ngx_court_zone_t *zone, const u_char *key,
    const ngx_str_t *value, int64_t expires, int64_t now);

/* NGX_OK, also where there was nothing; NGX_BUSY: nothing was done */
ngx_int_t ngx_court_zone_delete(ngx_court_zone_t *zone, const u_char *key);
ngx_int_t ngx_court_zone_purge(ngx_court_zone_t *zone);
void ngx_court_zone_stats(ngx_court_zone_t *zone,
    ngx_court_zone_stats_t *stats);


#endif /* _NGX_COURT_ZONE_H_INCLUDED_ */
