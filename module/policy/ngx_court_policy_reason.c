/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A policy's own reasons: code, and in zh (mandatory) and en what is wrong and
 * what to do instead.  A built-in reason's words are not for a policy to
 * change.
 */

#include "ngx_court_policy_internal.h"


static ngx_int_t ngx_court_policy_reason_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);
static ngx_int_t ngx_court_policy_reason_text(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst);


typedef struct {
    int64_t                    status;
    ngx_court_text_t           zh;
    ngx_court_text_t           en;
} ngx_court_reason_draft_t;

static const ngx_court_member_t  ngx_court_reason_members[] = {
    { "status", 0, ngx_court_policy_int,
      offsetof(ngx_court_reason_draft_t, status) },
    { "zh", 1, ngx_court_policy_reason_text,
      offsetof(ngx_court_reason_draft_t, zh) },
    { "en", 0, ngx_court_policy_reason_text,
      offsetof(ngx_court_reason_draft_t, en) },
    { NULL, 0, NULL, 0 }
};

static const ngx_court_member_t  ngx_court_text_members[] = {
    { "title", 1, ngx_court_policy_string,
      offsetof(ngx_court_text_t, title) },
    { "detail", 1, ngx_court_policy_string,
      offsetof(ngx_court_text_t, detail) },
    { "next", 1, ngx_court_policy_string,
      offsetof(ngx_court_text_t, next) },
    { NULL, 0, NULL, 0 }
};


ngx_int_t
ngx_court_policy_reasons_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node)
{
    /* pointers to reasons are kept: the array must never move */

    if (ngx_array_init(&ps->policy->reasons, ps->pool,
                       ngx_max(ngx_court_json_size(node), 1),
                       sizeof(ngx_court_reason_t))
        != NGX_OK)
    {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    return ngx_court_policy_map(ps, at, node, ngx_court_policy_reason_parse,
                                NULL);
}


static ngx_int_t
ngx_court_policy_reason_parse(ngx_court_parse_t *ps,
    const ngx_court_at_t *at, const ngx_court_json_t *node, void *dst)
{
    ngx_court_reason_t        *reason;
    ngx_court_reason_draft_t   draft;

    ngx_memzero(&draft, sizeof(ngx_court_reason_draft_t));
    draft.status = 403;

    if (!ngx_court_policy_is_id(&at->name, 0)) {
        return ngx_court_policy_error(ps, at, "invalid reason code \"%V\"",
                                      &at->name);
    }

    if (ngx_court_reason_find(&at->name)) {
        return ngx_court_policy_error(ps, at, "\"%V\" is a built-in reason",
                                      &at->name);
    }

    if (ngx_court_policy_object(ps, at, node, ngx_court_reason_members,
                                &draft)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (draft.status != 403) {
        return ngx_court_policy_error(ps, at, "\"status\" must be 403");
    }

    reason = ngx_array_push(&ps->policy->reasons);
    if (reason == NULL) {
        return ngx_court_policy_error(ps, at, "no memory");
    }

    reason->code = at->name;
    reason->status = draft.status;
    reason->text[NGX_COURT_ZH] = draft.zh;
    reason->text[NGX_COURT_EN] = draft.en.title.len ? draft.en : draft.zh;

    return ngx_court_policy_copy(ps, &reason->code);
}


static ngx_int_t
ngx_court_policy_reason_text(ngx_court_parse_t *ps, const ngx_court_at_t *at,
    const ngx_court_json_t *node, void *dst)
{
    return ngx_court_policy_object(ps, at, node, ngx_court_text_members, dst);
}


/* the policy's own or a built-in one; NULL: no such */

const ngx_court_reason_t *
ngx_court_policy_reason(const ngx_court_policy_t *policy,
    const ngx_str_t *code)
{
    ngx_uint_t           i;
    ngx_court_reason_t  *reason;

    reason = policy->reasons.elts;

    for (i = 0; i < policy->reasons.nelts; i++) {
        if (ngx_court_str_eq(&reason[i].code, code)) {
            return &reason[i];
        }
    }

    return ngx_court_reason_find(code);
}
