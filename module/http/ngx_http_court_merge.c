/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a location inherits.
 */

#include "ngx_http_court_audit.h"


void *
ngx_http_court_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_court_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     scf->is_source = 0;
     */

    scf->audit = NGX_CONF_UNSET_PTR;
    scf->audit_on_failure = NGX_CONF_UNSET_UINT;
    scf->fronts = NGX_CONF_UNSET_PTR;
    scf->channel = NGX_CONF_UNSET_PTR;
    scf->external = NGX_CONF_UNSET_PTR;

    return scf;
}


char *
ngx_http_court_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_court_srv_conf_t  *prev = parent;
    ngx_http_court_srv_conf_t  *scf = child;

    ngx_conf_merge_ptr_value(scf->audit, prev->audit, NULL);
    ngx_conf_merge_uint_value(scf->audit_on_failure, prev->audit_on_failure,
                              NGX_HTTP_COURT_AUDIT_REFUSE_DURABLE);
    ngx_conf_merge_ptr_value(scf->fronts, prev->fronts, NULL);
    ngx_conf_merge_ptr_value(scf->channel, prev->channel, NULL);
    ngx_conf_merge_ptr_value(scf->external, prev->external, NULL);

    return NGX_CONF_OK;
}


void *
ngx_http_court_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     lcf->handler = 0;
     *     lcf->issuers = NULL;
     *     lcf->issuer_names = NULL;
     */

    lcf->mode = NGX_CONF_UNSET_UINT;
    lcf->code = NGX_CONF_UNSET_PTR;
    lcf->bearer = NGX_CONF_UNSET_UINT;
    lcf->accel = NGX_CONF_UNSET;
    lcf->timeout = NGX_CONF_UNSET_MSEC;
    lcf->unknown = NGX_CONF_UNSET_UINT;
    lcf->session_max = NGX_CONF_UNSET_MSEC;
    lcf->error_format = NGX_CONF_UNSET_UINT;
    lcf->log_level = NGX_CONF_UNSET_UINT;

    return lcf;
}


/* all issuers, or those that are named nearest */

static char *
ngx_http_court_merge_issuers(ngx_conf_t *cf, ngx_http_court_loc_conf_t *prev,
    ngx_http_court_loc_conf_t *lcf)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    /* http's own is nobody's child */

    if (prev->issuers == NULL) {
        prev->issuers = prev->issuer_names
                        ? ngx_http_court_issuers_resolve(cf, mcf,
                                                         prev->issuer_names)
                        : &mcf->issuers;
    }

    lcf->issuers = lcf->issuer_names
                   ? ngx_http_court_issuers_resolve(cf, mcf,
                                                    lcf->issuer_names)
                   : prev->issuers;

    return (prev->issuers && lcf->issuers) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* on wherever a policy stands; our handlers and source servers never */

static char *
ngx_http_court_merge_mode(ngx_conf_t *cf, ngx_http_court_loc_conf_t *prev,
    ngx_http_court_loc_conf_t *lcf)
{
    ngx_http_core_srv_conf_t    *cscf;
    ngx_http_court_srv_conf_t   *scf;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);
    scf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_court_module);

    if (scf->is_source) {

        if (lcf->mode != NGX_CONF_UNSET_UINT
            && lcf->mode != NGX_HTTP_COURT_OFF)
        {
            cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"court\" can't be on "
                          "in a server that listens on court_source_server "
                          "in %s:%ui", cscf->file_name, cscf->line);
            return NGX_CONF_ERROR;
        }

        lcf->mode = NGX_HTTP_COURT_OFF;
        return NGX_CONF_OK;
    }

    ngx_conf_merge_uint_value(lcf->mode, prev->mode,
                              mcf->policy_file.len ? NGX_HTTP_COURT_ON
                                                   : NGX_HTTP_COURT_OFF);
    if (lcf->handler) {
        lcf->mode = NGX_HTTP_COURT_OFF;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_court_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_court_loc_conf_t  *prev = parent;
    ngx_http_court_loc_conf_t  *lcf = child;

    ngx_http_conf_ctx_t         *ctx;
    ngx_http_court_location_t   *loc;
    ngx_http_court_main_conf_t  *mcf;

    ngx_conf_merge_ptr_value(lcf->code, prev->code, NULL);
    ngx_conf_merge_uint_value(lcf->bearer, prev->bearer, 1);
    ngx_conf_merge_value(lcf->accel, prev->accel, 0);
    ngx_conf_merge_msec_value(lcf->timeout, prev->timeout, 3000);
    ngx_conf_merge_uint_value(lcf->unknown, prev->unknown, 0);
    ngx_conf_merge_msec_value(lcf->session_max, prev->session_max,
                              4 * 3600 * 1000);
    ngx_conf_merge_uint_value(lcf->error_format, prev->error_format,
                              NGX_HTTP_COURT_FORMAT_AUTO);
    ngx_conf_merge_uint_value(lcf->log_level, prev->log_level,
                              NGX_LOG_NOTICE);

    if (ngx_http_court_merge_issuers(cf, prev, lcf) != NGX_CONF_OK
        || ngx_http_court_merge_mode(cf, prev, lcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    /* other modules merge theirs before and after: judged at the end */

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);
    ctx = cf->ctx;

    loc = ngx_array_push(&mcf->build->locations);
    if (loc == NULL) {
        return NGX_CONF_ERROR;
    }

    loc->lcf = lcf;
    loc->loc_conf = ctx->loc_conf;
    loc->clcf = ctx->loc_conf[ngx_http_core_module.ctx_index];
    loc->cscf = ctx->srv_conf[ngx_http_core_module.ctx_index];

    return NGX_CONF_OK;
}
