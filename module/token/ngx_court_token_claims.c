/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Claims (RFC 7519, RFC 9068): read by a table, each of one type; what is of
 * another is refused, never guessed.
 */

#include "ngx_court_token_claims.h"


#define NGX_COURT_CLAIM_MAX     256          /* bytes of a string claim */
#define NGX_COURT_CLAIM_LIST    64           /* elements of a list claim */
#define NGX_COURT_CLAIM_TIME    4102444800LL /* 2100-01-01: no later times */
#define NGX_COURT_EXTRA_MAX     32           /* mapped claims */


/* where each field of the schema is read from, if no mapping says otherwise */

static const char *const  ngx_court_claim_pointers[NGX_COURT_TF_COUNT] = {
    [NGX_COURT_TF_SUB]       = "/sub",
    [NGX_COURT_TF_ROLE]      = "/role",
    [NGX_COURT_TF_PRINCIPAL] = "/principal",
    [NGX_COURT_TF_KIND]      = "/kind",
    [NGX_COURT_TF_CLIENT]    = "/client_id",
    [NGX_COURT_TF_COURT]     = "/court",
    [NGX_COURT_TF_CHANNEL]   = "/channel",
    [NGX_COURT_TF_JTI]       = "/jti",
    [NGX_COURT_TF_KID]       = NULL,         /* from the header */
    [NGX_COURT_TF_ACR]       = "/acr",
    [NGX_COURT_TF_AMR]       = "/amr",
    [NGX_COURT_TF_SCOPE]     = "/scope",
    [NGX_COURT_TF_EXP]       = "/exp",
    [NGX_COURT_TF_NBF]       = "/nbf",
    [NGX_COURT_TF_IAT]       = "/iat",
    [NGX_COURT_TF_AUTH_TIME] = "/auth_time",
    [NGX_COURT_TF_ACR_LEVEL] = NULL          /* computed */
};


static ngx_court_result_t
ngx_court_claims_invalid(ngx_court_token_ctx_t *ctx, const char *why)
{
    ctx->reason = ngx_court_reason(TOKEN_INVALID);
    ctx->why = why;

    return NGX_COURT_REFUSED;
}


static ngx_uint_t
ngx_court_claims_in(const ngx_array_t *list, const ngx_str_t *s)
{
    ngx_str_t   *element;
    ngx_uint_t   i;

    element = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (ngx_court_str_eq(&element[i], s)) {
            return 1;
        }
    }

    return 0;
}


/* bounded, and without control characters: it becomes an attribute */

static ngx_int_t
ngx_court_claims_text(const ngx_court_json_t *node, ngx_str_t *s)
{
    size_t  i;

    if (ngx_court_json_string(node, s) != NGX_OK
        || s->len > NGX_COURT_CLAIM_MAX)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * NumericDate (RFC 7519 section 2): a JSON number, not negative.  Fractions
 * are legal; the reader below gives them as text only, so what is not written
 * as an integer is refused but for ".0": our issuers write seconds.
 */

static ngx_int_t
ngx_court_claims_time(ngx_pool_t *pool, const ngx_court_json_t *node,
    int64_t *t)
{
    size_t     i;
    ngx_str_t  text;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_REAL) {

        if (ngx_court_json_dump(pool, node, &text) != NGX_OK) {
            return NGX_DECLINED;
        }

        *t = 0;

        for (i = 0; i < text.len && text.data[i] != '.'; i++) {
            if (text.data[i] < '0' || text.data[i] > '9' || i > 11) {
                return NGX_DECLINED;
            }

            *t = *t * 10 + (text.data[i] - '0');
        }

        for (i++; i < text.len; i++) {
            if (text.data[i] < '0' || text.data[i] > '9') {
                return NGX_DECLINED;
            }
        }

    } else if (ngx_court_json_int(node, t) != NGX_OK) {
        return NGX_DECLINED;
    }

    return (*t >= 0 && *t <= NGX_COURT_CLAIM_TIME) ? NGX_OK : NGX_DECLINED;
}


/* a list of strings; one string is a list of one, of words where split */

static ngx_int_t
ngx_court_claims_list(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_uint_t split, ngx_court_value_t *v)
{
    u_char      *p, *last, *end;
    ngx_str_t    element[NGX_COURT_CLAIM_LIST], s;
    ngx_uint_t   i, n;

    n = 0;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_ARRAY) {

        if (ngx_court_json_size(node) > NGX_COURT_CLAIM_LIST) {
            return NGX_DECLINED;
        }

        for (i = 0; i < ngx_court_json_size(node); i++) {
            if (ngx_court_claims_text(ngx_court_json_at(node, i),
                                      &element[n++])
                != NGX_OK)
            {
                return NGX_DECLINED;
            }
        }

        return ngx_court_list_encode(pool, element, n, v);
    }

    if (ngx_court_json_string(node, &s) != NGX_OK || s.len > 4096) {
        return NGX_DECLINED;
    }

    last = s.data + s.len;

    for (p = s.data; p < last; p = end + 1) {
        end = split ? memchr(p, ' ', last - p) : NULL;
        end = end ? end : last;

        if (end == p) {
            continue;
        }

        if (n == NGX_COURT_CLAIM_LIST || end - p > NGX_COURT_CLAIM_MAX) {
            return NGX_DECLINED;
        }

        element[n].data = p;
        element[n++].len = end - p;
    }

    return ngx_court_list_encode(pool, element, n, v);
}


/* the claim mapping of that name, NULL where the issuer has none */

static const ngx_court_claim_t *
ngx_court_claims_mapping(const ngx_court_issuer_t *issuer,
    const ngx_str_t *name)
{
    ngx_uint_t          i;
    ngx_court_claim_t  *claim;

    if (issuer->claims == NULL) {
        return NULL;
    }

    claim = issuer->claims->elts;

    for (i = 0; i < issuer->claims->nelts; i++) {
        if (ngx_court_str_eq(&claim[i].name, name)) {
            return &claim[i];
        }
    }

    return NULL;
}


/* through the map file; an unlisted value is absent */

static void
ngx_court_claims_map(const ngx_court_claim_t *claim, ngx_court_value_t *v)
{
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    if (claim->map == NULL) {
        return;
    }

    kv = claim->map->elts;

    for (i = 0; i < claim->map->nelts; i++) {
        if (ngx_court_str_eq(&kv[i].key, &v->str)) {
            v->str = kv[i].value;
            return;
        }
    }

    v->state = NGX_COURT_V_ABSENT;
}


static ngx_int_t
ngx_court_claims_read(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_type_t type, ngx_uint_t split, ngx_court_value_t *v)
{
    ngx_memzero(v, sizeof(ngx_court_value_t));

    if (node == NULL || ngx_court_json_type(node) == NGX_COURT_JSON_NULL) {
        return NGX_OK;
    }

    v->state = NGX_COURT_V_PRESENT;
    v->type = type;

    switch (type) {

    case NGX_COURT_T_STRING:
        return ngx_court_claims_text(node, &v->str);

    case NGX_COURT_T_LIST:
        return ngx_court_claims_list(pool, node, split, v);

    default:
        return ngx_court_claims_time(pool, node, &v->num);
    }
}


static ngx_court_result_t
ngx_court_claims_fields(ngx_court_token_ctx_t *ctx,
    const ngx_court_issuer_t *issuer, ngx_court_value_t *values)
{
    ngx_str_t                 pointer;
    ngx_uint_t                i;
    ngx_court_field_t        *field;
    const ngx_court_claim_t  *claim;

    field = ngx_court_token_schema.fields;

    for (i = 0; i < NGX_COURT_TF_COUNT; i++) {

        ngx_memzero(&values[i], sizeof(ngx_court_value_t));
        values[i].type = field[i].type;

        if (ngx_court_claim_pointers[i] == NULL) {
            continue;
        }

        claim = ngx_court_claims_mapping(issuer, &field[i].name);

        if (claim) {
            pointer = claim->pointer;
        } else {
            pointer.data = (u_char *) ngx_court_claim_pointers[i];
            pointer.len = ngx_strlen(pointer.data);
        }

        if (ngx_court_claims_read(ctx->pool,
                ngx_court_json_pointer(ctx->payload, &pointer),
                field[i].type, i == NGX_COURT_TF_SCOPE, &values[i])
            != NGX_OK)
        {
            return ngx_court_claims_invalid(ctx, "a claim is of wrong type");
        }

        if (claim && values[i].state == NGX_COURT_V_PRESENT
            && field[i].type == NGX_COURT_T_STRING)
        {
            ngx_court_claims_map(claim, &values[i]);
        }

        values[i].type = field[i].type;
    }

    return NGX_COURT_PASS;
}


/* aud: a string or a list of strings (RFC 7519 section 4.1.3), one is ours */

static ngx_uint_t
ngx_court_claims_audience(const ngx_court_json_t *aud,
    const ngx_court_issuer_t *issuer)
{
    ngx_str_t   s;
    ngx_uint_t  i, ours;

    if (ngx_court_json_string(aud, &s) == NGX_OK) {
        return ngx_court_claims_in(issuer->audiences, &s);
    }

    ours = 0;

    for (i = 0; i < ngx_court_json_size(aud); i++) {
        if (ngx_court_json_string(ngx_court_json_at(aud, i), &s) != NGX_OK) {
            return 0;
        }

        ours |= ngx_court_claims_in(issuer->audiences, &s);
    }

    return ours && ngx_court_json_type(aud) == NGX_COURT_JSON_ARRAY;
}


/* what the issuer may say of whom */

static ngx_court_result_t
ngx_court_claims_rules(ngx_court_token_ctx_t *ctx,
    const ngx_court_issuer_t *issuer, ngx_court_value_t *v)
{
    if (v[NGX_COURT_TF_SUB].state != NGX_COURT_V_PRESENT
        || v[NGX_COURT_TF_SUB].str.len == 0)
    {
        return ngx_court_claims_invalid(ctx, "no sub");
    }

    if (v[NGX_COURT_TF_EXP].state != NGX_COURT_V_PRESENT) {
        return ngx_court_claims_invalid(ctx, "no exp");
    }

    if (v[NGX_COURT_TF_ROLE].state != NGX_COURT_V_PRESENT
        || !ngx_court_claims_in(issuer->roles, &v[NGX_COURT_TF_ROLE].str))
    {
        return ngx_court_claims_invalid(ctx, "role is not the issuer's");
    }

    if (issuer->courts
        && (v[NGX_COURT_TF_COURT].state != NGX_COURT_V_PRESENT
            || !ngx_court_claims_in(issuer->courts,
                                    &v[NGX_COURT_TF_COURT].str)))
    {
        return ngx_court_claims_invalid(ctx, "court is not the issuer's");
    }

    if (v[NGX_COURT_TF_AUTH_TIME].state == NGX_COURT_V_PRESENT
        && v[NGX_COURT_TF_AUTH_TIME].num > (int64_t) ctx->now + issuer->leeway)
    {
        return ngx_court_claims_invalid(ctx, "auth_time in the future");
    }

    if (issuer->token_max_age == 0) {
        return NGX_COURT_PASS;
    }

    if (v[NGX_COURT_TF_IAT].state != NGX_COURT_V_PRESENT
        || v[NGX_COURT_TF_EXP].num - v[NGX_COURT_TF_IAT].num
           > issuer->token_max_age)
    {
        return ngx_court_claims_invalid(ctx, "lives longer than "
                                        "token_max_age, or no iat");
    }

    return NGX_COURT_PASS;
}


/* 1-based place of acr in the issuer's ascending list; 0 is no level */

static void
ngx_court_claims_level(const ngx_court_issuer_t *issuer,
    const ngx_court_value_t *acr, ngx_court_value_t *level)
{
    ngx_str_t   *known;
    ngx_uint_t   i;

    level->type = NGX_COURT_T_INT;

    if (issuer->acr == NULL || acr->state != NGX_COURT_V_PRESENT) {
        return;
    }

    known = issuer->acr->elts;

    for (i = 0; i < issuer->acr->nelts; i++) {
        if (ngx_court_str_eq(&known[i], &acr->str)) {
            level->state = NGX_COURT_V_PRESENT;
            level->num = i + 1;
        }
    }
}


/* the issuer's own mapped claims, "name=value" in a list */

static ngx_court_result_t
ngx_court_claims_extra(ngx_court_token_ctx_t *ctx, ngx_court_token_t *token)
{
    u_char             *p;
    ngx_str_t           element[NGX_COURT_EXTRA_MAX];
    ngx_uint_t          i, n;
    ngx_court_value_t   v, list;
    ngx_court_claim_t  *claim;

    ngx_str_null(&token->extra);

    if (token->issuer->claims == NULL) {
        return NGX_COURT_PASS;
    }

    claim = token->issuer->claims->elts;
    n = 0;

    for (i = 0; i < token->issuer->claims->nelts; i++) {

        if (ngx_court_schema_find(&ngx_court_token_schema, &claim[i].name)
            != NGX_COURT_NO_FIELD || n == NGX_COURT_EXTRA_MAX)
        {
            continue;
        }

        if (ngx_court_claims_read(ctx->pool,
                ngx_court_json_pointer(ctx->payload, &claim[i].pointer),
                NGX_COURT_T_STRING, 0, &v)
            != NGX_OK)
        {
            return ngx_court_claims_invalid(ctx, "a mapped claim is of "
                                            "wrong type");
        }

        if (v.state == NGX_COURT_V_PRESENT) {
            ngx_court_claims_map(&claim[i], &v);
        }

        if (v.state != NGX_COURT_V_PRESENT) {
            continue;
        }

        p = ngx_pnalloc(ctx->pool, claim[i].name.len + 1 + v.str.len);
        if (p == NULL) {
            return ngx_court_claims_invalid(ctx, "no memory");
        }

        element[n].data = p;
        p = ngx_cpymem(p, claim[i].name.data, claim[i].name.len);
        *p++ = '=';
        p = ngx_cpymem(p, v.str.data, v.str.len);
        element[n].len = p - element[n].data;
        n++;
    }

    if (ngx_court_list_encode(ctx->pool, element, n, &list) != NGX_OK) {
        return ngx_court_claims_invalid(ctx, "mapped claims too long");
    }

    token->extra = list.str;

    return NGX_COURT_PASS;
}


ngx_court_result_t
ngx_court_token_claims(ngx_court_token_ctx_t *ctx, ngx_court_token_t *token)
{
    ngx_court_value_t   values[NGX_COURT_TF_COUNT];
    ngx_court_result_t  rc;

    if (!ngx_court_claims_audience(ngx_court_json_get(ctx->payload, "aud"),
                                   token->issuer))
    {
        return ngx_court_claims_invalid(ctx, "aud is not ours");
    }

    /* until sender binding exists, a bound token can't be checked */

    if (ngx_court_json_get(ctx->payload, "cnf")
        || token->issuer->binding != NGX_COURT_BINDING_NONE)
    {
        ctx->reason = ngx_court_reason(BINDING_INVALID);
        ctx->why = "cnf cannot be checked";
        return NGX_COURT_REFUSED;
    }

    rc = ngx_court_claims_fields(ctx, token->issuer, values);

    if (rc == NGX_COURT_PASS) {
        rc = ngx_court_claims_rules(ctx, token->issuer, values);
    }

    if (rc == NGX_COURT_PASS) {
        rc = ngx_court_claims_extra(ctx, token);
    }

    if (rc != NGX_COURT_PASS) {
        return rc;
    }

    ngx_court_claims_level(token->issuer, &values[NGX_COURT_TF_ACR],
                           &values[NGX_COURT_TF_ACR_LEVEL]);

    if (ctx->key && ctx->key->kid.len) {
        values[NGX_COURT_TF_KID].state = NGX_COURT_V_PRESENT;
        values[NGX_COURT_TF_KID].str = ctx->key->kid;
    }

    if (ngx_court_record_encode(ctx->pool, &ngx_court_token_schema, values,
                                &token->record)
        != NGX_OK)
    {
        return ngx_court_claims_invalid(ctx, "claims too long");
    }

    return NGX_COURT_PASS;
}
