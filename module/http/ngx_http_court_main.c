/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of http{}: what the directives said in any order is put together.
 */

#include "ngx_http_court_conf.h"


static ngx_str_t  ngx_http_court_zone_shm[NGX_HTTP_COURT_NZONES] = {
    ngx_string("court_facts"),
    ngx_string("court_tokens"),
    ngx_string("court_negative"),
    ngx_string("court_artefacts"),
    ngx_string("court_state"),
    ngx_string("court_flight"),
    ngx_string("court_tombstones")
};

static const size_t  ngx_http_court_zone_default[NGX_HTTP_COURT_NZONES] = {
    64 * 1024 * 1024,
    16 * 1024 * 1024,
    4 * 1024 * 1024,
    8 * 1024 * 1024,
    0,                                         /* by the number of CPUs */
    1024 * 1024,
    4 * 1024 * 1024
};


/* what the whole world can sign is for demonstrations alone */

static ngx_int_t
ngx_http_court_main_demo(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t               i, *keys;
    const char              *what;
    ngx_court_issuer_t     **issuer;
    ngx_http_court_where_t  *where;

    if (mcf->demo) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "\"court_demo\" is on: demo "
                           "issuers and published keys are accepted");
        return NGX_OK;
    }

    issuer = mcf->issuers.elts;
    keys = mcf->build->issuer_demo.elts;
    where = mcf->build->issuer_where.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        what = keys[i] ? "has a published or demo key"
               : ngx_strncmp(issuer[i]->name.data, "demo-", 5) == 0
                 || ngx_strstr(issuer[i]->issuer.data, "demo-")
               ? "is a demo issuer" : NULL;

        if (what) {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &where[i],
                                      "court_issuer \"%V\" %s, which needs "
                                      "\"court_demo on\"", &issuer[i]->name,
                                      what);
            return NGX_ERROR;
        }
    }

    if (mcf->assertion && mcf->assertion->key && mcf->assertion->key->demo) {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->assertion,
                                  "court_assertion_key is a published or demo "
                                  "key, which needs \"court_demo on\"");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_main_cache(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t           i;
    ngx_str_t           *name;
    ngx_court_redis_t  **redis;

    name = &mcf->build->cache_redis;

    if (name->len == 0) {
        return NGX_OK;
    }

    redis = mcf->redis.elts;

    for (i = 0; i < mcf->redis.nelts; i++) {
        if (ngx_court_str_eq(&ngx_court_redis_conf(redis[i])->name, name)) {
            mcf->tiers.redis = redis[i];
            return NGX_OK;
        }
    }

    ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->cache,
                              "unknown court_redis \"%V\"", name);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_court_main_jwks(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    if (mcf->build->assertion_jwks.line == 0 || mcf->assertion) {
        return NGX_OK;
    }

    ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->assertion_jwks,
                              "court_assertion_jwks needs "
                              "\"court_assertion_key\"");
    return NGX_ERROR;
}


/* anybody who can connect there asks about persons in our name */

static void
ngx_http_court_main_source_dir(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    char                dir[sizeof(((struct sockaddr_un *) 0)->sun_path) + 1];
    char               *p;
    struct sockaddr_un  *sun;
    ngx_file_info_t     fi;

    sun = (struct sockaddr_un *) mcf->build->source_addr->sockaddr;
    ngx_cpystrn((u_char *) dir, (u_char *) sun->sun_path, sizeof(dir));

    p = strrchr(dir, '/');

    if (p == NULL || p == dir) {
        return;
    }

    *p = '\0';

    if (ngx_file_info(dir, &fi) != NGX_FILE_ERROR
        && (fi.st_mode & S_IXOTH))
    {
        ngx_http_court_conf_error(NGX_LOG_WARN, cf,
                                  &mcf->build->source_server, "the directory "
                                  "of court_source_server \"%V\" is open to "
                                  "others", &mcf->source_server);
    }
}


static ngx_int_t
ngx_http_court_main_mark(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_http_conf_addr_t *addr, ngx_uint_t marking)
{
    ngx_addr_t                  *source;
    ngx_uint_t                   i, same;
    ngx_http_core_srv_conf_t   **cscf;
    ngx_http_court_srv_conf_t   *scf;

    source = mcf->build->source_addr;
    same = ngx_cmp_sockaddr(addr->opt.sockaddr, addr->opt.socklen,
                            source->sockaddr, source->socklen, 1) == NGX_OK;

    if (same != marking) {
        return NGX_OK;
    }

    if (same) {
        mcf->build->source_default = addr->default_server;
    }

    cscf = addr->servers.elts;

    for (i = 0; i < addr->servers.nelts; i++) {
        scf = cscf[i]->ctx->srv_conf[ngx_http_court_module.ctx_index];

        if (same) {
            scf->is_source = 1;
            continue;
        }

        if (scf->is_source) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "a server that listens "
                          "on court_source_server \"%V\" must not listen "
                          "elsewhere in %s:%ui", &mcf->source_server,
                          cscf[i]->file_name, cscf[i]->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* marks the servers behind court_source_server, which is theirs alone */

static ngx_int_t
ngx_http_court_main_source(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t                  p, a, marking;
    ngx_http_conf_port_t       *port;
    ngx_http_conf_addr_t       *addr;
    ngx_http_core_main_conf_t  *cmcf;

    if (mcf->build->source_addr == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (marking = 2; cmcf->ports && marking-- > 0; /* void */ ) {
        port = cmcf->ports->elts;

        for (p = 0; p < cmcf->ports->nelts; p++) {
            addr = port[p].addrs.elts;

            for (a = 0; a < port[p].addrs.nelts; a++) {
                if (ngx_http_court_main_mark(cf, mcf, &addr[a], marking)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }
            }
        }
    }

    if (mcf->build->source_default == NULL) {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf,
                                  &mcf->build->source_server,
                                  "no server listens on court_source_server "
                                  "\"%V\"", &mcf->source_server);
        return NGX_ERROR;
    }

    ngx_http_court_main_source_dir(cf, mcf);

    mcf->tiers.source_addr = mcf->build->source_addr;

    return NGX_OK;
}


/*
 * A variable of the request itself would let the client choose its court.
 * Those that map, geo or set make are changeable; of nginx's own only these.
 */

static const char *
ngx_http_court_main_code_variable(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        if (key[i].key.len != name->len
            || ngx_strncasecmp(key[i].key.data, name->data, name->len) != 0)
        {
            continue;
        }

        v = key[i].value;

        if ((v->flags & NGX_HTTP_VAR_CHANGEABLE)
            && ngx_strcasecmp(v->name.data, (u_char *) "args") != 0
            && ngx_strcasecmp(v->name.data, (u_char *) "limit_rate") != 0)
        {
            return NULL;
        }

        break;
    }

    return "must be a variable of a map";
}


static ngx_int_t
ngx_http_court_main_codes(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t              i;
    const char             *why;
    ngx_http_court_code_t  *code;

    code = mcf->build->codes.elts;

    for (i = 0; i < mcf->build->codes.nelts; i++) {

        why = code[i].variable
              ? ngx_http_court_main_code_variable(cf, &code[i].code) : NULL;

        if (why == NULL && mcf->courts == NULL) {
            why = "needs \"court_courts\"";
        }

        if (why == NULL && !code[i].variable
            && ngx_http_court_court_find(mcf->courts, &code[i].code) == NULL)
        {
            why = "is not in \"court_courts\"";
        }

        if (why) {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &code[i].where,
                                      "court_code \"%s%V\" %s",
                                      code[i].variable ? "$" : "",
                                      &code[i].code, why);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* claims beyond the closed list are strings; each name once */

static ngx_int_t
ngx_http_court_main_claim(ngx_http_court_main_conf_t *mcf,
    const ngx_str_t *name)
{
    ngx_uint_t          i;
    ngx_court_field_t  *field;

#define NGX_HTTP_COURT_CLAIM_NAME(id, text, type)  ngx_string(text),

    static const ngx_str_t  closed[] = {
        NGX_COURT_TOKEN_ATTRS(NGX_HTTP_COURT_CLAIM_NAME)
        ngx_null_string
    };

#undef NGX_HTTP_COURT_CLAIM_NAME

    for (i = 0; closed[i].len; i++) {
        if (ngx_court_str_eq(&closed[i], name)) {
            return NGX_OK;
        }
    }

    field = mcf->vocab.claims->elts;

    for (i = 0; i < mcf->vocab.claims->nelts; i++) {
        if (ngx_court_str_eq(&field[i].name, name)) {
            return NGX_OK;
        }
    }

    field = ngx_array_push(mcf->vocab.claims);
    if (field == NULL) {
        return NGX_ERROR;
    }

    field->name = *name;
    field->type = NGX_COURT_T_STRING;

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_main_vocab(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_uint_t            i, k;
    ngx_court_fact_t    **fact;
    ngx_court_claim_t    *claim;
    ngx_court_issuer_t  **issuer;
    ngx_court_source_t  **source;

    mcf->vocab.facts = ngx_array_create(cf->pool, mcf->sources.nelts + 1,
                                        sizeof(ngx_court_fact_t *));
    mcf->vocab.claims = ngx_array_create(cf->pool, 4,
                                         sizeof(ngx_court_field_t));

    if (mcf->vocab.facts == NULL || mcf->vocab.claims == NULL) {
        return NGX_ERROR;
    }

    source = mcf->sources.elts;

    for (i = 0; i < mcf->sources.nelts; i++) {
        fact = ngx_array_push(mcf->vocab.facts);
        *fact = &source[i]->fact;              /* room was made above */
    }

    issuer = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        if (issuer[i]->claims == NULL) {
            continue;
        }

        claim = issuer[i]->claims->elts;

        for (k = 0; k < issuer[i]->claims->nelts; k++) {
            if (ngx_http_court_main_claim(mcf, &claim[k].name) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_court_main_zones(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    for (i = 0; i < NGX_HTTP_COURT_NZONES; i++) {
        if (mcf->zone_size[i] == 0) {
            mcf->zone_size[i] = ngx_http_court_zone_default[i];
        }
    }

    name = ngx_http_court_zone_shm;

    mcf->tiers.facts = ngx_court_zone_add(cf,
                                  &name[NGX_HTTP_COURT_ZONE_FACTS],
                                  mcf->zone_size[NGX_HTTP_COURT_ZONE_FACTS],
                                  &ngx_http_court_module);

    mcf->tiers.negative = ngx_court_zone_add(cf,
                                  &name[NGX_HTTP_COURT_ZONE_NEGATIVE],
                                  mcf->zone_size[NGX_HTTP_COURT_ZONE_NEGATIVE],
                                  &ngx_http_court_module);

    mcf->tokens = ngx_court_zone_add(cf,
                                  &name[NGX_HTTP_COURT_ZONE_TOKENS],
                                  mcf->zone_size[NGX_HTTP_COURT_ZONE_TOKENS],
                                  &ngx_http_court_module);

    mcf->artefacts = ngx_court_artefacts_add(cf,
                                  &name[NGX_HTTP_COURT_ZONE_ARTEFACTS],
                                 mcf->zone_size[NGX_HTTP_COURT_ZONE_ARTEFACTS],
                                  &ngx_http_court_module);

    mcf->state = ngx_court_state_add(cf, &name[NGX_HTTP_COURT_ZONE_STATE],
                                  mcf->zone_size[NGX_HTTP_COURT_ZONE_STATE],
                                  &ngx_http_court_module);

    mcf->tiers.flight = ngx_court_flight_zone_add(cf,
                                  &name[NGX_HTTP_COURT_ZONE_FLIGHT],
                                  mcf->zone_size[NGX_HTTP_COURT_ZONE_FLIGHT],
                                  &ngx_http_court_module);

    mcf->tombstones = ngx_court_tombstones_add(cf,
                              &name[NGX_HTTP_COURT_ZONE_TOMBSTONES],
                              mcf->zone_size[NGX_HTTP_COURT_ZONE_TOMBSTONES],
                              &ngx_http_court_module);

    if (mcf->tiers.facts == NULL || mcf->tiers.negative == NULL
        || mcf->tiers.flight == NULL
        || mcf->tokens == NULL || mcf->artefacts == NULL
        || mcf->state == NULL || mcf->tombstones == NULL)
    {
        return NGX_ERROR;
    }

    /* the next version must fit beside the live one */

    if (mcf->policy_text.len * 2 + 65536
        > mcf->zone_size[NGX_HTTP_COURT_ZONE_ARTEFACTS])
    {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &mcf->build->policy,
                                  "zone \"artefacts\" is too small for "
                                  "court_policy \"%V\"", &mcf->policy_file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_court_issuers_unknown(ngx_conf_t *cf,
    ngx_http_court_main_conf_t *mcf, ngx_array_t *names, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_http_court_names_t  *known;

    known = mcf->build->names.elts;

    for (i = 0; i < mcf->build->names.nelts; i++) {
        if (known[i].names == names) {
            ngx_http_court_conf_error(NGX_LOG_EMERG, cf, &known[i].where,
                                      "unknown issuer \"%V\" in "
                                      "\"court_issuers\" directive", name);
            return;
        }
    }
}


ngx_array_t *
ngx_http_court_issuers_resolve(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf,
    ngx_array_t *names)
{
    ngx_str_t            *name;
    ngx_uint_t            i, k;
    ngx_array_t          *issuers;
    ngx_court_issuer_t  **known, **issuer;

    issuers = ngx_array_create(cf->pool, names->nelts,
                               sizeof(ngx_court_issuer_t *));
    if (issuers == NULL) {
        return NULL;
    }

    name = names->elts;
    known = mcf->issuers.elts;

    for (i = 0; i < names->nelts; i++) {

        for (k = 0; k < mcf->issuers.nelts; k++) {
            if (ngx_court_str_eq(&known[k]->name, &name[i])) {
                break;
            }
        }

        if (k == mcf->issuers.nelts) {
            ngx_http_court_issuers_unknown(cf, mcf, names, &name[i]);
            return NULL;
        }

        issuer = ngx_array_push(issuers);
        *issuer = known[k];                    /* room was made above */
    }

    return issuers;
}


ngx_int_t
ngx_http_court_main_conf(ngx_conf_t *cf, ngx_http_court_main_conf_t *mcf)
{
    mcf->build->used = mcf->issuers.nelts || mcf->sources.nelts
                       || mcf->policy_file.len || mcf->build->sight;

    ngx_conf_init_value(mcf->demo, 0);
    mcf->loaded = ngx_time();

    if (ngx_http_court_main_source(cf, mcf) != NGX_OK
        || ngx_http_court_main_codes(cf, mcf) != NGX_OK
        || ngx_http_court_main_cache(cf, mcf) != NGX_OK
        || ngx_http_court_main_jwks(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!mcf->build->used) {
        return NGX_OK;
    }

    if (mcf->sources.nelts && mcf->tiers.source_addr == NULL) {
        ngx_http_court_conf_error(NGX_LOG_EMERG, cf,
                                  mcf->build->source_where.elts,
                                  "court_fact needs \"court_source_server\"");
        return NGX_ERROR;
    }

    if (ngx_http_court_main_demo(cf, mcf) != NGX_OK
        || ngx_http_court_main_vocab(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (mcf->policy_file.len
        && ngx_http_court_policy_load(cf, mcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return (ngx_http_court_main_zones(cf, mcf) == NGX_OK
            && ngx_http_court_events_main(cf, mcf) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}
