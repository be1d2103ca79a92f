/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The directive court_notify, a line for each certificate, and what
 * "nginx -t" says of it: nothing is taken from who has not shown one.
 */

#include "ngx_http_court_notify.h"


/* "a,b" to an array of ngx_str_t; NULL, or what is wrong */

static const char *
ngx_http_court_notify_list(ngx_conf_t *cf, const ngx_str_t *value,
    ngx_array_t *list)
{
    u_char     *p, *last, *comma;
    ngx_str_t  *one;

    if (list->elts) {
        return "duplicate";
    }

    if (ngx_array_init(list, cf->pool, 4, sizeof(ngx_str_t)) != NGX_OK) {
        return "no memory for";
    }

    p = value->data;
    last = p + value->len;

    for ( ;; ) {
        comma = ngx_strlchr(p, last, ',');
        comma = comma ? comma : last;

        if (comma == p) {
            return "invalid";
        }

        one = ngx_array_push(list);
        if (one == NULL) {
            return "no memory for";
        }

        one->data = p;
        one->len = (size_t) (comma - p);

        if (comma == last) {
            return NULL;
        }

        p = comma + 1;
    }
}


static const char *
ngx_http_court_notify_name(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *value)
{
    (void) cf;

    if (line->name.len) {
        return "duplicate";
    }

    if (!ngx_court_cert_name(value->data, value->len)) {
        return "invalid";
    }

    line->name = *value;

    return NULL;
}


/* as of RFC 7469: base64 of SHA-256 */

static const char *
ngx_http_court_notify_spki(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *value)
{
    u_char     buf[64];
    ngx_str_t  hash;

    (void) cf;

    if (line->pinned) {
        return "duplicate";
    }

    hash.data = buf;

    if (value->len != 44 || ngx_decode_base64(&hash, value) != NGX_OK
        || hash.len != NGX_COURT_SHA256_LEN)
    {
        return "invalid";
    }

    ngx_memcpy(line->spki, buf, NGX_COURT_SHA256_LEN);
    line->pinned = 1;

    return NULL;
}


static const char *
ngx_http_court_notify_facts(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *value)
{
    return ngx_http_court_notify_list(cf, value, &line->facts);
}


static const char *
ngx_http_court_notify_courts(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *value)
{
    if (value->len == 1 && value->data[0] == '*' && !line->courts.elts) {
        line->all_courts = 1;
        return NULL;
    }

    return line->all_courts
           ? "duplicate"
           : ngx_http_court_notify_list(cf, value, &line->courts);
}


static const char *
ngx_http_court_notify_per_second(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *value)
{
    ngx_int_t  n;

    (void) cf;

    if (value->len < 4
        || ngx_strncmp(value->data + value->len - 3, "r/s", 3) != 0)
    {
        return "invalid";
    }

    n = ngx_atoi(value->data, value->len - 3);

    if (n < 1 || n > 10000) {
        return "invalid";
    }

    line->rate = n;

    return NULL;
}


static const struct {
    ngx_str_t     name;
    const char *(*set)(ngx_conf_t *cf, ngx_http_court_notify_line_t *line,
                      ngx_str_t *value);
} ngx_http_court_notify_words[] = {
    { ngx_string("name="), ngx_http_court_notify_name },
    { ngx_string("spki="), ngx_http_court_notify_spki },
    { ngx_string("facts="), ngx_http_court_notify_facts },
    { ngx_string("courts="), ngx_http_court_notify_courts },
    { ngx_string("rate="), ngx_http_court_notify_per_second },
    { ngx_null_string, NULL }
};


static ngx_int_t
ngx_http_court_notify_word(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line, ngx_str_t *word)
{
    ngx_str_t    value, *name;
    ngx_uint_t   i;
    const char  *wrong;

    wrong = "invalid";

    for (i = 0; ngx_http_court_notify_words[i].set; i++) {
        name = (ngx_str_t *) &ngx_http_court_notify_words[i].name;

        if (word->len > name->len
            && ngx_strncmp(word->data, name->data, name->len) == 0)
        {
            value.data = word->data + name->len;
            value.len = word->len - name->len;
            wrong = ngx_http_court_notify_words[i].set(cf, line, &value);
            break;
        }
    }

    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s parameter \"%V\"",
                           wrong, word);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* name, or the beginning of the pin */

static ngx_int_t
ngx_http_court_notify_label(ngx_conf_t *cf,
    ngx_http_court_notify_line_t *line)
{
    u_char  *p;

    if (line->name.len) {
        line->label = line->name;
        return NGX_OK;
    }

    p = ngx_pnalloc(cf->pool, sizeof("spki:") - 1 + 16);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->label.data = p;
    p = ngx_cpymem(p, "spki:", sizeof("spki:") - 1);
    line->label.len = (size_t) (ngx_hex_dump(p, line->spki, 8)
                                - line->label.data);

    return NGX_OK;
}


static ngx_http_court_notify_line_t *
ngx_http_court_notify_line(ngx_conf_t *cf)
{
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_http_court_notify_line_t  *line;

    line = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_notify_line_t));

    if (line == NULL
        || (line->load = ngx_pcalloc(cf->pool, sizeof(*line->load))) == NULL)
    {
        return NULL;
    }

    line->rate = NGX_HTTP_COURT_NOTIFY_RATE;
    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_court_notify_word(cf, line, &value[i]) != NGX_OK) {
            return NULL;
        }
    }

    if (line->name.len == 0 && !line->pinned) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_notify needs "
                           "\"name=\" or \"spki=\" of a certificate");
        return NULL;
    }

    if (line->facts.elts == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "court_notify needs \"facts=\"");
        return NULL;
    }

    return (ngx_http_court_notify_label(cf, line) == NGX_OK) ? line : NULL;
}


/* the first one that a certificate fits counts: the second could not */

static ngx_uint_t
ngx_http_court_notify_twin(ngx_array_t *lines,
    const ngx_http_court_notify_line_t *line)
{
    ngx_uint_t                      i;
    ngx_http_court_notify_line_t  **other;

    other = lines->elts;

    for (i = 0; i < lines->nelts; i++) {
        if (other[i]->name.len == line->name.len
            && ngx_strncasecmp(other[i]->name.data, line->name.data,
                               line->name.len) == 0
            && other[i]->pinned == line->pinned
            && ngx_memcmp(other[i]->spki, line->spki, NGX_COURT_SHA256_LEN)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the location's first line takes it over */

static char *
ngx_http_court_notify_place(ngx_conf_t *cf, ngx_http_court_loc_conf_t *lcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (lcf->notify) {
        return NGX_CONF_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (lcf->handler) {
        return "has another handler beside it";
    }

    if (clcf->named) {
        return "must not be in a named location";
    }

    lcf->notify = ngx_array_create(cf->pool, 2,
                                   sizeof(ngx_http_court_notify_line_t *));
    if (lcf->notify == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf->handler = ngx_http_court_notify_handler;
    lcf->handler = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_court_notify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t *lcf = conf;

    char                            *rv;
    ngx_http_court_main_conf_t      *mcf;
    ngx_http_court_notify_line_t    *line, **slot;
    ngx_http_court_notify_where_t   *where;

    (void) cmd;

    rv = ngx_http_court_notify_place(cf, lcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    line = ngx_http_court_notify_line(cf);
    if (line == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_court_notify_twin(lcf->notify, line)) {
        return "names that certificate twice";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);
    where = ngx_array_push(&mcf->build->notifies);
    slot = ngx_array_push(lcf->notify);

    if (where == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = line;

    where->line = line;
    where->clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    where->cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    ngx_http_court_where(cf, &where->where);

    return NGX_CONF_OK;
}


#define ngx_http_court_notify_error(cf, w, ...)                               \
    ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &(w)->where, __VA_ARGS__)


static ngx_int_t
ngx_http_court_notify_tls(ngx_conf_t *cf,
    const ngx_http_court_notify_where_t *where)
{
#if (NGX_HTTP_SSL)
    ngx_http_ssl_srv_conf_t  *sscf;

    sscf = where->cscf->ctx->srv_conf[ngx_http_ssl_module.ctx_index];

    if (sscf && sscf->verify == 1) {
        return NGX_OK;
    }
#endif

    ngx_http_court_notify_error(cf, where, "court_notify needs "
                                "\"ssl_verify_client on\" in its server");
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_court_notify_scope(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    const ngx_http_court_notify_where_t *where)
{
    ngx_str_t                     *name;
    ngx_uint_t                     i, k;
    ngx_court_source_t           **source;
    ngx_http_court_notify_line_t  *line;

    line = where->line;
    name = line->facts.elts;
    source = mcf->sources.elts;

    for (i = 0; i < line->facts.nelts; i++) {

        for (k = 0; k < mcf->sources.nelts; k++) {
            if (ngx_court_str_eq(&source[k]->fact.name, &name[i])) {
                break;
            }
        }

        if (k == mcf->sources.nelts) {
            ngx_http_court_notify_error(cf, where, "unknown fact \"%V\" in "
                                        "court_notify", &name[i]);
            return NGX_ERROR;
        }

        if (source[k]->fact.court_scope && !line->all_courts
            && line->courts.elts == NULL)
        {
            ngx_http_court_notify_error(cf, where, "court_notify needs "
                                        "\"courts=\": fact \"%V\" is of "
                                        "scope court", &name[i]);
            return NGX_ERROR;
        }

        line->scope[source[k]->fact.index] = 1;
    }

    name = line->courts.elts;

    for (i = 0; i < line->courts.nelts; i++) {
        if (mcf->courts == NULL
            || ngx_http_court_court_find(mcf->courts, &name[i]) == NULL)
        {
            ngx_http_court_notify_error(cf, where, "unknown court \"%V\" in "
                                        "court_notify", &name[i]);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* a body that names persons is never written to a file */

ngx_int_t
ngx_http_court_notify_check(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_http_court_notify_where_t  *where;

    where = mcf->build->notifies.elts;

    for (i = 0; i < mcf->build->notifies.nelts; i++) {

        if (ngx_http_court_notify_tls(cf, &where[i]) != NGX_OK
            || ngx_http_court_notify_scope(cf, mcf, &where[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        where[i].clcf->client_body_in_file_only = 0;
        where[i].clcf->client_body_buffer_size =
                              ngx_max(where[i].clcf->client_body_buffer_size,
                                      NGX_HTTP_COURT_CONTROL_BODY);
    }

    return NGX_OK;
}
