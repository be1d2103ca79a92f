/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tombstone_file.h"
#include "ngx_court_bytes.h"

#include <sys/file.h>


#define NGX_COURT_TOMBSTONE_LIST  64


const ngx_str_t  ngx_court_tombstone_kinds[] = {
    ngx_string("subject"),
    ngx_string("token"),
    ngx_string("hash"),
    ngx_string("key"),
    ngx_string("court")
};


/* "\ndeny KIND UNTIL ADDED HEX .\n"; an empty line is none */

u_char *
ngx_court_tombstone_file_line(u_char *buf, const ngx_court_tombstone_t *stone,
    ngx_uint_t undo)
{
    u_char  *p;

    p = ngx_sprintf(buf, "\n%s %V %L %L ", undo ? "undo" : "deny",
                    &ngx_court_tombstone_kinds[stone->kind], stone->until,
                    stone->added);
    p = ngx_hex_dump(p, (u_char *) stone->key, NGX_COURT_TOMBSTONE_KEY);

    return ngx_cpymem(p, " .\n", 3);
}


/* the next word of a line; NGX_ERROR: there is none */

static ngx_int_t
ngx_court_tombstone_file_word(const u_char **p, const u_char *last,
    ngx_str_t *word)
{
    const u_char  *end;

    end = *p;

    while (end < last && *end != ' ') { end++; }

    word->data = (u_char *) *p;
    word->len = end - *p;
    *p = (end < last) ? end + 1 : end;

    return word->len ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_court_tombstone_file_time(const ngx_str_t *word, int64_t *n)
{
    size_t   i;
    int64_t  digit;

    *n = 0;

    for (i = 0; i < word->len; i++) {
        digit = word->data[i] - '0';

        if (digit < 0 || digit > 9
            || *n > (NGX_COURT_TOMBSTONE_EVER - digit) / 10)
        {
            return NGX_ERROR;
        }

        *n = *n * 10 + digit;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tombstone_file_key(const ngx_str_t *word, u_char *key)
{
    ngx_int_t   high, low;
    ngx_uint_t  i;

    if (word->len != 2 * NGX_COURT_TOMBSTONE_KEY) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_COURT_TOMBSTONE_KEY; i++) {
        high = ngx_court_hex_digit(word->data[2 * i]);
        low = ngx_court_hex_digit(word->data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return NGX_ERROR;
        }

        key[i] = (u_char) (high << 4 | low);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tombstone_file_kind(const ngx_str_t *word,
    ngx_court_tombstone_kind_t *kind)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_TOMBSTONE_KINDS; i++) {
        if (ngx_court_str_eq(word, &ngx_court_tombstone_kinds[i])) {
            *kind = i;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


ngx_int_t
ngx_court_tombstone_file_parse(const u_char *p, const u_char *last,
    ngx_court_tombstone_t *stone, ngx_uint_t *undo)
{
    ngx_str_t   word[5];
    ngx_uint_t  i;

    if (last - p < 2 || last[-1] != '.' || last[-2] != ' ') {
        return NGX_DECLINED;
    }

    last -= 2;

    for (i = 0; i < 5; i++) {
        if (ngx_court_tombstone_file_word(&p, last, &word[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (p != last || word[0].len != 4) {
        return NGX_ERROR;
    }

    *undo = (ngx_memcmp(word[0].data, "undo", 4) == 0);

    if (!*undo && ngx_memcmp(word[0].data, "deny", 4) != 0) {
        return NGX_ERROR;
    }

    ngx_memzero(stone, sizeof(ngx_court_tombstone_t));
    stone->origin = NGX_COURT_TOMBSTONE_LOCAL;

    return (ngx_court_tombstone_file_kind(&word[1], &stone->kind) == NGX_OK
            && ngx_court_tombstone_file_time(&word[2], &stone->until)
               == NGX_OK
            && ngx_court_tombstone_file_time(&word[3], &stone->added)
               == NGX_OK
            && ngx_court_tombstone_file_key(&word[4], stone->key) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_court_tombstone_file_apply(ngx_court_tombstones_t *ts,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo)
{
    if (undo) {
        return ngx_court_tombstone_undo(ts, stone->key, stone->origin,
                                        ngx_time())
               == NGX_BUSY ? NGX_ERROR : NGX_OK;
    }

    if (stone->until <= ngx_time()) {
        return NGX_OK;
    }

    return ngx_court_tombstone_put(ts, stone) == NGX_OK ? NGX_OK : NGX_ERROR;
}


/* a line that is damaged may be anybody's: not to be passed over */

static ngx_int_t
ngx_court_tombstone_file_lines(ngx_court_tombstone_file_t *file,
    ngx_court_tombstones_t *ts, u_char *p, u_char *last, ngx_log_t *log)
{
    u_char                 *end;
    ngx_int_t               rc;
    ngx_uint_t              line, undo;
    ngx_court_tombstone_t   stone;

    for (line = 1; p < last; line++, p = end + 1) {
        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            end = last;
        }

        if (end == p) {
            continue;
        }

        rc = ngx_court_tombstone_file_parse(p, end, &stone, &undo);

        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_WARN, log, 0, "\"%V\": line %ui was not "
                          "written to its end, and is skipped", &file->name,
                          line);
            continue;
        }

        if (rc != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, log, 0, "\"%V\": line %ui is "
                          "damaged: who is revoked is not known",
                          &file->name, line);
            return NGX_ERROR;
        }

        if (ts && ngx_court_tombstone_file_apply(ts, &stone, undo) != NGX_OK) {
            ngx_log_error(NGX_LOG_EMERG, log, 0, "\"%V\": the zone "
                          "\"tombstones\" has no room for what is revoked",
                          &file->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tombstone_file_errno(const ngx_str_t *name, const char *what,
    ngx_log_t *log)
{
    ngx_log_error(NGX_LOG_EMERG, log, ngx_errno, "%s \"%V\" failed", what,
                  name);

    return NGX_ERROR;
}


static ngx_int_t
ngx_court_tombstone_file_read(ngx_court_tombstone_file_t *file,
    ngx_court_tombstones_t *ts, ngx_log_t *log)
{
    u_char           *text;
    size_t            size, len;
    ssize_t           n;
    ngx_int_t         rc;
    ngx_file_info_t   fi;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR) {
        return ngx_court_tombstone_file_errno(&file->name, ngx_fd_info_n, log);
    }

    if (!ngx_is_file(&fi) || (fi.st_uid != 0 && fi.st_uid != geteuid())
        || (fi.st_mode & (S_IWGRP|S_IWOTH))
        || ngx_file_size(&fi) > NGX_COURT_TOMBSTONE_FILE_MAX)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "\"%V\" must be a file of root "
                      "or of the user that starts nginx, not writable by "
                      "group or others, of at most 64m", &file->name);
        return NGX_ERROR;
    }

    size = (size_t) ngx_file_size(&fi);

    text = ngx_alloc(size + 1, log);
    if (text == NULL) {
        return NGX_ERROR;
    }

    for (len = 0; len < size; len += n) {
        n = pread(file->fd, text + len, size - len, (off_t) len);

        if (n <= 0) {
            rc = ngx_court_tombstone_file_errno(&file->name, "pread()", log);
            goto done;
        }
    }

    rc = ngx_court_tombstone_file_lines(file, ts, text, text + len, log);

done:

    ngx_free(text);

    return rc;
}


static ngx_int_t
ngx_court_tombstone_file_put(ngx_fd_t fd, ngx_court_tombstones_t *ts)
{
    u_char                 buf[NGX_COURT_TOMBSTONE_LINE], *p;
    uint32_t               from;
    ngx_int_t              i, n;
    ngx_court_tombstone_t  stones[NGX_COURT_TOMBSTONE_LIST];

    from = 0;

    do {
        n = ngx_court_tombstone_list(ts, &from, stones,
                                     NGX_COURT_TOMBSTONE_LIST, ngx_time());
        if (n == NGX_BUSY) {
            return NGX_ERROR;
        }

        for (i = 0; i < n; i++) {

            if (stones[i].origin != NGX_COURT_TOMBSTONE_LOCAL) {
                continue;
            }

            p = ngx_court_tombstone_file_line(buf, &stones[i], 0);

            if (ngx_write_fd(fd, buf, p - buf) != p - buf) {
                return NGX_ERROR;
            }
        }

    } while (from);

    return fsync(fd) == -1 ? NGX_ERROR : NGX_OK;
}


/* the new one takes the old one's place whole, or not at all */

static ngx_int_t
ngx_court_tombstone_file_renew(ngx_court_tombstone_file_t *file,
    ngx_court_tombstones_t *ts, ngx_log_t *log)
{
    u_char     name[NGX_MAX_PATH];
    ngx_fd_t   fd;
    ngx_str_t  temp;

    temp.data = name;
    temp.len = ngx_snprintf(name, sizeof(name) - 1, "%V.new", &file->name)
               - name;
    name[temp.len] = '\0';

    fd = open((char *) name, O_WRONLY|O_CREAT|O_TRUNC|O_APPEND|O_CLOEXEC,
              0600);

    if (fd == NGX_INVALID_FILE) {
        return ngx_court_tombstone_file_errno(&temp, "open()", log);
    }

    if (ngx_court_tombstone_file_put(fd, ts) != NGX_OK
        || flock(fd, LOCK_SH|LOCK_NB) == -1
        || ngx_rename_file(name, file->name.data) == NGX_FILE_ERROR)
    {
        (void) ngx_court_tombstone_file_errno(&temp, "writing", log);
        (void) ngx_close_file(fd);
        return NGX_ERROR;
    }

    if (file->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(file->fd);
    }

    file->fd = fd;

    return NGX_OK;
}


static void
ngx_court_tombstone_file_close(void *data)
{
    ngx_court_tombstone_file_t  *file = data;

    if (file->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(file->fd);
        file->fd = NGX_INVALID_FILE;
    }
}


static ngx_int_t
ngx_court_tombstone_file_name(ngx_court_tombstone_file_t *file,
    const ngx_str_t *dir, ngx_pool_t *pool)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(pool, 0);
    file->name.data = ngx_pnalloc(pool, dir->len + sizeof("/revoked"));

    if (cln == NULL || file->name.data == NULL
        || dir->len + sizeof("/revoked.new") > NGX_MAX_PATH)
    {
        return NGX_ERROR;
    }

    file->name.len = ngx_sprintf(file->name.data, "%V/revoked%Z", dir)
                     - file->name.data - 1;
    file->fd = NGX_INVALID_FILE;

    cln->handler = ngx_court_tombstone_file_close;
    cln->data = file;

    return NGX_OK;
}


ngx_int_t
ngx_court_tombstone_file_check(const ngx_str_t *dir, ngx_pool_t *pool,
    ngx_log_t *log)
{
    ngx_int_t                    rc;
    ngx_court_tombstone_file_t  *file;

    file = ngx_pcalloc(pool, sizeof(ngx_court_tombstone_file_t));

    if (file == NULL
        || ngx_court_tombstone_file_name(file, dir, pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    file->fd = open((char *) file->name.data, O_RDONLY|O_CLOEXEC, 0);

    if (file->fd == NGX_INVALID_FILE) {
        return (ngx_errno == NGX_ENOENT)
               ? NGX_OK
               : ngx_court_tombstone_file_errno(&file->name, "open()", log);
    }

    rc = ngx_court_tombstone_file_read(file, NULL, log);

    ngx_court_tombstone_file_close(file);

    return rc;
}


ngx_int_t
ngx_court_tombstone_file_open(ngx_court_tombstone_file_t *file,
    ngx_court_tombstones_t *ts, const ngx_str_t *dir, ngx_cycle_t *cycle)
{
    ngx_uint_t  born;

    born = ngx_court_tombstone_born(ts);

    if (ngx_court_tombstone_file_name(file, dir, cycle->pool) != NGX_OK) {
        return NGX_ERROR;
    }

    file->fd = open((char *) file->name.data, O_RDWR|O_APPEND|O_CLOEXEC, 0);

    if (file->fd == NGX_INVALID_FILE) {
        return (ngx_errno == NGX_ENOENT)
               ? ngx_court_tombstone_file_renew(file, ts, cycle->log)
               : ngx_court_tombstone_file_errno(&file->name, "open()",
                                                cycle->log);
    }

    if (born) {
        if (ngx_court_tombstone_file_read(file, ts, cycle->log) != NGX_OK) {
            return NGX_ERROR;
        }

        if (flock(file->fd, LOCK_EX|LOCK_NB) == 0) {
            return ngx_court_tombstone_file_renew(file, ts, cycle->log);
        }
    }

    (void) flock(file->fd, LOCK_SH|LOCK_NB);

    return NGX_OK;
}


ngx_int_t
ngx_court_tombstone_file_append(ngx_court_tombstone_file_t *file,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo, ngx_log_t *log)
{
    u_char   buf[NGX_COURT_TOMBSTONE_LINE], *p;
    ssize_t  n;

    p = ngx_court_tombstone_file_line(buf, stone, undo);

    n = ngx_write_fd(file->fd, buf, p - buf);

    if (n == p - buf) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, log, n == -1 ? ngx_errno : 0,
                  ngx_write_fd_n " \"%V\" failed: what was revoked is not "
                  "kept over a restart", &file->name);

    return NGX_ERROR;
}
