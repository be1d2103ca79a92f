/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a JWKS.  Every key that comes of it can be written and read again,
 * and none takes a signature that is no signature.
 */

#include "fuzz.h"
#include "ngx_court_jose.h"


void
fuzz_setup(ngx_pool_t *pool)
{
    must(ngx_court_crypto_init(pool->log) == NGX_OK);
}


static void
fuzz_verify(ngx_pool_t *pool, const ngx_court_key_t *key)
{
    size_t      len;
    ngx_int_t   rc;
    ngx_str_t   data, sig;
    ngx_uint_t  i, n;

    const ngx_court_alg_t       *alg;
    const ngx_court_sm2_opts_t   sm2 = { ngx_court_sm2_default_id, 0 };

    static const size_t  lens[] = { 0, 1, 32, 64, 96, 114, 132, 256, 1024 };

    data = fuzz_str("header.payload");

    for (i = 0; ngx_court_algs[i]->name.len; i++) {
        alg = ngx_court_algs[i];

        if (!ngx_court_alg_fits(alg, key)) {
            continue;
        }

        must(alg->kty == key->kty);

        for (n = 0; n <= sizeof(lens) / sizeof(lens[0]); n++) {
            len = n ? lens[n - 1] : alg->sig_len;
            sig = fuzz_copy(pool, (u_char *) "", 0);
            sig.data = ngx_pnalloc(pool, len + 1);
            sig.len = len;
            ngx_memset(sig.data, n & 1, len);

            rc = alg->verify(alg, key, &sm2, &data, &sig);
            must(rc == NGX_DECLINED);
        }
    }
}


static void
fuzz_key(ngx_pool_t *pool, const ngx_court_key_t *key)
{
    u_char             print[2][NGX_COURT_SHA256_LEN];
    ngx_str_t          text, err;
    ngx_uint_t         private_key;
    ngx_court_jwks_t  *again;

    must(key->kid.len <= NGX_COURT_KID_MAX);
    must(ngx_court_jwk_thumbprint(pool, key, print[0]) == NGX_OK);

    private_key = (key->kty == NGX_COURT_KTY_OCT);
    must(ngx_court_jwk_write(pool, key, key->alg, private_key, &text)
         == NGX_OK);

    again = ngx_court_jwks_parse(pool, &text, &err);
    must(again != NULL);

    if (again->nkeys == 1) {
        must(again->keys[0]->kty == key->kty);
        must(private_key || !again->keys[0]->private_key);
        must(ngx_court_jwk_thumbprint(pool, again->keys[0], print[1])
             == NGX_OK);
        must(ngx_memcmp(print[0], print[1], NGX_COURT_SHA256_LEN) == 0);

    } else {
        /* only what may not verify is left out */

        must(!key->use_sig || key->sign_only);
    }

    fuzz_verify(pool, key);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_str_t          err;
    ngx_uint_t         i;
    ngx_court_jwks_t  *jwks;

    ngx_str_null(&err);
    jwks = ngx_court_jwks_parse(pool, in, &err);

    if (jwks == NULL) {
        must(err.len > 0);
        return;
    }

    must(jwks->generation != 0);
    must(jwks->nkeys <= NGX_COURT_JWKS_MAX);

    for (i = 0; i < jwks->nkeys && i < 8; i++) {
        fuzz_key(pool, jwks->keys[i]);
    }
}
