/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A condition's program, run with three-valued logic: a value that is absent
 * or could not be found out is neither true nor false.  Flat, without
 * recursion and allocation.
 */

#include "ngx_court_policy_internal.h"


typedef ngx_uint_t (*ngx_court_test_pt)(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);

typedef struct {
    uint32_t                   end;
    u_char                     kind;
    u_char                     outcome;   /* of the children so far */
} ngx_court_group_t;


static ngx_uint_t ngx_court_condition_test(ngx_court_eval_t *ev,
    const ngx_court_node_t *node, ngx_court_side_t side);
static ngx_uint_t ngx_court_condition_unknown(ngx_court_eval_t *ev,
    const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_state_t state);
static ngx_uint_t ngx_court_condition_exists(ngx_court_eval_t *ev,
    const ngx_court_node_t *node, ngx_court_side_t side,
    const ngx_court_value_t *v);
static ngx_uint_t ngx_court_condition_eq(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_ne(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_lt(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_le(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_gt(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_ge(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_in(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_not_in(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_contains(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_count(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);
static ngx_uint_t ngx_court_condition_covers(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now);


static const ngx_court_test_pt  ngx_court_tests[NGX_COURT_NOPS] = {
    [NGX_COURT_OP_EQ] = ngx_court_condition_eq,
    [NGX_COURT_OP_NE] = ngx_court_condition_ne,
    [NGX_COURT_OP_LT] = ngx_court_condition_lt,
    [NGX_COURT_OP_LE] = ngx_court_condition_le,
    [NGX_COURT_OP_GT] = ngx_court_condition_gt,
    [NGX_COURT_OP_GE] = ngx_court_condition_ge,
    [NGX_COURT_OP_IN] = ngx_court_condition_in,
    [NGX_COURT_OP_NOT_IN] = ngx_court_condition_not_in,
    [NGX_COURT_OP_CONTAINS] = ngx_court_condition_contains,
    [NGX_COURT_OP_COUNT] = ngx_court_condition_count,
    [NGX_COURT_OP_COVERS] = ngx_court_condition_covers,
    [NGX_COURT_OP_EXISTS] = NULL             /* asks the state alone */
};


/* the outcomes that "a and b" can have, given those of a and of b */

ngx_uint_t
ngx_court_outcome_and(ngx_uint_t a, ngx_uint_t b)
{
    ngx_uint_t  both, either, outcome;

    both = a & b;
    either = a | b;

    outcome = (both & NGX_COURT_TRUE) | (either & NGX_COURT_FALSE);

    /* absent, where neither is false and one at least is absent */

    if (((a & NGX_COURT_ABSENT) && (b & (NGX_COURT_TRUE|NGX_COURT_ABSENT)))
        || ((b & NGX_COURT_ABSENT) && (a & NGX_COURT_TRUE)))
    {
        outcome |= NGX_COURT_ABSENT;
    }

    return outcome;
}


ngx_uint_t
ngx_court_outcome_not(ngx_uint_t a)
{
    return (a & NGX_COURT_ABSENT)
           | ((a & NGX_COURT_TRUE) ? NGX_COURT_FALSE : 0)
           | ((a & NGX_COURT_FALSE) ? NGX_COURT_TRUE : 0);
}


static ngx_uint_t
ngx_court_outcome_or(ngx_uint_t a, ngx_uint_t b)
{
    return ngx_court_outcome_not(
               ngx_court_outcome_and(ngx_court_outcome_not(a),
                                     ngx_court_outcome_not(b)));
}


/* adds a child's outcome; 1 where no further child can change the group's */

static ngx_uint_t
ngx_court_condition_add(ngx_court_group_t *group, ngx_uint_t outcome)
{
    switch (group->kind) {

    case NGX_COURT_NODE_ALL:
        group->outcome = ngx_court_outcome_and(group->outcome, outcome);
        return group->outcome == NGX_COURT_FALSE;

    case NGX_COURT_NODE_ANY:
        group->outcome = ngx_court_outcome_or(group->outcome, outcome);
        return group->outcome == NGX_COURT_TRUE;

    default: /* NGX_COURT_NODE_NOT */
        group->outcome = ngx_court_outcome_not(outcome);
        return 1;
    }
}


ngx_uint_t
ngx_court_condition_eval(ngx_court_eval_t *ev,
    const ngx_court_condition_t *condition, ngx_court_side_t side)
{
    uint32_t                 i;
    ngx_uint_t               depth, outcome;
    ngx_court_group_t       *group;
    const ngx_court_node_t  *node;
    ngx_court_group_t        groups[NGX_COURT_POLICY_DEPTH];

    ev->bad = NULL;
    ev->unavailable = NULL;
    ev->none = NULL;

    depth = 0;
    i = 0;

    for ( ;; ) {
        node = &condition->nodes[i++];

        if (node->kind != NGX_COURT_NODE_TEST) {
            group = &groups[depth++];
            group->kind = node->kind;
            group->end = node->end;
            group->outcome = node->kind == NGX_COURT_NODE_ANY
                             ? NGX_COURT_FALSE : NGX_COURT_TRUE;
            continue;
        }

        outcome = ngx_court_condition_test(ev, node, side);

        /* the outermost node always is a group: depth is at least 1 here */

        for ( ;; ) {
            group = &groups[depth - 1];

            if (ngx_court_condition_add(group, outcome)) {
                i = group->end;
            }

            if (i < group->end) {
                break;
            }

            outcome = group->outcome;

            if (--depth == 0) {
                return outcome;
            }
        }
    }
}


static ngx_uint_t
ngx_court_condition_test(ngx_court_eval_t *ev, const ngx_court_node_t *node,
    ngx_court_side_t side)
{
    ngx_court_value_t  v, w;

    ngx_court_condition_value(ev, node->attr, side, &v);

    if (node->op == NGX_COURT_OP_EXISTS) {
        return ngx_court_condition_exists(ev, node, side, &v);
    }

    if (node->operand) {
        ngx_court_condition_value(ev, node->operand, side, &w);

    } else {
        w.state = NGX_COURT_V_PRESENT;
        w.num = node->num;
        w.str = node->str;
    }

    /* absent can't turn into true or false, whatever the other is */

    if (v.state != NGX_COURT_V_PRESENT
        && (v.state == NGX_COURT_V_ABSENT || w.state != NGX_COURT_V_ABSENT))
    {
        return ngx_court_condition_unknown(ev, node->attr, side, v.state);
    }

    if (w.state != NGX_COURT_V_PRESENT) {
        return ngx_court_condition_unknown(ev, node->operand, side, w.state);
    }

    if (ngx_court_tests[node->op](node, &v, &w, ev->input->now)) {
        return NGX_COURT_TRUE;
    }

    if (ev->bad == NULL) {
        ev->bad = node->attr;
    }

    return NGX_COURT_FALSE;
}


static ngx_uint_t
ngx_court_condition_unknown(ngx_court_eval_t *ev,
    const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_state_t state)
{
    if (state == NGX_COURT_V_UNAVAILABLE) {
        if (ev->unavailable == NULL) {
            ev->unavailable = attr;
        }

        return NGX_COURT_ANY;
    }

    if (ev->bad == NULL) {
        ev->bad = attr;
    }

    if (ev->none == NULL && attr->domain == NGX_COURT_D_FACT
        && !(ev->unasked & (1u << attr->fact))
        && ev->input->fact(ev->input->data, attr->fact, side)
           == NGX_COURT_F_NONE)
    {
        ev->none = attr;
    }

    return NGX_COURT_ABSENT;
}


static ngx_uint_t
ngx_court_condition_exists(ngx_court_eval_t *ev, const ngx_court_node_t *node,
    ngx_court_side_t side, const ngx_court_value_t *v)
{
    if (v->state == NGX_COURT_V_UNAVAILABLE) {
        (void) ngx_court_condition_unknown(ev, node->attr, side, v->state);
        return NGX_COURT_TRUE|NGX_COURT_FALSE;
    }

    if ((v->state == NGX_COURT_V_PRESENT) == (node->num != 0)) {
        return NGX_COURT_TRUE;
    }

    if (v->state == NGX_COURT_V_ABSENT) {
        (void) ngx_court_condition_unknown(ev, node->attr, side, v->state);

    } else if (ev->bad == NULL) {
        ev->bad = node->attr;
    }

    return NGX_COURT_FALSE;
}


/* what the match knows is answered here, the rest by the caller's getter */

void
ngx_court_condition_value(ngx_court_eval_t *ev, const ngx_court_attr_t *attr,
    ngx_court_side_t side, ngx_court_value_t *v)
{
    ngx_uint_t                i;
    const ngx_court_match_t  *match = ev->input->match;

    v->state = NGX_COURT_V_ABSENT;
    v->type = attr->type;
    v->num = 0;
    ngx_str_null(&v->str);

    switch (attr->domain) {

    case NGX_COURT_D_PATH:
        for (i = 0; i < match->nvars; i++) {
            if (match->vars[i].name == attr->field) {
                v->state = NGX_COURT_V_PRESENT;
                v->str = match->vars[i].value;
            }
        }

        return;

    case NGX_COURT_D_REQUEST:
        if (attr->field == NGX_COURT_A_REQUEST_INTERFACE) {
            v->state = NGX_COURT_V_PRESENT;
            v->str = match->interface->id;
            return;
        }

        break;

    case NGX_COURT_D_FACT:
        if (ev->unasked & (1u << attr->fact)) {
            return;
        }

        break;

    default:
        break;
    }

    ev->input->value(ev->input->data, attr, side, v);
}


static ngx_int_t
ngx_court_condition_compare(ngx_uint_t op, int64_t a, int64_t b)
{
    switch (op) {
    case NGX_COURT_OP_EQ:
        return a == b;
    case NGX_COURT_OP_NE:
        return a != b;
    case NGX_COURT_OP_LT:
        return a < b;
    case NGX_COURT_OP_LE:
        return a <= b;
    case NGX_COURT_OP_GT:
        return a > b;
    default:
        return a >= b;
    }
}


static ngx_uint_t
ngx_court_condition_eq(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    if (node->numeric) {
        return v->num == w->num;
    }

    return ngx_court_str_eq(&v->str, &w->str);
}


static ngx_uint_t
ngx_court_condition_ne(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return !ngx_court_condition_eq(node, v, w, now);
}


static ngx_uint_t
ngx_court_condition_lt(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return v->num < w->num;
}


static ngx_uint_t
ngx_court_condition_le(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return v->num <= w->num;
}


static ngx_uint_t
ngx_court_condition_gt(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return v->num > w->num;
}


static ngx_uint_t
ngx_court_condition_ge(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return v->num >= w->num;
}


static ngx_uint_t
ngx_court_condition_in(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    ngx_uint_t  i;

    if (node->operand) {
        return ngx_court_list_contains(w, &v->str);
    }

    for (i = 0; i < node->n; i++) {
        if (node->numeric ? node->nums[i] == v->num
                          : ngx_court_str_eq(&node->strs[i], &v->str))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_court_condition_not_in(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return !ngx_court_condition_in(node, v, w, now);
}


static ngx_uint_t
ngx_court_condition_contains(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return ngx_court_list_contains(v, &w->str);
}


static ngx_uint_t
ngx_court_condition_count(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    ngx_uint_t  n;

    n = node->attr->type == NGX_COURT_T_LIST ? ngx_court_list_count(v)
                                             : ngx_court_intervals_count(v);

    return ngx_court_condition_compare(node->cmp, n, node->num);
}


/* [intervals, "covers_now", false]: none of them does */

static ngx_uint_t
ngx_court_condition_covers(const ngx_court_node_t *node,
    const ngx_court_value_t *v, const ngx_court_value_t *w, time_t now)
{
    return ngx_court_intervals_cover(v, now) == (ngx_uint_t) node->num;
}
