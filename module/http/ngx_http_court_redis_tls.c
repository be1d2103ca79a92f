/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_http_court_conf.h"
#include "ngx_http_court_redis_tls.h"


#define NGX_HTTP_COURT_REDIS_DEPTH  4        /* of a chain */


static char *
ngx_http_court_redis_tls_fits(ngx_conf_t *cf, ngx_court_redis_conf_t *redis,
    ngx_http_court_redis_tls_t *tls, ngx_uint_t on)
{
    ngx_uint_t               i, named;
    ngx_court_redis_addr_t  *addr;

    addr = redis->servers->elts;
    named = 1;

    for (i = 0; i < redis->servers->nelts; i++) {
        named &= (addr[i].port != 0);
    }

    const struct {
        ngx_uint_t   wrong;
        const char  *text;
    } rules[] = {
        { !on && (tls->trusted.len || tls->name.len || tls->certificate.len
                  || tls->key.len),
          "\"ssl_*\" without \"ssl on\" in" },
        { on && tls->trusted.len == 0,
          "no \"ssl_trusted_certificate\" is defined for" },
        { on && tls->name.len == 0 && !named,
          "no \"ssl_name\" is defined for the unix socket of" },
        { tls->name.len > NGX_COURT_REDIS_HOST,
          "\"ssl_name\" is too long in" },
        { (tls->certificate.len == 0) != (tls->key.len == 0),
          "\"ssl_certificate\" and \"ssl_certificate_key\" need each other "
          "in" }
    };

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].wrong) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s court_redis \"%V\"",
                               rules[i].text, &redis->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


#if (NGX_SSL)

/* OpenSSL reads the key by itself; this is whether others may, too */

static char *
ngx_http_court_redis_tls_key(ngx_conf_t *cf, ngx_str_t *file)
{
    char       *rv;
    ngx_str_t   bytes;

    rv = ngx_http_court_file_read(cf, file, 1, &bytes);

    if (rv == NGX_CONF_OK) {
        ngx_court_wipe(bytes.data, bytes.len);
    }

    return rv;
}


char *
ngx_http_court_redis_tls(ngx_conf_t *cf, ngx_court_redis_conf_t *redis,
    ngx_http_court_redis_tls_t *tls, ngx_uint_t on)
{
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    if (ngx_http_court_redis_tls_fits(cf, redis, tls, on) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (!on) {
        return NGX_CONF_OK;
    }

    redis->tls = ngx_pcalloc(cf->pool, sizeof(ngx_court_redis_tls_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (redis->tls == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    redis->tls->name = tls->name;
    ssl = &redis->tls->ssl;
    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    if (ngx_ssl_trusted_certificate(cf, ssl, &tls->trusted,
                                    NGX_HTTP_COURT_REDIS_DEPTH)
        != NGX_OK
        || ngx_ssl_client_session_cache(cf, ssl, 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (tls->certificate.len
        && (ngx_http_court_redis_tls_key(cf, &tls->key) != NGX_CONF_OK
            || ngx_ssl_certificate(cf, ssl, &tls->certificate, &tls->key,
                                   NULL)
               != NGX_OK))
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}

#else

char *
ngx_http_court_redis_tls(ngx_conf_t *cf, ngx_court_redis_conf_t *redis,
    ngx_http_court_redis_tls_t *tls, ngx_uint_t on)
{
    if (!on) {
        return ngx_http_court_redis_tls_fits(cf, redis, tls, on);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"ssl on\" of court_redis "
                       "\"%V\" needs an nginx with TLS", &redis->name);
    return NGX_CONF_ERROR;
}

#endif
