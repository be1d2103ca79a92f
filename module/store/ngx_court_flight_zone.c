/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight_zone.h"
#include "ngx_court_shm.h"


/* bounded tries with a yield between, some ms */
#define NGX_COURT_FLIGHT_TRIES    500

#define NGX_COURT_FLIGHT_MIN      65536

/* marks take this part of the zone */
#define NGX_COURT_FLIGHT_MARKS    4


typedef struct {
    u_char                     key[NGX_COURT_FLIGHT_KEY];
    volatile uint64_t          number;
    volatile uint64_t          pid;
    volatile uint64_t          deadline;
    volatile uint64_t          state;
    uint64_t                   landed;       /* when */
    int64_t                    fetched;
    uint64_t                   waiting;      /* bits of workers */
    uint64_t                   last;         /* number of the fetch before */
    uint64_t                   last_state;
    uint64_t                   pad[3];
} ngx_court_seat_t;

typedef struct {
    volatile ngx_atomic_uint_t  sequence;
    volatile ngx_atomic_uint_t  time;        /* ms since 1970 */
} ngx_court_mark_t;

typedef struct {
    uint64_t                   layout;
    volatile uint64_t          dirty;        /* seats are being changed */
    uint64_t                   nsets;
    uint64_t                   nmarks;       /* a power of two */
    uint64_t                   number;
    uint64_t                   waits;
    uint64_t                   taken;
    uint64_t                   full;
    uint64_t                   resets;
    volatile ngx_atomic_uint_t  sequence;
    ngx_court_mark_t           all;          /* hits every key */
    ngx_court_flight_source_t  sources[NGX_COURT_FLIGHT_SOURCES];
    ngx_court_extension_t      extensions[NGX_COURT_EXTENSIONS];
} ngx_court_flight_head_t;

struct ngx_court_flight_zone_s {
    ngx_slab_pool_t           *shpool;
    ngx_court_flight_head_t   *head;
    ngx_court_mark_t          *marks;
    ngx_court_seat_t          *seats;        /* [0] is not used */
};


#define NGX_COURT_FLIGHT_HEAD                                                 \
    ngx_align(sizeof(ngx_court_flight_head_t), 128)


static ngx_int_t ngx_court_flight_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);


ngx_court_flight_zone_t *
ngx_court_flight_zone_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    return ngx_court_shm_add(cf, name, size, NGX_COURT_FLIGHT_MIN, tag,
                             sizeof(ngx_court_flight_zone_t),
                             ngx_court_flight_zone_init);
}


/*
 * The sequence begins with the time: after a new start of the zone it is
 * higher than whatever an older one gave to entries that outlived it.
 */

static void
ngx_court_flight_layout(ngx_court_flight_zone_t *zone, size_t bytes)
{
    uint64_t     n, marks;
    ngx_time_t  *tp;

    ngx_memzero(zone->head, bytes);

    marks = bytes / NGX_COURT_FLIGHT_MARKS / sizeof(ngx_court_mark_t);

    for (n = 64; n * 2 <= marks; n *= 2) { /* void */ }

    tp = ngx_timeofday();

    zone->head->nmarks = n;
    zone->head->nsets = (bytes - NGX_COURT_FLIGHT_HEAD
                         - n * sizeof(ngx_court_mark_t))
                        / sizeof(ngx_court_seat_t) / NGX_COURT_SEATS - 1;
    zone->head->sequence = ((ngx_atomic_uint_t) tp->sec * 1000 + tp->msec)
                           * 1000;
    zone->head->number = zone->head->sequence;
    zone->head->layout = NGX_COURT_FLIGHT_LAYOUT;
}


static ngx_int_t
ngx_court_flight_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                    bytes;
    ngx_court_flight_zone_t  *zone;

    zone = shm_zone->data;

    zone->head = ngx_court_shm_block(shm_zone, data, &zone->shpool, &bytes);
    if (zone->head == NULL) {
        return NGX_ERROR;
    }

    if (zone->head->layout != NGX_COURT_FLIGHT_LAYOUT) {
        ngx_court_flight_layout(zone, bytes);
    }

    zone->marks = (ngx_court_mark_t *) ((u_char *) zone->head
                                        + NGX_COURT_FLIGHT_HEAD);
    zone->seats = (ngx_court_seat_t *) (zone->marks + zone->head->nmarks);

    return NGX_OK;
}


ngx_int_t
ngx_court_flight_lock(ngx_court_flight_zone_t *zone)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_FLIGHT_TRIES; i++) {

        if (!ngx_shmtx_trylock(&zone->shpool->mutex)) {
            ngx_sched_yield();
            continue;
        }

        if (zone->head->dirty) {

            /* its last owner died inside */

            ngx_memzero(zone->seats, (zone->head->nsets + 1)
                                     * NGX_COURT_SEATS
                                     * sizeof(ngx_court_seat_t));
            zone->head->resets++;
        }

        zone->head->dirty = 1;
        ngx_memory_barrier();

        return NGX_OK;
    }

    return NGX_BUSY;
}


ngx_court_extension_t *
ngx_court_flight_extensions(ngx_court_flight_zone_t *zone)
{
    return zone->head->extensions;
}


void
ngx_court_flight_unlock(ngx_court_flight_zone_t *zone)
{
    ngx_memory_barrier();
    zone->head->dirty = 0;

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* EPERM: another user's, so there is one */

static ngx_uint_t
ngx_court_seat_alive(const ngx_court_seat_t *seat, ngx_msec_t now)
{
    ngx_pid_t  pid;

    pid = (ngx_pid_t) seat->pid;

    return (ngx_msec_int_t) ((ngx_msec_t) seat->deadline - now) > 0
           && pid
           && (pid == ngx_pid || kill(pid, 0) == 0 || ngx_errno == NGX_EPERM);
}


static ngx_uint_t
ngx_court_seat_old(const ngx_court_seat_t *seat, ngx_msec_t now)
{
    return seat->state == NGX_COURT_SEAT_FREE
           || (seat->state != NGX_COURT_SEAT_FLYING
               && now - (ngx_msec_t) seat->landed >= NGX_COURT_SEAT_KEEP);
}


/* the first of a key's set; keys are hashes */

static uint32_t
ngx_court_seat_set(ngx_court_flight_zone_t *zone, const u_char *key)
{
    uint64_t  hash;

    ngx_memcpy(&hash, key + 8, sizeof(uint64_t));

    return (uint32_t) (1 + hash % zone->head->nsets) * NGX_COURT_SEATS;
}


/*
 * The key's own seat wherever it stands, else a free one, else the one whose
 * result is oldest, else one whose owner is gone.
 */

static ngx_court_seat_t *
ngx_court_seat_find(ngx_court_flight_zone_t *zone, const u_char *key,
    ngx_msec_t now)
{
    ngx_uint_t         i;
    ngx_court_seat_t  *seat, *best;

    seat = &zone->seats[ngx_court_seat_set(zone, key)];
    best = NULL;

    for (i = 0; i < NGX_COURT_SEATS; i++, seat++) {

        if (seat->state != NGX_COURT_SEAT_FREE
            && ngx_memcmp(seat->key, key, NGX_COURT_FLIGHT_KEY) == 0)
        {
            return seat;
        }

        if (best == NULL && ngx_court_seat_old(seat, now)) {
            best = seat;
        }
    }

    if (best) {
        return best;
    }

    seat -= NGX_COURT_SEATS;

    for (i = 0; i < NGX_COURT_SEATS; i++, seat++) {
        if (seat->state == NGX_COURT_SEAT_FLYING
            && !ngx_court_seat_alive(seat, now))
        {
            return seat;
        }
    }

    return NULL;
}


ngx_int_t
ngx_court_seat_take(ngx_court_flight_zone_t *zone, const u_char *key,
    int64_t began, ngx_msec_t now, ngx_msec_t deadline, uint64_t bit,
    ngx_court_seat_ref_t *ref)
{
    ngx_uint_t         same;
    ngx_court_seat_t  *seat;

    ngx_memzero(ref, sizeof(ngx_court_seat_ref_t));

    if (ngx_court_flight_lock(zone) != NGX_OK) {
        return NGX_DECLINED;
    }

    seat = ngx_court_seat_find(zone, key, now);

    if (seat == NULL) {
        zone->head->full++;
        ngx_court_flight_unlock(zone);
        return NGX_DECLINED;
    }

    same = (seat->state != NGX_COURT_SEAT_FREE
            && ngx_memcmp(seat->key, key, NGX_COURT_FLIGHT_KEY) == 0);

    ref->index = (uint32_t) (seat - zone->seats);

    if (same && seat->state == NGX_COURT_SEAT_FLYING
        && ngx_court_seat_alive(seat, now))
    {
        seat->waiting |= bit;
        zone->head->waits++;

        ref->number = seat->number;
        ref->fetched = seat->fetched;

        ngx_court_flight_unlock(zone);
        return NGX_AGAIN;
    }

    /* who still waits for the last one finds what became of it */

    if (same && seat->state == NGX_COURT_SEAT_FLYING) {
        seat->state = NGX_COURT_SEAT_LOST;
        zone->head->taken++;
    }

    seat->last = same ? seat->number : 0;
    seat->last_state = same ? seat->state : NGX_COURT_SEAT_FREE;
    seat->waiting = same ? seat->waiting & ~bit : 0;

    ngx_memcpy(seat->key, key, NGX_COURT_FLIGHT_KEY);
    seat->pid = ngx_pid;
    seat->deadline = deadline;
    seat->fetched = began;
    seat->state = NGX_COURT_SEAT_FLYING;
    seat->number = ++zone->head->number;

    ref->number = seat->number;
    ref->fetched = began;

    ngx_court_flight_unlock(zone);

    return NGX_OK;
}


uint64_t
ngx_court_seat_finish(ngx_court_flight_zone_t *zone,
    const ngx_court_seat_ref_t *ref, ngx_court_seat_state_t state,
    ngx_msec_t now)
{
    uint64_t           bits;
    ngx_court_seat_t  *seat;

    /* not had: the deadline frees it */

    if (ref->index == 0 || ngx_court_flight_lock(zone) != NGX_OK) {
        return 0;
    }

    seat = &zone->seats[ref->index];
    bits = 0;

    if (seat->number == ref->number && seat->state == NGX_COURT_SEAT_FLYING) {
        bits = seat->waiting;

        seat->waiting = 0;
        seat->landed = now;
        seat->state = state;
    }

    ngx_court_flight_unlock(zone);

    return bits;
}


ngx_court_seat_state_t
ngx_court_seat_look(ngx_court_flight_zone_t *zone,
    const ngx_court_seat_ref_t *ref, ngx_msec_t now)
{
    ngx_court_seat_t        *seat;
    ngx_court_seat_state_t   state;

    seat = &zone->seats[ref->index];

    if (seat->number == ref->number && seat->state == NGX_COURT_SEAT_FLYING) {
        return ngx_court_seat_alive(seat, now) ? NGX_COURT_SEAT_FLYING
                                               : NGX_COURT_SEAT_LOST;
    }

    if (ngx_court_flight_lock(zone) != NGX_OK) {
        return NGX_COURT_SEAT_FLYING;
    }

    state = NGX_COURT_SEAT_LOST;

    if (seat->number == ref->number && seat->state != NGX_COURT_SEAT_FREE) {
        state = (ngx_court_seat_state_t) seat->state;

    } else if (seat->last == ref->number
               && seat->last_state != NGX_COURT_SEAT_FREE)
    {
        state = (ngx_court_seat_state_t) seat->last_state;
    }

    ngx_court_flight_unlock(zone);

    return state;
}


ngx_uint_t
ngx_court_seat_busy(ngx_court_flight_zone_t *zone, const u_char *key,
    ngx_msec_t now)
{
    ngx_uint_t         i;
    ngx_court_seat_t  *seat;

    seat = &zone->seats[ngx_court_seat_set(zone, key)];

    for (i = 0; i < NGX_COURT_SEATS; i++, seat++) {

        /* torn where it is being changed: then somebody is at it */

        if (!ngx_court_seat_old(seat, now)
            && ngx_memcmp(seat->key, key, NGX_COURT_FLIGHT_KEY) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_court_mark_t *
ngx_court_mark_of(ngx_court_flight_zone_t *zone, const u_char *key)
{
    uint64_t  hash;

    ngx_memcpy(&hash, key + 16, sizeof(uint64_t));

    return &zone->marks[hash & (zone->head->nmarks - 1)];
}


static void
ngx_court_mark_raise(volatile ngx_atomic_uint_t *word, ngx_atomic_uint_t n)
{
    ngx_atomic_uint_t  old;

    do {
        old = *word;

        if (old >= n) {
            return;
        }

    } while (!ngx_atomic_cmp_set((ngx_atomic_t *) word, old, n));
}


uint64_t
ngx_court_mark_sequence(ngx_court_flight_zone_t *zone)
{
    uint64_t  sequence;

    sequence = zone->head->sequence;
    ngx_memory_barrier();

    return sequence;
}


static void
ngx_court_mark_put(ngx_court_flight_zone_t *zone, ngx_court_mark_t *mark,
    int64_t time)
{
    ngx_atomic_uint_t   sequence;

    sequence = ngx_atomic_fetch_add((ngx_atomic_t *) &zone->head->sequence, 1)
               + 1;

    ngx_court_mark_raise(&mark->time, (ngx_atomic_uint_t) time);
    ngx_court_mark_raise(&mark->sequence, sequence);
    ngx_memory_barrier();
}


void
ngx_court_mark_set(ngx_court_flight_zone_t *zone, const u_char *key,
    int64_t now)
{
    ngx_court_mark_put(zone, ngx_court_mark_of(zone, key), now);
}


void
ngx_court_mark_all(ngx_court_flight_zone_t *zone, int64_t time)
{
    ngx_court_mark_put(zone, &zone->head->all, time);
}


ngx_uint_t
ngx_court_mark_after(ngx_court_flight_zone_t *zone, const u_char *key,
    uint64_t sequence)
{
    ngx_memory_barrier();

    return ngx_court_mark_of(zone, key)->sequence > sequence
           || zone->head->all.sequence > sequence;
}


int64_t
ngx_court_mark_time(ngx_court_flight_zone_t *zone, const u_char *key)
{
    return ngx_max((int64_t) ngx_court_mark_of(zone, key)->time,
                   (int64_t) zone->head->all.time);
}


ngx_court_flight_source_t *
ngx_court_flight_source(ngx_court_flight_zone_t *zone, const ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_court_flight_source_t  *source;

    if (name->len == 0 || name->len > NGX_COURT_FLIGHT_NAME) {
        return NULL;
    }

    for (i = 0; i < NGX_COURT_FLIGHT_SOURCES; i++) {
        source = &zone->head->sources[i];

        if (source->name_len == 0) {
            ngx_memcpy(source->name, name->data, name->len);
            ngx_memory_barrier();
            source->name_len = (uint32_t) name->len;
            return source;
        }

        if (source->name_len == name->len
            && ngx_memcmp(source->name, name->data, name->len) == 0)
        {
            return source;
        }
    }

    return NULL;
}


void
ngx_court_flight_stats(ngx_court_flight_zone_t *zone,
    ngx_court_flight_stats_t *stats)
{
    ngx_uint_t  i, n;

    n = zone->head->nsets * NGX_COURT_SEATS;

    stats->seats = n;
    stats->flying = 0;
    stats->waits = zone->head->waits;
    stats->taken = zone->head->taken;
    stats->full = zone->head->full;
    stats->resets = zone->head->resets;

    for (i = NGX_COURT_SEATS; i < n + NGX_COURT_SEATS; i++) {
        stats->flying += (zone->seats[i].state == NGX_COURT_SEAT_FLYING);
    }
}
