/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool audit tail, verify: the last records, those that come, and
 * whether the chains are whole.
 */

#include "ngx_court_tool_audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_COURT_TOOL_AUDIT_LAST  10
#define NGX_COURT_TOOL_AUDIT_MOST  100000
#define NGX_COURT_TOOL_AUDIT_POLL  250    /* ms */


/* a line that may be among the last */
typedef struct {
    ngx_str_t                  line;
    uint64_t                   at;        /* order of coming */
} ngx_court_tool_audit_kept_t;

typedef struct {
    ngx_court_tool_audit_t    *o;
    ngx_court_tool_audit_findings_t  told;
    ngx_court_audit_verify_t   v;
    ngx_uint_t                 max;
    ngx_uint_t                 n;
    uint64_t                   came;
    ngx_court_tool_audit_kept_t  *kept;
} ngx_court_tool_audit_tail_t;


static void
ngx_court_tool_audit_show(ngx_court_tool_audit_t *o, const ngx_str_t *line)
{
    ngx_str_t               record;
    ngx_court_audit_said_t  said;

    if (line->len == 0) {
        return;
    }

    record = *line;

    if (ngx_court_audit_scan_behind(&record, &said) == NGX_DECLINED) {
        said.seq = 0;
    }

    if (!o->json) {
        ngx_court_tool_audit_line(&record, &said);

    } else if (said.seq) {
        fwrite(record.data, 1, record.len, stdout);
        putchar('\n');
    }
}


/* lines that are no records are as old as what came before them */

static int
ngx_court_tool_audit_older(const void *one, const void *two)
{
    int                      rc;
    ngx_court_audit_said_t   a, b;

    const ngx_court_tool_audit_kept_t  *x = one, *y = two;

    if (ngx_court_audit_scan(&x->line, &a) == NGX_OK
        && ngx_court_audit_scan(&y->line, &b) == NGX_OK
        && a.time.len && b.time.len)
    {
        rc = ngx_memn2cmp(a.time.data, b.time.data, a.time.len, b.time.len);

        if (rc) {
            return rc;
        }
    }

    return x->at < y->at ? -1 : 1;
}


/* twice as many are kept before they are sorted and the older half goes */

static void
ngx_court_tool_audit_thin(ngx_court_tool_audit_tail_t *t)
{
    ngx_uint_t  i, over;

    ngx_qsort(t->kept, t->n, sizeof(ngx_court_tool_audit_kept_t),
              ngx_court_tool_audit_older);

    if (t->n <= t->max) {
        return;
    }

    over = t->n - t->max;

    for (i = 0; i < over; i++) {
        free(t->kept[i].line.data);
    }

    memmove(t->kept, t->kept + over,
            t->max * sizeof(ngx_court_tool_audit_kept_t));
    t->n = t->max;
}


static ngx_int_t
ngx_court_tool_audit_keep(ngx_court_tool_audit_tail_t *t,
    const ngx_str_t *line)
{
    ngx_court_tool_audit_kept_t  *k;

    if (t->max == 0 || line->len == 0) {
        return NGX_OK;
    }

    if (t->n == 2 * t->max) {
        ngx_court_tool_audit_thin(t);
    }

    k = &t->kept[t->n];
    k->line.data = malloc(line->len);

    if (k->line.data == NULL) {
        return NGX_ERROR;
    }

    memcpy(k->line.data, line->data, line->len);
    k->line.len = line->len;
    k->at = t->came++;
    t->n++;

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_audit_take_line(void *data, ngx_uint_t file, uint64_t number,
    const ngx_str_t *line)
{
    ngx_court_tool_audit_tail_t  *t = data;

    ngx_court_audit_said_t  said;

    if (t->o->verify) {

        if (number == 1) {
            ngx_court_audit_verify_file(&t->v, file);
        }

        if (ngx_court_audit_verify_line(&t->v, line, &said) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_court_tool_audit_keep(t, line);
}


static void
ngx_court_tool_audit_print(ngx_court_tool_audit_tail_t *t)
{
    ngx_uint_t  i;

    ngx_court_tool_audit_thin(t);

    for (i = 0; i < t->n; i++) {
        ngx_court_tool_audit_show(t->o, &t->kept[i].line);
        free(t->kept[i].line.data);
    }

    t->n = 0;
}


/* a file that was renamed is read to its end, then the new one of its name */

static ngx_int_t
ngx_court_tool_audit_again(ngx_court_tool_audit_file_t *f)
{
    struct stat                  now, was;
    ngx_court_tool_audit_file_t  next;

    if (f->gzip || f->fd == STDIN_FILENO || stat(f->name, &now) == -1
        || fstat(f->fd, &was) == -1
        || (now.st_ino == was.st_ino && now.st_dev == was.st_dev))
    {
        return NGX_DECLINED;
    }

    if (ngx_court_tool_audit_open(&next, f->name) != NGX_OK) {
        return NGX_DECLINED;
    }

    next.follow = 1;
    (void) ngx_court_tool_audit_close(f);
    *f = next;

    return NGX_OK;
}


/* ends by a signal, or when who reads us is gone */

static int
ngx_court_tool_audit_follow(ngx_court_tool_audit_tail_t *t,
    ngx_court_tool_audit_file_t *files)
{
    ngx_int_t                rc;
    ngx_str_t                line;
    ngx_uint_t               i;
    ngx_court_audit_said_t   said;

    for ( ;; ) {

        for (i = 0; i < t->o->nfiles; i++) {

            do {
                rc = ngx_court_tool_audit_next(&files[i], &line);

                if (rc == NGX_OK) {
                    ngx_court_tool_audit_show(t->o, &line);

                    if (t->o->verify) {
                        ngx_court_audit_verify_file(&t->v, i);
                        t->v.lines = files[i].lines - 1;
                        (void) ngx_court_audit_verify_line(&t->v, &line,
                                                           &said);
                    }

                } else if (rc == NGX_DONE) {
                    rc = ngx_court_tool_audit_again(&files[i]);
                }
            } while (rc == NGX_OK);

            if (rc == NGX_ERROR) {
                return NGX_COURT_TOOL_INVALID;
            }
        }

        if (fflush(stdout) != 0) {
            return NGX_COURT_TOOL_YES;
        }

        ngx_msleep(NGX_COURT_TOOL_AUDIT_POLL);
    }
}


static int
ngx_court_tool_audit_stay(ngx_court_tool_audit_tail_t *t)
{
    ngx_int_t                            rc;
    ngx_str_t                            line;
    ngx_uint_t                           i;
    static ngx_court_tool_audit_file_t   files[NGX_COURT_TOOL_AUDIT_FOLLOW];

    if (t->o->nfiles > NGX_COURT_TOOL_AUDIT_FOLLOW) {
        fprintf(stderr, "court-tool: -f takes %d files at most\n",
                NGX_COURT_TOOL_AUDIT_FOLLOW);
        return NGX_COURT_TOOL_USAGE;
    }

    for (i = 0; i < t->o->nfiles; i++) {

        if (ngx_court_tool_audit_open(&files[i], t->o->files[i]) != NGX_OK) {
            return NGX_COURT_TOOL_INVALID;
        }

        files[i].follow = 1;

        if (!t->o->verify) {
            ngx_court_tool_audit_skip(&files[i], t->max);
        }

        do {
            rc = ngx_court_tool_audit_next(&files[i], &line);
        } while (rc == NGX_OK
                 && ngx_court_tool_audit_take_line(t, i, files[i].lines,
                                                   &line) == NGX_OK);

        if (rc != NGX_DONE) {
            return NGX_COURT_TOOL_INVALID;
        }
    }

    ngx_court_tool_audit_print(t);

    return ngx_court_tool_audit_follow(t, files);
}


/* without --verify the ends of files are enough */

static ngx_int_t
ngx_court_tool_audit_ends(ngx_court_tool_audit_tail_t *t)
{
    ngx_int_t                     rc;
    ngx_str_t                     line;
    ngx_uint_t                    i;
    ngx_court_tool_audit_file_t   f;

    for (i = 0; i < t->o->nfiles; i++) {

        if (ngx_court_tool_audit_open(&f, t->o->files[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_court_tool_audit_skip(&f, t->max);

        do {
            rc = ngx_court_tool_audit_next(&f, &line);
        } while (rc == NGX_OK
                 && ngx_court_tool_audit_keep(t, &line) == NGX_OK);

        if (ngx_court_tool_audit_close(&f) != NGX_OK || rc != NGX_DONE) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_audit_begin(ngx_court_tool_audit_tail_t *t,
    ngx_court_tool_audit_t *o, ngx_int_t max)
{
    memset(t, 0, sizeof(ngx_court_tool_audit_tail_t));

    t->o = o;
    t->told.o = o;
    t->told.out = stdout;
    t->max = max;
    t->kept = calloc(2 * max + 1, sizeof(ngx_court_tool_audit_kept_t));

    if (t->kept == NULL
        || ngx_court_audit_verify_init(&t->v, o->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    t->v.report = ngx_court_tool_audit_finding;
    t->v.data = &t->told;

    return ngx_court_tool_audit_sort(o);
}


/* findings behind the lines, which are known only at the end */

static int
ngx_court_tool_audit_whole(ngx_court_tool_audit_tail_t *t)
{
    char       *text;
    size_t      len;
    ngx_int_t   rc;

    text = NULL;
    t->told.out = open_memstream(&text, &len);

    if (t->told.out == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_tool_audit_each(t->o, ngx_court_tool_audit_take_line, t);

    ngx_court_tool_audit_print(t);

    if (rc == NGX_OK) {
        rc = ngx_court_audit_verify_end(&t->v);
    }

    fclose(t->told.out);
    fwrite(text, 1, len, stdout);
    free(text);

    if (rc != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    ngx_court_tool_audit_sum(&t->told, &t->v);

    return ngx_court_audit_verify_faults(&t->v) ? NGX_COURT_TOOL_NO
                                                : NGX_COURT_TOOL_YES;
}


int
ngx_court_tool_audit_tail(ngx_court_tool_audit_t *o)
{
    int                                  rc;
    ngx_int_t                            max;
    static ngx_court_tool_audit_tail_t   t;

    max = NGX_COURT_TOOL_AUDIT_LAST;

    if (o->number) {
        max = ngx_atoi((u_char *) o->number, strlen(o->number));
    }

    if (max < 0 || max > NGX_COURT_TOOL_AUDIT_MOST) {
        fprintf(stderr, "court-tool: -n takes 0 to %d\n",
                NGX_COURT_TOOL_AUDIT_MOST);
        return NGX_COURT_TOOL_USAGE;
    }

    if (ngx_court_tool_audit_begin(&t, o, max) != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    if (o->follow) {
        rc = ngx_court_tool_audit_stay(&t);

    } else if (o->verify) {
        rc = ngx_court_tool_audit_whole(&t);

    } else {
        rc = (ngx_court_tool_audit_ends(&t) == NGX_OK) ? NGX_COURT_TOOL_YES
                                                       : NGX_COURT_TOOL_INVALID;
        ngx_court_tool_audit_print(&t);
    }

    free(t.kept);

    return rc;
}


int
ngx_court_tool_audit_verify(ngx_court_tool_audit_t *o)
{
    o->verify = "--verify";
    o->number = "0";

    return ngx_court_tool_audit_tail(o);
}
