/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Small things that the tests of this directory share.
 */

#ifndef _COURT_TEST_CRYPTO_H_INCLUDED_
#define _COURT_TEST_CRYPTO_H_INCLUDED_

#include "ngx_court_crypto.h"
#include "tap.h"


#define s_(text)  ((ngx_str_t) ngx_string(text))


static ngx_inline ngx_str_t
hex_(const char *text)
{
    size_t     i;
    char       byte[3] = { 0, 0, 0 };
    ngx_str_t  s;

    s.len = strlen(text) / 2;
    s.data = ngx_pnalloc(tap_pool(), s.len ? s.len : 1);

    for (i = 0; i < s.len; i++) {
        byte[0] = text[2 * i];
        byte[1] = text[2 * i + 1];
        s.data[i] = (u_char) strtoul(byte, NULL, 16);
    }

    return s;
}


static ngx_inline ngx_str_t
file_(const char *path)
{
    char       *text;
    ngx_str_t   s;

    text = tap_slurp(path, &s.len);
    s.data = ngx_pcalloc(tap_pool(), s.len + 1);
    memcpy(s.data, text, s.len);
    free(text);

    return s;
}


static ngx_inline ngx_str_t
copy_(const ngx_str_t *from, size_t room)
{
    ngx_str_t  s;

    s.len = from->len;
    s.data = ngx_pcalloc(tap_pool(), room > s.len ? room : s.len + 1);
    memcpy(s.data, from->data, from->len);

    return s;
}


static ngx_inline const ngx_court_alg_t *
alg_(const char *name)
{
    ngx_str_t  s;

    s.data = (u_char *) name;
    s.len = strlen(name);

    return ngx_court_alg_find(&s);
}


/* nginx logs whatever a call leaves in OpenSSL's queue as somebody else's */

unsigned long ERR_peek_error(void);

#define queue_empty_(what)                                                    \
    ok(ERR_peek_error() == 0, "%s: error queue empty", what)


#endif /* _COURT_TEST_CRYPTO_H_INCLUDED_ */
