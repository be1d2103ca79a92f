/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_topology.h"
#include "ngx_court_crypto.h"


static ngx_int_t ngx_court_redis_standalone_start(ngx_court_redis_t *redis);
static void ngx_court_redis_standalone_stop(ngx_court_redis_t *redis);
static ngx_court_redis_link_t *ngx_court_redis_standalone_route(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op);
static ngx_court_redis_react_t ngx_court_redis_standalone_error(
    ngx_court_redis_t *redis, ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, const ngx_str_t *error);


const ngx_court_redis_topology_t  ngx_court_redis_standalone = {
    ngx_court_redis_standalone_start,
    ngx_court_redis_standalone_stop,
    ngx_court_redis_standalone_route,
    ngx_court_redis_standalone_error,
    0
};


ngx_court_redis_t *
ngx_court_redis_create(ngx_pool_t *pool, const ngx_court_redis_conf_t *conf)
{
    ngx_court_redis_t  *redis;

    static const ngx_court_redis_topology_t  *topologies[] = {
        &ngx_court_redis_standalone,
        &ngx_court_redis_sentinel,
        &ngx_court_redis_cluster
    };

    redis = ngx_pcalloc(pool, sizeof(ngx_court_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->conf = *conf;
    redis->topology = topologies[conf->mode];

    return redis;
}


const ngx_court_redis_conf_t *
ngx_court_redis_conf(ngx_court_redis_t *redis)
{
    return &redis->conf;
}


void
ngx_court_redis_need_noeviction(ngx_court_redis_t *redis)
{
    redis->conf.noeviction = 1;
}


void
ngx_court_redis_metric(ngx_court_redis_t *redis, ngx_uint_t metric)
{
    redis->metric = metric;
}


ngx_uint_t
ngx_court_redis_index(const ngx_court_redis_t *redis)
{
    return redis->metric;
}


ngx_int_t
ngx_court_redis_start(ngx_court_redis_t *redis, ngx_cycle_t *cycle)
{
    if (redis->started) {
        return NGX_OK;
    }

    redis->started = 1;
    redis->conf.log = cycle->log;

    return redis->topology->start(redis);
}


void
ngx_court_redis_stop(ngx_court_redis_t *redis)
{
    ngx_uint_t  i;

    if (!redis->started) {
        return;
    }

    redis->started = 0;
    redis->stats.up = 0;
    ngx_court_set(&ngx_court_state_line->redis[redis->metric].up, 0);

    redis->topology->stop(redis);

    for (i = 0; i < NGX_COURT_REDIS_OWN; i++) {
        if (redis->own[i]) {
            ngx_court_redis_link_free(redis->own[i]);
            redis->own[i] = NULL;
        }
    }

    ngx_court_redis_op_free(redis);

    if (redis->conf.password.len) {
        ngx_court_wipe(redis->conf.password.data, redis->conf.password.len);
    }

    if (redis->conf.sentinel_password.len) {
        ngx_court_wipe(redis->conf.sentinel_password.data,
                       redis->conf.sentinel_password.len);
    }
}


static void
ngx_court_redis_submit(ngx_court_redis_t *redis,
    const ngx_court_redis_cmd_t *cmd, ngx_court_redis_kind_t kind,
    ngx_court_redis_pt handler, ngx_court_redis_reply_pt reply, void *ctx)
{
    ngx_court_redis_op_t  *op;

    redis->stats.commands++;

    op = redis->started ? ngx_court_redis_op(redis, cmd) : NULL;

    if (op == NULL) {
        ngx_court_count(&ngx_court_state_line->redis[redis->metric]
                            .commands[NGX_COURT_STATE_R_DOWN]);

        if (handler) {
            handler(ctx, NGX_COURT_REDIS_DOWN, NULL);

        } else if (reply) {
            reply(ctx, NGX_COURT_REDIS_DOWN, NULL);
        }

        return;
    }

    op->kind = kind;
    op->handler = handler;
    op->reply = reply;
    op->ctx = ctx;

    ngx_court_redis_op_route(op);
}


void
ngx_court_redis_get(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    ngx_str_t              argv[2];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "GET");
    argv[1] = *key;

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 2;
    cmd.key = 1;
    cmd.read = 1;

    ngx_court_redis_submit(redis, &cmd, NGX_COURT_REDIS_C_GET, handler, NULL,
                           ctx);
}


void
ngx_court_redis_set(ngx_court_redis_t *redis, const ngx_str_t *key,
    const ngx_str_t *value, ngx_msec_t ttl, ngx_court_redis_pt handler,
    void *ctx)
{
    u_char                 buf[NGX_INT64_LEN];
    ngx_str_t              argv[5];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "SET");
    argv[1] = *key;
    argv[2] = *value;
    ngx_str_set(&argv[3], "PX");
    argv[4].data = buf;
    argv[4].len = (size_t) (ngx_sprintf(buf, "%M", ngx_max(ttl, 1)) - buf);

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 5;
    cmd.key = 1;

    ngx_court_redis_submit(redis, &cmd, NGX_COURT_REDIS_C_WRITE, handler,
                           NULL, ctx);
}


void
ngx_court_redis_delete(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    ngx_str_t              argv[2];
    ngx_court_redis_cmd_t  cmd;

    ngx_str_set(&argv[0], "DEL");
    argv[1] = *key;

    ngx_memzero(&cmd, sizeof(ngx_court_redis_cmd_t));
    cmd.argv = argv;
    cmd.argc = 2;
    cmd.key = 1;

    ngx_court_redis_submit(redis, &cmd, NGX_COURT_REDIS_C_WRITE, handler,
                           NULL, ctx);
}


void
ngx_court_redis_command(ngx_court_redis_t *redis,
    const ngx_court_redis_cmd_t *cmd, ngx_court_redis_reply_pt handler,
    void *ctx)
{
    ngx_court_redis_submit(redis, cmd, NGX_COURT_REDIS_C_ANY, NULL, handler,
                           ctx);
}


void
ngx_court_redis_stats(ngx_court_redis_t *redis,
    ngx_court_redis_stats_t *stats)
{
    *stats = redis->stats;
}


ngx_court_redis_link_t *
ngx_court_redis_link_for(ngx_court_redis_t *redis,
    const ngx_court_redis_addr_t *addr, ngx_uint_t size)
{
    u_char                   buf[NGX_COURT_REDIS_HOST + 8];
    ngx_str_t                where;
    ngx_court_redis_link_t  *link;

    link = ngx_court_redis_link_create(redis->conf.log, size);
    if (link == NULL) {
        return NULL;
    }

    link->addr = *addr;
    link->name = &redis->conf.name;
    link->user = &redis->conf.user;
    link->password = &redis->conf.password;
    link->database = redis->conf.database;
    link->connect_timeout = redis->conf.connect_timeout;
    link->ask_policy = redis->conf.noeviction;
    link->metric = redis->metric;
    link->data = redis;
    link->conn.tls = redis->conf.tls;

    where.data = buf;
    where.len = (size_t) (ngx_sprintf(buf, "%*s:%d", addr->len, addr->host,
                                      (int) addr->port) - buf);
    link->share = ngx_court_redis_share_find(&redis->conf.name, &where);

    return link;
}


void
ngx_court_redis_link_ask(ngx_court_redis_t *redis,
    ngx_court_redis_link_t *link)
{
    link->user = &redis->conf.sentinel_user;
    link->password = &redis->conf.sentinel_password;
    link->database = 0;
    link->ask_policy = 0;
    link->share = NULL;
}


void
ngx_court_redis_is_up(ngx_court_redis_t *redis)
{
    redis->stats.up = 1;
    ngx_court_set(&ngx_court_state_line->redis[redis->metric].up, 1);

    if (redis->broken) {
        redis->broken = 0;
        ngx_log_error(NGX_LOG_NOTICE, redis->conf.log, 0,
                      "court_redis \"%V\" is up again", &redis->conf.name);
    }
}


void
ngx_court_redis_is_down(ngx_court_redis_t *redis,
    ngx_court_redis_link_t *link, const char *why)
{
    redis->stats.up = 0;
    ngx_court_set(&ngx_court_state_line->redis[redis->metric].up, 0);

    if (!redis->broken) {
        redis->broken = 1;
        ngx_log_error(NGX_LOG_ERR, redis->conf.log,
                      link ? link->conn.err : 0,
                      "court_redis \"%V\" is down: %s", &redis->conf.name,
                      why);
    }
}


/* one server, which connects again by itself */

static void
ngx_court_redis_standalone_up(ngx_court_redis_link_t *link)
{
    ngx_court_redis_is_up(link->data);
}


static void
ngx_court_redis_standalone_down(ngx_court_redis_link_t *link, const char *why)
{
    ngx_court_redis_is_down(link->data, link, why);
}


static ngx_int_t
ngx_court_redis_standalone_start(ngx_court_redis_t *redis)
{
    ngx_court_redis_link_t  *link;

    link = ngx_court_redis_link_for(redis, redis->conf.servers->elts,
                                    NGX_COURT_REDIS_INFLIGHT);
    if (link == NULL) {
        return NGX_ERROR;
    }

    redis->data = link;
    link->keep = 1;
    link->up = ngx_court_redis_standalone_up;
    link->down = ngx_court_redis_standalone_down;

    ngx_court_redis_link_open(link);

    return NGX_OK;
}


static void
ngx_court_redis_standalone_stop(ngx_court_redis_t *redis)
{
    if (redis->data) {
        ngx_court_redis_link_free(redis->data);
        redis->data = NULL;
    }
}


static ngx_court_redis_link_t *
ngx_court_redis_standalone_route(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op)
{
    return redis->data;
}


static ngx_court_redis_react_t
ngx_court_redis_standalone_error(ngx_court_redis_t *redis,
    ngx_court_redis_op_t *op, ngx_court_redis_link_t *link,
    const ngx_str_t *error)
{
    return NGX_COURT_REDIS_R_TELL;
}
