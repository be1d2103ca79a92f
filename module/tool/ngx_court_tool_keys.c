/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * keys new: a private JWKS, or a line of a ring; keys public: its public
 * part; keys join: several JWKS as one, the first key first.
 */

#include "ngx_court_tool.h"
#include "ngx_court_jose.h"
#include "ngx_court_base64url.h"


#define NGX_COURT_KEYS_FILES  16


typedef struct {
    const char                *kty;
    const char                *crv;
    const char                *bits;
    const char                *alg;
    const char                *kid;
    const char                *in;
    const char                *out;
} ngx_court_keys_opts_t;


static int
ngx_court_keys_usage(void)
{
    fprintf(stderr,
            "usage: court-tool keys new --kty ec|okp|rsa|sm2|oct [--crv C] "
            "[--bits N]\n"
            "           [--kid K] [--out FILE]          a private JWKS\n"
            "       court-tool keys new --kty seal|audit [--alg A] [--kid K]\n"
            "           [--out FILE]                    a line of a ring\n"
            "       court-tool keys public --in FILE [--out FILE]\n"
            "       court-tool keys join [--out FILE] FILE...\n");

    return NGX_COURT_TOOL_USAGE;
}


/* "ID ALG SECRET\n": SM cryptography unless another is named */

static int
ngx_court_keys_ring(ngx_pool_t *pool, ngx_court_keys_opts_t *o,
    const char *alg)
{
    u_char     *p, raw[32], line[256];
    ngx_str_t   secret, text;

    if (ngx_court_random(raw, sizeof(raw)) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    secret.data = raw;
    secret.len = sizeof(raw);

    p = ngx_snprintf(line, sizeof(line) - 64, "%s %s ",
                     o->kid ? o->kid : "k1", o->alg ? o->alg : alg);
    p = ngx_court_base64url_encode(p, &secret);
    *p++ = '\n';

    text.data = line;
    text.len = p - line;

    return ngx_court_tool_write(o->out, &text) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
}


static int
ngx_court_keys_set(ngx_pool_t *pool, ngx_court_key_t **keys, ngx_uint_t n,
    ngx_uint_t with_private, const char *out)
{
    u_char      *p;
    ngx_str_t    text, all;
    ngx_uint_t   i;

    all.data = ngx_pnalloc(pool, 16 + n * 8192);
    if (all.data == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p = ngx_cpymem(all.data, "{\"keys\":[", 9);

    for (i = 0; i < n; i++) {
        if (ngx_court_jwk_write(pool, keys[i],
                                ngx_court_key_default_alg(keys[i]),
                                with_private, &text)
            != NGX_OK
            || text.len > 8000)
        {
            return NGX_COURT_TOOL_UNREACHABLE;
        }

        if (i) {
            *p++ = ',';
        }

        p = ngx_cpymem(p, text.data, text.len);
    }

    p = ngx_cpymem(p, "]}\n", 3);
    all.len = p - all.data;

    return ngx_court_tool_write(out, &all) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
}


/* what --kty says in the words of ngx_court_key_generate */

static const char *
ngx_court_keys_kind(ngx_court_keys_opts_t *o)
{
    if (strcmp(o->kty, "rsa") == 0) {
        return "RSA";
    }

    if (strcmp(o->kty, "oct") == 0) {
        return "oct";
    }

    if (strcmp(o->kty, "sm2") == 0) {
        return "SM2";
    }

    if (strcmp(o->kty, "ec") == 0) {
        return o->crv ? o->crv : "P-256";
    }

    if (strcmp(o->kty, "okp") == 0) {
        return o->crv ? o->crv : "Ed25519";
    }

    return NULL;
}


static int
ngx_court_keys_new(ngx_pool_t *pool, ngx_court_keys_opts_t *o)
{
    ngx_str_t         err;
    const char       *kind;
    ngx_uint_t        bits;
    ngx_court_key_t  *key;

    if (o->kty && strcmp(o->kty, "seal") == 0) {
        return ngx_court_keys_ring(pool, o, "sm4-ctr-hmac-sm3");
    }

    if (o->kty && strcmp(o->kty, "audit") == 0) {
        return ngx_court_keys_ring(pool, o, "hmac-sm3");
    }

    kind = o->kty ? ngx_court_keys_kind(o) : NULL;

    if (kind == NULL) {
        return ngx_court_keys_usage();
    }

    bits = o->bits ? strtoul(o->bits, NULL, 10)
                   : strcmp(kind, "RSA") == 0 ? 3072 : 256;

    ngx_str_null(&err);
    key = ngx_court_key_generate(pool, kind, bits, &err);

    if (key == NULL) {
        fprintf(stderr, "court-tool: %.*s\n", (int) err.len, err.data);
        return NGX_COURT_TOOL_USAGE;
    }

    if (o->kid) {
        ngx_court_tool_str(&key->kid, o->kid);
    }

    return ngx_court_keys_set(pool, &key, 1, 1, o->out);
}


static int
ngx_court_keys_files(ngx_pool_t *pool, const char **files, ngx_uint_t n,
    ngx_uint_t with_private, const char *out)
{
    ngx_str_t          text, err;
    ngx_uint_t         i, k, total;
    ngx_court_key_t   *keys[NGX_COURT_JWKS_MAX];
    ngx_court_jwks_t  *jwks;

    total = 0;

    for (i = 0; i < n; i++) {
        if (ngx_court_tool_read(pool, files[i], &text) != NGX_OK) {
            return NGX_COURT_TOOL_UNREACHABLE;
        }

        jwks = ngx_court_jwks_parse(pool, &text, &err);

        if (jwks == NULL || jwks->nkeys == 0 || jwks->skipped
            || total + jwks->nkeys > NGX_COURT_JWKS_MAX)
        {
            fprintf(stderr, "court-tool: %s: no usable JWKS\n", files[i]);
            return NGX_COURT_TOOL_INVALID;
        }

        for (k = 0; k < jwks->nkeys; k++) {

            /* a shared secret has no public part */

            if (!with_private && jwks->keys[k]->kty == NGX_COURT_KTY_OCT) {
                continue;
            }

            keys[total++] = jwks->keys[k];
        }
    }

    return ngx_court_keys_set(pool, keys, total, with_private, out);
}


int
ngx_court_tool_keys(int argc, char **argv)
{
    int                     rc;
    const char             *files[NGX_COURT_KEYS_FILES];
    ngx_pool_t             *pool;
    ngx_uint_t              n;
    ngx_court_keys_opts_t   o;

    const ngx_court_tool_option_t  options[] = {
        { "--kty", &o.kty, 0 },
        { "--crv", &o.crv, 0 },
        { "--bits", &o.bits, 0 },
        { "--alg", &o.alg, 0 },
        { "--kid", &o.kid, 0 },
        { "--in", &o.in, 0 },
        { "--out", &o.out, 0 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));

    if (argc < 1
        || ngx_court_tool_options(argc, argv, options, files,
                                  NGX_COURT_KEYS_FILES, &n) != NGX_OK)
    {
        return ngx_court_keys_usage();
    }

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (strcmp(argv[0], "new") == 0 && n == 0) {
        rc = ngx_court_keys_new(pool, &o);

    } else if (strcmp(argv[0], "public") == 0 && o.in && n == 0) {
        rc = ngx_court_keys_files(pool, &o.in, 1, 0, o.out);

    } else if (strcmp(argv[0], "join") == 0 && n) {
        rc = ngx_court_keys_files(pool, files, n, 1, o.out);

    } else {
        rc = ngx_court_keys_usage();
    }

    ngx_destroy_pool(pool);

    return rc;
}
