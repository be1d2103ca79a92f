/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes upstream: the client's headers without credentials, and ours;
 * for the path that was decided and no other (invariant 6).
 */

#include "ngx_http_court.h"


ngx_court_result_t
ngx_http_court_stage_forward(ngx_http_court_session_t *s)
{
    ngx_court_result_t   rc;
    ngx_http_request_t  *r;

    r = s->request;

    if (!ngx_court_str_eq(&s->uri, &r->uri)) {
        return ngx_http_court_failed(s, INTERNAL_ERROR,
                                     "target changed after the decision");
    }

    /* facts and the record took their time; no assertion for who is revoked */

    rc = ngx_http_court_revoked(s);

    if (rc != NGX_COURT_PASS) {
        return rc;
    }

    if (ngx_http_court_headers_forward(r, s) != NGX_OK) {
        return ngx_http_court_failed(s, INTERNAL_ERROR,
                                     "headers cannot be made");
    }

    return NGX_COURT_PASS;
}
