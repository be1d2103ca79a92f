/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Court-Assertion: a JWT that says to the court service what the gateway
 * decided, and by which it can tell us from anybody else.  With per=caller
 * one is reused up to half its life for equal claims (all but iat, exp, jti):
 * a signature costs more than the rest of a warm request.
 */

#include "ngx_http_court.h"


#define NGX_HTTP_COURT_ASSERTIONS   4096     /* slots of a worker's cache */
#define NGX_HTTP_COURT_JTI_LEN      16       /* bytes */
#define NGX_HTTP_COURT_CLAIMS       16       /* members at most */


/* one slot: the assertion for claims of that hash; ngx_alloc'ed text */
typedef struct {
    u_char                     key[NGX_COURT_SHA256_LEN];
    time_t                     made;
    ngx_str_t                  text;
    size_t                     size;
} ngx_http_court_slot_t;

typedef struct {
    const char                *name;
    ngx_str_t                  value;
    unsigned                   raw:1;        /* JSON as it stands */
} ngx_http_court_member_t;


ngx_int_t
ngx_http_court_assertion_start(ngx_cycle_t *cycle)
{
    ngx_http_court_worker.assertions = ngx_pcalloc(cycle->pool,
               NGX_HTTP_COURT_ASSERTIONS * sizeof(ngx_http_court_slot_t));

    return ngx_http_court_worker.assertions ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_court_assertion_fact(ngx_http_court_session_t *s, const char *field,
    ngx_court_value_t *v)
{
    ngx_str_t  name;

    static const ngx_str_t  relation = ngx_string("relation");

    name.data = (u_char *) field;
    name.len = ngx_strlen(field);

    ngx_http_court_fact_get(s, ngx_http_court_side(s), &relation, &name, v);
}


/* "facts":{"side":…,"capacity":…,"special":…}, those that there are */

static ngx_int_t
ngx_http_court_assertion_facts(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *json)
{
    u_char             *p;
    size_t              len;
    ngx_court_value_t   side, capacity, special;

    ngx_http_court_assertion_fact(s, "side", &side);
    ngx_http_court_assertion_fact(s, "capacity", &capacity);
    ngx_http_court_assertion_fact(s, "special_authority", &special);

    json->len = 0;

    if (side.state != NGX_COURT_V_PRESENT
        && capacity.state != NGX_COURT_V_PRESENT
        && special.state != NGX_COURT_V_PRESENT)
    {
        return NGX_OK;
    }

    len = 64 + ngx_court_json_escape_len(&side.str)
          + ngx_court_json_escape_len(&capacity.str);

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    json->data = p;
    *p++ = '{';

    if (side.state == NGX_COURT_V_PRESENT) {
        p = ngx_cpymem(p, "\"side\":\"", 8);
        p = ngx_court_json_escape(p, &side.str);
        p = ngx_cpymem(p, "\",", 2);
    }

    if (capacity.state == NGX_COURT_V_PRESENT) {
        p = ngx_cpymem(p, "\"capacity\":\"", 12);
        p = ngx_court_json_escape(p, &capacity.str);
        p = ngx_cpymem(p, "\",", 2);
    }

    if (special.state == NGX_COURT_V_PRESENT) {
        p = ngx_sprintf(p, "\"special\":%s,", special.num ? "true" : "false");
    }

    p[-1] = '}';
    json->len = p - json->data;

    return NGX_OK;
}


/* htu: scheme, host and path of the request as the client named them */

static ngx_int_t
ngx_http_court_assertion_htu(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *htu)
{
    u_char  *p;

    htu->data = ngx_pnalloc(r->pool, sizeof("https://") - 1
                            + r->headers_in.server.len + s->path.len);
    if (htu->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(htu->data, "http", 4);

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        *p++ = 's';
    }
#endif

    p = ngx_cpymem(p, "://", 3);
    p = ngx_cpymem(p, r->headers_in.server.data, r->headers_in.server.len);
    p = ngx_cpymem(p, s->path.data, s->path.len);
    htu->len = p - htu->data;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_court_assertion_claims(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_assertion_conf_t *acf,
    ngx_http_court_member_t *m)
{
    u_char                   *p;
    ngx_uint_t                n;
    ngx_court_value_t         kind;
    ngx_http_court_member_t  *start;

    static const ngx_str_t  identity = ngx_string("identity");
    static const ngx_str_t  f_kind = ngx_string("kind");

    start = m;

    ngx_http_court_fact_get(s, NGX_COURT_CALLER, &identity, &f_kind, &kind);

#define ngx_http_court_claim(n_, v_)  (m->name = n_, m->value = v_, m++)

    ngx_http_court_claim("iss", acf->iss);
    ngx_http_court_claim("aud", s->code);
    ngx_http_court_claim("sub", s->subject);
    ngx_http_court_claim("issuer", s->issuer);
    ngx_http_court_claim("role", s->role);
    ngx_http_court_claim("kind", kind.str);
    ngx_http_court_claim("principal", s->principal);
    ngx_http_court_claim("client", s->client);
    ngx_http_court_claim("interface", s->match.interface->id);

    if (s->decision.rule) {
        ngx_http_court_claim("rule", *s->decision.rule);
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return 0;
    }

    m->value.data = p;
    m->value.len = ngx_sprintf(p, "%L",
                       ngx_court_policy_version(s->pinned->policy)) - p;
    m->raw = 1;
    m->name = "policy";
    m++;

    if (ngx_http_court_assertion_facts(r, s, &m->value) != NGX_OK) {
        return 0;
    }

    m->raw = 1;
    m->name = "facts";
    m++;

    if (acf->per_request) {
        ngx_http_court_claim("htm", r->method_name);
        ngx_http_court_claim("request_id", s->request_id);

        if (ngx_http_court_assertion_htu(r, s, &m->value) != NGX_OK) {
            return 0;
        }

        m->name = "htu";
        m++;
    }

#undef ngx_http_court_claim

    n = m - start;

    return n;
}


/* {"iss":"…",…  without the closing brace: iat, exp, jti follow */

static ngx_int_t
ngx_http_court_assertion_text(ngx_http_request_t *r,
    ngx_http_court_member_t *m, ngx_uint_t n, ngx_str_t *text)
{
    u_char      *p;
    size_t       len;
    ngx_uint_t   i;

    len = 128;                                     /* and what follows */

    for (i = 0; i < n; i++) {
        len += ngx_strlen(m[i].name) + 8
               + ngx_court_json_escape_len(&m[i].value);
    }

    p = ngx_pnalloc(r->pool, len + 2 * NGX_HTTP_COURT_JTI_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    *p++ = '{';

    for (i = 0; i < n; i++) {
        if (m[i].value.len == 0) {
            continue;
        }

        p = ngx_sprintf(p, "\"%s\":", m[i].name);

        if (m[i].raw) {
            p = ngx_cpymem(p, m[i].value.data, m[i].value.len);

        } else {
            *p++ = '"';
            p = ngx_court_json_escape(p, &m[i].value);
            *p++ = '"';
        }

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


static ngx_int_t
ngx_http_court_assertion_cached(ngx_http_request_t *r,
    ngx_http_court_assertion_conf_t *acf, ngx_str_t *claims,
    ngx_str_t *assertion, time_t *made)
{
    u_char                  key[NGX_COURT_SHA256_LEN];
    ngx_str_t               parts[2];
    ngx_http_court_slot_t  *slot;

    parts[0] = acf->key->kid;
    parts[1] = *claims;

    if (ngx_court_hash_fields("assertion", parts, 2, key) != NGX_OK) {
        return NGX_ERROR;
    }

    slot = ngx_http_court_worker.assertions;
    slot += (((ngx_uint_t) key[0] << 8) | key[1]) % NGX_HTTP_COURT_ASSERTIONS;

    if (slot->text.len
        && ngx_memcmp(slot->key, key, NGX_COURT_SHA256_LEN) == 0
        && slot->made <= ngx_time()
        && ngx_time() - slot->made < acf->ttl / 2)
    {
        *made = slot->made;
        assertion->len = slot->text.len;
        assertion->data = ngx_pstrdup(r->pool, &slot->text);

        return assertion->data ? NGX_OK : NGX_ERROR;
    }

    if (ngx_http_court_assertion_sign(r, acf, claims, assertion) != NGX_OK) {
        return NGX_ERROR;
    }

    *made = ngx_time();
    ngx_http_court_assertion_keep(slot, key, assertion, r->connection->log);

    return NGX_OK;
}


ngx_int_t
ngx_http_court_assertion_make(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_str_t *assertion)
{
    ngx_str_t                         claims;
    ngx_uint_t                        n;
    ngx_http_court_member_t           m[NGX_HTTP_COURT_CLAIMS];
    ngx_http_court_main_conf_t       *mcf;
    ngx_http_court_assertion_conf_t  *acf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);
    acf = mcf->assertion;

    ngx_str_null(assertion);

    if (acf == NULL || s->match.interface == NULL || s->pinned == NULL) {
        return NGX_OK;
    }

    ngx_memzero(m, sizeof(m));
    n = ngx_http_court_assertion_claims(r, s, acf, m);

    if (n == 0 || ngx_http_court_assertion_text(r, m, n, &claims) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!acf->per_request && ngx_http_court_worker.assertions) {
        return ngx_http_court_assertion_cached(r, acf, &claims, assertion,
                                               &s->assertion_at);
    }

    s->assertion_at = ngx_time();

    return ngx_http_court_assertion_sign(r, acf, &claims, assertion);
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
