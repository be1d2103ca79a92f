# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The authority's publisher and a gateway, with a real Redis between: what is
# denied there is refused here, is kept over whatever happens to either, and
# "courtctl revoke" waits until the gateway has it.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtGateway;
use CourtRedis;
use CourtSource;
use IO::Socket::UNIX;
use JSON::PP;
use MIME::Base64 qw(encode_base64url);
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = Court::dir();
my $tool = $ENV{COURT_TOOL} || 'build/court-tool';
my $redis = CourtRedis->new;

$redis->server('main');
my $sock = "$dir/main/sock";

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active'] },
    conditions => {},
    interfaces => [ { id => 'me', routes => [ { methods => ['GET'], path => '/me' } ] } ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['me'] } ],
};

sub file { my ($name, $text, $mode) = @_; Court::file($name, $text); chmod $mode || 0644, "$dir/$name"; return }

is(system($tool, qw(keys new ec --kid auth-1 --out), "$dir/auth.jwk"), 0, 'an authority');
my $jwks = JSON::PP->new->decode(scalar qx{$tool keys public --in $dir/auth.jwk});
$_->{court_scope} = { issuers => ['*'], courts => ['*'], kinds => ['*'] } for @{$jwks->{keys}};
file('authorities.jwks', Court::json($jwks));
file('seal.key', 's1 sm4-ctr-hmac-sm3 ' . encode_base64url('K' x 32) . "\n", 0600);
file('events.conf', join '', map { "$_\n" } "redis = unix:$sock", 'key = auth.jwk', 'keys = authorities.jwks',
     'seal_keys = seal.key', 'state = publisher', 'socket = publisher.sock', 'snapshot = 2', 'keep = 50');
file('courtctl.conf', join '', map { "$_\n" } 'events = events.conf', 'publisher = unix:publisher.sock',
     'gateways = unix:run/control.sock:/control', 'timeout = 40');

my ($publisher, $owner) = (0, $$);

sub publish {
    $publisher = fork // die "fork: $!\n";
    return if $publisher;
    open STDERR, '>>', "$dir/publisher.log";
    exec $tool, 'events', 'publisher', '-c', "$dir/events.conf" or exit 4;
}

sub unpublish { my ($signal) = @_; kill $signal, $publisher; waitpid $publisher, 0; $publisher = 0; return }

END {
    if ($owner == $$ && $publisher) { my $status = $?; unpublish('KILL'); $? = $status }
}

# the status, and the JSON
sub ask {
    my ($body) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => "$dir/publisher.sock") or return 0;
    my $text = Court::json($body);

    $socket->autoflush(1);
    print {$socket} "POST /revoke HTTP/1.1\r\nContent-Length: " . length($text) . "\r\n\r\n$text";
    local $/;
    my ($status) = (<$socket> // '') =~ m{\AHTTP/1\.1 (\d+)};
    return $status || 0;
}

sub courtctl {
    my ($who, @words) = @_;

    local $ENV{COURTCTL_CONF} = "$dir/courtctl.conf";
    local $ENV{COURT_TOOL} = $tool;
    open my $out, '>', "$dir/who" or die;
    print {$out} "$who\n";
    close $out;
    return system("lua-free-scripts/courtctl @words < $dir/who > $dir/out 2>&1") >> 8;
}

my $no = '401 token_invalid';
my $blind = '503 revocation_unknown';
my %token = map { $_ => Court::token('lawyer', sub => $_, jti => "j-$_") } qw(ann bob eve);

sub get { return CourtGateway::gets(4, '/me', $token{$_[0]}) }
sub becomes {
    my ($who, $want, $name) = @_;
    my $got;

    ok(CourtGateway::wait_for(sub { ($got = get($who)) eq $want }), $name)
        or diag("$got, " . Court::json(CourtGateway::status()->{revocation}) . Court::slurp("$dir/publisher.log"));
}
sub subject { return { subject => { iss => 'https://platform.test', sub => $_[0] } } }

CourtGateway::configure(policy => $policy, server => 'location / { proxy_pass http://court_mock; }', main => <<"_MAIN_");
    court_redis main { server unix:$sock; command_timeout 1s; }
    court_cache redis=main seal_keys=$dir/seal.key;
    court_events redis=main keys=$dir/authorities.jwks max_silence=4s;
_MAIN_

is(CourtGateway::start(), 0, 'starts');
is(get('bob'), $blind, 'blind: there is no publisher');
publish();
becomes('bob', '200', 'it publishes: the gateway sees');

is(ask({ kind => 'deny', what => subject('ann') }), 200, 'denied');
becomes('ann', $no, 'and refused');
is(get('bob'), '200', 'nobody else is');
is(ask({ kind => 'deny', what => { token => { iss => 'https://platform.test', jti => 'j-eve' } } }), 200, 'a token');
becomes('eve', $no, 'refused');

# by courtctl: done when the gateway has it
is(courtctl('bob', qw(revoke subject --issuer https://platform.test)), 0, 'courtctl revoke');
is(get('bob'), $no, 'has waited for it');
is(courtctl('bob', qw(revoke undo subject --issuer https://platform.test)), 0, 'courtctl revoke undo');
is(get('bob'), '200', 'has waited for it, too');
is(courtctl('', qw(revoke court B00)), 0, 'a court');
is(get('bob'), $no, 'whose callers are refused');
is(courtctl('', qw(revoke undo court B00)), 0, 'undone');
is(get('bob'), '200', 'and let in');
is(courtctl('', qw(events status)), 0, 'courtctl events status');
like(Court::slurp("$dir/out"), qr/state +ok/, 'the gateway has all');
is(courtctl('', qw(events verify)), 0, 'courtctl events verify');

# the publisher dies
unpublish('KILL');
becomes('bob', $blind, 'killed: blind after a while');
is(courtctl('', qw(events status)), 4, 'which courtctl says');
publish();
becomes('bob', '200', 'started: sees');
is(get('ann'), $no, 'what was denied is');

# Redis loses all
is($redis->cli('main', 'flushall') // '', 'OK', 'flushed') if $redis->can('cli');
becomes('bob', '200', 'sees again');
becomes('ann', $no, 'what was denied is');

# committed -> refused
my @took;
for my $i (1 .. 20) {
    my $token = Court::token('lawyer', sub => "p$i");
    CourtGateway::get('/me', $token);
    ask({ kind => 'deny', what => subject("p$i") });
    my $since = time;
    CourtGateway::wait_for(sub { CourtGateway::get('/me', $token) eq $no }) or last;
    push @took, time - $since;
}
is(@took, 20, '20 more');
diag(sprintf 'refused %.0f ms after the answer, at most %.0f', 1000 * (sort { $a <=> $b } @took)[10],
     1000 * (sort { $a <=> $b } @took)[-1]);

is(CourtGateway::log_has('\[(?:alert|crit|emerg)\]'), 0, 'no alert');
unpublish('TERM');
CourtGateway::stop();

done_testing();
