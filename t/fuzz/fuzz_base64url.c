/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What decodes has one spelling; what is encoded decodes.
 */

#include "fuzz.h"
#include "ngx_court_base64url.h"


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


static ngx_str_t
fuzz_encode(ngx_pool_t *pool, const ngx_str_t *s)
{
    u_char     *end;
    ngx_str_t   text;

    text.len = ngx_court_base64url_encoded_len(s->len);
    text.data = ngx_pnalloc(pool, text.len ? text.len : 1);
    end = ngx_court_base64url_encode(text.data, s);
    must(end == text.data + text.len);

    return text;
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_int_t  rc;
    ngx_str_t  out, text, same;

    rc = ngx_court_base64url_decode(pool, &out, in);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {
        must(out.len == ngx_court_base64url_decoded_len(in->len));
        text = fuzz_encode(pool, &out);
        must(ngx_court_str_eq(&text, in));
    }

    text = fuzz_encode(pool, in);
    must(ngx_court_base64url_decode(pool, &out, &text) == NGX_OK);
    must(ngx_court_str_eq(&out, in));

    /* dst may be src */

    same = text;
    must(ngx_court_base64url_decode(pool, &same, &same) == NGX_OK);
    must(ngx_court_str_eq(&same, in));
}
