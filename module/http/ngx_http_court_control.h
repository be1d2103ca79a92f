/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared by the files of court_control: what is asked of this gateway over
 * its own socket.  A request is read whole, checked by a table, and answered
 * at once or when others have done their part; it can end at any moment while
 * it waits (ngx_http_court_control_end).
 */

#ifndef _NGX_HTTP_COURT_CONTROL_H_INCLUDED_
#define _NGX_HTTP_COURT_CONTROL_H_INCLUDED_

#include "ngx_http_court_conf.h"
#include "ngx_court_command.h"
#include "ngx_court_metrics.h"


#define NGX_HTTP_COURT_CONTROL_BODY     65536
#define NGX_HTTP_COURT_CONTROL_KEY      1024     /* bytes of a key part */
#define NGX_HTTP_COURT_CONTROL_WAIT     5000     /* ms: for all workers */
#define NGX_HTTP_COURT_CONTROL_ID       16       /* bytes of a tombstone's */
#define NGX_HTTP_COURT_CONTROL_STONES   64       /* told in one go */

/* what workers are told (ngx_court_command.h) */
#define NGX_HTTP_COURT_CONTROL_FLUSH    "audit.flush"
#define NGX_HTTP_COURT_CONTROL_POLICY   "policy.adopt"


typedef struct ngx_http_court_control_s  ngx_http_court_control_t;
typedef struct ngx_http_court_control_reply_s
    ngx_http_court_control_reply_t;

/*
 * A file on its way to the disk, in a thread.  It has a pool of its own and
 * outlives who asked; done is called once, unless begin returned NGX_OK.
 */
typedef struct ngx_http_court_sync_s  ngx_http_court_sync_t;
struct ngx_http_court_sync_s {
    ngx_pool_t                *pool;         /* destroyed by done */
    ngx_fd_t                   fd;
    ngx_err_t                  err;
    void                     (*done)(ngx_http_court_sync_t *sync);
    ngx_http_court_control_t  *ctl;          /* NULL: gone */
    ngx_event_t                hold;         /* keeps the worker there */
    ngx_court_tombstone_t      stone;
    ngx_uint_t                 undo;
};

struct ngx_http_court_control_s {
    ngx_http_request_t        *request;
    ngx_http_court_main_conf_t  *mcf;
    off_t                      length;       /* of the body; -1: unknown */
    ngx_court_json_t          *body;         /* an object */
    ngx_uint_t                 uid;
    ngx_uint_t                 pid;

    /* about one fact */
    ngx_court_source_t        *source;
    ngx_str_t                  keys[NGX_COURT_FACT_KEYS];
    ngx_str_t                  court;
    u_char                     key[NGX_COURT_SHA256_LEN];
    ngx_str_t                  name;         /* in Redis */
    ngx_uint_t                 names;        /* tried */
    ngx_uint_t                 fetch;        /* of the source, afresh */
    ngx_court_out_t            out;          /* answered so far */

    /* what is waited for, one of these */
    ngx_court_waiter_t         waiter;
    ngx_http_court_control_reply_t  *reply;
    ngx_http_court_sync_t     *sync;
    ngx_court_command_wait_t   wait;
    uint64_t                   generation;   /* of the policy */
};

/*
 * NGX_DONE: it waits, and ngx_http_court_control_end will follow; else what
 * ngx_http_court_control_answer or _problem returned.
 */
typedef ngx_int_t (*ngx_http_court_control_pt)(ngx_http_court_control_t *ctl);


/* ngx_http_court_control.c */
ngx_int_t ngx_http_court_control_handler(ngx_http_request_t *r);
/* out is a JSON object, whole */
ngx_int_t ngx_http_court_control_answer(ngx_http_court_control_t *ctl,
    ngx_uint_t status, ngx_court_out_t *out);
/* detail may be NULL; more is inner members ",\"a\":1", or NULL */
ngx_int_t ngx_http_court_control_problem(ngx_http_court_control_t *ctl,
    ngx_uint_t status, const char *code, const char *detail,
    ngx_court_out_t *more);
/* the end of one that waited; rc as a handler returns it */
void ngx_http_court_control_end(ngx_http_court_control_t *ctl, ngx_int_t rc);
/* members of the body are these alone; NULL-terminated; NGX_OK or a problem
 * in *rc */
ngx_int_t ngx_http_court_control_members(ngx_http_court_control_t *ctl,
    const char *const *names, ngx_int_t *rc);
/* 405 with what is allowed: POST, or GET and HEAD */
ngx_int_t ngx_http_court_control_method(ngx_http_court_control_t *ctl,
    ngx_uint_t method);
/* the body that nginx has read, as JSON; NGX_DECLINED: it is no object */
ngx_int_t ngx_http_court_control_read(ngx_http_court_control_t *ctl);
/* an admin record; what names nobody */
void ngx_http_court_control_act(ngx_http_court_control_t *ctl,
    const char *verb, const char *what, size_t len);

/* ngx_http_court_control_fact.c */
ngx_int_t ngx_http_court_control_fact(ngx_http_court_control_t *ctl);
/* ms since 1970 */
int64_t ngx_http_court_control_now(void);
/* fact; court; all of fact, key, court of the body into ctl; NGX_OK, or a
 * problem in *rc */
ngx_int_t ngx_http_court_control_fact_find(ngx_http_court_control_t *ctl,
    ngx_int_t *rc);
ngx_int_t ngx_http_court_control_fact_court(ngx_http_court_control_t *ctl,
    ngx_int_t *rc);
ngx_int_t ngx_http_court_control_fact_key(ngx_http_court_control_t *ctl,
    ngx_int_t *rc);
/* the next name of it in Redis; NGX_DECLINED: that was the last */
ngx_int_t ngx_http_court_control_fact_name(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_redis.c: a command that outlives who asked */
ngx_int_t ngx_http_court_control_redis_get(ngx_http_court_control_t *ctl,
    void (*handler)(ngx_http_court_control_t *ctl,
        ngx_court_redis_status_t status, const ngx_str_t *data));
ngx_int_t ngx_http_court_control_redis_delete(ngx_http_court_control_t *ctl,
    void (*handler)(ngx_http_court_control_t *ctl,
        ngx_court_redis_status_t status, const ngx_str_t *data));
void ngx_http_court_control_redis_forget(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_cache.c */
ngx_int_t ngx_http_court_control_cache(ngx_http_court_control_t *ctl);
ngx_int_t ngx_http_court_control_purge(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_extend.c */
ngx_int_t ngx_http_court_control_extend(ngx_http_court_control_t *ctl);
ngx_int_t ngx_http_court_control_extensions(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_revoke.c */
ngx_int_t ngx_http_court_control_revoke(ngx_http_court_control_t *ctl);
ngx_int_t ngx_http_court_control_revoked(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_sync.c: NGX_AGAIN, in a thread; NGX_OK: done here,
 * where there are none */
ngx_http_court_sync_t *ngx_http_court_sync_create(ngx_fd_t fd,
    void (*done)(ngx_http_court_sync_t *sync));
ngx_int_t ngx_http_court_sync_begin(ngx_http_court_sync_t *sync,
    void *threads);

/* ngx_http_court_control_workers.c */
ngx_int_t ngx_http_court_control_flush(ngx_http_court_control_t *ctl);
ngx_int_t ngx_http_court_control_reload(ngx_http_court_control_t *ctl);

/* ngx_http_court_control_record.c: an entry's values as members of JSON */
void ngx_http_court_control_record(ngx_court_out_t *out,
    const ngx_court_fact_t *fact, const ngx_str_t *record, time_t now);


#endif /* _NGX_HTTP_COURT_CONTROL_H_INCLUDED_ */
