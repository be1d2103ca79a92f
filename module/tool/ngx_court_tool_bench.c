/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool bench URL...: how fast an installed gateway answers, by latency
 * and rate.  What CPU time it costs is measured by "make bench".
 */

#include "ngx_court_tool_load.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>


#define NGX_COURT_BENCH_URLS   8
#define NGX_COURT_BENCH_WARM   100           /* requests before it counts */
#define NGX_COURT_BENCH_KNOCK  5             /* s, for each of some addresses */


typedef struct {
    ngx_pool_t                *pool;
    const char                *connections;
    const char                *requests;
    const char                *method;
    const char                *token;
    const char                *host;
    const char                *output;
    const char                *yes;
    ngx_str_t                  bearer;
    ngx_uint_t                 nurls;
    const char                *urls[NGX_COURT_BENCH_URLS];
    ngx_court_load_t           load;
} ngx_court_bench_t;

typedef struct {
    const char                *host;         /* of the Host header */
    const char                *path;
    ngx_uint_t                 loopback;
} ngx_court_bench_url_t;


static int ngx_court_bench_usage(const char *what);
static int ngx_court_bench_numbers(ngx_court_bench_t *b);
static int ngx_court_bench_url(ngx_court_bench_t *b, const char *url,
    ngx_court_bench_url_t *to);
static int ngx_court_bench_run(ngx_court_bench_t *b);
static int ngx_court_bench_one(ngx_court_bench_t *b, ngx_uint_t n);


static const char  ngx_court_bench_help[] =
    "usage: court-tool bench [--connections N] [--requests N] [--method M]\n"
    "                  [--token FILE|-] [--host NAME] [--yes]\n"
    "                  [-o json|text] http://HOST[:PORT]/PATH...\n"
    "                  or unix:SOCKET:/PATH\n";


int
ngx_court_tool_bench(int argc, char **argv)
{
    int                rc;
    ngx_court_bench_t  b;

    const ngx_court_tool_option_t  options[] = {
        { "--connections", &b.connections, 0 },
        { "--requests", &b.requests, 0 }, { "--method", &b.method, 0 },
        { "--token", &b.token, 0 }, { "--host", &b.host, 0 },
        { "-o", &b.output, 0 }, { "--yes", &b.yes, 1 }, { NULL, NULL, 0 }
    };

    memset(&b, 0, sizeof(b));

    /* the first URL may stand where other nouns have their verb */

    if (ngx_court_tool_options(argc + 1, argv - 1, options, b.urls,
                               NGX_COURT_BENCH_URLS, &b.nurls)
        != NGX_OK)
    {
        return ngx_court_bench_usage(NULL);
    }

    if (b.nurls == 0) {
        return ngx_court_bench_usage("no URL");
    }

    rc = ngx_court_bench_numbers(&b);
    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    b.pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    if (b.pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_bench_run(&b);

    if (b.bearer.len) {
        ngx_memzero(b.bearer.data, b.bearer.len);
    }

    free(b.load.us);
    ngx_destroy_pool(b.pool);

    return rc;
}


static int
ngx_court_bench_usage(const char *what)
{
    if (what) {
        fprintf(stderr, "court-tool: %s\n", what);
    }

    fputs(ngx_court_bench_help, stderr);

    return NGX_COURT_TOOL_USAGE;
}


static ngx_int_t
ngx_court_bench_number(const char *text, ngx_int_t def, ngx_int_t max)
{
    ngx_int_t  n;

    if (text == NULL) {
        return def;
    }

    n = ngx_atoi((u_char *) text, strlen(text));

    return n < 1 || n > max ? NGX_ERROR : n;
}


static int
ngx_court_bench_numbers(ngx_court_bench_t *b)
{
    ngx_int_t  connections, requests;

    connections = ngx_court_bench_number(b->connections, 4,
                                         NGX_COURT_LOAD_CONNS);
    requests = ngx_court_bench_number(b->requests, 5000,
                                      NGX_COURT_LOAD_REQUESTS);

    if (connections == NGX_ERROR || requests == NGX_ERROR) {
        return ngx_court_bench_usage("--connections takes 1 to 256, "
                                     "--requests 1 to 1000000");
    }

    if (b->output && strcmp(b->output, "json") != 0
        && strcmp(b->output, "text") != 0)
    {
        return ngx_court_bench_usage("-o takes json or text");
    }

    b->method = b->method ? b->method : "GET";

    if (strcmp(b->method, "GET") != 0 && strcmp(b->method, "DELETE") != 0
        && strcmp(b->method, "POST") != 0)
    {
        return ngx_court_bench_usage("--method takes GET, POST or DELETE");
    }

    b->load.connections = connections;
    b->load.requests = requests;

    return NGX_COURT_TOOL_YES;
}


/* what would end a header line, or a string in JSON */

static ngx_uint_t
ngx_court_bench_line(const char *s)
{
    for ( /* void */ ; *s; s++) {
        if ((u_char) *s <= ' ' || (u_char) *s >= 0x7f || *s == '"'
            || *s == '\\')
        {
            return 0;
        }
    }

    return 1;
}


static int
ngx_court_bench_unix(ngx_court_bench_t *b, char *name,
    ngx_court_bench_url_t *to)
{
    char                *path;
    struct sockaddr_un  *un;

    un = (struct sockaddr_un *) &b->load.addr;
    path = strstr(name, ":/");

    if (path == NULL || (size_t) (path - name) >= sizeof(un->sun_path)) {
        return ngx_court_bench_usage("unix:SOCKET:/PATH");
    }

    *path = '\0';
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, name);

    b->load.addr_len = sizeof(struct sockaddr_un);
    to->host = "localhost";
    to->path = path + 1;
    to->loopback = 1;

    return NGX_COURT_TOOL_YES;
}


static ngx_uint_t
ngx_court_bench_loopback(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        return ntohl(((struct sockaddr_in *) sa)->sin_addr.s_addr) >> 24
               == 127;
    }

    return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *) sa)->sin6_addr);
}


/*
 * A name may have several addresses, of which a server listens on some: the
 * first that takes a connection, as clients do it.  Nobody is knocked at who
 * may not be asked.
 */

static const struct addrinfo *
ngx_court_bench_choose(const struct addrinfo *list, ngx_uint_t knock)
{
    int                     fd, rc;
    const struct addrinfo  *ai;
    struct timeval          limit = { NGX_COURT_BENCH_KNOCK, 0 };

    for (ai = list; knock && list->ai_next && ai; ai = ai->ai_next) {
        fd = socket(ai->ai_family, SOCK_STREAM|SOCK_CLOEXEC, 0);
        if (fd == -1) {
            continue;
        }

        (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));

        rc = connect(fd, ai->ai_addr, ai->ai_addrlen);
        close(fd);

        if (rc == 0) {
            return ai;
        }
    }

    return list;
}


static int
ngx_court_bench_inet(ngx_court_bench_t *b, char *name,
    ngx_court_bench_url_t *to)
{
    int                     rc;
    char                   *host, *port, *end;
    struct addrinfo         hints, *list;
    const struct addrinfo  *ai;

    end = name + strcspn(name, "/");
    to->path = *end ? (char *) ngx_pcalloc(b->pool, strlen(end) + 1) : "/";

    if (to->path == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    if (*end) {
        strcpy((char *) to->path, end);
        *end = '\0';
    }

    host = (char *) ngx_pcalloc(b->pool, strlen(name) + 1);
    if (host == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    strcpy(host, name);
    to->host = name;

    port = strrchr(host, ':');

    if (host[0] == '[' && (end = strchr(host, ']')) != NULL) {
        host++;
        *end = '\0';
        port = end[1] == ':' ? end + 1 : NULL;
    }

    if (port) {
        *port++ = '\0';
    }

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;

    rc = getaddrinfo(host, port ? port : "80", &hints, &list);
    if (rc != 0) {
        fprintf(stderr, "court-tool: %s: %s\n", name, gai_strerror(rc));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    to->loopback = 1;

    for (ai = list; ai; ai = ai->ai_next) {
        to->loopback &= ngx_court_bench_loopback(ai->ai_addr);
    }

    ai = ngx_court_bench_choose(list, to->loopback || b->yes);

    memcpy(&b->load.addr, ai->ai_addr, ai->ai_addrlen);
    b->load.addr_len = ai->ai_addrlen;
    freeaddrinfo(list);

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_bench_url(ngx_court_bench_t *b, const char *url,
    ngx_court_bench_url_t *to)
{
    int    rc;
    char  *copy;

    copy = (char *) ngx_pcalloc(b->pool, strlen(url) + 1);
    if (copy == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    strcpy(copy, url);

    if (strncmp(copy, "unix:", 5) == 0) {
        rc = ngx_court_bench_unix(b, copy + 5, to);

    } else if (strncmp(copy, "http://", 7) == 0 && copy[7]) {
        rc = ngx_court_bench_inet(b, copy + 7, to);

    } else {
        return ngx_court_bench_usage("takes http://HOST:PORT/PATH, without "
                                     "TLS, or unix:SOCKET:/PATH");
    }

    if (rc == NGX_COURT_TOOL_YES && b->host) {
        to->host = b->host;
    }

    if (rc == NGX_COURT_TOOL_YES
        && (!ngx_court_bench_line(to->host) || !ngx_court_bench_line(to->path)))
    {
        return ngx_court_bench_usage("no blanks in a URL");
    }

    return rc;
}


static int
ngx_court_bench_token(ngx_court_bench_t *b)
{
    ngx_str_t  *s;

    s = &b->bearer;

    if (ngx_court_tool_read(b->pool, b->token, s) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    while (s->len && s->data[s->len - 1] <= ' ') {
        s->data[--s->len] = '\0';
    }

    if (s->len == 0 || !ngx_court_bench_line((char *) s->data)) {
        fprintf(stderr, "court-tool: no token\n");
        return NGX_COURT_TOOL_USAGE;
    }

    return NGX_COURT_TOOL_YES;
}


static ngx_int_t
ngx_court_bench_request(ngx_court_bench_t *b, ngx_court_bench_url_t *to)
{
    u_char  *p;
    size_t   len;

    len = b->bearer.len + strlen(to->host) + strlen(to->path) + 256;

    p = ngx_pnalloc(b->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    b->load.request.data = p;
    p = ngx_sprintf(p, "%s %s HTTP/1.1\r\nHost: %s\r\n"
                    "User-Agent: court-tool bench\r\n", b->method, to->path,
                    to->host);

    if (b->bearer.len) {
        p = ngx_sprintf(p, "Authorization: Bearer %V\r\n", &b->bearer);
    }

    if (strcmp(b->method, "POST") == 0) {
        p = ngx_sprintf(p, "Content-Length: 0\r\n");
    }

    p = ngx_sprintf(p, "\r\n");
    b->load.request.len = p - b->load.request.data;

    return NGX_OK;
}


static int
ngx_court_bench_run(ngx_court_bench_t *b)
{
    int         rc, worst;
    ngx_uint_t  i;

    if (b->token) {
        rc = ngx_court_bench_token(b);
        if (rc != NGX_COURT_TOOL_YES) {
            return rc;
        }
    }

    b->load.us = malloc(sizeof(uint32_t)
                        * ngx_max(b->load.requests, NGX_COURT_BENCH_WARM));
    if (b->load.us == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    worst = NGX_COURT_TOOL_YES;

    for (i = 0; i < b->nurls; i++) {
        rc = ngx_court_bench_one(b, i);

        if (rc == NGX_COURT_TOOL_NO) {
            worst = rc;

        } else if (rc != NGX_COURT_TOOL_YES) {
            return rc;
        }
    }

    if (b->output && strcmp(b->output, "json") == 0) {
        puts("]}");
    }

    return worst;
}


static void
ngx_court_bench_row(ngx_court_bench_t *b, ngx_uint_t n)
{
    double             rps;
    ngx_court_load_t  *l;

    l = &b->load;
    rps = l->ns ? l->answered * 1e9 / l->ns : 0;

    if (b->output && strcmp(b->output, "json") == 0) {
        printf("%s{\"url\":\"%s\",\"requests\":%u,\"failed\":%u,"
               "\"rps\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,"
               "\"status\":{\"2xx\":%u,\"3xx\":%u,\"4xx\":%u,\"5xx\":%u}}",
               n ? "," : "{\"schema\":1,\"rows\":[", b->urls[n],
               (unsigned) l->answered, (unsigned) l->failed, rps,
               ngx_court_load_percentile(l, 0.5),
               ngx_court_load_percentile(l, 0.99),
               ngx_court_load_percentile(l, 1), (unsigned) l->status[2],
               (unsigned) l->status[3], (unsigned) l->status[4],
               (unsigned) l->status[5]);
        return;
    }

    if (n == 0) {
        printf("%8s %8s %10s %8s %8s %8s  %s\n", "requests", "not 2xx",
               "per second", "p50 us", "p99 us", "max us", "url");
    }

    printf("%8u %8u %10.0f %8u %8u %8u  %s\n", (unsigned) l->answered,
           (unsigned) (l->answered + l->failed - l->status[2]), rps,
           ngx_court_load_percentile(l, 0.5),
           ngx_court_load_percentile(l, 0.99),
           ngx_court_load_percentile(l, 1), b->urls[n]);
}


static int
ngx_court_bench_one(ngx_court_bench_t *b, ngx_uint_t n)
{
    int                    rc;
    ngx_int_t              done;
    ngx_uint_t             requests;
    ngx_court_bench_url_t  to;

    rc = ngx_court_bench_url(b, b->urls[n], &to);
    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    if (!to.loopback && b->yes == NULL) {
        fprintf(stderr, "court-tool: %s is not this machine: --yes, if it "
                "may bear the load\n", to.host);
        return NGX_COURT_TOOL_FORBIDDEN;
    }

    if (ngx_court_bench_request(b, &to) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    requests = b->load.requests;
    b->load.requests = NGX_COURT_BENCH_WARM;
    done = ngx_court_load(&b->load);
    b->load.requests = requests;

    if (done == NGX_OK) {
        done = ngx_court_load(&b->load);
    }

    if (done != NGX_OK) {
        fprintf(stderr, "court-tool: %s: no answer\n", b->urls[n]);
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    ngx_court_bench_row(b, n);

    return b->load.status[2] == requests ? NGX_COURT_TOOL_YES
                                         : NGX_COURT_TOOL_NO;
}
