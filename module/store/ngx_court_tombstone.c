/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tombstone.h"
#include "ngx_court_shm.h"


#define NGX_COURT_TOMBSTONE_LAYOUT  2
#define NGX_COURT_TOMBSTONE_MIN     65536

/* how long the lock is waited for: rounds, each of them a yield */
#define NGX_COURT_TOMBSTONE_ROUNDS  256
#define NGX_COURT_TOMBSTONE_TRIES   64


/* 64 bytes; index 0 means none */
typedef struct {
    u_char                     key[NGX_COURT_TOMBSTONE_KEY];
    volatile int64_t           until[NGX_COURT_TOMBSTONE_ORIGINS];
                                             /* 0: has none, or undone */
    int64_t                    added;
    volatile uint32_t          chain;        /* next of its bucket, or free */
    unsigned                   kind:8;
    unsigned                   mark:24;      /* the snapshot that has it */
} ngx_court_tombstone_slot_t;

#define ngx_court_tombstone_end(slot)                                         \
    ngx_max((slot)->until[NGX_COURT_TOMBSTONE_LOCAL],                         \
            (slot)->until[NGX_COURT_TOMBSTONE_EVENTS])


typedef struct {
    uint32_t                   layout;
    uint32_t                   nslots;
    uint32_t                   fresh;        /* from here: never used */
    uint32_t                   free;         /* list by chain */
    uint32_t                   used;
    uint32_t                   mark;         /* the last snapshot's */
    int64_t                    birth;
    uint64_t                   full;
    ngx_atomic_t               sequence;
    ngx_atomic_t               counts[NGX_COURT_TOMBSTONE_KINDS];
    uint64_t                   feed[NGX_COURT_TOMBSTONE_FEED / 8];
} ngx_court_tombstone_head_t;


struct ngx_court_tombstones_s {
    ngx_slab_pool_t             *shpool;
    ngx_court_tombstone_head_t  *head;
    volatile uint32_t           *buckets;
    ngx_court_tombstone_slot_t  *slots;      /* [0] is not used */
    ngx_uint_t                   born;
};


static ngx_int_t ngx_court_tombstone_init(ngx_shm_zone_t *shm_zone,
    void *data);


ngx_court_tombstones_t *
ngx_court_tombstones_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    return ngx_court_shm_add(cf, name, size, NGX_COURT_TOMBSTONE_MIN, tag,
                             sizeof(ngx_court_tombstones_t),
                             ngx_court_tombstone_init);
}


static void
ngx_court_tombstone_lay(ngx_court_tombstones_t *ts, size_t bytes)
{
    uint32_t                     n;
    ngx_court_tombstone_head_t  *head;

    head = ts->head;

    n = (uint32_t) ((bytes - sizeof(ngx_court_tombstone_head_t) - 64)
                    / (sizeof(ngx_court_tombstone_slot_t) + 4));

    /* slots after the buckets, at a multiple of 8 */

    n &= ~(uint32_t) 1;

    ts->buckets = (volatile uint32_t *) (head + 1);
    ts->slots = (ngx_court_tombstone_slot_t *) ((u_char *) (head + 1) + n * 4);

    if (head->layout == NGX_COURT_TOMBSTONE_LAYOUT && head->nslots == n) {
        return;
    }

    ngx_memzero(head, sizeof(ngx_court_tombstone_head_t) + (size_t) n * 4);

    head->nslots = n;
    head->fresh = 1;
    head->birth = ngx_time();

    /* never one that somebody remembers from a zone before */

    head->sequence = (ngx_atomic_uint_t) ngx_time() << 24;
    head->layout = NGX_COURT_TOMBSTONE_LAYOUT;
    ts->born = 1;
}


static ngx_int_t
ngx_court_tombstone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                   bytes;
    ngx_court_tombstones_t  *ts;

    ts = shm_zone->data;

    ts->head = ngx_court_shm_block(shm_zone, data, &ts->shpool, &bytes);
    if (ts->head == NULL) {
        return NGX_ERROR;
    }

    if (data && ts->head->layout != NGX_COURT_TOMBSTONE_LAYOUT) {
        ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                      "zone \"%V\" is of another version: what is revoked "
                      "would be forgotten; restart instead",
                      &shm_zone->shm.name);
        return NGX_ERROR;
    }

    ngx_court_tombstone_lay(ts, bytes);

    return NGX_OK;
}


static ngx_int_t
ngx_court_tombstone_lock(ngx_court_tombstones_t *ts)
{
    ngx_uint_t  i, rounds;

    for (rounds = 0; rounds < NGX_COURT_TOMBSTONE_ROUNDS; rounds++) {

        for (i = 0; i < NGX_COURT_TOMBSTONE_TRIES; i++) {

            if (ngx_shmtx_trylock(&ts->shpool->mutex)) {
                return NGX_OK;
            }

            ngx_cpu_pause();
        }

        ngx_sched_yield();
    }

    return NGX_BUSY;
}


#define ngx_court_tombstone_unlock(ts)                                        \
    ngx_shmtx_unlock(&(ts)->shpool->mutex)


ngx_int_t
ngx_court_tombstone_key(ngx_court_tombstone_kind_t kind,
    const ngx_str_t *issuer, const ngx_str_t *what,
    u_char key[NGX_COURT_TOMBSTONE_KEY])
{
    u_char     c;
    ngx_str_t  f[3];

    c = (u_char) kind;
    f[0].data = &c;
    f[0].len = 1;
    f[1] = *issuer;
    f[2] = *what;

    return ngx_court_hash_fields("tombstone", f, 3, key);
}


static volatile uint32_t *
ngx_court_tombstone_bucket(ngx_court_tombstones_t *ts, const u_char *key)
{
    uint64_t  h;

    ngx_memcpy(&h, key, sizeof(uint64_t));

    return &ts->buckets[h % ts->head->nslots];
}


static ngx_court_tombstone_slot_t *
ngx_court_tombstone_find(ngx_court_tombstones_t *ts, const u_char *key)
{
    uint32_t                     i;
    ngx_court_tombstone_slot_t  *slot;

    for (i = *ngx_court_tombstone_bucket(ts, key); i; i = slot->chain) {
        slot = &ts->slots[i];

        if (ngx_memcmp(slot->key, key, NGX_COURT_TOMBSTONE_KEY) == 0) {
            return slot;
        }
    }

    return NULL;
}


/* out of the chain first, only then free: between the two it is lost */

static void
ngx_court_tombstone_sweep(ngx_court_tombstones_t *ts, int64_t now)
{
    uint32_t                     i, b;
    volatile uint32_t           *link;
    ngx_court_tombstone_head_t  *head;
    ngx_court_tombstone_slot_t  *slot;

    head = ts->head;

    for (b = 0; b < head->nslots; b++) {
        link = &ts->buckets[b];

        while (*link) {
            i = *link;
            slot = &ts->slots[i];

            if (ngx_court_tombstone_end(slot) > now) {
                link = &slot->chain;
                continue;
            }

            *link = slot->chain;
            ngx_memory_barrier();

            slot->chain = head->free;
            head->free = i;
            head->used--;
            (void) ngx_atomic_fetch_add(&head->counts[slot->kind], -1);
        }
    }
}


static uint32_t
ngx_court_tombstone_alloc(ngx_court_tombstones_t *ts, int64_t now)
{
    uint32_t                     i;
    ngx_court_tombstone_head_t  *head;

    head = ts->head;

    if (head->free == 0 && head->fresh >= head->nslots) {
        ngx_court_tombstone_sweep(ts, now);
    }

    i = head->free;

    if (i) {
        head->free = ts->slots[i].chain;
        return i;
    }

    return (head->fresh < head->nslots) ? head->fresh++ : 0;
}


static ngx_int_t
ngx_court_tombstone_insert(ngx_court_tombstones_t *ts,
    const ngx_court_tombstone_t *stone)
{
    uint32_t                     i;
    volatile uint32_t           *bucket;
    ngx_court_tombstone_slot_t  *slot;

    i = ngx_court_tombstone_alloc(ts, stone->added);

    if (i == 0) {
        ts->head->full++;
        return NGX_DECLINED;
    }

    slot = &ts->slots[i];
    bucket = ngx_court_tombstone_bucket(ts, stone->key);

    ngx_memcpy(slot->key, stone->key, NGX_COURT_TOMBSTONE_KEY);
    ngx_memzero((void *) slot->until, sizeof(slot->until));
    slot->until[stone->origin] = stone->until;
    slot->added = stone->added;
    slot->kind = stone->kind & 0xff;
    slot->mark = ts->head->mark & 0xffffff;
    slot->chain = *bucket;

    /* counted first: who reads a count without the lock sees too many */

    ts->head->used++;
    (void) ngx_atomic_fetch_add(&ts->head->counts[stone->kind], 1);
    ngx_memory_barrier();

    *bucket = i;

    return NGX_OK;
}


ngx_int_t
ngx_court_tombstone_put(ngx_court_tombstones_t *ts,
    const ngx_court_tombstone_t *stone)
{
    ngx_int_t                    rc;
    ngx_court_tombstone_slot_t  *slot;

    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    rc = NGX_OK;
    slot = ngx_court_tombstone_find(ts, stone->key);

    if (slot == NULL) {
        rc = ngx_court_tombstone_insert(ts, stone);

    } else {
        if (ngx_court_tombstone_end(slot) <= stone->added) {
            slot->added = stone->added;
        }

        if (slot->until[stone->origin] < stone->until) {
            slot->until[stone->origin] = stone->until;
        }

        if (stone->origin == NGX_COURT_TOMBSTONE_EVENTS) {
            slot->mark = ts->head->mark & 0xffffff;
        }
    }

    ngx_memory_barrier();
    (void) ngx_atomic_fetch_add(&ts->head->sequence, 1);

    ngx_court_tombstone_unlock(ts);

    return rc;
}


ngx_int_t
ngx_court_tombstone_undo(ngx_court_tombstones_t *ts, const u_char *key,
    ngx_court_tombstone_origin_t origin, time_t now)
{
    ngx_int_t                    rc;
    ngx_court_tombstone_slot_t  *slot;

    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    rc = NGX_DECLINED;
    slot = ngx_court_tombstone_find(ts, key);
    if (slot && slot->until[origin] > now) {
        slot->until[origin] = 0;
        rc = NGX_OK;
    }

    (void) ngx_atomic_fetch_add(&ts->head->sequence, 1);

    ngx_court_tombstone_unlock(ts);

    return rc;
}


ngx_int_t
ngx_court_tombstone_snapshot_begin(ngx_court_tombstones_t *ts)
{
    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    ts->head->mark++;
    ngx_court_tombstone_unlock(ts);

    return NGX_OK;
}


/* who reads this in the middle sees too many, never too few */

ngx_int_t
ngx_court_tombstone_snapshot_end(ngx_court_tombstones_t *ts)
{
    uint32_t                     i;
    ngx_court_tombstone_slot_t  *slot;

    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    /* free slots among them: nobody reads their ends */

    for (i = 1; i < ts->head->fresh; i++) {
        slot = &ts->slots[i];

        if (slot->mark != (ts->head->mark & 0xffffff)) {
            slot->until[NGX_COURT_TOMBSTONE_EVENTS] = 0;
        }
    }

    (void) ngx_atomic_fetch_add(&ts->head->sequence, 1);

    ngx_court_tombstone_unlock(ts);

    return NGX_OK;
}


ngx_int_t
ngx_court_tombstone_check(ngx_court_tombstones_t *ts, const u_char *keys,
    ngx_uint_t n, time_t now, ngx_uint_t *which)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    ngx_court_tombstone_slot_t  *slot;

    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    rc = NGX_OK;

    for (i = 0; i < n; i++, keys += NGX_COURT_TOMBSTONE_KEY) {
        slot = ngx_court_tombstone_find(ts, keys);

        if (slot && ngx_court_tombstone_end(slot) > now) {
            *which = i;
            rc = NGX_DECLINED;
            break;
        }
    }

    ngx_court_tombstone_unlock(ts);

    return rc;
}


uint64_t
ngx_court_tombstone_sequence(ngx_court_tombstones_t *ts)
{
    return (uint64_t) ts->head->sequence;
}


ngx_uint_t
ngx_court_tombstone_count(ngx_court_tombstones_t *ts,
    ngx_court_tombstone_kind_t kind)
{
    return (ngx_uint_t) ts->head->counts[kind];
}


/* how many of its two ends stand; one that finds no room is counted alone */

static ngx_uint_t
ngx_court_tombstone_tell(ngx_court_tombstone_slot_t *slot,
    ngx_court_tombstone_t *stones, ngx_uint_t cap, time_t now)
{
    ngx_uint_t  n, origin;

    n = 0;

    for (origin = 0; origin < NGX_COURT_TOMBSTONE_ORIGINS; origin++) {

        if (slot->until[origin] <= now) {
            continue;
        }

        if (n < cap) {
            ngx_memcpy(stones[n].key, slot->key, NGX_COURT_TOMBSTONE_KEY);
            stones[n].kind = slot->kind;
            stones[n].origin = origin;
            stones[n].until = slot->until[origin];
            stones[n].added = slot->added;
        }

        n++;
    }

    return n;
}


ngx_int_t
ngx_court_tombstone_list(ngx_court_tombstones_t *ts, uint32_t *from,
    ngx_court_tombstone_t *stones, ngx_uint_t cap, time_t now)
{
    uint32_t                     b, i;
    ngx_uint_t                   n, whole;

    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    n = 0;

    /* by buckets, whole ones: a free slot keeps its old bytes */

    for (b = *from; b < ts->head->nslots; b++) {
        whole = n;

        for (i = ts->buckets[b]; i && n <= cap; i = ts->slots[i].chain) {
            n += ngx_court_tombstone_tell(&ts->slots[i], &stones[n], cap - n,
                                          now);
        }

        if (n > cap) {
            n = whole;
            break;
        }
    }

    *from = (b < ts->head->nslots) ? b : 0;

    ngx_court_tombstone_unlock(ts);

    return (ngx_int_t) n;
}


void *
ngx_court_tombstone_feed(ngx_court_tombstones_t *ts)
{
    return ts->head->feed;
}


ngx_uint_t
ngx_court_tombstone_born(ngx_court_tombstones_t *ts)
{
    return ts->born ? ts->born-- : 0;
}


ngx_int_t
ngx_court_tombstone_stats(ngx_court_tombstones_t *ts,
    ngx_court_tombstone_stats_t *stats)
{
    if (ngx_court_tombstone_lock(ts) != NGX_OK) {
        return NGX_BUSY;
    }

    stats->sequence = ts->head->sequence;
    stats->full = ts->head->full;
    stats->slots = ts->head->nslots - 1;
    stats->used = ts->head->used;
    stats->birth = (time_t) ts->head->birth;

    ngx_court_tombstone_unlock(ts);

    return NGX_OK;
}
