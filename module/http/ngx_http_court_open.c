/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What was let in and is not over: slow uploads, long answers, tunnels.  Each
 * worker has its own in a queue.  When the sequence of tombstones moves it
 * looks them up, so many in a turn; each second it looks for those whose
 * token or time is over.  An upload whose body is still being read is
 * answered; what has begun to answer is cut off, so that nobody takes a part
 * for the whole.
 */

#include "ngx_http_court.h"
#include "ngx_court_flight_bell.h"


#define NGX_HTTP_COURT_OPEN_TICK   100      /* ms: a bell may have been lost */
#define NGX_HTTP_COURT_OPEN_SLICE  128      /* looked up in a turn */
#define NGX_HTTP_COURT_OPEN_TIMES  1000     /* ms between looks at the clock */


/* of a worker */
typedef struct {
    ngx_queue_t                  queue;
    ngx_uint_t                   n;
    ngx_uint_t                   left;      /* of the sweep under way */
    uint64_t                     swept;     /* sequence that it is for */
    ngx_msec_t                   looked;    /* at the clock */
    ngx_event_t                  timer;     /* while there is anything */
    ngx_event_t                  turn;      /* posted: the sweep goes on */
    ngx_connection_t             dummy;     /* for debug logs of timers */
    ngx_http_court_main_conf_t  *mcf;       /* NULL: not started */
} ngx_http_court_open_t;


static ngx_http_court_open_t  ngx_http_court_open;


static void ngx_http_court_open_look(void *data);
static void ngx_http_court_open_tick(ngx_event_t *ev);
static void ngx_http_court_open_sweep(ngx_event_t *ev);


void
ngx_http_court_open_start(ngx_cycle_t *cycle, ngx_http_court_main_conf_t *mcf)
{
    ngx_http_court_open_t  *open;

    open = &ngx_http_court_open;
    ngx_memzero(open, sizeof(ngx_http_court_open_t));

    ngx_queue_init(&open->queue);
    open->mcf = mcf;
    open->swept = ngx_court_tombstone_sequence(mcf->tombstones);
    open->dummy.fd = (ngx_socket_t) -1;

    open->timer.handler = ngx_http_court_open_tick;
    open->timer.data = &open->dummy;
    open->timer.log = cycle->log;
    open->timer.cancelable = 1;

    open->turn.handler = ngx_http_court_open_sweep;
    open->turn.data = &open->dummy;
    open->turn.log = cycle->log;

    ngx_court_bell_listen(ngx_http_court_open_look, NULL);
}


void
ngx_http_court_open_stop(void)
{
    ngx_http_court_open_t  *open;

    open = &ngx_http_court_open;

    if (open->timer.timer_set) {
        ngx_del_timer(&open->timer);
    }

    if (open->turn.posted) {
        ngx_delete_posted_event(&open->turn);
    }

    open->mcf = NULL;
}


void
ngx_http_court_open_add(ngx_http_court_session_t *s)
{
    ngx_http_court_open_t  *open;

    open = &ngx_http_court_open;

    if (s->opened || open->mcf == NULL) {
        return;
    }

    ngx_queue_insert_tail(&open->queue, &s->open);
    ngx_court_set(&ngx_court_state_line->open, ++open->n);
    s->opened = 1;
    s->opened_at = ngx_current_msec;

    if (!open->timer.timer_set) {
        ngx_add_timer(&open->timer, NGX_HTTP_COURT_OPEN_TICK);
    }
}


void
ngx_http_court_open_remove(ngx_http_court_session_t *s)
{
    if (s->opened) {
        ngx_queue_remove(&s->open);
        ngx_court_set(&ngx_court_state_line->open, --ngx_http_court_open.n);
        s->opened = 0;
    }
}


/* the body is being read before anything else happens with it */

static ngx_uint_t
ngx_http_court_open_uploads(ngx_http_request_t *r)
{
    return r->request_body && r->request_body->rest > 0
           && !r->request_body_no_buffering && !r->header_sent
           && (r->upstream == NULL || r->upstream->cleanup == NULL);
}


void
ngx_http_court_open_refuse(ngx_http_court_session_t *s,
    ngx_court_result_t result)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = s->request;

    s->allowed = 0;
    s->would_refuse = 0;
    s->result = result;
    s->stage_name = "forward";

    ngx_http_court_log_late(s);

    /* what is left of the body is nobody's */

    r->keepalive = 0;
    r->lingering_close = 1;
    r->read_event_handler = ngx_http_block_reading;

    rc = ngx_http_court_refuse(r, s);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/*
 * An upstream under way is let go of first, with a count of our own: its
 * cleanup finalises the request, which would else be gone while nginx goes on
 * terminating it.
 */

static void
ngx_http_court_open_cut(ngx_http_request_t *r)
{
    r->keepalive = 0;

    if (r->upstream && r->upstream->cleanup) {
        r->main->count++;
        (*r->upstream->cleanup)(r);
    }

    ngx_http_finalize_request(r, NGX_ERROR);
}


static void
ngx_http_court_open_end(ngx_http_court_session_t *s,
    ngx_court_result_t result, const char *code)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = s->request;
    c = r->connection;

    ngx_http_court_open_remove(s);
    ngx_http_set_log_request(c->log, r);
    ngx_court_count(&ngx_court_state_line->ended);

    s->ended.data = (u_char *) code;
    s->ended.len = ngx_strlen(code);

    if (ngx_http_court_open_uploads(r)) {
        ngx_http_court_open_refuse(s, result);

    } else {
        ngx_http_court_log_late(s);
        ngx_http_court_open_cut(r);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_court_open_check(ngx_http_court_session_t *s)
{
    ngx_court_result_t         result;
    const ngx_court_reason_t  *reason;

    reason = s->reason;
    result = ngx_http_court_revoked_again(s);

    if (result == NGX_COURT_REFUSED) {
        ngx_http_court_open_end(s, result, (char *) s->reason->code.data);
        return;
    }

    /* not known is not revoked: the next look says */

    s->reason = reason;
}


/* posted again and again until all have been looked up */

static void
ngx_http_court_open_sweep(ngx_event_t *ev)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_court_open_t     *open;
    ngx_http_court_session_t  *s;

    open = &ngx_http_court_open;

    for (n = 0; open->left && n < NGX_HTTP_COURT_OPEN_SLICE; n++) {

        if (ngx_queue_empty(&open->queue)) {
            open->left = 0;
            break;
        }

        open->left--;

        q = ngx_queue_head(&open->queue);
        s = ngx_queue_data(q, ngx_http_court_session_t, open);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&open->queue, q);

        ngx_http_court_open_check(s);
    }

    if (open->left) {
        ngx_post_event(&open->turn, &ngx_posted_next_events);
        return;
    }

    ngx_http_court_open_look(NULL);
}


static void
ngx_http_court_open_look(void *data)
{
    uint64_t                sequence;
    ngx_http_court_open_t  *open;

    open = &ngx_http_court_open;

    if (open->mcf == NULL || open->left) {
        return;
    }

    sequence = ngx_court_tombstone_sequence(open->mcf->tombstones);

    if (sequence == open->swept || open->n == 0) {
        return;
    }

    open->swept = sequence;
    open->left = open->n;

    ngx_post_event(&open->turn, &ngx_posted_events);
}


/* an answer that has begun, or a tunnel, outlives neither token nor limit */

static void
ngx_http_court_open_time(ngx_http_court_session_t *s, time_t now)
{
    ngx_http_request_t         *r;
    ngx_http_court_loc_conf_t  *lcf;

    r = s->request;

    if (!r->header_sent) {
        return;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

    if (s->verified && now > ngx_court_token_until(&s->token)) {
        ngx_http_court_open_end(s, NGX_COURT_REFUSED, "token_expired");

    } else if (ngx_current_msec - s->opened_at >= lcf->session_max) {
        ngx_http_court_open_end(s, NGX_COURT_REFUSED, "session_max");
    }
}


static void
ngx_http_court_open_times(ngx_http_court_open_t *open)
{
    time_t                     now;
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_http_court_session_t  *s;

    now = ngx_time();
    open->looked = ngx_current_msec;

    /* who ends may take others with it: the head is read anew each time */

    for (n = open->n; n && !ngx_queue_empty(&open->queue); n--) {
        q = ngx_queue_head(&open->queue);
        s = ngx_queue_data(q, ngx_http_court_session_t, open);

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&open->queue, q);

        ngx_http_court_open_time(s, now);
    }
}


static void
ngx_http_court_open_tick(ngx_event_t *ev)
{
    ngx_http_court_open_t  *open;

    open = &ngx_http_court_open;

    ngx_http_court_open_look(NULL);

    if (open->left == 0
        && ngx_current_msec - open->looked >= NGX_HTTP_COURT_OPEN_TIMES)
    {
        ngx_http_court_open_times(open);
    }

    if (open->n && !open->timer.timer_set) {
        ngx_add_timer(&open->timer, NGX_HTTP_COURT_OPEN_TICK);
    }
}
