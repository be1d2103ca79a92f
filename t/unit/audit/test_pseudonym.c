/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One name for one person or case under one key, and no other's.
 */

#include "tap.h"
#include "ngx_court_pseudonym.h"

#define S1  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define S2  "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


static ngx_court_ring_t *
ring_(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return ngx_court_ring_parse(tap_pool(), &s, NGX_COURT_RING_MAC, NULL);
}


int
main(void)
{
    u_char             hex[4][NGX_COURT_PSEUDONYM_LEN];
    ngx_uint_t         i, k, same;
    ngx_court_ring_t  *now, *then;

    static const ngx_str_t  one[2] = { ngx_string("B00"), ngx_string("1") };
    static const ngx_str_t  two[2] = { ngx_string("B0"), ngx_string("01") };

    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    then = ring_("a hmac-sm3 " S1 "\n");
    now = ring_("a hmac-sm3 " S1 " state=retired\n"
                "b hmac-sm3 " S2 " state=write\n");

    ngx_court_pseudonym(then, 0, NGX_COURT_PSEUDONYM_CASE, one, hex[0]);
    ngx_court_pseudonym(now, 1, NGX_COURT_PSEUDONYM_CASE, one, hex[1]);
    is_mem(hex[0], hex[1], sizeof(hex[0]), "as it was under a retired key");

    ngx_court_pseudonym(now, 0, NGX_COURT_PSEUDONYM_CASE, one, hex[1]);
    ngx_court_pseudonym(now, 0, NGX_COURT_PSEUDONYM_CASE, two, hex[2]);
    ngx_court_pseudonym(now, 0, NGX_COURT_PSEUDONYM_SUBJECT, one, hex[3]);

    same = 0;

    for (i = 0; i < 4; i++) {
        for (k = 0; k < i; k++) {
            same += (memcmp(hex[i], hex[k], sizeof(hex[i])) == 0);
        }
    }

    is_int(same, 0, "key, kind and each field make another one");
    ok(ngx_court_pseudonym(now, 2, NGX_COURT_PSEUDONYM_CASE, one, hex[3])
       == NGX_ERROR, "a key that is not there");

    for (i = 0; i < sizeof(hex[0]); i++) {
        if (strchr("0123456789abcdef", hex[0][i]) == NULL) {
            break;
        }
    }

    is_int(i, NGX_COURT_PSEUDONYM_LEN, "hex digits");

    return done_testing();
}
