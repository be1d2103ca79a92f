/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tool_facts.h"
#include "ngx_court_mapping.h"
#include "ngx_court_time.h"


static ngx_int_t ngx_court_tool_facts_record(ngx_court_tool_facts_t *facts,
    ngx_court_side_t side, ngx_uint_t fact, ngx_str_t *err);
static ngx_int_t ngx_court_tool_facts_body(ngx_court_tool_facts_t *facts,
    const ngx_court_fact_t *fact, const ngx_court_json_t *node,
    ngx_str_t *keys, ngx_str_t *body);
static void ngx_court_tool_facts_plain(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, ngx_court_value_t *v);
static void ngx_court_tool_facts_json(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, const ngx_court_json_t *node,
    ngx_court_value_t *v);
static void ngx_court_tool_facts_list(ngx_court_tool_facts_t *facts,
    const ngx_court_json_t *node, ngx_court_value_t *v);
static void ngx_court_tool_facts_note(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, ngx_court_side_t side);


static const char  *ngx_court_tool_domains[NGX_COURT_NDOMAINS] = {
    "token", "request", "path", "client", "signature", "tls", "court", ""
};


static const ngx_court_json_t *
ngx_court_tool_facts_side(const ngx_court_tool_facts_t *facts,
    ngx_court_side_t side)
{
    if (side == NGX_COURT_CALLER || facts->root == NULL) {
        return facts->root;
    }

    return ngx_court_json_get(facts->root, "principal");
}


static const ngx_court_json_t *
ngx_court_tool_facts_node(const ngx_court_tool_facts_t *facts,
    ngx_uint_t fact, ngx_court_side_t side)
{
    const ngx_court_json_t  *node;

    node = ngx_court_tool_facts_side(facts, side);
    if (node == NULL) {
        return NULL;
    }

    return ngx_court_json_get_str(node,
                 &ngx_court_policy_fact_at(facts->policy, fact)->name);
}


/* what stands in the file must have a meaning: a misspelt name is an error */

static ngx_int_t
ngx_court_tool_facts_names(ngx_court_tool_facts_t *facts,
    const ngx_court_json_t *node, ngx_uint_t top, ngx_str_t *err)
{
    void                    *it;
    u_char                  *p;
    ngx_str_t                name;
    ngx_uint_t               i, known;
    const ngx_court_fact_t  *fact;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        ngx_str_set(err, "must be an object");
        return NGX_ERROR;
    }

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);

        known = top && name.len == 9
                && ngx_memcmp(name.data, "principal", 9) == 0;

        for (i = 0; top && i < NGX_COURT_D_FACT; i++) {
            known |= name.len == ngx_strlen(ngx_court_tool_domains[i])
                     && ngx_memcmp(name.data, ngx_court_tool_domains[i],
                                   name.len) == 0;
        }

        for (i = 0; i < ngx_court_policy_nfacts(facts->policy); i++) {
            fact = ngx_court_policy_fact_at(facts->policy, i);
            known |= ngx_court_str_eq(&fact->name, &name);
        }

        if (!known) {
            p = ngx_pnalloc(facts->pool, 32 + name.len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            err->data = p;
            err->len = ngx_sprintf(p, "unknown member \"%V\"", &name) - p;
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_tool_facts_parse(ngx_court_tool_facts_t *facts,
    const ngx_str_t *text, ngx_str_t *err)
{
    ngx_uint_t               i, side;
    const ngx_court_json_t  *principal;

    ngx_str_set(err, "no memory");
    ngx_memzero(facts->records, sizeof(facts->records));
    facts->root = NULL;

    if (ngx_array_init(&facts->unknown, facts->pool, 8, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (text == NULL) {
        return NGX_OK;
    }

    facts->root = ngx_court_json_parse(facts->pool, text,
                                       &ngx_court_json_small, err);
    if (facts->root == NULL
        || ngx_court_tool_facts_names(facts, facts->root, 1, err) != NGX_OK)
    {
        return NGX_ERROR;
    }

    principal = ngx_court_json_get(facts->root, "principal");

    if (principal
        && ngx_court_tool_facts_names(facts, principal, 0, err) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (side = 0; side < NGX_COURT_NSIDES; side++) {
        for (i = 0; i < ngx_court_policy_nfacts(facts->policy); i++) {
            if (ngx_court_tool_facts_record(facts, side, i, err) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* by the module's own decoder, so that a file means what a source would */

static ngx_int_t
ngx_court_tool_facts_record(ngx_court_tool_facts_t *facts,
    ngx_court_side_t side, ngx_uint_t fact, ngx_str_t *err)
{
    u_char                  *p;
    ngx_str_t                body, court, keys[NGX_COURT_FACT_KEYS];
    const char              *why;
    const ngx_court_fact_t  *def;
    const ngx_court_json_t  *node;

    def = ngx_court_policy_fact_at(facts->policy, fact);
    node = ngx_court_tool_facts_node(facts, fact, side);

    if (node == NULL || ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        return NGX_OK;
    }

    why = "is no object";
    ngx_str_set(&court, "-");
    (void) ngx_court_json_string(ngx_court_json_get(node, "court"), &court);

    if (ngx_court_json_type(node) == NGX_COURT_JSON_OBJECT) {

        if (ngx_court_tool_facts_body(facts, def, node, keys, &body)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_court_fact_decode(facts->pool, def, &body, keys, &court,
                                  &facts->records[side][fact], &why)
            == NGX_OK)
        {
            return NGX_OK;
        }
    }

    p = ngx_pnalloc(facts->pool, 32 + def->name.len + ngx_strlen(why));
    if (p == NULL) {
        return NGX_ERROR;
    }

    err->data = p;
    err->len = ngx_sprintf(p, "%s%V: %s",
                           side == NGX_COURT_PRINCIPAL ? "principal." : "",
                           &def->name, why) - p;
    return NGX_ERROR;
}


/* whom it is about needn't be written: it is put in where it is missing */

static ngx_int_t
ngx_court_tool_facts_body(ngx_court_tool_facts_t *facts,
    const ngx_court_fact_t *fact, const ngx_court_json_t *node,
    ngx_str_t *keys, ngx_str_t *body)
{
    u_char      *p;
    size_t       len;
    ngx_str_t    text, echo[NGX_COURT_FACT_KEYS];
    ngx_uint_t   i, missing[NGX_COURT_FACT_KEYS];

    if (ngx_court_json_dump(facts->pool, node, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_court_fact_echo(fact, echo);
    len = text.len + 1;

    for (i = 0; i < fact->nkeys; i++) {
        ngx_str_set(&keys[i], "-");
        missing[i] = echo[i].len && ngx_court_json_get_str(node, &echo[i])
                                    == NULL;

        if (echo[i].len && !missing[i]) {
            (void) ngx_court_json_string(ngx_court_json_get_str(node,
                                                                &echo[i]),
                                         &keys[i]);
        }

        len += echo[i].len + sizeof("\"\":\"-\",");
    }

    p = ngx_pnalloc(facts->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    *p++ = '{';

    for (i = 0; i < fact->nkeys; i++) {
        if (missing[i]) {
            p = ngx_sprintf(p, "\"%V\":\"-\",", &echo[i]);
        }
    }

    /* an empty object would leave a comma before its '}' */

    if (text.len == 2 && p[-1] == ',') {
        p--;
    }

    p = ngx_cpymem(p, text.data + 1, text.len - 1);
    body->len = p - body->data;

    return NGX_OK;
}


ngx_court_fact_state_t
ngx_court_tool_facts_state(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    const ngx_court_json_t  *node;

    node = ngx_court_tool_facts_node(data, fact, side);

    if (node == NULL) {
        return NGX_COURT_F_UNAVAILABLE;
    }

    return ngx_court_json_type(node) == NGX_COURT_JSON_NULL
           ? NGX_COURT_F_NONE : NGX_COURT_F_FOUND;
}


void
ngx_court_tool_facts_value(void *data, const ngx_court_attr_t *attr,
    ngx_court_side_t side, ngx_court_value_t *v)
{
    const ngx_court_fact_t  *fact;
    const ngx_court_json_t  *node;
    ngx_court_tool_facts_t  *facts = data;

    v->state = NGX_COURT_V_ABSENT;
    v->type = attr->type;

    if (attr->domain != NGX_COURT_D_FACT) {
        ngx_court_tool_facts_plain(facts, attr, v);

    } else {
        switch (ngx_court_tool_facts_state(data, attr->fact, side)) {

        case NGX_COURT_F_UNAVAILABLE:
            v->state = NGX_COURT_V_UNAVAILABLE;
            break;

        case NGX_COURT_F_FOUND:
            fact = ngx_court_policy_fact_at(facts->policy, attr->fact);
            node = ngx_court_tool_facts_node(facts, attr->fact, side);
            node = ngx_court_json_get_str(node, &attr->name);

            /* a computed field may be written outright */

            if (attr->field >= fact->schema.nfields && node) {
                ngx_court_tool_facts_json(facts, attr, node, v);
                break;
            }

            ngx_court_fact_value(fact, &facts->records[side][attr->fact],
                                 attr->field, facts->now, v);
            break;

        default:
            break;
        }
    }

    if (v->state == NGX_COURT_V_UNAVAILABLE) {
        ngx_court_tool_facts_note(facts, attr, side);
    }
}


static void
ngx_court_tool_facts_plain(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, ngx_court_value_t *v)
{
    int64_t                  auth_time;
    ngx_str_t                s;
    const ngx_court_json_t  *domain, *node;

    domain = facts->root ? ngx_court_json_get(facts->root,
                                        ngx_court_tool_domains[attr->domain])
                         : NULL;
    node = domain ? ngx_court_json_get_str(domain, &attr->name) : NULL;

    if (node) {
        ngx_court_tool_facts_json(facts, attr, node, v);
        return;
    }

    if (attr->domain == NGX_COURT_D_REQUEST) {
        if (attr->field == NGX_COURT_A_REQUEST_TIME) {
            v->state = NGX_COURT_V_PRESENT;
            v->num = facts->now;
            return;
        }

        if (attr->field == NGX_COURT_A_REQUEST_METHOD) {
            v->state = NGX_COURT_V_PRESENT;
            v->str = facts->method;
            return;
        }
    }

    if (domain && attr->domain == NGX_COURT_D_TOKEN
        && attr->field == NGX_COURT_A_TOKEN_AUTH_AGE)
    {
        node = ngx_court_json_get(domain, "auth_time");

        if (ngx_court_json_int(node, &auth_time) == NGX_OK
            || (ngx_court_json_string(node, &s) == NGX_OK
                && ngx_court_time_parse(&s, &auth_time) == NGX_OK))
        {
            v->state = NGX_COURT_V_PRESENT;
            v->num = facts->now - auth_time;
            return;
        }
    }

    v->state = domain ? NGX_COURT_V_ABSENT : NGX_COURT_V_UNAVAILABLE;
}


/* null is absent; a value of another type is not known */

static void
ngx_court_tool_facts_json(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, const ngx_court_json_t *node,
    ngx_court_value_t *v)
{
    ngx_int_t   rc;
    ngx_str_t   s;
    ngx_uint_t  flag;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        return;
    }

    switch (attr->type) {

    case NGX_COURT_T_STRING:
    case NGX_COURT_T_ENUM:
        rc = ngx_court_json_string(node, &v->str);
        break;

    case NGX_COURT_T_BOOL:
        rc = ngx_court_json_bool(node, &flag);
        v->num = rc == NGX_OK ? flag : 0;
        break;

    case NGX_COURT_T_LIST:
        ngx_court_tool_facts_list(facts, node, v);
        return;

    case NGX_COURT_T_TIME:
        rc = ngx_court_json_string(node, &s) == NGX_OK
             ? ngx_court_time_parse(&s, &v->num)
             : ngx_court_json_int(node, &v->num);
        break;

    default:
        rc = ngx_court_json_int(node, &v->num);
    }

    v->state = rc == NGX_OK ? NGX_COURT_V_PRESENT : NGX_COURT_V_UNAVAILABLE;
}


static void
ngx_court_tool_facts_list(ngx_court_tool_facts_t *facts,
    const ngx_court_json_t *node, ngx_court_value_t *v)
{
    ngx_str_t   *s;
    ngx_uint_t   i, n;

    v->state = NGX_COURT_V_UNAVAILABLE;

    n = ngx_court_json_size(node);
    s = ngx_palloc(facts->pool, (n + 1) * sizeof(ngx_str_t));

    if (s == NULL || ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY) {
        return;
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_json_string(ngx_court_json_at(node, i), &s[i])
            != NGX_OK)
        {
            return;
        }
    }

    if (ngx_court_list_encode(facts->pool, s, n, v) == NGX_OK) {
        v->state = NGX_COURT_V_PRESENT;
    }
}


/* "identity.kind", "principal.identity.kind"; each once */

static void
ngx_court_tool_facts_note(ngx_court_tool_facts_t *facts,
    const ngx_court_attr_t *attr, ngx_court_side_t side)
{
    u_char      *p;
    ngx_str_t    name, domain, *s;
    ngx_uint_t   i;

    if (attr->domain == NGX_COURT_D_FACT) {
        domain = ngx_court_policy_fact_at(facts->policy, attr->fact)->name;

    } else {
        domain.data = (u_char *) ngx_court_tool_domains[attr->domain];
        domain.len = ngx_strlen(domain.data);
    }

    p = ngx_pnalloc(facts->pool, domain.len + attr->name.len + 16);
    if (p == NULL) {
        return;
    }

    name.data = p;
    name.len = ngx_sprintf(p, "%s%V.%V",
                           side == NGX_COURT_PRINCIPAL ? "principal." : "",
                           &domain, &attr->name) - p;

    s = facts->unknown.elts;

    for (i = 0; i < facts->unknown.nelts; i++) {
        if (ngx_court_str_eq(&s[i], &name)) {
            return;
        }
    }

    s = ngx_array_push(&facts->unknown);
    if (s) {
        *s = name;
    }
}


ngx_str_t
ngx_court_tool_facts_string(const ngx_court_tool_facts_t *facts,
    const char *domain, const char *name)
{
    ngx_str_t                s = ngx_null_string;
    const ngx_court_json_t  *node;

    node = facts->root ? ngx_court_json_get(facts->root, domain) : NULL;

    if (node) {
        (void) ngx_court_json_string(ngx_court_json_get(node, name), &s);
    }

    return s;
}
