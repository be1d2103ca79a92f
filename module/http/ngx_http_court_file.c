/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust anchors are files that the master reads: root's or our own, and
 * nobody else may write them; secrets nobody else may read either.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_FILE_MAX  (16 * 1024 * 1024)


const char *
ngx_http_court_file_distrust(const ngx_file_info_t *fi, ngx_uint_t secret,
    ngx_uint_t uid)
{
    if (!ngx_is_file(fi)) {
        return "is not a regular file";
    }

    if (ngx_file_size(fi) > NGX_HTTP_COURT_FILE_MAX) {
        return "is too large";
    }

    if (fi->st_uid != 0 && fi->st_uid != uid) {
        return "is not owned by root or by the user that starts nginx";
    }

    if (secret && (fi->st_mode & S_IRWXO)) {
        return "holds secrets and must not be accessible by others";
    }

    if (fi->st_mode & (S_IWGRP|S_IWOTH)) {
        return "must not be writable by group or others";
    }

    return NULL;
}


static ngx_int_t
ngx_http_court_file_load(ngx_conf_t *cf, ngx_fd_t fd, const ngx_str_t *name,
    ngx_uint_t secret, ngx_str_t *text)
{
    size_t            size;
    ssize_t           n;
    const char       *why;
    ngx_file_info_t   fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    why = ngx_http_court_file_distrust(&fi, secret, geteuid());

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", name, why);
        return NGX_ERROR;
    }

    size = (size_t) ngx_file_size(&fi);

    /* one byte more, so that a file that grows meanwhile is noticed */

    text->data = ngx_pnalloc(cf->pool, size + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    for (text->len = 0; text->len <= size; text->len += n) {
        n = ngx_read_fd(fd, text->data + text->len, size + 1 - text->len);

        if (n == 0) {
            break;
        }

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               ngx_read_fd_n " \"%V\" failed", name);
            return NGX_ERROR;
        }
    }

    if (text->len != size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" changed while it was read", name);
        return NGX_ERROR;
    }

    text->data[size] = '\0';

    return NGX_OK;
}


char *
ngx_http_court_file_read(ngx_conf_t *cf, ngx_str_t *name, ngx_uint_t secret,
    ngx_str_t *text)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    if (name->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty file name");
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* NONBLOCK: a FIFO must not hang who reads the configuration */

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    rc = ngx_http_court_file_load(cf, fd, name, secret, text);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return (rc == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_court_file_private(ngx_conf_t *cf, const ngx_str_t *name)
{
    const char       *why;
    ngx_file_info_t   fi;

    if (ngx_file_info(name->data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_file_info_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    why = ngx_http_court_file_distrust(&fi, 1, geteuid());

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", name, why);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
