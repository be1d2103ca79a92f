/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The first byte says which hops are trusted, the rest is the header.  What
 * is read is an address, and the chain that is believed, read again, leads to
 * the same one; nothing that a client puts before it changes that.
 */

#include "fuzz.h"
#include "ngx_court_forwarded.h"
#include "ngx_court_origin.h"


typedef ngx_int_t (*fuzz_read_pt)(const ngx_str_t *value,
    ngx_court_trusted_pt trusted, void *data, ngx_court_forwarded_t *f);


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


static ngx_uint_t
fuzz_trusted(void *data, struct sockaddr *sa)
{
    u_char  which;

    which = *(u_char *) data;

    switch (sa->sa_family) {

    case AF_INET:
        return ((struct sockaddr_in *) sa)->sin_addr.s_addr & which & 1;

    case AF_INET6:
        return ((struct sockaddr_in6 *) sa)->sin6_addr.s6_addr[15] & which & 2;

    default:
        must(sa->sa_family == AF_UNIX);
        return which & 4;
    }
}


static void
fuzz_address(const ngx_str_t *text)
{
    char             buf[NGX_INET6_ADDRSTRLEN + 1];
    struct in6_addr  in6;

    must(text->len > 0 && text->len < sizeof(buf));
    ngx_memcpy(buf, text->data, text->len);
    buf[text->len] = '\0';

    must(inet_pton(AF_INET, buf, &in6) == 1
         || inet_pton(AF_INET6, buf, &in6) == 1);
}


static void
fuzz_chain(ngx_pool_t *pool, fuzz_read_pt read, ngx_str_t *value, u_char *which)
{
    ngx_int_t              rc;
    ngx_str_t              copy, more;
    ngx_court_forwarded_t  f, again;

    static const char  evil[] = "for=\"6.6.6.6;\\,\", \", ";

    rc = read(value, fuzz_trusted, which, &f);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        must(f.client.len == 0 && f.chain.len == 0);
        return;
    }

    fuzz_address(&f.client);
    must(f.chain.len > 0 && fuzz_inside(&f.chain, value));
    must(f.proto.len == 0 || fuzz_inside(&f.proto, &f.chain));
    must(f.host.len == 0 || fuzz_inside(&f.host, &f.chain));

    copy = fuzz_copy(pool, f.chain.data, f.chain.len);
    must(read(&copy, fuzz_trusted, which, &again) == NGX_OK);
    must(ngx_court_str_eq(&f.client, &again.client));
    must(ngx_court_str_eq(&f.chain, &again.chain));

    /* unless all were trusted: then it is somebody who says more */

    more.len = sizeof(evil) - 1 + f.chain.len;
    more.data = ngx_pnalloc(pool, more.len);
    ngx_memcpy(ngx_cpymem(more.data, evil, sizeof(evil) - 1), f.chain.data,
               f.chain.len);

    if (read(&more, fuzz_trusted, which, &again) == NGX_OK) {
        must(ngx_court_str_eq(&f.client, &again.client));
        must(ngx_court_str_eq(&f.chain, &again.chain));
    }
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    u_char              which, buf[NGX_COURT_ORIGIN_LEN], *end;
    ngx_str_t           text;
    ngx_court_origin_t  o, again;

    which = fuzz_byte(in);
    *in = fuzz_copy(pool, in->data, in->len);

    fuzz_chain(pool, ngx_court_forwarded_for, in, &which);
    fuzz_chain(pool, ngx_court_forwarded, in, &which);

    /* what was written is what is read */

    if (ngx_court_origin_parse(in, &o) == NULL) {
        end = ngx_court_origin_write(buf, &o);
        must(end <= buf + sizeof(buf));

        text.data = buf;
        text.len = end - buf;
        must(ngx_court_origin_parse(&text, &again) == NULL);
        must(again.https == o.https && again.host.len == o.host.len);
        must(ngx_court_origin_write(buf, &again) == end);
    }
}
