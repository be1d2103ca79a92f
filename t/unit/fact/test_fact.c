/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "test_fact_data.h"


/* -1: absent */

static const struct {
    const char  *name;
    const char  *fact;
    const char  *members;
    const char  *now;
    int          want;
} actives[] = {
    { "active", "identity", "\"status\":\"active\"",
      "2026-06-01", 1 },
    { "revoked", "identity", "\"status\":\"revoked\"",
      "2026-06-01", 0 },
    { "cancelled", "identity", "\"status\":\"cancelled\"",
      "2026-06-01", 0 },
    { "revoked, valid", "identity",
      "\"status\":\"revoked\",\"valid_until\":\"2030-01-01T00:00:00Z\"",
      "2026-06-01", 0 },
    { "a word nobody knows", "identity", "\"status\":\"normal\"",
      "2026-06-01", 0 },
    { "upper case", "identity", "\"status\":\"Active\"",
      "2026-06-01", 0 },
    { "longer word", "identity", "\"status\":\"active \"",
      "2026-06-01", 0 },
    { "empty word", "identity", "\"status\":\"\"", "2026-06-01", 0 },
    { "no status", "identity", "\"kind\":\"public\"", "2026-06-01", -1 },
    { "status null", "identity", "\"status\":null", "2026-06-01", -1 },

    { "before valid_from", "identity",
      "\"status\":\"active\",\"valid_from\":\"2026-06-01T00:00:00Z\"",
      "2026-05-31T23:59:59Z", 0 },
    { "at valid_from", "identity",
      "\"status\":\"active\",\"valid_from\":\"2026-06-01T00:00:00Z\"",
      "2026-06-01T00:00:00Z", 1 },
    { "before valid_until", "identity",
      "\"status\":\"active\",\"valid_until\":\"2026-06-01T00:00:00Z\"",
      "2026-05-31T23:59:59Z", 1 },
    { "at valid_until", "identity",
      "\"status\":\"active\",\"valid_until\":\"2026-06-01T00:00:00Z\"",
      "2026-06-01T00:00:00Z", 0 },

    { "active, suspended from now on", "identity",
      "\"status\":\"active\",\"suspended\":[{\"from\":\"2026-06-01\"}]",
      "2026-06-01", 0 },
    { "active, suspended a second later", "identity",
      "\"status\":\"active\",\"suspended\":[{\"from\":"
      "\"2026-06-01T00:00:01Z\"}]", "2026-06-01T00:00:00Z", 1 },
    { "suspended until now", "identity",
      "\"status\":\"suspended\",\"suspended\":[{\"from\":\"2026-01-01\","
      "\"until\":\"2026-06-01\"}]", "2026-06-01", 1 },
    { "suspended a second longer", "identity",
      "\"status\":\"suspended\",\"suspended\":[{\"from\":\"2026-01-01\","
      "\"until\":\"2026-06-01\"}]", "2026-05-31T15:59:59Z", 0 },
    { "second of two intervals", "identity",
      "\"status\":\"active\",\"suspended\":[{\"until\":\"2020-01-01\"},"
      "{\"from\":\"2026-05-01\",\"until\":\"2026-07-01\"}]",
      "2026-06-01", 0 },
    { "between two intervals", "identity",
      "\"status\":\"suspended\",\"suspended\":[{\"until\":\"2020-01-01\"},"
      "{\"from\":\"2026-07-01\"}]", "2026-06-01", 1 },
    { "suspended without intervals", "identity",
      "\"status\":\"suspended\"", "2026-06-01", 0 },
    { "suspended, empty intervals", "identity",
      "\"status\":\"suspended\",\"suspended\":[]", "2026-06-01", 0 },
    { "suspended, intervals null", "identity",
      "\"status\":\"suspended\",\"suspended\":null", "2026-06-01", 0 },
    { "active, empty intervals", "identity",
      "\"status\":\"active\",\"suspended\":[]", "2026-06-01", 1 },
    { "suspension over, validity too", "identity",
      "\"status\":\"suspended\",\"suspended\":[{\"until\":\"2020-01-01\"}],"
      "\"valid_until\":\"2025-01-01\"", "2026-06-01", 0 },

    { "link", "link", "\"status\":\"active\"", "2026-06-01", 1 },
    { "link pending", "link", "\"status\":\"pending\"", "2026-06-01", 0 },
    { "link ended", "link",
      "\"status\":\"active\",\"valid_until\":\"2026-06-01\"",
      "2026-06-01", 0 },
    { "link to come", "link",
      "\"status\":\"active\",\"valid_from\":\"2026-06-02\"",
      "2026-06-01", 0 }
};


static void
test_active(ngx_pool_t *pool)
{
    char                     body[512];
    size_t                   i;
    ngx_str_t                record;
    const char              *why;
    ngx_court_value_t        v;
    const ngx_court_fact_t  *fact;

    for (i = 0; i < sizeof(actives) / sizeof(actives[0]); i++) {
        fact = standard(actives[i].fact);

        snprintf(body, sizeof(body), "{%s,%s}",
                 strcmp(actives[i].fact, "link") == 0
                 ? "\"assistant\":\"zhang\",\"principal\":\"wang\""
                 : "\"subject\":\"zhang\"",
                 actives[i].members);

        is_int(decode(pool, fact, body, &record, &why), NGX_OK,
               "%s: decoded", actives[i].name);

        v = value(fact, &record, "active", at(actives[i].now));
        is_int(v.type, NGX_COURT_T_BOOL, "a bool");

        if (actives[i].want < 0) {
            is_int(v.state, NGX_COURT_V_ABSENT, "%s: absent",
                   actives[i].name);
            continue;
        }

        is_int(value(fact, &record, "found", at(actives[i].now)).num, 1,
               "%s: found", actives[i].name);

        is_int(v.state, NGX_COURT_V_PRESENT, "%s: told", actives[i].name);
        is_int(v.num, actives[i].want, "%s: active or not", actives[i].name);
    }
}


/* what is declared otherwise than in the document makes nobody active */

static void
test_wrong_types(ngx_pool_t *pool)
{
    size_t             i;
    ngx_str_t          record;
    ngx_court_fact_t   fact;
    ngx_court_value_t  v[2], got;
    ngx_court_field_t  fields[2];

    static const struct {
        const char        *name;
        ngx_court_type_t   status;
        ngx_court_type_t   other;
        int                told;
    } rows[] = {
        { "valid_until", NGX_COURT_T_ENUM, NGX_COURT_T_TIME, 1 },
        { "valid_until", NGX_COURT_T_ENUM, NGX_COURT_T_INT, 0 },
        { "valid_from", NGX_COURT_T_ENUM, NGX_COURT_T_STRING, 0 },
        { "suspended", NGX_COURT_T_ENUM, NGX_COURT_T_LIST, 0 },
        { "suspended", NGX_COURT_T_ENUM, NGX_COURT_T_BOOL, 0 },
        { "other", NGX_COURT_T_STRING, NGX_COURT_T_BOOL, 0 },
        { "other", NGX_COURT_T_BOOL, NGX_COURT_T_BOOL, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ngx_memzero(&fact, sizeof(fact));
        ngx_memzero(v, sizeof(v));

        fields[0].name = str("status");
        fields[0].type = v[0].type = rows[i].status;
        fields[1].name = str(rows[i].name);
        fields[1].type = v[1].type = rows[i].other;
        fact.name = str("permit");
        fact.schema.fields = fields;
        fact.schema.nfields = 2;
        ngx_court_fact_init(&fact);

        v[0].state = NGX_COURT_V_PRESENT;
        v[0].str = str("active");
        v[0].num = 1;
        v[1].num = 1;
        v[1].state = NGX_COURT_V_ABSENT;

        is_int(ngx_court_record_encode(pool, &fact.schema, v, &record),
               NGX_OK, "record");
        ngx_court_fact_value(&fact, &record, 2, 0, &got);
        is_int(got.state == NGX_COURT_V_PRESENT, rows[i].told,
               "%s as %s", rows[i].name,
               ngx_court_type_name(rows[i].other));
    }
}


static void
test_standard(void)
{
    size_t                   i;
    ngx_str_t                name;
    ngx_uint_t               f;
    ngx_court_type_t         type;
    const ngx_court_fact_t  *fact;

    static const struct {
        const char        *fact;
        const char        *field;
        ngx_court_type_t   type;
    } rows[] = {
        { "identity", "status", NGX_COURT_T_ENUM },
        { "identity", "kind", NGX_COURT_T_ENUM },
        { "identity", "valid_from", NGX_COURT_T_TIME },
        { "identity", "valid_until", NGX_COURT_T_TIME },
        { "identity", "suspended", NGX_COURT_T_INTERVALS },
        { "identity", "unit", NGX_COURT_T_STRING },
        { "identity", "verified_at", NGX_COURT_T_TIME },
        { "identity", "active", NGX_COURT_T_BOOL },
        { "link", "status", NGX_COURT_T_ENUM },
        { "link", "approved_by_principal", NGX_COURT_T_BOOL },
        { "link", "approved_by_firm", NGX_COURT_T_BOOL },
        { "link", "active_links", NGX_COURT_T_INT },
        { "link", "delegated", NGX_COURT_T_LIST },
        { "link", "active", NGX_COURT_T_BOOL },
        { "relation", "side", NGX_COURT_T_ENUM },
        { "relation", "capacity", NGX_COURT_T_ENUM },
        { "relation", "special_authority", NGX_COURT_T_BOOL },
        { "relation", "own_unit", NGX_COURT_T_BOOL },
        { "relation", "delegated", NGX_COURT_T_LIST },
        { "relation", "windows", NGX_COURT_T_INTERVALS },
        { "relation", "permits", NGX_COURT_T_LIST },
        { "relation", "obligations", NGX_COURT_T_LIST },
        { "relation", "assigned", NGX_COURT_T_BOOL },
        { "relation", "addressee", NGX_COURT_T_LIST },
        { "relation", "secrecy", NGX_COURT_T_ENUM },
        { "relation", "active", NGX_COURT_T_NONE },
        { "relation", "found", NGX_COURT_T_BOOL },
        { "identity", "found", NGX_COURT_T_BOOL },
        { "staff", "court", NGX_COURT_T_STRING },
        { "staff", "posts", NGX_COURT_T_LIST },
        { "staff", "high_court", NGX_COURT_T_BOOL },
        { "staff", "active_until", NGX_COURT_T_TIME },
        { "staff", "active", NGX_COURT_T_NONE },
        { "device", "court", NGX_COURT_T_STRING },
        { "device", "gates", NGX_COURT_T_LIST },
        { "device", "state", NGX_COURT_T_ENUM },
        { "identity", "subject", NGX_COURT_T_NONE },
        { "identity", "", NGX_COURT_T_NONE },
        { "identity", "activ", NGX_COURT_T_NONE }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fact = standard(rows[i].fact);
        name = str(rows[i].field);
        f = ngx_court_fact_field(fact, &name, &type);

        is_int(type, rows[i].type, "%s.%s", rows[i].fact, rows[i].field);
        is_int(f != NGX_COURT_NO_FIELD, rows[i].type != NGX_COURT_T_NONE,
               "%s", type ? "is there" : "is not");
        ok(fact->schema.id != 0 && ngx_court_fact_named(fact),
           "%s is finished", rows[i].fact);
    }

    ok(standard("person") == NULL, "no such fact");
    ok(standard("identit") == NULL, "prefix of a fact");
    ok(standard("identity") == standard("identity"), "one definition");
    ok(standard("relation")->court_scope, "relation is a court's");
    ok(!standard("identity")->court_scope, "identity is national");
}


static void
test_named(void)
{
    size_t             i;
    ngx_court_fact_t   fact;

    static const struct {
        const char  *name;
        const char  *keys[3];
        ngx_uint_t   n;
        int          want;
    } rows[] = {
        { "identity", { "issuer", "subject" }, 2, 1 },
        { "identity", { "issuer", "" }, 2, 0 },
        { "identity", { "subject" }, 1, 1 },
        { "identity", { "issuer" }, 1, 0 },
        { "relation", { "subject", "case" }, 2, 1 },
        { "relation", { "subject", "filing" }, 2, 0 },
        { "link", { "issuer", "subject", "principal" }, 3, 1 },
        { "link", { "issuer", "subject", "" }, 3, 0 },
        { "device", { "client" }, 1, 1 },
        { "device", { "subject" }, 1, 0 },
        { "permit", { "issuer", "subject" }, 2, 1 },
        { "permit", { "application" }, 1, 1 },
        { "permit", { "issuer", "court" }, 2, 0 },
        { "permit", { "", "" }, 2, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ngx_memzero(&fact, sizeof(fact));
        fact.name = str(rows[i].name);

        for (fact.nkeys = 0; fact.nkeys < rows[i].n; fact.nkeys++) {
            fact.key_names[fact.nkeys] = str(rows[i].keys[fact.nkeys]);
        }

        ngx_court_fact_init(&fact);
        is_int(ngx_court_fact_named(&fact), rows[i].want,
               "%s by %s, row %d", rows[i].name, rows[i].keys[0], (int) i);
    }
}


static void
test_key(void)
{
    u_char                   a[NGX_COURT_SHA256_LEN], b[NGX_COURT_SHA256_LEN];
    ngx_str_t                keys[NGX_COURT_FACT_KEYS], court, other, none;
    ngx_court_fact_t         changed;
    const ngx_court_fact_t  *fact, *national;

#define differ(text)  ok(memcmp(a, b, sizeof(a)) != 0, text)

    fact = standard("relation");
    national = standard("identity");
    court = str("B00");
    other = str("B01");
    none = str("");

    keys[0] = str("platform");
    keys[1] = str("ab");
    keys[2] = str("c");
    is_int(ngx_court_fact_key(fact, keys, &court, a), NGX_OK, "key");
    ngx_court_fact_key(fact, keys, &court, b);
    ok(memcmp(a, b, sizeof(a)) == 0, "the same again");
    ngx_court_fact_key(fact, keys, &other, b);
    differ("another court");

    keys[1] = str("a");
    keys[2] = str("bc");
    ngx_court_fact_key(fact, keys, &court, b);
    differ("the bytes of two parts are not joined");
    keys[1] = str("ab");
    keys[2] = str("");
    ngx_court_fact_key(fact, keys, &court, b);
    differ("an empty part");
    keys[2] = str("c");

    changed = *fact;
    changed.name = str("relations");
    ngx_court_fact_key(&changed, keys, &court, b);
    differ("another fact");
    changed = *fact;
    changed.schema.id++;
    ngx_court_fact_key(&changed, keys, &court, b);
    differ("another schema");

    is_int(ngx_court_fact_key(fact, keys, &none, b), NGX_ERROR,
           "a court's fact without a court");
    is_int(ngx_court_fact_key(fact, keys, NULL, b), NGX_ERROR, "nor NULL");

    ngx_court_fact_key(national, keys, &court, a);
    ngx_court_fact_key(national, keys, &other, b);
    ok(memcmp(a, b, sizeof(a)) == 0, "a national fact is every court's");
    is_int(ngx_court_fact_key(national, keys, NULL, b), NGX_OK,
           "and needs none");
    ok(memcmp(a, b, sizeof(a)) == 0, "with the same key");
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        ok(0, "crypto");
    }

    test_standard();
    test_named();
    test_active(pool);
    test_wrong_types(pool);
    test_key();

    return done_testing();
}
