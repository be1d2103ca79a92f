/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * assertion verify: what a court service must check of a Court-Assertion, so
 * that a developer can compare.  0 and the payload, or 1 and why not.
 * assertion mint: one of a running demo's gateway, right or wrong in one
 * respect.  There is no option for another key.
 */

#include "ngx_court_tool.h"
#include "ngx_court_tool_jwt.h"
#include "ngx_court_claim.h"


#define NGX_COURT_ASSERTION_TYP      "court-assertion+jwt"
#define NGX_COURT_ASSERTION_LIFE     60      /* s, the longest there is */
#define NGX_COURT_ASSERTION_LEEWAY   300     /* s, the most to be asked for */


typedef struct {
    const char                *jwks;
    const char                *aud;
    const char                *iss;
    const char                *interface;
    const char                *leeway;
    const char                *now;
    const char                *output;
    int64_t                    time;
    int64_t                    slack;
} ngx_court_assertion_verify_t;

typedef struct {
    const char                *demo;
    const char                *court;
    const char                *sub;
    const char                *interface;
    const char                *claims;
    const char                *typ;
    const char                *exp;
    const char                *dir;
    int64_t                    life;
} ngx_court_assertion_mint_t;


static const char  ngx_court_assertion_help[] =
    "usage: court-tool assertion verify --jwks F --aud COURT [--iss URL]\n"
    "           [--interface ID] [--leeway S] [--now T] [-o json] "
    "< assertion\n"
    "       court-tool assertion mint --demo ROLE [--court CODE] [--sub S]\n"
    "           [--interface ID] [--claims JSON] [--typ T] [--exp +S|-S]\n";


static int
ngx_court_assertion_usage(void)
{
    fputs(ngx_court_assertion_help, stderr);

    return NGX_COURT_TOOL_USAGE;
}


/* whoever has a public key could make a MAC with it: signatures alone */

static ngx_court_alg_set_t
ngx_court_assertion_algs(void)
{
    ngx_court_alg_set_t            set;
    const ngx_court_alg_t *const  *row;

    set = 0;

    for (row = ngx_court_algs; (*row)->name.len; row++) {
        if ((*row)->kty != NGX_COURT_KTY_OCT) {
            set |= (ngx_court_alg_set_t) 1 << (*row)->bit;
        }
    }

    return set;
}


/* claims without which nothing can be decided by */

static const char *
ngx_court_assertion_present(const ngx_court_json_t *payload)
{
    ngx_str_t    s;
    ngx_uint_t   i;

    static const struct {
        const char  *name;
        const char  *why;
    } must[] = {
        { "iss", "iss is missing" },
        { "sub", "sub is missing" },
        { "role", "role is missing" },
        { "interface", "interface is missing" },
        { "jti", "jti is missing" },
        { NULL, NULL }
    };

    for (i = 0; must[i].name; i++) {
        if (ngx_court_json_string(ngx_court_json_get(payload, must[i].name),
                                  &s)
            != NGX_OK || s.len == 0)
        {
            return must[i].why;
        }
    }

    return NULL;
}


/* no longer than a gateway makes them; the leeway is for two clocks */

static const char *
ngx_court_assertion_times(const ngx_court_json_t *payload,
    ngx_court_assertion_verify_t *o)
{
    int64_t  iat, exp;

    if (ngx_court_claim_time(ngx_court_json_get(payload, "exp"), &exp)
        != NGX_OK)
    {
        return "exp is missing or no time";
    }

    if (ngx_court_claim_time(ngx_court_json_get(payload, "iat"), &iat)
        != NGX_OK)
    {
        return "iat is missing or no time";
    }

    if (exp <= iat || exp - iat > NGX_COURT_ASSERTION_LIFE) {
        return "lives longer than 60 s";
    }

    if (iat > o->time + o->slack) {
        return "issued in the future";
    }

    return exp + o->slack <= o->time ? "expired" : NULL;
}


/* NULL where the claims hold, else why not */

static const char *
ngx_court_assertion_claims(ngx_pool_t *pool, const ngx_court_jws_t *jws,
    ngx_court_assertion_verify_t *o)
{
    const char        *why;
    ngx_court_json_t  *payload;

    if (jws->typ.len != sizeof(NGX_COURT_ASSERTION_TYP) - 1
        || memcmp(jws->typ.data, NGX_COURT_ASSERTION_TYP, jws->typ.len) != 0)
    {
        return "typ is not court-assertion+jwt";
    }

    payload = ngx_court_json_parse(pool, &jws->payload, &ngx_court_json_small,
                                   NULL);

    if (ngx_court_json_type(payload) != NGX_COURT_JSON_OBJECT) {
        return "payload is not a JSON object";
    }

    /* one court alone, never a list */

    if (!ngx_court_tool_token_is(ngx_court_json_get(payload, "aud"), o->aud)) {
        return "aud is another";
    }

    if (o->iss && !ngx_court_tool_token_is(ngx_court_json_get(payload, "iss"),
                                           o->iss))
    {
        return "iss is another";
    }

    if (o->interface
        && !ngx_court_tool_token_is(ngx_court_json_get(payload, "interface"),
                                    o->interface))
    {
        return "interface is another";
    }

    why = ngx_court_assertion_present(payload);

    return why ? why : ngx_court_assertion_times(payload, o);
}


static int
ngx_court_assertion_answer(ngx_pool_t *pool, ngx_court_assertion_verify_t *o,
    const char *why, const ngx_court_jws_t *jws)
{
    ngx_str_t  payload;

    if (why) {
        fprintf(stderr, "court-tool: refuse: %s\n", why);

        if (o->output) {
            printf("{\"schema\":1,\"valid\":false,\"why\":\"%s\"}\n", why);
        }

        return NGX_COURT_TOOL_NO;
    }

    payload = ngx_court_tool_token_payload(pool, jws);

    printf(o->output ? "{\"schema\":1,\"valid\":true,\"payload\":%.*s}\n"
                     : "%.*s\n", (int) payload.len, payload.data);

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_assertion_check(ngx_pool_t *pool, ngx_court_assertion_verify_t *o)
{
    ngx_int_t          rc;
    ngx_str_t          token;
    const char        *why;
    ngx_court_jws_t    jws;
    ngx_court_jwks_t  *jwks;

    jwks = ngx_court_tool_token_jwks(pool, o->jwks);
    if (jwks == NULL) {
        return NGX_COURT_TOOL_INVALID;
    }

    if (ngx_court_tool_token_read(pool, &token) != NGX_OK) {
        return NGX_COURT_TOOL_NO;
    }

    why = "no compact JWS";
    rc = ngx_court_jws_parse(pool, &token, &jws, &why);

    if (rc == NGX_OK) {
        rc = ngx_court_jws_verify(&jws, jwks, ngx_court_assertion_algs(),
                                  NULL, NULL, &why);
    }

    if (rc == NGX_ERROR) {
        fprintf(stderr, "court-tool: cannot verify\n");
        return NGX_COURT_TOOL_UNDETERMINED;
    }

    if (rc == NGX_OK) {
        why = ngx_court_assertion_claims(pool, &jws, o);
    }

    return ngx_court_assertion_answer(pool, o, why, &jws);
}


static int
ngx_court_assertion_verify(ngx_pool_t *pool, int argc, char **argv)
{
    ngx_uint_t                    n;
    ngx_court_assertion_verify_t  o;

    const ngx_court_tool_option_t  options[] = {
        { "--jwks", &o.jwks, 0 },
        { "--aud", &o.aud, 0 },
        { "--iss", &o.iss, 0 },
        { "--interface", &o.interface, 0 },
        { "--leeway", &o.leeway, 0 },
        { "--now", &o.now, 0 },
        { "-o", &o.output, 0 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));

    if (ngx_court_tool_options(argc, argv, options, NULL, 0, &n) != NGX_OK
        || o.jwks == NULL || o.aud == NULL
        || (o.output && strcmp(o.output, "json") != 0)
        || ngx_court_mint_life(o.leeway, &o.slack) != NGX_OK
        || o.slack < 0 || o.slack > NGX_COURT_ASSERTION_LEEWAY
        || ngx_court_tool_token_now(o.now, &o.time) != NGX_OK)
    {
        return ngx_court_assertion_usage();
    }

    return ngx_court_assertion_check(pool, &o);
}


/* the demo's gateway says in iss where it listens */

static unsigned
ngx_court_assertion_port(const char *demo)
{
    char      dir[4096], path[4200];
    FILE     *f;
    unsigned  port;

    ngx_court_mint_dir(demo, dir, sizeof(dir));
    snprintf(path, sizeof(path), "%s/port", dir);

    port = 8080;
    f = fopen(path, "r");

    if (f) {
        if (fscanf(f, "%5u", &port) != 1) {
            port = 8080;
        }

        fclose(f);
    }

    return port;
}


static u_char *
ngx_court_assertion_text(u_char *p, const char *name, const char *value)
{
    ngx_str_t  s;

    ngx_court_tool_str(&s, value);

    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = ngx_court_json_escape(p, &s);
    *p++ = '"';

    return p;
}


/* the claims as the gateway writes them */

static ngx_int_t
ngx_court_assertion_defaults(ngx_court_assertion_mint_t *o,
    const ngx_court_mint_role_t *role, ngx_str_t *text)
{
    u_char   *p, jti[16], hex[33];
    int64_t   now, iat;

    if (ngx_court_random(jti, sizeof(jti)) != NGX_OK) {
        return NGX_ERROR;
    }

    *ngx_hex_dump(hex, jti, sizeof(jti)) = '\0';

    /* an expired one is expired, and nothing else is wrong with it */

    now = (int64_t) time(NULL);
    iat = o->life > 0 ? now : now + o->life - NGX_COURT_ASSERTION_LIFE;

    p = text->data;
    p = ngx_sprintf(p, "{\"iss\":\"http://127.0.0.1:%ud\"",
                    ngx_court_assertion_port(o->dir));
    p = ngx_court_assertion_text(p, "aud", o->court ? o->court : "B00");
    p = ngx_court_assertion_text(p, "sub", o->sub ? o->sub : role->sub);
    p = ngx_court_assertion_text(p, "issuer", role->issuer);
    p = ngx_court_assertion_text(p, "role", role->role);

    if (strcmp(role->role, "assistant") == 0) {
        p = ngx_court_assertion_text(p, "principal", "lawyer-1");
    }

    p = ngx_court_assertion_text(p, "interface",
                                 o->interface ? o->interface : "case.read");
    p = ngx_court_assertion_text(p, "rule", "minted-by-hand");
    p = ngx_sprintf(p, ",\"policy\":1,\"iat\":%L,\"exp\":%L", iat,
                    now + o->life);
    p = ngx_court_assertion_text(p, "jti", (char *) hex);
    *p++ = '}';

    text->len = p - text->data;

    return NGX_OK;
}


static int
ngx_court_assertion_sign(ngx_pool_t *pool, ngx_court_assertion_mint_t *o,
    const ngx_court_jwks_t *jwks, const ngx_str_t *payload)
{
    u_char                 *p;
    ngx_str_t               header, typ, token;
    const ngx_court_key_t  *key;
    const ngx_court_alg_t  *alg;

    key = jwks->keys[0];
    alg = ngx_court_key_default_alg(key);
    ngx_court_tool_str(&typ, o->typ ? o->typ : NGX_COURT_ASSERTION_TYP);

    header.data = ngx_pnalloc(pool, 128 + (key->kid.len + typ.len) * 6);
    if (header.data == NULL || alg == NULL || !key->private_key) {
        fprintf(stderr, "court-tool: the demo's key cannot sign\n");
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p = ngx_sprintf(header.data, "{\"alg\":\"%V\",\"typ\":\"", &alg->name);
    p = ngx_court_json_escape(p, &typ);
    p = ngx_cpymem(p, "\",\"kid\":\"", 9);
    p = ngx_court_json_escape(p, &key->kid);
    p = ngx_cpymem(p, "\"}", 2);
    header.len = p - header.data;

    if (ngx_court_jws_sign(pool, alg, key, &header, payload, &token)
        != NGX_OK)
    {
        fprintf(stderr, "court-tool: cannot sign\n");
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    printf("%.*s\n", (int) token.len, token.data);

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_assertion_make(ngx_pool_t *pool, ngx_court_assertion_mint_t *o)
{
    size_t                        size;
    ngx_str_t                     defaults, payload;
    ngx_court_jwks_t             *jwks;
    const ngx_court_mint_role_t  *role;

    role = ngx_court_mint_role(o->demo);
    if (role == NULL) {
        return NGX_COURT_TOOL_USAGE;
    }

    jwks = ngx_court_mint_keys(pool, o->dir, "assertion");
    if (jwks == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    size = 1024 + 6 * ((o->court ? strlen(o->court) : 0)
                       + (o->sub ? strlen(o->sub) : 0)
                       + (o->interface ? strlen(o->interface) : 0));

    defaults.data = ngx_pnalloc(pool, size);

    if (defaults.data == NULL
        || ngx_court_assertion_defaults(o, role, &defaults) != NGX_OK)
    {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (ngx_court_mint_merge(pool, &defaults, o->claims, &payload) != NGX_OK) {
        return NGX_COURT_TOOL_USAGE;
    }

    return ngx_court_assertion_sign(pool, o, jwks, &payload);
}


static int
ngx_court_assertion_mint(ngx_pool_t *pool, int argc, char **argv)
{
    ngx_uint_t                  n;
    ngx_court_assertion_mint_t  o;

    const ngx_court_tool_option_t  options[] = {
        { "--demo", &o.demo, 0 },
        { "--court", &o.court, 0 },
        { "--sub", &o.sub, 0 },
        { "--interface", &o.interface, 0 },
        { "--claims", &o.claims, 0 },
        { "--typ", &o.typ, 0 },
        { "--exp", &o.exp, 0 },
        { "--demo-dir", &o.dir, 0 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));
    o.life = NGX_COURT_ASSERTION_LIFE;

    if (ngx_court_tool_options(argc, argv, options, NULL, 0, &n) != NGX_OK
        || o.demo == NULL || ngx_court_mint_life(o.exp, &o.life) != NGX_OK)
    {
        return ngx_court_assertion_usage();
    }

    return ngx_court_assertion_make(pool, &o);
}


int
ngx_court_tool_assertion(int argc, char **argv)
{
    int          rc;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (argc && strcmp(argv[0], "verify") == 0) {
        rc = ngx_court_assertion_verify(pool, argc, argv);

    } else if (argc && strcmp(argv[0], "mint") == 0) {
        rc = ngx_court_assertion_mint(pool, argc, argv);

    } else {
        rc = ngx_court_assertion_usage();
    }

    ngx_destroy_pool(pool);

    return rc;
}
