/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "test_fact_data.h"


#define ECHO    "\"echo\":{\"subject\":\"/data/id\"}"
#define RESULT  "\"result\":{\"pointer\":\"/code\",\"ok\":[\"0\"],"          \
                "\"not_found\":[\"1001\",1002]}"
#define FIELDS  "\"fields\":{\"status\":{\"pointer\":\"/data/zt\","           \
                "\"values\":{\"1\":\"active\",\"2\":\"suspended\"},"         \
                "\"default\":\"error\"}}"
#define F1      "{\"format\":1," ECHO ","

static const struct {
    const char  *name;
    const char  *text;
    const char  *err;                     /* NULL: taken; else part of it */
} files[] = {
    { "least", "{\"format\":1," ECHO "," FIELDS "}", NULL },
    { "with result", F1 RESULT "," FIELDS "}", NULL },
    { "any order", "{" FIELDS "," RESULT "," ECHO ",\"format\":1}", NULL },
    { "default null", F1 "\"fields\":{\"kind\":{\"pointer\":\"/k\","
      "\"values\":{\"1\":\"public\"},\"default\":null}}}", NULL },

    { "no JSON", "{\n\n x", "line 3: invalid JSON" },
    { "array", "[]", "line 1: must be an object" },
    { "no format", "{" ECHO "," FIELDS "}", "line 1: \"format\" is missing" },
    { "format 2", "{\"format\":2," ECHO "," FIELDS "}",
      "line 1: /format: must be 1" },
    { "format text", "{\"format\":\"1\"," ECHO "," FIELDS "}", "/format" },
    { "no fields", "{\"format\":1," ECHO "}", "\"fields\" is missing" },
    { "fields empty", F1 "\"fields\":{}}", "/fields: must be" },
    { "fields array", F1 "\"fields\":[1]}", "/fields: must be an object" },
    { "no echo", "{\"format\":1," FIELDS "}", "an answer must name" },
    { "echo empty", "{\"format\":1,\"echo\":{}," FIELDS "}",
      "/echo: an answer must name" },
    { "echo of the issuer alone",
      "{\"format\":1,\"echo\":{\"issuer\":\"/i\"}," FIELDS "}",
      "/echo: an answer must name" },
    { "echo of no key",
      "{\"format\":1,\n\"echo\":{\"subject\":\"/a\",\n\"person\":\"/b\"},"
      FIELDS "}", "line 3: /echo/person: is no key" },
    { "echo of a court, national",
      "{\"format\":1,\"echo\":{\"subject\":\"/a\",\"court\":\"/b\"},"
      FIELDS "}", "/echo/court: is no key" },
    { "echo of an empty key",
      "{\"format\":1,\"echo\":{\"\":\"/a\"}," FIELDS "}", "is no key" },
    { "echo no pointer",
      "{\"format\":1,\"echo\":{\"subject\":\"id\"}," FIELDS "}",
      "/echo/subject: must be a JSON pointer" },
    { "echo of all",
      "{\"format\":1,\"echo\":{\"subject\":\"\"}," FIELDS "}",
      "/echo/subject: must be a JSON pointer" },
    { "echo bad escape",
      "{\"format\":1,\"echo\":{\"subject\":\"/a~2\"}," FIELDS "}",
      "JSON pointer" },
    { "echo a number",
      "{\"format\":1,\"echo\":{\"subject\":1}," FIELDS "}",
      "JSON pointer" },
    { "unknown member", F1 FIELDS ",\n\"feilds\":{}}",
      "line 2: /feilds: unknown member" },
    { "unknown member with a slash", F1 FIELDS ",\n\n\"a/b~c\":{}}",
      "line 3: /a~1b~0c: unknown member" },
    { "unknown member of result",
      F1 "\"result\":{\"pointer\":\"/c\",\"ok\":[\"0\"],\"nok\":[]},"
      FIELDS "}", "/result/nok: unknown member" },
    { "result without pointer", F1 "\"result\":{\"ok\":[\"0\"]}," FIELDS "}",
      "/result: \"pointer\" is missing" },
    { "result without ok",
      F1 "\"result\":{\"pointer\":\"/c\",\"not_found\":[\"1\"]}," FIELDS "}",
      "/result: \"ok\" is missing" },
    { "ok empty",
      F1 "\"result\":{\"pointer\":\"/c\",\"ok\":[]}," FIELDS "}",
      "/result/ok: must be an array" },
    { "ok a string",
      F1 "\"result\":{\"pointer\":\"/c\",\"ok\":\"0\"}," FIELDS "}",
      "/result/ok: must be an array" },
    { "ok of true",
      F1 "\"result\":{\"pointer\":\"/c\",\"ok\":[true]}," FIELDS "}",
      "/result/ok: must hold strings" },
    { "ok and not found",
      F1 "\"result\":{\"pointer\":\"/c\",\"ok\":[\"0\"],"
      "\"not_found\":[0]}," FIELDS "}", "in \"ok\" and in" },
    { "no such field",
      F1 "\"fields\":{\"licence\":{\"pointer\":\"/l\"}}}",
      "/fields/licence: is no field" },
    { "a computed field", F1 "\"fields\":{\"active\":{\"pointer\":\"/a\"}}}",
      "/fields/active: is no field" },
    { "field without pointer", F1 "\"fields\":{\"status\":{}}}",
      "/fields/status: \"pointer\" is missing" },
    { "field a string", F1 "\"fields\":{\"status\":\"/s\"}}",
      "/fields/status: must be an object" },
    { "field's unknown member",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\",\"value\":{}}}}",
      "/fields/status/value: unknown member" },
    { "values of a time",
      F1 "\"fields\":{\"valid_from\":{\"pointer\":\"/s\","
      "\"values\":{\"1\":\"x\"}}}}",
      "/fields/valid_from/values: is for string, enum and bool" },
    { "values empty",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\",\"values\":{}}}}",
      "/values: must be an object" },
    { "values a list",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\",\"values\":[1]}}}",
      "/values: must be an object" },
    { "a value of another type",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\","
      "\"values\":{\"1\":true}}}}",
      "/fields/status/values/1: is not of the field's type" },
    { "default without values",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\",\"default\":\"x\"}}}",
      "\"default\" is for \"values\"" },
    { "default of another type",
      F1 "\"fields\":{\"status\":{\"pointer\":\"/s\",\"default\":1,"
      "\"values\":{\"1\":\"active\"}}}}", "/default: is not of" }
};


static void
test_files(ngx_pool_t *pool)
{
    size_t                   i;
    ngx_str_t                text, err;
    ngx_court_mapping_t     *mapping;
    const ngx_court_fact_t  *fact;

    fact = standard("identity");

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        text = str(files[i].text);
        ngx_str_null(&err);
        mapping = ngx_court_mapping_parse(pool, fact, &text, &err);

        if (files[i].err == NULL) {
            ok(mapping != NULL, "%s: taken %.*s", files[i].name,
               (int) err.len, err.data);
            continue;
        }

        ok(mapping == NULL, "%s: refused", files[i].name);
        ok(err.len && memmem(err.data, err.len, files[i].err,
                             strlen(files[i].err)),
           "%s: %.*s", files[i].name, (int) err.len, err.data);
        ok(ngx_court_mapping_parse(pool, fact, &text, NULL) == NULL,
           "and without err");
    }
}


static const char  mapping_text[] =
    F1 RESULT ",\"fields\":{"
    "\"status\":{\"pointer\":\"/data/zt\",\"values\":{\"1\":\"active\","
    "\"2\":\"suspended\",\"3\":\"revoked\"},\"default\":\"error\"},"
    "\"kind\":{\"pointer\":\"/data/lb\",\"values\":{\"1\":\"public\"},"
    "\"default\":\"hmt\"},"
    "\"unit\":{\"pointer\":\"/data/units/0\",\"values\":{\"a\":\"A\"},"
    "\"default\":null},"
    "\"valid_from\":{\"pointer\":\"/data/from\"}}}";

static const struct {
    const char  *name;
    const char  *body;
    ngx_int_t    rc;
    const char  *status;                  /* NULL: absent */
    const char  *kind;
    const char  *unit;
} answers[] = {
    { "status 1", "{\"code\":\"0\",\"data\":{\"id\":\"zhang\",\"zt\":\"1\"}}",
      NGX_OK, "active", NULL, NULL },
    { "numbers", "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":2}}",
      NGX_OK, "suspended", NULL, NULL },
    { "no status", "{\"code\":0,\"data\":{\"id\":\"zhang\"}}",
      NGX_OK, NULL, NULL, NULL },
    { "null status", "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":null}}",
      NGX_OK, NULL, NULL, NULL },
    { "a kind by default",
      "{\"code\":0,\"data\":{\"id\":\"zhang\",\"lb\":\"9\"}}",
      NGX_OK, NULL, "hmt", NULL },
    { "a unit unknown, so absent",
      "{\"code\":0,\"data\":{\"id\":\"zhang\",\"units\":[\"b\",\"a\"]}}",
      NGX_OK, NULL, NULL, NULL },
    { "a unit known",
      "{\"code\":0,\"data\":{\"id\":\"zhang\",\"units\":[\"a\"]}}",
      NGX_OK, NULL, NULL, "A" },
    { "members of the default JSON do not count",
      "{\"code\":0,\"status\":\"active\",\"data\":{\"id\":\"zhang\"}}",
      NGX_OK, NULL, NULL, NULL },
    { "our own word is not the source's",
      "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":\"active\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "status 9", "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":\"9\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "status true", "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":true}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "status 1.0", "{\"code\":0,\"data\":{\"id\":\"zhang\",\"zt\":1.0}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "a broken time",
      "{\"code\":0,\"data\":{\"id\":\"zhang\",\"from\":\"x\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "not found", "{\"code\":\"1001\"}", NGX_DECLINED, NULL, NULL, NULL },
    { "not found, a number", "{\"code\":1002}", NGX_DECLINED, NULL, NULL,
      NULL },
    { "not found, with data",
      "{\"code\":1001,\"data\":{\"id\":\"wang\"}}", NGX_DECLINED, NULL,
      NULL, NULL },
    { "another code", "{\"code\":\"500\"}", NGX_ERROR, NULL, NULL, NULL },
    { "another code, with data",
      "{\"code\":\"9\",\"data\":{\"id\":\"zhang\",\"zt\":\"1\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "no code", "{\"data\":{\"id\":\"zhang\",\"zt\":\"1\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "code true", "{\"code\":true}", NGX_ERROR, NULL, NULL, NULL },
    { "code 1001.0", "{\"code\":1001.0}", NGX_ERROR, NULL, NULL, NULL },
    { "array", "[]", NGX_ERROR, NULL, NULL, NULL },
    { "another person",
      "{\"code\":0,\"data\":{\"id\":\"wang\",\"zt\":\"1\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "nobody", "{\"code\":0,\"data\":{\"zt\":\"1\"}}",
      NGX_ERROR, NULL, NULL, NULL },
    { "data null", "{\"code\":0,\"data\":null}",
      NGX_ERROR, NULL, NULL, NULL },
    { "the name elsewhere",
      "{\"code\":0,\"subject\":\"zhang\",\"data\":{\"zt\":\"1\"}}",
      NGX_ERROR, NULL, NULL, NULL }
};


static void
is_value(const ngx_court_fact_t *fact, const ngx_str_t *record,
    const char *field, const char *want, const char *name)
{
    ngx_court_value_t  v;

    v = value(fact, record, field, 0);

    if (want == NULL) {
        is_int(v.state, NGX_COURT_V_ABSENT, "%s: %s absent", name, field);
        return;
    }

    is_str(&v.str, want, "%s: %s", name, field);
}


static void
test_answers(ngx_pool_t *pool)
{
    size_t             i;
    ngx_int_t          rc;
    ngx_str_t          text, err, record;
    const char        *why;
    ngx_court_fact_t   fact;

    fact = *standard("identity");
    text = str(mapping_text);
    fact.mapping = ngx_court_mapping_parse(pool, &fact, &text, &err);

    if (!ok(fact.mapping != NULL, "mapping")) {
        return;
    }

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        rc = decode(pool, &fact, answers[i].body, &record, &why);
        is_int(rc, answers[i].rc, "%s: %s", answers[i].name, why);

        if (rc == NGX_OK) {
            is_value(&fact, &record, "status", answers[i].status,
                     answers[i].name);
            is_value(&fact, &record, "kind", answers[i].kind,
                     answers[i].name);
            is_value(&fact, &record, "unit", answers[i].unit,
                     answers[i].name);
        }

        is_int(why[0] != '\0', answers[i].rc == NGX_ERROR, "why says why");
    }
}


static void
test_others(ngx_pool_t *pool)
{
    char              *shipped;
    size_t             len;
    ngx_str_t          text, err, record;
    const char        *why;
    ngx_court_fact_t   fact;
    ngx_court_value_t  v;

    /* a bool by words, a court by echo */

    fact = *standard("relation");
    text = str("{\"format\":1,\"echo\":{\"subject\":\"/s\",\"case\":\"/c\","
               "\"court\":\"/fy\"},\"fields\":{\"assigned\":{\"pointer\":"
               "\"/judge\",\"values\":{\"me\":true},\"default\":false}}}");
    fact.mapping = ngx_court_mapping_parse(pool, &fact, &text, &err);
    ok(fact.mapping != NULL, "mapping of a relation");

    is_int(decode(pool, &fact, "{\"s\":\"zhang\",\"c\":7,\"fy\":\"B00\","
                  "\"judge\":\"me\"}", &record, &why), NGX_OK, "decoded");
    v = value(&fact, &record, "assigned", 0);
    ok(v.state == NGX_COURT_V_PRESENT && v.num == 1, "assigned");
    is_int(decode(pool, &fact, "{\"s\":\"zhang\",\"c\":7,\"fy\":\"B00\","
                  "\"judge\":\"li\"}", &record, &why), NGX_OK, "decoded");
    v = value(&fact, &record, "assigned", 0);
    ok(v.state == NGX_COURT_V_PRESENT && v.num == 0, "not assigned");
    is_int(decode(pool, &fact, "{\"s\":\"zhang\",\"c\":7,\"fy\":\"B01\"}",
                  &record, &why), NGX_ERROR, "another court");
    is_int(decode(pool, &fact, "{\"s\":\"zhang\",\"c\":7}",
                  &record, &why), NGX_ERROR, "no court");

    text = str("{\"format\":1,\"echo\":{\"subject\":\"/s\"},\"fields\":"
               "{\"side\":{\"pointer\":\"/x\"}}}");
    ok(ngx_court_mapping_parse(pool, &fact, &text, &err) == NULL,
       "a relation without its case");

    /* the one that is shipped */

    fact = *standard("identity");
    shipped = tap_slurp("conf/mapping/identity.json", &len);
    text.data = (u_char *) shipped;
    text.len = len;
    ngx_str_null(&err);
    fact.mapping = ngx_court_mapping_parse(pool, &fact, &text, &err);
    ok(fact.mapping != NULL, "conf/mapping/identity.json %.*s",
       (int) err.len, err.data);
    free(shipped);
}


static void
test_random(void)
{
    char        *text;
    size_t       len;
    unsigned     n, seed, good;
    ngx_str_t    s, err, record;
    ngx_pool_t  *pool;
    const char  *why;

    static const char  alphabet[] = "{}[]\",:\\/~0123abntf \x80";

    seed = 23;
    good = 0;
    len = sizeof(mapping_text) - 1;
    text = malloc(len);

    for (n = 0; n < 20000; n++) {
        ngx_court_fact_t  fact = *standard("identity");

        memcpy(text, mapping_text, len);
        text[rand_r(&seed) % len] = alphabet[rand_r(&seed)
                                             % (sizeof(alphabet) - 1)];
        s.data = (u_char *) text;
        s.len = (n % 4) ? len : rand_r(&seed) % len;

        pool = ngx_create_pool(1024, tap_log());
        fact.mapping = ngx_court_mapping_parse(pool, &fact, &s, &err);

        if (fact.mapping) {
            good++;
            decode(pool, &fact, answers[n % 26].body, &record, &why);
        }

        ngx_destroy_pool(pool);
    }

    free(text);
    ok(good > 100 && good < 20000, "%u of 20000 changed files", good);
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    test_files(pool);
    test_answers(pool);
    test_others(pool);
    test_random();

    return done_testing();
}
