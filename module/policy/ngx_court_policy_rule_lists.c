/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a rule names: interfaces, by id or by the beginning of ids, and
 * conditions, whose lists are shared among rules.
 */

#include "ngx_court_policy_internal.h"


/* equal lists of conditions are one list: few stay warm in the cache */
typedef struct {
    uint32_t                   hash;
    uint32_t                   first;
    uint32_t                   n;
} ngx_court_list_t;

#define NGX_COURT_POLICY_LISTS  1024     /* that are compared with */


static ngx_int_t ngx_court_policy_rule_pattern(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_str_t *pattern,
    ngx_court_rule_t *rule);


ngx_int_t
ngx_court_policy_rule_lists_init(ngx_court_parse_t *ps)
{
    return ngx_array_init(&ps->lists, ps->tmp, 64, sizeof(ngx_court_list_t));
}


/* an id, or the beginning of ids and a star */

ngx_int_t
ngx_court_policy_rule_interface(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    uint32_t          *slot;
    ngx_str_t          name;
    ngx_uint_t         i;
    ngx_court_rule_t  *rule = dst;

    if (ngx_court_policy_string(ps, at, node, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (name.data[name.len - 1] == '*') {
        return ngx_court_policy_rule_pattern(ps, at, &name, rule);
    }

    i = ngx_court_policy_name_find(&ps->interface_names, &name);

    if (i == NGX_COURT_NO_FIELD) {
        return ngx_court_policy_error(ps, at, "unknown interface \"%V\"",
                                      &name);
    }

    slot = ngx_array_push(&rule->interfaces);
    if (slot == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    *slot = i;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_rule_pattern(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_str_t *pattern, ngx_court_rule_t *rule)
{
    size_t              n;
    uint32_t           *slot;
    ngx_uint_t          i, found;
    ngx_court_iface_t  *iface;

    n = pattern->len - 1;
    found = 0;
    iface = ps->policy->interfaces.elts;

    for (i = 0; i < ps->policy->interfaces.nelts; i++) {
        if (iface[i].pub.id.len < n
            || ngx_memcmp(iface[i].pub.id.data, pattern->data, n) != 0)
        {
            continue;
        }

        slot = ngx_array_push(&rule->interfaces);
        if (slot == NULL) {
            return ngx_court_policy_error(ps, at, "no memory");
        }

        *slot = i;
        found = 1;
    }

    if (!found) {
        return ngx_court_policy_error(ps, at, "no interface is like \"%V\"",
                                      pattern);
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_rule_when(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    uint16_t               *slot;
    uint32_t                i;
    ngx_str_t               name;
    ngx_uint_t              n;
    ngx_court_rule_t       *rule = dst;
    ngx_court_condition_t  *c;

    if (ngx_court_policy_string(ps, at, node, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    n = ngx_court_policy_name_find(&ps->condition_names, &name);

    if (n == NGX_COURT_NO_FIELD) {
        return ngx_court_policy_error(ps, at, "unknown condition \"%V\"",
                                      &name);
    }

    slot = ps->policy->conds.elts;

    for (i = 0; i < rule->nconds; i++) {
        if (slot[rule->conds + i] == n) {
            return ngx_court_policy_error(ps, at, "condition \"%V\" is named "
                                          "twice", &name);
        }
    }

    slot = ngx_array_push(&ps->policy->conds);
    if (slot == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    *slot = n;
    rule->nconds++;

    c = (ngx_court_condition_t *) ps->policy->conditions.elts + n;
    rule->facts |= c->facts;
    rule->confirmed |= c->confirmed;

    return NGX_OK;
}


/* takes the rule's list off the end again where an earlier one is the same */

ngx_int_t
ngx_court_policy_rule_share(ngx_court_parse_t *ps, ngx_court_rule_t *rule)
{
    size_t             size;
    uint16_t          *conds;
    uint32_t           hash, i;
    ngx_uint_t         n;
    ngx_court_list_t  *list;

    conds = ps->policy->conds.elts;
    conds += rule->conds;
    size = rule->nconds * sizeof(uint16_t);
    hash = rule->nconds;

    for (i = 0; i < rule->nconds; i++) {
        hash = hash * 31 + conds[i];
    }

    list = ps->lists.elts;

    for (n = 0; n < ps->lists.nelts; n++) {
        if (list[n].hash == hash && list[n].n == rule->nconds
            && ngx_memcmp((uint16_t *) ps->policy->conds.elts + list[n].first,
                          conds, size)
               == 0)
        {
            ps->policy->conds.nelts = rule->conds;
            rule->conds = list[n].first;
            return NGX_OK;
        }
    }

    if (ps->lists.nelts == NGX_COURT_POLICY_LISTS) {
        return NGX_OK;
    }

    list = ngx_array_push(&ps->lists);
    if (list == NULL) {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    list->hash = hash;
    list->first = rule->conds;
    list->n = rule->nconds;

    return NGX_OK;
}
