# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What a refused caller receives: RFC 9457, in his language, with the
# headers that belong to it.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;
use JSON::PP;

our @auth = (Court::bearer('lawyer'));

sub problem { return eval { decode_json($_[0]{body}) } || {} }

sub lang {
    my ($value) = @_;
    my $answer = h1('GET', '/me', [ defined $value
                                    ? "Accept-Language: $value" : () ]);

    return header($answer, 'Content-Language');
}

sub type {
    my ($value) = @_;
    my $answer = h1('GET', '/me', [ defined $value ? "Accept: $value" : () ]);

    return header($answer, 'Content-Type');
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: problem+json, its members and no others
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my ($get) = @_;
    for (['/me', 401, 'token_missing'], ['/me;', 400, 'path_not_canonical', @auth],
         ['/no', 403, 'no_rule', @auth], ['/admin', 403, 'role_forbidden', @auth])
    {
        my ($path, $status, $code, @headers) = @$_;
        my $answer = $get->('GET', $path, [@headers]);
        refused($answer, $status, $code, $path);
        my $p = problem($answer);

        is(join(' ', grep { $_ ne 'court' } sort keys %$p),
           'code detail next request_id status title type', "$code: members");
        is($p->{type}, "urn:court:problem:$code", 'type');
        is("$p->{status} $p->{code}", "$status $code", 'status, code');
        ok(length $p->{$_}, "$_ is said") for qw(title detail next);
        is($p->{request_id}, header($answer, 'Court-Request-Id'), 'the id');
        like($answer->{body}, qr/"status":$status\D/, 'status is a number');
        is(header($answer, 'Content-Type'), 'application/problem+json', 'type');
        is(header($answer, 'Content-Length'), length $answer->{body}, 'length');
    }
});



=== TEST 2: the headers of a refusal
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/admin', [@auth]);

    is(header($answer, 'Cache-Control'), 'no-store', 'not to be stored');
    like(header($answer, 'Vary'), qr/Accept-Language/, 'Vary');
    is(header($answer, 'Content-Language'), 'zh-CN', 'language');
    is(header($answer, 'Retry-After') . header($answer, 'WWW-Authenticate'), '',
       'what does not belong to a 403');
});



=== TEST 3: Chinese unless English is wanted more
--- config
    location / { proxy_pass http://court_mock; }
--- check
is(lang($_->[0]), $_->[1], $_->[0] // 'none') for
    [ undef, 'zh-CN' ], [ 'en', 'en' ], [ 'en-US', 'en' ], [ 'EN', 'en' ],
    [ 'zh', 'zh-CN' ], [ 'zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN' ],
    [ 'en-US,en;q=0.9,zh;q=0.8', 'en' ], [ 'en;q=0.5, zh;q=0.9', 'zh-CN' ],
    [ 'zh;q=0.5, en;q=0.9', 'en' ], [ 'en;q=0.85, zh;q=0.8', 'en' ],
    [ 'en;q=0.8, zh;q=0.85', 'zh-CN' ], [ 'en;q=0', 'zh-CN' ],
    [ 'en;q=0.000', 'zh-CN' ], [ 'en;q=0.001', 'en' ], [ 'fr', 'zh-CN' ],
    [ 'fr, en;q=0.1', 'en' ], [ '*', 'zh-CN' ], [ 'english', 'zh-CN' ],
    [ 'zh;q=0, en', 'en' ], [ 'en;q=x', 'zh-CN' ], [ ',,;;q=', 'zh-CN' ],
    [ 'en;Q=0.9, zh;Q=0.1', 'en' ], [ 'en, zh', 'zh-CN' ],
    [ 'en;q=0.1, en-GB;q=0.9, zh;q=0.5', 'en' ], [ 'en ;q=0.9', 'en' ];



=== TEST 4: the words are in that language
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $zh = problem(h1('GET', '/admin', [@auth]));
my $en = problem(h1('GET', '/admin', [@auth, 'Accept-Language: en']));
like($zh->{title}, qr/\p{Han}/, 'zh');
like($en->{title}, qr/^[\x20-\x7e]+$/, 'en');
is($zh->{code}, $en->{code}, 'one code');



=== TEST 5: a page for who asks for one
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $problem = 'application/problem+json';
my $html = 'text/html; charset=utf-8';
is(type($_->[0]), $_->[1], $_->[0] // 'none') for
    [ undef, $problem ], [ '*/*', $problem ], [ 'text/html', $html ],
    [ 'application/json', $problem ],
    [ 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', $html ],
    [ 'application/json, text/html;q=0.9', $problem ],
    [ 'application/problem+json, text/html;q=0.9', $problem ],
    [ 'text/html;q=0', $problem ], [ 'text/html;q=0.0', $problem ];



=== TEST 6: court_error_format says it alone
--- config
    location = /me { court_error_format html; proxy_pass http://court_mock; }
    location = /admin { court_error_format json; proxy_pass http://court_mock; }
    location = /strong { court_error_format auto; proxy_pass http://court_mock; }
--- check
like(header(h1('GET', '/me', ['Accept: application/json']), 'Content-Type'),
     qr{^text/html}, 'html');
is(header(h1('GET', '/admin', ['Accept: text/html']), 'Content-Type'),
   'application/problem+json', 'json');
like(header(h1('GET', '/strong', ['Accept: text/html']), 'Content-Type'),
     qr{^text/html}, 'auto');



=== TEST 7: the page: its language, its code, its id
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/admin', [@auth, 'Accept: text/html']);
like($answer->{body}, qr/<html lang="zh-CN"/, 'zh');
like($answer->{body}, qr/role_forbidden/, 'code');
like($answer->{body}, qr/\Q@{[header($answer, 'Court-Request-Id')]}/, 'id');
like(h1('GET', '/admin', [@auth, 'Accept: text/html',
                          'Accept-Language: en'])->{body},
     qr/<html lang="en"/, 'en');



=== TEST 8: challenges
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $weak = Court::bearer('lawyer', acr => 'password');
my $old = Court::bearer('lawyer', auth_time => time - 700);
for ([ 'token_missing', 'Bearer realm="court"', '/me' ],
     [ 'token_missing', 'Bearer realm="court"', '/me', 'Authorization: Basic eDp5' ],
     [ 'token_invalid', 'Bearer realm="court", error="invalid_token"', '/me',
       'Authorization: Bearer x' ],
     [ 'token_expired', 'Bearer realm="court", error="invalid_token"', '/me',
       Court::bearer('lawyer', exp => time - 600, iat => time - 900) ],
     [ 'assurance_too_low', 'Bearer realm="court", '
       . 'error="insufficient_user_authentication", acr_values="face"',
       '/strong', $weak ],
     [ 'reauthentication_required', 'Bearer realm="court", '
       . 'error="insufficient_user_authentication", acr_values="face", '
       . 'max_age="600"', '/recent', $old ])
{
    my ($code, $challenge, $path, @headers) = @$_;
    my $answer = h1('GET', $path, [@headers]);

    refused($answer, 401, $code, $code);
    is(header($answer, 'WWW-Authenticate'), $challenge, $code);
}



=== TEST 9: 503 carries Retry-After, with jitter
--- http_config eval
CourtHttp::http(source => 'location / { return 500; }')
--- config
    location / { proxy_pass http://court_mock; }
--- check
my %seen;
for (1 .. 12) {
    my $answer = h1('GET', '/cases/1', [@auth]);
    refused($answer, 503, 'identity_unavailable');
    $seen{header($answer, 'Retry-After')}++;
}
is(scalar(grep { !/^[1-9][0-9]*$/ } keys %seen), 0, 'seconds');
cmp_ok(scalar keys %seen, '>', 1, 'not all the same');



=== TEST 10: HEAD
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('HEAD', '/me');
    refused($answer, 401, 'token_missing');
    is($answer->{body}, '', 'no body');
    cmp_ok(header($answer, 'Content-Length'), '>', 50, 'its length');
});
allowed(h1('HEAD', '/me', [@auth]), 'HEAD /me');



=== TEST 11: HTTP/1.0
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = raw("GET /me HTTP/1.0\r\n\r\n");
refused($answer, 401, 'token_missing');
is(problem($answer)->{code}, 'token_missing', 'whole');
allowed(raw("GET /me HTTP/1.0\r\n$auth[0]\r\n\r\n"), 'GET /me');



=== TEST 12: HTTP/0.9
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $text = talk("GET /me\r\n");
is(scalar(upstream()), 0, 'no hit');
unlike($text, qr/Court-Subject/, 'nothing');



=== TEST 13: keep-alive after a refusal with an unread body
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $n = 200000;
my @a = answers(talk("POST /me HTTP/1.1\r\nHost: a\r\nContent-Length: $n\r\n\r\n"
    . 'x' x $n . "GET /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
    . "Connection: close\r\n\r\n"));
is(join(' ', map { $_->{status} } @a), '401 200', 'refused, then allowed');
is(scalar(upstream()), 1, 'one hit');



=== TEST 14: a refused body is not asked for
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $text = talk("POST /me HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
    . "Expect: 100-continue\r\nConnection: close\r\n\r\n", until => qr/\}\n/);
unlike($text, qr/100 Continue/, 'no 100');
like($text, qr/^HTTP\/1.1 401/, 'refused at once');



=== TEST 15: chunked body, refused
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @a = answers(talk("POST /me HTTP/1.1\r\nHost: a\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    . "GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
is(join(' ', map { $_->{status} } @a), '401 200', 'in turn');
upstream();



=== TEST 16: error_page with the words as variables
--- config
    location / { error_page 401 403 @page; proxy_pass http://court_mock; }
    location @page {
        internal; court off; default_type text/plain;
        return 200 "$court_reason|$court_reason_title|$court_reason_detail|$court_reason_next\n";
    }
--- check
my $answer = h1('GET', '/admin', [@auth, 'Accept-Language: en']);
refused($answer, 403, 'role_forbidden');
my ($code, @words) = split /\|/, $answer->{body};
is($code, 'role_forbidden', 'code');
ok(length $_, 'words') for @words[0, 1, 2];
is(header($answer, 'Cache-Control'), 'no-store', 'not to be stored');
$answer = h1('GET', '/me');
refused($answer, 401, 'token_missing');
is(header($answer, 'WWW-Authenticate'), 'Bearer realm="court"', 'a challenge');



=== TEST 17: an error_page for another status changes nothing
--- config
    location / { error_page 404 502 /open; proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/admin', [@auth]);
refused($answer, 403, 'role_forbidden');
is(problem($answer)->{code}, 'role_forbidden', 'ours');



=== TEST 18: two credentials, none, a broken one
--- config
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/me?access_token=x', [@auth]), 400, 'credentials_ambiguous');
refused(h1('GET', '/me?a=b&access%5Ftoken=x', [@auth]), 400,
        'credentials_ambiguous');
allowed(h1('GET', '/me?xaccess_token=x', [@auth]));
refused(h1('GET', '/me', ['Authorization: Bearer']), 401, 'token_invalid');
refused(h1('GET', '/me', ['Authorization:']), 401, 'token_missing');
my $answer = h1('GET', '/me', [@auth, 'Authorization: Bearer y']);
is($answer->{status}, 400, 'two Authorization headers');
is(scalar(upstream()), 0, 'no hit');
