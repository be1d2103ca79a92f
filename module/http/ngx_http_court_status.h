/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of status and health share.
 */

#ifndef _NGX_HTTP_COURT_STATUS_H_INCLUDED_
#define _NGX_HTTP_COURT_STATUS_H_INCLUDED_

#include "ngx_http_court_audit.h"


/* names of locations in the status; all are counted */
#define NGX_HTTP_COURT_STATUS_LIST  64

typedef struct {
    const char                *problem;
    ngx_uint_t                 unready;      /* else degraded */
    ngx_str_t                  name;         /* which one, or "" */
} ngx_http_court_problem_t;

typedef struct {
    ngx_array_t                problems;     /* ngx_http_court_problem_t */
    ngx_uint_t                 ready;
} ngx_http_court_health_t;

typedef struct {
    ngx_str_t                  names[NGX_HTTP_COURT_STATUS_LIST];
    ngx_uint_t                 n;
    ngx_uint_t                 total;
} ngx_http_court_places_t;

/* all that is rendered, as it is now */
typedef struct {
    ngx_pool_t                *pool;
    ngx_http_court_main_conf_t  *mcf;
    ngx_http_court_pinned_t   *live;         /* NULL: none */
    uint64_t                   generation;   /* the published policy's */
    u_char                     hash[2 * NGX_COURT_SHA256_LEN];   /* hex */
    ngx_court_state_sum_t     *sum;
    ngx_court_state_info_t     info;
    ngx_http_court_health_t    health;
    ngx_http_court_places_t    off;
    ngx_http_court_places_t    report;
    ngx_court_metrics_t       *metrics;
    ngx_uint_t                 failed;       /* no memory */
} ngx_http_court_status_t;


/* ngx_http_court_health_problems.c: NGX_ERROR: no memory */
ngx_int_t ngx_http_court_health_look(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_http_court_health_t *health);

/* ngx_http_court_status_collect.c: NULL: no memory */
ngx_http_court_status_t *ngx_http_court_status_collect(
    ngx_http_court_main_conf_t *mcf, ngx_pool_t *pool);
/* up to two labels; more are filled in by the caller */
ngx_court_sample_t *ngx_http_court_status_add(ngx_http_court_status_t *st,
    ngx_court_metric_id_t id, uint64_t value, const ngx_str_t *one,
    const ngx_str_t *two);

/* ngx_http_court_status_facts.c */
void ngx_http_court_status_facts(ngx_http_court_status_t *st);

/* ngx_http_court_status_json.c; health: the object "health" alone */
void ngx_http_court_status_json(ngx_http_court_status_t *st,
    ngx_court_out_t *out);
void ngx_http_court_status_json_health(const ngx_http_court_health_t *health,
    ngx_court_out_t *out);

/*
 * ngx_http_court_status.c: the peer itself is on this machine, and speaks for
 * nobody else; and an answer of text, whose type is a constant.
 */
ngx_uint_t ngx_http_court_status_local(ngx_http_request_t *r);
ngx_int_t ngx_http_court_status_send(ngx_http_request_t *r,
    ngx_uint_t status, const char *type, ngx_court_out_t *out);
ngx_int_t ngx_http_court_status_header(ngx_http_request_t *r,
    const char *name, const ngx_str_t *value);
/* sets up a location of ours; what is wrong, or NGX_CONF_OK */
char *ngx_http_court_status_place(ngx_conf_t *cf,
    ngx_http_court_loc_conf_t *lcf, ngx_http_handler_pt handler);


#endif /* _NGX_HTTP_COURT_STATUS_H_INCLUDED_ */
