/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Building the trie of path templates: one level for each segment, a trailing
 * slash an empty one.  Walking it: ngx_court_match.c.
 */

#include "ngx_court_trie.h"


/* a template being added */
typedef struct {
    ngx_court_segments_t       segments;
    ngx_uint_t                 nvars;
    ngx_uint_t                 names[NGX_COURT_POLICY_PATH_VARS];
    uint64_t                   vars;      /* bits of names */
} ngx_court_template_t;


static ngx_int_t ngx_court_trie_node_init(ngx_pool_t *pool,
    ngx_court_trie_node_t *node);
static ngx_int_t ngx_court_trie_check(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_segments_t *segments);
static ngx_int_t ngx_court_trie_name(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_str_t *segment, ngx_uint_t *name,
    ngx_uint_t *text);
static ngx_court_trie_node_t *ngx_court_trie_step(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_trie_node_t *node,
    const ngx_str_t *segment);
static ngx_court_trie_node_t *ngx_court_trie_var_step(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_trie_node_t *node,
    ngx_court_template_t *t, ngx_uint_t i);
static ngx_int_t ngx_court_trie_methods(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_court_trie_node_t *node,
    const ngx_str_t *methods, ngx_uint_t nmethods,
    const ngx_court_interface_t *interface);
static ngx_uint_t ngx_court_trie_twin(const ngx_court_trie_node_t *node,
    const ngx_court_segments_t *segments, ngx_uint_t i,
    const ngx_court_trie_node_t *except);


ngx_court_trie_t *
ngx_court_trie_create(ngx_pool_t *pool)
{
    ngx_court_trie_t  *trie;

    trie = ngx_palloc(pool, sizeof(ngx_court_trie_t));

    if (trie == NULL || ngx_court_trie_node_init(pool, &trie->root) != NGX_OK)
    {
        return NULL;
    }

    return trie;
}


static ngx_int_t
ngx_court_trie_node_init(ngx_pool_t *pool, ngx_court_trie_node_t *node)
{
    ngx_memzero(node, sizeof(ngx_court_trie_node_t));

    if (ngx_array_init(&node->children, pool, 1,
                       sizeof(ngx_court_trie_child_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_array_init(&node->methods, pool, 1,
                          sizeof(ngx_court_trie_method_t));
}


ngx_int_t
ngx_court_trie_split(const ngx_str_t *path, ngx_court_segments_t *segments)
{
    u_char     *p, *last, *start;
    ngx_str_t  *s;

    if (path->len == 0 || path->data[0] != '/') {
        return NGX_DECLINED;
    }

    segments->n = 0;
    start = path->data + 1;
    last = path->data + path->len;

    for (p = start; /* void */ ; p++) {
        if (p < last && *p != '/') {
            continue;
        }

        if (segments->n == NGX_COURT_POLICY_SEGMENTS) {
            return NGX_DECLINED;
        }

        s = &segments->s[segments->n++];
        s->data = start;
        s->len = p - start;
        start = p + 1;

        if (p == last) {
            return NGX_OK;
        }
    }
}


#define ngx_court_trie_is_var(s)  ((s)->len && (s)->data[0] == '{')


ngx_int_t
ngx_court_trie_add(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_str_t *template, const ngx_str_t *methods, ngx_uint_t nmethods,
    ngx_court_iface_t *iface, uint64_t *vars)
{
    ngx_uint_t              i;
    ngx_court_template_t    t;
    ngx_court_trie_node_t  *node;

    ngx_memzero(&t, sizeof(ngx_court_template_t));

    if (ngx_court_trie_split(template, &t.segments) != NGX_OK) {
        return ngx_court_policy_error(ps, at, "must begin with a slash and "
                                      "have at most %d segments",
                                      NGX_COURT_POLICY_SEGMENTS);
    }

    if (ngx_court_trie_check(ps, at, &t.segments) != NGX_OK) {
        return NGX_ERROR;
    }

    node = &ps->policy->trie->root;

    for (i = 0; i < t.segments.n; i++) {
        node = ngx_court_trie_is_var(&t.segments.s[i])
               ? ngx_court_trie_var_step(ps, at, node, &t, i)
               : ngx_court_trie_step(ps, at, node, &t.segments.s[i]);

        if (node == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_court_trie_twin(&ps->policy->trie->root, &t.segments, 0, node)
        || (node->methods.nelts
            && ngx_memcmp(node->vars, t.names, sizeof(t.names)) != 0))
    {
        return ngx_court_policy_error(ps, at, "differs from another path in "
                                      "variable names only");
    }

    node->nvars = t.nvars;
    ngx_memcpy(node->vars, t.names, sizeof(t.names));
    *vars = t.vars;

    return ngx_court_trie_methods(ps, at, node, methods, nmethods,
                                  &iface->pub);
}


static ngx_int_t
ngx_court_trie_methods(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_court_trie_node_t *node, const ngx_str_t *methods,
    ngx_uint_t nmethods, const ngx_court_interface_t *interface)
{
    ngx_uint_t                i, k;
    ngx_court_trie_method_t  *m;

    for (i = 0; i < nmethods; i++) {
        m = node->methods.elts;

        for (k = 0; k < node->methods.nelts; k++) {
            if (ngx_court_str_eq(&m[k].method, &methods[i])) {
                return ngx_court_policy_error(ps, at, "%V of this path is "
                                              "\"%V\" already", &methods[i],
                                              &m[k].interface->id);
            }
        }

        m = ngx_array_push(&node->methods);
        if (m == NULL) {
            return ngx_court_policy_error(ps, at, "no memory");
        }

        m->method = methods[i];
        m->interface = interface;
    }

    return NGX_OK;
}


/* literals are canonical, so that no request misses or shadows them */

static ngx_int_t
ngx_court_trie_check(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_segments_t *segments)
{
    ngx_str_t         text, path, args;
    ngx_uint_t        i;
    const ngx_str_t  *s;

    for (i = 0; i < segments->n; i++) {
        s = &segments->s[i];

        if (s->len == 0) {
            if (i + 1 == segments->n) {
                break;
            }

            return ngx_court_policy_error(ps, at, "has an empty segment");
        }

        if (ngx_court_trie_is_var(s)) {
            continue;
        }

        text.data = s->data - 1;             /* with its slash */
        text.len = s->len + 1;

        if (ngx_court_path_canonical(&text, &path, &args) != NGX_OK
            || path.len != text.len)
        {
            return ngx_court_policy_error(ps, at, "segment \"%V\" is not "
                                          "canonical", s);
        }
    }

    return NGX_OK;
}


/* {name} or {name:text}; the segment becomes the bare name */

static ngx_int_t
ngx_court_trie_name(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_str_t *segment, ngx_uint_t *name, ngx_uint_t *text)
{
    ngx_str_t   s, *slot;

    s.data = segment->data + 1;
    s.len = segment->len - 1;
    *text = 0;

    if (s.len == 0 || s.data[s.len - 1] != '}') {
        return ngx_court_policy_error(ps, at, "a variable is a whole "
                                      "segment, {name}");
    }

    s.len--;

    if (s.len > 5 && ngx_memcmp(s.data + s.len - 5, ":text", 5) == 0) {
        s.len -= 5;
        *text = 1;
    }

    if (!ngx_court_policy_is_id(&s, 0)) {
        return ngx_court_policy_error(ps, at, "invalid variable \"%V\"",
                                      segment);
    }

    *name = ngx_court_policy_path_find(ps->policy, &s);

    if (*name != NGX_COURT_NO_FIELD) {
        return NGX_OK;
    }

    if (ps->policy->path_names.nelts == 64) {
        return ngx_court_policy_error(ps, at, "more than 64 names of "
                                      "variables");
    }

    slot = ngx_array_push(&ps->policy->path_names);
    if (slot == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    *slot = s;
    *name = ps->policy->path_names.nelts - 1;

    return NGX_OK;
}


ngx_uint_t
ngx_court_trie_search(const ngx_court_trie_node_t *node,
    const ngx_str_t *segment, ngx_uint_t *place)
{
    ngx_int_t                      rc;
    ngx_uint_t                     lo, hi, mid;
    const ngx_court_trie_child_t  *child;

    child = node->children.elts;
    lo = 0;
    hi = node->children.nelts;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        /* by length first: most comparisons then end without memcmp */

        rc = (segment->len > child[mid].segment.len)
             - (segment->len < child[mid].segment.len);

        if (rc == 0) {
            rc = ngx_memcmp(segment->data, child[mid].segment.data,
                            segment->len);
        }

        if (rc == 0) {
            *place = mid;
            return 1;
        }

        if (rc < 0) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    *place = lo;

    return 0;
}


static ngx_court_trie_node_t *
ngx_court_trie_node(ngx_court_parse_t *ps, const ngx_court_at_t *at)
{
    ngx_court_trie_node_t  *node;

    node = ngx_palloc(ps->pool, sizeof(ngx_court_trie_node_t));

    if (node == NULL || ngx_court_trie_node_init(ps->pool, node) != NGX_OK) {
        (void) ngx_court_policy_error(ps, at, "no memory");
        return NULL;
    }

    return node;
}


static ngx_court_trie_node_t *
ngx_court_trie_step(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_court_trie_node_t *node, const ngx_str_t *segment)
{
    ngx_uint_t               place;
    ngx_court_trie_node_t   *next;
    ngx_court_trie_child_t  *child;

    if (ngx_court_trie_search(node, segment, &place)) {
        child = node->children.elts;
        return child[place].node;
    }

    next = ngx_court_trie_node(ps, at);
    if (next == NULL) {
        return NULL;
    }

    if (ngx_array_push(&node->children) == NULL) {
        (void) ngx_court_policy_error(ps, at, "no memory");
        return NULL;
    }

    child = node->children.elts;

    ngx_memmove(&child[place + 1], &child[place],
                (node->children.nelts - 1 - place)
                * sizeof(ngx_court_trie_child_t));

    child[place].segment = *segment;
    child[place].node = next;

    return next;
}


static ngx_court_trie_node_t *
ngx_court_trie_var_step(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    ngx_court_trie_node_t *node, ngx_court_template_t *t, ngx_uint_t i)
{
    ngx_str_t               *segment = &t->segments.s[i];
    ngx_uint_t               name, text;
    ngx_court_trie_node_t  **next;

    if (t->nvars == NGX_COURT_POLICY_PATH_VARS) {
        (void) ngx_court_policy_error(ps, at, "more than %d variables",
                                      NGX_COURT_POLICY_PATH_VARS);
        return NULL;
    }

    name = 0;
    text = 0;

    if (ngx_court_trie_name(ps, at, segment, &name, &text) != NGX_OK) {
        return NULL;
    }

    if (t->vars & ((uint64_t) 1 << name)) {
        (void) ngx_court_policy_error(ps, at, "variable \"%V\" stands twice",
                                      segment);
        return NULL;
    }

    t->vars |= (uint64_t) 1 << name;
    t->names[t->nvars++] = name;

    next = text ? &node->text : &node->var;

    if (*next == NULL) {
        *next = ngx_court_trie_node(ps, at);
    }

    return *next;
}


/*
 * Does another template end where this one would, were all variables alike?
 * Recursion is bounded by NGX_COURT_POLICY_SEGMENTS; only while loading.
 */

static ngx_uint_t
ngx_court_trie_twin(const ngx_court_trie_node_t *node,
    const ngx_court_segments_t *segments, ngx_uint_t i,
    const ngx_court_trie_node_t *except)
{
    ngx_uint_t                     place;
    const ngx_court_trie_child_t  *child;

    if (node == NULL) {
        return 0;
    }

    if (i == segments->n) {
        return node != except && node->methods.nelts;
    }

    if (ngx_court_trie_is_var(&segments->s[i])) {
        return ngx_court_trie_twin(node->var, segments, i + 1, except)
               || ngx_court_trie_twin(node->text, segments, i + 1, except);
    }

    if (!ngx_court_trie_search(node, &segments->s[i], &place)) {
        return 0;
    }

    child = node->children.elts;

    return ngx_court_trie_twin(child[place].node, segments, i + 1, except);
}
