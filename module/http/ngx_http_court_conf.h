/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is known only while nginx reads its configuration: where directives
 * stood, names that are resolved at the end, slots for directives.  Nothing
 * of it is read on the request path.
 */

#ifndef _NGX_HTTP_COURT_CONF_H_INCLUDED_
#define _NGX_HTTP_COURT_CONF_H_INCLUDED_

#include "ngx_http_court.h"


/* index of ngx_http_court_main_conf_t.zone_size */
typedef enum {
    NGX_HTTP_COURT_ZONE_FACTS = 0,
    NGX_HTTP_COURT_ZONE_TOKENS,
    NGX_HTTP_COURT_ZONE_NEGATIVE,
    NGX_HTTP_COURT_ZONE_ARTEFACTS,
    NGX_HTTP_COURT_ZONE_STATE,
    NGX_HTTP_COURT_ZONE_FLIGHT,
    NGX_HTTP_COURT_ZONE_TOMBSTONES,
    NGX_HTTP_COURT_NZONES
} ngx_http_court_zone_name_t;


/* "in FILE:LINE" of a directive that can be judged only later */
typedef struct {
    ngx_str_t                  file;
    ngx_uint_t                 line;
} ngx_http_court_where_t;

typedef struct {
    ngx_str_t                  code;
    ngx_uint_t                 variable;
    ngx_http_court_where_t     where;
} ngx_http_court_code_t;

/* "court_issuers NAME ..."; issuers may stand behind it */
typedef struct {
    ngx_array_t               *names;        /* ngx_str_t; the key */
    ngx_http_court_where_t     where;
} ngx_http_court_names_t;

/* the context of one server{}, location{} or if{}, seen at its merge */
typedef struct {
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_srv_conf_t   *cscf;
    ngx_http_court_loc_conf_t  *lcf;
    void                      **loc_conf;
} ngx_http_court_location_t;


/* one court_control */
typedef struct {
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_court_where_t     where;
} ngx_http_court_control_where_t;


/* one court_notify */
typedef struct {
    struct ngx_http_court_notify_line_s  *line;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;
    ngx_http_court_where_t     where;
} ngx_http_court_notify_where_t;


struct ngx_http_court_build_s {
    ngx_uint_t                 used;         /* anything is configured */
    ngx_uint_t                 dump;         /* nginx's own, to be restored */
    ngx_uint_t                 durable;      /* some interface is */
    ngx_uint_t                 sight;        /* status or health is */

    ngx_array_t                locations;    /* ngx_http_court_location_t */
    ngx_array_t                codes;        /* ngx_http_court_code_t */
    ngx_array_t                names;        /* ngx_http_court_names_t */

    /* parallel to issuers and sources */
    ngx_array_t                issuer_where; /* ngx_http_court_where_t */
    ngx_array_t                issuer_demo;  /* ngx_uint_t */
    ngx_array_t                source_where;
    ngx_array_t                controls;     /* ngx_http_court_control_where_t
                                              */

    ngx_array_t                notifies;     /* ngx_http_court_notify_where_t
                                              */

    ngx_http_court_where_t     policy;
    ngx_http_court_where_t     source_server;
    ngx_http_court_where_t     cache;
    ngx_http_court_where_t     assertion;
    ngx_http_court_where_t     assertion_jwks;  /* the last of them */
    ngx_http_court_where_t     state_dir;
    ngx_str_t                  cache_redis;  /* name */
    ngx_http_court_where_t     events;
    ngx_str_t                  events_redis;

    ngx_addr_t                *source_addr;
    ngx_http_core_srv_conf_t  *source_default;
};


/* ngx_http_court_conf.c */
void ngx_http_court_where(ngx_conf_t *cf, ngx_http_court_where_t *where);

/* as ngx_conf_log_error, about another place; where may be NULL */
void ngx_http_court_conf_error(ngx_uint_t level, ngx_conf_t *cf,
    const ngx_http_court_where_t *where, const char *fmt, ...);

/*
 * Reads the lines of "{ ... }" by a table of commands, whose type says only
 * how many arguments a line has; set functions get conf and answer as nginx's
 * own do.  The words of the opening line are gone afterwards.
 */
char *ngx_http_court_block(ngx_conf_t *cf, ngx_command_t *lines, void *conf);

/* slots; post as named */
char *ngx_http_court_enum_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);                              /* ngx_conf_enum_t, to uint */
char *ngx_http_court_words_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);                              /* ngx_array_t * of ngx_str_t */

/* bounds in milliseconds, as post of ngx_conf_set_msec_slot */
typedef struct {
    ngx_conf_post_handler_pt   post_handler;
    ngx_msec_t                 low;
    ngx_msec_t                 high;
    const char                *text;          /* "10ms and 60s" */
} ngx_http_court_msec_bounds_t;

char *ngx_http_court_msec_bounds(ngx_conf_t *cf, void *post, void *data);

/* [a-z][a-z0-9]* and '_' where underscore */
ngx_uint_t ngx_http_court_name(const ngx_str_t *name, ngx_uint_t underscore);

/* a new element; *where is filled in too */
ngx_int_t ngx_http_court_push_where(ngx_conf_t *cf, ngx_array_t *array);


/* ngx_http_court_commands.c */
extern ngx_command_t  ngx_http_court_commands[];

/* ngx_http_court_directives.c: set functions of http's own directives */
char *ngx_http_court_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_court_state_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_source_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_court_policy_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_courts_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_audit_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_code(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_court_issuer_names(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_court_front.c, _channel.c, _external.c: of a server */
char *ngx_http_court_trusted_front(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_channel_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_court_external_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_court_merge.c */
void *ngx_http_court_create_srv_conf(ngx_conf_t *cf);
char *ngx_http_court_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
void *ngx_http_court_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_court_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/*
 * ngx_http_court_main.c: when all has been read, before anything is merged:
 * names are resolved, the policy is compiled, zones are declared.
 */
ngx_int_t ngx_http_court_main_conf(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);

/* array of ngx_court_issuer_t * for names; NULL where one is unknown */
ngx_array_t *ngx_http_court_issuers_resolve(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf, ngx_array_t *names);

/*
 * ngx_http_court_locate.c: the location of a server that nginx would choose
 * for that uri ("/..." or "@name"); NULL where there is none but the server's
 * own.  When locations are sorted (postconfiguration).
 */
ngx_http_core_loc_conf_t *ngx_http_court_locate(
    ngx_http_core_srv_conf_t *cscf, const ngx_str_t *uri);

/*
 * ngx_http_court_upstream.c: what stands in the location's proxy, fastcgi,
 * uwsgi, scgi and grpc configuration.
 */
typedef struct {
    ngx_uint_t                 index;         /* ctx_index of the module */
    const char                *store;         /* directives by name, or NULL */
    const char                *headers;
} ngx_http_court_upstream_t;

/* array of ngx_http_court_upstream_t, of the modules there are */
ngx_array_t *ngx_http_court_upstreams(ngx_conf_t *cf);
const char *ngx_http_court_upstream_forbidden(
    const ngx_http_court_upstream_t *up, void **loc_conf);   /* NULL: none */
/* X-Accel-* of the court service is not honoured there */
void ngx_http_court_upstream_no_accel(const ngx_http_court_upstream_t *up,
    void **loc_conf);

/* ngx_http_court_state.c: court_state_dir, the last accepted policy */
ngx_int_t ngx_http_court_state_read(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf, ngx_str_t *text);
void ngx_http_court_state_write(ngx_http_court_main_conf_t *mcf,
    ngx_log_t *log);

/* ngx_http_court_policy_reload.c: the policy file once more, by a worker */
typedef struct {
    int64_t                    version;
    uint64_t                   generation;
    ngx_uint_t                 changed;
    const char                *warning;      /* constant, or NULL */

    ngx_uint_t                 status;       /* of HTTP, where refused */
    const char                *code;
    ngx_str_t                  err;          /* constant, or in pool */
} ngx_http_court_reload_t;

/* NGX_OK: published; NGX_DECLINED: refused, and nothing has changed */
ngx_int_t ngx_http_court_policy_reload(ngx_http_court_main_conf_t *mcf,
    ngx_pool_t *pool, ngx_http_court_reload_t *reload);

/* ngx_http_court_events.c: the directive; its names are resolved, where all
 * has been read and zones are declared */
char *ngx_http_court_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_court_events_main(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_control_conf.c */
char *ngx_http_court_control(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_court_control_check(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_notify_conf.c */
char *ngx_http_court_notify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_court_notify_check(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf);

/* ngx_http_court_file.c: what is wrong with a file's kind, size, owner (other
 * than root and uid) and mode; NULL: nothing */
const char *ngx_http_court_file_distrust(const ngx_file_info_t *fi,
    ngx_uint_t secret, ngx_uint_t uid);
/* of a file that was read: others can't either */
char *ngx_http_court_file_private(ngx_conf_t *cf, const ngx_str_t *name);


#endif /* _NGX_HTTP_COURT_CONF_H_INCLUDED_ */
