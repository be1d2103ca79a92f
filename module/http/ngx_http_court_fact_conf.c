/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_fact NAME { }": a typed record about a key, where it comes from and
 * how long it may be kept.
 */

#include "ngx_http_court_fact_conf.h"


static ngx_conf_enum_t  ngx_http_court_fact_scopes[] = {
    { ngx_string("national"), 0 },
    { ngx_string("court"), 1 },
    { ngx_null_string, 0 }
};

static ngx_conf_num_bounds_t  ngx_http_court_fact_counts = {
    ngx_conf_check_num_bounds, 1, 100000
};

static ngx_http_court_msec_bounds_t  ngx_http_court_fact_ttls = {
    ngx_http_court_msec_bounds, 1000, 86400000, "1s and 1d"
};

static ngx_http_court_msec_bounds_t  ngx_http_court_fact_stales = {
    ngx_http_court_msec_bounds, 0, 28800000, "0 and 8h"
};

static ngx_http_court_msec_bounds_t  ngx_http_court_fact_timeouts = {
    ngx_http_court_msec_bounds, 10, 60000, "10ms and 60s"
};


#define ngx_http_court_fact_line(name, type, set, member, post)               \
    { ngx_string(name), type, set, 0,                                         \
      offsetof(ngx_http_court_fact_conf_t, member), post }

static ngx_command_t  ngx_http_court_fact_lines[] = {

    ngx_http_court_fact_line("source", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, uri, NULL),

    ngx_http_court_fact_line("key", NGX_CONF_1MORE,
        ngx_http_court_fact_key_line, keys, NULL),

    ngx_http_court_fact_line("scope", NGX_CONF_TAKE1,
        ngx_http_court_enum_slot, scope, &ngx_http_court_fact_scopes),

    ngx_http_court_fact_line("field", NGX_CONF_TAKE2,
        ngx_http_court_fact_field_line, fields, NULL),

    ngx_http_court_fact_line("map", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, map, NULL),

    ngx_http_court_fact_line("ttl", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, ttl, &ngx_http_court_fact_ttls),

    ngx_http_court_fact_line("negative_ttl", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, negative_ttl, &ngx_http_court_fact_ttls),

    ngx_http_court_fact_line("stale", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, stale, &ngx_http_court_fact_stales),

    ngx_http_court_fact_line("timeout", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, timeout, &ngx_http_court_fact_timeouts),

    ngx_http_court_fact_line("max_fetches", NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, max_fetches, &ngx_http_court_fact_counts),

    ngx_http_court_fact_line("max_waiting", NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, max_waiting, &ngx_http_court_fact_counts),

    ngx_http_court_fact_line("rate", NGX_CONF_TAKE1,
        ngx_http_court_fact_rate, rate, NULL),

    ngx_http_court_fact_line("breaker", NGX_CONF_TAKE1,
        ngx_http_court_fact_breaker, failures, NULL),

      ngx_null_command
};


static char *
ngx_http_court_fact_mandatory(ngx_conf_t *cf, ngx_http_court_fact_conf_t *fcf)
{
    const char  *missing;

    missing = fcf->uri.len == 0 ? "source"
              : fcf->keys == NULL ? "key"
              : fcf->fields.nelts == 0 ? "field"
              : NULL;

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no \"%s\" is defined for "
                           "court_fact \"%V\"", missing,
                           &fcf->source->fact.name);
        return NGX_CONF_ERROR;
    }

    /* goes into a request line as it is */

    if (fcf->uri.data[0] != '/'
        || strspn((char *) fcf->uri.data, "abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
           != fcf->uri.len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid source \"%V\", "
                           "it must be a location of the source server",
                           &fcf->uri);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* a standard name means the standard record (reference/court_fact.md) */

static char *
ngx_http_court_fact_check_standard(ngx_conf_t *cf,
    ngx_http_court_fact_conf_t *fcf)
{
    ngx_uint_t               i, k;
    ngx_court_fact_t        *fact;
    ngx_court_field_t       *field;
    const ngx_court_fact_t  *standard;

    fact = &fcf->source->fact;
    standard = ngx_court_fact_standard(&fact->name);

    /* every answer would be an error */

    if (!ngx_court_fact_named(fact)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"key\" of court_fact \"%V\" "
                           "has nothing by which an answer could say whom it "
                           "is about", &fact->name);
        return NGX_CONF_ERROR;
    }

    if (standard == NULL) {
        return NGX_CONF_OK;
    }

    field = fact->schema.fields;

    for (i = 0; i < fact->schema.nfields; i++) {
        k = ngx_court_schema_find(&standard->schema, &field[i].name);

        if (k != NGX_COURT_NO_FIELD
            && standard->schema.fields[k].type != field[i].type)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "field \"%V\" of "
                               "court_fact \"%V\" must be of type \"%s\"",
                               &field[i].name, &fact->name,
                         ngx_court_type_name(standard->schema.fields[k].type));
            return NGX_CONF_ERROR;
        }
    }

    /* whoever is suspended with an interval would look active without it */

    if (fact->status != NGX_COURT_NO_FIELD
        && fact->suspended == NGX_COURT_NO_FIELD
        && ngx_strcmp(fact->name.data, "identity") == 0)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "court_fact \"identity\" has "
                           "\"status\" without \"suspended\": suspensions by "
                           "interval are not seen");
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_court_fact_map(ngx_conf_t *cf, ngx_http_court_fact_conf_t *fcf)
{
    char              *rv;
    ngx_str_t          text, err;
    ngx_court_fact_t  *fact;

    if (fcf->map.len == 0) {
        return NGX_CONF_OK;
    }

    rv = ngx_http_court_file_read(cf, &fcf->map, 0, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    fact = &fcf->source->fact;
    ngx_str_null(&err);
    fact->mapping = ngx_court_mapping_parse(cf->pool, fact, &text, &err);

    if (fact->mapping == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "map \"%V\": %V", &fcf->map,
                           &err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_court_fact_finish(ngx_conf_t *cf, ngx_http_court_fact_conf_t *fcf)
{
    ngx_court_source_t  *source;

    if (ngx_http_court_fact_mandatory(cf, fcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value(fcf->scope, 0);
    ngx_conf_init_msec_value(fcf->ttl, 300000);
    ngx_conf_init_msec_value(fcf->negative_ttl, 30000);
    ngx_conf_init_msec_value(fcf->stale, 0);
    ngx_conf_init_msec_value(fcf->timeout, 2000);
    ngx_conf_init_value(fcf->max_fetches, 64);
    ngx_conf_init_value(fcf->max_waiting, 2000);
    ngx_conf_init_value(fcf->rate, 0);            /* no limit */
    ngx_conf_init_value(fcf->failures, 20);
    ngx_conf_init_msec_value(fcf->breaker_time, 10000);

    source = fcf->source;
    source->source = fcf->uri;
    source->timeout = fcf->timeout;
    source->max_fetches = fcf->max_fetches;
    source->max_waiting = fcf->max_waiting;
    source->rate = fcf->rate;
    source->breaker_failures = fcf->failures;
    source->breaker_time = fcf->breaker_time;

    source->fact.court_scope = fcf->scope;
    source->fact.ttl = fcf->ttl;
    source->fact.negative_ttl = fcf->negative_ttl;
    source->fact.stale = fcf->stale;
    source->fact.schema.nfields = fcf->fields.nelts;
    source->fact.schema.fields = fcf->fields.elts;

    ngx_court_fact_init(&source->fact);

    if (ngx_http_court_fact_map(cf, fcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_fact_check_standard(cf, fcf);
}


static char *
ngx_http_court_fact_add(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_fact_conf_t *fcf)
{
    ngx_array_t         **keys;
    ngx_court_source_t  **source;

    source = ngx_array_push(&mcf->sources);
    keys = ngx_array_push(&mcf->source_keys);

    if (source == NULL || keys == NULL
        || ngx_http_court_push_where(cf, &mcf->build->source_where) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *source = fcf->source;
    *keys = fcf->keys;

    return NGX_CONF_OK;
}


/* everything that a line may set is unset */

static ngx_http_court_fact_conf_t *
ngx_http_court_fact_create(ngx_conf_t *cf, const ngx_str_t *name)
{
    ngx_http_court_fact_conf_t  *fcf;

    fcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_fact_conf_t));
    if (fcf == NULL) {
        return NULL;
    }

    fcf->source = ngx_pcalloc(cf->pool, sizeof(ngx_court_source_t));

    if (fcf->source == NULL
        || ngx_array_init(&fcf->fields, cf->pool, 8,
                          sizeof(ngx_court_field_t))
           != NGX_OK)
    {
        return NULL;
    }

    fcf->source->fact.name = *name;
    fcf->scope = NGX_CONF_UNSET_UINT;
    fcf->ttl = NGX_CONF_UNSET_MSEC;
    fcf->negative_ttl = NGX_CONF_UNSET_MSEC;
    fcf->stale = NGX_CONF_UNSET_MSEC;
    fcf->timeout = NGX_CONF_UNSET_MSEC;
    fcf->max_fetches = NGX_CONF_UNSET;
    fcf->max_waiting = NGX_CONF_UNSET;
    fcf->rate = NGX_CONF_UNSET;
    fcf->failures = NGX_CONF_UNSET;
    fcf->breaker_time = NGX_CONF_UNSET_MSEC;

    return fcf;
}


char *
ngx_http_court_fact_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_court_source_t         **sources;
    ngx_http_court_fact_conf_t  *fcf;

    value = cf->args->elts;
    sources = mcf->sources.elts;

    /* $court_fact_NAME_FIELD: a '_' in NAME would be ambiguous */

    if (!ngx_http_court_name(&value[1], 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid fact name \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < mcf->sources.nelts; i++) {
        if (ngx_court_str_eq(&sources[i]->fact.name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate court_fact \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (i == NGX_COURT_MAX_FACTS) {
        return "stands too often";
    }

    fcf = ngx_http_court_fact_create(cf, &value[1]);
    if (fcf == NULL) {
        return NGX_CONF_ERROR;
    }

    fcf->source->fact.index = i;

    if (ngx_http_court_block(cf, ngx_http_court_fact_lines, fcf)
        != NGX_CONF_OK
        || ngx_http_court_fact_finish(cf, fcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_fact_add(cf, mcf, fcf);
}
