/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_check.h"


#define ngx_court_redis_check_is(str, text)                                   \
    ((str)->len == sizeof(text) - 1                                           \
     && ngx_memcmp((str)->data, text, sizeof(text) - 1) == 0)


ngx_int_t
ngx_court_redis_check_role(const ngx_court_redis_reply_t *reply,
    ngx_uint_t master)
{
    const ngx_court_redis_reply_t  *role, *state;

    role = ngx_court_redis_element(reply, 0, NGX_COURT_REDIS_T_STRING);

    if (role == NULL) {
        return NGX_ERROR;
    }

    if (master) {
        return ngx_court_redis_check_is(&role->str, "master") ? NGX_OK
                                                              : NGX_ERROR;
    }

    /* slave, master's host, its port, state of the link, offset */

    state = ngx_court_redis_element(reply, 3, NGX_COURT_REDIS_T_STRING);

    if (!ngx_court_redis_check_is(&role->str, "slave") || state == NULL
        || !ngx_court_redis_check_is(&state->str, "connected"))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_court_redis_check_noeviction(const ngx_court_redis_reply_t *reply)
{
    size_t                          i;
    const ngx_str_t                *text;
    const ngx_court_redis_reply_t  *value;

    static const char  line[] = "\nmaxmemory_policy:noeviction\r";

    value = ngx_court_redis_element(reply, 1, NGX_COURT_REDIS_T_STRING);

    if (value) {
        return reply->n == 2
               && ngx_court_redis_check_is(&value->str, "noeviction");
    }

    if (reply->type != NGX_COURT_REDIS_T_STRING) {
        return 0;
    }

    text = &reply->str;

    for (i = 0; i + sizeof(line) - 1 <= text->len; i++) {
        if (ngx_memcmp(text->data + i, line, sizeof(line) - 1) == 0) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_court_redis_check_port(const ngx_court_redis_reply_t *reply)
{
    ngx_int_t  port;

    port = 0;

    if (reply->type == NGX_COURT_REDIS_T_INTEGER) {
        if (reply->num > 0 && reply->num <= 65535) {
            port = (ngx_int_t) reply->num;
        }

    } else if (reply->type == NGX_COURT_REDIS_T_STRING && reply->str.len <= 5)
    {
        port = ngx_atoi(reply->str.data, reply->str.len);
    }

    return (port > 0 && port <= 65535) ? (ngx_uint_t) port : 0;
}


ngx_int_t
ngx_court_redis_check_master(const ngx_court_redis_reply_t *reply,
    ngx_str_t *host, ngx_uint_t *port)
{
    const ngx_court_redis_reply_t  *e;

    if (reply->type == NGX_COURT_REDIS_T_NIL) {
        return NGX_DECLINED;
    }

    e = ngx_court_redis_element(reply, 0, NGX_COURT_REDIS_T_STRING);

    if (e == NULL || reply->n != 2 || e->str.len == 0) {
        return NGX_ERROR;
    }

    *host = e->str;
    *port = ngx_court_redis_check_port(&reply->elements[1]);

    return *port ? NGX_OK : NGX_ERROR;
}


/* is a word one of "flags", which stand between commas? */

static ngx_uint_t
ngx_court_redis_check_flag(const ngx_str_t *flags, const char *word)
{
    size_t  i, len;

    len = ngx_strlen(word);

    for (i = 0; i + len <= flags->len; i++) {
        if ((i == 0 || flags->data[i - 1] == ',')
            && (i + len == flags->len || flags->data[i + len] == ',')
            && ngx_memcmp(flags->data + i, word, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_court_redis_check_replica(const ngx_court_redis_reply_t *reply,
    ngx_str_t *host, ngx_uint_t *port)
{
    ngx_uint_t                      i, bad;
    const ngx_court_redis_reply_t  *name, *value;

    host->len = 0;
    *port = 0;
    bad = 0;

    for (i = 0; i + 1 < reply->n; i += 2) {
        name = ngx_court_redis_element(reply, i, NGX_COURT_REDIS_T_STRING);
        value = ngx_court_redis_element(reply, i + 1,
                                        NGX_COURT_REDIS_T_STRING);

        if (name == NULL || value == NULL) {
            return NGX_ERROR;
        }

        if (ngx_court_redis_check_is(&name->str, "ip")) {
            *host = value->str;

        } else if (ngx_court_redis_check_is(&name->str, "port")) {
            *port = ngx_court_redis_check_port(value);

        } else if (ngx_court_redis_check_is(&name->str, "flags")) {
            bad |= ngx_court_redis_check_flag(&value->str, "s_down")
                   | ngx_court_redis_check_flag(&value->str, "o_down")
                   | ngx_court_redis_check_flag(&value->str, "disconnected");

        } else if (ngx_court_redis_check_is(&name->str, "master-link-status"))
        {
            bad |= !ngx_court_redis_check_is(&value->str, "ok");
        }
    }

    if (host->len == 0 || *port == 0) {
        return NGX_ERROR;
    }

    return bad ? NGX_DECLINED : NGX_OK;
}
