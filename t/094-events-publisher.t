# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The authority's publisher and a gateway together: what "courtctl revoke" says
# to the one is refused by the other when it returns; a publisher that stops
# leaves nobody let in.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtEvents;
use CourtGateway;
use CourtRedis;
use JSON::PP;
use Test::More;

my $dir = Court::dir();
my $tool = $ENV{COURT_TOOL} or die "no court-tool\n";
my $redis = CourtRedis->new;

$redis->server('main');
CourtEvents->new("$dir/main/sock");             # the ring of seal keys

system($tool, qw(keys new ec --kid auth-1 --out), "$dir/auth.jwk") == 0 or die;
my $public = JSON::PP->new->utf8->decode(Court::run('', $tool, qw(keys public --in), "$dir/auth.jwk"))->{keys}[0];
Court::file('events.jwks', Court::json({ keys => [ { %$public, court_scope => { map { $_ => ['*'] } qw(issuers courts kinds) } } ] }));
Court::file('events.conf', <<"_EOC_");
redis = unix:$dir/main/sock
prefix = court
key = auth.jwk
keys = events.jwks
seal_keys = seal.key
state = authority
socket = publisher.sock
_EOC_
mkdir "$dir/authority", 0700;
Court::file('courtctl.conf', <<"_EOC_");
control = unix:$dir/run/control.sock:/control
publisher = unix:$dir/publisher.sock
_EOC_

my $policy = {
    format => 1, version => 1,
    interfaces => [ { id => 'me', routes => [ { methods => ['GET'], path => '/me' } ] } ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['me'] } ],
};

CourtGateway::configure(policy => $policy, main => <<"_EOC_");
    court_redis main { server unix:$dir/main/sock; command_timeout 1s; }
    court_cache redis=main seal_keys=$dir/seal.key;
    court_events redis=main keys=$dir/events.jwks max_silence=5s;
_EOC_

sub publisher { $redis->launch('publisher', $tool, qw(events publisher -c), "$dir/events.conf") }

sub ctl {
    my ($input, @words) = @_;

    Court::file('ctl.in', $input);
    system("lua-free-scripts/courtctl -c $dir/courtctl.conf revoke @words < $dir/ctl.in > $dir/ctl.out 2> $dir/ctl.err");
    return $? >> 8;
}

sub get { return CourtGateway::gets(4, '/me', $_[0]) }

my $no = '401 token_invalid';
my $blind = '503 revocation_unknown';
my ($ann, $bob) = map { Court::token('lawyer', sub => $_, jti => "j-$_") } qw(ann bob);
my @platform = ('--issuer', 'https://platform.test');

publisher();
is(CourtGateway::start(), 0, 'starts');
ok(CourtGateway::wait_for(sub { get($bob) eq '200' }), 'sees what the publisher says') or diag(Court::slurp("$dir/publisher.out"));

is(ctl("ann\n", 'subject', @platform), 0, 'courtctl: a subject') or diag(Court::slurp("$dir/ctl.err"));
is(get($ann), $no, 'is refused when it returns');
is(get($bob), '200', 'others are not');
is(ctl('', 'list', '-o', 'json'), 0, 'courtctl: list');
is(ctl("ann\n", 'undo', 'subject', @platform), 0, 'courtctl: undone');
is(get($ann), '200', 'may again');
is(ctl("$ann\n", 'token'), 0, 'courtctl: a token');
is(get($ann), $no, 'is refused');
is(ctl("bob\n", 'subject', '--local'), 0, 'courtctl: on this machine alone');
is(get($bob), $no, 'is refused');
is(ctl("bob\n", 'undo', 'subject', '--local'), 0, 'courtctl: undone');
is(get($bob), '200', 'may again');

CourtGateway::slay();
is(CourtGateway::start(), 0, 'started again');
ok(CourtGateway::wait_for(sub { get($bob) eq '200' }), 'sees again');
is(get($ann), $no, 'what was revoked is');

$redis->kill_one('publisher');
ok(CourtGateway::wait_for(sub { get($bob) eq $blind }), 'the publisher is killed: blind');
publisher();
ok(CourtGateway::wait_for(sub { get($bob) eq '200' }), 'it is back: sees');
is(get($ann), $no, 'what was revoked is');

is(CourtGateway::log_has('\[(?:alert|crit|emerg)\]'), 0, 'no alert');
CourtGateway::stop();
$redis->kill_one('publisher');

done_testing();
