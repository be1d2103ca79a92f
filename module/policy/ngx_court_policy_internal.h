/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of this directory share: the parser's helpers, and the
 * compiled form.  Nobody outside module/policy includes it.
 */

#ifndef _NGX_COURT_POLICY_INTERNAL_H_INCLUDED_
#define _NGX_COURT_POLICY_INTERNAL_H_INCLUDED_

#include "ngx_court_policy.h"
#include "ngx_court_time.h"
#include "ngx_court_path.h"


/* bounds; each is told by name when a policy passes it */
#define NGX_COURT_POLICY_DEPTH        8       /* nested all, any, not */
#define NGX_COURT_POLICY_NODES        1024    /* tests of one condition */
#define NGX_COURT_POLICY_SEGMENTS     32      /* of a path or a template */
#define NGX_COURT_POLICY_CLAUSES      4000000 /* rules x roles x interfaces */
#define NGX_COURT_POLICY_CONDITIONS   4096
#define NGX_COURT_POLICY_INTERFACES   65536
#define NGX_COURT_POLICY_NAME         64      /* bytes of an id */
#define NGX_COURT_POLICY_VAR          64      /* bytes of a variable's value */
#define NGX_COURT_POLICY_TEXT         255     /* of a value declared text */
#define NGX_COURT_POLICY_AGE          31536000  /* of "needs": a year */
#define NGX_COURT_POLICY_ERR          512     /* bytes of an error text */


/* the closed list of roles; X(ID, name) */
#define NGX_COURT_ROLES(X)                                                    \
    X(LAWYER,     "lawyer")                                                   \
    X(GOV_LAWYER, "gov_lawyer")                                               \
    X(ASSISTANT,  "assistant")                                                \
    X(PARTY,      "party")                                                    \
    X(AGENT,      "agent")                                                    \
    X(APPLICANT,  "applicant")                                                \
    X(OFFICER,    "officer")                                                  \
    X(SCANNER,    "scanner")                                                  \
    X(JUDGE,      "judge")                                                    \
    X(DEVICE,     "device")                                                   \
    X(OPERATOR,   "operator")                                                 \
    X(SECADMIN,   "secadmin")                                                 \
    X(AUDITOR,    "auditor")

enum {
#define X(id, name)  NGX_COURT_ROLE_##id,
    NGX_COURT_ROLES(X)
#undef X
    NGX_COURT_NROLES
};


/*
 * The outcomes that a test can still have.  A test whose value is there has
 * one; absent is ABSENT, which no fetch can change; a value that could not be
 * found out may yet turn out to be any.  So "would it matter" is a bit.
 */
#define NGX_COURT_TRUE        1
#define NGX_COURT_FALSE       2
#define NGX_COURT_ABSENT      4
#define NGX_COURT_ANY         7


typedef enum {
    NGX_COURT_OP_EQ = 0,
    NGX_COURT_OP_NE,
    NGX_COURT_OP_LT,
    NGX_COURT_OP_LE,
    NGX_COURT_OP_GT,
    NGX_COURT_OP_GE,
    NGX_COURT_OP_IN,
    NGX_COURT_OP_NOT_IN,
    NGX_COURT_OP_CONTAINS,
    NGX_COURT_OP_COUNT,
    NGX_COURT_OP_COVERS,
    NGX_COURT_OP_EXISTS,
    NGX_COURT_NOPS
} ngx_court_op_t;

typedef enum {
    NGX_COURT_NODE_TEST = 0,
    NGX_COURT_NODE_ALL,
    NGX_COURT_NODE_ANY,
    NGX_COURT_NODE_NOT
} ngx_court_node_kind_t;

/* one step of a condition's program: prefix order, groups know their end */
typedef struct {
    u_char                     kind;
    u_char                     op;
    u_char                     cmp;       /* OP_COUNT: OP_EQ ... OP_GE */
    u_char                     numeric;   /* compares num, not str */
    uint32_t                   end;       /* first node behind this group */
    const ngx_court_attr_t    *attr;
    const ngx_court_attr_t    *operand;   /* NULL: the literal below */
    int64_t                    num;
    ngx_str_t                  str;
    ngx_uint_t                 n;         /* OP_IN: elements of the set */
    ngx_str_t                 *strs;
    int64_t                   *nums;
} ngx_court_node_t;


typedef enum {
    NGX_COURT_ON_CALLER = 0,
    NGX_COURT_ON_REQUEST,
    NGX_COURT_ON_PERSON
} ngx_court_on_t;

struct ngx_court_condition_s {
    ngx_court_node_t          *nodes;
    uint32_t                   nnodes;
    ngx_court_on_t             on;
    const ngx_court_reason_t  *reason;
    ngx_str_t                  name;
    ngx_str_t                 *acr_values;   /* step-up; NULL */
    int64_t                    max_age;      /* step-up; -1 */
    uint32_t                   facts;        /* bits of those that it reads */
    unsigned                   confirmed:1;  /* reads request.confirmed */
    int64_t                   *ages;         /* needs by fact; -1 */
};

struct ngx_court_rule_s {
    ngx_str_t                  id;
    uint64_t                   roles;
    unsigned                   forbid:1;
    unsigned                   delegated:1;
    unsigned                   confirmed:1;  /* reads request.confirmed */
    const ngx_court_reason_t  *reason;       /* own one; NULL */
    ngx_array_t                interfaces;   /* of uint32_t, ascending */
    ngx_array_t                obligations;  /* of ngx_str_t */
    uint32_t                   conds;        /* into policy->conds */
    uint32_t                   nconds;
    uint32_t                   facts;        /* bits, all conditions */
    int64_t                   *ages;         /* needs by fact; -1 */
};

/*
 * A rule as it stands in one cell, with what deciding reads of it: two cache
 * misses a decision, whatever the number of rules.
 */
typedef struct {
    uint32_t                   rule;
    uint32_t                   conds;        /* into policy->conds */
    uint16_t                   nconds;
    uint16_t                   obligations;  /* into policy->obligations */
    unsigned                   delegated:1;
    unsigned                   identity:1;   /* reads identity: kind agrees */
} ngx_court_clause_t;

/* all that holds for one role at one interface: forbids, then allows */
typedef struct {
    uint32_t                   first;        /* into policy->clauses */
    uint32_t                   needs;        /* into policy->needs */
    uint16_t                   nforbids;
    uint16_t                   nallows;
    uint16_t                   nneeds;
    uint16_t                   unasked;      /* facts whose key has a path
                                              * variable that isn't here */
} ngx_court_cell_t;


typedef struct {
    ngx_court_interface_t      pub;
    uint64_t                   vars;         /* bits of path names */
    uint16_t                   unasked;
} ngx_court_iface_t;

typedef struct ngx_court_trie_s  ngx_court_trie_t;

struct ngx_court_policy_s {
    ngx_pool_t                *pool;
    int64_t                    version;
    u_char                     hash[NGX_COURT_SHA256_LEN];

    const ngx_court_fact_t   **facts;
    ngx_uint_t                 nfacts;
    const ngx_court_reason_t  *none[NGX_COURT_MAX_FACTS];  /* code where the
                                              * source says: no such; NULL */
    uint32_t                   declared;     /* bits of facts */
    const ngx_court_attr_t    *kind;         /* identity.kind or NULL */
    const ngx_court_attr_t    *delegated;    /* relation.delegated or NULL */
    const ngx_court_attr_t    *link_delegated;

    ngx_array_t                attrs;        /* of ngx_court_attr_t * */
    ngx_array_t                path_names;   /* of ngx_str_t */
    ngx_array_t                reasons;      /* of ngx_court_reason_t */
    ngx_array_t                interfaces;   /* of ngx_court_iface_t */
    ngx_array_t                rules;        /* of ngx_court_rule_t */
    ngx_array_t                conditions;   /* of ngx_court_condition_t */
    ngx_array_t                obligations;  /* of ngx_str_t; 0 is none */
    ngx_array_t                conds;        /* of uint16_t */
    ngx_array_t                needs;        /* of ngx_court_need_t */
    ngx_court_trie_t          *trie;
    ngx_court_cell_t          *cells;        /* interface x role */
    ngx_court_clause_t        *clauses;
};

#define ngx_court_policy_cell(p, i, role)                                     \
    (&(p)->cells[(i) * NGX_COURT_NROLES + (role)])


/* where the parser stands: steps of a JSON pointer, on the stack */
typedef struct ngx_court_at_s  ngx_court_at_t;

struct ngx_court_at_s {
    const ngx_court_at_t      *parent;       /* NULL: the document */
    ngx_str_t                  name;         /* data NULL: an element */
    ngx_uint_t                 index;
};

/* names of one kind with their numbers, sorted once, then searched */
typedef struct {
    ngx_str_t                  name;
    uint32_t                   index;
} ngx_court_name_t;

typedef struct {
    ngx_pool_t                *pool;
    ngx_pool_t                *tmp;       /* dies when all is compiled */
    const ngx_str_t           *text;
    ngx_str_t                 *err;
    ngx_court_policy_t        *policy;
    const ngx_court_vocab_t   *vocab;
    u_char                    *fields[NGX_COURT_MAX_FACTS];  /* listed ones */
    ngx_array_t                interface_names;  /* of ngx_court_name_t */
    ngx_array_t                condition_names;
    ngx_array_t                lists;        /* shared condition lists */
} ngx_court_parse_t;

typedef struct {
    const char                *name;
    ngx_uint_t                 required;
    ngx_int_t                (*parse)(ngx_court_parse_t *ps,
                                   const ngx_court_at_t *at,
                                   const ngx_court_json_t *node, void *dst);
    size_t                     offset;       /* of dst, in the owner */
} ngx_court_member_t;


/* ngx_court_policy_read.c: the parser's helpers; all say where it went wrong */
ngx_int_t ngx_court_policy_error(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const char *fmt, ...);
ngx_int_t ngx_court_policy_object(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    const ngx_court_member_t *members, void *dst);
ngx_int_t ngx_court_policy_map(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_int_t (*parse)(ngx_court_parse_t *ps, const ngx_court_at_t *at,
        const ngx_court_json_t *node, void *dst), void *dst);
ngx_int_t ngx_court_policy_each(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_int_t (*parse)(ngx_court_parse_t *ps, const ngx_court_at_t *at,
        const ngx_court_json_t *node, void *dst), void *dst);
ngx_int_t ngx_court_policy_keep(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_string(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_id(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_int(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_flag(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_copy(ngx_court_parse_t *ps, ngx_str_t *s);
ngx_uint_t ngx_court_policy_is_id(const ngx_str_t *s, ngx_uint_t dots);
ngx_int_t ngx_court_policy_name_sort(ngx_court_parse_t *ps,
    ngx_array_t *names);
ngx_uint_t ngx_court_policy_name_find(const ngx_array_t *names,
    const ngx_str_t *name);
ngx_int_t ngx_court_policy_needs_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);

/* ngx_court_policy_vocab.c: attributes by name */
ngx_int_t ngx_court_policy_vocab_init(ngx_court_parse_t *ps);
ngx_int_t ngx_court_policy_facts_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);
ngx_uint_t ngx_court_policy_fact(const ngx_court_policy_t *policy,
    const ngx_str_t *name);
const ngx_court_attr_t *ngx_court_policy_attr(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_str_t *name);
const ngx_court_attr_t *ngx_court_policy_attr_fact(ngx_court_parse_t *ps,
    const char *fact, const char *field);

/* ngx_court_policy_interface.c, _reason.c, _test.c, _condition.c, _rule.c */
ngx_int_t ngx_court_policy_interfaces_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);
ngx_int_t ngx_court_policy_reasons_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);
const ngx_court_reason_t *ngx_court_policy_reason(
    const ngx_court_policy_t *policy, const ngx_str_t *code);
ngx_int_t ngx_court_policy_conditions_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);
ngx_int_t ngx_court_policy_test_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
ngx_int_t ngx_court_policy_rules_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);

/* ngx_court_policy_rule_lists.c */
ngx_int_t ngx_court_policy_rule_lists_init(ngx_court_parse_t *ps);
ngx_int_t ngx_court_policy_rule_interface(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_rule_when(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
ngx_int_t ngx_court_policy_rule_share(ngx_court_parse_t *ps,
    ngx_court_rule_t *rule);

/* ngx_court_policy_cells.c, ngx_court_needs.c */
ngx_int_t ngx_court_policy_cells_build(ngx_court_parse_t *ps);
ngx_int_t ngx_court_policy_cells_check(ngx_court_parse_t *ps,
    const ngx_court_at_t *at);
ngx_int_t ngx_court_needs_build(ngx_court_parse_t *ps);

/* ngx_court_trie.c */
ngx_court_trie_t *ngx_court_trie_create(ngx_pool_t *pool);
ngx_int_t ngx_court_trie_add(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_str_t *template, const ngx_str_t *methods, ngx_uint_t nmethods,
    ngx_court_iface_t *iface, uint64_t *vars);


/* one decision under way */
typedef struct {
    const ngx_court_policy_t  *policy;
    const ngx_court_input_t   *input;
    const ngx_court_assume_t  *assume;       /* NULL: nothing */
    uint32_t                   unasked;

    /* what the condition evaluated last met; reset by each evaluation */
    const ngx_court_attr_t    *bad;          /* first that is not true */
    const ngx_court_attr_t    *unavailable;  /* first that may matter */
    const ngx_court_attr_t    *none;         /* first whose fact is none */
} ngx_court_eval_t;

/* ngx_court_condition.c */
ngx_uint_t ngx_court_condition_eval(ngx_court_eval_t *ev,
    const ngx_court_condition_t *condition, ngx_court_side_t side);
void ngx_court_condition_value(ngx_court_eval_t *ev,
    const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v);
ngx_uint_t ngx_court_outcome_and(ngx_uint_t a, ngx_uint_t b);
ngx_uint_t ngx_court_outcome_not(ngx_uint_t a);


/* how a clause, or a part of one, came out, and why */
typedef struct {
    ngx_uint_t                 outcome;
    const ngx_court_reason_t  *reason;    /* of what can't be true; NULL */
    const ngx_court_condition_t  *unmet;
    const ngx_court_attr_t    *attr;
    const ngx_court_attr_t    *unavailable;
    unsigned                   principal_side:1;
    unsigned                   forbid:1;  /* of a forbid: only false ends it */
} ngx_court_verdict_t;

#define NGX_COURT_ON_BIT(on)   (1u << NGX_COURT_ON_##on)
#define NGX_COURT_ON_OWN       (NGX_COURT_ON_BIT(CALLER)                      \
                                |NGX_COURT_ON_BIT(REQUEST))
#define NGX_COURT_ON_ALL       (NGX_COURT_ON_OWN|NGX_COURT_ON_BIT(PERSON))

/* ngx_court_decide.c */
void ngx_court_decide_conditions(ngx_court_eval_t *ev,
    const ngx_court_clause_t *clause, ngx_uint_t on, ngx_court_side_t side,
    ngx_court_verdict_t *v);
ngx_uint_t ngx_court_decide_kind(ngx_court_eval_t *ev, ngx_court_side_t side,
    ngx_court_value_t *v);

#define ngx_court_decide_favourable(ev)                                       \
    ((ev)->assume && (ev)->assume->favourable)

/* ngx_court_delegate.c: the principal's part of a delegated clause */
void ngx_court_delegate(ngx_court_eval_t *ev, ngx_court_verdict_t *v);


#endif /* _NGX_COURT_POLICY_INTERNAL_H_INCLUDED_ */
