/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool scrub conf|log|audit|text|secrets [--secrets LIST]: standard
 * input without secrets and persons.  LIST names files, one a line; whatever
 * secret stands in them is hidden wherever it turns up, by "secrets" only
 * that.
 */

#include "ngx_court_tool_scrub.h"
#include "ngx_court_json.h"


#define NGX_COURT_SCRUB_SECRET    20         /* a word of a file of keys */
#define NGX_COURT_SCRUB_PASSWORD  4          /* the last word of a line */


static ngx_uint_t ngx_court_scrub_in(const ngx_str_t *name,
    const char **names);
static void ngx_court_scrub_audit(ngx_pool_t *pool, u_char *p, u_char *end);
static ngx_int_t ngx_court_scrub_secrets(ngx_pool_t *pool, const char *list,
    u_char *p, u_char *end);
static void ngx_court_scrub_write(const u_char *p, const u_char *end);


/* of a decision record: hashes, codes, numbers; no address, no client */

static const char  *ngx_court_scrub_members[] = {
    "v", "seq", "gateway", "worker", "time", "request_id", "phase", "court",
    "interface", "method", "subject_h", "principal_h", "case_h", "role",
    "kind", "channel", "decision", "reason", "rule", "failed", "facts",
    "policy_version", "policy_hash", "status", "upstream_status", "bytes",
    "event", "off_total", "report_total", "conf", "verb", "uid", "pid",
    "lost", "prev", NULL
};

/* private members of a JWK */

static const char  *ngx_court_scrub_private[] = {
    "d", "p", "q", "dp", "dq", "qi", "k", NULL
};

static const char  ngx_court_scrub_help[] =
    "usage: court-tool scrub conf|log|audit|text|secrets [--secrets LIST] "
    "< text\n";

static const char  *ngx_court_scrub_verbs[] = {
    "conf", "log", "audit", "text", "secrets", NULL
};


int
ngx_court_tool_scrub(int argc, char **argv)
{
    int          rc;
    u_char      *end;
    ngx_str_t    text, verb;
    ngx_uint_t   n;
    ngx_pool_t  *pool;
    const char  *list;

    const ngx_court_tool_option_t  options[] = {
        { "--secrets", &list, 0 }, { NULL, NULL, 0 }
    };

    list = NULL;
    verb.data = (u_char *) (argc ? argv[0] : "");
    verb.len = strlen((char *) verb.data);

    if (argc < 1
        || ngx_court_tool_options(argc, argv, options, NULL, 0, &n) != NGX_OK
        || !ngx_court_scrub_in(&verb, ngx_court_scrub_verbs))
    {
        fputs(ngx_court_scrub_help, stderr);
        return NGX_COURT_TOOL_USAGE;
    }

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = NGX_COURT_TOOL_UNREACHABLE;

    if (ngx_court_tool_read(pool, NULL, &text) != NGX_OK) {
        goto done;
    }

    end = text.data + text.len;

    if (ngx_court_scrub_secrets(pool, list, text.data, end) != NGX_OK) {
        goto done;
    }

    rc = NGX_COURT_TOOL_YES;

    if (strcmp(argv[0], "audit") == 0) {
        ngx_court_scrub_audit(pool, text.data, end);
        goto done;
    }

    if (strcmp(argv[0], "conf") == 0) {
        ngx_court_scrub_conf(text.data, end);
        ngx_court_scrub_words(text.data, end);

    } else if (strcmp(argv[0], "log") == 0) {
        ngx_court_scrub_log(text.data, end);

    } else if (strcmp(argv[0], "text") == 0) {
        ngx_court_scrub_words(text.data, end);
    }

    ngx_court_scrub_write(text.data, end);

done:

    ngx_destroy_pool(pool);

    return rc;
}


static ngx_uint_t
ngx_court_scrub_in(const ngx_str_t *name, const char **names)
{
    for ( /* void */ ; *names; names++) {
        if (name->len == strlen(*names)
            && memcmp(name->data, *names, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_court_scrub_record(ngx_pool_t *pool, const ngx_court_json_t *record)
{
    void       *it;
    ngx_str_t   name, value;
    ngx_uint_t  n;

    n = 0;

    for (it = ngx_court_json_first(record); it;
         it = ngx_court_json_next(record, it))
    {
        ngx_court_json_key(it, &name);

        if (!ngx_court_scrub_in(&name, ngx_court_scrub_members)
            || ngx_court_json_dump(pool, ngx_court_json_value(it), &value)
               != NGX_OK)
        {
            continue;
        }

        printf("%c\"%.*s\":%.*s", n++ ? ',' : '{', (int) name.len, name.data,
               (int) value.len, value.data);
    }

    puts(n ? "}" : "{}");
}


static void
ngx_court_scrub_audit(ngx_pool_t *pool, u_char *p, u_char *end)
{
    u_char            *eol;
    ngx_str_t          line;
    ngx_pool_t        *temp;
    ngx_court_json_t  *record;

    for ( /* void */ ; p < end; p = eol + 1) {
        eol = memchr(p, '\n', end - p);
        eol = eol ? eol : end;

        temp = ngx_create_pool(4096, pool->log);
        if (temp == NULL) {
            return;
        }

        line.data = p;
        line.len = eol - p;

        record = ngx_court_json_parse(temp, &line, &ngx_court_json_small,
                                      NULL);
        if (record) {
            ngx_court_scrub_record(temp, record);

        } else {
            puts("[no record]");
        }

        ngx_destroy_pool(temp);
    }
}


static void
ngx_court_scrub_word(const u_char *word, size_t n, u_char *p, u_char *end)
{
    while ((p = memmem(p, end - p, word, n)) != NULL) {
        ngx_court_scrub_hide(p, n);
        p += n;
    }
}


static void
ngx_court_scrub_jwk(const ngx_court_json_t *node, u_char *p, u_char *end)
{
    void                    *it;
    ngx_str_t                name, s;
    ngx_uint_t               i;
    const ngx_court_json_t  *value;

    if (ngx_court_json_type(node) == NGX_COURT_JSON_ARRAY) {
        for (i = 0; i < ngx_court_json_size(node); i++) {
            ngx_court_scrub_jwk(ngx_court_json_at(node, i), p, end);
        }

        return;
    }

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);
        value = ngx_court_json_value(it);

        if (ngx_court_json_string(value, &s) != NGX_OK) {
            ngx_court_scrub_jwk(value, p, end);

        } else if (s.len && ngx_court_scrub_in(&name,
                                               ngx_court_scrub_private))
        {
            ngx_court_scrub_word(s.data, s.len, p, end);
        }
    }
}


static ngx_uint_t
ngx_court_scrub_is_key(u_char c)
{
    return c > ' ' && c != '"' && c != '\'' && c != ',' && c != ':'
           && c != ';' && c != '{' && c != '}';
}


/* a password is its whole line, whatever signs are in it */

static void
ngx_court_scrub_lines(const ngx_str_t *text, u_char *p, u_char *end)
{
    const u_char  *from, *to, *last, *next;

    last = text->data + text->len;

    for (from = text->data; from < last; from = next + 1) {
        next = memchr(from, '\n', last - from);
        next = next ? next : last;

        for (to = next; to > from && to[-1] <= ' '; to--) { /* void */ }

        if ((size_t) (to - from) >= NGX_COURT_SCRUB_PASSWORD) {
            ngx_court_scrub_word(from, to - from, p, end);
        }
    }
}


/*
 * PEM, "ID ALG SECRET", "user:hash", passwords: the last word of a line is
 * one, and so is any other that is long.
 */

static void
ngx_court_scrub_file(const ngx_str_t *text, u_char *p, u_char *end)
{
    size_t         least;
    const u_char  *from, *to, *last, *next;

    last = text->data + text->len;

    ngx_court_scrub_lines(text, p, end);

    for (from = text->data; from < last; from = next) {
        for (to = from; to < last && ngx_court_scrub_is_key(*to); to++) {
            /* void */
        }

        for (next = to; next < last && *next != '\n'
                        && !ngx_court_scrub_is_key(*next); next++)
        {
            /* void */
        }

        least = next == last || *next == '\n' ? NGX_COURT_SCRUB_PASSWORD
                                               : NGX_COURT_SCRUB_SECRET;
        if ((size_t) (to - from) >= least) {
            ngx_court_scrub_word(from, to - from, p, end);
        }

        if (next < last && *next == '\n') {
            next++;
        }
    }
}


/* a file that cannot be read is told: its secrets could not be looked for */

static ngx_int_t
ngx_court_scrub_secrets(ngx_pool_t *pool, const char *list, u_char *p,
    u_char *end)
{
    u_char            *line, *eol;
    ngx_str_t          names, text;
    ngx_court_json_t  *doc;

    if (list == NULL) {
        return NGX_OK;
    }

    if (ngx_court_tool_read(pool, list, &names) != NGX_OK) {
        return NGX_ERROR;
    }

    for (line = names.data; line < names.data + names.len; line = eol + 1) {
        eol = (u_char *) strchr((char *) line, '\n');
        eol = eol ? eol : names.data + names.len;
        *eol = '\0';

        if (*line == '\0') {
            continue;
        }

        if (ngx_court_tool_read(pool, (char *) line, &text) != NGX_OK) {
            return NGX_ERROR;
        }

        doc = ngx_court_json_parse(pool, &text, &ngx_court_json_small, NULL);

        if (doc) {
            ngx_court_scrub_jwk(doc, p, end);

        } else {
            ngx_court_scrub_file(&text, p, end);
        }

        ngx_memzero(text.data, text.len);
    }

    return NGX_OK;
}


static void
ngx_court_scrub_write(const u_char *p, const u_char *end)
{
    while (p < end) {

        if (*p == NGX_COURT_SCRUB_HIDE) {
            fputs("[redacted]", stdout);

            while (p < end && *p == NGX_COURT_SCRUB_HIDE) {
                p++;
            }

            continue;
        }

        if (*p != NGX_COURT_SCRUB_DROP) {
            putchar(*p);
        }

        p++;
    }
}
