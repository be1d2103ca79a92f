/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * JWK and JWKS: what makes a key, what it is then good for, and back to text.
 */

#include "test_jose.h"


/* RFC 7515 A.3, 8037 A.1, 7638; the SM2 key is t/data/sm2-pub.pem */

#define P256_XY                                                               \
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                  \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define P256  "\"kty\":\"EC\",\"crv\":\"P-256\"," P256_XY
#define P256_D  "\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\""

#define ED25519                                                               \
    "\"kty\":\"OKP\",\"crv\":\"Ed25519\","                                    \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

#define N2048                                                                 \
    "\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z"\
    "wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9"\
    "yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"\
    "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF"\
    "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\""
#define RSA  "\"kty\":\"RSA\",\"e\":\"AQAB\"," N2048

#define K32  "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define OCT  "\"kty\":\"oct\"," K32

#define X64                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"


enum { NO, YES, NOT_SIG };


static void
test_keys(void)
{
    ngx_str_t         err;
    ngx_uint_t        i;
    ngx_court_key_t  *key;

    static const struct {
        const char  *what;
        const char  *text;
        int          want;
    } cases[] = {
        { "EC", "{" P256 "}", YES },
        { "EC private", "{" P256 "," P256_D "}", YES },
        { "RSA", "{" RSA "}", YES },
        { "OKP", "{" ED25519 "}", YES },
        { "oct", "{" OCT "}", YES },
        { "members of others are ignored",
          "{" P256 ",\"k\":1,\"n\":\"!\",\"foo\":[{}]}", YES },
        { "x5u, x5c, jku are not looked at",
          "{" P256 ",\"x5u\":\"http://127.0.0.1:1/\",\"x5c\":[\"no\"],"
          "\"x5t\":5,\"jku\":{}}", YES },

        { "no kty", "{\"crv\":\"P-256\"," P256_XY "}", NO },
        { "kty in lower case", "{\"kty\":\"ec\",\"crv\":\"P-256\"," P256_XY
          "}", NO },
        { "kty a number", "{\"kty\":1," K32 "}", NO },
        { "kty AKP", "{\"kty\":\"AKP\",\"pub\":\"AAAA\"}", NO },
        { "not an object", "[{" OCT "}]", NO },

        { "no crv", "{\"kty\":\"EC\"," P256_XY "}", NO },
        { "crv unknown", "{\"kty\":\"EC\",\"crv\":\"P-224\"," P256_XY "}",
          NO },
        { "crv in lower case", "{\"kty\":\"EC\",\"crv\":\"p-256\"," P256_XY
          "}", NO },
        { "crv of another curve", "{\"kty\":\"EC\",\"crv\":\"secp256k1\","
          P256_XY "}", NO },
        { "crv SM2 with a point of P-256", "{\"kty\":\"EC\",\"crv\":\"SM2\","
          P256_XY "}", NO },
        { "point not on the curve", "{\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}", NO },
        { "point at infinity", "{\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
          "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", NO },
        { "no y", "{\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}", NO },
        { "y short", "{\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FE\"}", NO },
        { "d of another key", "{" P256 ",\"d\":"
          "\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LM\"}", NO },
        { "d empty", "{" P256 ",\"d\":\"\"}", NO },

        { "X25519", "{\"kty\":\"OKP\",\"crv\":\"X25519\","
          "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}", NO },
        { "OKP with a curve of EC", "{\"kty\":\"OKP\",\"crv\":\"P-256\","
          P256_XY "}", NO },
        { "Ed25519 short", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"x\":\"11qY\"}", NO },

        { "RSA of 1024 bits", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
          "\"4F5tdAWxKEvyNbmMBTj2YVW2MtvUBD9b6JsFOaA8GKtkLX-RzwSfFLyRvFyxrNPl"
          "ROCz8t4DzvVVkcKYBPYJ7dTL3Q6ryY-Hu4W0zYqA0oVqPSU4ZxLGiCk4lcxJbGqL"
          "yc5ZpZ7cYdcTrJkYtGmPrY2N6ZQ1F0YJcGL7ThLgLgM\"}", NO },
        { "RSA with e = 1", "{\"kty\":\"RSA\",\"e\":\"AQ\"," N2048 "}", NO },
        { "RSA with e = 3", "{\"kty\":\"RSA\",\"e\":\"Aw\"," N2048 "}", NO },
        { "RSA without e", "{\"kty\":\"RSA\"," N2048 "}", NO },
        { "RSA of more than two primes", "{" RSA ",\"oth\":[]}", NO },

        { "k in padded base64", "{\"kty\":\"oct\",\"k\":"
          "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}", NO },
        { "k in base64, not url", "{\"kty\":\"oct\",\"k\":\"++++\"}", NO },
        { "k with trailing bits", "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA"
          "0ODxAREhMUFRYXGBkaGxwdHh9\"}", NO },
        { "k with white space", "{\"kty\":\"oct\",\"k\":\"AAEC AwQF\"}", NO },
        { "k empty", "{\"kty\":\"oct\",\"k\":\"\"}", NO },
        { "k a number", "{\"kty\":\"oct\",\"k\":12}", NO },

        { "alg fits", "{" P256 ",\"alg\":\"ES256\"}", YES },
        { "alg of another curve", "{" P256 ",\"alg\":\"ES384\"}", NO },
        { "alg of another type", "{" RSA ",\"alg\":\"HS256\"}", NO },
        { "alg for encryption", "{" RSA ",\"alg\":\"RSA-OAEP\"}", NO },
        { "alg none", "{" OCT ",\"alg\":\"none\"}", NO },
        { "alg in lower case", "{" P256 ",\"alg\":\"es256\"}", NO },
        { "alg a number", "{" P256 ",\"alg\":256}", NO },
        { "alg too long for the secret", "{" OCT ",\"alg\":\"HS512\"}", NO },

        { "kid", "{" P256 ",\"kid\":\"../../etc/passwd %n\"}", YES },
        { "kid of 256 bytes", "{" P256 ",\"kid\":\"" X64 X64 X64 X64 "\"}",
          YES },
        { "kid of 257 bytes", "{" P256 ",\"kid\":\"" X64 X64 X64 X64 "x\"}",
          NO },
        { "court_state a number", "{" P256 ",\"court_state\":7}", YES },
        { "court_state of others", "{" P256 ",\"court_state\":\"x\"}", YES },
        { "kid a number", "{" P256 ",\"kid\":1}", NO },
        { "kid null", "{" P256 ",\"kid\":null}", NO },
        { "kid with a newline", "{" P256 ",\"kid\":\"a\\nb\"}", NO },

        { "use sig", "{" P256 ",\"use\":\"sig\"}", YES },
        { "use enc", "{" P256 ",\"use\":\"enc\"}", NOT_SIG },
        { "use SIG", "{" P256 ",\"use\":\"SIG\"}", NOT_SIG },
        { "use a list", "{" P256 ",\"use\":[\"sig\"]}", NO },
        { "key_ops verify", "{" P256 ",\"key_ops\":[\"verify\"]}", YES },
        { "key_ops verify among others",
          "{" P256 ",\"key_ops\":[\"encrypt\",\"verify\"]}", YES },
        { "key_ops encrypt", "{" RSA ",\"key_ops\":[\"encrypt\"]}", NOT_SIG },
        { "key_ops empty", "{" P256 ",\"key_ops\":[]}", NOT_SIG },
        { "key_ops sign of a public key", "{" P256 ",\"key_ops\":[\"sign\"]}",
          NOT_SIG },
        { "key_ops sign of a private key",
          "{" P256 "," P256_D ",\"key_ops\":[\"sign\"]}", YES },
        { "key_ops against use",
          "{" P256 ",\"use\":\"enc\",\"key_ops\":[\"verify\"]}", NOT_SIG },
        { "key_ops a string", "{" P256 ",\"key_ops\":\"verify\"}", NO },
        { "key_ops with a number", "{" P256 ",\"key_ops\":[\"verify\",1]}",
          NO },
        { "key_ops twice the same",
          "{" P256 ",\"key_ops\":[\"verify\",\"verify\"]}", NO }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ngx_str_null(&err);
        key = jwk_(cases[i].text, &err);

        ok((key != NULL) == (cases[i].want != NO)
           && (key != NULL || err.len)
           && (key == NULL || key->use_sig == (cases[i].want == YES)),
           "JWK: %s", cases[i].what);
    }
}


/* a private key that may only sign signs, and verifies nothing */

static void
test_sign_only(void)
{
    ngx_str_t          token;
    const char        *why;
    ngx_uint_t         i;
    ngx_court_jws_t    jws;
    ngx_court_jwks_t  *jwks;

    static const struct {
        const char  *ops;
        ngx_int_t    want;
    } cases[] = {
        { "[\"sign\"]", NGX_DECLINED },
        { "[\"sign\",\"verify\"]", NGX_OK }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char  text[512];

        snprintf(text, sizeof(text), "{" P256 "," P256_D ",\"key_ops\":%s}",
                 cases[i].ops);
        jwks = jwks_(text, NULL);

        if (!ok(jwks && jwks->nkeys == 1, "key_ops %s: kept", cases[i].ops)) {
            continue;
        }

        token = sign_("ES256", jwks->keys[0], "{\"alg\":\"ES256\"}", "{}");
        ok(token.len, "key_ops %s: signs", cases[i].ops);

        is_int(ngx_court_jws_parse(tap_pool(), &token, &jws, &why), NGX_OK,
               "key_ops %s: parses", cases[i].ops);
        is_int(ngx_court_jws_verify(&jws, jwks, ALL_ALGS, NULL, NULL, &why),
               cases[i].want, "key_ops %s: verifies or not", cases[i].ops);
    }
}


static void
test_sets(void)
{
    ngx_str_t          err;
    ngx_uint_t         i;
    ngx_court_jwks_t  *jwks;

    static const struct {
        const char  *what;
        const char  *text;
        int          nkeys;               /* -1: no JWKS */
        int          skipped;
    } cases[] = {
        { "empty", "{\"keys\":[]}", 0, 0 },
        { "one", "{\"keys\":[{" P256 "}]}", 1, 0 },
        { "a JWK alone", "{" P256 "}", 1, 0 },
        { "a JWK alone, unusable", "{\"kty\":\"EC\"}", 0, 1 },
        { "unusable ones are left out",
          "{\"keys\":[{\"kty\":\"X\"},{" P256 "},1,null,{" RSA "},{}]}", 2,
          4 },
        { "keys for encryption are left out",
          "{\"keys\":[{" P256 ",\"use\":\"enc\"},{" RSA "}]}", 1, 1 },
        { "two with one kid are both kept",
          "{\"keys\":[{" P256 ",\"kid\":\"a\"},{" P256 ",\"kid\":\"a\"}]}",
          2, 0 },
        { "members beside keys", "{\"x\":1,\"keys\":[{" P256 "}]}", 1, 0 },

        { "keys no list", "{\"keys\":{}}", -1, 0 },
        { "keys null", "{\"keys\":null}", -1, 0 },
        { "neither", "{\"a\":1}", -1, 0 },
        { "a list", "[{" P256 "}]", -1, 0 },
        { "no JSON", "{\"keys\":[", -1, 0 },
        { "nothing", "", -1, 0 },
        { "a member twice", "{\"keys\":[{" P256 ",\"kty\":\"EC\"}]}", -1,
          0 },
        { "bytes behind", "{\"keys\":[]} x", -1, 0 },
        { "PEM", "-----BEGIN PUBLIC KEY-----", -1, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ngx_str_null(&err);
        jwks = jwks_(cases[i].text, &err);

        if (cases[i].nkeys < 0) {
            ok(jwks == NULL && err.len, "JWKS: %s", cases[i].what);
            continue;
        }

        ok(jwks != NULL && (int) jwks->nkeys == cases[i].nkeys
           && (int) jwks->skipped == cases[i].skipped
           && jwks->warnings->nelts == jwks->skipped
           && jwks->generation != 0,
           "JWKS: %s", cases[i].what);
    }
}


static void
test_many(void)
{
    u_char            *p;
    ngx_str_t          text, err;
    ngx_uint_t         i, n;
    ngx_court_jwks_t  *jwks;

    for (n = NGX_COURT_JWKS_MAX; n <= NGX_COURT_JWKS_MAX + 1; n++) {
        text.data = ngx_pnalloc(tap_pool(), 512 * 1024);
        p = ngx_sprintf(text.data, "{\"keys\":[");

        for (i = 0; i < n; i++) {
            p = ngx_sprintf(p, "%s{" RSA "}", i ? "," : "");
        }

        p = ngx_sprintf(p, "]}");
        text.len = p - text.data;

        jwks = ngx_court_jwks_parse(tap_pool(), &text, &err);

        ok((jwks != NULL && jwks->nkeys == n) == (n == NGX_COURT_JWKS_MAX),
           "JWKS: %d keys", (int) n);
    }

    ok(jwks_("{\"keys\":[]}", NULL)->generation
       != jwks_("{\"keys\":[] }", NULL)->generation,
       "another text is another generation");
    ok(jwks_("{\"keys\":[]}", NULL)->generation
       == jwks_("{\"keys\":[]}", NULL)->generation,
       "the same text is the same generation");
}


/* a member of ours, which makes no key unusable and is not written again */

static void
test_turn(void)
{
    ngx_str_t          text;
    ngx_court_jwks_t  *jwks;

    jwks = jwks_("{\"keys\":[{" P256 "},{" P256 ",\"court_state\":\"read\"},"
                 "{" P256 ",\"court_state\":\"x\"},"
                 "{" P256 ",\"court_state\":7}]}", NULL);

    is_int(jwks->nkeys, 4, "all are keys");
    is_int(jwks->keys[0]->turn, NGX_COURT_TURN_NONE, "not said");
    is_int(jwks->keys[1]->turn, NGX_COURT_TURN_READ, "read");
    is_int(jwks->keys[2]->turn, NGX_COURT_TURN_UNKNOWN, "a word that is none");
    is_int(jwks->keys[3]->turn, NGX_COURT_TURN_UNKNOWN, "a number");

    is_int(ngx_court_jwk_write(tap_pool(), jwks->keys[1], NULL, 0, &text),
           NGX_OK, "written");
    ok(ngx_strnstr(text.data, "court_state", text.len) == NULL, "without it");
}


/* text -> key -> text -> key, public and private */

static void
test_write(void)
{
    u_char             a[NGX_COURT_SHA256_LEN], b[NGX_COURT_SHA256_LEN];
    ngx_str_t          text, token;
    const char        *why;
    ngx_uint_t         i, private_key;
    ngx_court_jws_t    jws;
    ngx_court_key_t   *key, *copy;
    ngx_court_jwks_t  *jwks;

    static const struct {
        const char  *kind;
        const char  *alg;
        ngx_uint_t   bits;
    } cases[] = {
        { "oct", "HS256", 256 }, { "RSA", "PS256", 2048 },
        { "P-256", "ES256", 0 }, { "P-384", "ES384", 0 },
        { "P-521", "ES512", 0 }, { "secp256k1", "ES256K", 0 },
        { "Ed25519", "EdDSA", 0 }, { "Ed448", "EdDSA", 0 },
        { "SM2", "SM2", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        key = ngx_court_key_generate(tap_pool(), cases[i].kind,
                                     cases[i].bits, NULL);
        key->kid = s_("a \"quoted\" \\ kid");

        for (private_key = 0; private_key < 2; private_key++) {

            if (ngx_court_jwk_write(tap_pool(), key, alg_(cases[i].alg),
                                    private_key, &text)
                != NGX_OK)
            {
                ok(!private_key && key->kty == NGX_COURT_KTY_OCT,
                   "%s: a secret has no public half", cases[i].kind);
                continue;
            }

            text.data[text.len] = '\0';
            ok(private_key
               || strstr((char *) text.data, "\"d\":") == NULL,
               "%s: no private number unasked", cases[i].kind);

            jwks = ngx_court_jwks_parse(tap_pool(), &text, NULL);

            if (!ok(jwks && jwks->nkeys == 1, "%s: read again",
                    cases[i].kind))
            {
                continue;
            }

            copy = jwks->keys[0];

            ok(ngx_court_jwk_thumbprint(tap_pool(), key, a) == NGX_OK
               && ngx_court_jwk_thumbprint(tap_pool(), copy, b) == NGX_OK
               && memcmp(a, b, sizeof(a)) == 0
               && copy->private_key == private_key
               && copy->alg == alg_(cases[i].alg),
               "%s: the same key", cases[i].kind);
            is_str(&copy->kid, "a \"quoted\" \\ kid", "%s: kid",
                   cases[i].kind);

            token = sign_(cases[i].alg, key, "{\"alg\":\"HS256\"}", "x");
            token.data[token.len] = '\0';

            ok(ngx_court_jws_parse(tap_pool(), &token, &jws, &why) == NGX_OK,
               "%s: token", cases[i].kind);
            jws.alg = alg_(cases[i].alg);
            is_int(ngx_court_jws_verify(&jws, jwks, ALL_ALGS, NULL, NULL,
                                        &why),
                   NGX_OK, "%s: the copy verifies", cases[i].kind);
        }
    }
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());

    test_keys();
    test_sign_only();
    test_sets();
    test_many();
    test_turn();
    test_write();

    return done_testing();
}
