/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The publisher's configuration, and the files that it names.
 */

#include "ngx_court_tool_events.h"

#include <sys/stat.h>


#define NGX_COURT_EVENTS_OFF(m)  offsetof(ngx_court_events_conf_t, m)

static const struct {
    const char                *name;
    size_t                     offset;
    unsigned                   file:1;    /* relative to the file's directory */
} ngx_court_events_names[] = {
    { "redis", NGX_COURT_EVENTS_OFF(redis), 0 },
    { "redis_user", NGX_COURT_EVENTS_OFF(redis_user), 0 },
    { "redis_password_file", NGX_COURT_EVENTS_OFF(redis_password_file), 1 },
    { "redis_database", NGX_COURT_EVENTS_OFF(redis_database), 0 },
    { "prefix", NGX_COURT_EVENTS_OFF(prefix), 0 },
    { "key", NGX_COURT_EVENTS_OFF(key), 1 },
    { "keys", NGX_COURT_EVENTS_OFF(keys), 1 },
    { "seal_keys", NGX_COURT_EVENTS_OFF(seal_keys), 1 },
    { "state", NGX_COURT_EVENTS_OFF(state), 1 },
    { "socket", NGX_COURT_EVENTS_OFF(socket), 1 },
    { "snapshot", NGX_COURT_EVENTS_OFF(snapshot), 0 },
    { "keep", NGX_COURT_EVENTS_OFF(keep), 0 },
    { NULL, 0, 0 }
};


static const char **
ngx_court_events_slot(ngx_court_events_t *p, const char *name,
    ngx_uint_t *file)
{
    ngx_uint_t  i;

    for (i = 0; ngx_court_events_names[i].name; i++) {
        if (strcmp(ngx_court_events_names[i].name, name) == 0) {
            *file = ngx_court_events_names[i].file;
            return (const char **) (void *)
                   ((char *) &p->conf + ngx_court_events_names[i].offset);
        }
    }

    return NULL;
}


static const char *
ngx_court_events_path(ngx_pool_t *pool, const char *conf, const char *value)
{
    char        *path;
    const char  *slash;

    slash = strrchr(conf, '/');

    if (value[0] == '/' || slash == NULL) {
        return value;
    }

    path = ngx_pnalloc(pool, strlen(conf) + strlen(value) + 2);

    if (path) {
        sprintf(path, "%.*s/%s", (int) (slash - conf), conf, value);
    }

    return path;
}


static char *
ngx_court_events_trim(char *s)
{
    char  *end;

    s += strspn(s, " \t");
    end = s + strlen(s);

    while (end > s && strchr(" \t\r", end[-1])) {
        *--end = '\0';
    }

    return s;
}


/* NULL, or what is wrong with the line */

static const char *
ngx_court_events_line(ngx_court_events_t *p, const char *conf, char *line)
{
    char         *value;
    const char  **slot;
    ngx_uint_t    file;

    line = ngx_court_events_trim(line);

    if (*line == '\0' || *line == '#') {
        return NULL;
    }

    value = strchr(line, '=');

    if (value == NULL) {
        return "no \"name = value\"";
    }

    *value++ = '\0';
    value = ngx_court_events_trim(value);
    slot = ngx_court_events_slot(p, ngx_court_events_trim(line), &file);

    if (slot == NULL) {
        return "unknown name";
    }

    if (*slot || *value == '\0') {
        return *slot ? "is there twice" : "has no value";
    }

    *slot = file ? ngx_court_events_path(p->pool, conf, value) : value;

    return *slot ? NULL : "no memory";
}


static int
ngx_court_events_wrong(const char *file, const char *what)
{
    fprintf(stderr, "court-tool: %s: %s\n", file, what);

    return NGX_COURT_TOOL_INVALID;
}


/* a file that only its owner may read; text in pool */

static ngx_int_t
ngx_court_events_secret(ngx_pool_t *pool, const char *file, ngx_str_t *text)
{
    struct stat  st;

    if (stat(file, &st) == 0 && (st.st_mode & 077)) {
        fprintf(stderr, "court-tool: %s: others may read it\n", file);
        return NGX_ERROR;
    }

    return ngx_court_tool_read(pool, file, text);
}


static int
ngx_court_events_signer(ngx_court_events_t *p)
{
    ngx_str_t                  text, err;
    ngx_uint_t                 i;
    ngx_court_jwks_t          *jwks;
    ngx_court_event_target_t   none;

    if (ngx_court_events_secret(p->pool, p->conf.key, &text) != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    jwks = ngx_court_jwks_parse(p->pool, &text, &err);
    ngx_court_wipe(text.data, text.len);

    for (i = 0; jwks && i < jwks->nkeys; i++) {
        if (jwks->keys[i]->private_key) {
            p->key = jwks->keys[i];
            break;
        }
    }

    if (p->key == NULL) {
        return ngx_court_events_wrong(p->conf.key, "no private JWK");
    }

    memset(&none, 0, sizeof(none));

    if (!ngx_court_event_keys_may(p->keys, &p->key->kid, NGX_COURT_EVENT_BEAT,
                                  &none))
    {
        return ngx_court_events_wrong(p->conf.key, "its kid may not beat, by "
                                                   "the file \"keys\"");
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_events_files(ngx_court_events_t *p, ngx_uint_t publish)
{
    ngx_str_t  text, err;

    ngx_str_null(&err);

    if (ngx_court_tool_read(p->pool, p->conf.keys, &text) != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    p->keys = ngx_court_event_keys_parse(p->pool, &text, &err);

    if (p->keys == NULL) {
        fprintf(stderr, "court-tool: %s: %.*s\n", p->conf.keys, (int) err.len,
                err.data);
        return NGX_COURT_TOOL_INVALID;
    }

    if (p->conf.seal_keys) {
        if (ngx_court_events_secret(p->pool, p->conf.seal_keys, &text)
            != NGX_OK)
        {
            return NGX_COURT_TOOL_INVALID;
        }

        p->ring = ngx_court_ring_parse(p->pool, &text, NGX_COURT_RING_SEAL,
                                       &err);
        ngx_court_wipe(text.data, text.len);

        if (p->ring == NULL) {
            fprintf(stderr, "court-tool: %s: %.*s\n", p->conf.seal_keys,
                    (int) err.len, err.data);
            return NGX_COURT_TOOL_INVALID;
        }
    }

    return publish ? ngx_court_events_signer(p) : NGX_COURT_TOOL_YES;
}


static int
ngx_court_events_defaults(ngx_court_events_t *p, const char *file,
    ngx_uint_t publish)
{
    ngx_int_t                 snapshot, keep;
    const char               *wrong;
    ngx_court_events_conf_t  *conf;

    conf = &p->conf;

    if (conf->redis == NULL || conf->keys == NULL
        || (publish && (conf->key == NULL || conf->seal_keys == NULL
                        || conf->state == NULL || conf->socket == NULL)))
    {
        return ngx_court_events_wrong(file, publish
                   ? "redis, keys, key, seal_keys, state, socket are needed"
                   : "redis and keys are needed");
    }

    wrong = ngx_court_tool_redis_address(conf->redis);
    if (wrong) {
        return ngx_court_events_wrong(file, wrong);
    }

    snapshot = conf->snapshot ? ngx_atoi((u_char *) conf->snapshot,
                                         strlen(conf->snapshot)) : 60;
    keep = conf->keep ? ngx_atoi((u_char *) conf->keep, strlen(conf->keep))
                      : 3600;

    if (snapshot < 1 || snapshot > 3600 || keep < 10 || keep > 1000000) {
        return ngx_court_events_wrong(file, "snapshot is 1 to 3600 seconds, "
                                            "keep 10 to 1000000 entries");
    }

    conf->snapshot_s = snapshot;
    conf->keep_n = keep;

    return NGX_COURT_TOOL_YES;
}


static ngx_int_t
ngx_court_events_name(ngx_court_events_t *p, const char *what, ngx_str_t *name)
{
    const char  *prefix;

    prefix = p->conf.prefix ? p->conf.prefix : "court";

    name->data = ngx_pnalloc(p->pool, strlen(prefix) + strlen(what) + 8);
    if (name->data == NULL) {
        return NGX_ERROR;
    }

    name->len = sprintf((char *) name->data, "%s:1:%s", prefix, what);

    return NGX_OK;
}


int
ngx_court_events_configure(ngx_court_events_t *p, const char *file,
    ngx_uint_t publish)
{
    int          rc;
    char        *line, *end;
    ngx_str_t    text;
    ngx_uint_t   number;
    const char  *wrong;

    if (ngx_court_tool_read(p->pool, file, &text) != NGX_OK) {
        return NGX_COURT_TOOL_INVALID;
    }

    number = 0;

    for (line = (char *) text.data; line; line = end) {
        end = strchr(line, '\n');

        if (end) {
            *end++ = '\0';
        }

        number++;
        wrong = ngx_court_events_line(p, file, line);

        if (wrong) {
            fprintf(stderr, "court-tool: %s:%lu: %s\n", file,
                    (unsigned long) number, wrong);
            return NGX_COURT_TOOL_INVALID;
        }
    }

    rc = ngx_court_events_defaults(p, file, publish);

    if (rc == NGX_COURT_TOOL_YES) {
        rc = ngx_court_events_files(p, publish);
    }

    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    if (ngx_court_events_name(p, "events", &p->stream) != NGX_OK
        || ngx_court_events_name(p, "deny", &p->deny) != NGX_OK)
    {
        return NGX_COURT_TOOL_UNREACHABLE;
    }

    p->redis.address = p->conf.redis;
    p->redis.user = p->conf.redis_user;
    p->redis.password_file = p->conf.redis_password_file;
    p->redis.database = p->conf.redis_database;

    return NGX_COURT_TOOL_YES;
}
