/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Servers and locations: what is decided there, and who can come.
 */

#include "ngx_court_tool_check.h"


#define NGX_COURT_CHECK_BODY  (1024LL * 1024 * 1024)      /* 1g */


NGX_COURT_CHECK(court_mode)
{
    if (ngx_court_check_says(d, "off")
        && !ngx_court_check_in_source(c, d)
        && ngx_court_check_child(c->http, "court_policy", NULL))
    {
        ngx_court_check_tell(c, d, "nothing is decided in this %s",
                             d->parent->nargs ? d->parent->args[0] : "file");
    }
}


NGX_COURT_CHECK(court_report)
{
    if (ngx_court_check_says(d, "report")) {
        ngx_court_check_tell(c, d, "what the policy refuses is let through "
                             "and only told");
    }
}


NGX_COURT_CHECK(satisfy_any)
{
    if (ngx_court_check_says(d, "any")
        && ngx_court_check_protected(c, d->parent))
    {
        ngx_court_check_tell(c, d, "an allowed address needs no token");
    }
}


/* return answers in the rewrite phase, before anything is decided */

NGX_COURT_CHECK(return_undecided)
{
    if (d->nargs > 1 && d->args[1][0] == '2' && strlen(d->args[1]) == 3
        && ngx_court_check_protected(c, d->parent))
    {
        ngx_court_check_tell(c, d, "return %s answers before anything is "
                             "decided", d->args[1]);
    }
}


NGX_COURT_CHECK(court_code)
{
    ngx_court_check_dir_t  *server;

    if (!ngx_court_check_protected(c, d->parent)
        || ngx_court_check_find(d->parent, "court_code"))
    {
        return;
    }

    server = ngx_court_check_server(d);

    ngx_court_check_tell(c, server ? server : d, "no court_code: which "
                         "court is this?");
}


static ngx_uint_t
ngx_court_check_has(const ngx_court_check_dir_t *d, const char *word)
{
    ngx_uint_t  i;

    for (i = 2; i < d->nargs; i++) {
        if (strcmp(d->args[i], word) == 0) {
            return 1;
        }
    }

    return 0;
}


/* a listen that others than this machine reach; NULL: none */

static ngx_court_check_dir_t *
ngx_court_check_open_listen(ngx_court_check_dir_t *server, ngx_uint_t clear)
{
    ngx_court_check_dir_t  *listen;

    listen = ngx_court_check_child(server, "listen", NULL);

    if (listen == NULL) {
        return server;                            /* *:80 */
    }

    for ( /* void */ ; listen;
         listen = ngx_court_check_child(server, "listen", listen))
    {
        if (listen->nargs > 1 && !ngx_court_check_local(listen->args[1])
            && !(clear && (ngx_court_check_has(listen, "ssl")
                           || ngx_court_check_has(listen, "quic"))))
        {
            return listen;
        }
    }

    return NULL;
}


/* a block in which something answers, there or further in */

static ngx_uint_t
ngx_court_check_serves(ngx_court_check_t *c, ngx_court_check_dir_t *block)
{
    size_t                  len;
    ngx_court_check_dir_t  *d;

    for (d = block->child; d; d = d->next) {

        if (d->child && ngx_court_check_serves(c, d)) {
            return 1;
        }

        len = strlen(d->args[0]);                 /* proxy_pass, grpc_pass */

        if (len > 5 && strcmp(d->args[0] + len - 5, "_pass") == 0
            && ngx_court_check_protected(c, block))
        {
            return 1;
        }
    }

    return 0;
}


NGX_COURT_CHECK(tls_missing)
{
    ngx_court_check_dir_t  *listen;

    if (ngx_court_check_server(d) != d || !ngx_court_check_serves(c, d)) {
        return;
    }

    listen = ngx_court_check_open_listen(d, 1);

    if (listen) {
        ngx_court_check_tell(c, listen, "tokens come in clear over the "
                             "network");
    }
}


/* allow or deny of everybody: 1, 0; 2: of some; -1: something else */

static int
ngx_court_check_access(const ngx_court_check_dir_t *d)
{
    ngx_uint_t  deny, all;

    deny = ngx_court_check_is(d, "deny");

    if (!deny && !ngx_court_check_is(d, "allow")) {
        return -1;
    }

    all = ngx_court_check_says(d, "all")
          || ngx_court_check_says(d, "0.0.0.0/0")
          || ngx_court_check_says(d, "::/0");

    return all ? !deny : 2;
}


/* the innermost block with rules counts, and of these the first that fits */

static ngx_uint_t
ngx_court_check_everybody(const ngx_court_check_dir_t *block)
{
    int                     access;
    ngx_uint_t              rules;
    ngx_court_check_dir_t  *d;

    rules = 0;

    for ( /* void */ ; block && !rules; block = block->parent) {
        for (d = block->child; d; d = d->next) {
            access = ngx_court_check_access(d);

            if (access == 0 || access == 1) {
                return access;
            }

            rules |= access == 2;
        }
    }

    return 1;                                     /* who is not named, too */
}


/* court_status without "open" is for this machine alone */

NGX_COURT_CHECK(status_open)
{
    ngx_court_check_dir_t  *server;

    if (ngx_court_check_is(d, "court_status")
        && !ngx_court_check_says(d, "open"))
    {
        return;
    }

    server = ngx_court_check_server(d);

    if (server && ngx_court_check_open_listen(server, 0)
        && ngx_court_check_everybody(d->parent))
    {
        ngx_court_check_tell(c, d, "everybody may read %s", d->args[0]);
    }
}


NGX_COURT_CHECK(control_listen)
{
    ngx_court_check_dir_t  *server, *listen;

    server = ngx_court_check_server(d);
    if (server == NULL) {
        return;
    }

    listen = ngx_court_check_child(server, "listen", NULL);

    if (listen == NULL) {
        ngx_court_check_tell(c, d, "court_control is reached by TCP");
    }

    for ( /* void */ ; listen;
         listen = ngx_court_check_child(server, "listen", listen))
    {
        if (listen->nargs > 1
            && strncasecmp(listen->args[1], "unix:", 5) != 0)
        {
            ngx_court_check_tell(c, listen, "court_control is reached by "
                                 "TCP");
        }
    }
}


NGX_COURT_CHECK(body_size)
{
    char       *unit;
    long long   size;

    if (d->nargs < 2 || ngx_court_check_in_source(c, d)) {
        return;
    }

    size = strtoll(d->args[1], &unit, 10);
    size *= *unit == 'k' || *unit == 'K' ? 1024
            : *unit == 'm' || *unit == 'M' ? 1024 * 1024
            : *unit == 'g' || *unit == 'G' ? 1024 * 1024 * 1024 : 1;

    if (size == 0 || size > NGX_COURT_CHECK_BODY) {
        ngx_court_check_tell(c, d, "a body of %s", size ? d->args[1]
                                                        : "any size is taken");
    }
}
