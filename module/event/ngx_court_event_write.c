/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The authority's side: entries, parts and heads as they stand in Redis.
 */

#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"


static u_char *
ngx_court_event_write_digest(u_char *p, const u_char *sum)
{
    ngx_str_t  s;

    s.data = (u_char *) sum;
    s.len = NGX_COURT_SHA256_LEN;

    return ngx_court_base64url_encode(p, &s);
}


static ngx_int_t
ngx_court_event_write_sign(ngx_pool_t *pool, const ngx_court_key_t *key,
    const char *typ, const ngx_str_t *payload, ngx_str_t *text)
{
    u_char                 *p;
    ngx_str_t               header;
    const ngx_court_alg_t  *alg;

    alg = ngx_court_event_alg(key);

    if (alg == NULL || !key->private_key || key->kid.len == 0) {
        return NGX_DECLINED;
    }

    header.data = ngx_pnalloc(pool, ngx_court_json_escape_len(&key->kid)
                                    + alg->name.len + ngx_strlen(typ) + 64);
    if (header.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(header.data, "{\"alg\":\"%V\",\"typ\":\"%s\",\"kid\":\"",
                    &alg->name, typ);
    p = ngx_court_json_escape(p, &key->kid);
    p = ngx_cpymem(p, "\"}", 2);

    header.len = p - header.data;

    return ngx_court_jws_sign(pool, alg, key, &header, payload, text);
}


/* {"sealed":"..."} of text */

static ngx_int_t
ngx_court_event_write_seal(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_str_t *id, ngx_str_t *text)
{
    u_char     *p, buf[sizeof(NGX_COURT_EVENT_AAD) + NGX_COURT_EVENT_ID];
    ngx_str_t   aad, sealed;

    aad.data = buf;
    aad.len = ngx_sprintf(buf, NGX_COURT_EVENT_AAD "%V", id) - buf;

    sealed.data = ngx_pnalloc(pool, text->len + NGX_COURT_SEAL_OVERHEAD);
    p = ngx_pnalloc(pool, 16 + ngx_court_base64url_encoded_len(text->len
                                        + NGX_COURT_SEAL_OVERHEAD));

    if (sealed.data == NULL || p == NULL || ring == NULL
        || ngx_court_seal(ring, &aad, text, &sealed) != NGX_OK)
    {
        return NGX_ERROR;
    }

    text->data = p;

    p = ngx_sprintf(p, "{\"sealed\":\"");
    p = ngx_court_base64url_encode(p, &sealed);
    p = ngx_cpymem(p, "\"}", 2);

    text->len = p - text->data;

    return NGX_OK;
}


static ngx_int_t
ngx_court_event_write_what(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_court_event_t *ev, ngx_str_t *what)
{
    ngx_int_t  rc;

    ngx_str_null(what);

    if (!ngx_court_event_takes(ev->kind, ev->target.what)) {
        return NGX_DECLINED;
    }

    if (ev->kind == NGX_COURT_EVENT_BEAT) {
        return NGX_OK;
    }

    if (!ngx_court_event_id_valid(&ev->id)) {
        return NGX_DECLINED;
    }

    rc = ngx_court_event_target_write(pool, &ev->target, what);

    if (rc != NGX_OK || ev->target.what == NGX_COURT_EVENT_KEY
        || ev->target.what == NGX_COURT_EVENT_COURT)
    {
        return rc;
    }

    return ngx_court_event_write_seal(pool, ring, &ev->id, what);
}


ngx_int_t
ngx_court_event_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_ring_t *ring, ngx_court_event_t *ev, ngx_str_t *e)
{
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t   what, payload;

    rc = ngx_court_event_write_what(pool, ring, ev, &what);
    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_pnalloc(pool, what.len + ev->id.len + 256);
    if (p == NULL) {
        return NGX_ERROR;
    }

    payload.data = p;

    p = ngx_sprintf(p, "{\"seq\":%uL,\"prev\":\"", ev->seq);
    p = ngx_court_event_write_digest(p, ev->prev);
    p = ngx_sprintf(p, "\",\"time\":%L,\"kind\":\"%V\"", ev->time,
                    &ngx_court_event_kind_names[ev->kind]);

    if (ev->kind != NGX_COURT_EVENT_BEAT) {
        p = ngx_sprintf(p, ",\"id\":\"%V\",\"what\":%V", &ev->id, &what);
    }

    if (ev->kind == NGX_COURT_EVENT_DENY && ev->until != NGX_COURT_EVENT_EVER)
    {
        p = ngx_sprintf(p, ",\"until\":%L", ev->until);
    }

    *p++ = '}';
    payload.len = p - payload.data;

    rc = ngx_court_event_write_sign(pool, key, NGX_COURT_EVENT_TYP, &payload,
                                    e);
    if (rc != NGX_OK) {
        return rc;
    }

    if (e->len > NGX_COURT_EVENT_MAX) {
        return NGX_DECLINED;
    }

    return ngx_court_sha256(e, 1, ev->hash);
}


/* one entry in clear, a comma before it unless first; NGX_DONE: no room */

static ngx_int_t
ngx_court_event_part_put(ngx_pool_t *pool,
    const ngx_court_event_denied_t *denied, ngx_uint_t first, u_char **pos,
    u_char *last)
{
    u_char     *p;
    ngx_int_t   rc;
    ngx_str_t   what;

    rc = ngx_court_event_takes(NGX_COURT_EVENT_DENY, denied->target.what)
         && ngx_court_event_id_valid(&denied->id)
         ? ngx_court_event_target_write(pool, &denied->target, &what)
         : NGX_DECLINED;

    if (rc != NGX_OK) {
        return rc;
    }

    p = *pos;

    if ((size_t) (last - p) < what.len + denied->id.len + 128) {
        return NGX_DONE;
    }

    p = ngx_sprintf(p, "%s{\"id\":\"%V\",\"at\":%L", first ? "" : ",",
                    &denied->id, denied->at);

    if (denied->until != NGX_COURT_EVENT_EVER) {
        p = ngx_sprintf(p, ",\"until\":%L", denied->until);
    }

    *pos = ngx_sprintf(p, ",\"what\":%V}", &what);

    return NGX_OK;
}


static ngx_int_t
ngx_court_event_part_seal(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_str_t *plain, ngx_str_t *bytes, ngx_str_t *name)
{
    u_char  sum[NGX_COURT_SHA256_LEN];

    static const ngx_str_t  aad = ngx_string(NGX_COURT_EVENT_PART_AAD);

    bytes->data = ngx_pnalloc(pool, plain->len + NGX_COURT_SEAL_OVERHEAD);
    name->data = ngx_pnalloc(pool, NGX_COURT_EVENT_HASH_LEN);

    if (bytes->data == NULL || name->data == NULL
        || ngx_court_seal(ring, &aad, plain, bytes) != NGX_OK
        || ngx_court_sha256(bytes, 1, sum) != NGX_OK)
    {
        return NGX_ERROR;
    }

    name->len = NGX_COURT_EVENT_HASH_LEN;
    (void) ngx_court_event_write_digest(name->data, sum);

    return NGX_OK;
}


ngx_int_t
ngx_court_event_part_write(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_court_event_denied_t *denied, ngx_uint_t n, ngx_uint_t *taken,
    ngx_str_t *bytes, ngx_str_t *name)
{
    u_char      *p, *last;
    ngx_int_t    rc;
    ngx_str_t    plain;
    ngx_uint_t   i;

    p = ngx_pnalloc(pool, NGX_COURT_EVENT_PART_MAX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    plain.data = p;
    last = p + NGX_COURT_EVENT_PART_MAX - NGX_COURT_SEAL_OVERHEAD;

    *p++ = '[';

    for (i = 0; i < n && i < NGX_COURT_EVENT_PART_ENTRIES; i++) {

        rc = ngx_court_event_part_put(pool, &denied[i], i == 0, &p, last);

        if (rc == NGX_DONE) {
            break;
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    *p++ = ']';

    plain.len = p - plain.data;
    *taken = i;

    return ngx_court_event_part_seal(pool, ring, &plain, bytes, name);
}


ngx_int_t
ngx_court_event_head_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_event_head_t *head, ngx_str_t *text)
{
    u_char      *p;
    ngx_int_t    rc;
    ngx_str_t    payload;
    ngx_uint_t   i;

    if (head->nparts > NGX_COURT_EVENT_PARTS) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(pool, 256 + head->nparts * (NGX_COURT_EVENT_HASH_LEN + 3));
    if (p == NULL) {
        return NGX_ERROR;
    }

    payload.data = p;

    p = ngx_sprintf(p, "{\"seq\":%uL,\"prev\":\"", head->seq);
    p = ngx_court_event_write_digest(p, head->hash);
    p = ngx_sprintf(p, "\",\"time\":%L,\"entries\":%uL,\"parts\":[",
                    head->time, head->entries);

    for (i = 0; i < head->nparts; i++) {
        p = ngx_sprintf(p, "%s\"%V\"", i ? "," : "", &head->parts[i]);
    }

    p = ngx_cpymem(p, "]}", 2);
    payload.len = p - payload.data;

    rc = ngx_court_event_write_sign(pool, key, NGX_COURT_EVENT_HEAD_TYP,
                                    &payload, text);

    return rc == NGX_OK && text->len > NGX_COURT_EVENT_HEAD_MAX
           ? NGX_DECLINED : rc;
}
