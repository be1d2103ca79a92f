/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_json_text.h"


/* more digits than any text within the limits has elements */
#define NGX_COURT_JSON_INDEX_DIGITS  9


ngx_int_t
ngx_court_json_token(ngx_str_t *pointer, ngx_str_t *token,
    u_char buf[NGX_COURT_JSON_TOKEN_MAX])
{
    size_t       n;
    u_char      *p, *end;
    ngx_uint_t   escaped;

    if (pointer->len == 0) {
        return NGX_DONE;
    }

    if (pointer->data[0] != '/') {
        return NGX_DECLINED;
    }

    p = pointer->data + 1;
    end = pointer->data + pointer->len;

    token->data = p;
    escaped = 0;

    while (p < end && *p != '/') {
        escaped |= (*p == '~');
        p++;
    }

    token->len = p - token->data;
    pointer->data = p;
    pointer->len = end - p;

    if (!escaped) {
        return NGX_OK;
    }

    end = p;
    p = token->data;

    for (n = 0; p < end; n++) {
        if (n == NGX_COURT_JSON_TOKEN_MAX) {
            return NGX_DECLINED;
        }

        if (*p != '~') {
            buf[n] = *p++;
            continue;
        }

        if (end - p < 2 || (p[1] != '0' && p[1] != '1')) {
            return NGX_DECLINED;
        }

        buf[n] = (p[1] == '0') ? '~' : '/';
        p += 2;
    }

    token->data = buf;
    token->len = n;

    return NGX_OK;
}


ngx_int_t
ngx_court_json_token_index(const ngx_str_t *token)
{
    size_t     i;
    ngx_int_t  n;

    if (token->len == 0 || token->len > NGX_COURT_JSON_INDEX_DIGITS
        || (token->len > 1 && token->data[0] == '0'))
    {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < token->len; i++) {
        if (token->data[i] < '0' || token->data[i] > '9') {
            return NGX_ERROR;
        }

        n = n * 10 + (token->data[i] - '0');
    }

    return n;
}


ngx_court_json_t *
ngx_court_json_pointer(const ngx_court_json_t *node, const ngx_str_t *pointer)
{
    u_char             buf[NGX_COURT_JSON_TOKEN_MAX];
    ngx_int_t          rc, i;
    ngx_str_t          rest, token;
    ngx_court_json_t  *found;

    rest = *pointer;
    found = (ngx_court_json_t *) node;

    while (found) {
        rc = ngx_court_json_token(&rest, &token, buf);

        if (rc == NGX_DONE) {
            return found;
        }

        if (rc != NGX_OK) {
            return NULL;
        }

        if (ngx_court_json_type(found) == NGX_COURT_JSON_ARRAY) {
            i = ngx_court_json_token_index(&token);
            found = (i == NGX_ERROR) ? NULL
                                     : ngx_court_json_at(found, (ngx_uint_t) i);
            continue;
        }

        found = ngx_court_json_get_str(found, &token);
    }

    return NULL;
}


ngx_uint_t
ngx_court_json_pointer_valid(const ngx_str_t *pointer)
{
    u_char     buf[NGX_COURT_JSON_TOKEN_MAX];
    ngx_int_t  rc;
    ngx_str_t  rest, token;

    rest = *pointer;

    do {
        rc = ngx_court_json_token(&rest, &token, buf);
    } while (rc == NGX_OK);

    return rc == NGX_DONE;
}
