/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "test_fact_data.h"


#define PERSON  "\"subject\":\"zhang\""
#define CASE    PERSON ",\"case\":\"7\""
#define LINK    "\"assistant\":\"zhang\",\"principal\":\"wang\""

static const struct {
    const char  *name;
    const char  *fact;
    const char  *body;
    const char  *why;                     /* NULL: taken; else part of it */
} bodies[] = {
    { "nothing but the name", "identity", "{" PERSON "}", NULL },
    { "unknown members", "identity", "{" PERSON ",\"x\":{\"y\":[1]}}", NULL },
    { "all null", "identity",
      "{" PERSON ",\"status\":null,\"kind\":null,\"valid_from\":null,"
      "\"suspended\":null,\"unit\":null}", NULL },
    { "relation", "relation", "{" CASE "}", NULL },
    { "relation, case as a number", "relation",
      "{" PERSON ",\"case\":7}", NULL },
    { "relation of this court", "relation",
      "{" CASE ",\"court\":\"B00\"}", NULL },
    { "relation, court null", "relation", "{" CASE ",\"court\":null}", NULL },
    { "link", "link", "{" LINK "}", NULL },
    { "staff of any court", "staff", "{" PERSON ",\"court\":\"B77\"}", NULL },
    { "device", "device", "{\"client\":\"device-1\"}", NULL },

    /* whom it is about */
    { "nobody", "identity", "{\"status\":\"active\"}", "does not name" },
    { "null", "identity", "{\"subject\":null}", "does not name" },
    { "an array", "identity", "{\"subject\":[\"zhang\"]}", "does not name" },
    { "another person", "identity", "{\"subject\":\"wang\"}",
      "somebody or something else" },
    { "longer name", "identity", "{\"subject\":\"zhang2\"}", "else" },
    { "shorter name", "identity", "{\"subject\":\"zhan\"}", "else" },
    { "empty name", "identity", "{\"subject\":\"\"}", "else" },
    { "upper case", "identity", "{\"subject\":\"Zhang\"}", "else" },
    { "spaces", "identity", "{\"subject\":\"zhang \"}", "else" },
    { "name twice", "identity",
      "{\"subject\":\"wang\",\"subject\":\"zhang\"}", "not JSON" },
    { "no case", "relation", "{" PERSON "}", "does not name" },
    { "another case", "relation", "{" PERSON ",\"case\":\"8\"}", "else" },
    { "case 7.0", "relation", "{" PERSON ",\"case\":7.0}",
      "does not name" },
    { "case 07", "relation", "{" PERSON ",\"case\":\"07\"}", "else" },
    { "another person's case", "relation",
      "{\"subject\":\"wang\",\"case\":\"7\"}", "else" },
    { "another court", "relation", "{" CASE ",\"court\":\"B01\"}", "else" },
    { "the court above", "relation", "{" CASE ",\"court\":\"B\"}", "else" },
    { "court is a list", "relation", "{" CASE ",\"court\":[]}",
      "does not name" },
    { "link of somebody", "link",
      "{\"assistant\":\"li\",\"principal\":\"wang\"}", "else" },
    { "link to somebody", "link",
      "{\"assistant\":\"zhang\",\"principal\":\"li\"}", "else" },
    { "link turned round", "link",
      "{\"assistant\":\"wang\",\"principal\":\"zhang\"}", "else" },
    { "link by subject", "link",
      "{" PERSON ",\"principal\":\"wang\"}", "does not name" },
    { "link without principal", "link",
      "{\"assistant\":\"zhang\"}", "does not name" },
    { "device by subject", "device", "{\"subject\":\"device-1\"}",
      "does not name" },

    /* not an answer */
    { "no bytes", "identity", "", "not JSON" },
    { "text", "identity", "<html>", "not JSON" },
    { "array", "identity", "[{" PERSON "}]", "not an object" },
    { "cut", "identity", "{" PERSON, "not JSON" },
    { "twice", "identity", "{" PERSON "}{" PERSON "}", "not JSON" },
    { "NUL", "identity", "{\"subject\":\"zhang\\u0000\"}", "not JSON" },
    { "nested", "identity",
      "{" PERSON ",\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}", "not JSON" },

    /* types */
    { "status 1", "identity", "{" PERSON ",\"status\":1}",
      "\"status\" is not a valid enum" },
    { "status true", "identity", "{" PERSON ",\"status\":true}", "status" },
    { "unit list", "identity", "{" PERSON ",\"unit\":[\"a\"]}", "unit" },
    { "time as number", "identity", "{" PERSON ",\"valid_from\":0}",
      "\"valid_from\" is not a valid time" },
    { "time broken", "identity",
      "{" PERSON ",\"valid_from\":\"2026-02-30\"}", "valid_from" },
    { "time empty", "identity", "{" PERSON ",\"valid_until\":\"\"}",
      "valid_until" },
    { "own_unit 1", "relation", "{" CASE ",\"own_unit\":1}",
      "\"own_unit\" is not a valid bool" },
    { "own_unit as a string", "relation", "{" CASE ",\"own_unit\":\"true\"}",
      "own_unit" },
    { "assigned as a name", "relation",
      "{" CASE ",\"assigned\":\"zhang\"}", "assigned" },
    { "active_links 2.0", "link", "{" LINK ",\"active_links\":2.0}",
      "active_links" },
    { "active_links as a string", "link",
      "{" LINK ",\"active_links\":\"2\"}", "active_links" },
    { "permits as a string", "relation", "{" CASE ",\"permits\":\"a\"}",
      "permits" },
    { "permits of numbers", "relation", "{" CASE ",\"permits\":[1]}",
      "permits" },
    { "permits of null", "relation", "{" CASE ",\"permits\":[null]}",
      "permits" },
    { "permits nested", "relation", "{" CASE ",\"permits\":[[\"a\"]]}",
      "permits" },
    { "delegated, not to lists", "relation",
      "{" CASE ",\"delegated\":{\"li\":\"case.read\"}}", "delegated" },
    { "delegated, deeper", "relation",
      "{" CASE ",\"delegated\":{\"li\":{\"x\":[]}}}", "delegated" },
    { "a separator in an element", "relation",
      "{" CASE ",\"delegated\":[\"li\\u001fcase.read\"]}", "delegated" },
    { "a separator in a name", "relation",
      "{" CASE ",\"delegated\":{\"li\\u001fx\":[\"y\"]}}", "delegated" },
    { "a separator in a member", "relation",
      "{" CASE ",\"delegated\":{\"l\":[\"i\\u001fcase.read\"]}}",
      "delegated" },
    { "a line end in an element", "relation",
      "{" CASE ",\"permits\":[\"a\\r\\nb\"]}", "permits" },

    /* intervals */
    { "windows", "relation",
      "{" CASE ",\"windows\":[{\"from\":\"2026-01-01\"},"
      "{\"until\":\"2026-01-01\",\"from\":null}]}", NULL },
    { "no windows", "relation", "{" CASE ",\"windows\":[]}", NULL },
    { "empty window", "relation",
      "{" CASE ",\"windows\":[{\"from\":\"2026-01-01\","
      "\"until\":\"2026-01-01\"}]}", NULL },
    { "window without ends", "relation", "{" CASE ",\"windows\":[{}]}",
      "windows" },
    { "window misspelt", "relation",
      "{" CASE ",\"windows\":[{\"form\":\"2026-01-01\"}]}", "windows" },
    { "window of nulls", "relation",
      "{" CASE ",\"windows\":[{\"from\":null,\"until\":null}]}",
      "windows" },
    { "window turned round", "relation",
      "{" CASE ",\"windows\":[{\"from\":\"2026-01-02\","
      "\"until\":\"2026-01-01\"}]}", "windows" },
    { "window of numbers", "relation",
      "{" CASE ",\"windows\":[{\"from\":0,\"until\":1}]}", "windows" },
    { "window, end broken", "relation",
      "{" CASE ",\"windows\":[{\"from\":\"2026-01-01\","
      "\"until\":\"never\"}]}", "windows" },
    { "window, a string", "relation",
      "{" CASE ",\"windows\":[\"2026\"]}", "windows" },
    { "windows, an object", "relation",
      "{" CASE ",\"windows\":{\"from\":\"2026-01-01\"}}", "windows" },
    { "suspended, broken", "identity",
      "{" PERSON ",\"suspended\":[{\"from\":\"2026-13-01\"}]}",
      "suspended" }
};


static void
test_bodies(ngx_pool_t *pool)
{
    size_t                   i;
    ngx_int_t                rc;
    ngx_str_t                record;
    const char              *why;
    const ngx_court_fact_t  *fact;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        fact = standard(bodies[i].fact);
        rc = decode(pool, fact, bodies[i].body, &record, &why);

        if (bodies[i].why == NULL) {
            is_int(rc, NGX_OK, "%s is taken %s", bodies[i].name, why);
            is_int(ngx_court_record_check(&fact->schema, &record), NGX_OK,
                   "and a record");
            continue;
        }

        is_int(rc, NGX_ERROR, "%s is an error", bodies[i].name);
        ok(strstr(why, bodies[i].why) != NULL, "%s: %s", bodies[i].name, why);
        ok(strstr(why, "zhang") == NULL && strstr(why, "wang") == NULL,
           "without a name in it");
    }
}


static void
test_values(ngx_pool_t *pool)
{
    int64_t                  from, until;
    ngx_str_t                record, e;
    const char              *why;
    ngx_court_value_t        v;
    const ngx_court_fact_t  *fact;

    fact = standard("identity");
    is_int(decode(pool, fact,
                  "{" PERSON ",\"status\":\"active\",\"kind\":\"full_time\","
                  "\"valid_from\":\"2020-01-01T00:00:00Z\","
                  "\"valid_until\":\"2030-01-01\","
                  "\"suspended\":[{\"from\":\"2021-01-01T00:00:00Z\","
                  "\"until\":\"2022-01-01T00:00:00Z\"}],"
                  "\"unit\":\"\\u4e2d\",\"verified_at\":null}",
                  &record, &why), NGX_OK, "identity");
    v = value(fact, &record, "kind", 0);
    is_str(&v.str, "full_time", "kind");
    v = value(fact, &record, "valid_from", 0);
    is_int(v.num, 1577836800, "valid_from");
    v = value(fact, &record, "valid_until", 0);
    is_int(v.num, at("2030-01-01T00:00:00+08:00"), "a date is Beijing's");
    v = value(fact, &record, "unit", 0);
    is_str(&v.str, "\xe4\xb8\xad", "unit");
    v = value(fact, &record, "verified_at", 0);
    is_int(v.state, NGX_COURT_V_ABSENT, "null is absent");
    v = value(fact, &record, "suspended", 0);
    is_int(ngx_court_intervals_count(&v), 1, "an interval");
    ngx_court_intervals_at(&v, 0, &from, &until);
    is_int(from, at("2021-01-01T00:00:00Z"), "from");
    is_int(until, at("2022-01-01T00:00:00Z"), "until");

    fact = standard("relation");
    is_int(decode(pool, fact,
                  "{" CASE ",\"assigned\":true,\"own_unit\":false,"
                  "\"delegated\":{\"li\":[\"case.read\",\"dossier.read\"],"
                  "\"zhao\":[],\"sun\":[\"case.read\"]},"
                  "\"permits\":[\"dossier\",\"\"],\"obligations\":[],"
                  "\"windows\":[{\"until\":\"2026-01-01\"}]}",
                  &record, &why), NGX_OK, "relation");
    v = value(fact, &record, "delegated", 0);
    is_int(ngx_court_list_count(&v), 3, "three delegations");
    e = str("li\x1f" "dossier.read");
    ok(ngx_court_list_contains(&v, &e), "li may read the dossier");
    e = str("sun\x1f" "dossier.read");
    ok(!ngx_court_list_contains(&v, &e), "sun may not");
    e = str("zhao\x1f");
    ok(!ngx_court_list_contains(&v, &e), "zhao may nothing");
    e = str("case.read");
    ok(!ngx_court_list_contains(&v, &e), "nobody has it for all");
    v = value(fact, &record, "assigned", 0);
    is_int(v.num, 1, "assigned");
    v = value(fact, &record, "own_unit", 0);
    ok(v.state == NGX_COURT_V_PRESENT && v.num == 0, "not own_unit");
    v = value(fact, &record, "special_authority", 0);
    is_int(v.state, NGX_COURT_V_ABSENT, "missing is absent");
    v = value(fact, &record, "obligations", 0);
    ok(v.state == NGX_COURT_V_PRESENT && ngx_court_list_count(&v) == 0,
       "an empty list is present");
    v = value(fact, &record, "windows", 0);
    ngx_court_intervals_at(&v, 0, &from, &until);
    ok(from == NGX_COURT_TIME_MIN, "open at the left");
}


static void
test_empty_keys(ngx_pool_t *pool)
{
    ngx_str_t                keys[NGX_COURT_FACT_KEYS], body, court, record;
    const char              *why;
    ngx_court_fact_t         other;
    const ngx_court_fact_t  *fact;

    fact = standard("identity");
    court = str("B00");
    keys[0] = str("platform");
    keys[1] = str("");
    body = str("{\"subject\":\"\",\"status\":\"active\"}");
    is_int(ngx_court_fact_decode(pool, fact, &body, keys, &court, &record,
                                 &why),
           NGX_ERROR, "an empty key is nobody");
    ok(strstr(why, "empty key") != NULL, "%s", why);

    fact = standard("relation");
    keys[1] = str("zhang");
    keys[2] = str("7");
    court = str("");
    body = str("{" CASE ",\"court\":\"\"}");
    is_int(ngx_court_fact_decode(pool, fact, &body, keys, &court, &record,
                                 &why),
           NGX_ERROR, "an empty court is none");

    other = *standard("identity");
    other.name = str("permit");
    keys[1] = str("zhang");
    court = str("B00");
    body = str("{" PERSON ",\"status\":\"active\"}");
    is_int(ngx_court_fact_decode(pool, &other, &body, keys, &court, &record,
                                 &why),
           NGX_OK, "another fact repeats its named keys");
    body = str("{\"status\":\"active\"}");
    is_int(ngx_court_fact_decode(pool, &other, &body, keys, &court, &record,
                                 &why),
           NGX_ERROR, "or is an error");
    other.key_names[1] = str("");
    is_int(ngx_court_fact_decode(pool, &other, &body, keys, &court, &record,
                                 &why),
           NGX_ERROR, "without a named key always");
}


static void
test_long(ngx_pool_t *pool)
{
    char        *body, *p;
    unsigned     i;
    ngx_str_t    record;
    const char  *why;

    body = malloc(70000);

    p = body + sprintf(body, "{" PERSON ",\"unit\":\"");
    memset(p, 'u', 9000);
    strcpy(p + 9000, "\"}");
    is_int(decode(pool, standard("identity"), body, &record, &why), NGX_ERROR,
           "a long string");
    ok(strstr(why, "too long") != NULL, "%s", why);

    p = body + sprintf(body, "{" CASE ",\"delegated\":{\"");
    memset(p, 'k', 4000);
    p += 4000;
    p += sprintf(p, "\":[\"\"");

    for (i = 0; i < 3500; i++) {
        p += sprintf(p, ",\"\"");
    }

    strcpy(p, "]}}");
    is_int(decode(pool, standard("relation"), body, &record, &why), NGX_ERROR,
           "a long name times many");
    ok(strstr(why, "delegated") != NULL, "%s", why);

    p = body + sprintf(body, "{" CASE ",\"windows\":[");

    for (i = 0; i < 600; i++) {
        p += sprintf(p, "%s{\"from\":\"2026-01-01\"}", i ? "," : "");
    }

    strcpy(p, "]}");
    is_int(decode(pool, standard("relation"), body, &record, &why), NGX_ERROR,
           "many windows");

    free(body);
}


/* an answer with any byte changed is a record, none, or an error */

static void
test_random(void)
{
    size_t                   len;
    char                    *text;
    unsigned                 n, seed, good;
    ngx_str_t                record;
    ngx_pool_t              *pool;
    const char              *why;
    const ngx_court_fact_t  *fact;

    static const char  base[] =
        "{" CASE ",\"side\":\"plaintiff\",\"delegated\":{\"li\":[\"a\"]},"
        "\"windows\":[{\"from\":\"2026-01-01\",\"until\":null}],"
        "\"permits\":[\"x\"],\"assigned\":true}";
    static const char  alphabet[] = "{}[]\",:\\0123abntf \x80";

    seed = 17;
    good = 0;
    len = sizeof(base) - 1;
    text = malloc(sizeof(base));
    fact = standard("relation");

    for (n = 0; n < 20000; n++) {
        memcpy(text, base, sizeof(base));
        text[rand_r(&seed) % len] = alphabet[rand_r(&seed)
                                             % (sizeof(alphabet) - 1)];

        if (n % 3 == 0) {
            text[rand_r(&seed) % len] = '\0';
        }

        pool = ngx_create_pool(1024, tap_log());

        if (decode(pool, fact, text, &record, &why) == NGX_OK) {
            good += ngx_court_record_check(&fact->schema, &record) == NGX_OK;
        }

        ngx_destroy_pool(pool);
    }

    free(text);
    ok(good > 100 && good < 20000, "%u of 20000 changed answers", good);
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    test_bodies(pool);
    test_values(pool);
    test_empty_keys(pool);
    test_long(pool);
    test_random();

    return done_testing();
}
