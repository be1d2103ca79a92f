/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_ring.h"
#include "test_crypto.h"


#define S1  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define S2  "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

#define LINE  "line 1: a key is ID ALG SECRET [state=WORD] [created=TIME]"

static const struct {
    ngx_court_ring_kind_t   kind;
    const char             *text;
    const char             *err;          /* NULL: taken */
} rings[] = {
    { NGX_COURT_RING_SEAL, "a sm4-ctr-hmac-sm3 " S1 "\n", NULL },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1, NULL },
    { NGX_COURT_RING_MAC, "a hmac-sm3 " S1 "\n", NULL },
    { NGX_COURT_RING_MAC, "a hmac-sha256 " S1 "\n", NULL },
    { NGX_COURT_RING_SEAL,
      "# c\n\n \t\n  k-1._Z\taes-256-gcm   " S1 " # old\n", NULL },
    { NGX_COURT_RING_SEAL, "0123456789abcdef aes-256-gcm " S1, NULL },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=write "
      "created=2026-11-28T00:00:00Z # c\n", NULL },
    { NGX_COURT_RING_MAC, "a hmac-sm3 " S1 " created=2026-11-28T00:00:00Z "
      "state=retired\nb hmac-sm3 " S2, NULL },

    { NGX_COURT_RING_SEAL, "", "line 1: no key" },
    { NGX_COURT_RING_SEAL, "# only\n", "line 2: no key" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm", LINE },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " x", LINE },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=", LINE },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " created=2026-11-28T00:00:00Z "
      "state=write x", LINE },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=write state=write",
      "line 1: duplicate state" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=Write",
      "line 1: a key's state is accept, write, read or retired" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 "\nb aes-256-gcm " S2
      " state=retired", NULL },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " created=yesterday",
      "line 1: created is one time of RFC 3339" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " created=2026-11-28T00:00:00Z "
      "created=2026-11-28T00:00:00Z",
      "line 1: created is one time of RFC 3339" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=accept\n",
      "line 2: no key to write with" },
    { NGX_COURT_RING_MAC, "a hmac-sm3 " S1 " state=retired\nb hmac-sm3 " S2
      " state=read", "line 3: no key to write with" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 " state=write\nb aes-256-gcm "
      S2 " state=write\n", "line 3: two keys to write with" },
    { NGX_COURT_RING_SEAL, "0123456789abcdefg aes-256-gcm " S1,
      "line 1: a key's id is 1 to 16 of A-Z a-z 0-9 . _ -" },
    { NGX_COURT_RING_SEAL, "a/b aes-256-gcm " S1,
      "line 1: a key's id is 1 to 16 of A-Z a-z 0-9 . _ -" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 "\na aes-256-gcm " S2,
      "line 2: duplicate id" },
    { NGX_COURT_RING_SEAL, "a hmac-sm3 " S1, "line 1: unknown algorithm" },
    { NGX_COURT_RING_MAC, "a aes-256-gcm " S1, "line 1: unknown algorithm" },
    { NGX_COURT_RING_SEAL, "a AES-256-GCM " S1, "line 1: unknown algorithm" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm AAEC",
      "line 1: the secret is not base64url of 32 bytes" },
    { NGX_COURT_RING_SEAL, "\na aes-256-gcm " S1 "=",
      "line 2: the secret is not base64url of 32 bytes" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm " S1 "\r",
      "line 1: the secret is not base64url of 32 bytes" },
    { NGX_COURT_RING_SEAL, "a aes-256-gcm "
      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
      "line 1: the secret is not base64url of 32 bytes" }
};


static ngx_court_ring_t *
ring_(ngx_court_ring_kind_t kind, const char *text, ngx_str_t *err)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return ngx_court_ring_parse(tap_pool(), &s, kind, err);
}


static void
test_parse(void)
{
    char               text[64 * (NGX_COURT_RING_MAX_KEYS + 1)], *p;
    ngx_str_t          err;
    ngx_uint_t         i;
    ngx_court_ring_t  *ring;

    for (i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
        ngx_str_null(&err);
        ring = ring_(rings[i].kind, rings[i].text, &err);

        if (rings[i].err == NULL) {
            ok(ring != NULL, "ring %d is taken: %.*s", (int) i,
               (int) err.len, err.data);
            continue;
        }

        ok(ring == NULL, "ring %d is refused", (int) i);
        is_str(&err, rings[i].err, "ring %d", (int) i);
    }

    for (p = text, i = 0; i < NGX_COURT_RING_MAX_KEYS; i++) {
        p += sprintf(p, "k%d hmac-sm3 " S1 "\n", (int) i);
    }

    ring = ring_(NGX_COURT_RING_MAC, text, &err);
    ok(ring != NULL, "as many keys as fit");
    is_str(ngx_court_ring_id(ring), "k0", "the first is written with");

    ring = ring_(NGX_COURT_RING_MAC, "a hmac-sm3 " S1 " state=read\n"
                 "b hmac-sm3 " S2 " state=accept\nc hmac-sha256 " S1 "\n"
                 "d hmac-sm3 " S1 " state=write\n", &err);
    is_str(ngx_court_ring_id(ring), "d", "the one that says so is");

    ring = ring_(NGX_COURT_RING_MAC, "a hmac-sm3 " S1 " state=retired\n"
                 "b hmac-sm3 " S2 "\nc hmac-sm3 " S1 "\n", &err);
    is_str(ngx_court_ring_id(ring), "b", "else the first that says nothing");

    strcpy(p, "more hmac-sm3 " S1 "\n");
    ok(ring_(NGX_COURT_RING_MAC, text, &err) == NULL, "one more");
    ok(ring_(NGX_COURT_RING_MAC, text, NULL) == NULL, "without err");
}


static void
test_name(void)
{
    u_char              a[32], b[32];
    ngx_str_t           err;
    ngx_uint_t          i;
    ngx_court_ring_t   *ring;

    ngx_str_t  f1[] = { ngx_string("ab"), ngx_string("c") };
    ngx_str_t  f2[] = { ngx_string("a"), ngx_string("bc") };

    static const char  *others[] = {
        "a hmac-sm3 " S2,
        "a hmac-sha256 " S1,
        "b hmac-sm3 " S2 "\na hmac-sm3 " S1
    };

    ring = ring_(NGX_COURT_RING_MAC, "a hmac-sm3 " S1, &err);

    is_int(ngx_court_ring_name(ring, "d", f1, 2, a), NGX_OK, "name");
    is_int(ngx_court_ring_name(ring, "d", f1, 2, b), NGX_OK, "again");
    is_mem(a, b, 32, "the same");

    ngx_court_ring_name(ring, "e", f1, 2, b);
    ok(memcmp(a, b, 32) != 0, "another domain");
    ngx_court_ring_name(ring, "d", f2, 2, b);
    ok(memcmp(a, b, 32) != 0, "another border");
    ngx_court_ring_name(ring, "d", f1, 1, b);
    ok(memcmp(a, b, 32) != 0, "a field less");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ring = ring_(NGX_COURT_RING_MAC, others[i], &err);
        ngx_court_ring_name(ring, "d", f1, 2, b);
        ok(memcmp(a, b, 32) != 0, "another ring %d", (int) i);
    }

    /* the second key may change: names stay */

    ring = ring_(NGX_COURT_RING_MAC, "a hmac-sm3 " S1 "\nz hmac-sm3 " S2,
                 &err);
    ngx_court_ring_name(ring, "d", f1, 2, b);
    is_mem(a, b, 32, "only the first key names");
}


static void
test_subkeys(void)
{
    ngx_str_t              err;
    ngx_uint_t             i;
    ngx_court_ring_t      *ring, *gcm, *mac;
    ngx_court_ring_key_t  *k;
    u_char                 secret[32];

    ring = ring_(NGX_COURT_RING_SEAL, "a sm4-ctr-hmac-sm3 " S1, &err);
    gcm = ring_(NGX_COURT_RING_SEAL, "a aes-256-gcm " S1, &err);
    k = &ring->keys[0];

    for (i = 0; i < 32; i++) {
        secret[i] = (u_char) i;
    }

    ok(memcmp(k->enc, k->mac, 32) && memcmp(k->mac, k->name, 32)
       && memcmp(k->enc, k->name, 32), "a key for each purpose");
    ok(memcmp(k->enc, secret, 16) && memcmp(k->mac, secret, 32),
       "none is the secret");
    ok(memcmp(k->enc, gcm->keys[0].enc, 16), "and for each algorithm");

    mac = ring_(NGX_COURT_RING_MAC, "a hmac-sm3 " S1, &err);
    ok(memcmp(k->name, mac->keys[0].name, 32),
       "also where they share the digest");
}


int
main(void)
{
    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    test_parse();
    test_name();
    test_subkeys();
    queue_empty_("rings");

    return done_testing();
}
