/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_base64url.h"
#include "ngx_court_ring.h"
#include "ngx_court_time.h"


#define NGX_COURT_RING_SECRET_LEN  32
#define NGX_COURT_RING_FIELDS      5      /* of a line */


static const ngx_court_ring_alg_t  ngx_court_ring_algs[] = {

    { ngx_string("sm4-ctr-hmac-sm3"), NGX_COURT_RING_SEAL,
      NGX_COURT_MD_SM3, NGX_COURT_CIPHER_SM4_CTR, 16, 16, 32 },

    { ngx_string("aes-256-gcm"), NGX_COURT_RING_SEAL,
      NGX_COURT_MD_SHA256, NGX_COURT_CIPHER_AES256_GCM, 32, 12, 16 },

    { ngx_string("hmac-sm3"), NGX_COURT_RING_MAC,
      NGX_COURT_MD_SM3, NGX_COURT_NCIPHERS, 0, 0, 0 },

    { ngx_string("hmac-sha256"), NGX_COURT_RING_MAC,
      NGX_COURT_MD_SHA256, NGX_COURT_NCIPHERS, 0, 0, 0 },

    { ngx_null_string, 0, 0, 0, 0, 0, 0 }
};


static void
ngx_court_ring_cleanup(void *data)
{
    ngx_court_wipe(data, sizeof(ngx_court_ring_t));
}


static ngx_int_t
ngx_court_ring_fail(ngx_pool_t *pool, ngx_uint_t line, const char *text,
    ngx_str_t *err)
{
    u_char  *p;
    size_t   size;

    if (err == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(err, "out of memory");

    size = sizeof("line : ") + NGX_INT_T_LEN + ngx_strlen(text);
    p = ngx_pnalloc(pool, size);

    if (p != NULL) {
        err->data = p;
        err->len = ngx_snprintf(p, size, "line %ui: %s", line, text) - p;
    }

    return NGX_ERROR;
}


static const ngx_court_ring_alg_t *
ngx_court_ring_alg(const ngx_str_t *name, ngx_court_ring_kind_t kind)
{
    const ngx_court_ring_alg_t  *alg;

    for (alg = ngx_court_ring_algs; alg->name.len; alg++) {
        if (alg->kind == kind && ngx_court_str_eq(&alg->name, name)) {
            return alg;
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_court_ring_id_valid(const ngx_str_t *id)
{
    u_char  c;
    size_t  i;

    if (id->len == 0 || id->len > NGX_COURT_RING_MAX_ID) {
        return 0;
    }

    for (i = 0; i < id->len; i++) {
        c = id->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '.' || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Purposes must not share a key: a name in Redis is no oracle for a tag.  The
 * algorithm is part of the label, so that one secret under two algorithms is
 * two keys.
 */

static ngx_int_t
ngx_court_ring_derive(ngx_court_ring_key_t *key, const ngx_str_t *secret)
{
    u_char      *out[3];
    ngx_str_t    parts[4];
    ngx_uint_t   i;

    static const ngx_str_t  purposes[] = {
        ngx_string("encrypt"),
        ngx_string("authenticate"),
        ngx_string("name")
    };

    out[0] = key->enc;
    out[1] = key->mac;
    out[2] = key->name;

    ngx_str_set(&parts[0], "court ring 1 ");
    parts[1] = key->alg->name;
    ngx_str_set(&parts[2], " ");

    for (i = 0; i < 3; i++) {
        parts[3] = purposes[i];

        if (ngx_court_evp_hmac(key->alg->md, secret, parts, 4, out[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* fields of one line; more than max is max + 1 */

static ngx_uint_t
ngx_court_ring_split(const u_char *p, const u_char *end, ngx_str_t *fields,
    ngx_uint_t max)
{
    ngx_uint_t     n;
    const u_char  *start;

    for (n = 0; n <= max; n++) {

        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if (p == end || *p == '#') {
            break;
        }

        start = p;

        while (p < end && *p != ' ' && *p != '\t') {
            p++;
        }

        if (n < max) {
            fields[n].data = (u_char *) start;
            fields[n].len = p - start;
        }
    }

    return n;
}


/* "state=WORD" and "created=TIME" behind the secret; NULL, or what is wrong */

static const char *
ngx_court_ring_option(ngx_court_ring_key_t *key, const ngx_str_t *field,
    ngx_uint_t *created)
{
    ngx_str_t  value;

    if (field->len > 6 && ngx_memcmp(field->data, "state=", 6) == 0) {

        if (key->turn != NGX_COURT_TURN_NONE) {
            return "duplicate state";
        }

        value.data = field->data + 6;
        value.len = field->len - 6;
        key->turn = ngx_court_turn_parse(&value);

        if (key->turn == NGX_COURT_TURN_UNKNOWN) {
            return "a key's state is accept, write, read or retired";
        }

        return NULL;
    }

    if (field->len > 8 && ngx_memcmp(field->data, "created=", 8) == 0) {
        value.data = field->data + 8;
        value.len = field->len - 8;

        return (*created)++
               || ngx_court_time_parse(&value, &key->created) != NGX_OK
               ? "created is one time of RFC 3339" : NULL;
    }

    return "a key is ID ALG SECRET [state=WORD] [created=TIME]";
}


static const char *
ngx_court_ring_options(ngx_court_ring_key_t *key, const ngx_str_t *fields,
    ngx_uint_t n)
{
    ngx_uint_t   i, created;
    const char  *why;

    created = 0;

    for (i = 3; i < n; i++) {
        why = ngx_court_ring_option(key, &fields[i], &created);

        if (why) {
            return why;
        }
    }

    return NULL;
}


/* keys[0] is what is written with, wherever its line stands */

static const char *
ngx_court_ring_order(ngx_court_ring_t *ring)
{
    ngx_uint_t            i, writer;
    const char           *why;
    ngx_court_turn_t      turns[NGX_COURT_RING_MAX_KEYS];
    ngx_court_ring_key_t  key;

    for (i = 0; i < ring->nkeys; i++) {
        turns[i] = ring->keys[i].turn;
    }

    why = ngx_court_turn_writer(turns, ring->nkeys, &writer);

    if (why == NULL && writer) {
        key = ring->keys[0];
        ring->keys[0] = ring->keys[writer];
        ring->keys[writer] = key;
        ngx_court_wipe(&key, sizeof(key));
    }

    return why;
}


static const char *
ngx_court_ring_add(ngx_pool_t *pool, ngx_court_ring_t *ring,
    ngx_court_ring_kind_t kind, const ngx_str_t *fields, ngx_uint_t n)
{
    const char            *why;
    ngx_int_t              rc;
    ngx_str_t              secret;
    ngx_court_ring_key_t  *key;

    if (!ngx_court_ring_id_valid(&fields[0])) {
        return "a key's id is 1 to 16 of A-Z a-z 0-9 . _ -";
    }

    if (ngx_court_ring_find(ring, &fields[0]) != NULL) {
        return "duplicate id";
    }

    if (ring->nkeys == NGX_COURT_RING_MAX_KEYS) {
        return "too many keys";
    }

    key = &ring->keys[ring->nkeys];
    key->alg = ngx_court_ring_alg(&fields[1], kind);

    if (key->alg == NULL) {
        return "unknown algorithm";
    }

    if (kind == NGX_COURT_RING_SEAL
        && ngx_court_evp_cipher(key->alg->cipher) == NULL)
    {
        return "this OpenSSL has no such algorithm";
    }

    why = ngx_court_ring_options(key, fields, n);

    if (why) {
        return why;
    }

    key->id.len = fields[0].len;
    key->id.data = ngx_pstrdup(pool, (ngx_str_t *) &fields[0]);

    if (key->id.data == NULL) {
        return "out of memory";
    }

    if (fields[2].len
        != ngx_court_base64url_encoded_len(NGX_COURT_RING_SECRET_LEN)
        || ngx_court_base64url_decode(pool, &secret, &fields[2]) != NGX_OK)
    {
        return "the secret is not base64url of 32 bytes";
    }

    rc = ngx_court_ring_derive(key, &secret);

    ngx_court_wipe(secret.data, secret.len);

    if (rc != NGX_OK) {
        return "no key could be derived";
    }

    ring->nkeys++;

    return NULL;
}


ngx_court_ring_t *
ngx_court_ring_parse(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_court_ring_kind_t kind, ngx_str_t *err)
{
    u_char              *p, *eol, *end;
    ngx_str_t            fields[NGX_COURT_RING_FIELDS];
    ngx_uint_t           line, n;
    const char          *why;
    ngx_court_ring_t    *ring;
    ngx_pool_cleanup_t  *cln;

    ring = ngx_pcalloc(pool, sizeof(ngx_court_ring_t));
    cln = ngx_pool_cleanup_add(pool, 0);

    if (ring == NULL || cln == NULL) {
        (void) ngx_court_ring_fail(pool, 0, "out of memory", err);
        return NULL;
    }

    cln->handler = ngx_court_ring_cleanup;
    cln->data = ring;

    p = text->data;
    end = p + text->len;

    for (line = 1; p < end; line++, p = eol + 1) {

        eol = ngx_strlchr(p, end, '\n');
        if (eol == NULL) {
            eol = end;
        }

        n = ngx_court_ring_split(p, eol, fields, NGX_COURT_RING_FIELDS);

        if (n == 0) {
            continue;
        }

        why = (n >= 3 && n <= NGX_COURT_RING_FIELDS)
              ? ngx_court_ring_add(pool, ring, kind, fields, n)
              : "a key is ID ALG SECRET [state=WORD] [created=TIME]";

        if (why != NULL) {
            (void) ngx_court_ring_fail(pool, line, why, err);
            return NULL;
        }
    }

    why = ring->nkeys ? ngx_court_ring_order(ring) : "no key";

    if (why != NULL) {
        (void) ngx_court_ring_fail(pool, line, why, err);
        return NULL;
    }

    return ring;
}


ngx_uint_t
ngx_court_ring_count(const ngx_court_ring_t *ring)
{
    return ring->nkeys;
}


ngx_uint_t
ngx_court_ring_reads(const ngx_court_ring_t *ring, ngx_uint_t k)
{
    return k < ring->nkeys && ring->keys[k].turn != NGX_COURT_TURN_RETIRED;
}


const ngx_str_t *
ngx_court_ring_id(const ngx_court_ring_t *ring)
{
    return &ring->keys[0].id;
}


ngx_uint_t
ngx_court_ring_sm3(const ngx_court_ring_t *ring)
{
    return ring->keys[0].alg->md == NGX_COURT_MD_SM3;
}


const ngx_court_ring_key_t *
ngx_court_ring_find(const ngx_court_ring_t *ring, const ngx_str_t *id)
{
    ngx_uint_t  i;

    for (i = 0; i < ring->nkeys; i++) {
        if (ngx_court_str_eq(&ring->keys[i].id, id)) {
            return &ring->keys[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_court_ring_name(const ngx_court_ring_t *ring, const char *domain,
    const ngx_str_t *fields, ngx_uint_t n, u_char out[NGX_COURT_SHA256_LEN])
{
    return ngx_court_ring_name_of(ring, 0, domain, fields, n, out);
}


ngx_int_t
ngx_court_ring_name_of(const ngx_court_ring_t *ring, ngx_uint_t k,
    const char *domain, const ngx_str_t *fields, ngx_uint_t n,
    u_char out[NGX_COURT_SHA256_LEN])
{
    size_t                       len;
    ngx_int_t                    rc;
    ngx_str_t                    key, label;
    ngx_uint_t                   i;
    EVP_MAC_CTX                 *ctx;
    const ngx_court_ring_key_t  *with;

    if (k >= ring->nkeys) {
        return NGX_ERROR;
    }

    with = &ring->keys[k];
    key.data = (u_char *) with->name;
    key.len = sizeof(with->name);
    label.data = (u_char *) domain;
    label.len = ngx_strlen(domain);

    ctx = ngx_court_evp_hmac_begin(with->alg->md, &key);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_evp_mac_field(ctx, &label);

    for (i = 0; rc == NGX_OK && i < n; i++) {
        rc = ngx_court_evp_mac_field(ctx, &fields[i]);
    }

    if (rc == NGX_OK
        && (EVP_MAC_final(ctx, out, &len, NGX_COURT_SHA256_LEN) != 1
            || len != NGX_COURT_SHA256_LEN))
    {
        ERR_clear_error();
        rc = NGX_ERROR;
    }

    EVP_MAC_CTX_free(ctx);

    return rc;
}


ngx_uint_t
ngx_court_ring_tell(const ngx_court_ring_t *ring, ngx_uint_t i,
    ngx_court_ring_told_t *told)
{
    const ngx_court_ring_key_t  *key;

    if (i >= ring->nkeys) {
        return 0;
    }

    key = &ring->keys[i];

    told->id = key->id;
    told->alg = key->alg->name;
    told->created = key->created;
    told->turn = key->turn;

    if (told->turn == NGX_COURT_TURN_NONE) {
        told->turn = i ? NGX_COURT_TURN_READ : NGX_COURT_TURN_WRITE;
    }

    return 1;
}
