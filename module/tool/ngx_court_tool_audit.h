/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool audit: what its verbs share.  Files of records may be of many
 * gigabytes: they are read a block at a time, line by line.
 */

#ifndef _NGX_COURT_TOOL_AUDIT_H_INCLUDED_
#define _NGX_COURT_TOOL_AUDIT_H_INCLUDED_

#include "ngx_court_tool.h"
#include "ngx_court_audit_verify.h"

#include <sys/types.h>


#define NGX_COURT_TOOL_AUDIT_FILES   4096
#define NGX_COURT_TOOL_AUDIT_FOLLOW  64       /* files that -f stays with */
#define NGX_COURT_TOOL_AUDIT_BLOCK   (256 * 1024)


typedef struct {
    ngx_pool_t                *pool;
    ngx_uint_t                 nfiles;
    const char                *files[NGX_COURT_TOOL_AUDIT_FILES];

    const char                *output;
    const char                *verify;
    const char                *follow;
    const char                *number;
    const char                *flushed;
    const char                *policy;
    const char                *court;
    const char                *case_number;
    const char                *case_file;
    const char                *issuer;
    const char                *subject_file;
    const char                *subject_stdin;
    const char                *from;
    const char                *to;
    const char                *key;
    ngx_uint_t                 json;
} ngx_court_tool_audit_t;


/* ngx_court_tool_audit_read.c: one file, "-" or one that gzip has packed */
typedef struct {
    const char                *name;
    int                        fd;
    pid_t                      gzip;      /* 0: none */
    u_char                    *buf;
    size_t                     begin;     /* of what was not given yet */
    size_t                     end;
    uint64_t                   lines;
    unsigned                   long_line:1;   /* its rest is passed over */
    unsigned                   follow:1;  /* a last line without its newline
                                           * is not given: it may go on */
} ngx_court_tool_audit_file_t;

/* NGX_ERROR with a message; denied is set where nobody let us read it */
extern ngx_uint_t  ngx_court_tool_audit_denied;

ngx_int_t ngx_court_tool_audit_open(ngx_court_tool_audit_file_t *f,
    const char *name);
/* NGX_DONE: no more for now; NGX_ERROR with a message.  A line lives until
 * the next call; of one beyond all bounds its beginning is given */
ngx_int_t ngx_court_tool_audit_next(ngx_court_tool_audit_file_t *f,
    ngx_str_t *line);
/* NGX_ERROR: gzip found fault with it, said by gzip itself */
ngx_int_t ngx_court_tool_audit_close(ngx_court_tool_audit_file_t *f);
/* of a plain file the last n lines or more; else nothing is skipped */
void ngx_court_tool_audit_skip(ngx_court_tool_audit_file_t *f, ngx_uint_t n);

/*
 * The files in the order of their first record's time, standard input last;
 * each line to the handler, which ends it all by another answer than NGX_OK.
 * NGX_ERROR: of the handler, or a file that cannot be read.
 */
typedef ngx_int_t (*ngx_court_tool_audit_pt)(void *data, ngx_uint_t file,
    uint64_t number, const ngx_str_t *line);

ngx_int_t ngx_court_tool_audit_sort(ngx_court_tool_audit_t *o);
ngx_int_t ngx_court_tool_audit_each(ngx_court_tool_audit_t *o,
    ngx_court_tool_audit_pt handler, void *data);


/* verbs; exit codes */
int ngx_court_tool_audit_tail(ngx_court_tool_audit_t *o);
int ngx_court_tool_audit_verify(ngx_court_tool_audit_t *o);
int ngx_court_tool_audit_find(ngx_court_tool_audit_t *o, const char *id);
int ngx_court_tool_audit_export(ngx_court_tool_audit_t *o);

/* ngx_court_tool_audit_print.c: nothing that a terminal would obey */
void ngx_court_tool_audit_text(FILE *out, const ngx_str_t *s);
/* as a JSON string */
void ngx_court_tool_audit_quote(FILE *out, const ngx_str_t *s);
/* one line for each record: when, where, who, what, how it ended */
void ngx_court_tool_audit_line(const ngx_str_t *line,
    const ngx_court_audit_said_t *said);
/* findings as they come, and their sum; of many the first alone */
typedef struct {
    ngx_court_tool_audit_t    *o;
    FILE                      *out;
    ngx_uint_t                 told;
} ngx_court_tool_audit_findings_t;

void ngx_court_tool_audit_finding(void *data,
    const ngx_court_audit_finding_t *f);
void ngx_court_tool_audit_sum(ngx_court_tool_audit_findings_t *told,
    const ngx_court_audit_verify_t *v);


#endif /* _NGX_COURT_TOOL_AUDIT_H_INCLUDED_ */
