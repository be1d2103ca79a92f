/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "flight_fakes.h"


static void
test_one_fetch(void)
{
    ngx_uint_t  i, woken;

    begin();

    for (i = 0; i < 40; i++) {
        (void) ask(i % 2, i);
    }

    is_int(nfetches, 1, "40 ask two workers: one fetch");
    look(1);
    is_int(nfetches, 1, "a look changes nothing");
    is_int(people[1].woken, 0, "nor wakes anybody");

    answer(0, 0, 200, BODY);
    ok(bell_rung == (uint64_t) 1 << (pids[1] % 64), "the other one is rung");
    look(1);

    for (i = 0, woken = 0; i < 40; i++) {
        woken += (people[i].woken == 1
                  && people[i].found.state == NGX_COURT_F_FOUND);
    }

    is_int(woken, 40, "all are answered");
    is_int(nfetches, 1, "by one fetch");
    is_int(ask(1, 50), NGX_OK, "then it is there");

    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    answer(0, 0, 404, "");
    look(1);
    ok(people[1].woken && people[1].found.state == NGX_COURT_F_NONE,
       "none travels, too");

    /* he looked before it landed, and departs after that */

    begin();
    (void) ask(0, 0);
    ngx_court_zone_purge(tiers[0].facts);
    (void) ask(1, 1);
    answer(0, 0, 200, BODY);
    ngx_court_zone_purge(tiers[0].facts);
    look(1);
    is_int(nfetches, 2, "what the zone did not keep is fetched again");
    answer(1, 1, 200, BODY);
    is_int(people[1].woken, 1, "for him");
}


static void
test_failure(void)
{
    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    answer(0, 0, 0, "");
    look(1);
    ok(people[1].woken && people[1].found.state == NGX_COURT_F_UNAVAILABLE,
       "a failure is told, not repeated");
    is_int(nfetches, 1, "one fetch");

    is_int(ask(1, 2), NGX_AGAIN, "who comes later");
    is_int(nfetches, 2, "asks anew");
    (void) ask(0, 3);
    answer(1, 1, 0, "");
    look(0);
    is_int(source[0].shared->breaker.failures, 2, "failures are counted once");

    (void) ask(0, 4);
    answer(0, 2, 0, "");
    is_int(ask(1, 5), NGX_OK, "the breaker is open for the other one");
    is_int(people[5].found.state, NGX_COURT_F_UNAVAILABLE, "which says so");

    fake_clock(NOW + 10000);
    ngx_str_set(&subject, "u-2");
    is_int(ask(0, 6), NGX_AGAIN, "half open: one worker probes");
    ngx_str_set(&subject, "u-1");
    is_int(ask(1, 7), NGX_OK, "and the other does not");

    fake_clock(NOW + 10000 + 3001);
    is_int(ask(1, 8), NGX_AGAIN, "unless the one is lost");
}


static void
test_owner(void)
{
    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    end(pids[0]);
    look(1);
    is_int(nfetches, 2, "the owner is dead: another one fetches");
    answer(1, 1, 200, BODY);
    is_int(people[1].woken, 1, "and answers");

    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    fake_clock(NOW + 2499);
    look(1);
    is_int(nfetches, 1, "not before its time is over");
    fake_clock(NOW + 2500);
    look(1);
    is_int(nfetches, 2, "the owner is late: another one fetches");
    answer(0, 0, 0, "");
    look(1);
    is_int(people[1].woken, 0, "what the late one says counts no more");
    answer(1, 1, 200, BODY);
    is_int(people[1].woken, 1, "the new one answers");

    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    ngx_exiting = 1;
    answer(0, 0, 0, "");
    ngx_exiting = 0;
    look(1);
    is_int(nfetches, 2, "a worker that ends hands over");
    answer(1, 1, 200, BODY);
    is_int(people[1].found.state, NGX_COURT_F_FOUND, "and it is found");

    begin();
    (void) ask(0, 0);
    (void) ask(1, 1);
    ngx_pid = pids[1];
    nfetches = 0;                     /* they are the other one's */
    ngx_court_tiers_stop(&tiers[1]);
    nfetches = 1;
    answer(0, 0, 200, BODY);
    ok(people[0].woken && people[0].found.state == NGX_COURT_F_FOUND,
       "who waited and ends disturbs nobody");
}


static void
test_freshness(void)
{
    begin();
    (void) ask(0, 0);
    fake_clock(NOW + 50);
    (void) ask(1, 1);
    (void) ask_at(1, 2, NOW + 20, 0);
    is_int(nfetches, 1, "both wait");
    fake_clock(NOW + 100);
    answer(0, 0, 200, BODY);
    look(1);
    is_int(people[1].woken, 1, "it serves the modest");
    is_int(people[2].woken, 0, "and not the strict");
    is_int(nfetches, 2, "for whom a second one begins");
    answer(1, 1, 200, BODY);
    ok(people[2].woken && people[2].found.fetched == NOW + 100,
       "and serves him");
}


static void
test_invalidate(void)
{
    u_char      key[NGX_COURT_SHA256_LEN];
    ngx_uint_t  i;

    begin();
    key_of(key);

    (void) ask(0, 0);
    answer(0, 0, 200, BODY);
    is_int(ngx_court_tier_invalidate(&tiers[1], &source[1].fact, key),
           NGX_OK, "invalidated");
    is_int(ask(0, 0), NGX_AGAIN, "it is gone");

    is_int(ngx_court_tier_invalidate(&tiers[1], &source[1].fact, key),
           NGX_OK, "and while it is asked for");
    (void) ask(1, 1);
    answer(0, 1, 200, BODY);
    look(1);
    ok(!people[0].woken && !people[1].woken,
       "an answer begun before that serves nobody");
    is_int(nfetches, 3, "it is asked for again, once");
    answer(nfetches > 2 ? 0 : 1, 2, 404, "");
    look(1);
    look(0);
    ok(people[0].woken && people[0].found.state == NGX_COURT_F_NONE,
       "he is told what is true now");
    ok(people[1].woken && people[1].found.state == NGX_COURT_F_NONE,
       "in the other worker, too");

    begin();
    (void) ask(0, 0);

    for (i = 0; i < 8 && !people[0].woken; i++) {
        (void) ngx_court_tier_invalidate(&tiers[1], &source[1].fact, key);
        answer(0, i, 200, BODY);
    }

    ok(people[0].woken && people[0].found.state == NGX_COURT_F_UNAVAILABLE,
       "again and again: unavailable in the end");
    is_int(i, NGX_COURT_FLIGHT_AGAIN + 1, "after some");

    /* stored, where the delete could not be done */

    begin();
    (void) ask(0, 0);
    answer(0, 0, 200, BODY);
    ngx_court_tier_mark(&tiers[1], key);
    is_int(ask(0, 0), NGX_AGAIN, "what is marked does not serve");
}


int
main(void)
{
    (void) ngx_court_crypto_init(tap_log());

    test_one_fetch();
    test_failure();
    test_owner();
    test_freshness();
    test_invalidate();

    return finish();
}
