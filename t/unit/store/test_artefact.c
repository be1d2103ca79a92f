/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_artefact.h"
#include "ngx_court_crypto.h"


#define SIZE  262144


static ngx_court_artefacts_t *
make(ngx_shm_zone_t *old, ngx_shm_zone_t **shm)
{
    ngx_str_t               name = ngx_string("artefacts");
    ngx_conf_t              cf;
    ngx_court_artefacts_t  *zone;

    ngx_memzero(&cf, sizeof(cf));
    cf.pool = tap_pool();
    cf.log = tap_log();

    zone = ngx_court_artefacts_add(&cf, &name, SIZE, NULL);
    *shm = &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
    is_int(fake_zone_init(*shm, old), NGX_OK, "a zone");

    return zone;
}


static ngx_int_t
publish(ngx_court_artefacts_t *zone, int64_t version, u_char c, size_t len)
{
    ngx_str_t  bytes;

    bytes.data = ngx_palloc(tap_pool(), len + 1);
    bytes.len = len;
    ngx_memset(bytes.data, c, len);

    return ngx_court_artefact_publish(zone, NGX_COURT_ARTEFACT_POLICY,
                                      version, &bytes, tap_log());
}


static void
check(ngx_court_artefacts_t *zone, uint64_t generation, int64_t version,
    u_char c, size_t len)
{
    size_t                i;
    ngx_court_artefact_t  a;

    is_int(ngx_court_artefact_generation(zone, NGX_COURT_ARTEFACT_POLICY),
           generation, "generation %u", (unsigned) generation);
    is_int(ngx_court_artefact_read(zone, NGX_COURT_ARTEFACT_POLICY,
                                   tap_pool(), &a),
           NGX_OK, "read");

    for (i = 0; i < a.bytes.len && a.bytes.data[i] == c; i++) { /* void */ }

    ok(a.generation == generation && a.version == version
       && a.bytes.len == len && i == len, "as published");
}


int
main(void)
{
    ngx_uint_t              i;
    ngx_shm_zone_t         *shm, *shm2;
    ngx_slab_pool_t        *shpool;
    ngx_court_artefact_t    a;
    ngx_court_artefacts_t  *zone, *zone2;

    (void) ngx_court_crypto_init(tap_log());

    zone = make(NULL, &shm);

    is_int(ngx_court_artefact_generation(zone, NGX_COURT_ARTEFACT_POLICY), 0,
           "no generation");
    is_int(ngx_court_artefact_read(zone, NGX_COURT_ARTEFACT_POLICY,
                                   tap_pool(), &a),
           NGX_DECLINED, "nothing to read");

    is_int(publish(zone, 5, 'a', 1000), NGX_OK, "publish");
    check(zone, 1, 5, 'a', 1000);
    is_int(publish(zone, 6, 'a', 1000), NGX_OK, "the same again");
    check(zone, 1, 5, 'a', 1000);
    is_int(publish(zone, 4, 'b', 0), NGX_OK, "nothing, as a version");
    check(zone, 2, 4, 'b', 0);

    for (i = 0; i < 50; i++) {
        if (publish(zone, i, (u_char) ('c' + i % 2), 90000 + i) != NGX_OK) {
            break;
        }
    }

    is_int(i, 50, "old bytes make room");
    check(zone, 52, 49, 'd', 90049);

    is_int(publish(zone, 99, 'x', 200000), NGX_ERROR,
           "no room beside the live one");
    check(zone, 52, 49, 'd', 90049);
    is_int(publish(zone, 99, 'x', SIZE * 2), NGX_ERROR, "no room at all");

    zone2 = make(shm, &shm2);
    check(zone2, 52, 49, 'd', 90049);

    shpool = (ngx_slab_pool_t *) shm->shm.addr;
    *shpool->mutex.lock = 9;
    is_int(publish(zone2, 99, 'x', 10), NGX_ERROR, "locked: not published");
    is_int(ngx_court_artefact_read(zone2, NGX_COURT_ARTEFACT_POLICY,
                                   tap_pool(), &a),
           NGX_ERROR, "nor read");
    is_int(ngx_court_artefact_generation(zone2, NGX_COURT_ARTEFACT_POLICY),
           52, "the generation needs no lock");
    *shpool->mutex.lock = 0;

    /* bytes that changed under us */

    for (i = 0; i < SIZE - 8192; i++) {
        if (shpool->start[i + 4096] == 'd') {
            shpool->start[i + 4096] = 'e';
            break;
        }
    }

    is_int(ngx_court_artefact_read(zone2, NGX_COURT_ARTEFACT_POLICY,
                                   tap_pool(), &a),
           NGX_ERROR, "other bytes than published are an error");

    return done_testing();
}
