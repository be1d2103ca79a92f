/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision: policy's, from what the session knows.  Report mode relaxes
 * a 403 of the policy, and nothing else.
 */

#include "ngx_http_court.h"


/* unavailable because a bulkhead was full: not the source's fault */

static ngx_uint_t
ngx_http_court_decide_overloaded(ngx_http_court_session_t *s)
{
    ngx_http_court_need_t   *need;
    const ngx_court_attr_t  *attr;

    attr = s->decision.attr;

    if (s->decision.result != NGX_COURT_FAILED || attr == NULL
        || attr->domain != NGX_COURT_D_FACT)
    {
        return 0;
    }

    need = ngx_http_court_need_find(s, attr->fact,
                                    s->decision.principal_side
                                    ? NGX_COURT_PRINCIPAL : NGX_COURT_CALLER);

    return need && need->answered
           && need->found.state == NGX_COURT_F_UNAVAILABLE
           && need->found.overloaded;
}


static ngx_uint_t
ngx_http_court_decide_relaxed(ngx_http_court_session_t *s)
{
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    return lcf->mode == NGX_HTTP_COURT_REPORT
           && s->decision.result == NGX_COURT_REFUSED
           && s->reason && s->reason->status == NGX_HTTP_FORBIDDEN;
}


ngx_court_result_t
ngx_http_court_stage_decide(ngx_http_court_session_t *s)
{
    ngx_court_input_t  input;

    if (s->would_refuse) {
        return NGX_COURT_PASS;
    }

    if (s->match.interface == NULL) {
        return ngx_http_court_refused(s, NO_RULE, "no interface");
    }

    if (s->match.interface->public_) {
        s->result = NGX_COURT_PASS;
        return NGX_COURT_PASS;
    }

    if (!s->verified) {
        return ngx_http_court_refused(s, TOKEN_MISSING, "nobody");
    }

    ngx_memzero(&input, sizeof(ngx_court_input_t));

    input.data = s;
    input.value = ngx_http_court_attr_value;
    input.fact = ngx_http_court_attr_fact;
    input.match = &s->match;
    input.role = s->role;
    input.subject = s->subject;
    input.now = ngx_time();

    ngx_court_policy_decide(s->pinned->policy, &input, &s->decision);

    s->result = s->decision.result;

    if (s->result == NGX_COURT_PASS) {
        return NGX_COURT_PASS;
    }

    s->reason = ngx_http_court_decide_overloaded(s)
                ? ngx_court_reason(OVERLOADED) : s->decision.reason;

    if (ngx_http_court_decide_relaxed(s)) {
        s->would_refuse = 1;
        return NGX_COURT_PASS;
    }

    return s->result;
}
