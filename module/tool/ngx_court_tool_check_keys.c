/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys that a configuration names: too old, too short, expired.
 */

#include "ngx_court_tool_check.h"
#include "ngx_court_tool_keys.h"
#include "ngx_court_time.h"

#include <unistd.h>


#define NGX_COURT_CHECK_RSA        384    /* bytes of n: 3072 bits */
#define NGX_COURT_CHECK_OCT        32
#define NGX_COURT_CHECK_KEY_DAYS   400    /* a key that writes */
#define NGX_COURT_CHECK_STAGED     30     /* days, and nobody commits */


/* keys of the file that d names; an empty file where it can't be read */

static ngx_court_keys_file_t *
ngx_court_check_open(ngx_court_check_t *c, ngx_court_check_dir_t *d)
{
    const char             *name;
    ngx_court_keys_file_t  *file;

    name = ngx_court_check_is(d, "court_cache")
           ? ngx_court_check_option(d, "seal_keys")
           : d->nargs > 1 ? d->args[1] : NULL;

    file = ngx_pcalloc(c->pool, sizeof(ngx_court_keys_file_t));

    if (name == NULL || file == NULL) {
        return NULL;
    }

    name = ngx_court_check_path(c, name);

    if (access(name, R_OK) == -1
        || ngx_court_keys_open(c->pool, name, 0, file) != NGX_COURT_TOOL_YES)
    {
        ngx_court_keys_close(file);
        return NULL;
    }

    return file;
}


NGX_COURT_CHECK(jwks_stale)
{
    time_t                  age;
    ngx_court_keys_file_t  *file;

    file = ngx_court_check_open(c, d);
    if (file == NULL) {
        return;
    }

    age = (c->now - file->st.st_mtime) / 86400;

    if (age > (time_t) c->jwks_days) {
        ngx_court_check_tell(c, d, "the issuer's keys in %s are %ld days old",
                             d->args[1], (long) age);
    }

    ngx_court_keys_close(file);
}


/* "exp" is no member of RFC 7517, and issuers write it (OpenID Federation) */

NGX_COURT_CHECK(jwks_expired)
{
    int64_t                 exp;
    ngx_str_t               text, jwk;
    ngx_uint_t              i;
    ngx_court_json_t       *node;
    ngx_court_keys_file_t  *file;
    ngx_court_keys_item_t  *item;

    file = ngx_court_check_open(c, d);
    if (file == NULL) {
        return;
    }

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        jwk = item[i].text;
        text.len = jwk.len + 1;
        text.data = ngx_pnalloc(c->pool, text.len);
        if (text.data == NULL) {
            break;
        }

        memcpy(text.data, jwk.data, jwk.len);
        text.data[jwk.len] = '}';
        node = ngx_court_json_parse(c->pool, &text, &ngx_court_json_small,
                                    NULL);

        if (ngx_court_json_int(ngx_court_json_get(node, "exp"), &exp)
            == NGX_OK && exp <= c->now)
        {
            ngx_court_check_tell(c, d, "the issuer's key \"%.*s\" in %s has "
                                 "expired", (int) item[i].id.len,
                                 item[i].id.data, d->args[1]);
        }
    }

    ngx_court_keys_close(file);
}


static const char *
ngx_court_check_weak(ngx_pool_t *pool, const ngx_court_key_t *key)
{
    ngx_court_key_parts_t  parts;

    if (key->kty == NGX_COURT_KTY_OCT) {
        return key->secret.len < NGX_COURT_CHECK_OCT
               ? "a secret below 256 bits" : NULL;
    }

    if (key->kty == NGX_COURT_KTY_RSA
        && ngx_court_key_parts(pool, key, 0, &parts) == NGX_OK
        && parts.n.len < NGX_COURT_CHECK_RSA)
    {
        return "RSA below 3072 bits";
    }

    return NULL;
}


NGX_COURT_CHECK(key_weak)
{
    ngx_uint_t              i;
    const char             *weak;
    ngx_court_keys_file_t  *file;
    ngx_court_keys_item_t  *item;

    file = ngx_court_check_open(c, d);
    if (file == NULL) {
        return;
    }

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        weak = item[i].key ? ngx_court_check_weak(c->pool, item[i].key)
                           : NULL;
        if (weak) {
            ngx_court_check_tell(c, d, "key \"%.*s\" in %s is %s",
                                 (int) item[i].id.len, item[i].id.data,
                                 d->args[1], weak);
        }
    }

    ngx_court_keys_close(file);
}


static void
ngx_court_check_age(ngx_court_check_t *c, ngx_court_check_dir_t *d,
    ngx_court_turn_t turn, int64_t days, const char *what)
{
    int64_t                 age;
    ngx_uint_t              i;
    ngx_court_keys_file_t  *file;
    ngx_court_keys_item_t  *item;

    file = ngx_court_check_open(c, d);
    if (file == NULL) {
        return;
    }

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        age = ngx_court_keys_age(file, &item[i], (int64_t) c->now) / 86400;

        if (item[i].turn == turn && age > days) {
            ngx_court_check_tell(c, d, "key \"%.*s\" of %s is %s for %lld "
                                 "days", (int) item[i].id.len, item[i].id.data,
                                 d->args[0], what, (long long) age);
        }
    }

    ngx_court_keys_close(file);
}


NGX_COURT_CHECK(key_old)
{
    ngx_court_check_age(c, d, NGX_COURT_TURN_WRITE, NGX_COURT_CHECK_KEY_DAYS,
                        "there");
}


NGX_COURT_CHECK(key_staged)
{
    ngx_court_check_age(c, d, NGX_COURT_TURN_ACCEPT, NGX_COURT_CHECK_STAGED,
                        "staged");
}
