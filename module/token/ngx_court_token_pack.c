/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A verified token in the zone: u8 format, 32 bytes of the issuer's
 * configuration, u64 generation of its keys, 32 bytes token id, u16 length
 * and record, u16 length and extra.  Whoever reads it holds another
 * configuration or key generation?  Then it is a miss.
 */

#include "ngx_court_claim.h"
#include "ngx_court_token.h"
#include "ngx_court_bytes.h"


#define NGX_COURT_PACK_FORMAT  1
#define NGX_COURT_PACK_HEADER  (1 + NGX_COURT_SHA256_LEN + 8                  \
                                + NGX_COURT_SHA256_LEN + 2)


ngx_court_schema_t  ngx_court_token_schema;

static ngx_court_field_t  ngx_court_token_fields[NGX_COURT_TF_COUNT] = {
#define NGX_COURT_TOKEN_FIELD(id, name, type)  { ngx_string(name), type },
    NGX_COURT_TOKEN_FIELDS(NGX_COURT_TOKEN_FIELD)
#undef NGX_COURT_TOKEN_FIELD
};


void
ngx_court_token_init(void)
{
    ngx_court_token_schema.nfields = NGX_COURT_TF_COUNT;
    ngx_court_token_schema.fields = ngx_court_token_fields;

    ngx_court_schema_init(&ngx_court_token_schema);
}


static ngx_uint_t
ngx_court_pack_strings(ngx_str_t *to, ngx_uint_t n, const ngx_array_t *list)
{
    ngx_str_t   *s;
    ngx_uint_t   i;

    s = list ? list->elts : NULL;

    for (i = 0; list && i < list->nelts; i++) {
        to[n++] = s[i];
    }

    return n;
}


/* everything by which a verification under one configuration differs */

ngx_int_t
ngx_court_issuer_seal(ngx_court_issuer_t *issuer)
{
    ngx_int_t           rc;
    u_char              num[40], *p;
    ngx_str_t          *f;
    ngx_uint_t          i, j, n, max;
    ngx_keyval_t       *kv;
    ngx_court_claim_t  *claim;

    claim = issuer->claims ? issuer->claims->elts : NULL;
    max = 16 + issuer->audiences->nelts + issuer->roles->nelts
          + (issuer->courts ? issuer->courts->nelts : 0)
          + (issuer->acr ? issuer->acr->nelts : 0);

    for (i = 0; claim && i < issuer->claims->nelts; i++) {
        max += 3 + (claim[i].map ? 2 * claim[i].map->nelts : 0);
    }

    f = malloc(max * sizeof(ngx_str_t));
    if (f == NULL) {
        return NGX_ERROR;
    }

    p = num;
    p = ngx_court_put64(p, (uint64_t) issuer->leeway);
    p = ngx_court_put64(p, (uint64_t) issuer->token_max_age);
    p = ngx_court_put64(p, issuer->algorithms);
    p = ngx_court_put32(p, (uint32_t) issuer->binding);
    p = ngx_court_put32(p, issuer->sm2.der);

    n = 0;
    f[n].data = num;
    f[n++].len = p - num;
    f[n++] = issuer->name;
    f[n++] = issuer->issuer;
    f[n++] = issuer->typ;
    f[n++] = issuer->sm2.id;

    ngx_str_null(&f[n]);                     /* separates the lists */
    n = ngx_court_pack_strings(f, n + 1, issuer->audiences);
    ngx_str_null(&f[n]);
    n = ngx_court_pack_strings(f, n + 1, issuer->roles);
    ngx_str_null(&f[n]);
    n = ngx_court_pack_strings(f, n + 1, issuer->courts);
    ngx_str_null(&f[n]);
    n = ngx_court_pack_strings(f, n + 1, issuer->acr);

    for (i = 0; claim && i < issuer->claims->nelts; i++) {
        ngx_str_null(&f[n]);
        n++;
        f[n++] = claim[i].name;
        f[n++] = claim[i].pointer;

        kv = claim[i].map ? claim[i].map->elts : NULL;

        for (j = 0; kv && j < claim[i].map->nelts; j++) {
            f[n++] = kv[j].key;
            f[n++] = kv[j].value;
        }
    }

    rc = ngx_court_hash_fields("issuer", f, n, issuer->config_hash);

    free(f);

    return rc;
}


ngx_int_t
ngx_court_token_key(const ngx_str_t *text, u_char key[NGX_COURT_SHA256_LEN])
{
    return ngx_court_hash_fields("token", text, 1, key);
}


ngx_int_t
ngx_court_token_pack(ngx_pool_t *pool, const ngx_court_token_t *token,
    ngx_str_t *bytes)
{
    u_char  *p;

    bytes->len = NGX_COURT_PACK_HEADER + token->record.len + 2
                 + token->extra.len;
    bytes->data = ngx_pnalloc(pool, bytes->len);

    if (bytes->data == NULL || token->record.len > 0xffff
        || token->extra.len > 0xffff)
    {
        return NGX_ERROR;
    }

    p = bytes->data;
    *p++ = NGX_COURT_PACK_FORMAT;
    p = ngx_cpymem(p, token->issuer->config_hash, NGX_COURT_SHA256_LEN);
    p = ngx_court_put64(p, token->issuer->jwks->generation);
    p = ngx_cpymem(p, token->id, NGX_COURT_SHA256_LEN);
    p = ngx_court_put16(p, (uint16_t) token->record.len);
    p = ngx_cpymem(p, token->record.data, token->record.len);
    p = ngx_court_put16(p, (uint16_t) token->extra.len);

    if (token->extra.len) {
        ngx_memcpy(p, token->extra.data, token->extra.len);
    }

    return NGX_OK;
}


static const ngx_court_issuer_t *
ngx_court_pack_issuer(const ngx_array_t *issuers, const u_char *hash,
    uint64_t generation)
{
    ngx_uint_t            i;
    ngx_court_issuer_t  **issuer;

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        if (ngx_memcmp(issuer[i]->config_hash, hash, NGX_COURT_SHA256_LEN)
            == 0)
        {
            return (issuer[i]->jwks
                    && issuer[i]->jwks->generation == generation)
                   ? issuer[i] : NULL;
        }
    }

    return NULL;
}


/*
 * A time that no claim can say was not made here; and what is reckoned with
 * times relies on it that sums don't overflow.
 */

static ngx_uint_t
ngx_court_pack_times(const ngx_court_token_t *token)
{
    ngx_uint_t         i;
    ngx_court_value_t  v;

    for (i = 0; i < NGX_COURT_TF_COUNT; i++) {

        if (ngx_court_token_fields[i].type != NGX_COURT_T_TIME) {
            continue;
        }

        ngx_court_token_field(token, i, &v);

        if (v.state == NGX_COURT_V_PRESENT
            && (v.num < 0 || v.num >= NGX_COURT_CLAIM_MAX_TIME))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * A record without a subject, role or end, or a broken list, was not made
 * here, whatever its framing says.
 */

static ngx_int_t
ngx_court_pack_whole(const ngx_court_token_t *token)
{
    ngx_str_t          cursor, element;
    ngx_uint_t         i;
    ngx_court_value_t  v;

    static const ngx_uint_t  needed[] = {
        NGX_COURT_TF_SUB, NGX_COURT_TF_ROLE, NGX_COURT_TF_EXP
    };

    for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        ngx_court_token_field(token, needed[i], &v);

        if (v.state != NGX_COURT_V_PRESENT || v.str.len == 0) {
            return NGX_DECLINED;
        }
    }

    cursor = token->extra;

    while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
        /* void */
    }

    return cursor.len == 0 && ngx_court_pack_times(token) ? NGX_OK
                                                          : NGX_DECLINED;
}


/* lengths are checked, what stands between is not */

ngx_int_t
ngx_court_token_unpack_again(const ngx_array_t *issuers,
    const ngx_str_t *bytes, ngx_court_token_t *token)
{
    u_char  *p, *last;

    ngx_memzero(token, sizeof(ngx_court_token_t));

    p = bytes->data;
    last = p + bytes->len;

    if (bytes->len < NGX_COURT_PACK_HEADER + 2
        || p[0] != NGX_COURT_PACK_FORMAT)
    {
        return NGX_DECLINED;
    }

    token->issuer = ngx_court_pack_issuer(issuers, p + 1,
                          ngx_court_get64(p + 1 + NGX_COURT_SHA256_LEN));
    if (token->issuer == NULL) {
        return NGX_DECLINED;
    }

    p += 1 + NGX_COURT_SHA256_LEN + 8;
    ngx_memcpy(token->id, p, NGX_COURT_SHA256_LEN);
    p += NGX_COURT_SHA256_LEN;

    token->record.len = ngx_court_get16(p);
    token->record.data = p + 2;
    p += 2;

    if ((size_t) (last - p) < token->record.len + 2) {
        return NGX_DECLINED;
    }

    p += token->record.len;
    token->extra.len = ngx_court_get16(p);
    token->extra.data = p + 2;

    return (size_t) (last - p - 2) == token->extra.len ? NGX_OK
                                                       : NGX_DECLINED;
}


ngx_int_t
ngx_court_token_unpack(const ngx_array_t *issuers, const ngx_str_t *bytes,
    ngx_court_token_t *token)
{
    if (ngx_court_token_unpack_again(issuers, bytes, token) != NGX_OK
        || ngx_court_record_check(&ngx_court_token_schema, &token->record)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_pack_whole(token);
}


void
ngx_court_token_field(const ngx_court_token_t *token, ngx_uint_t field,
    ngx_court_value_t *v)
{
    ngx_court_record_get(&ngx_court_token_schema, &token->record, field, v);
}


static void
ngx_court_pack_age(const ngx_court_token_t *token, time_t now,
    ngx_court_value_t *v)
{
    ngx_court_token_field(token, NGX_COURT_TF_AUTH_TIME, v);
    v->type = NGX_COURT_T_SECONDS;

    if (v->state == NGX_COURT_V_PRESENT) {
        v->num = ngx_max((int64_t) now - v->num, 0);
    }
}


void
ngx_court_token_claim(const ngx_court_token_t *token, const ngx_str_t *name,
    time_t now, ngx_court_value_t *v)
{
    ngx_str_t   cursor, element;
    ngx_uint_t  field;

    field = ngx_court_schema_find(&ngx_court_token_schema, name);

    if (field != NGX_COURT_NO_FIELD) {
        ngx_court_token_field(token, field, v);
        return;
    }

    ngx_memzero(v, sizeof(ngx_court_value_t));

    if (name->len == 8 && ngx_strncmp(name->data, "auth_age", 8) == 0) {
        ngx_court_pack_age(token, now, v);
        return;
    }

    v->type = NGX_COURT_T_STRING;
    cursor = token->extra;

    while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
        if (element.len > name->len && element.data[name->len] == '='
            && ngx_memcmp(element.data, name->data, name->len) == 0)
        {
            v->state = NGX_COURT_V_PRESENT;
            v->str.data = element.data + name->len + 1;
            v->str.len = element.len - name->len - 1;
            return;
        }
    }
}
