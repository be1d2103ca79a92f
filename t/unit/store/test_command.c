/*
 * Copyright (C) the court gateway authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Several workers in one process: each has a line of its own and the pid of a
 * real process; whose turn it is says ngx_court_state_line.
 */

#include "tap.h"
#include "fake_nginx.h"
#include "ngx_court_command.h"
#include "ngx_court_bytes.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>


#define NOW      1000000000000ll
#define WORKERS  3

/* timers, in no order */

ngx_rbtree_t              ngx_event_timer_rbtree;
static ngx_rbtree_node_t  sentinel;

static int64_t            now;
static ngx_court_state_t *state;

static struct {
    ngx_pid_t                pid;
    ngx_court_state_line_t  *line;
    ngx_int_t                says;       /* what its handler returns */
    ngx_uint_t               asked;
} worker[WORKERS];

static ngx_uint_t  turn;                 /* whose */

static struct {
    ngx_uint_t                   n;
    ngx_court_command_result_t   result;
    ngx_uint_t                   late, failed, done;
    uint64_t                     who;    /* the last one late or failed */
} told[2];

static ngx_court_command_wait_t  wait_of[2];


static void
insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *end)
{
    ngx_rbtree_node_t  **p;

    for ( ;; ) {
        p = (node->key < temp->key) ? &temp->left : &temp->right;

        if (*p == end) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = end;
    node->right = end;
}


static ngx_uint_t
timers(void)
{
    ngx_uint_t          n;
    ngx_rbtree_node_t  *stack[64], *node;

    if (ngx_event_timer_rbtree.root == &sentinel) {
        return 0;
    }

    stack[0] = ngx_event_timer_rbtree.root;

    for (n = 0; n < 64 && stack[n] != &sentinel; n++) {
        node = stack[n];
        stack[n + 1] = (node->left != &sentinel) ? node->left : node->right;
    }

    return n;
}


static void
give_turn(ngx_uint_t i)
{
    turn = i;
    ngx_pid = worker[i].pid;
    ngx_court_state_line = worker[i].line;
}


/* so many ms of the event loop of whoever's turn it is */

static void
spend(ngx_uint_t ms)
{
    ngx_event_t        *ev;
    ngx_rbtree_node_t  *node;

    for ( /* void */ ; ms; ms--) {
        fake_clock(++now);

        for ( ;; ) {
            node = ngx_event_timer_rbtree.root;

            while (node != &sentinel && node->left != &sentinel) {
                node = node->left;
            }

            if (node == &sentinel
                || (ngx_msec_int_t) (node->key - ngx_current_msec) > 0)
            {
                break;
            }

            ev = (ngx_event_t *) ((char *) node
                                  - offsetof(ngx_event_t, timer));

            ngx_rbtree_delete(&ngx_event_timer_rbtree, node);
            ev->timer_set = 0;
            ev->timedout = 1;
            ev->handler(ev);
        }
    }
}


static ngx_int_t
handler(void *data, const ngx_str_t *command)
{
    worker[turn].asked++;

    return (command->len == 4 && ngx_memcmp(command->data, "bad!", 4) == 0)
           ? NGX_ERROR : worker[turn].says;
}


static void
on_told(ngx_court_command_wait_t *wait, ngx_court_command_result_t result)
{
    ngx_uint_t                   i, k;
    ngx_array_t                 *workers;
    ngx_court_command_worker_t  *w;

    k = wait - wait_of;

    ngx_memzero(&told[k].late, sizeof(told[k]) - offsetof(__typeof__(told[k]),
                                                          late));
    told[k].n++;
    told[k].result = result;

    workers = ngx_court_command_workers(wait, tap_pool());
    w = workers->elts;

    for (i = 0; i < workers->nelts; i++) {
        told[k].late += (w[i].result == NGX_COURT_COMMAND_LATE);
        told[k].failed += (w[i].result == NGX_COURT_COMMAND_FAILED);
        told[k].done += (w[i].result == NGX_COURT_COMMAND_DONE);

        if (w[i].result != NGX_COURT_COMMAND_DONE) {
            told[k].who = w[i].pid;
        }
    }
}


static ngx_int_t
send_text(ngx_uint_t k, const char *text, ngx_msec_t timeout)
{
    ngx_str_t  command;

    command.data = (u_char *) text;
    command.len = strlen(text);

    wait_of[k].told = on_told;
    told[k].n = 0;

    return ngx_court_command_send(state, &wait_of[k], &command, timeout,
                                  tap_log());
}


static void
birth(ngx_uint_t i)
{
    worker[i].pid = fork();

    if (worker[i].pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }

    worker[i].says = NGX_OK;
    worker[i].asked = 0;
    ngx_pid = worker[i].pid;
    (void) ngx_court_state_join(state, now, tap_log());
    worker[i].line = ngx_court_state_line;
}


static void
death(ngx_uint_t i)
{
    int  status;

    (void) kill(worker[i].pid, SIGKILL);
    (void) waitpid(worker[i].pid, &status, 0);
}


static void
setup(void)
{
    ngx_str_t        name = ngx_string("state");
    ngx_conf_t       cf;
    ngx_uint_t       i;
    ngx_shm_zone_t  *shm;

    ngx_memzero(&cf, sizeof(ngx_conf_t));
    cf.pool = tap_pool();
    cf.log = tap_log();

    now += 1000000;
    fake_clock(now);
    ngx_rbtree_init(&ngx_event_timer_rbtree, &sentinel, insert);

    state = ngx_court_state_add(&cf, &name, 0, NULL);
    shm = &fake_zones[(fake_nzones - 1) % FAKE_ZONES];
    (void) fake_zone_init(shm, NULL);

    for (i = 0; i < WORKERS; i++) {
        birth(i);
    }

    give_turn(0);
    ngx_court_command_start(state, handler, NULL, tap_log());
}


static void
teardown(void)
{
    ngx_uint_t  i;

    ngx_court_command_stop();

    for (i = 0; i < WORKERS; i++) {
        death(i);
    }
}


/* the others look, each for longer than until it does */

static void
others(void)
{
    ngx_uint_t  i;

    for (i = 1; i < WORKERS; i++) {
        give_turn(i);
        spend(NGX_COURT_COMMAND_LOOK + 1);
    }

    give_turn(0);
    spend(NGX_COURT_COMMAND_WATCH + 1);
}


static void
test_done(void)
{
    setup();

    is_int(send_text(0, "x", 5000), NGX_OK, "sent");
    is_int(told[0].n, 0, "nobody is told from inside send");
    spend(500);
    is_int(worker[0].asked, 1, "who sends it does it, once");
    is_int(told[0].n, 0, "and waits for the others");

    give_turn(1);
    spend(NGX_COURT_COMMAND_LOOK + 1);
    is_int(told[0].n, 0, "for all of them");

    others();
    is_int(told[0].n, 1, "told once");
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "done");
    is_int(told[0].done, WORKERS, "by all");
    is_int(worker[2].asked, 1, "once each");

    spend(1000);
    is_int(told[0].n, 1, "and never again");
    is_int(timers(), 1, "only the look stays");
    teardown();
    is_int(timers(), 0, "until it is stopped");
}


static void
test_again(void)
{
    setup();

    worker[2].says = NGX_AGAIN;
    (void) send_text(0, "x", 5000);
    spend(2);
    others();
    others();
    is_int(told[0].n, 0, "who needs longer is waited for");
    ok(worker[2].asked >= 2, "and asked again");

    worker[2].says = NGX_OK;
    others();
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "done");
    is_int(worker[1].asked, 1, "the others once");
    teardown();
}


static void
test_failed(void)
{
    setup();

    worker[1].says = NGX_ERROR;
    (void) send_text(0, "x", 5000);
    spend(2);
    others();
    is_int(told[0].result, NGX_COURT_COMMAND_FAILED, "failed");
    is_int(told[0].failed, 1, "by one");
    is_int(told[0].who, worker[1].pid, "which");

    worker[1].says = NGX_OK;
    (void) send_text(0, "x", 5000);
    spend(2);
    others();
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "the next one is done");
    teardown();
}


static void
test_late(void)
{
    setup();

    (void) send_text(0, "x", 1000);
    spend(2);
    give_turn(1);
    spend(NGX_COURT_COMMAND_LOOK + 1);
    give_turn(0);
    spend(800);
    is_int(told[0].n, 0, "not before its time");
    spend(200);
    is_int(told[0].result, NGX_COURT_COMMAND_LATE, "late");
    is_int(told[0].who, worker[2].pid, "which");

    /* nobody waits any more: the next may go, though one hangs */

    (void) send_text(1, "y", 1000);
    spend(2);
    ok(wait_of[1].seq != 0, "the next is sent");
    others();
    is_int(told[1].result, NGX_COURT_COMMAND_DONE, "and done by all");
    is_int(worker[2].asked, 1, "by the late one as its first");
    teardown();
}


static void
test_dead(void)
{
    setup();

    (void) send_text(0, "x", 5000);
    spend(2);
    give_turn(1);
    spend(NGX_COURT_COMMAND_LOOK + 1);
    give_turn(0);
    spend(50);
    is_int(told[0].n, 0, "one is missing");
    death(2);
    spend(NGX_COURT_COMMAND_WATCH + 1);
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "the dead is not waited");
    is_int(told[0].done, WORKERS - 1, "nor counted");

    (void) send_text(0, "x", 5000);
    spend(2);
    birth(2);
    give_turn(1);
    spend(NGX_COURT_COMMAND_LOOK + 1);
    give_turn(0);
    spend(NGX_COURT_COMMAND_WATCH + 1);
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "who came later need not");
    teardown();
}


static void
test_two(void)
{
    setup();

    (void) send_text(0, "x", 5000);
    (void) send_text(1, "y", 5000);
    spend(200);
    ok(wait_of[0].seq != 0 && wait_of[1].seq == 0, "one goes first");
    others();
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "the first is done");
    is_int(told[1].n, 0, "the second has begun");
    ok(wait_of[1].seq == wait_of[0].seq + 1, "next");
    others();
    is_int(told[1].result, NGX_COURT_COMMAND_DONE, "and is done");
    is_int(worker[1].asked, 2, "each did both");
    teardown();
}


static void
test_busy(void)
{
    setup();

    (void) send_text(0, "x", 5000);
    spend(2);
    (void) send_text(1, "y", 1000);
    spend(1100);
    is_int(told[1].result, NGX_COURT_COMMAND_BUSY, "the place is not free");
    is_int(told[1].late, WORKERS, "nobody has done it");
    is_int(told[0].n, 0, "the first one waits on");
    ngx_court_command_cancel(&wait_of[0]);

    fake_lock_busy = 1000000000;
    (void) send_text(1, "z", 100);
    spend(200);
    is_int(told[1].result, NGX_COURT_COMMAND_BUSY, "no lock to be had");
    fake_lock_busy = 0;
    teardown();
}


static void
test_cancel(void)
{
    setup();

    (void) send_text(0, "x", 5000);
    ngx_court_command_cancel(&wait_of[0]);
    spend(200);
    is_int(worker[0].asked, 0, "cancelled before it was sent");

    (void) send_text(0, "x", 5000);
    spend(2);
    ngx_court_command_cancel(&wait_of[0]);
    ngx_court_command_cancel(&wait_of[0]);
    is_int(timers(), 1, "nothing is left");
    others();
    is_int(told[0].n, 0, "nobody is told");
    is_int(worker[2].asked, 1, "though it is done");
    teardown();
}


/* bytes of another version, a clock that was set back */

static void
test_odd(void)
{
    u_char     buf[NGX_COURT_STATE_COMMAND + 1];
    uint64_t   seq;
    ngx_str_t  command;
    char       text[NGX_COURT_COMMAND_MAX + 2];

    setup();

    ngx_memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    is_int(send_text(0, text, 1000), NGX_ERROR, "too long");
    text[NGX_COURT_COMMAND_MAX] = '\0';
    is_int(send_text(0, text, 1000), NGX_OK, "just not");
    spend(2);
    others();
    is_int(told[0].result, NGX_COURT_COMMAND_DONE, "and done");

    ngx_memzero(buf, sizeof(buf));
    command.data = buf;
    command.len = 3;
    seq = ngx_court_state_command_seq(state);
    is_int(ngx_court_state_command_post(state, &command, seq - 1, &seq),
           NGX_BUSY, "not behind an older one");
    is_int(ngx_court_state_command_post(state, &command, seq, &seq), NGX_OK,
           "behind the last one");
    spend(NGX_COURT_COMMAND_LOOK + 1);
    is_int(ngx_court_state_line->command_failed, seq, "three bytes are none");
    is_int(worker[0].asked, 1, "and nobody is asked to do them");
    (void) send_text(0, "x", 1000);
    spend(2);
    ok(wait_of[0].seq > seq, "nor stand they in the way");
    ngx_court_command_cancel(&wait_of[0]);

    (void) ngx_court_put64(buf, (uint64_t) (now + 100000000));
    command.len = 9;
    (void) ngx_court_state_command_post(state, &command, wait_of[0].seq,
                                        &seq);
    (void) send_text(0, "x", 1000);
    spend(2);
    ok(wait_of[0].seq > seq, "nor does one that waits for a day");
    others();
    (void) send_text(0, "bad!", 1000);
    spend(2);
    others();
    is_int(told[0].failed, WORKERS, "what nobody knows fails everywhere");
    teardown();
}


int
main(void)
{
    now = NOW;

    test_done();
    test_again();
    test_failed();
    test_late();
    test_dead();
    test_two();
    test_busy();
    test_cancel();
    test_odd();

    return done_testing();
}
