/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/crypto only: the curves that a key may lie on.
 */

#ifndef _NGX_COURT_CURVE_H_INCLUDED_
#define _NGX_COURT_CURVE_H_INCLUDED_

#include "ngx_court_crypto.h"


typedef struct {
    ngx_str_t                  name;      /* JWK "crv" */
    ngx_court_kty_t            kty;
    const char                *type;      /* OpenSSL's key type */
    const char                *group;     /* OpenSSL's group, NULL for OKP */
    size_t                     size;      /* bytes of a coordinate */
    size_t                     sig_len;   /* raw */
    const u_char              *order;     /* size bytes, NULL for OKP */
} ngx_court_curve_t;

/* ended by a row with an empty name */
extern const ngx_court_curve_t  ngx_court_curves[];

/* NULL where unknown */
const ngx_court_curve_t *ngx_court_curve_find(const ngx_str_t *name);
const ngx_court_curve_t *ngx_court_curve_by_group(const char *group);


#endif /* _NGX_COURT_CURVE_H_INCLUDED_ */
