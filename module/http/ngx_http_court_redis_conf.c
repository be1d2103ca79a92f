/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * "court_redis NAME { }": a Redis that others may choose by its name.
 */

#include "ngx_http_court_conf.h"
#include "ngx_http_court_redis_tls.h"


#define NGX_HTTP_COURT_REDIS_PORT  6379


typedef struct {
    ngx_court_redis_conf_t     redis;        /* first: slots write into it */

    ngx_str_t                  password_file;
    ngx_str_t                  sentinel_password_file;
    ngx_array_t                urls;         /* ngx_url_t */
    ngx_uint_t                 mode_set;
    ngx_uint_t                 read;
    ngx_int_t                  database;
    ngx_flag_t                 ssl;
    ngx_http_court_redis_tls_t tls;
} ngx_http_court_redis_conf_t;


static char *ngx_http_court_redis_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_court_redis_mode(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_court_redis_resolver(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_conf_enum_t  ngx_http_court_redis_reads[] = {
    { ngx_string("master"), 0 },
    { ngx_string("replicas"), 1 },
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

    ngx_http_court_redis_line("server", NGX_CONF_1MORE,
        ngx_http_court_redis_server, urls, NULL),

    ngx_http_court_redis_line("mode", NGX_CONF_TAKE12,
        ngx_http_court_redis_mode, mode_set, NULL),

    ngx_http_court_redis_line("resolver", NGX_CONF_1MORE,
        ngx_http_court_redis_resolver, redis.resolver, NULL),

    ngx_http_court_redis_line("read", NGX_CONF_TAKE1,
        ngx_http_court_enum_slot, read, &ngx_http_court_redis_reads),

    ngx_http_court_redis_line("sentinel_user", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, redis.sentinel_user, NULL),

    ngx_http_court_redis_line("sentinel_password_file", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, sentinel_password_file, NULL),

    ngx_http_court_redis_line("ssl", NGX_CONF_TAKE1,
        ngx_conf_set_flag_slot, ssl, NULL),

    ngx_http_court_redis_line("ssl_trusted_certificate", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, tls.trusted, NULL),

    ngx_http_court_redis_line("ssl_name", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, tls.name, NULL),

    ngx_http_court_redis_line("ssl_certificate", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, tls.certificate, NULL),

    ngx_http_court_redis_line("ssl_certificate_key", NGX_CONF_TAKE1,
        ngx_conf_set_str_slot, tls.key, NULL),

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

    ngx_url_t   *u;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (rcf->urls.nelts) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        u = ngx_array_push(&rcf->urls);
        if (u == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(u, sizeof(ngx_url_t));

        u->url = value[i];
        u->default_port = NGX_HTTP_COURT_REDIS_PORT;
        u->no_resolve = 1;

        if (ngx_parse_url(cf->pool, u) != NGX_OK || u->uri.len) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                               u->err ? u->err : "invalid address",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* "standalone", "cluster", "sentinel NAME" */

static char *
ngx_http_court_redis_mode(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_redis_conf_t  *rcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    static const struct {
        ngx_str_t               name;
        ngx_uint_t              nargs;
    } modes[] = {
        { ngx_string("standalone"), 2 },     /* as ngx_court_redis_mode_t */
        { ngx_string("sentinel"), 3 },
        { ngx_string("cluster"), 2 }
    };

    if (rcf->mode_set) {
        return "is duplicate";
    }

    rcf->mode_set = 1;
    value = cf->args->elts;

    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (ngx_court_str_eq(&value[1], &modes[i].name)
            && cf->args->nelts == modes[i].nargs)
        {
            rcf->redis.mode = i;

            if (modes[i].nargs == 3) {
                rcf->redis.master = value[2];
            }

            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\"",
                       &value[1]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_court_redis_resolver(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_redis_conf_t  *rcf = conf;

    ngx_str_t  *value;

    if (rcf->redis.resolver) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rcf->redis.resolver = ngx_resolver_create(cf, &value[1],
                                              cf->args->nelts - 1);

    return rcf->redis.resolver ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* values are sealed, but the password is not */

static void
ngx_http_court_redis_clear(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf,
    ngx_url_t *u)
{
    if (rcf->ssl || (u->naddrs
                     && ngx_http_court_redis_local(u->addrs[0].sockaddr)))
    {
        return;
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "court_redis server \"%V\" is "
                       "reached without TLS", &u->url);
}


/* a name is looked up now where there is no resolver for it later */

static char *
ngx_http_court_redis_servers(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf)
{
    ngx_url_t               *u;
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_court_redis_addr_t  *addr;

    rcf->redis.servers = ngx_array_create(cf->pool, rcf->urls.nelts,
                                          sizeof(ngx_court_redis_addr_t));
    if (rcf->redis.servers == NULL) {
        return NGX_CONF_ERROR;
    }

    u = rcf->urls.elts;

    for (i = 0; i < rcf->urls.nelts; i++) {
        addr = ngx_array_push(rcf->redis.servers);

        if (addr == NULL) {
            return NGX_CONF_ERROR;
        }

        if (u[i].naddrs == 0 && rcf->redis.resolver == NULL
            && ngx_inet_resolve_host(cf->pool, &u[i]) != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                               u[i].err ? u[i].err : "invalid address",
                               &u[i].url);
            return NGX_CONF_ERROR;
        }

        if (u[i].host.len > 2 && u[i].host.data[0] == '[') {
            u[i].host.data++;
            u[i].host.len -= 2;
        }

        rc = u[i].naddrs
                 ? ngx_court_redis_addr_known(addr, &u[i].host, u[i].port,
                                              &u[i].addrs[0])
                 : ngx_court_redis_addr_set(addr, &u[i].host, u[i].port,
                                            rcf->redis.resolver);

        if (rc != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid address in \"%V\"", &u[i].url);
            return NGX_CONF_ERROR;
        }

        ngx_http_court_redis_clear(cf, rcf, &u[i]);
    }

    return NGX_CONF_OK;
}


/* the first line, without its end */

static char *
ngx_http_court_redis_password(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *password, const char *line)
{
    char  *rv;

    if (file->data == NULL) {
        return NGX_CONF_OK;
    }

    rv = ngx_http_court_file_read(cf, file, 1, password);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    password->len = strcspn((char *) password->data, "\r\n");

    if (password->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" is empty", line,
                           file);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what does not go together */

static char *
ngx_http_court_redis_fits(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf)
{
    ngx_uint_t  i, sentinel;

    sentinel = rcf->redis.mode == NGX_COURT_REDIS_SENTINEL;

    const struct {
        ngx_uint_t   wrong;
        const char  *text;
    } rules[] = {
        { rcf->redis.user.len && rcf->password_file.data == NULL,
          "no \"password_file\" is defined for \"user\" of" },
        { rcf->redis.sentinel_user.len
          && rcf->sentinel_password_file.data == NULL,
          "no \"sentinel_password_file\" is defined for \"sentinel_user\" "
          "of" },
        { !sentinel && (rcf->redis.sentinel_user.len
                        || rcf->sentinel_password_file.data),
          "\"sentinel_user\" and \"sentinel_password_file\" need \"mode "
          "sentinel\" in" },
        { rcf->redis.mode == NGX_COURT_REDIS_STANDALONE && rcf->read,
          "\"read replicas\" needs \"mode sentinel\" or \"mode cluster\" "
          "in" },
        { rcf->redis.mode == NGX_COURT_REDIS_STANDALONE
          && rcf->urls.nelts > 1,
          "more than one \"server\" needs \"mode sentinel\" or \"mode "
          "cluster\" in" },
        { rcf->redis.mode == NGX_COURT_REDIS_CLUSTER && rcf->database > 0,
          "a cluster has no \"database\" but 0:" }
    };

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].wrong) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s court_redis \"%V\"",
                               rules[i].text, &rcf->redis.name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_court_redis_finish(ngx_conf_t *cf, ngx_http_court_redis_conf_t *rcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (rcf->urls.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no \"server\" is defined "
                           "for court_redis \"%V\"", &rcf->redis.name);
        return NGX_CONF_ERROR;
    }

    /* http's own, where it stands before the block */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (rcf->redis.resolver == NULL) {
        rcf->redis.resolver = clcf->resolver;
    }

    ngx_conf_init_value(rcf->ssl, 0);
    ngx_conf_init_uint_value(rcf->read, 0);
    ngx_conf_init_value(rcf->database, 0);
    rcf->redis.replicas = rcf->read;

    if (ngx_http_court_redis_fits(cf, rcf) != NGX_CONF_OK
        || ngx_http_court_redis_servers(cf, rcf) != NGX_CONF_OK
        || ngx_http_court_redis_tls(cf, &rcf->redis, &rcf->tls, rcf->ssl)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(rcf->redis.connect_timeout, 200);
    ngx_conf_init_msec_value(rcf->redis.command_timeout, 20);

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

    if (ngx_http_court_redis_password(cf, &rcf->password_file,
                                      &rcf->redis.password, "password_file")
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_court_redis_password(cf, &rcf->sentinel_password_file,
                                         &rcf->redis.sentinel_password,
                                         "sentinel_password_file");
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
    rcf.read = NGX_CONF_UNSET_UINT;
    rcf.database = NGX_CONF_UNSET;
    rcf.ssl = NGX_CONF_UNSET;

    if (ngx_array_init(&rcf.urls, cf->temp_pool, 4, sizeof(ngx_url_t))
        != NGX_OK
        || ngx_http_court_block(cf, ngx_http_court_redis_lines, &rcf)
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
