/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool events: the authority's publisher, and who looks at what stands
 * in Redis.  One process, one thread, one Redis; the pure part is
 * ngx_court_event.h.
 *
 * A request is accepted when the journal has it on disk.  It is published
 * when Redis took it under the next number.  What the state directory holds:
 *
 *   state    the last snapshot, as it stands in Redis: its head, then each
 *            part in base64url, one a line; replaced by rename
 *   journal  what was accepted since then, one request a line, sealed
 *   lock     of the one publisher that works on the directory
 *
 * After a crash each request of the journal is looked for in the stream, by
 * its id, and published where it is not there.
 */

#ifndef _NGX_COURT_TOOL_EVENTS_H_INCLUDED_
#define _NGX_COURT_TOOL_EVENTS_H_INCLUDED_

#include "ngx_court_tool_redis.h"
#include "ngx_court_event.h"


#define NGX_COURT_EVENTS_BEAT      1000      /* ms */
#define NGX_COURT_EVENTS_STANDBY   3000      /* ms since another's beat */
#define NGX_COURT_EVENTS_BATCH     64        /* entries of one XRANGE */
#define NGX_COURT_EVENTS_PENDING   10000
#define NGX_COURT_EVENTS_RECENT    1024      /* ids remembered */


typedef struct {
    const char                *redis;
    const char                *redis_user;
    const char                *redis_password_file;
    const char                *redis_database;
    const char                *prefix;
    const char                *key;
    const char                *keys;
    const char                *seal_keys;
    const char                *state;
    const char                *socket;
    const char                *snapshot;
    const char                *keep;

    int64_t                    snapshot_s;
    ngx_uint_t                 keep_n;
} ngx_court_events_conf_t;

/* what is asked for, or denied: with a pool of its own, for its strings */
typedef struct ngx_court_events_item_s  ngx_court_events_item_t;
struct ngx_court_events_item_s {
    ngx_court_events_item_t   *next;
    ngx_pool_t                *pool;
    ngx_court_event_t          ev;        /* kind, id, target, until */
    int64_t                    at;        /* s; of what is denied */
};

typedef struct {
    ngx_court_events_item_t   *first;
    ngx_court_events_item_t  **last;
    ngx_uint_t                 n;
} ngx_court_events_list_t;

typedef struct {
    char                       id[NGX_COURT_EVENT_ID + 1];
    uint64_t                   seq;
    int64_t                    time;
} ngx_court_events_recent_t;

typedef struct {
    ngx_pool_t                *pool;
    ngx_log_t                 *log;
    ngx_court_events_conf_t    conf;
    ngx_court_event_keys_t    *keys;
    ngx_court_ring_t          *ring;
    ngx_court_key_t           *key;       /* NULL: who only looks */
    ngx_court_tool_redis_t     redis;
    ngx_str_t                  stream;    /* names of keys */
    ngx_str_t                  deny;

    ngx_court_event_chain_t    chain;
    ngx_court_events_list_t    denied;
    ngx_court_events_list_t    pending;   /* accepted, in the journal */
    ngx_court_events_recent_t  recent[NGX_COURT_EVENTS_RECENT];
    ngx_uint_t                 nrecent;

    int                        journal;
    int                        lock;

    u_char                     tried[NGX_COURT_SHA256_LEN];  /* sent last */
    u_char                     head_hash[NGX_COURT_SHA256_LEN];
    int64_t                    head_at;   /* ms, our clock; 0: none yet */
    uint64_t                   head_seq;
    ngx_uint_t                 nparts;
    int64_t                    own_beat;  /* ms, our clock */
    int64_t                    other_beat;
    int64_t                    xlen;      /* -1: not known */

    uint64_t                   published;
    uint64_t                   conflicts;
    uint64_t                   leaps;

    unsigned                   synced:1;  /* the stream's top is ours */
    unsigned                   changed:1; /* denied differs from the head */
    unsigned                   fresh:1;   /* the stream may have to be made */
    unsigned                   begun:1;   /* beats that come from now on are
                                           * another's, not our own of before */
} ngx_court_events_t;


/* ms since 1970 */
int64_t ngx_court_events_now(void);

/* a line on standard error; never of whom an event is */
void ngx_court_events_say(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* ,"name":"s" where s is not empty */
void ngx_court_events_json(FILE *out, const char *name, const ngx_str_t *s);

/*
 * _events_conf.c: "name = value", by lines.  An exit code, said what for.
 * publish: what a publisher needs besides must be there.
 */
int ngx_court_events_configure(ngx_court_events_t *p, const char *file,
    ngx_uint_t publish);

/* _events_list.c: what is denied, what is pending */
void ngx_court_events_list_init(ngx_court_events_list_t *list);
void ngx_court_events_list_clear(ngx_court_events_list_t *list);
/* a copy of ev's kind, id, target, until */
ngx_int_t ngx_court_events_push(ngx_court_events_list_t *list,
    const ngx_court_event_t *ev, int64_t at, ngx_log_t *log);
void ngx_court_events_drop_id(ngx_court_events_list_t *list,
    const ngx_str_t *id);
const ngx_court_events_item_t *ngx_court_events_find(
    const ngx_court_events_list_t *list, const ngx_str_t *id);
/* an entry of the stream: what is denied from now on, what no more pending */
ngx_int_t ngx_court_events_apply(ngx_court_events_t *p,
    const ngx_court_event_t *ev);
/* published or pending under this id; NULL: new */
const ngx_court_events_recent_t *ngx_court_events_known(ngx_court_events_t *p,
    const ngx_str_t *id);

/* _events_state.c: the directory.  Exit codes for what stops a start */
int ngx_court_events_load(ngx_court_events_t *p);
/* head and parts as they were written to Redis; the journal begins anew */
ngx_int_t ngx_court_events_save(ngx_court_events_t *p, const ngx_str_t *head,
    const ngx_str_t *parts, ngx_uint_t n);
/* durable when it returns NGX_OK, and pending */
ngx_int_t ngx_court_events_accept(ngx_court_events_t *p,
    const ngx_court_event_t *ev);

/* _events_request.c: JSON of a request, both ways */
ngx_int_t ngx_court_events_request_read(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_court_event_t *ev);
ngx_int_t ngx_court_events_request_write(ngx_pool_t *pool,
    const ngx_court_event_t *ev, ngx_str_t *text);

/*
 * _events_redis.c: what stands in Redis.  NGX_OK; NGX_DECLINED: not there, or
 * not what may be believed, *why says; NGX_ERROR: no answer.
 */
typedef struct {
    uint64_t                   seq;       /* 0: the id is none of ours */
    ngx_str_t                  e;
} ngx_court_events_entry_t;

/* last: the newest alone; else from seq on, at most NGX_COURT_EVENTS_BATCH;
 * entries with strings of pool */
ngx_int_t ngx_court_events_range(ngx_court_events_t *p, ngx_pool_t *pool,
    uint64_t seq, ngx_uint_t last, ngx_array_t *entries);
/* the head's bytes */
ngx_int_t ngx_court_events_head_get(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_str_t *text);
/* head and all parts, verified; denied: ngx_court_event_denied_t */
ngx_int_t ngx_court_events_snapshot(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_court_event_head_t *head, ngx_array_t *denied, const char **why);
/* entries from the chain's on to the end, applied */
ngx_int_t ngx_court_events_absorb(ngx_court_events_t *p, const char **why);

/* _events_publish.c.  NGX_ERROR: later, once Redis answers */
ngx_int_t ngx_court_events_sync(ngx_court_events_t *p);
ngx_int_t ngx_court_events_publish(ngx_court_events_t *p,
    ngx_court_event_t *ev);
ngx_int_t ngx_court_events_head(ngx_court_events_t *p);
/* all that is due by now */
void ngx_court_events_tick(ngx_court_events_t *p);

/* _events_serve.c: the socket; an exit code */
int ngx_court_events_serve(ngx_court_events_t *p);
ngx_uint_t ngx_court_events_standby(const ngx_court_events_t *p);

/* _events_look.c: verbs; exit codes */
int ngx_court_events_verify(ngx_court_events_t *p, ngx_uint_t json);
int ngx_court_events_tail(ngx_court_events_t *p, ngx_uint_t n,
    ngx_uint_t follow, ngx_uint_t json);
int ngx_court_events_show(ngx_court_events_t *p, ngx_uint_t json);


#endif /* _NGX_COURT_TOOL_EVENTS_H_INCLUDED_ */
