/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * JSON for a terminal.  All that is printed of a document goes through
 * ngx_court_tool_print: a name in it must not reach the terminal as a control
 * sequence.
 */

#ifndef _NGX_COURT_TOOL_RENDER_H_INCLUDED_
#define _NGX_COURT_TOOL_RENDER_H_INCLUDED_

#include "ngx_court_tool.h"
#include "ngx_court_json.h"


/* control characters, also those of two bytes, become "?"; width 0: as is */
void ngx_court_tool_print(const ngx_str_t *s, int width);

/* a string or number as text; "" for all else */
void ngx_court_tool_print_value(const ngx_court_json_t *node, int width);

/* "3 min" and the like */
const char *ngx_court_tool_span(int64_t seconds, char *buf, size_t size);

/* member of an object, 0 or empty where it is not there */
double ngx_court_tool_number(const ngx_court_json_t *node);
int64_t ngx_court_tool_get_int(const ngx_court_json_t *node,
    const char *name);
ngx_str_t ngx_court_tool_get_str(const ngx_court_json_t *node,
    const char *name);

/*
 * The answer of court_status, format 1, as text; an exit code.  verdict: the
 * first lines alone.  NGX_COURT_TOOL_NO where the gateway is not ready.
 */
int ngx_court_tool_status(const ngx_court_json_t *doc, ngx_uint_t verdict);

/* the metrics in it, as tables */
void ngx_court_tool_status_tables(const ngx_court_json_t *doc);


#endif /* _NGX_COURT_TOOL_RENDER_H_INCLUDED_ */
