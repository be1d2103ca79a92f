/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A worker's idle connections to the source server.
 */

#ifndef _NGX_COURT_FETCH_KEEP_H_INCLUDED_
#define _NGX_COURT_FETCH_KEEP_H_INCLUDED_

#include "ngx_court_base.h"
#include <ngx_event.h>


/* keeps it, or closes it where there are enough or it is no longer good */
void ngx_court_fetch_keep(ngx_connection_t *c, ngx_addr_t *addr);

/* one of those to addr, or NULL; log and handlers become the caller's */
ngx_connection_t *ngx_court_fetch_keep_take(ngx_addr_t *addr);

void ngx_court_fetch_keep_stop(void);


#endif /* _NGX_COURT_FETCH_KEEP_H_INCLUDED_ */
