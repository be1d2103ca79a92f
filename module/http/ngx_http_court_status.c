/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_status [open]": what happens on this machine, for programs and for
 * people.  Closed unless it is said otherwise: names of courts, of rules'
 * reasons and of keys are nobody's business.
 */

#include "ngx_http_court_status.h"
#include "ngx_http_court_headers.h"
#include "ngx_court_status_page.h"


static const struct {
    const char  *name;
    const char  *type;
} ngx_http_court_status_formats[] = {
    { "json",       "application/json" },
    { "prometheus", "text/plain; version=0.0.4; charset=utf-8" },
    { "html",       "text/html; charset=utf-8" },
    { NULL,         NULL }
};


/* the end of the connection, as the system knows it: realip and a PROXY
 * header change what nginx knows */

static ngx_uint_t
ngx_http_court_status_peer(ngx_connection_t *c)
{
    u_char          *p;
    socklen_t        len;
    ngx_sockaddr_t   sa;

    len = sizeof(ngx_sockaddr_t);

    if (getpeername(c->fd, &sa.sockaddr, &len) == -1) {
        return 0;
    }

    switch (sa.sockaddr.sa_family) {

    case AF_UNIX:
        return 1;

    case AF_INET:
        return (ntohl(sa.sockaddr_in.sin_addr.s_addr) >> 24) == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        p = sa.sockaddr_in6.sin6_addr.s6_addr;

        return IN6_IS_ADDR_LOOPBACK(&sa.sockaddr_in6.sin6_addr)
               || (IN6_IS_ADDR_V4MAPPED(&sa.sockaddr_in6.sin6_addr)
                   && p[12] == 127);
#endif

    default:
        return 0;
    }
}


/*
 * A browser on this machine may be led here by a name that somebody else's
 * name server answers with 127.0.0.1: over TCP only an address and what ends
 * with "localhost" (RFC 6761, section 6.3) are names of this machine.
 */

static ngx_uint_t
ngx_http_court_status_named(ngx_http_request_t *r)
{
    u_char      *tail;
    ngx_addr_t   addr;
    ngx_str_t   *host;

    host = &r->headers_in.server;

    if (r->connection->local_sockaddr->sa_family == AF_UNIX
        || host->len == 0 || host->data[0] == '[')
    {
        return 1;
    }

    tail = host->data + host->len - 9;

    if (host->len >= 9
        && ngx_strncasecmp(tail, (u_char *) "localhost", 9) == 0
        && (host->len == 9 || tail[-1] == '.'))
    {
        return 1;
    }

    return ngx_parse_addr(r->pool, &addr, host->data, host->len) == NGX_OK;
}


/* a proxy on this machine passes on what others ask */

ngx_uint_t
ngx_http_court_status_local(ngx_http_request_t *r)
{
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);

    /* court_trusted_front has taken out by now what is not believed */

    if ((s && s->proxied)
        || ngx_http_court_headers_any(s, &r->headers_in.headers,
                                      ngx_http_court_drop_believed)
        || ngx_http_court_header_find(&r->headers_in.headers, "via", 3))
    {
        return 0;
    }

    return !r->connection->proxy_protocol
           && ngx_http_court_status_peer(r->connection)
           && ngx_http_court_status_named(r);
}


static ngx_uint_t
ngx_http_court_status_has(const ngx_str_t *value, const char *word)
{
    return ngx_strlcasestrn(value->data, value->data + value->len,
                            (u_char *) word, ngx_strlen(word) - 1)
           != NULL;
}


static ngx_http_court_status_format_t
ngx_http_court_status_format(ngx_http_request_t *r)
{
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_table_elt_t  *accept;

    if (ngx_http_arg(r, (u_char *) "format", 6, &value) == NGX_OK) {

        for (i = 0; ngx_http_court_status_formats[i].name; i++) {
            if (value.len == ngx_strlen(ngx_http_court_status_formats[i].name)
                && ngx_strncmp(value.data,
                               ngx_http_court_status_formats[i].name,
                               value.len)
                   == 0)
            {
                break;
            }
        }

        return i;
    }

    accept = ngx_http_court_header_find(&r->headers_in.headers, "accept", 6);

    if (accept == NULL) {
        return NGX_HTTP_COURT_STATUS_JSON;
    }

    return ngx_http_court_status_has(&accept->value, "text/html")
           ? NGX_HTTP_COURT_STATUS_HTML
         : ngx_http_court_status_has(&accept->value, "text/plain")
           || ngx_http_court_status_has(&accept->value, "openmetrics")
           ? NGX_HTTP_COURT_STATUS_PROMETHEUS
           : NGX_HTTP_COURT_STATUS_JSON;
}


ngx_int_t
ngx_http_court_status_header(ngx_http_request_t *r, const char *name,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


static ngx_chain_t *
ngx_http_court_status_chain(ngx_http_request_t *r, ngx_court_out_t *out)
{
    ngx_buf_t    *b;
    ngx_str_t    *block;
    ngx_uint_t    i;
    ngx_chain_t  *first, *cl, **last;

    first = NULL;
    last = &first;
    block = out->blocks.elts;

    for (i = 0; i < out->blocks.nelts; i++) {
        b = ngx_calloc_buf(r->pool);
        cl = ngx_alloc_chain_link(r->pool);

        if (b == NULL || cl == NULL) {
            return NULL;
        }

        b->pos = block[i].data;
        b->last = b->pos + block[i].len;
        b->memory = 1;
        b->last_in_chain = (i + 1 == out->blocks.nelts);
        b->last_buf = b->last_in_chain && r == r->main;

        cl->buf = b;
        cl->next = NULL;
        *last = cl;
        last = &cl->next;
    }

    return first;
}


ngx_int_t
ngx_http_court_status_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_court_out_t *out)
{
    ngx_int_t     rc;
    ngx_chain_t  *chain;

    static const ngx_str_t  no_store = ngx_string("no-store");
    static const ngx_str_t  accept = ngx_string("Accept");
    static const ngx_str_t  nosniff = ngx_string("nosniff");

    chain = out->failed ? NULL : ngx_http_court_status_chain(r, out);

    if (chain == NULL
        || ngx_http_court_status_header(r, "Cache-Control", &no_store)
           != NGX_OK
        || ngx_http_court_status_header(r, "Vary", &accept) != NGX_OK
        || ngx_http_court_status_header(r, "X-Content-Type-Options", &nosniff)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = out->len;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, chain);
}


static ngx_int_t
ngx_http_court_status_answer(ngx_http_request_t *r,
    ngx_http_court_status_format_t format, ngx_court_out_t *out)
{
    ngx_str_t  csp;

    if (format == NGX_HTTP_COURT_STATUS_HTML
        && (ngx_court_status_page_csp(r->pool, &csp) != NGX_OK
            || ngx_http_court_status_header(r, "Content-Security-Policy",
                                            &csp)
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_court_status_send(r, NGX_HTTP_OK,
                                  ngx_http_court_status_formats[format].type,
                                  out);
}


static ngx_int_t
ngx_http_court_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_court_loc_conf_t       *lcf;
    ngx_http_court_status_format_t   format;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

    if (!lcf->open && !ngx_http_court_status_local(r)) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "court_status is for peers on this machine alone, and "
                      "not behind a proxy; \"court_status open\" leaves it "
                      "to \"allow\" and \"deny\"");
        return NGX_HTTP_FORBIDDEN;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    format = ngx_http_court_status_format(r);

    if (format == NGX_HTTP_COURT_STATUS_UNKNOWN) {
        return NGX_HTTP_BAD_REQUEST;
    }

    return ngx_http_court_status_render(r, format,
                                        ngx_http_court_status_answer);
}


char *
ngx_http_court_status_place(ngx_conf_t *cf, ngx_http_court_loc_conf_t *lcf,
    ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_court_main_conf_t  *mcf;

    if (lcf->handler) {
        return "is duplicate";
    }

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    mcf->build->sight = 1;
    clcf->handler = handler;
    lcf->handler = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_court_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_loc_conf_t  *lcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "open") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }

        lcf->open = 1;
    }

    return ngx_http_court_status_place(cf, lcf,
                                       ngx_http_court_status_handler);
}
