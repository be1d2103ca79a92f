/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A mapping file, parsed, and the echo rules: what the mapping's parser and
 * the decoder of answers share.  Internal to fact; ngx_court_fact.h is what
 * others use.  Const once parsed.
 */

#ifndef _NGX_COURT_MAPPING_H_INCLUDED_
#define _NGX_COURT_MAPPING_H_INCLUDED_

#include "ngx_court_fact.h"


/* one word of a source and ours: for a bool num, else str */
typedef struct {
    ngx_str_t                  from;
    ngx_str_t                  str;
    ngx_uint_t                 num;
} ngx_court_mapping_word_t;


/* what a word outside "values" becomes */
typedef enum {
    NGX_COURT_MAPPING_ERROR = 0,
    NGX_COURT_MAPPING_ABSENT,
    NGX_COURT_MAPPING_WORD
} ngx_court_mapping_default_t;


typedef struct {
    ngx_str_t                    pointer;   /* "": the field is left out */
    ngx_array_t                 *words;     /* NULL: no "values" */
    ngx_court_mapping_default_t  otherwise;
    ngx_court_mapping_word_t     other;
} ngx_court_mapping_field_t;


/* pointers are "" where there is none */
struct ngx_court_mapping_s {
    ngx_str_t                   echo[NGX_COURT_FACT_KEYS];
    ngx_str_t                   echo_court;
    ngx_str_t                   result;
    ngx_array_t                *ok;         /* of ngx_str_t */
    ngx_array_t                *not_found;  /* of ngx_str_t, or NULL */
    ngx_court_mapping_field_t  *fields;     /* as many as the schema has */
};


/*
 * By key: the member of the default JSON that must repeat it, "" where none
 * must.  Returns how many must; 0 where that can't be known.
 */
ngx_uint_t ngx_court_fact_echo(const ngx_court_fact_t *fact,
    ngx_str_t member[NGX_COURT_FACT_KEYS]);

/*
 * A string as it is, a whole number in decimal: what results, echoes and
 * "values" are compared by.  NGX_OK, NGX_DECLINED for other types, NGX_ERROR.
 */
ngx_int_t ngx_court_fact_text(ngx_pool_t *pool, const ngx_court_json_t *node,
    ngx_str_t *text);


#endif /* _NGX_COURT_MAPPING_H_INCLUDED_ */
