/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The demo's parts: `court-tool sim source` stands in for the identity
 * platform and the courts' own fact endpoints, `sim court` is a court service
 * that echoes what reached it, `sim redis` is a Redis that misbehaves.  What
 * they answer from are files that anybody may edit while they run.
 */

#include "ngx_court_tool.h"
#include "ngx_court_tool_server.h"
#include "ngx_court_json.h"
#include "ngx_court_path.h"


#define NGX_COURT_SIM_LATE  1200             /* ms, of "slow" */


/* "/people/ID" ... : which folder, and the member a list is searched by */
typedef struct {
    const char                *prefix;
    const char                *dir;
    const char                *member;       /* NULL: the file is the record */
} ngx_court_sim_route_t;

static const ngx_court_sim_route_t  ngx_court_sim_routes[] = {
    { "/identity/", "people",    NULL },
    { "/link/",     "links",     "principal" },
    { "/relation/", "relations", "subject" },
    { "/staff/",    "staff",     NULL },
    { "/device/",   "devices",   NULL },
    { NULL, NULL, NULL }
};


/* the request target of a head; NGX_DECLINED where it is no request line */

static ngx_int_t
ngx_court_sim_target(const ngx_str_t *head, ngx_str_t *line,
    ngx_str_t *target)
{
    u_char  *end, *p, *q;

    end = memchr(head->data, '\r', head->len);
    if (end == NULL) {
        return NGX_DECLINED;
    }

    line->data = head->data;
    line->len = end - head->data;

    p = memchr(line->data, ' ', line->len);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    p++;
    q = memchr(p, ' ', end - p);
    if (q == NULL) {
        return NGX_DECLINED;
    }

    target->data = p;
    target->len = q - p;

    return NGX_OK;
}


/* DIR/FOLDER/NAME.json; a name that is no plain file name is not there */

static ngx_int_t
ngx_court_sim_file(ngx_court_sim_t *sim, ngx_pool_t *pool, const char *folder,
    const ngx_str_t *name, ngx_str_t *text)
{
    int      fd;
    char     path[4096];
    ssize_t  n;

    if (name->len == 0 || name->len > 200 || name->data[0] == '.'
        || memchr(name->data, '/', name->len)
        || memchr(name->data, '\0', name->len))
    {
        return NGX_DECLINED;
    }

    snprintf(path, sizeof(path), "%s/%s/%.*s.json", sim->dir, folder,
             (int) name->len, name->data);

    fd = open(path, O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        return NGX_DECLINED;
    }

    text->data = ngx_pnalloc(pool, 65536);
    n = text->data ? read(fd, text->data, 65536) : -1;
    close(fd);

    if (n < 0) {
        return NGX_DECLINED;
    }

    text->len = n;

    return NGX_OK;
}


/* the record of a list whose member has that value */

static ngx_int_t
ngx_court_sim_search(ngx_pool_t *pool, const char *member,
    const ngx_str_t *value, ngx_str_t *text)
{
    ngx_str_t          s;
    ngx_uint_t         i;
    ngx_court_json_t  *list, *record;

    list = ngx_court_json_parse(pool, text, &ngx_court_json_small, NULL);

    for (i = 0; i < ngx_court_json_size(list); i++) {
        record = ngx_court_json_at(list, i);

        if (ngx_court_json_string(ngx_court_json_get(record, member), &s)
            == NGX_OK
            && ngx_court_str_eq(&s, value))
        {
            return ngx_court_json_dump(pool, record, text);
        }
    }

    return NGX_DECLINED;
}


/* the same record about somebody else: every name of a person is changed */

static void
ngx_court_sim_mismatch(ngx_pool_t *pool, ngx_str_t *text)
{
    u_char             *p, *start;
    ngx_uint_t          i;
    ngx_str_t           out;

    static const char  *names[] = {
        "\"subject\"", "\"assistant\"", "\"client\"", NULL
    };

    out.data = ngx_pnalloc(pool, text->len + 64);
    if (out.data == NULL) {
        return;
    }

    for (i = 0; names[i]; i++) {
        start = memmem(text->data, text->len, names[i], strlen(names[i]));

        if (start == NULL) {
            continue;
        }

        p = ngx_cpymem(out.data, text->data, start - text->data);
        p = ngx_sprintf(p, "%s:\"somebody-else\",\"was-%s", names[i],
                        names[i] + 1);
        start += strlen(names[i]);
        p = ngx_cpymem(p, start, text->data + text->len - start);
        out.len = p - out.data;
        *text = out;
        return;
    }
}


/* "/relation/B00-1?for=lawyer-1" */

static ngx_uint_t
ngx_court_sim_record(ngx_court_sim_t *sim, ngx_pool_t *pool,
    const ngx_str_t *target, const ngx_court_sim_route_t *route,
    ngx_str_t *body)
{
    u_char     *q;
    ngx_str_t   raw, raw_value, name, value;

    raw.data = target->data + strlen(route->prefix);
    raw.len = target->len - strlen(route->prefix);
    ngx_str_null(&raw_value);

    q = memmem(raw.data, raw.len, "?for=", 5);

    if (q) {
        raw_value.data = q + 5;
        raw_value.len = raw.data + raw.len - raw_value.data;
        raw.len = q - raw.data;
    }

    if (ngx_court_unescape_str(pool, &name, &raw) != NGX_OK
        || ngx_court_unescape_str(pool, &value, &raw_value) != NGX_OK
        || ngx_court_sim_file(sim, pool, route->dir, &name, body) != NGX_OK)
    {
        return 404;
    }

    if (route->member
        && ngx_court_sim_search(pool, route->member, &value, body) != NGX_OK)
    {
        return 404;
    }

    if (sim->fault == NGX_COURT_SIM_MISMATCH) {
        ngx_court_sim_mismatch(pool, body);
    }

    return 200;
}


static size_t
ngx_court_sim_source(ngx_court_sim_t *sim, ngx_pool_t *pool,
    const ngx_str_t *text, ngx_str_t *out, ngx_msec_t *delay)
{
    ngx_str_t                     line, target, body;
    ngx_uint_t                    status;
    const ngx_court_sim_route_t  *route;

    status = 404;

    if (ngx_court_sim_target(text, &line, &target) != NGX_OK) {
        return 0;
    }

    ngx_str_set(&body, "{}");

    for (route = ngx_court_sim_routes; route->prefix; route++) {
        if (target.len > strlen(route->prefix)
            && memcmp(target.data, route->prefix, strlen(route->prefix)) == 0)
        {
            status = ngx_court_sim_record(sim, pool, &target, route, &body);
            break;
        }
    }

    if (status == 404) {
        ngx_str_set(&body, "{}");
    }

    if (sim->fault == NGX_COURT_SIM_ERROR) {
        status = 500;
        ngx_str_set(&body, "{\"error\":\"simulated\"}");
    }

    if (sim->fault == NGX_COURT_SIM_GARBAGE) {
        status = 200;
        ngx_str_set(&body, "{\"subject\":\"]]garbage");
    }

    ngx_court_sim_log(sim, "%.*s %d", (int) target.len, target.data,
                      (int) status);

    *delay = (sim->fault == NGX_COURT_SIM_SLOW) ? NGX_COURT_SIM_LATE : 0;
    ngx_court_sim_http(pool, status, "", &body, out);

    return text->len;
}


/* "court-", however it is written */

static ngx_uint_t
ngx_court_sim_is_ours(const u_char *p, size_t len)
{
    return len > 6 && ngx_strncasecmp((u_char *) p, (u_char *) "court", 5) == 0
           && (p[5] == '-' || p[5] == '_' || p[5] == '.');
}


/* is the line's name, with its colon, that of a line before? */

static ngx_uint_t
ngx_court_sim_seen(const ngx_str_t *head, const u_char *at, size_t len)
{
    const u_char  *p, *before;

    for (p = head->data; p < at; p = before + 2) {
        before = memmem(p, at - p, "\r\n", 2);

        if (before == NULL) {
            break;
        }

        if ((size_t) (before - p) >= len
            && ngx_strncasecmp((u_char *) p, (u_char *) at, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* "Name":"value" for each such header; a repeated one stands twice as "#2" */

static u_char *
ngx_court_sim_echo_headers(u_char *p, const ngx_str_t *head)
{
    u_char      *at, *end, *colon, *last;
    ngx_str_t    value, name;
    ngx_uint_t   n;

    n = 0;
    last = head->data + head->len;

    for (at = head->data; at < last; at = end + 2) {
        end = memmem(at, last - at, "\r\n", 2);

        if (end == NULL || end == at) {
            break;
        }

        colon = memchr(at, ':', end - at);

        if (colon == NULL || !ngx_court_sim_is_ours(at, colon - at)) {
            continue;
        }

        name.data = at;
        name.len = colon - at;
        value.data = colon + 1;

        while (value.data < end && *value.data == ' ') { value.data++; }

        value.len = end - value.data;

        p = ngx_sprintf(p, "%s\"", n++ ? "," : "");
        p = ngx_court_json_escape(p, &name);

        if (ngx_court_sim_seen(head, at, colon + 1 - at)) {
            p = ngx_cpymem(p, "#2", 2);
        }

        p = ngx_cpymem(p, "\":\"", 3);
        p = ngx_court_json_escape(p, &value);
        *p++ = '"';
    }

    return p;
}


static size_t
ngx_court_sim_court(ngx_court_sim_t *sim, ngx_pool_t *pool,
    const ngx_str_t *text, ngx_str_t *out, ngx_msec_t *delay)
{
    u_char       *p;
    ngx_str_t     line, target, body;
    ngx_uint_t    status;
    const char   *headers;

    if (ngx_court_sim_target(text, &line, &target) != NGX_OK) {
        return 0;
    }

    p = ngx_pnalloc(pool, text->len * 7 + 256);
    if (p == NULL) {
        return 0;
    }

    status = 200;
    headers = "";
    body.data = p;

    p = ngx_cpymem(p, "{\"request\":\"", 12);
    p = ngx_court_json_escape(p, &line);
    p = ngx_sprintf(p, "\",\"body\":%uz,\"headers\":{", sim->body);
    p = ngx_court_sim_echo_headers(p, text);
    p = ngx_cpymem(p, "}}\n", 3);
    body.len = p - body.data;

    if (sim->fault == NGX_COURT_SIM_ERROR) {
        status = 500;
    }

    if (sim->fault == NGX_COURT_SIM_MISMATCH) {
        headers = "Court-Subject: somebody-else\r\n"
                  "X-Accel-Redirect: /elsewhere\r\n";
    }

    ngx_court_sim_log(sim, "%.*s", (int) line.len, line.data);

    *delay = (sim->fault == NGX_COURT_SIM_SLOW) ? NGX_COURT_SIM_LATE : 0;
    ngx_court_sim_http(pool, status, headers, &body, out);

    if (sim->fault == NGX_COURT_SIM_GARBAGE) {

        /* without a status line it would be HTTP/0.9 to nginx, thus right */

        ngx_str_set(out, "HTTP/1.1 200 OK\r\n\001\002 no header\r\n\r\n");
    }

    return text->len;
}


/* whatever was asked, one of these: enough to upset a client */

static size_t
ngx_court_sim_redis(ngx_court_sim_t *sim, ngx_pool_t *pool,
    const ngx_str_t *text, ngx_str_t *out, ngx_msec_t *delay)
{
    switch (sim->fault) {

    case NGX_COURT_SIM_ERROR:
        ngx_str_set(out, "-OOM command not allowed\r\n");
        break;

    case NGX_COURT_SIM_MISMATCH:
        ngx_str_set(out, "$13\r\nsomebody-else\r\n");
        break;

    case NGX_COURT_SIM_SLOW:
        *delay = NGX_COURT_SIM_LATE;
        ngx_str_set(out, "+OK\r\n");
        break;

    case NGX_COURT_SIM_GARBAGE:
        ngx_str_set(out, "\001\002 garbage, no protocol\r\n");
        break;

    default:
        ngx_str_set(out, "-ERR simulated\r\n");
        break;
    }

    return text->len;
}


typedef struct {
    const char                *part;
    ngx_court_sim_answer_pt    answer;
    unsigned                   raw:1;
} ngx_court_sim_part_t;

static const ngx_court_sim_part_t  ngx_court_sim_parts[] = {
    { "source", ngx_court_sim_source, 0 },
    { "court",  ngx_court_sim_court,  0 },
    { "redis",  ngx_court_sim_redis,  1 },
    { NULL, NULL, 0 }
};


/* sim source|court|redis --listen ADDR --dir DIR */

int
ngx_court_tool_sim(int argc, char **argv)
{
    int                          i;
    ngx_court_sim_t              sim;
    const ngx_court_sim_part_t  *part;

    ngx_memzero(&sim, sizeof(sim));

    for (i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--listen") == 0) {
            sim.listen = argv[i + 1];
        }

        if (strcmp(argv[i], "--dir") == 0) {
            sim.dir = argv[i + 1];
        }
    }

    for (part = ngx_court_sim_parts; argc && part->part; part++) {
        if (strcmp(argv[0], part->part) == 0) {
            sim.part = part->part;
            sim.answer = part->answer;
            sim.raw = part->raw;
        }
    }

    if (sim.part == NULL || sim.listen == NULL || sim.dir == NULL) {
        fprintf(stderr, "usage: court-tool sim source|court|redis "
                "--listen unix:PATH|127.0.0.1:PORT --dir DIR\n");
        return 2;
    }

    return ngx_court_sim_serve(&sim);
}
