/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_redis_check.h"


typedef enum { MASTER = 0, REPLICA, POLICY, WHERE, LISTED } what_t;


static ngx_int_t
check(what_t what, const ngx_court_redis_reply_t *reply, ngx_str_t *host,
    ngx_uint_t *port)
{
    switch (what) {
    case MASTER:
        return ngx_court_redis_check_role(reply, 1);
    case REPLICA:
        return ngx_court_redis_check_role(reply, 0);
    case POLICY:
        return ngx_court_redis_check_noeviction(reply);
    case WHERE:
        return ngx_court_redis_check_master(reply, host, port);
    default:
        return ngx_court_redis_check_replica(reply, host, port);
    }
}


#define S(len, text)  "$" len "\r\n" text "\r\n"
#define ROLE_MASTER   "*3\r\n" S("6", "master") ":5\r\n*0\r\n"
#define ROLE_SLAVE(l, s)                                                      \
    "*5\r\n" S("5", "slave") S("9", "127.0.0.1") ":6379\r\n" S(l, s) ":5\r\n"
#define IP            S("2", "ip") S("9", "127.0.0.1")
#define PORT(l, p)    S("4", "port") S(l, p)


int
main(void)
{
    ngx_str_t                       host;
    ngx_uint_t                      i, port;
    ngx_court_redis_reader_t       *reader;
    const ngx_court_redis_reply_t  *reply;

    static const struct {
        what_t       what;
        const char  *bytes;
        ngx_int_t    rc;
        int          port;
    } tests[] = {
        { MASTER, ROLE_MASTER, NGX_OK },
        { MASTER, ROLE_SLAVE("9", "connected"), NGX_ERROR },
        { MASTER, "*1\r\n" S("8", "sentinel"), NGX_ERROR },
        { MASTER, "*1\r\n" S("7", "masterx"), NGX_ERROR },
        { MASTER, "*0\r\n", NGX_ERROR },
        { MASTER, "$6\r\nmaster\r\n", NGX_ERROR },
        { MASTER, "-NOPERM x\r\n", NGX_ERROR },
        { REPLICA, ROLE_MASTER, NGX_ERROR },
        { REPLICA, ROLE_SLAVE("9", "connected"), NGX_OK },
        { REPLICA, ROLE_SLAVE("7", "connect"), NGX_ERROR },
        { REPLICA, ROLE_SLAVE("4", "sync"), NGX_ERROR },
        { REPLICA, "*1\r\n" S("5", "slave"), NGX_ERROR },

        { POLICY, "*2\r\n" S("16", "maxmemory-policy") S("10", "noeviction"),
          1 },
        { POLICY, "*2\r\n" S("16", "maxmemory-policy")
          S("11", "allkeys-lru"), 0 },
        { POLICY, "*0\r\n", 0 },
        { POLICY, "$44\r\n# Memory\r\nmaxmemory_policy:noeviction\r\nx:1\r\n"
          "\r\n", 1 },
        { POLICY, "$30\r\nxmaxmemory_policy:noeviction\r\n\r\n", 0 },
        { POLICY, "$33\r\n\r\nmaxmemory_policy:volatile-lru\r\n\r\n", 0 },
        { POLICY, "$0\r\n\r\n", 0 },
        { POLICY, ":1\r\n", 0 },

        { WHERE, "*2\r\n" S("9", "127.0.0.1") S("4", "6379"), NGX_OK, 6379 },
        { WHERE, "*-1\r\n", NGX_DECLINED },
        { WHERE, "*2\r\n" S("9", "127.0.0.1") S("5", "65536"), NGX_ERROR },
        { WHERE, "*2\r\n" S("9", "127.0.0.1") S("1", "x"), NGX_ERROR },
        { WHERE, "*2\r\n" S("0", "") S("4", "6379"), NGX_ERROR },
        { WHERE, "*1\r\n" S("9", "127.0.0.1"), NGX_ERROR },
        { WHERE, "*3\r\n" S("1", "a") S("1", "1") S("1", "1"), NGX_ERROR },
        { WHERE, "+OK\r\n", NGX_ERROR },

        { LISTED, "*4\r\n" IP PORT("4", "6380"), NGX_OK, 6380 },
        { LISTED, "*8\r\n" IP PORT("4", "6380") S("5", "flags")
          S("5", "slave") S("18", "master-link-status") S("2", "ok"),
          NGX_OK, 6380 },
        { LISTED, "*6\r\n" IP PORT("4", "6380") S("5", "flags")
          S("12", "s_down,slave"), NGX_DECLINED, 6380 },
        { LISTED, "*6\r\n" IP PORT("4", "6380") S("5", "flags")
          S("18", "slave,disconnected"), NGX_DECLINED, 6380 },
        { LISTED, "*6\r\n" IP PORT("4", "6380") S("5", "flags")
          S("7", "xs_down"), NGX_OK, 6380 },
        { LISTED, "*6\r\n" IP PORT("4", "6380")
          S("18", "master-link-status") S("3", "err"), NGX_DECLINED, 6380 },
        { LISTED, "*2\r\n" IP, NGX_ERROR },
        { LISTED, "*2\r\n" PORT("1", "1"), NGX_ERROR },
        { LISTED, "*4\r\n" IP S("4", "port") ":1\r\n", NGX_ERROR },
        { LISTED, "*0\r\n", NGX_ERROR },
        { LISTED, "+OK\r\n", NGX_ERROR }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        reader = ngx_court_redis_reader_create(tap_log());
        port = 0;
        host.len = 0;

        if (ok(ngx_court_redis_reader_feed(reader, (u_char *) tests[i].bytes,
                                           ngx_strlen(tests[i].bytes))
               == NGX_OK
               && ngx_court_redis_reader_next(reader, &reply) == NGX_OK,
               "%d: a reply", (int) i))
        {
            is_int(check(tests[i].what, reply, &host, &port), tests[i].rc,
                   "%d: %d", (int) i, (int) tests[i].what);
        }

        if (tests[i].port) {
            is_int(port, tests[i].port, "%d: port", (int) i);
            is_str(&host, "127.0.0.1", "%d: host", (int) i);
        }

        ngx_court_redis_reader_free(reader);
    }

    return done_testing();
}
