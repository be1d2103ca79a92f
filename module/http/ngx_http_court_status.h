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

typedef enum {
    NGX_HTTP_COURT_STATUS_HEAD = 0,
    NGX_HTTP_COURT_STATUS_COURTS,
    NGX_HTTP_COURT_STATUS_METRICS
} ngx_http_court_status_part_t;

/* all that is rendered, as it is now; and how far that has come */
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

    ngx_uint_t                 court;        /* the next to be counted */
    uint64_t                   requests;     /* of those before */
    ngx_uint_t                 counted;      /* all are */
    ngx_http_court_status_part_t  part;
    ngx_uint_t                 named;        /* courts in the list */
    ngx_court_metrics_at_t     at;
} ngx_http_court_status_t;


/* ngx_http_court_health_problems.c: NGX_ERROR: no memory */
ngx_int_t ngx_http_court_health_look(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_http_court_health_t *health);

/* ngx_http_court_status_collect.c: all but the courts' decisions; NULL: no
 * memory */
ngx_http_court_status_t *ngx_http_court_status_collect(
    ngx_http_court_main_conf_t *mcf, ngx_pool_t *pool);
/* these, of n courts at most; NGX_AGAIN: there are more */
ngx_int_t ngx_http_court_status_courts(ngx_http_court_status_t *st,
    ngx_uint_t n);
/* up to two labels; more are filled in by the caller */
ngx_court_sample_t *ngx_http_court_status_add(ngx_http_court_status_t *st,
    ngx_court_metric_id_t id, uint64_t value, const ngx_str_t *one,
    const ngx_str_t *two);

/* ngx_http_court_status_facts.c */
void ngx_http_court_status_facts(ngx_http_court_status_t *st);

/* ngx_http_court_status_revoked.c */
void ngx_http_court_status_revoked(ngx_http_court_status_t *st);
void ngx_http_court_status_json_revoked(ngx_http_court_status_t *st,
    ngx_court_out_t *out);

/* ngx_http_court_status_render.c: a status as text, in as many turns of the
 * event loop as it takes.  NGX_DONE: done will be called, and the request be
 * finalized with what it returns; else what it returned */
typedef enum {
    NGX_HTTP_COURT_STATUS_JSON = 0,
    NGX_HTTP_COURT_STATUS_PROMETHEUS,
    NGX_HTTP_COURT_STATUS_HTML,
    NGX_HTTP_COURT_STATUS_UNKNOWN
} ngx_http_court_status_format_t;

typedef ngx_int_t (*ngx_http_court_status_pt)(ngx_http_request_t *r,
    ngx_http_court_status_format_t format, ngx_court_out_t *out);

ngx_int_t ngx_http_court_status_render(ngx_http_request_t *r,
    ngx_http_court_status_format_t format, ngx_http_court_status_pt done);

/* ngx_http_court_status_json.c: locations that are so */
void ngx_http_court_status_places(ngx_http_court_status_t *st,
    ngx_uint_t mode, ngx_http_court_places_t *places);
/* n courts or samples at most, NGX_AGAIN: there
 * is more; health: the object "health" alone */
ngx_int_t ngx_http_court_status_json(ngx_http_court_status_t *st,
    ngx_uint_t n, ngx_court_out_t *out);
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
