/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One claim of a good token changed at a time: what is then said, and what is
 * then known.
 */

#include "test_token.h"


#define X64                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256  X64 X64 X64 X64

static ngx_court_issuer_t  *issuer;
static ngx_array_t         *issuers;


static ngx_court_result_t
verify_(const ngx_str_t *text, time_t now, ngx_court_token_t *token,
    const ngx_court_reason_t **reason)
{
    const char  *why;

    *reason = NULL;
    why = NULL;

    return ngx_court_token_verify(tap_pool(), issuers, text, now, token,
                                  reason, &why);
}


typedef struct {
    const char  *name;
    const char  *value;
    const char  *code;                    /* of the refusal; NULL: passes */
} case_t;

#define INVALID  "token_invalid"
#define EXPIRED  "token_expired"
#define BINDING  "binding_invalid"

static const case_t  cases[] = {
    { "foo", "{\"any\":[1,2.5,null]}", NULL },

    { "nonce", "\"n\"", NULL },
    { "at_hash", "\"x\"", INVALID },
    { "c_hash", "\"x\"", INVALID },
    { "s_hash", "null", INVALID },
    { "events", "{}", INVALID },

    { "iss", NULL, INVALID },
    { "iss", "\"https://lspt.example/\"", INVALID },
    { "iss", "\"https://LSPT.example\"", INVALID },
    { "iss", "[\"https://lspt.example\"]", INVALID },
    { "iss", "1", INVALID },
    { "iss", "\"\"", INVALID },

    { "aud", NULL, INVALID },
    { "aud", "\"\"", INVALID },
    { "aud", "\"court-ap\"", INVALID },
    { "aud", "\"court-api2\"", INVALID },
    { "aud", "\"other-api\"", NULL },
    { "aud", "[\"x\",\"court-api\"]", NULL },
    { "aud", "[\"x\"]", INVALID },
    { "aud", "[]", INVALID },
    { "aud", "[\"court-api\",1]", INVALID },
    { "aud", "[[\"court-api\"]]", INVALID },
    { "aud", "{\"court-api\":1}", INVALID },
    { "aud", "{\"a\":\"court-api\"}", INVALID },
    { "aud", "true", INVALID },
    { "aud", "null", INVALID },

    { "sub", NULL, INVALID },
    { "sub", "\"\"", INVALID },
    { "sub", "1", INVALID },
    { "sub", "null", INVALID },
    { "sub", "[\"lawyer-1\"]", INVALID },
    { "sub", "\"" X256 "\"", NULL },
    { "sub", "\"" X256 "x\"", INVALID },
    { "sub", "\"a\\r\\nCourt-Role: judge\"", INVALID },
    { "sub", "\"a\\u001fb\"", INVALID },
    { "sub", "\"a\\u007f\"", INVALID },
    { "sub", "\"a\\u0085\"", INVALID },
    { "sub", "\"a\\u0000b\"", INVALID },
    { "sub", "\"\xe5\xbe\x8b\xe5\xb8\x88, \\\"1\\\"\"", NULL },
    { "sub", "\"\xff\"", INVALID },

    { "role", NULL, INVALID },
    { "role", "\"\"", INVALID },
    { "role", "\"judge\"", INVALID },
    { "role", "\"Lawyer\"", INVALID },
    { "role", "\"lawyer \"", INVALID },
    { "role", "\"lawyer,party\"", INVALID },
    { "role", "[\"lawyer\"]", NULL },
    { "role", "[\"lawyer\",\"party\"]", INVALID },
    { "role", "[\"lawyer\",\"lawyer\"]", INVALID },
    { "role", "[]", INVALID },
    { "role", "[[\"lawyer\"]]", INVALID },
    { "role", "{\"0\":\"lawyer\"}", INVALID },
    { "role", "true", INVALID },
    { "role", "null", INVALID },

    { "principal", "\"lawyer-2\"", NULL },
    { "principal", "\"\"", INVALID },
    { "principal", "\"a\\nb\"", INVALID },
    { "principal", "\"" X256 "x\"", INVALID },
    { "principal", "[\"a\"]", INVALID },
    { "principal", "null", INVALID },
    { "kind", "1", INVALID },
    { "client_id", "{}", INVALID },
    { "court", "[\"B00\",\"B01\"]", INVALID },
    { "channel", "false", INVALID },
    { "jti", "12", INVALID },
    { "acr", "3", INVALID },
    { "acr", "\"unknown\"", NULL },

    { "amr", "\"face\"", NULL },
    { "amr", "[]", NULL },
    { "amr", "[\"face\",1]", INVALID },
    { "amr", "[\"\"]", INVALID },
    { "amr", "[\"a\\nb\"]", INVALID },
    { "amr", "{}", INVALID },
    { "amr", "1", INVALID },
    { "scope", "[\"read\"]", NULL },
    { "scope", "\"\"", NULL },
    { "scope", "\"a\\tb\"", INVALID },
    { "scope", "1", INVALID },

    { "exp", NULL, INVALID },
    { "exp", "1799999971", NULL },        /* within the leeway of 30 s */
    { "exp", "1799999970", EXPIRED },
    { "exp", "1799990000", EXPIRED },
    { "exp", "0", EXPIRED },
    { "exp", "1799999971.9", NULL },
    { "exp", "1799999970.9", EXPIRED },   /* cut off */
    { "exp", "1.8000035e9", NULL },
    { "exp", "-1", INVALID },
    { "exp", "-0.5", INVALID },
    { "exp", "\"1800003500\"", INVALID },
    { "exp", "true", INVALID },
    { "exp", "null", INVALID },
    { "exp", "[1800003500]", INVALID },
    { "exp", "1e308", INVALID },
    { "exp", "1e999", INVALID },
    { "exp", "9007199254740992", INVALID },
    { "exp", "9223372036854775807", INVALID },
    { "exp", "9223372036854775808", INVALID },
    { "exp", "1800043100", NULL },        /* iat + token_max_age */
    { "exp", "1800043101", INVALID },

    { "nbf", "1800000030", NULL },
    { "nbf", "1800000031", INVALID },
    { "nbf", "\"1\"", INVALID },
    { "nbf", "-1", INVALID },
    { "nbf", "false", INVALID },
    { "nbf", "null", INVALID },

    { "iat", NULL, INVALID },             /* token_max_age could not hold */
    { "iat", "1800000030", NULL },
    { "iat", "1800000031", INVALID },
    { "iat", "\"1800000000\"", INVALID },
    { "iat", "-1", INVALID },

    { "auth_time", NULL, NULL },
    { "auth_time", "1800000030", NULL },
    { "auth_time", "1800000031", INVALID },
    { "auth_time", "\"now\"", INVALID },

    { "cnf", "{\"jkt\":\"x\"}", BINDING },
    { "cnf", "{}", BINDING },
    { "cnf", "null", BINDING },
    { "cnf", "1", BINDING }
};

#define NCASES  (sizeof(cases) / sizeof(cases[0]))


static void
is_case(const case_t *c, const ngx_str_t *text, const char *what)
{
    ngx_court_token_t          token;
    ngx_court_result_t         rc;
    const ngx_court_reason_t  *reason;

    rc = verify_(text, NOW, &token, &reason);

    if (c->code == NULL) {
        is_int(rc, NGX_COURT_PASS, "%s: %s %.40s", what, c->name,
               c->value ? c->value : "absent");
        return;
    }

    ok(rc == NGX_COURT_REFUSED && reason != NULL
       && strcmp((char *) reason->code.data, c->code) == 0,
       "%s: %s %.40s: %s", what, c->name, c->value ? c->value : "absent",
       c->code);
}


static void
test_cases(void)
{
    member_t    m;
    ngx_str_t   text;
    ngx_uint_t  i;

    for (i = 0; i < NCASES; i++) {
        m.name = cases[i].name;
        m.value = cases[i].value;
        text = token_(issuer, &m, 1);

        is_case(&cases[i], &text, "claim");
    }
}


/* whatever is wrong besides, a forged token is told token_invalid only */

static void
test_forged(void)
{
    case_t      c;
    member_t    m;
    ngx_str_t   text;
    ngx_uint_t  i;

    for (i = 0; i < NCASES; i++) {
        m.name = cases[i].name;
        m.value = cases[i].value;
        text = token_(issuer, &m, 1);
        text.data[text.len - 5] = text.data[text.len - 5] == 'B' ? 'C' : 'B';

        c = cases[i];
        c.code = INVALID;
        is_case(&c, &text, "forged");
    }
}


/* expired, and something else: the something else is told first */

static void
test_expired(void)
{
    ngx_str_t   text;
    ngx_uint_t  i;

    static const struct {
        member_t     m;
        const char  *code;
    } also[] = {
        { { "foo", "1" }, EXPIRED },
        { { "aud", "\"x\"" }, INVALID },
        { { "iss", "\"x\"" }, INVALID },
        { { "role", "\"judge\"" }, INVALID },
        { { "sub", "1" }, INVALID },
        { { "cnf", "{}" }, BINDING }
    };

    for (i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
        member_t  m[2] = { { "exp", "1799990000" }, also[i].m };
        case_t    c = { also[i].m.name, also[i].m.value, also[i].code };

        text = token_(issuer, m, 2);
        is_case(&c, &text, "expired and");
    }
}


static void
is_field(const ngx_court_token_t *token, const char *name, const char *want)
{
    ngx_str_t          s, cursor, element;
    u_char             buf[512], *p;
    ngx_court_value_t  v;

    s = str_(name);
    ngx_court_token_claim(token, &s, NOW, &v);

    p = buf;

    if (v.state != NGX_COURT_V_PRESENT) {
        p = ngx_sprintf(p, "absent");

    } else if (v.type == NGX_COURT_T_LIST) {
        cursor = v.str;

        while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
            p = ngx_sprintf(p, "<%V>", &element);
        }

    } else if (v.type == NGX_COURT_T_STRING) {
        p = ngx_sprintf(p, "%V", &v.str);

    } else {
        p = ngx_sprintf(p, "%L", v.num);
    }

    s.data = buf;
    s.len = p - buf;
    is_str(&s, want, "token.%s", name);
}


static void
test_values(void)
{
    ngx_str_t                  text;
    ngx_court_token_t          token;
    const ngx_court_reason_t  *reason;

    static const member_t  m[] = {
        { "principal", "\"lawyer-9\"" }, { "kind", "\"full_time\"" },
        { "client_id", "\"app\"" }, { "court", "\"B00\"" },
        { "channel", "\"app\"" }, { "nbf", "1700000000" },
        { "scope", "\" read  write \"" }, { "exp", "1800003500.75" }
    };

    text = token_(issuer, m, sizeof(m) / sizeof(m[0]));
    is_int(verify_(&text, NOW, &token, &reason), NGX_COURT_PASS, "all claims");

    ok(token.issuer == issuer, "issuer");
    is_field(&token, "sub", "lawyer-1");
    is_field(&token, "role", "lawyer");
    is_field(&token, "principal", "lawyer-9");
    is_field(&token, "kind", "full_time");
    is_field(&token, "client_id", "app");
    is_field(&token, "court", "B00");
    is_field(&token, "channel", "app");
    is_field(&token, "jti", "j-1");
    is_field(&token, "kid", "k1");
    is_field(&token, "acr", "face");
    is_field(&token, "acr_level", "3");
    is_field(&token, "amr", "<face><pwd>");
    is_field(&token, "scope", "<read><write>");
    is_field(&token, "exp", "1800003500");
    is_field(&token, "nbf", "1700000000");
    is_field(&token, "iat", "1799999900");
    is_field(&token, "auth_time", "1799999800");
    is_field(&token, "auth_age", "200");
    is_field(&token, "iss", "absent");
    is_field(&token, "foo", "absent");
    is_field(&token, "", "absent");

    text = token_(issuer, (member_t []) { { "acr", "\"lzm\"" },
                                          { "auth_time", "1800000020" },
                                          { "amr", "\"face\"" } }, 3);
    is_int(verify_(&text, NOW, &token, &reason), NGX_COURT_PASS, "others");
    is_field(&token, "acr_level", "absent");
    is_field(&token, "auth_age", "0");     /* never negative */
    is_field(&token, "amr", "<face>");
    is_field(&token, "principal", "absent");
}


/* "claim NAME /pointer [map=]" */

static void
test_mapping(void)
{
    ngx_str_t                  text;
    ngx_uint_t                 i;
    ngx_keyval_t              *kv;
    ngx_court_claim_t         *claim;
    ngx_court_token_t          token;
    ngx_court_issuer_t         saved;
    const ngx_court_reason_t  *reason;

    static const struct {
        const char  *name;
        const char  *pointer;
        ngx_uint_t   map;
    } claims[] = {
        { "role", "/ext/type", 1 }, { "sub", "/ext/uid", 0 },
        { "firm", "/ext/firm", 0 }, { "level", "/ext/level", 0 },
        { "exp", "/ext/forever", 0 }, { "kid", "/ext/kid", 0 },
        { "city", "/ext/city", 1 }
    };

    saved = *issuer;
    issuer->claims = ngx_array_create(tap_pool(), 4,
                                      sizeof(ngx_court_claim_t));

    for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        claim = ngx_array_push(issuer->claims);
        claim->name = str_(claims[i].name);
        claim->pointer = str_(claims[i].pointer);
        claim->map = NULL;

        if (claims[i].map) {
            claim->map = ngx_array_create(tap_pool(), 2,
                                          sizeof(ngx_keyval_t));
            kv = ngx_array_push(claim->map);
            kv->key = s_("1");
            kv->value = s_("lawyer");
        }
    }

    text = token_(issuer, (member_t []) { { "ext",
               "{\"type\":1,\"uid\":\"u-7\","
               "\"firm\":\"\xe5\xbe\x8b\",\"level\":4,"
               "\"forever\":9000000000,\"kid\":\"forged\",\"city\":\"x\"}" } },
               1);
    is_int(verify_(&text, NOW, &token, &reason), NGX_COURT_PASS, "mapped");
    is_field(&token, "role", "lawyer");
    is_field(&token, "sub", "u-7");
    is_field(&token, "firm", "\xe5\xbe\x8b");
    is_field(&token, "level", "4");
    is_field(&token, "exp", "1800003500");
    is_field(&token, "kid", "k1");
    is_field(&token, "city", "absent");    /* not in the map */
    is_field(&token, "fir", "absent");

    static const struct {
        const char  *what;
        const char  *ext;
        int          pass;
    } exts[] = {
        { "string in the map", "{\"type\":\"1\",\"uid\":\"u\"}", 1 },
        { "not in the map", "{\"type\":\"lawyer\",\"uid\":\"u\"}", 0 },
        { "two roles", "{\"type\":[\"1\",\"1\"],\"uid\":\"u\"}", 0 },
        { "no role there", "{\"uid\":\"u\"}", 0 },
        { "no sub there", "{\"type\":1}", 0 },
        { "a list where a string is due",
          "{\"type\":1,\"uid\":\"u\",\"firm\":[\"a\"]}", 0 },
        { "an object", "{\"type\":1,\"uid\":\"u\",\"firm\":{}}", 0 },
        { "null", "{\"type\":1,\"uid\":\"u\",\"firm\":null}", 0 },
        { "a newline", "{\"type\":1,\"uid\":\"u\",\"firm\":\"a\\nb\"}", 0 },
        { "a boolean", "{\"type\":1,\"uid\":\"u\",\"firm\":true}", 1 },
        { "a fraction", "{\"type\":1,\"uid\":\"u\",\"firm\":1.5}", 0 }
    };

    for (i = 0; i < sizeof(exts) / sizeof(exts[0]); i++) {
        text = token_(issuer, (member_t []) { { "ext", exts[i].ext } }, 1);

        is_int(verify_(&text, NOW, &token, &reason),
               exts[i].pass ? NGX_COURT_PASS : NGX_COURT_REFUSED,
               "mapped: %s", exts[i].what);
    }

    *issuer = saved;
}


/* names whose mapping would never be read */

static void
test_unmappable(void)
{
    ngx_str_t   name;
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        ngx_uint_t   plain;
        ngx_uint_t   map;
    } names[] = {
        { "role", 1, 1 }, { "principal", 1, 1 }, { "acr", 1, 1 },
        { "unit", 1, 1 }, { "amr", 1, 0 }, { "scope", 1, 0 },
        { "auth_time", 1, 0 }, { "exp", 0, 0 }, { "nbf", 0, 0 },
        { "iat", 0, 0 }, { "kid", 0, 0 }, { "acr_level", 0, 0 },
        { "auth_age", 0, 0 }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        name = str_(names[i].name);

        is_int(ngx_court_token_unmappable(&name, 0) == NULL, names[i].plain,
               "claim %s", names[i].name);
        is_int(ngx_court_token_unmappable(&name, 1) == NULL, names[i].map,
               "claim %s with a map", names[i].name);
    }
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());
    ngx_court_token_init();

    issuer = issuer_("platform", "https://lspt.example");
    issuers = issuers_(issuer, NULL);

    test_cases();
    test_forged();
    test_expired();
    test_values();
    test_mapping();
    test_unmappable();

    return done_testing();
}
