/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * mint KEYS ALG ROLE SUB FROM COUNT: tokens for a benchmark, one a line, each
 * with its own jti.  SUB may hold one "%", which becomes FROM, FROM + 1 ...:
 * as many persons.  Made beforehand, since signing costs more than all that
 * is measured.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ngx_court_rt.h"
#include "ngx_court_jose.h"


#define MINT_LIFE   3600                   /* seconds */
#define MINT_COUNT  1000000
#define MINT_KEYS   65536                  /* bytes of the JWKS */


typedef struct {
    const ngx_court_alg_t     *alg;
    const ngx_court_key_t     *key;
    ngx_str_t                  header;
    const char                *role;
    const char                *sub;
    const char                *mark;       /* "%" in sub, or NULL */
    time_t                     now;
} mint_t;


static ngx_court_jwks_t *
mint_keys(ngx_pool_t *pool, const char *path)
{
    FILE       *f;
    ngx_str_t   text;

    f = fopen(path, "r");
    text.data = ngx_pnalloc(pool, MINT_KEYS);

    if (f == NULL || text.data == NULL) {
        return NULL;
    }

    text.len = fread(text.data, 1, MINT_KEYS, f);
    fclose(f);

    return ngx_court_jwks_parse(pool, &text, NULL);
}


static ngx_int_t
mint_init(ngx_pool_t *pool, mint_t *m, const char *path, const char *alg)
{
    u_char            *p;
    ngx_str_t          name;
    ngx_uint_t         i;
    ngx_court_jwks_t  *jwks;

    name.data = (u_char *) alg;
    name.len = strlen(alg);

    m->alg = ngx_court_alg_find(&name);
    jwks = mint_keys(pool, path);

    if (m->alg == NULL || jwks == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < jwks->nkeys; i++) {
        if (jwks->keys[i]->private_key
            && ngx_court_alg_fits(m->alg, jwks->keys[i]))
        {
            m->key = jwks->keys[i];
            break;
        }
    }

    if (m->key == NULL) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(pool, 128 + m->key->kid.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    m->header.data = p;
    p = ngx_sprintf(p, "{\"alg\":\"%V\",\"typ\":\"at+jwt\",\"kid\":\"%V\"}",
                    &m->alg->name, &m->key->kid);
    m->header.len = p - m->header.data;

    return NGX_OK;
}


static ngx_int_t
mint_one(mint_t *m, unsigned long n)
{
    char         sub[128], text[1024];
    ngx_int_t    rc;
    ngx_str_t    payload, token;
    ngx_pool_t  *pool;

    snprintf(sub, sizeof(sub), "%s", m->sub);

    if (m->mark) {
        snprintf(sub, sizeof(sub), "%.*s%lu%s", (int) (m->mark - m->sub),
                 m->sub, n, m->mark + 1);
    }

    payload.data = (u_char *) text;
    payload.len = snprintf(text, sizeof(text),
        "{\"iss\":\"https://platform.bench.example\",\"aud\":\"court-api\","
        "\"sub\":\"%s\",\"role\":\"%s\",\"iat\":%ld,\"exp\":%ld,"
        "\"auth_time\":%ld,\"jti\":\"%s-%s-%016lx\",\"acr\":\"face\","
        "\"amr\":[\"face\"]%s}", sub, m->role, (long) m->now,
        (long) m->now + MINT_LIFE, (long) m->now,
        (char *) m->alg->name.data, m->role, n,
        strcmp(m->role, "assistant") ? "" : ",\"principal\":\"lawyer-1\"");

    if (payload.len >= sizeof(text)) {
        return NGX_ERROR;
    }

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_jws_sign(pool, m->alg, m->key, &m->header, &payload,
                            &token);
    if (rc == NGX_OK) {
        printf("%.*s\n", (int) token.len, token.data);
    }

    ngx_destroy_pool(pool);

    return rc;
}


int
main(int argc, char **argv)
{
    mint_t          m;
    ngx_pool_t     *pool;
    unsigned long   i, from, count;

    if (argc != 7) {
        fprintf(stderr, "usage: mint KEYS ALG ROLE SUB FROM COUNT\n");
        return 2;
    }

    memset(&m, 0, sizeof(m));
    m.role = argv[3];
    m.sub = argv[4];
    m.mark = strchr(m.sub, '%');
    m.now = time(NULL);
    from = strtoul(argv[5], NULL, 10);
    count = strtoul(argv[6], NULL, 10);

    if (ngx_court_crypto_init(ngx_court_rt_log(NGX_LOG_ERR)) != NGX_OK) {
        return 4;
    }

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));

    if (pool == NULL || count > MINT_COUNT
        || mint_init(pool, &m, argv[1], argv[2]) != NGX_OK)
    {
        fprintf(stderr, "mint: no private key for %s in %s\n", argv[2],
                argv[1]);
        return 4;
    }

    for (i = from; i < from + count; i++) {
        if (mint_one(&m, i) != NGX_OK) {
            fprintf(stderr, "mint: cannot sign\n");
            return 4;
        }
    }

    ngx_destroy_pool(pool);

    return fflush(stdout) == 0 ? 0 : 4;
}
