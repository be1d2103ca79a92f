/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The status as JSON (reference/status.md): what a person looks for first,
 * then all metrics.
 */

#include "ngx_http_court_status.h"


#define NGX_HTTP_COURT_STATUS_FORMAT  1

#define ngx_http_court_status_bool(out, yes)                                  \
    ngx_court_out_put(out, (yes) ? "true" : "false", (yes) ? 4 : 5)


static void
ngx_http_court_status_json_word(ngx_court_out_t *out, const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = ngx_strlen(text);

    ngx_court_out_json(out, &s);
}


/* ,"name": */

static void
ngx_http_court_status_json_name(ngx_court_out_t *out, const char *name)
{
    ngx_court_out_const(out, ",");
    ngx_http_court_status_json_word(out, name);
    ngx_court_out_const(out, ":");
}


static void
ngx_http_court_status_json_int(ngx_court_out_t *out, const char *name,
    uint64_t n)
{
    ngx_http_court_status_json_name(out, name);
    ngx_court_out_uint(out, n);
}


static void
ngx_http_court_status_json_gateway(ngx_http_court_status_t *st,
    ngx_court_out_t *out)
{
    ngx_court_out_const(out, "{\"version\":\"" NGX_COURT_VERSION "\","
                             "\"nginx\":\"" NGINX_VERSION "\",\"host\":");
    ngx_court_out_json(out, (ngx_str_t *) &ngx_cycle->hostname);
    ngx_http_court_status_json_int(out, "pid", ngx_pid);
    ngx_http_court_status_json_name(out, "demo");
    ngx_http_court_status_bool(out, st->mcf->demo);
    ngx_http_court_status_json_int(out, "started", st->info.birth / 1000);
    ngx_http_court_status_json_int(out, "config_loaded", st->mcf->loaded);
    ngx_court_out_const(out, "}");
}


void
ngx_http_court_status_json_health(const ngx_http_court_health_t *health,
    ngx_court_out_t *out)
{
    ngx_uint_t                 i;
    ngx_http_court_problem_t  *p;

    ngx_court_out_const(out, "{\"ready\":");
    ngx_http_court_status_bool(out, health->ready);
    ngx_court_out_const(out, ",\"status\":");
    ngx_http_court_status_json_word(out, !health->ready ? "unready"
                                         : health->problems.nelts ? "degraded"
                                                                  : "ready");
    ngx_court_out_const(out, ",\"problems\":[");

    p = health->problems.elts;

    for (i = 0; i < health->problems.nelts; i++) {
        ngx_court_out_put(out, ",", i > 0);
        ngx_court_out_const(out, "{\"problem\":");
        ngx_http_court_status_json_word(out, p[i].problem);
        ngx_http_court_status_json_name(out, "severity");
        ngx_http_court_status_json_word(out, p[i].unready ? "unready"
                                                          : "degraded");
        ngx_http_court_status_json_name(out, "name");
        ngx_court_out_json(out, &p[i].name);
        ngx_court_out_const(out, "}");
    }

    ngx_court_out_const(out, "]}");
}


static void
ngx_http_court_status_json_policy(ngx_http_court_status_t *st,
    ngx_court_out_t *out)
{
    ngx_str_t  hash;

    if (st->live == NULL) {
        ngx_court_out_const(out, "null");
        return;
    }

    hash.data = st->hash;
    hash.len = sizeof(st->hash);

    ngx_court_out_const(out, "{\"version\":");
    ngx_court_out_str(out, &st->live->version);
    ngx_http_court_status_json_name(out, "hash");
    ngx_court_out_json(out, &hash);
    ngx_http_court_status_json_int(out, "generation", st->live->generation);
    ngx_http_court_status_json_int(out, "loaded", st->live->loaded);
    ngx_court_out_const(out, "}");
}


void
ngx_http_court_status_places(ngx_http_court_status_t *st, ngx_uint_t mode,
    ngx_http_court_places_t *places)
{
    u_char                      *p;
    size_t                       len;
    ngx_uint_t                   i;
    ngx_http_court_location_t   *loc;
    ngx_http_court_srv_conf_t   *scf;

    loc = st->mcf->build->locations.elts;

    for (i = 0; i < st->mcf->build->locations.nelts; i++) {

        scf = loc[i].cscf->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (loc[i].lcf->mode != mode || loc[i].lcf->handler
            || scf->is_source)
        {
            continue;
        }

        places->total++;

        if (places->n == NGX_HTTP_COURT_STATUS_LIST) {
            continue;
        }

        len = loc[i].cscf->server_name.len + loc[i].clcf->name.len + 1;

        p = ngx_pnalloc(st->pool, len);
        if (p == NULL) {
            st->failed = 1;
            return;
        }

        places->names[places->n].data = p;
        places->names[places->n++].len = ngx_sprintf(p, "%V %V",
                                                &loc[i].cscf->server_name,
                                                &loc[i].clcf->name)
                                         - p;
    }
}


static void
ngx_http_court_status_json_places(const ngx_http_court_places_t *places,
    ngx_court_out_t *out)
{
    ngx_uint_t  i;

    ngx_court_out_const(out, "{\"total\":");
    ngx_court_out_uint(out, places->total);
    ngx_court_out_const(out, ",\"names\":[");

    for (i = 0; i < places->n; i++) {
        ngx_court_out_put(out, ",", i > 0);
        ngx_court_out_json(out, &places->names[i]);
    }

    ngx_court_out_const(out, "]}");
}


/* n of them at most; NGX_AGAIN: there are more */

static ngx_int_t
ngx_http_court_status_json_courts(ngx_http_court_status_t *st, ngx_uint_t n,
    ngx_court_out_t *out)
{
    const ngx_http_court_courts_t  *courts;

    courts = st->mcf->courts;

    for ( /* void */ ; courts && st->named < courts->n; st->named++) {

        if (n-- == 0) {
            return NGX_AGAIN;
        }

        ngx_court_out_put(out, ",", st->named > 0);
        ngx_court_out_const(out, "{\"code\":");
        ngx_court_out_json(out, &courts->list[st->named].code);
        ngx_http_court_status_json_name(out, "name");
        ngx_court_out_json(out, &courts->list[st->named].name);
        ngx_court_out_const(out, "}");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_status_json_worker(void *data, ngx_uint_t i,
    const ngx_court_state_line_t *line)
{
    ngx_court_out_t *out = data;

    ngx_court_out_put(out, ",", i > 0 && out->last[-1] == '}');
    ngx_court_out_const(out, "{\"pid\":");
    ngx_court_out_uint(out, line->pid);
    ngx_http_court_status_json_name(out, "exiting");
    ngx_http_court_status_bool(out, line->exiting);
    ngx_http_court_status_json_int(out, "started", line->started / 1000);
    ngx_http_court_status_json_int(out, "beat", line->beat / 1000);
    ngx_http_court_status_json_int(out, "generation",
                                   line->policy_generation);
    ngx_court_out_const(out, "}");

    return NGX_OK;
}


/* all before the courts */

static void
ngx_http_court_status_json_head(ngx_http_court_status_t *st,
    ngx_court_out_t *out)
{
    ngx_court_out_const(out, "{\"format\":");
    ngx_court_out_uint(out, NGX_HTTP_COURT_STATUS_FORMAT);
    ngx_http_court_status_json_int(out, "time", ngx_time());

    ngx_http_court_status_json_name(out, "gateway");
    ngx_http_court_status_json_gateway(st, out);

    ngx_http_court_status_json_name(out, "health");
    ngx_http_court_status_json_health(&st->health, out);

    ngx_http_court_status_json_name(out, "policy");
    ngx_http_court_status_json_policy(st, out);

    ngx_http_court_status_json_name(out, "revocation");
    ngx_http_court_status_json_revoked(st, out);

    ngx_http_court_status_json_name(out, "locations");
    ngx_court_out_const(out, "{\"off\":");
    ngx_http_court_status_json_places(&st->off, out);
    ngx_http_court_status_json_name(out, "report");
    ngx_http_court_status_json_places(&st->report, out);
    ngx_court_out_const(out, "}");

    ngx_http_court_status_json_name(out, "courts");
    ngx_court_out_const(out, "[");
}


static void
ngx_http_court_status_json_workers(ngx_http_court_status_t *st,
    ngx_court_out_t *out)
{
    ngx_court_out_const(out, "]");
    ngx_http_court_status_json_name(out, "workers");
    ngx_court_out_const(out, "[");
    (void) ngx_court_state_each_live(st->mcf->state,
                                     ngx_http_court_status_json_worker, out);
    ngx_court_out_const(out, "]");

    ngx_http_court_status_json_name(out, "metrics");
}


ngx_int_t
ngx_http_court_status_json(ngx_http_court_status_t *st, ngx_uint_t n,
    ngx_court_out_t *out)
{
    switch (st->part) {

    case NGX_HTTP_COURT_STATUS_HEAD:
        ngx_http_court_status_json_head(st, out);
        st->part = NGX_HTTP_COURT_STATUS_COURTS;

        /* fall through */

    case NGX_HTTP_COURT_STATUS_COURTS:
        if (ngx_http_court_status_json_courts(st, n, out) == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        ngx_http_court_status_json_workers(st, out);
        st->part = NGX_HTTP_COURT_STATUS_METRICS;

        /* fall through */

    case NGX_HTTP_COURT_STATUS_METRICS:
        if (ngx_court_metrics_json_step(st->metrics, &st->at, n, out)
            == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        break;
    }

    ngx_court_out_const(out, "}\n");

    return NGX_OK;
}
