/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * token verify: any token, however malformed, is 0 or 1; a key that can't be
 * used is skipped with a warning; only an unreadable JWKS is 3.
 * token inspect: what it says, believed or not.
 */

#include "ngx_court_tool.h"
#include "ngx_court_tool_jwt.h"
#include "ngx_court_token.h"
#include "ngx_court_claim.h"
#include "ngx_court_time.h"


typedef struct {
    const char                *jwks;
    const char                *alg;
    const char                *iss;
    const char                *aud;
    const char                *now;
    const char                *signature_only;
    const char                *output;
} ngx_court_tool_verify_t;


static const char  ngx_court_tool_token_help[] =
    "usage: court-tool token verify --jwks F [--alg A,B] [--iss I] [--aud A]\n"
    "           [--now T] [--signature-only] [-o json] < token\n"
    "       court-tool token inspect [-o json] < token\n"
    "       court-tool token mint --demo ROLE [--sub S] [--claims JSON]\n"
    "           [--kid K] [--alg A] [--exp +S|-S]\n";


static int
ngx_court_tool_token_usage(void)
{
    fputs(ngx_court_tool_token_help, stderr);

    return NGX_COURT_TOOL_USAGE;
}


/* one newline at the end is the shell's, anything else is the token's */

ngx_int_t
ngx_court_tool_token_read(ngx_pool_t *pool, ngx_str_t *token)
{
    if (ngx_court_tool_read(pool, NULL, token) != NGX_OK) {
        return NGX_ERROR;
    }

    if (token->len && token->data[token->len - 1] == '\n') {
        token->len--;
    }

    return NGX_OK;
}


/*
 * All, where the option is not given, but for names of SM2 that some call it
 * by: those count only where they are listed.
 */

static ngx_court_alg_set_t
ngx_court_tool_token_all(void)
{
    ngx_court_alg_set_t            set;
    const ngx_court_alg_t *const  *row;

    static const ngx_str_t  sm2 = ngx_string("SM2");

    set = 0;

    for (row = ngx_court_algs; (*row)->name.len; row++) {
        if ((*row)->kty != NGX_COURT_KTY_SM2
            || ngx_court_str_eq(&(*row)->name, &sm2))
        {
            set |= (ngx_court_alg_set_t) 1 << (*row)->bit;
        }
    }

    return set;
}


/* "A,B" to a set */

static ngx_int_t
ngx_court_tool_token_algs(const char *list, ngx_court_alg_set_t *set)
{
    ngx_str_t               name;
    const char             *p, *end;
    const ngx_court_alg_t  *alg;

    if (list == NULL) {
        *set = ngx_court_tool_token_all();
        return NGX_OK;
    }

    *set = 0;

    for (p = list; *p; p = *end ? end + 1 : end) {
        end = strchr(p, ',');
        end = end ? end : p + strlen(p);

        name.data = (u_char *) p;
        name.len = end - p;
        alg = ngx_court_alg_find(&name);

        if (alg == NULL) {
            fprintf(stderr, "court-tool: unknown algorithm \"%.*s\"\n",
                    (int) name.len, p);
            return NGX_ERROR;
        }

        *set |= (ngx_court_alg_set_t) 1 << alg->bit;
    }

    return NGX_OK;
}


/* seconds since 1970, or RFC 3339; the clock where text is NULL */

ngx_int_t
ngx_court_tool_token_now(const char *text, int64_t *now)
{
    char       *end;
    ngx_str_t   s;

    if (text == NULL) {
        *now = (int64_t) time(NULL);
        return NGX_OK;
    }

    errno = 0;
    *now = strtoll(text, &end, 10);

    if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0) {
        return NGX_OK;
    }

    ngx_court_tool_str(&s, text);

    if (ngx_court_time_parse(&s, now) == NGX_OK) {
        return NGX_OK;
    }

    fprintf(stderr, "court-tool: --now is neither seconds nor a time\n");

    return NGX_ERROR;
}


ngx_court_jwks_t *
ngx_court_tool_token_jwks(ngx_pool_t *pool, const char *file)
{
    ngx_str_t          text, err, *w;
    ngx_uint_t         i;
    ngx_court_jwks_t  *jwks;

    if (ngx_court_tool_read(pool, file, &text) != NGX_OK) {
        return NULL;
    }

    ngx_str_null(&err);
    jwks = ngx_court_jwks_parse(pool, &text, &err);

    if (jwks == NULL) {
        fprintf(stderr, "court-tool: %s: %.*s\n", file, (int) err.len,
                err.data);
        return NULL;
    }

    w = jwks->warnings->elts;

    for (i = 0; i < jwks->warnings->nelts; i++) {
        fprintf(stderr, "court-tool: warning: %s: %.*s\n", file,
                (int) w[i].len, w[i].data);
    }

    return jwks;
}


ngx_uint_t
ngx_court_tool_token_is(const ngx_court_json_t *node, const char *value)
{
    ngx_str_t  s;

    return ngx_court_json_string(node, &s) == NGX_OK
           && s.len == strlen(value) && memcmp(s.data, value, s.len) == 0;
}


static ngx_uint_t
ngx_court_tool_token_aud(const ngx_court_json_t *aud, const char *value)
{
    ngx_uint_t  i;

    if (ngx_court_json_type(aud) != NGX_COURT_JSON_ARRAY) {
        return ngx_court_tool_token_is(aud, value);
    }

    for (i = 0; i < ngx_court_json_size(aud); i++) {
        if (ngx_court_tool_token_is(ngx_court_json_at(aud, i), value)) {
            return 1;
        }
    }

    return 0;
}


/* without an issuer's rules there is no leeway */

static const char *
ngx_court_tool_token_times(const ngx_court_json_t *payload, int64_t now)
{
    int64_t            exp, t;
    ngx_court_json_t  *nbf, *iat;

    if (ngx_court_claim_time(ngx_court_json_get(payload, "exp"), &exp)
        != NGX_OK)
    {
        return "exp is missing or no time";
    }

    nbf = ngx_court_json_get(payload, "nbf");
    iat = ngx_court_json_get(payload, "iat");

    if (nbf && (ngx_court_claim_time(nbf, &t) != NGX_OK || t > now)) {
        return "not yet valid";
    }

    if (iat && (ngx_court_claim_time(iat, &t) != NGX_OK || t > now)) {
        return "issued in the future";
    }

    return exp <= now ? "expired" : NULL;
}


/* NULL where the claims hold, else why not */

static const char *
ngx_court_tool_token_claims(ngx_pool_t *pool, ngx_court_jws_t *jws,
    ngx_court_tool_verify_t *o, int64_t now)
{
    ngx_court_json_t  *payload;

    payload = ngx_court_json_parse(pool, &jws->payload, &ngx_court_json_small,
                                   NULL);

    if (ngx_court_json_type(payload) != NGX_COURT_JSON_OBJECT) {
        return "payload is not a JSON object";
    }

    if (o->iss
        && !ngx_court_tool_token_is(ngx_court_json_get(payload, "iss"),
                                    o->iss))
    {
        return "iss is another";
    }

    if (o->aud
        && !ngx_court_tool_token_aud(ngx_court_json_get(payload, "aud"),
                                     o->aud))
    {
        return "aud is another";
    }

    return ngx_court_tool_token_times(payload, now);
}


/* the payload as JSON text; null where it is none */

ngx_str_t
ngx_court_tool_token_payload(ngx_pool_t *pool, const ngx_court_jws_t *jws)
{
    ngx_str_t          text;
    ngx_court_json_t  *node;

    node = ngx_court_json_parse(pool, &jws->payload, &ngx_court_json_small,
                                NULL);

    if (node == NULL || ngx_court_json_dump(pool, node, &text) != NGX_OK) {
        ngx_str_set(&text, "null");
    }

    return text;
}


static int
ngx_court_tool_token_answer(ngx_pool_t *pool, ngx_court_tool_verify_t *o,
    const char *why, ngx_court_jws_t *jws)
{
    ngx_str_t  payload;

    if (why) {
        fprintf(stderr, "court-tool: not valid: %s\n", why);

        if (o->output) {
            printf("{\"schema\":1,\"valid\":false,\"why\":\"%s\"}\n", why);
        }

        return NGX_COURT_TOOL_NO;
    }

    if (o->output) {
        payload = ngx_court_tool_token_payload(pool, jws);
        printf("{\"schema\":1,\"valid\":true,\"payload\":%.*s}\n",
               (int) payload.len, payload.data);

    } else {
        fwrite(jws->payload.data, 1, jws->payload.len, stdout);
        putchar('\n');
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_tool_token_verify(ngx_pool_t *pool, ngx_court_tool_verify_t *o)
{
    int64_t               now;
    ngx_int_t             rc;
    ngx_str_t             token;
    const char           *why;
    ngx_court_jws_t       jws;
    ngx_court_jwks_t     *jwks;
    ngx_court_alg_set_t   algs;

    if (o->jwks == NULL
        || ngx_court_tool_token_algs(o->alg, &algs) != NGX_OK
        || ngx_court_tool_token_now(o->now, &now) != NGX_OK)
    {
        return ngx_court_tool_token_usage();
    }

    jwks = ngx_court_tool_token_jwks(pool, o->jwks);
    if (jwks == NULL) {
        return NGX_COURT_TOOL_INVALID;
    }

    if (ngx_court_tool_token_read(pool, &token) != NGX_OK) {
        return NGX_COURT_TOOL_NO;
    }

    why = NULL;
    rc = ngx_court_jws_parse(pool, &token, &jws, &why);

    if (rc == NGX_OK) {
        rc = ngx_court_jws_verify(&jws, jwks, algs, NULL, NULL, &why);
    }

    if (rc == NGX_ERROR) {
        fprintf(stderr, "court-tool: %s\n", why);
        return NGX_COURT_TOOL_UNDETERMINED;
    }

    if (rc == NGX_OK) {
        why = o->signature_only
              ? NULL : ngx_court_tool_token_claims(pool, &jws, o, now);
    }

    return ngx_court_tool_token_answer(pool, o, why, &jws);
}


/* without verifying: it says so, on stderr */

static int
ngx_court_tool_token_inspect(ngx_pool_t *pool, const char *output)
{
    ngx_str_t         token, header;
    const char       *why;
    ngx_court_jws_t   jws;

    why = "not read";

    if (ngx_court_tool_token_read(pool, &token) != NGX_OK
        || ngx_court_jws_parse(pool, &token, &jws, &why) != NGX_OK
        || ngx_court_json_dump(pool, jws.header, &header) != NGX_OK)
    {
        fprintf(stderr, "court-tool: no compact JWS: %s\n", why);
        return NGX_COURT_TOOL_NO;
    }

    fprintf(stderr, "court-tool: not verified\n");

    if (output == NULL) {
        printf("%.*s\n%.*s\n", (int) header.len, header.data,
               (int) jws.payload.len, jws.payload.data);
        return NGX_COURT_TOOL_YES;
    }

    jws.payload = ngx_court_tool_token_payload(pool, &jws);

    printf("{\"schema\":1,\"verified\":false,\"header\":%.*s,"
           "\"payload\":%.*s}\n", (int) header.len, header.data,
           (int) jws.payload.len, jws.payload.data);

    return NGX_COURT_TOOL_YES;
}


int
ngx_court_tool_token(int argc, char **argv)
{
    int                      rc;
    ngx_pool_t              *pool;
    ngx_uint_t               n;
    ngx_court_tool_verify_t  o;

    const ngx_court_tool_option_t  options[] = {
        { "--jwks", &o.jwks, 0 },
        { "--alg", &o.alg, 0 },
        { "--iss", &o.iss, 0 },
        { "--aud", &o.aud, 0 },
        { "--now", &o.now, 0 },
        { "--signature-only", &o.signature_only, 1 },
        { "-o", &o.output, 0 },
        { NULL, NULL, 0 }
    };

    if (argc && strcmp(argv[0], "mint") == 0) {
        return ngx_court_tool_mint(argc, argv);
    }

    memset(&o, 0, sizeof(o));

    if (argc < 1
        || ngx_court_tool_options(argc, argv, options, NULL, 0, &n) != NGX_OK
        || (o.output && strcmp(o.output, "json") != 0))
    {
        return ngx_court_tool_token_usage();
    }

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (strcmp(argv[0], "verify") == 0) {
        rc = ngx_court_tool_token_verify(pool, &o);

    } else if (strcmp(argv[0], "inspect") == 0) {
        rc = ngx_court_tool_token_inspect(pool, o.output);

    } else {
        rc = ngx_court_tool_token_usage();
    }

    ngx_destroy_pool(pool);

    return rc;
}
