# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The module loads, decides, and what the suites share works: keys, tokens,
# the source of files, the mock court.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;

our $http = Court::http_config();

Court::identity('lawyer-1');
Court::relation('B00', '1', 'lawyer-1');

no_shuffle();
run_tests();

__DATA__

=== TEST 1: without a token
--- http_config eval: $::http
--- config
    court_code B00;
    location /api/ {
        proxy_pass http://court_mock;
    }
--- request
GET /api/v1/cases/1
--- error_code: 401
--- response_headers_like
Court-Refused: token_missing
Content-Type: application/problem\+json.*
WWW-Authenticate: Bearer.*


=== TEST 2: a lawyer reads a case; the court sees who, not the token
--- http_config eval: $::http
--- config
    court_code B00;
    location /api/ {
        proxy_pass http://court_mock;
    }
--- request
GET /api/v1/cases/1
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 200
--- response_body_like eval
qr{^GET\ /api/v1/cases/1\ HTTP/1\.[01]
(?=.*^Court-Subject:\ lawyer-1$)
(?=.*^Court-Issuer:\ platform$)
(?=.*^Court-Role:\ lawyer$)
(?=.*^Court-Code:\ B00$)
(?!.*^(?i:Authorization):)}msx
--- no_error_log
[error]


=== TEST 3: nobody's case, and a person the platform does not know
--- http_config eval: $::http
--- config
    court_code B00;
    location /api/ {
        proxy_pass http://court_mock;
    }
--- pipelined_requests eval
["GET /api/v1/cases/2", "GET /api/v1/cases/1"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('lawyer', sub => 'nobody')]
--- error_code eval: [403, 403]
--- response_headers eval
["Court-Refused: no_relation", "Court-Refused: identity_not_found"]


=== TEST 4: court off lets through what is not protected
--- http_config eval: $::http
--- config
    court_code B00;
    location /api/ {
        court off;
        return 200 "open\n";
    }
--- request
GET /api/open
--- response_body
open
