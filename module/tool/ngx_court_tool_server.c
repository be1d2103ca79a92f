/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The poll loop under the demo's parts.
 */

#include "ngx_court_tool_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>


#define NGX_COURT_SIM_CONNS    1024
#define NGX_COURT_SIM_HEAD     32768
#define NGX_COURT_SIM_TICK     50            /* ms: the fault file is read */


typedef struct {
    int                        fd;
    u_char                     in[NGX_COURT_SIM_HEAD];
    size_t                     in_len;
    size_t                     skip;         /* body bytes still to come */
    size_t                     body;
    size_t                     head;         /* request read, body to come */
    u_char                    *out;
    size_t                     out_len;
    size_t                     out_sent;
    ngx_msec_t                 due;          /* when out may be sent */
    unsigned                   chunked:1;
    unsigned                   hung:1;       /* never to be answered */
    unsigned                   close:1;
} ngx_court_sim_conn_t;


static ngx_court_sim_conn_t  *ngx_court_sim_conns[NGX_COURT_SIM_CONNS];

static const char  *ngx_court_sim_faults[NGX_COURT_SIM_NFAULTS] = {
    "ok", "down", "hang", "slow", "error", "garbage", "mismatch"
};


static ngx_msec_t
ngx_court_sim_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (ngx_msec_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void
ngx_court_sim_read_fault(ngx_court_sim_t *sim)
{
    FILE        *f;
    char         path[4096], word[32];
    ngx_uint_t   i;

    snprintf(path, sizeof(path), "%s/fault/%s", sim->dir, sim->part);

    f = fopen(path, "r");
    if (f == NULL) {
        sim->fault = NGX_COURT_SIM_OK;
        return;
    }

    if (fscanf(f, "%31s", word) == 1) {
        for (i = 0; i < NGX_COURT_SIM_NFAULTS; i++) {
            if (strcmp(word, ngx_court_sim_faults[i]) == 0) {
                sim->fault = (ngx_court_sim_fault_t) i;
            }
        }
    }

    fclose(f);
}


/* DIR/fault/PART.is: which fault is in force, for those who wait for it */

static void
ngx_court_sim_tell_fault(ngx_court_sim_t *sim)
{
    FILE  *f;
    char   path[4096], to[4096];

    snprintf(path, sizeof(path), "%s/fault/%s.is.new", sim->dir, sim->part);
    snprintf(to, sizeof(to), "%s/fault/%s.is", sim->dir, sim->part);

    f = fopen(path, "w");
    if (f == NULL) {
        return;
    }

    fprintf(f, "%s\n", ngx_court_sim_faults[sim->fault]);
    fclose(f);

    if (rename(path, to) == -1) {
        perror(to);
    }
}


void
ngx_court_sim_log(ngx_court_sim_t *sim, const char *fmt, ...)
{
    int      n, fd;
    char     path[4096], line[8192];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line) - 1, fmt, args);
    va_end(args);

    if (n < 0) {
        return;
    }

    n = ngx_min(n, (int) sizeof(line) - 2);
    line[n++] = '\n';

    snprintf(path, sizeof(path), "%s/log/%s.log", sim->dir, sim->part);

    fd = open(path, O_WRONLY|O_CREAT|O_APPEND, 0644);
    if (fd == -1) {
        return;
    }

    if (write(fd, line, n) != n) {
        perror(path);
    }

    close(fd);
}


void
ngx_court_sim_http(ngx_pool_t *pool, ngx_uint_t status, const char *headers,
    const ngx_str_t *body, ngx_str_t *out)
{
    u_char  *p;

    p = ngx_pnalloc(pool, 256 + strlen(headers) + body->len);
    if (p == NULL) {
        out->len = 0;
        return;
    }

    out->data = p;
    p = ngx_sprintf(p, "HTTP/1.1 %ui %s\r\nContent-Type: application/json\r\n"
                    "Content-Length: %uz\r\n%s\r\n", status,
                    status == 200 ? "OK" : status == 404 ? "Not Found"
                                                         : "Error",
                    body->len, headers);
    p = ngx_cpymem(p, body->data, body->len);
    out->len = p - out->data;
}


static int
ngx_court_sim_listen(const char *where)
{
    int                  fd, on;
    char                *colon, host[64];
    struct sockaddr_un   un;
    struct sockaddr_in   in;

    on = 1;

    if (strncmp(where, "unix:", 5) == 0) {
        memset(&un, 0, sizeof(un));
        un.sun_family = AF_UNIX;

        if (strlen(where + 5) >= sizeof(un.sun_path)) {
            return -1;
        }

        strcpy(un.sun_path, where + 5);
        unlink(un.sun_path);
        fd = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);

        if (fd == -1 || bind(fd, (struct sockaddr *) &un, sizeof(un)) == -1) {
            return -1;
        }

        return listen(fd, 511) == -1 ? -1 : fd;
    }

    snprintf(host, sizeof(host), "%s", where);
    colon = strrchr(host, ':');

    if (colon == NULL) {
        return -1;
    }

    *colon = '\0';
    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t) atoi(colon + 1));

    if (inet_pton(AF_INET, host, &in.sin_addr) != 1) {
        return -1;
    }

    fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));

    if (fd == -1 || bind(fd, (struct sockaddr *) &in, sizeof(in)) == -1) {
        return -1;
    }

    return listen(fd, 511) == -1 ? -1 : fd;
}


static void
ngx_court_sim_close(ngx_uint_t i)
{
    ngx_court_sim_conn_t  *c = ngx_court_sim_conns[i];

    close(c->fd);
    free(c->out);
    free(c);
    ngx_court_sim_conns[i] = NULL;
}


static void
ngx_court_sim_accept(int listener)
{
    int                    fd;
    ngx_uint_t             i;
    ngx_court_sim_conn_t  *c;

    for (i = 0; i < NGX_COURT_SIM_CONNS; i++) {
        if (ngx_court_sim_conns[i]) {
            continue;
        }

        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC|SOCK_NONBLOCK);
        if (fd == -1) {
            return;
        }

        c = calloc(1, sizeof(ngx_court_sim_conn_t));
        if (c == NULL) {
            close(fd);
            return;
        }

        c->fd = fd;
        ngx_court_sim_conns[i] = c;
    }
}


/* the value of a header in a head, 0 where it is not there */

static size_t
ngx_court_sim_length(const u_char *head, size_t len, unsigned *chunked)
{
    size_t         n;
    const u_char  *p, *end;

    n = 0;
    *chunked = 0;
    end = head + len;

    for (p = head; p < end; p++) {
        if (p != head && p[-1] != '\n') {
            continue;
        }

        if ((size_t) (end - p) > 15
            && strncasecmp((char *) p, "content-length:", 15) == 0)
        {
            n = strtoul((char *) p + 15, NULL, 10);
        }

        if ((size_t) (end - p) > 18
            && strncasecmp((char *) p, "transfer-encoding:", 18) == 0)
        {
            *chunked = 1;
        }
    }

    return n;
}


static void
ngx_court_sim_answer(ngx_court_sim_t *sim, ngx_court_sim_conn_t *c,
    size_t len)
{
    size_t       used;
    ngx_str_t    text, out;
    ngx_msec_t   delay;
    ngx_pool_t  *pool;

    pool = ngx_create_pool(4096, NULL);
    if (pool == NULL) {
        c->close = 1;
        return;
    }

    text.data = c->in;
    text.len = len;
    out.len = 0;
    delay = 0;
    sim->body = c->body;

    used = sim->answer(sim, pool, &text, &out, &delay);
    used = sim->raw ? ngx_min(used, len) : len;

    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
    c->head = 0;
    c->body = 0;

    if (sim->fault == NGX_COURT_SIM_HANG) {
        c->hung = 1;

    } else if (out.len == 0) {
        c->close = !sim->raw;

    } else {
        c->out = malloc(out.len);
        c->out_len = c->out ? out.len : 0;
        c->out_sent = 0;
        c->due = ngx_court_sim_now() + delay;

        if (c->out) {
            memcpy(c->out, out.data, out.len);
        }
    }

    ngx_destroy_pool(pool);
}


/* looks for a whole request in what was read; its body is thrown away */

static void
ngx_court_sim_request(ngx_court_sim_t *sim, ngx_court_sim_conn_t *c)
{
    size_t     n;
    u_char    *end;
    unsigned   chunked;

    if (sim->raw) {
        if (c->in_len) {
            ngx_court_sim_answer(sim, c, c->in_len);
        }

        return;
    }

    if (c->head == 0) {
        end = memmem(c->in, c->in_len, "\r\n\r\n", 4);

        if (end == NULL) {
            c->close = (c->in_len == sizeof(c->in));
            return;
        }

        c->head = end + 4 - c->in;
        c->skip = ngx_court_sim_length(c->in, c->head, &chunked);
        c->chunked = chunked;
    }

    n = c->in_len - c->head;

    if (c->chunked) {
        c->body += n;

        if (n < 5 || memcmp(c->in + c->in_len - 5, "0\r\n\r\n", 5) != 0) {
            c->in_len = c->head + ngx_min(n, 4);
            memmove(c->in + c->head, c->in + c->head + n - ngx_min(n, 4),
                    ngx_min(n, 4));
            c->body -= ngx_min(n, 4);
            return;
        }

        c->in_len = c->head;
        ngx_court_sim_answer(sim, c, c->head);
        return;
    }

    n = ngx_min(n, c->skip);
    memmove(c->in + c->head, c->in + c->head + n, c->in_len - c->head - n);
    c->in_len -= n;
    c->skip -= n;
    c->body += n;

    if (c->skip == 0) {
        ngx_court_sim_answer(sim, c, c->head);
    }
}


static void
ngx_court_sim_io(ngx_court_sim_t *sim, ngx_uint_t i, short revents)
{
    ssize_t                n;
    ngx_court_sim_conn_t  *c = ngx_court_sim_conns[i];

    if (c->out && c->due <= ngx_court_sim_now()) {
        n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent,
                 MSG_NOSIGNAL);

        if (n > 0) {
            c->out_sent += n;
        }

        if (n == -1 && errno != EAGAIN) {
            c->close = 1;
        }

        if (c->out_sent == c->out_len) {
            free(c->out);
            c->out = NULL;
        }
    }

    if (revents & (POLLIN|POLLHUP|POLLERR) && !c->close) {
        n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);

        if (n == 0 || (n == -1 && errno != EAGAIN)) {
            ngx_court_sim_close(i);
            return;
        }

        c->in_len += (n > 0) ? n : 0;
    }

    if (c->out == NULL && !c->hung && c->in_len) {
        ngx_court_sim_request(sim, c);
    }

    if (c->close && c->out == NULL) {
        ngx_court_sim_close(i);
    }
}


static int
ngx_court_sim_tick(ngx_court_sim_t *sim, int *listener)
{
    ngx_uint_t             i, n;
    ngx_msec_t             now;
    ngx_uint_t             map[NGX_COURT_SIM_CONNS];
    struct pollfd          fds[NGX_COURT_SIM_CONNS + 1];
    ngx_court_sim_conn_t  *c;

    n = 0;
    now = ngx_court_sim_now();

    for (i = 0; i < NGX_COURT_SIM_CONNS; i++) {
        c = ngx_court_sim_conns[i];

        if (c == NULL) {
            continue;
        }

        map[n] = i;
        fds[n].fd = c->fd;
        fds[n].events = (c->in_len < sizeof(c->in)) ? POLLIN : 0;

        if (c->out && c->due <= now) {
            fds[n].events |= POLLOUT;
        }

        fds[n++].revents = 0;
    }

    fds[n].fd = *listener;
    fds[n].events = POLLIN;
    fds[n].revents = 0;

    if (poll(fds, n + 1, NGX_COURT_SIM_TICK) == -1) {
        return errno == EINTR ? 0 : -1;
    }

    ngx_court_sim_read_fault(sim);

    if (sim->fault == NGX_COURT_SIM_DOWN) {
        return 0;                                 /* nothing more is answered */
    }

    for (i = 0; i < n; i++) {
        ngx_court_sim_io(sim, map[i], fds[i].revents);
    }

    if (fds[n].revents & POLLIN) {
        ngx_court_sim_accept(*listener);
    }

    return 0;
}


int
ngx_court_sim_serve(ngx_court_sim_t *sim)
{
    int         listener;
    ngx_int_t   told;
    ngx_uint_t  i;

    told = -1;
    listener = -1;

    for ( ;; ) {
        ngx_court_sim_read_fault(sim);

        if (sim->fault == NGX_COURT_SIM_DOWN && listener != -1) {
            close(listener);
            listener = -1;

            for (i = 0; i < NGX_COURT_SIM_CONNS; i++) {
                if (ngx_court_sim_conns[i]) {
                    ngx_court_sim_close(i);
                }
            }
        }

        if (sim->fault != NGX_COURT_SIM_DOWN && listener == -1) {
            listener = ngx_court_sim_listen(sim->listen);

            if (listener == -1) {
                fprintf(stderr, "cannot listen on %s: %s\n", sim->listen,
                        strerror(errno));
                return 4;
            }
        }

        if (told != (ngx_int_t) sim->fault) {
            ngx_court_sim_tell_fault(sim);
            told = sim->fault;
        }

        if (ngx_court_sim_tick(sim, &listener) == -1) {
            return 4;
        }
    }
}
