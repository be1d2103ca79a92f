/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys, signature algorithms, digests and MACs over OpenSSL 3.  Only this
 * directory knows OpenSSL.  Algorithms are const tables, one file for each
 * family; every EVP object is fetched once by ngx_court_crypto_init.
 */

#ifndef _NGX_COURT_CRYPTO_H_INCLUDED_
#define _NGX_COURT_CRYPTO_H_INCLUDED_

#include "ngx_court_base.h"
#include "ngx_court_turn.h"


#define NGX_COURT_SHA256_LEN   32
#define NGX_COURT_SM3_LEN      32
#define NGX_COURT_MAX_SIG_LEN  1024       /* RSA-8192; longer is refused */
#define NGX_COURT_MAX_SECRET_LEN  4096    /* of an "oct" key */

/* "1234567812345678", GB/T 35276 */
extern const ngx_str_t  ngx_court_sm2_default_id;


/* RFC 7518 section 6, RFC 8037; SM2 has no registered name */
typedef enum {
    NGX_COURT_KTY_OCT = 1,
    NGX_COURT_KTY_RSA,
    NGX_COURT_KTY_EC,
    NGX_COURT_KTY_OKP,
    NGX_COURT_KTY_SM2                     /* "EC" with crv "SM2" */
} ngx_court_kty_t;


typedef struct ngx_court_alg_s  ngx_court_alg_t;

/*
 * A parsed key.  Made at configuration time or when an artefact is compiled;
 * const afterwards, so that several threads may use it at once; freed by a
 * cleanup of the pool it was made with.
 */
typedef struct {
    ngx_court_kty_t            kty;
    ngx_str_t                  kid;       /* "" where there is none */
    ngx_str_t                  crv;       /* "P-256" ... "" for oct and RSA */
    const ngx_court_alg_t     *alg;       /* JWK "alg"; NULL: any of its kty */
    void                      *pkey;      /* EVP_PKEY; NULL for oct */
    void                      *state;     /* prepared contexts */
    ngx_str_t                  secret;    /* oct only; wiped by the cleanup */
    ngx_court_turn_t           turn;      /* JWK "court_state" */
    unsigned                   private_key:1;
    unsigned                   use_sig:1; /* use absent or "sig", key_ops */
    unsigned                   sign_only:1;  /* key_ops without "verify" */
    unsigned                   demo:1;    /* a published or demo key */
} ngx_court_key_t;


/* what an issuer may set about SM2 (reference/court_issuer.md) */
typedef struct {
    ngx_str_t                  id;        /* default 1234567812345678 */
    unsigned                   der:1;     /* signatures are DER, not raw r||s */
} ngx_court_sm2_opts_t;


/*
 * One row of the algorithm table.
 * verify: NGX_OK valid, NGX_DECLINED not (whatever the reason: length, range,
 * encoding), NGX_ERROR our own fault.  sign: NGX_OK or NGX_ERROR; sig->data
 * has NGX_COURT_MAX_SIG_LEN bytes, sig->len is set.
 */
struct ngx_court_alg_s {
    ngx_str_t                  name;      /* JOSE name, case-sensitive */
    ngx_uint_t                 bit;       /* position in an algorithm set */
    ngx_court_kty_t            kty;
    const char                *crv;       /* required curve, NULL: none */
    const char                *digest;    /* OpenSSL name, NULL for EdDSA */
    ngx_uint_t                 md;        /* the same as an index */
    size_t                     sig_len;   /* exact, 0: depends on the key */
    ngx_int_t                (*verify)(const ngx_court_alg_t *alg,
                                   const ngx_court_key_t *key,
                                   const ngx_court_sm2_opts_t *sm2,
                                   const ngx_str_t *data,
                                   const ngx_str_t *sig);
    ngx_int_t                (*sign)(const ngx_court_alg_t *alg,
                                   const ngx_court_key_t *key,
                                   const ngx_court_sm2_opts_t *sm2,
                                   const ngx_str_t *data, ngx_str_t *sig);
};

/* a set of algorithms: bit ngx_court_alg_t.bit */
typedef uint64_t  ngx_court_alg_set_t;

#define ngx_court_alg_in(alg, set)  (((set) >> (alg)->bit) & 1)


/*
 * Once in each process before anything else of this layer (and again after a
 * fork is harmless).  NGX_ERROR where a needed algorithm can't be fetched.
 */
ngx_int_t ngx_court_crypto_init(ngx_log_t *log);

/* rows of the table; every bit is below it */
#define NGX_COURT_NALGS  18

/* all rows, ended by a row with an empty name */
extern const ngx_court_alg_t  *const ngx_court_algs[];

/*
 * By JOSE name: HS256 HS384 HS512 RS256 .. PS512 ES256 ES384 ES512 ES256K
 * EdDSA SM2 and the aliases SM3WithSM2 GmSM2 HSM3 (rows of their own, so that
 * an issuer must list the very name).  NULL where unknown; "none" is not
 * representable.
 */
const ngx_court_alg_t *ngx_court_alg_find(const ngx_str_t *name);

/*
 * The key can be used with the algorithm: kty, curve, JWK "alg", use, and for
 * HMAC a secret at least as long as the digest (RFC 7518 section 3.2).
 * verify and sign ask it themselves.
 */
ngx_uint_t ngx_court_alg_fits(const ngx_court_alg_t *alg,
    const ngx_court_key_t *key);


/*
 * Key makers: components as byte strings (big endian), pool owns the result.
 * NULL where the components make no valid key (err says why): RSA below 2048
 * bits or above 8192, even or small exponent, point not on the curve, wrong
 * lengths.  d may be NULL or empty for public keys.
 */
ngx_court_key_t *ngx_court_key_oct(ngx_pool_t *pool, const ngx_str_t *k,
    ngx_str_t *err);
typedef struct {
    ngx_str_t                  n, e, d, p, q, dp, dq, qi;
} ngx_court_rsa_parts_t;
ngx_court_key_t *ngx_court_key_rsa(ngx_pool_t *pool,
    const ngx_court_rsa_parts_t *parts, ngx_str_t *err);
/* crv: P-256 P-384 P-521 secp256k1 SM2 */
ngx_court_key_t *ngx_court_key_ec(ngx_pool_t *pool, const ngx_str_t *crv,
    const ngx_str_t *x, const ngx_str_t *y, const ngx_str_t *d,
    ngx_str_t *err);
/* crv: Ed25519 Ed448 */
ngx_court_key_t *ngx_court_key_okp(ngx_pool_t *pool, const ngx_str_t *crv,
    const ngx_str_t *x, const ngx_str_t *d, ngx_str_t *err);
/* PEM text: PKCS#8 private, SPKI public, certificate */
ngx_court_key_t *ngx_court_key_pem(ngx_pool_t *pool, const ngx_str_t *pem,
    ngx_str_t *err);

/*
 * One of the example keys of an RFC or standard, whose private half the whole
 * world has.  The makers set key->demo by it.
 */
ngx_uint_t ngx_court_key_published(const ngx_court_key_t *key);

/*
 * Fresh key pair for tools and tests: "RSA" (bits 2048-4096), a curve name,
 * or "oct" (bits/8 bytes).
 */
ngx_court_key_t *ngx_court_key_generate(ngx_pool_t *pool, const char *kind,
    ngx_uint_t bits, ngx_str_t *err);

/*
 * The components of a key, for JWK output and thumbprints: fixed-width as RFC
 * 7518 asks.  with_private adds d (and p q dp dq qi, or k).
 */
typedef struct {
    ngx_str_t                  n, e, x, y, d, p, q, dp, dq, qi, k;
} ngx_court_key_parts_t;
ngx_int_t ngx_court_key_parts(ngx_pool_t *pool, const ngx_court_key_t *key,
    ngx_uint_t with_private, ngx_court_key_parts_t *parts);


/* digests and MACs over the concatenation of n parts; NGX_OK or NGX_ERROR */
ngx_int_t ngx_court_sha256(const ngx_str_t *parts, ngx_uint_t n,
    u_char out[NGX_COURT_SHA256_LEN]);
ngx_int_t ngx_court_sm3(const ngx_str_t *parts, ngx_uint_t n,
    u_char out[NGX_COURT_SM3_LEN]);
ngx_int_t ngx_court_hmac_sha256(const ngx_str_t *key, const ngx_str_t *parts,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN]);
ngx_int_t ngx_court_hmac_sm3(const ngx_str_t *key, const ngx_str_t *parts,
    ngx_uint_t n, u_char out[NGX_COURT_SM3_LEN]);

/*
 * Hash of length-prefixed, domain-separated fields: SHA-256 over
 * u32 len || domain, then u32 len || field for each.  The key of every cache.
 */
ngx_int_t ngx_court_hash_fields(const char *domain, const ngx_str_t *fields,
    ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN]);
/*
 * The same for what is asked again and again: the process keeps texts and
 * hashes, so not for secrets; and for its first thread alone.
 */
ngx_int_t ngx_court_hash_fields_kept(const char *domain,
    const ngx_str_t *fields, ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN]);

ngx_int_t ngx_court_random(u_char *p, size_t len);

/* constant time; 1 equal */
ngx_uint_t ngx_court_secret_eq(const u_char *a, const u_char *b, size_t len);
void ngx_court_wipe(void *p, size_t len);


#endif /* _NGX_COURT_CRYPTO_H_INCLUDED_ */
