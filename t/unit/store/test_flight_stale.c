/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is old, refreshed in time, or extended.
 */

#include "flight_fakes.h"


static void test_extended(const u_char *key);


static void
test_stale(void)
{
    u_char  key[NGX_COURT_SHA256_LEN];

    begin();
    source[0].fact.stale = source[1].fact.stale = 60000;
    key_of(key);
    (void) ask(0, 0);
    answer(0, 0, 200, BODY);

    fake_clock(NOW + 200000);
    is_int(ask(0, 0), NGX_OK, "young");
    is_int(nfetches, 1, "no refresh");

    fake_clock(NOW + 265000);
    is_int(ask(0, 0), NGX_OK, "ripe: nobody waits");
    is_int(nfetches, 2, "a refresh begins");
    is_int(ask(1, 1), NGX_OK, "in the other worker");
    is_int(ask(0, 0), NGX_OK, "and again");
    is_int(nfetches, 2, "one for all of them");
    answer(0, 1, 0, "");
    is_int(ask(1, 1), NGX_OK, "it fails");
    is_int(nfetches, 2, "and is not repeated at once");
    fake_clock(NOW + 267000);
    is_int(ask(1, 1), NGX_OK, "but");
    is_int(nfetches, 3, "a little later");
    answer(1, 2, 200, BODY);
    is_int(ask(0, 0), NGX_OK, "then it is new");
    is_int(people[0].found.fetched, NOW + 267000, "for all");

    /* from here on the source fails; verified at NOW + 267000 */

    fake_clock(NOW + 267000 + 331000);
    is_int(ask(0, 0), NGX_AGAIN, "beyond its ttl the source is asked");
    is_int(ask_at(0, 1, 0, 1), NGX_AGAIN, "for one with a confirmation");
    is_int(ask_at(0, 2, NOW + 267001, 0), NGX_AGAIN, "for a strict one");
    is_int(ask(1, 3), NGX_AGAIN, "and in the other worker");
    answer(0, 3, 0, "");
    look(1);
    ok(people[0].woken && people[0].found.state == NGX_COURT_F_FOUND
       && people[0].found.stale, "it fails: the old one serves, and says so");
    ok(people[3].woken && people[3].found.stale, "there, too");
    ok(people[1].woken && people[1].found.state == NGX_COURT_F_UNAVAILABLE,
       "never where a confirmation is needed");
    ok(people[2].woken && people[2].found.state == NGX_COURT_F_UNAVAILABLE,
       "nor where something newer is");

    fake_clock(NOW + 267000 + 360000);
    is_int(ask(0, 0), NGX_AGAIN, "its end");
    answer(0, 4, 0, "");
    is_int(people[0].found.state, NGX_COURT_F_UNAVAILABLE,
           "counts from when it was true");

    /* an open breaker, an extension */

    begin();
    (void) ask(0, 0);
    answer(0, 0, 200, BODY);
    fake_clock(NOW + 3600000);
    source[0].shared->breaker.open = 1;
    source[0].shared->breaker.until = NOW + 9999999;
    is_int(ask(1, 1), NGX_OK, "an open breaker");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "nothing is stale");
    test_extended(key);
}


/* the other worker's, of the first person; the breaker is open, the time is
 * NOW + 3600000 */

static void
test_extended(const u_char *key)
{
    ngx_str_t              fact = ngx_string("identity");
    ngx_str_t              court = ngx_string("B00");
    ngx_str_t              all = ngx_null_string;
    ngx_court_extension_t  row;

    at = court;
    is_int(ngx_court_extend(tiers[0].flight, &fact, &all,
                            NGX_COURT_EXTEND_MAX + 1, NOW + 3600000),
           NGX_DECLINED, "longer than an entry is kept");
    is_int(ngx_court_extend_end(tiers[0].flight, &fact, &all,
                                NOW + 3600000),
           NGX_DECLINED, "none to end");

    is_int(ngx_court_extend(tiers[0].flight, &fact, &all, 3000000,
                            NOW + 3600000), NGX_OK, "bound of 3000 s");
    is_int(ask(1, 1), NGX_OK, "what is older");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "does not serve");

    ngx_str_set(&court, "B01");
    is_int(ngx_court_extend(tiers[0].flight, &fact, &court, 3700000,
                            NOW + 3600000), NGX_OK, "of another court");
    is_int(ask(1, 1), NGX_OK, "it");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "is not for this");
    is_int(ngx_court_extend_end(tiers[1].flight, &fact, &court,
                                NOW + 3600000), NGX_OK, "ended");
    is_int(ngx_court_extend_end(tiers[1].flight, &fact, &court,
                                NOW + 3600000), NGX_DECLINED, "once");
    ngx_str_set(&court, "B00");
    is_int(ngx_court_extend(tiers[0].flight, &fact, &court, 3700000,
                            NOW + 3600000), NGX_OK, "of this court");

    is_int(ask(1, 1), NGX_OK, "extended");
    ok(people[1].found.state == NGX_COURT_F_FOUND && people[1].found.stale
       && people[1].found.tier == NGX_COURT_TIER_EXTENDED, "it is");
    is_int(ask_at(1, 1, NOW + 3500000, 0), NGX_OK, "demanded 100 s old");
    is_int(people[1].found.tier, NGX_COURT_TIER_EXTENDED, "it outweighs that");
    strict = 1;
    is_int(ask_at(1, 1, 0, 1), NGX_OK, "with a confirmation");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "it is not");
    is_int(ask_at(1, 1, NOW + 3600000, 0), NGX_OK, "asked afresh");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "it is not");
    strict = 0;

    /* while it is waited for: to each what he may have */

    source[0].shared->breaker.open = 0;
    source[0].fact.stale = source[1].fact.stale = 3600000;
    is_int(ask(1, 0), NGX_AGAIN, "the source is asked");
    is_int(ask_at(1, 1, NOW + 3500000, 0), NGX_AGAIN, "for another");
    strict = 1;
    is_int(ask_at(1, 2, NOW + 3600000, 0), NGX_AGAIN, "for a strict one");
    strict = 0;
    is_int(ask_at(1, 3, 0, 1), NGX_AGAIN, "for a confirmation");
    ngx_str_set(&at, "B01");
    is_int(ask_at(1, 4, NOW + 3500000, 0), NGX_AGAIN, "in another court");
    at = court;
    answer(1, nfetches - 1, 0, "");
    is_int(people[0].found.tier, NGX_COURT_TIER_STALE, "stale to one");
    is_int(people[1].found.tier, NGX_COURT_TIER_EXTENDED, "extended to one");
    is_int(people[2].found.state, NGX_COURT_F_UNAVAILABLE, "not the strict");
    is_int(people[3].found.state, NGX_COURT_F_UNAVAILABLE, "not confirmed");
    is_int(people[4].found.state, NGX_COURT_F_UNAVAILABLE, "not elsewhere");
    is_int(people[0].woken + people[1].woken + people[2].woken
           + people[3].woken + people[4].woken, 5, "each is told once");
    source[0].fact.stale = source[1].fact.stale = 0;
    source[0].shared->breaker.open = 1;

    is_int(ngx_court_extension(tiers[1].flight, 1, NOW + 3600000, &row),
           NGX_OK, "in force");
    is_int(ngx_court_extension_over(tiers[1].flight, 1, NOW + 3600000, &row),
           NGX_DECLINED, "not over");
    is_int(ngx_court_extension(tiers[1].flight, 1, NOW + 3500000, &row),
           NGX_DECLINED, "nothing for a clock that was set back");

    fake_clock(NOW + 3700000);
    is_int(ask(1, 1), NGX_OK, "its bound");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE,
           "counts from when it was true");

    is_int(ngx_court_extension_over(tiers[1].flight, 1, NOW + 7300000, &row),
           NGX_OK, "over by itself");
    is_int(ngx_court_extension_over(tiers[0].flight, 1, NOW + 7300000, &row),
           NGX_DECLINED, "told once");

    is_int(ngx_court_extend(tiers[0].flight, &fact, &all, 7200000,
                            NOW + 3700000), NGX_OK, "again");
    is_int(ask(1, 1), NGX_OK, "it");
    is_int(people[1].found.tier, NGX_COURT_TIER_EXTENDED, "serves");
    ngx_court_tier_mark(&tiers[1], key);
    is_int(ask(1, 1), NGX_OK, "invalidated");
    is_int(people[1].found.state, NGX_COURT_F_UNAVAILABLE, "it is not");
}


int
main(void)
{
    (void) ngx_court_crypto_init(tap_log());

    test_stale();

    return finish();
}
