/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The canonical path.  What is not canonical is refused, never repaired, so
 * that the path that was decided is the path that is forwarded.
 */

#ifndef _NGX_COURT_PATH_H_INCLUDED_
#define _NGX_COURT_PATH_H_INCLUDED_

#include "ngx_court_base.h"


/*
 * target: the request target as the client sent it, origin form
 * ("/a/b?c=d").  On NGX_OK path is the part before '?', args the part behind
 * it ("" where there is none); both point into target.  NGX_DECLINED where
 * the path is not canonical: allowed raw are unreserved characters and
 * / ! $ & ' ( ) * + , : = @ ; %XX in upper-case hex only for those sub-delims
 * and : @, and for valid UTF-8 >= 0x80.  Refused: "//", dot segments, ';',
 * '\', '#' (anywhere in target), raw bytes <= 0x20 or >= 0x7F (also in args),
 * %2F %5C %25 %2E %3B, encoded controls, encoded unreserved, lower-case hex,
 * a target that does not begin with '/'.
 */
ngx_int_t ngx_court_path_canonical(const ngx_str_t *target, ngx_str_t *path,
    ngx_str_t *args);

/*
 * RFC 3986 section 2.3: everything but unreserved becomes %XX ('%' too).
 * len: the size of the result; escape: writes it at p, returns the end;
 * escape_str and unescape_str: dst may be src; what needs no escape is not
 * copied, dst then shares the bytes of src.
 */
size_t ngx_court_escape_len(const ngx_str_t *s);
u_char *ngx_court_escape(u_char *p, const ngx_str_t *s);
ngx_int_t ngx_court_escape_str(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src);

/*
 * Reverses escape: any other byte stands for itself, hex in either case.
 * NGX_DECLINED where a '%' is not followed by two hex digits.
 */
ngx_int_t ngx_court_unescape_str(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *src);

#define ngx_court_unreserved(c)                                               \
    (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z')                 \
     || ((c) >= '0' && (c) <= '9')                                            \
     || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')


#endif /* _NGX_COURT_PATH_H_INCLUDED_ */
