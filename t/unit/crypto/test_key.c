/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the makers take and refuse; PEM, parts, published keys.
 */

#include "ngx_court_base64url.h"
#include "test_crypto.h"

#include <openssl/evp.h>
#include <openssl/pem.h>


static ngx_court_key_parts_t
parts_(const char *kind, ngx_uint_t bits)
{
    ngx_court_key_t        *key;
    ngx_court_key_parts_t   p;

    memset(&p, 0, sizeof(p));
    key = ngx_court_key_generate(tap_pool(), kind, bits, NULL);
    ok(key != NULL
       && ngx_court_key_parts(tap_pool(), key, 1, &p) == NGX_OK,
       "%s: parts", kind);

    return p;
}


static ngx_court_rsa_parts_t
rsa_(const ngx_court_key_parts_t *p)
{
    ngx_court_rsa_parts_t  r = {
        p->n, p->e, p->d, p->p, p->q, p->dp, p->dq, p->qi
    };

    return r;
}


static void
rsa_is(const ngx_court_rsa_parts_t *r, int want, const char *what)
{
    ngx_str_t         err;
    ngx_court_key_t  *key;

    ngx_str_null(&err);
    key = ngx_court_key_rsa(tap_pool(), r, &err);

    ok((key != NULL) == want, "RSA: %s", what);
    ok((err.len != 0) == !want, "RSA: %s: reason", what);
    queue_empty_(what);
}


static void
test_rsa_numbers(void)
{
    ngx_str_t              n;
    ngx_uint_t             i;
    ngx_court_rsa_parts_t  good, r;

    static const struct {
        const char  *e;
        int          want;
    } exponents[] = {
        { "010001", 1 }, { "00010001", 1 }, { "0000010001", 0 },
        { "", 0 }, { "00", 0 }, { "01", 0 }, { "03", 0 }, { "11", 0 },
        { "010000", 0 }, { "ffff", 0 }, { "010003", 1 },
        { "ffffffffffffffff", 1 }, { "01ffffffffffffffff", 0 }
    };

    ngx_court_key_parts_t  p = parts_("RSA", 2048);

    memset(&good, 0, sizeof(good));
    good.n = p.n;
    good.e = p.e;
    rsa_is(&good, 1, "public");

    for (i = 0; i < sizeof(exponents) / sizeof(exponents[0]); i++) {
        r = good;
        r.e = hex_(exponents[i].e);
        rsa_is(&r, exponents[i].want, exponents[i].e);
    }

    n = copy_(&p.n, 0);
    r = good;
    r.n = n;
    n.data[255] ^= 1;
    rsa_is(&r, 0, "even modulus");

    n.data[255] ^= 1;
    r.n.len = 255;
    rsa_is(&r, 0, "2040 bits");

    r.n = copy_(&p.n, 0);
    r.n.data[0] = 0x7f;
    rsa_is(&r, 0, "2047 bits");

    r.n.len = 0;
    rsa_is(&r, 0, "no modulus");

    r.n.len = 257;
    r.n.data = ngx_pcalloc(tap_pool(), 258);
    memcpy(r.n.data + 1, p.n.data, 256);
    rsa_is(&r, 1, "one zero before");

    r.n.data = ngx_pcalloc(tap_pool(), 258);
    r.n.len = 258;
    memcpy(r.n.data + 2, p.n.data, 256);
    rsa_is(&r, 0, "two zeros before");

    r.n.len = 1025;
    r.n.data = ngx_palloc(tap_pool(), r.n.len);
    memset(r.n.data, 0xff, r.n.len);
    rsa_is(&r, 0, "8200 bits");

    r.n.len = 256;
    rsa_is(&r, 0, "2^2048 - 1 has small factors");
}


static void
test_rsa_private(void)
{
    ngx_court_key_parts_t  p, q;
    ngx_court_rsa_parts_t  r;

    p = parts_("RSA", 2048);
    q = parts_("RSA", 2048);

    r = rsa_(&p);
    rsa_is(&r, 1, "private");

    memset(&r, 0, sizeof(r));
    r.n = p.n;
    r.e = p.e;
    r.d = p.d;
    rsa_is(&r, 1, "n, e and d alone");

    r.d = q.d;
    rsa_is(&r, 0, "another key's d");

    r = rsa_(&p);
    r.q.len = 0;
    rsa_is(&r, 0, "q missing");

    r = rsa_(&p);
    r.d.len = 0;
    rsa_is(&r, 0, "d missing");

    r = rsa_(&p);
    r.p = q.p;
    rsa_is(&r, 0, "another key's p");

    r = rsa_(&p);
    r.dp = q.dp;
    rsa_is(&r, 0, "another key's dp");

    r = rsa_(&p);
    r.n = q.n;
    rsa_is(&r, 0, "another key's n");
}


static void
ec_is(const char *crv, const ngx_str_t *x, const ngx_str_t *y,
    const ngx_str_t *d, int want, const char *what)
{
    ngx_str_t         name, err;
    ngx_court_key_t  *key;

    ngx_str_null(&err);
    name.data = (u_char *) crv;
    name.len = strlen(crv);
    key = ngx_court_key_ec(tap_pool(), &name, x, y, d, &err);

    ok((key != NULL) == want, "%s: %s", crv, what);
    ok((err.len != 0) == !want, "%s: %s: reason", crv, what);
    queue_empty_(what);
}


static void
test_ec(const char *crv)
{
    ngx_str_t              s, zero;
    ngx_court_key_parts_t  p, q;

    p = parts_(crv, 0);
    q = parts_(crv, 0);
    zero.len = p.x.len;
    zero.data = ngx_pcalloc(tap_pool(), zero.len);

    ec_is(crv, &p.x, &p.y, NULL, 1, "public");
    ec_is(crv, &p.x, &p.y, &p.d, 1, "private");
    ec_is(crv, &p.x, &p.y, &q.d, 0, "another key's d");
    ec_is(crv, &p.x, &q.y, NULL, 0, "not on the curve");
    ec_is(crv, &p.y, &p.x, NULL, 0, "swapped");
    ec_is(crv, &zero, &zero, NULL, 0, "(0, 0)");
    ec_is(crv, &p.x, &p.y, &zero, 0, "d = 0");

    s = copy_(&p.d, 0);
    memset(s.data, 0xff, s.len);
    ec_is(crv, &p.x, &p.y, &s, 0, "d above n");
    ec_is(crv, &s, &p.y, NULL, 0, "x above p");

    s = copy_(&p.x, 0);
    s.len--;
    ec_is(crv, &s, &p.y, NULL, 0, "x too short");
    ec_is(crv, &p.x, &s, NULL, 0, "y too short");
    ec_is(crv, &p.x, &p.y, &s, 0, "d too short");

    s.len += 2;
    ec_is(crv, &s, &p.y, NULL, 0, "x too long");

    s.len = 0;
    ec_is(crv, &s, &p.y, NULL, 0, "no x");
    ec_is("P-224", &p.x, &p.y, NULL, 0, "unknown curve");
    ec_is("Ed25519", &p.x, &p.y, NULL, 0, "no EC curve");
    ec_is("prime256v1", &p.x, &p.y, NULL, 0, "OpenSSL's name");
}


static const struct {
    const char  *crv;
    const char  *x;
    const char  *what;
} weak[] = {
    { "Ed25519",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "order 4" },
    { "Ed25519",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "order 1" },
    { "Ed25519",
      "0100000000000000000000000000000000000000000000000000000000000080",
      "order 1, sign" },
    { "Ed25519",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "order 2" },
    { "Ed25519",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "p" },
    { "Ed25519",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "p + 1" },
    { "Ed25519",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "order 8" },
    { "Ed25519",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      "order 8, sign" },
    { "Ed25519",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "order 8 too" },
    { "Ed25519",
      "0200000000000000000000000000000000000000000000000000000000000000",
      "not on the curve" },
    { "Ed25519",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "above p" },
    { "Ed448",
      "000000000000000000000000000000000000000000000000000000000000"
      "000000000000000000000000000000000000000000000000000000",
      "order 4" },
    { "Ed448",
      "010000000000000000000000000000000000000000000000000000000000"
      "000000000000000000000000000000000000000000000000000000",
      "order 1" },
    { "Ed448",
      "feffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      "feffffffffffffffffffffffffffffffffffffffffffffffffffffff00",
      "order 2" },
    { "Ed448",
      "010000000000000000000000000000000000000000000000000000000000"
      "000000000000000000000000000000000000000000000000000001",
      "y above p" }
};


static void
test_okp(void)
{
    ngx_str_t              crv, x, s;
    ngx_uint_t             i;
    ngx_court_key_parts_t  p, q;

    for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        crv.data = (u_char *) weak[i].crv;
        crv.len = strlen(weak[i].crv);
        x = hex_(weak[i].x);
        ok(ngx_court_key_okp(tap_pool(), &crv, &x, NULL, NULL) == NULL,
           "%s: %s", weak[i].crv, weak[i].what);
    }

    crv = s_("Ed25519");
    p = parts_("Ed25519", 0);
    q = parts_("Ed25519", 0);

    ok(ngx_court_key_okp(tap_pool(), &crv, &p.x, &p.d, NULL) != NULL,
       "private");
    ok(ngx_court_key_okp(tap_pool(), &crv, &p.x, &q.d, NULL) == NULL,
       "another key's d");

    s = p.x;
    s.len--;
    ok(ngx_court_key_okp(tap_pool(), &crv, &s, NULL, NULL) == NULL, "short");
    ok(ngx_court_key_okp(tap_pool(), &crv, &p.x, &s, NULL) == NULL,
       "short d");
    ok(ngx_court_key_okp(tap_pool(), &s_("Ed448"), &p.x, NULL, NULL) == NULL,
       "another curve");
    ok(ngx_court_key_okp(tap_pool(), &s_("X25519"), &p.x, NULL, NULL)
       == NULL, "X25519 signs nothing");
    ok(ngx_court_key_okp(tap_pool(), &s_("P-256"), &p.x, NULL, NULL) == NULL,
       "P-256 is no OKP");

    /* points on the curve: about half of all strings, no more refused */

    for (i = 0; i < 50; i++) {
        q = parts_(i & 1 ? "Ed448" : "Ed25519", 0);
    }

    queue_empty_("OKP");
}


static void
test_oct(void)
{
    ngx_str_t              k, err;
    ngx_court_key_t       *key;
    ngx_court_key_parts_t  p;

    k.len = 0;
    k.data = NULL;
    ok(ngx_court_key_oct(tap_pool(), &k, &err) == NULL, "empty secret");

    k.len = NGX_COURT_MAX_SECRET_LEN + 1;
    k.data = ngx_pcalloc(tap_pool(), k.len);
    ok(ngx_court_key_oct(tap_pool(), &k, &err) == NULL, "too long a secret");

    k.len--;
    key = ngx_court_key_oct(tap_pool(), &k, &err);
    ok(key != NULL, "the longest");

    is_int(ngx_court_key_parts(tap_pool(), key, 0, &p), NGX_OK, "parts");
    is_int(p.k.len, 0, "k is private");
    is_int(ngx_court_key_parts(tap_pool(), key, 1, &p), NGX_OK, "parts");
    is_int(p.k.len, k.len, "k");
}


/* PEM of a kind, written by OpenSSL */

static ngx_str_t
pem_(EVP_PKEY *pkey, int private_key, const char *password)
{
    BIO        *bio;
    char       *data;
    ngx_str_t   s;

    bio = BIO_new(BIO_s_mem());

    if (private_key) {
        PEM_write_bio_PKCS8PrivateKey(bio, pkey,
                                      password ? EVP_aes_128_cbc() : NULL,
                                      NULL, 0, NULL, (void *) password);
    } else {
        PEM_write_bio_PUBKEY(bio, pkey);
    }

    s.len = BIO_get_mem_data(bio, &data);
    s.data = ngx_pnalloc(tap_pool(), s.len);
    memcpy(s.data, data, s.len);
    BIO_free(bio);

    return s;
}


static void
test_pem(void)
{
    EVP_PKEY         *pkey;
    ngx_str_t         pem, err;
    ngx_uint_t        i;
    ngx_court_key_t  *key;

    static const struct {
        const char       *type;
        const char       *group;
        ngx_court_kty_t   kty;            /* 0: refused */
    } kinds[] = {
        { "EC", "P-256", NGX_COURT_KTY_EC },
        { "EC", "P-384", NGX_COURT_KTY_EC },
        { "EC", "P-521", NGX_COURT_KTY_EC },
        { "EC", "secp256k1", NGX_COURT_KTY_EC },
        { "EC", "SM2", NGX_COURT_KTY_SM2 },
        { "SM2", NULL, NGX_COURT_KTY_SM2 },
        { "ED25519", NULL, NGX_COURT_KTY_OKP },
        { "ED448", NULL, NGX_COURT_KTY_OKP },
        { "RSA", "2048", NGX_COURT_KTY_RSA },
        { "RSA", "1024", 0 },
        { "EC", "P-224", 0 },
        { "EC", "brainpoolP256r1", 0 },
        { "X25519", NULL, 0 }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {

        pkey = strcmp(kinds[i].type, "RSA") == 0
               ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
                                   (size_t) atoi(kinds[i].group))
               : EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type, kinds[i].group);

        pem = pem_(pkey, 1, NULL);
        key = ngx_court_key_pem(tap_pool(), &pem, &err);
        is_int(key ? key->kty : 0, kinds[i].kty, "private %s %s",
               kinds[i].type, kinds[i].group ? kinds[i].group : "");
        ok(key == NULL || key->private_key, "is private");

        pem = pem_(pkey, 0, NULL);
        key = ngx_court_key_pem(tap_pool(), &pem, &err);
        is_int(key ? key->kty : 0, kinds[i].kty, "public %s %s",
               kinds[i].type, kinds[i].group ? kinds[i].group : "");
        ok(key == NULL || !key->private_key, "is public");
        queue_empty_(kinds[i].type);

        pem = pem_(pkey, 1, "secret");
        ok(ngx_court_key_pem(tap_pool(), &pem, &err) == NULL,
           "a password is not asked for");

        EVP_PKEY_free(pkey);
    }

    pem = s_("");
    ok(ngx_court_key_pem(tap_pool(), &pem, &err) == NULL, "empty");
    pem = s_("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    ok(ngx_court_key_pem(tap_pool(), &pem, &err) == NULL, "garbage");
    queue_empty_("PEM");
}


static void
test_generate(void)
{
    ngx_str_t  err;

    ok(!ngx_court_key_generate(tap_pool(), "RSA", 1024, &err), "RSA 1024");
    ok(!ngx_court_key_generate(tap_pool(), "RSA", 8192, &err), "RSA 8192");
    ok(!ngx_court_key_generate(tap_pool(), "P-224", 0, &err), "P-224");
    ok(!ngx_court_key_generate(tap_pool(), "oct", 0, &err), "oct 0");
    ok(!ngx_court_key_generate(tap_pool(), "oct", 99999, &err), "oct 99999");
    ok(!ngx_court_key_generate(tap_pool(), "", 0, &err), "nothing");
}


static ngx_str_t
b64(const char *text)
{
    ngx_str_t  s, in;

    in.data = (u_char *) text;
    in.len = strcmp(text, "-") ? strlen(text) : 0;
    is_int(ngx_court_base64url_decode(tap_pool(), &s, &in), NGX_OK,
           "base64url");

    return s;
}


static void
test_published(void)
{
    char                   *line, *save, kty[8], crv[16], a[600], b[600];
    ngx_str_t               x, y, name, list;
    ngx_uint_t              n;
    ngx_court_key_t        *key;
    ngx_court_rsa_parts_t   rsa;

    n = 0;
    list = file_("t/data/crypto-published.txt");
    line = strtok_r((char *) list.data, "\n", &save);

    for ( /* void */ ; line; line = strtok_r(NULL, "\n", &save)) {

        if (*line == '#'
            || sscanf(line, "%7s %15s %599s %599s", kty, crv, a, b) != 4)
        {
            continue;
        }

        n++;
        x = b64(a);
        y = b64(b);
        name.data = (u_char *) crv;
        name.len = strlen(crv);
        memset(&rsa, 0, sizeof(rsa));
        rsa.n = x;
        rsa.e = y;

        key = !strcmp(kty, "oct") ? ngx_court_key_oct(tap_pool(), &x, NULL)
            : !strcmp(kty, "RSA") ? ngx_court_key_rsa(tap_pool(), &rsa, NULL)
            : !strcmp(kty, "OKP")
              ? ngx_court_key_okp(tap_pool(), &name, &x, NULL, NULL)
              : ngx_court_key_ec(tap_pool(), &name, &x, &y, NULL, NULL);

        ok(key != NULL && key->demo, "published: %.60s", line);
    }

    ok(n > 20, "the list was read");

    key = ngx_court_key_generate(tap_pool(), "P-256", 0, NULL);
    ok(!key->demo, "a fresh key is not published");
    key = ngx_court_key_generate(tap_pool(), "oct", 256, NULL);
    ok(!key->demo, "nor a fresh secret");
}


int
main(void)
{
    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    test_rsa_numbers();
    test_rsa_private();
    test_ec("P-256");
    test_ec("P-384");
    test_ec("P-521");
    test_ec("secp256k1");
    test_ec("SM2");
    test_okp();
    test_oct();
    test_pem();
    test_generate();
    test_published();

    return done_testing();
}
