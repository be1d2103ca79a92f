/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * fdatasync() of what was asked for over the control socket: in a thread, so
 * that the disk holds up nobody else.
 */

#include "ngx_http_court_control.h"

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif


ngx_http_court_sync_t *
ngx_http_court_sync_create(ngx_fd_t fd,
    void (*done)(ngx_http_court_sync_t *sync))
{
    ngx_pool_t             *pool;
    ngx_http_court_sync_t  *sync;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    sync = ngx_pcalloc(pool, sizeof(ngx_http_court_sync_t));
    if (sync == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    sync->pool = pool;
    sync->fd = fd;
    sync->done = done;

    return sync;
}


#if (NGX_THREADS)

/* ms: a disk that takes longer is not waited for by a worker that leaves */
#define NGX_HTTP_COURT_SYNC_HOLD  30000

static ngx_connection_t  ngx_http_court_sync_dummy;  /* for debug logs */


static void
ngx_http_court_sync_held(ngx_event_t *ev)
{
    /* void */
}


/* touches fd and err alone */

static void
ngx_http_court_sync_thread(void *data, ngx_log_t *log)
{
    ngx_http_court_sync_t  *sync = *(void **) data;

    sync->err = fdatasync(sync->fd) == -1 ? ngx_errno : 0;
}


static void
ngx_http_court_sync_handler(ngx_event_t *ev)
{
    ngx_http_court_sync_t  *sync = ev->data;

    if (sync->hold.timer_set) {
        ngx_del_timer(&sync->hold);
    }

    sync->done(sync);
}

#endif


ngx_int_t
ngx_http_court_sync_begin(ngx_http_court_sync_t *sync,
    void *threads)
{
#if (NGX_THREADS)

    ngx_thread_task_t  *task;

    task = ngx_thread_task_alloc(sync->pool, sizeof(void *));

    if (threads && task) {
        *(void **) task->ctx = sync;
        task->handler = ngx_http_court_sync_thread;
        task->event.handler = ngx_http_court_sync_handler;
        task->event.data = sync;
        task->event.log = ngx_cycle->log;

        if (ngx_thread_task_post(threads, task) == NGX_OK) {

            /* a worker that leaves has something to wait for */

            ngx_http_court_sync_dummy.fd = (ngx_socket_t) -1;
            sync->hold.handler = ngx_http_court_sync_held;
            sync->hold.data = &ngx_http_court_sync_dummy;
            sync->hold.log = ngx_cycle->log;
            ngx_add_timer(&sync->hold, NGX_HTTP_COURT_SYNC_HOLD);

            return NGX_AGAIN;
        }
    }

#endif

    sync->err = fdatasync(sync->fd) == -1 ? ngx_errno : 0;

    return NGX_OK;
}
