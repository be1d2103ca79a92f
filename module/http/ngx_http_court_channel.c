/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Over which channel a request came: a word of the operator's, never the
 * client's.  Asked for once in a request, so that decision, record and header
 * are about the same one.
 */

#include "ngx_http_court_conf.h"


#define NGX_HTTP_COURT_CHANNEL_LEN  32


/* no value at all: what a policy compares with it is unknown, too */
static const ngx_str_t  ngx_http_court_channel_unknown =
    ngx_string("unknown");


/* [a-z][a-z0-9_-]{0,31} */

static ngx_uint_t
ngx_http_court_channel_word(const ngx_str_t *word)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < word->len; i++) {
        c = word->data[i];

        if (!((c >= 'a' && c <= 'z')
              || (i && ((c >= '0' && c <= '9') || c == '_' || c == '-'))))
        {
            return 0;
        }
    }

    return word->len > 0 && word->len <= NGX_HTTP_COURT_CHANNEL_LEN;
}


const ngx_str_t *
ngx_http_court_channel(ngx_http_court_session_t *s)
{
    ngx_log_t                   log;
    ngx_str_t                   word;
    ngx_http_court_srv_conf_t  *scf;

    if (s->channel.len) {
        return &s->channel;
    }

    s->channel = ngx_http_court_channel_unknown;   /* also to who asks within */

    scf = ngx_http_get_module_srv_conf(s->request, ngx_http_court_module);

    if (scf->channel == NULL) {
        return &s->channel;
    }

    if (ngx_http_complex_value(s->request, scf->channel, &word) == NGX_OK
        && ngx_http_court_channel_word(&word))
    {
        s->channel = word;
        return &s->channel;
    }

    log = *s->request->connection->log;
    log.handler = NULL;

    ngx_log_error(NGX_LOG_WARN, &log, 0, "court: channel: the value of "
                  "court_channel is not a word, \"unknown\" stands for it");

    return &s->channel;
}


const ngx_str_t *
ngx_http_court_channel_known(ngx_http_court_session_t *s)
{
    const ngx_str_t  *channel;

    channel = ngx_http_court_channel(s);

    return ngx_court_str_eq(channel, &ngx_http_court_channel_unknown)
           ? NULL : channel;
}


/* a client must not choose: of a header it sends only a map may make a word */

static ngx_uint_t
ngx_http_court_channel_client(const u_char *name)
{
    size_t       len;
    ngx_uint_t   i;

    static const char  *prefixes[] = { "http_", "arg_", "cookie_" };
    static const char  *names[] = {
        "args", "query_string", "request", "request_uri", "uri",
        "document_uri", "host", "remote_user", "request_method"
    };

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (ngx_strncasecmp((u_char *) name, (u_char *) prefixes[i],
                            ngx_strlen(prefixes[i])) == 0)
        {
            return 1;
        }
    }

    len = strspn((char *) name, "abcdefghijklmnopqrstuvwxyz"
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (len == ngx_strlen(names[i])
            && ngx_strncasecmp((u_char *) name, (u_char *) names[i], len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* words of a configuration end with a zero */

static ngx_uint_t
ngx_http_court_channel_said(const ngx_str_t *value)
{
    u_char  *p, *end;

    end = value->data + value->len;

    for (p = value->data; (p = ngx_strlchr(p, end, '$')) != NULL; /* void */ ) {

        p += (p[1] == '{') ? 2 : 1;

        if (ngx_http_court_channel_client(p)) {
            return 1;
        }
    }

    return 0;
}


char *
ngx_http_court_channel_value(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_court_srv_conf_t  *scf = conf;

    char       *rv;
    ngx_str_t  *value;

    rv = ngx_http_set_complex_value_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    value = cf->args->elts;

    if (scf->channel->lengths == NULL) {

        if (ngx_http_court_channel_word(&value[1])) {
            return NGX_CONF_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid value \"%V\" in "
                           "\"court_channel\" directive, it must be a word of "
                           "a-z 0-9 _ - with at most %d characters", &value[1],
                           NGX_HTTP_COURT_CHANNEL_LEN);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_court_channel_said(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"court_channel\" must not "
                           "be what the client says in \"%V\", but a variable "
                           "of a map", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
