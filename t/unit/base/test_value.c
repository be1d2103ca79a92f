/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_value.h"
#include "ngx_court_bytes.h"
#include "ngx_court_time.h"
#include "tap.h"


#define NFIELDS  8

static ngx_court_field_t  fields[NFIELDS] = {
    { ngx_string("name"), NGX_COURT_T_STRING },
    { ngx_string("kind"), NGX_COURT_T_ENUM },
    { ngx_string("open"), NGX_COURT_T_BOOL },
    { ngx_string("count"), NGX_COURT_T_INT },
    { ngx_string("at"), NGX_COURT_T_TIME },
    { ngx_string("age"), NGX_COURT_T_SECONDS },
    { ngx_string("posts"), NGX_COURT_T_LIST },
    { ngx_string("windows"), NGX_COURT_T_INTERVALS }
};

static ngx_court_schema_t  schema = { 0, NFIELDS, fields };


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.data = (u_char *) s;
    r.len = strlen(s);

    return r;
}


static void
fill(ngx_pool_t *pool, ngx_court_value_t *v)
{
    u_char     *p;
    ngx_str_t   posts[2];
    ngx_uint_t  i;

    ngx_memzero(v, NFIELDS * sizeof(ngx_court_value_t));

    for (i = 0; i < NFIELDS; i++) {
        v[i].state = NGX_COURT_V_PRESENT;
        v[i].type = fields[i].type;
    }

    v[0].str = str("Wang");
    v[1].str = str("");
    v[2].num = 1;
    v[3].num = -5;
    v[4].num = INT64_MAX;
    v[5].num = 600;

    posts[0] = str("judge");
    posts[1] = str("");
    ngx_court_list_encode(pool, posts, 2, &v[6]);

    v[7].str.data = ngx_pnalloc(pool, 2 * NGX_COURT_INTERVAL_LEN);
    v[7].str.len = 2 * NGX_COURT_INTERVAL_LEN;
    p = ngx_court_interval_write(v[7].str.data, 100, 200);
    ngx_court_interval_write(p, 300, INT64_MAX);
}


static void
test_schema(void)
{
    uint32_t            id;
    ngx_str_t           name;
    ngx_uint_t          i;
    ngx_court_schema_t  none = { 0, 0, NULL };

    static const char *const  types[] = {
        "string", "enum", "bool", "int", "time", "seconds", "list",
        "intervals"
    };

    ngx_court_schema_init(&schema);
    id = schema.id;
    ok(id != 0, "schema id is set");

    ngx_court_schema_init(&schema);
    is_int(schema.id, id, "the same declaration has the same id");

    fields[0].type = NGX_COURT_T_ENUM;
    ngx_court_schema_init(&schema);
    ok(schema.id != id, "another type, another id");
    fields[0].type = NGX_COURT_T_STRING;

    name = fields[1].name;
    fields[1].name = str("kinds");
    ngx_court_schema_init(&schema);
    ok(schema.id != id, "another name, another id");
    fields[1].name = name;

    schema.nfields--;
    ngx_court_schema_init(&schema);
    ok(schema.id != id, "a field less, another id");
    schema.nfields++;
    ngx_court_schema_init(&schema);
    is_int(schema.id, id, "and back");

    ngx_court_schema_init(&none);
    ok(none.id != 0, "a schema without fields has an id");

    name = str("at");
    is_int(ngx_court_schema_find(&schema, &name), 4, "field found");
    name = str("a");
    ok(ngx_court_schema_find(&schema, &name) == NGX_COURT_NO_FIELD,
       "prefix is no field");
    name = str("");
    ok(ngx_court_schema_find(&schema, &name) == NGX_COURT_NO_FIELD,
       "empty name is no field");
    ok(ngx_court_type_find(&name) == NGX_COURT_T_NONE, "nor a type");

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        name = str(types[i]);
        is_int(ngx_court_type_find(&name), NGX_COURT_T_STRING + i,
               "type %s", types[i]);
        ok(strcmp(ngx_court_type_name(NGX_COURT_T_STRING + i), types[i]) == 0,
           "and back");
    }

    name = str("String");
    ok(ngx_court_type_find(&name) == NGX_COURT_T_NONE, "case counts");
    ok(ngx_court_type_name((ngx_court_type_t) 99)[0] == '\0',
       "no name for no type");
}


static void
test_round_trip(ngx_pool_t *pool)
{
    int64_t            from, until;
    ngx_str_t          record, cursor, element;
    ngx_uint_t         i;
    ngx_court_value_t  v[NFIELDS], got;

    fill(pool, v);
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_OK,
           "encode");
    is_int(ngx_court_record_check(&schema, &record), NGX_OK, "check");

    for (i = 0; i < NFIELDS; i++) {
        ngx_court_record_get(&schema, &record, i, &got);
        is_int(got.state, NGX_COURT_V_PRESENT, "field %d is there", (int) i);
        is_int(got.type, fields[i].type, "has its type");
        is_int(got.num, v[i].num, "and number");
    }

    ngx_court_record_get(&schema, &record, 0, &got);
    is_str(&got.str, "Wang", "string");
    ngx_court_record_get(&schema, &record, 1, &got);
    is_str(&got.str, "", "an empty enum is present");

    ngx_court_record_get(&schema, &record, 6, &got);
    is_int(ngx_court_list_count(&got), 2, "two elements");
    element = str("judge");
    ok(ngx_court_list_contains(&got, &element), "contains");
    element = str("judg");
    ok(!ngx_court_list_contains(&got, &element), "prefix is not contained");
    element = str("");
    ok(ngx_court_list_contains(&got, &element), "empty element");

    cursor = got.str;
    is_int(ngx_court_list_next(&cursor, &element), NGX_OK, "first element");
    is_str(&element, "judge", "is judge");
    is_int(ngx_court_list_next(&cursor, &element), NGX_OK, "second");
    is_int(ngx_court_list_next(&cursor, &element), NGX_DONE, "no third");

    ngx_court_record_get(&schema, &record, 7, &got);
    is_int(ngx_court_intervals_count(&got), 2, "two intervals");
    ngx_court_intervals_at(&got, 1, &from, &until);
    is_int(from, 300, "from");
    ok(until == NGX_COURT_TIME_MAX, "until is open");

    ngx_court_record_get(&schema, &record, NFIELDS, &got);
    is_int(got.state, NGX_COURT_V_ABSENT, "a field beyond the schema");
    ngx_court_record_get(&schema, &record, NGX_COURT_NO_FIELD, &got);
    is_int(got.state, NGX_COURT_V_ABSENT, "no field");
}


/* every set of absent fields reads back as it was written */

static void
test_absent(ngx_pool_t *pool)
{
    ngx_str_t          record;
    ngx_uint_t         i, set, bad;
    ngx_court_value_t  v[NFIELDS], got;

    bad = 0;

    for (set = 0; set < (1 << NFIELDS); set++) {
        fill(pool, v);

        for (i = 0; i < NFIELDS; i++) {
            if (set & (1 << i)) {
                v[i].state = (i % 2) ? NGX_COURT_V_ABSENT
                                     : NGX_COURT_V_UNAVAILABLE;
            }
        }

        if (ngx_court_record_encode(pool, &schema, v, &record) != NGX_OK
            || ngx_court_record_check(&schema, &record) != NGX_OK)
        {
            bad++;
            continue;
        }

        for (i = 0; i < NFIELDS; i++) {
            ngx_court_record_get(&schema, &record, i, &got);

            if (got.state != ((set & (1 << i)) ? NGX_COURT_V_ABSENT
                                               : NGX_COURT_V_PRESENT)
                || (got.state == NGX_COURT_V_PRESENT
                    && (got.num != v[i].num
                        || (v[i].str.len
                            && !ngx_court_str_eq(&got.str, &v[i].str)))))
            {
                bad++;
            }
        }
    }

    is_int(bad, 0, "every set of absent fields");
}


static void
test_encode_refuses(ngx_pool_t *pool)
{
    ngx_str_t           record, longest, elements[2];
    ngx_court_value_t   v[NFIELDS], list;
    ngx_court_schema_t  wide = { 1, NGX_COURT_MAX_FIELDS + 1, fields };

    longest.len = NGX_COURT_RECORD_MAX;
    longest.data = ngx_pcalloc(pool, longest.len);

    fill(pool, v);
    v[0].str = longest;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "too long");

    fill(pool, v);
    v[0].str.len = (size_t) -1;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "absurdly long");

    fill(pool, v);
    v[0].type = NGX_COURT_T_ENUM;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "another type");

    fill(pool, v);
    v[2].num = 2;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "a bool of 2");

    fill(pool, v);
    v[6].str.len--;
    v[6].str.data[v[6].str.len - 1] = 9;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "broken list");

    fill(pool, v);
    v[7].str.len--;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "broken intervals");

    is_int(ngx_court_record_encode(pool, &wide, v, &record), NGX_DECLINED,
           "too many fields");

    elements[0] = longest;
    elements[1] = longest;
    is_int(ngx_court_list_encode(pool, elements, 1, &list), NGX_DECLINED,
           "element and its length pass the record");
    longest.len = NGX_COURT_RECORD_MAX / 2;
    elements[0] = elements[1] = longest;
    is_int(ngx_court_list_encode(pool, elements, 2, &list), NGX_DECLINED,
           "list too long");
    is_int(ngx_court_list_encode(pool, elements, 0, &list), NGX_OK,
           "empty list");
    is_int(ngx_court_list_count(&list), 0, "has no elements");
    is_int(list.state, NGX_COURT_V_PRESENT, "and is present");

    /* the header takes 6 + 2 * NFIELDS */
    fill(pool, v);
    ngx_memzero(&v[1], (NFIELDS - 1) * sizeof(ngx_court_value_t));
    v[0].str.data = longest.data;
    v[0].str.len = NGX_COURT_RECORD_MAX - 6 - 2 * NFIELDS;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_OK,
           "the longest record");
    is_int(ngx_court_record_check(&schema, &record), NGX_OK, "passes");
    v[0].str.len++;
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_DECLINED,
           "one byte more");
}


/* a copy of exactly len bytes, so that ASan sees a read behind it */

static ngx_str_t
copy(const ngx_str_t *s, size_t len)
{
    ngx_str_t  r;

    r.data = malloc(len ? len : 1);
    r.len = len;
    memcpy(r.data, s->data, len < s->len ? len : s->len);

    if (len > s->len) {
        memset(r.data + s->len, 0, len - s->len);
    }

    return r;
}


static void
read_all(const ngx_str_t *record)
{
    int64_t            from, until;
    ngx_str_t          cursor, e;
    ngx_uint_t         i, k, n;
    ngx_court_value_t  v;

    for (i = 0; i < NFIELDS; i++) {
        ngx_court_record_get(&schema, record, i, &v);

        if (v.type == NGX_COURT_T_LIST) {
            cursor = v.str;
            while (ngx_court_list_next(&cursor, &e) == NGX_OK) { /* void */ }
        }

        n = ngx_court_intervals_count(&v);
        for (k = 0; k < n; k++) {
            ngx_court_intervals_at(&v, k, &from, &until);
        }

        ngx_court_intervals_cover(&v, 150);
    }
}


static void
test_hostile(ngx_pool_t *pool)
{
    size_t             i;
    unsigned           c;
    ngx_str_t          record, broken;
    ngx_uint_t         accepted;
    ngx_court_value_t  v[NFIELDS];

    fill(pool, v);
    ngx_court_record_encode(pool, &schema, v, &record);

    accepted = 0;

    for (i = 0; i < record.len; i++) {
        broken = copy(&record, i);
        accepted += (ngx_court_record_check(&schema, &broken) == NGX_OK);
        free(broken.data);
    }

    is_int(accepted, 0, "cut at any byte it is refused");

    broken = copy(&record, record.len + 1);
    is_int(ngx_court_record_check(&schema, &broken), NGX_DECLINED,
           "a byte too many");
    free(broken.data);

    /* header bytes: any change of id or count is another record */

    accepted = 0;

    for (i = 0; i < 6; i++) {
        for (c = 1; c < 256; c++) {
            broken = copy(&record, record.len);
            broken.data[i] ^= c;
            accepted += (ngx_court_record_check(&schema, &broken) == NGX_OK);
            free(broken.data);
        }
    }

    is_int(accepted, 0, "another schema id or count");

    /* what passes the check can be read, whatever it says */

    for (i = 6; i < record.len; i++) {
        for (c = 1; c < 256; c++) {
            broken = copy(&record, record.len);
            broken.data[i] ^= c;

            if (ngx_court_record_check(&schema, &broken) == NGX_OK) {
                read_all(&broken);
                accepted++;
            }

            free(broken.data);
        }
    }

    ok(accepted > 0, "records with one byte changed are read or refused");

    broken = copy(&record, record.len);
    broken.data[6 + 2 * NFIELDS + 4] = 2;
    is_int(ngx_court_record_check(&schema, &broken), NGX_DECLINED,
           "a stored bool of 2");
    free(broken.data);
}


static void
test_random(void)
{
    size_t      i;
    unsigned    n, seed;
    ngx_str_t   bytes;
    ngx_uint_t  read;

    seed = 20261122;
    read = 0;

    for (n = 0; n < 20000; n++) {
        bytes.len = 22 + rand_r(&seed) % 40;
        bytes.data = malloc(bytes.len);

        for (i = 0; i < bytes.len; i++) {
            bytes.data[i] = rand_r(&seed) % 3 ? 0 : rand_r(&seed) % 64;
        }

        ngx_court_put32(bytes.data, schema.id);
        ngx_court_put16(bytes.data + 4, NFIELDS);

        if (ngx_court_record_check(&schema, &bytes) == NGX_OK) {
            read_all(&bytes);
            read++;
        }

        free(bytes.data);
    }

    ok(read < 20000, "random records: %d of 20000 read", (int) read);
}


static void
test_cover(ngx_pool_t *pool)
{
    size_t             i;
    ngx_court_value_t  v[NFIELDS], open, wrong;

    static const struct { int64_t t; int want; } rows[] = {
        { 99, 0 }, { 100, 1 }, { 199, 1 }, { 200, 0 }, { 299, 0 },
        { 300, 1 }, { INT64_MAX - 1, 1 }, { INT64_MAX, 0 }, { INT64_MIN, 0 },
        { 0, 0 }
    };

    fill(pool, v);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(ngx_court_intervals_cover(&v[7], rows[i].t), rows[i].want,
               "covers %lld", (long long) rows[i].t);
    }

    open = v[7];
    open.str.len = NGX_COURT_INTERVAL_LEN;
    ngx_court_interval_write(open.str.data, NGX_COURT_TIME_MIN,
                             NGX_COURT_TIME_MAX);
    ok(ngx_court_intervals_cover(&open, INT64_MIN), "open at the left");

    open.str.len = 0;
    ok(!ngx_court_intervals_cover(&open, 0), "no interval covers nothing");

    wrong = v[7];
    wrong.state = NGX_COURT_V_UNAVAILABLE;
    ok(!ngx_court_intervals_cover(&wrong, 150), "unavailable covers nothing");
    is_int(ngx_court_list_count(&v[7]), 0, "intervals are no list");
    is_int(ngx_court_intervals_count(&v[6]), 0, "a list has no intervals");
}


/* of this schema, and long enough for its ends; else not */

static void
test_is(ngx_pool_t *pool)
{
    size_t              i, n;
    ngx_str_t           record, cut;
    ngx_court_value_t   v[NFIELDS];
    ngx_court_schema_t  other;

    static u_char  big[NGX_COURT_RECORD_MAX + 1];

    fill(pool, v);
    is_int(ngx_court_record_encode(pool, &schema, v, &record), NGX_OK,
           "encoded");
    is_int(ngx_court_record_is(&schema, &record), NGX_OK, "is one");

    for (n = 0, cut = record, cut.len = 0; cut.len < 6 + 2 * NFIELDS;
         cut.len++)
    {
        n += (ngx_court_record_is(&schema, &cut) == NGX_OK);
    }

    is_int(n, 0, "no room for the ends of its fields");
    is_int(ngx_court_record_is(&schema, &cut), NGX_OK, "room for them");

    for (i = 0, n = 0; i < 6; i++) {
        record.data[i] ^= 1;
        n += (ngx_court_record_is(&schema, &record) == NGX_OK);
        record.data[i] ^= 1;
    }

    is_int(n, 0, "another id or number of fields");

    other = schema;
    other.nfields--;
    is_int(ngx_court_record_is(&other, &record), NGX_DECLINED, "a field less");
    other = schema;
    other.id ^= 1;
    is_int(ngx_court_record_is(&other, &record), NGX_DECLINED, "another id");

    ngx_memcpy(big, record.data, record.len);
    cut.data = big;
    cut.len = sizeof(big);
    is_int(ngx_court_record_is(&schema, &cut), NGX_DECLINED, "too long");
    cut.len--;
    is_int(ngx_court_record_is(&schema, &cut), NGX_OK, "as long as may be");
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    test_schema();
    test_round_trip(pool);
    test_absent(pool);
    test_encode_refuses(pool);
    test_hostile(pool);
    test_random();
    test_cover(pool);
    test_is(pool);

    return done_testing();
}
