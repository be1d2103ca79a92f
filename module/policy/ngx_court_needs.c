/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which facts a decision will read, of whom and how fresh: computed for each
 * cell at load, so that they can be fetched all at once.
 */

#include "ngx_court_policy_internal.h"


#define NGX_COURT_NEED_NONE   (-2)       /* not read */
#define NGX_COURT_NEEDS_SHARED  512      /* lists that are compared with */

typedef struct {
    int64_t                    age[NGX_COURT_MAX_FACTS][NGX_COURT_NSIDES];
} ngx_court_needs_t;


static void ngx_court_needs_cell(const ngx_court_policy_t *p,
    ngx_uint_t interface, ngx_uint_t role, ngx_court_needs_t *needs);
static void ngx_court_needs_clause(const ngx_court_policy_t *p,
    const ngx_court_clause_t *clause, ngx_court_side_t person,
    ngx_court_needs_t *needs);
static void ngx_court_needs_delegated(const ngx_court_policy_t *p,
    ngx_uint_t interface, const ngx_court_rule_t *rule,
    ngx_court_needs_t *needs);
static void ngx_court_needs_add(ngx_court_needs_t *needs, ngx_uint_t fact,
    ngx_court_side_t side, const int64_t *condition, const int64_t *rule);
static ngx_int_t ngx_court_needs_store(ngx_court_parse_t *ps,
    ngx_court_cell_t *cell, const ngx_court_needs_t *needs,
    ngx_array_t *shared);


ngx_int_t
ngx_court_needs_build(ngx_court_parse_t *ps)
{
    ngx_uint_t           i, role, fact;
    ngx_array_t          shared;
    ngx_court_cell_t    *cell;
    ngx_court_needs_t    needs;
    ngx_court_policy_t  *p = ps->policy;

    if (ngx_array_init(&p->needs, ps->pool, 32, sizeof(ngx_court_need_t))
        != NGX_OK
        || ngx_array_init(&shared, ps->tmp, 32, sizeof(ngx_court_cell_t *))
           != NGX_OK)
    {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    for (i = 0; i < p->interfaces.nelts; i++) {
        for (role = 0; role < NGX_COURT_NROLES; role++) {

            for (fact = 0; fact < NGX_COURT_MAX_FACTS; fact++) {
                needs.age[fact][NGX_COURT_CALLER] = NGX_COURT_NEED_NONE;
                needs.age[fact][NGX_COURT_PRINCIPAL] = NGX_COURT_NEED_NONE;
            }

            ngx_court_needs_cell(p, i, role, &needs);

            cell = ngx_court_policy_cell(p, i, role);

            if (ngx_court_needs_store(ps, cell, &needs, &shared) != NGX_OK) {
                return ngx_court_policy_error(ps, NULL, "no memory");
            }
        }
    }

    return NGX_OK;
}


/* nothing, where the answer stands without any fact */

static void
ngx_court_needs_cell(const ngx_court_policy_t *p, ngx_uint_t interface,
    ngx_uint_t role, ngx_court_needs_t *needs)
{
    ngx_uint_t                 i, n;
    const ngx_court_cell_t    *cell;
    const ngx_court_rule_t    *rule;
    const ngx_court_clause_t  *clause;

    cell = ngx_court_policy_cell(p, interface, role);
    clause = p->clauses + cell->first;
    n = cell->nforbids + cell->nallows;

    if (cell->nallows == 0) {
        return;
    }

    for (i = 0; i < cell->nforbids; i++) {
        if (clause[i].nconds == 0) {
            return;
        }
    }

    for (i = 0; i < n; i++) {
        if (!clause[i].delegated) {
            ngx_court_needs_clause(p, &clause[i], NGX_COURT_CALLER, needs);
            continue;
        }

        ngx_court_needs_clause(p, &clause[i], NGX_COURT_PRINCIPAL, needs);

        rule = (ngx_court_rule_t *) p->rules.elts + clause[i].rule;
        ngx_court_needs_delegated(p, interface, rule, needs);
    }

    for (i = 0; i < p->nfacts; i++) {
        if (cell->unasked & (1u << i)) {
            needs->age[i][NGX_COURT_CALLER] = NGX_COURT_NEED_NONE;
            needs->age[i][NGX_COURT_PRINCIPAL] = NGX_COURT_NEED_NONE;
        }
    }
}


static void
ngx_court_needs_clause(const ngx_court_policy_t *p,
    const ngx_court_clause_t *clause, ngx_court_side_t person,
    ngx_court_needs_t *needs)
{
    ngx_uint_t                    i, fact;
    ngx_court_side_t              side;
    const uint16_t               *conds;
    const ngx_court_rule_t       *rule;
    const ngx_court_condition_t  *c;

    rule = (ngx_court_rule_t *) p->rules.elts + clause->rule;
    conds = (uint16_t *) p->conds.elts + clause->conds;

    for (i = 0; i < clause->nconds; i++) {
        c = (ngx_court_condition_t *) p->conditions.elts + conds[i];
        side = c->on == NGX_COURT_ON_PERSON ? person : NGX_COURT_CALLER;

        for (fact = 0; fact < p->nfacts; fact++) {
            if (c->facts & (1u << fact)) {
                ngx_court_needs_add(needs, fact, side, c->ages, rule->ages);
            }
        }
    }
}


/* the grant itself, the kind of the principal, and all that his rules read */

static void
ngx_court_needs_delegated(const ngx_court_policy_t *p, ngx_uint_t interface,
    const ngx_court_rule_t *rule, ngx_court_needs_t *needs)
{
    ngx_uint_t                 i, role;
    const ngx_court_cell_t    *cell;
    const ngx_court_iface_t   *iface;
    const ngx_court_clause_t  *clause;

    iface = (ngx_court_iface_t *) p->interfaces.elts + interface;

    if (iface->pub.has_case) {
        ngx_court_needs_add(needs, p->delegated->fact, NGX_COURT_PRINCIPAL,
                            NULL, rule->ages);
    } else {
        ngx_court_needs_add(needs, p->link_delegated->fact, NGX_COURT_CALLER,
                            NULL, rule->ages);
    }

    if (p->kind) {
        ngx_court_needs_add(needs, p->kind->fact, NGX_COURT_PRINCIPAL, NULL,
                            rule->ages);
    }

    for (role = NGX_COURT_ROLE_LAWYER; role <= NGX_COURT_ROLE_GOV_LAWYER;
         role++)
    {
        cell = ngx_court_policy_cell(p, interface, role);
        clause = p->clauses + cell->first;

        for (i = 0; i < (ngx_uint_t) cell->nforbids + cell->nallows; i++) {
            ngx_court_needs_clause(p, &clause[i], NGX_COURT_PRINCIPAL, needs);
        }
    }
}


/* the strictest wins; -1, the fact's own ttl, is the mildest */

static void
ngx_court_needs_add(ngx_court_needs_t *needs, ngx_uint_t fact,
    ngx_court_side_t side, const int64_t *condition, const int64_t *rule)
{
    ngx_uint_t      i;
    int64_t        *age, asked[2];

    age = &needs->age[fact][side];

    if (*age == NGX_COURT_NEED_NONE) {
        *age = -1;
    }

    asked[0] = condition ? condition[fact] : -1;
    asked[1] = rule ? rule[fact] : -1;

    for (i = 0; i < 2; i++) {
        if (asked[i] >= 0 && (*age < 0 || asked[i] < *age)) {
            *age = asked[i];
        }
    }
}


/* few different lists serve all cells */

static ngx_int_t
ngx_court_needs_store(ngx_court_parse_t *ps, ngx_court_cell_t *cell,
    const ngx_court_needs_t *needs, ngx_array_t *shared)
{
    ngx_uint_t          i, n, fact, side;
    ngx_court_cell_t  **known;
    ngx_court_need_t   *need, list[NGX_COURT_MAX_FACTS * NGX_COURT_NSIDES];

    n = 0;
    ngx_memzero(list, sizeof(list));         /* compared with its padding */

    for (side = 0; side < NGX_COURT_NSIDES; side++) {
        for (fact = 0; fact < ps->policy->nfacts; fact++) {
            if (needs->age[fact][side] != NGX_COURT_NEED_NONE) {
                list[n].fact = fact;
                list[n].side = side;
                list[n].max_age = needs->age[fact][side];
                n++;
            }
        }
    }

    cell->nneeds = n;

    if (n == 0) {
        return NGX_OK;
    }

    known = shared->elts;

    for (i = 0; i < shared->nelts; i++) {
        need = (ngx_court_need_t *) ps->policy->needs.elts + known[i]->needs;

        if (known[i]->nneeds == n
            && ngx_memcmp(need, list, n * sizeof(ngx_court_need_t)) == 0)
        {
            cell->needs = known[i]->needs;
            return NGX_OK;
        }
    }

    cell->needs = ps->policy->needs.nelts;

    need = ngx_array_push_n(&ps->policy->needs, n);
    if (need == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(need, list, n * sizeof(ngx_court_need_t));

    if (shared->nelts < NGX_COURT_NEEDS_SHARED) {
        known = ngx_array_push(shared);
        if (known == NULL) {
            return NGX_ERROR;
        }

        *known = cell;
    }

    return NGX_OK;
}


void
ngx_court_policy_needs(const ngx_court_policy_t *policy,
    const ngx_court_interface_t *interface, const ngx_str_t *role,
    const ngx_court_need_t **needs, ngx_uint_t *n)
{
    ngx_uint_t               i;
    const ngx_court_cell_t  *cell;

    *needs = NULL;
    *n = 0;

    i = ngx_court_policy_role(policy, role);

    if (interface == NULL || i == NGX_COURT_NO_FIELD) {
        return;
    }

    cell = ngx_court_policy_cell(policy, interface->index, i);

    *needs = (ngx_court_need_t *) policy->needs.elts + cell->needs;
    *n = cell->nneeds;
}
