/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_mapping_parse.h"


#define NGX_COURT_MAPPING_FORMAT  1


static ngx_int_t ngx_court_mapping_child(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_str_t *name, ngx_str_t *child);
static ngx_int_t ngx_court_mapping_complete(ngx_court_mapping_parse_t *mp,
    const ngx_court_json_t *root);

static ngx_court_mapping_parse_pt  ngx_court_mapping_format;
static ngx_court_mapping_parse_pt  ngx_court_mapping_echo;
static ngx_court_mapping_parse_pt  ngx_court_mapping_echo_key;
static ngx_court_mapping_parse_pt  ngx_court_mapping_result;
static ngx_court_mapping_parse_pt  ngx_court_mapping_result_pointer;
static ngx_court_mapping_parse_pt  ngx_court_mapping_result_words;


static const ngx_court_mapping_member_t  ngx_court_mapping_root[] = {
    { "format", ngx_court_mapping_format },
    { "echo",   ngx_court_mapping_echo },
    { "result", ngx_court_mapping_result },
    { "fields", ngx_court_mapping_fields },
    { NULL, NULL }
};


static const ngx_court_mapping_member_t  ngx_court_mapping_echo_members[] = {
    { "", ngx_court_mapping_echo_key },
    { NULL, NULL }
};


static const ngx_court_mapping_member_t  ngx_court_mapping_result_members[] = {
    { "pointer",   ngx_court_mapping_result_pointer },
    { "ok",        ngx_court_mapping_result_words },
    { "not_found", ngx_court_mapping_result_words },
    { NULL, NULL }
};


ngx_court_mapping_t *
ngx_court_mapping_parse(ngx_pool_t *pool, const ngx_court_fact_t *fact,
    const ngx_str_t *text, ngx_str_t *err)
{
    ngx_str_t                   at, unused;
    ngx_court_json_t           *root;
    ngx_court_mapping_parse_t   mp;

    ngx_memzero(&mp, sizeof(ngx_court_mapping_parse_t));
    mp.pool = pool;
    mp.fact = fact;
    mp.text = text;
    mp.err = err ? err : &unused;

    root = ngx_court_json_parse(pool, text, &ngx_court_json_small, mp.err);
    if (root == NULL) {
        return NULL;
    }

    ngx_str_set(&at, "");

    mp.mapping = ngx_pcalloc(pool, sizeof(ngx_court_mapping_t));

    if (mp.mapping) {
        mp.mapping->fields = ngx_pcalloc(pool,
                                         (fact->schema.nfields + 1)
                                         * sizeof(ngx_court_mapping_field_t));
    }

    if (mp.mapping == NULL || mp.mapping->fields == NULL) {
        (void) ngx_court_mapping_error(&mp, &at, "no memory");
        return NULL;
    }

    if (ngx_court_mapping_object(&mp, &at, root, ngx_court_mapping_root,
                                 mp.mapping)
        != NGX_OK
        || ngx_court_mapping_complete(&mp, root) != NGX_OK)
    {
        return NULL;
    }

    return mp.mapping;
}


ngx_int_t
ngx_court_mapping_error(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const char *what)
{
    size_t   len;
    u_char  *p;

    len = sizeof("line : : ") + NGX_INT64_LEN + at->len + ngx_strlen(what);

    p = ngx_pnalloc(mp->pool, len);

    if (p == NULL) {
        mp->err->data = (u_char *) what;
        mp->err->len = ngx_strlen(what);
        return NGX_ERROR;
    }

    mp->err->data = p;
    mp->err->len = ngx_snprintf(p, len, "line %ui: %V%s%s",
                                ngx_court_json_line(mp->text, at), at,
                                at->len ? ": " : "", what)
                   - p;

    return NGX_ERROR;
}


/* the pointer of a member: at "/" name, with ~ and / escaped */

static ngx_int_t
ngx_court_mapping_child(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, ngx_str_t *child)
{
    size_t   i;
    u_char  *p;

    p = ngx_pnalloc(mp->pool, at->len + 1 + name->len * 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    child->data = p;

    if (at->len) {
        p = ngx_cpymem(p, at->data, at->len);
    }

    *p++ = '/';

    for (i = 0; i < name->len; i++) {
        if (name->data[i] == '~' || name->data[i] == '/') {
            *p++ = '~';
            *p++ = name->data[i] == '~' ? '0' : '1';
            continue;
        }

        *p++ = name->data[i];
    }

    child->len = p - child->data;

    return NGX_OK;
}


ngx_int_t
ngx_court_mapping_object(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_court_json_t *node, const ngx_court_mapping_member_t *members,
    void *dst)
{
    void                              *it;
    ngx_str_t                          name, child;
    const ngx_court_mapping_member_t  *m;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return ngx_court_mapping_error(mp, at, "must be an object");
    }

    for (it = ngx_court_json_first(node);
         it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);

        if (ngx_court_mapping_child(mp, at, &name, &child) != NGX_OK) {
            return ngx_court_mapping_error(mp, at, "no memory");
        }

        for (m = members; m->name; m++) {
            if (m->name[0] == '\0'
                || (ngx_strlen(m->name) == name.len
                    && ngx_memcmp(m->name, name.data, name.len) == 0))
            {
                break;
            }
        }

        if (m->name == NULL) {
            return ngx_court_mapping_error(mp, &child, "unknown member");
        }

        if (m->parse(mp, &child, &name, ngx_court_json_value(it), dst)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_mapping_pointer(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t  *pointer = dst;

    if (ngx_court_json_string(node, pointer) != NGX_OK
        || pointer->len == 0 || !ngx_court_json_pointer_valid(pointer))
    {
        return ngx_court_mapping_error(mp, at,
                                       "must be a JSON pointer to a value");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_mapping_format(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    int64_t  n;

    if (ngx_court_json_int(node, &n) != NGX_OK
        || n != NGX_COURT_MAPPING_FORMAT)
    {
        return ngx_court_mapping_error(mp, at, "must be 1");
    }

    mp->format = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_court_mapping_echo(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    return ngx_court_mapping_object(mp, at, node,
                                    ngx_court_mapping_echo_members, dst);
}


static ngx_int_t
ngx_court_mapping_echo_key(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t                 court = ngx_string("court");
    ngx_uint_t                i;
    ngx_court_mapping_t      *mapping = dst;
    const ngx_court_fact_t   *fact = mp->fact;

    for (i = 0; name->len && i < fact->nkeys; i++) {
        if (ngx_court_str_eq(&fact->key_names[i], name)) {
            return ngx_court_mapping_pointer(mp, at, name, node,
                                             &mapping->echo[i]);
        }
    }

    if (fact->court_scope && ngx_court_str_eq(&court, name)) {
        return ngx_court_mapping_pointer(mp, at, name, node,
                                         &mapping->echo_court);
    }

    return ngx_court_mapping_error(mp, at, "is no key of this fact");
}


static ngx_int_t
ngx_court_mapping_result(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t             *s;
    ngx_uint_t             i, k;
    ngx_court_mapping_t   *mapping = dst;

    if (ngx_court_mapping_object(mp, at, node,
                                 ngx_court_mapping_result_members, dst)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mapping->result.len == 0) {
        return ngx_court_mapping_error(mp, at, "\"pointer\" is missing");
    }

    if (mapping->ok == NULL) {
        return ngx_court_mapping_error(mp, at, "\"ok\" is missing");
    }

    if (mapping->not_found == NULL) {
        return NGX_OK;
    }

    s = mapping->ok->elts;

    for (i = 0; i < mapping->ok->nelts; i++) {
        for (k = 0; k < mapping->not_found->nelts; k++) {
            if (ngx_court_str_eq(&s[i],
                                 &((ngx_str_t *) mapping->not_found->elts)[k]))
            {
                return ngx_court_mapping_error(mp, at, "a word is in \"ok\" "
                                               "and in \"not_found\"");
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_mapping_result_pointer(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_str_t *name, const ngx_court_json_t *node,
    void *dst)
{
    ngx_court_mapping_t  *mapping = dst;

    return ngx_court_mapping_pointer(mp, at, name, node, &mapping->result);
}


/* "ok" or "not_found": words or whole numbers, at least one */

static ngx_int_t
ngx_court_mapping_result_words(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_str_t *name, const ngx_court_json_t *node,
    void *dst)
{
    ngx_str_t            *s;
    ngx_uint_t            i, n;
    ngx_array_t          *words;
    ngx_court_mapping_t  *mapping = dst;

    n = ngx_court_json_size(node);

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY || n == 0) {
        return ngx_court_mapping_error(mp, at,
                                       "must be an array and not empty");
    }

    words = ngx_array_create(mp->pool, n, sizeof(ngx_str_t));
    if (words == NULL) {
        return ngx_court_mapping_error(mp, at, "no memory");
    }

    for (i = 0; i < n; i++) {
        s = ngx_array_push(words);

        if (s == NULL
            || ngx_court_fact_text(mp->pool, ngx_court_json_at(node, i), s)
               != NGX_OK)
        {
            return ngx_court_mapping_error(mp, at, "must hold strings or "
                                           "whole numbers");
        }
    }

    if (name->data[0] == 'o') {
        mapping->ok = words;

    } else {
        mapping->not_found = words;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_mapping_complete(ngx_court_mapping_parse_t *mp,
    const ngx_court_json_t *root)
{
    ngx_str_t   at, member[NGX_COURT_FACT_KEYS];
    ngx_uint_t  i;

    ngx_str_set(&at, "");

    if (!mp->format) {
        return ngx_court_mapping_error(mp, &at, "\"format\" is missing");
    }

    if (!mp->fields) {
        return ngx_court_mapping_error(mp, &at, "\"fields\" is missing");
    }

    if (ngx_court_json_get(root, "echo")) {
        ngx_str_set(&at, "/echo");
    }

    if (ngx_court_fact_echo(mp->fact, member) == 0) {
        return ngx_court_mapping_error(mp, &at, "the fact has no key that an "
                                       "answer could name");
    }

    for (i = 0; i < mp->fact->nkeys; i++) {
        if (member[i].len && mp->mapping->echo[i].len == 0) {
            return ngx_court_mapping_error(mp, &at, "an answer must name "
                                           "every person and case it was "
                                           "asked for");
        }
    }

    return NGX_OK;
}
