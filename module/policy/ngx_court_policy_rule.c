/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules: which roles at which interfaces, allowed or forbidden, under which
 * conditions.
 */

#include "ngx_court_policy_internal.h"


typedef struct {
    ngx_str_t                  id;
    ngx_str_t                  effect;
    uint64_t                   roles;
    const ngx_court_json_t    *interfaces;
    const ngx_court_json_t    *when;
    ngx_uint_t                 delegated;
    int64_t                   *ages;
    const ngx_court_json_t    *obligations;
    ngx_str_t                  mode;
    ngx_str_t                  reason;
} ngx_court_rule_draft_t;


static ngx_int_t ngx_court_policy_rule_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_rule_words(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_rule_draft_t *draft,
    ngx_court_rule_t *rule);
static ngx_int_t ngx_court_policy_rule_reason(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_rule_draft_t *draft,
    ngx_court_rule_t *rule);
static ngx_int_t ngx_court_policy_rule_lists(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_rule_draft_t *draft,
    ngx_court_rule_t *rule);
static ngx_int_t ngx_court_policy_rule_role(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_rule_roles(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_rule_obligation(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_rule_ages(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_rule_t *rule);
static ngx_int_t ngx_court_policy_rule_ids(ngx_court_parse_t *ps,
    const ngx_court_at_t *at);


static const ngx_court_member_t  ngx_court_rule_members[] = {
    { "id", 1, ngx_court_policy_id, offsetof(ngx_court_rule_draft_t, id) },
    { "effect", 1, ngx_court_policy_string,
      offsetof(ngx_court_rule_draft_t, effect) },
    { "roles", 1, ngx_court_policy_rule_roles,
      offsetof(ngx_court_rule_draft_t, roles) },
    { "interfaces", 1, ngx_court_policy_keep,
      offsetof(ngx_court_rule_draft_t, interfaces) },
    { "when", 0, ngx_court_policy_keep,
      offsetof(ngx_court_rule_draft_t, when) },
    { "delegated", 0, ngx_court_policy_flag,
      offsetof(ngx_court_rule_draft_t, delegated) },
    { "needs", 0, ngx_court_policy_needs_parse,
      offsetof(ngx_court_rule_draft_t, ages) },
    { "obligations", 0, ngx_court_policy_keep,
      offsetof(ngx_court_rule_draft_t, obligations) },
    { "mode", 0, ngx_court_policy_string,
      offsetof(ngx_court_rule_draft_t, mode) },
    { "reason", 0, ngx_court_policy_string,
      offsetof(ngx_court_rule_draft_t, reason) },
    { NULL, 0, NULL, 0 }
};


ngx_int_t
ngx_court_policy_rules_parse(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node)
{
    ngx_uint_t           n;
    ngx_court_policy_t  *policy = ps->policy;

    n = ngx_max(ngx_court_json_size(node), 1);

    /* decisions point at rules' ids: the array must never move */

    if (ngx_array_init(&policy->rules, ps->pool, n, sizeof(ngx_court_rule_t))
        != NGX_OK
        || ngx_array_init(&policy->conds, ps->pool, 64, sizeof(uint16_t))
           != NGX_OK
        || ngx_court_policy_rule_lists_init(ps) != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    if (ngx_court_policy_each(ps, at, node, ngx_court_policy_rule_parse, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_policy_rule_ids(ps, at);
}


static ngx_int_t
ngx_court_policy_rule_parse(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_court_rule_t        *rule;
    ngx_court_rule_draft_t   draft;

    ngx_memzero(&draft, sizeof(ngx_court_rule_draft_t));

    if (ngx_court_policy_object(ps, at, node, ngx_court_rule_members, &draft)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rule = ngx_array_push(&ps->policy->rules);
    if (rule == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    ngx_memzero(rule, sizeof(ngx_court_rule_t));
    rule->id = draft.id;
    rule->roles = draft.roles;
    rule->delegated = draft.delegated;
    rule->ages = draft.ages;

    if (ngx_court_policy_rule_words(ps, at, &draft, rule) != NGX_OK
        || ngx_court_policy_rule_reason(ps, at, &draft, rule) != NGX_OK
        || ngx_court_policy_rule_lists(ps, at, &draft, rule) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_policy_rule_ages(ps, at, rule);
}


static ngx_int_t
ngx_court_policy_rule_words(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_rule_draft_t *draft, ngx_court_rule_t *rule)
{
    ngx_court_at_t          here;

    static const ngx_str_t  allow = ngx_string("allow");
    static const ngx_str_t  forbid = ngx_string("forbid");
    static const ngx_str_t  enforce = ngx_string("enforce");

    here.parent = at;
    rule->forbid = ngx_court_str_eq(&draft->effect, &forbid);

    if (!rule->forbid && !ngx_court_str_eq(&draft->effect, &allow)) {
        ngx_str_set(&here.name, "effect");
        return ngx_court_policy_error(ps, &here, "unknown value \"%V\"",
                                      &draft->effect);
    }

    if (draft->mode.len && !ngx_court_str_eq(&draft->mode, &enforce)) {
        ngx_str_set(&here.name, "mode");
        return ngx_court_policy_error(ps, &here, "unknown value \"%V\"",
                                      &draft->mode);
    }

    if (rule->delegated
        && (rule->forbid
            || rule->roles != (uint64_t) 1 << NGX_COURT_ROLE_ASSISTANT))
    {
        ngx_str_set(&here.name, "delegated");
        return ngx_court_policy_error(ps, &here, "is for rules that allow "
                                      "the role assistant alone");
    }

    if (rule->delegated
        && (ps->policy->delegated == NULL
            || ps->policy->link_delegated == NULL))
    {
        ngx_str_set(&here.name, "delegated");
        return ngx_court_policy_error(ps, &here, "needs the facts relation "
                                      "and link, with a field delegated");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_rule_reason(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_rule_draft_t *draft, ngx_court_rule_t *rule)
{
    ngx_court_at_t  here;

    if (draft->reason.len == 0) {
        return NGX_OK;
    }

    here.parent = at;
    ngx_str_set(&here.name, "reason");

    if (!rule->forbid) {
        return ngx_court_policy_error(ps, &here, "only a forbid has a reason; "
                                      "an allow's conditions have theirs");
    }

    rule->reason = ngx_court_policy_reason(ps->policy, &draft->reason);

    if (rule->reason == NULL) {
        return ngx_court_policy_error(ps, &here, "unknown reason \"%V\"",
                                      &draft->reason);
    }

    return NGX_OK;
}


static int
ngx_court_policy_rule_compare(const void *a, const void *b)
{
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}


static ngx_int_t
ngx_court_policy_rule_lists(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_court_rule_draft_t *draft, ngx_court_rule_t *rule)
{
    uint32_t        *n;
    ngx_uint_t       i;
    ngx_court_at_t   here;

    here.parent = at;
    ngx_str_set(&here.name, "interfaces");

    if (ngx_array_init(&rule->interfaces, ps->pool, 4, sizeof(uint32_t))
        != NGX_OK
        || ngx_array_init(&rule->obligations, ps->pool, 1, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    if (ngx_court_policy_each(ps, &here, draft->interfaces,
                              ngx_court_policy_rule_interface, rule)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = rule->interfaces.elts;
    ngx_qsort(n, rule->interfaces.nelts, sizeof(uint32_t),
              ngx_court_policy_rule_compare);

    for (i = 1; i < rule->interfaces.nelts; i++) {
        if (n[i] == n[i - 1]) {
            return ngx_court_policy_error(ps, &here, "an interface is named "
                                          "twice");
        }
    }

    ngx_str_set(&here.name, "when");
    rule->conds = ps->policy->conds.nelts;

    if (draft->when
        && ngx_court_policy_each(ps, &here, draft->when,
                                 ngx_court_policy_rule_when, rule)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_court_policy_rule_share(ps, rule) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&here.name, "obligations");

    if (draft->obligations && rule->forbid) {
        return ngx_court_policy_error(ps, &here, "a forbid has none");
    }

    if (draft->obligations == NULL) {
        return NGX_OK;
    }

    return ngx_court_policy_each(ps, &here, draft->obligations,
                                 ngx_court_policy_rule_obligation, rule);
}


static ngx_int_t
ngx_court_policy_rule_roles(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    return ngx_court_policy_each(ps, at, node, ngx_court_policy_rule_role,
                                 dst);
}


static ngx_int_t
ngx_court_policy_rule_role(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    uint64_t   *roles = dst;
    ngx_str_t   name;
    ngx_uint_t  role;

    if (ngx_court_policy_string(ps, at, node, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    role = ngx_court_policy_role(ps->policy, &name);

    if (role == NGX_COURT_NO_FIELD) {
        return ngx_court_policy_error(ps, at, "unknown role \"%V\"", &name);
    }

    if (*roles & ((uint64_t) 1 << role)) {
        return ngx_court_policy_error(ps, at, "role \"%V\" is named twice",
                                      &name);
    }

    *roles |= (uint64_t) 1 << role;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_rule_obligation(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t          name, *slot;
    ngx_uint_t         i;
    ngx_court_rule_t  *rule = dst;

    if (ngx_court_policy_id(ps, at, node, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    slot = rule->obligations.elts;

    for (i = 0; i < rule->obligations.nelts; i++) {
        if (ngx_court_str_eq(&slot[i], &name)) {
            return ngx_court_policy_error(ps, at, "\"%V\" is named twice",
                                          &name);
        }
    }

    slot = ngx_array_push(&rule->obligations);
    if (slot == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    *slot = name;

    return NGX_OK;
}


/* a freshness for what the rule never reads is a mistake */

static ngx_int_t
ngx_court_policy_rule_ages(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_court_rule_t *rule)
{
    uint32_t        facts;
    ngx_uint_t      i;
    ngx_court_at_t  needs, here;

    if (rule->ages == NULL) {
        return NGX_OK;
    }

    needs.parent = at;
    ngx_str_set(&needs.name, "needs");
    here.parent = &needs;

    /* by delegation also the principal's own rules and their facts count */

    facts = rule->delegated ? ps->policy->declared : rule->facts;

    for (i = 0; i < ps->policy->nfacts; i++) {
        if (rule->ages[i] >= 0 && !(facts & (1u << i))) {
            here.name = ps->policy->facts[i]->name;
            return ngx_court_policy_error(ps, &here, "the rule doesn't read "
                                          "this fact");
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_rule_ids(ngx_court_parse_t *ps, const ngx_court_at_t *at)
{
    ngx_uint_t         i;
    ngx_array_t        names;
    ngx_court_at_t     here;
    ngx_court_name_t  *name;
    ngx_court_rule_t  *rule;

    rule = ps->policy->rules.elts;

    if (ngx_array_init(&names, ps->tmp, ps->policy->rules.nelts,
                       sizeof(ngx_court_name_t))
        != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    for (i = 0; i < ps->policy->rules.nelts; i++) {
        name = ngx_array_push(&names);
        name->name = rule[i].id;
        name->index = i;
    }

    if (ngx_court_policy_name_sort(ps, &names) == NGX_OK) {
        return NGX_OK;
    }

    name = names.elts;
    here.parent = at;
    ngx_str_null(&here.name);
    here.index = name->index;

    return ngx_court_policy_error(ps, &here, "duplicate id \"%V\"",
                                  &name->name);
}
