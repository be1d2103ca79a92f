/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_shm.h"


void *
ngx_court_shm_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, size_t least,
    void *tag, size_t object, ngx_shm_zone_init_pt init)
{
    void            *data;
    ngx_shm_zone_t  *shm_zone;

    if (size < least) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small, "
                           "it needs %uzk", name, (least + 1023) / 1024);
        return NULL;
    }

    data = ngx_pcalloc(cf->pool, object);
    if (data == NULL) {
        return NULL;
    }

    shm_zone = ngx_shared_memory_add(cf, name, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate zone \"%V\"",
                           name);
        return NULL;
    }

    shm_zone->init = init;
    shm_zone->data = data;

    return data;
}


void *
ngx_court_shm_block(ngx_shm_zone_t *shm_zone, void *data,
    ngx_slab_pool_t **shpool, size_t *bytes)
{
    u_char           *block;
    ngx_slab_pool_t  *pool;

    pool = (ngx_slab_pool_t *) shm_zone->shm.addr;
    pool->log_nomem = 0;

    block = (data || shm_zone->shm.exists) ? pool->data : NULL;

    if (block == NULL) {
        block = ngx_slab_alloc(pool, (size_t) pool->pfree * ngx_pagesize);
        if (block == NULL) {
            return NULL;
        }

        ngx_memzero(block, NGX_COURT_SHM_HEAD);
        pool->data = block;
    }

    *shpool = pool;
    *bytes = (size_t) (pool->end - block);

    return block;
}
