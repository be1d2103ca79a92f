/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The status of thousands of courts takes longer to write than a worker may
 * be busy with one thing.  The numbers are added up in one turn of the event
 * loop, so that they belong together; their text is made in steps, with other
 * requests between them.  It goes out as a whole, with its length.
 */

#include "ngx_http_court_status.h"
#include "ngx_court_status_page.h"


/* of one turn: about 1 ms each on a slow machine */
#define NGX_HTTP_COURT_STATUS_STEP_COURTS   512
#define NGX_HTTP_COURT_STATUS_STEP_SAMPLES  1024


typedef struct {
    ngx_http_request_t              *request;
    ngx_http_court_status_format_t   format;
    ngx_http_court_status_pt         done;
    ngx_http_court_status_t         *st;
    ngx_court_out_t                  out;
    ngx_event_t                      event;
    ngx_uint_t                       turns;
    uint64_t                         longest;      /* ns, of a turn */
    unsigned                         rendered:1;   /* but for the page */
} ngx_http_court_status_job_t;


static ngx_int_t
ngx_http_court_status_render_page(ngx_http_court_status_job_t *job)
{
    ngx_str_t        json;
    ngx_court_out_t  page;

    if (ngx_court_out_flat(&job->out, &json) != NGX_OK
        || ngx_court_out_init(&page, job->request->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_court_status_page(&page, &json);

    job->out = page;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_status_render_text(ngx_http_court_status_job_t *job)
{
    ngx_int_t  rc;

    rc = ngx_http_court_status_courts(job->st,
                                      NGX_HTTP_COURT_STATUS_STEP_COURTS);
    if (rc != NGX_OK) {
        return rc;
    }

    if (job->format == NGX_HTTP_COURT_STATUS_PROMETHEUS) {
        return ngx_court_metrics_prometheus_step(job->st->metrics,
                                      &job->st->at,
                                      NGX_HTTP_COURT_STATUS_STEP_SAMPLES,
                                      &job->out);
    }

    return ngx_http_court_status_json(job->st,
                                      NGX_HTTP_COURT_STATUS_STEP_SAMPLES,
                                      &job->out);
}


static ngx_int_t
ngx_http_court_status_render_step(ngx_http_court_status_job_t *job)
{
    ngx_int_t  rc;

    if (!job->rendered) {
        rc = ngx_http_court_status_render_text(job);

        if (rc != NGX_OK) {
            return rc;
        }

        job->rendered = 1;

        /* a page around much text is a turn's work, too */

        if (job->format == NGX_HTTP_COURT_STATUS_HTML && job->turns) {
            return NGX_AGAIN;
        }
    }

    return (job->format == NGX_HTTP_COURT_STATUS_HTML)
           ? ngx_http_court_status_render_page(job) : NGX_OK;
}


static ngx_int_t
ngx_http_court_status_render_turn(ngx_http_court_status_job_t *job)
{
    uint64_t                     began;
    ngx_int_t                    rc;
    ngx_http_court_main_conf_t  *mcf;

    began = ngx_court_state_clock();

    if (job->st == NULL) {
        mcf = ngx_http_get_module_main_conf(job->request,
                                            ngx_http_court_module);
        job->st = ngx_http_court_status_collect(mcf, job->request->pool);

        if (job->st == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_court_status_render_step(job);

    job->turns++;
    job->longest = ngx_max(job->longest, ngx_court_state_clock() - began);

    return rc;
}


static ngx_int_t
ngx_http_court_status_render_done(ngx_http_court_status_job_t *job,
    ngx_int_t rc)
{
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, job->request->connection->log, 0,
                   "court: status: %ui turns, up to %uL us", job->turns,
                   job->longest / 1000);

    return (rc == NGX_OK) ? job->done(job->request, job->format, &job->out)
                          : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_court_status_render_event(ngx_event_t *ev)
{
    ngx_http_court_status_job_t *job = ev->data;

    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = job->request->connection;
    rc = ngx_http_court_status_render_turn(job);

    if (rc == NGX_AGAIN) {
        ngx_add_timer(ev, 1);
        return;
    }

    ngx_http_finalize_request(job->request,
                              ngx_http_court_status_render_done(job, rc));
    ngx_http_run_posted_requests(c);
}


/* the request ends, however it does */

static void
ngx_http_court_status_render_cleanup(void *data)
{
    ngx_http_court_status_job_t *job = data;

    if (job->event.timer_set) {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, job->request->connection->log, 0,
                       "court: status: given up after %ui turns",
                       job->turns);
        ngx_del_timer(&job->event);
    }
}


ngx_int_t
ngx_http_court_status_render(ngx_http_request_t *r,
    ngx_http_court_status_format_t format, ngx_http_court_status_pt done)
{
    ngx_int_t                     rc;
    ngx_http_cleanup_t           *cln;
    ngx_http_court_status_job_t  *job;

    job = ngx_pcalloc(r->pool, sizeof(ngx_http_court_status_job_t));

    if (job == NULL || ngx_court_out_init(&job->out, r->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    job->request = r;
    job->format = format;
    job->done = done;

    rc = ngx_http_court_status_render_turn(job);

    if (rc != NGX_AGAIN) {
        return ngx_http_court_status_render_done(job, rc);
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_court_status_render_cleanup;
    cln->data = job;

    /* not cancelable, and not 0: that would be this turn still */

    job->event.handler = ngx_http_court_status_render_event;
    job->event.data = job;
    job->event.log = r->connection->log;
    ngx_add_timer(&job->event, 1);

    if (r == r->main && !r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    r->write_event_handler = ngx_http_request_empty_handler;
    r->main->count++;

    return NGX_DONE;
}
