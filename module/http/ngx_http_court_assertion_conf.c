/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The directives of the assertion: court_assertion_key, court_assertion_jwks.
 */

#include "ngx_http_court_conf.h"
#include "ngx_court_base64url.h"


#define NGX_HTTP_COURT_ASSERTION_TTL  60     /* seconds, and the most */


/* PEM, a JWK or a JWKS: one private key signs, all are published */

static ngx_court_jwks_t *
ngx_http_court_assertion_keys(ngx_conf_t *cf, ngx_str_t *text, ngx_str_t *err)
{
    ngx_court_jwks_t  *jwks;

    if (text->len < 10 || ngx_strncmp(text->data, "-----BEGIN", 10) != 0) {
        return ngx_court_jwks_parse(cf->pool, text, err);
    }

    jwks = ngx_pcalloc(cf->pool, sizeof(ngx_court_jwks_t));
    if (jwks == NULL) {
        return NULL;
    }

    jwks->keys = ngx_palloc(cf->pool, sizeof(ngx_court_key_t *));
    if (jwks->keys == NULL) {
        return NULL;
    }

    jwks->keys[0] = ngx_court_key_pem(cf->pool, text, err);
    jwks->nkeys = 1;

    return jwks->keys[0] ? jwks : NULL;
}


/* a key without kid is named by its thumbprint (RFC 7638) */

static ngx_int_t
ngx_http_court_assertion_name(ngx_conf_t *cf, ngx_court_key_t *key)
{
    u_char     sum[NGX_COURT_SHA256_LEN];
    ngx_str_t  raw;

    if (key->kid.len) {
        return NGX_OK;
    }

    if (ngx_court_jwk_thumbprint(cf->pool, key, sum) != NGX_OK) {
        return NGX_ERROR;
    }

    raw.data = sum;
    raw.len = sizeof(sum);
    key->kid.len = ngx_court_base64url_encoded_len(sizeof(sum));
    key->kid.data = ngx_pnalloc(cf->pool, key->kid.len);
    if (key->kid.data == NULL) {
        return NGX_ERROR;
    }

    ngx_court_base64url_encode(key->kid.data, &raw);

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_assertion_publish(ngx_conf_t *cf, ngx_court_jwks_t *jwks,
    ngx_http_court_assertion_conf_t *acf)
{
    u_char                 *p;
    size_t                  len;
    ngx_str_t              *text;
    ngx_uint_t              i;
    const ngx_court_alg_t  *alg;

    text = ngx_pcalloc(cf->pool, (jwks->nkeys + 1) * sizeof(ngx_str_t));
    if (text == NULL) {
        return NGX_ERROR;
    }

    len = sizeof("{\"keys\":[]}") + jwks->nkeys;

    for (i = 0; i < jwks->nkeys; i++) {

        /* a shared secret can't be published */

        if (jwks->keys[i]->kty == NGX_COURT_KTY_OCT) {
            return NGX_DECLINED;
        }

        alg = ngx_court_key_default_alg(jwks->keys[i]);

        if (ngx_http_court_assertion_name(cf, jwks->keys[i]) != NGX_OK
            || ngx_court_jwk_write(cf->pool, jwks->keys[i], alg, 0, &text[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        len += text[i].len;
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    acf->jwks.data = p;
    p = ngx_cpymem(p, "{\"keys\":[", 9);

    for (i = 0; i < jwks->nkeys; i++) {
        if (i) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, text[i].data, text[i].len);
    }

    p = ngx_cpymem(p, "]}", 2);
    acf->jwks.len = p - acf->jwks.data;

    return NGX_OK;
}


/* which key signs is moved to the front; NULL, or what is wrong */

static const char *
ngx_http_court_assertion_order(ngx_conf_t *cf, ngx_court_jwks_t *jwks)
{
    ngx_uint_t         i, writer;
    const char        *why;
    ngx_court_key_t   *key;
    ngx_court_turn_t  *turns;

    turns = ngx_palloc(cf->temp_pool, (jwks->nkeys + 1)
                                      * sizeof(ngx_court_turn_t));
    if (turns == NULL) {
        return "no memory";
    }

    for (i = 0; i < jwks->nkeys; i++) {
        turns[i] = jwks->keys[i]->turn;

        if (turns[i] == NGX_COURT_TURN_RETIRED) {
            return "a retired key must be taken out";
        }
    }

    why = ngx_court_turn_writer(turns, jwks->nkeys, &writer);
    if (why) {
        return why;
    }

    key = jwks->keys[writer];
    ngx_memmove(&jwks->keys[1], &jwks->keys[0],
                writer * sizeof(ngx_court_key_t *));
    jwks->keys[0] = key;

    return key->private_key ? NULL : "the key to sign with is public";
}


static char *
ngx_http_court_assertion_load(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_court_assertion_conf_t *acf)
{
    char              *rv;
    ngx_str_t          text, err;
    ngx_int_t          rc;
    const char        *why;
    ngx_court_jwks_t  *jwks;

    rv = ngx_http_court_file_read(cf, file, 1, &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_str_null(&err);
    jwks = ngx_http_court_assertion_keys(cf, &text, &err);
    ngx_court_wipe(text.data, text.len);

    why = jwks && jwks->nkeys ? ngx_http_court_assertion_order(cf, jwks)
                              : NULL;
    if (why) {
        err.data = (u_char *) why;
        err.len = ngx_strlen(why);
    }

    if (jwks == NULL || jwks->nkeys == 0 || why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "court_assertion_key \"%V\" has no usable private "
                           "key%s%V", file, err.len ? ": " : "", &err);
        return NGX_CONF_ERROR;
    }

    acf->key = jwks->keys[0];
    acf->alg = ngx_court_key_default_alg(acf->key);

    rc = ngx_http_court_assertion_publish(cf, jwks, acf);

    if (rc == NGX_OK && acf->alg) {
        return ngx_http_court_keys_jwks(cf, "assertion", NULL, file, jwks)
               == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "court_assertion_key \"%V\" "
                       "must hold asymmetric keys", file);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_court_assertion_option(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_court_assertion_conf_t *acf)
{
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "iss=", 4) == 0 && value->len > 4) {
        acf->iss.data = value->data + 4;
        acf->iss.len = value->len - 4;
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value->data, "ttl=", 4) == 0) {
        s.data = value->data + 4;
        s.len = value->len - 4;
        acf->ttl = ngx_parse_time(&s, 1);

        if (acf->ttl == (time_t) NGX_ERROR || acf->ttl < 2
            || acf->ttl > NGX_HTTP_COURT_ASSERTION_TTL)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\", "
                               "ttl must be between 2s and 60s", value);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "per=caller") == 0) {
        acf->per_request = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value->data, "per=request") == 0) {
        acf->per_request = 1;
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);
    return NGX_CONF_ERROR;
}


/* of two parameters of one name the last would win */

static ngx_uint_t
ngx_http_court_assertion_repeated(const ngx_str_t *value, ngx_uint_t i)
{
    size_t      len;
    ngx_uint_t  k;

    len = strcspn((const char *) value[i].data, "=");

    for (k = 2; k < i; k++) {
        if (ngx_strncmp(value[k].data, value[i].data, len + 1) == 0) {
            return 1;
        }
    }

    return 0;
}


char *
ngx_http_court_assertion_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t                        *value;
    ngx_uint_t                        i;
    ngx_http_court_assertion_conf_t  *acf;

    if (mcf->assertion) {
        return "is duplicate";
    }

    acf = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_assertion_conf_t));
    if (acf == NULL) {
        return NGX_CONF_ERROR;
    }

    acf->ttl = NGX_HTTP_COURT_ASSERTION_TTL;
    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_court_assertion_repeated(value, i)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_court_assertion_option(cf, &value[i], acf)
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (acf->iss.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "court_assertion_key must have \"iss\" parameter");
        return NGX_CONF_ERROR;
    }

    mcf->assertion = acf;
    ngx_http_court_where(cf, &mcf->build->assertion);

    return ngx_http_court_assertion_load(cf, &value[1], acf);
}


char *
ngx_http_court_assertion_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t  *lcf = conf;

    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_court_main_conf_t  *mcf;

    if (lcf->handler) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    /* the key may stand after it: ngx_http_court_main_jwks */

    ngx_http_court_where(cf, &mcf->build->assertion_jwks);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_court_assertion_jwks_handler;
    lcf->handler = 1;

    return NGX_CONF_OK;
}
