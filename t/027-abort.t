# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Clients who go away while their facts are being fetched: nothing is left
# behind, nobody else notices.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;
use IO::Select;
use IO::Socket::UNIX;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::relation('B00', 1, 'lawyer-1');

# a source that accepts and says nothing until it is told to
our $mute;

sub mute {
    my $path = "$CourtHttp::DIR/run/mute.sock";

    unlink $path;
    $mute = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        or die "mute.sock: $!\n";
}

# how many are asking: accepted, and not answered
our @asked;

sub asked {
    my ($n) = @_;
    my $select = IO::Select->new($mute);

    return poll(sub {
        push @asked, scalar $mute->accept while $select->can_read(0);
        @asked >= $n;
    });
}

sub forget { close $_ for splice @asked }

sub begin {
    my ($path, $headers, $body) = @_;
    my $socket = CourtHttp::connect_to();

    $socket->autoflush(1);
    print $socket "GET $path HTTP/1.1\r\nHost: a\r\n@$headers\r\n\r\n";
    return $socket;
}

mute();

our $http = CourtHttp::http(
    source => "location / { proxy_pass http://unix:$CourtHttp::DIR/run/mute.sock:; }");

no_shuffle();
run_tests();

__DATA__

=== TEST 1: gone while waiting; the next request is served
--- http_config eval: $::http
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $n (1 .. 5) {
    my $socket = begin("/cases/$n", [ Court::bearer('lawyer', sub => "gone-$n") ]);
    ok(asked(2), 'facts are being fetched');
    close $socket;
    forget();
}
allowed(h1('GET', '/me', [@auth]), 'GET /me');
unlike(error_log(), qr/\[alert\]|signal 11|exited on signal/, 'no harm');



=== TEST 2: HTTP/2: a reset while waiting
--- http_config eval: $::http
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $n (1 .. 3) {
    system 'curl', '-s', '-o', '/dev/null', '-m', '0.5',
           '--http2-prior-knowledge', '--unix-socket',
           "$CourtHttp::DIR/run/h2.sock", '-H',
           Court::bearer('lawyer', sub => "reset-$n"),
           "http://localhost/cases/$n";
    ok(asked(1), 'facts were being fetched');
    forget();
}
allowed(h2('GET', '/me', [@auth]), 'GET /me');



=== TEST 3: two wait for one fetch, one goes; the other is answered
--- http_config eval: $::http
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $token = Court::bearer('lawyer', sub => 'pair');
my ($a, $b) = map { begin('/cases/1', [$token]) } 1, 2;
ok(asked(2), 'two facts, once each');
close $a;
for my $socket (splice @asked) {
    sysread $socket, my $text, 4096;
    my $body = $text =~ m{/identity/}
        ? '{"subject":"pair","status":"active","kind":"full_time"}'
        : '{"subject":"pair","case":"1","side":"plaintiff"}';
    print $socket "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
                  . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
    close $socket;
}
my $text = '';
while (sysread $b, $text, 4096, length $text) {
    last if $text =~ /^Court-Subject: pair/m;
}
like($text, qr{^HTTP/1.1 200}, 'answered');
is(scalar(grep { m{^GET /cases/1} } upstream()), 1, 'one hit');



=== TEST 4: court_timeout: 503, and the waiters are taken off
--- http_config eval: $::http
--- config
    court_timeout 200ms;
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    refused($_[0]->('GET', '/cases/1', [@auth]), 503, 'identity_unavailable');
});
forget();
allowed(h1('GET', '/me', [@auth]), 'GET /me');



=== TEST 5: gone while the body is still coming
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $headers ([@auth], []) {
    my $socket = CourtHttp::connect_to();
    $socket->autoflush(1);
    print $socket join("\r\n", 'POST /cases/1 HTTP/1.1', 'Host: a', @$headers,
                       'Content-Length: 100000', '', 'x' x 100);
    close $socket;
}
allowed(h1('GET', '/cases/1', [@auth]), 'GET /cases/1');



=== TEST 6: gone with a post_action behind
--- http_config eval: $::http
--- config
    location / { post_action /cases/2; proxy_pass http://court_mock; }
--- check
my $socket = begin('/cases/1', [ Court::bearer('lawyer', sub => 'post') ]);
ok(asked(2), 'facts are being fetched');
close $socket;
forget();
is(h1('GET', '/ready')->{status}, 204, 'served');
is(scalar(upstream()), 0, 'no hit');



=== TEST 7: pipelined behind one that waits
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $token = Court::bearer('lawyer');
my @a = answers(talk("GET /cases/1 HTTP/1.1\r\nHost: a\r\n$token\r\n\r\n"
    . "GET /cases/2 HTTP/1.1\r\nHost: a\r\n$token\r\n\r\n"
    . "GET /me HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
is(join(' ', map { $_->{status} } @a), '200 403 401', 'in turn');
upstream();
