/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/jose only: members that JWKs and JWS headers have in common.
 */

#ifndef _NGX_COURT_JWK_H_INCLUDED_
#define _NGX_COURT_JWK_H_INCLUDED_

#include "ngx_court_jose.h"


#define NGX_COURT_JWK_MAX_OPS  16         /* elements of key_ops */


/* 1 to NGX_COURT_KID_MAX bytes, none of them a control character */
ngx_uint_t ngx_court_jose_text(const ngx_str_t *s);

/*
 * A member that must be such a text where it is there.  NGX_OK, s is empty
 * where it is absent; NGX_DECLINED for anything else.
 */
ngx_int_t ngx_court_jose_member(const ngx_court_json_t *node,
    const char *name, ngx_str_t *s);


#endif /* _NGX_COURT_JWK_H_INCLUDED_ */
