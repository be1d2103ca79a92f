/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Records and findings for people and programs.
 */

#include "ngx_court_tool_audit.h"
#include "ngx_court_json.h"


#define NGX_COURT_TOOL_AUDIT_TOLD  1000   /* findings that are listed */


static const struct {
    const char                *name;
    const char                *text;
} ngx_court_tool_audit_kinds[] = {        /* by ngx_court_audit_kind_t */
    { "torn", "this line is no record" },
    { "broken", "a line before this one was changed, moved, doubled or taken "
                "out" },
    { "gap", "lines are missing before this one" },
    { "twice", "these lines stand in another file, too" },
    { "killed", "ends here without a stop, and another worker took its place: "
                "what it had not written is gone" },
    { "open", "ends here without a stop: it runs, or was cut off" },
    { "late", "begins before the files given" }
};


/* control characters, of ASCII and of C1 in UTF-8, become "?" */

void
ngx_court_tool_audit_text(FILE *out, const ngx_str_t *s)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == 0xc2 && i + 1 < s->len && s->data[i + 1] < 0xa0) {
            c = '?';
            i++;
        }

        putc((c < 0x20 || c == 0x7f) ? '?' : c, out);
    }
}


void
ngx_court_tool_audit_quote(FILE *out, const ngx_str_t *s)
{
    u_char  *p, *text;

    text = malloc(ngx_court_json_escape_len(s) + 1);

    if (text) {
        p = ngx_court_json_escape(text, s);
        fprintf(out, "\"%.*s\"", (int) (p - text), (char *) text);
        free(text);
    }
}


static void
ngx_court_tool_audit_column(const ngx_str_t *s)
{
    putchar(' ');

    if (s->len) {
        ngx_court_tool_audit_text(stdout, s);

    } else {
        putchar('-');
    }
}


void
ngx_court_tool_audit_line(const ngx_str_t *line,
    const ngx_court_audit_said_t *said)
{
    static const ngx_str_t  none = ngx_string("(no record)");

    if (said->seq == 0) {
        ngx_court_tool_audit_text(stdout, &none);
        ngx_court_tool_audit_column(line);
        putchar('\n');
        return;
    }

    ngx_court_tool_audit_text(stdout, &said->time);

    if (said->event.len) {
        ngx_court_tool_audit_column(&said->phase);
        ngx_court_tool_audit_column(&said->event);
        ngx_court_tool_audit_column(&said->worker);
        putchar('\n');
        return;
    }

    ngx_court_tool_audit_column(&said->court);
    ngx_court_tool_audit_column(&said->role);
    ngx_court_tool_audit_column(&said->interface);
    ngx_court_tool_audit_column(&said->phase);
    ngx_court_tool_audit_column(&said->decision);
    ngx_court_tool_audit_column(&said->reason);
    ngx_court_tool_audit_column(&said->request_id);
    putchar('\n');
}


static void
ngx_court_tool_audit_finding_json(ngx_court_tool_audit_findings_t *told,
    const ngx_court_audit_finding_t *f, const char *name)
{
    ngx_str_t  file;

    ngx_court_tool_str(&file, told->o->files[f->file]);

    fprintf(told->out, "{\"finding\":\"%s\",\"file\":", name);
    ngx_court_tool_audit_quote(told->out, &file);
    fprintf(told->out, ",\"line\":%llu", (unsigned long long) f->line);

    if (f->worker.len) {
        fprintf(told->out, ",\"gateway\":");
        ngx_court_tool_audit_quote(told->out, &f->gateway);
        fprintf(told->out, ",\"worker\":");
        ngx_court_tool_audit_quote(told->out, &f->worker);
        fprintf(told->out, ",\"seq\":%llu", (unsigned long long) f->seq);
    }

    if (f->n) {
        fprintf(told->out, ",\"missing\":%llu", (unsigned long long) f->n);
    }

    fprintf(told->out, "}\n");
}


void
ngx_court_tool_audit_finding(void *data, const ngx_court_audit_finding_t *f)
{
    ngx_court_tool_audit_findings_t  *told = data;

    const char  *name;

    if (told->told++ >= NGX_COURT_TOOL_AUDIT_TOLD) {
        return;
    }

    name = ngx_court_tool_audit_kinds[f->kind].name;

    if (told->o->json) {
        ngx_court_tool_audit_finding_json(told, f, name);
        return;
    }

    fprintf(told->out, "%s:%llu: %s: ", told->o->files[f->file],
           (unsigned long long) f->line, name);

    if (f->worker.len) {
        ngx_court_tool_audit_text(told->out, &f->gateway);
        putc(' ', told->out);
        ngx_court_tool_audit_text(told->out, &f->worker);

        if (f->n > 1) {
            fprintf(told->out, " %llu-%llu", (unsigned long long) f->seq,
                   (unsigned long long) (f->seq + f->n - 1));
        } else {
            fprintf(told->out, " %llu", (unsigned long long) f->seq);
        }

        fprintf(told->out, ": ");
    }

    fprintf(told->out, "%s\n", ngx_court_tool_audit_kinds[f->kind].text);
}


void
ngx_court_tool_audit_sum(ngx_court_tool_audit_findings_t *told,
    const ngx_court_audit_verify_t *v)
{
    uint64_t    faults;
    ngx_uint_t  i;

    faults = ngx_court_audit_verify_faults(v);

    if (told->o->json) {
        printf("{\"whole\":%s,\"files\":%u,\"records\":%llu,\"chains\":%u,"
               "\"faults\":%llu,\"missing\":%llu",
               faults ? "false" : "true", (unsigned) told->o->nfiles,
               (unsigned long long) v->records, (unsigned) v->chains->nelts,
               (unsigned long long) faults, (unsigned long long) v->missing);

        for (i = 0; i < NGX_COURT_AUDIT_NFINDINGS; i++) {
            printf(",\"%s\":%llu", ngx_court_tool_audit_kinds[i].name,
                   (unsigned long long) v->found[i]);
        }

        printf("}\n");
        return;
    }

    if (told->told > NGX_COURT_TOOL_AUDIT_TOLD) {
        printf("... %u more\n",
               (unsigned) (told->told - NGX_COURT_TOOL_AUDIT_TOLD));
    }

    printf("%s: %llu records in %u chains of %u files", faults ? "NOT WHOLE"
                                                               : "whole",
           (unsigned long long) v->records, (unsigned) v->chains->nelts,
           (unsigned) told->o->nfiles);

    if (v->missing) {
        printf(", %llu missing", (unsigned long long) v->missing);
    }

    for (i = 0; i < NGX_COURT_AUDIT_NFINDINGS; i++) {
        if (v->found[i]) {
            printf(", %s %llu", ngx_court_tool_audit_kinds[i].name,
                   (unsigned long long) v->found[i]);
        }
    }

    putchar('\n');
}
