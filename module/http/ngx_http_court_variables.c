/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The $court_* variables.  None is cacheable: an answer belongs to a moment.
 * Empty while undecided, never stale.  What a person could have typed is
 * percent-encoded (RFC 3986, everything but unreserved), so that it can stand
 * in a header, a log or a URL; while the keys of facts are evaluated the same
 * variables answer as it is, and $court_subject is whose fact is asked.
 */

#include "ngx_http_court_variables.h"
#include "ngx_court_path.h"


static ngx_int_t ngx_http_court_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_court_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_court_variable_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_court_variable_source(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#define ngx_http_court_var(name, id)                                          \
    { ngx_string(name), NULL, ngx_http_court_variable,                        \
      NGX_HTTP_COURT_VAR_##id, NGX_HTTP_VAR_NOCACHEABLE, 0 }

#define ngx_http_court_prefix(name, handler)                                  \
    { ngx_string(name), NULL, handler, 0,                                     \
      NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 }

#define ngx_http_court_source_var(name, n)                                    \
    { ngx_string(name), NULL, ngx_http_court_variable_source, n,              \
      NGX_HTTP_VAR_NOCACHEABLE, 0 }


static ngx_http_variable_t  ngx_http_court_vars[] = {

    ngx_http_court_var("court_issuer", ISSUER),
    ngx_http_court_var("court_subject", SUBJECT),
    ngx_http_court_var("court_role", ROLE),
    ngx_http_court_var("court_principal", PRINCIPAL),
    ngx_http_court_var("court_kind", KIND),
    ngx_http_court_var("court_client", CLIENT),
    ngx_http_court_var("court_code", CODE),
    ngx_http_court_var("court_interface", INTERFACE),
    ngx_http_court_var("court_rule", RULE),
    ngx_http_court_var("court_decision", DECISION),
    ngx_http_court_var("court_reason", REASON),
    ngx_http_court_var("court_reason_title", TITLE),
    ngx_http_court_var("court_reason_detail", DETAIL),
    ngx_http_court_var("court_reason_next", NEXT),
    ngx_http_court_var("court_request_id", REQUEST_ID),
    ngx_http_court_var("court_cache_status", CACHE_STATUS),
    ngx_http_court_var("court_policy_version", POLICY_VERSION),
    ngx_http_court_var("court_cache_key", CACHE_KEY),
    ngx_http_court_var("court_subject_hash", SUBJECT_HASH),
    ngx_http_court_var("court_principal_hash", PRINCIPAL_HASH),
    ngx_http_court_var("court_case_hash", CASE_HASH),
    ngx_http_court_var("court_channel", CHANNEL),
    ngx_http_court_var("court_front", FRONT),
    ngx_http_court_var("court_ip", IP),

    ngx_http_court_prefix("court_claim_", ngx_http_court_variable_claim),
    ngx_http_court_prefix("court_fact_", ngx_http_court_variable_fact),
    ngx_http_court_prefix("court_path_", ngx_http_court_variable_path),

    ngx_http_court_source_var("court_source_key_1", 0),
    ngx_http_court_source_var("court_source_key_2", 1),
    ngx_http_court_source_var("court_source_key_3", 2),
    ngx_http_court_source_var("court_source_key_4", 3),
    ngx_http_court_source_var("court_source_court", 4),

      ngx_http_null_variable
};


ngx_int_t
ngx_http_court_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_court_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_http_court_need_t *
ngx_http_court_need_find(ngx_http_court_session_t *s, ngx_uint_t fact,
    ngx_court_side_t side)
{
    ngx_uint_t  i;

    for (i = 0; i < s->nneeds; i++) {
        if (s->needs[i].source->fact.index == fact
            && s->needs[i].side == side)
        {
            return &s->needs[i];
        }
    }

    return NULL;
}


ngx_http_court_need_t *
ngx_http_court_fact_found(ngx_http_court_session_t *s, ngx_court_side_t side,
    const ngx_str_t *fact)
{
    ngx_uint_t              i;
    ngx_http_court_need_t  *need;

    for (i = 0; i < s->nneeds; i++) {
        need = &s->needs[i];

        if (need->side == side && need->answered
            && need->found.state == NGX_COURT_F_FOUND
            && ngx_court_str_eq(&need->source->fact.name, fact))
        {
            return need;
        }
    }

    return NULL;
}


void
ngx_http_court_fact_get(ngx_http_court_session_t *s, ngx_court_side_t side,
    const ngx_str_t *fact, const ngx_str_t *field, ngx_court_value_t *v)
{
    ngx_uint_t              f;
    ngx_court_type_t        type;
    ngx_http_court_need_t  *need;

    ngx_memzero(v, sizeof(ngx_court_value_t));

    need = ngx_http_court_fact_found(s, side, fact);

    if (need == NULL) {
        return;
    }

    f = ngx_court_fact_field(&need->source->fact, field, &type);

    if (f != NGX_COURT_NO_FIELD) {
        ngx_court_fact_value(&need->source->fact, &need->found.record, f,
                             ngx_time(), v);
    }
}


ngx_http_court_need_t *
ngx_http_court_relation(ngx_http_court_session_t *s)
{
    static const ngx_str_t  relation = ngx_string("relation");

    return ngx_http_court_fact_found(s, ngx_http_court_side(s), &relation);
}


void
ngx_http_court_fact_field(const ngx_http_court_need_t *need, ngx_uint_t field,
    ngx_court_value_t *v)
{
    if (need == NULL) {
        ngx_memzero(v, sizeof(ngx_court_value_t));
        return;
    }

    ngx_court_record_get(&need->source->fact.schema, &need->found.record,
                         field, v);
}


/* header, assertion and record have it, too */

const ngx_str_t *
ngx_http_court_kind(ngx_http_court_session_t *s)
{
    ngx_court_value_t       v;
    ngx_http_court_need_t  *need;

    static const ngx_str_t  identity = ngx_string("identity");

    if (s->kind.len == 0) {
        need = ngx_http_court_fact_found(s, NGX_COURT_CALLER, &identity);

        ngx_http_court_fact_field(need, need ? need->source->fact.kind : 0,
                                  &v);

        if (v.state == NGX_COURT_V_PRESENT) {
            s->kind = v.str;
        }
    }

    return &s->kind;
}


/*
 * After a redirect inside to a protected location what was decided about the
 * old one is stale, until the new one is; a refusal's error_page tells it.
 */

ngx_uint_t
ngx_http_court_variable_speaks(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    return s->decided
           && (s->begun || s->refused || !ngx_http_court_protected(r->main));
}


ngx_int_t
ngx_http_court_variable_set(ngx_http_variable_value_t *v,
    const ngx_str_t *value)
{
    if (value == NULL || value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = value->data;
    v->len = value->len;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_court_variable_escaped(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v,
    const ngx_str_t *value)
{
    ngx_str_t  text;

    if (value == NULL || value->len == 0 || s->keying) {
        return ngx_http_court_variable_set(v, value);
    }

    if (ngx_court_escape_str(r->pool, &text, value) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_court_variable_set(v, &text);
}


ngx_int_t
ngx_http_court_variable_number(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, int64_t n)
{
    ngx_str_t  text;

    text.data = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    text.len = ngx_sprintf(text.data, "%L", n) - text.data;

    return ngx_http_court_variable_set(v, &text);
}


/* elements percent-encoded, joined by ','; which no element then has */

static ngx_int_t
ngx_http_court_variable_list(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_court_value_t *list)
{
    u_char     *p;
    ngx_str_t   text, cursor, element;

    text.data = ngx_pnalloc(r->pool, list->str.len * 3 + 1);
    if (text.data == NULL) {
        return NGX_ERROR;
    }

    p = text.data;
    cursor = list->str;

    while (ngx_court_list_next(&cursor, &element) == NGX_OK) {
        if (p != text.data) {
            *p++ = ',';
        }

        p = ngx_court_escape(p, &element);
    }

    text.len = p - text.data;

    return ngx_http_court_variable_set(v, &text);
}


static ngx_int_t
ngx_http_court_variable_value(ngx_http_request_t *r,
    ngx_http_court_session_t *s, ngx_http_variable_value_t *v,
    ngx_court_value_t *value)
{
    static const ngx_str_t  yes = ngx_string("true");
    static const ngx_str_t  no = ngx_string("false");

    if (value->state != NGX_COURT_V_PRESENT) {
        v->not_found = 1;
        return NGX_OK;
    }

    switch (value->type) {

    case NGX_COURT_T_BOOL:
        return ngx_http_court_variable_set(v, value->num ? &yes : &no);

    case NGX_COURT_T_INT:
    case NGX_COURT_T_TIME:
    case NGX_COURT_T_SECONDS:
        return ngx_http_court_variable_number(r, v, value->num);

    case NGX_COURT_T_LIST:
        return ngx_http_court_variable_list(r, v, value);

    case NGX_COURT_T_INTERVALS:
        return ngx_http_court_variable_number(r, v,
                   (int64_t) ngx_court_intervals_count(value));

    default:
        return ngx_http_court_variable_escaped(r, s, v, &value->str);
    }
}


/* the part of a prefix variable's name behind the prefix */

static ngx_int_t
ngx_http_court_variable_tail(uintptr_t data, size_t prefix, ngx_str_t *tail)
{
    ngx_str_t  *name = (ngx_str_t *) data;

    if (name->len <= prefix) {
        return NGX_DECLINED;
    }

    tail->data = name->data + prefix;
    tail->len = name->len - prefix;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                  name;
    ngx_court_value_t          value;
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);

    if (s == NULL || !s->verified
        || !(s->keying || ngx_http_court_variable_speaks(r, s))
        || ngx_http_court_variable_tail(data, sizeof("court_claim_") - 1,
                                        &name) != NGX_OK)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_court_token_claim(&s->token, &name, ngx_time(), &value);

    return ngx_http_court_variable_value(r, s, v, &value);
}


/* court_fact_NAME_FIELD: NAME has no '_', FIELD may have */

static ngx_int_t
ngx_http_court_variable_fact(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                    *p;
    ngx_str_t                  fact, field;
    ngx_court_value_t          value;
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);

    if (s == NULL || !ngx_http_court_variable_speaks(r, s)
        || ngx_http_court_variable_tail(data, sizeof("court_fact_") - 1,
                                        &fact) != NGX_OK
        || (p = ngx_strlchr(fact.data, fact.data + fact.len, '_')) == NULL)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    field.data = p + 1;
    field.len = fact.data + fact.len - field.data;
    fact.len = p - fact.data;

    ngx_http_court_fact_get(s, NGX_COURT_CALLER, &fact, &field, &value);

    return ngx_http_court_variable_value(r, s, v, &value);
}


static ngx_int_t
ngx_http_court_variable_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                  name;
    ngx_uint_t                 i;
    const ngx_str_t           *known;
    ngx_http_court_session_t  *s;

    v->not_found = 1;
    s = ngx_http_court_session(r);

    if (s == NULL || s->pinned == NULL
        || !(s->keying || ngx_http_court_variable_speaks(r, s))
        || ngx_http_court_variable_tail(data, sizeof("court_path_") - 1,
                                        &name) != NGX_OK)
    {
        return NGX_OK;
    }

    for (i = 0; i < s->match.nvars; i++) {
        known = ngx_court_policy_path_name(s->pinned->policy,
                                           s->match.vars[i].name);

        if (ngx_court_str_eq(known, &name)) {
            return ngx_http_court_variable_escaped(r, s, v,
                                                   &s->match.vars[i].value);
        }
    }

    return NGX_OK;
}


/* percent-encoded, as the fetch sent it */

static ngx_int_t
ngx_http_court_variable_source(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);

    return ngx_http_court_variable_set(v, s ? &s->source_keys[data] : NULL);
}
