/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An operation: one command of a caller, on its way over one link or, where
 * servers send it on, over several; ended exactly once.
 */

#include "ngx_court_redis_topology.h"
#include "ngx_court_crypto.h"


static ngx_int_t ngx_court_redis_op_reply(void *ctx,
    ngx_court_redis_link_t *link, ngx_court_redis_end_t end,
    const ngx_court_redis_reply_t *reply);


static ngx_int_t
ngx_court_redis_op_keep(ngx_court_redis_op_t *op,
    const ngx_court_redis_cmd_t *cmd)
{
    u_char      *p;
    size_t       size;
    ngx_uint_t   i;

    size = 1;

    for (i = 0; i < cmd->argc; i++) {
        size += cmd->argv[i].len;
    }

    p = ngx_alloc(size, op->redis->conf.log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    op->copy = p;
    op->size = size;

    for (i = 0; i < cmd->argc; i++) {
        op->argv[i].data = p;
        op->argv[i].len = cmd->argv[i].len;
        p = ngx_cpymem(p, cmd->argv[i].data, cmd->argv[i].len);
    }

    return NGX_OK;
}


static void
ngx_court_redis_op_release(ngx_court_redis_op_t *op)
{
    ngx_court_redis_t  *redis;

    redis = op->redis;

    if (op->copy) {
        ngx_court_wipe(op->copy, op->size);
        ngx_free(op->copy);
        op->copy = NULL;
    }

    op->next = redis->free;
    redis->free = op;
}


ngx_court_redis_op_t *
ngx_court_redis_op(ngx_court_redis_t *redis, const ngx_court_redis_cmd_t *cmd)
{
    ngx_court_redis_op_t  *op;

    if (cmd->argc == 0 || cmd->argc > NGX_COURT_REDIS_ARGS) {
        return NULL;
    }

    op = redis->free;

    if (op) {
        redis->free = op->next;

    } else {
        if (redis->nops == NGX_COURT_REDIS_OPS) {
            return NULL;
        }

        op = ngx_alloc(sizeof(ngx_court_redis_op_t), redis->conf.log);
        if (op == NULL) {
            return NULL;
        }

        redis->nops++;
    }

    ngx_memzero(op, offsetof(ngx_court_redis_op_t, argv));
    op->redis = redis;
    op->copy = NULL;
    op->start = ngx_current_msec;
    op->timeout = cmd->timeout ? cmd->timeout : redis->conf.command_timeout;
    op->slot = (cmd->key >= 0 && (ngx_uint_t) cmd->key < cmd->argc)
                   ? cmd->key : -1;
    op->argc = cmd->argc;
    op->read = cmd->read && redis->conf.replicas;
    op->noeviction = cmd->noeviction;
    op->own = cmd->own;
    op->replica = 0;

    ngx_memcpy(op->argv, cmd->argv, cmd->argc * sizeof(ngx_str_t));

    if (redis->topology->keep && ngx_court_redis_op_keep(op, cmd) != NGX_OK) {
        ngx_court_redis_op_release(op);
        return NULL;
    }

    return op;
}


/* all of them have ended */

void
ngx_court_redis_op_free(ngx_court_redis_t *redis)
{
    ngx_court_redis_op_t  *op;

    while (redis->free) {
        op = redis->free;
        redis->free = op->next;
        redis->nops--;
        ngx_free(op);
    }
}


void
ngx_court_redis_op_end(ngx_court_redis_op_t *op,
    ngx_court_redis_status_t status, const ngx_court_redis_reply_t *reply,
    ngx_court_state_result_t how)
{
    void                      *ctx;
    ngx_court_redis_t         *redis;
    ngx_court_redis_pt         handler;
    ngx_court_redis_reply_pt   told;

    redis = op->redis;
    ctx = op->ctx;
    handler = op->handler;
    told = op->reply;

    ngx_court_redis_op_release(op);

    redis->stats.replies += (reply != NULL);
    redis->stats.nils += (status == NGX_COURT_REDIS_NIL);
    redis->stats.errors += (status == NGX_COURT_REDIS_ERROR);
    redis->stats.timeouts += (how == NGX_COURT_STATE_R_TIMEOUT);

    ngx_court_count(&ngx_court_state_line->redis[redis->metric]
                        .commands[how]);

    if (handler) {
        handler(ctx, status,
                (status == NGX_COURT_REDIS_VALUE) ? &reply->str : NULL);

    } else if (told) {
        told(ctx, status, (status == NGX_COURT_REDIS_VALUE
                           || status == NGX_COURT_REDIS_ERROR)
                              ? reply : NULL);
    }
}


static void
ngx_court_redis_op_down(ngx_court_redis_op_t *op)
{
    ngx_court_redis_op_end(op, NGX_COURT_REDIS_DOWN, NULL,
                           NGX_COURT_STATE_R_DOWN);
}


static void
ngx_court_redis_own_told(ngx_court_redis_link_t *link)
{
    (void) link;
}


static void
ngx_court_redis_own_down(ngx_court_redis_link_t *link, const char *why)
{
    (void) link;
    (void) why;
}


/*
 * A connection of its own to where the link goes: one that is free, or a new
 * one.  It is opened by who uses it, and not by itself.
 */

static ngx_court_redis_link_t *
ngx_court_redis_own(ngx_court_redis_t *redis, ngx_court_redis_link_t *to)
{
    ngx_uint_t               i, place;
    ngx_court_redis_link_t  *link;

    place = NGX_COURT_REDIS_OWN;

    for (i = 0; i < NGX_COURT_REDIS_OWN; i++) {
        link = redis->own[i];

        if (link == NULL || link->count == 0) {
            place = i;

            if (link && ngx_court_redis_addr_same(&link->addr, &to->addr)) {
                break;
            }
        }
    }

    if (place == NGX_COURT_REDIS_OWN) {
        return NULL;
    }

    link = redis->own[place];

    if (link == NULL) {
        link = ngx_court_redis_link_for(redis, &to->addr,
                                        NGX_COURT_REDIS_SMALL);
        if (link == NULL) {
            return NULL;
        }

        /* a command that waits for minutes must not hold a worker that quits */

        link->deadline.cancelable = 1;
        link->up = ngx_court_redis_own_told;
        link->down = ngx_court_redis_own_down;
        redis->own[place] = link;

    } else if (!ngx_court_redis_addr_same(&link->addr, &to->addr)) {
        ngx_court_redis_link_close(link);
        link->addr = to->addr;
    }

    link->role = to->role;
    link->share = to->share;

    if (link->state < NGX_COURT_REDIS_S_GREETING) {
        link->broken = 0;
        ngx_court_redis_link_open(link);
    }

    return link;
}


void
ngx_court_redis_op_route(ngx_court_redis_op_t *op)
{
    ngx_court_redis_link_t  *link;

    link = op->redis->topology->route(op->redis, op);

    if (link && op->own) {
        link = ngx_court_redis_own(op->redis, link);
    }

    if (link == NULL) {
        ngx_court_redis_op_down(op);
        return;
    }

    ngx_court_redis_op_send(op, link, 0);
}


void
ngx_court_redis_op_send(ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, ngx_uint_t ask)
{
    ngx_str_t   asking;
    ngx_msec_t  used;

    used = ngx_current_msec - op->start;

    if (used >= op->timeout
        || (op->noeviction && link->state == NGX_COURT_REDIS_S_UP
            && !link->noeviction))
    {
        ngx_court_redis_op_down(op);
        return;
    }

    if (ask) {
        ngx_str_set(&asking, "ASKING");

        if (ngx_court_redis_link_send(link, &asking, 1, op->timeout - used,
                                      NULL, NULL)
            != NGX_OK)
        {
            ngx_court_redis_op_down(op);
            return;
        }
    }

    if (ngx_court_redis_link_send(link, op->argv, op->argc,
                                  op->timeout - used,
                                  ngx_court_redis_op_reply, op)
        == NGX_OK)
    {
        return;
    }

    if (op->replica) {
        op->read = 0;
        op->replica = 0;
        ngx_court_redis_op_route(op);
        return;
    }

    ngx_court_redis_op_down(op);
}


ngx_uint_t
ngx_court_redis_error_is(const ngx_str_t *error, const char *code)
{
    size_t  len;

    len = ngx_strlen(code);

    return error->len >= len && ngx_memcmp(error->data, code, len) == 0
           && (error->len == len || error->data[len] == ' ');
}


static ngx_int_t
ngx_court_redis_op_error(ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, const ngx_court_redis_reply_t *reply)
{
    ngx_int_t                rc;
    ngx_court_redis_react_t  react;

    react = op->redis->topology->error(op->redis, op, link, &reply->str);

    if (react == NGX_COURT_REDIS_R_MOVED) {
        return NGX_OK;
    }

    ngx_court_redis_link_error(link, &reply->str);

    rc = (react == NGX_COURT_REDIS_R_CLOSE) ? NGX_ABORT : NGX_OK;

    /* one command that an ACL denies a caller is that caller's trouble */

    if (ngx_court_redis_error_auth(&reply->str)
        && !(op->kind == NGX_COURT_REDIS_C_ANY
             && ngx_court_redis_error_is(&reply->str, "NOPERM")))
    {
        rc = NGX_DECLINED;
    }

    ngx_court_redis_op_end(op, NGX_COURT_REDIS_ERROR, reply,
                           NGX_COURT_STATE_R_ERROR);

    return rc;
}


/* what a reply is to a command of its kind; DOWN: no reply to it at all */

static ngx_court_redis_status_t
ngx_court_redis_op_status(ngx_court_redis_op_t *op,
    const ngx_court_redis_reply_t *reply)
{
    ngx_court_redis_type_t  type;

    type = reply->type;

    switch (op->kind) {

    case NGX_COURT_REDIS_C_GET:
        return (type == NGX_COURT_REDIS_T_STRING) ? NGX_COURT_REDIS_VALUE
               : (type == NGX_COURT_REDIS_T_NIL) ? NGX_COURT_REDIS_NIL
               : NGX_COURT_REDIS_DOWN;

    case NGX_COURT_REDIS_C_WRITE:
        return (type == NGX_COURT_REDIS_T_STATUS
                || type == NGX_COURT_REDIS_T_INTEGER)
               ? NGX_COURT_REDIS_VALUE : NGX_COURT_REDIS_DOWN;

    default:
        return (type == NGX_COURT_REDIS_T_NIL) ? NGX_COURT_REDIS_NIL
               : (type == NGX_COURT_REDIS_T_OTHER) ? NGX_COURT_REDIS_DOWN
               : NGX_COURT_REDIS_VALUE;
    }
}


static ngx_int_t
ngx_court_redis_op_reply(void *ctx, ngx_court_redis_link_t *link,
    ngx_court_redis_end_t end, const ngx_court_redis_reply_t *reply)
{
    ngx_court_redis_op_t *op = ctx;

    ngx_court_redis_status_t  status;

    static const ngx_court_state_result_t  how[] = {
        NGX_COURT_STATE_R_OK,                  /* VALUE */
        NGX_COURT_STATE_R_NIL,
        NGX_COURT_STATE_R_ERROR,
        NGX_COURT_STATE_R_DOWN
    };

    if (end == NGX_COURT_REDIS_E_LATE) {
        ngx_court_redis_op_end(op, NGX_COURT_REDIS_DOWN, NULL,
                               NGX_COURT_STATE_R_TIMEOUT);
        return NGX_OK;
    }

    if (end == NGX_COURT_REDIS_E_DOWN) {
        if (op->replica && op->redis->started) {
            op->read = 0;
            op->replica = 0;
            ngx_court_redis_op_route(op);

        } else {
            ngx_court_redis_op_down(op);
        }

        return NGX_OK;
    }

    if (op->noeviction && !link->noeviction) {
        ngx_court_redis_op_down(op);
        return NGX_OK;
    }

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        return ngx_court_redis_op_error(op, link, reply);
    }

    status = ngx_court_redis_op_status(op, reply);
    ngx_court_redis_op_end(op, status, reply, how[status]);

    return (status == NGX_COURT_REDIS_DOWN) ? NGX_ERROR : NGX_OK;
}
