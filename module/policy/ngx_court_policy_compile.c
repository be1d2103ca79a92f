/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy's text becomes its compiled form: the document first, then its
 * parts in the order in which they need one another, whatever their order in
 * the file; then the cells.
 */

#include "ngx_court_policy_internal.h"


typedef ngx_int_t (*ngx_court_section_pt)(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node);

typedef struct {
    int64_t                    format;
    int64_t                    version;
    const ngx_court_json_t    *facts;
    const ngx_court_json_t    *conditions;
    const ngx_court_json_t    *interfaces;
    const ngx_court_json_t    *rules;
    const ngx_court_json_t    *reasons;
} ngx_court_document_t;


static ngx_int_t ngx_court_policy_compile_document(ngx_court_parse_t *ps);
static ngx_int_t ngx_court_policy_compile_sections(ngx_court_parse_t *ps,
    const ngx_court_at_t *root, ngx_court_document_t *doc);


static const ngx_court_member_t  ngx_court_document_members[] = {
    { "format", 1, ngx_court_policy_int,
      offsetof(ngx_court_document_t, format) },
    { "version", 1, ngx_court_policy_int,
      offsetof(ngx_court_document_t, version) },
    { "facts", 0, ngx_court_policy_keep,
      offsetof(ngx_court_document_t, facts) },
    { "conditions", 0, ngx_court_policy_keep,
      offsetof(ngx_court_document_t, conditions) },
    { "interfaces", 1, ngx_court_policy_keep,
      offsetof(ngx_court_document_t, interfaces) },
    { "rules", 1, ngx_court_policy_keep,
      offsetof(ngx_court_document_t, rules) },
    { "reasons", 0, ngx_court_policy_keep,
      offsetof(ngx_court_document_t, reasons) },
    { NULL, 0, NULL, 0 }
};

static const struct {
    ngx_str_t                  name;
    size_t                     offset;
    ngx_court_section_pt       parse;
} ngx_court_sections[] = {
    { ngx_string("facts"), offsetof(ngx_court_document_t, facts),
      ngx_court_policy_facts_parse },
    { ngx_string("reasons"), offsetof(ngx_court_document_t, reasons),
      ngx_court_policy_reasons_parse },
    { ngx_string("interfaces"), offsetof(ngx_court_document_t, interfaces),
      ngx_court_policy_interfaces_parse },
    { ngx_string("conditions"), offsetof(ngx_court_document_t, conditions),
      ngx_court_policy_conditions_parse },
    { ngx_string("rules"), offsetof(ngx_court_document_t, rules),
      ngx_court_policy_rules_parse },
    { ngx_null_string, 0, NULL }
};


static ngx_court_policy_t *
ngx_court_policy_create(ngx_pool_t *pool, const ngx_str_t *text)
{
    ngx_court_policy_t  *policy;

    policy = ngx_pcalloc(pool, sizeof(ngx_court_policy_t));
    if (policy == NULL) {
        return NULL;
    }

    policy->pool = pool;
    policy->trie = ngx_court_trie_create(pool);

    if (policy->trie == NULL
        || ngx_array_init(&policy->attrs, pool, 32, sizeof(void *)) != NGX_OK
        || ngx_array_init(&policy->path_names, pool, 8, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_court_sha256(text, 1, policy->hash) != NGX_OK)
    {
        return NULL;
    }

    return policy;
}


ngx_court_policy_t *
ngx_court_policy_compile(ngx_pool_t *pool, const ngx_str_t *text,
    const ngx_court_vocab_t *vocab, ngx_str_t *err)
{
    ngx_int_t          rc;
    ngx_str_t          ignored;
    ngx_court_parse_t  ps;

    ngx_memzero(&ps, sizeof(ngx_court_parse_t));

    ps.pool = pool;
    ps.text = text;
    ps.vocab = vocab;
    ps.err = err ? err : &ignored;
    ngx_str_set(ps.err, "no memory");

    ps.policy = ngx_court_policy_create(pool, text);
    if (ps.policy == NULL) {
        return NULL;
    }

    ps.tmp = ngx_create_pool(NGX_MAX_ALLOC_FROM_POOL, pool->log);
    if (ps.tmp == NULL) {
        return NULL;
    }

    rc = ngx_court_policy_compile_document(&ps);

    ngx_destroy_pool(ps.tmp);

    return rc == NGX_OK ? ps.policy : NULL;
}


static ngx_int_t
ngx_court_policy_compile_document(ngx_court_parse_t *ps)
{
    ngx_str_t              why;
    ngx_court_at_t         root, here;
    ngx_court_json_t      *json;
    ngx_court_document_t   doc;

    ngx_memzero(&root, sizeof(ngx_court_at_t));
    ngx_memzero(&doc, sizeof(ngx_court_document_t));

    json = ngx_court_json_parse(ps->tmp, ps->text, &ngx_court_json_large,
                                &why);
    if (json == NULL) {                      /* its text may die with tmp */
        if (ngx_court_policy_copy(ps, &why) == NGX_OK) {
            *ps->err = why;
        }

        return NGX_ERROR;
    }

    if (ngx_court_policy_object(ps, &root, json, ngx_court_document_members,
                                &doc)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    here.parent = &root;

    if (doc.format != 1) {
        ngx_str_set(&here.name, "format");
        return ngx_court_policy_error(ps, &here, "must be 1");
    }

    if (doc.version < 1) {
        ngx_str_set(&here.name, "version");
        return ngx_court_policy_error(ps, &here, "must be at least 1");
    }

    ps->policy->version = doc.version;

    return ngx_court_policy_compile_sections(ps, &root, &doc);
}


static ngx_int_t
ngx_court_policy_compile_sections(ngx_court_parse_t *ps,
    const ngx_court_at_t *root, ngx_court_document_t *doc)
{
    ngx_uint_t               i;
    ngx_court_at_t           here;
    const ngx_court_json_t  *node;

    here.parent = root;

    if (ngx_court_policy_vocab_init(ps) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; ngx_court_sections[i].parse; i++) {
        node = *(const ngx_court_json_t **)
                   ((u_char *) doc + ngx_court_sections[i].offset);

        if (node == NULL) {
            continue;
        }

        here.name = ngx_court_sections[i].name;

        if (ngx_court_sections[i].parse(ps, &here, node) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_court_policy_cells_build(ps) != NGX_OK
        || ngx_court_policy_cells_check(ps, &here) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_needs_build(ps);
}
