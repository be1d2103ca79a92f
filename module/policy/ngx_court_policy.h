/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy: parsed and compiled once, const afterwards, decided from many
 * times without allocating.  Format: module/reference/policy.md.
 */

#ifndef _NGX_COURT_POLICY_H_INCLUDED_
#define _NGX_COURT_POLICY_H_INCLUDED_

#include "ngx_court_fact.h"


#define NGX_COURT_POLICY_ROLES      64    /* bits of a role set */
#define NGX_COURT_POLICY_PATH_VARS  8     /* variables of one template */

typedef struct ngx_court_policy_s     ngx_court_policy_t;
typedef struct ngx_court_rule_s       ngx_court_rule_t;
typedef struct ngx_court_condition_s  ngx_court_condition_t;


typedef enum {
    NGX_COURT_D_TOKEN = 0,
    NGX_COURT_D_REQUEST,
    NGX_COURT_D_PATH,
    NGX_COURT_D_CLIENT,
    NGX_COURT_D_SIGNATURE,
    NGX_COURT_D_TLS,
    NGX_COURT_D_COURT,
    NGX_COURT_D_FACT,
    NGX_COURT_NDOMAINS
} ngx_court_domain_t;

/* whose value: the caller's, or the principal's he acts for */
typedef enum {
    NGX_COURT_CALLER = 0,
    NGX_COURT_PRINCIPAL,
    NGX_COURT_NSIDES
} ngx_court_side_t;


/* one attribute that the policy names; a slot, resolved at load */
typedef struct {
    ngx_court_domain_t         domain;
    ngx_uint_t                 fact;      /* D_FACT: index in vocab.facts */
    ngx_uint_t                 field;     /* D_FACT: field (declared or
                                           * computed); D_PATH: index in the
                                           * policy's path names; others:
                                           * index in their vocabulary, or
                                           * NGX_COURT_NO_FIELD */
    ngx_str_t                  name;      /* behind the dot */
    ngx_court_type_t           type;
} ngx_court_attr_t;


/*
 * What attributes exist, given by who compiles.  facts: the court_fact
 * definitions (ngx_court_fact_t *); names beyond the closed vocabularies:
 * claims are ngx_court_field_t.  A NULL facts means the standard ones.
 */
typedef struct {
    ngx_array_t               *facts;     /* of ngx_court_fact_t * */
    ngx_array_t               *claims;    /* of ngx_court_field_t; or NULL */
} ngx_court_vocab_t;

/*
 * Closed vocabularies (the getter answers by field index):
 * request.: X(ID, name, type)
 */
#define NGX_COURT_REQUEST_ATTRS(X)                                            \
    X(METHOD,    "method",    NGX_COURT_T_STRING)                             \
    X(TIME,      "time",      NGX_COURT_T_TIME)                               \
    X(CHANNEL,   "channel",   NGX_COURT_T_STRING)                             \
    X(CONFIRMED, "confirmed", NGX_COURT_T_BOOL)                               \
    X(NONCE,     "nonce",     NGX_COURT_T_BOOL)                               \
    X(SECOND,    "second",    NGX_COURT_T_BOOL)                               \
    X(DRILL,     "drill",     NGX_COURT_T_BOOL)                               \
    X(INTERFACE, "interface", NGX_COURT_T_STRING)   /* answered by policy/ */ \
    X(IP,        "ip",        NGX_COURT_T_STRING)

/* client.: registry of step 5; id alone is known before it */
#define NGX_COURT_CLIENT_ATTRS(X)                                             \
    X(ID,        "id",        NGX_COURT_T_STRING)                             \
    X(BOUND,     "bound",     NGX_COURT_T_BOOL)

#define NGX_COURT_SIGNATURE_ATTRS(X)                                          \
    X(PRESENT,   "present",   NGX_COURT_T_BOOL)

#define NGX_COURT_TLS_ATTRS(X)                                                \
    X(ON,        "on",        NGX_COURT_T_BOOL)

#define NGX_COURT_COURT_ATTRS(X)                                              \
    X(CODE,      "code",      NGX_COURT_T_STRING)                             \
    X(PARENT,    "parent",    NGX_COURT_T_STRING)                             \
    X(ANCESTORS, "ancestors", NGX_COURT_T_LIST)   /* itself included */       \
    X(FEATURES,  "features",  NGX_COURT_T_LIST)

/*
 * token.: NGX_COURT_TOKEN_FIELDS of token/ by the same names, and auth_age
 * (seconds), issuer (string), and vocab.claims.  The policy layer does not
 * include token/: it knows the names through this list, whose order the
 * getter relies on.
 */
#define NGX_COURT_TOKEN_ATTRS(X)                                              \
    X(SUB,       "sub",       NGX_COURT_T_STRING)                             \
    X(ROLE,      "role",      NGX_COURT_T_STRING)                             \
    X(PRINCIPAL, "principal", NGX_COURT_T_STRING)                             \
    X(KIND,      "kind",      NGX_COURT_T_STRING)                             \
    X(CLIENT,    "client_id", NGX_COURT_T_STRING)                             \
    X(COURT,     "court",     NGX_COURT_T_STRING)                             \
    X(CHANNEL,   "channel",   NGX_COURT_T_STRING)                             \
    X(JTI,       "jti",       NGX_COURT_T_STRING)                             \
    X(KID,       "kid",       NGX_COURT_T_STRING)                             \
    X(ACR,       "acr",       NGX_COURT_T_STRING)                             \
    X(AMR,       "amr",       NGX_COURT_T_LIST)                               \
    X(SCOPE,     "scope",     NGX_COURT_T_LIST)                               \
    X(EXP,       "exp",       NGX_COURT_T_TIME)                               \
    X(NBF,       "nbf",       NGX_COURT_T_TIME)                               \
    X(IAT,       "iat",       NGX_COURT_T_TIME)                               \
    X(AUTH_TIME, "auth_time", NGX_COURT_T_TIME)                               \
    X(ACR_LEVEL, "acr_level", NGX_COURT_T_INT)                                \
    X(AUTH_AGE,  "auth_age",  NGX_COURT_T_SECONDS)                            \
    X(ISSUER,    "issuer",    NGX_COURT_T_STRING)
/* a mapped claim has field NGX_COURT_NO_FIELD and is asked by name */

enum {
#define NGX_COURT_A_(dom, id)  NGX_COURT_A_##dom##_##id
#define X(id, name, type)  NGX_COURT_A_(REQUEST, id),
    NGX_COURT_REQUEST_ATTRS(X)
#undef X
    NGX_COURT_A_REQUEST_N
};
enum {
#define X(id, name, type)  NGX_COURT_A_(CLIENT, id),
    NGX_COURT_CLIENT_ATTRS(X)
#undef X
    NGX_COURT_A_CLIENT_N
};
enum {
#define X(id, name, type)  NGX_COURT_A_(SIGNATURE, id),
    NGX_COURT_SIGNATURE_ATTRS(X)
#undef X
    NGX_COURT_A_SIGNATURE_N
};
enum {
#define X(id, name, type)  NGX_COURT_A_(TLS, id),
    NGX_COURT_TLS_ATTRS(X)
#undef X
    NGX_COURT_A_TLS_N
};
enum {
#define X(id, name, type)  NGX_COURT_A_(COURT, id),
    NGX_COURT_COURT_ATTRS(X)
#undef X
    NGX_COURT_A_COURT_N
};
enum {
#define X(id, name, type)  NGX_COURT_A_(TOKEN, id),
    NGX_COURT_TOKEN_ATTRS(X)
#undef X
    NGX_COURT_A_TOKEN_N
};


/* an interface, as its readers see it */
typedef struct {
    ngx_str_t                  id;
    ngx_uint_t                 index;
    unsigned                   public_:1;    /* "auth": "none" */
    unsigned                   durable:1;    /* "trace": "durable" */
    unsigned                   replayable:1;
    unsigned                   confirmed:1;  /* some rule reads
                                              * request.confirmed: no L2 */
    unsigned                   websocket:1;  /* "upgrade": "websocket" */
    unsigned                   has_case:1;   /* a route has {case} */
} ngx_court_interface_t;

typedef struct {
    const ngx_court_interface_t  *interface;
    ngx_uint_t                 nvars;
    struct {
        ngx_uint_t             name;      /* index of the policy's path names */
        ngx_str_t              value;     /* into the matched path */
    } vars[NGX_COURT_POLICY_PATH_VARS];
} ngx_court_match_t;


/*
 * Parses and compiles text into pool memory.  NULL on error; err is
 * "<pointer>: line N: <what>".  Checks everything that reference/policy.md
 * asks: unknown names, type errors, templates that differ only in variable
 * names, rules that can never fire, reasons without zh text, ...
 */
ngx_court_policy_t *ngx_court_policy_compile(ngx_pool_t *pool,
    const ngx_str_t *text, const ngx_court_vocab_t *vocab, ngx_str_t *err);

int64_t ngx_court_policy_version(const ngx_court_policy_t *policy);
const u_char *ngx_court_policy_hash(const ngx_court_policy_t *policy); /* 32 */

/* name of a path variable; count; index or NGX_COURT_NO_FIELD by name */
const ngx_str_t *ngx_court_policy_path_name(const ngx_court_policy_t *policy,
    ngx_uint_t i);
ngx_uint_t ngx_court_policy_path_find(const ngx_court_policy_t *policy,
    const ngx_str_t *name);

/* interface by id and role by name, for tools; NULL / NGX_COURT_NO_FIELD */
const ngx_court_interface_t *ngx_court_policy_interface(
    const ngx_court_policy_t *policy, const ngx_str_t *id);
ngx_uint_t ngx_court_policy_role(const ngx_court_policy_t *policy,
    const ngx_str_t *role);
ngx_uint_t ngx_court_policy_ninterfaces(const ngx_court_policy_t *policy);
/* the trace of some interface is */
ngx_uint_t ngx_court_policy_durable(const ngx_court_policy_t *policy);


/*
 * Which interface a canonical path and method name (HEAD is GET).  A literal
 * segment goes before a variable, with backtracking.  NGX_OK; NGX_DECLINED
 * where no interface has this path and method.
 */
ngx_int_t ngx_court_policy_match(const ngx_court_policy_t *policy,
    const ngx_str_t *method, const ngx_str_t *path, ngx_court_match_t *match);

/* the methods that some interface names for this path: "GET, POST"; "" none */
ngx_int_t ngx_court_policy_methods(ngx_pool_t *pool,
    const ngx_court_policy_t *policy, const ngx_str_t *path, ngx_str_t *list);


/* one fact that a decision will read, on one side */
typedef struct {
    ngx_uint_t                 fact;
    ngx_court_side_t           side;
    int64_t                    max_age;   /* seconds; 0: begun after the
                                           * request; -1: the fact's ttl */
} ngx_court_need_t;

/*
 * The facts that rules of this interface and role read, the strictest
 * freshness of each; computed at load.  An unknown role needs none.
 */
void ngx_court_policy_needs(const ngx_court_policy_t *policy,
    const ngx_court_interface_t *interface, const ngx_str_t *role,
    const ngx_court_need_t **needs, ngx_uint_t *n);


/*
 * What a decision is made from.  value: the value of attr for that side
 * (PRESENT, ABSENT, UNAVAILABLE); called any number of times, must not
 * allocate.  fact: how a fact stands.  role, assistant: of the caller; the
 * path and interface come from match.
 */
typedef struct {
    void                      *data;
    void                     (*value)(void *data, const ngx_court_attr_t *attr,
                                   ngx_court_side_t side,
                                   ngx_court_value_t *v);
    ngx_court_fact_state_t   (*fact)(void *data, ngx_uint_t fact,
                                   ngx_court_side_t side);
    const ngx_court_match_t   *match;
    ngx_str_t                  role;
    ngx_str_t                  subject;   /* the caller's, for delegated */
    time_t                     now;
} ngx_court_input_t;

typedef enum {
    NGX_COURT_E_NONE = 0,                 /* no rule for this role */
    NGX_COURT_E_ALLOW,
    NGX_COURT_E_FORBID,                   /* a true (or unknown) forbid */
    NGX_COURT_E_UNMET                     /* an allow rule's condition */
} ngx_court_effect_t;

typedef struct {
    ngx_court_result_t         result;    /* PASS, REFUSED, FAILED */
    ngx_court_effect_t         effect;
    const ngx_court_reason_t  *reason;    /* NULL with PASS */
    const ngx_str_t           *rule;      /* id; NULL: no rule */
    const ngx_str_t           *condition; /* name of the unmet one; NULL */
    const ngx_court_attr_t    *attr;      /* first attribute that made it
                                           * unmet or unknown; NULL */
    unsigned                   report:1;  /* the rule's mode is report */
    unsigned                   principal_side:1;
    unsigned                   delegated:1;  /* allowed by delegation */
    const ngx_str_t           *obligations;  /* comma separated; NULL none */
    const ngx_str_t           *acr_values;   /* step-up: space separated */
    int64_t                    max_age;      /* step-up; -1 none */
} ngx_court_decision_t;

/*
 * Deny by default, forbid wins, three-valued, delegation decided twice; the
 * order of answers is that of reference/refusals.md.
 * Never allocates, never fails for lack of memory.
 */
void ngx_court_policy_decide(const ngx_court_policy_t *policy,
    const ngx_court_input_t *input, ngx_court_decision_t *decision);


/*
 * For tools that ask "what if".  favourable: every condition of an allow rule
 * holds, none of a forbid, kinds agree and the interface is delegated; input
 * is then asked for nothing.  unmet: index of a condition that does not hold
 * whatever the values say, NGX_COURT_NO_FIELD none.
 */
typedef struct {
    ngx_uint_t                 favourable;
    ngx_uint_t                 unmet;
} ngx_court_assume_t;

void ngx_court_policy_decide_assuming(const ngx_court_policy_t *policy,
    const ngx_court_input_t *input, const ngx_court_assume_t *assume,
    ngx_court_decision_t *decision);

/* index of a condition by name, NGX_COURT_NO_FIELD; rules and conditions */
ngx_uint_t ngx_court_policy_condition(const ngx_court_policy_t *policy,
    const ngx_str_t *name);
ngx_uint_t ngx_court_policy_nrules(const ngx_court_policy_t *policy);

/* the definition behind need.fact and attr.fact; how many there are */
const ngx_court_fact_t *ngx_court_policy_fact_at(
    const ngx_court_policy_t *policy, ngx_uint_t i);
ngx_uint_t ngx_court_policy_nfacts(const ngx_court_policy_t *policy);


#endif /* _NGX_COURT_POLICY_H_INCLUDED_ */
