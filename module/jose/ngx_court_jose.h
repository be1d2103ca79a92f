/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * JWK (RFC 7517, 7638, 8037), JWKS, and the compact serialisation of JWS
 * (RFC 7515 section 7.1).  JSON serialisations and detached payloads
 * (RFC 7797) are refused.
 */

#ifndef _NGX_COURT_JOSE_H_INCLUDED_
#define _NGX_COURT_JOSE_H_INCLUDED_

#include "ngx_court_crypto.h"
#include "ngx_court_json.h"


#define NGX_COURT_TOKEN_MAX    16384      /* bytes of a compact token */
#define NGX_COURT_KID_MAX      256
#define NGX_COURT_JWKS_MAX     256        /* keys */


typedef struct {
    ngx_uint_t                 nkeys;
    ngx_court_key_t          **keys;
    uint64_t                   generation;  /* hash of the text, never 0 */
    ngx_uint_t                 skipped;     /* unusable keys left out */
    ngx_array_t               *warnings;    /* ngx_str_t, why each was */
} ngx_court_jwks_t;

/*
 * One JWK from a parsed node.  NULL and err where it makes no key.  Members
 * that RFC 7517 does not know are ignored; x5u, x5c, jku are never followed.
 */
ngx_court_key_t *ngx_court_jwk_parse(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_str_t *err);

/*
 * {"keys":[...]} or a single JWK.  An unusable key is skipped with a warning;
 * two usable keys with one kid and kty: both kept, tried in order.  NULL and
 * err where the text is no JWKS at all; nkeys may be 0.
 */
ngx_court_jwks_t *ngx_court_jwks_parse(ngx_pool_t *pool,
    const ngx_str_t *text, ngx_str_t *err);

/* the key as JWK text; public members only unless with_private */
ngx_int_t ngx_court_jwk_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_alg_t *alg, ngx_uint_t with_private, ngx_str_t *text);

/* RFC 7638, SHA-256 */
ngx_int_t ngx_court_jwk_thumbprint(ngx_pool_t *pool,
    const ngx_court_key_t *key, u_char out[NGX_COURT_SHA256_LEN]);


typedef struct {
    ngx_str_t                  input;      /* header.payload as received */
    ngx_str_t                  signature;  /* decoded */
    ngx_str_t                  payload;    /* decoded */
    ngx_court_json_t          *header;
    ngx_str_t                  alg_name;
    const ngx_court_alg_t     *alg;        /* NULL: unknown name */
    ngx_str_t                  kid;        /* "" absent */
    ngx_str_t                  typ;        /* "" absent */
} ngx_court_jws_t;

/*
 * Splits and decodes: exactly three parts, strict base64url, header a bounded
 * JSON object with a string alg; crit, b64 and zip are refused whatever they
 * say; kid at most NGX_COURT_KID_MAX bytes of text; typ, cty strings; jwk,
 * jku, x5u, x5c are ignored.  The payload is not looked into.
 * NGX_OK; NGX_DECLINED and *why, a constant text for the log; NGX_ERROR.
 */
ngx_int_t ngx_court_jws_parse(ngx_pool_t *pool, const ngx_str_t *token,
    ngx_court_jws_t *jws, const char **why);

/*
 * Verifies with the keys of jwks that fit alg and, where the header has a
 * kid, carry this very kid (no fallback to others).  Without a kid: all that
 * fit, at most 8.  allowed: the issuer's algorithms.  sm2 may be NULL.
 * *used (may be NULL) is the key.  NGX_OK; NGX_DECLINED and *why ("unknown
 * kid", "algorithm not allowed", "signature mismatch", ...); NGX_ERROR.
 */
ngx_int_t ngx_court_jws_verify(const ngx_court_jws_t *jws,
    const ngx_court_jwks_t *jwks, ngx_court_alg_set_t allowed,
    const ngx_court_sm2_opts_t *sm2, const ngx_court_key_t **used,
    const char **why);

/*
 * header is complete JSON text ({"alg":...}).  token in pool memory.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_court_jws_sign(ngx_pool_t *pool, const ngx_court_alg_t *alg,
    const ngx_court_key_t *key, const ngx_str_t *header,
    const ngx_str_t *payload, ngx_str_t *token);

/* the algorithm that a private key signs with by default */
const ngx_court_alg_t *ngx_court_key_default_alg(const ngx_court_key_t *key);


#endif /* _NGX_COURT_JOSE_H_INCLUDED_ */
