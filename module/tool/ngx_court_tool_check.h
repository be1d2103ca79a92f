/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * courtctl check: what is wrong with a configuration that nginx accepts.  The
 * text of "nginx -T" becomes a tree of directives; checks are the rows of one
 * table (_check_table), functions that look at a directive and what stands
 * around it.
 */

#ifndef _NGX_COURT_TOOL_CHECK_H_INCLUDED_
#define _NGX_COURT_TOOL_CHECK_H_INCLUDED_

#include "ngx_court_tool.h"

#include <limits.h>


/* a court's configuration has some hundred directives */
#define NGX_COURT_CHECK_DIRECTIVES  200000
#define NGX_COURT_CHECK_DEPTH       32        /* blocks and includes */
#define NGX_COURT_CHECK_FINDINGS    1000


typedef struct ngx_court_check_dir_s  ngx_court_check_dir_t;
typedef struct ngx_court_check_s      ngx_court_check_t;

struct ngx_court_check_dir_s {
    const char               **args;     /* args[0]: its name */
    ngx_uint_t                 nargs;
    const char                *file;
    ngx_uint_t                 line;
    ngx_court_check_dir_t     *parent;   /* NULL: the root */
    ngx_court_check_dir_t     *child;    /* of a block, in order */
    ngx_court_check_dir_t     *last;
    ngx_court_check_dir_t     *next;
    uint64_t                   names;    /* of children: a bit for each name */
};

typedef enum {
    NGX_COURT_CHECK_NOTE = 0,
    NGX_COURT_CHECK_WARNING,
    NGX_COURT_CHECK_ERROR
} ngx_court_check_severity_t;

typedef struct {
    const char                *id;
    ngx_court_check_severity_t severity;
    const char                *names;    /* "a|b": of directives; "": once */
    void                     (*look)(ngx_court_check_t *c,
                                   ngx_court_check_dir_t *d);
    const char                *fix;      /* what to do, one sentence */
} ngx_court_check_row_t;

typedef struct {
    const char                *id;
    ngx_court_check_severity_t severity;
    const char                *file;
    ngx_uint_t                 line;
    const char                *what;
    const char                *fix;
    unsigned                   accepted:1;
} ngx_court_check_finding_t;

typedef struct {
    const char                *name;
    ngx_str_t                  text;
    unsigned                   depth:8;  /* of includes that are being read */
} ngx_court_check_file_t;

struct ngx_court_check_s {
    ngx_pool_t                *pool;
    const char                *nginx;    /* the program */
    const char                *conf;     /* the file, or "-": a dump */
    const char                *logrotate;    /* directory of its files */
    time_t                     now;
    ngx_uint_t                 jwks_days;
    ngx_uint_t                 invalid;      /* nginx says so */
    ngx_uint_t                 ndirectives;
    ngx_array_t                files;    /* ngx_court_check_file_t */
    ngx_array_t                findings; /* ngx_court_check_finding_t */
    ngx_array_t               *secrets;  /* ngx_court_check_secret_t */
    ngx_court_check_dir_t     *root;
    ngx_court_check_dir_t     *http;     /* NULL: there is none */
    ngx_court_check_dir_t     *source;   /* the source server, or NULL */
    const ngx_court_check_row_t  *row;   /* whose turn it is */
};


/* all checks, ended by a row without id */
extern const ngx_court_check_row_t  ngx_court_check_rows[];


/* runs nginx -T, or reads a dump; findings of its own; an exit code */
int ngx_court_check_run(ngx_court_check_t *c);

/* dump into c->files and the tree; NGX_ERROR where it can't be read */
ngx_int_t ngx_court_check_parse(ngx_court_check_t *c, ngx_str_t *dump);


/* a finding of the row whose turn it is; once for each line and text */
void ngx_court_check_tell(ngx_court_check_t *c, const ngx_court_check_dir_t *d,
    const char *fmt, ...);
void ngx_court_check_found(ngx_court_check_t *c, const char *id,
    ngx_court_check_severity_t severity, const char *file, ngx_uint_t line,
    const char *what, const char *fix);


/* about the tree (_check_tree) */

ngx_uint_t ngx_court_check_is(const ngx_court_check_dir_t *d,
    const char *name);
/* its bit in "names" */
uint64_t ngx_court_check_bit(const char *name);
/* the first child of that name behind "after" (NULL: from the beginning) */
ngx_court_check_dir_t *ngx_court_check_child(const ngx_court_check_dir_t *block,
    const char *name, const ngx_court_check_dir_t *after);
/* what counts in a block: its own, else that of a block around it */
ngx_court_check_dir_t *ngx_court_check_find(
    const ngx_court_check_dir_t *block, const char *name);
/* its first argument is that word, whatever the case */
ngx_uint_t ngx_court_check_says(const ngx_court_check_dir_t *d,
    const char *word);
/* what stands behind "name=" in one of its arguments; NULL */
const char *ngx_court_check_option(const ngx_court_check_dir_t *d,
    const char *name);
/* the server around it; NULL */
ngx_court_check_dir_t *ngx_court_check_server(ngx_court_check_dir_t *d);
/* requests are decided in this block */
ngx_uint_t ngx_court_check_protected(ngx_court_check_t *c,
    ngx_court_check_dir_t *block);
ngx_uint_t ngx_court_check_in_source(ngx_court_check_t *c,
    ngx_court_check_dir_t *d);
/* a name of a file as nginx takes it: relative to that of nginx.conf */
const char *ngx_court_check_path(ngx_court_check_t *c, const char *name);
/* "unix:…", "127.…", "localhost", "[::1]", with or without port */
ngx_uint_t ngx_court_check_local(const char *address);


/* the checks, by what they look at */

#define NGX_COURT_CHECK(name)                                                 \
    void ngx_court_check_##name(ngx_court_check_t *c,                         \
        ngx_court_check_dir_t *d)

/* _check_proxy */
NGX_COURT_CHECK(source_clear);
NGX_COURT_CHECK(source_tls_verify);
NGX_COURT_CHECK(source_tls_ca);
NGX_COURT_CHECK(source_tls_name);
NGX_COURT_CHECK(source_secret_url);
NGX_COURT_CHECK(upstream_clear);
NGX_COURT_CHECK(upstream_tls_verify);
NGX_COURT_CHECK(proxy_uri);
NGX_COURT_CHECK(cache_key);
NGX_COURT_CHECK(stream_acts);
NGX_COURT_CHECK(identity_header);

/* _check_site */
NGX_COURT_CHECK(court_mode);
NGX_COURT_CHECK(court_report);
NGX_COURT_CHECK(satisfy_any);
NGX_COURT_CHECK(return_undecided);
NGX_COURT_CHECK(court_code);
NGX_COURT_CHECK(tls_missing);
NGX_COURT_CHECK(status_open);
NGX_COURT_CHECK(control_listen);
NGX_COURT_CHECK(body_size);

/* _check_main */
NGX_COURT_CHECK(is_on);
NGX_COURT_CHECK(is_off);
NGX_COURT_CHECK(tls_old);
NGX_COURT_CHECK(log_personal);
NGX_COURT_CHECK(log_token);
NGX_COURT_CHECK(log_debug);
NGX_COURT_CHECK(limit_key);
NGX_COURT_CHECK(front_any);
NGX_COURT_CHECK(core_dump);
NGX_COURT_CHECK(worker_root);
NGX_COURT_CHECK(shutdown_timeout);
NGX_COURT_CHECK(redis_clear);
NGX_COURT_CHECK(redis_password);
NGX_COURT_CHECK(audit_missing);
NGX_COURT_CHECK(audit_key);
NGX_COURT_CHECK(audit_allow);
NGX_COURT_CHECK(audit_rotate);

/* _check_files */
NGX_COURT_CHECK(secret_mode);
NGX_COURT_CHECK(secret_shared);
NGX_COURT_CHECK(anchor_mode);
NGX_COURT_CHECK(conf_mode);
NGX_COURT_CHECK(dir_writable);
NGX_COURT_CHECK(state_dir);
NGX_COURT_CHECK(source_socket);

/* _check_keys */
NGX_COURT_CHECK(jwks_stale);
NGX_COURT_CHECK(jwks_expired);
NGX_COURT_CHECK(key_weak);
NGX_COURT_CHECK(key_old);
NGX_COURT_CHECK(key_staged);


#endif /* _NGX_COURT_TOOL_CHECK_H_INCLUDED_ */
