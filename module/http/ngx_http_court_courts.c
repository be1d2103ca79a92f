/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The tree of courts: [{"code","parent","name","phone","features"}, ...].
 * Parents may stand behind their children.
 */

#include "ngx_http_court.h"


#define NGX_HTTP_COURT_COURTS_MAX    65536
#define NGX_HTTP_COURT_COURTS_DEPTH  8        /* the country has four levels */
#define NGX_HTTP_COURT_CODE_MAX      64
#define NGX_HTTP_COURT_FEATURES_MAX  64
#define NGX_HTTP_COURT_COURTS_BUCKET 512


typedef struct {
    ngx_conf_t                *cf;
    const ngx_str_t           *text;
    ngx_str_t                 *err;
    ngx_uint_t                 n;
    ngx_http_court_court_t    *court;
    ngx_http_court_courts_t   *courts;
} ngx_http_court_courts_ctx_t;


/* "/3/code: line 7: what"; always NGX_ERROR */

static ngx_int_t
ngx_http_court_courts_error(ngx_http_court_courts_ctx_t *ctx, ngx_uint_t i,
    const char *member, const char *what)
{
    u_char      buf[128];
    size_t      len;
    ngx_str_t   pointer;
    ngx_uint_t  line;

    pointer.data = buf;
    pointer.len = ngx_snprintf(buf, sizeof(buf), "/%ui%s%s", i,
                               *member ? "/" : "", member) - buf;

    line = ngx_court_json_line(ctx->text, &pointer);
    len = pointer.len + ngx_strlen(what) + NGX_INT_T_LEN
          + sizeof(": line : ");

    ctx->err->data = ngx_pnalloc(ctx->cf->pool, len);
    if (ctx->err->data == NULL) {
        ngx_str_set(ctx->err, "no memory");
        return NGX_ERROR;
    }

    ctx->err->len = ngx_snprintf(ctx->err->data, len, "%V: line %ui: %s",
                                 &pointer, line, what)
                    - ctx->err->data;

    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_court_courts_code(const ngx_str_t *code)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < code->len; i++) {
        c = code->data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')
            && !(c >= 'A' && c <= 'Z') && c != '.' && c != '_' && c != '-'
            && c != '~')
        {
            return 0;
        }
    }

    return code->len > 0 && code->len <= NGX_HTTP_COURT_CODE_MAX;
}


static ngx_int_t
ngx_http_court_courts_features(ngx_http_court_courts_ctx_t *ctx, ngx_uint_t i,
    const ngx_court_json_t *node, ngx_court_value_t *list)
{
    ngx_str_t   features[NGX_HTTP_COURT_FEATURES_MAX];
    ngx_uint_t  k, n;

    n = ngx_court_json_size(node);

    if (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY
        || n > NGX_HTTP_COURT_FEATURES_MAX)
    {
        return ngx_http_court_courts_error(ctx, i, "features",
                                           "must be a list of strings");
    }

    for (k = 0; k < n; k++) {
        if (ngx_court_json_string(ngx_court_json_at(node, k), &features[k])
            != NGX_OK)
        {
            return ngx_http_court_courts_error(ctx, i, "features",
                                               "must be a list of strings");
        }
    }

    if (ngx_court_list_encode(ctx->cf->pool, features, n, list) != NGX_OK) {
        return ngx_http_court_courts_error(ctx, i, "features", "is too long");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_courts_one(ngx_http_court_courts_ctx_t *ctx, ngx_uint_t i,
    const ngx_court_json_t *node)
{
    void                    *it;
    ngx_str_t                name;
    ngx_uint_t               k;
    ngx_court_json_t        *value;
    ngx_http_court_court_t  *court;

    static const struct {
        ngx_str_t            name;
        size_t               offset;
    } members[] = {
        { ngx_string("code"), offsetof(ngx_http_court_court_t, code) },
        { ngx_string("parent"), offsetof(ngx_http_court_court_t, parent) },
        { ngx_string("name"), offsetof(ngx_http_court_court_t, name) },
        { ngx_string("phone"), offsetof(ngx_http_court_court_t, phone) },
        { ngx_null_string, 0 }
    };

    court = &ctx->court[i];

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT) {
        return ngx_http_court_courts_error(ctx, i, "", "must be an object");
    }

    if (ngx_court_list_encode(ctx->cf->pool, NULL, 0, &court->features)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);
        value = ngx_court_json_value(it);

        if (name.len == 8 && ngx_strncmp(name.data, "features", 8) == 0) {
            if (ngx_http_court_courts_features(ctx, i, value,
                                               &court->features)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            continue;
        }

        for (k = 0; members[k].name.len; k++) {
            if (ngx_court_str_eq(&members[k].name, &name)) {
                break;
            }
        }

        if (members[k].name.len == 0) {
            return ngx_http_court_courts_error(ctx, i, "",
                                               "unknown member");
        }

        if (ngx_court_json_string(value, (ngx_str_t *) ((u_char *) court
                                                   + members[k].offset))
            != NGX_OK)
        {
            return ngx_http_court_courts_error(ctx, i,
                                     (const char *) members[k].name.data,
                                     "must be a string");
        }
    }

    if (!ngx_http_court_courts_code(&court->code)) {
        return ngx_http_court_courts_error(ctx, i, "", "\"code\" is missing "
                                           "or has other characters than "
                                           "A-Z a-z 0-9 . _ ~ -");
    }

    return NGX_OK;
}


/* nginx's hash knows lower case only: the code is compared again */

const ngx_http_court_court_t *
ngx_http_court_court_find(const ngx_http_court_courts_t *courts,
    const ngx_str_t *code)
{
    u_char                         low[NGX_HTTP_COURT_CODE_MAX];
    ngx_uint_t                     key;
    const ngx_http_court_court_t  *court;

    if (courts == NULL || code->len == 0 || code->len > sizeof(low)) {
        return NULL;
    }

    key = ngx_hash_strlow(low, code->data, code->len);
    court = ngx_hash_find((ngx_hash_t *) &courts->hash, key, low, code->len);

    return (court && ngx_court_str_eq(&court->code, code)) ? court : NULL;
}


static ngx_int_t
ngx_http_court_courts_hash(ngx_http_court_courts_ctx_t *ctx)
{
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_hash_init_t   hash;
    ngx_hash_key_t   *keys;

    keys = ngx_alloc(ctx->n * sizeof(ngx_hash_key_t), ctx->cf->log);
    if (keys == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->n; i++) {
        keys[i].key = ctx->court[i].code;
        keys[i].key_hash = ngx_hash_key_lc(ctx->court[i].code.data,
                                           ctx->court[i].code.len);
        keys[i].value = &ctx->court[i];
    }

    hash.hash = &ctx->courts->hash;
    hash.key = ngx_hash_key_lc;
    hash.max_size = ngx_max(1024, ctx->n);
    hash.bucket_size = NGX_HTTP_COURT_COURTS_BUCKET;
    hash.name = "court_courts_hash";
    hash.pool = ctx->cf->pool;
    hash.temp_pool = NULL;

    rc = ngx_hash_init(&hash, keys, ctx->n);
    ngx_free(keys);

    return rc;
}


/* a court whose code is another one's, but for case, finds that other one */

static ngx_int_t
ngx_http_court_courts_tree(ngx_http_court_courts_ctx_t *ctx, ngx_uint_t i)
{
    ngx_str_t                      codes[NGX_HTTP_COURT_COURTS_DEPTH];
    ngx_uint_t                     n;
    const ngx_http_court_court_t  *up;

    if (ngx_http_court_court_find(ctx->courts, &ctx->court[i].code)
        != &ctx->court[i])
    {
        return ngx_http_court_courts_error(ctx, i, "code", "is duplicate");
    }

    up = &ctx->court[i];

    for (n = 0; up; n++) {

        if (n == NGX_HTTP_COURT_COURTS_DEPTH) {
            return ngx_http_court_courts_error(ctx, i, "parent",
                                               "leads in a circle");
        }

        codes[n] = up->code;

        if (up->parent.len == 0) {
            n++;
            break;
        }

        up = ngx_http_court_court_find(ctx->courts, &up->parent);

        if (up == NULL) {
            return ngx_http_court_courts_error(ctx, i, "parent",
                                               "is no court of this file");
        }
    }

    return ngx_court_list_encode(ctx->cf->pool, codes, n,
                                 &ctx->court[i].ancestors);
}


ngx_http_court_courts_t *
ngx_http_court_courts_parse(ngx_conf_t *cf, const ngx_str_t *text,
    ngx_str_t *err)
{
    ngx_uint_t                    i;
    ngx_court_json_t             *root;
    ngx_http_court_courts_ctx_t   ctx;

    root = ngx_court_json_parse(cf->pool, text, &ngx_court_json_large, err);
    if (root == NULL) {
        return NULL;
    }

    ctx.cf = cf;
    ctx.text = text;
    ctx.err = err;
    ctx.n = ngx_court_json_size(root);

    if (ngx_court_json_type(root) != NGX_COURT_JSON_ARRAY || ctx.n == 0
        || ctx.n > NGX_HTTP_COURT_COURTS_MAX)
    {
        ngx_str_set(err, "line 1: must be a list of courts");
        return NULL;
    }

    ctx.courts = ngx_pcalloc(cf->pool, sizeof(ngx_http_court_courts_t));
    ctx.court = ngx_pcalloc(cf->pool,
                            ctx.n * sizeof(ngx_http_court_court_t));

    if (ctx.courts == NULL || ctx.court == NULL) {
        return NULL;
    }

    ctx.courts->n = ctx.n;
    ctx.courts->list = ctx.court;

    for (i = 0; i < ctx.n; i++) {
        if (ngx_http_court_courts_one(&ctx, i, ngx_court_json_at(root, i))
            != NGX_OK)
        {
            return NULL;
        }
    }

    if (ngx_http_court_courts_hash(&ctx) != NGX_OK) {
        ngx_str_set(err, "could not be hashed");
        return NULL;
    }

    for (i = 0; i < ctx.n; i++) {
        if (ngx_http_court_courts_tree(&ctx, i) != NGX_OK) {
            return NULL;
        }
    }

    return ctx.courts;
}
