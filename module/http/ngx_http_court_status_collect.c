/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Samples of all metrics (metrics/ngx_court_metrics.h), from the lines of the
 * workers, the other zones and the configuration.
 */

#include "ngx_http_court_status.h"


/* up to two labels; more are filled in by the caller */

ngx_court_sample_t *
ngx_http_court_status_add(ngx_http_court_status_t *st,
    ngx_court_metric_id_t id, uint64_t value, const ngx_str_t *one,
    const ngx_str_t *two)
{
    ngx_court_sample_t  *sample;

    static ngx_court_sample_t  nowhere;

    sample = ngx_court_metrics_add(st->metrics, id);

    if (sample == NULL) {
        st->failed = 1;
        return &nowhere;
    }

    sample->value = value;

    if (one) {
        sample->labels[0] = *one;
    }

    if (two) {
        sample->labels[1] = *two;
    }

    return sample;
}


/* court i's; how many requests they are */

static uint64_t
ngx_http_court_status_court(ngx_http_court_status_t *st, ngx_uint_t i)
{
    uint64_t     all, *row;
    ngx_str_t    court;
    ngx_uint_t   k;

    static const ngx_str_t  words[NGX_COURT_NDECISIONS] = {
        ngx_string("allow"),
        ngx_string("refuse"),
        ngx_string("would-refuse"),
        ngx_string("error"),
        ngx_string("undecided")
    };

    row = st->sum->sum.decisions[i];

    for (k = 0, all = 0; k < NGX_COURT_NDECISIONS; k++) {
        all += row[k];
    }

    if (all == 0) {
        return 0;
    }

    ngx_court_state_name(st->mcf->state, NGX_COURT_NAME_COURT, i, &court);

    for (k = 0; k < NGX_COURT_NDECISIONS; k++) {
        ngx_http_court_status_add(st, NGX_COURT_M_DECISIONS, row[k], &court,
                                  &words[k]);
    }

    return all;
}


ngx_int_t
ngx_http_court_status_courts(ngx_http_court_status_t *st, ngx_uint_t n)
{
    if (st->counted) {
        return NGX_OK;
    }

    for ( /* void */ ; st->court < st->sum->ncourts; st->court++) {

        if (n-- == 0) {
            return st->failed ? NGX_ERROR : NGX_AGAIN;
        }

        st->requests += ngx_http_court_status_court(st, st->court);
    }

    ngx_http_court_status_add(st, NGX_COURT_M_REQUESTS, st->requests, NULL,
                              NULL);
    st->counted = 1;

    return st->failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_court_status_refusals(ngx_http_court_status_t *st)
{
    ngx_str_t                    court, reason;
    ngx_uint_t                   i;
    ngx_court_state_refusals_t  *r;

    for (i = 0; i < st->sum->nrefusals; i++) {
        r = &st->sum->refusals[i];

        ngx_court_state_name(st->mcf->state, NGX_COURT_NAME_COURT, r->court,
                             &court);
        ngx_court_state_name(st->mcf->state, NGX_COURT_NAME_REASON, r->reason,
                             &reason);

        ngx_http_court_status_add(st, NGX_COURT_M_REFUSALS, r->count, &court,
                                  &reason);
    }
}


static void
ngx_http_court_status_requests(ngx_http_court_status_t *st)
{
    ngx_uint_t               i;
    ngx_court_state_line_t  *sum;

    static const ngx_str_t  stages[NGX_COURT_NSTAGES] = {
        ngx_string("match"),
        ngx_string("caller"),
        ngx_string("facts"),
        ngx_string("decide"),
        ngx_string("record"),
        ngx_string("forward")
    };

    static const ngx_str_t  hit = ngx_string("hit");
    static const ngx_str_t  miss = ngx_string("miss");
    static const ngx_str_t  reused = ngx_string("reused");
    static const ngx_str_t  made = ngx_string("signed");

    sum = &st->sum->sum;

    ngx_http_court_status_refusals(st);

    for (i = 0; i < NGX_COURT_NSTAGES; i++) {
        ngx_http_court_status_add(st, NGX_COURT_M_STAGE_SECONDS, 0,
                                  &stages[i], NULL)
            ->histogram = &sum->stages[i];
    }

    ngx_http_court_status_add(st, NGX_COURT_M_TOKEN_CACHE, sum->token_hits,
                              &hit, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_TOKEN_CACHE, sum->token_misses,
                              &miss, NULL);

    if (st->mcf->assertion) {
        ngx_http_court_status_add(st, NGX_COURT_M_ASSERTIONS, sum->reused,
                                  &reused, NULL);
        ngx_http_court_status_add(st, NGX_COURT_M_ASSERTIONS, sum->signed_,
                                  &made, NULL);
    }
}


static void
ngx_http_court_status_redis(ngx_http_court_status_t *st)
{
    ngx_uint_t                      i, k;
    ngx_court_redis_t             **redis;
    const ngx_str_t                *name;
    const ngx_court_state_redis_t  *line;

    static const ngx_str_t  results[NGX_COURT_STATE_NRESULTS] = {
        ngx_string("ok"),
        ngx_string("nil"),
        ngx_string("error"),
        ngx_string("timeout"),
        ngx_string("down")
    };

    redis = st->mcf->redis.elts;

    for (i = 0; i < st->mcf->redis.nelts; i++) {
        name = &ngx_court_redis_conf(redis[i])->name;
        line = &st->sum->sum.redis[ngx_court_redis_index(redis[i])];

        ngx_http_court_status_add(st, NGX_COURT_M_REDIS_UP, line->up != 0,
                                  name, NULL);

        for (k = 0; k < NGX_COURT_STATE_NRESULTS; k++) {
            ngx_http_court_status_add(st, NGX_COURT_M_REDIS_COMMANDS,
                                      line->commands[k], name, &results[k]);
        }

        ngx_http_court_status_add(st, NGX_COURT_M_REDIS_CONNECTS,
                                  line->connects, name, NULL);
        ngx_http_court_status_add(st, NGX_COURT_M_REDIS_FAILURES,
                                  line->failures, name, NULL);
    }
}


static void
ngx_http_court_status_zone(ngx_http_court_status_t *st,
    const ngx_str_t *name, ngx_court_zone_t *zone, size_t size)
{
    ngx_uint_t               i;
    ngx_court_zone_stats_t   stats;

    ngx_court_zone_stats(zone, &stats);

    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_SIZE, size, name, NULL);

    if (stats.slots == 0) {
        return;                                /* its lock cannot be had */
    }

    const struct {
        ngx_court_metric_id_t  id;
        uint64_t               value;
    } values[] = {
        { NGX_COURT_M_ZONE_USED,
          (uint64_t) stats.used * size / stats.slots },
        { NGX_COURT_M_ZONE_HITS, stats.hits },
        { NGX_COURT_M_ZONE_MISSES, stats.misses },
        { NGX_COURT_M_ZONE_STORES, stats.stores },
        { NGX_COURT_M_ZONE_EVICTIONS, stats.evictions },
        { NGX_COURT_M_ZONE_EXPIRED, stats.expired },
        { NGX_COURT_M_ZONE_RESETS, stats.resets }
    };

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ngx_http_court_status_add(st, values[i].id, values[i].value, name,
                                  NULL);
    }
}


/* of a zone of slots that evicts nothing */

static void
ngx_http_court_status_fill(ngx_http_court_status_t *st,
    const ngx_str_t *name, ngx_uint_t zone, ngx_uint_t used,
    ngx_uint_t slots)
{
    size_t  size;

    size = st->mcf->zone_size[zone];

    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_SIZE, size, name, NULL);

    if (slots) {
        ngx_http_court_status_add(st, NGX_COURT_M_ZONE_USED,
                                  (uint64_t) used * size / slots, name, NULL);
    }
}


static void
ngx_http_court_status_zones(ngx_http_court_status_t *st)
{
    ngx_court_flight_stats_t      seats;
    ngx_http_court_main_conf_t   *mcf;
    ngx_court_tombstone_stats_t   stones;

    static const ngx_str_t  facts = ngx_string("facts");
    static const ngx_str_t  negative = ngx_string("negative");
    static const ngx_str_t  tokens = ngx_string("tokens");
    static const ngx_str_t  artefacts = ngx_string("artefacts");
    static const ngx_str_t  state = ngx_string("state");
    static const ngx_str_t  flight = ngx_string("flight");
    static const ngx_str_t  tombstones = ngx_string("tombstones");

    mcf = st->mcf;

    ngx_court_flight_stats(mcf->tiers.flight, &seats);

    ngx_http_court_status_zone(st, &facts, mcf->tiers.facts,
                               mcf->zone_size[NGX_HTTP_COURT_ZONE_FACTS]);
    ngx_http_court_status_zone(st, &negative, mcf->tiers.negative,
                               mcf->zone_size[NGX_HTTP_COURT_ZONE_NEGATIVE]);
    ngx_http_court_status_zone(st, &tokens, mcf->tokens,
                               mcf->zone_size[NGX_HTTP_COURT_ZONE_TOKENS]);

    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_SIZE,
                              mcf->zone_size[NGX_HTTP_COURT_ZONE_ARTEFACTS],
                              &artefacts, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_USED,
                              ngx_court_artefacts_used(mcf->artefacts),
                              &artefacts, NULL);

    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_SIZE, st->info.size,
                              &state, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_USED, st->info.used,
                              &state, NULL);

    ngx_http_court_status_fill(st, &flight, NGX_HTTP_COURT_ZONE_FLIGHT,
                               seats.flying, seats.seats);
    ngx_http_court_status_add(st, NGX_COURT_M_ZONE_RESETS, seats.resets,
                              &flight, NULL);

    /* without its lock nothing is told of how full it is */

    if (ngx_court_tombstone_stats(mcf->tombstones, &stones) != NGX_OK) {
        stones.slots = 0;
    }

    ngx_http_court_status_fill(st, &tombstones, NGX_HTTP_COURT_ZONE_TOMBSTONES,
                               stones.used, stones.slots);
}


static void
ngx_http_court_status_policy(ngx_http_court_status_t *st)
{
    ngx_str_t                 hash;
    ngx_court_state_line_t   *sum;
    ngx_http_court_pinned_t  *live;

    live = st->live;
    sum = &st->sum->sum;

    if (live) {
        hash.data = st->hash;
        hash.len = sizeof(st->hash);

        ngx_http_court_status_add(st, NGX_COURT_M_POLICY_VERSION,
                                  ngx_court_policy_version(live->policy),
                                  NULL, NULL);
        ngx_http_court_status_add(st, NGX_COURT_M_POLICY_INFO, 1,
                                  &live->version, &hash);
        ngx_http_court_status_add(st, NGX_COURT_M_POLICY_LOADED,
                                  live->loaded, NULL, NULL);
    }

    ngx_http_court_status_add(st, NGX_COURT_M_POLICY_GENERATION,
                              st->generation, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_POLICY_WORKERS_BEHIND,
                              st->sum->behind, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_POLICY_FAILURES,
                              sum->policy_failures, NULL, NULL);

    ngx_http_court_status_add(st, NGX_COURT_M_AUDIT_RECORDS,
                              sum->audit_records, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_AUDIT_LOST, sum->audit_lost,
                              NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_AUDIT_FAILED,
                              sum->audit_failed, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_AUDIT_COMMIT_SECONDS, 0, NULL,
                              NULL)->histogram = &sum->commit;
}


/* of two keys with equal labels, as a JWKS may have, the first one */

static ngx_uint_t
ngx_http_court_status_twin(const ngx_http_court_key_t *key, ngx_uint_t i)
{
    ngx_uint_t  k;

    for (k = 0; k < i; k++) {
        if (ngx_court_str_eq(&key[k].use, &key[i].use)
            && ngx_court_str_eq(&key[k].issuer, &key[i].issuer)
            && ngx_court_str_eq(&key[k].kid, &key[i].kid))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_court_status_keys(ngx_http_court_status_t *st)
{
    ngx_uint_t             i;
    ngx_court_sample_t    *sample;
    ngx_http_court_key_t  *key;

    key = st->mcf->keys.elts;

    for (i = 0; i < st->mcf->keys.nelts; i++) {

        if (ngx_http_court_status_twin(key, i)) {
            continue;
        }

        sample = ngx_http_court_status_add(st, NGX_COURT_M_KEY_INFO, 1,
                                           &key[i].use, &key[i].issuer);
        sample->labels[2] = key[i].kid;
        sample->labels[3] = key[i].alg;
        sample->labels[4].data = (u_char *) ngx_court_turn_name(key[i].turn);
        sample->labels[4].len = ngx_strlen(sample->labels[4].data);

        sample = ngx_http_court_status_add(st, NGX_COURT_M_KEY_CREATED,
                                           key[i].created, &key[i].use,
                                           &key[i].issuer);
        sample->labels[2] = key[i].kid;
    }
}


static void
ngx_http_court_status_machine(ngx_http_court_status_t *st)
{
    static const ngx_str_t  live = ngx_string("live");
    static const ngx_str_t  exiting = ngx_string("exiting");
    static const ngx_str_t  version = ngx_string(NGX_COURT_VERSION);
    static const ngx_str_t  nginx = ngx_string(NGINX_VERSION);

    ngx_http_court_status_add(st, NGX_COURT_M_UNPROTECTED, st->off.total,
                              NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_REPORT, st->report.total, NULL,
                              NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_READY, st->health.ready, NULL,
                              NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_WORKERS, st->sum->live, &live,
                              NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_WORKERS, st->sum->exiting,
                              &exiting, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_WORKERS_LOST,
                              st->sum->sum.lost, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_START_TIME,
                              st->info.birth / 1000, NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_CONF_TIME, st->mcf->loaded,
                              NULL, NULL);
    ngx_http_court_status_add(st, NGX_COURT_M_BUILD_INFO, 1, &version,
                              &nginx);
    ngx_http_court_status_add(st, NGX_COURT_M_DEMO, st->mcf->demo, NULL,
                              NULL);
}


/* one for each kind: which one it is stands in the JSON */

static void
ngx_http_court_status_problems(ngx_http_court_status_t *st)
{
    ngx_str_t                  name;
    ngx_uint_t                 i, k;
    ngx_http_court_problem_t  *p;

    static const ngx_str_t  severities[] = {
        ngx_string("degraded"),
        ngx_string("unready")
    };

    p = st->health.problems.elts;

    for (i = 0; i < st->health.problems.nelts; i++) {

        for (k = 0; k < i && p[k].problem != p[i].problem; k++) {
            /* void */
        }

        if (k == i) {
            name.data = (u_char *) p[i].problem;
            name.len = ngx_strlen(p[i].problem);

            ngx_http_court_status_add(st, NGX_COURT_M_PROBLEM, 1, &name,
                                      &severities[p[i].unready]);
        }
    }
}


/* what is rendered in several turns names the policy to the end */

static void
ngx_http_court_status_unpin(void *data)
{
    ngx_http_court_policy_unpin(data);
}


ngx_http_court_status_t *
ngx_http_court_status_collect(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_court_status_t  *st;

    st = ngx_pcalloc(pool, sizeof(ngx_http_court_status_t));
    cln = ngx_pool_cleanup_add(pool, 0);

    if (st == NULL || cln == NULL) {
        return NULL;
    }

    st->pool = pool;
    st->mcf = mcf;
    st->live = ngx_http_court_policy_pin();

    if (st->live) {
        cln->handler = ngx_http_court_status_unpin;
        cln->data = st->live;
    }

    st->generation = ngx_court_artefact_generation(mcf->artefacts,
                                                   NGX_COURT_ARTEFACT_POLICY);

    st->metrics = ngx_court_metrics_create(pool);
    st->sum = ngx_court_state_sum(mcf->state, st->generation, pool);

    if (st->metrics == NULL || st->sum == NULL
        || ngx_http_court_health_look(mcf, pool, &st->health) != NGX_OK)
    {
        return NULL;
    }

    if (st->live) {
        ngx_hex_dump(st->hash, (u_char *)
                     ngx_court_policy_hash(st->live->policy),
                     NGX_COURT_SHA256_LEN);
    }

    ngx_court_state_info(mcf->state, &st->info);

    ngx_http_court_status_places(st, NGX_HTTP_COURT_OFF, &st->off);
    ngx_http_court_status_places(st, NGX_HTTP_COURT_REPORT, &st->report);

    ngx_http_court_status_requests(st);
    ngx_http_court_status_facts(st);
    ngx_http_court_status_redis(st);
    ngx_http_court_status_zones(st);
    ngx_http_court_status_revoked(st);
    ngx_http_court_status_policy(st);
    ngx_http_court_status_keys(st);
    ngx_http_court_status_problems(st);
    ngx_http_court_status_machine(st);

    return st->failed ? NULL : st;
}
