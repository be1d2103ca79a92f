/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision.  Deny by default; a true forbid wins; of the allow rules one
 * must be true; and "could not find out" is told only where finding out could
 * still have changed the answer.
 */

#include "ngx_court_policy_internal.h"


static const ngx_court_verdict_t  ngx_court_verdict_true = {
    NGX_COURT_TRUE, NULL, NULL, NULL, NULL, 0, 0
};

/* which kinds act in which role */

static const struct {
    ngx_str_t                  kind;
    ngx_uint_t                 role;
} ngx_court_kinds[] = {
    { ngx_string("full_time"), NGX_COURT_ROLE_LAWYER },
    { ngx_string("part_time"), NGX_COURT_ROLE_LAWYER },
    { ngx_string("legal_aid"), NGX_COURT_ROLE_LAWYER },
    { ngx_string("military"), NGX_COURT_ROLE_LAWYER },
    { ngx_string("hmt"), NGX_COURT_ROLE_LAWYER },
    { ngx_string("public"), NGX_COURT_ROLE_GOV_LAWYER },
    { ngx_string("company"), NGX_COURT_ROLE_GOV_LAWYER },
    { ngx_null_string, NGX_COURT_NROLES }
};


static void ngx_court_decide_no_allow(const ngx_court_policy_t *policy,
    const ngx_court_cell_t *cell, ngx_court_decision_t *d);
static ngx_uint_t ngx_court_decide_forbids(ngx_court_eval_t *ev,
    const ngx_court_cell_t *cell, ngx_court_decision_t *d);
static void ngx_court_decide_allows(ngx_court_eval_t *ev, ngx_uint_t role,
    const ngx_court_cell_t *cell, ngx_court_decision_t *d);
static void ngx_court_decide_clause(ngx_court_eval_t *ev, ngx_uint_t role,
    const ngx_court_clause_t *clause, ngx_court_verdict_t *v);
static void ngx_court_decide_unmet(ngx_court_eval_t *ev,
    const ngx_court_condition_t *c, ngx_court_side_t side,
    ngx_court_verdict_t *v);
static ngx_uint_t ngx_court_decide_agree(ngx_court_eval_t *ev,
    ngx_uint_t role, ngx_court_verdict_t *v);
static void ngx_court_decide_failed(const ngx_court_policy_t *policy,
    const ngx_court_attr_t *attr, ngx_court_decision_t *d);


void
ngx_court_policy_decide(const ngx_court_policy_t *policy,
    const ngx_court_input_t *input, ngx_court_decision_t *decision)
{
    ngx_court_policy_decide_assuming(policy, input, NULL, decision);
}


void
ngx_court_policy_decide_assuming(const ngx_court_policy_t *policy,
    const ngx_court_input_t *input, const ngx_court_assume_t *assume,
    ngx_court_decision_t *d)
{
    ngx_uint_t               role;
    ngx_court_eval_t         ev;
    const ngx_court_cell_t  *cell;

    ngx_memzero(d, sizeof(ngx_court_decision_t));
    d->result = NGX_COURT_REFUSED;
    d->effect = NGX_COURT_E_NONE;
    d->max_age = -1;

    if (input->match == NULL || input->match->interface == NULL) {
        d->reason = ngx_court_reason(NO_RULE);
        return;
    }

    role = ngx_court_policy_role(policy, &input->role);

    if (role == NGX_COURT_NO_FIELD) {
        d->reason = ngx_court_reason(ROLE_UNKNOWN);
        return;
    }

    cell = ngx_court_policy_cell(policy, input->match->interface->index, role);

    if (cell->nallows == 0) {
        ngx_court_decide_no_allow(policy, cell, d);
        return;
    }

    ev.policy = policy;
    ev.input = input;
    ev.assume = assume;
    ev.unasked = cell->unasked;

    if (cell->nforbids && ngx_court_decide_forbids(&ev, cell, d)) {
        return;
    }

    ngx_court_decide_allows(&ev, role, cell, d);
}


#define ngx_court_decide_rule(p, clause)                                      \
    ((const ngx_court_rule_t *) (p)->rules.elts + (clause)->rule)


/*
 * No allow rule names this role: role_forbidden, without asking any fact;
 * only a forbid that needs no fact may tell its own reason instead.
 */

static void
ngx_court_decide_no_allow(const ngx_court_policy_t *policy,
    const ngx_court_cell_t *cell, ngx_court_decision_t *d)
{
    ngx_uint_t                 i;
    const ngx_court_rule_t    *rule;
    const ngx_court_clause_t  *clause;

    d->reason = ngx_court_reason(ROLE_FORBIDDEN);

    clause = policy->clauses + cell->first;

    for (i = 0; i < cell->nforbids; i++) {
        if (clause[i].nconds) {
            continue;
        }

        rule = ngx_court_decide_rule(policy, &clause[i]);

        d->effect = NGX_COURT_E_FORBID;
        d->rule = &rule->id;

        if (rule->reason) {
            d->reason = rule->reason;
        }

        return;
    }
}


/*
 * 1 where a forbid ends the matter.  True forbids first, in file order; then
 * those that a failed source leaves open; then those whose value is absent,
 * which block as well.
 */

static ngx_uint_t
ngx_court_decide_forbids(ngx_court_eval_t *ev, const ngx_court_cell_t *cell,
    ngx_court_decision_t *d)
{
    ngx_uint_t                 i;
    const ngx_court_rule_t    *rule;
    ngx_court_verdict_t        v;
    const ngx_court_attr_t    *unavailable;
    const ngx_court_clause_t  *clause, *hit, *open, *absent;

    clause = ev->policy->clauses + cell->first;
    hit = open = absent = NULL;
    unavailable = NULL;

    for (i = 0; i < cell->nforbids; i++) {
        v = ngx_court_verdict_true;
        v.forbid = 1;

        ngx_court_decide_conditions(ev, &clause[i], NGX_COURT_ON_ALL,
                                    NGX_COURT_CALLER, &v);

        if (v.outcome == NGX_COURT_FALSE
            || (clause[i].nconds && ngx_court_decide_favourable(ev)))
        {
            continue;
        }

        if (v.outcome == NGX_COURT_TRUE) {
            hit = &clause[i];
            break;
        }

        if (!(v.outcome & NGX_COURT_FALSE)) {
            absent = absent ? absent : &clause[i];

        } else if (open == NULL) {
            open = &clause[i];
            unavailable = v.unavailable;
        }
    }

    hit = hit ? hit : open ? open : absent;

    if (hit == NULL) {
        return 0;
    }

    rule = ngx_court_decide_rule(ev->policy, hit);
    d->effect = NGX_COURT_E_FORBID;
    d->rule = &rule->id;

    if (hit == open) {
        ngx_court_decide_failed(ev->policy, unavailable, d);
        return 1;
    }

    d->reason = rule->reason ? rule->reason
                : hit->nconds ? ngx_court_reason(FORBIDDEN)
                              : ngx_court_reason(ROLE_FORBIDDEN);
    return 1;
}


static void
ngx_court_decide_allows(ngx_court_eval_t *ev, ngx_uint_t role,
    const ngx_court_cell_t *cell, ngx_court_decision_t *d)
{
    ngx_uint_t                 i;
    ngx_court_verdict_t        v, first, open;
    const ngx_court_clause_t  *clause, *waiting;

    clause = ev->policy->clauses + cell->first + cell->nforbids;
    waiting = NULL;
    first = open = ngx_court_verdict_true;

    for (i = 0; i < cell->nallows; i++) {
        ngx_court_decide_clause(ev, role, &clause[i], &v);

        if (v.outcome == NGX_COURT_TRUE) {
            d->result = NGX_COURT_PASS;
            d->effect = NGX_COURT_E_ALLOW;
            d->rule = &ngx_court_decide_rule(ev->policy, &clause[i])->id;
            d->delegated = clause[i].delegated;

            if (clause[i].obligations) {
                d->obligations = (ngx_str_t *) ev->policy->obligations.elts
                                 + clause[i].obligations;
            }

            return;
        }

        if (i == 0) {
            first = v;
        }

        if ((v.outcome & NGX_COURT_TRUE) && waiting == NULL) {
            waiting = &clause[i];
            open = v;
        }
    }

    d->effect = NGX_COURT_E_UNMET;

    if (waiting) {
        d->rule = &ngx_court_decide_rule(ev->policy, waiting)->id;
        d->principal_side = open.principal_side;
        ngx_court_decide_failed(ev->policy, open.unavailable, d);
        return;
    }

    d->rule = &ngx_court_decide_rule(ev->policy, clause)->id;
    d->reason = first.reason;
    d->condition = first.unmet ? &first.unmet->name : NULL;
    d->attr = first.attr;
    d->principal_side = first.principal_side;

    if (first.unmet && first.reason == first.unmet->reason) {
        d->acr_values = first.unmet->acr_values;
        d->max_age = first.unmet->max_age;
    }
}


static void
ngx_court_decide_failed(const ngx_court_policy_t *policy,
    const ngx_court_attr_t *attr, ngx_court_decision_t *d)
{
    d->result = NGX_COURT_FAILED;
    d->attr = attr;
    d->reason = ngx_court_reason(FACTS_UNAVAILABLE);

    if (attr && attr->domain == NGX_COURT_D_FACT
        && policy->none[attr->fact] == ngx_court_reason(IDENTITY_NOT_FOUND))
    {
        d->reason = ngx_court_reason(IDENTITY_UNAVAILABLE);
    }
}


/* one allow rule, in this order: kind, conditions, then the principal's part */

static void
ngx_court_decide_clause(ngx_court_eval_t *ev, ngx_uint_t role,
    const ngx_court_clause_t *clause, ngx_court_verdict_t *v)
{
    ngx_uint_t  none;

    *v = ngx_court_verdict_true;

    if (clause->delegated) {
        ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_OWN,
                                    NGX_COURT_CALLER, v);
        ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_BIT(PERSON),
                                    NGX_COURT_PRINCIPAL, v);
        ngx_court_delegate(ev, v);
        return;
    }

    none = clause->identity ? ngx_court_decide_agree(ev, role, v) : 0;

    ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_ALL,
                                NGX_COURT_CALLER, v);

    if (none && (v->outcome & NGX_COURT_TRUE)) {
        v->outcome = NGX_COURT_FALSE;
        v->reason = ngx_court_reason(IDENTITY_NOT_FOUND);
        v->attr = ev->policy->kind;
    }
}


void
ngx_court_decide_conditions(ngx_court_eval_t *ev,
    const ngx_court_clause_t *clause, ngx_uint_t on, ngx_court_side_t side,
    ngx_court_verdict_t *v)
{
    ngx_uint_t                    i, outcome;
    ngx_court_side_t              whose;
    const uint16_t               *conds;
    const ngx_court_condition_t  *c;

    conds = (uint16_t *) ev->policy->conds.elts + clause->conds;

    for (i = 0; i < clause->nconds; i++) {

        if (v->forbid ? v->outcome == NGX_COURT_FALSE
                      : !(v->outcome & NGX_COURT_TRUE))
        {
            return;
        }

        c = (ngx_court_condition_t *) ev->policy->conditions.elts + conds[i];

        if (!(on & (1u << c->on))) {
            continue;
        }

        whose = c->on == NGX_COURT_ON_PERSON ? side : NGX_COURT_CALLER;

        if (ev->assume && ev->assume->unmet == conds[i]) {
            ev->bad = ev->none = ev->unavailable = NULL;
            outcome = NGX_COURT_FALSE;

        } else if (ngx_court_decide_favourable(ev)) {
            outcome = NGX_COURT_TRUE;

        } else {
            outcome = ngx_court_condition_eval(ev, c, whose);
        }

        if (outcome == NGX_COURT_TRUE) {
            continue;
        }

        v->outcome = ngx_court_outcome_and(v->outcome, outcome);

        if (!(outcome & NGX_COURT_TRUE)) {
            ngx_court_decide_unmet(ev, c, whose, v);

        } else if (v->unavailable == NULL) {
            v->unavailable = ev->unavailable;
            v->principal_side = whose == NGX_COURT_PRINCIPAL;
        }
    }
}


/* a principal's affairs are not told to his assistant */

static void
ngx_court_decide_unmet(ngx_court_eval_t *ev, const ngx_court_condition_t *c,
    ngx_court_side_t side, ngx_court_verdict_t *v)
{
    v->unmet = c;
    v->attr = ev->bad ? ev->bad : c->nodes[1].attr;
    v->principal_side = side == NGX_COURT_PRINCIPAL;

    if (side == NGX_COURT_PRINCIPAL) {
        v->reason = ngx_court_reason(NOT_DELEGATED);

    } else if (ev->none && ev->policy->none[ev->none->fact]) {
        v->reason = ev->policy->none[ev->none->fact];

    } else {
        v->reason = c->reason;
    }
}


/* the role that the kind of this side's identity acts in; NROLES: none */

ngx_uint_t
ngx_court_decide_kind(ngx_court_eval_t *ev, ngx_court_side_t side,
    ngx_court_value_t *v)
{
    ngx_uint_t  i;

    ngx_court_condition_value(ev, ev->policy->kind, side, v);

    if (v->state != NGX_COURT_V_PRESENT) {
        return NGX_COURT_NROLES;
    }

    for (i = 0; ngx_court_kinds[i].kind.len; i++) {
        if (ngx_court_str_eq(&ngx_court_kinds[i].kind, &v->str)) {
            break;
        }
    }

    return ngx_court_kinds[i].role;
}


/*
 * The token's role and the identity's kind must agree.  1 where the identity
 * is definitely none: the rule then fails, but its conditions speak first.
 */

static ngx_uint_t
ngx_court_decide_agree(ngx_court_eval_t *ev, ngx_uint_t role,
    ngx_court_verdict_t *v)
{
    ngx_uint_t         kind;
    ngx_court_value_t  value;

    if (ngx_court_decide_favourable(ev)) {
        return 0;
    }

    kind = ngx_court_decide_kind(ev, NGX_COURT_CALLER, &value);

    if (value.state == NGX_COURT_V_UNAVAILABLE) {
        v->outcome = NGX_COURT_TRUE|NGX_COURT_FALSE;
        v->unavailable = ev->policy->kind;
        return 0;
    }

    if (kind == role) {
        return 0;
    }

    if (value.state == NGX_COURT_V_ABSENT
        && ev->input->fact(ev->input->data, ev->policy->kind->fact,
                           NGX_COURT_CALLER)
           == NGX_COURT_F_NONE)
    {
        return 1;
    }

    v->outcome = NGX_COURT_FALSE;
    v->reason = ngx_court_reason(ROLE_FORBIDDEN);
    v->attr = ev->policy->kind;

    return 0;
}
