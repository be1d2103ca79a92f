/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The packed token: comes back as it was, or not at all.  Shared memory may
 * have been written by another version of the module.
 */

#include "ngx_court_bytes.h"
#include "test_token.h"


static ngx_court_issuer_t  *a, *b;
static ngx_array_t         *both;
static ngx_court_token_t    token;
static ngx_str_t            packed;


static void
prepare(void)
{
    ngx_str_t                  text;
    const char                *why;
    ngx_court_claim_t         *claim;
    const ngx_court_reason_t  *reason;

    a = issuer_("platform", "https://lspt.example");
    b = issuer_("staff", "https://staff.example");
    both = issuers_(b, a);

    a->claims = ngx_array_create(tap_pool(), 1, sizeof(ngx_court_claim_t));
    claim = ngx_array_push(a->claims);
    claim->name = s_("firm");
    claim->pointer = s_("/firm");
    claim->map = NULL;
    (void) ngx_court_issuer_seal(a);

    text = token_(a, (member_t []) { { "firm", "\"F & Co\"" } }, 1);

    is_int(ngx_court_token_verify(tap_pool(), both, &text, NOW, &token,
                                  &reason, &why),
           NGX_COURT_PASS, "verified");
    is_int(ngx_court_token_pack(tap_pool(), &token, &packed), NGX_OK,
           "packed");
}


static void
test_round(void)
{
    ngx_str_t          name;
    ngx_court_value_t  v;
    ngx_court_token_t  t;

    is_int(ngx_court_token_unpack(both, &packed, &t), NGX_OK, "unpacked");
    ok(t.issuer == a, "issuer");
    ok(t.record.len == token.record.len
       && memcmp(t.record.data, token.record.data, t.record.len) == 0,
       "record");
    ok(memcmp(t.id, token.id, sizeof(t.id)) == 0, "id");

    name = s_("firm");
    ngx_court_token_claim(&t, &name, NOW, &v);
    is_str(&v.str, "F & Co", "mapped claim");
}


/* of bytes that unpack takes, unpack_again makes the same of them; and what
 * is about issuer, keys and lengths it refuses as well */

static void
test_again(void)
{
    ngx_str_t          s;
    ngx_uint_t         n;
    ngx_court_token_t  t, u;

    memset(&t, 0xa5, sizeof(t));
    memset(&u, 0xa5, sizeof(u));
    is_int(ngx_court_token_unpack(both, &packed, &t), NGX_OK, "unpacked");
    is_int(ngx_court_token_unpack_again(both, &packed, &u), NGX_OK, "again");
    is_mem(&t, &u, sizeof(t), "the same token");

    is_int(ngx_court_token_unpack_again(issuers_(b, NULL), &packed, &u),
           NGX_DECLINED, "its issuer is not accepted here");

    a->jwks->generation++;
    is_int(ngx_court_token_unpack_again(both, &packed, &u), NGX_DECLINED,
           "other keys");
    a->jwks->generation--;

    a->config_hash[31] ^= 1;
    is_int(ngx_court_token_unpack_again(both, &packed, &u), NGX_DECLINED,
           "another configuration");
    a->config_hash[31] ^= 1;

    for (n = 0, s = packed; s.len > 0; /* void */ ) {
        s.len--;
        n += (ngx_court_token_unpack_again(both, &s, &u) == NGX_OK);
    }

    is_int(n, 0, "no prefix");
}


/* a copy of exactly len bytes, so that a read beyond them is seen */

static ngx_int_t
unpack_(const u_char *data, size_t len)
{
    ngx_int_t          rc;
    ngx_str_t          s;
    ngx_uint_t         i;
    ngx_court_value_t  v;
    ngx_court_token_t  t;

    s.data = malloc(len ? len : 1);
    s.len = len;
    memcpy(s.data, data, len);

    rc = ngx_court_token_unpack(both, &s, &t);

    for (i = 0; rc == NGX_OK && i < NGX_COURT_TF_COUNT; i++) {
        ngx_court_token_field(&t, i, &v);
    }

    free(s.data);

    return rc;
}


static void
test_broken(void)
{
    u_char      *copy;
    size_t       i;
    ngx_uint_t   n, accepted;

    accepted = 0;

    for (i = 0; i < packed.len; i++) {
        accepted += (unpack_(packed.data, i) == NGX_OK);
    }

    is_int(accepted, 0, "no prefix");

    copy = ngx_pcalloc(tap_pool(), packed.len + 1);
    memcpy(copy, packed.data, packed.len);
    is_int(unpack_(copy, packed.len + 1), NGX_DECLINED, "no byte behind");

    /* what matters is that none crashes; header bytes are all checked */

    for (n = 0; n < 3; n++) {
        accepted = 0;

        for (i = 0; i < packed.len; i++) {
            copy[i] = n == 0 ? copy[i] ^ 0x80 : n == 1 ? 0xff : 0;

            if (unpack_(copy, packed.len) == NGX_OK
                && copy[i] != packed.data[i] && i < 1 + 32 + 8)
            {
                accepted++;
            }

            copy[i] = packed.data[i];
        }

        is_int(accepted, 0, "header bytes changed, %d", (int) n);
    }

    is_int(unpack_(copy, packed.len), NGX_OK, "unchanged");
}


/* records of no subject, role or end */

static void
test_incomplete(void)
{
    u_char             bytes[4096], *p;
    ngx_str_t          record;
    ngx_uint_t         i, field;
    ngx_court_value_t  v[NGX_COURT_TF_COUNT];

    static const ngx_uint_t  fields[] = {
        NGX_COURT_TF_SUB, NGX_COURT_TF_ROLE, NGX_COURT_TF_EXP,
        NGX_COURT_TF_JTI
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {

        for (field = 0; field < NGX_COURT_TF_COUNT; field++) {
            ngx_court_token_field(&token, field, &v[field]);
        }

        v[fields[i]].state = NGX_COURT_V_ABSENT;
        (void) ngx_court_record_encode(tap_pool(), &ngx_court_token_schema, v,
                                       &record);

        p = ngx_cpymem(bytes, packed.data, 1 + 32 + 8 + 32);
        p = ngx_court_put16(p, record.len);
        p = ngx_cpymem(p, record.data, record.len);
        p = ngx_court_put16(p, 0);

        is_int(unpack_(bytes, p - bytes),
               fields[i] == NGX_COURT_TF_JTI ? NGX_OK : NGX_DECLINED,
               "without field %d", (int) fields[i]);

        /* a list of mapped claims whose framing is broken */

        p = ngx_court_put16(p - 2, 3);
        p = ngx_cpymem(p, "\0\x09x", 3);
        is_int(unpack_(bytes, p - bytes), NGX_DECLINED, "broken list");
    }
}


/* a time that no claim can say: what is reckoned with it would overflow */

static void
test_times(void)
{
    u_char             bytes[4096], *p;
    ngx_str_t          record;
    ngx_uint_t         i, n, field;
    ngx_court_value_t  v[NGX_COURT_TF_COUNT];

    static const ngx_uint_t  fields[] = {
        NGX_COURT_TF_EXP, NGX_COURT_TF_NBF, NGX_COURT_TF_IAT,
        NGX_COURT_TF_AUTH_TIME
    };

    static const int64_t     times[] = {
        INT64_MIN, -1, (int64_t) 1 << 53, INT64_MAX, 0,
        ((int64_t) 1 << 53) - 1
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        for (n = 0; n < sizeof(times) / sizeof(times[0]); n++) {

            for (field = 0; field < NGX_COURT_TF_COUNT; field++) {
                ngx_court_token_field(&token, field, &v[field]);
            }

            v[fields[i]].state = NGX_COURT_V_PRESENT;
            v[fields[i]].type = NGX_COURT_T_TIME;
            v[fields[i]].num = times[n];
            (void) ngx_court_record_encode(tap_pool(), &ngx_court_token_schema,
                                           v, &record);

            p = ngx_cpymem(bytes, packed.data, 1 + 32 + 8 + 32);
            p = ngx_court_put16(p, record.len);
            p = ngx_cpymem(p, record.data, record.len);
            p = ngx_court_put16(p, 0);

            is_int(unpack_(bytes, p - bytes), n < 4 ? NGX_DECLINED : NGX_OK,
                   "field %d, time %d", (int) fields[i], (int) n);
        }
    }
}


static void
test_others(void)
{
    u_char             hash[NGX_COURT_SHA256_LEN];
    ngx_court_token_t  t;

    is_int(ngx_court_token_unpack(issuers_(b, NULL), &packed, &t),
           NGX_DECLINED, "an issuer not accepted here");

    a->jwks->generation++;
    is_int(ngx_court_token_unpack(both, &packed, &t), NGX_DECLINED,
           "other keys");
    a->jwks->generation--;

    memcpy(hash, a->config_hash, sizeof(hash));
    a->leeway = 31;
    (void) ngx_court_issuer_seal(a);
    is_int(ngx_court_token_unpack(both, &packed, &t), NGX_DECLINED,
           "another configuration");

    a->leeway = 30;
    (void) ngx_court_issuer_seal(a);
    ok(memcmp(hash, a->config_hash, sizeof(hash)) == 0,
       "the same configuration, the same hash");
    is_int(ngx_court_token_unpack(both, &packed, &t), NGX_OK, "back again");
}


/* whatever a verification depends on is in the hash */

static void
test_seal(void)
{
    u_char               hash[24][NGX_COURT_SHA256_LEN];
    ngx_uint_t           n, i, same;
    ngx_court_claim_t   *claim;
    ngx_keyval_t        *kv;
    ngx_court_issuer_t  *x, saved;

    x = issuer_("x", "https://x.example");
    saved = *x;
    n = 0;

#define with(change)                                                          \
    *x = saved;                                                               \
    change;                                                                   \
    (void) ngx_court_issuer_seal(x);                                          \
    memcpy(hash[n++], x->config_hash, NGX_COURT_SHA256_LEN)

    with((void) 0);
    with(x->name = s_("y"));
    with(x->issuer = s_("https://x.example/"));
    with(x->audiences = words_("court-api"));
    with(x->audiences = words_("court-api other-api lawyer");
         x->roles = words_("assistant party"));
    with(x->roles = words_("lawyer assistant"));
    with(x->courts = words_("B00"));
    with(x->courts = words_("B00 B01"));
    with(x->acr = NULL);
    with(x->acr = words_("sms pwd face"));
    with(x->algorithms <<= 1);
    with(x->typ = s_("JWT"));
    with(x->leeway = 0);
    with(x->token_max_age = 0);
    with(x->binding = NGX_COURT_BINDING_MTLS);
    with(x->sm2.id = s_("x"));
    with(x->sm2.der = 1);

    saved.claims = ngx_array_create(tap_pool(), 1, sizeof(ngx_court_claim_t));
    claim = ngx_array_push(saved.claims);
    claim->name = s_("role");
    claim->pointer = s_("/r");
    claim->map = NULL;
    with((void) 0);

    claim->pointer = s_("/s");
    with((void) 0);

    claim->map = ngx_array_create(tap_pool(), 1, sizeof(ngx_keyval_t));
    kv = ngx_array_push(claim->map);
    kv->key = s_("1");
    kv->value = s_("lawyer");
    with((void) 0);

    kv->value = s_("party");
    with((void) 0);

    same = 0;

    while (n--) {
        for (i = 0; i < n; i++) {
            same += (memcmp(hash[i], hash[n], NGX_COURT_SHA256_LEN) == 0);
        }
    }

    is_int(same, 0, "each configuration has a hash of its own");
}


static void
test_key(void)
{
    u_char     k1[NGX_COURT_SHA256_LEN], k2[NGX_COURT_SHA256_LEN];
    ngx_str_t  text;

    text = token_(a, NULL, 0);
    is_int(ngx_court_token_key(&text, k1), NGX_OK, "key");

    text.data[text.len - 1] ^= 1;
    is_int(ngx_court_token_key(&text, k2), NGX_OK, "key");
    ok(memcmp(k1, k2, sizeof(k1)) != 0, "another spelling, another key");
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());
    ngx_court_token_init();

    prepare();
    test_round();
    test_again();
    test_broken();
    test_incomplete();
    test_times();
    test_others();
    test_seal();
    test_key();

    return done_testing();
}
