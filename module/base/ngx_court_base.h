/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The vocabulary that every layer shares: how a step ends, why a caller is
 * refused, and in which words he is told.  Knows nginx's core types, and
 * nothing of requests, sockets or the clock.
 */

#ifndef _NGX_COURT_BASE_H_INCLUDED_
#define _NGX_COURT_BASE_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_COURT_VERSION  "0.1.0"


/*
 * How a stage or a pure function that decides something ends.  No value is
 * one that nginx knows (NGX_OK ... NGX_ABORT, HTTP statuses): returned to
 * nginx by mistake it must not read as "no opinion, go on".
 *
 *   PASS     yes
 *   REFUSED  no, and a reason says why
 *   FAILED   could not find out, or our own fault; a reason says which
 *   WAIT     something was started; the caller is resumed
 */

typedef enum {
    NGX_COURT_PASS = 0x4c0001,
    NGX_COURT_REFUSED,
    NGX_COURT_FAILED,
    NGX_COURT_WAIT
} ngx_court_result_t;


typedef enum {
    NGX_COURT_ZH = 0,
    NGX_COURT_EN,
    NGX_COURT_NLANGS
} ngx_court_lang_t;


typedef struct {
    ngx_str_t                  title;
    ngx_str_t                  detail;
    ngx_str_t                  next;      /* what to do instead; may be "" */
} ngx_court_text_t;


/*
 * One reason: built in (ngx_court_reason.c) or a policy's own (lives as long
 * as the policy's pool).  Compared by pointer or by code, never copied.
 */

typedef struct {
    ngx_str_t                  code;
    ngx_uint_t                 status;    /* HTTP status */
    ngx_court_text_t           text[NGX_COURT_NLANGS];
} ngx_court_reason_t;


/*
 * X(ID, code, status): the closed list of refusals; one row, one reason.
 * Texts stand in ngx_court_reason_zh.h and _en.h; a row without both does not
 * compile.
 */

#define NGX_COURT_REASONS(X)                                                  \
    X(PATH_NOT_CANONICAL,         "path_not_canonical",         400)          \
    X(CREDENTIALS_AMBIGUOUS,      "credentials_ambiguous",      400)          \
    X(REQUEST_MALFORMED,          "request_malformed",          400)          \
    X(TOKEN_MISSING,              "token_missing",              401)          \
    X(TOKEN_INVALID,              "token_invalid",              401)          \
    X(TOKEN_EXPIRED,              "token_expired",              401)          \
    X(TOKEN_REVOKED,              "token_revoked",              401)          \
    X(BINDING_INVALID,            "binding_invalid",            401)          \
    X(SIGNATURE_MISSING,          "signature_missing",          401)          \
    X(SIGNATURE_INVALID,          "signature_invalid",          401)          \
    X(SIGNATURE_STALE,            "signature_stale",            401)          \
    X(REPLAYED,                   "replayed",                   401)          \
    X(REAUTHENTICATION_REQUIRED,  "reauthentication_required",  401)          \
    X(ASSURANCE_TOO_LOW,          "assurance_too_low",          401)          \
    X(EARLY_DATA,                 "early_data",                 425)          \
    X(NO_RULE,                    "no_rule",                    403)          \
    X(FORBIDDEN,                  "forbidden",                  403)          \
    X(ROLE_FORBIDDEN,             "role_forbidden",             403)          \
    X(ROLE_UNKNOWN,               "role_unknown",               403)          \
    X(PRACTICE_NOT_ACTIVE,        "practice_not_active",        403)          \
    X(IDENTITY_NOT_FOUND,         "identity_not_found",         403)          \
    X(LINK_NOT_ACTIVE,            "link_not_active",            403)          \
    X(TOO_MANY_LINKS,             "too_many_links",             403)          \
    X(NOT_DELEGATED,              "not_delegated",              403)          \
    X(NO_RELATION,                "no_relation",                403)          \
    X(OWN_UNIT_ONLY,              "own_unit_only",              403)          \
    X(SPECIAL_AUTHORITY_REQUIRED, "special_authority_required", 403)          \
    X(COURT_SCOPE,                "court_scope",                403)          \
    X(OUTSIDE_WINDOW,             "outside_window",             403)          \
    X(CHANNEL_FORBIDDEN,          "channel_forbidden",          403)          \
    X(CLIENT_NOT_REGISTERED,      "client_not_registered",      403)          \
    X(CONFIRMATION_REQUIRED,      "confirmation_required",      403)          \
    X(SECOND_APPROVAL_REQUIRED,   "second_approval_required",   403)          \
    X(CONSENT_REQUIRED,           "consent_required",           403)          \
    X(ORIGIN_FORBIDDEN,           "origin_forbidden",           403)          \
    X(UPGRADE_NOT_ALLOWED,        "upgrade_not_allowed",        403)          \
    X(BODY_TOO_LARGE,             "body_too_large",             413)          \
    X(TOO_MANY_REQUESTS,          "too_many_requests",          429)          \
    X(INTERNAL_ERROR,             "internal_error",             500)          \
    X(IDENTITY_UNAVAILABLE,       "identity_unavailable",       503)          \
    X(FACTS_UNAVAILABLE,          "facts_unavailable",          503)          \
    X(KEYS_UNAVAILABLE,           "keys_unavailable",           503)          \
    X(INTROSPECTION_UNAVAILABLE,  "introspection_unavailable",  503)          \
    X(POLICY_UNAVAILABLE,         "policy_unavailable",         503)          \
    X(REVOCATION_UNKNOWN,         "revocation_unknown",         503)          \
    X(AUDIT_UNAVAILABLE,          "audit_unavailable",          503)          \
    X(REPLAY_STORE_UNAVAILABLE,   "replay_store_unavailable",   503)          \
    X(OVERLOADED,                 "overloaded",                 503)


typedef enum {
#define NGX_COURT_REASON_ID(id, code, status)  NGX_COURT_R_##id,
    NGX_COURT_REASONS(NGX_COURT_REASON_ID)
#undef NGX_COURT_REASON_ID
    NGX_COURT_NREASONS
} ngx_court_reason_id_t;


extern const ngx_court_reason_t  ngx_court_reasons[NGX_COURT_NREASONS];

#define ngx_court_reason(id)  (&ngx_court_reasons[NGX_COURT_R_##id])

/* the built-in reason of that code, NULL if there is none */
const ngx_court_reason_t *ngx_court_reason_find(const ngx_str_t *code);


/*
 * Byte equality of two strings; not constant time, never for secrets.  An
 * empty one may have no pointer, which memcmp() must not be given.
 */
#define ngx_court_str_eq(a, b)                                                \
    ((a)->len == (b)->len                                                     \
     && ((a)->len == 0 || ngx_memcmp((a)->data, (b)->data, (a)->len) == 0))


#endif /* _NGX_COURT_BASE_H_INCLUDED_ */
