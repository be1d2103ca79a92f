# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_fact with each of its lines, court_source_server.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

Court::identity('lawyer-1');

my %map = (
    right  => '{"format":1,"echo":{"subject":"/id"},"fields":'
              . '{"status":{"pointer":"/zt","values":{"1":"active"},'
              . '"default":"error"},"suspended":{"pointer":"/s"}}}',
    echo   => '{"format":1,' . "\n" . '"fields":{"status":{"pointer":"/a"}}}',
    key    => '{"format":1,"echo":{"case":"/a"},"fields":{"status":{"pointer":"/a"}}}',
    format => '{"format":2,"fields":{"status":{"pointer":"/a"}}}',
    none   => '{"fields":{"status":{"pointer":"/a"}}}',
    field  => "{\"format\":1,\"echo\":{\"subject\":\"/a\"},\n\"fields\":{\"x\":{\"pointer\":\"/a\"}}}",
    member => '{"format":1,"echo":{"subject":"/a"},"cache":1,"fields":{"status":{"pointer":"/a"}}}',
    both   => '{"format":1,"echo":{"subject":"/a"},"result":{"pointer":"/c",'
              . '"ok":["0"],"not_found":["0"]},"fields":{"status":{"pointer":"/a"}}}',
    json   => '{"format":1',
);
Court::file("map/$_.json", $map{$_}) for keys %map;
chmod 0662, Court::file('map/writable.json', $map{right});

Court::fact('identity', 'party-1', '{"id":"party-1","zt":1}');
Court::fact('identity', 'court-1', { subject => 'court-1',
                                     status => 'active' });

run_tests();

__DATA__

=== TEST 1: the mandatory lines alone
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 2: every line
--- fact
source /identity;
key $court_issuer $court_subject;
scope national;
field status enum;
field suspended intervals;
field kind enum;
field unit string;
field verified_at time;
ttl 1d;
negative_ttl 1s;
timeout 60s;
max_fetches 1;
max_waiting 100000;
rate 1000000r/s;
breaker 1/1h;
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 3: a map says how the platform calls it
--- fact
map @DIR@/map/right.json;
--- http
court_issuers platform;
--- policy eval
Court::json({ %$CourtConf::POLICY, rules => [{ id => 'r3', effect => 'allow', roles => ['party'], interfaces => ['thing.active'], when => ['active'] }] })
--- request
GET /active
--- more_headers eval: Court::bearer('party')


=== TEST 4: each type
--- http
court_fact own {
    source /identity;
    key    $court_subject;
    field  a string;
    field  b enum;
    field  c bool;
    field  d int;
    field  e time;
    field  f seconds;
    field  g list;
    field  h intervals;
}


=== TEST 5: four values of a key, with text around a variable
--- fact
key $court_issuer ${court_subject} $court_client a-$court_code;


=== TEST 6: stale is too long
--- fact
stale 9h; # here
--- must_die
--- error_log
value must be between 0 and 8h


=== TEST 7: an unknown line
--- fact
proxy_pass http://a; # here
--- must_die
--- error_log
unknown directive "proxy_pass"


=== TEST 8: without source
--- fact
} # here
--- without: source
--- must_die
--- error_log
no "source" is defined for court_fact "identity"


=== TEST 9: without key
--- fact
} # here
--- without: key
--- must_die
--- error_log
no "key" is defined for court_fact "identity"


=== TEST 10: without field
--- fact
} # here
--- without: field
--- must_die
--- error_log
no "field" is defined for court_fact "identity"


=== TEST 11: source that is no location of the source server
--- fact
source /nowhere;
} # here
--- must_die
--- error_log
court_fact "identity": no location "/nowhere" in the server of court_source_server


=== TEST 12: source that an exact location only begins with
--- fact
source /identity/1;
} # here
--- must_die
--- error_log
court_fact "identity": no location "/identity/1" in the server of court_source_server


=== TEST 13: source under a prefix location
--- fact
source /people/identity;
--- source
location /people/ { proxy_pass http://unix:@DIR@/run/mock.sock; }


=== TEST 14: source under a regex location
--- fact
source /identity.v2;
--- source
location ~ ^/identity\.v\d$ { proxy_pass http://unix:@DIR@/run/mock.sock; }


=== TEST 15: source that is a named location
--- fact
source @identity;
} # here
--- source
location @identity { proxy_pass http://unix:@DIR@/run/mock.sock; }
--- must_die
--- error_log
invalid source "@identity", it must be a location of the source server


=== TEST 16: source with a query
--- fact
source /identity?a=b;
} # here
--- must_die
--- error_log
invalid source "/identity?a=b", it must be a location of the source server


=== TEST 17: source that is a URL
--- fact
source http://platform.test/identity;
} # here
--- must_die
--- error_log
invalid source "http://platform.test/identity", it must be a location of the source server


=== TEST 18: source with a space would be two lines of a request
--- fact
source "/identity HTTP/1.1";
} # here
--- must_die
--- error_log
invalid source "/identity HTTP/1.1"


=== TEST 19: source twice
--- fact
source /identity;
source /identity; # here
--- must_die
--- error_log
"source" directive is duplicate


=== TEST 20: key twice
--- fact
key $court_subject;
key $court_issuer; # here
--- must_die
--- error_log
"key" directive is duplicate


=== TEST 21: five values of a key
--- fact
key $court_issuer $court_subject $court_client $court_code $court_role; # here
--- must_die
--- error_log
"key" directive must have 1 to 4 values


=== TEST 22: key without a value
--- fact
key; # here
--- must_die
--- error_log
invalid number of arguments in "key" directive


=== TEST 23: key of a variable that is unknown
--- fact
key $court_subject $court_nobody_has_that;
--- must_die
--- error_log
unknown "court_nobody_has_that" variable


=== TEST 24: key of identity without the person: any answer would be about somebody else
--- fact
key $court_issuer;
} # here
--- must_die
--- error_log
"key" of court_fact "identity" has nothing by which an answer could say whom it is about


=== TEST 25: key of relation without the case
--- http
court_fact relation {
    source /identity;
    key    $court_subject;
    field  side enum;
} # here
--- must_die
--- error_log
"key" of court_fact "relation" has nothing by which an answer could say whom it is about


=== TEST 26: key of a fact of one's own that names nobody
--- http
court_fact own {
    source /identity;
    key    $court_issuer everybody;
    field  a string;
} # here
--- must_die
--- error_log
"key" of court_fact "own" has nothing by which an answer could say whom it is about


=== TEST 27: scope neither national nor court
--- fact
scope local; # here
--- must_die
--- error_log
invalid value "local" in "scope" directive, it must be "national" or "court"


=== TEST 28: scope twice
--- fact
scope court;
scope court; # here
--- must_die
--- error_log
"scope" directive is duplicate


=== TEST 29: field of an unknown type
--- fact
field status text; # here
--- must_die
--- error_log
unknown type "text"


=== TEST 30: field without a type
--- fact
field status; # here
--- must_die
--- error_log
invalid number of arguments in "field" directive


=== TEST 31: field twice
--- fact
field status enum;
field status enum; # here
--- must_die
--- error_log
duplicate field "status"


=== TEST 32: field in capitals
--- fact
field Status enum; # here
--- must_die
--- error_log
invalid field name "Status"


=== TEST 33: field that is computed
--- fact
field active bool; # here
--- must_die
--- error_log
invalid field name "active"


=== TEST 34: a standard field of another type
--- fact
field status string;
} # here
--- must_die
--- error_log
field "status" of court_fact "identity" must be of type "enum"


=== TEST 35: more fields than there may be
--- http eval
"court_fact own {\nsource /identity;\nkey \$court_subject;\n" . CORE::join('', map { "field f$_ int;\n" } 1 .. 64) . "field g int; # here\n}\n"
--- must_die
--- error_log
"field" directive stands too often


=== TEST 36: status without suspended
--- fact
field status enum;
} # here
--- error_log
court_fact "identity" has "status" without "suspended": suspensions by interval are not seen
[warn]


=== TEST 37: a map that is not there
--- fact
map @DIR@/map/gone.json;
} # here
--- must_die
--- error_log
open() "@DIR@/map/gone.json" failed (2: No such file or directory)


=== TEST 38: a map that does not say whom an answer is about
--- fact
map @DIR@/map/echo.json;
} # here
--- must_die
--- error_log
map "@DIR@/map/echo.json": line 1: an answer must name every person and case it was asked for


=== TEST 39: a map with an echo of another fact's key
--- fact
map @DIR@/map/key.json;
} # here
--- must_die
--- error_log
map "@DIR@/map/key.json": line 1: /echo/case: is no key of this fact


=== TEST 40: a map of another format
--- fact
map @DIR@/map/format.json;
} # here
--- must_die
--- error_log
/format: must be 1


=== TEST 41: a map without format
--- fact
map @DIR@/map/none.json;
} # here
--- must_die
--- error_log
"format" is missing


=== TEST 42: a map with a field that the fact does not have
--- fact
map @DIR@/map/field.json;
} # here
--- must_die
--- error_log
line 2: /fields/x: is no field of this fact


=== TEST 43: a map with an unknown member
--- fact
map @DIR@/map/member.json;
} # here
--- must_die
--- error_log
/cache: unknown member


=== TEST 44: a map where one word is yes and no
--- fact
map @DIR@/map/both.json;
} # here
--- must_die
--- error_log
a word is in "ok" and in "not_found"


=== TEST 45: a map that is no JSON
--- fact
map @DIR@/map/json.json;
} # here
--- must_die
--- error_log
map "@DIR@/map/json.json": line 1


=== TEST 46: a map that others may write
--- fact
map @DIR@/map/writable.json;
} # here
--- must_die
--- error_log
"@DIR@/map/writable.json" must not be writable by group or others


=== TEST 47: map twice
--- fact
map @DIR@/map/right.json;
map @DIR@/map/right.json; # here
--- must_die
--- error_log
"map" directive is duplicate


=== TEST 48: ttl below a second
--- fact
ttl 999ms; # here
--- must_die
--- error_log
value must be between 1s and 1d


=== TEST 49: ttl above a day
--- fact
ttl 86401s; # here
--- must_die
--- error_log
value must be between 1s and 1d


=== TEST 50: ttl twice
--- fact
ttl 1s;
ttl 2s; # here
--- must_die
--- error_log
"ttl" directive is duplicate


=== TEST 51: negative_ttl of nothing
--- fact
negative_ttl 0; # here
--- must_die
--- error_log
value must be between 1s and 1d


=== TEST 52: negative_ttl twice
--- fact
negative_ttl 1s;
negative_ttl 1s; # here
--- must_die
--- error_log
"negative_ttl" directive is duplicate


=== TEST 53: timeout below ten milliseconds
--- fact
timeout 9ms; # here
--- must_die
--- error_log
value must be between 10ms and 60s


=== TEST 54: timeout above a minute
--- fact
timeout 61s; # here
--- must_die
--- error_log
value must be between 10ms and 60s


=== TEST 55: timeout twice
--- fact
timeout 1s;
timeout 1s; # here
--- must_die
--- error_log
"timeout" directive is duplicate


=== TEST 56: max_fetches of none
--- fact
max_fetches 0; # here
--- must_die
--- error_log
value must be between 1 and 100000


=== TEST 57: max_fetches that is too many
--- fact
max_fetches 100001; # here
--- must_die
--- error_log
value must be between 1 and 100000


=== TEST 58: max_fetches twice
--- fact
max_fetches 1;
max_fetches 1; # here
--- must_die
--- error_log
"max_fetches" directive is duplicate


=== TEST 59: max_waiting that is no number
--- fact
max_waiting many; # here
--- must_die
--- error_log
"max_waiting" directive invalid number


=== TEST 60: max_waiting twice
--- fact
max_waiting 1;
max_waiting 1; # here
--- must_die
--- error_log
"max_waiting" directive is duplicate


=== TEST 61: rate of none
--- fact
rate 0r/s; # here
--- must_die
--- error_log
invalid rate "0r/s"


=== TEST 62: rate by the minute
--- fact
rate 5r/m; # here
--- must_die
--- error_log
invalid rate "5r/m"


=== TEST 63: rate without a number
--- fact
rate r/s; # here
--- must_die
--- error_log
invalid rate "r/s"


=== TEST 64: rate that overflows
--- fact
rate 99999999999999999999r/s; # here
--- must_die
--- error_log
invalid rate "99999999999999999999r/s"


=== TEST 65: rate twice
--- fact
rate 1r/s;
rate 1r/s; # here
--- must_die
--- error_log
"rate" directive is duplicate


=== TEST 66: breaker without a time
--- fact
breaker 20; # here
--- must_die
--- error_log
invalid value "20", it must be failures/time


=== TEST 67: breaker of no failure
--- fact
breaker 0/10s; # here
--- must_die
--- error_log
invalid value "0/10s", it must be failures/time


=== TEST 68: breaker that never closes
--- fact
breaker 20/2h; # here
--- must_die
--- error_log
invalid value "20/2h", it must be failures/time


=== TEST 69: breaker twice
--- fact
breaker 20/10s;
breaker 20/10s; # here
--- must_die
--- error_log
"breaker" directive is duplicate


=== TEST 70: one fact twice
--- http
court_fact own {
    source /identity;
    key    $court_subject;
    field  a string;
}
court_fact own { # here
}
--- must_die
--- error_log
duplicate court_fact "own"


=== TEST 71: a name with an underscore: $court_fact_NAME_FIELD would be ambiguous
--- http
court_fact my_own { # here
}
--- must_die
--- error_log
invalid fact name "my_own"


=== TEST 72: no name
--- http
court_fact { # here
}
--- must_die
--- error_log
invalid number of arguments in "court_fact" directive


=== TEST 73: seventeen facts
--- http eval
CORE::join('', map { "court_fact $_ { source /identity; key \$court_subject; field a string; }" . ($_ eq 'q' ? " # here\n" : "\n") } 'a' .. 'q')
--- without: court_fact
--- must_die
--- error_log
"court_fact" directive stands too often


=== TEST 74: court_fact in a server
--- server
court_fact own { # here
}
--- must_die
--- error_log
"court_fact" directive is not allowed here


=== TEST 75: court_fact without court_source_server
--- fact
} # here
--- without: court_source_server source_server
--- must_die
--- error_log
court_fact needs "court_source_server"


=== TEST 76: court_source_server that nobody listens on
--- http
court_source_server unix:@DIR@/run/nobody.sock; # here
--- must_die
--- error_log
no server listens on court_source_server "unix:@DIR@/run/nobody.sock"


=== TEST 77: court_source_server by address
--- http
court_source_server 127.0.0.1:8081; # here
--- must_die
--- error_log
in "127.0.0.1:8081" of the "court_source_server" directive, it must be unix:PATH


=== TEST 78: court_source_server without a path
--- http
court_source_server unix:; # here
--- must_die
--- error_log
in "unix:" of the "court_source_server" directive, it must be unix:PATH


=== TEST 79: court_source_server with a URI
--- http
court_source_server unix:@DIR@/run/source.sock:/identity; # here
--- must_die
--- error_log
no server listens on court_source_server "unix:@DIR@/run/source.sock:/identity"


=== TEST 80: court_source_server with a path that no socket can have
--- http eval
'court_source_server unix:/' . 'a' x 120 . "; # here\n"
--- must_die
--- error_log
of the "court_source_server" directive, it must be unix:PATH


=== TEST 81: court_source_server twice
--- http
court_source_server unix:@DIR@/run/source.sock;
court_source_server unix:@DIR@/run/source.sock; # here
--- must_die
--- error_log
"court_source_server" directive is duplicate


=== TEST 82: court_source_server in a server
--- server
court_source_server unix:@DIR@/run/source.sock; # here
--- must_die
--- error_log
"court_source_server" directive is not allowed here


=== TEST 83: its server must not listen where clients come
--- source
listen unix:@DIR@/run/source.sock;
listen unix:@DIR@/run/clients.sock;
--- must_die
--- error_log
a server that listens on court_source_server "unix:@DIR@/run/source.sock" must not listen elsewhere in @DIR@/http.conf


=== TEST 84: nor may its port be shared by a server of clients
--- http
server {
    listen unix:@DIR@/run/clients.sock;
    listen unix:@DIR@/run/source.sock;
    server_name second;
}
--- must_die
--- error_log
must not listen elsewhere in @DIR@/http.conf


=== TEST 85: court can't be on there
--- source
court on;
--- must_die
--- error_log
"court" can't be on in a server that listens on court_source_server in @DIR@/http.conf


=== TEST 86: nor in a location there
--- source
location = /identity { court report; proxy_pass http://unix:@DIR@/run/mock.sock; }
--- must_die
--- error_log
"court" can't be on in a server that listens on court_source_server in @DIR@/http.conf


=== TEST 87: court on in http does not reach it
--- http
court on;
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 88: a directory that is open to others
--- init
chmod 0700, "$CourtConf::DIR/run";
--- http eval
chmod 0711, "$CourtConf::DIR/run"; "court_source_server unix:\@DIR@/run/source.sock; # here\n"
--- error_log
the directory of court_source_server "unix:@DIR@/run/source.sock" is open to others
[warn]


=== TEST 89: field found is computed, too
--- fact
field found bool; # here
--- must_die
--- error_log
invalid field name "found"
