/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What "token" and "assertion" share: reading and judging a compact JWT, and
 * minting one with the keys of a running demo.
 */

#ifndef _NGX_COURT_TOOL_JWT_H_INCLUDED_
#define _NGX_COURT_TOOL_JWT_H_INCLUDED_

#include "ngx_court_tool.h"
#include "ngx_court_token.h"


typedef struct {
    const char                *role;
    const char                *issuer;       /* which of the demo's */
    const char                *sub;
} ngx_court_mint_role_t;


/* standard input without the shell's newline */
ngx_int_t ngx_court_tool_token_read(ngx_pool_t *pool, ngx_str_t *token);

/* seconds since 1970, or RFC 3339; the clock where text is NULL */
ngx_int_t ngx_court_tool_token_now(const char *text, int64_t *now);

/* warns of keys that can't be used; NULL: unreadable, told on stderr */
ngx_court_jwks_t *ngx_court_tool_token_jwks(ngx_pool_t *pool,
    const char *file);

/* a string of that value */
ngx_uint_t ngx_court_tool_token_is(const ngx_court_json_t *node,
    const char *value);

/* the payload as JSON text; null where it is none */
ngx_str_t ngx_court_tool_token_payload(ngx_pool_t *pool,
    const ngx_court_jws_t *jws);

/* NULL, told on stderr, where the demo has no such role */
const ngx_court_mint_role_t *ngx_court_mint_role(const char *name);

/*
 * Where the demo is: dir, $COURT_DEMO_DIR, else demo/ beside this very
 * program, which stands in build/.
 */
void ngx_court_mint_dir(const char *dir, char *path, size_t size);

/* the private keys in keys/NAME.jwk of the demo; NULL: told on stderr */
ngx_court_jwks_t *ngx_court_mint_keys(ngx_pool_t *pool, const char *demo,
    const char *name);

/* JSON objects: claims (NULL: none) over defaults; null takes one out */
ngx_int_t ngx_court_mint_merge(ngx_pool_t *pool, const ngx_str_t *defaults,
    const char *claims, ngx_str_t *payload);

/* --exp +S or -S: seconds from now, ten years at most; NULL leaves *life */
ngx_int_t ngx_court_mint_life(const char *exp, int64_t *life);


#endif /* _NGX_COURT_TOOL_JWT_H_INCLUDED_ */
