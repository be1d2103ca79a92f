# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Redirects inside and subrequests: nobody gets round the decision; it is
# made again for the new target, and the last word counts.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

sub accel {
    my ($to) = @_;

    reply("HTTP/1.1 200 OK\nContent-Length: 3\nConnection: close\n"
          . "X-Accel-Redirect: $to\n\nok\n");
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: error_page to an internal, unprotected location, each status
--- config
    error_page 400 401 403 503 /errors/page;
    location /errors/ { internal; court off; return 200 "page [$court_reason][$http_authorization]\n"; }
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my ($get) = @_;
    my @rows = ([400, 'path_not_canonical', '/me;x', @auth],
                [401, 'token_missing', '/me'],
                [403, 'no_rule', '/nothing', @auth],
                [403, 'role_forbidden', '/admin', @auth]);

    for (@rows) {
        my ($status, $code, $path, @headers) = @$_;
        my $answer = $get->('GET', $path, [@headers]);

        refused($answer, $status, $code, $path);
        is($answer->{body}, "page [$code][]\n", 'its page, and no token');
    }
});



=== TEST 2: error_page to a named location
--- config
    error_page 401 403 @page;
    location @page { court off; return 200 "named $court_decision $court_reason\n"; }
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my $answer = $_[0]->('GET', '/admin', [@auth]);
    refused($answer, 403, 'role_forbidden');
    is($answer->{body}, "named refuse role_forbidden\n", 'its page');
});



=== TEST 3: error_page to a protected target: decided again
--- config
    error_page 403 /open;
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/admin', [@auth]);
is($answer->{status}, 403, 'an error it stays');
is(header($answer, 'Court-Refused'), 'role_forbidden', 'and says which');
like($answer->{body}, qr{^GET /open }, 'a public page');
is(field($answer, 'Court-Interface'), 'open', 'decided for that');
upstream();



=== TEST 4: of two refusals the last one's status
--- config
    error_page 403 /me;
    location / { proxy_pass http://court_mock; }
    location = /strong { error_page 401 /admin; proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/strong', [Court::bearer('lawyer', acr => 'password')]),
        403, 'role_forbidden');



=== TEST 5: an error page that refuses itself ends, recursive or not
--- config
    recursive_error_pages on;
    error_page 403 /admin;
    error_page 401 /me;
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/admin', [@auth]), 403, 'role_forbidden');
refused(h1('GET', '/me'), 401, 'token_missing');



=== TEST 6: error_page 403 =200: the answer still says that it is a refusal
--- config
    location / { error_page 403 =200 /errors/page; proxy_pass http://court_mock; }
    location /errors/ { internal; court off; return 200 "page\n"; }
--- check
my $answer = h1('GET', '/admin', [@auth]);
is($answer->{status} . $answer->{body}, "200page\n", 'as ops want it');
is(header($answer, 'Court-Refused'), 'role_forbidden', 'no secret made of it');
is(scalar(upstream()), 0, 'no hit');



=== TEST 7: return with error_page is no way into an internal location
--- config
    location /trick4/ { error_page 418 = /private/said; return 418; }
    location = /private/said { internal; court off; return 200 "said\n"; }
    location /trick/ { error_page 418 = /private/x; return 418; }
    location /trick2/ { error_page 418 =200 /private/x; return 418; }
    location /trick3/ { error_page 404 = @private; return 404; }
    location /private/ { internal; court off; proxy_pass http://court_mock; }
    location @private { court off; proxy_pass http://court_mock; }
--- check
refused(h1('GET', "/$_/x", [@auth]), 403, 'forbidden', $_)
    for qw(trick trick2 trick3 trick4);
refused(h1('GET', "/trick/x"), 403, 'forbidden', 'without a token');



=== TEST 8: rewrite out of a protected location into an internal one
--- config
    location /go/ { rewrite ^/go/(.*)$ /private/$1 last; }
    location /private/ { internal; court off; proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/go/x', [@auth]), 403, 'forbidden');
is(h1('GET', '/private/x', [@auth])->{status}, 404, 'nor directly');



=== TEST 9: try_files to a named location, protected by default
--- config
    location / { try_files /nothing-there @court; }
    location @court { proxy_pass http://court_mock; }
--- check
both(sub {
    allowed($_[0]->('GET', '/me', [@auth]), 'GET /me');
    refused($_[0]->('GET', '/me'), 401, 'token_missing');
    refused($_[0]->('GET', '/admin', [@auth]), 403, 'role_forbidden');
    refused($_[0]->('GET', '/me/..', [@auth]), 400, 'path_not_canonical');
});



=== TEST 10: try_files in an unprotected location leads to a decision
--- config
    location /free/ { court off; try_files /nothing-there @court; }
    location @court { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/free/x', [@auth]), 403, 'no_rule');
refused(h1('GET', '/free/x'), 401, 'token_missing');
refused(h1('GET', '/free/a/../b', [@auth]), 400, 'path_not_canonical');



=== TEST 11: try_files to another URI: that one is decided
--- config
    location /free/ { court off; try_files /nothing-there /admin; }
    location /mine/ { court off; try_files /nothing-there /me; }
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/free/x', [@auth]), 403, 'role_forbidden');
allowed(h1('GET', '/mine/x', [@auth]), 'GET /me');
refused(h1('GET', '/mine/x'), 401, 'token_missing');



=== TEST 12: X-Accel-Redirect to a protected target: decided again
--- config
    location = /me { court_accel on; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
accel('/admin');
my $answer = h1('GET', '/me', [@auth]);
is($answer->{status}, 403, 'refused');
is(header($answer, 'Court-Refused'), 'role_forbidden', 'for the new target');
is(scalar(upstream()), 1, 'one hit, the first');
accel('/nothing');
is(header(h1('GET', '/me', [@auth]), 'Court-Refused'), 'no_rule', 'unknown');
upstream();
accel('/items/a;b');
is(header(h1('GET', '/me', [@auth]), 'Court-Refused'), 'path_not_canonical',
   'not canonical');
upstream();
reply(undef);



=== TEST 13: X-Accel-Redirect to an allowed target: its headers, not the old
--- config
    location = /me { court_accel on; proxy_pass http://court_mock; }
    location = /items/9 { proxy_set_header X-Second 1; proxy_pass http://second; }
--- http_config eval
CourtHttp::http(main => 'upstream second { server 127.0.0.1:1; server unix:'
                . "$CourtHttp::DIR/run/court.sock backup; }")
--- check
accel('/items/9');
my $answer = h1('GET', '/me', [@auth]);
my @hits = upstream();
is($hits[0] =~ s/ HTTP.*//r, 'GET /me', 'first');
is($hits[1] =~ s/ HTTP.*//r, 'GET /items/9', 'then the new target');
reply(undef);



=== TEST 14: a public page's X-Accel-Redirect asks for a token
--- config
    location = /open { court_accel on; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
accel('/me');
is(header(h1('GET', '/open'), 'Court-Refused'), 'token_missing', 'nobody');
is(scalar(upstream()), 1, 'one hit, the first');
reply(undef);



=== TEST 15: index leads to another URI
--- user_files
>>> dir/index.html
index
--- config
    location /dir/ { index index.html; }
--- check
refused(h1('GET', '/dir/', [@auth]), 403, 'no_rule');
refused(h1('GET', '/dir/index.html'), 401, 'token_missing');
refused(h1('GET', '/dir/index.html', [@auth]), 403, 'no_rule');



=== TEST 16: auth_request to a protected location
--- config
    location /free/ { court off; auth_request /me; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/free/x', [@auth]);
is($answer->{status}, 403, 'refused');
is(scalar(upstream()), 0, 'no hit');



=== TEST 17: auth_request beside court: both must agree
--- config
    location = /me { auth_request /no; proxy_pass http://court_mock; }
    location = /items/1 { auth_request /yes; proxy_pass http://court_mock; }
    location = /no { internal; court off; return 403; }
    location = /yes { internal; court off; return 204; }
--- check
is(h1('GET', '/me', [@auth])->{status}, 403, 'auth_request refuses');
is(scalar(upstream()), 0, 'no hit');
allowed(h1('GET', '/items/1', [@auth]), 'GET /items/1');
refused(h1('GET', '/items/1'), 401, 'token_missing');



=== TEST 18: mirror to a protected location
--- config
    location = /items/1 { mirror /me; proxy_pass http://court_mock; }
    location = /free { court off; mirror /me; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/items/1', [@auth]), 'GET /items/1');
allowed(h1('GET', '/free', [@auth]), 'GET /free');



=== TEST 19: ssi
--- user_files
>>> free/page.html
a<!--# include virtual="/me" -->b
>>> free/two.html
<!--# include virtual="/me" --><!--# include virtual="/private/x" -->
--- config
    location /free/ { court off; ssi on; }
    location /private/ { internal; court off; return 200 "private"; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/free/page.html', [@auth]);
is(scalar(upstream()), 0, 'no hit');
like($answer->{body}, qr/^a.*b$/s, 'the page itself');
unlike($answer->{body}, qr/Court-Subject/, 'nothing from the court');
h1('GET', '/free/two.html', [@auth]);
is(scalar(upstream()), 0, 'no hit');



=== TEST 20: slice: clones of a decided request
--- config
    location / { slice 10; proxy_set_header Range $slice_range; proxy_pass http://court_mock; }
--- check
reply("HTTP/1.1 206 Partial Content\nContent-Length: 10\nConnection: close\n"
      . "Content-Range: bytes 0-9/20\nETag: \"a\"\n\n0123456789");
my $text = talk("GET /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
                . "Connection: close\r\n\r\n");
my @hits = upstream();
cmp_ok(scalar @hits, '>=', 1, 'the decided request and its slices');
is(scalar(grep { !m{^GET /me } } @hits), 0, 'the decided path alone');
refused(h1('GET', '/me'), 401, 'token_missing');
reply(undef);
--- no_error_log
[alert]
[emerg]



=== TEST 21: post_action is decided, too
--- config
    location = /open { post_action /admin; proxy_pass http://court_mock; }
    location = /open/x { post_action /items/2; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
is(h1('GET', '/open', [@auth])->{status}, 200, 'answered');
is(h1('GET', '/ready')->{status}, 204, 'served');
is(scalar(grep { m{/admin} } upstream()), 0, 'refused behind it');
is(h1('GET', '/open/x')->{status}, 200, 'without a token');
is(h1('GET', '/ready')->{status}, 204, 'served');
is(scalar(grep { m{/items/2} } upstream()), 0, 'refused behind it');



=== TEST 22: post_action after a refusal
--- config
    location / { post_action /open; proxy_pass http://court_mock; }
    location = /open { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me');
is($answer->{status} . ' ' . header($answer, 'Court-Refused'),
   '401 token_missing', 'refused');
upstream();
is(h1('GET', '/ready')->{status}, 204, 'and goes on');



=== TEST 23: the court's own 403 shows its error_page without an upstream's token
--- config
    location / { proxy_intercept_errors on; error_page 404 = @other; proxy_pass http://court_mock; }
    location @other { internal; court off; return 200 "other [$http_authorization][$http_court_subject]\n"; }
--- check
reply("HTTP/1.1 404 Not Found\nContent-Length: 0\nConnection: close\n\n");
my $answer = h1('GET', '/me', [@auth]);
is($answer->{status} . $answer->{body}, "200other [][]\n",
   'a decision was made, and credentials are withheld');
upstream();
reply(undef);



=== TEST 24: variables of the old target are not the new one's
--- config
    location = /me { court_accel on; proxy_pass http://court_mock; }
    location = /items/9 { set $old "[$court_decision$court_rule]"; add_header X-Old $old always; proxy_pass http://court_mock; }
--- check
accel('/items/9');
my $answer = h1('GET', '/me', [@auth]);
is(header($answer, 'X-Old') || '[]', '[]', 'undecided is empty');
upstream();
reply(undef);



=== TEST 25: limit_except and if do not switch it off
--- config
    location / {
        limit_except GET { deny all; }
        if ($arg_x) { set $y 1; }
        proxy_pass http://court_mock;
    }
--- check
refused(h1('GET', '/me?x=1'), 401, 'token_missing');
allowed(h1('GET', '/me?x=1', [@auth]));
my $answer = h1('POST', '/me', [@auth], 'x');
is($answer->{status}, 403, 'denied by nginx');
is(scalar(upstream()), 0, 'no hit');



=== TEST 26: nginx's own redirect to a slash tells nothing
--- config
    location /cases/ { proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/cases');
is(scalar(upstream()), 0, 'no hit');
like($answer->{status}, qr/^(?:301|401)$/, 'nothing of ours');



=== TEST 27: a target that accepts other issuers asks again who the caller is
--- config
    location = /me { court_accel on; court_issuers platform; proxy_pass http://court_mock; }
    location = /items/9 { court_issuers staff; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
accel('/items/9');
my $answer = h1('GET', '/me', [@auth]);
is($answer->{status}, 401, 'refused');
is(header($answer, 'Court-Refused'), 'token_invalid', 'as any issuer unknown');
is(scalar(upstream()), 1, 'one hit, the first');
accel('/items/7');
is(h1('GET', '/me', [@auth])->{status}, 200, 'one that accepts them does not');
upstream();
reply(undef);
