/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The language of conditions and its three values, through decisions: an
 * allow that must be true, and a forbid that must be false.
 */

#include "test_policy.h"


typedef struct {
    const char                *expr;      /* "all" of the condition */
    const char                *values;
    char                       outcome;   /* T F A(bsent) U(navailable) */
    char                       forbid;    /* as a forbid, where that differs */
} condition_case_t;


static const condition_case_t  cases[] = {

    /* operators, each way */

    { "[\"token.sub\",\"==\",\"a\"]", "token.sub=a", 'T' },
    { "[\"token.sub\",\"==\",\"a\"]", "token.sub=b", 'F' },
    { "[\"token.sub\",\"==\",\"a\"]", "token.sub=aa", 'F' },
    { "[\"token.sub\",\"==\",\"a\"]", "", 'A' },
    { "[\"token.sub\",\"==\",\"a\"]", "token.sub=?", 'U' },
    { "[\"token.sub\",\"!=\",\"a\"]", "token.sub=b", 'T' },
    { "[\"token.sub\",\"!=\",\"a\"]", "token.sub=a", 'F' },
    { "[\"token.sub\",\"!=\",\"a\"]", "", 'A' },
    { "[\"token.auth_age\",\"<\",5]", "token.auth_age=4", 'T' },
    { "[\"token.auth_age\",\"<\",5]", "token.auth_age=5", 'F' },
    { "[\"token.auth_age\",\"<=\",5]", "token.auth_age=5", 'T' },
    { "[\"token.auth_age\",\"<=\",5]", "token.auth_age=6", 'F' },
    { "[\"token.auth_age\",\">\",5]", "token.auth_age=6", 'T' },
    { "[\"token.auth_age\",\">\",5]", "token.auth_age=5", 'F' },
    { "[\"token.auth_age\",\">=\",5]", "token.auth_age=5", 'T' },
    { "[\"token.auth_age\",\">=\",5]", "token.auth_age=-5", 'F' },
    { "[\"token.acr_level\",\"==\",2]", "token.acr_level=2", 'T' },
    { "[\"token.acr_level\",\"!=\",2]", "token.acr_level=2", 'F' },
    { "[\"token.acr_level\",\"in\",[1,2]]", "token.acr_level=2", 'T' },
    { "[\"token.acr_level\",\"in\",[1,2]]", "token.acr_level=3", 'F' },
    { "[\"token.acr_level\",\"not_in\",[1]]", "token.acr_level=3", 'T' },
    { "[\"token.acr\",\"in\",[\"face\",\"lzm\"]]", "token.acr=lzm", 'T' },
    { "[\"token.acr\",\"in\",[\"face\",\"lzm\"]]", "token.acr=pw", 'F' },
    { "[\"token.acr\",\"in\",[\"face\"]]", "", 'A' },
    { "[\"token.acr\",\"not_in\",[\"pw\"]]", "token.acr=face", 'T' },
    { "[\"token.acr\",\"not_in\",[\"pw\"]]", "token.acr=pw", 'F' },
    { "[\"token.acr\",\"not_in\",[\"pw\"]]", "", 'A' },
    { "[\"token.acr\",\"in\",{\"attr\":\"token.amr\"}]",
      "token.acr=a;token.amr=b|a", 'T' },
    { "[\"token.acr\",\"in\",{\"attr\":\"token.amr\"}]",
      "token.acr=c;token.amr=b|a", 'F' },
    { "[\"token.amr\",\"contains\",\"face\"]", "token.amr=pw|face", 'T' },
    { "[\"token.amr\",\"contains\",\"face\"]", "token.amr=facet|fac", 'F' },
    { "[\"token.amr\",\"contains\",\"face\"]", "", 'A' },
    { "[\"token.amr\",\"contains\",{\"attr\":\"token.acr\"}]",
      "token.amr=x|y;token.acr=y", 'T' },
    { "[\"token.amr\",\"contains\",{\"attr\":\"token.acr\"}]",
      "token.amr=x|y", 'A' },
    { "[\"token.amr\",\"count\",[\"<=\",2]]", "token.amr=x|y", 'T' },
    { "[\"token.amr\",\"count\",[\"<\",2]]", "token.amr=x|y", 'F' },
    { "[\"token.amr\",\"count\",[\"==\",0]]", "token.amr=", 'T' },
    { "[\"relation.windows\",\"count\",[\">\",1]]",
      "relation.windows=1-2|3-4", 'T' },
    { "[\"relation.windows\",\"covers_now\"]",
      "relation.windows=1-2|999999-1000001", 'T' },
    { "[\"relation.windows\",\"covers_now\"]",
      "relation.windows=1-2|999999-1000000", 'F' },
    { "[\"relation.windows\",\"covers_now\",false]",
      "relation.windows=1-2", 'T' },
    { "[\"relation.windows\",\"covers_now\"]", "", 'A' },
    { "[\"identity.active\",\"==\",true]", "identity.active=true", 'T' },
    { "[\"identity.active\",\"==\",true]", "identity.active=false", 'F' },
    { "[\"identity.active\",\"!=\",true]", "identity.active=false", 'T' },
    { "[\"identity.valid_from\",\"<=\",\"1970-01-01T00:00:09Z\"]",
      "identity.valid_from=9", 'T' },
    { "[\"identity.valid_from\",\"<\",{\"attr\":\"request.time\"}]",
      "identity.valid_from=9;request.time=10", 'T' },
    { "[\"staff.court\",\"matches_court\"]",
      "staff.court=B00;court.ancestors=B01|B00", 'T' },
    { "[\"staff.court\",\"matches_court\"]",
      "staff.court=B02;court.ancestors=B01|B00", 'F' },
    { "[\"staff.court\",\"matches_court\"]", "staff.court=B02", 'A' },
    { "[\"staff.court\",\"matches_court\",false]",
      "staff.court=B02;court.ancestors=B01|B00", 'T' },
    { "[\"path.x\",\"==\",{\"attr\":\"token.sub\"}]", "token.sub=1", 'T' },
    { "[\"path.x\",\"==\",{\"attr\":\"token.sub\"}]", "token.sub=2", 'F' },
    { "[\"path.other\",\"exists\"]", "", 'F' },
    { "[\"request.interface\",\"==\",\"t\"]", "", 'T' },

    /* exists alone tests absence */

    { "[\"token.acr\",\"exists\"]", "token.acr=a", 'T' },
    { "[\"token.acr\",\"exists\"]", "", 'F' },
    { "[\"token.acr\",\"exists\",false]", "", 'T' },
    { "[\"token.acr\",\"exists\",false]", "token.acr=a", 'F' },
    { "[\"token.acr\",\"exists\",false]", "token.acr=?", 'U' },
    { "[\"relation.side\",\"exists\",false]", "relation=none", 'T' },
    { "[\"relation.side\",\"exists\",false]", "relation=?", 'U' },

    /* absent can't become true or false, whatever stands beside it */

    { "[\"token.acr\",\"==\",{\"attr\":\"token.sub\"}]", "token.acr=?", 'A' },
    { "[\"token.acr\",\"==\",{\"attr\":\"token.sub\"}]",
      "token.acr=a;token.sub=?", 'U' },

#define T  "[\"token.sub\",\"==\",\"t\"]"
#define F  "[\"token.sub\",\"!=\",\"t\"]"
#define A  "[\"token.jti\",\"==\",\"t\"]"
#define U  "[\"token.kid\",\"==\",\"t\"]"
#define V  "token.sub=t;token.kid=?"

    /*
     * Kleene.  Of two unknowns that wins which decides: "absent and open" can
     * not become true, but false; "absent or open" true, but not false.
     */

    { T "," T, V, 'T' }, { T "," F, V, 'F' }, { F "," U, V, 'F' },
    { U "," F, V, 'F' }, { A "," F, V, 'F' }, { T "," A, V, 'A' },
    { T "," U, V, 'U' }, { A "," U, V, 'A', 'U' }, { U "," A, V, 'A', 'U' },

    /* any */

    { "{\"any\":[" T "," F "]}", V, 'T' },
    { "{\"any\":[" F "," F "]}", V, 'F' },
    { "{\"any\":[" U "," T "]}", V, 'T' },
    { "{\"any\":[" A "," T "]}", V, 'T' },
    { "{\"any\":[" F "," A "]}", V, 'A' },
    { "{\"any\":[" F "," U "]}", V, 'U' },
    { "{\"any\":[" A "," U "]}", V, 'U', 'A' },

    /* not */

    { "{\"not\":" T "}", V, 'F' }, { "{\"not\":" F "}", V, 'T' },
    { "{\"not\":" A "}", V, 'A' }, { "{\"not\":" U "}", V, 'U' },
    { "{\"not\":{\"all\":[" U "," F "]}}", V, 'T' },
    { "{\"not\":{\"any\":[" U "," T "]}}", V, 'F' },
    { "{\"not\":{\"not\":" T "}}", V, 'T' },

    /* nesting, and what stands behind a group */

    { "{\"any\":[{\"all\":[" T "," F "]},{\"all\":[" T "," T "]}]}", V, 'T' },
    { "{\"any\":[{\"all\":[" F "," T "]},{\"all\":[" T "," F "]}]}", V, 'F' },
    { "{\"any\":[" T "]}," F, V, 'F' },
    { "{\"all\":[" F "]}," T, V, 'F' },
    { "{\"any\":[" F "," T "," F "]},{\"not\":" F "}," T, V, 'T' },
    { "{\"all\":[{\"any\":[{\"all\":[{\"any\":[{\"all\":[{\"any\":[" T
      "]}]}]}]}]}]}", V, 'T' },
    { NULL, NULL, 0, 0 }
};


/* one allow for the agent, one forbid for the party beside an allow */

static const char  head[] =
    "{\"format\":1,\"version\":1,"
    "\"facts\":{\"identity\":[\"active\",\"valid_from\"],"
    "\"relation\":[\"side\",\"windows\"],\"staff\":[\"court\"]},"
    "\"interfaces\":[{\"id\":\"t\",\"routes\":[{\"methods\":[\"GET\"],"
    "\"path\":\"/t/{x}/{case}\"}]},{\"id\":\"o\",\"routes\":[{\"methods\":"
    "[\"GET\"],\"path\":\"/o/{other}\"}]}],"
    "\"rules\":[{\"id\":\"a\",\"effect\":\"allow\",\"roles\":[\"agent\"],"
    "\"interfaces\":[\"t\"],\"when\":[\"c\"]},"
    "{\"id\":\"p\",\"effect\":\"allow\",\"roles\":[\"party\"],"
    "\"interfaces\":[\"t\"]},"
    "{\"id\":\"f\",\"effect\":\"forbid\",\"roles\":[\"party\"],"
    "\"interfaces\":[\"t\"],\"when\":[\"c\"]}],"
    "\"conditions\":{\"c\":{\"on\":\"caller\",\"all\":[";


static void
condition_check(const condition_case_t *c)
{
    char                   text[4096], forbid;
    ngx_str_t              err;
    ngx_court_policy_t    *policy;
    ngx_court_decision_t   d;

    snprintf(text, sizeof(text), "%s%s]}}}", head, c->expr);

    policy = test_compile(text, &err);
    if (!ok(policy != NULL, "%s compiles", c->expr)) {
        printf("# %.*s\n", (int) err.len, err.data);
        return;
    }

    test_decide(policy, "agent", "GET", "/t/1/2", c->values, NULL, &d);

    is_int(d.result, c->outcome == 'T' ? NGX_COURT_PASS
                     : c->outcome == 'U' ? NGX_COURT_FAILED
                     : NGX_COURT_REFUSED,
           "allow when %s (%s): %c", c->expr, c->values, c->outcome);

    test_decide(policy, "party", "GET", "/t/1/2", c->values, NULL, &d);

    forbid = c->forbid ? c->forbid : c->outcome;

    is_int(d.result, forbid == 'F' ? NGX_COURT_PASS
                     : forbid == 'U' ? NGX_COURT_FAILED
                     : NGX_COURT_REFUSED,
           "forbid when %s (%s): %c", c->expr, c->values, forbid);
}


int
main(void)
{
    const condition_case_t  *c;

    (void) ngx_court_crypto_init(tap_log());

    for (c = cases; c->expr; c++) {
        condition_check(c);
    }

    return done_testing();
}
