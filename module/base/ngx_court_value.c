/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_value.h"
#include "ngx_court_bytes.h"


#define NGX_COURT_LIST_PREFIX    2        /* u16 length before an element */
#define NGX_COURT_RECORD_PREFIX  6        /* u32 schema id, u16 fields */

/* bytes before the first field's value */
#define ngx_court_record_header(nfields)                                      \
    (NGX_COURT_RECORD_PREFIX + 2 * (size_t) (nfields))


static ngx_uint_t ngx_court_value_numeric(ngx_court_type_t type);
static size_t ngx_court_value_size(const ngx_court_value_t *v);
static ngx_int_t ngx_court_value_bytes_check(ngx_court_type_t type,
    const u_char *data, size_t len);
static ngx_int_t ngx_court_value_check(const ngx_court_field_t *field,
    const ngx_court_value_t *v);
static u_char *ngx_court_value_write(u_char *p, const ngx_court_value_t *v);
static ngx_int_t ngx_court_list_check(const u_char *p, size_t len);


static const char *const  ngx_court_type_names[] = {
    "",                                   /* NGX_COURT_T_NONE */
    "string",
    "enum",
    "bool",
    "int",
    "time",
    "seconds",
    "list",
    "intervals"
};

#define NGX_COURT_NTYPES                                                      \
    (sizeof(ngx_court_type_names) / sizeof(ngx_court_type_names[0]))


/*
 * FNV-1a over "name\0type" of each field.  Not a secret and not for keys: it
 * tells records of one declaration from those of another.
 */

void
ngx_court_schema_init(ngx_court_schema_t *schema)
{
    size_t                    j;
    uint32_t                  h;
    ngx_uint_t                i;
    const ngx_court_field_t  *f;

    h = 2166136261u;

    for (i = 0; i < schema->nfields; i++) {
        f = &schema->fields[i];

        for (j = 0; j < f->name.len; j++) {
            h = (h ^ f->name.data[j]) * 16777619u;
        }

        h = (h ^ 0) * 16777619u;
        h = (h ^ (uint32_t) f->type) * 16777619u;
    }

    schema->id = h ? h : 1;
}


ngx_uint_t
ngx_court_schema_find(const ngx_court_schema_t *schema, const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < schema->nfields; i++) {
        if (ngx_court_str_eq(&schema->fields[i].name, name)) {
            return i;
        }
    }

    return NGX_COURT_NO_FIELD;
}


ngx_court_type_t
ngx_court_type_find(const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = NGX_COURT_T_STRING; i < NGX_COURT_NTYPES; i++) {
        if (ngx_strlen(ngx_court_type_names[i]) == name->len
            && ngx_memcmp(ngx_court_type_names[i], name->data, name->len) == 0)
        {
            return (ngx_court_type_t) i;
        }
    }

    return NGX_COURT_T_NONE;
}


const char *
ngx_court_type_name(ngx_court_type_t type)
{
    return (ngx_uint_t) type < NGX_COURT_NTYPES ? ngx_court_type_names[type]
                                                : "";
}


static ngx_uint_t
ngx_court_value_numeric(ngx_court_type_t type)
{
    return type == NGX_COURT_T_INT || type == NGX_COURT_T_TIME
           || type == NGX_COURT_T_SECONDS;
}


static size_t
ngx_court_value_size(const ngx_court_value_t *v)
{
    if (v->state != NGX_COURT_V_PRESENT) {
        return 0;
    }

    if (v->type == NGX_COURT_T_BOOL) {
        return 1;
    }

    return ngx_court_value_numeric(v->type) ? 8 : v->str.len;
}


static ngx_int_t
ngx_court_value_bytes_check(ngx_court_type_t type, const u_char *data,
    size_t len)
{
    switch (type) {

    case NGX_COURT_T_STRING:
    case NGX_COURT_T_ENUM:
        return NGX_OK;

    case NGX_COURT_T_BOOL:
        return (len == 1 && data[0] <= 1) ? NGX_OK : NGX_DECLINED;

    case NGX_COURT_T_INT:
    case NGX_COURT_T_TIME:
    case NGX_COURT_T_SECONDS:
        return len == 8 ? NGX_OK : NGX_DECLINED;

    case NGX_COURT_T_LIST:
        return ngx_court_list_check(data, len);

    case NGX_COURT_T_INTERVALS:
        return len % NGX_COURT_INTERVAL_LEN == 0 ? NGX_OK : NGX_DECLINED;

    default:
        return NGX_DECLINED;
    }
}


static ngx_int_t
ngx_court_value_check(const ngx_court_field_t *field,
    const ngx_court_value_t *v)
{
    if (v->state != NGX_COURT_V_PRESENT) {
        return NGX_OK;
    }

    if (v->type != field->type) {
        return NGX_DECLINED;
    }

    if (ngx_court_value_numeric(v->type)) {
        return NGX_OK;
    }

    if (v->type == NGX_COURT_T_BOOL) {
        return (v->num == 0 || v->num == 1) ? NGX_OK : NGX_DECLINED;
    }

    return ngx_court_value_bytes_check(v->type, v->str.data, v->str.len);
}


static u_char *
ngx_court_value_write(u_char *p, const ngx_court_value_t *v)
{
    if (v->type == NGX_COURT_T_BOOL) {
        *p++ = (u_char) v->num;
        return p;
    }

    if (ngx_court_value_numeric(v->type)) {
        return ngx_court_put64(p, (uint64_t) v->num);
    }

    /* an empty value may have no data at all */

    return v->str.len ? ngx_cpymem(p, v->str.data, v->str.len) : p;
}


ngx_int_t
ngx_court_record_encode(ngx_pool_t *pool, const ngx_court_schema_t *schema,
    const ngx_court_value_t *values, ngx_str_t *record)
{
    size_t      len, size;
    u_char     *p, *offset;
    ngx_uint_t  i;

    if (schema->nfields > NGX_COURT_MAX_FIELDS) {
        return NGX_DECLINED;
    }

    len = ngx_court_record_header(schema->nfields);

    for (i = 0; i < schema->nfields; i++) {
        if (ngx_court_value_check(&schema->fields[i], &values[i]) != NGX_OK) {
            return NGX_DECLINED;
        }

        size = ngx_court_value_size(&values[i]);

        if (size > NGX_COURT_RECORD_MAX - len) {
            return NGX_DECLINED;
        }

        len += size;
    }

    record->data = ngx_pnalloc(pool, len);
    if (record->data == NULL) {
        return NGX_ERROR;
    }

    record->len = len;

    p = ngx_court_put32(record->data, schema->id);
    offset = ngx_court_put16(p, (uint16_t) schema->nfields);
    p = record->data + ngx_court_record_header(schema->nfields);

    for (i = 0; i < schema->nfields; i++) {
        if (values[i].state != NGX_COURT_V_PRESENT) {
            offset = ngx_court_put16(offset, 0);
            continue;
        }

        p = ngx_court_value_write(p, &values[i]);
        offset = ngx_court_put16(offset, (uint16_t) (p - record->data));
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_record_is(const ngx_court_schema_t *schema, const ngx_str_t *record)
{
    return (schema->nfields <= NGX_COURT_MAX_FIELDS
            && record->len <= NGX_COURT_RECORD_MAX
            && record->len >= ngx_court_record_header(schema->nfields)
            && ngx_court_get32(record->data) == schema->id
            && ngx_court_get16(record->data + 4) == schema->nfields)
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_record_check(const ngx_court_schema_t *schema,
    const ngx_str_t *record)
{
    size_t            end, start;
    ngx_uint_t        i;
    const u_char     *p;
    ngx_court_type_t  type;

    start = ngx_court_record_header(schema->nfields);
    p = record->data;

    if (ngx_court_record_is(schema, record) != NGX_OK) {
        return NGX_DECLINED;
    }

    for (i = 0; i < schema->nfields; i++) {
        end = ngx_court_get16(p + ngx_court_record_header(i));

        if (end == 0) {
            continue;
        }

        if (end < start || end > record->len) {
            return NGX_DECLINED;
        }

        type = schema->fields[i].type;

        /* most are text, of which any bytes will do */

        if (type != NGX_COURT_T_STRING && type != NGX_COURT_T_ENUM
            && ngx_court_value_bytes_check(type, p + start, end - start)
               != NGX_OK)
        {
            return NGX_DECLINED;
        }

        start = end;
    }

    /* bytes that belong to no field are no record of ours */

    return start == record->len ? NGX_OK : NGX_DECLINED;
}


void
ngx_court_record_get(const ngx_court_schema_t *schema, const ngx_str_t *record,
    ngx_uint_t field, ngx_court_value_t *v)
{
    size_t         end, start;
    ngx_uint_t     i;
    const u_char  *p;

    ngx_memzero(v, sizeof(ngx_court_value_t));

    start = ngx_court_record_header(schema->nfields);

    if (field >= schema->nfields || record->len < start) {
        return;
    }

    p = record->data;
    v->type = schema->fields[field].type;

    end = ngx_court_get16(p + ngx_court_record_header(field));
    if (end == 0) {
        return;
    }

    /* the value begins where the last present one before it ends */

    for (i = field; i > 0; i--) {
        size_t  prev;

        prev = ngx_court_get16(p + ngx_court_record_header(i - 1));
        if (prev) {
            start = prev;
            break;
        }
    }

    v->state = NGX_COURT_V_PRESENT;
    v->str.data = record->data + start;
    v->str.len = end - start;

    if (v->type == NGX_COURT_T_BOOL) {
        v->num = v->str.data[0];

    } else if (ngx_court_value_numeric(v->type)) {
        v->num = (int64_t) ngx_court_get64(v->str.data);
    }
}


static ngx_int_t
ngx_court_list_check(const u_char *p, size_t len)
{
    size_t  n;

    while (len) {
        if (len < NGX_COURT_LIST_PREFIX) {
            return NGX_DECLINED;
        }

        n = ngx_court_get16(p);
        p += NGX_COURT_LIST_PREFIX;
        len -= NGX_COURT_LIST_PREFIX;

        if (n > len) {
            return NGX_DECLINED;
        }

        p += n;
        len -= n;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_list_next(ngx_str_t *cursor, ngx_str_t *element)
{
    size_t  n;

    if (cursor->len < NGX_COURT_LIST_PREFIX) {
        return NGX_DONE;
    }

    n = ngx_court_get16(cursor->data);

    if (n > cursor->len - NGX_COURT_LIST_PREFIX) {
        return NGX_DONE;
    }

    element->data = cursor->data + NGX_COURT_LIST_PREFIX;
    element->len = n;

    cursor->data = element->data + n;
    cursor->len -= NGX_COURT_LIST_PREFIX + n;

    return NGX_OK;
}


ngx_uint_t
ngx_court_list_count(const ngx_court_value_t *list)
{
    ngx_str_t   cursor, element;
    ngx_uint_t  n;

    if (list->state != NGX_COURT_V_PRESENT || list->type != NGX_COURT_T_LIST) {
        return 0;
    }

    cursor = list->str;

    for (n = 0; ngx_court_list_next(&cursor, &element) == NGX_OK; n++) {
        /* void */
    }

    return n;
}


ngx_uint_t
ngx_court_list_contains(const ngx_court_value_t *list,
    const ngx_str_t *element)
{
    ngx_str_t  cursor, e;

    if (list->state != NGX_COURT_V_PRESENT || list->type != NGX_COURT_T_LIST) {
        return 0;
    }

    cursor = list->str;

    while (ngx_court_list_next(&cursor, &e) == NGX_OK) {
        if (ngx_court_str_eq(&e, element)) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_court_list_encode(ngx_pool_t *pool, const ngx_str_t *elements,
    ngx_uint_t n, ngx_court_value_t *list)
{
    size_t      len;
    u_char     *p;
    ngx_uint_t  i;

    len = 0;

    for (i = 0; i < n; i++) {
        if (elements[i].len > NGX_COURT_RECORD_MAX) {
            return NGX_DECLINED;
        }

        len += NGX_COURT_LIST_PREFIX + elements[i].len;

        if (len > NGX_COURT_RECORD_MAX) {
            return NGX_DECLINED;
        }
    }

    p = ngx_pnalloc(pool, len ? len : 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(list, sizeof(ngx_court_value_t));
    list->state = NGX_COURT_V_PRESENT;
    list->type = NGX_COURT_T_LIST;
    list->str.data = p;
    list->str.len = len;

    for (i = 0; i < n; i++) {
        p = ngx_court_put16(p, (uint16_t) elements[i].len);

        if (elements[i].len) {
            p = ngx_cpymem(p, elements[i].data, elements[i].len);
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_court_intervals_count(const ngx_court_value_t *intervals)
{
    if (intervals->state != NGX_COURT_V_PRESENT
        || intervals->type != NGX_COURT_T_INTERVALS)
    {
        return 0;
    }

    return intervals->str.len / NGX_COURT_INTERVAL_LEN;
}


/* i is below ngx_court_intervals_count() */

void
ngx_court_intervals_at(const ngx_court_value_t *intervals, ngx_uint_t i,
    int64_t *from, int64_t *until)
{
    const u_char  *p;

    p = intervals->str.data + i * NGX_COURT_INTERVAL_LEN;

    *from = (int64_t) ngx_court_get64(p);
    *until = (int64_t) ngx_court_get64(p + 8);
}


ngx_uint_t
ngx_court_intervals_cover(const ngx_court_value_t *intervals, int64_t t)
{
    int64_t     from, until;
    ngx_uint_t  i, n;

    n = ngx_court_intervals_count(intervals);

    for (i = 0; i < n; i++) {
        ngx_court_intervals_at(intervals, i, &from, &until);

        if (from <= t && t < until) {
            return 1;
        }
    }

    return 0;
}


u_char *
ngx_court_interval_write(u_char *p, int64_t from, int64_t until)
{
    return ngx_court_put64(ngx_court_put64(p, (uint64_t) from),
                           (uint64_t) until);
}
