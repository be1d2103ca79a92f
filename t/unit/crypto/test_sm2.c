/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SM2 against the openssl command line: t/data/make-sm2.sh.
 */

#include "test_crypto.h"


static ngx_court_key_t         *key, *pub;
static const ngx_court_alg_t   *alg;
static ngx_str_t                message;


static ngx_int_t
verify(const ngx_str_t *sig, const char *id, unsigned der)
{
    ngx_court_sm2_opts_t  opts;

    memset(&opts, 0, sizeof(opts));
    opts.id.data = (u_char *) id;
    opts.id.len = strlen(id);
    opts.der = der;

    return alg->verify(alg, pub, &opts, &message, sig);
}


static void
test_theirs(void)
{
    ngx_str_t  def, alice, junk;

    def = file_("t/data/sm2-default.der");
    alice = file_("t/data/sm2-alice.der");

    is_int(verify(&def, "1234567812345678", 1), NGX_OK, "default id");
    is_int(verify(&def, "", 1), NGX_OK, "no id is the default id");
    is_int(verify(&alice, "ALICE123@YAHOO.COM", 1), NGX_OK, "another id");

    is_int(verify(&def, "ALICE123@YAHOO.COM", 1), NGX_DECLINED,
           "the wrong id");
    is_int(verify(&alice, "1234567812345678", 1), NGX_DECLINED,
           "the default for another id");
    is_int(verify(&def, "123456781234567", 1), NGX_DECLINED, "a shorter id");

    is_int(verify(&def, "", 0), NGX_DECLINED, "DER is not taken for raw");
    is_int(alg->verify(alg, pub, NULL, &message, &def), NGX_DECLINED,
           "nor without options");

    /* BER spellings of the same numbers */

    junk = copy_(&def, def.len + 8);
    junk.len++;
    is_int(verify(&junk, "", 1), NGX_DECLINED, "a byte behind");

    junk = copy_(&def, def.len + 8);
    memmove(junk.data + 2, junk.data + 1, def.len - 1);
    junk.data[1] = 0x81;
    junk.len++;
    is_int(verify(&junk, "", 1), NGX_DECLINED, "a longer length");

    queue_empty_("theirs");
}


static void
test_ours(void)
{
    u_char                buf[NGX_COURT_MAX_SIG_LEN];
    ngx_str_t             sig;
    ngx_uint_t            i;
    ngx_court_sm2_opts_t  opts;

    sig.data = buf;
    memset(&opts, 0, sizeof(opts));

    is_int(alg->sign(alg, key, NULL, &message, &sig), NGX_OK, "raw");
    is_int(sig.len, 64, "raw: length");
    is_int(verify(&sig, "1234567812345678", 0), NGX_OK, "raw: default id");
    is_int(verify(&sig, "", 1), NGX_DECLINED, "raw is not taken for DER");

    opts.der = 1;

    for (i = 0; i < 16; i++) {
        if (alg->sign(alg, key, &opts, &message, &sig) != NGX_OK
            || verify(&sig, "", 1) != NGX_OK)
        {
            break;
        }
    }

    is_int(i, 16, "DER, whatever the sign bits");

    ngx_str_set(&opts.id, "ALICE123@YAHOO.COM");
    is_int(alg->sign(alg, key, &opts, &message, &sig), NGX_OK, "another id");
    is_int(verify(&sig, "ALICE123@YAHOO.COM", 1), NGX_OK, "verifies");
    is_int(verify(&sig, "", 1), NGX_DECLINED, "not under the default");

    opts.id.len = 8192;
    opts.id.data = ngx_pcalloc(tap_pool(), 8192);
    is_int(alg->sign(alg, key, &opts, &message, &sig), NGX_ERROR,
           "an id longer than ENTL can say");
    opts.id.len = 8191;
    is_int(alg->sign(alg, key, &opts, &message, &sig), NGX_OK, "the longest");

    queue_empty_("ours");
}


int
main(void)
{
    ngx_str_t              pem, err;
    ngx_court_key_t       *cert;
    ngx_court_key_parts_t  a, b;

    is_int(ngx_court_crypto_init(tap_log()), NGX_OK, "init");

    alg = alg_("SM2");
    message = file_("t/data/sm2-message");

    pem = file_("t/data/sm2-key.pem");
    key = ngx_court_key_pem(tap_pool(), &pem, &err);
    pem = file_("t/data/sm2-pub.pem");
    pub = ngx_court_key_pem(tap_pool(), &pem, &err);
    pem = file_("t/data/sm2-cert.pem");
    cert = ngx_court_key_pem(tap_pool(), &pem, &err);

    if (!ok(key != NULL && pub != NULL && cert != NULL, "PEM")) {
        return done_testing();
    }

    is_int(key->kty, NGX_COURT_KTY_SM2, "kty");
    is_str(&key->crv, "SM2", "crv");
    ok(key->private_key && !pub->private_key && !cert->private_key,
       "private and public");

    ngx_court_key_parts(tap_pool(), pub, 0, &a);
    ngx_court_key_parts(tap_pool(), cert, 0, &b);
    is_int(a.x.len, 32, "x");
    is_mem(a.x.data, b.x.data, 32, "the certificate's x");
    is_mem(a.y.data, b.y.data, 32, "the certificate's y");

    test_theirs();
    test_ours();

    return done_testing();
}
