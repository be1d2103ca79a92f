/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court_audit_log.  Servers that name one file share one log: a chain has one
 * writer in a process.
 */

#include "ngx_http_court_audit.h"


#define NGX_HTTP_COURT_AUDIT_BUFFER_MIN  4096
#define NGX_HTTP_COURT_AUDIT_BUFFER_MAX  (1024 * 1024)


static ngx_int_t
ngx_http_court_audit_msec(ngx_str_t *value, size_t skip, ngx_msec_t max,
    ngx_msec_t *to)
{
    ngx_int_t  msec;
    ngx_str_t  text;

    text.data = value->data + skip;
    text.len = value->len - skip;

    msec = ngx_parse_time(&text, 0);

    if (msec == NGX_ERROR || msec == 0 || (ngx_msec_t) msec > max) {
        return NGX_ERROR;
    }

    *to = (ngx_msec_t) msec;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_audit_size(ngx_str_t *value, size_t skip, size_t *to)
{
    ssize_t    size;
    ngx_str_t  text;

    text.data = value->data + skip;
    text.len = value->len - skip;

    size = ngx_parse_size(&text);

    if (size < NGX_HTTP_COURT_AUDIT_BUFFER_MIN
        || size > NGX_HTTP_COURT_AUDIT_BUFFER_MAX)
    {
        return NGX_ERROR;
    }

    *to = (size_t) size;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_audit_parameter(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_court_audit_log_t *log)
{
    ngx_int_t  rc;

    rc = NGX_ERROR;

    if (log->syslog == NULL) {

        if (ngx_strncmp(value->data, "buffer=", 7) == 0) {
            rc = ngx_http_court_audit_size(value, 7, &log->buffer);

        } else if (ngx_strncmp(value->data, "flush=", 6) == 0) {
            rc = ngx_http_court_audit_msec(value, 6, 60000, &log->flush);

        } else if (ngx_strncmp(value->data, "sync=", 5) == 0) {
            rc = ngx_http_court_audit_msec(value, 5, 1000, &log->sync);
        }
    }

    if (rc != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           value);
    }

    return rc;
}


/* one that another server has named before; NULL: none */

static ngx_http_court_audit_log_t *
ngx_http_court_audit_known(ngx_http_court_main_conf_t *mcf,
    ngx_open_file_t *file)
{
    ngx_uint_t                    i;
    ngx_http_court_audit_log_t  **log;

    log = mcf->audit_logs.elts;

    for (i = 0; file && i < mcf->audit_logs.nelts; i++) {
        if (log[i]->file == file) {
            return log[i];
        }
    }

    return NULL;
}


static char *
ngx_http_court_audit_syslog(ngx_conf_t *cf, ngx_http_court_audit_log_t *log)
{
    ngx_syslog_peer_t  *peer;

    peer = ngx_pcalloc(cf->pool, sizeof(ngx_syslog_peer_t));
    if (peer == NULL || ngx_syslog_process_conf(cf, peer) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    log->syslog = peer;

    return NGX_CONF_OK;
}


static char *
ngx_http_court_audit_file(ngx_conf_t *cf, ngx_http_court_audit_log_t *log)
{
    if (log->name.len == 0
        || ngx_strlchr(log->name.data, log->name.data + log->name.len, '$'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid path \"%V\": its "
                           "only variable may be $court_code, once",
                           &log->name);
        return NGX_CONF_ERROR;
    }

    log->file = ngx_conf_open_file(cf->cycle, &log->name);
    if (log->file == NULL) {
        return NGX_CONF_ERROR;
    }

    if (log->file->data
        && log->file->flush != ngx_http_court_audit_reopen)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is another log's "
                           "file, too", &log->name);
        return NGX_CONF_ERROR;
    }

#if (NGX_THREADS)

    log->threads = ngx_thread_pool_add(cf, NULL);
    if (log->threads == NULL) {
        return NGX_CONF_ERROR;
    }

#endif

    return NGX_CONF_OK;
}


static char *
ngx_http_court_audit_share(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *log, ngx_http_court_audit_log_t **to)
{
    ngx_http_court_audit_log_t  *known, **slot;

    known = ngx_http_court_audit_known(mcf, log->file);

    if (known) {

        if (known->buffer != log->buffer || known->flush != log->flush
            || known->sync != log->sync)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "parameters of \"%V\" "
                               "conflict with those given before",
                               &log->name);
            return NGX_CONF_ERROR;
        }

        *to = known;
        return NGX_CONF_OK;
    }

    slot = ngx_array_push(&mcf->audit_logs);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    if (log->file) {
        log->file->data = log;
        log->file->flush = ngx_http_court_audit_reopen;
    }

    log->index = mcf->audit_logs.nelts - 1;

    *slot = log;
    *to = log;

    return NGX_CONF_OK;
}


char *
ngx_http_court_audit_named(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *log, ngx_http_court_audit_log_t **to)
{
    char  *rv;

    rv = ngx_http_court_audit_file(cf, log);

    return (rv == NGX_CONF_OK)
           ? ngx_http_court_audit_share(cf, mcf, log, to) : rv;
}


char *
ngx_http_court_audit_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_srv_conf_t  *scf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i, syslog;
    ngx_http_court_main_conf_t  *mcf;
    ngx_http_court_audit_log_t  *log;

    if (scf->audit != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        scf->audit = NULL;
        return NGX_CONF_OK;
    }

    log = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_audit_log_t));
    if (log == NULL) {
        return NGX_CONF_ERROR;
    }

    log->name = value[1];
    log->buffer = 65536;
    log->flush = 1000;
    log->sync = 20;

    syslog = (ngx_strncmp(value[1].data, "syslog:", 7) == 0);
    log->pattern = !syslog && ngx_http_court_audit_pattern(&log->name);

    if (syslog && ngx_http_court_audit_syslog(cf, log) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_court_audit_parameter(cf, &value[i], log) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (log->pattern) {
        scf->audit = log;                 /* courts are known at the end */
        return NGX_CONF_OK;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    return syslog ? ngx_http_court_audit_share(cf, mcf, log, &scf->audit)
                  : ngx_http_court_audit_named(cf, mcf, log, &scf->audit);
}


/* a server whose requests are recorded nowhere, where acts must be */

static void
ngx_http_court_audit_unrecorded(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                   i;
    ngx_http_court_location_t   *loc;
    ngx_http_court_srv_conf_t   *scf;

    loc = mcf->build->locations.elts;

    for (i = 0; i < mcf->build->locations.nelts; i++) {

        scf = loc[i].cscf->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (scf->audit || scf->is_source || loc[i].lcf->handler
            || loc[i].lcf->mode == NGX_HTTP_COURT_OFF)
        {
            continue;
        }

        ngx_http_court_conf_error(NGX_LOG_WARN, cf, &mcf->build->policy,
                                  "court_policy \"%V\" has interfaces with "
                                  "\"trace\": \"durable\", and there is no "
                                  "court_audit_log in server \"%V\"",
                                  &mcf->policy_file,
                                  &loc[i].cscf->server_name);
        return;
    }
}


ngx_int_t
ngx_http_court_audit_check(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_http_court_audit_log_t  **log;

    if (ngx_http_court_audit_expand(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    log = mcf->audit_logs.elts;

    for (i = 0; i < mcf->audit_logs.nelts; i++) {
        log[i]->sm3 = mcf->audit_ring && ngx_court_ring_sm3(mcf->audit_ring);
    }

    if (i && mcf->audit_ring == NULL) {
        ngx_http_court_conf_error(NGX_LOG_WARN, cf, NULL,
                                  "court_audit_log without "
                                  "\"court_audit_key\": records name nobody");
    }

    if (mcf->build->durable) {
        ngx_http_court_audit_unrecorded(cf, mcf);
    }

    return NGX_OK;
}
