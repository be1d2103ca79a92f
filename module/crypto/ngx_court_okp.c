/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Ed25519 and Ed448 (RFC 8032) as JOSE's EdDSA (RFC 8037).
 */

#include "ngx_court_key.h"

#include <openssl/bn.h>


#define NGX_COURT_OKP_MAX_LEN  57


/* a x^2 + y^2 = 1 + (num / den) x^2 y^2 modulo p */

typedef struct {
    const char                *p;
    BN_ULONG                   num;       /* of -d */
    BN_ULONG                   den;
    unsigned                   minus:1;   /* a is -1, else 1 */
} ngx_court_okp_field_t;

static const ngx_court_okp_field_t  ngx_court_okp_25519 = {
    "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED",
    121665, 121666, 1
};

static const ngx_court_okp_field_t  ngx_court_okp_448 = {
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE"
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    39081, 1, 0
};


/* value = (plus or minus a) value */

static void
ngx_court_okp_times_a(BIGNUM *value, const ngx_court_okp_field_t *f)
{
    if (f->minus) {
        BN_set_negative(value, !BN_is_negative(value));
    }
}


/*
 * y is a coordinate of a point of large order.  With t = y^2 the point exists
 * where u v is a non-zero square, u = den (1 - t), v = a den + num t (u = 0:
 * order 1 or 2); it has order 4 where t = 0, and order 8 where its double has,
 * which is den (2 t - 1) + a num t^2 = 0.  OpenSSL takes any bytes as a key,
 * and under a key of small order a forger signs what he wants.
 */

static ngx_uint_t
ngx_court_okp_sound(const BIGNUM *y, const BIGNUM *p,
    const ngx_court_okp_field_t *f, BN_CTX *ctx)
{
    BIGNUM  *t, *u, *v, *w;

    t = BN_CTX_get(ctx);
    u = BN_CTX_get(ctx);
    v = BN_CTX_get(ctx);
    w = BN_CTX_get(ctx);

    if (w == NULL || BN_is_zero(y) || BN_cmp(y, p) >= 0
        || !BN_mod_sqr(t, y, p, ctx))
    {
        return 0;
    }

    /* w = den (2 t - 1) + a num t^2 */

    if (!BN_sqr(v, t, ctx) || !BN_mul_word(v, f->num)) {
        return 0;
    }

    ngx_court_okp_times_a(v, f);

    if (!BN_lshift1(w, t) || !BN_sub_word(w, 1) || !BN_mul_word(w, f->den)
        || !BN_add(w, w, v) || !BN_nnmod(w, w, p, ctx) || BN_is_zero(w))
    {
        return 0;
    }

    /* u = den (1 - t), v = a den + num t */

    if (!BN_one(u) || !BN_sub(u, u, t) || !BN_mul_word(u, f->den)
        || !BN_set_word(w, f->den))
    {
        return 0;
    }

    ngx_court_okp_times_a(w, f);

    if (!BN_copy(v, t) || !BN_mul_word(v, f->num) || !BN_add(v, v, w)
        || !BN_mul(w, u, v, ctx) || !BN_nnmod(w, w, p, ctx))
    {
        return 0;
    }

    return BN_kronecker(w, p, ctx) == 1;
}


static ngx_uint_t
ngx_court_okp_point(const ngx_court_curve_t *curve, const ngx_str_t *x)
{
    u_char                        buf[NGX_COURT_OKP_MAX_LEN];
    BIGNUM                       *p, *y;
    BN_CTX                       *ctx;
    ngx_uint_t                    sound;
    const ngx_court_okp_field_t  *f;

    f = (curve->size == 32) ? &ngx_court_okp_25519 : &ngx_court_okp_448;

    /* the highest bit is the sign of x, no part of the number */

    ngx_memcpy(buf, x->data, x->len);
    buf[x->len - 1] &= 0x7f;

    p = NULL;
    y = BN_lebin2bn(buf, (int) x->len, NULL);
    ctx = BN_CTX_new();
    sound = 0;

    if (y != NULL && ctx != NULL && BN_hex2bn(&p, f->p) != 0) {
        BN_CTX_start(ctx);
        sound = ngx_court_okp_sound(y, p, f, ctx);
        BN_CTX_end(ctx);
    }

    BN_CTX_free(ctx);
    BN_free(p);
    BN_free(y);

    return sound;
}


static EVP_MD_CTX *
ngx_court_okp_template(EVP_PKEY *pkey, ngx_uint_t sign)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    if (ctx == NULL) {
        return NULL;
    }

    rc = sign ? EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL)
              : EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey,
                                        NULL);
    if (rc != 1) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static EVP_MD_CTX *
ngx_court_okp_copy(const EVP_MD_CTX *template)
{
    EVP_MD_CTX  *ctx;

    if (template == NULL) {
        return NULL;
    }

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL && EVP_MD_CTX_copy_ex(ctx, template) != 1) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }

    if (ctx == NULL) {
        ERR_clear_error();
    }

    return ctx;
}


NGX_COURT_FAMILY_VERIFY(ngx_court_okp_verify)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    (void) sm2;

    if (!ngx_court_alg_fits(alg, key)
        || sig->len != ngx_court_key_state(key)->sig_len)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_court_okp_copy(ngx_court_key_state(key)->md_verify);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = EVP_DigestVerify(ctx, sig->data, sig->len, data->data, data->len);

    EVP_MD_CTX_free(ctx);

    return ngx_court_evp_verdict(rc);
}


NGX_COURT_FAMILY_SIGN(ngx_court_okp_sign)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    (void) sm2;

    if (!ngx_court_alg_fits(alg, key) || !key->private_key) {
        return NGX_ERROR;
    }

    ctx = ngx_court_okp_copy(ngx_court_key_state(key)->md_sign);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    sig->len = NGX_COURT_MAX_SIG_LEN;
    rc = EVP_DigestSign(ctx, sig->data, &sig->len, data->data, data->len);

    EVP_MD_CTX_free(ctx);

    if (rc != 1) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * With d the public half is computed and must be x: signing with another x
 * than d's gives d away.
 */

static const char *
ngx_court_okp_fill(ngx_court_key_t *key, const ngx_str_t *d)
{
    u_char                  pub[NGX_COURT_OKP_MAX_LEN];
    size_t                  len;
    ngx_court_key_state_t  *st;

    st = ngx_court_key_state(key);

    if (key->private_key) {
        key->pkey = EVP_PKEY_new_raw_private_key_ex(NULL, st->curve->type,
                                                    NULL, d->data, d->len);
        len = sizeof(pub);

        if (key->pkey == NULL
            || EVP_PKEY_get_raw_public_key(key->pkey, pub, &len) != 1
            || len != st->pub.len
            || ngx_memcmp(pub, st->pub.data, len) != 0)
        {
            return "d does not belong to x";
        }

        st->md_sign = ngx_court_okp_template(key->pkey, 1);

        if (st->md_sign == NULL) {
            return "OpenSSL can't use this OKP key";
        }

    } else {
        key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, st->curve->type,
                                                   NULL, st->pub.data,
                                                   st->pub.len);
        if (key->pkey == NULL) {
            return "not a valid OKP key";
        }
    }

    st->md_verify = ngx_court_okp_template(key->pkey, 0);

    return st->md_verify ? NULL : "OpenSSL can't use this OKP key";
}


ngx_court_key_t *
ngx_court_key_okp(ngx_pool_t *pool, const ngx_str_t *crv, const ngx_str_t *x,
    const ngx_str_t *d, ngx_str_t *err)
{
    const char               *why;
    ngx_court_key_t          *key;
    ngx_court_key_state_t    *st;
    const ngx_court_curve_t  *curve;

    curve = ngx_court_curve_find(crv);

    if (curve == NULL || curve->kty != NGX_COURT_KTY_OKP) {
        return ngx_court_key_fail(err, "unknown OKP curve");
    }

    if (x->len != curve->size
        || (d != NULL && d->len != 0 && d->len != curve->size))
    {
        return ngx_court_key_fail(err, "wrong length of an OKP key");
    }

    if (!ngx_court_okp_point(curve, x)) {
        return ngx_court_key_fail(err, "the point is not on the curve, or of "
                                  "small order");
    }

    key = ngx_court_key_new(pool, curve->kty);

    if (key == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    key->crv = curve->name;
    key->private_key = (d != NULL && d->len != 0);

    st = ngx_court_key_state(key);
    st->curve = curve;
    st->sig_len = curve->sig_len;
    st->pub.data = ngx_pnalloc(pool, x->len);

    if (st->pub.data == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    ngx_memcpy(st->pub.data, x->data, x->len);
    st->pub.len = x->len;

    why = ngx_court_okp_fill(key, d);

    if (why != NULL) {
        return ngx_court_key_fail(err, why);
    }

    return ngx_court_key_finish(key, err);
}
