# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Directives of http, server and location: right use, what is inherited, and
# each wrong use with its message and place.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

Court::identity('lawyer-1');

# courts.json with one thing wrong
Court::file('courts/unknown.json', '[{"code":"B00"},' . "\n"
            . '{"code":"B01","parent":"C00"}]');
Court::file('courts/circle.json', '[{"code":"B00","parent":"B01"},' . "\n"
            . '{"code":"B01","parent":"B00"}]');
Court::file('courts/twice.json', '[{"code":"B00"},' . "\n\n"
            . '{"code":"b00"}]');
Court::file('courts/member.json', '[{"code":"B00","fax":"1"}]');
Court::file('courts/type.json', '[{"code":"B00",' . "\n" . '"name":1}]');
Court::file('courts/features.json', '[{"code":"B00","features":["a",1]}]');
Court::file('courts/code.json', '[{"code":"B 0"}]');
Court::file('courts/empty.json', '[]');
Court::file('courts/object.json', '{"code":"B00"}');
Court::file('courts/json.json', "[{\"code\":\"B00\"},\n}]");
Court::file('courts/depth.json', Court::json([map {
    { code => "C$_", $_ ? (parent => 'C' . ($_ - 1)) : () } } 0 .. 8]));
chmod 0666, Court::file('courts/writable.json', '[{"code":"B00"}]');

run_tests();

__DATA__

=== TEST 1: court is on wherever a policy stands
--- request
GET /thing
--- error_code: 401
--- response_headers
Court-Refused: token_missing


=== TEST 2: without a policy it is off
--- http
--- without: court_policy
--- request
GET /thing
--- response_body_like: ^GET /


=== TEST 3: nothing of the gateway is configured: nothing is asked for
--- http
--- without: court_policy court_courts court_source_server court_zone court_issuer court_fact source_server
--- server
location / { @COURT@ }
--- request
GET /thing
--- more_headers
Court-Subject: x
--- response_body_like: ^GET /


=== TEST 4: off in http, on in a server
--- http
court off;
server {
    listen unix:@DIR@/run/other.sock;
    location / { @COURT@ }
}
--- server
court on;
location / { @COURT@ }
--- request
GET /thing
--- error_code: 401


=== TEST 5: off in http is inherited by servers and locations
--- http
court off;
--- server
location / { @COURT@ }
--- request
GET /thing
--- response_body_like: ^GET /


=== TEST 6: off in a location alone; its siblings stay on
--- server
location /off/ { court off; @COURT@ }
location / { @COURT@ }
--- pipelined_requests eval
["GET /off/x", "GET /thing"]
--- error_code eval: [200, 401]


=== TEST 7: on in a location nested in one that is off
--- server
location /t { court off; location /thing { court on; @COURT@ } @COURT@ }
--- pipelined_requests eval
["GET /t", "GET /thing"]
--- error_code eval: [200, 401]


=== TEST 8: report lets up what the policy forbids, of those who proved who they are
--- server
court_code B00;
location / { court report; @COURT@ }
--- pipelined_requests eval
["GET /thing", "GET /thing"]
--- more_headers eval
["X-A: b", Court::bearer('party')]
--- error_code eval: [401, 200]


=== TEST 9: court: neither on nor off
--- server
court enforce; # here
location / { @COURT@ }
--- must_die
--- error_log
invalid value "enforce" in "court" directive, it must be "on", "off" or "report"


=== TEST 10: court twice
--- server
court on;
court off; # here
--- must_die
--- error_log
"court" directive is duplicate


=== TEST 11: court on without a policy
--- http
--- without: court_policy
--- server
court on;
location / { @COURT@ }
--- must_die
--- error_log
no "court_policy" is defined, but "court" is on in the server in


=== TEST 12: court on without an issuer
--- http
--- without: court_issuer
--- server
court on;
location / { @COURT@ }
--- must_die
--- error_log
no "court_issuer" is defined, but "court" is on in


=== TEST 13: a policy without an issuer: court is on by default
--- http
--- without: court_issuer
--- must_die
--- error_log
no "court_issuer" is defined, but "court" is on in


=== TEST 14: court on in http with neither
--- http
court on;
--- without: court_policy court_issuer court_fact court_source_server source_server
--- must_die
--- error_log
no "court_issuer" is defined, but "court" is on in


=== TEST 15: court in an if block has no context
--- server
location / { if ($arg_a) { court off; } @COURT@ } # here
--- must_die
--- error_log
"court" directive is not allowed here


=== TEST 16: court in limit_except has no context
--- server
location / { limit_except GET { court off; } @COURT@ } # here
--- must_die
--- error_log
"court" directive is not allowed here


=== TEST 17: court_code in a server, another in a location
--- server
court_code B00;
location / { @COURT@ }
location = /thing { court_code B01; @COURT@ }
--- pipelined_requests eval
["GET /open", "GET /thing"]
--- more_headers eval
["X-A: b", Court::bearer('lawyer')]
--- error_code eval: [200, 200]
--- response_body_like eval
["(?m)^Court-Code: B00\$", "(?m)^Court-Code: B01\$"]


=== TEST 18: court_code of a map
--- http
map $http_host $court_of { default ""; "b01.test" B01; "b99.test" B99; }
--- server
court_code $court_of;
location / { @COURT@ }
--- request
GET /open
--- more_headers
Host: b01.test
--- response_body_like: (?m)^Court-Code: B01$


=== TEST 19: court_code in braces
--- http
map $http_host $court_of { default B00; }
--- server
court_code ${court_of};
location / { @COURT@ }
--- request
GET /open
--- response_body_like: (?m)^Court-Code: B00$


=== TEST 20: a map that gives an unknown code, and one that gives none
--- http
map $http_host $court_of { default ""; "b99.test" B99; }
--- server
court_code $court_of;
location / { @COURT@ }
--- pipelined_requests eval
["GET /thing", "GET /thing"]
--- more_headers eval
[Court::bearer('lawyer') . "\nHost: b99.test", Court::bearer('lawyer') . "\nHost: x.test"]
--- error_code eval: [403, 200]
--- response_headers eval
["Court-Refused: court_scope", "!Court-Refused"]


=== TEST 21: court_code of a variable that the client makes
--- server
court_code $http_x_court; # here
location / { @COURT@ }
--- must_die
--- error_log
court_code "$http_x_court" must be a variable of a map


=== TEST 22: court_code of the host
--- server
court_code $host; # here
--- must_die
--- error_log
court_code "$host" must be a variable of a map


=== TEST 23: court_code of an argument
--- server
court_code $arg_court; # here
--- must_die
--- error_log
court_code "$arg_court" must be a variable of a map


=== TEST 24: court_code of all arguments, which set may change
--- server
court_code $args; # here
--- must_die
--- error_log
court_code "$args" must be a variable of a map


=== TEST 25: court_code of a variable in text
--- http
map $http_host $court_of { default 00; }
--- server
court_code B$court_of; # here
--- must_die
--- error_log
invalid value "B$court_of" in "court_code" directive, it must be a code or one variable of a map


=== TEST 26: court_code of two variables
--- http
map $http_host $court_of { default 00; }
--- server
court_code $court_of$court_of; # here
--- must_die
--- error_log
it must be a code or one variable of a map


=== TEST 27: court_code of a variable that nobody made
--- server
court_code $court_of_nobody; # here
--- must_die
--- error_log
court_code "$court_of_nobody" must be a variable of a map


=== TEST 28: court_code that is empty
--- server
court_code ""; # here
--- must_die
--- error_log
invalid value "" in "court_code" directive


=== TEST 29: court_code that is not in court_courts
--- server
court_code B99; # here
location / { @COURT@ }
--- must_die
--- error_log
court_code "B99" is not in "court_courts"


=== TEST 30: court_code in other case
--- server
court_code b00; # here
--- must_die
--- error_log
court_code "b00" is not in "court_courts"


=== TEST 31: court_code without court_courts
--- http
--- without: court_courts
--- server
court_code B00; # here
--- must_die
--- error_log
court_code "B00" needs "court_courts"


=== TEST 32: court_code twice
--- server
court_code B00;
court_code B01; # here
--- must_die
--- error_log
"court_code" directive is duplicate


=== TEST 33: court_code in http
--- http
court_code B00; # here
--- must_die
--- error_log
"court_code" directive is not allowed here


=== TEST 34: court_courts: a file that is not there
--- http
court_courts @DIR@/courts/none.json; # here
--- must_die
--- error_log
open() "@DIR@/courts/none.json" failed (2: No such file or directory)


=== TEST 35: court_courts: a parent that is not in the file
--- http
court_courts @DIR@/courts/unknown.json; # here
--- must_die
--- error_log
court_courts "@DIR@/courts/unknown.json": /1/parent: line 2: is no court of this file


=== TEST 36: court_courts: a circle
--- http
court_courts @DIR@/courts/circle.json; # here
--- must_die
--- error_log
/0/parent: line 1: leads in a circle


=== TEST 37: court_courts: codes that differ in case alone
--- http
court_courts @DIR@/courts/twice.json; # here
--- must_die
--- error_log
/1/code: line 3: is duplicate


=== TEST 38: court_courts: an unknown member
--- http
court_courts @DIR@/courts/member.json; # here
--- must_die
--- error_log
/0: line 1: unknown member


=== TEST 39: court_courts: a name that is no string
--- http
court_courts @DIR@/courts/type.json; # here
--- must_die
--- error_log
/0/name: line 2: must be a string


=== TEST 40: court_courts: features that are no strings
--- http
court_courts @DIR@/courts/features.json; # here
--- must_die
--- error_log
/0/features: line 1: must be a list of strings


=== TEST 41: court_courts: a code with a space
--- http
court_courts @DIR@/courts/code.json; # here
--- must_die
--- error_log
"code" is missing or has other characters than A-Z a-z 0-9 . _ ~ -


=== TEST 42: court_courts: an empty list
--- http
court_courts @DIR@/courts/empty.json; # here
--- must_die
--- error_log
line 1: must be a list of courts


=== TEST 43: court_courts: no list
--- http
court_courts @DIR@/courts/object.json; # here
--- must_die
--- error_log
line 1: must be a list of courts


=== TEST 44: court_courts: no JSON
--- http
court_courts @DIR@/courts/json.json; # here
--- must_die
--- error_log
court_courts "@DIR@/courts/json.json": line 2


=== TEST 45: court_courts: more than eight levels
--- http
court_courts @DIR@/courts/depth.json; # here
--- must_die
--- error_log
/8/parent: line 1: leads in a circle


=== TEST 46: court_courts: writable by others
--- http
court_courts @DIR@/courts/writable.json; # here
--- must_die
--- error_log
"@DIR@/courts/writable.json" must not be writable by group or others


=== TEST 47: court_courts twice
--- http
court_courts @DIR@/courts.json;
court_courts @DIR@/courts.json; # here
--- must_die
--- error_log
"court_courts" directive is duplicate


=== TEST 48: court_courts in a server
--- server
court_courts @DIR@/courts.json; # here
--- must_die
--- error_log
"court_courts" directive is not allowed here


=== TEST 49: court_token_source none: no token is read; public interfaces go on
--- server
court_token_source none;
location / { @COURT@ }
location /thing { court_token_source bearer; @COURT@ }
--- pipelined_requests eval
["GET /open", "GET /active", "GET /thing"]
--- more_headers eval
["X-A: b", Court::bearer('lawyer'), Court::bearer('lawyer')]
--- error_code eval: [200, 401, 200]


=== TEST 50: court_token_source: a cookie is of a later step
--- server
court_token_source bearer cookie=session; # here
--- must_die
--- error_log
invalid number of arguments in "court_token_source" directive


=== TEST 51: court_token_source: so is websocket
--- server
court_token_source websocket; # here
--- must_die
--- error_log
invalid value "websocket" in "court_token_source" directive, it must be "bearer" or "none"


=== TEST 52: court_token_source twice
--- http
court_token_source bearer;
court_token_source none; # here
--- must_die
--- error_log
"court_token_source" directive is duplicate


=== TEST 53: court_accel on passes X-Accel-Redirect on; off, the default, does not
--- server
court_code B00;
location = /thing { proxy_pass http://unix:@DIR@/run/court.sock; }
location = /active { court_accel on; proxy_pass http://unix:@DIR@/run/court.sock; }
location = /inside { internal; court off; return 200 "inside\n"; }
--- init
Court::file('court.reply', "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
            . "X-Accel-Redirect: /inside\r\nConnection: close\r\n\r\nout\n");
--- pipelined_requests eval
["GET /thing", "GET /active"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('lawyer')]
--- error_code eval: [200, 200]
--- response_body eval
["out\n", "inside\n"]


=== TEST 54: court_accel in a server
--- server
court_accel on; # here
--- must_die
--- error_log
"court_accel" directive is not allowed here


=== TEST 55: court_accel twice
--- server
location / { court_accel on; court_accel off; @COURT@ } # here
--- must_die
--- error_log
"court_accel" directive is duplicate


=== TEST 56: court_accel: neither on nor off
--- server
location / { court_accel yes; @COURT@ } # here
--- must_die
--- error_log
invalid value "yes" in "court_accel" directive, it must be "on" or "off"


=== TEST 57: court_timeout at its bounds
--- server
court_timeout 10ms;
location / { court_timeout 60s; @COURT@ }


=== TEST 58: court_timeout below ten milliseconds
--- server
court_timeout 9ms; # here
--- must_die
--- error_log
value must be between 10ms and 60s


=== TEST 59: court_timeout above a minute
--- server
court_timeout 61s; # here
--- must_die
--- error_log
value must be between 10ms and 60s


=== TEST 60: court_timeout that is no time
--- server
court_timeout soon; # here
--- must_die
--- error_log
"court_timeout" directive invalid value


=== TEST 61: court_timeout twice
--- http
court_timeout 1s;
court_timeout 2s; # here
--- must_die
--- error_log
"court_timeout" directive is duplicate


=== TEST 62: court_error_format: the nearest one counts
--- http
court_error_format html;
--- server
location / { @COURT@ }
location /thing { court_error_format json; @COURT@ }
--- pipelined_requests eval
["GET /active", "GET /thing"]
--- error_code eval: [401, 401]
--- response_headers_like eval
["Content-Type: text/html.*", "Content-Type: application/problem\\+json.*"]


=== TEST 63: court_error_format auto, the default: html for those who ask for it
--- pipelined_requests eval
["GET /thing", "GET /thing"]
--- more_headers eval
["Accept: text/html", "Accept: */*"]
--- error_code eval: [401, 401]
--- response_headers_like eval
["Content-Type: text/html.*", "Content-Type: application/problem\\+json.*"]


=== TEST 64: court_error_format: unknown
--- server
court_error_format xml; # here
--- must_die
--- error_log
invalid value "xml" in "court_error_format" directive, it must be "json", "html" or "auto"


=== TEST 65: court_error_format twice
--- server
court_error_format json;
court_error_format json; # here
--- must_die
--- error_log
"court_error_format" directive is duplicate


=== TEST 66: court_log_level: at which a refusal is told
--- server
court_log_level error;
location / { @COURT@ }
--- request
GET /thing
--- error_code: 401
--- error_log
[error]
court: decide: refuse: rule=- reason=token_missing interface=thing.read


=== TEST 67: court_log_level: notice, the default
--- request
GET /thing
--- error_code: 401
--- error_log
[notice]
court: decide: refuse: rule=- reason=token_missing interface=thing.read
--- no_error_log
[error]
[warn]


=== TEST 68: court_log_level: unknown
--- server
court_log_level debug; # here
--- must_die
--- error_log
invalid value "debug" in "court_log_level" directive, it must be "info", "notice", "warn" or "error"


=== TEST 69: court_log_level twice
--- server
court_log_level info;
court_log_level info; # here
--- must_die
--- error_log
"court_log_level" directive is duplicate


=== TEST 70: court_demo on takes a demo issuer, and says so
--- http
court_demo on;
--- issuer
issuer https://demo-platform.test;
--- error_log
[warn]
"court_demo" is on: demo issuers and published keys are accepted


=== TEST 71: an issuer that calls itself demo-, by iss
--- issuer
issuer https://demo-platform.test;
} # here
--- must_die
--- error_log
court_issuer "platform" is a demo issuer, which needs "court_demo on"


=== TEST 72: and by name
--- http
court_issuer demo-x {
    issuer https://x.test;
    audience a;
    roles lawyer;
    algorithms ES256;
    jwks_file @DIR@/staff.jwks;
} # here
--- must_die
--- error_log
court_issuer "demo-x" is a demo issuer, which needs "court_demo on"


=== TEST 73: court_demo off is the default written out
--- http
court_demo off;


=== TEST 74: court_demo twice
--- http
court_demo on;
court_demo on; # here
--- must_die
--- error_log
"court_demo" directive is duplicate


=== TEST 75: court_demo in a server
--- server
court_demo on; # here
--- must_die
--- error_log
"court_demo" directive is not allowed here


=== TEST 76: court_demo: neither on nor off
--- http
court_demo yes; # here
--- must_die
--- error_log
invalid value "yes" in "court_demo" directive, it must be "on" or "off"
