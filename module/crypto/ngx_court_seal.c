/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_ring.h"


#define NGX_COURT_SEAL_FORMAT   1
#define NGX_COURT_SEAL_MAX_TAG  32

/* what is sealed are records; more is somebody's mistake */
#define NGX_COURT_SEAL_MAX      (16 * 1024 * 1024)


/* the parts of a sealed value: head is format, length of id and id */

typedef struct {
    ngx_str_t                  head;
    const u_char              *iv;
    ngx_str_t                  text;
    u_char                    *tag;
} ngx_court_seal_view_t;


/*
 * SM4-CTR, then HMAC-SM3 over head || iv || u64 length of aad || aad ||
 * ciphertext.  head and iv say their length themselves.
 */

static ngx_int_t
ngx_court_seal_tag(const ngx_court_ring_key_t *key, const ngx_str_t *aad,
    const ngx_court_seal_view_t *v, u_char *tag)
{
    u_char      len[8];
    uint64_t    n;
    ngx_str_t   mac, parts[5];
    ngx_int_t   i;

    n = aad->len;

    for (i = 7; i >= 0; i--) {
        len[i] = (u_char) n;
        n >>= 8;
    }

    mac.data = (u_char *) key->mac;
    mac.len = sizeof(key->mac);

    parts[0] = v->head;
    parts[1].data = (u_char *) v->iv;
    parts[1].len = key->alg->iv_len;
    parts[2].data = len;
    parts[2].len = sizeof(len);
    parts[3] = *aad;
    parts[4] = v->text;

    return ngx_court_evp_hmac(key->alg->md, &mac, parts, 5, tag);
}


/* CTR: encryption and decryption are one */

static ngx_int_t
ngx_court_seal_ctr(const ngx_court_ring_key_t *key, const u_char *iv,
    const ngx_str_t *in, u_char *out)
{
    int              len, ok;
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();

    ok = ctx != NULL
         && EVP_EncryptInit_ex2(ctx, ngx_court_evp_cipher(key->alg->cipher),
                                key->enc, iv, NULL) == 1
         && EVP_EncryptUpdate(ctx, out, &len, in->data, (int) in->len) == 1;

    EVP_CIPHER_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* associated data of GCM: head || aad; GCM itself binds iv and lengths */

static int
ngx_court_seal_gcm_begin(EVP_CIPHER_CTX *ctx, const ngx_court_ring_key_t *key,
    const ngx_str_t *aad, const ngx_court_seal_view_t *v, int encrypt)
{
    int  len;

    return EVP_CipherInit_ex2(ctx, ngx_court_evp_cipher(key->alg->cipher),
                              key->enc, v->iv, encrypt, NULL) == 1
           && EVP_CipherUpdate(ctx, NULL, &len, v->head.data,
                               (int) v->head.len) == 1
           && (aad->len == 0
               || EVP_CipherUpdate(ctx, NULL, &len, aad->data,
                                   (int) aad->len) == 1);
}


static ngx_int_t
ngx_court_seal_gcm(const ngx_court_ring_key_t *key, const ngx_str_t *aad,
    const ngx_court_seal_view_t *v, const ngx_str_t *plain)
{
    int              len, ok;
    u_char           none[16];
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();

    ok = ctx != NULL
         && ngx_court_seal_gcm_begin(ctx, key, aad, v, 1)
         && (plain->len == 0
             || EVP_EncryptUpdate(ctx, v->text.data, &len, plain->data,
                                  (int) plain->len) == 1)
         && EVP_EncryptFinal_ex(ctx, none, &len) == 1
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
                                (int) key->alg->tag_len, v->tag) == 1;

    EVP_CIPHER_CTX_free(ctx);

    if (!ok) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_open_gcm(const ngx_court_ring_key_t *key, const ngx_str_t *aad,
    const ngx_court_seal_view_t *v, u_char *out)
{
    int              len, ok, same;
    u_char           none[16];
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();
    same = 0;

    ok = ctx != NULL
         && ngx_court_seal_gcm_begin(ctx, key, aad, v, 0)
         && (v->text.len == 0
             || EVP_DecryptUpdate(ctx, out, &len, v->text.data,
                                  (int) v->text.len) == 1)
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
                                (int) key->alg->tag_len, v->tag) == 1;

    if (ok) {
        same = (EVP_DecryptFinal_ex(ctx, none, &len) == 1);
    }

    EVP_CIPHER_CTX_free(ctx);

    if (same) {
        return NGX_OK;
    }

    /* decrypted before it was known to be ours */

    ngx_court_wipe(out, v->text.len);
    ERR_clear_error();

    return ok ? NGX_DECLINED : NGX_ERROR;
}


ngx_int_t
ngx_court_seal(const ngx_court_ring_t *ring, const ngx_str_t *aad,
    const ngx_str_t *plain, ngx_str_t *out)
{
    u_char                      *p;
    ngx_court_seal_view_t        v;
    const ngx_court_ring_key_t  *key;

    key = &ring->keys[0];

    if (key->alg->kind != NGX_COURT_RING_SEAL
        || plain->len > NGX_COURT_SEAL_MAX || aad->len > NGX_COURT_SEAL_MAX)
    {
        return NGX_ERROR;
    }

    p = out->data;
    v.head.data = p;
    *p++ = NGX_COURT_SEAL_FORMAT;
    *p++ = (u_char) key->id.len;
    p = ngx_cpymem(p, key->id.data, key->id.len);
    v.head.len = p - v.head.data;

    /* random IVs: a key must not seal more than 2^32 values under GCM */

    if (ngx_court_random(p, key->alg->iv_len) != NGX_OK) {
        return NGX_ERROR;
    }

    v.iv = p;
    v.text.data = p + key->alg->iv_len;
    v.text.len = plain->len;
    v.tag = v.text.data + plain->len;
    out->len = v.tag + key->alg->tag_len - out->data;

    if (key->alg->cipher == NGX_COURT_CIPHER_AES256_GCM) {
        return ngx_court_seal_gcm(key, aad, &v, plain);
    }

    if (ngx_court_seal_ctr(key, v.iv, plain, v.text.data) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_court_seal_tag(key, aad, &v, v.tag);
}


/* NULL where the value is none of this ring's */

static const ngx_court_ring_key_t *
ngx_court_seal_view(const ngx_court_ring_t *ring, const ngx_str_t *sealed,
    ngx_court_seal_view_t *v)
{
    size_t                       rest;
    u_char                      *p;
    ngx_str_t                    id;
    const ngx_court_ring_key_t  *key;

    if (sealed->len < 2 || sealed->len > NGX_COURT_SEAL_MAX
                                         + NGX_COURT_SEAL_OVERHEAD)
    {
        return NULL;
    }

    p = sealed->data;
    id.data = p + 2;
    id.len = p[1];

    if (p[0] != NGX_COURT_SEAL_FORMAT || id.len > sealed->len - 2) {
        return NULL;
    }

    key = ngx_court_ring_find(ring, &id);

    if (key == NULL || key->alg->kind != NGX_COURT_RING_SEAL
        || key->turn == NGX_COURT_TURN_RETIRED)
    {
        return NULL;
    }

    rest = sealed->len - 2 - id.len;

    if (rest < key->alg->iv_len + key->alg->tag_len) {
        return NULL;
    }

    v->head.data = p;
    v->head.len = 2 + id.len;
    v->iv = p + v->head.len;
    v->text.data = p + v->head.len + key->alg->iv_len;
    v->text.len = rest - key->alg->iv_len - key->alg->tag_len;
    v->tag = v->text.data + v->text.len;

    return key;
}


ngx_int_t
ngx_court_open(const ngx_court_ring_t *ring, const ngx_str_t *aad,
    const ngx_str_t *sealed, ngx_str_t *out)
{
    u_char                       tag[NGX_COURT_SEAL_MAX_TAG];
    ngx_int_t                    rc;
    ngx_court_seal_view_t        v;
    const ngx_court_ring_key_t  *key;

    out->len = 0;
    key = ngx_court_seal_view(ring, sealed, &v);

    if (key == NULL || aad->len > NGX_COURT_SEAL_MAX) {
        return NGX_DECLINED;
    }

    if (key->alg->cipher == NGX_COURT_CIPHER_AES256_GCM) {
        rc = ngx_court_open_gcm(key, aad, &v, out->data);
        out->len = (rc == NGX_OK) ? v.text.len : 0;
        return rc;
    }

    if (ngx_court_seal_tag(key, aad, &v, tag) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!ngx_court_secret_eq(tag, v.tag, key->alg->tag_len)) {
        return NGX_DECLINED;
    }

    if (ngx_court_seal_ctr(key, v.iv, &v.text, out->data) != NGX_OK) {
        return NGX_ERROR;
    }

    out->len = v.text.len;

    return NGX_OK;
}
