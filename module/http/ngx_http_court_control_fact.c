/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * POST fact: what the tiers hold about one key, and, with "fetch", what the
 * source says now.  Values are shown, since who asks may see this machine's
 * memory anyhow; they are logged nowhere.
 */

#include "ngx_http_court_control.h"
#include "ngx_court_tier_cache.h"


static ngx_int_t ngx_http_court_control_fact_fetch(
    ngx_http_court_control_t *ctl);


int64_t
ngx_http_court_control_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec;
}


static ngx_int_t
ngx_http_court_control_fact_bad(ngx_http_court_control_t *ctl,
    const char *code, const char *detail, ngx_int_t *rc)
{
    *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST, code,
                                         detail, NULL);
    return NGX_DECLINED;
}


ngx_int_t
ngx_http_court_control_fact_find(ngx_http_court_control_t *ctl,
    ngx_int_t *rc)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_court_source_t  **source;

    if (ngx_court_json_string(ngx_court_json_get(ctl->body, "fact"), &name)
        != NGX_OK)
    {
        return ngx_http_court_control_fact_bad(ctl, "request_malformed",
                                               "\"fact\" must be the name of "
                                               "a court_fact", rc);
    }

    source = ctl->mcf->sources.elts;

    for (i = 0; i < ctl->mcf->sources.nelts; i++) {
        if (ngx_court_str_eq(&source[i]->fact.name, &name)) {
            ctl->source = source[i];
            return NGX_OK;
        }
    }

    return ngx_http_court_control_fact_bad(ctl, "unknown_fact", NULL, rc);
}


/* says what key has to be, in the words of the configuration */

static ngx_int_t
ngx_http_court_control_fact_keys_bad(ngx_http_court_control_t *ctl,
    ngx_int_t *rc)
{
    ngx_str_t                none = ngx_string("?");
    ngx_uint_t               i;
    ngx_court_out_t          more;
    const ngx_court_fact_t  *fact;

    if (ngx_court_out_init(&more, ctl->request->pool) != NGX_OK) {
        *rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return NGX_DECLINED;
    }

    fact = &ctl->source->fact;
    ngx_court_out_const(&more, ",\"key\":[");

    for (i = 0; i < fact->nkeys; i++) {
        if (i) {
            ngx_court_out_const(&more, ",");
        }

        ngx_court_out_json(&more, fact->key_names[i].len ? &fact->key_names[i]
                                                         : &none);
    }

    ngx_court_out_const(&more, "]");

    *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                         "key_malformed", "\"key\" must be "
                                         "an array of as many strings as the "
                                         "fact has keys, none empty", &more);
    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_control_fact_keys(ngx_http_court_control_t *ctl,
    ngx_int_t *rc)
{
    ngx_uint_t         i;
    ngx_court_json_t  *key;

    key = ngx_court_json_get(ctl->body, "key");

    if (key == NULL || ngx_court_json_type(key) != NGX_COURT_JSON_ARRAY
        || ngx_court_json_size(key) != ctl->source->fact.nkeys)
    {
        return ngx_http_court_control_fact_keys_bad(ctl, rc);
    }

    for (i = 0; i < ctl->source->fact.nkeys; i++) {
        if (ngx_court_json_string(ngx_court_json_at(key, i), &ctl->keys[i])
            != NGX_OK
            || ctl->keys[i].len == 0
            || ctl->keys[i].len > NGX_HTTP_COURT_CONTROL_KEY)
        {
            return ngx_http_court_control_fact_keys_bad(ctl, rc);
        }
    }

    return NGX_OK;
}


/* one of court_courts; needed where the fact is of scope court */

ngx_int_t
ngx_http_court_control_fact_court(ngx_http_court_control_t *ctl,
    ngx_int_t *rc)
{
    ngx_court_json_t  *court;

    court = ngx_court_json_get(ctl->body, "court");

    if (court == NULL) {
        return ctl->source->fact.court_scope
               ? ngx_http_court_control_fact_bad(ctl, "court_missing",
                                                 "the fact is of scope court",
                                                 rc)
               : NGX_OK;
    }

    if (ngx_court_json_string(court, &ctl->court) != NGX_OK
        || ctl->mcf->courts == NULL
        || ngx_http_court_court_find(ctl->mcf->courts, &ctl->court) == NULL)
    {
        return ngx_http_court_control_fact_bad(ctl, "unknown_court", NULL,
                                               rc);
    }

    return NGX_OK;
}


/* the first name in Redis, or the next one */

ngx_int_t
ngx_http_court_control_fact_name(ngx_http_court_control_t *ctl)
{
    return ngx_court_tier_l2_names(&ctl->mcf->tiers, &ctl->source->fact,
                                   ctl->key, ctl->request->pool, &ctl->names,
                                   &ctl->name);
}


ngx_int_t
ngx_http_court_control_fact_key(ngx_http_court_control_t *ctl, ngx_int_t *rc)
{
    ngx_court_fact_t  *fact;

    if (ngx_http_court_control_fact_find(ctl, rc) != NGX_OK
        || ngx_http_court_control_fact_keys(ctl, rc) != NGX_OK
        || ngx_http_court_control_fact_court(ctl, rc) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    fact = &ctl->source->fact;

    if (ngx_court_fact_key(fact, ctl->keys,
                           fact->court_scope ? &ctl->court : NULL, ctl->key)
        != NGX_OK
        || (ctl->mcf->tiers.redis
            && ngx_http_court_control_fact_name(ctl) != NGX_OK))
    {
        *rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_http_court_control_fact_seconds(ngx_court_out_t *out, const char *name,
    int64_t ms)
{
    u_char  buf[NGX_INT64_LEN + 32], *p;

    p = ngx_sprintf(buf, ",\"%s\":%L", name, ms / 1000);

    ngx_court_out_put(out, buf, p - buf);
}


static void
ngx_http_court_control_fact_entry(ngx_http_court_control_t *ctl,
    const ngx_court_entry_t *entry)
{
    int64_t           now;
    ngx_court_out_t  *out;

    out = &ctl->out;
    now = ngx_http_court_control_now();

    ngx_court_out_put(out, entry->found ? "{\"state\":\"found\""
                                        : "{\"state\":\"none\"",
                      entry->found ? 16 : 15);

    ngx_http_court_control_fact_seconds(out, "age", now - entry->fetched);
    ngx_http_court_control_fact_seconds(out, "expires_in",
                                        entry->expires - now);

    if (ngx_court_tier_fresh(&ctl->source->fact, entry, 0, now)) {
        ngx_court_out_const(out, ",\"serves\":true");

    } else {
        ngx_court_out_const(out, ",\"serves\":false");
    }

    if (entry->found) {
        ngx_court_out_const(out, ",\"record\":");
        ngx_http_court_control_record(out, &ctl->source->fact, &entry->record,
                                      ngx_time());
    }

    ngx_court_out_const(out, "}");
}


/* NGX_OK: it was there, and was written */

static ngx_int_t
ngx_http_court_control_fact_zone(ngx_http_court_control_t *ctl,
    ngx_court_zone_t *zone)
{
    u_char             buf[NGX_COURT_ENTRY_MAX];
    size_t             len;
    ngx_int_t          rc;
    ngx_str_t          bytes;
    ngx_court_entry_t  entry;

    rc = ngx_court_zone_get(zone, ctl->key, buf, sizeof(buf), &len,
                            ngx_http_court_control_now());

    if (rc != NGX_OK) {
        return rc;
    }

    bytes.data = buf;
    bytes.len = len;

    if (ngx_court_entry_read(&ctl->source->fact, &bytes, &entry) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_http_court_control_fact_entry(ctl, &entry);

    return NGX_OK;
}


static void
ngx_http_court_control_fact_zones(ngx_http_court_control_t *ctl)
{
    ngx_int_t  rc;

    ngx_court_out_const(&ctl->out, ",\"zone\":");

    rc = ngx_http_court_control_fact_zone(ctl, ctl->mcf->tiers.facts);

    if (rc != NGX_OK && rc != NGX_BUSY) {
        rc = ngx_http_court_control_fact_zone(ctl, ctl->mcf->tiers.negative);
    }

    if (rc == NGX_BUSY) {
        ngx_court_out_const(&ctl->out, "{\"state\":\"unavailable\"}");

    } else if (rc != NGX_OK) {
        ngx_court_out_const(&ctl->out, "{\"state\":\"absent\"}");
    }
}


static void
ngx_http_court_control_fact_redis(ngx_http_court_control_t *ctl,
    ngx_court_redis_status_t status, const ngx_str_t *data)
{
    ngx_court_entry_t  entry;

    ngx_court_out_const(&ctl->out, ",\"redis\":");

    if (status == NGX_COURT_REDIS_NIL) {
        ngx_court_out_const(&ctl->out, "{\"state\":\"absent\"}");

    } else if (status != NGX_COURT_REDIS_VALUE) {
        ngx_court_out_const(&ctl->out, "{\"state\":\"unavailable\"}");

    } else if (ngx_court_tier_l2_open(&ctl->mcf->tiers, &ctl->source->fact,
                                      &ctl->name, data, ctl->request->pool,
                                      &entry)
               == NGX_OK)
    {
        ngx_http_court_control_fact_entry(ctl, &entry);

    } else {

        /* another schema, a retired key, or not ours: no gateway takes it */

        ngx_court_out_const(&ctl->out, "{\"state\":\"unreadable\"}");
    }
}


static ngx_int_t
ngx_http_court_control_fact_next(ngx_http_court_control_t *ctl)
{
    if (ctl->fetch) {
        return ngx_http_court_control_fact_fetch(ctl);
    }

    ngx_court_out_const(&ctl->out, "}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}


static void
ngx_http_court_control_fact_told(ngx_http_court_control_t *ctl,
    ngx_court_redis_status_t status, const ngx_str_t *data)
{
    ngx_int_t  rc;

    if (status == NGX_COURT_REDIS_NIL
        && ngx_http_court_control_fact_name(ctl) == NGX_OK
        && ngx_http_court_control_redis_get(ctl,
                                            ngx_http_court_control_fact_told)
           == NGX_AGAIN)
    {
        return;
    }

    ngx_http_court_control_fact_redis(ctl, status, data);

    rc = ngx_http_court_control_fact_next(ctl);

    if (rc != NGX_DONE) {
        ngx_http_court_control_end(ctl, rc);
    }
}


static ngx_int_t
ngx_http_court_control_fact_found(ngx_http_court_control_t *ctl,
    const ngx_court_found_t *found)
{
    ngx_str_t         why;
    ngx_court_out_t  *out;

    out = &ctl->out;
    ngx_court_out_const(out, ",\"source\":");

    if (found->state == NGX_COURT_F_FOUND) {
        ngx_court_out_const(out, "{\"state\":\"found\",\"record\":");
        ngx_http_court_control_record(out, &ctl->source->fact,
                                      &found->record, ngx_time());
        ngx_court_out_const(out, "}}");

    } else if (found->state == NGX_COURT_F_NONE) {
        ngx_court_out_const(out, "{\"state\":\"none\"}}");

    } else {
        why.data = (u_char *) (found->why ? found->why : "");
        why.len = ngx_strlen(why.data);

        ngx_court_out_const(out, "{\"state\":\"unavailable\",\"why\":");
        ngx_court_out_json(out, &why);
        ngx_court_out_const(out, "}}");
    }

    return ngx_http_court_control_answer(ctl,
                                     (found->state == NGX_COURT_F_UNAVAILABLE)
                                     ? NGX_HTTP_SERVICE_UNAVAILABLE
                                     : NGX_HTTP_OK, out);
}


static void
ngx_http_court_control_fact_wake(ngx_court_waiter_t *waiter,
    const ngx_court_found_t *found)
{
    ngx_http_court_control_t *ctl = waiter->data;

    ngx_http_court_control_end(ctl,
                               ngx_http_court_control_fact_found(ctl, found));
}


static ngx_int_t
ngx_http_court_control_fact_fetch(ngx_http_court_control_t *ctl)
{
    ngx_int_t          rc;
    ngx_court_ask_t    ask;
    ngx_court_found_t  found;

    ngx_http_court_control_act(ctl, "fact.fetch",
                               (char *) ctl->source->fact.name.data,
                               ctl->source->fact.name.len);

    ngx_memzero(&ask, sizeof(ngx_court_ask_t));

    ask.source = ctl->source;
    ask.keys = ctl->keys;
    ask.court = ctl->source->fact.court_scope ? &ctl->court : NULL;
    ask.not_before = ngx_http_court_control_now();
    ask.no_l2 = 1;
    ask.strict = 1;

    ctl->waiter.wake = ngx_http_court_control_fact_wake;
    ctl->waiter.data = ctl;

    rc = ngx_court_tier_get(&ctl->mcf->tiers, &ask, ctl->request->pool,
                            &found, &ctl->waiter);

    if (rc == NGX_AGAIN) {
        return NGX_DONE;
    }

    return (rc == NGX_OK) ? ngx_http_court_control_fact_found(ctl, &found)
                          : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_court_control_fact(ngx_http_court_control_t *ctl)
{
    ngx_int_t          rc;
    ngx_court_json_t  *fetch;

    static const char *const  members[] = {
        "fact", "key", "court", "fetch", NULL
    };

    if (ngx_http_court_control_members(ctl, members, &rc) != NGX_OK
        || ngx_http_court_control_fact_key(ctl, &rc) != NGX_OK)
    {
        return rc;
    }

    fetch = ngx_court_json_get(ctl->body, "fetch");

    if (fetch && ngx_court_json_bool(fetch, &ctl->fetch) != NGX_OK) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "request_malformed",
                                              "\"fetch\" must be true or "
                                              "false", NULL);
    }

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&ctl->out, "{\"fact\":");
    ngx_court_out_json(&ctl->out, &ctl->source->fact.name);

    ngx_http_court_control_fact_zones(ctl);

    if (ctl->mcf->tiers.redis == NULL) {
        ngx_court_out_const(&ctl->out, ",\"redis\":null");
        return ngx_http_court_control_fact_next(ctl);
    }

    rc = ngx_http_court_control_redis_get(ctl,
                                          ngx_http_court_control_fact_told);

    if (rc == NGX_DECLINED) {
        ngx_http_court_control_fact_redis(ctl, NGX_COURT_REDIS_DOWN, NULL);
        return ngx_http_court_control_fact_next(ctl);
    }

    return (rc == NGX_AGAIN) ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
