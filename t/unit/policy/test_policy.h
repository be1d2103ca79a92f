/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the policy's tests share: values written as lines, and decisions made
 * from them.
 */

#ifndef _TEST_POLICY_H_INCLUDED_
#define _TEST_POLICY_H_INCLUDED_

#include <string.h>
#include <stdlib.h>
#include "tap.h"
#include "ngx_court_policy.h"


#define TEST_NOW  1000000

/*
 * Values are "NAME=VALUE;NAME=VALUE".  NAME is an attribute, "identity.kind";
 * "principal:" before it names the other side.  "?" could not be found out;
 * lists are "a|b", intervals "1-5|7-9".  A fact alone, "relation=none" or
 * "relation=?", says so of all its fields.  What isn't named is absent.
 */
typedef struct {
    const char                *text;
    ngx_uint_t                 asked;      /* calls of the getters */
    const ngx_court_policy_t  *policy;
    u_char                     bytes[8][1024];
    ngx_uint_t                 used;
} test_values_t;


static inline ngx_str_t
test_str(const char *s)
{
    ngx_str_t  str;

    str.data = (u_char *) s;
    str.len = strlen(s);

    return str;
}


/* the text behind "NAME="; its length; NULL where NAME isn't there */

static inline const char *
test_find(const char *text, const char *name, size_t *len)
{
    size_t       n = strlen(name);
    const char  *p, *end;

    for (p = text; *p; p = *end ? end + 1 : end) {
        end = strchr(p, ';');
        end = end ? end : p + strlen(p);

        if ((size_t) (end - p) > n && memcmp(p, name, n) == 0 && p[n] == '=') {
            *len = end - p - n - 1;
            return p + n + 1;
        }
    }

    return NULL;
}


static inline const char *
test_fact_text(test_values_t *t, ngx_uint_t fact, ngx_court_side_t side,
    size_t *len)
{
    char                     name[128];
    const ngx_court_fact_t  *f;

    f = ngx_court_policy_fact_at(t->policy, fact);

    snprintf(name, sizeof(name), "%s%.*s",
             side == NGX_COURT_PRINCIPAL ? "principal:" : "",
             (int) f->name.len, f->name.data);

    return test_find(t->text, name, len);
}


static inline ngx_court_fact_state_t
test_fact(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    size_t          len;
    const char     *p;
    test_values_t  *t = data;

    t->asked++;
    p = test_fact_text(t, fact, side, &len);

    if (p && *p == '?') {
        return NGX_COURT_F_UNAVAILABLE;
    }

    return p ? NGX_COURT_F_NONE : NGX_COURT_F_FOUND;
}


/* list and interval bytes, as a record has them */

static inline void
test_pack(test_values_t *t, const char *p, size_t len, ngx_court_value_t *v)
{
    long         from, until;
    size_t       n;
    u_char      *out, *last;
    const char  *end = p + len;

    out = t->bytes[t->used++ % 8];
    v->str.data = out;
    last = out + 1000;

    while (p < end && out < last) {
        for (n = 0; p + n < end && p[n] != '|'; n++) { /* void */ }

        if (v->type == NGX_COURT_T_LIST) {
            *out++ = n >> 8;
            *out++ = n & 0xff;
            memcpy(out, p, n);
            out += n;

        } else {
            sscanf(p, "%ld-%ld", &from, &until);
            out = ngx_court_interval_write(out, from, until);
        }

        p += n + 1;
    }

    v->str.len = out - v->str.data;
}


static inline void
test_value(void *data, const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v)
{
    char                     name[128];
    size_t                   len;
    const char              *p, *domain;
    test_values_t           *t = data;
    const ngx_court_fact_t  *f;

    static const char       *domains[] = {
        "token", "request", "path", "client", "signature", "tls", "court"
    };

    t->asked++;
    v->state = NGX_COURT_V_ABSENT;
    v->type = attr->type;
    domain = "";

    if (attr->domain == NGX_COURT_D_FACT) {
        p = test_fact_text(t, attr->fact, side, &len);
        if (p) {
            v->state = *p == '?' ? NGX_COURT_V_UNAVAILABLE
                                 : NGX_COURT_V_ABSENT;
            return;
        }

        f = ngx_court_policy_fact_at(t->policy, attr->fact);

    } else {
        f = NULL;
        domain = domains[attr->domain];
    }

    snprintf(name, sizeof(name), "%s%.*s.%.*s",
             side == NGX_COURT_PRINCIPAL ? "principal:" : "",
             f ? (int) f->name.len : (int) strlen(domain),
             f ? (char *) f->name.data : domain,
             (int) attr->name.len, attr->name.data);

    p = test_find(t->text, name, &len);
    if (p == NULL) {
        return;
    }

    if (len == 1 && *p == '?') {
        v->state = NGX_COURT_V_UNAVAILABLE;
        return;
    }

    v->state = NGX_COURT_V_PRESENT;

    switch (attr->type) {
    case NGX_COURT_T_STRING:
    case NGX_COURT_T_ENUM:
        v->str.data = (u_char *) p;
        v->str.len = len;
        break;
    case NGX_COURT_T_BOOL:
        v->num = *p == 't';
        break;
    case NGX_COURT_T_LIST:
    case NGX_COURT_T_INTERVALS:
        test_pack(t, p, len, v);
        break;
    default:
        v->num = atol(p);
    }
}


static inline ngx_court_policy_t *
test_compile(const char *text, ngx_str_t *err)
{
    ngx_str_t           s = test_str(text);
    ngx_court_vocab_t   vocab = { NULL, NULL };

    ngx_str_set(err, "");

    return ngx_court_policy_compile(tap_pool(), &s, &vocab, err);
}


/* NGX_DECLINED where no interface has this method and path */

static inline ngx_int_t
test_decide(const ngx_court_policy_t *policy, const char *role,
    const char *method, const char *path, const char *values,
    const ngx_court_assume_t *assume, ngx_court_decision_t *d)
{
    size_t             len;
    ngx_str_t          m = test_str(method), p = test_str(path);
    const char        *sub;
    test_values_t      t;
    ngx_court_match_t  match;
    ngx_court_input_t  input;

    memset(&t, 0, sizeof(t));
    memset(&input, 0, sizeof(input));
    t.text = values;
    t.policy = policy;

    if (ngx_court_policy_match(policy, &m, &p, &match) != NGX_OK) {
        return NGX_DECLINED;
    }

    sub = test_find(values, "token.sub", &len);

    input.data = &t;
    input.value = test_value;
    input.fact = test_fact;
    input.match = &match;
    input.role = test_str(role);
    input.subject.data = (u_char *) (sub ? sub : "");
    input.subject.len = sub ? len : 0;
    input.now = TEST_NOW;

    ngx_court_policy_decide_assuming(policy, &input, assume, d);

    return NGX_OK;
}


#endif /* _TEST_POLICY_H_INCLUDED_ */
