/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Artefacts: what changes without reload.  {kind, generation, version,
 * sha256, bytes} in the zone "artefacts"; workers copy the bytes out and
 * compile them themselves.  No compiled images in shared memory.
 */

#ifndef _NGX_COURT_ARTEFACT_H_INCLUDED_
#define _NGX_COURT_ARTEFACT_H_INCLUDED_

#include "ngx_court_base.h"


typedef enum {
    NGX_COURT_ARTEFACT_POLICY = 0,
    NGX_COURT_ARTEFACT_KINDS
} ngx_court_artefact_kind_t;

typedef struct {
    uint64_t                   generation;   /* ascending, 0: none yet */
    int64_t                    version;
    u_char                     sha256[32];
    ngx_str_t                  bytes;
} ngx_court_artefact_t;

typedef struct ngx_court_artefacts_s  ngx_court_artefacts_t;

ngx_court_artefacts_t *ngx_court_artefacts_add(ngx_conf_t *cf,
    ngx_str_t *name, size_t size, void *tag);

/*
 * Publishes bytes as the next generation, unless the live one has the same
 * sha256.  NGX_OK; NGX_ERROR where the zone has no room (the old one stays).
 */
ngx_int_t ngx_court_artefact_publish(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, int64_t version, const ngx_str_t *bytes,
    ngx_log_t *log);

/*
 * The same, unless a higher version is live: NGX_DECLINED.  *live is the
 * version that is live afterwards.  Checked and published under one lock, so
 * of several who publish the highest version wins, whatever their order.
 */
ngx_int_t ngx_court_artefact_raise(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, int64_t version, const ngx_str_t *bytes,
    int64_t *live, ngx_log_t *log);

/* the generation that is live, without its bytes: cheap, for polling */
uint64_t ngx_court_artefact_generation(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind);

/* bytes of all that is live */
size_t ngx_court_artefacts_used(ngx_court_artefacts_t *zone);

/* NGX_OK, bytes copied to pool; NGX_DECLINED none; NGX_ERROR */
ngx_int_t ngx_court_artefact_read(ngx_court_artefacts_t *zone,
    ngx_court_artefact_kind_t kind, ngx_pool_t *pool,
    ngx_court_artefact_t *artefact);


#endif /* _NGX_COURT_ARTEFACT_H_INCLUDED_ */
