/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 */

#include "ngx_court_cert.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>


ngx_uint_t
ngx_court_cert_name(const u_char *p, size_t len)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < len; i++) {
        c = (u_char) (p[i] | 0x20);

        if (!(c >= 'a' && c <= 'z') && !(p[i] >= '0' && p[i] <= '9')
            && p[i] != '-' && p[i] != '.' && p[i] != '_')
        {
            return 0;
        }
    }

    return len > 0 && len <= 253;
}


static ngx_int_t
ngx_court_cert_add(ngx_pool_t *pool, ngx_court_cert_t *cert,
    const ASN1_STRING *text)
{
    size_t        len;
    u_char       *p;
    const u_char *data;

    data = ASN1_STRING_get0_data(text);
    len = (size_t) ASN1_STRING_length(text);

    if (cert->nnames == NGX_COURT_CERT_NAMES
        || !ngx_court_cert_name(data, len))
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, data, len);

    cert->names[cert->nnames].data = p;
    cert->names[cert->nnames++].len = len;

    return NGX_OK;
}


/* *some: there is a dNSName, however it is written */

static ngx_int_t
ngx_court_cert_alternatives(ngx_pool_t *pool, ngx_court_cert_t *cert,
    X509 *x509, ngx_uint_t *some)
{
    int                  i, type, critical;
    void                *value;
    ngx_int_t            rc;
    GENERAL_NAMES       *names;

    *some = 0;
    rc = NGX_OK;

    names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);

    /* -1: there is none; what can't be read, or stands twice, is no "none" */

    if (names == NULL) {
        return (critical == -1) ? NGX_OK : NGX_ERROR;
    }

    for (i = 0; i < sk_GENERAL_NAME_num(names) && rc == NGX_OK; i++) {
        value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i),
                                        &type);

        if (type == GEN_DNS) {
            *some = 1;
            rc = ngx_court_cert_add(pool, cert, value);
        }
    }

    GENERAL_NAMES_free(names);

    return rc;
}


static ngx_int_t
ngx_court_cert_common(ngx_pool_t *pool, ngx_court_cert_t *cert, X509 *x509)
{
    int         i, next;
    X509_NAME  *subject;

    subject = X509_get_subject_name(x509);

    i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (i < 0) {
        return NGX_OK;
    }

    /* of two nobody knows which one is meant */

    next = X509_NAME_get_index_by_NID(subject, NID_commonName, i);

    return (next >= 0) ? NGX_OK
                       : ngx_court_cert_add(pool, cert,
                             X509_NAME_ENTRY_get_data(
                                 X509_NAME_get_entry(subject, i)));
}


static ngx_int_t
ngx_court_cert_spki(ngx_court_cert_t *cert, X509 *x509)
{
    int         len;
    u_char     *der;
    ngx_int_t   rc;
    ngx_str_t   part;

    der = NULL;
    len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

    if (len <= 0) {
        return NGX_ERROR;
    }

    part.data = der;
    part.len = (size_t) len;

    rc = ngx_court_sha256(&part, 1, cert->spki);

    OPENSSL_free(der);

    return rc;
}


ngx_int_t
ngx_court_cert_read(ngx_pool_t *pool, const ngx_str_t *pem,
    ngx_court_cert_t *cert)
{
    BIO         *bio;
    X509        *x509;
    ngx_int_t    rc;
    ngx_uint_t   some;

    ngx_memzero(cert, sizeof(ngx_court_cert_t));

    if (pem->len == 0 || pem->len > 65536) {
        return NGX_ERROR;
    }

    bio = BIO_new_mem_buf(pem->data, (int) pem->len);
    x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);

    if (x509 == NULL) {
        ERR_clear_error();
        return NGX_ERROR;
    }

    rc = ngx_court_cert_spki(cert, x509);

    if (rc == NGX_OK) {
        rc = ngx_court_cert_alternatives(pool, cert, x509, &some);
    }

    if (rc == NGX_OK && !some) {
        rc = ngx_court_cert_common(pool, cert, x509);
    }

    X509_free(x509);
    ERR_clear_error();

    return rc;
}


ngx_uint_t
ngx_court_cert_named(const ngx_court_cert_t *cert, const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < cert->nnames; i++) {
        if (cert->names[i].len == name->len
            && ngx_strncasecmp(cert->names[i].data, name->data, name->len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
