/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The publisher's socket: a little HTTP for curl, one request a connection.
 * POST /revoke is answered once the event stands in Redis; where that takes
 * longer than who asks would wait, once it stands in the journal.
 */

#include "ngx_court_tool_events_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>


#define NGX_COURT_EVENTS_CLIENTS   32
#define NGX_COURT_EVENTS_PATIENCE  3000      /* ms until "accepted" is said */
#define NGX_COURT_EVENTS_IDLE      10000     /* ms for a whole request */


typedef struct {
    const char                *method;
    const char                *path;
    void                     (*handler)(ngx_court_events_t *p,
                                   ngx_court_events_client_t *c,
                                   const ngx_str_t *body);
} ngx_court_events_route_t;


static ngx_court_events_client_t  ngx_court_events_clients
                                      [NGX_COURT_EVENTS_CLIENTS];
static volatile sig_atomic_t      ngx_court_events_stop;


static void
ngx_court_events_signal(int signo)
{
    (void) signo;

    ngx_court_events_stop = 1;
}


static const ngx_court_events_route_t  ngx_court_events_routes[] = {
    { "GET ", "/status ", ngx_court_events_status },
    { "GET ", "/list ", ngx_court_events_denials },
    { "POST ", "/revoke ", ngx_court_events_revoke },
    { NULL, NULL, NULL }
};


static void
ngx_court_events_request(ngx_court_events_t *p, ngx_court_events_client_t *c,
    const ngx_str_t *body)
{
    size_t                            len;
    const ngx_court_events_route_t   *r;

    for (r = ngx_court_events_routes; r->method; r++) {
        len = strlen(r->method);

        if (strncmp((char *) c->buf, r->method, len) == 0
            && strncmp((char *) c->buf + len, r->path, strlen(r->path)) == 0)
        {
            r->handler(p, c, body);
            return;
        }
    }

    ngx_court_events_problem(c, 404, "not_found",
                             "GET /status, GET /list, POST /revoke");
}


/* the body's length; -1: none that we take */

static ngx_int_t
ngx_court_events_length(const char *head)
{
    long         n;
    char        *end;
    const char  *line;

    if (strcasestr(head, "\r\nTransfer-Encoding:")) {
        return -1;
    }

    line = strcasestr(head, "\r\nContent-Length:");

    if (line == NULL) {
        return 0;
    }

    n = strtol(line + 17, &end, 10);

    return *end == '\r' && n >= 0 && n <= NGX_COURT_EVENTS_REQUEST ? n : -1;
}


static void
ngx_court_events_readable(ngx_court_events_t *p, ngx_court_events_client_t *c)
{
    char       *end;
    ssize_t     n;
    ngx_int_t   length;
    ngx_str_t   body;

    n = recv(c->fd, c->buf + c->len, NGX_COURT_EVENTS_REQUEST - c->len, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            ngx_court_events_end(c);
        }

        return;
    }

    /* bytes behind the request: of who waits for its answer */

    if (c->id[0]) {
        return;
    }

    c->len += n;
    c->buf[c->len] = '\0';

    end = strstr((char *) c->buf, "\r\n\r\n");

    if (end == NULL) {
        if (c->len == NGX_COURT_EVENTS_REQUEST) {
            ngx_court_events_problem(c, 413, "request_malformed", "too long");
        }

        return;
    }

    /* the last header keeps its CR, so that all end alike */

    end[1] = '\0';
    length = ngx_court_events_length((char *) c->buf);
    end[1] = '\n';

    body.data = (u_char *) end + 4;
    body.len = c->len - (body.data - c->buf);

    if (length == -1 || (c->len == NGX_COURT_EVENTS_REQUEST
                         && body.len < (size_t) length))
    {
        ngx_court_events_problem(c, 413, "request_malformed",
                                 "no such body is taken");
        return;
    }

    if (body.len >= (size_t) length) {
        body.len = length;
        ngx_court_events_request(p, c, &body);
    }
}


/* who waits is told as soon as there is something to tell */

static void
ngx_court_events_waiting(ngx_court_events_t *p, ngx_court_events_client_t *c)
{
    char                               id[NGX_COURT_EVENT_ID + 1];
    int64_t                            age;
    ngx_str_t                          s;
    const ngx_court_events_recent_t   *known;

    age = ngx_court_events_now() - c->since;

    if (c->id[0] == '\0') {
        if (age > NGX_COURT_EVENTS_IDLE) {
            ngx_court_events_end(c);
        }

        return;
    }

    memcpy(id, c->id, sizeof(id));
    ngx_court_tool_redis_arg(&s, id);
    known = ngx_court_events_known(p, &s);

    if (known == NULL) {
        ngx_court_events_problem(c, 500, "internal_error", "not published");

    } else if (known->seq || age > NGX_COURT_EVENTS_PATIENCE
               || ngx_court_events_stop)
    {
        ngx_court_events_told(c, known, id);
    }
}


static int
ngx_court_events_listen(ngx_court_events_t *p)
{
    int                 fd;
    mode_t              mask;
    struct stat         st;
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(sun));
    sun.sun_family = AF_UNIX;

    if (strlen(p->conf.socket) >= sizeof(sun.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    strcpy(sun.sun_path, p->conf.socket);

    /* the lock says that no publisher is there to own it */

    if (lstat(p->conf.socket, &st) == 0 && S_ISSOCK(st.st_mode)) {
        (void) unlink(p->conf.socket);
    }

    fd = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    mask = umask(0177);

    if (fd != -1
        && (bind(fd, (struct sockaddr *) &sun, sizeof(sun)) == -1
            || listen(fd, 64) == -1))
    {
        close(fd);
        fd = -1;
    }

    (void) umask(mask);

    return fd;
}


static void
ngx_court_events_accept_client(int listener)
{
    int         fd;
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_EVENTS_CLIENTS; i++) {

        if (ngx_court_events_clients[i].fd != -1) {
            continue;
        }

        fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (fd == -1) {
            return;
        }

        ngx_court_events_clients[i].fd = fd;
        ngx_court_events_clients[i].since = ngx_court_events_now();
    }
}


static void
ngx_court_events_turn(ngx_court_events_t *p, int listener)
{
    int                         timeout;
    nfds_t                      n, i;
    ngx_uint_t                  k;
    struct pollfd               fds[NGX_COURT_EVENTS_CLIENTS + 1];
    ngx_court_events_client_t  *at[NGX_COURT_EVENTS_CLIENTS + 1], *c;

    for (k = 0, n = 1; k < NGX_COURT_EVENTS_CLIENTS; k++) {
        c = &ngx_court_events_clients[k];

        if (c->fd != -1) {
            at[n] = c;
            fds[n].fd = c->fd;
            fds[n].events = POLLIN;
            fds[n++].revents = 0;
        }
    }

    /* with all places taken new ones wait in the kernel's queue */

    fds[0].fd = n <= NGX_COURT_EVENTS_CLIENTS ? listener : -1;
    fds[0].events = POLLIN;
    fds[0].revents = 0;

    timeout = (int) (p->own_beat + NGX_COURT_EVENTS_BEAT
                     - ngx_court_events_now());

    if (timeout <= 0 || timeout > NGX_COURT_EVENTS_BEAT) {
        timeout = p->synced ? 10 : 200;
    }

    (void) poll(fds, n, timeout);

    for (i = 1; i < n; i++) {
        if (fds[i].revents) {
            ngx_court_events_readable(p, at[i]);
        }
    }

    if (fds[0].revents & POLLIN) {
        ngx_court_events_accept_client(listener);
    }

    ngx_court_events_tick(p);

    for (k = 0; k < NGX_COURT_EVENTS_CLIENTS; k++) {
        if (ngx_court_events_clients[k].fd != -1) {
            ngx_court_events_waiting(p, &ngx_court_events_clients[k]);
        }
    }
}


int
ngx_court_events_serve(ngx_court_events_t *p)
{
    int               listener;
    ngx_uint_t        k;
    struct sigaction  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = ngx_court_events_signal;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);

    for (k = 0; k < NGX_COURT_EVENTS_CLIENTS; k++) {
        ngx_court_events_clients[k].fd = -1;
    }

    listener = ngx_court_events_listen(p);

    if (listener == -1) {
        fprintf(stderr, "court-tool: %s: %s\n", p->conf.socket,
                strerror(errno));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    while (!ngx_court_events_stop) {
        ngx_court_events_turn(p, listener);
    }

    close(listener);
    (void) unlink(p->conf.socket);
    ngx_court_tool_redis_close(&p->redis);

    return NGX_COURT_TOOL_YES;
}
