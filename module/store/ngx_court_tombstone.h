/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is revoked, in shared memory: 32-byte keys with an end.  Nothing is
 * evicted: a full zone refuses the next one and says so, for good, in
 * counts.full.
 *
 * An entry is written whole before the one store that links it, and leaves by
 * one store that ends it: whoever dies inside loses nobody's revocation, at
 * worst a free slot.  The sequence moves after each change; who remembers the
 * one at which he looked, has nothing to look up while it is equal.
 *
 * A key has two ends: the one that was set on this machine, and the one that
 * the stream of events says (ngx_court_feed.h).  Neither undoes the other.
 *
 * Lock rule: as ngx_court_zone.h; the sequence, the count of a kind and the
 * words of the feed are read without.
 */

#ifndef _NGX_COURT_TOMBSTONE_H_INCLUDED_
#define _NGX_COURT_TOMBSTONE_H_INCLUDED_

#include "ngx_court_base.h"
#include "ngx_court_crypto.h"


#define NGX_COURT_TOMBSTONE_KEY    NGX_COURT_SHA256_LEN
#define NGX_COURT_TOMBSTONE_EVER   0x7fffffffffffffffll
#define NGX_COURT_TOMBSTONE_FEED   512

typedef struct ngx_court_tombstones_s  ngx_court_tombstones_t;

typedef enum {
    NGX_COURT_TOMBSTONE_SUBJECT = 0,    /* issuer, or "" for any; sub */
    NGX_COURT_TOMBSTONE_TOKEN,          /* issuer; jti */
    NGX_COURT_TOMBSTONE_HASH,           /* ""; SHA-256 of header.payload */
    NGX_COURT_TOMBSTONE_ISSUER_KEY,     /* issuer; kid */
    NGX_COURT_TOMBSTONE_COURT,          /* ""; the court's code */
    NGX_COURT_TOMBSTONE_KINDS
} ngx_court_tombstone_kind_t;

typedef enum {
    NGX_COURT_TOMBSTONE_LOCAL = 0,
    NGX_COURT_TOMBSTONE_EVENTS,
    NGX_COURT_TOMBSTONE_ORIGINS
} ngx_court_tombstone_origin_t;

typedef struct {
    u_char                      key[NGX_COURT_TOMBSTONE_KEY];
    ngx_court_tombstone_kind_t  kind;
    ngx_court_tombstone_origin_t  origin;
    int64_t                     until;   /* s since 1970, exclusive */
    int64_t                     added;
} ngx_court_tombstone_t;

typedef struct {
    uint64_t                    sequence;
    uint64_t                    full;    /* refused for want of room */
    ngx_uint_t                  slots;
    ngx_uint_t                  used;
    time_t                      birth;
} ngx_court_tombstone_stats_t;


/* at configuration time; as ngx_court_zone_add() */
ngx_court_tombstones_t *ngx_court_tombstones_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, void *tag);

/* NGX_ERROR: no digest */
ngx_int_t ngx_court_tombstone_key(ngx_court_tombstone_kind_t kind,
    const ngx_str_t *issuer, const ngx_str_t *what,
    u_char key[NGX_COURT_TOMBSTONE_KEY]);

/*
 * NGX_OK, also where it stood already: the later end of an origin holds.
 * NGX_DECLINED: full, nothing was revoked.  NGX_BUSY: no lock, neither.
 */
ngx_int_t ngx_court_tombstone_put(ngx_court_tombstones_t *ts,
    const ngx_court_tombstone_t *stone);

/* NGX_OK; NGX_DECLINED: that origin had none there; NGX_BUSY */
ngx_int_t ngx_court_tombstone_undo(ngx_court_tombstones_t *ts,
    const u_char *key, ngx_court_tombstone_origin_t origin, time_t now);

/*
 * A snapshot of the stream: begin, a put for each of its entries, and end,
 * by which all others that the stream once said are gone.  NGX_BUSY.
 */
ngx_int_t ngx_court_tombstone_snapshot_begin(ngx_court_tombstones_t *ts);
ngx_int_t ngx_court_tombstone_snapshot_end(ngx_court_tombstones_t *ts);

/*
 * n keys, one after the other.  NGX_OK: none is revoked; NGX_DECLINED: *which
 * one is; NGX_BUSY: not known, which is never a "none".
 */
ngx_int_t ngx_court_tombstone_check(ngx_court_tombstones_t *ts,
    const u_char *keys, ngx_uint_t n, time_t now, ngx_uint_t *which);

/* taken before the check whose answer is to be remembered */
uint64_t ngx_court_tombstone_sequence(ngx_court_tombstones_t *ts);

/* how many of a kind stand, ended ones included; without the lock */
ngx_uint_t ngx_court_tombstone_count(ngx_court_tombstones_t *ts,
    ngx_court_tombstone_kind_t kind);

/*
 * Those that stand, from *from on (0 at first), at most cap, which is 64 or
 * more; *from moves, 0: no more.  One that has both ends is told twice.  How
 * many, or NGX_BUSY.
 */
ngx_int_t ngx_court_tombstone_list(ngx_court_tombstones_t *ts, uint32_t *from,
    ngx_court_tombstone_t *stones, ngx_uint_t cap, time_t now);

/* NGX_COURT_TOMBSTONE_FEED bytes for words of the feed, zero at birth */
void *ngx_court_tombstone_feed(ngx_court_tombstones_t *ts);
/* the zone is new: this process is the first to see it; asked once */
ngx_uint_t ngx_court_tombstone_born(ngx_court_tombstones_t *ts);

/* NGX_BUSY: nothing is told */
ngx_int_t ngx_court_tombstone_stats(ngx_court_tombstones_t *ts,
    ngx_court_tombstone_stats_t *stats);


#endif /* _NGX_COURT_TOMBSTONE_H_INCLUDED_ */
