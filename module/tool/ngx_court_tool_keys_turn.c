/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * keys stage, commit, retire: the three steps of a key's change.  After each
 * the gateway is to be reloaded, and time must pass, so that nobody meets a
 * key that he does not know; what to do next is said each time.
 */

#include "ngx_court_tool_keys.h"


/* what to do after a step, by kind of file; NULL: there is no such step */

typedef struct {
    const char                *verb;
    const char                *done;
    const char                *next[4];
} ngx_court_keys_step_t;

static const ngx_court_keys_step_t  ngx_court_keys_steps[] = {

    { "stage", "staged", {
      "Copy the file to every gateway of this Redis and reload nginx on each;"
      " then \"keys commit\" everywhere.  Names in Redis change then: facts"
      " are asked for anew, so choose a quiet hour.",

      "Reload nginx, then \"keys commit\".",

      "Reload nginx.  Court services keep the published keys for 5 minutes:"
      " \"keys commit\" when each has the new one, 10 minutes later at the"
      " earliest.",

      "Reload nginx.  Tokens by the new key are accepted from then on." } },

    { "commit", "committed", {
      "Reload nginx on every gateway of this Redis.  \"keys retire\" when the"
      " longest ttl and stale of all court_fact have passed.",

      "Reload nginx.  Pseudonyms change with it; \"keys retire\" marks the old"
      " key, which exports need for as long as there are records.",

      "Reload nginx.  Old workers sign with the old key until they are gone"
      " (worker_shutdown_timeout), and what they signed lives 60 s: \"keys"
      " retire\" after that.",

      NULL } },

    { "retire", "retired", {
      "Reload nginx on every gateway of this Redis.  Destroy copies of the"
      " file with the old key, backups too.",

      "Reload nginx.",

      "Reload nginx.  Destroy copies of the file with the old key, backups"
      " too.",

      "Reload nginx.  Tokens by that key are refused from then on." } },

    { NULL, NULL, { NULL, NULL, NULL, NULL } }
};


static int
ngx_court_keys_no(const ngx_court_keys_file_t *file, const char *why)
{
    fprintf(stderr, "court-tool: %s: %s\n", file->name, why);

    return NGX_COURT_TOOL_NO;
}


/* the only item of that turn; *n says how many there are */

static ngx_court_keys_item_t *
ngx_court_keys_of(ngx_court_keys_file_t *file, ngx_court_turn_t turn,
    ngx_uint_t *n)
{
    ngx_uint_t              i;
    ngx_court_keys_item_t  *item, *found;

    *n = 0;
    found = NULL;
    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        if (item[i].turn == turn) {
            found = &item[i];
            (*n)++;
        }
    }

    return found;
}


static ngx_court_keys_item_t *
ngx_court_keys_by_id(ngx_court_keys_file_t *file, const ngx_str_t *id)
{
    ngx_uint_t              i;
    ngx_court_keys_item_t  *item;

    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {
        if (ngx_court_str_eq(&item[i].id, id)) {
            return &item[i];
        }
    }

    return NULL;
}


/* "s1" becomes "s2", and is never given again while a later one stands */

static ngx_int_t
ngx_court_keys_next_id(ngx_court_keys_file_t *file,
    const ngx_court_keys_item_t *writer, ngx_str_t *id)
{
    size_t                  stem;
    ngx_int_t               n, most;
    ngx_uint_t              i;
    ngx_court_keys_item_t  *item;

    for (stem = writer->id.len; stem; stem--) {
        if (writer->id.data[stem - 1] < '0'
            || writer->id.data[stem - 1] > '9')
        {
            break;
        }
    }

    most = 0;
    item = file->items.elts;

    for (i = 0; i < file->items.nelts; i++) {

        if (item[i].id.len <= stem
            || memcmp(item[i].id.data, writer->id.data, stem) != 0)
        {
            continue;
        }

        n = ngx_atoi(item[i].id.data + stem, item[i].id.len - stem);
        most = ngx_max(most, n);
    }

    id->data = ngx_pnalloc(file->pool, stem + NGX_INT_T_LEN + 1);
    if (id->data == NULL) {
        return NGX_ERROR;
    }

    id->len = ngx_sprintf(id->data, "%*s%i", stem, writer->id.data, most + 1)
              - id->data;

    return NGX_OK;
}


static int
ngx_court_keys_stage_ring(ngx_court_keys_file_t *file,
    ngx_court_keys_opts_t *o, ngx_court_keys_item_t *item)
{
    ngx_uint_t              n;
    ngx_court_keys_item_t  *writer;

    if (o->in || o->kty || o->crv || o->bits) {
        return ngx_court_keys_usage();
    }

    writer = ngx_court_keys_of(file, NGX_COURT_TURN_WRITE, &n);

    if (o->alg) {
        ngx_court_tool_str(&item->alg, o->alg);

    } else {
        item->alg = writer->alg;
    }

    if (o->kid) {
        ngx_court_tool_str(&item->id, o->kid);

    } else if (ngx_court_keys_next_id(file, writer, &item->id) != NGX_OK) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    item->text.len = NGX_COURT_KEYS_SECRET;
    item->text.data = ngx_pnalloc(file->pool, item->text.len);

    return item->text.data && ngx_court_keys_secret(item->text.data) == NGX_OK
           ? NGX_COURT_TOOL_YES : NGX_COURT_TOOL_UNREACHABLE;
}


/* of the kind of the one that signs, unless another is asked for */

static void
ngx_court_keys_like(ngx_court_keys_opts_t *o, const ngx_court_key_t *key)
{
    if (o->kty) {
        return;
    }

    o->kty = key->kty == NGX_COURT_KTY_RSA ? "rsa"
             : key->kty == NGX_COURT_KTY_SM2 ? "sm2"
             : key->kty == NGX_COURT_KTY_OKP ? "okp" : "ec";

    if (o->crv == NULL && key->crv.len) {
        o->crv = (const char *) key->crv.data;    /* a table's constant */
    }

    if (o->alg == NULL && key->alg) {
        o->alg = (const char *) key->alg->name.data;
    }
}


/* the JWK that a file of --in holds, or a fresh one, as parsed JSON */

static int
ngx_court_keys_stage_jwk(ngx_court_keys_file_t *file,
    ngx_court_keys_opts_t *o, ngx_court_keys_item_t *item)
{
    int                rc;
    ngx_str_t          text;
    ngx_uint_t         n;
    ngx_court_key_t   *key;
    ngx_court_json_t  *root, *keys;

    if (o->in) {
        if (ngx_court_tool_read(file->pool, o->in, &text) != NGX_OK) {
            return NGX_COURT_TOOL_UNREACHABLE;
        }

    } else if (file->kind == NGX_COURT_KEYS_PUBLIC) {
        return ngx_court_keys_no(file, "public keys of an issuer: give the "
                                       "new one by --in JWKS");

    } else {
        ngx_court_keys_like(o, ngx_court_keys_of(file, NGX_COURT_TURN_WRITE,
                                                 &n)->key);
        rc = ngx_court_keys_generate(file->pool, o, &key);

        if (rc != NGX_COURT_TOOL_YES) {
            return rc;
        }

        if (ngx_court_jwk_write(file->pool, key, ngx_court_keys_alg(key), 1,
                                &text)
            != NGX_OK)
        {
            return NGX_COURT_TOOL_UNREACHABLE;
        }
    }

    root = ngx_court_json_parse(file->pool, &text, &ngx_court_json_large,
                                NULL);
    keys = ngx_court_json_get(root, "keys");
    ngx_court_wipe(text.data, text.len);

    if (root == NULL || (keys && ngx_court_json_size(keys) != 1)
        || ngx_court_keys_jwk(file->pool, keys ? ngx_court_json_at(keys, 0)
                                               : root, item)
           != NGX_OK
        || item->key == NULL)
    {
        fprintf(stderr, "court-tool: %s: no JWKS of one usable key\n",
                o->in ? o->in : "-");
        return NGX_COURT_TOOL_INVALID;
    }

    if (item->key->private_key != (file->kind == NGX_COURT_KEYS_PRIVATE)
        && item->key->kty != NGX_COURT_KTY_OCT)
    {
        return ngx_court_keys_no(file, "holds private keys and the new one is "
                                       "public, or the other way round");
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_keys_stage(ngx_court_keys_file_t *file, ngx_court_keys_opts_t *o,
    ngx_str_t *kid)
{
    int                     rc;
    ngx_uint_t              n;
    ngx_court_keys_item_t   item, *pushed;

    if (ngx_court_keys_of(file, NGX_COURT_TURN_ACCEPT, &n)) {
        return ngx_court_keys_no(file, "a key is staged already: \"keys "
                                       "commit\", or \"keys retire --kid\" "
                                       "takes it out");
    }

    ngx_memzero(&item, sizeof(ngx_court_keys_item_t));

    rc = file->kind <= NGX_COURT_KEYS_AUDIT
         ? ngx_court_keys_stage_ring(file, o, &item)
         : ngx_court_keys_stage_jwk(file, o, &item);

    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    if (item.id.len && ngx_court_keys_by_id(file, &item.id)) {
        return ngx_court_keys_no(file, "there is a key of that id");
    }

    if (file->kind == NGX_COURT_KEYS_PUBLIC) {
        item.turn = NGX_COURT_TURN_READ;

    } else {
        item.turn = NGX_COURT_TURN_ACCEPT;
        item.created = (int64_t) time(NULL);
    }

    pushed = ngx_array_push(&file->items);
    if (pushed == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    *pushed = item;
    *kid = item.id;

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_keys_commit(ngx_court_keys_file_t *file, ngx_court_keys_opts_t *o,
    ngx_str_t *kid)
{
    ngx_uint_t              n;
    ngx_court_keys_item_t  *staged, *writer;

    if (file->kind == NGX_COURT_KEYS_PUBLIC) {
        return ngx_court_keys_no(file, "public keys: who signs with them is "
                                       "the issuer's business");
    }

    staged = ngx_court_keys_of(file, NGX_COURT_TURN_ACCEPT, &n);

    if (n != 1) {
        return ngx_court_keys_no(file, n ? "several keys are staged"
                                         : "no key is staged");
    }

    if (staged->key && !staged->key->private_key) {
        return ngx_court_keys_no(file, "the staged key is public");
    }

    writer = ngx_court_keys_of(file, NGX_COURT_TURN_WRITE, &n);
    writer->turn = NGX_COURT_TURN_READ;
    staged->turn = NGX_COURT_TURN_WRITE;
    *kid = staged->id;

    return NGX_COURT_TOOL_YES;
}


/* --kid, else the only old one; NULL where it was said why none */

static ngx_court_keys_item_t *
ngx_court_keys_old(ngx_court_keys_file_t *file, ngx_court_keys_opts_t *o)
{
    ngx_str_t               id;
    ngx_uint_t              n;
    ngx_court_keys_item_t  *item;

    if (o->kid) {
        ngx_court_tool_str(&id, o->kid);
        item = ngx_court_keys_by_id(file, &id);

        if (item == NULL) {
            (void) ngx_court_keys_no(file, "no key of that id");
        }

        return item;
    }

    item = ngx_court_keys_of(file, NGX_COURT_TURN_READ, &n);

    if (n == 1) {
        return item;
    }

    (void) ngx_court_keys_no(file, n ? "several keys are old: name one by "
                                       "--kid" : "no key is old");

    return NULL;
}


static int
ngx_court_keys_retire(ngx_court_keys_file_t *file, ngx_court_keys_opts_t *o,
    ngx_str_t *kid)
{
    ngx_uint_t              i;
    ngx_court_keys_item_t  *item, *items;

    item = ngx_court_keys_old(file, o);
    if (item == NULL) {
        return NGX_COURT_TOOL_NO;
    }

    if (item->turn == NGX_COURT_TURN_WRITE || file->items.nelts == 1) {
        return ngx_court_keys_no(file, "this key is in use and cannot be "
                                       "taken out: stage and commit another "
                                       "first");
    }

    *kid = item->id;

    /* a staged one never made a pseudonym */

    if (file->kind == NGX_COURT_KEYS_AUDIT && o->forget == NULL
        && item->turn != NGX_COURT_TURN_ACCEPT)
    {
        if (item->turn == NGX_COURT_TURN_RETIRED) {
            return ngx_court_keys_no(file, "is retired already; --forget "
                                           "makes old records anonymous for "
                                           "ever");
        }

        item->turn = NGX_COURT_TURN_RETIRED;
        return NGX_COURT_TOOL_YES;
    }

    items = file->items.elts;
    ngx_court_wipe(item->text.data, item->text.len);

    for (i = item - items; i + 1 < file->items.nelts; i++) {
        items[i] = items[i + 1];
    }

    file->items.nelts--;

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_keys_said(const ngx_court_keys_file_t *file,
    const ngx_court_keys_step_t *step, const ngx_str_t *kid, ngx_uint_t json)
{
    u_char     *p, *text;
    size_t      size;
    ngx_str_t   name, next;

    ngx_court_tool_str(&name, file->name);
    ngx_court_tool_str(&next, step->next[file->kind]);

    if (!json) {
        printf("%s: %.*s is %s.\n%s\n%s", file->name, (int) kid->len,
               kid->data, step->done, next.data,
               file->pem ? "It was a PEM file and is a JWKS now.\n" : "");
        return NGX_COURT_TOOL_YES;
    }

    size = ngx_court_json_escape_len(&name) + ngx_court_json_escape_len(kid)
           + ngx_court_json_escape_len(&next) + 256;
    text = ngx_pnalloc(file->pool, size);
    if (text == NULL) {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p = ngx_sprintf(text, "{\"schema\":1,\"file\":\"");
    p = ngx_court_json_escape(p, &name);
    p = ngx_sprintf(p, "\",\"kind\":\"%s\",\"step\":\"%s\",\"kid\":\"",
                    ngx_court_keys_kind_name(file->kind), step->verb);
    p = ngx_court_json_escape(p, kid);
    p = ngx_cpymem(p, "\",\"next\":\"", 10);
    p = ngx_court_json_escape(p, &next);
    p = ngx_cpymem(p, "\"}\n", 3);
    fwrite(text, 1, p - text, stdout);

    return NGX_COURT_TOOL_YES;
}


int
ngx_court_keys_turn(ngx_pool_t *pool, const char *verb, const char *name,
    ngx_court_keys_opts_t *o)
{
    int                           rc;
    ngx_str_t                     kid;
    ngx_court_keys_file_t        *file;
    const ngx_court_keys_step_t  *step;

    for (step = ngx_court_keys_steps; step->verb; step++) {
        if (strcmp(step->verb, verb) == 0) {
            break;
        }
    }

    file = ngx_palloc(pool, sizeof(ngx_court_keys_file_t));

    if (step->verb == NULL || file == NULL) {
        return ngx_court_keys_usage();
    }

    rc = ngx_court_keys_open(pool, name, 1, file);

    if (rc == NGX_COURT_TOOL_YES) {
        rc = verb[0] == 's' ? ngx_court_keys_stage(file, o, &kid)
             : verb[0] == 'c' ? ngx_court_keys_commit(file, o, &kid)
             : ngx_court_keys_retire(file, o, &kid);
    }

    if (rc == NGX_COURT_TOOL_YES) {
        rc = ngx_court_keys_save(file);
    }

    if (rc == NGX_COURT_TOOL_YES) {
        rc = ngx_court_keys_said(file, step, &kid, o->output != NULL);
    }

    ngx_court_keys_close(file);

    return rc;
}
