/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Decisions: the order of answers, forbids, kinds, delegation decided twice,
 * and "could not find out" only where it matters.
 */

#include "test_policy.h"


#define Q(...)  #__VA_ARGS__

static const char  policy_text[] = Q(
{ "format": 1, "version": 1,
  "facts": { "identity": ["active", "kind"], "relation": ["side", "own_unit"],
             "link": ["status"], "staff": ["court"], "device": ["state"] },
  "conditions": {
    "active":   { "on": "person", "all": [ ["identity.active", "==", true] ],
                  "needs": { "identity": 300 },
                  "reason": "practice_not_active" },
    "relation": { "on": "person", "all": [ ["relation.side", "exists"] ],
                  "reason": "no_relation" },
    "own_unit": { "on": "person", "all": [ ["relation.own_unit", "==", true] ],
                  "needs": { "relation": 60 }, "reason": "own_unit_only" },
    "link":     { "on": "caller", "all": [ ["link.status", "==", "active"] ],
                  "reason": "link_not_active" },
    "aal2":     { "on": "caller", "all": [ ["token.acr_level", ">=", 2] ],
                  "reason": "assurance_too_low",
                  "step_up": { "acr_values": ["sms", "face"],
                               "max_age": 600 } },
    "app":      { "on": "request", "all": [ ["request.channel", "==", "app"] ],
                  "reason": "channel_forbidden" },
    "staff":    { "on": "caller", "all": [ ["staff.court", "exists"] ] },
    "device":   { "on": "caller", "all": [ ["device.state", "==", "ok"] ] },
    "confirmed": { "on": "caller",
                   "all": [ ["request.confirmed", "==", true] ],
                   "reason": "confirmation_required" },
    "drill":    { "on": "request", "all": [ ["request.drill", "==", true] ] },
    "bad_side": { "on": "person", "all": [ ["relation.side", "==", "bad"] ] } },
  "interfaces": [
    { "id": "read",
      "routes": [ { "methods": ["GET"], "path": "/c/{case}" } ] },
    { "id": "list", "routes": [ { "methods": ["GET"], "path": "/c" } ] },
    { "id": "file", "routes": [ { "methods": ["POST"], "path": "/f" } ],
      "trace": "durable" },
    { "id": "two",
      "routes": [ { "methods": ["GET"], "path": "/two/{case}" } ] },
    { "id": "open", "auth": "none", "replayable": true, "upgrade": "websocket",
      "routes": [ { "methods": ["GET"], "path": "/open" } ] },
    { "id": "unit", "routes": [ { "methods": ["GET"], "path": "/unit" } ] },
    { "id": "late",
      "routes": [ { "methods": ["GET"], "path": "/late/{case}" } ] } ],
  "rules": [
    { "id": "r1", "effect": "allow", "roles": ["lawyer"],
      "interfaces": ["read", "list"], "when": ["aal2", "active"],
      "obligations": ["watermark"] },
    { "id": "r2", "effect": "allow", "roles": ["gov_lawyer"],
      "interfaces": ["read"], "when": ["active", "own_unit"],
      "obligations": ["watermark", "unit"] },
    { "id": "r3", "effect": "allow", "roles": ["assistant"], "delegated": true,
      "interfaces": ["read", "list"], "when": ["aal2", "link", "relation"],
      "obligations": ["assist"] },
    { "id": "r4", "effect": "forbid", "roles": ["assistant"],
      "interfaces": ["file"], "reason": "needs_lawyer" },
    { "id": "r5", "effect": "forbid", "roles": ["agent"],
      "interfaces": ["file"] },
    { "id": "r6", "effect": "allow", "roles": ["lawyer"],
      "interfaces": ["file"], "when": ["active", "confirmed"],
      "needs": { "identity": 0 } },
    { "id": "r7", "effect": "forbid", "roles": ["party"],
      "interfaces": ["two"], "when": ["bad_side"] },
    { "id": "r8", "effect": "forbid", "roles": ["party"],
      "interfaces": ["two"], "when": ["drill", "app"],
      "reason": "needs_lawyer" },
    { "id": "r9", "effect": "allow", "roles": ["party"],
      "interfaces": ["two"], "when": ["aal2", "relation"] },
    { "id": "r10", "effect": "allow", "roles": ["party"],
      "interfaces": ["two"], "when": ["app"] },
    { "id": "r11", "effect": "allow", "roles": ["officer"],
      "interfaces": ["two"], "when": ["staff"] },
    { "id": "r12", "effect": "allow", "roles": ["device"],
      "interfaces": ["two"], "when": ["device"] },
    { "id": "r13", "effect": "allow", "roles": ["gov_lawyer"],
      "interfaces": ["unit"], "when": ["own_unit"] },
    { "id": "r14", "effect": "allow", "roles": ["lawyer"],
      "interfaces": ["late"], "when": ["aal2", "active"],
      "needs": { "identity": 900 } },
    { "id": "r15", "effect": "allow", "roles": ["assistant"], "delegated": true,
      "interfaces": ["late"], "when": ["link"] },
    { "id": "r16", "effect": "forbid", "roles": ["lawyer"],
      "interfaces": ["late"], "when": ["bad_side"] },
    { "id": "r17", "effect": "allow", "roles": ["judge"],
      "interfaces": ["two"] },
    { "id": "r18", "effect": "forbid", "roles": ["judge"],
      "interfaces": ["two"] , "when": ["drill"] },
    { "id": "r19", "effect": "forbid", "roles": ["scanner"],
      "interfaces": ["two"] , "when": ["drill"], "reason": "needs_lawyer" } ],
  "reasons": { "needs_lawyer": { "status": 403,
     "zh": { "title": "t", "detail": "d", "next": "n" } } } }
);


#define LAWYER  "token.sub=l;token.acr_level=2;"                              \
                "identity.active=true;identity.kind=full_time;"
#define ASSIST  "token.sub=a;token.acr_level=2;link.status=active;"           \
                "link.delegated=list|x;"
#define PRINC   "principal:identity.active=true;"                             \
                "principal:identity.kind=full_time;"                          \
                "principal:relation.side=p;"
/* "a\x1fread" */
#define GRANT   "principal:relation.delegated=b\x1fread|a\x1fread|a\x1flate;"

typedef struct {
    const char                *role;
    const char                *method;
    const char                *path;
    const char                *values;
    const char                *want;      /* "effect rule reason" */
    const char                *what;
} decide_case_t;

static const decide_case_t  cases[] = {
    { "lawyer", "GET", "/c/1", LAWYER, "allow r1 -", "all true" },
    { "king", "GET", "/c/1", LAWYER, "none - role_unknown", "no such role" },
    { "", "GET", "/c/1", LAWYER, "none - role_unknown", "no role" },
    { "judge", "GET", "/c/1", LAWYER, "none - role_forbidden",
      "no rule names the role" },
    { "assistant", "POST", "/f", "", "forbid r4 needs_lawyer",
      "a forbid's own reason" },
    { "agent", "POST", "/f", "", "forbid r5 role_forbidden",
      "a forbid without a reason of its own" },
    { "scanner", "GET", "/two/1", "request.drill=true",
      "none - role_forbidden", "a conditional forbid is not asked alone" },

    /* unmet conditions, the first of the first rule */

    { "lawyer", "GET", "/c/1", "token.acr_level=1;identity.active=false;"
      "identity.kind=hmt", "unmet r1 assurance_too_low", "first unmet" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity.active=false;"
      "identity.kind=hmt", "unmet r1 practice_not_active", "second unmet" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity=none",
      "unmet r1 identity_not_found", "no such person" },
    { "lawyer", "GET", "/c/1", "token.acr_level=1;identity=none",
      "unmet r1 assurance_too_low", "an earlier condition speaks first" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity.kind=full_time",
      "unmet r1 practice_not_active", "a field that is absent" },
    { "officer", "GET", "/two/1", "staff=none", "unmet r11 forbidden",
      "no staff: the condition's reason" },
    { "device", "GET", "/two/1", "device=none",
      "unmet r12 client_not_registered", "no device" },
    { "gov_lawyer", "GET", "/c/1", "identity.active=true;identity.kind=public;"
      "relation=none", "unmet r2 no_relation", "no relation" },
    { "gov_lawyer", "GET", "/unit", "relation.own_unit=true",
      "unmet r13 own_unit_only", "a fact that can't be asked here" },

    /* kinds */

    { "lawyer", "GET", "/c/1", LAWYER "identity.kind=x", "allow r1 -",
      "the first of two values counts in this test" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity.active=true;"
      "identity.kind=public", "unmet r1 role_forbidden", "no lawyer's kind" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity.active=true;"
      "identity.kind=new", "unmet r1 role_forbidden", "an unknown kind" },
    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity.active=true",
      "unmet r1 role_forbidden", "no kind" },
    { "gov_lawyer", "GET", "/c/1", "identity.active=true;identity.kind=company;"
      "relation.own_unit=true", "allow r2 -", "company is gov_lawyer" },
    { "gov_lawyer", "GET", "/c/1", "identity.active=true;identity.kind=hmt;"
      "relation.own_unit=true", "unmet r2 role_forbidden", "hmt is lawyer" },

    /* could not find out */

    { "lawyer", "GET", "/c/1", "token.acr_level=2;identity=?",
      "unmet r1 identity_unavailable", "identity could not be had" },
    { "lawyer", "GET", "/c/1", "token.acr_level=1;identity=?",
      "unmet r1 assurance_too_low", "it would not have mattered" },
    { "party", "GET", "/two/1", "token.acr_level=2;relation=?",
      "forbid r7 facts_unavailable", "a forbid left open" },
    { "party", "GET", "/two/1", "token.acr_level=2;relation=?;"
      "request.drill=true;request.channel=app", "forbid r8 needs_lawyer",
      "a true forbid behind one left open" },
    { "party", "GET", "/two/1", "token.acr_level=2", "forbid r7 forbidden",
      "an absent forbid blocks" },
    { "party", "GET", "/two/1", "token.acr_level=2;relation.side=bad",
      "forbid r7 forbidden", "a true forbid" },
    { "party", "GET", "/two/1", "token.acr_level=2;relation.side=p;"
      "request.drill=false", "allow r9 -", "false and absent is false" },
    { "party", "GET", "/two/1", "token.acr_level=2;relation.side=p;"
      "request.channel=web", "allow r9 -", "absent and false is false" },
    { "party", "GET", "/two/1", "token.acr_level=1;relation.side=p;"
      "request.channel=app;request.drill=false", "allow r10 -",
      "the second rule" },
    { "party", "GET", "/two/1", "token.acr_level=1;relation.side=p;"
      "request.channel=web;request.drill=false",
      "unmet r9 assurance_too_low", "the first rule gives the reason" },
    { "party", "GET", "/two/1", "token.acr_level=1;relation.side=p;"
      "request.channel=?;request.drill=false",
      "unmet r10 facts_unavailable", "the second rule is open" },
    { "judge", "GET", "/two/1", "request.drill=true", "forbid r18 forbidden",
      "forbid wins over an earlier allow" },
    { "judge", "GET", "/two/1", "request.drill=false", "allow r17 -",
      "an allow without conditions" },

    /* delegation */

    { "assistant", "GET", "/c/1", ASSIST PRINC GRANT, "allow r3 -",
      "delegated for the case" },
    { "assistant", "GET", "/c/1", ASSIST PRINC, "unmet r3 not_delegated",
      "nothing delegated" },
    { "assistant", "GET", "/c/1", ASSIST PRINC
      "principal:relation.delegated=b\x1fread|aa\x1fread|a\x1freads|a!read",
      "unmet r3 not_delegated", "delegated to others, or something else" },
    { "assistant", "GET", "/c/1", ASSIST GRANT
      "relation.side=p;relation.delegated=a\x1fread;identity.active=true;"
      "identity.kind=full_time", "unmet r3 not_delegated",
      "the assistant's own facts don't count" },
    { "assistant", "GET", "/c/1", "token.sub=a;token.acr_level=1;"
      "link.status=active;" PRINC GRANT, "unmet r3 assurance_too_low",
      "the assistant's own condition" },
    { "assistant", "GET", "/c/1", "token.sub=a;token.acr_level=2;link=none;"
      PRINC GRANT, "unmet r3 link_not_active", "no link" },
    { "assistant", "GET", "/c/1", ASSIST GRANT
      "principal:identity.active=false;principal:identity.kind=hmt;"
      "principal:relation.side=p", "unmet r3 not_delegated",
      "principal suspended: not told" },
    { "assistant", "GET", "/c/1", ASSIST GRANT
      "principal:identity=none;principal:relation.side=p",
      "unmet r3 not_delegated", "no such principal: not told" },
    { "assistant", "GET", "/c/1", ASSIST GRANT
      "principal:identity=?;principal:relation.side=p",
      "unmet r3 identity_unavailable", "principal could not be had" },
    { "assistant", "GET", "/c/1", ASSIST "principal:relation=?;"
      "principal:identity.active=true;principal:identity.kind=hmt",
      "unmet r3 facts_unavailable", "relation could not be had" },
    { "assistant", "GET", "/c/1", ASSIST "principal:relation=?;"
      "principal:identity.active=false;principal:identity.kind=hmt",
      "unmet r3 not_delegated", "it would not have mattered" },
    { "assistant", "GET", "/c/1", ASSIST GRANT "principal:relation.side=p;"
      "principal:identity.active=true;principal:identity.kind=other",
      "unmet r3 not_delegated", "a principal of no known kind" },
    { "assistant", "GET", "/c/1", ASSIST GRANT "principal:relation.side=p;"
      "principal:identity.active=true;principal:identity.kind=public",
      "unmet r3 not_delegated", "principal's role by kind: own_unit unmet" },
    { "assistant", "GET", "/c/1", ASSIST GRANT "principal:relation.side=p;"
      "principal:identity.active=true;principal:identity.kind=public;"
      "principal:relation.own_unit=true", "allow r3 -",
      "principal's role by kind: own_unit met" },
    { "assistant", "GET", "/late/1", "token.sub=a;token.acr_level=1;"
      "link.status=active;" PRINC GRANT, "unmet r15 assurance_too_low",
      "a caller's condition of the principal's rule" },
    { "assistant", "GET", "/late/1", ASSIST PRINC GRANT, "allow r15 -",
      "principal not forbidden" },
    { "assistant", "GET", "/late/1", ASSIST GRANT
      "principal:identity.active=true;principal:identity.kind=hmt;"
      "principal:relation.side=bad", "unmet r15 not_delegated",
      "the principal's forbid applies, and isn't told" },
    { "assistant", "GET", "/late/1", ASSIST GRANT
      "principal:identity.active=true;principal:identity.kind=hmt",
      "unmet r15 not_delegated", "so does one whose value is absent" },

    /* "relation" asks a case, which this path doesn't have */

    { "assistant", "GET", "/c", ASSIST PRINC, "unmet r3 not_delegated",
      "a fact of a case where there is none" },
    { NULL, NULL, NULL, NULL, NULL, NULL }
};


static void
decide_tell(const ngx_court_decision_t *d, char *out, size_t size)
{
    static const char  *effects[] = { "none", "allow", "forbid", "unmet" };

    snprintf(out, size, "%s %.*s %.*s", effects[d->effect],
             d->rule ? (int) d->rule->len : 1,
             d->rule ? (char *) d->rule->data : "-",
             d->reason ? (int) d->reason->code.len : 1,
             d->reason ? (char *) d->reason->code.data : "-");
}


static void
decide_check(const ngx_court_policy_t *policy, const decide_case_t *c)
{
    char                  got[256];
    ngx_str_t             s;
    ngx_court_decision_t  d;
    ngx_court_result_t    want;

    test_decide(policy, c->role, c->method, c->path, c->values, NULL, &d);

    decide_tell(&d, got, sizeof(got));
    s = test_str(got);
    is_str(&s, c->want, "%s %s: %s", c->role, c->path, c->what);

    want = strncmp(c->want, "allow", 5) == 0 ? NGX_COURT_PASS
           : strstr(c->want, "_unavailable") ? NGX_COURT_FAILED
                                             : NGX_COURT_REFUSED;
    is_int(d.result, want, "%s %s: result", c->role, c->path);
}


/* "fact/side/age ..." of an interface and role */

static void
decide_needs(const ngx_court_policy_t *policy, const char *id,
    const char *role, const char *want)
{
    char                      got[512];
    size_t                    len;
    ngx_str_t                 s = test_str(id), r = test_str(role);
    ngx_uint_t                i, n;
    const ngx_court_need_t   *need;
    const ngx_court_fact_t   *fact;

    ngx_court_policy_needs(policy, ngx_court_policy_interface(policy, &s), &r,
                           &need, &n);

    got[0] = '\0';

    for (i = 0, len = 0; i < n; i++) {
        fact = ngx_court_policy_fact_at(policy, need[i].fact);
        len += snprintf(got + len, sizeof(got) - len, "%s%.*s/%c/%lld",
                        i ? " " : "", (int) fact->name.len, fact->name.data,
                        need[i].side == NGX_COURT_PRINCIPAL ? 'p' : 'c',
                        (long long) need[i].max_age);
    }

    s = test_str(got);
    is_str(&s, want, "%s needs for %s", role, id);
}


static void
decide_details(const ngx_court_policy_t *policy)
{
    ngx_str_t              id;
    ngx_court_decision_t   d;
    const ngx_court_interface_t  *i;

    test_decide(policy, "lawyer", "GET", "/c/1", "token.acr_level=1;"
                "identity.active=true;identity.kind=hmt", NULL, &d);
    is_str(d.condition, "aal2", "the condition's name");
    is_str(d.acr_values, "sms face", "step-up: acr_values");
    is_int(d.max_age, 600, "step-up: max_age");
    ok(d.attr && d.attr->field == NGX_COURT_A_TOKEN_ACR_LEVEL, "attribute");

    test_decide(policy, "lawyer", "GET", "/c/1", LAWYER, NULL, &d);
    is_str(d.obligations, "watermark", "obligations");
    ok(d.acr_values == NULL && d.max_age == -1, "no step-up where allowed");

    test_decide(policy, "assistant", "GET", "/c/1", ASSIST PRINC GRANT, NULL,
                &d);
    is_str(d.obligations, "assist,watermark,unit",
           "what binds the principal binds the assistant");
    ok(d.delegated, "by delegation");

    test_decide(policy, "party", "GET", "/two/1", "token.acr_level=2;"
                "relation.side=p;request.drill=false", NULL, &d);
    ok(d.obligations == NULL && !d.delegated, "no obligations");

    ngx_str_set(&id, "open");
    i = ngx_court_policy_interface(policy, &id);
    ok(i->public_ && i->websocket && i->replayable && !i->durable,
       "flags of open");

    ngx_str_set(&id, "file");
    i = ngx_court_policy_interface(policy, &id);
    ok(!i->public_ && i->durable && i->confirmed && !i->has_case,
       "flags of file");

    ngx_str_set(&id, "read");
    i = ngx_court_policy_interface(policy, &id);
    ok(!i->confirmed && i->has_case, "flags of read");
}


static void
decide_assumed(const ngx_court_policy_t *policy)
{
    ngx_str_t              name;
    ngx_court_assume_t     assume;
    ngx_court_decision_t   d;

    assume.favourable = 1;
    assume.unmet = NGX_COURT_NO_FIELD;

    test_decide(policy, "assistant", "GET", "/c/1", "", &assume, &d);
    ok(d.result == NGX_COURT_PASS && d.delegated, "favourable: delegated");

    test_decide(policy, "party", "GET", "/two/1", "", &assume, &d);
    ok(d.result == NGX_COURT_PASS, "favourable: forbids' conditions are not");

    ngx_str_set(&name, "active");
    assume.unmet = ngx_court_policy_condition(policy, &name);
    test_decide(policy, "assistant", "GET", "/c/1", "", &assume, &d);
    ok(d.reason == ngx_court_reason(NOT_DELEGATED), "unmet at the principal");

    assume.favourable = 0;
    test_decide(policy, "lawyer", "GET", "/c/1", LAWYER, &assume, &d);
    ok(d.reason == ngx_court_reason(PRACTICE_NOT_ACTIVE),
       "unmet, whatever the values say");
}


/* a policy of one delegated rule, and the facts that it lacks */

static void
decide_incomplete(void)
{
    ngx_str_t  err;

    static const char  text[] = Q(
      { "format": 1, "version": 1, "facts": { "relation": ["side"] },
        "interfaces": [ { "id": "a", "routes": [ { "methods": ["GET"],
                          "path": "/a/{case}" } ] } ],
        "rules": [ { "id": "l", "effect": "allow", "roles": ["lawyer"],
                     "interfaces": ["a"] },
                   { "id": "r", "effect": "allow", "roles": ["assistant"],
                     "interfaces": ["a"], "delegated": true } ] });

    ok(test_compile(text, &err) == NULL, "delegation needs its facts");
    is_str(&err, "/rules/1/delegated: line 1: needs the facts relation and "
           "link, with a field delegated", "says which");
}


int
main(void)
{
    ngx_str_t             err;
    const decide_case_t  *c;
    ngx_court_policy_t   *policy;

    (void) ngx_court_crypto_init(tap_log());

    policy = test_compile(policy_text, &err);

    if (!ok(policy != NULL, "compiles")) {
        printf("# %.*s\n", (int) err.len, err.data);
        return done_testing();
    }

    for (c = cases; c->role; c++) {
        decide_check(policy, c);
    }

    decide_needs(policy, "read", "lawyer", "identity/c/300");
    decide_needs(policy, "read", "gov_lawyer", "identity/c/300 relation/c/60");
    decide_needs(policy, "read", "assistant",
                 "link/c/-1 identity/p/300 relation/p/60");
    decide_needs(policy, "list", "assistant", "link/c/-1 identity/p/300");
    decide_needs(policy, "file", "lawyer", "identity/c/0");
    decide_needs(policy, "file", "assistant", "");
    decide_needs(policy, "two", "party", "relation/c/-1");
    decide_needs(policy, "late", "lawyer", "identity/c/300 relation/c/-1");
    decide_needs(policy, "two", "king", "");
    decide_needs(policy, "unit", "gov_lawyer", "");
    decide_needs(policy, "nope", "lawyer", "");

    decide_details(policy);
    decide_assumed(policy);
    decide_incomplete();

    return done_testing();
}
