/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files of keys as courtctl keys sees them: a ring (seal, audit), or a JWKS
 * (private: what signs; public: an issuer's).  A file is read whole, changed
 * in memory, and replaced by rename, under a lock, with owner and mode as it
 * was: whoever reads it sees the old text or the new one.
 */

#ifndef _NGX_COURT_TOOL_KEYS_H_INCLUDED_
#define _NGX_COURT_TOOL_KEYS_H_INCLUDED_

#include "ngx_court_tool.h"
#include "ngx_court_jose.h"

#include <limits.h>
#include <sys/stat.h>


#define NGX_COURT_KEYS_SECRET  43         /* 32 bytes in base64url */


typedef struct {
    const char                *kty;
    const char                *crv;
    const char                *bits;
    const char                *alg;
    const char                *kid;
    const char                *in;
    const char                *out;
    const char                *output;
    const char                *forget;
} ngx_court_keys_opts_t;

typedef enum {
    NGX_COURT_KEYS_SEAL = 0,
    NGX_COURT_KEYS_AUDIT,
    NGX_COURT_KEYS_PRIVATE,
    NGX_COURT_KEYS_PUBLIC
} ngx_court_keys_kind_t;

typedef struct {
    ngx_str_t                  id;
    ngx_str_t                  alg;
    ngx_court_turn_t           turn;
    int64_t                    created;   /* 0: the file does not say */
    ngx_str_t                  text;      /* SECRET of a ring's line; or JWK,
                                             without court_state and iat */
    ngx_court_key_t           *key;       /* JWKS; NULL: unusable */
} ngx_court_keys_item_t;

typedef struct {
    ngx_pool_t                *pool;
    const char                *name;      /* as it was given */
    char                       path[PATH_MAX];   /* no symlink */
    int                        lock;      /* -1: none */
    struct stat                st;
    ngx_court_keys_kind_t      kind;
    ngx_uint_t                 pem;       /* was a PEM file */
    ngx_str_t                  text;      /* as it was; secret */
    ngx_array_t                comments;  /* ngx_str_t: a ring's lines */
    ngx_array_t                items;     /* ngx_court_keys_item_t */
} ngx_court_keys_file_t;


int ngx_court_keys_usage(void);

/*
 * Reads a file; lock: so that it may be saved.  An exit code; what is wrong
 * was said.  To be closed in either case.
 */
int ngx_court_keys_open(ngx_pool_t *pool, const char *name, ngx_uint_t lock,
    ngx_court_keys_file_t *file);
void ngx_court_keys_close(ngx_court_keys_file_t *file);

/* items as the file's new text; an exit code */
int ngx_court_keys_save(ngx_court_keys_file_t *file);

/* one JWK as an item; key NULL where it is unusable */
ngx_int_t ngx_court_keys_jwk(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_keys_item_t *item);

/* since when it is: by the file's own words, else its time of change */
int64_t ngx_court_keys_age(const ngx_court_keys_file_t *file,
    const ngx_court_keys_item_t *item, int64_t now);

/* 43 characters of base64url into text */
ngx_int_t ngx_court_keys_secret(u_char *text);

/* a key pair as --kty, --crv, --bits, --alg, --kid say; an exit code */
int ngx_court_keys_generate(ngx_pool_t *pool, ngx_court_keys_opts_t *o,
    ngx_court_key_t **made);

/* the alg that is written with it; NULL: left open */
const ngx_court_alg_t *ngx_court_keys_alg(const ngx_court_key_t *key);

const char *ngx_court_keys_kind_name(ngx_court_keys_kind_t kind);

int ngx_court_keys_list(ngx_pool_t *pool, const char **files, ngx_uint_t n,
    ngx_uint_t json);

/* verb: stage, commit, retire; else usage */
int ngx_court_keys_turn(ngx_pool_t *pool, const char *verb, const char *name,
    ngx_court_keys_opts_t *o);


#endif /* _NGX_COURT_TOOL_KEYS_H_INCLUDED_ */
