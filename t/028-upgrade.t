# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Upgrades that no interface names, and methods that nobody has.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

no_shuffle();
run_tests();

__DATA__

=== TEST 1: upgrades where none is named
--- config
    location / { proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; proxy_pass http://court_mock; }
--- check
for my $upgrade ('h2c', 'websocket', 'TLS/1.0', 'HTTP/2.0', 'h2c, websocket',
                 'WebSocket', 'x', 'connect-udp')
{
    refused(h1('GET', '/me', [@auth, "Upgrade: $upgrade"]), 403,
            'upgrade_not_allowed', $upgrade);
    refused(h1('GET', '/me', ["Upgrade: $upgrade"]), 401, 'token_missing');
}
refused(h1('GET', '/me', [@auth, 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk',
                          'Connection: Upgrade, HTTP2-Settings']), 403,
        'upgrade_not_allowed', 'h2c with settings');



=== TEST 2: on a public interface
--- config
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/open', ['Upgrade: h2c']), 403, 'upgrade_not_allowed');



=== TEST 3: websocket where it is named, and nothing else
--- config
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/stream', [@auth, 'Upgrade: websocket']), 'GET /stream');
allowed(h1('GET', '/stream', [@auth, 'Upgrade: WebSocket']), 'GET /stream');
allowed(h1('GET', '/stream', [@auth]), 'GET /stream');
for my $headers (['Upgrade: h2c'], ['Upgrade: websocket, h2c'],
                 ['Upgrade: websocket', 'Upgrade: h2c'],
                 ['Upgrade: h2c', 'Upgrade: websocket'], ['Upgrade: websockets'],
                 ['Upgrade: websocket/13'], ['Upgrade:'])
{
    refused(h1('GET', '/stream', [@auth, @$headers]), 403,
            'upgrade_not_allowed', "@$headers");
}



=== TEST 4: an unknown path is unknown first
--- config
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/nothing', [@auth, 'Upgrade: h2c']), 403, 'no_rule');



=== TEST 5: OPTIONS
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my ($ask) = @_;
    my @preflight = ('Origin: https://a', 'Access-Control-Request-Method: GET');

    refused($ask->('OPTIONS', '/me', [@auth]), 403, 'no_rule');
    refused($ask->('OPTIONS', '/me'), 401, 'token_missing');
    refused($ask->('OPTIONS', '/me', [@preflight]), 401, 'token_missing');
    refused($ask->('OPTIONS', '/me', [@auth, @preflight]), 403, 'no_rule');
    refused($ask->('OPTIONS', '/open'), 401, 'token_missing');
});



=== TEST 6: TRACE and CONNECT
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $line ('TRACE /me', 'CONNECT /me', 'CONNECT localhost:80', 'TRACK /me') {
    my ($method, $target) = split / /, $line;
    my $answer = h1($method, $target, [@auth]);

    cmp_ok($answer->{status}, '>=', 400, $line);
    is(scalar(upstream()), 0, "$line: no hit");
}



=== TEST 7: methods that are unknown, or known in other letters
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $method (qw(get Get gET GETT GE POSt FOO PROPFIND MKCOL LOCK M-SEARCH
                   PATCH DELETE PUT))
{
    my $answer = h1($method, '/me', [@auth]);

    like("$answer->{status} " . header($answer, 'Court-Refused'),
         qr/^(?:400 |403 no_rule|405 )$/, $method);
    is(scalar(upstream()), 0, "$method: no hit");
}



=== TEST 8: a method of one path is not another's
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    for my $method (qw(GET POST PUT DELETE PATCH)) {
        allowed($_[0]->($method, '/items/1', [@auth], $method eq 'GET' ? undef : 'x'),
                "$method /items/1");
    }
    refused($_[0]->('POST', '/admin', [@auth]), 403, 'no_rule');
    refused($_[0]->('DELETE', '/me', [@auth]), 403, 'no_rule');
});



=== TEST 9: HEAD is GET, where GET is
--- config
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('HEAD', '/me', [@auth]), 'HEAD /me');
refused(h1('HEAD', '/admin', [@auth]), 403, 'role_forbidden');
refused(h1('HEAD', '/nothing', [@auth]), 403, 'no_rule');



=== TEST 10: an override decides nothing
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $name ('X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override') {
    refused(h1('POST', '/admin', [@auth, "$name: GET"], 'x'), 403, 'no_rule');

    my $answer = h1('GET', '/me', [@auth, "$name: DELETE"]);
    allowed($answer, 'GET /me');
    unlike($answer->{body}, qr/DELETE/, 'nor does it go up');
}
