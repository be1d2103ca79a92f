/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One entry of the stream, without its history.
 */

#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"


const ngx_str_t  ngx_court_event_kind_names[] = {
    ngx_string("deny"),
    ngx_string("undo"),
    ngx_string("invalidate"),
    ngx_string("beat")
};

static const ngx_court_json_limits_t  ngx_court_event_target_limits = {
    NGX_COURT_EVENT_MAX, 5, 32
};


uint64_t
ngx_court_event_id_seq(const ngx_str_t *id)
{
    size_t    i;
    uint64_t  seq;

    if (id->len < 3 || id->len > 18 || id->data[0] == '0'
        || ngx_memcmp(id->data + id->len - 2, "-0", 2) != 0)
    {
        return 0;
    }

    seq = 0;

    for (i = 0; i < id->len - 2; i++) {
        if (id->data[i] < '0' || id->data[i] > '9') {
            return 0;
        }

        seq = seq * 10 + (id->data[i] - '0');
    }

    return seq <= NGX_COURT_EVENT_SEQ_MAX ? seq : 0;
}


ngx_uint_t
ngx_court_event_id_valid(const ngx_str_t *id)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return 0;
        }
    }

    return id->len > 0 && id->len <= NGX_COURT_EVENT_ID;
}


ngx_int_t
ngx_court_event_digest(ngx_pool_t *pool, const ngx_court_json_t *node,
    u_char out[NGX_COURT_SHA256_LEN])
{
    ngx_int_t  rc;
    ngx_str_t  text, sum;

    if (ngx_court_json_string(node, &text) != NGX_OK
        || text.len != NGX_COURT_EVENT_HASH_LEN)
    {
        return NGX_DECLINED;
    }

    rc = ngx_court_base64url_decode(pool, &sum, &text);

    if (rc == NGX_OK) {
        ngx_memcpy(out, sum.data, NGX_COURT_SHA256_LEN);
    }

    return rc;
}


ngx_int_t
ngx_court_event_seq(const ngx_court_json_t *node, uint64_t *seq)
{
    int64_t  n;

    if (ngx_court_json_int(node, &n) != NGX_OK || n < 1
        || (uint64_t) n > NGX_COURT_EVENT_SEQ_MAX)
    {
        return NGX_DECLINED;
    }

    *seq = (uint64_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_court_event_until(const ngx_court_json_t *node, int64_t *until)
{
    *until = NGX_COURT_EVENT_EVER;

    return node == NULL || (ngx_court_json_int(node, until) == NGX_OK
                            && *until > 0 && *until < NGX_COURT_EVENT_EVER)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_court_event_read_kind(const ngx_court_json_t *node,
    ngx_court_event_kind_t *kind)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    if (ngx_court_json_string(node, &name) != NGX_OK) {
        return NGX_DECLINED;
    }

    for (i = 0; i < NGX_COURT_EVENT_KINDS; i++) {
        if (ngx_court_str_eq(&name, &ngx_court_event_kind_names[i])) {
            *kind = i;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* all but what is meant */

static ngx_int_t
ngx_court_event_read_members(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_t *ev)
{
    static const char *const  members[] = {
        "seq", "prev", "time", "kind", "id", "what", "until", NULL
    };

    if (!ngx_court_event_members(node, members)
        || ngx_court_event_seq(ngx_court_json_get(node, "seq"), &ev->seq)
           != NGX_OK
        || ngx_court_json_int(ngx_court_json_get(node, "time"), &ev->time)
           != NGX_OK
        || ev->time <= 0
        || ngx_court_event_digest(pool, ngx_court_json_get(node, "prev"),
                                  ev->prev) != NGX_OK
        || ngx_court_event_read_kind(ngx_court_json_get(node, "kind"),
                                     &ev->kind) != NGX_OK
        || ngx_court_event_until(ngx_court_json_get(node, "until"),
                                 &ev->until) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    if (ev->kind != NGX_COURT_EVENT_DENY && ngx_court_json_get(node, "until")) {
        return NGX_DECLINED;
    }

    if (ev->kind == NGX_COURT_EVENT_BEAT) {
        return ngx_court_json_size(node) == 4 ? NGX_OK : NGX_DECLINED;
    }

    return ngx_court_json_string(ngx_court_json_get(node, "id"), &ev->id)
           == NGX_OK && ngx_court_event_id_valid(&ev->id)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_court_event_verdict_t
ngx_court_event_read_sealed(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_str_t *sealed, ngx_court_event_t *ev, ngx_court_json_t **node,
    const char **why)
{
    u_char      buf[sizeof(NGX_COURT_EVENT_AAD) + NGX_COURT_EVENT_ID];
    ngx_int_t   rc;
    ngx_str_t   aad, plain, bytes;

    if (ngx_court_base64url_decode(pool, &bytes, sealed) != NGX_OK) {
        *why = "what is sealed is no base64url";
        return NGX_COURT_EVENT_FORGED;
    }

    plain.data = ngx_pnalloc(pool, bytes.len + 1);

    if (plain.data == NULL) {
        *why = "no memory";
        return NGX_COURT_EVENT_FAILED;
    }

    aad.data = buf;
    aad.len = ngx_sprintf(buf, NGX_COURT_EVENT_AAD "%V", &ev->id) - buf;

    rc = ring ? ngx_court_open(ring, &aad, &bytes, &plain) : NGX_DECLINED;

    if (rc != NGX_OK) {
        *why = "no key of the ring opens it";
        return rc == NGX_DECLINED ? NGX_COURT_EVENT_SEALED
                                  : NGX_COURT_EVENT_FAILED;
    }

    *node = ngx_court_json_parse(pool, &plain, &ngx_court_event_target_limits,
                                 NULL);

    if (*node == NULL) {
        *why = "what is sealed is no JSON";
        return NGX_COURT_EVENT_FORGED;
    }

    return NGX_COURT_EVENT_OK;
}


static ngx_court_event_verdict_t
ngx_court_event_read_what(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    ngx_court_json_t *node, ngx_court_event_t *ev, const char **why)
{
    ngx_str_t                  sealed;
    ngx_uint_t                 clear;
    ngx_court_json_t          *inner;
    ngx_court_event_verdict_t  verdict;

    clear = 1;

    if (ngx_court_json_size(node) == 1
        && ngx_court_json_string(ngx_court_json_get(node, "sealed"), &sealed)
           == NGX_OK)
    {
        clear = 0;
        inner = NULL;

        verdict = ngx_court_event_read_sealed(pool, ring, &sealed, ev, &inner,
                                              why);
        if (verdict != NGX_COURT_EVENT_OK) {
            return verdict;
        }

        node = inner;
    }

    if (node == NULL
        || ngx_court_event_target_read(pool, node, &ev->target) != NGX_OK
        || !ngx_court_event_takes(ev->kind, ev->target.what))
    {
        *why = "the target has not the form of its kind";
        return NGX_COURT_EVENT_FORGED;
    }

    if (clear && ev->target.what != NGX_COURT_EVENT_KEY
        && ev->target.what != NGX_COURT_EVENT_COURT)
    {
        *why = "a person stands in clear";
        return NGX_COURT_EVENT_FORGED;
    }

    return NGX_COURT_EVENT_OK;
}


ngx_court_event_verdict_t
ngx_court_event_read(ngx_pool_t *pool, const ngx_court_event_keys_t *keys,
    const ngx_court_ring_t *ring, uint64_t seq, const ngx_str_t *e,
    ngx_court_event_t *ev, const char **why)
{
    ngx_court_json_t          *node;
    ngx_court_event_verdict_t  verdict;

    ngx_memzero(ev, sizeof(ngx_court_event_t));

    if (seq == 0 || e->len > NGX_COURT_EVENT_MAX) {
        *why = seq ? "too long" : "its id is not SEQ-0";
        return NGX_COURT_EVENT_FORGED;
    }

    node = NULL;

    verdict = ngx_court_event_verify(pool, keys, e, NGX_COURT_EVENT_TYP, &node,
                                     &ev->kid, why);
    if (verdict != NGX_COURT_EVENT_OK) {
        return verdict;
    }

    if (ngx_court_event_read_members(pool, node, ev) != NGX_OK
        || ev->seq != seq)
    {
        *why = "the payload has not its form, or another number";
        return NGX_COURT_EVENT_FORGED;
    }

    if (ngx_court_sha256(e, 1, ev->hash) != NGX_OK) {
        *why = "no digest";
        return NGX_COURT_EVENT_FAILED;
    }

    if (ev->kind != NGX_COURT_EVENT_BEAT) {
        verdict = ngx_court_event_read_what(pool, ring,
                                            ngx_court_json_get(node, "what"),
                                            ev, why);
        if (verdict != NGX_COURT_EVENT_OK) {
            return verdict;
        }
    }

    if (!ngx_court_event_keys_may(keys, &ev->kid, ev->kind, &ev->target)) {
        *why = "its key may not say this";
        return NGX_COURT_EVENT_SCOPE;
    }

    return NGX_COURT_EVENT_OK;
}
