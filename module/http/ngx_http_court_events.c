/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court_events: which stream, whose signatures, and after how long a silence
 * nobody is let in any more.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_EVENTS_SILENCE      5000     /* ms */
#define NGX_HTTP_COURT_EVENTS_SILENCE_MIN  1000
#define NGX_HTTP_COURT_EVENTS_SILENCE_MAX  300000


static char *
ngx_http_court_events_keys(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_court_feed_t *feed, ngx_str_t *file)
{
    ngx_str_t   text, err, fields[2];

    if (ngx_http_court_file_read(cf, file, 0, &text) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    feed->keys = ngx_court_event_keys_parse(cf->pool, &text, &err);

    if (feed->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "keys \"%V\": %V", file,
                           &err);
        return NGX_CONF_ERROR;
    }

    fields[0] = mcf->build->events_redis;
    fields[1] = text;

    if (ngx_court_hash_fields("events", fields, 2, feed->conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return (ngx_http_court_keys_events(cf, file, feed->keys) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* NGX_DECLINED: another parameter, or no time */

static ngx_int_t
ngx_http_court_events_silence(ngx_conf_t *cf, ngx_court_feed_t *feed,
    ngx_str_t *value)
{
    ngx_str_t  s;
    ngx_int_t  ms;

    if (feed->max_silence || value->len <= 12
        || ngx_strncmp(value->data, "max_silence=", 12) != 0)
    {
        return NGX_DECLINED;
    }

    s.data = value->data + 12;
    s.len = value->len - 12;

    ms = ngx_parse_time(&s, 0);

    if (ms == NGX_ERROR || ms < NGX_HTTP_COURT_EVENTS_SILENCE_MIN
        || ms > NGX_HTTP_COURT_EVENTS_SILENCE_MAX)
    {
        return NGX_DECLINED;
    }

    feed->max_silence = (ngx_msec_t) ms;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_court_events_word(ngx_str_t *value, const char *name, ngx_str_t *to)
{
    size_t  len;

    len = ngx_strlen(name);

    if (to->data || value->len <= len
        || ngx_strncmp(value->data, name, len) != 0)
    {
        return 0;
    }

    to->data = value->data + len;
    to->len = value->len - len;

    return 1;
}


/* "off", or "redis=NAME keys=FILE [max_silence=TIME]" */

char *
ngx_http_court_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t         *value, file;
    ngx_uint_t         i;
    ngx_court_feed_t  *feed;

    if (mcf->build->events.line) {
        return "is duplicate";
    }

    ngx_http_court_where(cf, &mcf->build->events);

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    feed = ngx_pcalloc(cf->pool, sizeof(ngx_court_feed_t));
    if (feed == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_null(&file);

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_http_court_events_word(&value[i], "redis=",
                                       &mcf->build->events_redis)
            || ngx_http_court_events_word(&value[i], "keys=", &file)
            || ngx_http_court_events_silence(cf, feed, &value[i]) == NGX_OK)
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (file.data == NULL || mcf->build->events_redis.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_events must have "
                           "\"redis\" and \"keys\" parameters, or be \"off\"");
        return NGX_CONF_ERROR;
    }

    if (feed->max_silence == 0) {
        feed->max_silence = NGX_HTTP_COURT_EVENTS_SILENCE;
    }

    mcf->feed = feed;

    return ngx_http_court_events_keys(cf, mcf, feed, &file);
}


/* what the stream made this gateway do, by nobody who sits at it */

static void
ngx_http_court_events_told(void *data, const char *verb, const ngx_str_t *what)
{
    ngx_str_t  v;

    v.data = (u_char *) verb;
    v.len = ngx_strlen(verb);

    ngx_http_court_audit_act(data, &v, what, geteuid(), ngx_pid);
}


static ngx_int_t
ngx_http_court_events_name(ngx_conf_t *cf, const ngx_str_t *prefix,
    const char *suffix, ngx_str_t *name)
{
    name->data = ngx_pnalloc(cf->pool, prefix->len + ngx_strlen(suffix));
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    name->len = ngx_sprintf(name->data, "%V%s", prefix, suffix) - name->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_events_fail(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    const char *why)
{
    ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->events, "%s",
                              why);
    return NGX_ERROR;
}


ngx_int_t
ngx_http_court_events_main(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_court_feed_t               *feed;
    ngx_court_redis_t             **redis;
    const ngx_court_redis_conf_t   *rcf;

    feed = mcf->feed;

    if (feed == NULL) {
        return NGX_OK;
    }

    redis = mcf->redis.elts;

    for (i = 0; i < mcf->redis.nelts; i++) {
        if (ngx_court_str_eq(&ngx_court_redis_conf(redis[i])->name,
                             &mcf->build->events_redis))
        {
            feed->redis = redis[i];
        }
    }

    if (feed->redis == NULL) {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->events,
                                  "unknown court_redis \"%V\"",
                                  &mcf->build->events_redis);
        return NGX_ERROR;
    }

    if (mcf->tiers.ring == NULL) {
        return ngx_http_court_events_fail(cf, mcf, "court_events needs the "
                                          "seal_keys of \"court_cache\": who "
                                          "is revoked stands sealed in Redis");
    }

    if (!mcf->demo && ngx_court_event_keys_demo(feed->keys)) {
        return ngx_http_court_events_fail(cf, mcf, "keys of court_events are "
                                          "published or a demo's, which needs "
                                          "\"court_demo on\"");
    }

    rcf = ngx_court_redis_conf(feed->redis);

    if (ngx_http_court_events_name(cf, &rcf->key_prefix, ":1:events",
                                   &feed->events) != NGX_OK
        || ngx_http_court_events_name(cf, &rcf->key_prefix, ":1:deny",
                                      &feed->deny) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_court_redis_need_noeviction(feed->redis);

    feed->tombstones = mcf->tombstones;
    feed->tiers = &mcf->tiers;
    feed->sources = &mcf->sources;
    feed->told = ngx_http_court_events_told;
    feed->data = mcf;

    return NGX_OK;
}
