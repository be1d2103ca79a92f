/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What ngx_court_redis.c (commands, deadlines, replies) and
 * ngx_court_redis_state.c (greeting, up, down, again) share.
 */

#ifndef _NGX_COURT_REDIS_STATE_H_INCLUDED_
#define _NGX_COURT_REDIS_STATE_H_INCLUDED_

#include "ngx_court_redis.h"
#include "ngx_court_redis_conn.h"
#include "ngx_court_redis_backoff.h"
#include "ngx_court_state.h"


#define NGX_COURT_REDIS_INFLIGHT   1024   /* commands, a power of two */
#define NGX_COURT_REDIS_HEAD_AGE   250    /* ms: then the connection is shut */
#define NGX_COURT_REDIS_ERROR_LOG  10000  /* ms between lines on errors */


typedef enum {
    NGX_COURT_REDIS_S_STOPPED = 0,
    NGX_COURT_REDIS_S_WAITING,            /* for the reconnect timer */
    NGX_COURT_REDIS_S_GREETING,           /* connect, AUTH, SELECT, PING */
    NGX_COURT_REDIS_S_UP
} ngx_court_redis_state_t;

typedef enum {
    NGX_COURT_REDIS_C_GET = 0,
    NGX_COURT_REDIS_C_WRITE               /* SET, DEL */
} ngx_court_redis_kind_t;

typedef enum {
    NGX_COURT_REDIS_H_AUTH = 0,
    NGX_COURT_REDIS_H_SELECT,
    NGX_COURT_REDIS_H_PING,
    NGX_COURT_REDIS_H_MAX
} ngx_court_redis_hello_t;


typedef struct {
    ngx_court_redis_pt         handler;
    void                      *ctx;
    ngx_msec_t                 start;
    ngx_court_redis_kind_t     kind;
} ngx_court_redis_command_t;


/*
 * Commands wait for replies in order.  All have the same time limit, so the
 * dead ones (told DOWN, reply still to come) are always the first ndead.
 */
struct ngx_court_redis_s {
    ngx_court_redis_conf_t     conf;
    ngx_court_redis_conn_t     conn;
    ngx_court_redis_state_t    state;
    ngx_court_redis_command_t *ring;
    ngx_uint_t                 head;
    ngx_uint_t                 count;
    ngx_uint_t                 ndead;

    ngx_court_redis_hello_t    hello[NGX_COURT_REDIS_H_MAX];
    ngx_uint_t                 nhello;
    ngx_uint_t                 hello_next;

    ngx_event_t                deadline;  /* of commands */
    ngx_event_t                connect;   /* greeting too long, or: again */
    ngx_court_redis_backoff_t  backoff;
    ngx_msec_t                 up_since;
    ngx_msec_t                 error_logged;
    ngx_court_redis_stats_t    stats;
    ngx_uint_t                 metric;    /* name in the zone "state" */
    unsigned                   broken:1;  /* since a failure: queue nothing */
    unsigned                   error_seen:1;
};


/* what is counted about it, in this worker's line */
#define ngx_court_redis_line(redis)                                           \
    (&ngx_court_state_line->redis[(redis)->metric])
#define ngx_court_redis_ended(redis, how)                                     \
    ngx_court_count(&ngx_court_redis_line(redis)                              \
                        ->commands[NGX_COURT_STATE_R_##how])

void ngx_court_redis_is_up(ngx_court_redis_t *redis, ngx_uint_t up);
void ngx_court_redis_connect_event(ngx_event_t *ev);
void ngx_court_redis_connect(ngx_court_redis_t *redis);
ngx_int_t ngx_court_redis_greeted(ngx_court_redis_t *redis,
    const ngx_court_redis_reply_t *reply, const char **why);
void ngx_court_redis_closed(ngx_court_redis_conn_t *conn,
    const char *why, ngx_uint_t eof);
void ngx_court_redis_error(ngx_court_redis_t *redis,
    const ngx_str_t *error);
void ngx_court_redis_fail(ngx_court_redis_t *redis, const char *why);
void ngx_court_redis_drain(ngx_court_redis_t *redis);


#endif /* _NGX_COURT_REDIS_STATE_H_INCLUDED_ */
