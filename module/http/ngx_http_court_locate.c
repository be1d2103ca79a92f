/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which location nginx would choose, asked at configuration time: the walk of
 * ngx_http_core_find_location without a request.
 */

#include "ngx_http_court_conf.h"


static ngx_http_core_loc_conf_t *ngx_http_court_locate_in(
    ngx_http_core_loc_conf_t *pclcf, const ngx_str_t *uri);


/* exact is set where the search ends with what is returned */

static ngx_http_core_loc_conf_t *
ngx_http_court_locate_static(ngx_http_location_tree_node_t *node,
    const ngx_str_t *uri, ngx_uint_t *exact)
{
    u_char                    *name;
    size_t                     len, n;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *found;

    name = uri->data;
    len = uri->len;
    found = NULL;
    *exact = 0;

    while (node) {
        n = ngx_min(len, (size_t) node->len);
        rc = ngx_filename_cmp(name, node->name, n);

        if (rc != 0) {
            node = (rc < 0) ? node->left : node->right;
            continue;
        }

        if (len > (size_t) node->len) {

            if (node->inclusive == NULL) {
                node = node->right;
                continue;
            }

            found = node->inclusive;
            node = node->tree;
            name += n;
            len -= n;
            continue;
        }

        if (len == (size_t) node->len) {

            if (node->exact) {
                *exact = 1;
                return node->exact;
            }

            return node->inclusive;
        }

        /* "/a" where "/a/" is: nginx would redirect, which is no location */

        node = node->left;
    }

    return found;
}


#if (NGX_PCRE)

static ngx_http_core_loc_conf_t *
ngx_http_court_locate_regex(ngx_http_core_loc_conf_t *pclcf,
    const ngx_str_t *uri)
{
    int                         captures[3];
    ngx_str_t                   s;
    ngx_http_core_loc_conf_t  **clcf, *nested;

    s = *uri;

    for (clcf = pclcf->regex_locations; clcf && *clcf; clcf++) {
        if (ngx_regex_exec((*clcf)->regex->regex, &s, captures, 3)
            == NGX_REGEX_NO_MATCHED)
        {
            continue;
        }

        nested = ngx_http_court_locate_in(*clcf, uri);

        return nested ? nested : *clcf;
    }

    return NULL;
}

#endif


static ngx_http_core_loc_conf_t *
ngx_http_court_locate_in(ngx_http_core_loc_conf_t *pclcf, const ngx_str_t *uri)
{
    ngx_uint_t                 exact;
    ngx_http_core_loc_conf_t  *clcf, *nested;

    clcf = ngx_http_court_locate_static(pclcf->static_locations, uri, &exact);

    if (clcf && exact) {
        return clcf;
    }

    nested = clcf ? ngx_http_court_locate_in(clcf, uri) : NULL;

#if (NGX_PCRE)

    /* a nested location that is exact or a regex ended the search, too */

    if (nested && (nested->exact_match || nested->regex)) {
        return nested;
    }

    if (clcf == NULL || !clcf->noregex) {
        ngx_http_core_loc_conf_t  *regex;

        regex = ngx_http_court_locate_regex(pclcf, uri);

        if (regex) {
            return regex;
        }
    }

#endif

    return nested ? nested : clcf;
}


ngx_http_core_loc_conf_t *
ngx_http_court_locate(ngx_http_core_srv_conf_t *cscf, const ngx_str_t *uri)
{
    ngx_http_core_loc_conf_t  **named;

    if (uri->len == 0) {
        return NULL;
    }

    if (uri->data[0] != '@') {
        return ngx_http_court_locate_in(
                   cscf->ctx->loc_conf[ngx_http_core_module.ctx_index], uri);
    }

    for (named = cscf->named_locations; named && *named; named++) {
        if (ngx_court_str_eq(&(*named)->name, uri)) {
            return *named;
        }
    }

    return NULL;
}
