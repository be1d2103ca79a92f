/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The stream of events that authorities sign (ngx_court_event.h), as this
 * machine follows it.  One worker reads, with a lease; all others see what it
 * found in words of the zone "tombstones": is a snapshot applied, and when
 * did the authority beat last.  Who finds no beat that is young enough is
 * blind: by the clock alone, whoever has died.
 *
 * What an event says is applied before the chain moves; whoever takes the
 * lease over goes on where the chain stands, and applies twice what is the
 * same applied twice.
 *
 * Lock rule: the words are the leader's to write, who looks before each
 * reply whether he still is it; anybody reads them.
 */

#ifndef _NGX_COURT_FEED_H_INCLUDED_
#define _NGX_COURT_FEED_H_INCLUDED_

#include "ngx_court_event.h"
#include "ngx_court_tier.h"
#include "ngx_court_tombstone.h"


#define NGX_COURT_FEED_TICK     250          /* ms: who leads, is he alive */
#define NGX_COURT_FEED_LEASE    1500         /* ms without a sign of life */
#define NGX_COURT_FEED_BLOCK    1000         /* ms that XREAD waits */
#define NGX_COURT_FEED_COUNT    16           /* entries verified in a turn */
#define NGX_COURT_FEED_AGAIN    200          /* ms between attempts */


/* in the zone; survives reloads and workers */
typedef struct {
    u_char                     conf[NGX_COURT_SHA256_LEN];  /* whose it is */
    ngx_court_event_chain_t    chain;
    ngx_atomic_t               torn;         /* the chain is being written */

    /* what is looked at without being the leader */
    ngx_atomic_t               synced;
    ngx_atomic_t               beat;         /* ms since 1970 */
    ngx_atomic_t               leader;       /* pid; 0: none */
    ngx_atomic_t               lease;        /* ms, ngx_current_msec */
    ngx_atomic_t               epoch;        /* snapshots applied */
    ngx_atomic_t               seq;
    ngx_atomic_t               doubt;        /* the last verdict that was no
                                              * OK; 0: none since */
    ngx_atomic_t               verdicts[NGX_COURT_EVENT_VERDICTS];
    ngx_atomic_t               kinds[NGX_COURT_EVENT_KINDS];
    ngx_atomic_t               denied;       /* entries of the snapshot */
    ngx_atomic_t               full;         /* the zone had no room */
    ngx_atomic_t               down;         /* Redis did not answer */
} ngx_court_feed_share_t;


typedef struct ngx_court_feed_s  ngx_court_feed_t;

struct ngx_court_feed_s {
    /* configuration */
    ngx_court_redis_t         *redis;
    ngx_court_event_keys_t    *keys;
    ngx_msec_t                 max_silence;
    ngx_court_tombstones_t    *tombstones;
    ngx_court_tiers_t         *tiers;        /* its ring opens events */
    ngx_array_t               *sources;      /* ngx_court_source_t * */
    u_char                     conf[NGX_COURT_SHA256_LEN];
    ngx_str_t                  events;       /* names of keys in Redis */
    ngx_str_t                  deny;
    void                     (*told)(void *data, const char *verb,
                                   const ngx_str_t *what);   /* of acts */
    void                      *data;

    /* worker state */
    ngx_court_feed_share_t    *share;
    ngx_event_t                timer;        /* the tick; cancelable */
    ngx_event_t                again;        /* the next attempt */
    ngx_connection_t           dummy;        /* for debug logs of timers */
    ngx_log_t                 *log;
    ngx_court_event_chain_t    chain;        /* of this turn */
    ngx_pool_t                *pool;         /* of a snapshot under way */
    ngx_court_event_head_t     head;
    ngx_uint_t                 part;         /* the next one */
    uint64_t                   entries;      /* so far */
    unsigned                   started:1;
    unsigned                   leading:1;
    unsigned                   busy:1;       /* a command is under way */
    unsigned                   quiet:1;      /* redis is down: was logged */
    unsigned                   waiting:1;    /* no snapshot: was logged */
};


/* init_module; before workers start, behind the zone's init */
ngx_int_t ngx_court_feed_init(ngx_court_feed_t *feed);
/* init_process, exit_process */
ngx_int_t ngx_court_feed_start(ngx_court_feed_t *feed, ngx_cycle_t *cycle);
void ngx_court_feed_stop(ngx_court_feed_t *feed);

/* nobody knows what was revoked since: without lock */
ngx_uint_t ngx_court_feed_blind(const ngx_court_feed_t *feed);

/* ms since the newest beat by the authority's clock; -1: there was none */
int64_t ngx_court_feed_silence(const ngx_court_feed_t *feed);


/* shared by the files of the feed; next: begins the next command, or later */
void ngx_court_feed_next(ngx_court_feed_t *feed);
void ngx_court_feed_later(ngx_court_feed_t *feed);
/* a reply has come: is it still ours?  NGX_DECLINED */
ngx_int_t ngx_court_feed_came(ngx_court_feed_t *feed,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply);
void ngx_court_feed_verdict(ngx_court_feed_t *feed,
    ngx_court_event_verdict_t verdict, const char *why, uint64_t seq);
void ngx_court_feed_publish(ngx_court_feed_t *feed);
/* ms since 1970 */
int64_t ngx_court_feed_now(void);
/* NGX_OK, NGX_DECLINED: of no meaning here; NGX_ERROR: not now */
ngx_int_t ngx_court_feed_deny(ngx_court_feed_t *feed,
    const ngx_court_event_target_t *target, int64_t until, int64_t at);
ngx_int_t ngx_court_feed_apply(ngx_court_feed_t *feed,
    const ngx_court_event_t *ev);

/* ngx_court_feed_head.c: the snapshot; ngx_court_feed_read.c: the stream */
void ngx_court_feed_head_begin(ngx_court_feed_t *feed);
void ngx_court_feed_read_begin(ngx_court_feed_t *feed);


#endif /* _NGX_COURT_FEED_H_INCLUDED_ */
