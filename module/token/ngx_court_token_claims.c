/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Claims (RFC 7519, RFC 9068): read by a table, each of one type; what is of
 * another is refused, never guessed.
 */

#include "ngx_court_token_claims.h"
#include "ngx_court_claim.h"


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


const char *
ngx_court_token_unmappable(const ngx_str_t *name, ngx_uint_t with_map)
{
    ngx_uint_t  i;

    static const ngx_str_t  age = ngx_string("auth_age");

    if (ngx_court_str_eq(name, &age)) {
        return "it is computed";
    }

    i = ngx_court_schema_find(&ngx_court_token_schema, name);

    if (i == NGX_COURT_NO_FIELD) {
        return NULL;
    }

    if (ngx_court_claim_pointers[i] == NULL || i == NGX_COURT_TF_EXP
        || i == NGX_COURT_TF_NBF || i == NGX_COURT_TF_IAT)
    {
        return "it is no claim of the issuer's to move";
    }

    return (with_map && ngx_court_token_schema.fields[i].type
                        != NGX_COURT_T_STRING)
           ? "it takes no map" : NULL;
}


static ngx_court_result_t
ngx_court_claims_invalid(ngx_court_token_ctx_t *ctx, const char *why)
{
    ctx->reason = ngx_court_reason(TOKEN_INVALID);
    ctx->why = why;

    return NGX_COURT_REFUSED;
}


static ngx_court_result_t
ngx_court_claims_fault(ngx_court_token_ctx_t *ctx)
{
    ctx->reason = ngx_court_reason(INTERNAL_ERROR);
    ctx->why = "no memory";

    return NGX_COURT_FAILED;
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


/*
 * The claim of a field, from where the issuer's mapping or the table says.
 * Lifetimes are the JWT's own: no mapping moves exp, nbf or iat.
 */

static ngx_int_t
ngx_court_claims_field(ngx_court_token_ctx_t *ctx, ngx_uint_t i,
    const ngx_court_claim_t *claim, ngx_court_value_t *v)
{
    ngx_int_t          rc;
    ngx_str_t          pointer;
    ngx_court_json_t  *node;

    if (claim == NULL || i == NGX_COURT_TF_EXP || i == NGX_COURT_TF_NBF
        || i == NGX_COURT_TF_IAT)
    {
        pointer.data = (u_char *) ngx_court_claim_pointers[i];
        pointer.len = ngx_strlen(pointer.data);

    } else {
        pointer = claim->pointer;
    }

    node = ngx_court_json_pointer(ctx->payload, &pointer);
    if (node == NULL) {
        return NGX_OK;
    }

    if (v->type == NGX_COURT_T_LIST) {
        rc = ngx_court_claim_list(ctx->pool, node, i == NGX_COURT_TF_SCOPE, v);

    } else if (v->type == NGX_COURT_T_TIME) {
        rc = ngx_court_claim_time(node, &v->num);

    } else if (i == NGX_COURT_TF_ROLE) {
        rc = ngx_court_claim_single(ctx->pool, node, claim != NULL, &v->str);

    } else {
        rc = claim ? ngx_court_claim_mapped(ctx->pool, node, &v->str)
                   : ngx_court_claim_string(node, &v->str);
    }

    v->state = NGX_COURT_V_PRESENT;

    if (rc == NGX_OK && claim && v->type == NGX_COURT_T_STRING) {
        ngx_court_claims_map(claim, v);
    }

    return rc;
}


static ngx_court_result_t
ngx_court_claims_fields(ngx_court_token_ctx_t *ctx,
    const ngx_court_issuer_t *issuer, ngx_court_value_t *values)
{
    ngx_int_t           rc;
    ngx_uint_t          i;
    ngx_court_field_t  *field;

    field = ngx_court_token_schema.fields;

    for (i = 0; i < NGX_COURT_TF_COUNT; i++) {

        ngx_memzero(&values[i], sizeof(ngx_court_value_t));
        values[i].type = field[i].type;

        if (ngx_court_claim_pointers[i] == NULL) {
            continue;
        }

        rc = ngx_court_claims_field(ctx, i,
                 ngx_court_claims_mapping(issuer, &field[i].name),
                 &values[i]);

        values[i].type = field[i].type;

        if (rc == NGX_ERROR) {
            return ngx_court_claims_fault(ctx);
        }

        if (rc != NGX_OK) {
            return ngx_court_claims_invalid(ctx, "a claim is of wrong type");
        }
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


/*
 * Members that only other kinds of tokens have: ID tokens (OpenID Connect Core
 * 3.1.3.6, 3.3.2.11), logout tokens and security events (RFC 8417).  For an
 * issuer whose typ is no more than "JWT" nothing else tells them apart.
 */

static const char *const  ngx_court_claims_foreign[] = {
    "at_hash", "c_hash", "s_hash", "events", NULL
};


static ngx_uint_t
ngx_court_claims_purpose(const ngx_court_json_t *payload)
{
    const char *const  *name;

    for (name = ngx_court_claims_foreign; *name; name++) {
        if (ngx_court_json_get(payload, *name)) {
            return 0;
        }
    }

    return 1;
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


/*
 * "name=value" of one mapped claim.  NGX_OK; NGX_DONE where there is none;
 * NGX_DECLINED where it is no single value: policies know these claims as
 * strings, and a list must not be taken for one.
 */

static ngx_int_t
ngx_court_claims_own(ngx_court_token_ctx_t *ctx,
    const ngx_court_claim_t *claim, ngx_str_t *element)
{
    u_char             *p;
    ngx_int_t           rc;
    ngx_court_json_t   *node;
    ngx_court_value_t   v;

    node = ngx_court_json_pointer(ctx->payload, &claim->pointer);
    if (node == NULL) {
        return NGX_DONE;
    }

    ngx_memzero(&v, sizeof(ngx_court_value_t));
    v.state = NGX_COURT_V_PRESENT;

    rc = ngx_court_claim_mapped(ctx->pool, node, &v.str);
    if (rc != NGX_OK) {
        return rc;
    }

    ngx_court_claims_map(claim, &v);

    if (v.state != NGX_COURT_V_PRESENT) {
        return NGX_DONE;
    }

    p = ngx_pnalloc(ctx->pool, claim->name.len + 1 + v.str.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    element->data = p;
    p = ngx_cpymem(p, claim->name.data, claim->name.len);
    *p++ = '=';
    p = ngx_cpymem(p, v.str.data, v.str.len);
    element->len = p - element->data;

    return NGX_OK;
}


/* the issuer's own mapped claims, those that are no fields */

static ngx_court_result_t
ngx_court_claims_extra(ngx_court_token_ctx_t *ctx, ngx_court_token_t *token)
{
    ngx_int_t           rc;
    ngx_str_t           element[NGX_COURT_EXTRA_MAX];
    ngx_uint_t          i, n;
    ngx_court_claim_t  *claim;
    ngx_court_value_t   list;

    ngx_str_null(&token->extra);

    if (token->issuer->claims == NULL) {
        return NGX_COURT_PASS;
    }

    claim = token->issuer->claims->elts;
    n = 0;

    for (i = 0; i < token->issuer->claims->nelts; i++) {

        if (ngx_court_schema_find(&ngx_court_token_schema, &claim[i].name)
            != NGX_COURT_NO_FIELD)
        {
            continue;
        }

        if (n == NGX_COURT_EXTRA_MAX) {
            return ngx_court_claims_invalid(ctx, "too many mapped claims");
        }

        rc = ngx_court_claims_own(ctx, &claim[i], &element[n]);

        if (rc == NGX_ERROR) {
            return ngx_court_claims_fault(ctx);
        }

        if (rc == NGX_DECLINED) {
            return ngx_court_claims_invalid(ctx, "a mapped claim is of "
                                            "wrong type");
        }

        n += (rc == NGX_OK);
    }

    if (ngx_court_list_encode(ctx->pool, element, n, &list) != NGX_OK) {
        return ngx_court_claims_fault(ctx);
    }

    token->extra = list.str;

    return NGX_COURT_PASS;
}


ngx_court_result_t
ngx_court_token_claims(ngx_court_token_ctx_t *ctx, ngx_court_token_t *token)
{
    ngx_int_t           encoded;
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

    if (!ngx_court_claims_purpose(ctx->payload)) {
        return ngx_court_claims_invalid(ctx, "made for something else");
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

    encoded = ngx_court_record_encode(ctx->pool, &ngx_court_token_schema,
                                      values, &token->record);

    if (encoded == NGX_DECLINED) {
        return ngx_court_claims_invalid(ctx, "claims too long");
    }

    return encoded == NGX_OK ? NGX_COURT_PASS : ngx_court_claims_fault(ctx);
}
