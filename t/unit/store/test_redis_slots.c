/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_redis_slots.h"


static ngx_court_redis_map_t  map;


static void
test_slot(void)
{
    ngx_str_t   key;
    ngx_uint_t  i;

    /* as CLUSTER KEYSLOT of Redis 7 says */

    static const struct {
        const char  *key;
        int          slot;
    } tests[] = {
        { "123456789", 12739 },
        { "foo", 12182 },
        { "", 0 },
        { "{foo}", 12182 },
        { "a{foo}b{bar}", 12182 },
        { "{}foo", 9500 },
        { "foo{}{bar}", 8363 },
        { "foo{{bar}}zap", 4015 },
        { "{foo", 13308 }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        key.data = (u_char *) tests[i].key;
        key.len = ngx_strlen(tests[i].key);

        is_int(ngx_court_redis_slot(&key), tests[i].slot, "slot of \"%s\"",
               tests[i].key);
    }
}


static ngx_int_t
parse(const char *bytes)
{
    size_t                          len;
    ngx_int_t                       rc;
    ngx_str_t                       asked;
    ngx_court_redis_reader_t       *reader;
    const ngx_court_redis_reply_t  *reply;

    ngx_str_set(&asked, "10.0.0.9");
    reader = ngx_court_redis_reader_create(tap_log());
    len = ngx_strlen(bytes);
    rc = NGX_BUSY;

    if (ngx_court_redis_reader_feed(reader, (u_char *) bytes, len) == NGX_OK
        && ngx_court_redis_reader_next(reader, &reply) == NGX_OK)
    {
        rc = ngx_court_redis_map_parse(&map, reply, &asked);
    }

    ngx_court_redis_reader_free(reader);

    return rc;
}


#define NODE(host, port)  "*3\r\n" host ":" port "\r\n$2\r\nid\r\n"
#define H1                "$8\r\n10.0.0.1\r\n"
#define RANGE(n, a, b)    "*" n "\r\n:" a "\r\n:" b "\r\n"


static void
test_map(void)
{
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        const char  *bytes;
        int          rc;
        int          nodes;
        int          covered;
    } tests[] = {
        { "one node", "*1\r\n" RANGE("3", "0", "16383") NODE(H1, "6379"),
          NGX_OK, 1, 16384 },
        { "with a replica", "*1\r\n" RANGE("4", "0", "99") NODE(H1, "1")
          NODE(H1, "2"), NGX_OK, 2, 100 },
        { "the same node twice", "*2\r\n" RANGE("3", "0", "1") NODE(H1, "1")
          RANGE("3", "5", "5") NODE(H1, "1"), NGX_OK, 1, 3 },
        { "an empty endpoint", "*1\r\n" RANGE("3", "7", "7")
          NODE("$0\r\n\r\n", "1"), NGX_OK, 1, 1 },
        { "a null endpoint", "*1\r\n" RANGE("3", "7", "7")
          NODE("$-1\r\n", "1"), NGX_OK, 1, 1 },
        { "an unknown endpoint", "*2\r\n" RANGE("3", "7", "7")
          NODE("$1\r\n?\r\n", "1") RANGE("3", "8", "9") NODE(H1, "1"),
          NGX_OK, 1, 2 },
        { "only unknown ones", "*1\r\n" RANGE("3", "7", "7")
          NODE("$1\r\n?\r\n", "1"), NGX_ERROR },
        { "overlapping", "*2\r\n" RANGE("3", "0", "9") NODE(H1, "1")
          RANGE("3", "5", "9") NODE(H1, "2"), NGX_OK, 2, 10 },
        { "empty", "*0\r\n", NGX_ERROR },
        { "no array", "+OK\r\n", NGX_ERROR },
        { "an error", "-ERR cluster support disabled\r\n", NGX_ERROR },
        { "a slot too high", "*1\r\n" RANGE("3", "0", "16384")
          NODE(H1, "1"), NGX_ERROR },
        { "a slot too low", "*1\r\n" RANGE("3", "-1", "5") NODE(H1, "1"),
          NGX_ERROR },
        { "turned", "*1\r\n" RANGE("3", "5", "4") NODE(H1, "1"), NGX_ERROR },
        { "a port too high", "*1\r\n" RANGE("3", "0", "4")
          NODE(H1, "65536"), NGX_ERROR },
        { "without a node", "*1\r\n*2\r\n:0\r\n:4\r\n", NGX_ERROR },
        { "a node that is none", "*1\r\n*3\r\n:0\r\n:4\r\n:5\r\n",
          NGX_ERROR },
        { "slots as text", "*1\r\n*3\r\n$1\r\n0\r\n:4\r\n" NODE(H1, "1"),
          NGX_ERROR },
        { "ranges that are none", "*1\r\n:5\r\n", NGX_ERROR }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        is_int(parse(tests[i].bytes), tests[i].rc, "%s", tests[i].name);

        if (tests[i].rc == NGX_OK) {
            is_int(map.nnodes, tests[i].nodes, "%s: nodes", tests[i].name);
            is_int(map.covered, tests[i].covered, "%s: slots",
                   tests[i].name);
        }
    }

    is_int(parse(tests[1].bytes), NGX_OK, "a replica again");
    ok(map.nodes[0].master && !map.nodes[1].master
       && map.nodes[0].nreplicas == 1 && map.nodes[0].replicas[0] == 1,
       "the second is its replica");
    is_int(map.slots[99], 0, "the last slot has a node");
    is_int(map.slots[100], NGX_COURT_REDIS_NO_NODE, "the next has none");

    is_int(parse(tests[3].bytes), NGX_OK, "an empty endpoint again");
    is_mem(map.nodes[0].host, "10.0.0.9", 8, "the one that was asked");
}


/* more nodes than there is room for: an error, nothing else */

static void
test_many(void)
{
    char        *bytes, *p;
    ngx_uint_t   i, n;

    bytes = ngx_palloc(tap_pool(), 65536);

    for (n = NGX_COURT_REDIS_NODES; n <= NGX_COURT_REDIS_NODES + 1; n++) {
        p = bytes + sprintf(bytes, "*%d\r\n", (int) n);

        for (i = 0; i < n; i++) {
            p += sprintf(p, RANGE("3", "%d", "%d") NODE(H1, "%d"), (int) i,
                         (int) i, (int) (1000 + i));
        }

        /* in feeds of at most 16 KiB: these are less */

        is_int(parse(bytes), n == NGX_COURT_REDIS_NODES ? NGX_OK : NGX_ERROR,
               "%d nodes", (int) n);
    }
}


static void
test_moved(void)
{
    ngx_int_t                rc;
    ngx_str_t                error;
    ngx_uint_t               i;
    ngx_court_redis_moved_t  m;

    static const struct {
        const char  *error;
        int          rc;
        int          ask;
        int          slot;
        const char  *host;
        int          port;
    } tests[] = {
        { "MOVED 3999 127.0.0.1:6381", NGX_OK, 0, 3999, "127.0.0.1", 6381 },
        { "ASK 0 127.0.0.1:1", NGX_OK, 1, 0, "127.0.0.1", 1 },
        { "MOVED 16383 ::1:6381", NGX_OK, 0, 16383, "::1", 6381 },
        { "MOVED 1 [2001:db8::1]:6381", NGX_OK, 0, 1, "2001:db8::1", 6381 },
        { "MOVED 1 :6381", NGX_OK, 0, 1, "", 6381 },
        { "MOVED 1 redis.test:6381", NGX_OK, 0, 1, "redis.test", 6381 },
        { "MOVED 16384 127.0.0.1:6381", NGX_ERROR },
        { "MOVED -1 127.0.0.1:6381", NGX_ERROR },
        { "MOVED 1 127.0.0.1", NGX_ERROR },
        { "MOVED 1 127.0.0.1:", NGX_ERROR },
        { "MOVED 1 127.0.0.1:0", NGX_ERROR },
        { "MOVED 1 127.0.0.1:65536", NGX_ERROR },
        { "MOVED 1 127.0.0.1:6381 x", NGX_ERROR },
        { "MOVED 1", NGX_ERROR },
        { "MOVED ", NGX_DECLINED },
        { "MOVED", NGX_DECLINED },
        { "ASKING 1 127.0.0.1:1", NGX_DECLINED },
        { "TRYAGAIN x", NGX_DECLINED },
        { "", NGX_DECLINED }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        error.data = (u_char *) tests[i].error;
        error.len = ngx_strlen(tests[i].error);

        rc = ngx_court_redis_moved(&error, &m);
        is_int(rc, tests[i].rc, "\"%s\"", tests[i].error);

        if (rc == NGX_OK) {
            is_int(m.ask, tests[i].ask, "ask");
            is_int(m.slot, tests[i].slot, "slot");
            is_str(&m.host, tests[i].host, "host");
            is_int(m.port, tests[i].port, "port");
        }
    }
}


int
main(void)
{
    test_slot();
    test_map();
    test_many();
    test_moved();

    return done_testing();
}
