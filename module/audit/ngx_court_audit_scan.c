/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_audit_scan.h"


typedef struct {
    const u_char              *p;
    const u_char              *last;
} ngx_court_audit_scan_t;

typedef struct {
    ngx_str_t                  name;
    size_t                     offset;    /* of an ngx_str_t */
} ngx_court_audit_scan_member_t;

/* members that are no part of ngx_court_audit_said_t as they stand */
typedef struct {
    ngx_str_t                  v;
    ngx_str_t                  seq;
    ngx_str_t                  prev;
    ngx_court_audit_said_t    *said;
} ngx_court_audit_scan_found_t;


#define ngx_court_audit_scan_member(name)                                     \
    { ngx_string(#name), offsetof(ngx_court_audit_said_t, name) }

/* the order of a line, so that a member is found near its place */

static const ngx_court_audit_scan_member_t  ngx_court_audit_scan_members[] = {
    ngx_court_audit_scan_member(gateway),
    ngx_court_audit_scan_member(worker),
    ngx_court_audit_scan_member(time),
    ngx_court_audit_scan_member(request_id),
    ngx_court_audit_scan_member(phase),
    ngx_court_audit_scan_member(event),
    ngx_court_audit_scan_member(cycle),
    ngx_court_audit_scan_member(court),
    ngx_court_audit_scan_member(interface),
    ngx_court_audit_scan_member(subject_h),
    ngx_court_audit_scan_member(principal_h),
    ngx_court_audit_scan_member(role),
    ngx_court_audit_scan_member(case_h),
    ngx_court_audit_scan_member(decision),
    ngx_court_audit_scan_member(reason),
    { ngx_null_string, 0 }
};


static void
ngx_court_audit_scan_space(ngx_court_audit_scan_t *s)
{
    while (s->p < s->last
           && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r'))
    {
        s->p++;
    }
}


static ngx_uint_t
ngx_court_audit_scan_take(ngx_court_audit_scan_t *s, u_char c)
{
    ngx_court_audit_scan_space(s);

    if (s->p == s->last || *s->p != c) {
        return 0;
    }

    s->p++;

    return 1;
}


/* behind the opening quote; the inside */

static ngx_int_t
ngx_court_audit_scan_string(ngx_court_audit_scan_t *s, ngx_str_t *inside)
{
    const u_char  *start;

    start = s->p;

    for ( /* void */ ; s->p < s->last; s->p++) {

        if (*s->p == '"') {
            inside->data = (u_char *) start;
            inside->len = s->p++ - start;
            return NGX_OK;
        }

        if (*s->p < 0x20 || (*s->p == '\\' && ++s->p == s->last)) {
            break;
        }
    }

    return NGX_DECLINED;
}


/* a list or object: what is in it is not looked at, but that it ends */

static ngx_int_t
ngx_court_audit_scan_nested(ngx_court_audit_scan_t *s)
{
    u_char      close[NGX_COURT_AUDIT_DEPTH];
    ngx_str_t   inside;
    ngx_uint_t  depth;

    depth = 0;

    while (s->p < s->last) {

        switch (*s->p++) {

        case '"':
            if (ngx_court_audit_scan_string(s, &inside) != NGX_OK) {
                return NGX_DECLINED;
            }

            break;

        case '[':
        case '{':
            if (depth == NGX_COURT_AUDIT_DEPTH) {
                return NGX_DECLINED;
            }

            close[depth++] = (s->p[-1] == '[') ? ']' : '}';
            break;

        case ']':
        case '}':
            if (s->p[-1] != close[--depth]) {
                return NGX_DECLINED;
            }

            if (depth == 0) {
                return NGX_OK;
            }

            break;
        }
    }

    return NGX_DECLINED;
}


/* text is the value as it stands, of a string without its quotes */

static ngx_int_t
ngx_court_audit_scan_value(ngx_court_audit_scan_t *s, ngx_str_t *text)
{
    ngx_court_audit_scan_space(s);

    if (s->p == s->last) {
        return NGX_DECLINED;
    }

    if (*s->p == '"') {
        s->p++;
        return ngx_court_audit_scan_string(s, text);
    }

    text->data = (u_char *) s->p;

    if (*s->p == '[' || *s->p == '{') {
        return ngx_court_audit_scan_nested(s);
    }

    while (s->p < s->last && *s->p != ',' && *s->p != '}' && *s->p > ' ') {
        s->p++;
    }

    text->len = s->p - text->data;

    return text->len ? NGX_OK : NGX_DECLINED;
}


/* where a member goes; NULL: it is none of ours */

static ngx_str_t *
ngx_court_audit_scan_place(ngx_court_audit_scan_found_t *found,
    const ngx_str_t *name)
{
    const ngx_court_audit_scan_member_t  *m;

    if (ngx_court_audit_is(name, "v")) {
        return &found->v;
    }

    if (ngx_court_audit_is(name, "seq")) {
        return &found->seq;
    }

    if (ngx_court_audit_is(name, "prev")) {
        return &found->prev;
    }

    for (m = ngx_court_audit_scan_members; m->name.len; m++) {
        if (ngx_court_str_eq(&m->name, name)) {
            return (ngx_str_t *) ((u_char *) found->said + m->offset);
        }
    }

    return NULL;
}


/* "name": value; a member that is there twice says nothing for certain */

static ngx_int_t
ngx_court_audit_scan_one(ngx_court_audit_scan_t *s,
    ngx_court_audit_scan_found_t *found)
{
    ngx_str_t  name, text, *place;

    if (!ngx_court_audit_scan_take(s, '"')
        || ngx_court_audit_scan_string(s, &name) != NGX_OK
        || !ngx_court_audit_scan_take(s, ':'))
    {
        return NGX_DECLINED;
    }

    ngx_str_null(&text);

    if (ngx_court_audit_scan_value(s, &text) != NGX_OK) {
        return NGX_DECLINED;
    }

    place = ngx_court_audit_scan_place(found, &name);

    if (place == NULL) {
        return NGX_OK;
    }

    if (place->data) {
        return NGX_DECLINED;
    }

    *place = text;

    return NGX_OK;
}


static ngx_int_t
ngx_court_audit_scan_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


static ngx_int_t
ngx_court_audit_scan_prev(const ngx_str_t *text, ngx_court_audit_said_t *said)
{
    u_char      *p;
    size_t       n;
    ngx_int_t    high, low;
    ngx_uint_t   i;

    n = 0;

    if (text->len > 4 && ngx_memcmp(text->data, "sm3:", 4) == 0) {
        said->sm3 = 1;
        n = 4;

    } else if (text->len > 7 && ngx_memcmp(text->data, "sha256:", 7) == 0) {
        n = 7;
    }

    if (n == 0 || text->len - n != 2 * NGX_COURT_AUDIT_HASH_LEN) {
        return NGX_DECLINED;
    }

    p = text->data + n;

    for (i = 0; i < NGX_COURT_AUDIT_HASH_LEN; i++) {
        high = ngx_court_audit_scan_hex(*p++);
        low = ngx_court_audit_scan_hex(*p++);

        if (high < 0 || low < 0) {
            return NGX_DECLINED;
        }

        said->prev[i] = (u_char) (high << 4 | low);
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_audit_scan(const ngx_str_t *line, ngx_court_audit_said_t *said)
{
    ngx_court_audit_scan_t        s;
    ngx_court_audit_scan_found_t  found;

    ngx_memzero(said, sizeof(ngx_court_audit_said_t));
    ngx_memzero(&found, sizeof(ngx_court_audit_scan_found_t));
    found.said = said;

    s.p = line->data;
    s.last = line->data + line->len;

    if (!ngx_court_audit_scan_take(&s, '{')) {
        return NGX_DECLINED;
    }

    do {
        if (ngx_court_audit_scan_one(&s, &found) != NGX_OK) {
            return NGX_DECLINED;
        }
    } while (ngx_court_audit_scan_take(&s, ','));

    if (!ngx_court_audit_scan_take(&s, '}')) {
        return NGX_DECLINED;
    }

    ngx_court_audit_scan_space(&s);

    if (s.p != s.last || !ngx_court_audit_is(&found.v, "1")
        || found.seq.len == 0 || found.seq.data[0] == '0'
        || said->gateway.len == 0 || said->worker.len == 0)
    {
        return NGX_DECLINED;
    }

    said->seq = ngx_atoof(found.seq.data, found.seq.len);

    return (said->seq > 0) ? ngx_court_audit_scan_prev(&found.prev, said)
                           : NGX_DECLINED;
}


/* a quote within a string is escaped: there the text below cannot stand */

ngx_int_t
ngx_court_audit_scan_behind(ngx_str_t *line, ngx_court_audit_said_t *said)
{
    u_char     *p;
    ngx_str_t   rest;

    static const char  begins[] = "{\"v\":1,\"seq\":";

    if (line->len < NGX_COURT_AUDIT_MAX
        && ngx_court_audit_scan(line, said) == NGX_OK)
    {
        return NGX_OK;
    }

    rest = *line;

    for (p = line->data + line->len; p > line->data; p--) {

        rest.data = p - 1;
        rest.len = line->data + line->len - rest.data;

        if (rest.len >= NGX_COURT_AUDIT_MAX) {
            return NGX_DECLINED;
        }

        if (rest.len > sizeof(begins)
            && ngx_memcmp(rest.data, begins, sizeof(begins) - 1) == 0)
        {
            break;
        }
    }

    if (rest.data == line->data
        || ngx_court_audit_scan(&rest, said) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    *line = rest;

    return NGX_AGAIN;
}
