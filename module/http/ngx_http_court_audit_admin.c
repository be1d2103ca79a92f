/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done to the gateway itself: start, reload and stop, by the master;
 * beginning and end of each worker; the policy that it adopts.
 */

#include "ngx_http_court_audit.h"


/* commits that one turn begins: a gateway may have a log for each of 3,500
 * courts */
#define NGX_HTTP_COURT_AUDIT_BEGIN  256


/* when this configuration was taken up, ms; the master's, which workers have
 * from it: those of one start or reload say the same */
static int64_t  ngx_http_court_audit_cycle;


static void
ngx_http_court_audit_each(ngx_http_court_main_conf_t *mcf, ngx_uint_t master,
    const ngx_court_audit_record_t *record)
{
    ngx_uint_t                     i, n;
    ngx_http_court_audit_log_t   **log;
    ngx_http_court_audit_state_t  *st;

    log = mcf->audit_logs.elts;

    for (i = 0, n = 0; i < mcf->audit_logs.nelts; i++) {
        st = master ? log[i]->master : log[i]->state;

        if (st == NULL) {
            continue;
        }

        (void) ngx_http_court_audit_put(st, record);

        /* others have their timers */

        if (master || n++ < NGX_HTTP_COURT_AUDIT_BEGIN) {
            ngx_http_court_audit_flush(st);
        }
    }
}


/* by a worker: with the policy that it has */

static void
ngx_http_court_audit_say(ngx_court_audit_record_t *record, const char *event)
{
    ngx_http_court_pinned_t  *live;

    ngx_court_audit_clear(record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_now());

    record->event.data = (u_char *) event;
    record->event.len = ngx_strlen(event);

    live = ngx_http_court_worker.live;

    if (live) {
        record->policy_version = live->version;
        record->policy_hash = ngx_court_policy_hash(live->policy);
    }
}


void
ngx_http_court_audit_act(ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *verb, const ngx_str_t *what, ngx_uint_t uid,
    ngx_uint_t pid)
{
    ngx_court_audit_record_t  record;

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_now());

    ngx_str_set(&record.event, "control");

    record.verb = *verb;
    record.what = *what;
    record.uid = (int64_t) uid;
    record.pid = (int64_t) pid;

    ngx_http_court_audit_each(mcf, 0, &record);
}


/* a number that was lost is in no file; then nothing is left to wait for */

static ngx_uint_t
ngx_http_court_audit_behind(ngx_http_court_audit_state_t *st)
{
    return st->flushed < st->asked && (st->busy || st->in.len);
}


/*
 * Asked again until it is done: what had come when it was asked for the first
 * time is in the file; what comes meanwhile is not waited for.
 */

void
ngx_http_court_audit_notice(ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *what)
{
    ngx_court_audit_record_t  record;

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_now());

    ngx_str_set(&record.event, "notify");
    ngx_str_set(&record.verb, "fact.invalidate");
    record.what = *what;

    ngx_http_court_audit_each(mcf, 0, &record);
}


ngx_int_t
ngx_http_court_audit_flush_worker(ngx_http_court_main_conf_t *mcf)
{
    uint64_t                       turn;
    ngx_int_t                      rc;
    ngx_uint_t                     i, n;
    ngx_http_court_audit_log_t   **log;
    ngx_http_court_audit_state_t  *st;

    rc = NGX_OK;
    log = mcf->audit_logs.elts;
    turn = ngx_court_state_command_seq(mcf->state);

    for (i = 0, n = 0; i < mcf->audit_logs.nelts; i++) {
        st = log[i]->state;

        if (st == NULL) {
            continue;
        }

        if (st->turn != turn) {
            st->turn = turn;
            st->asked = st->chain.seq;
        }

        if (ngx_http_court_audit_behind(st)
            && n < NGX_HTTP_COURT_AUDIT_BEGIN)
        {
            n += !st->busy;
            ngx_http_court_audit_flush(st);
        }

        if (st->failed) {
            rc = NGX_ERROR;

        } else if (ngx_http_court_audit_behind(st) && rc == NGX_OK) {
            rc = NGX_AGAIN;
        }
    }

    return rc;
}


/* sum becomes the hash of sum, name and text */

static ngx_int_t
ngx_http_court_audit_conf_add(u_char *sum, ngx_str_t *name, u_char *data,
    size_t len)
{
    ngx_str_t  fields[3];

    fields[0].data = sum;
    fields[0].len = NGX_COURT_SHA256_LEN;
    fields[1] = *name;
    fields[2].data = data;
    fields[2].len = len;

    return ngx_court_hash_fields("configuration", fields, 3, sum);
}


/* nginx.conf, which began before we could ask nginx to keep its text */

static ngx_int_t
ngx_http_court_audit_conf_main(ngx_cycle_t *cycle, u_char *sum)
{
    u_char     buf[4096];
    ssize_t    n;
    ngx_fd_t   fd;
    ngx_int_t  rc;

    fd = ngx_open_file(cycle->conf_file.data, NGX_FILE_RDONLY, NGX_FILE_OPEN,
                       0);

    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    do {
        n = ngx_read_fd(fd, buf, sizeof(buf));

        rc = (n > 0) ? ngx_http_court_audit_conf_add(sum, &cycle->conf_file,
                                                     buf, n)
                     : NGX_OK;

    } while (n > 0 && rc == NGX_OK);

    (void) ngx_close_file(fd);

    return (n == 0) ? rc : NGX_ERROR;
}


/*
 * The text of all files that were read since http{} began, with their names,
 * and of nginx.conf.  Files of keys are not among them.
 */

static ngx_int_t
ngx_http_court_audit_conf_hash(ngx_cycle_t *cycle, u_char *hex)
{
    u_char            sum[NGX_COURT_SHA256_LEN];
    ngx_int_t         rc;
    ngx_uint_t        i;
    ngx_conf_dump_t  *dump;

    ngx_memzero(sum, sizeof(sum));

    dump = cycle->config_dump.elts;
    rc = ngx_http_court_audit_conf_main(cycle, sum);

    for (i = 0; i < cycle->config_dump.nelts && rc == NGX_OK; i++) {
        rc = ngx_http_court_audit_conf_add(sum, &dump[i].name,
                                           dump[i].buffer->start,
                                           dump[i].buffer->last
                                           - dump[i].buffer->start);
    }

    ngx_hex_dump(hex, sum, NGX_COURT_SHA256_LEN);

    return rc;
}


static void
ngx_http_court_audit_list(ngx_cycle_t *cycle, ngx_http_court_main_conf_t *mcf,
    ngx_uint_t mode, ngx_court_audit_list_t *list, ngx_str_t *names)
{
    u_char                      *p;
    size_t                       len;
    ngx_str_t                   *name;
    ngx_uint_t                   i;
    ngx_http_court_location_t   *loc;
    ngx_http_court_srv_conf_t   *scf;

    loc = mcf->build->locations.elts;
    list->names = names;

    for (i = 0; i < mcf->build->locations.nelts; i++) {

        scf = loc[i].cscf->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (loc[i].lcf->mode != mode || loc[i].lcf->handler
            || scf->is_source)
        {
            continue;
        }

        list->total++;

        if (list->n == NGX_COURT_AUDIT_LIST) {
            continue;
        }

        len = loc[i].cscf->server_name.len + loc[i].clcf->name.len + 1;
        p = ngx_pnalloc(cycle->pool, len);
        if (p == NULL) {
            return;
        }

        name = &names[list->n++];
        name->data = p;
        name->len = ngx_sprintf(p, "%V %V", &loc[i].cscf->server_name,
                                &loc[i].clcf->name) - p;
    }
}


ngx_int_t
ngx_http_court_audit_init(ngx_cycle_t *cycle, ngx_http_court_main_conf_t *mcf)
{
    u_char                        hex[2 * NGX_COURT_SHA256_LEN];
    ngx_str_t                     off[NGX_COURT_AUDIT_LIST];
    ngx_str_t                     report[NGX_COURT_AUDIT_LIST];
    ngx_uint_t                    i;
    ngx_court_audit_record_t      record;
    ngx_http_court_audit_log_t  **log;

    log = mcf->audit_logs.elts;

    for (i = 0; i < mcf->audit_logs.nelts; i++) {

        if (log[i]->lazy) {
            continue;
        }

        log[i]->master = ngx_http_court_audit_open(log[i], cycle, "m");
        if (log[i]->master == NULL) {
            return NGX_ERROR;
        }
    }

    if (i == 0) {
        return NGX_OK;
    }

    ngx_http_court_audit_cycle = ngx_http_court_audit_now();

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_cycle);

    ngx_str_set(&record.event, "reload");

    if (ngx_is_init_cycle(cycle->old_cycle)) {
        ngx_str_set(&record.event, "start");
    }

    record.conf.data = hex;
    record.conf.len = sizeof(hex);

    if (ngx_http_court_audit_conf_hash(cycle, hex) != NGX_OK) {
        ngx_str_set(&record.conf, "unreadable");
    }

    ngx_http_court_audit_list(cycle, mcf, NGX_HTTP_COURT_OFF, &record.off,
                              off);
    ngx_http_court_audit_list(cycle, mcf, NGX_HTTP_COURT_REPORT,
                              &record.report, report);

    ngx_http_court_audit_each(mcf, 1, &record);

    return NGX_OK;
}


ngx_http_court_audit_state_t *
ngx_http_court_audit_enter(ngx_http_court_audit_log_t *log,
    ngx_cycle_t *cycle)
{
    u_char                         kind[NGX_INT_T_LEN + 1];
    ngx_court_audit_record_t       record;
    ngx_http_court_audit_state_t  *st;

    *ngx_sprintf(kind, "%ui", ngx_worker) = '\0';

    st = ngx_http_court_audit_open(log, cycle, (char *) kind);

    if (st == NULL || ngx_http_court_audit_run(st, cycle) != NGX_OK) {
        return NULL;
    }

    ngx_http_court_audit_say(&record, "worker_start");
    record.cycle = ngx_http_court_audit_cycle;

    (void) ngx_http_court_audit_put(st, &record);

    return st;
}


ngx_int_t
ngx_http_court_audit_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                      i;
    ngx_http_court_audit_log_t    **log;
    ngx_http_court_audit_state_t   *st;

    log = mcf->audit_logs.elts;

    for (i = 0; i < mcf->audit_logs.nelts; i++) {

        if (log[i]->lazy) {
            continue;
        }

        st = ngx_http_court_audit_enter(log[i], cycle);
        if (st == NULL) {
            return NGX_ERROR;
        }

        ngx_http_court_audit_flush(st);
    }

    return NGX_OK;
}


void
ngx_http_court_audit_stop(ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_court_audit_record_t      record;
    ngx_http_court_audit_log_t  **log;

    log = mcf->audit_logs.elts;

    ngx_http_court_audit_say(&record, "worker_stop");

    /* there are no threads any more: close writes it */

    for (i = 0; i < mcf->audit_logs.nelts; i++) {
        if (log[i]->state) {
            (void) ngx_http_court_audit_put(log[i]->state, &record);
            ngx_http_court_audit_close(log[i]->state);
        }
    }
}


void
ngx_http_court_audit_end(ngx_http_court_main_conf_t *mcf)
{
    ngx_court_audit_record_t  record;

    ngx_court_audit_clear(&record, NGX_COURT_AUDIT_ADMIN,
                          ngx_http_court_audit_now());

    ngx_str_set(&record.event, "stop");

    ngx_http_court_audit_each(mcf, 1, &record);
}


void
ngx_http_court_audit_adopted(ngx_http_court_main_conf_t *mcf)
{
    ngx_court_audit_record_t  record;

    ngx_http_court_audit_say(&record, "policy");
    ngx_http_court_audit_each(mcf, 0, &record);
}
