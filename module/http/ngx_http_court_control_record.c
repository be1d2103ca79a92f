/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A record as JSON: declared fields in their order, then computed ones.
 */

#include "ngx_http_court_control.h"
#include "ngx_court_time.h"


static void
ngx_http_court_control_record_number(ngx_court_out_t *out, int64_t n)
{
    u_char  buf[NGX_INT64_LEN];

    ngx_court_out_put(out, buf, ngx_sprintf(buf, "%L", n) - buf);
}


/* text of RFC 3339 where it has a year of four digits, else the number */

static void
ngx_http_court_control_record_time(ngx_court_out_t *out, int64_t t)
{
    u_char  buf[NGX_COURT_TIME_LEN];

    if (t < -62167219200 || t > 253402300799) {
        ngx_http_court_control_record_number(out, t);
        return;
    }

    ngx_court_time_format(buf, t);

    ngx_court_out_const(out, "\"");
    ngx_court_out_put(out, buf, sizeof(buf));
    ngx_court_out_const(out, "\"");
}


/* an element "KEY\x1fMEMBER" of an object of lists is [KEY, MEMBER] */

static void
ngx_http_court_control_record_list(ngx_court_out_t *out,
    const ngx_court_value_t *v)
{
    u_char      *sep;
    ngx_str_t    cursor, element, part;
    ngx_uint_t   n;

    cursor = v->str;

    ngx_court_out_const(out, "[");

    for (n = 0; ngx_court_list_next(&cursor, &element) == NGX_OK; n++) {

        if (n) {
            ngx_court_out_const(out, ",");
        }

        sep = ngx_strlchr(element.data, element.data + element.len, 0x1f);

        if (sep == NULL) {
            ngx_court_out_json(out, &element);
            continue;
        }

        part.data = element.data;
        part.len = sep - element.data;
        ngx_court_out_const(out, "[");
        ngx_court_out_json(out, &part);

        part.data = sep + 1;
        part.len = element.len - part.len - 1;
        ngx_court_out_const(out, ",");
        ngx_court_out_json(out, &part);
        ngx_court_out_const(out, "]");
    }

    ngx_court_out_const(out, "]");
}


static void
ngx_http_court_control_record_bound(ngx_court_out_t *out, int64_t t)
{
    if (t == NGX_COURT_TIME_MIN || t == NGX_COURT_TIME_MAX) {
        ngx_court_out_const(out, "null");

    } else {
        ngx_http_court_control_record_time(out, t);
    }
}


static void
ngx_http_court_control_record_intervals(ngx_court_out_t *out,
    const ngx_court_value_t *v)
{
    int64_t     from, until;
    ngx_uint_t  i, n;

    n = ngx_court_intervals_count(v);

    ngx_court_out_const(out, "[");

    for (i = 0; i < n; i++) {
        ngx_court_intervals_at(v, i, &from, &until);

        if (i) {
            ngx_court_out_const(out, ",");
        }

        ngx_court_out_const(out, "{\"from\":");
        ngx_http_court_control_record_bound(out, from);
        ngx_court_out_const(out, ",\"until\":");
        ngx_http_court_control_record_bound(out, until);
        ngx_court_out_const(out, "}");
    }

    ngx_court_out_const(out, "]");
}


static void
ngx_http_court_control_record_value(ngx_court_out_t *out,
    const ngx_court_value_t *v)
{
    if (v->state != NGX_COURT_V_PRESENT) {
        ngx_court_out_const(out, "null");
        return;
    }

    switch (v->type) {

    case NGX_COURT_T_STRING:
    case NGX_COURT_T_ENUM:
        ngx_court_out_json(out, &v->str);
        break;

    case NGX_COURT_T_BOOL:
        ngx_court_out_put(out, v->num ? "true" : "false", v->num ? 4 : 5);
        break;

    case NGX_COURT_T_INT:
    case NGX_COURT_T_SECONDS:
        ngx_http_court_control_record_number(out, v->num);
        break;

    case NGX_COURT_T_TIME:
        ngx_http_court_control_record_time(out, v->num);
        break;

    case NGX_COURT_T_LIST:
        ngx_http_court_control_record_list(out, v);
        break;

    case NGX_COURT_T_INTERVALS:
        ngx_http_court_control_record_intervals(out, v);
        break;

    default:
        ngx_court_out_const(out, "null");
    }
}


void
ngx_http_court_control_record(ngx_court_out_t *out,
    const ngx_court_fact_t *fact, const ngx_str_t *record, time_t now)
{
    ngx_uint_t         i;
    ngx_str_t          active = ngx_string("active");
    ngx_court_type_t   type;
    ngx_court_value_t  v;

    ngx_court_out_const(out, "{");

    for (i = 0; i < fact->schema.nfields; i++) {
        ngx_court_fact_value(fact, record, i, now, &v);

        if (i) {
            ngx_court_out_const(out, ",");
        }

        ngx_court_out_json(out, &fact->schema.fields[i].name);
        ngx_court_out_const(out, ":");
        ngx_http_court_control_record_value(out, &v);
    }

    ngx_court_out_const(out, "}");

    /* what decisions read */

    i = ngx_court_fact_field(fact, &active, &type);

    if (i != NGX_COURT_NO_FIELD && i >= fact->schema.nfields) {
        ngx_court_fact_value(fact, record, i, now, &v);
        ngx_court_out_const(out, ",\"active\":");
        ngx_http_court_control_record_value(out, &v);
    }
}
