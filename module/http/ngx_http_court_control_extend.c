/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * POST fact/extend: {"fact", "for", "court"}, or with "end": true; GET
 * fact/extensions.  Its beginning, and its end, however that comes, are
 * recorded.
 */

#include "ngx_http_court_control.h"


/* "identity B00 7200s" */
#define NGX_HTTP_COURT_CONTROL_EXTEND                                         \
    (2 * NGX_COURT_FLIGHT_NAME + NGX_INT64_LEN + sizeof("  s"))


static ngx_int_t
ngx_http_court_control_extend_bad(ngx_http_court_control_t *ctl,
    const char *code, const char *detail, ngx_int_t *rc)
{
    *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST, code,
                                         detail, NULL);
    return NGX_DECLINED;
}


/* s: longer than the fact serves anyhow, no longer than it is kept */

static ngx_int_t
ngx_http_court_control_extend_for(ngx_http_court_control_t *ctl,
    int64_t *seconds, ngx_int_t *rc)
{
    ngx_court_fact_t  *fact;

    fact = &ctl->source->fact;

    if (ngx_court_json_int(ngx_court_json_get(ctl->body, "for"), seconds)
        != NGX_OK
        || *seconds < 1 || *seconds > NGX_COURT_EXTEND_MAX / 1000)
    {
        return ngx_http_court_control_extend_bad(ctl, "for_out_of_range",
                                                 "\"for\" must be seconds, "
                                                 "28800 at most", rc);
    }

    if (*seconds * 1000 <= (int64_t) (fact->ttl + fact->stale)) {
        return ngx_http_court_control_extend_bad(ctl, "for_too_short",
                                                 "so long the fact serves "
                                                 "anyhow, by ttl and stale",
                                                 rc);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_control_extend_read(ngx_http_court_control_t *ctl,
    int64_t *seconds, ngx_uint_t *end, ngx_int_t *rc)
{
    ngx_court_json_t  *node;

    static const char *const  members[] = {
        "fact", "for", "court", "end", NULL
    };

    if (ngx_http_court_control_members(ctl, members, rc) != NGX_OK
        || ngx_http_court_control_fact_find(ctl, rc) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    ngx_str_null(&ctl->court);
    node = ngx_court_json_get(ctl->body, "court");

    if (node && ngx_http_court_control_fact_court(ctl, rc) != NGX_OK) {
        return NGX_DECLINED;
    }

    *end = 0;
    node = ngx_court_json_get(ctl->body, "end");

    if (node && ngx_court_json_bool(node, end) != NGX_OK) {
        return ngx_http_court_control_extend_bad(ctl, "request_malformed",
                                                 "\"end\" must be true or "
                                                 "false", rc);
    }

    if (*end) {
        return NGX_OK;
    }

    return ngx_http_court_control_extend_for(ctl, seconds, rc);
}


static u_char *
ngx_http_court_control_extend_what(u_char *p, const ngx_str_t *fact,
    const ngx_str_t *court, int64_t seconds)
{
    p = ngx_cpymem(p, fact->data, fact->len);

    if (court->len) {
        *p++ = ' ';
        p = ngx_cpymem(p, court->data, court->len);
    }

    return seconds ? ngx_sprintf(p, " %Ls", seconds) : p;
}


static void
ngx_http_court_control_extension(ngx_court_out_t *out,
    const ngx_court_extension_t *row, int64_t now)
{
    ngx_str_t  name;

    ngx_court_out_const(out, "{\"fact\":");
    name.data = (u_char *) row->fact;
    name.len = row->fact_len;
    ngx_court_out_json(out, &name);

    if (row->court_len) {
        ngx_court_out_const(out, ",\"court\":");
        name.data = (u_char *) row->court;
        name.len = row->court_len;
        ngx_court_out_json(out, &name);
    }

    ngx_court_out_const(out, ",\"since\":");
    ngx_court_out_uint(out, row->since / 1000);
    ngx_court_out_const(out, ",\"until\":");
    ngx_court_out_uint(out, row->until / 1000);
    ngx_court_out_const(out, ",\"left\":");
    ngx_court_out_uint(out, (row->until - (uint64_t) now) / 1000);
    ngx_court_out_const(out, ",\"max_age\":");
    ngx_court_out_uint(out, row->bound / 1000);
    ngx_court_out_const(out, "}");
}


static ngx_int_t
ngx_http_court_control_extend_list(ngx_http_court_control_t *ctl)
{
    int64_t                 now;
    ngx_uint_t              i, n;
    ngx_court_extension_t   row;

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    now = ngx_http_court_control_now();
    n = 0;

    ngx_court_out_const(&ctl->out, "{\"extensions\":[");

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {
        if (ngx_court_extension(ctl->mcf->tiers.flight, i, now, &row)
            == NGX_OK)
        {
            ngx_court_out_put(&ctl->out, ",", n++ > 0);
            ngx_http_court_control_extension(&ctl->out, &row, now);
        }
    }

    ngx_court_out_const(&ctl->out, "]}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}


ngx_int_t
ngx_http_court_control_extensions(ngx_http_court_control_t *ctl)
{
    return ngx_http_court_control_extend_list(ctl);
}


ngx_int_t
ngx_http_court_control_extend(ngx_http_court_control_t *ctl)
{
    u_char            what[NGX_HTTP_COURT_CONTROL_EXTEND], *p;
    int64_t           now, seconds;
    ngx_int_t         rc;
    ngx_str_t        *fact;
    ngx_uint_t        end;

    seconds = 0;

    if (ngx_http_court_control_extend_read(ctl, &seconds, &end, &rc)
        != NGX_OK)
    {
        return rc;
    }

    fact = &ctl->source->fact.name;
    now = ngx_http_court_control_now();

    rc = end ? ngx_court_extend_end(ctl->mcf->tiers.flight, fact,
                                    &ctl->court, now)
             : ngx_court_extend(ctl->mcf->tiers.flight, fact, &ctl->court,
                                seconds * 1000, now);

    if (rc == NGX_DECLINED && end) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_NOT_FOUND,
                                              "not_extended", NULL, NULL);
    }

    if (rc != NGX_OK) {
        return ngx_http_court_control_problem(ctl,
                                              NGX_HTTP_SERVICE_UNAVAILABLE,
                                              rc == NGX_BUSY ? "zone_busy"
                                                             : "zone_full",
                                              "nothing was changed", NULL);
    }

    p = ngx_http_court_control_extend_what(what, fact, &ctl->court, seconds);

    ngx_http_court_control_act(ctl, end ? "fact.extend.end" : "fact.extend",
                               (char *) what, p - what);

    return ngx_http_court_control_extend_list(ctl);
}


/* each second in each worker: one of them records it */

void
ngx_http_court_control_extend_over(ngx_http_court_main_conf_t *mcf)
{
    u_char                  what[NGX_HTTP_COURT_CONTROL_EXTEND];
    int64_t                 now;
    ngx_str_t               verb, text, fact, court;
    ngx_uint_t              i;
    ngx_court_extension_t   row;

    now = ngx_http_court_control_now();

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {

        if (ngx_court_extension_over(mcf->tiers.flight, i, now, &row)
            != NGX_OK)
        {
            continue;
        }

        fact.data = row.fact;
        fact.len = row.fact_len;
        court.data = row.court;
        court.len = row.court_len;

        ngx_str_set(&verb, "fact.extend.over");
        text.data = what;
        text.len = ngx_http_court_control_extend_what(what, &fact, &court, 0)
                   - what;

        ngx_http_court_audit_act(mcf, &verb, &text, (ngx_uint_t) -1,
                                 (ngx_uint_t) -1);

        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "court: the extension of %V is over", &text);
    }
}
