/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_artefact.h"
#include "ngx_court_shm.h"
#include "ngx_court_crypto.h"


#define NGX_COURT_ARTEFACTS_LAYOUT  1
#define NGX_COURT_ARTEFACTS_MIN     65536

/* bounded tries with a yield between, about 50 ms: publishing and reading
 * are rare, and a copy of some MiB may be under way under the lock */
#define NGX_COURT_ARTEFACTS_TRIES   5000


typedef struct {
    uint64_t                   generation;
    int64_t                    version;
    uint64_t                   offset;       /* from the arena's start */
    uint64_t                   len;
    u_char                     sha256[NGX_COURT_SHA256_LEN];
} ngx_court_artefact_row_t;

/*
 * Each kind has two rows: one is live, the other is written and then becomes
 * live by one store.  The bytes stand in an arena whose gaps are computed
 * from the live rows, so that a process killed anywhere in a publication
 * leaves the old artefact whole: no dirty mark is needed.
 */
typedef struct {
    uint32_t                   layout;
    volatile uint32_t          live[NGX_COURT_ARTEFACT_KINDS];
    ngx_court_artefact_row_t   rows[NGX_COURT_ARTEFACT_KINDS][2];
} ngx_court_artefacts_head_t;


struct ngx_court_artefacts_s {
    ngx_slab_pool_t             *shpool;
    ngx_court_artefacts_head_t  *head;
    size_t                       size;       /* of the arena */
};


static ngx_int_t ngx_court_artefacts_init(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_court_artefacts_lock(ngx_court_artefacts_t *zone);
static ngx_int_t ngx_court_artefacts_room(ngx_court_artefacts_t *zone,
    size_t len, uint64_t *offset);
static const ngx_court_artefact_row_t *ngx_court_artefacts_next(
    ngx_court_artefacts_head_t *head, uint64_t from);


static ngx_inline ngx_court_artefact_row_t *
ngx_court_artefacts_live(ngx_court_artefacts_head_t *head, ngx_uint_t kind)
{
    return &head->rows[kind][head->live[kind] & 1];
}


static ngx_inline u_char *
ngx_court_artefacts_arena(ngx_court_artefacts_head_t *head)
{
    return (u_char *) (head + 1);
}


ngx_court_artefacts_t *
ngx_court_artefacts_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    void *tag)
{
    return ngx_court_shm_add(cf, name, size, NGX_COURT_ARTEFACTS_MIN, tag,
                             sizeof(ngx_court_artefacts_t),
                             ngx_court_artefacts_init);
}


static ngx_int_t
ngx_court_artefacts_init(ngx_shm_zone_t *shm_zone, void *data)
{
    size_t                  bytes;
    ngx_court_artefacts_t  *zone;

    zone = shm_zone->data;

    zone->head = ngx_court_shm_block(shm_zone, data, &zone->shpool, &bytes);
    if (zone->head == NULL) {
        return NGX_ERROR;
    }

    zone->size = bytes - sizeof(ngx_court_artefacts_head_t);

    if (zone->head->layout != NGX_COURT_ARTEFACTS_LAYOUT) {
        ngx_memzero(zone->head, sizeof(ngx_court_artefacts_head_t));
        zone->head->layout = NGX_COURT_ARTEFACTS_LAYOUT;
    }

    return NGX_OK;
}


/* under the lock; room is looked for first, so that nothing is half done */

static ngx_int_t
ngx_court_artefacts_put(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, int64_t version, const ngx_str_t *bytes,
    const u_char *sha256)
{
    uint64_t                     offset;
    ngx_court_artefact_row_t    *live, *row;
    ngx_court_artefacts_head_t  *head;

    if (ngx_court_artefacts_room(zone, bytes->len, &offset) != NGX_OK) {
        return NGX_ERROR;
    }

    head = zone->head;
    live = ngx_court_artefacts_live(head, kind);
    row = &head->rows[kind][(head->live[kind] & 1) ^ 1];

    row->generation = live->generation + 1;
    row->version = version;
    row->offset = offset;
    row->len = bytes->len;
    ngx_memcpy(row->sha256, sha256, NGX_COURT_SHA256_LEN);
    ngx_memcpy(ngx_court_artefacts_arena(head) + offset, bytes->data,
               bytes->len);

    ngx_memory_barrier();
    head->live[kind] ^= 1;

    return NGX_OK;
}


ngx_int_t
ngx_court_artefact_publish(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, int64_t version, const ngx_str_t *bytes,
    ngx_log_t *log)
{
    return ngx_court_artefact_raise(zone, kind, version, bytes, NULL, log);
}


/* live NULL: whatever stands there */

ngx_int_t
ngx_court_artefact_raise(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, int64_t version, const ngx_str_t *bytes,
    int64_t *live, ngx_log_t *log)
{
    u_char                     sha256[NGX_COURT_SHA256_LEN];
    ngx_int_t                  rc;
    ngx_court_artefact_row_t  *row;

    if (ngx_court_sha256(bytes, 1, sha256) != NGX_OK
        || ngx_court_artefacts_lock(zone) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = NGX_OK;
    row = ngx_court_artefacts_live(zone->head, kind);

    if (live && row->generation && row->version > version) {
        *live = row->version;
        rc = NGX_DECLINED;

    } else if (row->generation == 0
               || !ngx_court_secret_eq(row->sha256, sha256,
                                       NGX_COURT_SHA256_LEN))
    {
        rc = ngx_court_artefacts_put(zone, kind, version, bytes, sha256);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "court zone \"artefacts\" has no room for %uz bytes",
                      bytes->len);

    } else if (rc == NGX_OK && live) {
        *live = version;
    }

    return rc;
}


uint64_t
ngx_court_artefact_generation(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind)
{
    return ngx_court_artefacts_live(zone->head, kind)->generation;
}


size_t
ngx_court_artefacts_used(ngx_court_artefacts_t *zone)
{
    size_t      bytes;
    ngx_uint_t  kind;

    bytes = sizeof(ngx_court_artefacts_head_t);

    for (kind = 0; kind < NGX_COURT_ARTEFACT_KINDS; kind++) {
        bytes += (size_t) ngx_court_artefacts_live(zone->head, kind)->len;
    }

    return bytes;
}


/*
 * The copy is hashed again outside the lock: bytes that are not what was
 * published must not become a policy.
 */

ngx_int_t
ngx_court_artefact_read(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, ngx_pool_t *pool,
    ngx_court_artefact_t *artefact)
{
    u_char                     sha256[NGX_COURT_SHA256_LEN], *p;
    ngx_court_artefact_row_t  *live, row;

    if (ngx_court_artefacts_lock(zone) != NGX_OK) {
        return NGX_ERROR;
    }

    live = ngx_court_artefacts_live(zone->head, kind);

    if (live->generation == 0) {
        ngx_shmtx_unlock(&zone->shpool->mutex);
        return NGX_DECLINED;
    }

    row = *live;

    p = (row.offset + row.len <= zone->size) ? ngx_pnalloc(pool, row.len + 1)
                                             : NULL;
    if (p == NULL) {
        ngx_shmtx_unlock(&zone->shpool->mutex);
        return NGX_ERROR;
    }

    ngx_memcpy(p, ngx_court_artefacts_arena(zone->head) + row.offset,
               row.len);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    p[row.len] = '\0';

    artefact->generation = row.generation;
    artefact->version = row.version;
    artefact->bytes.data = p;
    artefact->bytes.len = row.len;
    ngx_memcpy(artefact->sha256, row.sha256, NGX_COURT_SHA256_LEN);

    if (ngx_court_sha256(&artefact->bytes, 1, sha256) != NGX_OK
        || !ngx_court_secret_eq(sha256, row.sha256, NGX_COURT_SHA256_LEN))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_artefacts_lock(ngx_court_artefacts_t *zone)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_ARTEFACTS_TRIES; i++) {

        if (ngx_shmtx_trylock(&zone->shpool->mutex)) {

            if (zone->head->layout == NGX_COURT_ARTEFACTS_LAYOUT) {
                return NGX_OK;
            }

            ngx_shmtx_unlock(&zone->shpool->mutex);
            return NGX_ERROR;
        }

        ngx_sched_yield();
    }

    return NGX_ERROR;
}


/*
 * The first gap between the live rows that is large enough.  In the last one
 * bytes stand at the arena's end: so a single artefact, however often it is
 * replaced, leaves all the rest in one piece.
 */

static ngx_int_t
ngx_court_artefacts_room(ngx_court_artefacts_t *zone, size_t len,
    uint64_t *offset)
{
    uint64_t                         from, until;
    const ngx_court_artefact_row_t  *row;

    from = 0;

    for ( ;; ) {
        row = ngx_court_artefacts_next(zone->head, from);
        until = row ? row->offset : zone->size;

        if (until >= from && until - from >= len) {
            *offset = (row || from == 0) ? from : until - len;
            return NGX_OK;
        }

        if (row == NULL) {
            return NGX_DECLINED;
        }

        from = row->offset + row->len;
    }
}


/* the live row that stands lowest at or above an offset */

static const ngx_court_artefact_row_t *
ngx_court_artefacts_next(ngx_court_artefacts_head_t *head, uint64_t from)
{
    ngx_uint_t                       kind;
    const ngx_court_artefact_row_t  *row, *best;

    best = NULL;

    for (kind = 0; kind < NGX_COURT_ARTEFACT_KINDS; kind++) {
        row = ngx_court_artefacts_live(head, kind);

        if (row->generation && row->len && row->offset >= from
            && (best == NULL || row->offset < best->offset))
        {
            best = row;
        }
    }

    return best;
}
