# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# One fetch for all workers: two of them, one cold key, 500 who ask at once;
# the worker that fetches is killed, or told to go; what it could not find
# out; a breaker that one worker opens and the other finds open.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtFlight;
use CourtSource;
use Time::HiRes qw(sleep time);

master_on();
workers(2);
worker_connections(2048);
log_level('info');
no_shuffle();

my $dir = Court::dir();

our %steps = (
    many => sub {
        my $who = 'slow-500';
        token($who);
        my @sockets = map { ask('any', $who) } 1 .. 500;
        ok wait_calls(1), 'many: the source is asked';
        sleep 0.5;
        is seen(), 1, 'many: once for two workers';
        go();
        is all(@sockets), '500 x 200', 'many: all are answered';
        is calls(), 1, 'many: by one call';
    },

    gone => sub {
        my $first = ask('any', 'slow-g');
        ok wait_calls(1), 'gone: the first one started it';
        my @others = map { ask('any', 'slow-g') } 1 .. 60;
        sleep 0.2;
        close $first;
        sleep 0.1;
        go();
        is all(@others), '60 x 200', 'gone: everybody else is answered';
        is calls(), 1, 'gone: by the same call';
    },

    none => sub {
        my @sockets = map { ask('any', 'none-1') } 1 .. 40;
        is all(@sockets), '40 x 403 identity_not_found', 'none: travels, too';
        is calls(), 1, 'none: by one call';
    },

    # not one after the other: 40 who wait are told when the one fetch fails
    fails => sub {
        my @sockets = map { ask('any', 'hang-1') } 1 .. 40;
        ok wait_calls(1), 'fails: asked';
        sleep 0.5;
        go();
        is all(@sockets), '40 x 503 identity_unavailable', 'fails: all are told';
        is calls(), 1, 'fails: after one call';
    },

    later => sub {
        my @any = map { ask('any', 'slow-4') } 1 .. 20;
        ok wait_calls(1), 'later: a flight is under way';
        sleep 0.05;
        my @fresh = map { ask('now', 'slow-4') } 1 .. 20;
        sleep 0.3;
        is seen(), 1, 'later: they wait';
        go();
        is all(@any), '20 x 200', 'later: whom it serves';
        is all(@fresh), '20 x 200', 'later: who came after its start';
        my $calls = calls();
        ok $calls >= 2 && $calls <= 3, "later: and need another one ($calls calls)";
    },

    quit => sub {
        my @sockets = map { ask('any', 'slow-q') } 1 .. 60;
        ok wait_calls(1), 'quit: asked';
        sleep 0.3;
        kill 'HUP', Court::slurp($Test::Nginx::Util::PidFile) =~ /(\d+)/;
        sleep 0.3;
        my @new = map { ask('any', 'slow-q') } 1 .. 20;
        sleep 0.3;
        go();
        is all(@sockets), '60 x 200', 'quit: those of the old workers';
        is all(@new), '20 x 200', 'quit: those of the new ones';
        is calls(), 1, 'quit: by one call';
    },

    breaker => sub {
        Court::file('dead', '');
        get('any', "dead-$_") for 1 .. 3;
        calls();
        is all(map { ask('any', "dead-x$_") } 1 .. 40), '40 x 503 identity_unavailable',
           'breaker: open for both workers';
        is calls(), 0, 'breaker: neither finds out for itself';

        sleep 2.1;
        is all(map { ask('any', "dead-y$_") } 1 .. 40), '40 x 503 identity_unavailable',
           'breaker: half open';
        is calls(), 1, 'breaker: one probe by one worker';

        unlink "$dir/dead";
        ok CourtSource::wait_for(sub { get('any', 'dead-1') eq '200' }), 'breaker: closes';
        is all(map { ask('any', "fine-$_") } 1 .. 20), '20 x 200', 'breaker: for both';
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    my $steps = $block->steps;
    hold();
    calls();
    $steps{$steps}->();
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

run_tests();

__DATA__

=== TEST 1: 500 requests for one cold key over two workers
--- http_config eval: main::http('')
--- steps: many


=== TEST 2: whose request started it goes away
--- http_config eval: main::http('')
--- steps: gone


=== TEST 3: a definite "none"
--- http_config eval: main::http('')
--- steps: none


=== TEST 4: a fetch that fails
--- http_config eval: main::http('breaker 1000/1s;')
--- steps: fails


=== TEST 5: a demand for what begins after the request
--- http_config eval: main::http('')
--- steps: later


=== TEST 6: a reload while it is asked for
--- http_config eval: main::http('')
--- steps: quit


=== TEST 7: the breaker is the machine's
--- http_config eval: main::http('breaker 3/2s;')
--- steps: breaker
