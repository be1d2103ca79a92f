/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The snapshot: its head, and the parts that the head names by their hashes.
 */

#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"


static const ngx_court_json_limits_t  ngx_court_event_part_limits = {
    NGX_COURT_EVENT_PART_MAX, 6, 16384
};


static ngx_int_t
ngx_court_event_head_parts(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_head_t *head)
{
    u_char      sum[NGX_COURT_SHA256_LEN];
    ngx_uint_t  i, n;

    n = ngx_court_json_size(node);

    if (node == NULL || ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY
        || n > NGX_COURT_EVENT_PARTS)
    {
        return NGX_DECLINED;
    }

    head->parts = ngx_pcalloc(pool, (n + 1) * sizeof(ngx_str_t));
    if (head->parts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_event_digest(pool, ngx_court_json_at(node, i), sum)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        (void) ngx_court_json_string(ngx_court_json_at(node, i),
                                     &head->parts[i]);
    }

    head->nparts = n;

    return NGX_OK;
}


static ngx_int_t
ngx_court_event_head_members(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_head_t *head)
{
    int64_t  entries;

    static const char *const  members[] = {
        "seq", "prev", "time", "entries", "parts", NULL
    };

    if (!ngx_court_event_members(node, members)
        || ngx_court_event_seq(ngx_court_json_get(node, "seq"), &head->seq)
           != NGX_OK
        || ngx_court_json_int(ngx_court_json_get(node, "time"), &head->time)
           != NGX_OK
        || head->time <= 0
        || ngx_court_json_int(ngx_court_json_get(node, "entries"), &entries)
           != NGX_OK
        || entries < 0
        || ngx_court_event_digest(pool, ngx_court_json_get(node, "prev"),
                                  head->hash) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    head->entries = (uint64_t) entries;

    return ngx_court_event_head_parts(pool, ngx_court_json_get(node, "parts"),
                                      head);
}


ngx_court_event_verdict_t
ngx_court_event_head_read(ngx_pool_t *pool, const ngx_court_event_keys_t *keys,
    const ngx_str_t *text, ngx_court_event_head_t *head, const char **why)
{
    ngx_int_t                  rc;
    ngx_court_json_t          *node;
    ngx_court_event_target_t   none;
    ngx_court_event_verdict_t  verdict;

    ngx_memzero(head, sizeof(ngx_court_event_head_t));
    ngx_memzero(&none, sizeof(ngx_court_event_target_t));

    if (text->len > NGX_COURT_EVENT_HEAD_MAX) {
        *why = "too long";
        return NGX_COURT_EVENT_FORGED;
    }

    node = NULL;

    verdict = ngx_court_event_verify(pool, keys, text,
                                     NGX_COURT_EVENT_HEAD_TYP, &node,
                                     &head->kid, why);
    if (verdict != NGX_COURT_EVENT_OK) {
        return verdict;
    }

    rc = ngx_court_event_head_members(pool, node, head);

    if (rc != NGX_OK) {
        *why = "the payload has not its form";
        return rc == NGX_DECLINED ? NGX_COURT_EVENT_FORGED
                                  : NGX_COURT_EVENT_FAILED;
    }

    if (!ngx_court_event_keys_may(keys, &head->kid, NGX_COURT_EVENT_BEAT,
                                  &none))
    {
        *why = "its key may not beat";
        return NGX_COURT_EVENT_SCOPE;
    }

    return NGX_COURT_EVENT_OK;
}


/* these very bytes are the ones that the head names; then opened */

static ngx_court_event_verdict_t
ngx_court_event_part_open(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_str_t *name, const ngx_str_t *bytes, ngx_str_t *plain,
    const char **why)
{
    u_char     sum[NGX_COURT_SHA256_LEN], text[NGX_COURT_EVENT_HASH_LEN];
    ngx_int_t  rc;
    ngx_str_t  digest;

    static const ngx_str_t  aad = ngx_string(NGX_COURT_EVENT_PART_AAD);

    plain->data = bytes->len <= NGX_COURT_EVENT_PART_MAX
                  ? ngx_pnalloc(pool, bytes->len + 1) : NULL;

    if (plain->data == NULL || ngx_court_sha256(bytes, 1, sum) != NGX_OK) {
        *why = "no memory, or too long";
        return bytes->len > NGX_COURT_EVENT_PART_MAX ? NGX_COURT_EVENT_FORGED
                                                     : NGX_COURT_EVENT_FAILED;
    }

    digest.data = sum;
    digest.len = NGX_COURT_SHA256_LEN;
    (void) ngx_court_base64url_encode(text, &digest);

    if (!ngx_court_secret_eq(text, name->data, NGX_COURT_EVENT_HASH_LEN)) {
        *why = "the part is not the one that the head names";
        return NGX_COURT_EVENT_FORGED;
    }

    rc = ring ? ngx_court_open(ring, &aad, bytes, plain) : NGX_DECLINED;

    if (rc != NGX_OK) {
        *why = "no key of the ring opens the part";
        return rc == NGX_DECLINED ? NGX_COURT_EVENT_SEALED
                                  : NGX_COURT_EVENT_FAILED;
    }

    return NGX_COURT_EVENT_OK;
}


static ngx_int_t
ngx_court_event_part_entry(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_event_denied_t *denied)
{
    static const char *const  members[] = {
        "id", "at", "until", "what", NULL
    };

    if (!ngx_court_event_members(node, members)
        || ngx_court_json_string(ngx_court_json_get(node, "id"), &denied->id)
           != NGX_OK
        || !ngx_court_event_id_valid(&denied->id)
        || ngx_court_json_int(ngx_court_json_get(node, "at"), &denied->at)
           != NGX_OK
        || denied->at < 0
        || ngx_court_event_until(ngx_court_json_get(node, "until"),
                                 &denied->until) != NGX_OK
        || ngx_court_json_get(node, "what") == NULL
        || ngx_court_event_target_read(pool, ngx_court_json_get(node, "what"),
                                       &denied->target) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_event_takes(NGX_COURT_EVENT_DENY, denied->target.what)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_court_event_verdict_t
ngx_court_event_part_entries(ngx_pool_t *pool,
    const ngx_court_event_keys_t *keys, const ngx_court_event_head_t *head,
    const ngx_court_json_t *list, ngx_array_t *denied, const char **why)
{
    ngx_uint_t                 i, n;
    ngx_court_event_denied_t  *entry;

    n = ngx_court_json_size(list);

    for (i = 0; i < n; i++) {

        entry = ngx_array_push(denied);

        if (entry == NULL) {
            *why = "no memory";
            return NGX_COURT_EVENT_FAILED;
        }

        ngx_memzero(entry, sizeof(ngx_court_event_denied_t));

        if (ngx_court_event_part_entry(pool, ngx_court_json_at(list, i), entry)
            != NGX_OK)
        {
            *why = "an entry of the part has not its form";
            return NGX_COURT_EVENT_FORGED;
        }

        if (!ngx_court_event_keys_may(keys, &head->kid, NGX_COURT_EVENT_DENY,
                                      &entry->target))
        {
            *why = "the head's key may not deny this";
            return NGX_COURT_EVENT_SCOPE;
        }
    }

    return NGX_COURT_EVENT_OK;
}


ngx_court_event_verdict_t
ngx_court_event_part_read(ngx_pool_t *pool, const ngx_court_event_keys_t *keys,
    const ngx_court_ring_t *ring, const ngx_court_event_head_t *head,
    ngx_uint_t i, const ngx_str_t *bytes, ngx_array_t *denied,
    const char **why)
{
    ngx_str_t                  plain;
    ngx_court_json_t          *list;
    ngx_court_event_verdict_t  verdict;

    if (i >= head->nparts) {
        *why = "the head has not so many parts";
        return NGX_COURT_EVENT_FAILED;
    }

    verdict = ngx_court_event_part_open(pool, ring, &head->parts[i], bytes,
                                        &plain, why);
    if (verdict != NGX_COURT_EVENT_OK) {
        return verdict;
    }

    list = ngx_court_json_parse(pool, &plain, &ngx_court_event_part_limits,
                                NULL);

    if (list == NULL || ngx_court_json_type(list) != NGX_COURT_JSON_ARRAY
        || ngx_court_json_size(list) > NGX_COURT_EVENT_PART_ENTRIES)
    {
        *why = "the part has not its form";
        return NGX_COURT_EVENT_FORGED;
    }

    return ngx_court_event_part_entries(pool, keys, head, list, denied, why);
}
