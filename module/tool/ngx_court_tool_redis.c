/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_tool_redis.h"
#include "ngx_court_redis_check.h"
#include "ngx_court_crypto.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


#define NGX_COURT_TOOL_REDIS_OUT  (256 * 1024)


static int64_t
ngx_court_tool_redis_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* host:port of this machine, in numbers */

static ngx_int_t
ngx_court_tool_redis_loopback(const char *address, struct sockaddr_in *sin)
{
    char         host[INET_ADDRSTRLEN];
    size_t       len;
    ngx_int_t    port;
    const char  *colon;

    colon = strrchr(address, ':');
    len = colon ? (size_t) (colon - address) : 0;

    if (len == 0 || len >= sizeof(host)) {
        return NGX_ERROR;
    }

    memcpy(host, address, len);
    host[len] = '\0';

    port = ngx_atoi((u_char *) colon + 1, strlen(colon + 1));

    memset(sin, 0, sizeof(*sin));
    sin->sin_family = AF_INET;
    sin->sin_port = htons((in_port_t) port);

    if (port <= 0 || port > 65535
        || inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
                     &sin->sin_addr) != 1
        || (ntohl(sin->sin_addr.s_addr) >> 24) != 127)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


const char *
ngx_court_tool_redis_address(const char *address)
{
    struct sockaddr_in  sin;

    if (strncmp(address, "unix:", 5) == 0) {
        return address[5] == '/'
               && strlen(address + 5) < sizeof(((struct sockaddr_un *) 0)
                                               ->sun_path)
               ? NULL : "no path of a unix socket";
    }

    return ngx_court_tool_redis_loopback(address, &sin) == NGX_OK ? NULL
           : "neither unix:/PATH nor 127.0.0.1:PORT: what crosses a network "
             "goes through a tunnel with TLS";
}


void
ngx_court_tool_redis_close(ngx_court_tool_redis_t *redis)
{
    if (redis->fd != -1) {
        close(redis->fd);
        redis->fd = -1;
    }

    if (redis->reader) {
        ngx_court_redis_reader_free(redis->reader);
        redis->reader = NULL;
    }
}


static void
ngx_court_tool_redis_fail(ngx_court_tool_redis_t *redis, const char *what)
{
    snprintf(redis->error, sizeof(redis->error), "%s", what);
    ngx_court_tool_redis_close(redis);
}


/* 1: ready before the deadline */

static ngx_uint_t
ngx_court_tool_redis_wait(ngx_court_tool_redis_t *redis, short events,
    int64_t deadline)
{
    int            n;
    int64_t        left;
    struct pollfd  p;

    p.fd = redis->fd;
    p.events = events;

    for ( ;; ) {
        left = deadline - ngx_court_tool_redis_now();

        if (left <= 0) {
            return 0;
        }

        n = poll(&p, 1, (int) left);

        if (n > 0) {
            return 1;
        }

        if (n == -1 && errno != EINTR) {
            return 0;
        }
    }
}


static ngx_int_t
ngx_court_tool_redis_send(ngx_court_tool_redis_t *redis, const u_char *p,
    size_t len, int64_t deadline)
{
    ssize_t  n;

    while (len) {
        n = send(redis->fd, p, len, MSG_NOSIGNAL);

        if (n > 0) {
            p += n;
            len -= n;
            continue;
        }

        if (n == 0 || (errno != EAGAIN && errno != EINTR)
            || !ngx_court_tool_redis_wait(redis, POLLOUT, deadline))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static const ngx_court_redis_reply_t *
ngx_court_tool_redis_receive(ngx_court_tool_redis_t *redis, int64_t deadline)
{
    u_char                          buf[NGX_COURT_REDIS_FEED];
    ssize_t                         n;
    ngx_int_t                       rc;
    const ngx_court_redis_reply_t  *reply;

    for ( ;; ) {
        reply = NULL;
        rc = ngx_court_redis_reader_next(redis->reader, &reply);

        if (rc == NGX_OK) {
            return reply;
        }

        if (rc == NGX_ERROR
            || !ngx_court_tool_redis_wait(redis, POLLIN, deadline))
        {
            return NULL;
        }

        n = recv(redis->fd, buf, sizeof(buf), 0);

        if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }

        if (n <= 0
            || ngx_court_redis_reader_feed(redis->reader, buf, n) != NGX_OK)
        {
            return NULL;
        }
    }
}


const ngx_court_redis_reply_t *
ngx_court_tool_redis_command(ngx_court_tool_redis_t *redis,
    const ngx_str_t *argv, ngx_uint_t argc)
{
    int64_t                         deadline;
    ngx_int_t                       rc;
    ngx_str_t                       code;
    ngx_court_redis_out_t           out;
    const ngx_court_redis_reply_t  *reply;

    if (redis->fd == -1) {
        return NULL;
    }

    memset(&out, 0, sizeof(out));
    out.max = NGX_COURT_TOOL_REDIS_OUT;

    deadline = ngx_court_tool_redis_now() + NGX_COURT_TOOL_REDIS_TIMEOUT;

    rc = ngx_court_redis_out_command(&out, argv, argc, redis->log);

    if (rc == NGX_OK) {
        rc = ngx_court_tool_redis_send(redis, out.start, out.last, deadline);
    }

    ngx_court_redis_out_free(&out);

    reply = (rc == NGX_OK) ? ngx_court_tool_redis_receive(redis, deadline)
                           : NULL;

    if (reply == NULL) {
        ngx_court_tool_redis_fail(redis, "no answer");
        return NULL;
    }

    if (reply->type == NGX_COURT_REDIS_T_ERROR) {
        code = ngx_court_redis_error_code(&reply->str);
        snprintf(redis->error, sizeof(redis->error), "%.*s", (int) code.len,
                 code.data);
    }

    return reply;
}


const ngx_court_redis_reply_t *
ngx_court_tool_redis_ask(ngx_court_tool_redis_t *redis, const ngx_str_t *argv,
    ngx_uint_t argc)
{
    const ngx_court_redis_reply_t  *reply;

    reply = ngx_court_tool_redis_command(redis, argv, argc);

    return reply && reply->type != NGX_COURT_REDIS_T_ERROR ? reply : NULL;
}


static ngx_int_t
ngx_court_tool_redis_open(ngx_court_tool_redis_t *redis)
{
    int                  rc, error;
    socklen_t            len;
    struct sockaddr_in   sin;
    struct sockaddr_un   sun;

    if (strncmp(redis->address, "unix:", 5) == 0) {
        memset(&sun, 0, sizeof(sun));
        sun.sun_family = AF_UNIX;
        snprintf(sun.sun_path, sizeof(sun.sun_path), "%s",
                 redis->address + 5);

        redis->fd = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
        rc = connect(redis->fd, (struct sockaddr *) &sun, sizeof(sun));

    } else {
        if (ngx_court_tool_redis_loopback(redis->address, &sin) != NGX_OK) {
            return NGX_ERROR;
        }

        redis->fd = socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
        rc = connect(redis->fd, (struct sockaddr *) &sin, sizeof(sin));
    }

    if (rc == 0) {
        return NGX_OK;
    }

    error = 0;
    len = sizeof(error);

    return errno == EINPROGRESS
           && ngx_court_tool_redis_wait(redis, POLLOUT,
                                        ngx_court_tool_redis_now()
                                        + NGX_COURT_TOOL_REDIS_TIMEOUT)
           && getsockopt(redis->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0
           && error == 0
           ? NGX_OK : NGX_ERROR;
}


/* the first line of the password's file */

static ngx_int_t
ngx_court_tool_redis_login(ngx_court_tool_redis_t *redis)
{
    ngx_str_t    argv[3], text;
    ngx_uint_t   n;
    ngx_pool_t  *pool;
    const void  *reply;

    if (redis->password_file == NULL) {
        return NGX_OK;
    }

    pool = ngx_create_pool(4096, redis->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    reply = NULL;

    if (ngx_court_tool_read(pool, redis->password_file, &text) == NGX_OK) {
        n = 0;
        ngx_court_tool_redis_arg(&argv[n++], "AUTH");

        if (redis->user) {
            ngx_court_tool_redis_arg(&argv[n], redis->user);
            n++;
        }

        argv[n].data = text.data;
        argv[n++].len = strcspn((char *) text.data, "\r\n");

        reply = ngx_court_tool_redis_ask(redis, argv, n);
        ngx_court_wipe(text.data, text.len);
    }

    ngx_destroy_pool(pool);

    return reply ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_court_tool_redis_greet(ngx_court_tool_redis_t *redis)
{
    ngx_str_t                       argv[3];
    const ngx_court_redis_reply_t  *reply;

    if (ngx_court_tool_redis_login(redis) != NGX_OK) {
        return NGX_ERROR;
    }

    if (redis->database) {
        ngx_str_set(&argv[0], "SELECT");
        ngx_court_tool_redis_arg(&argv[1], redis->database);

        if (ngx_court_tool_redis_ask(redis, argv, 2) == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&argv[0], "ROLE");
    reply = ngx_court_tool_redis_ask(redis, argv, 1);

    if (reply && ngx_court_redis_check_role(reply, 1) != NGX_OK) {
        snprintf(redis->error, sizeof(redis->error), "not the master");
        return NGX_ERROR;
    }

    /* who may not ask for one may ask for the other */

    ngx_str_set(&argv[0], "CONFIG");
    ngx_str_set(&argv[1], "GET");
    ngx_str_set(&argv[2], "maxmemory-policy");

    reply = ngx_court_tool_redis_ask(redis, argv, 3);

    if (reply == NULL) {
        ngx_str_set(&argv[0], "INFO");
        ngx_str_set(&argv[1], "memory");
        reply = ngx_court_tool_redis_ask(redis, argv, 2);
    }

    if (reply == NULL || !ngx_court_redis_check_noeviction(reply)) {
        snprintf(redis->error, sizeof(redis->error),
                 "its maxmemory-policy is not noeviction");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_court_tool_redis_connect(ngx_court_tool_redis_t *redis)
{
    ngx_court_tool_redis_close(redis);
    redis->error[0] = '\0';

    redis->reader = ngx_court_redis_reader_create(redis->log);

    if (redis->reader == NULL || ngx_court_tool_redis_open(redis) != NGX_OK) {
        ngx_court_tool_redis_fail(redis, "not reachable");
        return NGX_ERROR;
    }

    if (ngx_court_tool_redis_greet(redis) != NGX_OK) {
        ngx_court_tool_redis_close(redis);
        return NGX_ERROR;
    }

    redis->error[0] = '\0';

    return NGX_OK;
}
