/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bounded JSON (RFC 8259) and JSON pointers (RFC 6901).  The only file that
 * knows jansson.  Duplicate member names, NUL, invalid UTF-8, trailing bytes,
 * numbers out of range, a root that is no object or array, and anything beyond
 * the limits are refused.
 *
 * A document is owned by the pool that it was parsed with; nodes and the
 * strings read from them live as long as that pool.
 */

#ifndef _NGX_COURT_JSON_H_INCLUDED_
#define _NGX_COURT_JSON_H_INCLUDED_

#include "ngx_court_base.h"


typedef struct ngx_court_json_s  ngx_court_json_t;   /* opaque node */

typedef enum {
    NGX_COURT_JSON_NULL = 0,
    NGX_COURT_JSON_BOOL,
    NGX_COURT_JSON_INT,          /* fits int64_t, written without . or e */
    NGX_COURT_JSON_REAL,
    NGX_COURT_JSON_STRING,
    NGX_COURT_JSON_ARRAY,
    NGX_COURT_JSON_OBJECT
} ngx_court_json_type_t;

typedef struct {
    size_t                     size;      /* bytes of text */
    ngx_uint_t                 depth;     /* nested arrays and objects */
    ngx_uint_t                 nodes;     /* values, all levels together */
} ngx_court_json_limits_t;

/* tokens, JWKs and sources' answers: 64 KiB, depth 16, 4096 values */
extern const ngx_court_json_limits_t  ngx_court_json_small;

/* policies and courts files: 16 MiB, depth 32, 1M values */
extern const ngx_court_json_limits_t  ngx_court_json_large;


/*
 * NULL on error, with a text in err ("line 3: duplicate member \"a\"");
 * err->data is pool memory or a constant.  err may be NULL.
 */
ngx_court_json_t *ngx_court_json_parse(ngx_pool_t *pool,
    const ngx_str_t *text, const ngx_court_json_limits_t *limits,
    ngx_str_t *err);

ngx_court_json_type_t ngx_court_json_type(const ngx_court_json_t *node);

/* member of an object by name; NULL where absent or node is no object */
ngx_court_json_t *ngx_court_json_get(const ngx_court_json_t *node,
    const char *name);
ngx_court_json_t *ngx_court_json_get_str(const ngx_court_json_t *node,
    const ngx_str_t *name);

/* RFC 6901; "" is the node itself; NULL where nothing is there */
ngx_court_json_t *ngx_court_json_pointer(const ngx_court_json_t *node,
    const ngx_str_t *pointer);

/* the pointer is well-formed (it may still point at nothing) */
ngx_uint_t ngx_court_json_pointer_valid(const ngx_str_t *pointer);

/* NGX_OK, or NGX_DECLINED where node is NULL or of another type */
ngx_int_t ngx_court_json_string(const ngx_court_json_t *node, ngx_str_t *s);
ngx_int_t ngx_court_json_int(const ngx_court_json_t *node, int64_t *n);
ngx_int_t ngx_court_json_real(const ngx_court_json_t *node, double *d);
ngx_int_t ngx_court_json_bool(const ngx_court_json_t *node, ngx_uint_t *b);

/* elements of an array or members of an object; 0 for anything else */
ngx_uint_t ngx_court_json_size(const ngx_court_json_t *node);
ngx_court_json_t *ngx_court_json_at(const ngx_court_json_t *array,
    ngx_uint_t i);

/*
 * Members of an object in file order:
 *     for (it = ngx_court_json_first(o); it; it = ngx_court_json_next(o, it))
 */
void *ngx_court_json_first(const ngx_court_json_t *object);
void *ngx_court_json_next(const ngx_court_json_t *object, void *iter);
void ngx_court_json_key(void *iter, ngx_str_t *name);
ngx_court_json_t *ngx_court_json_value(void *iter);

/*
 * 1-based line at which the value of that pointer begins in text (which was
 * parsed without error); 0 where nothing is there.
 */
ngx_uint_t ngx_court_json_line(const ngx_str_t *text,
    const ngx_str_t *pointer);

/*
 * Serialised into pool memory, compact, members in file order.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_court_json_dump(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *text);

/*
 * Writes s as the inside of a JSON string (quotes not included): ", \ and
 * control characters escaped, bytes that are not UTF-8 replaced by U+FFFD.
 * Returns the end; escape_len says how many bytes it writes.
 */
size_t ngx_court_json_escape_len(const ngx_str_t *s);
u_char *ngx_court_json_escape(u_char *p, const ngx_str_t *s);
/* how many bytes from p on need no escape */
size_t ngx_court_json_plain(const u_char *p, const u_char *end);


#endif /* _NGX_COURT_JSON_H_INCLUDED_ */
