# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The worker that fetches for all is killed, told to quit, or terminated: who
# waits in the other one is answered, by at most two calls of the source.

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

# a connection of that worker's, or of any
sub connection {
    my ($pid) = @_;

    for (1 .. 200) {
        my $socket = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', PeerPort => $Test::Nginx::Util::ServerPortForClient,
            Proto => 'tcp') or next;
        syswrite $socket, "GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n";
        my ($text, $buf) = ('', '');
        while ($text !~ /\r\n\r\n(\d+)\n/) {
            sysread($socket, $buf, 4096) or last;
            $text .= $buf;
        }
        my ($is) = $text =~ /\r\n\r\n(\d+)\n/ or next;
        return ($socket, $is) if !$pid || $is == $pid;
    }
    die "no connection to worker $pid\n";
}

sub other_connection {
    my ($not) = @_;

    for (1 .. 200) {
        my ($socket, $pid) = connection();
        return ($socket, $pid) if $pid != $not;
    }
    die "no other worker than $not\n";
}

sub send_on {
    my ($socket, $path, $who) = @_;
    syswrite $socket, join "\r\n", "GET /api/$path HTTP/1.1", 'Host: localhost',
                                   'Connection: close', token($who), '', '';
    return $socket;
}

# the owner's own requests die with it: those of the other worker may not
sub owner {
    my ($signal, $path, $who) = @_;
    my ($first, $owner) = connection();
    send_on($first, $path, $who);
    ok wait_calls(1), "$who: its worker fetches";
    my ($second, $other) = other_connection($owner);
    my @others = map { scalar((connection($other))[0]) } 1 .. 30;
    send_on($_, $path, $who) for $second, @others;
    sleep 0.3;
    is seen(), 1, "$who: the other one waits";

    kill $signal, $owner;
    return ($second, @others);
}

our %steps = (
    killed => sub {
        my @left = owner('KILL', 'any', 'slow-k');
        ok wait_calls(2), 'killed: another one asks';
        sleep 0.3;
        go();
        is all(@left), '31 x 200', 'killed: everybody else is answered';
        is calls(), 2, 'killed: by two calls';
        is get('any', 'slow-k'), 200, 'killed: and it is kept';
        is calls(), 0, 'killed: for all';
    },

    # it finishes what it has begun, or leaves it to the other one
    quit => sub {
        my @left = owner('QUIT', 'any', 'slow-q');
        sleep 0.5;
        go();
        is all(@left), '31 x 200', 'quit: everybody else is answered';
        ok calls() <= 2, 'quit: by two calls at most';
    },

    terminated => sub {
        my @left = owner('TERM', 'any', 'slow-t');
        ok wait_calls(2), 'terminated: handed over';
        go();
        is all(@left), '31 x 200', 'terminated: everybody else is answered';
        is calls(), 2, 'terminated: by two calls';
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
    $block->set_value('no_error_log', qr{\[(?:crit|emerg)\]});
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /pid { court off; return 200 "$pid\n"; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

run_tests();

__DATA__

=== TEST 1: the worker that fetches is killed
--- http_config eval: main::http('')
--- steps: killed


=== TEST 2: it is told to quit
--- http_config eval: main::http('')
--- steps: quit


=== TEST 3: it is terminated
--- http_config eval: main::http('')
--- steps: terminated
