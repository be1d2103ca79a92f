/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_zone_lru.h"
#include "ngx_court_shm.h"


#define NGX_COURT_ZONE_MIN      65536

/* how long the lock is waited for, ns; then the caller has a miss */
#define NGX_COURT_ZONE_WAIT     5000000ll

/* once that happened, this many tries must do until it is had again */
#define NGX_COURT_ZONE_TRIES    64


struct ngx_court_zone_s {
    ngx_shm_zone_t            *shm_zone;
    ngx_slab_pool_t           *shpool;
    ngx_court_zone_head_t     *head;
    size_t                     bytes;        /* at head */
    ngx_uint_t                 stuck;        /* the last wait was in vain */
};


static ngx_int_t ngx_court_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_court_zone_lock(ngx_court_zone_t *zone);
static ngx_int_t ngx_court_zone_acquire(ngx_court_zone_t *zone);
static void ngx_court_zone_unlock(ngx_court_zone_t *zone);
static int64_t ngx_court_zone_clock(void);


ngx_court_zone_t *
ngx_court_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    return ngx_court_shm_add(cf, name, size, NGX_COURT_ZONE_MIN, tag,
                             sizeof(ngx_court_zone_t), ngx_court_zone_init);
}


/*
 * On reload nginx hands over the old memory, found through shpool->data.  It
 * is kept unless its layout is another one's: then it is laid out anew in
 * place, and what is left of the old workers sees the foreign layout number
 * after taking the lock and has misses.
 */

static ngx_int_t
ngx_court_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_int_t          rc;
    ngx_court_zone_t  *zone;

    zone = shm_zone->data;
    zone->shm_zone = shm_zone;

    zone->head = ngx_court_shm_block(shm_zone, data, &zone->shpool,
                                     &zone->bytes);
    if (zone->head == NULL) {
        return NGX_ERROR;
    }

    if (zone->head->nslots == ngx_court_zone_lru_slots(zone->bytes)
        && zone->head->layout == NGX_COURT_ZONE_LAYOUT)
    {
        return NGX_OK;
    }

    rc = ngx_court_zone_acquire(zone);

    ngx_court_zone_lru_init(zone->head, zone->bytes,
                            (uint64_t) ngx_random() << 32 ^ ngx_random(),
                            ngx_time());
    if (rc == NGX_OK) {
        ngx_court_zone_unlock(zone);
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_zone_get(ngx_court_zone_t *zone, const u_char *key, u_char *buf,
    size_t cap, size_t *len, int64_t now)
{
    ngx_int_t  rc;

    if (ngx_court_zone_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    rc = ngx_court_zone_lru_get(zone->head, key, buf, cap, len, now);

    ngx_court_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_court_zone_put(ngx_court_zone_t *zone, const u_char *key,
    const ngx_str_t *value, int64_t expires, int64_t now)
{
    ngx_int_t  rc;

    if (ngx_court_zone_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    rc = ngx_court_zone_lru_put(zone->head, key, value, expires, now);

    ngx_court_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_court_zone_delete(ngx_court_zone_t *zone, const u_char *key)
{
    if (ngx_court_zone_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_court_zone_lru_delete(zone->head, key);

    ngx_court_zone_unlock(zone);

    return NGX_OK;
}


ngx_int_t
ngx_court_zone_purge(ngx_court_zone_t *zone)
{
    if (ngx_court_zone_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_court_zone_lru_clear(zone->head);

    ngx_court_zone_unlock(zone);

    return NGX_OK;
}


void
ngx_court_zone_stats(ngx_court_zone_t *zone, ngx_court_zone_stats_t *stats)
{
    ngx_court_zone_head_t  *head;

    ngx_memzero(stats, sizeof(ngx_court_zone_stats_t));

    if (ngx_court_zone_lock(zone) != NGX_OK) {
        return;
    }

    head = zone->head;

    stats->hits = head->hits;
    stats->misses = head->misses;
    stats->stores = head->stores;
    stats->evictions = head->evictions;
    stats->expired = head->expired;
    stats->resets = head->resets;
    stats->slots = head->nslots;
    stats->used = head->used;
    stats->birth = (time_t) head->birth;

    ngx_court_zone_unlock(zone);
}


static ngx_int_t
ngx_court_zone_lock(ngx_court_zone_t *zone)
{
    if (ngx_court_zone_acquire(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    if (zone->head->layout != NGX_COURT_ZONE_LAYOUT) {
        ngx_court_zone_unlock(zone);
        return NGX_BUSY;
    }

    if (zone->head->dirty) {
        ngx_court_zone_lru_clear(zone->head);
        zone->head->resets++;
    }

    return NGX_OK;
}


/*
 * A bounded wait instead of ngx_shmtx_lock(): who died or was stopped inside
 * must cost the others a miss, not their event loop.  While it stays like
 * that each further call gives up after a few tries.
 */

static ngx_int_t
ngx_court_zone_acquire(ngx_court_zone_t *zone)
{
    int64_t      start;
    ngx_uint_t   i, tries;
    ngx_shmtx_t *mutex;

    mutex = &zone->shpool->mutex;
    tries = zone->stuck ? 1 : NGX_COURT_ZONE_TRIES;
    start = 0;

    while (!ngx_shmtx_trylock(mutex)) {

        for (i = 0; i < NGX_COURT_ZONE_TRIES; i++) {
            ngx_cpu_pause();
        }

        if (--tries) {
            continue;
        }

        if (start == 0) {
            start = ngx_court_zone_clock();
        }

        if (zone->stuck
            || ngx_court_zone_clock() - start > NGX_COURT_ZONE_WAIT)
        {
            zone->stuck = 1;
            return NGX_BUSY;
        }

        tries = 1;
        ngx_sched_yield();
    }

    zone->stuck = 0;

    return NGX_OK;
}


static void
ngx_court_zone_unlock(ngx_court_zone_t *zone)
{
    ngx_shmtx_unlock(&zone->shpool->mutex);
}


static int64_t
ngx_court_zone_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}
