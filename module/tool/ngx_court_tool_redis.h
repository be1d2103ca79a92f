/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One connection to one Redis, blocking, for programs that have nothing else
 * to do: each command waits for its reply, with a deadline.  No TLS: a unix
 * socket, or an address of this very machine (a tunnel's end).
 */

#ifndef _NGX_COURT_TOOL_REDIS_H_INCLUDED_
#define _NGX_COURT_TOOL_REDIS_H_INCLUDED_

#include "ngx_court_tool.h"
#include "ngx_court_redis_proto.h"


#define NGX_COURT_TOOL_REDIS_TIMEOUT  2000   /* ms, connect and each command */


typedef struct {
    const char                *address;      /* unix:/path, 127.0.0.1:port */
    const char                *user;         /* NULL: none */
    const char                *password_file;
    const char                *database;

    int                        fd;           /* -1: not connected */
    ngx_log_t                 *log;
    ngx_court_redis_reader_t  *reader;
    char                       error[64];    /* code of the last error reply,
                                              * or what failed */
} ngx_court_tool_redis_t;


/* an argument of a command */
static ngx_inline void
ngx_court_tool_redis_arg(ngx_str_t *arg, const char *text)
{
    arg->data = (u_char *) text;
    arg->len = strlen(text);
}


/* NULL, or what is wrong with it */
const char *ngx_court_tool_redis_address(const char *address);

/* NGX_OK, or NGX_ERROR and error; no key of this server may be evicted */
ngx_int_t ngx_court_tool_redis_connect(ngx_court_tool_redis_t *redis);
void ngx_court_tool_redis_close(ngx_court_tool_redis_t *redis);

/*
 * The reply lives until the next command.  NULL: no reply, and the connection
 * is closed: whether the command was done is not known.
 */
const ngx_court_redis_reply_t *ngx_court_tool_redis_command(
    ngx_court_tool_redis_t *redis, const ngx_str_t *argv, ngx_uint_t argc);

/* the same, where an error reply is no answer: NULL, the connection stays */
const ngx_court_redis_reply_t *ngx_court_tool_redis_ask(
    ngx_court_tool_redis_t *redis, const ngx_str_t *argv, ngx_uint_t argc);


#endif /* _NGX_COURT_TOOL_REDIS_H_INCLUDED_ */
