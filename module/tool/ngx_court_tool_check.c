/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * courtctl check: options, what was accepted, and how findings are told.
 */

#include "ngx_court_tool_check.h"
#include "ngx_court_json.h"

#include <stdarg.h>


#define NGX_COURT_CHECK_JWKS_DAYS  180
#define NGX_COURT_CHECK_CONF       "/etc/nginx/court/nginx.conf"
#define NGX_COURT_CHECK_NGINX      "/usr/sbin/nginx"
#define NGX_COURT_CHECK_LOGROTATE  "/etc/logrotate.d"


typedef struct {
    const char                *accept;
    const char                *accepted;
    const char                *days;
    const char                *logrotate;
    const char                *nginx;
    const char                *output;
    const char                *list;
} ngx_court_check_opts_t;


static const char  *ngx_court_check_words[] = { "note", "warning", "error" };


static int
ngx_court_check_usage(void)
{
    fprintf(stderr,
            "usage: court-tool check [NGINX.CONF|-] [--accept ID,ID]\n"
            "           [--accepted FILE] [--jwks-days N] [--logrotate DIR]\n"
            "           [--nginx PROGRAM] [-o json]\n"
            "       court-tool check --list [-o json]     what is looked "
            "for\n");

    return NGX_COURT_TOOL_USAGE;
}


void
ngx_court_check_found(ngx_court_check_t *c, const char *id,
    ngx_court_check_severity_t severity, const char *file, ngx_uint_t line,
    const char *what, const char *fix)
{
    ngx_uint_t                  i;
    ngx_court_check_finding_t  *f;

    f = c->findings.elts;

    /* what is inherited is looked at from each location */

    for (i = 0; i < c->findings.nelts; i++) {
        if (f[i].line == line && strcmp(f[i].id, id) == 0
            && strcmp(f[i].file, file) == 0 && strcmp(f[i].what, what) == 0)
        {
            return;
        }
    }

    if (c->findings.nelts == NGX_COURT_CHECK_FINDINGS
        || (f = ngx_array_push(&c->findings)) == NULL)
    {
        return;
    }

    ngx_memzero(f, sizeof(ngx_court_check_finding_t));
    f->id = id;
    f->severity = severity;
    f->file = file;
    f->line = line;
    f->what = what;
    f->fix = fix;
}


void
ngx_court_check_tell(ngx_court_check_t *c, const ngx_court_check_dir_t *d,
    const char *fmt, ...)
{
    char                    *what;
    va_list                  args;
    ngx_court_check_file_t  *main;

    what = ngx_pnalloc(c->pool, 1024);
    if (what == NULL) {
        return;
    }

    va_start(args, fmt);
    vsnprintf(what, 1024, fmt, args);
    va_end(args);

    main = c->files.elts;

    ngx_court_check_found(c, c->row->id, c->row->severity,
                          d ? d->file : main->name, d ? d->line : 1, what,
                          c->row->fix);
}


/* the finding's id, and where the line says more, a part of its text */

static ngx_uint_t
ngx_court_check_covers(const ngx_court_check_finding_t *f, const char *id,
    const char *part)
{
    char  text[2048];

    if (strcmp(f->id, id) != 0) {
        return 0;
    }

    snprintf(text, sizeof(text), "%s:%lu %s", f->file,
             (unsigned long) f->line, f->what);

    return part == NULL || strstr(text, part) != NULL;
}


static ngx_int_t
ngx_court_check_accept(ngx_court_check_t *c, const char *id, const char *part)
{
    ngx_uint_t                    i;
    const ngx_court_check_row_t  *row;
    ngx_court_check_finding_t    *f;

    for (row = ngx_court_check_rows; row->id; row++) {
        if (strcmp(row->id, id) == 0) {
            break;
        }
    }

    /* errors of nginx can't be accepted, and a misspelled id accepts nothing */

    if (row->id == NULL && strcmp(id, "nginx-warning") != 0) {
        fprintf(stderr, "court-tool: no check \"%s\"\n", id);
        return NGX_ERROR;
    }

    f = c->findings.elts;

    for (i = 0; i < c->findings.nelts; i++) {
        f[i].accepted |= ngx_court_check_covers(&f[i], id, part);
    }

    return NGX_OK;
}


/* "ID,ID" */

static ngx_int_t
ngx_court_check_accept_ids(ngx_court_check_t *c, const char *ids)
{
    char       *list, *id, *rest;
    ngx_str_t   s;

    ngx_court_tool_str(&s, ids);
    list = ngx_pnalloc(c->pool, s.len + 1);
    if (list == NULL) {
        return NGX_ERROR;
    }

    strcpy(list, ids);
    rest = NULL;

    for (id = strtok_r(list, ",", &rest); id; id = strtok_r(NULL, ",", &rest)) {
        if (ngx_court_check_accept(c, id, NULL) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* lines "ID [PART OF THE FINDING]", '#' comments */

static ngx_int_t
ngx_court_check_accept_file(ngx_court_check_t *c, const char *name)
{
    char       *line, *rest, *part;
    size_t      n;
    ngx_str_t   text;

    if (ngx_court_tool_read(c->pool, name, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    rest = NULL;

    for (line = strtok_r((char *) text.data, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
    {
        line[strcspn(line, "#")] = '\0';
        line += strspn(line, " \t\r");

        for (n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--) {
            line[n - 1] = '\0';
        }

        if (line[0] == '\0') {
            continue;
        }

        n = strcspn(line, " \t");
        part = line + n + strspn(line + n, " \t");
        line[n] = '\0';

        if (ngx_court_check_accept(c, line, *part ? part : NULL) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_court_check_string(const char *name, const char *value)
{
    u_char     *p, buf[6 * 2048];
    ngx_str_t   s;

    ngx_court_tool_str(&s, value);
    s.len = ngx_min(s.len, 2000);
    p = ngx_court_json_escape(buf, &s);

    printf("\"%s\":\"%.*s\"", name, (int) (p - buf), buf);
}


static void
ngx_court_check_json(const ngx_court_check_finding_t *f, ngx_uint_t first)
{
    fputs(first ? "{" : ",{", stdout);
    ngx_court_check_string("id", f->id);
    printf(",\"severity\":\"%s\",", ngx_court_check_words[f->severity]);
    ngx_court_check_string("file", f->file);
    printf(",\"line\":%lu,", (unsigned long) f->line);
    ngx_court_check_string("what", f->what);
    putchar(',');
    ngx_court_check_string("fix", f->fix);
    printf(",\"accepted\":%s}", f->accepted ? "true" : "false");
}


static void
ngx_court_check_line(const ngx_court_check_finding_t *f)
{
    printf("%s: %s: ", ngx_court_check_words[f->severity], f->id);

    if (f->line) {
        printf("%s:%lu: ", f->file, (unsigned long) f->line);
    }

    printf("%s. %s\n", f->what, f->fix);
}


/* errors first */

static int
ngx_court_check_answer(ngx_court_check_t *c, ngx_uint_t json)
{
    int                         severity;
    ngx_uint_t                  i, shown, n[3], accepted;
    ngx_court_check_finding_t  *f;

    shown = 0;
    accepted = 0;
    ngx_memzero(n, sizeof(n));
    f = c->findings.elts;

    fputs(json ? "{\"schema\":1,\"findings\":[" : "", stdout);

    for (severity = NGX_COURT_CHECK_ERROR; severity >= 0; severity--) {
        for (i = 0; i < c->findings.nelts; i++) {

            if ((int) f[i].severity != severity) {
                continue;
            }

            if (json) {
                ngx_court_check_json(&f[i], shown++ == 0);
            }

            if (f[i].accepted) {
                accepted++;
                continue;
            }

            n[severity]++;

            if (!json) {
                ngx_court_check_line(&f[i]);
            }
        }
    }

    printf(json ? "],\"errors\":%lu,\"warnings\":%lu,\"notes\":%lu,"
                  "\"accepted\":%lu}\n"
                : "%lu errors, %lu warnings, %lu notes, %lu accepted\n",
           (unsigned long) n[2], (unsigned long) n[1], (unsigned long) n[0],
           (unsigned long) accepted);

    if (fflush(stdout) != 0) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    return c->invalid ? NGX_COURT_TOOL_INVALID
           : n[1] + n[2] ? NGX_COURT_TOOL_NO : NGX_COURT_TOOL_YES;
}


static int
ngx_court_check_list(ngx_uint_t json)
{
    const ngx_court_check_row_t  *row;

    fputs(json ? "{\"schema\":1,\"checks\":[" : "", stdout);

    for (row = ngx_court_check_rows; row->id; row++) {

        if (!json) {
            printf("%-20s %-8s %s\n", row->id,
                   ngx_court_check_words[row->severity], row->fix);
            continue;
        }

        fputs(row == ngx_court_check_rows ? "{" : ",{", stdout);
        ngx_court_check_string("id", row->id);
        printf(",\"severity\":\"%s\",", ngx_court_check_words[row->severity]);
        ngx_court_check_string("fix", row->fix);
        putchar('}');
    }

    fputs(json ? "]}\n" : "", stdout);

    return fflush(stdout) == 0 ? NGX_COURT_TOOL_YES
                               : NGX_COURT_TOOL_UNREACHABLE;
}


static const char *
ngx_court_check_default(const char *option, const char *variable,
    const char *builtin)
{
    const char  *value;

    if (option) {
        return option;
    }

    value = variable ? getenv(variable) : NULL;

    return value && *value ? value : builtin;
}


static int
ngx_court_check_all(ngx_court_check_t *c, ngx_court_check_opts_t *o)
{
    int   rc;
    char  path[PATH_MAX];

    /* nginx takes a relative name for one in its own directory */

    if (strcmp(c->conf, "-") != 0) {
        if (realpath(c->conf, path) == NULL) {
            fprintf(stderr, "court-tool: %s: %s\n", c->conf, strerror(errno));
            return NGX_COURT_TOOL_UNREACHABLE;
        }

        c->conf = path;
    }

    rc = ngx_court_check_run(c);
    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    if ((o->accept && ngx_court_check_accept_ids(c, o->accept) != NGX_OK)
        || (o->accepted && ngx_court_check_accept_file(c, o->accepted)
                           != NGX_OK))
    {
        return NGX_COURT_TOOL_USAGE;
    }

    return ngx_court_check_answer(c, o->output != NULL);
}


int
ngx_court_tool_check(int argc, char **argv)
{
    int                      rc;
    char                    *end;
    const char              *file[1];
    ngx_uint_t               n;
    ngx_court_check_t        c;
    ngx_court_check_opts_t   o;

    const ngx_court_tool_option_t  options[] = {
        { "--accept", &o.accept, 0 },
        { "--accepted", &o.accepted, 0 },
        { "--jwks-days", &o.days, 0 },
        { "--logrotate", &o.logrotate, 0 },
        { "--nginx", &o.nginx, 0 },
        { "--list", &o.list, 1 },
        { "-o", &o.output, 0 },
        { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));
    memset(&c, 0, sizeof(c));
    end = NULL;

    /* nouns have verbs; this one has none: argv begins one too late */

    if (ngx_court_tool_options(argc + 1, argv - 1, options, file, 1, &n)
        != NGX_OK
        || (o.output && strcmp(o.output, "json") != 0))
    {
        return ngx_court_check_usage();
    }

    c.jwks_days = o.days ? strtoul(o.days, &end, 10)
                         : NGX_COURT_CHECK_JWKS_DAYS;

    if (end && (*end || end == o.days)) {
        return ngx_court_check_usage();
    }

    if (o.list) {
        return ngx_court_check_list(o.output != NULL);
    }

    c.now = time(NULL);
    c.conf = ngx_court_check_default(n ? file[0] : NULL,
                                     "COURT_CONF_NGINX_CONF",
                                     NGX_COURT_CHECK_CONF);
    c.nginx = ngx_court_check_default(o.nginx, "COURT_CONF_NGINX",
                                      NGX_COURT_CHECK_NGINX);
    c.logrotate = ngx_court_check_default(o.logrotate, NULL,
                                          NGX_COURT_CHECK_LOGROTATE);
    c.pool = ngx_create_pool(65536, ngx_court_rt_log(NGX_LOG_ERR));

    if (c.pool == NULL
        || ngx_array_init(&c.files, c.pool, 16,
                          sizeof(ngx_court_check_file_t)) != NGX_OK
        || ngx_array_init(&c.findings, c.pool, 16,
                          sizeof(ngx_court_check_finding_t)) != NGX_OK)
    {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_check_all(&c, &o);

    ngx_destroy_pool(c.pool);

    return rc;
}
