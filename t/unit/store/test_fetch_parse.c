/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_fetch_parse.h"


#define OK200  "HTTP/1.1 200 OK\r\n"

typedef struct {
    const char  *name;
    const char  *answer;
    int          rc;           /* at eof */
    int          status;
    int          stamped;
    int          keepalive;
    const char  *body;
} case_t;


static const case_t  cases[] = {

    /* good ones */

    { "length", OK200 "Content-Length: 5\r\n\r\nhello", NGX_OK, 200, 0, 1,
      "hello" },
    { "stamped", OK200 "Court-Source-Stamp: upstream\r\nContent-Length: 0"
      "\r\n\r\n", NGX_OK, 200, 1, 1, "" },
    { "stamp in lower case", OK200 "court-source-stamp:upstream \r\n"
      "content-length:\t2\r\n\r\nab", NGX_OK, 200, 1, 1, "ab" },
    { "404", "HTTP/1.1 404 Not Found\r\nConnection: close\r\n"
      "Content-Length: 1\r\n\r\nx", NGX_OK, 404, 0, 0, "x" },
    { "no phrase", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", NGX_OK, 503,
      0, 1, "" },
    { "chunked", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n", NGX_OK, 200, 0, 1,
      "abc0123456789" },
    { "CHUNKED, empty", OK200 "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
      NGX_OK, 200, 0, 1, "" },
    { "until close", OK200 "\r\nto the end", NGX_OK, 200, 0, 0,
      "to the end" },
    { "204", "HTTP/1.1 204 No Content\r\n\r\n", NGX_OK, 204, 0, 1, "" },
    { "identity", OK200 "Content-Encoding: identity\r\nContent-Length: 1"
      "\r\n\r\n1", NGX_OK, 200, 0, 1, "1" },
    { "keep-alive", OK200 "Connection: Keep-Alive\r\nContent-Length: 1"
      "\r\n\r\n1", NGX_OK, 200, 0, 1, "1" },
    { "odd Connection", OK200 "Connection: keep-alive, x\r\n"
      "Content-Length: 1\r\n\r\n1", NGX_OK, 200, 0, 0, "1" },

    /* not a stamp */

    { "other stamp", OK200 "Court-Source-Stamp: up\r\nContent-Length: 0"
      "\r\n\r\n", NGX_OK, 200, 0, 1, "" },
    { "stamp in its value", OK200 "X: Court-Source-Stamp: upstream\r\n"
      "Content-Length: 0\r\n\r\n", NGX_OK, 200, 0, 1, "" },
    { "two stamps", OK200 "Court-Source-Stamp: upstream\r\n"
      "Court-Source-Stamp: upstream\r\nContent-Length: 0\r\n\r\n", NGX_ERROR },

    /* cut off */

    { "nothing", "", NGX_ERROR },
    { "half a status", "HTTP/1.1 20", NGX_ERROR },
    { "half a head", OK200 "Content-Len", NGX_ERROR },
    { "no end of head", OK200 "Content-Length: 0\r\n", NGX_ERROR },
    { "half a body", OK200 "Content-Length: 5\r\n\r\nhell", NGX_ERROR },
    { "half a chunk", OK200 "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
      NGX_ERROR },
    { "no last chunk", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n", NGX_ERROR },
    { "half a last chunk", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\n", NGX_ERROR },

    /* could be read in two ways */

    { "two lengths", OK200 "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"
      "hello", NGX_ERROR },
    { "length and chunked", OK200 "Content-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NGX_ERROR },
    { "chunked and length", OK200 "Transfer-Encoding: chunked\r\n"
      "Content-Length: 5\r\n\r\n0\r\n\r\n", NGX_ERROR },
    { "chunked twice", OK200 "Transfer-Encoding: chunked\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NGX_ERROR },
    { "gzip, chunked", OK200 "Transfer-Encoding: gzip, chunked\r\n\r\n"
      "0\r\n\r\n", NGX_ERROR },
    { "gzip", OK200 "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
      NGX_ERROR },
    { "length +5", OK200 "Content-Length: +5\r\n\r\nhello", NGX_ERROR },
    { "length -1", OK200 "Content-Length: -1\r\n\r\n", NGX_ERROR },
    { "length 5, 5", OK200 "Content-Length: 5, 5\r\n\r\nhello", NGX_ERROR },
    { "length 0x5", OK200 "Content-Length: 0x5\r\n\r\nhello", NGX_ERROR },
    { "no length", OK200 "Content-Length:\r\n\r\n", NGX_ERROR },
    { "huge length", OK200 "Content-Length: 99999999999999999999\r\n\r\n",
      NGX_ERROR },
    { "bytes behind", OK200 "Content-Length: 5\r\n\r\nhello!", NGX_ERROR },
    { "bytes behind chunks", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\nx", NGX_ERROR },
    { "second answer", OK200 "Content-Length: 0\r\n\r\n" OK200, NGX_ERROR },
    { "body of 204", "HTTP/1.1 204 No\r\n\r\nx", NGX_ERROR },
    { "bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", NGX_ERROR },
    { "bare LF later", OK200 "Content-Length: 0\n\r\n", NGX_ERROR },
    { "CR in a value", OK200 "A: b\rc\r\nContent-Length: 0\r\n\r\n",
      NGX_ERROR },
    { "folded", OK200 "A: b\r\n c\r\nContent-Length: 0\r\n\r\n", NGX_ERROR },
    { "blank before colon", OK200 "Content-Length : 0\r\n\r\n", NGX_ERROR },
    { "no colon", OK200 "Content-Length\r\n\r\n", NGX_ERROR },
    { "no name", OK200 ": 0\r\n\r\n", NGX_ERROR },
    { "odd name", OK200 "A(B): 0\r\n\r\n", NGX_ERROR },

    /* chunks */

    { "extension", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "1;a=b\r\nx\r\n0\r\n\r\n", NGX_ERROR },
    { "trailer", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "0\r\nA: b\r\n\r\n", NGX_ERROR },
    { "no size", OK200 "Transfer-Encoding: chunked\r\n\r\n\r\n\r\n",
      NGX_ERROR },
    { "size in LF", OK200 "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n"
      "0\r\n\r\n", NGX_ERROR },
    { "size -1", OK200 "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n"
      "0\r\n\r\n", NGX_ERROR },
    { "size g", OK200 "Transfer-Encoding: chunked\r\n\r\ng\r\n", NGX_ERROR },
    { "size of 9 digits", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "000000001\r\nx\r\n0\r\n\r\n", NGX_ERROR },
    { "huge size", OK200 "Transfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
      NGX_ERROR },
    { "data too long", OK200 "Transfer-Encoding: chunked\r\n\r\n"
      "1\r\nxy\r\n0\r\n\r\n", NGX_ERROR },

    /* status lines */

    { "1.0", "HTTP/1.0 200 OK\r\n\r\n", NGX_ERROR },
    { "0.9", "hello\r\n\r\n", NGX_ERROR },
    { "lower case", "http/1.1 200 OK\r\n\r\n", NGX_ERROR },
    { "100", "HTTP/1.1 100 Continue\r\n\r\n" OK200 "\r\n", NGX_ERROR },
    { "600", "HTTP/1.1 600 X\r\n\r\n", NGX_ERROR },
    { "2000", "HTTP/1.1 2000 OK\r\n\r\n", NGX_ERROR },
    { "2x0", "HTTP/1.1 2x0 OK\r\n\r\n", NGX_ERROR },
    { "control", "HTTP/1.1 200 O\001K\r\n\r\n", NGX_ERROR },
    { "empty first line", "\r\n" OK200 "\r\n", NGX_ERROR }
};


/* step: how many bytes come at once */

static ngx_int_t
feed(const char *answer, size_t total, size_t step, size_t max,
    ngx_court_fetch_parse_t *p, u_char **buf)
{
    size_t     len;
    ngx_int_t  rc;

    ngx_memzero(p, sizeof(ngx_court_fetch_parse_t));
    p->max = max;
    ngx_str_set(&p->stamp, "Court-Source-Stamp");

    *buf = ngx_palloc(tap_pool(), total + 1);
    len = 0;

    do {
        step = ngx_min(step, total - len);
        ngx_memcpy(*buf + len, answer + len, step);
        len += step;

        rc = ngx_court_fetch_parse(p, *buf, len, 0);

        if (rc == NGX_OK && len < total) {
            continue;
        }

        if (rc != NGX_AGAIN) {
            return rc;
        }

    } while (len < total);

    return ngx_court_fetch_parse(p, *buf, len, 1);
}


static void
test_case(const case_t *c, size_t step)
{
    u_char                   *buf;
    ngx_int_t                 rc;
    ngx_str_t                 body;
    ngx_court_fetch_parse_t   p;

    rc = feed(c->answer, ngx_strlen(c->answer), step, 65536, &p, &buf);

    if (!is_int(rc, c->rc, "%s, by %zu", c->name, step)) {
        return;
    }

    if (rc != NGX_OK) {
        ok(p.why != NULL, "%s: says why", c->name);
        return;
    }

    body.data = buf + p.body;
    body.len = p.len;

    ok((int) p.status == c->status && p.stamped == (unsigned) c->stamped
       && p.keepalive == (unsigned) c->keepalive,
       "%s: status %u, stamped %u, keepalive %u", c->name,
       (unsigned) p.status, p.stamped, p.keepalive);
    is_str(&body, c->body, "%s: body", c->name);
}


static void
test_bounds(void)
{
    u_char                   *buf;
    char                     *text;
    size_t                    n;
    ngx_court_fetch_parse_t   p;

    is_int(feed(OK200 "Content-Length: 4\r\n\r\n1234", 42, 99, 4, &p, &buf),
           NGX_OK, "length at the bound");
    is_int(feed(OK200 "Content-Length: 5\r\n\r\n12345", 43, 99, 4, &p, &buf),
           NGX_ERROR, "length above the bound");
    is_int(feed(OK200 "\r\n1234", 23, 99, 4, &p, &buf), NGX_OK,
           "until close, at the bound");
    is_int(feed(OK200 "\r\n12345", 24, 99, 4, &p, &buf), NGX_ERROR,
           "until close, above");

    text = (char *) ngx_palloc(tap_pool(), 32768);

    n = (size_t) sprintf(text, OK200 "A: ");
    ngx_memset(text + n, 'a', 32768 - n);
    is_int(feed(text, 32768, 4096, 65536, &p, &buf), NGX_ERROR,
           "an endless head");
    ok(p.why && ngx_strcmp(p.why, "the head is too large") == 0, "says so");
}


int
main(void)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i], 1);
        test_case(&cases[i], 7);
        test_case(&cases[i], 100000);
    }

    test_bounds();

    return done_testing();
}
