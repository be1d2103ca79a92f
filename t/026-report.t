# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court report: a policy's 403 of a known caller goes up, as nobody; all
# else stays enforced.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::identity('lawyer-2', status => 'revoked');

no_shuffle();
run_tests();

__DATA__

=== TEST 1: what would be refused goes up without identity
--- config
    court report;
    location / { proxy_pass http://court_mock; }
--- check
Court::identity('lawyer-2', status => 'revoked');
both(sub {
    for my $path ('/admin', '/unknown', '/cases/7') {
        my $answer = $_[0]->('GET', $path, [@auth, 'Court-Role: judge']);

        allowed($answer, "GET $path");
        is(field($answer, 'Court-Decision'), 'would-refuse', 'said so');
        is(join('', map { field($answer, "Court-$_") }
                    qw(Subject Issuer Role Principal Kind Relation Assertion
                       Rule Obligations)), '', 'nobody');
        unlike($answer->{body}, qr/^Authorization/mi, 'and no token');
        is(header($answer, 'Court-Refused'), '', 'no refusal');
    }
});



=== TEST 2: what is allowed is as ever
--- config
    court report;
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/me', [@auth]);
allowed($answer, 'GET /me');
is(field($answer, 'Court-Role') . field($answer, 'Court-Decision'), 'lawyer',
   'known, and no would-refuse');



=== TEST 3: everything but a policy's 403 is enforced
--- config
    court report;
    location / { proxy_pass http://court_mock; }
--- check
both(sub {
    my ($get) = @_;
    refused($get->('GET', '/me'), 401, 'token_missing');
    refused($get->('GET', '/unknown'), 401, 'token_missing');
    refused($get->('GET', '/admin', ['Authorization: Bearer x']), 401,
            'token_invalid');
    refused($get->('GET', '/admin;x', [@auth]), 400, 'path_not_canonical');
    refused($get->('GET', '/courts/B99', [@auth]), 403, 'court_scope');
    refused($get->('GET', '/strong', [Court::bearer('lawyer',
            acr => 'password')]), 401, 'assurance_too_low');
});
refused(h1('GET', '/me', [@auth, 'Upgrade: h2c']), 403, 'upgrade_not_allowed');



=== TEST 4: could not find out is no would-be refusal
--- http_config eval
CourtHttp::http(source => 'location / { return 500; }')
--- config
    court report;
    location / { proxy_pass http://court_mock; }
--- check
refused(h1('GET', '/cases/1', [@auth]), 503, 'identity_unavailable');



=== TEST 5: the variables say it
--- config
    court report;
    location / {
        add_header X-D "$court_decision|$court_reason|$court_cache_key" always;
        proxy_pass http://court_mock;
    }
--- check
is(header(h1('GET', '/admin', [@auth]), 'X-D'), 'would-refuse|role_forbidden|',
   'would-refuse');
is(header(h1('GET', '/unknown', [@auth]), 'X-D'), 'would-refuse|no_rule|',
   'no rule');
upstream();



=== TEST 6: in one location only
--- config
    location = /admin { court report; proxy_pass http://court_mock; }
    location / { proxy_pass http://court_mock; }
--- check
allowed(h1('GET', '/admin', [@auth]), 'GET /admin');
refused(h1('GET', '/unknown', [@auth]), 403, 'no_rule');



=== TEST 7: the log says it
--- config
    court report;
    location / { proxy_pass http://court_mock; }
--- request
GET /admin
--- more_headers eval: $::auth[0]
--- error_code: 200
--- error_log
court: decide: would-refuse
