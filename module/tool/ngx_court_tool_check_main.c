/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What concerns the whole: logs, limits, TLS, Redis, decision records.
 */

#include "ngx_court_tool_check.h"
#include "ngx_court_json.h"

#include <dirent.h>
#include <fnmatch.h>


/* as in http/ngx_http_court_check.c; a '*' at the end: any */
static const char  *ngx_court_check_personal[] = {
    "$court_subject", "$court_principal", "$court_claim_*", "$court_path_*",
    "$court_fact_*", NULL
};

static const char  *ngx_court_check_tokens[] = {
    "$http_authorization", "$http_cookie", "$http_dpop", "$cookie_*",
    "$request_body", "$request_body_file", "$http_court_assertion", NULL
};

static const char  *ngx_court_check_protocols[] = {
    "SSLv2", "SSLv3", "TLSv1", "TLSv1.1", NULL
};


/* a variable of that list in the text: where it begins, and its length */

static const char *
ngx_court_check_variable(const char *text, const char **list, size_t *len)
{
    char          name[128];
    size_t        n, skip;
    const char   *p, **v;

    for (p = strchr(text, '$'); p; p = strchr(p + 1, '$')) {
        skip = p[1] == '{' ? 2 : 1;
        n = strspn(p + skip, "abcdefghijklmnopqrstuvwxyz0123456789_");

        if (n + 2 > sizeof(name)) {
            continue;
        }

        snprintf(name, sizeof(name), "$%.*s", (int) n, p + skip);

        for (v = list; *v; v++) {
            if (fnmatch(*v + 1, name + 1, 0) == 0) {
                *len = n;
                return p + skip;
            }
        }
    }

    return NULL;
}


static void
ngx_court_check_log(ngx_court_check_t *c, ngx_court_check_dir_t *d,
    const char **list, const char *why)
{
    size_t       len;
    ngx_uint_t   i;
    const char  *p;

    for (i = 2; i < d->nargs; i++) {
        p = ngx_court_check_variable(d->args[i], list, &len);

        if (p) {
            ngx_court_check_tell(c, d, "log_format %s writes $%.*s, %s",
                                 d->args[1], (int) len, p, why);
        }
    }
}


NGX_COURT_CHECK(log_personal)
{
    ngx_court_check_log(c, d, ngx_court_check_personal,
                        "which tells about a person");
}


NGX_COURT_CHECK(log_token)
{
    ngx_court_check_log(c, d, ngx_court_check_tokens,
                        "which may hold a token or a secret");
}


NGX_COURT_CHECK(log_debug)
{
    if (d->nargs > 2 && strncmp(d->args[2], "debug", 5) == 0) {
        ngx_court_check_tell(c, d, "nginx writes every header, tokens too, "
                             "into this log");
    }
}


NGX_COURT_CHECK(limit_key)
{
    if (d->nargs > 1 && (strstr(d->args[1], "$court_")
                         || strstr(d->args[1], "${court_")))
    {
        ngx_court_check_tell(c, d, "%s: the caller is not known yet when "
                             "limits are applied, the key \"%s\" is empty",
                             d->args[0], d->args[1]);
    }
}


NGX_COURT_CHECK(is_on)
{
    if (ngx_court_check_says(d, "on")) {
        ngx_court_check_tell(c, d, "%s is on", d->args[0]);
    }
}


NGX_COURT_CHECK(is_off)
{
    if (ngx_court_check_says(d, "off")) {
        ngx_court_check_tell(c, d, "%s is off", d->args[0]);
    }
}


NGX_COURT_CHECK(tls_old)
{
    ngx_uint_t    i;
    const char  **p;

    for (i = 1; i < d->nargs; i++) {
        for (p = ngx_court_check_protocols; *p; p++) {
            if (strcmp(d->args[i], *p) == 0) {
                ngx_court_check_tell(c, d, "%s allows %s", d->args[0], *p);
            }
        }
    }
}


NGX_COURT_CHECK(front_any)
{
    ngx_uint_t  i;

    for (i = 1; i < d->nargs; i++) {
        if (strcmp(d->args[i], "0.0.0.0/0") == 0
            || strcmp(d->args[i], "::/0") == 0
            || strcmp(d->args[i], "all") == 0)
        {
            ngx_court_check_tell(c, d, "%s believes everybody about where a "
                                 "request comes from", d->args[0]);
        }
    }
}


NGX_COURT_CHECK(core_dump)
{
    if (d->nargs > 1 && strcmp(d->args[1], "0") != 0) {
        ngx_court_check_tell(c, d, "a core dump holds keys and tokens");
    }
}


NGX_COURT_CHECK(worker_root)
{
    if (ngx_court_check_says(d, "root") && d->parent == c->root) {
        ngx_court_check_tell(c, d, "workers run as root");
    }
}


NGX_COURT_CHECK(shutdown_timeout)
{
    if (!ngx_court_check_child(c->root, "worker_shutdown_timeout", NULL)) {
        ngx_court_check_tell(c, NULL, "no worker_shutdown_timeout: an open "
                             "connection keeps an old worker, with old keys "
                             "and policy, for ever");
    }
}


/* a server of a court_redis block that lies on a network */

static ngx_court_check_dir_t *
ngx_court_check_redis_remote(ngx_court_check_dir_t *d)
{
    ngx_uint_t              i;
    ngx_court_check_dir_t  *server;

    for (server = ngx_court_check_child(d, "server", NULL); server;
         server = ngx_court_check_child(d, "server", server))
    {
        for (i = 1; i < server->nargs; i++) {
            if (!ngx_court_check_local(server->args[i])) {
                return server;
            }
        }
    }

    return NULL;
}


NGX_COURT_CHECK(redis_clear)
{
    ngx_court_check_dir_t  *remote;

    remote = ngx_court_check_redis_remote(d);

    if (remote && !ngx_court_check_says(ngx_court_check_child(d, "ssl", NULL),
                                        "on"))
    {
        ngx_court_check_tell(c, remote, "court_redis %s: password and values "
                             "go over the network in clear",
                             d->nargs > 1 ? d->args[1] : "");
    }
}


NGX_COURT_CHECK(redis_password)
{
    if (!ngx_court_check_child(d, "password_file", NULL)) {
        ngx_court_check_tell(c, d, "court_redis %s has no password_file: who "
                             "reaches it may delete what is there",
                             d->nargs > 1 ? d->args[1] : "");
    }
}


/* "trace": "durable" of one of the policy's interfaces */

static ngx_uint_t
ngx_court_check_durable(ngx_court_check_t *c, const char *name)
{
    FILE              *f;
    ngx_str_t          text, trace;
    ngx_uint_t         i;
    ngx_court_json_t  *interfaces;

    f = fopen(name, "r");
    if (f == NULL) {
        return 0;                                 /* nginx says so */
    }

    fclose(f);

    if (ngx_court_tool_read(c->pool, name, &text) != NGX_OK) {
        return 0;
    }

    interfaces = ngx_court_json_get(ngx_court_json_parse(c->pool, &text,
                                        &ngx_court_json_large, NULL),
                                    "interfaces");

    for (i = 0; i < ngx_court_json_size(interfaces); i++) {
        if (ngx_court_json_string(
                ngx_court_json_get(ngx_court_json_at(interfaces, i), "trace"),
                &trace) == NGX_OK
            && trace.len == 7 && memcmp(trace.data, "durable", 7) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_court_check_anywhere(const ngx_court_check_dir_t *block, const char *name)
{
    ngx_court_check_dir_t  *d;

    for (d = block->child; d; d = d->next) {
        if (ngx_court_check_is(d, name)
            || ngx_court_check_anywhere(d, name))
        {
            return 1;
        }
    }

    return 0;
}


NGX_COURT_CHECK(audit_missing)
{
    if (d->nargs > 1 && !ngx_court_check_anywhere(c->http, "court_audit_log")
        && ngx_court_check_durable(c, ngx_court_check_path(c, d->args[1])))
    {
        ngx_court_check_tell(c, d, "the policy has durable interfaces, and "
                             "nothing is recorded");
    }
}


NGX_COURT_CHECK(audit_key)
{
    if (!ngx_court_check_child(c->http, "court_audit_key", NULL)) {
        ngx_court_check_tell(c, d, "records name nobody: no court_audit_key "
                             "makes pseudonyms");
    }
}


NGX_COURT_CHECK(audit_allow)
{
    if (ngx_court_check_says(d, "allow")) {
        ngx_court_check_tell(c, d, "acts go on while they cannot be recorded");
    }
}


/* a word of that file is a pattern for the log */

static ngx_uint_t
ngx_court_check_rotates(ngx_court_check_t *c, const char *file,
    const char *log)
{
    char        *word, *rest;
    ngx_str_t    text;

    if (ngx_court_tool_read(c->pool, file, &text) != NGX_OK) {
        return 0;
    }

    rest = NULL;

    for (word = strtok_r((char *) text.data, " \t\r\n{}\"", &rest); word;
         word = strtok_r(NULL, " \t\r\n{}\"", &rest))
    {
        if (word[0] == '/' && fnmatch(word, log, FNM_PATHNAME) == 0) {
            return 1;
        }
    }

    return 0;
}


NGX_COURT_CHECK(audit_rotate)
{
    DIR            *dir;
    char            name[PATH_MAX];
    ngx_uint_t      found;
    struct dirent  *entry;

    if (d->nargs < 2 || strncmp(d->args[1], "syslog:", 7) == 0
        || strcmp(d->args[1], "off") == 0)
    {
        return;
    }

    found = 0;
    dir = opendir(c->logrotate);

    while (dir && !found && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof(name), "%s/%s", c->logrotate, entry->d_name);
        found = entry->d_name[0] != '.'
                && ngx_court_check_rotates(c, name,
                                           ngx_court_check_path(c,
                                                                d->args[1]));
    }

    if (dir) {
        closedir(dir);
    }

    if (!found) {
        ngx_court_check_tell(c, d, "no file of %s rotates %s", c->logrotate,
                             d->args[1]);
    }
}
