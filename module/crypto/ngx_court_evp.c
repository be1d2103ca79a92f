/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_evp.h"

#include <openssl/params.h>


typedef struct {
    const char                *name;
    size_t                     len;
} ngx_court_evp_md_name_t;

static const ngx_court_evp_md_name_t  ngx_court_evp_md_names[] = {
    { "SHA256", 32 },
    { "SHA384", 48 },
    { "SHA512", 64 },
    { "SM3",    32 }
};

static const char *const  ngx_court_evp_cipher_names[] = {
    "AES-256-GCM",
    "SM4-CTR"
};

/*
 * Written by init alone.  The HMAC contexts carry their digest already (to
 * set it is a fetch) and are templates: used only through EVP_MAC_CTX_dup.
 */
static EVP_MD       *ngx_court_evp_mds[NGX_COURT_NMDS];
static EVP_CIPHER   *ngx_court_evp_ciphers[NGX_COURT_NCIPHERS];
static EVP_MAC      *ngx_court_evp_mac;
static EVP_MAC_CTX  *ngx_court_evp_hmacs[NGX_COURT_NMDS];

/* of each thread, for as long as it lives: the chain is hashed by another */
static __thread EVP_MD_CTX  *ngx_court_evp_kept[NGX_COURT_NMDS];


static ngx_int_t
ngx_court_evp_fetch_md(ngx_uint_t i)
{
    const char   *name;
    OSSL_PARAM    params[2];

    name = ngx_court_evp_md_names[i].name;

    if (ngx_court_evp_mds[i] == NULL) {
        ngx_court_evp_mds[i] = EVP_MD_fetch(NULL, name, NULL);

        if (ngx_court_evp_mds[i] == NULL) {
            return NGX_ERROR;
        }
    }

    if (ngx_court_evp_hmacs[i] != NULL) {
        return NGX_OK;
    }

    ngx_court_evp_hmacs[i] = EVP_MAC_CTX_new(ngx_court_evp_mac);

    if (ngx_court_evp_hmacs[i] == NULL) {
        return NGX_ERROR;
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 (char *) name, 0);
    params[1] = OSSL_PARAM_construct_end();

    if (EVP_MAC_CTX_set_params(ngx_court_evp_hmacs[i], params) != 1) {
        EVP_MAC_CTX_free(ngx_court_evp_hmacs[i]);
        ngx_court_evp_hmacs[i] = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_crypto_init(ngx_log_t *log)
{
    ngx_uint_t  i;

    if (ngx_court_evp_mac == NULL) {
        ngx_court_evp_mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

        if (ngx_court_evp_mac == NULL) {
            ERR_clear_error();
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "OpenSSL provides no \"HMAC\"");
            return NGX_ERROR;
        }
    }

    for (i = 0; i < NGX_COURT_NMDS; i++) {
        if (ngx_court_evp_fetch_md(i) != NGX_OK) {
            ERR_clear_error();
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "OpenSSL provides no \"%s\"",
                          ngx_court_evp_md_names[i].name);
            return NGX_ERROR;
        }
    }

    /* without SM4 only the rings that ask for it are refused */

    for (i = 0; i < NGX_COURT_NCIPHERS; i++) {
        if (ngx_court_evp_ciphers[i] == NULL) {
            ngx_court_evp_ciphers[i] =
                EVP_CIPHER_fetch(NULL, ngx_court_evp_cipher_names[i], NULL);
        }
    }

    ERR_clear_error();

    if (ngx_court_evp_ciphers[NGX_COURT_CIPHER_AES256_GCM] == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "OpenSSL provides no \"AES-256-GCM\"");
        return NGX_ERROR;
    }

    return NGX_OK;
}


const EVP_MD *
ngx_court_evp_md(ngx_uint_t md)
{
    return md < NGX_COURT_NMDS ? ngx_court_evp_mds[md] : NULL;
}


const EVP_CIPHER *
ngx_court_evp_cipher(ngx_uint_t cipher)
{
    return cipher < NGX_COURT_NCIPHERS ? ngx_court_evp_ciphers[cipher] : NULL;
}


size_t
ngx_court_evp_md_len(ngx_uint_t md)
{
    return md < NGX_COURT_NMDS ? ngx_court_evp_md_names[md].len : 0;
}


ngx_int_t
ngx_court_evp_digest(ngx_uint_t md, const ngx_str_t *parts, ngx_uint_t n,
    u_char *out)
{
    int            ok;
    ngx_uint_t     i;
    EVP_MD_CTX    *ctx;
    const EVP_MD  *type;

    type = ngx_court_evp_md(md);

    if (type == NULL) {
        return NGX_ERROR;
    }

    if (ngx_court_evp_kept[md] == NULL) {
        ngx_court_evp_kept[md] = EVP_MD_CTX_new();
    }

    ctx = ngx_court_evp_kept[md];
    ok = (ctx != NULL && EVP_DigestInit_ex2(ctx, type, NULL) == 1);

    for (i = 0; ok && i < n; i++) {
        ok = (EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1);
    }

    ok = ok && (EVP_DigestFinal_ex(ctx, out, NULL) == 1);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


EVP_MAC_CTX *
ngx_court_evp_hmac_begin(ngx_uint_t md, const ngx_str_t *key)
{
    EVP_MAC_CTX    *ctx;
    static u_char   empty;

    if (md >= NGX_COURT_NMDS || ngx_court_evp_hmacs[md] == NULL) {
        return NULL;
    }

    ctx = EVP_MAC_CTX_dup(ngx_court_evp_hmacs[md]);

    /* a NULL key would mean "the one you have" */

    if (ctx == NULL
        || EVP_MAC_init(ctx, key->len ? key->data : &empty, key->len, NULL)
           != 1)
    {
        EVP_MAC_CTX_free(ctx);
        ERR_clear_error();
        return NULL;
    }

    return ctx;
}


ngx_int_t
ngx_court_evp_hmac(ngx_uint_t md, const ngx_str_t *key,
    const ngx_str_t *parts, ngx_uint_t n, u_char *out)
{
    int           ok;
    size_t        len, max;
    ngx_uint_t    i;
    EVP_MAC_CTX  *ctx;

    ctx = ngx_court_evp_hmac_begin(md, key);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ok = 1;
    max = ngx_court_evp_md_len(md);

    for (i = 0; ok && i < n; i++) {
        ok = (EVP_MAC_update(ctx, parts[i].data, parts[i].len) == 1);
    }

    ok = ok && EVP_MAC_final(ctx, out, &len, max) == 1 && len == max;

    EVP_MAC_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_evp_mac_field(EVP_MAC_CTX *ctx, const ngx_str_t *field)
{
    u_char  len[4];

    if (field->len > 0xffffffff) {
        return NGX_ERROR;
    }

    len[0] = (u_char) (field->len >> 24);
    len[1] = (u_char) (field->len >> 16);
    len[2] = (u_char) (field->len >> 8);
    len[3] = (u_char) field->len;

    if (EVP_MAC_update(ctx, len, sizeof(len)) != 1
        || EVP_MAC_update(ctx, field->data, field->len) != 1)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_evp_verdict(int rc)
{
    unsigned long  e;

    if (rc == 1) {
        return NGX_OK;
    }

    e = ERR_peek_last_error();
    ERR_clear_error();

    if (e != 0 && ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE) {
        return NGX_ERROR;
    }

    return NGX_DECLINED;
}
