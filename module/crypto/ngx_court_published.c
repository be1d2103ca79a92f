/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_key.h"

ngx_uint_t
ngx_court_key_published(const ngx_court_key_t *key)
{
    (void) key;
    return 0;
}
