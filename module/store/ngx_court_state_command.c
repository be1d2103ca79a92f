/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One command at a time to all workers: who posts the next one overwrites it,
 * whether or not it was read by all; who waits for the end knows the number.
 */

#include "ngx_court_state_zone.h"


ngx_int_t
ngx_court_state_command_post(ngx_court_state_t *state,
    const ngx_str_t *command, uint64_t last, uint64_t *seq)
{
    ngx_court_state_head_t  *head;

    if (command->len > NGX_COURT_STATE_COMMAND) {
        return NGX_ERROR;
    }

    if (ngx_court_state_lock(state) != NGX_OK) {
        return NGX_BUSY;
    }

    head = state->head;

    if (head->command_seq != last) {
        ngx_court_state_unlock(state);
        return NGX_BUSY;
    }

    ngx_memcpy(head->command, command->data, command->len);
    head->command_len = command->len;

    ngx_memory_barrier();
    *seq = ++head->command_seq;

    ngx_court_state_unlock(state);

    return NGX_OK;
}


uint64_t
ngx_court_state_command_seq(ngx_court_state_t *state)
{
    return state->head->command_seq;
}


ngx_int_t
ngx_court_state_command_read(ngx_court_state_t *state, u_char *buf,
    size_t *len, uint64_t *seq)
{
    ngx_court_state_head_t  *head;

    if (ngx_court_state_lock(state) != NGX_OK) {
        return NGX_BUSY;
    }

    head = state->head;

    *len = ngx_min((size_t) head->command_len, NGX_COURT_STATE_COMMAND);
    *seq = head->command_seq;
    ngx_memcpy(buf, head->command, *len);

    ngx_court_state_unlock(state);

    return NGX_OK;
}


void
ngx_court_state_command_done(ngx_court_state_t *state, uint64_t seq)
{
    (void) state;

    /* who sees it sees command_failed, too */

    __atomic_store_n(&ngx_court_state_line->command_done, seq,
                     __ATOMIC_RELEASE);
}
