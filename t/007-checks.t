# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What nginx -t must refuse although each directive alone is right, and what
# it must warn of.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

run_tests();

__DATA__

=== TEST 1: satisfy any in a protected location
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location /x/ { satisfy any; @COURT@ }
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in location "/x/" of the server


=== TEST 2: satisfy any in a server
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    satisfy any;
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in the server


=== TEST 3: satisfy any inherited from http
--- http
satisfy any;
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on,


=== TEST 4: satisfy any inherited by a nested location
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location /x { court off; satisfy any; @COURT@
        location /x/y { court on; @COURT@ } }
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in location "/x/y" of the server


=== TEST 5: satisfy any where court only reports
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location / { court report; satisfy any; @COURT@ }
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in location "/" of the server


=== TEST 6: satisfy any in a regex location
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location ~ \.do$ { satisfy any; @COURT@ }
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in location "\.do$" of the server


=== TEST 7: satisfy any in a named location
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location / { try_files /none @up; }
    location @up { satisfy any; @COURT@ }
}
--- must_die
--- error_log
"satisfy any" is not allowed where "court" is on, in location "@up" of the server


=== TEST 8: satisfy any behind court off, and satisfy all
--- server
location /off/ { court off; satisfy any; @COURT@ }
location / { satisfy all; @COURT@ }


=== TEST 9: satisfy any where no policy stands
--- http
satisfy any;
--- without: court_policy


=== TEST 10: proxy_store
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location / { proxy_store on; @COURT@ }
}
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on, in location "/" of the server


=== TEST 11: proxy_store by a path with a variable
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location / { proxy_store @DIR@/store$uri; @COURT@ }
}
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 12: proxy_store inherited from http
--- http
proxy_store on;
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 13: proxy_store inherited from a server
--- server
proxy_store on;
location / { @COURT@ }
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 14: proxy_store of an if block's proxy_pass
--- server
location / { proxy_store on; if ($arg_a) { proxy_pass http://unix:@DIR@/run/court.sock; } }
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 15: proxy_store of a limit_except block's proxy_pass
--- server
location / { proxy_store on; limit_except GET { proxy_pass http://unix:@DIR@/run/court.sock; } }
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 16: proxy_store in a location nested in one
--- server
location /a/ { location /a/b/ { proxy_store on; @COURT@ } }
--- must_die
--- error_log
"proxy_store" is not allowed where "court" is on


=== TEST 17: fastcgi_store
--- server
location / { fastcgi_store on; fastcgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"fastcgi_store" is not allowed where "court" is on


=== TEST 18: uwsgi_store
--- server
location / { uwsgi_store on; uwsgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"uwsgi_store" is not allowed where "court" is on


=== TEST 19: scgi_store
--- server
location / { scgi_store on; scgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"scgi_store" is not allowed where "court" is on


=== TEST 20: proxy_store behind court off
--- server
location /off/ { court off; proxy_store @DIR@/store$uri; @COURT@ }
location / { @COURT@ }


=== TEST 21: proxy_store off under one that is on
--- server
proxy_store on;
location / { proxy_store off; @COURT@ }


=== TEST 22: proxy_pass_request_headers off
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location / { proxy_pass_request_headers off; @COURT@ }
}
--- must_die
--- error_log
"proxy_pass_request_headers off" is not allowed where "court" is on, in location "/" of the server


=== TEST 23: inherited from http
--- http
proxy_pass_request_headers off;
--- must_die
--- error_log
"proxy_pass_request_headers off" is not allowed where "court" is on


=== TEST 24: inherited by an if block
--- server
location / { proxy_pass_request_headers off; if ($arg_a) { proxy_pass http://unix:@DIR@/run/court.sock; } }
--- must_die
--- error_log
"proxy_pass_request_headers off" is not allowed where "court" is on


=== TEST 25: inherited by a nested location
--- server
location /a { proxy_pass_request_headers off; location /a/b { @COURT@ } }
--- must_die
--- error_log
"proxy_pass_request_headers off" is not allowed where "court" is on


=== TEST 26: fastcgi_pass_request_headers off
--- server
location / { fastcgi_pass_request_headers off; fastcgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"fastcgi_pass_request_headers off" is not allowed where "court" is on


=== TEST 27: uwsgi_pass_request_headers off
--- server
location / { uwsgi_pass_request_headers off; uwsgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"uwsgi_pass_request_headers off" is not allowed where "court" is on


=== TEST 28: scgi_pass_request_headers off
--- server
location / { scgi_pass_request_headers off; scgi_pass unix:@DIR@/run/court.sock; }
--- must_die
--- error_log
"scgi_pass_request_headers off" is not allowed where "court" is on


=== TEST 29: proxy_pass_request_headers off behind court off
--- server
location /off/ { court off; proxy_pass_request_headers off; @COURT@ }
location / { @COURT@ }


=== TEST 30: a protected error_page target
--- http
server { # here
    listen unix:@DIR@/run/other.sock;
    location /x/ { error_page 403 /forbidden.html; @COURT@ }
    location = /forbidden.html { internal; root @DIR@; }
}
--- error_log
error_page target "/forbidden.html" is protected: "court" is on there, in location "/x/" of the server
[warn]


=== TEST 31: error_page of http, whose target is protected
--- http
error_page 401 403 /e.html;
--- server
location / { @COURT@ }
--- error_log
error_page target "/e.html" is protected
[warn]


=== TEST 32: a named target that is protected
--- server
error_page 503 @down;
location / { @COURT@ }
location @down { @COURT@ }
--- error_log
error_page target "@down" is protected
[warn]


=== TEST 33: a target in a nested location that is protected
--- server
error_page 403 /e/forbidden.html;
location / { @COURT@ }
location /e/ { court off; @COURT@ location ~ \.html$ { court on; @COURT@ } }
--- error_log
error_page target "/e/forbidden.html" is protected
[warn]


=== TEST 34: targets that are not: off, elsewhere, of a variable
--- server
error_page 403 /e.html;
error_page 401 https://login.test/;
error_page 503 $arg_a;
location / { @COURT@ }
location = /e.html { internal; court off; root @DIR@; }
--- no_error_log
is protected
[warn]


=== TEST 35: log_format with the person
--- http
log_format who '$remote_addr $court_subject';
--- error_log
log_format "who" writes "$court_subject", which tells about a person
[warn]


=== TEST 36: with the principal
--- http
log_format who '${court_principal}';
--- error_log
log_format "who" writes "$court_principal", which tells about a person


=== TEST 37: with a claim
--- http
log_format who '$court_claim_sub';
--- error_log
log_format "who" writes "$court_claim_sub", which tells about a person


=== TEST 38: with a variable of the path
--- http
log_format who escape=json '{"case":"$court_path_case"}';
--- error_log
log_format "who" writes "$court_path_case", which tells about a person


=== TEST 39: with a field of a fact
--- http
log_format who '$court_fact_identity_status';
--- error_log
log_format "who" writes "$court_fact_identity_status", which tells about a person


=== TEST 40: pseudonyms are what logs are for
--- http
log_format who '$court_subject_hash $court_principal_hash $court_case_hash $court_decision $court_reason $court_role $court_rule';
--- no_error_log
which tells about a person
[warn]


=== TEST 41: limit_req on the person, who is not known yet
--- http
limit_req_zone $court_subject zone=one:64k rate=1r/s;
--- server
location / { limit_req zone=one; @COURT@ }
--- error_log
limit_req zone "one": key "$court_subject" is empty when limits are applied
[warn]


=== TEST 42: limit_req on text with the role in braces
--- http
limit_req_zone "$binary_remote_addr${court_role}" zone=one:64k rate=1r/s;
--- error_log
limit_req zone "one": key "$binary_remote_addr${court_role}" is empty


=== TEST 43: limit_conn
--- http
limit_conn_zone $court_client zone=two:64k;
--- error_log
limit_conn zone "two": key "$court_client" is empty when limits are applied
[warn]


=== TEST 44: limits on what is known
--- http
limit_req_zone $binary_remote_addr zone=one:64k rate=100r/s;
limit_conn_zone $server_name zone=two:64k;
--- no_error_log
is empty when limits are applied
[warn]


=== TEST 45: the same where the gateway is not used: nothing is told
--- http
log_format who '$court_subject';
limit_req_zone $court_subject zone=one:64k rate=1r/s;
--- without: court_policy court_courts court_source_server court_zone court_issuer court_fact source_server
--- server
location / { @COURT@ }
--- no_error_log
[warn]
