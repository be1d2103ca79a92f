# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Where court_control may stand.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtConf;

run_tests();

__DATA__

=== TEST 1: a server on a unix socket
--- http
server {
listen unix:@DIR@/run/control.sock;
location / { court_control; }
}
--- request
GET /open


=== TEST 2: a server that the network reaches
--- http
server {
listen 127.0.0.1:19;
location / {
court_control; # here
}
}
--- must_die
--- error_log
court_control is for servers that listen on unix sockets alone; this one listens on 127.0.0.1:19


=== TEST 3: a unix socket and an address
--- http
server {
listen unix:@DIR@/run/control.sock;
listen [::1]:19;
location /control/ {
court_control; # here
}
}
--- must_die
--- error_log
court_control is for servers that listen on unix sockets alone; this one listens on [::1]:19


=== TEST 4: a server without any listen
--- http
server {
location /control/ {
court_control; # here
}
}
--- must_die
--- error_log
court_control is for servers that listen on unix sockets alone; this one listens on


=== TEST 5: an address that another server has, too
--- http
server {
listen 127.0.0.1:19;
server_name a;
return 204;
}
server {
listen unix:@DIR@/run/control.sock;
listen 127.0.0.1:19;
server_name b;
location /control/ {
court_control; # here
}
}
--- must_die
--- error_log
court_control is for servers that listen on unix sockets alone; this one listens on 127.0.0.1:19


=== TEST 6: two sockets, two servers on one, a location within a location
--- http
server {
listen unix:@DIR@/run/control.sock;
listen unix:@DIR@/run/control2.sock;
location / { location /control/ { court_control; } }
}
server {
listen unix:@DIR@/run/control.sock;
server_name other;
location /control { court_control; }
}
--- request
GET /open


=== TEST 7: twice
--- http
server {
listen unix:@DIR@/run/control.sock;
location / {
court_control;
court_control; # here
}
}
--- must_die
--- error_log
"court_control" directive is duplicate


=== TEST 8: with another handler of ours
--- http
server {
listen unix:@DIR@/run/control.sock;
location / {
court_assertion_jwks;
court_control; # here
}
}
--- must_die
--- error_log
"court_control" directive is duplicate


=== TEST 9: an exact location
--- http
server {
listen unix:@DIR@/run/control.sock;
location = /control {
court_control; # here
}
}
--- must_die
--- error_log
"court_control" directive must be in a location that is a prefix


=== TEST 10: a regular expression
--- http
server {
listen unix:@DIR@/run/control.sock;
location ~ ^/control {
court_control; # here
}
}
--- must_die
--- error_log
"court_control" directive must be in a location that is a prefix


=== TEST 11: a named location
--- http
server {
listen unix:@DIR@/run/control.sock;
location @control {
court_control; # here
}
}
--- must_die
--- error_log
"court_control" directive must be in a location that is a prefix


=== TEST 12: outside a location
--- http
server {
listen unix:@DIR@/run/control.sock;
court_control; # here
}
--- must_die
--- error_log
"court_control" directive is not allowed here


=== TEST 13: an argument
--- http
server {
listen unix:@DIR@/run/control.sock;
location / {
court_control on; # here
}
}
--- must_die
--- error_log
invalid number of arguments in "court_control" directive


=== TEST 14: nothing to control
--- http
server {
listen unix:@DIR@/run/control.sock;
location / {
court_control; # here
}
}
--- without: court_issuer court_fact court_policy court_courts court_source_server source_server
--- server
location / { return 204; }
--- must_die
--- error_log
court_control needs "court_issuer", "court_fact" or "court_policy"
