# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The stream of events with a real Redis: what authorities revoke, what a
# gateway believes and what it does not, and when it is blind.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtAudit;
use CourtEvents;
use CourtGateway;
use CourtRedis;
use CourtSource;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = Court::dir();
my $redis = CourtRedis->new;

$redis->server('main');
my $sock = "$dir/main/sock";
my $events = CourtEvents->new($sock);

sub interface {
    my ($id, $path, %more) = @_;
    return { id => $id, %more, routes => [ { methods => ['GET'], path => $path } ] };
}

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind'] },
    conditions => { active => { on => 'person', reason => 'practice_not_active',
                                all => [ ['identity.active', '==', JSON::PP::true] ] } },
    interfaces => [ interface('me', '/me'), interface('fact', '/fact'), interface('open', '/open', auth => 'none'),
                    interface('tunnel', '/tunnel', upgrade => 'websocket') ],
    rules => [
        { id => 'r1', effect => 'allow', roles => [qw(lawyer party assistant judge)], interfaces => ['me', 'tunnel'] },
        { id => 'r2', effect => 'allow', roles => ['lawyer'], interfaces => ['fact'], when => ['active'] },
    ],
};

CourtSource::start('tunnel', sub {
    return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello", \120);
});

sub configure {
    CourtGateway::configure(policy => $policy, server => <<'_EOC_', main => <<"_MAIN_", @_);
        location / { proxy_pass http://court_mock; }
        location /tunnel { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
                           proxy_set_header Connection upgrade; proxy_read_timeout 300s; proxy_pass http://tunnel; }
_EOC_
    upstream tunnel { server unix:$dir/run/tunnel.sock; }
    court_redis main { server unix:$sock; command_timeout 1s; }
    court_cache redis=main seal_keys=$dir/seal.key;
    court_events redis=main keys=$dir/authorities.jwks max_silence=4s;
    court_revocation_unknown refuse;
_MAIN_
}

my $no = '401 token_invalid';
my $blind = '503 revocation_unknown';
my %token = map { $_ => Court::token('lawyer', sub => $_, jti => "j-$_") } qw(ann bob eve);
my $staff = Court::token('judge', sub => 'ann');

# while the authority beats
sub wait_for { my ($code) = @_; return CourtGateway::wait_for(sub { $events->tick; $code->() }) }
sub get { $events->tick; return CourtGateway::gets(4, '/me', $_[0] // $token{bob}) }
sub becomes {
    my ($token, $want, $name) = @_;
    my $got;

    ok(wait_for(sub { ($got = get($token)) eq $want }), $name) or diag("$got, " . Court::json(CourtGateway::status()->{revocation}));
}
sub subject { return { subject => { iss => 'https://platform.test', sub => $_[0] } } }
sub is_blind { my ($name) = @_; becomes($token{bob}, $blind, "$name: blind") }
sub sees { my ($name) = @_; becomes($token{bob}, '200', "$name: sees") }
sub feed { return CourtGateway::status()->{revocation} }


# no snapshot: blind, and said so
configure();
is(CourtGateway::start(), 0, 'starts');
is(CourtGateway::gets(4, '/me', $token{bob}), $blind, 'blind without a snapshot');
my $socket = CourtGateway::dial();
print {$socket} CourtGateway::request('GET', '/me', $token{bob}, 'Connection: close');
like(CourtGateway::rest($socket), qr/^Retry-After: \d+\r\n/m, 'comes again');
is(CourtGateway::get('/me', 'nonsense'), $no, 'a bad token is told first');
is(CourtGateway::get('/open', $token{bob}), '200', 'a public interface is answered');
is(CourtGateway::ready(), 503, 'not ready');
ok(feed()->{blind}, 'the status says so');
ok(CourtGateway::reload(), 'a reload meanwhile');
is(CourtGateway::get('/me', $token{bob}), $blind, 'still blind');

$events->beat;
sleep 0.5;
is(CourtGateway::get('/me', $token{bob}), $blind, 'a beat alone is nothing');
$events->head;
sees('snapshot and beat');
is(CourtGateway::ready(), 200, 'ready');


# each kind
for my $row (
    [ 'a subject', subject('ann'), $token{ann} ],
    [ 'a subject of any issuer', { subject => { sub => 'ann' } }, $token{ann}, $staff ],
    [ 'a token by jti', { token => { iss => 'https://platform.test', jti => 'j-ann' } }, $token{ann} ],
    [ 'a key', { key => { iss => 'https://staff.test', kid => 'staff' } }, $staff ],
    [ 'a court', { court => 'B00' }, $token{ann}, $staff ],
) {
    my ($name, $what, @tokens) = @$row;

    $events->deny($what);
    becomes($_, $no, "$name is refused") for @tokens;
    is(get($token{bob}), '200', "$name: others are not") if $name ne 'a court';
    $events->undo($what);
    becomes($_, '200', "$name: undone") for @tokens;
}

my $until = int(time) + 3;
$events->deny(subject('eve'), until => $until);
becomes($token{eve}, $no, 'until a time');
becomes($token{eve}, '200', 'and then not any more');
$events->undo(subject('eve'));


# what this machine says and what the stream says are two things
is(CourtGateway::revoke(kind => 'subject', what => 'ann'), 200, 'revoked here');
$events->deny(subject('ann'));
becomes($token{ann}, $no, 'and there');
is(CourtGateway::revoke(kind => 'subject', what => 'ann', undo => JSON::PP::true), 200, 'undone here');
sleep 0.2;
is(get($token{ann}), $no, 'stays revoked there');


# a restart, with a snapshot that is older than the stream's end
$events->deny(subject("x$_")) for 1 .. 5;
$events->head(size => 2);
$events->deny(subject('eve'));
CourtGateway::slay();
is(CourtGateway::start(), 0, 'started again');
sees('after a restart');
is(get($_), $no, 'still refused') for @token{qw(ann eve)};
is(get(Court::token('lawyer', sub => 'x4')), $no, 'from a part');
$events->undo(subject('eve'));
becomes($token{eve}, '200', 'undone');


# a tunnel ends with an event
$socket = CourtGateway::dial();
print {$socket} CourtGateway::request('GET', '/tunnel', $token{eve}, 'Upgrade: websocket', 'Connection: Upgrade');
like(CourtGateway::rest($socket, qr/hello/), qr/hello/, 'a tunnel');
$events->deny(subject('eve'));
ok(CourtGateway::closes($socket, 20), 'is closed by an event');
$events->undo(subject('eve'));


# the worker that reads is killed, again and again
for (1 .. 3) {
    my $leader = feed()->{leader};

    kill 'KILL', $leader;
    $events->deny(subject('eve'));
    becomes($token{eve}, $no, "leader $_ killed: what came meanwhile is known");
    isnt(feed()->{leader}, $leader, 'another one reads');
    $events->undo(subject('eve'));
    becomes($token{eve}, '200', 'undone');
}

# one that hangs
my $leader = feed()->{leader};
kill 'STOP', $leader;
$events->deny(subject('eve'));
ok(wait_for(sub { my $other = (grep { $_ != $leader } CourtGateway::workers())[0]; feed_of_others($leader) ne $leader }), 'leader stopped: another one reads');
kill 'CONT', $leader;
becomes($token{eve}, $no, 'and what came is known');
$events->undo(subject('eve'));
becomes($token{eve}, '200', 'undone');

# a status that the stopped worker does not answer
sub feed_of_others {
    my ($stopped) = @_;

    for (1 .. 6) {
        my $socket = IO::Socket::UNIX->new(Peer => "$dir/run/control.sock") or next;

        $socket->autoflush(1);
        print {$socket} "GET /status?format=json HTTP/1.0\r\n\r\n";
        my $text = CourtGateway::rest($socket, undef, 1);
        return $1 if $text =~ /"leader":(\d+)/;
    }

    return $stopped;
}


# nobody believes these; a snapshot heals each
my $n = 0;
for my $row (
    [ 'forged', 'signed by a stranger', sub { $events->entry('beat', key => 'stranger', astray => 1) } ],
    [ 'forged', "a stranger's signature under the authority's name", sub { $events->entry('beat', key => 'stranger', kid => 'authority', astray => 1) } ],
    [ 'forged', 'another type', sub { $events->entry('beat', typ => 'at+jwt', astray => 1) } ],
    [ 'forged', 'another history', sub { $events->entry('beat', prev => 'x' x 32, astray => 1) } ],
    [ 'forged', 'the number of another', sub { $events->entry('beat', seq => $events->{seq} + 5, at => $events->{seq} + 1, astray => 1) } ],
    [ 'gap', 'a gap', sub { $events->entry('beat', seq => $events->{seq} + 2, astray => 1) } ],
    [ 'scope', 'a key that may not beat', sub { $events->entry('beat', key => 'registry', astray => 1) } ],
    [ 'scope', "another issuer's subject", sub { $events->entry('deny', what => subject('bob'), key => 'registry', astray => 1) } ],
    [ 'scope', "another court", sub { $events->entry('deny', what => { court => 'B00' }, key => 'registry', astray => 1) } ],
    [ 'forged', 'in clear what must be sealed', sub { $events->entry('deny', what => subject('bob'), clear => 1, astray => 1) } ],
    [ 'sealed', 'sealed with another key', sub { $events->entry('deny', what => { sealed => 'AQJzMQ' . 'A' x 80 }, clear => 1, astray => 1) } ],
    [ 'ahead', 'from the future', sub { $events->entry('beat', time => int(time * 1000) + 3_600_000, astray => 1) } ],
    [ 'old', 'from the past', sub { $events->entry('beat', time => int(time * 1000) - 3_600_000, astray => 1) } ],
    [ 'forged', 'no JWS', sub { $events->redis('XADD', 'court:1:events', $events->{seq} + 1 . '-0', 'e', 'nonsense') } ],
    [ 'forged', 'another field', sub { $events->redis('XADD', 'court:1:events', $events->{seq} + 1 . '-0', 'x', 'y') } ],
    [ 'forged', 'an odd id', sub { $events->redis('XADD', 'court:1:events', $events->{seq} . '-1', 'e', 'y') } ],
) {
    my ($verdict, $name, $do) = @$row;
    my $got;

    sees("before: $name");
    $do->();
    ok(CourtGateway::wait_for(sub { feed()->{blind} && (feed()->{doubt} // '') eq $verdict }), "$name: $verdict")
        or diag(Court::json(feed()));
    ok(CourtGateway::wait_for(sub { ($got = CourtGateway::get('/me', $token{bob})) eq $blind }), "$name: blind") or diag($got);
    isnt(CourtGateway::get('/me', $token{ann}), '200', "$name: who was denied is") if $n % 4 == 0;

    # behind whatever was put there
    $events->redis('XTRIM', 'court:1:events', 'MAXLEN', 0);
    $events->head(leap => 20);
    $events->beat;
    sees("$name: a new snapshot");
    is(get($token{ann}), $no, "$name: what was denied is") if $n++ % 4 == 0;
}


# what is no whole snapshot is none
for my $row (
    [ 'signed by a stranger', key => 'stranger' ],
    [ 'by a key that may not beat', key => 'registry' ],
    [ 'that counts otherwise', entries => 99 ],
    [ 'with other parts', spoil => 1 ],
    [ 'of an older time', seq => 50 ],
) {
    my ($name, %o) = @$row;

    $events->entry('beat', key => 'stranger', astray => 1);
    ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'blind');
    $events->redis('XTRIM', 'court:1:events', 'MAXLEN', 0);
    $events->head(leap => 20, %o);
    $events->beat;
    sleep 1;
    is(CourtGateway::get('/me', $token{bob}), $blind, "a snapshot $name is none");
    $events->head;
    $events->beat;
    sees('a whole one is');
}


# trimmed away while nobody read; a stream that is gone; an older one back
CourtGateway::stop();
$events->deny(subject('eve'));
$events->beat for 1 .. 3;
$events->redis('XTRIM', 'court:1:events', 'MAXLEN', 1);
$events->head;
is(CourtGateway::start(), 0, 'started after a trim');
becomes($token{eve}, $no, 'what was trimmed away is known by the snapshot');
$events->undo(subject('eve'));
becomes($token{eve}, '200', 'undone');

$events->redis('DEL', 'court:1:events');
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'stream deleted: blind');
$events->head(leap => 10);
$events->beat;
sees('goes on behind a leap');

my $dump = { %$events };
my $text = $redis->cli('main', 'SAVE');
Court::file('old.rdb', Court::slurp("$dir/main/dump.rdb"));
$events->deny(subject('eve'));
becomes($token{eve}, $no, 'denied');
$redis->kill_one('main');
Court::file('main/dump.rdb', Court::slurp("$dir/old.rdb"));
$redis->start('main');
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'an older RDB: blind');
isnt(CourtGateway::get('/me', $token{eve}), '200', 'who was denied is not let in');
sleep 1;
is(CourtGateway::gets(4, '/me', $token{eve}), $blind, 'its old snapshot is not enough');
$events->redis('DEL', 'court:1:events');
$events->head(leap => 10);
$events->beat;
sees('a new snapshot');
is(get($token{eve}), $no, 'and nothing was lost');
$events->undo(subject('eve'));
becomes($token{eve}, '200', 'undone');


# the authority is silent: blind, and back by itself
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'silence: blind');
is(feed()->{doubt}, undef, 'but nothing is wrong with the stream');
my $snapshots = feed()->{snapshots};
sees('it beats again');
is(feed()->{snapshots}, $snapshots, 'no snapshot was needed');

# Redis hangs, and is back
$redis->pause('main');
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'Redis hangs: blind');
$redis->cont('main');
sees('Redis is back');
$redis->kill_one('main');
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'Redis is gone: blind');
$redis->start('main');
$events->head(leap => 10);
$events->beat;
sees('Redis is back, empty, and the authority writes anew');


# a reload keeps what is known; other authorities begin anew
ok(CourtGateway::reload(), 'reloaded');
is(get($token{bob}), '200', 'not blind after a reload');
is(get($token{ann}), $no, 'and knows who was denied');


# facts
Court::identity('bob');
sub fact { $events->tick; return CourtGateway::gets(4, '/fact', $token{bob}) }
is(fact(), '200', 'a fact');
Court::identity('bob', status => 'revoked');
is(fact(), '200', 'is cached');
$events->entry('invalidate', what => { fact => { fact => 'identity', key => ['platform', 'bob'] } });
ok(wait_for(sub { fact() eq '403 practice_not_active' }), 'until an event says that it is not true');
Court::identity('bob');
is(fact(), '403 practice_not_active', 'is cached again');
$events->entry('beat', key => 'stranger', astray => 1);
ok(CourtGateway::wait_for(sub { CourtGateway::get('/me', $token{bob}) eq $blind }), 'a doubt');
$events->redis('XTRIM', 'court:1:events', 'MAXLEN', 0);
$events->head(leap => 20);
$events->beat;
sees('resolved');
ok(wait_for(sub { fact() eq '200' }), 'what was cached before a doubt does not serve');


my $metrics = CourtGateway::unix_ask('GET', '/status?format=prometheus')->{text};
like($metrics, qr/^court_events_blind 0$/m, 'metrics: not blind');
like($metrics, qr/^court_events_verdicts_total\{verdict="forged"\} [1-9]/m, 'metrics: forged ones');
like($metrics, qr/^court_events_total\{kind="deny"\} [1-9]/m, 'metrics: denials');
ok((grep { ($_->{verb} // '') eq 'events.doubt' } CourtAudit::find('audit.log', event => 'control')), 'recorded');
is(CourtGateway::log_has('\[(?:alert|crit|emerg)\](?!.* exited on signal 9)'), 0, 'no alert');
unlike(Court::slurp($CourtGateway::log), qr/"?(?:ann|eve|bob)\b"/, 'the log names nobody');
CourtGateway::stop();

done_testing();
