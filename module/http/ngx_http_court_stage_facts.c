/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Exactly the facts that rules of this interface and role read, with the
 * freshness that they ask for, all at once and within one budget.  What has
 * not answered by then is unavailable; whether that matters is decided by
 * the policy.
 */

#include "ngx_http_court.h"


static void
ngx_http_court_facts_wake(ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found)
{
    ngx_uint_t                 i;
    ngx_str_t                  record;
    ngx_http_court_need_t     *need;
    ngx_http_court_session_t  *s;

    need = waiter->data;
    s = need->session;

    need->answered = 1;
    need->found = *found;

    /* the bytes are the flight's, for this call alone */

    ngx_str_null(&record);

    if (found->record.len) {
        record.data = ngx_pnalloc(s->request->pool, found->record.len);

        if (record.data) {
            record.len = found->record.len;
            ngx_memcpy(record.data, found->record.data, record.len);

        } else {
            need->found.state = NGX_COURT_F_UNAVAILABLE;
            need->found.why = "no memory";
        }
    }

    need->found.record = record;

    for (i = 0; i < s->nneeds; i++) {
        if (!s->needs[i].answered) {
            return;
        }
    }

    ngx_http_court_resume(s);
}


static void
ngx_http_court_facts_answer(ngx_http_court_need_t *need,
    ngx_court_fact_state_t state, const char *why)
{
    ngx_memzero(&need->found, sizeof(ngx_court_found_t));

    need->found.state = state;
    need->found.why = why;
    need->answered = 1;
}


/* ms since 1970: nothing that was fetched earlier serves */

static int64_t
ngx_http_court_facts_not_before(ngx_http_court_session_t *s, int64_t max_age)
{
    ngx_time_t  *tp;

    if (max_age < 0) {
        return 0;
    }

    if (max_age == 0) {
        return s->arrived;
    }

    tp = ngx_timeofday();

    return ((int64_t) tp->sec - max_age) * 1000 + tp->msec;
}


/* {NAME} of the path; "" where it has none */

static void
ngx_http_court_facts_path(ngx_http_court_session_t *s, const ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_uint_t        i;
    const ngx_str_t  *known;

    ngx_str_null(value);

    for (i = 0; i < s->match.nvars; i++) {
        known = ngx_court_policy_path_name(s->pinned->policy,
                                           s->match.vars[i].name);

        if (ngx_court_str_eq(known, name)) {
            *value = s->match.vars[i].value;
            return;
        }
    }
}


/* as the variable would say it; what is more than one is evaluated */

static ngx_int_t
ngx_http_court_facts_part(ngx_http_court_session_t *s,
    ngx_http_court_key_part_t *part, ngx_court_side_t side, ngx_str_t *value)
{
    ngx_int_t  rc;

    if (part->path.len) {
        ngx_http_court_facts_path(s, &part->path, value);
        return NGX_OK;
    }

    if (part->alone == offsetof(ngx_http_court_session_t, subject)
        && side == NGX_COURT_PRINCIPAL)
    {
        *value = s->principal;
        return NGX_OK;
    }

    if (part->alone) {
        *value = *(ngx_str_t *) ((u_char *) s + part->alone);
        return NGX_OK;
    }

    s->keying = 1;
    s->key_side = side;

    rc = ngx_http_complex_value(s->request, &part->value, value);

    s->keying = 0;
    s->key_side = NGX_COURT_CALLER;

    return rc;
}


/* NGX_DECLINED where one is empty: nobody to ask about, so definitely no
 * record */

static ngx_int_t
ngx_http_court_facts_keys(ngx_http_court_session_t *s,
    ngx_http_court_need_t *need, ngx_array_t *parts, ngx_str_t *keys)
{
    ngx_uint_t                  i;
    ngx_http_court_key_part_t  *part;

    if (parts == NULL || parts->nelts != need->source->fact.nkeys
        || parts->nelts > NGX_COURT_FACT_KEYS)
    {
        return NGX_ERROR;
    }

    part = parts->elts;

    for (i = 0; i < parts->nelts; i++) {

        if (ngx_http_court_facts_part(s, &part[i], need->side, &keys[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (keys[i].len == 0) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_facts_ask(ngx_http_court_session_t *s,
    ngx_http_court_main_conf_t *mcf, ngx_http_court_need_t *need)
{
    ngx_int_t         rc;
    ngx_str_t         keys[NGX_COURT_FACT_KEYS];
    ngx_array_t     **parts;
    ngx_court_ask_t   ask;

    parts = mcf->source_keys.elts;

    rc = ngx_http_court_facts_keys(s, need,
                                   parts[need->source->fact.index], keys);

    if (rc == NGX_DECLINED) {
        ngx_http_court_facts_answer(need, NGX_COURT_F_NONE, "empty key");
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* without a court nobody can be asked: that is not "no" */

    if (need->source->fact.court_scope && s->code.len == 0) {
        ngx_http_court_facts_answer(need, NGX_COURT_F_UNAVAILABLE,
                                    "no court_code");
        return NGX_OK;
    }

    ngx_memzero(&ask, sizeof(ngx_court_ask_t));

    ask.source = need->source;
    ask.keys = keys;
    ask.court = need->source->fact.court_scope ? &s->code : NULL;
    ask.at = s->code;
    ask.not_before = need->not_before;
    ask.strict = need->strict;
    ask.no_l2 = s->match.interface->confirmed;

    rc = ngx_court_tier_get(&mcf->tiers, &ask, s->request->pool, &need->found,
                            &need->waiter);

    if (rc == NGX_OK) {
        need->answered = 1;

    } else if (rc == NGX_AGAIN) {
        need->asked = 1;
    }

    return rc;
}


static ngx_int_t
ngx_http_court_facts_need(ngx_http_court_session_t *s,
    ngx_http_court_main_conf_t *mcf, const ngx_court_need_t *wanted)
{
    ngx_court_source_t     **sources;
    ngx_http_court_need_t   *need;

    if (wanted->fact >= mcf->sources.nelts
        || wanted->fact >= mcf->source_keys.nelts)
    {
        return NGX_ERROR;
    }

    sources = mcf->sources.elts;

    need = &s->needs[s->nneeds++];

    need->session = s;
    need->source = sources[wanted->fact];
    need->side = wanted->side;
    need->not_before = ngx_http_court_facts_not_before(s, wanted->max_age);
    need->strict = (wanted->max_age == 0);
    need->waiter.wake = ngx_http_court_facts_wake;
    need->waiter.data = need;

    return ngx_http_court_facts_ask(s, mcf, need);
}


/* resumed: all have answered, or the budget is spent; then what is old may
 * serve */

static ngx_court_result_t
ngx_http_court_facts_close(ngx_http_court_session_t *s)
{
    ngx_uint_t              i;
    ngx_http_court_need_t  *need;

    for (i = 0; i < s->nneeds; i++) {
        need = &s->needs[i];

        if (need->answered) {
            continue;
        }

        if (ngx_court_tier_late(&need->waiter, s->request->pool,
                                &need->found)
            == NGX_OK)
        {
            need->answered = 1;
            continue;
        }

        ngx_http_court_facts_answer(need, NGX_COURT_F_UNAVAILABLE,
                                    "court_timeout");
    }

    return NGX_COURT_PASS;
}


void
ngx_http_court_facts_cancel(ngx_http_court_session_t *s)
{
    ngx_uint_t              i;
    ngx_http_court_need_t  *need;

    for (i = 0; i < s->nneeds; i++) {
        need = &s->needs[i];

        if (need->asked && !need->answered) {
            ngx_court_waiter_cancel(&need->waiter);
            ngx_http_court_facts_answer(need, NGX_COURT_F_UNAVAILABLE,
                                        "given up");
        }
    }

    ngx_http_court_audit_cancel(s);

    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }

    if (s->timer.posted) {
        ngx_delete_posted_event(&s->timer);
    }

    s->waiting = 0;
}


/* NGX_AGAIN: at least one is waited for */

static ngx_int_t
ngx_http_court_facts_start(ngx_http_court_session_t *s,
    const ngx_court_need_t *wanted, ngx_uint_t n)
{
    ngx_int_t                    rc, all;
    ngx_uint_t                   i;
    ngx_http_court_main_conf_t  *mcf;

    if (n > NGX_HTTP_COURT_MAX_NEEDS) {
        return NGX_ERROR;
    }

    /* zeroed; not moved while a waiter in it is linked */

    s->needs = ngx_pcalloc(s->request->pool,
                           n * sizeof(ngx_http_court_need_t));
    if (s->needs == NULL) {
        return NGX_ERROR;
    }

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);
    all = NGX_OK;

    for (i = 0; i < n; i++) {
        rc = ngx_http_court_facts_need(s, mcf, &wanted[i]);

        if (rc == NGX_AGAIN) {
            all = NGX_AGAIN;

        } else if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return all;
}


ngx_court_result_t
ngx_http_court_stage_facts(ngx_http_court_session_t *s)
{
    ngx_int_t                   rc;
    ngx_uint_t                  n;
    ngx_court_result_t          result;
    const ngx_court_need_t     *wanted;
    ngx_http_court_loc_conf_t  *lcf;

    if (s->asked) {
        return ngx_http_court_facts_close(s);
    }

    s->asked = 1;

    if (s->match.interface == NULL || s->match.interface->public_) {
        return NGX_COURT_PASS;
    }

    ngx_court_policy_needs(s->pinned->policy, s->match.interface, &s->role,
                           &wanted, &n);
    if (n == 0) {
        return NGX_COURT_PASS;
    }

    rc = ngx_http_court_facts_start(s, wanted, n);

    if (rc == NGX_OK) {
        return NGX_COURT_PASS;
    }

    lcf = ngx_http_get_module_loc_conf(s->request, ngx_http_court_module);

    result = (rc == NGX_AGAIN) ? ngx_http_court_wait(s, lcf->timeout)
                               : ngx_http_court_failed(s, INTERNAL_ERROR,
                                                  "facts cannot be asked");
    if (result != NGX_COURT_WAIT) {
        ngx_http_court_facts_cancel(s);
    }

    return result;
}
