# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_redis: the lines of Sentinel, cluster, TLS and names.  That they work
# is shown with real servers by t/faults/.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

Court::file('redis.password', "secret\n");
Court::file('redis.empty', "\n");
system('openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes '
       . "-days 3 -subj /CN=ca -keyout $CourtConf::DIR/ca.key "
       . "-out $CourtConf::DIR/ca.pem 2> $CourtConf::DIR/openssl.out");
chmod 0600, "$CourtConf::DIR/ca.key";
Court::file('open.key', Court::slurp("$CourtConf::DIR/ca.key"));
chmod 0644, "$CourtConf::DIR/open.key";

run_tests();

__DATA__

=== TEST 1: court_redis: mode sentinel, with its lines
--- redis
mode sentinel court;
server 127.0.0.1:1 127.0.0.1:2;
sentinel_user court;
sentinel_password_file @DIR@/redis.password;
read replicas;


=== TEST 2: court_redis: mode cluster
--- redis
mode cluster;
server 127.0.0.1:1 [::1]:2;
read master;


=== TEST 3: court_redis: a name and a resolver
--- redis
server redis.invalid:6379;
resolver 127.0.0.1 valid=1s;
ssl on;
ssl_trusted_certificate @DIR@/ca.pem;


=== TEST 4: court_redis: ssl, every line
--- redis
ssl on;
ssl_trusted_certificate @DIR@/ca.pem;
server 127.0.0.1:1;
ssl_name redis.test;
ssl_certificate @DIR@/ca.pem;
ssl_certificate_key @DIR@/ca.key;


=== TEST 5: court_redis: ssl off
--- redis
ssl off;
server 127.0.0.1:1;


=== TEST 6: court_redis: mode sentinel without a name
--- redis
server 127.0.0.1:1;
mode sentinel; # here
--- must_die
--- error_log
invalid value "sentinel"


=== TEST 7: court_redis: mode cluster with a name
--- redis
server 127.0.0.1:1;
mode cluster x; # here
--- must_die
--- error_log
invalid value "cluster"


=== TEST 8: court_redis: another mode
--- redis
server 127.0.0.1:1;
mode other; # here
--- must_die
--- error_log
invalid value "other"


=== TEST 9: court_redis: two servers of one
--- redis
server 127.0.0.1:1 127.0.0.1:2;
} # here
--- must_die
--- error_log
more than one "server" needs "mode sentinel" or "mode cluster" in court_redis "main"


=== TEST 10: court_redis: replicas of one
--- redis
server 127.0.0.1:1;
read replicas;
} # here
--- must_die
--- error_log
"read replicas" needs "mode sentinel" or "mode cluster" in court_redis "main"


=== TEST 11: court_redis: read from elsewhere
--- redis
server 127.0.0.1:1;
read slaves; # here
--- must_die
--- error_log
invalid value "slaves"


=== TEST 12: court_redis: a database of a cluster
--- redis
mode cluster;
server 127.0.0.1:1;
database 1;
} # here
--- must_die
--- error_log
a cluster has no "database" but 0: court_redis "main"


=== TEST 13: court_redis: sentinel_user without Sentinel
--- redis
server 127.0.0.1:1;
sentinel_user u;
sentinel_password_file @DIR@/redis.password;
} # here
--- must_die
--- error_log
"sentinel_user" and "sentinel_password_file" need "mode sentinel" in court_redis "main"


=== TEST 14: court_redis: sentinel_user without a password
--- redis
mode sentinel x;
server 127.0.0.1:1;
sentinel_user u;
} # here
--- must_die
--- error_log
no "sentinel_password_file" is defined for "sentinel_user" of court_redis "main"


=== TEST 15: court_redis: an empty sentinel_password_file
--- redis
mode sentinel x;
server 127.0.0.1:1;
sentinel_password_file @DIR@/redis.empty;
} # here
--- must_die
--- error_log
sentinel_password_file "@DIR@/redis.empty" is empty


=== TEST 16: court_redis: ssl without a CA
--- redis
server 127.0.0.1:1;
ssl on;
} # here
--- must_die
--- error_log
no "ssl_trusted_certificate" is defined for court_redis "main"


=== TEST 17: court_redis: ssl_name without ssl
--- redis
server 127.0.0.1:1;
ssl_name x;
} # here
--- must_die
--- error_log
"ssl_*" without "ssl on" in court_redis "main"


=== TEST 18: court_redis: a certificate without its key
--- redis
ssl on;
ssl_trusted_certificate @DIR@/ca.pem;
server 127.0.0.1:1;
ssl_certificate @DIR@/ca.pem;
} # here
--- must_die
--- error_log
"ssl_certificate" and "ssl_certificate_key" need each other in court_redis "main"


=== TEST 19: court_redis: a key that others read
--- redis
ssl on;
ssl_trusted_certificate @DIR@/ca.pem;
server 127.0.0.1:1;
ssl_certificate @DIR@/ca.pem;
ssl_certificate_key @DIR@/open.key;
} # here
--- must_die
--- error_log
"@DIR@/open.key" holds secrets and must not be accessible by others


=== TEST 20: court_redis: a unix socket without ssl_name
--- redis
ssl on;
ssl_trusted_certificate @DIR@/ca.pem;
server unix:@DIR@/x.sock;
} # here
--- must_die
--- error_log
no "ssl_name" is defined for the unix socket of court_redis "main"


=== TEST 21: court_redis: ssl neither on nor off
--- redis
server 127.0.0.1:1;
ssl yes; # here
--- must_die
--- error_log
invalid value "yes" in "ssl" directive, it must be "on" or "off"


=== TEST 22: court_redis: a resolver that is none
--- redis
server 127.0.0.1:1;
resolver none.invalid; # here
--- must_die
--- error_log
host not found in resolver "none.invalid"
