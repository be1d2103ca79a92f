/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A court_fact block while it is read.
 */

#ifndef _NGX_HTTP_COURT_FACT_CONF_H_INCLUDED_
#define _NGX_HTTP_COURT_FACT_CONF_H_INCLUDED_

#include "ngx_http_court_conf.h"


typedef struct {
    ngx_court_source_t        *source;
    ngx_array_t                fields;       /* ngx_court_field_t */
    ngx_array_t               *keys;         /* ngx_http_court_key_part_t */

    ngx_str_t                  uri;
    ngx_str_t                  map;
    ngx_uint_t                 scope;
    ngx_msec_t                 ttl;
    ngx_msec_t                 negative_ttl;
    ngx_msec_t                 stale;
    ngx_msec_t                 timeout;
    ngx_int_t                  max_fetches;
    ngx_int_t                  max_waiting;
    ngx_int_t                  rate;
    ngx_int_t                  failures;
    ngx_msec_t                 breaker_time;
} ngx_http_court_fact_conf_t;


/* set functions of its lines that no slot serves (..._fact_line.c) */
char *ngx_http_court_fact_key_line(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_fact_field_line(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_court_fact_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_fact_breaker(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* _NGX_HTTP_COURT_FACT_CONF_H_INCLUDED_ */
