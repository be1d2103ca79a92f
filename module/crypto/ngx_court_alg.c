/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_key.h"


/* "none" has no row: what isn't here can't be asked for */

#define ngx_court_alg_row(name, bit, kty, crv, digest, md, len, family)       \
    { ngx_string(name), bit, NGX_COURT_KTY_##kty, crv, digest,                \
      NGX_COURT_MD_##md, len, ngx_court_##family##_verify,                    \
      ngx_court_##family##_sign }

static const ngx_court_alg_t  ngx_court_alg_rows[NGX_COURT_NALGS + 1] = {

    ngx_court_alg_row("HS256", 0, OCT, NULL, "SHA256", SHA256, 32, hmac),
    ngx_court_alg_row("HS384", 1, OCT, NULL, "SHA384", SHA384, 48, hmac),
    ngx_court_alg_row("HS512", 2, OCT, NULL, "SHA512", SHA512, 64, hmac),

    ngx_court_alg_row("RS256", 3, RSA, NULL, "SHA256", SHA256, 0, rsa),
    ngx_court_alg_row("RS384", 4, RSA, NULL, "SHA384", SHA384, 0, rsa),
    ngx_court_alg_row("RS512", 5, RSA, NULL, "SHA512", SHA512, 0, rsa),
    ngx_court_alg_row("PS256", 6, RSA, NULL, "SHA256", SHA256, 0, rsa),
    ngx_court_alg_row("PS384", 7, RSA, NULL, "SHA384", SHA384, 0, rsa),
    ngx_court_alg_row("PS512", 8, RSA, NULL, "SHA512", SHA512, 0, rsa),

    ngx_court_alg_row("ES256", 9, EC, "P-256", "SHA256", SHA256, 64, ec),
    ngx_court_alg_row("ES384", 10, EC, "P-384", "SHA384", SHA384, 96, ec),
    ngx_court_alg_row("ES512", 11, EC, "P-521", "SHA512", SHA512, 132, ec),
    ngx_court_alg_row("ES256K", 12, EC, "secp256k1", "SHA256", SHA256, 64,
                      ec),

    /* hashes the message itself, twice */
    ngx_court_alg_row("EdDSA", 13, OKP, NULL, NULL, NONE, 0, okp),

    /* raw; with der the length is the encoding's */
    ngx_court_alg_row("SM2", 14, SM2, "SM2", "SM3", SM3, 64, sm2),
    ngx_court_alg_row("SM3WithSM2", 15, SM2, "SM2", "SM3", SM3, 64, sm2),
    ngx_court_alg_row("GmSM2", 16, SM2, "SM2", "SM3", SM3, 64, sm2),

    ngx_court_alg_row("HSM3", 17, OCT, NULL, "SM3", SM3, 32, hmac),

    { ngx_null_string, 0, 0, NULL, NULL, 0, 0, NULL, NULL }
};

#define ngx_court_alg_ptr(i)  &ngx_court_alg_rows[i]

const ngx_court_alg_t  *const ngx_court_algs[] = {
    ngx_court_alg_ptr(0),  ngx_court_alg_ptr(1),  ngx_court_alg_ptr(2),
    ngx_court_alg_ptr(3),  ngx_court_alg_ptr(4),  ngx_court_alg_ptr(5),
    ngx_court_alg_ptr(6),  ngx_court_alg_ptr(7),  ngx_court_alg_ptr(8),
    ngx_court_alg_ptr(9),  ngx_court_alg_ptr(10), ngx_court_alg_ptr(11),
    ngx_court_alg_ptr(12), ngx_court_alg_ptr(13), ngx_court_alg_ptr(14),
    ngx_court_alg_ptr(15), ngx_court_alg_ptr(16), ngx_court_alg_ptr(17),
    ngx_court_alg_ptr(18)
};


const ngx_court_alg_t *
ngx_court_alg_find(const ngx_str_t *name)
{
    const ngx_court_alg_t  *alg;

    for (alg = ngx_court_alg_rows; alg->name.len; alg++) {
        if (ngx_court_str_eq(&alg->name, name)) {
            return alg;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_court_alg_fits(const ngx_court_alg_t *alg, const ngx_court_key_t *key)
{
    size_t  len;

    if (alg->kty != key->kty
        || !key->use_sig
        || (key->alg != NULL && key->alg != alg))
    {
        return 0;
    }

    if (alg->kty == NGX_COURT_KTY_OCT) {
        return key->secret.len >= alg->sig_len;
    }

    if (alg->crv == NULL) {
        return 1;
    }

    len = ngx_strlen(alg->crv);

    return key->crv.len == len
           && ngx_memcmp(key->crv.data, alg->crv, len) == 0;
}
