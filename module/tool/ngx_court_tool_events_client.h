/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Inside the publisher: who is connected to its socket, and what is answered.
 */

#ifndef _NGX_COURT_TOOL_EVENTS_CLIENT_H_INCLUDED_
#define _NGX_COURT_TOOL_EVENTS_CLIENT_H_INCLUDED_

#include "ngx_court_tool_events.h"


#define NGX_COURT_EVENTS_REQUEST   16384


typedef struct {
    int                        fd;
    int64_t                    since;
    size_t                     len;
    char                       id[NGX_COURT_EVENT_ID + 1];  /* waits for it */
    u_char                     buf[NGX_COURT_EVENTS_REQUEST + 1];
} ngx_court_events_client_t;


void ngx_court_events_end(ngx_court_events_client_t *c);
/* these end the client's connection */
void ngx_court_events_problem(ngx_court_events_client_t *c, ngx_uint_t status,
    const char *code, const char *detail);
/* known->seq is 0: accepted, not yet published */
void ngx_court_events_told(ngx_court_events_client_t *c,
    const ngx_court_events_recent_t *known, const char *id);

/* answers, or sets c->id: then c waits for that event */
void ngx_court_events_revoke(ngx_court_events_t *p,
    ngx_court_events_client_t *c, const ngx_str_t *body);
void ngx_court_events_status(ngx_court_events_t *p,
    ngx_court_events_client_t *c, const ngx_str_t *body);
void ngx_court_events_denials(ngx_court_events_t *p,
    ngx_court_events_client_t *c, const ngx_str_t *body);


#endif /* _NGX_COURT_TOOL_EVENTS_CLIENT_H_INCLUDED_ */
