/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_health [live|ready]": for load balancers and for systemd.  Anybody
 * is answered; what is wrong is told on this machine alone.
 */

#include "ngx_http_court_status.h"


/* ngx_http_court_loc_conf_t.health */
#define NGX_HTTP_COURT_HEALTH_PATH   0       /* the last segment says */
#define NGX_HTTP_COURT_HEALTH_LIVE   1
#define NGX_HTTP_COURT_HEALTH_READY  2


static ngx_uint_t
ngx_http_court_health_live(ngx_http_request_t *r)
{
    ngx_http_court_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

    if (lcf->health != NGX_HTTP_COURT_HEALTH_PATH) {
        return lcf->health == NGX_HTTP_COURT_HEALTH_LIVE;
    }

    return r->uri.len >= 5
           && ngx_strncmp(r->uri.data + r->uri.len - 5, "/live", 5) == 0;
}


/* details: the same object as "health" of the status */

static ngx_int_t
ngx_http_court_health_answer(ngx_http_request_t *r,
    ngx_http_court_health_t *health)
{
    ngx_court_out_t  out;

    if (ngx_court_out_init(&out, r->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (health == NULL) {
        ngx_court_out_const(&out, "{\"status\":\"live\"}");

    } else if (ngx_http_court_status_local(r)) {
        ngx_http_court_status_json_health(health, &out);

    } else if (health->ready) {
        ngx_court_out_const(&out, "{\"status\":\"ready\"}");

    } else {
        ngx_court_out_const(&out, "{\"status\":\"unready\"}");
    }

    ngx_court_out_const(&out, "\n");

    return ngx_http_court_status_send(r, (health == NULL || health->ready)
                                         ? NGX_HTTP_OK
                                         : NGX_HTTP_SERVICE_UNAVAILABLE,
                                      "application/json", &out);
}


static ngx_int_t
ngx_http_court_health_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_court_health_t      health;
    ngx_http_court_main_conf_t  *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_court_health_live(r)) {
        return ngx_http_court_health_answer(r, NULL);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    if (ngx_http_court_health_look(mcf, r->pool, &health) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_court_health_answer(r, &health);
}


char *
ngx_http_court_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "live") == 0) {
            lcf->health = NGX_HTTP_COURT_HEALTH_LIVE;

        } else if (ngx_strcmp(value[1].data, "ready") == 0) {
            lcf->health = NGX_HTTP_COURT_HEALTH_READY;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_court_status_place(cf, lcf,
                                       ngx_http_court_health_handler);
}
