/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One claim of a payload as a value.  What is of another type than it should
 * be is refused, never converted: null is no absence, "1" no number.
 */

#ifndef _NGX_COURT_CLAIM_H_INCLUDED_
#define _NGX_COURT_CLAIM_H_INCLUDED_

#include "ngx_court_json.h"
#include "ngx_court_value.h"


#define NGX_COURT_CLAIM_MAX      256      /* bytes of a string */
#define NGX_COURT_CLAIM_LIST     64       /* elements of a list */
#define NGX_COURT_CLAIM_SCOPE    4096     /* bytes of a list in one string */
#define NGX_COURT_CLAIM_MAX_TIME  ((int64_t) 1 << 53)


/* All: NGX_OK; NGX_DECLINED where the node is no such thing; NGX_ERROR. */

/* 1 to NGX_COURT_CLAIM_MAX bytes, none of them a control character */
ngx_int_t ngx_court_claim_string(const ngx_court_json_t *node, ngx_str_t *s);

/*
 * The same for a claim that a mapping points at: whole numbers count as their
 * decimal digits, booleans as "true" and "false", so that a map can name them.
 */
ngx_int_t ngx_court_claim_mapped(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_str_t *s);

/* role: one string, or a list of just one; never one of several */
ngx_int_t ngx_court_claim_single(ngx_pool_t *pool,
    const ngx_court_json_t *node, ngx_uint_t mapped, ngx_str_t *s);

/* a list of strings, or one string; with split its words (RFC 6749, 3.3) */
ngx_int_t ngx_court_claim_list(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_uint_t split, ngx_court_value_t *v);

/* NumericDate, not negative and below 2^53; a fraction is cut off */
ngx_int_t ngx_court_claim_time(const ngx_court_json_t *node, int64_t *t);


#endif /* _NGX_COURT_CLAIM_H_INCLUDED_ */
