/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * nginx's memory, arrays, lists and log for programs that are not nginx.
 * Written from the contracts in nginx's headers.
 */

#include "ngx_court_rt.h"


/* one line of log, longer ones are cut; as in nginx */
#define NGX_COURT_RT_LOG_LINE  2048


ngx_uint_t  ngx_pagesize = 4096;
ngx_uint_t  ngx_pagesize_shift = 12;
ngx_uint_t  ngx_cacheline_size = 64;


static ngx_log_t  ngx_court_rt_the_log;

static const char *const  ngx_court_rt_levels[] = {
    "stderr", "emerg", "alert", "crit", "error", "warn", "notice", "info",
    "debug"
};


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    void  *p;

    p = malloc(size);
    if (p == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, errno, "malloc(%uz) failed", size);
    }

    return p;
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    void  *p;

    p = ngx_alloc(size, log);
    if (p) {
        ngx_memzero(p, size);
    }

    return p;
}


/*
 * Of ngx_pool_t only large, cleanup and log are used: every allocation is
 * "large", newest first, with its node in memory of its own.
 */

ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    ngx_pool_t  *pool;

    (void) size;

    pool = ngx_calloc(sizeof(ngx_pool_t), log);
    if (pool == NULL) {
        return NULL;
    }

    pool->current = pool;
    pool->log = log;

    return pool;
}


static void
ngx_court_rt_free_blocks(ngx_pool_t *pool)
{
    ngx_pool_large_t  *l, *next;

    for (l = pool->large; l; l = next) {
        next = l->next;
        free(l->alloc);
        free(l);
    }

    pool->large = NULL;
    pool->chain = NULL;
    pool->cleanup = NULL;
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    ngx_pool_cleanup_t  *c;

    for (c = pool->cleanup; c; c = c->next) {
        if (c->handler) {
            c->handler(c->data);
        }
    }

    ngx_court_rt_free_blocks(pool);
    free(pool);
}


/* as in nginx, cleanups are forgotten, not run */
void
ngx_reset_pool(ngx_pool_t *pool)
{
    ngx_court_rt_free_blocks(pool);
}


static void *
ngx_court_rt_own(ngx_pool_t *pool, void *p)
{
    ngx_pool_large_t  *l;

    if (p == NULL) {
        return NULL;
    }

    l = ngx_alloc(sizeof(ngx_pool_large_t), pool->log);
    if (l == NULL) {
        free(p);
        return NULL;
    }

    l->alloc = p;
    l->next = pool->large;
    pool->large = l;

    return p;
}


void *
ngx_palloc(ngx_pool_t *pool, size_t size)
{
    return ngx_court_rt_own(pool, ngx_alloc(size, pool->log));
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    return ngx_court_rt_own(pool, ngx_alloc(size, pool->log));
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    return ngx_court_rt_own(pool, ngx_calloc(size, pool->log));
}


void *
ngx_pmemalign(ngx_pool_t *pool, size_t size, size_t alignment)
{
    void  *p;

    if (posix_memalign(&p, alignment, size) != 0) {
        return NULL;
    }

    return ngx_court_rt_own(pool, p);
}


ngx_int_t
ngx_pfree(ngx_pool_t *pool, void *p)
{
    ngx_pool_large_t  *l, **link;

    for (link = &pool->large; *link; link = &(*link)->next) {
        l = *link;

        if (l->alloc == p) {
            *link = l->next;
            free(l->alloc);
            free(l);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_pool_cleanup_t *
ngx_pool_cleanup_add(ngx_pool_t *pool, size_t size)
{
    ngx_pool_cleanup_t  *c;

    c = ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t));
    if (c == NULL) {
        return NULL;
    }

    if (size) {
        c->data = ngx_palloc(pool, size);
        if (c->data == NULL) {
            return NULL;
        }
    }

    c->next = pool->cleanup;
    pool->cleanup = c;

    return c;
}


ngx_array_t *
ngx_array_create(ngx_pool_t *pool, ngx_uint_t n, size_t size)
{
    ngx_array_t  *a;

    a = ngx_palloc(pool, sizeof(ngx_array_t));
    if (a == NULL || ngx_array_init(a, pool, n, size) != NGX_OK) {
        return NULL;
    }

    return a;
}


void
ngx_array_destroy(ngx_array_t *a)
{
    ngx_pfree(a->pool, a->elts);
    ngx_pfree(a->pool, a);
}


/*
 * Growing always moves: an element's address kept across a push is a bug
 * that nginx's pools may hide and this one shows.
 */

void *
ngx_array_push_n(ngx_array_t *a, ngx_uint_t n)
{
    void        *elts, *elt;
    ngx_uint_t   nalloc;

    if (a->nelts + n > a->nalloc) {
        nalloc = 2 * ngx_max(n, a->nalloc);

        elts = ngx_palloc(a->pool, nalloc * a->size);
        if (elts == NULL) {
            return NULL;
        }

        ngx_memcpy(elts, a->elts, a->nelts * a->size);
        ngx_pfree(a->pool, a->elts);

        a->elts = elts;
        a->nalloc = nalloc;
    }

    elt = (u_char *) a->elts + a->size * a->nelts;
    a->nelts += n;

    return elt;
}


void *
ngx_array_push(ngx_array_t *a)
{
    return ngx_array_push_n(a, 1);
}


ngx_list_t *
ngx_list_create(ngx_pool_t *pool, ngx_uint_t n, size_t size)
{
    ngx_list_t  *list;

    list = ngx_palloc(pool, sizeof(ngx_list_t));
    if (list == NULL || ngx_list_init(list, pool, n, size) != NGX_OK) {
        return NULL;
    }

    return list;
}


void *
ngx_list_push(ngx_list_t *l)
{
    ngx_list_part_t  *last;

    last = l->last;

    if (last->nelts == l->nalloc) {
        last = ngx_pcalloc(l->pool, sizeof(ngx_list_part_t));
        if (last == NULL) {
            return NULL;
        }

        last->elts = ngx_palloc(l->pool, l->nalloc * l->size);
        if (last->elts == NULL) {
            return NULL;
        }

        l->last->next = last;
        l->last = last;
    }

    return (u_char *) last->elts + l->size * last->nelts++;
}


ngx_log_t *
ngx_court_rt_log(ngx_uint_t level)
{
    ngx_court_rt_the_log.log_level = level;

    return &ngx_court_rt_the_log;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    u_char   line[NGX_COURT_RT_LOG_LINE], *p, *last;
    va_list  args;

    last = line + sizeof(line) - 1;

    p = ngx_slprintf(line, last, "[%s] ",
                     ngx_court_rt_levels[ngx_min(level, NGX_LOG_DEBUG)]);

    va_start(args, fmt);
    p = ngx_vslprintf(p, last, fmt, args);
    va_end(args);

    if (err) {
        p = ngx_slprintf(p, last, " (%d: %s)", err, strerror(err));
    }

    *p++ = '\n';

    if (log->writer) {
        log->writer(log, level, line, p - line);
        return;
    }

    (void) fwrite(line, 1, p - line, stderr);
}
