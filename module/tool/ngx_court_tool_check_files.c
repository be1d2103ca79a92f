/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Owners and modes of what the gateway trusts.  A file that is not there is
 * nginx's to tell, or a dump's of another machine.
 */

#include "ngx_court_tool_check.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>


typedef struct {
    ngx_court_check_dir_t     *d;
    const char                *name;
    dev_t                      dev;
    ino_t                      ino;
} ngx_court_check_secret_t;


/* directives whose argument, or an option of them, is a file of secrets */

static const struct {
    const char                *name;
    const char                *option;    /* NULL: the first argument */
} ngx_court_check_secret_files[] = {
    { "court_assertion_key", NULL },
    { "court_audit_key", NULL },
    { "court_cache", "seal_keys" },
    { "password_file", NULL },
    { "sentinel_password_file", NULL },
    { "decrypt_keys", NULL },
    { "ssl_certificate_key", NULL },
    { "ssl_password_file", NULL },
    { "proxy_ssl_certificate_key", NULL },
    { NULL, NULL }
};


static const char *
ngx_court_check_secret(ngx_court_check_t *c, ngx_court_check_dir_t *d)
{
    ngx_uint_t   i;
    const char  *name;

    for (i = 0; ngx_court_check_secret_files[i].name; i++) {

        if (!ngx_court_check_is(d, ngx_court_check_secret_files[i].name)) {
            continue;
        }

        name = ngx_court_check_secret_files[i].option
               ? ngx_court_check_option(d,
                                    ngx_court_check_secret_files[i].option)
               : d->nargs > 1 ? d->args[1] : NULL;

        /* "data:", "engine:", variables: no files */

        return name && !strchr(name, '$') && strncmp(name, "data:", 5) != 0
               && strncmp(name, "engine:", 7) != 0
               ? ngx_court_check_path(c, name) : NULL;
    }

    return NULL;
}


static ngx_uint_t
ngx_court_check_trusted(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}


NGX_COURT_CHECK(secret_mode)
{
    const char   *name;
    struct stat   st;

    name = ngx_court_check_secret(c, d);

    if (name == NULL || stat(name, &st) == -1) {
        return;
    }

    if (!ngx_court_check_trusted(st.st_uid)) {
        ngx_court_check_tell(c, d, "the secret %s is owned by neither root "
                             "nor you", name);
    }

    if (st.st_mode & (S_IRWXO|S_IWGRP)) {
        ngx_court_check_tell(c, d, "the secret %s has mode %04o", name,
                             (unsigned) st.st_mode & 07777);
    }
}


static ngx_int_t
ngx_court_check_collect(ngx_court_check_t *c, ngx_court_check_dir_t *block)
{
    const char                 *name;
    struct stat                 st;
    ngx_court_check_dir_t      *d;
    ngx_court_check_secret_t   *secret;

    for (d = block->child; d; d = d->next) {

        if (ngx_court_check_collect(c, d) != NGX_OK) {
            return NGX_ERROR;
        }

        name = ngx_court_check_secret(c, d);

        if (name == NULL || stat(name, &st) == -1) {
            continue;
        }

        secret = ngx_array_push(c->secrets);
        if (secret == NULL) {
            return NGX_ERROR;
        }

        secret->d = d;
        secret->name = name;
        secret->dev = st.st_dev;
        secret->ino = st.st_ino;
    }

    return NGX_OK;
}


/* one key of several TLS servers is one secret, used in one way */

NGX_COURT_CHECK(secret_shared)
{
    ngx_uint_t                 i, k;
    ngx_court_check_secret_t  *s;

    c->secrets = ngx_array_create(c->pool, 16,
                                  sizeof(ngx_court_check_secret_t));

    if (c->secrets == NULL
        || ngx_court_check_collect(c, c->root) != NGX_OK)
    {
        return;
    }

    s = c->secrets->elts;

    for (i = 0; i < c->secrets->nelts; i++) {
        for (k = 0; k < i; k++) {
            if (s[i].ino == s[k].ino && s[i].dev == s[k].dev
                && strcmp(s[i].d->args[0], s[k].d->args[0]) != 0)
            {
                ngx_court_check_tell(c, s[i].d, "%s is the secret of %s, too",
                                     s[i].name, s[k].d->args[0]);
                break;
            }
        }
    }
}


static void
ngx_court_check_anchor(ngx_court_check_t *c, const ngx_court_check_dir_t *d,
    const char *name)
{
    struct stat  st;

    if (stat(name, &st) == -1 || !S_ISREG(st.st_mode)) {
        return;
    }

    if (!ngx_court_check_trusted(st.st_uid)) {
        ngx_court_check_tell(c, d, "%s is owned by neither root nor you: who "
                             "owns it decides what is trusted", name);
    }

    if (st.st_mode & (S_IWGRP|S_IWOTH)) {
        ngx_court_check_tell(c, d, "%s has mode %04o: others decide what is "
                             "trusted", name, (unsigned) st.st_mode & 07777);
    }
}


static const char *
ngx_court_check_anchor_name(ngx_court_check_t *c, ngx_court_check_dir_t *d)
{
    const char  *name;

    /* "claim role /x map=FILE", "court_policy FILE", "map FILE" of a fact */

    if (ngx_court_check_is(d, "claim")) {
        name = ngx_court_check_option(d, "map");

    } else if (ngx_court_check_is(d, "map")
               && !ngx_court_check_is(d->parent, "court_fact"))
    {
        name = NULL;

    } else {
        name = d->nargs > 1 ? d->args[1] : NULL;
    }

    return name ? ngx_court_check_path(c, name) : NULL;
}


NGX_COURT_CHECK(anchor_mode)
{
    const char  *name;

    name = ngx_court_check_anchor_name(c, d);

    if (name) {
        ngx_court_check_anchor(c, d, name);
    }
}


/* the configuration's own files, and the directories above */

NGX_COURT_CHECK(conf_mode)
{
    ngx_uint_t               i;
    ngx_court_check_dir_t    at;
    ngx_court_check_file_t  *file;

    file = c->files.elts;
    ngx_memzero(&at, sizeof(at));
    at.line = 1;

    for (i = 0; i < c->files.nelts; i++) {
        at.file = file[i].name;
        ngx_court_check_anchor(c, &at, file[i].name);
    }
}


/* one directory is told once, by the first file below it */

static void
ngx_court_check_dir(ngx_court_check_t *c, const ngx_court_check_dir_t *d,
    const char *path, const char *why)
{
    size_t                      len;
    ngx_uint_t                  i;
    ngx_court_check_finding_t  *f;

    f = c->findings.elts;
    len = strlen(path);

    for (i = 0; i < c->findings.nelts; i++) {
        if (strcmp(f[i].id, c->row->id) == 0
            && strncmp(f[i].what, path, len) == 0 && f[i].what[len] == ':')
        {
            return;
        }
    }

    ngx_court_check_tell(c, d, "%s: %s can put another file in the place of "
                         "one that is trusted", path, why);
}


/*
 * Who may write a directory can put another file in a file's place.  Not in
 * one with the sticky bit, where only owners may.
 */

static void
ngx_court_check_above(ngx_court_check_t *c, const ngx_court_check_dir_t *d,
    const char *name)
{
    char         path[PATH_MAX], *slash;
    struct stat  st;

    if (realpath(name, path) == NULL) {
        return;
    }

    while ((slash = strrchr(path, '/')) != NULL && path[1] != '\0') {
        slash[slash == path ? 1 : 0] = '\0';

        if (stat(path, &st) == -1) {
            return;
        }

        if (!ngx_court_check_trusted(st.st_uid)) {
            ngx_court_check_dir(c, d, path, "its owner, not root,");
        }

        if ((st.st_mode & (S_IWGRP|S_IWOTH)) && !(st.st_mode & S_ISVTX)) {
            ngx_court_check_dir(c, d, path, "others, who may write it,");
        }
    }
}


NGX_COURT_CHECK(dir_writable)
{
    const char              *name;
    ngx_court_check_file_t  *file;

    /* the main file stands for the configuration */

    if (d == NULL) {
        file = c->files.elts;
        ngx_court_check_above(c, d, file->name);
        return;
    }

    name = ngx_court_check_secret(c, d);
    name = name ? name : ngx_court_check_anchor_name(c, d);

    if (name) {
        ngx_court_check_above(c, d, name);
    }
}


/* it is written by the master; what a worker could write it could forge */

NGX_COURT_CHECK(state_dir)
{
    const char   *name;
    struct stat   st;

    if (d->nargs < 2) {
        return;
    }

    name = ngx_court_check_path(c, d->args[1]);

    if (stat(name, &st) == -1 || !S_ISDIR(st.st_mode)) {
        if (strcmp(c->conf, "-") != 0) {
            ngx_court_check_tell(c, d, "there is no directory %s", name);
        }

    } else if (!ngx_court_check_trusted(st.st_uid)
               || (st.st_mode & (S_IWGRP|S_IWOTH)))
    {
        ngx_court_check_tell(c, d, "%s can be written by others than root: an "
                             "old policy could be brought back", name);
    }
}


/* who reaches the socket asks in the gateway's name */

NGX_COURT_CHECK(source_socket)
{
    char                    path[PATH_MAX], *slash;
    struct stat             st;
    struct passwd          *pw;
    ngx_court_check_dir_t  *user;

    if (d->nargs < 2 || strncasecmp(d->args[1], "unix:", 5) != 0) {
        return;
    }

    snprintf(path, sizeof(path), "%s", d->args[1] + 5);
    slash = strrchr(path, '/');

    if (slash == NULL || slash == path) {
        return;
    }

    *slash = '\0';

    if (stat(path, &st) == -1) {
        return;
    }

    if (st.st_mode & (S_IRWXG|S_IRWXO)) {
        ngx_court_check_tell(c, d, "directory %s has mode %04o: others reach "
                             "the source server", path,
                             (unsigned) st.st_mode & 07777);
    }

    user = ngx_court_check_child(c->root, "user", NULL);
    pw = user && user->nargs > 1 ? getpwnam(user->args[1]) : NULL;

    if (pw && geteuid() == 0 && st.st_uid != pw->pw_uid) {
        ngx_court_check_tell(c, d, "directory %s is not owned by %s: workers "
                             "do not reach the source server", path,
                             user->args[1]);
    }
}
