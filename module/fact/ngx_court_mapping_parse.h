/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsing of mapping files: one function for each member, found by tables.
 * Internal to the ngx_court_mapping*.c files.
 */

#ifndef _NGX_COURT_MAPPING_PARSE_H_INCLUDED_
#define _NGX_COURT_MAPPING_PARSE_H_INCLUDED_

#include "ngx_court_mapping.h"


/* what is being parsed: the finished mapping, and where errors go */
typedef struct {
    ngx_pool_t                *pool;
    const ngx_court_fact_t    *fact;
    const ngx_str_t           *text;
    ngx_str_t                 *err;
    ngx_court_mapping_t       *mapping;
    ngx_uint_t                 format;     /* seen */
    ngx_uint_t                 fields;     /* seen */
} ngx_court_mapping_parse_t;


/*
 * The members that an object may have.  at: the pointer of the member; dst:
 * what the object fills.  A row with an empty name takes any name.
 */

typedef ngx_int_t ngx_court_mapping_parse_pt(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_str_t *name, const ngx_court_json_t *node,
    void *dst);

typedef struct {
    const char                  *name;
    ngx_court_mapping_parse_pt  *parse;
} ngx_court_mapping_member_t;


/* sets the error "line 3: /fields/status: what"; always NGX_ERROR */
ngx_int_t ngx_court_mapping_error(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const char *what);

/* every member goes to its row; NGX_ERROR for one that has none */
ngx_int_t ngx_court_mapping_object(ngx_court_mapping_parse_t *mp,
    const ngx_str_t *at, const ngx_court_json_t *node,
    const ngx_court_mapping_member_t *members, void *dst);

/* a JSON pointer; dst begins with the ngx_str_t to set */
ngx_court_mapping_parse_pt  ngx_court_mapping_pointer;

/* "fields" */
ngx_court_mapping_parse_pt  ngx_court_mapping_fields;


#endif /* _NGX_COURT_MAPPING_PARSE_H_INCLUDED_ */
