/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool: the pure layers as a program.  Nouns are functions that get
 * their verb as argv[0]; what they return is the exit code.
 */

#ifndef _NGX_COURT_TOOL_H_INCLUDED_
#define _NGX_COURT_TOOL_H_INCLUDED_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ngx_court_rt.h"
#include "ngx_court_base.h"


/* what an exit code answers */
#define NGX_COURT_TOOL_YES           0
#define NGX_COURT_TOOL_NO            1
#define NGX_COURT_TOOL_USAGE         2
#define NGX_COURT_TOOL_INVALID       3       /* configuration */
#define NGX_COURT_TOOL_UNREACHABLE   4       /* a file, server, demo */
#define NGX_COURT_TOOL_FORBIDDEN     5       /* not permitted */
#define NGX_COURT_TOOL_UNDETERMINED  6


/*
 * One option of a verb: "--name VALUE", or "--name" alone where flag.  Each
 * at most once; value points into argv.
 */
typedef struct {
    const char                *name;
    const char               **value;
    unsigned                   flag:1;
} ngx_court_tool_option_t;

/*
 * Parses argv[1] and on by a table that ends with a NULL name; what is no
 * option is pushed to rest (at most nrest, *n is set).  NGX_ERROR with a
 * message on stderr.
 */
ngx_int_t ngx_court_tool_options(int argc, char **argv,
    const ngx_court_tool_option_t *options, const char **rest,
    ngx_uint_t nrest, ngx_uint_t *n);

/* a whole file, or standard input where name is NULL or "-"; NUL-terminated */
ngx_int_t ngx_court_tool_read(ngx_pool_t *pool, const char *name,
    ngx_str_t *text);

/*
 * name NULL or "-": standard output; else a file.  secret: of mode 0600, and
 * one that holds something is not overwritten: it may be the only copy.
 */
ngx_int_t ngx_court_tool_write(const char *name, const ngx_str_t *text,
    ngx_uint_t secret);

#define ngx_court_tool_str(s, c)                                              \
    ((s)->data = (u_char *) (c), (s)->len = (c) ? strlen(c) : 0)


int ngx_court_tool_token(int argc, char **argv);
int ngx_court_tool_mint(int argc, char **argv);
int ngx_court_tool_assertion(int argc, char **argv);
int ngx_court_tool_keys(int argc, char **argv);
int ngx_court_tool_check(int argc, char **argv);
int ngx_court_tool_policy(int argc, char **argv);
int ngx_court_tool_bench(int argc, char **argv);
int ngx_court_tool_render(int argc, char **argv);
int ngx_court_tool_scrub(int argc, char **argv);
int ngx_court_tool_audit(int argc, char **argv);
int ngx_court_tool_events(int argc, char **argv);
int ngx_court_tool_sim(int argc, char **argv);
int ngx_court_tool_spawn(int argc, char **argv);


#endif /* _NGX_COURT_TOOL_H_INCLUDED_ */
