/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The lines ssl_* of a court_redis block.
 */

#ifndef _NGX_HTTP_COURT_REDIS_TLS_H_INCLUDED_
#define _NGX_HTTP_COURT_REDIS_TLS_H_INCLUDED_

#include "ngx_http_court.h"


typedef struct {
    ngx_str_t                  trusted;
    ngx_str_t                  name;
    ngx_str_t                  certificate;
    ngx_str_t                  key;
} ngx_http_court_redis_tls_t;


char *ngx_http_court_redis_tls(ngx_conf_t *cf, ngx_court_redis_conf_t *redis,
    ngx_http_court_redis_tls_t *tls, ngx_uint_t on);


#endif /* _NGX_HTTP_COURT_REDIS_TLS_H_INCLUDED_ */
