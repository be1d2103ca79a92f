/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_claim.h"


/*
 * C0, DEL, and C1 (which UTF-8 writes as C2 80 to C2 9F): claims become
 * attributes, headers, and words of a decision line.
 */

static ngx_int_t
ngx_court_claim_text(const ngx_str_t *s)
{
    size_t  i;
    u_char  c;

    if (s->len == 0 || s->len > NGX_COURT_CLAIM_MAX) {
        return NGX_DECLINED;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c < 0x20 || c == 0x7f) {
            return NGX_DECLINED;
        }

        if (c == 0xc2 && i + 1 < s->len && s->data[i + 1] < 0xa0) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_claim_string(const ngx_court_json_t *node, ngx_str_t *s)
{
    if (ngx_court_json_string(node, s) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_claim_text(s);
}


ngx_int_t
ngx_court_claim_mapped(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *s)
{
    int64_t     n;
    ngx_uint_t  b;

    if (ngx_court_json_bool(node, &b) == NGX_OK) {
        s->data = (u_char *) (b ? "true" : "false");
        s->len = ngx_strlen(s->data);
        return NGX_OK;
    }

    if (ngx_court_json_int(node, &n) != NGX_OK) {
        return ngx_court_claim_string(node, s);
    }

    s->data = ngx_pnalloc(pool, NGX_INT64_LEN);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    s->len = ngx_sprintf(s->data, "%L", n) - s->data;

    return NGX_OK;
}


ngx_int_t
ngx_court_claim_single(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_uint_t mapped, ngx_str_t *s)
{
    if (ngx_court_json_type(node) == NGX_COURT_JSON_ARRAY) {

        if (ngx_court_json_size(node) != 1) {
            return NGX_DECLINED;
        }

        node = ngx_court_json_at(node, 0);
    }

    return mapped ? ngx_court_claim_mapped(pool, node, s)
                  : ngx_court_claim_string(node, s);
}


/* words between single or repeated spaces */

static ngx_int_t
ngx_court_claim_words(const ngx_str_t *s, ngx_str_t *words, ngx_uint_t *n)
{
    u_char     *p, *end, *last;
    ngx_str_t   word;

    *n = 0;
    last = s->data + s->len;

    for (p = s->data; p < last; p = end + 1) {
        end = memchr(p, ' ', last - p);
        end = end ? end : last;

        if (end == p) {
            continue;
        }

        word.data = p;
        word.len = end - p;

        if (*n == NGX_COURT_CLAIM_LIST
            || ngx_court_claim_text(&word) != NGX_OK)
        {
            return NGX_DECLINED;
        }

        words[(*n)++] = word;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_claim_elements(const ngx_court_json_t *node, ngx_str_t *words,
    ngx_uint_t *n)
{
    ngx_uint_t  i;

    *n = ngx_court_json_size(node);

    if (*n > NGX_COURT_CLAIM_LIST) {
        return NGX_DECLINED;
    }

    for (i = 0; i < *n; i++) {
        if (ngx_court_claim_string(ngx_court_json_at(node, i), &words[i])
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_claim_list(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_uint_t split, ngx_court_value_t *v)
{
    ngx_int_t   rc;
    ngx_str_t   s, words[NGX_COURT_CLAIM_LIST];
    ngx_uint_t  n;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_ARRAY) {
        rc = ngx_court_claim_elements(node, words, &n);

    } else if (!split) {
        n = 1;
        rc = ngx_court_claim_string(node, &words[0]);

    } else if (ngx_court_json_string(node, &s) != NGX_OK
               || s.len > NGX_COURT_CLAIM_SCOPE)
    {
        return NGX_DECLINED;

    } else {
        rc = ngx_court_claim_words(&s, words, &n);
    }

    return rc == NGX_OK ? ngx_court_list_encode(pool, words, n, v) : rc;
}


ngx_int_t
ngx_court_claim_time(const ngx_court_json_t *node, int64_t *t)
{
    double  d;

    if (ngx_court_json_real(node, &d) == NGX_OK) {

        /* written so that NaN, were there one, is refused */

        if (!(d >= 0 && d < (double) NGX_COURT_CLAIM_MAX_TIME)) {
            return NGX_DECLINED;
        }

        *t = (int64_t) d;

        return NGX_OK;
    }

    if (ngx_court_json_int(node, t) != NGX_OK) {
        return NGX_DECLINED;
    }

    return (*t >= 0 && *t < NGX_COURT_CLAIM_MAX_TIME) ? NGX_OK : NGX_DECLINED;
}
