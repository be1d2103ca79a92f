/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For the test that forces every stage to every result: -DNGX_COURT_DEBUG
 * alone has it.  COURT_FORCE="stage=VALUE" in the environment of the master,
 * read when the module is loaded; VALUE is REFUSED, FAILED, WAIT (FAILED
 * after 10 ms), GARBAGE, or an nginx code by its name: OK, ERROR, AGAIN,
 * BUSY, DONE, DECLINED, ABORT.  "stage=PASS" forces nothing.
 */

#ifndef _NGX_HTTP_COURT_FORCE_H_INCLUDED_
#define _NGX_HTTP_COURT_FORCE_H_INCLUDED_

#include "ngx_http_court.h"


#if (NGX_COURT_DEBUG)

/* 1: *rc stands for the stage, which is not run */
ngx_uint_t ngx_http_court_force(ngx_http_court_session_t *s,
    const char *stage, ngx_court_result_t *rc);

#else

#define ngx_http_court_force(s, stage, rc)  0

#endif


#endif /* _NGX_HTTP_COURT_FORCE_H_INCLUDED_ */
