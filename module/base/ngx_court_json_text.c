/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json_text.h"
#include "ngx_court_bytes.h"
#include "ngx_court_utf8.h"


/* a place in the text; end is one past the last byte */
typedef struct {
    const u_char              *p;
    const u_char              *end;
} ngx_court_json_text_t;


static ngx_uint_t ngx_court_json_text_line(const ngx_str_t *text,
    const u_char *p);
static void ngx_court_json_text_space(ngx_court_json_text_t *t);
static void ngx_court_json_text_string(ngx_court_json_text_t *t);
static void ngx_court_json_text_scalar(ngx_court_json_text_t *t);
static void ngx_court_json_text_value(ngx_court_json_text_t *t);
static ngx_uint_t ngx_court_json_text_expect(ngx_court_json_text_t *t,
    u_char c);
static ngx_uint_t ngx_court_json_text_member(ngx_court_json_text_t *t,
    const ngx_str_t *name);
static ngx_uint_t ngx_court_json_text_element(ngx_court_json_text_t *t,
    ngx_int_t index);
static uint32_t ngx_court_json_text_hex4(const u_char *p, const u_char *end);
static size_t ngx_court_json_text_unit(ngx_court_json_text_t *t,
    u_char out[4]);
static ngx_uint_t ngx_court_json_text_same(ngx_court_json_text_t key,
    const ngx_str_t *name);


#define ngx_court_json_white(c)                                               \
    ((c) == ' ' || (c) == '\t' || (c) == '\n' || (c) == '\r')


static ngx_uint_t
ngx_court_json_text_line(const ngx_str_t *text, const u_char *p)
{
    ngx_uint_t     n;
    const u_char  *c;

    n = 1;

    for (c = text->data; c < p; c++) {
        n += (*c == '\n');
    }

    return n;
}


const char *
ngx_court_json_text_exceeds(const ngx_str_t *text,
    const ngx_court_json_limits_t *limits, ngx_uint_t *line)
{
    u_char                  c;
    ngx_uint_t              depth, nodes;
    ngx_court_json_text_t   t;

    *line = 1;

    if (text->len > limits->size) {
        return "text too long";
    }

    t.p = text->data;
    t.end = text->data + text->len;
    depth = 0;
    nodes = 0;

    for ( ;; ) {
        ngx_court_json_text_space(&t);

        c = (t.p < t.end) ? *t.p : ',';

        /* where a value is complete every name has met its colon */

        if ((c == ',' || c == ']' || c == '}') && nodes > limits->nodes) {
            *line = ngx_court_json_text_line(text, t.p);
            return "too many values";
        }

        if (t.p == t.end) {
            return NULL;
        }

        switch (c) {

        case '[':
        case '{':
            nodes++;

            if (++depth > limits->depth) {
                *line = ngx_court_json_text_line(text, t.p);
                return "nested too deep";
            }

            t.p++;
            break;

        case ']':
        case '}':
            depth -= (depth > 0);
            t.p++;
            break;

        case ':':
            /* the string before it was a name */
            nodes -= (nodes > 0);
            t.p++;
            break;

        case ',':
            t.p++;
            break;

        case '"':
            nodes++;
            ngx_court_json_text_string(&t);
            break;

        default:
            nodes++;
            ngx_court_json_text_scalar(&t);
        }
    }
}


static void
ngx_court_json_text_space(ngx_court_json_text_t *t)
{
    while (t->p < t->end && ngx_court_json_white(*t->p)) {
        t->p++;
    }
}


/* from the opening quote to behind the closing one, or to the end */

static void
ngx_court_json_text_string(ngx_court_json_text_t *t)
{
    for (t->p++; t->p < t->end; t->p++) {
        if (*t->p == '"') {
            t->p++;
            return;
        }

        if (*t->p == '\\' && t->end - t->p > 1) {
            t->p++;
        }
    }
}


static void
ngx_court_json_text_scalar(ngx_court_json_text_t *t)
{
    while (t->p < t->end && !ngx_court_json_white(*t->p)
           && ngx_strchr(",:[]{}\"", *t->p) == NULL)
    {
        t->p++;
    }

    /* *t->p may be NUL, which strchr() finds: the caller must move on */

    if (t->p < t->end && *t->p == '\0') {
        t->p++;
    }
}


/* behind the value that begins here; iterative, whatever the nesting */

static void
ngx_court_json_text_value(ngx_court_json_text_t *t)
{
    ngx_uint_t  depth;

    depth = 0;

    do {
        ngx_court_json_text_space(t);

        if (t->p == t->end) {
            return;
        }

        switch (*t->p) {

        case '[':
        case '{':
            depth++;
            t->p++;
            break;

        case ']':
        case '}':
            if (depth == 0) {
                return;
            }

            depth--;
            t->p++;
            break;

        case ',':
        case ':':
            if (depth == 0) {
                return;
            }

            t->p++;
            break;

        case '"':
            ngx_court_json_text_string(t);
            break;

        default:
            ngx_court_json_text_scalar(t);
        }

    } while (depth);
}


static ngx_uint_t
ngx_court_json_text_expect(ngx_court_json_text_t *t, u_char c)
{
    ngx_court_json_text_space(t);

    if (t->p == t->end || *t->p != c) {
        return 0;
    }

    t->p++;
    ngx_court_json_text_space(t);

    return 1;
}


/* behind '{': moves to the value of the member, 0 where it is not there */

static ngx_uint_t
ngx_court_json_text_member(ngx_court_json_text_t *t, const ngx_str_t *name)
{
    ngx_court_json_text_t  key;

    while (t->p < t->end && *t->p == '"') {
        key.p = t->p + 1;
        ngx_court_json_text_string(t);
        key.end = t->p - 1;

        if (!ngx_court_json_text_expect(t, ':')) {
            return 0;
        }

        if (ngx_court_json_text_same(key, name)) {
            return 1;
        }

        ngx_court_json_text_value(t);

        if (!ngx_court_json_text_expect(t, ',')) {
            return 0;
        }
    }

    return 0;
}


/* behind '[': moves to that element, 0 where there are fewer */

static ngx_uint_t
ngx_court_json_text_element(ngx_court_json_text_t *t, ngx_int_t index)
{
    while (index-- > 0) {
        ngx_court_json_text_value(t);

        if (!ngx_court_json_text_expect(t, ',')) {
            return 0;
        }
    }

    return t->p < t->end && *t->p != ']';
}


static uint32_t
ngx_court_json_text_hex4(const u_char *p, const u_char *end)
{
    uint32_t    code;
    ngx_int_t   digit;
    ngx_uint_t  i;

    if (end - p < 4) {
        return 0xfffd;
    }

    for (i = 0, code = 0; i < 4; i++) {
        digit = ngx_court_hex_digit(p[i]);
        if (digit < 0) {
            return 0xfffd;
        }

        code = code * 16 + (uint32_t) digit;
    }

    return code;
}


/* the next character of a string's inside as UTF-8; returns its length */

static size_t
ngx_court_json_text_unit(ngx_court_json_text_t *t, u_char out[4])
{
    u_char            c;
    uint32_t          code, low;
    const char       *at;
    static const char escapes[] = "bfnrt";
    static const char values[] = "\b\f\n\r\t";

    out[0] = *t->p++;

    if (out[0] != '\\' || t->p == t->end) {
        return 1;
    }

    c = *t->p++;

    if (c != 'u') {
        at = c ? ngx_strchr(escapes, c) : NULL;
        out[0] = at ? (u_char) values[at - escapes] : c;
        return 1;
    }

    code = ngx_court_json_text_hex4(t->p, t->end);
    t->p += ngx_min(4, t->end - t->p);

    if (code >= 0xd800 && code <= 0xdbff && t->end - t->p >= 6
        && t->p[0] == '\\' && t->p[1] == 'u')
    {
        low = ngx_court_json_text_hex4(t->p + 2, t->end);
        t->p += 6;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }

    return ngx_court_utf8_write(out, code) - out;
}


static ngx_uint_t
ngx_court_json_text_same(ngx_court_json_text_t key, const ngx_str_t *name)
{
    size_t   n, matched;
    u_char   unit[4];

    matched = 0;

    while (key.p < key.end) {
        n = ngx_court_json_text_unit(&key, unit);

        if (n > name->len - matched
            || ngx_memcmp(unit, name->data + matched, n) != 0)
        {
            return 0;
        }

        matched += n;
    }

    return matched == name->len;
}


ngx_uint_t
ngx_court_json_line(const ngx_str_t *text, const ngx_str_t *pointer)
{
    u_char                 buf[NGX_COURT_JSON_TOKEN_MAX];
    ngx_int_t              rc, index;
    ngx_str_t              rest, token;
    ngx_uint_t             found;
    ngx_court_json_text_t  t;

    rest = *pointer;
    t.p = text->data;
    t.end = text->data + text->len;

    ngx_court_json_text_space(&t);

    for ( ;; ) {
        if (t.p == t.end) {
            return 0;
        }

        rc = ngx_court_json_token(&rest, &token, buf);

        if (rc == NGX_DONE) {
            return ngx_court_json_text_line(text, t.p);
        }

        if (rc != NGX_OK) {
            return 0;
        }

        if (ngx_court_json_text_expect(&t, '{')) {
            found = ngx_court_json_text_member(&t, &token);

        } else if (ngx_court_json_text_expect(&t, '[')) {
            index = ngx_court_json_token_index(&token);
            found = (index != NGX_ERROR)
                    && ngx_court_json_text_element(&t, index);

        } else {
            found = 0;
        }

        if (!found) {
            return 0;
        }
    }
}
