/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What court_status says, in lines: the verdict first, then what was decided,
 * then what it was decided with.
 */

#include "ngx_court_tool_render.h"


#define NGX_COURT_STATUS_FORMAT   1
#define NGX_COURT_STATUS_HASH     12         /* characters of one, shown */


static void ngx_court_status_problems(const ngx_court_json_t *health);
static void ngx_court_status_gateway(const ngx_court_json_t *doc,
    int64_t now);
static void ngx_court_status_policy(const ngx_court_json_t *doc, int64_t now);
static void ngx_court_status_workers(const ngx_court_json_t *doc);
static void ngx_court_status_locations(const ngx_court_json_t *doc,
    const char *name, const char *title);


int
ngx_court_tool_status(const ngx_court_json_t *doc, ngx_uint_t verdict)
{
    int64_t                  now;
    ngx_uint_t               ready;
    const ngx_court_json_t  *health;

    if (ngx_court_tool_get_int(doc, "format") != NGX_COURT_STATUS_FORMAT) {
        fprintf(stderr, "court-tool: no status of format %d\n",
                NGX_COURT_STATUS_FORMAT);
        return NGX_COURT_TOOL_UNDETERMINED;
    }

    now = ngx_court_tool_get_int(doc, "time");
    health = ngx_court_json_get(doc, "health");

    if (ngx_court_json_bool(ngx_court_json_get(health, "ready"), &ready)
        != NGX_OK)
    {
        ready = 0;
    }

    fputs(ready ? "READY" : "NOT READY", stdout);

    puts(ngx_court_json_size(ngx_court_json_get(health, "problems"))
         ? "" : ", no problems");
    ngx_court_status_problems(health);

    if (!verdict) {
        ngx_court_status_gateway(doc, now);
        ngx_court_status_policy(doc, now);
        ngx_court_status_workers(doc);
        ngx_court_tool_status_tables(doc);
        ngx_court_status_locations(doc, "off", "not protected (court off)");
        ngx_court_status_locations(doc, "report", "only reported");
    }

    return ready ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_NO;
}


static void
ngx_court_status_problems(const ngx_court_json_t *health)
{
    ngx_str_t                s;
    ngx_uint_t               i;
    const ngx_court_json_t  *problems, *problem;

    problems = ngx_court_json_get(health, "problems");

    for (i = 0; i < ngx_court_json_size(problems); i++) {
        problem = ngx_court_json_at(problems, i);

        fputs("  ", stdout);
        s = ngx_court_tool_get_str(problem, "severity");
        ngx_court_tool_print(&s, 9);
        s = ngx_court_tool_get_str(problem, "problem");
        putchar(' ');
        ngx_court_tool_print(&s, 0);
        s = ngx_court_tool_get_str(problem, "name");
        putchar(' ');
        ngx_court_tool_print(&s, 0);
        putchar('\n');
    }
}


static void
ngx_court_status_gateway(const ngx_court_json_t *doc, int64_t now)
{
    char                     a[32], b[32];
    ngx_str_t                s;
    ngx_uint_t               demo;
    const ngx_court_json_t  *gateway;

    gateway = ngx_court_json_get(doc, "gateway");

    fputs("gateway   ", stdout);
    s = ngx_court_tool_get_str(gateway, "host");
    ngx_court_tool_print(&s, 0);
    fputs(", version ", stdout);
    s = ngx_court_tool_get_str(gateway, "version");
    ngx_court_tool_print(&s, 0);
    fputs(", nginx ", stdout);
    s = ngx_court_tool_get_str(gateway, "nginx");
    ngx_court_tool_print(&s, 0);

    printf(", up %s, configured %s ago\n",
           ngx_court_tool_span(now - ngx_court_tool_get_int(gateway,
                                         "started"), a, sizeof(a)),
           ngx_court_tool_span(now - ngx_court_tool_get_int(gateway,
                                         "config_loaded"), b, sizeof(b)));

    if (ngx_court_json_bool(ngx_court_json_get(gateway, "demo"), &demo)
        == NGX_OK && demo)
    {
        puts("demo      court_demo is on: published keys are accepted");
    }
}


static void
ngx_court_status_policy(const ngx_court_json_t *doc, int64_t now)
{
    char                     a[32];
    ngx_str_t                hash;
    const ngx_court_json_t  *policy;

    policy = ngx_court_json_get(doc, "policy");

    if (policy == NULL
        || ngx_court_json_type(policy) != NGX_COURT_JSON_OBJECT)
    {
        puts("policy    none");
        return;
    }

    hash = ngx_court_tool_get_str(policy, "hash");
    hash.len = ngx_min(hash.len, NGX_COURT_STATUS_HASH);

    fputs("policy    ", stdout);
    ngx_court_tool_print_value(ngx_court_json_get(policy, "version"), 0);
    fputs(", sha256 ", stdout);
    ngx_court_tool_print(&hash, 0);
    fputs(", generation ", stdout);
    ngx_court_tool_print_value(ngx_court_json_get(policy, "generation"), 0);

    printf(", since %s\n",
           ngx_court_tool_span(now - ngx_court_tool_get_int(policy, "loaded"),
                               a, sizeof(a)));
}


static void
ngx_court_status_workers(const ngx_court_json_t *doc)
{
    ngx_uint_t               i, n, exiting;
    const ngx_court_json_t  *workers, *worker;

    workers = ngx_court_json_get(doc, "workers");
    n = ngx_court_json_size(workers);

    fputs("workers   ", stdout);

    for (i = 0; i < n; i++) {
        worker = ngx_court_json_at(workers, i);

        fputs(i ? ", " : "", stdout);
        ngx_court_tool_print_value(ngx_court_json_get(worker, "pid"), 0);

        if (ngx_court_json_bool(ngx_court_json_get(worker, "exiting"),
                                &exiting) == NGX_OK
            && exiting)
        {
            fputs(" (exiting)", stdout);
        }
    }

    puts(n ? "" : "none");
}


static void
ngx_court_status_locations(const ngx_court_json_t *doc, const char *name,
    const char *title)
{
    int64_t                  total;
    ngx_str_t                s;
    ngx_uint_t               i, n;
    const ngx_court_json_t  *locations, *names;

    locations = ngx_court_json_get(ngx_court_json_get(doc, "locations"), name);
    total = ngx_court_tool_get_int(locations, "total");
    names = ngx_court_json_get(locations, "names");
    n = ngx_court_json_size(names);

    if (total == 0) {
        return;
    }

    printf("\n%s: %lld\n", title, (long long) total);

    for (i = 0; i < n; i++) {
        if (ngx_court_json_string(ngx_court_json_at(names, i), &s) == NGX_OK) {
            fputs("  ", stdout);
            ngx_court_tool_print(&s, 0);
            putchar('\n');
        }
    }

    if ((int64_t) n < total) {
        puts("  ...");
    }
}
