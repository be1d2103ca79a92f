/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: files of the decision record, with a line "---" between two of them;
 * or a line "write", a byte and a number's two bytes, then lines that become
 * strings of records.  What is written is read again and whole; of what the
 * byte then is put into, at that number, the reader must say so.
 */

#include "fuzz.h"
#include "ngx_court_audit_verify.h"


#define FUZZ_RECORDS  8


typedef struct {
    ngx_uint_t                 files;
    uint64_t                   found[NGX_COURT_AUDIT_NFINDINGS];
    uint64_t                   missing;
} fuzz_findings_t;


void
fuzz_setup(ngx_pool_t *pool)
{
    must(ngx_court_crypto_init(pool->log) == NGX_OK);
}


static void
fuzz_finding(void *data, const ngx_court_audit_finding_t *f)
{
    fuzz_findings_t *findings = data;

    must(f->kind < NGX_COURT_AUDIT_NFINDINGS);
    must(f->file <= findings->files && f->line > 0);
    must(f->kind == NGX_COURT_AUDIT_TORN || f->worker.len > 0);

    findings->found[f->kind]++;

    if (f->kind == NGX_COURT_AUDIT_GAP) {
        must(f->n > 0 && f->n <= NGX_MAX_INT_T_VALUE);
        findings->missing += f->n;
    }
}


/* what the slow parser makes of it: where it accepts the line, the same */

static void
fuzz_same(ngx_pool_t *pool, const ngx_str_t *line,
    const ngx_court_audit_said_t *said)
{
    int64_t            n;
    ngx_str_t          s;
    ngx_uint_t         i;
    ngx_court_json_t  *root;

    const struct {
        const char       *name;
        const ngx_str_t  *s;
    } members[] = {
        { "gateway", &said->gateway },
        { "worker", &said->worker },
        { "time", &said->time },
        { "event", &said->event },
        { "court", &said->court },
        { "decision", &said->decision },
        { "role", &said->role }
    };

    root = ngx_court_json_parse(pool, line, &ngx_court_json_small, NULL);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        must(members[i].s->len == 0 || fuzz_inside(members[i].s, line));
    }

    if (root == NULL) {
        return;
    }

    must(ngx_court_json_int(ngx_court_json_get(root, "seq"), &n) == NGX_OK
         && n == said->seq);

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {

        if (members[i].s->len == 0
            || memchr(members[i].s->data, '\\', members[i].s->len)
            || ngx_court_json_string(ngx_court_json_get(root,
                                                        members[i].name), &s)
               != NGX_OK)
        {
            continue;
        }

        must(ngx_court_str_eq(&s, members[i].s));
    }
}


static void
fuzz_begin(ngx_pool_t *pool, ngx_court_audit_verify_t *v,
    fuzz_findings_t *findings)
{
    ngx_memzero(findings, sizeof(fuzz_findings_t));
    must(ngx_court_audit_verify_init(v, pool) == NGX_OK);

    v->report = fuzz_finding;
    v->data = findings;
}


static uint64_t
fuzz_end(ngx_court_audit_verify_t *v, fuzz_findings_t *findings)
{
    must(ngx_court_audit_verify_end(v) == NGX_OK);
    must(memcmp(v->found, findings->found, sizeof(v->found)) == 0);
    must(v->missing == findings->missing);

    return ngx_court_audit_verify_faults(v);
}


static void
fuzz_read(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_int_t                 rc;
    ngx_str_t                 line, record, file;
    fuzz_findings_t           findings;
    ngx_court_audit_said_t    said, again;
    ngx_court_audit_verify_t  v;

    fuzz_begin(pool, &v, &findings);

    for ( ;; ) {
        file = fuzz_part(pool, in);
        ngx_court_audit_verify_file(&v, findings.files);

        while (file.len) {
            line = fuzz_line(pool, &file);
            record = line;

            rc = ngx_court_audit_scan_behind(&record, &again);
            must(rc == NGX_OK || rc == NGX_AGAIN || rc == NGX_DECLINED);
            must(fuzz_inside(&record, &line)
                 && record.data + record.len == line.data + line.len);
            must(rc == NGX_AGAIN || record.len == line.len);

            must(ngx_court_audit_verify_line(&v, &line, &said) == NGX_OK);
            must((said.seq > 0) == (rc != NGX_DECLINED));

            if (rc != NGX_DECLINED) {
                must(said.seq == again.seq);
                fuzz_same(pool, &record, &said);
            }
        }

        if (in->len == 0) {
            break;
        }

        findings.files++;
    }

    (void) fuzz_end(&v, &findings);
}


static ngx_uint_t
fuzz_draft(ngx_pool_t *pool, ngx_str_t *in, ngx_str_t *lines)
{
    u_char                    *p, *buf;
    ngx_str_t                  gateway, worker;
    ngx_uint_t                 n;
    ngx_court_audit_failed_t   failed;
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_record_t   r;

    gateway = fuzz_line(pool, in);

    if (gateway.len == 0 || gateway.data[0] == '\0') {
        gateway = fuzz_str("gw");            /* no host has such a name */
    }

    worker = fuzz_str("0-7-1795860000007");
    ngx_court_audit_begin(&chain, &gateway, &worker, fuzz_byte(in) & 1);
    buf = ngx_palloc(pool, NGX_COURT_AUDIT_MAX);

    for (n = 0; n < FUZZ_RECORDS && in->len; n++) {
        ngx_court_audit_clear(&r, (ngx_court_audit_phase_t) (n % 3),
                              1795860000007LL + (int64_t) n);

        r.event = fuzz_line(pool, in);
        r.what = fuzz_line(pool, in);
        r.court = fuzz_line(pool, in);
        r.method = fuzz_line(pool, in);
        r.role = fuzz_line(pool, in);
        r.client = fuzz_line(pool, in);
        r.ip = fuzz_line(pool, in);
        failed.cond = fuzz_line(pool, in);
        failed.value = fuzz_str("unknown");
        r.failed = &failed;
        r.nfailed = 1;

        p = ngx_court_audit_line(&chain, &r, buf, buf + NGX_COURT_AUDIT_MAX);
        must(p != NULL && p[-1] == '\n');

        lines[n] = fuzz_copy(pool, buf, p - buf - 1);
    }

    return n;
}


static uint64_t
fuzz_verify(ngx_pool_t *pool, ngx_str_t *lines, ngx_uint_t n,
    ngx_uint_t whole)
{
    ngx_uint_t                i;
    fuzz_findings_t           findings;
    ngx_court_audit_said_t    said;
    ngx_court_audit_verify_t  v;

    fuzz_begin(pool, &v, &findings);
    ngx_court_audit_verify_file(&v, 0);

    for (i = 0; i < n; i++) {
        must(ngx_court_audit_verify_line(&v, &lines[i], &said) == NGX_OK);

        if (whole) {
            must(said.seq == (int64_t) i + 1);
            must(memchr(lines[i].data, '\n', lines[i].len) == NULL);
            must(ngx_court_json_parse(pool, &lines[i], &ngx_court_json_small,
                                      NULL)
                 != NULL);
            fuzz_same(pool, &lines[i], &said);
        }
    }

    return fuzz_end(&v, &findings);
}


/* a line that has others of its chain on both sides cannot be changed unseen */

static void
fuzz_write(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char      with;
    size_t      at;
    ngx_str_t   lines[FUZZ_RECORDS], *line;
    ngx_uint_t  n;

    with = fuzz_byte(in);
    at = fuzz_byte(in) << 8;
    at += fuzz_byte(in);

    n = fuzz_draft(pool, in, lines);
    must(fuzz_verify(pool, lines, n, 1) == 0);

    if (n < 3) {
        return;
    }

    line = &lines[1 + at % (n - 2)];
    at %= line->len;

    if (line->data[at] != with) {
        line->data[at] = with;
        must(fuzz_verify(pool, lines, n, 0) > 0);
    }
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    static const char  mark[] = "write\n";

    if (in->len >= sizeof(mark) - 1
        && ngx_memcmp(in->data, mark, sizeof(mark) - 1) == 0)
    {
        in->data += sizeof(mark) - 1;
        in->len -= sizeof(mark) - 1;
        fuzz_write(pool, in);
        return;
    }

    fuzz_read(pool, in);
}
