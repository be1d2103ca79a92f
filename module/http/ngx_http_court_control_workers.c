/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What all workers must do before it is answered: POST audit/flush, POST
 * artefacts/reload; and what each of them does then.
 */

#include "ngx_http_court_control.h"


typedef struct {
    const char                *command;
    ngx_int_t                (*handler)(ngx_http_court_main_conf_t *mcf);
} ngx_http_court_control_command_t;


static ngx_int_t ngx_http_court_control_adopt(ngx_http_court_main_conf_t *mcf);


static const ngx_http_court_control_command_t
    ngx_http_court_control_commands[] =
{
    { NGX_HTTP_COURT_CONTROL_FLUSH, ngx_http_court_audit_flush_worker },
    { NGX_HTTP_COURT_CONTROL_POLICY, ngx_http_court_control_adopt },
    { NULL, NULL }
};


static ngx_int_t
ngx_http_court_control_adopt(ngx_http_court_main_conf_t *mcf)
{
    return ngx_http_court_policy_look(mcf, ngx_cycle->log);
}


/* in each worker; one that is not known here is of another version's */

static ngx_int_t
ngx_http_court_control_do(void *data, const ngx_str_t *command)
{
    const ngx_http_court_control_command_t  *row;

    for (row = ngx_http_court_control_commands; row->command; row++) {
        if (command->len == ngx_strlen(row->command)
            && ngx_memcmp(command->data, row->command, command->len) == 0)
        {
            return row->handler(data);
        }
    }

    return NGX_ERROR;
}


void
ngx_http_court_control_start(ngx_cycle_t *cycle,
    ngx_http_court_main_conf_t *mcf)
{
    ngx_court_command_start(mcf->state, ngx_http_court_control_do, mcf,
                            cycle->log);
}


/* ",\"NAME\":[pids]" of those who stand so; n: how many */

static ngx_uint_t
ngx_http_court_control_pids(ngx_court_out_t *out, const char *name,
    ngx_array_t *workers, ngx_court_command_result_t result)
{
    ngx_uint_t                   i, n;
    ngx_court_command_worker_t  *worker;

    ngx_court_out_const(out, ",\"");
    ngx_court_out_put(out, name, ngx_strlen(name));
    ngx_court_out_const(out, "\":[");

    worker = workers->elts;
    n = 0;

    for (i = 0; i < workers->nelts; i++) {
        if (worker[i].result == result) {
            if (n++) {
                ngx_court_out_const(out, ",");
            }

            ngx_court_out_uint(out, worker[i].pid);
        }
    }

    ngx_court_out_const(out, "]");

    return n;
}


/* ctl->out holds members so far, each with a comma before it, or nothing */

static ngx_int_t
ngx_http_court_control_workers_answer(ngx_http_court_control_t *ctl,
    ngx_court_command_result_t result)
{
    ngx_str_t         members;
    ngx_array_t      *workers;
    ngx_court_out_t   whole, *out;

    workers = ngx_court_command_workers(&ctl->wait, ctl->request->pool);
    if (workers == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    out = &ctl->out;

    (void) ngx_http_court_control_pids(out, "done", workers,
                                       NGX_COURT_COMMAND_DONE);
    (void) ngx_http_court_control_pids(out, "failed", workers,
                                       NGX_COURT_COMMAND_FAILED);
    (void) ngx_http_court_control_pids(out, "late", workers,
                                       NGX_COURT_COMMAND_LATE);

    switch (result) {

    case NGX_COURT_COMMAND_DONE:
        break;

    case NGX_COURT_COMMAND_BUSY:
        return ngx_http_court_control_problem(ctl,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "command_busy", "another command is "
                                       "under way", out);

    case NGX_COURT_COMMAND_FAILED:
        return ngx_http_court_control_problem(ctl,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "workers_failed", "see the error log",
                                       out);

    default:
        return ngx_http_court_control_problem(ctl,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "workers_late", "some workers have "
                                       "not answered in time", out);
    }

    if (ngx_court_out_init(&whole, ctl->request->pool) != NGX_OK
        || ngx_court_out_flat(out, &members) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&whole, "{");
    ngx_court_out_put(&whole, members.data + 1, members.len - 1);
    ngx_court_out_const(&whole, "}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &whole);
}


static void
ngx_http_court_control_told(ngx_court_command_wait_t *wait,
    ngx_court_command_result_t result)
{
    ngx_http_court_control_t *ctl = wait->data;

    ngx_http_court_control_end(ctl,
                        ngx_http_court_control_workers_answer(ctl, result));
}


static ngx_int_t
ngx_http_court_control_send_all(ngx_http_court_control_t *ctl,
    const char *command)
{
    ngx_str_t  text;

    text.data = (u_char *) command;
    text.len = ngx_strlen(command);

    ctl->wait.told = ngx_http_court_control_told;
    ctl->wait.data = ctl;

    if (ngx_court_command_send(ctl->mcf->state, &ctl->wait, &text,
                               NGX_HTTP_COURT_CONTROL_WAIT,
                               ngx_cycle->log)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


ngx_int_t
ngx_http_court_control_flush(ngx_http_court_control_t *ctl)
{
    ngx_int_t  rc;

    static const char *const  members[] = { NULL };

    if (ngx_http_court_control_members(ctl, members, &rc) != NGX_OK) {
        return rc;
    }

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_court_control_act(ctl, "audit.flush", "", 0);

    return ngx_http_court_control_send_all(ctl, NGX_HTTP_COURT_CONTROL_FLUSH);
}


static ngx_int_t
ngx_http_court_control_reload_refused(ngx_http_court_control_t *ctl,
    ngx_http_court_reload_t *reload)
{
    u_char  detail[1024];

    *ngx_snprintf(detail, sizeof(detail) - 1, "%V: %V",
                  &ctl->mcf->policy_file, &reload->err)
        = '\0';

    return ngx_http_court_control_problem(ctl, reload->status, reload->code,
                                          (const char *) detail, NULL);
}


/* a policy can be had back from the file only by the master, see there */

static ngx_int_t
ngx_http_court_control_policy(ngx_http_court_control_t *ctl)
{
    u_char                   buf[NGX_INT64_LEN + 16], *p;
    ngx_court_out_t         *out;
    ngx_http_court_reload_t  reload;

    if (ctl->mcf->policy_file.len == 0) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "no_policy", "there is no "
                                              "court_policy", NULL);
    }

    if (ngx_http_court_policy_reload(ctl->mcf, ctl->request->pool, &reload)
        != NGX_OK)
    {
        return ngx_http_court_control_reload_refused(ctl, &reload);
    }

    p = ngx_sprintf(buf, "policy %L", reload.version);
    ngx_http_court_control_act(ctl, "artefacts.reload", (char *) buf, p - buf);

    out = &ctl->out;

    ngx_court_out_const(out, ",\"kind\":\"policy\",\"version\":");
    p = ngx_sprintf(buf, "%L", reload.version);
    ngx_court_out_put(out, buf, p - buf);
    ngx_court_out_const(out, ",\"generation\":");
    ngx_court_out_uint(out, reload.generation);

    if (reload.changed) {
        ngx_court_out_const(out, ",\"changed\":true");

    } else {
        ngx_court_out_const(out, ",\"changed\":false");
    }

    if (reload.warning) {
        ngx_court_out_const(out, ",\"warning\":\"");
        ngx_court_out_put(out, reload.warning, ngx_strlen(reload.warning));
        ngx_court_out_const(out, "\"");
    }

    return ngx_http_court_control_send_all(ctl,
                                           NGX_HTTP_COURT_CONTROL_POLICY);
}


ngx_int_t
ngx_http_court_control_reload(ngx_http_court_control_t *ctl)
{
    ngx_int_t  rc;
    ngx_str_t  kind;

    static const char *const  members[] = { "kind", NULL };

    if (ngx_http_court_control_members(ctl, members, &rc) != NGX_OK) {
        return rc;
    }

    if (ngx_court_json_string(ngx_court_json_get(ctl->body, "kind"), &kind)
        != NGX_OK
        || kind.len != 6 || ngx_memcmp(kind.data, "policy", 6) != 0)
    {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "unknown_kind", "policy", NULL);
    }

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_court_control_policy(ctl);
}
