/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The session of a client's request, and what happens to a request before
 * anything is decided: its headers are scrubbed, its path is judged, and
 * ways round the decision (subrequests, internal locations) are closed.
 */

#include "ngx_http_court_conf.h"
#include "ngx_http_court_headers.h"
#include "ngx_court_bytes.h"
#include "ngx_court_path.h"


static void ngx_http_court_session_cleanup(void *data);
static ngx_int_t ngx_http_court_session_id(ngx_http_court_session_t *s);


/*
 * nginx clears module contexts at every redirect inside; the cleanup stays.
 * So a session that is not in the context is about a new target.
 */

ngx_http_court_session_t *
ngx_http_court_session(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_court_session_t  *s;

    r = r->main;

    s = ngx_http_get_module_ctx(r, ngx_http_court_module);

    if (s || r->pool == NULL) {
        return s;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_court_session_cleanup) {
            s = cln->data;
            s->target++;

            ngx_http_set_ctx(r, s, ngx_http_court_module);
            return s;
        }
    }

    return NULL;
}


ngx_http_court_session_t *
ngx_http_court_session_get(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_court_session_t  *s;

    s = ngx_http_court_session(r);
    if (s) {
        return s;
    }

    r = r->main;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_court_session_t));
    if (cln == NULL) {
        return NULL;
    }

    s = cln->data;
    ngx_memzero(s, sizeof(ngx_http_court_session_t));

    s->request = r;
    s->arrived = (int64_t) r->start_sec * 1000 + r->start_msec;
    s->decision.max_age = -1;

    /* nginx refused the request before POST_READ: an error_page led here */

    s->target = r->internal ? 1 : 0;
    s->entered = s->target;

    if (ngx_http_court_session_id(s) != NGX_OK) {
        return NULL;
    }

    cln->handler = ngx_http_court_session_cleanup;
    ngx_http_set_ctx(r, s, ngx_http_court_module);

    return s;
}


static void
ngx_http_court_session_cleanup(void *data)
{
    ngx_http_court_session_t  *s = data;

    ngx_http_court_facts_cancel(s);
    ngx_http_court_open_remove(s);

    if (s->pinned) {
        ngx_http_court_policy_unpin(s->pinned);
        s->pinned = NULL;
    }
}


/* a bijection of 64 bits (Steele, Lea, Flood 2014: splitmix64) */

static uint64_t
ngx_http_court_session_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


/*
 * Unique, not secret: within a worker because the mix is a bijection of the
 * counter, between workers and gateways by 128 random bits.  The seed belongs
 * to a process, not to the master that it was forked from.
 */

static ngx_int_t
ngx_http_court_session_id(ngx_http_court_session_t *s)
{
    u_char    id[16], *p;
    uint64_t  n;

    static uint64_t   seed[2];
    static ngx_pid_t  pid = -1;

    if (pid != ngx_pid) {
        if (ngx_court_random((u_char *) seed, sizeof(seed)) != NGX_OK) {
            return NGX_ERROR;
        }

        pid = ngx_pid;
    }

    s->request_id.len = 32;
    s->request_id.data = ngx_pnalloc(s->request->pool, 32);
    if (s->request_id.data == NULL) {
        return NGX_ERROR;
    }

    n = ++ngx_http_court_worker.request_seq * 0x9e3779b97f4a7c15ULL;

    p = ngx_court_put64(id, ngx_http_court_session_mix(seed[0] + n));
    (void) ngx_court_put64(p, ngx_http_court_session_mix(seed[1] + n));

    (void) ngx_hex_dump(s->request_id.data, id, sizeof(id));

    return NGX_OK;
}


/*
 * nginx runs the handlers of a phase last registered first: registered by our
 * second module, which stands behind rewrite and realip, the scrub is before
 * them.  An error_page of an early error enters at SERVER_REWRITE or, by
 * name, at REWRITE; and a "return" ends that phase, so that we must have seen
 * the location before.
 */

ngx_int_t
ngx_http_court_session_init(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_http_court_main_conf_t  *mcf;

    static const ngx_http_phases  phases[] = {
        NGX_HTTP_POST_READ_PHASE,
        NGX_HTTP_SERVER_REWRITE_PHASE,
        NGX_HTTP_REWRITE_PHASE
    };

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_court_module);

    if (!mcf->build->used) {
        return NGX_OK;
    }

    for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (ngx_http_court_phase(cf, phases[i], ngx_http_court_scrub_handler)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_court_protected(ngx_http_request_t *r)
{
    ngx_http_court_loc_conf_t  *lcf;
    ngx_http_court_srv_conf_t  *scf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_court_module);

    if (lcf->mode == NGX_HTTP_COURT_OFF || lcf->handler) {
        return 0;
    }

    scf = ngx_http_get_module_srv_conf(r, ngx_http_court_module);

    return !scf->is_source;
}


/* counts whatever its hash says: proxy forwards an element of hash 0, too */

ngx_uint_t
ngx_http_court_header_count(ngx_list_t *headers, const char *name, size_t len,
    ngx_str_t *value)
{
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len != len
                || ngx_strncasecmp(h[i].key.data, (u_char *) name, len) != 0)
            {
                continue;
            }

            if (n++ == 0) {
                *value = h[i].value;
            }
        }
    }

    return n;
}


/* path is canonical, so every "%XX" in it is well-formed and upper-case */

static ngx_uint_t
ngx_http_court_session_decodes(const ngx_str_t *path, const ngx_str_t *uri)
{
    u_char  *p, *last, *u, *end, c;

    p = path->data;
    last = p + path->len;
    u = uri->data;
    end = u + uri->len;

    for ( /* void */ ; p < last; u++) {

        if (u == end) {
            return 0;
        }

        c = *p++;

        if (c == '%') {
            c = (u_char) ngx_hextoi(p, 2);
            p += 2;
        }

        if (c != *u) {
            return 0;
        }
    }

    return u == end;
}


/*
 * Once, from the client's request line, while r->uri still is what nginx
 * made of it: a raw path that nginx reads otherwise is not canonical.
 */

static void
ngx_http_court_session_judge(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_str_t  path, args;

    if (s->target) {
        return;
    }

    if (ngx_court_path_canonical(&r->unparsed_uri, &path, &args) == NGX_OK
        && ngx_http_court_session_decodes(&path, &r->uri))
    {
        s->canonical = 1;
        s->raw_path = path;
    }
}


/*
 * A redirect inside led to a new target: whatever was under way for the old
 * one is over.  Our headers were for the old one, too; what the client said
 * about himself does not come back.
 */

static ngx_int_t
ngx_http_court_session_enter(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_court_facts_cancel(s);
    ngx_http_court_open_remove(s);

    s->entered = s->target;
    s->begun = 0;
    s->allowed = 0;
    s->assertion = NULL;

    return s->rewritten ? ngx_http_court_headers_scrub(r) : NGX_OK;
}


/*
 * What an "internal; court off;" location serves was meant for those who
 * were let in: a rewrite out of a protected location, or an error_page that
 * turns an error into another answer, is no way round the decision.
 */

static ngx_uint_t
ngx_http_court_session_bypass(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    return !s->decided && r->err_status < NGX_HTTP_BAD_REQUEST;
}


/*
 * An internal location without a decision of its own, behind one that has.
 * Seen before its own rewrites: a "return" there is an answer, too.
 */

static ngx_int_t
ngx_http_court_session_behind(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!r->internal || !s->touched || !(clcf->internal || clcf->named)) {
        return NGX_DECLINED;
    }

    if (ngx_http_court_session_bypass(r, s)) {
        s->stage_name = "guard";
        s->decided = 1;
        s->result = ngx_http_court_refused(s, FORBIDDEN,
                                     "internal location before a decision");
        ngx_http_court_log_decision(s);

        return ngx_http_court_refuse(r, s);
    }

    /* an error page's server is nobody to have the caller's token */

    if (ngx_http_court_headers_withhold(r, s) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * Before a location is found, the server's own configuration stands.
 * NGX_DECLINED: a location that is not protected.
 */

static ngx_int_t
ngx_http_court_session_touch(ngx_http_request_t *r,
    ngx_http_court_session_t *s)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if (r->loc_conf == cscf->ctx->loc_conf) {
        return NGX_OK;
    }

    if (!ngx_http_court_protected(r)) {
        return NGX_DECLINED;
    }

    s->touched = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_court_scrub_handler(ngx_http_request_t *r)
{
    ngx_http_court_session_t  *s;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    s = ngx_http_court_session_get(r);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!s->scrubbed) {
        if (ngx_http_court_headers_scrub(r) != NGX_OK
            || ngx_http_court_front(r, s) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_court_session_judge(r, s);
        s->scrubbed = 1;
    }

    if (s->entered != s->target
        && ngx_http_court_session_enter(r, s) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_court_session_touch(r, s) == NGX_DECLINED) {
        return ngx_http_court_session_behind(r, s);
    }

    return NGX_DECLINED;
}


/*
 * Answered by nginx itself: before POST_READ (a bad request line or header),
 * or between a location's finding and its phases (413, a redirect to "/a/").
 */

ngx_int_t
ngx_http_court_scrub_early(ngx_http_request_t *r)
{
    ngx_http_court_session_t    *s;
    ngx_http_court_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_court_module);

    if (r != r->main || !mcf->build->used) {
        return NGX_OK;
    }

    s = ngx_http_court_session_get(r);
    if (s == NULL) {
        return NGX_ERROR;
    }

    if (!s->scrubbed) {
        s->scrubbed = 1;

        if (ngx_http_court_headers_scrub(r) != NGX_OK
            || ngx_http_court_front(r, s) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    (void) ngx_http_court_session_touch(r, s);

    return NGX_OK;
}


/*
 * The access phase does not see subrequests.  Clones (slice, background
 * update) begin behind this phase, within what was decided.
 */

static ngx_int_t
ngx_http_court_session_subrequest(ngx_http_request_t *r)
{
    ngx_log_t  log;

    if (!ngx_http_court_protected(r)) {
        return NGX_DECLINED;
    }

    log = *r->connection->log;
    log.handler = NULL;

    ngx_log_error(NGX_LOG_WARN, &log, 0,
                  "court: guard: subrequest into a protected location");

    return NGX_HTTP_FORBIDDEN;
}


ngx_int_t
ngx_http_court_guard_handler(ngx_http_request_t *r)
{
    ngx_http_court_session_t  *s;
    ngx_http_core_loc_conf_t  *clcf;

    if (r != r->main) {
        return ngx_http_court_session_subrequest(r);
    }

    s = ngx_http_court_session_get(r);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!ngx_http_court_protected(r)) {
        return ngx_http_court_session_behind(r, s);
    }

    s->touched = 1;

    /* refused by nginx -t; if that failed to see it, an address is no token */

    return clcf->satisfy == NGX_HTTP_SATISFY_ALL
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
