/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What leaves the machine in a support bundle.  A text is changed in place:
 * bytes to be hidden become NGX_COURT_SCRUB_HIDE, bytes to be left out
 * NGX_COURT_SCRUB_DROP; who writes it says "[redacted]" for a run of the
 * former.  What is not known to be harmless is hidden.
 */

#ifndef _NGX_COURT_TOOL_SCRUB_H_INCLUDED_
#define _NGX_COURT_TOOL_SCRUB_H_INCLUDED_

#include "ngx_court_tool.h"


#define NGX_COURT_SCRUB_HIDE   0x01
#define NGX_COURT_SCRUB_DROP   0x02

#define ngx_court_scrub_hide(p, n)  memset(p, NGX_COURT_SCRUB_HIDE, n)
#define ngx_court_scrub_drop(p, n)  memset(p, NGX_COURT_SCRUB_DROP, n)


/* what "nginx -T" prints */
void ngx_court_scrub_conf(u_char *p, u_char *end);

/* error.log of nginx */
void ngx_court_scrub_log(u_char *p, u_char *end);

/*
 * Whatever the text is: tokens, long random words, numbers of persons and
 * telephones, mail addresses, what stands behind Bearer and Basic.
 */
void ngx_court_scrub_words(u_char *p, u_char *end);


#endif /* _NGX_COURT_TOOL_SCRUB_H_INCLUDED_ */
