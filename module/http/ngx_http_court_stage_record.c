/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision is written down before it takes effect.  For now that is the
 * line of error_log; refusals write theirs in ngx_http_court_flow.c.
 */

#include "ngx_http_court.h"


ngx_court_result_t
ngx_http_court_stage_record(ngx_http_court_session_t *s)
{
    ngx_http_court_log_decision(s);

    return NGX_COURT_PASS;
}
