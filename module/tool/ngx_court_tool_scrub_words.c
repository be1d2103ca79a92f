/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What looks like a secret or like a person, in any text; and lines of
 * nginx's error.log, of which the form is known.
 */

#include "ngx_court_tool_scrub.h"


#define NGX_COURT_SCRUB_WORD      20         /* a random word, at least */
#define NGX_COURT_SCRUB_MIXED     4          /* letters, and digits, of one */
#define NGX_COURT_SCRUB_PHONE     11
#define NGX_COURT_SCRUB_PERSON    15         /* to 19: identity, bank card */
#define NGX_COURT_SCRUB_PERSON_X  19


/* what hexadecimal digits may stand behind: they name no one */

static const char  *ngx_court_scrub_known[] = {
    "request=", "request_id=", "subject_h=", "principal_h=", "case_h=",
    "hash=", "sha256=", "sha256:", "sm3:", "sha256 ", "build ", NULL
};


static ngx_uint_t ngx_court_scrub_is_word(u_char c);
static ngx_uint_t ngx_court_scrub_is_known(const u_char *start,
    const u_char *p);
static ngx_uint_t ngx_court_scrub_secret(const u_char *p, size_t n);
static ngx_uint_t ngx_court_scrub_person(const u_char *p, size_t n);
static void ngx_court_scrub_schemes(u_char *p, u_char *end);
static void ngx_court_scrub_mail(u_char *p, u_char *end);
static void ngx_court_scrub_args(u_char *p, u_char *end);
static void ngx_court_scrub_line(u_char *p, u_char *end);


static ngx_uint_t
ngx_court_scrub_is_word(u_char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}


void
ngx_court_scrub_words(u_char *start, u_char *end)
{
    u_char  *p, *q;

    ngx_court_scrub_schemes(start, end);
    ngx_court_scrub_mail(start, end);
    ngx_court_scrub_args(start, end);

    for (p = start; p < end; p = q) {
        if (!ngx_court_scrub_is_word(*p)) {
            q = p + 1;
            continue;
        }

        for (q = p + 1; q < end && ngx_court_scrub_is_word(*q); q++) {
            /* void */
        }

        if (q - p > 10 && memcmp(p, "eyJ", 3) == 0) {

            /* a JWT has three such words, a JWE five */

            while (q < end && (ngx_court_scrub_is_word(*q) || *q == '.')) {
                q++;
            }

            ngx_court_scrub_hide(p, q - p);
            continue;
        }

        if (ngx_court_scrub_person(p, q - p)
            || (ngx_court_scrub_secret(p, q - p)
                && !ngx_court_scrub_is_known(start, p)))
        {
            ngx_court_scrub_hide(p, q - p);
        }
    }
}


/* directly, or behind the id of a key: "subject_h=a1:" */

static ngx_uint_t
ngx_court_scrub_is_known(const u_char *start, const u_char *p)
{
    size_t         n;
    const char   **known;
    const u_char  *from;

    from = p;

    if (from > start && from[-1] == ':') {
        for (from--; from > start && ngx_court_scrub_is_word(from[-1]);
             from--)
        {
            /* void */
        }
    }

    for (known = ngx_court_scrub_known; *known; known++) {
        n = strlen(*known);

        if (((size_t) (p - start) >= n && memcmp(p - n, *known, n) == 0)
            || ((size_t) (from - start) >= n
                && memcmp(from - n, *known, n) == 0))
        {
            return 1;
        }
    }

    return 0;
}


/* a word of a language has few digits; a name of a file has its own signs */

static ngx_uint_t
ngx_court_scrub_secret(const u_char *p, size_t n)
{
    size_t  i, digits, letters;

    if (n < NGX_COURT_SCRUB_WORD) {
        return 0;
    }

    digits = 0;
    letters = 0;

    for (i = 0; i < n; i++) {
        if (p[i] >= '0' && p[i] <= '9') {
            digits++;

        } else if (p[i] != '_' && p[i] != '-' && p[i] != '+') {
            letters++;
        }
    }

    return (digits >= NGX_COURT_SCRUB_MIXED
            && letters >= NGX_COURT_SCRUB_MIXED)
           || (n >= 2 * NGX_COURT_SCRUB_WORD && memchr(p, '_', n) == NULL);
}


static ngx_uint_t
ngx_court_scrub_person(const u_char *p, size_t n)
{
    size_t  digits;

    for (digits = 0; digits < n; digits++) {
        if (p[digits] < '0' || p[digits] > '9') {
            break;
        }
    }

    if (digits == n && n == NGX_COURT_SCRUB_PHONE) {
        return p[0] == '1' && p[1] >= '3';
    }

    if (n < NGX_COURT_SCRUB_PERSON || n > NGX_COURT_SCRUB_PERSON_X) {
        return 0;
    }

    return digits == n
           || (digits == n - 1 && (p[digits] == 'X' || p[digits] == 'x'));
}


/* as a value: behind a colon, an equals sign, a quote, or at the beginning */

static ngx_uint_t
ngx_court_scrub_is_value(const u_char *start, const u_char *p)
{
    while (p > start && p[-1] == ' ') {
        p--;
    }

    return p == start || p[-1] == ':' || p[-1] == '=' || p[-1] == '"'
           || p[-1] == '\'' || p[-1] == '\n';
}


static void
ngx_court_scrub_schemes(u_char *start, u_char *end)
{
    size_t   n;
    u_char  *p;

    for (p = start; end - p > 8; p++) {

        if (ngx_strncasecmp(p, (u_char *) "bearer ", 7) == 0) {
            n = 7;

        } else if (ngx_strncasecmp(p, (u_char *) "basic ", 6) == 0) {
            n = 6;

        } else {
            continue;
        }

        if (!ngx_court_scrub_is_value(start, p)) {
            continue;
        }

        for (p += n; p < end && *p > ' ' && *p != '"' && *p != '\''
             && *p != ';' && *p != '$'; p++)
        {
            *p = NGX_COURT_SCRUB_HIDE;
        }

        p--;
    }
}


static void
ngx_court_scrub_mail(u_char *start, u_char *end)
{
    u_char  *p, *from, *to;

    for (p = start; p < end; p++) {
        if (*p != '@') {
            continue;
        }

        /* ":" is that of "user:password@host" */

        for (from = p; from > start && (ngx_court_scrub_is_word(from[-1])
                                        || from[-1] == '.'
                                        || from[-1] == ':'); from--)
        {
            /* void */
        }

        for (to = p + 1; to < end && (ngx_court_scrub_is_word(*to)
                                      || *to == '.'); to++)
        {
            /* void */
        }

        if (from < p && (memchr(p, '.', to - p) || memchr(from, ':', p - from)))
        {
            ngx_court_scrub_hide(from, to - from);
        }
    }
}


/* values behind "?" of an address; "(?" is a regular expression's */

static void
ngx_court_scrub_args(u_char *start, u_char *end)
{
    u_char      *p;
    ngx_uint_t   value;

    for (p = start; p < end; p++) {
        if (*p != '?' || p == start || p[-1] <= ' ' || p[-1] == '(') {
            continue;
        }

        value = 0;

        for (p++; p < end && *p > ' ' && *p != '"' && *p != '\'' && *p != ';';
             p++)
        {
            if (*p == '&') {
                value = 0;

            } else if (value == 1 && *p == '$') {
                value = 2;

            } else if (value == 1) {
                *p = NGX_COURT_SCRUB_HIDE;

            } else if (*p == '=' && value == 0) {
                value = 1;
            }
        }

        p--;
    }
}


void
ngx_court_scrub_log(u_char *p, u_char *end)
{
    u_char  *eol;

    for ( /* void */ ; p < end; p = eol + 1) {
        eol = memchr(p, '\n', end - p);
        eol = eol ? eol : end;

        ngx_court_scrub_line(p, eol);
        ngx_court_scrub_words(p, eol);
    }
}


/* "GET /path HTTP/1.1": the path and all behind it but the version */

static void
ngx_court_scrub_request(u_char *p, u_char *end)
{
    u_char  *from, *to;

    from = memchr(p, ' ', end - p);
    from = from ? from + 1 : p;
    to = end;

    if (end - from > 9 && memcmp(end - 9, " HTTP/", 6) == 0) {
        to = end - 9;
    }

    ngx_court_scrub_hide(from, to - from);
}


/* "http://host:port/path", "http://unix:/socket:/path" */

static void
ngx_court_scrub_upstream(u_char *p, u_char *end)
{
    u_char  *from;

    from = memmem(p, end - p, ":/", 2);

    if (from && from + 3 < end && from[2] == '/') {
        p = from + 3;
        from = (end - p > 5 && memcmp(p, "unix:", 5) == 0)
               ? memmem(p + 5, end - p - 5, ":/", 2)
               : memchr(p, '/', end - p);
    }

    if (from && from < end) {
        ngx_court_scrub_hide(from, end - from);
    }
}


/* the server's name, as nginx.conf has it */

static ngx_uint_t
ngx_court_scrub_server(const u_char *p, const u_char *end)
{
    for ( /* void */ ; p < end; p++) {
        if (!ngx_court_scrub_is_word(*p) && *p != '.' && *p != '*'
            && *p != ':')
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_court_scrub_value(const ngx_str_t *name, u_char *p, u_char *end)
{
    if (name->len == 11 && memcmp(name->data, ", request: ", 11) == 0) {
        ngx_court_scrub_request(p, end);

    } else if (name->len == 12 && memcmp(name->data, ", upstream: ", 12) == 0)
    {
        ngx_court_scrub_upstream(p, end);

    } else if (name->len != 10 || memcmp(name->data, ", server: ", 10) != 0
               || !ngx_court_scrub_server(p, end))
    {
        ngx_court_scrub_hide(p, end - p);
    }
}


/*
 * , client: A, server: S, request: "R", upstream: "U", host: "H".  What has
 * another form was put there by somebody, and is hidden up to the end.
 */

static void
ngx_court_scrub_context(u_char *p, u_char *end)
{
    u_char     *value, *next;
    ngx_str_t   name;

    while (p < end) {
        value = memmem(p, end - p, ": ", 2);

        if (value == NULL || value + 2 == end) {
            ngx_court_scrub_hide(p, end - p);
            return;
        }

        value += 2;
        name.data = p;
        name.len = value - p;

        if (*value == '"' && value + 1 < end) {
            value++;
            next = memchr(value, '"', end - value);
            next = next ? next : end;
            p = ngx_min(next + 1, end);

        } else {
            next = memmem(value, end - value, ", ", 2);
            next = next ? next : end;
            p = next;
        }

        if (p < end && (end - p < 2 || p[0] != ',' || p[1] != ' ')) {
            next = end;
            p = end;
            ngx_court_scrub_hide(value, end - value);
        }

        ngx_court_scrub_value(&name, value, next);
    }
}


/* what a message quotes came from outside, but in the module's own */

static void
ngx_court_scrub_line(u_char *p, u_char *end)
{
    u_char  *context, *from, *to;

    context = memmem(p, end - p, ", client: ", 10);

    if (context == NULL) {
        return;
    }

    ngx_court_scrub_context(context, end);

    if (memmem(p, context - p, " court: ", 8)) {
        return;
    }

    for ( /* void */ ; p < context; p = to + 1) {
        from = memchr(p, '"', context - p);
        if (from == NULL) {
            return;
        }

        to = memchr(from + 1, '"', context - from - 1);
        to = to ? to : context;
        ngx_court_scrub_hide(from + 1, to - from - 1);
    }
}
