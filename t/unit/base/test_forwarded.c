/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trusted in these tables: 10.0.0.0/8, 2001:db8::/32 and unix:.
 */

#include "ngx_court_forwarded.h"
#include "tap.h"


#define raw(s)  { sizeof(s) - 1, (u_char *) s }

typedef struct {
    ngx_str_t    value;
    const char  *client;                  /* NULL: refused */
    const char  *chain;                   /* NULL: all of value */
    const char  *proto;
    const char  *host;
} chain_t;

static const chain_t  fors[] = {
    { raw("203.0.113.5"), "203.0.113.5", NULL, "", "" },
    { raw("  203.0.113.5\t"), "203.0.113.5", "203.0.113.5", "", "" },
    { raw("203.0.113.5:4711"), "203.0.113.5", NULL, "", "" },
    { raw("2001:DB9::5"), "2001:db9::5", NULL, "", "" },
    { raw("[2001:db9::5]"), "2001:db9::5", NULL, "", "" },
    { raw("[2001:db9::5]:443"), "2001:db9::5", NULL, "", "" },
    { raw("::ffff:203.0.113.5"), "203.0.113.5", NULL, "", "" },
    { raw("2001:0db9:0:0:0:0:0:5"), "2001:db9::5", NULL, "", "" },

    /* the right-most one that is not trusted */
    { raw("198.51.100.1, 203.0.113.5"), "203.0.113.5", "203.0.113.5", "", "" },
    { raw("198.51.100.1, 203.0.113.5, 10.0.0.2"), "203.0.113.5",
      "203.0.113.5, 10.0.0.2", "", "" },
    { raw("198.51.100.1,203.0.113.5,10.0.0.2,2001:db8::7,unix:"),
      "203.0.113.5", "203.0.113.5,10.0.0.2,2001:db8::7,unix:", "", "" },
    { raw("203.0.113.5, ::ffff:10.0.0.2"), "203.0.113.5", NULL, "", "" },
    { raw("10.0.0.9, 203.0.113.5"), "203.0.113.5", "203.0.113.5", "", "" },

    /* all are: the left-most */
    { raw("10.0.0.1"), "10.0.0.1", NULL, "", "" },
    { raw("10.0.0.1, 10.0.0.2"), "10.0.0.1", NULL, "", "" },
    { raw("unix:, 10.0.0.2"), NULL, NULL, NULL, NULL },
    { raw("unix:"), NULL, NULL, NULL, NULL },

    /* left of the client anything may stand */
    { raw("\", \\, , unknown, 203.0.113.5"), "203.0.113.5", "203.0.113.5", "",
      "" },
    { raw("<script>, 203.0.113.5, 10.0.0.2"), "203.0.113.5",
      "203.0.113.5, 10.0.0.2", "", "" },
    { raw(",203.0.113.5"), "203.0.113.5", "203.0.113.5", "", "" },

    /* and nothing right of him */
    { raw("203.0.113.5, unknown"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5, unknown, 10.0.0.2"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5, , 10.0.0.2"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5, 10.0.0.2,"), NULL, NULL, NULL, NULL },
    { raw(""), NULL, NULL, NULL, NULL },
    { raw("  "), NULL, NULL, NULL, NULL },
    { raw(","), NULL, NULL, NULL, NULL },
    { raw("203.0.113"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.05"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.256"), NULL, NULL, NULL, NULL },
    { raw("0x7f.0.0.1"), NULL, NULL, NULL, NULL },
    { raw("3405803781"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5:"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5:0"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5:65536"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5:99999999999"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5:8o"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5 10.0.0.1"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5;10.0.0.1"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5\0"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5/24"), NULL, NULL, NULL, NULL },
    { raw("[2001:db9::5"), NULL, NULL, NULL, NULL },
    { raw("[2001:db9::5]443"), NULL, NULL, NULL, NULL },
    { raw("[2001:db9::5]:"), NULL, NULL, NULL, NULL },
    { raw("[203.0.113.5]"), NULL, NULL, NULL, NULL },
    { raw("[]"), NULL, NULL, NULL, NULL },
    { raw("2001:db9::5]"), NULL, NULL, NULL, NULL },
    { raw("fe80::1%eth0"), NULL, NULL, NULL, NULL },
    { raw("2001:db9::5::6"), NULL, NULL, NULL, NULL },
    { raw("\"203.0.113.5\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5"), NULL, NULL, NULL, NULL },
    { raw("localhost"), NULL, NULL, NULL, NULL },
    { raw("unix"), NULL, NULL, NULL, NULL },
    { raw("unix:/run/x"), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1,"
          "10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1,"
          "10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1"), "203.0.113.5", NULL, "",
      "" },
    { raw("203.0.113.5, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1,"
          "10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1,"
          "10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1, 10.0.0.1"), NULL, NULL,
      NULL, NULL },
};

static const chain_t  forwardeds[] = {
    { raw("for=203.0.113.5"), "203.0.113.5", NULL, "", "" },
    { raw("For=\"203.0.113.5:4711\""), "203.0.113.5", NULL, "", "" },
    { raw("FOR=\"[2001:db9::5]\""), "2001:db9::5", NULL, "", "" },
    { raw("for=\"[2001:db9::5]:80\""), "2001:db9::5", NULL, "", "" },
    { raw("for=203.0.113.5;proto=https;by=10.0.0.1;host=a.example"),
      "203.0.113.5", NULL, "https", "a.example" },
    { raw("by=10.0.0.1 ; Host=\"a.example:8443\" ; proto=http;"
          " for=203.0.113.5"),
      "203.0.113.5", NULL, "http", "a.example:8443" },
    { raw("for=203.0.113.5;ext=\"a;b,c=d\""), "203.0.113.5", NULL, "", "" },

    /* proto and host are those of the client's hop */
    { raw("for=198.51.100.1;proto=https, for=203.0.113.5;proto=http;host=b,"
          " for=10.0.0.2;proto=https;host=c"), "203.0.113.5",
      "for=203.0.113.5;proto=http;host=b, for=10.0.0.2;proto=https;host=c",
      "http", "b" },

    /* left of the client anything may stand, an open quote too */
    { raw("for=\"198.51.100.1, for=203.0.113.5"), "203.0.113.5",
      "for=203.0.113.5", "", "" },
    { raw("for=198.51.100.1;x=\", for=\"[2001:db9::5]\""), "2001:db9::5",
      "for=\"[2001:db9::5]\"", "", "" },
    { raw("\\\", for=203.0.113.5"), "203.0.113.5", "for=203.0.113.5", "", "" },
    { raw("for=unknown, for=203.0.113.5"), "203.0.113.5", "for=203.0.113.5",
      "", "" },

    { raw(""), NULL, NULL, NULL, NULL },
    { raw("203.0.113.5"), NULL, NULL, NULL, NULL },
    { raw("for="), NULL, NULL, NULL, NULL },
    { raw("for=\"\""), NULL, NULL, NULL, NULL },
    { raw("for=\""), NULL, NULL, NULL, NULL },
    { raw("for =203.0.113.5"), NULL, NULL, NULL, NULL },
    { raw("for= 203.0.113.5"), NULL, NULL, NULL, NULL },
    { raw("for=unknown"), NULL, NULL, NULL, NULL },
    { raw("for=_hidden"), NULL, NULL, NULL, NULL },
    { raw("for=unix:"), NULL, NULL, NULL, NULL },
    { raw("for=\"unix:\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5:80"), NULL, NULL, NULL, NULL },
    { raw("for=2001:db9::5"), NULL, NULL, NULL, NULL },
    { raw("for=\"2001:db9::5\""), NULL, NULL, NULL, NULL },
    { raw("for=[2001:db9::5]"), NULL, NULL, NULL, NULL },
    { raw("for=\"203.0.113.5:_p\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;for=203.0.113.6"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;proto=a;PROTO=b"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;host=a;host=b"), NULL, NULL, NULL, NULL },
    { raw("proto=https"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;"), NULL, NULL, NULL, NULL },
    { raw(";for=203.0.113.5"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;=x"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=\"a"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=a\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=\"a\"b"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=\"a\\\"b\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=\"\x01\""), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;x=\xe4\xb8\xad"), NULL, NULL, NULL, NULL },
    { raw("for=203.0.113.5;a=1;b=1;c=1;d=1;e=1;f=1;g=1"), "203.0.113.5", NULL,
      "", "" },
    { raw("for=203.0.113.5;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1"), NULL, NULL, NULL,
      NULL },
    { raw("for=203.0.113.5, for=unknown"), NULL, NULL, NULL, NULL },
};


static ngx_uint_t
trusted(void *data, struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
    struct sockaddr_in6  *sin6;

    (*(ngx_uint_t *) data)++;

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        return ntohl(sin->sin_addr.s_addr) >> 24 == 10;

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;
        return ngx_memcmp(sin6->sin6_addr.s6_addr, "\x20\x01\x0d\xb8", 4) == 0;

    default:
        return sa->sa_family == AF_UNIX;
    }
}


static void
try(const chain_t *c, ngx_uint_t named)
{
    ngx_int_t               rc;
    ngx_str_t               value;
    ngx_uint_t              asked;
    ngx_court_forwarded_t   f;

    /* in memory of exactly that length, which ASan watches */

    value.len = c->value.len;
    value.data = ngx_pnalloc(tap_pool(), value.len ? value.len : 1);
    ngx_memcpy(value.data, c->value.data, value.len);

    asked = 0;
    rc = (named ? ngx_court_forwarded : ngx_court_forwarded_for)
             (&value, trusted, &asked, &f);

    if (c->client == NULL) {
        ok(rc == NGX_DECLINED && f.client.len == 0 && f.chain.len == 0,
           "refused: \"%.*s\"", (int) c->value.len, c->value.data);
        return;
    }

    if (!ok(rc == NGX_OK, "read: \"%.*s\"", (int) c->value.len,
            c->value.data))
    {
        return;
    }

    is_str(&f.client, c->client, "client");
    is_str(&f.chain, c->chain ? c->chain : (char *) c->value.data, "chain");
    is_str(&f.proto, c->proto, "proto");
    is_str(&f.host, c->host, "host");
}


int
main(void)
{
    u_char                 *p;
    ngx_str_t               value;
    ngx_uint_t              i, asked;
    ngx_court_forwarded_t   f;

    for (i = 0; i < sizeof(fors) / sizeof(fors[0]); i++) {
        try(&fors[i], 0);
    }

    for (i = 0; i < sizeof(forwardeds) / sizeof(forwardeds[0]); i++) {
        try(&forwardeds[i], 1);
    }

    /* a long chain is not read, as much as is read is bounded */

    value.len = NGX_COURT_FORWARDED_LEN;
    value.data = ngx_pnalloc(tap_pool(), value.len + 1);
    ngx_memset(value.data, ' ', value.len + 1);
    ngx_memcpy(value.data, "203.0.113.5", 11);

    asked = 0;
    is_int(ngx_court_forwarded_for(&value, trusted, &asked, &f), NGX_OK,
           "%d bytes", NGX_COURT_FORWARDED_LEN);
    value.len++;
    is_int(ngx_court_forwarded_for(&value, trusted, &asked, &f), NGX_DECLINED,
           "one more");

    p = value.data;
    while (p + 9 < value.data + value.len) {
        p = ngx_cpymem(p, "10.0.0.1,", 9);
    }

    value.len = p - value.data - 1;
    asked = 0;
    is_int(ngx_court_forwarded_for(&value, trusted, &asked, &f), NGX_DECLINED,
           "a chain without end");
    is_int(asked, NGX_COURT_FORWARDED_HOPS, "hops read");

    return done_testing();
}
