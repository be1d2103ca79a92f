/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court_notify: a source tells what has changed.  All of a notice is checked
 * before any of it is done; then nothing of it serves in any worker, and what
 * Redis has goes, too.  Who is meant stands in no log and no record.
 */

#include "ngx_http_court_notify.h"
#include "ngx_http_court_status.h"
#include "ngx_court_tier_cache.h"


typedef struct {
    ngx_court_fact_t          *fact;
    u_char                     key[NGX_COURT_SHA256_LEN];
} ngx_http_court_notify_one_t;

typedef struct ngx_http_court_notify_wait_s  ngx_http_court_notify_wait_t;

typedef struct {
    ngx_http_court_control_t   ctl;          /* first: its functions serve */
    ngx_http_court_notify_line_t  *line;
    ngx_http_court_notify_one_t  ones[NGX_HTTP_COURT_NOTIFY_MAX];
    ngx_uint_t                 n;
    ngx_http_court_notify_wait_t  *wait;
} ngx_http_court_notify_t;

/* commands to Redis; of no request's memory, since none can be taken back */
struct ngx_http_court_notify_wait_s {
    ngx_http_court_notify_t   *notice;       /* NULL: has gone */
    ngx_uint_t                 pending;
    ngx_uint_t                 failed;
};


static void ngx_http_court_notify_told(void *ctx,
    ngx_court_redis_status_t status, const ngx_str_t *data);


static void
ngx_http_court_notify_count(ngx_court_state_notice_t what)
{
    ngx_court_count(&ngx_court_state_line->notices[what]);
}


static ngx_int_t
ngx_http_court_notify_problem(ngx_http_court_notify_t *notice,
    ngx_uint_t status, const char *code, const char *detail)
{
    return ngx_http_court_control_problem(&notice->ctl, status, code, detail,
                                          NULL);
}


/* he shall come again; a busy one waits longer than a second at times */

static ngx_int_t
ngx_http_court_notify_later(ngx_http_court_notify_t *notice,
    ngx_uint_t status, const char *code, const char *detail)
{
    ngx_str_t  seconds;

    ngx_str_set(&seconds, "1");

    if (ngx_random() & 1) {
        ngx_str_set(&seconds, "2");
    }

    if (ngx_http_court_status_header(notice->ctl.request, "Retry-After",
                                     &seconds)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_court_notify_problem(notice, status, code, detail);
}


/* NGX_OK; NGX_DECLINED: answered, with *rc */

static ngx_int_t
ngx_http_court_notify_one(ngx_http_court_notify_t *notice,
    ngx_court_json_t *body, ngx_int_t *rc)
{
    ngx_court_fact_t             *fact;
    ngx_http_court_control_t     *ctl;
    ngx_http_court_notify_one_t  *one;

    static const char *const  members[] = { "fact", "key", "court", NULL };

    ctl = &notice->ctl;
    ctl->body = body;
    ctl->names = 0;
    ngx_str_null(&ctl->court);

    if (body == NULL || ngx_court_json_type(body) != NGX_COURT_JSON_OBJECT) {
        *rc = ngx_http_court_notify_problem(notice, NGX_HTTP_BAD_REQUEST,
                                            "request_malformed", "\"changed\" "
                                            "must be an array of objects");
        return NGX_DECLINED;
    }

    if (ngx_http_court_control_members(ctl, members, rc) != NGX_OK
        || ngx_http_court_control_fact_key(ctl, rc) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    fact = &ctl->source->fact;

    if (!fact->court_scope && ctl->court.len) {
        *rc = ngx_http_court_notify_problem(notice, NGX_HTTP_BAD_REQUEST,
                                            "court_unexpected",
                                            "the fact is of scope national");
        return NGX_DECLINED;
    }

    if (!ngx_http_court_notify_may(notice->line, ctl->mcf, fact,
                                   &ctl->court))
    {
        *rc = ngx_http_court_notify_problem(notice, NGX_HTTP_FORBIDDEN,
                                            "out_of_scope", "the certificate "
                                            "may not speak of that fact, or "
                                            "of that court");
        return NGX_DECLINED;
    }

    one = &notice->ones[notice->n++];
    one->fact = fact;
    ngx_memcpy(one->key, ctl->key, NGX_COURT_SHA256_LEN);

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_notify_read(ngx_http_court_notify_t *notice, ngx_int_t *rc)
{
    ngx_uint_t         i, n;
    ngx_court_json_t  *changed;

    static const char *const  members[] = { "changed", NULL };

    if (ngx_http_court_control_members(&notice->ctl, members, rc) != NGX_OK) {
        return NGX_DECLINED;
    }

    changed = ngx_court_json_get(notice->ctl.body, "changed");

    n = (changed && ngx_court_json_type(changed) == NGX_COURT_JSON_ARRAY)
        ? ngx_court_json_size(changed) : 0;

    if (n == 0 || n > NGX_HTTP_COURT_NOTIFY_MAX) {
        *rc = ngx_http_court_notify_problem(notice, NGX_HTTP_BAD_REQUEST,
                                            "request_malformed", "\"changed\" "
                                            "must be an array of 1 to 64");
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_court_notify_one(notice, ngx_court_json_at(changed, i),
                                      rc)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* "identity 2, link 1 by NAME": how many of each */

static void
ngx_http_court_notify_record(ngx_http_court_notify_t *notice)
{
    u_char                        buf[1024], *p;
    ngx_str_t                     text;
    ngx_uint_t                    i, n, counts[NGX_COURT_MAX_FACTS];
    ngx_court_source_t          **source;
    ngx_http_court_main_conf_t   *mcf;

    mcf = notice->ctl.mcf;
    source = mcf->sources.elts;
    ngx_memzero(counts, sizeof(counts));

    for (i = 0; i < notice->n; i++) {
        counts[notice->ones[i].fact->index]++;
    }

    p = buf;

    for (i = 0, n = 0; i < mcf->sources.nelts; i++) {
        if (counts[i]) {
            p = ngx_slprintf(p, buf + sizeof(buf), "%s%V %ui",
                             n++ ? ", " : "", &source[i]->fact.name,
                             counts[i]);
        }
    }

    p = ngx_slprintf(p, buf + sizeof(buf), " by %V", &notice->line->label);

    text.data = buf;
    text.len = (size_t) (p - buf);

    ngx_http_court_audit_notice(mcf, &text);

    ngx_log_error(NGX_LOG_NOTICE, notice->ctl.request->connection->log, 0,
                  "court: notify: %V", &text);
}


static ngx_int_t
ngx_http_court_notify_done(ngx_http_court_notify_t *notice,
    ngx_uint_t failed)
{
    ngx_court_out_t  out;

    if (failed) {
        ngx_http_court_notify_count(NGX_COURT_STATE_N_FAILED);

        return ngx_http_court_notify_later(notice,
                                           NGX_HTTP_SERVICE_UNAVAILABLE,
                                           "not_everywhere", "this machine "
                                           "has forgotten it; another place "
                                           "may not have: tell it again");
    }

    ngx_http_court_notify_count(NGX_COURT_STATE_N_OK);

    if (ngx_court_out_init(&out, notice->ctl.request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&out, "{\"invalidated\":");
    ngx_court_out_uint(&out, notice->n);
    ngx_court_out_const(&out, "}");

    return ngx_http_court_control_answer(&notice->ctl, NGX_HTTP_OK, &out);
}


/* under each of its names */

static void
ngx_http_court_notify_delete(ngx_http_court_notify_t *notice,
    const ngx_http_court_notify_one_t *one)
{
    ngx_int_t           rc;
    ngx_str_t           name;
    ngx_uint_t          k;
    ngx_court_tiers_t  *tiers;

    tiers = &notice->ctl.mcf->tiers;
    k = 0;

    for ( ;; ) {
        rc = ngx_court_tier_l2_names(tiers, one->fact, one->key,
                                     notice->ctl.request->pool, &k, &name);

        if (rc != NGX_OK) {
            notice->wait->failed |= (rc != NGX_DECLINED);
            return;
        }

        notice->wait->pending++;
        ngx_court_redis_delete(tiers->redis, &name,
                               ngx_http_court_notify_told, notice->wait);
    }
}


/* NGX_DONE: Redis is waited for */

static ngx_int_t
ngx_http_court_notify_redis(ngx_http_court_notify_t *notice)
{
    ngx_uint_t                     i, failed;
    ngx_http_court_notify_wait_t  *wait;

    if (notice->ctl.mcf->tiers.redis == NULL) {
        return ngx_http_court_notify_done(notice, 0);
    }

    wait = ngx_calloc(sizeof(ngx_http_court_notify_wait_t),
                      notice->ctl.request->connection->log);
    if (wait == NULL) {
        return ngx_http_court_notify_done(notice, 1);
    }

    /* one more than there are, so that none of them ends it in here */

    wait->notice = notice;
    wait->pending = 1;
    notice->wait = wait;

    for (i = 0; i < notice->n; i++) {
        ngx_http_court_notify_delete(notice, &notice->ones[i]);
    }

    if (--wait->pending) {
        return NGX_DONE;
    }

    failed = wait->failed;
    notice->wait = NULL;
    ngx_free(wait);

    return ngx_http_court_notify_done(notice, failed);
}


static void
ngx_http_court_notify_told(void *ctx, ngx_court_redis_status_t status,
    const ngx_str_t *data)
{
    ngx_http_court_notify_wait_t *wait = ctx;

    ngx_uint_t                failed;
    ngx_http_court_notify_t  *notice;

    (void) data;

    wait->failed |= (status != NGX_COURT_REDIS_VALUE
                     && status != NGX_COURT_REDIS_NIL);

    if (--wait->pending) {
        return;
    }

    notice = wait->notice;
    failed = wait->failed;
    ngx_free(wait);

    if (notice == NULL) {
        return;
    }

    notice->wait = NULL;

    /* the process ends: nobody is answered any more */

    if (!notice->ctl.mcf->tiers.stopping) {
        ngx_http_court_control_end(&notice->ctl,
                                   ngx_http_court_notify_done(notice,
                                                              failed));
    }
}


static ngx_int_t
ngx_http_court_notify_run(ngx_http_court_notify_t *notice)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_http_court_control_t   *ctl;

    ctl = &notice->ctl;
    rc = ngx_http_court_control_read(ctl);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        ngx_http_court_notify_count(NGX_COURT_STATE_N_MALFORMED);
        return ngx_http_court_notify_problem(notice, NGX_HTTP_BAD_REQUEST,
                                             "request_malformed",
                                             "the body is no JSON object");
    }

    if (ngx_http_court_notify_read(notice, &rc) != NGX_OK) {
        ngx_http_court_notify_count(ctl->request->headers_out.status
                                    == NGX_HTTP_FORBIDDEN
                                    ? NGX_COURT_STATE_N_REFUSED
                                    : NGX_COURT_STATE_N_MALFORMED);
        return rc;
    }

    ngx_http_court_notify_record(notice);

    /* where a lock could not be had it does not serve all the same */

    for (i = 0; i < notice->n; i++) {
        (void) ngx_court_tier_forget(&ctl->mcf->tiers, notice->ones[i].key);
    }

    return ngx_http_court_notify_redis(notice);
}


static void
ngx_http_court_notify_cleanup(void *data)
{
    ngx_http_court_notify_t *notice = data;

    if (notice->wait) {
        notice->wait->notice = NULL;
    }
}


static void
ngx_http_court_notify_body(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_cleanup_t       *cln;
    ngx_http_court_notify_t  *notice;

    notice = ngx_http_get_module_ctx(r, ngx_http_court_filter_module);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    cln->handler = ngx_http_court_notify_cleanup;
    cln->data = notice;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    rc = ngx_http_court_notify_run(notice);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/* before a byte of the body is read: a status and its code, or 0 */

static ngx_uint_t
ngx_http_court_notify_admit(ngx_http_court_notify_t *notice,
    const char **code)
{
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(notice->ctl.request,
                                       ngx_http_court_module);

    notice->line = ngx_http_court_notify_who(notice->ctl.request, lcf->notify,
                                             code);

    if (notice->line == NULL) {
        return NGX_HTTP_FORBIDDEN;
    }

    if (notice->ctl.request->method != NGX_HTTP_POST) {
        *code = "method_not_allowed";
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (notice->ctl.length < 0) {
        *code = "length_required";
        return NGX_HTTP_LENGTH_REQUIRED;
    }

    if (notice->ctl.length > NGX_HTTP_COURT_CONTROL_BODY) {
        *code = "body_too_large";
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (ngx_http_court_notify_rate(notice->line, ngx_current_msec)
        != NGX_OK)
    {
        *code = "too_many_requests";
        return NGX_HTTP_TOO_MANY_REQUESTS;
    }

    return 0;
}


static ngx_int_t
ngx_http_court_notify_refuse(ngx_http_court_notify_t *notice,
    ngx_uint_t status, const char *code)
{
    ngx_log_error(NGX_LOG_WARN, notice->ctl.request->connection->log, 0,
                  "court: notify: refused, %s", code);

    if (ngx_http_discard_request_body(notice->ctl.request) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    switch (status) {

    case NGX_HTTP_FORBIDDEN:
        ngx_http_court_notify_count(NGX_COURT_STATE_N_REFUSED);
        return ngx_http_court_notify_problem(notice, status, code, NULL);

    case NGX_HTTP_TOO_MANY_REQUESTS:
        ngx_http_court_notify_count(NGX_COURT_STATE_N_LIMITED);
        return ngx_http_court_notify_later(notice, status, code, NULL);

    case NGX_HTTP_NOT_ALLOWED:
        ngx_http_court_notify_count(NGX_COURT_STATE_N_MALFORMED);
        return ngx_http_court_control_method(&notice->ctl, NGX_HTTP_POST);

    default:
        ngx_http_court_notify_count(NGX_COURT_STATE_N_MALFORMED);
        return ngx_http_court_notify_problem(notice, status, code, NULL);
    }
}


ngx_int_t
ngx_http_court_notify_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_uint_t                status;
    const char               *code;
    ngx_http_court_notify_t  *notice;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    notice = ngx_pcalloc(r->pool, sizeof(ngx_http_court_notify_t));
    if (notice == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    notice->ctl.request = r;
    notice->ctl.mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    /* nginx counts it down while it reads */

    notice->ctl.length = r->headers_in.content_length_n;

    ngx_http_set_ctx(r, notice, ngx_http_court_filter_module);

    status = ngx_http_court_notify_admit(notice, &code);

    if (status) {
        return ngx_http_court_notify_refuse(notice, status, code);
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_court_notify_body);

    return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
}
