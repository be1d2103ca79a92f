/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json.h"
#include "tap.h"


static ngx_str_t
str(const char *s)
{
    ngx_str_t  r;

    r.data = (u_char *) s;
    r.len = strlen(s);

    return r;
}


#define raw(s)  { sizeof(s) - 1, (u_char *) s }

static const struct {
    const char  *name;
    ngx_str_t    text;
    int          good;
    const char  *err;                     /* part of it */
} texts[] = {
    { "object", raw("{}"), 1, NULL },
    { "array", raw("[]"), 1, NULL },
    { "white space", raw(" \t\r\n{ } \n"), 1, NULL },
    { "numbers", raw("[0,-0,1.5,1e308,-9223372036854775808]"), 1, NULL },
    { "int64 max", raw("[9223372036854775807]"), 1, NULL },
    { "escapes", raw("[\"\\u4e2d\\ud83d\\ude00\\/\\b\"]"), 1, NULL },
    { "UTF-8", raw("[\"\xe4\xb8\xad\"]"), 1, NULL },

    { "nothing", raw(""), 0, "line 1: unexpected end" },
    { "a string alone", raw("\"a\""), 0, "line 1: invalid JSON" },
    { "a number alone", raw("1"), 0, "invalid JSON" },
    { "null alone", raw("null"), 0, "invalid JSON" },
    { "trailing text", raw("{}x"), 0, "goes on behind" },
    { "two values", raw("{}{}"), 0, "goes on behind" },
    { "trailing NUL", raw("{}\0"), 0, "" },
    { "duplicate", raw("{\"a\":1,\n\n\"a\":2}"), 0,
      "line 3: duplicate member \"a\"" },
    { "duplicate, spelled otherwise", raw("{\"a\":1,\"\\u0061\":2}"), 0,
      "duplicate member" },
    { "duplicate deep", raw("[{\"x\":{\"b\":1,\"b\":1}}]"), 0,
      "duplicate member \"b\"" },
    { "NUL escaped", raw("[\"\\u0000\"]"), 0, "NUL in a string" },
    { "NUL in a name", raw("{\"\\u0000\":1}"), 0, "NUL in a string" },
    { "NUL raw in a string", raw("[\"a\0b\"]"), 0, "line 1" },
    { "NUL raw", raw("[\0]"), 0, "line 1" },
    { "bad UTF-8", raw("[\"\xff\"]"), 0, "invalid UTF-8" },
    { "overlong UTF-8", raw("[\"\xc0\xaf\"]"), 0, "invalid UTF-8" },
    { "UTF-8 surrogate", raw("[\"\xed\xa0\x80\"]"), 0, "invalid UTF-8" },
    { "UTF-8 cut", raw("[\"\xe4\xb8"), 0, "" },
    { "high surrogate alone", raw("[\"\\ud83d\"]"), 0, "invalid JSON" },
    { "low surrogate alone", raw("[\"\\ude00\"]"), 0, "invalid JSON" },
    { "surrogate and a letter", raw("[\"\\ud83d\\u0041\"]"), 0,
      "invalid JSON" },
    { "byte order mark", raw("\xef\xbb\xbf{}"), 0, "line 1" },
    { "int64 max + 1", raw("[9223372036854775808]"), 0, "out of range" },
    { "int64 min - 1", raw("[-9223372036854775809]"), 0, "out of range" },
    { "forty digits", raw("[1111111111111111111111111111111111111111]"), 0,
      "out of range" },
    { "1e309", raw("[1e309]"), 0, "out of range" },
    { "-1e400", raw("[-1e400]"), 0, "out of range" },
    { "leading zero", raw("[01]"), 0, "invalid JSON" },
    { "plus", raw("[+1]"), 0, "invalid JSON" },
    { "hex", raw("[0x1]"), 0, "invalid JSON" },
    { "NaN", raw("[NaN]"), 0, "invalid JSON" },
    { "Infinity", raw("[Infinity]"), 0, "invalid JSON" },
    { "trailing comma", raw("[1,]"), 0, "invalid JSON" },
    { "comment", raw("[1/**/]"), 0, "invalid JSON" },
    { "single quotes", raw("{'a':1}"), 0, "invalid JSON" },
    { "no quotes", raw("{a:1}"), 0, "invalid JSON" },
    { "newline in a string", raw("[\"\n\"]"), 0, "line" },
    { "tab in a string", raw("[\"\t\"]"), 0, "line" },
    { "bad escape", raw("[\"\\x41\"]"), 0, "invalid JSON" },
    { "True", raw("[True]"), 0, "invalid JSON" },
    { "colons", raw("[::::]"), 0, "invalid JSON" },
    { "closed twice", raw("[]]"), 0, "" },
    { "wrong close", raw("[}"), 0, "" },
    { "open", raw("[[[["), 0, "unexpected end" }
};


static void
test_texts(ngx_pool_t *pool)
{
    size_t             i;
    ngx_str_t          err;
    ngx_court_json_t  *node;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ngx_str_null(&err);
        node = ngx_court_json_parse(pool, &texts[i].text,
                                    &ngx_court_json_small, &err);

        ok((node != NULL) == texts[i].good, "%s is %s", texts[i].name,
           texts[i].good ? "taken" : "refused");

        if (!texts[i].good) {
            ok(err.len && memmem(err.data, err.len, texts[i].err,
                                 strlen(texts[i].err)),
               "%s: %.*s", texts[i].name, (int) err.len, err.data);
            ok(ngx_court_json_parse(pool, &texts[i].text,
                                    &ngx_court_json_small, NULL) == NULL,
               "and without err");
        }
    }
}


static ngx_str_t
repeat(const char *s, unsigned n, const char *tail)
{
    u_char     *p;
    unsigned    i;
    ngx_str_t   r;

    r.len = strlen(s) * n + strlen(tail);
    r.data = malloc(r.len + 1);
    p = r.data;

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, s, strlen(s));
    }

    memcpy(p, tail, strlen(tail) + 1);

    return r;
}


static int
taken(ngx_pool_t *pool, const ngx_str_t *text,
    const ngx_court_json_limits_t *limits, const char *want)
{
    int                rc;
    ngx_str_t          err;
    ngx_court_json_t  *node;

    ngx_str_null(&err);
    node = ngx_court_json_parse(pool, text, limits, &err);
    rc = node != NULL;

    if (want) {
        ok(node == NULL && memmem(err.data, err.len, want, strlen(want)),
           "error: %.*s", (int) err.len, err.data);
    }

    free(text->data);

    return rc;
}


static void
test_limits(ngx_pool_t *pool)
{
    u_char                  *p;
    ngx_str_t                text;
    ngx_court_json_limits_t  l = { 1000, 3, 5 };

    text = repeat("[", 16, "]]]]]]]]]]]]]]]]");
    ok(taken(pool, &text, &ngx_court_json_small, NULL), "16 deep");
    text = repeat("[", 17, "]]]]]]]]]]]]]]]]]");
    ok(!taken(pool, &text, &ngx_court_json_small, "nested too deep"),
       "17 deep");
    text = repeat("{\"a\":", 60000, "");
    text.len = 65536;
    ok(!taken(pool, &text, &ngx_court_json_small, "nested too deep"),
       "a text of braces");

    text = repeat(" ", 65534, "[]");
    ok(taken(pool, &text, &ngx_court_json_small, NULL), "64 KiB");
    text = repeat(" ", 65535, "[]");
    ok(!taken(pool, &text, &ngx_court_json_small, "text too long"),
       "64 KiB and a byte");

    text = repeat("1,", 4094, "1]");
    p = text.data;
    text = repeat("", 0, "");
    free(text.data);
    text.len = strlen((char *) p) + 1;
    text.data = malloc(text.len);
    text.data[0] = '[';
    memcpy(text.data + 1, p, text.len - 1);
    free(p);
    ok(taken(pool, &text, &ngx_court_json_small, NULL),
       "4096 values: an array of 4095");

    text = repeat("[1,", 1, "2,3,4]");
    ok(taken(pool, &text, &l, NULL), "5 values");
    text = repeat("[1,", 1, "2,3,4,5]");
    ok(!taken(pool, &text, &l, "too many values"), "6 values");
    text = repeat("", 1, "{\"a\":1,\"b\":\"x\",\"c\":null,\"d\":{}}");
    ok(taken(pool, &text, &l, NULL), "names are no values");
    text = repeat("", 1, "{\"a\":1,\"b\":2,\"c\":3,\n\"d\":[0]}");
    ok(!taken(pool, &text, &l, "line 2: too many values"),
       "6 values in two levels");
    text = repeat("", 1, "[\"],[{\\\"[\",[[]]]");
    ok(taken(pool, &text, &l, NULL), "brackets in strings do not count");
    text = repeat("", 1, "[[[\n[]]]]");
    ok(!taken(pool, &text, &l, "line 2: nested too deep"), "line of depth");
}


static void
test_error_is_discreet(ngx_pool_t *pool)
{
    size_t     i;
    ngx_str_t  err, text;
    char       name[400];

    static const char *const  secret[] = {
        "{\"licence\":\"11101200510123456\" x}",
        "{\"licence\":11101200510123456 \"x\"}",
        "[11101200510123456x]", "11101200510123456",
        "{\"licence\": 11101200510123456111112222233333}"
    };

    for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        text = str(secret[i]);
        ngx_court_json_parse(pool, &text, &ngx_court_json_small, &err);
        ok(memmem(err.data, err.len, "1110120051", 10) == NULL,
           "input is not quoted: %.*s", (int) err.len, err.data);
    }

    memset(name, 'n', sizeof(name));
    memcpy(name, "{\"\x7f", 3);
    memcpy(name + 190, "\":1,\"\x7f", 7);
    memset(name + 197, 'n', 187);
    memcpy(name + 384, "\":1}", 5);
    text = str("");
    text.data = (u_char *) name;
    text.len = 389;
    ok(ngx_court_json_parse(pool, &text, &ngx_court_json_small, &err) == NULL,
       "long duplicate");
    ok(memchr(err.data, 0x7f, err.len) == NULL && err.len < 200,
       "is cut and masked");
}


static void
test_access(ngx_pool_t *pool)
{
    void              *it;
    int64_t            n;
    ngx_str_t          text, s, names;
    ngx_uint_t         b;
    ngx_court_json_t  *o, *a;
    u_char             buf[64], *p;

    text = str("{\"z\":1,\"a\":[true,null,\"s\",2.0,1e2,{}],"
               "\"m\":false,\"\":-0,\"r\":-0.0}");
    o = ngx_court_json_parse(pool, &text, &ngx_court_json_small, NULL);
    ok(o != NULL, "parsed");

    is_int(ngx_court_json_type(o), NGX_COURT_JSON_OBJECT, "object");
    is_int(ngx_court_json_size(o), 5, "members");
    a = ngx_court_json_get(o, "a");
    is_int(ngx_court_json_type(a), NGX_COURT_JSON_ARRAY, "array");
    is_int(ngx_court_json_size(a), 6, "elements");
    is_int(ngx_court_json_type(ngx_court_json_at(a, 0)), NGX_COURT_JSON_BOOL,
           "bool");
    is_int(ngx_court_json_type(ngx_court_json_at(a, 1)), NGX_COURT_JSON_NULL,
           "null");
    is_int(ngx_court_json_type(ngx_court_json_at(a, 3)), NGX_COURT_JSON_REAL,
           "2.0 is real");
    is_int(ngx_court_json_type(ngx_court_json_at(a, 4)), NGX_COURT_JSON_REAL,
           "1e2 is real");
    ok(ngx_court_json_at(a, 6) == NULL, "beyond the end");
    ok(ngx_court_json_at(o, 0) == NULL, "an object has no elements");
    ok(ngx_court_json_get(a, "a") == NULL, "an array has no members");
    ok(ngx_court_json_get(o, "b") == NULL, "no such member");
    ok(ngx_court_json_get(NULL, "b") == NULL, "nothing has no member");
    is_int(ngx_court_json_size(NULL), 0, "nor a size");

    s = str("");
    ok(ngx_court_json_get_str(o, &s) != NULL, "the empty name");
    s.data = (u_char *) "abc";
    s.len = 1;
    ok(ngx_court_json_get_str(o, &s) == a, "name by length");
    s.data = (u_char *) "a\0";
    s.len = 2;
    ok(ngx_court_json_get_str(o, &s) == NULL, "NUL belongs to the name");

    is_int(ngx_court_json_int(ngx_court_json_get(o, "z"), &n), NGX_OK, "int");
    is_int(n, 1, "is 1");
    is_int(ngx_court_json_int(ngx_court_json_at(a, 3), &n), NGX_DECLINED,
           "a real is no int");
    is_int(ngx_court_json_int(ngx_court_json_at(a, 0), &n), NGX_DECLINED,
           "true is no int");
    is_int(ngx_court_json_int(NULL, &n), NGX_DECLINED, "nothing is no int");
    is_int(ngx_court_json_bool(ngx_court_json_get(o, "m"), &b), NGX_OK,
           "bool");
    is_int(b, 0, "is false");
    is_int(ngx_court_json_bool(ngx_court_json_get(o, "z"), &b), NGX_DECLINED,
           "1 is no bool");
    is_int(ngx_court_json_bool(NULL, &b), NGX_DECLINED, "nothing is no bool");
    is_int(ngx_court_json_string(ngx_court_json_at(a, 2), &s), NGX_OK,
           "string");
    is_str(&s, "s", "is s");
    is_int(ngx_court_json_string(a, &s), NGX_DECLINED,
           "an array is no string");
    is_int(ngx_court_json_string(NULL, &s), NGX_DECLINED,
           "nothing is no string");

    p = buf;

    for (it = ngx_court_json_first(o); it; it = ngx_court_json_next(o, it)) {
        ngx_court_json_key(it, &s);
        p = ngx_cpymem(p, s.data, s.len);
        *p++ = ngx_court_json_value(it) ? ';' : '!';
    }

    names.data = buf;
    names.len = p - buf;
    is_str(&names, "z;a;m;;r;", "members in file order");
    ok(ngx_court_json_first(a) == NULL, "an array has none");

    is_int(ngx_court_json_dump(pool, o, &s), NGX_OK, "dump");
    is_str(&s, "{\"z\":1,\"a\":[true,null,\"s\",2.0,100.0,{}],"
               "\"m\":false,\"\":0,\"r\":-0.0}", "compact, in order");
    is_int(ngx_court_json_dump(pool, ngx_court_json_at(a, 2), &s), NGX_OK,
           "dump of a string");
    is_str(&s, "\"s\"", "is quoted");
}


static void
test_random(void)
{
    size_t       i, len;
    unsigned     n, seed, good;
    ngx_str_t    text, err, pointer;
    ngx_pool_t  *pool;

    static const char      alphabet[] = "[]{}\",:\\u0d8e1-.ntf \n\x80\0";
    static const char      base[] = "{\"a\":[1,\"\\u4e2d\",{\"b\":null}],"
                                    "\"c~\":{\"d\":[true,1.5]}}";

    seed = 7;
    good = 0;

    for (n = 0; n < 30000; n++) {
        len = (n % 2) ? (size_t) rand_r(&seed) % 48 : sizeof(base) - 1;
        text.len = len;
        text.data = malloc(len ? len : 1);

        if (n % 2) {
            for (i = 0; i < len; i++) {
                text.data[i] = alphabet[rand_r(&seed)
                                        % (sizeof(alphabet) - 1)];
            }

        } else {
            memcpy(text.data, base, len);
            text.data[rand_r(&seed) % len]
                = alphabet[rand_r(&seed) % (sizeof(alphabet) - 1)];
        }

        pool = ngx_create_pool(1024, tap_log());
        good += ngx_court_json_parse(pool, &text, &ngx_court_json_small, &err)
                != NULL;

        /* line() may be asked about a text that does not parse */
        pointer = str((n % 3) ? "/a/2/b" : "/c~0/d/1");
        (void) ngx_court_json_line(&text, &pointer);

        ngx_destroy_pool(pool);
        free(text.data);
    }

    ok(good > 0 && good < 30000, "random texts: %u of 30000 parse", good);
}


int
main(void)
{
    ngx_pool_t  *pool = tap_pool();

    test_texts(pool);
    test_limits(pool);
    test_error_is_discreet(pool);
    test_access(pool);
    test_random();

    return done_testing();
}
