/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Samples of facts, their sources and extensions.
 */

#include "ngx_http_court_status.h"


static const ngx_str_t  ngx_http_court_status_results[] = {
    ngx_string("found"),
    ngx_string("none"),
    ngx_string("unavailable")
};


static void
ngx_http_court_status_answers(ngx_http_court_status_t *st,
    const ngx_str_t *name, const ngx_court_state_fact_t *fact)
{
    ngx_uint_t           tier, k;
    ngx_court_sample_t  *sample;

    static const ngx_str_t  tiers[] = {
        ngx_string("none"),
        ngx_string("zone"),
        ngx_string("redis"),
        ngx_string("source"),
        ngx_string("stale"),
        ngx_string("extended")
    };

    /* what can be, by result; anything else only where it was */

    static const ngx_uint_t  can[] = { 4, 3, 3, 7, 1, 1 };

    for (tier = 0; tier < NGX_COURT_NTIERS; tier++) {
        for (k = 0; k < 3; k++) {

            if (fact->answers[tier][k] == 0 && !(can[tier] & (1 << k))) {
                continue;
            }

            sample = ngx_http_court_status_add(st, NGX_COURT_M_FACTS,
                                               fact->answers[tier][k], name,
                                               &tiers[tier]);
            sample->labels[2] = ngx_http_court_status_results[k];
        }
    }
}


/* those in force; labels live as long as the samples */

static void
ngx_http_court_status_extensions(ngx_http_court_status_t *st)
{
    int64_t                 now;
    ngx_str_t               fact, court;
    ngx_uint_t              i;
    ngx_court_extension_t  *row;

    now = (int64_t) ngx_time() * 1000;
    row = NULL;

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {

        if (row == NULL) {
            row = ngx_palloc(st->pool, sizeof(ngx_court_extension_t));
            if (row == NULL) {
                st->failed = 1;
                return;
            }
        }

        if (ngx_court_extension(st->mcf->tiers.flight, i, now, row)
            != NGX_OK)
        {
            continue;
        }

        fact.data = row->fact;
        fact.len = row->fact_len;
        court.data = row->court;
        court.len = row->court_len;

        ngx_http_court_status_add(st, NGX_COURT_M_EXTENDED,
                                  row->until / 1000, &fact, &court);
        row = NULL;
    }
}


static void
ngx_http_court_status_notices(ngx_http_court_status_t *st)
{
    ngx_uint_t  i;

    static const ngx_str_t  results[NGX_COURT_STATE_NNOTICES] = {
        ngx_string("ok"),
        ngx_string("refused"),
        ngx_string("malformed"),
        ngx_string("limited"),
        ngx_string("failed")
    };

    if (st->mcf->build->notifies.nelts == 0) {
        return;
    }

    for (i = 0; i < NGX_COURT_STATE_NNOTICES; i++) {
        ngx_http_court_status_add(st, NGX_COURT_M_NOTICES,
                                  st->sum->sum.notices[i], &results[i], NULL);
    }
}


void
ngx_http_court_status_facts(ngx_http_court_status_t *st)
{
    ngx_uint_t                     i, k;
    ngx_str_t                     *name;
    ngx_court_source_t           **source;
    const ngx_court_state_fact_t  *fact;

    source = st->mcf->sources.elts;

    for (i = 0; i < st->mcf->sources.nelts; i++) {
        name = &source[i]->fact.name;
        fact = &st->sum->sum.facts[source[i]->metric];

        ngx_http_court_status_answers(st, name, fact);

        for (k = 0; k < 3; k++) {
            ngx_http_court_status_add(st, NGX_COURT_M_FETCHES,
                                      fact->fetches[k], name,
                                      &ngx_http_court_status_results[k]);
        }

        ngx_http_court_status_add(st, NGX_COURT_M_FETCH_SECONDS, 0, name,
                                  NULL)->histogram = &fact->seconds;
        ngx_http_court_status_add(st, NGX_COURT_M_FETCHES_IN_FLIGHT,
                                  fact->in_flight, name, NULL);
        ngx_http_court_status_add(st, NGX_COURT_M_FETCH_WAITERS,
                                  fact->waiters, name, NULL);
        ngx_http_court_status_add(st, NGX_COURT_M_BREAKER_OPEN,
                                  source[i]->shared
                                  ? source[i]->shared->breaker.open
                                  : fact->open,
                                  name, NULL);
    }

    ngx_http_court_status_extensions(st);
    ngx_http_court_status_notices(st);
}
