# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_trusted_front, court_channel and court_external_url: each wrong use
# with its message and place.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

run_tests();

__DATA__

=== TEST 1: right uses
--- http
court_trusted_front 127.0.0.1 10.0.0.0/8 ::1 2001:db8::/32 unix:;
court_channel internet;
court_external_url https://b00.court.example:8443;
server { listen unix:@DIR@/run/other.sock; court_trusted_front none; court_channel $host_channel;
court_external_url http://$server_name; }
map $server_name $host_channel { default app; }



=== TEST 2: bits behind the mask
--- http
court_trusted_front 10.1.2.3/8; # here
--- error_log
low address bits of "10.1.2.3/8" are meaningless



=== TEST 3: everybody
--- http
court_trusted_front 10.0.0.0/8 0.0.0.0/0; # here
--- must_die
--- error_log
"0.0.0.0/0" in "court_trusted_front" directive is everybody



=== TEST 4: everybody by IPv6
--- http
court_trusted_front ::/0; # here
--- must_die
--- error_log
"::/0" in "court_trusted_front" directive is everybody



=== TEST 5: a name
--- http
court_trusted_front front.court.example; # here
--- must_die
--- error_log
invalid address "front.court.example" in "court_trusted_front" directive, it must be an address, a CIDR block or unix:



=== TEST 6: none of several
--- http
court_trusted_front none 10.0.0.1; # here
--- must_die
--- error_log
invalid address "none" in "court_trusted_front" directive, it must be an address, a CIDR block or unix:



=== TEST 7: a port
--- http
court_trusted_front 10.0.0.1:80; # here
--- must_die
--- error_log
invalid address "10.0.0.1:80"



=== TEST 8: a mask that is none
--- http
court_trusted_front 10.0.0.0/33; # here
--- must_die
--- error_log
invalid address "10.0.0.0/33"



=== TEST 9: a socket's path
--- http
court_trusted_front unix:/run/front.sock; # here
--- must_die
--- error_log
invalid address "unix:/run/front.sock"



=== TEST 10: nobody named
--- http
court_trusted_front; # here
--- must_die
--- error_log
invalid number of arguments in "court_trusted_front" directive



=== TEST 11: twice
--- http
court_trusted_front 10.0.0.1;
court_trusted_front 10.0.0.2; # here
--- must_die
--- error_log
"court_trusted_front" directive is duplicate



=== TEST 12: not in a location
--- server
court_code B00;
location / { @COURT@
court_trusted_front 10.0.0.1; # here
}
--- must_die
--- error_log
"court_trusted_front" directive is not allowed here



=== TEST 13: a channel in capitals
--- http
court_channel Intranet; # here
--- must_die
--- error_log
invalid value "Intranet" in "court_channel" directive, it must be a word of a-z 0-9 _ - with at most 32 characters



=== TEST 14: a channel that is too long
--- http
court_channel aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; # here
--- must_die
--- error_log
invalid value "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" in "court_channel" directive



=== TEST 15: an empty channel
--- http
court_channel ""; # here
--- must_die
--- error_log
invalid value "" in "court_channel" directive



=== TEST 16: a client's header
--- http
court_channel $http_x_channel; # here
--- must_die
--- error_log
"court_channel" must not be what the client says in "$http_x_channel", but a variable of a map



=== TEST 17: a client's header, written otherwise
--- http
court_channel a${http_x_channel}; # here
--- must_die
--- error_log
"court_channel" must not be what the client says in "a${http_x_channel}"



=== TEST 18: a query
--- http
court_channel $arg_channel; # here
--- must_die
--- error_log
"court_channel" must not be what the client says



=== TEST 19: an unknown variable
--- http
court_channel $nothing;
--- must_die
--- error_log
unknown "nothing" variable



=== TEST 20: a channel twice
--- http
court_channel a;
court_channel b; # here
--- must_die
--- error_log
"court_channel" directive is duplicate



=== TEST 21: a URL without a scheme
--- http
court_external_url b00.court.example; # here
--- must_die
--- error_log
"court_external_url" "b00.court.example" must begin with https:// or http://



=== TEST 22: with a user
--- http
court_external_url https://me:secret@b00.court.example; # here
--- must_die
--- error_log
"court_external_url" "https://me:secret@b00.court.example" must not have user information



=== TEST 23: with a path
--- http
court_external_url https://b00.court.example/; # here
--- must_die
--- error_log
"court_external_url" "https://b00.court.example/" must not have a path



=== TEST 24: with a query
--- http
court_external_url https://b00.court.example?a; # here
--- must_die
--- error_log
"court_external_url" "https://b00.court.example?a" must not have a query



=== TEST 25: with a fragment
--- http
court_external_url "https://b00.court.example#a"; # here
--- must_die
--- error_log
"court_external_url" "https://b00.court.example#a" must not have a fragment



=== TEST 26: without a host
--- http
court_external_url https://; # here
--- must_die
--- error_log
"court_external_url" "https://" has no host



=== TEST 27: with a port that is none
--- http
court_external_url https://b00.court.example:65536; # here
--- must_die
--- error_log
"court_external_url" "https://b00.court.example:65536" has an invalid host or port



=== TEST 28: twice
--- http
court_external_url https://a;
court_external_url https://b; # here
--- must_die
--- error_log
"court_external_url" directive is duplicate



=== TEST 29: not in a location
--- server
court_code B00;
location / { @COURT@
court_external_url https://a; # here
}
--- must_die
--- error_log
"court_external_url" directive is not allowed here



=== TEST 30: a limit by what is known only later
--- http
limit_req_zone ${court_ip}$court_role zone=one:1m rate=1r/s;
--- error_log
limit_req zone "one": key "${court_ip}$court_role" is empty when limits are applied



=== TEST 31: and by what is known at once
--- http
limit_req_zone ${court_ip}$court_channel$court_front$court_request_id zone=one:1m rate=1r/s;
limit_req_zone $court_ip zone=two:1m rate=1r/s;
--- no_error_log
is empty when limits are applied
[emerg]
