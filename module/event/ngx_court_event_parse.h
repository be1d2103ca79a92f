/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/event only: what entries, heads and parts have in common.
 */

#ifndef _NGX_COURT_EVENT_PARSE_H_INCLUDED_
#define _NGX_COURT_EVENT_PARSE_H_INCLUDED_

#include "ngx_court_event.h"


#define NGX_COURT_EVENT_TYP       "court-event+jwt"
#define NGX_COURT_EVENT_HEAD_TYP  "court-deny+jwt"

/* associated data of what is sealed; of an entry its id follows */
#define NGX_COURT_EVENT_AAD       "court-event:"
#define NGX_COURT_EVENT_PART_AAD  "court-deny"


/* an object with no other members than these; names ends with NULL */
ngx_uint_t ngx_court_event_members(const ngx_court_json_t *node,
    const char *const *names);

/* a string of 1 to max bytes without control characters */
ngx_int_t ngx_court_event_text(const ngx_court_json_t *node, size_t max,
    ngx_str_t *s);

/* an entry's id: [A-Za-z0-9_-], 1 to NGX_COURT_EVENT_ID */
ngx_uint_t ngx_court_event_id_valid(const ngx_str_t *id);

/* a base64url SHA-256; NGX_OK, NGX_DECLINED or NGX_ERROR */
ngx_int_t ngx_court_event_digest(ngx_pool_t *pool,
    const ngx_court_json_t *node, u_char out[NGX_COURT_SHA256_LEN]);

/* seq of the range that JSON numbers keep exactly */
ngx_int_t ngx_court_event_seq(const ngx_court_json_t *node, uint64_t *seq);

/* s since 1970 or, absent (NULL), EVENT_EVER */
ngx_int_t ngx_court_event_until(const ngx_court_json_t *node, int64_t *until);

/*
 * A compact JWS of that typ, signed by one of keys: its payload and the kid.
 * OK, FORGED or FAILED.
 */
ngx_court_event_verdict_t ngx_court_event_verify(ngx_pool_t *pool,
    const ngx_court_event_keys_t *keys, const ngx_str_t *text,
    const char *typ, ngx_court_json_t **payload, ngx_str_t *kid,
    const char **why);

/* what a key of this layer signs with; NULL: nothing that is accepted */
const ngx_court_alg_t *ngx_court_event_alg(const ngx_court_key_t *key);

/* the kind takes such a target */
ngx_uint_t ngx_court_event_takes(ngx_court_event_kind_t kind,
    ngx_court_event_what_t what);


#endif /* _NGX_COURT_EVENT_PARSE_H_INCLUDED_ */
