/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trie of path templates.  One level for each segment; a literal goes
 * before a variable, a variable before one declared text, and where a way
 * leads nowhere the next one is tried.  A trailing slash is an empty segment.
 */

#include "ngx_court_policy_internal.h"


typedef struct ngx_court_trie_node_s  ngx_court_trie_node_t;

typedef struct {
    ngx_str_t                  segment;
    ngx_court_trie_node_t     *node;
} ngx_court_trie_child_t;

typedef struct {
    ngx_str_t                  method;
    const ngx_court_interface_t  *interface;
} ngx_court_trie_method_t;

struct ngx_court_trie_node_s {
    ngx_array_t                children;  /* of child_t, sorted */
    ngx_court_trie_node_t     *var;
    ngx_court_trie_node_t     *text;
    ngx_array_t                methods;   /* of method_t; a template ends */
    ngx_uint_t                 nvars;
    ngx_uint_t                 vars[NGX_COURT_POLICY_PATH_VARS];
};

struct ngx_court_trie_s {
    ngx_court_trie_node_t      root;
};

/* a template or a path, cut at its slashes */
typedef struct {
    ngx_uint_t                 n;
    ngx_str_t                  s[NGX_COURT_POLICY_SEGMENTS];
} ngx_court_segments_t;

/* which way was taken at each level; the next stage to try */
typedef struct {
    const ngx_court_trie_node_t  *node;
    ngx_uint_t                 stage;
} ngx_court_trie_frame_t;

typedef ngx_int_t (*ngx_court_trie_visit_pt)(void *data,
    const ngx_court_trie_frame_t *frames, const ngx_court_segments_t *path);

typedef enum {
    ngx_court_trie_literal = 0,
    ngx_court_trie_var,
    ngx_court_trie_text,
    ngx_court_trie_end
} ngx_court_trie_stage_t;

typedef struct {
    ngx_str_t                  method;
    ngx_court_match_t         *match;
} ngx_court_trie_find_t;

#define NGX_COURT_TRIE_METHODS  32       /* told for one path at most */

typedef struct {
    ngx_uint_t                 n;
    ngx_str_t                  methods[NGX_COURT_TRIE_METHODS];
} ngx_court_trie_list_t;


static ngx_int_t ngx_court_trie_node_init(ngx_pool_t *pool,
    ngx_court_trie_node_t *node);
static ngx_int_t ngx_court_trie_split(const ngx_str_t *path,
    ngx_court_segments_t *segments);
static ngx_int_t ngx_court_trie_check(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_segments_t *segments);
static ngx_int_t ngx_court_trie_name(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, ngx_str_t *segment, ngx_uint_t *name,
    ngx_uint_t *text);
static ngx_court_trie_node_t *ngx_court_trie_step(ngx_pool_t *pool,
    ngx_court_trie_node_t *node, const ngx_str_t *segment);
static ngx_uint_t ngx_court_trie_search(const ngx_court_trie_node_t *node,
    const ngx_str_t *segment, ngx_uint_t *place);
static ngx_uint_t ngx_court_trie_twin(const ngx_court_trie_node_t *node,
    const ngx_court_segments_t *segments, ngx_uint_t i,
    const ngx_court_trie_node_t *except);
static ngx_int_t ngx_court_trie_walk(const ngx_court_trie_t *trie,
    const ngx_court_segments_t *path, ngx_court_trie_visit_pt visit,
    void *data);
static const ngx_court_trie_node_t *ngx_court_trie_next(
    ngx_court_trie_frame_t *frame, const ngx_str_t *segment);


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


/* NGX_DECLINED: no path, or more segments than a template may have */

static ngx_int_t
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
    ngx_uint_t                i, k, nvars, text, names[8];
    ngx_court_segments_t      segments;
    ngx_court_trie_node_t    *node, **next;
    ngx_court_trie_method_t  *m;

    if (ngx_court_trie_split(template, &segments) != NGX_OK) {
        return ngx_court_policy_error(ps, at, "must begin with a slash and "
                                      "have at most %d segments",
                                      NGX_COURT_POLICY_SEGMENTS);
    }

    if (ngx_court_trie_check(ps, at, &segments) != NGX_OK) {
        return NGX_ERROR;
    }

    node = &ps->policy->trie->root;
    nvars = 0;
    *vars = 0;

    for (i = 0; i < segments.n; i++) {

        if (!ngx_court_trie_is_var(&segments.s[i])) {
            node = ngx_court_trie_step(ps->pool, node, &segments.s[i]);
            if (node == NULL) {
                return ngx_court_policy_error(ps, at, "no memory");
            }

            continue;
        }

        if (nvars == NGX_COURT_POLICY_PATH_VARS) {
            return ngx_court_policy_error(ps, at, "more than %d variables",
                                          NGX_COURT_POLICY_PATH_VARS);
        }

        if (ngx_court_trie_name(ps, at, &segments.s[i], &names[nvars], &text)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (*vars & ((uint64_t) 1 << names[nvars])) {
            return ngx_court_policy_error(ps, at, "variable \"%V\" stands "
                                          "twice", &segments.s[i]);
        }

        *vars |= (uint64_t) 1 << names[nvars++];
        next = text ? &node->text : &node->var;

        if (*next == NULL) {
            *next = ngx_palloc(ps->pool, sizeof(ngx_court_trie_node_t));
            if (*next == NULL
                || ngx_court_trie_node_init(ps->pool, *next) != NGX_OK)
            {
                return ngx_court_policy_error(ps, at, "no memory");
            }
        }

        node = *next;
    }

    if (ngx_court_trie_twin(&ps->policy->trie->root, &segments, 0, node)
        || (node->methods.nelts
            && ngx_memcmp(node->vars, names, nvars * sizeof(ngx_uint_t)) != 0))
    {
        return ngx_court_policy_error(ps, at, "differs from another path in "
                                      "variable names only");
    }

    node->nvars = nvars;
    ngx_memcpy(node->vars, names, nvars * sizeof(ngx_uint_t));

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
        m->interface = &iface->pub;
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


/* binary search; *place is where the segment stands or would stand */

static ngx_uint_t
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
ngx_court_trie_step(ngx_pool_t *pool, ngx_court_trie_node_t *node,
    const ngx_str_t *segment)
{
    ngx_uint_t               place;
    ngx_court_trie_node_t   *next;
    ngx_court_trie_child_t  *child;

    if (ngx_court_trie_search(node, segment, &place)) {
        child = node->children.elts;
        return child[place].node;
    }

    next = ngx_palloc(pool, sizeof(ngx_court_trie_node_t));

    if (next == NULL || ngx_court_trie_node_init(pool, next) != NGX_OK
        || ngx_array_push(&node->children) == NULL)
    {
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


/*
 * Calls visit for each template that the path fits, the most literal first,
 * until one returns NGX_OK.  Depth is bounded by the number of segments, and
 * no node is entered twice.
 */

static ngx_int_t
ngx_court_trie_walk(const ngx_court_trie_t *trie,
    const ngx_court_segments_t *path, ngx_court_trie_visit_pt visit,
    void *data)
{
    ngx_uint_t                    depth;
    const ngx_court_trie_node_t  *next;
    ngx_court_trie_frame_t        frames[NGX_COURT_POLICY_SEGMENTS + 1];

    depth = 0;
    frames[0].node = &trie->root;
    frames[0].stage = ngx_court_trie_literal;

    for ( ;; ) {
        next = NULL;

        if (depth < path->n) {
            next = ngx_court_trie_next(&frames[depth], &path->s[depth]);

        } else if (frames[depth].node->methods.nelts
                   && visit(data, frames, path) == NGX_OK)
        {
            return NGX_OK;
        }

        if (next) {
            depth++;
            frames[depth].node = next;
            frames[depth].stage = ngx_court_trie_literal;
            continue;
        }

        if (depth-- == 0) {
            return NGX_DECLINED;
        }
    }
}


static ngx_uint_t
ngx_court_trie_fits(const ngx_str_t *segment)
{
    ngx_uint_t  i;

    if (segment->len == 0 || segment->len > NGX_COURT_POLICY_VAR) {
        return 0;
    }

    for (i = 0; i < segment->len; i++) {
        if (!ngx_court_unreserved(segment->data[i])) {
            return 0;
        }
    }

    return 1;
}


static const ngx_court_trie_node_t *
ngx_court_trie_next(ngx_court_trie_frame_t *frame, const ngx_str_t *segment)
{
    ngx_uint_t                     place;
    const ngx_court_trie_node_t   *node = frame->node;
    const ngx_court_trie_child_t  *child;

    switch (frame->stage) {

    case ngx_court_trie_literal:
        frame->stage = ngx_court_trie_var;

        if (ngx_court_trie_search(node, segment, &place)) {
            child = node->children.elts;
            return child[place].node;
        }

        /* fall through */

    case ngx_court_trie_var:
        frame->stage = ngx_court_trie_text;

        if (node->var && ngx_court_trie_fits(segment)) {
            return node->var;
        }

        /* fall through */

    case ngx_court_trie_text:
        frame->stage = ngx_court_trie_end;

        if (node->text && segment->len
            && segment->len <= NGX_COURT_POLICY_TEXT)
        {
            return node->text;
        }

        /* fall through */

    default:
        return NULL;
    }
}


/* a level's stage is behind the way that was taken there */

#define ngx_court_trie_took_var(f)  ((f)->stage != ngx_court_trie_var)


static ngx_int_t
ngx_court_trie_visit_find(void *data, const ngx_court_trie_frame_t *frames,
    const ngx_court_segments_t *path)
{
    ngx_uint_t                      i, n;
    ngx_court_trie_find_t          *find = data;
    const ngx_court_trie_node_t    *leaf;
    const ngx_court_trie_method_t  *m;

    leaf = frames[path->n].node;
    m = leaf->methods.elts;

    for (i = 0; i < leaf->methods.nelts; i++) {
        if (ngx_court_str_eq(&m[i].method, &find->method)) {
            break;
        }
    }

    if (i == leaf->methods.nelts) {
        return NGX_DECLINED;
    }

    find->match->interface = m[i].interface;
    find->match->nvars = leaf->nvars;

    for (i = 0, n = 0; i < path->n && n < leaf->nvars; i++) {
        if (ngx_court_trie_took_var(&frames[i])) {
            find->match->vars[n].name = leaf->vars[n];
            find->match->vars[n].value = path->s[i];
            n++;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_policy_match(const ngx_court_policy_t *policy,
    const ngx_str_t *method, const ngx_str_t *path, ngx_court_match_t *match)
{
    ngx_court_segments_t    segments;
    ngx_court_trie_find_t   find;

    static const ngx_str_t  head = ngx_string("HEAD");
    static const ngx_str_t  get = ngx_string("GET");

    match->interface = NULL;
    match->nvars = 0;

    find.method = ngx_court_str_eq(method, &head) ? get : *method;
    find.match = match;

    if (ngx_court_trie_split(path, &segments) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_trie_walk(policy->trie, &segments,
                               ngx_court_trie_visit_find, &find);
}


static ngx_int_t
ngx_court_trie_visit_list(void *data, const ngx_court_trie_frame_t *frames,
    const ngx_court_segments_t *path)
{
    ngx_uint_t                      i, k;
    ngx_court_trie_list_t          *list = data;
    const ngx_court_trie_node_t    *leaf;
    const ngx_court_trie_method_t  *m;

    leaf = frames[path->n].node;
    m = leaf->methods.elts;

    for (i = 0; i < leaf->methods.nelts; i++) {
        for (k = 0; k < list->n; k++) {
            if (ngx_court_str_eq(&list->methods[k], &m[i].method)) {
                break;
            }
        }

        if (k == list->n && k < NGX_COURT_TRIE_METHODS) {
            list->methods[list->n++] = m[i].method;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_court_policy_methods(ngx_pool_t *pool, const ngx_court_policy_t *policy,
    const ngx_str_t *path, ngx_str_t *list)
{
    u_char                 *p;
    size_t                  len;
    ngx_uint_t              i;
    ngx_court_segments_t    segments;
    ngx_court_trie_list_t   found;

    found.n = 0;
    len = 1;
    ngx_str_set(list, "");

    if (ngx_court_trie_split(path, &segments) == NGX_OK) {
        (void) ngx_court_trie_walk(policy->trie, &segments,
                                   ngx_court_trie_visit_list, &found);
    }

    if (found.n == 0) {
        return NGX_OK;
    }

    for (i = 0; i < found.n; i++) {
        len += found.methods[i].len + 2;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    list->data = p;

    for (i = 0; i < found.n; i++) {
        if (i) {
            *p++ = ',';
            *p++ = ' ';
        }

        p = ngx_cpymem(p, found.methods[i].data, found.methods[i].len);
    }

    list->len = p - list->data;

    return NGX_OK;
}
