/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_share.h"
#include <ngx_event.h>


static ngx_court_redis_share_t  *ngx_court_redis_shares;


void
ngx_court_redis_share_init(ngx_court_redis_share_t *cells)
{
    ngx_court_redis_shares = cells;
}


/* FNV-1a */

static uint64_t
ngx_court_redis_share_hash(uint64_t hash, const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        hash = (hash ^ text->data[i]) * 0x100000001b3ULL;
    }

    return (hash ^ 0xff) * 0x100000001b3ULL;
}


ngx_court_redis_share_t *
ngx_court_redis_share_find(const ngx_str_t *name, const ngx_str_t *what)
{
    uint64_t                  key, free;
    ngx_uint_t                i;
    ngx_court_redis_share_t  *cell;

    if (ngx_court_redis_shares == NULL) {
        return NULL;
    }

    key = ngx_court_redis_share_hash(0xcbf29ce484222325ULL, name);
    key = ngx_court_redis_share_hash(key, what) | 1;

    for (i = 0; i < 16; i++) {
        cell = &ngx_court_redis_shares[(key / 2 + i)
                                       % NGX_COURT_REDIS_SHARES];
        free = 0;

        if (__atomic_load_n(&cell->key, __ATOMIC_ACQUIRE) == key
            || __atomic_compare_exchange_n(&cell->key, &free, key, 0,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE)
            || free == key)
        {
            return cell;
        }
    }

    return NULL;
}


void
ngx_court_redis_share_hang(ngx_court_redis_share_t *share)
{
    if (share) {
        __atomic_store_n(&share->until,
                         (uint64_t) ngx_current_msec + NGX_COURT_REDIS_HUNG,
                         __ATOMIC_RELAXED);
    }
}


void
ngx_court_redis_share_answers(ngx_court_redis_share_t *share)
{
    if (share && __atomic_load_n(&share->until, __ATOMIC_RELAXED)) {
        __atomic_store_n(&share->until, 0, __ATOMIC_RELAXED);
    }
}


/* a time too far ahead is not ours: of a zone that outlived a boot, damaged */

ngx_uint_t
ngx_court_redis_share_hung(const ngx_court_redis_share_t *share)
{
    uint64_t  until;

    if (share == NULL) {
        return 0;
    }

    until = __atomic_load_n(&share->until, __ATOMIC_RELAXED);

    return until > ngx_current_msec
           && until - ngx_current_msec <= 2 * NGX_COURT_REDIS_HUNG;
}


ngx_msec_t
ngx_court_redis_share_turn(ngx_court_redis_share_t *share)
{
    uint64_t  last, now;

    if (share == NULL) {
        return 0;
    }

    now = ngx_current_msec;
    last = __atomic_load_n(&share->turn, __ATOMIC_RELAXED);

    if (last && last <= now && now - last < NGX_COURT_REDIS_REFRESH) {
        return (ngx_msec_t) (NGX_COURT_REDIS_REFRESH - (now - last));
    }

    if (__atomic_compare_exchange_n(&share->turn, &last, now, 0,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    {
        return 0;
    }

    return NGX_COURT_REDIS_REFRESH;
}
