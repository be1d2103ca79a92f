/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Compact JWS: each malformed class is refused before any key is touched;
 * which keys a header can reach.
 */

#include "test_jose.h"


#define X64                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* {"alg":"HS256"}, {}, 32 zero bytes */
#define H  "eyJhbGciOiJIUzI1NiJ9"
#define P  "e30"
#define S  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


static ngx_int_t
parse_(const ngx_str_t *token, ngx_court_jws_t *jws, const char **why)
{
    *why = NULL;

    return ngx_court_jws_parse(tap_pool(), token, jws, why);
}


static void
test_texts(void)
{
    ngx_int_t        rc;
    ngx_str_t        token;
    const char      *why;
    ngx_uint_t       i;
    ngx_court_jws_t  jws;

    static const struct {
        const char  *what;
        const char  *token;
        ngx_int_t    want;
    } cases[] = {
        { "three parts", H "." P "." S, NGX_OK },
        { "empty payload", H ".." S, NGX_OK },

        { "nothing", "", NGX_DECLINED },
        { "one dot", ".", NGX_DECLINED },
        { "two dots", "..", NGX_DECLINED },
        { "one part", H, NGX_DECLINED },
        { "two parts", H "." P, NGX_DECLINED },
        { "four parts", H "." P "." S ".", NGX_DECLINED },
        { "five parts, as JWE has", H "." P "." S "." S "." S,
          NGX_DECLINED },
        { "no header", "." P "." S, NGX_DECLINED },
        { "no signature", H "." P ".", NGX_DECLINED },
        { "JSON", "{\"payload\":\"e30\",\"signature\":\"\"}", NGX_DECLINED },
        { "a space before", " " H "." P "." S, NGX_DECLINED },
        { "a space behind", H "." P "." S " ", NGX_DECLINED },
        { "a newline behind", H "." P "." S "\n", NGX_DECLINED },
        { "a tab within", H ".\t" P "." S, NGX_DECLINED },
        { "padded header", H "=." P "." S, NGX_DECLINED },
        { "padded payload", H "." P "=." S, NGX_DECLINED },
        { "padded signature", H "." P "." S "=", NGX_DECLINED },
        { "trailing bits in the payload", H ".e31." S, NGX_DECLINED },
        { "trailing bits in the signature",
          H "." P ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",
          NGX_DECLINED },
        { "a part of 4n+1 characters", H "." P "." S "AA", NGX_DECLINED },
        { "base64, not url", H "." P ".+/AA", NGX_DECLINED },
        { "percent-encoded dot", H "%2E" P "." S, NGX_DECLINED },
        { "a byte above 0x7f", H "." P ".\xc3\xa9" "AA", NGX_DECLINED },
        { "Bearer before", "Bearer " H "." P "." S, NGX_DECLINED }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        token = str_(cases[i].token);
        rc = parse_(&token, &jws, &why);

        ok(rc == cases[i].want && (rc == NGX_OK || why != NULL),
           "text: %s", cases[i].what);
    }

    token.data = (u_char *) H "\0" P "." S;
    token.len = sizeof(H "\0" P "." S) - 1;
    is_int(parse_(&token, &jws, &why), NGX_DECLINED, "text: a NUL");
}


static void
test_headers(void)
{
    ngx_int_t        rc;
    ngx_str_t        h, header, token;
    const char      *why;
    ngx_uint_t       i;
    ngx_court_jws_t  jws;

    static const struct {
        const char  *header;
        ngx_int_t    want;
    } cases[] = {
        { "{\"alg\":\"HS256\"}", NGX_OK },
        { " { \"alg\" :\t\"HS256\" } ", NGX_OK },
        { "{\"alg\":\"HS256\",\"kid\":\"a\",\"typ\":\"JWT\",\"cty\":\"x\"}",
          NGX_OK },
        { "{\"alg\":\"HS256\",\"foo\":{\"bar\":[1]}}", NGX_OK },
        { "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}",
          NGX_OK },
        { "{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1:1/\","
          "\"x5u\":[],\"x5c\":1}", NGX_OK },
        { "{\"alg\":\"none\"}", NGX_OK },           /* no algorithm, later */
        { "{\"alg\":\"HS256\",\"kid\":\"" X64 X64 X64 X64 "\"}", NGX_OK },

        { "{}", NGX_DECLINED },
        { "{\"alg\":\"\"}", NGX_DECLINED },
        { "{\"alg\":null}", NGX_DECLINED },
        { "{\"alg\":256}", NGX_DECLINED },
        { "{\"alg\":[\"HS256\"]}", NGX_DECLINED },
        { "{\"Alg\":\"HS256\"}", NGX_DECLINED },
        { "[{\"alg\":\"HS256\"}]", NGX_DECLINED },
        { "\"alg\"", NGX_DECLINED },
        { "null", NGX_DECLINED },
        { "x", NGX_DECLINED },
        { "{\"alg\":\"HS256\"", NGX_DECLINED },
        { "{\"alg\":\"HS256\"}x", NGX_DECLINED },
        { "{\"alg\":\"HS256\"}{}", NGX_DECLINED },
        { "\xef\xbb\xbf{\"alg\":\"HS256\"}", NGX_DECLINED },
        { "{'alg':'HS256'}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"x\":\"\xff\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"x\":\"\\u0000\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"x\":1e999}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
          NGX_DECLINED },

        { "{\"alg\":\"none\",\"alg\":\"HS256\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":\"a\",\"kid\":\"b\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", NGX_DECLINED },

        { "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"crit\":[]}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"crit\":null}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"b64\":false}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"b64\":true}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}",
          NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"zip\":\"DEF\"}", NGX_DECLINED },
        { "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\","
          "\"p2c\":2147483647}", NGX_DECLINED },

        { "{\"alg\":\"HS256\",\"kid\":1}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":\"\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":null}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":{\"a\":1}}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":\"a\\r\\nb\"}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"kid\":\"" X64 X64 X64 X64 "x\"}",
          NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"typ\":1}", NGX_DECLINED },
        { "{\"alg\":\"HS256\",\"cty\":[]}", NGX_DECLINED }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        h = str_(cases[i].header);
        header = b64_(&h);
        token = join_(&header, &s_(P), &s_(S));
        rc = parse_(&token, &jws, &why);

        ok(rc == cases[i].want && (rc == NGX_OK || why != NULL),
           "header: %.60s", cases[i].header);
    }
}


static void
test_sizes(void)
{
    ngx_str_t        token;
    const char      *why;
    ngx_court_jws_t  jws;

    token.data = ngx_pnalloc(tap_pool(), NGX_COURT_TOKEN_MAX + 4);
    memset(token.data, 'A', NGX_COURT_TOKEN_MAX + 4);
    memcpy(token.data, H ".", sizeof(H));
    memcpy(token.data + NGX_COURT_TOKEN_MAX - 1 - 43, "." S, 44);

    token.len = NGX_COURT_TOKEN_MAX;
    is_int(parse_(&token, &jws, &why), NGX_OK, "the longest token");

    token.len = NGX_COURT_TOKEN_MAX + 4;
    is_int(parse_(&token, &jws, &why), NGX_DECLINED, "a longer one");
    ok(why && strcmp(why, "too long") == 0, "which is told");
}


/* what parts are what */

static void
test_parts(void)
{
    ngx_str_t        h, header, token;
    const char      *why;
    ngx_court_jws_t  jws;

    h = s_("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}");
    header = b64_(&h);
    token = join_(&header, &s_(P), &s_("AQID"));

    is_int(parse_(&token, &jws, &why), NGX_OK, "parts");
    is_str(&jws.payload, "{}", "payload");
    is_str(&jws.alg_name, "ES256", "alg");
    is_str(&jws.kid, "k", "kid");
    is_str(&jws.typ, "at+jwt", "typ");
    ok(jws.alg == alg_("ES256"), "algorithm");
    ok(jws.signature.len == 3 && memcmp(jws.signature.data, "\1\2\3", 3) == 0,
       "signature");
    ok(jws.input.data == token.data && jws.input.len == token.len - 5,
       "input as received");
}


/* no spelling of none is an algorithm */

static void
test_none(void)
{
    char               text[64];
    ngx_str_t          h, header, token;
    const char        *why;
    ngx_uint_t         i;
    ngx_court_jws_t    jws;
    ngx_court_jwks_t  *jwks;

    static const char *const  names[] = {
        "none", "None", "NONE", "nOnE", "none ", "HS256 ", "hs256", "HS1",
        "RS1", "ES256\\u0020", "HS256,none", "dir", "A256KW", "RSA1_5",
        "EdDSA25519", "SM2 ", "sm2", "HMAC", "0", "*"
    };

    jwks = jwks_("{\"keys\":[{\"kty\":\"oct\",\"k\":"
                 "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}", NULL);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(text, sizeof(text), "{\"alg\":\"%s\"}", names[i]);
        h = str_(text);
        header = b64_(&h);
        token = join_(&header, &s_(P), &s_(S));

        ok(parse_(&token, &jws, &why) == NGX_OK && jws.alg == NULL
           && ngx_court_jws_verify(&jws, jwks, ALL_ALGS, NULL, NULL, &why)
              == NGX_DECLINED
           && strcmp(why, "unknown algorithm") == 0,
           "alg \"%s\"", names[i]);
    }
}


/* which keys a kid reaches */

static void
test_kids(void)
{
    char                    text[2048], header[128];
    ngx_int_t               rc;
    ngx_str_t               jwk[2], token;
    const char             *why;
    ngx_uint_t              i, n, first;
    ngx_court_jws_t         jws;
    ngx_court_key_t        *key[2];
    ngx_court_jwks_t       *jwks;
    const ngx_court_key_t  *used;

    static const struct {
        const char  *what;
        const char  *kids[2];             /* of the keys; NULL: none */
        ngx_uint_t   first;               /* which stands first in the set */
        const char  *kid;                 /* of the token, by key 0 */
        ngx_int_t    want;
        const char  *why;
    } cases[] = {
        { "its own", { "a", "b" }, 0, "a", NGX_OK, NULL },
        { "second in the set", { "a", "b" }, 1, "a", NGX_OK, NULL },
        { "none anywhere", { NULL, NULL }, 0, NULL, NGX_OK, NULL },
        { "none in the token", { "a", "b" }, 0, NULL, NGX_OK, NULL },
        { "both the same", { "a", "a" }, 0, "a", NGX_OK, NULL },
        { "of another key", { "a", "b" }, 0, "b", NGX_DECLINED,
          "signature mismatch" },
        { "unknown", { "a", "b" }, 0, "c", NGX_DECLINED, "unknown kid" },
        { "unknown, keys without kid", { NULL, NULL }, 0, "c", NGX_DECLINED,
          "unknown kid" },
        { "a prefix", { "aa", "b" }, 0, "a", NGX_DECLINED, "unknown kid" },
        { "in other case", { "A", "b" }, 0, "a", NGX_DECLINED, "unknown kid" },
        { "a path", { "a", "b" }, 0, "../../../dev/null", NGX_DECLINED,
          "unknown kid" },
        { "SQL", { "a", "b" }, 0, "x' UNION SELECT 'k", NGX_DECLINED,
          "unknown kid" },
        { "a format", { "a", "b" }, 0, "%s%s%n", NGX_DECLINED, "unknown kid" },
        { "a URL", { "a", "b" }, 0, "http://127.0.0.1:1/", NGX_DECLINED,
          "unknown kid" }
    };

    for (i = 0; i < 2; i++) {
        key[i] = ngx_court_key_generate(tap_pool(), "P-256", 0, NULL);
    }

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        first = cases[i].first;

        for (n = 0; n < 2; n++) {
            ngx_str_null(&key[n]->kid);

            if (cases[i].kids[n]) {
                key[n]->kid = str_(cases[i].kids[n]);
            }

            ngx_court_jwk_write(tap_pool(), key[n], NULL, 0, &jwk[n]);
        }

        snprintf(text, sizeof(text), "{\"keys\":[%.*s,%.*s]}",
                 (int) jwk[first].len, jwk[first].data,
                 (int) jwk[!first].len, jwk[!first].data);
        jwks = jwks_(text, NULL);

        if (cases[i].kid) {
            snprintf(header, sizeof(header),
                     "{\"alg\":\"ES256\",\"kid\":\"%s\"}", cases[i].kid);
        } else {
            snprintf(header, sizeof(header), "{\"alg\":\"ES256\"}");
        }

        token = sign_("ES256", key[0], header, "{}");
        used = NULL;

        rc = parse_(&token, &jws, &why);
        is_int(rc, NGX_OK, "kid %s: parses", cases[i].what);

        rc = ngx_court_jws_verify(&jws, jwks, ALL_ALGS, NULL, &used, &why);

        ok(rc == cases[i].want
           && (rc == NGX_OK ? used == jwks->keys[first]
                            : used == NULL && strcmp(why, cases[i].why) == 0),
           "kid %s: %s", cases[i].what, rc == NGX_OK ? "verifies" : why);
    }
}


/* without a kid at most 8 keys are tried */

static void
test_tries(void)
{
    u_char            *p;
    ngx_str_t          text, token, jwk, err;
    const char        *why;
    ngx_uint_t         i, place;
    ngx_court_jws_t    jws;
    ngx_court_key_t   *key, *other;
    ngx_court_jwks_t  *jwks;

    key = ngx_court_key_generate(tap_pool(), "Ed25519", 0, NULL);
    other = ngx_court_key_generate(tap_pool(), "Ed25519", 0, NULL);
    token = sign_("EdDSA", key, "{\"alg\":\"EdDSA\"}", "{}");
    (void) parse_(&token, &jws, &why);

    for (place = 7; place <= 8; place++) {
        text.data = ngx_pnalloc(tap_pool(), 4096);
        p = ngx_sprintf(text.data, "{\"keys\":[");

        for (i = 0; i <= place; i++) {
            ngx_court_jwk_write(tap_pool(), i == place ? key : other, NULL, 0,
                                &jwk);
            p = ngx_sprintf(p, "%s%V", i ? "," : "", &jwk);
        }

        p = ngx_sprintf(p, "]}");
        text.len = p - text.data;
        jwks = ngx_court_jwks_parse(tap_pool(), &text, &err);

        is_int(ngx_court_jws_verify(&jws, jwks, ALL_ALGS, NULL, NULL, &why),
               place == 7 ? NGX_OK : NGX_DECLINED, "key %d of the set",
               (int) place + 1);
    }
}


static void
test_defaults(void)
{
    ngx_uint_t              i;
    ngx_court_key_t        *key;
    const ngx_court_alg_t  *alg;

    static const struct {
        const char  *kind;
        const char  *alg;
    } cases[] = {
        { "RSA", "RS256" }, { "P-256", "ES256" }, { "P-384", "ES384" },
        { "P-521", "ES512" }, { "secp256k1", "ES256K" },
        { "Ed25519", "EdDSA" }, { "Ed448", "EdDSA" }, { "SM2", "SM2" },
        { "oct", "HS256" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        key = ngx_court_key_generate(tap_pool(), cases[i].kind,
                                     i == 0 ? 2048 : 256, NULL);
        alg = ngx_court_key_default_alg(key);

        ok(alg && alg == alg_(cases[i].alg), "%s signs %s", cases[i].kind,
           cases[i].alg);
    }

    key = ngx_court_key_generate(tap_pool(), "RSA", 2048, NULL);
    key->alg = alg_("PS512");
    ok(ngx_court_key_default_alg(key) == alg_("PS512"), "its own alg first");
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());

    test_texts();
    test_headers();
    test_sizes();
    test_parts();
    test_none();
    test_kids();
    test_tries();
    test_defaults();

    return done_testing();
}
