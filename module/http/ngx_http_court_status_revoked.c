/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the status says of revocation: how much stands, what is open, and how
 * the stream of events fares.
 */

#include "ngx_http_court_status.h"


static void
ngx_http_court_status_stones(ngx_http_court_status_t *st)
{
    ngx_uint_t                    kind;
    ngx_court_tombstone_stats_t   stats;
    ngx_http_court_main_conf_t   *mcf;

    mcf = st->mcf;

    for (kind = 0; kind < NGX_COURT_TOMBSTONE_KINDS; kind++) {
        ngx_http_court_status_add(st, NGX_COURT_M_REVOKED,
                                  ngx_court_tombstone_count(mcf->tombstones,
                                                            kind),
                                  &ngx_court_tombstone_kinds[kind], NULL);
    }

    /* nothing is told without the lock */

    if (ngx_court_tombstone_stats(mcf->tombstones, &stats) == NGX_OK) {
        ngx_http_court_status_add(st, NGX_COURT_M_REVOKED_FULL, stats.full,
                                  NULL, NULL);
    }
}


static void
ngx_http_court_status_feed(ngx_http_court_status_t *st)
{
    int64_t                        silence;
    ngx_uint_t                     i;
    const ngx_court_feed_t        *feed;
    const ngx_court_feed_share_t  *share;

    feed = st->mcf->feed;

    if (feed == NULL) {
        return;
    }

    share = feed->share;
    silence = ngx_court_feed_silence(feed);

    ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_BLIND,
                              ngx_court_feed_blind(feed), NULL, NULL);

    if (silence >= 0) {
        ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_SILENCE,
                                  silence / 1000, NULL, NULL);
    }

    ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_SEQUENCE, share->seq,
                              NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_SNAPSHOTS, share->epoch,
                              NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_DOWN, share->down, NULL,
                              NULL);

    for (i = 0; i < NGX_COURT_EVENT_KINDS; i++) {
        ngx_http_court_status_add(st, NGX_COURT_M_EVENTS, share->kinds[i],
                                  &ngx_court_event_kind_names[i], NULL);
    }

    for (i = 0; i < NGX_COURT_EVENT_VERDICTS; i++) {
        ngx_http_court_status_add(st, NGX_COURT_M_EVENTS_VERDICTS,
                                  share->verdicts[i],
                                  &ngx_court_event_verdict_names[i], NULL);
    }
}


void
ngx_http_court_status_revoked(ngx_http_court_status_t *st)
{
    ngx_http_court_status_add(st, NGX_COURT_M_OPEN, st->sum->sum.open, NULL,
                              NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_ENDED, st->sum->sum.ended, NULL,
                              NULL);

    ngx_http_court_status_stones(st);
    ngx_http_court_status_feed(st);
}


/* {"events":false,"revoked":N}, with events more */

void
ngx_http_court_status_json_revoked(ngx_http_court_status_t *st,
    ngx_court_out_t *out)
{
    int64_t                        silence;
    uint64_t                       n;
    ngx_uint_t                     i;
    const ngx_court_feed_t        *feed;
    const ngx_court_feed_share_t  *share;

    n = 0;

    for (i = 0; i < NGX_COURT_TOMBSTONE_KINDS; i++) {
        n += ngx_court_tombstone_count(st->mcf->tombstones, i);
    }

    ngx_court_out_const(out, "{\"revoked\":");
    ngx_court_out_uint(out, n);

    feed = st->mcf->feed;

    if (feed == NULL) {
        ngx_court_out_const(out, ",\"events\":false}");
        return;
    }

    share = feed->share;
    silence = ngx_court_feed_silence(feed);

    ngx_court_out_const(out, ",\"events\":true,\"blind\":");

    if (ngx_court_feed_blind(feed)) {
        ngx_court_out_const(out, "true");
    } else {
        ngx_court_out_const(out, "false");
    }

    if (silence >= 0) {
        ngx_court_out_const(out, ",\"silence_ms\":");
        ngx_court_out_uint(out, (ngx_uint_t) silence);
    }

    ngx_court_out_const(out, ",\"max_silence_ms\":");
    ngx_court_out_uint(out, feed->max_silence);
    ngx_court_out_const(out, ",\"sequence\":");
    ngx_court_out_uint(out, share->seq);
    ngx_court_out_const(out, ",\"snapshots\":");
    ngx_court_out_uint(out, share->epoch);
    ngx_court_out_const(out, ",\"leader\":");
    ngx_court_out_uint(out, share->leader);
    ngx_court_out_const(out, ",\"doubt\":");

    if (share->doubt && share->doubt < NGX_COURT_EVENT_VERDICTS) {
        ngx_court_out_json(out, &ngx_court_event_verdict_names[share->doubt]);
    } else {
        ngx_court_out_const(out, "null");
    }

    ngx_court_out_const(out, "}");
}
