/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What all zones have in common: how one is added, and that it is one block
 * which is kept over a reload.  Each has a layout of its own in it, and says
 * by a number in its head whose it is.
 */

#ifndef _NGX_COURT_SHM_H_INCLUDED_
#define _NGX_COURT_SHM_H_INCLUDED_

#include "ngx_court_base.h"


/* of a block that is new these bytes are zero */
#define NGX_COURT_SHM_HEAD  64


/*
 * Adds a zone of size bytes.  Returns a zeroed object of that many bytes,
 * which init finds in shm_zone->data.  NULL, said: less than least bytes, a
 * zone of that name already, no memory.
 */
void *ngx_court_shm_add(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    size_t least, void *tag, size_t object, ngx_shm_zone_init_pt init);

/*
 * For init, with its arguments: the block, the one of before if there was one,
 * and how long it is.  It ends where the pool ends: nothing else is allocated
 * there.  NULL: no memory.
 */
void *ngx_court_shm_block(ngx_shm_zone_t *shm_zone, void *data,
    ngx_slab_pool_t **shpool, size_t *bytes);


#endif /* _NGX_COURT_SHM_H_INCLUDED_ */
