/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The poll loop of "court-tool bench".  An answer's end is its
 * Content-Length, its last chunk, or the end of the connection.
 */

#include "ngx_court_tool_load.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>


#define NGX_COURT_LOAD_HEAD    16384         /* bytes of an answer's head */
#define NGX_COURT_LOAD_READ    65536
#define NGX_COURT_LOAD_RETRY   10            /* connects in a row that fail */


typedef enum {
    NGX_COURT_LOAD_IN_HEAD = 0,
    NGX_COURT_LOAD_IN_BODY,                  /* left bytes of it to come */
    NGX_COURT_LOAD_TO_END,                   /* until the connection closes */
    NGX_COURT_LOAD_CHUNK_SIZE,
    NGX_COURT_LOAD_CHUNK_DATA,               /* left, and CRLF */
    NGX_COURT_LOAD_TRAILER
} ngx_court_load_state_t;

typedef struct {
    int                        fd;           /* -1: to be opened */
    size_t                     sent;
    uint64_t                   began;        /* ns; 0: nothing is asked */
    ngx_court_load_state_t     state;
    size_t                     len;          /* of head, or of a line */
    uint64_t                   left;
    ngx_uint_t                 status;
    unsigned                   close:1;
    unsigned                   done:1;
    char                       head[NGX_COURT_LOAD_HEAD + 1];
} ngx_court_load_conn_t;


static uint64_t ngx_court_load_now(void);
static ngx_int_t ngx_court_load_open(ngx_court_load_t *load,
    ngx_court_load_conn_t *c);
static void ngx_court_load_send(ngx_court_load_t *load,
    ngx_court_load_conn_t *c);
static void ngx_court_load_read(ngx_court_load_t *load,
    ngx_court_load_conn_t *c);
static ngx_int_t ngx_court_load_feed(ngx_court_load_conn_t *c,
    const char *p, size_t n);
static ngx_int_t ngx_court_load_head(ngx_court_load_conn_t *c);
static void ngx_court_load_answered(ngx_court_load_t *load,
    ngx_court_load_conn_t *c, ngx_uint_t ok);


static uint64_t
ngx_court_load_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static ngx_int_t
ngx_court_load_open(ngx_court_load_t *load, ngx_court_load_conn_t *c)
{
    int  on;

    on = 1;
    c->fd = socket(load->addr.ss_family, SOCK_STREAM|SOCK_CLOEXEC, 0);

    if (c->fd == -1) {
        return NGX_ERROR;
    }

    if (load->addr.ss_family != AF_UNIX) {
        (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }

    /* connected before it is made non-blocking: on loopback that is at once */

    if (connect(c->fd, (struct sockaddr *) &load->addr, load->addr_len) == -1
        || fcntl(c->fd, F_SETFL, O_NONBLOCK) == -1)
    {
        close(c->fd);
        c->fd = -1;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_court_load_ask(ngx_court_load_t *load, ngx_court_load_conn_t *c)
{
    c->sent = 0;
    c->len = 0;
    c->close = 0;
    c->state = NGX_COURT_LOAD_IN_HEAD;
    c->began = ngx_court_load_now();

    ngx_court_load_send(load, c);
}


static void
ngx_court_load_send(ngx_court_load_t *load, ngx_court_load_conn_t *c)
{
    ssize_t  n;

    n = send(c->fd, load->request.data + c->sent, load->request.len - c->sent,
             MSG_NOSIGNAL);

    if (n >= 0) {
        c->sent += n;
        return;
    }

    if (errno != EAGAIN && errno != EINTR) {
        ngx_court_load_answered(load, c, 0);
    }
}


static void
ngx_court_load_answered(ngx_court_load_t *load, ngx_court_load_conn_t *c,
    ngx_uint_t ok)
{
    uint64_t  us;

    if (ok) {
        us = (ngx_court_load_now() - c->began) / 1000;
        load->us[load->answered++] = (uint32_t) ngx_min(us, 0xffffffffU);
        load->status[c->status / 100 < 6 ? c->status / 100 : 0]++;

    } else {
        load->failed++;
    }

    c->began = 0;

    if (!ok || c->close) {
        close(c->fd);
        c->fd = -1;
    }
}


static void
ngx_court_load_read(ngx_court_load_t *load, ngx_court_load_conn_t *c)
{
    ssize_t    n;
    ngx_int_t  rc;

    static char  buf[NGX_COURT_LOAD_READ];

    n = recv(c->fd, buf, sizeof(buf), 0);

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            ngx_court_load_answered(load, c, 0);
        }

        return;
    }

    if (n == 0) {
        c->close = 1;
        ngx_court_load_answered(load, c, c->state == NGX_COURT_LOAD_TO_END);
        return;
    }

    rc = ngx_court_load_feed(c, buf, n);

    if (rc != NGX_AGAIN) {
        ngx_court_load_answered(load, c, rc == NGX_OK);
    }
}


/*
 * NGX_OK: the answer is there, whole, and nothing after it; NGX_AGAIN, or
 * NGX_ERROR for what is no HTTP.
 */

static ngx_int_t
ngx_court_load_feed(ngx_court_load_conn_t *c, const char *p, size_t n)
{
    size_t     step;
    ngx_int_t  rc;

    while (n) {

        switch (c->state) {

        case NGX_COURT_LOAD_TO_END:
            return NGX_AGAIN;

        case NGX_COURT_LOAD_IN_BODY:
        case NGX_COURT_LOAD_CHUNK_DATA:
            step = ngx_min(n, c->left);
            c->left -= step;
            p += step;
            n -= step;

            if (c->left) {
                break;
            }

            if (c->state == NGX_COURT_LOAD_IN_BODY) {
                return n ? NGX_ERROR : NGX_OK;
            }

            c->state = NGX_COURT_LOAD_CHUNK_SIZE;
            c->len = 0;
            break;

        default:

            if (c->len == NGX_COURT_LOAD_HEAD) {
                return NGX_ERROR;
            }

            c->head[c->len++] = *p++;
            n--;

            if (c->head[c->len - 1] != '\n') {
                break;
            }

            rc = ngx_court_load_head(c);

            if (rc != NGX_AGAIN) {
                return rc == NGX_OK && n ? NGX_ERROR : rc;
            }
        }
    }

    return NGX_AGAIN;
}


static void
ngx_court_load_chunk(ngx_court_load_conn_t *c)
{
    c->left = strtoull(c->head, NULL, 16);
    c->state = c->left ? NGX_COURT_LOAD_CHUNK_DATA : NGX_COURT_LOAD_TRAILER;
    c->left += c->left ? 2 : 0;
    c->len = 0;
}


/* a line is there: of a head, a chunk's size, a trailer */

static ngx_int_t
ngx_court_load_head(ngx_court_load_conn_t *c)
{
    char  *length;

    c->head[c->len] = '\0';

    if (c->state == NGX_COURT_LOAD_CHUNK_SIZE) {
        ngx_court_load_chunk(c);
        return NGX_AGAIN;
    }

    if (c->state == NGX_COURT_LOAD_TRAILER) {
        if (c->len <= 2) {
            return NGX_OK;
        }

        c->len = 0;
        return NGX_AGAIN;
    }

    if (c->len < 4 || strcmp(c->head + c->len - 4, "\r\n\r\n") != 0) {
        return NGX_AGAIN;
    }

    if (strncmp(c->head, "HTTP/1.", 7) != 0) {
        return NGX_ERROR;
    }

    c->status = atoi(c->head + 9);
    c->close = strcasestr(c->head, "\r\nConnection: close") != NULL;
    c->len = 0;

    if (c->status == 204 || c->status == 304) {
        return NGX_OK;
    }

    if (strcasestr(c->head, "\r\nTransfer-Encoding: chunked")) {
        c->state = NGX_COURT_LOAD_CHUNK_SIZE;
        return NGX_AGAIN;
    }

    length = strcasestr(c->head, "\r\nContent-Length:");

    if (length == NULL) {
        c->state = NGX_COURT_LOAD_TO_END;
        return NGX_AGAIN;
    }

    c->left = strtoull(length + 17, NULL, 10);
    c->state = NGX_COURT_LOAD_IN_BODY;

    return c->left ? NGX_AGAIN : NGX_OK;
}


/* those that have nothing to do ask, as long as there is something to ask */

static ngx_int_t
ngx_court_load_fill(ngx_court_load_t *load, ngx_court_load_conn_t *conns,
    ngx_uint_t *asked)
{
    ngx_uint_t              i, tries;
    ngx_court_load_conn_t  *c;

    for (i = 0; i < load->connections && *asked < load->requests; i++) {
        c = &conns[i];

        if (c->began) {
            continue;
        }

        for (tries = 0; c->fd == -1; tries++) {
            if (tries == NGX_COURT_LOAD_RETRY) {
                return NGX_DECLINED;
            }

            (void) ngx_court_load_open(load, c);
        }

        (*asked)++;
        ngx_court_load_ask(load, c);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_load_poll(ngx_court_load_t *load, ngx_court_load_conn_t *conns)
{
    int            n;
    ngx_uint_t     i;
    struct pollfd  polls[NGX_COURT_LOAD_CONNS];

    for (i = 0; i < load->connections; i++) {
        polls[i].fd = conns[i].began ? conns[i].fd : -1;
        polls[i].events = POLLIN;
        polls[i].revents = 0;

        if (conns[i].sent < load->request.len) {
            polls[i].events |= POLLOUT;
        }
    }

    n = poll(polls, load->connections, NGX_COURT_LOAD_TIMEOUT);

    if (n == 0) {
        return NGX_ABORT;
    }

    for (i = 0; n > 0 && i < load->connections; i++) {
        if ((polls[i].revents & POLLOUT) && conns[i].began) {
            ngx_court_load_send(load, &conns[i]);
        }

        if ((polls[i].revents & (POLLIN|POLLHUP|POLLERR)) && conns[i].began) {
            ngx_court_load_read(load, &conns[i]);
        }
    }

    return NGX_OK;
}


static int
ngx_court_load_compare(const void *one, const void *two)
{
    uint32_t  a, b;

    a = *(const uint32_t *) one;
    b = *(const uint32_t *) two;

    return (a > b) - (a < b);
}


ngx_int_t
ngx_court_load(ngx_court_load_t *load)
{
    uint64_t                began;
    ngx_int_t               rc;
    ngx_uint_t              i, asked;
    ngx_court_load_conn_t  *conns;

    conns = calloc(load->connections, sizeof(ngx_court_load_conn_t));
    if (conns == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < load->connections; i++) {
        conns[i].fd = -1;
    }

    rc = NGX_OK;
    asked = 0;
    load->answered = 0;
    load->failed = 0;
    memset(load->status, 0, sizeof(load->status));
    began = ngx_court_load_now();

    while (rc == NGX_OK && load->answered + load->failed < load->requests) {
        rc = ngx_court_load_fill(load, conns, &asked);

        if (rc == NGX_OK
            && load->answered + load->failed < load->requests)
        {
            rc = ngx_court_load_poll(load, conns);
        }
    }

    load->ns = ngx_court_load_now() - began;
    qsort(load->us, load->answered, sizeof(uint32_t), ngx_court_load_compare);

    for (i = 0; i < load->connections; i++) {
        if (conns[i].fd != -1) {
            close(conns[i].fd);
        }
    }

    free(conns);

    return rc;
}


uint32_t
ngx_court_load_percentile(const ngx_court_load_t *load, double p)
{
    ngx_uint_t  i;

    if (load->answered == 0) {
        return 0;
    }

    i = (ngx_uint_t) (p * load->answered);

    return load->us[ngx_min(i, load->answered - 1)];
}
