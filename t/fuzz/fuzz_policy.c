/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Input: "METHOD PATH SEED", LF, a policy.  When it compiles, every interface
 * and role is decided with values that the seed stands for:
 *
 *   PASS needs an allow rule of this role and interface in the file;
 *   only facts that the needs list are asked for;
 *   what passes although some values could not be found out passes
 *   whatever these values are.
 */

#include "fuzz.h"
#include "ngx_court_policy.h"


#define FUZZ_NOW         1000000
#define FUZZ_INTERFACES  12

#define fuzz_item(table, h)  table[(h) % (sizeof(table) / sizeof(table[0]))]


typedef struct {
    const ngx_court_policy_t  *policy;
    const ngx_court_need_t    *needs;
    ngx_uint_t                 nneeds;
    ngx_str_t                  seed;
    ngx_uint_t                 refined;    /* 0: some are unavailable */
    ngx_uint_t                 salt;
} fuzz_values_t;


static u_char  intervals[2][2 * NGX_COURT_INTERVAL_LEN];

static const char *const  fuzz_roles[] = {
    "lawyer", "gov_lawyer", "assistant", "party", "agent", "applicant",
    "officer", "scanner", "judge", "device", "operator", "secadmin",
    "auditor", "king", ""
};


void
fuzz_setup(ngx_pool_t *pool)
{
    u_char  *p;

    must(ngx_court_crypto_init(pool->log) == NGX_OK);

    p = ngx_court_interval_write(intervals[0], 1, 2);
    (void) ngx_court_interval_write(p, FUZZ_NOW, FUZZ_NOW + 1);

    p = ngx_court_interval_write(intervals[1], 0, FUZZ_NOW);
    (void) ngx_court_interval_write(p, FUZZ_NOW + 1, FUZZ_NOW + 2);
}


/* FNV-1a, then mixed, for % takes the low bits */

static uint64_t
fuzz_hash(const fuzz_values_t *f, ngx_uint_t a, ngx_uint_t b,
    const ngx_str_t *name)
{
    size_t    i;
    uint64_t  h = 0xcbf29ce484222325ULL ^ (a * 31 + b + f->salt * 1009);

    for (i = 0; i < f->seed.len; i++) {
        h = (h ^ f->seed.data[i]) * 0x100000001b3ULL;
    }

    for (i = 0; name && i < name->len; i++) {
        h = (h ^ name->data[i]) * 0x100000001b3ULL;
    }

    return (h ^ (h >> 29)) * 0xbf58476d1ce4e5b9ULL >> 20;
}


static void
fuzz_needed(const fuzz_values_t *f, ngx_uint_t fact, ngx_court_side_t side)
{
    ngx_uint_t  i;

    for (i = 0; i < f->nneeds; i++) {
        if (f->needs[i].fact == fact && f->needs[i].side == side) {
            return;
        }
    }

    must(!"asked for a fact that nobody fetched");
}


static ngx_court_fact_state_t
fuzz_state(const fuzz_values_t *f, ngx_uint_t fact, ngx_court_side_t side)
{
    uint64_t  h = fuzz_hash(f, fact, side, NULL);

    if (h % 4 == 0) {
        return !f->refined ? NGX_COURT_F_UNAVAILABLE
               : (h / 4 % 4) ? NGX_COURT_F_FOUND : NGX_COURT_F_NONE;
    }

    return (h % 16 == 1) ? NGX_COURT_F_NONE : NGX_COURT_F_FOUND;
}


static ngx_court_fact_state_t
fuzz_fact(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    fuzz_needed(data, fact, side);

    return fuzz_state(data, fact, side);
}


static void
fuzz_present(ngx_court_value_t *v, uint64_t h)
{
    static const ngx_str_t  strings[] = {
        ngx_string("active"), ngx_string("full_time"), ngx_string("public"),
        ngx_string("company"), ngx_string("part_time"), ngx_string("hmt"),
        ngx_string("suspended"), ngx_string("p"), ngx_string("x"),
        ngx_string("face"), ngx_string("ok"), ngx_string("B00"),
        ngx_string("app"), ngx_string("s"), ngx_string("lawyer"),
        ngx_string("")
    };
    static const int64_t    numbers[] = {
        0, 1, 2, 3, -1, 60, 600, FUZZ_NOW - 1, FUZZ_NOW, FUZZ_NOW + 1
    };
    static const ngx_str_t  lists[] = {
        ngx_string(""), ngx_string("\0\1x"), ngx_string("\0\4list"),
        ngx_string("\0\6s\x1fread\0\6s\x1flist"), ngx_string("\0\3B00"),
        ngx_string("\0\6s\x1f" "file\0\4list\0\4read\0\4" "file\0\0")
    };

    v->state = NGX_COURT_V_PRESENT;

    switch (v->type) {

    case NGX_COURT_T_STRING:
    case NGX_COURT_T_ENUM:
        v->str = fuzz_item(strings, h);
        break;

    case NGX_COURT_T_LIST:
        v->str = fuzz_item(lists, h);
        break;

    case NGX_COURT_T_INTERVALS:
        v->str.data = fuzz_item(intervals, h);
        v->str.len = (h / 2 % 3) * NGX_COURT_INTERVAL_LEN;
        break;

    case NGX_COURT_T_BOOL:
        v->num = h & 1;
        break;

    default:
        v->num = fuzz_item(numbers, h);
    }
}


static void
fuzz_value(void *data, const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v)
{
    uint64_t        h;
    fuzz_values_t  *f = data;

    ngx_memzero(v, sizeof(ngx_court_value_t));
    v->type = attr->type;
    h = fuzz_hash(f, 100 + attr->domain * 20 + attr->fact % 20, side,
                  &attr->name);

    if (attr->domain == NGX_COURT_D_FACT) {
        fuzz_needed(f, attr->fact, side);

        switch (fuzz_state(f, attr->fact, side)) {

        case NGX_COURT_F_UNAVAILABLE:
            v->state = NGX_COURT_V_UNAVAILABLE;
            return;

        case NGX_COURT_F_NONE:
            return;

        default:
            break;
        }

    } else if (h % 8 == 1) {

        if (!f->refined) {
            v->state = NGX_COURT_V_UNAVAILABLE;
            return;
        }

        if (h / 8 % 2) {
            return;
        }
    }

    if (h % 8 != 0) {
        fuzz_present(v, h / 16);
    }
}


/* favourable asks for nothing */

static void
fuzz_no_value(void *data, const ngx_court_attr_t *attr, ngx_court_side_t side,
    ngx_court_value_t *v)
{
    must(!"asked for a value");
}


static ngx_court_fact_state_t
fuzz_no_fact(void *data, ngx_uint_t fact, ngx_court_side_t side)
{
    must(!"asked for a fact");
}


static ngx_uint_t
fuzz_listed(const ngx_court_json_t *list, const ngx_str_t *name,
    ngx_uint_t patterns)
{
    ngx_str_t   s;
    ngx_uint_t  i;

    for (i = 0; i < ngx_court_json_size(list); i++) {
        must(ngx_court_json_string(ngx_court_json_at(list, i), &s) == NGX_OK);

        if (ngx_court_str_eq(&s, name)) {
            return 1;
        }

        if (patterns && s.len && s.data[s.len - 1] == '*'
            && name->len >= s.len - 1
            && ngx_memcmp(name->data, s.data, s.len - 1) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the rule with that id, read from the file as it stands */

static void
fuzz_allowed(const ngx_court_json_t *root, const ngx_court_input_t *input,
    const ngx_court_decision_t *d)
{
    ngx_str_t               id, effect;
    ngx_uint_t              i;
    const ngx_court_json_t  *rules, *rule;

    must(d->effect == NGX_COURT_E_ALLOW && d->rule && d->reason == NULL);

    rules = ngx_court_json_get(root, "rules");

    for (i = 0; i < ngx_court_json_size(rules); i++) {
        rule = ngx_court_json_at(rules, i);

        must(ngx_court_json_string(ngx_court_json_get(rule, "id"), &id)
             == NGX_OK);

        if (!ngx_court_str_eq(&id, d->rule)) {
            continue;
        }

        must(ngx_court_json_string(ngx_court_json_get(rule, "effect"),
                                   &effect)
             == NGX_OK);
        must(effect.len == 5 && ngx_memcmp(effect.data, "allow", 5) == 0);
        must(fuzz_listed(ngx_court_json_get(rule, "roles"), &input->role, 0));
        must(fuzz_listed(ngx_court_json_get(rule, "interfaces"),
                         &input->match->interface->id, 1));
        return;
    }

    must(!"the rule is in the file");
}


static void
fuzz_decide(const ngx_court_json_t *root, fuzz_values_t *f,
    const ngx_court_match_t *match, const char *role)
{
    ngx_court_input_t     input;
    ngx_court_assume_t    assume;
    ngx_court_decision_t  d, refined;

    ngx_memzero(&input, sizeof(ngx_court_input_t));
    input.data = f;
    input.value = fuzz_value;
    input.fact = fuzz_fact;
    input.match = match;
    input.role = fuzz_str(role);
    input.subject = fuzz_str("s");
    input.now = FUZZ_NOW;

    ngx_court_policy_needs(f->policy, match->interface, &input.role,
                           &f->needs, &f->nneeds);

    for (f->salt = 0; f->salt < 4; f->salt++) {
        f->refined = 0;
        ngx_court_policy_decide(f->policy, &input, &d);
        f->refined = 1;
        ngx_court_policy_decide(f->policy, &input, &refined);

        if (d.result == NGX_COURT_PASS) {
            fuzz_allowed(root, &input, &d);
            must(refined.result == NGX_COURT_PASS);

        } else {
            must(d.reason != NULL);
            must(d.result == NGX_COURT_REFUSED || d.result == NGX_COURT_FAILED);
        }

        if (refined.result == NGX_COURT_PASS) {
            fuzz_allowed(root, &input, &refined);

        } else {
            /* nothing was unavailable */

            must(refined.result == NGX_COURT_REFUSED);
            must(d.result != NGX_COURT_PASS);
        }
    }

    input.value = fuzz_no_value;
    input.fact = fuzz_no_fact;
    assume.favourable = 1;
    assume.unmet = NGX_COURT_NO_FIELD;

    ngx_court_policy_decide_assuming(f->policy, &input, &assume, &d);
    must(d.result != NGX_COURT_FAILED);

    assume.unmet = f->seed.len;
    ngx_court_policy_decide_assuming(f->policy, &input, &assume, &d);
    must(d.result != NGX_COURT_FAILED);
}


static void
fuzz_match(ngx_pool_t *pool, const ngx_court_json_t *root, fuzz_values_t *f,
    const ngx_str_t *method, const ngx_str_t *path)
{
    ngx_int_t          rc;
    ngx_str_t          list;
    ngx_uint_t         i;
    ngx_court_match_t  match;

    must(ngx_court_policy_methods(pool, f->policy, path, &list) == NGX_OK);

    rc = ngx_court_policy_match(f->policy, method, path, &match);
    must(rc == NGX_OK || rc == NGX_DECLINED);

    if (rc != NGX_OK) {
        return;
    }

    must(list.len > 0);
    must(match.interface->index < ngx_court_policy_ninterfaces(f->policy));
    must(match.nvars <= NGX_COURT_POLICY_PATH_VARS);

    for (i = 0; i < match.nvars; i++) {
        must(ngx_court_policy_path_name(f->policy, match.vars[i].name)
             != NULL);
        must(match.vars[i].value.len > 0);
        must(fuzz_inside(&match.vars[i].value, path));
        must(ngx_strlchr(match.vars[i].value.data,
                         match.vars[i].value.data + match.vars[i].value.len,
                         '/')
             == NULL);
    }

    for (i = 0; i < sizeof(fuzz_roles) / sizeof(fuzz_roles[0]); i++) {
        fuzz_decide(root, f, &match, fuzz_roles[i]);
    }
}


static ngx_str_t
fuzz_word(ngx_pool_t *pool, ngx_str_t *line)
{
    u_char     *end;
    ngx_str_t   word;

    end = ngx_strlchr(line->data, line->data + line->len, ' ');
    end = end ? end : line->data + line->len;

    word = fuzz_copy(pool, line->data, end - line->data);
    line->len -= word.len;
    line->data = end;

    if (line->len) {
        line->len--;
        line->data++;
    }

    return word;
}


void
fuzz_one(ngx_pool_t *pool, ngx_str_t *in)
{
    ngx_str_t           line, method, path, id, err;
    ngx_uint_t          i, n, role;
    fuzz_values_t       f;
    ngx_court_json_t   *root, *interfaces;
    ngx_court_match_t   match;
    ngx_court_vocab_t   vocab = { NULL, NULL };

    line = fuzz_line(pool, in);
    method = fuzz_word(pool, &line);
    path = fuzz_word(pool, &line);
    line = fuzz_copy(pool, line.data, line.len);

    ngx_memzero(&f, sizeof(fuzz_values_t));
    f.seed = line;

    ngx_str_null(&err);
    f.policy = ngx_court_policy_compile(pool, in, &vocab, &err);

    if (f.policy == NULL) {
        must(err.len > 0);
        return;
    }

    root = ngx_court_json_parse(pool, in, &ngx_court_json_large, NULL);
    must(root != NULL);
    must(ngx_court_policy_version(f.policy) >= 1);

    interfaces = ngx_court_json_get(root, "interfaces");
    n = ngx_court_json_size(interfaces);
    must(n == ngx_court_policy_ninterfaces(f.policy));

    for (i = 0; i < n && i < FUZZ_INTERFACES; i++) {
        ngx_memzero(&match, sizeof(ngx_court_match_t));

        must(ngx_court_json_string(
                 ngx_court_json_get(ngx_court_json_at(interfaces, i), "id"),
                 &id)
             == NGX_OK);
        match.interface = ngx_court_policy_interface(f.policy, &id);
        must(match.interface != NULL);

        for (role = 0; role < sizeof(fuzz_roles) / sizeof(fuzz_roles[0]);
             role++)
        {
            fuzz_decide(root, &f, &match, fuzz_roles[role]);
        }
    }

    fuzz_match(pool, root, &f, &method, &path);
}
