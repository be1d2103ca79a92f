/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * TLS to Redis by nginx's ngx_ssl.  The certificate's chain and its name are
 * verified always, before a byte of ours is sent; what fails is closed, never
 * tried again in clear.
 */

#ifndef _NGX_COURT_REDIS_TLS_H_INCLUDED_
#define _NGX_COURT_REDIS_TLS_H_INCLUDED_

#include "ngx_court_redis_conn.h"


struct ngx_court_redis_tls_s {
#if (NGX_SSL)
    ngx_ssl_t                  ssl;
#endif
    ngx_str_t                  name;         /* "": the server's own */
};


/*
 * NGX_AGAIN: done() will be called; NGX_ERROR, with why: close.  done: why is
 * NULL where the server is who it should be.
 */
ngx_int_t ngx_court_redis_tls_start(ngx_court_redis_conn_t *conn,
    const char **why);

/* before the connection is closed */
void ngx_court_redis_tls_end(ngx_connection_t *c);
/* the session kept for the next connection */
void ngx_court_redis_tls_forget(ngx_court_redis_conn_t *conn);


#endif /* _NGX_COURT_REDIS_TLS_H_INCLUDED_ */
