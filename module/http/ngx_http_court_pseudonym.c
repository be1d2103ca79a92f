/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Pseudonyms: keyed hashes under court_audit_key that stand for a person or a
 * case in logs, records and variables.  One costs more than the rest of a
 * record, and the same callers come again and again: a worker keeps those it
 * made lately.  What it keeps names persons: it is wiped when another one takes
 * the place, when the ring changes, and when the worker ends.
 */

#include "ngx_http_court.h"
#include "ngx_court_bytes.h"


#define NGX_HTTP_COURT_PSEUDONYMS      1024  /* slots of a worker's cache */
#define NGX_HTTP_COURT_PSEUDONYM_TEXT  256   /* longer fields are not kept */


typedef struct {
    const ngx_court_ring_t    *ring;         /* NULL: an empty slot */
    size_t                     len;
    u_char                     text[NGX_HTTP_COURT_PSEUDONYM_TEXT];
    u_char                     hex[NGX_HTTP_COURT_PSEUDONYM_LEN];
} ngx_http_court_pseudonym_slot_t;


static ngx_http_court_pseudonym_slot_t
    ngx_http_court_pseudonyms[NGX_HTTP_COURT_PSEUDONYMS];

/* of all that is kept; NULL: nothing is */
static const ngx_court_ring_t  *ngx_http_court_pseudonyms_of;


/* also where a ring is read: a new one may have the address of an old one */

void
ngx_http_court_pseudonyms_clear(void)
{
    if (ngx_http_court_pseudonyms_of) {
        ngx_court_wipe(ngx_http_court_pseudonyms,
                       sizeof(ngx_http_court_pseudonyms));
        ngx_http_court_pseudonyms_of = NULL;
    }
}


/* domain, then each field behind its length; 0: too long to be kept */

static size_t
ngx_http_court_pseudonym_text(u_char *p, const char *domain,
    const ngx_str_t *fields)
{
    u_char  *start;

    if (fields[0].len + fields[1].len + 16 > NGX_HTTP_COURT_PSEUDONYM_TEXT) {
        return 0;
    }

    start = p;
    *p++ = (u_char) domain[0];
    p = ngx_court_put16(p, (uint16_t) fields[0].len);
    p = ngx_cpymem(p, fields[0].data, fields[0].len);
    p = ngx_cpymem(p, fields[1].data, fields[1].len);

    return p - start;
}


static ngx_int_t
ngx_http_court_pseudonym_get(const ngx_court_ring_t *ring,
    const char *domain, const ngx_str_t *fields, u_char *hex)
{
    u_char                            text[NGX_HTTP_COURT_PSEUDONYM_TEXT];
    size_t                            len;
    ngx_http_court_pseudonym_slot_t  *slot;

    len = ngx_http_court_pseudonym_text(text, domain, fields);

    if (len == 0) {
        return ngx_court_pseudonym(ring, 0, domain, fields, hex) == NGX_OK
               ? NGX_OK : NGX_DECLINED;
    }

    slot = &ngx_http_court_pseudonyms[ngx_murmur_hash2(text, len)
                                      % NGX_HTTP_COURT_PSEUDONYMS];

    if (slot->ring != ring || slot->len != len
        || ngx_memcmp(slot->text, text, len) != 0)
    {
        if (ngx_http_court_pseudonyms_of != ring) {
            ngx_http_court_pseudonyms_clear();
            ngx_http_court_pseudonyms_of = ring;

        } else if (slot->ring) {
            ngx_court_wipe(slot, sizeof(ngx_http_court_pseudonym_slot_t));
        }

        if (ngx_court_pseudonym(ring, 0, domain, fields, slot->hex) != NGX_OK)
        {
            return NGX_DECLINED;
        }

        slot->ring = ring;
        slot->len = len;
        ngx_memcpy(slot->text, text, len);
    }

    ngx_memcpy(hex, slot->hex, NGX_HTTP_COURT_PSEUDONYM_LEN);

    return NGX_OK;
}


/* {case} of the path; "" where there is none */

static void
ngx_http_court_pseudonym_case(ngx_http_court_session_t *s, ngx_str_t *value)
{
    ngx_uint_t        i;
    const ngx_str_t  *name;

    for (i = 0; s->pinned && i < s->match.nvars; i++) {
        name = ngx_court_policy_path_name(s->pinned->policy,
                                          s->match.vars[i].name);

        if (name->len == 4 && ngx_strncmp(name->data, "case", 4) == 0) {
            *value = s->match.vars[i].value;
            return;
        }
    }
}


ngx_int_t
ngx_http_court_pseudonym(ngx_http_court_session_t *s,
    ngx_http_court_whose_t whose, u_char *hex)
{
    ngx_str_t                    fields[2];
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(s->request, ngx_http_court_module);

    ngx_str_null(&fields[1]);

    switch (whose) {

    case NGX_HTTP_COURT_SUBJECT:
        fields[0] = s->issuer;
        fields[1] = s->subject;
        break;

    case NGX_HTTP_COURT_PRINCIPAL:
        fields[0] = s->issuer;
        fields[1] = s->principal;
        break;

    case NGX_HTTP_COURT_CASE:
        fields[0] = s->code;
        ngx_http_court_pseudonym_case(s, &fields[1]);
        break;
    }

    if (mcf->audit_ring == NULL || fields[1].len == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_court_pseudonym_get(mcf->audit_ring,
               whose == NGX_HTTP_COURT_CASE
               ? NGX_COURT_PSEUDONYM_CASE : NGX_COURT_PSEUDONYM_SUBJECT,
               fields, hex);
}
