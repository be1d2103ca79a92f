/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts written down in a file, for asking the policy without a server:
 * {"token":{}, "request":{}, "court":{}, "client":{}, "identity":{}, ...,
 *  "principal":{"identity":{}, "relation":{}}}.  A member that stands there
 * is told completely: what it lacks is absent, and null is "no such".  What
 * doesn't stand there is not known.
 */

#ifndef _NGX_COURT_TOOL_FACTS_H_INCLUDED_
#define _NGX_COURT_TOOL_FACTS_H_INCLUDED_

#include "ngx_court_policy.h"


typedef struct {
    ngx_pool_t                *pool;
    const ngx_court_policy_t  *policy;
    const ngx_court_json_t    *root;      /* NULL: nothing is known */
    ngx_str_t                  method;
    time_t                     now;
    ngx_str_t                  records[NGX_COURT_NSIDES][NGX_COURT_MAX_FACTS];
    ngx_array_t                unknown;   /* of ngx_str_t: asked in vain */
} ngx_court_tool_facts_t;


/* text NULL: nothing is known; NGX_ERROR and err with what is wrong in it */
ngx_int_t ngx_court_tool_facts_parse(ngx_court_tool_facts_t *facts,
    const ngx_str_t *text, ngx_str_t *err);

/* the getters of ngx_court_input_t; data is ngx_court_tool_facts_t */
void ngx_court_tool_facts_value(void *data, const ngx_court_attr_t *attr,
    ngx_court_side_t side, ngx_court_value_t *v);
ngx_court_fact_state_t ngx_court_tool_facts_state(void *data,
    ngx_uint_t fact, ngx_court_side_t side);

/* a string member of an object member, "token", "sub"; "" */
ngx_str_t ngx_court_tool_facts_string(const ngx_court_tool_facts_t *facts,
    const char *domain, const char *name);


#endif /* _NGX_COURT_TOOL_FACTS_H_INCLUDED_ */
