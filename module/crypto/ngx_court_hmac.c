/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_key.h"


NGX_COURT_FAMILY_SIGN(ngx_court_hmac_sign)
{
    (void) sm2;

    if (!ngx_court_alg_fits(alg, key)
        || ngx_court_evp_hmac(alg->md, &key->secret, data, 1, sig->data)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    sig->len = alg->sig_len;

    return NGX_OK;
}


NGX_COURT_FAMILY_VERIFY(ngx_court_hmac_verify)
{
    u_char      mac[NGX_COURT_MAX_MD_LEN];
    ngx_uint_t  same;

    (void) sm2;

    if (!ngx_court_alg_fits(alg, key) || sig->len != alg->sig_len) {
        return NGX_DECLINED;
    }

    if (ngx_court_evp_hmac(alg->md, &key->secret, data, 1, mac) != NGX_OK) {
        return NGX_ERROR;
    }

    same = ngx_court_secret_eq(mac, sig->data, sig->len);

    /* the right MAC of this very message: must not stay on the stack */
    ngx_court_wipe(mac, sizeof(mac));

    return same ? NGX_OK : NGX_DECLINED;
}


ngx_court_key_t *
ngx_court_key_oct(ngx_pool_t *pool, const ngx_str_t *k, ngx_str_t *err)
{
    ngx_court_key_t  *key;

    if (k == NULL || k->len == 0) {
        return ngx_court_key_fail(err, "the secret is empty");
    }

    if (k->len > NGX_COURT_MAX_SECRET_LEN) {
        return ngx_court_key_fail(err, "the secret is too long");
    }

    key = ngx_court_key_new(pool, NGX_COURT_KTY_OCT);

    if (key == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    key->secret.data = ngx_pnalloc(pool, k->len);

    if (key->secret.data == NULL) {
        return ngx_court_key_fail(err, "out of memory");
    }

    ngx_memcpy(key->secret.data, k->data, k->len);
    key->secret.len = k->len;
    key->private_key = 1;

    return ngx_court_key_finish(key, err);
}
