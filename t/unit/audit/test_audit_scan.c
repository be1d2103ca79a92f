/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A line is read as JSON would be, or is no record.
 */

#include "tap.h"
#include "ngx_court_audit_scan.h"


#define ZEROS  "00000000000000000000000000000000"                             \
               "00000000000000000000000000000000"
#define NEED   "\"v\":1,\"seq\":7,\"gateway\":\"g\",\"worker\":\"w\""
#define PREV   "\"prev\":\"sm3:" ZEROS "\""

static const char *const  good[] = {
    "{" NEED "," PREV "}",
    " { " NEED " , " PREV " } ",
    "{" PREV "," NEED "}",
    "{" NEED ",\"x\":[1,{\"a\":[\"]}\"]},null],\"y\":{}," PREV "}",
    "{" NEED ",\"x\":\"a\\\"b\\\\\"," PREV "}",
    "{" NEED ",\"failed\":[{\"cond\":\"prev\"}]," PREV "}\r",
    "{" NEED ",\"x\":-1.5e3,\"x\":true," PREV "}",
    "{" NEED ",\"prev\":\"sha256:" ZEROS "\"}"
};

static const char *const  bad[] = {
    "", "{", "{}", "[]", "x", "{" NEED "}", "{" PREV "}",
    "{" NEED "," PREV, "{" NEED "," PREV "}}", "{" NEED "," PREV ",}",
    "{" NEED "," PREV "}{" NEED "," PREV "}",
    "{" NEED ",\"x\":[}," PREV "}", "{" NEED ",\"x\":[\"]," PREV "}",
    "{" NEED ",\"x\":[[[[[[[[[[]]]]]]]]]]," PREV "}",
    "{" NEED ",\"x\":," PREV "}", "{" NEED ",\"x\"," PREV "}",
    "{" NEED ",\"seq\":8," PREV "}", "{" NEED "," PREV "," PREV "}",
    "{" NEED ",\"prev\":\"sm3:00\"}", "{" NEED ",\"prev\":\"md5:" ZEROS
    "\"}", "{" NEED ",\"prev\":\"" ZEROS "\"}",
    "{\"v\":2,\"seq\":7,\"gateway\":\"g\",\"worker\":\"w\"," PREV "}",
    "{\"v\":1,\"seq\":0,\"gateway\":\"g\",\"worker\":\"w\"," PREV "}",
    "{\"v\":1,\"seq\":-1,\"gateway\":\"g\",\"worker\":\"w\"," PREV "}",
    "{\"v\":1,\"seq\":1e3,\"gateway\":\"g\",\"worker\":\"w\"," PREV "}",
    "{\"v\":1,\"seq\":99999999999999999999,\"gateway\":\"g\","
    "\"worker\":\"w\"," PREV "}",
    "{\"v\":1,\"seq\":7,\"gateway\":\"\",\"worker\":\"w\"," PREV "}",
    "{" NEED ",\"x\":\"a\tb\"," PREV "}", "{" NEED ",\"x\":\"a\\"
};


int
main(void)
{
    u_char                    *copy;
    ngx_str_t                  line;
    ngx_uint_t                 i, taken;
    ngx_court_audit_said_t     said;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        line.data = (u_char *) good[i];
        line.len = strlen(good[i]);

        ok(ngx_court_audit_scan(&line, &said) == NGX_OK, "%s", good[i]);
        is_int(said.seq, 7, "its number");
        is_str(&said.gateway, "g", "who");
        is_int(said.sm3, strstr(good[i], "sm3") != NULL, "its digest");
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        line.len = strlen(bad[i]);
        line.data = malloc(line.len + 1);      /* so that ASan sees the end */
        memcpy(line.data, bad[i], line.len);

        ok(ngx_court_audit_scan(&line, &said) == NGX_DECLINED, "no record: %s",
           bad[i]);
        free(line.data);
    }

    /* cut off anywhere */

    taken = 0;

    for (i = 0; i < strlen(good[3]); i++) {
        copy = malloc(i + 1);
        memcpy(copy, good[3], i);
        line.data = copy;
        line.len = i;
        taken += (ngx_court_audit_scan(&line, &said) == NGX_OK);
        free(copy);
    }

    is_int(taken, 0, "no beginning of a line is one");

    return done_testing();
}
