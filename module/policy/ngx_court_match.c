/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which interface a method and a path name.  A literal goes before a variable,
 * a variable before one declared text, and where a way leads nowhere, to no
 * template or to none with this method, the next one is tried.
 */

#include "ngx_court_trie.h"


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


static ngx_int_t ngx_court_trie_walk(const ngx_court_trie_t *trie,
    const ngx_court_segments_t *path, ngx_court_trie_visit_pt visit,
    void *data);
static const ngx_court_trie_node_t *ngx_court_trie_next(
    ngx_court_trie_frame_t *frame, const ngx_str_t *segment);


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
