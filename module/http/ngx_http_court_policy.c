/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy's way: read and checked with the configuration, published in the
 * zone of artefacts, compiled by each worker for itself, pinned by requests.
 * A worker looks for a newer generation once a second; one that it can't
 * compile is logged and the live one stays.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_POLICY_POLL  1000     /* ms */
#define NGX_HTTP_COURT_POLICY_POOL  16384


static ngx_http_court_pinned_t *ngx_http_court_policy_compile(
    ngx_http_court_main_conf_t *mcf, ngx_pool_t *pool, const ngx_str_t *text,
    uint64_t generation, ngx_log_t *log);
static void ngx_http_court_policy_poll(ngx_event_t *ev);


/* the generation that was compiled last, or failed to */
static uint64_t  ngx_http_court_policy_tried;


/* the version of a text that compiles; what it says is not kept */

static ngx_int_t
ngx_http_court_policy_check(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *text, int64_t *version, ngx_str_t *err)
{
    ngx_str_t            why;
    ngx_pool_t          *pool;
    ngx_court_policy_t  *policy;

    pool = ngx_create_pool(NGX_HTTP_COURT_POLICY_POOL, cf->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    ngx_str_null(&why);
    policy = ngx_court_policy_compile(pool, text, &mcf->vocab, &why);

    if (policy) {
        *version = ngx_court_policy_version(policy);
        mcf->build->durable |= ngx_court_policy_durable(policy);

    } else {
        err->data = ngx_pstrdup(cf->pool, &why);
        err->len = err->data ? why.len : 0;
    }

    ngx_destroy_pool(pool);

    return policy ? NGX_OK : NGX_DECLINED;
}


/* the highest valid one of file and court_state_dir is live */

ngx_int_t
ngx_http_court_policy_load(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    int64_t    version;
    ngx_str_t  err, kept;

    ngx_str_null(&err);

    if (ngx_http_court_policy_check(cf, mcf, &mcf->policy_text,
                                    &mcf->policy_version, &err)
        != NGX_OK)
    {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->policy,
                                  "court_policy \"%V\": %V", &mcf->policy_file,
                                  &err);
        return NGX_ERROR;
    }

    if (mcf->state_dir.len == 0) {
        return NGX_OK;
    }

    switch (ngx_http_court_state_read(cf, mcf, &kept)) {

    case NGX_OK:
        break;

    case NGX_DECLINED:
        return NGX_OK;

    default:
        return NGX_ERROR;
    }

    if (ngx_http_court_policy_check(cf, mcf, &kept, &version, &err)
        != NGX_OK)
    {
        ngx_http_court_conf_error(NGX_LOG_WARN, cf, &mcf->build->state_dir,
                                  "the policy kept in \"%V\" is not used: %V",
                                  &mcf->state_dir, &err);
        return NGX_OK;
    }

    if (version > mcf->policy_version) {
        ngx_http_court_conf_error(NGX_LOG_WARN, cf, &mcf->build->policy,
                                  "court_policy \"%V\" is version %L; version "
                                  "%L kept in \"%V\" is newer and stays",
                                  &mcf->policy_file, mcf->policy_version,
                                  version, &mcf->state_dir);

        mcf->policy_version = version;
        mcf->policy_text = kept;
    }

    return NGX_OK;
}


/*
 * With court_state_dir: what "courtctl policy reload" made live is higher
 * than the file once that has been put back, and stays.  It must fit today's
 * facts, though.
 */

static ngx_int_t
ngx_http_court_policy_keep(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_str_t              err;
    ngx_pool_t            *pool;
    ngx_court_policy_t    *policy;
    ngx_court_artefact_t   live;

    pool = ngx_create_pool(NGX_HTTP_COURT_POLICY_POOL, cycle->log);
    if (pool == NULL) {
        return NGX_DECLINED;
    }

    ngx_str_null(&err);
    policy = NULL;

    if (ngx_court_artefact_read(mcf->artefacts, NGX_COURT_ARTEFACT_POLICY,
                                cycle->pool, &live)
        == NGX_OK)
    {
        policy = ngx_court_policy_compile(pool, &live.bytes, &mcf->vocab,
                                          &err);
    }

    if (policy == NULL) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "court: policy: the live one is newer than \"%V\", and "
                      "is not used: %V", &mcf->policy_file, &err);

    } else {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "court: policy: \"%V\" is version %L; version %L is "
                      "live and stays", &mcf->policy_file,
                      mcf->policy_version, live.version);

        mcf->policy_version = live.version;
        mcf->policy_text = live.bytes;
    }

    ngx_destroy_pool(pool);

    return policy ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_court_policy_publish(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    int64_t    live;
    ngx_int_t  rc;

    rc = NGX_DECLINED;

    if (mcf->state_dir.len) {
        rc = ngx_court_artefact_raise(mcf->artefacts,
                                      NGX_COURT_ARTEFACT_POLICY,
                                      mcf->policy_version, &mcf->policy_text,
                                      &live, cycle->log);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_court_policy_keep(cycle, mcf);
        }
    }

    /* without room the workers compile the text they have inherited */

    if (rc == NGX_DECLINED) {
        (void) ngx_court_artefact_publish(mcf->artefacts,
                                          NGX_COURT_ARTEFACT_POLICY,
                                          mcf->policy_version,
                                          &mcf->policy_text, cycle->log);
    }

    if (mcf->state_dir.len) {
        ngx_http_court_state_write(mcf, cycle->log);
    }

    return NGX_OK;
}


/* the master ends: what workers have published outlives it */

void
ngx_http_court_policy_end(ngx_cycle_t *cycle, ngx_http_court_main_conf_t *mcf)
{
    ngx_court_artefact_t  live;

    if (mcf->state_dir.len == 0 || mcf->policy_file.len == 0
        || ngx_court_artefact_read(mcf->artefacts, NGX_COURT_ARTEFACT_POLICY,
                                   cycle->pool, &live)
           != NGX_OK
        || live.version <= mcf->policy_version)
    {
        return;
    }

    mcf->policy_version = live.version;
    mcf->policy_text = live.bytes;

    ngx_http_court_state_write(mcf, cycle->log);
}


/* owns pool, which is destroyed where NULL is returned */

static ngx_http_court_pinned_t *
ngx_http_court_policy_compile(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, const ngx_str_t *text, uint64_t generation,
    ngx_log_t *log)
{
    ngx_str_t                 err;
    ngx_http_court_pinned_t  *pinned;

    ngx_str_set(&err, "no memory");

    pinned = ngx_pcalloc(pool, sizeof(ngx_http_court_pinned_t));

    if (pinned) {
        pinned->policy = ngx_court_policy_compile(pool, text, &mcf->vocab,
                                                  &err);
    }

    if (pinned == NULL || pinned->policy == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "court: policy: generation %uL does not compile: %V",
                      generation, &err);
        ngx_court_count(&ngx_court_state_line->policy_failures);
        ngx_destroy_pool(pool);
        return NULL;
    }

    pinned->version.data = pinned->digits;
    pinned->version.len = ngx_sprintf(pinned->digits, "%L",
                              ngx_court_policy_version(pinned->policy))
                          - pinned->digits;
    pinned->pool = pool;
    pinned->generation = generation;
    pinned->loaded = ngx_time();
    pinned->refs = 1;

    return pinned;
}


static ngx_http_court_pinned_t *
ngx_http_court_policy_adopt(ngx_http_court_main_conf_t *mcf, ngx_log_t *log)
{
    ngx_pool_t            *pool;
    ngx_court_artefact_t   artefact;

    pool = ngx_create_pool(NGX_HTTP_COURT_POLICY_POOL, log);
    if (pool == NULL) {
        return NULL;
    }

    if (ngx_court_artefact_read(mcf->artefacts, NGX_COURT_ARTEFACT_POLICY,
                                pool, &artefact)
        != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    ngx_http_court_policy_tried = artefact.generation;

    return ngx_http_court_policy_compile(mcf, pool, &artefact.bytes,
                                         artefact.generation, log);
}


ngx_int_t
ngx_http_court_policy_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_pool_t               *pool;
    ngx_event_t              *ev;
    ngx_http_court_pinned_t  *pinned;

    pinned = ngx_http_court_policy_adopt(mcf, cycle->log);

    if (pinned == NULL) {
        pool = ngx_create_pool(NGX_HTTP_COURT_POLICY_POOL, cycle->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        pinned = ngx_http_court_policy_compile(mcf, pool, &mcf->policy_text,
                                               0, cycle->log);
    }

    /* without any, every request is policy_unavailable */

    ngx_http_court_worker.live = pinned;
    ngx_http_court_metrics_policy();

    ev = &ngx_http_court_worker.poll;

    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = ngx_http_court_policy_poll;
    ev->data = mcf;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_HTTP_COURT_POLICY_POLL);

    return NGX_OK;
}


/*
 * NGX_OK: the published generation is live here; NGX_AGAIN: could not be read
 * now; NGX_ERROR: it does not compile here (an old worker's configuration may
 * lack a fact), which is not tried again.
 */

ngx_int_t
ngx_http_court_policy_look(ngx_http_court_main_conf_t *mcf, ngx_log_t *log)
{
    uint64_t                  generation;
    ngx_http_court_pinned_t  *pinned, *old;

    generation = ngx_court_artefact_generation(mcf->artefacts,
                                               NGX_COURT_ARTEFACT_POLICY);
    old = ngx_http_court_worker.live;

    if (generation == 0 || (old && generation == old->generation)) {
        return NGX_OK;
    }

    if (generation == ngx_http_court_policy_tried) {
        return NGX_ERROR;
    }

    pinned = ngx_http_court_policy_adopt(mcf, log);

    if (pinned == NULL) {
        return (generation == ngx_http_court_policy_tried) ? NGX_ERROR
                                                           : NGX_AGAIN;
    }

    ngx_http_court_worker.live = pinned;
    ngx_http_court_metrics_policy();

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "court: policy: version %L is live",
                  ngx_court_policy_version(pinned->policy));

    ngx_http_court_audit_adopted(mcf);

    if (old) {
        ngx_http_court_policy_unpin(old);
    }

    return NGX_OK;
}


static void
ngx_http_court_policy_poll(ngx_event_t *ev)
{
    (void) ngx_http_court_policy_look(ev->data, ev->log);

    ngx_add_timer(ev, NGX_HTTP_COURT_POLICY_POLL);
}


void
ngx_http_court_policy_stop(ngx_cycle_t *cycle)
{
    ngx_http_court_pinned_t  *live;

    if (ngx_http_court_worker.poll.timer_set) {
        ngx_del_timer(&ngx_http_court_worker.poll);
    }

    live = ngx_http_court_worker.live;
    ngx_http_court_worker.live = NULL;

    if (live) {
        ngx_http_court_policy_unpin(live);
    }
}


ngx_http_court_pinned_t *
ngx_http_court_policy_pin(void)
{
    ngx_http_court_pinned_t  *live;

    live = ngx_http_court_worker.live;

    if (live) {
        live->refs++;
    }

    return live;
}


void
ngx_http_court_policy_unpin(ngx_http_court_pinned_t *pinned)
{
    if (--pinned->refs == 0) {
        ngx_destroy_pool(pinned->pool);
    }
}
