/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside of token/: one verification under way, and its claims.
 */

#ifndef _NGX_COURT_TOKEN_CLAIMS_H_INCLUDED_
#define _NGX_COURT_TOKEN_CLAIMS_H_INCLUDED_

#include "ngx_court_token.h"


typedef struct {
    ngx_pool_t                *pool;
    time_t                     now;
    ngx_court_jws_t            jws;
    const ngx_court_key_t     *key;
    ngx_court_json_t          *payload;
    const ngx_court_reason_t  *reason;
    const char                *why;
} ngx_court_token_ctx_t;


/*
 * The claims of a payload whose signature holds: aud, cnf, sub, role, court,
 * times and the rest, each of its type or refused; fills token's record and
 * extra.  Whether the token is expired is recheck's matter.
 */
ngx_court_result_t ngx_court_token_claims(ngx_court_token_ctx_t *ctx,
    ngx_court_token_t *token);


#endif /* _NGX_COURT_TOKEN_CLAIMS_H_INCLUDED_ */
