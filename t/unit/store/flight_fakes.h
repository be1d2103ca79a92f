/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Two workers in one process: each has tiers of its own over the same zones,
 * and the pid of a real process; whose turn it is says ngx_pid.
 */

#ifndef _FLIGHT_FAKES_H_INCLUDED_
#define _FLIGHT_FAKES_H_INCLUDED_

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


static ngx_inline void
wake(ngx_court_waiter_t *waiter, const ngx_court_found_t *found)
{
    person_t  *p;

    p = waiter->data;
    p->woken++;
    p->found = *found;
}


static ngx_inline ngx_int_t
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


static ngx_inline ngx_int_t
ask(ngx_uint_t w, ngx_uint_t n)
{
    return ask_at(w, n, 0, 0);
}


static ngx_inline void
answer(ngx_uint_t w, ngx_uint_t n, ngx_uint_t status, const char *body)
{
    ngx_pid = pids[w];
    fetch_answer(n, status != 0, status, 1, body);
    fake_turn();
}


static ngx_inline void
look(ngx_uint_t w)
{
    ngx_pid = pids[w];
    bell_look(&tiers[w]);
    fake_turn();
}


/* somebody to die */

static ngx_inline ngx_pid_t
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


static ngx_inline void
end(ngx_pid_t pid)
{
    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, NULL, 0);
}


static ngx_inline ngx_shm_zone_t *
last_zone(void)
{
    return &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
}


static ngx_inline void
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


static ngx_inline void
key_of(u_char *key)
{
    (void) ngx_court_fact_key(&source[0].fact, &subject, NULL, key);
}


static ngx_inline int
finish(void)
{
    ngx_uint_t  i;

    for (i = 0; i < WORKERS; i++) {
        ngx_pid = pids[i];
        ngx_court_tiers_stop(&tiers[i]);
        end(pids[i]);
    }

    return done_testing();
}


#endif /* _FLIGHT_FAKES_H_INCLUDED_ */
