/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision alone: random role and interface over policies of 10 to 10,000
 * rules.  Each rule asks what a lawyer's usual one asks: assurance, practice
 * and relation.  Values come from an array, as from a session's slots.
 * Prints p50 and p99 in nanoseconds, the clock's own cost taken off, and how
 * long compiling took.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ngx_court_rt.h"
#include "ngx_court_policy.h"


#define BENCH_ROUNDS   400000
#define BENCH_BATCH    4               /* decisions between two clock reads */
#define BENCH_ROLES    13

static const char  *bench_roles[BENCH_ROLES] = {
    "lawyer", "gov_lawyer", "assistant", "party", "agent", "applicant",
    "officer", "scanner", "judge", "device", "operator", "secadmin", "auditor"
};


static void
bench_value(void *data, const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v)
{
    v->state = NGX_COURT_V_PRESENT;
    v->num = attr->type == NGX_COURT_T_BOOL ? 1 : 2;

    if (attr->domain == NGX_COURT_D_FACT && attr->name.len == 4) {  /* kind */
        ngx_str_set(&v->str, "full_time");

    } else {
        ngx_str_set(&v->str, "face");
    }
}


static ngx_court_fact_state_t
bench_fact(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    return NGX_COURT_F_FOUND;
}


/* every rule has its own interface or shares it with at most 12 others */

static char *
bench_policy(ngx_uint_t rules, ngx_uint_t *interfaces)
{
    char        *text, *p;
    ngx_uint_t   i, n;

    n = (rules + 3) / 4;
    *interfaces = n;

    text = malloc(4096 + n * 200 + rules * 200);
    if (text == NULL) {
        exit(2);
    }

    p = text;
    p += sprintf(p, "{\"format\":1,\"version\":1,\"facts\":{\"identity\":"
                 "[\"active\",\"kind\"],\"relation\":[\"side\"]},"
                 "\"conditions\":{"
                 "\"aal2\":{\"on\":\"caller\",\"all\":[[\"token.acr_level\","
                 "\">=\",2]]},"
                 "\"active\":{\"on\":\"person\",\"all\":[[\"identity.active\","
                 "\"==\",true]]},"
                 "\"relation\":{\"on\":\"person\",\"all\":[[\"relation.side\","
                 "\"exists\"]]},"
                 "\"fresh\":{\"on\":\"caller\",\"all\":[[\"token.acr\",\"in\","
                 "[\"lzm\",\"face\"]],[\"token.auth_age\",\"<=\",600]]}},"
                 "\"interfaces\":[");

    for (i = 0; i < n; i++) {
        p += sprintf(p, "%s{\"id\":\"i%lu\",\"routes\":[{\"methods\":"
                     "[\"GET\"],\"path\":\"/api/v1/s%lu/{case}\"}]}",
                     i ? "," : "", (unsigned long) i, (unsigned long) i);
    }

    p += sprintf(p, "],\"rules\":[");

    for (i = 0; i < rules; i++) {
        p += sprintf(p, "%s{\"id\":\"r%lu\",\"effect\":\"allow\",\"roles\":"
                     "[\"%s\"],\"interfaces\":[\"i%lu\"],\"when\":[\"aal2\","
                     "\"active\",\"relation\"%s]}", i ? "," : "",
                     (unsigned long) i, bench_roles[(i % 4 * 3 + i / 4) % 13],
                     (unsigned long) (i / 4), i % 2 ? ",\"fresh\"" : "");
    }

    strcpy(p, "]}");

    return text;
}


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


static int
bench_compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static uint32_t
bench_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}


/* only cells with a rule: the others answer at once */

static ngx_uint_t
bench_inputs(const ngx_court_policy_t *policy, ngx_uint_t interfaces,
    ngx_uint_t rules, ngx_court_input_t *inputs, ngx_court_match_t *matches,
    ngx_uint_t n)
{
    char         path[64];
    uint32_t     state = 2463534242u;
    ngx_str_t    method = ngx_string("GET"), p;
    ngx_uint_t   i, rule;
    char        *paths;

    paths = malloc(n * sizeof(path));
    if (paths == NULL) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        rule = bench_random(&state) % rules;
        p.data = (u_char *) paths + i * sizeof(path);
        p.len = sprintf((char *) p.data, "/api/v1/s%lu/1",
                        (unsigned long) rule / 4);

        if (ngx_court_policy_match(policy, &method, &p, &matches[i])
            != NGX_OK)
        {
            return 0;
        }

        memset(&inputs[i], 0, sizeof(ngx_court_input_t));
        inputs[i].value = bench_value;
        inputs[i].fact = bench_fact;
        inputs[i].match = &matches[i];
        inputs[i].role.data = (u_char *)
                          bench_roles[(rule % 4 * 3 + rule / 4) % 13];
        inputs[i].role.len = strlen((char *) inputs[i].role.data);
        inputs[i].now = 1000000;
    }

    return n;
}


static void
bench_run(ngx_uint_t rules)
{
    char                 *text;
    double                t, load, clock, *took;
    ngx_str_t             s, err;
    ngx_uint_t            i, k, n, interfaces, passed;
    ngx_pool_t           *pool;
    ngx_court_input_t    *inputs;
    ngx_court_match_t    *matches;
    ngx_court_policy_t   *policy;
    ngx_court_decision_t  d;

    pool = ngx_create_pool(16384, ngx_court_rt_log(NGX_LOG_ERR));
    text = bench_policy(rules, &interfaces);
    s.data = (u_char *) text;
    s.len = strlen(text);

    t = bench_now();
    policy = ngx_court_policy_compile(pool, &s, NULL, &err);
    load = bench_now() - t;

    if (policy == NULL) {
        printf("%.*s\n", (int) err.len, err.data);
        exit(1);
    }

    n = 65536;
    inputs = malloc(n * sizeof(ngx_court_input_t));
    matches = malloc(n * sizeof(ngx_court_match_t));
    took = malloc(BENCH_ROUNDS * sizeof(double));

    if (inputs == NULL || matches == NULL || took == NULL
        || bench_inputs(policy, interfaces, rules, inputs, matches, n) != n)
    {
        exit(2);
    }

    for (i = 0; i < 10000; i++) {
        t = bench_now();
        took[i] = bench_now() - t;
    }

    qsort(took, 10000, sizeof(double), bench_compare);
    clock = took[5000];
    passed = 0;

    for (i = 0; i < BENCH_ROUNDS; i++) {
        t = bench_now();

        for (k = 0; k < BENCH_BATCH; k++) {
            ngx_court_policy_decide(policy,
                                &inputs[(i * BENCH_BATCH + k) % n], &d);
            passed += d.result == NGX_COURT_PASS;
        }

        took[i] = (bench_now() - t - clock) / BENCH_BATCH;
    }

    qsort(took, BENCH_ROUNDS, sizeof(double), bench_compare);

    printf("%6lu rules %5lu interfaces   p50 %4.0f ns   p99 %4.0f ns   "
           "load %7.1f ms   allowed %.0f %%\n", (unsigned long) rules,
           (unsigned long) interfaces, took[BENCH_ROUNDS / 2],
           took[BENCH_ROUNDS / 100 * 99], load / 1e6,
           passed * 100.0 / BENCH_ROUNDS / BENCH_BATCH);

    free(text);
    free(inputs);
    free(matches);
    free(took);
    ngx_destroy_pool(pool);
}


int
main(void)
{
    ngx_uint_t  rules;

    (void) ngx_court_crypto_init(ngx_court_rt_log(NGX_LOG_ERR));

    for (rules = 10; rules <= 10000; rules *= 10) {
        bench_run(rules);
    }

    return 0;
}
