/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Every kind of key against every token: a token signed with one key and
 * algorithm verifies with this very key and where the algorithm is allowed,
 * and with nothing else, whatever the header claims.
 */

#include "test_jose.h"


static const struct {
    const char                *alg;
    const char                *kind;
    ngx_uint_t                 bits;
} rows[] = {
    { "HS256", "oct", 512 }, { "HS384", "oct", 512 }, { "HS512", "oct", 512 },
    { "HSM3", "oct", 512 },
    { "RS256", "RSA", 2048 }, { "RS384", "RSA", 2048 },
    { "RS512", "RSA", 2048 }, { "PS256", "RSA", 2048 },
    { "PS384", "RSA", 2048 }, { "PS512", "RSA", 2048 },
    { "ES256", "P-256", 0 }, { "ES384", "P-384", 0 }, { "ES512", "P-521", 0 },
    { "ES256K", "secp256k1", 0 }, { "EdDSA", "Ed25519", 0 },
    { "EdDSA", "Ed448", 0 },
    { "SM2", "SM2", 0 }, { "SM3WithSM2", "SM2", 0 }, { "GmSM2", "SM2", 0 }
};

#define NROWS  (sizeof(rows) / sizeof(rows[0]))

static ngx_str_t          tokens[NROWS];
static ngx_court_key_t   *keys[NROWS];
static ngx_court_jwks_t  *sets[NROWS];


/* one key for each kind: rows of one kind share it */

static void
prepare(void)
{
    char        header[64];
    ngx_uint_t  i, j;

    for (i = 0; i < NROWS; i++) {
        for (j = 0; j < i; j++) {
            if (strcmp(rows[j].kind, rows[i].kind) == 0) {
                keys[i] = keys[j];
                break;
            }
        }

        if (keys[i] == NULL) {
            keys[i] = ngx_court_key_generate(tap_pool(), rows[i].kind,
                                             rows[i].bits, NULL);
        }

        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", rows[i].alg);
        tokens[i] = sign_(rows[i].alg, keys[i], header, "{\"sub\":\"a\"}");

        sets[i] = ngx_pcalloc(tap_pool(), sizeof(ngx_court_jwks_t));
        sets[i]->keys = &keys[i];
        sets[i]->nkeys = 1;

        ok(keys[i] != NULL && tokens[i].len != 0, "%s by %s: signed",
           rows[i].alg, rows[i].kind);
    }
}


static ngx_int_t
verify(const ngx_str_t *token, const ngx_court_jwks_t *jwks,
    ngx_court_alg_set_t allowed)
{
    const char       *why;
    ngx_court_jws_t   jws;

    if (ngx_court_jws_parse(tap_pool(), token, &jws, &why) != NGX_OK) {
        return NGX_ABORT;
    }

    return ngx_court_jws_verify(&jws, jwks, allowed, NULL, NULL, &why);
}


static void
test_keys(void)
{
    ngx_uint_t  i, j;

    for (i = 0; i < NROWS; i++) {
        for (j = 0; j < NROWS; j++) {
            is_int(verify(&tokens[i], sets[j], ALL_ALGS),
                   keys[i] == keys[j] ? NGX_OK : NGX_DECLINED,
                   "token %s by %s, key of %s %s", rows[i].alg, rows[i].kind,
                   rows[j].alg, rows[j].kind);
        }
    }
}


/* the issuer's list of algorithms: the very name, no other of the family */

static void
test_allowed(void)
{
    ngx_uint_t              i, j;
    const ngx_court_alg_t  *alg;

    for (i = 0; i < NROWS; i++) {

        for (j = 0; j < NROWS; j++) {
            alg = alg_(rows[j].alg);

            is_int(verify(&tokens[i], sets[i],
                          (ngx_court_alg_set_t) 1 << alg->bit),
                   alg == alg_(rows[i].alg) ? NGX_OK : NGX_DECLINED,
                   "token %s where %s is allowed", rows[i].alg, rows[j].alg);
        }

        is_int(verify(&tokens[i], sets[i], 0), NGX_DECLINED,
               "token %s where nothing is allowed", rows[i].alg);
    }
}


/* the signature of one algorithm under the name of another */

static void
test_renamed(void)
{
    char        text[64];
    ngx_str_t   h, header, payload, sig, token;
    ngx_uint_t  i, j, valid;

    valid = 0;

    for (i = 0; i < NROWS; i++) {
        payload.data = (u_char *) memchr(tokens[i].data, '.', tokens[i].len)
                       + 1;
        sig.data = (u_char *) memchr(payload.data, '.',
                       tokens[i].data + tokens[i].len - payload.data) + 1;
        payload.len = sig.data - payload.data - 1;
        sig.len = tokens[i].data + tokens[i].len - sig.data;

        for (j = 0; j < NROWS; j++) {
            if (alg_(rows[i].alg) == alg_(rows[j].alg)) {
                continue;
            }

            snprintf(text, sizeof(text), "{\"alg\":\"%s\"}", rows[j].alg);
            h = str_(text);
            header = b64_(&h);
            token = join_(&header, &payload, &sig);

            valid += (verify(&token, sets[i], ALL_ALGS) != NGX_DECLINED);
            valid += (verify(&token, sets[j], ALL_ALGS) != NGX_DECLINED);
        }
    }

    is_int(valid, 0, "no signature verifies under another name");
}


/* the classic: HMAC over a token, keyed with the public key's text */

static void
test_confusion(void)
{
    ngx_str_t         jwk, token, err;
    ngx_uint_t        i;
    ngx_court_key_t  *secret;

    for (i = 0; i < NROWS; i++) {
        if (keys[i]->kty == NGX_COURT_KTY_OCT) {
            continue;
        }

        ngx_court_jwk_write(tap_pool(), keys[i], NULL, 0, &jwk);
        secret = ngx_court_key_oct(tap_pool(), &jwk, &err);
        token = sign_("HS256", secret, "{\"alg\":\"HS256\"}", "{}");

        ok(token.len && verify(&token, sets[i], ALL_ALGS) == NGX_DECLINED,
           "HS256 keyed with the public key of %s", rows[i].kind);
    }
}


/* signatures that are no signatures */

static void
test_lengths(void)
{
    u_char      bytes[NGX_COURT_MAX_SIG_LEN * 2];
    ngx_str_t   input, raw, sig, token;
    ngx_uint_t  i, n, fill, valid;

    static const size_t  lengths[] = {
        1, 8, 31, 32, 33, 63, 64, 65, 70, 71, 72, 95, 96, 97, 113, 114, 115,
        131, 132, 133, 139, 255, 256, 257, 1024, 1025, 2048
    };

    for (i = 0; i < NROWS; i++) {
        valid = 0;
        input.data = tokens[i].data;
        input.len = (u_char *) strrchr((char *) tokens[i].data, '.')
                    - input.data;

        for (fill = 0; fill < 2; fill++) {
            memset(bytes, fill ? 0xff : 0, sizeof(bytes));

            for (n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
                raw.data = bytes;
                raw.len = lengths[n];
                sig = b64_(&raw);

                token.data = ngx_pnalloc(tap_pool(),
                                         input.len + 1 + sig.len);
                token.len = ngx_sprintf(token.data, "%V.%V", &input, &sig)
                            - token.data;

                valid += (verify(&token, sets[i], ALL_ALGS) != NGX_DECLINED);
            }
        }

        is_int(valid, 0, "%s by %s: no signature of zeros or ones",
               rows[i].alg, rows[i].kind);
    }
}


int
main(void)
{
    ngx_uint_t  i;

    ngx_court_crypto_init(tap_log());

    prepare();

    for (i = 0; i < NROWS; i++) {
        tokens[i].data[tokens[i].len] = '\0';      /* room is there */
    }

    test_keys();
    test_allowed();
    test_renamed();
    test_confusion();
    test_lengths();

    return done_testing();
}
