/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a byte that says in which steps the rest arrives, then an HTTP
 * answer.  What comes out doesn't depend on the steps.
 */

#include "fuzz.h"
#include "ngx_court_fetch_parse.h"


#define FUZZ_BODY_MAX  1024
#define FUZZ_SLOW      512


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


/* an answer is complete when all has been read; more behind it is an error */

static ngx_int_t
fuzz_parse(ngx_pool_t *pool, const ngx_str_t *in, size_t step,
    ngx_court_fetch_parse_t *p, ngx_str_t *body)
{
    size_t      n;
    u_char     *buf;
    ngx_int_t   rc;
    ngx_str_t   copy;

    ngx_memzero(p, sizeof(ngx_court_fetch_parse_t));
    p->max = FUZZ_BODY_MAX;
    p->stamp = fuzz_str("X-Court-Source");

    buf = NULL;
    n = 0;

    do {
        /* moved each time, and never longer than what is there */

        copy = fuzz_copy(pool, buf, n);
        n = ngx_min(in->len, n + step);
        buf = ngx_pnalloc(pool, n ? n : 1);
        ngx_memcpy(buf, copy.data, copy.len);
        ngx_memcpy(buf + copy.len, in->data + copy.len, n - copy.len);

        rc = ngx_court_fetch_parse(p, buf, n, n == in->len);

        must(rc == NGX_OK || rc == NGX_AGAIN || rc == NGX_ERROR);
        must(rc != NGX_ERROR || p->why != NULL);
        must(rc != NGX_AGAIN || n < in->len);
        must(p->pos <= n);

    } while (rc != NGX_ERROR && n < in->len);

    body->data = buf + p->body;
    body->len = p->len;

    if (rc == NGX_OK) {
        must(p->state == NGX_COURT_FETCH_P_DONE);
        must(p->body + p->len <= n && p->len <= p->max);
        must(p->status >= 200 && p->status <= 599);
        must(!(p->has_length && p->has_chunked));
    }

    return rc;
}


static void
fuzz_same(ngx_pool_t *pool, const ngx_str_t *in, size_t step)
{
    ngx_int_t                rc;
    ngx_str_t                body, other;
    ngx_court_fetch_parse_t  whole, steps;

    rc = fuzz_parse(pool, in, in->len + 1, &whole, &body);
    must(fuzz_parse(pool, in, step, &steps, &other) == rc);

    if (rc != NGX_OK) {
        must(strcmp(whole.why, steps.why) == 0);
        return;
    }

    must(body.len == other.len);
    must(body.len == 0 || ngx_memcmp(body.data, other.data, body.len) == 0);
    must(whole.status == steps.status);
    must(whole.stamped == steps.stamped);
    must(whole.keepalive == steps.keepalive);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    size_t  step;

    step = (size_t) (fuzz_byte(in) & 0x1f) + 1;

    fuzz_same(pool, in, step);

    if (in->len <= FUZZ_SLOW) {
        fuzz_same(pool, in, 1);              /* a copy for every byte */
    }
}
