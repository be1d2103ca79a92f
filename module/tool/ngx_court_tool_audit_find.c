/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool audit find: somebody calls and was refused.  All that the record
 * says of his request, and what he was told.
 */

#include "ngx_court_tool_audit.h"
#include "ngx_court_crypto.h"
#include "ngx_court_json.h"


#define NGX_COURT_TOOL_AUDIT_RECORDS  64  /* of one request */


typedef struct {
    ngx_str_t                  line;
    ngx_court_json_t          *root;
    const char                *file;
    uint64_t                   number;
} ngx_court_tool_audit_record_t;

typedef struct {
    ngx_court_tool_audit_t    *o;
    ngx_str_t                  id;
    ngx_uint_t                 n;
    ngx_court_tool_audit_record_t  records[NGX_COURT_TOOL_AUDIT_RECORDS];

    ngx_court_json_t          *policy;    /* NULL: none was given */
    ngx_str_t                  policy_hash;
    ngx_court_json_t          *decision;  /* the last one; NULL none */

    /* what the caller was told; code "" where nothing */
    ngx_court_reason_t         told;
} ngx_court_tool_audit_find_t;


static ngx_int_t
ngx_court_tool_audit_find_line(void *data, ngx_uint_t file, uint64_t number,
    const ngx_str_t *line)
{
    ngx_court_tool_audit_find_t  *find = data;

    ngx_str_t                       record;
    ngx_court_audit_said_t          said;
    ngx_court_tool_audit_record_t  *r;

    record = *line;

    if (line->len < find->id.len
        || memmem(line->data, line->len, find->id.data, find->id.len) == NULL
        || ngx_court_audit_scan_behind(&record, &said) == NGX_DECLINED
        || !ngx_court_str_eq(&said.request_id, &find->id)
        || find->n == NGX_COURT_TOOL_AUDIT_RECORDS)
    {
        return NGX_OK;
    }

    r = &find->records[find->n];

    r->line.len = record.len;
    r->line.data = ngx_pstrdup(find->o->pool, &record);

    if (r->line.data == NULL) {
        return NGX_ERROR;
    }

    r->root = ngx_court_json_parse(find->o->pool, &r->line,
                                   &ngx_court_json_small, NULL);
    r->file = find->o->files[file];
    r->number = number;
    find->n += (r->root != NULL);

    return NGX_OK;
}


/* "" where there is none */

static ngx_str_t
ngx_court_tool_audit_get(const ngx_court_json_t *node, const char *name)
{
    ngx_str_t  s;

    if (ngx_court_json_string(ngx_court_json_get(node, name), &s) != NGX_OK) {
        ngx_str_null(&s);
    }

    return s;
}


static int64_t
ngx_court_tool_audit_number(const ngx_court_json_t *node, const char *name)
{
    int64_t  n;

    return ngx_court_json_int(ngx_court_json_get(node, name), &n) == NGX_OK
           ? n : -1;
}


static ngx_int_t
ngx_court_tool_audit_find_policy(ngx_court_tool_audit_find_t *find)
{
    u_char     sum[NGX_COURT_SHA256_LEN], *hex;
    ngx_str_t  text, err;

    if (find->o->policy == NULL) {
        return NGX_OK;
    }

    if (ngx_court_tool_read(find->o->pool, find->o->policy, &text)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    find->policy = ngx_court_json_parse(find->o->pool, &text,
                                        &ngx_court_json_large, &err);
    if (find->policy == NULL) {
        fprintf(stderr, "court-tool: %s: %.*s\n", find->o->policy,
                (int) err.len, (char *) err.data);
        return NGX_ERROR;
    }

    hex = ngx_pnalloc(find->o->pool, 2 * sizeof(sum));

    if (hex == NULL || ngx_court_sha256(&text, 1, sum) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) ngx_hex_dump(hex, sum, sizeof(sum));
    find->policy_hash.data = hex;
    find->policy_hash.len = 2 * sizeof(sum);

    return NGX_OK;
}


/* words of a policy's own reason; English may be missing */

static void
ngx_court_tool_audit_find_own(ngx_court_tool_audit_find_t *find,
    const ngx_str_t *code)
{
    int64_t            status;
    ngx_uint_t         lang;
    ngx_court_json_t  *reason, *words;

    static const char *const  langs[] = { "zh", "en" };

    reason = ngx_court_json_get_str(ngx_court_json_get(find->policy,
                                                       "reasons"), code);
    if (reason == NULL) {
        return;
    }

    status = ngx_court_tool_audit_number(reason, "status");
    find->told.code = *code;
    find->told.status = (status > 0) ? (ngx_uint_t) status : 403;

    for (lang = 0; lang < NGX_COURT_NLANGS; lang++) {
        words = ngx_court_json_get(reason, langs[lang]);

        find->told.text[lang].title = ngx_court_tool_audit_get(words, "title");
        find->told.text[lang].detail = ngx_court_tool_audit_get(words,
                                                                "detail");
        find->told.text[lang].next = ngx_court_tool_audit_get(words, "next");
    }
}


/* as ngx_http_court_reason_told(): of a revoked token he learned less */

static void
ngx_court_tool_audit_find_told(ngx_court_tool_audit_find_t *find)
{
    ngx_str_t                  code, decision;
    ngx_uint_t                 i;
    const ngx_court_reason_t  *reason;

    for (i = 0; i < find->n; i++) {
        code = ngx_court_tool_audit_get(find->records[i].root, "phase");

        if (ngx_court_audit_is(&code, "decision")) {
            find->decision = find->records[i].root;
        }
    }

    code = ngx_court_tool_audit_get(find->decision, "reason");
    decision = ngx_court_tool_audit_get(find->decision, "decision");

    if (code.len == 0 || ngx_court_audit_is(&decision, "would-refuse")) {
        return;
    }

    reason = ngx_court_reason_find(&code);

    if (reason == ngx_court_reason(TOKEN_REVOKED)) {
        reason = ngx_court_reason(TOKEN_INVALID);
    }

    if (reason) {
        find->told = *reason;

    } else {
        ngx_court_tool_audit_find_own(find, &code);
    }
}


static void
ngx_court_tool_audit_find_member(const char *name, const ngx_str_t *s)
{
    if (s->len) {
        printf(" %s ", name);
        ngx_court_tool_audit_text(stdout, s);
    }
}


static void
ngx_court_tool_audit_find_words(ngx_court_tool_audit_find_t *find)
{
    ngx_uint_t               lang;
    const ngx_court_text_t  *t;

    for (lang = 0; lang < NGX_COURT_NLANGS; lang++) {
        t = &find->told.text[lang];

        if (t->title.len == 0) {
            continue;
        }

        printf("  told %s   ", lang == NGX_COURT_ZH ? "zh" : "en");
        ngx_court_tool_audit_text(stdout, &t->title);
        printf("\n            ");
        ngx_court_tool_audit_text(stdout, &t->detail);
        printf("\n  next %s   ", lang == NGX_COURT_ZH ? "zh" : "en");
        ngx_court_tool_audit_text(stdout, &t->next);
        putchar('\n');
    }
}


static void
ngx_court_tool_audit_find_lists(const ngx_court_json_t *root)
{
    int64_t            age;
    ngx_str_t          name, value, tier, side;
    ngx_uint_t         i;
    ngx_court_json_t  *list, *one;

    list = ngx_court_json_get(root, "failed");

    for (i = 0; i < ngx_court_json_size(list); i++) {
        one = ngx_court_json_at(list, i);
        name = ngx_court_tool_audit_get(one, "cond");
        value = ngx_court_tool_audit_get(one, "value");

        printf("  not met   ");
        ngx_court_tool_audit_text(stdout, &name);
        ngx_court_tool_audit_find_member("which was", &value);
        putchar('\n');
    }

    list = ngx_court_json_get(root, "facts");

    for (i = 0; i < ngx_court_json_size(list); i++) {
        one = ngx_court_json_at(list, i);
        name = ngx_court_tool_audit_get(one, "name");
        tier = ngx_court_tool_audit_get(one, "tier");
        side = ngx_court_tool_audit_get(one, "side");
        value = ngx_court_tool_audit_get(one, "state");
        age = ngx_court_tool_audit_number(one, "age");

        printf("  fact      ");
        ngx_court_tool_audit_text(stdout, &name);
        ngx_court_tool_audit_find_member("of the", &side);
        ngx_court_tool_audit_find_member("was", &value);
        ngx_court_tool_audit_find_member("from", &tier);

        if (age >= 0) {
            printf(", %lld s old", (long long) age);
        }

        putchar('\n');
    }
}


static void
ngx_court_tool_audit_find_who(const ngx_court_json_t *root)
{
    ngx_str_t   s;
    ngx_uint_t  i;

    static const struct {
        const char  *name;
        const char  *shown;
    } members[] = {
        { "role", "  caller   " }, { "kind", "" }, { "client", " client" },
        { "subject_h", " subject" }, { "principal_h", " for" },
        { "ip", " from" }, { "court", "\n  target    court" },
        { "interface", "" }, { "method", "" }, { "case_h", " case" }
    };

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        s = ngx_court_tool_audit_get(root, members[i].name);

        if (s.len) {
            printf("%s ", members[i].shown);
            ngx_court_tool_audit_text(stdout, &s);
        }
    }

    putchar('\n');
}


static void
ngx_court_tool_audit_find_decision(ngx_court_tool_audit_find_t *find,
    const ngx_court_json_t *root)
{
    int64_t    version;
    ngx_str_t  reason, hash;

    reason = ngx_court_tool_audit_get(root, "reason");

    if (root == find->decision && reason.len) {

        if (find->told.code.len) {
            printf("  answer    %u ", (unsigned) find->told.status);
            ngx_court_tool_audit_text(stdout, &find->told.code);
            putchar('\n');
            ngx_court_tool_audit_find_words(find);

        } else if (ngx_court_reason_find(&reason) == NULL) {
            printf("  told      in the policy's own words: --policy FILE "
                   "has them\n");
        }
    }

    reason = ngx_court_tool_audit_get(root, "rule");

    if (reason.len) {
        printf("  rule      ");
        ngx_court_tool_audit_text(stdout, &reason);
        putchar('\n');
    }

    ngx_court_tool_audit_find_lists(root);
    ngx_court_tool_audit_find_who(root);

    version = ngx_court_tool_audit_number(root, "policy_version");
    hash = ngx_court_tool_audit_get(root, "policy_hash");

    if (version >= 0) {
        printf("  policy    %lld ", (long long) version);
        ngx_court_tool_audit_text(stdout, &hash);
        putchar('\n');
    }

    if (hash.len && find->policy_hash.len
        && !ngx_court_str_eq(&hash, &find->policy_hash))
    {
        printf("  note      the policy given is another one: its words may "
               "differ\n");
    }
}


static void
ngx_court_tool_audit_find_outcome(const ngx_court_json_t *root)
{
    int64_t  n;

    printf("  answered  ");

    n = ngx_court_tool_audit_number(root, "status");
    printf("%lld", (long long) n);

    n = ngx_court_tool_audit_number(root, "upstream_status");

    if (n >= 0) {
        printf(", the court service said %lld", (long long) n);
    }

    n = ngx_court_tool_audit_number(root, "bytes");

    if (n >= 0) {
        printf(", %lld bytes", (long long) n);
    }

    putchar('\n');
}


static void
ngx_court_tool_audit_find_text(ngx_court_tool_audit_find_t *find)
{
    ngx_str_t                       s, phase;
    ngx_uint_t                      i;
    ngx_court_tool_audit_record_t  *r;

    printf("request %.*s\n", (int) find->id.len, (char *) find->id.data);

    for (i = 0; i < find->n; i++) {
        r = &find->records[i];

        s = ngx_court_tool_audit_get(r->root, "time");
        ngx_court_tool_audit_text(stdout, &s);

        phase = ngx_court_tool_audit_get(r->root, "phase");
        ngx_court_tool_audit_find_member("", &phase);
        s = ngx_court_tool_audit_get(r->root, "decision");
        ngx_court_tool_audit_find_member("", &s);
        s = ngx_court_tool_audit_get(r->root, "reason");
        ngx_court_tool_audit_find_member("", &s);
        putchar('\n');

        if (ngx_court_audit_is(&phase, "decision")) {
            ngx_court_tool_audit_find_decision(find, r->root);
        } else {
            ngx_court_tool_audit_find_outcome(r->root);
        }

        printf("  record    %s:%llu\n", r->file,
               (unsigned long long) r->number);
    }
}


static void
ngx_court_tool_audit_find_json(ngx_court_tool_audit_find_t *find)
{
    ngx_str_t                s;
    ngx_uint_t               i;
    const ngx_court_text_t  *t;

    printf("{\"request_id\":\"%.*s\",\"found\":%s,\"flushed\":%s",
           (int) find->id.len, (char *) find->id.data,
           find->n ? "true" : "false",
           find->o->flushed && strcmp(find->o->flushed, "ok") == 0
           ? "true" : "false");

    if (find->told.code.len) {
        printf(",\"told\":{\"status\":%u,\"code\":",
               (unsigned) find->told.status);
        ngx_court_tool_audit_quote(stdout, &find->told.code);

        for (i = 0; i < NGX_COURT_NLANGS; i++) {
            t = &find->told.text[i];

            printf(",\"%s\":{\"title\":", i == NGX_COURT_ZH ? "zh" : "en");
            ngx_court_tool_audit_quote(stdout, &t->title);
            printf(",\"detail\":");
            ngx_court_tool_audit_quote(stdout, &t->detail);
            printf(",\"next\":");
            ngx_court_tool_audit_quote(stdout, &t->next);
            putchar('}');
        }

        putchar('}');
    }

    printf(",\"records\":[");

    for (i = 0; i < find->n; i++) {
        ngx_court_tool_str(&s, find->records[i].file);
        printf("%s{\"file\":", i ? "," : "");
        ngx_court_tool_audit_quote(stdout, &s);
        printf(",\"line\":%llu,\"record\":%.*s}",
               (unsigned long long) find->records[i].number,
               (int) find->records[i].line.len,
               (char *) find->records[i].line.data);
    }

    printf("]}\n");
}


int
ngx_court_tool_audit_find(ngx_court_tool_audit_t *o, const char *id)
{
    ngx_uint_t                           flushed;
    static ngx_court_tool_audit_find_t   find;

    find.o = o;
    ngx_court_tool_str(&find.id, id);
    flushed = (o->flushed && strcmp(o->flushed, "ok") == 0);

    if (ngx_court_tool_audit_find_policy(&find) != NGX_OK
        || ngx_court_tool_audit_sort(o) != NGX_OK
        || ngx_court_tool_audit_each(o, ngx_court_tool_audit_find_line, &find)
           != NGX_OK)
    {
        return NGX_COURT_TOOL_INVALID;
    }

    ngx_court_tool_audit_find_told(&find);

    if (o->json) {
        ngx_court_tool_audit_find_json(&find);

    } else if (find.n) {
        ngx_court_tool_audit_find_text(&find);
    }

    if (find.n) {
        return NGX_COURT_TOOL_YES;
    }

    fprintf(stderr, "court-tool: no record of %s in %u files%s\n", id,
            (unsigned) o->nfiles,
            flushed ? "" : "; the last second may not be written yet");

    return flushed ? NGX_COURT_TOOL_NO : NGX_COURT_TOOL_UNDETERMINED;
}
