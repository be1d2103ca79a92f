# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_status and court_health on a server with court_trusted_front: what the
# scrub takes out of a request still tells that it came through a proxy.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use CourtHttp;

our $dir = $CourtHttp::DIR;

$CourtHttp::PREFIX .= <<'_EOC_';
    location = /status { court_status; }
    location = /health { court_health ready; }
_EOC_

# through a proxy on this machine, in all its words
our @proxied = (
    ['X-Forwarded-For', 'X-Forwarded-For: 203.0.113.9'],
    ['X-Forwarded-For, Forwarded that differs', 'X-Forwarded-For: 203.0.113.9', 'Forwarded: for=203.0.113.8'],
    ['X-Forwarded-For that is no address', 'X-Forwarded-For: unknown'],
    ['Forwarded that is obfuscated', 'Forwarded: for=_hidden'],
    ['X-Real-IP', 'X-Real-IP: 203.0.113.9'],
    ['X-Forwarded-Proto', 'X-Forwarded-Proto: https'],
    ['X-Forwarded-Proto that is none', 'X-Forwarded-Proto: ftp'],
    ['X-Forwarded-Host', 'X-Forwarded-Host: gw.example'],
);

sub closed {
    my ($what) = @_;

    is(h1('GET', '/status?format=json')->{status}, 200, "$what: this machine");

    for my $row (@proxied) {
        my ($name, @headers) = @$row;

        is(h1('GET', '/status?format=json', \@headers)->{status}, 403, "$what: $name");
        unlike(h1('GET', '/health', \@headers)->{body}, qr/problems/, "$what: health, $name");
    }
}

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: nobody is said to be a front
--- config
    location / { proxy_pass http://court_mock; }
--- check
    closed('no court_trusted_front');


=== TEST 2: the proxy is a front
--- config
    court_trusted_front 127.0.0.1;
    location / { proxy_pass http://court_mock; }
--- check
    closed('trusted');


=== TEST 3: another one is, or none
--- config
    court_trusted_front none;
    location / { proxy_pass http://court_mock; }
--- check
    closed('not trusted');
