/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_command.h"
#include "ngx_court_bytes.h"


/* in the zone: until when the sender waits, ms since 1970; the text */
#define NGX_COURT_COMMAND_HEADER  8

/* nobody waits longer: a later time comes from a clock that was set back */
#define NGX_COURT_COMMAND_LONGEST  60000


typedef struct {
    ngx_court_state_t         *state;
    ngx_court_command_pt       handler;
    void                      *data;
    ngx_event_t                timer;
} ngx_court_command_worker_state_t;

/* how many live workers stand how */
typedef struct {
    uint64_t                   seq;
    ngx_uint_t                 late;
    ngx_uint_t                 failed;
    ngx_array_t               *workers;      /* NULL: counted only */
    unsigned                   nomem:1;
} ngx_court_command_count_t;


static void ngx_court_command_look(ngx_event_t *ev);
static void ngx_court_command_watch(ngx_event_t *ev);


static ngx_court_command_worker_state_t  ngx_court_command_self;


static int64_t
ngx_court_command_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec;
}


void
ngx_court_command_start(ngx_court_state_t *state,
    ngx_court_command_pt handler, void *data, ngx_log_t *log)
{
    ngx_court_command_worker_state_t  *self;

    self = &ngx_court_command_self;

    ngx_memzero(self, sizeof(ngx_court_command_worker_state_t));

    self->state = state;
    self->handler = handler;
    self->data = data;
    self->timer.handler = ngx_court_command_look;
    self->timer.data = state;
    self->timer.log = log;
    self->timer.cancelable = 1;

    ngx_add_timer(&self->timer, NGX_COURT_COMMAND_LOOK);
}


void
ngx_court_command_stop(void)
{
    if (ngx_court_command_self.timer.timer_set) {
        ngx_del_timer(&ngx_court_command_self.timer);
    }

    ngx_court_command_self.state = NULL;
}


/*
 * What stands in the zone is bytes of another process: bounded, not trusted.
 * Returns when to look again, ms.
 */

static ngx_msec_t
ngx_court_command_do(ngx_court_command_worker_state_t *self)
{
    u_char     buf[NGX_COURT_STATE_COMMAND];
    size_t     len;
    uint64_t   seq;
    ngx_int_t  rc;
    ngx_str_t  command;

    if (ngx_court_state_command_seq(self->state)
        == ngx_court_read(&ngx_court_state_line->command_done)
        || ngx_court_state_command_read(self->state, buf, &len, &seq)
           != NGX_OK)
    {
        return NGX_COURT_COMMAND_LOOK;
    }

    rc = NGX_ERROR;

    if (len >= NGX_COURT_COMMAND_HEADER && len <= sizeof(buf)) {
        command.data = buf + NGX_COURT_COMMAND_HEADER;
        command.len = len - NGX_COURT_COMMAND_HEADER;
        rc = self->handler(self->data, &command);
    }

    if (rc == NGX_AGAIN) {
        return NGX_COURT_COMMAND_AGAIN;
    }

    /* failed is told before done: who sees that one sees this one */

    if (rc != NGX_OK) {
        ngx_court_set(&ngx_court_state_line->command_failed, seq);
    }

    ngx_court_state_command_done(self->state, seq);

    return NGX_COURT_COMMAND_LOOK;
}


static void
ngx_court_command_look(ngx_event_t *ev)
{
    /* here or from a sender: then its own time is no longer what counts */

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_add_timer(ev, ngx_court_command_do(&ngx_court_command_self));
}


static ngx_court_command_result_t
ngx_court_command_of(const ngx_court_state_line_t *line, uint64_t seq)
{
    if (__atomic_load_n(&line->command_done, __ATOMIC_ACQUIRE) < seq) {
        return NGX_COURT_COMMAND_LATE;
    }

    /* a later one that failed tells nothing of this one: then not done */

    return (ngx_court_read(&line->command_failed) >= seq)
           ? NGX_COURT_COMMAND_FAILED : NGX_COURT_COMMAND_DONE;
}


static ngx_int_t
ngx_court_command_count_line(void *data, ngx_uint_t i,
    const ngx_court_state_line_t *line)
{
    ngx_court_command_count_t *count = data;

    ngx_court_command_result_t   result;
    ngx_court_command_worker_t  *worker;

    result = ngx_court_command_of(line, count->seq);

    count->late += (result == NGX_COURT_COMMAND_LATE);
    count->failed += (result == NGX_COURT_COMMAND_FAILED);

    if (count->workers == NULL) {
        return NGX_OK;
    }

    worker = ngx_array_push(count->workers);
    if (worker == NULL) {
        count->nomem = 1;
        return NGX_ERROR;
    }

    worker->pid = ngx_court_read(&line->pid);
    worker->result = result;

    return NGX_OK;
}


static void
ngx_court_command_count(ngx_court_state_t *state, uint64_t seq,
    ngx_array_t *workers, ngx_court_command_count_t *count)
{
    ngx_memzero(count, sizeof(ngx_court_command_count_t));

    count->seq = seq;
    count->workers = workers;

    (void) ngx_court_state_each_live(state, ngx_court_command_count_line,
                                     count);
}


ngx_array_t *
ngx_court_command_workers(ngx_court_command_wait_t *wait, ngx_pool_t *pool)
{
    ngx_array_t                *workers;
    ngx_court_command_count_t   count;

    workers = ngx_array_create(pool, 8, sizeof(ngx_court_command_worker_t));
    if (workers == NULL) {
        return NULL;
    }

    /* one that was never sent has been done by nobody */

    ngx_court_command_count(wait->state, wait->seq ? wait->seq : UINT64_MAX,
                            workers, &count);

    return count.nomem ? NULL : workers;
}


/* the one before is done, or nobody waits for it any more */

static ngx_uint_t
ngx_court_command_free(ngx_court_state_t *state, uint64_t seq)
{
    u_char                     buf[NGX_COURT_STATE_COMMAND];
    size_t                     len;
    int64_t                    left;
    ngx_court_command_count_t  count;

    if (seq == 0) {
        return 1;
    }

    ngx_court_command_count(state, seq, NULL, &count);

    if (count.late == 0) {
        return 1;
    }

    if (ngx_court_state_command_read(state, buf, &len, &seq) != NGX_OK) {
        return 0;
    }

    if (len < NGX_COURT_COMMAND_HEADER) {
        return 1;
    }

    left = (int64_t) ngx_court_get64(buf) - ngx_court_command_now();

    return left <= 0 || left > NGX_COURT_COMMAND_LONGEST;
}


static void
ngx_court_command_post(ngx_court_command_wait_t *wait)
{
    u_char     buf[NGX_COURT_COMMAND_HEADER + NGX_COURT_COMMAND_MAX], *p;
    uint64_t   last, seq;
    ngx_str_t  command;

    last = ngx_court_state_command_seq(wait->state);

    if (!ngx_court_command_free(wait->state, last)) {
        return;
    }

    p = ngx_court_put64(buf, (uint64_t) (ngx_court_command_now()
                             + (int64_t) wait->timeout
                             - (int64_t) (ngx_current_msec - wait->began)));
    p = ngx_cpymem(p, wait->text, wait->len);

    command.data = buf;
    command.len = (size_t) (p - buf);

    /* of two who saw the place free one comes first: the other looks again */

    if (ngx_court_state_command_post(wait->state, &command, last, &seq)
        == NGX_OK)
    {
        wait->seq = seq;

        if (ngx_court_command_self.state == wait->state) {
            ngx_court_command_look(&ngx_court_command_self.timer);
        }
    }
}


static void
ngx_court_command_watch(ngx_event_t *ev)
{
    ngx_court_command_wait_t *wait = ev->data;

    ngx_uint_t                  late;
    ngx_court_command_count_t   count;

    late = (ngx_current_msec - wait->began >= wait->timeout);

    if (wait->seq == 0 && !late) {
        ngx_court_command_post(wait);
    }

    if (wait->seq == 0) {

        if (late) {
            wait->told(wait, NGX_COURT_COMMAND_BUSY);
            return;
        }

        ngx_add_timer(ev, NGX_COURT_COMMAND_WATCH);
        return;
    }

    ngx_court_command_count(wait->state, wait->seq, NULL, &count);

    if (count.late && !late) {
        ngx_add_timer(ev, NGX_COURT_COMMAND_WATCH);
        return;
    }

    wait->told(wait, count.late ? NGX_COURT_COMMAND_LATE
                     : count.failed ? NGX_COURT_COMMAND_FAILED
                                    : NGX_COURT_COMMAND_DONE);
}


ngx_int_t
ngx_court_command_send(ngx_court_state_t *state,
    ngx_court_command_wait_t *wait, const ngx_str_t *command,
    ngx_msec_t timeout, ngx_log_t *log)
{
    if (command->len > NGX_COURT_COMMAND_MAX) {
        return NGX_ERROR;
    }

    ngx_memzero(&wait->timer, sizeof(ngx_event_t));
    ngx_memcpy(wait->text, command->data, command->len);

    wait->len = command->len;
    wait->state = state;
    wait->began = ngx_current_msec;
    wait->timeout = ngx_min(timeout, NGX_COURT_COMMAND_LONGEST);
    wait->seq = 0;

    /* a request waits on it: not cancelable */

    wait->timer.handler = ngx_court_command_watch;
    wait->timer.data = wait;
    wait->timer.log = log;

    ngx_add_timer(&wait->timer, 1);

    return NGX_OK;
}


void
ngx_court_command_cancel(ngx_court_command_wait_t *wait)
{
    if (wait->timer.timer_set) {
        ngx_del_timer(&wait->timer);
    }
}
