# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_issuer with each of its lines, court_issuers.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

Court::identity('lawyer-1');
Court::file('role.json', '{"format":1,"values":{"01":"lawyer"}}');
Court::file('map/values.json', '{"format":1,"values":{"01":1}}');
Court::file('map/format.json', '{"format":2,"values":{"01":"lawyer"}}');
Court::file('map/member.json', '{"format":1,"values":{},"default":"lawyer"}');
Court::file('map/twice.json', '{"format":1,"values":{"1":"a","1":"b"}}');
Court::file('map/list.json', '{"format":1,"values":["lawyer"]}');
chmod 0666, Court::file('map/writable.json', '{"format":1,"values":{}}');

my $oct = '{"keys":[{"kty":"oct","kid":"s","alg":"HS256","k":"'
          . ('c2VjcmV0' x 8) . '"}]}';
chmod 0644, Court::file('oct.jwks', $oct);
Court::file('oct-private.jwks', $oct);

my $pair = Court::make_key('other');
Court::file('empty.jwks', '{"keys":[]}');
Court::file('rsa-short.jwks', '{"keys":[{"kty":"RSA","kid":"r","alg":"RS256",'
            . '"n":"' . 'q83v' x 16 . '","e":"AQAB"}]}');
Court::file('broken.jwks', "{\"keys\":[\n\n{]}");
Court::file('list.jwks', '[]');
Court::file('private.jwks', Court::json({ keys =>
    [Court::private_jwk('other', $pair)] }));

# a key that is printed in RFC 7515, A.3
Court::file('published.jwks', '{"keys":[{"kty":"EC","crv":"P-256","kid":"p",'
    . '"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",'
    . '"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}');

# owned by somebody else, where we may give files away
my $foreign = Court::file('foreign.jwks', '{"keys":[]}');
chown 65534, 65534, $foreign if $> == 0;
chmod 0644, $foreign;

Court::file('leeway.conf', "leeway 1h;\n");

our $second = <<'_EOC_';
court_issuer staff {
    issuer https://staff.test;
    audience court-api;
    roles officer;
    algorithms ES256;
    jwks_file @DIR@/staff.jwks;
}
_EOC_

run_tests();

__DATA__

=== TEST 1: the mandatory lines alone
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')


=== TEST 2: every line
--- issuer
audience other court-api;
roles lawyer;
courts B00 B01;
algorithms ES256 ES384 ES512 ES256K SM2 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA;
typ at+jwt;
leeway 300s;
token_max_age 1d;
claim role /user/type map=@DIR@/role.json;
claim licence /user/licence_no;
acr password face;
binding none;
sm2_id 1234567812345678;
sm2_encoding der;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer', role => undef, court => 'B01', user => { type => '01' })


=== TEST 3: include works in the block
--- issuer
include @DIR@/leeway.conf; # the one line that is nginx's
} # here
--- must_die
--- error_log
"leeway" of court_issuer "platform" must not be above 300s


=== TEST 4: a block without issuer
--- issuer
} # here
--- without: issuer
--- must_die
--- error_log
no "issuer" is defined for court_issuer "platform"


=== TEST 5: without audience
--- issuer
} # here
--- without: audience
--- must_die
--- error_log
no "audience" is defined for court_issuer "platform"


=== TEST 6: without roles
--- issuer
} # here
--- without: roles
--- must_die
--- error_log
no "roles" is defined for court_issuer "platform"


=== TEST 7: without algorithms
--- issuer
} # here
--- without: algorithms
--- must_die
--- error_log
no "algorithms" is defined for court_issuer "platform"


=== TEST 8: without jwks_file
--- issuer
} # here
--- without: jwks_file
--- must_die
--- error_log
no "jwks_file" is defined for court_issuer "platform"


=== TEST 9: an empty issuer is none
--- issuer
issuer "";
} # here
--- must_die
--- error_log
no "issuer" is defined for court_issuer "platform"


=== TEST 10: jwks_uri is of a later step
--- issuer
jwks_uri /keys refresh=10m; # here
--- must_die
--- error_log
unknown directive "jwks_uri"


=== TEST 11: so is introspection_uri
--- issuer
introspection_uri /introspect; # here
--- must_die
--- error_log
unknown directive "introspection_uri"


=== TEST 12: and decrypt_keys
--- issuer
decrypt_keys keys/decrypt.jwks; # here
--- must_die
--- error_log
unknown directive "decrypt_keys"


=== TEST 13: binding dpop is of a later step
--- issuer
binding dpop; # here
--- must_die
--- error_log
invalid value "dpop" in "binding" directive, it must be "none"


=== TEST 14: binding mtls
--- issuer
binding mtls; # here
--- must_die
--- error_log
invalid value "mtls" in "binding" directive


=== TEST 15: binding any
--- issuer
binding any; # here
--- must_die
--- error_log
invalid value "any" in "binding" directive


=== TEST 16: a line of nginx's own has no meaning in the block
--- issuer
root /; # here
--- must_die
--- error_log
unknown directive "root"


=== TEST 17: no name
--- http
court_issuer { # here
}
--- must_die
--- error_log
invalid number of arguments in "court_issuer" directive


=== TEST 18: two names
--- http
court_issuer a b { # here
}
--- must_die
--- error_log
invalid number of arguments in "court_issuer" directive


=== TEST 19: no block
--- http
court_issuer a; # here
--- must_die
--- error_log
directive "court_issuer" has no opening "{"


=== TEST 20: court_issuer in a server
--- server
court_issuer a { # here
}
--- must_die
--- error_log
"court_issuer" directive is not allowed here


=== TEST 21: one name twice
--- http eval: $::second . $::second =~ s/\{/{ # here/r
--- must_die
--- error_log
duplicate court_issuer "staff"


=== TEST 22: one iss twice
--- http eval: $::second
--- issuer
issuer https://staff.test;
} # here
--- must_die
--- error_log
court_issuer "staff" and "platform" have the same "issuer"


=== TEST 23: issuer twice
--- issuer
issuer https://a.test;
issuer https://a.test; # here
--- must_die
--- error_log
"issuer" directive is duplicate


=== TEST 24: audience twice
--- issuer
audience a;
audience b; # here
--- must_die
--- error_log
"audience" directive is duplicate


=== TEST 25: one audience named twice
--- issuer
audience a b a; # here
--- must_die
--- error_log
duplicate value "a"


=== TEST 26: an empty audience
--- issuer
audience a ""; # here
--- must_die
--- error_log
"audience" directive has an empty value


=== TEST 27: roles twice
--- issuer
roles lawyer;
roles party; # here
--- must_die
--- error_log
"roles" directive is duplicate


=== TEST 28: one role named twice
--- issuer
roles lawyer lawyer; # here
--- must_die
--- error_log
duplicate value "lawyer"


=== TEST 29: a role that the policy does not know
--- issuer
roles lawyer clerk;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer', role => 'clerk')
--- error_code: 403
--- response_headers
Court-Refused: role_unknown


=== TEST 30: courts twice
--- issuer
courts B00;
courts B01; # here
--- must_die
--- error_log
"courts" directive is duplicate


=== TEST 31: algorithm none
--- issuer
algorithms none; # here
--- must_die
--- error_log
unknown algorithm "none"


=== TEST 32: an algorithm in other case
--- issuer
algorithms es256; # here
--- must_die
--- error_log
unknown algorithm "es256"


=== TEST 33: an algorithm of JWE
--- issuer
algorithms ECDH-ES; # here
--- must_die
--- error_log
unknown algorithm "ECDH-ES"


=== TEST 34: one algorithm named twice
--- issuer
algorithms ES256 SM2 ES256; # here
--- must_die
--- error_log
duplicate value "ES256"


=== TEST 35: algorithms twice
--- issuer
algorithms ES256;
algorithms SM2; # here
--- must_die
--- error_log
"algorithms" directive is duplicate


=== TEST 36: algorithms without a value
--- issuer
algorithms; # here
--- must_die
--- error_log
invalid number of arguments in "algorithms" directive


=== TEST 37: jwks_file that is not there
--- issuer
jwks_file @DIR@/none.jwks;
} # here
--- must_die
--- error_log
open() "@DIR@/none.jwks" failed (2: No such file or directory)


=== TEST 38: jwks_file that is a directory
--- issuer
jwks_file @DIR@/keys;
} # here
--- must_die
--- error_log
"@DIR@/keys" is not a regular file


=== TEST 39: jwks_file that is empty text
--- issuer
jwks_file "";
} # here
--- must_die
--- error_log
no "jwks_file" is defined for court_issuer "platform"


=== TEST 40: jwks_file that is no JSON
--- issuer
jwks_file @DIR@/broken.jwks;
} # here
--- must_die
--- error_log
jwks_file "@DIR@/broken.jwks": line 3


=== TEST 41: jwks_file that is no JWKS
--- issuer
jwks_file @DIR@/list.jwks;
} # here
--- must_die
--- error_log
jwks_file "@DIR@/list.jwks": 


=== TEST 42: jwks_file of somebody else
--- skip_eval: 5: $> != 0
--- issuer
jwks_file @DIR@/foreign.jwks;
} # here
--- must_die
--- error_log
"@DIR@/foreign.jwks" is not owned by root or by the user that starts nginx


=== TEST 43: jwks_file with secrets that others may read
--- issuer
algorithms HS256;
jwks_file @DIR@/oct.jwks;
} # here
--- must_die
--- error_log
"@DIR@/oct.jwks" holds secrets and must not be accessible by others


=== TEST 44: the same file, closed to others
--- issuer
algorithms HS256;
jwks_file @DIR@/oct-private.jwks;


=== TEST 45: jwks_file without a key: told, and callers wait for keys
--- issuer
jwks_file @DIR@/empty.jwks;
} # here
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 503
--- response_headers
Court-Refused: keys_unavailable
--- error_log
jwks_file "@DIR@/empty.jwks" has no key for the algorithms of court_issuer "platform"
[warn]


=== TEST 46: jwks_file with keys for other algorithms
--- issuer
algorithms RS256;
} # here
--- error_log
has no key for the algorithms of court_issuer "platform"
[warn]


=== TEST 47: jwks_file with an unusable key
--- issuer
algorithms RS256;
jwks_file @DIR@/rsa-short.jwks;
} # here
--- error_log
jwks_file "@DIR@/rsa-short.jwks": key 
[warn]


=== TEST 48: jwks_file with a key that is printed in a standard
--- issuer
jwks_file @DIR@/published.jwks;
} # here
--- must_die
--- error_log
court_issuer "platform" has a published or demo key, which needs "court_demo on"


=== TEST 49: the same key with court_demo
--- http
court_demo on;
--- issuer
jwks_file @DIR@/published.jwks;
--- error_log
"court_demo" is on


=== TEST 50: jwks_file twice
--- issuer
jwks_file @DIR@/platform.jwks;
jwks_file @DIR@/staff.jwks; # here
--- must_die
--- error_log
"jwks_file" directive is duplicate


=== TEST 51: typ that the issuer sets
--- issuer
typ JWT;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 401
--- response_headers
Court-Refused: token_invalid


=== TEST 52: typ twice
--- issuer
typ JWT;
typ at+jwt; # here
--- must_die
--- error_log
"typ" directive is duplicate


=== TEST 53: leeway above five minutes
--- issuer
leeway 301s;
} # here
--- must_die
--- error_log
"leeway" of court_issuer "platform" must not be above 300s


=== TEST 54: leeway below zero
--- issuer
leeway -1; # here
--- must_die
--- error_log
"leeway" directive invalid value


=== TEST 55: leeway twice
--- issuer
leeway 1s;
leeway 2s; # here
--- must_die
--- error_log
"leeway" directive is duplicate


=== TEST 56: token_max_age counts
--- issuer
token_max_age 1s;
leeway 0;
--- request
GET /thing
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 401


=== TEST 57: courts: a token that names another court's staff, or none
--- issuer
courts B00 B01;
--- pipelined_requests eval
["GET /thing", "GET /thing", "GET /thing"]
--- more_headers eval
[Court::bearer('lawyer', court => 'B00'), Court::bearer('lawyer', court => 'B0101'), Court::bearer('lawyer')]
--- error_code eval: [200, 401, 401]


=== TEST 58: token_max_age that is no time
--- issuer
token_max_age long; # here
--- must_die
--- error_log
"token_max_age" directive invalid value


=== TEST 59: token_max_age twice
--- issuer
token_max_age 1h;
token_max_age 2h; # here
--- must_die
--- error_log
"token_max_age" directive is duplicate


=== TEST 60: claim that is no pointer
--- issuer
claim licence user.licence; # here
--- must_die
--- error_log
invalid claim "licence" "user.licence", it must be a name and a JSON pointer


=== TEST 61: claim with a name that no variable can have
--- issuer
claim Licence-No /l; # here
--- must_die
--- error_log
invalid claim "Licence-No" "/l", it must be a name and a JSON pointer


=== TEST 62: claim twice
--- issuer
claim licence /a;
claim licence /b; # here
--- must_die
--- error_log
duplicate claim "licence"


=== TEST 63: claim with an unknown parameter
--- issuer
claim licence /a values=x; # here
--- must_die
--- error_log
invalid parameter "values=x"


=== TEST 64: claim with an empty map
--- issuer
claim licence /a map=; # here
--- must_die
--- error_log
empty file name


=== TEST 65: a map that is not there
--- issuer
claim role /r map=@DIR@/map/none.json; # here
--- must_die
--- error_log
open() "@DIR@/map/none.json" failed (2: No such file or directory)


=== TEST 66: a map with numbers
--- issuer
claim role /r map=@DIR@/map/values.json; # here
--- must_die
--- error_log
"@DIR@/map/values.json": it must be {"format":1,"values":{...}}


=== TEST 67: a map of another format
--- issuer
claim role /r map=@DIR@/map/format.json; # here
--- must_die
--- error_log
"@DIR@/map/format.json": it must be


=== TEST 68: a map with a default
--- issuer
claim role /r map=@DIR@/map/member.json; # here
--- must_die
--- error_log
"@DIR@/map/member.json": it must be


=== TEST 69: a map with one key twice
--- issuer
claim role /r map=@DIR@/map/twice.json; # here
--- must_die
--- error_log
"@DIR@/map/twice.json": 


=== TEST 70: a map of a list
--- issuer
claim role /r map=@DIR@/map/list.json; # here
--- must_die
--- error_log
"@DIR@/map/list.json": it must be


=== TEST 71: a map that others may write
--- issuer
claim role /r map=@DIR@/map/writable.json; # here
--- must_die
--- error_log
"@DIR@/map/writable.json" must not be writable by group or others


=== TEST 72: more claims than there may be
--- issuer eval
CORE::join('', map { "claim c$_ /c;\n" } 'a' .. 'p') . "claim d /d; # here\n"
--- must_die
--- error_log
"claim" directive stands too often


=== TEST 73: claim with one value
--- issuer
claim role; # here
--- must_die
--- error_log
invalid number of arguments in "claim" directive


=== TEST 74: acr twice
--- issuer
acr a b;
acr c; # here
--- must_die
--- error_log
"acr" directive is duplicate


=== TEST 75: one acr named twice: an order must be an order
--- issuer
acr a b a; # here
--- must_die
--- error_log
duplicate value "a"


=== TEST 76: binding twice
--- issuer
binding none;
binding none; # here
--- must_die
--- error_log
"binding" directive is duplicate


=== TEST 77: sm2_id twice
--- issuer
sm2_id a;
sm2_id b; # here
--- must_die
--- error_log
"sm2_id" directive is duplicate


=== TEST 78: sm2_encoding neither raw nor der
--- issuer
sm2_encoding asn1; # here
--- must_die
--- error_log
invalid value "asn1" in "sm2_encoding" directive, it must be "raw" or "der"


=== TEST 79: sm2_encoding twice
--- issuer
sm2_encoding raw;
sm2_encoding raw; # here
--- must_die
--- error_log
"sm2_encoding" directive is duplicate


=== TEST 80: court_issuers: all is the default
--- http eval: $::second
--- pipelined_requests eval
["GET /thing", "GET /thing"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('officer')]
--- error_code eval: [200, 200]


=== TEST 81: court_issuers in http, another list nearer
--- http eval: "court_issuers platform;\n$::second"
--- server
location / { @COURT@ }
location /active { court_issuers staff platform; @COURT@ }
--- pipelined_requests eval
["GET /thing", "GET /thing", "GET /active"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('officer'), Court::bearer('lawyer')]
--- error_code eval: [200, 401, 200]
--- response_headers eval
["!Court-Refused", "Court-Refused: token_invalid", "!Court-Refused"]


=== TEST 82: court_issuers in a server
--- http eval: $::second
--- server
court_issuers staff;
location / { @COURT@ }
--- pipelined_requests eval
["GET /thing", "GET /thing"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('officer')]
--- error_code eval: [401, 200]


=== TEST 83: court_issuers: a name that nobody has
--- server
court_issuers platform staff; # here
location / { @COURT@ }
--- must_die
--- error_log
unknown issuer "staff" in "court_issuers" directive


=== TEST 84: court_issuers in http with an unknown name
--- http
court_issuers nobody; # here
--- must_die
--- error_log
unknown issuer "nobody" in "court_issuers" directive


=== TEST 85: court_issuers: one name twice
--- server
court_issuers platform platform; # here
--- must_die
--- error_log
duplicate value "platform"


=== TEST 86: court_issuers twice
--- server
court_issuers platform;
court_issuers platform; # here
--- must_die
--- error_log
"court_issuers" directive is duplicate


=== TEST 87: court_issuers without a name
--- server
court_issuers; # here
--- must_die
--- error_log
invalid number of arguments in "court_issuers" directive
