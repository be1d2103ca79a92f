/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_state_zone.h"
#include "ngx_court_shm.h"


/* bounded tries with a yield between, some ms: what is done inside is short */
#define NGX_COURT_STATE_TRIES     1000

/* ms between such tries of a process that starts, all in all */
#define NGX_COURT_STATE_PATIENCE  500

/* lines: a worker for each CPU, as many of the configuration before, as many
 * of the one before that, still with open connections */
#define NGX_COURT_STATE_PER_CPU   4
#define NGX_COURT_STATE_LEAST     32
#define NGX_COURT_STATE_MOST      256
#define NGX_COURT_STATE_FEWEST    4          /* of a configured size */

/* slab's own pages, and what its page table takes */
#define NGX_COURT_STATE_SLAB      (64 * 1024)

/* a full table of refusals is slow to search; the rest is overflow */
#define NGX_COURT_STATE_CELLS_FULL  (NGX_COURT_STATE_CELLS / 8 * 7)


static ngx_int_t ngx_court_state_init(ngx_shm_zone_t *shm_zone, void *data);
static void ngx_court_state_layout(ngx_court_state_t *state);
static void ngx_court_state_refuse_n(ngx_court_state_line_t *line,
    uint64_t key, uint64_t n);


/* what counts without a zone, or before there is a line; used: it may hold
 * counts that a line will get */
static ngx_court_state_line_t  ngx_court_state_private;

ngx_court_state_line_t  *ngx_court_state_line = &ngx_court_state_private;


static size_t
ngx_court_state_default(void)
{
    size_t      bytes;
    ngx_uint_t  n;

    n = ngx_max((ngx_uint_t) ngx_ncpu * NGX_COURT_STATE_PER_CPU,
                NGX_COURT_STATE_LEAST);
    n = ngx_min(n, NGX_COURT_STATE_MOST);

    bytes = NGX_COURT_STATE_HEAD + n * NGX_COURT_STATE_STRIDE;

    return ngx_align(bytes + bytes / 64 + NGX_COURT_STATE_SLAB, ngx_pagesize);
}


ngx_court_state_t *
ngx_court_state_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    size_t              least;
    ngx_court_state_t  *state;

    least = NGX_COURT_STATE_HEAD
            + NGX_COURT_STATE_FEWEST * NGX_COURT_STATE_STRIDE
            + 2 * NGX_COURT_STATE_SLAB;

    if (size == 0) {
        size = ngx_court_state_default();
    }

    state = ngx_court_shm_add(cf, name, size, least, tag,
                              sizeof(ngx_court_state_t),
                              ngx_court_state_init);
    if (state) {
        state->size = size;
    }

    return state;
}


/*
 * A zone of another layout is another module's: laid out anew in place; what
 * is left of the old workers goes on writing to lines that may be ours, for
 * as long as they live, which costs some counts and nothing else.
 */

static ngx_int_t
ngx_court_state_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t              bytes;
    ngx_court_state_t  *state;

    state = shm_zone->data;

    state->head = ngx_court_shm_block(shm_zone, data, &state->shpool, &bytes);
    if (state->head == NULL) {
        return NGX_ERROR;
    }

    state->nlines = (bytes - NGX_COURT_STATE_HEAD) / NGX_COURT_STATE_STRIDE;

    if (state->head->layout != NGX_COURT_STATE_LAYOUT) {
        ngx_court_state_layout(state);
    }

    return NGX_OK;
}


/* each line is cleared when it is taken first, so its pages cost nothing
 * before that */

static void
ngx_court_state_layout(ngx_court_state_t *state)
{
    ngx_str_t    name;
    ngx_uint_t   i;
    ngx_time_t  *tp;

    ngx_memzero(state->head, NGX_COURT_STATE_HEAD);

    for (i = 0; i < state->nlines; i++) {
        ngx_memzero(ngx_court_state_at(state, i),
                    NGX_COURT_STATE_LINE_HEAD);
    }

    tp = ngx_timeofday();
    state->head->birth = (int64_t) tp->sec * 1000 + tp->msec;

    ngx_str_set(&name, "other");

    for (i = 0; i < NGX_COURT_NAME_KINDS; i++) {
        ngx_court_state_first(state, i, &name);
    }

    ngx_str_set(&name, "-");
    (void) ngx_court_state_intern(state, NGX_COURT_NAME_COURT, &name);

    state->head->layout = NGX_COURT_STATE_LAYOUT;
}


ngx_court_redis_share_t *
ngx_court_state_redis(ngx_court_state_t *state)
{
    return state->head ? state->head->redis : NULL;
}


uint64_t
ngx_court_state_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


ngx_int_t
ngx_court_state_lock(ngx_court_state_t *state)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_STATE_TRIES; i++) {

        if (ngx_shmtx_trylock(&state->shpool->mutex)) {
            return NGX_OK;
        }

        ngx_sched_yield();
    }

    return NGX_BUSY;
}


void
ngx_court_state_unlock(ngx_court_state_t *state)
{
    ngx_shmtx_unlock(&state->shpool->mutex);
}


/*
 * EPERM: another user's, so there is one.  A zombie counts as alive until
 * the master reaps it, which is at once.
 */

ngx_uint_t
ngx_court_state_alive(const ngx_court_state_line_t *line)
{
    ngx_pid_t  pid;

    pid = (ngx_pid_t) line->pid;

    return pid && (kill(pid, 0) == 0 || ngx_errno == NGX_EPERM);
}


/* what is of the worker and not of the line: it goes with him */

static void
ngx_court_state_ungauge(ngx_court_state_line_t *line)
{
    ngx_uint_t  i;

    line->policy_generation = 0;
    line->policy_version = 0;
    line->policy_loaded = 0;
    line->audit_failed = 0;
    line->open = 0;

    for (i = 0; i < NGX_COURT_STATE_FACTS; i++) {
        line->facts[i].in_flight = 0;
        line->facts[i].waiters = 0;
        line->facts[i].open = 0;
    }

    for (i = 0; i < NGX_COURT_STATE_REDIS; i++) {
        line->redis[i].up = 0;
    }
}


/*
 * A line that was left or whose worker is dead before one that nobody ever
 * had: few lines stay in use, and in memory.  Where there is neither, one
 * whose worker has not beaten for long: he may be stopped, or his pid may be
 * another program's by now.
 */

static ngx_court_state_line_t *
ngx_court_state_choose(ngx_court_state_t *state, int64_t now)
{
    ngx_uint_t               i, taken;
    ngx_court_state_line_t  *line, *fresh, *stale;

    fresh = NULL;
    stale = NULL;

    for (i = 0; i < state->nlines; i++) {
        line = ngx_court_state_at(state, i);

        taken = line->pid && line->pid != (uint64_t) ngx_pid
                && ngx_court_state_alive(line);

        if (!taken) {
            if (line->used) {
                return line;
            }

            fresh = fresh ? fresh : line;
            continue;
        }

        if (line->used && now - (int64_t) line->beat > NGX_COURT_STATE_STALE
            && (stale == NULL || line->beat < stale->beat))
        {
            stale = line;
        }
    }

    return fresh ? fresh : stale;
}


/*
 * Under the lock only what says whose the line is: to clear one that is fresh
 * touches a hundred pages, and another worker that starts waits meanwhile.
 * Nobody reads it, and nobody else takes it, before it is "used".
 */

static ngx_court_state_line_t *
ngx_court_state_take(ngx_court_state_t *state, int64_t now)
{
    ngx_court_state_line_t  *line;

    line = ngx_court_state_choose(state, now);
    if (line == NULL) {
        return NULL;
    }

    if (line->used) {
        line->lost += (line->pid && line->pid != (uint64_t) ngx_pid);
        ngx_court_state_ungauge(line);
    }

    line->exiting = 0;
    line->started = now;
    line->beat = now;
    line->command_done = ngx_court_state_private.command_done;
    line->command_failed = ngx_court_state_private.command_failed;

    ngx_memory_barrier();
    line->pid = ngx_pid;

    return line;
}


static void
ngx_court_state_add_words(void *to, const void *from, size_t bytes)
{
    size_t           i;
    uint64_t        *sum = to;
    const uint64_t  *word = from;

    for (i = 0; i < bytes / sizeof(uint64_t); i++) {
        if (word[i]) {
            ngx_court_count_n(&sum[i], word[i]);
        }
    }
}


/* what was counted while there was no line; gauges of the line are 0 */

static void
ngx_court_state_carry(ngx_court_state_line_t *line)
{
    ngx_uint_t               i;
    ngx_court_state_cell_t  *cell;
    ngx_court_state_line_t  *from;

    from = &ngx_court_state_private;

    if (!from->used) {
        return;
    }

    ngx_court_state_add_words(&line->token_hits, &from->token_hits,
                              offsetof(ngx_court_state_line_t, ncells)
                              - NGX_COURT_STATE_LINE_HEAD);
    ngx_court_count_n(&line->overflow, from->overflow);
    ngx_court_state_add_words(line->stages, from->stages,
                              offsetof(ngx_court_state_line_t, refusals)
                              - offsetof(ngx_court_state_line_t, stages));

    for (i = 0; i < NGX_COURT_STATE_CELLS; i++) {
        cell = &from->refusals[i];

        if (cell->key) {
            ngx_court_state_refuse_n(line, cell->key, cell->count);
        }
    }

    ngx_memzero(from, sizeof(ngx_court_state_line_t));
}


/*
 * NGX_BUSY: the lock could not be had; what is counted meanwhile is kept in
 * the private line and comes along later, as where no line is left.
 */

static ngx_int_t
ngx_court_state_attach(ngx_court_state_t *state, int64_t now, ngx_log_t *log)
{
    ngx_court_state_line_t  *line;

    if (ngx_court_state_lock(state) != NGX_OK) {
        ngx_court_state_private.used = 1;
        return NGX_BUSY;
    }

    line = ngx_court_state_take(state, now);

    ngx_court_state_unlock(state);

    if (line == NULL) {
        ngx_court_state_private.used = 1;

        if (!state->warned) {
            state->warned = 1;
            ngx_log_error(NGX_LOG_WARN, log, 0, "court zone \"state\" has "
                          "no line for this worker: what it does is not "
                          "counted");
        }

        return NGX_DECLINED;
    }

    if (!line->used) {
        ngx_memzero((u_char *) line + NGX_COURT_STATE_LINE_HEAD,
                    sizeof(ngx_court_state_line_t)
                    - NGX_COURT_STATE_LINE_HEAD);
    }

    ngx_court_state_carry(line);

    __atomic_store_n(&line->used, 1, __ATOMIC_RELEASE);

    ngx_court_state_line = line;

    return NGX_OK;
}


/*
 * A process that starts has time: all workers start at once, and on a busy
 * machine who has the lock may not run for a while.
 */

ngx_int_t
ngx_court_state_join(ngx_court_state_t *state, int64_t now, ngx_log_t *log)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    /* a command from here on is for this worker, too */

    ngx_court_state_private.command_done = state->head->command_seq;

    for (i = 0; /* void */ ; i++) {
        rc = ngx_court_state_attach(state, now, log);

        if (rc != NGX_BUSY || i == NGX_COURT_STATE_PATIENCE) {
            return rc == NGX_OK ? NGX_OK : NGX_DECLINED;
        }

        ngx_msleep(1);
    }
}


void
ngx_court_state_leave(ngx_court_state_t *state)
{
    ngx_court_state_line_t  *line;

    (void) state;

    line = ngx_court_state_line;
    ngx_court_state_line = &ngx_court_state_private;

    if (line != &ngx_court_state_private && line->pid == (uint64_t) ngx_pid) {
        ngx_court_state_ungauge(line);

        ngx_memory_barrier();
        line->pid = 0;
    }
}


void
ngx_court_state_beat(ngx_court_state_t *state, ngx_uint_t exiting,
    int64_t now, ngx_log_t *log)
{
    ngx_court_state_line_t  *line;

    line = ngx_court_state_line;

    if (line->pid != (uint64_t) ngx_pid) {

        /* stopped for long, and declared dead meanwhile; or no line yet */

        ngx_court_state_line = &ngx_court_state_private;

        if (ngx_court_state_attach(state, now, log) != NGX_OK) {
            return;
        }

        line = ngx_court_state_line;
    }

    line->beat = now;
    line->exiting = exiting;
}


void
ngx_court_state_refuse(ngx_court_state_line_t *line, ngx_uint_t court,
    ngx_uint_t reason)
{
    ngx_court_state_refuse_n(line, NGX_COURT_STATE_KEY(court, reason), 1);
}


/*
 * Open addressing; the key comes last.  key: court and reason, + 1 so that
 * none is 0.
 */

static void
ngx_court_state_refuse_n(ngx_court_state_line_t *line, uint64_t key,
    uint64_t n)
{
    ngx_uint_t               i;
    ngx_court_state_cell_t  *cell;

    i = (ngx_uint_t) ((key * 0x9e3779b97f4a7c15ull) >> 32);

    for ( ;; i++) {
        cell = &line->refusals[i % NGX_COURT_STATE_CELLS];

        if (cell->key == key) {
            ngx_court_count_n(&cell->count, n);
            return;
        }

        if (cell->key == 0) {
            break;
        }
    }

    if (line->ncells >= NGX_COURT_STATE_CELLS_FULL) {
        ngx_court_count_n(&line->overflow, n);
        return;
    }

    line->ncells++;
    ngx_court_set(&cell->count, n);
    __atomic_store_n(&cell->key, key, __ATOMIC_RELEASE);
}
