/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of "nginx -T" as a tree.  nginx has accepted it: what this reader
 * does not understand it leaves out.
 */

#include "ngx_court_tool_check.h"

#include <fnmatch.h>


#define NGX_COURT_CHECK_ARGS  256         /* of a directive */
#define NGX_COURT_CHECK_WORD  65536       /* bytes */

static const char  ngx_court_check_mark[] = "# configuration file ";


typedef struct {
    ngx_court_check_t         *c;
    ngx_court_check_file_t    *file;
    u_char                    *p;
    u_char                    *end;
    ngx_uint_t                 line;
} ngx_court_check_reader_t;


static ngx_int_t ngx_court_check_read(ngx_court_check_t *c,
    ngx_court_check_file_t *file, ngx_court_check_dir_t *block);


/* the name in a line "# configuration file NAME:"; NULL where it is none */

static const char *
ngx_court_check_header(ngx_pool_t *pool, u_char *p, u_char *eol)
{
    char    *name;
    size_t   len;

    len = sizeof(ngx_court_check_mark) - 1;

    if ((size_t) (eol - p) <= len + 1 || eol[-1] != ':'
        || memcmp(p, ngx_court_check_mark, len) != 0)
    {
        return NULL;
    }

    p += len;
    len = eol - 1 - p;

    name = ngx_pnalloc(pool, len + 1);
    if (name) {
        memcpy(name, p, len);
        name[len] = '\0';
    }

    return name;
}


static ngx_int_t
ngx_court_check_files(ngx_court_check_t *c, ngx_str_t *dump)
{
    u_char                  *p, *eol, *end;
    const char              *name;
    ngx_court_check_file_t  *file;

    file = NULL;
    end = dump->data + dump->len;

    for (p = dump->data; p < end; p = eol + 1) {
        eol = memchr(p, '\n', end - p);
        eol = eol ? eol : end;

        name = ngx_court_check_header(c->pool, p, eol);
        if (name == NULL) {
            continue;
        }

        if (file) {
            file->text.len = p - file->text.data;
        }

        file = ngx_array_push(&c->files);
        if (file == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(file, sizeof(ngx_court_check_file_t));
        file->name = name;
        file->text.data = eol < end ? eol + 1 : end;
        file->text.len = end - file->text.data;
    }

    return file ? NGX_OK : NGX_DECLINED;
}


static ngx_court_check_dir_t *
ngx_court_check_add(ngx_court_check_reader_t *r, ngx_court_check_dir_t *block,
    const char **args, ngx_uint_t n, ngx_uint_t line)
{
    ngx_court_check_dir_t  *d;

    if (r->c->ndirectives++ == NGX_COURT_CHECK_DIRECTIVES) {
        return NULL;
    }

    d = ngx_pcalloc(r->c->pool, sizeof(ngx_court_check_dir_t));
    if (d == NULL) {
        return NULL;
    }

    d->args = ngx_palloc(r->c->pool, n * sizeof(char *));
    if (d->args == NULL) {
        return NULL;
    }

    memcpy(d->args, args, n * sizeof(char *));
    d->nargs = n;
    d->file = r->file->name;
    d->line = line;
    d->parent = block;

    if (block->last) {
        block->last->next = d;

    } else {
        block->child = d;
    }

    block->last = d;
    block->names |= ngx_court_check_bit(d->args[0]);

    return d;
}


/* what nginx takes the backslash off; before others it stays (regexes) */

static ngx_uint_t
ngx_court_check_escaped(const ngx_court_check_reader_t *r)
{
    return r->p[0] == '\\' && r->p + 1 < r->end
           && (r->p[1] == '"' || r->p[1] == '\'' || r->p[1] == '\\');
}


/* the end of a word; a NUL is none */

static ngx_uint_t
ngx_court_check_ends(u_char c, u_char quote, u_char before)
{
    if (quote) {
        return c == quote;
    }

    if (c == '{') {
        return before != '$';                     /* "${name}" */
    }

    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}


static const char *
ngx_court_check_word(ngx_court_check_reader_t *r)
{
    char         *word;
    size_t        n;
    u_char        quote, before;

    static char   buf[NGX_COURT_CHECK_WORD];

    quote = (*r->p == '"' || *r->p == '\'') ? *r->p++ : 0;
    before = 0;

    for (n = 0; r->p < r->end && n < sizeof(buf) - 1; r->p++) {

        if (ngx_court_check_ends(*r->p, quote, before)) {
            r->p += quote ? 1 : 0;
            break;
        }

        if (ngx_court_check_escaped(r)) {
            r->p++;
        }

        r->line += *r->p == '\n';
        before = *r->p;
        buf[n++] = *r->p;
    }

    word = ngx_pnalloc(r->c->pool, n + 1);
    if (word) {
        memcpy(word, buf, n);
        word[n] = '\0';
    }

    return word;
}


/* ' ', comments; what comes is ';', '{', '}', a word, or nothing (0) */

static int
ngx_court_check_peek(ngx_court_check_reader_t *r)
{
    for ( /* void */ ; r->p < r->end; r->p++) {

        if (*r->p == '#') {
            r->p = memchr(r->p, '\n', r->end - r->p);
            r->p = r->p ? r->p : r->end;
        }

        if (r->p == r->end) {
            break;
        }

        if (*r->p == '\n') {
            r->line++;

        } else if (*r->p != ' ' && *r->p != '\t' && *r->p != '\r') {
            return *r->p == '\0' ? ' ' : *r->p;
        }
    }

    return 0;
}


/* relative ones are relative to the main file's directory */

const char *
ngx_court_check_path(ngx_court_check_t *c, const char *name)
{
    char                    *path;
    size_t                   len;
    const char              *slash;
    ngx_court_check_file_t  *main;

    main = c->files.elts;
    slash = c->files.nelts ? strrchr(main->name, '/') : NULL;

    if (name[0] == '/' || slash == NULL) {
        return name;
    }

    len = slash + 1 - main->name;
    path = ngx_pnalloc(c->pool, len + strlen(name) + 1);
    if (path) {
        memcpy(path, main->name, len);
        strcpy(path + len, name);
    }

    return path ? path : name;
}


static ngx_int_t
ngx_court_check_include(ngx_court_check_t *c, const char *name,
    ngx_court_check_dir_t *block)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    const char              *pattern;
    ngx_court_check_file_t  *file;

    pattern = ngx_court_check_path(c, name);
    file = c->files.elts;

    for (i = 0; i < c->files.nelts; i++) {

        if (strcmp(pattern, file[i].name) != 0
            && fnmatch(pattern, file[i].name, FNM_PATHNAME|FNM_PERIOD) != 0)
        {
            continue;
        }

        rc = ngx_court_check_read(c, &file[i], block);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/* one directive, or the end of a block (NGX_DONE) */

static ngx_int_t
ngx_court_check_directive(ngx_court_check_reader_t *r,
    ngx_court_check_dir_t **block, ngx_uint_t *depth)
{
    int                     next;
    ngx_uint_t              n, line;
    const char             *args[NGX_COURT_CHECK_ARGS];
    ngx_court_check_dir_t  *d;

    next = ngx_court_check_peek(r);
    line = r->line;

    for (n = 0; next && !strchr(";{}", next); n++) {
        if (n == NGX_COURT_CHECK_ARGS
            || (args[n] = ngx_court_check_word(r)) == NULL)
        {
            return NGX_ERROR;
        }

        next = ngx_court_check_peek(r);
    }

    r->p += next ? 1 : 0;

    if (next == '}') {
        if (*depth == 0) {
            return NGX_ERROR;
        }

        (*depth)--;
        *block = (*block)->parent;
        return NGX_OK;
    }

    if (n == 0) {
        return next ? NGX_OK : NGX_DONE;
    }

    if (next == ';' && n == 2 && strcmp(args[0], "include") == 0) {
        return ngx_court_check_include(r->c, args[1], *block);
    }

    d = ngx_court_check_add(r, *block, args, n, line);
    if (d == NULL) {
        return NGX_ERROR;
    }

    if (next == '{') {
        if (++*depth > NGX_COURT_CHECK_DEPTH) {
            return NGX_ERROR;
        }

        *block = d;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_check_read(ngx_court_check_t *c, ngx_court_check_file_t *file,
    ngx_court_check_dir_t *block)
{
    ngx_int_t                 rc;
    ngx_uint_t                depth;
    ngx_court_check_reader_t  r;

    /* a file may include itself only by a mistake that nginx refuses */

    if (file->depth == NGX_COURT_CHECK_DEPTH) {
        return NGX_ERROR;
    }

    r.c = c;
    r.file = file;
    r.p = file->text.data;
    r.end = r.p + file->text.len;
    r.line = 1;

    depth = 0;
    file->depth++;

    do {
        rc = ngx_court_check_directive(&r, &block, &depth);
    } while (rc == NGX_OK);

    file->depth--;

    return rc == NGX_DONE && depth == 0 ? NGX_OK : NGX_ERROR;
}


/* the server at the address of court_source_server */

static void
ngx_court_check_roles(ngx_court_check_t *c)
{
    ngx_court_check_dir_t  *source, *server, *listen;

    c->http = ngx_court_check_child(c->root, "http", NULL);
    if (c->http == NULL) {
        return;
    }

    source = ngx_court_check_child(c->http, "court_source_server", NULL);

    if (source == NULL || source->nargs < 2) {
        return;
    }

    for (server = ngx_court_check_child(c->http, "server", NULL); server;
         server = ngx_court_check_child(c->http, "server", server))
    {
        for (listen = ngx_court_check_child(server, "listen", NULL); listen;
             listen = ngx_court_check_child(server, "listen", listen))
        {
            if (ngx_court_check_says(listen, source->args[1])) {
                c->source = server;
                return;
            }
        }
    }
}


ngx_int_t
ngx_court_check_parse(ngx_court_check_t *c, ngx_str_t *dump)
{
    ngx_int_t  rc;

    c->root = ngx_pcalloc(c->pool, sizeof(ngx_court_check_dir_t));
    if (c->root == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_check_files(c, dump);

    if (rc == NGX_OK) {
        rc = ngx_court_check_read(c, c->files.elts, c->root);
    }

    if (rc == NGX_OK) {
        ngx_court_check_roles(c);
    }

    return rc;
}
