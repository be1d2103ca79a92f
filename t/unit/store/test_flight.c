/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Two workers in one process: each has tiers of its own over the same zones,
 * and the pid of a real process; whose turn it is says ngx_pid.
 */

#include "tier_fakes.h"
#include "ngx_court_flight.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>


#define WORKERS  2
#define BODY  "{\"subject\":\"u-1\",\"status\":\"active\"}"

typedef struct {
    ngx_court_waiter_t      waiter;
    ngx_uint_t              woken;
    ngx_court_found_t       found;
} person_t;

static ngx_court_tiers_t   tiers[WORKERS];
static ngx_court_source_t  source[WORKERS];
static ngx_pid_t           pids[WORKERS];
static ngx_str_t           subject = ngx_string("u-1");
static person_t            people[100];
static ngx_str_t           at;
static ngx_uint_t          strict;


static void
wake(ngx_court_waiter_t *waiter, const ngx_court_found_t *found)
{
    person_t  *p;

    p = waiter->data;
    p->woken++;
    p->found = *found;
}


static ngx_int_t
ask_at(ngx_uint_t w, ngx_uint_t n, int64_t not_before, ngx_uint_t no_l2)
{
    person_t         *p;
    ngx_court_ask_t   ask;

    ngx_pid = pids[w];
    p = &people[n];
    ngx_memzero(p, sizeof(person_t));
    p->waiter.wake = wake;
    p->waiter.data = p;

    ngx_memzero(&ask, sizeof(ask));
    ask.source = &source[w];
    ask.keys = &subject;
    ask.not_before = not_before;
    ask.no_l2 = no_l2;
    ask.at = at;
    ask.strict = strict;

    return ngx_court_tier_get(&tiers[w], &ask, tap_pool(), &p->found,
                              &p->waiter);
}


static ngx_int_t
ask(ngx_uint_t w, ngx_uint_t n)
{
    return ask_at(w, n, 0, 0);
}


static void
answer(ngx_uint_t w, ngx_uint_t n, ngx_uint_t status, const char *body)
{
    ngx_pid = pids[w];
    fetch_answer(n, status != 0, status, 1, body);
    fake_turn();
}


static void
look(ngx_uint_t w)
{
    ngx_pid = pids[w];
    bell_look(&tiers[w]);
    fake_turn();
}


/* somebody to die */

static ngx_pid_t
child(void)
{
    ngx_pid_t  pid;

    pid = fork();

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void) close(STDOUT_FILENO);
        (void) close(STDERR_FILENO);

        for ( ;; ) {
            pause();
        }
    }

    return pid;
}


static void
end(ngx_pid_t pid)
{
    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, NULL, 0);
}


static ngx_shm_zone_t *
last_zone(void)
{
    return &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
}


static void
begin(void)
{
    ngx_str_t                name;
    ngx_conf_t               cf;
    ngx_uint_t               i;
    ngx_cycle_t              cycle;
    const ngx_court_fact_t  *standard;

    for (i = 0; i < WORKERS; i++) {
        ngx_pid = pids[i] ? pids[i] : 1;
        ngx_court_tiers_stop(&tiers[i]);

        if (pids[i] == 0 || kill(pids[i], 0) != 0) {
            pids[i] = child();
        }
    }

    fake_clock(NOW);
    fake_events_init();
    nfetches = 0;
    ngx_exiting = 0;
    bell_rung = 0;

    ngx_memzero(&cf, sizeof(cf));
    cf.pool = tap_pool();
    cf.log = tap_log();
    ngx_memzero(&cycle, sizeof(cycle));
    cycle.log = tap_log();

    ngx_memzero(tiers, sizeof(tiers));
    ngx_memzero(source, sizeof(source));

    ngx_str_set(&name, "facts");
    tiers[0].facts = ngx_court_zone_add(&cf, &name, 262144, NULL);
    fake_zone_init(last_zone(), NULL);
    ngx_str_set(&name, "negative");
    tiers[0].negative = ngx_court_zone_add(&cf, &name, 262144, NULL);
    fake_zone_init(last_zone(), NULL);
    ngx_str_set(&name, "flight");
    tiers[0].flight = ngx_court_flight_zone_add(&cf, &name, 262144, NULL);
    fake_zone_init(last_zone(), NULL);
    tiers[0].source_addr = (ngx_addr_t *) tiers;

    ngx_str_set(&name, "identity");
    standard = ngx_court_fact_standard(&name);

    for (i = 0; i < WORKERS; i++) {
        tiers[i] = tiers[0];

        source[i].fact = *standard;
        source[i].fact.nkeys = 1;
        ngx_str_set(&source[i].fact.key_names[0], "subject");
        source[i].fact.ttl = 300000;
        source[i].fact.negative_ttl = 30000;
        source[i].timeout = 2000;
        source[i].max_fetches = 64;
        source[i].max_waiting = 100;
        source[i].breaker_failures = 3;
        source[i].breaker_time = 10000;
        source[i].shared = ngx_court_flight_source(tiers[0].flight, &name);
        ngx_court_fact_init(&source[i].fact);

        ngx_pid = pids[i];
        ngx_court_tiers_start(&tiers[i], &cycle);
    }
}


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
key_of(u_char *key)
{
    (void) ngx_court_fact_key(&source[0].fact, &subject, NULL, key);
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
    ngx_uint_t  i;

    (void) ngx_court_crypto_init(tap_log());

    test_one_fetch();
    test_failure();
    test_owner();
    test_freshness();
    test_invalidate();
    test_stale();

    for (i = 0; i < WORKERS; i++) {
        ngx_pid = pids[i];
        ngx_court_tiers_stop(&tiers[i]);
        end(pids[i]);
    }

    return done_testing();
}
