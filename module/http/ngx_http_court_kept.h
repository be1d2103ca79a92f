/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a worker keeps of decisions that let somebody in.  A decision is made
 * anew for each request; but where everything it says is the same as before,
 * so are the headers that carry it, the members of the record that tell it,
 * and the assertion: they need not be escaped and put together again.
 *
 * A place belongs to the request that asked for it until another one takes
 * it: after a wait it is asked for again.
 */

#ifndef _NGX_HTTP_COURT_KEPT_H_INCLUDED_
#define _NGX_HTTP_COURT_KEPT_H_INCLUDED_

#include "ngx_http_court.h"


#define NGX_HTTP_COURT_KEPT_HEADERS    16
#define NGX_HTTP_COURT_KEPT_KEY        512
#define NGX_HTTP_COURT_KEPT_TEXT       1024  /* of all header values */
#define NGX_HTTP_COURT_KEPT_RECORD     768
#define NGX_HTTP_COURT_KEPT_OUTCOME    384
#define NGX_HTTP_COURT_KEPT_ASSERTION  1280


struct ngx_http_court_kept_s {
    uint64_t                   serial;       /* 0: an empty place */
    size_t                     key_len;
    u_char                     key[NGX_HTTP_COURT_KEPT_KEY];

    ngx_uint_t                 nheaders;     /* 0: not known yet; values by */
    ngx_table_elt_t            headers[NGX_HTTP_COURT_KEPT_HEADERS];
    size_t                     text_len;     /* their lengths in text */
    u_char                     text[NGX_HTTP_COURT_KEPT_TEXT];

    size_t                     record_len;   /* 0: not known yet */
    u_char                     record[NGX_HTTP_COURT_KEPT_RECORD];
    size_t                     outcome_len;  /* the same of the second one */
    u_char                     outcome[NGX_HTTP_COURT_KEPT_OUTCOME];

    time_t                     made;         /* when the assertion was */
    size_t                     assertion_len;
    u_char                     assertion[NGX_HTTP_COURT_KEPT_ASSERTION];
};


/*
 * The place of the decision that s has come to, empty where none like it was
 * kept.  NULL: it is not one that is kept, or says more than a place holds.
 */
ngx_http_court_kept_t *ngx_http_court_kept(ngx_http_court_session_t *s);

/* elements i to the last of a list of one part; nothing where they are too
 * long.  Then the same, appended to another list with that room */
void ngx_http_court_kept_headers(ngx_http_court_kept_t *kept,
    const ngx_list_t *list, ngx_uint_t i);
ngx_int_t ngx_http_court_kept_put(ngx_http_court_kept_t *kept,
    ngx_list_t *list, ngx_pool_t *pool);

/* an assertion made at that time */
void ngx_http_court_kept_assertion(ngx_http_court_kept_t *kept,
    const ngx_str_t *assertion, time_t made);

/* the worker ends */
void ngx_http_court_kept_wipe(void);


#endif /* _NGX_HTTP_COURT_KEPT_H_INCLUDED_ */
