/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One line for each decision, one for each outcome, in error_log; where the
 * decision record is kept (court_audit_log), only for each refusal.  Without
 * nginx's own context behind it: the request line holds case numbers, and
 * may hold a credential.
 */

#include "ngx_http_court.h"


static const ngx_str_t  ngx_http_court_log_none = ngx_string("-");


static const ngx_str_t *
ngx_http_court_log_or(const ngx_str_t *s)
{
    return (s && s->len) ? s : &ngx_http_court_log_none;
}


/* as $court_subject_hash; "-" without court_audit_key */

static const ngx_str_t *
ngx_http_court_log_subject(ngx_http_court_session_t *s, ngx_str_t *text,
    u_char *buf)
{
    if (ngx_http_court_pseudonym(s, NGX_HTTP_COURT_SUBJECT, buf) != NGX_OK) {
        return &ngx_http_court_log_none;
    }

    text->data = buf;
    text->len = NGX_HTTP_COURT_PSEUDONYM_LEN;

    return text;
}


const ngx_str_t *
ngx_http_court_verdict(ngx_http_court_session_t *s)
{
    static const ngx_str_t  allow = ngx_string("allow");
    static const ngx_str_t  refuse = ngx_string("refuse");
    static const ngx_str_t  error = ngx_string("error");
    static const ngx_str_t  would = ngx_string("would-refuse");

    if (s->would_refuse) {
        return &would;
    }

    switch (s->result) {

    case NGX_COURT_PASS:
        return &allow;

    case NGX_COURT_REFUSED:
        return &refuse;

    default:
        return &error;
    }
}


/*
 * Exactly once for each target of a request: where something fails after the
 * decision was written, that is said in a line of its own.
 */

void
ngx_http_court_log_decision(ngx_http_court_session_t *s)
{
    u_char                      buf[NGX_COURT_SHA256_LEN];
    ngx_log_t                   log;
    ngx_str_t                   text;
    const ngx_str_t            *code;
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    /* what is let in has been recorded before (stage_record) */

    if (s->result != NGX_COURT_PASS && !s->would_refuse) {
        ngx_http_court_audit_refusal(s);
    }

    log = *s->request->connection->log;
    log.handler = NULL;

    if (s->logged) {
        ngx_log_error(NGX_LOG_ERR, &log, 0,
                      "court: %s: failed after the decision: %s, request=%V",
                      s->stage_name, s->why ? s->why : "-", &s->request_id);
        return;
    }

    s->logged = 1;

    if (log.log_level < lcf->log_level
        || (s->result == NGX_COURT_PASS
            && ngx_http_court_audit_on(s->request)))
    {
        return;
    }

    code = (s->result == NGX_COURT_PASS || s->reason == NULL)
           ? &ngx_http_court_log_none : &s->reason->code;

    ngx_log_error(lcf->log_level, &log, 0,
                  "court: decide: %V: rule=%V reason=%V interface=%V role=%V "
                  "subject_h=%V court=%V cond=%V stage=%s why=\"%s\" "
                  "request=%V",
                  ngx_http_court_verdict(s),
                  ngx_http_court_log_or(s->decision.rule), code,
                  ngx_http_court_log_or(s->match.interface
                                        ? &s->match.interface->id : NULL),
                  ngx_http_court_log_or(&s->role),
                  ngx_http_court_log_subject(s, &text, buf),
                  ngx_http_court_log_or(&s->code),
                  ngx_http_court_log_or(s->decision.condition),
                  s->stage_name, s->why ? s->why : "", &s->request_id);
}


void
ngx_http_court_log_late(ngx_http_court_session_t *s)
{
    ngx_log_t                   log;
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    log = *s->request->connection->log;
    log.handler = NULL;

    ngx_log_error(lcf->log_level, &log, 0,
                  "court: outcome: ended: reason=%V interface=%V court=%V "
                  "request=%V",
                  s->ended.len ? &s->ended
                               : s->reason ? &s->reason->code
                                           : &ngx_http_court_log_none,
                  ngx_http_court_log_or(s->match.interface
                                        ? &s->match.interface->id : NULL),
                  ngx_http_court_log_or(&s->code), &s->request_id);
}


/* the path that a proxy sent is the one that was decided: else an alarm */

static void
ngx_http_court_log_forwarded(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_log_t *log)
{
    u_char     *p;
    ngx_str_t   sent;

    if (!s->allowed || r->upstream == NULL || r->upstream->uri.len == 0) {
        return;
    }

    sent = r->upstream->uri;

    p = ngx_strlchr(sent.data, sent.data + sent.len, '?');
    if (p) {
        sent.len = p - sent.data;
    }

    if (!ngx_court_str_eq(&sent, &s->path)) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "court: outcome: the path forwarded is not the path "
                      "decided (proxy_pass with a URI?), interface=%V "
                      "request=%V",
                      ngx_http_court_log_or(s->match.interface
                                            ? &s->match.interface->id : NULL),
                      &s->request_id);
    }
}


static void
ngx_http_court_log_outcome(ngx_http_request_t *r, ngx_http_court_session_t *s,
    ngx_log_t *log)
{
    ngx_http_court_loc_conf_t  *lcf;

    if (s == NULL || !s->decided) {
        lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

        ngx_log_error(lcf->log_level, log, 0,
                      "court: outcome: undecided: status=%ui request=%V",
                      r->headers_out.status,
                      s ? &s->request_id : &ngx_http_court_log_none);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, log, 0,
                  "court: outcome: %V: status=%ui bytes=%O request=%V",
                  ngx_http_court_verdict(s), r->headers_out.status,
                  r->connection->sent, &s->request_id);
}


ngx_int_t
ngx_http_court_log_handler(ngx_http_request_t *r)
{
    ngx_log_t                  log;
    ngx_uint_t                 protected;
    ngx_http_court_session_t  *s;

    if (r != r->main || ngx_http_court_scrub_early(r) != NGX_OK) {
        return NGX_OK;
    }

    s = ngx_http_court_session(r);
    protected = ngx_http_court_protected(r);

    if (!protected && (s == NULL || !s->touched)) {
        return NGX_OK;
    }

    log = *r->connection->log;
    log.handler = NULL;

    ngx_http_court_metrics_request(r, s);

    if (s && s->decided && protected) {
        ngx_http_court_log_forwarded(r, s, &log);
    }

    if (ngx_http_court_audit_on(r)) {
        ngx_http_court_audit_outcome(r, s);

    } else {
        ngx_http_court_log_outcome(r, s, &log);
    }

    return NGX_OK;
}
