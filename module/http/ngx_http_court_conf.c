/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_http_court_conf.h"


/* a block under way: its lines and what they fill */
typedef struct {
    ngx_command_t             *lines;
    void                      *conf;
} ngx_http_court_block_t;


static char *ngx_http_court_block_line(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);


void
ngx_http_court_where(ngx_conf_t *cf, ngx_http_court_where_t *where)
{
    where->file = cf->conf_file->file.name;
    where->line = cf->conf_file->line;
}


ngx_int_t
ngx_http_court_push_where(ngx_conf_t *cf, ngx_array_t *array)
{
    ngx_http_court_where_t  *where;

    where = ngx_array_push(array);
    if (where == NULL) {
        return NGX_ERROR;
    }

    ngx_http_court_where(cf, where);

    return NGX_OK;
}


void
ngx_http_court_conf_error(ngx_uint_t level, ngx_conf_t *cf,
    const ngx_http_court_where_t *where, const char *fmt, ...)
{
    u_char   text[NGX_MAX_CONF_ERRSTR], *last;
    va_list  args;

    va_start(args, fmt);
    last = ngx_vslprintf(text, text + NGX_MAX_CONF_ERRSTR, fmt, args);
    va_end(args);

    if (where == NULL || where->line == 0) {
        ngx_log_error(level, cf->log, 0, "%*s", last - text, text);
        return;
    }

    ngx_log_error(level, cf->log, 0, "%*s in %V:%ui", last - text, text,
                  &where->file, where->line);
}


char *
ngx_http_court_block(ngx_conf_t *cf, ngx_command_t *lines, void *conf)
{
    char                    *rv;
    ngx_conf_t               save;
    ngx_http_court_block_t   block;

    block.lines = lines;
    block.conf = conf;

    save = *cf;
    cf->handler = ngx_http_court_block_line;
    cf->handler_conf = (char *) &block;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


static ngx_uint_t
ngx_http_court_block_takes(ngx_command_t *cmd, ngx_uint_t n)
{
    if (cmd->type & NGX_CONF_1MORE) {
        return n >= 1;
    }

    if (cmd->type & NGX_CONF_2MORE) {
        return n >= 2;
    }

    /* NGX_CONF_NOARGS is bit 0, NGX_CONF_TAKE7 bit 7 */

    return n < NGX_CONF_MAX_ARGS && ((cmd->type >> n) & 1);
}


static char *
ngx_http_court_block_line(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_http_court_block_t  *block = conf;

    char           *rv;
    ngx_str_t      *value;
    ngx_uint_t      n;
    ngx_command_t  *cmd;

    value = cf->args->elts;
    n = cf->args->nelts - 1;

    if (n == 1 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = block->lines; cmd->name.len; cmd++) {
        if (ngx_court_str_eq(&cmd->name, &value[0])) {
            break;
        }
    }

    if (cmd->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown directive \"%V\"",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_court_block_takes(cmd, n)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid number of arguments "
                           "in \"%V\" directive", &value[0]);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, block->conf);

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                           &cmd->name, rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


/* as ngx_conf_set_enum_slot, which does not say what the value may be */

char *
ngx_http_court_enum_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    u_char           text[256], *last;
    ngx_str_t       *value;
    ngx_uint_t      *np;
    ngx_conf_enum_t  *e;

    np = (ngx_uint_t *) (p + cmd->offset);

    if (*np != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    last = text;

    for (e = cmd->post; e->name.len; e++) {
        if (ngx_court_str_eq(&e->name, &value[1])) {
            *np = e->value;
            return NGX_CONF_OK;
        }

        last = ngx_slprintf(last, text + sizeof(text), "%s\"%V\"",
                            last == text ? "" : e[1].name.len ? ", " : " or ",
                            &e->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in \"%V\" "
                       "directive, it must be %*s", &value[1], &cmd->name,
                       last - text, text);
    return NGX_CONF_ERROR;
}


char *
ngx_http_court_words_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t    *value, *word;
    ngx_uint_t    i, k;
    ngx_array_t  *words, **ap;

    ap = (ngx_array_t **) (p + cmd->offset);

    if (*ap != NULL) {
        return "is duplicate";
    }

    words = ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_str_t));
    if (words == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value";
        }

        for (k = 1; k < i; k++) {
            if (ngx_court_str_eq(&value[i], &value[k])) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate value \"%V\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        word = ngx_array_push(words);
        if (word == NULL) {
            return NGX_CONF_ERROR;
        }

        *word = value[i];
    }

    *ap = words;

    return NGX_CONF_OK;
}


char *
ngx_http_court_msec_bounds(ngx_conf_t *cf, void *post, void *data)
{
    ngx_http_court_msec_bounds_t  *bounds = post;
    ngx_msec_t                    *msp = data;

    if (*msp >= bounds->low && *msp <= bounds->high) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "value must be between %s", bounds->text);
    return NGX_CONF_ERROR;
}


ngx_uint_t
ngx_http_court_name(const ngx_str_t *name, ngx_uint_t underscore)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c >= 'a' && c <= 'z') {
            continue;
        }

        if (i && ((c >= '0' && c <= '9') || (c == '_' && underscore))) {
            continue;
        }

        return 0;
    }

    return name->len > 0 && name->len <= 64;
}
