/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The policy file, read again by a worker: with the worker's rights, and
 * trusted like the first time.  It is checked here as nginx -t would, and
 * published for all.  Reading and compiling hold this worker for some ms;
 * that is what a reload costs each of them, too.
 */

#include "ngx_http_court_conf.h"


static ngx_int_t
ngx_http_court_reload_refuse(ngx_http_court_reload_t *reload,
    ngx_uint_t status, const char *code, const char *why)
{
    reload->status = status;
    reload->code = code;
    reload->err.data = (u_char *) why;
    reload->err.len = ngx_strlen(why);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_reload_errno(ngx_http_court_reload_t *reload, ngx_pool_t *pool)
{
    u_char     *p;
    ngx_err_t   err;

    err = ngx_errno;

    p = ngx_pnalloc(pool, NGX_MAX_ERROR_STR);
    if (p == NULL) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            "internal_error", "no memory");
    }

    reload->status = NGX_HTTP_INTERNAL_SERVER_ERROR;
    reload->code = "file_unreadable";
    reload->err.data = p;
    reload->err.len = ngx_strerror(err, p, NGX_MAX_ERROR_STR) - p;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_reload_fd(ngx_http_court_main_conf_t *mcf, ngx_fd_t fd,
    ngx_pool_t *pool, ngx_str_t *text, ngx_http_court_reload_t *reload)
{
    size_t           size;
    ssize_t          n;
    const char      *why;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        return ngx_http_court_reload_errno(reload, pool);
    }

    why = ngx_http_court_file_distrust(&fi, 0, mcf->control_uid);

    if (why) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            "file_unreadable", why);
    }

    size = (size_t) ngx_file_size(&fi);

    text->data = ngx_pnalloc(pool, size + 1);
    if (text->data == NULL) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            "internal_error", "no memory");
    }

    for (text->len = 0; text->len <= size; text->len += n) {
        n = ngx_read_fd(fd, text->data + text->len, size + 1 - text->len);

        if (n == -1) {
            return ngx_http_court_reload_errno(reload, pool);
        }

        if (n == 0) {
            break;
        }
    }

    return (text->len == size)
           ? NGX_OK
           : ngx_http_court_reload_refuse(reload,
                                          NGX_HTTP_INTERNAL_SERVER_ERROR,
                                          "file_unreadable",
                                          "changed while it was read");
}


static ngx_int_t
ngx_http_court_reload_read(ngx_http_court_main_conf_t *mcf, ngx_pool_t *pool,
    ngx_str_t *text, ngx_http_court_reload_t *reload)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    fd = ngx_open_file(mcf->policy_file.data,
                       NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        return ngx_http_court_reload_errno(reload, pool);
    }

    rc = ngx_http_court_reload_fd(mcf, fd, pool, text, reload);

    (void) ngx_close_file(fd);

    return rc;
}


/* compiled for the check alone: each worker does it again for itself */

static ngx_int_t
ngx_http_court_reload_compile(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, const ngx_str_t *text, ngx_http_court_reload_t *reload)
{
    ngx_str_t            err;
    ngx_pool_t          *scratch;
    ngx_court_policy_t  *policy;

    scratch = ngx_create_pool(16384, pool->log);
    if (scratch == NULL) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            "internal_error", "no memory");
    }

    ngx_str_null(&err);
    policy = ngx_court_policy_compile(scratch, text, &mcf->vocab, &err);

    if (policy) {
        reload->version = ngx_court_policy_version(policy);

        if (ngx_court_policy_durable(policy) && mcf->audit_logs.nelts == 0) {
            reload->warning = "interfaces with trace durable, and there is "
                              "no court_audit_log";
        }

    } else {
        reload->status = 422;
        reload->code = "policy_invalid";
        reload->err.data = ngx_pstrdup(pool, &err);
        reload->err.len = reload->err.data ? err.len : 0;
    }

    ngx_destroy_pool(scratch);

    return policy ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_reload_publish(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, const ngx_str_t *text, ngx_http_court_reload_t *reload)
{
    u_char     *p;
    int64_t     live;
    uint64_t    before;
    ngx_int_t   rc;

    before = ngx_court_artefact_generation(mcf->artefacts,
                                           NGX_COURT_ARTEFACT_POLICY);

    rc = ngx_court_artefact_raise(mcf->artefacts, NGX_COURT_ARTEFACT_POLICY,
                                  reload->version, text, &live, pool->log);

    if (rc == NGX_ERROR) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "zone_full", "the zone artefacts "
                                            "has no room, or is busy");
    }

    if (rc == NGX_OK) {
        reload->generation = ngx_court_artefact_generation(mcf->artefacts,
                                                   NGX_COURT_ARTEFACT_POLICY);
        reload->changed = (reload->generation != before);

        return NGX_OK;
    }

    p = ngx_pnalloc(pool, 128);
    if (p == NULL) {
        return ngx_http_court_reload_refuse(reload,
                                            NGX_HTTP_INTERNAL_SERVER_ERROR,
                                            "internal_error", "no memory");
    }

    reload->status = NGX_HTTP_CONFLICT;
    reload->code = "version_lower";
    reload->err.data = p;
    reload->err.len = ngx_sprintf(p, "version %L is lower than the live one, "
                                  "%L", reload->version, live)
                      - p;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_court_policy_reload(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_http_court_reload_t *reload)
{
    ngx_str_t  text;

    ngx_memzero(reload, sizeof(ngx_http_court_reload_t));

    if (ngx_http_court_reload_read(mcf, pool, &text, reload) != NGX_OK
        || ngx_http_court_reload_compile(mcf, pool, &text, reload) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_court_reload_publish(mcf, pool, &text, reload);
}
