/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces: what a method and a path template are called, and what holds
 * for the call whoever makes it.
 */

#include "ngx_court_policy_internal.h"


#define NGX_COURT_POLICY_METHODS  16      /* of one route */


typedef struct {
    ngx_str_t                  id;
    const ngx_court_json_t    *routes;
    ngx_str_t                  auth;
    ngx_str_t                  trace;
    ngx_str_t                  upgrade;
    ngx_uint_t                 replayable;
} ngx_court_interface_draft_t;

typedef struct {
    ngx_uint_t                 nmethods;
    ngx_str_t                  methods[NGX_COURT_POLICY_METHODS];
    ngx_str_t                  path;
} ngx_court_route_draft_t;


static ngx_int_t ngx_court_policy_interface_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_interface_words(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_interface_draft_t *draft,
    ngx_court_iface_t *iface);
static ngx_int_t ngx_court_policy_interface_route(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_interface_methods(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_interface_method(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static void ngx_court_policy_interface_unasked(ngx_court_policy_t *policy,
    ngx_court_iface_t *iface);
static ngx_uint_t ngx_court_policy_interface_key(
    const ngx_court_policy_t *policy, const ngx_court_iface_t *iface,
    const ngx_str_t *key);


static const ngx_court_member_t  ngx_court_interface_members[] = {
    { "id", 1, ngx_court_policy_id,
      offsetof(ngx_court_interface_draft_t, id) },
    { "routes", 1, ngx_court_policy_keep,
      offsetof(ngx_court_interface_draft_t, routes) },
    { "auth", 0, ngx_court_policy_string,
      offsetof(ngx_court_interface_draft_t, auth) },
    { "trace", 0, ngx_court_policy_string,
      offsetof(ngx_court_interface_draft_t, trace) },
    { "replayable", 0, ngx_court_policy_flag,
      offsetof(ngx_court_interface_draft_t, replayable) },
    { "upgrade", 0, ngx_court_policy_string,
      offsetof(ngx_court_interface_draft_t, upgrade) },
    { NULL, 0, NULL, 0 }
};

static const ngx_court_member_t  ngx_court_route_members[] = {
    { "methods", 1, ngx_court_policy_interface_methods, 0 },
    { "path", 1, ngx_court_policy_string,
      offsetof(ngx_court_route_draft_t, path) },
    { NULL, 0, NULL, 0 }
};

/* HEAD is GET, OPTIONS is answered by the gateway, the rest never passes */

static const ngx_str_t  ngx_court_methods_refused[] = {
    ngx_string("HEAD"), ngx_string("OPTIONS"), ngx_string("TRACE"),
    ngx_string("CONNECT"), ngx_null_string
};


ngx_int_t
ngx_court_policy_interfaces_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node)
{
    ngx_uint_t           i, n;
    ngx_court_at_t       here;
    ngx_court_name_t    *name;
    ngx_court_iface_t   *iface;
    ngx_court_policy_t  *policy = ps->policy;

    n = ngx_max(ngx_court_json_size(node), 1);

    if (n > NGX_COURT_POLICY_INTERFACES) {
        return ngx_court_policy_error(ps, at, "more than %d interfaces",
                                      NGX_COURT_POLICY_INTERFACES);
    }

    /* matches point at interfaces: the array must never move */

    if (ngx_array_init(&policy->interfaces, ps->pool, n,
                       sizeof(ngx_court_iface_t))
        != NGX_OK
        || ngx_array_init(&ps->interface_names, ps->tmp, n,
                          sizeof(ngx_court_name_t))
           != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    if (ngx_court_policy_each(ps, at, node, ngx_court_policy_interface_parse,
                              NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_court_policy_name_sort(ps, &ps->interface_names) != NGX_OK) {
        name = ps->interface_names.elts;
        here.parent = at;
        ngx_str_null(&here.name);
        here.index = name->index;

        return ngx_court_policy_error(ps, &here, "duplicate id \"%V\"",
                                      &name->name);
    }

    iface = policy->interfaces.elts;

    for (i = 0; i < policy->interfaces.nelts; i++) {
        ngx_court_policy_interface_unasked(policy, &iface[i]);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_interface_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_court_at_t               here;
    ngx_court_name_t            *name;
    ngx_court_iface_t           *iface;
    ngx_court_interface_draft_t  draft;

    ngx_memzero(&draft, sizeof(ngx_court_interface_draft_t));

    if (ngx_court_policy_object(ps, at, node, ngx_court_interface_members,
                                &draft)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    iface = ngx_array_push(&ps->policy->interfaces);
    name = ngx_array_push(&ps->interface_names);

    if (iface == NULL || name == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    ngx_memzero(iface, sizeof(ngx_court_iface_t));
    iface->pub.id = draft.id;
    iface->pub.index = at->index;
    iface->pub.replayable = draft.replayable;

    name->name = draft.id;
    name->index = at->index;

    if (ngx_court_policy_interface_words(ps, at, &draft, iface) != NGX_OK) {
        return NGX_ERROR;
    }

    here.parent = at;
    ngx_str_set(&here.name, "routes");

    return ngx_court_policy_each(ps, &here, draft.routes,
                                 ngx_court_policy_interface_route, iface);
}


/* members that are one word of a few; *value is the word's place */

static ngx_int_t
ngx_court_policy_interface_word(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, char *member, const ngx_str_t *word,
    const char *const *words, ngx_uint_t *value)
{
    ngx_uint_t      i;
    ngx_court_at_t  here;

    *value = 0;

    if (word->len == 0) {
        return NGX_OK;
    }

    for (i = 0; words[i]; i++) {
        if (word->len == ngx_strlen(words[i])
            && ngx_memcmp(word->data, words[i], word->len) == 0)
        {
            *value = i;
            return NGX_OK;
        }
    }

    here.parent = at;
    here.name.data = (u_char *) member;
    here.name.len = ngx_strlen(member);

    return ngx_court_policy_error(ps, &here, "unknown value \"%V\"", word);
}


static ngx_int_t
ngx_court_policy_interface_words(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_interface_draft_t *draft,
    ngx_court_iface_t *iface)
{
    ngx_uint_t                 auth, trace, upgrade;

    static const char *const   auths[] = { "required", "none", NULL };
    static const char *const   traces[] = { "normal", "durable", NULL };
    static const char *const   upgrades[] = { "", "websocket", NULL };

    if (ngx_court_policy_interface_word(ps, at, "auth", &draft->auth, auths,
                                        &auth)
        != NGX_OK
        || ngx_court_policy_interface_word(ps, at, "trace", &draft->trace,
                                           traces, &trace)
           != NGX_OK
        || ngx_court_policy_interface_word(ps, at, "upgrade",
                                           &draft->upgrade, upgrades,
                                           &upgrade)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    iface->pub.public_ = auth;
    iface->pub.durable = trace;
    iface->pub.websocket = upgrade;

    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_interface_route(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    uint64_t                  vars;
    ngx_str_t                 name;
    ngx_court_at_t            here;
    ngx_court_iface_t        *iface = dst;
    ngx_court_route_draft_t   draft;

    ngx_memzero(&draft, sizeof(ngx_court_route_draft_t));

    if (ngx_court_policy_object(ps, at, node, ngx_court_route_members, &draft)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    here.parent = at;
    ngx_str_set(&here.name, "path");

    if (ngx_court_trie_add(ps, &here, &draft.path, draft.methods,
                           draft.nmethods, iface, &vars)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* what a decision reads must not depend on the way that was taken */

    if (at->index > 0 && vars != iface->vars) {
        return ngx_court_policy_error(ps, &here, "the routes of one "
                                      "interface must have the same "
                                      "variables");
    }

    iface->vars = vars;

    ngx_str_set(&name, "case");
    iface->pub.has_case = ngx_court_policy_interface_key(ps->policy, iface,
                                                         &name);
    return NGX_OK;
}


static ngx_int_t
ngx_court_policy_interface_methods(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    return ngx_court_policy_each(ps, at, node,
                                 ngx_court_policy_interface_method, dst);
}


static ngx_int_t
ngx_court_policy_interface_method(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_str_t                 method;
    ngx_uint_t                i;
    const ngx_str_t          *no;
    ngx_court_route_draft_t  *draft = dst;

    if (ngx_court_policy_string(ps, at, node, &method) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < method.len; i++) {
        if (method.data[i] < 'A' || method.data[i] > 'Z') {
            return ngx_court_policy_error(ps, at, "invalid method \"%V\"",
                                          &method);
        }
    }

    for (no = ngx_court_methods_refused; no->len; no++) {
        if (ngx_court_str_eq(no, &method)) {
            return ngx_court_policy_error(ps, at, "method \"%V\" is not for "
                                          "interfaces", &method);
        }
    }

    if (draft->nmethods == NGX_COURT_POLICY_METHODS) {
        return ngx_court_policy_error(ps, at, "more than %d methods",
                                      NGX_COURT_POLICY_METHODS);
    }

    draft->methods[draft->nmethods++] = method;

    return NGX_OK;
}


static ngx_uint_t
ngx_court_policy_interface_key(const ngx_court_policy_t *policy,
    const ngx_court_iface_t *iface, const ngx_str_t *key)
{
    ngx_uint_t  i;

    i = ngx_court_policy_path_find(policy, key);

    return i != NGX_COURT_NO_FIELD && (iface->vars & ((uint64_t) 1 << i)) != 0;
}


/*
 * A fact whose key names a path variable that this interface doesn't have
 * cannot be asked here: its values are absent, and nobody fetches it.
 */

static void
ngx_court_policy_interface_unasked(ngx_court_policy_t *policy,
    ngx_court_iface_t *iface)
{
    ngx_uint_t               i, k, n;
    const ngx_str_t         *key;
    const ngx_court_fact_t  *fact;

    static const ngx_str_t   known[] = {
        ngx_string("subject"), ngx_string("principal"), ngx_string("issuer"),
        ngx_string("client"), ngx_string("court"), ngx_null_string
    };

    for (i = 0; i < policy->nfacts; i++) {
        fact = policy->facts[i];

        for (k = 0; k < fact->nkeys; k++) {
            key = &fact->key_names[k];

            for (n = 0; known[n].len; n++) {
                if (ngx_court_str_eq(&known[n], key)) {
                    break;
                }
            }

            if (known[n].len == 0 && key->len
                && !ngx_court_policy_interface_key(policy, iface, key))
            {
                iface->unasked |= 1u << i;
            }
        }
    }
}
