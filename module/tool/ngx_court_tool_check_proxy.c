/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What goes on from here: to sources of facts, and to court services.
 */

#include "ngx_court_tool_check.h"


/* names of query arguments that are credentials */
static const char  *ngx_court_check_secrets[] = {
    "key", "appkey", "app_key", "apikey", "api_key", "ak", "sk", "secret",
    "appsecret", "app_secret", "client_secret", "token", "access_token",
    "password", "passwd", "pwd", "sign", NULL
};


static ngx_uint_t
ngx_court_check_scheme(const ngx_court_check_dir_t *d, const char *scheme)
{
    return d->nargs > 1
           && strncasecmp(d->args[1], scheme, strlen(scheme)) == 0;
}


/* the host of a URL, which is changed at its end by nothing */

static const char *
ngx_court_check_host(const ngx_court_check_dir_t *d)
{
    const char  *p;

    p = strstr(d->args[1], "://");

    return p ? p + 3 : d->args[1];
}


/* a URL as it may be told: its query may hold what is secret */

static const char *
ngx_court_check_url(ngx_court_check_t *c, const ngx_court_check_dir_t *d)
{
    char    *url;
    size_t   len;

    len = strcspn(d->args[1], "?");
    url = ngx_pnalloc(c->pool, len + 1);

    if (url == NULL) {
        return "";
    }

    memcpy(url, d->args[1], len);
    url[len] = '\0';

    return url;
}


/* upstream NAME { } of that host; NULL: it is an address */

static ngx_court_check_dir_t *
ngx_court_check_group(ngx_court_check_t *c, const char *host)
{
    size_t                  len;
    ngx_court_check_dir_t  *d;

    len = strcspn(host, "/:?");

    for (d = ngx_court_check_child(c->http, "upstream", NULL); d;
         d = ngx_court_check_child(c->http, "upstream", d))
    {
        if (d->nargs > 1 && strlen(d->args[1]) == len
            && strncmp(d->args[1], host, len) == 0)
        {
            return d;
        }
    }

    return NULL;
}


/* an address of it that lies on a network; NULL: none does */

static const char *
ngx_court_check_remote(ngx_court_check_t *c, const ngx_court_check_dir_t *d)
{
    const char             *host;
    ngx_court_check_dir_t  *group, *server;

    host = ngx_court_check_host(d);
    group = ngx_court_check_group(c, host);

    if (group == NULL) {
        return ngx_court_check_local(host) ? NULL : host;
    }

    for (server = ngx_court_check_child(group, "server", NULL); server;
         server = ngx_court_check_child(group, "server", server))
    {
        if (server->nargs > 1 && !ngx_court_check_local(server->args[1])) {
            return server->args[1];
        }
    }

    return NULL;
}


NGX_COURT_CHECK(source_clear)
{
    const char  *remote;

    if (ngx_court_check_in_source(c, d)
        && ngx_court_check_scheme(d, "http://")
        && (remote = ngx_court_check_remote(c, d)) != NULL)
    {
        ngx_court_check_tell(c, d, "facts come from %s in clear", remote);
    }
}


static ngx_uint_t
ngx_court_check_https_source(ngx_court_check_t *c, ngx_court_check_dir_t *d)
{
    return ngx_court_check_in_source(c, d)
           && ngx_court_check_scheme(d, "https://");
}


NGX_COURT_CHECK(source_tls_verify)
{
    if (ngx_court_check_https_source(c, d)
        && !ngx_court_check_says(ngx_court_check_find(d->parent,
                                                      "proxy_ssl_verify"),
                                 "on"))
    {
        ngx_court_check_tell(c, d, "the certificate of the source %s is not "
                             "verified", ngx_court_check_url(c, d));
    }
}


NGX_COURT_CHECK(source_tls_ca)
{
    if (ngx_court_check_https_source(c, d)
        && !ngx_court_check_find(d->parent, "proxy_ssl_trusted_certificate"))
    {
        ngx_court_check_tell(c, d, "no certificate authority is named for the "
                             "source %s", ngx_court_check_url(c, d));
    }
}


/* without proxy_ssl_name the name of an upstream group is asked for */

NGX_COURT_CHECK(source_tls_name)
{
    if (!ngx_court_check_https_source(c, d)) {
        return;
    }

    if (!ngx_court_check_says(ngx_court_check_find(d->parent,
                                                   "proxy_ssl_server_name"),
                              "on"))
    {
        ngx_court_check_tell(c, d, "the source %s is not told which name is "
                             "meant (SNI)", ngx_court_check_url(c, d));

    } else if (ngx_court_check_group(c, ngx_court_check_host(d))
               && !ngx_court_check_find(d->parent, "proxy_ssl_name"))
    {
        ngx_court_check_tell(c, d, "the certificate of the source is compared "
                             "with the name of the upstream group in %s",
                             ngx_court_check_url(c, d));
    }
}


/* the name of a credential in a query; what it is is not shown */

static const char *
ngx_court_check_query(const char *p)
{
    size_t        name, value;
    const char  **secret;

    for ( /* void */ ; *p; p += value + (p[value] ? 1 : 0)) {
        value = strcspn(p, "&");
        name = strcspn(p, "=&");

        /* what is asked about is no secret of ours */

        if (p[name] != '='
            || strncmp(p + name + 1, "$court_source_", 14) == 0)
        {
            continue;
        }

        for (secret = ngx_court_check_secrets; *secret; secret++) {
            if (strlen(*secret) == name
                && strncasecmp(*secret, p, name) == 0)
            {
                return *secret;
            }
        }
    }

    return NULL;
}


NGX_COURT_CHECK(source_secret_url)
{
    const char  *query, *name;

    if (!ngx_court_check_in_source(c, d) || d->nargs < 2) {
        return;
    }

    query = strchr(d->args[1], '?');
    name = query ? ngx_court_check_query(query + 1) : NULL;

    if (name) {
        ngx_court_check_tell(c, d, "the source's URL holds a credential in "
                             "its argument \"%s\": it comes into logs", name);
    }
}


NGX_COURT_CHECK(upstream_clear)
{
    const char  *remote;

    if (ngx_court_check_protected(c, d->parent)
        && !ngx_court_check_scheme(d, "https://")
        && !ngx_court_check_scheme(d, "grpcs://")
        && d->nargs > 1
        && (remote = ngx_court_check_remote(c, d)) != NULL)
    {
        ngx_court_check_tell(c, d, "decided requests go to %s in clear",
                             remote);
    }
}


NGX_COURT_CHECK(upstream_tls_verify)
{
    if (ngx_court_check_protected(c, d->parent)
        && ngx_court_check_scheme(d, "https://")
        && ngx_court_check_remote(c, d)
        && !ngx_court_check_says(ngx_court_check_find(d->parent,
                                                      "proxy_ssl_verify"),
                                 "on"))
    {
        ngx_court_check_tell(c, d, "the certificate of the court service %s "
                             "is not verified", ngx_court_check_url(c, d));
    }
}


/* with a URI nginx forwards the decoded path, changed: another one */

NGX_COURT_CHECK(proxy_uri)
{
    const char  *host;

    if (!ngx_court_check_protected(c, d->parent) || d->nargs < 2
        || strncasecmp(d->args[1], "http", 4) != 0)
    {
        return;
    }

    host = ngx_court_check_host(d);

    if (strncasecmp(host, "unix:", 5) == 0 ? strchr(host + 5, ':') != NULL
                                           : strchr(host, '/') != NULL)
    {
        ngx_court_check_tell(c, d, "proxy_pass has a path: what is forwarded "
                             "is not the path that was decided");
    }
}


/* proxy_cache: proxy_cache_key */

NGX_COURT_CHECK(cache_key)
{
    char                    name[64];
    ngx_uint_t              i;
    ngx_court_check_dir_t  *key;

    if (!ngx_court_check_protected(c, d->parent)
        || ngx_court_check_says(d, "off"))
    {
        return;
    }

    snprintf(name, sizeof(name), "%s_key", d->args[0]);
    key = ngx_court_check_find(d->parent, name);

    for (i = 1; key && i < key->nargs; i++) {
        if (strstr(key->args[i], "$court_cache_key")
            || strstr(key->args[i], "${court_cache_key}"))
        {
            return;
        }
    }

    ngx_court_check_tell(c, key ? key : d, "answers to one person are served "
                         "to others from the cache: %s lacks "
                         "$court_cache_key", name);
}


NGX_COURT_CHECK(stream_acts)
{
    if (ngx_court_check_says(d, "off")
        && ngx_court_check_protected(c, d->parent))
    {
        ngx_court_check_tell(c, d, "bodies are streamed: what was allowed is "
                             "forwarded before it has all arrived, and a "
                             "revocation meanwhile comes too late");
    }
}


/* a header that is set here goes instead of the decided one */

NGX_COURT_CHECK(identity_header)
{
    if (d->nargs > 1 && strncasecmp(d->args[1], "court-", 6) == 0
        && ngx_court_check_protected(c, d->parent))
    {
        ngx_court_check_tell(c, d, "%s is set by hand and takes the place of "
                             "what was decided", d->args[1]);
    }
}
