/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a worker counts: its line in the zone "state", names that are counted
 * under, and the end of each request.
 */

#include "ngx_http_court.h"
#include "ngx_court_redis_share.h"


/* index of each built-in reason; made before workers start */
static ngx_uint_t  ngx_http_court_metrics_reasons[NGX_COURT_NREASONS];

static ngx_event_t  ngx_http_court_metrics_timer;


static int64_t
ngx_http_court_metrics_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


ngx_int_t
ngx_http_court_metrics_init(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t             i;
    ngx_court_redis_t    **redis;
    ngx_court_source_t   **source;

    for (i = 0; i < NGX_COURT_NREASONS; i++) {
        ngx_http_court_metrics_reasons[i] = ngx_court_state_intern(mcf->state,
                                                NGX_COURT_NAME_REASON,
                                                &ngx_court_reasons[i].code);
    }

    for (i = 0; mcf->courts && i < mcf->courts->n; i++) {
        mcf->courts->list[i].metric = ngx_court_state_intern(mcf->state,
                                                NGX_COURT_NAME_COURT,
                                                &mcf->courts->list[i].code);
    }

    source = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        source[i]->metric = ngx_court_state_intern(mcf->state,
                                                   NGX_COURT_NAME_FACT,
                                                   &source[i]->fact.name);
        source[i]->shared = ngx_court_flight_source(mcf->tiers.flight,
                                                    &source[i]->fact.name);
    }

    ngx_court_redis_share_init(ngx_court_state_redis(mcf->state));

    redis = mcf->redis.elts;

    for (i = 0; i < mcf->redis.nelts; i++) {
        ngx_court_redis_metric(redis[i],
            ngx_court_state_intern(mcf->state, NGX_COURT_NAME_REDIS,
                                   &ngx_court_redis_conf(redis[i])->name));
    }

    return NGX_OK;
}


static void
ngx_http_court_metrics_beat(ngx_event_t *ev)
{
    ngx_http_court_main_conf_t  *mcf = ev->data;

    ngx_court_state_beat(mcf->state, ngx_exiting,
                         ngx_http_court_metrics_now(), ev->log);

    ngx_court_state_line->cycle = mcf->loaded;
    ngx_http_court_metrics_policy();
    ngx_http_court_control_extend_over(mcf);

    ngx_add_timer(ev, NGX_COURT_STATE_BEAT);
}


/* without a line the worker works all the same */

void
ngx_http_court_metrics_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_event_t  *ev;

    (void) ngx_court_state_join(mcf->state, ngx_http_court_metrics_now(),
                                cycle->log);

    ngx_court_state_line->cycle = mcf->loaded;

    ev = &ngx_http_court_metrics_timer;

    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = ngx_http_court_metrics_beat;
    ev->data = mcf;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_COURT_STATE_BEAT);
}


void
ngx_http_court_metrics_stop(ngx_http_court_main_conf_t *mcf)
{
    if (ngx_http_court_metrics_timer.timer_set) {
        ngx_del_timer(&ngx_http_court_metrics_timer);
    }

    ngx_court_state_leave(mcf->state);
}


void
ngx_http_court_metrics_policy(void)
{
    ngx_court_state_line_t   *line;
    ngx_http_court_pinned_t  *live;

    line = ngx_court_state_line;
    live = ngx_http_court_worker.live;

    line->policy_generation = live ? live->generation : 0;
    line->policy_version = live ? ngx_court_policy_version(live->policy) : 0;
    line->policy_loaded = live ? live->loaded : 0;
}


/*
 * The court of this target; where it ended before that was known, the one
 * that its location says.
 */

static ngx_uint_t
ngx_http_court_metrics_court(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_str_t                      code;
    const ngx_http_court_court_t  *court;
    ngx_http_court_loc_conf_t     *lcf;
    ngx_http_court_main_conf_t    *mcf;

    if (s && s->court) {
        return s->court->metric;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    court = NULL;

    if (lcf->code && mcf->courts
        && ngx_http_complex_value(r, lcf->code, &code) == NGX_OK)
    {
        court = ngx_http_court_court_find(mcf->courts, &code);
    }

    return court ? court->metric : NGX_COURT_STATE_NONE;
}


/* of a policy's own: known by name, also to the policy that comes next */

static ngx_uint_t
ngx_http_court_metrics_reason(ngx_http_request_t *r,
    const ngx_court_reason_t *reason)
{
    ngx_http_court_main_conf_t  *mcf;

    if (reason >= ngx_court_reasons
        && reason < ngx_court_reasons + NGX_COURT_NREASONS)
    {
        return ngx_http_court_metrics_reasons[reason - ngx_court_reasons];
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    return ngx_court_state_intern(mcf->state, NGX_COURT_NAME_REASON,
                                  &reason->code);
}


/*
 * The last word about a request.  A refusal whose page was let in is a
 * refusal; a target that was never decided about, because the client left, is
 * undecided.
 */

static ngx_court_decided_t
ngx_http_court_metrics_decided(ngx_http_court_session_t *s)
{
    if (s == NULL || !s->decided) {
        return NGX_COURT_D_UNDECIDED;
    }

    if (s->would_refuse) {
        return NGX_COURT_D_WOULD_REFUSE;
    }

    if (s->result == NGX_COURT_PASS && !s->refused) {
        return NGX_COURT_D_ALLOW;
    }

    if (s->reason == NULL) {
        return NGX_COURT_D_UNDECIDED;
    }

    if (s->result == NGX_COURT_REFUSED) {
        return NGX_COURT_D_REFUSE;
    }

    return (s->reason->status < NGX_HTTP_INTERNAL_SERVER_ERROR)
           ? NGX_COURT_D_REFUSE : NGX_COURT_D_ERROR;
}


void
ngx_http_court_metrics_request(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_uint_t               court;
    ngx_court_decided_t      decided;
    ngx_court_state_line_t  *line;

    line = ngx_court_state_line;
    court = ngx_http_court_metrics_court(r, s);
    decided = ngx_http_court_metrics_decided(s);

    ngx_court_count(&line->decisions[court][decided]);

    if (decided != NGX_COURT_D_ALLOW && decided != NGX_COURT_D_UNDECIDED
        && s->reason)
    {
        ngx_court_state_refuse(line, court,
                               ngx_http_court_metrics_reason(r, s->reason));
    }
}
