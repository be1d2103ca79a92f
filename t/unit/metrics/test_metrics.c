/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "tap.h"
#include "ngx_court_metrics.h"
#include "ngx_court_json.h"

#include <ctype.h>
#include <string.h>


/*
 * A reader of the exposition format 0.0.4, strict where Prometheus' own is
 * lenient: each line is a HELP, a TYPE or a sample; a name's lines stand
 * together; label values know three escapes.  NULL, or what is wrong.
 */

static size_t
name_of(const char *p, int label)
{
    size_t  n;

    for (n = 0; isalpha((u_char) p[n]) || p[n] == '_'
                || (!label && p[n] == ':') || (n && isdigit((u_char) p[n]));
         n++)
    {
        /* void */
    }

    return n;
}


static const char *
label_value(const char **pp)
{
    const char  *p;

    p = *pp;

    if (*p++ != '"') {
        return "no quote";
    }

    for ( /* void */ ; *p != '"'; p++) {

        if (*p == '\0' || *p == '\n') {
            return "a value does not end";
        }

        if (*p == '\\') {
            p++;

            if (*p != '\\' && *p != '"' && *p != 'n') {
                return "unknown escape";
            }
        }
    }

    *pp = p + 1;

    return NULL;
}


static const char *
sample_line(const char *p, const char *family, size_t len)
{
    char        *end;
    size_t       n;
    const char  *why;

    n = name_of(p, 0);

    if (n < len || strncmp(p, family, len) != 0) {
        return "a sample of another name";
    }

    if (n > len && strncmp(p + len, "_bucket", n - len) != 0
        && strncmp(p + len, "_sum", n - len) != 0
        && strncmp(p + len, "_count", n - len) != 0)
    {
        return "a sample of another name";
    }

    p += n;

    if (*p == '{') {
        do {
            p++;
            n = name_of(p, 1);

            if (n == 0 || p[n] != '=') {
                return "no label";
            }

            p += n + 1;
            why = label_value(&p);
            if (why) {
                return why;
            }

        } while (*p == ',');

        if (*p++ != '}') {
            return "labels do not end";
        }
    }

    if (*p++ != ' ' || !isdigit((u_char) *p)) {
        return "no value";
    }

    (void) strtod(p, &end);

    return *end == '\n' ? NULL : "bytes behind the value";
}


static const char *
exposition(const char *text)
{
    char         family[256];
    size_t       len;
    const char  *p, *why;

    static const char *types[] = { "counter\n", "gauge\n", "histogram\n" };

    len = 0;

    for (p = text; *p; p = strchr(p, '\n') + 1) {

        if (strchr(p, '\n') == NULL) {
            return "the last line does not end";
        }

        if (strncmp(p, "# HELP ", 7) == 0) {
            len = name_of(p + 7, 0);

            if (len == 0 || len >= sizeof(family) || p[7 + len] != ' ') {
                return "HELP without a name";
            }

            memcpy(family, p + 7, len);
            family[len] = '\0';
            continue;
        }

        if (strncmp(p, "# TYPE ", 7) == 0) {

            if (strncmp(p + 7, family, len) != 0 || p[7 + len] != ' ') {
                return "TYPE of another name";
            }

            if (strncmp(p + 8 + len, types[0], 8)
                && strncmp(p + 8 + len, types[1], 6)
                && strncmp(p + 8 + len, types[2], 10))
            {
                return "unknown type";
            }

            continue;
        }

        why = sample_line(p, family, len);
        if (why) {
            return why;
        }
    }

    return NULL;
}


static ngx_court_metrics_t *
some(const char *court)
{
    ngx_court_sample_t            *s;
    ngx_court_metrics_t           *m;
    static ngx_court_histogram_t   h;

    ngx_memzero(&h, sizeof(h));
    ngx_court_histogram_add(&h, 0);
    ngx_court_histogram_add(&h, 1000);
    ngx_court_histogram_add(&h, 1001);
    ngx_court_histogram_add(&h, 20000000000ull);

    m = ngx_court_metrics_create(tap_pool());

    s = ngx_court_metrics_add(m, NGX_COURT_M_DECISIONS);
    s->labels[0].data = (u_char *) court;
    s->labels[0].len = strlen(court);
    ngx_str_set(&s->labels[1], "allow");
    s->value = 9223372036854775807ull;

    s = ngx_court_metrics_add(m, NGX_COURT_M_STAGE_SECONDS);
    ngx_str_set(&s->labels[0], "match");
    s->histogram = &h;

    s = ngx_court_metrics_add(m, NGX_COURT_M_AUDIT_COMMIT_SECONDS);
    s->histogram = &h;

    s = ngx_court_metrics_add(m, NGX_COURT_M_READY);
    s->value = 1;

    return m;
}


static const char *
render(const ngx_court_metrics_t *m,
    void (*renderer)(const ngx_court_metrics_t *, ngx_court_out_t *))
{
    ngx_str_t        text;
    ngx_court_out_t  out;

    ngx_court_out_init(&out, tap_pool());
    renderer(m, &out);

    return ngx_court_out_flat(&out, &text) == NGX_OK ? (char *) text.data
                                                     : "no memory\n";
}


/* each name is lower case, with the suffix of its type and unit */

static void
test_list(void)
{
    size_t                i, n;
    const char           *p;
    ngx_uint_t            k, twice;
    ngx_court_metric_t   *t;
    ngx_court_metrics_t  *m;

    m = ngx_court_metrics_create(tap_pool());

    for (i = 0; i < NGX_COURT_NMETRICS; i++) {
        t = &m->metric[i];
        p = (char *) t->name.data;
        n = t->name.len;

        ok(n == strspn(p, "abcdefghijklmnopqrstuvwxyz_")
           && strncmp(p, "court_", 6) == 0, "%s: characters", p);
        is_int(n > 6 && strcmp(p + n - 6, "_total") == 0,
               t->type == NGX_COURT_COUNTER, "%s: _total of a counter", p);

        if (t->unit.len) {
            ok(strcmp(p + n - t->unit.len, (char *) t->unit.data) == 0,
               "%s ends with its unit", p);
        }

        ok(t->help.len > 10 && strchr((char *) t->help.data, '\n') == NULL,
           "%s: help", p);
        ok(t->type != NGX_COURT_HISTOGRAM || t->unit.len, "%s: unit", p);

        for (k = 0, twice = 0; k < i; k++) {
            twice += ngx_court_str_eq(&m->metric[k].name, &t->name);
        }

        is_int(twice, 0, "%s stands once", p);
    }

    is_int(m->metric[NGX_COURT_M_REQUESTS].nlabels, 0, "no labels");
    is_int(m->metric[NGX_COURT_M_KEY_INFO].nlabels, 5, "five labels");
    is_str(&m->metric[NGX_COURT_M_KEY_INFO].labels[4], "state", "the last");
}


static void
test_histogram(void)
{
    size_t                 i, sum;
    ngx_court_histogram_t  h;

    for (i = 1; i < NGX_COURT_NBOUNDS; i++) {
        ok(ngx_court_bounds[i] > ngx_court_bounds[i - 1], "bound %zu", i);
    }

    for (i = 0; i < NGX_COURT_NBOUNDS; i++) {
        ngx_memzero(&h, sizeof(h));
        ngx_court_histogram_add(&h, ngx_court_bounds[i]);
        ngx_court_histogram_add(&h, ngx_court_bounds[i] + 1);

        is_int(h.buckets[i], 1, "%llu ns are at their bound",
               (unsigned long long) ngx_court_bounds[i]);
        is_int(h.buckets[i + 1], 1, "one more is above");
        is_int(h.sum, 2 * ngx_court_bounds[i] + 1, "the sum");
    }

    ngx_memzero(&h, sizeof(h));
    ngx_court_histogram_add(&h, UINT64_MAX);

    for (i = 0, sum = 0; i <= NGX_COURT_NBOUNDS; i++) {
        sum += h.buckets[i];
    }

    is_int(sum, 1, "the longest time has a bucket");
    is_int(h.buckets[NGX_COURT_NBOUNDS], 1, "which is the last");
}


static void
test_prometheus(void)
{
    size_t       i;
    const char  *text;

    static const char  *lines[] = {
        "\n# TYPE court_requests_total counter\n",
        "\ncourt_decisions_total{court=\"B00\",decision=\"allow\"} "
            "9223372036854775807\n",
        "\n# TYPE court_stage_seconds histogram\n"
            "court_stage_seconds_bucket{stage=\"match\",le=\"0.000001\"} 2\n"
            "court_stage_seconds_bucket{stage=\"match\",le=\"0.0000025\"} 3\n",
        "\ncourt_stage_seconds_bucket{stage=\"match\",le=\"0.5\"} 3\n",
        "\ncourt_stage_seconds_bucket{stage=\"match\",le=\"10\"} 3\n"
            "court_stage_seconds_bucket{stage=\"match\",le=\"+Inf\"} 4\n"
            "court_stage_seconds_sum{stage=\"match\"} 20.000002001\n"
            "court_stage_seconds_count{stage=\"match\"} 4\n",
        "\ncourt_audit_commit_seconds_bucket{le=\"+Inf\"} 4\n"
            "court_audit_commit_seconds_sum 20.000002001\n"
            "court_audit_commit_seconds_count 4\n",
        "\ncourt_ready 1\n"
    };

    static const struct {
        const char  *court;
        const char  *label;
    } labels[] = {
        { "", "court=\"\"" },
        { "a\"b", "court=\"a\\\"b\"" },
        { "a\nb", "court=\"a\\nb\"" },
        { "a\\", "court=\"a\\\\\"" },
        { "a\\n", "court=\"a\\\\n\"" },
        { "\t{},=", "court=\"\t{},=\"" },
        { "\xe5\x8c\x97", "court=\"\xe5\x8c\x97\"" },
        { "a\xff" "b\xe5\x8c", "court=\"a\xef\xbf\xbd" "b\xef\xbf\xbd"
                               "\xef\xbf\xbd\"" }
    };

    text = render(some("B00"), ngx_court_metrics_prometheus);

    ok(exposition(text) == NULL, "well-formed: %s",
       exposition(text) ? exposition(text) : "yes");
    is_int(strncmp(text, "# HELP court_requests_total ", 28), 0, "begins");

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ok(strstr(text, lines[i]) != NULL, "line %zu: %.60s", i, lines[i] + 1);
    }

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        text = render(some(labels[i].court), ngx_court_metrics_prometheus);

        ok(exposition(text) == NULL, "label %zu: well-formed", i);
        ok(strstr(text, labels[i].label) != NULL, "label %zu: escaped", i);
    }

    ok(exposition("# HELP a b\n# TYPE a gauge\na{b=\"c\nd\"} 1\n") != NULL,
       "and the reader does find fault");
}


static void
test_json(void)
{
    size_t                i;
    ngx_str_t             text, s, err;
    ngx_uint_t            n;
    const char           *raw;
    ngx_court_json_t     *root, *one, *samples;

    static const char  *courts[] = {
        "B00", "", "a\"b", "a\nb\r\t", "\\", "</script>", "\x01\x1f\x7f",
        "\xe5\x8c\x97\xe4\xba\xac"
    };

    for (i = 0; i < sizeof(courts) / sizeof(courts[0]); i++) {
        raw = render(some(courts[i]), ngx_court_metrics_json);
        text.data = (u_char *) raw;
        text.len = strlen(raw);

        ngx_str_null(&err);
        root = ngx_court_json_parse(tap_pool(), &text, &ngx_court_json_large,
                                    &err);
        ok(root != NULL, "court %zu: is JSON: %.*s", i, (int) err.len,
           err.data ? (char *) err.data : "");
        ok(strchr(raw, '<') == NULL, "court %zu: may stand in HTML", i);
        is_int(ngx_court_json_size(root), NGX_COURT_NMETRICS,
               "court %zu: all metrics", i);

        one = ngx_court_json_get(root, "court_decisions_total");
        samples = ngx_court_json_get(one, "samples");
        ngx_court_json_string(ngx_court_json_at(ngx_court_json_at(samples, 0),
                                                0), &s);
        is_str(&s, courts[i], "court %zu: comes back", i);
    }

    one = ngx_court_json_get(root, "court_stage_seconds");
    n = ngx_court_json_size(ngx_court_json_get(one, "le"));
    is_int(n, NGX_COURT_NBOUNDS, "le");

    one = ngx_court_json_at(ngx_court_json_at(
                                ngx_court_json_get(one, "samples"), 0), 1);
    is_int(ngx_court_json_size(ngx_court_json_get(one, "buckets")), n,
           "as many buckets");

    one = ngx_court_json_get(root, "court_key_info");
    is_int(ngx_court_json_size(ngx_court_json_get(one, "labels")), 5,
           "labels");
    is_int(ngx_court_json_size(ngx_court_json_get(one, "samples")), 0,
           "no samples is an empty list");
}


/* pieces across blocks, and numbers */

static void
test_out(void)
{
    char             piece[1000];
    size_t           i;
    ngx_str_t        text;
    ngx_court_out_t  out;

    static const struct {
        uint64_t     ns;
        const char  *text;
    } times[] = {
        { 0, "0" }, { 1, "0.000000001" }, { 1000, "0.000001" },
        { 2500, "0.0000025" }, { 500000000, "0.5" }, { 1000000000, "1" },
        { 1000000001, "1.000000001" }, { 10000000000ull, "10" },
        { 18446744073709551615ull, "18446744073.709551615" }
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        ngx_court_out_init(&out, tap_pool());
        ngx_court_out_ns(&out, times[i].ns);
        ngx_court_out_flat(&out, &text);
        is_str(&text, times[i].text, "%s s", times[i].text);
    }

    for (i = 0; i < sizeof(piece); i++) {
        piece[i] = (char) ('a' + i % 23);
    }

    ngx_court_out_init(&out, tap_pool());

    for (i = 0; i < 300; i++) {
        ngx_court_out_put(&out, piece, sizeof(piece));
    }

    is_int(out.len, 300000, "length");
    is_int(out.blocks.nelts, (300000 + NGX_COURT_OUT_BLOCK - 1)
                             / NGX_COURT_OUT_BLOCK, "blocks are filled");
    is_int(ngx_court_out_flat(&out, &text), NGX_OK, "in one piece");

    for (i = 0; i < 300 && text.len == 300000; i++) {
        if (memcmp(text.data + i * 1000, piece, 1000)) {
            break;
        }
    }

    is_int(i, 300, "no byte is lost");

    ngx_court_out_init(&out, tap_pool());
    ngx_court_out_put(&out, NULL, 0);
    is_int(out.blocks.nelts, 0, "nothing takes no block");
    is_int(ngx_court_out_flat(&out, &text), NGX_OK, "nothing");
    is_int(text.len, 0, "is nothing");
}


int
main(void)
{
    test_list();
    test_histogram();
    test_prometheus();
    test_json();
    test_out();

    return done_testing();
}
