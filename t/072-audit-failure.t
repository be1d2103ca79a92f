# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The disk is full: /dev/full takes the log's place.  What is refused then
# says court_audit_on_failure; nothing stalls, and it is over when the disk is.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;
use Time::HiRes qw(time);

my $dir = Court::dir();
my $file = 'audit.log';

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

sub http {
    my ($line) = @_;
    return Court::http_config(policy => $policy,
        main => "court_audit_log $dir/$file flush=50ms; $line");
}

our $token = Court::bearer('lawyer');
my $unavailable = '503 audit_unavailable';

sub get { return CourtSource::fetch("/api/$_[0]", $token) }

sub all {
    my ($what, $act, $ordinary) = @_;
    Court::hits();

    is get('act'), $act, "$what: durable" for 1 .. 3;
    is Court::hits(), ($act eq '200' ? 3 : 0), "$what: and the court";
    is get('ordinary'), $ordinary, "$what: ordinary" for 1 .. 3;
    is Court::hits(), ($ordinary eq '200' ? 3 : 0), "$what: and the court";
}

our %steps = (
    refuse_durable => sub {
        all('refuse_durable', $unavailable, '200');
        my $began = time;
        is CourtSource::fetch('/off'), 200, 'others do not notice';
        get('act') for 1 .. 20;
        ok time - $began < 10, 'and nothing stalls';
    },
    refuse => sub { all('refuse', $unavailable, $unavailable) },
    allow  => sub { all('allow', 200, 200) },

    again => sub {
        all('full', $unavailable, '200');

        unlink "$dir/$file";
        kill 'USR1', CourtAudit::pid();
        ok CourtAudit::poll(sub { get('act') eq '200' }), 'the disk is back';
        all('back', '200', '200');

        ok CourtAudit::poll(sub { CourtAudit::find($file, phase => 'outcome', status => 503) >= 3 }),
           'what was refused meanwhile is recorded';
        is CourtAudit::chains($file), '', 'in order, and whole';
        is scalar(CourtAudit::find($file, phase => 'decision', reason => 'audit_unavailable')) > 0, 1,
           'with its reason';
    },
);

add_response_body_check(sub { my $steps = $_[0]->steps; $steps{$steps}->() });

add_block_preprocessor(sub {
    my ($block) = @_;
    unlink "$dir/$file";
    symlink '/dev/full', "$dir/$file" or die "$dir/$file: $!\n";
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
    $block->set_value('request', 'GET /off');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /off { court off; return 200 "off\n"; }
_EOC_
});

no_root_location();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: by default what must be durable is refused
--- http_config eval: main::http('')
--- steps: refuse_durable
--- error_log eval
[qr/court: audit: ".*" cannot be written \(28: No space left on device\)/]


=== TEST 2: refuse_durable
--- http_config eval: main::http('court_audit_on_failure refuse_durable;')
--- steps: refuse_durable


=== TEST 3: refuse
--- http_config eval: main::http('court_audit_on_failure refuse;')
--- steps: refuse


=== TEST 4: allow
--- http_config eval: main::http('court_audit_on_failure allow;')
--- steps: allow


=== TEST 5: the disk comes back
--- http_config eval: main::http('')
--- steps: again
--- error_log
is written again
