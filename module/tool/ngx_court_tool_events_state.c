/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The publisher's directory.  Files are replaced by rename, after fsync; a
 * line of the journal counts once it is on disk, and a torn one at the end
 * was never acknowledged.
 */

#include "ngx_court_tool_events.h"
#include "ngx_court_base64url.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


#define NGX_COURT_EVENTS_PATH  4096

static const ngx_str_t  ngx_court_events_aad = ngx_string("court-journal");


static const char *
ngx_court_events_file(ngx_court_events_t *p, const char *name, char *path)
{
    snprintf(path, NGX_COURT_EVENTS_PATH, "%s/%s", p->conf.state, name);

    return path;
}


static ngx_int_t
ngx_court_events_write_all(int fd, const u_char *p, size_t len)
{
    ssize_t  n;

    while (len) {
        n = write(fd, p, len);

        if (n <= 0) {
            return NGX_ERROR;
        }

        p += n;
        len -= n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_events_sync_dir(ngx_court_events_t *p)
{
    int  fd, rc;

    fd = open(p->conf.state, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    rc = (fd == -1) ? -1 : fsync(fd);

    if (fd != -1) {
        close(fd);
    }

    return rc == 0 ? NGX_OK : NGX_ERROR;
}


/* a pending request as a line, sealed */

static ngx_int_t
ngx_court_events_seal(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_court_event_t *ev, ngx_str_t *line)
{
    ngx_str_t  text, sealed;

    if (ngx_court_events_request_write(pool, ev, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    sealed.data = ngx_pnalloc(pool, text.len + NGX_COURT_SEAL_OVERHEAD);
    line->data = ngx_pnalloc(pool, 2 * (text.len + NGX_COURT_SEAL_OVERHEAD));

    if (sealed.data == NULL || line->data == NULL
        || ngx_court_seal(p->ring, &ngx_court_events_aad, &text, &sealed)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    line->len = ngx_court_base64url_encode(line->data, &sealed) - line->data;
    line->data[line->len++] = '\n';

    return NGX_OK;
}


ngx_int_t
ngx_court_events_accept(ngx_court_events_t *p, const ngx_court_event_t *ev)
{
    ngx_int_t    rc;
    ngx_str_t    line;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, p->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_court_events_seal(p, pool, ev, &line);

    if (rc == NGX_OK
        && (ngx_court_events_write_all(p->journal, line.data, line.len)
            != NGX_OK || fdatasync(p->journal) == -1))
    {
        ngx_court_events_say("the journal cannot be written: %s",
                             strerror(errno));

        /* what may stand there torn would spoil the next line */

        (void) ngx_court_events_write_all(p->journal, (u_char *) "\n", 1);
        rc = NGX_ERROR;
    }

    ngx_destroy_pool(pool);

    return rc == NGX_OK ? ngx_court_events_push(&p->pending, ev, 0, p->log)
                        : NGX_ERROR;
}


/* the text under that name, durable; *kept: its descriptor stays, at its end */

static ngx_int_t
ngx_court_events_replace(ngx_court_events_t *p, const char *name,
    const ngx_str_t *lines, ngx_uint_t n, int *kept)
{
    int         fd;
    char        path[NGX_COURT_EVENTS_PATH], new[NGX_COURT_EVENTS_PATH];
    ngx_int_t   rc;
    ngx_uint_t  i;

    (void) ngx_court_events_file(p, name, path);
    snprintf(new, sizeof(new), "%.4000s.new", path);

    fd = open(new, O_WRONLY|O_CREAT|O_TRUNC|O_APPEND|O_CLOEXEC, 0600);
    if (fd == -1) {
        return NGX_ERROR;
    }

    rc = NGX_OK;

    for (i = 0; rc == NGX_OK && i < n; i++) {
        rc = ngx_court_events_write_all(fd, lines[i].data, lines[i].len);
    }

    if (rc == NGX_OK && fsync(fd) == 0 && rename(new, path) == 0
        && ngx_court_events_sync_dir(p) == NGX_OK)
    {
        if (kept) {
            if (*kept != -1) {
                close(*kept);
            }

            *kept = fd;
            return NGX_OK;
        }

        return close(fd) == 0 ? NGX_OK : NGX_ERROR;
    }

    close(fd);

    return NGX_ERROR;
}


static ngx_int_t
ngx_court_events_journal(ngx_court_events_t *p, ngx_pool_t *pool)
{
    ngx_str_t                *lines;
    ngx_uint_t                n;
    ngx_court_events_item_t  *item;

    lines = ngx_pcalloc(pool, (p->pending.n + 1) * sizeof(ngx_str_t));
    if (lines == NULL) {
        return NGX_ERROR;
    }

    for (item = p->pending.first, n = 0; item; item = item->next, n++) {
        if (ngx_court_events_seal(p, pool, &item->ev, &lines[n]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_court_events_replace(p, "journal", lines, n, &p->journal);
}


ngx_int_t
ngx_court_events_save(ngx_court_events_t *p, const ngx_str_t *head,
    const ngx_str_t *parts, ngx_uint_t n)
{
    ngx_int_t    rc;
    ngx_str_t   *lines;
    ngx_uint_t   i;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, p->log);
    lines = pool ? ngx_pcalloc(pool, (2 * n + 2) * sizeof(ngx_str_t)) : NULL;

    if (lines == NULL) {
        return NGX_ERROR;
    }

    lines[0] = *head;
    ngx_str_set(&lines[1], "\n");

    for (i = 0; i < n; i++) {
        lines[2 * i + 2].data = ngx_pnalloc(pool, 2 * parts[i].len + 4);

        if (lines[2 * i + 2].data == NULL) {
            ngx_destroy_pool(pool);
            return NGX_ERROR;
        }

        lines[2 * i + 2].len = ngx_court_base64url_encode(lines[2 * i + 2].data,
                                                          &parts[i])
                               - lines[2 * i + 2].data;
        ngx_str_set(&lines[2 * i + 3], "\n");
    }

    /* first what is known, then what the journal no more need say */

    rc = ngx_court_events_replace(p, "state", lines, 2 * n + 2, NULL);

    if (rc == NGX_OK) {
        rc = ngx_court_events_journal(p, pool);
    }

    if (rc != NGX_OK) {
        ngx_court_events_say("%s cannot be written: %s", p->conf.state,
                             strerror(errno));
    }

    ngx_destroy_pool(pool);

    return rc;
}


/* the next line of text, without its newline; 0: none */

static ngx_uint_t
ngx_court_events_next_line(ngx_str_t *text, ngx_str_t *line,
    ngx_uint_t *whole)
{
    u_char  *eol;

    if (text->len == 0) {
        return 0;
    }

    eol = memchr(text->data, '\n', text->len);
    *whole = (eol != NULL);

    line->data = text->data;
    line->len = eol ? (size_t) (eol - text->data) : text->len;

    text->data += line->len + *whole;
    text->len -= line->len + *whole;

    return 1;
}


static int
ngx_court_events_spoilt(ngx_court_events_t *p, const char *name,
    const char *why)
{
    fprintf(stderr, "court-tool: %s/%s: %s\n", p->conf.state, name, why);

    return NGX_COURT_TOOL_INVALID;
}


static ngx_int_t
ngx_court_events_parts(ngx_court_events_t *p, ngx_pool_t *pool,
    ngx_str_t *text, const ngx_court_event_head_t *head, const char **why)
{
    ngx_str_t                  line, bytes;
    ngx_uint_t                 i, whole;
    ngx_array_t               *all;
    ngx_court_event_t          ev;
    ngx_court_event_denied_t  *denied;

    all = ngx_array_create(pool, 64, sizeof(ngx_court_event_denied_t));

    for (i = 0; all && i < head->nparts; i++) {
        *why = "a part is missing";

        if (!ngx_court_events_next_line(text, &line, &whole)
            || ngx_court_base64url_decode(pool, &bytes, &line) != NGX_OK
            || ngx_court_event_part_read(pool, p->keys, p->ring, head, i,
                                         &bytes, all, why)
               != NGX_COURT_EVENT_OK)
        {
            return NGX_ERROR;
        }
    }

    if (all == NULL || all->nelts != head->entries) {
        *why = "its parts are not as many entries as its head says";
        return NGX_ERROR;
    }

    denied = all->elts;

    for (i = 0; i < all->nelts; i++) {
        memset(&ev, 0, sizeof(ev));
        ev.kind = NGX_COURT_EVENT_DENY;
        ev.id = denied[i].id;
        ev.target = denied[i].target;
        ev.until = denied[i].until;

        if (ngx_court_events_push(&p->denied, &ev, denied[i].at, p->log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static int
ngx_court_events_load_state(ngx_court_events_t *p, ngx_pool_t *pool)
{
    char                      path[NGX_COURT_EVENTS_PATH];
    ngx_str_t                 text, line;
    const char               *why;
    ngx_uint_t                whole;
    ngx_court_event_head_t    head;

    if (access(ngx_court_events_file(p, "state", path), F_OK) == -1) {
        return NGX_COURT_TOOL_YES;
    }

    if (ngx_court_tool_read(pool, path, &text) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    why = "it is empty";

    if (!ngx_court_events_next_line(&text, &line, &whole)
        || ngx_court_event_head_read(pool, p->keys, &line, &head, &why)
           != NGX_COURT_EVENT_OK
        || ngx_court_events_parts(p, pool, &text, &head, &why) != NGX_OK)
    {
        return ngx_court_events_spoilt(p, "state", why);
    }

    ngx_court_event_head_take(&p->chain, &head);
    p->head_seq = head.seq;

    return NGX_COURT_TOOL_YES;
}


/* a line that does not open is a torn one where it is the last */

static int
ngx_court_events_load_line(ngx_court_events_t *p, ngx_pool_t *pool,
    const ngx_str_t *line)
{
    ngx_str_t           bytes, plain;
    ngx_court_json_t   *node;
    ngx_court_event_t   ev;

    if (ngx_court_base64url_decode(pool, &bytes, line) != NGX_OK) {
        return NGX_COURT_TOOL_NO;
    }

    plain.data = ngx_pnalloc(pool, bytes.len + 1);

    if (plain.data == NULL
        || ngx_court_open(p->ring, &ngx_court_events_aad, &bytes, &plain)
           != NGX_OK)
    {
        return NGX_COURT_TOOL_NO;
    }

    node = ngx_court_json_parse(pool, &plain, &ngx_court_json_small, NULL);

    if (node == NULL
        || ngx_court_events_request_read(pool, node, &ev) != NGX_OK
        || ev.id.len == 0
        || ngx_court_events_push(&p->pending, &ev, 0, p->log) != NGX_OK)
    {
        return NGX_COURT_TOOL_NO;
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_events_load_journal(ngx_court_events_t *p, ngx_pool_t *pool)
{
    char        path[NGX_COURT_EVENTS_PATH];
    ngx_str_t   text, line;
    ngx_uint_t  whole;

    if (access(ngx_court_events_file(p, "journal", path), F_OK) == 0) {

        if (ngx_court_tool_read(pool, path, &text) != NGX_OK) {
            return NGX_COURT_TOOL_UNREACHABLE;
        }

        while (ngx_court_events_next_line(&text, &line, &whole)) {

            if (line.len == 0) {
                continue;
            }

            if (ngx_court_events_load_line(p, pool, &line)
                != NGX_COURT_TOOL_YES)
            {
                if (whole && text.len) {
                    return ngx_court_events_spoilt(p, "journal", "a line does "
                               "not open: another ring, or a damaged file");
                }

                ngx_court_events_say("the journal's last line is torn: that "
                                     "request was never acknowledged");
            }
        }
    }

    if (ngx_court_events_journal(p, pool) != NGX_OK) {
        fprintf(stderr, "court-tool: %s: %s\n", path, strerror(errno));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    return NGX_COURT_TOOL_YES;
}


int
ngx_court_events_load(ngx_court_events_t *p)
{
    int          rc;
    char         path[NGX_COURT_EVENTS_PATH];
    ngx_pool_t  *pool;

    if (mkdir(p->conf.state, 0700) == -1 && errno != EEXIST) {
        fprintf(stderr, "court-tool: %s: %s\n", p->conf.state,
                strerror(errno));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p->lock = open(ngx_court_events_file(p, "lock", path),
                   O_RDWR|O_CREAT|O_CLOEXEC, 0600);

    if (p->lock == -1 || flock(p->lock, LOCK_EX|LOCK_NB) == -1) {
        fprintf(stderr, "court-tool: %s: %s\n", path,
                errno == EWOULDBLOCK ? "another publisher works here"
                                     : strerror(errno));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    pool = ngx_create_pool(4096, p->log);
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_events_load_state(p, pool);

    if (rc == NGX_COURT_TOOL_YES) {
        rc = ngx_court_events_load_journal(p, pool);
    }

    ngx_destroy_pool(pool);

    return rc;
}
