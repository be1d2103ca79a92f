/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool audit tail|verify|find|export: who reads the decision record.
 */

#include "ngx_court_tool_audit.h"


static const char  ngx_court_tool_audit_help[] =
    "usage: court-tool audit tail [-n N] [--verify] [-f] FILE...\n"
    "       court-tool audit verify FILE...\n"
    "       court-tool audit find [--policy FILE] [--flushed ok|failed]\n"
    "                  "
    "REQUEST_ID FILE...\n"
    "       court-tool audit export --court C [--case N | --case-file F]\n"
    "            [--subject-issuer I --subject-file F | --subject-stdin]\n"
    "                  [--from T] [--to T] --key AUDIT_KEY_FILE FILE...\n"
    "\n"
    "All take -o json|text.  Files may be given in any order; those that gzip\n"
    "has packed are read, too, and - is standard input.  T is a time of RFC\n"
    "3339, a day (2026-03-31) or a month (2026-03) in Beijing; --to a day or\n"
    "month means its end.\n"
    "\n"
    "exit codes: 0 found, or whole; 1 nothing found, or not whole;\n"
    "2 usage; 3 a file that cannot be read; 6 not found, but it may not be\n"
    "written yet\n";


static int
ngx_court_tool_audit_usage(const char *what)
{
    if (what) {
        fprintf(stderr, "court-tool: audit: %s\n", what);
    }

    fputs(ngx_court_tool_audit_help, stderr);

    return NGX_COURT_TOOL_USAGE;
}


/* each verb takes its own options alone */

static ngx_int_t
ngx_court_tool_audit_parse(ngx_court_tool_audit_t *o, int argc, char **argv)
{
    ngx_uint_t                      i;
    const ngx_court_tool_option_t  *options;

    const ngx_court_tool_option_t  tail[] = {
        { "-o", &o->output, 0 }, { "-n", &o->number, 0 },
        { "--verify", &o->verify, 1 }, { "-f", &o->follow, 1 },
        { "--follow", &o->follow, 1 }, { NULL, NULL, 0 }
    };
    const ngx_court_tool_option_t  verify[] = {
        { "-o", &o->output, 0 }, { NULL, NULL, 0 }
    };
    const ngx_court_tool_option_t  find[] = {
        { "-o", &o->output, 0 }, { "--policy", &o->policy, 0 },
        { "--flushed", &o->flushed, 0 }, { NULL, NULL, 0 }
    };
    const ngx_court_tool_option_t  export[] = {
        { "-o", &o->output, 0 }, { "--court", &o->court, 0 },
        { "--case", &o->case_number, 0 }, { "--case-file", &o->case_file, 0 },
        { "--subject-issuer", &o->issuer, 0 },
        { "--subject-file", &o->subject_file, 0 },
        { "--subject-stdin", &o->subject_stdin, 1 },
        { "--from", &o->from, 0 }, { "--to", &o->to, 0 },
        { "--key", &o->key, 0 }, { NULL, NULL, 0 }
    };

    static const char  *verbs[] = { "tail", "verify", "find", "export" };

    const ngx_court_tool_option_t  *tables[] = { tail, verify, find, export };

    options = NULL;

    for (i = 0; i < 4; i++) {
        if (strcmp(verbs[i], argv[0]) == 0) {
            options = tables[i];
        }
    }

    return options ? ngx_court_tool_options(argc, argv, options, o->files,
                                            NGX_COURT_TOOL_AUDIT_FILES,
                                            &o->nfiles)
                   : NGX_ERROR;
}


static ngx_uint_t
ngx_court_tool_audit_word(const char *word, const char *one, const char *two)
{
    return word == NULL || strcmp(word, one) == 0 || strcmp(word, two) == 0;
}


static int
ngx_court_tool_audit_run(ngx_court_tool_audit_t *o, const char *verb)
{
    const char  *id;

    if (strcmp(verb, "find") == 0) {
        id = o->files[0];
        memmove(o->files, o->files + 1, --o->nfiles * sizeof(char *));

        if (*id == '\0' || strlen(id) > NGX_COURT_AUDIT_STRING
            || id[strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")])
        {
            return ngx_court_tool_audit_usage("that is no request id");
        }

        return ngx_court_tool_audit_find(o, id);
    }

    if (strcmp(verb, "export") == 0) {
        return ngx_court_tool_audit_export(o);
    }

    return strcmp(verb, "tail") == 0 ? ngx_court_tool_audit_tail(o)
                                     : ngx_court_tool_audit_verify(o);
}


int
ngx_court_tool_audit(int argc, char **argv)
{
    int                              rc;
    ngx_uint_t                       need;
    static ngx_court_tool_audit_t    o;

    if (argc < 1 || ngx_court_tool_audit_parse(&o, argc, argv) != NGX_OK) {
        return ngx_court_tool_audit_usage(argc < 1 ? "no verb" : NULL);
    }

    if (!ngx_court_tool_audit_word(o.output, "json", "text")
        || !ngx_court_tool_audit_word(o.flushed, "ok", "failed"))
    {
        return ngx_court_tool_audit_usage("another word than it may be");
    }

    need = (strcmp(argv[0], "find") == 0) ? 2 : 1;

    if (o.nfiles < need) {
        return ngx_court_tool_audit_usage(need == 2 && o.nfiles == 0
                                          ? "no request id" : "no file");
    }

    o.json = o.output && strcmp(o.output, "json") == 0;
    o.pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));

    if (o.pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_tool_audit_run(&o, argv[0]);

    if (rc == NGX_COURT_TOOL_INVALID && ngx_court_tool_audit_denied) {
        rc = NGX_COURT_TOOL_FORBIDDEN;
    }

    ngx_destroy_pool(o.pool);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "court-tool: cannot write: %s\n", strerror(errno));
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    return rc;
}
