/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_mapping.h"
#include "ngx_court_bytes.h"


#define ngx_court_fields_of(array)                                            \
    { 0, sizeof(array) / sizeof(array[0]), array }

#define NGX_COURT_STANDARD_TTL           300000
#define NGX_COURT_STANDARD_NEGATIVE_TTL  30000

#define ngx_court_standard(name, fields, nkeys, k0, k1, k2, court)            \
    { ngx_string(name), 0, ngx_court_fields_of(fields), nkeys,                \
      { ngx_string(k0), ngx_string(k1), ngx_string(k2), ngx_null_string },    \
      court, NULL, NGX_COURT_STANDARD_TTL, NGX_COURT_STANDARD_NEGATIVE_TTL,   \
      0, 0, 0, 0, 0, 0, 0, 0 }


static ngx_uint_t ngx_court_fact_find(const ngx_court_fact_t *fact,
    const char *name);
static ngx_uint_t ngx_court_fact_key_index(const ngx_court_fact_t *fact,
    const char *name);
static ngx_int_t ngx_court_fact_read(const ngx_court_fact_t *fact,
    const ngx_str_t *record, ngx_uint_t field, ngx_court_type_t type,
    ngx_court_value_t *v);
static ngx_int_t ngx_court_fact_active(const ngx_court_fact_t *fact,
    const ngx_str_t *record, int64_t now, ngx_uint_t *active);


/* reference/court_fact.md; what only says whom it is about is no field */

static ngx_court_field_t  ngx_court_identity_fields[] = {
    { ngx_string("status"), NGX_COURT_T_ENUM },
    { ngx_string("kind"), NGX_COURT_T_ENUM },
    { ngx_string("valid_from"), NGX_COURT_T_TIME },
    { ngx_string("valid_until"), NGX_COURT_T_TIME },
    { ngx_string("suspended"), NGX_COURT_T_INTERVALS },
    { ngx_string("unit"), NGX_COURT_T_STRING },
    { ngx_string("verified_at"), NGX_COURT_T_TIME }
};


static ngx_court_field_t  ngx_court_link_fields[] = {
    { ngx_string("status"), NGX_COURT_T_ENUM },
    { ngx_string("approved_by_principal"), NGX_COURT_T_BOOL },
    { ngx_string("approved_by_firm"), NGX_COURT_T_BOOL },
    { ngx_string("valid_from"), NGX_COURT_T_TIME },
    { ngx_string("valid_until"), NGX_COURT_T_TIME },
    { ngx_string("active_links"), NGX_COURT_T_INT },
    { ngx_string("delegated"), NGX_COURT_T_LIST }
};


static ngx_court_field_t  ngx_court_relation_fields[] = {
    { ngx_string("side"), NGX_COURT_T_ENUM },
    { ngx_string("capacity"), NGX_COURT_T_ENUM },
    { ngx_string("special_authority"), NGX_COURT_T_BOOL },
    { ngx_string("own_unit"), NGX_COURT_T_BOOL },
    { ngx_string("delegated"), NGX_COURT_T_LIST },
    { ngx_string("windows"), NGX_COURT_T_INTERVALS },
    { ngx_string("permits"), NGX_COURT_T_LIST },
    { ngx_string("obligations"), NGX_COURT_T_LIST },
    { ngx_string("assigned"), NGX_COURT_T_BOOL },
    { ngx_string("addressee"), NGX_COURT_T_LIST },
    { ngx_string("secrecy"), NGX_COURT_T_ENUM }
};


static ngx_court_field_t  ngx_court_staff_fields[] = {
    { ngx_string("court"), NGX_COURT_T_STRING },
    { ngx_string("posts"), NGX_COURT_T_LIST },
    { ngx_string("high_court"), NGX_COURT_T_BOOL },
    { ngx_string("active_until"), NGX_COURT_T_TIME }
};


static ngx_court_field_t  ngx_court_device_fields[] = {
    { ngx_string("court"), NGX_COURT_T_STRING },
    { ngx_string("gates"), NGX_COURT_T_LIST },
    { ngx_string("state"), NGX_COURT_T_ENUM }
};


/* written once by ngx_court_fact_standard(), with the same bytes each time */

static ngx_court_fact_t  ngx_court_fact_standards[] = {
    ngx_court_standard("identity", ngx_court_identity_fields, 2,
                       "issuer", "subject", "", 0),
    ngx_court_standard("link", ngx_court_link_fields, 3,
                       "issuer", "subject", "principal", 0),
    ngx_court_standard("relation", ngx_court_relation_fields, 3,
                       "issuer", "subject", "case", 1),
    ngx_court_standard("staff", ngx_court_staff_fields, 2,
                       "issuer", "subject", "", 0),
    ngx_court_standard("device", ngx_court_device_fields, 1,
                       "client", "", "", 0)
};

#define NGX_COURT_NSTANDARDS                                                  \
    (sizeof(ngx_court_fact_standards) / sizeof(ngx_court_fact_standards[0]))


/* which key the default JSON repeats under which name */

typedef struct {
    const char                *fact;
    const char                *key;
    const char                *member;
} ngx_court_fact_echo_t;


static const ngx_court_fact_echo_t  ngx_court_fact_echoes[] = {
    { "identity", "subject",   "subject"   },
    { "link",     "subject",   "assistant" },
    { "link",     "principal", "principal" },
    { "relation", "subject",   "subject"   },
    { "relation", "case",      "case"      },
    { "staff",    "subject",   "subject"   },
    { "device",   "client",    "client"    },
    { NULL, NULL, NULL }
};


#define ngx_court_fact_is(str, text)                                          \
    ((str)->len == ngx_strlen(text)                                           \
     && ngx_memcmp((str)->data, text, (str)->len) == 0)


const ngx_court_fact_t *
ngx_court_fact_standard(const ngx_str_t *name)
{
    ngx_uint_t         i;
    ngx_court_fact_t  *fact;

    for (i = 0; i < NGX_COURT_NSTANDARDS; i++) {
        fact = &ngx_court_fact_standards[i];

        if (!ngx_court_str_eq(&fact->name, name)) {
            continue;
        }

        if (fact->schema.id == 0) {
            fact->index = i;
            ngx_court_fact_init(fact);
        }

        return fact;
    }

    return NULL;
}


/* the closed vocabularies of identity, a blank on each side of a word */

static const ngx_keyval_t  ngx_court_fact_words[] = {
    { ngx_string("status"),
      ngx_string(" active suspended revoked cancelled ") },
    { ngx_string("kind"),
      ngx_string(" full_time part_time public company legal_aid military "
                 "hmt ") },
    { ngx_null_string, ngx_null_string }
};


ngx_int_t
ngx_court_fact_word(const ngx_str_t *fact, const ngx_str_t *field,
    const ngx_str_t *word)
{
    size_t               i;
    const ngx_str_t     *known;
    const ngx_keyval_t  *row;

    if (!ngx_court_fact_is(fact, "identity")) {
        return NGX_OK;
    }

    for (row = ngx_court_fact_words; row->key.len; row++) {
        if (!ngx_court_str_eq(&row->key, field)) {
            continue;
        }

        known = &row->value;

        for (i = 0; word->len && i + word->len + 1 < known->len; i++) {
            if (known->data[i] == ' ' && known->data[i + word->len + 1] == ' '
                && ngx_memcmp(known->data + i + 1, word->data, word->len) == 0)
            {
                return NGX_OK;
            }
        }

        return NGX_DECLINED;
    }

    return NGX_OK;
}


void
ngx_court_fact_init(ngx_court_fact_t *fact)
{
    fact->status = ngx_court_fact_find(fact, "status");
    fact->valid_from = ngx_court_fact_find(fact, "valid_from");
    fact->valid_until = ngx_court_fact_find(fact, "valid_until");
    fact->suspended = ngx_court_fact_find(fact, "suspended");
    fact->kind = ngx_court_fact_find(fact, "kind");
    fact->side = ngx_court_fact_find(fact, "side");
    fact->capacity = ngx_court_fact_find(fact, "capacity");
    fact->special = ngx_court_fact_find(fact, "special_authority");

    ngx_court_schema_init(&fact->schema);
}


static ngx_uint_t
ngx_court_fact_find(const ngx_court_fact_t *fact, const char *name)
{
    ngx_str_t  s;

    s.data = (u_char *) name;
    s.len = ngx_strlen(name);

    return ngx_court_schema_find(&fact->schema, &s);
}


ngx_uint_t
ngx_court_fact_field(const ngx_court_fact_t *fact, const ngx_str_t *name,
    ngx_court_type_t *type)
{
    ngx_uint_t  i;

    *type = NGX_COURT_T_NONE;

    i = ngx_court_schema_find(&fact->schema, name);

    if (i != NGX_COURT_NO_FIELD) {
        *type = fact->schema.fields[i].type;
        return i;
    }

    if (fact->status != NGX_COURT_NO_FIELD
        && ngx_court_fact_is(name, "active"))
    {
        *type = NGX_COURT_T_BOOL;
        return fact->schema.nfields + NGX_COURT_FACT_ACTIVE;
    }

    if (ngx_court_fact_is(name, "found")) {
        *type = NGX_COURT_T_BOOL;
        return fact->schema.nfields + NGX_COURT_FACT_FOUND;
    }

    return NGX_COURT_NO_FIELD;
}


static ngx_uint_t
ngx_court_fact_key_index(const ngx_court_fact_t *fact, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < fact->nkeys; i++) {
        if (ngx_court_fact_is(&fact->key_names[i], name)) {
            break;
        }
    }

    return i;
}


/*
 * A standard fact has its rows, all of which need a key; another one repeats
 * every key with a name, but those that say where and not whom.
 */

ngx_uint_t
ngx_court_fact_echo(const ngx_court_fact_t *fact,
    ngx_str_t member[NGX_COURT_FACT_KEYS])
{
    ngx_uint_t                    i, n, standard;
    const ngx_str_t              *name;
    const ngx_court_fact_echo_t  *row;

    ngx_memzero(member, NGX_COURT_FACT_KEYS * sizeof(ngx_str_t));

    n = 0;
    standard = 0;

    for (row = ngx_court_fact_echoes; row->fact; row++) {
        if (!ngx_court_fact_is(&fact->name, row->fact)) {
            continue;
        }

        standard = 1;

        i = ngx_court_fact_key_index(fact, row->key);
        if (i == fact->nkeys) {
            return 0;
        }

        member[i].data = (u_char *) row->member;
        member[i].len = ngx_strlen(row->member);
        n++;
    }

    if (standard) {
        return n;
    }

    for (i = 0; i < fact->nkeys; i++) {
        name = &fact->key_names[i];

        if (name->len && !ngx_court_fact_is(name, "issuer")
            && !ngx_court_fact_is(name, "court"))
        {
            member[i] = *name;
            n++;
        }
    }

    return n;
}


ngx_uint_t
ngx_court_fact_named(const ngx_court_fact_t *fact)
{
    ngx_str_t  member[NGX_COURT_FACT_KEYS];

    return ngx_court_fact_echo(fact, member) != 0;
}


ngx_int_t
ngx_court_fact_text(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *text)
{
    u_char   *p;
    int64_t   n;

    if (ngx_court_json_string(node, text) == NGX_OK) {
        return NGX_OK;
    }

    if (ngx_court_json_int(node, &n) != NGX_OK) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    text->len = ngx_sprintf(p, "%L", n) - p;

    return NGX_OK;
}


/*
 * NGX_OK; NGX_DECLINED where the fact or the record has no such value;
 * NGX_ERROR where it is declared with another type.
 */

static ngx_int_t
ngx_court_fact_read(const ngx_court_fact_t *fact, const ngx_str_t *record,
    ngx_uint_t field, ngx_court_type_t type, ngx_court_value_t *v)
{
    if (field == NGX_COURT_NO_FIELD) {
        return NGX_DECLINED;
    }

    if (fact->schema.fields[field].type != type) {
        return NGX_ERROR;
    }

    ngx_court_record_get(&fact->schema, record, field, v);

    return v->state == NGX_COURT_V_PRESENT ? NGX_OK : NGX_DECLINED;
}


/* NGX_OK and *active; NGX_DECLINED where it can't be told */

static ngx_int_t
ngx_court_fact_active(const ngx_court_fact_t *fact, const ngx_str_t *record,
    int64_t now, ngx_uint_t *active)
{
    ngx_int_t          rc;
    ngx_uint_t         suspended;
    ngx_court_value_t  v;

    *active = 0;

    rc = ngx_court_fact_read(fact, record, fact->status, NGX_COURT_T_ENUM, &v);
    if (rc != NGX_OK) {
        return NGX_DECLINED;
    }

    suspended = ngx_court_fact_is(&v.str, "suspended");

    if (!suspended && !ngx_court_fact_is(&v.str, "active")) {
        return NGX_OK;
    }

    rc = ngx_court_fact_read(fact, record, fact->valid_from,
                             NGX_COURT_T_TIME, &v);
    if (rc == NGX_ERROR || (rc == NGX_OK && now < v.num)) {
        return rc == NGX_ERROR ? NGX_DECLINED : NGX_OK;
    }

    rc = ngx_court_fact_read(fact, record, fact->valid_until,
                             NGX_COURT_T_TIME, &v);
    if (rc == NGX_ERROR || (rc == NGX_OK && now >= v.num)) {
        return rc == NGX_ERROR ? NGX_DECLINED : NGX_OK;
    }

    rc = ngx_court_fact_read(fact, record, fact->suspended,
                             NGX_COURT_T_INTERVALS, &v);
    if (rc == NGX_ERROR) {
        return NGX_DECLINED;
    }

    if (rc == NGX_DECLINED || ngx_court_intervals_count(&v) == 0) {
        *active = !suspended;
        return NGX_OK;
    }

    *active = !ngx_court_intervals_cover(&v, now);

    return NGX_OK;
}


void
ngx_court_fact_value(const ngx_court_fact_t *fact, const ngx_str_t *record,
    ngx_uint_t field, time_t now, ngx_court_value_t *v)
{
    ngx_uint_t  active;

    if (field < fact->schema.nfields
        || field >= fact->schema.nfields + NGX_COURT_FACT_NCOMPUTED)
    {
        ngx_court_record_get(&fact->schema, record, field, v);
        return;
    }

    ngx_memzero(v, sizeof(ngx_court_value_t));
    v->type = NGX_COURT_T_BOOL;

    if (field == fact->schema.nfields + NGX_COURT_FACT_FOUND) {

        /* an unreadable record says nothing, not even that it is there */

        if (ngx_court_record_check(&fact->schema, record) == NGX_OK) {
            v->state = NGX_COURT_V_PRESENT;
            v->num = 1;
        }

        return;
    }

    if (ngx_court_fact_active(fact, record, (int64_t) now, &active)
        == NGX_OK)
    {
        v->state = NGX_COURT_V_PRESENT;
        v->num = (int64_t) active;
    }
}


ngx_int_t
ngx_court_fact_key(const ngx_court_fact_t *fact, const ngx_str_t *keys,
    const ngx_str_t *court, u_char key[NGX_COURT_SHA256_LEN])
{
    u_char      id[4];
    ngx_str_t   parts[3 + NGX_COURT_FACT_KEYS];
    ngx_uint_t  i;

    if (fact->nkeys > NGX_COURT_FACT_KEYS) {
        return NGX_ERROR;
    }

    (void) ngx_court_put32(id, fact->schema.id);

    parts[0] = fact->name;
    parts[1].data = id;
    parts[1].len = sizeof(id);
    ngx_str_null(&parts[2]);

    if (fact->court_scope) {
        /* one court's answer must never stand under another's name */

        if (court == NULL || court->len == 0) {
            return NGX_ERROR;
        }

        parts[2] = *court;
    }

    for (i = 0; i < fact->nkeys; i++) {
        parts[3 + i] = keys[i];
    }

    return ngx_court_hash_fields_kept("court fact", parts, 3 + fact->nkeys,
                                      key);
}
