/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court_control: who asks, what is asked, and how it is answered.  Nothing of
 * a body, which may name persons, reaches a log or a file.
 */

#include "ngx_http_court_control.h"
#include "ngx_http_court_status.h"


typedef struct {
    ngx_uint_t                 method;
    ngx_str_t                  path;         /* behind the location's prefix */
    ngx_http_court_control_pt  handler;
} ngx_http_court_control_row_t;


static ngx_int_t ngx_http_court_control_index(ngx_http_court_control_t *ctl);
static ngx_int_t ngx_http_court_control_stats(ngx_http_court_control_t *ctl);


static const ngx_http_court_control_row_t  ngx_http_court_control_rows[] = {
    { NGX_HTTP_GET, ngx_string(""), ngx_http_court_control_index },
    { NGX_HTTP_GET, ngx_string("stats"), ngx_http_court_control_stats },
    { NGX_HTTP_POST, ngx_string("fact"), ngx_http_court_control_fact },
    { NGX_HTTP_POST, ngx_string("fact/extend"),
      ngx_http_court_control_extend },
    { NGX_HTTP_GET, ngx_string("fact/extensions"),
      ngx_http_court_control_extensions },
    { NGX_HTTP_GET, ngx_string("cache"), ngx_http_court_control_cache },
    { NGX_HTTP_POST, ngx_string("cache/purge"), ngx_http_court_control_purge },
    { NGX_HTTP_POST, ngx_string("revoke"), ngx_http_court_control_revoke },
    { NGX_HTTP_GET, ngx_string("revoke/list"),
      ngx_http_court_control_revoked },
    { NGX_HTTP_POST, ngx_string("audit/flush"), ngx_http_court_control_flush },
    { NGX_HTTP_POST, ngx_string("artefacts/reload"),
      ngx_http_court_control_reload }
};

#define NGX_HTTP_COURT_CONTROL_ROWS                                           \
    (sizeof(ngx_http_court_control_rows)                                      \
     / sizeof(ngx_http_court_control_row_t))


ngx_int_t
ngx_http_court_control_answer(ngx_http_court_control_t *ctl,
    ngx_uint_t status, ngx_court_out_t *out)
{
    ngx_court_out_const(out, "\n");

    return ngx_http_court_status_send(ctl->request, status,
                                      "application/json", out);
}


ngx_int_t
ngx_http_court_control_problem(ngx_http_court_control_t *ctl,
    ngx_uint_t status, const char *code, const char *detail,
    ngx_court_out_t *more)
{
    ngx_str_t        s;
    ngx_court_out_t  out;

    if (ngx_court_out_init(&out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&out, "{\"type\":\"urn:court:problem:");
    ngx_court_out_put(&out, code, ngx_strlen(code));
    ngx_court_out_const(&out, "\",\"status\":");
    ngx_court_out_uint(&out, status);
    ngx_court_out_const(&out, ",\"code\":\"");
    ngx_court_out_put(&out, code, ngx_strlen(code));
    ngx_court_out_const(&out, "\"");

    if (detail) {
        s.data = (u_char *) detail;
        s.len = ngx_strlen(detail);
        ngx_court_out_const(&out, ",\"detail\":");
        ngx_court_out_json(&out, &s);
    }

    if (more) {
        if (ngx_court_out_flat(more, &s) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_court_out_str(&out, &s);
    }

    ngx_court_out_const(&out, "}\n");

    return ngx_http_court_status_send(ctl->request, status,
                                      "application/problem+json", &out);
}


/* all who wait let go; runs when the request ends, however it does */

static void
ngx_http_court_control_cleanup(void *data)
{
    ngx_http_court_control_t *ctl = data;

    ngx_court_waiter_cancel(&ctl->waiter);
    ngx_court_command_cancel(&ctl->wait);
    ngx_http_court_control_redis_forget(ctl);

    if (ctl->sync) {
        ctl->sync->ctl = NULL;
    }
}


void
ngx_http_court_control_end(ngx_http_court_control_t *ctl, ngx_int_t rc)
{
    ngx_connection_t  *c;

    c = ctl->request->connection;

    ngx_http_finalize_request(ctl->request, rc);
    ngx_http_run_posted_requests(c);
}


void
ngx_http_court_control_act(ngx_http_court_control_t *ctl, const char *verb,
    const char *what, size_t len)
{
    ngx_str_t  v, w;

    v.data = (u_char *) verb;
    v.len = ngx_strlen(verb);
    w.data = (u_char *) what;
    w.len = len;

    ngx_http_court_audit_act(ctl->mcf, &v, &w, ctl->uid, ctl->pid);

    ngx_log_error(NGX_LOG_NOTICE, ctl->request->connection->log, 0,
                  "court: control: %V %V, by uid %ui", &v, &w, ctl->uid);
}


/* the socket says who it is; nobody else can */

static ngx_int_t
ngx_http_court_control_peer(ngx_http_court_control_t *ctl)
{
    socklen_t     len;
    struct ucred  cred;

    len = sizeof(cred);

    if (getsockopt(ctl->request->connection->fd, SOL_SOCKET, SO_PEERCRED,
                   &cred, &len)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ctl->request->connection->log,
                      ngx_socket_errno, "getsockopt(SO_PEERCRED) failed");
        return NGX_ERROR;
    }

    ctl->uid = cred.uid;
    ctl->pid = cred.pid;

    return (cred.uid == 0 || cred.uid == ctl->mcf->control_uid)
           ? NGX_OK : NGX_DECLINED;
}


/* behind the location's prefix; NGX_DECLINED: written in an odd way */

static ngx_int_t
ngx_http_court_control_path(ngx_http_request_t *r, ngx_str_t *path)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!ngx_court_str_eq(&r->unparsed_uri, &r->uri)
        || r->uri.len < clcf->name.len)
    {
        return NGX_DECLINED;
    }

    path->data = r->uri.data + clcf->name.len;
    path->len = r->uri.len - clcf->name.len;

    if (clcf->name.data[clcf->name.len - 1] == '/') {
        return NGX_OK;
    }

    if (path->len == 0) {
        return NGX_OK;
    }

    if (path->data[0] != '/') {
        return NGX_DECLINED;
    }

    path->data++;
    path->len--;

    return NGX_OK;
}


ngx_int_t
ngx_http_court_control_method(ngx_http_court_control_t *ctl,
    ngx_uint_t method)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&ctl->request->headers_out.headers);
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Allow");
    ngx_str_set(&h->value, "GET, HEAD");
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    if (method == NGX_HTTP_POST) {
        ngx_str_set(&h->value, "POST");
    }

    return ngx_http_court_control_problem(ctl, NGX_HTTP_NOT_ALLOWED,
                                          "method_not_allowed", NULL, NULL);
}


/* NULL: answered, with *rc */

static const ngx_http_court_control_row_t *
ngx_http_court_control_find(ngx_http_court_control_t *ctl, ngx_int_t *rc)
{
    ngx_str_t                            path;
    ngx_uint_t                           i, method;
    const ngx_http_court_control_row_t  *row;

    if (ngx_http_court_control_path(ctl->request, &path) != NGX_OK) {
        *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                             "request_malformed",
                                             "the path has a query or is not "
                                             "written plainly", NULL);
        return NULL;
    }

    method = ctl->request->method;

    if (method == NGX_HTTP_HEAD) {
        method = NGX_HTTP_GET;
    }

    for (i = 0; i < NGX_HTTP_COURT_CONTROL_ROWS; i++) {
        row = &ngx_http_court_control_rows[i];

        if (ngx_court_str_eq(&row->path, &path)) {
            if (row->method == method) {
                return row;
            }

            *rc = ngx_http_court_control_method(ctl, row->method);
            return NULL;
        }
    }

    *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_NOT_FOUND,
                                         "not_found", NULL, NULL);
    return NULL;
}


static ngx_int_t
ngx_http_court_control_index(ngx_http_court_control_t *ctl)
{
    ngx_uint_t                           i;
    const ngx_http_court_control_row_t  *row;

    if (ngx_court_out_init(&ctl->out, ctl->request->pool) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_court_out_const(&ctl->out, "{\"control\":1,\"pid\":");
    ngx_court_out_uint(&ctl->out, ngx_pid);
    ngx_court_out_const(&ctl->out, ",\"interfaces\":[");

    for (i = 0; i < NGX_HTTP_COURT_CONTROL_ROWS; i++) {
        row = &ngx_http_court_control_rows[i];

        if (i) {
            ngx_court_out_const(&ctl->out, ",");
        }

        ngx_court_out_const(&ctl->out, "{\"method\":\"");

        if (row->method == NGX_HTTP_GET) {
            ngx_court_out_const(&ctl->out, "GET");

        } else {
            ngx_court_out_const(&ctl->out, "POST");
        }

        ngx_court_out_const(&ctl->out, "\",\"path\":\"/");
        ngx_court_out_str(&ctl->out, &row->path);
        ngx_court_out_const(&ctl->out, "\"}");
    }

    ngx_court_out_const(&ctl->out, "]}");

    return ngx_http_court_control_answer(ctl, NGX_HTTP_OK, &ctl->out);
}


static ngx_int_t
ngx_http_court_control_stats_answer(ngx_http_request_t *r,
    ngx_http_court_status_format_t format, ngx_court_out_t *out)
{
    return ngx_http_court_control_answer(
               ngx_http_get_module_ctx(r, ngx_http_court_filter_module),
               NGX_HTTP_OK, out);
}


/* what court_status says as JSON */

static ngx_int_t
ngx_http_court_control_stats(ngx_http_court_control_t *ctl)
{
    return ngx_http_court_status_render(ctl->request,
                                        NGX_HTTP_COURT_STATUS_JSON,
                                        ngx_http_court_control_stats_answer);
}


ngx_int_t
ngx_http_court_control_members(ngx_http_court_control_t *ctl,
    const char *const *names, ngx_int_t *rc)
{
    void        *it;
    ngx_str_t    name;
    ngx_uint_t   i;

    for (it = ngx_court_json_first(ctl->body); it;
         it = ngx_court_json_next(ctl->body, it))
    {
        ngx_court_json_key(it, &name);

        for (i = 0; names[i]; i++) {
            if (name.len == ngx_strlen(names[i])
                && ngx_memcmp(name.data, names[i], name.len) == 0)
            {
                break;
            }
        }

        if (names[i] == NULL) {
            *rc = ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                                 "unknown_member", NULL,
                                                 NULL);
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* in memory, in however many pieces; NGX_ERROR: no memory, or in a file */

static ngx_int_t
ngx_http_court_control_text(ngx_http_request_t *r, ngx_str_t *text)
{
    u_char       *p;
    ngx_chain_t  *cl;

    ngx_str_null(text);

    if (r->request_body == NULL) {
        return NGX_ERROR;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (cl->buf->in_file) {
            return NGX_ERROR;
        }

        text->len += cl->buf->last - cl->buf->pos;
    }

    text->data = ngx_pnalloc(r->pool, text->len + 1);
    if (text->data == NULL) {
        return NGX_ERROR;
    }

    p = text->data;

    /* an empty buffer may have no memory */

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (cl->buf->last != cl->buf->pos) {
            p = ngx_cpymem(p, cl->buf->pos, cl->buf->last - cl->buf->pos);
        }
    }

    *p = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_http_court_control_read(ngx_http_court_control_t *ctl)
{
    ngx_str_t  text;

    if (ngx_http_court_control_text(ctl->request, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0) {
        ngx_str_set(&text, "{}");
    }

    /* not with what the parser says, which may quote the text */

    ctl->body = ngx_court_json_parse(ctl->request->pool, &text,
                                     &ngx_court_json_small, NULL);

    return (ctl->body
            && ngx_court_json_type(ctl->body) == NGX_COURT_JSON_OBJECT)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_court_control_parse(ngx_http_court_control_t *ctl,
    const ngx_http_court_control_row_t *row)
{
    ngx_int_t  rc;

    rc = ngx_http_court_control_read(ctl);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        return ngx_http_court_control_problem(ctl, NGX_HTTP_BAD_REQUEST,
                                              "request_malformed",
                                              "the body is no JSON object",
                                              NULL);
    }

    return row->handler(ctl);
}


static ngx_int_t
ngx_http_court_control_refuse(ngx_http_court_control_t *ctl, ngx_uint_t status,
    const char *code, const char *detail)
{
    return ngx_http_court_control_problem(ctl, status, code, detail, NULL);
}


static ngx_int_t
ngx_http_court_control_run(ngx_http_court_control_t *ctl)
{
    ngx_int_t                            rc;
    const ngx_http_court_control_row_t  *row;

    rc = ngx_http_court_control_peer(ctl);

    if (rc == NGX_DECLINED) {
        return ngx_http_court_control_refuse(ctl, NGX_HTTP_FORBIDDEN,
                                             "not_permitted",
                                             "for root and for the user that "
                                             "started nginx");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    row = ngx_http_court_control_find(ctl, &rc);

    if (row == NULL) {
        return rc;
    }

    if (row->method == NGX_HTTP_GET) {
        return row->handler(ctl);
    }

    if (ctl->length < 0) {
        return ngx_http_court_control_refuse(ctl, NGX_HTTP_LENGTH_REQUIRED,
                                             "length_required", NULL);
    }

    if (ctl->length > NGX_HTTP_COURT_CONTROL_BODY) {
        return ngx_http_court_control_refuse(ctl,
                                         NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                         "body_too_large", NULL);
    }

    return ngx_http_court_control_parse(ctl, row);
}


/* nginx calls it when the body is there; it holds a reference for us */

static void
ngx_http_court_control_body(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_cleanup_t        *cln;
    ngx_http_court_control_t  *ctl;

    ctl = ngx_http_get_module_ctx(r, ngx_http_court_filter_module);

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    cln->handler = ngx_http_court_control_cleanup;
    cln->data = ctl;

    /* set before it may wait: a client that goes is noticed */

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    rc = ngx_http_court_control_run(ctl);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/*
 * A body of bounded length is read into memory (ngx_http_court_control_conf
 * sees to the size of the buffer); any other is thrown away unread.
 */

ngx_int_t
ngx_http_court_control_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_court_control_t  *ctl;

    /* a subrequest has another's body and another's caller */

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    ctl = ngx_pcalloc(r->pool, sizeof(ngx_http_court_control_t));
    if (ctl == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctl->request = r;
    ctl->mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    /* our first module's context is the session's */

    ngx_http_set_ctx(r, ctl, ngx_http_court_filter_module);

    /* nginx counts it down while it reads */

    ctl->length = r->headers_in.content_length_n;

    if (r->method == NGX_HTTP_POST && ctl->length >= 0
        && ctl->length <= NGX_HTTP_COURT_CONTROL_BODY)
    {
        rc = ngx_http_read_client_request_body(r, ngx_http_court_control_body);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);

    return (rc == NGX_OK) ? ngx_http_court_control_run(ctl) : rc;
}
