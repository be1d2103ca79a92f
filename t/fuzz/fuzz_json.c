/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: JSON text, "---", a JSON pointer.  What is accepted is bounded and
 * valid UTF-8, comes back from its own dump, and every node has a pointer
 * and a line.
 */

#include "fuzz.h"
#include "ngx_court_json.h"
#include "ngx_court_json_text.h"
#include "ngx_court_utf8.h"


#define FUZZ_NODES    64                  /* asked by pointer in one input */
#define FUZZ_POINTER  2048


typedef struct {
    const ngx_str_t        *text;
    const ngx_court_json_t *root;
    ngx_uint_t              nodes;
    ngx_uint_t              lines;
    u_char                  pointer[FUZZ_POINTER];
} fuzz_walk_t;


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


static void
fuzz_scalar(const ngx_court_json_t *node)
{
    size_t      i, n;
    double      d;
    int64_t     num;
    ngx_str_t   s;
    ngx_uint_t  b;

    if (ngx_court_json_string(node, &s) == NGX_OK) {
        must(ngx_court_json_type(node) == NGX_COURT_JSON_STRING);
        must(s.len == 0 || ngx_strlchr(s.data, s.data + s.len, 0) == NULL);

        for (i = 0; i < s.len; i += n) {
            n = ngx_court_utf8_sequence(s.data + i, s.data + s.len);
            must(n > 0);
        }
    }

    if (ngx_court_json_int(node, &num) == NGX_OK) {
        must(ngx_court_json_type(node) == NGX_COURT_JSON_INT);
    }

    if (ngx_court_json_real(node, &d) == NGX_OK) {
        must(d == d && d - d == 0);          /* finite */
    }

    if (ngx_court_json_bool(node, &b) == NGX_OK) {
        must(b <= 1);
    }
}


static void
fuzz_pointer(fuzz_walk_t *w, const ngx_court_json_t *node, size_t len)
{
    ngx_str_t   pointer;
    ngx_uint_t  line;

    pointer.data = w->pointer;
    pointer.len = len;

    must(ngx_court_json_pointer_valid(&pointer));
    must(ngx_court_json_pointer(w->root, &pointer) == node);

    line = ngx_court_json_line(w->text, &pointer);
    must(line >= 1 && line <= w->lines);
}


static size_t
fuzz_token(u_char *p, const u_char *end, const ngx_str_t *name)
{
    size_t   i;
    u_char  *start = p;

    *p++ = '/';

    for (i = 0; i < name->len; i++) {
        if (end - p < 4 || p - start > NGX_COURT_JSON_TOKEN_MAX - 4) {
            return 0;
        }

        if (name->data[i] == '~' || name->data[i] == '/') {
            *p++ = '~';
            *p++ = name->data[i] == '~' ? '0' : '1';
        } else {
            *p++ = name->data[i];
        }
    }

    return p - start;
}


/* len: of the node's pointer; depth: of nodes above it */

static void
fuzz_walk(fuzz_walk_t *w, ngx_court_json_t *node, size_t len,
    ngx_uint_t depth)
{
    void        *it;
    size_t       n;
    u_char      *end;
    ngx_str_t    name;
    ngx_uint_t   i, size;

    w->nodes++;
    must(w->nodes <= ngx_court_json_small.nodes);

    size = ngx_court_json_size(node);
    it = ngx_court_json_first(node);

    must(depth < ngx_court_json_small.depth
         || (ngx_court_json_type(node) != NGX_COURT_JSON_ARRAY
             && ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT));

    if (len < FUZZ_POINTER && w->nodes <= FUZZ_NODES) {
        fuzz_pointer(w, node, len);
    }

    fuzz_scalar(node);

    if (ngx_court_json_type(node) == NGX_COURT_JSON_ARRAY) {
        must(ngx_court_json_at(node, size) == NULL);

        for (i = 0; i < size; i++) {
            n = len;

            if (n + 24 < FUZZ_POINTER) {
                end = ngx_sprintf(w->pointer + n, "/%ui", i);
                n = end - w->pointer;
            } else {
                n = FUZZ_POINTER;
            }

            fuzz_walk(w, ngx_court_json_at(node, i), n, depth + 1);
        }

        return;
    }

    for (i = 0; it; it = ngx_court_json_next(node, it), i++) {
        ngx_court_json_key(it, &name);
        must(ngx_court_json_get_str(node, &name) == ngx_court_json_value(it));

        n = len + 4 < FUZZ_POINTER
            ? fuzz_token(w->pointer + len, w->pointer + FUZZ_POINTER, &name)
            : 0;

        fuzz_walk(w, ngx_court_json_value(it), n ? len + n : FUZZ_POINTER,
                  depth + 1);
    }

    must(i == size || ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT);
}


static void
fuzz_accepted(ngx_pool_t *pool, const ngx_str_t *text,
    ngx_court_json_t *root)
{
    size_t             i, n;
    ngx_str_t          dump, again;
    ngx_uint_t         line;
    fuzz_walk_t        w;
    ngx_court_json_t  *node;

    must(ngx_court_json_type(root) == NGX_COURT_JSON_ARRAY
         || ngx_court_json_type(root) == NGX_COURT_JSON_OBJECT);
    must(text->len <= ngx_court_json_small.size);
    must(ngx_court_json_text_exceeds(text, &ngx_court_json_small, &line)
         == NULL);

    w.text = text;
    w.root = root;
    w.nodes = 0;
    w.lines = 1;

    for (i = 0; i < text->len; i += n) {
        n = ngx_court_utf8_sequence(text->data + i, text->data + text->len);
        must(n > 0);
        w.lines += (text->data[i] == LF);
    }

    fuzz_walk(&w, root, 0, 0);

    must(ngx_court_json_dump(pool, root, &dump) == NGX_OK);

    if (dump.len > ngx_court_json_small.size) {
        return;
    }

    node = ngx_court_json_parse(pool, &dump, &ngx_court_json_small, NULL);
    must(node != NULL);
    must(ngx_court_json_dump(pool, node, &again) == NGX_OK);
    must(ngx_court_str_eq(&dump, &again));
}


/* any bytes become the inside of a JSON string */

static void
fuzz_escape(ngx_pool_t *pool, const ngx_str_t *in)
{
    u_char            *p;
    size_t             i, n, len;
    ngx_str_t          text, s;
    ngx_court_json_t  *root;

    len = ngx_court_json_escape_len(in);
    text.len = len + 4;
    text.data = ngx_pnalloc(pool, text.len);

    p = ngx_cpymem(text.data, "[\"", 2);
    must(ngx_court_json_escape(p, in) == p + len);
    ngx_memcpy(p + len, "\"]", 2);

    root = ngx_court_json_parse(pool, &text, &ngx_court_json_small, NULL);

    if (root == NULL) {

        /* NUL is escaped, and refused by our own parser */

        must(ngx_strlchr(in->data, in->data + in->len, 0) != NULL
             || text.len > ngx_court_json_small.size);
        return;
    }

    must(ngx_court_json_size(root) == 1);
    must(ngx_court_json_string(ngx_court_json_at(root, 0), &s) == NGX_OK);

    for (i = 0; i < in->len; i += n) {
        n = ngx_court_utf8_sequence(in->data + i, in->data + in->len);
        if (n == 0) {
            return;
        }
    }

    must(ngx_court_str_eq(&s, in));
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_str_t          text, pointer, err;
    ngx_court_json_t  *root;

    fuzz_escape(pool, in);

    text = fuzz_part(pool, in);
    pointer = fuzz_copy(pool, in->data, in->len);

    ngx_str_null(&err);
    root = ngx_court_json_parse(pool, &text, &ngx_court_json_small, &err);
    must(root != NULL || err.len > 0);

    if (root == NULL) {
        return;
    }

    fuzz_accepted(pool, &text, root);

    if (ngx_court_json_pointer(root, &pointer)) {
        must(ngx_court_json_pointer_valid(&pointer));
        must(ngx_court_json_line(&text, &pointer) > 0);

    } else {
        must(ngx_court_json_line(&text, &pointer) == 0);
    }
}
