/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which interface a method and a path name.
 */

#include "test_policy.h"


static const char  policy_text[] =
    "{\"format\":1,\"version\":1,\"rules\":[{\"id\":\"r\",\"effect\":\"allow\","
    "\"roles\":[\"party\"],\"interfaces\":[\"*\"]}],\"interfaces\":["

#define I(id, method, path)                                                   \
    "{\"id\":\"" id "\",\"routes\":[{\"methods\":[\"" method "\"],"           \
    "\"path\":\"" path "\"}]}"

    I("root", "GET", "/") ","
    I("cases", "GET", "/cases") ","
    I("slash", "GET", "/cases/") ","
    I("case", "GET", "/cases/{case}") ","
    I("put", "PUT", "/cases/{case}") ","
    I("search", "POST", "/cases/search") ","
    I("bcd", "GET", "/a/b/c/d") ","
    I("xce", "GET", "/a/{x}/c/e") ","
    I("xyf", "GET", "/a/{x}/{y}/f") ","
    I("names", "GET", "/names/{name:text}") ","
    I("both", "GET", "/both/{x}/one") ","
    I("text", "GET", "/both/{name:text}/two") ","
    I("eight", "GET", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}") "]}";


static const struct {
    const char                *method;
    const char                *path;
    const char                *want;      /* "id var=value ..." or "-" */
} cases[] = {
    { "GET", "/", "root" },
    { "HEAD", "/", "root" },
    { "POST", "/", "-" },
    { "get", "/", "-" },
    { "GET", "/cases", "cases" },
    { "GET", "/cases/", "slash" },
    { "GET", "/cases//", "-" },
    { "GET", "/Cases", "-" },
    { "GET", "/cases/1", "case case=1" },
    { "HEAD", "/cases/1", "case case=1" },
    { "GET", "/cases/1/", "-" },
    { "PUT", "/cases/A.b_c~d-1", "put case=A.b_c~d-1" },
    { "DELETE", "/cases/1", "-" },
    { "GET", "/cases/a@b", "-" },
    { "GET", "/cases/a:b", "-" },
    { "GET", "/cases/%E4%B8%AD", "-" },
    { "POST", "/cases/search", "search" },
    { "GET", "/cases/search", "case case=search" },
    { "POST", "/cases/other", "-" },
    { "GET", "/cases/0123456789012345678901234567890123456789012345678901234"
      "567890123", "case case=0123456789012345678901234567890123456789012345678"
      "901234567890123" },
    { "GET", "/cases/0123456789012345678901234567890123456789012345678901234"
      "56789012345", "-" },
    { "GET", "/a/b/c/d", "bcd" },
    { "GET", "/a/b/c/e", "xce x=b" },
    { "GET", "/a/b/c/f", "xyf x=b y=c" },
    { "GET", "/a/q/c/d", "-" },
    { "GET", "/a/b/c", "-" },
    { "GET", "/names/%E4%B8%AD+1", "names name=%E4%B8%AD+1" },
    { "GET", "/names/", "-" },
    { "GET", "/both/v/one", "both x=v" },
    { "GET", "/both/v/two", "text name=v" },
    { "GET", "/both/%C3%A9/one", "-" },
    { "GET", "/1/2/3/4/5/6/7/8", "eight a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8" },
    { "GET", "/1/2/3/4/5/6/7/8/9", "-" },
    { "GET", "", "-" },
    { "GET", "cases", "-" },
    { "GET", "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2"
      "/3", "-" },
    { NULL, NULL, NULL }
};


static const struct {
    const char                *path;
    const char                *want;
} methods[] = {
    { "/cases/1", "GET, PUT" },
    { "/cases/search", "POST, GET, PUT" },
    { "/", "GET" },
    { "/nothing", "" },
    { NULL, NULL }
};


static void
trie_check(const ngx_court_policy_t *policy, const char *method,
    const char *path, const char *want)
{
    char               got[512];
    size_t             n;
    ngx_uint_t         i;
    ngx_str_t          m = test_str(method), p = test_str(path), s;
    const ngx_str_t   *name;
    ngx_court_match_t  match;

    snprintf(got, sizeof(got), "-");

    if (ngx_court_policy_match(policy, &m, &p, &match) == NGX_OK) {
        n = snprintf(got, sizeof(got), "%.*s",
                     (int) match.interface->id.len, match.interface->id.data);

        for (i = 0; i < match.nvars; i++) {
            name = ngx_court_policy_path_name(policy, match.vars[i].name);
            n += snprintf(got + n, sizeof(got) - n, " %.*s=%.*s",
                          (int) name->len, name->data,
                          (int) match.vars[i].value.len,
                          match.vars[i].value.data);
        }
    }

    s = test_str(got);
    is_str(&s, want, "%s %s", method, path);
}


int
main(void)
{
    ngx_str_t            err, path, list;
    ngx_uint_t           i;
    ngx_court_policy_t  *policy;

    (void) ngx_court_crypto_init(tap_log());

    policy = test_compile(policy_text, &err);

    if (!ok(policy != NULL, "compiles")) {
        printf("# %.*s\n", (int) err.len, err.data);
        return done_testing();
    }

    for (i = 0; cases[i].method; i++) {
        trie_check(policy, cases[i].method, cases[i].path, cases[i].want);
    }

    for (i = 0; methods[i].path; i++) {
        path = test_str(methods[i].path);
        (void) ngx_court_policy_methods(tap_pool(), policy, &path, &list);
        is_str(&list, methods[i].want, "methods of %s", methods[i].path);
    }

    return done_testing();
}
