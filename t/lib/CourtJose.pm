# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Keys and signatures of every algorithm, made by openssl and core Perl, and
# tables of requests with what they must be answered.
#
#     CourtJose::key('rsa', 'platform');        # a JWK; the PEM is kept
#     CourtJose::sign('PS256', { kid => ... }, \%claims, 'platform');
#     CourtJose::rows(classes => [ [200, 'Authorization: ...'], ... ]);

package CourtJose;

use strict;
use warnings;
use Court;
use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use MIME::Base64 qw(encode_base64url decode_base64url);

our %JWK;                       # of each name, public
our %SECRET;                    # of each oct key

# name of the kind => openssl's options, crv, bytes of a coordinate
my %EC = (
    'P-256'     => [ 'P-256',     32 ],
    'P-384'     => [ 'P-384',     48 ],
    'P-521'     => [ 'P-521',     66 ],
    'secp256k1' => [ 'secp256k1', 32 ],
    'SM2'       => [ 'SM2',       32 ],
);
my %OKP = (Ed25519 => 32, Ed448 => 57);

# digest, and the bytes of r and s each
my %ES = (
    ES256 => [ 'sha256', 32 ], ES384  => [ 'sha384', 48 ],
    ES512 => [ 'sha512', 66 ], ES256K => [ 'sha256', 32 ],
);
my %HS = (
    HS256 => \&hmac_sha256, HS384 => \&hmac_sha384, HS512 => \&hmac_sha512,
);

our @ALGORITHMS = qw(HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512
                     ES256 ES384 ES512 ES256K EdDSA SM2 HSM3);


sub b64 { return encode_base64url($_[0]) }

sub pem { return Court::dir() . "/keys/$_[0].pem" }


# what openssl makes of a key; the JWK without alg, so that what is tried is
# tried with the key's type alone
sub key {
    my ($kind, $name, %members) = @_;
    my %jwk = (kid => $name);

    if ($kind eq 'oct') {
        my $secret = $members{k} // join '', map { chr int rand 256 } 1 .. 64;
        delete $members{k};
        $SECRET{$name} = $secret;
        @jwk{qw(kty k)} = ('oct', b64($secret));

    } else {
        my @options = $kind eq 'rsa' ? qw(RSA -pkeyopt rsa_keygen_bits:2048)
                    : $OKP{$kind}    ? ($kind)
                    : ('EC', '-pkeyopt', "ec_paramgen_curve:$EC{$kind}[0]");

        Court::file("keys/$name.pem",
                    Court::run('', qw(openssl genpkey -algorithm), @options));
        %jwk = (%jwk, public($kind, $name));
    }

    return $JWK{$name} = { %jwk, %members };
}


sub public {
    my ($kind, $name) = @_;

    if ($kind eq 'rsa') {
        my ($hex) = Court::run('', qw(openssl rsa -noout -modulus -in),
                               pem($name)) =~ /=([0-9A-F]+)/;
        return (kty => 'RSA', n => b64(pack 'H*', $hex), e => 'AQAB');
    }

    my $spki = Court::run('', qw(openssl pkey -pubout -outform DER -in),
                          pem($name));

    if ($OKP{$kind}) {
        return (kty => 'OKP', crv => $kind,
                x => b64(substr $spki, -$OKP{$kind}));
    }

    my $n = $EC{$kind}[1];
    my ($x, $y) = unpack "a$n a$n", substr $spki, -2 * $n;

    return (kty => 'EC', crv => $kind, x => b64($x), y => b64($y));
}


# ECDSA: from DER, with lengths of one byte or two, to r and s of n bytes each
sub raw {
    my ($der, $n) = @_;
    my $at = ord(substr $der, 1, 1) > 0x80 ? 3 : 2;
    my ($r, $s) = unpack "x$at x C/a x C/a", $der;

    return join '', map { substr(("\0" x $n) . $_, -$n) } $r, $s;
}


sub signature {
    my ($alg, $input, $name) = @_;

    return $HS{$alg}->($input, $SECRET{$name} // die "$name: no secret")
        if $HS{$alg};

    return Court::run($input, qw(openssl dgst -sm3 -binary -mac HMAC -macopt),
                      'hexkey:' . unpack('H*', $SECRET{$name}))
        if $alg eq 'HSM3';

    if ($alg =~ /^(RS|PS)(\d+)$/) {
        my @pss = qw(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1);
        return Court::run($input, qw(openssl dgst), "-sha$2",
                          ($1 eq 'PS' ? @pss : ()), '-sign', pem($name));
    }

    if ($alg eq 'EdDSA') {
        my $file = Court::file('keys/input', $input);
        return Court::run('', qw(openssl pkeyutl -sign -rawin -in), $file,
                          '-inkey', pem($name));
    }

    if ($alg =~ /SM2/) {
        my $file = Court::file('keys/input', $input);
        return raw(Court::run('', qw(openssl pkeyutl -sign -rawin -digest sm3
                                     -pkeyopt distid:1234567812345678 -in),
                              $file, '-inkey', pem($name)), 32);
    }

    my ($digest, $n) = @{$ES{$alg} or die "$alg\n"};

    return raw(Court::run($input, qw(openssl dgst), "-$digest", '-sign',
                          pem($name)), $n);
}


# header: members beside alg and typ (undef takes out), or the text of all of
# it; payload likewise
sub sign {
    my ($alg, $header, $payload, $name) = @_;

    if (ref $header) {
        my %h = (alg => $alg, typ => 'at+jwt', %$header);
        delete @h{grep { !defined $h{$_} } keys %h};
        $header = Court::json(\%h);
    }

    $payload = Court::json($payload) if ref $payload;
    my $input = b64($header) . '.' . b64($payload);

    return "$input." . b64(signature($alg, $input, $name));
}


# the claims of a good token; undef takes one out, \'null' is JSON's null
sub claims {
    my (%claims) = @_;
    my $now = time;
    my %payload = (
        iss => $Court::ISSUER{platform}, aud => $Court::AUDIENCE,
        sub => 'lawyer-1', role => 'lawyer', iat => $now, exp => $now + 600,
        auth_time => $now, jti => 'j' . int(rand 1e9), acr => 'face', %claims,
    );

    delete @payload{grep { !defined $payload{$_} } keys %payload};

    for my $value (values %payload) {
        undef $value if ref $value eq 'SCALAR';          # \'null'
    }

    return \%payload;
}


# Tables.  A row is [ code, header line, reason ]; a block takes its columns:
#     --- request eval: CourtJose::gets('name')
#     --- more_headers eval: CourtJose::heads('name')
#     --- error_code eval: CourtJose::codes('name')
#     --- response_headers eval: CourtJose::reasons('name')

my %rows;

sub rows {
    my (%tables) = @_;

    while (my ($name, $table) = each %tables) {
        die "$name: twice\n" if $rows{$name};
        $rows{$name} = $table;
    }

    return;
}

sub table { return @{$rows{$_[0]} or die "no table $_[0]\n"} }

sub gets {
    my ($name, $path) = @_;
    return [ map { 'GET ' . ($path // '/t') } table($name) ];
}

sub heads   { return [ map { $_->[1] } table($_[0]) ] }
sub codes   { return [ map { $_->[0] } table($_[0]) ] }

# of a good one, that there is no reason
sub reasons {
    return [ map { 'Court-Refused: '
                   . ($_->[2] // ($_->[0] == 200 ? '' : 'token_invalid')) }
                 table($_[0]) ];
}


# good token first, then each of these, refused as token_invalid
sub refused {
    my ($good, @tokens) = @_;

    return [ [ 200, "Authorization: Bearer $good" ],
             map { [ 401, "Authorization: Bearer $_" ] } @tokens ];
}


# A policy that asks for nothing but a token of a role.
sub policy {
    my @roles = map { @$_ } values %Court::ROLES;

    my @names = qw(t u);

    return {
        format => 1, version => 1, facts => {}, conditions => {},
        interfaces => [ map { { id => "$_.read", routes => [
            { methods => ['GET'], path => "/$_" } ] } } @names ],
        rules => [ { id => 'r1', effect => 'allow', roles => [ sort @roles ],
                     interfaces => [ map { "$_.read" } @names ] } ],
    };
}


1;
