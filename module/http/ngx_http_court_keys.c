/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which keys are loaded, and how old they are.  Remembered when their files
 * are read, as it was then: what a worker uses, not what stands on disk by
 * now.
 */

#include "ngx_http_court_conf.h"


/* 0: unknown */

static time_t
ngx_http_court_keys_mtime(const ngx_str_t *file)
{
    ngx_file_info_t  fi;

    return (ngx_file_info(file->data, &fi) == NGX_FILE_ERROR)
           ? 0 : ngx_file_mtime(&fi);
}


static ngx_http_court_key_t *
ngx_http_court_keys_add(ngx_conf_t *cf, const char *use, time_t created)
{
    ngx_http_court_key_t        *key;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    key = ngx_array_push(&mcf->keys);
    if (key == NULL) {
        return NULL;
    }

    ngx_memzero(key, sizeof(ngx_http_court_key_t));

    key->use.data = (u_char *) use;
    key->use.len = ngx_strlen(use);
    key->created = created;

    return key;
}


/* a key that is bound to no algorithm is told by its type or curve */

static void
ngx_http_court_keys_alg(const ngx_court_key_t *from, ngx_str_t *alg)
{
    static const ngx_str_t  types[] = {
        ngx_null_string,
        ngx_string("oct"),
        ngx_string("RSA"),
        ngx_string("EC"),
        ngx_string("OKP"),
        ngx_string("SM2")
    };

    *alg = from->alg ? from->alg->name
         : from->crv.len ? from->crv
                         : types[from->kty];
}


ngx_int_t
ngx_http_court_keys_jwks(ngx_conf_t *cf, const char *use,
    const ngx_str_t *issuer, const ngx_str_t *file,
    const ngx_court_jwks_t *jwks)
{
    time_t                 mtime;
    ngx_uint_t             i;
    ngx_court_key_t       *from;
    ngx_http_court_key_t  *key;

    mtime = ngx_http_court_keys_mtime(file);

    for (i = 0; i < jwks->nkeys; i++) {
        from = jwks->keys[i];

        key = ngx_http_court_keys_add(cf, use, mtime);
        if (key == NULL) {
            return NGX_ERROR;
        }

        key->kid = from->kid;
        key->turn = from->turn;
        ngx_http_court_keys_alg(from, &key->alg);

        if (issuer) {
            key->issuer = *issuer;
            key->turn = NGX_COURT_TURN_READ;

        } else if (key->turn == NGX_COURT_TURN_NONE) {
            key->turn = i ? NGX_COURT_TURN_READ : NGX_COURT_TURN_WRITE;
        }
    }

    return NGX_OK;
}


/* of authorities: public ones */

ngx_int_t
ngx_http_court_keys_events(ngx_conf_t *cf, const ngx_str_t *file,
    const ngx_court_event_keys_t *keys)
{
    time_t                 mtime;
    ngx_uint_t             i;
    ngx_http_court_key_t  *key;
    const ngx_court_key_t *from;

    mtime = ngx_http_court_keys_mtime(file);

    for (i = 0; i < ngx_court_event_keys_n(keys); i++) {
        from = ngx_court_event_keys_key(keys, i);

        key = ngx_http_court_keys_add(cf, "events", mtime);
        if (key == NULL) {
            return NGX_ERROR;
        }

        key->kid = from->kid;
        key->turn = NGX_COURT_TURN_READ;
        ngx_http_court_keys_alg(from, &key->alg);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_court_keys_ring(ngx_conf_t *cf, const char *use,
    const ngx_str_t *file, const ngx_court_ring_t *ring)
{
    time_t                  mtime;
    ngx_uint_t              i;
    ngx_http_court_key_t   *key;
    ngx_court_ring_told_t   told;

    mtime = ngx_http_court_keys_mtime(file);

    for (i = 0; ngx_court_ring_tell(ring, i, &told); i++) {

        key = ngx_http_court_keys_add(cf, use, told.created > 0
                                               ? (time_t) told.created
                                               : mtime);
        if (key == NULL) {
            return NGX_ERROR;
        }

        key->kid = told.id;
        key->alg = told.alg;
        key->turn = told.turn;
    }

    return NGX_OK;
}
