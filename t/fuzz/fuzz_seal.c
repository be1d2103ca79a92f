/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a ring file, "---", a line of associated data, bytes.  The bytes do
 * not open; sealed, they do, and changed at one place they don't.
 */

#include "fuzz.h"
#include "ngx_court_base.h"
#include "ngx_court_seal.h"


#define FUZZ_RING                                                             \
    "k1 aes-256-gcm AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"            \
    "k2 sm4-ctr-hmac-sm3 HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"


static ngx_court_ring_t  *fixed;


void
fuzz_setup(ngx_pool_t *pool)
{
    ngx_str_t  text, err;

    must(ngx_court_crypto_init(pool->log) == NGX_OK);

    text = fuzz_str(FUZZ_RING);
    fixed = ngx_court_ring_parse(pool, &text, NGX_COURT_RING_SEAL, &err);
    must(fixed != NULL);
}


static void
fuzz_round(ngx_pool_t *pool, const ngx_court_ring_t *ring,
    const ngx_str_t *aad, const ngx_str_t *plain)
{
    size_t      at;
    ngx_str_t   sealed, out;

    sealed.data = ngx_pnalloc(pool, plain->len + NGX_COURT_SEAL_OVERHEAD);
    must(ngx_court_seal(ring, aad, plain, &sealed) == NGX_OK);
    must(sealed.len <= plain->len + NGX_COURT_SEAL_OVERHEAD);

    sealed = fuzz_copy(pool, sealed.data, sealed.len);
    out.data = ngx_pnalloc(pool, sealed.len);

    must(ngx_court_open(ring, aad, &sealed, &out) == NGX_OK);
    must(ngx_court_str_eq(&out, plain));

    at = plain->len ? plain->data[0] * (size_t) 7 % sealed.len : 0;
    sealed.data[at] ^= 1;
    must(ngx_court_open(ring, aad, &sealed, &out) == NGX_DECLINED);
    sealed.data[at] ^= 1;

    sealed.len--;
    must(ngx_court_open(ring, aad, &sealed, &out) == NGX_DECLINED);
    sealed.len++;

    must(ngx_court_open(ring, plain, &sealed, &out)
         == (ngx_court_str_eq(plain, aad) ? NGX_OK : NGX_DECLINED));
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char             name[NGX_COURT_SHA256_LEN];
    ngx_str_t          text, aad, bytes, out, err;
    ngx_court_ring_t  *ring, *mac;

    text = fuzz_part(pool, in);
    aad = fuzz_line(pool, in);
    bytes = fuzz_copy(pool, in->data, in->len);

    out.data = ngx_pnalloc(pool, bytes.len ? bytes.len : 1);
    must(ngx_court_open(fixed, &aad, &bytes, &out) == NGX_DECLINED);
    fuzz_round(pool, fixed, &aad, &bytes);

    ngx_str_null(&err);
    ring = ngx_court_ring_parse(pool, &text, NGX_COURT_RING_SEAL, &err);
    must(ring != NULL || err.len > 0);

    mac = ngx_court_ring_parse(pool, &text, NGX_COURT_RING_MAC, &err);
    must(mac == NULL || ring == NULL);       /* a ring has one kind of keys */

    if (ring) {
        must(ngx_court_ring_id(ring)->len >= 1
             && ngx_court_ring_id(ring)->len <= 16);
        fuzz_round(pool, ring, &aad, &bytes);
    }

    if (mac) {
        must(ngx_court_ring_name(mac, "fuzz", &bytes, 1, name) == NGX_OK);
        must(ngx_court_open(mac, &aad, &bytes, &out) == NGX_DECLINED);
    }
}
