/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_evp.h"
#include "test_crypto.h"


static const struct {
    const char  *name;
    ngx_uint_t   md;
    const char  *text;
    const char  *want;
} digests[] = {
    /* FIPS 180-4 */
    { "SHA-256 abc", NGX_COURT_MD_SHA256, "abc",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "SHA-256 of nothing", NGX_COURT_MD_SHA256, "",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "SHA-384 abc", NGX_COURT_MD_SHA384, "abc",
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      "8086072ba1e7cc2358baeca134c825a7" },
    { "SHA-512 abc", NGX_COURT_MD_SHA512, "abc",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    /* GB/T 32905 A.1, A.2 */
    { "SM3 abc", NGX_COURT_MD_SM3, "abc",
      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0" },
    { "SM3 abcd x 16", NGX_COURT_MD_SM3,
      "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
      "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732" }
};


static void
test_digests(void)
{
    u_char      out[NGX_COURT_MAX_MD_LEN];
    ngx_str_t   text, want, parts[3];
    ngx_uint_t  i;

    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        text.data = (u_char *) digests[i].text;
        text.len = strlen(digests[i].text);
        want = hex_(digests[i].want);

        is_int(ngx_court_evp_md_len(digests[i].md), want.len, "%s: length",
               digests[i].name);
        is_int(ngx_court_evp_digest(digests[i].md, &text, 1, out), NGX_OK,
               "%s: computed", digests[i].name);
        is_mem(out, want.data, want.len, "%s", digests[i].name);

        parts[0].data = text.data;
        parts[0].len = text.len / 2;
        parts[1].data = NULL;
        parts[1].len = 0;
        parts[2].data = text.data + text.len / 2;
        parts[2].len = text.len - text.len / 2;

        is_int(ngx_court_evp_digest(digests[i].md, parts, 3, out), NGX_OK,
               "%s: in parts", digests[i].name);
        is_mem(out, want.data, want.len, "%s: the same", digests[i].name);
    }

    is_int(ngx_court_sha256(NULL, 0, out), NGX_OK, "no part at all");
    want = hex_(digests[1].want);
    is_mem(out, want.data, 32, "is the digest of nothing");
}


static const struct {
    const char  *name;
    ngx_uint_t   md;
    const char  *key;
    const char  *text;
    const char  *want;
} macs[] = {
    /* RFC 4231 */
    { "4.2", NGX_COURT_MD_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "4.3", NGX_COURT_MD_SHA256, "4a656665",
      "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "4.3 SHA-384", NGX_COURT_MD_SHA384, "4a656665",
      "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
      "8e2240ca5e69e2c78b3239ecfab21649" },
    { "4.3 SHA-512", NGX_COURT_MD_SHA512, "4a656665",
      "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
      "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" }
};


static void
test_macs(void)
{
    u_char      out[NGX_COURT_MAX_MD_LEN];
    ngx_str_t   key, text, want, msg;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
        key = hex_(macs[i].key);
        text = hex_(macs[i].text);
        want = hex_(macs[i].want);

        is_int(ngx_court_evp_hmac(macs[i].md, &key, &text, 1, out), NGX_OK,
               "HMAC %s: computed", macs[i].name);
        is_mem(out, want.data, want.len, "HMAC %s", macs[i].name);
    }

    /* what openssl's command line says: t/data/make-sm2.sh */

    key = hex_("000102030405060708090a0b0c0d0e0f"
               "101112131415161718191a1b1c1d1e1f");
    msg = file_("t/data/sm2-message");

    want = file_("t/data/sm2-hmac");
    want = hex_((char *) want.data);
    is_int(ngx_court_hmac_sm3(&key, &msg, 1, out), NGX_OK, "HMAC-SM3");
    is_mem(out, want.data, 32, "HMAC-SM3 is openssl's");

    want = file_("t/data/sm2-digest");
    want = hex_((char *) want.data);
    is_int(ngx_court_sm3(&msg, 1, out), NGX_OK, "SM3");
    is_mem(out, want.data, 32, "SM3 is openssl's");

    /* an empty key is a key, not "the last one" */

    key.len = 0;
    key.data = NULL;
    want = hex_("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292"
                "c5ad");
    is_int(ngx_court_hmac_sha256(&key, NULL, 0, out), NGX_OK, "empty key");
    is_mem(out, want.data, 32, "HMAC of nothing under nothing");
}


static void
test_fields(void)
{
    u_char     a[32], b[32];
    ngx_str_t  one[] = { ngx_string("ab"), ngx_string("c") };
    ngx_str_t  two[] = { ngx_string("a"), ngx_string("bc") };
    ngx_str_t  flat;

    /* u32 1 "d" u32 2 "ab" u32 1 "c" */

    ngx_court_hash_fields("d", one, 2, a);
    flat = hex_("0000000164" "000000026162" "0000000163");
    ngx_court_sha256(&flat, 1, b);
    is_mem(a, b, 32, "fields carry their lengths");

    ngx_court_hash_fields("d", two, 2, b);
    ok(memcmp(a, b, 32) != 0, "moved border, another hash");

    ngx_court_hash_fields("e", one, 2, b);
    ok(memcmp(a, b, 32) != 0, "another domain, another hash");

    ngx_court_hash_fields("d", one, 1, b);
    ok(memcmp(a, b, 32) != 0, "a field less, another hash");

    is_int(ngx_court_hash_fields("d", NULL, 0, b), NGX_OK, "no field");
}


static void
test_rest(void)
{
    u_char  a[32], b[32], zero[32] = { 0 };

    memset(a, 0, 32);
    is_int(ngx_court_random(a, 32), NGX_OK, "random");
    is_int(ngx_court_random(b, 32), NGX_OK, "random again");
    ok(memcmp(a, b, 32) != 0 && memcmp(a, zero, 32) != 0, "and differs");

    memcpy(b, a, 32);
    is_int(ngx_court_secret_eq(a, b, 32), 1, "equal");
    b[31] ^= 1;
    is_int(ngx_court_secret_eq(a, b, 32), 0, "last bit differs");
    is_int(ngx_court_secret_eq(a, b, 31), 1, "only len bytes count");

    ngx_court_wipe(a, 32);
    is_mem(a, zero, 32, "wiped");
    ngx_court_wipe(NULL, 0);
}


/* kept or not, and whoever else had the slot: the same hash */

static void
test_kept(void)
{
    u_char      a[NGX_COURT_SHA256_LEN], b[NGX_COURT_SHA256_LEN], text[600];
    ngx_str_t   f[3];
    ngx_uint_t  i, bad;

    bad = 0;

    for (i = 0; i < 6000; i++) {
        ngx_memset(text, 'a', sizeof(text));
        ngx_sprintf(text, "%04ui", i % 2500);

        f[0].data = text;
        f[0].len = i % 590;
        f[1].data = text + f[0].len;
        f[1].len = 10;
        ngx_str_null(&f[2]);

        ngx_court_hash_fields(i % 3 ? "one" : "two", f, 3, a);
        bad += (ngx_court_hash_fields_kept(i % 3 ? "one" : "two", f, 3, b)
                != NGX_OK || memcmp(a, b, sizeof(a)) != 0);
        bad += (ngx_court_hash_fields_kept(i % 3 ? "one" : "two", f, 3, b)
                != NGX_OK || memcmp(a, b, sizeof(a)) != 0);
    }

    is_int(bad, 0, "hashes that are kept are those that are not");
}


int
main(void)
{
    u_char     out[32];
    ngx_str_t  abc = ngx_string("abc");

    is_int(ngx_court_sha256(&abc, 1, out), NGX_ERROR, "nothing before init");
    is_int(ngx_court_hmac_sm3(&abc, &abc, 1, out), NGX_ERROR,
           "no MAC before init");

    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");
    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init again");

    test_digests();
    test_macs();
    test_fields();
    test_rest();

    queue_empty_("digests");

    test_kept();

    return done_testing();
}
