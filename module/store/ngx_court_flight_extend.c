/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_flight_extend.h"


static ngx_uint_t
ngx_court_extend_same(const ngx_court_extension_t *row,
    const ngx_str_t *fact, const ngx_str_t *court)
{
    return row->fact_len == fact->len && row->court_len == court->len
           && ngx_memcmp(row->fact, fact->data, fact->len) == 0
           && (court->len == 0
               || ngx_memcmp(row->court, court->data, court->len) == 0);
}


/* a row whose end is still to be recorded is kept for that */

static ngx_uint_t
ngx_court_extend_free(const ngx_court_extension_t *row, int64_t now)
{
    return row->until == 0 || (row->told && (int64_t) row->until <= now);
}


static ngx_court_extension_t *
ngx_court_extend_find(ngx_court_flight_zone_t *zone, const ngx_str_t *fact,
    const ngx_str_t *court, int64_t now, ngx_uint_t make)
{
    ngx_uint_t              i;
    ngx_court_extension_t  *row, *free;

    row = ngx_court_flight_extensions(zone);
    free = NULL;

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {

        if (row[i].until && ngx_court_extend_same(&row[i], fact, court)) {
            return &row[i];
        }

        if (free == NULL && ngx_court_extend_free(&row[i], now)) {
            free = &row[i];
        }
    }

    return make ? free : NULL;
}


ngx_int_t
ngx_court_extend(ngx_court_flight_zone_t *zone, const ngx_str_t *fact,
    const ngx_str_t *court, int64_t bound, int64_t now)
{
    ngx_court_extension_t  *row;

    if (fact->len > NGX_COURT_FLIGHT_NAME
        || court->len > NGX_COURT_FLIGHT_NAME
        || bound <= 0 || bound > NGX_COURT_EXTEND_MAX)
    {
        return NGX_DECLINED;
    }

    if (ngx_court_flight_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    row = ngx_court_extend_find(zone, fact, court, now, 1);

    if (row == NULL) {
        ngx_court_flight_unlock(zone);
        return NGX_DECLINED;
    }

    row->until = 0;
    ngx_memory_barrier();

    row->fact_len = (uint32_t) fact->len;
    row->court_len = (uint32_t) court->len;
    ngx_memcpy(row->fact, fact->data, fact->len);

    if (court->len) {
        ngx_memcpy(row->court, court->data, court->len);
    }

    row->since = (uint64_t) now;
    row->bound = (uint64_t) bound;
    row->told = 0;

    ngx_memory_barrier();
    row->until = (uint64_t) (now + bound);

    ngx_court_flight_unlock(zone);

    return NGX_OK;
}


ngx_int_t
ngx_court_extend_end(ngx_court_flight_zone_t *zone, const ngx_str_t *fact,
    const ngx_str_t *court, int64_t now)
{
    ngx_int_t               rc;
    ngx_court_extension_t  *row;

    if (ngx_court_flight_lock(zone) != NGX_OK) {
        return NGX_BUSY;
    }

    row = ngx_court_extend_find(zone, fact, court, now, 0);
    rc = NGX_DECLINED;

    if (row && (int64_t) row->until > now && !row->told) {
        row->until = 0;
        rc = NGX_OK;
    }

    ngx_court_flight_unlock(zone);

    return rc;
}


/* a copy that nobody was writing while it was taken */

static ngx_int_t
ngx_court_extend_copy(const ngx_court_extension_t *row,
    ngx_court_extension_t *copy)
{
    uint64_t  until;

    until = row->until;
    ngx_memory_barrier();

    *copy = *row;

    ngx_memory_barrier();

    return (until && row->until == until
            && copy->fact_len <= NGX_COURT_FLIGHT_NAME
            && copy->court_len <= NGX_COURT_FLIGHT_NAME)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_court_extend_holds(const ngx_court_extension_t *copy, int64_t now)
{
    return now < (int64_t) copy->until && !copy->told
           && now + NGX_COURT_EXTEND_SKEW >= (int64_t) copy->since;
}


ngx_uint_t
ngx_court_extended(ngx_court_flight_zone_t *zone, const ngx_str_t *fact,
    const ngx_str_t *court, int64_t fetched, int64_t now)
{
    ngx_str_t               own;
    ngx_uint_t              i;
    ngx_court_extension_t   copy, *row;

    if (zone == NULL) {
        return 0;
    }

    row = ngx_court_flight_extensions(zone);

    for (i = 0; i < NGX_COURT_EXTENSIONS; i++) {

        if (row[i].until == 0
            || ngx_court_extend_copy(&row[i], &copy) != NGX_OK
            || !ngx_court_extend_holds(&copy, now)
            || now - fetched >= (int64_t) copy.bound)
        {
            continue;
        }

        own.data = copy.court;
        own.len = copy.court_len;

        if (ngx_court_extend_same(&copy, fact,
                                  (court && own.len) ? court : &own))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_court_extension(ngx_court_flight_zone_t *zone, ngx_uint_t i,
    int64_t now, ngx_court_extension_t *copy)
{
    return (ngx_court_extend_copy(&ngx_court_flight_extensions(zone)[i], copy)
            == NGX_OK
            && ngx_court_extend_holds(copy, now))
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_court_extension_over(ngx_court_flight_zone_t *zone, ngx_uint_t i,
    int64_t now, ngx_court_extension_t *copy)
{
    ngx_court_extension_t  *row;

    row = &ngx_court_flight_extensions(zone)[i];

    if (row->until == 0 || row->told
        || ngx_court_extend_copy(row, copy) != NGX_OK
        || ngx_court_extend_holds(copy, now))
    {
        return NGX_DECLINED;
    }

    return ngx_atomic_cmp_set((ngx_atomic_t *) &row->told, 0, 1)
           ? NGX_OK : NGX_DECLINED;
}
