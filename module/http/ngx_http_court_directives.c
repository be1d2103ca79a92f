/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Set functions of directives that no slot of nginx's serves.
 */

#include "ngx_http_court_conf.h"

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif


static const ngx_str_t  ngx_http_court_zone_names[NGX_HTTP_COURT_NZONES] = {
    ngx_string("facts"),
    ngx_string("tokens"),
    ngx_string("negative"),
    ngx_string("artefacts"),
    ngx_string("state"),
    ngx_string("flight"),
    ngx_string("tombstones")
};


/* "NAME:SIZE ..."; zones that no step has built yet are unknown names */

static char *
ngx_http_court_zone_one(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_str_t *value)
{
    u_char      *p;
    ssize_t      size;
    ngx_str_t    name, s;
    ngx_uint_t   i;

    p = ngx_strlchr(value->data, value->data + value->len, ':');

    if (p == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in "
                           "\"court_zone\" directive, it must be NAME:SIZE",
                           value);
        return NGX_CONF_ERROR;
    }

    name.data = value->data;
    name.len = p - value->data;
    s.data = p + 1;
    s.len = value->data + value->len - s.data;

    for (i = 0; i < NGX_HTTP_COURT_NZONES; i++) {
        if (ngx_court_str_eq(&ngx_http_court_zone_names[i], &name)) {
            break;
        }
    }

    if (i == NGX_HTTP_COURT_NZONES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown zone \"%V\"", &name);
        return NGX_CONF_ERROR;
    }

    if (mcf->zone_size[i]) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate zone \"%V\"",
                           &name);
        return NGX_CONF_ERROR;
    }

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid zone size \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (8 * ngx_pagesize) || size < 65536) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           value);
        return NGX_CONF_ERROR;
    }

    mcf->zone_size[i] = size;

    return NGX_CONF_OK;
}


char *
ngx_http_court_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_court_zone_one(cf, mcf, &value[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_court_state_dir(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t        *value;
    ngx_file_info_t   fi;

    if (mcf->state_dir.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->state_dir = value[1];

    if (value[1].len == 0
        || ngx_conf_full_name(cf->cycle, &mcf->state_dir, 1) != NGX_OK)
    {
        return "has an invalid value";
    }

    if (ngx_file_info(mcf->state_dir.data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_file_info_n " \"%V\" failed", &mcf->state_dir);
        return NGX_CONF_ERROR;
    }

    /* what is kept there is believed at the next start */

    if (!ngx_is_dir(&fi) || (fi.st_uid != 0 && fi.st_uid != geteuid())
        || (fi.st_mode & (S_IWGRP|S_IWOTH)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" must be a directory "
                           "of root or of the user that starts nginx, and "
                           "not writable by group or others",
                           &mcf->state_dir);
        return NGX_CONF_ERROR;
    }

    ngx_http_court_where(cf, &mcf->build->state_dir);

#if (NGX_THREADS)

    mcf->threads = ngx_thread_pool_add(cf, NULL);
    if (mcf->threads == NULL) {
        return NGX_CONF_ERROR;
    }

#endif

    return NGX_CONF_OK;
}


char *
ngx_http_court_source_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_url_t   u;
    ngx_str_t  *value;

    if (mcf->source_server.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->source_server = value[1];

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = value[1];
    u.no_resolve = 1;

    if (value[1].len < 6 || ngx_strncasecmp(value[1].data,
                                            (u_char *) "unix:", 5) != 0
        || ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs != 1
        || u.uri.len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\" of the "
                           "\"court_source_server\" directive, it must be "
                           "unix:PATH", u.err ? u.err : "invalid address",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    mcf->build->source_addr = &u.addrs[0];
    ngx_http_court_where(cf, &mcf->build->source_server);

    return NGX_CONF_OK;
}


/* "redis=NAME seal_keys=FILE": nothing goes there unsealed */

char *
ngx_http_court_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t   *value, file, text, err;
    ngx_uint_t   i;

    if (mcf->build->cache_redis.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ngx_str_null(&file);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "redis=", 6) == 0
            && mcf->build->cache_redis.data == NULL && value[i].len > 6)
        {
            mcf->build->cache_redis.data = value[i].data + 6;
            mcf->build->cache_redis.len = value[i].len - 6;
            continue;
        }

        if (ngx_strncmp(value[i].data, "seal_keys=", 10) == 0
            && file.data == NULL && value[i].len > 10)
        {
            file.data = value[i].data + 10;
            file.len = value[i].len - 10;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (file.data == NULL || mcf->build->cache_redis.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_cache must have "
                           "\"redis\" and \"seal_keys\" parameters");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_court_file_read(cf, &file, 1, &text) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->tiers.ring = ngx_court_ring_parse(cf->pool, &text,
                                           NGX_COURT_RING_SEAL, &err);
    ngx_court_wipe(text.data, text.len);

    if (mcf->tiers.ring == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "seal_keys \"%V\": %V", &file,
                           &err);
        return NGX_CONF_ERROR;
    }

    ngx_http_court_where(cf, &mcf->build->cache);

    return ngx_http_court_keys_ring(cf, "seal", &file, mcf->tiers.ring)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* its facts and claims may stand behind it: compiled when all is read */

char *
ngx_http_court_policy_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t  *value;

    if (mcf->policy_file.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf->policy_file = value[1];

    ngx_http_court_where(cf, &mcf->build->policy);

    return ngx_http_court_file_read(cf, &mcf->policy_file, 0,
                                    &mcf->policy_text);
}


char *
ngx_http_court_courts_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    char       *rv;
    ngx_str_t  *value, text, err;

    if (mcf->courts) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = ngx_http_court_file_read(cf, &value[1], 0, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_str_set(&err, "no memory");
    mcf->courts = ngx_http_court_courts_parse(cf, &text, &err);

    if (mcf->courts == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_courts \"%V\": %V",
                           &value[1], &err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_court_audit_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    char       *rv;
    ngx_str_t  *value, text, err;

    if (mcf->audit_ring) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = ngx_http_court_file_read(cf, &value[1], 1, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_http_court_pseudonyms_clear();

    mcf->audit_ring = ngx_court_ring_parse(cf->pool, &text,
                                           NGX_COURT_RING_MAC, &err);
    ngx_court_wipe(text.data, text.len);

    if (mcf->audit_ring == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_audit_key \"%V\": %V",
                           &value[1], &err);
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_keys_ring(cf, "audit", &value[1], mcf->audit_ring)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* "$name" or "${name}" and nothing else; the name, else "" */

static ngx_str_t
ngx_http_court_code_variable(const ngx_str_t *value)
{
    ngx_str_t  name;

    name.data = value->data + 1;
    name.len = value->len - 1;

    if (name.len > 2 && name.data[0] == '{'
        && name.data[name.len - 1] == '}')
    {
        name.data++;
        name.len -= 2;
    }

    if (strspn((char *) name.data, "abcdefghijklmnopqrstuvwxyz"
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") < name.len)
    {
        ngx_str_null(&name);
    }

    return name;
}


char *
ngx_http_court_code(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t  *lcf = conf;

    ngx_str_t                         *value;
    ngx_http_court_code_t             *code;
    ngx_http_court_main_conf_t        *mcf;
    ngx_http_compile_complex_value_t   ccv;

    if (lcf->code != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    lcf->code = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    code = ngx_array_push(&mcf->build->codes);

    if (lcf->code == NULL || code == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = lcf->code;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    code->code = value[1];
    code->variable = (lcf->code->lengths != NULL);
    ngx_http_court_where(cf, &code->where);

    if (code->variable) {
        code->code = ngx_http_court_code_variable(&value[1]);
    }

    if (code->code.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in "
                           "\"court_code\" directive, it must be a code or "
                           "one variable of a map", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_court_issuer_names(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t  *lcf = conf;

    char                        *rv;
    ngx_http_court_names_t      *names;
    ngx_http_court_main_conf_t  *mcf;

    rv = ngx_http_court_words_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    names = ngx_array_push(&mcf->build->names);
    if (names == NULL) {
        return NGX_CONF_ERROR;
    }

    names->names = lcf->issuer_names;
    ngx_http_court_where(cf, &names->where);

    return NGX_CONF_OK;
}
