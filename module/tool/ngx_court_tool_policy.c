/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * court-tool policy check|can-i: the policy asked by the module's own code,
 * without a server.
 */

#include "ngx_court_tool.h"
#include "ngx_court_path.h"
#include "ngx_court_time.h"
#include "ngx_court_tool_facts.h"


typedef struct {
    ngx_pool_t                *pool;
    const char                *policy;
    const char                *role;
    const char                *facts;
    const char                *unmet;
    const char                *sub;
    const char                *output;
    const char                *favourable;
    ngx_uint_t                 nargs;
    const char                *args[2];
} ngx_court_tool_policy_opts_t;

typedef struct {
    ngx_court_policy_t        *policy;
    ngx_court_tool_facts_t     facts;
    ngx_court_match_t          match;
    ngx_court_assume_t         assume;
    ngx_court_decision_t       decision;
    ngx_str_t                  role;
    const char                *effect;
} ngx_court_tool_answer_t;


static int ngx_court_tool_policy_usage(const char *what);
static ngx_court_policy_t *ngx_court_tool_policy_load(ngx_pool_t *pool,
    const char *name, ngx_uint_t json);
static int ngx_court_tool_policy_check(ngx_court_tool_policy_opts_t *o);
static int ngx_court_tool_policy_can_i(ngx_court_tool_policy_opts_t *o);
static int ngx_court_tool_policy_prepare(ngx_court_tool_policy_opts_t *o,
    ngx_court_tool_answer_t *a);
static void ngx_court_tool_policy_ask(ngx_court_tool_policy_opts_t *o,
    ngx_court_tool_answer_t *a);
static void ngx_court_tool_policy_text(ngx_court_tool_answer_t *a);
static void ngx_court_tool_policy_json(ngx_court_tool_answer_t *a);


static const char  ngx_court_tool_policy_help[] =
    "usage: court-tool policy check FILE\n"
    "       court-tool policy can-i -f FILE --role ROLE\n"
    "                  [--facts FILE | --favourable] [--unmet CONDITION]\n"
    "                  [--sub SUBJECT] [-o json|text] METHOD PATH\n";


int
ngx_court_tool_policy(int argc, char **argv)
{
    int                            rc;
    ngx_court_tool_policy_opts_t   o;

    const ngx_court_tool_option_t  options[] = {
        { "-f", &o.policy, 0 }, { "--role", &o.role, 0 },
        { "--facts", &o.facts, 0 }, { "--unmet", &o.unmet, 0 },
        { "--sub", &o.sub, 0 }, { "-o", &o.output, 0 },
        { "--favourable", &o.favourable, 1 }, { NULL, NULL, 0 }
    };

    memset(&o, 0, sizeof(o));

    if (argc < 1
        || ngx_court_tool_options(argc, argv, options, o.args, 2, &o.nargs)
           != NGX_OK
        || (o.output && strcmp(o.output, "json") != 0
            && strcmp(o.output, "text") != 0))
    {
        return ngx_court_tool_policy_usage(NULL);
    }

    o.pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));

    if (o.pool == NULL || ngx_court_crypto_init(o.pool->log) != NGX_OK) {
        fprintf(stderr, "court-tool: no memory or no digests\n");
        return NGX_COURT_TOOL_USAGE;
    }

    if (strcmp(argv[0], "check") == 0) {
        rc = ngx_court_tool_policy_check(&o);

    } else if (strcmp(argv[0], "can-i") == 0) {
        rc = ngx_court_tool_policy_can_i(&o);

    } else {
        rc = ngx_court_tool_policy_usage("unknown verb");
    }

    ngx_destroy_pool(o.pool);

    return rc;
}


static int
ngx_court_tool_policy_usage(const char *what)
{
    if (what) {
        fprintf(stderr, "court-tool policy: %s\n", what);
    }

    fputs(ngx_court_tool_policy_help, stderr);

    return NGX_COURT_TOOL_USAGE;
}


/* why a file is no policy, for programs */

static void
ngx_court_tool_policy_invalid(ngx_pool_t *pool, const ngx_str_t *err)
{
    u_char  *p, *end;

    p = ngx_pnalloc(pool, ngx_court_json_escape_len(err) + 1);

    if (p) {
        end = ngx_court_json_escape(p, err);
        printf("{\"schema\":1,\"valid\":false,\"error\":\"%.*s\"}\n",
               (int) (end - p), p);
    }
}


static ngx_court_policy_t *
ngx_court_tool_policy_load(ngx_pool_t *pool, const char *name, ngx_uint_t json)
{
    ngx_str_t            text, err;
    ngx_court_policy_t  *policy;

    if (ngx_court_tool_read(pool, name, &text) != NGX_OK) {
        return NULL;
    }

    policy = ngx_court_policy_compile(pool, &text, NULL, &err);

    if (policy == NULL) {
        fprintf(stderr, "%s: %.*s\n", name, (int) err.len, err.data);

        if (json) {
            ngx_court_tool_policy_invalid(pool, &err);
        }
    }

    return policy;
}


static int
ngx_court_tool_policy_check(ngx_court_tool_policy_opts_t *o)
{
    const char          *name;
    ngx_court_policy_t  *policy;

    name = o->policy ? o->policy : o->args[0];

    if (name == NULL || o->nargs + (o->policy != NULL) != 1 || o->role
        || o->facts || o->unmet || o->sub || o->favourable)
    {
        return ngx_court_tool_policy_usage(NULL);
    }

    policy = ngx_court_tool_policy_load(o->pool, name,
                                        o->output
                                        && strcmp(o->output, "json") == 0);
    if (policy == NULL) {
        return NGX_COURT_TOOL_INVALID;
    }

    if (o->output && strcmp(o->output, "json") == 0) {
        printf("{\"schema\":1,\"valid\":true,\"version\":%lld,"
               "\"interfaces\":%lu,\"rules\":%lu}\n",
               (long long) ngx_court_policy_version(policy),
               (unsigned long) ngx_court_policy_ninterfaces(policy),
               (unsigned long) ngx_court_policy_nrules(policy));

    } else {
        printf("%s: valid, version %lld, %lu interfaces, %lu rules\n", name,
               (long long) ngx_court_policy_version(policy),
               (unsigned long) ngx_court_policy_ninterfaces(policy),
               (unsigned long) ngx_court_policy_nrules(policy));
    }

    return NGX_COURT_TOOL_YES;
}


static int
ngx_court_tool_policy_can_i(ngx_court_tool_policy_opts_t *o)
{
    int                      rc;
    ngx_court_tool_answer_t  a;

    if (o->policy == NULL || o->role == NULL || o->nargs != 2
        || (o->facts && o->favourable))
    {
        return ngx_court_tool_policy_usage(NULL);
    }

    memset(&a, 0, sizeof(a));

    rc = ngx_court_tool_policy_prepare(o, &a);
    if (rc != NGX_COURT_TOOL_YES) {
        return rc;
    }

    ngx_court_tool_policy_ask(o, &a);

    if (o->output && strcmp(o->output, "json") == 0) {
        ngx_court_tool_policy_json(&a);

    } else {
        ngx_court_tool_policy_text(&a);
    }

    switch (a.decision.result) {
    case NGX_COURT_PASS:
        return NGX_COURT_TOOL_YES;
    case NGX_COURT_FAILED:
        return NGX_COURT_TOOL_UNDETERMINED;
    default:
        return NGX_COURT_TOOL_NO;
    }
}


static int
ngx_court_tool_policy_prepare(ngx_court_tool_policy_opts_t *o,
    ngx_court_tool_answer_t *a)
{
    int64_t    t;
    ngx_str_t  text, err, s;

    a->policy = ngx_court_tool_policy_load(o->pool, o->policy, 0);
    if (a->policy == NULL) {
        return NGX_COURT_TOOL_INVALID;
    }

    a->role.data = (u_char *) o->role;
    a->role.len = strlen(o->role);

    if (ngx_court_policy_role(a->policy, &a->role) == NGX_COURT_NO_FIELD) {
        return ngx_court_tool_policy_usage("unknown role");
    }

    a->assume.favourable = o->favourable != NULL;
    a->assume.unmet = NGX_COURT_NO_FIELD;

    if (o->unmet) {
        s.data = (u_char *) o->unmet;
        s.len = strlen(o->unmet);
        a->assume.unmet = ngx_court_policy_condition(a->policy, &s);

        if (a->assume.unmet == NGX_COURT_NO_FIELD) {
            return ngx_court_tool_policy_usage("unknown condition");
        }
    }

    a->facts.pool = o->pool;
    a->facts.policy = a->policy;
    a->facts.now = time(NULL);

    if (o->facts && ngx_court_tool_read(o->pool, o->facts, &text) != NGX_OK) {
        return NGX_COURT_TOOL_USAGE;
    }

    if (ngx_court_tool_facts_parse(&a->facts, o->facts ? &text : NULL, &err)
        != NGX_OK)
    {
        fprintf(stderr, "%s: %.*s\n", o->facts ? o->facts : "facts",
                (int) err.len, err.data);
        return NGX_COURT_TOOL_USAGE;
    }

    s = ngx_court_tool_facts_string(&a->facts, "request", "time");

    if (s.len) {
        if (ngx_court_time_parse(&s, &t) != NGX_OK) {
            return ngx_court_tool_policy_usage("request.time is no time");
        }

        a->facts.now = t;
    }

    return NGX_COURT_TOOL_YES;
}


static void
ngx_court_tool_policy_ask(ngx_court_tool_policy_opts_t *o,
    ngx_court_tool_answer_t *a)
{
    ngx_str_t           target, path, args;
    ngx_court_input_t   input;

    static const char  *effects[] = { "none", "allow", "forbid", "unmet" };

    a->facts.method.data = (u_char *) o->args[0];
    a->facts.method.len = strlen(o->args[0]);
    target.data = (u_char *) o->args[1];
    target.len = strlen(o->args[1]);

    a->effect = "none";
    a->decision.result = NGX_COURT_REFUSED;
    a->decision.max_age = -1;

    if (ngx_court_path_canonical(&target, &path, &args) != NGX_OK) {
        a->decision.reason = ngx_court_reason(PATH_NOT_CANONICAL);
        return;
    }

    if (ngx_court_policy_match(a->policy, &a->facts.method, &path, &a->match)
        != NGX_OK)
    {
        a->decision.reason = ngx_court_reason(NO_RULE);
        return;
    }

    if (a->match.interface->public_) {
        a->decision.result = NGX_COURT_PASS;
        a->effect = "allow";
        return;
    }

    memset(&input, 0, sizeof(input));
    input.data = &a->facts;
    input.value = ngx_court_tool_facts_value;
    input.fact = ngx_court_tool_facts_state;
    input.match = &a->match;
    input.role = a->role;
    input.now = a->facts.now;
    input.subject = ngx_court_tool_facts_string(&a->facts, "token", "sub");

    if (o->sub) {
        input.subject.data = (u_char *) o->sub;
        input.subject.len = strlen(o->sub);
    }

    ngx_court_policy_decide_assuming(a->policy, &input, &a->assume,
                                     &a->decision);

    a->effect = a->decision.result == NGX_COURT_FAILED
                ? "undetermined" : effects[a->decision.effect];
}


static void
ngx_court_tool_policy_line(const char *name, const ngx_str_t *value)
{
    if (value) {
        printf("%s: %.*s\n", name, (int) value->len, value->data);

    } else {
        printf("%s: -\n", name);
    }
}


static void
ngx_court_tool_policy_text(ngx_court_tool_answer_t *a)
{
    ngx_str_t    *s;
    ngx_uint_t    i;

    printf("effect: %s\n", a->effect);
    ngx_court_tool_policy_line("rule", a->decision.rule);

    if (a->decision.result == NGX_COURT_FAILED) {
        printf("reason: -\n");

        s = a->facts.unknown.elts;
        for (i = 0; i < a->facts.unknown.nelts; i++) {
            ngx_court_tool_policy_line("undetermined", &s[i]);
        }

        return;
    }

    ngx_court_tool_policy_line("reason", a->decision.reason
                                         ? &a->decision.reason->code : NULL);

    if (a->decision.condition) {
        ngx_court_tool_policy_line("condition", a->decision.condition);
    }

    if (a->decision.delegated) {
        printf("delegated: yes\n");
    }
}


/* codes, ids and names have no byte that JSON would escape */

static void
ngx_court_tool_policy_member(const char *name, const ngx_str_t *value)
{
    if (value) {
        printf(",\"%s\":\"%.*s\"", name, (int) value->len, value->data);

    } else {
        printf(",\"%s\":null", name);
    }
}


static void
ngx_court_tool_policy_json(ngx_court_tool_answer_t *a)
{
    ngx_str_t                 *s;
    ngx_uint_t                 i, n, failed;
    const ngx_court_need_t    *need;
    const ngx_court_fact_t    *fact;
    const ngx_court_reason_t  *reason;

    failed = a->decision.result == NGX_COURT_FAILED;
    reason = failed ? NULL : a->decision.reason;

    printf("{\"schema\":1,\"effect\":\"%s\"", a->effect);
    ngx_court_tool_policy_member("rule", a->decision.rule);
    ngx_court_tool_policy_member("reason", reason ? &reason->code : NULL);

    if (reason) {
        printf(",\"status\":%lu", (unsigned long) reason->status);

    } else {
        printf(",\"status\":null");
    }

    ngx_court_tool_policy_member("condition", a->decision.condition);
    ngx_court_tool_policy_member("interface", a->match.interface
                                              ? &a->match.interface->id
                                              : NULL);
    printf(",\"delegated\":%s", a->decision.delegated ? "true" : "false");
    ngx_court_tool_policy_member("obligations", a->decision.obligations);

    need = NULL;
    n = 0;

    if (a->match.interface) {
        ngx_court_policy_needs(a->policy, a->match.interface, &a->role, &need,
                               &n);
    }

    printf(",\"needs\":[");

    for (i = 0; i < n; i++) {
        fact = ngx_court_policy_fact_at(a->policy, need[i].fact);
        printf("%s{\"fact\":\"%.*s\",\"side\":\"%s\",\"max_age\":%lld}",
               i ? "," : "", (int) fact->name.len, fact->name.data,
               need[i].side == NGX_COURT_PRINCIPAL ? "principal" : "caller",
               (long long) need[i].max_age);
    }

    printf("],\"undetermined\":[");

    s = a->facts.unknown.elts;

    for (i = 0; failed && i < a->facts.unknown.nelts; i++) {
        printf("%s\"%.*s\"", i ? "," : "", (int) s[i].len, s[i].data);
    }

    printf("]}\n");
}
