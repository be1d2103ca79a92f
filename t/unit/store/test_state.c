/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "state_fakes.h"


static void
test_names(void)
{
    char                text[80];
    ngx_str_t           name;
    ngx_uint_t          i, wrong;
    ngx_shm_zone_t     *shm;
    ngx_court_state_t  *state, *next;

    fake_clock(NOW);
    state = state_make(0, &shm);
    is_int(fake_zone_init(shm, NULL), NGX_OK, "a zone is made");

    is_int(intern(state, NGX_COURT_NAME_COURT, "-"), NGX_COURT_STATE_NONE,
           "no court has its index");
    is_int(intern(state, NGX_COURT_NAME_COURT, "B00"), 2, "the first court");
    is_int(intern(state, NGX_COURT_NAME_REASON, "B00"), 1, "another kind");
    is_int(intern(state, NGX_COURT_NAME_COURT, "B00"), 2, "the same again");
    is_int(intern(state, NGX_COURT_NAME_COURT, "B0"), 3, "a prefix is another");
    is_int(intern(state, NGX_COURT_NAME_COURT, ""), 0, "nothing is other");

    memset(text, 'x', sizeof(text));
    text[NGX_COURT_STATE_NAME] = '\0';
    is_int(intern(state, NGX_COURT_NAME_COURT, text), 4, "64 bytes");
    text[NGX_COURT_STATE_NAME] = 'x';
    text[NGX_COURT_STATE_NAME + 1] = '\0';
    is_int(intern(state, NGX_COURT_NAME_COURT, text), 0, "65 are other");

    ngx_court_state_name(state, NGX_COURT_NAME_COURT, 2, &name);
    is_str(&name, "B00", "and back");
    ngx_court_state_name(state, NGX_COURT_NAME_COURT, 0, &name);
    is_str(&name, "other", "index 0");
    ngx_court_state_name(state, NGX_COURT_NAME_COURT, 4000, &name);
    is_str(&name, "other", "an index that there is not");

    for (i = 1, wrong = 0; i < 2 * NGX_COURT_STATE_REASONS; i++) {
        sprintf(text, "reason_%u", (unsigned) i);
        wrong += (intern(state, NGX_COURT_NAME_REASON, text)
                  != (i + 1 < NGX_COURT_STATE_REASONS ? i + 1 : 0));
    }

    is_int(wrong, 0, "names until there is no room, then other");
    is_int(ngx_court_state_names(state, NGX_COURT_NAME_REASON),
           NGX_COURT_STATE_REASONS, "all are taken");
    is_int(intern(state, NGX_COURT_NAME_REASON, "reason_7"), 8,
           "who has one keeps it");

    for (i = 0, wrong = 0; i < NGX_COURT_STATE_COURTS; i++) {
        sprintf(text, "C%04u", (unsigned) i);
        (void) intern(state, NGX_COURT_NAME_COURT, text);
    }

    for (i = 0; i < NGX_COURT_STATE_COURTS - 5; i++) {
        sprintf(text, "C%04u", (unsigned) i);
        wrong += (intern(state, NGX_COURT_NAME_COURT, text) != i + 5);
    }

    is_int(wrong, 0, "4096 courts are told apart");

    /* the lock is busy: other this time, found the next */

    fake_lock_busy = 1000000;
    is_int(intern(state, NGX_COURT_NAME_FACT, "identity"), 0, "no lock");
    fake_lock_busy = 0;
    is_int(intern(state, NGX_COURT_NAME_FACT, "identity"), 1, "then one");
    fake_lock_busy = 1000000;
    is_int(intern(state, NGX_COURT_NAME_FACT, "identity"), 1,
           "found without the lock");
    fake_lock_busy = 0;

    /* a reload hands the memory on */

    next = state_make(0, &shm);
    is_int(fake_zone_init(shm, &fake_zones[(fake_nzones - 2) % FAKE_ZONES]),
           NGX_OK, "a reload");
    is_int(intern(next, NGX_COURT_NAME_COURT, "B00"), 2, "keeps names");
    is_int(intern(next, NGX_COURT_NAME_REASON, "reason_7"), 8, "of each kind");
    is_int(intern(NULL, NGX_COURT_NAME_COURT, "B00"), 0, "no zone is other");
}


static void
test_sizes(void)
{
    ngx_shm_zone_t          *shm;
    ngx_court_state_t       *state;
    ngx_court_state_info_t   info;

    ok(state_make(65536, &shm) == NULL, "64k are too few");
    ok(sizeof(ngx_court_state_line_t) % 64 == 0
       || NGX_COURT_STATE_STRIDE % 64 == 0, "lines are aligned");
    is_int(offsetof(ngx_court_state_line_t, token_hits), 64,
           "who has it is a cache line of its own");

    state = state_make(3 * 1024 * 1024, &shm);
    is_int(fake_zone_init(shm, NULL), NGX_OK, "3m will do");

    ngx_court_state_info(state, &info);
    ok(info.lines >= 4, "for %u lines", (unsigned) info.lines);
    is_int(info.lines_used, 0, "none is used");
    is_int(info.size, 3 * 1024 * 1024, "size");
    is_int(info.birth, NOW, "birth");
    is_int(info.usable, 1, "usable");

    fake_lock_busy = 1000000;
    ngx_court_state_info(state, &info);
    is_int(info.usable, 0, "not without its lock");
    fake_lock_busy = 0;

    ngx_court_state_info(state_new(), &info);
    ok(info.lines >= 32 && info.lines <= 34, "by default %u lines",
       (unsigned) info.lines);
}


static void
test_lines(void)
{
    ngx_pid_t                one, two, three;
    ngx_court_state_t       *state;
    ngx_court_state_sum_t   *sum;
    ngx_court_state_line_t  *line;

    state = state_new();

    ngx_court_count(&ngx_court_state_line->token_hits);
    is_int(sum_of(state)->sum.token_hits, 0, "before join nobody counts");

    one = living();
    two = living();

    ngx_pid = one;
    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_OK, "join");
    line = ngx_court_state_line;
    is_int(line->token_hits, 0, "a line of its own");
    ngx_court_count_n(&line->token_hits, 5);
    line->facts[1].in_flight = 2;
    line->facts[1].fetches[0] = 3;
    line->redis[1].up = 1;
    line->policy_generation = 7;
    line->audit_failed = 1;

    ngx_pid = two;
    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_OK, "another one");
    ok(ngx_court_state_line != line, "has another line");
    ngx_court_count_n(&ngx_court_state_line->token_hits, 7);
    ngx_court_state_line->facts[1].in_flight = 1;

    sum = ngx_court_state_sum(state, 7, tap_pool());
    is_int(sum->sum.token_hits, 12, "counters add up");
    is_int(sum->sum.facts[1].in_flight, 3, "gauges add up");
    is_int(sum->live, 2, "two live");
    is_int(sum->behind, 1, "one of another generation");

    ngx_court_state_beat(state, 1, NOW + 1000, tap_log());
    sum = ngx_court_state_sum(state, 7, tap_pool());
    is_int(sum->live, 1, "one of them exits");
    is_int(sum->exiting, 1, "and is told");
    is_int(sum->behind, 0, "what it decides by does not matter");
    is_int(ngx_court_state_line->beat, NOW + 1000, "a beat");

    /* taking leave */

    ngx_court_state_leave(state);
    sum = sum_of(state);
    is_int(sum->sum.token_hits, 12, "counters stay");
    is_int(sum->sum.facts[1].in_flight, 2, "its gauges go");
    is_int(sum->sum.lost, 0, "nobody is lost");
    ngx_court_count(&ngx_court_state_line->token_hits);
    is_int(sum_of(state)->sum.token_hits, 12, "after leave nobody counts");

    /* killed */

    end(one);
    sum = sum_of(state);
    is_int(sum->sum.token_hits, 12, "a dead one's counters stay");
    is_int(sum->sum.facts[1].in_flight, 0, "its gauges do not count");
    is_int(sum->sum.facts[1].fetches[0], 3, "its fetches do");
    is_int(sum->sum.audit_failed, 0, "nor what it could not write");
    is_int(sum->sum.lost, 1, "it is lost");
    is_int(sum->live, 0, "nobody lives");

    three = living();
    ngx_pid = three;
    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_OK, "a third one");
    ok(ngx_court_state_line == line, "has the dead one's line");
    is_int(line->redis[1].up, 0, "without its gauges");
    is_int(line->policy_generation, 0, "and its policy");
    is_int(line->token_hits, 5, "with its counters");
    is_int(sum_of(state)->sum.lost, 1, "which is counted once");

    ngx_court_state_leave(state);
    end(two);
    end(three);
}


static void
test_full(void)
{
    ngx_uint_t               i, n;
    ngx_pid_t                pid;
    ngx_shm_zone_t          *shm;
    ngx_court_state_t       *state;
    ngx_court_state_line_t  *mine;

    fake_clock(NOW);
    state = state_make(3 * 1024 * 1024, &shm);
    (void) fake_zone_init(shm, NULL);

    pid = living();
    n = state->nlines;

    for (i = 0; i < n; i++) {
        ngx_pid = pid;
        (void) ngx_court_state_join(state, NOW, tap_log());
        ngx_court_state_line->pid = getpid();     /* of somebody who lives */
        ngx_court_state_line->beat = NOW - i;
    }

    ngx_pid = pid;
    ngx_court_state_leave(state);
    is_int(ngx_court_state_join(state, NOW + 59000, tap_log()), NGX_DECLINED,
           "no line is left");
    is_int(ngx_court_state_line->pid, 0, "then it is a private one");

    is_int(ngx_court_state_join(state, NOW + 60000, tap_log()), NGX_OK,
           "one that has not beaten for a minute is taken");
    mine = ngx_court_state_line;
    ok(mine == ngx_court_state_at(state, n - 1), "the longest silent one");

    /* its owner wakes up */

    ngx_pid = getpid();
    mine->pid = pid;
    ngx_court_state_beat(state, 0, NOW + 60001, tap_log());
    ok(ngx_court_state_line != mine, "who was declared dead joins again");
    is_int(mine->pid, pid, "and leaves the line alone");

    ngx_court_state_leave(state);

    /* dead and left ones go before unused ones */

    state = state_new();
    ngx_pid = pid;
    (void) ngx_court_state_join(state, NOW, tap_log());
    mine = ngx_court_state_line;
    mine->pid = dead();
    (void) ngx_court_state_join(state, NOW, tap_log());
    ok(ngx_court_state_line == mine, "a dead one's before an unused one");
    (void) ngx_court_state_join(state, NOW, tap_log());
    ok(ngx_court_state_line == mine, "one's own again");

    fake_lock_busy = 1000000;
    ngx_court_state_leave(state);
    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_DECLINED,
           "without the lock there is none");
    fake_lock_busy = 0;
    ngx_court_state_beat(state, 0, NOW + 1000, tap_log());
    ok(ngx_court_state_line == mine, "the next beat has one");

    ngx_court_state_leave(state);
    end(pid);
}


static void
test_refusals(void)
{
    ngx_uint_t              i, n;
    ngx_pid_t               pid, other;
    ngx_court_state_t      *state;
    ngx_court_state_sum_t  *sum;

    state = state_new();
    pid = living();
    other = living();

    ngx_pid = pid;
    (void) ngx_court_state_join(state, NOW, tap_log());

    ngx_court_state_refuse(ngx_court_state_line, 2, 3);
    ngx_court_state_refuse(ngx_court_state_line, 2, 3);
    ngx_court_state_refuse(ngx_court_state_line, 3, 2);
    ngx_court_state_refuse(ngx_court_state_line, 0, 0);

    ngx_pid = other;
    (void) ngx_court_state_join(state, NOW, tap_log());
    ngx_court_state_refuse(ngx_court_state_line, 2, 3);
    ngx_court_state_refuse(ngx_court_state_line, 4095, 255);

    sum = sum_of(state);
    is_int(sum->nrefusals, 4, "four pairs");
    is_int(sum->refusals[0].court + sum->refusals[0].reason, 0, "other, other");
    is_int(sum->refusals[0].count, 1, "once");
    is_int(sum->refusals[1].court, 2, "in order");
    is_int(sum->refusals[1].reason, 3, "of indexes");
    is_int(sum->refusals[1].count, 3, "of both workers together");
    is_int(sum->refusals[3].court, 4095, "the last court");
    is_int(sum->refusals[3].reason, 255, "the last reason");

    /* more pairs than cells */

    for (i = 0; i < 10000; i++) {
        ngx_court_state_refuse(ngx_court_state_line, i % 4000 + 2, 9);
        ngx_court_state_refuse(ngx_court_state_line, i % 4000 + 2, 10);
    }

    sum = sum_of(state);

    for (i = 0, n = 0; i < sum->nrefusals; i++) {
        n += sum->refusals[i].count;
    }

    is_int(n, 20006, "none is lost");
    ok(sum->refusals[0].count > 1, "what found no cell is other");
    ok(ngx_court_state_line->ncells < NGX_COURT_STATE_CELLS, "cells are left");

    ngx_court_state_leave(state);
    end(pid);
    end(other);
}


int
main(void)
{
    test_names();
    test_sizes();
    test_lines();
    test_full();
    test_refusals();

    return done_testing();
}
