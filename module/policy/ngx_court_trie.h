/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trie of path templates, as building and walking it see it.
 */

#ifndef _NGX_COURT_TRIE_H_INCLUDED_
#define _NGX_COURT_TRIE_H_INCLUDED_

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


/* NGX_DECLINED: no path, or more segments than a template may have */
ngx_int_t ngx_court_trie_split(const ngx_str_t *path,
    ngx_court_segments_t *segments);

/* 1 where node has that literal; *place is where it stands or would stand */
ngx_uint_t ngx_court_trie_search(const ngx_court_trie_node_t *node,
    const ngx_str_t *segment, ngx_uint_t *place);


#endif /* _NGX_COURT_TRIE_H_INCLUDED_ */
