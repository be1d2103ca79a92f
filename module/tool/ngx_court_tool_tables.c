/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The metrics of court_status as tables.  A sample is the values of its
 * labels and then its value: [court, decision, 7].
 */

#include "ngx_court_tool_render.h"

#include <math.h>


#define NGX_COURT_TABLE_ROWS      128        /* of courts; JSON has all */
#define NGX_COURT_TABLE_REASONS   3          /* of a court, the most frequent */
#define NGX_COURT_TABLE_LABELS    5


typedef struct {
    const ngx_court_json_t    *doc;
    const ngx_court_json_t    *samples;
    const ngx_court_json_t    *bounds;       /* of histograms, seconds */
    ngx_uint_t                 n;
} ngx_court_table_t;

typedef struct {
    ngx_str_t                  name;
    double                     total;
} ngx_court_table_row_t;


static ngx_uint_t ngx_court_table_open(ngx_court_table_t *t,
    const ngx_court_json_t *doc, const char *metric);
static ngx_uint_t ngx_court_table_match(const ngx_court_json_t *sample,
    const ngx_str_t *row, const char **labels);
static double ngx_court_table_sum(const ngx_court_json_t *doc,
    const char *metric, const ngx_str_t *row, const char **labels);
static ngx_uint_t ngx_court_table_rows(const ngx_court_json_t *doc,
    const char *metric, ngx_court_table_row_t *rows, ngx_uint_t max,
    ngx_uint_t *more);
static void ngx_court_table_courts(const ngx_court_json_t *doc);
static void ngx_court_table_facts(const ngx_court_json_t *doc);
static void ngx_court_table_redis(const ngx_court_json_t *doc);
static void ngx_court_table_zones(const ngx_court_json_t *doc);
static void ngx_court_table_keys(const ngx_court_json_t *doc);


void
ngx_court_tool_status_tables(const ngx_court_json_t *doc)
{
    const char  *none[] = { NULL };

    printf("record    %.0f written, %.0f lost\n",
           ngx_court_table_sum(doc, "court_audit_records_total", NULL, none),
           ngx_court_table_sum(doc, "court_audit_lost_total", NULL, none));

    ngx_court_table_courts(doc);
    ngx_court_table_facts(doc);
    ngx_court_table_redis(doc);
    ngx_court_table_zones(doc);
    ngx_court_table_keys(doc);
}


static ngx_uint_t
ngx_court_table_open(ngx_court_table_t *t, const ngx_court_json_t *doc,
    const char *metric)
{
    const ngx_court_json_t  *m;

    m = ngx_court_json_get(ngx_court_json_get(doc, "metrics"), metric);

    t->doc = doc;
    t->samples = ngx_court_json_get(m, "samples");
    t->bounds = ngx_court_json_get(m, "le");
    t->n = ngx_court_json_size(t->samples);

    return t->n;
}


/* row is the first label's value, labels those behind it; "" is any */

static ngx_uint_t
ngx_court_table_match(const ngx_court_json_t *sample, const ngx_str_t *row,
    const char **labels)
{
    ngx_str_t   s;
    ngx_uint_t  i;

    i = 0;

    if (row) {
        if (ngx_court_json_string(ngx_court_json_at(sample, 0), &s) != NGX_OK
            || s.len != row->len || memcmp(s.data, row->data, s.len) != 0)
        {
            return 0;
        }

        i = 1;
    }

    for ( /* void */ ; *labels; labels++, i++) {
        if (**labels == '\0') {
            continue;
        }

        if (ngx_court_json_string(ngx_court_json_at(sample, i), &s) != NGX_OK
            || s.len != strlen(*labels)
            || memcmp(s.data, *labels, s.len) != 0)
        {
            return 0;
        }
    }

    return 1;
}


static double
ngx_court_table_sum(const ngx_court_json_t *doc, const char *metric,
    const ngx_str_t *row, const char **labels)
{
    double                   sum;
    ngx_uint_t               i, n;
    ngx_court_table_t        t;
    const ngx_court_json_t  *sample;

    sum = 0;
    ngx_court_table_open(&t, doc, metric);

    for (i = 0; i < t.n; i++) {
        sample = ngx_court_json_at(t.samples, i);
        n = ngx_court_json_size(sample);

        if (n && ngx_court_table_match(sample, row, labels)) {
            sum += ngx_court_tool_number(ngx_court_json_at(sample, n - 1));
        }
    }

    return sum;
}


static double
ngx_court_table_one(const ngx_court_json_t *doc, const char *metric,
    const ngx_str_t *row, const char *label)
{
    const char  *labels[] = { label, NULL };

    return ngx_court_table_sum(doc, metric, row, labels);
}


/* values of the first label in their order, each with its sum */

static ngx_uint_t
ngx_court_table_rows(const ngx_court_json_t *doc, const char *metric,
    ngx_court_table_row_t *rows, ngx_uint_t max, ngx_uint_t *more)
{
    ngx_str_t                s;
    ngx_uint_t               i, j, n;
    ngx_court_table_t        t;
    const ngx_court_json_t  *sample;

    n = 0;
    *more = 0;
    ngx_court_table_open(&t, doc, metric);

    for (i = 0; i < t.n; i++) {
        sample = ngx_court_json_at(t.samples, i);

        if (ngx_court_json_string(ngx_court_json_at(sample, 0), &s)
            != NGX_OK)
        {
            continue;
        }

        for (j = n; j > 0; j--) {
            if (rows[j - 1].name.len == s.len
                && memcmp(rows[j - 1].name.data, s.data, s.len) == 0)
            {
                break;
            }
        }

        if (j == 0 && n == max) {
            *more = 1;
            continue;
        }

        if (j == 0) {
            rows[n].name = s;
            rows[n].total = 0;
            j = ++n;
        }

        rows[j - 1].total += ngx_court_tool_number(
            ngx_court_json_at(sample, ngx_court_json_size(sample) - 1));
    }

    return n;
}


static int
ngx_court_table_compare(const void *one, const void *two)
{
    const ngx_court_table_row_t  *a, *b;

    a = one;
    b = two;

    return (a->total < b->total) - (a->total > b->total);
}


/* the most frequent reasons of a court, below its line */

static void
ngx_court_table_reasons(const ngx_court_json_t *doc, const ngx_str_t *court)
{
    ngx_str_t                s;
    ngx_uint_t               i, n;
    ngx_court_table_t        t;
    const char              *none[] = { NULL };
    const ngx_court_json_t  *sample;
    ngx_court_table_row_t    rows[NGX_COURT_TABLE_ROWS];

    n = 0;
    ngx_court_table_open(&t, doc, "court_refusals_total");

    for (i = 0; i < t.n && n < NGX_COURT_TABLE_ROWS; i++) {
        sample = ngx_court_json_at(t.samples, i);

        if (!ngx_court_table_match(sample, court, none)
            || ngx_court_json_string(ngx_court_json_at(sample, 1), &s)
               != NGX_OK)
        {
            continue;
        }

        rows[n].name = s;
        rows[n++].total = ngx_court_tool_number(ngx_court_json_at(sample, 2));
    }

    qsort(rows, n, sizeof(ngx_court_table_row_t), ngx_court_table_compare);

    for (i = 0; i < n && i < NGX_COURT_TABLE_REASONS && rows[i].total; i++) {
        fputs(i ? ", " : "  ", stdout);
        ngx_court_tool_print(&rows[i].name, 0);
        printf(" %.0f", rows[i].total);
    }
}


static void
ngx_court_table_courts(const ngx_court_json_t *doc)
{
    ngx_uint_t              i, j, n, more;
    ngx_court_table_row_t   rows[NGX_COURT_TABLE_ROWS];

    static const char  *decisions[] = {
        "allow", "refuse", "error", "would-refuse", "undecided"
    };

    n = ngx_court_table_rows(doc, "court_decisions_total", rows,
                             NGX_COURT_TABLE_ROWS, &more);

    printf("\n%-12s %10s %10s %10s %12s %10s  %s\n", "court", "allow",
           "refuse", "error", "would-refuse", "undecided", "most often");

    for (i = 0; i < n; i++) {
        ngx_court_tool_print(&rows[i].name, 12);

        for (j = 0; j < sizeof(decisions) / sizeof(decisions[0]); j++) {
            printf(" %*.0f", j == 3 ? 12 : 10,
                   ngx_court_table_one(doc, "court_decisions_total",
                                       &rows[i].name, decisions[j]));
        }

        ngx_court_table_reasons(doc, &rows[i].name);
        putchar('\n');
    }

    if (more) {
        puts("... more with -o json");
    }

    if (n == 0) {
        puts("no request yet");
    }
}


static void
ngx_court_table_seconds(double s)
{
    if (s < 0) {
        printf(" %8s", "-");

    } else if (s > 10) {
        printf(" %8s", "> 10 s");

    } else if (s < 0.001) {
        printf(" %5.3g us", s * 1e6);

    } else if (s < 1) {
        printf(" %5.3g ms", s * 1e3);

    } else {
        printf(" %6.3g s", s);
    }
}


/*
 * A percentile of a histogram: the bound of the bucket where it lies, so that
 * the true one is not above.  -1 where nothing was counted.
 */

static double
ngx_court_table_percentile(ngx_court_table_t *t, const ngx_str_t *row,
    double part)
{
    double                   count;
    ngx_uint_t               i, n;
    const char              *none[] = { NULL };
    const ngx_court_json_t  *sample, *buckets;

    sample = NULL;

    for (i = 0; i < t->n; i++) {
        sample = ngx_court_json_at(t->samples, i);

        if (ngx_court_table_match(sample, row, none)) {
            break;
        }
    }

    if (i == t->n) {
        return -1;
    }

    sample = ngx_court_json_at(sample, ngx_court_json_size(sample) - 1);
    count = ngx_court_tool_number(ngx_court_json_get(sample, "count"));
    buckets = ngx_court_json_get(sample, "buckets");
    n = ngx_court_json_size(buckets);

    if (count == 0 || n == 0) {
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_tool_number(ngx_court_json_at(buckets, i))
            >= count * part)
        {
            return ngx_court_tool_number(ngx_court_json_at(t->bounds, i));
        }
    }

    return HUGE_VAL;
}


static double
ngx_court_table_old(const ngx_court_json_t *doc, const ngx_str_t *fact)
{
    return ngx_court_table_one(doc, "court_facts_total", fact, "stale")
           + ngx_court_table_one(doc, "court_facts_total", fact, "extended");
}


static void
ngx_court_table_facts(const ngx_court_json_t *doc)
{
    ngx_str_t              *fact;
    ngx_uint_t              i, n, more;
    ngx_court_table_t       t;
    ngx_court_table_row_t   rows[NGX_COURT_TABLE_ROWS];
    const char             *unavailable[] = { "", "unavailable", NULL };

    n = ngx_court_table_rows(doc, "court_fetches_in_flight", rows,
                             NGX_COURT_TABLE_ROWS, &more);
    if (n == 0) {
        return;
    }

    ngx_court_table_open(&t, doc, "court_fetch_seconds");

    printf("\n%-12s %9s %9s %9s %7s %11s %8s %8s %7s %7s %s\n", "fact",
           "zone", "redis", "source", "stale", "unavailable", "p50", "p99",
           "asking", "waiting", "breaker");

    for (i = 0; i < n; i++) {
        fact = &rows[i].name;

        ngx_court_tool_print(fact, 12);
        printf(" %9.0f %9.0f %9.0f %7.0f %11.0f",
               ngx_court_table_one(doc, "court_facts_total", fact, "zone"),
               ngx_court_table_one(doc, "court_facts_total", fact, "redis"),
               ngx_court_table_one(doc, "court_facts_total", fact, "source"),
               ngx_court_table_old(doc, fact),
               ngx_court_table_sum(doc, "court_facts_total", fact,
                                   unavailable));

        ngx_court_table_seconds(ngx_court_table_percentile(&t, fact, 0.5));
        ngx_court_table_seconds(ngx_court_table_percentile(&t, fact, 0.99));

        printf(" %7.0f %7.0f %s\n",
               ngx_court_table_one(doc, "court_fetches_in_flight", fact, ""),
               ngx_court_table_one(doc, "court_fetch_waiters", fact, ""),
               ngx_court_table_one(doc, "court_source_breaker_open", fact, "")
               ? "OPEN" : "closed");
    }
}


static void
ngx_court_table_redis(const ngx_court_json_t *doc)
{
    ngx_uint_t              i, j, n, more;
    ngx_court_table_row_t   rows[NGX_COURT_TABLE_ROWS];

    static const char  *results[] = { "ok", "nil", "error", "timeout", "down" };

    n = ngx_court_table_rows(doc, "court_redis_up", rows,
                             NGX_COURT_TABLE_ROWS, &more);
    if (n == 0) {
        return;
    }

    printf("\n%-12s %5s %10s %10s %10s %10s %10s\n", "redis", "", "ok",
           "nil", "error", "timeout", "down");

    for (i = 0; i < n; i++) {
        ngx_court_tool_print(&rows[i].name, 12);
        printf(" %5s", rows[i].total ? "up" : "DOWN");

        for (j = 0; j < sizeof(results) / sizeof(results[0]); j++) {
            printf(" %10.0f", ngx_court_table_one(doc,
                                  "court_redis_commands_total", &rows[i].name,
                                  results[j]));
        }

        putchar('\n');
    }
}


static void
ngx_court_table_zones(const ngx_court_json_t *doc)
{
    double                  size, used;
    ngx_str_t              *zone;
    ngx_uint_t              i, n, more;
    ngx_court_table_row_t   rows[NGX_COURT_TABLE_ROWS];

    n = ngx_court_table_rows(doc, "court_zone_size_bytes", rows,
                             NGX_COURT_TABLE_ROWS, &more);
    if (n == 0) {
        return;
    }

    printf("\n%-12s %10s %5s %10s %10s %10s\n", "zone", "KiB", "used",
           "hits", "misses", "evictions");

    for (i = 0; i < n; i++) {
        zone = &rows[i].name;
        size = rows[i].total;
        used = ngx_court_table_one(doc, "court_zone_used_bytes", zone, "");

        ngx_court_tool_print(zone, 12);
        printf(" %10.0f %4.0f%% %10.0f %10.0f %10.0f\n", size / 1024,
               size ? used * 100 / size : 0,
               ngx_court_table_one(doc, "court_zone_hits_total", zone, ""),
               ngx_court_table_one(doc, "court_zone_misses_total", zone, ""),
               ngx_court_table_one(doc, "court_zone_evictions_total", zone,
                                   ""));
    }
}


static void
ngx_court_table_age(const ngx_court_json_t *doc, const ngx_court_json_t *key)
{
    char         age[32];
    double       created;
    ngx_str_t    s[3];
    ngx_uint_t   i;
    char         names[3][256];
    const char  *labels[4];

    for (i = 0; i < 3; i++) {
        if (ngx_court_json_string(ngx_court_json_at(key, i), &s[i])
            != NGX_OK)
        {
            ngx_str_null(&s[i]);
        }

        snprintf(names[i], sizeof(names[i]), "%.*s", (int) s[i].len,
                 s[i].data);
        labels[i] = names[i];
    }

    labels[3] = NULL;

    created = ngx_court_table_sum(doc, "court_key_created_timestamp_seconds",
                                  NULL, labels);
    if (created) {
        printf(" %s", ngx_court_tool_span(ngx_court_tool_get_int(doc, "time")
                                          - (int64_t) created,
                                          age, sizeof(age)));
    }
}


static void
ngx_court_table_keys(const ngx_court_json_t *doc)
{
    ngx_uint_t               i, j;
    ngx_court_table_t        t;
    const ngx_court_json_t  *sample;

    static const int  widths[NGX_COURT_TABLE_LABELS] = { 10, 12, 20, 12, 9 };

    if (ngx_court_table_open(&t, doc, "court_key_info") == 0) {
        return;
    }

    printf("\n%-10s %-12s %-20s %-12s %-9s %s\n", "key of", "issuer", "kid",
           "alg", "state", "age");

    for (i = 0; i < t.n; i++) {
        sample = ngx_court_json_at(t.samples, i);

        for (j = 0; j < NGX_COURT_TABLE_LABELS; j++) {
            ngx_court_tool_print_value(ngx_court_json_at(sample, j),
                                       widths[j]);
            putchar(' ');
        }

        ngx_court_table_age(doc, sample);
        putchar('\n');
    }
}
