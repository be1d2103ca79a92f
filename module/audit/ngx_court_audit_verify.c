/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A chain is known by who writes it; the name of a worker's says its slot and
 * when it began (reference/record.md), so that it is seen where another one
 * took over its slot: the worker was killed.
 */

#include "ngx_court_audit_verify.h"


#define NGX_COURT_AUDIT_NONE  ((uint32_t) -1)


typedef struct {
    ngx_str_t                  gateway;
    ngx_str_t                  worker;
    ngx_str_t                  slot;      /* "0", "m" of the master */
    ngx_str_t                  log;       /* of many logs of a process */
    int64_t                    began;     /* ms; 0: a name that is not ours */
    int64_t                    cycle;     /* of the worker; 0 unknown */
    ngx_int_t                  segment;   /* of the file being read, or -1 */
    ngx_uint_t                 file;
} ngx_court_audit_seen_t;

/* what of a chain stands in one file */
typedef struct {
    uint32_t                   chain;
    ngx_uint_t                 file;
    uint64_t                   line;      /* of first and last */
    uint64_t                   end;
    uint64_t                   first;
    uint64_t                   last;
    u_char                     prev[NGX_COURT_AUDIT_HASH_LEN];
    u_char                     hash[NGX_COURT_AUDIT_HASH_LEN];
    ngx_uint_t                 stopped;
} ngx_court_audit_segment_t;


static ngx_int_t
ngx_court_audit_verify_buckets(ngx_court_audit_verify_t *v, ngx_uint_t n)
{
    v->buckets = ngx_palloc(v->pool, n * sizeof(uint32_t));
    if (v->buckets == NULL) {
        return NGX_ERROR;
    }

    ngx_memset(v->buckets, 0xff, n * sizeof(uint32_t));
    v->nbuckets = n;

    return NGX_OK;
}


ngx_int_t
ngx_court_audit_verify_init(ngx_court_audit_verify_t *v, ngx_pool_t *pool)
{
    ngx_memzero(v, sizeof(ngx_court_audit_verify_t));

    v->pool = pool;
    v->chains = ngx_array_create(pool, 64, sizeof(ngx_court_audit_seen_t));
    v->segments = ngx_array_create(pool, 64,
                                   sizeof(ngx_court_audit_segment_t));

    return (v->chains && v->segments)
           ? ngx_court_audit_verify_buckets(v, 256) : NGX_ERROR;
}


void
ngx_court_audit_verify_file(ngx_court_audit_verify_t *v, ngx_uint_t file)
{
    v->file = file;
    v->lines = 0;
}


static void
ngx_court_audit_verify_report(ngx_court_audit_verify_t *v,
    ngx_court_audit_kind_t kind, const ngx_court_audit_segment_t *s,
    uint64_t line, uint64_t seq, uint64_t n)
{
    ngx_court_audit_seen_t     *seen;
    ngx_court_audit_finding_t   f;

    v->found[kind]++;

    if (kind == NGX_COURT_AUDIT_GAP) {
        v->missing += n;
    }

    if (v->report == NULL) {
        return;
    }

    ngx_memzero(&f, sizeof(ngx_court_audit_finding_t));

    f.kind = kind;
    f.file = v->file;
    f.line = line;
    f.seq = seq;
    f.n = n;

    if (s) {
        seen = (ngx_court_audit_seen_t *) v->chains->elts + s->chain;

        f.file = s->file;
        f.gateway = seen->gateway;
        f.worker = seen->worker;
    }

    v->report(v->data, &f);
}


/* FNV-1a: who writes the names is not our enemy's choice, but the files are */

static uint32_t
ngx_court_audit_verify_mix(uint32_t h, const ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        h = (h ^ s->data[i]) * 16777619;
    }

    return h;
}


static uint32_t *
ngx_court_audit_verify_bucket(ngx_court_audit_verify_t *v,
    const ngx_str_t *gateway, const ngx_str_t *worker)
{
    uint32_t                 h;
    ngx_court_audit_seen_t  *seen, *s;

    seen = v->chains->elts;
    h = ngx_court_audit_verify_mix(2166136261u, gateway);
    h = ngx_court_audit_verify_mix(h, worker);

    for ( ;; ) {
        h &= v->nbuckets - 1;

        if (v->buckets[h] == NGX_COURT_AUDIT_NONE) {
            return &v->buckets[h];
        }

        s = &seen[v->buckets[h]];

        if (ngx_court_str_eq(&s->worker, worker)
            && ngx_court_str_eq(&s->gateway, gateway))
        {
            return &v->buckets[h];
        }

        h++;
    }
}


/* at most half of the buckets are taken */

static ngx_int_t
ngx_court_audit_verify_grow(ngx_court_audit_verify_t *v)
{
    ngx_uint_t               i;
    ngx_court_audit_seen_t  *seen;

    if (2 * (v->chains->nelts + 1) <= v->nbuckets) {
        return NGX_OK;
    }

    if (ngx_court_audit_verify_buckets(v, 2 * v->nbuckets) != NGX_OK) {
        return NGX_ERROR;
    }

    seen = v->chains->elts;

    for (i = 0; i < v->chains->nelts; i++) {
        *ngx_court_audit_verify_bucket(v, &seen[i].gateway, &seen[i].worker)
            = (uint32_t) i;
    }

    return NGX_OK;
}


/* SLOT-PID-MILLISECONDS[-LOG]; a name that is not so is a name still */

static void
ngx_court_audit_verify_name(ngx_court_audit_seen_t *seen)
{
    u_char      *p, *last, *dash;
    ngx_str_t    part[4];
    ngx_uint_t   n;

    ngx_memzero(part, sizeof(part));

    p = seen->worker.data;
    last = p + seen->worker.len;

    for (n = 0; n < 4; n++) {
        dash = (n < 3) ? ngx_strlchr(p, last, '-') : NULL;

        part[n].data = p;
        part[n].len = (dash ? dash : last) - p;

        if (dash == NULL) {
            break;
        }

        p = dash + 1;
    }

    if (n >= 2 && n < 4) {
        seen->slot = part[0];
        seen->log = part[3];
        seen->began = ngx_max(ngx_atoof(part[2].data, part[2].len), 0);
    }
}


static ngx_court_audit_seen_t *
ngx_court_audit_verify_chain(ngx_court_audit_verify_t *v,
    const ngx_court_audit_said_t *said)
{
    uint32_t                *bucket;
    ngx_court_audit_seen_t  *seen;

    bucket = ngx_court_audit_verify_bucket(v, &said->gateway, &said->worker);

    if (*bucket != NGX_COURT_AUDIT_NONE) {
        return (ngx_court_audit_seen_t *) v->chains->elts + *bucket;
    }

    if (ngx_court_audit_verify_grow(v) != NGX_OK) {
        return NULL;
    }

    seen = ngx_array_push(v->chains);
    if (seen == NULL) {
        return NULL;
    }

    ngx_memzero(seen, sizeof(ngx_court_audit_seen_t));

    seen->segment = -1;
    seen->worker.data = ngx_pstrdup(v->pool, (ngx_str_t *) &said->worker);
    seen->gateway.data = ngx_pstrdup(v->pool, (ngx_str_t *) &said->gateway);

    if (seen->worker.data == NULL || seen->gateway.data == NULL) {
        v->chains->nelts--;
        return NULL;
    }

    seen->worker.len = said->worker.len;
    seen->gateway.len = said->gateway.len;
    ngx_court_audit_verify_name(seen);

    bucket = ngx_court_audit_verify_bucket(v, &seen->gateway, &seen->worker);
    *bucket = (uint32_t) (v->chains->nelts - 1);

    return seen;
}


static ngx_court_audit_segment_t *
ngx_court_audit_verify_begin(ngx_court_audit_verify_t *v,
    ngx_court_audit_seen_t *seen, const ngx_court_audit_said_t *said)
{
    ngx_court_audit_segment_t  *s;

    s = ngx_array_push(v->segments);
    if (s == NULL) {
        return NULL;
    }

    ngx_memzero(s, sizeof(ngx_court_audit_segment_t));

    s->chain = (uint32_t) (seen - (ngx_court_audit_seen_t *) v->chains->elts);
    s->file = v->file;
    s->line = v->lines;
    s->first = said->seq;
    ngx_memcpy(s->prev, said->prev, NGX_COURT_AUDIT_HASH_LEN);

    seen->segment = v->segments->nelts - 1;
    seen->file = v->file;

    if (said->seq == 1) {
        seen->cycle = ngx_max(ngx_atoof(said->cycle.data, said->cycle.len), 0);
    }

    return s;
}


/* the next line of a segment: is it the one behind the last? */

static void
ngx_court_audit_verify_next(ngx_court_audit_verify_t *v,
    ngx_court_audit_segment_t *s, const ngx_court_audit_said_t *said)
{
    uint64_t  seq;

    seq = (uint64_t) said->seq;

    if (seq <= s->last
        || ngx_memcmp(s->hash, said->prev, NGX_COURT_AUDIT_HASH_LEN) != 0)
    {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_BROKEN, s, v->lines,
                                      seq, 0);
    }

    if (seq > s->last + 1) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_GAP, s, v->lines,
                                      s->last + 1, seq - s->last - 1);
    }
}


ngx_int_t
ngx_court_audit_verify_line(ngx_court_audit_verify_t *v,
    const ngx_str_t *line, ngx_court_audit_said_t *said)
{
    ngx_int_t                   rc;
    ngx_str_t                   record;
    ngx_court_audit_seen_t     *seen;
    ngx_court_audit_segment_t  *s;

    v->lines++;
    said->seq = 0;

    if (line->len == 0) {
        return NGX_OK;
    }

    record = *line;
    rc = ngx_court_audit_scan_behind(&record, said);

    if (rc != NGX_OK) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_TORN, NULL, v->lines,
                                      0, 0);
    }

    if (rc == NGX_DECLINED) {
        said->seq = 0;
        return NGX_OK;
    }

    seen = ngx_court_audit_verify_chain(v, said);
    if (seen == NULL) {
        return NGX_ERROR;
    }

    if (seen->segment >= 0 && seen->file == v->file) {
        s = (ngx_court_audit_segment_t *) v->segments->elts + seen->segment;
        ngx_court_audit_verify_next(v, s, said);

    } else {
        s = ngx_court_audit_verify_begin(v, seen, said);
        if (s == NULL) {
            return NGX_ERROR;
        }
    }

    v->records++;
    s->last = said->seq;
    s->end = v->lines;
    s->stopped = ngx_court_audit_is(&said->event, "stop")
                 || ngx_court_audit_is(&said->event, "worker_stop");

    return ngx_court_audit_hash(said->sm3, &record, s->hash);
}


static int
ngx_court_audit_verify_compare(const void *one, const void *two)
{
    const ngx_court_audit_segment_t  *a = one, *b = two;

    if (a->chain != b->chain) {
        return a->chain < b->chain ? -1 : 1;
    }

    if (a->first != b->first) {
        return a->first < b->first ? -1 : 1;
    }

    return a->file < b->file ? -1 : a->file > b->file;
}


static void
ngx_court_audit_verify_join(ngx_court_audit_verify_t *v,
    const ngx_court_audit_segment_t *a, const ngx_court_audit_segment_t *b)
{
    if (b->first <= a->last) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_TWICE, b, b->line,
                                      b->first, 0);

    } else if (b->first > a->last + 1) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_GAP, b, b->line,
                                      a->last + 1, b->first - a->last - 1);

    } else if (ngx_memcmp(a->hash, b->prev, NGX_COURT_AUDIT_HASH_LEN) != 0) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_BROKEN, b, b->line,
                                      b->first, 0);
    }
}


static void
ngx_court_audit_verify_first(ngx_court_audit_verify_t *v,
    const ngx_court_audit_segment_t *s)
{
    static const u_char  zeros[NGX_COURT_AUDIT_HASH_LEN];

    if (s->first > 1) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_LATE, s, s->line,
                                      s->first, 0);

    } else if (ngx_memcmp(s->prev, zeros, sizeof(zeros)) != 0) {
        ngx_court_audit_verify_report(v, NGX_COURT_AUDIT_BROKEN, s, s->line,
                                      s->first, 0);
    }
}


/*
 * Another worker in the same slot, later, and of the same start or reload:
 * one that a reload replaces works on until its last connection ends.
 */

static ngx_uint_t
ngx_court_audit_verify_replaced(ngx_court_audit_verify_t *v,
    const ngx_court_audit_seen_t *dead)
{
    ngx_uint_t               i;
    ngx_court_audit_seen_t  *seen;

    seen = v->chains->elts;

    for (i = 0; dead->cycle && i < v->chains->nelts; i++) {
        if (seen[i].began > dead->began && seen[i].cycle == dead->cycle
            && ngx_court_str_eq(&seen[i].slot, &dead->slot)
            && ngx_court_str_eq(&seen[i].log, &dead->log)
            && ngx_court_str_eq(&seen[i].gateway, &dead->gateway))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_court_audit_verify_end(ngx_court_audit_verify_t *v)
{
    ngx_uint_t                  i, n;
    ngx_court_audit_seen_t     *seen;
    ngx_court_audit_segment_t  *s;

    s = v->segments->elts;
    n = v->segments->nelts;
    seen = v->chains->elts;

    ngx_qsort(s, n, sizeof(ngx_court_audit_segment_t),
              ngx_court_audit_verify_compare);

    for (i = 0; i < n; i++) {

        if (i == 0 || s[i - 1].chain != s[i].chain) {
            ngx_court_audit_verify_first(v, &s[i]);

        } else {
            ngx_court_audit_verify_join(v, &s[i - 1], &s[i]);
        }

        if ((i + 1 == n || s[i + 1].chain != s[i].chain) && !s[i].stopped) {
            ngx_court_audit_verify_report(v,
                ngx_court_audit_verify_replaced(v, &seen[s[i].chain])
                ? NGX_COURT_AUDIT_KILLED : NGX_COURT_AUDIT_OPEN,
                &s[i], s[i].end, s[i].last, 0);
        }

        seen[s[i].chain].segment = -1;
    }

    return NGX_OK;
}


uint64_t
ngx_court_audit_verify_faults(const ngx_court_audit_verify_t *v)
{
    ngx_uint_t  i;
    uint64_t    n;

    n = 0;

    for (i = 0; i < NGX_COURT_AUDIT_NFINDINGS; i++) {
        if (i != NGX_COURT_AUDIT_OPEN && i != NGX_COURT_AUDIT_LATE) {
            n += v->found[i];
        }
    }

    return n;
}
