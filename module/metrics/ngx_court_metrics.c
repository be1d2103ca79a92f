/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_metrics.h"


/* ns: 1, 2.5 and 5 of each power of ten from 1 us to 10 s */

const uint64_t  ngx_court_bounds[NGX_COURT_NBOUNDS] = {
    1000ull, 2500ull, 5000ull,
    10000ull, 25000ull, 50000ull,
    100000ull, 250000ull, 500000ull,
    1000000ull, 2500000ull, 5000000ull,
    10000000ull, 25000000ull, 50000000ull,
    100000000ull, 250000000ull, 500000000ull,
    1000000000ull, 2500000000ull, 5000000000ull,
    10000000000ull
};


typedef struct {
    const char                *name;
    ngx_court_metric_type_t    type;
    const char                *unit;
    const char                *labels;
    const char                *help;
} ngx_court_metrics_row_t;

static const ngx_court_metrics_row_t  ngx_court_metrics_rows[] = {
#define NGX_COURT_METRIC_ROW(id, name, type, unit, labels, help)              \
    { "court_" name, NGX_COURT_##type, unit, labels, help },
    NGX_COURT_METRICS(NGX_COURT_METRIC_ROW)
#undef NGX_COURT_METRIC_ROW
};


/* relaxed stores: who reads sees each word whole, and some before others */

void
ngx_court_histogram_add(ngx_court_histogram_t *h, uint64_t ns)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_NBOUNDS && ns > ngx_court_bounds[i]; i++) {
        /* void */
    }

    __atomic_store_n(&h->buckets[i], h->buckets[i] + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&h->sum, h->sum + ns, __ATOMIC_RELAXED);
}


static void
ngx_court_metrics_word(const char *text, size_t len, ngx_str_t *word)
{
    word->data = (u_char *) text;
    word->len = len;
}


static void
ngx_court_metrics_describe(const ngx_court_metrics_row_t *row,
    ngx_court_metric_t *metric)
{
    size_t       len;
    const char  *p;

    ngx_court_metrics_word(row->name, ngx_strlen(row->name), &metric->name);
    ngx_court_metrics_word(row->unit, ngx_strlen(row->unit), &metric->unit);
    ngx_court_metrics_word(row->help, ngx_strlen(row->help), &metric->help);

    metric->type = row->type;
    metric->nlabels = 0;

    for (p = row->labels;
         *p && metric->nlabels < NGX_COURT_METRIC_LABELS;
         p += len + (p[len] == ','))
    {
        len = strcspn(p, ",");
        ngx_court_metrics_word(p, len, &metric->labels[metric->nlabels++]);
    }
}


ngx_court_metrics_t *
ngx_court_metrics_create(ngx_pool_t *pool)
{
    ngx_uint_t            i;
    ngx_court_metrics_t  *m;

    m = ngx_pcalloc(pool, sizeof(ngx_court_metrics_t));
    if (m == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_COURT_NMETRICS; i++) {
        ngx_court_metrics_describe(&ngx_court_metrics_rows[i], &m->metric[i]);

        if (ngx_array_init(&m->samples[i], pool, 4,
                           sizeof(ngx_court_sample_t))
            != NGX_OK)
        {
            return NULL;
        }
    }

    return m;
}


ngx_court_sample_t *
ngx_court_metrics_add(ngx_court_metrics_t *m, ngx_court_metric_id_t id)
{
    ngx_court_sample_t  *sample;

    sample = ngx_array_push(&m->samples[id]);

    if (sample) {
        ngx_memzero(sample, sizeof(ngx_court_sample_t));
    }

    return sample;
}
