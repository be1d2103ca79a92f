/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The zone "state": which worker processes there are, what they count, and
 * a command to all of them.
 *
 * Each worker has a line of memory that nobody else writes: it counts without
 * lock and without a bus lock; who reads sums all lines.  A worker takes its
 * line by pid when it starts.  The line of one that is gone is taken over
 * with its counters, so that nothing is lost by reload, kill or hot swap of
 * the policy.  During a reload old and new workers have lines side by side.
 *
 * Courts and reasons are interned by name, append-only, so that an index
 * means the same to all processes for as long as the zone lives.
 *
 * Lock rule: shpool->mutex guards taking lines, interning and the command;
 * tried for some ms, never waited for without end.  Each change under it is
 * finished by one store, so who dies inside leaves nothing half done.
 */

#ifndef _NGX_COURT_STATE_H_INCLUDED_
#define _NGX_COURT_STATE_H_INCLUDED_

#include "ngx_court_base.h"
#include "ngx_court_fact.h"
#include "ngx_court_metrics.h"


#define NGX_COURT_STATE_LAYOUT    4

#define NGX_COURT_STATE_NAME      64         /* bytes of an interned name */
#define NGX_COURT_STATE_COURTS    4096       /* a power of two, as these are */
#define NGX_COURT_STATE_REASONS   256
#define NGX_COURT_STATE_FACTS     32
#define NGX_COURT_STATE_REDIS     16
#define NGX_COURT_STATE_CELLS     8192       /* (court, reason) of a worker */
#define NGX_COURT_STATE_COMMAND   1024       /* bytes of a command */

#define NGX_COURT_STATE_BEAT      1000       /* ms between beats */
#define NGX_COURT_STATE_STALE     60000      /* ms: such a line may be taken
                                              * where no other is left */

/* index 0 of every kind is "other": what found no room */
#define NGX_COURT_STATE_OTHER     0
/* of courts: "-", a request to a location without one */
#define NGX_COURT_STATE_NONE      1


typedef enum {
    NGX_COURT_NAME_COURT = 0,
    NGX_COURT_NAME_REASON,
    NGX_COURT_NAME_FACT,
    NGX_COURT_NAME_REDIS,
    NGX_COURT_NAME_KINDS
} ngx_court_name_kind_t;

typedef enum {
    NGX_COURT_D_ALLOW = 0,
    NGX_COURT_D_REFUSE,
    NGX_COURT_D_WOULD_REFUSE,
    NGX_COURT_D_ERROR,
    NGX_COURT_D_UNDECIDED,
    NGX_COURT_NDECISIONS
} ngx_court_decided_t;

typedef enum {
    NGX_COURT_STAGE_MATCH = 0,
    NGX_COURT_STAGE_CALLER,
    NGX_COURT_STAGE_FACTS,
    NGX_COURT_STAGE_DECIDE,
    NGX_COURT_STAGE_RECORD,
    NGX_COURT_STAGE_FORWARD,
    NGX_COURT_NSTAGES
} ngx_court_stage_t;

typedef enum {
    NGX_COURT_STATE_R_OK = 0,
    NGX_COURT_STATE_R_NIL,
    NGX_COURT_STATE_R_ERROR,
    NGX_COURT_STATE_R_TIMEOUT,
    NGX_COURT_STATE_R_DOWN,
    NGX_COURT_STATE_NRESULTS
} ngx_court_state_result_t;


/* what became of notices (court_notify) */
typedef enum {
    NGX_COURT_STATE_N_OK = 0,
    NGX_COURT_STATE_N_REFUSED,
    NGX_COURT_STATE_N_MALFORMED,
    NGX_COURT_STATE_N_LIMITED,
    NGX_COURT_STATE_N_FAILED,
    NGX_COURT_STATE_NNOTICES
} ngx_court_state_notice_t;


/* counters first, gauges behind FETCHES_IN_FLIGHT and UP: those are the
 * worker's own and go with it */

typedef struct {
    uint64_t                   answers[6][3];    /* by tier name, and state:
                                                  * found, none, unavailable */
    uint64_t                   fetches[3];       /* by state */
    ngx_court_histogram_t      seconds;
    uint64_t                   in_flight;        /* gauges */
    uint64_t                   waiters;
    uint64_t                   open;
} ngx_court_state_fact_t;

typedef struct {
    uint64_t                   commands[NGX_COURT_STATE_NRESULTS];
    uint64_t                   connects;
    uint64_t                   failures;
    uint64_t                   up;               /* gauge */
} ngx_court_state_redis_t;

/* who reads it while it is made sees key 0 and counts nothing */
typedef struct {
    uint64_t                   key;              /* 0: free; see state.c */
    uint64_t                   count;
} ngx_court_state_cell_t;


/* what one worker counts; 64-byte aligned */
typedef struct {
    /* who: written by join and leave, under the lock */
    volatile uint64_t          pid;              /* 0: nobody's */
    uint64_t                   started;          /* ms since 1970 */
    volatile uint64_t          exiting;
    volatile uint64_t          beat;             /* ms since 1970 */
    volatile uint64_t          command_done;     /* command_seq it has done */
    uint64_t                   used;             /* has been somebody's */
    uint64_t                   cycle;            /* config loaded, s; gauge */
    volatile uint64_t          command_failed;   /* the last it could not do */

    /* every request */
    uint64_t                   token_hits;
    uint64_t                   token_misses;
    uint64_t                   reused;           /* assertions */
    uint64_t                   signed_;
    uint64_t                   audit_records;
    uint64_t                   audit_lost;
    uint64_t                   policy_failures;
    uint64_t                   lost;             /* owners that died */
    uint64_t                   notices[8];       /* ngx_court_state_notice_t */

    /* gauges: of the worker that is there */
    uint64_t                   policy_generation;
    int64_t                    policy_version;
    uint64_t                   policy_loaded;    /* s since 1970; 0: none */
    uint64_t                   audit_failed;     /* logs */

    uint64_t                   ncells;           /* refusals in use */
    uint64_t                   overflow;         /* refusals without a cell */
    uint64_t                   ended;            /* cut off while open */
    uint64_t                   open;             /* gauge: requests let in */

    ngx_court_histogram_t      stages[NGX_COURT_NSTAGES];
    ngx_court_histogram_t      commit;
    ngx_court_state_fact_t     facts[NGX_COURT_STATE_FACTS];
    ngx_court_state_redis_t    redis[NGX_COURT_STATE_REDIS];

    /* by court; a cache line each */
    uint64_t                   decisions[NGX_COURT_STATE_COURTS][8];
    ngx_court_state_cell_t     refusals[NGX_COURT_STATE_CELLS];
} ngx_court_state_line_t;


typedef struct ngx_court_state_s  ngx_court_state_t;

/*
 * At configuration time.  size 0: the default, from the number of CPUs;
 * NULL with an emerg log where it is too small for four lines.
 */
ngx_court_state_t *ngx_court_state_add(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, void *tag);


/*
 * This process's line; never NULL.  Before join, without a zone and where no
 * line is left it is a private one that nobody reads.
 */
extern ngx_court_state_line_t  *ngx_court_state_line;

/* the only writer of a line is its worker: no locked instruction */
#define ngx_court_count_n(p, n)                                               \
    __atomic_store_n(p, __atomic_load_n(p, __ATOMIC_RELAXED) + (n),           \
                     __ATOMIC_RELAXED)
#define ngx_court_count(p)      ngx_court_count_n(p, 1)
#define ngx_court_set(p, n)     __atomic_store_n(p, n, __ATOMIC_RELAXED)
#define ngx_court_read(p)       __atomic_load_n(p, __ATOMIC_RELAXED)

/* ns of a clock that nobody sets, for histograms: not in every request */
uint64_t ngx_court_state_clock(void);


/*
 * init_process: NGX_OK; NGX_DECLINED: no line was left, or the lock could not
 * be had in some hundred ms.  What is counted then is kept, and comes along
 * as soon as a beat finds a line.
 */
ngx_int_t ngx_court_state_join(ngx_court_state_t *state, int64_t now,
    ngx_log_t *log);
/* exit_process: counters stay, gauges go */
void ngx_court_state_leave(ngx_court_state_t *state);
/*
 * Each NGX_COURT_STATE_BEAT from a cancelable timer; exiting is what nginx
 * says.  Joins again where the line was taken away meanwhile.
 */
void ngx_court_state_beat(ngx_court_state_t *state, ngx_uint_t exiting,
    int64_t now, ngx_log_t *log);


/*
 * Index of a name, made where there is none yet; OTHER where it is too long,
 * there is no room, or the lock could not be had.
 */
ngx_uint_t ngx_court_state_intern(ngx_court_state_t *state,
    ngx_court_name_kind_t kind, const ngx_str_t *name);
/* how many there are, "other" among them; name of one, in the zone */
ngx_uint_t ngx_court_state_names(ngx_court_state_t *state,
    ngx_court_name_kind_t kind);
void ngx_court_state_name(ngx_court_state_t *state,
    ngx_court_name_kind_t kind, ngx_uint_t i, ngx_str_t *name);

/* cells in which workers tell each other of Redis; init_process */
struct ngx_court_redis_share_s *ngx_court_state_redis(
    ngx_court_state_t *state);

/* a refusal; court and reason are indexes */
void ngx_court_state_refuse(ngx_court_state_line_t *line, ngx_uint_t court,
    ngx_uint_t reason);


/*
 * Whoever is alive now, by asking the system; line is const to all but its
 * worker.  handler returns NGX_OK to go on; each_live what the last one did.
 */
typedef ngx_int_t (*ngx_court_state_each_pt)(void *data, ngx_uint_t i,
    const ngx_court_state_line_t *line);

ngx_int_t ngx_court_state_each_live(ngx_court_state_t *state,
    ngx_court_state_each_pt handler, void *data);
/* every line that was ever used, the dead ones' counters, too */
ngx_int_t ngx_court_state_each(ngx_court_state_t *state,
    ngx_court_state_each_pt handler, void *data);
ngx_uint_t ngx_court_state_alive(const ngx_court_state_line_t *line);


typedef struct {
    ngx_uint_t                 court;
    ngx_uint_t                 reason;
    uint64_t                   count;
} ngx_court_state_refusals_t;

/* over all lines; gauges of those alive only */
typedef struct {
    ngx_court_state_line_t     sum;          /* but for its refusals: */
    ngx_court_state_refusals_t  *refusals;   /* by court, then reason */
    ngx_uint_t                 nrefusals;
    ngx_uint_t                 ncourts;      /* names, and of decisions */
    ngx_uint_t                 live;         /* not exiting */
    ngx_uint_t                 exiting;
    ngx_uint_t                 behind;       /* live, another generation */
} ngx_court_state_sum_t;

/* generation: the published one.  NULL: no memory */
ngx_court_state_sum_t *ngx_court_state_sum(ngx_court_state_t *state,
    uint64_t generation, ngx_pool_t *pool);


typedef struct {
    ngx_uint_t                 lines;        /* there are */
    ngx_uint_t                 lines_used;
    size_t                     size;
    size_t                     used;
    int64_t                    birth;        /* ms since 1970: nginx' start */
    unsigned                   usable:1;     /* its lock can be had */
} ngx_court_state_info_t;

void ngx_court_state_info(ngx_court_state_t *state,
    ngx_court_state_info_t *info);


/*
 * A command to all workers: bytes that ngx_court_command.c understands.  post:
 * NGX_OK, *seq is its number; NGX_BUSY: the lock could not be had, or last is
 * not the number of the one that stands there; NGX_ERROR: too long.  Workers
 * compare command_seq with their line's command_done, read the command and,
 * when it is done, say so.
 */
ngx_int_t ngx_court_state_command_post(ngx_court_state_t *state,
    const ngx_str_t *command, uint64_t last, uint64_t *seq);
/* cheap, for polling; 0: there has been none */
uint64_t ngx_court_state_command_seq(ngx_court_state_t *state);
/* NGX_OK, buf (NGX_COURT_STATE_COMMAND) and seq filled; NGX_BUSY */
ngx_int_t ngx_court_state_command_read(ngx_court_state_t *state, u_char *buf,
    size_t *len, uint64_t *seq);
void ngx_court_state_command_done(ngx_court_state_t *state, uint64_t seq);


#endif /* _NGX_COURT_STATE_H_INCLUDED_ */
