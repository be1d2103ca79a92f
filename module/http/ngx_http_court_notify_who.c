/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose certificate it is, and of what he may speak.
 */

#include "ngx_http_court_notify.h"


#if (NGX_HTTP_SSL)

/*
 * nginx has refused who has none or a wrong one, unless an error_page led
 * here, or the connection began with another server of this port, whose
 * authorities are not ours: so everything is asked again.
 */

static ngx_int_t
ngx_http_court_notify_verified(ngx_http_request_t *r)
{
    ngx_str_t                  said;
    ngx_connection_t          *c;
    ngx_http_ssl_srv_conf_t   *sscf;

    c = r->connection;
    sscf = ngx_http_get_module_srv_conf(r, ngx_http_ssl_module);

    if (c->ssl == NULL || sscf == NULL || sscf->verify != 1
        || SSL_get_SSL_CTX(c->ssl->connection) != sscf->ssl.ctx
        || ngx_ssl_get_client_verify(c, r->pool, &said) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return (said.len == 7 && ngx_memcmp(said.data, "SUCCESS", 7) == 0)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_notify_cert(ngx_http_request_t *r, ngx_court_cert_t *cert)
{
    ngx_str_t  pem;

    if (ngx_http_court_notify_verified(r) != NGX_OK
        || ngx_ssl_get_raw_certificate(r->connection, r->pool, &pem)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_court_cert_read(r->pool, &pem, cert);
}

#else

static ngx_int_t
ngx_http_court_notify_cert(ngx_http_request_t *r, ngx_court_cert_t *cert)
{
    return NGX_DECLINED;
}

#endif


ngx_http_court_notify_line_t *
ngx_http_court_notify_who(ngx_http_request_t *r, ngx_array_t *lines,
    const char **why)
{
    ngx_uint_t                      i;
    ngx_court_cert_t                cert;
    ngx_http_court_notify_line_t  **line;

    if (ngx_http_court_notify_cert(r, &cert) != NGX_OK) {
        *why = "certificate_required";
        return NULL;
    }

    line = lines->elts;

    for (i = 0; i < lines->nelts; i++) {

        if ((line[i]->name.len == 0
             || ngx_court_cert_named(&cert, &line[i]->name))
            && (!line[i]->pinned
                || ngx_court_secret_eq(cert.spki, line[i]->spki,
                                   NGX_COURT_SHA256_LEN)))
        {
            return line[i];
        }
    }

    *why = "certificate_unknown";

    return NULL;
}


ngx_uint_t
ngx_http_court_notify_may(const ngx_http_court_notify_line_t *line,
    const ngx_http_court_main_conf_t *mcf, const ngx_court_fact_t *fact,
    const ngx_str_t *court)
{
    ngx_str_t                     *code;
    ngx_uint_t                     i;
    const ngx_http_court_court_t  *c;

    if (!line->scope[fact->index]) {
        return 0;
    }

    if (!fact->court_scope || line->all_courts) {
        return 1;
    }

    c = ngx_http_court_court_find(mcf->courts, court);
    code = line->courts.elts;

    for (i = 0; c && i < line->courts.nelts; i++) {
        if (ngx_court_list_contains(&c->ancestors, &code[i])) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_court_notify_rate(ngx_http_court_notify_line_t *line,
    ngx_msec_t now)
{
    ngx_uint_t      excess;
    ngx_msec_int_t  ms;

    ms = (ngx_msec_int_t) (now - line->load->last);
    ms = ngx_max(ms, 0);
    ms = ngx_min(ms, 1000);

    excess = line->load->excess;
    excess -= ngx_min(excess, line->rate * (ngx_uint_t) ms);

    /* a second's worth at once */

    if (excess + 1000 > line->rate * 1000) {
        return NGX_BUSY;
    }

    line->load->excess = excess + 1000;
    line->load->last = now;

    return NGX_OK;
}
