/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One JWK into a key.  Members with numbers are one table; what they must be
 * mathematically is the makers' business (crypto/).
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"
#include "ngx_court_jwk.h"


/* members that a key type has; those of others are ignored (RFC 7517, 4) */
typedef struct {
    const char                *name;
    ngx_court_kty_t            kty;        /* EC stands for SM2, too */
    size_t                     offset;     /* in ngx_court_key_parts_t */
    unsigned                   required:1;
} ngx_court_jwk_member_t;

#define ngx_court_jwk_row(name, kty, required)                                \
    { #name, NGX_COURT_KTY_##kty, offsetof(ngx_court_key_parts_t, name),      \
      required }

static const ngx_court_jwk_member_t  ngx_court_jwk_members[] = {
    ngx_court_jwk_row(k, OCT, 1),
    ngx_court_jwk_row(n, RSA, 1),
    ngx_court_jwk_row(e, RSA, 1),
    ngx_court_jwk_row(d, RSA, 0),
    ngx_court_jwk_row(p, RSA, 0),
    ngx_court_jwk_row(q, RSA, 0),
    ngx_court_jwk_row(dp, RSA, 0),
    ngx_court_jwk_row(dq, RSA, 0),
    ngx_court_jwk_row(qi, RSA, 0),
    ngx_court_jwk_row(x, EC, 1),
    ngx_court_jwk_row(y, EC, 1),
    ngx_court_jwk_row(d, EC, 0),
    ngx_court_jwk_row(x, OKP, 1),
    ngx_court_jwk_row(d, OKP, 0),
    { NULL, 0, 0, 0 }
};

static const struct {
    ngx_str_t                  name;
    ngx_court_kty_t            kty;
} ngx_court_jwk_ktys[] = {
    { ngx_string("oct"), NGX_COURT_KTY_OCT },
    { ngx_string("RSA"), NGX_COURT_KTY_RSA },
    { ngx_string("EC"),  NGX_COURT_KTY_EC },
    { ngx_string("OKP"), NGX_COURT_KTY_OKP }
};


static void *
ngx_court_jwk_fail(ngx_str_t *err, const char *text)
{
    if (err != NULL) {
        err->data = (u_char *) text;
        err->len = ngx_strlen(text);
    }

    return NULL;
}


ngx_uint_t
ngx_court_jose_text(const ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            return 0;
        }
    }

    return s->len > 0 && s->len <= NGX_COURT_KID_MAX;
}


/* NGX_OK, also where it is absent: s is then empty */

ngx_int_t
ngx_court_jose_member(const ngx_court_json_t *node, const char *name,
    ngx_str_t *s)
{
    ngx_court_json_t  *member;

    ngx_str_null(s);

    member = ngx_court_json_get(node, name);
    if (member == NULL) {
        return NGX_OK;
    }

    if (ngx_court_json_string(member, s) != NGX_OK
        || !ngx_court_jose_text(s))
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_jwk_kty(const ngx_court_json_t *node, ngx_court_kty_t *kty)
{
    ngx_str_t   s;
    ngx_uint_t  i;

    if (ngx_court_jose_member(node, "kty", &s) != NGX_OK) {
        return NGX_DECLINED;
    }

    for (i = 0; i < sizeof(ngx_court_jwk_ktys)
                    / sizeof(ngx_court_jwk_ktys[0]); i++)
    {
        if (ngx_court_str_eq(&ngx_court_jwk_ktys[i].name, &s)) {
            *kty = ngx_court_jwk_ktys[i].kty;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* decodes the numbers; NULL, or what is wrong */

static const char *
ngx_court_jwk_numbers(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_kty_t kty, ngx_court_key_parts_t *parts)
{
    ngx_str_t                      s, *out;
    ngx_court_json_t              *member;
    const ngx_court_jwk_member_t  *m;

    for (m = ngx_court_jwk_members; m->name; m++) {

        if (m->kty != kty) {
            continue;
        }

        member = ngx_court_json_get(node, m->name);

        if (member == NULL) {
            if (m->required) {
                return "a member that the key type needs is missing";
            }

            continue;
        }

        out = (ngx_str_t *) ((u_char *) parts + m->offset);

        if (ngx_court_json_string(member, &s) != NGX_OK || s.len == 0
            || ngx_court_base64url_decode(pool, out, &s) != NGX_OK)
        {
            ngx_str_null(out);
            return "a number is not base64url";
        }
    }

    return NULL;
}


/* private numbers were copied into the key: they need not stay behind */

static void
ngx_court_jwk_forget(ngx_court_key_parts_t *parts)
{
    ngx_uint_t  i;

    ngx_str_t *const  secret[] = {
        &parts->d, &parts->p, &parts->q, &parts->dp, &parts->dq, &parts->qi,
        &parts->k
    };

    for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        if (secret[i]->len) {
            ngx_court_wipe(secret[i]->data, secret[i]->len);
        }
    }
}


static ngx_court_key_t *
ngx_court_jwk_make(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_kty_t kty, const ngx_court_key_parts_t *parts, ngx_str_t *err)
{
    ngx_str_t              crv;
    ngx_court_rsa_parts_t  rsa;

    if (kty == NGX_COURT_KTY_OCT) {
        return ngx_court_key_oct(pool, &parts->k, err);
    }

    if (kty == NGX_COURT_KTY_RSA) {

        if (ngx_court_json_get(node, "oth")) {
            return ngx_court_jwk_fail(err, "RSA of more than two primes");
        }

        rsa.n = parts->n;
        rsa.e = parts->e;
        rsa.d = parts->d;
        rsa.p = parts->p;
        rsa.q = parts->q;
        rsa.dp = parts->dp;
        rsa.dq = parts->dq;
        rsa.qi = parts->qi;

        return ngx_court_key_rsa(pool, &rsa, err);
    }

    if (ngx_court_jose_member(node, "crv", &crv) != NGX_OK || crv.len == 0) {
        return ngx_court_jwk_fail(err, "crv is missing or no text");
    }

    if (kty == NGX_COURT_KTY_OKP) {
        return ngx_court_key_okp(pool, &crv, &parts->x, &parts->d, err);
    }

    return ngx_court_key_ec(pool, &crv, &parts->x, &parts->y, &parts->d, err);
}


/*
 * key_ops: a list of distinct strings (RFC 7517, 4.3).  A public key must be
 * for verifying, a private one for signing or verifying.
 */

static const char *
ngx_court_jwk_ops(const ngx_court_json_t *node, ngx_court_key_t *key)
{
    ngx_str_t          op, other;
    ngx_uint_t         i, j, sign, verify;
    ngx_court_json_t  *ops;

    static const ngx_str_t  sign_op = ngx_string("sign");
    static const ngx_str_t  verify_op = ngx_string("verify");

    ops = ngx_court_json_get(node, "key_ops");

    if (ops == NULL) {
        return NULL;
    }

    if (ngx_court_json_type(ops) != NGX_COURT_JSON_ARRAY
        || ngx_court_json_size(ops) > NGX_COURT_JWK_MAX_OPS)
    {
        return "key_ops is no short list";
    }

    sign = 0;
    verify = 0;

    for (i = 0; i < ngx_court_json_size(ops); i++) {

        if (ngx_court_json_string(ngx_court_json_at(ops, i), &op) != NGX_OK) {
            return "key_ops holds something else than strings";
        }

        for (j = 0; j < i; j++) {
            (void) ngx_court_json_string(ngx_court_json_at(ops, j), &other);

            if (ngx_court_str_eq(&op, &other)) {
                return "key_ops holds a value twice";
            }
        }

        sign |= ngx_court_str_eq(&op, &sign_op);
        verify |= ngx_court_str_eq(&op, &verify_op);
    }

    key->sign_only = !verify;
    key->use_sig &= verify || (sign && key->private_key);

    return NULL;
}


/* what a key may be used for; NULL, or what is wrong */

static const char *
ngx_court_jwk_use(const ngx_court_json_t *node, ngx_court_key_t *key)
{
    ngx_str_t               s;
    const ngx_court_alg_t  *alg;

    static const ngx_str_t  sig = ngx_string("sig");

    if (ngx_court_jose_member(node, "kid", &key->kid) != NGX_OK) {
        return "kid is no text of at most 256 bytes";
    }

    if (ngx_court_jose_member(node, "alg", &s) != NGX_OK) {
        return "alg is no text";
    }

    if (s.len) {
        alg = ngx_court_alg_find(&s);

        if (alg == NULL) {
            return "alg is no signature algorithm known here";
        }

        if (!ngx_court_alg_fits(alg, key)) {
            return "alg does not fit the key";
        }

        key->alg = alg;
    }

    if (ngx_court_jose_member(node, "use", &s) != NGX_OK) {
        return "use is no text";
    }

    key->use_sig = (s.len == 0 || ngx_court_str_eq(&s, &sig));

    return ngx_court_jwk_ops(node, key);
}


ngx_court_key_t *
ngx_court_jwk_parse(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *err)
{
    ngx_str_t               state;
    const char             *wrong;
    ngx_court_key_t        *key;
    ngx_court_kty_t         kty;
    ngx_court_key_parts_t   parts;

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return ngx_court_jwk_fail(err, "not an object");
    }

    if (ngx_court_jwk_kty(node, &kty) != NGX_OK) {
        return ngx_court_jwk_fail(err, "kty is none of oct, RSA, EC, OKP");
    }

    ngx_memzero(&parts, sizeof(ngx_court_key_parts_t));

    wrong = ngx_court_jwk_numbers(pool, node, kty, &parts);

    if (wrong) {
        ngx_court_jwk_forget(&parts);
        return ngx_court_jwk_fail(err, wrong);
    }

    key = ngx_court_jwk_make(pool, node, kty, &parts, err);

    ngx_court_jwk_forget(&parts);

    if (key == NULL) {
        return NULL;
    }

    wrong = ngx_court_jwk_use(node, key);

    if (wrong) {
        return ngx_court_jwk_fail(err, wrong);
    }

    /* only who signs with the file asks for it: any value is a key still */

    if (ngx_court_jose_member(node, "court_state", &state) != NGX_OK) {
        key->turn = NGX_COURT_TURN_UNKNOWN;

    } else if (state.len) {
        key->turn = ngx_court_turn_parse(&state);
    }

    return key;
}
