/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What files of the decision record say about themselves: is every chain
 * whole?  Written for files that somebody may have tampered with: any bytes
 * are taken, none are trusted.
 *
 * Files may come in any order: what of a chain stands in one file is a
 * segment, and segments are put together at the end.  Within one file lines
 * of a chain must stand in their order.
 */

#ifndef _NGX_COURT_AUDIT_VERIFY_H_INCLUDED_
#define _NGX_COURT_AUDIT_VERIFY_H_INCLUDED_

#include "ngx_court_audit_scan.h"


typedef enum {
    NGX_COURT_AUDIT_TORN = 0,    /* a line that is no record */
    NGX_COURT_AUDIT_BROKEN,      /* a line before was changed, moved, doubled */
    NGX_COURT_AUDIT_GAP,         /* n numbers, from seq on, are missing */
    NGX_COURT_AUDIT_TWICE,       /* a file overlaps with another */
    NGX_COURT_AUDIT_KILLED,      /* another worker took its place: no stop */
    NGX_COURT_AUDIT_OPEN,        /* no stop: it runs, or was cut; no fault */
    NGX_COURT_AUDIT_LATE,        /* begins behind its first line; no fault */
    NGX_COURT_AUDIT_NFINDINGS
} ngx_court_audit_kind_t;

typedef struct {
    ngx_court_audit_kind_t     kind;
    ngx_uint_t                 file;      /* as given, from 0 */
    uint64_t                   line;      /* in it, from 1 */
    ngx_str_t                  gateway;   /* "" where torn */
    ngx_str_t                  worker;
    uint64_t                   seq;
    uint64_t                   n;
} ngx_court_audit_finding_t;

typedef void (*ngx_court_audit_finding_pt)(void *data,
    const ngx_court_audit_finding_t *finding);

typedef struct {
    ngx_pool_t                *pool;
    ngx_array_t               *chains;
    ngx_array_t               *segments;
    uint32_t                  *buckets;
    ngx_uint_t                 nbuckets;
    ngx_uint_t                 file;
    uint64_t                   lines;     /* of this file */
    uint64_t                   records;
    uint64_t                   missing;   /* sequence numbers */
    uint64_t                   found[NGX_COURT_AUDIT_NFINDINGS];

    ngx_court_audit_finding_pt  report;   /* may be NULL */
    void                      *data;      /* its own */
} ngx_court_audit_verify_t;


ngx_int_t ngx_court_audit_verify_init(ngx_court_audit_verify_t *v,
    ngx_pool_t *pool);
/* the lines that follow are of that file */
void ngx_court_audit_verify_file(ngx_court_audit_verify_t *v,
    ngx_uint_t file);
/*
 * One line without its newline, an empty one is passed over; what it says
 * where it is a record, else said->seq is 0.  NGX_ERROR without memory.
 */
ngx_int_t ngx_court_audit_verify_line(ngx_court_audit_verify_t *v,
    const ngx_str_t *line, ngx_court_audit_said_t *said);
/* all was given */
ngx_int_t ngx_court_audit_verify_end(ngx_court_audit_verify_t *v);
/* number of faults: all findings but those that are none */
uint64_t ngx_court_audit_verify_faults(const ngx_court_audit_verify_t *v);


#endif /* _NGX_COURT_AUDIT_VERIFY_H_INCLUDED_ */
