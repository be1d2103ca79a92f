/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a byte, then a packed token.  With an odd byte format, configuration
 * hash, key generation and the record's schema id are written here, else
 * nothing would get past them.
 */

#include "fuzz_issuers.h"
#include "ngx_court_bytes.h"


static ngx_array_t  *issuers;


void
fuzz_setup(ngx_pool_t *pool)
{
    issuers = fuzz_issuers(pool);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char              mode, *p;
    ngx_int_t           rc;
    ngx_str_t           bytes, again;
    ngx_court_token_t   token;
    ngx_court_issuer_t  *issuer;

    mode = fuzz_byte(in);
    bytes = *in;

    if (mode & 1) {
        issuer = ((ngx_court_issuer_t **) issuers->elts)[(mode >> 1) & 1];

        bytes.len = 1 + 2 * NGX_COURT_SHA256_LEN + 8 + in->len;
        bytes.data = ngx_pnalloc(pool, bytes.len);
        p = bytes.data;
        *p++ = 1;
        p = ngx_cpymem(p, issuer->config_hash, NGX_COURT_SHA256_LEN);
        p = ngx_court_put64(p, issuer->jwks->generation);
        ngx_memzero(p, NGX_COURT_SHA256_LEN);
        p = ngx_cpymem(p + NGX_COURT_SHA256_LEN, in->data, in->len);

        /* u16 length and the record, which begins with its schema */

        if (in->len >= 6) {
            (void) ngx_court_put32(p - in->len + 2,
                                   ngx_court_token_schema.id);
        }
    }

    rc = ngx_court_token_unpack(issuers, &bytes, &token);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {
        fuzz_token_read(&token);

        must(ngx_court_token_pack(pool, &token, &again) == NGX_OK);
        must(ngx_court_str_eq(&again, &bytes));
    }
}
