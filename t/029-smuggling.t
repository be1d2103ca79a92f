# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Two readings of one request: what nginx's parser does is pinned here, with
# the gateway in it.  No byte of a body ever becomes a request of its own
# behind us, and Host never leads to another court.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));
our $inner = "GET /admin HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";

# what reached the court is the outer request, or nothing
sub nothing_inside {
    my ($bytes, $what, $status) = @_;
    my $text = talk($bytes, limit => 5);
    my @hits = upstream();

    is(scalar(grep { m{/admin} } @hits), 0, "$what: not inside");
    cmp_ok(scalar @hits, '<=', 1, "$what: one at most");
    like($text, $status, "$what: answer") if $status;
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: Content-Length and Transfer-Encoding
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $start = "POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n";
nothing_inside($start . 'Content-Length: ' . length($inner)
               . "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$inner",
               'CL.TE', qr{^HTTP/1.1 400});
nothing_inside($start . "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
               . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $inner, $inner),
               'TE.CL', qr{^HTTP/1.1 400});



=== TEST 2: spellings of Transfer-Encoding
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $te ('xchunked', 'chunked, chunked', 'identity', 'gzip, chunked', '',
            "chunked\0", '"chunked"', 'chunked;a=b', "\x0bchunked", 'chunk',
            'chunked,')
{
    my $shown = $te =~ s/([^ -~])/sprintf '\\x%02x', ord $1/egr;
    nothing_inside("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
        . "Transfer-Encoding: $te\r\nConnection: close\r\n\r\n0\r\n\r\n$inner",
        "TE: $shown", qr{^HTTP/1.1 (?:400|501|200)});
}
for my $line ("Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked",
              " Transfer-Encoding: chunked", "X: y\r\n Transfer-Encoding: chunked",
              "Transfer_Encoding: chunked", "Transfer-Encoding: chunked\r\n"
              . "Transfer-Encoding: identity")
{
    nothing_inside("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n$line\r\n"
        . "Content-Length: 5\r\nConnection: close\r\n\r\n0\r\n\r\n$inner",
        $line =~ s/[^ -~]+/ /gr);
}



=== TEST 3: Content-Length, twice or strange
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $cl ("5\r\nContent-Length: 0", "0\r\nContent-Length: 5", '+5', '-1',
            '0x5', '5, 5', "5\r\nContent-Length: 5", '5 0', '', '1e1',
            '99999999999999999999', "5\x0b")
{
    nothing_inside("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
        . "Content-Length: $cl\r\nConnection: close\r\n\r\n$inner",
        'CL ' . ($cl =~ s/[^ -~]+/ /gr), qr{^HTTP/1.1 (?:400|413)});
}



=== TEST 4: chunks
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $chunk ("0x5\r\nhello\r\n0\r\n\r\n", "-1\r\nhello\r\n", " 5\r\nhello\r\n",
               "5\rhello\r\n0\r\n\r\n", "ffffffffffffffff\r\nhello",
               "5\r\nhelloX\r\n0\r\n\r\n", "g\r\n")
{
    nothing_inside("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
        . "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n$chunk$inner",
        'chunk ' . ($chunk =~ s/[^ -~]+/ /gr));
}
nothing_inside("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
    . "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    . "5;a=\"b\r\nhello\r\n0\r\n\r\n", 'an extension', qr{^HTTP/1.1 200});



=== TEST 5: bare LF, bare CR, NUL in the head
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = raw("GET /me HTTP/1.1\nHost: a\n$auth[0]\nConnection: close\n\n");
allowed($answer, 'GET /me');
for my $line ("X: a\rCourt-Role: judge", "X: a\0b", "X\0: a", ": x", "X y: z",
              "X: a\r\r\nY: b")
{
    my $text = talk("GET /me HTTP/1.1\r\nHost: a\r\n$line\r\n"
                    . "Connection: close\r\n\r\n");
    unlike($text, qr/^HTTP\/1.1 200/, 'no way in');
    is(scalar(upstream()), 0, 'no hit');
}
$answer = raw("GET /me HTTP/1.1\r\nHost: a\r\nX: a\nCourt-Role: judge\r\n"
              . "$auth[0]\r\nConnection: close\r\n\r\n");
is(field($answer, 'Court-Role'), 'lawyer', 'a line by LF is scrubbed, too');
upstream();



=== TEST 6: two Hosts, none, strange ones
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $host ("a\r\nHost: b", "a/b", "a b", "a\@b:x", '', "a\0", '..', 'a..b',
              'a,b')
{
    my $answer = raw("GET /me HTTP/1.1\r\nHost: $host\r\n"
                     . "Connection: close\r\n\r\n");
    like($answer->{status}, qr/^40[01]$/, 'Host ' . ($host =~ s/[^ -~]+/ /gr));
    is(scalar(upstream()), 0, 'no hit');
}
is(raw("GET /me HTTP/1.1\r\n$auth[0]\r\nConnection: close\r\n\r\n")->{status},
   400, 'HTTP/1.1 without one');



=== TEST 7: Host: port, dot, case, absolute form: the same court as its server
--- config
    location / { add_header X-Code $court_code always; proxy_pass http://court_mock; }
--- check
for my $host ('localhost', 'LOCALHOST', 'localhost:80', 'localhost.',
              'b01.localhost', 'B01.localhost.', 'unknown')
{
    my $answer = h1('GET', '/me', [@auth, "Host: $host"]);
    allowed($answer, 'GET /me', $host);
    is(field($answer, 'Court-Code'), 'B00', "$host: one server, one court");
}
my $answer = h1('GET', 'http://b01.localhost/me', [@auth, 'Host: localhost']);
allowed($answer);
is(field($answer, 'Court-Code'), 'B00', 'absolute form');



=== TEST 8: court_code by Host, through map: only what the map knows
--- http_config eval
CourtHttp::http(main => 'map $host $code { default B00; b01.localhost B01; zzz nowhere; }')
--- config
    location /courts/ { court_code $code; proxy_pass http://court_mock; }
    location / { court_code $code; proxy_pass http://court_mock; }
--- check
my %code = ('b01.localhost' => 'B01', 'B01.LOCALHOST' => 'B01',
            'b01.localhost:8080' => 'B01', 'b01.localhost.' => 'B01',
            'xb01.localhost' => 'B00', 'b01.localhost.evil' => 'B00');
for my $host (sort keys %code) {
    my $answer = h1('GET', '/me', [@auth, "Host: $host"]);
    allowed($answer);
    is(field($answer, 'Court-Code'), $code{$host}, $host);
}
refused(h1('GET', '/me', [@auth, 'Host: zzz']), 403, 'court_scope');
my $answer = h1('GET', 'http://b01.localhost/me', [@auth, 'Host: localhost']);
is(field($answer, 'Court-Code'), 'B01', 'the request line goes before Host');
upstream();
refused(h1('GET', '/courts/B00', [@auth, 'Host: b01.localhost']), 403,
        'court_scope');
allowed(h1('GET', '/courts/B01', [@auth, 'Host: localhost']));
allowed(h1('GET', '/courts/B01', [@auth, 'Host: b01.localhost']));
refused(h1('GET', "/courts/$_", [@auth]), 403, 'court_scope', $_)
    for qw(B99 b00 B0 B000);



=== TEST 9: HTTP/2: authority, and headers that do not belong there
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $headers (['Transfer-Encoding: chunked'], ['Connection: close'],
                 ['Host: other'], ['Upgrade: h2c'])
{
    my $answer = h2('GET', '/me', [@auth, @$headers]);
    my @hits = upstream();
    cmp_ok(scalar @hits, '<=', 1, "@$headers: one at most");
    is(field($answer, 'Court-Code'), 'B00', 'the same court') if @hits;
}



=== TEST 10: a request behind a refused one is one of its own
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @a = answers(talk("POST /me HTTP/1.1\r\nHost: a\r\nContent-Length: "
    . length($inner) . "\r\n\r\n$inner"
    . "GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
is(join(' ', map { $_->{status} } @a), '401 200', 'the body is no request');
is(join(' ', map { s/ HTTP.*//r } upstream()), 'GET /open', 'one hit');
