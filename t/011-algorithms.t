# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Each algorithm, with keys and signatures made by openssl: accepted where the
# issuer lists it and has the key, refused where either is missing.  A truth
# table: every key, every algorithm that it can sign with, every issuer.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtJose;

Court::dir();

# name of a key => its kind, the algorithms that it signs
my %keys = (
    rsa    => [ 'rsa',       qw(RS256 RS384 RS512 PS256 PS384 PS512) ],
    p256   => [ 'P-256',     'ES256' ],
    p384   => [ 'P-384',     'ES384' ],
    p521   => [ 'P-521',     'ES512' ],
    k256   => [ 'secp256k1', 'ES256K' ],
    ed     => [ 'Ed25519',   'EdDSA' ],
    ed448  => [ 'Ed448',     'EdDSA' ],
    sm2    => [ 'SM2',       'SM2' ],
    secret => [ 'oct',       qw(HS256 HS384 HS512 HSM3) ],
);

CourtJose::key($keys{$_}[0], $_) for sort keys %keys;

# a key whose JWK says what it is for signs nothing else
CourtJose::key('rsa', 'rsaps', alg => 'PS256');
$keys{rsaps} = [ 'rsa', qw(RS256 PS256 PS384) ];

# too short for HS384 (RFC 7518, 3.2)
CourtJose::key('oct', 'short', k => 'k' x 32);
$keys{short} = [ 'oct', qw(HS256 HS384 HS512) ];

# for other uses
CourtJose::key('P-256', 'enc', use => 'enc');
CourtJose::key('P-256', 'ops', key_ops => [ 'deriveKey' ]);
CourtJose::key('P-256', 'signs', key_ops => [ 'sign' ]);
$keys{$_} = [ 'P-256', 'ES256' ] for qw(enc ops signs);

our $jwks = Court::file('all.jwks',
                        Court::json({ keys => [ map { $CourtJose::JWK{$_} }
                                                sort keys %keys ] }));
our @columns;                   # [ algorithm, key ]
our (%allowed, %token);

for my $name (sort keys %keys) {
    my ($kind, @algorithms) = @{$keys{$name}};
    push @columns, map { [ $_, $name ] } @algorithms;
}

# the oracle: which of these no issuer takes
my %never = map { $_ => 1 }
    'RS256 rsaps', 'PS384 rsaps', 'HS384 short', 'HS512 short', 'ES256 enc',
    'ES256 ops', 'ES256 signs';

# one issuer for each algorithm, one for all, one for those of SM
our %issuers = (
    (map { lc $_ => [ $_ ] } @CourtJose::ALGORITHMS),
    every => [ @CourtJose::ALGORITHMS ],
    sm    => [ qw(SM2 HSM3) ],
    other => [ qw(SM3WithSM2 GmSM2) ],
);

sub issuer {
    my ($name, @more) = @_;

    return <<"_EOC_";
    court_issuer $name {
        issuer     https://$name.test;
        audience   $Court::AUDIENCE;
        roles      lawyer;
        algorithms @{$issuers{$name}};
        jwks_file  $jwks;
        @more
    }
_EOC_
}

our $http = Court::http_config(policy => CourtJose::policy(), main =>
    join '', map { issuer($_) } sort keys %issuers);

our $config = <<'_EOC_';
    court_code B00;
    location /t {
        proxy_pass http://court_mock;
    }
_EOC_

sub token {
    my ($issuer, $alg, $key, %header) = @_;

    return 'Authorization: Bearer '
           . CourtJose::sign($alg, { kid => $key, %header },
                             CourtJose::claims(iss => "https://$issuer.test"),
                             $key);
}

for my $issuer (sort keys %issuers) {
    my %listed = map { $_ => 1 } @{$issuers{$issuer}};

    CourtJose::rows($issuer => [ map {
        my ($alg, $key) = @$_;
        my $is = $listed{$alg} && !$never{"$alg $key"};
        [ $is ? 200 : 401, token($issuer, $alg, $key) ]
    } @columns ]);
}

# a signature of one key under the name of another, of another algorithm
sub renamed {
    my ($said, $alg, $key, $kid) = @_;
    my $header = Court::json({ alg => $said, typ => 'at+jwt', kid => $kid });

    return [ 401, 'Authorization: Bearer '
        . CourtJose::sign($alg, $header,
                          CourtJose::claims(iss => 'https://every.test'),
                          $key) ];
}

CourtJose::rows(
    confused => [
        [ 200, token('every', 'ES256', 'p256') ],
        # the curve goes with the algorithm (RFC 7518, 3.4)
        renamed('ES256', 'ES256K', 'k256', 'k256'),
        renamed('ES256K', 'ES256', 'p256', 'p256'),
        renamed('SM2', 'ES256', 'p256', 'p256'),
        renamed('ES256', 'SM2', 'sm2', 'sm2'),
        renamed('ES384', 'ES256', 'p256', 'p256'),
        renamed('ES512', 'ES384', 'p384', 'p384'),
        # one family under the name of the other
        renamed('RS256', 'PS256', 'rsa', 'rsa'),
        renamed('PS256', 'RS256', 'rsa', 'rsa'),
        renamed('RS384', 'RS256', 'rsa', 'rsa'),
        renamed('PS512', 'PS256', 'rsa', 'rsa'),
        renamed('HS384', 'HS256', 'secret', 'secret'),
        renamed('HSM3', 'HS256', 'secret', 'secret'),
        renamed('HS256', 'HSM3', 'secret', 'secret'),
        # a good signature, with another key's name
        renamed('EdDSA', 'EdDSA', 'ed', 'ed448'),
        renamed('EdDSA', 'EdDSA', 'ed448', 'ed'),
        renamed('RS256', 'RS256', 'rsa', 'rsaps'),
        renamed('ES256', 'ES256', 'p256', 'enc'),
        # names that only look like it
        map { renamed($_, 'EdDSA', 'ed', 'ed') }
            qw(Ed25519 ed25519 eddsa EDDSA Ed448),
    ],

    # without a kid every key that fits is tried: two on Edwards' curves
    unnamed => [
        (map { [ 200, token('every', @$_, kid => undef) ] }
             [ 'EdDSA', 'ed' ], [ 'EdDSA', 'ed448' ], [ 'PS256', 'rsa' ],
             [ 'PS256', 'rsaps' ], [ 'SM2', 'sm2' ], [ 'HS256', 'secret' ],
             [ 'HS256', 'short' ], [ 'ES512', 'p521' ]),
        (map { [ 401, token('every', @$_, kid => undef) ] }
             [ 'RS256', 'rsaps' ], [ 'ES256', 'enc' ], [ 'HS384', 'short' ]),
    ],

    # each public key of the issuer as a secret, by its name and without
    secrets => [
        [ 200, token('every', 'HS256', 'secret') ],
        map {
            my $name = $_;
            my $pem = Court::run('', qw(openssl pkey -pubout -in),
                                 CourtJose::pem($name));
            my $der = Court::run($pem, qw(openssl pkey -pubin -outform DER));
            map {
                $CourtJose::SECRET{tried} = $_;
                map { [ 401, $_ ] } (token('every', 'HS256', 'tried', kid => $name),
                 token('every', 'HS512', 'tried', kid => 'secret'),
                 token('every', 'HS384', 'tried', kid => undef))
            } $pem, $der, Court::json($CourtJose::JWK{$name});
        } qw(rsa p256 p521 ed sm2)
    ],
);

# Signatures that are no number of their group, or of another length: a no, and
# never a fault of ours.  Of Ed25519, S + L is the same S (RFC 8032, 8.4).
sub mangled {
    my ($alg, $key) = @_;
    my ($head, $good) = token('every', $alg, $key) =~ /(.*\.)([^.]+)$/;
    my $sig = MIME::Base64::decode_base64url($good);
    my $n = length $sig;
    my $half = $n / 2;
    my ($zero, $ones) = ("\0" x $n, "\xff" x $n);
    my @bad = ($zero, $ones, "\0" x ($n - 1) . "\1", "\0$sig", "$sig\0",
               substr($sig, 1), substr($sig, 0, -1), $sig ^ ("\1" . $zero),
               $sig ^ (substr($zero, 1) . "\x80"), $sig . $sig,
               substr($sig, 0, $half), "\x80" . substr($sig, 1), 'x' x 2000,
               substr($sig, 0, $half) . substr($zero, 0, $half),
               substr($zero, 0, $half) . substr($sig, $half),
               substr($sig, 0, $half) . substr($ones, 0, $half),
               substr($sig, $half) . substr($sig, 0, $half));

    if ($key eq 'ed') {
        my $order = '1000000000000000000000000000000014def9dea2f79cd65812631a'
                    . '5cf5d3ed';
        my ($carry, $sum) = (0, '');
        my @l = reverse unpack 'C*', pack 'H*', $order;
        for my $i (0 .. 31) {
            my $x = ord(substr $sig, 32 + $i, 1) + $l[$i] + $carry;
            $sum .= chr($x & 255);
            $carry = $x >> 8;
        }
        push @bad, substr($sig, 0, 32) . $sum;
    }

    return [ 200, "$head$good" ],
           map { [ 401, $head . CourtJose::b64($_) ] } grep { $_ ne $sig } @bad;
}

CourtJose::rows(
    mangled => [ map { mangled(@$_) } [ RS256 => 'rsa' ], [ PS256 => 'rsa' ],
                 [ HS256 => 'secret' ], [ HSM3 => 'secret' ],
                 [ EdDSA => 'ed' ], [ EdDSA => 'ed448' ] ],
    mangled_ec => [ map { mangled(@$_) } [ ES256 => 'p256' ],
                    [ ES384 => 'p384' ], [ ES512 => 'p521' ],
                    [ ES256K => 'k256' ], [ SM2 => 'sm2' ] ],
);

# SM2 as a mapping says: another name, another id, DER
our $sm2 = Court::http_config(policy => CourtJose::policy(), main => join '',
    issuer('sm2'), issuer('other'),
    issuer('every', "sm2_encoding der;"),
    issuer('sm', 'sm2_id ALICE123@YAHOO.COM;'));

sub sm2_token {
    my ($issuer, $alg, $id, $der) = @_;
    my $input = join '.', map { CourtJose::b64(Court::json($_)) }
        { alg => $alg, typ => 'at+jwt', kid => 'sm2' },
        CourtJose::claims(iss => "https://$issuer.test");
    my $file = Court::file('keys/input', $input);
    my $sig = Court::run('', qw(openssl pkeyutl -sign -rawin -digest sm3),
                         '-pkeyopt', "distid:$id", '-in', $file, '-inkey',
                         CourtJose::pem('sm2'));

    $sig = CourtJose::raw($sig, 32) unless $der;
    return "Authorization: Bearer $input." . CourtJose::b64($sig);
}

my ($usual, $alice) = ('1234567812345678', 'ALICE123@YAHOO.COM');

CourtJose::rows(sm2_forms => [
    [ 200, sm2_token('sm2',   'SM2',        $usual, 0) ],
    [ 401, sm2_token('sm2',   'SM2',        $usual, 1) ],
    [ 401, sm2_token('sm2',   'SM2',        $alice, 0) ],
    [ 401, sm2_token('sm2',   'SM2',        '',     0) ],
    [ 401, sm2_token('sm2',   'SM3WithSM2', $usual, 0) ],
    [ 401, sm2_token('sm2',   'GmSM2',      $usual, 0) ],
    [ 200, sm2_token('other', 'SM3WithSM2', $usual, 0) ],
    [ 200, sm2_token('other', 'GmSM2',      $usual, 0) ],
    [ 401, sm2_token('other', 'SM2',        $usual, 0) ],
    [ 401, sm2_token('other', 'SM3WithSM2', $usual, 1) ],
    [ 200, sm2_token('every', 'SM2',        $usual, 1) ],
    [ 401, sm2_token('every', 'SM2',        $usual, 0) ],
    [ 401, sm2_token('every', 'SM2',        $alice, 1) ],
    [ 200, sm2_token('sm',    'SM2',        $alice, 0) ],
    [ 401, sm2_token('sm',    'SM2',        $usual, 0) ],
    [ 401, sm2_token('sm',    'SM2',        $alice, 1) ],
]);

# not one key in use: what can't be found out is no no
our $empty = Court::http_config(policy => CourtJose::policy(), main =>
    issuer('every') =~ s/jwks_file\s+\S+;/'jwks_file ' . Court::file(
        'empty.jwks', '{"keys":[{"kty":"new"}]}') . ';'/er);

no_shuffle();
run_tests();

__DATA__

=== TEST 1: an issuer of HS256 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('hs256')
--- more_headers eval: CourtJose::heads('hs256')
--- error_code eval: CourtJose::codes('hs256')
--- response_headers eval: CourtJose::reasons('hs256')
--- no_error_log
[alert]
[crit]


=== TEST 2: an issuer of HS384 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('hs384')
--- more_headers eval: CourtJose::heads('hs384')
--- error_code eval: CourtJose::codes('hs384')
--- response_headers eval: CourtJose::reasons('hs384')
--- no_error_log
[alert]
[crit]


=== TEST 3: an issuer of HS512 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('hs512')
--- more_headers eval: CourtJose::heads('hs512')
--- error_code eval: CourtJose::codes('hs512')
--- response_headers eval: CourtJose::reasons('hs512')
--- no_error_log
[alert]
[crit]


=== TEST 4: an issuer of RS256 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('rs256')
--- more_headers eval: CourtJose::heads('rs256')
--- error_code eval: CourtJose::codes('rs256')
--- response_headers eval: CourtJose::reasons('rs256')
--- no_error_log
[alert]
[crit]


=== TEST 5: an issuer of RS384 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('rs384')
--- more_headers eval: CourtJose::heads('rs384')
--- error_code eval: CourtJose::codes('rs384')
--- response_headers eval: CourtJose::reasons('rs384')
--- no_error_log
[alert]
[crit]


=== TEST 6: an issuer of RS512 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('rs512')
--- more_headers eval: CourtJose::heads('rs512')
--- error_code eval: CourtJose::codes('rs512')
--- response_headers eval: CourtJose::reasons('rs512')
--- no_error_log
[alert]
[crit]


=== TEST 7: an issuer of PS256 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('ps256')
--- more_headers eval: CourtJose::heads('ps256')
--- error_code eval: CourtJose::codes('ps256')
--- response_headers eval: CourtJose::reasons('ps256')
--- no_error_log
[alert]
[crit]


=== TEST 8: an issuer of PS384 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('ps384')
--- more_headers eval: CourtJose::heads('ps384')
--- error_code eval: CourtJose::codes('ps384')
--- response_headers eval: CourtJose::reasons('ps384')
--- no_error_log
[alert]
[crit]


=== TEST 9: an issuer of PS512 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('ps512')
--- more_headers eval: CourtJose::heads('ps512')
--- error_code eval: CourtJose::codes('ps512')
--- response_headers eval: CourtJose::reasons('ps512')
--- no_error_log
[alert]
[crit]


=== TEST 10: an issuer of ES256 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('es256')
--- more_headers eval: CourtJose::heads('es256')
--- error_code eval: CourtJose::codes('es256')
--- response_headers eval: CourtJose::reasons('es256')
--- no_error_log
[alert]
[crit]


=== TEST 11: an issuer of ES384 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('es384')
--- more_headers eval: CourtJose::heads('es384')
--- error_code eval: CourtJose::codes('es384')
--- response_headers eval: CourtJose::reasons('es384')
--- no_error_log
[alert]
[crit]


=== TEST 12: an issuer of ES512 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('es512')
--- more_headers eval: CourtJose::heads('es512')
--- error_code eval: CourtJose::codes('es512')
--- response_headers eval: CourtJose::reasons('es512')
--- no_error_log
[alert]
[crit]


=== TEST 13: an issuer of ES256K alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('es256k')
--- more_headers eval: CourtJose::heads('es256k')
--- error_code eval: CourtJose::codes('es256k')
--- response_headers eval: CourtJose::reasons('es256k')
--- no_error_log
[alert]
[crit]


=== TEST 14: an issuer of EdDSA alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('eddsa')
--- more_headers eval: CourtJose::heads('eddsa')
--- error_code eval: CourtJose::codes('eddsa')
--- response_headers eval: CourtJose::reasons('eddsa')
--- no_error_log
[alert]
[crit]


=== TEST 15: an issuer of SM2 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('sm2')
--- more_headers eval: CourtJose::heads('sm2')
--- error_code eval: CourtJose::codes('sm2')
--- response_headers eval: CourtJose::reasons('sm2')
--- no_error_log
[alert]
[crit]


=== TEST 16: an issuer of HSM3 alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('hsm3')
--- more_headers eval: CourtJose::heads('hsm3')
--- error_code eval: CourtJose::codes('hsm3')
--- response_headers eval: CourtJose::reasons('hsm3')
--- no_error_log
[alert]
[crit]


=== TEST 17: an issuer of every algorithm
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('every')
--- more_headers eval: CourtJose::heads('every')
--- error_code eval: CourtJose::codes('every')
--- response_headers eval: CourtJose::reasons('every')
--- no_error_log
[alert]
[crit]


=== TEST 18: an issuer of SM2 and HSM3
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('sm')
--- more_headers eval: CourtJose::heads('sm')
--- error_code eval: CourtJose::codes('sm')
--- response_headers eval: CourtJose::reasons('sm')
--- no_error_log
[alert]
[crit]


=== TEST 19: an issuer of other names of SM2
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('other')
--- more_headers eval: CourtJose::heads('other')
--- error_code eval: CourtJose::codes('other')
--- response_headers eval: CourtJose::reasons('other')
--- no_error_log
[alert]
[crit]


=== TEST 20: a signature under another name
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('confused')
--- more_headers eval: CourtJose::heads('confused')
--- error_code eval: CourtJose::codes('confused')
--- response_headers eval: CourtJose::reasons('confused')
--- no_error_log
[alert]
[crit]


=== TEST 21: no kid: the keys that fit are tried
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('unnamed')
--- more_headers eval: CourtJose::heads('unnamed')
--- error_code eval: CourtJose::codes('unnamed')
--- response_headers eval: CourtJose::reasons('unnamed')
--- no_error_log
[alert]
[crit]


=== TEST 22: public keys are no secrets
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('secrets')
--- more_headers eval: CourtJose::heads('secrets')
--- error_code eval: CourtJose::codes('secrets')
--- response_headers eval: CourtJose::reasons('secrets')
--- no_error_log
[alert]
[crit]


=== TEST 23: SM2: encoding, id and name as configured, never guessed
--- http_config eval: $::sm2
--- config eval: $::config
--- request eval: CourtJose::gets('sm2_forms')
--- more_headers eval: CourtJose::heads('sm2_forms')
--- error_code eval: CourtJose::codes('sm2_forms')
--- response_headers eval: CourtJose::reasons('sm2_forms')
--- no_error_log
[alert]
[crit]


=== TEST 24: signatures that can be none
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('mangled')
--- more_headers eval: CourtJose::heads('mangled')
--- error_code eval: CourtJose::codes('mangled')
--- response_headers eval: CourtJose::reasons('mangled')
--- no_error_log
[alert]
[crit]


=== TEST 25: signatures on curves that can be none
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('mangled_ec')
--- more_headers eval: CourtJose::heads('mangled_ec')
--- error_code eval: CourtJose::codes('mangled_ec')
--- response_headers eval: CourtJose::reasons('mangled_ec')
--- no_error_log
[alert]
[crit]


=== TEST 26: an issuer without a usable key: nobody can tell
--- http_config eval: $::empty
--- config eval: $::config
--- request eval
["GET /t", "GET /t"]
--- more_headers eval
[::token('every', 'ES256', 'p256'), Court::bearer('lawyer')]
--- error_code eval
[503, 200]
--- response_headers_like eval
["Court-Refused: keys_unavailable\nRetry-After: \\d+", ""]
--- no_error_log
[alert]
