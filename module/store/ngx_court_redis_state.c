/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_state.h"


static ngx_int_t ngx_court_redis_greet(ngx_court_redis_t *redis);
static void ngx_court_redis_up(ngx_court_redis_t *redis);


void
ngx_court_redis_connect_event(ngx_event_t *ev)
{
    ngx_court_redis_t  *redis;

    redis = ev->data;

    if (redis->state == NGX_COURT_REDIS_S_GREETING) {
        ngx_court_redis_conn_close(&redis->conn);
        ngx_court_redis_fail(redis, "connecting took too long");
        return;
    }

    ngx_court_redis_connect(redis);
}


void
ngx_court_redis_connect(ngx_court_redis_t *redis)
{
    redis->stats.connects++;
    ngx_court_count(&ngx_court_redis_line(redis)->connects);
    redis->state = NGX_COURT_REDIS_S_GREETING;

    if (ngx_court_redis_greet(redis) != NGX_OK
        || ngx_court_redis_conn_open(&redis->conn) != NGX_OK)
    {
        ngx_court_redis_conn_close(&redis->conn);
        ngx_court_redis_fail(redis, "connect failed");
        return;
    }

    ngx_add_timer(&redis->connect, redis->conf.connect_timeout);
}


/* a Redis that is stopped still accepts connections: PING tells */

static ngx_int_t
ngx_court_redis_greet(ngx_court_redis_t *redis)
{
    u_char                  buf[NGX_INT_T_LEN];
    ngx_int_t               rc;
    ngx_str_t               argv[3];
    ngx_uint_t              n;
    ngx_court_redis_out_t  *out;

    out = &redis->conn.hello;
    redis->nhello = 0;
    redis->hello_next = 0;
    rc = NGX_OK;

    if (redis->conf.password.len) {
        ngx_str_set(&argv[0], "AUTH");
        n = 1;

        if (redis->conf.user.len) {
            argv[n++] = redis->conf.user;
        }

        argv[n++] = redis->conf.password;

        rc = ngx_court_redis_out_command(out, argv, n, redis->conf.log);
        redis->hello[redis->nhello++] = NGX_COURT_REDIS_H_AUTH;
    }

    if (rc == NGX_OK && redis->conf.database) {
        ngx_str_set(&argv[0], "SELECT");
        argv[1].data = buf;
        argv[1].len = (size_t) (ngx_sprintf(buf, "%ui", redis->conf.database)
                                - buf);

        rc = ngx_court_redis_out_command(out, argv, 2, redis->conf.log);
        redis->hello[redis->nhello++] = NGX_COURT_REDIS_H_SELECT;
    }

    if (rc == NGX_OK) {
        ngx_str_set(&argv[0], "PING");

        rc = ngx_court_redis_out_command(out, argv, 1, redis->conf.log);
        redis->hello[redis->nhello++] = NGX_COURT_REDIS_H_PING;
    }

    return rc;
}


ngx_int_t
ngx_court_redis_greeted(ngx_court_redis_t *redis,
    const ngx_court_redis_reply_t *reply, const char **why)
{
    ngx_uint_t               auth;
    ngx_court_redis_hello_t  hello;

    hello = redis->hello[redis->hello_next++];

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        auth = ngx_court_redis_error_auth(&reply->str);

        /* whom an ACL denies PING got an answer all the same */

        if (hello == NGX_COURT_REDIS_H_PING && reply->str.len >= 6
            && ngx_memcmp(reply->str.data, "NOPERM", 6) == 0)
        {
            auth = 0;

        } else {
            redis->backoff.lasting = auth;
            *why = auth ? "not authorised" : "greeting refused";
            ngx_court_redis_error(redis, &reply->str);
            return NGX_ERROR;
        }

    } else if (reply->type != NGX_COURT_REDIS_T_STATUS) {
        *why = "unexpected reply";
        return NGX_ERROR;
    }

    if (redis->hello_next == redis->nhello) {
        ngx_court_redis_up(redis);
    }

    return NGX_OK;
}


void
ngx_court_redis_is_up(ngx_court_redis_t *redis, ngx_uint_t up)
{
    redis->stats.up = up;

    ngx_court_set(&ngx_court_redis_line(redis)->up, up);
}


static void
ngx_court_redis_up(ngx_court_redis_t *redis)
{
    if (redis->connect.timer_set) {
        ngx_del_timer(&redis->connect);
    }

    redis->state = NGX_COURT_REDIS_S_UP;
    ngx_court_redis_is_up(redis, 1);
    redis->up_since = ngx_current_msec;
    redis->conn.ready = 1;

    if (redis->broken) {
        redis->broken = 0;
        ngx_log_error(NGX_LOG_NOTICE, redis->conf.log, 0,
                      "court_redis \"%V\" is up again", &redis->conf.name);
    }

    ngx_court_redis_conn_flush(&redis->conn);
}


/*
 * A server that shuts an idle connection is not down: once more at once.  If
 * that fails, or the connection was young, it is.
 */

void
ngx_court_redis_closed(ngx_court_redis_conn_t *conn, const char *why,
    ngx_uint_t eof)
{
    ngx_court_redis_t  *redis;

    redis = conn->data;

    if (eof && redis->state == NGX_COURT_REDIS_S_UP && redis->count == 0
        && ngx_current_msec - redis->up_since >= NGX_COURT_REDIS_BACKOFF_MAX)
    {
        ngx_court_redis_is_up(redis, 0);
        ngx_court_redis_connect(redis);
        return;
    }

    ngx_court_redis_fail(redis, why);
}


/* the connection is closed already */

void
ngx_court_redis_fail(ngx_court_redis_t *redis, const char *why)
{
    ngx_msec_t  up;

    up = 0;

    if (redis->state == NGX_COURT_REDIS_S_UP) {
        up = ngx_current_msec - redis->up_since;
    }

    redis->stats.failures++;
    ngx_court_count(&ngx_court_redis_line(redis)->failures);
    ngx_court_redis_is_up(redis, 0);
    redis->state = NGX_COURT_REDIS_S_WAITING;

    if (!redis->broken) {
        redis->broken = 1;
        ngx_log_error(NGX_LOG_ERR, redis->conf.log, redis->conn.err,
                      "court_redis \"%V\" is down: %s", &redis->conf.name,
                      why);
    }

    if (redis->deadline.timer_set) {
        ngx_del_timer(&redis->deadline);
    }

    /* nginx keeps an old time that is less than 300 ms off: delete first */

    if (redis->connect.timer_set) {
        ngx_del_timer(&redis->connect);
    }

    ngx_add_timer(&redis->connect,
                  ngx_court_redis_backoff_next(&redis->backoff, up,
                                               (ngx_uint_t) ngx_random()));

    ngx_court_redis_drain(redis);
}


void
ngx_court_redis_drain(ngx_court_redis_t *redis)
{
    ngx_court_redis_command_t  command;

    while (redis->count) {
        command = redis->ring[redis->head];

        redis->head = (redis->head + 1) % NGX_COURT_REDIS_INFLIGHT;
        redis->count--;

        if (redis->ndead) {
            redis->ndead--;
            continue;
        }

        ngx_court_redis_ended(redis, DOWN);

        if (command.handler) {
            command.handler(command.ctx, NGX_COURT_REDIS_DOWN, NULL);
        }
    }
}


/* the code alone: texts of errors repeat arguments */

void
ngx_court_redis_error(ngx_court_redis_t *redis, const ngx_str_t *error)
{
    ngx_str_t  code;

    if (redis->error_seen
        && ngx_current_msec - redis->error_logged < NGX_COURT_REDIS_ERROR_LOG)
    {
        return;
    }

    redis->error_seen = 1;
    redis->error_logged = ngx_current_msec;

    code = ngx_court_redis_error_code(error);

    ngx_log_error(NGX_LOG_WARN, redis->conf.log, 0,
                  "court_redis \"%V\" answers with error %V",
                  &redis->conf.name, &code);
}
