/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines of files.  What logrotate has packed is read through gzip, so that
 * nothing is unpacked to disk.
 */

#include "ngx_court_tool_audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>


#define NGX_COURT_TOOL_AUDIT_TRIES  100   /* lines until one is a record */


typedef struct {
    const char                *name;
    ngx_uint_t                 given;     /* ties keep the order given */
    char                       time[40];
} ngx_court_tool_audit_order_t;


static ngx_uint_t
ngx_court_tool_audit_packed(const char *name, int fd)
{
    size_t  len;
    u_char  magic[2];

    len = strlen(name);

    return len > 3 && strcmp(name + len - 3, ".gz") == 0
           && pread(fd, magic, 2, 0) == 2
           && magic[0] == 0x1f && magic[1] == 0x8b;
}


/* f->fd becomes what gzip says of it */

static ngx_int_t
ngx_court_tool_audit_unpack(ngx_court_tool_audit_file_t *f)
{
    int  ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1) {
        return NGX_ERROR;
    }

    fflush(stdout);
    f->gzip = fork();

    if (f->gzip == 0) {
        if (dup2(f->fd, STDIN_FILENO) != -1
            && dup2(ends[1], STDOUT_FILENO) != -1)
        {
            execlp("gzip", "gzip", "-dc", (char *) NULL);
        }

        fprintf(stderr, "court-tool: gzip: %s\n", strerror(errno));
        _exit(127);
    }

    close(f->fd);
    close(ends[1]);
    f->fd = ends[0];

    if (f->gzip == -1) {
        close(f->fd);
        f->gzip = 0;
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a file that may not be read is another matter than one that is wrong */
ngx_uint_t  ngx_court_tool_audit_denied;


ngx_int_t
ngx_court_tool_audit_open(ngx_court_tool_audit_file_t *f, const char *name)
{
    struct stat  st;

    memset(f, 0, sizeof(ngx_court_tool_audit_file_t));

    f->name = name;
    f->fd = (strcmp(name, "-") == 0) ? STDIN_FILENO
                                     : open(name, O_RDONLY|O_CLOEXEC);

    if (f->fd == -1) {
        ngx_court_tool_audit_denied |= (errno == EACCES || errno == EPERM);

        fprintf(stderr, "court-tool: cannot open %s: %s\n", name,
                strerror(errno));
        return NGX_ERROR;
    }

    if (fstat(f->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        fprintf(stderr, "court-tool: %s is a directory\n", name);
        goto failed;
    }

    if (ngx_court_tool_audit_packed(name, f->fd)
        && ngx_court_tool_audit_unpack(f) != NGX_OK)
    {
        fprintf(stderr, "court-tool: cannot unpack %s: %s\n", name,
                strerror(errno));
        return NGX_ERROR;
    }

    f->buf = malloc(NGX_COURT_TOOL_AUDIT_BLOCK);
    if (f->buf) {
        return NGX_OK;
    }

failed:

    if (f->fd != STDIN_FILENO) {
        close(f->fd);
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_court_tool_audit_close(ngx_court_tool_audit_file_t *f)
{
    int  status;

    free(f->buf);
    f->buf = NULL;

    if (f->fd != STDIN_FILENO) {
        close(f->fd);
    }

    if (f->gzip == 0) {
        return NGX_OK;
    }

    /* SIGPIPE where we have seen enough is no fault */

    while (waitpid(f->gzip, &status, 0) == -1) {
        if (errno != EINTR) {
            return NGX_ERROR;
        }
    }

    return WIFEXITED(status) && WEXITSTATUS(status) ? NGX_ERROR : NGX_OK;
}


void
ngx_court_tool_audit_skip(ngx_court_tool_audit_file_t *f, ngx_uint_t n)
{
    off_t        back;
    struct stat  st;

    if (f->gzip || f->fd == STDIN_FILENO || fstat(f->fd, &st) == -1
        || !S_ISREG(st.st_mode))
    {
        return;
    }

    back = (off_t) (n + 1) * NGX_COURT_AUDIT_MAX;

    if (st.st_size > back && lseek(f->fd, st.st_size - back, SEEK_SET) != -1) {
        f->long_line = 1;                 /* it begins within some line */
    }
}


/* a whole line, or what must be given as one */

static ngx_int_t
ngx_court_tool_audit_take(ngx_court_tool_audit_file_t *f, size_t len,
    size_t newline, ngx_str_t *line)
{
    ngx_uint_t  rest;

    line->data = f->buf + f->begin;
    line->len = len;
    f->begin += len + newline;
    rest = f->long_line;
    f->long_line = !newline;

    if (rest) {
        return NGX_AGAIN;
    }

    f->lines++;

    return NGX_OK;
}


ngx_int_t
ngx_court_tool_audit_next(ngx_court_tool_audit_file_t *f, ngx_str_t *line)
{
    u_char   *eol;
    size_t    have, from;
    ssize_t   n;

    from = 0;

    for ( ;; ) {
        have = f->end - f->begin;
        eol = (have > from) ? memchr(f->buf + f->begin + from, '\n',
                                     have - from)
                            : NULL;

        if (eol) {
            from = 0;

            if (ngx_court_tool_audit_take(f, eol - f->buf - f->begin, 1, line)
                == NGX_OK)
            {
                return NGX_OK;
            }

            continue;
        }

        if (f->begin) {
            memmove(f->buf, f->buf + f->begin, have);
            f->begin = 0;
            f->end = have;
        }

        if (have == NGX_COURT_TOOL_AUDIT_BLOCK) {
            from = 0;

            if (ngx_court_tool_audit_take(f, have, 0, line) == NGX_OK) {
                return NGX_OK;
            }

            continue;
        }

        n = read(f->fd, f->buf + have, NGX_COURT_TOOL_AUDIT_BLOCK - have);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            fprintf(stderr, "court-tool: cannot read %s: %s\n", f->name,
                    strerror(errno));
            return NGX_ERROR;
        }

        if (n == 0) {
            return (have && !f->follow)
                   && ngx_court_tool_audit_take(f, have, 0, line) == NGX_OK
                   ? NGX_OK : NGX_DONE;
        }

        from = have;
        f->end += n;
    }
}


/* time of the first record; "" where there is none */

static ngx_int_t
ngx_court_tool_audit_first(ngx_court_tool_audit_order_t *order)
{
    ngx_int_t                     rc;
    ngx_str_t                     line;
    ngx_uint_t                    i;
    ngx_court_audit_said_t        said;
    ngx_court_tool_audit_file_t   f;

    if (strcmp(order->name, "-") == 0) {
        strcpy(order->time, "~");
        return NGX_OK;
    }

    if (ngx_court_tool_audit_open(&f, order->name) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (i = 0; i < NGX_COURT_TOOL_AUDIT_TRIES && rc == NGX_OK; i++) {
        rc = ngx_court_tool_audit_next(&f, &line);

        if (rc == NGX_OK && ngx_court_audit_scan(&line, &said) == NGX_OK
            && said.time.len && said.time.len < sizeof(order->time))
        {
            memcpy(order->time, said.time.data, said.time.len);
            break;
        }
    }

    (void) ngx_court_tool_audit_close(&f);

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static int
ngx_court_tool_audit_compare(const void *one, const void *two)
{
    int  rc;

    const ngx_court_tool_audit_order_t  *a = one, *b = two;

    rc = strcmp(a->time, b->time);

    return rc ? rc : (a->given < b->given ? -1 : 1);
}


ngx_int_t
ngx_court_tool_audit_sort(ngx_court_tool_audit_t *o)
{
    ngx_int_t                      rc;
    ngx_uint_t                     i;
    ngx_court_tool_audit_order_t  *order;

    order = ngx_pcalloc(o->pool,
                        o->nfiles * sizeof(ngx_court_tool_audit_order_t));
    if (order == NULL) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (i = 0; i < o->nfiles; i++) {
        order[i].name = o->files[i];
        order[i].given = i;

        if (ngx_court_tool_audit_first(&order[i]) != NGX_OK) {
            rc = NGX_ERROR;
        }
    }

    ngx_qsort(order, o->nfiles, sizeof(ngx_court_tool_audit_order_t),
              ngx_court_tool_audit_compare);

    for (i = 0; i < o->nfiles; i++) {
        o->files[i] = order[i].name;
    }

    return rc;
}


ngx_int_t
ngx_court_tool_audit_each(ngx_court_tool_audit_t *o,
    ngx_court_tool_audit_pt handler, void *data)
{
    ngx_int_t                     rc;
    ngx_str_t                     line;
    ngx_uint_t                    i;
    ngx_court_tool_audit_file_t   f;

    for (i = 0; i < o->nfiles; i++) {

        if (ngx_court_tool_audit_open(&f, o->files[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        f.follow = (o->verify != NULL);   /* it is being written: no fault */

        do {
            rc = ngx_court_tool_audit_next(&f, &line);

            if (rc == NGX_OK) {
                rc = handler(data, i, f.lines, &line);
            }
        } while (rc == NGX_OK);

        if (ngx_court_tool_audit_close(&f) != NGX_OK || rc != NGX_DONE) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
