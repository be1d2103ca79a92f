/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * nginx's configuration, as "nginx -T" prints it, without what it may hold
 * of secrets: literal values of headers, bodies and variables, user and
 * password and arguments of URLs, code, comments.
 */

#include "ngx_court_tool_scrub.h"


#define NGX_COURT_SCRUB_ARGS    64           /* looked at; more are hidden */
#define NGX_COURT_SCRUB_BLOCKS  32
#define NGX_COURT_SCRUB_KEPT    4            /* bytes of a harmless literal */


/* what stands in a block, by its depth */
#define NGX_COURT_SCRUB_ALL     1            /* all of it may be secret: a map
                                              * of what a client sent, code */
#define NGX_COURT_SCRUB_VALUES  2            /* but not the keys */


typedef struct {
    u_char                    *p;
    u_char                    *end;
} ngx_court_scrub_arg_t;

typedef struct {
    ngx_uint_t                 n;
    ngx_court_scrub_arg_t      args[NGX_COURT_SCRUB_ARGS];
    ngx_uint_t                 depth;
    u_char                     secret[NGX_COURT_SCRUB_BLOCKS];
} ngx_court_scrub_conf_t;


/* headers that are told: their values say how, not who */

static const char  *ngx_court_scrub_headers[] = {
    "accept-encoding", "cache-control", "connection", "content-length",
    "content-security-policy", "content-type", "host", "referrer-policy",
    "strict-transport-security", "upgrade", "x-content-type-options",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-proto", "x-frame-options", "x-real-ip", "x-request-id", NULL
};

/* parts of names of directives and variables that may hold a secret */

static const char  *ngx_court_scrub_names[] = {
    "secret", "secure_link", "passw", "token", "auth", "key", "credential",
    "by_lua", "perl", "js_", "cookie", NULL
};


static u_char *ngx_court_scrub_token(u_char *p, u_char *end,
    ngx_court_scrub_conf_t *c);
static void ngx_court_scrub_directive(ngx_court_scrub_conf_t *c, u_char last);


void
ngx_court_scrub_conf(u_char *p, u_char *end)
{
    u_char                 *eol;
    ngx_court_scrub_conf_t  c;

    static const char  file[] = "# configuration file ";

    memset(&c, 0, sizeof(c));

    while (p < end) {

        if (*p == '#') {
            eol = memchr(p, '\n', end - p);
            eol = eol ? eol : end;

            if ((size_t) (end - p) < sizeof(file)
                || memcmp(p, file, sizeof(file) - 1) != 0)
            {
                ngx_court_scrub_drop(p, eol - p);
            }

            p = eol;

        } else if (*p == ';' || *p == '{' || *p == '}') {
            ngx_court_scrub_directive(&c, *p++);

        } else if (*p <= ' ') {
            p++;

        } else {
            p = ngx_court_scrub_token(p, end, &c);
        }
    }
}


/* a word, or what stands in quotes, without them; "${" is no block */

static u_char *
ngx_court_scrub_token(u_char *p, u_char *end, ngx_court_scrub_conf_t *c)
{
    u_char   quote, *from;

    quote = (*p == '"' || *p == '\'') ? *p++ : 0;
    from = p;

    for ( /* void */ ; p < end; p++) {
        if (*p == '\\' && p + 1 < end) {
            p++;
            continue;
        }

        if (quote ? *p == quote
                  : *p <= ' ' || *p == ';'
                    || (*p == '{' && (p == from || p[-1] != '$')))
        {
            break;
        }
    }

    if (c->n < NGX_COURT_SCRUB_ARGS) {
        c->args[c->n].p = from;
        c->args[c->n++].end = p;

    } else {
        ngx_court_scrub_hide(from, p - from);
    }

    return p < end && quote ? p + 1 : p;
}


static ngx_uint_t
ngx_court_scrub_has(const ngx_court_scrub_arg_t *arg, const char **names)
{
    size_t         n;
    const u_char  *p;

    for ( /* void */ ; *names; names++) {
        n = strlen(*names);

        for (p = arg->p; p + n <= arg->end; p++) {
            if (ngx_strncasecmp((u_char *) p, (u_char *) *names, n) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_court_scrub_begins(const ngx_court_scrub_arg_t *arg, const char *with)
{
    size_t  n;

    n = strlen(with);

    return (size_t) (arg->end - arg->p) >= n && memcmp(arg->p, with, n) == 0;
}


static ngx_uint_t
ngx_court_scrub_ends(const ngx_court_scrub_arg_t *arg, const char *with)
{
    size_t  n;

    n = strlen(with);

    return (size_t) (arg->end - arg->p) >= n
           && memcmp(arg->end - n, with, n) == 0;
}


static ngx_uint_t
ngx_court_scrub_is(const ngx_court_scrub_arg_t *arg, const char *name)
{
    return (size_t) (arg->end - arg->p) == strlen(name)
           && ngx_court_scrub_begins(arg, name);
}


/* a variable alone, a number, a word of map's, or next to nothing */

static ngx_uint_t
ngx_court_scrub_harmless(const ngx_court_scrub_arg_t *arg)
{
    const u_char  *p;

    if (arg->end - arg->p < NGX_COURT_SCRUB_KEPT
        || ngx_court_scrub_is(arg, "default")
        || ngx_court_scrub_is(arg, "hostnames"))
    {
        return 1;
    }

    p = arg->p + (*arg->p == '$');

    for ( /* void */ ; p < arg->end; p++) {
        if (*arg->p == '$' ? (*p < '0' || *p > '9') && *p != '_'
                             && (*p < 'a' || *p > 'z') && *p != '{'
                             && *p != '}'
                           : *p < '0' || *p > '9')
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_court_scrub_values(ngx_court_scrub_conf_t *c, ngx_uint_t from)
{
    ngx_uint_t              i;
    ngx_court_scrub_arg_t  *arg;

    for (i = from; i < c->n; i++) {
        arg = &c->args[i];

        if (!ngx_court_scrub_harmless(arg)) {
            ngx_court_scrub_hide(arg->p, arg->end - arg->p);
        }
    }
}


/* user:password@ of a URL, and its arguments but variables */

static void
ngx_court_scrub_url(ngx_court_scrub_arg_t *arg)
{
    u_char  *p, *at, *host, *value;

    host = memmem(arg->p, arg->end - arg->p, "://", 3);

    if (host) {
        host += 3;
        at = memchr(host, '@', arg->end - host);

        if (at) {
            ngx_court_scrub_hide(host, at - host);
        }
    }

    p = memchr(arg->p, '?', arg->end - arg->p);

    if (p == NULL || (host == NULL && *arg->p != '/' && *arg->p != '$')) {
        return;
    }

    while ((value = memchr(p, '=', arg->end - p)) != NULL) {
        value++;
        p = memchr(value, '&', arg->end - value);
        p = p ? p : arg->end;

        if (p > value && *value != '$') {
            ngx_court_scrub_hide(value, p - value);
        }
    }
}


/* what a client sends, as a variable: a map of it may be one of its secrets */

static ngx_uint_t
ngx_court_scrub_sent(const ngx_court_scrub_arg_t *arg)
{
    ngx_uint_t              i;
    ngx_court_scrub_arg_t   name;

    static const char  *sent[] = { "$http_", "$arg_", "$cookie_", "$args",
                                   "$query_string", "$request_uri",
                                   "$remote_user", NULL };
    static const char  *harmless[] = { "$http_host", "$http_upgrade",
                                       "$http_accept", "$http_connection",
                                       NULL };

    name = *arg;
    name.p += name.p < name.end && *name.p == '(';

    for (i = 0; harmless[i]; i++) {
        if (ngx_court_scrub_begins(&name, harmless[i])) {
            return 0;
        }
    }

    for (i = 0; sent[i]; i++) {
        if (ngx_court_scrub_begins(&name, sent[i])) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_court_scrub_header(const ngx_court_scrub_arg_t *arg)
{
    const char  **name;

    for (name = ngx_court_scrub_headers; *name; name++) {
        if ((size_t) (arg->end - arg->p) == strlen(*name)
            && ngx_strncasecmp(arg->p, (u_char *) *name, strlen(*name)) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* all but files: a secret's own file is only named here */

static void
ngx_court_scrub_named(ngx_court_scrub_conf_t *c)
{
    ngx_uint_t              i;
    ngx_court_scrub_arg_t  *name;

    name = &c->args[0];

    if (ngx_court_scrub_begins(name, "court")
        || ngx_court_scrub_ends(name, "_file")
        || ngx_court_scrub_ends(name, "_key")
        || !ngx_court_scrub_has(name, ngx_court_scrub_names))
    {
        return;
    }

    for (i = 1; i < c->n; i++) {
        if (*c->args[i].p != '/' && !ngx_court_scrub_harmless(&c->args[i])) {
            ngx_court_scrub_hide(c->args[i].p,
                                 c->args[i].end - c->args[i].p);
        }
    }
}


/* a text may be anything; where it leads to is looked at as a URL */

static void
ngx_court_scrub_return(ngx_court_scrub_conf_t *c)
{
    if (c->n > 2 && *c->args[1].p != '3') {
        ngx_court_scrub_values(c, 2);
    }
}


/* a line of map, geo or split_clients: how it chooses is told, not what */

static void
ngx_court_scrub_line(ngx_court_scrub_conf_t *c)
{
    ngx_uint_t  i;

    static const char  *others[] = { "include", "proxy", "delete", NULL };

    for (i = 0; others[i]; i++) {
        if (ngx_court_scrub_is(&c->args[0], others[i])) {
            return;
        }
    }

    ngx_court_scrub_values(c, 1);
}


static void
ngx_court_scrub_words_of(ngx_court_scrub_conf_t *c)
{
    ngx_court_scrub_arg_t  *name;

    name = &c->args[0];

    if (ngx_court_scrub_ends(name, "_header")
        || ngx_court_scrub_ends(name, "_headers")
        || ngx_court_scrub_ends(name, "_param"))
    {
        if (c->n > 1 && !ngx_court_scrub_header(&c->args[1])) {
            ngx_court_scrub_values(c, 2);
        }

    } else if (ngx_court_scrub_is(name, "set")) {
        ngx_court_scrub_values(c, 2);

    } else if (ngx_court_scrub_ends(name, "_set_body")
               || ngx_court_scrub_is(name, "sub_filter"))
    {
        ngx_court_scrub_values(c, 1);

    } else if (ngx_court_scrub_is(name, "return")) {
        ngx_court_scrub_return(c);

    } else if (ngx_court_scrub_is(name, "if")) {
        if (c->n > 1 && ngx_court_scrub_sent(&c->args[1])) {
            ngx_court_scrub_values(c, 2);
        }

    } else {
        ngx_court_scrub_named(c);
    }
}


/* a block of which each line is a key and a value; or code */

static ngx_uint_t
ngx_court_scrub_block(ngx_court_scrub_conf_t *c)
{
    ngx_court_scrub_arg_t  *name;

    name = &c->args[0];

    if (c->n > 1
        && (ngx_court_scrub_is(name, "map") || ngx_court_scrub_is(name, "geo")
            || ngx_court_scrub_is(name, "split_clients")))
    {
        return (ngx_court_scrub_sent(&c->args[1])
                && ngx_court_scrub_is(name, "map"))
               || ngx_court_scrub_has(&c->args[c->n - 1],
                                      ngx_court_scrub_names)
               ? NGX_COURT_SCRUB_ALL : NGX_COURT_SCRUB_VALUES;
    }

    return (ngx_court_scrub_has(name, ngx_court_scrub_names)
            && !ngx_court_scrub_begins(name, "court"))
           ? NGX_COURT_SCRUB_ALL : 0;
}


static void
ngx_court_scrub_directive(ngx_court_scrub_conf_t *c, u_char last)
{
    ngx_uint_t  i, secret;

    secret = c->secret[ngx_min(c->depth, NGX_COURT_SCRUB_BLOCKS - 1)];

    if (c->n) {
        if (secret == NGX_COURT_SCRUB_ALL) {
            ngx_court_scrub_values(c, 0);

        } else if (secret == NGX_COURT_SCRUB_VALUES) {
            ngx_court_scrub_line(c);

        } else {
            ngx_court_scrub_words_of(c);
        }

        for (i = 1; i < c->n; i++) {
            ngx_court_scrub_url(&c->args[i]);
        }
    }

    if (last == '{') {
        if (secret == 0 && c->n) {
            secret = ngx_court_scrub_block(c);
        }

        c->depth++;
        c->secret[ngx_min(c->depth, NGX_COURT_SCRUB_BLOCKS - 1)] = secret;

    } else if (last == '}' && c->depth) {
        c->depth--;
    }

    c->n = 0;
}
