/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a byte that says in which steps the rest arrives, then what a Redis
 * (or who claims to be one) sends.  The replies don't depend on the steps, nor
 * on what the reader read before.
 */

#include "fuzz.h"
#include "ngx_court_base.h"
#include "ngx_court_redis_slots.h"
#include "ngx_court_redis_check.h"


#define FUZZ_REPLIES  64


typedef struct {
    ngx_uint_t               n;
    ngx_int_t                end;         /* NGX_AGAIN or NGX_ERROR */
    ngx_court_redis_reply_t  replies[FUZZ_REPLIES];
} fuzz_result_t;


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


/* what a reply is taken for by who asked for a map, a role, a master */

static void
fuzz_taken(const ngx_court_redis_reply_t *reply)
{
    ngx_str_t                host, asked;
    ngx_uint_t               i, port;
    ngx_court_redis_moved_t  moved;

    static ngx_court_redis_map_t  map;

    asked = fuzz_str("127.0.0.1");

    if (ngx_court_redis_map_parse(&map, reply, &asked) == NGX_OK) {
        must(map.nnodes && map.nnodes <= NGX_COURT_REDIS_NODES);
        must(map.covered && map.covered <= NGX_COURT_REDIS_SLOTS);

        for (i = 0; i < NGX_COURT_REDIS_SLOTS; i++) {
            must(map.slots[i] == NGX_COURT_REDIS_NO_NODE
                 || map.slots[i] < map.nnodes);
        }
    }

    if (reply->type == NGX_COURT_REDIS_T_ERROR
        && ngx_court_redis_moved(&reply->str, &moved) == NGX_OK)
    {
        must(moved.slot < NGX_COURT_REDIS_SLOTS && moved.port
             && moved.port <= 65535);
    }

    (void) ngx_court_redis_check_role(reply, 0);
    (void) ngx_court_redis_check_role(reply, 1);
    (void) ngx_court_redis_check_noeviction(reply);

    if (ngx_court_redis_check_master(reply, &host, &port) == NGX_OK) {
        must(host.len && port && port <= 65535);
    }

    if (ngx_court_redis_check_replica(reply, &host, &port) == NGX_OK) {
        must(host.len && port && port <= 65535);
    }
}


static void
fuzz_keep(ngx_pool_t *pool, const ngx_court_redis_reply_t *reply,
    ngx_court_redis_reply_t *copy)
{
    ngx_uint_t  i;

    *copy = *reply;
    copy->str = fuzz_copy(pool, reply->str.data, reply->str.len);
    copy->elements = ngx_pcalloc(pool, (reply->n + 1)
                                       * sizeof(ngx_court_redis_reply_t));
    must(copy->elements != NULL);

    for (i = 0; i < reply->n; i++) {
        fuzz_keep(pool, &reply->elements[i], &copy->elements[i]);
    }
}


static void
fuzz_drain(ngx_pool_t *pool, ngx_court_redis_reader_t *reader,
    fuzz_result_t *result)
{
    ngx_str_t                       code;
    ngx_court_redis_reply_t        *r;
    const ngx_court_redis_reply_t  *reply;

    for ( ;; ) {
        result->end = ngx_court_redis_reader_next(reader, &reply);

        if (result->end != NGX_OK) {
            must(result->end == NGX_AGAIN || result->end == NGX_ERROR);
            return;
        }

        must(reply->str.len <= NGX_COURT_REDIS_BULK);

        if (reply->type == NGX_COURT_REDIS_T_ERROR) {
            code = ngx_court_redis_error_code(&reply->str);
            must(code.len <= 16);
            (void) ngx_court_redis_error_auth(&reply->str);
        }

        fuzz_taken(reply);

        r = &result->replies[result->n++ % FUZZ_REPLIES];
        fuzz_keep(pool, reply, r);
    }
}


static void
fuzz_read(ngx_pool_t *pool, const ngx_str_t *in, size_t step,
    fuzz_result_t *result)
{
    size_t                     pos, n;
    ngx_str_t                  piece;
    ngx_court_redis_reader_t  *reader;

    ngx_memzero(result, sizeof(fuzz_result_t));
    result->end = NGX_AGAIN;

    reader = ngx_court_redis_reader_create(pool->log);
    must(reader != NULL);

    for (pos = 0; pos < in->len && result->end == NGX_AGAIN; pos += n) {
        n = ngx_min(step, in->len - pos);
        piece = fuzz_copy(pool, in->data + pos, n);

        if (ngx_court_redis_reader_feed(reader, piece.data, n) != NGX_OK) {
            result->end = NGX_ERROR;
            break;
        }

        fuzz_drain(pool, reader, result);
    }

    /* once failed, never again anything else */

    if (result->end == NGX_ERROR) {
        must(ngx_court_redis_reader_feed(reader, (u_char *) "+OK\r\n", 5)
             == NGX_ERROR);
    }

    ngx_court_redis_reader_free(reader);
}


/* each reply by a reader of its own: none leaves anything for the next */

static void
fuzz_fresh(ngx_pool_t *pool, const ngx_str_t *in, fuzz_result_t *result)
{
    size_t                     pos;
    ngx_uint_t                 n;
    ngx_court_redis_reader_t  *reader;

    ngx_memzero(result, sizeof(fuzz_result_t));
    result->end = NGX_AGAIN;

    reader = ngx_court_redis_reader_create(pool->log);
    must(reader != NULL);

    for (pos = 0; pos < in->len && result->end == NGX_AGAIN; pos++) {
        n = result->n;

        must(ngx_court_redis_reader_feed(reader, in->data + pos, 1)
             == NGX_OK);
        fuzz_drain(pool, reader, result);

        if (result->n != n) {
            ngx_court_redis_reader_free(reader);
            reader = ngx_court_redis_reader_create(pool->log);
            must(reader != NULL);
        }
    }

    ngx_court_redis_reader_free(reader);
}


static void
fuzz_same_reply(const ngx_court_redis_reply_t *a,
    const ngx_court_redis_reply_t *b)
{
    ngx_uint_t  i;

    must(a->type == b->type && a->num == b->num && a->n == b->n);
    must(ngx_court_str_eq(&a->str, &b->str));

    for (i = 0; i < a->n; i++) {
        fuzz_same_reply(&a->elements[i], &b->elements[i]);
    }
}


static void
fuzz_same(const fuzz_result_t *x, const fuzz_result_t *y)
{
    ngx_uint_t                      i;
    const ngx_court_redis_reply_t  *a, *b;

    must(x->n == y->n && x->end == y->end);

    for (i = 0; i < ngx_min(x->n, FUZZ_REPLIES); i++) {
        a = &x->replies[i];
        b = &y->replies[i];
        fuzz_same_reply(a, b);
    }
}


/* a command is an array of bulk strings, whatever is in them */

static void
fuzz_command(ngx_pool_t *pool, const ngx_str_t *in)
{
    ngx_str_t              sent, argv[3];
    fuzz_result_t          result;
    ngx_court_redis_out_t  out;

    ngx_memzero(&out, sizeof(ngx_court_redis_out_t));
    out.max = 65536;

    argv[0] = fuzz_str("SET");
    argv[1] = *in;
    argv[2].data = in->data + in->len / 2;
    argv[2].len = in->len - in->len / 2;

    if (ngx_court_redis_out_command(&out, argv, 3, pool->log) == NGX_OK) {
        sent.data = out.start + out.pos;
        sent.len = out.last - out.pos;

        fuzz_read(pool, &sent, NGX_COURT_REDIS_FEED, &result);
        must(result.n == 1 && result.end == NGX_AGAIN);
        must(result.replies[0].type == NGX_COURT_REDIS_T_ARRAY);
        must(result.replies[0].n == 3);
    }

    ngx_court_redis_out_free(&out);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    size_t         step;
    fuzz_result_t  whole, other;

    step = (size_t) (fuzz_byte(in) & 0x1f) + 1;

    fuzz_read(pool, in, NGX_COURT_REDIS_FEED, &whole);
    fuzz_read(pool, in, step, &other);
    fuzz_same(&whole, &other);

    fuzz_fresh(pool, in, &other);
    fuzz_same(&whole, &other);

    fuzz_command(pool, in);
}
