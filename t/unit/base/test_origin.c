/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_origin.h"
#include "tap.h"


#define raw(s)   { sizeof(s) - 1, (u_char *) s }
#define BEGIN    "must begin with https:// or http://"
#define INVALID  "has an invalid host or port"

static const struct {
    ngx_str_t    text;
    const char  *written;                 /* NULL: refused, with */
    const char  *wrong;
} origins[] = {
    { raw("https://b00.court.example"), "https://b00.court.example", NULL },
    { raw("http://b00.court.example"), "http://b00.court.example", NULL },
    { raw("HTTPS://B00.Court.Example"), "https://b00.court.example", NULL },
    { raw("https://b00.court.example:443"), "https://b00.court.example", NULL },
    { raw("http://b00.court.example:80"), "http://b00.court.example", NULL },
    { raw("https://b00.court.example:80"), "https://b00.court.example:80",
      NULL },
    { raw("https://b00:8443"), "https://b00:8443", NULL },
    { raw("https://a_b-c.d:1"), "https://a_b-c.d:1", NULL },
    { raw("https://203.0.113.5:65535"), "https://203.0.113.5:65535", NULL },
    { raw("https://[2001:DB8::1]"), "https://[2001:db8::1]", NULL },
    { raw("https://[::1]:8443"), "https://[::1]:8443", NULL },

    { raw(""), NULL, BEGIN },
    { raw("b00.court.example"), NULL, BEGIN },
    { raw("//b00.court.example"), NULL, BEGIN },
    { raw("https:b00.court.example"), NULL, BEGIN },
    { raw("https:/b00.court.example"), NULL, BEGIN },
    { raw("ftp://b00.court.example"), NULL, BEGIN },
    { raw("httpx://b00.court.example"), NULL, BEGIN },
    { raw("http"), NULL, BEGIN },
    { raw("https:"), NULL, BEGIN },
    { raw(" https://b00.court.example"), NULL, BEGIN },
    { raw("https://"), NULL, "has no host" },
    { raw("https://me@b00"), NULL, "must not have user information" },
    { raw("https://me:pw@b00"), NULL, "must not have user information" },
    { raw("https://b00/"), NULL, "must not have a path" },
    { raw("https://b00/api"), NULL, "must not have a path" },
    { raw("https://b00\\"), NULL, "must not have a path" },
    { raw("https:///"), NULL, "must not have a path" },
    { raw("https://b00?a"), NULL, "must not have a query" },
    { raw("https://b00#a"), NULL, "must not have a fragment" },
    { raw("https://b00:"), NULL, INVALID },
    { raw("https://b00:0"), NULL, INVALID },
    { raw("https://b00:080"), NULL, INVALID },
    { raw("https://b00:65536"), NULL, INVALID },
    { raw("https://b00:123456"), NULL, INVALID },
    { raw("https://b00:8x"), NULL, INVALID },
    { raw("https://b00:1:2"), NULL, INVALID },
    { raw("https://:443"), NULL, INVALID },
    { raw("https://.b00"), NULL, INVALID },
    { raw("https://b00."), NULL, INVALID },
    { raw("https://b..c"), NULL, INVALID },
    { raw("https://b 0"), NULL, INVALID },
    { raw("https://b%30"), NULL, INVALID },
    { raw("https://b\r\nx"), NULL, INVALID },
    { raw("https://b\0c"), NULL, INVALID },
    { raw("https://\xe6\xb3\x95"), NULL, INVALID },
    { raw("https://[::1"), NULL, INVALID },
    { raw("https://[::1]x"), NULL, INVALID },
    { raw("https://[b00]"), NULL, INVALID },
    { raw("https://[fe80::1%25eth0]"), NULL, INVALID },
    { raw("https://::1"), NULL, INVALID },
    { raw("https://*"), NULL, INVALID },
};


int
main(void)
{
    u_char               buf[NGX_COURT_ORIGIN_LEN];
    ngx_str_t            text, name;
    const char          *wrong;
    ngx_uint_t           i;
    ngx_court_origin_t   o;

    for (i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        text = origins[i].text;
        wrong = ngx_court_origin_parse(&text, &o);

        if (origins[i].written == NULL) {
            ok(wrong && ngx_strcmp(wrong, origins[i].wrong) == 0,
               "\"%s\" %s", text.data, wrong ? wrong : "is taken");
            continue;
        }

        if (!ok(wrong == NULL, "\"%s\" is taken", text.data)) {
            continue;
        }

        text.data = buf;
        text.len = ngx_court_origin_write(buf, &o) - buf;
        is_str(&text, origins[i].written, "written");
    }

    /* the longest name there may be, and one more */

    name.len = NGX_COURT_HOST_LEN + 1;
    name.data = ngx_pnalloc(tap_pool(), name.len);
    ngx_memset(name.data, 'a', name.len);

    is_int(ngx_court_origin_authority(&name, &o), NGX_DECLINED, "256 bytes");
    name.len--;
    is_int(ngx_court_origin_authority(&name, &o), NGX_OK, "255 bytes");

    o.https = 1;
    o.port = 65535;
    is_int(ngx_court_origin_write(buf, &o) - buf, NGX_COURT_ORIGIN_LEN,
           "as long as is said");

    return done_testing();
}
