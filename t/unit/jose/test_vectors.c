/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Every JWS that RFC 7515, 7520 and 8037 print, and SM2 signatures by the
 * openssl command line: compact ones verify, whatever else is refused.
 */

#include "test_jose.h"


static ngx_court_json_t *
vectors_(const char *path)
{
    char              *text;
    ngx_str_t          s, err;
    ngx_court_json_t  *root;

    text = tap_slurp(path, &s.len);
    s.data = (u_char *) text;

    ngx_str_null(&err);
    root = ngx_court_json_parse(tap_pool(), &s, &ngx_court_json_large, &err);

    ok(root != NULL, "%s is JSON %.*s", path, (int) err.len, err.data);
    free(text);

    return root ? ngx_court_json_get(root, "vectors") : NULL;
}


static ngx_str_t
member_(const ngx_court_json_t *v, const char *name)
{
    ngx_str_t  s;

    ngx_str_null(&s);
    (void) ngx_court_json_string(ngx_court_json_get(v, name), &s);

    return s;
}


static ngx_int_t
run_(const ngx_court_json_t *v, const ngx_str_t *token, ngx_str_t *payload)
{
    ngx_int_t              rc;
    ngx_str_t              jwks_text;
    const char            *why;
    ngx_uint_t             der;
    ngx_court_jws_t        jws;
    ngx_court_jwks_t      *jwks;
    ngx_court_sm2_opts_t   sm2;

    if (ngx_court_json_dump(tap_pool(), ngx_court_json_get(v, "jwks"),
                            &jwks_text)
        != NGX_OK)
    {
        return NGX_ABORT;
    }

    jwks = ngx_court_jwks_parse(tap_pool(), &jwks_text, NULL);

    if (jwks == NULL || jwks->nkeys == 0 || jwks->skipped) {
        return NGX_ABORT;
    }

    memset(&sm2, 0, sizeof(sm2));
    sm2.id = member_(v, "sm2_id");
    sm2.der = ngx_court_json_bool(ngx_court_json_get(v, "sm2_der"), &der)
              == NGX_OK;

    if (sm2.id.len == 0) {
        sm2.id = ngx_court_sm2_default_id;
    }

    rc = ngx_court_jws_parse(tap_pool(), token, &jws, &why);

    if (rc == NGX_OK) {
        rc = ngx_court_jws_verify(&jws, jwks, ALL_ALGS, &sm2, NULL, &why);
        *payload = jws.payload;
    }

    return rc;
}


/* one bit of each part: none may still verify */

static void
flip_(const ngx_court_json_t *v, const ngx_str_t *token, const char *name)
{
    size_t     i;
    ngx_str_t  s, payload;
    ngx_uint_t  valid;

    s.len = token->len;
    s.data = ngx_pnalloc(tap_pool(), s.len);
    valid = 0;

    for (i = 0; i < s.len; i += 7) {
        memcpy(s.data, token->data, s.len);
        s.data[i] ^= 1;
        valid += (run_(v, &s, &payload) == NGX_OK);
    }

    is_int(valid, 0, "%s: not with a bit changed", name);
}


static void
test_file(const char *path)
{
    char               name[128];
    ngx_int_t          rc;
    ngx_str_t          s, token, result, payload, want;
    ngx_uint_t         i;
    ngx_court_json_t  *list, *v;

    list = vectors_(path);

    for (i = 0; i < ngx_court_json_size(list); i++) {
        v = ngx_court_json_at(list, i);

        s = member_(v, "name");
        snprintf(name, sizeof(name), "%.*s", (int) s.len, s.data);

        token = member_(v, "token");
        result = member_(v, "result");
        rc = run_(v, &token, &payload);

        if (ngx_strncmp(result.data, "valid", 5) != 0) {
            is_int(rc, NGX_DECLINED, "%s: refused", name);
            continue;
        }

        if (!is_int(rc, NGX_OK, "%s: verifies", name)) {
            continue;
        }

        s = member_(v, "payload");
        (void) ngx_court_base64url_decode(tap_pool(), &want, &s);
        ok(want.len && ngx_court_str_eq(&payload, &want), "%s: payload",
           name);

        flip_(v, &token, name);
    }
}


/* RFC 7638, 8037 */

static void
test_thumbprints(void)
{
    u_char             sum[NGX_COURT_SHA256_LEN];
    ngx_str_t          s, name, want;
    ngx_uint_t         i;
    ngx_court_key_t   *key;
    ngx_court_json_t  *list, *v;

    list = vectors_("t/data/rfc7638.json");

    for (i = 0; i < ngx_court_json_size(list); i++) {
        v = ngx_court_json_at(list, i);

        name = member_(v, "name");
        s = member_(v, "thumbprint");
        (void) ngx_court_base64url_decode(tap_pool(), &want, &s);

        key = ngx_court_jwk_parse(tap_pool(), ngx_court_json_get(v, "jwk"),
                                  NULL);

        ok(key != NULL
           && ngx_court_jwk_thumbprint(tap_pool(), key, sum) == NGX_OK
           && want.len == sizeof(sum)
           && memcmp(sum, want.data, sizeof(sum)) == 0,
           "%.*s: thumbprint", (int) name.len, name.data);
    }
}


int
main(void)
{
    ngx_court_crypto_init(tap_log());

    test_file("t/data/rfc7515.json");
    test_file("t/data/rfc7520.json");
    test_file("t/data/rfc8037.json");
    test_file("t/data/jose-sm2.json");
    test_thumbprints();

    return done_testing();
}
