/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Group commit: all that has gathered is chained and written by one thread
 * task, one at a time for a worker and a log; so hashing and the disk hold up
 * nobody else.  Where requests wait for their records it synchronises, too.
 * Such commits begin at most once in "sync", the first one after a pause at
 * once; so a record waits no longer than that, and the disk's own time.
 */

#include "ngx_http_court_audit.h"


ngx_uint_t
ngx_http_court_audit_can_commit(ngx_http_court_audit_state_t *st)
{
#if (NGX_THREADS)
    return st->task != NULL;
#else
    return 0;
#endif
}


void
ngx_http_court_audit_commit(ngx_http_court_audit_state_t *st)
{
    ngx_msec_int_t  left;

    if (st->busy || st->commit.timer_set || st->commit.posted) {
        return;
    }

    left = (ngx_msec_int_t) (st->began + st->log->sync - ngx_current_msec);

    if (left > 0) {
        ngx_add_timer(&st->commit, (ngx_msec_t) left);
        return;
    }

    /* behind all requests of this turn, which join it */

    ngx_post_event(&st->commit, &ngx_posted_events);
}


void
ngx_http_court_audit_commit_event(ngx_event_t *ev)
{
    ngx_http_court_audit_state_t  *st = ev->data;

    ngx_uint_t  sync;

    sync = !ngx_queue_empty(&st->waiters);

    if (!st->busy && (sync || st->in.len)) {
        ngx_http_court_audit_commit_begin(st, sync);
    }
}


/* where the disk fails nobody is left waiting for its next answer */

static void
ngx_http_court_audit_commit_wake(ngx_http_court_audit_state_t *st,
    ngx_err_t err)
{
    ngx_queue_t               *q, *next;
    ngx_http_court_session_t  *s;

    for (q = ngx_queue_head(&st->waiters);
         q != ngx_queue_sentinel(&st->waiters);
         q = next)
    {
        next = ngx_queue_next(q);
        s = ngx_queue_data(q, ngx_http_court_session_t, audit_queue);

        if (err == 0 && (!st->synced || s->audit_seq > st->until)) {
            continue;
        }

        ngx_queue_remove(q);

        s->audit = err ? NGX_HTTP_COURT_AUDIT_FAILED
                       : NGX_HTTP_COURT_AUDIT_DONE;

        ngx_http_court_resume(s);
    }
}


/* what is left of out goes before what has come since */

static void
ngx_http_court_audit_commit_merge(ngx_http_court_audit_state_t *st)
{
    size_t                      i;
    ngx_http_court_audit_buf_t  buf;

    if (st->out.len == 0) {
        return;
    }

    if (st->in.len == 0) {
        /* nothing has come */

    } else if (ngx_http_court_audit_room(&st->out, st->in.len) == NGX_OK) {
        ngx_memcpy(st->out.data + st->out.len, st->in.data, st->in.len);
        st->out.len += st->in.len;

    } else {
        ngx_log_error(NGX_LOG_ERR, st->errors, 0,
                      "court: audit: \"%V\": %uz bytes of records are lost",
                      &st->log->name, st->in.len);

        for (i = 0; i < st->in.len; i++) {
            if (st->in.data[i] == '\n') {
                st->lost++;
                ngx_court_count(&ngx_court_state_line->audit_lost);
            }
        }
    }

    buf = st->in;
    st->in = st->out;
    st->out = buf;
    st->out.len = 0;
    st->out.chained = 0;
}


static void
ngx_http_court_audit_commit_done(ngx_http_court_audit_state_t *st)
{
    ngx_err_t   err;
    ngx_uint_t  hurry;

    err = st->err;
    hurry = st->hurry;

    st->busy = 0;
    st->hurry = 0;

    if (err == 0) {
        st->flushed = st->until;
    }

    if (st->synced) {
        ngx_court_histogram_add(&ngx_court_state_line->commit,
                                ngx_court_state_clock() - st->clock);
    }

    ngx_http_court_audit_wrote(st, &st->out, st->written, err);
    ngx_http_court_audit_commit_merge(st);
    ngx_http_court_audit_commit_wake(st, err);

    if (!ngx_queue_empty(&st->waiters)) {
        ngx_http_court_audit_commit(st);

    } else if (hurry) {
        ngx_http_court_audit_flush(st);

    } else if (st->in.len >= st->log->buffer) {
        ngx_http_court_audit_pass_on(st);
    }

    if (st->in.len || st->failed) {
        ngx_http_court_audit_arm(st);
    }
}


#if (NGX_THREADS)

/*
 * A record is not on disk as long as its file's name is not: after a file was
 * opened, which may have made it, the first commit that somebody waits for
 * synchronises the directory, too.  One that workers may not read is left to
 * syncfs(2); a file system that knows no such thing says EINVAL.
 */

static ngx_err_t
ngx_http_court_audit_commit_entry(ngx_http_court_audit_state_t *st,
    ngx_log_t *log)
{
    int         rc;
    u_char      path[NGX_MAX_PATH + 1], *slash;
    ngx_fd_t    fd;
    ngx_err_t   err;
    ngx_str_t  *name;

    name = &st->log->file->name;

    (void) ngx_cpystrn(path, name->data, ngx_min(name->len + 1, sizeof(path)));

    slash = (u_char *) strrchr((char *) path, '/');
    if (slash == NULL) {
        return 0;
    }

    slash[slash == path] = '\0';

    fd = open((char *) path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        rc = syncfs(st->fd);
        err = (rc == -1) ? ngx_errno : 0;

    } else {
        rc = fsync(fd);
        err = (rc == -1 && ngx_errno != NGX_EINVAL) ? ngx_errno : 0;
        (void) ngx_close_file(fd);
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, err,
                   "court: audit: \"%V\": directory \"%s\" synchronised",
                   &st->log->name, path);

    if (err == 0) {
        st->entry = 0;
    }

    return err;
}


/* in a thread: touches nothing but what the header says is the commit's */

static void
ngx_http_court_audit_commit_thread(void *data, ngx_log_t *log)
{
    ngx_http_court_audit_state_t  *st = *(void **) data;

    ngx_set_errno(0);

    st->err = ngx_http_court_audit_write(&st->chain, st->fd, st->out_torn,
                                         &st->out, &st->written);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, log, 0,
                   "court: audit: \"%V\": %uz bytes written by a thread",
                   &st->log->name, st->written);

    if (st->err == 0 && st->synced && fdatasync(st->fd) == -1) {
        st->err = ngx_errno;
    }

    if (st->err == 0 && st->synced && st->entry) {
        st->err = ngx_http_court_audit_commit_entry(st, log);
    }
}


static void
ngx_http_court_audit_commit_handler(ngx_event_t *ev)
{
    ngx_http_court_audit_commit_done(ev->data);
}


static ngx_int_t
ngx_http_court_audit_commit_fd(ngx_http_court_audit_state_t *st)
{
    if (st->stale && st->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(st->fd);
        st->fd = NGX_INVALID_FILE;
    }

    if (st->fd == NGX_INVALID_FILE) {
        st->fd = fcntl(st->log->file->fd, F_DUPFD_CLOEXEC, 0);
        st->entry = 1;
    }

    st->stale = 0;

    return st->fd == NGX_INVALID_FILE ? NGX_ERROR : NGX_OK;
}

#endif


void
ngx_http_court_audit_commit_begin(ngx_http_court_audit_state_t *st,
    ngx_uint_t sync)
{
#if (NGX_THREADS)

    ngx_http_court_audit_buf_t  buf;

    buf = st->out;
    st->out = st->in;
    st->in = buf;
    st->in.len = 0;
    st->in.chained = 0;

    if (sync) {
        st->began = ngx_current_msec;
    }

    st->busy = 1;
    st->synced = sync;
    st->clock = ngx_court_state_clock();
    st->until = st->chain.seq;
    st->written = 0;
    st->out_torn = st->torn;
    st->err = NGX_EBADF;

    if (ngx_http_court_audit_commit_fd(st) == NGX_OK) {

        *(void **) st->task->ctx = st;
        st->task->handler = ngx_http_court_audit_commit_thread;
        st->task->event.handler = ngx_http_court_audit_commit_handler;
        st->task->event.data = st;
        st->task->event.log = st->errors;
        st->task->event.complete = 0;

        if (ngx_thread_task_post(st->log->threads, st->task) == NGX_OK) {
            return;
        }

        st->err = NGX_EAGAIN;
    }

#else

    st->clock = ngx_court_state_clock();
    st->err = ENOSYS;

#endif

    ngx_http_court_audit_commit_done(st);
}


void
ngx_http_court_audit_commit_last(ngx_http_court_audit_state_t *st)
{
    if (st->commit.timer_set) {
        ngx_del_timer(&st->commit);
    }

    if (st->commit.posted) {
        ngx_delete_posted_event(&st->commit);
    }

    if (st->busy) {
        st->busy = 0;
        ngx_http_court_audit_wrote(st, &st->out, st->written, st->err);
        ngx_http_court_audit_commit_merge(st);
    }

    if (st->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(st->fd);
        st->fd = NGX_INVALID_FILE;
    }
}
