/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules laid out by interface and role, so that deciding looks at nothing
 * else, and the search for rules that can never fire.
 */

#include "ngx_court_policy_internal.h"


typedef ngx_int_t (*ngx_court_cell_pt)(ngx_court_parse_t *ps,
    ngx_court_cell_t *cell, ngx_uint_t rule);

static ngx_int_t ngx_court_policy_cells_each(ngx_court_parse_t *ps,
    ngx_uint_t rule, ngx_court_cell_pt visit);
static ngx_int_t ngx_court_policy_cells_count(ngx_court_parse_t *ps,
    ngx_court_cell_t *cell, ngx_uint_t rule);
static ngx_int_t ngx_court_policy_cells_fill(ngx_court_parse_t *ps,
    ngx_court_cell_t *cell, ngx_uint_t rule);
static ngx_int_t ngx_court_policy_cells_place(ngx_court_parse_t *ps);
static ngx_int_t ngx_court_policy_cells_duties(ngx_court_parse_t *ps);
static ngx_uint_t ngx_court_policy_cells_dead(const ngx_court_policy_t *p,
    ngx_uint_t interface, ngx_uint_t role, ngx_uint_t rule);
static ngx_uint_t ngx_court_policy_cells_covered(const ngx_court_policy_t *p,
    const ngx_court_clause_t *clause, ngx_uint_t n, ngx_uint_t rule);
static ngx_uint_t ngx_court_policy_cells_hard(const ngx_court_policy_t *p,
    const ngx_court_cell_t *cell);


#define ngx_court_rules(p)   ((ngx_court_rule_t *) (p)->rules.elts)
#define ngx_court_ifaces(p)  ((ngx_court_iface_t *) (p)->interfaces.elts)


ngx_int_t
ngx_court_policy_cells_build(ngx_court_parse_t *ps)
{
    ngx_uint_t           i;
    ngx_court_policy_t  *p = ps->policy;

    p->cells = ngx_pcalloc(ps->pool, p->interfaces.nelts * NGX_COURT_NROLES
                                     * sizeof(ngx_court_cell_t));
    if (p->cells == NULL) {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    for (i = 0; i < p->rules.nelts; i++) {
        if (ngx_court_policy_cells_each(ps, i, ngx_court_policy_cells_count)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_court_policy_cells_place(ps) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < p->rules.nelts; i++) {
        (void) ngx_court_policy_cells_each(ps, i, ngx_court_policy_cells_fill);
    }

    return ngx_court_policy_cells_duties(ps);
}


static ngx_int_t
ngx_court_policy_cells_each(ngx_court_parse_t *ps, ngx_uint_t rule,
    ngx_court_cell_pt visit)
{
    uint32_t            *n;
    ngx_uint_t           i, role;
    ngx_court_rule_t    *r;
    ngx_court_policy_t  *p = ps->policy;

    r = ngx_court_rules(p) + rule;
    n = r->interfaces.elts;

    for (i = 0; i < r->interfaces.nelts; i++) {
        for (role = 0; role < NGX_COURT_NROLES; role++) {
            if ((r->roles & ((uint64_t) 1 << role))
                && visit(ps, ngx_court_policy_cell(p, n[i], role), rule)
                   != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_cells_count(ngx_court_parse_t *ps, ngx_court_cell_t *cell,
    ngx_uint_t rule)
{
    uint16_t  *n;

    n = ngx_court_rules(ps->policy)[rule].forbid ? &cell->nforbids
                                                 : &cell->nallows;
    if (*n == UINT16_MAX) {
        return ngx_court_policy_error(ps, NULL, "too many rules for one role "
                                      "and interface");
    }

    (*n)++;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_cells_place(ngx_court_parse_t *ps)
{
    ngx_uint_t           i, n, total;
    ngx_court_cell_t    *cell;
    ngx_court_policy_t  *p = ps->policy;

    total = 0;
    n = p->interfaces.nelts * NGX_COURT_NROLES;

    for (i = 0; i < n; i++) {
        cell = &p->cells[i];
        cell->first = total;
        cell->unasked = ngx_court_ifaces(p)[i / NGX_COURT_NROLES].unasked;
        total += cell->nforbids + cell->nallows;

        if (total > NGX_COURT_POLICY_CLAUSES) {
            return ngx_court_policy_error(ps, NULL, "more than %d rules x "
                                          "roles x interfaces",
                                          NGX_COURT_POLICY_CLAUSES);
        }

        cell->nforbids = 0;                  /* counted again by fill */
        cell->nallows = 0;
    }

    p->clauses = ngx_pcalloc(ps->pool,
                             (total + 1) * sizeof(ngx_court_clause_t));
    if (p->clauses == NULL) {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    return NGX_OK;
}


/*
 * Rules come in file order; forbids go before the allows that are there
 * already, which move up by one.
 */

static ngx_int_t
ngx_court_policy_cells_fill(ngx_court_parse_t *ps, ngx_court_cell_t *cell,
    ngx_uint_t rule)
{
    ngx_court_rule_t    *r;
    ngx_court_iface_t   *iface;
    ngx_court_policy_t  *p = ps->policy;
    ngx_court_clause_t  *c;

    r = ngx_court_rules(p) + rule;
    c = p->clauses + cell->first + cell->nforbids;

    if (r->forbid) {
        ngx_memmove(c + 1, c, cell->nallows * sizeof(ngx_court_clause_t));
        cell->nforbids++;

    } else {
        c += cell->nallows++;
    }

    ngx_memzero(c, sizeof(ngx_court_clause_t));
    c->rule = rule;
    c->conds = r->conds;
    c->nconds = r->nconds;
    c->delegated = r->delegated;

    if (p->kind && (r->facts & (1u << p->kind->fact)) && !r->forbid
        && !r->delegated)
    {
        switch ((cell - p->cells) % NGX_COURT_NROLES) {
        case NGX_COURT_ROLE_LAWYER:
        case NGX_COURT_ROLE_GOV_LAWYER:
            c->identity = 1;
        }
    }

    iface = ngx_court_ifaces(p) + (cell - p->cells) / NGX_COURT_NROLES;
    iface->pub.confirmed |= r->confirmed;

    return NGX_OK;
}


/* adds the names that the text doesn't have yet, comma separated */

static ngx_int_t
ngx_court_policy_cells_join(ngx_pool_t *pool, ngx_str_t *text,
    const ngx_array_t *names)
{
    u_char           *p, *last;
    size_t            n;
    ngx_uint_t        i, found;
    const ngx_str_t  *name;

    name = names->elts;

    for (i = 0; i < names->nelts; i++) {
        found = 0;
        last = text->data + text->len;

        for (p = text->data; p < last; p += n + 1) {
            for (n = 0; p + n < last && p[n] != ','; n++) { /* void */ }

            found |= n == name[i].len
                     && ngx_memcmp(p, name[i].data, n) == 0;
        }

        if (found) {
            continue;
        }

        p = ngx_pnalloc(pool, text->len + 1 + name[i].len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        last = ngx_cpymem(p, text->data, text->len);

        if (text->len) {
            *last++ = ',';
        }

        last = ngx_cpymem(last, name[i].data, name[i].len);
        text->data = p;
        text->len = last - p;
    }

    return NGX_OK;
}


/* the place of text among all obligations; 0 is none, -1 an error */

static ngx_int_t
ngx_court_policy_cells_duty(ngx_court_policy_t *p, const ngx_str_t *text)
{
    ngx_str_t   *s;
    ngx_uint_t   i;

    s = p->obligations.elts;

    for (i = 0; i < p->obligations.nelts; i++) {
        if (ngx_court_str_eq(&s[i], text)) {
            return i;
        }
    }

    s = ngx_array_push(&p->obligations);

    if (s == NULL || i > UINT16_MAX) {
        return NGX_ERROR;
    }

    *s = *text;

    return i;
}


/*
 * Obligations of each clause as one text.  A delegated one also takes over
 * those of every rule that may allow the principal: what binds him binds his
 * assistant.
 */

static ngx_int_t
ngx_court_policy_cells_clause(ngx_court_parse_t *ps, ngx_uint_t interface,
    ngx_court_clause_t *clause)
{
    ngx_int_t                  n;
    ngx_str_t                  text;
    ngx_uint_t                 role, i;
    ngx_court_policy_t        *p = ps->policy;
    const ngx_court_cell_t    *cell;
    const ngx_court_clause_t  *c;

    ngx_str_set(&text, "");

    if (ngx_court_policy_cells_join(ps->pool, &text,
                               &ngx_court_rules(p)[clause->rule].obligations)
        != NGX_OK)
    {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    for (role = NGX_COURT_ROLE_LAWYER;
         clause->delegated && role <= NGX_COURT_ROLE_GOV_LAWYER;
         role++)
    {
        cell = ngx_court_policy_cell(p, interface, role);
        c = p->clauses + cell->first + cell->nforbids;

        for (i = 0; i < cell->nallows; i++) {
            if (ngx_court_policy_cells_join(ps->pool, &text,
                                 &ngx_court_rules(p)[c[i].rule].obligations)
                != NGX_OK)
            {
                return ngx_court_policy_error(ps, NULL, "no memory");
            }
        }
    }

    n = ngx_court_policy_cells_duty(p, &text);
    if (n == NGX_ERROR) {
        return ngx_court_policy_error(ps, NULL, "too many obligations");
    }

    clause->obligations = n;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_cells_duties(ngx_court_parse_t *ps)
{
    ngx_str_t           *none;
    ngx_uint_t           i, k, n;
    ngx_court_cell_t    *cell;
    ngx_court_policy_t  *p = ps->policy;

    /* decisions point at these texts, but only once all are there */

    if (ngx_array_init(&p->obligations, ps->pool, 4, sizeof(ngx_str_t))
        != NGX_OK
        || (none = ngx_array_push(&p->obligations)) == NULL)
    {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    ngx_str_set(none, "");
    n = p->interfaces.nelts * NGX_COURT_NROLES;

    for (i = 0; i < n; i++) {
        cell = &p->cells[i];

        for (k = 0; k < cell->nallows; k++) {
            if (ngx_court_policy_cells_clause(ps, i / NGX_COURT_NROLES,
                              p->clauses + cell->first + cell->nforbids + k)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* a rule that no request can ever reach is a mistake of its author */

ngx_int_t
ngx_court_policy_cells_check(ngx_court_parse_t *ps, const ngx_court_at_t *at)
{
    uint32_t            *n;
    ngx_uint_t           rule, i, role, alive;
    ngx_court_at_t       here;
    ngx_court_rule_t    *r;
    ngx_court_policy_t  *p = ps->policy;

    here.parent = at;
    ngx_str_null(&here.name);

    for (rule = 0; rule < p->rules.nelts; rule++) {
        r = ngx_court_rules(p) + rule;
        n = r->interfaces.elts;
        alive = 0;

        for (i = 0; i < r->interfaces.nelts && !alive; i++) {
            for (role = 0; role < NGX_COURT_NROLES && !alive; role++) {
                alive = (r->roles & ((uint64_t) 1 << role))
                        && !ngx_court_policy_cells_dead(p, n[i], role, rule);
            }
        }

        if (!alive) {
            here.index = rule;
            return ngx_court_policy_error(ps, &here, "rule \"%V\" can never "
                                          "fire", &r->id);
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_court_policy_cells_dead(const ngx_court_policy_t *p, ngx_uint_t interface,
    ngx_uint_t role, ngx_uint_t rule)
{
    ngx_uint_t                 i, principal;
    const ngx_court_cell_t    *cell;
    const ngx_court_rule_t    *r;
    const ngx_court_clause_t  *clause;

    if (ngx_court_ifaces(p)[interface].pub.public_) {
        return 1;
    }

    r = ngx_court_rules(p) + rule;
    cell = ngx_court_policy_cell(p, interface, role);
    clause = p->clauses + cell->first;

    if (r->forbid) {
        return ngx_court_policy_cells_covered(p, clause, cell->nforbids,
                                              rule);
    }

    if (ngx_court_policy_cells_hard(p, cell)
        || ngx_court_policy_cells_covered(p, clause + cell->nforbids,
                                          cell->nallows, rule))
    {
        return 1;
    }

    if (!r->delegated) {
        return 0;
    }

    /* somebody must be able to allow the principal */

    principal = 0;

    for (i = NGX_COURT_ROLE_LAWYER; i <= NGX_COURT_ROLE_GOV_LAWYER; i++) {
        cell = ngx_court_policy_cell(p, interface, i);
        principal |= cell->nallows && !ngx_court_policy_cells_hard(p, cell);
    }

    return !principal;
}


/* a forbid without conditions */

static ngx_uint_t
ngx_court_policy_cells_hard(const ngx_court_policy_t *p,
    const ngx_court_cell_t *cell)
{
    ngx_uint_t  i;

    for (i = 0; i < cell->nforbids; i++) {
        if (p->clauses[cell->first + i].nconds == 0) {
            return 1;
        }
    }

    return 0;
}


/*
 * Is there an earlier clause that asks nothing which this rule doesn't ask?
 * Then it is true whenever this one is, and goes first.
 */

static ngx_uint_t
ngx_court_policy_cells_covered(const ngx_court_policy_t *p,
    const ngx_court_clause_t *clause, ngx_uint_t n, ngx_uint_t rule)
{
    ngx_uint_t               i, k, m;
    const uint16_t          *conds, *mine;
    const ngx_court_rule_t  *r;

    r = ngx_court_rules(p) + rule;
    conds = p->conds.elts;
    mine = conds + r->conds;

    for (i = 0; i < n && clause[i].rule < rule; i++) {
        if (clause[i].delegated && !r->delegated) {
            continue;
        }

        for (k = 0; k < clause[i].nconds; k++) {
            for (m = 0; m < r->nconds; m++) {
                if (mine[m] == conds[clause[i].conds + k]) {
                    break;
                }
            }

            if (m == r->nconds) {
                break;
            }
        }

        if (k == clause[i].nconds) {
            return 1;
        }
    }

    return 0;
}
