/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Values of attributes, as the policy asks for them while it decides: from
 * the session, without allocating.  What is not known yet in this version
 * (registered clients, signatures) is absent; what cannot have happened is
 * false.
 */

#include "ngx_http_court.h"


typedef void (*ngx_http_court_attr_pt)(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v);


static void
ngx_http_court_attr_str(ngx_court_value_t *v, const ngx_str_t *s)
{
    if (s->len) {
        v->state = NGX_COURT_V_PRESENT;
        v->str = *s;
    }
}


static void
ngx_http_court_attr_num(ngx_court_value_t *v, int64_t num)
{
    v->state = NGX_COURT_V_PRESENT;
    v->num = num;
}


/*
 * The token speaks about the caller.  Of the principal it says the name, and
 * whose word that is; nothing else of it is his.
 */

static void
ngx_http_court_attr_token(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    if (!s->verified) {
        return;
    }

    if (attr->field == NGX_COURT_A_TOKEN_ISSUER) {
        ngx_http_court_attr_str(v, &s->issuer);
        return;
    }

    if (side == NGX_COURT_PRINCIPAL) {
        if (attr->field == NGX_COURT_A_TOKEN_SUB) {
            ngx_http_court_attr_str(v, &s->principal);
        }

        return;
    }

    if (attr->field < NGX_COURT_TF_COUNT) {
        ngx_court_token_field(&s->token, attr->field, v);
        return;
    }

    ngx_court_token_claim(&s->token, &attr->name, ngx_time(), v);
}


static void
ngx_http_court_attr_request(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    const ngx_str_t  *channel;

    static const ngx_str_t  get = ngx_string("GET");

    switch (attr->field) {

    case NGX_COURT_A_REQUEST_CHANNEL:
        channel = ngx_http_court_channel_known(s);

        if (channel) {
            ngx_http_court_attr_str(v, channel);
        }

        break;

    case NGX_COURT_A_REQUEST_IP:
        ngx_http_court_attr_str(v, ngx_http_court_front_ip(s));
        break;

    case NGX_COURT_A_REQUEST_METHOD:
        ngx_http_court_attr_str(v, s->request->method == NGX_HTTP_HEAD
                                   ? &get : &s->request->method_name);
        break;

    case NGX_COURT_A_REQUEST_TIME:
        ngx_http_court_attr_num(v, ngx_time());
        break;

    case NGX_COURT_A_REQUEST_CONFIRMED:
    case NGX_COURT_A_REQUEST_NONCE:
    case NGX_COURT_A_REQUEST_DRILL:
        ngx_http_court_attr_num(v, 0);
        break;

    default:
        break;
    }
}


static void
ngx_http_court_attr_path(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    ngx_uint_t  i;

    for (i = 0; i < s->match.nvars; i++) {
        if (s->match.vars[i].name == attr->field) {
            ngx_http_court_attr_str(v, &s->match.vars[i].value);
            return;
        }
    }
}


static void
ngx_http_court_attr_client(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    if (attr->field == NGX_COURT_A_CLIENT_ID) {
        ngx_http_court_attr_str(v, &s->client);

    } else if (attr->field == NGX_COURT_A_CLIENT_BOUND) {
        ngx_http_court_attr_num(v, 0);
    }
}


static void
ngx_http_court_attr_signature(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    if (attr->field == NGX_COURT_A_SIGNATURE_PRESENT) {
        ngx_http_court_attr_num(v, 0);
    }
}


static void
ngx_http_court_attr_tls(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    ngx_uint_t  on;

    on = 0;

#if (NGX_HTTP_SSL)
    on = s->request->connection->ssl != NULL;
#endif

    if (attr->field == NGX_COURT_A_TLS_ON) {
        ngx_http_court_attr_num(v, on);
    }
}


static void
ngx_http_court_attr_court(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    if (attr->field == NGX_COURT_A_COURT_CODE) {
        ngx_http_court_attr_str(v, &s->code);
        return;
    }

    if (s->court == NULL) {
        return;
    }

    switch (attr->field) {

    case NGX_COURT_A_COURT_PARENT:
        ngx_http_court_attr_str(v, &s->court->parent);
        break;

    case NGX_COURT_A_COURT_ANCESTORS:
        *v = s->court->ancestors;
        break;

    case NGX_COURT_A_COURT_FEATURES:
        *v = s->court->features;
        break;

    default:
        break;
    }
}


static void
ngx_http_court_attr_of_fact(ngx_http_court_session_t *s,
    const ngx_court_attr_t *attr, ngx_court_side_t side, ngx_court_value_t *v)
{
    ngx_http_court_need_t  *need;

    need = ngx_http_court_need_find(s, attr->fact, side);

    /* what was not asked could not be found out */

    if (need == NULL || !need->answered
        || need->found.state == NGX_COURT_F_UNAVAILABLE)
    {
        v->state = NGX_COURT_V_UNAVAILABLE;
        return;
    }

    if (need->found.state == NGX_COURT_F_FOUND) {
        ngx_court_fact_value(&need->source->fact, &need->found.record,
                             attr->field, ngx_time(), v);
    }
}


static const ngx_http_court_attr_pt  ngx_http_court_attrs[] = {
    ngx_http_court_attr_token,           /* by ngx_court_domain_t */
    ngx_http_court_attr_request,
    ngx_http_court_attr_path,
    ngx_http_court_attr_client,
    ngx_http_court_attr_signature,
    ngx_http_court_attr_tls,
    ngx_http_court_attr_court,
    ngx_http_court_attr_of_fact
};


void
ngx_http_court_attr_value(void *data, const ngx_court_attr_t *attr,
    ngx_court_side_t side, ngx_court_value_t *v)
{
    ngx_memzero(v, sizeof(ngx_court_value_t));
    v->type = attr->type;

    if ((ngx_uint_t) attr->domain
        >= sizeof(ngx_http_court_attrs) / sizeof(ngx_http_court_attrs[0]))
    {
        v->state = NGX_COURT_V_UNAVAILABLE;
        return;
    }

    ngx_http_court_attrs[attr->domain](data, attr, side, v);
}


ngx_court_fact_state_t
ngx_http_court_attr_fact(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    ngx_http_court_need_t  *need;

    need = ngx_http_court_need_find(data, fact, side);

    if (need == NULL || !need->answered) {
        return NGX_COURT_F_UNAVAILABLE;
    }

    return need->found.state;
}
