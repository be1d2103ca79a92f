# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The zone of verified tokens, felt from outside: two workers, tokens that
# expire, locations that accept other issuers, connections with more than one
# caller, one worker that sees good and bad in turn.

use lib 't/lib';
# Blocks of one config have one server, so that what is in the zone stays;
# http_config is not looked at, hence the comments below.
BEGIN { $ENV{TEST_NGINX_FORCE_RESTART_ON_TEST} = 0 }
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtJose;
use Time::HiRes qw(sleep);

our $http = Court::http_config(policy => CourtJose::policy(),
                               issuer => 'leeway 0s;');

our $config = <<'_EOC_';
    court_code B00;
    add_header X-Sub $court_subject always;

    location ~ ^/ {
        proxy_pass http://court_mock;
    }
_EOC_

# n times the same, on connections of their own: both workers see some
sub times {
    my ($n, @list) = @_;
    return [ map { @list } 1 .. $n ];
}

our $good = CourtJose::sign('ES256', { kid => 'platform' },
                            CourtJose::claims(), 'platform');
our ($head, $payload, $signature) = split /\./, $good;

sub other {
    return 'Authorization: Bearer '
           . CourtJose::sign('ES256', { kid => 'platform' },
                             CourtJose::claims(sub => $_[0]), 'platform');
}

our ($user_a, $user_b) = map { other($_) } qw(user-a user-b);

# Sections are evaluated when the suite begins, init when its block does: the
# headers of a token that soon expires are filled in then.
our ($soon, $ends) = ([]);

sub short_lived {
    $ends = time + $_[0];
    @$soon = ('Authorization: Bearer '
              . CourtJose::sign('ES256', { kid => 'platform' },
                                CourtJose::claims(exp => $ends), 'platform'))
             x 12;
}

# the only sleep here, of what is left of its lifetime
sub wait_for_the_end {
    sleep 0.1 while time < $ends + 1;
}

our $bad_signature = "$head.$payload." . reverse $signature;

workers(2);
master_on();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a token verified once, seen by both workers
--- http_config eval: $::http
--- config eval: $::config
--- request eval: ::times(12, 'GET /t')
--- more_headers eval: ::times(12, "Authorization: Bearer $::good")
--- error_code eval: ::times(12, 200)
--- response_headers eval: ::times(12, 'X-Sub: lawyer-1')
--- no_error_log
[alert]
[crit]


=== TEST 2: another spelling of a token in the zone is another token
--- http_config eval: $::http
--- config eval: $::config
--- request eval: ::times(12, 'GET /t')
--- more_headers eval
my ($h, $p, $s) = ($::head, $::payload, $::signature);
my $last = chop(my $short = $s);
my $digits = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';
my $bits = $short . substr $digits, index($digits, $last) ^ 1, 1;
[map { "Authorization: Bearer $_" }
 $::good, "$h.$p.$s=", $::good, "$h.$p.$bits", "$h.$p.", $::good,
 "$h.$p.${s}A", "$::good.", uc($::good), $::good, "$h=.$p.$s",
 $::bad_signature]
--- error_code eval
[200, 401, 200, 401, 401, 200, 401, 401, 401, 200, 401, 401]
--- no_error_log
[alert]
[crit]


=== TEST 3: a token that will soon expire, into the zone
--- init
main::short_lived(10);
--- http_config eval: $::http
--- config eval: $::config
--- request eval: ::times(12, 'GET /t')
--- more_headers eval: $::soon
--- error_code eval: ::times(12, 200)
--- no_error_log
[alert]
[crit]


=== TEST 4: expiry is felt on a hit, on both workers
--- init
main::wait_for_the_end();
--- http_config eval: $::http
--- config eval: $::config
--- request eval: ::times(12, 'GET /t')
--- more_headers eval: $::soon
--- error_code eval: ::times(12, 401)
--- response_headers eval: ::times(12, 'Court-Refused: token_expired')
--- no_error_log
[alert]
[crit]


=== TEST 5: user A, nobody, user B, on one connection
--- http_config eval: $::http
--- config eval: $::config
--- pipelined_requests eval: ::times(8, 'GET /t')
--- more_headers eval
[$::user_a, 'X-N: 1', $::user_b, 'X-N: 1', $::user_a, $::user_b,
 'Authorization: Basic eDp5', $::user_a]
--- error_code eval
[200, 401, 200, 401, 200, 200, 401, 200]
--- response_headers eval
['X-Sub: user-a', 'X-Sub: ', 'X-Sub: user-b', 'X-Sub: ', 'X-Sub: user-a',
 'X-Sub: user-b', 'X-Sub: ', 'X-Sub: user-a']
--- no_error_log
[alert]
[crit]


=== TEST 6: good, bad, bad, good, on one connection, so on one worker
--- http_config eval: $::http
--- config eval: $::config
--- pipelined_requests eval: ::times(7, 'GET /t')
--- more_headers eval
[$::user_a, "Authorization: Bearer $::bad_signature",
 "Authorization: Bearer $::bad_signature", $::user_b,
 "Authorization: Bearer $::head.$::payload.AAAA",
 "Authorization: Bearer a.b.c", $::user_a]
--- error_code eval
[200, 401, 401, 200, 401, 401, 200]
--- response_headers eval
['X-Sub: user-a', 'X-Sub: ', 'X-Sub: ', 'X-Sub: user-b', 'X-Sub: ', 'X-Sub: ',
 'X-Sub: user-a']
--- no_error_log
[alert]
[crit]


=== TEST 7: a refusal is not remembered
--- http_config eval: $::http
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval
my $new = ::other('new-1');
my $bad = $new =~ s/\.[^.]+$/.AAAA/r;
[$bad, $bad, $new, $bad, $new, $bad]
--- error_code eval
[401, 401, 200, 401, 200, 401]
--- no_error_log
[alert]


=== TEST 8: a token in the zone, where its issuer is not accepted
--- http_config eval: $::http
--- config
    court_code B00;
    court_issuers platform;
    location = /t {
        proxy_pass http://court_mock;
    }
    location = /u {
        court_issuers staff;
        proxy_pass http://court_mock;
    }
--- request eval: ::times(3, 'GET /t', 'GET /t', 'GET /u', 'GET /u')
--- more_headers eval
my ($l, $o) = (Court::bearer('lawyer'), Court::bearer('officer'));
::times(6, $l, $o)
--- error_code eval: ::times(3, 200, 401, 401, 200)
--- response_headers eval
::times(3, map { "Court-Refused: $_" } '', 'token_invalid', 'token_invalid', '')
--- no_error_log
[alert]


=== TEST 9: an internal redirect makes no issuer acceptable
--- http_config eval: $::http
--- config
    court_code B00;
    location = /t {
        court_issuers platform;
        rewrite ^ /u last;
    }
    location = /u {
        court_issuers staff;
        proxy_pass http://court_mock;
    }
--- request eval: ['GET /t', 'GET /t', 'GET /u']
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('officer'), Court::bearer('officer')]
--- error_code eval: [401, 200, 200]


=== TEST 10: more tokens than the zone holds
--- http_config eval
$::http =~ s/tokens:1m/tokens:64k/r
--- config eval: "$::config# small zone\n"
--- request eval: ::times(40, 'GET /t')
--- more_headers eval
my @many = map { ::other("many-$_") } 1 .. 20;
[@many, @many]
--- error_code eval: ::times(40, 200)
--- response_headers eval
::times(2, map { "X-Sub: many-$_" } 1 .. 20)
--- no_error_log
[alert]
[crit]


=== TEST 11: with no zone for tokens the answers are the same
--- http_config eval
$::http =~ s/tokens:1m //r
--- config eval: "$::config# no zone\n"
--- request eval: ::times(3, 'GET /t', 'GET /t')
--- more_headers eval
::times(3, $::user_a, "Authorization: Bearer $::bad_signature")
--- error_code eval: ::times(3, 200, 401)
--- no_error_log
[alert]
[crit]
