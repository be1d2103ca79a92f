/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The key of a place: all that headers, record and assertion of a decision
 * are made of.  The token's id stands for what the token says, the generation
 * for the policy; pointers into it are of that generation.  What differs from
 * request to request (id, time, ages of facts) stands in none of the three.
 */

#include "ngx_http_court_kept.h"
#include "ngx_court_bytes.h"


#define NGX_HTTP_COURT_KEPT_PLACES  512


/* compared as bytes: zeroed before it is filled */
typedef struct {
    u_char                     token[NGX_COURT_SHA256_LEN];
    uint64_t                   generation;
    const void                *interface;
    const void                *rule;
    const void                *obligations;
    ngx_uint_t                 method;
    ngx_uint_t                 verified;
} ngx_http_court_kept_head_t;


static ngx_http_court_kept_t  ngx_http_court_kept_places
                                  [NGX_HTTP_COURT_KEPT_PLACES];


/* behind its length; NULL stays NULL */

static u_char *
ngx_http_court_kept_str(u_char *p, u_char *last, const ngx_str_t *s)
{
    uint16_t  len;

    if (p == NULL || (size_t) (last - p) < sizeof(len) + s->len) {
        return NULL;
    }

    len = (uint16_t) s->len;

    p = ngx_cpymem(p, &len, sizeof(len));

    return s->len ? ngx_cpymem(p, s->data, s->len) : p;
}


/* {NAME}s of the path: which, and what */

static u_char *
ngx_http_court_kept_path(ngx_http_court_session_t *s, u_char *p, u_char *last)
{
    u_char      name;
    ngx_str_t   which;
    ngx_uint_t  i;

    which.data = &name;
    which.len = 1;

    for (i = 0; i < s->match.nvars; i++) {
        name = (u_char) s->match.vars[i].name;

        p = ngx_http_court_kept_str(p, last, &which);
        p = ngx_http_court_kept_str(p, last, &s->match.vars[i].value);
    }

    return p;
}


static u_char *
ngx_http_court_kept_relation(ngx_http_court_session_t *s, u_char *p,
    u_char *last)
{
    ngx_uint_t                    i;
    ngx_court_value_t             v;
    const ngx_http_court_need_t  *need;

    need = ngx_http_court_relation(s);

    if (need == NULL) {
        return p;
    }

    const ngx_uint_t  fields[] = {
        need->source->fact.side, need->source->fact.capacity,
        need->source->fact.special
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        ngx_http_court_fact_field(need, fields[i], &v);
        p = ngx_http_court_kept_str(p, last, &v.str);
    }

    return p;
}


static void
ngx_http_court_kept_head(ngx_http_court_session_t *s,
    ngx_http_court_kept_head_t *head)
{
    ngx_memzero(head, sizeof(ngx_http_court_kept_head_t));

    if (s->verified) {
        ngx_memcpy(head->token, s->token.id, NGX_COURT_SHA256_LEN);
    }

    head->generation = s->pinned->generation;
    head->interface = s->match.interface;
    head->rule = s->decision.rule;
    head->obligations = s->decision.obligations;
    head->method = s->request->method;
    head->verified = s->verified;
}


/* NULL: too long */

static u_char *
ngx_http_court_kept_key(ngx_http_court_session_t *s, u_char *p, u_char *last)
{
    ngx_http_court_kept_head_t  head;

    ngx_http_court_kept_head(s, &head);

    p = ngx_cpymem(p, &head, sizeof(ngx_http_court_kept_head_t));
    p = ngx_http_court_kept_path(s, p, last);
    p = ngx_http_court_kept_str(p, last, &s->code);
    p = ngx_http_court_kept_str(p, last, ngx_http_court_kind(s));
    p = ngx_http_court_kept_str(p, last, ngx_http_court_channel(s));
    p = ngx_http_court_kept_str(p, last, ngx_http_court_front_ip(s));

    return ngx_http_court_kept_relation(s, p, last);
}


/* whoever is let in, as is, and not to be told a refusal on the way */

static ngx_uint_t
ngx_http_court_kept_is(ngx_http_court_session_t *s)
{
    return s->result == NGX_COURT_PASS && !s->would_refuse && !s->refused
           && s->decision.condition == NULL && s->pinned
           && s->match.interface && s->request->method != NGX_HTTP_UNKNOWN;
}


ngx_http_court_kept_t *
ngx_http_court_kept(ngx_http_court_session_t *s)
{
    u_char                  buf[NGX_HTTP_COURT_KEPT_KEY], *p;
    size_t                  len;
    ngx_http_court_kept_t  *kept;

    static uint64_t  serial;

    /* first of all: one that was recorded as let in may be refused after it
     * (revoked meanwhile), and what is told of that is not what was kept */

    if (!ngx_http_court_kept_is(s)) {
        return NULL;
    }

    if (s->kept && s->kept->serial == s->kept_serial) {
        return s->kept;
    }

    p = ngx_http_court_kept_key(s, buf, buf + sizeof(buf));
    if (p == NULL) {
        return NULL;
    }

    len = p - buf;
    kept = &ngx_http_court_kept_places[ngx_court_place(buf, len,
                                           NGX_HTTP_COURT_KEPT_PLACES)];

    if (kept->key_len == len && ngx_memcmp(kept->key, buf, len) == 0) {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, s->request->connection->log, 0,
                       "court: kept: known");

    } else {
        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, s->request->connection->log, 0,
                       "court: kept: new");

        ngx_court_wipe(kept, sizeof(ngx_http_court_kept_t));

        kept->serial = ++serial;
        kept->key_len = len;
        ngx_memcpy(kept->key, buf, len);
    }

    s->kept = kept;
    s->kept_serial = kept->serial;

    return kept;
}


void
ngx_http_court_kept_headers(ngx_http_court_kept_t *kept,
    const ngx_list_t *list, ngx_uint_t i)
{
    u_char           *p, *last;
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = list->part.elts;
    p = kept->text;
    last = p + sizeof(kept->text);

    for (n = 0; i < list->part.nelts; i++, n++) {

        if (n == NGX_HTTP_COURT_KEPT_HEADERS
            || (size_t) (last - p) < h[i].value.len)
        {
            return;
        }

        kept->headers[n] = h[i];
        p = ngx_cpymem(p, h[i].value.data, h[i].value.len);
    }

    kept->text_len = p - kept->text;
    kept->nheaders = n;
}


ngx_int_t
ngx_http_court_kept_put(ngx_http_court_kept_t *kept, ngx_list_t *list,
    ngx_pool_t *pool)
{
    u_char           *p;
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    p = ngx_pnalloc(pool, kept->text_len);

    if (p == NULL || list->nalloc - list->part.nelts < kept->nheaders) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, kept->text, kept->text_len);

    h = (ngx_table_elt_t *) list->part.elts + list->part.nelts;

    ngx_memcpy(h, kept->headers, kept->nheaders * sizeof(ngx_table_elt_t));

    for (i = 0; i < kept->nheaders; i++) {
        h[i].value.data = p;
        p += h[i].value.len;
    }

    list->part.nelts += kept->nheaders;

    return NGX_OK;
}


void
ngx_http_court_kept_assertion(ngx_http_court_kept_t *kept,
    const ngx_str_t *assertion, time_t made)
{
    if (assertion->len > sizeof(kept->assertion)) {
        return;
    }

    ngx_memcpy(kept->assertion, assertion->data, assertion->len);
    kept->assertion_len = assertion->len;
    kept->made = made;
}


void
ngx_http_court_kept_wipe(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_COURT_KEPT_PLACES; i++) {
        if (ngx_http_court_kept_places[i].serial) {
            ngx_court_wipe(&ngx_http_court_kept_places[i],
                           sizeof(ngx_http_court_kept_t));
        }
    }
}
