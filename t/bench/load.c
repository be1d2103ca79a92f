/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * load: a load generator for one request at a time on each of several
 * keep-alive connections.  The Authorization header comes from a list of
 * tokens, one a line, used in order; with -C from its beginning again,
 * else each once.
 *
 * It reads the CPU time of the measured process itself, after the warm-up's
 * last answer and after the last answer of all: neither starting this program
 * nor connecting counts.  Prints, by spaces: requests, answers that were not
 * as expected, seconds, nanoseconds of the first thread and of all threads.
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define LOAD_CONNECTIONS  512
#define LOAD_REQUESTS     100000000
#define LOAD_SECONDS      300
#define LOAD_TOKENS       1000000
#define LOAD_BUFFER       16384            /* one answer */
#define LOAD_LINE         4096             /* one token */
#define LOAD_REQUEST      8192


typedef struct {
    int                        fd;
    size_t                     have;
    char                       buf[LOAD_BUFFER];
} load_conn_t;

typedef struct {
    const char                *port;
    const char                *method;
    const char                *path;
    const char                *tokens_file;
    const char                *pid;
    long                       connections;
    long                       requests;
    long                       warm;
    long                       seconds;
    long                       status;
    int                        cycle;

    char                     **tokens;
    long                       ntokens;
    long                       next;       /* the token to be sent */
    long                       sent;       /* of this phase */
    long                       done;
    long                       wrong;
    int                        ep;
    load_conn_t               *conns;
} load_t;


static void
load_die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}


static double
load_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


/* nanoseconds on a CPU of one thread */

static unsigned long long
load_thread(const char *pid, const char *tid)
{
    FILE                *f;
    char                 path[96];
    unsigned long long   ns;

    ns = 0;
    snprintf(path, sizeof(path), "/proc/%s/task/%s/schedstat", pid, tid);
    f = fopen(path, "r");

    if (f == NULL || fscanf(f, "%llu", &ns) != 1) {
        load_die(path);
    }

    fclose(f);

    return ns;
}


/* of the process's first thread, the event loop, or of all its threads */

static unsigned long long
load_cpu(const char *pid, int all)
{
    DIR                 *dir;
    char                 path[64];
    struct dirent       *entry;
    unsigned long long   ns;

    if (pid == NULL || !all) {
        return pid ? load_thread(pid, pid) : 0;
    }

    ns = 0;
    snprintf(path, sizeof(path), "/proc/%s/task", pid);
    dir = opendir(path);

    if (dir == NULL) {
        load_die(path);
    }

    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            ns += load_thread(pid, entry->d_name);
        }
    }

    closedir(dir);

    return ns;
}


static void
load_tokens(load_t *l)
{
    FILE  *f;
    char   line[LOAD_LINE];

    f = fopen(l->tokens_file, "r");
    l->tokens = calloc(LOAD_TOKENS, sizeof(char *));

    if (f == NULL || l->tokens == NULL) {
        load_die(l->tokens_file);
    }

    while (l->ntokens < LOAD_TOKENS && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\r\n")] = '\0';
        l->tokens[l->ntokens] = strdup(line);

        if (l->tokens[l->ntokens++] == NULL) {
            load_die("memory");
        }
    }

    fclose(f);

    if (l->ntokens == 0
        || (!l->cycle && l->ntokens < l->warm + l->requests))
    {
        errno = ERANGE;
        load_die("tokens");
    }
}


static void
load_send(load_t *l, load_conn_t *c)
{
    char    buf[LOAD_REQUEST];
    size_t  len;

    len = snprintf(buf, sizeof(buf), "%s %s HTTP/1.1\r\nHost: localhost\r\n",
                   l->method, l->path);

    if (l->tokens) {
        len += snprintf(buf + len, sizeof(buf) - len,
                        "Authorization: Bearer %s\r\n",
                        l->tokens[l->next++ % l->ntokens]);
    }

    len += snprintf(buf + len, sizeof(buf) - len, "%s\r\n",
                    strcmp(l->method, "POST") ? "" : "Content-Length: 0\r\n");

    l->sent++;

    if (write(c->fd, buf, len) != (ssize_t) len) {
        load_die("write");
    }
}


/* the length of a complete answer, 0 where more must come */

static size_t
load_answer(load_t *l, load_conn_t *c)
{
    char    *end, *line;
    size_t   body, head;

    c->buf[c->have] = '\0';
    end = strstr(c->buf, "\r\n\r\n");

    if (end == NULL) {
        return 0;
    }

    head = end + 4 - c->buf;
    body = 0;

    for (line = c->buf; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            body = strtoul(line + 15, NULL, 10);
        }

        if (strncasecmp(line, "Transfer-Encoding:", 18) == 0) {
            errno = EPROTO;
            load_die("chunked");
        }
    }

    if (c->have < head + body) {
        return 0;
    }

    if (strtol(c->buf + 9, NULL, 10) != l->status && l->wrong++ == 0) {
        fprintf(stderr, "load: %.*s\n", (int) (head + body), c->buf);
    }

    return head + body;
}


static void
load_read(load_t *l, load_conn_t *c, long requests)
{
    size_t   len;
    ssize_t  n;

    n = read(c->fd, c->buf + c->have, LOAD_BUFFER - 1 - c->have);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        errno = n ? errno : ECONNRESET;
        load_die("read");
    }

    c->have += n;
    len = load_answer(l, c);

    if (len == 0) {
        if (c->have == LOAD_BUFFER - 1) {
            errno = EMSGSIZE;
            load_die("answer");
        }

        return;
    }

    memmove(c->buf, c->buf + len, c->have - len);
    c->have -= len;
    l->done++;

    if (l->sent < requests) {
        load_send(l, c);
    }
}


static void
load_phase(load_t *l, long requests, double until)
{
    int                 i, n;
    struct epoll_event  events[64];

    l->sent = 0;
    l->done = 0;

    for (i = 0; i < l->connections && l->sent < requests; i++) {
        load_send(l, &l->conns[i]);
    }

    while (l->done < l->sent) {
        n = epoll_wait(l->ep, events, 64, 1000);

        for (i = 0; i < n; i++) {
            load_read(l, events[i].data.ptr, requests);
        }

        if (load_now() > until) {
            if (requests > l->sent) {
                requests = l->sent;
            }

            if (load_now() > until + 5) {
                errno = ETIMEDOUT;
                load_die("answers");
            }
        }
    }
}


static void
load_connect(load_t *l)
{
    int                  i, on = 1;
    load_conn_t         *c;
    struct sockaddr_in   sin;
    struct epoll_event   ev;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(atoi(l->port));
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    l->ep = epoll_create1(EPOLL_CLOEXEC);
    l->conns = calloc(l->connections, sizeof(load_conn_t));

    if (l->ep == -1 || l->conns == NULL) {
        load_die("memory");
    }

    for (i = 0; i < l->connections; i++) {
        c = &l->conns[i];
        c->fd = socket(AF_INET, SOCK_STREAM, 0);

        if (c->fd == -1
            || connect(c->fd, (struct sockaddr *) &sin, sizeof(sin)) != 0
            || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on))
               != 0
            || fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
        {
            load_die("connect");
        }

        ev.events = EPOLLIN;
        ev.data.ptr = c;

        if (epoll_ctl(l->ep, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
            load_die("epoll_ctl");
        }
    }
}


static long
load_number(const char *text, long min, long max)
{
    char  *end;
    long   n;

    n = strtol(text, &end, 10);

    if (end == text || *end || n < min || n > max) {
        errno = ERANGE;
        load_die(text);
    }

    return n;
}


static void
load_options(load_t *l, int argc, char **argv)
{
    int  o;

    l->method = "GET";
    l->path = "/";
    l->connections = 32;
    l->requests = 1000;
    l->seconds = 30;
    l->status = 200;

    while ((o = getopt(argc, argv, "p:m:u:t:P:c:n:w:s:e:C")) != -1) {
        switch (o) {
        case 'p': l->port = optarg; break;
        case 'm': l->method = optarg; break;
        case 'u': l->path = optarg; break;
        case 't': l->tokens_file = optarg; break;
        case 'P': l->pid = optarg; break;
        case 'c': l->connections = load_number(optarg, 1, LOAD_CONNECTIONS);
                  break;
        case 'n': l->requests = load_number(optarg, 1, LOAD_REQUESTS); break;
        case 'w': l->warm = load_number(optarg, 0, LOAD_REQUESTS); break;
        case 's': l->seconds = load_number(optarg, 1, LOAD_SECONDS); break;
        case 'e': l->status = load_number(optarg, 100, 599); break;
        case 'C': l->cycle = 1; break;
        default: l->port = NULL; optind = argc; break;
        }
    }

    if (l->port == NULL) {
        fprintf(stderr, "usage: load -p PORT [-m METHOD] [-u PATH] "
                "[-t TOKENS [-C cycle]] [-P PID]\n"
                "            [-c connections] [-n requests] [-w warm-up] "
                "[-s seconds] [-e status]\n");
        exit(2);
    }
}


int
main(int argc, char **argv)
{
    double              began;
    load_t              l;
    unsigned long long  cpu, all;

    memset(&l, 0, sizeof(l));
    load_options(&l, argc, argv);

    if (l.tokens_file) {
        load_tokens(&l);
    }

    load_connect(&l);
    load_phase(&l, l.warm, load_now() + l.seconds);

    cpu = load_cpu(l.pid, 0);
    all = load_cpu(l.pid, 1);
    began = load_now();
    load_phase(&l, l.requests, began + l.seconds);

    cpu = load_cpu(l.pid, 0) - cpu;
    all = load_cpu(l.pid, 1) - all;

    printf("%ld %ld %.6f %llu %llu\n", l.done, l.wrong, load_now() - began,
           cpu, all);

    return 0;
}
