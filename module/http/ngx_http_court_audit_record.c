/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session becomes a record.  Nothing personal passes this file: people and
 * cases become keyed hashes, and of what a condition read only words and
 * numbers are told that cannot name anybody.
 */

#include "ngx_http_court_audit.h"
#include "ngx_http_court_kept.h"


#define NGX_HTTP_COURT_AUDIT_WORD  32
#define NGX_HTTP_COURT_AUDIT_INT   999999    /* larger ones may be anybody's */

static const ngx_str_t  ngx_http_court_audit_tiers[] = {
    ngx_null_string, ngx_string("zone"), ngx_string("redis"),
    ngx_string("source"), ngx_string("stale"),
    ngx_string("extended")                /* by ngx_court_tier_name_t */
};


int64_t
ngx_http_court_audit_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


/*
 * A word of a vocabulary: a name in Chinese, an identity number or a licence
 * number that a source or an issuer put there is none.
 */

static ngx_uint_t
ngx_http_court_audit_word(const ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if ((s->data[i] < 'a' || s->data[i] > 'z') && s->data[i] != '_') {
            return 0;
        }
    }

    return s->len > 0 && s->len <= NGX_HTTP_COURT_AUDIT_WORD;
}


/* "ID:HEX" under the key with that id; "" without key or value */

static void
ngx_http_court_audit_pseudonym(ngx_http_court_session_t *s,
    ngx_http_court_whose_t whose, u_char *buf, ngx_str_t *text)
{
    u_char                       hex[NGX_HTTP_COURT_PSEUDONYM_LEN], *p;
    const ngx_str_t             *id;
    ngx_http_court_main_conf_t  *mcf;

    if (ngx_http_court_pseudonym(s, whose, hex) != NGX_OK) {
        return;
    }

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);
    id = ngx_court_ring_id(mcf->audit_ring);

    p = ngx_cpymem(buf, id->data, id->len);
    *p++ = ':';
    p = ngx_cpymem(p, hex, sizeof(hex));

    text->data = buf;
    text->len = p - buf;
}


static void
ngx_http_court_audit_kind(ngx_http_court_session_t *s, ngx_str_t *text)
{
    const ngx_str_t  *kind;

    kind = ngx_http_court_kind(s);

    if (ngx_http_court_audit_word(kind)) {
        *text = *kind;
    }
}


static void
ngx_http_court_audit_value(ngx_court_value_t *v, u_char *number,
    ngx_str_t *text)
{
    if (v->state == NGX_COURT_V_ABSENT) {
        ngx_str_set(text, "absent");
        return;
    }

    if (v->state != NGX_COURT_V_PRESENT) {
        ngx_str_set(text, "unavailable");
        return;
    }

    ngx_str_set(text, "present");

    switch (v->type) {

    case NGX_COURT_T_BOOL:
        if (v->num) {
            ngx_str_set(text, "true");
        } else {
            ngx_str_set(text, "false");
        }

        return;

    case NGX_COURT_T_INT:
        if (v->num < 0 || v->num > NGX_HTTP_COURT_AUDIT_INT) {
            return;
        }

        /* fall through */

    case NGX_COURT_T_SECONDS:
        text->len = ngx_sprintf(number, "%L", v->num) - number;
        text->data = number;
        return;

    case NGX_COURT_T_ENUM:
        if (ngx_http_court_audit_word(&v->str)) {
            *text = v->str;
        }

        return;

    default:
        return;
    }
}


/* a number may be anybody's, too, where it is a claim of the issuer's own */

static void
ngx_http_court_audit_failed(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled)
{
    ngx_court_value_t        v;
    ngx_court_audit_record_t  *record;
    const ngx_court_attr_t  *attr;

    if (s->decision.condition == NULL) {
        return;
    }

    record = &filled->record;
    record->failed = &filled->failed;
    record->nfailed = 1;

    filled->failed.cond = *s->decision.condition;
    ngx_str_null(&filled->failed.value);

    attr = s->decision.attr;

    if (attr == NULL
        || (attr->domain == NGX_COURT_D_TOKEN
            && attr->field == NGX_COURT_NO_FIELD))
    {
        return;
    }

    ngx_http_court_attr_value(s, attr,
                              s->decision.principal_side
                              ? NGX_COURT_PRINCIPAL : NGX_COURT_CALLER, &v);

    ngx_http_court_audit_value(&v, filled->number, &filled->failed.value);
}


static void
ngx_http_court_audit_facts(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled)
{
    int64_t                  now;
    ngx_uint_t               i;
    ngx_http_court_need_t   *need;
    ngx_court_audit_fact_t  *fact;

    now = ngx_http_court_audit_now();

    for (i = 0; i < s->nneeds; i++) {
        need = &s->needs[i];
        fact = &filled->facts[i];

        ngx_memzero(fact, sizeof(ngx_court_audit_fact_t));

        fact->name = need->source->fact.name;
        fact->tier = ngx_http_court_audit_tiers[need->found.tier];
        fact->age = -1;

        if (need->side == NGX_COURT_PRINCIPAL) {
            ngx_str_set(&fact->side, "principal");
        }

        if (!need->answered || need->found.state == NGX_COURT_F_UNAVAILABLE) {
            ngx_str_set(&fact->state, "unavailable");
            ngx_str_null(&fact->tier);
            continue;
        }

        if (need->found.state == NGX_COURT_F_NONE) {
            ngx_str_set(&fact->state, "none");
        }

        if (need->found.fetched) {
            fact->age = ngx_max(0, (now - need->found.fetched) / 1000);
        }
    }

    filled->record.facts = filled->facts;
    filled->record.nfacts = s->nneeds;
}


static void
ngx_http_court_audit_who(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled)
{
    ngx_court_audit_record_t  *record;

    record = &filled->record;

    record->role = s->role;
    record->client = s->client;

    ngx_http_court_audit_pseudonym(s, NGX_HTTP_COURT_SUBJECT,
                                   filled->hashes[0], &record->subject_h);
    ngx_http_court_audit_pseudonym(s, NGX_HTTP_COURT_PRINCIPAL,
                                   filled->hashes[1], &record->principal_h);
    ngx_http_court_audit_kind(s, &record->kind);
}


/* all that is the same for each request like this one */

static void
ngx_http_court_audit_members(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled)
{
    ngx_http_request_t        *r;
    ngx_court_audit_record_t  *record;

    r = s->request;
    record = &filled->record;

    record->court = s->code;
    record->ip = *ngx_http_court_front_ip(s);
    record->channel = *ngx_http_court_channel(s);
    ngx_str_set(&record->method, "UNKNOWN");

    if (r->method != NGX_HTTP_UNKNOWN) {
        record->method = r->method_name;
    }

    if (s->match.interface) {
        record->interface = s->match.interface->id;
    }

    if (s->verified) {
        ngx_http_court_audit_who(s, filled);
    }

    ngx_http_court_audit_pseudonym(s, NGX_HTTP_COURT_CASE, filled->hashes[2],
                                   &record->case_h);

    record->decision = *ngx_http_court_verdict(s);

    if (s->reason && (s->result != NGX_COURT_PASS || s->would_refuse)) {
        record->reason = s->reason->code;
    }

    if (s->decision.rule) {
        record->rule = *s->decision.rule;
    }
}


void
ngx_http_court_audit_keep(ngx_court_audit_record_t *record, u_char *text,
    size_t size, size_t *len)
{
    u_char  *p;

    if (*len == 0) {
        p = ngx_court_audit_members(record, text, text + size);

        if (p == NULL) {
            return;
        }

        *len = p - text;
    }

    record->members.data = text;
    record->members.len = *len;
}


void
ngx_http_court_audit_fill(ngx_http_court_session_t *s,
    ngx_http_court_audit_filled_t *filled)
{
    ngx_http_court_kept_t     *kept;
    ngx_court_audit_record_t  *record;

    record = &filled->record;

    ngx_court_audit_clear(record, NGX_COURT_AUDIT_DECISION,
                          ngx_http_court_audit_now());

    record->request_id = s->request_id;

    kept = ngx_http_court_kept(s);

    if (kept == NULL || kept->record_len == 0) {
        ngx_http_court_audit_members(s, filled);
    }

    if (kept) {
        ngx_http_court_audit_keep(record, kept->record, sizeof(kept->record),
                                  &kept->record_len);
    }

    ngx_http_court_audit_failed(s, filled);
    ngx_http_court_audit_facts(s, filled);

    if (s->pinned) {
        record->policy_version = s->pinned->version;
        record->policy_hash = ngx_court_policy_hash(s->pinned->policy);
    }
}
