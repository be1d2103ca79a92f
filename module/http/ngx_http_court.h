/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of http/ share: the finished configuration, the session of
 * a request, and who calls whom.  Configuration structs are const on the
 * request path (invariant 1); worker state stands in its own struct.
 */

#ifndef _NGX_HTTP_COURT_H_INCLUDED_
#define _NGX_HTTP_COURT_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_court_token.h"
#include "ngx_court_policy.h"
#include "ngx_court_pseudonym.h"
#include "ngx_court_tier.h"
#include "ngx_court_artefact.h"
#include "ngx_court_tombstone_file.h"
#include "ngx_court_feed.h"


#define NGX_HTTP_COURT_OFF      0
#define NGX_HTTP_COURT_ON       1
#define NGX_HTTP_COURT_REPORT   2

#define NGX_HTTP_COURT_FORMAT_JSON  0
#define NGX_HTTP_COURT_FORMAT_HTML  1
#define NGX_HTTP_COURT_FORMAT_AUTO  2

/* every fact of both sides */
#define NGX_HTTP_COURT_MAX_NEEDS    (NGX_COURT_MAX_FACTS * NGX_COURT_NSIDES)


/* one line of the courts file (ngx_http_court_courts.c) */
typedef struct {
    ngx_str_t                  code;
    ngx_str_t                  parent;       /* "" at the top */
    ngx_str_t                  name;
    ngx_str_t                  phone;
    ngx_court_value_t          features;     /* list */
    ngx_court_value_t          ancestors;    /* list, itself first */
    ngx_uint_t                 metric;       /* name in the zone "state",
                                              * before workers start */
} ngx_http_court_court_t;

typedef struct {
    ngx_hash_t                 hash;         /* by code */
    ngx_http_court_court_t    *list;         /* as in the file */
    ngx_uint_t                 n;
} ngx_http_court_courts_t;

ngx_http_court_courts_t *ngx_http_court_courts_parse(ngx_conf_t *cf,
    const ngx_str_t *text, ngx_str_t *err);
/* NULL where the code is unknown */
const ngx_http_court_court_t *ngx_http_court_court_find(
    const ngx_http_court_courts_t *courts, const ngx_str_t *code);


/* "court_assertion_key FILE iss=URL [ttl=60s] [per=caller|request]" */
typedef struct {
    ngx_court_key_t           *key;
    const ngx_court_alg_t     *alg;
    ngx_str_t                  iss;
    time_t                     ttl;
    ngx_uint_t                 per_request;
    ngx_str_t                  jwks;         /* as court_assertion_jwks says */
} ngx_http_court_assertion_conf_t;


/* a key that is loaded, as the status tells (ngx_http_court_keys.c) */
typedef struct {
    ngx_str_t                  use;          /* issuer assertion audit seal */
    ngx_str_t                  issuer;       /* name, of use issuer */
    ngx_str_t                  kid;
    ngx_str_t                  alg;          /* or the type, where it is for
                                              * several */
    ngx_court_turn_t           turn;
    time_t                     created;      /* of the key, else its file */
} ngx_http_court_key_t;

/* a compiled policy and who uses it */
typedef struct {
    ngx_pool_t                *pool;
    ngx_court_policy_t        *policy;
    ngx_str_t                  version;      /* in decimal, into digits */
    u_char                     digits[NGX_INT64_LEN];
    uint64_t                   generation;
    time_t                     loaded;
    ngx_uint_t                 refs;         /* requests that pinned it, + 1
                                              * while it is the live one */
} ngx_http_court_pinned_t;

/* worker state: everything that changes after configuration */
typedef struct {
    ngx_http_court_pinned_t   *live;         /* NULL: policy_unavailable */
    ngx_event_t                poll;         /* for generations; cancelable */
    void                      *assertions;   /* ngx_http_court_assertion.c */
    uint64_t                   request_seq;  /* part of request ids */
    ngx_uint_t                 samples;      /* which requests are timed */
} ngx_http_court_worker_t;

extern ngx_http_court_worker_t  ngx_http_court_worker;


/* a log of decision records, a process's end of it (..._audit.h) */
typedef struct ngx_http_court_audit_log_s  ngx_http_court_audit_log_t;
typedef struct ngx_http_court_audit_state_s  ngx_http_court_audit_state_t;

/* what a worker keeps of decisions (..._kept.h) */
typedef struct ngx_http_court_kept_s  ngx_http_court_kept_t;

/* what only the reading of the configuration needs (..._conf.h) */
typedef struct ngx_http_court_build_s  ngx_http_court_build_t;

typedef struct {
    ngx_array_t                issuers;      /* ngx_court_issuer_t * */
    ngx_array_t                sources;      /* ngx_court_source_t * */
    ngx_array_t                source_keys;  /* per source: ngx_array_t * of
                                              * ngx_http_court_key_part_t */
    ngx_array_t                redis;        /* ngx_court_redis_t * */
    ngx_court_vocab_t          vocab;

    ngx_str_t                  policy_file;
    ngx_str_t                  policy_text;
    int64_t                    policy_version;
    ngx_http_court_courts_t   *courts;       /* NULL: none */
    ngx_http_court_assertion_conf_t  *assertion;   /* NULL: none */
    ngx_court_ring_t          *audit_ring;   /* NULL: no pseudonyms */
    ngx_array_t                audit_logs;   /* ngx_http_court_audit_log_t * */
    ngx_array_t                keys;         /* ngx_http_court_key_t */

    ngx_court_zone_t          *tokens;
    ngx_court_tombstones_t    *tombstones;
    ngx_court_tombstone_file_t  tombstone_file;
    ngx_court_feed_t          *feed;         /* NULL: court_events off */
    void                      *threads;      /* ngx_thread_pool_t, NULL */
    ngx_court_artefacts_t     *artefacts;
    ngx_court_state_t         *state;
    ngx_court_tiers_t          tiers;

    ngx_str_t                  state_dir;
    ngx_str_t                  source_server;   /* "unix:PATH" */
    ngx_uint_t                 control_uid;  /* who started nginx */
    ngx_flag_t                 demo;
    time_t                     loaded;       /* start or reload */
    size_t                     zone_size[9];    /* by zone name, see conf.c */

    /* indexes of variables used as policy inputs and so on */
    ngx_array_t               *claim_vars;   /* names of $court_claim_* used */

    ngx_http_court_build_t    *build;
} ngx_http_court_main_conf_t;


/* a value of the key of a court_fact; most are one variable of ours alone,
 * and then need not be evaluated */
typedef struct {
    ngx_http_complex_value_t   value;
    size_t                     alone;        /* offset in the session, or 0 */
    ngx_str_t                  path;         /* NAME of $court_path_NAME */
} ngx_http_court_key_part_t;


typedef struct {
    ngx_uint_t                 is_source;    /* a listen of this server is
                                              * court_source_server */
    ngx_http_court_audit_log_t  *audit;      /* NULL: none */
    ngx_uint_t                 audit_on_failure;
    ngx_array_t               *fronts;       /* ngx_cidr_t; NULL: not said */
    ngx_http_complex_value_t  *channel;      /* NULL: unknown */
    ngx_http_complex_value_t  *external;     /* NULL: from the connection */
} ngx_http_court_srv_conf_t;


typedef struct {
    ngx_uint_t                 mode;         /* NGX_HTTP_COURT_OFF ... */
    ngx_uint_t                 handler;      /* our own content handler: off */
    ngx_array_t               *notify;       /* ngx_http_court_notify_line_t *,
                                              * of this location alone */
    ngx_uint_t                 open;         /* court_status open */
    ngx_uint_t                 health;       /* ngx_http_court_health.c */
    ngx_array_t               *issuers;      /* ngx_court_issuer_t *; all */
    ngx_array_t               *issuer_names; /* ngx_str_t, as configured */
    ngx_http_complex_value_t  *code;         /* NULL: no court */
    ngx_uint_t                 bearer;       /* court_token_source */
    ngx_flag_t                 accel;
    ngx_msec_t                 timeout;      /* 3s: waiting for facts */
    ngx_uint_t                 unknown;      /* court_revocation_unknown: 0 */
    ngx_msec_t                 session_max;  /* 4h: long answers, tunnels */
    ngx_uint_t                 error_format;
    ngx_uint_t                 log_level;    /* NGX_LOG_NOTICE ... */
} ngx_http_court_loc_conf_t;


/* one fact that this request needs */
typedef struct ngx_http_court_session_s  ngx_http_court_session_t;

typedef struct {
    ngx_court_waiter_t         waiter;
    ngx_http_court_session_t  *session;
    ngx_court_source_t        *source;
    ngx_court_side_t           side;
    int64_t                    not_before;
    unsigned                   strict:1;     /* begun after the request */
    unsigned                   asked:1;
    unsigned                   answered:1;
    ngx_court_found_t          found;        /* record in the request's pool */
} ngx_http_court_need_t;


/*
 * The session: one for each client request, found by a pool cleanup, so that
 * it survives internal redirects (which clear module contexts).
 */
struct ngx_http_court_session_s {
    ngx_http_request_t        *request;      /* the main request */
    ngx_uint_t                 stage;        /* index in the table of stages */
    ngx_str_t                  request_id;   /* 32 hex digits */
    int64_t                    arrived;      /* ms since 1970 */

    /* scrub */
    unsigned                   scrubbed:1;
    unsigned                   canonical:1;  /* the client's request line is */
    unsigned                   touched:1;    /* passed a protected location */
    unsigned                   decided:1;    /* some decision was made */
    unsigned                   allowed:1;    /* the last one: forwarded */
    unsigned                   verified:1;   /* caller known, once for all */
    unsigned                   rewritten:1;  /* header array is ours */
    unsigned                   would_refuse:1;   /* report mode */
    unsigned                   waiting:1;
    unsigned                   logged:1;
    unsigned                   keying:1;     /* keys are being evaluated:
                                              * variables answer raw */
    unsigned                   refused:1;    /* the last answer was ours */
    unsigned                   begun:1;      /* stages run for this target */
    unsigned                   asked:1;      /* facts of this target are */
    unsigned                   sampled:1;    /* its stages are timed */
    unsigned                   opened:1;     /* in the queue of those open */
    unsigned                   front:1;      /* a court_trusted_front speaks */
    unsigned                   proxied:1;    /* it said where it came from, even
                                              * if that was taken out */

    /* what it says of the client; from anybody else nothing */
    ngx_str_t                  ip;           /* "": the connection's */
    ngx_str_t                  proto;
    ngx_str_t                  host;

    ngx_str_t                  channel;      /* "" until it is asked for */

    /*
     * Redirects inside, counted: nginx clears module contexts at each, so a
     * session that is found by its cleanup is about a new target.
     */
    ngx_uint_t                 target;
    ngx_uint_t                 entered;      /* the one the rest is about */

    /* source server: what its variables answer, as it came; 5th: the court */
    ngx_str_t                  source_keys[NGX_COURT_FACT_KEYS + 1];

    /* match */
    ngx_http_court_pinned_t   *pinned;
    ngx_str_t                  path;         /* canonical, of this target */
    ngx_str_t                  raw_path;     /* the client's, if canonical */
    ngx_str_t                  uri;          /* r->uri when it was matched */
    ngx_uint_t                 uri_changes;  /* to notice a new target */
    const ngx_court_reason_t  *pending;      /* told once the caller is known */
    ngx_court_match_t          match;        /* interface NULL: no_rule */
    const ngx_http_court_court_t  *court;    /* NULL: none */
    ngx_str_t                  code;         /* court_code of this target */

    /* caller */
    ngx_court_token_t          token;
    ngx_str_t                  subject, issuer, role, principal, client;
    ngx_court_tier_name_t      token_tier;   /* ZONE: from the cache */

    /* facts */
    ngx_uint_t                 nneeds;
    ngx_http_court_need_t     *needs;        /* made for each target */
    ngx_str_t                  kind;         /* once it is known */
    ngx_court_side_t           key_side;     /* whose $court_subject, while
                                              * keys are evaluated */
    ngx_event_t                timer;        /* court_timeout */

    /* decide */
    ngx_court_result_t         result;
    ngx_court_decision_t       decision;
    const ngx_court_reason_t  *reason;       /* last refusal or failure */
    const char                *why;          /* for the log, constant */
    const char                *stage_name;   /* where it ended */

    /* sampled: when the stage began, ns of ngx_court_state_clock(), or 0 */
    uint64_t                   stage_began;

    /* record */
    ngx_uint_t                 audit;        /* ngx_http_court_audit.h */
    uint64_t                   audit_seq;
    ngx_queue_t                audit_queue;  /* while it is being waited for */

    /* record and forward: what was kept of a decision like this one */
    ngx_http_court_kept_t     *kept;
    uint64_t                   kept_serial;

    /* the sequence of tombstones at which the caller was looked up */
    uint64_t                   checked;

    /* what was let in and is not over (ngx_http_court_open.c) */
    ngx_queue_t                open;
    ngx_msec_t                 opened_at;
    ngx_str_t                  ended;        /* why it was cut off, or "" */

    /* forward */
    ngx_table_elt_t           *assertion;    /* our header, in the new array */
    time_t                     assertion_at; /* when it was made */
    ngx_list_t                 original;     /* the client's header array,
                                              * scrubbed, before ours */
};


extern ngx_module_t  ngx_http_court_module;
extern ngx_module_t  ngx_http_court_filter_module;


/* ngx_http_court_module.c: registers a phase handler */
ngx_int_t ngx_http_court_phase(ngx_conf_t *cf, ngx_http_phases phase,
    ngx_http_handler_pt handler);

/* ngx_http_court_session.c: POST_READ scrub, PREACCESS guard */
/* the session, NULL where there is none yet; the same, made where there is
 * none, NULL without memory */
ngx_http_court_session_t *ngx_http_court_session(ngx_http_request_t *r);
ngx_http_court_session_t *ngx_http_court_session_get(ngx_http_request_t *r);
/* the REWRITE handler, from the module that comes after rewrite's */
ngx_int_t ngx_http_court_session_init(ngx_conf_t *cf);
/* this location is decided about: court on or report, no handler of ours */
ngx_uint_t ngx_http_court_protected(ngx_http_request_t *r);
/* how many headers have that lower-case name; value is the first one's */
ngx_uint_t ngx_http_court_header_count(ngx_list_t *headers, const char *name,
    size_t len, ngx_str_t *value);
/* POST_READ, SERVER_REWRITE and REWRITE; idempotent */
ngx_int_t ngx_http_court_scrub_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_court_guard_handler(ngx_http_request_t *r);
/* nginx refused the request before those phases: the header filter and LOG
 * have variables, too */
ngx_int_t ngx_http_court_scrub_early(ngx_http_request_t *r);

/* ngx_http_court_flow.c: the ACCESS handler, a table of named stages */
ngx_int_t ngx_http_court_access_handler(ngx_http_request_t *r);
/* a stage has started something: it is run again after resume or msec */
ngx_court_result_t ngx_http_court_wait(ngx_http_court_session_t *s,
    ngx_msec_t msec);
void ngx_http_court_resume(ngx_http_court_session_t *s);

#define ngx_http_court_refused(s, id, text)                                   \
    ((s)->reason = ngx_court_reason(id), (s)->why = (text), NGX_COURT_REFUSED)
#define ngx_http_court_failed(s, id, text)                                    \
    ((s)->reason = ngx_court_reason(id), (s)->why = (text), NGX_COURT_FAILED)

/* stages, one file each; they return results, never nginx's codes */
ngx_court_result_t ngx_http_court_stage_match(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_stage_caller(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_stage_facts(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_stage_decide(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_stage_record(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_stage_forward(ngx_http_court_session_t *s);
/* nobody waits any more, for facts or for the record (stage_facts.c) */
void ngx_http_court_facts_cancel(ngx_http_court_session_t *s);

/* ngx_http_court_attr.c: values of attributes for the policy */
void ngx_http_court_attr_value(void *data, const ngx_court_attr_t *attr,
    ngx_court_side_t side, ngx_court_value_t *v);
ngx_court_fact_state_t ngx_http_court_attr_fact(void *data, ngx_uint_t fact,
    ngx_court_side_t side);

/* ngx_http_court_refuse.c: problem+json or html, or the status for
 * error_page; what it returns goes to nginx as it is */
ngx_int_t ngx_http_court_refuse(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
/* what the caller is told instead of s->reason (token_revoked stays ours) */
const ngx_court_reason_t *ngx_http_court_reason_told(
    ngx_http_court_session_t *s);
ngx_court_lang_t ngx_http_court_lang(ngx_http_request_t *r);

/* ngx_http_court_revoked.c: neither token, subject, key nor court is revoked,
 * now; asked at caller, at forward, and when the body is there.  again: of one
 * that is open; REFUSED alone says something */
ngx_court_result_t ngx_http_court_revoked(ngx_http_court_session_t *s);
ngx_court_result_t ngx_http_court_revoked_again(ngx_http_court_session_t *s);

/* ngx_http_court_open.c: init_process, exit_process; what was let in, until
 * it is over */
void ngx_http_court_open_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);
void ngx_http_court_open_stop(void);
void ngx_http_court_open_add(ngx_http_court_session_t *s);
void ngx_http_court_open_remove(ngx_http_court_session_t *s);
/* refused after all, and answered; s->reason is set */
void ngx_http_court_open_refuse(ngx_http_court_session_t *s,
    ngx_court_result_t result);

/* ngx_http_court_headers.c */
ngx_int_t ngx_http_court_headers_scrub(ngx_http_request_t *r);
/* a header of ours by name, in whatever spelling */
ngx_uint_t ngx_http_court_headers_is_ours(const ngx_str_t *name);
ngx_int_t ngx_http_court_headers_forward(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
/* takes credentials out, puts nothing in: for an internal "court off" */
ngx_int_t ngx_http_court_headers_withhold(ngx_http_request_t *r,
    ngx_http_court_session_t *s);

/* the first header of that lower-case name, NULL; works on the list alone */
ngx_table_elt_t *ngx_http_court_header_find(ngx_list_t *headers,
    const char *name, size_t len);

/* facts of this request by definition and side: NULL where not asked */
ngx_http_court_need_t *ngx_http_court_need_find(ngx_http_court_session_t *s,
    ngx_uint_t fact, ngx_court_side_t side);                    /* attr.c */
/* a field of a fact by names, for headers and variables (variables.c) */
void ngx_http_court_fact_get(ngx_http_court_session_t *s,
    ngx_court_side_t side, const ngx_str_t *fact, const ngx_str_t *field,
    ngx_court_value_t *v);
/* the answer about that fact, if it was one; NULL */
ngx_http_court_need_t *ngx_http_court_fact_found(ngx_http_court_session_t *s,
    ngx_court_side_t side, const ngx_str_t *fact);
/* the same of the relation that the decision was made by */
ngx_http_court_need_t *ngx_http_court_relation(ngx_http_court_session_t *s);
/* a declared field of it; absent where need is NULL or has no such field */
void ngx_http_court_fact_field(const ngx_http_court_need_t *need,
    ngx_uint_t field, ngx_court_value_t *v);
/* the caller's identity.kind; "": none, or not known yet */
const ngx_str_t *ngx_http_court_kind(ngx_http_court_session_t *s);
/* whose facts speak: the principal's where the rule is a delegated one */
#define ngx_http_court_side(s)                                                \
    ((s)->principal.len ? NGX_COURT_PRINCIPAL : NGX_COURT_CALLER)

/* ngx_http_court_front.c: whose request it is, as far as is known */
const ngx_str_t *ngx_http_court_front_ip(ngx_http_court_session_t *s);

/* ngx_http_court_channel.c: court_channel's word, or "unknown"; the same, NULL
 * where it is unknown */
const ngx_str_t *ngx_http_court_channel(ngx_http_court_session_t *s);
const ngx_str_t *ngx_http_court_channel_known(ngx_http_court_session_t *s);

/* ngx_http_court_external.c: "https://host[:port]" of this request; NGX_ERROR
 * where it has none, which is logged */
ngx_int_t ngx_http_court_external(ngx_http_court_session_t *s,
    ngx_str_t *url);

/* ngx_http_court_assertion.c */
char *ngx_http_court_assertion_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_assertion_jwks(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_court_assertion_start(ngx_cycle_t *cycle);
ngx_int_t ngx_http_court_assertion_make(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *assertion);
/* the one that was kept; NGX_DECLINED: none, or half its life is over */
ngx_int_t ngx_http_court_assertion_kept(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_kept_t *kept,
    ngx_str_t *assertion);
/* the body is complete: a stale assertion is made anew in place */
ngx_int_t ngx_http_court_assertion_renew(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
ngx_int_t ngx_http_court_assertion_jwks_handler(ngx_http_request_t *r);

/*
 * ngx_http_court_pseudonym.c: writes NGX_HTTP_COURT_PSEUDONYM_LEN hex digits;
 * NGX_DECLINED without court_audit_key, or where nobody is meant
 */
#define NGX_HTTP_COURT_PSEUDONYM_LEN  NGX_COURT_PSEUDONYM_LEN

typedef enum {
    NGX_HTTP_COURT_SUBJECT = 0,
    NGX_HTTP_COURT_PRINCIPAL,
    NGX_HTTP_COURT_CASE
} ngx_http_court_whose_t;

ngx_int_t ngx_http_court_pseudonym(ngx_http_court_session_t *s,
    ngx_http_court_whose_t whose, u_char *hex);
/* wipes what this process keeps of them */
void ngx_http_court_pseudonyms_clear(void);

/* ngx_http_court_variables.c */
ngx_int_t ngx_http_court_variables_add(ngx_conf_t *cf);

/* ngx_http_court_policy.c: publish, compile in workers, pin and release */
ngx_int_t ngx_http_court_policy_load(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);                 /* read + check */
ngx_int_t ngx_http_court_policy_publish(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);                 /* init_module */
ngx_int_t ngx_http_court_policy_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);                 /* init_process */
void ngx_http_court_policy_stop(ngx_cycle_t *cycle);
/* takes what was published since, see there */
ngx_int_t ngx_http_court_policy_look(ngx_http_court_main_conf_t *mcf,
    ngx_log_t *log);
void ngx_http_court_policy_end(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);                 /* exit_master */
ngx_http_court_pinned_t *ngx_http_court_policy_pin(void);
void ngx_http_court_policy_unpin(ngx_http_court_pinned_t *pinned);

/* ngx_http_court_log.c: LOG phase; one line for each decision */
ngx_int_t ngx_http_court_log_handler(ngx_http_request_t *r);
void ngx_http_court_log_decision(ngx_http_court_session_t *s);
/* let in, and then ended or refused after all */
void ngx_http_court_log_late(ngx_http_court_session_t *s);
/* the decision in one word: allow, refuse, would-refuse, error */
const ngx_str_t *ngx_http_court_verdict(ngx_http_court_session_t *s);

/* ngx_http_court_metrics.c: init_module, init_process, exit_process; the end
 * of a request; a policy that went live */
ngx_int_t ngx_http_court_metrics_init(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);
void ngx_http_court_metrics_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);
void ngx_http_court_metrics_stop(ngx_http_court_main_conf_t *mcf);
void ngx_http_court_metrics_request(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
void ngx_http_court_metrics_policy(void);

/* ngx_http_court_audit.c: the decision record */
ngx_uint_t ngx_http_court_audit_on(ngx_http_request_t *r);
/* before it takes effect: NGX_OK; NGX_AGAIN, resumed when it is on disk, then
 * asked again; NGX_ERROR, and court_audit_on_failure says: not without */
ngx_int_t ngx_http_court_audit_allow(ngx_http_court_session_t *s);
void ngx_http_court_audit_refusal(ngx_http_court_session_t *s);
void ngx_http_court_audit_outcome(ngx_http_request_t *r,
    ngx_http_court_session_t *s);
void ngx_http_court_audit_cancel(ngx_http_court_session_t *s);

/* ngx_http_court_audit_admin.c: init_module, init_process, exit_process,
 * exit_master; and a policy that went live */
ngx_int_t ngx_http_court_audit_init(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);
ngx_int_t ngx_http_court_audit_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);
void ngx_http_court_audit_stop(ngx_http_court_main_conf_t *mcf);
void ngx_http_court_audit_end(ngx_http_court_main_conf_t *mcf);
void ngx_http_court_audit_adopted(ngx_http_court_main_conf_t *mcf);
/* somebody acts on this gateway; what names nobody, and no case; written at
 * once */
void ngx_http_court_audit_act(ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *verb, const ngx_str_t *what, ngx_uint_t uid,
    ngx_uint_t pid);
/* a source said what has changed; the same */
void ngx_http_court_audit_notice(ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *what);
/* all that this worker holds back; NGX_AGAIN: of some log it goes out when
 * the commit under way ends; NGX_ERROR: a log cannot be written now */
ngx_int_t ngx_http_court_audit_flush_worker(ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_control_extend.c: what has ended by itself is recorded */
void ngx_http_court_control_extend_over(ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_control_workers.c: init_process */
void ngx_http_court_control_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_status.c, ngx_http_court_health.c */
char *ngx_http_court_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_court_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_http_court_keys.c: keys of a file are remembered for the status;
 * NGX_ERROR: no memory */
ngx_int_t ngx_http_court_keys_jwks(ngx_conf_t *cf, const char *use,
    const ngx_str_t *issuer, const ngx_str_t *file,
    const ngx_court_jwks_t *jwks);
ngx_int_t ngx_http_court_keys_events(ngx_conf_t *cf, const ngx_str_t *file,
    const ngx_court_event_keys_t *keys);
ngx_int_t ngx_http_court_keys_ring(ngx_conf_t *cf, const char *use,
    const ngx_str_t *file, const ngx_court_ring_t *ring);

/* ngx_http_court_check.c: what nginx -t refuses and warns of */
ngx_int_t ngx_http_court_check(ngx_conf_t *cf);

/* blocks, one file each: called by the directive table in module.c */
char *ngx_http_court_issuer_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_fact_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_redis_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_court_file.c: a whole file into cf->pool; secret: refuses what
 * others can read, or that is not root's or ours.  NGX_CONF_OK or an error
 * already logged with file:line */
char *ngx_http_court_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_uint_t secret, ngx_str_t *text);


#endif /* _NGX_HTTP_COURT_H_INCLUDED_ */
