/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A key as JWK text, and its thumbprint (RFC 7638).
 */

#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"


#define NGX_COURT_JWK_MAX_MEMBERS  16

typedef struct {
    const char                *name;
    ngx_str_t                  value;
    unsigned                   binary:1;   /* to be written in base64url */
} ngx_court_jwk_pair_t;

typedef struct {
    ngx_uint_t                 n;
    ngx_court_jwk_pair_t       pairs[NGX_COURT_JWK_MAX_MEMBERS];
} ngx_court_jwk_pairs_t;


static void
ngx_court_jwk_text(ngx_court_jwk_pairs_t *list, const char *name,
    const char *value)
{
    ngx_court_jwk_pair_t  *pair;

    pair = &list->pairs[list->n++];

    pair->name = name;
    pair->value.data = (u_char *) value;
    pair->value.len = ngx_strlen(value);
    pair->binary = 0;
}


static void
ngx_court_jwk_string(ngx_court_jwk_pairs_t *list, const char *name,
    const ngx_str_t *value, ngx_uint_t binary)
{
    if (value->len == 0) {
        return;
    }

    list->pairs[list->n].name = name;
    list->pairs[list->n].value = *value;
    list->pairs[list->n].binary = binary;
    list->n++;
}


static const char *
ngx_court_jwk_kty_name(const ngx_court_key_t *key)
{
    switch (key->kty) {

    case NGX_COURT_KTY_OCT:
        return "oct";

    case NGX_COURT_KTY_RSA:
        return "RSA";

    case NGX_COURT_KTY_OKP:
        return "OKP";

    default:                               /* SM2 is an EC curve in JOSE */
        return "EC";
    }
}


static size_t
ngx_court_jwk_size(const ngx_court_jwk_pairs_t *list)
{
    size_t                       size;
    ngx_uint_t                   i;
    const ngx_court_jwk_pair_t  *pair;

    size = sizeof("{}");

    for (i = 0; i < list->n; i++) {
        pair = &list->pairs[i];

        size += ngx_strlen(pair->name) + sizeof("\"\":\"\",");
        size += pair->binary ? ngx_court_base64url_encoded_len(pair->value.len)
                             : ngx_court_json_escape_len(&pair->value);
    }

    return size;
}


static ngx_int_t
ngx_court_jwk_print(ngx_pool_t *pool, const ngx_court_jwk_pairs_t *list,
    ngx_str_t *text)
{
    u_char                      *p;
    ngx_uint_t                   i;
    const ngx_court_jwk_pair_t  *pair;

    p = ngx_pnalloc(pool, ngx_court_jwk_size(list));
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    for (i = 0; i < list->n; i++) {
        pair = &list->pairs[i];

        *p++ = i ? ',' : '{';
        *p++ = '"';
        p = ngx_cpymem(p, pair->name, ngx_strlen(pair->name));
        p = ngx_cpymem(p, "\":\"", 3);
        p = pair->binary ? ngx_court_base64url_encode(p, &pair->value)
                         : ngx_court_json_escape(p, &pair->value);
        *p++ = '"';
    }

    *p++ = '}';
    text->len = p - text->data;

    return NGX_OK;
}


static void
ngx_court_jwk_numbers_list(ngx_court_jwk_pairs_t *list,
    const ngx_court_key_t *key, const ngx_court_key_parts_t *parts)
{
    ngx_uint_t  i;

    const struct {
        const char       *name;
        const ngx_str_t  *value;
    } numbers[] = {
        { "n", &parts->n }, { "e", &parts->e }, { "x", &parts->x },
        { "y", &parts->y }, { "k", &parts->k }, { "d", &parts->d },
        { "p", &parts->p }, { "q", &parts->q }, { "dp", &parts->dp },
        { "dq", &parts->dq }, { "qi", &parts->qi }
    };

    ngx_court_jwk_string(list, "crv", &key->crv, 0);

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ngx_court_jwk_string(list, numbers[i].name, numbers[i].value, 1);
    }
}


ngx_int_t
ngx_court_jwk_write(ngx_pool_t *pool, const ngx_court_key_t *key,
    const ngx_court_alg_t *alg, ngx_uint_t with_private, ngx_str_t *text)
{
    ngx_court_jwk_pairs_t  list;
    ngx_court_key_parts_t  parts;

    /* a secret has no public half to write */

    if (!with_private && key->kty == NGX_COURT_KTY_OCT) {
        return NGX_ERROR;
    }

    if (ngx_court_key_parts(pool, key, with_private, &parts) != NGX_OK) {
        return NGX_ERROR;
    }

    list.n = 0;

    ngx_court_jwk_text(&list, "kty", ngx_court_jwk_kty_name(key));
    ngx_court_jwk_string(&list, "kid", &key->kid, 0);

    if (alg != NULL) {
        ngx_court_jwk_string(&list, "alg", &alg->name, 0);
    }

    ngx_court_jwk_text(&list, "use", "sig");
    ngx_court_jwk_numbers_list(&list, key, &parts);

    return ngx_court_jwk_print(pool, &list, text);
}


/* required members only, in lexicographic order, without white space */

ngx_int_t
ngx_court_jwk_thumbprint(ngx_pool_t *pool, const ngx_court_key_t *key,
    u_char out[NGX_COURT_SHA256_LEN])
{
    ngx_int_t              rc;
    ngx_str_t              text;
    ngx_court_jwk_pairs_t  list;
    ngx_court_key_parts_t  parts;

    if (ngx_court_key_parts(pool, key, key->kty == NGX_COURT_KTY_OCT, &parts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    list.n = 0;

    ngx_court_jwk_string(&list, "crv", &key->crv, 0);
    ngx_court_jwk_string(&list, "e", &parts.e, 1);
    ngx_court_jwk_string(&list, "k", &parts.k, 1);
    ngx_court_jwk_text(&list, "kty", ngx_court_jwk_kty_name(key));
    ngx_court_jwk_string(&list, "n", &parts.n, 1);
    ngx_court_jwk_string(&list, "x", &parts.x, 1);
    ngx_court_jwk_string(&list, "y", &parts.y, 1);

    if (ngx_court_jwk_print(pool, &list, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_court_sha256(&text, 1, out);

    if (key->kty == NGX_COURT_KTY_OCT) {
        ngx_court_wipe(text.data, text.len);
    }

    return rc;
}
