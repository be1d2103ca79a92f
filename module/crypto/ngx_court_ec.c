/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ECDSA (RFC 7518 section 3.4, RFC 8812), and the making of all keys on
 * Weierstrass curves, SM2's too.
 */

#include "ngx_court_der.h"
#include "ngx_court_key.h"

#include <openssl/ec.h>


ngx_int_t
ngx_court_ec_verify_raw(const ngx_court_key_t *key, const u_char *digest,
    size_t len, const u_char *raw)
{
    u_char                    buf[NGX_COURT_DER_MAX];
    ngx_str_t                 der;
    const ngx_court_curve_t  *curve;

    curve = ngx_court_key_state(key)->curve;

    if (!ngx_court_der_in_range(raw, curve->order, curve->size)) {
        return NGX_DECLINED;
    }

    der.data = buf;
    der.len = ngx_court_der_encode(buf, raw, curve->size);

    return ngx_court_key_verify(key, 0, digest, len, &der);
}


ngx_int_t
ngx_court_ec_sign_raw(const ngx_court_key_t *key, const u_char *digest,
    size_t len, u_char *raw)
{
    u_char                    buf[NGX_COURT_MAX_SIG_LEN];
    ngx_str_t                 der;
    const ngx_court_curve_t  *curve;

    curve = ngx_court_key_state(key)->curve;
    der.data = buf;

    if (ngx_court_key_sign(key, 0, digest, len, &der) != NGX_OK
        || ngx_court_der_decode(raw, curve->size, &der) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


NGX_COURT_FAMILY_VERIFY(ngx_court_ec_verify)
{
    u_char  digest[NGX_COURT_MAX_MD_LEN];

    (void) sm2;

    if (!ngx_court_alg_fits(alg, key) || sig->len != alg->sig_len) {
        return NGX_DECLINED;
    }

    if (ngx_court_evp_digest(alg->md, data, 1, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_court_ec_verify_raw(key, digest,
                                   ngx_court_evp_md_len(alg->md), sig->data);
}


NGX_COURT_FAMILY_SIGN(ngx_court_ec_sign)
{
    u_char  digest[NGX_COURT_MAX_MD_LEN];

    (void) sm2;

    if (!ngx_court_alg_fits(alg, key)
        || !key->private_key
        || ngx_court_evp_digest(alg->md, data, 1, digest) != NGX_OK
        || ngx_court_ec_sign_raw(key, digest, ngx_court_evp_md_len(alg->md),
                                 sig->data)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    sig->len = alg->sig_len;

    return NGX_OK;
}


/*
 * Public: in range and on the curve; the quick check leaves out the order,
 * which follows, since all our curves have cofactor 1.  Private: its d too.
 */

static ngx_uint_t
ngx_court_ec_check(EVP_PKEY *pkey, ngx_uint_t private_key)
{
    ngx_uint_t     sound;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    sound = ctx != NULL
            && EVP_PKEY_public_check_quick(ctx) == 1
            && (!private_key
                || (EVP_PKEY_private_check(ctx) == 1
                    && EVP_PKEY_pairwise_check(ctx) == 1));

    EVP_PKEY_CTX_free(ctx);

    return sound;
}


static const char *
ngx_court_ec_fill(ngx_court_key_t *key, const ngx_str_t *d)
{
    ngx_court_key_state_t   *st;
    ngx_court_key_number_t   numbers[] = {
        { OSSL_PKEY_PARAM_PRIV_KEY, d, 1 },
        { NULL, NULL, 0 }
    };

    st = ngx_court_key_state(key);

    key->pkey = ngx_court_key_fromdata(st->curve->type, st->curve->group,
                                       &st->pub, numbers, key->private_key);

    if (key->pkey == NULL || !ngx_court_ec_check(key->pkey, key->private_key))
    {
        return "the point is not on the curve, or d does not belong to it";
    }

    st->verify[0] = ngx_court_key_template(key, 0);

    if (st->verify[0] == NULL) {
        return "OpenSSL can't use this EC key";
    }

    if (key->private_key) {
        st->sign[0] = ngx_court_key_template(key, 1);

        if (st->sign[0] == NULL) {
            return "OpenSSL can't use this EC key";
        }
    }

    return NULL;
}


ngx_court_key_t *
ngx_court_key_ec(ngx_pool_t *pool, const ngx_str_t *crv, const ngx_str_t *x,
    const ngx_str_t *y, const ngx_str_t *d, ngx_str_t *err)
{
    u_char                   *p;
    const char               *why;
    ngx_court_key_t          *key;
    ngx_court_key_state_t    *st;
    const ngx_court_curve_t  *curve;

    curve = ngx_court_curve_find(crv);

    if (curve == NULL || curve->order == NULL) {
        return ngx_court_key_fail(err, "unknown EC curve");
    }

    if (x->len != curve->size || y->len != curve->size
        || (d != NULL && d->len != 0 && d->len != curve->size))
    {
        return ngx_court_key_fail(err, "wrong length of an EC coordinate");
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
    st->pub.data = ngx_pnalloc(pool, 1 + 2 * curve->size);

    if (st->pub.data == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    p = st->pub.data;
    *p++ = POINT_CONVERSION_UNCOMPRESSED;
    p = ngx_cpymem(p, x->data, x->len);
    p = ngx_cpymem(p, y->data, y->len);
    st->pub.len = p - st->pub.data;

    why = ngx_court_ec_fill(key, d);

    if (why != NULL) {
        return ngx_court_key_fail(err, why);
    }

    return ngx_court_key_finish(key, err);
}
