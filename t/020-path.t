# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Canonical paths: what is not in the grammar is 400, whoever asks and by
# whatever version of HTTP; what is decided is what goes upstream.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

# every path is refused with and without a token, by both versions
sub never {
    my ($code, @paths) = @_;

    both(sub {
        my ($get) = @_;

        for my $path (@paths) {
            for my $headers ([], [@auth]) {
                my $answer = $get->('GET', $path, $headers);
                my @hits = upstream();
                my $refused = header($answer, 'Court-Refused');
                my $shown = $path =~ s/([^!-~])/sprintf '\\x%02x', ord $1/egr;

                # nginx's own 400 has no code; by curl it may be no answer
                ok((($answer->{status} == 400 && $refused =~ /^(?:$code)$/)
                    || ($answer->{text} // '') eq '' && $code =~ /\|/)
                   && !@hits, "$CourtHttp::name - $shown")
                    or diag("$answer->{status} $refused @hits");
            }
        }
    });
}

sub canonical { never('path_not_canonical', @_) }

# by nginx's own parser, or by us
sub malformed { never('|path_not_canonical', @_) }

no_shuffle();
run_tests();

__DATA__

=== TEST 1: dot segments, raw
--- config
    location / { proxy_pass http://court_mock; }
--- check
malformed(qw(/../me /.. /%2e%2e/me /..%2fme));
canonical(qw(/public/../admin /public/./x /./me /me/. /me/.. /a/../me
             /public/x/../../admin));



=== TEST 2: dot segments, encoded, once and twice
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(qw(/public/%2e%2e/admin /public/%2E%2E/admin /public/.%2e/admin
             /public/%2E./admin /%2e/me /public/%252e%252e/admin /%252e/me
             /items/%252E /public/%25%32%65));



=== TEST 3: encoded and doubled separators
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(qw(//me /public//x /me// /public/..%2fadmin /public%2fx
             /public%2Fx /public/..%2Fadmin /items/1%2F /%2Fme /public%252Fx
             /public/%2f%2f));



=== TEST 4: backslash, raw and encoded
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical('/public/..\\admin', '/public\\x', '/\\me', '/public/..%5cadmin',
          '/public%5Cx', '/items/%255C', '/public/..%5C..%5Cadmin');



=== TEST 5: path parameters
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical('/public/..;/admin', '/me;a=b', '/me;', '/;/me', '/items/1;jsessionid=x',
          '/me%3Ba=b', '/me%3b', '/public/.;/x', '/public/%3B');



=== TEST 6: encoded ordinary characters, lower-case hex
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(qw(/%61dmin /%6De /m%65 /items/%31 /items/%7E /items/%2D /items/%5F
             /items/%e4%b8%ad /items/%c3%a9 /items/%2b /items/%E4%B8%aD));



=== TEST 7: NUL, control characters, DEL
--- config
    location / { proxy_pass http://court_mock; }
--- check
malformed(qw(/me%00 /me%00.css /%00 /items/%001));
canonical(qw(/me%0a /me%0d%0aX:y /me%0A /items/%09 /items/%1F /items/%01
             /items/%7F /items/%20 /items/%08));



=== TEST 8: raw control characters and DEL
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $byte (0x00, 0x01, 0x07, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f) {
    my $answer = h1('GET', '/me' . chr($byte), [@auth]);

    is($answer->{status}, 400, sprintf '%s - %02x', $CourtHttp::name, $byte);
    is(scalar(upstream()), 0, "$CourtHttp::name - no hit");
}



=== TEST 9: raw bytes above 7f
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical("/items/\xe4\xb8\xad", "/m\xc3\xa9", "/me\xff", "/\x80", "/items/\xa0");



=== TEST 10: encoded bytes that are no UTF-8
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(qw(/items/%FF /items/%80 /items/%C0%AF /items/%C0%AE%C0%AE
             /items/%E0%80%AF /items/%ED%A0%80 /items/%F4%90%80%80
             /items/%E4%B8 /items/%F8%88%80%80%80 /items/%C3 /items/%C1%81
             /items/%E4%B8%2F));



=== TEST 11: broken percent signs
--- config
    location / { proxy_pass http://court_mock; }
--- check
malformed(qw(/me% /me%2 /items/% /items/%zz /items/%1g /items/%u0041 /%));
canonical(qw(/items/%25 /items/%2525 /items/%25%34%31));



=== TEST 12: what is encoded though it needs it, and is not in the grammar
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(map { "/items/$_" } qw(%22 %3C %3E %3F %23 %5B %5D %5E %60 %7B %7C
                                 %7D));



=== TEST 13: the same raw
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical(map { "/items/$_" } '"', '<', '>', '[', ']', '^', '`', '{', '|', '}');



=== TEST 14: fragments
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical('/me#x', '/#/me', '/admin#', '/me?a#b', '/public/x#/../admin');



=== TEST 15: the query: control characters, raw bytes, fragment
--- config
    location / { proxy_pass http://court_mock; }
--- check
canonical("/me?\xe4", '/me?a=b#c');



=== TEST 16: decoded path of a prefix location is no way in
--- config
    location /public/ { court off; return 200 "public\n"; }
    location / { proxy_pass http://court_mock; }
--- check
for my $path (qw(/public/../admin /public/%2e%2e/admin /public/..%2fadmin
                 /public/x/../../admin))
{
    refused(h1('GET', $path, [@auth]), 400, 'path_not_canonical', $path);
}



=== TEST 17: what the grammar allows arrives as it was sent
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    for my $item ('abc', 'A-Z._~9', '1') {
        allowed($_[0]->('GET', "/items/$item", [@auth]), "GET /items/$item",
                $item);
    }
});



=== TEST 18: the query goes with it, untouched
--- config
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/me?a=%2F%2e&b=/../x;y=1&&c', [@auth]),
        'GET /me?a=%2F%2e&b=/../x;y=1&&c');
allowed(h1('GET', '/me?', [@auth]), 'GET /me?');



=== TEST 19: sub-delims, raw or encoded, are canonical but no value
--- config
    location / { proxy_pass http://court_mock; }
--- check
for my $c ('!', '$', '&', "'", '(', ')', '*', '+', ',', ':', '=', '@') {
    my $hex = sprintf '%%%02X', ord $c;

    refused(h1('GET', "/items/a$c", [@auth]), 403, 'no_rule', $c);
    refused(h1('GET', "/items/a$hex", [@auth]), 403, 'no_rule', $hex);
}



=== TEST 20: upper case, a slash at the end, a longer path: other paths
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    for my $path (qw(/ME /Me /me/ /items /items/ /items/1/ /items/1/2 / /mee
                     /m /items/a,b), '/items/' . 'x' x 65)
    {
        refused($_[0]->('GET', $path, [@auth]), 403, 'no_rule', $path);
        refused($_[0]->('GET', $path), 401, 'token_missing', $path);
    }
});
allowed(h1('GET', '/items/' . 'x' x 64, [@auth]));



=== TEST 21: court off does not judge paths
--- config
    location / { court off; proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/a%2Fb;c', []), 'GET /a%2Fb;c');



=== TEST 22: after rewrite the new path is decided, and forwarded
--- config
    location /old/ { rewrite ^/old/(.*)$ /items/$1 last; }
    location /brk/ { rewrite ^/brk/(.*)$ /items/$1 break; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/old/7', [@auth]), 'GET /items/7');
allowed(h1('GET', '/brk/8', [@auth]), 'GET /items/8');
refused(h1('GET', '/old/../me', [@auth]), 400, 'path_not_canonical');
refused(h1('GET', '/brk/a%2Fb', [@auth]), 400, 'path_not_canonical');
refused(h1('GET', '/brk/a/b', [@auth]), 403, 'no_rule');



=== TEST 23: a server's rewrite, before any location
--- config
    rewrite ^/v0/(.*)$ /$1;
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/v0/me', [@auth]), 'GET /me');
refused(h1('GET', '/v0/admin', [@auth]), 403, 'role_forbidden');
refused(h1('GET', '/v0//admin', [@auth]), 400, 'path_not_canonical');



=== TEST 24: a rewrite to what is not canonical
--- config
    location /a/ { rewrite ^/a/(.*)$ "/items/x;y" break; proxy_pass http://court_mock; }
    location /b/ { rewrite ^/b/(.*)$ /public/../me break; proxy_pass http://court_mock; }
    location /c/ { rewrite ^/c/(.*)$ "/items/a b" break; proxy_pass http://court_mock; }
--- check
refused(h1('GET', "/$_/x", [@auth]), 400, 'path_not_canonical', $_)
    for qw(a b c);



=== TEST 25: merge_slashes off is no other grammar
--- config
    merge_slashes off;
    location / { proxy_pass http://court_mock; }
--- check
canonical(qw(//me /public//x /me//));



=== TEST 26: percent-encoding in a literal segment of the policy
--- config
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    refused($_[0]->('GET', '/items/%E4%B8%AD', [@auth]), 403, 'no_rule');
});



=== TEST 27: absolute form, and a target that is no path
--- config
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', 'http://localhost/me', [@auth]), 'GET /me');
for my $target ('http://localhost/public/../admin', 'http://localhost//me',
                'http://localhost/%6De', 'http://localhost?x')
{
    refused(h1('GET', $target, [@auth]), 400, 'path_not_canonical', $target);
}
for my $target ('*', 'me', 'localhost:80', '?x') {
    my $answer = h1('GET', $target, [@auth]);

    is($answer->{status}, 400, "$CourtHttp::name - $target");
    is(scalar(upstream()), 0, "$CourtHttp::name - no hit");
}



=== TEST 28: a public interface has the same grammar
--- config
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/open', []), 'GET /open');
canonical(qw(/open/%2e%2e /open/..;/x /open//x /open/%61 /open#a));



=== TEST 29: 400 comes before 401, in problem+json like the others
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me/..');
refused($answer, 400, 'path_not_canonical');
like($answer->{body}, qr/"code":"path_not_canonical"/, 'the body says it');
is(header($answer, 'WWW-Authenticate'), '', 'no challenge');
