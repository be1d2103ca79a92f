/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The location configuration of each of nginx's *_pass modules begins with
 * ngx_http_upstream_conf_t (a public struct).  The modules are found by name:
 * their symbols can't be linked where nginx was built without one of them.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_NO_ACCEL  (NGX_HTTP_UPSTREAM_IGN_XA_REDIRECT           \
                                  |NGX_HTTP_UPSTREAM_IGN_XA_EXPIRES           \
                                  |NGX_HTTP_UPSTREAM_IGN_XA_LIMIT_RATE        \
                                  |NGX_HTTP_UPSTREAM_IGN_XA_BUFFERING         \
                                  |NGX_HTTP_UPSTREAM_IGN_XA_CHARSET)


/* stores and headers: what the directives are called */
typedef struct {
    const char                *module;
    const char                *store;
    const char                *headers;
} ngx_http_court_upstream_name_t;

static const ngx_http_court_upstream_name_t  ngx_http_court_upstream_names[] =
{
    { "ngx_http_proxy_module", "\"proxy_store\"",
      "\"proxy_pass_request_headers off\"" },
    { "ngx_http_fastcgi_module", "\"fastcgi_store\"",
      "\"fastcgi_pass_request_headers off\"" },
    { "ngx_http_uwsgi_module", "\"uwsgi_store\"",
      "\"uwsgi_pass_request_headers off\"" },
    { "ngx_http_scgi_module", "\"scgi_store\"",
      "\"scgi_pass_request_headers off\"" },
    { "ngx_http_grpc_module", NULL, NULL },
    { NULL, NULL, NULL }
};


ngx_array_t *
ngx_http_court_upstreams(ngx_conf_t *cf)
{
    ngx_uint_t                             i;
    ngx_array_t                           *ups;
    ngx_module_t                         **module;
    ngx_http_court_upstream_t             *up;
    const ngx_http_court_upstream_name_t  *name;

    ups = ngx_array_create(cf->temp_pool, 5,
                           sizeof(ngx_http_court_upstream_t));
    if (ups == NULL) {
        return NULL;
    }

    module = cf->cycle->modules;

    for (i = 0; module[i]; i++) {

        if (module[i]->type != NGX_HTTP_MODULE) {
            continue;
        }

        for (name = ngx_http_court_upstream_names; name->module; name++) {
            if (ngx_strcmp(module[i]->name, name->module) != 0) {
                continue;
            }

            up = ngx_array_push(ups);
            if (up == NULL) {
                return NULL;
            }

            up->index = module[i]->ctx_index;
            up->store = name->store;
            up->headers = name->headers;
        }
    }

    return ups;
}


const char *
ngx_http_court_upstream_forbidden(const ngx_http_court_upstream_t *up,
    void **loc_conf)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = loc_conf[up->index];

    /* one caller's answer would become a file for everybody */

    if (up->store && ucf->store > 0) {
        return up->store;
    }

    /* ours would not be passed either */

    if (up->headers && ucf->pass_request_headers == 0) {
        return up->headers;
    }

    return NULL;
}


void
ngx_http_court_upstream_no_accel(const ngx_http_court_upstream_t *up,
    void **loc_conf)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = loc_conf[up->index];
    ucf->ignore_headers |= NGX_HTTP_COURT_NO_ACCEL;
}
