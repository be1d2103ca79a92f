/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_fetch_parse.h"


#define NGX_COURT_FETCH_CHUNK_LINE  10        /* 8 hex digits, CRLF */


/* RFC 9110: token, and optional white space */

#define ngx_court_fetch_token(c)                                              \
    ((c) > 0x20 && (c) < 0x7f                                                 \
     && ngx_strlchr((u_char *) NGX_COURT_FETCH_SEPARATORS,                    \
                    (u_char *) NGX_COURT_FETCH_SEPARATORS                     \
                    + sizeof(NGX_COURT_FETCH_SEPARATORS) - 1, (c)) == NULL)

#define NGX_COURT_FETCH_SEPARATORS  "\"(),/:;<=>?@[\\]{}"

#define ngx_court_fetch_blank(c)  ((c) == ' ' || (c) == '\t')

#define ngx_court_fetch_same(a, b)                                            \
    ((a)->len == (b)->len                                                     \
     && ngx_strncasecmp((a)->data, (b)->data, (b)->len) == 0)


typedef struct {
    ngx_str_t                  name;
    ngx_int_t                (*handler)(ngx_court_fetch_parse_t *p,
                                   const ngx_str_t *value);
} ngx_court_fetch_header_t;


static ngx_int_t ngx_court_fetch_parse_head(ngx_court_fetch_parse_t *p,
    u_char *buf, size_t len);
static ngx_int_t ngx_court_fetch_parse_status(ngx_court_fetch_parse_t *p,
    const ngx_str_t *line);
static ngx_int_t ngx_court_fetch_parse_line(ngx_court_fetch_parse_t *p,
    const ngx_str_t *line);
static ngx_int_t ngx_court_fetch_parse_framing(ngx_court_fetch_parse_t *p);
static ngx_int_t ngx_court_fetch_parse_length(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value);
static ngx_int_t ngx_court_fetch_parse_coding(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value);
static ngx_int_t ngx_court_fetch_parse_encoding(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value);
static ngx_int_t ngx_court_fetch_parse_connection(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value);
static ngx_int_t ngx_court_fetch_parse_stamp(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value);
static ngx_int_t ngx_court_fetch_parse_chunk(ngx_court_fetch_parse_t *p,
    u_char *buf, size_t len);
static int64_t ngx_court_fetch_parse_hex(const u_char *p, size_t n);
static ngx_int_t ngx_court_fetch_parse_data(ngx_court_fetch_parse_t *p,
    u_char *buf, size_t len);
static ngx_int_t ngx_court_fetch_parse_error(ngx_court_fetch_parse_t *p,
    const char *why);


static const ngx_court_fetch_header_t  ngx_court_fetch_headers[] = {
    { ngx_string("Content-Length"), ngx_court_fetch_parse_length },
    { ngx_string("Transfer-Encoding"), ngx_court_fetch_parse_coding },
    { ngx_string("Content-Encoding"), ngx_court_fetch_parse_encoding },
    { ngx_string("Connection"), ngx_court_fetch_parse_connection }
};

#define NGX_COURT_FETCH_NHEADERS                                              \
    (sizeof(ngx_court_fetch_headers) / sizeof(ngx_court_fetch_headers[0]))


ngx_int_t
ngx_court_fetch_parse(ngx_court_fetch_parse_t *p, u_char *buf, size_t len,
    ngx_uint_t eof)
{
    ngx_int_t                      rc;
    ngx_court_fetch_parse_state_t  state;

    do {
        state = p->state;

        switch (state) {

        case NGX_COURT_FETCH_P_HEAD:
            rc = ngx_court_fetch_parse_head(p, buf, len);
            break;

        case NGX_COURT_FETCH_P_CHUNK:
            rc = ngx_court_fetch_parse_chunk(p, buf, len);
            break;

        case NGX_COURT_FETCH_P_LENGTH:
        case NGX_COURT_FETCH_P_DATA:
        case NGX_COURT_FETCH_P_CLOSE:
            rc = ngx_court_fetch_parse_data(p, buf, len);
            break;

        default:    /* NGX_COURT_FETCH_P_DONE */
            return (p->pos == len) ? NGX_OK
                   : ngx_court_fetch_parse_error(p, "bytes behind the answer");
        }

    } while (rc == NGX_OK && (p->state != state || p->pos < len));

    if (rc == NGX_ERROR) {
        return rc;
    }

    if (!eof) {
        return NGX_AGAIN;
    }

    if (p->state == NGX_COURT_FETCH_P_CLOSE) {
        p->state = NGX_COURT_FETCH_P_DONE;
        return NGX_OK;
    }

    return ngx_court_fetch_parse_error(p, "the answer is cut off");
}


static ngx_int_t
ngx_court_fetch_parse_head(ngx_court_fetch_parse_t *p, u_char *buf,
    size_t len)
{
    u_char     *end;
    ngx_int_t   rc;
    ngx_str_t   line;

    while (p->pos < len) {
        line.data = buf + p->pos;
        end = ngx_strlchr(line.data, buf + len, LF);

        if (end == NULL) {
            break;
        }

        if ((size_t) (end - buf) >= NGX_COURT_FETCH_HEAD_MAX) {
            return ngx_court_fetch_parse_error(p, "the head is too large");
        }

        if (end == line.data || end[-1] != CR) {
            return ngx_court_fetch_parse_error(p, "the head is malformed");
        }

        line.len = (size_t) (end - 1 - line.data);

        if (p->status == 0) {
            rc = ngx_court_fetch_parse_status(p, &line);

        } else if (line.len == 0) {
            p->pos = (size_t) (end + 1 - buf);
            return ngx_court_fetch_parse_framing(p);

        } else {
            rc = ngx_court_fetch_parse_line(p, &line);
        }

        if (rc != NGX_OK) {
            return rc;
        }

        p->pos = (size_t) (end + 1 - buf);
    }

    if (len >= NGX_COURT_FETCH_HEAD_MAX) {
        return ngx_court_fetch_parse_error(p, "the head is too large");
    }

    return NGX_AGAIN;
}


/* "HTTP/1.1 200 OK"; interim answers are not asked for */

static ngx_int_t
ngx_court_fetch_parse_status(ngx_court_fetch_parse_t *p,
    const ngx_str_t *line)
{
    size_t      i;
    ngx_int_t   status;

    if (line->len < sizeof("HTTP/1.1 200") - 1
        || ngx_memcmp(line->data, "HTTP/1.1 ", 9) != 0
        || (line->len > 12 && line->data[12] != ' '))
    {
        return ngx_court_fetch_parse_error(p, "no HTTP/1.1 status line");
    }

    for (i = 12; i < line->len; i++) {
        if (line->data[i] < 0x20 || line->data[i] == 0x7f) {
            return ngx_court_fetch_parse_error(p, "no HTTP/1.1 status line");
        }
    }

    status = ngx_atoi(line->data + 9, 3);

    if (status < 200 || status > 599) {
        return ngx_court_fetch_parse_error(p, "no final status");
    }

    p->status = (ngx_uint_t) status;
    p->keepalive = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_line(ngx_court_fetch_parse_t *p, const ngx_str_t *line)
{
    size_t                           i;
    u_char                           c;
    ngx_str_t                        name, value;
    const ngx_court_fetch_header_t  *h;

    for (i = 0; i < line->len; i++) {
        c = line->data[i];

        if (c == ':') {
            break;
        }

        if (!ngx_court_fetch_token(c)) {
            return ngx_court_fetch_parse_error(p, "a header is malformed");
        }
    }

    if (i == 0 || i == line->len) {
        return ngx_court_fetch_parse_error(p, "a header is malformed");
    }

    name.data = line->data;
    name.len = i;

    value.data = line->data + i + 1;
    value.len = line->len - i - 1;

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return ngx_court_fetch_parse_error(p, "a header is malformed");
        }
    }

    while (value.len && ngx_court_fetch_blank(value.data[0])) {
        value.data++;
        value.len--;
    }

    while (value.len && ngx_court_fetch_blank(value.data[value.len - 1])) {
        value.len--;
    }

    if (ngx_court_fetch_same(&name, &p->stamp)) {
        return ngx_court_fetch_parse_stamp(p, &value);
    }

    for (i = 0; i < NGX_COURT_FETCH_NHEADERS; i++) {
        h = &ngx_court_fetch_headers[i];

        if (ngx_court_fetch_same(&name, &h->name)) {
            return h->handler(p, &value);
        }
    }

    return NGX_OK;
}


/* the head is complete: how long is the body? */

static ngx_int_t
ngx_court_fetch_parse_framing(ngx_court_fetch_parse_t *p)
{
    p->body = p->pos;
    p->len = 0;

    if (p->has_length && p->has_chunked) {
        return ngx_court_fetch_parse_error(p, "two kinds of length");
    }

    if (p->status == 204 || p->status == 304) {
        p->state = NGX_COURT_FETCH_P_DONE;

        if (p->has_chunked || (p->has_length && p->rest)) {
            p->keepalive = 0;
        }

    } else if (p->has_chunked) {
        p->state = NGX_COURT_FETCH_P_CHUNK;

    } else if (p->has_length) {
        p->state = p->rest ? NGX_COURT_FETCH_P_LENGTH
                           : NGX_COURT_FETCH_P_DONE;

    } else {
        p->state = NGX_COURT_FETCH_P_CLOSE;
        p->keepalive = 0;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_length(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value)
{
    off_t  length;

    if (p->has_length) {
        return ngx_court_fetch_parse_error(p, "two Content-Length");
    }

    length = ngx_atoof(value->data, value->len);

    if (length < 0) {
        return ngx_court_fetch_parse_error(p, "a malformed Content-Length");
    }

    if (length > (off_t) p->max) {
        return ngx_court_fetch_parse_error(p, "the body is too large");
    }

    p->has_length = 1;
    p->rest = (size_t) length;

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_coding(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value)
{
    if (p->has_chunked || value->len != 7
        || ngx_strncasecmp(value->data, (u_char *) "chunked", 7) != 0)
    {
        return ngx_court_fetch_parse_error(p, "an unknown Transfer-Encoding");
    }

    p->has_chunked = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_encoding(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value)
{
    if (value->len != 8
        || ngx_strncasecmp(value->data, (u_char *) "identity", 8) != 0)
    {
        return ngx_court_fetch_parse_error(p, "the body is encoded");
    }

    return NGX_OK;
}


/* whatever else it says, an answer with "close" in it is the last one */

static ngx_int_t
ngx_court_fetch_parse_connection(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value)
{
    if (value->len != 10
        || ngx_strncasecmp(value->data, (u_char *) "keep-alive", 10) != 0)
    {
        p->keepalive = 0;
    }

    return NGX_OK;
}


/* a second one came from behind our own header filter: no stamp at all */

static ngx_int_t
ngx_court_fetch_parse_stamp(ngx_court_fetch_parse_t *p,
    const ngx_str_t *value)
{
    if (p->has_stamp) {
        return ngx_court_fetch_parse_error(p, "two stamps");
    }

    p->has_stamp = 1;
    p->stamped = (value->len == 8
                  && ngx_memcmp(value->data, "upstream", 8) == 0);

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_chunk(ngx_court_fetch_parse_t *p, u_char *buf,
    size_t len)
{
    u_char   *start, *end;
    int64_t   size;

    start = buf + p->pos;
    end = ngx_strlchr(start, buf + len, LF);

    if (end == NULL) {
        if (len - p->pos >= NGX_COURT_FETCH_CHUNK_LINE) {
            return ngx_court_fetch_parse_error(p, "a malformed chunk");
        }

        return NGX_AGAIN;
    }

    if (end - start < 2 || end - start >= NGX_COURT_FETCH_CHUNK_LINE
        || end[-1] != CR)
    {
        return ngx_court_fetch_parse_error(p, "a malformed chunk");
    }

    size = ngx_court_fetch_parse_hex(start, (size_t) (end - 1 - start));

    if (size < 0) {
        return ngx_court_fetch_parse_error(p, "a malformed chunk");
    }

    if ((size_t) size > p->max - p->len) {
        return ngx_court_fetch_parse_error(p, "the body is too large");
    }

    if (size == 0) {

        /* the empty line too, no trailers */

        if (buf + len - end < 3) {
            return NGX_AGAIN;
        }

        if (end[1] != CR || end[2] != LF) {
            return ngx_court_fetch_parse_error(p, "a malformed chunk");
        }

        p->pos = (size_t) (end + 3 - buf);
        p->state = NGX_COURT_FETCH_P_DONE;

        return NGX_OK;
    }

    p->pos = (size_t) (end + 1 - buf);
    p->rest = (size_t) size;
    p->state = NGX_COURT_FETCH_P_DATA;

    return NGX_OK;
}


/* at most 8 digits, see NGX_COURT_FETCH_CHUNK_LINE */

static int64_t
ngx_court_fetch_parse_hex(const u_char *p, size_t n)
{
    u_char   c;
    int64_t  value;

    for (value = 0; n; n--, p++) {
        c = (u_char) (*p | 0x20);

        if (*p >= '0' && *p <= '9') {
            value = value * 16 + (*p - '0');

        } else if (c >= 'a' && c <= 'f') {
            value = value * 16 + (c - 'a' + 10);

        } else {
            return -1;
        }
    }

    return value;
}


/* a chunk's data moves down to the body's end, over the framing */

static ngx_int_t
ngx_court_fetch_parse_data(ngx_court_fetch_parse_t *p, u_char *buf,
    size_t len)
{
    size_t  n;

    n = len - p->pos;

    if (p->state == NGX_COURT_FETCH_P_CLOSE) {
        if (n > p->max - p->len) {
            return ngx_court_fetch_parse_error(p, "the body is too large");
        }

    } else {
        n = ngx_min(n, p->rest);
        p->rest -= n;
    }

    if (n && p->body + p->len != p->pos) {
        ngx_memmove(buf + p->body + p->len, buf + p->pos, n);
    }

    p->len += n;
    p->pos += n;

    if (p->state == NGX_COURT_FETCH_P_CLOSE || p->rest) {
        return NGX_AGAIN;
    }

    if (p->state == NGX_COURT_FETCH_P_LENGTH) {
        p->state = NGX_COURT_FETCH_P_DONE;
        return NGX_OK;
    }

    if (len - p->pos < 2) {
        return NGX_AGAIN;
    }

    if (buf[p->pos] != CR || buf[p->pos + 1] != LF) {
        return ngx_court_fetch_parse_error(p, "a malformed chunk");
    }

    p->pos += 2;
    p->state = NGX_COURT_FETCH_P_CHUNK;

    return NGX_OK;
}


static ngx_int_t
ngx_court_fetch_parse_error(ngx_court_fetch_parse_t *p, const char *why)
{
    p->why = why;

    return NGX_ERROR;
}
