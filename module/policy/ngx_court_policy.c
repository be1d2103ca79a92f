/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions about a compiled policy.
 */

#include "ngx_court_policy_internal.h"


static const ngx_str_t  ngx_court_roles[] = {
#define X(id, name)  ngx_string(name),
    NGX_COURT_ROLES(X)
#undef X
    ngx_null_string
};


int64_t
ngx_court_policy_version(const ngx_court_policy_t *policy)
{
    return policy->version;
}


const u_char *
ngx_court_policy_hash(const ngx_court_policy_t *policy)
{
    return policy->hash;
}


const ngx_str_t *
ngx_court_policy_path_name(const ngx_court_policy_t *policy, ngx_uint_t i)
{
    if (i >= policy->path_names.nelts) {
        return NULL;
    }

    return (ngx_str_t *) policy->path_names.elts + i;
}


ngx_uint_t
ngx_court_policy_path_find(const ngx_court_policy_t *policy,
    const ngx_str_t *name)
{
    ngx_uint_t   i;
    ngx_str_t   *s;

    s = policy->path_names.elts;

    for (i = 0; i < policy->path_names.nelts; i++) {
        if (ngx_court_str_eq(&s[i], name)) {
            return i;
        }
    }

    return NGX_COURT_NO_FIELD;
}


const ngx_court_interface_t *
ngx_court_policy_interface(const ngx_court_policy_t *policy,
    const ngx_str_t *id)
{
    ngx_uint_t          i;
    ngx_court_iface_t  *iface;

    iface = policy->interfaces.elts;

    for (i = 0; i < policy->interfaces.nelts; i++) {
        if (ngx_court_str_eq(&iface[i].pub.id, id)) {
            return &iface[i].pub;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_court_policy_ninterfaces(const ngx_court_policy_t *policy)
{
    return policy->interfaces.nelts;
}


ngx_uint_t
ngx_court_policy_durable(const ngx_court_policy_t *policy)
{
    ngx_uint_t          i;
    ngx_court_iface_t  *iface;

    iface = policy->interfaces.elts;

    for (i = 0; i < policy->interfaces.nelts; i++) {
        if (iface[i].pub.durable) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_court_policy_nrules(const ngx_court_policy_t *policy)
{
    return policy->rules.nelts;
}


ngx_uint_t
ngx_court_policy_role(const ngx_court_policy_t *policy, const ngx_str_t *role)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_NROLES; i++) {
        if (ngx_court_str_eq(&ngx_court_roles[i], role)) {
            return i;
        }
    }

    return NGX_COURT_NO_FIELD;
}


ngx_uint_t
ngx_court_policy_condition(const ngx_court_policy_t *policy,
    const ngx_str_t *name)
{
    ngx_uint_t              i;
    ngx_court_condition_t  *c;

    c = policy->conditions.elts;

    for (i = 0; i < policy->conditions.nelts; i++) {
        if (ngx_court_str_eq(&c[i].name, name)) {
            return i;
        }
    }

    return NGX_COURT_NO_FIELD;
}


const ngx_court_fact_t *
ngx_court_policy_fact_at(const ngx_court_policy_t *policy, ngx_uint_t i)
{
    return i < policy->nfacts ? policy->facts[i] : NULL;
}


ngx_uint_t
ngx_court_policy_nfacts(const ngx_court_policy_t *policy)
{
    return policy->nfacts;
}
