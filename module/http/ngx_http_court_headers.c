/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The request headers: what the client may not say is taken out, what the
 * gateway says is put in.  "hash = 0" does not stop proxy from forwarding a
 * header, and shifting elements breaks headers_in.host and its friends: so a
 * new array is built and the list repointed.  Elements of the old array stay
 * where they are; the named pointers of headers_in go on pointing at them.
 */

#include "ngx_http_court_headers.h"
#include "ngx_http_court_kept.h"
#include "ngx_court_path.h"


#define NGX_HTTP_COURT_NHEADERS  16          /* ours, at most */


/* a name of ours; its hash is reckoned when it is first said */
typedef struct {
    ngx_str_t                  key;
    const char                *lowcase;
    ngx_uint_t                 hash;
} ngx_http_court_name_t;

#define ngx_http_court_named(id, key, lowcase)                                \
    NGX_HTTP_COURT_H_##id,
#define NGX_HTTP_COURT_NAMES(named)                                           \
    named(SUBJECT, "Court-Subject", "court-subject")                          \
    named(ISSUER, "Court-Issuer", "court-issuer")                             \
    named(ROLE, "Court-Role", "court-role")                                   \
    named(PRINCIPAL, "Court-Principal", "court-principal")                    \
    named(KIND, "Court-Kind", "court-kind")                                   \
    named(CLIENT, "Court-Client", "court-client")                             \
    named(RULE, "Court-Rule", "court-rule")                                   \
    named(RELATION, "Court-Relation", "court-relation")                       \
    named(OBLIGATIONS, "Court-Obligations", "court-obligations")              \
    named(POLICY, "Court-Policy", "court-policy")                             \
    named(INTERFACE, "Court-Interface", "court-interface")                    \
    named(REQUEST_ID, "Court-Request-Id", "court-request-id")                 \
    named(CODE, "Court-Code", "court-code")                                   \
    named(CHANNEL, "Court-Channel", "court-channel")                          \
    named(DECISION, "Court-Decision", "court-decision")                       \
    named(ASSERTION, "Court-Assertion", "court-assertion")                    \
    named(SAID_FOR, "X-Forwarded-For", "x-forwarded-for")                     \
    named(SAID_PROTO, "X-Forwarded-Proto", "x-forwarded-proto")               \
    named(SAID_HOST, "X-Forwarded-Host", "x-forwarded-host")                  \
    named(SAID_FORWARDED, "Forwarded", "forwarded")

typedef enum {
    NGX_HTTP_COURT_NAMES(ngx_http_court_named)
    NGX_HTTP_COURT_H_COUNT
} ngx_http_court_h_t;

#define ngx_http_court_name_row(id, key, lowcase)                             \
    { ngx_string(key), lowcase, 0 },

static ngx_http_court_name_t  ngx_http_court_names[NGX_HTTP_COURT_H_COUNT] = {
    NGX_HTTP_COURT_NAMES(ngx_http_court_name_row)
};

/* one of our headers; an empty or no value is no header */
typedef struct {
    ngx_http_court_h_t         name;
    const ngx_str_t           *value;
    ngx_uint_t                 escape;       /* not a name of ours */
} ngx_http_court_put_t;


ngx_uint_t
ngx_http_court_headers_is_ours(const ngx_str_t *name)
{
    return ngx_http_court_drop_ours(NULL, name);
}


ngx_uint_t
ngx_http_court_headers_any(ngx_http_court_session_t *s, ngx_list_t *list,
    ngx_http_court_drop_pt drop)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &list->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (drop(s, &h[i].key)) {
                return 1;
            }
        }
    }

    return 0;
}


/* old may be the request's list */

ngx_int_t
ngx_http_court_headers_copy(ngx_http_court_session_t *s, ngx_list_t *old,
    ngx_http_court_drop_pt drop, ngx_uint_t room)
{
    ngx_list_t           fresh;
    ngx_uint_t           i, total;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h, *to;
    ngx_http_request_t  *r;

    r = s->request;
    total = 0;

    for (part = &old->part; part; part = part->next) {
        total += part->nelts;
    }

    if (ngx_list_init(&fresh, r->pool, total + room + 1,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    to = fresh.part.elts;

    for (part = &old->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (!drop(s, &h[i].key)) {
                to[fresh.part.nelts++] = h[i];
            }
        }
    }

    r->headers_in.headers = fresh;
    r->headers_in.headers.last = &r->headers_in.headers.part;

    return NGX_OK;
}


ngx_table_elt_t *
ngx_http_court_header_find(ngx_list_t *headers, const char *name, size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].hash && h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


/* the source server keeps what our own fetch said, for its variables */

static void
ngx_http_court_headers_source(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    static const ngx_str_t  names[NGX_COURT_FACT_KEYS + 1] = {
        ngx_string("court-source-key-1"),
        ngx_string("court-source-key-2"),
        ngx_string("court-source-key-3"),
        ngx_string("court-source-key-4"),
        ngx_string("court-source-court")
    };

    for (i = 0; i < NGX_COURT_FACT_KEYS + 1; i++) {
        h = ngx_http_court_header_find(&r->headers_in.headers,
                                       (char *) names[i].data, names[i].len);
        if (h) {
            s->source_keys[i] = h->value;
        }
    }
}


ngx_int_t
ngx_http_court_headers_scrub(ngx_http_request_t *r)
{
    ngx_http_court_session_t   *s;
    ngx_http_court_srv_conf_t  *cscf;

    s = ngx_http_court_session_get(r);
    if (s == NULL) {
        return NGX_ERROR;
    }

    if (!ngx_http_court_headers_any(s, &r->headers_in.headers,
                                    ngx_http_court_drop_ours))
    {
        return NGX_OK;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    if (cscf->is_source) {
        ngx_http_court_headers_source(r, s);
    }

    return ngx_http_court_headers_copy(s, &r->headers_in.headers,
                                       ngx_http_court_drop_ours, 0);
}


/*
 * Pushes one of ours; the room is there.  An empty value is no header, but
 * one that cannot be made is an error: without a Court-Principal an assistant
 * would look like somebody else.
 */

static ngx_int_t
ngx_http_court_headers_put(ngx_http_request_t *r, ngx_http_court_h_t id,
    const ngx_str_t *value, ngx_uint_t escape)
{
    ngx_str_t               text;
    ngx_list_t             *list;
    ngx_table_elt_t        *h;
    ngx_http_court_name_t  *name;

    if (value == NULL || value->len == 0) {
        return NGX_OK;
    }

    text = *value;
    name = &ngx_http_court_names[id];

    if (name->hash == 0) {
        name->hash = ngx_hash_key((u_char *) name->lowcase, name->key.len);
    }

    if (escape && ngx_court_escape_str(r->pool, &text, value) != NGX_OK) {
        return NGX_ERROR;
    }

    list = &r->headers_in.headers;

    if (list->part.nelts >= list->nalloc) {
        return NGX_ERROR;
    }

    h = (ngx_table_elt_t *) list->part.elts + list->part.nelts++;

    h->key = name->key;
    h->lowcase_key = (u_char *) name->lowcase;
    h->hash = name->hash;
    h->value = text;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_court_headers_say(ngx_http_request_t *r, ngx_http_court_said_t said,
    const ngx_str_t *value)
{
    return ngx_http_court_headers_put(r, NGX_HTTP_COURT_H_SAID_FOR + said,
                                      value, 0);
}


static ngx_int_t
ngx_http_court_headers_put_all(ngx_http_request_t *r,
    const ngx_http_court_put_t *put, ngx_uint_t n)
{
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {
        if (ngx_http_court_headers_put(r, put[i].name, put[i].value,
                                       put[i].escape)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* our header of that assertion, the last one pushed: renewed in place */

static ngx_int_t
ngx_http_court_headers_assertion(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_kept_t *kept)
{
    ngx_int_t         rc;
    ngx_str_t         assertion;
    ngx_table_elt_t  *h;

    rc = ngx_http_court_assertion_kept(r, s, kept, &assertion);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_court_assertion_make(r, s, &assertion);

        if (rc == NGX_OK && kept) {
            ngx_http_court_kept_assertion(kept, &assertion, s->assertion_at);
        }
    }

    if (rc != NGX_OK || assertion.len == 0) {
        return rc;
    }

    if (ngx_http_court_headers_put(r, NGX_HTTP_COURT_H_ASSERTION, &assertion,
                                   0)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    h = r->headers_in.headers.part.elts;
    s->assertion = &h[r->headers_in.headers.part.nelts - 1];

    return NGX_OK;
}


/* who the caller is: nothing of it goes up for a would-be refusal */

static ngx_int_t
ngx_http_court_headers_identity(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_court_value_t       side;
    ngx_http_court_need_t  *relation;

    const ngx_http_court_put_t  put[] = {
        { NGX_HTTP_COURT_H_SUBJECT, &s->subject, 1 },
        { NGX_HTTP_COURT_H_ISSUER, &s->issuer, 1 },
        { NGX_HTTP_COURT_H_ROLE, &s->role, 1 },
        { NGX_HTTP_COURT_H_PRINCIPAL, &s->principal, 1 },
        { NGX_HTTP_COURT_H_KIND, ngx_http_court_kind(s), 1 },
        { NGX_HTTP_COURT_H_CLIENT, &s->client, 1 },
        { NGX_HTTP_COURT_H_RULE, s->decision.rule, 1 },
        { NGX_HTTP_COURT_H_RELATION, &side.str, 1 },
        { NGX_HTTP_COURT_H_OBLIGATIONS, s->decision.obligations, 1 }
    };

    relation = ngx_http_court_relation(s);

    ngx_http_court_fact_field(relation,
                              relation ? relation->source->fact.side : 0,
                              &side);

    return ngx_http_court_headers_put_all(r, put,
                                          sizeof(put) / sizeof(put[0]));
}


static ngx_int_t
ngx_http_court_headers_request(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    const ngx_http_court_put_t  put[] = {
        { NGX_HTTP_COURT_H_POLICY,
          s->pinned ? &s->pinned->version : NULL, 0 },
        { NGX_HTTP_COURT_H_INTERFACE,
          s->match.interface ? &s->match.interface->id : NULL, 0 },
        { NGX_HTTP_COURT_H_CODE, &s->code, 1 },
        { NGX_HTTP_COURT_H_CHANNEL, ngx_http_court_channel_known(s), 0 }
    };

    return ngx_http_court_headers_put_all(r, put,
                                          sizeof(put) / sizeof(put[0]));
}


/* the client's own array, without credentials and proofs */

ngx_int_t
ngx_http_court_headers_withhold(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    /* after a redirect inside, from the client's own array again */

    if (!s->rewritten) {
        s->original = r->headers_in.headers;
        s->original.last = &s->original.part;
        s->rewritten = 1;
    }

    if (ngx_http_court_headers_copy(s, &s->original,
                                    ngx_http_court_drop_withheld,
                                    NGX_HTTP_COURT_NHEADERS)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* $remote_user and $proxy_add_x_forwarded_for read these */

    r->headers_in.authorization = NULL;

    if (!s->front) {
        ngx_http_court_front_forget(r);
    }

    s->assertion = NULL;

    return NGX_OK;
}


/* what is decided: the same for each request like this one */

static ngx_int_t
ngx_http_court_headers_decision(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_court_kept_t *kept)
{
    ngx_uint_t  n;

    if (kept && kept->nheaders) {
        return ngx_http_court_kept_put(kept, &r->headers_in.headers, r->pool);
    }

    n = r->headers_in.headers.part.nelts;

    if (ngx_http_court_headers_request(r, s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!s->match.interface->public_
        && ngx_http_court_headers_identity(r, s) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (kept) {
        ngx_http_court_kept_headers(kept, &r->headers_in.headers, n);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_court_headers_forward(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_court_kept_t  *kept;

    static const ngx_str_t  would = ngx_string("would-refuse");

    if (ngx_http_court_headers_withhold(r, s) != NGX_OK
        || ngx_http_court_headers_put(r, NGX_HTTP_COURT_H_REQUEST_ID,
                                      &s->request_id, 0)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (s->would_refuse) {
        return (ngx_http_court_headers_request(r, s) == NGX_OK)
               ? ngx_http_court_headers_put(r, NGX_HTTP_COURT_H_DECISION,
                                            &would, 0)
               : NGX_ERROR;
    }

    kept = ngx_http_court_kept(s);

    if (s->match.interface == NULL
        || ngx_http_court_headers_decision(r, s, kept) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return s->match.interface->public_
           ? NGX_OK : ngx_http_court_headers_assertion(r, s, kept);
}
