/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts: typed records about a key (an identity, a link, a relation ...).
 * Schema, mapping from a source's JSON, the stored entry, and what is
 * computed from a record at the moment of decision.
 */

#ifndef _NGX_COURT_FACT_H_INCLUDED_
#define _NGX_COURT_FACT_H_INCLUDED_

#include "ngx_court_json.h"
#include "ngx_court_value.h"
#include "ngx_court_crypto.h"


#define NGX_COURT_FACT_KEYS    4          /* values of "key" at most */
#define NGX_COURT_MAX_FACTS    16         /* court_fact blocks at most */

typedef struct ngx_court_mapping_s  ngx_court_mapping_t;

/* how a fact stands, for reasons of absence and failure */
typedef enum {
    NGX_COURT_F_FOUND = 0,
    NGX_COURT_F_NONE,                     /* the source says: no such */
    NGX_COURT_F_UNAVAILABLE
} ngx_court_fact_state_t;


/*
 * The finished definition of a court_fact block; const after configuration.
 * key_names says what each key part is in a record's words, derived from its
 * variable: $court_subject "subject", $court_principal "principal",
 * $court_issuer "issuer", $court_client "client", $court_code "court",
 * $court_path_X "X"; anything else "".
 */
typedef struct {
    ngx_str_t                  name;
    ngx_uint_t                 index;      /* in the array of all facts */
    ngx_court_schema_t         schema;     /* declared fields */
    ngx_uint_t                 nkeys;
    ngx_str_t                  key_names[NGX_COURT_FACT_KEYS];
    unsigned                   court_scope:1;  /* scope court */
    ngx_court_mapping_t       *mapping;    /* NULL: the default JSON */
    ngx_msec_t                 ttl;
    ngx_msec_t                 negative_ttl;
    ngx_msec_t                 stale;      /* beyond ttl, where the source
                                            * fails; 0: never */

    /* set by ngx_court_fact_init */
    ngx_uint_t                 status;     /* fields that "active" reads, */
    ngx_uint_t                 valid_from; /* or NGX_COURT_NO_FIELD */
    ngx_uint_t                 valid_until;
    ngx_uint_t                 suspended;
    ngx_uint_t                 kind;       /* what headers and assertions */
    ngx_uint_t                 side;       /* say, likewise */
    ngx_uint_t                 capacity;
    ngx_uint_t                 special;
} ngx_court_fact_t;

/* computed fields follow the declared ones: index schema.nfields + N */
#define NGX_COURT_FACT_ACTIVE    0        /* "active", bool; needs "status" */
#define NGX_COURT_FACT_FOUND     1        /* "found", bool: there is a record */
#define NGX_COURT_FACT_NCOMPUTED 2


/*
 * The definition that reference/court_fact.md gives to identity, link,
 * relation, staff and device: name, schema, usual keys.  For tools, and for
 * checking field types where ops declare the standard ones.  NULL: no such.
 */
const ngx_court_fact_t *ngx_court_fact_standard(const ngx_str_t *name);

/*
 * NGX_DECLINED where the field is one of a closed vocabulary (status and kind
 * of the standard identity) and word is not in it; else NGX_OK.
 */
ngx_int_t ngx_court_fact_word(const ngx_str_t *fact, const ngx_str_t *field,
    const ngx_str_t *word);

/*
 * Finishes a definition: schema id, fields that computed values read.  A field
 * that a computed value reads but that is not of its standard type makes the
 * computed value absent, never true.
 */
void ngx_court_fact_init(ngx_court_fact_t *fact);

/*
 * The keys that an answer must name are known: false where a standard fact
 * lacks a key that it names (identity keyed by a claim, say), or where no key
 * of another fact has a name.  Every answer would be an error then; refuse the
 * configuration.
 */
ngx_uint_t ngx_court_fact_named(const ngx_court_fact_t *fact);

/* declared or computed field by name; NGX_COURT_NO_FIELD; *type is set */
ngx_uint_t ngx_court_fact_field(const ngx_court_fact_t *fact,
    const ngx_str_t *name, ngx_court_type_t *type);

/*
 * Mapping file (reference/court_fact.md): format 1, echo, result, fields.
 * NULL and err with pointer and line on error: unknown members, fields that
 * the fact does not declare, echo names that are no key, an echo that the
 * fact needs and that is missing.
 *
 * A declared field that "fields" leaves out is absent.  "values" (for string,
 * enum and bool) turns the source's word or whole number into ours; what it
 * does not list is an error, or what "default" says: a word, or null for
 * absent; "error" says it aloud.  "result" needs "ok"; an answer whose result
 * is in neither list is an error.
 */
ngx_court_mapping_t *ngx_court_mapping_parse(ngx_pool_t *pool,
    const ngx_court_fact_t *fact, const ngx_str_t *text, ngx_str_t *err);


/*
 * A source's answer body becomes a record.  keys: the nkeys values asked
 * with; court the code where court_scope.  Default JSON: every member with a
 * declared field's name; a member of wrong type is an error, null and a
 * missing one are absent, unknown members are ignored; an object of lists
 * for a list field becomes elements "KEY\x1fMEMBER" (relation.delegated).
 * Whom it is about must match: identity, staff "subject"; relation "subject"
 * and "case"; link "assistant" (= key subject) and "principal"; device
 * "client"; other facts, each key that has a name, but issuer and court; a
 * "court" that is present, where court_scope; or the mapping's echo.  An empty
 * key never matches.
 *
 * bool is true or false and nothing else (relation.assigned too: a source that
 * writes a word there needs a mapping with "values").  time is RFC 3339 text.
 * An interval needs "from" or "until", and from <= until.  List elements hold
 * no control characters, so that none can pretend to be "KEY\x1fMEMBER".
 *
 * NGX_OK record in pool memory; NGX_DECLINED: the mapping's result says
 * definitely none; NGX_ERROR and *why: anything else (could not find out).
 * *why names fields, never what the source said; constant or pool memory.
 */
ngx_int_t ngx_court_fact_decode(ngx_pool_t *pool,
    const ngx_court_fact_t *fact, const ngx_str_t *body,
    const ngx_str_t *keys, const ngx_str_t *court, ngx_str_t *record,
    const char **why);

/*
 * One field, declared or computed, at now.  active := status not revoked or
 * cancelled, valid_from <= now < valid_until where given, no interval of
 * suspended covers now; status suspended without any interval is not active.
 * Any other status word than active and suspended is not active either;
 * without a status in the record, "active" is absent.  found is true for
 * whatever record, however little it says.
 */
void ngx_court_fact_value(const ngx_court_fact_t *fact,
    const ngx_str_t *record, ngx_uint_t field, time_t now,
    ngx_court_value_t *v);


/*
 * What is stored, in shared memory as it is and in Redis sealed.  Times are
 * milliseconds since 1970; fetched is the start of our fetch.
 */
typedef struct {
    ngx_uint_t                 found;      /* 0: definitely none */
    ngx_uint_t                 shared;     /* came to this zone from Redis */
    int64_t                    fetched;
    int64_t                    expires;
    uint64_t                   sequence;   /* tombstone sequence seen then */
    ngx_str_t                  record;
} ngx_court_entry_t;

#define NGX_COURT_ENTRY_HEADER  26
#define NGX_COURT_ENTRY_MAX     (NGX_COURT_ENTRY_HEADER + NGX_COURT_RECORD_MAX)

/* writes NGX_COURT_ENTRY_HEADER + record.len bytes, returns the end */
u_char *ngx_court_entry_write(u_char *p, const ngx_court_entry_t *entry);

/*
 * Reads and checks; record points into bytes.  NGX_DECLINED: a miss (other
 * format, other schema id, broken framing).
 */
ngx_int_t ngx_court_entry_read(const ngx_court_fact_t *fact,
    const ngx_str_t *bytes, ngx_court_entry_t *entry);

/*
 * The same of bytes that a process of this machine has checked, and written
 * to a zone that is emptied when its writer dies: what the record is made of
 * is not looked through again.
 */
ngx_int_t ngx_court_entry_own(const ngx_court_fact_t *fact,
    const ngx_str_t *bytes, ngx_court_entry_t *entry);

/*
 * The key under which an entry stands: hash of fact name, schema id, court
 * (where court_scope) and key parts.  salt names the operator's prefix.
 */
ngx_int_t ngx_court_fact_key(const ngx_court_fact_t *fact,
    const ngx_str_t *keys, const ngx_str_t *court,
    u_char key[NGX_COURT_SHA256_LEN]);


#endif /* _NGX_COURT_FACT_H_INCLUDED_ */
