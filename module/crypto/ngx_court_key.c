/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_key.h"

#include <openssl/bn.h>
#include <openssl/param_build.h>


static void ngx_court_key_cleanup(void *data);
static void ngx_court_key_wipe_cleanup(void *data);
static ngx_uint_t ngx_court_key_probe(const ngx_court_key_t *key);


ngx_court_key_t *
ngx_court_key_fail(ngx_str_t *err, const char *text)
{
    ERR_clear_error();

    if (err != NULL) {
        err->data = (u_char *) text;
        err->len = ngx_strlen(text);
    }

    return NULL;
}


ngx_court_key_t *
ngx_court_key_new(ngx_pool_t *pool, ngx_court_kty_t kty)
{
    ngx_court_key_t     *key;
    ngx_pool_cleanup_t  *cln;

    key = ngx_pcalloc(pool, sizeof(ngx_court_key_t));
    if (key == NULL) {
        return NULL;
    }

    key->state = ngx_pcalloc(pool, sizeof(ngx_court_key_state_t));
    if (key->state == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_court_key_cleanup;
    cln->data = key;

    key->kty = kty;
    key->use_sig = 1;

    return key;
}


static void
ngx_court_key_cleanup(void *data)
{
    ngx_court_key_t  *key = data;

    ngx_uint_t              i;
    ngx_court_key_state_t  *st;

    st = ngx_court_key_state(key);

    for (i = 0; i < NGX_COURT_KEY_SLOTS; i++) {
        EVP_PKEY_CTX_free(st->verify[i]);
        EVP_PKEY_CTX_free(st->sign[i]);
    }

    EVP_MD_CTX_free(st->md_verify);
    EVP_MD_CTX_free(st->md_sign);
    EVP_PKEY_free(key->pkey);

    ngx_court_wipe(key->secret.data, key->secret.len);
    ngx_memzero(st, sizeof(ngx_court_key_state_t));
    key->pkey = NULL;
    key->secret.len = 0;
}


typedef struct {
    u_char                    *data;
    size_t                     len;
} ngx_court_key_secret_t;


u_char *
ngx_court_key_secret_alloc(ngx_pool_t *pool, size_t len)
{
    ngx_pool_cleanup_t      *cln;
    ngx_court_key_secret_t  *s;

    cln = ngx_pool_cleanup_add(pool, sizeof(ngx_court_key_secret_t));
    if (cln == NULL) {
        return NULL;
    }

    s = cln->data;
    s->len = len;
    s->data = ngx_pnalloc(pool, len ? len : 1);

    if (s->data == NULL) {
        s->len = 0;
    }

    cln->handler = ngx_court_key_wipe_cleanup;

    return s->data;
}


static void
ngx_court_key_wipe_cleanup(void *data)
{
    ngx_court_key_secret_t  *s = data;

    ngx_court_wipe(s->data, s->len);
}


static ngx_int_t
ngx_court_key_push_number(OSSL_PARAM_BLD *bld, BIGNUM **bn,
    const ngx_court_key_number_t *number)
{
    if (number->value == NULL || number->value->len == 0) {
        return NGX_OK;
    }

    /* a secure BIGNUM makes the parameter builder wipe its copy as well */

    *bn = number->secret ? BN_secure_new() : BN_new();

    if (*bn == NULL
        || BN_bin2bn(number->value->data, (int) number->value->len, *bn)
           == NULL
        || OSSL_PARAM_BLD_push_BN(bld, number->name, *bn) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


#define NGX_COURT_KEY_MAX_NUMBERS  8      /* n e d p q dp dq qi */

/*
 * The builder only points at the numbers until it is turned into parameters:
 * bn[] must outlive it.
 */

static OSSL_PARAM *
ngx_court_key_params(const char *group, const ngx_str_t *point,
    const ngx_court_key_number_t *numbers, BIGNUM **bn)
{
    ngx_uint_t       i;
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld;

    params = NULL;
    bld = OSSL_PARAM_BLD_new();

    if (bld == NULL) {
        return NULL;
    }

    if (group != NULL
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           group, 0) != 1)
    {
        goto done;
    }

    if (point != NULL
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                            point->data, point->len) != 1)
    {
        goto done;
    }

    for (i = 0; numbers[i].name != NULL && i < NGX_COURT_KEY_MAX_NUMBERS;
         i++)
    {
        if (ngx_court_key_push_number(bld, &bn[i], &numbers[i]) != NGX_OK) {
            goto done;
        }
    }

    params = OSSL_PARAM_BLD_to_param(bld);

done:

    OSSL_PARAM_BLD_free(bld);

    return params;
}


EVP_PKEY *
ngx_court_key_fromdata(const char *type, const char *group,
    const ngx_str_t *point, const ngx_court_key_number_t *numbers,
    ngx_uint_t private_key)
{
    int            selection;
    BIGNUM        *bn[NGX_COURT_KEY_MAX_NUMBERS];
    EVP_PKEY      *pkey;
    ngx_uint_t     i;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    ngx_memzero(bn, sizeof(bn));
    pkey = NULL;
    ctx = NULL;

    params = ngx_court_key_params(group, point, numbers, bn);

    if (params != NULL) {
        ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    }

    selection = private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    for (i = 0; i < NGX_COURT_KEY_MAX_NUMBERS; i++) {
        BN_clear_free(bn[i]);
    }

    return pkey;
}


EVP_PKEY_CTX *
ngx_court_key_template(const ngx_court_key_t *key, ngx_uint_t sign)
{
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

    if (ctx == NULL) {
        return NULL;
    }

    if ((sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


ngx_int_t
ngx_court_key_verify(const ngx_court_key_t *key, ngx_uint_t slot,
    const u_char *digest, size_t len, const ngx_str_t *der)
{
    int                     rc;
    EVP_PKEY_CTX           *ctx;
    ngx_court_key_state_t  *st;

    st = ngx_court_key_state(key);

    if (st->verify[slot] == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_PKEY_CTX_dup(st->verify[slot]);

    if (ctx == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    rc = EVP_PKEY_verify(ctx, der->data, der->len, digest, len);

    EVP_PKEY_CTX_free(ctx);

    return ngx_court_evp_verdict(rc);
}


ngx_int_t
ngx_court_key_sign(const ngx_court_key_t *key, ngx_uint_t slot,
    const u_char *digest, size_t len, ngx_str_t *sig)
{
    int                     rc;
    EVP_PKEY_CTX           *ctx;
    ngx_court_key_state_t  *st;

    st = ngx_court_key_state(key);

    if (st->sign[slot] == NULL) {
        return NGX_ERROR;
    }

    ctx = EVP_PKEY_CTX_dup(st->sign[slot]);

    if (ctx == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    sig->len = NGX_COURT_MAX_SIG_LEN;
    rc = EVP_PKEY_sign(ctx, sig->data, &sig->len, digest, len);

    EVP_PKEY_CTX_free(ctx);

    if (rc != 1) {
        ERR_clear_error();
        sig->len = 0;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * OpenSSL's own checks differ by version and type (Ed25519 has none in 3.0,
 * RSA none without its factors); a signature that doesn't verify shows any
 * mismatch of the two halves.
 */

static ngx_uint_t
ngx_court_key_probe(const ngx_court_key_t *key)
{
    u_char                         buf[NGX_COURT_MAX_SIG_LEN];
    ngx_str_t                      sig;
    const ngx_court_alg_t *const  *alg;

    static const ngx_str_t  text = ngx_string("court key probe");

    for (alg = ngx_court_algs; (*alg)->name.len; alg++) {

        if (!ngx_court_alg_fits(*alg, key)) {
            continue;
        }

        sig.data = buf;

        return (*alg)->sign(*alg, key, NULL, &text, &sig) == NGX_OK
               && (*alg)->verify(*alg, key, NULL, &text, &sig) == NGX_OK;
    }

    return 0;
}


ngx_court_key_t *
ngx_court_key_finish(ngx_court_key_t *key, ngx_str_t *err)
{
    if (key->kty != NGX_COURT_KTY_OCT && key->private_key
        && !ngx_court_key_probe(key))
    {
        return ngx_court_key_fail(err, "the private key does not match the "
                                  "public key");
    }

    key->demo = ngx_court_key_published(key);

    ERR_clear_error();

    return key;
}
