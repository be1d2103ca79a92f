/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_decode.h"


#define NGX_COURT_WHY_LEN  96             /* "field "..." is not a ..." */


static ngx_int_t ngx_court_decode_result(ngx_court_decode_t *d);
static ngx_uint_t ngx_court_decode_in(const ngx_array_t *words,
    const ngx_str_t *word);
static ngx_int_t ngx_court_decode_echo(ngx_court_decode_t *d,
    const ngx_str_t *keys, const ngx_str_t *court);
static ngx_int_t ngx_court_decode_echo_court(ngx_court_decode_t *d,
    const ngx_str_t *court);
static ngx_int_t ngx_court_decode_same(ngx_court_decode_t *d,
    const ngx_court_json_t *node, const ngx_str_t *want);
static ngx_int_t ngx_court_decode_field(ngx_court_decode_t *d, ngx_uint_t i,
    ngx_court_value_t *v);
static ngx_int_t ngx_court_decode_words(ngx_court_decode_t *d,
    const ngx_court_mapping_field_t *field, const ngx_court_json_t *node,
    ngx_court_value_t *v);


ngx_int_t
ngx_court_fact_decode(ngx_pool_t *pool, const ngx_court_fact_t *fact,
    const ngx_str_t *body, const ngx_str_t *keys, const ngx_str_t *court,
    ngx_str_t *record, const char **why)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_court_value_t   values[NGX_COURT_MAX_FIELDS];
    ngx_court_decode_t  d;

    d.pool = pool;
    d.fact = fact;
    d.root = ngx_court_json_parse(pool, body, &ngx_court_json_small, NULL);

    if (d.root == NULL) {
        *why = "answer is not JSON";
        return NGX_ERROR;
    }

    if (fact->mapping == NULL
        && ngx_court_json_type(d.root) != NGX_COURT_JSON_OBJECT)
    {
        *why = "answer is not an object";
        return NGX_ERROR;
    }

    if (fact->schema.nfields > NGX_COURT_MAX_FIELDS) {
        *why = "too many fields";
        return NGX_ERROR;
    }

    rc = ngx_court_decode_result(&d);

    if (rc == NGX_OK) {
        rc = ngx_court_decode_echo(&d, keys, court);
    }

    for (i = 0; rc == NGX_OK && i < fact->schema.nfields; i++) {
        rc = ngx_court_decode_field(&d, i, &values[i]);
    }

    if (rc == NGX_OK) {
        rc = ngx_court_record_encode(pool, &fact->schema, values, record);

        if (rc == NGX_OK) {
            return NGX_OK;
        }

        d.why = (rc == NGX_DECLINED) ? "record too long" : "no memory";
        rc = NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    *why = d.why;

    return NGX_ERROR;
}


/* the mapping's result: NGX_OK, NGX_DECLINED definitely none, NGX_ERROR */

static ngx_int_t
ngx_court_decode_result(ngx_court_decode_t *d)
{
    ngx_str_t                   word;
    const ngx_court_mapping_t  *mapping = d->fact->mapping;

    if (mapping == NULL || mapping->result.len == 0) {
        return NGX_OK;
    }

    if (ngx_court_fact_text(d->pool,
                            ngx_court_json_pointer(d->root, &mapping->result),
                            &word)
        != NGX_OK)
    {
        d->why = "answer has no result";
        return NGX_ERROR;
    }

    if (ngx_court_decode_in(mapping->ok, &word)) {
        return NGX_OK;
    }

    if (mapping->not_found && ngx_court_decode_in(mapping->not_found, &word)) {
        return NGX_DECLINED;
    }

    d->why = "result is neither \"ok\" nor \"not_found\"";

    return NGX_ERROR;
}


static ngx_uint_t
ngx_court_decode_in(const ngx_array_t *words, const ngx_str_t *word)
{
    ngx_str_t   *s;
    ngx_uint_t   i;

    s = words->elts;

    for (i = 0; i < words->nelts; i++) {
        if (ngx_court_str_eq(&s[i], word)) {
            return 1;
        }
    }

    return 0;
}


/*
 * The answer is about whom we asked for.  A source that mixes its answers up
 * must never give one person another's rights.
 */

static ngx_int_t
ngx_court_decode_echo(ngx_court_decode_t *d, const ngx_str_t *keys,
    const ngx_str_t *court)
{
    ngx_str_t                   member[NGX_COURT_FACT_KEYS];
    ngx_uint_t                  i;
    ngx_court_json_t           *node;
    const ngx_court_mapping_t  *mapping = d->fact->mapping;

    if (ngx_court_fact_echo(d->fact, member) == 0) {
        d->why = "fact has no key that an answer could name";
        return NGX_ERROR;
    }

    for (i = 0; i < d->fact->nkeys; i++) {

        if (mapping) {
            if (mapping->echo[i].len == 0) {
                continue;
            }

            node = ngx_court_json_pointer(d->root, &mapping->echo[i]);

        } else {
            if (member[i].len == 0) {
                continue;
            }

            node = ngx_court_json_get_str(d->root, &member[i]);
        }

        if (ngx_court_decode_same(d, node, &keys[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_court_decode_echo_court(d, court);
}


static ngx_int_t
ngx_court_decode_echo_court(ngx_court_decode_t *d, const ngx_str_t *court)
{
    ngx_court_json_t           *node;
    const ngx_court_mapping_t  *mapping = d->fact->mapping;

    if (!d->fact->court_scope) {
        return NGX_OK;
    }

    if (mapping == NULL) {
        node = ngx_court_json_get(d->root, "court");

        if (node == NULL || ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
            return NGX_OK;
        }

    } else {
        if (mapping->echo_court.len == 0) {
            return NGX_OK;
        }

        node = ngx_court_json_pointer(d->root, &mapping->echo_court);
    }

    return ngx_court_decode_same(d, node, court);
}


static ngx_int_t
ngx_court_decode_same(ngx_court_decode_t *d, const ngx_court_json_t *node,
    const ngx_str_t *want)
{
    ngx_str_t  got;

    if (want == NULL || want->len == 0) {
        d->why = "asked with an empty key";
        return NGX_ERROR;
    }

    if (ngx_court_fact_text(d->pool, node, &got) != NGX_OK) {
        d->why = "answer does not name whom it is about";
        return NGX_ERROR;
    }

    if (!ngx_court_str_eq(&got, want)) {
        d->why = "answer is about somebody or something else";
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_decode_field(ngx_court_decode_t *d, ngx_uint_t i,
    ngx_court_value_t *v)
{
    u_char                           *p;
    ngx_int_t                         rc;
    ngx_court_json_t                 *node;
    const ngx_court_field_t          *field;
    const ngx_court_mapping_field_t  *map;

    field = &d->fact->schema.fields[i];

    ngx_memzero(v, sizeof(ngx_court_value_t));
    v->type = field->type;

    if (d->fact->mapping) {
        map = &d->fact->mapping->fields[i];
        node = map->pointer.len ? ngx_court_json_pointer(d->root,
                                                         &map->pointer)
                                : NULL;
    } else {
        map = NULL;
        node = ngx_court_json_get_str(d->root, &field->name);
    }

    if (node == NULL || ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        return NGX_OK;
    }

    if (map && map->words) {
        rc = ngx_court_decode_words(d, map, node, v);

    } else {
        rc = ngx_court_decode_value(d, field->type, node, v);
    }

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    d->why = "no memory";

    p = (rc == NGX_DECLINED) ? ngx_pnalloc(d->pool, NGX_COURT_WHY_LEN) : NULL;

    if (p) {
        *ngx_snprintf(p, NGX_COURT_WHY_LEN - 1, "field \"%V\" is not a valid "
                      "%s", &field->name, ngx_court_type_name(field->type))
            = '\0';
        d->why = (const char *) p;
    }

    return NGX_ERROR;
}


/* a source's word through "values"; NGX_DECLINED where it is not listed */

static ngx_int_t
ngx_court_decode_words(ngx_court_decode_t *d,
    const ngx_court_mapping_field_t *field, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    ngx_int_t                        rc;
    ngx_str_t                        text;
    ngx_uint_t                       i;
    const ngx_court_mapping_word_t  *word;

    rc = ngx_court_fact_text(d->pool, node, &text);
    if (rc != NGX_OK) {
        return rc;
    }

    word = field->words->elts;

    for (i = 0; i < field->words->nelts; i++) {
        if (ngx_court_str_eq(&word[i].from, &text)) {
            break;
        }
    }

    if (i < field->words->nelts) {
        word = &word[i];

    } else if (field->otherwise == NGX_COURT_MAPPING_WORD) {
        word = &field->other;

    } else {
        return field->otherwise == NGX_COURT_MAPPING_ABSENT ? NGX_OK
                                                            : NGX_DECLINED;
    }

    v->state = NGX_COURT_V_PRESENT;
    v->num = (int64_t) word->num;
    v->str = word->str;

    return NGX_OK;
}
