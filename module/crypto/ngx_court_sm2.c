/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SM2 signatures (GB/T 32918.2, identifiers of GB/T 35276).  What is signed is
 * e = SM3(Z || M) with Z = SM3(ENTL || ID || a || b || G || public key).
 * OpenSSL's one-shot call would compute Z each time with big numbers and
 * needs a context for each ID; over bytes it costs five blocks of SM3.
 */

#include "ngx_court_der.h"
#include "ngx_court_key.h"


/* ENTL, the length in bits, has two bytes */
#define NGX_COURT_SM2_MAX_ID_LEN  8191

const ngx_str_t  ngx_court_sm2_default_id = ngx_string("1234567812345678");

static const u_char  ngx_court_sm2_domain[4 * 32] = {

    /* a */
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,

    /* b */
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34,
    0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92,
    0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,

    /* x of G */
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19,
    0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1,
    0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,

    /* y of G */
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c,
    0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40,
    0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0
};


static ngx_int_t
ngx_court_sm2_digest(const ngx_court_key_t *key,
    const ngx_court_sm2_opts_t *opts, const ngx_str_t *data,
    u_char digest[NGX_COURT_SM3_LEN])
{
    u_char            entl[2], z[NGX_COURT_SM3_LEN];
    ngx_str_t         parts[4];
    const ngx_str_t  *id, *pub;

    id = &ngx_court_sm2_default_id;
    pub = &ngx_court_key_state(key)->pub;

    if (opts != NULL && opts->id.len != 0) {
        id = &opts->id;
    }

    if (id->len > NGX_COURT_SM2_MAX_ID_LEN) {
        return NGX_ERROR;
    }

    entl[0] = (u_char) ((id->len * 8) >> 8);
    entl[1] = (u_char) (id->len * 8);

    parts[0].data = entl;
    parts[0].len = sizeof(entl);
    parts[1] = *id;
    parts[2].data = (u_char *) ngx_court_sm2_domain;
    parts[2].len = sizeof(ngx_court_sm2_domain);

    /* without the 04 */
    parts[3].data = pub->data + 1;
    parts[3].len = pub->len - 1;

    if (ngx_court_sm3(parts, 4, z) != NGX_OK) {
        return NGX_ERROR;
    }

    parts[0].data = z;
    parts[0].len = sizeof(z);
    parts[1] = *data;

    return ngx_court_sm3(parts, 2, digest);
}


NGX_COURT_FAMILY_VERIFY(ngx_court_sm2_verify)
{
    u_char         digest[NGX_COURT_SM3_LEN];
    u_char         buf[2 * NGX_COURT_DER_MAX_HALF];
    const u_char  *raw;

    if (!ngx_court_alg_fits(alg, key)) {
        return NGX_DECLINED;
    }

    /* the encoding is what the issuer has configured, never guessed */

    if (sm2 != NULL && sm2->der) {

        if (ngx_court_der_decode(buf, alg->sig_len / 2, sig) != NGX_OK) {
            return NGX_DECLINED;
        }

        raw = buf;

    } else if (sig->len == alg->sig_len) {
        raw = sig->data;

    } else {
        return NGX_DECLINED;
    }

    if (ngx_court_sm2_digest(key, sm2, data, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_court_ec_verify_raw(key, digest, sizeof(digest), raw);
}


NGX_COURT_FAMILY_SIGN(ngx_court_sm2_sign)
{
    u_char  digest[NGX_COURT_SM3_LEN];
    u_char  raw[2 * NGX_COURT_DER_MAX_HALF];

    if (!ngx_court_alg_fits(alg, key)
        || !key->private_key
        || ngx_court_sm2_digest(key, sm2, data, digest) != NGX_OK
        || ngx_court_ec_sign_raw(key, digest, sizeof(digest), raw) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (sm2 != NULL && sm2->der) {
        sig->len = ngx_court_der_encode(sig->data, raw, alg->sig_len / 2);
        return NGX_OK;
    }

    ngx_memcpy(sig->data, raw, alg->sig_len);
    sig->len = alg->sig_len;

    return NGX_OK;
}
