/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool render json|status|health: JSON from standard input as text for
 * a terminal; render member NAME: a member of it.
 */

#include "ngx_court_tool_render.h"


#define NGX_COURT_RENDER_INDENT   2
#define NGX_COURT_RENDER_NAME     16         /* a name's column, at least */


static ngx_uint_t ngx_court_render_scalar(const ngx_court_json_t *node);
static void ngx_court_render_array(const ngx_court_json_t *node, int indent);
static void ngx_court_render_object(const ngx_court_json_t *node, int indent);


static const char  ngx_court_render_help[] =
    "usage: court-tool render json|status|health < JSON\n"
    "       court-tool render member NAME < JSON\n";


/*
 * UTF-8 is checked by the parser.  C1 controls are U+0080 to U+009F, which is
 * the byte 0xc2 and one below 0xa0.
 */

void
ngx_court_tool_print(const ngx_str_t *s, int width)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == 0xc2 && i + 1 < s->len && s->data[i + 1] < 0xa0) {
            i++;
            c = '?';
        }

        putchar(c < 0x20 || c == 0x7f ? '?' : c);

        if ((c & 0xc0) != 0x80) {
            width--;
        }
    }

    for ( /* void */ ; width > 0; width--) {
        putchar(' ');
    }
}


void
ngx_court_tool_print_value(const ngx_court_json_t *node, int width)
{
    char        buf[64];
    double      d;
    int64_t     n;
    ngx_str_t   s;
    ngx_uint_t  b;

    buf[0] = '\0';
    s.len = 0;

    if (node == NULL || ngx_court_json_string(node, &s) == NGX_OK) {
        /* void */

    } else if (ngx_court_json_int(node, &n) == NGX_OK) {
        snprintf(buf, sizeof(buf), "%lld", (long long) n);

    } else if (ngx_court_json_bool(node, &b) == NGX_OK) {
        snprintf(buf, sizeof(buf), "%s", b ? "yes" : "no");

    } else if (ngx_court_json_real(node, &d) == NGX_OK) {
        snprintf(buf, sizeof(buf), "%g", d);

    } else {
        snprintf(buf, sizeof(buf), "-");
    }

    if (buf[0]) {
        s.data = (u_char *) buf;
        s.len = strlen(buf);
    }

    ngx_court_tool_print(&s, width);
}


const char *
ngx_court_tool_span(int64_t s, char *buf, size_t size)
{
    if (s < 0) {
        s = 0;
    }

    if (s < 120) {
        snprintf(buf, size, "%d s", (int) s);

    } else if (s < 7200) {
        snprintf(buf, size, "%d min", (int) (s / 60));

    } else if (s < 172800) {
        snprintf(buf, size, "%d h", (int) (s / 3600));

    } else {
        snprintf(buf, size, "%lld d", (long long) (s / 86400));
    }

    return buf;
}


double
ngx_court_tool_number(const ngx_court_json_t *node)
{
    double   d;
    int64_t  n;

    if (node && ngx_court_json_int(node, &n) == NGX_OK) {
        return (double) n;
    }

    return node && ngx_court_json_real(node, &d) == NGX_OK ? d : 0;
}


int64_t
ngx_court_tool_get_int(const ngx_court_json_t *node, const char *name)
{
    int64_t  n;

    return ngx_court_json_int(ngx_court_json_get(node, name), &n) == NGX_OK
           ? n : 0;
}


ngx_str_t
ngx_court_tool_get_str(const ngx_court_json_t *node, const char *name)
{
    ngx_str_t  s;

    if (ngx_court_json_string(ngx_court_json_get(node, name), &s) != NGX_OK) {
        ngx_str_null(&s);
    }

    return s;
}


static ngx_uint_t
ngx_court_render_scalar(const ngx_court_json_t *node)
{
    switch (ngx_court_json_type(node)) {

    case NGX_COURT_JSON_ARRAY:
    case NGX_COURT_JSON_OBJECT:
        return 0;

    default:
        return 1;
    }
}


/* a value after its name, on the same line where it fits there */

static void
ngx_court_render_node(const ngx_court_json_t *node, int indent)
{
    ngx_uint_t  i, n;

    n = ngx_court_json_size(node);

    if (ngx_court_render_scalar(node)) {
        ngx_court_tool_print_value(node, 0);
        putchar('\n');
        return;
    }

    for (i = 0; i < n; i++) {
        if (ngx_court_json_type(node) == NGX_COURT_JSON_OBJECT
            || !ngx_court_render_scalar(ngx_court_json_at(node, i)))
        {
            putchar('\n');

            if (ngx_court_json_type(node) == NGX_COURT_JSON_OBJECT) {
                ngx_court_render_object(node, indent + NGX_COURT_RENDER_INDENT);

            } else {
                ngx_court_render_array(node, indent + NGX_COURT_RENDER_INDENT);
            }

            return;
        }
    }

    for (i = 0; i < n; i++) {
        fputs(i ? ", " : "", stdout);
        ngx_court_tool_print_value(ngx_court_json_at(node, i), 0);
    }

    puts(n ? "" : "none");
}


static void
ngx_court_render_array(const ngx_court_json_t *node, int indent)
{
    ngx_uint_t               i;
    const ngx_court_json_t  *item;

    for (i = 0; i < ngx_court_json_size(node); i++) {
        item = ngx_court_json_at(node, i);

        if (ngx_court_json_type(item) == NGX_COURT_JSON_OBJECT) {
            fputs(i ? "\n" : "", stdout);
            ngx_court_render_object(item, indent);
            continue;
        }

        printf("%*s", indent, "");
        ngx_court_render_node(item, indent);
    }
}


static void
ngx_court_render_object(const ngx_court_json_t *node, int indent)
{
    void       *it;
    ngx_str_t   name;

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);

        printf("%*s", indent, "");
        ngx_court_tool_print(&name, NGX_COURT_RENDER_NAME);
        putchar(' ');
        ngx_court_render_node(ngx_court_json_value(it), indent);
    }
}


static int
ngx_court_render_json(const ngx_court_json_t *doc)
{
    if (ngx_court_json_type(doc) == NGX_COURT_JSON_OBJECT) {
        ngx_court_render_object(doc, 0);

    } else {
        ngx_court_render_array(doc, 0);
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_render_member(ngx_pool_t *pool, const ngx_court_json_t *doc,
    const char *name)
{
    ngx_str_t                text;
    const ngx_court_json_t  *member;

    member = ngx_court_json_get(doc, name);

    if (member == NULL
        || ngx_court_json_dump(pool, member, &text) != NGX_OK)
    {
        fprintf(stderr, "court-tool: no member \"%s\"\n", name);
        return NGX_COURT_TOOL_NO;
    }

    printf("%.*s\n", (int) text.len, text.data);

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_render_read(ngx_pool_t *pool, const char *verb, const char *name)
{
    ngx_str_t          text, err;
    ngx_court_json_t  *doc;

    if (ngx_court_tool_read(pool, NULL, &text) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    ngx_str_null(&err);

    doc = ngx_court_json_parse(pool, &text, &ngx_court_json_large, &err);
    if (doc == NULL) {
        fprintf(stderr, "court-tool: no JSON: %.*s\n", (int) err.len,
                err.data);
        return NGX_COURT_TOOL_UNDETERMINED;
    }

    if (strcmp(verb, "json") == 0) {
        return ngx_court_render_json(doc);
    }

    if (name) {
        return ngx_court_render_member(pool, doc, name);
    }

    return ngx_court_tool_status(doc, strcmp(verb, "health") == 0);
}


int
ngx_court_tool_render(int argc, char **argv)
{
    int          rc;
    ngx_pool_t  *pool;

    if ((argc != 1
         || (strcmp(argv[0], "json") != 0 && strcmp(argv[0], "status") != 0
             && strcmp(argv[0], "health") != 0))
        && (argc != 2 || strcmp(argv[0], "member") != 0))
    {
        fputs(ngx_court_render_help, stderr);
        return NGX_COURT_TOOL_USAGE;
    }

    pool = ngx_create_pool(4096, ngx_court_rt_log(NGX_LOG_ERR));
    if (pool == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    rc = ngx_court_render_read(pool, argv[0], argc == 2 ? argv[1] : NULL);

    ngx_destroy_pool(pool);

    return rc;
}
