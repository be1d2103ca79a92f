/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a reader has seen, and what may follow.  Any doubt takes synced away;
 * only a head gives it back.
 */

#include "ngx_court_event.h"


const ngx_str_t  ngx_court_event_verdict_names[] = {
    ngx_string("ok"),
    ngx_string("duplicate"),
    ngx_string("gap"),
    ngx_string("forged"),
    ngx_string("scope"),
    ngx_string("old"),
    ngx_string("ahead"),
    ngx_string("rollback"),
    ngx_string("sealed"),
    ngx_string("failed")
};


void
ngx_court_event_doubt(ngx_court_event_chain_t *chain)
{
    chain->synced = 0;
}


static ngx_uint_t
ngx_court_event_chain_differs(const u_char *a, const u_char *b)
{
    return !ngx_court_secret_eq(a, b, NGX_COURT_SHA256_LEN);
}


/* *why is set unless it is OK */

static ngx_court_event_verdict_t
ngx_court_event_chain_judge(const ngx_court_event_chain_t *chain,
    const ngx_court_event_t *ev, int64_t now, const char **why)
{
    if (!chain->synced) {
        *why = "no head was taken";
        return NGX_COURT_EVENT_GAP;
    }

    if (ev->seq < chain->seq) {
        *why = "seen";
        return NGX_COURT_EVENT_DUPLICATE;
    }

    if (ev->seq == chain->seq) {
        if (ngx_court_event_chain_differs(ev->hash, chain->hash)) {
            *why = "another entry had this number";
            return NGX_COURT_EVENT_ROLLBACK;
        }

        *why = "seen";
        return NGX_COURT_EVENT_DUPLICATE;
    }

    if (ev->seq != chain->seq + 1) {
        *why = "entries are missing";
        return NGX_COURT_EVENT_GAP;
    }

    if (ngx_court_event_chain_differs(ev->prev, chain->hash)) {
        *why = "it follows another entry";
        return NGX_COURT_EVENT_FORGED;
    }

    if (ev->seq == chain->high
        && ngx_court_event_chain_differs(ev->hash, chain->high_hash))
    {
        *why = "another entry had this number";
        return NGX_COURT_EVENT_ROLLBACK;
    }

    if (ev->time < chain->time) {
        *why = "its time lies before the former one's";
        return NGX_COURT_EVENT_OLD;
    }

    if (ev->time > now && ev->time - now > NGX_COURT_EVENT_SKEW) {
        *why = "its time lies ahead of this clock";
        return NGX_COURT_EVENT_AHEAD;
    }

    return NGX_COURT_EVENT_OK;
}


static void
ngx_court_event_chain_move(ngx_court_event_chain_t *chain, uint64_t seq,
    int64_t time, const u_char *hash)
{
    chain->seq = seq;
    chain->time = time;
    ngx_memcpy(chain->hash, hash, NGX_COURT_SHA256_LEN);

    if (seq > chain->high) {
        chain->high = seq;
        ngx_memcpy(chain->high_hash, hash, NGX_COURT_SHA256_LEN);
    }
}


ngx_court_event_verdict_t
ngx_court_event_next(ngx_court_event_chain_t *chain,
    const ngx_court_event_t *ev, int64_t now, const char **why)
{
    ngx_court_event_verdict_t  verdict;

    verdict = ngx_court_event_chain_judge(chain, ev, now, why);

    switch (verdict) {

    case NGX_COURT_EVENT_OK:
        ngx_court_event_chain_move(chain, ev->seq, ev->time, ev->hash);

        if (ev->kind == NGX_COURT_EVENT_BEAT && ev->time > chain->beat) {
            chain->beat = ev->time;
        }

        break;

    case NGX_COURT_EVENT_DUPLICATE:
        break;

    default:
        ngx_court_event_doubt(chain);
    }

    return verdict;
}


ngx_court_event_verdict_t
ngx_court_event_head_fits(const ngx_court_event_chain_t *chain,
    const ngx_court_event_head_t *head, int64_t now, const char **why)
{
    if (head->time > now && head->time - now > NGX_COURT_EVENT_SKEW) {
        *why = "its time lies ahead of this clock";
        return NGX_COURT_EVENT_AHEAD;
    }

    if (head->seq == chain->high
        && ngx_court_event_chain_differs(head->hash, chain->high_hash))
    {
        *why = "another entry had this number";
        return NGX_COURT_EVENT_ROLLBACK;
    }

    if (head->seq >= chain->high && head->time < chain->beat) {
        *why = "its time lies before what was seen";
        return NGX_COURT_EVENT_ROLLBACK;
    }

    return NGX_COURT_EVENT_OK;
}


void
ngx_court_event_head_take(ngx_court_event_chain_t *chain,
    const ngx_court_event_head_t *head)
{
    ngx_court_event_chain_move(chain, head->seq, head->time, head->hash);
    chain->synced = 1;
}


ngx_court_event_verdict_t
ngx_court_event_top(ngx_court_event_chain_t *chain, uint64_t seq)
{
    if (seq >= chain->high) {
        return NGX_COURT_EVENT_OK;
    }

    ngx_court_event_doubt(chain);

    return NGX_COURT_EVENT_ROLLBACK;
}


ngx_uint_t
ngx_court_event_blind(const ngx_court_event_chain_t *chain, int64_t now,
    int64_t max_silence)
{
    return !chain->synced || chain->seq < chain->high || chain->beat == 0
           || now - chain->beat > max_silence;
}
