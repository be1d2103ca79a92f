/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * POST revoke: {"kind", "issuer", "what", "until"}; of kind token also
 * {"token"}, the text itself; with "undo": true the contrary, then also by
 * the "id" that was answered.  It holds for all workers at once: they share
 * the zone; it is answered when it is on disk, too, where court_state_dir
 * stands.  Who is meant stands in no log and no record, only the kind.
 */

#include "ngx_http_court_control.h"
#include "ngx_court_flight_bell.h"


static const struct {
    ngx_str_t                   name;
    ngx_court_tombstone_kind_t  kind;
    ngx_uint_t                  issuer;      /* 0 none, 1 may, 2 must stand */
} ngx_http_court_control_kinds[] = {
    { ngx_string("subject"), NGX_COURT_TOMBSTONE_SUBJECT, 1 },
    { ngx_string("token"), NGX_COURT_TOMBSTONE_TOKEN, 2 },
    { ngx_string("key"), NGX_COURT_TOMBSTONE_ISSUER_KEY, 2 },
    { ngx_string("court"), NGX_COURT_TOMBSTONE_COURT, 0 }
};

#define NGX_HTTP_COURT_CONTROL_KINDS                                          \
    (sizeof(ngx_http_court_control_kinds)                                     \
     / sizeof(ngx_http_court_control_kinds[0]))

/* members of the body, "" where they are not there */
typedef struct {
    ngx_str_t                   kind;
    ngx_str_t                   issuer;
    ngx_str_t                   what;
    ngx_str_t                   token;
    ngx_str_t                   id;
    ngx_uint_t                  undo;
} ngx_http_court_control_revoke_t;


static ngx_int_t
ngx_http_court_control_revoke_text(ngx_http_court_control_t *ctl,
    const char *name, size_t max, ngx_str_t *text)
{
    ngx_court_json_t  *node;

    ngx_str_null(text);

    node = ngx_court_json_get(ctl->body, name);

    if (node == NULL) {
        return NGX_OK;
    }

    return (ngx_court_json_string(node, text) == NGX_OK && text->len
            && text->len <= max)
           ? NGX_OK : NGX_ERROR;
}


/* an issuer that this gateway does not know would revoke nothing, unseen */

static ngx_int_t
ngx_http_court_control_revoke_issuer(ngx_http_court_control_t *ctl,
    ngx_str_t *issuer)
{
    ngx_uint_t            i;
    ngx_court_issuer_t  **known;

    known = ctl->mcf->issuers.elts;

    for (i = 0; i < ctl->mcf->issuers.nelts; i++) {
        if (ngx_court_str_eq(&known[i]->name, issuer)
            || ngx_court_str_eq(&known[i]->issuer, issuer))
        {
            *issuer = known[i]->issuer;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


/*
 * A token that we would let in: else somebody who sends in a forged one has
 * another's session revoked.  It need not be remembered for longer than it
 * lives.
 */

static ngx_int_t
ngx_http_court_control_revoke_token(ngx_http_court_control_t *ctl,
    ngx_http_court_control_revoke_t *rv, ngx_court_tombstone_t *stone)
{
    const char                *why;
    ngx_str_t                  id;
    ngx_court_token_t          token;
    ngx_court_value_t          jti;
    const ngx_court_reason_t  *reason;

    static const ngx_str_t  any = ngx_null_string;

    ngx_memzero(&token, sizeof(ngx_court_token_t));

    if (ngx_court_token_verify(ctl->request->pool, &ctl->mcf->issuers,
                               &rv->token, ngx_time(), &token, &reason, &why)
        != NGX_COURT_PASS)
    {
        return NGX_ERROR;
    }

    if (stone->until == NGX_COURT_TOMBSTONE_EVER) {
        stone->until = ngx_court_token_until(&token) + 1;
    }

    ngx_court_token_field(&token, NGX_COURT_TF_JTI, &jti);

    if (jti.state == NGX_COURT_V_PRESENT && jti.str.len) {
        stone->kind = NGX_COURT_TOMBSTONE_TOKEN;
        return ngx_court_tombstone_key(stone->kind, &token.issuer->issuer,
                                       &jti.str, stone->key);
    }

    stone->kind = NGX_COURT_TOMBSTONE_HASH;
    id.data = token.id;
    id.len = NGX_COURT_SHA256_LEN;

    return ngx_court_tombstone_key(stone->kind, &any, &id, stone->key);
}


static ngx_int_t
ngx_http_court_control_revoke_members(ngx_http_court_control_t *ctl,
    ngx_http_court_control_revoke_t *rv, ngx_court_tombstone_t *stone)
{
    ngx_court_json_t  *node;

    ngx_memzero(rv, sizeof(ngx_http_court_control_revoke_t));
    ngx_memzero(stone, sizeof(ngx_court_tombstone_t));

    stone->origin = NGX_COURT_TOMBSTONE_LOCAL;
    stone->until = NGX_COURT_TOMBSTONE_EVER;
    stone->added = ngx_time();

    node = ngx_court_json_get(ctl->body, "until");

    if (node && (ngx_court_json_int(node, &stone->until) != NGX_OK
                 || stone->until <= stone->added))
    {
        return NGX_ERROR;
    }

    node = ngx_court_json_get(ctl->body, "undo");

    if (node && ngx_court_json_bool(node, &rv->undo) != NGX_OK) {
        return NGX_ERROR;
    }

    return (ngx_http_court_control_revoke_text(ctl, "kind", 16, &rv->kind)
            == NGX_OK
            && ngx_http_court_control_revoke_text(ctl, "issuer",
                   NGX_HTTP_COURT_CONTROL_KEY, &rv->issuer) == NGX_OK
            && ngx_http_court_control_revoke_text(ctl, "what",
                   NGX_HTTP_COURT_CONTROL_KEY, &rv->what) == NGX_OK
            && ngx_http_court_control_revoke_text(ctl, "token",
                   NGX_HTTP_COURT_CONTROL_BODY, &rv->token) == NGX_OK
            && ngx_http_court_control_revoke_text(ctl, "id",
                   2 * NGX_HTTP_COURT_CONTROL_ID, &rv->id) == NGX_OK
            && (rv->what.len != 0) + (rv->token.len != 0)
               + (rv->id.len != 0) == 1)
           ? NGX_OK : NGX_ERROR;
}


/* which one is meant; its kind and its key */

static ngx_int_t
ngx_http_court_control_revoke_key(ngx_http_court_control_t *ctl,
    ngx_http_court_control_revoke_t *rv, ngx_court_tombstone_t *stone)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_COURT_CONTROL_KINDS; i++) {
        if (ngx_court_str_eq(&ngx_http_court_control_kinds[i].name,
                             &rv->kind))
        {
            break;
        }
    }

    if (i == NGX_HTTP_COURT_CONTROL_KINDS) {
        return NGX_ERROR;
    }

    stone->kind = ngx_http_court_control_kinds[i].kind;

    if (rv->token.len) {
        return (stone->kind == NGX_COURT_TOMBSTONE_TOKEN
                && rv->issuer.len == 0)
               ? ngx_http_court_control_revoke_token(ctl, rv, stone)
               : NGX_ERROR;
    }

    if ((rv->issuer.len && ngx_http_court_control_kinds[i].issuer == 0)
        || (rv->issuer.len == 0 && ngx_http_court_control_kinds[i].issuer == 2)
        || (rv->issuer.len
            && ngx_http_court_control_revoke_issuer(ctl, &rv->issuer)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_court_tombstone_key(stone->kind, &rv->issuer, &rv->what,
                                   stone->key);
}


/* what was answered as "id": NGX_OK, NGX_DECLINED, NGX_BUSY */

static ngx_int_t
ngx_http_court_control_revoke_find(ngx_http_court_control_t *ctl,
    const ngx_str_t *id, ngx_court_tombstone_t *stone)
{
    u_char                 hex[2 * NGX_HTTP_COURT_CONTROL_ID];
    uint32_t               from;
    ngx_int_t              i, n;
    ngx_court_tombstone_t  stones[NGX_HTTP_COURT_CONTROL_STONES];

    from = 0;

    do {
        n = ngx_court_tombstone_list(ctl->mcf->tombstones, &from, stones,
                                     NGX_HTTP_COURT_CONTROL_STONES,
                                     ngx_time());
        if (n == NGX_BUSY) {
            return NGX_BUSY;
        }

        for (i = 0; i < n; i++) {
            (void) ngx_hex_dump(hex, stones[i].key, NGX_HTTP_COURT_CONTROL_ID);

            if (stones[i].origin == NGX_COURT_TOMBSTONE_LOCAL
                && id->len == sizeof(hex)
                && ngx_memcmp(hex, id->data, sizeof(hex)) == 0)
            {
                *stone = stones[i];
                return NGX_OK;
            }
        }

    } while (from);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_control_revoke_answer(ngx_http_court_control_t *ctl,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo, ngx_uint_t kept)
{
    u_char            hex[2 * NGX_HTTP_COURT_CONTROL_ID];
    ngx_court_out_t  *out;

    out = &ctl->out;

    if (ngx_court_out_init(out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(out, "{\"kind\":");
    ngx_court_out_json(out, &ngx_court_tombstone_kinds[stone->kind]);
    ngx_court_out_const(out, ",\"id\":\"");
    (void) ngx_hex_dump(hex, (u_char *) stone->key, NGX_HTTP_COURT_CONTROL_ID);
    ngx_court_out_put(out, hex, sizeof(hex));

    if (undo) {
        ngx_court_out_const(out, "\",\"undone\":true");
    } else {
        ngx_court_out_const(out, "\",\"revoked\":true");
    }

    if (!undo && stone->until != NGX_COURT_TOMBSTONE_EVER) {
        ngx_court_out_const(out, ",\"until\":");
        ngx_court_out_uint(out, (ngx_uint_t) stone->until);
    }

    if (kept) {
        ngx_court_out_const(out, ",\"kept\":true}");
    } else {
        ngx_court_out_const(out, ",\"kept\":false}");
    }

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, out);
}


/* it holds, but a restart forgets it */

static ngx_int_t
ngx_http_court_control_revoke_unkept(ngx_http_court_control_t *ctl)
{
    return ngx_http_court_control_problem(ctl, NGX_HTTP_SERVICE_UNAVAILABLE,
                                          "not_kept",
                                          "it holds until nginx is "
                                          "restarted: the file in "
                                          "court_state_dir cannot be written",
                                          NULL);
}


/* the disk has said so; ctl is NULL where he who asked is gone */

static void
ngx_http_court_control_revoke_synced(ngx_http_court_sync_t *sync)
{
    ngx_int_t                  rc;
    ngx_http_court_control_t  *ctl;

    ctl = sync->ctl;

    if (ctl) {
        ctl->sync = NULL;

        rc = sync->err ? ngx_http_court_control_revoke_unkept(ctl)
                       : ngx_http_court_control_revoke_answer(ctl,
                                                  &sync->stone, sync->undo, 1);
        ngx_http_court_control_end(ctl, rc);
    }

    ngx_destroy_pool(sync->pool);
}


static ngx_int_t
ngx_http_court_control_revoke_keep(ngx_http_court_control_t *ctl,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo)
{
    ngx_int_t                    rc;
    ngx_http_court_sync_t       *sync;
    ngx_court_tombstone_file_t  *file;

    file = &ctl->mcf->tombstone_file;

    if (file->name.len == 0) {
        return ngx_http_court_control_revoke_answer(ctl, stone, undo, 0);
    }

    if (ngx_court_tombstone_file_append(file, stone, undo, ngx_cycle->log)
        != NGX_OK)
    {
        return ngx_http_court_control_revoke_unkept(ctl);
    }

    sync = ngx_http_court_sync_create(file->fd,
                                      ngx_http_court_control_revoke_synced);
    if (sync == NULL) {
        return ngx_http_court_control_revoke_unkept(ctl);
    }

    sync->ctl = ctl;
    sync->stone = *stone;
    sync->undo = undo;
    ctl->sync = sync;

    rc = ngx_http_court_sync_begin(sync, ctl->mcf->threads);

    if (rc == NGX_AGAIN) {
        return NGX_DONE;
    }

    ctl->sync = NULL;
    rc = sync->err ? ngx_http_court_control_revoke_unkept(ctl)
                   : ngx_http_court_control_revoke_answer(ctl, stone, undo, 1);
    ngx_destroy_pool(sync->pool);

    return rc;
}


static ngx_int_t
ngx_http_court_control_revoke_do(ngx_http_court_control_t *ctl,
    const ngx_court_tombstone_t *stone, ngx_uint_t undo)
{
    ngx_int_t         rc;
    const ngx_str_t  *kind;

    rc = undo ? ngx_court_tombstone_undo(ctl->mcf->tombstones, stone->key,
                                         NGX_COURT_TOMBSTONE_LOCAL, ngx_time())
              : ngx_court_tombstone_put(ctl->mcf->tombstones, stone);

    if (rc == NGX_DECLINED && undo) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_NOT_FOUND,
                                              "not_revoked", NULL, NULL);
    }

    if (rc != NGX_OK) {
        return ngx_http_court_control_problem(ctl,
                                              NGX_HTTP_SERVICE_UNAVAILABLE,
                                              rc == NGX_BUSY ? "zone_busy"
                                                             : "zone_full",
                                              "nothing was revoked", NULL);
    }

    ngx_court_bell_ring((uint64_t) -1);

    kind = &ngx_court_tombstone_kinds[stone->kind];
    ngx_http_court_control_act(ctl, undo ? "revoke.undo" : "revoke",
                               (char *) kind->data, kind->len);

    return ngx_http_court_control_revoke_keep(ctl, stone, undo);
}


ngx_int_t
ngx_http_court_control_revoke(ngx_http_court_control_t *ctl)
{
    ngx_int_t                        rc;
    ngx_court_tombstone_t            stone;
    ngx_http_court_control_revoke_t  rv;

    static const char *const  members[] = {
        "kind", "issuer", "what", "token", "id", "until", "undo", NULL
    };

    if (ngx_http_court_control_members(ctl, members, &rc) != NGX_OK) {
        return rc;
    }

    if (ngx_http_court_control_revoke_members(ctl, &rv, &stone) != NGX_OK
        || (rv.id.len && (!rv.undo || rv.kind.len || rv.issuer.len)))
    {
        goto malformed;
    }

    if (rv.id.len) {
        rc = ngx_http_court_control_revoke_find(ctl, &rv.id, &stone);

        if (rc == NGX_DECLINED) {
            return ngx_http_court_control_problem(ctl, NGX_HTTP_NOT_FOUND,
                                                  "not_revoked", NULL, NULL);
        }

        if (rc == NGX_BUSY) {
            return ngx_http_court_control_problem(ctl,
                                                  NGX_HTTP_SERVICE_UNAVAILABLE,
                                                  "zone_busy",
                                                  "nothing was undone", NULL);
        }

    } else if (ngx_http_court_control_revoke_key(ctl, &rv, &stone) != NGX_OK) {
        goto malformed;
    }

    return ngx_http_court_control_revoke_do(ctl, &stone, rv.undo);

malformed:

    return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                          "request_malformed",
                                          "kind, a known issuer where the "
                                          "kind has one, what or a token "
                                          "that is valid here, until in the "
                                          "future", NULL);
}


static void
ngx_http_court_control_revoked_one(ngx_court_out_t *out,
    const ngx_court_tombstone_t *stone)
{
    u_char  hex[2 * NGX_HTTP_COURT_CONTROL_ID];

    ngx_court_out_const(out, "{\"id\":\"");
    (void) ngx_hex_dump(hex, (u_char *) stone->key, NGX_HTTP_COURT_CONTROL_ID);
    ngx_court_out_put(out, hex, sizeof(hex));
    ngx_court_out_const(out, "\",\"kind\":");
    ngx_court_out_json(out, &ngx_court_tombstone_kinds[stone->kind]);

    if (stone->origin == NGX_COURT_TOMBSTONE_EVENTS) {
        ngx_court_out_const(out, ",\"origin\":\"events\",\"since\":");
    } else {
        ngx_court_out_const(out, ",\"origin\":\"local\",\"since\":");
    }

    ngx_court_out_uint(out, (ngx_uint_t) stone->added);

    if (stone->until != NGX_COURT_TOMBSTONE_EVER) {
        ngx_court_out_const(out, ",\"until\":");
        ngx_court_out_uint(out, (ngx_uint_t) stone->until);
    }

    ngx_court_out_const(out, "}");
}


/* GET revoke/list: all that stands, without saying who is meant */

ngx_int_t
ngx_http_court_control_revoked(ngx_http_court_control_t *ctl)
{
    uint32_t               from;
    ngx_int_t              i, n;
    ngx_uint_t             all;
    ngx_court_tombstone_t  stones[NGX_HTTP_COURT_CONTROL_STONES];

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&ctl->out, "{\"revoked\":[");

    from = 0;
    all = 0;

    do {
        n = ngx_court_tombstone_list(ctl->mcf->tombstones, &from, stones,
                                     NGX_HTTP_COURT_CONTROL_STONES,
                                     ngx_time());
        if (n == NGX_BUSY) {
            return ngx_http_court_control_problem(ctl,
                                                  NGX_HTTP_SERVICE_UNAVAILABLE,
                                                  "zone_busy", NULL, NULL);
        }

        for (i = 0; i < n; i++) {
            if (all++) {
                ngx_court_out_const(&ctl->out, ",");
            }

            ngx_http_court_control_revoked_one(&ctl->out, &stones[i]);
        }

    } while (from);

    ngx_court_out_const(&ctl->out, "],\"total\":");
    ngx_court_out_uint(&ctl->out, all);
    ngx_court_out_const(&ctl->out, "}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}
