/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An accepted target holds nothing that nginx, or anybody behind it, would
 * read in another way.  The model of nginx here is its documented behaviour,
 * not its code: decode once, merge slashes, remove dot segments.
 */

#include "fuzz.h"
#include "ngx_court_bytes.h"
#include "ngx_court_path.h"
#include "ngx_court_utf8.h"


void
fuzz_setup(ngx_pool_t *pool)
{
    (void) pool;
}


/* what r->uri is; NGX_ERROR where nginx itself answers 400 */

static ngx_int_t
nginx_decode(ngx_pool_t *pool, const ngx_str_t *target, ngx_str_t *uri)
{
    size_t      i;
    u_char      c;
    ngx_int_t   hi, lo;

    uri->data = ngx_pnalloc(pool, target->len + 1);
    uri->len = 0;

    for (i = 0; i < target->len; i++) {
        c = target->data[i];

        if (c == '?' || c == '#') {
            break;
        }

        if (c == '%') {
            if (target->len - i < 3) {
                return NGX_ERROR;
            }

            hi = ngx_court_hex_digit(target->data[i + 1]);
            lo = ngx_court_hex_digit(target->data[i + 2]);
            c = (u_char) (hi << 4 | lo);
            i += 2;

            if (hi < 0 || lo < 0 || c == '\0') {
                return NGX_ERROR;
            }

        } else if (c <= 0x20 || c == 0x7f) {
            return NGX_ERROR;
        }

        uri->data[uri->len++] = c;
    }

    return NGX_OK;
}


/* segment by segment: "" and "." go, ".." takes one with it */

static ngx_int_t
nginx_normalise(ngx_pool_t *pool, const ngx_str_t *uri, ngx_str_t *out)
{
    u_char  *p, *end, *next;
    size_t   len;

    out->data = ngx_pnalloc(pool, uri->len + 1);
    out->len = 0;
    out->data[out->len++] = '/';

    end = uri->data + uri->len;

    for (p = uri->data + 1; p < end; p = next + 1) {
        next = ngx_strlchr(p, end, '/');
        next = next ? next : end;
        len = next - p;

        if (len == 0 || (len == 1 && p[0] == '.')) {
            continue;
        }

        if (len == 2 && p[0] == '.' && p[1] == '.') {
            if (out->len == 1) {
                return NGX_ERROR;
            }

            do {
                out->len--;
            } while (out->data[out->len - 1] != '/');

            continue;
        }

        ngx_memcpy(out->data + out->len, p, len);
        out->len += len;

        if (next < end) {
            out->data[out->len++] = '/';
        }
    }

    return NGX_OK;
}


static void
fuzz_accepted(ngx_pool_t *pool, const ngx_str_t *in, const ngx_str_t *path,
    const ngx_str_t *args)
{
    size_t      i, n;
    ngx_str_t   uri, normal, decoded, again;

    must(fuzz_inside(path, in) && fuzz_inside(args, in));
    must(path->data == in->data && path->len > 0);
    must(ngx_strlchr(in->data, in->data + in->len, '#') == NULL);

    must(nginx_decode(pool, in, &uri) == NGX_OK);
    must(nginx_normalise(pool, &uri, &normal) == NGX_OK);
    must(ngx_court_str_eq(&uri, &normal));

    must(ngx_court_unescape_str(pool, &decoded, path) == NGX_OK);
    must(ngx_court_str_eq(&uri, &decoded));

    /* decoded twice it is the same, and so for lax decoders of '\\' and ';' */

    must(ngx_court_unescape_str(pool, &again, &decoded) == NGX_OK);
    must(ngx_court_str_eq(&again, &decoded));

    for (i = 0; i < decoded.len; i += n) {
        must(ngx_strchr("%\\;?#\"<>^`{|}\x7f", decoded.data[i]) == NULL);
        must(decoded.data[i] > 0x20);

        n = ngx_court_utf8_sequence(decoded.data + i,
                                    decoded.data + decoded.len);
        must(n > 0);
    }

    for (i = 0; i < in->len; i++) {
        must(in->data[i] > 0x20 && in->data[i] < 0x7f);
    }

    /* the path alone is as canonical as with its arguments */

    must(ngx_court_path_canonical(path, &decoded, &again) == NGX_OK);
    must(ngx_court_str_eq(&decoded, path) && again.len == 0);
}


static void
fuzz_escapes(ngx_pool_t *pool, const ngx_str_t *in)
{
    u_char     *end;
    size_t      i;
    ngx_int_t   rc;
    ngx_str_t   out, back, path, args;

    must(ngx_court_escape_str(pool, &out, in) == NGX_OK);
    must(out.len == ngx_court_escape_len(in));

    end = ngx_pnalloc(pool, out.len + 1);
    must(ngx_court_escape(end, in) == end + out.len);
    must(out.len == 0 || ngx_memcmp(end, out.data, out.len) == 0);

    for (i = 0; i < out.len; i++) {
        must(ngx_court_unreserved(out.data[i]) || out.data[i] == '%');
    }

    must(ngx_court_unescape_str(pool, &back, &out) == NGX_OK);
    must(ngx_court_str_eq(&back, in));

    rc = ngx_court_unescape_str(pool, &back, in);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    /* what was escaped is in no place a separator */

    if (ngx_court_path_canonical(&out, &path, &args) == NGX_OK) {
        must(0);                             /* no '/' can be in it */
    }
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_int_t  rc;
    ngx_str_t  path, args;

    rc = ngx_court_path_canonical(in, &path, &args);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc == NGX_OK) {
        fuzz_accepted(pool, in, &path, &args);
    }

    fuzz_escapes(pool, in);
}
