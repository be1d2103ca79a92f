/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * GET cache: how full the zones are.  POST cache/purge: whole zones, or one
 * fact.  A fact goes out of Redis first: taken out of the zone alone, it
 * would come back from there.
 */

#include "ngx_http_court_control.h"


typedef struct {
    ngx_str_t                  name;
    size_t                     offset;       /* in the main configuration */
} ngx_http_court_control_zone_t;


static const ngx_http_court_control_zone_t  ngx_http_court_control_zones[] = {
    { ngx_string("facts"),
      offsetof(ngx_http_court_main_conf_t, tiers.facts) },
    { ngx_string("negative"),
      offsetof(ngx_http_court_main_conf_t, tiers.negative) },
    { ngx_string("tokens"), offsetof(ngx_http_court_main_conf_t, tokens) },
    { ngx_null_string, 0 }
};


static ngx_int_t
ngx_http_court_control_purge_zones(ngx_http_court_control_t *ctl,
    const ngx_str_t *name)
{
    ngx_int_t                             rc;
    ngx_uint_t                            n, all;
    ngx_court_zone_t                     *zone;
    const ngx_http_court_control_zone_t  *row;

    all = (name->len == 3 && ngx_memcmp(name->data, "all", 3) == 0);
    rc = NGX_OK;
    n = 0;

    ngx_court_out_const(&ctl->out, "{\"purged\":[");

    for (row = ngx_http_court_control_zones; row->name.len; row++) {

        if (!all && !ngx_court_str_eq(&row->name, name)) {
            continue;
        }

        zone = *(ngx_court_zone_t **) ((u_char *) ctl->mcf + row->offset);

        if (ngx_court_zone_purge(zone) != NGX_OK) {
            rc = NGX_BUSY;
            continue;
        }

        if (n++) {
            ngx_court_out_const(&ctl->out, ",");
        }

        ngx_court_out_json(&ctl->out, &row->name);
        ngx_http_court_control_act(ctl, "cache.purge", (char *) row->name.data,
                                   row->name.len);
    }

    ngx_court_out_const(&ctl->out, "]}");

    if (rc == NGX_OK && n == 0) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "unknown_zone", "facts, tokens, "
                                              "negative or all", NULL);
    }

    if (rc != NGX_OK) {
        return ngx_http_court_control_problem(ctl,
                                              NGX_HTTP_SERVICE_UNAVAILABLE,
                                              "zone_busy", "a lock could not "
                                              "be had: ask again", NULL);
    }

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}


static void
ngx_http_court_control_purge_word(ngx_court_out_t *out, const char *word)
{
    word = word ? word : "\"unavailable\"";

    ngx_court_out_put(out, word, ngx_strlen(word));
}


/* redis: what was done there, as JSON, constant; NULL: could not be */

static ngx_int_t
ngx_http_court_control_purge_done(ngx_http_court_control_t *ctl,
    const char *redis)
{
    ngx_int_t         rc;
    ngx_str_t         members;
    ngx_court_out_t  *out, whole;

    rc = ngx_court_zone_delete(ctl->mcf->tiers.facts, ctl->key);

    if (rc == NGX_OK) {
        rc = ngx_court_zone_delete(ctl->mcf->tiers.negative, ctl->key);
    }

    out = &ctl->out;

    ngx_court_out_const(out, ",\"fact\":");
    ngx_court_out_json(out, &ctl->source->fact.name);
    ngx_court_out_const(out, ",\"zone\":");
    ngx_http_court_control_purge_word(out, rc == NGX_OK ? "\"deleted\"" : NULL);
    ngx_court_out_const(out, ",\"redis\":");
    ngx_http_court_control_purge_word(out, redis);

    if (rc != NGX_OK || redis == NULL) {
        return ngx_http_court_control_problem(ctl,
                                              NGX_HTTP_SERVICE_UNAVAILABLE,
                                              rc != NGX_OK ? "zone_busy"
                                                       : "redis_unavailable",
                                              "it may still be there: ask "
                                              "again", out);
    }

    if (ngx_court_out_init(&whole, ctl->request->pool) != NGX_OK
        || ngx_court_out_flat(out, &members) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&whole, "{");
    ngx_court_out_put(&whole, members.data + 1, members.len - 1);
    ngx_court_out_const(&whole, "}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &whole);
}


static void
ngx_http_court_control_purge_told(ngx_http_court_control_t *ctl,
    ngx_court_redis_status_t status, const ngx_str_t *data)
{
    /* under each of its names, or it is said that it may be there */

    if (status == NGX_COURT_REDIS_VALUE
        && ngx_http_court_control_fact_name(ctl) == NGX_OK)
    {
        if (ngx_http_court_control_redis_delete(ctl,
                                          ngx_http_court_control_purge_told)
            == NGX_AGAIN)
        {
            return;
        }

        status = NGX_COURT_REDIS_DOWN;
    }

    ngx_http_court_control_end(ctl,
        ngx_http_court_control_purge_done(ctl,
                                          (status == NGX_COURT_REDIS_VALUE)
                                          ? "\"deleted\"" : NULL));
}


static ngx_int_t
ngx_http_court_control_purge_fact(ngx_http_court_control_t *ctl)
{
    ngx_int_t  rc;

    if (ngx_http_court_control_fact_key(ctl, &rc) != NGX_OK) {
        return rc;
    }

    /* an answer that is on its way is not kept */

    ngx_court_tier_mark(&ctl->mcf->tiers, ctl->key);

    ngx_http_court_control_act(ctl, "fact.purge",
                               (char *) ctl->source->fact.name.data,
                               ctl->source->fact.name.len);

    if (ctl->mcf->tiers.redis == NULL) {
        return ngx_http_court_control_purge_done(ctl, "null");
    }

    rc = ngx_http_court_control_redis_delete(ctl,
                                          ngx_http_court_control_purge_told);

    if (rc == NGX_DECLINED) {
        return ngx_http_court_control_purge_done(ctl, NULL);
    }

    return (rc == NGX_AGAIN) ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_court_control_purge(ngx_http_court_control_t *ctl)
{
    ngx_int_t          rc;
    ngx_str_t          name;
    ngx_uint_t         one;
    ngx_court_json_t  *zone;

    static const char *const  of_zone[] = { "zone", NULL };
    static const char *const  of_fact[] = { "fact", "key", "court", NULL };

    zone = ngx_court_json_get(ctl->body, "zone");
    one = (zone == NULL);

    if (ngx_http_court_control_members(ctl, one ? of_fact : of_zone, &rc)
        != NGX_OK)
    {
        return rc;
    }

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (one) {
        return ngx_http_court_control_purge_fact(ctl);
    }

    if (ngx_court_json_string(zone, &name) != NGX_OK) {
        ngx_str_set(&name, "");
    }

    return ngx_http_court_control_purge_zones(ctl, &name);
}


static void
ngx_http_court_control_cache_zone(ngx_court_out_t *out,
    const ngx_str_t *name, ngx_court_zone_t *zone)
{
    u_char                   buf[320], *p;
    ngx_court_zone_stats_t   stats;

    ngx_court_zone_stats(zone, &stats);

    p = ngx_snprintf(buf, sizeof(buf), ":{\"slots\":%ui,\"used\":%ui,"
                     "\"hits\":%uL,\"misses\":%uL,\"stores\":%uL,"
                     "\"evictions\":%uL,\"expired\":%uL,\"resets\":%uL}",
                     stats.slots, stats.used, stats.hits, stats.misses,
                     stats.stores, stats.evictions, stats.expired,
                     stats.resets);

    ngx_court_out_json(out, name);
    ngx_court_out_put(out, buf, p - buf);
}


ngx_int_t
ngx_http_court_control_cache(ngx_http_court_control_t *ctl)
{
    const ngx_http_court_control_zone_t  *row;

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&ctl->out, "{\"zones\":{");

    for (row = ngx_http_court_control_zones; row->name.len; row++) {

        if (row != ngx_http_court_control_zones) {
            ngx_court_out_const(&ctl->out, ",");
        }

        ngx_http_court_control_cache_zone(&ctl->out, &row->name,
                      *(ngx_court_zone_t **) ((u_char *) ctl->mcf
                                              + row->offset));
    }

    ngx_court_out_const(&ctl->out, "}}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}
