/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The URL by which clients reach this server, without a path: what the
 * operator says, else a trusted front, else the connection and Host.
 */

#include "ngx_http_court_conf.h"
#include "ngx_court_origin.h"




static ngx_int_t
ngx_http_court_external_configured(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_str_t *url, ngx_court_origin_t *o)
{
    ngx_log_t    log;
    const char  *wrong;

    if (ngx_http_complex_value(r, cv, url) != NGX_OK) {
        return NGX_ERROR;
    }

    wrong = ngx_court_origin_parse(url, o);
    if (wrong == NULL) {
        return NGX_OK;
    }

    log = *r->connection->log;
    log.handler = NULL;

    ngx_log_error(NGX_LOG_ERR, &log, 0,
                  "court: external: the value of court_external_url %s",
                  wrong);

    return NGX_ERROR;
}


/*
 * The name is the one by which nginx chose the server: Host without its port,
 * in lower case, or that of an absolute request line, which goes before Host.
 * The port counts only where it stands behind that same name.
 */

static ngx_int_t
ngx_http_court_external_host(ngx_http_request_t *r, ngx_court_origin_t *o)
{
    ngx_str_t                 *host;
    ngx_uint_t                 port;
    ngx_http_core_srv_conf_t  *cscf;

    port = 0;
    host = r->headers_in.host ? &r->headers_in.host->value : NULL;

    if (host && ngx_court_origin_authority(host, o) == NGX_OK
        && o->host.len == r->headers_in.server.len
        && ngx_strncasecmp(o->host.data, r->headers_in.server.data,
                           o->host.len) == 0)
    {
        port = o->port;
    }

    if (r->headers_in.server.len) {
        host = &r->headers_in.server;

    } else {
        cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
        host = &cscf->server_name;
    }

    if (ngx_court_origin_authority(host, o) != NGX_OK || o->port) {
        return NGX_DECLINED;
    }

    o->port = port;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_external_connection(ngx_http_court_session_t *s,
    ngx_court_origin_t *o)
{
    ngx_log_t            log;
    ngx_http_request_t  *r;

    r = s->request;

    if ((s->host.len ? ngx_court_origin_authority(&s->host, o)
                     : ngx_http_court_external_host(r, o))
        != NGX_OK)
    {
        log = *r->connection->log;
        log.handler = NULL;

        ngx_log_error(NGX_LOG_ERR, &log, 0, "court: external: the request has "
                      "no usable host, \"court_external_url\" would say it");
        return NGX_ERROR;
    }

    o->https = 0;

#if (NGX_HTTP_SSL)
    o->https = r->connection->ssl != NULL;
#endif

    if (s->proto.len) {
        (void) ngx_court_origin_scheme(&s->proto, o);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_court_external(ngx_http_court_session_t *s, ngx_str_t *url)
{
    ngx_str_t                   value;
    ngx_court_origin_t          o;
    ngx_http_court_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(s->request, ngx_http_court_module);

    if ((scf->external
         ? ngx_http_court_external_configured(s->request, scf->external,
                                              &value, &o)
         : ngx_http_court_external_connection(s, &o))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    url->data = ngx_pnalloc(s->request->pool, NGX_COURT_ORIGIN_LEN);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    url->len = ngx_court_origin_write(url->data, &o) - url->data;

    return NGX_OK;
}


char *
ngx_http_court_external_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_srv_conf_t  *scf = conf;

    char                *rv;
    ngx_str_t           *value;
    const char          *wrong;
    ngx_court_origin_t   o;

    rv = ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    wrong = scf->external->lengths ? NULL
                                   : ngx_court_origin_parse(&value[1], &o);
    if (wrong) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"court_external_url\" "
                           "\"%V\" %s", &value[1], wrong);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
