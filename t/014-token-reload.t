# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What was verified under another configuration counts no longer: between the
# blocks nginx is reloaded, its zones stay, and the token is the same.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtJose;

my $dir = Court::dir();

our $config = <<'_EOC_';
    court_code B00;
    location /t {
        add_header X-Level $court_claim_acr_level always;
        add_header X-Unit $court_claim_unit always;
        proxy_pass http://court_mock;
    }
_EOC_

my $base = Court::http_config(policy => CourtJose::policy(),
                              main => '#more');
my $key = CourtJose::key('P-256', 'second');
my ($first) = @{JSON::PP->new->decode(
    do { local (@ARGV, $/) = "$dir/platform.jwks"; <> })->{keys}};

Court::file('second.jwks', Court::json({ keys => [ $key ] }));
Court::file('both.jwks', Court::json({ keys => [ $first, $key ] }));
# another key under the same name
Court::file('renamed.jwks', Court::json({ keys => [ { %$key,
                                                      kid => 'platform' } ] }));

# the block of the issuer "platform" changed by one substitution
sub http {
    my ($what, $to) = @_;
    my ($head, $block, $rest) =
        $base =~ /\A(.*)(court_issuer platform \{.*?\n    \})(.*)\z/s;

    die "no $what\n" if defined $what && $block !~ s/\Q$what\E/$to/;
    return "$head$block$rest";
}

our $token = 'Authorization: Bearer '
    . CourtJose::sign('ES256', { kid => 'platform' },
                      CourtJose::claims(acr => 'face', unit => 'u1',
                                        org => { unit => 'u2' }), 'platform');

sub times {
    my ($n, @list) = @_;
    return [ map { @list } 1 .. $n ];
}

workers(2);
master_on();
use_hup();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the token is good, and now in the zone
--- http_config eval: ::http()
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 2: its key is gone
--- http_config eval: ::http('platform.jwks', 'second.jwks')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 3: its key is back
--- http_config eval: ::http()
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 4: another key has its name
--- http_config eval: ::http('platform.jwks', 'renamed.jwks')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 5: a key was added
--- http_config eval: ::http('platform.jwks', 'both.jwks')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 6: and taken away
--- http_config eval: ::http()
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 7: another audience
--- http_config eval: ::http('court-api', 'other-api')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 8: another iss
--- http_config eval: ::http('https://platform.test', 'https://platform2.test')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 9: another role
--- http_config eval: ::http('roles      lawyer ', 'roles ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 10: all as it was
--- http_config eval: ::http()
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 11: another algorithm
--- http_config eval: ::http('ES256', 'ES384')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 12: another typ
--- http_config eval: ::http('acr ', 'typ JWT; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 13: courts, of which the token names none
--- http_config eval: ::http('acr ', 'courts B00; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 14: an age that it does not keep to
--- http_config eval: ::http('acr ', 'token_max_age 60s; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 401)
--- response_headers eval: ::times(6, 'Court-Refused: token_invalid')
--- no_error_log
[alert]
[crit]


=== TEST 15: all as it was, once more
--- http_config eval: ::http()
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 3')
--- no_error_log
[alert]
[crit]


=== TEST 16: other levels
--- http_config eval: ::http('password sms face', 'face sms')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Level: 1')
--- no_error_log
[alert]
[crit]


=== TEST 17: a mapping
--- http_config eval: ::http('acr ', 'claim unit /unit; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Unit: u1')
--- no_error_log
[alert]
[crit]


=== TEST 18: the mapping points elsewhere
--- http_config eval: ::http('acr ', 'claim unit /org/unit; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Unit: u2')
--- no_error_log
[alert]
[crit]


=== TEST 19: no mapping any longer
--- http_config eval: ::http('acr ', 'leeway 31s; acr ')
--- config eval: $::config
--- request eval: ::times(6, 'GET /t')
--- more_headers eval: ::times(6, $::token)
--- error_code eval: ::times(6, 200)
--- response_headers eval: ::times(6, 'X-Unit: ')
--- no_error_log
[alert]
[crit]
