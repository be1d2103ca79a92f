# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What is trusted, and what a channel is called, changes with a reload.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit ();
use CourtHttp;

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');

sub said {
    my ($text) = @_;
    return Court::file('edge.conf', $text);
}

sub answer { return h1('GET', '/me', [@auth, 'X-Forwarded-For: 203.0.113.5']) }

sub reloaded {
    my ($text, $header, $value) = @_;

    said($text);
    kill 'HUP', CourtAudit::pid();
    ok(poll(sub { header(answer(), $header) eq $value }, 60), $text);
}

workers(2);
master_on();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a front, another one, and none
--- config eval
'include ' . ::said('court_trusted_front 127.0.0.1; court_channel hall;')
. '; add_header X-Ip $court_ip always; add_header X-Channel $court_channel always;'
. 'location / { proxy_pass http://court_mock; }'
--- check
is(header(answer(), 'X-Ip'), '203.0.113.5', 'believed');
is(header(answer(), 'X-Channel'), 'hall', 'its channel');
reloaded('court_trusted_front 10.0.0.1; court_channel app;', 'X-Ip', '127.0.0.1');
is(header(answer(), 'X-Channel'), 'app', 'another channel');
is(field(answer(), 'X-Forwarded-For'), '', 'nor at the court');
reloaded('court_trusted_front 10.0.0.1 127.0.0.0/8;', 'X-Ip', '203.0.113.5');
is(header(answer(), 'X-Channel'), 'unknown', 'no channel any more');
reloaded('', 'X-Ip', '127.0.0.1');
upstream();
