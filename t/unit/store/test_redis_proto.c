/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_redis_proto.h"
#include "ngx_court_redis_backoff.h"


typedef struct {
    const char              *name;
    const char              *bytes;
    int                      n;          /* replies; -1: an error */
    ngx_court_redis_type_t   type;       /* of the last one */
    const char              *str;
    int                      num;
} case_t;


static const case_t  cases[] = {
    { "status", "+OK\r\n", 1, NGX_COURT_REDIS_T_STATUS, "OK" },
    { "error", "-OOM command\r\n", 1, NGX_COURT_REDIS_T_ERROR,
      "OOM command" },
    { "integer", ":42\r\n", 1, NGX_COURT_REDIS_T_INTEGER, "", 42 },
    { "string", "$5\r\nhello\r\n", 1, NGX_COURT_REDIS_T_STRING, "hello" },
    { "empty string", "$0\r\n\r\n", 1, NGX_COURT_REDIS_T_STRING, "" },
    { "nil", "$-1\r\n", 1, NGX_COURT_REDIS_T_NIL, "" },
    { "nil array", "*-1\r\n", 1, NGX_COURT_REDIS_T_NIL, "" },
    { "array", "*2\r\n$1\r\na\r\n:7\r\n", 1, NGX_COURT_REDIS_T_ARRAY, "" },
    { "nested", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 1,
      NGX_COURT_REDIS_T_ARRAY, "" },
    { "three", "+OK\r\n$-1\r\n$1\r\nx\r\n", 3, NGX_COURT_REDIS_T_STRING,
      "x" },
    { "string behind an array", "*1\r\n$3\r\nabc\r\n$2\r\nde\r\n", 2,
      NGX_COURT_REDIS_T_STRING, "de" },
    { "array behind a string", "$2\r\nde\r\n*1\r\n$3\r\nabc\r\n", 2,
      NGX_COURT_REDIS_T_ARRAY, "" },
    { "half", "$5\r\nhel", 0 },
    { "half a line", "+OK\r", 0 },
    { "too deep", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", -1 },
    { "too many elements", "*8193\r\n", -1 },
    { "many in all", "*2\r\n*8190\r\n", 0 },
    { "too many in all", "*2\r\n*8191\r\n", -1 },
    { "huge array", "*2147483647\r\n", -1 },
    { "garbage", "hello\r\n", -1 },
    { "HTTP", "HTTP/1.1 400 Bad Request\r\n", -1 },
    { "bad length", "$x\r\n", -1 },
    { "negative length", "$-2\r\n", -1 },
    { "bad integer", ":1x\r\n", -1 }
};


/* step: how many bytes come at once; returns the replies, -1 on error */

static int
feed(ngx_court_redis_reader_t *reader, const char *bytes, size_t len,
    size_t step, ngx_court_redis_reply_t *last)
{
    int                             n;
    size_t                          part;
    ngx_int_t                       rc;
    const ngx_court_redis_reply_t  *reply;

    for (n = 0; len; bytes += part, len -= part) {
        part = ngx_min(step, len);

        if (ngx_court_redis_reader_feed(reader, (u_char *) bytes, part)
            != NGX_OK)
        {
            return -1;
        }

        while ((rc = ngx_court_redis_reader_next(reader, &reply)) == NGX_OK) {
            *last = *reply;
            n++;
        }

        if (rc == NGX_ERROR) {
            return -1;
        }
    }

    return n;
}


static void
test_case(const case_t *c, size_t step)
{
    ngx_court_redis_reply_t    last;
    ngx_court_redis_reader_t  *reader;

    reader = ngx_court_redis_reader_create(tap_log());

    if (is_int(feed(reader, c->bytes, ngx_strlen(c->bytes), step, &last),
               c->n, "%s, by %zu", c->name, step)
        && c->n > 0)
    {
        is_int(last.type, c->type, "%s: type", c->name);
        is_int(last.num, c->num, "%s: number", c->name);
        is_str(&last.str, c->str, "%s: string", c->name);
    }

    ngx_court_redis_reader_free(reader);
}


static void
test_bounds(void)
{
    int                        n;
    char                      *bytes;
    size_t                     i;
    ngx_uint_t                 t;
    ngx_court_redis_reply_t    last;
    ngx_court_redis_reader_t  *reader;

    static const struct {
        const char  *name;
        const char  *head;
        size_t       fill;
        const char  *tail;
        int          n;
    } tests[] = {
        { "the largest string", "$65000\r\n", 65000, "\r\n", 1 },
        { "a string too large", "$65537\r\n", 65537, "\r\n", -1 },
        { "an endless string", "$999999999\r\n", 70000, "", -1 },
        { "an endless line", "+", 70000, "", -1 },
        { "an endless number", ":", 70000, "", -1 }
    };

    for (t = 0; t < sizeof(tests) / sizeof(tests[0]); t++) {
        bytes = (char *) ngx_palloc(tap_pool(), 80000);
        i = ngx_strlen(tests[t].head);
        ngx_memcpy(bytes, tests[t].head, i);
        ngx_memset(bytes + i, '1', tests[t].fill);
        ngx_memcpy(bytes + i + tests[t].fill, tests[t].tail,
                   ngx_strlen(tests[t].tail));

        reader = ngx_court_redis_reader_create(tap_log());
        n = feed(reader, bytes,
                 i + tests[t].fill + ngx_strlen(tests[t].tail), 16384, &last);
        is_int(n, tests[t].n, "%s", tests[t].name);
        ngx_court_redis_reader_free(reader);
    }

    reader = ngx_court_redis_reader_create(tap_log());
    is_int(ngx_court_redis_reader_feed(reader, (u_char *) "", 16385),
           NGX_ERROR, "a feed too large");
    ngx_court_redis_reader_free(reader);
}


/* what is in an array, however it comes */

static void
test_array(size_t step)
{
    ngx_court_redis_reply_t         last;
    ngx_court_redis_reader_t       *reader;
    const ngx_court_redis_reply_t  *e;

    static const char  bytes[] =
        "*5\r\n$3\r\nabc\r\n:7\r\n*2\r\n+x\r\n$0\r\n\r\n$-1\r\n*0\r\n";

    reader = ngx_court_redis_reader_create(tap_log());

    is_int(feed(reader, bytes, sizeof(bytes) - 1, step, &last), 1,
           "an array by %zu", step);
    is_int(last.n, 5, "five elements");

    e = ngx_court_redis_element(&last, 0, NGX_COURT_REDIS_T_STRING);
    ok(e != NULL, "a string");
    is_str(&e->str, "abc", "its bytes");
    is_int(last.elements[1].num, 7, "a number");

    e = ngx_court_redis_element(&last, 2, NGX_COURT_REDIS_T_ARRAY);
    ok(e != NULL && e->n == 2, "an array in it");
    is_str(&e->elements[0].str, "x", "a status");
    is_int(e->elements[1].type, NGX_COURT_REDIS_T_STRING, "empty string");
    is_int(last.elements[3].type, NGX_COURT_REDIS_T_NIL, "nil");
    ok(ngx_court_redis_element(&last, 4, NGX_COURT_REDIS_T_ARRAY)->n == 0,
       "an empty array");
    ok(ngx_court_redis_element(&last, 5, NGX_COURT_REDIS_T_STRING) == NULL,
       "no sixth");
    ok(ngx_court_redis_element(&last, 1, NGX_COURT_REDIS_T_STRING) == NULL,
       "not of another type");

    ngx_court_redis_reader_free(reader);
}


/* strings of 60000 bytes: 18 are more than 1 MiB in all */

static void
test_array_bytes(void)
{
    char                      *bytes, *p;
    ngx_uint_t                 n, i;
    ngx_court_redis_reply_t    last;
    ngx_court_redis_reader_t  *reader;

    bytes = ngx_palloc(tap_pool(), 1200000);

    for (n = 17; n <= 18; n++) {
        p = bytes + sprintf(bytes, "*%d\r\n", (int) n);

        for (i = 0; i < n; i++) {
            p += sprintf(p, "$60000\r\n");
            ngx_memset(p, 'a', 60000);
            p += 60000;
            *p++ = '\r';
            *p++ = '\n';
        }

        reader = ngx_court_redis_reader_create(tap_log());
        is_int(feed(reader, bytes, (size_t) (p - bytes), 16384, &last),
               n == 17 ? 1 : -1, "%d strings of 60000 bytes", (int) n);
        ngx_court_redis_reader_free(reader);
    }
}


static void
test_out(void)
{
    ngx_int_t              rc;
    ngx_str_t              argv[2], bytes;
    ngx_uint_t             n;
    ngx_court_redis_out_t  out;

    ngx_memzero(&out, sizeof(ngx_court_redis_out_t));
    out.max = 10000;

    ngx_str_set(&argv[0], "GET");
    argv[1].data = (u_char *) "a\0\r\nb";
    argv[1].len = 5;

    is_int(ngx_court_redis_out_command(&out, argv, 2, tap_log()), NGX_OK,
           "a command");
    bytes.data = out.start;
    bytes.len = out.last;
    is_int(bytes.len, 24, "its length");
    is_mem(bytes.data, "*2\r\n$3\r\nGET\r\n$5\r\na\0\r\nb\r\n", 24,
           "its bytes");

    for (n = 1; n < 1000; n++) {
        rc = ngx_court_redis_out_command(&out, argv, 2, tap_log());

        if (rc != NGX_OK) {
            break;
        }
    }

    is_int(rc, NGX_DECLINED, "full at the bound");
    is_int(n, 416, "after 416 of 24 bytes");
    is_mem(out.start + 415 * 24, "*2\r\n$3\r\nGET\r\n$5\r\na\0\r\nb\r\n", 24,
           "the last one");

    out.pos = 24 * 300;
    is_int(ngx_court_redis_out_command(&out, argv, 2, tap_log()), NGX_OK,
           "room again when some is sent");
    is_mem(out.start + out.last - 24,
           "*2\r\n$3\r\nGET\r\n$5\r\na\0\r\nb\r\n", 24, "in its place");

    is_int(ngx_court_redis_out_command(&out, argv, 0, tap_log()), NGX_ERROR,
           "no command");
    is_int(ngx_court_redis_out_command(&out, argv, 17, tap_log()), NGX_ERROR,
           "too many arguments");

    ngx_court_redis_out_free(&out);
    ok(out.start == NULL && out.last == 0, "freed");
}


static void
test_errors(void)
{
    ngx_str_t   error, code;
    ngx_uint_t  i;

    static const struct {
        const char  *text;
        int          auth;
        const char  *code;
    } tests[] = {
        { "NOAUTH Authentication required.", 1, "NOAUTH" },
        { "WRONGPASS invalid username-password pair", 1, "WRONGPASS" },
        { "NOPERM this user has no permissions", 1, "NOPERM" },
        { "ERR AUTH <password> called without any password", 1, "ERR" },
        { "ERR invalid password", 1, "ERR" },
        { "DENIED Redis is running in protected mode", 1, "DENIED" },
        { "OOM command not allowed", 0, "OOM" },
        { "LOADING Redis is loading", 0, "LOADING" },
        { "READONLY You can't write", 0, "READONLY" },
        { "ERR unknown command", 0, "ERR" },
        { "secret", 0, "error" },
        { "", 0, "error" },
        { "AAAAAAAAAAAAAAAAAAAAAAAA", 0, "AAAAAAAAAAAAAAAA" }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        error.data = (u_char *) tests[i].text;
        error.len = ngx_strlen(tests[i].text);

        is_int(ngx_court_redis_error_auth(&error), tests[i].auth, "\"%s\"",
               tests[i].text);
        code = ngx_court_redis_error_code(&error);
        is_str(&code, tests[i].code, "its code");
    }
}


static void
test_backoff(void)
{
    ngx_msec_t                 wait, least, most;
    ngx_uint_t                 i;
    ngx_court_redis_backoff_t  b;

    ngx_memzero(&b, sizeof(b));
    wait = ngx_court_redis_backoff_next(&b, 0, 0);
    is_int(wait, 100, "first 100 ms");
    is_int(ngx_court_redis_backoff_next(&b, 0, 0), 200, "then twice that");

    least = 10000;
    most = 0;

    for (i = 0; i < 1000; i++) {
        wait = ngx_court_redis_backoff_next(&b, 0, i * 7919);

        if (i > 2) {
            least = ngx_min(least, wait);
            most = ngx_max(most, wait);
        }
    }

    ok(least >= 640 && most < 800 && most > 780, "then %u to %u ms",
       (unsigned) least, (unsigned) most);

    is_int(ngx_court_redis_backoff_next(&b, 799, 0), 640,
           "not from the start after a short use");
    is_int(ngx_court_redis_backoff_next(&b, 800, 0), 100,
           "but after a longer one");

    b.lasting = 1;
    is_int(ngx_court_redis_backoff_next(&b, 0, 0), 30000, "a lasting error");
    is_int(ngx_court_redis_backoff_next(&b, 0, 0), 200, "and once only");
}


int
main(void)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i], 1);
        test_case(&cases[i], 16384);
    }

    test_bounds();
    test_array(1);
    test_array(16384);
    test_array_bytes();
    test_out();
    test_errors();
    test_backoff();

    return done_testing();
}
