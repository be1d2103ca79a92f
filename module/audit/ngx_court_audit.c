/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A record becomes a line.  Bounded: every string is cut off, lists are, and
 * what does not fit is no line at all rather than half of one.
 */

#include "ngx_court_audit.h"


/* where the line goes; p NULL once something did not fit */
typedef struct {
    u_char                    *p;
    u_char                    *last;
} ngx_court_audit_out_t;

typedef struct {
    const char                *name;      /* ,"NAME": */
    size_t                     len;
    size_t                     offset;    /* of an ngx_str_t */
    ngx_uint_t                 plain;     /* needs no escape, see the header */
} ngx_court_audit_member_t;


#define ngx_court_audit_member(name)                                          \
    { ",\"" #name "\":", sizeof(",\"" #name "\":") - 1,                        \
      offsetof(ngx_court_audit_record_t, name), 0 }

#define ngx_court_audit_bared(name)                                           \
    { ",\"" #name "\":", sizeof(",\"" #name "\":") - 1,                        \
      offsetof(ngx_court_audit_record_t, name), 1 }

static const ngx_court_audit_member_t  ngx_court_audit_strs[] = {
    ngx_court_audit_member(event),
    ngx_court_audit_member(conf),
    ngx_court_audit_member(verb),
    ngx_court_audit_member(what),
    ngx_court_audit_member(court),
    ngx_court_audit_bared(interface),
    ngx_court_audit_member(method),
    ngx_court_audit_bared(subject_h),
    ngx_court_audit_bared(principal_h),
    ngx_court_audit_member(role),
    ngx_court_audit_bared(kind),
    ngx_court_audit_member(client),
    ngx_court_audit_bared(case_h),
    ngx_court_audit_bared(channel),
    ngx_court_audit_member(ip),
    ngx_court_audit_bared(decision),
    ngx_court_audit_member(reason),
    ngx_court_audit_member(rule),
    { NULL, 0, 0, 0 }
};

static const ngx_str_t  ngx_court_audit_phases[] = {
    ngx_string(",\"phase\":\"decision\""),
    ngx_string(",\"phase\":\"outcome\""),
    ngx_string(",\"phase\":\"admin\"")   /* by ngx_court_audit_phase_t */
};


static ngx_inline void
ngx_court_audit_raw(ngx_court_audit_out_t *out, const void *text, size_t len)
{
    if (out->p == NULL || (size_t) (out->last - out->p) < len) {
        out->p = NULL;
        return;
    }

    out->p = ngx_cpymem(out->p, text, len);
}


#define ngx_court_audit_text(out, text)                                       \
    ngx_court_audit_raw(out, text, sizeof(text) - 1)


/* in quotes; NULL: it does not fit */

u_char *
ngx_court_audit_escape(u_char *p, u_char *last, const ngx_str_t *s)
{
    size_t     room;
    ngx_str_t  cut;

    cut.data = s->data;
    cut.len = ngx_min(s->len, NGX_COURT_AUDIT_STRING);
    room = last - p;

    if (ngx_court_json_plain(cut.data, cut.data + cut.len) == cut.len) {

        if (room < cut.len + 2) {
            return NULL;
        }

        *p++ = '"';
        p = ngx_cpymem(p, cut.data, cut.len);
        *p++ = '"';

        return p;
    }

    /* NUL, which our own reader refuses, ends it, too */

    cut.len = strnlen((char *) cut.data, cut.len);

    if (room < ngx_court_json_escape_len(&cut) + 2) {
        return NULL;
    }

    *p++ = '"';
    p = ngx_court_json_escape(p, &cut);
    *p++ = '"';

    return p;
}


static void
ngx_court_audit_quote(ngx_court_audit_out_t *out, const ngx_str_t *s)
{
    if (out->p) {
        out->p = ngx_court_audit_escape(out->p, out->last, s);
    }
}


/* nothing in it needs an escape: it is not looked through again */

static void
ngx_court_audit_bare(ngx_court_audit_out_t *out, const ngx_str_t *s)
{
    size_t  len;

    len = ngx_min(s->len, NGX_COURT_AUDIT_STRING);

    if (out->p == NULL || (size_t) (out->last - out->p) < len + 2) {
        out->p = NULL;
        return;
    }

    *out->p++ = '"';
    out->p = ngx_cpymem(out->p, s->data, len);
    *out->p++ = '"';
}


#define ngx_court_audit_name(out, name)                                       \
    ngx_court_audit_text(out, ",\"" name "\":")

#define ngx_court_audit_str(out, name, s)                                     \
    do {                                                                      \
        if ((s)->len) {                                                       \
            ngx_court_audit_name(out, name);                                  \
            ngx_court_audit_quote(out, s);                                    \
        }                                                                     \
    } while (0)

#define ngx_court_audit_word(out, name, s)                                    \
    do {                                                                      \
        if ((s)->len) {                                                       \
            ngx_court_audit_name(out, name);                                  \
            ngx_court_audit_bare(out, s);                                     \
        }                                                                     \
    } while (0)

#define ngx_court_audit_num(out, name, n)                                     \
    do {                                                                      \
        ngx_court_audit_name(out, name);                                      \
        ngx_court_audit_digits(out, n);                                       \
    } while (0)


static void
ngx_court_audit_digits(ngx_court_audit_out_t *out, int64_t n)
{
    u_char     *p;
    uint64_t    left, rest;

    if (out->p == NULL || out->last - out->p < (ssize_t) NGX_INT64_LEN) {
        out->p = NULL;
        return;
    }

    p = out->p;
    left = (n < 0) ? 0 - (uint64_t) n : (uint64_t) n;

    if (n < 0) {
        *p++ = '-';
    }

    /* its length first, so that it is written where it stands */

    for (rest = left / 10; rest; rest /= 10) {
        p++;
    }

    out->p = ++p;

    do {
        *--p = (u_char) ('0' + left % 10);
        left /= 10;
    } while (left);
}


u_char *
ngx_court_audit_hex(u_char *p, const u_char *hash)
{
    return ngx_hex_dump(p, (u_char *) hash, NGX_COURT_AUDIT_HASH_LEN);
}


/* who, and RFC 3339 with milliseconds: the text up to the second is kept */

static void
ngx_court_audit_time(ngx_court_audit_out_t *out,
    ngx_court_audit_chain_t *chain, int64_t ms)
{
    u_char      text[6];
    ngx_uint_t  rest;

    if (ms / 1000 != chain->second) {
        chain->second = ms / 1000;
        (void) ngx_court_time_format(chain->who + chain->who_len,
                                     chain->second);
    }

    rest = (ngx_uint_t) (ms % 1000);

    text[0] = '.';
    text[1] = (u_char) ('0' + rest / 100);
    text[2] = (u_char) ('0' + rest / 10 % 10);
    text[3] = (u_char) ('0' + rest % 10);
    text[4] = 'Z';
    text[5] = '"';

    /* all of it but the format's own 'Z' */

    ngx_court_audit_raw(out, chain->who,
                        chain->who_len + NGX_COURT_TIME_LEN - 1);
    ngx_court_audit_raw(out, text, sizeof(text));
}


static void
ngx_court_audit_failed(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    ngx_uint_t  i;

    if (record->nfailed == 0) {
        return;
    }

    ngx_court_audit_text(out, ",\"failed\":[");

    for (i = 0; i < record->nfailed; i++) {
        ngx_court_audit_raw(out, ",", i ? 1 : 0);
        ngx_court_audit_text(out, "{\"cond\":");
        ngx_court_audit_quote(out, &record->failed[i].cond);
        ngx_court_audit_str(out, "value", &record->failed[i].value);
        ngx_court_audit_text(out, "}");
    }

    ngx_court_audit_text(out, "]");
}


static void
ngx_court_audit_facts(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    ngx_uint_t                     i;
    const ngx_court_audit_fact_t  *fact;

    if (record->nfacts == 0) {
        return;
    }

    ngx_court_audit_text(out, ",\"facts\":[");

    for (i = 0; i < record->nfacts; i++) {
        fact = &record->facts[i];

        ngx_court_audit_raw(out, ",", i ? 1 : 0);
        ngx_court_audit_text(out, "{\"name\":");
        ngx_court_audit_bare(out, &fact->name);
        ngx_court_audit_word(out, "side", &fact->side);
        ngx_court_audit_word(out, "state", &fact->state);
        ngx_court_audit_word(out, "tier", &fact->tier);

        if (fact->age >= 0) {
            ngx_court_audit_num(out, "age", fact->age);
        }

        ngx_court_audit_text(out, "}");
    }

    ngx_court_audit_text(out, "]");
}


static void
ngx_court_audit_list(ngx_court_audit_out_t *out,
    const ngx_court_audit_list_t *list)
{
    ngx_uint_t  i;

    ngx_court_audit_text(out, "[");

    for (i = 0; i < list->n; i++) {
        ngx_court_audit_raw(out, ",", i ? 1 : 0);
        ngx_court_audit_quote(out, &list->names[i]);
    }

    ngx_court_audit_text(out, "]");
}


static void
ngx_court_audit_lists(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    ngx_court_audit_list_t  off, report;

    off = record->off;
    report = record->report;
    off.n = ngx_min(off.n, NGX_COURT_AUDIT_LIST);
    report.n = ngx_min(report.n, NGX_COURT_AUDIT_LIST);

    ngx_court_audit_name(out, "off");
    ngx_court_audit_list(out, &off);

    if (off.total > off.n) {
        ngx_court_audit_num(out, "off_total", (int64_t) off.total);
    }

    ngx_court_audit_name(out, "report");
    ngx_court_audit_list(out, &report);

    if (report.total > report.n) {
        ngx_court_audit_num(out, "report_total", (int64_t) report.total);
    }
}


/* a policy stands in many records: its hash is kept as text */

static void
ngx_court_audit_policy(ngx_court_audit_out_t *out,
    ngx_court_audit_chain_t *chain, const ngx_court_audit_record_t *record)
{
    if (record->policy_version.len) {
        ngx_court_audit_name(out, "policy_version");
        ngx_court_audit_raw(out, record->policy_version.data,
                            record->policy_version.len);
    }

    if (record->policy_hash == NULL) {
        return;
    }

    if (ngx_memcmp(chain->hash, record->policy_hash, sizeof(chain->hash))
        != 0)
    {
        ngx_memcpy(chain->hash, record->policy_hash, sizeof(chain->hash));
        (void) ngx_court_audit_hex(chain->hex, chain->hash);
    }

    ngx_court_audit_text(out, ",\"policy_hash\":\"");
    ngx_court_audit_raw(out, chain->hex, sizeof(chain->hex));
    ngx_court_audit_text(out, "\"");
}


/* what an answer was, and what only admin records have */

static void
ngx_court_audit_rest(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    if (record->conf.len) {
        ngx_court_audit_lists(out, record);
    }

    if (record->cycle) {
        ngx_court_audit_num(out, "cycle", record->cycle);
    }

    if (record->uid >= 0) {
        ngx_court_audit_num(out, "uid", record->uid);
    }

    if (record->pid >= 0) {
        ngx_court_audit_num(out, "pid", record->pid);
    }

    if (record->lost) {
        ngx_court_audit_num(out, "lost", (int64_t) record->lost);
    }

    if (record->status) {
        ngx_court_audit_num(out, "status", (int64_t) record->status);
    }

    if (record->upstream_status) {
        ngx_court_audit_num(out, "upstream_status",
                            (int64_t) record->upstream_status);
    }

    if (record->bytes >= 0) {
        ngx_court_audit_num(out, "bytes", record->bytes);
    }
}


static void
ngx_court_audit_strings(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    const ngx_str_t                 *s;
    const ngx_court_audit_member_t  *m;

    for (m = ngx_court_audit_strs; m->name; m++) {
        s = (const ngx_str_t *) ((const char *) record + m->offset);

        if (s->len == 0) {
            continue;
        }

        ngx_court_audit_raw(out, m->name, m->len);

        if (m->plain) {
            ngx_court_audit_bare(out, s);

        } else {
            ngx_court_audit_quote(out, s);
        }
    }
}


static void
ngx_court_audit_body(ngx_court_audit_out_t *out,
    ngx_court_audit_chain_t *chain, const ngx_court_audit_record_t *record)
{
    const ngx_str_t  *phase;

    static const char  zeros[2 * NGX_COURT_AUDIT_HASH_LEN];

    phase = &ngx_court_audit_phases[record->phase];

    ngx_court_audit_text(out, "{\"v\":1,\"seq\":");
    ngx_court_audit_digits(out, (int64_t) chain->seq + 1);
    ngx_court_audit_time(out, chain, record->time);

    if (record->request_id.len) {
        ngx_court_audit_name(out, "request_id");
        ngx_court_audit_bare(out, &record->request_id);
    }

    ngx_court_audit_raw(out, phase->data, phase->len);

    if (record->members.len) {
        ngx_court_audit_raw(out, record->members.data, record->members.len);

    } else {
        ngx_court_audit_strings(out, record);
    }

    ngx_court_audit_failed(out, record);
    ngx_court_audit_facts(out, record);
    ngx_court_audit_policy(out, chain, record);
    ngx_court_audit_rest(out, record);

    if (chain->sm3) {
        ngx_court_audit_text(out, ",\"prev\":\"sm3:");

    } else {
        ngx_court_audit_text(out, ",\"prev\":\"sha256:");
    }

    ngx_court_audit_raw(out, zeros, sizeof(zeros));
    ngx_court_audit_text(out, "\"}\n");
}


u_char *
ngx_court_audit_members(const ngx_court_audit_record_t *record, u_char *buf,
    u_char *last)
{
    ngx_court_audit_out_t  out;

    out.p = buf;
    out.last = last;

    ngx_court_audit_strings(&out, record);

    return out.p;
}


void
ngx_court_audit_clear(ngx_court_audit_record_t *record,
    ngx_court_audit_phase_t phase, int64_t time)
{
    ngx_memzero(record, sizeof(ngx_court_audit_record_t));

    record->phase = phase;
    record->time = time;
    record->bytes = -1;
    record->uid = -1;
    record->pid = -1;
}


u_char *
ngx_court_audit_draft(ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record, u_char *buf, u_char *last)
{
    ngx_court_audit_out_t  out;

    out.p = buf;
    out.last = last;

    ngx_court_audit_body(&out, chain, record);

    if (out.p) {
        chain->seq++;
    }

    return out.p;
}
