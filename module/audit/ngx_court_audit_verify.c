/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads lines back: is every chain whole?  Written for files that somebody
 * may have tampered with: any bytes are taken, none are trusted.
 */

#include "ngx_court_audit.h"


typedef struct {
    ngx_str_t                  gateway;
    ngx_str_t                  worker;
    uint64_t                   seq;
    u_char                     hash[2][NGX_COURT_AUDIT_HASH_LEN];
    ngx_uint_t                 stopped;
} ngx_court_audit_seen_t;

/* what is read out of one line */
typedef struct {
    ngx_str_t                  gateway;
    ngx_str_t                  worker;
    ngx_str_t                  event;
    ngx_str_t                  prev;      /* hex */
    ngx_uint_t                 sm3;
    int64_t                    seq;
} ngx_court_audit_said_t;


ngx_int_t
ngx_court_audit_verify_init(ngx_court_audit_verify_t *v, ngx_pool_t *pool)
{
    ngx_memzero(v, sizeof(ngx_court_audit_verify_t));

    v->pool = pool;
    v->chains = ngx_array_create(pool, 8, sizeof(ngx_court_audit_seen_t));

    return v->chains ? NGX_OK : NGX_ERROR;
}


static void
ngx_court_audit_verify_bad(ngx_court_audit_verify_t *v)
{
    if (v->first_bad == 0) {
        v->first_bad = v->lines;
    }
}


static ngx_int_t
ngx_court_audit_verify_prev(ngx_court_audit_said_t *said, ngx_str_t *text)
{
    size_t  n;

    n = 0;

    if (text->len > 4 && ngx_strncmp(text->data, "sm3:", 4) == 0) {
        said->sm3 = 1;
        n = 4;

    } else if (text->len > 7 && ngx_strncmp(text->data, "sha256:", 7) == 0) {
        said->sm3 = 0;
        n = 7;
    }

    said->prev.data = text->data + n;
    said->prev.len = text->len - n;

    return (n && said->prev.len == 2 * NGX_COURT_AUDIT_HASH_LEN)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_court_audit_verify_read(ngx_pool_t *pool, const ngx_str_t *line,
    ngx_court_audit_said_t *said)
{
    int64_t            version;
    ngx_str_t          prev;
    ngx_court_json_t  *root;

    ngx_memzero(said, sizeof(ngx_court_audit_said_t));

    root = ngx_court_json_parse(pool, line, &ngx_court_json_small, NULL);

    if (root == NULL
        || ngx_court_json_int(ngx_court_json_get(root, "v"), &version)
           != NGX_OK
        || version != NGX_COURT_AUDIT_VERSION
        || ngx_court_json_int(ngx_court_json_get(root, "seq"), &said->seq)
           != NGX_OK
        || said->seq < 1
        || ngx_court_json_string(ngx_court_json_get(root, "gateway"),
                                 &said->gateway)
           != NGX_OK
        || ngx_court_json_string(ngx_court_json_get(root, "worker"),
                                 &said->worker)
           != NGX_OK
        || ngx_court_json_string(ngx_court_json_get(root, "prev"), &prev)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    (void) ngx_court_json_string(ngx_court_json_get(root, "event"),
                                 &said->event);

    return ngx_court_audit_verify_prev(said, &prev);
}


static ngx_court_audit_seen_t *
ngx_court_audit_verify_chain(ngx_court_audit_verify_t *v,
    const ngx_court_audit_said_t *said)
{
    ngx_uint_t               i;
    ngx_court_audit_seen_t  *seen;

    seen = v->chains->elts;

    for (i = v->chains->nelts; i-- > 0; /* void */ ) {
        if (ngx_court_str_eq(&seen[i].worker, &said->worker)
            && ngx_court_str_eq(&seen[i].gateway, &said->gateway))
        {
            return &seen[i];
        }
    }

    seen = ngx_array_push(v->chains);
    if (seen == NULL) {
        return NULL;
    }

    ngx_memzero(seen, sizeof(ngx_court_audit_seen_t));

    seen->worker.data = ngx_pstrdup(v->pool, (ngx_str_t *) &said->worker);
    seen->gateway.data = ngx_pstrdup(v->pool, (ngx_str_t *) &said->gateway);

    if (seen->worker.data == NULL || seen->gateway.data == NULL) {
        v->chains->nelts--;
        return NULL;
    }

    seen->worker.len = said->worker.len;
    seen->gateway.len = said->gateway.len;

    return seen;
}


static void
ngx_court_audit_verify_next(ngx_court_audit_verify_t *v,
    ngx_court_audit_seen_t *seen, const ngx_court_audit_said_t *said)
{
    u_char      hex[2 * NGX_COURT_AUDIT_HASH_LEN];
    ngx_uint_t  begins;

    begins = (seen->seq == 0 && said->seq != 1);

    if (begins) {
        v->resumed++;
        return;
    }

    ngx_hex_dump(hex, seen->hash[said->sm3], NGX_COURT_AUDIT_HASH_LEN);

    if ((uint64_t) said->seq <= seen->seq
        || ngx_memcmp(hex, said->prev.data, sizeof(hex)) != 0)
    {
        v->broken++;
        ngx_court_audit_verify_bad(v);
    }

    if ((uint64_t) said->seq > seen->seq + 1) {
        v->gaps += said->seq - seen->seq - 1;
        ngx_court_audit_verify_bad(v);
    }
}


static ngx_int_t
ngx_court_audit_verify_line(ngx_court_audit_verify_t *v,
    const ngx_str_t *line, ngx_pool_t *pool)
{
    ngx_court_audit_said_t   said;
    ngx_court_audit_seen_t  *seen;

    if (ngx_court_audit_verify_read(pool, line, &said) != NGX_OK) {
        v->torn++;
        ngx_court_audit_verify_bad(v);
        return NGX_OK;
    }

    seen = ngx_court_audit_verify_chain(v, &said);
    if (seen == NULL) {
        return NGX_ERROR;
    }

    ngx_court_audit_verify_next(v, seen, &said);

    v->records++;
    seen->seq = said.seq;
    seen->stopped = (said.event.len == 4
                     && ngx_strncmp(said.event.data, "stop", 4) == 0)
                    || (said.event.len == 11
                        && ngx_strncmp(said.event.data, "worker_stop", 11)
                           == 0);

    return (ngx_court_audit_hash(0, line, seen->hash[0]) == NGX_OK
            && ngx_court_audit_hash(1, line, seen->hash[1]) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_court_audit_verify(ngx_court_audit_verify_t *v, const ngx_str_t *text)
{
    u_char      *p, *last, *eol;
    ngx_int_t    rc;
    ngx_str_t    line;
    ngx_pool_t  *pool;

    p = text->data;
    last = p + text->len;
    rc = NGX_OK;

    for ( /* void */ ; p < last && rc == NGX_OK; p = eol + 1) {

        eol = ngx_strlchr(p, last, '\n');
        if (eol == NULL) {
            eol = last;
        }

        v->lines++;

        line.data = p;
        line.len = eol - p;

        if (line.len == 0) {
            continue;
        }

        pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, v->pool->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_court_audit_verify_line(v, &line, pool);

        ngx_destroy_pool(pool);
    }

    return rc;
}


ngx_uint_t
ngx_court_audit_verify_chains(const ngx_court_audit_verify_t *v,
    ngx_uint_t *open)
{
    ngx_uint_t               i;
    ngx_court_audit_seen_t  *seen;

    seen = v->chains->elts;
    *open = 0;

    for (i = 0; i < v->chains->nelts; i++) {
        *open += !seen[i].stopped;
    }

    return v->chains->nelts;
}
