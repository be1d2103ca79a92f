# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_audit_log and court_audit_on_failure: right use, what is inherited,
# and each wrong use with its message and place.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

our $durable = Court::json({ %$CourtConf::POLICY, interfaces => [
    @{$CourtConf::POLICY->{interfaces}},
    { id => 'act', routes => [{ methods => ['POST'], path => '/act' }], trace => 'durable',
      auth => 'none' } ] });

run_tests();

__DATA__

=== TEST 1: in http, and one server has its own
--- http
court_audit_log @DIR@/all.log buffer=64k flush=1s sync=20ms;
court_audit_on_failure refuse;
--- server
court_audit_log @DIR@/b00.log;
court_audit_on_failure allow;
location / { @COURT@ }


=== TEST 2: two servers share a file when they say the same
--- http
court_audit_log @DIR@/all.log flush=2s;
server { listen unix:@DIR@/run/other.sock; court_audit_log @DIR@/all.log flush=2s; }


=== TEST 3: and not otherwise
--- http
court_audit_log @DIR@/all.log flush=2s;
server {
    listen unix:@DIR@/run/other.sock;
    court_audit_log @DIR@/all.log flush=3s; # here
}
--- must_die
--- error_log
conflict with those given before


=== TEST 4: twice in one place
--- http
court_audit_log @DIR@/all.log;
court_audit_log @DIR@/more.log; # here
--- must_die
--- error_log
"court_audit_log" directive is duplicate


=== TEST 5: a variable in the path
--- http
court_audit_log @DIR@/$host.log; # here
--- must_die
--- error_log
its only variable may be $court_code, once


=== TEST 6: a buffered access log writes there, too
--- http
access_log @DIR@/all.log combined buffer=16k;
court_audit_log @DIR@/all.log; # here
--- must_die
--- error_log
is another log's file, too


=== TEST 7: a directory that is not there
--- http
court_audit_log @DIR@/none/audit.log;
--- must_die
--- error_log
none/audit.log" failed (2: No such file or directory)


=== TEST 8: an unknown parameter
--- http
court_audit_log @DIR@/all.log gzip; # here
--- must_die
--- error_log
invalid parameter "gzip"


=== TEST 9: a buffer smaller than a page
--- http
court_audit_log @DIR@/all.log buffer=1k; # here
--- must_die
--- error_log
invalid parameter "buffer=1k"


=== TEST 10: a buffer of too much
--- http
court_audit_log @DIR@/all.log buffer=2m; # here
--- must_die
--- error_log
invalid parameter "buffer=2m"


=== TEST 11: sync of no time
--- http
court_audit_log @DIR@/all.log sync=0; # here
--- must_die
--- error_log
invalid parameter "sync=0"


=== TEST 12: sync above a second
--- http
court_audit_log @DIR@/all.log sync=2s; # here
--- must_die
--- error_log
invalid parameter "sync=2s"


=== TEST 13: flush above a minute
--- http
court_audit_log @DIR@/all.log flush=2m; # here
--- must_die
--- error_log
invalid parameter "flush=2m"


=== TEST 14: syslog has no buffer
--- http
court_audit_log syslog:server=127.0.0.1 buffer=64k; # here
--- must_die
--- error_log
invalid parameter "buffer=64k"


=== TEST 15: syslog to nobody
--- http
court_audit_log syslog:tag=court; # here
--- must_die
--- error_log
no syslog server specified


=== TEST 16: in a location
--- server
location / {
    court_audit_log @DIR@/all.log; # here
    @COURT@
}
--- must_die
--- error_log
"court_audit_log" directive is not allowed here


=== TEST 17: court_audit_on_failure: an unknown word
--- http
court_audit_on_failure ignore; # here
--- must_die
--- error_log
invalid value "ignore" in "court_audit_on_failure" directive, it must be "refuse", "refuse_durable" or "allow"


=== TEST 18: court_audit_on_failure twice
--- http
court_audit_on_failure allow;
court_audit_on_failure refuse; # here
--- must_die
--- error_log
"court_audit_on_failure" directive is duplicate


=== TEST 19: without a key records name nobody, and a warning says so
--- http
court_audit_log @DIR@/all.log;
--- error_log
[warn]
court_audit_log without "court_audit_key": records name nobody


=== TEST 20: durable interfaces without a log
--- policy eval: $::durable
--- error_log
has interfaces with "trace": "durable", and there is no court_audit_log


=== TEST 21: durable interfaces, and one server records nothing
--- policy eval: $::durable
--- http
court_audit_log @DIR@/all.log;
--- server
court_audit_log off;
location / { @COURT@ }
--- error_log
there is no court_audit_log in server "localhost"


=== TEST 22: a file for each court
--- http
court_audit_log @DIR@/${court_code}_a.log;
--- server
court_audit_log @DIR@/$court_code.log buffer=8k;
court_code B00;
location / { @COURT@ }


=== TEST 23: $court_code and another variable
--- http
court_audit_log @DIR@/$court_code.$host; # here
--- must_die
--- error_log
its only variable may be $court_code, once


=== TEST 24: twice
--- http
court_audit_log @DIR@/$court_code/$court_code.log; # here
--- must_die
--- error_log
its only variable may be $court_code, once


=== TEST 25: a name that goes on
--- http
court_audit_log @DIR@/$court_codes; # here
--- must_die
--- error_log
its only variable may be $court_code, once


=== TEST 26: $court_code_log is another variable, too
--- http
court_audit_log @DIR@/$court_code_log; # here
--- must_die
--- error_log
its only variable may be $court_code, once


=== TEST 27: a directory for each court is not made
--- http
court_audit_log @DIR@/none/$court_code/audit.log;
--- must_die
--- error_log
/audit.log" failed (2: No such file or directory)


=== TEST 28: a pattern that another server's file conflicts with
--- http
court_audit_log @DIR@/$court_code.log flush=2s;
server { listen unix:@DIR@/run/other.sock; court_audit_log @DIR@/B00.log; }
--- must_die
--- error_log
B00.log" conflict with those given before


=== TEST 29: a pattern and a file that are the same
--- http
court_audit_log @DIR@/$court_code.log;
server { listen unix:@DIR@/run/other.sock; court_audit_log @DIR@/B00.log; }


=== TEST 30: more files than descriptors
--- main_config
worker_rlimit_nofile 2;
--- http
court_audit_log @DIR@/$court_code.log;
--- error_log
court_audit_log may need 4 descriptors in each worker, and its limit is 2: see "worker_rlimit_nofile"
