/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * JWK (RFC 7517, RFC 7518 section 6, RFC 8037) to key and back, thumbprints
 * (RFC 7638).  SM2 keys are {"kty":"EC","crv":"SM2","x","y"}.
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"


typedef ngx_court_key_t *(*ngx_court_jwk_make_pt)(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_str_t *err);

typedef struct {
    ngx_str_t                  kty;
    ngx_court_jwk_make_pt      make;
} ngx_court_jwk_kty_t;


/* a binary member; NGX_DECLINED where it is there but no base64url text */

static ngx_int_t
ngx_court_jwk_member(ngx_pool_t *pool, const ngx_court_json_t *node,
    const char *name, ngx_str_t *value)
{
    ngx_str_t          text;
    ngx_court_json_t  *member;

    ngx_str_null(value);

    member = ngx_court_json_get(node, name);
    if (member == NULL) {
        return NGX_OK;
    }

    if (ngx_court_json_string(member, &text) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_court_base64url_decode(pool, value, &text);
}


static ngx_court_key_t *
ngx_court_jwk_oct(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_str_t  k;

    if (ngx_court_jwk_member(pool, node, "k", &k) != NGX_OK || k.len == 0) {
        ngx_str_set(err, "\"k\" is not base64url");
        return NULL;
    }

    return ngx_court_key_oct(pool, &k, err);
}


static ngx_court_key_t *
ngx_court_jwk_rsa(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_uint_t              i;
    ngx_court_rsa_parts_t   parts;

    const struct {
        const char  *name;
        ngx_str_t   *value;
    } members[] = {
        { "n", &parts.n }, { "e", &parts.e }, { "d", &parts.d },
        { "p", &parts.p }, { "q", &parts.q }, { "dp", &parts.dp },
        { "dq", &parts.dq }, { "qi", &parts.qi }
    };

    if (ngx_court_json_get(node, "oth")) {
        ngx_str_set(err, "multi-prime RSA keys are not supported");
        return NULL;
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (ngx_court_jwk_member(pool, node, members[i].name,
                                 members[i].value)
            != NGX_OK)
        {
            ngx_str_set(err, "a member is not base64url");
            return NULL;
        }
    }

    return ngx_court_key_rsa(pool, &parts, err);
}


static ngx_int_t
ngx_court_jwk_point(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *crv, ngx_str_t *x, ngx_str_t *y, ngx_str_t *d, ngx_str_t *err)
{
    if (ngx_court_json_string(ngx_court_json_get(node, "crv"), crv) != NGX_OK)
    {
        ngx_str_set(err, "no \"crv\"");
        return NGX_DECLINED;
    }

    if (ngx_court_jwk_member(pool, node, "x", x) != NGX_OK
        || ngx_court_jwk_member(pool, node, "y", y) != NGX_OK
        || ngx_court_jwk_member(pool, node, "d", d) != NGX_OK)
    {
        ngx_str_set(err, "a member is not base64url");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_court_key_t *
ngx_court_jwk_ec(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_str_t  crv, x, y, d;

    if (ngx_court_jwk_point(pool, node, &crv, &x, &y, &d, err) != NGX_OK) {
        return NULL;
    }

    return ngx_court_key_ec(pool, &crv, &x, &y, &d, err);
}


static ngx_court_key_t *
ngx_court_jwk_okp(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_str_t  crv, x, y, d;

    if (ngx_court_jwk_point(pool, node, &crv, &x, &y, &d, err) != NGX_OK) {
        return NULL;
    }

    return ngx_court_key_okp(pool, &crv, &x, &d, err);
}


static const ngx_court_jwk_kty_t  ngx_court_jwk_ktys[] = {
    { ngx_string("oct"), ngx_court_jwk_oct },
    { ngx_string("RSA"), ngx_court_jwk_rsa },
    { ngx_string("EC"),  ngx_court_jwk_ec },
    { ngx_string("OKP"), ngx_court_jwk_okp },
    { ngx_null_string, NULL }
};


/* RFC 7517 section 4.2, 4.3: may the key be used with signatures? */

static ngx_int_t
ngx_court_jwk_use(const ngx_court_json_t *node, ngx_uint_t *sig)
{
    ngx_str_t          s;
    ngx_uint_t         i;
    ngx_court_json_t  *use, *ops;

    *sig = 1;
    use = ngx_court_json_get(node, "use");
    ops = ngx_court_json_get(node, "key_ops");

    if (use) {
        if (ngx_court_json_string(use, &s) != NGX_OK) {
            return NGX_DECLINED;
        }

        *sig = (s.len == 3 && ngx_strncmp(s.data, "sig", 3) == 0);
    }

    if (ops == NULL) {
        return NGX_OK;
    }

    if (ngx_court_json_type(ops) != NGX_COURT_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    for (i = 0; i < ngx_court_json_size(ops); i++) {
        if (ngx_court_json_string(ngx_court_json_at(ops, i), &s) != NGX_OK) {
            return NGX_DECLINED;
        }

        if ((s.len == 6 && ngx_strncmp(s.data, "verify", 6) == 0)
            || (s.len == 4 && ngx_strncmp(s.data, "sign", 4) == 0))
        {
            return NGX_OK;
        }
    }

    *sig = 0;

    return NGX_OK;
}


/* kid, alg, use, key_ops: what a key says about itself */

static ngx_int_t
ngx_court_jwk_about(const ngx_court_json_t *node, ngx_court_key_t *key,
    ngx_str_t *err)
{
    ngx_str_t          alg;
    ngx_uint_t         sig;
    ngx_court_json_t  *member;

    member = ngx_court_json_get(node, "kid");

    if (member
        && (ngx_court_json_string(member, &key->kid) != NGX_OK
            || key->kid.len > NGX_COURT_KID_MAX))
    {
        ngx_str_set(err, "\"kid\" is not a string of at most 256 bytes");
        return NGX_DECLINED;
    }

    if (ngx_court_jwk_use(node, &sig) != NGX_OK) {
        ngx_str_set(err, "\"use\" or \"key_ops\" is malformed");
        return NGX_DECLINED;
    }

    key->use_sig = sig;

    member = ngx_court_json_get(node, "alg");
    if (member == NULL) {
        return NGX_OK;
    }

    if (ngx_court_json_string(member, &alg) != NGX_OK) {
        ngx_str_set(err, "\"alg\" is not a string");
        return NGX_DECLINED;
    }

    key->alg = ngx_court_alg_find(&alg);

    if (key->alg == NULL || key->alg->kty != key->kty) {
        ngx_str_set(err, "\"alg\" is unknown or not for this kind of key");
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_court_key_t *
ngx_court_jwk_parse(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_str_t                   kty, none;
    ngx_court_key_t            *key;
    const ngx_court_jwk_kty_t  *row;

    if (err == NULL) {
        err = &none;
    }

    ngx_str_null(err);

    if (ngx_court_json_string(ngx_court_json_get(node, "kty"), &kty)
        != NGX_OK)
    {
        ngx_str_set(err, "no \"kty\"");
        return NULL;
    }

    for (row = ngx_court_jwk_ktys; row->kty.len; row++) {
        if (!ngx_court_str_eq(&row->kty, &kty)) {
            continue;
        }

        key = row->make(pool, node, err);

        if (key == NULL || ngx_court_jwk_about(node, key, err) != NGX_OK) {
            return NULL;
        }

        return key;
    }

    ngx_str_set(err, "unknown \"kty\"");

    return NULL;
}


/* ,"name":"base64url" where there is a value */

static u_char *
ngx_court_jwk_put(u_char *p, const char *name, const ngx_str_t *value)
{
    if (value->len == 0) {
        return p;
    }

    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = ngx_court_base64url_encode(p, value);
    *p++ = '"';

    return p;
}


static const char *
ngx_court_jwk_kty(const ngx_court_key_t *key)
{
    switch (key->kty) {

    case NGX_COURT_KTY_OCT:
        return "oct";

    case NGX_COURT_KTY_RSA:
        return "RSA";

    case NGX_COURT_KTY_OKP:
        return "OKP";

    default:
        return "EC";
    }
}


ngx_int_t
ngx_court_jwk_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_alg_t *alg, ngx_uint_t with_private, ngx_str_t *text)
{
    size_t                  len;
    u_char                 *p;
    ngx_uint_t              i;
    ngx_court_key_parts_t   v;

    if (ngx_court_key_parts(pool, key, with_private, &v) != NGX_OK) {
        return NGX_ERROR;
    }

    const struct {
        const char       *name;
        const ngx_str_t  *value;
    } members[] = {
        { "n", &v.n }, { "e", &v.e }, { "x", &v.x }, { "y", &v.y },
        { "d", &v.d }, { "p", &v.p }, { "q", &v.q }, { "dp", &v.dp },
        { "dq", &v.dq }, { "qi", &v.qi }, { "k", &v.k }
    };

    len = 128 + ngx_court_json_escape_len(&key->kid);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        len += 16 + ngx_court_base64url_encoded_len(members[i].value->len);
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    p = ngx_sprintf(p, "{\"kty\":\"%s\"", ngx_court_jwk_kty(key));

    if (key->crv.len) {
        p = ngx_sprintf(p, ",\"crv\":\"%V\"", &key->crv);
    }

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        p = ngx_court_jwk_put(p, members[i].name, members[i].value);
    }

    if (key->kid.len) {
        p = ngx_cpymem(p, ",\"kid\":\"", 8);
        p = ngx_court_json_escape(p, &key->kid);
        *p++ = '"';
    }

    if (alg) {
        p = ngx_sprintf(p, ",\"alg\":\"%V\"", &alg->name);
    }

    p = ngx_cpymem(p, ",\"use\":\"sig\"}", 13);
    text->len = p - text->data;

    return NGX_OK;
}


/* members in lexicographic order, none but the required ones */

ngx_int_t
ngx_court_jwk_thumbprint(ngx_pool_t *pool, const ngx_court_key_t *key,
    u_char out[NGX_COURT_SHA256_LEN])
{
    u_char                 *p;
    ngx_str_t               text;
    ngx_court_key_parts_t   v;

    if (ngx_court_key_parts(pool, key, key->kty == NGX_COURT_KTY_OCT, &v)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(pool, 128 + ngx_court_base64url_encoded_len(v.n.len)
                          + ngx_court_base64url_encoded_len(v.e.len)
                          + ngx_court_base64url_encoded_len(v.x.len)
                          + ngx_court_base64url_encoded_len(v.y.len)
                          + ngx_court_base64url_encoded_len(v.k.len));
    if (p == NULL) {
        return NGX_ERROR;
    }

    text.data = p;

    /* the first member has no comma before it: it is skipped below */

    if (key->crv.len) {
        p = ngx_sprintf(p, ",\"crv\":\"%V\"", &key->crv);
    }

    p = ngx_court_jwk_put(p, "e", &v.e);

    if (key->kty == NGX_COURT_KTY_OCT) {
        p = ngx_court_jwk_put(p, "k", &v.k);
    }

    p = ngx_sprintf(p, ",\"kty\":\"%s\"", ngx_court_jwk_kty(key));
    p = ngx_court_jwk_put(p, "n", &v.n);
    p = ngx_court_jwk_put(p, "x", &v.x);
    p = ngx_court_jwk_put(p, "y", &v.y);
    *p++ = '}';

    text.data[0] = '{';
    text.len = p - text.data;

    return ngx_court_sha256(&text, 1, out);
}
