/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A record becomes one line, bounded and well-formed whatever its members.
 */

#include "tap.h"
#include "ngx_court_audit_verify.h"


static u_char  buf[NGX_COURT_AUDIT_MAX];


static ngx_court_audit_chain_t
chain_(ngx_uint_t sm3)
{
    ngx_court_audit_chain_t  chain;

    static ngx_str_t  gateway = ngx_string("gw");
    static ngx_str_t  worker = ngx_string("0-1-2");

    ngx_court_audit_begin(&chain, &gateway, &worker, sm3);

    return chain;
}


#define ZEROS  "00000000000000000000000000000000"                             \
               "00000000000000000000000000000000"
#define HEAD   "{\"v\":1,\"seq\":1,\"gateway\":\"gw\",\"worker\":\"0-1-2\","  \
               "\"time\":\"2026-11-28T10:00:00.007Z\","


static void
test_lines(void)
{
    u_char                    *p, hash[32];
    ngx_str_t                  line;
    ngx_uint_t                 i;
    ngx_court_audit_fact_t     facts[2];
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_failed_t   failed;
    ngx_court_audit_record_t   r;

    chain = chain_(0);
    ngx_court_audit_clear(&r, NGX_COURT_AUDIT_OUTCOME, 1795860000007LL);

    p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));
    line.data = buf;
    line.len = p - buf;

    is_str(&line, HEAD "\"phase\":\"outcome\",\"prev\":\"sha256:" ZEROS
           "\"}\n", "a record that says nothing");
    is_int(chain.seq, 1, "the chain goes on");

    line.len--;
    ngx_court_sha256(&line, 1, hash);
    is_mem(chain.prev, hash, 32, "with the line's hash");

    chain = chain_(1);
    ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 1795860000007LL);
    ngx_memzero(facts, sizeof(facts));
    ngx_str_null(&failed.value);

    ngx_str_set(&r.request_id, "f00d");
    ngx_str_set(&r.court, "B00");
    ngx_str_set(&r.interface, "dossier.read");
    ngx_str_set(&r.method, "GET");
    ngx_str_set(&r.subject_h, "a1:00");
    ngx_str_set(&r.role, "lawyer");
    ngx_str_set(&r.ip, "127.0.0.1");
    ngx_str_set(&r.decision, "refuse");
    ngx_str_set(&r.reason, "no_relation");
    ngx_str_set(&r.policy_version, "2026");
    ngx_str_set(&failed.cond, "active");
    ngx_str_set(&failed.value, "false");
    ngx_str_set(&facts[0].name, "identity");
    ngx_str_set(&facts[0].tier, "zone");
    facts[0].age = 12;
    ngx_str_set(&facts[1].name, "relation");
    ngx_str_set(&facts[1].side, "principal");
    ngx_str_set(&facts[1].state, "unavailable");
    facts[1].age = -1;

    r.failed = &failed;
    r.nfailed = 1;
    r.facts = facts;
    r.nfacts = 2;
    r.bytes = 0;
    r.status = 403;

    p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));
    line.data = buf;
    line.len = p - buf;

    is_str(&line, "{\"v\":1,\"seq\":1,\"gateway\":\"gw\","
           "\"worker\":\"0-1-2\",\"time\":\"2026-11-28T10:00:00.007Z\","
           "\"request_id\":\"f00d\",\"phase\":\"decision\",\"court\":\"B00\","
           "\"interface\":\"dossier.read\",\"method\":\"GET\","
           "\"subject_h\":\"a1:00\",\"role\":\"lawyer\",\"ip\":\"127.0.0.1\","
           "\"decision\":\"refuse\",\"reason\":\"no_relation\","
           "\"failed\":[{\"cond\":\"active\",\"value\":\"false\"}],"
           "\"facts\":[{\"name\":\"identity\",\"tier\":\"zone\",\"age\":12},"
           "{\"name\":\"relation\",\"side\":\"principal\","
           "\"state\":\"unavailable\"}],\"policy_version\":2026,"
           "\"status\":403,\"bytes\":0,\"prev\":\"sm3:" ZEROS "\"}\n",
           "a record that says much");

    /* every room below the line's length is too small, and changes nothing */

    for (i = 0; i < line.len; i++) {
        chain = chain_(1);

        if (ngx_court_audit_line(&chain, &r, buf, buf + i) != NULL
            || chain.seq != 0)
        {
            break;
        }
    }

    is_int(i, line.len, "no half lines");
    ok(ngx_court_audit_line(&chain, &r, buf, buf + i) == buf + i,
       "exactly enough is enough");

    chain = chain_(0);
    ngx_court_audit_clear(&r, NGX_COURT_AUDIT_ADMIN, 1795860000007LL);
    ngx_str_set(&r.event, "control");
    ngx_str_set(&r.verb, "purge");
    ngx_str_set(&r.what, "fact identity");
    r.uid = 0;
    r.pid = 4711;

    p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));
    line.data = buf;
    line.len = p - buf;

    is_str(&line, HEAD "\"phase\":\"admin\",\"event\":\"control\","
           "\"verb\":\"purge\",\"what\":\"fact identity\",\"uid\":0,"
           "\"pid\":4711,\"prev\":\"sha256:" ZEROS "\"}\n",
           "an act of root");
}


static void
test_hostile(void)
{
    u_char                     bytes[512], *p;
    ngx_str_t                  line, s, names[40], role;
    ngx_uint_t                 i;
    ngx_court_json_t          *root;
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_record_t   r;

    static const u_char  fill[] = { '"', '\\', '\n', 0, 0x7f, 0xff, 0xe4,
                                    'x' };

    for (i = 0; i < sizeof(fill); i++) {
        chain = chain_(0);
        ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 0);

        ngx_memset(bytes, fill[i], sizeof(bytes));
        s.data = bytes;
        s.len = sizeof(bytes);

        r.role = s;
        r.client = s;
        r.rule = s;

        p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));

        if (!ok(p != NULL, "bytes of %d are recorded", fill[i])) {
            continue;
        }

        line.data = buf;
        line.len = p - 1 - buf;

        root = ngx_court_json_parse(tap_pool(), &line, &ngx_court_json_small,
                                    NULL);
        ok(root != NULL && memchr(line.data, '\n', line.len) == NULL
           && ngx_court_json_string(ngx_court_json_get(root, "role"), &role)
              == NGX_OK && role.len <= 3 * NGX_COURT_AUDIT_STRING,
           "one line of JSON, cut off: %d", fill[i]);
    }

    for (i = 0; i < 40; i++) {
        ngx_str_set(&names[i], "b00.example /");
    }

    chain = chain_(0);
    ngx_court_audit_clear(&r, NGX_COURT_AUDIT_ADMIN, 0);
    ngx_str_set(&r.conf, "00");
    r.off.total = 3500;
    r.off.n = 40;
    r.off.names = names;

    p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));
    line.data = buf;
    line.len = p - 1 - buf;
    root = ngx_court_json_parse(tap_pool(), &line, &ngx_court_json_small,
                                NULL);

    is_int(ngx_court_json_size(ngx_court_json_get(root, "off")),
           NGX_COURT_AUDIT_LIST, "a list is bounded");
    is_int(ngx_court_json_size(ngx_court_json_get(root, "report")), 0,
           "an empty list is told");

    {
        int64_t  total = 0;

        (void) ngx_court_json_int(ngx_court_json_get(root, "off_total"),
                                  &total);
        is_int(total, 3500, "and how many there are");
    }
}


/*
 * Drafts completed later, a part at a time, are the same bytes as lines made
 * one by one; and a chain goes on behind them.
 */

static void
test_later(ngx_uint_t sm3)
{
    u_char                     now[8192], *p, *q, *done, *part;
    ngx_str_t                  text;
    ngx_uint_t                 i, step;
    ngx_court_audit_chain_t    one, two;
    ngx_court_audit_record_t   r;
    ngx_court_audit_said_t     said;
    ngx_court_audit_verify_t   v;

    for (step = 1; step <= 4; step++) {

        one = chain_(sm3);
        two = chain_(sm3);
        p = now;
        q = buf;
        part = buf;

        for (i = 0; i < 12; i++) {
            ngx_court_audit_clear(&r, i % 2, 1795860000990LL + i);
            ngx_str_set(&r.decision, "allow");
            r.client.data = (u_char *) "\"\n\"\n}";
            r.client.len = 6;
            r.bytes = i;

            p = ngx_court_audit_line(&one, &r, p, now + sizeof(now));
            q = ngx_court_audit_draft(&two, &r, q, buf + sizeof(buf));

            if ((i + 1) % step == 0) {
                if (ngx_court_audit_complete(&two, part, q, &done) != NGX_OK
                    || done != q)
                {
                    break;
                }

                part = q;
            }
        }

        is_int(i, 12, "completed %d at a time", (int) step);
        is_int(q - buf, p - now, "as long");
        is_mem(buf, now, p - now, "the same bytes");
        is_mem(two.prev, one.prev, 32, "the same hash");
        is_int(two.seq, one.seq, "the same number");

        ngx_court_audit_verify_init(&v, tap_pool());
        ngx_court_audit_verify_file(&v, 0);

        for (p = buf; p < q; p = done + 1) {
            done = memchr(p, '\n', q - p);
            text.data = p;
            text.len = done - p;
            ngx_court_audit_verify_line(&v, &text, &said);
        }

        ok(ngx_court_audit_verify_end(&v) == NGX_OK && v.records == 12
           && ngx_court_audit_verify_faults(&v) == 0, "a whole chain");
    }

    /* what is no draft is no line: nothing behind it is completed */

    p = ngx_cpymem(buf, "short\n", 6);
    ok(ngx_court_audit_complete(&two, buf, p, &done) == NGX_ERROR
       && done == buf, "too short");

    ngx_memset(buf, 'x', 200);
    ok(ngx_court_audit_complete(&two, buf, buf + 200, &done) == NGX_ERROR
       && done == buf, "without an end");

    done = NULL;
    ok(ngx_court_audit_complete(&two, buf, buf, &done) == NGX_OK
       && done == buf, "nothing is well");
}


/* names of any bytes and length are part of a line that can be read */

static void
test_who(void)
{
    u_char                     bytes[300], *p;
    ngx_str_t                  s, line, got;
    ngx_uint_t                 i, k;
    ngx_court_json_t          *root;
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_record_t   r;

    static const u_char  fill[] = { 'x', '"', '\n', 0x01, 0xff };

    for (i = 0; i < sizeof(fill); i++) {
        for (k = 1; k <= sizeof(bytes); k += 23) {
            ngx_memset(bytes, fill[i], k);
            s.data = bytes;
            s.len = k;

            ngx_court_audit_begin(&chain, &s, &s, 0);
            ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 0);

            p = ngx_court_audit_line(&chain, &r, buf, buf + sizeof(buf));
            line.data = buf;
            line.len = p - 1 - buf;

            root = ngx_court_json_parse(tap_pool(), &line,
                                        &ngx_court_json_small, NULL);

            if (ngx_court_json_string(ngx_court_json_get(root, "gateway"),
                                      &got) != NGX_OK || got.len == 0
                || ngx_court_json_string(ngx_court_json_get(root, "worker"),
                                         &got) != NGX_OK || got.len == 0)
            {
                ok(0, "%d bytes of %d", (int) k, fill[i]);
            }
        }
    }

    ok(chain.who_len <= NGX_COURT_AUDIT_WHO, "names within their room");
}


/*
 * Members that are kept as text give the line that they give themselves;
 * what else the record says then goes on being the record's own.
 */

static void
test_members(void)
{
    u_char                    *p, *end, text[8192], want[NGX_COURT_AUDIT_MAX];
    size_t                     len;
    ngx_str_t                 *s;
    ngx_uint_t                 i, n, wrong, mask;
    ngx_court_audit_chain_t    chain;
    ngx_court_audit_record_t   r;

    static u_char     bytes[] = "\"\\ \x01\x7f\xe6\xb3\x95\xff</script>";
    static const size_t  members[] = {
        offsetof(ngx_court_audit_record_t, event),
        offsetof(ngx_court_audit_record_t, verb),
        offsetof(ngx_court_audit_record_t, what),
        offsetof(ngx_court_audit_record_t, court),
        offsetof(ngx_court_audit_record_t, interface),
        offsetof(ngx_court_audit_record_t, method),
        offsetof(ngx_court_audit_record_t, subject_h),
        offsetof(ngx_court_audit_record_t, principal_h),
        offsetof(ngx_court_audit_record_t, role),
        offsetof(ngx_court_audit_record_t, kind),
        offsetof(ngx_court_audit_record_t, client),
        offsetof(ngx_court_audit_record_t, case_h),
        offsetof(ngx_court_audit_record_t, channel),
        offsetof(ngx_court_audit_record_t, ip),
        offsetof(ngx_court_audit_record_t, decision),
        offsetof(ngx_court_audit_record_t, reason),
        offsetof(ngx_court_audit_record_t, rule)
    };

    n = sizeof(members) / sizeof(members[0]);
    wrong = 0;

    for (mask = 977; mask < 1u << n; mask += 977) {
        ngx_court_audit_clear(&r, NGX_COURT_AUDIT_DECISION, 1795860000007LL);

        for (i = 0; i < n; i++) {
            s = (ngx_str_t *) ((u_char *) &r + members[i]);

            if (mask & (1u << i)) {
                s->data = bytes;
                s->len = 1 + (mask + i) % (sizeof(bytes) - 1);
            }
        }

        ngx_str_set(&r.request_id, "f00d");
        ngx_str_set(&r.policy_version, "7");
        r.status = 200;
        r.bytes = mask;

        chain = chain_(0);
        end = ngx_court_audit_draft(&chain, &r, want, want + sizeof(want));
        len = end - want;

        p = ngx_court_audit_members(&r, text, text + sizeof(text));

        r.members.data = text;
        r.members.len = p - text;

        /* they themselves count no more */

        for (i = 0; i < n; i++) {
            ngx_str_set((ngx_str_t *) ((u_char *) &r + members[i]), "wrong");
        }

        chain = chain_(0);
        end = ngx_court_audit_draft(&chain, &r, buf, buf + sizeof(buf));

        wrong += (end == NULL || (size_t) (end - buf) != len
                  || memcmp(buf, want, len) != 0 || chain.seq != 1);
    }

    is_int(wrong, 0, "the same lines");

    for (i = 0, len = p - text; i < len; i++) {
        ngx_str_null(&r.members);

        if (ngx_court_audit_members(&r, buf, buf + i) != NULL
            && i < (size_t) (ngx_court_audit_members(&r, text,
                                                     text + sizeof(text))
                             - text))
        {
            break;
        }
    }

    is_int(i, len, "no half members");

    /* a text that does not fit is no line, and no step of the chain */

    ngx_str_set(&r.members, ",\"a\":1");
    chain = chain_(0);
    end = ngx_court_audit_draft(&chain, &r, buf, buf + sizeof(buf));
    len = end - buf;

    for (i = 0; i < len; i++) {
        chain = chain_(0);

        if (ngx_court_audit_draft(&chain, &r, buf, buf + i) != NULL
            || chain.seq != 0)
        {
            break;
        }
    }

    is_int(i, len, "no half lines of them");
}


int
main(void)
{
    if (ngx_court_crypto_init(tap_log()) != NGX_OK) {
        return 1;
    }

    test_lines();
    test_hostile();
    test_members();
    test_who();
    test_later(0);
    test_later(1);

    return done_testing();
}
