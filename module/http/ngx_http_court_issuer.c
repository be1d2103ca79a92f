/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_issuer NAME { }": who may sign tokens, with which keys, for which
 * roles and courts.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_CLAIMS_MAX  16


typedef struct {
    ngx_court_issuer_t         issuer;       /* first: slots write into it */

    ngx_str_t                  jwks_file;
    ngx_uint_t                 encoding;     /* sm2_encoding: 1 der */
    ngx_uint_t                 binding;
    ngx_uint_t                 demo_keys;
} ngx_http_court_issuer_conf_t;


static char *ngx_http_court_issuer_algorithms(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_court_issuer_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* binding by proof of possession: not before there is one */
static ngx_conf_enum_t  ngx_http_court_issuer_bindings[] = {
    { ngx_string("none"), NGX_COURT_BINDING_NONE },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_court_issuer_encodings[] = {
    { ngx_string("raw"), 0 },
    { ngx_string("der"), 1 },
    { ngx_null_string, 0 }
};


#define ngx_http_court_issuer_line(name, type, set, member, post)             \
    { ngx_string(name), type, set, 0,                                         \
      offsetof(ngx_http_court_issuer_conf_t, member), post }

static ngx_command_t  ngx_http_court_issuer_lines[] = {

    ngx_http_court_issuer_line("issuer", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, issuer.issuer, NULL),

    ngx_http_court_issuer_line("audience", NGX_CONF_1MORE,
        ngx_http_court_words_slot, issuer.audiences, NULL),

    ngx_http_court_issuer_line("roles", NGX_CONF_1MORE,
        ngx_http_court_words_slot, issuer.roles, NULL),

    ngx_http_court_issuer_line("courts", NGX_CONF_1MORE,
        ngx_http_court_words_slot, issuer.courts, NULL),

    ngx_http_court_issuer_line("algorithms", NGX_CONF_1MORE,
        ngx_http_court_issuer_algorithms, issuer.algorithms, NULL),

    ngx_http_court_issuer_line("jwks_file", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, jwks_file, NULL),

    ngx_http_court_issuer_line("typ", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, issuer.typ, NULL),

    ngx_http_court_issuer_line("leeway", NGX_CONF_TAKE1,
        ngx_conf_set_sec_slot, issuer.leeway, NULL),

    ngx_http_court_issuer_line("token_max_age", NGX_CONF_TAKE1,
        ngx_conf_set_sec_slot, issuer.token_max_age, NULL),

    ngx_http_court_issuer_line("claim", NGX_CONF_TAKE2|NGX_CONF_TAKE3,
        ngx_http_court_issuer_claim, issuer.claims, NULL),

    ngx_http_court_issuer_line("acr", NGX_CONF_1MORE,
        ngx_http_court_words_slot, issuer.acr, NULL),

    ngx_http_court_issuer_line("binding", NGX_CONF_TAKE1,
        ngx_http_court_enum_slot, binding, &ngx_http_court_issuer_bindings),

    ngx_http_court_issuer_line("sm2_id", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, issuer.sm2.id, NULL),

    ngx_http_court_issuer_line("sm2_encoding", NGX_CONF_TAKE1,
        ngx_http_court_enum_slot, encoding, &ngx_http_court_issuer_encodings),

      ngx_null_command
};


static char *
ngx_http_court_issuer_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_court_issuer_conf_t  *icf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i;
    const ngx_court_alg_t  *alg;

    if (icf->issuer.algorithms) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        alg = ngx_court_alg_find(&value[i]);

        if (alg == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (ngx_court_alg_in(alg, icf->issuer.algorithms)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate value \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        icf->issuer.algorithms |= (ngx_court_alg_set_t) 1 << alg->bit;
    }

    return NGX_CONF_OK;
}


/* {"format":1,"values":{"1":"lawyer"}}: what the issuer says, what we say */

static char *
ngx_http_court_issuer_map(ngx_conf_t *cf, ngx_str_t *file, ngx_array_t **map)
{
    char              *rv;
    void              *it;
    int64_t            format;
    ngx_str_t          text, err;
    ngx_keyval_t      *kv;
    ngx_court_json_t  *root, *values;

    rv = ngx_http_court_file_read(cf, file, 0, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_str_set(&err, "it must be {\"format\":1,\"values\":{...}}");

    root = ngx_court_json_parse(cf->pool, &text, &ngx_court_json_small, &err);
    values = root ? ngx_court_json_get(root, "values") : NULL;

    if (values == NULL || ngx_court_json_type(values) != NGX_COURT_JSON_OBJECT
        || ngx_court_json_size(root) != 2
        || ngx_court_json_int(ngx_court_json_get(root, "format"), &format)
           != NGX_OK
        || format != 1)
    {
        goto invalid;
    }

    *map = ngx_array_create(cf->pool, 8, sizeof(ngx_keyval_t));
    if (*map == NULL) {
        return NGX_CONF_ERROR;
    }

    for (it = ngx_court_json_first(values); it;
         it = ngx_court_json_next(values, it))
    {
        kv = ngx_array_push(*map);
        if (kv == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_court_json_key(it, &kv->key);

        if (ngx_court_json_string(ngx_court_json_value(it), &kv->value)
            != NGX_OK)
        {
            goto invalid;
        }
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\": %V", file, &err);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_court_issuer_claim(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_issuer_conf_t  *icf = conf;

    ngx_str_t          *value, file;
    const char         *why;
    ngx_uint_t          i;
    ngx_court_claim_t  *claim;

    value = cf->args->elts;

    if (icf->issuer.claims == NULL) {
        icf->issuer.claims = ngx_array_create(cf->pool, 4,
                                              sizeof(ngx_court_claim_t));
        if (icf->issuer.claims == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    claim = icf->issuer.claims->elts;

    for (i = 0; i < icf->issuer.claims->nelts; i++) {
        if (ngx_court_str_eq(&claim[i].name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate claim \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (i == NGX_HTTP_COURT_CLAIMS_MAX) {
        return "stands too often";
    }

    if (!ngx_http_court_name(&value[1], 1) || value[2].len == 0
        || !ngx_court_json_pointer_valid(&value[2]))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid claim \"%V\" \"%V\", "
                           "it must be a name and a JSON pointer", &value[1],
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    why = ngx_court_token_unmappable(&value[1], cf->args->nelts == 4);

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid claim \"%V\", %s",
                           &value[1], why);
        return NGX_CONF_ERROR;
    }

    claim = ngx_array_push(icf->issuer.claims);
    if (claim == NULL) {
        return NGX_CONF_ERROR;
    }

    claim->name = value[1];
    claim->pointer = value[2];
    claim->map = NULL;

    if (cf->args->nelts == 3) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[3].data, "map=", 4) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[3]);
        return NGX_CONF_ERROR;
    }

    file.data = value[3].data + 4;
    file.len = value[3].len - 4;

    return ngx_http_court_issuer_map(cf, &file, &claim->map);
}


/* warns of keys that can't be used; without any, callers are refused */

static char *
ngx_http_court_issuer_keys(ngx_conf_t *cf, ngx_http_court_issuer_conf_t *icf)
{
    char                         *rv;
    ngx_str_t                     text, err, *warning;
    ngx_uint_t                    i, usable, oct;
    ngx_court_jwks_t             *jwks;
    const ngx_court_alg_t *const *alg;

    rv = ngx_http_court_file_read(cf, &icf->jwks_file, 0, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_str_null(&err);
    jwks = ngx_court_jwks_parse(cf->pool, &text, &err);

    if (jwks == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "jwks_file \"%V\": %V",
                           &icf->jwks_file, &err);
        return NGX_CONF_ERROR;
    }

    icf->issuer.jwks = jwks;

    warning = jwks->warnings ? jwks->warnings->elts : NULL;

    for (i = 0; jwks->warnings && i < jwks->warnings->nelts; i++) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "jwks_file \"%V\": %V",
                           &icf->jwks_file, &warning[i]);
    }

    usable = 0;
    oct = 0;

    for (i = 0; i < jwks->nkeys; i++) {
        oct |= (jwks->keys[i]->kty == NGX_COURT_KTY_OCT);
        icf->demo_keys |= jwks->keys[i]->demo;

        for (alg = ngx_court_algs; (*alg)->name.len; alg++) {
            usable += ngx_court_alg_in(*alg, icf->issuer.algorithms)
                      && ngx_court_alg_fits(*alg, jwks->keys[i]);
        }
    }

    if (usable == 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "jwks_file \"%V\" has no key "
                           "for the algorithms of court_issuer \"%V\"",
                           &icf->jwks_file, &icf->issuer.name);
    }

    if (ngx_http_court_keys_jwks(cf, "issuer", &icf->issuer.name,
                                 &icf->jwks_file, jwks)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return oct ? ngx_http_court_file_private(cf, &icf->jwks_file)
               : NGX_CONF_OK;
}


static char *
ngx_http_court_issuer_finish(ngx_conf_t *cf, ngx_http_court_issuer_conf_t *icf)
{
    const char          *missing;
    ngx_court_issuer_t  *issuer;

    issuer = &icf->issuer;

    missing = issuer->issuer.len == 0 ? "issuer"
              : issuer->audiences == NULL ? "audience"
              : issuer->roles == NULL ? "roles"
              : issuer->algorithms == 0 ? "algorithms"
              : icf->jwks_file.len == 0 ? "jwks_file"
              : NULL;

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no \"%s\" is defined for "
                           "court_issuer \"%V\"", missing, &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->typ.data == NULL) {
        ngx_str_set(&issuer->typ, "at+jwt");
    }

    if (issuer->sm2.id.data == NULL) {
        issuer->sm2.id = ngx_court_sm2_default_id;
    }

    ngx_conf_init_value(issuer->leeway, 30);
    ngx_conf_init_value(issuer->token_max_age, 12 * 60 * 60);
    ngx_conf_init_uint_value(icf->encoding, 0);
    ngx_conf_init_uint_value(icf->binding, NGX_COURT_BINDING_NONE);

    if (issuer->leeway > 300) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"leeway\" of court_issuer "
                           "\"%V\" must not be above 300s", &issuer->name);
        return NGX_CONF_ERROR;
    }

    issuer->sm2.der = icf->encoding;
    issuer->binding = icf->binding;

    if (ngx_http_court_issuer_keys(cf, icf) != NGX_CONF_OK
        || ngx_court_issuer_seal(issuer) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_court_issuer_add(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_court_issuer_conf_t *icf)
{
    ngx_uint_t            i, *demo;
    ngx_court_issuer_t  **issuers, **issuer;

    issuers = mcf->issuers.elts;

    /* iss selects the issuer: two with one iss would be a matter of order */

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_court_str_eq(&issuers[i]->issuer, &icf->issuer.issuer)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_issuer \"%V\" and "
                               "\"%V\" have the same \"issuer\"",
                               &issuers[i]->name, &icf->issuer.name);
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_array_push(&mcf->issuers);
    demo = ngx_array_push(&mcf->build->issuer_demo);

    if (issuer == NULL || demo == NULL
        || ngx_http_court_push_where(cf, &mcf->build->issuer_where) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    *issuer = &icf->issuer;
    *demo = icf->demo_keys;

    return NGX_CONF_OK;
}


char *
ngx_http_court_issuer_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_court_issuer_t           **issuers;
    ngx_http_court_issuer_conf_t  *icf;

    value = cf->args->elts;
    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        if (ngx_court_str_eq(&issuers[i]->name, &value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate court_issuer \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    icf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_issuer_conf_t));
    if (icf == NULL) {
        return NGX_CONF_ERROR;
    }

    icf->issuer.name = value[1];
    icf->issuer.index = mcf->issuers.nelts;
    icf->issuer.leeway = NGX_CONF_UNSET;
    icf->issuer.token_max_age = NGX_CONF_UNSET;
    icf->encoding = NGX_CONF_UNSET_UINT;
    icf->binding = NGX_CONF_UNSET_UINT;

    if (ngx_http_court_block(cf, ngx_http_court_issuer_lines, icf)
        != NGX_CONF_OK
        || ngx_http_court_issuer_finish(cf, icf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_issuer_add(cf, mcf, icf);
}
