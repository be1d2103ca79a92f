/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: the name of a standard fact, LF, a mapping file (nothing: the default
 * JSON), "---", a source's answer.  What becomes a record can be read, and
 * speaks of whom was asked about.
 */

#include "fuzz_facts.h"


void
fuzz_setup(ngx_pool_t *pool)
{
    must(ngx_court_crypto_init(pool->log) == NGX_OK);
}


/* the default JSON names the subject as it was asked for, and once */

static void
fuzz_echoed(ngx_pool_t *pool, const ngx_court_fact_t *fact,
    const ngx_str_t *body, const ngx_str_t *keys, const ngx_str_t *court)
{
    ngx_str_t          s;
    ngx_uint_t         i, found;
    ngx_court_json_t  *root;

    static const char *const  members[] = {
        "subject", "assistant", "client"
    };

    root = ngx_court_json_parse(pool, body, &ngx_court_json_small, NULL);
    must(root != NULL);

    for (found = 0, i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (ngx_court_json_string(ngx_court_json_get(root, members[i]), &s)
            == NGX_OK)
        {
            found |= ngx_court_str_eq(&s, &keys[fact->nkeys == 1 ? 0 : 1]);
        }
    }

    must(found);

    if (fact->court_scope
        && ngx_court_json_string(ngx_court_json_get(root, "court"), &s)
           == NGX_OK)
    {
        must(ngx_court_str_eq(&s, court));
    }
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_int_t                rc;
    ngx_str_t                name, text, body, err, record, court, keys[4];
    ngx_uint_t               i;
    const char              *why;
    ngx_court_fact_t         fact;
    ngx_court_entry_t        entry, out;

    name = fuzz_line(pool, in);

    if (ngx_court_fact_standard(&name) == NULL) {
        name = fuzz_str("identity");
    }

    fact = *ngx_court_fact_standard(&name);

    text = fuzz_part(pool, in);
    body = fuzz_copy(pool, in->data, in->len);

    if (text.len) {
        ngx_str_null(&err);
        fact.mapping = ngx_court_mapping_parse(pool, &fact, &text, &err);
        must(fact.mapping != NULL || err.len > 0);

        if (fact.mapping == NULL) {
            return;
        }
    }

    keys[0] = fuzz_str(fact.nkeys == 1 ? "zhang" : "platform");
    keys[1] = fuzz_str("zhang");
    keys[2] = fuzz_str("7");
    keys[3] = fuzz_str("");
    court = fuzz_str("B00");

    why = NULL;
    ngx_str_null(&record);
    rc = ngx_court_fact_decode(pool, &fact, &body, keys, &court, &record,
                               &why);

    if (rc == NGX_ERROR) {
        must(why != NULL && why[0] != '\0');
        return;
    }

    if (rc != NGX_OK) {
        must(rc == NGX_DECLINED && fact.mapping != NULL);
        return;
    }

    must(ngx_court_record_check(&fact.schema, &record) == NGX_OK);
    record = fuzz_copy(pool, record.data, record.len);
    fuzz_fact_read(&fact, &record);

    if (fact.mapping == NULL) {
        fuzz_echoed(pool, &fact, &body, keys, &court);
    }

    ngx_memzero(&entry, sizeof(ngx_court_entry_t));
    entry.found = 1;
    entry.record = record;

    text.data = ngx_pnalloc(pool, NGX_COURT_ENTRY_MAX);
    text.len = ngx_court_entry_write(text.data, &entry) - text.data;
    must(ngx_court_entry_read(&fact, &text, &out) == NGX_OK);
    must(ngx_court_str_eq(&out.record, &record));

    /* nobody else's record: with another key the same answer is an error */

    for (i = 0; i < fact.nkeys && fact.mapping == NULL; i++) {
        if (fact.key_names[i].data[0] == 'i') {
            continue;                        /* the issuer is not repeated */
        }

        name = keys[i];
        keys[i] = fuzz_str("somebody-else");
        must(ngx_court_fact_decode(pool, &fact, &body, keys, &court, &record,
                                   &why)
             == NGX_ERROR);
        keys[i] = name;
    }
}
