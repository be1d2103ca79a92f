/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The metrics: one list, of which names, types, labels and help are rendered
 * as Prometheus' text (exposition format 0.0.4) and as JSON.  Pure: whoever
 * renders collects samples first (http/ngx_http_court_status_collect.c), from
 * the counters in the zone "state" and from the configuration.
 */

#ifndef _NGX_COURT_METRICS_H_INCLUDED_
#define _NGX_COURT_METRICS_H_INCLUDED_

#include "ngx_court_base.h"


#define NGX_COURT_METRIC_LABELS   5          /* of one metric, at most */

typedef enum {
    NGX_COURT_COUNTER = 0,
    NGX_COURT_GAUGE,
    NGX_COURT_HISTOGRAM
} ngx_court_metric_type_t;


/*
 * X(ID, name, type, unit, labels, help): "court_" comes before the name; unit
 * is a base unit or ""; labels are separated by commas.  The order here is
 * the order of what is rendered.  A row needs its samples in
 * http/ngx_http_court_status_collect.c and a line in reference/status.md.
 */

#define NGX_COURT_METRICS(X)                                                  \
    X(REQUESTS, "requests_total", COUNTER, "", "",                            \
      "Finished requests to protected locations")                             \
    X(DECISIONS, "decisions_total", COUNTER, "", "court,decision",            \
      "Finished requests by what was decided")                                \
    X(REFUSALS, "refusals_total", COUNTER, "", "court,reason",                \
      "Requests refused, failed or that would be refused, by reason")         \
    X(STAGE_SECONDS, "stage_seconds", HISTOGRAM, "seconds", "stage",          \
      "Time from the beginning to the end of a stage, 1 request of 16")       \
    X(TOKEN_CACHE, "token_cache_total", COUNTER, "", "result",                \
      "Tokens looked up among the verified ones")                             \
    X(FACTS, "facts_total", COUNTER, "", "fact,tier,result",                  \
      "Answers about facts to requests, by the tier that gave them")          \
    X(FETCH_SECONDS, "fetch_seconds", HISTOGRAM, "seconds", "fact",           \
      "Time that a source took to answer")                                    \
    X(FETCHES, "fetches_total", COUNTER, "", "fact,result",                   \
      "Calls to a source, by what it answered")                               \
    X(FETCHES_IN_FLIGHT, "fetches_in_flight", GAUGE, "", "fact",              \
      "Calls to a source under way")                                          \
    X(FETCH_WAITERS, "fetch_waiters", GAUGE, "", "fact",                      \
      "Requests that wait for a fact")                                        \
    X(BREAKER_OPEN, "source_breaker_open", GAUGE, "", "fact",                 \
      "Whether the source is not asked because it failed")                 \
    X(EXTENDED, "fact_extended_until_timestamp_seconds", GAUGE, "seconds",    \
      "fact,court",                                                           \
      "When the extension of a fact ends; court is empty for all of them")    \
    X(NOTICES, "notices_total", COUNTER, "", "result",                        \
      "Notices of changed facts, by what became of them")                     \
    X(REDIS_UP, "redis_up", GAUGE, "", "redis",                               \
      "Whether any worker is connected to Redis")                             \
    X(REDIS_COMMANDS, "redis_commands_total", COUNTER, "", "redis,result",    \
      "Commands to Redis, by how they ended")                                 \
    X(REDIS_CONNECTS, "redis_connects_total", COUNTER, "", "redis",           \
      "Connections to Redis that were begun")                                 \
    X(REDIS_FAILURES, "redis_failures_total", COUNTER, "", "redis",           \
      "Connections to Redis that failed or broke")                            \
    X(ZONE_SIZE, "zone_size_bytes", GAUGE, "bytes", "zone",                   \
      "Size of a shared memory zone")                                         \
    X(ZONE_USED, "zone_used_bytes", GAUGE, "bytes", "zone",                   \
      "Bytes in use of a shared memory zone")                                 \
    X(ZONE_HITS, "zone_hits_total", COUNTER, "", "zone",                      \
      "Lookups that found an entry")                                          \
    X(ZONE_MISSES, "zone_misses_total", COUNTER, "", "zone",                  \
      "Lookups that found none")                                              \
    X(ZONE_STORES, "zone_stores_total", COUNTER, "", "zone",                  \
      "Entries stored")                                                       \
    X(ZONE_EVICTIONS, "zone_evictions_total", COUNTER, "", "zone",            \
      "Entries that gave way to others before they expired")                  \
    X(ZONE_EXPIRED, "zone_expired_total", COUNTER, "", "zone",                \
      "Entries found expired")                                                \
    X(ZONE_RESETS, "zone_resets_total", COUNTER, "", "zone",                  \
      "Times the zone was emptied because a worker died inside")              \
    X(REVOKED, "revoked", GAUGE, "", "kind",                                  \
      "What stands revoked on this machine, by kind")                         \
    X(REVOKED_FULL, "revoked_full_total", COUNTER, "", "",                    \
      "Revocations that found no room in the zone")                           \
    X(EVENTS_BLIND, "events_blind", GAUGE, "", "",                            \
      "Whether it is not known what was revoked since: callers get 503")      \
    X(EVENTS_SILENCE, "events_silence_seconds", GAUGE, "seconds", "",         \
      "Time since the last beat of the revocation authority")                 \
    X(EVENTS_SEQUENCE, "events_sequence", GAUGE, "", "",                      \
      "The last entry of the stream that was applied")                        \
    X(EVENTS, "events_total", COUNTER, "", "kind",                            \
      "Entries of the stream applied, by kind")                               \
    X(EVENTS_VERDICTS, "events_verdicts_total", COUNTER, "", "verdict",       \
      "Entries and snapshots read, by what they were found to be")            \
    X(EVENTS_SNAPSHOTS, "events_snapshots_total", COUNTER, "", "",            \
      "Snapshots of all that is denied that were applied")                    \
    X(EVENTS_DOWN, "events_unanswered_total", COUNTER, "", "",                \
      "Questions about events that Redis did not answer")                     \
    X(OPEN, "open_requests", GAUGE, "", "",                                   \
      "Requests that were let in and are not over")                           \
    X(ENDED, "open_ended_total", COUNTER, "", "",                             \
      "Requests cut off after they were let in: revoked, or out of time")     \
    X(POLICY_VERSION, "policy_version", GAUGE, "", "",                        \
      "Version of the policy that the answering worker decides by")           \
    X(POLICY_INFO, "policy_info", GAUGE, "", "version,hash",                  \
      "The policy that the answering worker decides by")                      \
    X(POLICY_GENERATION, "policy_generation", GAUGE, "", "",                  \
      "Generation of the policy that is published on this machine")           \
    X(POLICY_WORKERS_BEHIND, "policy_workers_behind", GAUGE, "", "",          \
      "Workers that decide by another generation than the published one")     \
    X(POLICY_LOADED, "policy_loaded_timestamp_seconds", GAUGE, "seconds", "", \
      "When the answering worker took its policy")                            \
    X(POLICY_FAILURES, "policy_load_failures_total", COUNTER, "", "",         \
      "Policies that a worker could not take")                                \
    X(AUDIT_RECORDS, "audit_records_total", COUNTER, "", "",                  \
      "Decision records written to buffers of logs")                          \
    X(AUDIT_LOST, "audit_lost_total", COUNTER, "", "",                        \
      "Decision records lost")                                                \
    X(AUDIT_FAILED, "audit_failed", GAUGE, "", "",                            \
      "Logs of decision records that workers cannot write now")               \
    X(AUDIT_COMMIT_SECONDS, "audit_commit_seconds", HISTOGRAM, "seconds", "", \
      "Time of a group commit of decision records")                           \
    X(ASSERTIONS, "assertions_total", COUNTER, "", "result",                  \
      "Assertions for court services, reused or signed")                      \
    X(KEY_INFO, "key_info", GAUGE, "", "use,issuer,kid,alg,state",            \
      "Keys that are loaded")                                                 \
    X(KEY_CREATED, "key_created_timestamp_seconds", GAUGE, "seconds",         \
      "use,issuer,kid",                                                       \
      "When the file that holds the key was changed last")                    \
    X(UNPROTECTED, "unprotected_locations", GAUGE, "", "",                    \
      "Locations with court off that are no handlers of the gateway's")       \
    X(REPORT, "report_locations", GAUGE, "", "",                              \
      "Locations with court report")                                          \
    X(READY, "ready", GAUGE, "", "",                                          \
      "Whether this gateway is ready, as court_health says")                  \
    X(PROBLEM, "problem", GAUGE, "", "problem,severity",                      \
      "What keeps this gateway from being ready, or degrades it")             \
    X(WORKERS, "workers", GAUGE, "", "state",                                 \
      "Worker processes alive")                                               \
    X(WORKERS_LOST, "workers_lost_total", COUNTER, "", "",                    \
      "Worker processes that ended without taking leave")                     \
    X(START_TIME, "start_time_seconds", GAUGE, "seconds", "",                 \
      "When counting began: the start of nginx")                              \
    X(CONF_TIME, "config_loaded_timestamp_seconds", GAUGE, "seconds", "",     \
      "When the configuration of the answering worker was loaded")            \
    X(BUILD_INFO, "build_info", GAUGE, "", "version,nginx",                   \
      "The module and the nginx that it runs in")                             \
    X(DEMO, "demo", GAUGE, "", "",                                            \
      "Whether court_demo is on: published keys are accepted")


typedef enum {
#define NGX_COURT_METRIC_ID(id, name, type, unit, labels, help)               \
    NGX_COURT_M_##id,
    NGX_COURT_METRICS(NGX_COURT_METRIC_ID)
#undef NGX_COURT_METRIC_ID
    NGX_COURT_NMETRICS
} ngx_court_metric_id_t;

typedef struct {
    ngx_str_t                  name;         /* with "court_" */
    ngx_court_metric_type_t    type;
    ngx_str_t                  unit;
    ngx_uint_t                 nlabels;
    ngx_str_t                  labels[NGX_COURT_METRIC_LABELS];
    ngx_str_t                  help;
} ngx_court_metric_t;


/*
 * A histogram: bounds are the same for all (ngx_court_bounds, nanoseconds),
 * the last bucket has none.  Not cumulative here.
 */
#define NGX_COURT_NBOUNDS  22

typedef struct {
    uint64_t                   sum;          /* ns */
    uint64_t                   buckets[NGX_COURT_NBOUNDS + 1];
} ngx_court_histogram_t;

extern const uint64_t  ngx_court_bounds[NGX_COURT_NBOUNDS];

/* one writer for each histogram; readers may be others */
void ngx_court_histogram_add(ngx_court_histogram_t *h, uint64_t ns);


/* labels point into memory that outlives the rendering */
typedef struct {
    ngx_str_t                  labels[NGX_COURT_METRIC_LABELS];
    uint64_t                   value;
    const ngx_court_histogram_t  *histogram;
} ngx_court_sample_t;

typedef struct {
    ngx_court_metric_t         metric[NGX_COURT_NMETRICS];
    ngx_array_t                samples[NGX_COURT_NMETRICS];
} ngx_court_metrics_t;

/* NULL: no memory */
ngx_court_metrics_t *ngx_court_metrics_create(ngx_pool_t *pool);

/*
 * A sample without labels yet, zeroed, in the metric's array; NULL: no
 * memory.  The caller fills in labels (as many as the metric has) and value.
 */
ngx_court_sample_t *ngx_court_metrics_add(ngx_court_metrics_t *m,
    ngx_court_metric_id_t id);


/*
 * Text in blocks of pool memory.  What fails for want of memory is said once,
 * at the end, by failed.
 */
#define NGX_COURT_OUT_BLOCK  32768

typedef struct {
    ngx_pool_t                *pool;
    ngx_array_t                blocks;       /* ngx_str_t */
    u_char                    *last;         /* of the block that is filled */
    size_t                     left;
    size_t                     len;          /* all together */
    unsigned                   failed:1;
} ngx_court_out_t;

ngx_int_t ngx_court_out_init(ngx_court_out_t *t, ngx_pool_t *pool);
void ngx_court_out_put(ngx_court_out_t *t, const void *data, size_t len);
void ngx_court_out_str(ngx_court_out_t *t, const ngx_str_t *s);
void ngx_court_out_uint(ngx_court_out_t *t, uint64_t n);
/* seconds with as many digits as they need */
void ngx_court_out_ns(ngx_court_out_t *t, uint64_t ns);
/* in quotes: as JSON; as a Prometheus label (RFC 3629 holds for both) */
void ngx_court_out_json(ngx_court_out_t *t, const ngx_str_t *s);
void ngx_court_out_label(ngx_court_out_t *t, const ngx_str_t *s);
/* one piece; NGX_ERROR: no memory, now or before */
ngx_int_t ngx_court_out_flat(ngx_court_out_t *t, ngx_str_t *s);

#define ngx_court_out_const(t, s)                                            \
    ngx_court_out_put(t, s, sizeof(s) - 1)


/*
 * A rendering in steps, of about n samples each (a histogram is many): at is
 * where it stands, zeroed before the first step.  NGX_AGAIN: there is more.
 */
typedef struct {
    ngx_uint_t                 metric;
    ngx_uint_t                 sample;
} ngx_court_metrics_at_t;

#define NGX_COURT_METRICS_HISTOGRAM  16      /* costs as much as samples */

ngx_int_t ngx_court_metrics_prometheus_step(const ngx_court_metrics_t *m,
    ngx_court_metrics_at_t *at, ngx_uint_t n, ngx_court_out_t *t);
ngx_int_t ngx_court_metrics_json_step(const ngx_court_metrics_t *m,
    ngx_court_metrics_at_t *at, ngx_uint_t n, ngx_court_out_t *t);

/* at once */
void ngx_court_metrics_prometheus(const ngx_court_metrics_t *m,
    ngx_court_out_t *t);
/* the object that "metrics" of the status is, reference/status.md */
void ngx_court_metrics_json(const ngx_court_metrics_t *m,
    ngx_court_out_t *t);


#endif /* _NGX_COURT_METRICS_H_INCLUDED_ */
