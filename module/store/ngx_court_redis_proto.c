/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_proto.h"
#include "ngx_court_crypto.h"

#include <hiredis/hiredis.h>


/* what differs between the versions of hiredis */

#if (HIREDIS_MAJOR >= 1)
typedef size_t     ngx_court_redis_count_t;
typedef long long  ngx_court_redis_len_t;
#else
typedef int        ngx_court_redis_count_t;
typedef int        ngx_court_redis_len_t;
#endif


struct ngx_court_redis_reader_s {
    redisReader               *hiredis;
    ngx_log_t                 *log;
    ngx_court_redis_reply_t    reply;
    ngx_uint_t                 elements;     /* of this reply so far */
    ngx_uint_t                 failed;       /* a bound was passed */
    u_char                    *buf;          /* holds reply.str */
    size_t                     size;
};


static void *ngx_court_redis_proto_string(const redisReadTask *task,
    char *str, size_t len);
static void *ngx_court_redis_proto_array(const redisReadTask *task,
    ngx_court_redis_count_t elements);
static void *ngx_court_redis_proto_integer(const redisReadTask *task,
    long long value);
static void *ngx_court_redis_proto_nil(const redisReadTask *task);
#if (HIREDIS_MAJOR >= 1)
static void *ngx_court_redis_proto_double(const redisReadTask *task,
    double value, char *str, size_t len);
static void *ngx_court_redis_proto_bool(const redisReadTask *task,
    int value);
#endif
static void ngx_court_redis_proto_free(void *object);


/*
 * No reply objects are made: a reply is the reader's one struct, elements of
 * arrays are counted and dropped.  hiredis wants a pointer that is not NULL
 * for each: the reader itself.
 */

static redisReplyObjectFunctions  ngx_court_redis_proto_functions = {
    .createString = ngx_court_redis_proto_string,
    .createArray = ngx_court_redis_proto_array,
    .createInteger = ngx_court_redis_proto_integer,
    .createNil = ngx_court_redis_proto_nil,
#if (HIREDIS_MAJOR >= 1)
    .createDouble = ngx_court_redis_proto_double,
    .createBool = ngx_court_redis_proto_bool,
#endif
    .freeObject = ngx_court_redis_proto_free
};


ngx_court_redis_reader_t *
ngx_court_redis_reader_create(ngx_log_t *log)
{
    ngx_court_redis_reader_t  *reader;

    reader = ngx_calloc(sizeof(ngx_court_redis_reader_t), log);
    if (reader == NULL) {
        return NULL;
    }

    reader->log = log;
    reader->hiredis =
              redisReaderCreateWithFunctions(&ngx_court_redis_proto_functions);

    if (reader->hiredis == NULL) {
        ngx_free(reader);
        return NULL;
    }

    reader->hiredis->privdata = reader;

    return reader;
}


void
ngx_court_redis_reader_free(ngx_court_redis_reader_t *reader)
{
    redisReaderFree(reader->hiredis);

    if (reader->buf) {
        ngx_free(reader->buf);
    }

    ngx_free(reader);
}


ngx_int_t
ngx_court_redis_reader_feed(ngx_court_redis_reader_t *reader, const u_char *p,
    size_t len)
{
    if (len > NGX_COURT_REDIS_FEED || reader->failed
        || redisReaderFeed(reader->hiredis, (const char *) p, len)
           != REDIS_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_redis_reader_next(ngx_court_redis_reader_t *reader,
    const ngx_court_redis_reply_t **reply)
{
    void  *object;

    object = NULL;

    if (redisReaderGetReply(reader->hiredis, &object) != REDIS_OK
        || reader->failed)
    {
        reader->failed = 1;
        return NGX_ERROR;
    }

    if (object == NULL) {

        /* a value still incomplete, counted with its framing */

        if (reader->hiredis->len - reader->hiredis->pos
            > NGX_COURT_REDIS_BULK)
        {
            reader->failed = 1;
            return NGX_ERROR;
        }

        return NGX_AGAIN;
    }

    reader->elements = 0;
    *reply = &reader->reply;

    return NGX_OK;
}


static void *
ngx_court_redis_proto_set(const redisReadTask *task,
    ngx_court_redis_type_t type)
{
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;

    if (task->parent == NULL) {
        reader->reply.type = type;
        reader->reply.num = 0;
        reader->reply.str.len = 0;
    }

    return reader;
}


/*
 * The string is copied: hiredis moves its buffer before it hands out the
 * reply.
 */

static void *
ngx_court_redis_proto_string(const redisReadTask *task, char *str, size_t len)
{
    u_char                    *p;
    ngx_court_redis_type_t     type;
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;

    if (len > NGX_COURT_REDIS_BULK) {
        reader->failed = 1;
        return NULL;
    }

    switch (task->type) {

    case REDIS_REPLY_STATUS:
        type = NGX_COURT_REDIS_T_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        type = NGX_COURT_REDIS_T_ERROR;
        break;

    case REDIS_REPLY_STRING:
        type = NGX_COURT_REDIS_T_STRING;
        break;

    default:
        type = NGX_COURT_REDIS_T_OTHER;
        break;
    }

    (void) ngx_court_redis_proto_set(task, type);

    if (task->parent) {
        return reader;
    }

    if (len > reader->size || reader->buf == NULL) {
        p = ngx_alloc(ngx_max(len, 1024), reader->log);
        if (p == NULL) {
            reader->failed = 1;
            return NULL;
        }

        if (reader->buf) {
            ngx_free(reader->buf);
        }

        reader->buf = p;
        reader->size = ngx_max(len, 1024);
    }

    ngx_memcpy(reader->buf, str, len);
    reader->reply.str.data = reader->buf;
    reader->reply.str.len = len;

    return reader;
}


static void *
ngx_court_redis_proto_array(const redisReadTask *task,
    ngx_court_redis_count_t elements)
{
    ngx_uint_t                 depth;
    const redisReadTask       *up;
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;
    depth = 1;

    for (up = task->parent; up; up = up->parent) {
        depth++;
    }

    if (depth > NGX_COURT_REDIS_DEPTH
        || (size_t) elements > NGX_COURT_REDIS_ELEMENTS - reader->elements)
    {
        reader->failed = 1;
        return NULL;
    }

    reader->elements += (ngx_uint_t) elements;

    return ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_OTHER);
}


static void *
ngx_court_redis_proto_integer(const redisReadTask *task, long long value)
{
    ngx_court_redis_reader_t  *reader;

    reader = ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_INTEGER);

    if (task->parent == NULL) {
        reader->reply.num = value;
    }

    return reader;
}


static void *
ngx_court_redis_proto_nil(const redisReadTask *task)
{
    return ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_NIL);
}


#if (HIREDIS_MAJOR >= 1)

static void *
ngx_court_redis_proto_double(const redisReadTask *task, double value,
    char *str, size_t len)
{
    (void) value;
    (void) str;
    (void) len;

    return ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_OTHER);
}


static void *
ngx_court_redis_proto_bool(const redisReadTask *task, int value)
{
    (void) value;

    return ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_OTHER);
}

#endif


static void
ngx_court_redis_proto_free(void *object)
{
    (void) object;
}


static ngx_int_t
ngx_court_redis_out_room(ngx_court_redis_out_t *out, size_t len,
    ngx_log_t *log)
{
    u_char  *p;
    size_t   size, used;

    used = out->last - out->pos;

    if (len > out->max || used > out->max - len) {
        return NGX_DECLINED;
    }

    if (out->last + len <= out->size) {
        return NGX_OK;
    }

    size = ngx_max(out->size, 4096);

    while (size < used + len) {
        size *= 2;
    }

    p = ngx_alloc(size, log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (out->start) {
        ngx_memcpy(p, out->start + out->pos, used);
        ngx_court_wipe(out->start, out->last);
        ngx_free(out->start);
    }

    out->start = p;
    out->pos = 0;
    out->last = used;
    out->size = size;

    return NGX_OK;
}


ngx_int_t
ngx_court_redis_out_command(ngx_court_redis_out_t *out, const ngx_str_t *argv,
    ngx_uint_t argc, ngx_log_t *log)
{
    char                   *bytes;
    size_t                  lens[NGX_COURT_REDIS_ARGS];
    ngx_int_t               rc;
    ngx_uint_t              i;
    const char             *args[NGX_COURT_REDIS_ARGS];
    ngx_court_redis_len_t   len;

    if (argc == 0 || argc > NGX_COURT_REDIS_ARGS) {
        return NGX_ERROR;
    }

    for (i = 0; i < argc; i++) {
        if (argv[i].len > NGX_COURT_REDIS_BULK) {
            return NGX_DECLINED;
        }

        args[i] = argv[i].len ? (const char *) argv[i].data : "";
        lens[i] = argv[i].len;
    }

    len = redisFormatCommandArgv(&bytes, (int) argc, args, lens);
    if (len <= 0) {
        return NGX_ERROR;
    }

    rc = ngx_court_redis_out_room(out, (size_t) len, log);

    if (rc == NGX_OK) {
        ngx_memcpy(out->start + out->last, bytes, (size_t) len);
        out->last += (size_t) len;
    }

    ngx_court_wipe(bytes, (size_t) len);
    redisFreeCommand(bytes);

    return rc;
}


void
ngx_court_redis_out_free(ngx_court_redis_out_t *out)
{
    if (out->start) {
        ngx_court_wipe(out->start, out->last);
        ngx_free(out->start);
    }

    out->start = NULL;
    out->pos = 0;
    out->last = 0;
    out->size = 0;
}


ngx_uint_t
ngx_court_redis_error_auth(const ngx_str_t *error)
{
    ngx_uint_t  i;

    static const ngx_str_t  codes[] = {
        ngx_string("NOAUTH"),
        ngx_string("WRONGPASS"),
        ngx_string("NOPERM"),
        ngx_string("DENIED"),
        ngx_string("ERR invalid password"),
        ngx_string("ERR AUTH "),
        ngx_string("ERR Client sent AUTH")
    };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (error->len >= codes[i].len
            && ngx_memcmp(error->data, codes[i].data, codes[i].len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


ngx_str_t
ngx_court_redis_error_code(const ngx_str_t *error)
{
    size_t     n;
    ngx_str_t  code;

    static u_char  unknown[] = "error";

    for (n = 0; n < error->len && n < 16; n++) {
        if (error->data[n] < 'A' || error->data[n] > 'Z') {
            break;
        }
    }

    code.data = n ? error->data : unknown;
    code.len = n ? n : sizeof(unknown) - 1;

    return code;
}
