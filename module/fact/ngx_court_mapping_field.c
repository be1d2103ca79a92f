/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_mapping_parse.h"


static ngx_court_mapping_parse_pt  ngx_court_mapping_field;
static ngx_court_mapping_parse_pt  ngx_court_mapping_values;
static ngx_court_mapping_parse_pt  ngx_court_mapping_value;
static ngx_court_mapping_parse_pt  ngx_court_mapping_default;
static ngx_court_type_t ngx_court_mapping_type(ngx_court_mapping_parse_t *mp,
    const ngx_court_mapping_field_t *field);
static ngx_int_t ngx_court_mapping_word(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_court_mapping_field_t *field,
    const ngx_court_json_t *node, ngx_court_mapping_word_t *word);


static const ngx_court_mapping_member_t  ngx_court_mapping_fields_members[] = {
    { "", ngx_court_mapping_field },
    { NULL, NULL }
};


static const ngx_court_mapping_member_t  ngx_court_mapping_field_members[] = {
    { "pointer", ngx_court_mapping_pointer },
    { "values",  ngx_court_mapping_values },
    { "default", ngx_court_mapping_default },
    { NULL, NULL }
};


static const ngx_court_mapping_member_t  ngx_court_mapping_values_members[] = {
    { "", ngx_court_mapping_value },
    { NULL, NULL }
};


ngx_int_t
ngx_court_mapping_fields(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    mp->fields = ngx_court_json_size(node);

    if (mp->fields == 0) {
        return ngx_court_mapping_error(mp, at,
                                       "must be an object and not empty");
    }

    return ngx_court_mapping_object(mp, at, node,
                                    ngx_court_mapping_fields_members, dst);
}


static ngx_int_t
ngx_court_mapping_field(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_uint_t                  i;
    ngx_court_mapping_t        *mapping = dst;
    ngx_court_mapping_field_t  *field;

    i = ngx_court_schema_find(&mp->fact->schema, name);
    if (i == NGX_COURT_NO_FIELD) {
        return ngx_court_mapping_error(mp, at, "is no field of this fact");
    }

    field = &mapping->fields[i];

    if (ngx_court_mapping_object(mp, at, node,
                                 ngx_court_mapping_field_members, field)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (field->pointer.len == 0) {
        return ngx_court_mapping_error(mp, at, "\"pointer\" is missing");
    }

    if (field->words == NULL && ngx_court_json_get(node, "default")) {
        return ngx_court_mapping_error(mp, at,
                                       "\"default\" is for \"values\"");
    }

    return NGX_OK;
}


/* the type of the field stands in the schema at the same index */

static ngx_court_type_t
ngx_court_mapping_type(ngx_court_mapping_parse_t *mp,
    const ngx_court_mapping_field_t *field)
{
    return mp->fact->schema.fields[field - mp->mapping->fields].type;
}


static ngx_int_t
ngx_court_mapping_values(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_uint_t                  n;
    ngx_court_type_t            type;
    ngx_court_mapping_field_t  *field = dst;

    type = ngx_court_mapping_type(mp, field);

    if (type != NGX_COURT_T_STRING && type != NGX_COURT_T_ENUM
        && type != NGX_COURT_T_BOOL)
    {
        return ngx_court_mapping_error(mp, at,
                                       "is for string, enum and bool only");
    }

    n = ngx_court_json_size(node);

    if (n == 0) {
        return ngx_court_mapping_error(mp, at,
                                       "must be an object and not empty");
    }

    field->words = ngx_array_create(mp->pool, n,
                                    sizeof(ngx_court_mapping_word_t));
    if (field->words == NULL) {
        return ngx_court_mapping_error(mp, at, "no memory");
    }

    return ngx_court_mapping_object(mp, at, node,
                                    ngx_court_mapping_values_members, field);
}


static ngx_int_t
ngx_court_mapping_value(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_court_mapping_word_t   *word;
    ngx_court_mapping_field_t  *field = dst;

    word = ngx_array_push(field->words);
    if (word == NULL) {
        return ngx_court_mapping_error(mp, at, "no memory");
    }

    ngx_memzero(word, sizeof(ngx_court_mapping_word_t));
    word->from = *name;

    return ngx_court_mapping_word(mp, at, field, node, word);
}


static ngx_int_t
ngx_court_mapping_default(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_str_t *name, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t                   error = ngx_string("error"), s;
    ngx_court_mapping_field_t  *field = dst;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        field->otherwise = NGX_COURT_MAPPING_ABSENT;
        return NGX_OK;
    }

    if (ngx_court_json_string(node, &s) == NGX_OK
        && ngx_court_str_eq(&s, &error))
    {
        field->otherwise = NGX_COURT_MAPPING_ERROR;
        return NGX_OK;
    }

    field->otherwise = NGX_COURT_MAPPING_WORD;

    return ngx_court_mapping_word(mp, at, field, node, &field->other);
}


/* one of our own words, of the field's type */

static ngx_int_t
ngx_court_mapping_word(ngx_court_mapping_parse_t *mp, const ngx_str_t *at,
    const ngx_court_mapping_field_t *field, const ngx_court_json_t *node,
    ngx_court_mapping_word_t *word)
{
    ngx_int_t  rc;

    if (ngx_court_mapping_type(mp, field) == NGX_COURT_T_BOOL) {
        rc = ngx_court_json_bool(node, &word->num);

    } else {
        rc = ngx_court_json_string(node, &word->str);
    }

    if (rc != NGX_OK) {
        return ngx_court_mapping_error(mp, at,
                                       "is not of the field's type");
    }

    return NGX_OK;
}
