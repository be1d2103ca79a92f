/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The authorities' keys, and what each may say.  A file of trust anchors: what
 * is not understood in it is an error, never passed over.
 */

#include "ngx_court_event_parse.h"


#define NGX_COURT_EVENT_KEYS_MAX  32
#define NGX_COURT_EVENT_LIST_MAX  4096       /* issuers or courts of a key */


typedef struct {
    ngx_uint_t                 n;
    ngx_str_t                 *names;
    unsigned                   any:1;
} ngx_court_event_list_t;

typedef struct {
    ngx_court_event_list_t     issuers;
    ngx_court_event_list_t     courts;
    ngx_uint_t                 kinds;        /* a bit for each */
} ngx_court_event_scope_t;

struct ngx_court_event_keys_s {
    ngx_court_jwks_t           jwks;
    ngx_court_event_scope_t    scopes[NGX_COURT_EVENT_KEYS_MAX];
    ngx_uint_t                 demo;
};


static const ngx_court_json_limits_t  ngx_court_event_keys_limits = {
    1024 * 1024, 8, 65536
};

/* no secrets shared with who verifies, none of the spellings that only one
 * issuer uses, and of RSA the padding with a proof */
static const char *const  ngx_court_event_algs[] = {
    "SM2", "ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", NULL
};


static const ngx_court_alg_t *
ngx_court_event_keys_alg(ngx_uint_t i)
{
    ngx_str_t  name;

    name.data = (u_char *) ngx_court_event_algs[i];
    name.len = ngx_strlen(name.data);

    return ngx_court_alg_find(&name);
}


const ngx_court_alg_t *
ngx_court_event_alg(const ngx_court_key_t *key)
{
    ngx_uint_t              i;
    const ngx_court_alg_t  *alg;

    for (i = 0; ngx_court_event_algs[i]; i++) {
        alg = ngx_court_event_keys_alg(i);

        if (alg && ngx_court_alg_fits(alg, key)) {
            return alg;
        }
    }

    return NULL;
}


static ngx_court_alg_set_t
ngx_court_event_keys_algs(void)
{
    ngx_uint_t              i;
    ngx_court_alg_set_t     set;
    const ngx_court_alg_t  *alg;

    set = 0;

    for (i = 0; ngx_court_event_algs[i]; i++) {
        alg = ngx_court_event_keys_alg(i);
        set |= alg ? (ngx_court_alg_set_t) 1 << alg->bit : 0;
    }

    return set;
}


static ngx_int_t
ngx_court_event_keys_list(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_list_t *list)
{
    ngx_uint_t  i, n;

    n = ngx_court_json_size(node);

    if (node == NULL || ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY
        || n > NGX_COURT_EVENT_LIST_MAX)
    {
        return NGX_DECLINED;
    }

    list->names = ngx_pcalloc(pool, (n + 1) * sizeof(ngx_str_t));
    if (list->names == NULL) {
        return NGX_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_event_text(ngx_court_json_at(node, i),
                                 NGX_COURT_EVENT_TEXT, &list->names[i])
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        list->any |= (list->names[i].len == 1 && list->names[i].data[0] == '*');
    }

    list->n = n;

    return (list->any && n != 1) ? NGX_DECLINED : NGX_OK;
}


static ngx_int_t
ngx_court_event_keys_kinds(const ngx_court_json_t *node, ngx_uint_t *kinds)
{
    ngx_str_t   name;
    ngx_uint_t  i, k;

    *kinds = 0;

    if (node == NULL || ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    for (i = 0; i < ngx_court_json_size(node); i++) {

        if (ngx_court_json_string(ngx_court_json_at(node, i), &name)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        for (k = 0; k < NGX_COURT_EVENT_KINDS; k++) {
            if (ngx_court_str_eq(&name, &ngx_court_event_kind_names[k])) {
                break;
            }
        }

        if (name.len == 1 && name.data[0] == '*') {
            *kinds |= (1 << NGX_COURT_EVENT_KINDS) - 1;

        } else if (k == NGX_COURT_EVENT_KINDS) {
            return NGX_DECLINED;

        } else {
            *kinds |= 1 << k;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_event_keys_scope(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_scope_t *scope)
{
    static const char *const  members[] = {
        "issuers", "courts", "kinds", NULL
    };

    if (!ngx_court_event_members(node, members)) {
        return NGX_DECLINED;
    }

    if (ngx_court_event_keys_list(pool, ngx_court_json_get(node, "issuers"),
                                  &scope->issuers) != NGX_OK
        || ngx_court_event_keys_list(pool, ngx_court_json_get(node, "courts"),
                                     &scope->courts) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_event_keys_kinds(ngx_court_json_get(node, "kinds"),
                                      &scope->kinds);
}


/* NULL, or what is wrong with it */

static const char *
ngx_court_event_keys_add(ngx_pool_t *pool, ngx_court_event_keys_t *keys,
    const ngx_court_json_t *node, ngx_str_t *err)
{
    ngx_uint_t        i, n;
    ngx_court_key_t  *key;

    n = keys->jwks.nkeys;

    key = ngx_court_jwk_parse(pool, node, err);

    if (key == NULL) {
        return "unusable";
    }

    if (key->private_key) {
        return "a private key has no place here";
    }

    if (!key->use_sig || key->sign_only || ngx_court_event_alg(key) == NULL) {
        return "its algorithm or use is not one for events";
    }

    if (key->kid.len == 0) {
        return "no kid";
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_str_eq(&keys->jwks.keys[i]->kid, &key->kid)) {
            return "its kid stands twice";
        }
    }

    if (ngx_court_event_keys_scope(pool,
                                   ngx_court_json_get(node, "court_scope"),
                                   &keys->scopes[n])
        != NGX_OK)
    {
        return "court_scope: issuers, courts, kinds";
    }

    keys->jwks.keys[keys->jwks.nkeys++] = key;
    keys->demo |= key->demo;

    return NULL;
}


ngx_uint_t
ngx_court_event_keys_beats(const ngx_court_event_keys_t *keys, ngx_uint_t i)
{
    return (keys->scopes[i].kinds >> NGX_COURT_EVENT_BEAT) & 1;
}


/* who says that there is somebody is one, or those that are meant to be */

static ngx_uint_t
ngx_court_event_keys_one(const ngx_court_event_keys_t *keys,
    const ngx_court_json_t *beats)
{
    ngx_str_t   kid;
    ngx_uint_t  i, k, n, named;

    for (i = 0, n = 0; i < keys->jwks.nkeys; i++) {
        n += ngx_court_event_keys_beats(keys, i);
    }

    if (beats == NULL) {
        return n == 1;
    }

    named = ngx_court_json_size(beats);

    if (ngx_court_json_type(beats) != NGX_COURT_JSON_ARRAY || named != n) {
        return 0;
    }

    for (i = 0; i < keys->jwks.nkeys; i++) {

        for (k = 0; k < named; k++) {
            if (ngx_court_json_string(ngx_court_json_at(beats, k), &kid)
                == NGX_OK
                && ngx_court_str_eq(&kid, &keys->jwks.keys[i]->kid))
            {
                break;
            }
        }

        if (ngx_court_event_keys_beats(keys, i) != (k < named)) {
            return 0;
        }
    }

    return n > 0;
}


static void
ngx_court_event_keys_wrong(ngx_pool_t *pool, ngx_str_t *err, ngx_uint_t i,
    const char *what)
{
    u_char     *p;
    ngx_str_t   why;

    why = *err;

    p = ngx_pnalloc(pool, why.len + ngx_strlen(what) + NGX_INT_T_LEN + 16);

    if (p == NULL) {
        ngx_str_set(err, "no memory");
        return;
    }

    err->data = p;
    err->len = ngx_sprintf(p, "key %ui: %s%s%V", i + 1, what,
                           why.len ? ": " : "", &why) - p;
}


ngx_court_event_keys_t *
ngx_court_event_keys_parse(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_str_t *err)
{
    const char              *what;
    ngx_uint_t               i, n;
    ngx_court_json_t        *root, *list;
    ngx_court_event_keys_t  *keys;

    root = ngx_court_json_parse(pool, text, &ngx_court_event_keys_limits, err);
    if (root == NULL) {
        return NULL;
    }

    list = ngx_court_json_get(root, "keys");
    n = ngx_court_json_size(list);

    if (list == NULL || ngx_court_json_type(list) != NGX_COURT_JSON_ARRAY
        || n == 0 || n > NGX_COURT_EVENT_KEYS_MAX)
    {
        ngx_str_set(err, "no JWKS of 1 to 32 keys");
        return NULL;
    }

    ngx_str_set(err, "no memory");

    keys = ngx_pcalloc(pool, sizeof(ngx_court_event_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    keys->jwks.keys = ngx_pcalloc(pool, n * sizeof(ngx_court_key_t *));
    if (keys->jwks.keys == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        ngx_str_set(err, "");

        what = ngx_court_event_keys_add(pool, keys,
                                        ngx_court_json_at(list, i), err);
        if (what) {
            ngx_court_event_keys_wrong(pool, err, i, what);
            return NULL;
        }
    }

    if (!ngx_court_event_keys_one(keys,
                                  ngx_court_json_get(root, "court_beats")))
    {
        ngx_str_set(err, "exactly one key may beat, or those of court_beats");
        return NULL;
    }

    return keys;
}


ngx_uint_t
ngx_court_event_keys_demo(const ngx_court_event_keys_t *keys)
{
    return keys->demo;
}


ngx_uint_t
ngx_court_event_keys_n(const ngx_court_event_keys_t *keys)
{
    return keys->jwks.nkeys;
}


const ngx_court_key_t *
ngx_court_event_keys_key(const ngx_court_event_keys_t *keys, ngx_uint_t i)
{
    return keys->jwks.keys[i];
}


/* "" is everything: only who may say it of all may say it */

static ngx_uint_t
ngx_court_event_keys_in(const ngx_court_event_list_t *list,
    const ngx_str_t *name)
{
    ngx_uint_t  i;

    if (list->any) {
        return 1;
    }

    for (i = 0; name->len && i < list->n; i++) {
        if (ngx_court_str_eq(&list->names[i], name)) {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_court_event_keys_may(const ngx_court_event_keys_t *keys,
    const ngx_str_t *kid, ngx_court_event_kind_t kind,
    const ngx_court_event_target_t *target)
{
    ngx_uint_t                      i;
    const ngx_court_event_scope_t  *scope;

    for (i = 0; i < keys->jwks.nkeys; i++) {
        if (ngx_court_str_eq(&keys->jwks.keys[i]->kid, kid)) {
            break;
        }
    }

    if (i == keys->jwks.nkeys) {
        return 0;
    }

    scope = &keys->scopes[i];

    if (!((scope->kinds >> kind) & 1)) {
        return 0;
    }

    switch (target->what) {

    case NGX_COURT_EVENT_NONE:
        return 1;

    case NGX_COURT_EVENT_COURT:
        return ngx_court_event_keys_in(&scope->courts, &target->value);

    case NGX_COURT_EVENT_FACT:
        return ngx_court_event_keys_in(&scope->courts, &target->court);

    default:
        return ngx_court_event_keys_in(&scope->issuers, &target->issuer);
    }
}


ngx_court_event_verdict_t
ngx_court_event_verify(ngx_pool_t *pool, const ngx_court_event_keys_t *keys,
    const ngx_str_t *text, const char *typ, ngx_court_json_t **payload,
    ngx_str_t *kid, const char **why)
{
    ngx_int_t        rc;
    ngx_court_jws_t  jws;

    rc = ngx_court_jws_parse(pool, text, &jws, why);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_COURT_EVENT_FORGED
                                  : NGX_COURT_EVENT_FAILED;
    }

    if (jws.kid.len == 0 || jws.typ.len != ngx_strlen(typ)
        || ngx_memcmp(jws.typ.data, typ, jws.typ.len) != 0)
    {
        *why = "not of this typ, or no kid";
        return NGX_COURT_EVENT_FORGED;
    }

    rc = ngx_court_jws_verify(&jws, &keys->jwks, ngx_court_event_keys_algs(),
                              NULL, NULL, why);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_COURT_EVENT_FORGED
                                  : NGX_COURT_EVENT_FAILED;
    }

    *kid = jws.kid;
    *payload = ngx_court_json_parse(pool, &jws.payload, &ngx_court_json_small,
                                    NULL);

    if (*payload == NULL) {
        *why = "the payload is no JSON";
        return NGX_COURT_EVENT_FORGED;
    }

    return NGX_COURT_EVENT_OK;
}
