/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Decoding of a source's answer.  Internal to the ngx_court_decode*.c files.
 */

#ifndef _NGX_COURT_DECODE_H_INCLUDED_
#define _NGX_COURT_DECODE_H_INCLUDED_

#include "ngx_court_mapping.h"


typedef struct {
    ngx_pool_t                *pool;
    const ngx_court_fact_t    *fact;
    const ngx_court_json_t    *root;
    const char                *why;
    size_t                     listed;     /* bytes of the list so far */
} ngx_court_decode_t;


/*
 * Reads a node as a value of that type; v is zeroed but for its type.
 * NGX_OK and v present; NGX_DECLINED where the node is nothing of that type;
 * NGX_ERROR without memory.
 */
ngx_int_t ngx_court_decode_value(ngx_court_decode_t *d, ngx_court_type_t type,
    const ngx_court_json_t *node, ngx_court_value_t *v);


#endif /* _NGX_COURT_DECODE_H_INCLUDED_ */
