/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A zone "state" in memory, and processes that have a line in it.
 */

#ifndef _STATE_FAKES_H_INCLUDED_
#define _STATE_FAKES_H_INCLUDED_

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_state_zone.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>


#define NOW  1000000000000ll


static ngx_inline ngx_court_state_t *
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


static ngx_inline ngx_court_state_t *
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
static ngx_inline ngx_pid_t
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
static ngx_inline ngx_pid_t
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


static ngx_inline void
end(ngx_pid_t pid)
{
    int  status;

    (void) kill(pid, SIGKILL);
    (void) waitpid(pid, &status, 0);
}


static ngx_inline ngx_uint_t
intern(ngx_court_state_t *state, ngx_court_name_kind_t kind, const char *text)
{
    ngx_str_t  name;

    name.data = (u_char *) text;
    name.len = strlen(text);

    return ngx_court_state_intern(state, kind, &name);
}


static ngx_inline ngx_court_state_sum_t *
sum_of(ngx_court_state_t *state)
{
    return ngx_court_state_sum(state, 0, tap_pool());
}


#endif /* _STATE_FAKES_H_INCLUDED_ */
