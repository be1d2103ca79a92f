/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Typed values, and records of them in one flat string: the form in which
 * facts and verified claims stand in shared memory and Redis, and from which
 * a decision reads a field without parsing or allocating.
 *
 * Record: u32 schema id, u16 number of fields, one u16 end offset for each
 * field (0 = absent), then the bytes of the present fields; all numbers in
 * network byte order, so that a record means the same on every machine.
 * A string or enum is its bytes; bool 1 byte; int, time, seconds 8 bytes;
 * a list is for each element u16 length and bytes; intervals are for each one
 * two i64 (from, until), NGX_COURT_TIME_MIN/MAX where open.
 */

#ifndef _NGX_COURT_VALUE_H_INCLUDED_
#define _NGX_COURT_VALUE_H_INCLUDED_

#include "ngx_court_base.h"


typedef enum {
    NGX_COURT_T_NONE = 0,
    NGX_COURT_T_STRING,
    NGX_COURT_T_ENUM,          /* a string of a small vocabulary */
    NGX_COURT_T_BOOL,
    NGX_COURT_T_INT,
    NGX_COURT_T_TIME,          /* seconds since 1970 */
    NGX_COURT_T_SECONDS,       /* a duration */
    NGX_COURT_T_LIST,          /* of strings */
    NGX_COURT_T_INTERVALS
} ngx_court_type_t;


/*
 * Why a value is not there: ABSENT, it is known that there is none;
 * UNAVAILABLE, it could not be found out.
 */
typedef enum {
    NGX_COURT_V_ABSENT = 0,
    NGX_COURT_V_PRESENT,
    NGX_COURT_V_UNAVAILABLE
} ngx_court_value_state_t;


typedef struct {
    ngx_court_value_state_t    state;
    ngx_court_type_t           type;
    int64_t                    num;       /* bool, int, time, seconds */
    ngx_str_t                  str;       /* others: bytes as in a record */
} ngx_court_value_t;


typedef struct {
    ngx_str_t                  name;
    ngx_court_type_t           type;
} ngx_court_field_t;

#define NGX_COURT_MAX_FIELDS    64
#define NGX_COURT_RECORD_MAX    8192      /* bytes of one record */
#define NGX_COURT_NO_FIELD      ((ngx_uint_t) -1)

typedef struct {
    uint32_t                   id;        /* set by schema_init, never 0 */
    ngx_uint_t                 nfields;
    ngx_court_field_t         *fields;
} ngx_court_schema_t;


/* computes id from names and types in their order; call after the last field */
void ngx_court_schema_init(ngx_court_schema_t *schema);

/* index of the field, NGX_COURT_NO_FIELD where there is none */
ngx_uint_t ngx_court_schema_find(const ngx_court_schema_t *schema,
    const ngx_str_t *name);

/* "string" "enum" ...; NGX_COURT_T_NONE for an unknown name, and back */
ngx_court_type_t ngx_court_type_find(const ngx_str_t *name);
const char *ngx_court_type_name(ngx_court_type_t type);

/*
 * values: nfields of them, in the schema's order; state UNAVAILABLE is stored
 * as absent.  NGX_OK; NGX_DECLINED where the record would pass
 * NGX_COURT_RECORD_MAX or a value is not of its field's type; NGX_ERROR.
 */
ngx_int_t ngx_court_record_encode(ngx_pool_t *pool,
    const ngx_court_schema_t *schema, const ngx_court_value_t *values,
    ngx_str_t *record);

/*
 * Whole-record check, once, when bytes come from outside this process:
 * schema id, number of fields, offsets ascending and in bounds, sizes of
 * fixed types, list and interval framing.  NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_court_record_check(const ngx_court_schema_t *schema,
    const ngx_str_t *record);

/* of a record that was checked before it was kept: is it of this schema? */
ngx_int_t ngx_court_record_is(const ngx_court_schema_t *schema,
    const ngx_str_t *record);

/* reads one field of a checked record; v->str points into record */
void ngx_court_record_get(const ngx_court_schema_t *schema,
    const ngx_str_t *record, ngx_uint_t field, ngx_court_value_t *v);


/* list elements: cursor starts as list->str; NGX_OK, NGX_DONE at the end */
ngx_int_t ngx_court_list_next(ngx_str_t *cursor, ngx_str_t *element);
ngx_uint_t ngx_court_list_count(const ngx_court_value_t *list);
ngx_uint_t ngx_court_list_contains(const ngx_court_value_t *list,
    const ngx_str_t *element);
/* builds list bytes of n strings; NGX_OK, NGX_DECLINED too long, NGX_ERROR */
ngx_int_t ngx_court_list_encode(ngx_pool_t *pool, const ngx_str_t *elements,
    ngx_uint_t n, ngx_court_value_t *list);

/* intervals: from <= t < until for one of them */
ngx_uint_t ngx_court_intervals_cover(const ngx_court_value_t *intervals,
    int64_t t);
ngx_uint_t ngx_court_intervals_count(const ngx_court_value_t *intervals);
void ngx_court_intervals_at(const ngx_court_value_t *intervals, ngx_uint_t i,
    int64_t *from, int64_t *until);
u_char *ngx_court_interval_write(u_char *p, int64_t from, int64_t until);
#define NGX_COURT_INTERVAL_LEN  16


#endif /* _NGX_COURT_VALUE_H_INCLUDED_ */
