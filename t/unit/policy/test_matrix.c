/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Every cell of the matrix against the sample policy: its effect where all
 * conditions hold, and each of its conditions unmet.
 */

#include "test_policy.h"


typedef struct {
    const char                *condition;
    const char                *reason;
} matrix_reason_t;

static const matrix_reason_t  matrix_reasons[] = {
    { "active", "practice_not_active" },
    { "link", "link_not_active" },
    { "relation", "no_relation" },
    { "own_unit", "own_unit_only" },
    { "special", "special_authority_required" },
    { "scope", "court_scope" },
    { "aal2", "assurance_too_low" },
    { "reverified", "reauthentication_required" },
    { "confirmed", "confirmation_required" },
    { "window", "outside_window" },
    { "channel_app", "channel_forbidden" },
    { "nonce", "replayed" },
    { "bound_client", "client_not_registered" },
    { "second", "second_approval_required" },
    { "not_secret", "no_relation" },
    { "consent", "consent_required" },
    { NULL, "forbidden" }
};

/* of these an assistant's refusal says no more than "not delegated" */

static const char  *matrix_person[] = {
    "active", "relation", "own_unit", "special", "window", "not_secret",
    "permit", "observer", "receive_only", "assigned", "addressee", NULL
};

static ngx_uint_t   cells, unmets;


static const char *
matrix_reason(const char *condition, int delegated)
{
    ngx_uint_t  i;

    for (i = 0; delegated && matrix_person[i]; i++) {
        if (strcmp(matrix_person[i], condition) == 0) {
            return "not_delegated";
        }
    }

    for (i = 0; matrix_reasons[i].condition; i++) {
        if (strcmp(matrix_reasons[i].condition, condition) == 0) {
            break;
        }
    }

    return matrix_reasons[i].reason;
}


/* "/a/{x}" becomes "/a/1" */

static void
matrix_path(const char *template, char *path)
{
    for ( /* void */ ; *template; template++) {
        if (*template == '{') {
            *path++ = '1';
            template = strchr(template, '}');

        } else {
            *path++ = *template;
        }
    }

    *path = '\0';
}


static void
matrix_unmet(const ngx_court_policy_t *policy, char **f, const char *path,
    const char *condition)
{
    const char            *reason;
    ngx_str_t              name = test_str(condition);
    ngx_court_assume_t     assume = { 1, NGX_COURT_NO_FIELD };
    ngx_court_decision_t   d;

    unmets++;
    assume.unmet = ngx_court_policy_condition(policy, &name);

    if (!ok(assume.unmet != NGX_COURT_NO_FIELD, "condition %s is known",
            condition))
    {
        return;
    }

    reason = matrix_reason(condition, strcmp(f[4], "delegated") == 0);
    test_decide(policy, f[3], f[1], path, "", &assume, &d);

    ok(d.result == NGX_COURT_REFUSED && d.reason
       && d.reason->code.len == strlen(reason)
       && memcmp(d.reason->code.data, reason, d.reason->code.len) == 0,
       "%s %s without %s: %s", f[0], f[3], condition, reason);
}


static void
matrix_cell(const ngx_court_policy_t *policy, char **f)
{
    int                    met;
    char                   path[256], *condition, *save;
    ngx_str_t              id;
    ngx_court_match_t      match;
    ngx_court_assume_t     assume = { 1, NGX_COURT_NO_FIELD };
    ngx_court_decision_t   d;
    ngx_str_t              m, p;

    cells++;
    matrix_path(f[2], path);
    m = test_str(f[1]);
    p = test_str(path);
    id = test_str(f[0]);

    if (!ok(ngx_court_policy_match(policy, &m, &p, &match) == NGX_OK
            && ngx_court_str_eq(&match.interface->id, &id),
            "%s %s is %s", f[1], path, f[0]))
    {
        return;
    }

    test_decide(policy, f[3], f[1], path, "", &assume, &d);

    met = strcmp(f[4], "allow") == 0
          ? d.result == NGX_COURT_PASS && !d.delegated
          : strcmp(f[4], "delegated") == 0
          ? d.result == NGX_COURT_PASS && d.delegated
          : strcmp(f[4], "forbid") == 0
          ? d.result == NGX_COURT_REFUSED && d.effect == NGX_COURT_E_FORBID
          : d.result == NGX_COURT_REFUSED && d.effect == NGX_COURT_E_NONE
            && d.reason == ngx_court_reason(ROLE_FORBIDDEN) && d.rule == NULL;

    ok(met, "%s %s: %s", f[0], f[3], f[4]);

    for (condition = strtok_r(f[5], " ", &save); condition;
         condition = strtok_r(NULL, " ", &save))
    {
        matrix_unmet(policy, f, path, condition);
    }
}


/* a delegated cell contains the principal's own: his conditions count */

static void
matrix_principal(const ngx_court_policy_t *policy)
{
    ngx_uint_t             i;
    ngx_str_t              active = ngx_string("active");
    ngx_court_assume_t     assume = { 1, NGX_COURT_NO_FIELD };
    ngx_court_decision_t   d;

    static const char     *paths[] = {
        "/api/v1/cases", "/api/v1/cases/1", "/api/v1/cases/1/dossier",
        "/api/v1/cases/1/evidence/1", NULL
    };

    assume.unmet = ngx_court_policy_condition(policy, &active);

    for (i = 0; paths[i]; i++) {
        test_decide(policy, "assistant", "GET", paths[i], "", &assume, &d);

        ok(d.result == NGX_COURT_REFUSED && d.principal_side
           && d.reason == ngx_court_reason(NOT_DELEGATED),
           "assistant, %s, principal not active: not_delegated", paths[i]);
    }
}


int
main(void)
{
    char                 *csv, *line, *save, *field[6];
    size_t                len;
    ngx_int_t             i;
    ngx_str_t             text, err;
    ngx_court_policy_t   *policy;

    (void) ngx_court_crypto_init(tap_log());

    text.data = (u_char *) tap_slurp("conf/policy/court.json", &text.len);
    policy = ngx_court_policy_compile(tap_pool(), &text, NULL, &err);

    if (!ok(policy != NULL, "the sample policy compiles")) {
        printf("# %.*s\n", (int) err.len, err.data);
        return done_testing();
    }

    csv = tap_slurp("t/data/matrix.csv", &len);
    line = strtok_r(csv, "\n", &save);                  /* the heading */

    while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
        for (i = 0; i < 6 && line; i++) {
            field[i] = line;
            line = strchr(line, ',');

            if (line) {
                *line++ = '\0';
            }
        }

        if (ok(i == 6, "a line has six fields")) {
            matrix_cell(policy, field);
        }
    }

    matrix_principal(policy);

    printf("# %lu cells, %lu conditions unmet\n", (unsigned long) cells,
           (unsigned long) unmets);

    is_int(cells, 48 * 13, "every cell of 48 interfaces and 13 roles");
    is_int(ngx_court_policy_ninterfaces(policy), 48, "no interface more");

    free(csv);
    free(text.data);

    return done_testing();
}
