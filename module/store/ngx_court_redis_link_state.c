/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_link.h"
#include "ngx_court_redis_check.h"
#include "ngx_court_state.h"


static void ngx_court_redis_link_resolved(void *data, ngx_int_t rc);
static ngx_int_t ngx_court_redis_link_greet(ngx_court_redis_link_t *link);
static void ngx_court_redis_link_up(ngx_court_redis_link_t *link);


void
ngx_court_redis_link_connect(ngx_event_t *ev)
{
    ngx_court_redis_link_t  *link;

    link = ev->data;

    if (link->state != NGX_COURT_REDIS_S_GREETING) {
        ngx_court_redis_link_open(link);
        return;
    }

    /* a name that was known before is no worse for a slow resolver */

    if (link->resolve.ctx) {
        ngx_court_redis_resolve_stop(&link->resolve);
        ngx_court_redis_link_resolved(link, NGX_ERROR);
        return;
    }

    ngx_court_redis_share_hang(link->share);
    ngx_court_redis_link_fail(link, link->conn.connected
                                        && !link->conn.secured
                                        ? "TLS handshake took too long"
                                        : "connecting took too long");
}


void
ngx_court_redis_link_open(ngx_court_redis_link_t *link)
{
    ngx_court_count(&ngx_court_redis_link_line(link)->connects);
    link->state = NGX_COURT_REDIS_S_GREETING;

    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    ngx_add_timer(&link->connect, link->connect_timeout);

    ngx_court_redis_resolve(&link->resolve, &link->addr,
                            ngx_court_redis_link_resolved, link);
}


/* may be called before ngx_court_redis_resolve returns */

static void
ngx_court_redis_link_resolved(void *data, ngx_int_t rc)
{
    ngx_court_redis_link_t *link = data;

    if (link->addr.socklen == 0) {
        ngx_court_redis_link_fail(link, "its name is not resolved");
        return;
    }

    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    ngx_add_timer(&link->connect, link->connect_timeout);

    if (ngx_court_redis_link_greet(link) != NGX_OK
        || ngx_court_redis_conn_open(&link->conn, &link->addr) != NGX_OK)
    {
        ngx_court_redis_link_fail(link, "connect failed");
    }
}


static ngx_int_t
ngx_court_redis_link_hello(ngx_court_redis_link_t *link,
    ngx_court_redis_hello_t hello, const ngx_str_t *argv, ngx_uint_t argc)
{
    link->hello[link->nhello++] = hello;

    return ngx_court_redis_out_command(&link->conn.hello, argv, argc,
                                       link->log);
}


static ngx_int_t
ngx_court_redis_link_hello_auth(ngx_court_redis_link_t *link)
{
    ngx_str_t   argv[3];
    ngx_uint_t  n;

    if (link->password == NULL || link->password->len == 0) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "AUTH");
    n = 1;

    if (link->user && link->user->len) {
        argv[n++] = *link->user;
    }

    argv[n++] = *link->password;

    return ngx_court_redis_link_hello(link, NGX_COURT_REDIS_H_AUTH, argv, n);
}


static ngx_int_t
ngx_court_redis_link_hello_select(ngx_court_redis_link_t *link)
{
    u_char     buf[NGX_INT_T_LEN];
    ngx_str_t  argv[2];

    if (link->database == 0) {
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "SELECT");
    argv[1].data = buf;
    argv[1].len = (size_t) (ngx_sprintf(buf, "%ui", link->database) - buf);

    return ngx_court_redis_link_hello(link, NGX_COURT_REDIS_H_SELECT, argv,
                                      2);
}


/* a Redis that is stopped still accepts connections: PING tells */

static ngx_int_t
ngx_court_redis_link_greet(ngx_court_redis_link_t *link)
{
    ngx_uint_t  i;

    const struct {
        ngx_court_redis_hello_t  hello;
        ngx_uint_t               asked;
        ngx_uint_t               argc;
        ngx_str_t                argv[3];
    } hellos[] = {
        { NGX_COURT_REDIS_H_READONLY, link->readonly, 1,
          { ngx_string("READONLY") } },
        { NGX_COURT_REDIS_H_ROLE, link->role != NGX_COURT_REDIS_ROLE_ANY, 1,
          { ngx_string("ROLE") } },
        { NGX_COURT_REDIS_H_CONFIG, link->ask_policy, 3,
          { ngx_string("CONFIG"), ngx_string("GET"),
            ngx_string("maxmemory-policy") } },
        { NGX_COURT_REDIS_H_INFO, link->ask_policy, 2,
          { ngx_string("INFO"), ngx_string("memory") } },
        { NGX_COURT_REDIS_H_PING, 1, 1, { ngx_string("PING") } }
    };

    link->nhello = 0;
    link->hello_next = 0;
    link->noeviction = 0;

    if (ngx_court_redis_link_hello_auth(link) != NGX_OK
        || ngx_court_redis_link_hello_select(link) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
        if (hellos[i].asked
            && ngx_court_redis_link_hello(link, hellos[i].hello,
                                          hellos[i].argv, hellos[i].argc)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* an error to one of the greeting; NGX_OK: it may be */

static ngx_int_t
ngx_court_redis_link_greet_error(ngx_court_redis_link_t *link,
    ngx_court_redis_hello_t hello, const ngx_str_t *error, const char **why)
{
    ngx_uint_t  auth, denied;

    auth = ngx_court_redis_error_auth(error);
    denied = (error->len >= 6 && ngx_memcmp(error->data, "NOPERM", 6) == 0);

    /* whom an ACL denies PING got an answer all the same; one who may not
     * see the policy of eviction does not know it */

    if ((denied && hello == NGX_COURT_REDIS_H_PING)
        || hello == NGX_COURT_REDIS_H_CONFIG
        || hello == NGX_COURT_REDIS_H_INFO)
    {
        return NGX_OK;
    }

    link->backoff.lasting = auth;
    *why = auth ? "not authorised" : "greeting refused";
    ngx_court_redis_link_error(link, error);

    return NGX_ERROR;
}


ngx_int_t
ngx_court_redis_link_greeted(ngx_court_redis_link_t *link,
    const ngx_court_redis_reply_t *reply, const char **why)
{
    ngx_court_redis_hello_t  hello;

    hello = link->hello[link->hello_next++];
    *why = "unexpected reply";

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        if (ngx_court_redis_link_greet_error(link, hello, &reply->str, why)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else if (hello == NGX_COURT_REDIS_H_ROLE) {
        if (ngx_court_redis_check_role(reply,
                                 link->role == NGX_COURT_REDIS_ROLE_MASTER)
            != NGX_OK)
        {
            *why = "it has another role";
            return NGX_ERROR;
        }

    } else if (hello == NGX_COURT_REDIS_H_CONFIG
               || hello == NGX_COURT_REDIS_H_INFO)
    {
        link->noeviction |= ngx_court_redis_check_noeviction(reply);

    } else if (reply->type != NGX_COURT_REDIS_T_STATUS) {
        return NGX_ERROR;
    }

    if (link->hello_next == link->nhello) {
        ngx_court_redis_link_up(link);
    }

    return NGX_OK;
}


static void
ngx_court_redis_link_up(ngx_court_redis_link_t *link)
{
    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    link->state = NGX_COURT_REDIS_S_UP;
    link->up_since = ngx_current_msec;
    link->broken = 0;
    link->conn.ready = 1;

    ngx_court_redis_share_answers(link->share);
    ngx_court_redis_conn_flush(&link->conn);

    link->up(link);
}


/*
 * A server that shuts an idle connection is not down: once more at once.  If
 * that fails, or the connection was young, it is.
 */

void
ngx_court_redis_link_closed(ngx_court_redis_conn_t *conn, const char *why,
    ngx_uint_t eof)
{
    ngx_court_redis_link_t  *link;

    link = conn->data;

    if (eof && link->keep && link->state == NGX_COURT_REDIS_S_UP
        && link->count == 0
        && ngx_current_msec - link->up_since >= NGX_COURT_REDIS_BACKOFF_MAX)
    {
        ngx_court_redis_link_open(link);
        return;
    }

    ngx_court_redis_link_fail(link, why);
}


void
ngx_court_redis_link_fail(ngx_court_redis_link_t *link, const char *why)
{
    ngx_msec_t  up;

    up = 0;

    if (link->state == NGX_COURT_REDIS_S_UP) {
        up = ngx_current_msec - link->up_since;
    }

    ngx_court_redis_conn_close(&link->conn);
    ngx_court_redis_resolve_stop(&link->resolve);

    ngx_court_count(&ngx_court_redis_link_line(link)->failures);
    link->state = NGX_COURT_REDIS_S_WAITING;
    link->broken = 1;

    if (link->deadline.timer_set) {
        ngx_del_timer(&link->deadline);
    }

    /* nginx keeps an old time that is less than 300 ms off: delete first */

    if (link->connect.timer_set) {
        ngx_del_timer(&link->connect);
    }

    if (link->keep) {
        ngx_add_timer(&link->connect,
                      ngx_court_redis_backoff_next(&link->backoff, up,
                                                (ngx_uint_t) ngx_random()));
    }

    link->down(link, why);

    ngx_court_redis_link_drain(link);
}
