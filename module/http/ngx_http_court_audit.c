/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What requests ask of the decision record: to be written down before they
 * take effect, and what became of them afterwards.
 */

#include "ngx_http_court_audit.h"
#include "ngx_http_court_kept.h"


static ngx_http_court_audit_state_t *
ngx_http_court_audit_state(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    ngx_http_court_srv_conf_t    *scf;
    ngx_http_court_audit_log_t   *log;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    if (scf->audit == NULL) {
        return NULL;
    }

    log = ngx_http_court_audit_pick(scf->audit,
              ngx_http_get_module_main_conf(r, ngx_http_court_module), s);

    if (log->state == NULL && log->lazy) {
        return ngx_http_court_audit_enter(log, (ngx_cycle_t *) ngx_cycle);
    }

    return log->state;
}


ngx_uint_t
ngx_http_court_audit_on(ngx_http_request_t *r)
{
    ngx_http_court_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    return scf->audit != NULL;
}


/* this request must not go on without its record */

static ngx_uint_t
ngx_http_court_audit_must(ngx_http_court_session_t *s, ngx_uint_t durable)
{
    ngx_http_court_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(s->request, ngx_http_court_module);

    switch (scf->audit_on_failure) {

    case NGX_HTTP_COURT_AUDIT_ALLOW:
        return 0;

    case NGX_HTTP_COURT_AUDIT_REFUSE_DURABLE:
        return durable;

    default:
        return 1;
    }
}


static ngx_int_t
ngx_http_court_audit_write_down(ngx_http_court_session_t *s,
    ngx_http_court_audit_state_t *st)
{
    ngx_http_court_audit_filled_t  filled;

    ngx_http_court_audit_fill(s, &filled);

    return ngx_http_court_audit_put(st, &filled.record);
}


static ngx_int_t
ngx_http_court_audit_begin(ngx_http_court_session_t *s, ngx_uint_t durable,
    ngx_uint_t must)
{
    ngx_uint_t                     commit;
    ngx_http_court_audit_state_t  *st;

    st = ngx_http_court_audit_state(s->request, s);

    if (st == NULL) {
        return NGX_ERROR;
    }

    /* a log that fails is tried by its timer, not by whoever comes */

    commit = durable && !st->failed && ngx_http_court_audit_can_commit(st);

    if (must && (st->failed || (durable && !commit))) {
        return NGX_ERROR;
    }

    if (ngx_http_court_audit_write_down(s, st) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!commit) {
        return NGX_OK;
    }

    s->audit = NGX_HTTP_COURT_AUDIT_WAITING;
    s->audit_seq = st->chain.seq;

    ngx_queue_insert_tail(&st->waiters, &s->audit_queue);
    ngx_http_court_audit_commit(st);

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_court_audit_allow(ngx_http_court_session_t *s)
{
    ngx_int_t   rc;
    ngx_uint_t  durable, must;

    if (!ngx_http_court_audit_on(s->request)) {
        return NGX_OK;
    }

    durable = s->match.interface && s->match.interface->durable;
    must = ngx_http_court_audit_must(s, durable);

    switch (s->audit) {

    case NGX_HTTP_COURT_AUDIT_NONE:
        rc = ngx_http_court_audit_begin(s, durable, must);
        break;

    case NGX_HTTP_COURT_AUDIT_DONE:
        rc = NGX_OK;
        break;

    default:

        /* failed, or court_timeout was shorter than the disk was slow */

        ngx_http_court_audit_cancel(s);
        rc = NGX_ERROR;
        break;
    }

    return (rc == NGX_ERROR && !must) ? NGX_OK : rc;
}


void
ngx_http_court_audit_cancel(ngx_http_court_session_t *s)
{
    if (s->audit == NGX_HTTP_COURT_AUDIT_WAITING) {
        ngx_queue_remove(&s->audit_queue);
        s->audit = NGX_HTTP_COURT_AUDIT_FAILED;
    }
}


void
ngx_http_court_audit_refusal(ngx_http_court_session_t *s)
{
    ngx_http_court_audit_state_t  *st;

    st = ngx_http_court_audit_state(s->request, s);

    if (st) {
        (void) ngx_http_court_audit_write_down(s, st);
    }
}


static ngx_uint_t
ngx_http_court_audit_upstream_status(ngx_http_request_t *r)
{
    ngx_http_upstream_state_t  *state;

    if (r->upstream_states == NULL || r->upstream_states->nelts == 0) {
        return 0;
    }

    state = r->upstream_states->elts;

    return state[r->upstream_states->nelts - 1].status;
}


static void
ngx_http_court_audit_ended(ngx_http_court_session_t *s,
    ngx_court_audit_record_t *record)
{
    record->request_id = s->request_id;
    record->court = s->code;
    record->ip = *ngx_http_court_front_ip(s);

    if (s->match.interface) {
        record->interface = s->match.interface->id;
    }

    if (s->decided) {
        record->decision = *ngx_http_court_verdict(s);
    }

    if (s->decided && s->reason && !s->allowed) {
        record->reason = s->reason->code;
    }
}


/* s is NULL, or undecided, where the flow never saw the request */

void
ngx_http_court_audit_outcome(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_court_kept_t         *kept;
    ngx_court_audit_record_t       record;
    ngx_http_court_audit_state_t  *st;

    st = ngx_http_court_audit_state(r, s);

    if (st == NULL) {
        return;
    }

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_OUTCOME,
                          ngx_http_court_audit_now());

    ngx_str_set(&record.decision, "undecided");
    record.ip = r->connection->addr_text;

    if (s) {
        ngx_http_court_audit_ended(s, &record);
    }

    /* one that was cut off says more than others of its kind */

    kept = (s && s->allowed && s->ended.len == 0) ? ngx_http_court_kept(s)
                                                  : NULL;

    if (kept) {
        ngx_http_court_audit_keep(&record, kept->outcome,
                                  sizeof(kept->outcome), &kept->outcome_len);
    }

    if (s && s->ended.len) {
        record.reason = s->ended;
    }

    record.status = r->err_status ? r->err_status : r->headers_out.status;
    record.upstream_status = ngx_http_court_audit_upstream_status(r);
    record.bytes = r->connection->sent;

    (void) ngx_http_court_audit_put(st, &record);
}
