/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What nginx itself says of a configuration, and its text: "nginx -T".
 */

#include "ngx_court_tool_check.h"

#include <sys/wait.h>
#include <unistd.h>


/* what the module warns of, and a check tells with file and line */

static const struct {
    const char                *text;
    const char                *id;
} ngx_court_check_known[] = {
    { ", which tells about a person", "log-personal" },
    { "is empty when limits are applied", "limit-key" },
    { "\"court_demo\" is on", "demo" },
    { NULL, NULL }
};

static const struct {
    const char                *level;
    const char                *id;
    ngx_court_check_severity_t severity;
    const char                *fix;
} ngx_court_check_levels[] = {
    { "[emerg] ", "nginx-error", NGX_COURT_CHECK_ERROR,
      "Correct it: nginx does not start so." },
    { "[alert] ", "nginx-error", NGX_COURT_CHECK_ERROR,
      "Correct it: nginx cannot work so." },
    { "[crit] ", "nginx-error", NGX_COURT_CHECK_ERROR,
      "Correct it: nginx cannot work so." },
    { "[error] ", "nginx-error", NGX_COURT_CHECK_ERROR, "Correct it." },
    { "[warn] ", "nginx-warning", NGX_COURT_CHECK_WARNING, "Correct it." },
    { NULL, NULL, NGX_COURT_CHECK_NOTE, NULL }
};


static void
ngx_court_check_exec(ngx_court_check_t *c, FILE *out, FILE *err)
{
    char *const  argv[] = {
        (char *) c->nginx, "-T", "-e", "stderr", "-c", (char *) c->conf, NULL
    };

    if (dup2(fileno(out), STDOUT_FILENO) != -1
        && dup2(fileno(err), STDERR_FILENO) != -1)
    {
        execv(c->nginx, argv);
    }

    _exit(127);
}


static ngx_int_t
ngx_court_check_slurp(ngx_pool_t *pool, FILE *f, ngx_str_t *text)
{
    long  size;

    if (fseek(f, 0, SEEK_END) == -1 || (size = ftell(f)) < 0
        || fseek(f, 0, SEEK_SET) == -1)
    {
        return NGX_ERROR;
    }

    text->data = ngx_pnalloc(pool, size + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    text->len = fread(text->data, 1, size, f);
    text->data[text->len] = '\0';

    return NGX_OK;
}


/* "... in FILE:LINE" at the end: cut off, and told apart */

static const char *
ngx_court_check_place(char *text, ngx_uint_t *line)
{
    char  *in, *colon, *next;

    in = NULL;

    for (next = strstr(text, " in /"); next; next = strstr(next + 1, " in /")) {
        in = next;
    }

    colon = in ? strrchr(in, ':') : NULL;

    if (colon == NULL || colon[1] == '\0'
        || colon[1 + strspn(colon + 1, "0123456789")] != '\0')
    {
        return NULL;
    }

    *line = strtoul(colon + 1, NULL, 10);
    *colon = '\0';
    *in = '\0';

    return in + 4;
}


static ngx_uint_t
ngx_court_check_told(ngx_court_check_t *c, const char *text)
{
    ngx_uint_t                  i, k;
    ngx_court_check_finding_t  *f;

    f = c->findings.elts;

    for (i = 0; ngx_court_check_known[i].text; i++) {

        if (strstr(text, ngx_court_check_known[i].text) == NULL) {
            continue;
        }

        for (k = 0; k < c->findings.nelts; k++) {
            if (strcmp(f[k].id, ngx_court_check_known[i].id) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


static void
ngx_court_check_says_nginx(ngx_court_check_t *c, char *text)
{
    char        *p;
    ngx_uint_t   i, line;
    const char  *file;

    for (i = 0; ngx_court_check_levels[i].level; i++) {

        p = strstr(text, ngx_court_check_levels[i].level);
        if (p == NULL) {
            continue;
        }

        p += strlen(ngx_court_check_levels[i].level);

        /* "123#0: ": of a log line */

        if (strspn(p, "0123456789") && p[strspn(p, "0123456789")] == '#') {
            p = strstr(p, ": ") ? strstr(p, ": ") + 2 : p;
        }

        if (ngx_court_check_told(c, p)) {
            return;
        }

        line = 0;
        file = ngx_court_check_place(p, &line);

        ngx_court_check_found(c, ngx_court_check_levels[i].id,
                              ngx_court_check_levels[i].severity,
                              file ? file : c->conf, line, p,
                              ngx_court_check_levels[i].fix);
        return;
    }
}


/* rows of the table at each directive that they name */

static ngx_uint_t
ngx_court_check_named(const char *names, const char *name)
{
    size_t       len;
    const char  *p;

    for (p = names; /* void */ ; p += len + 1) {
        len = strcspn(p, "|");

        if (strlen(name) == len && strncmp(p, name, len) == 0) {
            return 1;
        }

        if (p[len] == '\0') {
            return 0;
        }
    }
}


static void
ngx_court_check_walk(ngx_court_check_t *c, ngx_court_check_dir_t *block)
{
    ngx_court_check_dir_t  *d;

    for (d = block->child; d; d = d->next) {

        for (c->row = ngx_court_check_rows; c->row->id; c->row++) {
            if (ngx_court_check_named(c->row->names, d->args[0])) {
                c->row->look(c, d);
            }
        }

        ngx_court_check_walk(c, d);
    }
}


static ngx_int_t
ngx_court_check_text(ngx_court_check_t *c, ngx_str_t *dump)
{
    ngx_int_t  rc;

    rc = ngx_court_check_parse(c, dump);

    if (rc != NGX_OK || c->http == NULL) {
        return rc;
    }

    for (c->row = ngx_court_check_rows; c->row->id; c->row++) {
        if (ngx_court_check_named(c->row->names, "")) {
            c->row->look(c, NULL);
        }
    }

    ngx_court_check_walk(c, c->root);

    return NGX_OK;
}


static int
ngx_court_check_nginx(ngx_court_check_t *c, FILE *out, FILE *err)
{
    int         status;
    char       *line, *rest;
    pid_t       pid;
    ngx_str_t   dump, said;

    pid = fork();

    if (pid == 0) {
        ngx_court_check_exec(c, out, err);
    }

    if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)
        || WEXITSTATUS(status) == 127
        || ngx_court_check_slurp(c->pool, out, &dump) != NGX_OK
        || ngx_court_check_slurp(c->pool, err, &said) != NGX_OK)
    {
        fprintf(stderr, "court-tool: cannot run %s\n", c->nginx);
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    c->invalid = WEXITSTATUS(status) != 0;

    if (!c->invalid && ngx_court_check_text(c, &dump) != NGX_OK) {
        fprintf(stderr, "court-tool: cannot read what %s -T printed\n",
                c->nginx);
        return NGX_COURT_TOOL_UNDETERMINED;
    }

    rest = NULL;

    for (line = strtok_r((char *) said.data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
    {
        ngx_court_check_says_nginx(c, line);
    }

    return NGX_COURT_TOOL_YES;
}


int
ngx_court_check_run(ngx_court_check_t *c)
{
    int        rc;
    FILE      *out, *err;
    ngx_int_t  parsed;
    ngx_str_t  dump;

    if (strcmp(c->conf, "-") == 0) {
        if (ngx_court_tool_read(c->pool, "-", &dump) != NGX_OK) {
            return NGX_COURT_TOOL_UNREACHABLE;
        }

        parsed = ngx_court_check_text(c, &dump);

        if (parsed != NGX_OK) {
            fprintf(stderr, "court-tool: this is nothing that nginx -T "
                            "printed\n");
            return NGX_COURT_TOOL_INVALID;
        }

        return NGX_COURT_TOOL_YES;
    }

    out = tmpfile();
    err = tmpfile();

    rc = out && err ? ngx_court_check_nginx(c, out, err)
                    : NGX_COURT_TOOL_UNREACHABLE;

    if (out) {
        fclose(out);
    }

    if (err) {
        fclose(err);
    }

    return rc;
}
