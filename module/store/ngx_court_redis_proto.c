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
    ngx_pool_t                *pool;         /* of the elements; or NULL */
    ngx_uint_t                 elements;     /* of this reply so far */
    size_t                     bytes;        /* of their strings */
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
 * A reply is the reader's one struct; elements of arrays stand in a pool that
 * lives until the next reply.  To hiredis each object is its struct.
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

    if (reader->pool) {
        ngx_destroy_pool(reader->pool);
    }

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

    *reply = &reader->reply;

    return NGX_OK;
}


const ngx_court_redis_reply_t *
ngx_court_redis_element(const ngx_court_redis_reply_t *reply, ngx_uint_t i,
    ngx_court_redis_type_t type)
{
    if (reply->type != NGX_COURT_REDIS_T_ARRAY || i >= reply->n
        || reply->elements[i].type != type)
    {
        return NULL;
    }

    return &reply->elements[i];
}


/*
 * The struct of a task: the reader's, or its place in the array above.  The
 * first of a reply frees what the former one had.
 */

static ngx_court_redis_reply_t *
ngx_court_redis_proto_set(const redisReadTask *task,
    ngx_court_redis_type_t type)
{
    ngx_court_redis_reply_t   *reply, *up;
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;

    if (task->parent == NULL) {
        if (reader->pool) {
            ngx_destroy_pool(reader->pool);
            reader->pool = NULL;
        }

        reader->elements = 0;
        reader->bytes = 0;
        reply = &reader->reply;

    } else {
        up = task->parent->obj;

        if (up == NULL || task->idx < 0 || (ngx_uint_t) task->idx >= up->n) {
            reader->failed = 1;
            return NULL;
        }

        reply = &up->elements[task->idx];
    }

    ngx_memzero(reply, sizeof(ngx_court_redis_reply_t));
    reply->type = type;

    return reply;
}


/* room for a string: the reader's buffer, or the pool of an array */

static u_char *
ngx_court_redis_proto_room(ngx_court_redis_reader_t *reader, size_t len,
    ngx_uint_t element)
{
    u_char  *p;

    if (element) {
        reader->bytes += len;

        return (reader->bytes > NGX_COURT_REDIS_REPLY)
                   ? NULL : ngx_pnalloc(reader->pool, ngx_max(len, 1));
    }

    if (len <= reader->size && reader->buf) {
        return reader->buf;
    }

    p = ngx_alloc(ngx_max(len, 1024), reader->log);
    if (p == NULL) {
        return NULL;
    }

    if (reader->buf) {
        ngx_free(reader->buf);
    }

    reader->buf = p;
    reader->size = ngx_max(len, 1024);

    return p;
}


static ngx_court_redis_type_t
ngx_court_redis_proto_type(int type)
{
    switch (type) {

    case REDIS_REPLY_STATUS:
        return NGX_COURT_REDIS_T_STATUS;

    case REDIS_REPLY_ERROR:
        return NGX_COURT_REDIS_T_ERROR;

    case REDIS_REPLY_STRING:
        return NGX_COURT_REDIS_T_STRING;

    default:
        return NGX_COURT_REDIS_T_OTHER;
    }
}


/*
 * The string is copied: hiredis moves its buffer before it hands out the
 * reply.
 */

static void *
ngx_court_redis_proto_string(const redisReadTask *task, char *str, size_t len)
{
    u_char                    *p;
    ngx_court_redis_reply_t   *reply;
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;

    if (len > NGX_COURT_REDIS_BULK) {
        reader->failed = 1;
        return NULL;
    }

    reply = ngx_court_redis_proto_set(task,
                                      ngx_court_redis_proto_type(task->type));
    if (reply == NULL) {
        return NULL;
    }

    p = ngx_court_redis_proto_room(reader, len, task->parent != NULL);
    if (p == NULL) {
        reader->failed = 1;
        return NULL;
    }

    ngx_memcpy(p, str, len);
    reply->str.data = p;
    reply->str.len = len;

    return reply;
}


static void *
ngx_court_redis_proto_array(const redisReadTask *task,
    ngx_court_redis_count_t elements)
{
    ngx_uint_t                 depth;
    const redisReadTask       *up;
    ngx_court_redis_reply_t   *reply;
    ngx_court_redis_reader_t  *reader;

    reader = task->privdata;
    depth = 1;

    for (up = task->parent; up; up = up->parent) {
        depth++;
    }

    reply = ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_ARRAY);

    if (reply == NULL || depth > NGX_COURT_REDIS_DEPTH
        || (size_t) elements > NGX_COURT_REDIS_ELEMENTS - reader->elements)
    {
        reader->failed = 1;
        return NULL;
    }

    reader->elements += (ngx_uint_t) elements;

    if (reader->pool == NULL) {
        reader->pool = ngx_create_pool(4096, reader->log);
    }

    if (reader->pool && elements) {
        reply->elements = ngx_pcalloc(reader->pool, (size_t) elements
                                          * sizeof(ngx_court_redis_reply_t));
    }

    if (reader->pool == NULL || (elements && reply->elements == NULL)) {
        reader->failed = 1;
        return NULL;
    }

    reply->n = (ngx_uint_t) elements;

    return reply;
}


static void *
ngx_court_redis_proto_integer(const redisReadTask *task, long long value)
{
    ngx_court_redis_reply_t  *reply;

    reply = ngx_court_redis_proto_set(task, NGX_COURT_REDIS_T_INTEGER);

    if (reply) {
        reply->num = value;
    }

    return reply;
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
