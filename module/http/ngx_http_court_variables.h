/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Shared by the files of the variables: the names, and how a value is set.
 */

#ifndef _NGX_HTTP_COURT_VARIABLES_H_INCLUDED_
#define _NGX_HTTP_COURT_VARIABLES_H_INCLUDED_

#include "ngx_http_court.h"


typedef enum {
    NGX_HTTP_COURT_VAR_ISSUER = 0,
    NGX_HTTP_COURT_VAR_SUBJECT,
    NGX_HTTP_COURT_VAR_ROLE,
    NGX_HTTP_COURT_VAR_PRINCIPAL,
    NGX_HTTP_COURT_VAR_KIND,
    NGX_HTTP_COURT_VAR_CLIENT,
    NGX_HTTP_COURT_VAR_CODE,
    NGX_HTTP_COURT_VAR_INTERFACE,
    NGX_HTTP_COURT_VAR_RULE,
    NGX_HTTP_COURT_VAR_DECISION,
    NGX_HTTP_COURT_VAR_REASON,
    NGX_HTTP_COURT_VAR_TITLE,
    NGX_HTTP_COURT_VAR_DETAIL,
    NGX_HTTP_COURT_VAR_NEXT,
    NGX_HTTP_COURT_VAR_REQUEST_ID,
    NGX_HTTP_COURT_VAR_CACHE_STATUS,
    NGX_HTTP_COURT_VAR_POLICY_VERSION,
    NGX_HTTP_COURT_VAR_CACHE_KEY,
    NGX_HTTP_COURT_VAR_SUBJECT_HASH,
    NGX_HTTP_COURT_VAR_PRINCIPAL_HASH,
    NGX_HTTP_COURT_VAR_CASE_HASH,
    NGX_HTTP_COURT_VAR_CHANNEL,
    NGX_HTTP_COURT_VAR_FRONT,
    NGX_HTTP_COURT_VAR_IP
} ngx_http_court_var_t;


/* get handler of the named ones; data is ngx_http_court_var_t */
ngx_int_t ngx_http_court_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

/* something was decided, and it is about this target */
ngx_uint_t ngx_http_court_variable_speaks(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
/* an empty or NULL value is not found; value's bytes are not copied */
ngx_int_t ngx_http_court_variable_set(ngx_http_variable_value_t *v,
    const ngx_str_t *value);
/* percent-encoded, or as it is while keys are evaluated */
ngx_int_t ngx_http_court_variable_escaped(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v,
    const ngx_str_t *value);
ngx_int_t ngx_http_court_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, int64_t n);


#endif /* _NGX_HTTP_COURT_VARIABLES_H_INCLUDED_ */
