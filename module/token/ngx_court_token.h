/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Access tokens: which issuer, whose keys, which claims.  RFC 7519, RFC 9068
 * (typ at+jwt), RFC 8725.  Pure: the time comes in as a parameter.
 */

#ifndef _NGX_COURT_TOKEN_H_INCLUDED_
#define _NGX_COURT_TOKEN_H_INCLUDED_

#include "ngx_court_jose.h"
#include "ngx_court_value.h"


typedef enum {
    NGX_COURT_BINDING_NONE = 0,
    NGX_COURT_BINDING_DPOP,
    NGX_COURT_BINDING_MTLS,
    NGX_COURT_BINDING_ANY
} ngx_court_binding_t;


/* "claim NAME /json/pointer [map=FILE]" */
typedef struct {
    ngx_str_t                  name;
    ngx_str_t                  pointer;
    ngx_array_t               *map;        /* ngx_keyval_t; NULL: as it is;
                                            * with a map, an unlisted value
                                            * is absent */
} ngx_court_claim_t;


/* a finished court_issuer block; const after configuration */
typedef struct {
    ngx_str_t                  name;       /* NAME of the block */
    ngx_uint_t                 index;      /* in the array of all issuers */
    ngx_str_t                  issuer;     /* iss, compared byte by byte */
    ngx_array_t               *audiences;  /* ngx_str_t, at least one */
    ngx_array_t               *roles;      /* ngx_str_t, at least one */
    ngx_array_t               *courts;     /* ngx_str_t; NULL: any */
    ngx_court_alg_set_t        algorithms;
    ngx_str_t                  typ;        /* "at+jwt" */
    time_t                     leeway;     /* 30 */
    time_t                     token_max_age;  /* exp - iat, now - iat; 0
                                            * none */
    ngx_array_t               *claims;     /* ngx_court_claim_t or NULL */
    ngx_array_t               *acr;        /* ngx_str_t ascending, or NULL */
    ngx_court_binding_t        binding;
    ngx_court_sm2_opts_t       sm2;
    ngx_court_jwks_t          *jwks;
    u_char                     config_hash[NGX_COURT_SHA256_LEN];
                                           /* of all above but jwks; part
                                            * of cache keys */
} ngx_court_issuer_t;

/*
 * NULL, or why a claim mapping of that name would never be read: exp, nbf, iat
 * are the JWT's own, kid the header's, others are computed; and only what is
 * one string goes through a map.
 */
const char *ngx_court_token_unmappable(const ngx_str_t *name,
    ngx_uint_t with_map);

/* fills config_hash; call once when all members are set */
ngx_int_t ngx_court_issuer_seal(ngx_court_issuer_t *issuer);


/*
 * The closed schema of a verified token; X(ID, name, type).  "role" comes
 * from the claim mapping "role" where there is one, else from /role; other
 * names likewise, but for exp, nbf, iat, which are the JWT's own, and kid and
 * acr_level.  Claims that an issuer maps under other names follow as strings;
 * see ngx_court_token_t.extra.
 */
#define NGX_COURT_TOKEN_FIELDS(X)                                             \
    X(SUB,       "sub",       NGX_COURT_T_STRING)                             \
    X(ROLE,      "role",      NGX_COURT_T_STRING)                             \
    X(PRINCIPAL, "principal", NGX_COURT_T_STRING)                             \
    X(KIND,      "kind",      NGX_COURT_T_STRING)                             \
    X(CLIENT,    "client_id", NGX_COURT_T_STRING)                             \
    X(COURT,     "court",     NGX_COURT_T_STRING)                             \
    X(CHANNEL,   "channel",   NGX_COURT_T_STRING)                             \
    X(JTI,       "jti",       NGX_COURT_T_STRING)                             \
    X(KID,       "kid",       NGX_COURT_T_STRING)                             \
    X(ACR,       "acr",       NGX_COURT_T_STRING)                             \
    X(AMR,       "amr",       NGX_COURT_T_LIST)                               \
    X(SCOPE,     "scope",     NGX_COURT_T_LIST)                               \
    X(EXP,       "exp",       NGX_COURT_T_TIME)                               \
    X(NBF,       "nbf",       NGX_COURT_T_TIME)                               \
    X(IAT,       "iat",       NGX_COURT_T_TIME)                               \
    X(AUTH_TIME, "auth_time", NGX_COURT_T_TIME)                               \
    X(ACR_LEVEL, "acr_level", NGX_COURT_T_INT)

enum {
#define NGX_COURT_TOKEN_FIELD_ID(id, name, type)  NGX_COURT_TF_##id,
    NGX_COURT_TOKEN_FIELDS(NGX_COURT_TOKEN_FIELD_ID)
#undef NGX_COURT_TOKEN_FIELD_ID
    NGX_COURT_TF_COUNT
};


/*
 * A verified token.  record holds the fields above, extra the issuer's own
 * mapped claims (a list "name=value", sorted as configured); both are flat,
 * so that pack and unpack are copies.  auth_age is computed: now - auth_time.
 */
typedef struct {
    const ngx_court_issuer_t  *issuer;
    ngx_str_t                  record;
    ngx_str_t                  extra;
    u_char                     id[NGX_COURT_SHA256_LEN];  /* hash of
                                            * header.payload, for revocation */
} ngx_court_token_t;

extern ngx_court_schema_t  ngx_court_token_schema;

void ngx_court_token_init(void);            /* fills the schema */

/*
 * text: the credential behind "Bearer ".  issuers: array of
 * ngx_court_issuer_t *, those accepted here.  All rules of RFC 8725 that
 * apply: issuer by iss, keys by issuer, allowed algorithm, typ, aud, exp
 * (mandatory), nbf, iat not in the future, token_max_age, sub (mandatory,
 * non-empty, <= 256 bytes), role (mandatory, one the issuer may assert),
 * court within issuer's courts, cnf (refused as binding_invalid until sender
 * binding exists), claims of wrong type.
 *
 * PASS: token filled in pool memory.  REFUSED: *reason is token_invalid, or
 * token_expired (only after signature, iss, aud held), binding_invalid.
 * FAILED: keys_unavailable (issuer without any key) or internal_error.
 * *why: constant text for the log, never the token or its claims.
 */
ngx_court_result_t ngx_court_token_verify(ngx_pool_t *pool,
    const ngx_array_t *issuers, const ngx_str_t *text, time_t now,
    ngx_court_token_t *token, const ngx_court_reason_t **reason,
    const char **why);

/*
 * What must hold again for a cached verification: exp, nbf, token_max_age at
 * now.  Same results as verify.
 */
ngx_court_result_t ngx_court_token_recheck(const ngx_court_token_t *token,
    time_t now, const ngx_court_reason_t **reason, const char **why);

/* when a cached verification ends at the latest: exp + leeway, max_age */
time_t ngx_court_token_until(const ngx_court_token_t *token);

/*
 * Cache key: hash of the exact token text; the entry itself remembers
 * issuer's config_hash and jwks generation.  unpack refuses (NGX_DECLINED) an
 * entry of another configuration, of a key generation gone, or malformed.
 */
ngx_int_t ngx_court_token_key(const ngx_str_t *text,
    u_char key[NGX_COURT_SHA256_LEN]);

/* keys of good tokens that this process met lately (ngx_court_token_memo.c) */
ngx_int_t ngx_court_token_memo_get(const ngx_str_t *text,
    u_char key[NGX_COURT_SHA256_LEN]);
void ngx_court_token_memo_keep(const ngx_str_t *text,
    const u_char key[NGX_COURT_SHA256_LEN]);
/* and what the zone held for it: bytes that unpack has found whole; 1: the very
 * same, so unpack_again will do */
void ngx_court_token_memo_packed(const ngx_str_t *text,
    const ngx_str_t *bytes);
ngx_uint_t ngx_court_token_memo_whole(const ngx_str_t *text,
    const ngx_str_t *bytes);
void ngx_court_token_memo_drop(const ngx_str_t *text);
void ngx_court_token_memo_clear(void);

ngx_int_t ngx_court_token_pack(ngx_pool_t *pool,
    const ngx_court_token_t *token, ngx_str_t *bytes);
ngx_int_t ngx_court_token_unpack(const ngx_array_t *issuers,
    const ngx_str_t *bytes, ngx_court_token_t *token);

/* of bytes that unpack has taken before: issuer and keys alone are looked at */
ngx_int_t ngx_court_token_unpack_again(const ngx_array_t *issuers,
    const ngx_str_t *bytes, ngx_court_token_t *token);

/* one field of NGX_COURT_TOKEN_FIELDS; v->str points into the record */
void ngx_court_token_field(const ngx_court_token_t *token, ngx_uint_t field,
    ngx_court_value_t *v);

/* any claim by name: fields, "auth_age", the issuer's mapped claims */
void ngx_court_token_claim(const ngx_court_token_t *token,
    const ngx_str_t *name, time_t now, ngx_court_value_t *v);


#endif /* _NGX_COURT_TOKEN_H_INCLUDED_ */
