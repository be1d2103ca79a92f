/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json.h"
#include "ngx_court_json_text.h"

#include <jansson.h>


#if JANSSON_VERSION_HEX < 0x020e00
#error "jansson 2.14 or newer is needed: names and keys have lengths there"
#endif


/* "line N: " and jansson's longest text */
#define NGX_COURT_JSON_ERR_LEN  (JSON_ERROR_TEXT_LENGTH + NGX_INT64_LEN + 16)

#define ngx_court_json_of(node)  ((json_t *) (node))
#define ngx_court_json_to(json)  ((ngx_court_json_t *) (json))


static void ngx_court_json_error(ngx_pool_t *pool, ngx_str_t *err,
    ngx_uint_t line, const char *what, const char *name);
static const char *ngx_court_json_error_text(const json_error_t *e);
static const char *ngx_court_json_error_name(json_error_t *e);
static void ngx_court_json_free(void *data);


const ngx_court_json_limits_t  ngx_court_json_small = {
    64 * 1024, 16, 4096
};

const ngx_court_json_limits_t  ngx_court_json_large = {
    16 * 1024 * 1024, 32, 1024 * 1024
};


/*
 * jansson seeds its hash tables by itself from /dev/urandom, at the first
 * object of a process, so names can't be chosen to collide.  Without
 * JSON_DECODE_ANY a root is an object or an array; without JSON_ALLOW_NUL
 * no string holds NUL; the whole text must be read.
 */

ngx_court_json_t *
ngx_court_json_parse(ngx_pool_t *pool, const ngx_str_t *text,
    const ngx_court_json_limits_t *limits, ngx_str_t *err)
{
    json_t              *root;
    ngx_uint_t           line;
    const char          *what;
    json_error_t         error;
    ngx_pool_cleanup_t  *cln;

    what = ngx_court_json_text_exceeds(text, limits, &line);
    if (what) {
        ngx_court_json_error(pool, err, line, what, NULL);
        return NULL;
    }

    cln = ngx_pool_cleanup_add(pool, 0);
    if (cln == NULL) {
        ngx_court_json_error(pool, err, 0, "no memory", NULL);
        return NULL;
    }

    root = json_loadb(text->len ? (char *) text->data : "", text->len,
                      JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        ngx_court_json_error(pool, err,
                             error.line > 0 ? (ngx_uint_t) error.line : 1,
                             ngx_court_json_error_text(&error),
                             ngx_court_json_error_name(&error));
        return NULL;
    }

    cln->handler = ngx_court_json_free;
    cln->data = root;

    return ngx_court_json_to(root);
}


static void
ngx_court_json_free(void *data)
{
    json_decref(data);
}


static void
ngx_court_json_error(ngx_pool_t *pool, ngx_str_t *err, ngx_uint_t line,
    const char *what, const char *name)
{
    u_char  *p, *last;

    if (err == NULL) {
        return;
    }

    p = line ? ngx_pnalloc(pool, NGX_COURT_JSON_ERR_LEN) : NULL;

    if (p == NULL) {
        err->data = (u_char *) what;
        err->len = ngx_strlen(what);
        return;
    }

    last = p + NGX_COURT_JSON_ERR_LEN;
    err->data = p;

    if (name) {
        p = ngx_slprintf(p, last, "line %ui: %s \"%s\"", line, what, name);

    } else {
        p = ngx_slprintf(p, last, "line %ui: %s", line, what);
    }

    err->len = p - err->data;
}


/*
 * jansson's own text quotes the input, which may be a token or a person's
 * record; errors are logged, so only the kind of error is told.
 */

static const char *
ngx_court_json_error_text(const json_error_t *e)
{
    switch (json_error_code(e)) {

    case json_error_out_of_memory:
        return "no memory";

    case json_error_premature_end_of_input:
        return "unexpected end of text";

    case json_error_end_of_input_expected:
        return "text goes on behind the value";

    case json_error_invalid_utf8:
        return "invalid UTF-8";

    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "NUL in a string";

    case json_error_duplicate_key:
        return "duplicate member";

    case json_error_numeric_overflow:
        return "number out of range";

    default:
        return "invalid JSON";
    }
}


/*
 * The name of a duplicate member, which stands in jansson's text as
 * "... near '\"NAME\"'"; cut, and with anything but printable ASCII masked,
 * because it goes into a log.  NULL for other errors.
 */

static const char *
ngx_court_json_error_name(json_error_t *e)
{
    char  *p, *name;

    if (json_error_code(e) != json_error_duplicate_key) {
        return NULL;
    }

    name = ngx_strstr(e->text, "near '\"");
    if (name == NULL) {
        return NULL;
    }

    name += sizeof("near '\"") - 1;

    for (p = name; *p && *p != '"'; p++) {
        if (*p < 0x20 || *p > 0x7e || *p == '\\') {
            *p = '?';
        }
    }

    *p = '\0';

    return name;
}


ngx_court_json_type_t
ngx_court_json_type(const ngx_court_json_t *node)
{
    if (node == NULL) {
        return NGX_COURT_JSON_NULL;
    }

    switch (json_typeof(ngx_court_json_of(node))) {

    case JSON_OBJECT:
        return NGX_COURT_JSON_OBJECT;

    case JSON_ARRAY:
        return NGX_COURT_JSON_ARRAY;

    case JSON_STRING:
        return NGX_COURT_JSON_STRING;

    case JSON_INTEGER:
        return NGX_COURT_JSON_INT;

    case JSON_REAL:
        return NGX_COURT_JSON_REAL;

    case JSON_TRUE:
    case JSON_FALSE:
        return NGX_COURT_JSON_BOOL;

    default:
        return NGX_COURT_JSON_NULL;
    }
}


ngx_court_json_t *
ngx_court_json_get(const ngx_court_json_t *node, const char *name)
{
    return ngx_court_json_to(json_object_get(ngx_court_json_of(node), name));
}


ngx_court_json_t *
ngx_court_json_get_str(const ngx_court_json_t *node, const ngx_str_t *name)
{
    return ngx_court_json_to(json_object_getn(ngx_court_json_of(node),
                                              name->len ? (char *) name->data
                                                        : "",
                                              name->len));
}


ngx_int_t
ngx_court_json_string(const ngx_court_json_t *node, ngx_str_t *s)
{
    json_t  *json;

    json = ngx_court_json_of(node);

    if (!json_is_string(json)) {
        return NGX_DECLINED;
    }

    s->data = (u_char *) json_string_value(json);
    s->len = json_string_length(json);

    return NGX_OK;
}


ngx_int_t
ngx_court_json_int(const ngx_court_json_t *node, int64_t *n)
{
    if (!json_is_integer(ngx_court_json_of(node))) {
        return NGX_DECLINED;
    }

    *n = (int64_t) json_integer_value(ngx_court_json_of(node));

    return NGX_OK;
}


ngx_int_t
ngx_court_json_real(const ngx_court_json_t *node, double *d)
{
    if (!json_is_real(ngx_court_json_of(node))) {
        return NGX_DECLINED;
    }

    *d = json_real_value(ngx_court_json_of(node));

    return NGX_OK;
}


ngx_int_t
ngx_court_json_bool(const ngx_court_json_t *node, ngx_uint_t *b)
{
    if (!json_is_boolean(ngx_court_json_of(node))) {
        return NGX_DECLINED;
    }

    *b = json_is_true(ngx_court_json_of(node)) ? 1 : 0;

    return NGX_OK;
}


ngx_uint_t
ngx_court_json_size(const ngx_court_json_t *node)
{
    json_t  *json;

    json = ngx_court_json_of(node);

    return json_is_array(json) ? json_array_size(json)
                               : json_object_size(json);
}


ngx_court_json_t *
ngx_court_json_at(const ngx_court_json_t *array, ngx_uint_t i)
{
    return ngx_court_json_to(json_array_get(ngx_court_json_of(array), i));
}


void *
ngx_court_json_first(const ngx_court_json_t *object)
{
    return json_object_iter(ngx_court_json_of(object));
}


void *
ngx_court_json_next(const ngx_court_json_t *object, void *iter)
{
    return json_object_iter_next(ngx_court_json_of(object), iter);
}


void
ngx_court_json_key(void *iter, ngx_str_t *name)
{
    name->data = (u_char *) json_object_iter_key(iter);
    name->len = json_object_iter_key_len(iter);
}


ngx_court_json_t *
ngx_court_json_value(void *iter)
{
    return ngx_court_json_to(json_object_iter_value(iter));
}


ngx_int_t
ngx_court_json_dump(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *text)
{
    char    *dump;
    size_t   len;

    dump = json_dumps(ngx_court_json_of(node), JSON_COMPACT|JSON_ENCODE_ANY);
    if (dump == NULL) {
        return NGX_ERROR;
    }

    len = ngx_strlen(dump);

    text->data = ngx_pnalloc(pool, len);

    if (text->data) {
        ngx_memcpy(text->data, dump, len);
        text->len = len;
    }

    free(dump);

    return text->data ? NGX_OK : NGX_ERROR;
}
