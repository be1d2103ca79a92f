/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A file of two workers' chains, and what somebody does to it.
 */

#include "tap.h"
#include "ngx_court_audit_verify.h"


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


/* lines, -1 ends; NEXT: what follows is of another file */
#define NEXT  -2

typedef struct {
    const char  *what;
    int          order[LINES + 4];
    int          flip;                    /* line with a byte changed, -1 */
    int          records, missing, broken, twice, late, open, faults, chains;
} row_t;

static const row_t  rows[] = {
    { "whole", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 }, -1,
      12, 0, 0, 0, 0, 0, 0, 2 },
    { "one worker is ahead of the other", { 0,2,4,1,6,8,10,3,5,7,9,11,-1 },
      -1, 12, 0, 0, 0, 0, 0, 0, 2 },
    { "nothing", { -1 }, -1, 0, 0, 0, 0, 0, 0, 0, 0 },
    { "a line taken out", { 0,1,2,3,5,6,7,8,9,10,11,-1 }, -1,
      11, 1, 1, 0, 0, 0, 2, 2 },
    { "two lines of one chain", { 0,1,2,3,5,7,8,9,10,11,-1 }, -1,
      10, 2, 1, 0, 0, 0, 2, 2 },
    { "a line changed", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 }, 4,
      12, 0, 1, 0, 0, 0, 1, 2 },
    { "the first line changed", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 }, 0,
      12, 0, 1, 0, 0, 0, 1, 2 },
    { "the last line of a chain changed", { 0,1,2,3,4,5,6,7,8,9,10,11,-1 },
      11, 12, 0, 0, 0, 0, 0, 0, 2 },
    { "a line twice", { 0,1,2,2,3,4,5,6,7,8,9,10,11,-1 }, -1,
      13, 0, 1, 0, 0, 0, 1, 2 },
    { "two lines of one chain exchanged", { 0,1,4,3,2,5,6,7,8,9,10,11,-1 },
      -1, 12, 2, 3, 0, 0, 0, 5, 2 },
    { "no last line", { 0,1,2,3,4,5,6,7,8,9,11,-1 }, -1,
      11, 0, 0, 0, 0, 1, 0, 2 },
    { "after a rotation", { 4,5,6,7,8,9,10,11,-1 }, -1,
      8, 0, 0, 0, 2, 0, 0, 2 },
    { "one chain is gone", { 0,2,4,6,8,10,-1 }, -1,
      6, 0, 0, 0, 0, 0, 0, 1 },

    { "two files", { 0,1,2,3,NEXT,4,5,6,7,8,9,10,11,-1 }, -1,
      12, 0, 0, 0, 0, 0, 0, 2 },
    { "the other order", { 4,5,6,7,8,9,10,11,NEXT,0,1,2,3,-1 }, -1,
      12, 0, 0, 0, 0, 0, 0, 2 },
    { "three, the first last", { 4,5,7,NEXT,6,8,9,10,11,NEXT,0,1,2,3,-1 },
      -1, 12, 0, 0, 0, 0, 0, 0, 2 },
    { "one of three is missing", { 8,9,10,11,NEXT,0,1,2,3,-1 }, -1,
      8, 4, 0, 0, 0, 0, 2, 2 },
    { "the last line of a file changed", { 4,5,6,7,8,9,10,11,NEXT,0,1,2,3,
      -1 }, 3, 12, 0, 1, 0, 0, 0, 1, 2 },
    { "a file twice", { 0,2,4,NEXT,6,8,10,NEXT,0,2,4,-1 }, -1,
      9, 0, 0, 1, 0, 0, 1, 1 },
    { "another order within a file", { 4,6,8,10,0,2,-1 }, -1,
      6, 0, 1, 0, 1, 1, 1, 1 }
};


static ngx_court_audit_verify_t *
verify_(const u_char *p, const u_char *last)
{
    u_char                           *eol;
    ngx_str_t                         line;
    ngx_uint_t                        file;
    ngx_court_audit_said_t            said;
    static ngx_court_audit_verify_t   v;

    file = 0;
    ngx_court_audit_verify_init(&v, tap_pool());

    for ( /* void */ ; p < last; p = eol + 1) {

        eol = memchr(p, '\n', last - p);
        eol = eol ? eol : (u_char *) last;

        if (*p == '\f') {
            ngx_court_audit_verify_file(&v, ++file);
            continue;
        }

        line.data = (u_char *) p;
        line.len = eol - p;

        if (ngx_court_audit_verify_line(&v, &line, &said) != NGX_OK) {
            return NULL;
        }
    }

    return ngx_court_audit_verify_end(&v) == NGX_OK ? &v : NULL;
}


static void
test_rows(ngx_uint_t sm3)
{
    u_char                     file[LINES * 2048], *p;
    ngx_str_t                  s;
    ngx_uint_t                 i, k;
    const row_t               *row;
    ngx_court_audit_verify_t  *v;

    make_(sm3);

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row = &rows[i];
        p = file;

        for (k = 0; row->order[k] != -1; k++) {

            if (row->order[k] == NEXT) {
                p = ngx_cpymem(p, "\f\n", 2);
                continue;
            }

            s = lines[row->order[k]];
            p = ngx_cpymem(p, s.data, s.len);

            if (row->order[k] == row->flip) {
                u_char  *at = (u_char *) memmem(p - s.len, s.len,
                                                "\"time\":\"19", 10);
                at[10]++;
            }
        }

        v = verify_(file, p);
        ok(v != NULL, "%s", row->what);

        is_int(v->records, row->records, "%s: records", row->what);
        is_int(v->missing, row->missing, "%s: missing", row->what);
        is_int(v->found[NGX_COURT_AUDIT_BROKEN], row->broken, "%s: broken",
               row->what);
        is_int(v->found[NGX_COURT_AUDIT_TWICE], row->twice, "%s: twice",
               row->what);
        is_int(v->found[NGX_COURT_AUDIT_LATE], row->late, "%s: late",
               row->what);
        is_int(v->found[NGX_COURT_AUDIT_OPEN], row->open, "%s: open",
               row->what);
        is_int(ngx_court_audit_verify_faults(v), row->faults, "%s: faults",
               row->what);
        is_int(v->chains->nelts, row->chains, "%s: chains", row->what);
    }
}


/* torn off at any byte, and written again: the rest is whole */

static void
test_torn(void)
{
    size_t                     cut;
    u_char                     file[LINES * 2048], *p;
    ngx_uint_t                 i, bad;
    ngx_court_audit_verify_t  *v;

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

        v = verify_(file, p);

        if (v == NULL || v->found[NGX_COURT_AUDIT_TORN] != 1
            || v->records != LINES || ngx_court_audit_verify_faults(v) != 1)
        {
            bad++;
        }
    }

    is_int(bad, 0, "a torn line is one line that is no record");
}


/* workers in one slot, one after the other; 0 ends */

static const struct {
    const char  *what;
    struct {
        const char  *worker;
        int64_t      cycle;
        const char  *stop;
    }            chain[4];
    int          killed, open;
} deaths[] = {
    { "it runs", { { "0-1-1000", 900, NULL } }, 0, 1 },
    { "killed, and another took its place", { { "0-1-1000", 900, NULL },
      { "0-2-2000", 900, NULL } }, 1, 1 },
    { "another slot", { { "0-1-1000", 900, NULL },
      { "1-2-2000", 900, NULL } }, 0, 2 },
    { "another log", { { "0-1-1000", 900, NULL },
      { "0-2-2000-1", 900, NULL } }, 0, 2 },
    { "the same log of many", { { "0-1-1000-7", 900, NULL },
      { "0-2-2000-7", 900, NULL } }, 1, 1 },
    { "reloaded, and still at work", { { "0-1-1000", 900, NULL },
      { "0-2-2000", 1900, NULL } }, 0, 2 },
    { "stopped", { { "0-1-1000", 900, "worker_stop" },
      { "0-2-2000", 900, "worker_stop" } }, 0, 0 },
    { "the newest first", { { "0-2-2000", 900, NULL },
      { "0-1-1000", 900, NULL } }, 1, 1 },
    { "killed twice", { { "0-1-1000", 900, NULL }, { "0-2-2000", 900, NULL },
      { "0-3-3000", 900, "worker_stop" } }, 2, 0 },
    { "a name of somebody else", { { "x", 900, NULL }, { "y", 900, NULL } },
      0, 2 }
};


static void
test_deaths(void)
{
    u_char                     file[8192], *p;
    ngx_str_t                  gateway, worker;
    ngx_uint_t                 i, k;
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_record_t   r;
    ngx_court_audit_verify_t  *v;

    ngx_str_set(&gateway, "gw");

    for (i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
        p = file;

        for (k = 0; k < 4 && deaths[i].chain[k].worker; k++) {
            worker.data = (u_char *) deaths[i].chain[k].worker;
            worker.len = strlen(deaths[i].chain[k].worker);

            ngx_court_audit_begin(&chain, &gateway, &worker, 0);
            ngx_court_audit_clear(&r, NGX_COURT_AUDIT_ADMIN, 0);
            ngx_str_set(&r.event, "worker_start");
            r.cycle = deaths[i].chain[k].cycle;
            p = ngx_court_audit_line(&chain, &r, p, file + sizeof(file));

            if (deaths[i].chain[k].stop) {
                r.cycle = 0;
                r.event.data = (u_char *) deaths[i].chain[k].stop;
                r.event.len = strlen(deaths[i].chain[k].stop);
                p = ngx_court_audit_line(&chain, &r, p, file + sizeof(file));
            }
        }

        v = verify_(file, p);
        is_int(v->found[NGX_COURT_AUDIT_KILLED], deaths[i].killed,
               "%s: killed", deaths[i].what);
        is_int(v->found[NGX_COURT_AUDIT_OPEN], deaths[i].open, "%s: open",
               deaths[i].what);
    }
}


/* more chains than there are buckets at first */

static void
test_many(void)
{
    u_char                     line[1024], name[32], *p;
    ngx_str_t                  gateway, worker, s;
    ngx_uint_t                 i, k;
    ngx_court_audit_said_t     said;
    ngx_court_audit_chain_t   *chain;
    ngx_court_audit_record_t   r;
    ngx_court_audit_verify_t   v;

    ngx_str_set(&gateway, "gw");
    chain = calloc(3000, sizeof(ngx_court_audit_chain_t));
    ngx_court_audit_verify_init(&v, tap_pool());

    for (k = 0; k < 2; k++) {
        for (i = 0; i < 3000; i++) {
            worker.data = name;
            worker.len = ngx_sprintf(name, "0-7-1000-%ui", i) - name;

            if (k == 0) {
                ngx_court_audit_begin(&chain[i], &gateway, &worker, 0);
            }

            ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 0);
            p = ngx_court_audit_line(&chain[i], &r, line,
                                     line + sizeof(line));
            s.data = line;
            s.len = p - 1 - line;
            ngx_court_audit_verify_line(&v, &s, &said);
        }
    }

    ngx_court_audit_verify_end(&v);
    free(chain);

    is_int(v.chains->nelts, 3000, "3000 chains");
    is_int(v.found[NGX_COURT_AUDIT_OPEN], 3000, "all are open");
    is_int(ngx_court_audit_verify_faults(&v), 0, "all are whole");
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
    u_char                    *last;
    ngx_uint_t                 i;
    ngx_court_audit_verify_t  *v;

    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    test_rows(0);
    test_rows(1);
    test_torn();
    test_deaths();
    test_many();

    for (i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        last = (u_char *) junk[i] + strlen(junk[i]);
        v = verify_((u_char *) junk[i], last);

        ok(v && v->records == 0 && v->chains->nelts == 0
           && v->found[NGX_COURT_AUDIT_TORN] == (junk[i][0] != '\n'),
           "no record: %s", junk[i]);
    }

    return done_testing();
}
