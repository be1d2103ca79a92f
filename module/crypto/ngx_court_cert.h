/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who a certificate says it is: its names, and the hash of its key, by which
 * it may be pinned.  Whether it is to be believed was decided by the TLS
 * handshake; nothing of that is asked here.
 */

#ifndef _NGX_COURT_CERT_H_INCLUDED_
#define _NGX_COURT_CERT_H_INCLUDED_

#include "ngx_court_crypto.h"


#define NGX_COURT_CERT_NAMES  32          /* more are not looked at */

typedef struct {
    ngx_str_t                  names[NGX_COURT_CERT_NAMES];
    ngx_uint_t                 nnames;
    u_char                     spki[NGX_COURT_SHA256_LEN];   /* SHA-256 of the
                                           * SubjectPublicKeyInfo, RFC 7469 */
} ngx_court_cert_t;

/*
 * pem: the first certificate in it.  names are dNSName of subjectAltName;
 * where there is none, the only commonName (RFC 6125 6.4.4).  What holds a
 * byte that a host name cannot have is left out.  NGX_OK, in pool;
 * NGX_ERROR.
 */
ngx_int_t ngx_court_cert_read(ngx_pool_t *pool, const ngx_str_t *pem,
    ngx_court_cert_t *cert);

/* exactly, but for the case of letters: "*.x" is no name of "a.x" */
ngx_uint_t ngx_court_cert_named(const ngx_court_cert_t *cert,
    const ngx_str_t *name);

/* letters, digits, "-", "_" and "."; not empty, 253 bytes at most */
ngx_uint_t ngx_court_cert_name(const u_char *p, size_t len);

#endif /* _NGX_COURT_CERT_H_INCLUDED_ */
