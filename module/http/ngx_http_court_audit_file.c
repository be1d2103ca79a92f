/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A process's end of a log.  Drafts of lines gather in memory; they are
 * chained and go out in one write: by a thread in a worker
 * (ngx_http_court_audit_commit.c); from here in the master, at a worker's end
 * and where there are no threads.  Never both at once, so that lines keep
 * their order.  What cannot be written stays, up to a bound.
 */

#include "ngx_http_court_audit.h"


/* lines that wait for a slow or full disk, in a worker and for a log */
#define NGX_HTTP_COURT_AUDIT_BACKLOG  (4 * 1024 * 1024)
/* facility, time, host and tag, longer than nginx makes them */
#define NGX_HTTP_COURT_AUDIT_SYSLOG   1024
/* how soon a log that failed is tried again, ms */
#define NGX_HTTP_COURT_AUDIT_RETRY    1000


static void ngx_http_court_audit_out(ngx_http_court_audit_state_t *st);
static void ngx_http_court_audit_flush_event(ngx_event_t *ev);


ngx_int_t
ngx_http_court_audit_room(ngx_http_court_audit_buf_t *buf, size_t len)
{
    size_t   size;
    u_char  *data;

    if (buf->size - buf->len >= len) {
        return NGX_OK;
    }

    size = ngx_max(2 * buf->size, buf->len + len);

    if (size > NGX_HTTP_COURT_AUDIT_BACKLOG) {
        size = NGX_HTTP_COURT_AUDIT_BACKLOG;

        if (size < buf->len + len) {
            return NGX_ERROR;
        }
    }

    data = ngx_alloc(size, ngx_cycle->log);
    if (data == NULL) {
        return NGX_ERROR;
    }

    if (buf->data) {
        ngx_memcpy(data, buf->data, buf->len);
        ngx_free(buf->data);
    }

    buf->data = data;
    buf->size = size;

    return NGX_OK;
}


static void
ngx_http_court_audit_free(void *data)
{
    ngx_http_court_audit_state_t  *st = data;

    if (st->in.data) {
        ngx_free(st->in.data);
    }

    if (st->out.data) {
        ngx_free(st->out.data);
    }

    ngx_memzero(&st->in, sizeof(ngx_http_court_audit_buf_t));
    ngx_memzero(&st->out, sizeof(ngx_http_court_audit_buf_t));
}


/* two processes never have one name, not even with one pid */

ngx_http_court_audit_state_t *
ngx_http_court_audit_open(ngx_http_court_audit_log_t *log, ngx_cycle_t *cycle,
    const char *kind)
{
    u_char                        *p;
    ngx_str_t                      worker;
    ngx_pool_cleanup_t            *cln;
    ngx_http_court_audit_state_t  *st;

    st = ngx_pcalloc(cycle->pool, sizeof(ngx_http_court_audit_state_t));
    cln = ngx_pool_cleanup_add(cycle->pool, 0);

    if (st == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_court_audit_free;
    cln->data = st;

    st->log = log;
    st->errors = cycle->log;
    st->fd = NGX_INVALID_FILE;
    st->began = ngx_current_msec - log->sync;

    ngx_queue_init(&st->waiters);

    p = ngx_snprintf(st->name, sizeof(st->name), "%s-%P-%L", kind, ngx_pid,
                     ngx_http_court_audit_now());

    if (log->index) {
        p = ngx_snprintf(p, st->name + sizeof(st->name) - p, "-%ui",
                         log->index);
    }

    worker.data = st->name;
    worker.len = p - st->name;

    ngx_court_audit_begin(&st->chain, &cycle->hostname, &worker, log->sm3);

    return st;
}


ngx_int_t
ngx_http_court_audit_run(ngx_http_court_audit_state_t *st, ngx_cycle_t *cycle)
{
    st->flush.handler = ngx_http_court_audit_flush_event;
    st->flush.data = st;
    st->flush.log = cycle->log;
    st->flush.cancelable = 1;

    st->commit.handler = ngx_http_court_audit_commit_event;
    st->commit.data = st;
    st->commit.log = cycle->log;
    st->commit.cancelable = 1;

#if (NGX_THREADS)

    if (st->log->file && st->log->threads) {
        st->task = ngx_thread_task_alloc(cycle->pool, sizeof(void *));
        if (st->task == NULL) {
            return NGX_ERROR;
        }
    }

#endif

    st->log->state = st;

    return NGX_OK;
}


void
ngx_http_court_audit_close(ngx_http_court_audit_state_t *st)
{
    if (st->flush.timer_set) {
        ngx_del_timer(&st->flush);
    }

    if (st->log->file) {
        ngx_http_court_audit_commit_last(st);

        /* the last chance: a disk that has failed may be back */

        if (st->in.len) {
            ngx_http_court_audit_out(st);
        }

        if (st->flush.timer_set) {
            ngx_del_timer(&st->flush);
        }
    }

    ngx_http_court_audit_free(st);

    if (st->log->state == st) {
        st->log->state = NULL;
    }
}


void
ngx_http_court_audit_arm(ngx_http_court_audit_state_t *st)
{
    ngx_msec_t  msec;

    if (st->flush.handler == NULL || st->flush.timer_set) {
        return;
    }

    msec = st->log->flush;

    if (st->failed) {
        msec = NGX_HTTP_COURT_AUDIT_RETRY;
    }

    ngx_add_timer(&st->flush, msec);
}


ngx_err_t
ngx_http_court_audit_write(ngx_court_audit_chain_t *chain, ngx_fd_t fd,
    ngx_uint_t torn, ngx_http_court_audit_buf_t *buf, size_t *written)
{
    ssize_t     n;
    u_char     *done;
    ngx_int_t   rc;

    *written = 0;

    if (buf->chained < buf->len) {
        rc = ngx_court_audit_complete(chain, buf->data + buf->chained,
                                      buf->data + buf->len, &done);

        buf->chained = done - buf->data;

        if (rc != NGX_OK) {
            return NGX_ENOMEM;
        }
    }

    if (torn && write(fd, "\n", 1) != 1) {
        return ngx_errno ? ngx_errno : NGX_ENOSPC;
    }

    while (*written < buf->len) {
        n = write(fd, buf->data + *written, buf->len - *written);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            return n ? ngx_errno : NGX_ENOSPC;
        }

        *written += n;
    }

    return 0;
}


/* said once when it begins and once when it ends */

static void
ngx_http_court_audit_turn(ngx_http_court_audit_state_t *st, ngx_err_t err)
{
    if (err && !st->failed) {
        ngx_log_error(NGX_LOG_ERR, st->errors, err,
                      "court: audit: \"%V\" cannot be written",
                      &st->log->name);

    } else if (err == 0 && st->failed) {
        ngx_log_error(NGX_LOG_NOTICE, st->errors, 0,
                      "court: audit: \"%V\" is written again",
                      &st->log->name);
    }

    /* a line that is taken anew begins at 0 */

    if (err && !st->failed) {
        ngx_court_count(&ngx_court_state_line->audit_failed);

    } else if (err == 0 && st->failed && ngx_court_state_line->audit_failed) {
        ngx_court_count_n(&ngx_court_state_line->audit_failed, -1);
    }

    st->failed = (err != 0);
}


void
ngx_http_court_audit_wrote(ngx_http_court_audit_state_t *st,
    ngx_http_court_audit_buf_t *buf, size_t written, ngx_err_t err)
{
    size_t  keep;

    /* a torn line is ended, and then written again as a whole */

    keep = written;

    while (keep && buf->data[keep - 1] != '\n') {
        keep--;
    }

    if (written || err == 0) {
        st->torn = (keep != written);
    }

    buf->len -= keep;
    buf->chained -= keep;

    if (keep && buf->len) {
        ngx_memmove(buf->data, buf->data + keep, buf->len);
    }

    ngx_http_court_audit_turn(st, err);
}


static void
ngx_http_court_audit_out(ngx_http_court_audit_state_t *st)
{
    size_t     written;
    ngx_err_t  err;

    ngx_set_errno(0);

    err = ngx_http_court_audit_write(&st->chain, st->log->file->fd, st->torn,
                                     &st->in, &written);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, st->errors, 0,
                   "court: audit: \"%V\": %uz bytes written here",
                   &st->log->name, written);

    ngx_http_court_audit_wrote(st, &st->in, written, err);

    if (st->in.len == 0) {
        st->flushed = st->chain.seq;
    }

    if (st->in.len) {
        ngx_http_court_audit_arm(st);
    }
}


void
ngx_http_court_audit_flush(ngx_http_court_audit_state_t *st)
{
    if (st->busy) {
        st->hurry = 1;
        return;
    }

    if (st->failed || st->in.len == 0 || st->log->file == NULL) {
        return;
    }

    /* megabytes may have gathered: hashing them takes longer than a turn */

    if (ngx_http_court_audit_can_commit(st)) {
        ngx_http_court_audit_commit_begin(st, !ngx_queue_empty(&st->waiters));
        return;
    }

    ngx_http_court_audit_out(st);
}


/* at the end of this turn: a request that waits for its record joins in */

void
ngx_http_court_audit_pass_on(ngx_http_court_audit_state_t *st)
{
    if (!ngx_http_court_audit_can_commit(st) || st->failed) {
        ngx_http_court_audit_flush(st);

    } else if (!st->busy) {
        ngx_post_event(&st->commit, &ngx_posted_events);
    }
}


static void
ngx_http_court_audit_flush_event(ngx_event_t *ev)
{
    ngx_http_court_audit_state_t  *st = ev->data;

    if (st->busy) {
        return;                           /* its end arms it */
    }

    if (!st->failed) {
        ngx_http_court_audit_pass_on(st);
        return;
    }

    if (ngx_http_court_audit_can_commit(st)) {
        ngx_http_court_audit_commit_begin(st, 1);
        return;
    }

    ngx_http_court_audit_out(st);
}


static ngx_int_t
ngx_http_court_audit_send(ngx_http_court_audit_state_t *st,
    const ngx_court_audit_record_t *record)
{
    u_char   buf[NGX_HTTP_COURT_AUDIT_SYSLOG + NGX_COURT_AUDIT_MAX], *p;
    ssize_t  n;

    p = ngx_syslog_add_header(st->log->syslog, buf);
    p = ngx_court_audit_line(&st->chain, record, p, buf + sizeof(buf));

    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_syslog_send(st->log->syslog, buf, p - 1 - buf);

    ngx_http_court_audit_turn(st, n < 0 ? NGX_ECONNREFUSED : 0);

    return n < 0 ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_court_audit_add(ngx_http_court_audit_state_t *st,
    const ngx_court_audit_record_t *record)
{
    u_char  *p;
    size_t   room;

    /* most are below 1 KiB; many logs in one gateway share the memory */

    for (room = 4096; room <= NGX_COURT_AUDIT_MAX; room *= 4) {

        if (ngx_http_court_audit_room(&st->in, room) != NGX_OK) {
            return NGX_ERROR;
        }

        p = ngx_court_audit_draft(&st->chain, record,
                                  st->in.data + st->in.len,
                                  st->in.data + st->in.size);
        if (p) {
            st->in.len = p - st->in.data;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


/* what was lost leaves a gap in the numbers, and a line that counts it */

static void
ngx_http_court_audit_confess(ngx_http_court_audit_state_t *st)
{
    ngx_court_audit_record_t  record;

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_now());

    ngx_str_set(&record.event, "lost");
    record.lost = st->lost;

    if (ngx_http_court_audit_add(st, &record) == NGX_OK) {
        st->lost = 0;
    }
}


ngx_int_t
ngx_http_court_audit_put(ngx_http_court_audit_state_t *st,
    const ngx_court_audit_record_t *record)
{
    if (st->log->syslog) {

        if (ngx_http_court_audit_send(st, record) != NGX_OK) {
            ngx_court_count(&ngx_court_state_line->audit_lost);
            return NGX_ERROR;
        }

        ngx_court_count(&ngx_court_state_line->audit_records);
        return NGX_OK;
    }

    if (st->lost) {
        ngx_http_court_audit_confess(st);
    }

    if (st->lost || ngx_http_court_audit_add(st, record) != NGX_OK) {
        st->chain.seq++;
        st->lost++;
        ngx_court_count(&ngx_court_state_line->audit_lost);
        return NGX_ERROR;
    }

    ngx_court_count(&ngx_court_state_line->audit_records);

    if (st->in.len >= st->log->buffer) {
        ngx_http_court_audit_pass_on(st);
    }

    ngx_http_court_audit_arm(st);

    return NGX_OK;
}


/*
 * USR1: what is buffered still goes to the file it was meant for, if it can;
 * the commit that is under way has a descriptor of its own.  A record that
 * is waited for is synchronised in that file, not in the next one.
 */

void
ngx_http_court_audit_reopen(ngx_open_file_t *file, ngx_log_t *log)
{
    ngx_http_court_audit_log_t  *audit = file->data;

    ngx_http_court_audit_state_t  *st;

    if (audit->state == NULL) {
        return;
    }

    st = audit->state;

    if (!st->busy && !ngx_queue_empty(&st->waiters)) {
        ngx_http_court_audit_commit_begin(st, 1);

    } else {
        ngx_http_court_audit_flush(st);
    }

    st->stale = 1;
}
