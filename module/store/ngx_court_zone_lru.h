/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The structure inside a zone, without its lock: one block of memory that
 * holds a header, a table of bucket heads and slots linked by 32-bit indexes
 * (position-independent, half of a pointer).  Slot 0 does not exist: index 0
 * means none.  Whoever calls holds the lock.
 */

#ifndef _NGX_COURT_ZONE_LRU_H_INCLUDED_
#define _NGX_COURT_ZONE_LRU_H_INCLUDED_

#include "ngx_court_zone.h"


#define NGX_COURT_ZONE_LAYOUT      1

/* with its bucket head and the slab's bookkeeping a slot stays below 256 */
#define NGX_COURT_ZONE_SLOT        248
#define NGX_COURT_ZONE_FIRST       (NGX_COURT_ZONE_SLOT - 64)
#define NGX_COURT_ZONE_MORE        (NGX_COURT_ZONE_SLOT - 4)

/* an entry used again within 16384 ms is not moved to the front again */
#define NGX_COURT_ZONE_TOUCH_SHIFT 14


/* a first slot, or the continuation of a longer value */
typedef union {
    struct {
        u_char                 key[NGX_COURT_ZONE_KEY];
        int64_t                expires;      /* ms since 1970 */
        uint32_t               chain;        /* next of its bucket, or free */
        uint32_t               prev;         /* LRU, towards the newest */
        uint32_t               next;         /* LRU, towards the oldest */
        uint32_t               more;         /* continuation */
        uint32_t               len;          /* of the whole value */
        uint32_t               touched;      /* ms >> TOUCH_SHIFT */
        u_char                 data[NGX_COURT_ZONE_FIRST];
    } s;

    struct {
        uint32_t               more;         /* continuation, or free */
        u_char                 data[NGX_COURT_ZONE_MORE];
    } c;
} ngx_court_zone_slot_t;


typedef struct {
    uint32_t                   layout;       /* NGX_COURT_ZONE_LAYOUT */
    volatile uint32_t          dirty;        /* being changed */
    uint32_t                   nslots;
    uint32_t                   used;
    uint32_t                   fresh;        /* slots from here: never used */
    uint32_t                   free;         /* list by c.more */
    uint32_t                   newest;
    uint32_t                   oldest;
    uint64_t                   seed;
    int64_t                    birth;        /* seconds since 1970 */
    uint64_t                   hits;
    uint64_t                   misses;
    uint64_t                   stores;
    uint64_t                   evictions;
    uint64_t                   expired;
    uint64_t                   resets;
} ngx_court_zone_head_t;


/* how many slots fit into so many bytes, and how many a value takes */
uint32_t ngx_court_zone_lru_slots(size_t bytes);
uint32_t ngx_court_zone_lru_need(size_t len);

/* lays the structure out anew in bytes of memory, aligned to 8 */
void ngx_court_zone_lru_init(ngx_court_zone_head_t *head, size_t bytes,
    uint64_t seed, time_t birth);

/* empties it; counters stay; clears the dirty mark */
void ngx_court_zone_lru_clear(ngx_court_zone_head_t *head);

ngx_int_t ngx_court_zone_lru_get(ngx_court_zone_head_t *head,
    const u_char *key, u_char *buf, size_t cap, size_t *len, int64_t now);
ngx_int_t ngx_court_zone_lru_put(ngx_court_zone_head_t *head,
    const u_char *key, const ngx_str_t *value, int64_t expires, int64_t now);
void ngx_court_zone_lru_delete(ngx_court_zone_head_t *head,
    const u_char *key);


#endif /* _NGX_COURT_ZONE_LRU_H_INCLUDED_ */
