/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Questions that checks ask of the tree.
 */

#include "ngx_court_tool_check.h"


/* answer themselves, and are off by themselves */
static const char  *ngx_court_check_handlers[] = {
    "court_status", "court_health", "court_control", "court_assertion_jwks",
    "court_notify", "court_logout", NULL
};


ngx_uint_t
ngx_court_check_is(const ngx_court_check_dir_t *d, const char *name)
{
    return d->nargs && strcmp(d->args[0], name) == 0;
}


/* thousands of courts stand in one block: what is not there is found at once */

uint64_t
ngx_court_check_bit(const char *name)
{
    ngx_uint_t  h;

    for (h = 0; *name; name++) {
        h = h * 31 + (u_char) *name;
    }

    return (uint64_t) 1 << (h % 64);
}


ngx_court_check_dir_t *
ngx_court_check_child(const ngx_court_check_dir_t *block, const char *name,
    const ngx_court_check_dir_t *after)
{
    ngx_court_check_dir_t  *d;

    if (!(block->names & ngx_court_check_bit(name))) {
        return NULL;
    }

    for (d = after ? after->next : block->child; d; d = d->next) {
        if (ngx_court_check_is(d, name)) {
            return d;
        }
    }

    return NULL;
}


ngx_court_check_dir_t *
ngx_court_check_find(const ngx_court_check_dir_t *block, const char *name)
{
    ngx_court_check_dir_t  *d;

    for ( /* void */ ; block; block = block->parent) {
        d = ngx_court_check_child(block, name, NULL);

        if (d) {
            return d;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_court_check_says(const ngx_court_check_dir_t *d, const char *word)
{
    return d && d->nargs > 1 && strcasecmp(d->args[1], word) == 0;
}


const char *
ngx_court_check_option(const ngx_court_check_dir_t *d, const char *name)
{
    size_t      len;
    ngx_uint_t  i;

    len = strlen(name);

    for (i = 1; d && i < d->nargs; i++) {
        if (strncmp(d->args[i], name, len) == 0 && d->args[i][len] == '=') {
            return d->args[i] + len + 1;
        }
    }

    return NULL;
}


ngx_court_check_dir_t *
ngx_court_check_server(ngx_court_check_dir_t *d)
{
    for ( /* void */ ; d; d = d->parent) {
        if (ngx_court_check_is(d, "server") && d->parent
            && ngx_court_check_is(d->parent, "http"))
        {
            return d;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_court_check_in_source(ngx_court_check_t *c, ngx_court_check_dir_t *d)
{
    return c->source && ngx_court_check_server(d) == c->source;
}


ngx_uint_t
ngx_court_check_protected(ngx_court_check_t *c, ngx_court_check_dir_t *block)
{
    const char            **handler;
    ngx_court_check_dir_t  *mode;

    if (c->http == NULL || ngx_court_check_in_source(c, block)) {
        return 0;
    }

    for (handler = ngx_court_check_handlers; *handler; handler++) {
        if (ngx_court_check_child(block, *handler, NULL)) {
            return 0;
        }
    }

    mode = ngx_court_check_find(block, "court");

    return mode ? !ngx_court_check_says(mode, "off")
                : ngx_court_check_child(c->http, "court_policy", NULL) != NULL;
}


ngx_uint_t
ngx_court_check_local(const char *address)
{
    ngx_uint_t    i;
    const char   *rest;

    static const char  *locals[] = { "127.", "localhost", "[::1]", "::1" };

    if (strncasecmp(address, "unix:", 5) == 0) {
        return 1;
    }

    for (i = 0; i < sizeof(locals) / sizeof(locals[0]); i++) {

        if (strncasecmp(address, locals[i], strlen(locals[i])) != 0) {
            continue;
        }

        /* 127.0.0.1.example is a name like any other */

        rest = address + strlen(locals[i]);
        rest += i == 0 ? strspn(rest, "0123456789.") : 0;

        if (*rest == '\0' || strchr(":/?", *rest)) {
            return 1;
        }
    }

    return 0;
}
