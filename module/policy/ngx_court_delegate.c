/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Delegation, decided twice: an assistant may do what the principal delegated
 * and what the principal himself would be allowed to do now.  Of the
 * principal no more is told than "not delegated".
 */

#include "ngx_court_policy_internal.h"


static ngx_uint_t ngx_court_delegate_named(const ngx_court_value_t *list,
    const ngx_str_t *assistant, const ngx_str_t *interface);
static void ngx_court_delegate_granted(ngx_court_eval_t *ev,
    ngx_court_verdict_t *v);
static void ngx_court_delegate_principal(ngx_court_eval_t *ev,
    ngx_court_verdict_t *v);
static void ngx_court_delegate_forbids(ngx_court_eval_t *ev,
    const ngx_court_cell_t *cell, ngx_court_verdict_t *v);
static void ngx_court_delegate_role(ngx_court_eval_t *ev, ngx_uint_t role,
    ngx_court_verdict_t *out);
static void ngx_court_delegate_and(ngx_court_verdict_t *v,
    const ngx_court_verdict_t *part);


static const ngx_court_verdict_t  ngx_court_delegate_true = {
    NGX_COURT_TRUE, NULL, NULL, NULL, NULL, 0, 0
};

static const ngx_court_verdict_t  ngx_court_delegate_false = {
    NGX_COURT_FALSE, ngx_court_reason(NOT_DELEGATED), NULL, NULL, NULL, 1, 0
};


void
ngx_court_delegate(ngx_court_eval_t *ev, ngx_court_verdict_t *v)
{
    ngx_court_delegate_granted(ev, v);
    ngx_court_delegate_principal(ev, v);
}


/* is "ASSISTANT\x1fINTERFACE" an element of list? */

static ngx_uint_t
ngx_court_delegate_named(const ngx_court_value_t *list,
    const ngx_str_t *assistant, const ngx_str_t *interface)
{
    ngx_str_t  cursor, e;

    cursor = list->str;

    while (ngx_court_list_next(&cursor, &e) == NGX_OK) {
        if (e.len == assistant->len + 1 + interface->len
            && ngx_memcmp(e.data, assistant->data, assistant->len) == 0
            && e.data[assistant->len] == 0x1f
            && ngx_memcmp(e.data + assistant->len + 1, interface->data,
                          interface->len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * What the principal delegated: for a case it stands in his relation to that
 * case, else in the link.
 */

static void
ngx_court_delegate_granted(ngx_court_eval_t *ev, ngx_court_verdict_t *v)
{
    ngx_uint_t                    named;
    ngx_court_side_t              side;
    ngx_court_value_t             list;
    const ngx_court_attr_t       *attr;
    const ngx_court_interface_t  *interface = ev->input->match->interface;

    if (!(v->outcome & NGX_COURT_TRUE)
        || ngx_court_decide_favourable(ev))
    {
        return;
    }

    attr = interface->has_case ? ev->policy->delegated
                               : ev->policy->link_delegated;
    side = interface->has_case ? NGX_COURT_PRINCIPAL : NGX_COURT_CALLER;

    ngx_court_condition_value(ev, attr, side, &list);

    if (list.state == NGX_COURT_V_UNAVAILABLE) {
        v->outcome = ngx_court_outcome_and(v->outcome,
                                           NGX_COURT_TRUE|NGX_COURT_FALSE);
        v->unavailable = v->unavailable ? v->unavailable : attr;
        v->principal_side = 1;
        return;
    }

    named = 0;

    if (list.state == NGX_COURT_V_PRESENT) {
        named = interface->has_case
                ? ngx_court_delegate_named(&list, &ev->input->subject,
                                         &interface->id)
                : ngx_court_list_contains(&list, &interface->id);
    }

    if (!named) {
        v->outcome = NGX_COURT_FALSE;
        v->reason = ngx_court_reason(NOT_DELEGATED);
        v->attr = attr;
        v->principal_side = 1;
    }
}


/* would the principal himself be allowed now, in the role of his kind? */

static void
ngx_court_delegate_principal(ngx_court_eval_t *ev, ngx_court_verdict_t *v)
{
    ngx_uint_t           role;
    ngx_court_value_t    kind;
    ngx_court_verdict_t  part, other;

    if (!(v->outcome & NGX_COURT_TRUE)) {
        return;
    }

    role = NGX_COURT_ROLE_LAWYER;
    kind.state = NGX_COURT_V_PRESENT;

    if (ngx_court_decide_favourable(ev)) {
        kind.state = NGX_COURT_V_UNAVAILABLE;

    } else if (ev->policy->kind) {
        role = ngx_court_decide_kind(ev, NGX_COURT_PRINCIPAL, &kind);
    }

    if (kind.state != NGX_COURT_V_UNAVAILABLE) {
        ngx_court_delegate_role(ev, role, &part);
        ngx_court_delegate_and(v, &part);
        return;
    }

    /* either role may be his */

    ngx_court_delegate_role(ev, NGX_COURT_ROLE_LAWYER, &part);

    if (!(part.outcome & NGX_COURT_TRUE)) {
        ngx_court_delegate_role(ev, NGX_COURT_ROLE_GOV_LAWYER,
                                        &other);
        if (other.outcome & NGX_COURT_TRUE) {
            part = other;
        }
    }

    if ((part.outcome & NGX_COURT_TRUE)
        && !ngx_court_decide_favourable(ev))
    {
        part.outcome |= NGX_COURT_FALSE;
        part.unavailable = ev->policy->kind;
        part.principal_side = 1;
    }

    ngx_court_delegate_and(v, &part);
}


/* what forbids the principal: absent blocks as true does */

static void
ngx_court_delegate_forbids(ngx_court_eval_t *ev, const ngx_court_cell_t *cell,
    ngx_court_verdict_t *v)
{
    ngx_uint_t                 i;
    ngx_court_verdict_t        part;
    const ngx_court_clause_t  *clause;

    clause = ev->policy->clauses + cell->first;
    *v = ngx_court_delegate_true;

    for (i = 0; i < cell->nforbids; i++, clause++) {

        if (clause->nconds && ngx_court_decide_favourable(ev)) {
            continue;
        }

        part = ngx_court_delegate_true;
        part.forbid = 1;

        ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_ALL,
                                    NGX_COURT_PRINCIPAL, &part);

        part.outcome = ((part.outcome & NGX_COURT_FALSE) ? NGX_COURT_TRUE : 0)
                       | ((part.outcome & (NGX_COURT_TRUE|NGX_COURT_ABSENT))
                          ? NGX_COURT_FALSE : 0);
        part.forbid = 0;
        part.reason = ngx_court_reason(NOT_DELEGATED);
        part.principal_side = 1;

        ngx_court_delegate_and(v, &part);
    }
}


static void
ngx_court_delegate_role(ngx_court_eval_t *ev, ngx_uint_t role,
    ngx_court_verdict_t *out)
{
    ngx_uint_t                 i;
    ngx_court_verdict_t        v, forbids;
    const ngx_court_cell_t    *cell;
    const ngx_court_clause_t  *clause;

    *out = ngx_court_delegate_false;
    out->attr = ev->policy->kind;

    if (role == NGX_COURT_NROLES) {
        return;
    }

    cell = ngx_court_policy_cell(ev->policy,
                                 ev->input->match->interface->index, role);

    ngx_court_delegate_forbids(ev, cell, &forbids);

    clause = ev->policy->clauses + cell->first + cell->nforbids;

    for (i = 0; i < cell->nallows; i++, clause++) {
        v = ngx_court_delegate_true;

        ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_OWN,
                                    NGX_COURT_CALLER, &v);
        ngx_court_decide_conditions(ev, clause, NGX_COURT_ON_BIT(PERSON),
                                    NGX_COURT_PRINCIPAL, &v);

        if (i == 0 || v.outcome == NGX_COURT_TRUE
            || ((v.outcome & NGX_COURT_TRUE)
                && !(out->outcome & NGX_COURT_TRUE)))
        {
            *out = v;
        }

        if (v.outcome == NGX_COURT_TRUE) {
            break;
        }
    }

    /* what forbids tells no more than "not delegated", so it may go last */

    ngx_court_delegate_and(out, &forbids);
}


/* v and part; the first of them that can't be true gives the reason */

static void
ngx_court_delegate_and(ngx_court_verdict_t *v, const ngx_court_verdict_t *part)
{
    ngx_uint_t               was = v->outcome;
    const ngx_court_attr_t  *unavailable = v->unavailable;

    if ((was & NGX_COURT_TRUE) && !(part->outcome & NGX_COURT_TRUE)) {
        *v = *part;
    }

    v->outcome = ngx_court_outcome_and(was, part->outcome);
    v->unavailable = unavailable ? unavailable : part->unavailable;

    if (unavailable == NULL && part->unavailable) {
        v->principal_side = part->principal_side;
    }
}
