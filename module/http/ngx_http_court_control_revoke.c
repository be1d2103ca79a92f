/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * POST revoke: {"kind", "issuer", "what", "until"}, with "undo": true the
 * contrary.  It holds for all workers once it is answered: they share the
 * zone.  Who is meant stands in no log and no record, only the kind.
 */

#include "ngx_http_court_control.h"


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


static ngx_int_t
ngx_http_court_control_revoke_text(ngx_http_court_control_t *ctl,
    const char *name, ngx_str_t *text)
{
    ngx_court_json_t  *node;

    ngx_str_null(text);

    node = ngx_court_json_get(ctl->body, name);

    if (node == NULL) {
        return NGX_OK;
    }

    return (ngx_court_json_string(node, text) == NGX_OK && text->len
            && text->len <= NGX_HTTP_COURT_CONTROL_KEY)
           ? NGX_OK : NGX_DECLINED;
}


/* an issuer that this gateway does not know would revoke nothing, unseen */

static ngx_uint_t
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
            return 1;
        }
    }

    return 0;
}


/* the row of the kind, or NGX_ERROR */

static ngx_int_t
ngx_http_court_control_revoke_read(ngx_http_court_control_t *ctl,
    ngx_court_tombstone_t *stone, ngx_uint_t *undo)
{
    ngx_str_t          kind, issuer, what;
    ngx_uint_t         i;
    ngx_court_json_t  *node;

    stone->until = NGX_COURT_TOMBSTONE_EVER;
    stone->added = ngx_time();
    *undo = 0;

    if (ngx_http_court_control_revoke_text(ctl, "kind", &kind) != NGX_OK
        || ngx_http_court_control_revoke_text(ctl, "issuer", &issuer) != NGX_OK
        || ngx_http_court_control_revoke_text(ctl, "what", &what) != NGX_OK
        || what.len == 0)
    {
        return NGX_ERROR;
    }

    node = ngx_court_json_get(ctl->body, "until");

    if (node && (ngx_court_json_int(node, &stone->until) != NGX_OK
                 || stone->until <= stone->added))
    {
        return NGX_ERROR;
    }

    node = ngx_court_json_get(ctl->body, "undo");

    if (node && ngx_court_json_bool(node, undo) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_COURT_CONTROL_KINDS; i++) {
        if (ngx_court_str_eq(&ngx_http_court_control_kinds[i].name, &kind)) {
            break;
        }
    }

    if (i == NGX_HTTP_COURT_CONTROL_KINDS
        || (issuer.len && ngx_http_court_control_kinds[i].issuer == 0)
        || (issuer.len == 0 && ngx_http_court_control_kinds[i].issuer == 2)
        || (issuer.len && !ngx_http_court_control_revoke_issuer(ctl, &issuer)))
    {
        return NGX_ERROR;
    }

    stone->kind = ngx_http_court_control_kinds[i].kind;

    return ngx_court_tombstone_key(stone->kind, &issuer, &what, stone->key)
           == NGX_OK ? (ngx_int_t) i : NGX_ERROR;
}


ngx_int_t
ngx_http_court_control_revoke(ngx_http_court_control_t *ctl)
{
    ngx_int_t              rc, row;
    ngx_uint_t             undo;
    const ngx_str_t       *kind;
    ngx_court_tombstone_t  stone;

    static const char *const  members[] = {
        "kind", "issuer", "what", "until", "undo", NULL
    };

    if (ngx_http_court_control_members(ctl, members, &rc) != NGX_OK) {
        return rc;
    }

    row = ngx_http_court_control_revoke_read(ctl, &stone, &undo);

    if (row == NGX_ERROR) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "request_malformed",
                                              "kind, a known issuer where the "
                                              "kind has one, what, until in "
                                              "the future", NULL);
    }

    rc = undo ? ngx_court_tombstone_undo(ctl->mcf->tombstones, stone.key,
                                         ngx_time())
              : ngx_court_tombstone_put(ctl->mcf->tombstones, &stone);

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

    kind = &ngx_http_court_control_kinds[row].name;

    ngx_http_court_control_act(ctl, undo ? "revoke.undo" : "revoke",
                               (char *) kind->data, kind->len);

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&ctl->out, "{\"kind\":");
    ngx_court_out_json(&ctl->out, kind);

    if (undo) {
        ngx_court_out_const(&ctl->out, ",\"undone\":true}");
    } else {
        ngx_court_out_const(&ctl->out, ",\"revoked\":true}");
    }

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}
