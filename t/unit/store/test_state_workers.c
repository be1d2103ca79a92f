/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Workers that come, go and find the zone busy; what they all must do.
 */

#include "state_fakes.h"


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
    test_busy();
    test_busy_command();
    test_command();
    test_concurrent();

    return done_testing();
}
