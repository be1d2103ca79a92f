/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_zone_lru.h"


/*
 * The dirty mark must be seen before any change and be gone only after the
 * last one: a process may be killed between any two instructions.
 */

#define ngx_court_zone_lru_begin(head)                                        \
    do { (head)->dirty = 1; ngx_memory_barrier(); } while (0)

#define ngx_court_zone_lru_end(head)                                          \
    do { ngx_memory_barrier(); (head)->dirty = 0; } while (0)


static uint32_t *ngx_court_zone_lru_bucket(ngx_court_zone_head_t *head,
    const u_char *key);
static uint32_t *ngx_court_zone_lru_find(ngx_court_zone_head_t *head,
    const u_char *key);
static void ngx_court_zone_lru_push(ngx_court_zone_head_t *head, uint32_t n);
static void ngx_court_zone_lru_unlink(ngx_court_zone_head_t *head,
    uint32_t n);
static void ngx_court_zone_lru_drop(ngx_court_zone_head_t *head,
    uint32_t *link);
static void ngx_court_zone_lru_evict(ngx_court_zone_head_t *head,
    int64_t now);
static uint32_t ngx_court_zone_lru_take(ngx_court_zone_head_t *head);
static void ngx_court_zone_lru_read(ngx_court_zone_head_t *head,
    ngx_court_zone_slot_t *slot, u_char *buf);
static void ngx_court_zone_lru_write(ngx_court_zone_head_t *head,
    ngx_court_zone_slot_t *slot, const ngx_str_t *value);


/* the table follows the header: nslots + 1 heads, then the slots */

static ngx_inline uint32_t *
ngx_court_zone_lru_table(ngx_court_zone_head_t *head)
{
    return (uint32_t *) (head + 1);
}


static ngx_inline ngx_court_zone_slot_t *
ngx_court_zone_lru_slot(ngx_court_zone_head_t *head, uint32_t n)
{
    u_char  *p;

    p = (u_char *) (head + 1)
        + ngx_align((size_t) head->nslots * sizeof(uint32_t), 8);

    return (ngx_court_zone_slot_t *) p + (n - 1);
}


uint32_t
ngx_court_zone_lru_slots(size_t bytes)
{
    size_t  n;

    if (bytes < sizeof(ngx_court_zone_head_t) + 8) {
        return 0;
    }

    n = (bytes - sizeof(ngx_court_zone_head_t) - 8)
        / (sizeof(ngx_court_zone_slot_t) + sizeof(uint32_t));

    return (uint32_t) ngx_min(n, 0x7fffffff);
}


uint32_t
ngx_court_zone_lru_need(size_t len)
{
    if (len <= NGX_COURT_ZONE_FIRST) {
        return 1;
    }

    len -= NGX_COURT_ZONE_FIRST;

    return (uint32_t) (1 + (len + NGX_COURT_ZONE_MORE - 1)
                           / NGX_COURT_ZONE_MORE);
}


void
ngx_court_zone_lru_init(ngx_court_zone_head_t *head, size_t bytes,
    uint64_t seed, time_t birth)
{
    ngx_memzero(head, sizeof(ngx_court_zone_head_t));

    head->dirty = 1;
    head->nslots = ngx_court_zone_lru_slots(bytes);
    head->seed = seed;
    head->birth = birth;

    ngx_court_zone_lru_clear(head);

    head->layout = NGX_COURT_ZONE_LAYOUT;
}


void
ngx_court_zone_lru_clear(ngx_court_zone_head_t *head)
{
    ngx_court_zone_lru_begin(head);

    ngx_memzero(ngx_court_zone_lru_table(head),
                (size_t) head->nslots * sizeof(uint32_t));

    head->used = 0;
    head->fresh = 1;
    head->free = 0;
    head->newest = 0;
    head->oldest = 0;

    ngx_court_zone_lru_end(head);
}


ngx_int_t
ngx_court_zone_lru_get(ngx_court_zone_head_t *head, const u_char *key,
    u_char *buf, size_t cap, size_t *len, int64_t now)
{
    uint32_t                n, *link, stamp;
    ngx_court_zone_slot_t  *slot;

    link = ngx_court_zone_lru_find(head, key);

    if (link == NULL) {
        head->misses++;
        return NGX_DECLINED;
    }

    n = *link;
    slot = ngx_court_zone_lru_slot(head, n);

    if (slot->s.expires <= now) {
        ngx_court_zone_lru_begin(head);
        ngx_court_zone_lru_drop(head, link);
        head->expired++;
        head->misses++;
        ngx_court_zone_lru_end(head);
        return NGX_DECLINED;
    }

    stamp = (uint32_t) (now >> NGX_COURT_ZONE_TOUCH_SHIFT);

    if (slot->s.touched != stamp && head->newest != n) {
        ngx_court_zone_lru_begin(head);
        ngx_court_zone_lru_unlink(head, n);
        ngx_court_zone_lru_push(head, n);
        slot->s.touched = stamp;
        ngx_court_zone_lru_end(head);
    }

    if (slot->s.len > cap) {
        return NGX_ERROR;
    }

    *len = slot->s.len;
    ngx_court_zone_lru_read(head, slot, buf);
    head->hits++;

    return NGX_OK;
}


ngx_int_t
ngx_court_zone_lru_put(ngx_court_zone_head_t *head, const u_char *key,
    const ngx_str_t *value, int64_t expires, int64_t now)
{
    uint32_t                i, n, need, first, *link;
    ngx_court_zone_slot_t  *slot;

    if (value->len > NGX_COURT_ZONE_VALUE) {
        return NGX_DECLINED;
    }

    need = ngx_court_zone_lru_need(value->len);

    if (need > head->nslots) {
        return NGX_DECLINED;
    }

    ngx_court_zone_lru_begin(head);

    link = ngx_court_zone_lru_find(head, key);

    if (link) {
        ngx_court_zone_lru_drop(head, link);
    }

    while (head->nslots - head->used < need) {
        ngx_court_zone_lru_evict(head, now);
    }

    first = ngx_court_zone_lru_take(head);
    slot = ngx_court_zone_lru_slot(head, first);

    ngx_memcpy(slot->s.key, key, NGX_COURT_ZONE_KEY);
    slot->s.expires = expires;
    slot->s.len = (uint32_t) value->len;
    slot->s.touched = (uint32_t) (now >> NGX_COURT_ZONE_TOUCH_SHIFT);
    slot->s.more = 0;

    for (i = 1; i < need; i++) {
        n = ngx_court_zone_lru_take(head);
        ngx_court_zone_lru_slot(head, n)->c.more = slot->s.more;
        slot->s.more = n;
    }

    ngx_court_zone_lru_write(head, slot, value);

    link = ngx_court_zone_lru_bucket(head, key);
    slot->s.chain = *link;
    *link = first;

    ngx_court_zone_lru_push(head, first);
    head->stores++;

    ngx_court_zone_lru_end(head);

    return NGX_OK;
}


void
ngx_court_zone_lru_delete(ngx_court_zone_head_t *head, const u_char *key)
{
    uint32_t  *link;

    link = ngx_court_zone_lru_find(head, key);

    if (link) {
        ngx_court_zone_lru_begin(head);
        ngx_court_zone_lru_drop(head, link);
        ngx_court_zone_lru_end(head);
    }
}


/*
 * Keys are hashes already; the seed keeps a caller who can choose what is
 * hashed from filling one bucket.
 */

static uint32_t *
ngx_court_zone_lru_bucket(ngx_court_zone_head_t *head, const u_char *key)
{
    uint64_t  h;

    ngx_memcpy(&h, key, sizeof(uint64_t));

    h = (h ^ head->seed) * 0x9e3779b97f4a7c15ull;
    h ^= h >> 29;
    h = ((h * 0xbf58476d1ce4e5b9ull) >> 32) * head->nslots;

    return ngx_court_zone_lru_table(head) + (h >> 32);
}


/* the link that points to the entry: what drop needs */

static uint32_t *
ngx_court_zone_lru_find(ngx_court_zone_head_t *head, const u_char *key)
{
    uint32_t               *link;
    ngx_court_zone_slot_t  *slot;

    link = ngx_court_zone_lru_bucket(head, key);

    while (*link) {
        slot = ngx_court_zone_lru_slot(head, *link);

        if (ngx_memcmp(slot->s.key, key, NGX_COURT_ZONE_KEY) == 0) {
            return link;
        }

        link = &slot->s.chain;
    }

    return NULL;
}


static void
ngx_court_zone_lru_push(ngx_court_zone_head_t *head, uint32_t n)
{
    ngx_court_zone_slot_t  *slot;

    slot = ngx_court_zone_lru_slot(head, n);

    slot->s.prev = 0;
    slot->s.next = head->newest;

    if (head->newest) {
        ngx_court_zone_lru_slot(head, head->newest)->s.prev = n;

    } else {
        head->oldest = n;
    }

    head->newest = n;
}


static void
ngx_court_zone_lru_unlink(ngx_court_zone_head_t *head, uint32_t n)
{
    ngx_court_zone_slot_t  *slot;

    slot = ngx_court_zone_lru_slot(head, n);

    if (slot->s.prev) {
        ngx_court_zone_lru_slot(head, slot->s.prev)->s.next = slot->s.next;

    } else {
        head->newest = slot->s.next;
    }

    if (slot->s.next) {
        ngx_court_zone_lru_slot(head, slot->s.next)->s.prev = slot->s.prev;

    } else {
        head->oldest = slot->s.prev;
    }
}


static void
ngx_court_zone_lru_drop(ngx_court_zone_head_t *head, uint32_t *link)
{
    uint32_t                n, more;
    ngx_court_zone_slot_t  *slot;

    n = *link;
    slot = ngx_court_zone_lru_slot(head, n);

    *link = slot->s.chain;
    ngx_court_zone_lru_unlink(head, n);

    more = slot->s.more;

    for ( ;; ) {
        slot = ngx_court_zone_lru_slot(head, n);
        slot->c.more = head->free;
        head->free = n;
        head->used--;

        if (more == 0) {
            return;
        }

        n = more;
        more = ngx_court_zone_lru_slot(head, n)->c.more;
    }
}


static void
ngx_court_zone_lru_evict(ngx_court_zone_head_t *head, int64_t now)
{
    uint32_t               *link;
    ngx_court_zone_slot_t  *slot;

    slot = head->oldest ? ngx_court_zone_lru_slot(head, head->oldest) : NULL;
    link = slot ? ngx_court_zone_lru_find(head, slot->s.key) : NULL;

    if (link == NULL) {

        /* cannot be; but a cache rather starts anew than ends a worker */

        ngx_court_zone_lru_clear(head);
        ngx_court_zone_lru_begin(head);
        head->resets++;
        return;
    }

    if (slot->s.expires <= now) {
        head->expired++;

    } else {
        head->evictions++;
    }

    ngx_court_zone_lru_drop(head, link);
}


static uint32_t
ngx_court_zone_lru_take(ngx_court_zone_head_t *head)
{
    uint32_t  n;

    n = head->free;

    if (n) {
        head->free = ngx_court_zone_lru_slot(head, n)->c.more;

    } else {
        n = head->fresh++;
    }

    head->used++;

    return n;
}


static void
ngx_court_zone_lru_read(ngx_court_zone_head_t *head,
    ngx_court_zone_slot_t *slot, u_char *buf)
{
    size_t    len, n;
    uint32_t  more;

    len = slot->s.len;
    n = ngx_min(len, NGX_COURT_ZONE_FIRST);
    buf = ngx_cpymem(buf, slot->s.data, n);
    more = slot->s.more;

    for (len -= n; len; len -= n) {
        slot = ngx_court_zone_lru_slot(head, more);
        n = ngx_min(len, NGX_COURT_ZONE_MORE);
        buf = ngx_cpymem(buf, slot->c.data, n);
        more = slot->c.more;
    }
}


static void
ngx_court_zone_lru_write(ngx_court_zone_head_t *head,
    ngx_court_zone_slot_t *slot, const ngx_str_t *value)
{
    size_t    len, n;
    u_char   *p;
    uint32_t  more;

    p = value->data;
    len = value->len;
    n = ngx_min(len, NGX_COURT_ZONE_FIRST);
    ngx_memcpy(slot->s.data, p, n);
    more = slot->s.more;

    for (len -= n; len; len -= n) {
        p += n;
        slot = ngx_court_zone_lru_slot(head, more);
        n = ngx_min(len, NGX_COURT_ZONE_MORE);
        ngx_memcpy(slot->c.data, p, n);
        more = slot->c.more;
    }
}
