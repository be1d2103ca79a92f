/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_base.h"
#include "ngx_court_reason_zh.h"
#include "ngx_court_reason_en.h"


#define NGX_COURT_TEXT(title, detail, next)                                   \
    { ngx_string(title), ngx_string(detail), ngx_string(next) }

/* the text of each code is a macro of its own: a missing one is an error */

#define NGX_COURT_REASON_ROW(id, code, status)                                \
    { ngx_string(code), status, { NGX_COURT_ZH_##id, NGX_COURT_EN_##id } },


const ngx_court_reason_t  ngx_court_reasons[NGX_COURT_NREASONS] = {
    NGX_COURT_REASONS(NGX_COURT_REASON_ROW)
};


const ngx_court_reason_t *
ngx_court_reason_find(const ngx_str_t *code)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_COURT_NREASONS; i++) {
        if (ngx_court_str_eq(&ngx_court_reasons[i].code, code)) {
            return &ngx_court_reasons[i];
        }
    }

    return NULL;
}
