/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool audit export: all records of a court, a case or a person in a
 * time, as they stand, so that chains can still be verified by who has the
 * files.  Who is asked for comes in clear and is looked for under every key of
 * the ring; what goes out are pseudonyms.
 */

#include "ngx_court_tool_audit.h"
#include "ngx_court_pseudonym.h"
#include "ngx_court_time.h"


#define NGX_COURT_TOOL_AUDIT_KEYS  32     /* of a ring */
#define NGX_COURT_TOOL_AUDIT_NAME  (16 + 1 + NGX_COURT_PSEUDONYM_LEN)
#define NGX_COURT_TOOL_AUDIT_ID    32     /* of a request; longer are hashed */


/* "ID:HEX" under each key; n 0: is not asked for */
typedef struct {
    ngx_uint_t                 n;
    ngx_str_t                  name[NGX_COURT_TOOL_AUDIT_KEYS];
    uint64_t                   found[NGX_COURT_TOOL_AUDIT_KEYS];
    u_char                     text[NGX_COURT_TOOL_AUDIT_KEYS]
                                   [NGX_COURT_TOOL_AUDIT_NAME];
} ngx_court_tool_audit_names_t;

/* requests whose decision was exported: their outcomes name nobody */
typedef struct {
    u_char                   (*slots)[NGX_COURT_TOOL_AUDIT_ID];
    size_t                     size;      /* power of two */
    size_t                     n;
} ngx_court_tool_audit_ids_t;

typedef struct {
    ngx_court_tool_audit_t    *o;
    ngx_str_t                  court;
    char                       from[40];  /* as records write times, or "" */
    char                       to[40];    /* the first that is too late */
    ngx_court_tool_audit_names_t  cases;
    ngx_court_tool_audit_names_t  persons;
    ngx_court_tool_audit_ids_t  ids;
    uint64_t                   lines;
    uint64_t                   torn;
    uint64_t                   decisions;
    uint64_t                   outcomes;
    uint64_t                   others;
} ngx_court_tool_audit_export_t;


static const u_char  ngx_court_tool_audit_empty[NGX_COURT_TOOL_AUDIT_ID];


static size_t
ngx_court_tool_audit_slot(const ngx_court_tool_audit_ids_t *ids,
    const u_char *id)
{
    size_t      h;
    ngx_uint_t  i;

    h = 2166136261u;

    for (i = 0; i < NGX_COURT_TOOL_AUDIT_ID; i++) {
        h = (h ^ id[i]) * 16777619;
    }

    for (h &= ids->size - 1;
         memcmp(ids->slots[h], id, NGX_COURT_TOOL_AUDIT_ID) != 0
         && memcmp(ids->slots[h], ngx_court_tool_audit_empty,
                   NGX_COURT_TOOL_AUDIT_ID) != 0;
         h = (h + 1) & (ids->size - 1))
    {
        /* void */
    }

    return h;
}


static ngx_int_t
ngx_court_tool_audit_remember(ngx_court_tool_audit_ids_t *ids,
    const u_char *id)
{
    size_t                       i, h;
    ngx_court_tool_audit_ids_t   more;

    if (2 * (ids->n + 1) > ids->size) {
        more.size = ids->size ? 2 * ids->size : 4096;
        more.n = ids->n;
        more.slots = calloc(more.size, NGX_COURT_TOOL_AUDIT_ID);

        if (more.slots == NULL) {
            return NGX_ERROR;
        }

        for (i = 0; i < ids->size; i++) {
            if (memcmp(ids->slots[i], ngx_court_tool_audit_empty,
                       NGX_COURT_TOOL_AUDIT_ID) != 0)
            {
                h = ngx_court_tool_audit_slot(&more, ids->slots[i]);
                memcpy(more.slots[h], ids->slots[i], NGX_COURT_TOOL_AUDIT_ID);
            }
        }

        free(ids->slots);
        *ids = more;
    }

    h = ngx_court_tool_audit_slot(ids, id);

    if (memcmp(ids->slots[h], id, NGX_COURT_TOOL_AUDIT_ID) != 0) {
        memcpy(ids->slots[h], id, NGX_COURT_TOOL_AUDIT_ID);
        ids->n++;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_court_tool_audit_known(const ngx_court_tool_audit_ids_t *ids,
    const u_char *id)
{
    return ids->size
           && memcmp(ids->slots[ngx_court_tool_audit_slot(ids, id)], id,
                     NGX_COURT_TOOL_AUDIT_ID) == 0;
}


/* 0: there is none */

static ngx_uint_t
ngx_court_tool_audit_id(const ngx_str_t *text,
    u_char id[NGX_COURT_TOOL_AUDIT_ID])
{
    memset(id, 0, NGX_COURT_TOOL_AUDIT_ID);

    if (text->len > NGX_COURT_TOOL_AUDIT_ID) {
        return ngx_court_sha256(text, 1, id) == NGX_OK;
    }

    if (text->len == 0) {
        return 0;                         /* memcpy() takes no NULL */
    }

    memcpy(id, text->data, text->len);

    return 1;
}


static ngx_uint_t
ngx_court_tool_audit_named(ngx_court_tool_audit_names_t *names,
    const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; name->len && i < names->n; i++) {
        if (ngx_court_str_eq(&names->name[i], name)) {
            names->found[i]++;
            return 1;
        }
    }

    return 0;
}


/* the record says itself that it is asked for */

static ngx_uint_t
ngx_court_tool_audit_wanted(ngx_court_tool_audit_export_t *e,
    const ngx_court_audit_said_t *said)
{
    if ((*e->from && strncmp((char *) said->time.data, e->from,
                             said->time.len) < 0)
        || (*e->to && strncmp((char *) said->time.data, e->to,
                              said->time.len) >= 0)
        || (e->court.len && !ngx_court_str_eq(&said->court, &e->court)))
    {
        return 0;
    }

    if (e->cases.n
        && !ngx_court_tool_audit_named(&e->cases, &said->case_h))
    {
        return 0;
    }

    if (e->persons.n
        && !ngx_court_tool_audit_named(&e->persons, &said->subject_h)
        && !ngx_court_tool_audit_named(&e->persons, &said->principal_h))
    {
        return 0;
    }

    return 1;
}


static ngx_int_t
ngx_court_tool_audit_export_line(void *data, ngx_uint_t file, uint64_t number,
    const ngx_str_t *line)
{
    ngx_court_tool_audit_export_t  *e = data;

    u_char                   id[NGX_COURT_TOOL_AUDIT_ID];
    ngx_int_t                rc;
    ngx_str_t                record;
    ngx_uint_t               outcome, wanted, has_id;
    ngx_court_audit_said_t   said;

    e->lines++;

    if (line->len == 0) {
        return NGX_OK;
    }

    record = *line;
    rc = ngx_court_audit_scan_behind(&record, &said);
    e->torn += (rc != NGX_OK);

    if (rc == NGX_DECLINED) {
        return NGX_OK;
    }

    outcome = ngx_court_audit_is(&said.phase, "outcome");
    has_id = ngx_court_tool_audit_id(&said.request_id, id);
    wanted = ngx_court_tool_audit_wanted(e, &said);

    if (!wanted
        && !(outcome && has_id && ngx_court_tool_audit_known(&e->ids, id)))
    {
        return NGX_OK;
    }

    if (outcome) {
        e->outcomes++;

    } else if (ngx_court_audit_is(&said.phase, "decision")) {
        e->decisions++;

        if (has_id && ngx_court_tool_audit_remember(&e->ids, id) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        e->others++;
    }

    fwrite(record.data, 1, record.len, stdout);
    putchar('\n');

    return ferror(stdout) ? NGX_ERROR : NGX_OK;
}


/* one line of text, without its newline; it must say something */

static ngx_int_t
ngx_court_tool_audit_secret(ngx_court_tool_audit_t *o, const char *name,
    const char *what, ngx_str_t *text)
{
    if (ngx_court_tool_read(o->pool, name, text) != NGX_OK) {
        return NGX_ERROR;
    }

    while (text->len && (text->data[text->len - 1] == '\n'
                         || text->data[text->len - 1] == '\r'))
    {
        text->len--;
    }

    if (text->len == 0 || memchr(text->data, '\n', text->len)) {
        fprintf(stderr, "court-tool: %s must be one line\n", what);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_audit_ring(ngx_court_tool_audit_t *o,
    ngx_court_ring_t **ring)
{
    ngx_str_t  text, err;

    if (o->key == NULL) {
        fprintf(stderr, "court-tool: a case or person is found by --key FILE, "
                "the ring of court_audit_key\n");
        return NGX_ERROR;
    }

    if (ngx_court_tool_read(o->pool, o->key, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    *ring = ngx_court_ring_parse(o->pool, &text, NGX_COURT_RING_MAC, &err);
    ngx_explicit_memzero(text.data, text.len);

    if (*ring == NULL) {
        fprintf(stderr, "court-tool: %s: %.*s\n", o->key, (int) err.len,
                (char *) err.data);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* under every key: what was recorded while it was the one to write with */

static ngx_int_t
ngx_court_tool_audit_names(ngx_court_tool_audit_t *o, const char *what,
    const ngx_str_t *fields, ngx_court_tool_audit_names_t *names)
{
    u_char                 *p;
    ngx_uint_t              i;
    ngx_court_ring_t       *ring;
    ngx_court_ring_told_t   told;

    if (ngx_court_tool_audit_ring(o, &ring) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_COURT_TOOL_AUDIT_KEYS
                && ngx_court_ring_tell(ring, i, &told); i++)
    {
        p = ngx_cpymem(names->text[i], told.id.data, told.id.len);
        *p++ = ':';

        if (ngx_court_pseudonym(ring, i, what, fields, p) != NGX_OK) {
            return NGX_ERROR;
        }

        names->name[i].data = names->text[i];
        names->name[i].len = told.id.len + 1 + NGX_COURT_PSEUDONYM_LEN;
        names->n = i + 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_audit_case(ngx_court_tool_audit_export_t *e)
{
    ngx_str_t                fields[2];
    ngx_court_tool_audit_t  *o;

    o = e->o;

    if (o->case_number == NULL && o->case_file == NULL) {
        return NGX_OK;
    }

    fields[0] = e->court;

    if (o->case_number) {
        ngx_court_tool_str(&fields[1], o->case_number);

    } else if (ngx_court_tool_audit_secret(o, o->case_file, "the case number",
                                           &fields[1]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_tool_audit_names(o, NGX_COURT_PSEUDONYM_CASE, fields,
                                      &e->cases);
}


static ngx_int_t
ngx_court_tool_audit_person(ngx_court_tool_audit_export_t *e)
{
    ngx_str_t                fields[2];
    ngx_court_tool_audit_t  *o;

    o = e->o;

    if (o->issuer == NULL) {
        return NGX_OK;
    }

    ngx_court_tool_str(&fields[0], o->issuer);

    if (ngx_court_tool_audit_secret(o, o->subject_stdin ? "-"
                                                        : o->subject_file,
                                    "the subject", &fields[1]) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_court_tool_audit_names(o, NGX_COURT_PSEUDONYM_SUBJECT, fields,
                                      &e->persons);
}


/* 2026-03 becomes 2026-03-01, and the month behind it */

static ngx_int_t
ngx_court_tool_audit_month(const char *text, ngx_uint_t behind, char *day)
{
    int  year, month;

    if (strlen(text) != 7 || strspn(text, "0123456789") != 4
        || strspn(text + 5, "0123456789") != 2
        || sscanf(text, "%4d-%2d", &year, &month) != 2
        || month < 1 || month > 12)
    {
        return NGX_DECLINED;
    }

    if (behind && ++month > 12) {
        month = 1;
        year++;
    }

    sprintf(day, "%04d-%02d-01", year % 10000, month);

    return NGX_OK;
}


static ngx_int_t
ngx_court_tool_audit_when(const char *text, ngx_uint_t behind, char *when)
{
    char       day[16];
    u_char    *p;
    int64_t    t, add;
    ngx_str_t  s;

    if (text == NULL) {
        return NGX_OK;
    }

    add = 0;
    ngx_court_tool_str(&s, text);

    if (ngx_court_tool_audit_month(text, behind, day) == NGX_OK) {
        s.data = (u_char *) day;
        s.len = strlen(day);

    } else if (s.len == 10 && behind) {
        add = 86400;
    }

    if (ngx_court_time_parse(&s, &t) != NGX_OK) {
        fprintf(stderr, "court-tool: no time, day or month: %s\n", text);
        return NGX_ERROR;
    }

    /* records have milliseconds: ".000Z" is behind no other of its second */

    p = ngx_court_time_format((u_char *) when, t + add);
    strcpy((char *) p - 1, ".000Z");

    return NGX_OK;
}


static void
ngx_court_tool_audit_export_sum(ngx_court_tool_audit_export_t *e)
{
    ngx_uint_t                           i;
    const char                          *comma;
    const ngx_court_tool_audit_names_t  *names;

    fflush(stdout);                       /* both may be one file */

    if (e->o->json) {
        fprintf(stderr, "{\"decisions\":%llu,\"outcomes\":%llu,"
                "\"others\":%llu,\"files\":%u,\"lines\":%llu,\"torn\":%llu,"
                "\"keys\":{", (unsigned long long) e->decisions,
                (unsigned long long) e->outcomes,
                (unsigned long long) e->others, (unsigned) e->o->nfiles,
                (unsigned long long) e->lines, (unsigned long long) e->torn);

    } else {
        fprintf(stderr, "%llu decisions, %llu outcomes, %llu others of %llu "
                "lines in %u files", (unsigned long long) e->decisions,
                (unsigned long long) e->outcomes,
                (unsigned long long) e->others,
                (unsigned long long) e->lines, (unsigned) e->o->nfiles);

        if (e->torn) {
            fprintf(stderr, ", %llu are no records",
                    (unsigned long long) e->torn);
        }
    }

    comma = "";

    for (i = 0; i < NGX_COURT_TOOL_AUDIT_KEYS; i++) {
        names = e->cases.n ? &e->cases : &e->persons;

        if (i < names->n) {
            fprintf(stderr, e->o->json ? "%s\"%.*s\":%llu"
                                       : "; under key %s%.*s: %llu",
                    comma, (int) (names->name[i].len - 1
                                  - NGX_COURT_PSEUDONYM_LEN),
                    (char *) names->name[i].data,
                    (unsigned long long) names->found[i]);

            comma = e->o->json ? "," : "";
        }
    }

    fputs(e->o->json ? "}}\n" : "\n", stderr);
}


static const char *
ngx_court_tool_audit_export_wrong(const ngx_court_tool_audit_t *o)
{
    if (o->court == NULL && o->issuer == NULL) {
        return "--court C, or --subject-issuer I";
    }

    if ((o->case_number || o->case_file) && o->court == NULL) {
        return "a case is of a court: --court C";
    }

    if (o->case_number && o->case_file) {
        return "--case or --case-file";
    }

    if (!o->issuer != (!o->subject_file && !o->subject_stdin)) {
        return "--subject-issuer I with --subject-file F or --subject-stdin";
    }

    return (o->subject_file && o->subject_stdin)
           ? "--subject-file or --subject-stdin" : NULL;
}


int
ngx_court_tool_audit_export(ngx_court_tool_audit_t *o)
{
    ngx_int_t                              rc;
    const char                            *wrong;
    static ngx_court_tool_audit_export_t   e;

    wrong = ngx_court_tool_audit_export_wrong(o);

    if (wrong) {
        fprintf(stderr, "court-tool: audit export: %s\n", wrong);
        return NGX_COURT_TOOL_USAGE;
    }

    e.o = o;
    ngx_court_tool_str(&e.court, o->court);

    if (ngx_court_tool_audit_when(o->from, 0, e.from) != NGX_OK
        || ngx_court_tool_audit_when(o->to, 1, e.to) != NGX_OK)
    {
        return NGX_COURT_TOOL_USAGE;
    }

    if (ngx_court_tool_audit_case(&e) != NGX_OK
        || ngx_court_tool_audit_person(&e) != NGX_OK
        || ngx_court_tool_audit_sort(o) != NGX_OK)
    {
        return NGX_COURT_TOOL_INVALID;
    }

    rc = ngx_court_tool_audit_each(o, ngx_court_tool_audit_export_line, &e);

    free(e.ids.slots);

    if (rc != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    ngx_court_tool_audit_export_sum(&e);

    return e.decisions + e.outcomes + e.others ? NGX_COURT_TOOL_YES
                                               : NGX_COURT_TOOL_NO;
}
