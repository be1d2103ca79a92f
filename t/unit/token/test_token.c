/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which issuer, whose key, which algorithm and typ; and what is asked again
 * of a verified token.
 */

#include "test_token.h"


static ngx_court_issuer_t  *a, *b;
static ngx_array_t         *both;


static void
is_result(const ngx_array_t *issuers, const ngx_str_t *text,
    ngx_court_result_t want, const char *code, const char *what)
{
    const char                *why;
    ngx_court_token_t          token;
    ngx_court_result_t         rc;
    const ngx_court_reason_t  *reason;

    why = NULL;
    reason = NULL;
    rc = ngx_court_token_verify(tap_pool(), issuers, text, NOW, &token,
                                &reason, &why);

    ok(rc == want
       && (code == NULL
           || (reason && why && strlen(why) > 0
               && strcmp((char *) reason->code.data, code) == 0)),
       "%s%s%s", what, code ? ": " : "", code ? code : "");
}

#define passes(issuers, text, what)                                           \
    is_result(issuers, text, NGX_COURT_PASS, NULL, what)
#define invalid(issuers, text, what)                                          \
    is_result(issuers, text, NGX_COURT_REFUSED, "token_invalid", what)


static void
test_issuers(void)
{
    ngx_str_t  text;

    static const member_t  of_b[] = {
        { "iss", "\"https://staff.example\"" }, { "role", "\"judge\"" }
    };

    text = token_(a, NULL, 0);
    passes(both, &text, "a's key, iss a");
    invalid(issuers_(b, NULL), &text, "an issuer not accepted here");
    invalid(ngx_array_create(tap_pool(), 1, sizeof(void *)), &text,
            "no issuer accepted here");

    text = token_(b, of_b, 2);
    passes(both, &text, "b's key, iss b");

    text = token_(a, of_b, 2);
    invalid(both, &text, "a's key, iss b");

    text = token_(b, NULL, 0);
    invalid(both, &text, "b's key, iss a");

    text = token_(b, (member_t []) { of_b[0] }, 1);
    invalid(both, &text, "a role of issuer a by b");
}


static void
test_typ(void)
{
    char        header[128];
    ngx_str_t   text, payload;
    ngx_uint_t  i;

    static const struct {
        const char  *typ;
        int          pass;
    } typs[] = {
        { "at+jwt", 1 }, { "AT+JWT", 1 }, { "application/at+jwt", 1 },
        { "Application/AT+jwt", 1 },
        { "JWT", 0 }, { "jwt", 0 }, { "", 0 }, { "at+jwt ", 0 },
        { "at+jw", 0 }, { "at+jwtx", 0 }, { "application/", 0 },
        { "application/application/at+jwt", 0 }, { "text/at+jwt", 0 },
        { "logout+jwt", 0 }, { "dpop+jwt", 0 }, { "id+jwt", 0 },
        { "court-assertion+jwt", 0 }
    };

    payload = payload_(NULL, 0);

    for (i = 0; i < sizeof(typs) / sizeof(typs[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"%s\"}",
                 typs[i].typ);
        text = token_text_(a, header, &payload);

        is_result(both, &text, typs[i].pass ? NGX_COURT_PASS
                                            : NGX_COURT_REFUSED,
                  typs[i].pass ? NULL : "token_invalid", header);
    }

    text = token_text_(a, "{\"alg\":\"ES256\",\"kid\":\"k1\"}", &payload);
    invalid(both, &text, "no typ");
}


static void
test_keys(void)
{
    ngx_str_t             text, payload;
    ngx_court_jwks_t     *saved, none;
    ngx_court_alg_set_t   algorithms;

    payload = payload_(NULL, 0);

    text = token_text_(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", &payload);
    passes(both, &text, "no kid");

    text = token_text_(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
                       "\"kid\":\"k2\"}", &payload);
    invalid(both, &text, "unknown kid");

    text = token_text_(a, "{\"alg\":\"HS256\",\"typ\":\"at+jwt\","
                       "\"kid\":\"k1\"}", &payload);
    invalid(both, &text, "alg not listed");

    text = token_text_(a, "{\"alg\":\"none\",\"typ\":\"at+jwt\","
                       "\"kid\":\"k1\"}", &payload);
    invalid(both, &text, "alg none");

    text = token_text_(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\","
                       "\"kid\":\"k1\",\"crit\":[\"exp\"]}", &payload);
    invalid(both, &text, "crit");

    text = token_(a, NULL, 0);
    algorithms = a->algorithms;
    a->algorithms = ~algorithms;
    invalid(both, &text, "every algorithm but this");
    a->algorithms = algorithms;

    saved = a->jwks;
    a->jwks = NULL;
    is_result(both, &text, NGX_COURT_FAILED, "keys_unavailable", "no JWKS");

    ngx_memzero(&none, sizeof(none));
    a->jwks = &none;
    is_result(both, &text, NGX_COURT_FAILED, "keys_unavailable",
              "a JWKS without keys");
    a->jwks = saved;
}


static void
test_payloads(void)
{
    ngx_str_t   text, payload;
    ngx_uint_t  i;

    static const char *const  payloads[] = {
        "", "{", "[]", "null", "\"x\"", "1", "{}x", "x",
        "{\"iss\":\"https://lspt.example\"}",
        "{\"iss\":\"https://lspt.example\",\"iss\":\"https://lspt.example\"}"
    };

    for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        payload = str_(payloads[i]);
        text = token_text_(a, HEADER, &payload);

        invalid(both, &text, payloads[i]);
    }

    payload = payload_(NULL, 0);
    payload.len--;
    payload.len = ngx_sprintf(payload.data + payload.len,
                              ",\"role\":\"lawyer\"}") - payload.data;
    text = token_text_(a, HEADER, &payload);
    invalid(both, &text, "a claim twice");

    text = str_("x");
    invalid(both, &text, "no token");
    ngx_str_null(&text);
    invalid(both, &text, "nothing");
}


/* 10,000 claims, 200 levels: bounded, and no crash */

static void
test_bombs(void)
{
    u_char     *p;
    ngx_str_t   text, payload;
    ngx_uint_t  i;

    payload.data = ngx_pnalloc(tap_pool(), 200000);
    p = ngx_sprintf(payload.data, "{\"iss\":\"https://lspt.example\"");

    for (i = 0; i < 10000; i++) {
        p = ngx_sprintf(p, ",\"c%ui\":%ui", i, i);
    }

    *p++ = '}';
    payload.len = p - payload.data;
    text = token_text_(a, HEADER, &payload);
    invalid(both, &text, "10,000 claims");

    p = ngx_sprintf(payload.data, "{\"iss\":\"https://lspt.example\",\"a\":");
    memset(p, '[', 200);
    memset(p + 200, ']', 200);
    p[400] = '}';
    payload.len = p + 401 - payload.data;
    text = token_text_(a, HEADER, &payload);
    invalid(both, &text, "200 levels");
}


static void
test_courts(void)
{
    ngx_str_t  text;

    a->courts = words_("B00 B01");

    text = token_(a, (member_t []) { { "court", "\"B01\"" } }, 1);
    passes(both, &text, "a court of the issuer");

    text = token_(a, (member_t []) { { "court", "\"B02\"" } }, 1);
    invalid(both, &text, "another court");

    text = token_(a, (member_t []) { { "court", "\"B0\"" } }, 1);
    invalid(both, &text, "a prefix of a court");

    text = token_(a, NULL, 0);
    invalid(both, &text, "no court, of an issuer bound to courts");

    a->courts = NULL;
    passes(both, &text, "no court");
}


/* an issuer that promises sender binding, which can't be checked yet */

static void
test_binding(void)
{
    ngx_str_t  text;

    text = token_(a, NULL, 0);
    a->binding = NGX_COURT_BINDING_DPOP;
    is_result(both, &text, NGX_COURT_REFUSED, "binding_invalid",
              "a bearer token of an issuer with binding");
    a->binding = NGX_COURT_BINDING_NONE;
}


static void
test_recheck(void)
{
    ngx_str_t                  text;
    const char                *why;
    ngx_uint_t                 i;
    ngx_court_token_t          token;
    ngx_court_result_t         rc;
    const ngx_court_reason_t  *reason;

    /* iat 1799999900, exp 1800003500, nbf 1799999950, leeway 30 */

    static const struct {
        time_t       max_age;
        time_t       now;
        const char  *code;
        time_t       until;
    } cases[] = {
        { 43200, NOW, NULL, 1800003530 },
        { 43200, 1800003529, NULL, 1800003530 },
        { 43200, 1800003530, "token_expired", 1800003530 },
        { 43200, 1900000000, "token_expired", 1800003530 },
        { 43200, 1799999920, NULL, 1800003530 },
        { 43200, 1799999919, "token_invalid", 1800003530 },
        { 0, 1800003529, NULL, 1800003530 },
        { 100, 1800000030, NULL, 1800000030 },
        { 100, 1800000031, "token_expired", 1800000030 }
    };

    text = token_(a, (member_t []) { { "nbf", "1799999950" } }, 1);
    rc = ngx_court_token_verify(tap_pool(), both, &text, NOW, &token, &reason,
                                &why);
    is_int(rc, NGX_COURT_PASS, "verified");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        a->token_max_age = cases[i].max_age;
        reason = NULL;
        rc = ngx_court_token_recheck(&token, cases[i].now, &reason, &why);

        ok(cases[i].code ? (rc == NGX_COURT_REFUSED
                            && strcmp((char *) reason->code.data,
                                      cases[i].code) == 0)
                         : rc == NGX_COURT_PASS,
           "recheck %d", (int) i);
        is_int(ngx_court_token_until(&token), cases[i].until, "until %d",
               (int) i);
    }

    a->token_max_age = 43200;
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());
    ngx_court_token_init();

    a = issuer_("platform", "https://lspt.example");
    b = issuer_("staff", "https://staff.example");
    b->roles = words_("judge officer");
    both = issuers_(a, b);

    test_issuers();
    test_typ();
    test_keys();
    test_payloads();
    test_bombs();
    test_courts();
    test_binding();
    test_recheck();

    return done_testing();
}
