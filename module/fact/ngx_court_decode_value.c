/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_decode.h"
#include "ngx_court_time.h"


/* between a member's name and an element of its list */
#define NGX_COURT_LIST_SEPARATOR  0x1f


typedef ngx_int_t (*ngx_court_decode_pt)(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);


static ngx_int_t ngx_court_decode_string(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_bool(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_int(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_seconds(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_time(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_list(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_list_member(ngx_court_decode_t *d,
    const ngx_str_t *prefix, const ngx_court_json_t *array,
    ngx_array_t *elements);
static ngx_int_t ngx_court_decode_intervals(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_end(ngx_court_decode_t *d,
    const ngx_court_json_t *node, int64_t *t);
static ngx_uint_t ngx_court_decode_clean(const ngx_str_t *s);


/* in the order of ngx_court_type_t */

static const ngx_court_decode_pt  ngx_court_decoders[] = {
    NULL,
    ngx_court_decode_string,
    ngx_court_decode_string,
    ngx_court_decode_bool,
    ngx_court_decode_int,
    ngx_court_decode_time,
    ngx_court_decode_seconds,
    ngx_court_decode_list,
    ngx_court_decode_intervals
};

#define NGX_COURT_NDECODERS                                                   \
    (sizeof(ngx_court_decoders) / sizeof(ngx_court_decoders[0]))


ngx_int_t
ngx_court_decode_value(ngx_court_decode_t *d, ngx_court_type_t type,
    const ngx_court_json_t *node, ngx_court_value_t *v)
{
    if (type == NGX_COURT_T_NONE || (ngx_uint_t) type >= NGX_COURT_NDECODERS) {
        return NGX_DECLINED;
    }

    return ngx_court_decoders[type](d, node, v);
}


static ngx_int_t
ngx_court_decode_string(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    v->state = NGX_COURT_V_PRESENT;

    return ngx_court_json_string(node, &v->str);
}


static ngx_int_t
ngx_court_decode_bool(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    ngx_uint_t  b;

    if (ngx_court_json_bool(node, &b) != NGX_OK) {
        return NGX_DECLINED;
    }

    v->state = NGX_COURT_V_PRESENT;
    v->num = (int64_t) b;

    return NGX_OK;
}


static ngx_int_t
ngx_court_decode_int(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    v->state = NGX_COURT_V_PRESENT;

    return ngx_court_json_int(node, &v->num);
}


static ngx_int_t
ngx_court_decode_seconds(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    v->state = NGX_COURT_V_PRESENT;

    if (ngx_court_json_int(node, &v->num) != NGX_OK || v->num < 0) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_decode_time(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    ngx_str_t  s;

    v->state = NGX_COURT_V_PRESENT;

    if (ngx_court_json_string(node, &s) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_time_parse(&s, &v->num);
}


/* an array of strings, or an object of such arrays */

static ngx_int_t
ngx_court_decode_list(ngx_court_decode_t *d, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    void         *it;
    ngx_int_t     rc;
    ngx_str_t     name;
    ngx_array_t  *elements;

    d->listed = 0;

    elements = ngx_array_create(d->pool, 8, sizeof(ngx_str_t));
    if (elements == NULL) {
        return NGX_ERROR;
    }

    switch (ngx_court_json_type(node)) {

    case NGX_COURT_JSON_ARRAY:
        rc = ngx_court_decode_list_member(d, NULL, node, elements);
        break;

    case NGX_COURT_JSON_OBJECT:
        rc = NGX_OK;

        for (it = ngx_court_json_first(node);
             it && rc == NGX_OK;
             it = ngx_court_json_next(node, it))
        {
            ngx_court_json_key(it, &name);
            rc = ngx_court_decode_list_member(d, &name,
                                              ngx_court_json_value(it),
                                              elements);
        }

        break;

    default:
        return NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_court_list_encode(d->pool, elements->elts, elements->nelts, v);
}


static ngx_uint_t
ngx_court_decode_clean(const ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


/* appends the array's strings; with a prefix as "PREFIX\x1fSTRING" */

static ngx_int_t
ngx_court_decode_list_member(ngx_court_decode_t *d, const ngx_str_t *prefix,
    const ngx_court_json_t *array, ngx_array_t *elements)
{
    u_char      *p;
    ngx_str_t    s, *element;
    ngx_uint_t   i, n;

    if (ngx_court_json_type(array) != NGX_COURT_JSON_ARRAY
        || (prefix && !ngx_court_decode_clean(prefix)))
    {
        return NGX_DECLINED;
    }

    n = ngx_court_json_size(array);

    for (i = 0; i < n; i++) {
        if (ngx_court_json_string(ngx_court_json_at(array, i), &s) != NGX_OK
            || !ngx_court_decode_clean(&s))
        {
            return NGX_DECLINED;
        }

        element = ngx_array_push(elements);
        if (element == NULL) {
            return NGX_ERROR;
        }

        *element = s;

        if (prefix == NULL) {
            continue;
        }

        element->len = prefix->len + 1 + s.len;

        /* a long name times many elements: stop before they are copied */

        d->listed += element->len;

        if (d->listed > NGX_COURT_RECORD_MAX) {
            return NGX_DECLINED;
        }

        element->data = ngx_pnalloc(d->pool, element->len);
        if (element->data == NULL) {
            return NGX_ERROR;
        }

        p = ngx_cpymem(element->data, prefix->data, prefix->len);
        *p++ = NGX_COURT_LIST_SEPARATOR;
        ngx_memcpy(p, s.data, s.len);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_decode_intervals(ngx_court_decode_t *d,
    const ngx_court_json_t *node, ngx_court_value_t *v)
{
    u_char            *p;
    int64_t            from, until;
    ngx_int_t          bounds;
    ngx_uint_t         i, n;
    ngx_court_json_t  *interval;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    n = ngx_court_json_size(node);

    if (n > NGX_COURT_RECORD_MAX / NGX_COURT_INTERVAL_LEN) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(d->pool, n ? n * NGX_COURT_INTERVAL_LEN : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->state = NGX_COURT_V_PRESENT;
    v->str.data = p;
    v->str.len = n * NGX_COURT_INTERVAL_LEN;

    for (i = 0; i < n; i++) {
        interval = ngx_court_json_at(node, i);

        from = NGX_COURT_TIME_MIN;
        until = NGX_COURT_TIME_MAX;

        bounds = ngx_court_decode_end(d, ngx_court_json_get(interval, "from"),
                                      &from);
        if (bounds == NGX_DECLINED) {
            return NGX_DECLINED;
        }

        /* a window without any bound would be open for ever by a misspelling */

        switch (ngx_court_decode_end(d, ngx_court_json_get(interval, "until"),
                                     &until))
        {

        case NGX_OK:
            break;

        case NGX_DONE:
            if (bounds == NGX_OK) {
                break;
            }

            /* fall through */

        default:
            return NGX_DECLINED;
        }

        if (until < from) {
            return NGX_DECLINED;
        }

        p = ngx_court_interval_write(p, from, until);
    }

    return NGX_OK;
}


/* one end: NGX_OK; NGX_DONE where it is left open; NGX_DECLINED broken */

static ngx_int_t
ngx_court_decode_end(ngx_court_decode_t *d, const ngx_court_json_t *node,
    int64_t *t)
{
    ngx_str_t  s;

    if (node == NULL || ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        return NGX_DONE;
    }

    if (ngx_court_json_string(node, &s) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_time_parse(&s, t);
}
