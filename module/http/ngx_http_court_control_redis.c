/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One command to Redis for a request that may end before the reply comes: a
 * command can't be taken back, so what it is answered to is no request's
 * memory.
 */

#include "ngx_http_court_control.h"


typedef void (*ngx_http_court_control_redis_pt)(ngx_http_court_control_t *ctl,
    ngx_court_redis_status_t status, const ngx_str_t *data);

struct ngx_http_court_control_reply_s {
    ngx_http_court_control_t         *ctl;   /* NULL: has gone */
    ngx_http_court_control_redis_pt   handler;
    ngx_uint_t                        sending;
    ngx_uint_t                        failed;
};


static void
ngx_http_court_control_redis_told(void *ctx, ngx_court_redis_status_t status,
    const ngx_str_t *data)
{
    ngx_http_court_control_reply_t *reply = ctx;

    ngx_http_court_control_t         *ctl;
    ngx_http_court_control_redis_pt   handler;

    /* from inside the call: redis_send says it to its caller */

    if (reply->sending) {
        reply->failed = 1;
        return;
    }

    ctl = reply->ctl;
    handler = reply->handler;

    ngx_free(reply);

    if (ctl == NULL) {
        return;
    }

    ctl->reply = NULL;

    /* the process ends: nobody is answered any more */

    if (!ctl->mcf->tiers.stopping) {
        handler(ctl, status, data);
    }
}


/* NGX_AGAIN: handler is called later; NGX_DECLINED: Redis is down */

static ngx_int_t
ngx_http_court_control_redis_send(ngx_http_court_control_t *ctl,
    ngx_uint_t get, ngx_http_court_control_redis_pt handler)
{
    ngx_http_court_control_reply_t  *reply;

    reply = ngx_calloc(sizeof(ngx_http_court_control_reply_t),
                       ctl->request->connection->log);
    if (reply == NULL) {
        return NGX_ERROR;
    }

    reply->ctl = ctl;
    reply->handler = handler;
    reply->sending = 1;

    if (get) {
        ngx_court_redis_get(ctl->mcf->tiers.redis, &ctl->name,
                            ngx_http_court_control_redis_told, reply);

    } else {
        ngx_court_redis_delete(ctl->mcf->tiers.redis, &ctl->name,
                               ngx_http_court_control_redis_told, reply);
    }

    reply->sending = 0;

    if (reply->failed) {
        ngx_free(reply);
        return NGX_DECLINED;
    }

    ctl->reply = reply;

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_court_control_redis_get(ngx_http_court_control_t *ctl,
    ngx_http_court_control_redis_pt handler)
{
    return ngx_http_court_control_redis_send(ctl, 1, handler);
}


ngx_int_t
ngx_http_court_control_redis_delete(ngx_http_court_control_t *ctl,
    ngx_http_court_control_redis_pt handler)
{
    return ngx_http_court_control_redis_send(ctl, 0, handler);
}


void
ngx_http_court_control_redis_forget(ngx_http_court_control_t *ctl)
{
    if (ctl->reply) {
        ctl->reply->ctl = NULL;
        ctl->reply = NULL;
    }
}
