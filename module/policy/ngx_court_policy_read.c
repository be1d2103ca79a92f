/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parser's helpers: walk JSON with a trail of where we are, so that every
 * error names a pointer and a line.  No helper accepts what it doesn't know.
 */

#include "ngx_court_policy_internal.h"


static size_t ngx_court_policy_read_pointer(const ngx_court_at_t *at,
    u_char *buf, size_t size);
static int ngx_court_policy_read_compare(const void *a, const void *b);


/* "<pointer>: line N: <what>"; the document itself has no pointer */

ngx_int_t
ngx_court_policy_error(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const char *fmt, ...)
{
    u_char      *p, *last, *buf;
    va_list      args;
    ngx_str_t    pointer;
    u_char       trail[NGX_COURT_POLICY_ERR];

    pointer.data = trail;
    pointer.len = ngx_court_policy_read_pointer(at, trail, sizeof(trail));

    buf = ngx_pnalloc(ps->pool, 2 * NGX_COURT_POLICY_ERR);
    if (buf == NULL) {
        ngx_str_set(ps->err, "no memory");
        return NGX_ERROR;
    }

    last = buf + 2 * NGX_COURT_POLICY_ERR;

    p = ngx_slprintf(buf, last, "%V%sline %ui: ", &pointer,
                     pointer.len ? ": " : "",
                     ngx_court_json_line(ps->text, &pointer));
    va_start(args, fmt);
    p = ngx_vslprintf(p, last, fmt, args);
    va_end(args);

    ps->err->data = buf;
    ps->err->len = p - buf;

    return NGX_ERROR;
}


/* writes the pointer of at, from the document down; what fits of it */

static size_t
ngx_court_policy_read_pointer(const ngx_court_at_t *at, u_char *buf,
    size_t size)
{
    u_char                *p, *last;
    ngx_uint_t             n, i;
    const ngx_court_at_t  *steps[64];

    for (n = 0; at && at->parent && n < 64; at = at->parent) {
        steps[n++] = at;
    }

    p = buf;
    last = buf + size;

    while (n--) {
        at = steps[n];

        if (at->name.data == NULL) {
            p = ngx_slprintf(p, last, "/%ui", at->index);
            continue;
        }

        p = ngx_slprintf(p, last, "/");

        for (i = 0; i < at->name.len; i++) {     /* RFC 6901, section 3 */
            switch (at->name.data[i]) {
            case '~':
                p = ngx_slprintf(p, last, "~0");
                break;
            case '/':
                p = ngx_slprintf(p, last, "~1");
                break;
            default:
                p = ngx_slprintf(p, last, "%c", at->name.data[i]);
            }
        }
    }

    return p - buf;
}


/* every member must be one of the table, every required one must be there */

ngx_int_t
ngx_court_policy_object(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, const ngx_court_member_t *members,
    void *dst)
{
    void                      *it;
    ngx_court_at_t             here;
    const ngx_court_member_t  *m;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return ngx_court_policy_error(ps, at, "must be an object");
    }

    here.parent = at;

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &here.name);

        for (m = members; m->name; m++) {
            if (here.name.len == ngx_strlen(m->name)
                && ngx_memcmp(here.name.data, m->name, here.name.len) == 0)
            {
                break;
            }
        }

        if (m->name == NULL) {
            return ngx_court_policy_error(ps, &here, "unknown member");
        }

        if (m->parse(ps, &here, ngx_court_json_value(it),
                     (u_char *) dst + m->offset)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (m = members; m->name; m++) {
        if (m->required && ngx_court_json_get(node, m->name) == NULL) {
            return ngx_court_policy_error(ps, at, "\"%s\" is missing",
                                          m->name);
        }
    }

    return NGX_OK;
}


/* an object whose member names are chosen by the policy's author */

ngx_int_t
ngx_court_policy_map(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node,
    ngx_int_t (*parse)(ngx_court_parse_t *ps, const ngx_court_at_t *at,
        const ngx_court_json_t *node, void *dst), void *dst)
{
    void            *it;
    ngx_court_at_t   here;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return ngx_court_policy_error(ps, at, "must be an object");
    }

    here.parent = at;

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &here.name);

        if (parse(ps, &here, ngx_court_json_value(it), dst) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* an array of at least one element: an empty one always is a mistake */

ngx_int_t
ngx_court_policy_each(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node,
    ngx_int_t (*parse)(ngx_court_parse_t *ps, const ngx_court_at_t *at,
        const ngx_court_json_t *node, void *dst), void *dst)
{
    ngx_uint_t      n;
    ngx_court_at_t  here;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY) {
        return ngx_court_policy_error(ps, at, "must be an array");
    }

    n = ngx_court_json_size(node);
    if (n == 0) {
        return ngx_court_policy_error(ps, at, "must not be empty");
    }

    here.parent = at;
    ngx_str_null(&here.name);

    for (here.index = 0; here.index < n; here.index++) {
        if (parse(ps, &here, ngx_court_json_at(node, here.index), dst)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* remembers the node for later: what it needs may stand behind it */

ngx_int_t
ngx_court_policy_keep(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    *(const ngx_court_json_t **) dst = node;

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_string(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_str_t  *s = dst;

    if (ngx_court_json_string(node, s) != NGX_OK) {
        return ngx_court_policy_error(ps, at, "must be a string");
    }

    if (s->len == 0) {
        return ngx_court_policy_error(ps, at, "must not be empty");
    }

    return ngx_court_policy_copy(ps, s);
}


/* the document dies when all is compiled; what is kept of it is copied */

ngx_int_t
ngx_court_policy_copy(ngx_court_parse_t *ps, ngx_str_t *s)
{
    u_char  *p;

    p = ngx_pnalloc(ps->pool, s->len ? s->len : 1);
    if (p == NULL) {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    ngx_memcpy(p, s->data, s->len);
    s->data = p;

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_id(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_str_t  *s = dst;

    if (ngx_court_policy_string(ps, at, node, s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_court_policy_is_id(s, 1)) {
        return ngx_court_policy_error(ps, at, "invalid name \"%V\"", s);
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_int(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    if (ngx_court_json_int(node, dst) != NGX_OK) {
        return ngx_court_policy_error(ps, at, "must be an integer");
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_flag(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    if (ngx_court_json_bool(node, dst) != NGX_OK) {
        return ngx_court_policy_error(ps, at, "must be true or false");
    }

    return NGX_OK;
}


/* [a-z][a-z0-9_]*, with dots also . and -; at most POLICY_NAME bytes */

ngx_uint_t
ngx_court_policy_is_id(const ngx_str_t *s, ngx_uint_t dots)
{
    u_char      c;
    ngx_uint_t  i;

    if (s->len == 0 || s->len > NGX_COURT_POLICY_NAME
        || s->data[0] < 'a' || s->data[0] > 'z')
    {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
            continue;
        }

        if (!dots || (c != '.' && c != '-')) {
            return 0;
        }
    }

    return 1;
}


static int
ngx_court_policy_read_compare(const void *a, const void *b)
{
    int                      rc;
    const ngx_court_name_t  *x = a, *y = b;

    rc = ngx_memcmp(x->name.data, y->name.data,
                    ngx_min(x->name.len, y->name.len));
    if (rc != 0) {
        return rc;
    }

    return (x->name.len > y->name.len) - (x->name.len < y->name.len);
}


/*
 * Sorts names.  NGX_DECLINED where two are equal; the later one of them (by
 * index) then stands first.
 */

ngx_int_t
ngx_court_policy_name_sort(ngx_court_parse_t *ps, ngx_array_t *names)
{
    ngx_uint_t         i;
    ngx_court_name_t  *n, swap;

    n = names->elts;

    ngx_qsort(n, names->nelts, sizeof(ngx_court_name_t),
              ngx_court_policy_read_compare);

    for (i = 1; i < names->nelts; i++) {
        if (ngx_court_str_eq(&n[i - 1].name, &n[i].name)) {
            swap = n[i - 1].index > n[i].index ? n[i - 1] : n[i];
            n[0] = swap;
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_court_policy_name_find(const ngx_array_t *names, const ngx_str_t *name)
{
    int                rc;
    ngx_uint_t         lo, hi, mid;
    ngx_court_name_t  *n, key;

    n = names->elts;
    key.name = *name;
    lo = 0;
    hi = names->nelts;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        rc = ngx_court_policy_read_compare(&key, &n[mid]);
        if (rc == 0) {
            return n[mid].index;
        }

        if (rc < 0) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    return NGX_COURT_NO_FIELD;
}


static ngx_int_t
ngx_court_policy_read_need(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    int64_t     age;
    int64_t    *ages = dst;
    ngx_uint_t  fact;

    fact = ngx_court_policy_fact(ps->policy, &at->name);
    if (fact == NGX_COURT_NO_FIELD) {
        return ngx_court_policy_error(ps, at, "unknown fact \"%V\"",
                                      &at->name);
    }

    if (ngx_court_policy_int(ps, at, node, &age) != NGX_OK) {
        return NGX_ERROR;
    }

    if (age < 0 || age > NGX_COURT_POLICY_AGE) {
        return ngx_court_policy_error(ps, at,
                                      "must be seconds from 0 to %d",
                                      NGX_COURT_POLICY_AGE);
    }

    ages[fact] = age;

    return NGX_OK;
}


/* {"FACT": SECONDS, ...}; *dst becomes NGX_COURT_MAX_FACTS ages */

ngx_int_t
ngx_court_policy_needs_parse(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    int64_t     *ages;
    ngx_uint_t   i;

    ages = ngx_palloc(ps->pool, NGX_COURT_MAX_FACTS * sizeof(int64_t));
    if (ages == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    for (i = 0; i < NGX_COURT_MAX_FACTS; i++) {
        ages[i] = -1;
    }

    *(int64_t **) dst = ages;

    return ngx_court_policy_map(ps, at, node, ngx_court_policy_read_need,
                                ages);
}
