/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_turn.h"


static const struct {
    ngx_str_t                  word;
    ngx_court_turn_t           turn;
} ngx_court_turns[] = {
    { ngx_string("accept"),  NGX_COURT_TURN_ACCEPT },
    { ngx_string("write"),   NGX_COURT_TURN_WRITE },
    { ngx_string("read"),    NGX_COURT_TURN_READ },
    { ngx_string("retired"), NGX_COURT_TURN_RETIRED },
    { ngx_null_string,       NGX_COURT_TURN_UNKNOWN }
};


ngx_court_turn_t
ngx_court_turn_parse(const ngx_str_t *word)
{
    ngx_uint_t  i;

    for (i = 0; ngx_court_turns[i].word.len; i++) {
        if (ngx_court_str_eq(&ngx_court_turns[i].word, word)) {
            return ngx_court_turns[i].turn;
        }
    }

    return NGX_COURT_TURN_UNKNOWN;
}


const char *
ngx_court_turn_name(ngx_court_turn_t turn)
{
    ngx_uint_t  i;

    for (i = 0; ngx_court_turns[i].word.len; i++) {
        if (ngx_court_turns[i].turn == turn) {
            return (const char *) ngx_court_turns[i].word.data;
        }
    }

    return "";
}


const char *
ngx_court_turn_writer(const ngx_court_turn_t *turns, ngx_uint_t n,
    ngx_uint_t *writer)
{
    ngx_uint_t  i, silent;

    *writer = n;
    silent = n;

    for (i = 0; i < n; i++) {

        switch (turns[i]) {

        case NGX_COURT_TURN_UNKNOWN:
            return "unknown state of a key";

        case NGX_COURT_TURN_WRITE:
            if (*writer < n) {
                return "two keys to write with";
            }

            *writer = i;
            break;

        case NGX_COURT_TURN_NONE:
            if (silent == n) {
                silent = i;
            }

            break;

        default:
            break;
        }
    }

    if (*writer == n) {
        *writer = silent;
    }

    return (*writer == n) ? "no key to write with" : NULL;
}
