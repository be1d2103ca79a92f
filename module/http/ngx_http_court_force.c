/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Stages forced to results, in debug builds alone: see the header.
 */

#include "ngx_http_court_force.h"


#if (NGX_COURT_DEBUG)


typedef struct {
    const char                *name;
    int                        value;
} ngx_http_court_force_t;


static const ngx_http_court_force_t  ngx_http_court_forces[] = {
    { "REFUSED",  NGX_COURT_REFUSED },
    { "FAILED",   NGX_COURT_FAILED },
    { "WAIT",     NGX_COURT_WAIT },
    { "GARBAGE",  0x5eed },
    { "OK",       NGX_OK },
    { "ERROR",    NGX_ERROR },
    { "AGAIN",    NGX_AGAIN },
    { "BUSY",     NGX_BUSY },
    { "DONE",     NGX_DONE },
    { "DECLINED", NGX_DECLINED },
    { "ABORT",    NGX_ABORT },
    { NULL,       0 }
};


static const ngx_http_court_force_t  *ngx_http_court_forced;
static char                           ngx_http_court_forced_stage[16];


/* workers have no environment, and the master loads the module */

__attribute__((constructor))
static void
ngx_http_court_force_read(void)
{
    char                          *env, *eq;
    const ngx_http_court_force_t  *f;

    env = getenv("COURT_FORCE");

    if (env == NULL || (eq = strchr(env, '=')) == NULL
        || (size_t) (eq - env) >= sizeof(ngx_http_court_forced_stage))
    {
        return;
    }

    for (f = ngx_http_court_forces; f->name; f++) {
        if (ngx_strcmp(f->name, eq + 1) == 0) {
            ngx_memcpy(ngx_http_court_forced_stage, env, eq - env);
            ngx_http_court_forced = f;
        }
    }
}


ngx_uint_t
ngx_http_court_force(ngx_http_court_session_t *s, const char *stage,
    ngx_court_result_t *rc)
{
    if (ngx_http_court_forced == NULL
        || ngx_strcmp(ngx_http_court_forced_stage, stage) != 0)
    {
        return 0;
    }

    *rc = (ngx_court_result_t) ngx_http_court_forced->value;

    if (*rc == NGX_COURT_REFUSED) {
        *rc = ngx_http_court_refused(s, FORBIDDEN, "forced");

    } else if (*rc == NGX_COURT_FAILED
               || (*rc == NGX_COURT_WAIT && s->timer.timedout))
    {
        *rc = ngx_http_court_failed(s, INTERNAL_ERROR, "forced");

    } else if (*rc == NGX_COURT_WAIT) {
        *rc = ngx_http_court_wait(s, 10);
    }

    return 1;
}


#else

/* ISO C wants something to stand in a file */

typedef int  ngx_http_court_force_nothing_t;

#endif
