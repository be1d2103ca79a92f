/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose turn it is among the keys of one file, so that a key can be changed
 * without a moment at which somebody does not know it:
 *
 *     accept   everybody reads and publishes it, nobody writes with it yet
 *     write    signs, seals, makes names; one in a file
 *     read     wrote once, and is still read with
 *     retired  kept for who reads old records; the gateway does not use it,
 *              and what was sealed with it is a miss
 *
 * In a ring the word stands as state=WORD, in a JWK as "court_state".  Where
 * none stands in a file, the first key writes and the others are read with.
 */

#ifndef _NGX_COURT_TURN_H_INCLUDED_
#define _NGX_COURT_TURN_H_INCLUDED_

#include "ngx_court_base.h"


typedef enum {
    NGX_COURT_TURN_NONE = 0,              /* not said */
    NGX_COURT_TURN_ACCEPT,
    NGX_COURT_TURN_WRITE,
    NGX_COURT_TURN_READ,
    NGX_COURT_TURN_RETIRED,
    NGX_COURT_TURN_UNKNOWN                /* said in a word that is none */
} ngx_court_turn_t;


ngx_court_turn_t ngx_court_turn_parse(const ngx_str_t *word);

/* "" for NONE and UNKNOWN */
const char *ngx_court_turn_name(ngx_court_turn_t turn);

/*
 * Which of n keys writes: the one that says so; where none says "write", the
 * first that says nothing.  NULL, or what is wrong: a word that is none, two
 * that write, none that does.
 */
const char *ngx_court_turn_writer(const ngx_court_turn_t *turns, ngx_uint_t n,
    ngx_uint_t *writer);


#endif /* _NGX_COURT_TURN_H_INCLUDED_ */
