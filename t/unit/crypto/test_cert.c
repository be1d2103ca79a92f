/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates made by openssl's command line; the pins are its, too.
 */

#include "ngx_court_cert.h"
#include "test_crypto.h"


static const char  cert_a[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBnTCCAUKgAwIBAgIUVeH1jSwkBgnR9Fk1rI9l/Le/E5owCgYIKoZIzj0EAwIw\n"
    "EjEQMA4GA1UEAwwHY24udGVzdDAgFw0yNjExMjkwMDU2NDRaGA8yMTI2MTEwNTAw\n"
    "NTY0NFowEjEQMA4GA1UEAwwHY24udGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABIw3eLWI7xclMbQxNKrR9yHj8TijokQeJC4jwzFf2YOepbPVHKVsYDvmFwTG\n"
    "CjqAloeQOncPaN0YRpHuZZn32ZujdDByMB0GA1UdDgQWBBRDTRl9erk4WIo7Bphx\n"
    "uBJwaXQurTAfBgNVHSMEGDAWgBRDTRl9erk4WIo7BphxuBJwaXQurTAPBgNVHRMB\n"
    "Af8EBTADAQH/MB8GA1UdEQQYMBaCBkEudGVzdIcECgAAAYIGYi50ZXN0MAoGCCqG\n"
    "SM49BAMCA0kAMEYCIQD6tEWsRF/JMIBI+Pd5K52i0f93B67Aud0zAso2IJDsWQIh\n"
    "AMEzgJ1ptr13kVewHR1F41FfFWjyCpU5oKnwOn1IKwbe\n"
    "-----END CERTIFICATE-----\n";

static const char  cert_b[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBfzCCASWgAwIBAgIUVLMMdNR7tzCZE19x6Uh9COEl2tcwCgYIKoZIzj0EAwIw\n"
    "FDESMBAGA1UEAwwJb25seS50ZXN0MCAXDTI2MTEyOTAwNTY0NFoYDzIxMjYxMTA1\n"
    "MDA1NjQ0WjAUMRIwEAYDVQQDDAlvbmx5LnRlc3QwWTATBgcqhkjOPQIBBggqhkjO\n"
    "PQMBBwNCAAQsaqKzb1Vky6b064hh9KZkdWgCA/o7nOgPQ4Wn1kLrbHS7Z/1kzP75\n"
    "blWP81gIB9J6brPflfWCNqW3PDwIa1SVo1MwUTAdBgNVHQ4EFgQUUxCFkTbdKgPO\n"
    "zQlnITQXclwMEP4wHwYDVR0jBBgwFoAUUxCFkTbdKgPOzQlnITQXclwMEP4wDwYD\n"
    "VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAK2NuKanQhAMVcUIKtsfPr\n"
    "s/EsJET8b7sBN9Opvo5dWQIhALMiiM/Csosf0tQh938EYmE2g3cSb78DM5Byfw0m\n"
    "vKOe\n"
    "-----END CERTIFICATE-----\n";

static const char  cert_c[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBpDCCAUmgAwIBAgIUS2cWz12RSARb+iJenk7lv00pPj0wCgYIKoZIzj0EAwIw\n"
    "JjERMA8GA1UEAwwIb25lLnRlc3QxETAPBgNVBAMMCHR3by50ZXN0MCAXDTI2MTEy\n"
    "OTAwNTY0NFoYDzIxMjYxMTA1MDA1NjQ0WjAmMREwDwYDVQQDDAhvbmUudGVzdDER\n"
    "MA8GA1UEAwwIdHdvLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATS11UQ\n"
    "9DVTGQ6I/J1CyDgRaQ6DCENfD6523OC4fG+qb7gS1O0VBXDd/SIZacbEtskwmp4Z\n"
    "BIidnv4uf0TUjrdOo1MwUTAdBgNVHQ4EFgQUMUxXzmRRbm1PtwsQwf8EAQxGL3gw\n"
    "HwYDVR0jBBgwFoAUMUxXzmRRbm1PtwsQwf8EAQxGL3gwDwYDVR0TAQH/BAUwAwEB\n"
    "/zAKBggqhkjOPQQDAgNJADBGAiEAz5/PmuXwlAz2RSzN4uNp3TaNt8wFo8GAUXf7\n"
    "vgqcd3ICIQCPz48NSoNtVtHnRScTCCYwjDoJ99BPmuyeRot76+cwcw==\n"
    "-----END CERTIFICATE-----\n";

static const char  cert_d[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBoDCCAUWgAwIBAgIUUqw8RtIDWqARxYhuIV/WSzwEQRQwCgYIKoZIzj0EAwIw\n"
    "GDEWMBQGA1UEAwwNZmFsbGJhY2sudGVzdDAgFw0yNjExMjkwMDU2NDRaGA8yMTI2\n"
    "MTEwNTAwNTY0NFowGDEWMBQGA1UEAwwNZmFsbGJhY2sudGVzdDBZMBMGByqGSM49\n"
    "AgEGCCqGSM49AwEHA0IABBIRihD1R0TliJP5Y0Dqbz4gWS5xhZCadS4pN79dVjb8\n"
    "0WZL3y9d8rDCOrInVdyrkC3o6WXaVMha4Ge7MZ/F2EGjazBpMB0GA1UdDgQWBBSZ\n"
    "Xq/kdmKxR6li6o8Vk0yefAsMbzAfBgNVHSMEGDAWgBSZXq/kdmKxR6li6o8Vk0ye\n"
    "fAsMbzAPBgNVHRMBAf8EBTADAQH/MBYGA1UdEQQPMA2CCyoud2lsZC50ZXN0MAoG\n"
    "CCqGSM49BAMCA0kAMEYCIQCTOg0OFh94czZV9yZFM21W5Lr5mxs7Uku/KeY0h1aZ\n"
    "UAIhAOBCCsAX4IjRBlJF5dfToeAb/pOnqHN00sE08WNd7Z13\n"
    "-----END CERTIFICATE-----\n";


static const struct {
    const char  *what;
    const char  *pem;
    const char  *pin;
    const char  *is[3];
    const char  *is_not[4];
} certs[] = {
    { "two dNSNames, an address, a commonName", cert_a,
      "944d1feaee99c40d7d259f29641212b2cf0395e597851aa3f3139bc8b749bc21",
      { "a.test", "B.TEST" }, { "cn.test", "10.0.0.1", "c.test", "a.tes" } },
    { "a commonName alone", cert_b,
      "f8be73f9adc5ce4ed625f4de1915435fdb35af6442bb106ad0f65c6ef93c8782",
      { "only.test" }, { "x.only.test", "only.testx" } },
    { "two of them are none", cert_c,
      "85c416b919ba41f6e06ac197e8e7a79da5f08d47304da0849f4e1cfe55f52979",
      { NULL }, { "one.test", "two.test" } },
    { "a pattern is nobody's name, nor is what stands beside it", cert_d,
      "92fb0d793f560bd3db0b8909eb3e5d4a5c120deae498fbbcb702b00f587b869b",
      { NULL }, { "a.wild.test", "*.wild.test", "fallback.test" } }
};


static void
test_certs(void)
{
    u_char             hex[2 * NGX_COURT_SHA256_LEN];
    ngx_str_t          s;
    ngx_uint_t         i, k;
    ngx_court_cert_t   cert;

    for (i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
        s.data = (u_char *) certs[i].pem;
        s.len = strlen(certs[i].pem);

        is_int(ngx_court_cert_read(tap_pool(), &s, &cert), NGX_OK, "%s",
               certs[i].what);

        ngx_hex_dump(hex, cert.spki, NGX_COURT_SHA256_LEN);
        is_mem(hex, certs[i].pin, sizeof(hex), "its pin");

        for (k = 0; k < 3 && certs[i].is[k]; k++) {
            s.data = (u_char *) certs[i].is[k];
            s.len = strlen(certs[i].is[k]);
            ok(ngx_court_cert_named(&cert, &s), "it is %s", certs[i].is[k]);
        }

        for (k = 0; k < 4 && certs[i].is_not[k]; k++) {
            s.data = (u_char *) certs[i].is_not[k];
            s.len = strlen(certs[i].is_not[k]);
            ok(!ngx_court_cert_named(&cert, &s), "it is not %s",
               certs[i].is_not[k]);
        }
    }
}


/* whatever is cut or changed: read or refused, and nothing else */

static void
test_broken(void)
{
    char               text[sizeof(cert_a)];
    ngx_str_t          s;
    ngx_uint_t         i, read;
    ngx_court_cert_t   cert;

    s.data = (u_char *) text;

    for (i = 0, read = 0; i < sizeof(cert_a) - 60; i++) {
        memcpy(text, cert_a, sizeof(cert_a));
        s.len = i;
        read += (ngx_court_cert_read(tap_pool(), &s, &cert) == NGX_OK);
    }

    is_int(read, 0, "none that is cut is read");

    for (i = 28, read = 0; i < sizeof(cert_a) - 28; i++) {
        memcpy(text, cert_a, sizeof(cert_a));
        text[i] = (text[i] == 'A') ? 'B' : 'A';
        s.len = sizeof(cert_a) - 1;
        read += (ngx_court_cert_read(tap_pool(), &s, &cert) == NGX_OK
                 && cert.nnames > NGX_COURT_CERT_NAMES);
    }

    is_int(read, 0, "what is changed has no more names than there is room");

    s.len = 65537;
    is_int(ngx_court_cert_read(tap_pool(), &s, &cert), NGX_ERROR, "too long");
}


static void
test_names(void)
{
    char        name[300];
    ngx_uint_t  i;

    static const char  *bad[] = { "", "a b", "*.x", "a/b", "a\nb", "\xc3\xa9" };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(!ngx_court_cert_name((u_char *) bad[i], strlen(bad[i])),
           "no name: %u", (unsigned) i);
    }

    memset(name, 'a', sizeof(name));
    ok(ngx_court_cert_name((u_char *) name, 253), "253 bytes");
    ok(!ngx_court_cert_name((u_char *) name, 254), "254 bytes");
    ok(!ngx_court_cert_name((u_char *) "a\0b", 3), "a NUL");
}


int
main(void)
{
    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    test_certs();
    test_broken();
    test_names();

    return done_testing();
}
