/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * {"court_NAME":{"type","unit","help","labels","samples"}, ...}: names of
 * labels once, a sample is a list of their values and its own.
 */

#include "ngx_court_metrics.h"


static void
ngx_court_metrics_json_histogram(ngx_court_out_t *t,
    const ngx_court_histogram_t *h)
{
    uint64_t    count;
    ngx_uint_t  i;

    ngx_court_out_const(t, "{\"buckets\":[");

    for (i = 0, count = 0; i < NGX_COURT_NBOUNDS; i++) {
        count += h->buckets[i];

        ngx_court_out_put(t, ",", i > 0);
        ngx_court_out_uint(t, count);
    }

    ngx_court_out_const(t, "],\"count\":");
    ngx_court_out_uint(t, count + h->buckets[NGX_COURT_NBOUNDS]);
    ngx_court_out_const(t, ",\"sum\":");
    ngx_court_out_ns(t, h->sum);
    ngx_court_out_const(t, "}");
}


static void
ngx_court_metrics_json_sample(ngx_court_out_t *t,
    const ngx_court_metric_t *metric, const ngx_court_sample_t *sample)
{
    ngx_uint_t  i;

    ngx_court_out_const(t, "[");

    for (i = 0; i < metric->nlabels; i++) {
        ngx_court_out_json(t, &sample->labels[i]);
        ngx_court_out_const(t, ",");
    }

    if (metric->type == NGX_COURT_HISTOGRAM) {
        ngx_court_metrics_json_histogram(t, sample->histogram);

    } else {
        ngx_court_out_uint(t, sample->value);
    }

    ngx_court_out_const(t, "]");
}


static void
ngx_court_metrics_json_bounds(ngx_court_out_t *t)
{
    ngx_uint_t  i;

    ngx_court_out_const(t, ",\"le\":[");

    for (i = 0; i < NGX_COURT_NBOUNDS; i++) {
        ngx_court_out_put(t, ",", i > 0);
        ngx_court_out_ns(t, ngx_court_bounds[i]);
    }

    ngx_court_out_const(t, "]");
}


static void
ngx_court_metrics_json_head(ngx_court_out_t *t,
    const ngx_court_metric_t *metric)
{
    ngx_uint_t  i;

    static const ngx_str_t  types[] = {
        ngx_string("counter"),
        ngx_string("gauge"),
        ngx_string("histogram")
    };

    ngx_court_out_json(t, &metric->name);
    ngx_court_out_const(t, ":{\"type\":");
    ngx_court_out_json(t, &types[metric->type]);
    ngx_court_out_const(t, ",\"unit\":");
    ngx_court_out_json(t, &metric->unit);
    ngx_court_out_const(t, ",\"help\":");
    ngx_court_out_json(t, &metric->help);
    ngx_court_out_const(t, ",\"labels\":[");

    for (i = 0; i < metric->nlabels; i++) {
        ngx_court_out_put(t, ",", i > 0);
        ngx_court_out_json(t, &metric->labels[i]);
    }

    ngx_court_out_const(t, "]");

    if (metric->type == NGX_COURT_HISTOGRAM) {
        ngx_court_metrics_json_bounds(t);
    }
}


ngx_int_t
ngx_court_metrics_json_step(const ngx_court_metrics_t *m,
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
            ngx_court_out_put(t, at->metric ? "," : "{", 1);
            ngx_court_metrics_json_head(t, metric);
            ngx_court_out_const(t, ",\"samples\":[");
        }

        while (at->sample < samples->nelts) {
            ngx_court_out_put(t, ",", at->sample > 0);
            ngx_court_metrics_json_sample(t, metric, &sample[at->sample++]);
            n -= ngx_min(n, cost);

            if (n == 0 && at->sample < samples->nelts) {
                return NGX_AGAIN;
            }
        }

        ngx_court_out_const(t, "]}");
        at->sample = 0;
    }

    ngx_court_out_const(t, "}");

    return NGX_OK;
}


void
ngx_court_metrics_json(const ngx_court_metrics_t *m, ngx_court_out_t *t)
{
    ngx_court_metrics_at_t  at;

    ngx_memzero(&at, sizeof(ngx_court_metrics_at_t));

    (void) ngx_court_metrics_json_step(m, &at, NGX_MAX_UINT32_VALUE, t);
}
