/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The directive court_control, and what "nginx -t" says of it: a server that
 * the network can reach must not have it.
 */

#include "ngx_http_court_control.h"


char *
ngx_http_court_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_court_main_conf_t      *mcf;
    ngx_http_court_control_where_t  *where;

    if (lcf->handler) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* what is asked stands behind the prefix */

    if (clcf->named || clcf->exact_match
#if (NGX_PCRE)
        || clcf->regex
#endif
        )
    {
        return "must be in a location that is a prefix";
    }

    where = ngx_array_push(&mcf->build->controls);
    if (where == NULL) {
        return NGX_CONF_ERROR;
    }

    where->clcf = clcf;
    where->cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    ngx_http_court_where(cf, &where->where);

    clcf->handler = ngx_http_court_control_handler;
    lcf->handler = 1;

    return NGX_CONF_OK;
}


/* an address of another family that the server listens on; NULL: none */

static ngx_http_conf_addr_t *
ngx_http_court_control_foreign(ngx_http_conf_port_t *port,
    ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t                  i, k;
    ngx_http_conf_addr_t       *addr;
    ngx_http_core_srv_conf_t  **server;

    addr = port->addrs.elts;

    for (i = 0; port->family != AF_UNIX && i < port->addrs.nelts; i++) {
        server = addr[i].servers.elts;

        for (k = 0; k < addr[i].servers.nelts; k++) {
            if (server[k] == cscf) {
                return &addr[i];
            }
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_court_control_listeners(ngx_conf_t *cf,
    const ngx_http_court_control_where_t *where)
{
    ngx_uint_t                  i;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_OK;
    }

    port = cmcf->ports->elts;

    for (i = 0; i < cmcf->ports->nelts; i++) {
        addr = ngx_http_court_control_foreign(&port[i], where->cscf);

        if (addr) {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &where->where,
                                      "court_control is for servers that "
                                      "listen on unix sockets alone; this "
                                      "one listens on %V",
                                      &addr->opt.addr_text);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * Everything is merged.  A body of the longest kind fits into memory: what
 * names persons is never written to a file.
 */

ngx_int_t
ngx_http_court_control_check(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                       i;
    ngx_http_court_control_where_t  *where;

    where = mcf->build->controls.elts;

    for (i = 0; i < mcf->build->controls.nelts; i++) {

        if (!mcf->build->used) {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &where[i].where,
                                      "court_control needs \"court_issuer\", "
                                      "\"court_fact\" or \"court_policy\"");
            return NGX_ERROR;
        }

        if (ngx_http_court_control_listeners(cf, &where[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        where[i].clcf->client_body_in_file_only = 0;
        where[i].clcf->client_body_buffer_size =
                              ngx_max(where[i].clcf->client_body_buffer_size,
                                      NGX_HTTP_COURT_CONTROL_BODY);
    }

    return NGX_OK;
}
