/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_state.h"
#include "ngx_court_crypto.h"


static ngx_int_t ngx_court_redis_append(ngx_court_redis_t *redis,
    const ngx_str_t *argv, ngx_uint_t argc, ngx_court_redis_kind_t kind,
    ngx_court_redis_pt handler, void *ctx);
static void ngx_court_redis_send(ngx_court_redis_t *redis,
    const ngx_str_t *argv, ngx_uint_t argc, ngx_court_redis_kind_t kind,
    ngx_court_redis_pt handler, void *ctx);
static void ngx_court_redis_deadline(ngx_event_t *ev);
static void ngx_court_redis_arm(ngx_court_redis_t *redis);
static ngx_int_t ngx_court_redis_reply(ngx_court_redis_conn_t *conn,
    const ngx_court_redis_reply_t *reply, const char **why);


ngx_court_redis_t *
ngx_court_redis_create(ngx_pool_t *pool, const ngx_court_redis_conf_t *conf)
{
    ngx_court_redis_t  *redis;

    redis = ngx_pcalloc(pool, sizeof(ngx_court_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->ring = ngx_palloc(pool, NGX_COURT_REDIS_INFLIGHT
                                   * sizeof(ngx_court_redis_command_t));
    if (redis->ring == NULL) {
        return NULL;
    }

    redis->conf = *conf;

    return redis;
}


const ngx_court_redis_conf_t *
ngx_court_redis_conf(ngx_court_redis_t *redis)
{
    return &redis->conf;
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
    if (redis->state != NGX_COURT_REDIS_S_STOPPED) {
        return NGX_OK;
    }

    redis->conf.log = cycle->log;

    ngx_court_redis_conn_init(&redis->conn, redis->conf.addr, cycle->log);
    redis->conn.data = redis;
    redis->conn.reply = ngx_court_redis_reply;
    redis->conn.closed = ngx_court_redis_closed;

    redis->deadline.handler = ngx_court_redis_deadline;
    redis->deadline.data = redis;
    redis->deadline.log = cycle->log;

    /* in the background: must not hold a worker that quits */

    redis->connect.handler = ngx_court_redis_connect_event;
    redis->connect.data = redis;
    redis->connect.log = cycle->log;
    redis->connect.cancelable = 1;

    ngx_court_redis_connect(redis);

    return NGX_OK;
}


void
ngx_court_redis_stop(ngx_court_redis_t *redis)
{
    if (redis->state == NGX_COURT_REDIS_S_STOPPED) {
        return;
    }

    redis->state = NGX_COURT_REDIS_S_STOPPED;
    ngx_court_redis_is_up(redis, 0);

    ngx_court_redis_conn_close(&redis->conn);

    if (redis->deadline.timer_set) {
        ngx_del_timer(&redis->deadline);
    }

    if (redis->connect.timer_set) {
        ngx_del_timer(&redis->connect);
    }

    ngx_court_redis_drain(redis);

    if (redis->conf.password.len) {
        ngx_court_wipe(redis->conf.password.data, redis->conf.password.len);
    }
}


void
ngx_court_redis_get(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "GET");
    argv[1] = *key;

    ngx_court_redis_send(redis, argv, 2, NGX_COURT_REDIS_C_GET, handler, ctx);
}


void
ngx_court_redis_set(ngx_court_redis_t *redis, const ngx_str_t *key,
    const ngx_str_t *value, ngx_msec_t ttl, ngx_court_redis_pt handler,
    void *ctx)
{
    u_char     buf[NGX_INT64_LEN];
    ngx_str_t  argv[5];

    ngx_str_set(&argv[0], "SET");
    argv[1] = *key;
    argv[2] = *value;
    ngx_str_set(&argv[3], "PX");
    argv[4].data = buf;
    argv[4].len = (size_t) (ngx_sprintf(buf, "%M", ngx_max(ttl, 1)) - buf);

    ngx_court_redis_send(redis, argv, 5, NGX_COURT_REDIS_C_WRITE, handler,
                         ctx);
}


void
ngx_court_redis_delete(ngx_court_redis_t *redis, const ngx_str_t *key,
    ngx_court_redis_pt handler, void *ctx)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "DEL");
    argv[1] = *key;

    ngx_court_redis_send(redis, argv, 2, NGX_COURT_REDIS_C_WRITE, handler,
                         ctx);
}


void
ngx_court_redis_stats(ngx_court_redis_t *redis,
    ngx_court_redis_stats_t *stats)
{
    *stats = redis->stats;
}


static void
ngx_court_redis_send(ngx_court_redis_t *redis, const ngx_str_t *argv,
    ngx_uint_t argc, ngx_court_redis_kind_t kind, ngx_court_redis_pt handler,
    void *ctx)
{
    redis->stats.commands++;

    if (ngx_court_redis_append(redis, argv, argc, kind, handler, ctx)
        == NGX_OK)
    {
        ngx_court_redis_conn_flush(&redis->conn);
        ngx_court_redis_arm(redis);
        return;
    }

    ngx_court_redis_ended(redis, DOWN);

    if (handler) {
        handler(ctx, NGX_COURT_REDIS_DOWN, NULL);
    }
}


/*
 * While a first connection is made commands wait for it; after a failure
 * they don't: the caller goes on to the source at once.
 */

static ngx_int_t
ngx_court_redis_append(ngx_court_redis_t *redis, const ngx_str_t *argv,
    ngx_uint_t argc, ngx_court_redis_kind_t kind, ngx_court_redis_pt handler,
    void *ctx)
{
    ngx_court_redis_command_t  *command;

    if (redis->state < NGX_COURT_REDIS_S_GREETING || redis->broken
        || redis->count == NGX_COURT_REDIS_INFLIGHT
        || ngx_court_redis_out_command(&redis->conn.out, argv, argc,
                                       redis->conf.log)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    command = &redis->ring[(redis->head + redis->count)
                           % NGX_COURT_REDIS_INFLIGHT];
    command->handler = handler;
    command->ctx = ctx;
    command->start = ngx_current_msec;
    command->kind = kind;

    redis->count++;

    return NGX_OK;
}


static void
ngx_court_redis_arm(ngx_court_redis_t *redis)
{
    ngx_msec_t                  at;
    ngx_msec_int_t              wait;
    ngx_court_redis_command_t  *command;

    if (redis->deadline.timer_set || redis->count == 0) {
        return;
    }

    if (redis->ndead < redis->count) {
        command = &redis->ring[(redis->head + redis->ndead)
                               % NGX_COURT_REDIS_INFLIGHT];
        at = command->start + redis->conf.command_timeout;

    } else {
        command = &redis->ring[redis->head];
        at = command->start + NGX_COURT_REDIS_HEAD_AGE;
    }

    wait = (ngx_msec_int_t) (at - ngx_current_msec);

    ngx_add_timer(&redis->deadline, (ngx_msec_t) ngx_max(wait, 1));
}


static void
ngx_court_redis_deadline(ngx_event_t *ev)
{
    ngx_msec_t                  age, limit;
    ngx_court_redis_t          *redis;
    ngx_court_redis_command_t  *command;

    redis = ev->data;

    while (redis->ndead < redis->count) {
        command = &redis->ring[(redis->head + redis->ndead)
                               % NGX_COURT_REDIS_INFLIGHT];

        if (ngx_current_msec - command->start < redis->conf.command_timeout) {
            break;
        }

        redis->ndead++;
        redis->stats.timeouts++;
        ngx_court_redis_ended(redis, TIMEOUT);

        if (command->handler) {
            command->handler(command->ctx, NGX_COURT_REDIS_DOWN, NULL);
        }
    }

    if (redis->state == NGX_COURT_REDIS_S_UP && redis->count) {
        age = ngx_min(ngx_current_msec - redis->ring[redis->head].start,
                      ngx_current_msec - redis->up_since);
        limit = ngx_max(NGX_COURT_REDIS_HEAD_AGE,
                        redis->conf.command_timeout);

        if (age >= limit) {
            ngx_court_redis_conn_close(&redis->conn);
            ngx_court_redis_fail(redis, "no reply in time");
            return;
        }
    }

    ngx_court_redis_arm(redis);
}


static void
ngx_court_redis_count(ngx_court_redis_t *redis,
    ngx_court_redis_status_t status)
{
    static const ngx_court_state_result_t  how[] = {
        NGX_COURT_STATE_R_OK,                  /* VALUE */
        NGX_COURT_STATE_R_NIL,
        NGX_COURT_STATE_R_ERROR,
        NGX_COURT_STATE_R_DOWN
    };

    ngx_court_count(&ngx_court_redis_line(redis)->commands[how[status]]);
}


static ngx_int_t
ngx_court_redis_reply(ngx_court_redis_conn_t *conn,
    const ngx_court_redis_reply_t *reply, const char **why)
{
    ngx_uint_t                  dead;
    ngx_court_redis_t          *redis;
    ngx_court_redis_status_t    status;
    ngx_court_redis_command_t   command;

    redis = conn->data;

    if (redis->state == NGX_COURT_REDIS_S_GREETING) {
        return ngx_court_redis_greeted(redis, reply, why);
    }

    if (redis->count == 0) {
        *why = "surplus reply";
        return NGX_ERROR;
    }

    command = redis->ring[redis->head];
    dead = redis->ndead ? 1 : 0;

    redis->head = (redis->head + 1) % NGX_COURT_REDIS_INFLIGHT;
    redis->count--;
    redis->ndead -= dead;
    redis->stats.replies++;

    status = NGX_COURT_REDIS_DOWN;

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        status = NGX_COURT_REDIS_ERROR;
        redis->stats.errors++;
        ngx_court_redis_error(redis, &reply->str);

    } else if (command.kind == NGX_COURT_REDIS_C_GET) {

        if (reply->type == NGX_COURT_REDIS_T_STRING) {
            status = NGX_COURT_REDIS_VALUE;

        } else if (reply->type == NGX_COURT_REDIS_T_NIL) {
            status = NGX_COURT_REDIS_NIL;
            redis->stats.nils++;
        }

    } else if (reply->type == NGX_COURT_REDIS_T_STATUS
               || reply->type == NGX_COURT_REDIS_T_INTEGER)
    {
        status = NGX_COURT_REDIS_VALUE;
    }

    if (!dead) {
        ngx_court_redis_count(redis, status);
    }

    if (!dead && command.handler) {
        command.handler(command.ctx, status,
                        (status == NGX_COURT_REDIS_VALUE) ? &reply->str
                                                          : NULL);
    }

    if (status == NGX_COURT_REDIS_DOWN) {
        *why = "unexpected reply";
        return NGX_ERROR;
    }

    if (status == NGX_COURT_REDIS_ERROR
        && ngx_court_redis_error_auth(&reply->str))
    {
        redis->backoff.lasting = 1;
        *why = "not authorised";
        return NGX_ERROR;
    }

    return NGX_OK;
}


