/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_redis NAME { }": a Redis that others may choose by its name.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_REDIS_PORT  6379


typedef struct {
    ngx_court_redis_conf_t     redis;        /* first: slots write into it */

    ngx_str_t                  password_file;
    ngx_uint_t                 mode;
    ngx_int_t                  database;
} ngx_http_court_redis_conf_t;


static char *ngx_http_court_redis_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_conf_enum_t  ngx_http_court_redis_modes[] = {
    { ngx_string("standalone"), 0 },
    { ngx_null_string, 0 }
};

static ngx_conf_num_bounds_t  ngx_http_court_redis_databases = {
    ngx_conf_check_num_bounds, 0, 65535
};

static ngx_http_court_msec_bounds_t  ngx_http_court_redis_timeouts = {
    ngx_http_court_msec_bounds, 1, 10000, "1ms and 10s"
};


#define ngx_http_court_redis_line(name, type, set, member, post)              \
    { ngx_string(name), type, set, 0,                                         \
      offsetof(ngx_http_court_redis_conf_t, member), post }

static ngx_command_t  ngx_http_court_redis_lines[] = {

    ngx_http_court_redis_line("server", NGX_CONF_TAKE1,
        ngx_http_court_redis_server, redis.addr, NULL),

    ngx_http_court_redis_line("mode", NGX_CONF_TAKE1,
        ngx_http_court_enum_slot, mode, &ngx_http_court_redis_modes),

    ngx_http_court_redis_line("user", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, redis.user, NULL),

    ngx_http_court_redis_line("password_file", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, password_file, NULL),

    ngx_http_court_redis_line("database", NGX_CONF_TAKE1,
        ngx_conf_set_num_slot, database, &ngx_http_court_redis_databases),

    ngx_http_court_redis_line("key_prefix", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, redis.key_prefix, NULL),

    ngx_http_court_redis_line("connect_timeout", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, redis.connect_timeout,
        &ngx_http_court_redis_timeouts),

    ngx_http_court_redis_line("command_timeout", NGX_CONF_TAKE1,
        ngx_conf_set_msec_slot, redis.command_timeout,
        &ngx_http_court_redis_timeouts),

      ngx_null_command
};


static ngx_uint_t
ngx_http_court_redis_local(struct sockaddr *sa)
{
    switch (sa->sa_family) {

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif

#if (NGX_HAVE_INET6)
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *) sa)->sin6_addr);
#endif

    default: /* AF_INET */
        return (ntohl(((struct sockaddr_in *) sa)->sin_addr.s_addr) >> 24)
               == 127;
    }
}


static char *
ngx_http_court_redis_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_redis_conf_t  *rcf = conf;

    ngx_url_t   u;
    ngx_str_t  *value;

    if (rcf->redis.addr) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = value[1];
    u.default_port = NGX_HTTP_COURT_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0
        || u.uri.len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "invalid address", &value[1]);
        return NGX_CONF_ERROR;
    }

    rcf->redis.addr = &u.addrs[0];

    /* values are sealed, but the password is not */

    if (!ngx_http_court_redis_local(u.addrs[0].sockaddr)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "court_redis server \"%V\" is "
                           "reached without TLS", &value[1]);
    }

    return NGX_CONF_OK;
}


/* the first line, without its end */

static char *
ngx_http_court_redis_password(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf)
{
    char       *rv;
    ngx_str_t  *password;

    if (rcf->password_file.data == NULL) {
        return NGX_CONF_OK;
    }

    password = &rcf->redis.password;

    rv = ngx_http_court_file_read(cf, &rcf->password_file, 1, password);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    password->len = strcspn((char *) password->data, "\r\n");

    if (password->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "password_file \"%V\" is empty",
                           &rcf->password_file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_court_redis_finish(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf)
{
    if (rcf->redis.addr == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no \"server\" is defined "
                           "for court_redis \"%V\"", &rcf->redis.name);
        return NGX_CONF_ERROR;
    }

    if (rcf->redis.user.len && rcf->password_file.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no \"password_file\" is "
                           "defined for \"user\" of court_redis \"%V\"",
                           &rcf->redis.name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(rcf->redis.connect_timeout, 200);
    ngx_conf_init_msec_value(rcf->redis.command_timeout, 20);
    ngx_conf_init_value(rcf->database, 0);

    rcf->redis.database = rcf->database;
    rcf->redis.log = cf->log;

    if (rcf->redis.key_prefix.data == NULL) {
        ngx_str_set(&rcf->redis.key_prefix, "court");
    }

    if (rcf->redis.key_prefix.len == 0 || rcf->redis.key_prefix.len > 64) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"key_prefix\" must have 1 "
                           "to 64 characters");
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_redis_password(cf, rcf);
}


char *
ngx_http_court_redis_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_main_conf_t  *mcf = conf;

    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_court_redis_t            **redis;
    ngx_http_court_redis_conf_t    rcf;

    value = cf->args->elts;
    redis = mcf->redis.elts;

    for (i = 0; i < mcf->redis.nelts; i++) {
        if (ngx_court_str_eq(&ngx_court_redis_conf(redis[i])->name,
                             &value[1]))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate court_redis \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    ngx_memzero(&rcf, sizeof(ngx_http_court_redis_conf_t));

    rcf.redis.name = value[1];
    rcf.redis.connect_timeout = NGX_CONF_UNSET_MSEC;
    rcf.redis.command_timeout = NGX_CONF_UNSET_MSEC;
    rcf.mode = NGX_CONF_UNSET_UINT;
    rcf.database = NGX_CONF_UNSET;

    if (ngx_http_court_block(cf, ngx_http_court_redis_lines, &rcf)
        != NGX_CONF_OK
        || ngx_http_court_redis_finish(cf, &rcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    redis = ngx_array_push(&mcf->redis);
    if (redis == NULL) {
        return NGX_CONF_ERROR;
    }

    *redis = ngx_court_redis_create(cf->pool, &rcf.redis);

    return *redis ? NGX_CONF_OK : NGX_CONF_ERROR;
}
