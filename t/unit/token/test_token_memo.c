/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys of tokens that are kept: the very text, or nothing.
 */

#include "tap.h"
#include "ngx_court_token_memo.c"


static u_char  bytes[2048];


static ngx_str_t
text_(size_t len)
{
    size_t     i;
    ngx_str_t  text;

    for (i = 0; i < len; i++) {
        bytes[i] = (u_char) ('A' + (i * 7 + i / 13) % 26);
    }

    text.data = bytes;
    text.len = len;

    return text;
}


/* whatever its length: found, and not with any byte or length changed */

static void
test_text(size_t len, ngx_uint_t kept)
{
    size_t      i;
    u_char      key[NGX_COURT_SHA256_LEN], got[NGX_COURT_SHA256_LEN];
    ngx_str_t   text, other;
    ngx_uint_t  bad;

    text = text_(len);
    ngx_court_token_memo_clear();

    is_int(ngx_court_token_memo_get(&text, got), NGX_DECLINED,
           "%d bytes: not yet", (int) len);

    ngx_court_token_key(&text, key);
    ngx_court_token_memo_keep(&text, key);

    is_int(ngx_court_token_memo_get(&text, got),
           kept ? NGX_OK : NGX_DECLINED, "%d bytes", (int) len);

    if (!kept) {
        return;
    }

    is_mem(got, key, sizeof(key), "its key");

    bad = 0;

    for (i = 0; i < len; i++) {
        bytes[i] ^= 1;
        bad += (ngx_court_token_memo_get(&text, got) != NGX_DECLINED);
        bytes[i] ^= 1;
    }

    is_int(bad, 0, "no byte of it may differ");

    other = text;
    other.len--;
    is_int(ngx_court_token_memo_get(&other, got), NGX_DECLINED, "shorter");

    other.data++;
    is_int(ngx_court_token_memo_get(&other, got), NGX_DECLINED,
           "without its beginning");

    ngx_court_token_memo_drop(&text);
    is_int(ngx_court_token_memo_get(&text, got), NGX_DECLINED, "dropped");

    ngx_court_token_memo_keep(&text, key);
    ngx_court_token_memo_clear();
    is_int(ngx_court_token_memo_get(&text, got), NGX_DECLINED, "cleared");
}


/* two that share a slot: the later one is kept, the other is forgotten */

static void
test_slot(void)
{
    u_char     key[2][NGX_COURT_SHA256_LEN], got[NGX_COURT_SHA256_LEN];
    ngx_str_t  one, two;

    static u_char  copy[700];

    one = text_(sizeof(copy));
    ngx_memcpy(copy, one.data, sizeof(copy));
    copy[0] = '!';
    two.data = copy;
    two.len = sizeof(copy);

    ngx_memset(key[0], 1, sizeof(key[0]));
    ngx_memset(key[1], 2, sizeof(key[1]));

    ngx_court_token_memo_keep(&one, key[0]);
    ngx_court_token_memo_keep(&two, key[1]);

    is_int(ngx_court_token_memo_get(&one, got), NGX_DECLINED, "forgotten");
    ok(ngx_court_token_memo_get(&two, got) == NGX_OK
       && memcmp(got, key[1], sizeof(got)) == 0, "kept");
}


/* what the zone held for it: the very bytes, of the very text */

static void
test_packed(void)
{
    size_t      i;
    u_char      key[NGX_COURT_SHA256_LEN], zone[600];
    ngx_str_t   text, other, packed;
    ngx_uint_t  bad;

    static u_char  copy[700];

    ngx_memset(key, 1, sizeof(key));
    ngx_memset(zone, 'z', sizeof(zone));
    ngx_court_token_memo_clear();

    text = text_(sizeof(copy));
    packed.data = zone;
    packed.len = 512;

    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "empty slot");
    ngx_court_token_memo_packed(&text, &packed);
    is_int(ngx_court_token_memo_whole(&text, &packed), 0,
           "no text, no bytes of it");

    ngx_court_token_memo_keep(&text, key);
    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "not known yet");
    ngx_court_token_memo_packed(&text, &packed);
    is_int(ngx_court_token_memo_whole(&text, &packed), 1, "the very same");

    bad = 0;

    for (i = 0; i < packed.len; i++) {
        zone[i] ^= 1;
        bad += ngx_court_token_memo_whole(&text, &packed);
        zone[i] ^= 1;
    }

    is_int(bad, 0, "no byte may differ");

    packed.len = 511;
    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "shorter");
    packed.len = 0;
    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "nothing");

    /* too long: what was known before is not known of it */

    packed.len = 513;
    ngx_court_token_memo_packed(&text, &packed);
    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "too long");

    /* a text of the same slot neither gets its bytes nor changes them */

    ngx_memcpy(copy, text.data, sizeof(copy));
    copy[0] = '!';
    other.data = copy;
    other.len = sizeof(copy);
    packed.len = 8;
    zone[0] = 'o';

    ngx_court_token_memo_packed(&other, &packed);
    is_int(ngx_court_token_memo_whole(&text, &packed), 0, "of another text");

    zone[0] = 'z';
    packed.len = 512;
    is_int(ngx_court_token_memo_whole(&text, &packed), 1, "still known");

    ngx_court_token_memo_keep(&other, key);
    is_int(ngx_court_token_memo_whole(&other, &packed), 0,
           "another in its place knows nothing");

    ngx_court_token_memo_packed(&other, &packed);
    ngx_court_token_memo_drop(&other);
    is_int(ngx_court_token_memo_whole(&other, &packed), 0, "dropped");
}


/* nothing of a credential is left behind in a slot */

static size_t
left(void)
{
    size_t         i, n;
    const u_char  *p;

    p = (const u_char *) ngx_court_token_memos;

    for (i = 0, n = 0; i < sizeof(ngx_court_token_memos); i++) {
        n += (p[i] != 0);
    }

    return n;
}


static void
test_wiped(void)
{
    size_t     most;
    u_char     key[NGX_COURT_SHA256_LEN];
    ngx_str_t  text, brief;

    ngx_memset(key, 1, sizeof(key));
    ngx_court_token_memo_clear();
    is_int(left(), 0, "nothing to begin with");

    text = text_(1400);
    ngx_court_token_memo_keep(&text, key);
    most = left();
    ok(most >= text.len + sizeof(key), "a text and its key");

    /* the same end, so the same slot */

    brief.data = text.data + text.len - 40;
    brief.len = 40;

    ngx_court_token_memo_keep(&brief, key);
    ok(left() <= brief.len + sizeof(key) + sizeof(size_t),
       "a shorter one in its place: the rest is wiped");

    ngx_court_token_memo_drop(&brief);
    is_int(left(), 0, "dropped: wiped");

    ngx_court_token_memo_keep(&text, key);
    ngx_court_token_memo_clear();
    is_int(left(), 0, "cleared: wiped");
}


int
main(void)
{
    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    test_text(31, 0);
    test_text(32, 1);
    test_text(33, 1);
    test_text(700, 1);
    test_text(1496, 1);
    test_text(1497, 0);
    test_text(2000, 0);
    test_slot();
    test_packed();
    test_wiped();

    return done_testing();
}
