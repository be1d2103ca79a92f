/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Items become a file's new text.  The key to write with stands first, so
 * that who knows no states reads the file in the same way.
 */

#include "ngx_court_tool_keys.h"
#include "ngx_court_seal.h"
#include "ngx_court_time.h"

#include <fcntl.h>
#include <unistd.h>


#define NGX_COURT_KEYS_LINE  256          /* what an item adds to its text */


static u_char *
ngx_court_keys_save_line(u_char *p, const ngx_court_keys_item_t *item)
{
    p = ngx_sprintf(p, "%V %V %V state=%s", &item->id, &item->alg,
                    &item->text, ngx_court_turn_name(item->turn));

    if (item->created) {
        p = ngx_cpymem(p, " created=", 9);
        p = ngx_court_time_format(p, item->created);
    }

    *p++ = '\n';

    return p;
}


static u_char *
ngx_court_keys_save_jwk(u_char *p, const ngx_court_keys_item_t *item,
    ngx_uint_t with_turn)
{
    p = ngx_cpymem(p, item->text.data, item->text.len);

    if (item->created) {
        p = ngx_sprintf(p, ",\"iat\":%L", item->created);
    }

    if (with_turn) {
        p = ngx_sprintf(p, ",\"court_state\":\"%s\"",
                        ngx_court_turn_name(item->turn));
    }

    *p++ = '}';

    return p;
}


static u_char *
ngx_court_keys_save_items(u_char *p, const ngx_court_keys_file_t *file,
    ngx_uint_t writer)
{
    u_char                       *start;
    ngx_uint_t                    i;
    const ngx_court_keys_item_t  *item;

    start = p;
    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {

        if ((item[i].turn == NGX_COURT_TURN_WRITE) != writer) {
            continue;
        }

        if (file->kind <= NGX_COURT_KEYS_AUDIT) {
            p = ngx_court_keys_save_line(p, &item[i]);
            continue;
        }

        if (p > start || p[-1] != '[') {
            *p++ = ',';
        }

        p = ngx_court_keys_save_jwk(p, &item[i],
                                    file->kind == NGX_COURT_KEYS_PRIVATE);
    }

    return p;
}


static ngx_int_t
ngx_court_keys_save_text(ngx_court_keys_file_t *file, ngx_str_t *text)
{
    u_char                 *p;
    size_t                  len;
    ngx_str_t              *comment;
    ngx_uint_t              i, ring;
    ngx_court_keys_item_t  *item;

    len = 64;
    item = file->items.elts;
    comment = file->comments.elts;

    for (i = 0; i < file->items.nelts; i++) {
        len += item[i].text.len + item[i].id.len + NGX_COURT_KEYS_LINE;
    }

    for (i = 0; i < file->comments.nelts; i++) {
        len += comment[i].len + 1;
    }

    p = ngx_pnalloc(file->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    ring = file->kind <= NGX_COURT_KEYS_AUDIT;

    for (i = 0; i < file->comments.nelts; i++) {
        p = ngx_cpymem(p, comment[i].data, comment[i].len);
        *p++ = '\n';
    }

    if (!ring) {
        p = ngx_cpymem(p, "{\"keys\":[", 9);
    }

    p = ngx_court_keys_save_items(p, file, 1);
    p = ngx_court_keys_save_items(p, file, 0);

    if (!ring) {
        p = ngx_cpymem(p, "]}\n", 3);
    }

    text->len = p - text->data;

    return NGX_OK;
}


/* owner and mode before the first byte; the disk has it before the name */

static ngx_int_t
ngx_court_keys_save_temp(ngx_court_keys_file_t *file, int fd,
    const ngx_str_t *text)
{
    size_t       done;
    ssize_t      n;
    struct stat  st;

    if (fstat(fd, &st) == -1) {
        return NGX_ERROR;
    }

    if ((st.st_uid != file->st.st_uid || st.st_gid != file->st.st_gid)
        && fchown(fd, file->st.st_uid, file->st.st_gid) == -1)
    {
        return NGX_ERROR;
    }

    if (fchmod(fd, file->st.st_mode & 0777) == -1) {
        return NGX_ERROR;
    }

    for (done = 0; done < text->len; done += n) {
        n = write(fd, text->data + done, text->len - done);
        if (n <= 0) {
            return NGX_ERROR;
        }
    }

    return fsync(fd) == 0 ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_court_keys_save_rename(ngx_court_keys_file_t *file, const ngx_str_t *text)
{
    int        fd, e;
    char       temp[PATH_MAX + 16];
    ngx_int_t  rc;

    snprintf(temp, sizeof(temp), "%s.XXXXXX", file->path);

    fd = mkostemp(temp, O_CLOEXEC);               /* 0600 */
    if (fd == -1) {
        return NGX_ERROR;
    }

    rc = ngx_court_keys_save_temp(file, fd, text);

    if (close(fd) == -1) {
        rc = NGX_ERROR;
    }

    if (rc == NGX_OK && rename(temp, file->path) == 0) {
        return fsync(file->lock) == 0 ? NGX_OK : NGX_ERROR;
    }

    e = errno;
    (void) unlink(temp);
    errno = e;

    return NGX_ERROR;
}


/* what the gateway would refuse is not written */

static int
ngx_court_keys_save_tried(ngx_court_keys_file_t *file, const ngx_str_t *text)
{
    ngx_str_t  err;

    if (file->kind <= NGX_COURT_KEYS_AUDIT) {

        if (ngx_court_ring_parse(file->pool, text,
                                 file->kind == NGX_COURT_KEYS_SEAL
                                 ? NGX_COURT_RING_SEAL : NGX_COURT_RING_MAC,
                                 &err))
        {
            return NGX_COURT_TOOL_YES;
        }

    } else if (ngx_court_jwks_parse(file->pool, text, &err)) {
        return NGX_COURT_TOOL_YES;
    }

    fprintf(stderr, "court-tool: %s: not changed: %.*s\n", file->name,
            (int) err.len, err.data);

    return NGX_COURT_TOOL_USAGE;
}


int
ngx_court_keys_save(ngx_court_keys_file_t *file)
{
    int        e, tried;
    ngx_int_t  rc;
    ngx_str_t  text;

    if (ngx_court_keys_save_text(file, &text) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    tried = ngx_court_keys_save_tried(file, &text);
    if (tried != NGX_COURT_TOOL_YES) {
        return tried;
    }

    rc = ngx_court_keys_save_rename(file, &text);
    e = errno;
    ngx_court_wipe(text.data, text.len);

    if (rc == NGX_OK) {
        return NGX_COURT_TOOL_YES;
    }

    fprintf(stderr, "court-tool: cannot write %s: %s\n", file->name,
            strerror(e));

    return e == EACCES || e == EPERM ? NGX_COURT_TOOL_FORBIDDEN
                                     : NGX_COURT_TOOL_UNREACHABLE;
}
