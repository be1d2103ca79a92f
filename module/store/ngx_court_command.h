/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A command to all workers, and who waits until each has done it.  On the
 * zone "state": its one place for a command, and in each worker's line the
 * number of the last one done.
 *
 * A command is a nudge and carries no state of its own: what changes stands
 * in some zone before the command is sent.  So a worker that hung for longer
 * than the sender waited, and finds only the next command, has missed nothing
 * but the time; and doing a command twice does no harm.
 *
 * One command at a time: the next is sent when all who live have done the one
 * before, or its sender no longer waits.  Who dies is not waited for; who
 * came later need not do it, and may.
 */

#ifndef _NGX_COURT_COMMAND_H_INCLUDED_
#define _NGX_COURT_COMMAND_H_INCLUDED_

#include "ngx_court_state.h"
#include <ngx_event.h>


#define NGX_COURT_COMMAND_LOOK   100         /* ms: a worker looks for one */
#define NGX_COURT_COMMAND_AGAIN  10          /* ms: one that takes time */
#define NGX_COURT_COMMAND_WATCH  20          /* ms: who waits looks */
#define NGX_COURT_COMMAND_MAX    256         /* bytes of a command */

/* what each worker does; asked again with NGX_AGAIN; NGX_ERROR: it cannot */
typedef ngx_int_t (*ngx_court_command_pt)(void *data,
    const ngx_str_t *command);

typedef enum {
    NGX_COURT_COMMAND_DONE = 0,
    NGX_COURT_COMMAND_FAILED,                /* all have tried, some failed */
    NGX_COURT_COMMAND_LATE,                  /* some have not answered */
    NGX_COURT_COMMAND_BUSY                   /* not sent: another is under
                                              * way, or no lock to be had */
} ngx_court_command_result_t;

/*
 * One who waits; embedded in memory of his.  told is called once, never from
 * inside send, unless cancel came first.
 */
typedef struct ngx_court_command_wait_s  ngx_court_command_wait_t;
struct ngx_court_command_wait_s {
    void                     (*told)(ngx_court_command_wait_t *wait,
                                   ngx_court_command_result_t result);
    void                      *data;

    /* set by send */
    ngx_court_state_t         *state;
    ngx_event_t                timer;
    ngx_msec_t                 began;
    ngx_msec_t                 timeout;
    uint64_t                   seq;          /* 0: not sent yet */
    size_t                     len;
    u_char                     text[NGX_COURT_COMMAND_MAX];
};


/* init_process and exit_process of a worker; a cancelable timer */
void ngx_court_command_start(ngx_court_state_t *state,
    ngx_court_command_pt handler, void *data, ngx_log_t *log);
void ngx_court_command_stop(void);

/* NGX_OK: will be told, within timeout; NGX_ERROR: too long */
ngx_int_t ngx_court_command_send(ngx_court_state_t *state,
    ngx_court_command_wait_t *wait, const ngx_str_t *command,
    ngx_msec_t timeout, ngx_log_t *log);
void ngx_court_command_cancel(ngx_court_command_wait_t *wait);

/* how each who lives stands to it, from inside told */
typedef struct {
    uint64_t                   pid;
    ngx_court_command_result_t result;
} ngx_court_command_worker_t;

/* array of these in pool; NULL: no memory */
ngx_array_t *ngx_court_command_workers(ngx_court_command_wait_t *wait,
    ngx_pool_t *pool);


#endif /* _NGX_COURT_COMMAND_H_INCLUDED_ */
