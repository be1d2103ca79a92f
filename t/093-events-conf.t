# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_events, court_revocation_unknown, court_session_max: what nginx -t
# refuses.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;
use CourtEvents;
use MIME::Base64 qw(encode_base64url);

CourtEvents->new('');
Court::file('beatless.jwks', Court::slurp("$CourtConf::DIR/authorities.jwks") =~ s/,"beat"//r);
Court::file('unscoped.jwks', Court::slurp("$CourtConf::DIR/platform.jwks"));
Court::file('open.jwks', Court::slurp("$CourtConf::DIR/authorities.jwks"));
chmod 0666, "$CourtConf::DIR/open.jwks";

run_tests();

__DATA__

=== TEST 1: all of them
--- redis
server 127.0.0.1:1;
--- http
court_cache redis=main seal_keys=@DIR@/seal.key;
court_events redis=main keys=@DIR@/authorities.jwks max_silence=3s;
court_revocation_unknown refuse;
court_session_max 2h;


=== TEST 2: off
--- http
court_events off;


=== TEST 3: twice
--- http
court_events off;
court_events off; # here
--- must_die
--- error_log
"court_events" directive is duplicate


=== TEST 4: without keys
--- http
court_events redis=main; # here
--- must_die
--- error_log
court_events must have "redis" and "keys" parameters, or be "off"


=== TEST 5: without redis
--- http
court_events keys=@DIR@/authorities.jwks; # here
--- must_die
--- error_log
court_events must have "redis" and "keys" parameters, or be "off"


=== TEST 6: an unknown parameter
--- http
court_events redis=main keys=@DIR@/authorities.jwks more=1; # here
--- must_die
--- error_log
invalid parameter "more=1"


=== TEST 7: silence too short
--- http
court_events redis=main keys=@DIR@/authorities.jwks max_silence=900ms; # here
--- must_die
--- error_log
invalid parameter "max_silence=900ms"


=== TEST 8: silence too long
--- http
court_events redis=main keys=@DIR@/authorities.jwks max_silence=301s; # here
--- must_die
--- error_log
invalid parameter "max_silence=301s"


=== TEST 9: no such court_redis
--- http
court_events redis=nobody keys=@DIR@/authorities.jwks; # here
--- must_die
--- error_log
unknown court_redis "nobody"


=== TEST 10: without seal keys
--- redis
server 127.0.0.1:1;
--- http
court_events redis=main keys=@DIR@/authorities.jwks; # here
--- must_die
--- error_log
court_events needs the seal_keys of "court_cache": who is revoked stands sealed in Redis


=== TEST 11: no key that may beat
--- http
court_events redis=main keys=@DIR@/beatless.jwks; # here
--- must_die
--- error_log
keys "@DIR@/beatless.jwks":


=== TEST 12: keys without a scope
--- http
court_events redis=main keys=@DIR@/unscoped.jwks; # here
--- must_die
--- error_log
keys "@DIR@/unscoped.jwks":


=== TEST 13: keys that others can write
--- http
court_events redis=main keys=@DIR@/open.jwks; # here
--- must_die
--- error_log
open.jwks


=== TEST 14: verify is not built yet
--- http
court_revocation_unknown verify; # here
--- must_die
--- error_log
invalid value "verify" in "court_revocation_unknown" directive, it must be "refuse"


=== TEST 15: a session shorter than a second
--- http
court_session_max 999ms; # here
--- must_die
--- error_log
value must be between 1s and 30d


=== TEST 16: a session longer than thirty days
--- http
court_session_max 31d; # here
--- must_die
--- error_log
value must be between 1s and 30d
