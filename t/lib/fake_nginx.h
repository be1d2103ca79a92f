/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the store needs of nginx, faked for one-file unit tests: shared
 * memory that is memory, a lock that is a flag, a clock that the test sets,
 * posted events that the test runs.  Include it in the test program's .c,
 * behind tap.h.
 */

#ifndef _COURT_FAKE_NGINX_H_INCLUDED_
#define _COURT_FAKE_NGINX_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


/* the clock */

static ngx_time_t         fake_time;
volatile ngx_time_t      *ngx_cached_time = &fake_time;
volatile ngx_msec_t       ngx_current_msec;
ngx_pid_t                 ngx_pid = 1;
ngx_int_t                 ngx_ncpu = 2;

static ngx_inline void
fake_clock(int64_t ms)
{
    fake_time.sec = (time_t) (ms / 1000);
    fake_time.msec = (ngx_uint_t) (ms % 1000);
    ngx_current_msec = (ngx_msec_t) ms;
}


/* shared memory: one zone after another; fake_reload() hands the memory on */

#define FAKE_ZONES  4

static ngx_shm_zone_t     fake_zones[FAKE_ZONES];
static ngx_uint_t         fake_nzones;

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *cf, ngx_str_t *name, size_t size, void *tag)
{
    ngx_shm_zone_t  *zone;

    zone = &fake_zones[fake_nzones++ % FAKE_ZONES];
    ngx_memzero(zone, sizeof(ngx_shm_zone_t));

    zone->shm.size = size;
    zone->shm.name = *name;
    zone->tag = tag;

    return zone;
}

static ngx_inline ngx_int_t
fake_zone_init(ngx_shm_zone_t *zone, ngx_shm_zone_t *old)
{
    size_t            offset;
    ngx_slab_pool_t  *shpool;

    if (old) {
        zone->shm.addr = old->shm.addr;
        return zone->init(zone, old->data);
    }

    zone->shm.addr = ngx_pmemalign(tap_pool(), zone->shm.size, 4096);
    shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ngx_memzero(shpool, sizeof(ngx_slab_pool_t));

    offset = ngx_align(sizeof(ngx_slab_pool_t), 4096);
    shpool->start = zone->shm.addr + offset;
    shpool->end = zone->shm.addr + zone->shm.size;
    shpool->pfree = (zone->shm.size - offset) / 4096;
    shpool->mutex.lock = &shpool->lock.lock;

    return zone->init(zone, NULL);
}

void *
ngx_slab_alloc(ngx_slab_pool_t *pool, size_t size)
{
    if (size > pool->pfree * ngx_pagesize) {
        return NULL;
    }

    pool->pfree = 0;

    return pool->start;
}


/* the lock; fake_lock_busy counts tries that fail before it is had */

static ngx_uint_t         fake_lock_busy;
static ngx_uint_t         fake_lock_tries;

ngx_uint_t
ngx_shmtx_trylock(ngx_shmtx_t *mtx)
{
    fake_lock_tries++;

    if (fake_lock_busy) {
        fake_lock_busy--;
        return 0;
    }

    if (*mtx->lock) {
        return 0;
    }

    *mtx->lock = 1;

    return 1;
}

void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    *mtx->lock = 0;
}

void ngx_cdecl
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *cf, ngx_err_t err,
    const char *fmt, ...)
{
}


/* posted events */

ngx_queue_t               ngx_posted_events;
ngx_queue_t               ngx_posted_next_events;

static ngx_inline void
fake_events_init(void)
{
    ngx_queue_init(&ngx_posted_events);
    ngx_queue_init(&ngx_posted_next_events);
}

/* one turn of the event loop; returns how many events ran */
static ngx_inline ngx_uint_t
fake_turn(void)
{
    ngx_uint_t    n;
    ngx_event_t  *ev;
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&ngx_posted_next_events)) {
        q = ngx_queue_head(&ngx_posted_next_events);
        ngx_queue_remove(q);
        ngx_queue_insert_tail(&ngx_posted_events, q);
    }

    for (n = 0; !ngx_queue_empty(&ngx_posted_events); n++) {
        ev = ngx_queue_data(ngx_queue_head(&ngx_posted_events), ngx_event_t,
                            queue);
        ngx_delete_posted_event(ev);
        ev->handler(ev);
    }

    return n;
}


/* a search tree that is never balanced */

void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    if (tree->root == tree->sentinel) {
        node->parent = NULL;
        node->left = tree->sentinel;
        node->right = tree->sentinel;
        tree->root = node;
        return;
    }

    tree->insert(tree->root, node, tree->sentinel);
}

void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    ngx_rbtree_node_t  *left, *right, *temp, **link;

    link = (node->parent == NULL) ? &tree->root
           : (node->parent->left == node) ? &node->parent->left
                                          : &node->parent->right;
    left = node->left;
    right = node->right;

    if (left == tree->sentinel) {
        *link = right;

        if (right != tree->sentinel) {
            right->parent = node->parent;
        }

        return;
    }

    *link = left;
    left->parent = node->parent;

    if (right != tree->sentinel) {
        for (temp = left; temp->right != tree->sentinel; ) {
            temp = temp->right;
        }

        temp->right = right;
        right->parent = temp;
    }
}


#endif /* _COURT_FAKE_NGINX_H_INCLUDED_ */
