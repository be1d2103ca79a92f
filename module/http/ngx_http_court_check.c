/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What "nginx -t" refuses and warns of, once everything is merged; and
 * X-Accel-* of court services switched off.
 *
 * Log formats and limit zones are private to their modules: the two structs
 * below mirror their beginnings, which have not changed since nginx 1.7.6.
 */

#include "ngx_http_court_conf.h"


typedef struct {
    ngx_str_t                  name;
    ngx_array_t               *flushes;      /* ngx_uint_t: variables */
} ngx_http_court_log_fmt_t;                  /* ngx_http_log_fmt_t */

typedef struct {
    ngx_array_t                formats;      /* elements as above, and ops */
} ngx_http_court_log_main_t;                 /* ngx_http_log_main_conf_t */

typedef struct {
    void                      *sh;
    ngx_slab_pool_t           *shpool;
    ngx_uint_t                 rate;
    ngx_http_complex_value_t   key;
} ngx_http_court_limit_req_t;                /* ngx_http_limit_req_ctx_t */

typedef struct {
    void                      *sh;
    ngx_slab_pool_t           *shpool;
    ngx_http_complex_value_t   key;
} ngx_http_court_limit_conn_t;               /* ngx_http_limit_conn_ctx_t */


/* pseudonyms ($court_subject_hash) are what logs are for */
static const char  *ngx_http_court_personal[] = {
    "court_subject", "court_principal", "court_claim_*", "court_path_*",
    "court_fact_*", NULL
};


static ngx_module_t *
ngx_http_court_check_module(ngx_conf_t *cf, const char *name)
{
    ngx_module_t  **module;

    for (module = cf->cycle->modules; *module; module++) {
        if (ngx_strcmp((*module)->name, name) == 0) {
            return *module;
        }
    }

    return NULL;
}


static void
ngx_http_court_check_tell(ngx_uint_t level, ngx_conf_t *cf,
    const ngx_http_court_location_t *loc, const char *what)
{
    if (loc->clcf->name.len == 0) {
        ngx_log_error(level, cf->log, 0, "%s in the server in %s:%ui", what,
                      loc->cscf->file_name, loc->cscf->line);
        return;
    }

    ngx_log_error(level, cf->log, 0,
                  "%s in location \"%V\" of the server in %s:%ui", what,
                  &loc->clcf->name, loc->cscf->file_name, loc->cscf->line);
}


static ngx_int_t
ngx_http_court_check_refuse(ngx_conf_t *cf,
    const ngx_http_court_location_t *loc, const char *what)
{
    u_char  text[256];

    *ngx_snprintf(text, sizeof(text) - 1, "%s is not allowed where \"court\" "
                  "is on,", what) = '\0';

    ngx_http_court_check_tell(NGX_LOG_EMERG, cf, loc, (const char *) text);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_court_check_protected(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf, const ngx_http_court_location_t *loc,
    const ngx_array_t *ups)
{
    ngx_uint_t                        i;
    const char                       *what;
    const ngx_http_court_upstream_t  *up;

    if (mcf->policy_file.len == 0 || mcf->issuers.nelts == 0) {
        ngx_http_court_check_tell(NGX_LOG_EMERG, cf, loc,
                                  mcf->issuers.nelts
                                  ? "no \"court_policy\" is defined, but "
                                    "\"court\" is on"
                                  : "no \"court_issuer\" is defined, but "
                                    "\"court\" is on");
        return NGX_ERROR;
    }

    /* an allowed address would need no token */

    if (loc->clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        return ngx_http_court_check_refuse(cf, loc, "\"satisfy any\"");
    }

    up = ups->elts;

    for (i = 0; i < ups->nelts; i++) {

        what = loc->clcf->handler
               ? ngx_http_court_upstream_forbidden(&up[i], loc->loc_conf)
               : NULL;

        if (what) {
            return ngx_http_court_check_refuse(cf, loc, what);
        }

        if (!loc->lcf->accel) {
            ngx_http_court_upstream_no_accel(&up[i], loc->loc_conf);
        }
    }

    return NGX_OK;
}


/* an answer about a person is an answer, and steers nothing here */

static void
ngx_http_court_check_source(const ngx_http_court_location_t *loc,
    const ngx_array_t *ups)
{
    ngx_uint_t                        i;
    ngx_http_court_srv_conf_t        *scf;
    const ngx_http_court_upstream_t  *up;

    scf = loc->cscf->ctx->srv_conf[ngx_http_court_module.ctx_index];
    up = ups->elts;

    for (i = 0; scf->is_source && i < ups->nelts; i++) {
        ngx_http_court_upstream_no_accel(&up[i], loc->loc_conf);
    }
}


/* what error_page shows to the refused would be refused itself; 1: told */

static ngx_uint_t
ngx_http_court_check_error_pages(ngx_conf_t *cf,
    const ngx_http_court_location_t *loc, ngx_array_t *pages)
{
    u_char                     text[512];
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_court_loc_conf_t *lcf;

    page = pages->elts;

    for (i = 0; i < pages->nelts; i++) {

        if (page[i].value.lengths || page[i].value.value.len == 0
            || (page[i].value.value.data[0] != '/'
                && page[i].value.value.data[0] != '@'))
        {
            continue;
        }

        clcf = ngx_http_court_locate(loc->cscf, &page[i].value.value);
        if (clcf == NULL) {
            continue;
        }

        lcf = clcf->loc_conf[ngx_http_court_module.ctx_index];
        if (lcf->mode == NGX_HTTP_COURT_OFF) {
            continue;
        }

        *ngx_snprintf(text, sizeof(text) - 1, "error_page target \"%V\" is "
                      "protected: \"court\" is on there,",
                      &page[i].value.value) = '\0';

        ngx_http_court_check_tell(NGX_LOG_WARN, cf, loc,
                                  (const char *) text);
        return 1;
    }

    return 0;
}


static ngx_int_t
ngx_http_court_check_locations(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_array_t                *ups, *pages, *told;
    ngx_http_court_location_t  *loc;

    ups = ngx_http_court_upstreams(cf);
    if (ups == NULL) {
        return NGX_ERROR;
    }

    told = NULL;
    loc = mcf->build->locations.elts;

    for (i = 0; i < mcf->build->locations.nelts; i++) {

        if (loc[i].lcf->mode != NGX_HTTP_COURT_OFF
            && ngx_http_court_check_protected(cf, mcf, &loc[i], ups)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_court_check_source(&loc[i], ups);

        /* inherited ones are the same array: told once, in whatever server */

        pages = loc[i].clcf->error_pages;

        if (pages && pages != told
            && ngx_http_court_check_error_pages(cf, &loc[i], pages))
        {
            told = pages;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_check_sources(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t               i;
    ngx_court_source_t     **source;
    ngx_http_court_where_t  *where;

    source = mcf->sources.elts;
    where = mcf->build->source_where.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (ngx_http_court_locate(mcf->build->source_default,
                                  &source[i]->source)
            == NULL)
        {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &where[i],
                                      "court_fact \"%V\": no location \"%V\" "
                                      "in the server of court_source_server",
                                      &source[i]->fact.name,
                                      &source[i]->source);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_court_check_personal(const ngx_str_t *name)
{
    size_t        len;
    const char  **p;

    for (p = ngx_http_court_personal; *p; p++) {
        len = ngx_strlen(*p);

        if ((*p)[len - 1] == '*') {
            len--;

            if (name->len > len
                && ngx_strncmp(name->data, *p, len) == 0)
            {
                return 1;
            }

        } else if (name->len == len
                   && ngx_strncmp(name->data, *p, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_court_check_logs(ngx_conf_t *cf)
{
    u_char                     *elts;
    ngx_uint_t                  i, k, *index;
    ngx_module_t               *module;
    ngx_http_variable_t        *v;
    ngx_http_court_log_fmt_t   *fmt;
    ngx_http_court_log_main_t  *lmcf;
    ngx_http_core_main_conf_t  *cmcf;

    module = ngx_http_court_check_module(cf, "ngx_http_log_module");
    if (module == NULL) {
        return;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    lmcf = ((ngx_http_conf_ctx_t *) cf->ctx)->main_conf[module->ctx_index];
    v = cmcf->variables.elts;
    elts = lmcf->formats.elts;

    for (i = 0; i < lmcf->formats.nelts; i++) {
        fmt = (ngx_http_court_log_fmt_t *) (elts + i * lmcf->formats.size);

        if (fmt->flushes == NULL) {
            continue;
        }

        index = fmt->flushes->elts;

        for (k = 0; k < fmt->flushes->nelts; k++) {

            if (index[k] < cmcf->variables.nelts
                && ngx_http_court_check_personal(&v[index[k]].name))
            {
                ngx_log_error(NGX_LOG_WARN, cf->log, 0, "log_format \"%V\" "
                              "writes \"$%V\", which tells about a person; "
                              "$court_subject_hash and the like do not",
                              &fmt->name, &v[index[k]].name);
            }
        }
    }
}


/* a variable that speaks only of what was decided; limits come before */

static ngx_uint_t
ngx_http_court_check_undecided(const ngx_str_t *key)
{
    u_char      *p, *end;
    ngx_uint_t   i;

    static const char  *early[] = {
        "ip", "front", "channel", "request_id"
    };

    end = key->data + key->len;

    for (p = key->data; (p = ngx_strlchr(p, end, '$')) != NULL; /* void */ ) {

        p += (p + 1 < end && p[1] == '{') ? 2 : 1;

        if (end - p < 6 || ngx_strncmp(p, "court_", 6) != 0) {
            continue;
        }

        p += 6;

        for (i = 0; i < sizeof(early) / sizeof(early[0]); i++) {
            if (strspn((char *) p, "abcdefghijklmnopqrstuvwxyz_0123456789")
                == ngx_strlen(early[i])
                && ngx_strncmp(p, early[i], ngx_strlen(early[i])) == 0)
            {
                break;
            }
        }

        if (i == sizeof(early) / sizeof(early[0])) {
            return 1;
        }
    }

    return 0;
}


/* the caller is not known yet when limits are applied */

static void
ngx_http_court_check_limits(ngx_conf_t *cf)
{
    ngx_str_t        *key;
    ngx_uint_t        i;
    ngx_module_t     *req, *conn;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *zone;

    req = ngx_http_court_check_module(cf, "ngx_http_limit_req_module");
    conn = ngx_http_court_check_module(cf, "ngx_http_limit_conn_module");

    for (part = &cf->cycle->shared_memory.part; part; part = part->next) {
        zone = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (zone[i].data == NULL || zone[i].tag == NULL) {
                continue;
            }

            if (zone[i].tag == req) {
                key = &((ngx_http_court_limit_req_t *) zone[i].data)
                      ->key.value;

            } else if (zone[i].tag == conn) {
                key = &((ngx_http_court_limit_conn_t *) zone[i].data)
                      ->key.value;

            } else {
                continue;
            }

            if (ngx_http_court_check_undecided(key)) {
                ngx_log_error(NGX_LOG_WARN, cf->log, 0, "%s zone \"%V\": key "
                              "\"%V\" is empty when limits are applied",
                              zone[i].tag == req ? "limit_req" : "limit_conn",
                              &zone[i].shm.name, key);
            }
        }
    }
}


ngx_int_t
ngx_http_court_check(ngx_conf_t *cf)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    if (ngx_http_court_check_locations(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!mcf->build->used) {
        return NGX_OK;
    }

    if (mcf->sources.nelts
        && ngx_http_court_check_sources(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_court_check_logs(cf);
    ngx_http_court_check_limits(cf);

    return NGX_OK;
}
