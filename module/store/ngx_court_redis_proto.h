/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The Redis protocol by hiredis: commands into bytes, bytes into replies.
 * No socket, no event.  The .c is the only file that includes hiredis and
 * holds what differs between 0.14 and 1.x.
 */

#ifndef _NGX_COURT_REDIS_PROTO_H_INCLUDED_
#define _NGX_COURT_REDIS_PROTO_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_REDIS_FEED        16384    /* bytes read in one turn */
#define NGX_COURT_REDIS_BULK        65536    /* one value or line at most */
#define NGX_COURT_REDIS_ELEMENTS    8192     /* of all arrays in a reply */
#define NGX_COURT_REDIS_REPLY       1048576  /* bytes of all their strings */
#define NGX_COURT_REDIS_DEPTH       5
#define NGX_COURT_REDIS_ARGS        16


typedef enum {
    NGX_COURT_REDIS_T_STATUS = 1,
    NGX_COURT_REDIS_T_STRING,
    NGX_COURT_REDIS_T_INTEGER,
    NGX_COURT_REDIS_T_NIL,
    NGX_COURT_REDIS_T_ERROR,
    NGX_COURT_REDIS_T_ARRAY,
    NGX_COURT_REDIS_T_OTHER                  /* what 1.x adds */
} ngx_court_redis_type_t;

typedef struct ngx_court_redis_reply_s  ngx_court_redis_reply_t;

/* all of it is valid until the next reply */
struct ngx_court_redis_reply_s {
    ngx_court_redis_type_t     type;
    int64_t                    num;
    ngx_str_t                  str;
    ngx_uint_t                 n;            /* ARRAY: its elements */
    ngx_court_redis_reply_t   *elements;
};

typedef struct ngx_court_redis_reader_s  ngx_court_redis_reader_t;


ngx_court_redis_reader_t *ngx_court_redis_reader_create(ngx_log_t *log);
void ngx_court_redis_reader_free(ngx_court_redis_reader_t *reader);

/* len <= NGX_COURT_REDIS_FEED; NGX_OK or NGX_ERROR (close the connection) */
ngx_int_t ngx_court_redis_reader_feed(ngx_court_redis_reader_t *reader,
    const u_char *p, size_t len);

/*
 * NGX_OK, *reply set; NGX_AGAIN: more bytes are needed; NGX_ERROR: protocol
 * error, or one of the bounds above.
 */
ngx_int_t ngx_court_redis_reader_next(ngx_court_redis_reader_t *reader,
    const ngx_court_redis_reply_t **reply);

/* element i of an array where it is of that type; else NULL */
const ngx_court_redis_reply_t *ngx_court_redis_element(
    const ngx_court_redis_reply_t *reply, ngx_uint_t i,
    ngx_court_redis_type_t type);


/* bytes to be sent, grown up to a bound */
typedef struct {
    u_char                    *start;
    size_t                     pos;          /* sent up to here */
    size_t                     last;
    size_t                     size;
    size_t                     max;
} ngx_court_redis_out_t;

/*
 * Appends one command.  NGX_OK; NGX_DECLINED where max would be passed;
 * NGX_ERROR.  What hiredis formatted is wiped before it is freed.
 */
ngx_int_t ngx_court_redis_out_command(ngx_court_redis_out_t *out,
    const ngx_str_t *argv, ngx_uint_t argc, ngx_log_t *log);
void ngx_court_redis_out_free(ngx_court_redis_out_t *out);

/* 1: an error reply that no retry mends: NOAUTH, WRONGPASS, NOPERM ... */
ngx_uint_t ngx_court_redis_error_auth(const ngx_str_t *error);

/* the error's code, fit for a log: its leading [A-Z]+, at most 16 */
ngx_str_t ngx_court_redis_error_code(const ngx_str_t *error);


#endif /* _NGX_COURT_REDIS_PROTO_H_INCLUDED_ */
