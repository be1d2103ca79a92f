# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Records by syslog, to a socket of the test.  That is never durable.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;
use IO::Select;
use IO::Socket::INET;

my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp') or die "udp: $!\n";
our $port = $socket->sockport;

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

sub http {
    return Court::http_config(policy => $policy,
        main => "court_audit_log syslog:server=127.0.0.1:$port,tag=court; " . ($_[0] // ''));
}

our $token = Court::bearer('lawyer');
my @datagrams;

sub received {
    my ($pattern) = @_;
    my $select = IO::Select->new($socket);

    CourtAudit::poll(sub {
        while ($select->can_read(0.02)) {
            $socket->recv(my $text, 65536);
            push @datagrams, $text;
        }
        return grep { /$pattern/ } @datagrams;
    });

    return grep { /$pattern/ } @datagrams;
}

our %steps = (
    sent => sub {
        is CourtSource::fetch('/api/ordinary', $token), 200, 'syslog: served';
        my ($line) = received(qr/"phase":"decision"/);
        like $line, qr/^<190>\w{3} [ \d]\d [\d:]{8} \S+ court: \{"v":1,"seq":\d+,.*"prev":"sm3:[0-9a-f]{64}"\}\z/,
             'syslog: one record in a datagram';
        ok received(qr/"phase":"outcome"/), 'syslog: and the outcome';
        ok received(qr/"event":"start"/), 'syslog: and what the master says';

        my %worker;
        push @{$worker{$_->{worker}}}, $_
            for map { JSON::PP->new->utf8->decode(/(\{.*\})/) } @datagrams;
        for my $records (values %worker) {
            is join(' ', map { $_->{seq} } @$records), join(' ', 1 .. @$records), 'syslog: numbered';
        }
        is CourtSource::fetch('/api/act', $token), '503 audit_unavailable', 'syslog: not durable, so refused';
    },
    allow => sub {
        is CourtSource::fetch('/api/act', $token), 200, 'syslog: allowed without';
        ok received(qr/"phase":"decision".*"interface":"act"/), 'syslog: and recorded';
    },
);

add_response_body_check(sub { my $steps = $_[0]->steps; @datagrams = () if $steps eq 'allow'; $steps{$steps}->() });

add_block_preprocessor(sub {
    my ($block) = @_;
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

=== TEST 1: records by syslog
--- http_config eval: main::http()
--- steps: sent


=== TEST 2: durable without a disk, where that may be
--- http_config eval: main::http('court_audit_on_failure allow;')
--- steps: allow
