# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Nothing of the log is hashed or written on a worker's event loop but its last
# lines: a line of the debug log says who wrote how much, and its thread.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtControl;
use CourtSource;

my $dir = Court::dir();
my $file = 'flush.audit';
my @names = ($file);

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

our $http = Court::http_config(policy => $policy,
    main => "court_audit_log $dir/$file flush=60s buffer=1m;")
    . $CourtControl::SERVER;
our $token = Court::bearer('lawyer');

# [who, bytes]: who is "here" with the event loop's own thread, else "thread"
sub written {
    my ($log) = @_;
    my @written;

    while ($log =~ /(\d+)#(\d+): (?:\*\d+ )?court: audit: "[^"]*": (\d+) bytes written (here|by a thread)/g) {
        my ($pid, $tid, $bytes, $who) = ($1, $2, $3, $4);
        push @written, [$pid, ($tid == $pid ? 'loop' : 'thread'), $bytes, $who];
    }

    return @written;
}

sub log_text { return join '', CourtAudit::lines($Test::Nginx::Util::ErrLogFile) }

sub serve {
    my ($path, $n) = @_;
    my @sockets = map { CourtSource::ask($path, $token) } 1 .. $n;
    return scalar grep { (CourtSource::answered($_))[0] == 200 } @sockets;
}

# by batches that fit into worker_connections
sub gather {
    my ($n) = @_;
    my $served = 0;
    $served += serve('/api/ordinary', 50) for 1 .. $n / 50;
    return $served;
}

sub ordinary { return scalar CourtAudit::find($_[0], phase => 'decision', interface => 'ordinary') }

our %steps = (
    control => sub {
        is gather(400), 400, 'control: served';
        is ordinary($file), 0, 'control: all is in memory';

        my $answer = CourtControl::ask('POST', '/audit/flush', {});
        is $answer->{status}, 200, 'control: answered';
        is scalar @{$answer->{json}{done}}, 1, 'control: by the worker';
        is ordinary($file), 400, 'control: and all is in the file by then';
    },

    rotate => sub {
        is gather(400), 400, 'rotate: served';
        my $old = ordinary($file);

        rename "$dir/$file", "$dir/$file.1" or die "$file: $!\n";
        push @names, "$file.1";
        kill 'USR1', CourtAudit::pid();
        ok CourtAudit::poll(sub { ordinary("$file.1") == $old + 400 }), 'rotate: all goes to the old file';
        ok CourtAudit::poll(sub { -e "$dir/$file" }), 'rotate: there is a new one';

        is serve('/api/act', 5), 5, 'rotate: durable ones after it';
        is scalar(CourtAudit::find($file, phase => 'decision', interface => 'act')), 5, 'rotate: in the new one';
        is CourtAudit::chains("$file.1", $file), '', 'rotate: the chain goes on';
    },

    entry => sub {
        is serve('/api/act', 1), 1, 'entry: served';
        my @synced = log_text() =~ /court: audit: "[^"]*": directory "([^"]*)" synchronised/g;
        is "@synced", $dir, 'entry: its directory is synchronised';
        is serve('/api/act', 3), 3, 'entry: more';
        @synced = log_text() =~ /(directory "[^"]*" synchronised)/g;
        is scalar @synced, 1, 'entry: once for a file';

        kill 'USR1', CourtAudit::pid();
        ok CourtAudit::poll(sub { log_text() =~ /reopening logs/ }), 'entry: reopened';
        is serve('/api/act', 1), 1, 'entry: served';
        @synced = log_text() =~ /(directory "[^"]*" synchronised)/g;
        is scalar @synced, 2, 'entry: and once for the next file';
    },
);

add_response_body_check(sub {
    my $steps = $_[0]->steps;
    $steps{$steps}->();

    my @written = written(log_text());
    my ($worker) = map { $_->[0] } grep { $_->[1] eq 'thread' } @written;
    my @loop = grep { $_->[0] == ($worker // 0) && $_->[1] eq 'loop' && $_->[2] } @written;

    ok $worker, "$steps: a thread writes";
    is scalar(grep { $_->[1] eq 'thread' && $_->[3] ne 'by a thread' } @written), 0, "$steps: as it says";
    is join(' ', map { $_->[2] } @loop), '', "$steps: the event loop does not";
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('http_config', $http);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
    $block->set_value('request', 'GET /off');
    $block->set_value('config', <<'_EOC_');
        location /api/ { proxy_pass http://court_mock; }
        location = /off { court off; return 200 "off\n"; }
_EOC_
});

log_level('debug');
worker_connections(512);
master_on();
workers(1);
no_root_location();
no_shuffle();
run_tests();

is CourtAudit::chains(reverse @names), '', 'at the end all is whole';

__DATA__

=== TEST 1: POST audit/flush is answered when threads have written all
--- steps: control


=== TEST 2: USR1 with much in memory
--- steps: rotate


=== TEST 3: a file's directory
--- steps: entry
