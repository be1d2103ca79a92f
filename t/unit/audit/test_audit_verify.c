/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A file of two workers' chains, and what somebody does to it.
 */

#include "tap.h"
#include "ngx_court_audit.h"


#define LINES  12

static u_char     text[LINES * 1024];
static ngx_str_t  lines[LINES];


static void
make_(ngx_uint_t sm3)
{
    u_char                    *p;
    ngx_uint_t                 i;
    ngx_court_audit_chain_t    chain[2];
    ngx_court_audit_record_t   r;

    static ngx_str_t  gateway = ngx_string("gw");
    static ngx_str_t  worker[2] = { ngx_string("0-1-2"), ngx_string("1-3-4") };

    for (i = 0; i < 2; i++) {
        ngx_court_audit_begin(&chain[i], &gateway, &worker[i], sm3);
    }

    p = text;

    for (i = 0; i < LINES; i++) {
        ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 1000 * i);
        ngx_str_set(&r.decision, "allow");

        if (i >= LINES - 2) {
            r.phase = NGX_COURT_AUDIT_ADMIN;
            ngx_str_set(&r.event, "worker_stop");
        }

        lines[i].data = p;
        p = ngx_court_audit_line(&chain[i % 2], &r, p, text + sizeof(text));
        lines[i].len = p - lines[i].data;
    }
}


typedef struct {
    const char  *what;
    int          order[LINES + 2];        /* lines, -1 ends */
    int          flip;                    /* line with a byte changed, -1 */
    int          records, torn, gaps, broken, resumed, open, chains;
} row_t;

static const row_t  rows[] = {
    { "whole", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 }, -1,
      12, 0, 0, 0, 0, 0, 2 },
    { "one worker is ahead of the other", { 0,2,4,1,6,8,10,3,5,7,9,11,-1 },
      -1, 12, 0, 0, 0, 0, 0, 2 },
    { "nothing", { -1 }, -1, 0, 0, 0, 0, 0, 0, 0 },
    { "a line taken out", { 0,1,2,3,5,6,7,8,9,10,11,-1 }, -1,
      11, 0, 1, 1, 0, 0, 2 },
    { "two lines of one chain", { 0,1,2,3,5,7,8,9,10,11,-1 }, -1,
      10, 0, 2, 1, 0, 0, 2 },
    { "a line changed", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 }, 4,
      12, 0, 0, 1, 0, 0, 2 },
    { "the last line of a chain changed", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 },
      11, 12, 0, 0, 0, 0, 0, 2 },
    { "a line twice", { 0,1,2,2,3,4,5,6,7,8,9,10,11,-1 }, -1,
      13, 0, 0, 1, 0, 0, 2 },
    { "two lines of one chain exchanged", { 0,1,4,3,2,5,6,7,8,9,10,11,-1 },
      -1, 12, 0, 2, 3, 0, 0, 2 },
    { "killed: no last line", { 0,1,2,3,4,5,6,7,8,9,11,-1 }, -1,
      11, 0, 0, 0, 0, 1, 2 },
    { "after a rotation", { 4,5,6,7,8,9,10,11,-1 }, -1,
      8, 0, 0, 0, 2, 0, 2 },
    { "one chain is gone", { 0,2,4,6,8,10,-1 }, -1,
      6, 0, 0, 0, 0, 0, 1 }
};


static void
test_rows(ngx_uint_t sm3)
{
    u_char                     file[LINES * 2048], *p;
    ngx_str_t                  s;
    ngx_uint_t                 i, k, open;
    const row_t               *row;
    ngx_court_audit_verify_t   v;

    make_(sm3);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row = &rows[i];
        p = file;

        for (k = 0; row->order[k] >= 0; k++) {
            s = lines[row->order[k]];
            p = ngx_cpymem(p, s.data, s.len);

            if (row->order[k] == row->flip) {
                u_char  *at = (u_char *) memmem(p - s.len, s.len,
                                                "\"time\":\"19", 10);
                at[10]++;
            }
        }

        s.data = file;
        s.len = p - file;

        ngx_court_audit_verify_init(&v, tap_pool());
        ok(ngx_court_audit_verify(&v, &s) == NGX_OK, "%s", row->what);

        is_int(v.records, row->records, "%s: records", row->what);
        is_int(v.torn, row->torn, "%s: torn", row->what);
        is_int(v.gaps, row->gaps, "%s: gaps", row->what);
        is_int(v.broken, row->broken, "%s: broken", row->what);
        is_int(v.resumed, row->resumed, "%s: resumed", row->what);
        is_int(ngx_court_audit_verify_chains(&v, &open), row->chains,
               "%s: chains", row->what);
        is_int(open, row->open, "%s: open", row->what);
    }
}


/* torn off at any byte, and written again: the rest is whole */

static void
test_torn(void)
{
    size_t                     cut;
    u_char                     file[LINES * 2048], *p;
    ngx_str_t                  s;
    ngx_uint_t                 i, bad;
    ngx_court_audit_verify_t   v;

    make_(1);
    bad = 0;

    for (cut = 1; cut < lines[3].len - 1; cut++) {
        p = file;

        for (i = 0; i < LINES; i++) {

            if (i == 3) {
                p = ngx_cpymem(p, lines[3].data, cut);
                *p++ = '\n';
            }

            p = ngx_cpymem(p, lines[i].data, lines[i].len);
        }

        s.data = file;
        s.len = p - file;

        ngx_court_audit_verify_init(&v, tap_pool());

        if (ngx_court_audit_verify(&v, &s) != NGX_OK || v.torn != 1
            || v.records != LINES || v.broken || v.gaps || v.first_bad != 4)
        {
            bad++;
        }
    }

    is_int(bad, 0, "a torn line is one line that is no record");
}


static const char *const  junk[] = {
    "\n", "\n\n", "x", "{}", "[]", "{\"v\":1}", "{\"v\":2,\"seq\":1,"
    "\"gateway\":\"g\",\"worker\":\"w\",\"prev\":\"sm3:\"}",
    "{\"v\":1,\"seq\":0,\"gateway\":\"g\",\"worker\":\"w\",\"prev\":"
    "\"sm3:0000000000000000000000000000000000000000000000000000000000000000\""
    "}",
    "{\"v\":1,\"seq\":1,\"gateway\":\"g\",\"worker\":\"w\",\"prev\":"
    "\"md5:0000000000000000000000000000000000000000000000000000000000000000\""
    "}",
    "{\"v\":1,\"seq\":1,\"gateway\":\"g\",\"worker\":\"w\",\"prev\":"
    "\"sm3:00\"}",
    "{\"v\":1,\"seq\":1,\"gateway\":\"g\",\"prev\":\"sm3:00\"}"
};


int
main(void)
{
    ngx_str_t                 s;
    ngx_uint_t                i, open;
    ngx_court_audit_verify_t  v;

    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    test_rows(0);
    test_rows(1);
    test_torn();

    for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        s.data = (u_char *) junk[i];
        s.len = strlen(junk[i]);

        ngx_court_audit_verify_init(&v, tap_pool());
        ok(ngx_court_audit_verify(&v, &s) == NGX_OK && v.records == 0
           && v.torn == (junk[i][0] != '\n')
           && ngx_court_audit_verify_chains(&v, &open) == 0,
           "no record: %s", junk[i]);
    }

    return done_testing();
}
