/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * token mint --demo ROLE: a token of a running demo, signed with the keys
 * that it made at its start.  Not for anything else: there is no option for
 * another key.
 */

#include "ngx_court_tool.h"
#include "ngx_court_tool_jwt.h"
#include "ngx_court_token.h"
#include "ngx_court_base64url.h"

#include <unistd.h>


#define NGX_COURT_MINT_LIFE  3600
#define NGX_COURT_MINT_MAX   (10 * 365 * 86400)


typedef struct {
    const char                *demo;
    const char                *sub;
    const char                *claims;
    const char                *kid;
    const char                *alg;
    const char                *exp;
    const char                *dir;
    const char                *output;
    int64_t                    life;       /* seconds from now, exp's number */
} ngx_court_mint_opts_t;


static const ngx_court_mint_role_t  ngx_court_mint_roles[] = {
    { "lawyer",     "platform", "lawyer-1" },
    { "gov_lawyer", "platform", "gov-1" },
    { "assistant",  "platform", "assistant-1" },
    { "party",      "platform", "party-1" },
    { "agent",      "platform", "agent-1" },
    { "applicant",  "platform", "applicant-1" },
    { "officer",    "staff",    "officer-1" },
    { "scanner",    "staff",    "scanner-1" },
    { "judge",      "staff",    "judge-1" },
    { "operator",   "staff",    "operator-1" },
    { "secadmin",   "staff",    "secadmin-1" },
    { "auditor",    "staff",    "auditor-1" },
    { NULL, NULL, NULL }
};


const ngx_court_mint_role_t *
ngx_court_mint_role(const char *name)
{
    const ngx_court_mint_role_t  *role;

    for (role = ngx_court_mint_roles; role->role; role++) {
        if (strcmp(role->role, name) == 0) {
            return role;
        }
    }

    fprintf(stderr, "court-tool: no demo role \"%s\"\n", name);

    return NULL;
}


/*
 * Where the demo is: --demo-dir, $COURT_DEMO_DIR, else demo/ beside this very
 * program, which stands in build/.
 */

void
ngx_court_mint_dir(const char *dir, char *path, size_t size)
{
    char     *slash;
    ssize_t   n;

    dir = dir ? dir : getenv("COURT_DEMO_DIR");

    if (dir) {
        snprintf(path, size, "%s", dir);
        return;
    }

    n = readlink("/proc/self/exe", path, size - 1);
    path[n > 0 ? n : 0] = '\0';
    slash = strrchr(path, '/');

    if (slash && (size_t) (slash - path) + sizeof("/demo") <= size) {
        memcpy(slash, "/demo", sizeof("/demo"));
    }
}


/* the demo's private keys of that issuer */

ngx_court_jwks_t *
ngx_court_mint_keys(ngx_pool_t *pool, const char *demo, const char *issuer)
{
    char               dir[4096], path[4200];
    ngx_str_t          text;
    ngx_court_jwks_t  *jwks;

    ngx_court_mint_dir(demo, dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/keys/%s.jwk", dir, issuer);

    if (ngx_court_tool_read(pool, path, &text) != NGX_OK) {
        fprintf(stderr, "court-tool: no demo runs here; "
                "\"courtctl demo start\" makes one\n");
        return NULL;
    }

    jwks = ngx_court_jwks_parse(pool, &text, NULL);

    ngx_court_wipe(text.data, text.len);

    if (jwks == NULL || jwks->nkeys == 0) {
        fprintf(stderr, "court-tool: %s: no usable key\n", path);
        return NULL;
    }

    return jwks;
}


/* the key named by --kid where it fits, else the first that does */

static const ngx_court_key_t *
ngx_court_mint_key(const ngx_court_jwks_t *jwks, const ngx_court_alg_t *alg,
    const ngx_str_t *kid)
{
    ngx_uint_t              i;
    const ngx_court_key_t  *key, *first;

    first = NULL;

    for (i = 0; i < jwks->nkeys; i++) {
        key = jwks->keys[i];

        if (!key->private_key && key->kty != NGX_COURT_KTY_OCT) {
            continue;
        }

        if (alg && !ngx_court_alg_fits(alg, key)) {
            continue;
        }

        if (kid->len && ngx_court_str_eq(&key->kid, kid)) {
            return key;
        }

        first = first ? first : key;
    }

    return first;
}


/* default claims, as one JSON object */

static ngx_int_t
ngx_court_mint_defaults(const ngx_court_mint_role_t *role,
    ngx_court_mint_opts_t *o, ngx_str_t *text)
{
    u_char     *p, jti[16], hex[33];
    int64_t     now, life;
    ngx_str_t   sub;

    now = (int64_t) time(NULL);
    life = o->life;

    if (ngx_court_random(jti, sizeof(jti)) != NGX_OK) {
        return NGX_ERROR;
    }

    *ngx_hex_dump(hex, jti, sizeof(jti)) = '\0';

    ngx_court_tool_str(&sub, o->sub ? o->sub : role->sub);

    p = text->data;
    p = ngx_sprintf(p, "{\"iss\":\"https://demo-%s.court.example\","
                    "\"aud\":\"court-api\",\"sub\":\"", role->issuer);
    p = ngx_court_json_escape(p, &sub);
    p = ngx_sprintf(p, "\",\"role\":\"%s\",\"iat\":%L,\"exp\":%L,"
                    "\"auth_time\":%L,\"jti\":\"%s\",\"acr\":\"face\","
                    "\"amr\":[\"face\"]", role->role,
                    life < 0 ? now + life - 60 : now, now + life, now, hex);

    if (strcmp(role->role, "assistant") == 0) {
        p = ngx_sprintf(p, ",\"principal\":\"lawyer-1\"");
    }

    if (strcmp(role->issuer, "staff") == 0) {
        p = ngx_sprintf(p, ",\"court\":\"B00\"");
    }

    *p++ = '}';
    text->len = p - text->data;

    return NGX_OK;
}


static u_char *
ngx_court_mint_member(ngx_pool_t *pool, u_char *p, const ngx_str_t *name,
    const ngx_court_json_t *value)
{
    ngx_str_t  text;

    if (ngx_court_json_type(value) == NGX_COURT_JSON_NULL
        || ngx_court_json_dump(pool, value, &text) != NGX_OK)
    {
        return p;
    }

    *p++ = '"';
    p = ngx_court_json_escape(p, name);
    p = ngx_cpymem(p, "\":", 2);
    p = ngx_cpymem(p, text.data, text.len);
    *p++ = ',';

    return p;
}


/* --claims overrides members; null takes one out */

ngx_int_t
ngx_court_mint_merge(ngx_pool_t *pool, const ngx_str_t *defaults,
    const char *claims, ngx_str_t *payload)
{
    void              *it;
    u_char            *p;
    ngx_str_t          text, err, name;
    ngx_court_json_t  *base, *over;

    ngx_court_tool_str(&text, claims ? claims : "{}");

    base = ngx_court_json_parse(pool, defaults, &ngx_court_json_small, NULL);
    over = ngx_court_json_parse(pool, &text, &ngx_court_json_small, &err);

    if (ngx_court_json_type(over) != NGX_COURT_JSON_OBJECT || base == NULL) {
        fprintf(stderr, "court-tool: --claims is no JSON object\n");
        return NGX_ERROR;
    }

    p = ngx_pnalloc(pool, (defaults->len + text.len) * 6 + 64);
    if (p == NULL) {
        return NGX_ERROR;
    }

    payload->data = p;
    *p++ = '{';

    for (it = ngx_court_json_first(base); it;
         it = ngx_court_json_next(base, it))
    {
        ngx_court_json_key(it, &name);

        if (ngx_court_json_get_str(over, &name) == NULL) {
            p = ngx_court_mint_member(pool, p, &name,
                                      ngx_court_json_value(it));
        }
    }

    for (it = ngx_court_json_first(over); it;
         it = ngx_court_json_next(over, it))
    {
        ngx_court_json_key(it, &name);
        p = ngx_court_mint_member(pool, p, &name, ngx_court_json_value(it));
    }

    p -= (p[-1] == ',');
    *p++ = '}';
    payload->len = p - payload->data;

    return NGX_OK;
}


static int
ngx_court_mint_sign(ngx_pool_t *pool, const ngx_court_jwks_t *jwks,
    ngx_court_mint_opts_t *o, const ngx_str_t *payload)
{
    u_char                *p;
    ngx_str_t              name, kid, header, token;
    const ngx_court_alg_t *alg;
    const ngx_court_key_t *key;

    alg = NULL;

    if (o->alg) {
        ngx_court_tool_str(&name, o->alg);
        alg = ngx_court_alg_find(&name);
    }

    ngx_court_tool_str(&kid, o->kid);
    key = (o->alg && alg == NULL) ? NULL
          : ngx_court_mint_key(jwks, alg, &kid);

    if (key == NULL) {
        fprintf(stderr, "court-tool: no demo key for this algorithm\n");
        return NGX_COURT_TOOL_USAGE;
    }

    alg = alg ? alg : ngx_court_key_default_alg(key);
    kid = o->kid ? kid : key->kid;

    header.data = ngx_pnalloc(pool, 96 + kid.len * 6);
    if (header.data == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p = ngx_sprintf(header.data, "{\"alg\":\"%V\",\"typ\":\"at+jwt\","
                    "\"kid\":\"", &alg->name);
    p = ngx_court_json_escape(p, &kid);
    p = ngx_cpymem(p, "\"}", 2);
    header.len = p - header.data;

    if (ngx_court_jws_sign(pool, alg, key, &header, payload, &token)
        != NGX_OK)
    {
        fprintf(stderr, "court-tool: cannot sign\n");
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    printf(o->output ? "{\"schema\":1,\"token\":\"%.*s\"}\n" : "%.*s\n",
           (int) token.len, token.data);

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_mint_run(ngx_pool_t *pool, ngx_court_mint_opts_t *o)
{
    ngx_str_t                     defaults, payload;
    ngx_court_jwks_t             *jwks;
    const ngx_court_mint_role_t  *role;

    role = ngx_court_mint_role(o->demo);
    if (role == NULL) {
        return NGX_COURT_TOOL_USAGE;
    }

    jwks = ngx_court_mint_keys(pool, o->dir, role->issuer);
    if (jwks == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    defaults.data = ngx_pnalloc(pool, 1024 + (o->sub ? strlen(o->sub) * 6
                                                     : 0));
    if (defaults.data == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (ngx_court_mint_defaults(role, o, &defaults) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (ngx_court_mint_merge(pool, &defaults, o->claims, &payload) != NGX_OK) {
        return NGX_COURT_TOOL_USAGE;
    }

    return ngx_court_mint_sign(pool, jwks, o, &payload);
}


/* --exp +S or -S: seconds from now, ten years at most */

ngx_int_t
ngx_court_mint_life(const char *exp, int64_t *life)
{
    char  *end;

    if (exp == NULL) {
        return NGX_OK;
    }

    errno = 0;
    *life = strtoll(exp, &end, 10);

    return errno == 0 && end != exp && *end == '\0'
           && *life < NGX_COURT_MINT_MAX && *life > -NGX_COURT_MINT_MAX
           ? NGX_OK : NGX_ERROR;
}


int
ngx_court_tool_mint(int argc, char **argv)
{
    int                    rc;
    ngx_pool_t            *pool;
    ngx_uint_t             n;
    ngx_court_mint_opts_t  o;

    const ngx_court_tool_option_t  options[] = {
        { "--demo", &o.demo, 0 },
        { "--sub", &o.sub, 0 },
        { "--claims", &o.claims, 0 },
        { "--kid", &o.kid, 0 },
        { "--alg", &o.alg, 0 },
        { "--exp", &o.exp, 0 },
        { "--demo-dir", &o.dir, 0 },
        { "-o", &o.output, 0 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));
    o.life = NGX_COURT_MINT_LIFE;

    if (ngx_court_tool_options(argc, argv, options, NULL, 0, &n) != NGX_OK
        || o.demo == NULL || ngx_court_mint_life(o.exp, &o.life) != NGX_OK
        || (o.output && strcmp(o.output, "json") != 0))
    {
        fprintf(stderr, "usage: court-tool token mint --demo ROLE [--sub S] "
                "[--claims JSON] [--kid K]\n           [--alg A] "
                "[--exp +S|-S] [--demo-dir DIR] [-o json]\n");
        return NGX_COURT_TOOL_USAGE;
    }

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_mint_run(pool, &o);

    ngx_destroy_pool(pool);

    return rc;
}
