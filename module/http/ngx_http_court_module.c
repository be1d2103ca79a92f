/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The module: its place in nginx's phases, and the life of its processes.
 */

#include "ngx_http_court_kept.h"
#include "ngx_http_court_audit.h"
#include "ngx_court_command.h"
#include "ngx_court_flight_bell.h"


static void *ngx_http_court_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_court_init_main_conf(ngx_conf_t *cf, void *conf);
static ngx_int_t ngx_http_court_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_court_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_court_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_court_init_process(ngx_cycle_t *cycle);
static void ngx_http_court_exit_process(ngx_cycle_t *cycle);
static void ngx_http_court_exit_master(ngx_cycle_t *cycle);


ngx_http_court_worker_t  ngx_http_court_worker;


static ngx_http_module_t  ngx_http_court_module_ctx = {
    ngx_http_court_preconfiguration,       /* preconfiguration */
    ngx_http_court_postconfiguration,      /* postconfiguration */

    ngx_http_court_create_main_conf,       /* create main configuration */
    ngx_http_court_init_main_conf,         /* init main configuration */

    ngx_http_court_create_srv_conf,        /* create server configuration */
    ngx_http_court_merge_srv_conf,         /* merge server configuration */

    ngx_http_court_create_loc_conf,        /* create location configuration */
    ngx_http_court_merge_loc_conf          /* merge location configuration */
};


ngx_module_t  ngx_http_court_module = {
    NGX_MODULE_V1,
    &ngx_http_court_module_ctx,            /* module context */
    ngx_http_court_commands,               /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_court_init_module,            /* init module */
    ngx_http_court_init_process,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_court_exit_process,           /* exit process */
    ngx_http_court_exit_master,            /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_court_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_court_build_t      *build;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_main_conf_t));
    build = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_build_t));

    if (mcf == NULL || build == NULL
        || ngx_array_init(&mcf->issuers, cf->pool, 4,
                          sizeof(ngx_court_issuer_t *)) != NGX_OK
        || ngx_array_init(&mcf->sources, cf->pool, 8,
                          sizeof(ngx_court_source_t *)) != NGX_OK
        || ngx_array_init(&mcf->source_keys, cf->pool, 8,
                          sizeof(ngx_array_t *)) != NGX_OK
        || ngx_array_init(&mcf->redis, cf->pool, 2,
                          sizeof(ngx_court_redis_t *)) != NGX_OK
        || ngx_array_init(&mcf->audit_logs, cf->pool, 4,
                          sizeof(ngx_http_court_audit_log_t *)) != NGX_OK
        || ngx_array_init(&mcf->keys, cf->pool, 16,
                          sizeof(ngx_http_court_key_t)) != NGX_OK
        || ngx_array_init(&build->locations, cf->pool, 64,
                          sizeof(ngx_http_court_location_t)) != NGX_OK
        || ngx_array_init(&build->codes, cf->pool, 16,
                          sizeof(ngx_http_court_code_t)) != NGX_OK
        || ngx_array_init(&build->names, cf->pool, 4,
                          sizeof(ngx_http_court_names_t)) != NGX_OK
        || ngx_array_init(&build->issuer_where, cf->pool, 4,
                          sizeof(ngx_http_court_where_t)) != NGX_OK
        || ngx_array_init(&build->issuer_demo, cf->pool, 4,
                          sizeof(ngx_uint_t)) != NGX_OK
        || ngx_array_init(&build->source_where, cf->pool, 8,
                          sizeof(ngx_http_court_where_t)) != NGX_OK
        || ngx_array_init(&build->controls, cf->pool, 1,
                          sizeof(ngx_http_court_control_where_t)) != NGX_OK
        || ngx_array_init(&build->notifies, cf->pool, 2,
                          sizeof(ngx_http_court_notify_where_t)) != NGX_OK)
    {
        return NULL;
    }

    mcf->build = build;
    mcf->control_uid = geteuid();
    mcf->demo = NGX_CONF_UNSET;

    /* keeps the text of the files read from here on, for its hash */

    build->dump = ngx_dump_config;
    ngx_dump_config = 1;

    return mcf;
}


static char *
ngx_http_court_init_main_conf(ngx_conf_t *cf, void *conf)
{
    return (ngx_http_court_main_conf(cf, conf) == NGX_OK) ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


/* keys are parsed while the configuration is read */

static ngx_int_t
ngx_http_court_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_court_crypto_init(cf->log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_court_token_init();

    return ngx_http_court_variables_add(cf);
}


ngx_int_t
ngx_http_court_phase(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


/* the last one registered goes to the very front */

static void
ngx_http_court_phase_front(ngx_conf_t *cf, ngx_http_phases phase)
{
    ngx_array_t                *handlers;
    ngx_http_handler_pt        *h, last;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    handlers = &cmcf->phases[phase].handlers;

    h = handlers->elts;
    last = h[handlers->nelts - 1];

    ngx_memmove(h + 1, h, (handlers->nelts - 1) * sizeof(ngx_http_handler_pt));
    h[0] = last;
}


/*
 * Phases run their handlers from the last one registered to the first.  The
 * access handler goes to the very front, and so runs last: proofs are spent
 * and sources are asked only where no other module refuses any more.  LOG
 * alone runs from the first to the last: ours is before access_log, whose
 * variables may tell no forged header.  The scrub is registered by our second
 * module (ngx_http_court_session_init).
 */

static ngx_int_t
ngx_http_court_register(ngx_conf_t *cf)
{
    if (ngx_http_court_phase(cf, NGX_HTTP_PREACCESS_PHASE,
                             ngx_http_court_guard_handler) != NGX_OK
        || ngx_http_court_phase(cf, NGX_HTTP_LOG_PHASE,
                                ngx_http_court_log_handler) != NGX_OK
        || ngx_http_court_phase(cf, NGX_HTTP_ACCESS_PHASE,
                                ngx_http_court_access_handler) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_court_phase_front(cf, NGX_HTTP_LOG_PHASE);
    ngx_http_court_phase_front(cf, NGX_HTTP_ACCESS_PHASE);

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    ngx_dump_config = mcf->build->dump;

    if (ngx_http_court_check(cf) != NGX_OK
        || ngx_http_court_audit_check(cf, mcf) != NGX_OK
        || ngx_http_court_control_check(cf, mcf) != NGX_OK
        || ngx_http_court_notify_check(cf, mcf) != NGX_OK
        || (mcf->state_dir.len
            && ngx_court_tombstone_file_check(&mcf->state_dir, cf->temp_pool,
                                              cf->log)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    /* a module that is loaded and not used costs nothing */

    return mcf->build->used ? ngx_http_court_register(cf) : NGX_OK;
}


/* NULL: the gateway is not used in this configuration */

static ngx_http_court_main_conf_t *
ngx_http_court_used(ngx_cycle_t *cycle)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_court_module);

    return (mcf && mcf->build->used) ? mcf : NULL;
}


static ngx_int_t
ngx_http_court_init_module(ngx_cycle_t *cycle)
{
    ngx_core_conf_t             *ccf;
    ngx_http_court_main_conf_t  *mcf;

    if (ngx_test_config) {
        return NGX_OK;
    }

    mcf = ngx_http_court_used(cycle);

    if (mcf == NULL) {
        return NGX_OK;
    }

    if (ngx_http_court_metrics_init(cycle, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    ngx_court_bell_init(ngx_max(ccf->worker_processes, 1), cycle->log);

    if (mcf->state_dir.len
        && ngx_court_tombstone_file_open(&mcf->tombstone_file, mcf->tombstones,
                                         &mcf->state_dir, cycle)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->feed && ngx_court_feed_init(mcf->feed) != NGX_OK) {
        return NGX_ERROR;
    }

    if (mcf->policy_file.len
        && ngx_http_court_policy_publish(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_court_audit_init(cycle, mcf);
}


/* NULL also in cache manager and loader, which have nothing to decide */

static ngx_http_court_main_conf_t *
ngx_http_court_process(ngx_cycle_t *cycle)
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NULL;
    }

    return ngx_http_court_used(cycle);
}


static ngx_int_t
ngx_http_court_init_process(ngx_cycle_t *cycle)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_court_process(cycle);
    if (mcf == NULL) {
        return NGX_OK;
    }

    ngx_http_court_metrics_start(cycle, mcf);

    if (ngx_court_crypto_init(cycle->log) != NGX_OK
        || (mcf->assertion
            && ngx_http_court_assertion_start(cycle) != NGX_OK)
        || ngx_court_tiers_start(&mcf->tiers, cycle) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->policy_file.len
        && ngx_http_court_policy_start(cycle, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_court_control_start(cycle, mcf);
    ngx_http_court_open_start(cycle, mcf);

    if (mcf->feed && ngx_court_feed_start(mcf->feed, cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_court_audit_start(cycle, mcf);
}


static void
ngx_http_court_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_court_process(cycle);
    if (mcf == NULL) {
        return;
    }

    ngx_court_command_stop();
    ngx_http_court_open_stop();

    if (mcf->feed) {
        ngx_court_feed_stop(mcf->feed);
    }

    ngx_http_court_audit_stop(mcf);
    ngx_http_court_policy_stop(cycle);
    ngx_court_tiers_stop(&mcf->tiers);
    ngx_http_court_metrics_stop(mcf);
    ngx_court_token_memo_clear();
    ngx_http_court_kept_wipe();
    ngx_http_court_pseudonyms_clear();
}


static void
ngx_http_court_exit_master(ngx_cycle_t *cycle)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_court_used(cycle);

    if (mcf) {
        ngx_http_court_policy_end(cycle, mcf);
        ngx_http_court_audit_end(mcf);
    }
}
