/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The authorities' file: one thing wrong, and there are no authorities.
 */

#include "test_event.h"


#define SCOPE(kinds)                                                          \
    "{\"issuers\":[\"*\"],\"courts\":[\"*\"],\"kinds\":[" kinds "]}"


static void
test_files(void)
{
    ngx_str_t                err, text;
    ngx_uint_t               i;
    ngx_court_event_keys_t  *keys;

    static const struct {
        const char  *what;
        const char  *first;
        const char  *second;              /* NULL: one key */
        const char  *beats;
        ngx_uint_t   good;
    } cases[] = {
        { "one key", BEAT_SCOPE, NULL, NULL, 1 },
        { "two, one beats", BEAT_SCOPE, DENY_SCOPE, NULL, 1 },
        { "two beat, said so", BEAT_SCOPE, BEAT_SCOPE, "[\"beat\",\"deny\"]",
          1 },
        { "lists of nothing", "{\"issuers\":[],\"courts\":[],"
          "\"kinds\":[\"beat\"]}", NULL, NULL, 1 },

        { "none beats", SCOPE("\"deny\""), NULL, NULL, 0 },
        { "two beat", BEAT_SCOPE, SCOPE("\"beat\""), NULL, 0 },
        { "two beat, one said", BEAT_SCOPE, BEAT_SCOPE, "[\"beat\"]", 0 },
        { "one beats, another said", BEAT_SCOPE, DENY_SCOPE, "[\"deny\"]",
          0 },
        { "one said twice", BEAT_SCOPE, BEAT_SCOPE, "[\"beat\",\"beat\"]",
          0 },
        { "said of nobody", SCOPE("\"deny\""), NULL, "[]", 0 },
        { "said by no list", BEAT_SCOPE, NULL, "\"beat\"", 0 },
        { "no scope", "null", NULL, NULL, 0 },
        { "no issuers", "{\"courts\":[],\"kinds\":[\"beat\"]}", NULL, NULL,
          0 },
        { "no courts", "{\"issuers\":[],\"kinds\":[\"beat\"]}", NULL, NULL,
          0 },
        { "no kinds", "{\"issuers\":[],\"courts\":[]}", NULL, NULL, 0 },
        { "an unknown kind", SCOPE("\"beat\",\"allow\""), NULL, NULL, 0 },
        { "an unknown member", "{\"issuers\":[],\"courts\":[],"
          "\"kinds\":[\"beat\"],\"roles\":[]}", NULL, NULL, 0 },
        { "all, and more", "{\"issuers\":[\"*\",\"a\"],\"courts\":[],"
          "\"kinds\":[\"beat\"]}", NULL, NULL, 0 },
        { "an issuer without name", "{\"issuers\":[\"\"],\"courts\":[],"
          "\"kinds\":[\"beat\"]}", NULL, NULL, 0 },
        { "a text for a list", "{\"issuers\":\"*\",\"courts\":[],"
          "\"kinds\":[\"beat\"]}", NULL, NULL, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = text_("{\"keys\":[%s%s%s]%s%s}", jwk_(0, cases[i].first, 0),
                     cases[i].second ? "," : "",
                     cases[i].second ? jwk_(1, cases[i].second, 0) : "",
                     cases[i].beats ? ",\"court_beats\":" : "",
                     cases[i].beats ? cases[i].beats : "");
        ngx_str_null(&err);
        keys = keys_(text, &err);

        ok((keys != NULL) == cases[i].good && (keys || err.len), "%s%s%.*s",
           cases[i].what, keys ? "" : ": ", keys ? 0 : (int) err.len,
           err.data);
    }
}


static void
test_keys_refused(void)
{
    ngx_str_t         err;
    ngx_court_key_t  *rsa, *oct;

    ok(keys_(text_("{\"keys\":[%s]}", jwk_(0, BEAT_SCOPE, 1)), &err) == NULL,
       "a private key");
    ok(keys_(text_("{\"keys\":[%s,%s]}", jwk_(0, BEAT_SCOPE, 0),
                   jwk_(0, DENY_SCOPE, 0)), &err) == NULL, "a kid twice");
    ok(keys_(text_("{\"keys\":[]}"), &err) == NULL, "no key");
    ok(keys_(text_("[]"), &err) == NULL, "no JWKS");
    ok(keys_(text_("{\"keys\":{}}"), &err) == NULL, "keys that are no list");
    ok(keys_(text_("{"), &err) == NULL && err.len, "no JSON");

    test_key[0]->kid.len = 0;
    ok(keys_(text_("{\"keys\":[%s]}", jwk_(0, BEAT_SCOPE, 0)), &err) == NULL,
       "no kid");

    oct = ngx_court_key_generate(tap_pool(), "oct", 256, &err);
    oct->kid = str_("oct");
    test_key[0] = oct;
    ok(keys_(text_("{\"keys\":[%s]}", jwk_(0, BEAT_SCOPE, 1)), &err) == NULL,
       "a secret that readers would share");

    rsa = ngx_court_key_generate(tap_pool(), "RSA", 2048, &err);
    rsa->kid = str_("rsa");
    test_key[0] = rsa;
    ok(keys_(text_("{\"keys\":[%s]}", jwk_(0, BEAT_SCOPE, 0)), &err) != NULL,
       "RSA, by PSS");
    ok(ngx_court_event_alg(rsa) && ngx_court_event_alg(rsa)->name.data[0]
       == 'P', "never by PKCS #1 v1.5");
}


static void
test_may(void)
{
    ngx_str_t                 kid;
    ngx_uint_t                i;
    ngx_court_event_target_t  target;

    static const struct {
        const char              *kid;
        ngx_court_event_kind_t   kind;
        ngx_court_event_what_t   what;
        const char              *issuer;
        const char              *value;
        const char              *court;
        ngx_uint_t               may;
    } cases[] = {
        { "beat", NGX_COURT_EVENT_BEAT, NGX_COURT_EVENT_NONE, "", "", "", 1 },
        { "deny", NGX_COURT_EVENT_BEAT, NGX_COURT_EVENT_NONE, "", "", "", 0 },
        { "gone", NGX_COURT_EVENT_BEAT, NGX_COURT_EVENT_NONE, "", "", "", 0 },
        { "", NGX_COURT_EVENT_BEAT, NGX_COURT_EVENT_NONE, "", "", "", 0 },
        { "deny", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_SUBJECT, ISS, "s", "",
          1 },
        { "deny", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_SUBJECT, "", "s", "",
          0 },
        { "beat", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_SUBJECT, "", "s", "",
          1 },
        { "deny", NGX_COURT_EVENT_UNDO, NGX_COURT_EVENT_TOKEN_HASH, "", "h",
          "", 0 },
        { "fact", NGX_COURT_EVENT_INVALIDATE, NGX_COURT_EVENT_FACT, "",
          "relation", "B00", 1 },
        { "fact", NGX_COURT_EVENT_INVALIDATE, NGX_COURT_EVENT_FACT, "",
          "relation", "B01", 0 },
        { "fact", NGX_COURT_EVENT_INVALIDATE, NGX_COURT_EVENT_FACT, "",
          "identity", "", 0 },
        { "deny", NGX_COURT_EVENT_INVALIDATE, NGX_COURT_EVENT_FACT, "",
          "relation", "B00", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        kid = str_(cases[i].kid);
        target = target_(cases[i].what, cases[i].issuer, cases[i].value);
        target.court = str_(cases[i].court);

        is_int(ngx_court_event_keys_may(test_keys, &kid, cases[i].kind,
                                        &target), cases[i].may,
               "row %d: %s", (int) i, cases[i].kid);
    }
}


int
main(void)
{
    if (!ok(test_begin(), "keys and a ring")) {
        return done_testing();
    }

    is_int(ngx_court_event_keys_n(test_keys), 3, "three keys");
    ok(ngx_court_event_keys_beats(test_keys, 0)
       && !ngx_court_event_keys_beats(test_keys, 1), "one of them beats");
    ok(!ngx_court_event_keys_demo(test_keys), "of nobody's demo");

    test_may();
    test_files();
    test_keys_refused();

    return done_testing();
}
