/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads lines of the decision record fast, for files of millions: no memory,
 * no tree.  Strings are as they stand in the line, escapes not undone; only
 * the records' own members are looked at, so that a line which passes here may
 * still be refused by ngx_court_json_parse().
 */

#ifndef _NGX_COURT_AUDIT_SCAN_H_INCLUDED_
#define _NGX_COURT_AUDIT_SCAN_H_INCLUDED_

#include "ngx_court_audit.h"


#define NGX_COURT_AUDIT_DEPTH  8          /* lists of objects have 2 */


/* what a line says; points into it; "" where a member is absent */
typedef struct {
    int64_t                    seq;
    ngx_uint_t                 sm3;       /* of prev */
    u_char                     prev[NGX_COURT_AUDIT_HASH_LEN];

    ngx_str_t                  gateway;
    ngx_str_t                  worker;
    ngx_str_t                  time;
    ngx_str_t                  request_id;
    ngx_str_t                  phase;
    ngx_str_t                  event;
    ngx_str_t                  cycle;
    ngx_str_t                  court;
    ngx_str_t                  interface;
    ngx_str_t                  subject_h;
    ngx_str_t                  principal_h;
    ngx_str_t                  case_h;
    ngx_str_t                  role;
    ngx_str_t                  decision;
    ngx_str_t                  reason;
} ngx_court_audit_said_t;


/*
 * One line without its newline.  NGX_DECLINED: no record, as a line that was
 * torn is none.
 */
ngx_int_t ngx_court_audit_scan(const ngx_str_t *line,
    ngx_court_audit_said_t *said);

/*
 * The same of a line that another one's torn beginning may stand before: a
 * process that is cut off within a line leaves no newline to who writes next.
 * *line becomes the record alone.  NGX_AGAIN: it was so.
 */
ngx_int_t ngx_court_audit_scan_behind(ngx_str_t *line,
    ngx_court_audit_said_t *said);

/* is said's string that one? */
#define ngx_court_audit_is(s, text)                                           \
    ((s)->len == sizeof(text) - 1                                             \
     && ngx_memcmp((s)->data, text, sizeof(text) - 1) == 0)


#endif /* _NGX_COURT_AUDIT_SCAN_H_INCLUDED_ */
