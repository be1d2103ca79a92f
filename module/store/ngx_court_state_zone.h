/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The zone "state" inside: what ngx_court_state.c (lines), _names.c
 * (interning), _sum.c (reading) and _command.c share.
 */

#ifndef _NGX_COURT_STATE_ZONE_H_INCLUDED_
#define _NGX_COURT_STATE_ZONE_H_INCLUDED_

#include "ngx_court_state.h"
#include "ngx_court_redis_share.h"


typedef struct {
    uint32_t                   len;
    u_char                     data[NGX_COURT_STATE_NAME];
} ngx_court_state_name_t;

/* all names of all kinds stand in one array, and so do the slots of their
 * hashes, two for each name; a slot holds an index, 0: free */

#define NGX_COURT_STATE_NAMES                                                 \
    (NGX_COURT_STATE_COURTS + NGX_COURT_STATE_REASONS                         \
     + NGX_COURT_STATE_FACTS + NGX_COURT_STATE_REDIS)

typedef struct {
    uint32_t                   layout;       /* NGX_COURT_STATE_LAYOUT */
    int64_t                    birth;        /* ms since 1970 */
    volatile uint64_t          command_seq;
    uint64_t                   command_len;
    u_char                     command[NGX_COURT_STATE_COMMAND];
    uint32_t                   nnames[NGX_COURT_NAME_KINDS];
    ngx_court_state_name_t     names[NGX_COURT_STATE_NAMES];
    uint16_t                   slots[2 * NGX_COURT_STATE_NAMES];
    ngx_court_redis_share_t    redis[NGX_COURT_REDIS_SHARES];
} ngx_court_state_head_t;

struct ngx_court_state_s {
    ngx_slab_pool_t           *shpool;
    ngx_court_state_head_t    *head;
    ngx_uint_t                 nlines;
    size_t                     size;
    unsigned                   warned:1;     /* no line: said once */
};


#define NGX_COURT_STATE_HEAD    ngx_align(sizeof(ngx_court_state_head_t), 64)
#define NGX_COURT_STATE_STRIDE  ngx_align(sizeof(ngx_court_state_line_t), 64)

/* who has it: what must be clear before a line is taken first */
#define NGX_COURT_STATE_LINE_HEAD                                             \
    offsetof(ngx_court_state_line_t, token_hits)

#define ngx_court_state_at(state, i)                                          \
    ((ngx_court_state_line_t *) ((u_char *) (state)->head                     \
        + NGX_COURT_STATE_HEAD + (i) * NGX_COURT_STATE_STRIDE))

/* who sees it sees a line that was cleared */
#define ngx_court_state_used(line)                                            \
    __atomic_load_n(&(line)->used, __ATOMIC_ACQUIRE)

#define NGX_COURT_STATE_KEY(court, reason)                                    \
    (((uint64_t) (court) << 32 | (reason)) + 1)


/* NGX_BUSY: could not be had in some ms */
ngx_int_t ngx_court_state_lock(ngx_court_state_t *state);
void ngx_court_state_unlock(ngx_court_state_t *state);

/* name of index 0 of a kind, at layout */
void ngx_court_state_first(ngx_court_state_t *state,
    ngx_court_name_kind_t kind, const ngx_str_t *name);


#endif /* _NGX_COURT_STATE_ZONE_H_INCLUDED_ */
