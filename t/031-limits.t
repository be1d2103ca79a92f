# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What nginx limits before us, and that its own answers stay its own.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a body too large: nginx's own 413, with our request id
--- config
    location / { client_max_body_size 100; proxy_pass http://court_mock; }
--- check
for my $headers ([@auth], []) {
    my $answer = h1('POST', '/me', $headers, 'x' x 101);

    is($answer->{status}, 413, 'refused by nginx');
    is(header($answer, 'Court-Refused'), '', 'not by us');
    like(header($answer, 'Court-Request-Id'), qr/^[0-9a-f]{32}$/, 'an id');
    is(scalar(upstream()), 0, 'no hit');
}
h2('POST', '/me', [@auth], 'x' x 101);
is(scalar(upstream()), 0, 'no hit by HTTP/2');



=== TEST 2: as large as may be
--- config
    location / { client_max_body_size 100; proxy_pass http://court_mock; }
--- check
both(sub {
    allowed($_[0]->('POST', '/me', [@auth], 'x' x 100), 'POST /me');
    refused($_[0]->('POST', '/me', []), 401, 'token_missing');
});
refused(h1('POST', '/me', [], 'x' x 100), 401, 'token_missing');



=== TEST 3: a chunked body grows too large while it is read
--- config
    location / { client_max_body_size 100; proxy_pass http://court_mock; }
--- check
my $answer = raw("POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
    . "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    . "c8\r\n" . 'x' x 200 . "\r\n0\r\n\r\n");
is($answer->{status}, 413, 'refused by nginx');
is(scalar(upstream()), 0, 'no hit');



=== TEST 4: headers too large
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me', [@auth, 'X: ' . 'x' x 40000]);
is($answer->{status}, 400, 'refused by nginx');
$answer = h1('GET', '/me?' . 'x' x 40000, [@auth]);
is($answer->{status}, 414, 'the request line, too');
is(scalar(upstream()), 0, 'no hit');



=== TEST 5: a token too long is none
--- config
    large_client_header_buffers 8 64k;
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/me', ['Authorization: Bearer ' . 'x' x $_]), 401,
        'token_invalid', $_) for 100, 5000, 9000, 20000, 60000;



=== TEST 6: a large body passes whole
--- config
    client_body_buffer_size 8k;
    location / { client_max_body_size 4m; proxy_pass http://court_mock; }
--- check
both(sub {
    my $body = join '', map { sprintf '%07d ', $_ } 1 .. 100000;
    my $answer = $_[0]->('POST', '/me', [@auth, 'Expect:'], $body);

    allowed($answer, 'POST /me');
    ok(index($answer->{body}, $body) > 0, 'the body');
    is(field($answer, 'Court-Role'), 'lawyer', 'the headers');
});



=== TEST 7: many requests on one connection
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $one = "GET /me HTTP/1.1\r\nHost: a\r\n";
my @a = answers(talk(join('', map { $_ % 2 ? "$one$auth[0]\r\n\r\n"
                                           : "$one\r\n" } 1 .. 40)
                     . "${one}Connection: close\r\n\r\n"));
is(join(' ', map { $_->{status} } @a), join(' ', ('200 401') x 20) . ' 401',
   'in turn');
is(scalar(upstream()), 20, 'twenty hits');



=== TEST 8: a policy is not asked for by the many headers
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @many = map { "X-$_: y" } 1 .. 200;
both(sub {
    my $answer = $_[0]->('GET', '/me', [@many, @auth]);
    allowed($answer, 'GET /me');
    is(scalar(() = $answer->{body} =~ /^X-\d+: y$/mgi), 200, 'all of them');
});
