/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: a byte, then a fact's entry as it lies in shared memory.  The byte is
 * the fact and, with its highest bit, says that header and schema id are
 * written here, since no fuzzer guesses them.
 */

#include "fuzz_facts.h"
#include "ngx_court_bytes.h"


void
fuzz_setup(ngx_pool_t *pool)
{
    must(ngx_court_crypto_init(pool->log) == NGX_OK);
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char                   mode, *p;
    ngx_int_t                rc;
    ngx_str_t                bytes, again;
    ngx_court_entry_t        entry;
    const ngx_court_fact_t  *fact;

    mode = fuzz_byte(in);
    fact = fuzz_fact(mode & 0x7f);
    bytes = *in;

    if (mode & 0x80) {
        bytes.len = NGX_COURT_ENTRY_HEADER + 4 + in->len;
        bytes.data = ngx_pcalloc(pool, bytes.len);
        bytes.data[0] = 1;
        bytes.data[1] = 1;
        p = ngx_court_put32(bytes.data + NGX_COURT_ENTRY_HEADER,
                            fact->schema.id);
        ngx_memcpy(p, in->data, in->len);
    }

    rc = ngx_court_entry_read(fact, &bytes, &entry);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        return;
    }

    again.data = ngx_pnalloc(pool, NGX_COURT_ENTRY_HEADER + entry.record.len);
    p = ngx_court_entry_write(again.data, &entry);
    again.len = p - again.data;
    must(again.len == bytes.len
         && ngx_memcmp(again.data, bytes.data, bytes.len) == 0);

    if (entry.found) {
        must(entry.record.len <= NGX_COURT_RECORD_MAX);
        fuzz_fact_read(fact, &entry.record);
    }
}
