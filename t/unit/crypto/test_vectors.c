/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Known answers of standards, through the makers and the algorithm table.
 */

#include "ngx_court_base64url.h"
#include "test_crypto.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>


static ngx_str_t
b64(const char *text)
{
    ngx_str_t  s, in;

    in.data = (u_char *) text;
    in.len = strlen(text);

    if (ngx_court_base64url_decode(tap_pool(), &s, &in) != NGX_OK) {
        ok(0, "base64url: %s", text);
        ngx_str_null(&s);
    }

    return s;
}


static void
check(const char *name, const char *alg, const ngx_court_key_t *key,
    const ngx_str_t *data, ngx_str_t sig)
{
    const ngx_court_alg_t  *a;

    if (!ok(key != NULL, "%s: key", name)) {
        return;
    }

    a = alg_(alg);
    is_int(a->verify(a, key, NULL, data, &sig), NGX_OK, "%s: verifies", name);

    sig.data[sig.len / 3] ^= 4;
    is_int(a->verify(a, key, NULL, data, &sig), NGX_DECLINED,
           "%s: not when changed", name);
}


/* RFC 7515 appendix A: payload and keys */

#define PAYLOAD                                                               \
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"   \
    "LmNvbS9pc19yb290Ijp0cnVlfQ"


static void
test_rfc7515(void)
{
    ngx_str_t              x, y;
    ngx_court_rsa_parts_t  rsa;

    x = b64("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
            "PS4hcgUuTwjAzZr1Z9CAow");
    check("RFC 7515 A.1", "HS256", ngx_court_key_oct(tap_pool(), &x, NULL),
          &s_("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" PAYLOAD),
          b64("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));

    memset(&rsa, 0, sizeof(rsa));
    rsa.n = b64("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm"
                "fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
                "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"
                "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"
                "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
                "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ");
    rsa.e = b64("AQAB");
    check("RFC 7515 A.2", "RS256", ngx_court_key_rsa(tap_pool(), &rsa, NULL),
          &s_("eyJhbGciOiJSUzI1NiJ9" PAYLOAD),
          b64("cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZm"
              "h7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB"
              "YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L"
              "07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6Bf"
              "I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWk"
              "WywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));

    x = b64("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    y = b64("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    check("RFC 7515 A.3", "ES256",
          ngx_court_key_ec(tap_pool(), &s_("P-256"), &x, &y, NULL, NULL),
          &s_("eyJhbGciOiJFUzI1NiJ9" PAYLOAD),
          b64("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISl"
              "SApmWQxfKTUJqPP3-Kg6NU1Q"));
}


/* RFC 7520 section 4.2: somebody else's RSASSA-PSS */

static void
test_rfc7520(void)
{
    ngx_court_rsa_parts_t  rsa;

    memset(&rsa, 0, sizeof(rsa));
    rsa.n = b64("n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT"
                "-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV"
                "wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-"
                "oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde"
                "3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuC"
                "LqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5g"
                "HdrNP5zw");
    rsa.e = b64("AQAB");

    check("RFC 7520 4.2", "PS384", ngx_court_key_rsa(tap_pool(), &rsa, NULL),
          &s_("eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZX"
              "hhbXBsZSJ9."
              "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IH"
              "lvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBk"
              "b24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcm"
              "UgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"),
          b64("cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2I"
              "pN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXU"
              "vdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRX"
              "e8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT"
              "0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a"
              "6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"));
}


/* RFC 7518 section 3.5: the salt is as long as the digest, no other */

static void
test_pss_salt(void)
{
    u_char                  digest[32], buf[512];
    ngx_str_t               text = ngx_string("text"), sig;
    ngx_uint_t              i;
    EVP_PKEY_CTX           *ctx;
    ngx_court_key_t        *key;
    const ngx_court_alg_t  *alg;

    static const int  salts[] = { 0, 20, 31, 32, 33, 64, RSA_PSS_SALTLEN_MAX };

    key = ngx_court_key_generate(tap_pool(), "RSA", 2048, NULL);
    alg = alg_("PS256");
    ngx_court_sha256(&text, 1, digest);
    sig.data = buf;

    for (i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
        EVP_PKEY_sign_init(ctx);
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256());
        EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salts[i]);
        sig.len = sizeof(buf);
        is_int(EVP_PKEY_sign(ctx, buf, &sig.len, digest, 32), 1,
               "PSS with a salt of %d", salts[i]);
        EVP_PKEY_CTX_free(ctx);

        is_int(alg->verify(alg, key, NULL, &text, &sig),
               salts[i] == 32 ? NGX_OK : NGX_DECLINED, "is it PS256");
    }

    /* and what we sign has it */

    is_int(alg->sign(alg, key, NULL, &text, &sig), NGX_OK, "PS256 signs");

    ctx = EVP_PKEY_CTX_new(key->pkey, NULL);
    EVP_PKEY_verify_init(ctx);
    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256());
    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32);
    is_int(EVP_PKEY_verify(ctx, sig.data, sig.len, digest, 32), 1,
           "with a salt of 32");
    EVP_PKEY_CTX_free(ctx);
}


/* RFC 8032 sections 7.1 and 7.4 */

static const struct {
    const char  *name;
    const char  *crv;
    const char  *d;
    const char  *x;
    const char  *text;
    const char  *sig;
} edwards[] = {
    { "7.1 test 1", "Ed25519",
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "7.1 test 2", "Ed25519",
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "7.4 blank", "Ed448",
      "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3"
      "528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
      "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
      "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
      "",
      "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f"
      "2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a"
      "9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db"
      "b61149f05a7363268c71d95808ff2e652600" }
};


static void
test_rfc8032(void)
{
    u_char                  buf[NGX_COURT_MAX_SIG_LEN];
    ngx_str_t               crv, x, d, text, want, sig;
    ngx_uint_t              i;
    ngx_court_key_t        *key;
    const ngx_court_alg_t  *alg;

    alg = alg_("EdDSA");

    for (i = 0; i < sizeof(edwards) / sizeof(edwards[0]); i++) {
        crv.data = (u_char *) edwards[i].crv;
        crv.len = strlen(edwards[i].crv);
        x = hex_(edwards[i].x);
        d = hex_(edwards[i].d);
        text = hex_(edwards[i].text);
        want = hex_(edwards[i].sig);
        sig.data = buf;

        key = ngx_court_key_okp(tap_pool(), &crv, &x, &d, NULL);

        if (!ok(key != NULL, "%s: key", edwards[i].name)) {
            continue;
        }

        is_int(alg->sign(alg, key, NULL, &text, &sig), NGX_OK, "%s: signs",
               edwards[i].name);
        is_mem(sig.data, want.data, want.len, "%s: the very signature",
               edwards[i].name);

        check(edwards[i].name, "EdDSA", key, &text, want);
    }
}


static void
test_ec(void)
{
    ngx_str_t         x, y, d;
    ngx_court_key_t  *key;

    /* RFC 6979 A.2.5, SHA-256 of "sample" and "test" */

    x = hex_(
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
    y = hex_(
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
    d = hex_(
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");

    key = ngx_court_key_ec(tap_pool(), &s_("P-256"), &x, &y, &d, NULL);

    check("RFC 6979 sample", "ES256", key, &s_("sample"), hex_(
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"));
    check("RFC 6979 test", "ES256", key, &s_("test"), hex_(
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"));

    /* GB/T 32918.5 A.2, ID 1234567812345678 */

    x = hex_(
        "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
    y = hex_(
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
    d = hex_(
        "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");

    key = ngx_court_key_ec(tap_pool(), &s_("SM2"), &x, &y, &d, NULL);

    check("GB/T 32918.5", "SM2", key, &s_("message digest"), hex_(
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"));
}


int
main(void)
{
    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    test_rfc7515();
    test_rfc7520();
    test_pss_salt();
    test_rfc8032();
    test_ec();

    queue_empty_("vectors");

    return done_testing();
}
