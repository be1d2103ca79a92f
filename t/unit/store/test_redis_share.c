/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_redis_share.h"
#include <ngx_event.h>
#include <sys/mman.h>
#include <sys/wait.h>


volatile ngx_msec_t  ngx_current_msec = 1000000;


static ngx_court_redis_share_t *
find(const char *name, const char *what)
{
    ngx_str_t  a, b;

    a.data = (u_char *) name;
    a.len = ngx_strlen(name);
    b.data = (u_char *) what;
    b.len = ngx_strlen(what);

    return ngx_court_redis_share_find(&a, &b);
}


static void
test_none(void)
{
    ngx_court_redis_share_init(NULL);

    ok(find("main", "a") == NULL, "nothing is shared without a zone");
    ngx_court_redis_share_hang(NULL);
    ngx_court_redis_share_answers(NULL);
    ok(!ngx_court_redis_share_hung(NULL), "nothing is hung there");
    is_int(ngx_court_redis_share_turn(NULL), 0, "it is always one's turn");
}


static void
test_cells(void)
{
    char                     name[16];
    ngx_uint_t               i, n;
    ngx_court_redis_share_t  *a;

    a = find("main", "a");
    ok(a != NULL && a == find("main", "a"), "one cell for one server");
    ok(a != find("main", "b") && a != find("events", "a"),
       "others for others");
    ok(find("x", "yz") != find("xy", "z"), "name and server are told apart");

    n = 0;

    for (i = 0; i < 1000; i++) {
        (void) sprintf(name, "%d", (int) i);
        n += (find("many", name) != NULL);
    }

    ok(n >= 200 && n <= NGX_COURT_REDIS_SHARES, "%d cells, then none",
       (int) n);
    ok(a == find("main", "a"), "the first is still there");
}


static void
test_hung(void)
{
    int                       status;
    pid_t                     pid;
    ngx_court_redis_share_t  *a;

    a = find("main", "a");
    ok(!ngx_court_redis_share_hung(a), "not hung");

    pid = fork();

    if (pid == 0) {
        ngx_court_redis_share_hang(find("main", "a"));
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    ok(ngx_court_redis_share_hung(a), "hung, says another process");
    ngx_current_msec += NGX_COURT_REDIS_HUNG - 1;
    ok(ngx_court_redis_share_hung(a), "for a second");
    ngx_current_msec += 1;
    ok(!ngx_court_redis_share_hung(a), "no longer");

    ngx_court_redis_share_hang(a);
    ngx_court_redis_share_answers(a);
    ok(!ngx_court_redis_share_hung(a), "one answer ends it");

    a->until = (uint64_t) -1;
    ok(!ngx_court_redis_share_hung(a), "a time of another boot says nothing");
    a->until = 0;
}


static void
test_turn(void)
{
    ngx_court_redis_share_t  *m;

    m = find("main", "map");

    is_int(ngx_court_redis_share_turn(m), 0, "the first has its turn");
    is_int(ngx_court_redis_share_turn(m), 1000, "the second waits");
    ngx_current_msec += 400;
    is_int(ngx_court_redis_share_turn(m), 600, "less, later");
    ngx_current_msec += 600;
    is_int(ngx_court_redis_share_turn(m), 0, "then has its turn");

    m->turn = ngx_current_msec + 1000000;
    is_int(ngx_court_redis_share_turn(m), 0, "a time to come holds nobody");
}


int
main(void)
{
    void  *cells;

    test_none();

    cells = mmap(NULL,
                 NGX_COURT_REDIS_SHARES * sizeof(ngx_court_redis_share_t),
                 PROT_READ|PROT_WRITE, MAP_ANON|MAP_SHARED, -1, 0);

    if (ok(cells != MAP_FAILED, "shared memory")) {
        ngx_court_redis_share_init(cells);
        test_hung();
        test_turn();
        test_cells();
    }

    return done_testing();
}
