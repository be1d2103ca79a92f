/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One test of a condition, [attribute, operator, operand]: types are checked
 * here, so that deciding needs no check.
 */

#include "ngx_court_policy_internal.h"


#define NGX_COURT_T_BIT(t)   (1u << NGX_COURT_T_##t)

#define NGX_COURT_T_TEXTS    (NGX_COURT_T_BIT(STRING)|NGX_COURT_T_BIT(ENUM))
#define NGX_COURT_T_NUMBERS  (NGX_COURT_T_BIT(INT)|NGX_COURT_T_BIT(TIME)      \
                              |NGX_COURT_T_BIT(SECONDS))
#define NGX_COURT_T_SETS     (NGX_COURT_T_BIT(LIST)|NGX_COURT_T_BIT(INTERVALS))
#define NGX_COURT_T_ALL      (NGX_COURT_T_TEXTS|NGX_COURT_T_NUMBERS           \
                              |NGX_COURT_T_BIT(BOOL)|NGX_COURT_T_SETS)


typedef ngx_int_t (*ngx_court_operand_pt)(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);

typedef struct {
    const char                *name;
    ngx_court_op_t             op;
    ngx_uint_t                 types;     /* of the attribute */
    ngx_court_operand_pt       operand;
    ngx_uint_t                 optional;  /* operand may be missing */
} ngx_court_op_def_t;


static ngx_int_t ngx_court_policy_test_scalar(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
static ngx_int_t ngx_court_policy_test_set(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
static ngx_int_t ngx_court_policy_test_element(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
static ngx_int_t ngx_court_policy_test_count(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
static ngx_int_t ngx_court_policy_test_bool(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);
static ngx_int_t ngx_court_policy_test_court(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node,
    ngx_court_node_t *test);


static const ngx_court_op_def_t  ngx_court_ops[] = {
    { "==", NGX_COURT_OP_EQ,
      NGX_COURT_T_TEXTS|NGX_COURT_T_NUMBERS|NGX_COURT_T_BIT(BOOL),
      ngx_court_policy_test_scalar, 0 },
    { "!=", NGX_COURT_OP_NE,
      NGX_COURT_T_TEXTS|NGX_COURT_T_NUMBERS|NGX_COURT_T_BIT(BOOL),
      ngx_court_policy_test_scalar, 0 },
    { "<", NGX_COURT_OP_LT, NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_scalar, 0 },
    { "<=", NGX_COURT_OP_LE, NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_scalar, 0 },
    { ">", NGX_COURT_OP_GT, NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_scalar, 0 },
    { ">=", NGX_COURT_OP_GE, NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_scalar, 0 },
    { "in", NGX_COURT_OP_IN, NGX_COURT_T_TEXTS|NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_set, 0 },
    { "not_in", NGX_COURT_OP_NOT_IN, NGX_COURT_T_TEXTS|NGX_COURT_T_NUMBERS,
      ngx_court_policy_test_set, 0 },
    { "contains", NGX_COURT_OP_CONTAINS, NGX_COURT_T_BIT(LIST),
      ngx_court_policy_test_element, 0 },
    { "count", NGX_COURT_OP_COUNT, NGX_COURT_T_SETS,
      ngx_court_policy_test_count, 0 },
    { "covers_now", NGX_COURT_OP_COVERS, NGX_COURT_T_BIT(INTERVALS),
      ngx_court_policy_test_bool, 1 },
    { "exists", NGX_COURT_OP_EXISTS, NGX_COURT_T_ALL,
      ngx_court_policy_test_bool, 1 },
    { "matches_court", NGX_COURT_OP_IN, NGX_COURT_T_TEXTS,
      ngx_court_policy_test_court, 1 },
    { NULL, 0, 0, NULL, 0 }
};


static const ngx_court_op_def_t *
ngx_court_policy_test_op(const ngx_str_t *name)
{
    const ngx_court_op_def_t  *def;

    for (def = ngx_court_ops; def->name; def++) {
        if (name->len == ngx_strlen(def->name)
            && ngx_memcmp(name->data, def->name, name->len) == 0)
        {
            return def;
        }
    }

    return NULL;
}


ngx_int_t
ngx_court_policy_test_parse(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_str_t                  name, op;
    ngx_uint_t                 n;
    ngx_court_at_t             here;
    const ngx_court_op_def_t  *def;

    n = ngx_court_json_size(node);

    if (n < 2 || n > 3) {
        return ngx_court_policy_error(ps, at, "a test is [attribute, "
                                      "operator, operand]");
    }

    here.parent = at;
    ngx_str_null(&here.name);
    here.index = 0;

    if (ngx_court_policy_string(ps, &here, ngx_court_json_at(node, 0), &name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    test->kind = NGX_COURT_NODE_TEST;
    test->attr = ngx_court_policy_attr(ps, &here, &name);
    if (test->attr == NULL) {
        return NGX_ERROR;
    }

    here.index = 1;

    if (ngx_court_policy_string(ps, &here, ngx_court_json_at(node, 1), &op)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    def = ngx_court_policy_test_op(&op);
    if (def == NULL) {
        return ngx_court_policy_error(ps, &here, "unknown operator \"%V\"",
                                      &op);
    }

    if (!(def->types & (1u << test->attr->type))) {
        return ngx_court_policy_error(ps, &here, "\"%V\" is not for %s, "
                                      "which \"%V\" is", &op,
                                      ngx_court_type_name(test->attr->type),
                                      &name);
    }

    if (n == 2 && !def->optional) {
        return ngx_court_policy_error(ps, at, "\"%V\" needs an operand", &op);
    }

    test->op = def->op;
    test->num = 1;
    test->numeric = ((1u << test->attr->type)
                     & (NGX_COURT_T_NUMBERS|NGX_COURT_T_BIT(BOOL))) != 0;

    here.index = 2;

    return def->operand(ps, &here, n == 3 ? ngx_court_json_at(node, 2) : NULL,
                        test);
}


/* {"attr": "NAME"}: NGX_OK, NGX_DECLINED where node is no such operand */

static ngx_int_t
ngx_court_policy_test_attr(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_uint_t types, ngx_court_node_t *test)
{
    ngx_str_t                         name;

    static const ngx_court_member_t   members[] = {
        { "attr", 1, ngx_court_policy_string, 0 },
        { NULL, 0, NULL, 0 }
    };

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return NGX_DECLINED;
    }

    if (ngx_court_policy_object(ps, at, node, members, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    test->operand = ngx_court_policy_attr(ps, at, &name);
    if (test->operand == NULL) {
        return NGX_ERROR;
    }

    if (!(types & (1u << test->operand->type))) {
        return ngx_court_policy_error(ps, at, "\"%V\" is %s, which doesn't "
                                      "compare to %s", &name,
                                      ngx_court_type_name(test->operand->type),
                                      ngx_court_type_name(test->attr->type));
    }

    return NGX_OK;
}


/* what an operand attribute may be, for an attribute of that type */

static ngx_uint_t
ngx_court_policy_test_like(ngx_court_type_t type)
{
    if (NGX_COURT_T_TEXTS & (1u << type)) {
        return NGX_COURT_T_TEXTS;
    }

    return 1u << type;
}


static ngx_int_t
ngx_court_policy_test_literal(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_type_t type, ngx_str_t *str,
    int64_t *num)
{
    ngx_str_t   s;
    ngx_uint_t  flag;

    switch (type) {

    case NGX_COURT_T_BOOL:
        if (ngx_court_policy_flag(ps, at, node, &flag) != NGX_OK) {
            return NGX_ERROR;
        }

        *num = flag;
        return NGX_OK;

    case NGX_COURT_T_INT:
    case NGX_COURT_T_SECONDS:
        return ngx_court_policy_int(ps, at, node, num);

    case NGX_COURT_T_TIME:
        if (ngx_court_policy_string(ps, at, node, &s) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_court_time_parse(&s, num) != NGX_OK) {
            return ngx_court_policy_error(ps, at, "\"%V\" is no time", &s);
        }

        return NGX_OK;

    default:
        return ngx_court_policy_string(ps, at, node, str);
    }
}


/* a word that an enum never has is a typo: a forbid with it never fires */

static ngx_int_t
ngx_court_policy_test_word(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_attr_t *attr, const ngx_str_t *word)
{
    if (attr->domain != NGX_COURT_D_FACT || attr->type != NGX_COURT_T_ENUM
        || ngx_court_fact_word(&ps->policy->facts[attr->fact]->name,
                               &attr->name, word)
           == NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_court_policy_error(ps, at, "\"%V\" is no value of \"%V\"", word,
                                  &attr->name);
}


static ngx_int_t
ngx_court_policy_test_scalar(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_int_t  rc;

    rc = ngx_court_policy_test_attr(ps, at, node,
                                    ngx_court_policy_test_like(
                                        test->attr->type),
                                    test);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_court_policy_test_literal(ps, at, node, test->attr->type,
                                       &test->str, &test->num);

    return rc == NGX_OK
           ? ngx_court_policy_test_word(ps, at, test->attr, &test->str) : rc;
}


static ngx_int_t
ngx_court_policy_test_member(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    ngx_court_node_t  *test = dst;

    ngx_int_t  rc;

    rc = ngx_court_policy_test_literal(ps, at, node, test->attr->type,
                                       &test->strs[at->index],
                                       &test->nums[at->index]);
    return rc == NGX_OK
           ? ngx_court_policy_test_word(ps, at, test->attr,
                                        &test->strs[at->index])
           : rc;
}


static ngx_int_t
ngx_court_policy_test_set(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_int_t  rc;

    rc = ngx_court_policy_test_attr(ps, at, node,
                                    test->numeric ? 0 : NGX_COURT_T_BIT(LIST),
                                    test);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    test->n = ngx_court_json_size(node);
    test->strs = ngx_pcalloc(ps->pool, (test->n + 1) * sizeof(ngx_str_t));
    test->nums = ngx_pcalloc(ps->pool, (test->n + 1) * sizeof(int64_t));

    if (test->strs == NULL || test->nums == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    return ngx_court_policy_each(ps, at, node, ngx_court_policy_test_member,
                                 test);
}


static ngx_int_t
ngx_court_policy_test_element(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_int_t  rc;

    rc = ngx_court_policy_test_attr(ps, at, node, NGX_COURT_T_TEXTS, test);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_court_policy_string(ps, at, node, &test->str);
}


/* ["<=", 3] */

static ngx_int_t
ngx_court_policy_test_count(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_str_t                  op;
    ngx_court_at_t             here;
    const ngx_court_op_def_t  *def;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY
        || ngx_court_json_size(node) != 2)
    {
        return ngx_court_policy_error(ps, at, "must be [operator, number]");
    }

    here.parent = at;
    ngx_str_null(&here.name);
    here.index = 0;

    if (ngx_court_policy_string(ps, &here, ngx_court_json_at(node, 0), &op)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    def = ngx_court_policy_test_op(&op);
    if (def == NULL || def->op > NGX_COURT_OP_GE) {
        return ngx_court_policy_error(ps, &here, "\"%V\" doesn't compare "
                                      "numbers", &op);
    }

    test->cmp = def->op;
    here.index = 1;

    return ngx_court_policy_int(ps, &here, ngx_court_json_at(node, 1),
                                &test->num);
}


/* true where it isn't written */

static ngx_int_t
ngx_court_policy_test_bool(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    if (node == NULL) {
        return NGX_OK;
    }

    return ngx_court_policy_test_literal(ps, at, node, NGX_COURT_T_BOOL, NULL,
                                         &test->num);
}


/* "is the request's court or above it" is: in court.ancestors */

static ngx_int_t
ngx_court_policy_test_court(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, ngx_court_node_t *test)
{
    ngx_str_t  name = ngx_string("court.ancestors");

    if (ngx_court_policy_test_bool(ps, at, node, test) != NGX_OK) {
        return NGX_ERROR;
    }

    if (test->num == 0) {
        test->op = NGX_COURT_OP_NOT_IN;
    }

    test->operand = ngx_court_policy_attr(ps, at, &name);

    return test->operand ? NGX_OK : NGX_ERROR;
}
