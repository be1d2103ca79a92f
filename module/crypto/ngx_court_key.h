/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/crypto only: what a key carries besides its public face, and
 * what the families (ngx_court_rsa.c, _ec.c, _sm2.c, _okp.c, _hmac.c) give to
 * the algorithm table.
 *
 * A prepared context is a template: initialised once when the key is made,
 * never used itself, copied for each signature.  A copy costs 0.1 us; an
 * initialisation is a fetch and parameter parsing, 1 to 3 us.
 */

#ifndef _NGX_COURT_KEY_H_INCLUDED_
#define _NGX_COURT_KEY_H_INCLUDED_

#include "ngx_court_curve.h"
#include "ngx_court_evp.h"


/* one for each padding and digest of RSA; the other families use slot 0 */
#define NGX_COURT_KEY_SLOTS  6

typedef struct {
    const ngx_court_curve_t   *curve;     /* NULL for oct and RSA */
    size_t                     sig_len;   /* RSA: bytes of the modulus */
    ngx_str_t                  pub;       /* RSA: n; EC, SM2: 04||x||y;
                                             OKP: x */
    EVP_PKEY_CTX              *verify[NGX_COURT_KEY_SLOTS];
    EVP_PKEY_CTX              *sign[NGX_COURT_KEY_SLOTS];
    EVP_MD_CTX                *md_verify; /* EdDSA, which has no prehash */
    EVP_MD_CTX                *md_sign;
} ngx_court_key_state_t;

#define ngx_court_key_state(key)  ((ngx_court_key_state_t *) (key)->state)


/* an empty key that its pool will wipe and free */
ngx_court_key_t *ngx_court_key_new(ngx_pool_t *pool, ngx_court_kty_t kty);

/*
 * Last step of every maker: a private key must sign what its public half
 * verifies; marks published keys; leaves the error queue empty.  Returns key,
 * or NULL and why.
 */
ngx_court_key_t *ngx_court_key_finish(ngx_court_key_t *key, ngx_str_t *err);

/* NULL, with the text in err (which may be NULL) and an empty error queue */
ngx_court_key_t *ngx_court_key_fail(ngx_str_t *err, const char *text);

/* a number of a key under construction; secret ones in wiped memory */
typedef struct {
    const char                *name;      /* OSSL_PKEY_PARAM_... */
    const ngx_str_t           *value;
    ngx_uint_t                 secret;
} ngx_court_key_number_t;

/*
 * EVP_PKEY_fromdata; group and point may be NULL; numbers end with a NULL
 * name, those with an empty value are left out.
 */
EVP_PKEY *ngx_court_key_fromdata(const char *type, const char *group,
    const ngx_str_t *point, const ngx_court_key_number_t *numbers,
    ngx_uint_t private_key);

/* verification (sign = 0) or signing template for key->pkey */
EVP_PKEY_CTX *ngx_court_key_template(const ngx_court_key_t *key,
    ngx_uint_t sign);

/* der: what OpenSSL takes (RSA: the raw signature) */
ngx_int_t ngx_court_key_verify(const ngx_court_key_t *key, ngx_uint_t slot,
    const u_char *digest, size_t len, const ngx_str_t *der);

/* sig->len is set; sig->data has NGX_COURT_MAX_SIG_LEN bytes */
ngx_int_t ngx_court_key_sign(const ngx_court_key_t *key, ngx_uint_t slot,
    const u_char *digest, size_t len, ngx_str_t *sig);

/* pool memory that the pool's end wipes */
u_char *ngx_court_key_secret_alloc(ngx_pool_t *pool, size_t len);


#define NGX_COURT_FAMILY_VERIFY(f)                                            \
    ngx_int_t f(const ngx_court_alg_t *alg, const ngx_court_key_t *key,       \
        const ngx_court_sm2_opts_t *sm2, const ngx_str_t *data,               \
        const ngx_str_t *sig)

#define NGX_COURT_FAMILY_SIGN(f)                                              \
    ngx_int_t f(const ngx_court_alg_t *alg, const ngx_court_key_t *key,       \
        const ngx_court_sm2_opts_t *sm2, const ngx_str_t *data,               \
        ngx_str_t *sig)

NGX_COURT_FAMILY_VERIFY(ngx_court_hmac_verify);
NGX_COURT_FAMILY_SIGN(ngx_court_hmac_sign);
NGX_COURT_FAMILY_VERIFY(ngx_court_rsa_verify);
NGX_COURT_FAMILY_SIGN(ngx_court_rsa_sign);
NGX_COURT_FAMILY_VERIFY(ngx_court_ec_verify);
NGX_COURT_FAMILY_SIGN(ngx_court_ec_sign);
NGX_COURT_FAMILY_VERIFY(ngx_court_sm2_verify);
NGX_COURT_FAMILY_SIGN(ngx_court_sm2_sign);
NGX_COURT_FAMILY_VERIFY(ngx_court_okp_verify);
NGX_COURT_FAMILY_SIGN(ngx_court_okp_sign);

/* the two-integer part that ECDSA and SM2 share */
ngx_int_t ngx_court_ec_verify_raw(const ngx_court_key_t *key,
    const u_char *digest, size_t len, const u_char *raw);
ngx_int_t ngx_court_ec_sign_raw(const ngx_court_key_t *key,
    const u_char *digest, size_t len, u_char *raw);


#endif /* _NGX_COURT_KEY_H_INCLUDED_ */
