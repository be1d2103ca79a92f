/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Conditions: a name, whose values they read, and a tree of all, any and not
 * over tests, flattened into a program while it is read.
 */

#include "ngx_court_policy_internal.h"


typedef struct {
    const ngx_court_json_t    *all;
    const ngx_court_json_t    *any;
    const ngx_court_json_t    *not_;
    ngx_str_t                  on;
    ngx_str_t                  reason;
    int64_t                   *ages;
    ngx_str_t                  acr_values;
    int64_t                    max_age;
    ngx_uint_t                 step_up;
} ngx_court_condition_draft_t;

typedef struct {
    ngx_array_t                nodes;     /* of ngx_court_node_t */
    ngx_uint_t                 depth;
    uint32_t                   group;     /* the one being filled */
} ngx_court_program_t;


static ngx_int_t ngx_court_policy_condition_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_condition_fill(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_condition_t *c);
static ngx_int_t ngx_court_policy_condition_tree(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_condition_t *c);
static ngx_int_t ngx_court_policy_condition_expr(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_condition_group(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_program_t *program);
static void ngx_court_policy_condition_reads(ngx_court_condition_t *c);
static ngx_int_t ngx_court_policy_condition_ages(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_t *c);
static ngx_int_t ngx_court_policy_condition_step_up(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_condition_acr(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);


static const ngx_court_member_t  ngx_court_condition_members[] = {
    { "on", 1, ngx_court_policy_string,
      offsetof(ngx_court_condition_draft_t, on) },
    { "all", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, all) },
    { "any", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, any) },
    { "not", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, not_) },
    { "needs", 0, ngx_court_policy_needs_parse,
      offsetof(ngx_court_condition_draft_t, ages) },
    { "reason", 0, ngx_court_policy_string,
      offsetof(ngx_court_condition_draft_t, reason) },
    { "step_up", 0, ngx_court_policy_condition_step_up, 0 },
    { NULL, 0, NULL, 0 }
};

static const ngx_court_member_t  ngx_court_group_members[] = {
    { "all", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, all) },
    { "any", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, any) },
    { "not", 0, ngx_court_policy_keep,
      offsetof(ngx_court_condition_draft_t, not_) },
    { NULL, 0, NULL, 0 }
};

static const ngx_court_member_t  ngx_court_step_up_members[] = {
    { "acr_values", 1, ngx_court_policy_condition_acr,
      offsetof(ngx_court_condition_draft_t, acr_values) },
    { "max_age", 0, ngx_court_policy_int,
      offsetof(ngx_court_condition_draft_t, max_age) },
    { NULL, 0, NULL, 0 }
};


ngx_int_t
ngx_court_policy_conditions_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node)
{
    ngx_uint_t  n;

    n = ngx_court_json_size(node);

    if (n > NGX_COURT_POLICY_CONDITIONS) {
        return ngx_court_policy_error(ps, at, "more than %d conditions",
                                      NGX_COURT_POLICY_CONDITIONS);
    }

    if (ngx_array_init(&ps->policy->conditions, ps->pool, ngx_max(n, 1),
                       sizeof(ngx_court_condition_t))
        != NGX_OK
        || ngx_array_init(&ps->condition_names, ps->tmp, ngx_max(n, 1),
                          sizeof(ngx_court_name_t))
           != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    if (ngx_court_policy_map(ps, at, node, ngx_court_policy_condition_parse,
                             NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* an object has no two members of one name */

    return ngx_court_policy_name_sort(ps, &ps->condition_names);
}


static ngx_int_t
ngx_court_policy_condition_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_court_name_t             *name;
    ngx_court_condition_t        *c;
    ngx_court_condition_draft_t   draft;

    if (!ngx_court_policy_is_id(&at->name, 0)) {
        return ngx_court_policy_error(ps, at, "invalid name \"%V\"",
                                      &at->name);
    }

    ngx_memzero(&draft, sizeof(ngx_court_condition_draft_t));
    draft.max_age = -1;

    if (ngx_court_policy_object(ps, at, node, ngx_court_condition_members,
                                &draft)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    c = ngx_array_push(&ps->policy->conditions);
    name = ngx_array_push(&ps->condition_names);

    if (c == NULL || name == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    ngx_memzero(c, sizeof(ngx_court_condition_t));
    c->name = at->name;

    if (ngx_court_policy_copy(ps, &c->name) != NGX_OK) {
        return NGX_ERROR;
    }

    name->name = c->name;
    name->index = ps->policy->conditions.nelts - 1;

    if (ngx_court_policy_condition_tree(ps, at, &draft, c) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_court_policy_condition_reads(c);

    return ngx_court_policy_condition_fill(ps, at, &draft, c);
}


static ngx_int_t
ngx_court_policy_condition_fill(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_condition_t *c)
{
    ngx_uint_t               i;
    ngx_court_at_t           here;

    static const ngx_str_t   sides[] = {
        ngx_string("caller"), ngx_string("request"), ngx_string("person")
    };

    here.parent = at;

    for (i = 0; i < 3 && !ngx_court_str_eq(&sides[i], &draft->on); i++) {
        /* void */
    }

    if (i == 3) {
        ngx_str_set(&here.name, "on");
        return ngx_court_policy_error(ps, &here, "unknown value \"%V\"",
                                      &draft->on);
    }

    c->on = i;
    c->reason = ngx_court_reason(FORBIDDEN);

    if (draft->reason.len) {
        c->reason = ngx_court_policy_reason(ps->policy, &draft->reason);

        if (c->reason == NULL) {
            ngx_str_set(&here.name, "reason");
            return ngx_court_policy_error(ps, &here, "unknown reason \"%V\"",
                                          &draft->reason);
        }
    }

    c->max_age = draft->max_age;

    if (draft->step_up) {
        if (c->reason != ngx_court_reason(REAUTHENTICATION_REQUIRED)
            && c->reason != ngx_court_reason(ASSURANCE_TOO_LOW))
        {
            ngx_str_set(&here.name, "step_up");
            return ngx_court_policy_error(ps, &here, "needs the reason "
                                          "reauthentication_required or "
                                          "assurance_too_low");
        }

        c->acr_values = ngx_palloc(ps->pool, sizeof(ngx_str_t));
        if (c->acr_values == NULL) {
            return ngx_court_policy_error(ps, at, "no memory");
        }

        *c->acr_values = draft->acr_values;
    }

    c->ages = draft->ages;

    return ngx_court_policy_condition_ages(ps, at, c);
}


/* the program, copied out of the growing array that it was made in */

static ngx_int_t
ngx_court_policy_condition_tree(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_condition_t *c)
{
    ngx_court_program_t  program;

    program.depth = 0;
    program.group = 0;

    if (ngx_array_init(&program.nodes, ps->tmp, 8, sizeof(ngx_court_node_t))
        != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    if (ngx_court_policy_condition_group(ps, at, draft, &program) != NGX_OK) {
        return NGX_ERROR;
    }

    c->nnodes = program.nodes.nelts;
    c->nodes = ngx_palloc(ps->pool, c->nnodes * sizeof(ngx_court_node_t));
    if (c->nodes == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    ngx_memcpy(c->nodes, program.nodes.elts,
               c->nnodes * sizeof(ngx_court_node_t));
    return NGX_OK;
}


static ngx_court_node_t *
ngx_court_policy_condition_node(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_program_t *program)
{
    ngx_court_node_t  *node;

    if (program->nodes.nelts == NGX_COURT_POLICY_NODES) {
        (void) ngx_court_policy_error(ps, at, "more than %d tests",
                                      NGX_COURT_POLICY_NODES);
        return NULL;
    }

    node = ngx_array_push(&program->nodes);
    if (node == NULL) {
        (void) ngx_court_policy_error(ps, at, "no memory");
        return NULL;
    }

    ngx_memzero(node, sizeof(ngx_court_node_t));

    return node;
}


/* exactly one of all, any, not */

static ngx_int_t
ngx_court_policy_condition_group(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_draft_t *draft,
    ngx_court_program_t *program)
{
    ngx_int_t          rc;
    uint32_t           self;
    ngx_court_at_t     here;
    ngx_court_node_t  *node;

    if ((draft->all != NULL) + (draft->any != NULL) + (draft->not_ != NULL)
        != 1)
    {
        return ngx_court_policy_error(ps, at, "must have one of \"all\", "
                                      "\"any\", \"not\"");
    }

    if (program->depth == NGX_COURT_POLICY_DEPTH) {
        return ngx_court_policy_error(ps, at, "nested deeper than %d",
                                      NGX_COURT_POLICY_DEPTH);
    }

    node = ngx_court_policy_condition_node(ps, at, program);
    if (node == NULL) {
        return NGX_ERROR;
    }

    self = program->nodes.nelts - 1;
    here.parent = at;
    program->depth++;

    if (draft->all) {
        node->kind = NGX_COURT_NODE_ALL;
        ngx_str_set(&here.name, "all");
        rc = ngx_court_policy_each(ps, &here, draft->all,
                                   ngx_court_policy_condition_expr, program);
    } else if (draft->any) {
        node->kind = NGX_COURT_NODE_ANY;
        ngx_str_set(&here.name, "any");
        rc = ngx_court_policy_each(ps, &here, draft->any,
                                   ngx_court_policy_condition_expr, program);
    } else {
        node->kind = NGX_COURT_NODE_NOT;
        ngx_str_set(&here.name, "not");
        rc = ngx_court_policy_condition_expr(ps, &here, draft->not_, program);
    }

    program->depth--;

    node = program->nodes.elts;
    node[self].end = program->nodes.nelts;

    return rc;
}


/* a test is an array, a group is an object */

static ngx_int_t
ngx_court_policy_condition_expr(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_court_node_t            *test;
    ngx_court_program_t         *program = dst;
    ngx_court_condition_draft_t  draft;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_OBJECT) {
        ngx_memzero(&draft, sizeof(ngx_court_condition_draft_t));

        if (ngx_court_policy_object(ps, at, node, ngx_court_group_members,
                                    &draft)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return ngx_court_policy_condition_group(ps, at, &draft, program);
    }

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY) {
        return ngx_court_policy_error(ps, at, "must be a test or a group");
    }

    test = ngx_court_policy_condition_node(ps, at, program);
    if (test == NULL) {
        return NGX_ERROR;
    }

    return ngx_court_policy_test_parse(ps, at, node, test);
}


static void
ngx_court_policy_condition_reads(ngx_court_condition_t *c)
{
    ngx_uint_t               i, k;
    const ngx_court_attr_t  *attr[2];

    for (i = 0; i < c->nnodes; i++) {
        attr[0] = c->nodes[i].attr;
        attr[1] = c->nodes[i].operand;

        for (k = 0; k < 2; k++) {
            if (attr[k] == NULL) {
                continue;
            }

            if (attr[k]->domain == NGX_COURT_D_FACT) {
                c->facts |= 1u << attr[k]->fact;
            }

            if (attr[k]->domain == NGX_COURT_D_REQUEST
                && attr[k]->field == NGX_COURT_A_REQUEST_CONFIRMED)
            {
                c->confirmed = 1;
            }
        }
    }
}


static ngx_int_t
ngx_court_policy_condition_ages(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_condition_t *c)
{
    ngx_uint_t      i;
    ngx_court_at_t  needs, here;

    if (c->ages == NULL) {
        return NGX_OK;
    }

    needs.parent = at;
    ngx_str_set(&needs.name, "needs");
    here.parent = &needs;

    for (i = 0; i < ps->policy->nfacts; i++) {
        if (c->ages[i] >= 0 && !(c->facts & (1u << i))) {
            here.name = ps->policy->facts[i]->name;
            return ngx_court_policy_error(ps, &here, "the condition doesn't "
                                          "read this fact");
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_condition_step_up(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_court_condition_draft_t  *draft = dst;

    draft->step_up = 1;

    if (ngx_court_policy_object(ps, at, node, ngx_court_step_up_members, dst)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (draft->max_age < -1 || draft->max_age > NGX_COURT_POLICY_AGE) {
        return ngx_court_policy_error(ps, at, "invalid \"max_age\"");
    }

    return NGX_OK;
}


/* space separated, as a challenge tells them (RFC 9470, section 3) */

static ngx_int_t
ngx_court_policy_condition_acr_value(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    u_char     *p;
    ngx_str_t   s, *acr = dst;
    ngx_uint_t  i;

    if (ngx_court_policy_string(ps, at, node, &s) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < s.len; i++) {
        if (!ngx_court_unreserved(s.data[i]) && s.data[i] != ':') {
            return ngx_court_policy_error(ps, at, "invalid value \"%V\"", &s);
        }
    }

    p = ngx_pnalloc(ps->pool, acr->len + 1 + s.len);
    if (p == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    ngx_memcpy(p, acr->data, acr->len);

    if (acr->len) {
        p[acr->len++] = ' ';
    }

    ngx_memcpy(p + acr->len, s.data, s.len);
    acr->data = p;
    acr->len += s.len;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_condition_acr(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t  *acr = dst;

    acr->len = 0;
    acr->data = (u_char *) "";

    return ngx_court_policy_each(ps, at, node,
                                 ngx_court_policy_condition_acr_value, acr);
}
