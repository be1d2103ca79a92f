/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Court-Assertion: a JWT that says to the court service what the gateway
 * decided, and by which it can tell us from anybody else.  With per=caller
 * one is reused up to half its life for equal claims (all but iat, exp, jti):
 * a signature costs more than the rest of a warm request.
 */

#include "ngx_http_court_kept.h"


#define NGX_HTTP_COURT_ASSERTIONS   4096     /* slots of a worker's cache */
#define NGX_HTTP_COURT_JTI_LEN      16       /* bytes */
#define NGX_HTTP_COURT_CLAIMS       20       /* members at most */


/* one slot: the assertion for claims of that hash; ngx_alloc'ed text */
typedef struct {
    u_char                     key[NGX_COURT_SHA256_LEN];
    time_t                     made;
    ngx_str_t                  text;
    size_t                     size;
} ngx_http_court_slot_t;

/*
 * One claim: its value as it is known, empty where there is none.  Which claim
 * stands where never changes, so the cache goes by the values alone; the JSON
 * is made only where there is something to sign.
 */
typedef struct {
    const char                *name;
    ngx_str_t                  value;
    unsigned                   raw:1;        /* JSON as it stands */
    unsigned                   fact:1;       /* a member of "facts" */
} ngx_http_court_member_t;


ngx_int_t
ngx_http_court_assertion_start(ngx_cycle_t *cycle)
{
    ngx_http_court_worker.assertions = ngx_pcalloc(cycle->pool,
               NGX_HTTP_COURT_ASSERTIONS * sizeof(ngx_http_court_slot_t));

    return ngx_http_court_worker.assertions ? NGX_OK : NGX_ERROR;
}


static ngx_http_court_member_t *
ngx_http_court_assertion_put(ngx_http_court_member_t *m, const char *name,
    const ngx_str_t *value)
{
    m->name = name;

    if (value) {
        m->value = *value;
    }

    return m + 1;
}


/* a field of the relation that the decision was made by */

static ngx_http_court_member_t *
ngx_http_court_assertion_fact(ngx_http_court_member_t *m, const char *name,
    const ngx_http_court_need_t *need, ngx_uint_t field)
{
    ngx_court_value_t  v;

    static const ngx_str_t  yes = ngx_string("true");
    static const ngx_str_t  no = ngx_string("false");

    ngx_http_court_fact_field(need, field, &v);

    m->fact = 1;

    if (v.state != NGX_COURT_V_PRESENT) {
        return ngx_http_court_assertion_put(m, name, NULL);
    }

    if (v.type == NGX_COURT_T_BOOL) {
        m->raw = 1;
        return ngx_http_court_assertion_put(m, name, v.num ? &yes : &no);
    }

    return ngx_http_court_assertion_put(m, name, &v.str);
}


/* members of "facts" stand together, at the end */

static ngx_http_court_member_t *
ngx_http_court_assertion_facts(ngx_http_court_session_t *s,
    ngx_http_court_member_t *m)
{
    const ngx_court_fact_t       *fact;
    const ngx_http_court_need_t  *need;

    need = ngx_http_court_relation(s);

    if (need == NULL) {
        return m;
    }

    fact = &need->source->fact;

    m = ngx_http_court_assertion_fact(m, "side", need, fact->side);
    m = ngx_http_court_assertion_fact(m, "capacity", need, fact->capacity);

    return ngx_http_court_assertion_fact(m, "special", need, fact->special);
}


/* htu: the URL as the client named it, without query (RFC 9449, 4.2) */

static ngx_int_t
ngx_http_court_assertion_htu(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *htu)
{
    u_char     *p;
    ngx_str_t   url;

    if (ngx_http_court_external(s, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    htu->data = ngx_pnalloc(r->pool, url.len + s->path.len);
    if (htu->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(htu->data, url.data, url.len);
    p = ngx_cpymem(p, s->path.data, s->path.len);
    htu->len = p - htu->data;

    return NGX_OK;
}


/* what per=request adds: RFC 9449 has these names, and our request id */

static ngx_http_court_member_t *
ngx_http_court_assertion_request(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_member_t *m)
{
    ngx_str_t  htu;

    if (ngx_http_court_assertion_htu(r, s, &htu) != NGX_OK) {
        return NULL;
    }

    m = ngx_http_court_assertion_put(m, "htm", &r->method_name);
    m = ngx_http_court_assertion_put(m, "htu", &htu);

    return ngx_http_court_assertion_put(m, "request_id", &s->request_id);
}


/* the claims but iat, exp and jti; how many, 0 without memory */

static ngx_uint_t
ngx_http_court_assertion_claims(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_assertion_conf_t *acf,
    ngx_http_court_member_t *start)
{
    ngx_http_court_member_t  *m;

    m = ngx_http_court_assertion_put(start, "iss", &acf->iss);
    m = ngx_http_court_assertion_put(m, "aud", &s->code);
    m = ngx_http_court_assertion_put(m, "sub", &s->subject);
    m = ngx_http_court_assertion_put(m, "issuer", &s->issuer);
    m = ngx_http_court_assertion_put(m, "role", &s->role);
    m = ngx_http_court_assertion_put(m, "kind", ngx_http_court_kind(s));
    m = ngx_http_court_assertion_put(m, "principal", &s->principal);
    m = ngx_http_court_assertion_put(m, "client", &s->client);
    m = ngx_http_court_assertion_put(m, "interface",
                                     &s->match.interface->id);
    m = ngx_http_court_assertion_put(m, "rule", s->decision.rule);

    m->raw = 1;
    m = ngx_http_court_assertion_put(m, "policy", &s->pinned->version);

    if (acf->per_request) {
        m = ngx_http_court_assertion_request(r, s, m);
        if (m == NULL) {
            return 0;
        }
    }

    return ngx_http_court_assertion_facts(s, m) - start;
}


static u_char *
ngx_http_court_assertion_member(u_char *p, const ngx_http_court_member_t *m)
{
    p = ngx_sprintf(p, "\"%s\":", m->name);

    if (m->raw) {
        p = ngx_cpymem(p, m->value.data, m->value.len);

    } else {
        *p++ = '"';
        p = ngx_court_json_escape(p, &m->value);
        *p++ = '"';
    }

    *p++ = ',';

    return p;
}


/* {"iss":"…",… without the closing brace: iat, exp, jti follow */

static ngx_int_t
ngx_http_court_assertion_text(ngx_http_request_t *r,
    const ngx_http_court_member_t *m, ngx_uint_t n, ngx_str_t *text)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i, facts;

    len = 160 + 2 * NGX_HTTP_COURT_JTI_LEN;        /* and what follows */
    facts = 0;

    for (i = 0; i < n; i++) {
        if (m[i].value.len == 0) {
            continue;
        }

        len += ngx_strlen(m[i].name) + 8
               + ngx_court_json_escape_len(&m[i].value);
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    *p++ = '{';

    for (i = 0; i < n; i++) {

        if (m[i].value.len == 0) {
            continue;
        }

        if (m[i].fact && !facts) {
            p = ngx_cpymem(p, "\"facts\":{", 9);
            facts = 1;
        }

        p = ngx_http_court_assertion_member(p, &m[i]);
    }

    if (facts) {
        p[-1] = '}';
        *p++ = ',';
    }

    text->len = p - text->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_assertion_sign(ngx_http_request_t *r,
    ngx_http_court_assertion_conf_t *acf, ngx_str_t *claims,
    ngx_str_t *assertion)
{
    u_char     *p, jti[NGX_HTTP_COURT_JTI_LEN];
    time_t      now;
    ngx_str_t   header;

    if (ngx_court_random(jti, sizeof(jti)) != NGX_OK) {
        return NGX_ERROR;
    }

    now = ngx_time();
    p = claims->data + claims->len;                /* room is there */

    p = ngx_sprintf(p, "\"iat\":%T,\"exp\":%T,\"jti\":\"", now,
                    now + acf->ttl);
    p = ngx_hex_dump(p, jti, sizeof(jti));
    p = ngx_cpymem(p, "\"}", 2);
    claims->len = p - claims->data;

    header.data = ngx_pnalloc(r->pool, 80 + acf->alg->name.len
                                       + acf->key->kid.len * 6);
    if (header.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(header.data, "{\"alg\":\"%V\","
                    "\"typ\":\"court-assertion+jwt\",\"kid\":\"",
                    &acf->alg->name);
    p = ngx_court_json_escape(p, &acf->key->kid);
    p = ngx_cpymem(p, "\"}", 2);
    header.len = p - header.data;

    return ngx_court_jws_sign(r->pool, acf->alg, acf->key, &header, claims,
                              assertion);
}


static void
ngx_http_court_assertion_keep(ngx_http_court_slot_t *slot, u_char *key,
    ngx_str_t *assertion, ngx_log_t *log)
{
    if (slot->size < assertion->len) {

        if (slot->text.data) {
            ngx_free(slot->text.data);
        }

        ngx_memzero(slot, sizeof(ngx_http_court_slot_t));

        slot->text.data = ngx_alloc(assertion->len, log);
        if (slot->text.data == NULL) {
            return;
        }

        slot->size = assertion->len;
    }

    ngx_memcpy(slot->key, key, NGX_COURT_SHA256_LEN);
    ngx_memcpy(slot->text.data, assertion->data, assertion->len);
    slot->text.len = assertion->len;
    slot->made = ngx_time();
}


/* the values of the claims, and the key that signs */

static ngx_int_t
ngx_http_court_assertion_slot(ngx_http_court_assertion_conf_t *acf,
    const ngx_http_court_member_t *m, ngx_uint_t n, u_char *key,
    ngx_http_court_slot_t **slot)
{
    ngx_str_t   f[NGX_HTTP_COURT_CLAIMS + 1];
    ngx_uint_t  i;

    f[0] = acf->key->kid;

    for (i = 0; i < n; i++) {
        f[i + 1] = m[i].value;
    }

    if (ngx_court_hash_fields_kept("assertion", f, n + 1, key)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    *slot = ngx_http_court_worker.assertions;
    *slot += (((ngx_uint_t) key[0] << 8) | key[1]) % NGX_HTTP_COURT_ASSERTIONS;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_assertion_cached(ngx_http_request_t *r,
    ngx_http_court_slot_t *slot, const u_char *key, time_t life,
    ngx_str_t *assertion)
{
    if (slot->text.len == 0
        || ngx_memcmp(slot->key, key, NGX_COURT_SHA256_LEN) != 0
        || slot->made > ngx_time() || ngx_time() - slot->made >= life)
    {
        return NGX_DECLINED;
    }

    assertion->len = slot->text.len;
    assertion->data = ngx_pstrdup(r->pool, &slot->text);

    return assertion->data ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_court_assertion_make(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *assertion)
{
    ngx_int_t                         rc;
    u_char                            key[NGX_COURT_SHA256_LEN];
    ngx_str_t                         claims;
    ngx_uint_t                        n;
    ngx_http_court_slot_t            *slot;
    ngx_http_court_member_t           m[NGX_HTTP_COURT_CLAIMS];
    ngx_http_court_main_conf_t       *mcf;
    ngx_http_court_assertion_conf_t  *acf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);
    acf = mcf->assertion;
    slot = NULL;

    ngx_str_null(assertion);

    if (acf == NULL || s->match.interface == NULL || s->pinned == NULL) {
        return NGX_OK;
    }

    ngx_memzero(m, sizeof(m));
    n = ngx_http_court_assertion_claims(r, s, acf, m);

    if (n == 0) {
        return NGX_ERROR;
    }

    if (!acf->per_request && ngx_http_court_worker.assertions) {
        if (ngx_http_court_assertion_slot(acf, m, n, key, &slot) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_court_assertion_cached(r, slot, key, acf->ttl / 2,
                                             assertion);
        if (rc != NGX_DECLINED) {
            ngx_court_count(&ngx_court_state_line->reused);
            s->assertion_at = slot->made;
            return rc;
        }
    }

    if (ngx_http_court_assertion_text(r, m, n, &claims) != NGX_OK
        || ngx_http_court_assertion_sign(r, acf, &claims, assertion)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_court_count(&ngx_court_state_line->signed_);
    s->assertion_at = ngx_time();

    if (slot) {
        ngx_http_court_assertion_keep(slot, key, assertion,
                                      r->connection->log);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_court_assertion_kept(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_kept_t *kept,
    ngx_str_t *assertion)
{
    ngx_http_court_main_conf_t       *mcf;
    ngx_http_court_assertion_conf_t  *acf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);
    acf = mcf->assertion;

    if (acf == NULL || acf->per_request || kept == NULL
        || kept->assertion_len == 0 || kept->made > ngx_time()
        || ngx_time() - kept->made >= acf->ttl / 2)
    {
        return NGX_DECLINED;
    }

    assertion->data = ngx_pnalloc(r->pool, kept->assertion_len);
    if (assertion->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(assertion->data, kept->assertion, kept->assertion_len);
    assertion->len = kept->assertion_len;

    ngx_court_count(&ngx_court_state_line->reused);
    s->assertion_at = kept->made;

    return NGX_OK;
}


ngx_int_t
ngx_http_court_assertion_renew(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    if (ngx_time() - s->assertion_at < mcf->assertion->ttl / 2) {
        return NGX_OK;
    }

    return ngx_http_court_assertion_make(r, s, &s->assertion->value);
}


/* "GET /…": the public keys, for the court services */

ngx_int_t
ngx_http_court_assertion_jwks_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_buf_t                   *b;
    ngx_chain_t                  out;
    ngx_table_elt_t             *h;
    ngx_http_court_main_conf_t  *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    h = ngx_list_push(&r->headers_out.headers);
    b = ngx_calloc_buf(r->pool);
    if (h == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "public, max-age=300");
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = mcf->assertion->jwks.len;
    ngx_str_set(&r->headers_out.content_type, "application/jwk-set+json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    b->pos = mcf->assertion->jwks.data;
    b->last = b->pos + mcf->assertion->jwks.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;
    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}
