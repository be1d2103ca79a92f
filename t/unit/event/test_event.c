/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Entries: what is written is read; what has another form, signature, number
 * or scope is not.
 */

#include "test_event.h"


#define IN(kind, rest)                                                        \
    "{\"seq\":7,\"prev\":\"" ZEROS "\",\"time\":1000,\"kind\":\"" kind "\""   \
    rest "}"
#define COURT  ",\"id\":\"r1\",\"what\":{\"court\":\"B00\"}"
#define KEY    ",\"id\":\"r1\",\"what\":{\"key\":{\"iss\":\"" ISS "\","       \
               "\"kid\":\"k\"}}"

#define T  NGX_COURT_EVENT_TYP


static void
test_forms(void)
{
    const char                 *why;
    ngx_str_t                   e;
    ngx_uint_t                  i;
    ngx_court_event_t           ev;
    ngx_court_event_verdict_t   got;

    static const struct {
        const char                 *what;
        ngx_uint_t                  key;
        const char                 *typ;
        const char                 *payload;
        ngx_court_event_verdict_t   want;
    } cases[] = {
        { "a beat", 0, T, IN("beat", ""), NGX_COURT_EVENT_OK },
        { "a court", 1, T, IN("deny", COURT), NGX_COURT_EVENT_OK },
        { "a court, with an end", 1, T, IN("deny", COURT ",\"until\":5"),
          NGX_COURT_EVENT_OK },
        { "a key", 1, T, IN("undo", KEY), NGX_COURT_EVENT_OK },

        { "another typ", 0, "at+jwt", IN("beat", ""), NGX_COURT_EVENT_FORGED },
        { "the head's typ", 0, NGX_COURT_EVENT_HEAD_TYP, IN("beat", ""),
          NGX_COURT_EVENT_FORGED },
        { "a key of no file", 3, T, IN("beat", ""), NGX_COURT_EVENT_FORGED },
        { "no JSON", 0, T, "beat", NGX_COURT_EVENT_FORGED },
        { "an array", 0, T, "[]", NGX_COURT_EVENT_FORGED },
        { "nothing in it", 0, T, "{}", NGX_COURT_EVENT_FORGED },
        { "a member twice", 0, T, IN("beat", ",\"seq\":7"),
          NGX_COURT_EVENT_FORGED },
        { "an unknown member", 0, T, IN("beat", ",\"x\":1"),
          NGX_COURT_EVENT_FORGED },
        { "an unknown kind", 0, T, IN("allow", COURT), NGX_COURT_EVENT_FORGED },
        { "a beat with a target", 0, T, IN("beat", COURT),
          NGX_COURT_EVENT_FORGED },
        { "a beat with an id", 0, T, IN("beat", ",\"id\":\"r1\""),
          NGX_COURT_EVENT_FORGED },
        { "a beat with an end", 0, T, IN("beat", ",\"until\":5"),
          NGX_COURT_EVENT_FORGED },
        { "a deny of nobody", 1, T, IN("deny", ",\"id\":\"r1\""),
          NGX_COURT_EVENT_FORGED },
        { "no id", 1, T, IN("deny", ",\"what\":{\"court\":\"B00\"}"),
          NGX_COURT_EVENT_FORGED },
        { "an id of other signs", 1, T,
          IN("deny", ",\"id\":\"r 1\",\"what\":{\"court\":\"B00\"}"),
          NGX_COURT_EVENT_FORGED },
        { "an undo with an end", 1, T, IN("undo", COURT ",\"until\":5"),
          NGX_COURT_EVENT_FORGED },
        { "an end before time", 1, T, IN("deny", COURT ",\"until\":0"),
          NGX_COURT_EVENT_FORGED },
        { "an end that is a text", 1, T, IN("deny", COURT ",\"until\":\"5\""),
          NGX_COURT_EVENT_FORGED },
        { "two targets", 1, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"court\":\"B00\",\"key\":{\"iss\":\"" ISS "\",\"kid\":\"k\"}}"),
          NGX_COURT_EVENT_FORGED },
        { "a key without issuer", 1, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"key\":{\"kid\":\"k\"}}"), NGX_COURT_EVENT_FORGED },
        { "a court that is a number", 1, T, IN("deny", ",\"id\":\"r1\","
          "\"what\":{\"court\":1}"), NGX_COURT_EVENT_FORGED },
        { "a person in clear", 0, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"subject\":{\"sub\":\"s\"}}"), NGX_COURT_EVENT_FORGED },
        { "a token in clear", 0, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"token\":{\"iss\":\"" ISS "\",\"jti\":\"j\"}}"),
          NGX_COURT_EVENT_FORGED },
        { "bytes that are not sealed", 0, T, IN("deny", ",\"id\":\"r1\","
          "\"what\":{\"sealed\":\"AAAA\"}"), NGX_COURT_EVENT_SEALED },
        { "no base64url sealed", 0, T, IN("deny", ",\"id\":\"r1\","
          "\"what\":{\"sealed\":\"A=\"}"), NGX_COURT_EVENT_FORGED },
        { "a short prev", 0, T, "{\"seq\":7,\"prev\":\"AAAA\",\"time\":1000,"
          "\"kind\":\"beat\"}", NGX_COURT_EVENT_FORGED },
        { "a prev with bits too many", 0, T, "{\"seq\":7,\"prev\":\""
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\",\"time\":1000,"
          "\"kind\":\"beat\"}", NGX_COURT_EVENT_FORGED },
        { "another number", 0, T, "{\"seq\":8,\"prev\":\"" ZEROS "\","
          "\"time\":1000,\"kind\":\"beat\"}", NGX_COURT_EVENT_FORGED },
        { "no time", 0, T, "{\"seq\":7,\"prev\":\"" ZEROS "\",\"time\":0,"
          "\"kind\":\"beat\"}", NGX_COURT_EVENT_FORGED },
        { "a time with a point", 0, T, "{\"seq\":7,\"prev\":\"" ZEROS "\","
          "\"time\":1e3,\"kind\":\"beat\"}", NGX_COURT_EVENT_FORGED },

        { "a beat of who may not", 1, T, IN("beat", ""),
          NGX_COURT_EVENT_SCOPE },
        { "a deny of who may not", 2, T, IN("deny", COURT),
          NGX_COURT_EVENT_SCOPE },
        { "another court", 1, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"court\":\"B01\"}"), NGX_COURT_EVENT_SCOPE },
        { "a court whose code begins alike", 1, T, IN("deny",
          ",\"id\":\"r1\",\"what\":{\"court\":\"B0\"}"),
          NGX_COURT_EVENT_SCOPE },
        { "another issuer's key", 1, T, IN("deny", ",\"id\":\"r1\",\"what\":"
          "{\"key\":{\"iss\":\"https://b.example\",\"kid\":\"k\"}}"),
          NGX_COURT_EVENT_SCOPE }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        e = signed_(cases[i].key, cases[i].typ, cases[i].payload);
        why = NULL;
        got = ngx_court_event_read(tap_pool(), test_keys, test_ring, 7, &e,
                                   &ev, &why);

        ok(got == cases[i].want && (got == NGX_COURT_EVENT_OK || why),
           "%s: %s", cases[i].what, ngx_court_event_verdict_names[got].data);
    }
}


static const struct {
    ngx_court_event_what_t   what;
    ngx_court_event_kind_t   kind;
    const char              *issuer;
    const char              *value;
    ngx_uint_t               sealed;
    ngx_court_event_verdict_t  by_deny;    /* signed by the key "deny" */
} rounds[] = {
    { NGX_COURT_EVENT_SUBJECT, NGX_COURT_EVENT_DENY, ISS, "lawyer \"1\"", 1,
      NGX_COURT_EVENT_OK },
    { NGX_COURT_EVENT_SUBJECT, NGX_COURT_EVENT_UNDO, "", "lawyer-1", 1,
      NGX_COURT_EVENT_SCOPE },
    { NGX_COURT_EVENT_SUBJECT, NGX_COURT_EVENT_DENY, "https://b.example",
      "else-1", 1, NGX_COURT_EVENT_SCOPE },
    { NGX_COURT_EVENT_TOKEN, NGX_COURT_EVENT_DENY, ISS, "jti", 1,
      NGX_COURT_EVENT_OK },
    { NGX_COURT_EVENT_TOKEN_HASH, NGX_COURT_EVENT_DENY, "",
      "0123456789abcdef0123456789abcdef", 1, NGX_COURT_EVENT_SCOPE },
    { NGX_COURT_EVENT_KEY, NGX_COURT_EVENT_DENY, ISS, "kid", 0,
      NGX_COURT_EVENT_OK },
    { NGX_COURT_EVENT_COURT, NGX_COURT_EVENT_DENY, "", "B00", 0,
      NGX_COURT_EVENT_OK },
    { NGX_COURT_EVENT_FACT, NGX_COURT_EVENT_INVALIDATE, "", "identity", 1,
      NGX_COURT_EVENT_SCOPE },
    { NGX_COURT_EVENT_NONE, NGX_COURT_EVENT_BEAT, "", "", 0,
      NGX_COURT_EVENT_SCOPE }
};


static void
test_rounds(void)
{
    const char                 *why;
    ngx_str_t                   e, payload;
    ngx_uint_t                  i, k;
    ngx_court_jws_t             jws;
    ngx_court_event_t           ev, got;
    ngx_court_event_verdict_t   verdict;

    for (i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        for (k = 0; k < 2; k++) {
            ngx_memzero(&ev, sizeof(ev));
            ev.seq = 41;
            ev.time = 123456;
            ev.kind = rounds[i].kind;
            ev.until = i % 2 ? NGX_COURT_EVENT_EVER : 99;
            ev.id = str_("id-1");
            ev.target = target_(rounds[i].what, rounds[i].issuer,
                                rounds[i].value);
            memset(ev.prev, 3, sizeof(ev.prev));

            if (rounds[i].what == NGX_COURT_EVENT_FACT) {
                ev.target.nkeys = 2;
                ev.target.keys[0] = str_(ISS);
                ev.target.keys[1] = str_("lawyer-1");
            }

            ok(ngx_court_event_write(tap_pool(), test_key[k], test_ring, &ev,
                                     &e) == NGX_OK, "row %d is written",
               (int) i);

            verdict = ngx_court_event_read(tap_pool(), test_keys, test_ring,
                                           41, &e, &got, &why);

            is_int(verdict, k ? rounds[i].by_deny : NGX_COURT_EVENT_OK,
                   "row %d, signed by %s", (int) i, test_kids[k]);

            ok(ngx_court_event_target_eq(&got.target, &ev.target)
               && got.kind == ev.kind && got.time == ev.time
               && memcmp(got.hash, ev.hash, 32) == 0
               && memcmp(got.prev, ev.prev, 32) == 0, "row %d is the same",
               (int) i);

            verdict = ngx_court_event_read(tap_pool(), test_keys, NULL, 41, &e,
                                           &got, &why);
            ok((verdict == NGX_COURT_EVENT_SEALED) == rounds[i].sealed,
               "row %d without a ring: %s", (int) i,
               ngx_court_event_verdict_names[verdict].data);

            (void) ngx_court_jws_parse(tap_pool(), &e, &jws, &why);
            payload = jws.payload;
            ok(!rounds[i].sealed
               || memmem(payload.data, payload.len, rounds[i].value,
                         strlen(rounds[i].value)) == NULL,
               "row %d: nobody stands in clear", (int) i);
        }
    }
}


static void
test_tampered(void)
{
    const char        *why;
    size_t             i, step;
    ngx_str_t          e, copy;
    ngx_uint_t         taken;
    ngx_court_event_t  ev, got;

    ngx_memzero(&ev, sizeof(ev));
    ev.seq = 5;
    ev.time = 10;
    ev.kind = NGX_COURT_EVENT_DENY;
    ev.id = str_("x");
    ev.until = NGX_COURT_EVENT_EVER;
    ev.target = target_(NGX_COURT_EVENT_SUBJECT, ISS, "lawyer-1");

    ok(ngx_court_event_write(tap_pool(), test_key[0], test_ring, &ev, &e)
       == NGX_OK, "written");

    step = 3;
    taken = 0;

    for (i = 0; i < e.len; i += step) {
        copy.len = e.len;
        copy.data = ngx_pnalloc(tap_pool(), e.len);
        memcpy(copy.data, e.data, e.len);
        copy.data[i] ^= 1;

        taken += ngx_court_event_read(tap_pool(), test_keys, test_ring, 5,
                                      &copy, &got, &why)
                 != NGX_COURT_EVENT_FORGED;
    }

    is_int(taken, 0, "no bit of it may change");

    for (i = 0, taken = 0; i < e.len; i += step) {
        copy.data = e.data;
        copy.len = i;
        taken += ngx_court_event_read(tap_pool(), test_keys, test_ring, 5,
                                      &copy, &got, &why)
                 != NGX_COURT_EVENT_FORGED;
    }

    is_int(taken, 0, "nor may it be shorter");

    is_int(ngx_court_event_read(tap_pool(), test_keys, test_ring, 6, &e, &got,
                                &why), NGX_COURT_EVENT_FORGED,
           "nor stand elsewhere");
    is_int(ngx_court_event_read(tap_pool(), test_keys, test_ring, 0, &e, &got,
                                &why), NGX_COURT_EVENT_FORGED,
           "nor under an id that is none");
    is_int(ngx_court_event_read(tap_pool(), test_keys,
                                ring_("k1 aes-256-gcm " SECRET2 "\n"), 5, &e,
                                &got, &why), NGX_COURT_EVENT_SEALED,
           "another ring opens nothing, and that is said");
    is_int(ngx_court_event_read(tap_pool(), test_keys,
                                ring_("k2 aes-256-gcm " SECRET2 "\n"
                                      "k1 aes-256-gcm " SECRET "\n"), 5, &e,
                                &got, &why), NGX_COURT_EVENT_OK,
           "a ring that has the key besides");
}


static void
test_refused(void)
{
    ngx_int_t          rc;
    ngx_str_t          e;
    ngx_uint_t         i;
    ngx_court_event_t  ev;

    static const struct {
        const char              *what;
        ngx_court_event_kind_t   kind;
        ngx_court_event_what_t   target;
        const char              *id;
    } cases[] = {
        { "a beat with a target", NGX_COURT_EVENT_BEAT, NGX_COURT_EVENT_COURT,
          "a" },
        { "a deny of a fact", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_FACT,
          "a" },
        { "an undo of nothing", NGX_COURT_EVENT_UNDO, NGX_COURT_EVENT_NONE,
          "a" },
        { "an invalid court", NGX_COURT_EVENT_INVALIDATE,
          NGX_COURT_EVENT_COURT, "a" },
        { "no id", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_COURT, "" },
        { "a quote in the id", NGX_COURT_EVENT_DENY, NGX_COURT_EVENT_COURT,
          "a\"" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ngx_memzero(&ev, sizeof(ev));
        ev.seq = 1;
        ev.time = 1;
        ev.kind = cases[i].kind;
        ev.id = str_(cases[i].id);
        ev.target = target_(cases[i].target, "", "B00");

        rc = ngx_court_event_write(tap_pool(), test_key[0], test_ring, &ev,
                                   &e);
        is_int(rc, NGX_DECLINED, "%s is not written", cases[i].what);
    }
}


static void
test_ids(void)
{
    ngx_str_t   id;
    ngx_uint_t  i;

    static const struct {
        const char  *id;
        uint64_t     seq;
    } cases[] = {
        { "1-0", 1 }, { "42-0", 42 }, { "9007199254740991-0",
                                        NGX_COURT_EVENT_SEQ_MAX },
        { "9007199254740992-0", 0 }, { "99999999999999999-0", 0 },
        { "99999999999999999999-0", 0 }, { "0-0", 0 }, { "01-0", 0 },
        { "1-1", 0 }, { "1-00", 0 }, { "1", 0 }, { "-0", 0 }, { "", 0 },
        { "+1-0", 0 }, { "1a-0", 0 }, { " 1-0", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        id = str_(cases[i].id);
        is_int(ngx_court_event_id_seq(&id), cases[i].seq, "id \"%s\"",
               cases[i].id);
    }
}


int
main(void)
{
    if (!ok(test_begin(), "keys and a ring")) {
        return done_testing();
    }

    test_forms();
    test_rounds();
    test_tampered();
    test_refused();
    test_ids();

    return done_testing();
}
