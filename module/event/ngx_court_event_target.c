/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who or what an event means: from JSON and into it.
 */

#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"


typedef struct {
    ngx_court_event_what_t     what;
    const char                *name;
    const char                *members[4];
    ngx_int_t                (*read)(ngx_pool_t *pool,
                                   const ngx_court_json_t *node,
                                   ngx_court_event_target_t *target);
} ngx_court_event_form_t;


const ngx_str_t  ngx_court_event_what_names[] = {
    ngx_string(""),
    ngx_string("subject"),
    ngx_string("token"),
    ngx_string("token"),
    ngx_string("key"),
    ngx_string("court"),
    ngx_string("fact")
};


ngx_uint_t
ngx_court_event_members(const ngx_court_json_t *node, const char *const *names)
{
    void        *it;
    ngx_str_t    key;
    ngx_uint_t   i;

    if (node == NULL || ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return 0;
    }

    for (it = ngx_court_json_first(node);
         it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &key);

        for (i = 0; names[i]; i++) {
            if (key.len == ngx_strlen(names[i])
                && ngx_memcmp(key.data, names[i], key.len) == 0)
            {
                break;
            }
        }

        if (names[i] == NULL) {
            return 0;
        }
    }

    return 1;
}


ngx_int_t
ngx_court_event_text(const ngx_court_json_t *node, size_t max, ngx_str_t *s)
{
    size_t  i;

    if (ngx_court_json_string(node, s) != NGX_OK || s->len == 0
        || s->len > max)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_event_member(const ngx_court_json_t *node, const char *name,
    size_t max, ngx_str_t *s)
{
    return ngx_court_event_text(ngx_court_json_get(node, name), max, s);
}


/* the issuer may be left out */

static ngx_int_t
ngx_court_event_target_subject(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_target_t *target)
{
    if (ngx_court_json_get(node, "iss")
        && ngx_court_event_member(node, "iss", NGX_COURT_EVENT_TEXT,
                                  &target->issuer) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_event_member(node, "sub", NGX_COURT_EVENT_TEXT,
                                  &target->value);
}


static ngx_int_t
ngx_court_event_target_token(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_target_t *target)
{
    if (ngx_court_json_get(node, "hash") == NULL) {
        return ngx_court_event_member(node, "iss", NGX_COURT_EVENT_TEXT,
                                      &target->issuer) == NGX_OK
               && ngx_court_event_member(node, "jti", NGX_COURT_EVENT_TEXT,
                                         &target->value) == NGX_OK
               ? NGX_OK : NGX_DECLINED;
    }

    if (ngx_court_json_size(node) != 1) {
        return NGX_DECLINED;
    }

    target->what = NGX_COURT_EVENT_TOKEN_HASH;
    target->value.len = NGX_COURT_SHA256_LEN;
    target->value.data = ngx_pnalloc(pool, NGX_COURT_SHA256_LEN);

    if (target->value.data == NULL) {
        return NGX_DECLINED;
    }

    return ngx_court_event_digest(pool, ngx_court_json_get(node, "hash"),
                                  target->value.data);
}


static ngx_int_t
ngx_court_event_target_key(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_target_t *target)
{
    if (ngx_court_event_member(node, "iss", NGX_COURT_EVENT_TEXT,
                               &target->issuer) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_event_member(node, "kid", NGX_COURT_KID_MAX,
                                  &target->value);
}


static ngx_int_t
ngx_court_event_target_fact(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_target_t *target)
{
    ngx_uint_t         i;
    ngx_court_json_t  *key;

    key = ngx_court_json_get(node, "key");
    target->nkeys = ngx_court_json_size(key);

    if (key == NULL || ngx_court_json_type(key) != NGX_COURT_JSON_ARRAY
        || target->nkeys == 0 || target->nkeys > NGX_COURT_EVENT_FACT_KEYS)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < target->nkeys; i++) {
        if (ngx_court_event_text(ngx_court_json_at(key, i),
                                 NGX_COURT_EVENT_TEXT, &target->keys[i])
            != NGX_OK)
        {
            return NGX_DECLINED;
        }
    }

    if (ngx_court_json_get(node, "court")
        && ngx_court_event_member(node, "court", NGX_COURT_EVENT_CODE,
                                  &target->court) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_event_member(node, "fact", NGX_COURT_EVENT_CODE,
                                  &target->value);
}


static const ngx_court_event_form_t  ngx_court_event_forms[] = {
    { NGX_COURT_EVENT_SUBJECT, "subject", { "iss", "sub", NULL },
      ngx_court_event_target_subject },
    { NGX_COURT_EVENT_TOKEN, "token", { "iss", "jti", "hash", NULL },
      ngx_court_event_target_token },
    { NGX_COURT_EVENT_KEY, "key", { "iss", "kid", NULL },
      ngx_court_event_target_key },
    { NGX_COURT_EVENT_FACT, "fact", { "fact", "key", "court", NULL },
      ngx_court_event_target_fact }
};

#define NGX_COURT_EVENT_FORMS                                                 \
    (sizeof(ngx_court_event_forms) / sizeof(ngx_court_event_forms[0]))


ngx_int_t
ngx_court_event_target_read(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_target_t *target)
{
    ngx_uint_t                     i;
    const ngx_court_json_t        *inner;
    const ngx_court_event_form_t  *form;

    ngx_memzero(target, sizeof(ngx_court_event_target_t));

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT
        || ngx_court_json_size(node) != 1)
    {
        return NGX_DECLINED;
    }

    if (ngx_court_json_get(node, "court")) {
        target->what = NGX_COURT_EVENT_COURT;

        return ngx_court_event_member(node, "court", NGX_COURT_EVENT_CODE,
                                      &target->value);
    }

    for (i = 0; i < NGX_COURT_EVENT_FORMS; i++) {
        form = &ngx_court_event_forms[i];
        inner = ngx_court_json_get(node, form->name);

        if (inner) {
            target->what = form->what;

            return ngx_court_event_members(inner, form->members)
                   ? form->read(pool, inner, target) : NGX_DECLINED;
        }
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_court_event_target_eq(const ngx_court_event_target_t *a,
    const ngx_court_event_target_t *b)
{
    ngx_uint_t  i;

    if (a->what != b->what || a->nkeys != b->nkeys
        || !ngx_court_str_eq(&a->issuer, &b->issuer)
        || !ngx_court_str_eq(&a->value, &b->value)
        || !ngx_court_str_eq(&a->court, &b->court))
    {
        return 0;
    }

    for (i = 0; i < a->nkeys; i++) {
        if (!ngx_court_str_eq(&a->keys[i], &b->keys[i])) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_court_event_takes(ngx_court_event_kind_t kind, ngx_court_event_what_t what)
{
    switch (kind) {

    case NGX_COURT_EVENT_BEAT:
        return what == NGX_COURT_EVENT_NONE;

    case NGX_COURT_EVENT_INVALIDATE:
        return what == NGX_COURT_EVENT_FACT;

    default:
        return what != NGX_COURT_EVENT_NONE && what != NGX_COURT_EVENT_FACT
               && what < NGX_COURT_EVENT_WHATS;
    }
}


/* ,"name":"s", the comma where first is 0; nothing for an empty one */

static u_char *
ngx_court_event_target_put(u_char *p, const char *name, const ngx_str_t *s,
    ngx_uint_t first)
{
    if (s->len == 0) {
        return p;
    }

    p = ngx_sprintf(p, "%s\"%s\":\"", first ? "" : ",", name);
    p = ngx_court_json_escape(p, s);
    *p++ = '"';

    return p;
}


static u_char *
ngx_court_event_target_put_fact(u_char *p,
    const ngx_court_event_target_t *target)
{
    ngx_uint_t  i;

    p = ngx_court_event_target_put(p, "fact", &target->value, 1);
    p = ngx_sprintf(p, ",\"key\":[");

    for (i = 0; i < target->nkeys; i++) {
        p = ngx_sprintf(p, "%s\"", i ? "," : "");
        p = ngx_court_json_escape(p, &target->keys[i]);
        *p++ = '"';
    }

    *p++ = ']';

    return ngx_court_event_target_put(p, "court", &target->court, 0);
}


/* an empty one may have no pointer to count from */

static size_t
ngx_court_event_target_room(const ngx_str_t *s)
{
    return s->len ? ngx_court_json_escape_len(s) : 0;
}


static size_t
ngx_court_event_target_len(const ngx_court_event_target_t *target)
{
    size_t      len;
    ngx_uint_t  i;

    len = 128 + ngx_court_event_target_room(&target->issuer)
          + ngx_court_event_target_room(&target->court);

    len += target->what == NGX_COURT_EVENT_TOKEN_HASH
           ? NGX_COURT_EVENT_HASH_LEN
           : ngx_court_event_target_room(&target->value);

    for (i = 0; i < target->nkeys; i++) {
        len += 4 + ngx_court_event_target_room(&target->keys[i]);
    }

    return len;
}


ngx_int_t
ngx_court_event_target_write(ngx_pool_t *pool,
    const ngx_court_event_target_t *target, ngx_str_t *text)
{
    u_char           *p;
    const ngx_str_t  *name;

    if (target->what == NGX_COURT_EVENT_NONE
        || target->what >= NGX_COURT_EVENT_WHATS)
    {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(pool, ngx_court_event_target_len(target));
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    name = &ngx_court_event_what_names[target->what];

    if (target->what == NGX_COURT_EVENT_COURT) {
        *p++ = '{';
        p = ngx_court_event_target_put(p, "court", &target->value, 1);
        *p++ = '}';
        text->len = p - text->data;

        return NGX_OK;
    }

    p = ngx_sprintf(p, "{\"%V\":{", name);

    if (target->what == NGX_COURT_EVENT_FACT) {
        p = ngx_court_event_target_put_fact(p, target);

    } else if (target->what == NGX_COURT_EVENT_TOKEN_HASH) {
        p = ngx_sprintf(p, "\"hash\":\"");
        p = ngx_court_base64url_encode(p, &target->value);
        *p++ = '"';

    } else {
        p = ngx_court_event_target_put(p, "iss", &target->issuer, 1);
        p = ngx_court_event_target_put(p,
                target->what == NGX_COURT_EVENT_SUBJECT ? "sub"
                : target->what == NGX_COURT_EVENT_TOKEN ? "jti" : "kid",
                &target->value, target->issuer.len == 0);
    }

    *p++ = '}';
    *p++ = '}';
    text->len = p - text->data;

    return NGX_OK;
}
