/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_tombstone.h"


#define NOW  1000000000ll

static ngx_court_tombstone_t   listed[64];


static ngx_court_tombstones_t *
zone_make(size_t size, ngx_shm_zone_t **shm)
{
    ngx_str_t                name = ngx_string("tombstones");
    ngx_conf_t               cf;
    ngx_court_tombstones_t  *ts;

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    cf.pool = tap_pool();
    cf.log = tap_log();

    ts = ngx_court_tombstones_add(&cf, &name, size, NULL);

    if (ts) {
        *shm = &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
    }

    return ts;
}


static ngx_court_tombstone_t
stone_of(uint32_t n, int64_t until)
{
    u_char                 text[16];
    ngx_str_t              iss = ngx_string("https://a"), what;
    ngx_court_tombstone_t  stone;

    what.data = text;
    what.len = ngx_sprintf(text, "%uD", n) - text;

    ngx_memzero(&stone, sizeof(stone));
    ngx_court_tombstone_key(NGX_COURT_TOMBSTONE_SUBJECT, &iss, &what,
                            stone.key);
    stone.kind = NGX_COURT_TOMBSTONE_SUBJECT;
    stone.until = until;
    stone.added = NOW;

    return stone;
}


static ngx_int_t
put(ngx_court_tombstones_t *ts, uint32_t n, int64_t until, int64_t now)
{
    ngx_court_tombstone_t  stone;

    stone = stone_of(n, until);
    stone.added = now;

    return ngx_court_tombstone_put(ts, &stone);
}


static ngx_int_t
check(ngx_court_tombstones_t *ts, uint32_t n, int64_t now)
{
    ngx_uint_t             which;
    ngx_court_tombstone_t  stone;

    stone = stone_of(n, 0);

    return ngx_court_tombstone_check(ts, stone.key, 1, now, &which);
}


static void
test_keys(void)
{
    u_char      key[6][NGX_COURT_TOMBSTONE_KEY];
    ngx_uint_t  i, j;

    static const struct {
        ngx_court_tombstone_kind_t  kind;
        ngx_str_t                   issuer;
        ngx_str_t                   what;
    } rows[] = {
        { NGX_COURT_TOMBSTONE_SUBJECT, ngx_string("ab"), ngx_string("c") },
        { NGX_COURT_TOMBSTONE_SUBJECT, ngx_string("a"), ngx_string("bc") },
        { NGX_COURT_TOMBSTONE_SUBJECT, ngx_string(""), ngx_string("abc") },
        { NGX_COURT_TOMBSTONE_TOKEN, ngx_string("ab"), ngx_string("c") },
        { NGX_COURT_TOMBSTONE_ISSUER_KEY, ngx_string("ab"), ngx_string("c") },
        { NGX_COURT_TOMBSTONE_COURT, ngx_string(""), ngx_string("abc") }
    };

    for (i = 0; i < 6; i++) {
        ngx_court_tombstone_key(rows[i].kind, &rows[i].issuer, &rows[i].what,
                                key[i]);

        for (j = 0; j < i; j++) {
            ok(ngx_memcmp(key[i], key[j], NGX_COURT_TOMBSTONE_KEY) != 0,
               "keys %d and %d differ", (int) i, (int) j);
        }
    }
}


static void
test_life(void)
{
    uint32_t                 from;
    uint64_t                 seq;
    ngx_uint_t               which;
    ngx_shm_zone_t          *shm;
    ngx_court_tombstone_t    stone, two[2];
    ngx_court_tombstones_t  *ts;

    ts = zone_make(65536, &shm);
    is_int(fake_zone_init(shm, NULL), NGX_OK, "a zone is made");

    seq = ngx_court_tombstone_sequence(ts);

    is_int(check(ts, 1, NOW), NGX_OK, "nobody is revoked");
    is_int(put(ts, 1, NOW + 10, NOW), NGX_OK, "one is");
    ok(ngx_court_tombstone_sequence(ts) != seq, "the sequence moved");
    is_int(ngx_court_tombstone_count(ts, NGX_COURT_TOMBSTONE_SUBJECT), 1,
           "counted by kind");
    is_int(check(ts, 1, NOW + 9), NGX_DECLINED, "a second before its end");
    is_int(check(ts, 1, NOW + 10), NGX_OK, "at its end");
    is_int(check(ts, 2, NOW), NGX_OK, "another is not");

    put(ts, 1, NOW + 5, NOW);
    is_int(check(ts, 1, NOW + 9), NGX_DECLINED, "an end comes no earlier");
    put(ts, 1, NOW + 20, NOW);
    is_int(check(ts, 1, NOW + 19), NGX_DECLINED, "but later");

    two[0] = stone_of(2, 0);
    two[1] = stone_of(1, 0);
    {
        u_char  keys[2 * NGX_COURT_TOMBSTONE_KEY];

        ngx_memcpy(keys, two[0].key, NGX_COURT_TOMBSTONE_KEY);
        ngx_memcpy(keys + NGX_COURT_TOMBSTONE_KEY, two[1].key,
                   NGX_COURT_TOMBSTONE_KEY);
        is_int(ngx_court_tombstone_check(ts, keys, 2, NOW, &which),
               NGX_DECLINED, "one of two");
        is_int(which, 1, "the second");
    }

    from = 0;
    is_int(ngx_court_tombstone_list(ts, &from, listed, 64, NOW), 1, "listed");
    is_int(listed[0].until, NOW + 20, "with its end");

    seq = ngx_court_tombstone_sequence(ts);
    stone = stone_of(1, 0);
    is_int(ngx_court_tombstone_undo(ts, stone.key, 0, NOW), NGX_OK, "undone");
    ok(ngx_court_tombstone_sequence(ts) != seq, "the sequence moved");
    is_int(check(ts, 1, NOW), NGX_OK, "is no longer revoked");
    is_int(ngx_court_tombstone_undo(ts, stone.key, 0, NOW), NGX_DECLINED,
           "not twice");

    put(ts, 1, NGX_COURT_TOMBSTONE_EVER, NOW);
    is_int(check(ts, 1, NOW * 100), NGX_DECLINED, "for ever");
}


/* what this machine said and what the stream says are two things */

static void
test_origins(void)
{
    uint32_t                 from;
    ngx_uint_t               i;
    ngx_shm_zone_t          *shm;
    ngx_court_tombstone_t    stone;
    ngx_court_tombstones_t  *ts;

    ts = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);
    ok(ngx_court_tombstone_born(ts), "a new zone");
    ok(!ngx_court_tombstone_born(ts), "is told once");

    put(ts, 1, NOW + 10, NOW);
    put(ts, 2, NOW + 10, NOW);

    for (i = 1; i < 5; i += 2) {
        stone = stone_of(i, NOW + 20);
        stone.origin = NGX_COURT_TOMBSTONE_EVENTS;
        ngx_court_tombstone_put(ts, &stone);
    }

    from = 0;
    is_int(ngx_court_tombstone_list(ts, &from, listed, 64, NOW), 4,
           "both ends of one are listed");

    stone = stone_of(1, 0);
    is_int(ngx_court_tombstone_undo(ts, stone.key,
                                    NGX_COURT_TOMBSTONE_LOCAL, NOW),
           NGX_OK, "one end is undone");
    is_int(check(ts, 1, NOW), NGX_DECLINED, "the other one stands");
    is_int(check(ts, 1, NOW + 19), NGX_DECLINED, "until it ends");

    is_int(ngx_court_tombstone_snapshot_begin(ts), NGX_OK, "a snapshot");
    stone = stone_of(4, NOW + 20);
    stone.origin = NGX_COURT_TOMBSTONE_EVENTS;
    ngx_court_tombstone_put(ts, &stone);
    is_int(check(ts, 1, NOW), NGX_DECLINED, "nothing goes before its end");
    is_int(ngx_court_tombstone_snapshot_end(ts), NGX_OK, "ends");

    is_int(check(ts, 1, NOW), NGX_OK, "what it does not have is gone");
    is_int(check(ts, 3, NOW), NGX_OK, "another one, too");
    is_int(check(ts, 4, NOW), NGX_DECLINED, "what it has stands");
    is_int(check(ts, 2, NOW), NGX_DECLINED, "what is ours stands");

    ngx_memset(ngx_court_tombstone_feed(ts), 0xff, NGX_COURT_TOMBSTONE_FEED);
    is_int(check(ts, 2, NOW), NGX_DECLINED, "the feed has room of its own");
}


/* nothing leaves before its end, and what did not fit is told */

static void
test_full(void)
{
    uint32_t                      from;
    ngx_int_t                     rc, lost, n;
    ngx_uint_t                    i, room;
    ngx_shm_zone_t               *shm, old;
    ngx_court_tombstones_t       *ts;
    ngx_court_tombstone_stats_t   stats;

    ts = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);

    ngx_court_tombstone_stats(ts, &stats);
    room = stats.slots;
    ok(room > 500, "room for %d", (int) room);

    for (i = 0; i < room; i++) {
        rc = put(ts, i, NOW + 100 + (i & 1) * 100, NOW);
        if (rc != NGX_OK) {
            break;
        }
    }

    is_int(i, room, "all fit");
    is_int(put(ts, 1000000, NOW + 1, NOW), NGX_DECLINED, "one more does not");
    is_int(put(ts, 1, NOW + 300, NOW), NGX_OK, "one that stands does");

    ngx_court_tombstone_stats(ts, &stats);
    is_int(stats.full, 1, "which is told");

    for (lost = 0, i = 0; i < room; i++) {
        lost += (check(ts, i, NOW + 99) != NGX_DECLINED);
    }

    is_int(lost, 0, "none was evicted");

    for (n = 0, from = 0; ;) {
        n += ngx_court_tombstone_list(ts, &from, listed, 64, NOW);

        if (from == 0) {
            break;
        }
    }

    is_int(n, room, "all are listed, once each");

    is_int(put(ts, 1000000, NOW + 300, NOW + 150), NGX_OK,
           "room once half of them ended");

    for (lost = 0, i = 1; i < room; i += 2) {
        lost += (check(ts, i, NOW + 150) != NGX_DECLINED);
    }

    is_int(lost, 0, "the other half stands");
    is_int(check(ts, 1000000, NOW + 150), NGX_DECLINED, "and the new one");

    /* a reload */

    old = *shm;
    ts = zone_make(65536, &shm);
    is_int(fake_zone_init(shm, &old), NGX_OK, "reloaded");
    is_int(check(ts, 1, NOW + 150), NGX_DECLINED, "still revoked");

    *(uint32_t *) ((ngx_slab_pool_t *) shm->shm.addr)->data = 99;
    ts = zone_make(65536, &shm);
    shm->shm.log = tap_log();
    ok(fake_zone_init(shm, &old) == NGX_ERROR,
       "another layout is not emptied, but refused");
}


int
main(void)
{
    ngx_shm_zone_t  *shm;

    fake_clock(NOW * 1000);

    ngx_court_crypto_init(tap_log());

    test_keys();
    test_life();
    test_origins();
    test_full();

    ok(zone_make(65535, &shm) == NULL, "too small");

    return done_testing();
}
