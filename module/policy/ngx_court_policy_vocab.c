/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Attributes by name: the closed vocabularies of the header, the facts that
 * the policy declares and the variables of its paths.  A name becomes one
 * slot, shared by all who use it.
 */

#include "ngx_court_policy_internal.h"


typedef struct {
    ngx_str_t                  name;
    ngx_court_domain_t         domain;
    ngx_uint_t                 n;
    const ngx_court_field_t   *fields;
} ngx_court_domain_def_t;


#define X(id, name, type)  { ngx_string(name), type },

static const ngx_court_field_t  ngx_court_token_attrs[] = {
    NGX_COURT_TOKEN_ATTRS(X)
};

static const ngx_court_field_t  ngx_court_request_attrs[] = {
    NGX_COURT_REQUEST_ATTRS(X)
};

static const ngx_court_field_t  ngx_court_client_attrs[] = {
    NGX_COURT_CLIENT_ATTRS(X)
};

static const ngx_court_field_t  ngx_court_signature_attrs[] = {
    NGX_COURT_SIGNATURE_ATTRS(X)
};

static const ngx_court_field_t  ngx_court_tls_attrs[] = {
    NGX_COURT_TLS_ATTRS(X)
};

static const ngx_court_field_t  ngx_court_court_attrs[] = {
    NGX_COURT_COURT_ATTRS(X)
};

#undef X


static const ngx_court_domain_def_t  ngx_court_domains[] = {

#define D(name, id, fields)                                                   \
    { ngx_string(name), NGX_COURT_D_##id,                                     \
      sizeof(fields) / sizeof(fields[0]), fields }

    D("token", TOKEN, ngx_court_token_attrs),
    D("request", REQUEST, ngx_court_request_attrs),
    D("client", CLIENT, ngx_court_client_attrs),
    D("signature", SIGNATURE, ngx_court_signature_attrs),
    D("tls", TLS, ngx_court_tls_attrs),
    D("court", COURT, ngx_court_court_attrs),
    { ngx_string("path"), NGX_COURT_D_PATH, 0, NULL },
    { ngx_null_string, 0, 0, NULL }

#undef D
};


/* what a fact's definite absence is called, before the condition's reason */

static const struct {
    const char                *fact;
    const ngx_court_reason_t  *reason;
} ngx_court_none_reasons[] = {
    { "identity", ngx_court_reason(IDENTITY_NOT_FOUND) },
    { "link", ngx_court_reason(LINK_NOT_ACTIVE) },
    { "relation", ngx_court_reason(NO_RELATION) },
    { "device", ngx_court_reason(CLIENT_NOT_REGISTERED) },
    { NULL, NULL }
};

static const char  *ngx_court_standard_facts[] = {
    "identity", "link", "relation", "staff", "device"
};

#define NGX_COURT_NSTANDARD                                                   \
    (sizeof(ngx_court_standard_facts) / sizeof(ngx_court_standard_facts[0]))


static ngx_int_t ngx_court_policy_vocab_fact(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_vocab_field(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_vocab_resolve(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_str_t *domain, ngx_court_attr_t *attr);
static ngx_int_t ngx_court_policy_vocab_closed(ngx_court_parse_t *ps,
    const ngx_court_domain_def_t *def, ngx_court_attr_t *attr);
static const ngx_court_attr_t *ngx_court_policy_vocab_intern(
    ngx_court_parse_t *ps, const ngx_court_attr_t *attr);


#define ngx_court_policy_is(s, text)                                          \
    ((s)->len == ngx_strlen(text)                                             \
     && ngx_memcmp((s)->data, text, (s)->len) == 0)


ngx_int_t
ngx_court_policy_vocab_init(ngx_court_parse_t *ps)
{
    ngx_str_t            name;
    ngx_uint_t           i, k, n;
    ngx_array_t         *facts;
    ngx_court_policy_t  *policy = ps->policy;

    facts = ps->vocab ? ps->vocab->facts : NULL;
    n = facts ? facts->nelts : NGX_COURT_NSTANDARD;

    if (n > NGX_COURT_MAX_FACTS) {
        return ngx_court_policy_error(ps, NULL, "more than %d facts",
                                      NGX_COURT_MAX_FACTS);
    }

    policy->nfacts = n;
    policy->facts = ngx_pcalloc(ps->pool, (n + 1) * sizeof(void *));
    if (policy->facts == NULL) {
        return ngx_court_policy_error(ps, NULL, "no memory");
    }

    for (i = 0; i < n; i++) {
        if (facts) {
            policy->facts[i] = ((ngx_court_fact_t **) facts->elts)[i];

        } else {
            name.data = (u_char *) ngx_court_standard_facts[i];
            name.len = ngx_strlen(ngx_court_standard_facts[i]);
            policy->facts[i] = ngx_court_fact_standard(&name);
        }

        if (policy->facts[i] == NULL) {
            return ngx_court_policy_error(ps, NULL, "a fact is not defined");
        }

        for (k = 0; ngx_court_none_reasons[k].fact; k++) {
            if (ngx_court_policy_is(&policy->facts[i]->name,
                                    ngx_court_none_reasons[k].fact))
            {
                policy->none[i] = ngx_court_none_reasons[k].reason;
            }
        }
    }

    return NGX_OK;
}


/* index of a fact that is defined, declared or not */

static ngx_uint_t
ngx_court_policy_vocab_defined(const ngx_court_policy_t *policy,
    const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < policy->nfacts; i++) {
        if (ngx_court_str_eq(&policy->facts[i]->name, name)) {
            return i;
        }
    }

    return NGX_COURT_NO_FIELD;
}


/* index of a fact that this policy declares */

ngx_uint_t
ngx_court_policy_fact(const ngx_court_policy_t *policy, const ngx_str_t *name)
{
    ngx_uint_t  i;

    i = ngx_court_policy_vocab_defined(policy, name);

    if (i == NGX_COURT_NO_FIELD || !(policy->declared & (1u << i))) {
        return NGX_COURT_NO_FIELD;
    }

    return i;
}


ngx_int_t
ngx_court_policy_facts_parse(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node)
{
    ngx_court_policy_t  *policy = ps->policy;

    if (ngx_court_policy_map(ps, at, node, ngx_court_policy_vocab_fact, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* read by the engine itself, whether the policy lists the field or not */

    policy->kind = ngx_court_policy_attr_fact(ps, "identity", "kind");
    policy->delegated = ngx_court_policy_attr_fact(ps, "relation",
                                                   "delegated");
    policy->link_delegated = ngx_court_policy_attr_fact(ps, "link",
                                                        "delegated");
    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_vocab_fact(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_uint_t  i;

    i = ngx_court_policy_vocab_defined(ps->policy, &at->name);
    if (i == NGX_COURT_NO_FIELD) {
        return ngx_court_policy_error(ps, at, "unknown fact \"%V\"",
                                      &at->name);
    }

    ps->policy->declared |= 1u << i;

    ps->fields[i] = ngx_pcalloc(ps->pool, NGX_COURT_MAX_FIELDS
                                          + NGX_COURT_FACT_NCOMPUTED);
    if (ps->fields[i] == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    return ngx_court_policy_each(ps, at, node, ngx_court_policy_vocab_field,
                                 &i);
}


static ngx_int_t
ngx_court_policy_vocab_field(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_str_t                name;
    ngx_uint_t               f, *fact = dst;
    ngx_court_type_t         type;
    const ngx_court_fact_t  *def;

    if (ngx_court_policy_string(ps, at, node, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    def = ps->policy->facts[*fact];

    f = ngx_court_fact_field(def, &name, &type);
    if (f == NGX_COURT_NO_FIELD
        || f >= NGX_COURT_MAX_FIELDS + NGX_COURT_FACT_NCOMPUTED)
    {
        return ngx_court_policy_error(ps, at, "fact \"%V\" has no field "
                                      "\"%V\"", &def->name, &name);
    }

    ps->fields[*fact][f] = 1;

    return NGX_OK;
}


/* the slot of "domain.name"; NULL and an error where it is none */

const ngx_court_attr_t *
ngx_court_policy_attr(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_str_t *name)
{
    size_t            n;
    ngx_str_t         domain;
    ngx_court_attr_t  attr;

    for (n = 0; n < name->len && name->data[n] != '.'; n++) { /* void */ }

    if (n == 0 || n + 1 >= name->len) {
        (void) ngx_court_policy_error(ps, at, "\"%V\" is no attribute", name);
        return NULL;
    }

    ngx_memzero(&attr, sizeof(ngx_court_attr_t));

    domain.data = name->data;
    domain.len = n;
    attr.name.data = name->data + n + 1;
    attr.name.len = name->len - n - 1;

    switch (ngx_court_policy_vocab_resolve(ps, at, &domain, &attr)) {

    case NGX_OK:
        return ngx_court_policy_vocab_intern(ps, &attr);

    case NGX_DECLINED:
        (void) ngx_court_policy_error(ps, at, "unknown attribute \"%V\"",
                                      name);
        return NULL;

    default:
        return NULL;
    }
}


static ngx_int_t
ngx_court_policy_vocab_resolve(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_str_t *domain, ngx_court_attr_t *attr)
{
    const ngx_court_domain_def_t  *def;

    for (def = ngx_court_domains; def->name.len; def++) {
        if (!ngx_court_str_eq(&def->name, domain)) {
            continue;
        }

        attr->domain = def->domain;

        if (def->domain != NGX_COURT_D_PATH) {
            return ngx_court_policy_vocab_closed(ps, def, attr);
        }

        attr->type = NGX_COURT_T_STRING;
        attr->field = ngx_court_policy_path_find(ps->policy, &attr->name);

        return attr->field == NGX_COURT_NO_FIELD ? NGX_DECLINED : NGX_OK;
    }

    attr->domain = NGX_COURT_D_FACT;

    attr->fact = ngx_court_policy_fact(ps->policy, domain);
    if (attr->fact == NGX_COURT_NO_FIELD) {
        return NGX_DECLINED;
    }

    attr->field = ngx_court_fact_field(ps->policy->facts[attr->fact],
                                       &attr->name, &attr->type);
    if (attr->field == NGX_COURT_NO_FIELD) {
        return NGX_DECLINED;
    }

    if (!ps->fields[attr->fact][attr->field]) {
        return ngx_court_policy_error(ps, at, "\"%V\" is not listed in "
                                      "/facts/%V", &attr->name, domain);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_vocab_closed(ngx_court_parse_t *ps,
    const ngx_court_domain_def_t *def, ngx_court_attr_t *attr)
{
    ngx_uint_t          i;
    ngx_array_t        *claims;
    ngx_court_field_t  *claim;

    for (i = 0; i < def->n; i++) {
        if (ngx_court_str_eq(&def->fields[i].name, &attr->name)) {
            attr->field = i;
            attr->type = def->fields[i].type;
            return NGX_OK;
        }
    }

    claims = ps->vocab ? ps->vocab->claims : NULL;

    if (def->domain != NGX_COURT_D_TOKEN || claims == NULL) {
        return NGX_DECLINED;
    }

    claim = claims->elts;

    for (i = 0; i < claims->nelts; i++) {
        if (ngx_court_str_eq(&claim[i].name, &attr->name)) {
            attr->field = NGX_COURT_NO_FIELD;
            attr->type = claim[i].type;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* a field of a declared fact, listed or not; NULL where there is none */

const ngx_court_attr_t *
ngx_court_policy_attr_fact(ngx_court_parse_t *ps, const char *fact,
    const char *field)
{
    ngx_str_t         name;
    ngx_court_attr_t  attr;

    ngx_memzero(&attr, sizeof(ngx_court_attr_t));

    name.data = (u_char *) fact;
    name.len = ngx_strlen(fact);
    attr.name.data = (u_char *) field;
    attr.name.len = ngx_strlen(field);
    attr.domain = NGX_COURT_D_FACT;

    attr.fact = ngx_court_policy_fact(ps->policy, &name);
    if (attr.fact == NGX_COURT_NO_FIELD) {
        return NULL;
    }

    attr.field = ngx_court_fact_field(ps->policy->facts[attr.fact],
                                      &attr.name, &attr.type);
    if (attr.field == NGX_COURT_NO_FIELD) {
        return NULL;
    }

    return ngx_court_policy_vocab_intern(ps, &attr);
}


static const ngx_court_attr_t *
ngx_court_policy_vocab_intern(ngx_court_parse_t *ps,
    const ngx_court_attr_t *attr)
{
    ngx_uint_t         i;
    ngx_court_attr_t  *a, **slot;

    slot = ps->policy->attrs.elts;

    for (i = 0; i < ps->policy->attrs.nelts; i++) {
        if (slot[i]->domain == attr->domain && slot[i]->fact == attr->fact
            && slot[i]->field == attr->field
            && ngx_court_str_eq(&slot[i]->name, &attr->name))
        {
            return slot[i];
        }
    }

    slot = ngx_array_push(&ps->policy->attrs);
    a = ngx_palloc(ps->pool, sizeof(ngx_court_attr_t));

    if (slot == NULL || a == NULL) {
        (void) ngx_court_policy_error(ps, NULL, "no memory");
        return NULL;
    }

    *a = *attr;
    *slot = a;

    return a;
}
