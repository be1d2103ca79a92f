/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The zone "flight": which worker fetches what, so that the others wait for
 * it; what was declared invalid, and when; and what workers know together
 * about each source.
 *
 * A seat is a fetch under way, or what became of it a moment ago.  Seats
 * stand in sets of NGX_COURT_SEATS by the key's hash; where a set is full
 * the worker fetches for itself.  Times are ms of ngx_current_msec, which is
 * the same clock for all processes of a machine, but for "fetched", which is
 * ms since 1970 as in an entry.
 *
 * Lock rule: shpool->mutex guards the seats; tried for some ms, never waited
 * for without end.  Who finds the dirty mark set frees all seats: those who
 * waited look again, and one of them fetches.  Marks and sources are words of
 * their own, without lock.
 */

#ifndef _NGX_COURT_FLIGHT_ZONE_H_INCLUDED_
#define _NGX_COURT_FLIGHT_ZONE_H_INCLUDED_

#include "ngx_court_base.h"
#include "ngx_court_breaker.h"


#define NGX_COURT_FLIGHT_LAYOUT   2
#define NGX_COURT_FLIGHT_KEY      32
#define NGX_COURT_FLIGHT_SOURCES  64         /* names ever seen */
#define NGX_COURT_SEATS           8          /* of a set */
#define NGX_COURT_SEAT_KEEP       1000       /* ms: a result is remembered */
#define NGX_COURT_FLIGHT_NAME     64
#define NGX_COURT_EXTENSIONS      32         /* at a time */

typedef enum {
    NGX_COURT_SEAT_FREE = 0,
    NGX_COURT_SEAT_FLYING,
    NGX_COURT_SEAT_LANDED,               /* look into the zones */
    NGX_COURT_SEAT_FAILED,               /* nobody knows, for now */
    NGX_COURT_SEAT_LOST                  /* nobody tried: fetch yourself */
} ngx_court_seat_state_t;

/* what a worker knows about a seat: his own, or whose end he waits for */
typedef struct {
    uint32_t                   index;    /* 0: none */
    uint64_t                   number;   /* of the fetch: never twice */
    int64_t                    fetched;  /* when it began */
} ngx_court_seat_ref_t;

/* shared by all workers, by the name of the fact */
typedef struct {
    uint32_t                   name_len;         /* 0: free */
    u_char                     name[NGX_COURT_FLIGHT_NAME];
    ngx_court_breaker_t        breaker;
} ngx_court_flight_source_t;

/* ngx_court_flight_extend.h */
typedef struct {
    volatile uint64_t          until;            /* ms since 1970; 0: free */
    uint64_t                   since;
    uint64_t                   bound;            /* ms */
    volatile ngx_atomic_uint_t  told;            /* its end was recorded */
    uint32_t                   fact_len;
    uint32_t                   court_len;        /* 0: all courts */
    u_char                     fact[NGX_COURT_FLIGHT_NAME];
    u_char                     court[NGX_COURT_FLIGHT_NAME];
} ngx_court_extension_t;

typedef struct ngx_court_flight_zone_s  ngx_court_flight_zone_t;


/* at configuration time; NULL with an emerg log */
ngx_court_flight_zone_t *ngx_court_flight_zone_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, void *tag);


/*
 * One wants to fetch: began is when (ms since 1970), bit the place of this
 * worker among those to be woken.  NGX_OK: do so, and finish follows;
 * NGX_AGAIN: another worker does, ref says which fetch; NGX_DECLINED: no seat
 * or no lock, fetch for yourself.
 */
ngx_int_t ngx_court_seat_take(ngx_court_flight_zone_t *zone,
    const u_char *key, int64_t began, ngx_msec_t now, ngx_msec_t deadline,
    uint64_t bit, ngx_court_seat_ref_t *ref);

/* mine has ended; bits of those who wait.  Nothing where it is mine no more */
uint64_t ngx_court_seat_finish(ngx_court_flight_zone_t *zone,
    const ngx_court_seat_ref_t *ref, ngx_court_seat_state_t state,
    ngx_msec_t now);

/* what became of the fetch that ref says; without lock while it is flying.
 * LOST also where its owner is dead or late. */
ngx_court_seat_state_t ngx_court_seat_look(ngx_court_flight_zone_t *zone,
    const ngx_court_seat_ref_t *ref, ngx_msec_t now);

/* is somebody fetching it, or did he a moment ago?  For who need not */
ngx_uint_t ngx_court_seat_busy(ngx_court_flight_zone_t *zone,
    const u_char *key, ngx_msec_t now);


/*
 * Invalidations.  Each raises one sequence; a mark says the newest that hit
 * keys of one hash.  Whatever began under a lower sequence is older than it:
 * a collision costs one answer its place in the cache.
 */
uint64_t ngx_court_mark_sequence(ngx_court_flight_zone_t *zone);
void ngx_court_mark_set(ngx_court_flight_zone_t *zone, const u_char *key,
    int64_t now);
/* the same for all keys: what was fetched up to that time, ms since 1970, no
 * longer serves; of this machine's own, what was fetched up to now */
void ngx_court_mark_all(ngx_court_flight_zone_t *zone, int64_t time);
/* was it invalidated after sequence was read? */
ngx_uint_t ngx_court_mark_after(ngx_court_flight_zone_t *zone,
    const u_char *key, uint64_t sequence);
/* ms since 1970, 0: never; for what came from another machine */
int64_t ngx_court_mark_time(ngx_court_flight_zone_t *zone,
    const u_char *key);


/* made where there is none; by the master alone, before workers start.  NULL:
 * no room, or the name is too long: then nothing is shared */
ngx_court_flight_source_t *ngx_court_flight_source(
    ngx_court_flight_zone_t *zone, const ngx_str_t *name);

/* NGX_COURT_EXTENSIONS of them, and the lock that guards changes: NGX_BUSY */
ngx_court_extension_t *ngx_court_flight_extensions(
    ngx_court_flight_zone_t *zone);
ngx_int_t ngx_court_flight_lock(ngx_court_flight_zone_t *zone);
void ngx_court_flight_unlock(ngx_court_flight_zone_t *zone);


typedef struct {
    ngx_uint_t                 seats;
    ngx_uint_t                 flying;
    ngx_uint_t                 waits;    /* since birth: for another worker */
    ngx_uint_t                 taken;    /* over from a dead or late one */
    ngx_uint_t                 full;
    ngx_uint_t                 resets;
} ngx_court_flight_stats_t;

void ngx_court_flight_stats(ngx_court_flight_zone_t *zone,
    ngx_court_flight_stats_t *stats);


#endif /* _NGX_COURT_FLIGHT_ZONE_H_INCLUDED_ */
