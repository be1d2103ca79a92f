/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A record becomes a line.  Bounded: every string is cut off, lists are, and
 * what does not fit is no line at all rather than half of one.
 */

#include "ngx_court_audit.h"
#include "ngx_court_time.h"


/* where the line goes; p NULL once something did not fit */
typedef struct {
    u_char                    *p;
    u_char                    *last;
} ngx_court_audit_out_t;

typedef struct {
    const char                *name;
    size_t                     offset;    /* of an ngx_str_t */
} ngx_court_audit_member_t;


#define ngx_court_audit_member(name)                                          \
    { #name, offsetof(ngx_court_audit_record_t, name) }

static const ngx_court_audit_member_t  ngx_court_audit_members[] = {
    ngx_court_audit_member(event),
    ngx_court_audit_member(conf),
    ngx_court_audit_member(verb),
    ngx_court_audit_member(what),
    ngx_court_audit_member(court),
    ngx_court_audit_member(interface),
    ngx_court_audit_member(method),
    ngx_court_audit_member(subject_h),
    ngx_court_audit_member(principal_h),
    ngx_court_audit_member(role),
    ngx_court_audit_member(kind),
    ngx_court_audit_member(client),
    ngx_court_audit_member(case_h),
    ngx_court_audit_member(channel),
    ngx_court_audit_member(ip),
    ngx_court_audit_member(decision),
    ngx_court_audit_member(reason),
    ngx_court_audit_member(rule),
    { NULL, 0 }
};

static const char *const  ngx_court_audit_phases[] = {
    "decision", "outcome", "admin"        /* by ngx_court_audit_phase_t */
};


static void
ngx_court_audit_raw(ngx_court_audit_out_t *out, const char *text, size_t len)
{
    if (out->p == NULL || (size_t) (out->last - out->p) < len) {
        out->p = NULL;
        return;
    }

    out->p = ngx_cpymem(out->p, text, len);
}


#define ngx_court_audit_text(out, text)                                       \
    ngx_court_audit_raw(out, text, sizeof(text) - 1)


static void
ngx_court_audit_quote(ngx_court_audit_out_t *out, const ngx_str_t *s)
{
    ngx_str_t  cut;

    /* NUL, which our own reader refuses, ends it, too */

    cut.data = s->data;
    cut.len = s->len ? strnlen((char *) s->data,
                               ngx_min(s->len, NGX_COURT_AUDIT_STRING))
                     : 0;

    ngx_court_audit_text(out, "\"");

    if (out->p == NULL
        || (size_t) (out->last - out->p) < ngx_court_json_escape_len(&cut))
    {
        out->p = NULL;
        return;
    }

    out->p = ngx_court_json_escape(out->p, &cut);

    ngx_court_audit_text(out, "\"");
}


static void
ngx_court_audit_name(ngx_court_audit_out_t *out, const char *name)
{
    ngx_court_audit_text(out, ",\"");
    ngx_court_audit_raw(out, name, ngx_strlen(name));
    ngx_court_audit_text(out, "\":");
}


static void
ngx_court_audit_str(ngx_court_audit_out_t *out, const char *name,
    const ngx_str_t *s)
{
    if (s->len) {
        ngx_court_audit_name(out, name);
        ngx_court_audit_quote(out, s);
    }
}


static void
ngx_court_audit_num(ngx_court_audit_out_t *out, const char *name, int64_t n)
{
    u_char  digits[NGX_INT64_LEN];

    ngx_court_audit_name(out, name);
    ngx_court_audit_raw(out, (char *) digits,
                        ngx_sprintf(digits, "%L", n) - digits);
}


static void
ngx_court_audit_hex(ngx_court_audit_out_t *out, const u_char *hash)
{
    u_char  text[2 * NGX_COURT_AUDIT_HASH_LEN];

    ngx_hex_dump(text, (u_char *) hash, NGX_COURT_AUDIT_HASH_LEN);
    ngx_court_audit_raw(out, (char *) text, sizeof(text));
}


/* RFC 3339 with milliseconds */

static void
ngx_court_audit_time(ngx_court_audit_out_t *out, int64_t ms)
{
    u_char     text[NGX_COURT_TIME_LEN + NGX_INT64_LEN], *p;
    ngx_str_t  s;

    p = ngx_court_time_format(text, ms / 1000);
    p = ngx_sprintf(p - 1, ".%03LZ", ms % 1000);

    s.data = text;
    s.len = p - text;

    ngx_court_audit_str(out, "time", &s);
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
        ngx_court_audit_quote(out, &fact->name);
        ngx_court_audit_str(out, "side", &fact->side);
        ngx_court_audit_str(out, "state", &fact->state);
        ngx_court_audit_str(out, "tier", &fact->tier);

        if (fact->age >= 0) {
            ngx_court_audit_num(out, "age", fact->age);
        }

        ngx_court_audit_text(out, "}");
    }

    ngx_court_audit_text(out, "]");
}


static void
ngx_court_audit_list(ngx_court_audit_out_t *out, const char *name,
    const char *more, const ngx_court_audit_list_t *list)
{
    ngx_uint_t  i;

    ngx_court_audit_name(out, name);
    ngx_court_audit_text(out, "[");

    for (i = 0; i < ngx_min(list->n, NGX_COURT_AUDIT_LIST); i++) {
        ngx_court_audit_raw(out, ",", i ? 1 : 0);
        ngx_court_audit_quote(out, &list->names[i]);
    }

    ngx_court_audit_text(out, "]");

    if (list->total > i) {
        ngx_court_audit_num(out, more, (int64_t) list->total);
    }
}


static void
ngx_court_audit_policy(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    if (record->policy_version.len) {
        ngx_court_audit_name(out, "policy_version");
        ngx_court_audit_raw(out, (char *) record->policy_version.data,
                            record->policy_version.len);
    }

    if (record->policy_hash) {
        ngx_court_audit_name(out, "policy_hash");
        ngx_court_audit_text(out, "\"");
        ngx_court_audit_hex(out, record->policy_hash);
        ngx_court_audit_text(out, "\"");
    }
}


/* what an answer was, and what only admin records have */

static void
ngx_court_audit_rest(ngx_court_audit_out_t *out,
    const ngx_court_audit_record_t *record)
{
    if (record->conf.len) {
        ngx_court_audit_list(out, "off", "off_total", &record->off);
        ngx_court_audit_list(out, "report", "report_total",
                             &record->report);
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
ngx_court_audit_body(ngx_court_audit_out_t *out,
    const ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record)
{
    const char                      *phase;
    const ngx_court_audit_member_t  *m;

    phase = ngx_court_audit_phases[record->phase];

    ngx_court_audit_text(out, "{\"v\":1");
    ngx_court_audit_num(out, "seq", (int64_t) chain->seq + 1);
    ngx_court_audit_str(out, "gateway", &chain->gateway);
    ngx_court_audit_str(out, "worker", &chain->worker);
    ngx_court_audit_time(out, record->time);
    ngx_court_audit_str(out, "request_id", &record->request_id);
    ngx_court_audit_name(out, "phase");
    ngx_court_audit_text(out, "\"");
    ngx_court_audit_raw(out, phase, ngx_strlen(phase));
    ngx_court_audit_text(out, "\"");

    for (m = ngx_court_audit_members; m->name; m++) {
        ngx_court_audit_str(out, m->name,
                            (ngx_str_t *) ((char *) record + m->offset));
    }

    ngx_court_audit_failed(out, record);
    ngx_court_audit_facts(out, record);
    ngx_court_audit_policy(out, record);
    ngx_court_audit_rest(out, record);

    ngx_court_audit_name(out, "prev");
    ngx_court_audit_raw(out, chain->sm3 ? "\"sm3:" : "\"sha256:",
                        chain->sm3 ? 5 : 8);
    ngx_court_audit_hex(out, chain->prev);
    ngx_court_audit_text(out, "\"}\n");
}


ngx_int_t
ngx_court_audit_hash(ngx_uint_t sm3, const ngx_str_t *line,
    u_char out[NGX_COURT_AUDIT_HASH_LEN])
{
    return sm3 ? ngx_court_sm3(line, 1, out) : ngx_court_sha256(line, 1, out);
}


void
ngx_court_audit_begin(ngx_court_audit_chain_t *chain,
    const ngx_str_t *gateway, const ngx_str_t *worker, ngx_uint_t sm3)
{
    ngx_memzero(chain, sizeof(ngx_court_audit_chain_t));

    chain->gateway = *gateway;
    chain->worker = *worker;
    chain->sm3 = sm3;
}


void
ngx_court_audit_clear(ngx_court_audit_record_t *record,
    ngx_court_audit_phase_t phase, int64_t time)
{
    ngx_memzero(record, sizeof(ngx_court_audit_record_t));

    record->phase = phase;
    record->time = time;
    record->uid = -1;
    record->pid = -1;
    record->bytes = -1;
}


u_char *
ngx_court_audit_line(ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record, u_char *buf, u_char *last)
{
    ngx_str_t              line;
    ngx_court_audit_out_t  out;

    out.p = buf;
    out.last = last;

    ngx_court_audit_body(&out, chain, record);

    if (out.p == NULL) {
        return NULL;
    }

    line.data = buf;
    line.len = out.p - 1 - buf;

    if (ngx_court_audit_hash(chain->sm3, &line, chain->prev) != NGX_OK) {
        return NULL;
    }

    chain->seq++;

    return out.p;
}
