/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The chain: drafts become lines, each with the hash of the one before.  Apart
 * from drafting, because hashing costs more than all else of a record: SM3 of
 * a line some 2 us, which no request need wait for.
 */

#include "ngx_court_audit.h"


/* what ends every draft: zeros where prev belongs, then this */
#define NGX_COURT_AUDIT_END      (sizeof("\"}") - 1)


ngx_int_t
ngx_court_audit_hash(ngx_uint_t sm3, const ngx_str_t *line,
    u_char out[NGX_COURT_AUDIT_HASH_LEN])
{
    return sm3 ? ngx_court_sm3(line, 1, out) : ngx_court_sha256(line, 1, out);
}


void
ngx_court_audit_begin(ngx_court_audit_chain_t *chain,
    const ngx_str_t *gateway, const ngx_str_t *worker, ngx_uint_t sm3)
{
    u_char  *p, *last, *end;

    static const ngx_str_t  nobody = ngx_string("?");

    ngx_memzero(chain, sizeof(ngx_court_audit_chain_t));

    chain->sm3 = sm3;
    chain->second = INT64_MIN;

    /* an empty one is left out, as all members are */

    p = chain->who;
    last = p + NGX_COURT_AUDIT_WHO - (sizeof(",\"time\":\"") - 1);

    if (gateway->len) {
        p = ngx_cpymem(p, ",\"gateway\":", 11);
        end = ngx_court_audit_escape(p, last - NGX_COURT_AUDIT_STRING - 16,
                                     gateway);
        p = end ? end : ngx_court_audit_escape(p, last, &nobody);
    }

    /* the room is there for one that needs no escapes, as ours do */

    if (worker->len) {
        p = ngx_cpymem(p, ",\"worker\":", 10);
        end = ngx_court_audit_escape(p, last, worker);
        p = end ? end : ngx_court_audit_escape(p, last, &nobody);
    }

    p = ngx_cpymem(p, ",\"time\":\"", sizeof(",\"time\":\"") - 1);

    chain->who_len = p - chain->who;

    (void) ngx_court_audit_hex(chain->hex, chain->hash);
}


ngx_int_t
ngx_court_audit_complete(ngx_court_audit_chain_t *chain, u_char *p,
    u_char *last, u_char **done)
{
    u_char     *eol;
    ngx_str_t   line;

    for ( /* void */ ; p < last; p = eol + 1) {

        *done = p;

        eol = memchr(p, '\n', last - p);

        if (eol == NULL
            || (size_t) (eol - p) < NGX_COURT_AUDIT_END
                                    + 2 * NGX_COURT_AUDIT_HASH_LEN)
        {
            return NGX_ERROR;
        }

        (void) ngx_court_audit_hex(eol - NGX_COURT_AUDIT_END
                                   - 2 * NGX_COURT_AUDIT_HASH_LEN,
                                   chain->prev);

        line.data = p;
        line.len = eol - p;

        if (ngx_court_audit_hash(chain->sm3, &line, chain->prev) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    *done = p;

    return NGX_OK;
}


u_char *
ngx_court_audit_line(ngx_court_audit_chain_t *chain,
    const ngx_court_audit_record_t *record, u_char *buf, u_char *last)
{
    u_char  *p, *done;

    p = ngx_court_audit_draft(chain, record, buf, last);

    if (p == NULL) {
        return NULL;
    }

    if (ngx_court_audit_complete(chain, buf, p, &done) != NGX_OK) {
        chain->seq--;
        return NULL;
    }

    return p;
}
