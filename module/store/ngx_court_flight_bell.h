/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Waking workers of this machine: an eventfd for each place of a worker, made
 * by the master and inherited by all, old workers and new ones alike.  Where
 * two have one place (during a reload), or there is no eventfd, a ring may
 * reach nobody: a poll each NGX_COURT_BELL_POLL ms finds what it missed, and
 * runs only while somebody waits.
 */

#ifndef _NGX_COURT_FLIGHT_BELL_H_INCLUDED_
#define _NGX_COURT_FLIGHT_BELL_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_BELLS       64             /* bits of a mask */
#define NGX_COURT_BELL_POLL   20             /* ms */

typedef void (*ngx_court_bell_pt)(void *data);

/* init_module: as many as there are workers; made once, kept by reloads */
void ngx_court_bell_init(ngx_uint_t workers, ngx_log_t *log);

/* init_process, exit_process; handler: look what is there for you */
void ngx_court_bell_start(ngx_court_bell_pt handler, void *data,
    ngx_log_t *log);
void ngx_court_bell_stop(void);
/* whoever else wants to hear it, each time it rings; behind start */
#define NGX_COURT_BELL_EARS   4
void ngx_court_bell_listen(ngx_court_bell_pt handler, void *data);

/* this worker's bit; 0: no eventfd, polls only */
uint64_t ngx_court_bell_bit(void);
void ngx_court_bell_ring(uint64_t bits);
/* handler is called again and again until it has nothing to wait for */
void ngx_court_bell_poll(void);


#endif /* _NGX_COURT_FLIGHT_BELL_H_INCLUDED_ */
