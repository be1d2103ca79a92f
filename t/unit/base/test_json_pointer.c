/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json.h"
#include "tap.h"


static const char  text[] =
    "{\n"                                                  /* 1 */
    "  \"foo\": [\"bar\", \"baz\"],\n"                     /* 2 */
    "  \"\": 0, \"a/b\": 1,\n"                             /* 3 */
    "  \"c%d\": 2,\n"                                     /* 4 */
    "  \"m~n\":\n"                                        /* 5 */
    "     8,\n"                                            /* 6 */
    "  \"k\\\"l\": 6, \"\\u4e2d\": 9,\n"                   /* 7 */
    "  \"\\ud83d\\ude00\": 10,\n"                         /* 8 */
    "  \"]}\\\\\": [ {\"x\": [] },\n"                     /* 9 */
    "     {\"x\":\"1\",\"]\":\"}\" , \"y\"\n"               /* 10 */
    "       : {\"z\": true}}, [[\n"                       /* 11 */
    "       3]] ],\n"                                      /* 12 */
    "  \"\\n\\/\": null }\n";                              /* 13 */


/* value as compact JSON, NULL: not there; line of it */

static const struct {
    const char  *pointer;
    const char  *value;
    unsigned     line;
} rows[] = {
    { "/foo", "[\"bar\",\"baz\"]", 2 },
    { "/foo/0", "\"bar\"", 2 },
    { "/foo/1", "\"baz\"", 2 },
    { "/", "0", 3 },
    { "/a~1b", "1", 3 },
    { "/c%d", "2", 4 },
    { "/m~0n", "8", 6 },
    { "/k\"l", "6", 7 },
    { "/\xe4\xb8\xad", "9", 7 },
    { "/\xf0\x9f\x98\x80", "10", 8 },
    { "/]}\\/0", "{\"x\":[]}", 9 },
    { "/]}\\/1/]", "\"}\"", 10 },
    { "/]}\\/1/y/z", "true", 11 },
    { "/]}\\/2/0/0", "3", 12 },
    { "/\n~1", "null", 13 },

    { "/foo/2", NULL, 0 },
    { "/foo/-", NULL, 0 },
    { "/foo/00", NULL, 0 },
    { "/foo/01", NULL, 0 },
    { "/foo/+1", NULL, 0 },
    { "/foo/ 1", NULL, 0 },
    { "/foo/", NULL, 0 },
    { "/foo/1x", NULL, 0 },
    { "/foo/4294967296", NULL, 0 },
    { "/foo/18446744073709551617", NULL, 0 },
    { "/foo/0/x", NULL, 0 },
    { "/fo", NULL, 0 },
    { "/fooo", NULL, 0 },
    { "/Foo", NULL, 0 },
    { "foo", NULL, 0 },
    { "/m~n", NULL, 0 },
    { "/m~", NULL, 0 },
    { "/m~2n", NULL, 0 },
    { "//", NULL, 0 },
    { "/\xe4\xb8", NULL, 0 },
    { "/]}\\/0/x/0", NULL, 0 },
    { "/]}\\/1/x/y", NULL, 0 }
};


int
main(void)
{
    char               longest[600];
    size_t             i;
    ngx_str_t          s, pointer, got;
    ngx_pool_t        *pool;
    ngx_court_json_t  *root, *node;

    pool = tap_pool();

    s.data = (u_char *) text;
    s.len = sizeof(text) - 1;

    root = ngx_court_json_parse(pool, &s, &ngx_court_json_small, NULL);
    ok(root != NULL, "parsed");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pointer.data = (u_char *) rows[i].pointer;
        pointer.len = strlen(rows[i].pointer);

        node = ngx_court_json_pointer(root, &pointer);

        if (rows[i].value == NULL) {
            ok(node == NULL, "nothing at %s", rows[i].pointer);

        } else if (ok(node != NULL, "something at %s", rows[i].pointer)) {
            ngx_court_json_dump(pool, node, &got);
            is_str(&got, rows[i].value, "value at %s", rows[i].pointer);
        }

        is_int(ngx_court_json_line(&s, &pointer), rows[i].line,
               "line of %s", rows[i].pointer);
    }

    ngx_str_set(&pointer, "");
    ok(ngx_court_json_pointer(root, &pointer) == root, "the whole");
    is_int(ngx_court_json_line(&s, &pointer), 1, "line of the whole");
    ok(ngx_court_json_pointer(NULL, &pointer) == NULL, "nothing in nothing");
    ok(ngx_court_json_pointer_valid(&pointer), "\"\" is a pointer");
    ngx_str_set(&pointer, "/a~0/b~1");
    ok(ngx_court_json_pointer_valid(&pointer), "/a~0/b~1 is one");
    ngx_str_set(&pointer, "a");
    ok(!ngx_court_json_pointer_valid(&pointer), "a is none");
    ngx_str_set(&pointer, "/ok/~");
    ok(!ngx_court_json_pointer_valid(&pointer), "/ok/~ is none");

    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[1] = '~';
    longest[2] = '0';
    pointer.data = (u_char *) longest;
    pointer.len = sizeof(longest);
    ok(ngx_court_json_pointer(root, &pointer) == NULL,
       "a long name with ~ stays within its buffer");
    pointer.len = 258;
    ok(ngx_court_json_pointer_valid(&pointer), "256 bytes fit");
    pointer.len = 259;
    ok(!ngx_court_json_pointer_valid(&pointer), "257 do not");

    ngx_str_set(&s, "");
    ngx_str_set(&pointer, "/a");
    is_int(ngx_court_json_line(&s, &pointer), 0, "no line in no text");

    return done_testing();
}
