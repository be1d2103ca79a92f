/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who speaks for the client.  Where court_trusted_front stands, the headers
 * that tell where a request comes from are taken out as soon as it is read,
 * before realip, maps and logs can see them; a front that is trusted keeps
 * X-Forwarded-For, -Proto, -Host and Forwarded, and of a chain only what was
 * written by hops that are trusted.  What it says in two ways it must say
 * alike.  The peer that counts is the connection's: realip, whose handler
 * comes behind the scrub, has not changed it yet.
 */

#include "ngx_http_court_conf.h"
#include "ngx_http_court_headers.h"
#include "ngx_court_forwarded.h"
#include "ngx_court_origin.h"


/* a front's headers of that name, joined as RFC 9110, section 5.3, has it */
typedef struct {
    ngx_str_t                  value;
    ngx_uint_t                 n;
} ngx_http_court_front_header_t;

typedef struct {
    ngx_http_court_session_t       *session;
    ngx_array_t                    *trusted;
    ngx_http_court_front_header_t   said[NGX_HTTP_COURT_NSAID];
    ngx_court_forwarded_t           chain[2];    /* X-Forwarded-For, then
                                                  * Forwarded */
    const char                     *wrong;       /* for the log, the last */
} ngx_http_court_front_t;


/* without nginx's context behind it, which has the client's request line */

static void
ngx_http_court_front_warn(ngx_http_request_t *r, const char *what)
{
    ngx_log_t  log;

    log = *r->connection->log;
    log.handler = NULL;

    ngx_log_error(NGX_LOG_WARN, &log, 0,
                  "court: front: %V: %s, it is not believed",
                  &r->connection->addr_text, what);
}


static ngx_uint_t
ngx_http_court_front_trusts(void *data, struct sockaddr *sa)
{
    ngx_array_t  *trusted = data;

    return ngx_cidr_match(sa, trusted) == NGX_OK;
}


/* more than one of a name: a chain goes on, of the others none is known */

static ngx_int_t
ngx_http_court_front_join(ngx_pool_t *pool, ngx_str_t *dst,
    const ngx_str_t *more)
{
    u_char  *p, *start;

    if (dst->len + more->len > NGX_COURT_FORWARDED_LEN) {
        dst->len = NGX_COURT_FORWARDED_LEN + 1;      /* is refused */
        return NGX_OK;
    }

    start = ngx_pnalloc(pool, dst->len + more->len + 2);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(start, dst->data, dst->len);
    p = ngx_cpymem(p, ", ", 2);
    p = ngx_cpymem(p, more->data, more->len);

    dst->data = start;
    dst->len = p - start;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_front_collect(ngx_http_request_t *r, ngx_http_court_front_t *f)
{
    ngx_uint_t                      i;
    ngx_list_part_t                *part;
    ngx_table_elt_t                *h;
    ngx_http_court_said_t           which;
    ngx_http_court_front_header_t  *said;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            which = ngx_http_court_drop_said(&h[i].key);

            if (which == NGX_HTTP_COURT_NSAID) {
                continue;
            }

            said = &f->said[which];

            if (said->n++ == 0) {
                said->value = h[i].value;
                continue;
            }

            if (ngx_http_court_front_join(r->pool, &said->value, &h[i].value)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* both chains, if there are both, lead to one client, or to nobody */

static void
ngx_http_court_front_client(ngx_http_court_front_t *f, ngx_str_t **client)
{
    ngx_uint_t   i, n;
    ngx_str_t   *text[2];

    static const char  *wrong[] = {
        "X-Forwarded-For leads to no address",
        "Forwarded leads to no address"
    };

    n = 0;
    *client = NULL;

    for (i = 0; i < 2; i++) {
        text[i] = NULL;

        if (f->said[i ? NGX_HTTP_COURT_SAID_FORWARDED
                      : NGX_HTTP_COURT_SAID_FOR].n == 0)
        {
            continue;
        }

        n++;

        if ((i ? ngx_court_forwarded : ngx_court_forwarded_for)
                (&f->said[i ? NGX_HTTP_COURT_SAID_FORWARDED
                            : NGX_HTTP_COURT_SAID_FOR].value,
                 ngx_http_court_front_trusts, f->trusted, &f->chain[i])
            != NGX_OK)
        {
            f->wrong = wrong[i];
            continue;
        }

        text[i] = &f->chain[i].client;
    }

    if (n == 2
        && !(text[0] && text[1] && ngx_court_str_eq(text[0], text[1])))
    {
        f->wrong = "X-Forwarded-For and Forwarded differ";
        return;
    }

    *client = text[0] ? text[0] : text[1];
}


/* "https" or "http", once, and in both ways alike */

static void
ngx_http_court_front_proto(ngx_http_court_front_t *f, ngx_str_t *proto)
{
    ngx_uint_t                      i, n;
    ngx_court_origin_t              o[2];
    ngx_http_court_front_header_t  *said;

    static const ngx_str_t  names[] = {
        ngx_string("http"), ngx_string("https")
    };

    n = 0;
    said = &f->said[NGX_HTTP_COURT_SAID_PROTO];

    if ((said->n
         && ngx_court_origin_scheme(&said->value, &o[n++]) != NGX_OK)
        || (f->chain[1].proto.len
            && ngx_court_origin_scheme(&f->chain[1].proto, &o[n++])
               != NGX_OK))
    {
        f->wrong = "the scheme is neither http nor https";
        return;
    }

    for (i = 1; i < n; i++) {
        if (o[0].https != o[i].https) {
            f->wrong = "X-Forwarded-Proto and Forwarded differ";
            return;
        }
    }

    if (n) {
        *proto = names[o[0].https];
    }
}


static void
ngx_http_court_front_host(ngx_http_court_front_t *f, ngx_str_t *host)
{
    ngx_court_origin_t              o;
    ngx_http_court_front_header_t  *said;

    said = &f->said[NGX_HTTP_COURT_SAID_HOST];

    if ((said->n && ngx_court_origin_authority(&said->value, &o) != NGX_OK)
        || (f->chain[1].host.len
            && ngx_court_origin_authority(&f->chain[1].host, &o) != NGX_OK))
    {
        f->wrong = "the host is malformed";
        return;
    }

    if (said->n && f->chain[1].host.len
        && (said->value.len != f->chain[1].host.len
            || ngx_strncasecmp(said->value.data, f->chain[1].host.data,
                               said->value.len)
               != 0))
    {
        f->wrong = "X-Forwarded-Host and Forwarded differ";
        return;
    }

    *host = said->n ? said->value : f->chain[1].host;
}


void
ngx_http_court_front_forget(ngx_http_request_t *r)
{
#if (NGX_HTTP_X_FORWARDED_FOR && nginx_version >= 1023000)
    r->headers_in.x_forwarded_for = NULL;
#elif (NGX_HTTP_X_FORWARDED_FOR)
    r->headers_in.x_forwarded_for.nelts = 0;
#endif
#if (NGX_HTTP_REALIP)
    r->headers_in.x_real_ip = NULL;
#endif
}


/* nginx's own pointer: $proxy_add_x_forwarded_for and realip go by it */

static void
ngx_http_court_front_point(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = r->headers_in.headers.part.elts;
    h += r->headers_in.headers.part.nelts - 1;

#if (NGX_HTTP_X_FORWARDED_FOR && nginx_version >= 1023000)
    r->headers_in.x_forwarded_for = h;
#elif (NGX_HTTP_X_FORWARDED_FOR)
    if (r->headers_in.x_forwarded_for.nalloc) {
        ((ngx_table_elt_t **) r->headers_in.x_forwarded_for.elts)[0] = h;
        r->headers_in.x_forwarded_for.nelts = 1;
    }
#endif
}


/* what is believed is put back, so that all who read it read the same */

static ngx_int_t
ngx_http_court_front_rewrite(ngx_http_request_t *r, ngx_http_court_front_t *f,
    const ngx_str_t *client)
{
    ngx_http_court_session_t  *s;

    s = f->session;

    ngx_http_court_front_forget(r);

    if (ngx_http_court_headers_copy(s, &r->headers_in.headers,
                                    ngx_http_court_drop_believed,
                                    NGX_HTTP_COURT_NSAID)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (client && f->chain[0].chain.len) {
        if (ngx_http_court_headers_say(r, NGX_HTTP_COURT_SAID_FOR,
                                       &f->chain[0].chain)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_court_front_point(r);
    }

    if (client
        && ngx_http_court_headers_say(r, NGX_HTTP_COURT_SAID_FORWARDED,
                                      &f->chain[1].chain)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (f->said[NGX_HTTP_COURT_SAID_PROTO].n
        && ngx_http_court_headers_say(r, NGX_HTTP_COURT_SAID_PROTO, &s->proto)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return f->said[NGX_HTTP_COURT_SAID_HOST].n
           ? ngx_http_court_headers_say(r, NGX_HTTP_COURT_SAID_HOST, &s->host)
           : NGX_OK;
}


static ngx_int_t
ngx_http_court_front_read(ngx_http_request_t *r, ngx_http_court_front_t *f)
{
    ngx_str_t                 *client;
    ngx_http_court_session_t  *s;

    s = f->session;

    if (ngx_http_court_front_collect(r, f) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_court_front_client(f, &client);

    /* what is about a hop that is not believed is not believed either */

    if (client == NULL) {
        ngx_memzero(&f->chain[1], sizeof(ngx_court_forwarded_t));
    }

    ngx_http_court_front_proto(f, &s->proto);
    ngx_http_court_front_host(f, &s->host);

    if (f->wrong) {
        ngx_http_court_front_warn(r, f->wrong);
        ngx_str_null(&f->chain[1].chain);    /* it has all of them in it */
    }

    /* now, before somebody changes the connection's */

    s->ip = client ? *client : r->connection->addr_text;
    s->ip.data = ngx_pstrdup(r->pool, &s->ip);

    return s->ip.data ? ngx_http_court_front_rewrite(r, f, client) : NGX_ERROR;
}


ngx_int_t
ngx_http_court_front(ngx_http_request_t *r, ngx_http_court_session_t *s)
{
    ngx_http_court_front_t      f;
    ngx_http_court_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    if (scf->fronts == NULL || scf->is_source) {
        return NGX_OK;
    }

    s->front = ngx_http_court_front_trusts(scf->fronts,
                                           r->connection->sockaddr);

    s->proxied = ngx_http_court_headers_any(s, &r->headers_in.headers,
                                            ngx_http_court_drop_believed);

    if (s->front) {
        ngx_memzero(&f, sizeof(ngx_http_court_front_t));

        f.session = s;
        f.trusted = scf->fronts;

        return ngx_http_court_front_read(r, &f);
    }

    if (!s->proxied) {
        return NGX_OK;
    }

    ngx_http_court_front_forget(r);

    return ngx_http_court_headers_copy(s, &r->headers_in.headers,
                                       ngx_http_court_drop_believed, 0);
}


const ngx_str_t *
ngx_http_court_front_ip(ngx_http_court_session_t *s)
{
    return s->ip.len ? &s->ip : &s->request->connection->addr_text;
}


static char *
ngx_http_court_front_cidr(ngx_conf_t *cf, ngx_str_t *value, ngx_cidr_t *cidr)
{
    ngx_int_t  rc;
    ngx_str_t  text;

    ngx_memzero(cidr, sizeof(ngx_cidr_t));

    if (value->len == 5 && ngx_strcmp(value->data, "unix:") == 0) {
        cidr->family = AF_UNIX;
        return NGX_CONF_OK;
    }

    text = *value;                       /* ngx_ptocidr() writes into it */
    text.data = ngx_pnalloc(cf->temp_pool, text.len + 1);
    if (text.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_cpystrn(text.data, value->data, text.len + 1);

    rc = ngx_ptocidr(&text, cidr);

    if (rc == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid address \"%V\" in "
                           "\"court_trusted_front\" directive, it must be an "
                           "address, a CIDR block or unix:", value);
        return NGX_CONF_ERROR;
    }

    /* a mask is contiguous: no first bit, no bit */

    if (cidr->family == AF_INET ? cidr->u.in.mask == 0
                                : cidr->u.in6.mask.s6_addr[0] == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" in "
                           "\"court_trusted_front\" directive is everybody",
                           value);
        return NGX_CONF_ERROR;
    }

    if (rc == NGX_DONE) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "low address bits of \"%V\" "
                           "are meaningless", value);
    }

    return NGX_CONF_OK;
}


/* an array without elements: nobody is believed, whoever else reads it */

char *
ngx_http_court_trusted_front(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_srv_conf_t  *scf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;
    ngx_cidr_t  *cidr;

    if (scf->fronts != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    scf->fronts = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                   sizeof(ngx_cidr_t));
    if (scf->fronts == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "none") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        cidr = ngx_array_push(scf->fronts);

        if (cidr == NULL
            || ngx_http_court_front_cidr(cf, &value[i], cidr) != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
