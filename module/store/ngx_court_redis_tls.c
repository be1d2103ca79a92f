/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_redis_tls.h"


#if (NGX_SSL)

static void ngx_court_redis_tls_handshaked(ngx_connection_t *c);


static ngx_str_t
ngx_court_redis_tls_name(ngx_court_redis_conn_t *conn)
{
    return conn->tls->name.len ? conn->tls->name
                               : ngx_court_redis_addr_host(conn->addr);
}


/* called by OpenSSL when the server gave a session or a ticket */

static void
ngx_court_redis_tls_save(ngx_connection_t *c)
{
    ngx_ssl_session_t       *session;
    ngx_court_redis_conn_t  *conn;

    conn = c->data;
    session = ngx_ssl_get_session(c);

    if (session) {
        ngx_court_redis_tls_forget(conn);
        conn->session = session;
    }
}


/* SNI carries names alone, not addresses (RFC 6066, 3) */

static ngx_int_t
ngx_court_redis_tls_sni(ngx_court_redis_conn_t *conn, ngx_connection_t *c)
{
    u_char     buf[NGX_COURT_REDIS_HOST + 1];
    ngx_str_t  name;

    name = ngx_court_redis_tls_name(conn);

    if (name.len == 0 || name.len > NGX_COURT_REDIS_HOST) {
        return NGX_ERROR;
    }

    if (ngx_court_redis_addr_literal(&name)) {
        return NGX_OK;
    }

    (void) ngx_cpystrn(buf, name.data, name.len + 1);

    return SSL_set_tlsext_host_name(c->ssl->connection, (char *) buf)
               ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_court_redis_tls_start(ngx_court_redis_conn_t *conn, const char **why)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = conn->peer.connection;
    *why = "internal error";

    c->pool = ngx_create_pool(1024, &conn->log);
    if (c->pool == NULL) {
        return NGX_ERROR;
    }

    if (ngx_ssl_create_connection(&conn->tls->ssl, c, NGX_SSL_CLIENT)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    c->sendfile = 0;
    c->ssl->save_session = ngx_court_redis_tls_save;

    if (ngx_court_redis_tls_sni(conn, c) != NGX_OK
        || (conn->session && ngx_ssl_set_session(c, conn->session) != NGX_OK))
    {
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_court_redis_tls_handshaked;
        return NGX_AGAIN;
    }

    ngx_court_redis_tls_handshaked(c);

    return NGX_AGAIN;
}


static ngx_int_t
ngx_court_redis_tls_named(ngx_connection_t *c, ngx_str_t *name)
{
    u_char      buf[NGX_COURT_REDIS_HOST + 1];
    X509       *cert;
    ngx_int_t   rc;

    if (!ngx_court_redis_addr_literal(name)) {
        return ngx_ssl_check_host(c, name);
    }

    cert = SSL_get_peer_certificate(c->ssl->connection);
    if (cert == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_cpystrn(buf, name->data, name->len + 1);
    rc = X509_check_ip_asc(cert, (char *) buf, 0) == 1 ? NGX_OK : NGX_ERROR;

    X509_free(cert);

    return rc;
}


static void
ngx_court_redis_tls_handshaked(ngx_connection_t *c)
{
    ngx_str_t                name;
    const char              *why;
    ngx_court_redis_conn_t  *conn;

    conn = c->data;
    name = ngx_court_redis_tls_name(conn);
    why = NULL;

    if (!c->ssl->handshaked) {
        why = "TLS handshake failed";

    } else if (SSL_get_verify_result(c->ssl->connection) != X509_V_OK) {
        why = X509_verify_cert_error_string(
                              SSL_get_verify_result(c->ssl->connection));

    } else if (ngx_court_redis_tls_named(c, &name) != NGX_OK) {
        why = "its certificate is for another name";
    }

    if (why) {
        ngx_court_redis_tls_forget(conn);
    }

    conn->secure(conn, why);
}


void
ngx_court_redis_tls_end(ngx_connection_t *c)
{
    ngx_pool_t  *pool;

    pool = c->pool;

    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }

    if (pool) {
        c->pool = NULL;
        ngx_destroy_pool(pool);
    }
}


void
ngx_court_redis_tls_forget(ngx_court_redis_conn_t *conn)
{
    if (conn->session) {
        ngx_ssl_free_session(conn->session);
        conn->session = NULL;
    }
}

#else

ngx_int_t
ngx_court_redis_tls_start(ngx_court_redis_conn_t *conn, const char **why)
{
    *why = "built without TLS";
    return NGX_ERROR;
}


void
ngx_court_redis_tls_end(ngx_connection_t *c)
{
    (void) c;
}


void
ngx_court_redis_tls_forget(ngx_court_redis_conn_t *conn)
{
    (void) conn;
}

#endif
