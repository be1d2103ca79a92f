/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The page of a refusal for a browser: language, title (twice), detail,
 * next, code, request id.  Ops who want their own use error_page and the
 * variables $court_reason_title, $court_reason_detail, $court_reason_next.
 */

#ifndef _NGX_HTTP_COURT_PAGE_H_INCLUDED_
#define _NGX_HTTP_COURT_PAGE_H_INCLUDED_

static char  ngx_http_court_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"%s\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>%V</title></head>\n"
    "<body style=\"font-family:sans-serif;max-width:36em;margin:3em auto\">\n"
    "<h1>%V</h1>\n<p>%V</p>\n<p>%V</p>\n"
    "<p><small>%V &middot; %V</small></p>\n</body></html>\n";

#endif /* _NGX_HTTP_COURT_PAGE_H_INCLUDED_ */
