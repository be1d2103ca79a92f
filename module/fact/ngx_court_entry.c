/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_fact.h"
#include "ngx_court_bytes.h"


/*
 * u8 format, u8 flags, i64 fetched, i64 expires, u64 sequence, record; in
 * network byte order.  Another format is a miss, never an error.
 */

#define NGX_COURT_ENTRY_FORMAT  1

/* flags; Redis holds no "none", so that shared alone is nothing we wrote */
#define NGX_COURT_ENTRY_FOUND   1
#define NGX_COURT_ENTRY_SHARED  2


u_char *
ngx_court_entry_write(u_char *p, const ngx_court_entry_t *entry)
{
    *p++ = NGX_COURT_ENTRY_FORMAT;
    *p++ = (entry->found ? NGX_COURT_ENTRY_FOUND : 0)
           | (entry->shared ? NGX_COURT_ENTRY_SHARED : 0);

    p = ngx_court_put64(p, (uint64_t) entry->fetched);
    p = ngx_court_put64(p, (uint64_t) entry->expires);
    p = ngx_court_put64(p, entry->sequence);

    if (entry->record.len) {
        p = ngx_cpymem(p, entry->record.data, entry->record.len);
    }

    return p;
}


ngx_int_t
ngx_court_entry_own(const ngx_court_fact_t *fact, const ngx_str_t *bytes,
    ngx_court_entry_t *entry)
{
    u_char  *p;

    p = bytes->data;

    if (bytes->len < NGX_COURT_ENTRY_HEADER
        || bytes->len > NGX_COURT_ENTRY_MAX
        || p[0] != NGX_COURT_ENTRY_FORMAT
        || p[1] > (NGX_COURT_ENTRY_FOUND|NGX_COURT_ENTRY_SHARED)
        || p[1] == NGX_COURT_ENTRY_SHARED)
    {
        return NGX_DECLINED;
    }

    entry->found = (p[1] & NGX_COURT_ENTRY_FOUND) != 0;
    entry->shared = (p[1] & NGX_COURT_ENTRY_SHARED) != 0;
    entry->fetched = (int64_t) ngx_court_get64(p + 2);
    entry->expires = (int64_t) ngx_court_get64(p + 10);
    entry->sequence = ngx_court_get64(p + 18);
    entry->record.data = p + NGX_COURT_ENTRY_HEADER;
    entry->record.len = bytes->len - NGX_COURT_ENTRY_HEADER;

    if (entry->fetched < 0 || entry->expires < entry->fetched) {
        return NGX_DECLINED;
    }

    if (!entry->found) {
        return entry->record.len == 0 ? NGX_OK : NGX_DECLINED;
    }

    return ngx_court_record_is(&fact->schema, &entry->record);
}


ngx_int_t
ngx_court_entry_read(const ngx_court_fact_t *fact, const ngx_str_t *bytes,
    ngx_court_entry_t *entry)
{
    ngx_int_t  rc;

    rc = ngx_court_entry_own(fact, bytes, entry);

    if (rc != NGX_OK || !entry->found) {
        return rc;
    }

    return ngx_court_record_check(&fact->schema, &entry->record);
}
