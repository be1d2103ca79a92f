/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision is written down before it takes effect; where the interface's
 * trace is durable, it is on disk before the court service sees the request.
 * Refusals write theirs in ngx_http_court_flow.c: they wait for nothing.
 */

#include "ngx_http_court.h"


ngx_court_result_t
ngx_http_court_stage_record(ngx_http_court_session_t *s)
{
    ngx_int_t                   rc;
    ngx_court_result_t          result;
    ngx_http_court_loc_conf_t  *lcf;

    rc = ngx_http_court_audit_allow(s);

    if (rc == NGX_AGAIN) {
        lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

        result = ngx_http_court_wait(s, lcf->timeout);

        if (result != NGX_COURT_WAIT) {
            ngx_http_court_audit_cancel(s);
        }

        return result;
    }

    if (rc != NGX_OK) {
        return ngx_http_court_failed(s, AUDIT_UNAVAILABLE,
                                     "the record cannot be written");
    }

    ngx_http_court_log_decision(s);

    return NGX_COURT_PASS;
}
