/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_turn.h"
#include "tap.h"


#define N  NGX_COURT_TURN_NONE
#define A  NGX_COURT_TURN_ACCEPT
#define W  NGX_COURT_TURN_WRITE
#define R  NGX_COURT_TURN_READ
#define X  NGX_COURT_TURN_RETIRED
#define U  NGX_COURT_TURN_UNKNOWN

static const struct {
    ngx_uint_t                 n;
    ngx_court_turn_t           turns[4];
    ngx_uint_t                 writer;
    const char                *why;       /* NULL: that one writes */
} sets[] = {
    { 1, { N }, 0, NULL },
    { 3, { N, N, N }, 0, NULL },
    { 3, { A, W, R }, 1, NULL },
    { 3, { N, N, W }, 2, NULL },
    { 3, { A, X, N }, 2, NULL },
    { 4, { R, N, A, N }, 1, NULL },
    { 0, { N }, 0, "no key to write with" },
    { 1, { A }, 0, "no key to write with" },
    { 3, { A, R, X }, 0, "no key to write with" },
    { 2, { W, W }, 0, "two keys to write with" },
    { 3, { W, N, W }, 0, "two keys to write with" },
    { 2, { W, U }, 0, "unknown state of a key" },
    { 1, { U }, 0, "unknown state of a key" }
};

static const struct {
    const char                *word;
    ngx_court_turn_t           turn;
} words[] = {
    { "accept", A }, { "write", W }, { "read", R }, { "retired", X },
    { "", U }, { "Write", U }, { "writ", U }, { "writes", U }
};


int
main(void)
{
    ngx_str_t    s;
    ngx_uint_t   i, writer;
    const char  *why;

    for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        why = ngx_court_turn_writer(sets[i].turns, sets[i].n, &writer);

        if (sets[i].why) {
            ok(why && strcmp(why, sets[i].why) == 0, "set %d: %s", (int) i,
               sets[i].why);
            continue;
        }

        ok(why == NULL, "set %d is taken", (int) i);
        is_int(writer, sets[i].writer, "set %d: who writes", (int) i);
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        s.data = (u_char *) words[i].word;
        s.len = strlen(words[i].word);

        is_int(ngx_court_turn_parse(&s), words[i].turn, "\"%s\"",
               words[i].word);

        if (words[i].turn != U) {
            ok(strcmp(ngx_court_turn_name(words[i].turn), words[i].word) == 0,
               "name of %s", words[i].word);
        }
    }

    ok(*ngx_court_turn_name(N) == '\0' && *ngx_court_turn_name(U) == '\0',
       "no name");

    return done_testing();
}
