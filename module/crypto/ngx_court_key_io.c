/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys into and out of other forms: PEM, JWK components, fresh ones.  Whatever
 * comes from outside goes through the makers and their checks.
 */

#include "ngx_court_key.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>


#define NGX_COURT_KEY_MAX_PEM  65536


/*
 * One number of pkey into pool memory, big endian; width 0: as short as it
 * goes.  Absent numbers are NGX_DECLINED.
 */

static ngx_int_t
ngx_court_key_get(ngx_pool_t *pool, const EVP_PKEY *pkey, const char *name,
    size_t width, ngx_uint_t secret, ngx_str_t *out)
{
    BIGNUM     *bn;
    ngx_int_t   rc;

    bn = secret ? BN_secure_new() : BN_new();

    if (bn == NULL) {
        return NGX_ERROR;
    }

    if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1) {
        BN_clear_free(bn);
        return NGX_DECLINED;
    }

    rc = NGX_ERROR;
    out->len = width ? width : (size_t) BN_num_bytes(bn);
    out->data = secret ? ngx_court_key_secret_alloc(pool, out->len)
                       : ngx_pnalloc(pool, out->len);

    if (out->data != NULL
        && BN_bn2binpad(bn, out->data, (int) out->len) == (int) out->len)
    {
        rc = NGX_OK;
    }

    BN_clear_free(bn);

    return rc;
}


static ngx_int_t
ngx_court_key_get_rsa(ngx_pool_t *pool, const EVP_PKEY *pkey,
    ngx_uint_t with_private, ngx_court_key_parts_t *parts)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    struct {
        const char  *name;
        ngx_str_t   *out;
    } crt[] = {
        { OSSL_PKEY_PARAM_RSA_FACTOR1,      &parts->p },
        { OSSL_PKEY_PARAM_RSA_FACTOR2,      &parts->q },
        { OSSL_PKEY_PARAM_RSA_EXPONENT1,    &parts->dp },
        { OSSL_PKEY_PARAM_RSA_EXPONENT2,    &parts->dq },
        { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &parts->qi }
    };

    if (ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_RSA_N, 0, 0, &parts->n)
        != NGX_OK
        || ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_RSA_E, 0, 0,
                             &parts->e)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!with_private) {
        return NGX_OK;
    }

    if (ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_RSA_D, 0, 1, &parts->d)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < sizeof(crt) / sizeof(crt[0]); i++) {

        rc = ngx_court_key_get(pool, pkey, crt[i].name, 0, 1, crt[i].out);

        /* a key made of n, e and d alone has no factors: legal */

        if (rc == NGX_DECLINED && i == 0) {
            return NGX_OK;
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_key_get_ec(ngx_pool_t *pool, const EVP_PKEY *pkey,
    const ngx_court_curve_t *curve, ngx_uint_t with_private,
    ngx_court_key_parts_t *parts)
{
    if (ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_EC_PUB_X, curve->size,
                          0, &parts->x)
        != NGX_OK
        || ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                             curve->size, 0, &parts->y)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!with_private) {
        return NGX_OK;
    }

    return ngx_court_key_get(pool, pkey, OSSL_PKEY_PARAM_PRIV_KEY,
                             curve->size, 1, &parts->d)
           == NGX_OK ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_court_key_get_okp(ngx_pool_t *pool, const EVP_PKEY *pkey,
    const ngx_court_curve_t *curve, ngx_uint_t with_private,
    ngx_court_key_parts_t *parts)
{
    size_t  len;

    len = curve->size;
    parts->x.len = len;
    parts->x.data = ngx_pnalloc(pool, len);

    if (parts->x.data == NULL
        || EVP_PKEY_get_raw_public_key(pkey, parts->x.data, &len) != 1
        || len != curve->size)
    {
        return NGX_ERROR;
    }

    if (!with_private) {
        return NGX_OK;
    }

    parts->d.len = len;
    parts->d.data = ngx_court_key_secret_alloc(pool, len);

    if (parts->d.data == NULL
        || EVP_PKEY_get_raw_private_key(pkey, parts->d.data, &len) != 1
        || len != curve->size)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* curve is NULL for RSA */

static ngx_int_t
ngx_court_key_get_parts(ngx_pool_t *pool, const EVP_PKEY *pkey,
    const ngx_court_curve_t *curve, ngx_uint_t with_private,
    ngx_court_key_parts_t *parts)
{
    ngx_int_t  rc;

    if (curve == NULL) {
        rc = ngx_court_key_get_rsa(pool, pkey, with_private, parts);

    } else if (curve->kty == NGX_COURT_KTY_OKP) {
        rc = ngx_court_key_get_okp(pool, pkey, curve, with_private, parts);

    } else {
        rc = ngx_court_key_get_ec(pool, pkey, curve, with_private, parts);
    }

    ERR_clear_error();

    return rc;
}


ngx_int_t
ngx_court_key_parts(ngx_pool_t *pool, const ngx_court_key_t *key,
    ngx_uint_t with_private, ngx_court_key_parts_t *parts)
{
    ngx_memzero(parts, sizeof(ngx_court_key_parts_t));

    if (with_private && !key->private_key) {
        return NGX_ERROR;
    }

    if (key->kty != NGX_COURT_KTY_OCT) {
        return ngx_court_key_get_parts(pool, key->pkey,
                                       ngx_court_key_state(key)->curve,
                                       with_private, parts);
    }

    if (!with_private) {
        return NGX_OK;
    }

    parts->k.len = key->secret.len;
    parts->k.data = ngx_court_key_secret_alloc(pool, parts->k.len);

    if (parts->k.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(parts->k.data, key->secret.data, parts->k.len);

    return NGX_OK;
}


/* NGX_DECLINED where pkey is of no kind of ours; *curve is NULL for RSA */

static ngx_int_t
ngx_court_key_kind(const EVP_PKEY *pkey, const ngx_court_curve_t **curve)
{
    char                      group[64];
    size_t                    len;
    const ngx_court_curve_t  *c;

    *curve = NULL;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        return NGX_OK;
    }

    for (c = ngx_court_curves; c->name.len; c++) {
        if (c->kty == NGX_COURT_KTY_OKP && EVP_PKEY_is_a(pkey, c->type)) {
            *curve = c;
            return NGX_OK;
        }
    }

    if (!EVP_PKEY_is_a(pkey, "EC") && !EVP_PKEY_is_a(pkey, "SM2")) {
        return NGX_DECLINED;
    }

    /* a curve without a name (explicit parameters) has no group */

    if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
                                       group, sizeof(group), &len)
        != 1)
    {
        return NGX_DECLINED;
    }

    *curve = ngx_court_curve_by_group(group);

    return *curve ? NGX_OK : NGX_DECLINED;
}


static ngx_court_key_t *
ngx_court_key_rebuild(ngx_pool_t *pool, const EVP_PKEY *pkey,
    ngx_uint_t private_key, ngx_str_t *err)
{
    ngx_court_key_parts_t     parts;
    ngx_court_rsa_parts_t     rsa;
    const ngx_court_curve_t  *curve;

    ngx_memzero(&parts, sizeof(ngx_court_key_parts_t));

    if (ngx_court_key_kind(pkey, &curve) != NGX_OK) {
        return ngx_court_key_fail(err, "unsupported type of key");
    }

    if (ngx_court_key_get_parts(pool, pkey, curve, private_key, &parts)
        != NGX_OK)
    {
        return ngx_court_key_fail(err, "the key's numbers can't be read");
    }

    if (curve == NULL) {
        rsa.n = parts.n;
        rsa.e = parts.e;
        rsa.d = parts.d;
        rsa.p = parts.p;
        rsa.q = parts.q;
        rsa.dp = parts.dp;
        rsa.dq = parts.dq;
        rsa.qi = parts.qi;

        return ngx_court_key_rsa(pool, &rsa, err);
    }

    if (curve->kty == NGX_COURT_KTY_OKP) {
        return ngx_court_key_okp(pool, &curve->name, &parts.x, &parts.d, err);
    }

    return ngx_court_key_ec(pool, &curve->name, &parts.x, &parts.y, &parts.d,
                            err);
}


/* an encrypted key must fail, not ask at the terminal */

static int
ngx_court_key_no_password(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;

    return -1;
}


static EVP_PKEY *
ngx_court_key_read_pem(const ngx_str_t *pem, ngx_uint_t *private_key)
{
    BIO       *bio;
    X509      *x509;
    EVP_PKEY  *pkey;

    bio = BIO_new_mem_buf(pem->data, (int) pem->len);

    if (bio == NULL) {
        return NULL;
    }

    *private_key = 1;
    pkey = PEM_read_bio_PrivateKey(bio, NULL, ngx_court_key_no_password,
                                   NULL);

    if (pkey == NULL) {
        *private_key = 0;
        (void) BIO_reset(bio);
        pkey = PEM_read_bio_PUBKEY(bio, NULL, ngx_court_key_no_password,
                                   NULL);
    }

    if (pkey == NULL) {
        (void) BIO_reset(bio);
        x509 = PEM_read_bio_X509(bio, NULL, ngx_court_key_no_password, NULL);

        if (x509 != NULL) {
            pkey = X509_get_pubkey(x509);
            X509_free(x509);
        }
    }

    BIO_free(bio);

    return pkey;
}


ngx_court_key_t *
ngx_court_key_pem(ngx_pool_t *pool, const ngx_str_t *pem, ngx_str_t *err)
{
    EVP_PKEY         *pkey;
    ngx_uint_t        private_key;
    ngx_court_key_t  *key;

    if (pem->len == 0 || pem->len > NGX_COURT_KEY_MAX_PEM) {
        return ngx_court_key_fail(err, "empty or too long PEM text");
    }

    pkey = ngx_court_key_read_pem(pem, &private_key);

    if (pkey == NULL) {
        return ngx_court_key_fail(err, "neither a private key without a "
                                  "password, nor a public key or certificate "
                                  "in PEM");
    }

    key = ngx_court_key_rebuild(pool, pkey, private_key, err);

    EVP_PKEY_free(pkey);

    return key;
}


static ngx_court_key_t *
ngx_court_key_generate_oct(ngx_pool_t *pool, ngx_uint_t bits, ngx_str_t *err)
{
    u_char            buf[NGX_COURT_MAX_SECRET_LEN];
    ngx_str_t         k;
    ngx_court_key_t  *key;

    k.data = buf;
    k.len = bits / 8;

    if (k.len == 0 || k.len > sizeof(buf)) {
        return ngx_court_key_fail(err, "no such length of a secret");
    }

    if (ngx_court_random(buf, k.len) != NGX_OK) {
        return ngx_court_key_fail(err, "no random bytes");
    }

    key = ngx_court_key_oct(pool, &k, err);

    ngx_court_wipe(buf, k.len);

    return key;
}


ngx_court_key_t *
ngx_court_key_generate(ngx_pool_t *pool, const char *kind, ngx_uint_t bits,
    ngx_str_t *err)
{
    EVP_PKEY                 *pkey;
    ngx_str_t                 name;
    ngx_court_key_t          *key;
    const ngx_court_curve_t  *curve;

    name.data = (u_char *) kind;
    name.len = ngx_strlen(kind);
    curve = ngx_court_curve_find(&name);

    if (ngx_strcmp(kind, "oct") == 0) {
        return ngx_court_key_generate_oct(pool, bits, err);
    }

    if (ngx_strcmp(kind, "RSA") == 0) {

        if (bits < 2048 || bits > 4096) {
            return ngx_court_key_fail(err, "RSA keys have 2048 to 4096 bits");
        }

        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) bits);

    } else if (curve == NULL) {
        return ngx_court_key_fail(err, "unknown kind of key");

    } else if (curve->kty == NGX_COURT_KTY_EC) {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, curve->type, curve->group);

    } else {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, curve->type);
    }

    if (pkey == NULL) {
        return ngx_court_key_fail(err, "OpenSSL made no key");
    }

    key = ngx_court_key_rebuild(pool, pkey, 1, err);

    EVP_PKEY_free(pkey);

    return key;
}
