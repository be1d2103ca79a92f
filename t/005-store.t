# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_zone, court_state_dir, court_redis with each of its lines, court_cache.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;
use MIME::Base64 qw(encode_base64url);

our $secret = encode_base64url('S' x 32);

Court::file('seal.key', "s1 sm4-ctr-hmac-sm3 $secret\n");
Court::file('ring/two.key', "s2 aes-256-gcm $secret\n"
            . "s1 sm4-ctr-hmac-sm3 " . encode_base64url('T' x 32) . "\n");
Court::file('ring/mac.key', "a1 hmac-sm3 $secret\n");
Court::file('ring/short.key', "s1 aes-256-gcm c2hvcnQ\n");
Court::file('ring/empty.key', '');
Court::file('ring/twice.key', "s1 aes-256-gcm $secret\n"
            . "s1 sm4-ctr-hmac-sm3 $secret\n");
Court::file('redis.password', "secret\nnot this\n");
Court::file('redis.empty', "\nsecret\n");
chmod 0644, Court::file('ring/open.key', "s1 aes-256-gcm $secret\n");
chmod 0620, Court::file('ring/group.key', "s1 aes-256-gcm $secret\n");
chmod 0604, Court::file('redis.open', "secret\n");
mkdir "$CourtConf::DIR/open-state";
chmod 0777, "$CourtConf::DIR/open-state";

if ($> == 0) {
    mkdir "$CourtConf::DIR/foreign-state";
    chown 65534, 65534, "$CourtConf::DIR/foreign-state";
    chown 65534, 65534,
          Court::file('ring/foreign.key', "s1 aes-256-gcm $secret\n");
}

Court::identity('lawyer-1');
run_tests();

__DATA__

=== TEST 1: court_zone: each zone, in several directives
--- http
court_zone tokens:64k facts:128k;
court_zone negative:64k;
court_zone artefacts:512k;
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 2: court_zone: defaults
--- http
--- without: court_zone
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 3: court_zone: tombstones
--- http
court_zone tombstones:1m;
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')


=== TEST 4: court_zone: replay, too
--- http
court_zone facts:1m replay:1m; # here
--- must_die
--- error_log
unknown zone "replay"


=== TEST 5: court_zone: quota is of a later step
--- http
court_zone quota:1m; # here
--- must_die
--- error_log
unknown zone "quota"


=== TEST 6: court_zone without a size
--- http
court_zone facts; # here
--- must_die
--- error_log
invalid value "facts" in "court_zone" directive, it must be NAME:SIZE


=== TEST 7: court_zone with an empty size
--- http
court_zone facts:; # here
--- must_die
--- error_log
invalid zone size "facts:"


=== TEST 8: court_zone with a size that is none
--- http
court_zone facts:big; # here
--- must_die
--- error_log
invalid zone size "facts:big"


=== TEST 9: court_zone below zero
--- http
court_zone facts:-1m; # here
--- must_die
--- error_log
invalid zone size "facts:-1m"


=== TEST 10: court_zone that is too small
--- http
court_zone facts:63k; # here
--- must_die
--- error_log
zone "facts:63k" is too small


=== TEST 11: court_zone: one zone twice
--- http
court_zone facts:1m;
court_zone facts:1m; # here
--- must_die
--- error_log
duplicate zone "facts"


=== TEST 12: court_zone: no name
--- http
court_zone :1m; # here
--- must_die
--- error_log
unknown zone ""


=== TEST 13: court_zone in a server
--- server
court_zone facts:1m; # here
--- must_die
--- error_log
"court_zone" directive is not allowed here


=== TEST 14: artefacts that the policy does not fit twice
--- http
court_zone artefacts:64k;
court_policy @DIR@/policy.json; # here
--- must_die
--- error_log
zone "artefacts" is too small for court_policy "@DIR@/policy.json"


=== TEST 15: court_state_dir keeps the policy
--- http
court_state_dir @DIR@/state;
--- init
-s "$CourtConf::DIR/state/policy.json" or die "nothing is kept\n";
((stat _)[2] & 0777) == 0600 or die "others may read what is kept\n";


=== TEST 16: court_state_dir that is not there
--- http
court_state_dir @DIR@/no-state; # here
--- must_die
--- error_log
"@DIR@/no-state" failed (2: No such file or directory)


=== TEST 17: court_state_dir that is a file
--- http
court_state_dir @DIR@/policy.json; # here
--- must_die
--- error_log
"@DIR@/policy.json" must be a directory of root or of the user that starts nginx, and not writable by group or others


=== TEST 18: court_state_dir that others may write
--- http
court_state_dir @DIR@/open-state; # here
--- must_die
--- error_log
"@DIR@/open-state" must be a directory of root


=== TEST 19: court_state_dir of somebody else
--- skip_eval: 5: $> != 0
--- http
court_state_dir @DIR@/foreign-state; # here
--- must_die
--- error_log
"@DIR@/foreign-state" must be a directory of root


=== TEST 20: court_state_dir that is empty text
--- http
court_state_dir ""; # here
--- must_die
--- error_log
"court_state_dir" directive has an invalid value


=== TEST 21: court_state_dir twice
--- http
court_state_dir @DIR@/state;
court_state_dir @DIR@/state; # here
--- must_die
--- error_log
"court_state_dir" directive is duplicate


=== TEST 22: court_state_dir in a server
--- server
court_state_dir @DIR@/state; # here
--- must_die
--- error_log
"court_state_dir" directive is not allowed here


=== TEST 23: court_redis: the mandatory line alone; nobody uses it
--- redis


=== TEST 24: court_redis: every line
--- redis
server 127.0.0.1;
mode standalone;
user gateway;
password_file @DIR@/redis.password;
database 15;
key_prefix b00;
connect_timeout 10s;
command_timeout 1ms;


=== TEST 25: court_redis that does not answer costs no decision
--- http
court_cache redis=main seal_keys=@DIR@/seal.key;
--- redis
--- request
GET /active
--- more_headers eval: Court::bearer('lawyer')
--- no_error_log
[alert]
[emerg]


=== TEST 26: court_redis without server
--- redis
} # here
--- without: server
--- must_die
--- error_log
no "server" is defined for court_redis "main"


=== TEST 27: replay_timeout
--- redis
replay_timeout 250ms; # here
--- must_die
--- error_log
unknown directive "replay_timeout"


=== TEST 28: server twice
--- redis
server 127.0.0.1:1;
server 127.0.0.1:2; # here
--- must_die
--- error_log
"server" directive is duplicate


=== TEST 29: server with a port that is none
--- redis
server 127.0.0.1:70000; # here
--- must_die
--- error_log
invalid port in "127.0.0.1:70000"


=== TEST 30: server with a URI
--- redis
server 127.0.0.1:6379/0; # here
--- must_die
--- error_log
in "127.0.0.1:6379/0"


=== TEST 31: server by a name that is nobody's
--- redis
server redis.invalid;
} # here
--- must_die
--- error_log
host not found in "redis.invalid"


=== TEST 32: server beyond this machine
--- redis
server 192.0.2.1;
} # here
--- error_log
court_redis server "192.0.2.1" is reached without TLS
[warn]


=== TEST 33: user without password_file
--- redis
user gateway;
} # here
--- must_die
--- error_log
no "password_file" is defined for "user" of court_redis "main"


=== TEST 34: user twice
--- redis
user a;
user b; # here
--- must_die
--- error_log
"user" directive is duplicate


=== TEST 35: a password in the configuration
--- redis
password secret; # here
--- must_die
--- error_log
unknown directive "password"


=== TEST 36: password_file that is not there
--- redis
password_file @DIR@/redis.none;
} # here
--- must_die
--- error_log
open() "@DIR@/redis.none" failed (2: No such file or directory)


=== TEST 37: password_file with an empty first line
--- redis
password_file @DIR@/redis.empty;
} # here
--- must_die
--- error_log
password_file "@DIR@/redis.empty" is empty


=== TEST 38: password_file that others may read
--- redis
password_file @DIR@/redis.open;
} # here
--- must_die
--- error_log
"@DIR@/redis.open" holds secrets and must not be accessible by others


=== TEST 39: password_file twice
--- redis
password_file @DIR@/redis.password;
password_file @DIR@/redis.password; # here
--- must_die
--- error_log
"password_file" directive is duplicate


=== TEST 40: database that is none
--- redis
database 65536; # here
--- must_die
--- error_log
value must be between 0 and 65535


=== TEST 41: database twice
--- redis
database 0;
database 0; # here
--- must_die
--- error_log
"database" directive is duplicate


=== TEST 42: key_prefix that is empty
--- redis
key_prefix "";
} # here
--- must_die
--- error_log
"key_prefix" must have 1 to 64 characters


=== TEST 43: key_prefix that is too long
--- redis eval
'key_prefix ' . 'a' x 65 . ";\n} # here\n"
--- must_die
--- error_log
"key_prefix" must have 1 to 64 characters


=== TEST 44: key_prefix twice
--- redis
key_prefix a;
key_prefix b; # here
--- must_die
--- error_log
"key_prefix" directive is duplicate


=== TEST 45: connect_timeout of nothing
--- redis
connect_timeout 0; # here
--- must_die
--- error_log
value must be between 1ms and 10s


=== TEST 46: connect_timeout above ten seconds
--- redis
connect_timeout 11s; # here
--- must_die
--- error_log
value must be between 1ms and 10s


=== TEST 47: connect_timeout twice
--- redis
connect_timeout 1s;
connect_timeout 1s; # here
--- must_die
--- error_log
"connect_timeout" directive is duplicate


=== TEST 48: command_timeout that is no time
--- redis
command_timeout fast; # here
--- must_die
--- error_log
"command_timeout" directive invalid value


=== TEST 49: command_timeout twice
--- redis
command_timeout 1s;
command_timeout 1s; # here
--- must_die
--- error_log
"command_timeout" directive is duplicate


=== TEST 50: mode twice
--- redis
mode standalone;
mode standalone; # here
--- must_die
--- error_log
"mode" directive is duplicate


=== TEST 51: court_redis: one name twice
--- http
court_redis a { server 127.0.0.1; }
court_redis a { # here
}
--- must_die
--- error_log
duplicate court_redis "a"


=== TEST 52: court_redis in a server
--- server
court_redis a { # here
}
--- must_die
--- error_log
"court_redis" directive is not allowed here


=== TEST 53: court_redis without a name
--- http
court_redis { # here
}
--- must_die
--- error_log
invalid number of arguments in "court_redis" directive


=== TEST 54: court_cache before its court_redis, with two keys
--- http
court_cache seal_keys=@DIR@/ring/two.key redis=main;
--- redis
--- no_error_log
[alert]
[emerg]


=== TEST 55: court_cache of an unknown Redis
--- http
court_cache redis=other seal_keys=@DIR@/seal.key; # here
--- redis
--- must_die
--- error_log
unknown court_redis "other"


=== TEST 56: court_cache without seal_keys: nothing goes there unsealed
--- http
court_cache redis=main; # here
--- redis
--- must_die
--- error_log
court_cache must have "redis" and "seal_keys" parameters


=== TEST 57: court_cache without redis
--- http
court_cache seal_keys=@DIR@/seal.key; # here
--- must_die
--- error_log
court_cache must have "redis" and "seal_keys" parameters


=== TEST 58: court_cache with an unknown parameter
--- http
court_cache redis=main seal_keys=@DIR@/seal.key ttl=1h; # here
--- redis
--- must_die
--- error_log
invalid parameter "ttl=1h"


=== TEST 59: court_cache with a parameter twice
--- http
court_cache redis=main redis=main seal_keys=@DIR@/seal.key; # here
--- redis
--- must_die
--- error_log
invalid parameter "redis=main"


=== TEST 60: court_cache with an empty parameter
--- http
court_cache redis= seal_keys=@DIR@/seal.key; # here
--- must_die
--- error_log
invalid parameter "redis="


=== TEST 61: court_cache twice
--- http
court_cache redis=main seal_keys=@DIR@/seal.key;
court_cache redis=main seal_keys=@DIR@/seal.key; # here
--- redis
--- must_die
--- error_log
"court_cache" directive is duplicate


=== TEST 62: seal_keys that is not there
--- http
court_cache redis=main seal_keys=@DIR@/ring/none.key; # here
--- redis
--- must_die
--- error_log
open() "@DIR@/ring/none.key" failed (2: No such file or directory)


=== TEST 63: seal_keys that others may read
--- http
court_cache redis=main seal_keys=@DIR@/ring/open.key; # here
--- redis
--- must_die
--- error_log
"@DIR@/ring/open.key" holds secrets and must not be accessible by others


=== TEST 64: seal_keys that the group may write
--- http
court_cache redis=main seal_keys=@DIR@/ring/group.key; # here
--- redis
--- must_die
--- error_log
"@DIR@/ring/group.key" must not be writable by group or others


=== TEST 65: seal_keys of somebody else
--- skip_eval: 5: $> != 0
--- http
court_cache redis=main seal_keys=@DIR@/ring/foreign.key; # here
--- redis
--- must_die
--- error_log
"@DIR@/ring/foreign.key" is not owned by root or by the user that starts nginx


=== TEST 66: seal_keys that are keys of the audit
--- http
court_cache redis=main seal_keys=@DIR@/ring/mac.key; # here
--- redis
--- must_die
--- error_log
seal_keys "@DIR@/ring/mac.key": line 1: unknown algorithm


=== TEST 67: seal_keys that are too short
--- http
court_cache redis=main seal_keys=@DIR@/ring/short.key; # here
--- redis
--- must_die
--- error_log
seal_keys "@DIR@/ring/short.key": line 1: 


=== TEST 68: seal_keys without a key
--- http
court_cache redis=main seal_keys=@DIR@/ring/empty.key; # here
--- redis
--- must_die
--- error_log
seal_keys "@DIR@/ring/empty.key": 


=== TEST 69: seal_keys with one id twice
--- http
court_cache redis=main seal_keys=@DIR@/ring/twice.key; # here
--- redis
--- must_die
--- error_log
seal_keys "@DIR@/ring/twice.key": line 2: 


=== TEST 70: court_cache in a server
--- server
court_cache redis=main seal_keys=@DIR@/seal.key; # here
--- must_die
--- error_log
"court_cache" directive is not allowed here
