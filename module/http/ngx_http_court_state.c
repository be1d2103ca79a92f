/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court_state_dir: the last accepted policy outlives restarts, so that an old
 * file that comes back (a restored backup, a wrong checkout) does not bring
 * an old policy back.  Written by the master alone, by rename.
 */

#include "ngx_http_court_conf.h"


static ngx_int_t
ngx_http_court_state_name(ngx_http_court_main_conf_t *mcf, u_char *buf,
    size_t size, const char *suffix)
{
    u_char  *p;

    p = ngx_snprintf(buf, size - 1, "%V/policy.json%s", &mcf->state_dir,
                     suffix);
    *p = '\0';

    return (p == buf + size - 1) ? NGX_ERROR : NGX_OK;
}


/* NGX_DECLINED: nothing is kept yet */

ngx_int_t
ngx_http_court_state_read(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_str_t *text)
{
    u_char            name[NGX_MAX_PATH];
    ngx_str_t         file;
    ngx_file_info_t   fi;

    if (ngx_http_court_state_name(mcf, name, sizeof(name), "") != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_file_info(name, &fi) == NGX_FILE_ERROR
        && ngx_errno == NGX_ENOENT)
    {
        return NGX_DECLINED;
    }

    file.len = ngx_strlen(name);
    file.data = ngx_pnalloc(cf->pool, file.len + 1);
    if (file.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(file.data, name, file.len + 1);

    return ngx_http_court_file_read(cf, &file, 0, text) == NGX_CONF_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_court_state_put(const u_char *name, const ngx_str_t *text,
    ngx_log_t *log)
{
    size_t    done;
    ssize_t   n;
    ngx_fd_t  fd;

    fd = ngx_open_file(name, NGX_FILE_WRONLY, NGX_FILE_TRUNCATE, 0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      ngx_open_file_n " \"%s\" failed", name);
        return NGX_ERROR;
    }

    n = 0;

    for (done = 0; done < text->len; done += n) {
        n = ngx_write_fd(fd, text->data + done, text->len - done);

        if (n <= 0) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          ngx_write_fd_n " \"%s\" failed", name);
            break;
        }
    }

    /* the master, before it serves: blocking here holds up nobody */

    if (n > 0 && fsync(fd) == -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno, "fsync \"%s\" failed",
                      name);
        n = -1;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", name);
    }

    return (n > 0) ? NGX_OK : NGX_ERROR;
}


void
ngx_http_court_state_write(ngx_http_court_main_conf_t *mcf, ngx_log_t *log)
{
    u_char  name[NGX_MAX_PATH], temp[NGX_MAX_PATH];

    if (ngx_http_court_state_name(mcf, name, sizeof(name), "") != NGX_OK
        || ngx_http_court_state_name(mcf, temp, sizeof(temp), ".new")
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "name of court_state_dir \"%V\" is too long",
                      &mcf->state_dir);
        return;
    }

    if (ngx_http_court_state_put(temp, &mcf->policy_text, log) != NGX_OK) {
        return;
    }

    if (ngx_rename_file(temp, name) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                      ngx_rename_file_n " \"%s\" to \"%s\" failed", temp,
                      name);
    }
}
