/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_ring.h"
#include "test_crypto.h"


#define S1  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define S2  "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct {
    const char  *alg;
    const char  *other;
    size_t       overhead;                /* with an id of two bytes */
} algs[] = {
    { "sm4-ctr-hmac-sm3", "aes-256-gcm", 2 + 2 + 16 + 32 },
    { "aes-256-gcm", "sm4-ctr-hmac-sm3", 2 + 2 + 12 + 16 }
};

static const ngx_str_t  aad = ngx_string("identity|lawyer-1|v1");


static ngx_court_ring_t *
ring_(ngx_court_ring_kind_t kind, const char *fmt, ...)
{
    char                text[512];
    va_list             args;
    ngx_str_t           s, err;
    ngx_court_ring_t   *ring;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    s.data = (u_char *) text;
    s.len = strlen(text);
    ring = ngx_court_ring_parse(tap_pool(), &s, kind, &err);
    ok(ring != NULL, "ring");

    return ring;
}


static ngx_str_t
room_(size_t len)
{
    ngx_str_t  s;

    s.len = 0;
    s.data = ngx_pcalloc(tap_pool(), len);

    return s;
}


static void
test_round(ngx_uint_t i)
{
    ngx_str_t          plain, sealed, again, out;
    ngx_uint_t         n;
    ngx_court_ring_t  *ring;

    static const size_t  sizes[] = { 0, 1, 15, 16, 17, 255, 4096, 100000 };

    ring = ring_(NGX_COURT_RING_SEAL, "k1 %s " S1, algs[i].alg);

    for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        plain = room_(sizes[n] + 1);
        plain.len = sizes[n];
        memset(plain.data, 'p', plain.len);
        sealed = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
        again = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);

        is_int(ngx_court_seal(ring, &aad, &plain, &sealed), NGX_OK,
               "%s: %d bytes sealed", algs[i].alg, (int) plain.len);
        is_int(sealed.len, plain.len + algs[i].overhead, "length");

        /* exactly the room that the header asks for */
        out = room_(sealed.len);
        is_int(ngx_court_open(ring, &aad, &sealed, &out), NGX_OK, "opened");
        is_int(out.len, plain.len, "as long as before");
        is_mem(out.data, plain.data, plain.len, "the same bytes");

        is_int(ngx_court_seal(ring, &aad, &plain, &again), NGX_OK, "again");
        ok(memcmp(sealed.data, again.data, sealed.len) != 0,
           "two seals of one text differ");
    }
}


static void
test_tampered(ngx_uint_t i)
{
    size_t             n;
    ngx_str_t          plain, sealed, bad, out, other;
    ngx_uint_t         wrong;
    ngx_court_ring_t  *ring;

    ring = ring_(NGX_COURT_RING_SEAL, "k1 %s " S1 "\nk2 %s " S1,
                 algs[i].alg, algs[i].other);

    plain = s_("{\"status\":\"active\"}");
    sealed = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
    out = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
    ngx_court_seal(ring, &aad, &plain, &sealed);

    bad = copy_(&sealed, 0);

    for (wrong = 0, n = 0; n < 8 * sealed.len; n++) {
        bad.data[n / 8] ^= 1 << (n % 8);
        wrong += ngx_court_open(ring, &aad, &bad, &out) != NGX_DECLINED
                 || out.len != 0;
        bad.data[n / 8] ^= 1 << (n % 8);
    }

    is_int(wrong, 0, "%s: every flipped bit is seen", algs[i].alg);

    for (wrong = 0, n = 0; n < sealed.len; n++) {
        bad.data = ngx_pnalloc(tap_pool(), n ? n : 1);
        bad.len = n;
        memcpy(bad.data, sealed.data, n);
        wrong += ngx_court_open(ring, &aad, &bad, &out) != NGX_DECLINED;
    }

    bad = copy_(&sealed, sealed.len + 1);
    bad.len++;
    wrong += ngx_court_open(ring, &aad, &bad, &out) != NGX_DECLINED;
    is_int(wrong, 0, "%s: every other length is seen", algs[i].alg);

    other = copy_(&aad, 0);

    for (wrong = 0, n = 0; n < aad.len; n++) {
        other.data[n] ^= 1;
        wrong += ngx_court_open(ring, &other, &sealed, &out) != NGX_DECLINED;
        other.data[n] ^= 1;
        other.len = n;
        wrong += ngx_court_open(ring, &other, &sealed, &out) != NGX_DECLINED;
        other.len = aad.len;
    }

    is_int(wrong, 0, "%s: a moved value does not open", algs[i].alg);
    is_int(ngx_court_open(ring, &aad, &sealed, &out), NGX_OK,
           "and the untouched does");

    /* the algorithm belongs to the id: the value can't choose */

    bad = copy_(&sealed, 0);
    bad.data[3] = '2';
    is_int(ngx_court_open(ring, &aad, &bad, &out), NGX_DECLINED,
           "the other key's id");

    /* the id is under the tag: one secret under two names is no passage */

    ring = ring_(NGX_COURT_RING_SEAL, "k1 %s " S1 "\nk2 %s " S1,
                 algs[i].alg, algs[i].alg);
    is_int(ngx_court_open(ring, &aad, &sealed, &out), NGX_OK, "its id");
    is_int(ngx_court_open(ring, &aad, &bad, &out), NGX_DECLINED,
           "another id with the same secret");
    queue_empty_(algs[i].alg);
}


static void
test_rotation(ngx_uint_t i)
{
    ngx_str_t          plain, sealed, out;
    ngx_court_ring_t  *before, *after, *gone, *forged, *retired;

    before = ring_(NGX_COURT_RING_SEAL, "k1 %s " S1, algs[i].alg);
    after = ring_(NGX_COURT_RING_SEAL, "k2 %s " S2 "\nk1 %s " S1,
                  algs[i].other, algs[i].alg);
    gone = ring_(NGX_COURT_RING_SEAL, "k2 %s " S2, algs[i].other);
    forged = ring_(NGX_COURT_RING_SEAL, "k1 %s " S2, algs[i].alg);

    plain = s_("text");
    sealed = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
    out = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);

    ngx_court_seal(before, &aad, &plain, &sealed);
    is_int(ngx_court_open(after, &aad, &sealed, &out), NGX_OK,
           "%s: the second key opens", algs[i].alg);
    is_str(&out, "text", "what was sealed");
    is_int(ngx_court_open(gone, &aad, &sealed, &out), NGX_DECLINED,
           "not once it is gone");
    is_int(ngx_court_open(forged, &aad, &sealed, &out), NGX_DECLINED,
           "not another secret of that id");

    ngx_court_seal(after, &aad, &plain, &sealed);
    is_int(ngx_court_open(before, &aad, &sealed, &out), NGX_DECLINED,
           "the first key is written with");
    is_int(ngx_court_open(gone, &aad, &sealed, &out), NGX_OK, "k2 opens it");

    retired = ring_(NGX_COURT_RING_SEAL, "k1 %s " S1 "\nk2 %s " S2
                    " state=retired\n", algs[i].alg, algs[i].other);
    is_int(ngx_court_open(retired, &aad, &sealed, &out), NGX_DECLINED,
           "k2 retired: a miss");
    is_int(ngx_court_ring_count(retired), 2, "two keys");
    is_int(ngx_court_ring_reads(retired, 0), 1, "one is read with");
    is_int(ngx_court_ring_reads(retired, 1), 0, "the retired one is not");
    is_int(ngx_court_ring_reads(retired, 2), 0, "nor one that is not there");
}


/*
 * What is told apart by lengths alone: bytes moved between associated data
 * and ciphertext give another tag.
 */

static void
test_borders(void)
{
    ngx_str_t          plain, sealed, out, moved, longer;
    ngx_court_ring_t  *ring;

    ring = ring_(NGX_COURT_RING_SEAL, "k1 sm4-ctr-hmac-sm3 " S1);
    plain = s_("abcdef");
    sealed = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
    out = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);
    ngx_court_seal(ring, &aad, &plain, &sealed);

    /* aad || first byte of ciphertext, and a value without that byte */

    longer = copy_(&aad, aad.len + 1);
    longer.data[longer.len++] = sealed.data[2 + 2 + 16];
    moved = copy_(&sealed, 0);
    memmove(moved.data + 20, moved.data + 21, moved.len - 21);
    moved.len--;

    is_int(ngx_court_open(ring, &longer, &moved, &out), NGX_DECLINED,
           "a byte moved from text to associated data");
}


static void
test_kinds(void)
{
    ngx_str_t          plain, sealed, none, out;
    ngx_court_ring_t  *mac, *ring;

    mac = ring_(NGX_COURT_RING_MAC, "k1 hmac-sm3 " S1);
    ring = ring_(NGX_COURT_RING_SEAL, "k1 aes-256-gcm " S1);
    plain = s_("text");
    sealed = room_(plain.len + NGX_COURT_SEAL_OVERHEAD);

    is_int(ngx_court_seal(mac, &aad, &plain, &sealed), NGX_ERROR,
           "an audit ring seals nothing");

    none.len = 0;
    none.data = NULL;
    is_int(ngx_court_seal(ring, &none, &none, &sealed), NGX_OK,
           "nothing about nothing");
    out = room_(sealed.len);
    is_int(ngx_court_open(ring, &none, &sealed, &out), NGX_OK, "opens");
    is_int(ngx_court_open(mac, &none, &sealed, &out), NGX_DECLINED,
           "an audit ring opens nothing");
}


int
main(void)
{
    ngx_uint_t  i;

    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        test_round(i);
        test_tampered(i);
        test_rotation(i);
    }

    test_borders();
    test_kinds();
    queue_empty_("seals");

    return done_testing();
}
