/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond
 * U+10FFFF.
 */

#ifndef _NGX_COURT_UTF8_H_INCLUDED_
#define _NGX_COURT_UTF8_H_INCLUDED_

#include <ngx_config.h>
#include <ngx_core.h>


/* length of the valid sequence that begins at p < end, 0 where none does */
size_t ngx_court_utf8_sequence(const u_char *p, const u_char *end);

/* writes at most 4 bytes for a code point <= U+10FFFF, returns the end */
u_char *ngx_court_utf8_write(u_char *p, uint32_t code);


#endif /* _NGX_COURT_UTF8_H_INCLUDED_ */
