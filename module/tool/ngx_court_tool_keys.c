/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * keys new: a private JWKS, or a line of a ring; keys public: its public
 * part; keys join: several JWKS as one, the first key first; the others stand
 * in _keys_list and _keys_turn.
 */

#include "ngx_court_tool_keys.h"
#include "ngx_court_base64url.h"
#include "ngx_court_seal.h"
#include "ngx_court_time.h"


#define NGX_COURT_KEYS_FILES  16


int
ngx_court_keys_usage(void)
{
    fprintf(stderr,
            "usage: court-tool keys new ec|okp|rsa|sm2|oct [--crv C] "
            "[--bits N]\n"
            "           [--alg A] [--kid K] [--out FILE]   a private JWKS\n"
            "       court-tool keys new seal|audit [--alg A] [--kid K]\n"
            "           [--out FILE] [-o json]          a line of a ring\n"
            "       court-tool keys public --in FILE [--out FILE]\n"
            "       court-tool keys join [--out FILE] FILE...\n"
            "       court-tool keys list FILE... [-o json]\n"
            "       court-tool keys stage FILE [--kid K] [--alg A] [--in JWKS]"
            "\n           [-o json]     a new key, not yet written with\n"
            "       court-tool keys commit FILE [-o json]     it is from now "
            "on\n"
            "       court-tool keys retire FILE [--kid K] [--forget] [-o json]"
            "\n           an old one is taken out\n");

    return NGX_COURT_TOOL_USAGE;
}


/*
 * "ID ALG SECRET created=TIME\n": SM cryptography unless another is named.
 * secret: NGX_COURT_KEYS_SECRET bytes of base64url.
 */

ngx_int_t
ngx_court_keys_secret(u_char *text)
{
    u_char     raw[32];
    ngx_str_t  secret;

    if (ngx_court_random(raw, sizeof(raw)) != NGX_OK) {
        return NGX_ERROR;
    }

    secret.data = raw;
    secret.len = sizeof(raw);
    ngx_court_base64url_encode(text, &secret);
    ngx_court_wipe(raw, sizeof(raw));

    return NGX_OK;
}


static int
ngx_court_keys_ring(ngx_pool_t *pool, ngx_court_keys_opts_t *o,
    const char *alg)
{
    u_char       *p, secret[NGX_COURT_KEYS_SECRET], line[256];
    ngx_str_t     text, err;
    const char   *id;

    id = o->kid ? o->kid : "k1";
    alg = o->alg ? o->alg : alg;

    if (strlen(id) + strlen(alg) > 64
        || ngx_court_keys_secret(secret) != NGX_OK)
    {
        return ngx_court_keys_usage();
    }

    p = ngx_sprintf(line, "%s %s ", id, alg);
    p = ngx_cpymem(p, secret, sizeof(secret));
    p = ngx_cpymem(p, " created=", 9);
    p = ngx_court_time_format(p, (int64_t) time(NULL));
    *p++ = '\n';

    text.data = line;
    text.len = p - line;

    /* what the gateway would refuse is not handed out */

    if (ngx_court_ring_parse(pool, &text,
                             strcmp(o->kty, "seal") == 0
                             ? NGX_COURT_RING_SEAL : NGX_COURT_RING_MAC,
                             &err)
        == NULL)
    {
        fprintf(stderr, "court-tool: %.*s\n", (int) err.len, err.data);
        return NGX_COURT_TOOL_USAGE;
    }

    if (o->output) {
        printf("{\"schema\":1,\"line\":\"%.*s\"}\n", (int) text.len - 1,
               text.data);
        return NGX_COURT_TOOL_YES;
    }

    return ngx_court_tool_write(o->out, &text, 1) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
}


/*
 * A JWK's alg binds the key.  It is written where it was asked for, or where
 * the curve leaves no choice: an RSA key may serve RS256 and PS256, and SM2
 * has several names.
 */

const ngx_court_alg_t *
ngx_court_keys_alg(const ngx_court_key_t *key)
{
    if (key->alg || key->kty == NGX_COURT_KTY_EC
        || key->kty == NGX_COURT_KTY_OKP)
    {
        return ngx_court_key_default_alg(key);
    }

    return NULL;
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
                                ngx_court_keys_alg(keys[i]),
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

    return ngx_court_tool_write(out, &all, with_private) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
}


/* a fresh one says since when it is */

static ngx_int_t
ngx_court_keys_fresh(ngx_pool_t *pool, ngx_court_key_t *key, ngx_str_t *text)
{
    ngx_str_t  jwk;

    if (ngx_court_jwk_write(pool, key, ngx_court_keys_alg(key), 1, &jwk)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    text->data = ngx_pnalloc(pool, jwk.len + 64);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = ngx_sprintf(text->data, "{\"keys\":[%*s,\"iat\":%T}]}\n",
                            jwk.len - 1, jwk.data, time(NULL))
                - text->data;

    return NGX_OK;
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


/* --kid, else the thumbprint; a secret's would be a hash of it: random */

static ngx_int_t
ngx_court_keys_name(ngx_pool_t *pool, ngx_court_keys_opts_t *o,
    ngx_court_key_t *key)
{
    u_char      sum[NGX_COURT_SHA256_LEN];
    ngx_int_t   rc;
    ngx_str_t   raw;

    if (o->kid) {
        ngx_court_tool_str(&key->kid, o->kid);
        return key->kid.len && key->kid.len <= NGX_COURT_KID_MAX
               ? NGX_OK : NGX_DECLINED;
    }

    rc = key->kty == NGX_COURT_KTY_OCT
         ? ngx_court_random(sum, sizeof(sum))
         : ngx_court_jwk_thumbprint(pool, key, sum);

    raw.data = sum;
    raw.len = sizeof(sum);
    key->kid.data = ngx_pnalloc(pool, 64);

    if (rc != NGX_OK || key->kid.data == NULL) {
        return NGX_ERROR;
    }

    key->kid.len = ngx_court_base64url_encode(key->kid.data, &raw)
                   - key->kid.data;

    return NGX_OK;
}


static ngx_int_t
ngx_court_keys_bind(ngx_court_keys_opts_t *o, ngx_court_key_t *key)
{
    ngx_str_t               name;
    const ngx_court_alg_t  *alg;

    if (o->alg == NULL) {
        return NGX_OK;
    }

    ngx_court_tool_str(&name, o->alg);
    alg = ngx_court_alg_find(&name);

    if (alg == NULL || !ngx_court_alg_fits(alg, key)) {
        fprintf(stderr, "court-tool: --alg does not fit the key\n");
        return NGX_DECLINED;
    }

    key->alg = alg;

    return NGX_OK;
}


int
ngx_court_keys_generate(ngx_pool_t *pool, ngx_court_keys_opts_t *o,
    ngx_court_key_t **made)
{
    char             *end;
    ngx_str_t         err;
    const char       *kind;
    ngx_uint_t        bits;
    ngx_court_key_t  *key;

    kind = o->kty ? ngx_court_keys_kind(o) : NULL;

    if (kind == NULL) {
        return ngx_court_keys_usage();
    }

    end = NULL;
    bits = o->bits ? strtoul(o->bits, &end, 10)
                   : strcmp(kind, "RSA") == 0 ? 3072 : 256;

    if (end && *end) {
        return ngx_court_keys_usage();
    }

    ngx_str_null(&err);
    key = ngx_court_key_generate(pool, kind, bits, &err);

    if (key == NULL) {
        fprintf(stderr, "court-tool: %.*s\n", (int) err.len, err.data);
        return NGX_COURT_TOOL_USAGE;
    }

    if (ngx_court_keys_bind(o, key) != NGX_OK
        || ngx_court_keys_name(pool, o, key) != NGX_OK)
    {
        return ngx_court_keys_usage();
    }

    *made = key;

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_keys_new(ngx_pool_t *pool, ngx_court_keys_opts_t *o)
{
    int               rc;
    ngx_str_t         text;
    ngx_court_key_t  *key;

    if (o->kty && strcmp(o->kty, "seal") == 0) {
        return ngx_court_keys_ring(pool, o, "sm4-ctr-hmac-sm3");
    }

    if (o->kty && strcmp(o->kty, "audit") == 0) {
        return ngx_court_keys_ring(pool, o, "hmac-sm3");
    }

    rc = ngx_court_keys_generate(pool, o, &key);
    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    return ngx_court_keys_fresh(pool, key, &text) == NGX_OK
           && ngx_court_tool_write(o->out, &text, 1) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
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
        { "-o", &o.output, 0 },
        { "--forget", &o.forget, 1 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));

    if (argc < 1
        || ngx_court_tool_options(argc, argv, options, files,
                                  NGX_COURT_KEYS_FILES, &n) != NGX_OK
        || (o.output && strcmp(o.output, "json") != 0))
    {
        return ngx_court_keys_usage();
    }

    /* "keys new seal" is "keys new --kty seal" */

    if (strcmp(argv[0], "new") == 0 && n == 1 && o.kty == NULL) {
        o.kty = files[0];
        n = 0;
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

    } else if (strcmp(argv[0], "list") == 0 && n) {
        rc = ngx_court_keys_list(pool, files, n, o.output != NULL);

    } else if (n == 1) {
        rc = ngx_court_keys_turn(pool, argv[0], files[0], &o);

    } else {
        rc = ngx_court_keys_usage();
    }

    ngx_destroy_pool(pool);

    return rc;
}
