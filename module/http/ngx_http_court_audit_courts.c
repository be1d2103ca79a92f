/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A path with $court_code: a file for each court that its servers may answer
 * for.  All are named and opened with the configuration, as other logs are: a
 * court comes from court_courts, never from a request, and workers could not
 * create files.
 */

#include "ngx_http_court_audit.h"

#include <sys/resource.h>


/* who writes there are requests of no court, and the gateway itself */
static const ngx_str_t  ngx_http_court_audit_none = ngx_string("none");


/* where "$court_code" or "${court_code}" stands; NULL: nowhere */

static u_char *
ngx_http_court_audit_variable(const ngx_str_t *path, size_t *len)
{
    u_char  c, *p, *last;

    p = ngx_strlchr(path->data, path->data + path->len, '$');
    last = path->data + path->len;

    if (p == NULL) {
        return NULL;
    }

    if (last - p >= 13 && ngx_strncmp(p, "${court_code}", 13) == 0) {
        *len = 13;
        return p;
    }

    if (last - p < 11 || ngx_strncmp(p, "$court_code", 11) != 0) {
        return NULL;
    }

    c = (last - p > 11) ? (p[11] | 0x20) : '\0';

    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == 0x7f) {
        return NULL;                      /* 0x7f: "_" in lower case */
    }

    *len = 11;

    return p;
}


ngx_uint_t
ngx_http_court_audit_pattern(const ngx_str_t *path)
{
    u_char  *p, *last;
    size_t   len;

    p = ngx_http_court_audit_variable(path, &len);
    last = path->data + path->len;

    return p && ngx_strlchr(p + len, last, '$') == NULL;
}


/* a code is a part of a file's name, and no other court's file */

static ngx_uint_t
ngx_http_court_audit_code(const ngx_str_t *code)
{
    return ngx_strlchr(code->data, code->data + code->len, '.') == NULL
           && ngx_strlchr(code->data, code->data + code->len, '/') == NULL
           && !(code->len == ngx_http_court_audit_none.len
                && ngx_strncasecmp(code->data, ngx_http_court_audit_none.data,
                                   code->len) == 0);
}


static ngx_int_t
ngx_http_court_audit_court(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *pattern, const ngx_str_t *code,
    ngx_http_court_audit_log_t **to)
{
    u_char                      *p, *at;
    size_t                       len;
    ngx_http_court_audit_log_t  *log;

    if (*to) {
        return NGX_OK;
    }

    at = ngx_http_court_audit_variable(&pattern->name, &len);

    log = ngx_palloc(cf->pool, sizeof(ngx_http_court_audit_log_t));
    p = ngx_pnalloc(cf->pool, pattern->name.len + code->len + 1);

    if (at == NULL || log == NULL || p == NULL) {
        return NGX_ERROR;
    }

    *log = *pattern;
    log->pattern = 0;
    log->courts = NULL;
    log->none = NULL;
    log->lazy = (code != &ngx_http_court_audit_none);

    log->name.data = p;
    p = ngx_cpymem(p, pattern->name.data, at - pattern->name.data);
    p = ngx_cpymem(p, code->data, code->len);
    p = ngx_cpymem(p, at + len,
                   pattern->name.data + pattern->name.len - at - len);
    log->name.len = p - log->name.data;
    *p = '\0';

    return ngx_http_court_audit_named(cf, mcf, log, to) == NGX_CONF_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_court_audit_use(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *pattern, const ngx_http_court_court_t *court)
{
    if (!ngx_http_court_audit_code(&court->code)) {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf, NULL,
                                  "court \"%V\" cannot be part of a file's "
                                  "name in court_audit_log \"%V\"",
                                  &court->code, &pattern->name);
        return NGX_ERROR;
    }

    return ngx_http_court_audit_court(cf, mcf, pattern, &court->code,
                              &pattern->courts[court - mcf->courts->list]);
}


/* the courts of one location: a code, or what a map may make, which is any */

static ngx_int_t
ngx_http_court_audit_location(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *pattern, ngx_http_complex_value_t *code)
{
    ngx_uint_t                     i;
    const ngx_http_court_court_t  *court;

    if (code == NULL || mcf->courts == NULL) {
        return NGX_OK;
    }

    if (code->lengths == NULL) {
        court = ngx_http_court_court_find(mcf->courts, &code->value);

        return court ? ngx_http_court_audit_use(cf, mcf, pattern, court)
                     : NGX_OK;
    }

    for (i = 0; i < mcf->courts->n; i++) {
        if (ngx_http_court_audit_use(cf, mcf, pattern, &mcf->courts->list[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_audit_prepare(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_audit_log_t *pattern)
{
    if (pattern->none) {
        return NGX_OK;
    }

    pattern->courts = ngx_pcalloc(cf->pool, sizeof(void *)
                                  * (mcf->courts ? mcf->courts->n : 1));
    if (pattern->courts == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_court_audit_court(cf, mcf, pattern,
                                      &ngx_http_court_audit_none,
                                      &pattern->none);
}


/* each process holds a descriptor of each file, and a worker one more of
 * those that it wrote to */

static void
ngx_http_court_audit_descriptors(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf)
{
    rlim_t            limit;
    ngx_uint_t        need;
    struct rlimit     rlmt;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    if (getrlimit(RLIMIT_NOFILE, &rlmt) == -1) {
        return;
    }

    limit = rlmt.rlim_cur;

    if (ccf->rlimit_nofile != NGX_CONF_UNSET) {
        limit = (rlim_t) ccf->rlimit_nofile;
    }

    need = 2 * mcf->audit_logs.nelts;

    if (need > limit / 2) {
        ngx_http_court_conf_error(NGX_LOG_WARN, cf, NULL,
                                  "court_audit_log may need %ui descriptors "
                                  "in each worker, and its limit is %ui: see "
                                  "\"worker_rlimit_nofile\"",
                                  need, (ngx_uint_t) limit);
    }
}


ngx_int_t
ngx_http_court_audit_expand(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                   i, found;
    ngx_http_court_location_t   *loc;
    ngx_http_court_srv_conf_t   *scf;

    found = 0;
    loc = mcf->build->locations.elts;

    for (i = 0; i < mcf->build->locations.nelts; i++) {

        scf = loc[i].cscf->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (scf->audit == NULL || !scf->audit->pattern) {
            continue;
        }

        found = 1;

        if (ngx_http_court_audit_prepare(cf, mcf, scf->audit) != NGX_OK
            || ngx_http_court_audit_location(cf, mcf, scf->audit,
                                             loc[i].lcf->code)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (found) {
        ngx_http_court_audit_descriptors(cf, mcf);
    }

    return NGX_OK;
}


ngx_http_court_audit_log_t *
ngx_http_court_audit_pick(ngx_http_court_audit_log_t *log,
    ngx_http_court_main_conf_t *mcf, ngx_http_court_session_t *s)
{
    ngx_http_court_audit_log_t  *own;

    if (log->none == NULL) {
        return log;
    }

    if (s == NULL || s->court == NULL) {
        return log->none;
    }

    own = log->courts[s->court - mcf->courts->list];

    return own ? own : log->none;
}
