/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who reads the lines.  Without the lock: each number is whole, and they may
 * be of slightly different moments.
 */

#include "ngx_court_state_zone.h"


typedef struct {
    ngx_court_state_sum_t     *sum;
    ngx_array_t                cells;        /* ngx_court_state_cell_t */
    uint64_t                   generation;
} ngx_court_state_sum_ctx_t;


ngx_int_t
ngx_court_state_each(ngx_court_state_t *state,
    ngx_court_state_each_pt handler, void *data)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_court_state_line_t  *line;

    rc = NGX_OK;

    for (i = 0; i < state->nlines && rc == NGX_OK; i++) {
        line = ngx_court_state_at(state, i);

        if (ngx_court_state_used(line)) {
            rc = handler(data, i, line);
        }
    }

    return rc;
}


ngx_int_t
ngx_court_state_each_live(ngx_court_state_t *state,
    ngx_court_state_each_pt handler, void *data)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_court_state_line_t  *line;

    rc = NGX_OK;

    for (i = 0; i < state->nlines && rc == NGX_OK; i++) {
        line = ngx_court_state_at(state, i);

        if (ngx_court_state_used(line) && ngx_court_state_alive(line)) {
            rc = handler(data, i, line);
        }
    }

    return rc;
}


static void
ngx_court_state_sum_words(void *to, const void *from, size_t bytes)
{
    size_t           i;
    uint64_t        *sum = to;
    const uint64_t  *word = from;

    for (i = 0; i < bytes / sizeof(uint64_t); i++) {
        sum[i] += __atomic_load_n(&word[i], __ATOMIC_RELAXED);
    }
}


static void
ngx_court_state_sum_objects(ngx_court_state_sum_t *s,
    const ngx_court_state_line_t *line, ngx_uint_t alive)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_STATE_FACTS; i++) {
        ngx_court_state_sum_words(&s->sum.facts[i], &line->facts[i],
            alive ? sizeof(ngx_court_state_fact_t)
                  : offsetof(ngx_court_state_fact_t, in_flight));
    }

    for (i = 0; i < NGX_COURT_STATE_REDIS; i++) {
        ngx_court_state_sum_words(&s->sum.redis[i], &line->redis[i],
            alive ? sizeof(ngx_court_state_redis_t)
                  : offsetof(ngx_court_state_redis_t, up));
    }
}


static void
ngx_court_state_sum_worker(ngx_court_state_sum_ctx_t *ctx,
    const ngx_court_state_line_t *line)
{
    ngx_court_state_sum_t  *s;

    s = ctx->sum;
    s->sum.audit_failed += line->audit_failed;
    s->sum.open += line->open;

    if (line->exiting) {
        s->exiting++;
        return;
    }

    s->live++;
    s->behind += (line->policy_generation != ctx->generation);
}


static ngx_int_t
ngx_court_state_sum_cells(ngx_court_state_sum_ctx_t *ctx,
    const ngx_court_state_line_t *line)
{
    uint64_t                 key;
    ngx_uint_t               i;
    ngx_court_state_cell_t  *cell;

    if (line->ncells == 0) {
        return NGX_OK;
    }

    for (i = 0; i < NGX_COURT_STATE_CELLS; i++) {
        key = __atomic_load_n(&line->refusals[i].key, __ATOMIC_ACQUIRE);

        if (key == 0) {
            continue;
        }

        cell = ngx_array_push(&ctx->cells);
        if (cell == NULL) {
            return NGX_ERROR;
        }

        cell->key = key;
        cell->count = ngx_court_read(&line->refusals[i].count);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_state_sum_line(void *data, ngx_uint_t i,
    const ngx_court_state_line_t *line)
{
    ngx_court_state_sum_ctx_t *ctx = data;

    ngx_uint_t               alive;
    ngx_court_state_line_t  *sum;

    sum = &ctx->sum->sum;
    alive = ngx_court_state_alive(line);

    ngx_court_state_sum_words(&sum->token_hits, &line->token_hits,
                              offsetof(ngx_court_state_line_t,
                                       policy_generation)
                              - offsetof(ngx_court_state_line_t, token_hits));

    ngx_court_state_sum_words(sum->stages, line->stages,
                              sizeof(sum->stages));
    ngx_court_state_sum_words(&sum->commit, &line->commit,
                              sizeof(sum->commit));
    ngx_court_state_sum_words(sum->decisions, line->decisions,
                              ctx->sum->ncourts * sizeof(sum->decisions[0]));

    ngx_court_state_sum_objects(ctx->sum, line, alive);
    sum->overflow += line->overflow;
    sum->ended += line->ended;

    if (alive) {
        ngx_court_state_sum_worker(ctx, line);

    } else if (line->pid) {
        sum->lost++;
    }

    return ngx_court_state_sum_cells(ctx, line);
}


static int ngx_libc_cdecl
ngx_court_state_sum_compare(const void *one, const void *two)
{
    const ngx_court_state_cell_t  *a = one, *b = two;

    return (a->key > b->key) - (a->key < b->key);
}


/* cells of one key, which workers have each for themselves, become one */

static ngx_int_t
ngx_court_state_sum_refusals(ngx_court_state_sum_ctx_t *ctx, ngx_pool_t *pool)
{
    ngx_uint_t                   i;
    ngx_court_state_sum_t       *s;
    ngx_court_state_cell_t      *cell;
    ngx_court_state_refusals_t  *r;

    s = ctx->sum;
    cell = ctx->cells.elts;

    ngx_qsort(cell, ctx->cells.nelts, sizeof(ngx_court_state_cell_t),
              ngx_court_state_sum_compare);

    r = ngx_pcalloc(pool, (ctx->cells.nelts + 1)
                          * sizeof(ngx_court_state_refusals_t));
    if (r == NULL) {
        return NGX_ERROR;
    }

    s->refusals = r;

    /* other and other stand first, where they have been seen at all */

    if (s->sum.overflow) {
        r[0].count = s->sum.overflow;
        s->nrefusals = 1;
    }

    for (i = 0; i < ctx->cells.nelts; i++) {

        if (s->nrefusals == 0
            || NGX_COURT_STATE_KEY(r[s->nrefusals - 1].court,
                                   r[s->nrefusals - 1].reason)
               != cell[i].key)
        {
            r[s->nrefusals].court = (ngx_uint_t) ((cell[i].key - 1) >> 32);
            r[s->nrefusals].reason = (ngx_uint_t) ((cell[i].key - 1)
                                                   & 0xffffffff);
            s->nrefusals++;
        }

        r[s->nrefusals - 1].count += cell[i].count;
    }

    return NGX_OK;
}


ngx_court_state_sum_t *
ngx_court_state_sum(ngx_court_state_t *state, uint64_t generation,
    ngx_pool_t *pool)
{
    ngx_court_state_sum_ctx_t  ctx;

    ctx.generation = generation;
    ctx.sum = ngx_pcalloc(pool, sizeof(ngx_court_state_sum_t));

    if (ctx.sum == NULL
        || ngx_array_init(&ctx.cells, pool, 64,
                          sizeof(ngx_court_state_cell_t))
           != NGX_OK)
    {
        return NULL;
    }

    ctx.sum->ncourts = ngx_court_state_names(state, NGX_COURT_NAME_COURT);

    if (ngx_court_state_each(state, ngx_court_state_sum_line, &ctx) != NGX_OK
        || ngx_court_state_sum_refusals(&ctx, pool) != NGX_OK)
    {
        return NULL;
    }

    return ctx.sum;
}


void
ngx_court_state_info(ngx_court_state_t *state, ngx_court_state_info_t *info)
{
    ngx_uint_t  i;

    ngx_memzero(info, sizeof(ngx_court_state_info_t));

    info->lines = state->nlines;
    info->size = state->size;
    info->birth = state->head->birth;

    for (i = 0; i < state->nlines; i++) {
        info->lines_used += ngx_court_state_at(state, i)->used;
    }

    info->used = NGX_COURT_STATE_HEAD
                 + info->lines_used * NGX_COURT_STATE_STRIDE;

    if (ngx_court_state_lock(state) == NGX_OK) {
        info->usable = 1;
        ngx_court_state_unlock(state);
    }
}
