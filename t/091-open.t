# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What is open when its owner is revoked, or his token or time is over:
# tunnels, long answers, slow uploads; on each worker, over HTTP/1.1 and
# HTTP/2; and what others have open meanwhile.

use strict;
use warnings;
use lib 't/lib';
use Court;
use CourtAudit;
use CourtGateway;
use CourtSource;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

my $dir = Court::dir();

sub interface {
    my ($id, $path, $methods, %more) = @_;
    return { id => $id, %more, routes => [ { methods => $methods, path => $path } ] };
}

my $policy = {
    format => 1, version => 1,
    interfaces => [
        interface('me', '/me', ['GET']),
        interface('tunnel', '/tunnel', ['GET'], upgrade => 'websocket'),
        interface('long', '/long/{n}', ['GET']),
        interface('silent', '/silent', ['GET']),
        interface('up', '/up/{n}', ['POST', 'PUT']),
        interface('short', '/short', ['GET'], upgrade => 'websocket'),
        interface('file', '/big.txt', ['GET']),
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer', 'assistant'],
                 interfaces => [qw(me tunnel long silent up short file)] } ],
};

# a court that talks slowly and for long; says who was refused
CourtSource::start('slow', sub {
    my ($path, $head) = @_;

    return \120 if $path eq '/silent';
    return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello", \120, 'late')
        if $head =~ /^Upgrade: websocket\r?$/mi;
    return ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegun", \120, 'late') if $path =~ m{^/long};
    return CourtSource::reply(200, 'done');
});

Court::file('www/big.txt', 'x' x 20_000_000);

sub configure {
    CourtGateway::configure(policy => $policy, @_,
        main => "upstream slow { server unix:$dir/run/slow.sock; }",
        server => <<"_EOC_");
        listen unix:$dir/run/h2.sock http2;
        proxy_read_timeout 300s;
        proxy_buffering off;
        location / {
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$http_connection;
            proxy_pass http://slow;
        }
        location /up/stream { proxy_http_version 1.1; proxy_request_buffering off; proxy_pass http://slow; }
        location = /short {
            court_session_max 2s;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_pass http://slow;
        }
        location = /big.txt { root $dir/www; limit_rate 1000; }
_EOC_
}

sub token { return Court::token('lawyer', sub => shift, @_) }

sub tunnel {
    my ($path, $token) = @_;
    my $socket = CourtGateway::dial();

    print {$socket} CourtGateway::request('GET', $path, $token, 'Upgrade: websocket', 'Connection: Upgrade');
    like(CourtGateway::rest($socket, qr/hello/), qr{^HTTP/1\.1 101 .*hello}s, "$path: a tunnel");
    return $socket;
}

sub long {
    my ($path, $token) = @_;
    my $socket = CourtGateway::dial();

    print {$socket} CourtGateway::request('GET', $path, $token);
    like(CourtGateway::rest($socket, qr/begun|\r\n\r\nx/), qr{^HTTP/1\.1 200 .*(?:begun|\r\n\r\nx)}s, "$path has begun");
    return $socket;
}

# a body of 1000 bytes, of which ten come
sub upload {
    my ($path, $token, @headers) = @_;
    my $socket = CourtGateway::dial();

    @headers = ('Content-Length: 1000') unless @headers;
    print {$socket} CourtGateway::request('POST', $path, $token, @headers), $headers[0] =~ /chunked/ ? "a\r\n" . 'x' x 10 . "\r\n" : 'x' x 10;
    return $socket;
}

sub goes_on {
    my ($socket) = @_;
    my ($select, $end) = (IO::Select->new($socket), time + 0.3);

    while (time < $end) {
        next unless $select->can_read(0.1);
        return 0 unless sysread $socket, my $text, 65536;
    }

    return 1;
}

sub deny { return CourtGateway::revoke(kind => 'subject', issuer => 'platform', what => $_[0], @_[1 .. $#_]) }

configure();
is(CourtGateway::start(), 0, 'starts');


# several of one, so that each worker has some; and one of somebody else
my ($ann, $bob) = map { token($_) } qw(ann bob);
my %open = (
    (map { ("tunnel $_" => tunnel('/tunnel', $ann)) } 1 .. 6),
    (map { ("long $_" => long("/long/$_", $ann)) } 1 .. 4),
    'file' => long('/big.txt', $ann),
    'assistant' => tunnel('/tunnel', Court::token('assistant', sub => 'hal', principal => 'ann')),
);
my %other = (tunnel => tunnel('/tunnel', $bob), long => long('/long/9', $bob));

my %up = map { $_ => upload('/up/1', $ann) } 1 .. 6;
$up{chunked} = upload('/up/1', $ann, 'Transfer-Encoding: chunked');
my $stream = upload('/up/stream', $ann);
my $bobs = upload('/up/2', $bob);
my $silent = CourtGateway::dial();
print {$silent} CourtGateway::request('GET', '/silent', $ann);
sleep 0.3;

is(scalar(grep { !goes_on($_) } values %open, values %other, values %up, $bobs, $stream), 0, 'all are open');
is(deny('ann'), 200, 'revoked');

ok(CourtGateway::closes($open{$_}, 20), "$_ is closed") for sort keys %open;
like(CourtGateway::rest($up{$_}, undef, 20), qr{^HTTP/1\.1 401 .*\r\nCourt-Refused: token_invalid\r\n.*"code":"token_invalid"}s,
     "upload $_ is refused") for sort keys %up;
ok(CourtGateway::closes($stream, 20), 'an upload that goes up unbuffered is closed');
ok(CourtGateway::closes($silent, 20), 'a request whose court is silent is closed');
ok(goes_on($_), 'what others have goes on') for values %other, $bobs;

print {$bobs} 'y' x 990;
like(CourtGateway::rest($bobs, qr/done/), qr{^HTTP/1\.1 200 .*done}s, "another's upload is done");

is(scalar(grep { m{^/up/1} } CourtSource::calls('slow')), 0, 'no refused upload reached the court');
ok(CourtAudit::poll(sub { (grep { $_->{phase} eq 'outcome' } CourtAudit::find('audit.log', interface => $_, reason => 'token_revoked')) > 0 }),
   "the record says why: $_") for qw(tunnel long up silent);
ok(CourtAudit::poll(sub { CourtAudit::find('audit.log', interface => 'tunnel', reason => 'not_delegated') > 0 }),
   'the record says why: his assistant');


# a body that ends just when he is revoked: looked up again when it is whole
is(deny('ann', undo => JSON::PP::true), 200, 'undone');
for (1 .. 5) {
    my $socket = upload('/up/3', $ann);

    sleep 0.05;
    deny('ann');
    print {$socket} 'z' x 990;
    like(CourtGateway::rest($socket), qr{^HTTP/1\.1 401 .*token_invalid}s, 'refused when the body ends');
    deny('ann', undo => JSON::PP::true);
}
is(scalar(grep { m{^/up/3} } CourtSource::calls('slow')), 0, 'none reached the court');


# HTTP/2: the stream ends, the connection need not
my $out = "$dir/h2.out";
my $pid = fork();
if ($pid == 0) {
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $out;
    open STDERR, '>&', \*STDOUT;
    exec 'curl', '-sS', '-m', 40, '--http2-prior-knowledge', '--unix-socket', "$dir/run/h2.sock",
         '-N', '-H', "Authorization: Bearer $ann", 'http://localhost/long/2';
}
ok(CourtGateway::wait_for(sub { -e $out && Court::slurp($out) =~ /begun/ }), 'HTTP/2: a long answer has begun');
deny('ann');
waitpid $pid, 0;
isnt($?, 0, 'ended, and not as if it were whole');
unlike(Court::slurp($out), qr/timed out|late/, 'at once') or diag(Court::slurp($out));
deny('ann', undo => JSON::PP::true);


# time: the token's, and court_session_max
my $soon = token('carl', exp => time - 26);             # leeway 30s
my $tunnel = tunnel('/tunnel', $soon);
my $longer = long('/long/3', $soon);
my $ours = tunnel('/tunnel', $bob);
my $short = tunnel('/short', $bob);
ok(CourtGateway::closes($tunnel), 'a tunnel ends with its token');
ok(CourtGateway::closes($longer), 'a long answer, too');
ok(CourtGateway::closes($short), 'a tunnel ends with court_session_max');
ok(goes_on($ours), 'another location has another limit');
ok(CourtAudit::poll(sub { CourtAudit::find('audit.log', phase => 'outcome', reason => $_) > 0 }), "recorded: $_")
    for qw(token_expired session_max);


# workers that leave close theirs, too
$tunnel = tunnel('/tunnel', $bob);
ok(CourtGateway::reload(), 'reloaded');
ok(goes_on($tunnel), 'it stays');
deny('bob');
ok(CourtGateway::closes($_, 20), 'and is closed by a worker that leaves') for $tunnel, $ours;
ok(CourtGateway::wait_for(sub { CourtGateway::workers() == 2 }), 'which then is gone');


# by token and by key
my $dan = token('dan', jti => 'j-dan');
my ($t1, $t2) = map { tunnel('/tunnel', $_) } $dan, token('dan', jti => 'j-2');
is(CourtGateway::revoke(kind => 'token', token => $dan), 200, 'one token');
ok(CourtGateway::closes($t1, 20), 'its tunnel is closed');
ok(goes_on($t2), "another token's is not");
is(CourtGateway::revoke(kind => 'key', issuer => 'platform', what => 'platform'), 200, 'the key');
ok(CourtGateway::closes($t2, 20), 'closes all');
is(CourtGateway::get('/me', $ann), '401 token_invalid', 'and lets in nobody');

is(CourtGateway::log_has('\[(?:alert|crit|emerg)\]'), 0, 'no alert');
CourtGateway::stop();
is(CourtGateway::log_has('open socket'), 0, 'no socket was left');

done_testing();
