/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What can be told from JSON text without parsing it into nodes: whether it
 * keeps within limits, and at which line a value stands.  Internal to base;
 * ngx_court_json.h is what others use.
 */

#ifndef _NGX_COURT_JSON_TEXT_H_INCLUDED_
#define _NGX_COURT_JSON_TEXT_H_INCLUDED_

#include "ngx_court_json.h"


/*
 * Counts nesting and values in one pass without allocating, so that a deep or
 * wide text costs no nodes.  Exact for well-formed text; for other text the
 * parser stops where it stops being well-formed.  NULL, or what is exceeded,
 * and the line.
 */
const char *ngx_court_json_text_exceeds(const ngx_str_t *text,
    const ngx_court_json_limits_t *limits, ngx_uint_t *line);


/* longest member name in a pointer that is written with ~0 or ~1 */
#define NGX_COURT_JSON_TOKEN_MAX  256

/*
 * Takes the next reference token (RFC 6901) off the pointer, unescaped; it
 * points into the pointer or into buf.  NGX_OK; NGX_DONE at the end;
 * NGX_DECLINED where the pointer is malformed.
 */
ngx_int_t ngx_court_json_token(ngx_str_t *pointer, ngx_str_t *token,
    u_char buf[NGX_COURT_JSON_TOKEN_MAX]);

/* array index in a reference token; NGX_ERROR where it is none */
ngx_int_t ngx_court_json_token_index(const ngx_str_t *token);


#endif /* _NGX_COURT_JSON_TEXT_H_INCLUDED_ */
