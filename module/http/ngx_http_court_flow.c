/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The ACCESS handler: a table of named stages, resumed by index.  Stages
 * return results of our own; one function maps them to nginx's codes, and
 * what it does not know is 500.
 */

#include "ngx_http_court.h"
#include "ngx_http_court_force.h"


typedef struct {
    const char                *name;
    ngx_court_result_t       (*handler)(ngx_http_court_session_t *s);
} ngx_http_court_stage_t;


static void ngx_http_court_flow_event(ngx_event_t *ev);


/* in the order of ngx_court_stage_t, by which their times are kept */

static const ngx_http_court_stage_t  ngx_http_court_stages[] = {
    { "match",   ngx_http_court_stage_match },
    { "caller",  ngx_http_court_stage_caller },
    { "facts",   ngx_http_court_stage_facts },
    { "decide",  ngx_http_court_stage_decide },
    { "record",  ngx_http_court_stage_record },
    { "forward", ngx_http_court_stage_forward },
    { NULL,      NULL }
};


/*
 * A new target: only the decision is repeated.  The caller, once verified,
 * and the pinned policy stay.  So do reason and refused: where this target is
 * the error_page of a refusal, they are what the answer tells.
 */

static void
ngx_http_court_flow_begin(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    ngx_http_court_facts_cancel(s);
    ngx_http_court_open_remove(s);

    /* one in 16, the first of a worker among them */

    if (!s->begun) {
        s->sampled = (ngx_http_court_worker.samples++ % 16 == 0);
    }

    s->begun = 1;
    s->stage_began = 0;
    s->uri_changes = r->uri_changes;
    s->stage = 0;
    s->asked = 0;
    s->audit = 0;
    s->nneeds = 0;
    s->logged = 0;
    s->allowed = 0;
    s->checked = 0;
    s->touched = 1;
    s->would_refuse = 0;
    s->pending = NULL;
    s->why = NULL;
    s->kept = NULL;
    s->court = NULL;
    s->result = NGX_COURT_FAILED;

    ngx_str_null(&s->path);
    ngx_str_null(&s->code);
    ngx_str_null(&s->kind);
    ngx_memzero(&s->match, sizeof(ngx_court_match_t));
    ngx_memzero(&s->decision, sizeof(ngx_court_decision_t));
    s->decision.max_age = -1;
}


/* the stage of a sampled request begins, again after waiting, or ends */

static void
ngx_http_court_flow_time(ngx_http_court_session_t *s, ngx_uint_t ends)
{
    uint64_t  now;

    if (ends) {
        now = ngx_court_state_clock();
        ngx_court_histogram_add(&ngx_court_state_line->stages[s->stage],
                                now - s->stage_began);
        s->stage_began = now;

    } else if (s->stage_began == 0) {
        s->stage_began = ngx_court_state_clock();
    }
}


static ngx_court_result_t
ngx_http_court_flow_run(ngx_http_court_session_t *s)
{
    ngx_court_result_t             rc;
    const ngx_http_court_stage_t  *stage;

    for ( ;; ) {
        stage = &ngx_http_court_stages[s->stage];

        if (stage->handler == NULL) {
            return NGX_COURT_PASS;
        }

        s->stage_name = stage->name;

        if (s->sampled) {
            ngx_http_court_flow_time(s, 0);
        }

        if (!ngx_http_court_force(s, stage->name, &rc)) {
            rc = stage->handler(s);
        }

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, s->request->connection->log, 0,
                       "court: stage %s: %xd", stage->name, (int) rc);

        if (s->sampled && rc != NGX_COURT_WAIT) {
            ngx_http_court_flow_time(s, 1);
        }

        if (rc != NGX_COURT_PASS) {
            return rc;
        }

        s->stage++;
    }
}


/*
 * Let in.  Behind a refusal there is nothing but its error_page, which goes on
 * telling it.
 */

static ngx_int_t
ngx_http_court_flow_pass(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    s->decided = 1;
    s->allowed = 1;

    if (!s->would_refuse && !s->refused) {
        s->reason = NULL;
    }

    ngx_http_court_open_add(s);

    return NGX_OK;
}


/*
 * NGX_DECLINED would be "no opinion, go on": it is returned for locations
 * that are not ours alone, never for a result.
 */

static ngx_int_t
ngx_http_court_flow_answer(ngx_http_request_t *r, ngx_http_court_session_t *s,
    ngx_court_result_t result)
{
    ngx_int_t  rc;

    switch (result) {

    case NGX_COURT_PASS:
        return ngx_http_court_flow_pass(r, s);

    case NGX_COURT_WAIT:
        if (s->waiting) {
            return NGX_AGAIN;
        }

        result = ngx_http_court_failed(s, INTERNAL_ERROR,
                                       "a stage waits for nothing");
        break;

    case NGX_COURT_REFUSED:
    case NGX_COURT_FAILED:
        if (s->reason == NULL || s->reason->status < NGX_HTTP_BAD_REQUEST
            || s->reason->status > 599)
        {
            result = ngx_http_court_failed(s, INTERNAL_ERROR,
                                           "refused without a reason");
        }

        break;

    default:
        result = ngx_http_court_failed(s, INTERNAL_ERROR, "unknown result");
        break;
    }

    ngx_http_court_facts_cancel(s);

    s->decided = 1;
    s->allowed = 0;
    s->would_refuse = 0;
    s->result = result;

    ngx_http_court_log_decision(s);

    rc = ngx_http_court_refuse(r, s);

    /* after NGX_DONE the request may be gone */

    if (rc == NGX_DONE || rc == NGX_ERROR || rc >= NGX_HTTP_BAD_REQUEST) {
        return rc;
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_court_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_court_session_t  *s;

    if (r != r->main || !ngx_http_court_protected(r)) {
        return NGX_DECLINED;
    }

    rc = ngx_http_court_scrub_handler(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    s = ngx_http_court_session_get(r);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!s->begun || s->uri_changes != r->uri_changes) {
        ngx_http_court_flow_begin(r, s);
    }

    if (s->waiting) {
        return NGX_AGAIN;
    }

    return ngx_http_court_flow_answer(r, s, ngx_http_court_flow_run(s));
}


/*
 * The pattern of limit_req: a client who goes away is noticed, write events
 * do nothing.  The timer is one that the request waits on: not cancelable.
 */

ngx_court_result_t
ngx_http_court_wait(ngx_http_court_session_t *s, ngx_msec_t msec)
{
    ngx_event_t         *rev;
    ngx_http_request_t  *r;

    r = s->request;
    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        return ngx_http_court_failed(s, INTERNAL_ERROR, "no read event");
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    s->timer.handler = ngx_http_court_flow_event;
    s->timer.data = s;
    s->timer.log = r->connection->log;

    ngx_add_timer(&s->timer, msec);

    s->waiting = 1;

    return NGX_COURT_WAIT;
}


/*
 * Posted, not called: who wakes us walks a list of waiters, and a request
 * that goes on may end, and take other waiters off other lists with it.
 */

void
ngx_http_court_resume(ngx_http_court_session_t *s)
{
    if (!s->waiting) {
        return;
    }

    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    ngx_post_event(&s->timer, &ngx_posted_events);
}


static void
ngx_http_court_flow_event(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_court_session_t  *s;

    s = ev->data;
    r = s->request;
    c = r->connection;

    if (!s->waiting) {
        return;
    }

    s->waiting = 0;

    ngx_http_set_log_request(c->log, r);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        ngx_http_run_posted_requests(c);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}
