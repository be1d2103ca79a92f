/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared by the files of the decision record: a log as configured, and what a
 * process has of it.
 */

#ifndef _NGX_HTTP_COURT_AUDIT_H_INCLUDED_
#define _NGX_HTTP_COURT_AUDIT_H_INCLUDED_

#include "ngx_http_court_conf.h"
#include "ngx_court_audit.h"

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif


/* ngx_http_court_srv_conf_t.audit_on_failure */
#define NGX_HTTP_COURT_AUDIT_REFUSE          0
#define NGX_HTTP_COURT_AUDIT_REFUSE_DURABLE  1
#define NGX_HTTP_COURT_AUDIT_ALLOW           2

/* ngx_http_court_session_t.audit */
#define NGX_HTTP_COURT_AUDIT_NONE     0
#define NGX_HTTP_COURT_AUDIT_WAITING  1
#define NGX_HTTP_COURT_AUDIT_DONE     2
#define NGX_HTTP_COURT_AUDIT_FAILED   3


/*
 * One for each file or syslog server, however many servers write there; or a
 * path with $court_code, which stands for those of its courts.
 */
struct ngx_http_court_audit_log_s {
    ngx_str_t                  name;
    ngx_uint_t                 index;     /* in audit_logs */
    ngx_uint_t                 lazy;      /* a court's: no chain before its
                                           * first record */
    ngx_open_file_t           *file;      /* NULL: syslog */
    ngx_syslog_peer_t         *syslog;
    size_t                     buffer;    /* written when it holds as much, */
    ngx_msec_t                 flush;     /* or is as old */
    ngx_msec_t                 sync;      /* between beginnings of commits */
    ngx_uint_t                 sm3;
    void                      *threads;   /* ngx_thread_pool_t; NULL: none */

    /* with $court_code; nothing is written to this one itself */
    ngx_http_court_audit_log_t  **courts; /* by court; NULL: not used here */
    ngx_http_court_audit_log_t  *none;    /* requests of no court; NULL: this
                                           * is a log as it stands */
    ngx_uint_t                 pattern;

    /* of this process, not configuration */
    ngx_http_court_audit_state_t  *state;
    ngx_http_court_audit_state_t  *master;
};


typedef struct {
    u_char                    *data;
    size_t                     len;
    size_t                     size;
    size_t                     chained;   /* of len; behind: drafts */
} ngx_http_court_audit_buf_t;

struct ngx_http_court_audit_state_s {
    ngx_http_court_audit_log_t  *log;
    ngx_log_t                 *errors;
    ngx_court_audit_chain_t    chain;
    u_char                     name[64];

    ngx_http_court_audit_buf_t in;        /* not given away yet */
    ngx_http_court_audit_buf_t out;       /* a commit is writing it */
    ngx_event_t                flush;
    ngx_event_t                commit;
    ngx_queue_t                waiters;   /* of sessions */
    ngx_msec_t                 began;     /* the last commit */
    uint64_t                   clock;     /* the same, in ns, while busy */
    uint64_t                   lost;      /* records since the last line */
    uint64_t                   flushed;   /* all up to it are in the file */
    uint64_t                   asked;     /* so far by a command, of "turn" */
    uint64_t                   turn;

    unsigned                   busy:1;    /* a commit is under way */
    unsigned                   failed:1;  /* the last write or commit did */
    unsigned                   torn:1;    /* the file ends within a line */
    unsigned                   stale:1;   /* fd is of a file rotated away */
    unsigned                   hurry:1;   /* flush when the commit ends */

#if (NGX_THREADS)
    ngx_thread_task_t         *task;
#endif

    /* the commit's: not touched by the worker while busy */
    ngx_fd_t                   fd;        /* our own, across USR1 */
    ngx_uint_t                 synced;    /* fdatasync, too */
    ngx_uint_t                 entry;     /* its directory's: not yet */
    uint64_t                   until;     /* last sequence number in out */
    size_t                     written;
    ngx_err_t                  err;
    ngx_uint_t                 out_torn;
};


/* ngx_http_court_audit_conf.c */
char *ngx_http_court_audit_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_court_audit_check(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);

/* shared: opens the file of a path without variables, or finds the log of
 * another server that has it open */
char *ngx_http_court_audit_named(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf, ngx_http_court_audit_log_t *log,
    ngx_http_court_audit_log_t **to);

/* ngx_http_court_audit_courts.c: a file for each court */
ngx_uint_t ngx_http_court_audit_pattern(const ngx_str_t *path);
/* all that patterns stand for, when the configuration is read */
ngx_int_t ngx_http_court_audit_expand(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);
/* the log of this request; s may be NULL */
ngx_http_court_audit_log_t *ngx_http_court_audit_pick(
    ngx_http_court_audit_log_t *log, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_session_t *s);

/* ngx_http_court_audit_admin.c: a chain begins in a worker; NULL: no memory */
ngx_http_court_audit_state_t *ngx_http_court_audit_enter(
    ngx_http_court_audit_log_t *log, ngx_cycle_t *cycle);

/* ngx_http_court_audit_file.c: a process's end of a log */
ngx_http_court_audit_state_t *ngx_http_court_audit_open(
    ngx_http_court_audit_log_t *log, ngx_cycle_t *cycle, const char *kind);
/* timers and thread task, in a worker */
ngx_int_t ngx_http_court_audit_run(ngx_http_court_audit_state_t *st,
    ngx_cycle_t *cycle);
void ngx_http_court_audit_close(ngx_http_court_audit_state_t *st);
/* NGX_ERROR: it is lost, and the log will say how many are */
ngx_int_t ngx_http_court_audit_put(ngx_http_court_audit_state_t *st,
    const ngx_court_audit_record_t *record);
/* begins to write what is buffered, or when a commit that is under way ends;
 * not while the log fails.  Where there is no thread it returns when written */
void ngx_http_court_audit_flush(ngx_http_court_audit_state_t *st);
/* the same soon, by a thread where there are any */
void ngx_http_court_audit_pass_on(ngx_http_court_audit_state_t *st);
void ngx_http_court_audit_reopen(ngx_open_file_t *file, ngx_log_t *log);

/* ngx_http_court_audit_commit.c: what is on disk, and who waits for it */
ngx_uint_t ngx_http_court_audit_can_commit(ngx_http_court_audit_state_t *st);
/* begins as soon as it may; waiters are woken when it ends */
void ngx_http_court_audit_commit(ngx_http_court_audit_state_t *st);
/* now, even with nothing to write: has the disk come back?  Without sync it
 * is written only, which nobody may wait for */
void ngx_http_court_audit_commit_begin(ngx_http_court_audit_state_t *st,
    ngx_uint_t sync);
void ngx_http_court_audit_commit_event(ngx_event_t *ev);
/* the process ends: nginx has waited for its threads */
void ngx_http_court_audit_commit_last(ngx_http_court_audit_state_t *st);

/* shared: buf's drafts become lines, and all of it is written behind what a
 * torn line needs; *written of buf */
ngx_err_t ngx_http_court_audit_write(ngx_court_audit_chain_t *chain,
    ngx_fd_t fd, ngx_uint_t torn, ngx_http_court_audit_buf_t *buf,
    size_t *written);
/* buf was written so far: what is left stays in it from a line's beginning */
void ngx_http_court_audit_wrote(ngx_http_court_audit_state_t *st,
    ngx_http_court_audit_buf_t *buf, size_t written, ngx_err_t err);
ngx_int_t ngx_http_court_audit_room(ngx_http_court_audit_buf_t *buf,
    size_t len);
void ngx_http_court_audit_arm(ngx_http_court_audit_state_t *st);

/* ngx_http_court_audit_record.c: a session becomes a record */
typedef struct {
    ngx_court_audit_record_t   record;
    ngx_court_audit_failed_t   failed;
    ngx_court_audit_fact_t     facts[NGX_HTTP_COURT_MAX_NEEDS];
    u_char                     hashes[3][NGX_COURT_SHA256_LEN + 32];
    u_char                     number[NGX_INT64_LEN];
} ngx_http_court_audit_filled_t;

void ngx_http_court_audit_fill(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled);
/* the record's members are the text that is kept, or become it; *len of it */
void ngx_http_court_audit_keep(ngx_court_audit_record_t *record, u_char *text,
    size_t size, size_t *len);
int64_t ngx_http_court_audit_now(void);


#endif /* _NGX_HTTP_COURT_AUDIT_H_INCLUDED_ */
