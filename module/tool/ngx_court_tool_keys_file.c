/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A file of keys: read into items, written back by rename.
 */

#include "ngx_court_tool_keys.h"
#include "ngx_court_base64url.h"
#include "ngx_court_seal.h"
#include "ngx_court_time.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>


#define NGX_COURT_KEYS_LOCK_TRIES  50     /* of 100 ms */
#define NGX_COURT_KEYS_TIME_MAX    253402300799LL    /* 9999-12-31 */


static int
ngx_court_keys_fail(const ngx_court_keys_file_t *file, const char *what,
    ngx_str_t *err)
{
    fprintf(stderr, "court-tool: %s: %s%s%.*s\n", file->name, what,
            err && err->len ? ": " : "", err ? (int) err->len : 0,
            err && err->len ? (char *) err->data : "");

    return NGX_COURT_TOOL_INVALID;
}


static int
ngx_court_keys_errno(const ngx_court_keys_file_t *file, const char *what)
{
    int  e = errno;

    fprintf(stderr, "court-tool: %s: cannot %s: %s\n", file->name, what,
            strerror(e));

    return e == EACCES || e == EPERM ? NGX_COURT_TOOL_FORBIDDEN
                                     : NGX_COURT_TOOL_UNREACHABLE;
}


const char *
ngx_court_keys_kind_name(ngx_court_keys_kind_t kind)
{
    static const char  *names[] = { "seal", "audit", "private", "public" };

    return names[kind];
}


int64_t
ngx_court_keys_age(const ngx_court_keys_file_t *file,
    const ngx_court_keys_item_t *item, int64_t now)
{
    int64_t  since;

    since = item->created ? item->created : (int64_t) file->st.st_mtime;

    return since > now ? 0 : now - since;
}


/*
 * Of the directory, since the file itself will be another one: two at once in
 * one directory wait for each other, and nothing is left lying about.
 */

static int
ngx_court_keys_lock(ngx_court_keys_file_t *file)
{
    int          i;
    char         dir[PATH_MAX];
    ngx_uint_t   len;

    len = strrchr(file->path, '/') - file->path;
    memcpy(dir, file->path, len);
    strcpy(dir + len, len ? "" : "/");

    file->lock = open(dir, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (file->lock == -1) {
        return ngx_court_keys_errno(file, "lock its directory");
    }

    for (i = 0; i < NGX_COURT_KEYS_LOCK_TRIES; i++) {

        if (flock(file->lock, LOCK_EX|LOCK_NB) == 0) {
            return NGX_COURT_TOOL_YES;
        }

        if (errno != EWOULDBLOCK && errno != EINTR) {
            break;
        }

        usleep(100 * 1000);
    }

    return ngx_court_keys_errno(file, "lock its directory");
}


/* the ring's own parser has accepted the line: fields are what they are */

static ngx_int_t
ngx_court_keys_line(ngx_court_keys_file_t *file, u_char *p, u_char *eol)
{
    char                   *word, *rest;
    ngx_str_t               s, *comment;
    ngx_uint_t              n;
    ngx_court_keys_item_t  *item;

    s.len = eol - p;
    s.data = ngx_pnalloc(file->pool, s.len + 1);
    if (s.data == NULL) {
        return NGX_ERROR;
    }

    memcpy(s.data, p, s.len);
    s.data[s.len] = '\0';

    n = strspn((char *) s.data, " \t");

    if (s.len == n || s.data[n] == '#') {
        comment = ngx_array_push(&file->comments);
        if (comment) {
            *comment = s;
        }

        return comment ? NGX_OK : NGX_ERROR;
    }

    item = ngx_array_push(&file->items);
    if (item == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(item, sizeof(ngx_court_keys_item_t));

    s.data[strcspn((char *) s.data, "#")] = '\0';
    rest = NULL;
    word = strtok_r((char *) s.data, " \t", &rest);

    for (n = 0; word; n++, word = strtok_r(NULL, " \t", &rest)) {

        if (n < 3) {
            s.data = (u_char *) word;
            s.len = strlen(word);
            *(n == 0 ? &item->id : n == 1 ? &item->alg : &item->text) = s;

        } else if (strncmp(word, "state=", 6) == 0) {
            ngx_court_tool_str(&s, word + 6);
            item->turn = ngx_court_turn_parse(&s);

        } else {
            ngx_court_tool_str(&s, word + strcspn(word, "=") + 1);
            (void) ngx_court_time_parse(&s, &item->created);
        }
    }

    return NGX_OK;
}


static int
ngx_court_keys_ring_read(ngx_court_keys_file_t *file)
{
    u_char     *p, *eol, *end;
    ngx_str_t   err, other;

    file->kind = NGX_COURT_KEYS_SEAL;

    if (ngx_court_ring_parse(file->pool, &file->text, NGX_COURT_RING_SEAL,
                             &err) == NULL)
    {
        file->kind = NGX_COURT_KEYS_AUDIT;

        if (ngx_court_ring_parse(file->pool, &file->text, NGX_COURT_RING_MAC,
                                 &other) == NULL)
        {
            return ngx_court_keys_fail(file, "neither JWKS nor ring",
                                       ngx_strnstr(err.data, "algorithm",
                                                   err.len) ? &other : &err);
        }
    }

    end = file->text.data + file->text.len;

    for (p = file->text.data; p < end; p = eol + 1) {
        eol = memchr(p, '\n', end - p);
        eol = eol ? eol : end;

        if (ngx_court_keys_line(file, p, eol) != NGX_OK) {
            return ngx_court_keys_fail(file, "no memory", NULL);
        }
    }

    return NGX_COURT_TOOL_YES;
}


/* the members but those that are ours, whatever they are */

static ngx_int_t
ngx_court_keys_members(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *text)
{
    void       *it;
    u_char     *p;
    size_t      len;
    ngx_str_t   all, name, value;

    if (ngx_court_json_dump(pool, node, &all) != NGX_OK) {
        return NGX_ERROR;
    }

    len = all.len;
    p = ngx_pnalloc(pool, len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;
    *p++ = '{';

    for (it = ngx_court_json_first(node); it;
         it = ngx_court_json_next(node, it))
    {
        ngx_court_json_key(it, &name);

        if ((name.len == 11 && memcmp(name.data, "court_state", 11) == 0)
            || (name.len == 3 && memcmp(name.data, "iat", 3) == 0))
        {
            continue;
        }

        if (ngx_court_json_dump(pool, ngx_court_json_value(it), &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (p > text->data + 1) {
            *p++ = ',';
        }

        *p++ = '"';
        p = ngx_court_json_escape(p, &name);
        p = ngx_cpymem(p, "\":", 2);
        p = ngx_cpymem(p, value.data, value.len);
        ngx_court_wipe(value.data, value.len);
    }

    ngx_court_wipe(all.data, all.len);
    text->len = p - text->data;                   /* "}" is written later */

    return NGX_OK;
}


ngx_int_t
ngx_court_keys_jwk(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_court_keys_item_t *item)
{
    u_char                  sum[NGX_COURT_SHA256_LEN];
    ngx_str_t               raw;
    const ngx_court_alg_t  *alg;

    ngx_memzero(item, sizeof(ngx_court_keys_item_t));

    if (ngx_court_json_type(node) != NGX_COURT_JSON_OBJECT
        || ngx_court_keys_members(pool, node, &item->text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&item->id, "");
    ngx_str_set(&item->alg, "");

    (void) ngx_court_json_string(ngx_court_json_get(node, "kid"), &item->id);
    (void) ngx_court_json_int(ngx_court_json_get(node, "iat"),
                              &item->created);

    if (item->created < 0 || item->created > NGX_COURT_KEYS_TIME_MAX) {
        item->created = 0;
    }

    item->key = ngx_court_jwk_parse(pool, node, NULL);

    if (item->key == NULL || !item->key->use_sig) {
        item->key = NULL;
        return NGX_OK;
    }

    item->turn = item->key->turn;
    alg = ngx_court_key_default_alg(item->key);

    if (alg) {
        item->alg = alg->name;
    }

    /* so the gateway names one that has no name */

    if (item->id.len == 0 && item->key->kty != NGX_COURT_KTY_OCT
        && ngx_court_jwk_thumbprint(pool, item->key, sum) == NGX_OK)
    {
        raw.data = sum;
        raw.len = sizeof(sum);
        item->id.data = ngx_pnalloc(pool, 64);
        if (item->id.data == NULL) {
            return NGX_ERROR;
        }

        item->id.len = ngx_court_base64url_encode(item->id.data, &raw)
                       - item->id.data;
    }

    return NGX_OK;
}


static int
ngx_court_keys_jwks_read(ngx_court_keys_file_t *file, const ngx_str_t *text)
{
    ngx_str_t               err;
    ngx_uint_t              i, n;
    ngx_court_json_t       *root, *keys, *node;
    ngx_court_keys_item_t  *item;

    ngx_str_null(&err);

    /* what the gateway would refuse is refused in the same words */

    if (ngx_court_jwks_parse(file->pool, text, &err) == NULL) {
        return ngx_court_keys_fail(file, "no JWKS", &err);
    }

    root = ngx_court_json_parse(file->pool, text, &ngx_court_json_large,
                                &err);
    keys = ngx_court_json_get(root, "keys");
    n = keys ? ngx_court_json_size(keys) : 1;
    file->kind = NGX_COURT_KEYS_PUBLIC;

    for (i = 0; i < n; i++) {
        node = keys ? ngx_court_json_at(keys, i) : root;
        item = ngx_array_push(&file->items);

        if (item == NULL || ngx_court_keys_jwk(file->pool, node, item)
                            != NGX_OK)
        {
            return ngx_court_keys_fail(file, "a key is no object", NULL);
        }

        if (item->key && item->key->private_key
            && item->key->kty != NGX_COURT_KTY_OCT)
        {
            file->kind = NGX_COURT_KEYS_PRIVATE;
        }
    }

    return NGX_COURT_TOOL_YES;
}


/* becomes a JWKS of one key, under the name that the gateway gives it */

static int
ngx_court_keys_pem_read(ngx_court_keys_file_t *file)
{
    ngx_str_t         err, text;
    ngx_court_key_t  *key;

    ngx_str_null(&err);
    key = ngx_court_key_pem(file->pool, &file->text, &err);

    if (key == NULL || !key->private_key
        || ngx_court_jwk_write(file->pool, key, ngx_court_keys_alg(key), 1,
                               &text)
           != NGX_OK)
    {
        return ngx_court_keys_fail(file, "no private key", &err);
    }

    file->pem = 1;

    return ngx_court_keys_jwks_read(file, &text);
}


/* words for keys about which the file says nothing */

static int
ngx_court_keys_turns(ngx_court_keys_file_t *file)
{
    ngx_uint_t              i, n, writer;
    const char             *why;
    ngx_court_turn_t        turns[NGX_COURT_JWKS_MAX];
    ngx_court_keys_item_t  *item;

    item = file->items.elts;
    n = file->items.nelts;
    writer = n;

    ngx_memzero(turns, sizeof(turns));

    if (file->kind != NGX_COURT_KEYS_PUBLIC) {

        for (i = 0; i < n; i++) {
            turns[i] = item[i].turn;

            if (item[i].key == NULL && file->kind == NGX_COURT_KEYS_PRIVATE) {
                return ngx_court_keys_fail(file, "has an unusable key", NULL);
            }
        }

        why = ngx_court_turn_writer(turns, n, &writer);
        if (why) {
            return ngx_court_keys_fail(file, why, NULL);
        }
    }

    for (i = 0; i < n; i++) {
        if (i == writer) {
            item[i].turn = NGX_COURT_TURN_WRITE;

        } else if (item[i].turn == NGX_COURT_TURN_NONE
                   || file->kind == NGX_COURT_KEYS_PUBLIC)
        {
            item[i].turn = NGX_COURT_TURN_READ;
        }
    }

    return NGX_COURT_TOOL_YES;
}


int
ngx_court_keys_open(ngx_pool_t *pool, const char *name, ngx_uint_t lock,
    ngx_court_keys_file_t *file)
{
    int     rc;
    size_t  n;

    ngx_memzero(file, sizeof(ngx_court_keys_file_t));
    file->pool = pool;
    file->name = name;
    file->lock = -1;

    if (realpath(name, file->path) == NULL) {
        return ngx_court_keys_errno(file, "find it");
    }

    if (lock) {
        rc = ngx_court_keys_lock(file);
        if (rc != NGX_COURT_TOOL_YES) {
            return rc;
        }
    }

    if (ngx_array_init(&file->items, pool, 4, sizeof(ngx_court_keys_item_t))
        != NGX_OK
        || ngx_array_init(&file->comments, pool, 4, sizeof(ngx_str_t))
           != NGX_OK
        || stat(file->path, &file->st) == -1)
    {
        return ngx_court_keys_errno(file, "read it");
    }

    if (ngx_court_tool_read(pool, file->path, &file->text) != NGX_OK) {
        return errno == EACCES ? NGX_COURT_TOOL_FORBIDDEN
                               : NGX_COURT_TOOL_UNREACHABLE;
    }

    n = strspn((char *) file->text.data, " \t\r\n");

    if (file->text.data[n] == '{' || file->text.data[n] == '[') {
        rc = ngx_court_keys_jwks_read(file, &file->text);

    } else if (strncmp((char *) file->text.data, "-----BEGIN", 10) == 0) {
        rc = ngx_court_keys_pem_read(file);

    } else {
        rc = ngx_court_keys_ring_read(file);
    }

    return rc == NGX_COURT_TOOL_YES ? ngx_court_keys_turns(file) : rc;
}


void
ngx_court_keys_close(ngx_court_keys_file_t *file)
{
    ngx_uint_t              i;
    ngx_court_keys_item_t  *item;

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        ngx_court_wipe(item[i].text.data, item[i].text.len);
    }

    if (file->text.data) {
        ngx_court_wipe(file->text.data, file->text.len);
    }

    if (file->lock != -1) {
        close(file->lock);
    }
}
