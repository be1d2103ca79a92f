/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The reader's state: what may follow, what takes trust away, what gives it
 * back.  Hashes are one byte repeated: entry N of history H has 16 * H + N.
 */

#include "ngx_court_event.h"
#include "tap.h"


#define OK         NGX_COURT_EVENT_OK
#define DUPLICATE  NGX_COURT_EVENT_DUPLICATE
#define GAP        NGX_COURT_EVENT_GAP
#define FORGED     NGX_COURT_EVENT_FORGED
#define OLD        NGX_COURT_EVENT_OLD
#define AHEAD      NGX_COURT_EVENT_AHEAD
#define ROLLBACK   NGX_COURT_EVENT_ROLLBACK

#define R    5000
#define NOW  1000000


typedef struct {
    enum { HEAD, ENTRY, BEAT, TOP, LATER, END } step;
    uint64_t                    seq;
    ngx_uint_t                  history;
    int64_t                     time;         /* from NOW; LATER: from now on */
    ngx_court_event_verdict_t   want;
    ngx_uint_t                  blind;        /* afterwards */
} step_t;

typedef struct {
    const char                 *what;
    step_t                      steps[12];
} story_t;


static const story_t  stories[] = {
    { "as it should be", {
        { HEAD, 3, 0, -9, OK, 1 },
        { ENTRY, 4, 0, -8, OK, 1 },
        { BEAT, 5, 0, -7, OK, 0 },
        { ENTRY, 6, 0, -7, OK, 0 },
        { TOP, 6, 0, 0, OK, 0 },
        { END } } },

    { "nothing without a head", {
        { BEAT, 1, 0, 0, GAP, 1 },
        { BEAT, 2, 0, 0, GAP, 1 },
        { END } } },

    { "once more the same", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { BEAT, 5, 0, -7, DUPLICATE, 0 },
        { BEAT, 4, 0, -8, DUPLICATE, 0 },
        { BEAT, 6, 0, -6, OK, 0 },
        { END } } },

    { "an entry is missing", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 6, 0, -7, GAP, 1 },
        { BEAT, 5, 0, -7, GAP, 1 },
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { END } } },

    { "a leap behind a new head", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 9, 1, -7, GAP, 1 },
        { HEAD, 8, 1, -7, OK, 0 },
        { BEAT, 9, 1, -7, OK, 0 },
        { END } } },

    { "an entry of another history", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 1, -7, FORGED, 1 },
        { END } } },

    { "another one of the same number", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 4, 1, -8, ROLLBACK, 1 },
        { END } } },

    { "the stream is older", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { TOP, 4, 0, 0, ROLLBACK, 1 },
        { BEAT, 6, 0, -6, GAP, 1 },
        { END } } },

    { "the stream is gone", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { TOP, 0, 0, 0, ROLLBACK, 1 },
        { END } } },

    { "a head of before: blind until all was seen again", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 1 },
        { BEAT, 5, 0, -7, OK, 0 },
        { END } } },

    { "a head of before, and then another history", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 1 },
        { BEAT, 5, 2, -7, FORGED, 1 },
        { END } } },

    { "a head of before in another history, up to where we were", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -7, OK, 0 },
        { HEAD, 3, 1, -9, OK, 1 },
        { BEAT, 4, 1, -8, OK, 1 },
        { BEAT, 5, 1, -7, ROLLBACK, 1 },
        { END } } },

    { "the head of that number is another", {
        { HEAD, 3, 0, -9, OK, 1 },
        { HEAD, 3, 1, -9, ROLLBACK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { HEAD, 4, 1, -8, ROLLBACK, 0 },
        { END } } },

    { "a later head with an earlier time", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { HEAD, 8, 0, -9, ROLLBACK, 0 },
        { END } } },

    { "time runs backwards", {
        { HEAD, 3, 0, -9, OK, 1 },
        { BEAT, 4, 0, -8, OK, 0 },
        { BEAT, 5, 0, -9, OLD, 1 },
        { END } } },

    { "a little ahead of us, and too far", {
        { HEAD, 3, 0, 2000, OK, 1 },
        { BEAT, 4, 0, 2000, OK, 0 },
        { BEAT, 5, 0, 2001, AHEAD, 1 },
        { HEAD, 6, 0, 2001, AHEAD, 1 },
        { END } } },

    { "silence", {
        { HEAD, 3, 0, 0, OK, 1 },
        { BEAT, 4, 0, 0, OK, 0 },
        { LATER, 0, 0, R, OK, 0 },
        { ENTRY, 5, 0, R, OK, 0 },
        { LATER, 0, 0, 1, OK, 1 },
        { ENTRY, 6, 0, R, OK, 1 },
        { BEAT, 7, 0, R, OK, 0 },
        { END } } },

    { "an old beat, replayed to who has just begun", {
        { LATER, 0, 0, 3 * R, OK, 1 },
        { HEAD, 3, 0, 0, OK, 1 },
        { BEAT, 4, 0, 0, OK, 1 },
        { END } } }
};


static void
hash_(u_char *p, ngx_uint_t history, uint64_t seq)
{
    memset(p, (int) (16 * history + seq), NGX_COURT_SHA256_LEN);
}


static ngx_court_event_verdict_t
step_(ngx_court_event_chain_t *chain, const step_t *s, int64_t now)
{
    const char                 *why;
    ngx_court_event_t           ev;
    ngx_court_event_head_t      head;
    ngx_court_event_verdict_t   verdict;

    why = NULL;

    if (s->step == TOP) {
        return ngx_court_event_top(chain, s->seq);
    }

    if (s->step == HEAD) {
        ngx_memzero(&head, sizeof(head));
        head.seq = s->seq;
        head.time = NOW + s->time;
        hash_(head.hash, s->history, s->seq);

        verdict = ngx_court_event_head_fits(chain, &head, now, &why);

        if (verdict == OK) {
            ngx_court_event_head_take(chain, &head);
        }

    } else {
        ngx_memzero(&ev, sizeof(ev));
        ev.seq = s->seq;
        ev.time = NOW + s->time;
        ev.kind = s->step == BEAT ? NGX_COURT_EVENT_BEAT
                                  : NGX_COURT_EVENT_DENY;
        hash_(ev.hash, s->history, s->seq);
        hash_(ev.prev, s->history, s->seq - 1);

        verdict = ngx_court_event_next(chain, &ev, now, &why);
    }

    ok(verdict == OK || why != NULL, "a word about it");

    return verdict;
}


int
main(void)
{
    int64_t                   now;
    ngx_uint_t                i, n;
    const step_t             *s;
    ngx_court_event_chain_t   chain;

    for (i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        ngx_memzero(&chain, sizeof(chain));
        now = NOW;

        for (n = 0; n < 12 && stories[i].steps[n].step != END; n++) {
            s = &stories[i].steps[n];

            if (s->step == LATER) {
                now += s->time;

            } else {
                is_int(step_(&chain, s, now), s->want, "%s, step %d",
                       stories[i].what, (int) n + 1);
            }

            is_int(ngx_court_event_blind(&chain, now, R), s->blind,
                   "%s, step %d: blind or not", stories[i].what, (int) n + 1);
        }
    }

    ngx_memzero(&chain, sizeof(chain));
    ok(ngx_court_event_blind(&chain, 0, R), "who has seen nothing is blind");
    is_int(ngx_court_event_top(&chain, 0), OK, "and has nothing to miss");

    return done_testing();
}
