/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Prometheus' text, exposition format 0.0.4: HELP and TYPE before all samples
 * of a name; buckets cumulative, with +Inf; each line ended.
 */

#include "ngx_court_metrics.h"


static void
ngx_court_metrics_prometheus_name(ngx_court_out_t *t,
    const ngx_court_metric_t *metric, const ngx_court_sample_t *sample,
    const char *suffix)
{
    ngx_uint_t  i;

    ngx_court_out_str(t, &metric->name);
    ngx_court_out_put(t, suffix, ngx_strlen(suffix));

    for (i = 0; i < metric->nlabels; i++) {
        ngx_court_out_put(t, i ? "," : "{", 1);
        ngx_court_out_str(t, &metric->labels[i]);
        ngx_court_out_const(t, "=");
        ngx_court_out_label(t, &sample->labels[i]);
    }
}


static void
ngx_court_metrics_prometheus_value(ngx_court_out_t *t,
    const ngx_court_metric_t *metric, const ngx_court_sample_t *sample,
    const char *suffix)
{
    ngx_court_metrics_prometheus_name(t, metric, sample, suffix);

    if (metric->nlabels) {
        ngx_court_out_const(t, "}");
    }

    ngx_court_out_const(t, " ");
}


/* the sum of the buckets is the count, whatever was written meanwhile */

static void
ngx_court_metrics_prometheus_histogram(ngx_court_out_t *t,
    const ngx_court_metric_t *metric, const ngx_court_sample_t *sample)
{
    uint64_t                      count;
    ngx_uint_t                    i;
    const ngx_court_histogram_t  *h;

    h = sample->histogram;
    count = 0;

    for (i = 0; i <= NGX_COURT_NBOUNDS; i++) {
        count += h->buckets[i];

        ngx_court_metrics_prometheus_name(t, metric, sample, "_bucket");
        ngx_court_out_put(t, metric->nlabels ? "," : "{", 1);
        ngx_court_out_const(t, "le=\"");

        if (i == NGX_COURT_NBOUNDS) {
            ngx_court_out_const(t, "+Inf");

        } else {
            ngx_court_out_ns(t, ngx_court_bounds[i]);
        }

        ngx_court_out_const(t, "\"} ");
        ngx_court_out_uint(t, count);
        ngx_court_out_const(t, "\n");
    }

    ngx_court_metrics_prometheus_value(t, metric, sample, "_sum");
    ngx_court_out_ns(t, h->sum);
    ngx_court_out_const(t, "\n");

    ngx_court_metrics_prometheus_value(t, metric, sample, "_count");
    ngx_court_out_uint(t, count);
    ngx_court_out_const(t, "\n");
}


static void
ngx_court_metrics_prometheus_head(ngx_court_out_t *t,
    const ngx_court_metric_t *metric)
{
    static const ngx_str_t  types[] = {
        ngx_string("counter"),
        ngx_string("gauge"),
        ngx_string("histogram")
    };

    ngx_court_out_const(t, "# HELP ");
    ngx_court_out_str(t, &metric->name);
    ngx_court_out_const(t, " ");
    ngx_court_out_str(t, &metric->help);
    ngx_court_out_const(t, "\n# TYPE ");
    ngx_court_out_str(t, &metric->name);
    ngx_court_out_const(t, " ");
    ngx_court_out_str(t, &types[metric->type]);
    ngx_court_out_const(t, "\n");
}


static void
ngx_court_metrics_prometheus_sample(ngx_court_out_t *t,
    const ngx_court_metric_t *metric, const ngx_court_sample_t *sample)
{
    if (metric->type == NGX_COURT_HISTOGRAM) {
        ngx_court_metrics_prometheus_histogram(t, metric, sample);
        return;
    }

    ngx_court_metrics_prometheus_value(t, metric, sample, "");
    ngx_court_out_uint(t, sample->value);
    ngx_court_out_const(t, "\n");
}


ngx_int_t
ngx_court_metrics_prometheus_step(const ngx_court_metrics_t *m,
    ngx_court_metrics_at_t *at, ngx_uint_t n, ngx_court_out_t *t)
{
    ngx_uint_t                 cost;
    const ngx_array_t         *samples;
    const ngx_court_metric_t  *metric;
    const ngx_court_sample_t  *sample;

    for ( /* void */ ; at->metric < NGX_COURT_NMETRICS; at->metric++) {

        if (n == 0) {
            return NGX_AGAIN;
        }

        metric = &m->metric[at->metric];
        samples = &m->samples[at->metric];
        sample = samples->elts;
        cost = (metric->type == NGX_COURT_HISTOGRAM)
               ? NGX_COURT_METRICS_HISTOGRAM : 1;

        if (at->sample == 0) {
            ngx_court_metrics_prometheus_head(t, metric);
        }

        while (at->sample < samples->nelts) {
            ngx_court_metrics_prometheus_sample(t, metric,
                                                &sample[at->sample++]);
            n -= ngx_min(n, cost);

            if (n == 0 && at->sample < samples->nelts) {
                return NGX_AGAIN;
            }
        }

        at->sample = 0;
    }

    return NGX_OK;
}


void
ngx_court_metrics_prometheus(const ngx_court_metrics_t *m,
    ngx_court_out_t *t)
{
    ngx_court_metrics_at_t  at;

    ngx_memzero(&at, sizeof(ngx_court_metrics_at_t));

    (void) ngx_court_metrics_prometheus_step(m, &at, NGX_MAX_UINT32_VALUE, t);
}
