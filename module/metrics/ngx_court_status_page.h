/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The status as a page for people (reference/status.md).  It needs nothing
 * but itself: the first view is drawn from the JSON in it, each later one
 * from what the same address answers to "?format=json".
 *
 * Its text stands in ngx_court_status_page_*.h: css, html, and the script in
 * reading order: words, data, verdict, view, courts, main.
 */

#ifndef _NGX_COURT_STATUS_PAGE_H_INCLUDED_
#define _NGX_COURT_STATUS_PAGE_H_INCLUDED_

#include "ngx_court_metrics.h"


/*
 * The page around json, the whole text that "?format=json" answers.  A page's
 * reader sees it where scripts don't run.  Want of memory: out->failed.
 */
void ngx_court_status_page(ngx_court_out_t *out, const ngx_str_t *json);

/*
 * The value of Content-Security-Policy with which the page works: script and
 * style are known by their hashes, and nothing else is loaded or run.  Always
 * the same; in pool memory.  NGX_ERROR: no memory, or no SHA-256.
 */
ngx_int_t ngx_court_status_page_csp(ngx_pool_t *pool, ngx_str_t *value);


#endif /* _NGX_COURT_STATUS_PAGE_H_INCLUDED_ */
