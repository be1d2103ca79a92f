/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside module/crypto only: signatures of two integers, between JOSE's raw
 * r||s and the DER SEQUENCE that OpenSSL wants.  By hand, since lengths have
 * to be settled before anything of the caller's is parsed.
 */

#ifndef _NGX_COURT_DER_H_INCLUDED_
#define _NGX_COURT_DER_H_INCLUDED_

#include "ngx_court_crypto.h"


#define NGX_COURT_DER_MAX_HALF  66        /* P-521 */

/* SEQUENCE and two INTEGERs, each with a sign byte; two bytes of length */
#define NGX_COURT_DER_MAX  (3 + 2 * (2 + 1 + NGX_COURT_DER_MAX_HALF))

/* r||s, each of half bytes, to DER; returns its length */
size_t ngx_court_der_encode(u_char *der, const u_char *raw, size_t half);

/*
 * Strict DER to r||s: shortest lengths, no negative or padded integer, no
 * byte behind.  NGX_OK or NGX_DECLINED.
 */
ngx_int_t ngx_court_der_decode(u_char *raw, size_t half,
    const ngx_str_t *der);

/* r and s are each in [1, order - 1]; order has half bytes */
ngx_uint_t ngx_court_der_in_range(const u_char *raw, const u_char *order,
    size_t half);


#endif /* _NGX_COURT_DER_H_INCLUDED_ */
