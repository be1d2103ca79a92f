/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "test_fact_data.h"


static ngx_str_t
write_entry(ngx_pool_t *pool, const ngx_court_entry_t *entry)
{
    ngx_str_t  bytes;

    bytes.len = NGX_COURT_ENTRY_HEADER + entry->record.len;
    bytes.data = ngx_pnalloc(pool, bytes.len);
    is_int(ngx_court_entry_write(bytes.data, entry) - bytes.data, bytes.len,
           "length of the entry");

    return bytes;
}


static ngx_int_t
reads(const ngx_court_fact_t *fact, const ngx_str_t *bytes, size_t len,
    ngx_court_entry_t *entry)
{
    ngx_int_t  rc;
    ngx_str_t  copy;

    copy.len = len;
    copy.data = malloc(len ? len : 1);
    memset(copy.data, 0, len);
    memcpy(copy.data, bytes->data, len < bytes->len ? len : bytes->len);

    rc = ngx_court_entry_read(fact, &copy, entry);
    free(copy.data);

    return rc;
}


static void
test_found(ngx_pool_t *pool)
{
    size_t                   i, taken;
    ngx_str_t                record, bytes;
    const char              *why;
    ngx_court_entry_t        in, out;
    const ngx_court_fact_t  *fact, *other;

    fact = standard("identity");
    other = standard("link");

    is_int(decode(pool, fact, "{\"subject\":\"zhang\",\"status\":\"active\"}",
                  &record, &why), NGX_OK, "record");

    in.found = 1;
    in.shared = 1;
    in.fetched = 1795336215123LL;
    in.expires = in.fetched + 300000;
    in.sequence = 0xfedcba9876543210ULL;
    in.record = record;

    bytes = write_entry(pool, &in);
    is_int(ngx_court_entry_read(fact, &bytes, &out), NGX_OK, "read");
    is_int(out.found, 1, "found");
    is_int(out.shared, 1, "from Redis");
    is_int(out.fetched, in.fetched, "fetched");
    is_int(out.expires, in.expires, "expires");
    ok(out.sequence == in.sequence, "sequence");
    ok(ngx_court_str_eq(&out.record, &record), "record");
    ok(out.record.data == bytes.data + NGX_COURT_ENTRY_HEADER,
       "points into the bytes");

    is_int(ngx_court_entry_read(other, &bytes, &out), NGX_DECLINED,
           "another schema is a miss");
    bytes.data[1] = 2;
    is_int(ngx_court_entry_read(fact, &bytes, &out), NGX_DECLINED,
           "found is 0 or 1");
    bytes.data[1] = 1;

    taken = 0;

    for (i = 0; i < bytes.len; i++) {
        taken += (reads(fact, &bytes, i, &out) == NGX_OK);
    }

    is_int(taken, 0, "cut at any byte it is a miss");
    is_int(reads(fact, &bytes, bytes.len + 1, &out), NGX_DECLINED,
           "a byte too many");
    is_int(reads(fact, &bytes, NGX_COURT_ENTRY_MAX + 1, &out), NGX_DECLINED,
           "too long");
}


static void
test_none(ngx_pool_t *pool)
{
    ngx_str_t                bytes;
    ngx_court_entry_t        in, out;
    const ngx_court_fact_t  *fact;

    fact = standard("identity");
    ngx_memzero(&in, sizeof(in));
    in.fetched = 5;
    in.expires = 5;

    bytes = write_entry(pool, &in);
    is_int(ngx_court_entry_read(fact, &bytes, &out), NGX_OK, "none");
    is_int(out.found, 0, "is not found");
    is_int(out.record.len, 0, "has no record");
    is_int(reads(fact, &bytes, bytes.len + 1, &out), NGX_DECLINED,
           "none with a record");
}


static void
test_header(ngx_pool_t *pool)
{
    size_t                   i;
    ngx_int_t                rc;
    ngx_str_t                bytes;
    ngx_court_entry_t        in, out;
    const ngx_court_fact_t  *fact;

    static const struct {
        const char  *name;
        size_t       at;
        u_char       byte;
        ngx_int_t    rc;
    } rows[] = {
        { "as it is", 1, 0, NGX_OK },
        { "format 0", 0, 0, NGX_DECLINED },
        { "format 2", 0, 2, NGX_DECLINED },
        { "format 255", 0, 255, NGX_DECLINED },
        { "found, but no record", 1, 1, NGX_DECLINED },
        { "found 2", 1, 2, NGX_DECLINED },
        { "found 255", 1, 255, NGX_DECLINED },
        { "fetched below 0", 2, 0x80, NGX_DECLINED },
        { "fetched behind expires", 2, 0x7f, NGX_DECLINED },
        { "fetched a millisecond behind", 9, 201, NGX_DECLINED },
        { "fetched as it expires", 9, 200, NGX_OK },
        { "expires below 0", 10, 0x80, NGX_DECLINED },
        { "expires never", 10, 0x7f, NGX_OK },
        { "expires before", 17, 99, NGX_DECLINED },
        { "sequence", 18, 0xff, NGX_OK }
    };

    fact = standard("identity");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ngx_memzero(&in, sizeof(in));
        in.fetched = 100;
        in.expires = 200;
        bytes = write_entry(pool, &in);
        bytes.data[rows[i].at] = rows[i].byte;
        rc = ngx_court_entry_read(fact, &bytes, &out);
        is_int(rc, rows[i].rc, "%s", rows[i].name);
    }
}


static void
test_random(void)
{
    size_t                   i;
    unsigned                 n, seed, taken;
    ngx_str_t                bytes;
    ngx_court_entry_t        entry;
    ngx_court_value_t        v;
    const ngx_court_fact_t  *fact;

    fact = standard("identity");
    seed = 31;
    taken = 0;

    for (n = 0; n < 20000; n++) {
        bytes.len = rand_r(&seed) % 90;
        bytes.data = malloc(bytes.len ? bytes.len : 1);

        for (i = 0; i < bytes.len; i++) {
            bytes.data[i] = rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 256;
        }

        if (bytes.len > 32) {
            bytes.data[0] = 1;
            bytes.data[1] = 1;
            memset(bytes.data + 2, 0, 16);
            bytes.data[26] = (u_char) (fact->schema.id >> 24);
            bytes.data[27] = (u_char) (fact->schema.id >> 16);
            bytes.data[28] = (u_char) (fact->schema.id >> 8);
            bytes.data[29] = (u_char) fact->schema.id;
            bytes.data[30] = 0;
            bytes.data[31] = (u_char) fact->schema.nfields;
        }

        if (ngx_court_entry_read(fact, &bytes, &entry) == NGX_OK) {
            taken++;

            for (i = 0; entry.found && i <= fact->schema.nfields; i++) {
                ngx_court_fact_value(fact, &entry.record, i, 1000, &v);
            }
        }

        free(bytes.data);
    }

    ok(taken < 20000, "random entries: %u of 20000 taken", taken);
}


/* bytes of our own zone: header and schema are looked at, fields are not */

static void
test_own(ngx_pool_t *pool)
{
    size_t                   i, taken;
    ngx_str_t                record, bytes, cut;
    const char              *why;
    ngx_court_entry_t        in, out, own;
    const ngx_court_fact_t  *fact;

    static const struct {
        const char  *name;
        size_t       at;
        u_char       xor;
    } rows[] = {
        { "another format", 0, 3 },
        { "neither found nor none", 1, 0x80 },
        { "found, and said to be none", 1, 1 },
        { "another schema", NGX_COURT_ENTRY_HEADER, 0x80 },
        { "another schema's last byte", NGX_COURT_ENTRY_HEADER + 3, 1 },
        { "other fields", NGX_COURT_ENTRY_HEADER + 5, 1 }
    };

    fact = standard("identity");

    is_int(decode(pool, fact, "{\"subject\":\"zhang\",\"status\":\"active\","
                  "\"kind\":\"full_time\"}", &record, &why), NGX_OK,
           "record");

    ngx_memzero(&in, sizeof(in));
    in.found = 1;
    in.fetched = 100;
    in.expires = 200;
    in.sequence = 7;
    in.record = record;

    bytes = write_entry(pool, &in);

    ngx_memset(&out, 0xa5, sizeof(out));
    ngx_memset(&own, 0xa5, sizeof(own));
    is_int(ngx_court_entry_read(fact, &bytes, &out), NGX_OK, "read");
    is_int(ngx_court_entry_own(fact, &bytes, &own), NGX_OK, "own");
    is_mem(&own, &out, sizeof(out), "the same entry");

    is_int(ngx_court_entry_own(standard("link"), &bytes, &own), NGX_DECLINED,
           "of another fact");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bytes.data[rows[i].at] ^= rows[i].xor;
        is_int(ngx_court_entry_own(fact, &bytes, &own), NGX_DECLINED, "%s",
               rows[i].name);
        bytes.data[rows[i].at] ^= rows[i].xor;
    }

    /* the part in which its header and the ends of its fields stand */

    taken = 0;
    cut = bytes;

    for (cut.len = 0;
         cut.len < NGX_COURT_ENTRY_HEADER + 6 + 2 * fact->schema.nfields;
         cut.len++)
    {
        taken += (ngx_court_entry_own(fact, &cut, &own) == NGX_OK);
    }

    is_int(taken, 0, "cut in its header it is a miss");

    cut.len = NGX_COURT_ENTRY_MAX + 1;
    is_int(ngx_court_entry_own(fact, &cut, &own), NGX_DECLINED, "too long");

    in.found = 0;
    ngx_str_null(&in.record);
    bytes = write_entry(pool, &in);
    is_int(ngx_court_entry_own(fact, &bytes, &own), NGX_OK, "none");
    is_int(own.found, 0, "is not found");
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    test_found(pool);
    test_none(pool);
    test_header(pool);
    test_random();
    test_own(pool);

    return done_testing();
}
