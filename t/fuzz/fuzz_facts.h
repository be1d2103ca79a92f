/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The standard facts by number, and every way to read a record.
 */

#ifndef _COURT_FUZZ_FACTS_H_INCLUDED_
#define _COURT_FUZZ_FACTS_H_INCLUDED_

#include "fuzz.h"
#include "ngx_court_fact.h"


#define FUZZ_NFACTS  5

static ngx_inline const ngx_court_fact_t *
fuzz_fact(ngx_uint_t i)
{
    ngx_str_t  name;

    static const char *const  names[FUZZ_NFACTS] = {
        "identity", "link", "relation", "staff", "device"
    };

    name = fuzz_str(names[i % FUZZ_NFACTS]);

    return ngx_court_fact_standard(&name);
}


static ngx_inline void
fuzz_fact_value(const ngx_court_value_t *v)
{
    int64_t      from, until;
    ngx_str_t    cursor, element;
    ngx_uint_t   i, n;

    switch (v->type) {

    case NGX_COURT_T_BOOL:
        must(v->num == 0 || v->num == 1);
        return;

    case NGX_COURT_T_LIST:
        n = 0;
        cursor = v->str;

        while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
            must(fuzz_inside(&element, &v->str));
            must(ngx_court_list_contains(v, &element));
            n++;
        }

        must(cursor.len == 0 && n == ngx_court_list_count(v));
        return;

    case NGX_COURT_T_INTERVALS:
        n = ngx_court_intervals_count(v);
        must(n * NGX_COURT_INTERVAL_LEN == v->str.len);

        for (i = 0; i < n; i++) {
            ngx_court_intervals_at(v, i, &from, &until);
            must(from >= until || ngx_court_intervals_cover(v, from));
        }

        return;

    default:
        return;
    }
}


/* declared fields, then the computed ones, at several moments */

static ngx_inline void
fuzz_fact_read(const ngx_court_fact_t *fact, const ngx_str_t *record)
{
    ngx_uint_t         i, t;
    ngx_court_value_t  v;

    static const time_t  times[] = { 0, 1, 1800000000, 0x7fffffff };

    for (i = 0; i < fact->schema.nfields + NGX_COURT_FACT_NCOMPUTED; i++) {
        for (t = 0; t < sizeof(times) / sizeof(times[0]); t++) {
            ngx_memzero(&v, sizeof(v));
            ngx_court_fact_value(fact, record, i, times[t], &v);
            must(v.state != NGX_COURT_V_UNAVAILABLE);

            if (v.state == NGX_COURT_V_PRESENT) {
                must(v.type == (i < fact->schema.nfields
                                ? fact->schema.fields[i].type
                                : NGX_COURT_T_BOOL));
                must(v.str.len == 0 || fuzz_inside(&v.str, record));
                fuzz_fact_value(&v);
            }
        }
    }
}


#endif /* _COURT_FUZZ_FACTS_H_INCLUDED_ */
