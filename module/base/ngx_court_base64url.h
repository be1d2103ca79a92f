/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2):
 * no '=', no white space, no '+' or '/', and the unused bits of the last
 * character are zero, so that a byte string has exactly one spelling.
 */

#ifndef _NGX_COURT_BASE64URL_H_INCLUDED_
#define _NGX_COURT_BASE64URL_H_INCLUDED_

#include "ngx_court_base.h"


#define ngx_court_base64url_encoded_len(n)  (((n) * 4 + 2) / 3)
#define ngx_court_base64url_decoded_len(n)  ((n) * 3 / 4)

/*
 * Decodes src into pool memory.  NGX_OK; NGX_DECLINED where src is not
 * strict base64url; NGX_ERROR without memory.  An empty src is an empty dst.
 * dst may be src, and is set on NGX_OK only.
 */
ngx_int_t ngx_court_base64url_decode(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src);

/* writes encoded_len(src->len) bytes at p, returns the end */
u_char *ngx_court_base64url_encode(u_char *p, const ngx_str_t *src);


#endif /* _NGX_COURT_BASE64URL_H_INCLUDED_ */
