/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Three authorities, a ring, and signatures over whatever a test says: "beat"
 * may say everything; "deny" may deny and undo for one issuer and one court;
 * "fact" may invalidate for one court.  "stranger" stands in no file.
 */

#ifndef _COURT_TEST_EVENT_H_INCLUDED_
#define _COURT_TEST_EVENT_H_INCLUDED_

#include "ngx_court_event_parse.h"
#include "ngx_court_base64url.h"
#include "tap.h"


#define ISS      "https://a.example"
#define ZEROS    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECRET   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define SECRET2  "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

#define BEAT_SCOPE                                                            \
    "{\"issuers\":[\"*\"],\"courts\":[\"*\"],\"kinds\":[\"*\"]}"
#define DENY_SCOPE                                                            \
    "{\"issuers\":[\"" ISS "\"],\"courts\":[\"B00\"],"                        \
    "\"kinds\":[\"deny\",\"undo\"]}"
#define FACT_SCOPE                                                            \
    "{\"issuers\":[],\"courts\":[\"B00\"],\"kinds\":[\"invalidate\"]}"


static const char *const  test_kids[] = { "beat", "deny", "fact", "stranger" };

static ngx_court_key_t         *test_key[4];
static ngx_court_event_keys_t  *test_keys;
static ngx_court_ring_t        *test_ring;


static ngx_inline ngx_str_t
str_(const char *text)
{
    ngx_str_t  s;

    s.data = (u_char *) text;
    s.len = strlen(text);

    return s;
}


static ngx_inline ngx_str_t
text_(const char *fmt, ...)
{
    va_list    args;
    ngx_str_t  s;

    s.data = ngx_pnalloc(tap_pool(), 65536);

    va_start(args, fmt);
    s.len = vsnprintf((char *) s.data, 65536, fmt, args);
    va_end(args);

    return s;
}


static ngx_inline ngx_court_ring_t *
ring_(const char *text)
{
    ngx_str_t  s, err;

    s = str_(text);

    return ngx_court_ring_parse(tap_pool(), &s, NGX_COURT_RING_SEAL, &err);
}


/* a JWK with its scope */

static ngx_inline const char *
jwk_(ngx_uint_t i, const char *scope, ngx_uint_t with_private)
{
    ngx_str_t  jwk;

    (void) ngx_court_jwk_write(tap_pool(), test_key[i], NULL, with_private,
                               &jwk);

    return (char *) text_("%.*s,\"court_scope\":%s}", (int) jwk.len - 1,
                          jwk.data, scope).data;
}


static ngx_inline ngx_court_event_keys_t *
keys_(ngx_str_t text, ngx_str_t *err)
{
    return ngx_court_event_keys_parse(tap_pool(), &text, err);
}


static ngx_inline ngx_uint_t
test_begin(void)
{
    ngx_str_t   err;
    ngx_uint_t  i;

    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 0;
    }

    for (i = 0; i < 4; i++) {
        test_key[i] = ngx_court_key_generate(tap_pool(), "P-256", 0, &err);
        test_key[i]->kid = str_(test_kids[i]);
    }

    test_ring = ring_("k1 aes-256-gcm " SECRET "\n");
    test_keys = keys_(text_("{\"keys\":[%s,%s,%s]}", jwk_(0, BEAT_SCOPE, 0),
                            jwk_(1, DENY_SCOPE, 0), jwk_(2, FACT_SCOPE, 0)),
                      &err);

    return test_keys && test_ring;
}


static ngx_inline ngx_str_t
signed_(ngx_uint_t i, const char *typ, const char *payload)
{
    ngx_str_t  header, text, p;

    header = text_("{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", typ,
                   test_kids[i]);
    p = str_(payload);

    (void) ngx_court_jws_sign(tap_pool(), ngx_court_event_alg(test_key[i]),
                              test_key[i], &header, &p, &text);

    return text;
}


static ngx_inline ngx_court_event_target_t
target_(ngx_court_event_what_t what, const char *issuer, const char *value)
{
    ngx_court_event_target_t  target;

    ngx_memzero(&target, sizeof(target));
    target.what = what;
    target.issuer = str_(issuer);
    target.value = str_(value);

    return target;
}


#endif /* _COURT_TEST_EVENT_H_INCLUDED_ */
