/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Tiers and flights with a Redis and a source that the test plays.
 */

#include "tier_fakes.h"


/* who waits */

typedef struct {
    ngx_court_waiter_t      waiter;
    ngx_uint_t              woken;
    ngx_court_fact_state_t  state;
    ngx_court_tier_name_t   tier;
    int64_t                 fetched;
    ngx_uint_t              overloaded;
    ngx_str_t               record;
    ngx_court_waiter_t     *victim;      /* cancelled when this one wakes */
} person_t;

static ngx_court_tiers_t   tiers;
static ngx_court_source_t  source;
static ngx_str_t           subject = ngx_string("u-1");
static person_t            people[200];

#define BODY  "{\"subject\":\"u-1\",\"status\":\"active\"}"


static void
note(person_t *p, const ngx_court_found_t *found)
{
    p->woken++;
    p->state = found->state;
    p->tier = found->tier;
    p->fetched = found->fetched;
    p->overloaded = found->overloaded;
    p->record.len = found->record.len;
}


static void
wake(ngx_court_waiter_t *waiter, const ngx_court_found_t *found)
{
    person_t  *p;

    p = waiter->data;
    note(p, found);

    if (p->victim) {
        ngx_court_waiter_cancel(p->victim);
    }
}


static ngx_int_t
ask_at(ngx_uint_t n, int64_t not_before, ngx_uint_t no_l2)
{
    ngx_int_t          rc;
    person_t          *p;
    ngx_court_ask_t    ask;
    ngx_court_found_t  found;

    p = &people[n];
    ngx_memzero(p, sizeof(person_t));
    p->waiter.wake = wake;
    p->waiter.data = p;

    ngx_memzero(&ask, sizeof(ask));
    ask.source = &source;
    ask.keys = &subject;
    ask.not_before = not_before;
    ask.no_l2 = no_l2;

    rc = ngx_court_tier_get(&tiers, &ask, tap_pool(), &found, &p->waiter);

    if (rc == NGX_OK) {
        note(p, &found);
        p->woken = 0;
    }

    return rc;
}


static void
begin(ngx_uint_t with_redis)
{
    ngx_str_t       name, text, err;
    ngx_conf_t      cf;
    ngx_cycle_t     cycle;

    static const ngx_court_fact_t  *standard;

    ngx_court_tiers_stop(&tiers);

    fake_clock(NOW);
    fake_events_init();
    nfetches = 0;
    fetch_broken = 0;
    redis_handler = NULL;
    redis_gets = redis_sets = redis_deletes = redis_down = 0;
    redis_value.len = 0;

    ngx_memzero(&cf, sizeof(cf));
    cf.pool = tap_pool();
    cf.log = tap_log();
    ngx_memzero(&cycle, sizeof(cycle));
    cycle.log = tap_log();

    ngx_memzero(&tiers, sizeof(tiers));
    ngx_str_set(&name, "facts");
    tiers.facts = ngx_court_zone_add(&cf, &name, 262144, NULL);
    fake_zone_init(&fake_zones[(fake_nzones - 1) % FAKE_ZONES], NULL);
    ngx_str_set(&name, "negative");
    tiers.negative = ngx_court_zone_add(&cf, &name, 262144, NULL);
    fake_zone_init(&fake_zones[(fake_nzones - 1) % FAKE_ZONES], NULL);
    tiers.source_addr = (ngx_addr_t *) &tiers;

    if (with_redis) {
        ngx_str_set(&text, "k1 aes-256-gcm "
                    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\n");
        tiers.redis = (ngx_court_redis_t *) &tiers;
        tiers.ring = ngx_court_ring_parse(tap_pool(), &text,
                                          NGX_COURT_RING_SEAL, &err);
        ok(tiers.ring != NULL, "a ring");
        ngx_str_set(&redis_conf.key_prefix, "court");
    }

    ngx_str_set(&name, "identity");
    standard = ngx_court_fact_standard(&name);
    ngx_memzero(&source, sizeof(source));
    source.fact = *standard;
    source.fact.nkeys = 1;
    ngx_str_set(&source.fact.key_names[0], "subject");
    source.fact.ttl = 300000;
    source.fact.negative_ttl = 30000;
    source.max_fetches = 64;
    source.max_waiting = 100;
    source.breaker_failures = 3;
    source.breaker_time = 10000;
    ngx_court_fact_init(&source.fact);

    ngx_court_tiers_start(&tiers, &cycle);
}


static void
test_fresh(void)
{
    ngx_uint_t         i;
    ngx_court_fact_t   fact;
    ngx_court_entry_t  e;

    static const struct {
        const char  *name;
        int          found;
        int64_t      fetched, expires, not_before, now;
        int          fresh;
    } tests[] = {
        { "young", 1, 1000, 9000, 0, 1000, 1 },
        { "as demanded", 1, 1000, 9000, 1000, 1000, 1 },
        { "older than demanded", 1, 1000, 9000, 1001, 1001, 0 },
        { "just before expiry", 1, 1000, 9000, 0, 8999, 1 },
        { "expired", 1, 1000, 9000, 0, 9000, 0 },
        { "lives longer than ttl and jitter", 1, 1000, 99000, 0, 12001, 0 },
        { "as long as that", 1, 1000, 99000, 0, 12000, 1 },
        { "none lives shorter", 0, 1000, 99000, 0, 2100, 1 },
        { "none, too old", 0, 1000, 99000, 0, 2101, 0 },
        { "a little ahead", 1, 3000, 9000, 0, 1000, 1 },
        { "from the future", 1, 3001, 9000, 0, 1000, 0 }
    };

    ngx_memzero(&fact, sizeof(fact));
    fact.ttl = 10000;
    fact.negative_ttl = 1000;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        ngx_memzero(&e, sizeof(e));
        e.found = tests[i].found;
        e.fetched = tests[i].fetched;
        e.expires = tests[i].expires;

        is_int(ngx_court_tier_fresh(&fact, &e, tests[i].not_before,
                                    tests[i].now),
               tests[i].fresh, "%s", tests[i].name);
    }
}


static void
test_jitter(void)
{
    ngx_msec_t  ttl, least, most;
    ngx_uint_t  i;

    least = 100000;
    most = 0;

    for (i = 0; i < 20000; i++) {
        ttl = ngx_court_tier_jitter(10000, i);
        least = ngx_min(least, ttl);
        most = ngx_max(most, ttl);
    }

    is_int(least, 9000, "ttl less a tenth");
    is_int(most, 11000, "ttl and a tenth");
    is_int(ngx_court_tier_jitter(0, 7), 0, "no ttl");
    is_int(ngx_court_tier_jitter(5, 7), 5, "too short for a tenth");
}


/* one key, many who ask: one fetch, all woken, none from inside */

static void
test_single_flight(void)
{
    ngx_uint_t  i, woken, turns;

    begin(0);

    for (i = 0; i < 100; i++) {
        if (ask_at(i, 0, 0) != NGX_AGAIN) {
            break;
        }
    }

    is_int(i, 100, "100 wait");
    is_int(nfetches, 1, "for one fetch");
    is_int(source.waiting, 100, "counted");
    is_int(ask_at(100, 0, 0), NGX_OK, "one more is too many");
    ok(people[100].state == NGX_COURT_F_UNAVAILABLE && people[100].overloaded,
       "told at once: overloaded");

    ngx_court_waiter_cancel(&people[5].waiter);
    ngx_court_waiter_cancel(&people[5].waiter);
    is_int(source.waiting, 99, "one goes, once");

    people[10].victim = &people[11].waiter;

    fetch_answer(0, 1, 200, 1, BODY);
    is_int(people[0].woken, 0, "nobody is woken from inside");

    for (turns = 0; fake_turn(); turns++) { /* void */ }

    for (i = 0, woken = 0; i < 100; i++) {
        woken += people[i].woken;
    }

    is_int(woken, 98, "all but the two who left are woken, once");
    is_int(people[11].woken, 0, "a wake may cancel another one");
    ok(turns > 2, "in several turns");
    is_int(source.waiting, 0, "nobody waits");
    is_int(people[0].state, NGX_COURT_F_FOUND, "found");
    is_int(people[0].tier, NGX_COURT_TIER_SOURCE, "at the source");
    ok(people[0].record.len > 0, "a record");

    is_int(ask_at(0, 0, 0), NGX_OK, "then it stands in the zone");
    is_int(people[0].tier, NGX_COURT_TIER_ZONE, "the zone says so");
    is_int(people[0].fetched, NOW, "fetched when the fetch began");
    is_int(nfetches, 1, "no other fetch");
}


static void
test_freshness(void)
{
    begin(0);

    (void) ask_at(0, 0, 0);
    fake_clock(NOW + 50);
    is_int(ask_at(1, NOW + 20, 0), NGX_AGAIN, "stricter than the flight");
    is_int(ask_at(2, NOW, 0), NGX_AGAIN, "not stricter");
    is_int(nfetches, 1, "one fetch so far");

    fake_clock(NOW + 60);
    fetch_answer(0, 1, 200, 1, BODY);
    fake_turn();
    ok(people[0].woken && people[2].woken, "the others are woken");
    is_int(people[1].woken, 0, "he is not");
    is_int(nfetches, 2, "a second fetch begins");

    fake_clock(NOW + 90);
    (void) ask_at(3, NOW + 90, 0);
    fetch_answer(1, 1, 200, 1, BODY);
    fake_turn();
    is_int(people[1].woken, 1, "then he is");
    is_int(people[1].fetched, NOW + 60, "with the second answer");
    is_int(nfetches, 3, "and a third begins for who is stricter still");
    fetch_answer(2, 0, 0, 0, "");
    fake_turn();
    is_int(people[3].state, NGX_COURT_F_UNAVAILABLE, "which fails");

    is_int(ask_at(4, NOW + 60, 0), NGX_OK, "the zone serves what is as new");
    is_int(ask_at(4, NOW + 61, 0), NGX_AGAIN, "and nothing older");
}


static void
test_answers(void)
{
    ngx_uint_t  i;

    static const struct {
        const char             *name;
        int                     done, status, stamped;
        const char             *body;
        ngx_court_fact_state_t  state;
    } tests[] = {
        { "found", 1, 200, 1, BODY, NGX_COURT_F_FOUND },
        { "stamped 404", 1, 404, 1, "", NGX_COURT_F_NONE },
        { "404 without stamp", 1, 404, 0, "", NGX_COURT_F_UNAVAILABLE },
        { "200 without stamp", 1, 200, 0, BODY, NGX_COURT_F_UNAVAILABLE },
        { "somebody else", 1, 200, 1,
          "{\"subject\":\"u-2\",\"status\":\"active\"}",
          NGX_COURT_F_UNAVAILABLE },
        { "nobody", 1, 200, 1, "{\"status\":\"active\"}",
          NGX_COURT_F_UNAVAILABLE },
        { "no JSON", 1, 200, 1, "<html>", NGX_COURT_F_UNAVAILABLE },
        { "empty", 1, 200, 1, "", NGX_COURT_F_UNAVAILABLE },
        { "500", 1, 500, 1, BODY, NGX_COURT_F_UNAVAILABLE },
        { "302", 1, 302, 1, BODY, NGX_COURT_F_UNAVAILABLE },
        { "206", 1, 206, 1, BODY, NGX_COURT_F_UNAVAILABLE },
        { "204", 1, 204, 1, "", NGX_COURT_F_UNAVAILABLE },
        { "403", 1, 403, 1, "", NGX_COURT_F_UNAVAILABLE },
        { "410", 1, 410, 1, "", NGX_COURT_F_UNAVAILABLE },
        { "no answer", 0, 404, 1, "", NGX_COURT_F_UNAVAILABLE }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        begin(0);
        (void) ask_at(0, 0, 0);
        fetch_answer(0, tests[i].done, tests[i].status, tests[i].stamped,
                     tests[i].body);
        fake_turn();
        is_int(people[0].woken, 1, "%s: woken", tests[i].name);
        is_int(people[0].state, tests[i].state, "%s: state", tests[i].name);
        is_int(ask_at(1, 0, 0) == NGX_OK,
               tests[i].state != NGX_COURT_F_UNAVAILABLE,
               "%s: failures are not kept", tests[i].name);
        is_int(source.own.failures, tests[i].state == NGX_COURT_F_UNAVAILABLE,
               "%s: failures count", tests[i].name);
    }
}


/* what is newer wins, whichever way it went */

static void
test_change(void)
{
    begin(0);

    (void) ask_at(0, 0, 0);
    fetch_answer(0, 1, 200, 1, BODY);
    fake_turn();

    fake_clock(NOW + 1000);
    (void) ask_at(0, NOW + 1000, 0);
    fetch_answer(1, 1, 404, 1, "");
    fake_turn();
    is_int(ask_at(0, 0, 0), NGX_OK, "found, then struck off");
    is_int(people[0].state, NGX_COURT_F_NONE, "is none for everybody");

    fake_clock(NOW + 40000);
    is_int(ask_at(0, 0, 0), NGX_AGAIN, "which is forgotten soon");
    fetch_answer(2, 1, 200, 1, BODY);
    fake_turn();
    (void) ask_at(0, 0, 0);
    is_int(people[0].state, NGX_COURT_F_FOUND, "and found again");

    fake_clock(NOW + 40000 + 330001);
    is_int(ask_at(0, 0, 0), NGX_AGAIN, "until its ttl and a tenth");
}


static void
test_breaker(void)
{
    ngx_uint_t  i;

    begin(0);

    for (i = 0; i < 3; i++) {
        is_int(ask_at(i, 0, 0), NGX_AGAIN, "asked");
        fetch_answer(i, 0, 0, 0, "");
        fake_turn();
    }

    is_int(ask_at(0, 0, 0), NGX_OK, "open: told at once");
    is_int(people[0].state, NGX_COURT_F_UNAVAILABLE, "unavailable");
    is_int(people[0].overloaded, 0, "not our load");
    is_int(nfetches, 3, "no fetch");

    fake_clock(NOW + 10000);
    is_int(ask_at(0, 0, 0), NGX_AGAIN, "half open: one");
    fetch_answer(3, 1, 200, 1, BODY);
    fake_turn();
    is_int(people[0].state, NGX_COURT_F_FOUND, "and it is closed");

    begin(0);
    fetch_broken = 1;
    is_int(ask_at(0, 0, 0), NGX_AGAIN, "a fetch that can't be started");
    is_int(people[0].woken, 0, "is not told from inside");
    fake_turn();
    is_int(people[0].state, NGX_COURT_F_UNAVAILABLE, "but is told");
    is_int(source.fetches, 0, "and not counted for ever");
}


static void
test_redis(void)
{
    ngx_str_t  value, garbage = ngx_string("garbage");

    static u_char  kept[10000];

    begin(1);

    is_int(ask_at(0, 0, 0), NGX_AGAIN, "Redis is asked");
    is_int(nfetches, 0, "and the source not yet");
    redis_answer(NGX_COURT_REDIS_NIL, NULL);
    is_int(nfetches, 1, "nil: now it is");
    fetch_answer(0, 1, 200, 1, BODY);
    fake_turn();
    is_int(redis_sets, 1, "stored in Redis");
    ok(redis_ttl >= 270000 && redis_ttl <= 330000, "for its ttl");
    is_int(redis_key.len, 41, "under its name");
    is_mem(redis_key.data, "court:1:f:identity:", 19, "with its prefix");
    ok(memmem(redis_value.data, redis_value.len, "active", 6) == NULL,
       "nothing of it in clear");

    value.data = kept;
    value.len = redis_value.len;
    ngx_memcpy(kept, redis_value.data, value.len);

    /* another gateway finds it */

    begin(1);
    fake_clock(NOW + 5000);
    (void) ask_at(0, 0, 0);
    (void) ask_at(1, NOW + 1, 0);
    (void) ask_at(2, 0, 1);
    (void) ask_at(3, NOW, 0);
    is_int(redis_gets, 1, "one GET for four");
    redis_answer(NGX_COURT_REDIS_VALUE, &value);
    fake_turn();
    ok(people[0].woken && people[3].woken, "it serves the modest");
    is_int(people[0].tier, NGX_COURT_TIER_REDIS, "from Redis");
    is_int(people[0].fetched, NOW, "with its age");
    ok(!people[1].woken && !people[2].woken, "and not the strict");
    is_int(nfetches, 1, "for whom the source is asked");
    fetch_answer(0, 1, 404, 1, "");
    fake_turn();
    ok(people[1].state == NGX_COURT_F_NONE && people[1].woken
       && people[2].state == NGX_COURT_F_NONE && people[2].woken,
       "who says none");
    is_int(redis_deletes, 1, "Redis forgets it");

    begin(1);
    fake_clock(NOW + 5000);
    (void) ask_at(0, 0, 0);
    ngx_court_waiter_cancel(&people[0].waiter);
    redis_answer(NGX_COURT_REDIS_VALUE, &value);
    fake_turn();
    is_int(nfetches, 0, "nobody is left: no fetch");
    is_int(ask_at(0, 0, 0), NGX_OK, "but it went to the zone");
    is_int(people[0].fetched, NOW, "with its age");
    is_int(ask_at(1, 0, 1), NGX_AGAIN, "where it is Redis' all the same");
    is_int(nfetches, 1, "no_l2 asks the source");

    /* whatever is wrong with Redis is a miss */

    begin(1);
    (void) ask_at(0, 0, 0);
    redis_answer(NGX_COURT_REDIS_VALUE, &garbage);
    is_int(nfetches, 1, "garbage is a miss");

    begin(1);
    value.data[value.len - 1] ^= 1;
    (void) ask_at(0, 0, 0);
    redis_answer(NGX_COURT_REDIS_VALUE, &value);
    is_int(nfetches, 1, "tampered with: a miss");
    value.data[value.len - 1] ^= 1;

    begin(1);
    ngx_str_set(&subject, "u-9");
    (void) ask_at(0, 0, 0);
    redis_answer(NGX_COURT_REDIS_VALUE, &value);
    is_int(nfetches, 1, "another person's: a miss");
    ngx_str_set(&subject, "u-1");

    begin(1);
    fake_clock(NOW + 330001);
    (void) ask_at(0, 0, 0);
    redis_answer(NGX_COURT_REDIS_VALUE, &value);
    is_int(nfetches, 1, "expired: a miss");

    begin(1);
    (void) ask_at(0, 0, 0);
    redis_answer(NGX_COURT_REDIS_ERROR, NULL);
    is_int(nfetches, 1, "an error is a miss");
    is_int(source.own.failures, 0, "and no failure of the source");

    begin(1);
    redis_down = 1;
    is_int(ask_at(0, 0, 0), NGX_AGAIN, "down is a miss");
    is_int(nfetches, 1, "at once");

    begin(1);
    is_int(ask_at(0, 0, 1), NGX_AGAIN, "no_l2");
    is_int(redis_gets, 0, "does not ask Redis");
    is_int(nfetches, 1, "but the source");
}


static void
test_stop(void)
{
    begin(1);
    (void) ask_at(0, 0, 0);
    ngx_court_tiers_stop(&tiers);
    is_int(nfetches, 0, "stopped while Redis is asked: no fetch");
    ok(people[0].waiter.flight == NULL && !people[0].woken, "let go");

    begin(0);
    (void) ask_at(0, 0, 0);
    fake_clock(NOW + 10);
    (void) ask_at(1, NOW + 10, 0);
    ngx_court_tiers_stop(&tiers);
    is_int(nfetches, 1, "stopped while fetching: no second one");
    ok(people[0].waiter.flight == NULL && people[1].waiter.flight == NULL,
       "both let go");
    is_int(source.waiting, 0, "nobody is counted");
    is_int(fake_turn(), 0, "nothing is posted");
}


int
main(void)
{
    (void) ngx_court_crypto_init(tap_log());

    test_fresh();
    test_jitter();
    test_single_flight();
    test_freshness();
    test_answers();
    test_change();
    test_breaker();
    test_redis();
    test_stop();

    ngx_court_tiers_stop(&tiers);

    return done_testing();
}
