/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_pseudonym.h"


ngx_int_t
ngx_court_pseudonym(const ngx_court_ring_t *ring, ngx_uint_t k,
    const char *what, const ngx_str_t fields[2],
    u_char hex[NGX_COURT_PSEUDONYM_LEN])
{
    u_char  sum[NGX_COURT_SHA256_LEN];

    if (ngx_court_ring_name_of(ring, k, what, fields, 2, sum) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(hex, sum, NGX_COURT_PSEUDONYM_LEN / 2);

    return NGX_OK;
}
