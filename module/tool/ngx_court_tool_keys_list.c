/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * keys list: what stands in files of keys, and nothing secret of it.
 */

#include "ngx_court_tool_keys.h"
#include "ngx_court_base64url.h"
#include "ngx_court_time.h"


/* RFC 7638; "" for rings and shared secrets, whose hash would be an oracle */

static void
ngx_court_keys_list_thumb(ngx_pool_t *pool, const ngx_court_keys_item_t *item,
    char out[64])
{
    u_char     sum[NGX_COURT_SHA256_LEN];
    ngx_str_t  raw;

    out[0] = '\0';

    if (item->key == NULL || item->key->kty == NGX_COURT_KTY_OCT
        || ngx_court_jwk_thumbprint(pool, item->key, sum) != NGX_OK)
    {
        return;
    }

    raw.data = sum;
    raw.len = sizeof(sum);
    *ngx_court_base64url_encode((u_char *) out, &raw) = '\0';
}


static void
ngx_court_keys_list_json(const ngx_court_keys_file_t *file,
    const ngx_court_keys_item_t *item, const char *thumb, int64_t age,
    ngx_uint_t first)
{
    u_char     *p, *text;
    ngx_str_t   name;

    ngx_court_tool_str(&name, file->name);

    text = ngx_pnalloc(file->pool, ngx_court_json_escape_len(&name)
                                   + ngx_court_json_escape_len(&item->id)
                                   + 512);
    if (text == NULL) {
        return;
    }

    p = ngx_sprintf(text, "%s{\"file\":\"", first ? "" : ",");
    p = ngx_court_json_escape(p, &name);
    p = ngx_sprintf(p, "\",\"kind\":\"%s\",\"kid\":\"",
                    ngx_court_keys_kind_name(file->kind));
    p = ngx_court_json_escape(p, &item->id);
    p = ngx_sprintf(p, "\",\"alg\":\"%V\",\"state\":\"%s\",\"usable\":%s",
                    &item->alg, ngx_court_turn_name(item->turn),
                    item->key || file->kind <= NGX_COURT_KEYS_AUDIT
                    ? "true" : "false");

    if (thumb[0]) {
        p = ngx_sprintf(p, ",\"thumbprint\":\"%s\"", thumb);
    }

    if (item->created) {
        p = ngx_cpymem(p, ",\"created\":\"", 12);
        p = ngx_court_time_format(p, item->created);
        *p++ = '"';
    }

    p = ngx_sprintf(p, ",\"age\":%L}", age);
    fwrite(text, 1, p - text, stdout);
}


/* a terminal shows a kid, and does not obey it */

static void
ngx_court_keys_list_text(const ngx_court_keys_file_t *file,
    const ngx_court_keys_item_t *item, const char *thumb, int64_t age)
{
    size_t  i;

    printf("%s  %s  ", file->name, ngx_court_keys_kind_name(file->kind));

    for (i = 0; i < item->id.len; i++) {
        putchar(item->id.data[i] < 0x20 || item->id.data[i] == 0x7f
                ? '?' : item->id.data[i]);
    }

    printf("%s  %.*s  %s  %lld d%s%s%s\n", item->id.len ? "" : "-",
           item->alg.len ? (int) item->alg.len : 1,
           item->alg.len ? (char *) item->alg.data : "-",
           ngx_court_turn_name(item->turn), (long long) (age / 86400),
           item->created ? "" : " (file)", thumb[0] ? "  " : "", thumb);
}


static void
ngx_court_keys_list_file(const ngx_court_keys_file_t *file, ngx_uint_t json,
    ngx_uint_t *first)
{
    char                          thumb[64];
    int64_t                       age;
    ngx_uint_t                    i;
    const ngx_court_keys_item_t  *item;

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        ngx_court_keys_list_thumb(file->pool, &item[i], thumb);
        age = ngx_court_keys_age(file, &item[i], (int64_t) time(NULL));

        if (json) {
            ngx_court_keys_list_json(file, &item[i], thumb, age, *first);

        } else {
            ngx_court_keys_list_text(file, &item[i], thumb, age);
        }

        *first = 0;
    }
}


int
ngx_court_keys_list(ngx_pool_t *pool, const char **files, ngx_uint_t n,
    ngx_uint_t json)
{
    int                     rc, worst;
    ngx_uint_t              i, first;
    ngx_court_keys_file_t  *file;

    file = ngx_palloc(pool, sizeof(ngx_court_keys_file_t));
    if (file == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    first = 1;
    worst = NGX_COURT_TOOL_YES;

    if (json) {
        fputs("{\"schema\":1,\"keys\":[", stdout);
    }

    for (i = 0; i < n; i++) {
        rc = ngx_court_keys_open(pool, files[i], 0, file);

        if (rc == NGX_COURT_TOOL_YES) {
            ngx_court_keys_list_file(file, json, &first);

        } else if (worst == NGX_COURT_TOOL_YES) {
            worst = rc;
        }

        ngx_court_keys_close(file);
    }

    if (json) {
        fputs("]}\n", stdout);
    }

    return fflush(stdout) == 0 ? worst : NGX_COURT_TOOL_UNREACHABLE;
}
