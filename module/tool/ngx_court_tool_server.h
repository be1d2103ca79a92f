/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A small poll(2) server for the demo's parts: one process, many connections,
 * answers that can be late.  Not for production, loopback and unix only.
 */

#ifndef _NGX_COURT_TOOL_SERVER_H_INCLUDED_
#define _NGX_COURT_TOOL_SERVER_H_INCLUDED_

#include "ngx_court_base.h"


typedef enum {
    NGX_COURT_SIM_OK = 0,
    NGX_COURT_SIM_DOWN,          /* no listener: connections are refused */
    NGX_COURT_SIM_HANG,          /* no answer, ever */
    NGX_COURT_SIM_SLOW,          /* right, but late */
    NGX_COURT_SIM_ERROR,
    NGX_COURT_SIM_GARBAGE,
    NGX_COURT_SIM_MISMATCH,      /* about somebody else */
    NGX_COURT_SIM_NFAULTS
} ngx_court_sim_fault_t;


typedef struct ngx_court_sim_s  ngx_court_sim_t;

/*
 * One request has been read: text is its head (or, raw, all bytes there are).
 * Puts an answer of pool memory into out and its delay in milliseconds into
 * *delay; an empty answer closes.  With raw, returns the bytes consumed.
 */
typedef size_t (*ngx_court_sim_answer_pt)(ngx_court_sim_t *sim,
    ngx_pool_t *pool, const ngx_str_t *text, ngx_str_t *out,
    ngx_msec_t *delay);

struct ngx_court_sim_s {
    const char                *listen;       /* unix:PATH or 127.0.0.1:PORT */
    const char                *dir;          /* the demo's directory */
    const char                *part;         /* "source", "court", "redis" */
    ngx_court_sim_answer_pt    answer;
    unsigned                   raw:1;        /* not HTTP */
    size_t                     body;         /* of the request answered */
    ngx_court_sim_fault_t      fault;        /* read from DIR/fault/PART */
};

/* serves until killed; returns an exit code where it can't listen */
int ngx_court_sim_serve(ngx_court_sim_t *sim);

/* appends a line to DIR/log/PART.log */
void ngx_court_sim_log(ngx_court_sim_t *sim, const char *fmt, ...);

/* an HTTP answer around a body */
void ngx_court_sim_http(ngx_pool_t *pool, ngx_uint_t status,
    const char *headers, const ngx_str_t *body, ngx_str_t *out);


#endif /* _NGX_COURT_TOOL_SERVER_H_INCLUDED_ */
