# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Issuers: which roles and courts each may speak of, where each is accepted,
# how claims are mapped, and what no configuration may say.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtJose;

my $dir = Court::dir();
our $http = Court::http_config(policy => CourtJose::policy());

our $config = <<'_EOC_';
    court_code B00;
    add_header X-Unit $court_claim_unit always;
    add_header X-Scope $court_claim_scope always;
    add_header X-Level $court_claim_acr_level always;
    location /t {
        proxy_pass http://court_mock;
    }
_EOC_

# what each issuer may say
my @all = map { @$_ } @Court::ROLES{sort keys %Court::ROLES};

sub says {
    my ($issuer, $role) = @_;
    my $is = grep { $_ eq $role } @{$Court::ROLES{$issuer}};

    return [ $is ? 200 : 401, 'Authorization: Bearer '
        . Court::sign({ alg => 'ES256', typ => 'at+jwt', kid => $issuer },
                      CourtJose::claims(iss => $Court::ISSUER{$issuer},
                                        role => $role), $issuer) ];
}

CourtJose::rows(matrix => [
    (map { says('platform', $_) } @all), (map { says('staff', $_) } @all) ]);

# an issuer of its own, with the platform's keys unless another file is given
our %lines = (
    issuer     => 'https://mapped.test',
    audience   => 'court-api other-api',
    roles      => 'lawyer party',
    algorithms => 'ES256',
    jwks_file  => "$dir/platform.jwks",
);

sub issuer {
    my ($more, %over) = @_;
    my %l = (%lines, %over);
    my $lines = join "\n", map { "        $_ $l{$_};" }
                           grep { defined $l{$_} } sort keys %l;

    return "    court_issuer mapped {\n$lines\n        $more\n    }\n";
}

# http{} with that issuer too
sub with { return Court::http_config(policy => CourtJose::policy(),
                                     main => issuer(@_)) }

sub mapped {
    return 'Authorization: Bearer '
           . Court::sign({ alg => 'ES256', typ => 'at+jwt',
                           kid => 'platform' },
                         CourtJose::claims(iss => 'https://mapped.test', @_),
                         'platform');
}

our $roles = Court::file('roles.json', Court::json({ format => 1, values => {
    '1' => 'lawyer', '2' => 'party', '3' => 'judge', true => 'party',
    lvshi => 'lawyer' } }));

sub realm { return mapped(role => undef, realm => { role => $_[0] }) }

CourtJose::rows(
    role_map => [
        (map { [ 200, realm($_) ] } '1', 1, '2', JSON::PP::true, 'lvshi',
             [ 'lvshi' ], [ 1 ]),
        # a mapped role must be one that the issuer may assert
        (map { [ 401, realm($_) ] } '3', 3, '4', 'lawyer', '', JSON::PP::false,
             1.5, [ 1, 2 ], [], {}, { 1 => 1 }, undef, '1 ', '01', -1),
        # /role is no longer where the role stands
        [ 401, mapped(role => 'lawyer') ],
        [ 401, mapped(role => 'lawyer', realm => { role => 'x' }) ],
    ],

    audience => [
        (map { [ 200, mapped(aud => $_) ] } 'court-api', 'other-api',
             [ 'other-api', 'x' ]),
        [ 401, mapped(aud => 'court-api other-api') ],
    ],

    courts => [
        (map { [ 200, mapped(court => $_) ] } 'B00', 'B01'),
        (map { [ 401, mapped(court => $_) ] } 'B02', 'b00', 'B0', 'B0101',
             'B00 ', '', undef, \'null', [ 'B00' ], 'B00,B01', 0),
    ],

    own_claims => [
        (map { [ 200, mapped(org => { unit => $_ }) ] } 'u1', 7, -7,
             JSON::PP::true, JSON::PP::false, "\x{6cd5}", 'a,b"c', 'a b'),
        [ 200, mapped(org => {}) ], [ 200, mapped(org => 1) ],
        [ 200, mapped() ],
        (map { [ 401, mapped(org => { unit => $_ }) ] } [ 'u1' ], {}, undef,
             1.5, "a\nb", "a\r\nCourt-Role: judge", 'u' x 257, ''),
    ],

    pointers => [
        [ 200, mapped('a/b' => { 'm~n' => [ 'x', 'right' ] }) ],
        [ 200, mapped('a/b' => { 'm~n' => [ 'x' ] }) ],
        [ 200, mapped('a/b' => { 'm~n' => { 1 => 'member' } }) ],
    ],

    typ => [
        [ 401, mapped() ],
        map { [ $_->[0], 'Authorization: Bearer '
            . Court::sign({ alg => 'ES256', kid => 'platform',
                            typ => $_->[1] },
                          CourtJose::claims(iss => 'https://mapped.test'),
                          'platform') ] }
            [ 200, 'JWT' ], [ 200, 'jwt' ], [ 200, 'application/jwt' ],
            [ 401, 'logout+jwt' ], [ 401, 'id_token' ], [ 401, 'JWT2' ]
    ],

    # what only ID tokens, logout tokens and events have
    purpose => [
        [ 200, mapped(nonce => 'n', sid => 's') ],
        (map { [ 401, mapped(@$_) ] }
             [ at_hash => 'x' ], [ c_hash => 'x' ], [ s_hash => 'x' ],
             [ events => {} ], [ events => \'null' ],
             [ events => { 'http://schemas.openid.net/event/'
                           . 'backchannel-logout' => {} } ]),
    ],

    max_age => [
        [ 200, mapped(exp => time + 500) ],
        [ 401, mapped(exp => time + 700) ],
        [ 401, mapped(iat => undef) ],
        [ 401, mapped(iat => time - 700, exp => time - 200 + 60),
          'token_expired' ],
    ],
);

# a key of RFC 7515, which everybody can sign with
our $published = do {
    local (@ARGV, $/) = 't/data/rfc7515.json';
    my $vectors = JSON::PP->new->decode(<>)->{vectors};
    my ($a3) = grep { $_->{name} eq 'RFC 7515 A.3' } @$vectors;
    Court::file('published.jwks', Court::json($a3->{jwks}));
};

our $demo = 'court_demo on;';

# a file that no map is
sub bad_map { return 'claim role /r map=' . Court::file("bad$_[0].json", $_[1])
                     . ';' }

no_shuffle();
run_tests();

__DATA__

=== TEST 1: each issuer speaks of its own roles alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('matrix')
--- more_headers eval: CourtJose::heads('matrix')
--- error_code eval: CourtJose::codes('matrix')
--- response_headers eval: CourtJose::reasons('matrix')
--- no_error_log
[alert]
[crit]


=== TEST 2: claim role, through a map
--- http_config eval: ::with("claim role /realm/role map=$::roles;")
--- config eval: $::config
--- request eval: CourtJose::gets('role_map')
--- more_headers eval: CourtJose::heads('role_map')
--- error_code eval: CourtJose::codes('role_map')
--- response_headers eval: CourtJose::reasons('role_map')
--- no_error_log
[alert]
[crit]


=== TEST 3: more than one audience
--- http_config eval: ::with("")
--- config eval: $::config
--- request eval: CourtJose::gets('audience')
--- more_headers eval: CourtJose::heads('audience')
--- error_code eval: CourtJose::codes('audience')
--- response_headers eval: CourtJose::reasons('audience')
--- no_error_log
[alert]
[crit]


=== TEST 4: courts of an issuer
--- http_config eval: ::with("courts B00 B01;")
--- config eval: $::config
--- request eval: CourtJose::gets('courts')
--- more_headers eval: CourtJose::heads('courts')
--- error_code eval: CourtJose::codes('courts')
--- response_headers eval: CourtJose::reasons('courts')
--- no_error_log
[alert]
[crit]


=== TEST 5: claims of the issuer's own, as $court_claim_NAME
--- http_config eval: ::with("claim unit /org/unit;")
--- config eval: $::config
--- request eval: CourtJose::gets('own_claims')
--- more_headers eval: CourtJose::heads('own_claims')
--- error_code eval: CourtJose::codes('own_claims')
--- response_headers eval
[map { "X-Unit: $_" } 'u1', 7, -7, 'true', 'false', '%E6%B3%95', 'a%2Cb%22c',
 'a%20b', ('') x 11]
--- no_error_log
[alert]
[crit]


=== TEST 6: pointers with escapes and indices
--- http_config eval: ::with("claim unit /a~1b/m~0n/1;")
--- config eval: $::config
--- request eval: CourtJose::gets('pointers')
--- more_headers eval: CourtJose::heads('pointers')
--- error_code eval: CourtJose::codes('pointers')
--- response_headers eval
[map { "X-Unit: $_" } 'right', '', 'member']
--- no_error_log
[alert]
[crit]


=== TEST 7: another typ
--- http_config eval: ::with("typ JWT;")
--- config eval: $::config
--- request eval: CourtJose::gets('typ')
--- more_headers eval: CourtJose::heads('typ')
--- error_code eval: CourtJose::codes('typ')
--- response_headers eval: CourtJose::reasons('typ')
--- no_error_log
[alert]
[crit]


=== TEST 8: typ may be written in full
--- http_config eval: ::with("typ application/jwt;")
--- config eval: $::config
--- request eval: CourtJose::gets('typ')
--- more_headers eval: CourtJose::heads('typ')
--- error_code eval: CourtJose::codes('typ')
--- response_headers eval: CourtJose::reasons('typ')
--- no_error_log
[alert]
[crit]


=== TEST 9: ID tokens, logout tokens
--- http_config eval: ::with("")
--- config eval: $::config
--- request eval: CourtJose::gets('purpose')
--- more_headers eval: CourtJose::heads('purpose')
--- error_code eval: CourtJose::codes('purpose')
--- response_headers eval: CourtJose::reasons('purpose')
--- no_error_log
[alert]
[crit]


=== TEST 10: token_max_age of an issuer
--- http_config eval: ::with("token_max_age 600s; leeway 0s;")
--- config eval: $::config
--- request eval: CourtJose::gets('max_age')
--- more_headers eval: CourtJose::heads('max_age')
--- error_code eval: CourtJose::codes('max_age')
--- response_headers eval: CourtJose::reasons('max_age')
--- no_error_log
[alert]
[crit]


=== TEST 11: court_issuers: http, server, location; the nearest counts
--- http_config eval
"court_issuers staff;\n" . $::http
--- config
    court_code B00;
    location /t {
        proxy_pass http://court_mock;
    }
    location /u {
        court_issuers platform staff;
        proxy_pass http://court_mock;
    }
--- request eval
["GET /t", "GET /t", "GET /u", "GET /u"]
--- more_headers eval
[map { Court::bearer($_) } 'lawyer', 'officer', 'lawyer', 'officer']
--- error_code eval
[401, 200, 200, 200]
--- no_error_log
[alert]


=== TEST 12: court_token_source none: no credential counts
--- http_config eval: $::http
--- config
    court_code B00;
    court_token_source none;
    location /t {
        proxy_pass http://court_mock;
    }
    location /u {
        court_token_source bearer;
        proxy_pass http://court_mock;
    }
--- request eval
["GET /t", "GET /u"]
--- more_headers eval
[Court::bearer('lawyer'), Court::bearer('lawyer')]
--- error_code eval
[401, 200]
--- response_headers eval
["Court-Refused: token_missing", "Court-Refused: "]


=== TEST 13: court_demo on: a demo issuer and a published key
--- http_config eval
$::demo . ::with("", issuer => "https://demo-x.test",
                 jwks_file => "$::published")
--- config eval: $::config
--- request
GET /t
--- more_headers eval: Court::bearer('lawyer')
--- error_code: 200
--- no_error_log
[alert]


=== TEST 14: a published key without court_demo
--- http_config eval: ::with("", jwks_file => $::published)
--- config eval: $::config
--- must_die
--- error_log
which needs "court_demo on"


=== TEST 15: a demo issuer by its iss
--- http_config eval: ::with("", issuer => "https://demo-x.test")
--- config eval: $::config
--- must_die
--- error_log
is a demo issuer, which needs "court_demo on"


=== TEST 16: a demo issuer by its name
--- http_config eval: ::with("") =~ s/court_issuer mapped/court_issuer demo-x/r
--- config eval: $::config
--- must_die
--- error_log
court_issuer "demo-x"


=== TEST 17: no issuer
--- http_config eval: ::with("", issuer => undef)
--- config eval: $::config
--- must_die
--- error_log
no "issuer" is defined for court_issuer "mapped"


=== TEST 18: no audience
--- http_config eval: ::with("", audience => undef)
--- config eval: $::config
--- must_die
--- error_log
no "audience" is defined for court_issuer "mapped"


=== TEST 19: no roles
--- http_config eval: ::with("", roles => undef)
--- config eval: $::config
--- must_die
--- error_log
no "roles" is defined for court_issuer "mapped"


=== TEST 20: no algorithms
--- http_config eval: ::with("", algorithms => undef)
--- config eval: $::config
--- must_die
--- error_log
no "algorithms" is defined for court_issuer "mapped"


=== TEST 21: no jwks_file
--- http_config eval: ::with("", jwks_file => undef)
--- config eval: $::config
--- must_die
--- error_log
no "jwks_file" is defined for court_issuer "mapped"


=== TEST 22: an algorithm that is none
--- http_config eval: ::with("", algorithms => "ES256 none")
--- config eval: $::config
--- must_die
--- error_log
unknown algorithm "none"


=== TEST 23: an algorithm in another spelling
--- http_config eval: ::with("", algorithms => "es256")
--- config eval: $::config
--- must_die
--- error_log
unknown algorithm "es256"


=== TEST 24: an algorithm twice
--- http_config eval: ::with("", algorithms => "ES256 ES256")
--- config eval: $::config
--- must_die
--- error_log
duplicate value "ES256"


=== TEST 25: two issuers of one iss
--- http_config eval: ::with("", issuer => "https://staff.test")
--- config eval: $::config
--- must_die
--- error_log
have the same "issuer"


=== TEST 26: two issuers of one name
--- http_config eval: ::with("") =~ s/court_issuer mapped/court_issuer staff/r
--- config eval: $::config
--- must_die
--- error_log
duplicate court_issuer "staff"


=== TEST 27: a leeway of hours
--- http_config eval: ::with("leeway 1h;")
--- config eval: $::config
--- must_die
--- error_log
"leeway" of court_issuer "mapped" must not be above 300s


=== TEST 28: a binding that does not exist yet
--- http_config eval: ::with("binding dpop;")
--- config eval: $::config
--- must_die
--- error_log
invalid value "dpop"


=== TEST 29: keys by the network do not exist yet
--- http_config eval: ::with("", jwks_file => undef, jwks_uri => "/keys")
--- config eval: $::config
--- must_die
--- error_log
unknown directive "jwks_uri"


=== TEST 30: a JWKS that is not there
--- http_config eval: ::with("", jwks_file => "/nonexistent/x.jwks")
--- config eval: $::config
--- must_die
--- error_log
/nonexistent/x.jwks


=== TEST 31: a JWKS that is none
--- http_config eval: ::with("", jwks_file => Court::file("no.jwks", "[]"))
--- config eval: $::config
--- must_die
--- error_log
neither {"keys":[...]} nor a JWK


=== TEST 32: a claim twice
--- http_config eval: ::with("claim unit /a; claim unit /b;")
--- config eval: $::config
--- must_die
--- error_log
duplicate claim "unit"


=== TEST 33: a claim of an impossible name
--- http_config eval: ::with("claim Unit /a;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "Unit" "/a"


=== TEST 34: a claim without a pointer
--- http_config eval: ::with("claim unit a;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "unit" "a"


=== TEST 35: a pointer that is malformed
--- http_config eval: ::with("claim unit /a~2b;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "unit" "/a~2b"


=== TEST 36: a mapping of exp, which is not the issuer's to move
--- http_config eval: ::with("claim exp /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "exp"


=== TEST 37: a mapping of nbf, which is not the issuer's to move
--- http_config eval: ::with("claim nbf /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "nbf"


=== TEST 38: a mapping of iat, which is not the issuer's to move
--- http_config eval: ::with("claim iat /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "iat"


=== TEST 39: a mapping of kid, which is not the issuer's to move
--- http_config eval: ::with("claim kid /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "kid"


=== TEST 40: a mapping of acr_level, which is not the issuer's to move
--- http_config eval: ::with("claim acr_level /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "acr_level"


=== TEST 41: a mapping of auth_age, which is not the issuer's to move
--- http_config eval: ::with("claim auth_age /x;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "auth_age"


=== TEST 42: a map for what is a list
--- http_config eval: ::with("claim amr /x map=$::roles;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "amr", it takes no map


=== TEST 43: a map for what is a time
--- http_config eval: ::with("claim auth_time /x map=$::roles;")
--- config eval: $::config
--- must_die
--- error_log
invalid claim "auth_time", it takes no map


=== TEST 44: a map that is not there
--- http_config eval: ::with("claim role /r map=/nonexistent/map.json;")
--- config eval: $::config
--- must_die
--- error_log
/nonexistent/map.json


=== TEST 45: a map of another format
--- http_config eval: ::with(::bad_map(1, '{"format":2,"values":{}}'))
--- config eval: $::config
--- must_die
--- error_log
bad1.json


=== TEST 46: a map of numbers
--- http_config eval: ::with(::bad_map(2, '{"format":1,"values":{"1":1}}'))
--- config eval: $::config
--- must_die
--- error_log
bad2.json


=== TEST 47: a map with a value twice
--- http_config eval: ::with(::bad_map(3, '{"format":1,"values":{"1":"a","1":"b"}}'))
--- config eval: $::config
--- must_die
--- error_log
bad3.json


=== TEST 48: court_issuers of an unknown name
--- http_config eval: "court_issuers nobody;" . $::http
--- config eval: $::config
--- must_die
--- error_log
nobody


=== TEST 49: court_issuers with one twice
--- http_config eval: "court_issuers staff staff;" . $::http
--- config eval: $::config
--- must_die
--- error_log
staff
