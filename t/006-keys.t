# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_assertion_key, court_assertion_jwks, court_audit_key; court_policy as
# a file; directives of later steps.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;
use MIME::Base64 qw(encode_base64url);

my $secret = encode_base64url('Z' x 32);

Court::file('a/pem.pem', Court::run('', qw(openssl genpkey -algorithm EC
            -pkeyopt ec_paramgen_curve:P-256)));
Court::file('a/ed.pem', Court::run('', qw(openssl genpkey -algorithm ED25519)));
Court::file('a/public.jwk', Court::json(Court::make_key('public')));
Court::file('a/oct.jwk', '{"kty":"oct","kid":"o","alg":"HS256","k":"'
            . encode_base64url('K' x 32) . '"}');
Court::file('a/nothing.jwk', '');
Court::file('a/two.jwks', Court::json({ keys => [
    Court::private_jwk('first', Court::make_key('first')),
    Court::private_jwk('second', Court::make_key('second')) ] }));
chmod 0644, Court::file('a/open.jwk',
                        Court::slurp("$CourtConf::DIR/assertion.jwk"));

# the private key of RFC 7515, A.3
Court::file('a/published.jwk', '{"kty":"EC","crv":"P-256","kid":"p",'
    . '"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
    . '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",'
    . '"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}');

Court::file('audit/seal.key', "s1 aes-256-gcm $secret\n");
Court::file('audit/two.key', "a2 hmac-sha256 $secret\na1 hmac-sm3 "
            . encode_base64url('Y' x 32) . "\n");
Court::file('audit/words.key', "a1 hmac-sm3\n");
Court::file('audit/base64.key', "a1 hmac-sm3 " . '=' x 43 . "\n");
chmod 0640, Court::file('audit/group.key', "a1 hmac-sm3 $secret\n");
chmod 0604, Court::file('audit/open.key', "a1 hmac-sm3 $secret\n");

Court::file('p/policy.json', Court::json($CourtConf::POLICY));
chmod 0666, Court::file('p/open.json', Court::json($CourtConf::POLICY));
mkdir "$CourtConf::DIR/p/dir";

our $key = 'court_assertion_key @DIR@/assertion.jwk iss=https://gw.test';

run_tests();

__DATA__

=== TEST 1: court_assertion_key: an assertion goes up
--- http eval: "$::key;\n"
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- response_body_like: (?m)^Court-Assertion: eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{86}$


=== TEST 2: without the directive none does
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- response_body_unlike: (?mi)^Court-Assertion


=== TEST 3: PEM, and both parameters at their bounds
--- http
court_assertion_key @DIR@/a/pem.pem ttl=2s per=request iss=https://gw.test;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- response_body_like: (?m)^Court-Assertion: eyJ


=== TEST 4: Ed25519
--- http
court_assertion_key @DIR@/a/ed.pem iss=https://gw.test ttl=60s per=caller;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- response_body_like: (?m)^Court-Assertion: eyJ


=== TEST 5: without iss
--- http
court_assertion_key @DIR@/assertion.jwk ttl=60s; # here
--- must_die
--- error_log
court_assertion_key must have "iss" parameter


=== TEST 6: with an empty iss
--- http
court_assertion_key @DIR@/assertion.jwk iss=; # here
--- must_die
--- error_log
invalid parameter "iss="


=== TEST 7: the file alone
--- http
court_assertion_key @DIR@/assertion.jwk; # here
--- must_die
--- error_log
invalid number of arguments in "court_assertion_key" directive


=== TEST 8: ttl below two seconds
--- http eval: "$::key ttl=1s; # here\n"
--- must_die
--- error_log
invalid value "ttl=1s", ttl must be between 2s and 60s


=== TEST 9: ttl above a minute
--- http eval: "$::key ttl=61s; # here\n"
--- must_die
--- error_log
invalid value "ttl=61s", ttl must be between 2s and 60s


=== TEST 10: ttl that is no time
--- http eval: "$::key ttl=; # here\n"
--- must_die
--- error_log
invalid value "ttl=", ttl must be between 2s and 60s


=== TEST 11: per what
--- http eval: "$::key per=connection; # here\n"
--- must_die
--- error_log
invalid parameter "per=connection"


=== TEST 12: aud is nobody's to set
--- http eval: "$::key aud=B01; # here\n"
--- must_die
--- error_log
invalid parameter "aud=B01"


=== TEST 13: iss twice
--- http eval: "$::key iss=https://other.test; # here\n"
--- must_die
--- error_log
duplicate parameter "iss=https://other.test"


=== TEST 14: the directive twice
--- http eval: "$::key;\n$::key; # here\n"
--- must_die
--- error_log
"court_assertion_key" directive is duplicate


=== TEST 15: a file that is not there
--- http
court_assertion_key @DIR@/a/none.jwk iss=x; # here
--- must_die
--- error_log
open() "@DIR@/a/none.jwk" failed (2: No such file or directory)


=== TEST 16: a key that others may read
--- http
court_assertion_key @DIR@/a/open.jwk iss=x; # here
--- must_die
--- error_log
"@DIR@/a/open.jwk" holds secrets and must not be accessible by others


=== TEST 17: a public key
--- http
court_assertion_key @DIR@/a/public.jwk iss=x; # here
--- must_die
--- error_log
court_assertion_key "@DIR@/a/public.jwk" has no usable private key


=== TEST 18: a shared secret
--- http
court_assertion_key @DIR@/a/oct.jwk iss=x; # here
--- must_die
--- error_log
court_assertion_key "@DIR@/a/oct.jwk" 


=== TEST 19: an empty file
--- http
court_assertion_key @DIR@/a/nothing.jwk iss=x; # here
--- must_die
--- error_log
court_assertion_key "@DIR@/a/nothing.jwk" has no usable private key


=== TEST 20: a key that is printed in a standard
--- http
court_assertion_key @DIR@/a/published.jwk iss=x; # here
--- must_die
--- error_log
court_assertion_key is a published or demo key, which needs "court_demo on"


=== TEST 21: in a server
--- server
court_assertion_key @DIR@/assertion.jwk iss=x; # here
--- must_die
--- error_log
"court_assertion_key" directive is not allowed here


=== TEST 22: court_assertion_jwks publishes every key, and nothing private
--- http
court_assertion_key @DIR@/a/two.jwks iss=https://gw.test;
--- server
location / { @COURT@ }
location = /jwks { court_assertion_jwks; }
--- request
GET /jwks
--- response_headers_like
Content-Type: application/(jwk-set\+)?json.*
--- response_body_like: ^\{"keys":\[\{(?!.*"d").*"first".*\},\{.*"second".*\}\]\}$


=== TEST 23: it is open though court is on
--- http eval: "$::key;\ncourt on;\n"
--- server
location / { @COURT@ }
location = /jwks { court_assertion_jwks; }
--- pipelined_requests eval
["GET /jwks", "GET /thing"]
--- error_code eval: [200, 401]


=== TEST 24: court_assertion_jwks without a key
--- server
location = /jwks { court_assertion_jwks; } # here
--- must_die
--- error_log
court_assertion_jwks needs "court_assertion_key"


=== TEST 25: court_assertion_jwks twice
--- http eval: "$::key;\n"
--- server
location = /jwks { court_assertion_jwks; court_assertion_jwks; } # here
--- must_die
--- error_log
"court_assertion_jwks" directive is duplicate


=== TEST 26: court_assertion_jwks with a value
--- http eval: "$::key;\n"
--- server
location = /jwks { court_assertion_jwks on; } # here
--- must_die
--- error_log
invalid number of arguments in "court_assertion_jwks" directive


=== TEST 27: court_assertion_jwks in a server
--- http eval: "$::key;\n"
--- server
court_assertion_jwks; # here
--- must_die
--- error_log
"court_assertion_jwks" directive is not allowed here


=== TEST 28: court_audit_key: a log line names nobody, but a pseudonym
--- http
court_audit_key @DIR@/audit/two.key;
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer', sub => 'lawyer-9')
--- error_code: 403
--- error_log eval
qr/subject_h=[0-9a-f]{32} /
--- no_error_log
lawyer-9


=== TEST 29: without it there is none
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer', sub => 'lawyer-9')
--- error_code: 403
--- error_log
subject_h=- 
--- no_error_log
lawyer-9


=== TEST 30: court_audit_key that others may read
--- http
court_audit_key @DIR@/audit/open.key; # here
--- must_die
--- error_log
"@DIR@/audit/open.key" holds secrets and must not be accessible by others


=== TEST 31: a group may read it
--- http
court_audit_key @DIR@/audit/group.key;


=== TEST 32: court_audit_key of keys that seal
--- http
court_audit_key @DIR@/audit/seal.key; # here
--- must_die
--- error_log
court_audit_key "@DIR@/audit/seal.key": line 1: unknown algorithm


=== TEST 33: court_audit_key without a secret
--- http
court_audit_key @DIR@/audit/words.key; # here
--- must_die
--- error_log
court_audit_key "@DIR@/audit/words.key": line 1: 


=== TEST 34: court_audit_key that is no base64url
--- http
court_audit_key @DIR@/audit/base64.key; # here
--- must_die
--- error_log
court_audit_key "@DIR@/audit/base64.key": line 1: 


=== TEST 35: court_audit_key that is not there
--- http
court_audit_key @DIR@/audit/none.key; # here
--- must_die
--- error_log
open() "@DIR@/audit/none.key" failed (2: No such file or directory)


=== TEST 36: court_audit_key twice
--- http
court_audit_key @DIR@/audit/two.key;
court_audit_key @DIR@/audit/two.key; # here
--- must_die
--- error_log
"court_audit_key" directive is duplicate


=== TEST 37: court_audit_key in a server
--- server
court_audit_key @DIR@/audit/two.key; # here
--- must_die
--- error_log
"court_audit_key" directive is not allowed here


=== TEST 38: court_policy that is not there
--- http
court_policy @DIR@/p/none.json; # here
--- must_die
--- error_log
open() "@DIR@/p/none.json" failed (2: No such file or directory)


=== TEST 39: court_policy that is a directory
--- http
court_policy @DIR@/p/dir; # here
--- must_die
--- error_log
"@DIR@/p/dir" is not a regular file


=== TEST 40: court_policy that others may write
--- http
court_policy @DIR@/p/open.json; # here
--- must_die
--- error_log
"@DIR@/p/open.json" must not be writable by group or others


=== TEST 41: court_policy without a name
--- http
court_policy ""; # here
--- must_die
--- error_log
empty file name


=== TEST 42: court_policy twice
--- http
court_policy @DIR@/p/policy.json;
court_policy @DIR@/p/policy.json; # here
--- must_die
--- error_log
"court_policy" directive is duplicate


=== TEST 43: court_policy in a server
--- server
court_policy @DIR@/p/policy.json; # here
--- must_die
--- error_log
"court_policy" directive is not allowed here


=== TEST 44: verify= is of a later step
--- http
court_policy @DIR@/p/policy.json verify=@DIR@/keys; # here
--- must_die
--- error_log
invalid number of arguments in "court_policy" directive


=== TEST 45: so is quorum=
--- http
court_policy @DIR@/p/policy.json quorum=2; # here
--- must_die
--- error_log
invalid number of arguments in "court_policy" directive


=== TEST 46: and shadow=
--- http
court_policy @DIR@/p/policy.json shadow=@DIR@/p/policy.json; # here
--- must_die
--- error_log
invalid number of arguments in "court_policy" directive


=== TEST 47: court_origin is of a later step
--- http
court_origin https://a.test; # here
--- must_die
--- error_log
unknown directive "court_origin"


=== TEST 48: court_clients is of a later step
--- http
court_clients clients.json; # here
--- must_die
--- error_log
unknown directive "court_clients"


=== TEST 49: court_signature is of a later step
--- http
court_signature required; # here
--- must_die
--- error_log
unknown directive "court_signature"


=== TEST 50: court_replay is of a later step
--- http
court_replay redis=main; # here
--- must_die
--- error_log
unknown directive "court_replay"


=== TEST 51: court_crypto is of a later step
--- http
court_crypto gm; # here
--- must_die
--- error_log
unknown directive "court_crypto"


=== TEST 52: court_logout is of a later step
--- server
location / { court_logout; } # here
--- must_die
--- error_log
unknown directive "court_logout"


=== TEST 53: court_pass_issue is of a later step
--- server
location / { court_pass_issue; } # here
--- must_die
--- error_log
unknown directive "court_pass_issue"


=== TEST 54: court_pass_redeem is of a later step
--- server
location / { court_pass_redeem; } # here
--- must_die
--- error_log
unknown directive "court_pass_redeem"


=== TEST 55: court_assertion_jwks before its key
--- http eval
"server { listen unix:\@DIR@/early.sock; location /jwks { court_assertion_jwks; } }\n$::key;\n"
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 200
