# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# "trace": "durable": the record is on disk before the court sees the request;
# requests that come together share a commit; two workers write one file; what
# a worker that is killed had promised is there.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;

my $dir = Court::dir();
my $file = 'audit.log';

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act/{n}' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary/{n}' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

# a court that looks into the record when it is asked: is the decision there?
CourtSource::start('looks', sub {
    my ($path, $head) = @_;
    my ($id) = $head =~ /^Court-Request-Id: (\S+)\r?$/mi;
    my $there = grep { /"request_id":"$id","phase":"decision"/ } CourtAudit::lines($file);

    return CourtSource::reply(200, "there=$there\n");
});

sub http {
    my ($line) = @_;
    return Court::http_config(policy => $policy,
        main => "court_audit_log $dir/$file $line; upstream looks { server unix:$dir/run/looks.sock; }");
}

our $token = Court::bearer('lawyer');

sub there { return (CourtSource::answered($_[0]))[2] =~ /there=(\d)/ ? $1 : '?' }
sub ask   { return CourtSource::ask("/api/$_[0]", $token) }

our %steps = (
    order => sub {
        is there(ask("act/$_")), 1, "durable $_: on disk before the court was asked" for 1 .. 5;
        is there(ask('ordinary/1')), 0, 'ordinary: still in memory then';
        is CourtAudit::find($file, phase => 'outcome') + 0 <= 5, 1, 'outcomes wait for nobody';
    },

    group => sub {
        my @sockets = map { ask("act/$_") } 1 .. 60;
        is join('', map { there($_) } @sockets), '1' x 60, 'many at once: each is on disk before';
        CourtAudit::poll(sub { CourtAudit::find($file, phase => 'outcome') >= 60 });
        is scalar(CourtAudit::find($file, phase => 'decision', interface => 'act')), 60,
           'each has one record';
        is CourtAudit::chains($file), '', 'two workers, one file: both chains whole';
        my %worker = map { $_->{worker} => 1 } CourtAudit::find($file, event => 'worker_start');
        is scalar(keys %worker), 2, 'two workers have written';
    },

    gone => sub {
        for (1 .. 20) { my $socket = ask("act/$_"); close $socket }
        is there(ask('act/99')), 1, 'clients that are gone hold up nobody';
        CourtAudit::poll(sub { CourtAudit::find($file, phase => 'outcome') >= 21 });
        is CourtAudit::chains($file), '', 'gone: whole';
    },

    killed => sub {
        my ($done, %told) = 0;

        for my $round (1 .. 3) {
            my %pid = map { $_->{worker} =~ /^\d+-(\d+)-/ ? ($1 => 1) : () }
                          CourtAudit::find($file, event => 'worker_start');
            my @sockets = map { ask("act/$_") } 1 .. 20;
            kill 'KILL', grep { kill 0, $_ } keys %pid if $round < 3;

            for my $socket (@sockets) {
                my ($status, $code, $text) = CourtSource::answered($socket);
                my ($id) = $text =~ /^Court-Request-Id: (\S+)\r$/m;
                $told{$id} = 1 if $id && $text =~ /there=1/;
                $done++ if $status;
            }
            CourtAudit::poll(sub { (CourtSource::answered(ask('act/0')))[0] == 200 });
        }

        my %recorded = map { $_->{request_id} => 1 } CourtAudit::find($file, phase => 'decision');
        ok keys %told >= 20, 'killed: some were answered';
        is join(' ', grep { !$recorded{$_} } keys %told), '', 'killed: no durable record is missing';
        is CourtAudit::chains($file), '', 'killed: what is there is whole';
        my $started = () = CourtAudit::find($file, event => 'worker_start');
        ok $started > 2, 'killed: new workers begin new chains';
    },
);

add_response_body_check(sub { my $steps = $_[0]->steps; $steps{$steps}->() });

add_block_preprocessor(sub {
    my ($block) = @_;
    unlink "$dir/$file";
    $block->set_value('no_error_log', $block->killed ? "[emerg]\n[crit]" : "[alert]\n[crit]\n[emerg]");
    $block->set_value('request', 'GET /off');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://looks; }
        location = /off { court off; return 200 "off\n"; }
_EOC_
});

worker_connections(512);
master_on();
workers(2);
no_root_location();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: on disk before the court is asked
--- http_config eval: main::http('flush=10s')
--- steps: order


=== TEST 2: many at once share commits
--- http_config eval: main::http('flush=50ms sync=5ms')
--- steps: group


=== TEST 3: clients that go away while they wait
--- http_config eval: main::http('flush=50ms')
--- steps: gone


=== TEST 4: workers are killed
--- http_config eval: main::http('flush=50ms')
--- steps: killed
--- killed: 1
