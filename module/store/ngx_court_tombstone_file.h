/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What this machine has revoked by itself, kept over restarts: a file of
 * lines to which each worker appends by a descriptor that the master opened;
 * none of them needs a right to the directory.  A line is whole where it ends
 * in " ."; what a full disk tore was never said to be kept, and is skipped.
 * Who is meant stands there as a digest.
 *
 * The master reads it when the zone is new, and writes it anew without what
 * has ended, unless another master (a binary upgrade) still appends to it.
 */

#ifndef _NGX_COURT_TOMBSTONE_FILE_H_INCLUDED_
#define _NGX_COURT_TOMBSTONE_FILE_H_INCLUDED_

#include "ngx_court_tombstone.h"


#define NGX_COURT_TOMBSTONE_LINE      192    /* bytes, at most */
#define NGX_COURT_TOMBSTONE_FILE_MAX  (64 * 1024 * 1024)

typedef struct {
    ngx_str_t                  name;         /* ends in '\0'; "": none */
    ngx_fd_t                   fd;
} ngx_court_tombstone_file_t;


/* while the configuration is read: all lines, but nothing is revoked.
 * NGX_ERROR, logged */
ngx_int_t ngx_court_tombstone_file_check(const ngx_str_t *dir,
    ngx_pool_t *pool, ngx_log_t *log);

/* by the master, in pool of the cycle.  NGX_ERROR, logged: what was revoked
 * cannot be known */
ngx_int_t ngx_court_tombstone_file_open(ngx_court_tombstone_file_t *file,
    ngx_court_tombstones_t *ts, const ngx_str_t *dir, ngx_cycle_t *cycle);

/* written, not synchronised; NGX_ERROR, logged: it is not kept */
ngx_int_t ngx_court_tombstone_file_append(ngx_court_tombstone_file_t *file,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo, ngx_log_t *log);

/* one line, for tests: NGX_OK; NGX_DECLINED: torn; NGX_ERROR: damaged */
ngx_int_t ngx_court_tombstone_file_parse(const u_char *p, const u_char *last,
    ngx_court_tombstone_t *stone, ngx_uint_t *undo);
u_char *ngx_court_tombstone_file_line(u_char *buf,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo);

/* "subject", "token", "hash", "key", "court" */
extern const ngx_str_t  ngx_court_tombstone_kinds[];


#endif /* _NGX_COURT_TOMBSTONE_FILE_H_INCLUDED_ */
