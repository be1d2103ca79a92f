/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is refused at load, and where the error says it is: a sound policy in
 * lines, one of which is replaced.
 */

#include "test_policy.h"


static const char  *sound[] = {
    "{ \"format\": 1,",                                               /* 1 */
    "  \"version\": 7,",
    "  \"facts\": { \"identity\": [\"active\",\"kind\"], "
    "\"relation\": [\"side\"],",
    "             \"link\": [\"status\"] },",                         /* 4 */
    "  \"conditions\": {",
    "    \"c1\": { \"on\": \"person\", \"all\": [ "
      "[\"identity.active\",\"==\",true] ] },",
    "    \"c2\": { \"on\": \"caller\", \"all\": [ "
      "[\"token.acr_level\",\">=\",2] ] } },",
    "  \"interfaces\": [",                                            /* 8 */
    "    { \"id\": \"a\", \"routes\": [ { \"methods\": [\"GET\"], \"path\": "
      "\"/a/{case}\" } ] },",
    "    { \"id\": \"b\", \"routes\": [ { \"methods\": [\"GET\"], \"path\": "
      "\"/b\" } ] } ],",
    "  \"rules\": [",                                                 /* 11 */
    "    { \"id\": \"r1\", \"effect\": \"allow\", \"roles\": [\"lawyer\"], "
      "\"interfaces\": [\"a\"], \"when\": [\"c1\"] },",
    "    { \"id\": \"r2\", \"effect\": \"forbid\", \"roles\": [\"party\"], "
      "\"interfaces\": [\"b\"], \"reason\": \"own\" } ],",
    "  \"reasons\": {",                                               /* 14 */
    "    \"own\": { \"zh\": { \"title\": \"t\", \"detail\": \"d\", "
      "\"next\": \"n\" } } } }",
    NULL
};

#define COND(s)   "    \"c1\": " s ","
#define TEST(s)   COND("{ \"on\": \"person\", \"all\": [ " s " ] }")
#define IFACE(s)  "    { \"id\": \"a\", " s " },"
#define ROUTE(s)  IFACE("\"routes\": [ " s " ]")
#define PATH(s)   ROUTE("{ \"methods\": [\"GET\"], \"path\": \"" s "\" }")
#define RULE(s)   "    { \"id\": \"r1\", \"effect\": \"allow\", " s " },"
#define ALLOW(s)  RULE("\"roles\": [\"lawyer\"], \"interfaces\": [\"a\"], " s)
#define REASON(s) "    \"own\": " s " } }"

static const struct {
    ngx_uint_t                 line;
    const char                *text;
    const char                *err;
} cases[] = {

    /* the document */

    { 1, "{ \"format\": 2,", "/format: line 1: must be 1" },
    { 1, "{ \"format\": \"1\",", "/format: line 1: must be an integer" },
    { 2, "  \"version\": 0,", "/version: line 2: must be at least 1" },
    { 2, "", "line 1: \"version\" is missing" },
    { 2, "  \"version\": 7, \"extra\": 1,", "/extra: line 2: unknown member" },
    { 2, "  \"version\": 7, \"version\": 8,", "line 2: " },
    { 2, "  \"version\": 7,,", "line 2: " },

    /* facts */

    { 4, "             \"nope\": [\"x\"] },", "/facts/nope: line 4: unknown "
      "fact \"nope\"" },
    { 4, "             \"link\": [\"nope\"] },", "/facts/link/0: line 4: fact "
      "\"link\" has no field \"nope\"" },
    { 4, "             \"link\": [] },", "/facts/link: line 4: must not be "
      "empty" },

    /* conditions */

    { 6, COND("{ \"on\": \"nobody\", \"all\": [ [\"token.sub\",\"exists\"] "
      "] }"),
      "/conditions/c1/on: line 6: unknown value \"nobody\"" },
    { 6, COND("{ \"all\": [ [\"token.sub\",\"exists\"] ] }"),
      "/conditions/c1: line 6: \"on\" is missing" },
    { 6, COND("{ \"on\": \"caller\" }"), "/conditions/c1: line 6: must have "
      "one of \"all\", \"any\", \"not\"" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [] }"), "/conditions/c1/all: "
      "line 6: must not be empty" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ 1 ] }"), "/conditions/c1/all/0:"
      " line 6: must be a test or a group" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ {\"none\":[]} ] }"),
      "/conditions/c1/all/0/none: line 6: unknown member" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ {\"all\":[["
      "\"token.sub\",\"exists\"]],\"not\":[\"token.sub\",\"exists\"]} ] }"),
      "/conditions/c1/all/0: line 6: must have one of \"all\", \"any\", "
      "\"not\"" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [{\"all\":[{\"all\":[{\"all\":[{"
      "\"all\":[{\"all\":[{\"all\":[{\"all\":[{\"all\":[[\"token.sub\","
      "\"exists\"]]}]}]}]}]}]}]}]}] }"),
      "/conditions/c1/all/0/all/0/all/0/all/0/all/0/all/0/all/0/all/0: line 6: "
      "nested deeper than 8" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ [\"token.sub\",\"exists\"] ], "
      "\"reason\": \"nope\" }"), "/conditions/c1/reason: line 6: unknown "
      "reason \"nope\"" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ [\"token.sub\",\"exists\"] ], "
      "\"needs\": {\"nope\":1} }"), "/conditions/c1/needs/nope: line 6: "
      "unknown fact \"nope\"" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ [\"token.sub\",\"exists\"] ], "
      "\"needs\": {\"identity\":1} }"), "/conditions/c1/needs/identity: line 6:"
      " the condition doesn't read this fact" },
    { 6, COND("{ \"on\": \"person\", \"all\": [ [\"identity.active\",\"exists\""
      "] ], \"needs\": {\"identity\":-1} }"), "/conditions/c1/needs/identity: "
      "line 6: must be seconds from 0 to 31536000" },
    { 6, COND("{ \"on\": \"caller\", \"all\": [ [\"token.sub\",\"exists\"] ], "
      "\"step_up\": {\"acr_values\":[\"face\"]} }"), "/conditions/c1/step_up: "
      "line 6: needs the reason reauthentication_required or "
      "assurance_too_low" },
    { 6, "    \"C 1\": { \"on\": \"caller\", \"all\": [] },", "/conditions/C 1:"
      " line 6: invalid name \"C 1\"" },
    { 6, "    \"a~/b\": { \"on\": \"caller\", \"all\": [] },",
      "/conditions/a~0~1b: line 6: invalid name \"a~/b\"" },

    /* tests */

    { 6, TEST("[\"identity.active\"]"), "/conditions/c1/all/0: line 6: a test "
      "is [attribute, operator, operand]" },
    { 6, TEST("[\"identity\",\"==\",true]"), "/conditions/c1/all/0/0: line 6: "
      "\"identity\" is no attribute" },
    { 6, TEST("[\"identity.nope\",\"==\",true]"), "/conditions/c1/all/0/0: "
      "line 6: unknown attribute \"identity.nope\"" },
    { 6, TEST("[\"identity.status\",\"==\",\"active\"]"),
      "/conditions/c1/all/0/0: line 6: \"status\" is not listed in "
      "/facts/identity" },
    { 6, TEST("[\"staff.court\",\"exists\"]"), "/conditions/c1/all/0/0: line 6:"
      " unknown attribute \"staff.court\"" },
    { 6, TEST("[\"path.nope\",\"exists\"]"), "/conditions/c1/all/0/0: line 6: "
      "unknown attribute \"path.nope\"" },
    { 6, TEST("[\"token.grade\",\"exists\"]"), "/conditions/c1/all/0/0: line 6:"
      " unknown attribute \"token.grade\"" },
    { 6, TEST("[\"identity.active\",\"=\",true]"), "/conditions/c1/all/0/1: "
      "line 6: unknown operator \"=\"" },
    { 6, TEST("[\"identity.active\",\"<\",true]"), "/conditions/c1/all/0/1: "
      "line 6: \"<\" is not for bool, which \"identity.active\" is" },
    { 6, TEST("[\"token.amr\",\"==\",\"face\"]"), "/conditions/c1/all/0/1: "
      "line 6: \"==\" is not for list, which \"token.amr\" is" },
    { 6, TEST("[\"token.sub\",\"contains\",\"x\"]"), "/conditions/c1/all/0/1: "
      "line 6: \"contains\" is not for string, which \"token.sub\" is" },
    { 6, TEST("[\"token.sub\",\"==\"]"), "/conditions/c1/all/0: line 6: \"==\""
      " needs an operand" },
    { 6, TEST("[\"identity.active\",\"==\",1]"), "/conditions/c1/all/0/2: line"
      " 6: must be true or false" },
    { 6, TEST("[\"token.acr_level\",\"==\",\"2\"]"), "/conditions/c1/all/0/2: "
      "line 6: must be an integer" },
    { 6, TEST("[\"token.acr_level\",\"==\",2.5]"), "/conditions/c1/all/0/2: "
      "line 6: must be an integer" },
    { 6, TEST("[\"token.exp\",\"<\",\"soon\"]"), "/conditions/c1/all/0/2: line "
      "6: \"soon\" is no time" },
    { 6, TEST("[\"identity.kind\",\"==\",\"mlitary\"]"),
      "/conditions/c1/all/0/2: line 6: \"mlitary\" is no value of \"kind\"" },
    { 6, TEST("[\"identity.kind\",\"in\",[\"hmt\",\"time\"]]"),
      "/conditions/c1/all/0/2/1: line 6: \"time\" is no value of \"kind\"" },
    { 6, TEST("[\"token.sub\",\"==\",{\"attr\":\"token.exp\"}]"),
      "/conditions/c1/all/0/2: line 6: \"token.exp\" is time, which doesn't "
      "compare to string" },
    { 6, TEST("[\"token.sub\",\"==\",{\"attr\":\"token.nope\"}]"),
      "/conditions/c1/all/0/2: line 6: unknown attribute \"token.nope\"" },
    { 6, TEST("[\"token.sub\",\"==\",{\"at\":\"token.sub\"}]"),
      "/conditions/c1/all/0/2/at: line 6: unknown member" },
    { 6, TEST("[\"token.sub\",\"in\",[]]"), "/conditions/c1/all/0/2: line 6: "
      "must not be empty" },
    { 6, TEST("[\"token.sub\",\"in\",[\"a\",1]]"), "/conditions/c1/all/0/2/1: "
      "line 6: must be a string" },
    { 6, TEST("[\"token.amr\",\"count\",3]"), "/conditions/c1/all/0/2: line 6:"
      " must be [operator, number]" },
    { 6, TEST("[\"token.amr\",\"count\",[\"in\",3]]"),
      "/conditions/c1/all/0/2/0: line 6: \"in\" doesn't compare numbers" },
    { 6, TEST("[\"token.sub\",\"exists\",\"yes\"]"), "/conditions/c1/all/0/2: "
      "line 6: must be true or false" },

    /* interfaces */

    { 9, IFACE("\"routes\": []"), "/interfaces/0/routes: line 9: must not be "
      "empty" },
    { 9, IFACE("\"auth\": \"none\""), "/interfaces/0: line 9: \"routes\" is "
      "missing" },
    { 9, IFACE("\"body\": \"hold\""), "/interfaces/0/body: line 9: unknown "
      "member" },
    { 9, IFACE("\"signature\": {}"), "/interfaces/0/signature: line 9: unknown"
      " member" },
    { 9, IFACE("\"quota\": {}"), "/interfaces/0/quota: line 9: unknown "
      "member" },
    { 9, IFACE("\"auth\": \"maybe\", \"routes\": [ { \"methods\": [\"GET\"], "
      "\"path\": \"/a/{case}\" } ]"), "/interfaces/0/auth: line 9: unknown "
      "value \"maybe\"" },
    { 9, IFACE("\"upgrade\": \"h2c\", \"routes\": [ { \"methods\": [\"GET\"], "
      "\"path\": \"/a/{case}\" } ]"), "/interfaces/0/upgrade: line 9: unknown "
      "value \"h2c\"" },
    { 9, "    { \"id\": \"b\", \"routes\": [ { \"methods\": [\"GET\"], \"path\""
      ": \"/a/{case}\" } ] },", "/interfaces/1: line 10: duplicate id \"b\"" },
    { 9, "    { \"id\": \"A\", \"routes\": [] },", "/interfaces/0/id: line 9: "
      "invalid name \"A\"" },
    { 9, ROUTE("{ \"methods\": [\"get\"], \"path\": \"/a\" }"),
      "/interfaces/0/routes/0/methods/0: line 9: invalid method \"get\"" },
    { 9, ROUTE("{ \"methods\": [\"HEAD\"], \"path\": \"/a\" }"),
      "/interfaces/0/routes/0/methods/0: line 9: method \"HEAD\" is not for "
      "interfaces" },
    { 9, PATH("a"), "/interfaces/0/routes/0/path: line 9: must begin with a "
      "slash and have at most 32 segments" },
    { 9, PATH("/a//b"), "/interfaces/0/routes/0/path: line 9: has an empty "
      "segment" },
    { 9, PATH("/a/../b"), "/interfaces/0/routes/0/path: line 9: segment \"..\""
      " is not canonical" },
    { 9, PATH("/a;b"), "/interfaces/0/routes/0/path: line 9: segment \"a;b\" "
      "is not canonical" },
    { 9, PATH("/a?b"), "/interfaces/0/routes/0/path: line 9: segment \"a?b\" "
      "is not canonical" },
    { 9, PATH("/%41"), "/interfaces/0/routes/0/path: line 9: segment \"%41\" "
      "is not canonical" },
    { 9, PATH("/a/{x"), "/interfaces/0/routes/0/path: line 9: a variable is a "
      "whole segment, {name}" },
    { 9, PATH("/a/x{y}"), "/interfaces/0/routes/0/path: line 9: segment "
      "\"x{y}\" is not canonical" },
    { 9, PATH("/a/{X}"), "/interfaces/0/routes/0/path: line 9: invalid "
      "variable \"{X}\"" },
    { 9, PATH("/a/{x:int}"), "/interfaces/0/routes/0/path: line 9: invalid "
      "variable \"{x:int}\"" },
    { 9, PATH("/a/{x}/{x}"), "/interfaces/0/routes/0/path: line 9: variable "
      "\"{x}\" stands twice" },
    { 9, PATH("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"),
      "/interfaces/0/routes/0/path: line 9: more than 8 variables" },
    { 9, PATH("/b"), "/interfaces/1/routes/0/path: line 10: GET of this path "
      "is \"a\" already" },
    { 9, ROUTE("{ \"methods\": [\"GET\"], \"path\": \"/a/{case}\" }, { "
      "\"methods\": [\"PUT\"], \"path\": \"/a/{id}\" }"),
      "/interfaces/0/routes/1/path: line 9: differs from another path in "
      "variable names only" },
    { 9, ROUTE("{ \"methods\": [\"GET\"], \"path\": \"/a/{case}/x\" }, { "
      "\"methods\": [\"GET\"], \"path\": \"/a/{case:text}/x\" }"),
      "/interfaces/0/routes/1/path: line 9: differs from another path in "
      "variable names only" },
    { 9, ROUTE("{ \"methods\": [\"GET\"], \"path\": \"/a/{case}\" }, { "
      "\"methods\": [\"GET\"], \"path\": \"/c\" }"),
      "/interfaces/0/routes/1/path: line 9: the routes of one interface must "
      "have the same variables" },

    /* rules */

    { 12, ALLOW("\"when\": [\"nope\"]"), "/rules/0/when/0: line 12: unknown "
      "condition \"nope\"" },
    { 12, ALLOW("\"when\": [\"c1\",\"c1\"]"), "/rules/0/when/1: line 12: "
      "condition \"c1\" is named twice" },
    { 12, ALLOW("\"when\": []"), "/rules/0/when: line 12: must not be empty" },
    { 12, ALLOW("\"mode\": \"report\""), "/rules/0/mode: line 12: unknown "
      "value \"report\"" },
    { 12, ALLOW("\"reason\": \"own\""), "/rules/0/reason: line 12: only a "
      "forbid has a reason; an allow's conditions have theirs" },
    { 12, ALLOW("\"delegated\": true"), "/rules/0/delegated: line 12: is for "
      "rules that allow the role assistant alone" },
    { 12, ALLOW("\"needs\": {\"link\": 3}"), "/rules/0/needs/link: line 12: "
      "the rule doesn't read this fact" },
    { 12, ALLOW("\"obligations\": [\"x\",\"x\"]"), "/rules/0/obligations/1: "
      "line 12: \"x\" is named twice" },
    { 12, RULE("\"roles\": [\"king\"], \"interfaces\": [\"a\"]"),
      "/rules/0/roles/0: line 12: unknown role \"king\"" },
    { 12, RULE("\"roles\": [\"*\"], \"interfaces\": [\"a\"]"),
      "/rules/0/roles/0: line 12: unknown role \"*\"" },
    { 12, RULE("\"roles\": [], \"interfaces\": [\"a\"]"), "/rules/0/roles: "
      "line 12: must not be empty" },
    { 12, RULE("\"roles\": [\"lawyer\",\"lawyer\"], \"interfaces\": [\"a\"]"),
      "/rules/0/roles/1: line 12: role \"lawyer\" is named twice" },
    { 12, RULE("\"roles\": [\"lawyer\"], \"interfaces\": [\"x\"]"),
      "/rules/0/interfaces/0: line 12: unknown interface \"x\"" },
    { 12, RULE("\"roles\": [\"lawyer\"], \"interfaces\": [\"x.*\"]"),
      "/rules/0/interfaces/0: line 12: no interface is like \"x.*\"" },
    { 12, RULE("\"roles\": [\"lawyer\"], \"interfaces\": [\"a\",\"*\"]"),
      "/rules/0/interfaces: line 12: an interface is named twice" },
    { 12, "    { \"id\": \"r2\", \"effect\": \"allow\", \"roles\": [\"lawyer\"]"
      ", \"interfaces\": [\"a\"] },", "/rules/1: line 13: duplicate id "
      "\"r2\"" },
    { 12, "    { \"id\": \"r1\", \"effect\": \"maybe\", \"roles\": [\"lawyer\"]"
      ", \"interfaces\": [\"a\"] },", "/rules/0/effect: line 12: unknown value "
      "\"maybe\"" },
    { 13, "    { \"id\": \"r2\", \"effect\": \"forbid\", \"roles\": [\"party\"]"
      ", \"interfaces\": [\"b\"], \"reason\": \"nope\" } ],",
      "/rules/1/reason: line 13: unknown reason \"nope\"" },
    { 13, "    { \"id\": \"r2\", \"effect\": \"forbid\", \"roles\": [\"party\"]"
      ", \"interfaces\": [\"b\"], \"obligations\": [\"x\"] } ],",
      "/rules/1/obligations: line 13: a forbid has none" },

    /* rules that can never fire */

    { 13, "    { \"id\": \"r2\", \"effect\": \"forbid\", \"roles\": [\"lawyer\""
      "], \"interfaces\": [\"a\"] } ],", "/rules/0: line 12: rule \"r1\" can "
      "never fire" },
    { 13, "    { \"id\": \"r2\", \"effect\": \"allow\", \"roles\": [\"lawyer\"]"
      ", \"interfaces\": [\"a\"], \"when\": [\"c2\",\"c1\"] } ],", "/rules/1: "
      "line 13: rule \"r2\" can never fire" },
    { 13, "    { \"id\": \"r2\", \"effect\": \"allow\", \"roles\": [\"assistant"
      "\"], \"interfaces\": [\"b\"], \"delegated\": true } ],",
      "/rules/1: line 13: rule \"r2\" can never fire" },
    { 13, "    { \"id\": \"r2\", \"effect\": \"allow\", \"roles\": [\"assistant"
      "\"], \"interfaces\": [\"a\"], \"delegated\": 1 } ],",
      "/rules/1/delegated: line 13: must be true or false" },
    { 9, IFACE("\"auth\": \"none\", \"routes\": [ { \"methods\": [\"GET\"], "
      "\"path\": \"/a/{case}\" } ]"), "/rules/0: line 12: rule \"r1\" can "
      "never fire" },

    /* reasons */

    { 15, REASON("{ \"en\": { \"title\": \"t\", \"detail\": \"d\", \"next\": "
      "\"n\" } }"), "/reasons/own: line 15: \"zh\" is missing" },
    { 15, REASON("{ \"zh\": { \"title\": \"t\", \"next\": \"n\" } }"),
      "/reasons/own/zh: line 15: \"detail\" is missing" },
    { 15, REASON("{ \"zh\": { \"title\": \"\", \"detail\": \"d\", \"next\": "
      "\"n\" } }"), "/reasons/own/zh/title: line 15: must not be empty" },
    { 15, REASON("{ \"status\": 200, \"zh\": { \"title\": \"t\", \"detail\": "
      "\"d\", \"next\": \"n\" } }"), "/reasons/own: line 15: \"status\" must "
      "be 403" },
    { 15, "    \"no_rule\": {} } }", "/reasons/no_rule: line 15: \"no_rule\" "
      "is a built-in reason" },
    { 0, NULL, NULL }
};


static void
load_text(ngx_uint_t line, const char *text, char *out)
{
    ngx_uint_t  i;

    *out = '\0';

    for (i = 0; sound[i]; i++) {
        strcat(out, i + 1 == line ? text : sound[i]);
        strcat(out, "\n");
    }
}


int
main(void)
{
    char                 text[8192];
    size_t               len;
    ngx_str_t            err;
    ngx_uint_t           i;
    ngx_court_policy_t  *policy;

    (void) ngx_court_crypto_init(tap_log());

    load_text(0, "", text);
    policy = test_compile(text, &err);

    if (!ok(policy != NULL, "the sound policy compiles")) {
        printf("# %.*s\n", (int) err.len, err.data);
        return done_testing();
    }

    is_int(ngx_court_policy_version(policy), 7, "its version");

    for (i = 0; cases[i].text; i++) {
        load_text(cases[i].line, cases[i].text, text);
        policy = test_compile(text, &err);

        ok(policy == NULL, "refused: %s", cases[i].err);

        /* the JSON parser's own words are not ours to test */

        len = strlen(cases[i].err);
        if (cases[i].err[len - 1] == ' ' && err.len > len) {
            err.len = len;
        }

        is_str(&err, cases[i].err, "says where: %s", cases[i].err);
    }

    return done_testing();
}
