/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_zone_lru.h"

#include <time.h>


#define NOW  1000000000000ll

static u_char  buf[NGX_COURT_ZONE_VALUE + 1];


static u_char *
key_of(uint32_t n)
{
    ngx_uint_t     i;
    static u_char  key[NGX_COURT_ZONE_KEY];

    for (i = 0; i < sizeof(key); i += 4) {
        n = n * 2654435761u + 12345;
        ngx_memcpy(key + i, &n, 4);
    }

    return key;
}


static ngx_str_t
value_of(uint32_t n, size_t len)
{
    size_t         i;
    ngx_str_t      value;
    static u_char  bytes[NGX_COURT_ZONE_VALUE + 1];

    for (i = 0; i < len; i++) {
        bytes[i] = (u_char) (n * 31 + i * 7 + (i >> 8));
    }

    value.data = bytes;
    value.len = len;

    return value;
}


static ngx_int_t
put(ngx_court_zone_t *zone, uint32_t n, size_t len, int64_t expires,
    int64_t now)
{
    ngx_str_t  value;

    value = value_of(n, len);

    return ngx_court_zone_put(zone, key_of(n), &value, expires, now);
}


static ngx_int_t
get(ngx_court_zone_t *zone, uint32_t n, size_t want, int64_t now)
{
    size_t     len;
    ngx_int_t  rc;
    ngx_str_t  value;

    rc = ngx_court_zone_get(zone, key_of(n), buf, sizeof(buf), &len, now);

    if (rc == NGX_OK) {
        value = value_of(n, want);

        if (len != want || ngx_memcmp(buf, value.data, len) != 0) {
            return NGX_ABORT;
        }
    }

    return rc;
}


static ngx_court_zone_t *
zone_make(size_t size, ngx_shm_zone_t **shm)
{
    ngx_str_t          name = ngx_string("facts");
    ngx_conf_t         cf;
    ngx_court_zone_t  *zone;

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    cf.pool = tap_pool();
    cf.log = tap_log();

    zone = ngx_court_zone_add(&cf, &name, size, NULL);

    if (zone) {
        *shm = &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
    }

    return zone;
}


static void
test_lengths(void)
{
    ngx_uint_t         i;
    ngx_shm_zone_t    *shm;
    ngx_court_zone_t  *zone;

    static const size_t  lens[] = {
        0, 1, 115, 141, NGX_COURT_ZONE_FIRST - 1, NGX_COURT_ZONE_FIRST,
        NGX_COURT_ZONE_FIRST + 1,
        NGX_COURT_ZONE_FIRST + NGX_COURT_ZONE_MORE,
        NGX_COURT_ZONE_FIRST + NGX_COURT_ZONE_MORE + 1, 8218, 16383, 16384
    };

    zone = zone_make(1048576, &shm);
    is_int(fake_zone_init(shm, NULL), NGX_OK, "a zone is made");

    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        is_int(put(zone, 7, lens[i], NOW + 1000, NOW), NGX_OK,
               "%zu bytes are stored", lens[i]);
        is_int(get(zone, 7, lens[i], NOW), NGX_OK, "%zu bytes come back",
               lens[i]);
    }

    is_int(put(zone, 8, 16385, NOW + 1000, NOW), NGX_DECLINED,
           "16385 bytes are too many");
    is_int(get(zone, 7, 16384, NOW), NGX_OK, "the earlier one is still there");
}


static void
test_life(void)
{
    size_t                   len;
    ngx_shm_zone_t          *shm;
    ngx_court_zone_t        *zone;
    ngx_court_zone_stats_t   stats;

    zone = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);

    put(zone, 1, 100, NOW + 1000, NOW);

    is_int(get(zone, 1, 100, NOW + 999), NGX_OK, "1 ms before expiry");
    is_int(get(zone, 1, 100, NOW + 1000), NGX_DECLINED, "at expiry");
    is_int(get(zone, 1, 100, NOW), NGX_DECLINED, "expired is gone for good");

    put(zone, 2, 300, NOW + 1000, NOW);
    is_int(ngx_court_zone_get(zone, key_of(2), buf, 299, &len, NOW),
           NGX_ERROR, "longer than the caller's buffer");

    ngx_court_zone_delete(zone, key_of(2));
    is_int(get(zone, 2, 300, NOW), NGX_DECLINED, "deleted");

    put(zone, 3, 1, NOW + 1000, NOW);
    ngx_court_zone_purge(zone);
    is_int(get(zone, 3, 1, NOW), NGX_DECLINED, "purged");

    ngx_court_zone_stats(zone, &stats);
    is_int(stats.used, 0, "nothing is used");
    is_int(stats.expired, 1, "one expired");
    is_int(stats.stores, 3, "three stores");
    is_int(stats.hits, 1, "one hit");
}


/* many entries of all lengths: what is there is right, nothing is lost */

static void
test_churn(void)
{
    uint32_t                 i, n, bad, found;
    ngx_int_t                rc;
    ngx_shm_zone_t          *shm;
    ngx_court_zone_t        *zone;
    ngx_court_zone_stats_t   stats;

    zone = zone_make(262144, &shm);
    fake_zone_init(shm, NULL);

    bad = 0;
    found = 0;
    srandom(1);

    for (i = 0; i < 200000; i++) {
        n = (uint32_t) random() % 3000;

        switch (random() % 4) {

        case 0:
            rc = put(zone, n, (n * 37) % (n % 50 == 0 ? 16384 : 600),
                     NOW + i + random() % 4000, NOW + i);
            bad += (rc != NGX_OK);
            break;

        case 1:
            if (random() % 16 == 0) {
                ngx_court_zone_delete(zone, key_of(n));
            }

            break;

        default:
            rc = get(zone, n, (n * 37) % (n % 50 == 0 ? 16384 : 600),
                     NOW + i);
            bad += (rc == NGX_ABORT);
            found += (rc == NGX_OK);
        }
    }

    is_int(bad, 0, "200000 operations, none wrong");
    ok(found > 10000, "and many found: %u", found);

    ngx_court_zone_stats(zone, &stats);
    ok(stats.evictions > 1000 && stats.expired > 100,
       "evicted %u, expired %u", (unsigned) stats.evictions,
       (unsigned) stats.expired);
    ok(stats.used <= stats.slots, "used %u of %u", (unsigned) stats.used,
       (unsigned) stats.slots);

    for (i = 0; i < 3000; i++) {
        ngx_court_zone_delete(zone, key_of(i));
    }

    ngx_court_zone_stats(zone, &stats);
    is_int(stats.used, 0, "no slot leaks");
    is_int(stats.resets, 0, "no reset");
}


static void
test_lru(void)
{
    uint32_t                 i, kept;
    ngx_shm_zone_t          *shm;
    ngx_court_zone_t        *zone;
    ngx_court_zone_stats_t   stats;

    zone = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);
    ngx_court_zone_stats(zone, &stats);

    for (i = 0; i < stats.slots; i++) {
        put(zone, i, 141, NOW + 1000000, NOW);
    }

    ngx_court_zone_stats(zone, &stats);
    is_int(stats.evictions, 0, "%u records fit", (unsigned) stats.slots);
    ok(65536 / 256 - stats.slots < 24, "and 256 bytes each are enough");

    for (i = 0; i < 10; i++) {
        get(zone, i, 141, NOW + 20000);
    }

    for (i = 0; i < stats.slots - 10; i++) {
        put(zone, 10000 + i, 141, NOW + 1000000, NOW + 20000);
    }

    for (i = 0, kept = 0; i < stats.slots; i++) {
        kept += (get(zone, i, 141, NOW + 20000) == NGX_OK);
    }

    is_int(kept, 10, "those lately used stay, all others went");
    is_int(get(zone, 9, 141, NOW + 20000), NGX_OK, "one of them");
}


/*
 * The zone's clock: each look at it costs a microsecond, so that how long a
 * lock is waited for does not depend on what else the machine does.
 */

static int64_t  zone_clock;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    (void) id;

    zone_clock += 1000;
    ts->tv_sec = zone_clock / 1000000000;
    ts->tv_nsec = zone_clock % 1000000000;

    return 0;
}


static void
test_lock(void)
{
    int64_t                  before;
    ngx_slab_pool_t         *shpool;
    ngx_shm_zone_t          *shm;
    ngx_court_zone_t        *zone;
    ngx_court_zone_head_t   *head;
    ngx_court_zone_stats_t   stats;

    zone = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);
    shpool = (ngx_slab_pool_t *) shm->shm.addr;
    head = shpool->data;

    put(zone, 1, 100, NOW + 1000, NOW);

    fake_lock_busy = 500;
    is_int(get(zone, 1, 100, NOW), NGX_OK, "a lock that is soon let go");

    *shpool->mutex.lock = 2;

    before = zone_clock;
    is_int(get(zone, 1, 100, NOW), NGX_BUSY, "its owner died inside: busy");
    ok(zone_clock - before >= 4000000 && zone_clock - before < 6000000,
       "after about 5 ms: %ld us", (long) (zone_clock - before) / 1000);

    fake_lock_tries = 0;
    is_int(put(zone, 1, 100, NOW + 1000, NOW), NGX_BUSY, "busy again");
    is_int(fake_lock_tries, 1, "and at once");
    is_int(ngx_court_zone_delete(zone, key_of(1)), NGX_BUSY, "no delete");

    *shpool->mutex.lock = 0;    /* as ngx_unlock_mutexes() does */
    is_int(get(zone, 1, 100, NOW), NGX_OK, "freed, and it was not dirty");

    head->dirty = 1;
    head->oldest = 0xffffff;
    head->free = 0x7fffffff;
    is_int(get(zone, 1, 100, NOW), NGX_DECLINED, "freed and dirty: emptied");
    ngx_court_zone_stats(zone, &stats);
    is_int(stats.resets, 1, "one reset");
    is_int(put(zone, 1, 100, NOW + 1000, NOW), NGX_OK, "then it works");
    is_int(get(zone, 1, 100, NOW), NGX_OK, "again");
    is_int(*shpool->mutex.lock, 0, "the lock is free at the end");
}


static void
test_reload(void)
{
    ngx_shm_zone_t         *shm, *shm2, *shm3;
    ngx_court_zone_t       *zone, *zone2, *zone3;
    ngx_court_zone_head_t  *head;

    ok(zone_make(65535, &shm) == NULL, "65535 bytes are too few");

    zone = zone_make(65536, &shm);
    fake_zone_init(shm, NULL);
    put(zone, 1, 100, NOW + 1000, NOW);

    zone2 = zone_make(65536, &shm2);
    is_int(fake_zone_init(shm2, shm), NGX_OK, "reload");
    is_int(get(zone2, 1, 100, NOW), NGX_OK, "keeps the memory");

    head = ((ngx_slab_pool_t *) shm->shm.addr)->data;
    head->layout = NGX_COURT_ZONE_LAYOUT + 1;
    is_int(get(zone2, 1, 100, NOW), NGX_BUSY, "another layout is not touched");

    zone3 = zone_make(65536, &shm3);
    is_int(fake_zone_init(shm3, shm2), NGX_OK, "reload from another layout");
    is_int(get(zone3, 1, 100, NOW), NGX_DECLINED, "empties");
    put(zone3, 1, 100, NOW + 1000, NOW);
    is_int(get(zone3, 1, 100, NOW), NGX_OK, "and works");
}


int
main(void)
{
    test_lengths();
    test_life();
    test_churn();
    test_lru();
    test_lock();
    test_reload();

    return done_testing();
}
