/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 7518 sections 3.3 and 3.5).
 */

#include "ngx_court_key.h"

#include <openssl/rsa.h>


#define NGX_COURT_RSA_MIN_BITS  2048
#define NGX_COURT_RSA_MAX_BITS  (NGX_COURT_MAX_SIG_LEN * 8)
#define NGX_COURT_RSA_MIN_E     65537
#define NGX_COURT_RSA_MAX_E_LEN 8         /* more is slow to verify with */


typedef struct {
    const char                *name;
    int                        padding;
    ngx_uint_t                 md;
} ngx_court_rsa_slot_t;

static const ngx_court_rsa_slot_t  ngx_court_rsa_slots[NGX_COURT_KEY_SLOTS] = {
    { "RS256", RSA_PKCS1_PADDING,     NGX_COURT_MD_SHA256 },
    { "RS384", RSA_PKCS1_PADDING,     NGX_COURT_MD_SHA384 },
    { "RS512", RSA_PKCS1_PADDING,     NGX_COURT_MD_SHA512 },
    { "PS256", RSA_PKCS1_PSS_PADDING, NGX_COURT_MD_SHA256 },
    { "PS384", RSA_PKCS1_PSS_PADDING, NGX_COURT_MD_SHA384 },
    { "PS512", RSA_PKCS1_PSS_PADDING, NGX_COURT_MD_SHA512 }
};


static ngx_uint_t
ngx_court_rsa_slot(const ngx_court_alg_t *alg)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_KEY_SLOTS; i++) {
        if (ngx_strcmp(ngx_court_rsa_slots[i].name, alg->name.data) == 0) {
            break;
        }
    }

    return i;
}


/* MGF1 takes the same digest by default; the salt is as long as the digest */

static EVP_PKEY_CTX *
ngx_court_rsa_template(const ngx_court_key_t *key,
    const ngx_court_rsa_slot_t *slot, ngx_uint_t sign)
{
    EVP_PKEY_CTX  *ctx;

    ctx = ngx_court_key_template(key, sign);

    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_PKEY_CTX_set_rsa_padding(ctx, slot->padding) <= 0
        || EVP_PKEY_CTX_set_signature_md(ctx, ngx_court_evp_md(slot->md))
           <= 0
        || (slot->padding == RSA_PKCS1_PSS_PADDING
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
               <= 0))
    {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static ngx_int_t
ngx_court_rsa_prepare(ngx_court_key_t *key)
{
    ngx_uint_t              i;
    ngx_court_key_state_t  *st;

    st = ngx_court_key_state(key);

    for (i = 0; i < NGX_COURT_KEY_SLOTS; i++) {

        st->verify[i] = ngx_court_rsa_template(key, &ngx_court_rsa_slots[i],
                                               0);
        if (st->verify[i] == NULL) {
            return NGX_ERROR;
        }

        if (!key->private_key) {
            continue;
        }

        st->sign[i] = ngx_court_rsa_template(key, &ngx_court_rsa_slots[i], 1);

        if (st->sign[i] == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


NGX_COURT_FAMILY_VERIFY(ngx_court_rsa_verify)
{
    u_char      digest[NGX_COURT_MAX_MD_LEN];
    ngx_uint_t  slot;

    (void) sm2;

    slot = ngx_court_rsa_slot(alg);

    if (slot == NGX_COURT_KEY_SLOTS
        || !ngx_court_alg_fits(alg, key)
        || sig->len != ngx_court_key_state(key)->sig_len)
    {
        return NGX_DECLINED;
    }

    if (ngx_court_evp_digest(alg->md, data, 1, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_court_key_verify(key, slot, digest,
                                ngx_court_evp_md_len(alg->md), sig);
}


NGX_COURT_FAMILY_SIGN(ngx_court_rsa_sign)
{
    u_char      digest[NGX_COURT_MAX_MD_LEN];
    ngx_uint_t  slot;

    (void) sm2;

    slot = ngx_court_rsa_slot(alg);

    if (slot == NGX_COURT_KEY_SLOTS
        || !ngx_court_alg_fits(alg, key)
        || !key->private_key
        || ngx_court_evp_digest(alg->md, data, 1, digest) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_key_sign(key, slot, digest,
                              ngx_court_evp_md_len(alg->md), sig);
}


/*
 * The zero byte that two's complement puts before a modulus is forgiven, since
 * many a JWKS carries it; RFC 7518 section 6.3.1.1 knows it as a frequent
 * mistake.  More padding is refused.
 */

static ngx_str_t
ngx_court_rsa_strip(const ngx_str_t *num)
{
    ngx_str_t  s;

    s = *num;

    if (s.len > 1 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    return s;
}


static ngx_uint_t
ngx_court_rsa_bits(const ngx_str_t *num)
{
    u_char      c;
    ngx_uint_t  bits;

    if (num->len == 0) {
        return 0;
    }

    bits = (num->len - 1) * 8;

    for (c = num->data[0]; c; c >>= 1) {
        bits++;
    }

    return bits;
}


static const char *
ngx_court_rsa_refuse(const ngx_str_t *n, const ngx_str_t *e)
{
    size_t      i;
    uint64_t    v;
    ngx_uint_t  bits;

    if (n->len == 0 || n->data[0] == 0) {
        return "the RSA modulus is empty or padded";
    }

    bits = ngx_court_rsa_bits(n);

    if (bits < NGX_COURT_RSA_MIN_BITS) {
        return "the RSA modulus is below 2048 bits";
    }

    if (bits > NGX_COURT_RSA_MAX_BITS) {
        return "the RSA modulus is above 8192 bits";
    }

    if (!(n->data[n->len - 1] & 1)) {
        return "the RSA modulus is even";
    }

    if (e->len == 0 || e->len > NGX_COURT_RSA_MAX_E_LEN || e->data[0] == 0) {
        return "the RSA exponent is empty, padded or too long";
    }

    for (v = 0, i = 0; i < e->len; i++) {
        v = (v << 8) | e->data[i];
    }

    if (v < NGX_COURT_RSA_MIN_E || !(v & 1)) {
        return "the RSA exponent is even or below 65537";
    }

    return NULL;
}


/* all five CRT numbers or none, none longer than the modulus */

static const char *
ngx_court_rsa_refuse_private(const ngx_court_rsa_parts_t *parts, size_t max)
{
    ngx_uint_t        i, given;
    const ngx_str_t  *crt[5];

    if (parts->d.len > max) {
        return "the RSA private exponent is too long";
    }

    crt[0] = &parts->p;
    crt[1] = &parts->q;
    crt[2] = &parts->dp;
    crt[3] = &parts->dq;
    crt[4] = &parts->qi;

    for (given = 0, i = 0; i < 5; i++) {
        if (crt[i]->len > max) {
            return "an RSA prime or CRT number is too long";
        }

        given += (crt[i]->len != 0);
    }

    if (given != 0 && (given != 5 || parts->d.len == 0)) {
        return "the RSA private key is incomplete";
    }

    return NULL;
}


/*
 * The cheap part of OpenSSL's public check.  The costly one, that the modulus
 * is no prime, takes 3 ms for 2048 bits and 18 ms for 4096: too long for a
 * JWKS read in the event loop, and it defends against nobody but the issuer.
 * Odd divisors that are no primes do no harm.
 */

#define NGX_COURT_RSA_MAX_DIVISOR  751

static ngx_uint_t
ngx_court_rsa_small_factor(const ngx_str_t *n)
{
    size_t    i;
    uint32_t  p, rest;

    for (p = 3; p <= NGX_COURT_RSA_MAX_DIVISOR; p += 2) {

        for (rest = 0, i = 0; i + 1 < n->len; i += 2) {
            rest = ((rest << 16) | (n->data[i] << 8) | n->data[i + 1]) % p;
        }

        if (i < n->len) {
            rest = ((rest << 8) | n->data[i]) % p;
        }

        if (rest == 0) {
            return 1;
        }
    }

    return 0;
}


/* of private keys, which are made at configuration time, everything */

static ngx_uint_t
ngx_court_rsa_check_private(EVP_PKEY *pkey, ngx_uint_t crt)
{
    ngx_uint_t     sound;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    sound = ctx != NULL
            && EVP_PKEY_public_check(ctx) == 1
            && (!crt || EVP_PKEY_pairwise_check(ctx) == 1);

    EVP_PKEY_CTX_free(ctx);

    return sound;
}


ngx_court_key_t *
ngx_court_key_rsa(ngx_pool_t *pool, const ngx_court_rsa_parts_t *parts,
    ngx_str_t *err)
{
    ngx_str_t                n, e;
    const char              *why;
    ngx_court_key_t         *key;
    ngx_court_key_state_t   *st;
    ngx_court_key_number_t   numbers[] = {
        { OSSL_PKEY_PARAM_RSA_N,            &n,         0 },
        { OSSL_PKEY_PARAM_RSA_E,            &e,         0 },
        { OSSL_PKEY_PARAM_RSA_D,            &parts->d,  1 },
        { OSSL_PKEY_PARAM_RSA_FACTOR1,      &parts->p,  1 },
        { OSSL_PKEY_PARAM_RSA_FACTOR2,      &parts->q,  1 },
        { OSSL_PKEY_PARAM_RSA_EXPONENT1,    &parts->dp, 1 },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2,    &parts->dq, 1 },
        { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &parts->qi, 1 },
        { NULL, NULL, 0 }
    };

    n = ngx_court_rsa_strip(&parts->n);
    e = ngx_court_rsa_strip(&parts->e);

    why = ngx_court_rsa_refuse(&n, &e);

    if (why == NULL) {
        why = ngx_court_rsa_refuse_private(parts, n.len);
    }

    if (why != NULL) {
        return ngx_court_key_fail(err, why);
    }

    key = ngx_court_key_new(pool, NGX_COURT_KTY_RSA);

    if (key == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    st = ngx_court_key_state(key);
    st->sig_len = n.len;
    st->pub.data = ngx_pnalloc(pool, n.len);

    if (st->pub.data == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    ngx_memcpy(st->pub.data, n.data, n.len);
    st->pub.len = n.len;

    key->private_key = (parts->d.len != 0);
    key->pkey = ngx_court_key_fromdata("RSA", NULL, NULL, numbers,
                                       key->private_key);

    if (key->pkey == NULL
        || ngx_court_rsa_small_factor(&n)
        || (key->private_key
            && !ngx_court_rsa_check_private(key->pkey, parts->p.len != 0)))
    {
        return ngx_court_key_fail(err, "not a valid RSA key");
    }

    if (ngx_court_rsa_prepare(key) != NGX_OK) {
        return ngx_court_key_fail(err, "OpenSSL can't use this RSA key");
    }

    return ngx_court_key_finish(key, err);
}
