/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_state_zone.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define NOW  1000000000000ll

static ngx_court_state_t *
state_make(size_t size, ngx_shm_zone_t **shm)
{
    ngx_str_t           name = ngx_string("state");
    ngx_conf_t          cf;
    ngx_court_state_t  *state;

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    cf.pool = tap_pool();
    cf.log = tap_log();

    state = ngx_court_state_add(&cf, &name, size, NULL);

    if (state) {
        *shm = &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
    }

    return state;
}


static ngx_court_state_t *
state_new(void)
{
    ngx_shm_zone_t     *shm;
    ngx_court_state_t  *state;

    fake_clock(NOW);
    state = state_make(0, &shm);
    (void) fake_zone_init(shm, NULL);

    return state;
}


/* a process that was */
static ngx_pid_t
dead(void)
{
    int        status;
    ngx_pid_t  pid;

    pid = fork();
    if (pid == 0) {
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    return pid;
}


/* a process that is, until it is ended */
static ngx_pid_t
living(void)
{
    ngx_pid_t  pid;

    pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }

    return pid;
}


static void
end(ngx_pid_t pid)
{
    int  status;

    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, &status, 0);
}


static ngx_uint_t
intern(ngx_court_state_t *state, ngx_court_name_kind_t kind, const char *text)
{
    ngx_str_t  name;

    name.data = (u_char *) text;
    name.len = strlen(text);

    return ngx_court_state_intern(state, kind, &name);
}


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


static ngx_court_state_sum_t *
sum_of(ngx_court_state_t *state)
{
    return ngx_court_state_sum(state, 0, tap_pool());
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


static void
test_command(void)
{
    u_char              buf[NGX_COURT_STATE_COMMAND];
    size_t              len;
    uint64_t            seq, posted;
    ngx_str_t           command = ngx_string("flush");
    ngx_court_state_t  *state;

    state = state_new();
    ngx_pid = getpid();
    (void) ngx_court_state_join(state, NOW, tap_log());

    is_int(ngx_court_state_command_seq(state), 0, "none yet");
    is_int(ngx_court_state_command_post(state, &command, 0, &posted), NGX_OK,
           "posted");
    is_int(ngx_court_state_command_post(state, &command, 0, &seq), NGX_BUSY,
           "another one was faster");
    is_int(ngx_court_state_command_seq(state), posted, "its number");
    ok(ngx_court_state_line->command_done < posted, "not done");
    is_int(ngx_court_state_command_read(state, buf, &len, &seq), NGX_OK,
           "read");
    is_mem(buf, "flush", len, "the same bytes");
    is_int(seq, posted, "the same number");

    ngx_court_state_command_done(state, seq);
    is_int(ngx_court_state_line->command_done, posted, "done");

    command.len = NGX_COURT_STATE_COMMAND + 1;
    is_int(ngx_court_state_command_post(state, &command, posted, &seq),
           NGX_ERROR, "too long");

    fake_lock_busy = 1000000;
    command.len = 5;
    is_int(ngx_court_state_command_post(state, &command, posted, &seq),
           NGX_BUSY, "no lock to post");
    is_int(ngx_court_state_command_read(state, buf, &len, &seq), NGX_BUSY,
           "no lock to read");
    fake_lock_busy = 0;

    /* who comes later has nothing to do */

    ngx_court_state_leave(state);
    (void) ngx_court_state_join(state, NOW, tap_log());
    is_int(ngx_court_state_line->command_done,
           ngx_court_state_command_seq(state), "a new worker has done it all");
    ngx_court_state_leave(state);
}


/* writers in their own lines, and a reader beside them */

static void
test_concurrent(void)
{
    void                    *memory;
    ngx_pid_t                pid[3];
    int                      status;
    uint64_t                 last, now;
    ngx_uint_t               i, k, fell;
    ngx_shm_zone_t          *shm;
    ngx_slab_pool_t         *shpool;
    ngx_court_state_t       *state;

    enum { EACH = 200000 };

    fake_clock(NOW);
    state = state_make(0, &shm);

    memory = mmap(NULL, shm->shm.size, PROT_READ|PROT_WRITE,
                  MAP_ANON|MAP_SHARED, -1, 0);
    shpool = memory;
    shm->shm.addr = memory;
    shpool->start = (u_char *) memory + 4096;
    shpool->end = (u_char *) memory + shm->shm.size;
    shpool->pfree = (shm->shm.size - 4096) / 4096;
    shpool->mutex.lock = &shpool->lock.lock;
    is_int(shm->init(shm, NULL), NGX_OK, "shared memory");

    for (i = 0; i < 3; i++) {
        pid[i] = fork();

        if (pid[i] == 0) {
            ngx_pid = getpid();

            /* the fake lock is none between processes: one by one */

            while (i && ngx_court_state_at(state, i - 1)->pid == 0) {
                usleep(100);
            }

            (void) ngx_court_state_join(state, NOW, tap_log());

            for (k = 0; k < EACH; k++) {
                ngx_court_count(&ngx_court_state_line->token_hits);
                ngx_court_count(&ngx_court_state_line->decisions[1][k % 5]);
                ngx_court_state_refuse(ngx_court_state_line, 1, k % 50);
            }

            _exit(0);
        }
    }

    for (last = 0, fell = 0, i = 0; i < 200; i++) {
        now = sum_of(state)->sum.token_hits;
        fell += (now < last);
        last = now;
        usleep(1000);
    }

    for (i = 0; i < 3; i++) {
        (void) waitpid(pid[i], &status, 0);
    }

    is_int(fell, 0, "a counter never falls");
    is_int(sum_of(state)->sum.token_hits, 3 * EACH, "none is lost");
    is_int(sum_of(state)->sum.decisions[1][4], 3 * EACH / 5, "nor a decision");
    is_int(sum_of(state)->nrefusals, 50, "fifty reasons");
    is_int(sum_of(state)->refusals[49].count, 3 * EACH / 50, "each whole");
    is_int(sum_of(state)->sum.lost, 3, "three have died");

    (void) munmap(memory, shm->shm.size);
}


/* the lock is held for a while where all workers start on a busy machine */
static void
test_busy(void)
{
    int                          i, status;
    pid_t                        pid;
    ngx_court_state_t           *state;
    ngx_court_state_sum_t       *s;
    ngx_court_state_refusals_t  *r;

    ngx_pid = getpid();
    state = state_new();

    pid = fork();
    if (pid == 0) {
        while (!ngx_shmtx_trylock(&state->shpool->mutex)) {
            (void) usleep(100);
        }

        (void) usleep(100000);
        ngx_shmtx_unlock(&state->shpool->mutex);
        _exit(0);
    }

    for (i = 0; i < 10000 && ngx_court_state_lock(state) == NGX_OK; i++) {
        ngx_court_state_unlock(state);
        (void) usleep(1000);
    }

    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_OK,
           "who starts waits for a lock that is held");
    (void) waitpid(pid, &status, 0);
    ngx_court_state_leave(state);

    (void) ngx_court_state_lock(state);
    is_int(ngx_court_state_join(state, NOW, tap_log()), NGX_DECLINED,
           "and not without end");

    ngx_court_count(&ngx_court_state_line->token_hits);
    ngx_court_count_n(&ngx_court_state_line->decisions[3][0], 5);
    ngx_court_set(&ngx_court_state_line->facts[2].in_flight, 4);
    ngx_court_set(&ngx_court_state_line->audit_failed, 1);
    ngx_court_state_refuse(ngx_court_state_line, 3, 7);
    ngx_court_state_refuse(ngx_court_state_line, 3, 7);
    ngx_court_state_beat(state, 0, NOW + 1000, tap_log());
    ngx_court_state_refuse(ngx_court_state_line, 3, 7);
    (void) intern(state, NGX_COURT_NAME_COURT, "B00");
    ngx_court_state_unlock(state);

    (void) intern(state, NGX_COURT_NAME_COURT, "B00");
    (void) intern(state, NGX_COURT_NAME_COURT, "B01");
    ngx_court_state_beat(state, 0, NOW + 2000, tap_log());

    s = sum_of(state);
    r = s->refusals;
    is_int(s->live, 1, "there is a line at last");
    is_int(s->sum.token_hits, 1, "what was counted before comes along");
    is_int(s->sum.decisions[3][0], 5, "decisions, too");
    is_int(s->sum.facts[2].in_flight, 4, "and gauges");
    is_int(s->sum.audit_failed, 1, "of the worker");
    ok(s->nrefusals == 1 && r->court == 3 && r->reason == 7 && r->count == 3,
       "and refusals");

    ngx_court_state_leave(state);
    (void) ngx_court_state_join(state, NOW, tap_log());
    is_int(sum_of(state)->sum.token_hits, 1, "once");
    ngx_court_state_leave(state);
}


/* a command that comes before a worker has a line is not passed over */
static void
test_busy_command(void)
{
    uint64_t            seq;
    ngx_str_t           text = ngx_string("flush");
    ngx_court_state_t  *state;

    ngx_pid = getpid();
    state = state_new();

    (void) ngx_court_state_lock(state);
    (void) ngx_court_state_join(state, NOW, tap_log());
    ngx_court_state_unlock(state);

    (void) ngx_court_state_command_post(state, &text, 0, &seq);
    ngx_court_state_beat(state, 0, NOW + 1000, tap_log());

    is_int(ngx_court_state_line->command_done, seq - 1, "it is still to do");
    ngx_court_state_leave(state);
}


int
main(void)
{
    test_names();
    test_sizes();
    test_lines();
    test_full();
    test_busy();
    test_busy_command();
    test_refusals();
    test_command();
    test_concurrent();

    return done_testing();
}
