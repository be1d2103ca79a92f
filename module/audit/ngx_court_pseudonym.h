/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How a person or a case is called where nobody is named: a keyed hash under
 * a key of court_audit_key's ring.  Records, logs and variables are written
 * with it; who holds the ring finds his own by it.
 */

#ifndef _NGX_COURT_PSEUDONYM_H_INCLUDED_
#define _NGX_COURT_PSEUDONYM_H_INCLUDED_

#include "ngx_court_seal.h"


#define NGX_COURT_PSEUDONYM_LEN      32   /* hex digits */

/* what fields are: (issuer, subject) or (court, case) */
#define NGX_COURT_PSEUDONYM_SUBJECT  "subject"
#define NGX_COURT_PSEUDONYM_CASE     "case"

/* under the ring's k-th key, 0 is the one to write with; NGX_OK or NGX_ERROR */
ngx_int_t ngx_court_pseudonym(const ngx_court_ring_t *ring, ngx_uint_t k,
    const char *what, const ngx_str_t fields[2],
    u_char hex[NGX_COURT_PSEUDONYM_LEN]);


#endif /* _NGX_COURT_PSEUDONYM_H_INCLUDED_ */
