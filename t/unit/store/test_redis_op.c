/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One command on its way: the links are fakes that keep what they were given
 * and answer when the test says.
 */

#include "tap.h"
#include "ngx_court_redis_topology.h"


#define NLINKS  8


typedef struct {
    ngx_court_redis_link_pt  handler;
    void                    *ctx;
    ngx_msec_t               timeout;
    char                     first[16];      /* argv[0] */
} sent_t;

volatile ngx_msec_t       ngx_current_msec = 1000;
static ngx_court_state_line_t  line;
ngx_court_state_line_t   *ngx_court_state_line = &line;

static ngx_court_redis_link_t  links[NLINKS];
static sent_t             sent[NLINKS][8];
static ngx_uint_t         nsent[NLINKS], refuses[NLINKS], nlinks, opened;
static ngx_court_redis_t  redis;
static ngx_court_redis_react_t  react;

/* what the caller was told */
static ngx_uint_t         told;
static int                status;
static const ngx_court_redis_reply_t  *replied;


ngx_int_t
ngx_court_redis_link_send(ngx_court_redis_link_t *link, const ngx_str_t *argv,
    ngx_uint_t argc, ngx_msec_t timeout, ngx_court_redis_link_pt handler,
    void *ctx)
{
    sent_t      *s;
    ngx_uint_t   i;

    i = (ngx_uint_t) (link - links);

    if (refuses[i]) {
        return NGX_DECLINED;
    }

    s = &sent[i][nsent[i]++ % 8];
    s->handler = handler;
    s->ctx = ctx;
    s->timeout = timeout;
    ngx_memzero(s->first, sizeof(s->first));
    ngx_memcpy(s->first, argv[0].data, ngx_min(argv[0].len, 15));
    link->count++;

    return NGX_OK;
}


ngx_court_redis_link_t *
ngx_court_redis_link_for(ngx_court_redis_t *r,
    const ngx_court_redis_addr_t *addr, ngx_uint_t size)
{
    links[nlinks].addr = *addr;
    return &links[nlinks++];
}


void
ngx_court_redis_link_open(ngx_court_redis_link_t *link)
{
    link->state = NGX_COURT_REDIS_S_GREETING;
    opened++;
}


void
ngx_court_redis_link_close(ngx_court_redis_link_t *link)
{
    link->state = NGX_COURT_REDIS_S_STOPPED;
}


void
ngx_court_redis_link_error(ngx_court_redis_link_t *link,
    const ngx_str_t *error)
{
}


ngx_uint_t
ngx_court_redis_addr_same(const ngx_court_redis_addr_t *a,
    const ngx_court_redis_addr_t *b)
{
    return a->port == b->port;
}


/* link 0 is the master, link 1 its replica */

static ngx_court_redis_link_t *
route(ngx_court_redis_t *r, ngx_court_redis_op_t *op)
{
    op->replica = op->read;
    return &links[op->read];
}


static ngx_court_redis_react_t
reacts(ngx_court_redis_t *r, ngx_court_redis_op_t *op,
    ngx_court_redis_link_t *link, const ngx_str_t *error)
{
    return react;
}


static const ngx_court_redis_topology_t  topology = {
    NULL, NULL, route, reacts, 1
};


static void
handler(void *ctx, ngx_court_redis_status_t s,
    const ngx_court_redis_reply_t *reply)
{
    told++;
    status = s;
    replied = reply;
}


static void
fresh(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NLINKS; i++) {
        ngx_memzero(&links[i], sizeof(links[i]));
        links[i].state = NGX_COURT_REDIS_S_UP;
        links[i].addr.port = 1;
        nsent[i] = 0;
        refuses[i] = 0;
    }

    ngx_memzero(redis.own, sizeof(redis.own));
    redis.topology = &topology;
    redis.started = 1;
    redis.conf.command_timeout = 20;
    redis.conf.replicas = 1;
    redis.conf.log = tap_log();
    nlinks = 2;
    opened = 0;
    told = 0;
    status = -1;
    replied = NULL;
    react = NGX_COURT_REDIS_R_TELL;
}


static void
command(ngx_court_redis_cmd_t cmd)
{
    static ngx_str_t       argv[2] = { ngx_string("XREAD"), ngx_string("k") };
    ngx_court_redis_op_t  *op;

    cmd.argv = argv;
    cmd.argc = 2;
    cmd.key = 1;

    op = ngx_court_redis_op(&redis, &cmd);

    if (ok(op != NULL, "an operation")) {
        op->kind = NGX_COURT_REDIS_C_ANY;
        op->reply = handler;
        ngx_court_redis_op_route(op);
    }
}


static ngx_int_t
answer(ngx_uint_t i, ngx_court_redis_end_t end, ngx_court_redis_type_t type,
    const char *text)
{
    sent_t                          *s;
    static ngx_court_redis_reply_t   reply;

    s = &sent[i][(nsent[i] - 1) % 8];
    ngx_memzero(&reply, sizeof(reply));
    reply.type = type;
    reply.str.data = (u_char *) text;
    reply.str.len = ngx_strlen(text);
    links[i].count--;

    return s->handler(s->ctx, &links[i], end,
                      (end == NGX_COURT_REDIS_E_REPLY) ? &reply : NULL);
}


static void
test_replies(void)
{
    ngx_uint_t  i;

    static const ngx_court_redis_cmd_t  plain = { NULL };

    static const struct {
        const char                *name;
        ngx_court_redis_end_t      end;
        ngx_court_redis_type_t     type;
        const char                *text;
        ngx_court_redis_react_t    react;
        ngx_court_redis_status_t   status;
        ngx_int_t                  rc;
    } tests[] = {
        { "an array", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ARRAY, "",
          NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_VALUE, NGX_OK },
        { "a number", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_INTEGER, "",
          NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_VALUE, NGX_OK },
        { "nil", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_NIL, "",
          NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_NIL, NGX_OK },
        { "what is none", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_OTHER,
          "", NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_DOWN, NGX_ERROR },
        { "an error", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ERROR,
          "ERR x", NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_ERROR, NGX_OK },
        { "denied", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ERROR,
          "NOPERM x", NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_ERROR,
          NGX_OK },
        { "unknown", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ERROR,
          "NOAUTH x", NGX_COURT_REDIS_R_TELL, NGX_COURT_REDIS_ERROR,
          NGX_DECLINED },
        { "another role", NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ERROR,
          "READONLY x", NGX_COURT_REDIS_R_CLOSE, NGX_COURT_REDIS_ERROR,
          NGX_ABORT },
        { "late", NGX_COURT_REDIS_E_LATE, 0, "", NGX_COURT_REDIS_R_TELL,
          NGX_COURT_REDIS_DOWN, NGX_OK },
        { "gone", NGX_COURT_REDIS_E_DOWN, 0, "", NGX_COURT_REDIS_R_TELL,
          NGX_COURT_REDIS_DOWN, NGX_OK }
    };

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        fresh();
        react = tests[i].react;
        command(plain);
        is_int(nsent[0], 1, "%s: sent", tests[i].name);
        is_int(sent[0][0].timeout, 20, "%s: its time", tests[i].name);
        is_int(answer(0, tests[i].end, tests[i].type, tests[i].text),
               tests[i].rc, "%s: the link is told", tests[i].name);
        is_int(told, 1, "%s: the caller is told once", tests[i].name);
        is_int(status, tests[i].status, "%s: status", tests[i].name);
        is_int(replied != NULL, tests[i].status == NGX_COURT_REDIS_VALUE
                                || tests[i].status == NGX_COURT_REDIS_ERROR,
               "%s: with a reply or none", tests[i].name);
    }
}


static void
test_replica(void)
{
    ngx_court_redis_cmd_t  cmd;

    ngx_memzero(&cmd, sizeof(cmd));
    cmd.read = 1;

    fresh();
    command(cmd);
    is_int(nsent[1], 1, "a read goes to the replica");
    (void) answer(1, NGX_COURT_REDIS_E_DOWN, 0, "");
    is_int(told, 0, "which goes: nobody is told");
    is_int(nsent[0], 1, "but the master asked");
    (void) answer(0, NGX_COURT_REDIS_E_DOWN, 0, "");
    is_int(told, 1, "which goes, too: down");

    fresh();
    refuses[1] = 1;
    command(cmd);
    is_int(nsent[0], 1, "a replica that takes nothing: the master");

    fresh();
    redis.conf.replicas = 0;
    command(cmd);
    is_int(nsent[0], 1, "without \"read replicas\": the master");
    refuses[0] = 1;
    command(cmd);
    is_int(told, 1, "who takes nothing: down at once");
}


static void
test_noeviction(void)
{
    ngx_court_redis_cmd_t  cmd;

    ngx_memzero(&cmd, sizeof(cmd));
    cmd.noeviction = 1;

    fresh();
    command(cmd);
    ok(told == 1 && status == NGX_COURT_REDIS_DOWN && nsent[0] == 0,
       "keys may vanish: down, nothing sent");

    fresh();
    links[0].noeviction = 1;
    command(cmd);
    is_int(nsent[0], 1, "none vanish: sent");
    (void) answer(0, NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_STATUS, "OK");
    is_int(status, NGX_COURT_REDIS_VALUE, "and answered");

    fresh();
    links[0].state = NGX_COURT_REDIS_S_GREETING;
    command(cmd);
    is_int(nsent[0], 1, "not known yet: sent");
    (void) answer(0, NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_STATUS, "OK");
    is_int(status, NGX_COURT_REDIS_DOWN, "then known: its answer is nothing");
}


static void
test_own(void)
{
    ngx_uint_t             i;
    ngx_court_redis_cmd_t  cmd;

    ngx_memzero(&cmd, sizeof(cmd));
    cmd.own = 1;
    cmd.timeout = 6000;

    fresh();
    links[2].state = NGX_COURT_REDIS_S_STOPPED;
    command(cmd);
    ok(nsent[0] == 0 && nsent[2] == 1 && opened == 1,
       "it blocks: over a connection of its own");
    is_int(sent[2][0].timeout, 6000, "with its time");

    for (i = 1; i < NGX_COURT_REDIS_OWN; i++) {
        command(cmd);
    }

    is_int(told, 0, "four at a time");
    command(cmd);
    ok(told == 1 && status == NGX_COURT_REDIS_DOWN, "not a fifth");

    (void) answer(2, NGX_COURT_REDIS_E_REPLY, NGX_COURT_REDIS_T_ARRAY, "");
    is_int(nlinks, 6, "four connections");
    command(cmd);
    ok(nsent[2] == 2 && nlinks == 6, "a free one is used again");

    (void) answer(2, NGX_COURT_REDIS_E_DOWN, 0, "");
    links[2].state = NGX_COURT_REDIS_S_WAITING;
    links[2].broken = 1;
    links[0].addr.port = 2;
    i = opened;
    command(cmd);
    ok(nsent[2] == 3 && opened == i + 1 && !links[2].broken
       && links[2].addr.port == 2, "and opened anew, to the new master");
}


int
main(void)
{
    test_replies();
    test_replica();
    test_noeviction();
    test_own();

    return done_testing();
}
