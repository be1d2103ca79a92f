/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool events publisher|verify|tail|snapshot -c FILE
 */

#include "ngx_court_tool_events.h"

#include <stdarg.h>


typedef struct {
    const char                *conf;
    const char                *output;
    const char                *number;
    const char                *follow;
} ngx_court_events_opts_t;


static int
ngx_court_events_usage(FILE *out)
{
    fprintf(out, "usage: court-tool events publisher -c FILE\n"
            "       court-tool events verify|snapshot -c FILE [-o json]\n"
            "       court-tool events tail -c FILE [-n N] [-f] [-o json]\n\n"
            "examples:\n"
            "  court-tool events publisher -c /etc/court/events.conf\n"
            "  court-tool events tail -c /etc/court/events.conf -n 5\n\n"
            "exit codes: 0 it holds, 1 it does not, 2 usage, 3 configuration "
            "invalid,\n4 Redis, a file or socket cannot be reached\n");

    return NGX_COURT_TOOL_USAGE;
}


void
ngx_court_events_say(const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "publisher: ");

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\n");
}


void
ngx_court_events_json(FILE *out, const char *name, const ngx_str_t *s)
{
    u_char  buf[6 * NGX_COURT_EVENT_TEXT];

    if (s->len == 0 || ngx_court_json_escape_len(s) > sizeof(buf)) {
        return;
    }

    fprintf(out, ",\"%s\":\"%.*s\"", name,
            (int) (ngx_court_json_escape(buf, s) - buf), buf);
}


static int
ngx_court_events_publisher(ngx_court_events_t *p)
{
    int  rc;

    rc = ngx_court_events_load(p);

    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    ngx_court_events_say("%lu denied, %lu to be published",
                         (unsigned long) p->denied.n,
                         (unsigned long) p->pending.n);

    return ngx_court_events_serve(p);
}


static int
ngx_court_events_run(ngx_court_events_t *p, const char *verb,
    ngx_court_events_opts_t *o)
{
    int         rc;
    ngx_int_t   n;
    ngx_uint_t  publish, json;

    publish = (strcmp(verb, "publisher") == 0);
    json = o->output && strcmp(o->output, "json") == 0;

    n = o->number ? ngx_atoi((u_char *) o->number, strlen(o->number)) : 20;

    if (n < 1 || n > 100000) {
        fprintf(stderr, "court-tool: -n takes 1 to 100000\n");
        return NGX_COURT_TOOL_USAGE;
    }

    rc = ngx_court_events_configure(p, o->conf, publish);

    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    if (publish) {
        return ngx_court_events_publisher(p);
    }

    if (strcmp(verb, "verify") == 0) {
        return ngx_court_events_verify(p, json);
    }

    return strcmp(verb, "tail") == 0
           ? ngx_court_events_tail(p, n, o->follow != NULL, json)
           : ngx_court_events_show(p, json);
}


static ngx_uint_t
ngx_court_events_verb(const char *verb)
{
    return strcmp(verb, "publisher") == 0 || strcmp(verb, "verify") == 0
           || strcmp(verb, "tail") == 0 || strcmp(verb, "snapshot") == 0;
}


int
ngx_court_tool_events(int argc, char **argv)
{
    int                         rc;
    ngx_uint_t                  n;
    const char                 *rest[1];
    ngx_court_events_opts_t     o;
    static ngx_court_events_t   p;

    const ngx_court_tool_option_t  options[] = {
        { "-c", &o.conf, 0 }, { "-o", &o.output, 0 }, { "-n", &o.number, 0 },
        { "-f", &o.follow, 1 }, { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));

    if (argc < 1 || !ngx_court_events_verb(argv[0])) {
        return ngx_court_events_usage(stderr);
    }

    if (ngx_court_tool_options(argc, argv, options, rest, 0, &n) != NGX_OK
        || o.conf == NULL
        || (o.output && strcmp(o.output, "json") && strcmp(o.output, "text")))
    {
        return ngx_court_events_usage(stderr);
    }

    p.log = ngx_court_rt_log(NGX_LOG_ERR);
    p.pool = ngx_create_pool(4096, p.log);
    p.redis.fd = -1;
    p.redis.log = p.log;
    p.journal = -1;
    p.xlen = -1;
    ngx_court_events_list_init(&p.denied);
    ngx_court_events_list_init(&p.pending);

    if (p.pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_events_run(&p, argv[0], &o);

    ngx_court_tool_redis_close(&p.redis);
    ngx_court_events_list_clear(&p.denied);
    ngx_court_events_list_clear(&p.pending);
    ngx_destroy_pool(p.pool);

    return rc;
}
