/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision record: one line of JSON for each thing that happened
 * (reference/record.md).  Lines of one worker and one log are a chain: each
 * has the next sequence number and the hash of the line before, so that what
 * was changed, taken out or put between is seen.
 *
 * What comes in here has no personal identifiers any more: people and cases
 * are keyed hashes, and paths, tokens and claims have no member.
 */

#ifndef _NGX_COURT_AUDIT_H_INCLUDED_
#define _NGX_COURT_AUDIT_H_INCLUDED_

#include "ngx_court_fact.h"
#include "ngx_court_time.h"


#define NGX_COURT_AUDIT_VERSION  1
#define NGX_COURT_AUDIT_MAX      16384    /* bytes of a line, newline too */
#define NGX_COURT_AUDIT_STRING   128      /* bytes of a member, cut off */
#define NGX_COURT_AUDIT_LIST     32       /* strings of an admin list */
#define NGX_COURT_AUDIT_HASH_LEN 32       /* SHA-256 and SM3 alike */
#define NGX_COURT_AUDIT_WHO      400      /* gateway and worker, as JSON */


typedef enum {
    NGX_COURT_AUDIT_DECISION = 0,
    NGX_COURT_AUDIT_OUTCOME,
    NGX_COURT_AUDIT_ADMIN
} ngx_court_audit_phase_t;


typedef struct {
    ngx_str_t                  cond;
    ngx_str_t                  value;     /* "" has none */
} ngx_court_audit_failed_t;

typedef struct {
    ngx_str_t                  name;
    ngx_str_t                  side;      /* "" the caller's */
    ngx_str_t                  state;     /* "" found */
    ngx_str_t                  tier;
    int64_t                    age;       /* seconds; negative: unknown */
} ngx_court_audit_fact_t;

typedef struct {
    ngx_uint_t                 total;     /* there may be more than n */
    ngx_uint_t                 n;
    const ngx_str_t           *names;
} ngx_court_audit_list_t;


/*
 * Members that are empty, zero or negative are left out of the line.  Names of
 * interfaces and facts, kind, channel, decision, pseudonyms and request ids are
 * words of [A-Za-z0-9_.:-] by the time they come here: they stand in the line
 * as they are.  All other strings are escaped.
 */
typedef struct {
    ngx_court_audit_phase_t    phase;
    int64_t                    time;      /* ms since 1970 */

    ngx_str_t                  event;     /* admin: start, reload, ... */
    ngx_str_t                  conf;      /* hash of the configuration */
    ngx_str_t                  verb;      /* control: what was asked for, */
    ngx_str_t                  what;      /* of what, and by whom */
    int64_t                    uid;       /* -1 none */
    int64_t                    pid;
    int64_t                    cycle;     /* worker_start: ms; 0 none */

    ngx_str_t                  request_id;
    ngx_str_t                  court;
    ngx_str_t                  interface;
    ngx_str_t                  method;
    ngx_str_t                  subject_h;
    ngx_str_t                  principal_h;
    ngx_str_t                  role;
    ngx_str_t                  kind;
    ngx_str_t                  client;
    ngx_str_t                  case_h;
    ngx_str_t                  channel;
    ngx_str_t                  ip;
    ngx_str_t                  decision;
    ngx_str_t                  reason;
    ngx_str_t                  rule;

    ngx_str_t                  members;   /* those from event to rule, as
                                           * ngx_court_audit_members has
                                           * made them, in their place */

    const ngx_court_audit_failed_t  *failed;
    ngx_uint_t                 nfailed;
    const ngx_court_audit_fact_t  *facts;
    ngx_uint_t                 nfacts;

    ngx_str_t                  policy_version;   /* digits */
    const u_char              *policy_hash;      /* 32 bytes, or NULL */

    ngx_court_audit_list_t     off;       /* admin: unprotected locations */
    ngx_court_audit_list_t     report;
    uint64_t                   lost;      /* admin: records not written */

    ngx_uint_t                 status;
    ngx_uint_t                 upstream_status;
    int64_t                    bytes;     /* -1 none */
} ngx_court_audit_record_t;


/*
 * Who writes.  Lines are drafted by one thread, with zeros where the hash of
 * the line before belongs, and completed later, in their order, it may be by
 * another: prev is of the one that completes, all else of the one that drafts.
 */
typedef struct {
    ngx_uint_t                 sm3;       /* else SHA-256 */
    u_char                     prev[NGX_COURT_AUDIT_HASH_LEN];

    uint64_t                   seq;       /* of the last line drafted */
    size_t                     who_len;   /* gateway and worker, as JSON, */
    u_char                     who[NGX_COURT_AUDIT_WHO
                                   + NGX_COURT_TIME_LEN];
    int64_t                    second;    /* and, behind, this one's text */
    u_char                     hash[NGX_COURT_AUDIT_HASH_LEN];
    u_char                     hex[2 * NGX_COURT_AUDIT_HASH_LEN];
} ngx_court_audit_chain_t;

/* worker: unique among processes ever */
void ngx_court_audit_begin(ngx_court_audit_chain_t *chain,
    const ngx_str_t *gateway, const ngx_str_t *worker, ngx_uint_t sm3);

/* prepares a record that says nothing yet */
void ngx_court_audit_clear(ngx_court_audit_record_t *record,
    ngx_court_audit_phase_t phase, int64_t time);

/* text of the members from event to rule; returns its end, NULL: no room */
u_char *ngx_court_audit_members(const ngx_court_audit_record_t *record,
    u_char *buf, u_char *last);

/*
 * The next line of the chain with its newline into buf; returns its end.
 * NULL, and the chain is as it was: less than NGX_COURT_AUDIT_MAX bytes were
 * not enough.
 */
u_char *ngx_court_audit_draft(ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record, u_char *buf, u_char *last);

/*
 * Whole drafts from p to last, all that came since, become lines of the chain
 * in place.  NGX_ERROR: no digest; *done says how far it came, the rest may
 * be tried again.
 */
ngx_int_t ngx_court_audit_complete(ngx_court_audit_chain_t *chain,
    u_char *p, u_char *last, u_char **done);

/* draft and complete; NULL, and the chain is as it was: also no digest */
u_char *ngx_court_audit_line(ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record, u_char *buf, u_char *last);


/* shared: hash of one line without its newline; a text as JSON, cut off */
ngx_int_t ngx_court_audit_hash(ngx_uint_t sm3, const ngx_str_t *line,
    u_char out[NGX_COURT_AUDIT_HASH_LEN]);
u_char *ngx_court_audit_escape(u_char *p, u_char *last, const ngx_str_t *s);
u_char *ngx_court_audit_hex(u_char *p, const u_char *hash);


#endif /* _NGX_COURT_AUDIT_H_INCLUDED_ */
