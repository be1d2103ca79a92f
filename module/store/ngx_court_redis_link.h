/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A link: one connection to one Redis server, with the commands that wait on
 * it.  It greets (AUTH, SELECT, READONLY, ROLE, policy of eviction, PING),
 * keeps deadlines, and says when it is up or down.  Which links there are and
 * what goes over which is the business of the topology.
 */

#ifndef _NGX_COURT_REDIS_LINK_H_INCLUDED_
#define _NGX_COURT_REDIS_LINK_H_INCLUDED_

#include "ngx_court_redis_conn.h"
#include "ngx_court_redis_backoff.h"
#include "ngx_court_redis_name.h"
#include "ngx_court_redis_share.h"


#define NGX_COURT_REDIS_INFLIGHT   1024   /* commands on a link */
#define NGX_COURT_REDIS_HEAD_AGE   250    /* ms: then the connection is shut */
#define NGX_COURT_REDIS_ERROR_LOG  10000  /* ms between lines on errors */
#define NGX_COURT_REDIS_TRIAL      100    /* ms between commands that try a
                                           * server that others found hung */


typedef enum {
    NGX_COURT_REDIS_S_STOPPED = 0,
    NGX_COURT_REDIS_S_WAITING,            /* for the reconnect timer */
    NGX_COURT_REDIS_S_GREETING,           /* name, connect, TLS, AUTH ... */
    NGX_COURT_REDIS_S_UP
} ngx_court_redis_state_t;

typedef enum {
    NGX_COURT_REDIS_H_AUTH = 0,
    NGX_COURT_REDIS_H_SELECT,
    NGX_COURT_REDIS_H_READONLY,
    NGX_COURT_REDIS_H_ROLE,
    NGX_COURT_REDIS_H_CONFIG,
    NGX_COURT_REDIS_H_INFO,
    NGX_COURT_REDIS_H_PING,
    NGX_COURT_REDIS_H_MAX
} ngx_court_redis_hello_t;

/* what the server must say it is */
typedef enum {
    NGX_COURT_REDIS_ROLE_ANY = 0,
    NGX_COURT_REDIS_ROLE_MASTER,
    NGX_COURT_REDIS_ROLE_REPLICA
} ngx_court_redis_role_t;

typedef enum {
    NGX_COURT_REDIS_E_REPLY = 0,
    NGX_COURT_REDIS_E_LATE,               /* its deadline is over */
    NGX_COURT_REDIS_E_DOWN                /* the connection is gone */
} ngx_court_redis_end_t;

typedef struct ngx_court_redis_link_s  ngx_court_redis_link_t;

/*
 * Called exactly once for a command that was taken.  NGX_OK; NGX_ERROR: no
 * reply to this command, the connection can't be trusted; NGX_ABORT: no longer
 * the server that it was; NGX_DECLINED: we are refused as a user, don't come
 * again soon.
 */
typedef ngx_int_t (*ngx_court_redis_link_pt)(void *ctx,
    ngx_court_redis_link_t *link, ngx_court_redis_end_t end,
    const ngx_court_redis_reply_t *reply);

typedef struct {
    ngx_court_redis_link_pt    handler;   /* NULL: its reply is dropped */
    void                      *ctx;
    ngx_msec_t                 start;
    ngx_msec_t                 timeout;
    unsigned                   dead:1;    /* told LATE, reply to come */
} ngx_court_redis_command_t;

struct ngx_court_redis_link_s {
    /* settings, by the owner before open */
    ngx_court_redis_addr_t     addr;
    const ngx_str_t           *name;      /* of the court_redis, for logs */
    const ngx_str_t           *user;
    const ngx_str_t           *password;
    ngx_uint_t                 database;
    ngx_msec_t                 connect_timeout;
    ngx_court_redis_role_t     role;
    ngx_log_t                 *log;
    ngx_court_redis_share_t   *share;     /* NULL: nothing is shared */
    ngx_uint_t                 metric;    /* name in the zone "state" */
    void                      *data;
    void                     (*up)(ngx_court_redis_link_t *link);
    void                     (*down)(ngx_court_redis_link_t *link,
                                   const char *why);
    unsigned                   readonly:1;     /* a replica in a cluster */
    unsigned                   keep:1;    /* connects again by itself */
    unsigned                   ask_policy:1;   /* of eviction */

    /* its own */
    ngx_court_redis_conn_t     conn;
    ngx_court_redis_resolve_t  resolve;
    ngx_court_redis_state_t    state;
    ngx_court_redis_command_t *ring;
    ngx_uint_t                 size;      /* of ring */
    ngx_uint_t                 head;
    ngx_uint_t                 count;

    ngx_court_redis_hello_t    hello[NGX_COURT_REDIS_H_MAX];
    ngx_uint_t                 nhello;
    ngx_uint_t                 hello_next;

    ngx_event_t                deadline;  /* of commands */
    ngx_event_t                connect;   /* greeting too long, or: again */
    ngx_court_redis_backoff_t  backoff;
    ngx_msec_t                 up_since;
    ngx_msec_t                 error_logged;
    ngx_msec_t                 trial;
    unsigned                   broken:1;  /* since a failure: queue nothing */
    unsigned                   error_seen:1;
    unsigned                   noeviction:1;   /* it said so */
};


/* NULL: no memory.  size: commands in flight */
ngx_court_redis_link_t *ngx_court_redis_link_create(ngx_log_t *log,
    ngx_uint_t size);
/* no callback of up or down; what waits is told DOWN; not from a callback */
void ngx_court_redis_link_free(ngx_court_redis_link_t *link);

/* begins to connect; down() may come before it returns */
void ngx_court_redis_link_open(ngx_court_redis_link_t *link);
void ngx_court_redis_link_close(ngx_court_redis_link_t *link);
/* as if the server had closed it */
void ngx_court_redis_link_fail(ngx_court_redis_link_t *link,
    const char *why);

/* NGX_OK: taken; NGX_DECLINED: not connected, full, hung for others */
ngx_int_t ngx_court_redis_link_send(ngx_court_redis_link_t *link,
    const ngx_str_t *argv, ngx_uint_t argc, ngx_msec_t timeout,
    ngx_court_redis_link_pt handler, void *ctx);

/* logs its code, at most each 10 s */
void ngx_court_redis_link_error(ngx_court_redis_link_t *link,
    const ngx_str_t *error);


/* between the two files of it */
void ngx_court_redis_link_connect(ngx_event_t *ev);
ngx_int_t ngx_court_redis_link_greeted(ngx_court_redis_link_t *link,
    const ngx_court_redis_reply_t *reply, const char **why);
void ngx_court_redis_link_closed(ngx_court_redis_conn_t *conn,
    const char *why, ngx_uint_t eof);
void ngx_court_redis_link_drain(ngx_court_redis_link_t *link);

#define ngx_court_redis_link_line(link)                                       \
    (&ngx_court_state_line->redis[(link)->metric])


#endif /* _NGX_COURT_REDIS_LINK_H_INCLUDED_ */
