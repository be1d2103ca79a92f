/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Every algorithm: signs, verifies, and refuses everything else.
 */

#include "test_crypto.h"


static const struct {
    const char  *alg;
    const char  *kind;
    ngx_uint_t   bits;
    ngx_uint_t   sig_len;
} rows[] = {
    { "HS256", "oct", 256, 32 },
    { "HS384", "oct", 384, 48 },
    { "HS512", "oct", 512, 64 },
    { "RS256", "RSA", 2048, 256 },
    { "RS384", "RSA", 2048, 256 },
    { "RS512", "RSA", 2056, 257 },
    { "PS256", "RSA", 2048, 256 },
    { "PS384", "RSA", 2048, 256 },
    { "PS512", "RSA", 2050, 257 },
    { "ES256", "P-256", 0, 64 },
    { "ES384", "P-384", 0, 96 },
    { "ES512", "P-521", 0, 132 },
    { "ES256K", "secp256k1", 0, 64 },
    { "EdDSA", "Ed25519", 0, 64 },
    { "EdDSA", "Ed448", 0, 114 },
    { "SM2", "SM2", 0, 64 },
    { "SM3WithSM2", "SM2", 0, 64 },
    { "GmSM2", "SM2", 0, 64 },
    { "HSM3", "oct", 256, 32 }
};

#define NROWS  (sizeof(rows) / sizeof(rows[0]))

static ngx_court_key_t  *keys[NROWS];
static ngx_str_t         sigs[NROWS];

static const ngx_str_t   text = ngx_string("eyJhbGciOiJ4In0.eyJzdWIiOiJhIn0");


static void
test_table(void)
{
    ngx_uint_t                     i, n;
    uint64_t                       seen;
    const ngx_court_alg_t *const  *a;

    static const char  *names[] = {
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
        "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA",
        "SM2", "SM3WithSM2", "GmSM2", "HSM3"
    };

    static const char  *unknown[] = {
        "", "none", "None", "NONE", "nOnE", "hs256", "HS256 ", "HS25",
        "HS2566", "RS1", "ES256k", "EDDSA", "Ed25519", "sm2", "HS1",
        "RSA1_5", "dir", "A256KW"
    };

    for (seen = 0, n = 0, a = ngx_court_algs; (*a)->name.len; a++, n++) {
        ok((*a)->bit < NGX_COURT_NALGS && !((seen >> (*a)->bit) & 1),
           "%s has a bit of its own", (*a)->name.data);
        seen |= 1ULL << (*a)->bit;
        ok((*a)->name.data[(*a)->name.len] == '\0', "name ends with NUL");
    }

    is_int(n, NGX_COURT_NALGS, "rows");
    is_int(n, sizeof(names) / sizeof(names[0]), "no row without a name here");

    for (i = 0; i < n; i++) {
        ok(alg_(names[i]) != NULL, "%s is found", names[i]);
    }

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        ok(alg_(unknown[i]) == NULL, "\"%s\" is not", unknown[i]);
    }

    ok(ngx_court_alg_find(&s_("SM2\0")) == NULL, "SM2 with NUL is not");
    ok(alg_("SM2") != alg_("GmSM2"), "an alias is another algorithm");
}


static ngx_int_t
verify(ngx_uint_t i, const ngx_court_key_t *key, const ngx_str_t *data,
    const ngx_str_t *sig)
{
    return alg_(rows[i].alg)->verify(alg_(rows[i].alg), key, NULL, data, sig);
}


static void
test_sign(ngx_uint_t i)
{
    const char              *name;
    ngx_str_t                err;
    const ngx_court_alg_t   *alg;

    name = rows[i].alg;
    alg = alg_(name);

    keys[i] = ngx_court_key_generate(tap_pool(), rows[i].kind, rows[i].bits,
                                     &err);
    if (!ok(keys[i] != NULL, "%s: a fresh %s key", name, rows[i].kind)) {
        return;
    }

    sigs[i].data = ngx_palloc(tap_pool(), NGX_COURT_MAX_SIG_LEN);

    is_int(alg->sign(alg, keys[i], NULL, &text, &sigs[i]), NGX_OK,
           "%s: signs", name);
    is_int(sigs[i].len, rows[i].sig_len, "%s: length", name);
    is_int(verify(i, keys[i], &text, &sigs[i]), NGX_OK, "%s: verifies", name);
    is_int(verify(i, keys[i], &text, &sigs[i]), NGX_OK, "%s: again", name);
}


/* every byte of the signature, each bit of the first and last */

static void
test_flipped(ngx_uint_t i)
{
    size_t      n, bit, wrong;
    ngx_str_t   sig, data;
    ngx_uint_t  step;

    sig = copy_(&sigs[i], 0);
    step = (sig.len > 64) ? 5 : 1;

    for (wrong = 0, n = 0; n < sig.len; n += step) {
        for (bit = 0; bit < 8; bit++) {

            if (bit != n % 8 && n != 0 && n != sig.len - 1) {
                continue;
            }

            sig.data[n] ^= 1 << bit;
            wrong += verify(i, keys[i], &text, &sig) != NGX_DECLINED;
            sig.data[n] ^= 1 << bit;
        }
    }

    is_int(wrong, 0, "%s: every flipped bit is seen", rows[i].alg);

    data = copy_(&text, 0);

    for (wrong = 0, n = 0; n < data.len; n += 7) {
        data.data[n] ^= 1;
        wrong += verify(i, keys[i], &data, &sig) != NGX_DECLINED;
        data.data[n] ^= 1;
    }

    data.len--;
    wrong += verify(i, keys[i], &data, &sig) != NGX_DECLINED;
    data.len = 0;
    wrong += verify(i, keys[i], &data, &sig) != NGX_DECLINED;

    is_int(wrong, 0, "%s: other data is seen", rows[i].alg);
    queue_empty_(rows[i].alg);
}


static void
test_lengths(ngx_uint_t i)
{
    size_t     n, wrong;
    ngx_str_t  sig;

    static const size_t  huge[] = { 513, 1024, 1025, 8192, 65536, 1000000 };

    sig = copy_(&sigs[i], 1000000);

    for (wrong = 0, n = 0; n < sigs[i].len + 3; n++) {
        sig.len = n;
        wrong += (n != sigs[i].len)
                 && verify(i, keys[i], &text, &sig) != NGX_DECLINED;
    }

    for (n = 0; n < sizeof(huge) / sizeof(huge[0]); n++) {
        sig.len = huge[n];
        wrong += verify(i, keys[i], &text, &sig) != NGX_DECLINED;
    }

    /* a zero byte before */

    sig.len = sigs[i].len + 1;
    memmove(sig.data + 1, sigs[i].data, sigs[i].len);
    sig.data[0] = 0;
    wrong += verify(i, keys[i], &text, &sig) != NGX_DECLINED;

    is_int(wrong, 0, "%s: no other length", rows[i].alg);

    memset(sig.data, 0, sigs[i].len);
    sig.len = sigs[i].len;
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "%s: all zero",
           rows[i].alg);
    memset(sig.data, 0xff, sigs[i].len);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "%s: all ones",
           rows[i].alg);
}


/* each algorithm with each key and signature that it doesn't belong to */

static void
test_crossed(void)
{
    ngx_uint_t              i, k, wrong;
    ngx_str_t               sig;
    const ngx_court_alg_t  *alg;

    sig.data = ngx_palloc(tap_pool(), NGX_COURT_MAX_SIG_LEN);

    for (i = 0; i < NROWS; i++) {
        alg = alg_(rows[i].alg);

        for (wrong = 0, k = 0; k < NROWS; k++) {

            if (k == i) {
                continue;
            }

            /* an alias or the other Edwards curve is its own algorithm */

            wrong += alg->verify(alg, keys[k], NULL, &text, &sigs[k])
                     != (ngx_court_alg_fits(alg, keys[k])
                         && alg->digest == alg_(rows[k].alg)->digest
                         && alg->kty != NGX_COURT_KTY_RSA
                         ? NGX_OK : NGX_DECLINED);
            wrong += alg->verify(alg, keys[k], NULL, &text, &sigs[i])
                     == NGX_OK;
            wrong += alg->verify(alg, keys[i], NULL, &text, &sigs[k])
                     == NGX_OK;

            if (!ngx_court_alg_fits(alg, keys[k])) {
                wrong += alg->sign(alg, keys[k], NULL, &text, &sig)
                         != NGX_ERROR;
            }
        }

        is_int(wrong, 0, "%s: no other key, no other signature",
               rows[i].alg);
    }

    queue_empty_("crossed");
}


static void
test_fits(void)
{
    ngx_uint_t              i;
    ngx_str_t               k, sig;
    ngx_court_key_t         key, *oct;
    const ngx_court_alg_t  *alg;

    for (i = 0; i < NROWS; i++) {
        alg = alg_(rows[i].alg);
        key = *keys[i];

        is_int(ngx_court_alg_fits(alg, &key), 1, "%s fits", rows[i].alg);

        key.alg = alg;
        is_int(verify(i, &key, &text, &sigs[i]), NGX_OK, "%s: JWK alg",
               rows[i].alg);

        key.alg = alg_(i ? "HS256" : "HS512");
        is_int(verify(i, &key, &text, &sigs[i]), NGX_DECLINED,
               "%s: another JWK alg", rows[i].alg);

        key.alg = NULL;
        key.use_sig = 0;
        is_int(verify(i, &key, &text, &sigs[i]), NGX_DECLINED,
               "%s: use enc", rows[i].alg);
    }

    /* RFC 7518 section 3.2 */

    k = s_("0123456789abcdef0123456789abcde");
    oct = ngx_court_key_oct(tap_pool(), &k, NULL);
    sig.data = ngx_palloc(tap_pool(), NGX_COURT_MAX_SIG_LEN);
    alg = alg_("HS256");

    is_int(ngx_court_alg_fits(alg, oct), 0, "31 bytes are no HS256 key");
    is_int(ngx_court_alg_fits(alg_("HSM3"), oct), 0, "nor an HSM3 key");
    is_int(alg->sign(alg, oct, NULL, &text, &sig), NGX_ERROR, "don't sign");

    k = s_("0123456789abcdef0123456789abcdef");
    oct = ngx_court_key_oct(tap_pool(), &k, NULL);
    is_int(ngx_court_alg_fits(alg, oct), 1, "32 bytes are");
    is_int(ngx_court_alg_fits(alg_("HS384"), oct), 0, "not for HS384");
}


/* (r, n - s) verifies as well: why a token's hash is no name for revocation */

static const struct {
    const char  *alg;
    const char  *order;
} orders[] = {
    { "ES256",
      "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551" },
    { "ES384",
      "ffffffffffffffffffffffffffffffffffffffffffffffff"
      "c7634d81f4372ddf581a0db248b0a77aecec196accc52973" },
    { "ES512",
      "01"
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e913864"
      "09" },
    { "ES256K",
      "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141" },
    { "SM2",
      "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123" }
};


static void
subtract(u_char *a, const u_char *from, size_t len)
{
    int  d, borrow;

    for (borrow = 0; len--; /* void */ ) {
        d = from[len] - a[len] - borrow;
        borrow = d < 0;
        a[len] = (u_char) d;
    }
}


static void
test_numbers(ngx_uint_t o)
{
    size_t       half;
    ngx_str_t    n, sig;
    ngx_uint_t   i;

    for (i = 0; strcmp(rows[i].alg, orders[o].alg) != 0; i++) { /* void */ }

    half = sigs[i].len / 2;
    n = hex_(orders[o].order);
    is_int(n.len, half, "%s: order", rows[i].alg);

    sig = copy_(&sigs[i], 0);
    memset(sig.data, 0, half);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "r = 0");

    sig = copy_(&sigs[i], 0);
    memset(sig.data + half, 0, half);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "s = 0");

    sig = copy_(&sigs[i], 0);
    memcpy(sig.data, n.data, half);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "r = n");

    sig = copy_(&sigs[i], 0);
    memcpy(sig.data + half, n.data, half);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "s = n");

    memcpy(sig.data, n.data, half);
    is_int(verify(i, keys[i], &text, &sig), NGX_DECLINED, "both n");

    sig = copy_(&sigs[i], 0);
    subtract(sig.data + half, n.data, half);
    is_int(verify(i, keys[i], &text, &sig),
           keys[i]->kty == NGX_COURT_KTY_EC ? NGX_OK : NGX_DECLINED,
           "%s: (r, n - s)", rows[i].alg);

    queue_empty_(rows[i].alg);
}


/* a public key made of the parts verifies and can't sign */

static void
test_public(ngx_uint_t i)
{
    ngx_str_t               sig;
    ngx_court_key_t        *key;
    ngx_court_key_parts_t   p;
    ngx_court_rsa_parts_t   rsa;
    const ngx_court_alg_t  *alg;

    if (keys[i]->kty == NGX_COURT_KTY_OCT) {
        return;
    }

    is_int(ngx_court_key_parts(tap_pool(), keys[i], 0, &p), NGX_OK,
           "%s: parts", rows[i].alg);
    ok(p.d.len == 0 && p.p.len == 0 && p.k.len == 0, "no private part");

    memset(&rsa, 0, sizeof(rsa));
    rsa.n = p.n;
    rsa.e = p.e;

    key = keys[i]->kty == NGX_COURT_KTY_RSA
          ? ngx_court_key_rsa(tap_pool(), &rsa, NULL)
          : keys[i]->kty == NGX_COURT_KTY_OKP
          ? ngx_court_key_okp(tap_pool(), &keys[i]->crv, &p.x, NULL, NULL)
          : ngx_court_key_ec(tap_pool(), &keys[i]->crv, &p.x, &p.y, NULL,
                             NULL);

    if (!ok(key != NULL, "%s: public key", rows[i].alg)) {
        return;
    }

    alg = alg_(rows[i].alg);
    sig.data = ngx_palloc(tap_pool(), NGX_COURT_MAX_SIG_LEN);

    is_int(key->private_key, 0, "is public");
    is_int(verify(i, key, &text, &sigs[i]), NGX_OK, "verifies");
    is_int(alg->sign(alg, key, NULL, &text, &sig), NGX_ERROR, "can't sign");
    is_int(ngx_court_key_parts(tap_pool(), key, 1, &p), NGX_ERROR,
           "has no private parts");
}


int
main(void)
{
    ngx_uint_t  i;

    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    test_table();

    for (i = 0; i < NROWS; i++) {
        test_sign(i);

        if (keys[i] == NULL) {
            return done_testing();
        }

        test_flipped(i);
        test_lengths(i);
        test_public(i);
    }

    test_crossed();
    test_fits();

    for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        test_numbers(i);
    }

    return done_testing();
}
