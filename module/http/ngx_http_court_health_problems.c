/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is wrong, for this worker and for those beside it.  Unready is what
 * refuses callers whatever they ask; what works with a part missing is
 * degraded: Redis and sources may be down for all gateways at once, and a
 * load balancer that took them all out would make it worse.
 */

#include "ngx_http_court_status.h"


typedef struct {
    ngx_http_court_main_conf_t  *mcf;
    ngx_http_court_health_t     *health;
    uint64_t                     generation;

    /* of workers that live */
    ngx_uint_t                   behind;
    ngx_uint_t                   audit_failed;
    ngx_uint_t                   up[NGX_COURT_STATE_REDIS];
    ngx_uint_t                   open[NGX_COURT_STATE_FACTS];
} ngx_http_court_health_ctx_t;


static ngx_int_t
ngx_http_court_health_add(ngx_http_court_health_ctx_t *ctx,
    const char *problem, ngx_uint_t unready, const ngx_str_t *name)
{
    ngx_http_court_problem_t  *p;

    p = ngx_array_push(&ctx->health->problems);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p->problem = problem;
    p->unready = unready;

    if (name) {
        p->name = *name;
    } else {
        ngx_str_null(&p->name);
    }

    ctx->health->ready &= !unready;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_health_worker(void *data, ngx_uint_t n,
    const ngx_court_state_line_t *line)
{
    ngx_http_court_health_ctx_t *ctx = data;

    ngx_uint_t  i;

    if (!line->exiting) {
        ctx->behind += (line->policy_generation != ctx->generation);
    }

    ctx->audit_failed += (line->audit_failed != 0);

    for (i = 0; i < NGX_COURT_STATE_REDIS; i++) {
        ctx->up[i] += (line->redis[i].up != 0);
    }

    for (i = 0; i < NGX_COURT_STATE_FACTS; i++) {
        ctx->open[i] += (line->facts[i].open != 0);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_health_process(ngx_http_court_health_ctx_t *ctx)
{
    if (ngx_exiting || ngx_quit || ngx_terminate) {
        return ngx_http_court_health_add(ctx, "exiting", 1, NULL);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_health_policy(ngx_http_court_health_ctx_t *ctx)
{
    if (ctx->mcf->policy_file.len && ngx_http_court_worker.live == NULL) {
        return ngx_http_court_health_add(ctx, "no_policy", 1, NULL);
    }

    if (ctx->behind) {
        return ngx_http_court_health_add(ctx, "policy_behind", 0, NULL);
    }

    return NGX_OK;
}


/* it refuses everybody, and so it is told: others may still see */

static ngx_int_t
ngx_http_court_health_events(ngx_http_court_health_ctx_t *ctx)
{
    if (ctx->mcf->feed && ngx_court_feed_blind(ctx->mcf->feed)) {
        return ngx_http_court_health_add(ctx, "blind", 1, NULL);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_court_health_usable(const ngx_court_issuer_t *issuer)
{
    ngx_uint_t                     i;
    const ngx_court_alg_t *const  *alg;

    for (i = 0; issuer->jwks && i < issuer->jwks->nkeys; i++) {
        for (alg = ngx_court_algs; (*alg)->name.len; alg++) {
            if (ngx_court_alg_in(*alg, issuer->algorithms)
                && ngx_court_alg_fits(*alg, issuer->jwks->keys[i]))
            {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_court_health_keys(ngx_http_court_health_ctx_t *ctx)
{
    ngx_uint_t            i;
    ngx_court_issuer_t  **issuer;

    issuer = ctx->mcf->issuers.elts;

    for (i = 0; i < ctx->mcf->issuers.nelts; i++) {
        if (!ngx_http_court_health_usable(issuer[i])
            && ngx_http_court_health_add(ctx, "no_key", 1, &issuer[i]->name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_health_zones(ngx_http_court_health_ctx_t *ctx)
{
    ngx_uint_t               i;
    ngx_court_state_info_t   info;
    ngx_court_zone_stats_t   stats;

    const struct {
        ngx_str_t            name;
        ngx_court_zone_t    *zone;
    } zones[] = {
        { ngx_string("facts"),    ctx->mcf->tiers.facts },
        { ngx_string("negative"), ctx->mcf->tiers.negative },
        { ngx_string("tokens"),   ctx->mcf->tokens }
    };

    static const ngx_str_t  state = ngx_string("state");

    for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        ngx_court_zone_stats(zones[i].zone, &stats);

        /* nothing is told without the lock */

        if (stats.slots == 0
            && ngx_http_court_health_add(ctx, "zone", 1, &zones[i].name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_court_state_info(ctx->mcf->state, &info);

    return info.usable ? NGX_OK
                       : ngx_http_court_health_add(ctx, "zone", 1, &state);
}


/* the strictest word of all servers that record */

static ngx_uint_t
ngx_http_court_health_strict(void)
{
    ngx_uint_t                    i, strict;
    ngx_http_core_srv_conf_t    **cscf;
    ngx_http_court_srv_conf_t    *scf;
    ngx_http_core_main_conf_t    *cmcf;

    cmcf = ngx_http_cycle_get_module_main_conf(ngx_cycle,
                                               ngx_http_core_module);
    cscf = cmcf->servers.elts;
    strict = NGX_HTTP_COURT_AUDIT_ALLOW;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        scf = cscf[i]->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (scf->audit && scf->audit_on_failure < strict) {
            strict = scf->audit_on_failure;
        }
    }

    return strict;
}


/*
 * A log of this worker that cannot be written makes it unready where that is
 * what refuses; another worker's is that one's own word to say.
 */

static ngx_int_t
ngx_http_court_health_audit(ngx_http_court_health_ctx_t *ctx)
{
    ngx_uint_t                strict, unready;
    ngx_http_court_pinned_t  *live;

    if (ctx->audit_failed == 0) {
        return NGX_OK;
    }

    live = ngx_http_court_worker.live;
    strict = ngx_http_court_health_strict();

    unready = ngx_court_state_line->audit_failed
              && (strict == NGX_HTTP_COURT_AUDIT_REFUSE
                  || (strict == NGX_HTTP_COURT_AUDIT_REFUSE_DURABLE
                      && live && ngx_court_policy_durable(live->policy)));

    return ngx_http_court_health_add(ctx, "audit", unready, NULL);
}


static ngx_int_t
ngx_http_court_health_stores(ngx_http_court_health_ctx_t *ctx)
{
    ngx_uint_t                      i;
    ngx_court_redis_t             **redis;
    ngx_court_source_t            **source;
    const ngx_court_redis_conf_t   *rcf;

    redis = ctx->mcf->redis.elts;

    for (i = 0; i < ctx->mcf->redis.nelts; i++) {
        rcf = ngx_court_redis_conf(redis[i]);

        /* one that nobody uses is not connected to */

        if ((redis[i] == ctx->mcf->tiers.redis
             || (ctx->mcf->feed && redis[i] == ctx->mcf->feed->redis))
            && ctx->up[ngx_court_redis_index(redis[i])] == 0
            && ngx_http_court_health_add(ctx, "redis", 0, &rcf->name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    source = ctx->mcf->sources.elts;

    for (i = 0; i < ctx->mcf->sources.nelts; i++) {
        if ((source[i]->shared ? source[i]->shared->breaker.open
                               : ctx->open[source[i]->metric])
            && ngx_http_court_health_add(ctx, "source", 0,
                                         &source[i]->fact.name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* "identity", or "identity B00" */

static ngx_int_t
ngx_http_court_health_extended(ngx_http_court_health_ctx_t *ctx)
{
    int64_t                 now;
    ngx_str_t               name;
    ngx_uint_t              i;
    ngx_court_extension_t   row;

    now = (int64_t) ngx_time() * 1000;

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {

        if (ngx_court_extension(ctx->mcf->tiers.flight, i, now, &row)
            != NGX_OK)
        {
            continue;
        }

        name.len = row.fact_len + row.court_len + (row.court_len != 0);
        name.data = ngx_pnalloc(ctx->health->problems.pool, name.len);

        if (name.data == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(name.data, row.fact, row.fact_len);

        if (row.court_len) {
            name.data[row.fact_len] = ' ';
            ngx_memcpy(name.data + row.fact_len + 1, row.court,
                       row.court_len);
        }

        if (ngx_http_court_health_add(ctx, "extended", 0, &name) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_court_health_look(ngx_http_court_main_conf_t *mcf, ngx_pool_t *pool,
    ngx_http_court_health_t *health)
{
    ngx_http_court_health_ctx_t  ctx;

    ngx_memzero(&ctx, sizeof(ngx_http_court_health_ctx_t));

    ctx.mcf = mcf;
    ctx.health = health;
    ctx.generation = ngx_court_artefact_generation(mcf->artefacts,
                                                   NGX_COURT_ARTEFACT_POLICY);
    health->ready = 1;

    if (ngx_array_init(&health->problems, pool, 4,
                       sizeof(ngx_http_court_problem_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    (void) ngx_court_state_each_live(mcf->state, ngx_http_court_health_worker,
                                     &ctx);

    if (ngx_http_court_health_process(&ctx) != NGX_OK
        || ngx_http_court_health_policy(&ctx) != NGX_OK
        || ngx_http_court_health_events(&ctx) != NGX_OK
        || ngx_http_court_health_keys(&ctx) != NGX_OK
        || ngx_http_court_health_zones(&ctx) != NGX_OK
        || ngx_http_court_health_audit(&ctx) != NGX_OK
        || ngx_http_court_health_stores(&ctx) != NGX_OK
        || ngx_http_court_health_extended(&ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
