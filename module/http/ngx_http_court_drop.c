/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of request headers that do not go on.  By classes, so that the next
 * product's spelling of an old idea is in one of them already.
 */

#include "ngx_http_court_headers.h"


typedef struct {
    ngx_str_t                  prefix;       /* normalised: lower case, '-' */
    unsigned                   exact:1;
} ngx_http_court_drop_t;


/* letters: bits of the first bytes; reckoned when it is first asked */
typedef struct {
    const ngx_http_court_drop_t  *rows;
    uint32_t                   letters;
} ngx_http_court_drops_t;


static const ngx_http_court_drop_t  ngx_http_court_ours_rows[] = {
    { ngx_string("court-"), 0 },
    { ngx_null_string, 0 }
};


/* credentials and proofs, which are for us alone; sorted by the first byte */

static const ngx_http_court_drop_t  ngx_http_court_credentials_rows[] = {
    { ngx_string("act-confirmation"), 1 },
    { ngx_string("authorization"), 1 },
    { ngx_string("dpop"), 1 },
    { ngx_string("signature"), 0 },
    { ngx_null_string, 0 }
};


/*
 * Whom, whence and what the request is, if one believes the client: address,
 * scheme and host; another URL or method; who was authenticated, and by
 * which certificate (RFC 9440); CGI's own names.  Sorted by the first byte.
 */

static const ngx_http_court_drop_t  ngx_http_court_believed_rows[] = {
    { ngx_string("ali-cdn"), 0 },
    { ngx_string("cdn-"), 0 },
    { ngx_string("cf-connecting"), 0 },
    { ngx_string("client-cert"), 0 },
    { ngx_string("client-ip"), 1 },
    { ngx_string("eo-client"), 0 },
    { ngx_string("eo-connecting"), 0 },
    { ngx_string("fastly-client"), 0 },
    { ngx_string("forwarded"), 0 },
    { ngx_string("front-end-https"), 1 },
    { ngx_string("http-"), 0 },
    { ngx_string("proxy"), 1 },
    { ngx_string("proxy-client"), 0 },
    { ngx_string("remote-"), 0 },
    { ngx_string("ssl-client"), 0 },
    { ngx_string("true-client"), 0 },
    { ngx_string("wl-proxy"), 0 },
    { ngx_string("x-accel"), 0 },
    { ngx_string("x-amzn-oidc"), 0 },
    { ngx_string("x-anonymous-consumer"), 0 },
    { ngx_string("x-appengine"), 0 },
    { ngx_string("x-auth-request"), 0 },
    { ngx_string("x-authenticated"), 0 },
    { ngx_string("x-azure"), 0 },
    { ngx_string("x-client-cert"), 0 },
    { ngx_string("x-client-dn"), 0 },
    { ngx_string("x-client-ip"), 0 },
    { ngx_string("x-client-verif"), 0 },
    { ngx_string("x-cluster-client"), 0 },
    { ngx_string("x-consumer"), 0 },
    { ngx_string("x-credential-"), 0 },
    { ngx_string("x-custom-ip"), 0 },
    { ngx_string("x-endpoint-api"), 0 },
    { ngx_string("x-envoy"), 0 },
    { ngx_string("x-forward"), 0 },
    { ngx_string("x-host"), 0 },
    { ngx_string("x-http-"), 0 },
    { ngx_string("x-https"), 1 },
    { ngx_string("x-method"), 0 },
    { ngx_string("x-middleware"), 0 },
    { ngx_string("x-ms-client"), 0 },
    { ngx_string("x-original"), 0 },
    { ngx_string("x-originating"), 0 },
    { ngx_string("x-override"), 0 },
    { ngx_string("x-proxy"), 0 },
    { ngx_string("x-real-"), 0 },
    { ngx_string("x-remote"), 0 },
    { ngx_string("x-rewrite"), 0 },
    { ngx_string("x-scheme"), 0 },
    { ngx_string("x-sendfile"), 0 },
    { ngx_string("x-ssl"), 0 },
    { ngx_string("x-true-client"), 0 },
    { ngx_string("x-url-scheme"), 0 },
    { ngx_string("x-userinfo"), 0 },
    { ngx_string("x-webauth"), 0 },
    { ngx_string("z-forward"), 0 },
    { ngx_null_string, 0 }
};


static ngx_http_court_drops_t  ngx_http_court_ours = {
    ngx_http_court_ours_rows, 0
};

static ngx_http_court_drops_t  ngx_http_court_credentials = {
    ngx_http_court_credentials_rows, 0
};

static ngx_http_court_drops_t  ngx_http_court_believed = {
    ngx_http_court_believed_rows, 0
};


/*
 * Services that make variables of headers write '_' for whatever is neither
 * letter nor digit: all such spellings are one name.
 */

static ngx_inline u_char
ngx_http_court_drop_char(u_char c)
{
    c = ngx_tolower(c);

    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}


/* of a byte that such a name begins with: a letter, or anything else */

static ngx_inline uint32_t
ngx_http_court_drop_bit(u_char first)
{
    return (uint32_t) 1 << (first >= 'a' ? first - 'a' : 31);
}


static ngx_uint_t
ngx_http_court_drop_listed(ngx_http_court_drops_t *drops,
    const ngx_str_t *name)
{
    size_t                        i;
    u_char                        first;
    const ngx_http_court_drop_t  *drop;

    if (name->len == 0) {
        return 0;
    }

    if (drops->letters == 0) {
        for (drop = drops->rows; drop->prefix.len; drop++) {
            drops->letters |= ngx_http_court_drop_bit(drop->prefix.data[0]);
        }
    }

    first = ngx_http_court_drop_char(name->data[0]);

    if (!(drops->letters & ngx_http_court_drop_bit(first))) {
        return 0;
    }

    for (drop = drops->rows; drop->prefix.len; drop++) {

        if (drop->prefix.data[0] != first) {
            if (drop->prefix.data[0] > first) {
                return 0;
            }

            continue;
        }

        if (name->len < drop->prefix.len
            || (drop->exact && name->len != drop->prefix.len))
        {
            continue;
        }

        for (i = 1; i < drop->prefix.len; i++) {
            if (ngx_http_court_drop_char(name->data[i])
                != drop->prefix.data[i])
            {
                break;
            }
        }

        if (i == drop->prefix.len) {
            return 1;
        }
    }

    return 0;
}


ngx_http_court_said_t
ngx_http_court_drop_said(const ngx_str_t *name)
{
    ngx_uint_t  i;

    static const ngx_str_t  names[NGX_HTTP_COURT_NSAID] = {
        ngx_string("x-forwarded-for"),
        ngx_string("x-forwarded-proto"),
        ngx_string("x-forwarded-host"),
        ngx_string("forwarded")
    };

    for (i = 0; i < NGX_HTTP_COURT_NSAID; i++) {
        if (name->len == names[i].len
            && ngx_strncasecmp(name->data, names[i].data, name->len) == 0)
        {
            break;
        }
    }

    return (ngx_http_court_said_t) i;
}


ngx_uint_t
ngx_http_court_drop_ours(ngx_http_court_session_t *s, const ngx_str_t *name)
{
    return ngx_http_court_drop_listed(&ngx_http_court_ours, name);
}


ngx_uint_t
ngx_http_court_drop_believed(ngx_http_court_session_t *s,
    const ngx_str_t *name)
{
    return ngx_http_court_drop_listed(&ngx_http_court_believed, name);
}


ngx_uint_t
ngx_http_court_drop_withheld(ngx_http_court_session_t *s,
    const ngx_str_t *name)
{
    if (ngx_http_court_drop_listed(&ngx_http_court_credentials, name)) {
        return 1;
    }

    if (s->front && ngx_http_court_drop_said(name) != NGX_HTTP_COURT_NSAID) {
        return 0;
    }

    return ngx_http_court_drop_listed(&ngx_http_court_believed, name);
}
