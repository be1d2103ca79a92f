/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Helpers of the fact tests.
 */

#ifndef _TEST_FACT_DATA_H_INCLUDED_
#define _TEST_FACT_DATA_H_INCLUDED_

#include "ngx_court_fact.h"
#include "ngx_court_time.h"
#include "tap.h"


static inline ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.data = (u_char *) s;
    r.len = strlen(s);

    return r;
}


static inline const ngx_court_fact_t *
standard(const char *name)
{
    ngx_str_t  s = str(name);

    return ngx_court_fact_standard(&s);
}


static inline int64_t
at(const char *text)
{
    int64_t    t = 0;
    ngx_str_t  s = str(text);

    ok(ngx_court_time_parse(&s, &t) == NGX_OK, "%s is a time", text);

    return t;
}


/* the keys that a standard fact is asked with here */

static inline void
keys_of(const ngx_court_fact_t *fact, ngx_str_t *keys)
{
    ngx_uint_t  i;

    for (i = 0; i < fact->nkeys; i++) {
        keys[i] = fact->key_names[i].data[0] == 'i' ? str("platform")
                : fact->key_names[i].data[0] == 's' ? str("zhang")
                : fact->key_names[i].data[0] == 'p' ? str("wang")
                : fact->key_names[i].data[0] == 'c'
                  && fact->key_names[i].data[1] == 'a' ? str("7")
                                                       : str("device-1");
    }
}


static inline ngx_int_t
decode(ngx_pool_t *pool, const ngx_court_fact_t *fact, const char *body,
    ngx_str_t *record, const char **why)
{
    ngx_int_t  rc;
    ngx_str_t  keys[NGX_COURT_FACT_KEYS], court, copy;

    keys_of(fact, keys);
    court = str("B00");
    *why = "";
    ngx_str_null(record);

    /* of the exact length: ASan sees a read behind it */

    copy.len = strlen(body);
    copy.data = malloc(copy.len ? copy.len : 1);
    memcpy(copy.data, body, copy.len);

    rc = ngx_court_fact_decode(pool, fact, &copy, keys, &court, record, why);

    free(copy.data);

    return rc;
}


static inline ngx_court_value_t
value(const ngx_court_fact_t *fact, const ngx_str_t *record, const char *name,
    int64_t now)
{
    ngx_str_t          s = str(name);
    ngx_uint_t         i;
    ngx_court_type_t   type;
    ngx_court_value_t  v;

    ngx_memzero(&v, sizeof(v));

    i = ngx_court_fact_field(fact, &s, &type);
    ok(i != NGX_COURT_NO_FIELD, "field %s", name);
    ngx_court_fact_value(fact, record, i, (time_t) now, &v);

    return v;
}


#endif /* _TEST_FACT_DATA_H_INCLUDED_ */
