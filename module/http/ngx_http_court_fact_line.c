/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines of a court_fact block: its key, its fields, its limits.
 */

#include "ngx_http_court_fact_conf.h"


#define ngx_http_court_fact_var(var, name, member)                            \
    { ngx_string(var), ngx_string(name),                                      \
      offsetof(ngx_http_court_session_t, member) }


/* what a part of the key is called in a record's words; and where its value
 * stands, if it is one variable and nothing else */

static void
ngx_http_court_fact_key_name(const ngx_str_t *value, ngx_str_t *name,
    ngx_http_court_key_part_t *part)
{
    size_t      prefix;
    ngx_str_t   var;
    ngx_uint_t  i;

    static const struct {
        ngx_str_t  var;
        ngx_str_t  name;
        size_t     member;
    } names[] = {
        ngx_http_court_fact_var("court_subject", "subject", subject),
        ngx_http_court_fact_var("court_principal", "principal", principal),
        ngx_http_court_fact_var("court_issuer", "issuer", issuer),
        ngx_http_court_fact_var("court_client", "client", client),
        ngx_http_court_fact_var("court_code", "court", code)
    };

    ngx_str_null(name);

    if (value->len < 2 || value->data[0] != '$') {
        return;
    }

    var.data = value->data + 1;
    var.len = value->len - 1;

    if (var.data[0] == '{' && var.data[var.len - 1] == '}') {
        var.data++;
        var.len -= 2;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ngx_court_str_eq(&names[i].var, &var)) {
            *name = names[i].name;
            part->alone = names[i].member;
            return;
        }
    }

    prefix = sizeof("court_path_") - 1;

    if (var.len > prefix
        && ngx_strncmp(var.data, "court_path_", prefix) == 0)
    {
        name->data = var.data + prefix;
        name->len = var.len - prefix;

        /* "$court_path_a-$x" is more than one variable */

        if (!ngx_http_court_name(name, 1)) {
            ngx_str_null(name);
        }

        part->path = *name;
    }
}


char *
ngx_http_court_fact_key_line(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_fact_conf_t  *fcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_court_fact_t                  *fact;
    ngx_http_court_key_part_t         *part;
    ngx_http_compile_complex_value_t   ccv;

    if (fcf->keys) {
        return "is duplicate";
    }

    fact = &fcf->source->fact;
    value = cf->args->elts;
    fact->nkeys = cf->args->nelts - 1;

    if (fact->nkeys > NGX_COURT_FACT_KEYS) {
        return "must have 1 to 4 values";
    }

    fcf->keys = ngx_array_create(cf->pool, fact->nkeys,
                                 sizeof(ngx_http_court_key_part_t));
    if (fcf->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < fact->nkeys; i++) {
        part = ngx_array_push(fcf->keys);
        if (part == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(part, sizeof(ngx_http_court_key_part_t));

        ngx_http_court_fact_key_name(&value[i + 1], &fact->key_names[i],
                                     part);

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i + 1];
        ccv.complex_value = &part->value;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_court_fact_field_line(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_fact_conf_t  *fcf = conf;

    ngx_str_t          *value;
    ngx_uint_t          i;
    ngx_court_field_t  *field;
    ngx_court_type_t    type;

    value = cf->args->elts;
    field = fcf->fields.elts;

    for (i = 0; i < fcf->fields.nelts; i++) {
        if (ngx_court_str_eq(&field[i].name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate field \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (i == NGX_COURT_MAX_FIELDS) {
        return "stands too often";
    }

    type = ngx_court_type_find(&value[2]);

    if (type == NGX_COURT_T_NONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown type \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    /* computed ones can't be declared */

    if (!ngx_http_court_name(&value[1], 1)
        || ngx_strcmp(value[1].data, "active") == 0
        || ngx_strcmp(value[1].data, "found") == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid field name \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    field = ngx_array_push(&fcf->fields);
    if (field == NULL) {
        return NGX_CONF_ERROR;
    }

    field->name = value[1];
    field->type = type;

    return NGX_CONF_OK;
}


/* "200r/s" */

char *
ngx_http_court_fact_rate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_fact_conf_t  *fcf = conf;

    ngx_str_t  *value;

    if (fcf->rate != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len > 3
        && ngx_strcmp(value[1].data + value[1].len - 3, "r/s") == 0)
    {
        fcf->rate = ngx_atoi(value[1].data, value[1].len - 3);

        if (fcf->rate > 0 && fcf->rate <= 1000000) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid rate \"%V\"", &value[1]);
    return NGX_CONF_ERROR;
}


/* "20/10s": after so many failures in a row, nobody is asked for so long */

char *
ngx_http_court_fact_breaker(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_fact_conf_t  *fcf = conf;

    u_char     *p;
    ngx_int_t   ms;
    ngx_str_t  *value, time;

    if (fcf->failures != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    p = (u_char *) ngx_strchr(value[1].data, '/');

    if (p != NULL) {
        time.data = p + 1;
        time.len = value[1].data + value[1].len - time.data;

        ms = ngx_parse_time(&time, 0);
        fcf->failures = ngx_atoi(value[1].data, p - value[1].data);

        if (fcf->failures > 0 && fcf->failures <= 100000 && ms >= 100
            && ms <= 3600000)
        {
            fcf->breaker_time = ms;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\", it must be "
                       "failures/time", &value[1]);
    return NGX_CONF_ERROR;
}
