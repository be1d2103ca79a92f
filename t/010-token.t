# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Bearer tokens through the module: each class of malformed and of forged
# tokens, each claim.  In every table the first row is a good token that
# differs from the others in nothing but what is tried.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtJose;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);

*b64 = \&encode_base64url;

our $http = Court::http_config(policy => CourtJose::policy());

our $leeway = Court::http_config(policy => CourtJose::policy(),
                                 issuer => 'leeway 300s;');

our $config = <<'_EOC_';
    court_code B00;
    location ~ ^/ {
        add_header X-Sub $court_subject always;
        add_header X-Level $court_claim_acr_level always;
        add_header X-Amr $court_claim_amr always;
        proxy_pass http://court_mock;
    }
_EOC_

our %head = (alg => 'ES256', typ => 'at+jwt', kid => 'platform');
our $now = time;

# header: members over the usual ones, or text; claims: over the usual ones
sub made {
    my ($header, %claims) = @_;

    $header = { %head, %$header } if ref $header;
    delete @$header{grep { !defined $header->{$_} } keys %$header}
        if ref $header;

    return Court::sign($header, CourtJose::claims(%claims), 'platform');
}

sub claimed { return made({}, @_) }

# the payload's text, where no Perl value says it
sub text {
    my ($more) = @_;
    my $claims = Court::json(CourtJose::claims());

    $claims =~ s/\}$/,$more}/;
    return Court::sign(\%head, $claims, 'platform');
}

sub without_and {
    my ($name, $more) = @_;
    my $claims = Court::json(CourtJose::claims($name => undef));

    $claims =~ s/\}$/,$more}/;
    return Court::sign(\%head, $claims, 'platform');
}

our $good = claimed();
our ($h, $p, $s) = split /\./, $good;

# an attacker's key, whose JWK the header brings along
our $evil = Court::make_key('evil');

sub forged {
    my ($header, %claims) = @_;

    return Court::sign({ %head, %$header }, CourtJose::claims(%claims),
                       'evil');
}

# the public key of the issuer, in each form that could be taken for a secret
sub as_secret {
    my $pem = Court::run('', qw(openssl pkey -pubout -in),
                         Court::dir() . '/keys/platform.pem');
    my $der = Court::run('', qw(openssl pkey -pubout -outform DER -in),
                         Court::dir() . '/keys/platform.pem');
    my $jwks = do { local (@ARGV, $/) = Court::dir() . '/platform.jwks'; <> };
    my @secrets = ($pem, $pem =~ s/\n\z//r, $der, substr($der, -64), $jwks,
                   substr($der, -65), '');

    return map {
        my $input = b64('{"alg":"HS256","typ":"at+jwt","kid":"platform"}')
                    . ".$p";
        "$input." . b64(hmac_sha256($input, $_));
    } @secrets;
}

sub unsigned {
    my ($alg) = @_;
    my $header = b64(qq({"alg":$alg,"typ":"at+jwt","kid":"platform"}));

    return ("$header.$p.", "$header.$p.$s", "$header.$p", "$header.$p.AA");
}

# changes one character of the signature, the last one by its unused bits
sub last_bits {
    my ($token) = @_;
    my $digits = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';
    my $last = chop $token;

    return map { $token . substr $digits, (index($digits, $last) ^ $_), 1 }
           1 .. 15;
}

sub with_signature { return "$h.$p." . b64($_[0]) }

my $sig = MIME::Base64::decode_base64url($s);
my ($r, $S) = unpack 'a32 a32', $sig;
my $n = pack 'H*', 'ffffffff00000000ffffffffffffffff'
                   . 'bce6faada7179e84f3b9cac2fc632551';
my $zero = "\0" x 32;

sub der_of {
    my @n = map { my $x = s/^\0+//r; $x = "\0$x" if ord($x) & 0x80;
                  pack 'C/a', $x } @_;
    my $body = join '', map { "\x02$_" } @n;

    return "\x30" . pack 'C/a', $body;
}

CourtJose::rows(
    roles => [ map { [ 200, Court::bearer($_) ] }
                   map { @{$Court::ROLES{$_}} } sort keys %Court::ROLES ],

    # scheme, spaces; then what is no bearer at all
    schemes => [
        [ 200, "Authorization: Bearer $good" ],
        [ 200, "authorization: bEaReR $good" ],
        [ 200, "AUTHORIZATION: BEARER $good" ],
        [ 401, "X-Nothing: 1", 'token_missing' ],
        [ 401, "Authorization: Basic bGF3eWVyOng=", 'token_missing' ],
        [ 401, "Authorization: DPoP $good", 'token_missing' ],
        [ 401, "Authorization: Bearerx $good", 'token_missing' ],
        [ 401, "Authorization: Bearer$good", 'token_missing' ],
        [ 401, "Authorization: $good", 'token_missing' ],
        [ 401, "Authorization: Token $good", 'token_missing' ],
        [ 401, "Authorization: Negotiate $good", 'token_missing' ],
        [ 401, "Proxy-Authorization: Bearer $good", 'token_missing' ],
        [ 401, "Cookie: token=$good; access_token=$good", 'token_missing' ],
        [ 401, "X-Authorization: Bearer $good", 'token_missing' ],
        [ 401, "Authorization:", 'token_missing' ],
        [ 401, "Authorization: Bearer" ],
        [ 401, "Authorization: Bearer =" ],
        [ 401, "Authorization: Bearer null" ],
        [ 401, "Authorization: Bearer $good, Bearer $good" ],
        [ 401, "Authorization: Bearer $good $good" ],
        [ 401, "Authorization: Bearer Bearer $good" ],
        [ 401, "Authorization: Bearer \"$good\"" ],
    ],

    none => CourtJose::refused($good,
        map { unsigned($_) } '"none"', '"None"', '"NONE"', '"nOnE"',
                             '"none "', '""', 'null', '0', 'false', '[]',
                             '["ES256"]', '{"alg":"ES256"}', '"null"'),

    alg => CourtJose::refused($good,
        (map { made({ alg => $_ }) } undef, 'es256', 'ES256 ', ' ES256',
             'ES384', 'ES512', 'ES256K', 'RS256', 'PS256', 'EdDSA', 'SM2',
             'HS256', 'SHA256', 'ECDSA', "ES256\0", "ES256\n", 'A' x 300, 256,
             'RSA-OAEP', 'dir', 'PBES2-HS256+A128KW'),
        as_secret()),

    forged => CourtJose::refused($good,
        forged({}), forged({ jwk => $evil }),
        forged({ jwk => { %$evil, kid => 'platform' } }),
        forged({ jwk => $evil, kid => 'evil' }),
        forged({ jku => 'http://127.0.0.1:1/jwks.json' }),
        forged({ x5u => 'http://127.0.0.1:1/cert.pem' }),
        forged({ x5c => [ 'MIIB' ], x5t => 'AAAA' }),
        forged({ 'x5t#S256' => 'AAAA' }), forged({ kid => 'evil' }),
        # another issuer's key, under its kid, ours, none
        map { Court::sign({ alg => 'ES256', typ => 'at+jwt', %$_ },
                          CourtJose::claims(), 'staff') }
            { kid => 'staff' }, { kid => 'platform' }, {}),

    # without a kid all keys of the issuer are tried; with one, that one alone
    kid => [
        [ 200, 'Authorization: Bearer ' . made({ kid => undef }) ],
        # what the header brings along is neither followed nor a fault
        [ 200, 'Authorization: Bearer '
               . made({ jwk => $evil, jku => 'http://127.0.0.1:1/x',
                        x5u => 'http://127.0.0.1:1/y', x5c => [ 'MIIB' ] }) ],
        map { [ 401, 'Authorization: Bearer ' . made({ kid => $_ }) ] }
            'staff', 'evil', 'Platform', 'platform ', 'platfor', 'platform1',
            '', '../../../../../../dev/null', '/etc/passwd', '*', '.*', '%',
            '../keys/platform.pem', 'file:///dev/null',
            'http://127.0.0.1:1/key', 'http://169.254.169.254/latest',
            '%s%s%s%s%n%n', '%V%V%V', '%*s', "\r\nFLUSHALL\r\n",
            '*1\r\n$8\r\nFLUSHALL', "' OR '1'='1", '${jndi:ldap://x/y}',
            '$(id)', '`id`', "platform\0", "\0", "a\nb", "\x{1b}[2J",
            'k' x 257, 'k' x 4000, 1, 0, JSON::PP::true,
            [ 'platform' ], { kid => 'platform' } ],

    crit => CourtJose::refused(made({ unknown => 1, cty => 'JSON' }),
        (map { made({ crit => $_ }) } [], [ 'exp' ], [ 'b64' ], [ 'alg' ],
             'exp', {}, 0, JSON::PP::false, [ '' ], [ 1 ],
             [ 'exp', 'exp' ]),
        made('{"alg":"ES256","typ":"at+jwt","kid":"platform","crit":null}'),
        (map { made({ b64 => $_ }) } JSON::PP::false, JSON::PP::true, 0,
             'false'),
        made({ b64 => JSON::PP::false, crit => [ 'b64' ] }),
        (map { made({ zip => $_ }) } 'DEF', 'none', '', 0),
        (map { made({ enc => $_ }) } 'A128GCM', ''),
        made({ cty => 1 }), made({ cty => '' })),

    typ => [
        [ 200, "Authorization: Bearer $good" ],
        [ 200, 'Authorization: Bearer ' . made({ typ => 'AT+JWT' }) ],
        [ 200, 'Authorization: Bearer '
               . made({ typ => 'application/at+jwt' }) ],
        [ 200, 'Authorization: Bearer '
               . made({ typ => 'Application/At+Jwt' }) ],
        map { [ 401, 'Authorization: Bearer ' . made({ typ => $_ }) ] }
            undef, '', 'JWT', 'jwt', 'JOSE', 'id_token', 'logout+jwt',
            'application/jwt', 'dpop+jwt', 'court-assertion+jwt',
            'secevent+jwt', 'kb+jwt', 'token-introspection+jwt', 'at+jwt ',
            ' at+jwt', 'at jwt', 'application/', 'text/at+jwt',
            'application/application/at+jwt', "at+jwt\0", 1, [ 'at+jwt' ],
            {} ],

    # of a duplicate name, neither the first nor the last counts
    json => CourtJose::refused($good,
        made('{"alg":"ES256","alg":"ES256","typ":"at+jwt"}'),
        made('{"alg":"none","alg":"ES256","typ":"at+jwt"}'),
        made('{"alg":"ES256","alg":"none","typ":"at+jwt"}'),
        made('{"alg":"ES256","\u0061lg":"ES256","typ":"at+jwt"}'),
        made('{"alg":"ES256","typ":"at+jwt","typ":"at+jwt"}'),
        made('{"alg":"ES256","typ":"at+jwt","kid":"a","kid":"platform"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":{"y":1,"y":2}}'),
        made('{"alg":"ES256","typ":"at+jwt",}'),
        made('{"alg":"ES256","typ":"at+jwt"} '. '{}'),
        made('{"alg":"ES256","typ":"at+jwt"}' . "\0"),
        made('["ES256"]'), made('"ES256"'), made('null'), made(''),
        made('{}'), made('{'), made("{'alg':'ES256'}"),
        made('{alg:"ES256","typ":"at+jwt"}'),
        made("\xef\xbb\xbf" . '{"alg":"ES256","typ":"at+jwt"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":"' . "\xff\xfe" . '"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":"' . "\xc0\x80" . '"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":"\u0000"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":"\ud800"}'),
        made('{"alg":"ES256","typ":"at+jwt","x":NaN}'),
        made('{"alg":"ES256","typ":"at+jwt","x":1e999}'),
        made('{"alg":"ES256","typ":"at+jwt","x":01}'),
        made('{"alg":"ES256","typ":"at+jwt",/**/"x":1}'),
        made('{"alg":"ES256","typ":"at+jwt","x":' . '[' x 40 . ']' x 40 . '}'),
        made('{"alg":"ES256","typ":"at+jwt","x":' . '[' x 3000 . '}')),

    payload => CourtJose::refused(text('"x":{"y":[1,2,{"z":null}]}'),
        text('"sub":"lawyer-1"'), text('"sub":"judge-1"'),
        text('"role":"judge"'), text('"\u0073ub":"judge-1"'),
        text('"exp":9999999999'), text('"x":{"y":1,"y":2}'),
        text('"x":"\u0000"'), text('"x\u0000y":1'), text('"x":"\ud800"'),
        text('"x":"' . "\xff" . '"'), text('"x":"' . "\xed\xa0\x80" . '"'),
        text('"x":"' . "\n" . '"'), text('"x":1e309'), text('"x":-1e309'),
        text('"x":Infinity'), text('"x":0x10'), text('"x":+1'), text('"x":1.'),
        text('"x":' . '[' x 20 . ']' x 20),
        text('"x":' . '{"a":' x 20 . '1' . '}' x 20),
        text('"x":' . '[' x 4000),
        text('"x":[' . join(',', (1) x 4200) . ']'),
        (map { Court::sign(\%head, $_, 'platform') } '', ' ', '[]', 'null',
             'true', '1', '"sub"', '{}', '{', '}', '{}{}', "\0", "{}\0", 'a')),

    # one token, one spelling
    base64url => CourtJose::refused($good,
        "$h.$p.$s=", "$h.$p.$s==", "$h=.$p.$s", "$h.$p=.$s", "$h.$p==.$s",
        last_bits($good),
        (map { "$h$_.$p.$s" } 'A', '-', '=', '%3D', '+', '/', '~', "\x80",
             "\xff", "\t"),
        (map { "$h.$p$_.$s" } 'A', ' ', '%20', '*', '+', '/'),
        (map { "$h.$p.$s$_" } 'A', 'AA', 'AAA', 'AAAA', '!', '#', "\x01"),
        (join '.', $h, $p, $s =~ tr{A-Za-z0-9_-}{A-Za-z0-9/+}r . '+'),
        (join '.', $h, $p, lc $s), (join '.', $h, $p, scalar reverse $s),
        (join '.', $h, $p, '_' x length $s)),

    parts => CourtJose::refused($good,
        $h, "$h.", "$h.$p", "$h.$p.", "$h..$s", ".$p.$s", '.', '..', '...',
        '....', "$h.$p.$s.", ".$h.$p.$s", "$h.$p.$s.$s", "$h.$p.$s.$s.$s",
        "$h..$p.$s", "$p.$h.$s", "$h.$h.$s", "$h.$s.$p", "$h,$p,$s",
        "$h.$p." . join('.', ('A') x 100),
        # a JWE by its looks, both serialisations of JSON, flattened
        'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAAAAAAAAAAAAAA.AA.AAAA',
        qq({"payload":"$p","protected":"$h","signature":"$s"}),
        qq({"payload":"$p","signatures":[{"protected":"$h","signature":"$s"}]}),
        b64(qq({"payload":"$p","protected":"$h","signature":"$s"})),
        # a good token inside of an unsigned one, and signed once more
        b64('{"alg":"none","cty":"JWT"}') . '.' . b64($good) . '.',
        Court::sign({ %head, cty => 'JWT' }, $good, 'platform')),

    signature => CourtJose::refused($good,
        map { with_signature($_) } '', "\0", $r, "$sig\0", "\0$sig",
            substr($sig, 1), substr($sig, 0, 63), $zero . $zero, $zero . $S,
            $r . $zero, $n . $S, $r . $n, $n . $n, "\xff" x 64, $S . $r,
            ~$sig, der_of($r, $S), $sig . $sig, 'x' x 72, 'x' x 139,
            'x' x 1024, 'x' x 4096,
            der_of($r, $S) . "\0", "\x30\x84\xff\xff\xff\xff",
            "\x30\x80\x02\x01\x01\x02\x01\x01\0\0"),

    # RFC 7519, 4.1.3
    aud => [
        [ 200, 'Authorization: Bearer ' . claimed(aud => ['x', 'court-api']) ],
        [ 200, 'Authorization: Bearer ' . claimed(aud => ['court-api']) ],
        map { [ 401, 'Authorization: Bearer ' . claimed(aud => $_) ] }
            undef, '', 'other', 'court-api2', 'court-ap', 'Court-Api',
            'court-api ', "court-api\0", 'x court-api', [], [ 'x', 'y' ],
            [ [ 'court-api' ] ], [ 'court-api', 1 ], { aud => 'court-api' },
            { 'court-api' => 1 }, 1, JSON::PP::true, \'null',
            [ undef, 'court-api' ] ],

    iss => CourtJose::refused($good,
        map { claimed(iss => $_) }
            undef, '', 'platform', 'https://platform.test/',
            'https://PLATFORM.test', 'https://platform.tes',
            'https://platform.test.evil.test', ' https://platform.test',
            'https://staff.test', "https://platform.test\0",
            'http://platform.test', 'https://platform.test:443',
            [ 'https://platform.test' ], { a => 1 }, 1, \'null'),

    exp => [
        [ 200, 'Authorization: Bearer ' . claimed(exp => $now + 600) ],
        [ 200, 'Authorization: Bearer ' . claimed(exp => $now + 600.5) ],
        (map { [ 401, 'Authorization: Bearer ' . claimed(exp => $now - $_),
                 'token_expired' ] } 30, 31, 60, 3600),
        [ 401, 'Authorization: Bearer ' . claimed(exp => 1), 'token_expired' ],
        [ 401, 'Authorization: Bearer ' . claimed(exp => 0), 'token_expired' ],
        (map { [ 401, 'Authorization: Bearer ' . claimed(exp => $_) ] }
             undef, -1, -1e300, '' . ($now + 600) . '', 'never',
             JSON::PP::true, JSON::PP::false, \'null', [], {},
             [ $now + 600 ]),
        (map { [ 401, 'Authorization: Bearer '
                      . without_and('exp', qq("exp":$_)) ] }
             '1e308', '1e16', '9007199254740992', '9223372036854775807',
             '9223372036854775808', '18446744073709551616', '-1', '-0.5',
             '1' . '0' x 400, '"99999999999"', '99999999999'),
    ],

    nbf => [
        [ 200, 'Authorization: Bearer ' . claimed(nbf => $now) ],
        [ 200, 'Authorization: Bearer ' . claimed(nbf => 0) ],
        [ 200, 'Authorization: Bearer ' . claimed(nbf => $now + 20) ],
        map { [ 401, 'Authorization: Bearer ' . claimed(nbf => $_) ] }
            $now + 3600, "$now", -1, JSON::PP::true, \'null', [], {},
            'now', 9e15 ],

    iat => [
        [ 200, 'Authorization: Bearer ' . claimed(iat => $now + 20) ],
        map { [ 401, 'Authorization: Bearer ' . claimed(iat => $_) ] }
            $now + 3600, "$now", -1, JSON::PP::true, \'null', [],
            undef, 1e18 ],

    # 12h from iat to exp, and from iat to now
    max_age => [
        [ 200, 'Authorization: Bearer '
               . claimed(iat => $now, exp => $now + 43200) ],
        [ 401, 'Authorization: Bearer '
               . claimed(iat => $now, exp => $now + 43201) ],
        [ 401, 'Authorization: Bearer '
               . claimed(iat => $now - 43200, exp => $now + 600) ],
        [ 401, 'Authorization: Bearer '
               . claimed(iat => 0, exp => $now + 600) ],
        [ 401, 'Authorization: Bearer '
               . claimed(iat => $now, exp => $now + 10 * 365 * 86400) ],
    ],

    auth_time => [
        [ 200, 'Authorization: Bearer ' . claimed(auth_time => undef) ],
        [ 200, 'Authorization: Bearer ' . claimed(auth_time => 1) ],
        map { [ 401, 'Authorization: Bearer ' . claimed(auth_time => $_) ] }
            $now + 3600, "$now", -1, JSON::PP::true, [] ],

    sub => [
        [ 200, 'Authorization: Bearer ' . claimed(sub => 's' x 256) ],
        [ 200, 'Authorization: Bearer ' . claimed(sub => ' ') ],
        map { [ 401, 'Authorization: Bearer ' . claimed(sub => $_) ] }
            undef, '', 's' x 257, 's' x 5000, 1, 0, JSON::PP::true,
            \'null', [ 'lawyer-1' ], { sub => 'lawyer-1' },
            "lawyer-1\r\nCourt-Role: judge", "a\nb", "a\rb", "a\tb", "a\0b",
            "\x7f", "\x{85}", "\x{9f}", "\e[0m" ],

    role => [
        [ 200, 'Authorization: Bearer ' . claimed(role => [ 'lawyer' ]) ],
        map { [ 401, 'Authorization: Bearer ' . claimed(role => $_) ] }
            undef, '', 'judge', 'officer', 'secadmin', 'Lawyer', 'LAWYER',
            'lawyer ', ' lawyer', 'lawyer,judge', 'lawyer judge', 'king',
            'lawyer' . "\0", 1, \'null', [], [ 'lawyer', 'judge' ],
            [ 'judge', 'lawyer' ], [ 'lawyer', 'lawyer' ], [ [ 'lawyer' ] ],
            [ 'judge' ], { role => 'lawyer' }, 'r' x 5000 ],

    # what is of another type is refused, known or unknown to the policy
    types => CourtJose::refused(
        claimed(amr => [ 'pwd' ], client_id => 'c', scope => 'a b'),
        (map { my $name = $_; map { claimed($name => $_) } 1, {}, [ 'a' ],
               JSON::PP::true, '', "a\nb", 'a' x 257 }
             qw(principal client_id court jti acr kind channel)),
        (map { claimed(amr => $_) } 1, {}, [ 1 ], [ [] ], '', [ '' ],
             [ ('a') x 65 ]),
        (map { claimed(scope => $_) } 1, {}, [ 1 ], 'a' x 5000,
             "a\nb")),

    # until proofs of possession are checked, a bound token is of no use
    cnf => [
        [ 200, "Authorization: Bearer $good" ],
        (map { [ 401, 'Authorization: Bearer ' . claimed(cnf => $_),
                 'binding_invalid' ] }
             { jkt => 'x' }, { 'x5t#S256' => 'x' }, { jwk => {} }, {}, [],
             '', 0, \'null', JSON::PP::false),
        # not before signature, iss and aud hold
        [ 401, 'Authorization: Bearer ' . forged({}, cnf => {}) ],
        [ 401, 'Authorization: Bearer ' . claimed(cnf => {}, aud => 'x') ],
    ],

    # with a leeway of 300 s, far from its ends: a suite may be slow
    leeway => [
        (map { [ 200, 'Authorization: Bearer ' . claimed(%$_) ] }
             { exp => $now - 20 }, { nbf => $now + 250 },
             { iat => $now + 250 }, { auth_time => $now + 250 },
             { iat => $now - 43200, exp => $now }),
        (map { [ 401, 'Authorization: Bearer ' . claimed(%$_),
                 'token_expired' ] }
             { exp => $now - 300 }, { exp => $now - 400 },
             { iat => $now - 44000, exp => $now - 900 }),
        (map { [ 401, 'Authorization: Bearer ' . claimed(%$_) ] }
             { nbf => $now + 3600 }, { iat => $now + 3600 },
             { auth_time => $now + 3600 },
             { iat => $now, exp => $now + 43201 }),
    ],

    # told only to whom the issuer gave it, for us
    expired => [
        [ 401, 'Authorization: Bearer ' . claimed(exp => $now - 600),
          'token_expired' ],
        [ 401, 'Authorization: Bearer ' . forged({}, exp => $now - 600) ],
        [ 401, 'Authorization: Bearer '
               . claimed(exp => $now - 600, aud => 'x') ],
        [ 401, 'Authorization: Bearer '
               . claimed(exp => $now - 600, iss => 'x') ],
        [ 401, 'Authorization: Bearer '
               . claimed(exp => $now - 600, cnf => {}), 'binding_invalid' ],
    ],

    # nginx answers some of these itself
    ambiguous => [
        [ 200, "Authorization: Bearer $good" ],
        map { [ 400, $_ ] }
            "Authorization: Bearer $good\nAuthorization: Bearer $good",
            "Authorization: Bearer $good\nauthorization: Basic eDp5",
            "Authorization: Basic eDp5\nAuthorization: Bearer $good",
            "Authorization:\nAuthorization: Bearer $good",
    ],

    both => [ map { [ 400, "Authorization: Bearer $good",
                      'credentials_ambiguous' ] } 1 .. 6 ],
);

# what reaches the court of these subjects
our @subjects = ("\x{5f20}\x{4e09}", 'a,b', 'a"b', "a'b", 'a b', 'a%b', 'a%2Cb',
                 'a;b=c', 'https://x/y?z#1', 'A-Za-z0-9._~', '..', "\x{1f600}",
                 '<script>', '${jndi:x}');

sub escaped {
    my $s = shift;
    utf8::encode($s);
    return $s =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a valid token of each role
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('roles')
--- more_headers eval: CourtJose::heads('roles')
--- error_code eval: CourtJose::codes('roles')
--- response_body_like eval
[map { my $role = $_; qr/^Court-Role: $role$/m }
     map { @{$Court::ROLES{$_}} } sort keys %Court::ROLES]
--- no_error_log
[error]
[alert]


=== TEST 2: what the court learns from a token
--- http_config eval: $::http
--- config eval: $::config
--- request
GET /t
--- more_headers eval
"Authorization: Bearer " . ::claimed(client_id => 'app-1', acr => 'sms',
                                     principal => 'p-1',
                                     amr => ['pwd', 'otp'])
--- response_headers
X-Sub: lawyer-1
X-Level: 2
--- response_body_like eval
qr{(?=.*^Court-Subject:\ lawyer-1$)
(?=.*^Court-Issuer:\ platform$)
(?=.*^Court-Role:\ lawyer$)
(?=.*^Court-Client:\ app-1$)
(?=.*^Court-Assertion:\ [\w-]+\.[\w-]+\.[\w-]+$)
(?!.*[Bb]earer)}msx


=== TEST 3: schemes; what is no bearer is as nothing
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('schemes')
--- more_headers eval: CourtJose::heads('schemes')
--- error_code eval: CourtJose::codes('schemes')
--- response_headers eval: CourtJose::reasons('schemes')
--- no_error_log
[alert]
[crit]


=== TEST 4: none, in any spelling
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('none')
--- more_headers eval: CourtJose::heads('none')
--- error_code eval: CourtJose::codes('none')
--- response_headers eval: CourtJose::reasons('none')
--- no_error_log
[alert]
[crit]


=== TEST 5: other algorithms, and the public key as a secret
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('alg')
--- more_headers eval: CourtJose::heads('alg')
--- error_code eval: CourtJose::codes('alg')
--- response_headers eval: CourtJose::reasons('alg')
--- no_error_log
[alert]
[crit]


=== TEST 6: signed by others, who bring their key along
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('forged')
--- more_headers eval: CourtJose::heads('forged')
--- error_code eval: CourtJose::codes('forged')
--- response_headers eval: CourtJose::reasons('forged')
--- no_error_log
[alert]
[crit]
connect() failed


=== TEST 7: kid is compared, never used
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('kid')
--- more_headers eval: CourtJose::heads('kid')
--- error_code eval: CourtJose::codes('kid')
--- response_headers eval: CourtJose::reasons('kid')
--- no_error_log
[alert]
[crit]
FLUSHALL


=== TEST 8: crit, b64, zip, enc, cty
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('crit')
--- more_headers eval: CourtJose::heads('crit')
--- error_code eval: CourtJose::codes('crit')
--- response_headers eval: CourtJose::reasons('crit')
--- no_error_log
[alert]
[crit]


=== TEST 9: tokens made for something else
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('typ')
--- more_headers eval: CourtJose::heads('typ')
--- error_code eval: CourtJose::codes('typ')
--- response_headers eval: CourtJose::reasons('typ')
--- no_error_log
[alert]
[crit]


=== TEST 10: headers that are no JSON, or JSON of two meanings
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('json')
--- more_headers eval: CourtJose::heads('json')
--- error_code eval: CourtJose::codes('json')
--- response_headers eval: CourtJose::reasons('json')
--- no_error_log
[alert]
[crit]


=== TEST 11: payloads that are no JSON, or JSON of two meanings
--- http_config eval: "large_client_header_buffers 4 32k;" . $::http
--- config eval: $::config
--- request eval: CourtJose::gets('payload')
--- more_headers eval: CourtJose::heads('payload')
--- error_code eval: CourtJose::codes('payload')
--- response_headers eval: CourtJose::reasons('payload')
--- no_error_log
[alert]
[crit]


=== TEST 12: other spellings of a good token
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('base64url')
--- more_headers eval: CourtJose::heads('base64url')
--- error_code eval: CourtJose::codes('base64url')
--- response_headers eval: CourtJose::reasons('base64url')
--- no_error_log
[alert]
[crit]


=== TEST 13: other numbers of parts, JWE, JSON serialisations, nesting
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('parts')
--- more_headers eval: CourtJose::heads('parts')
--- error_code eval: CourtJose::codes('parts')
--- response_headers eval: CourtJose::reasons('parts')
--- no_error_log
[alert]
[crit]


=== TEST 14: signatures of other lengths and of impossible numbers
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('signature')
--- more_headers eval: CourtJose::heads('signature')
--- error_code eval: CourtJose::codes('signature')
--- response_headers eval: CourtJose::reasons('signature')
--- no_error_log
[alert]
[crit]


=== TEST 15: huge tokens; beyond nginx's buffers it answers itself
--- http_config eval: "large_client_header_buffers 4 32k;" . $::http
--- config eval: $::config
--- request eval
[map { "GET /t" } 1 .. 5]
--- more_headers eval
[map { "Authorization: Bearer $_" }
     ::claimed(pad => 'p' x 11000), ::claimed(pad => 'p' x 12500),
     ::claimed(map { ("c$_" => 1) } 1 .. 5000) =~ s/^(.{30000}).*/$1/sr,
     'A' x 30000, 'A' x 65536]
--- error_code eval
[200, 401, 401, 401, 400]
--- no_error_log
[alert]
[crit]


=== TEST 16: aud
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('aud')
--- more_headers eval: CourtJose::heads('aud')
--- error_code eval: CourtJose::codes('aud')
--- response_headers eval: CourtJose::reasons('aud')
--- no_error_log
[alert]
[crit]


=== TEST 17: iss
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('iss')
--- more_headers eval: CourtJose::heads('iss')
--- error_code eval: CourtJose::codes('iss')
--- response_headers eval: CourtJose::reasons('iss')
--- no_error_log
[alert]
[crit]


=== TEST 18: exp
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('exp')
--- more_headers eval: CourtJose::heads('exp')
--- error_code eval: CourtJose::codes('exp')
--- response_headers eval: CourtJose::reasons('exp')
--- no_error_log
[alert]
[crit]


=== TEST 19: nbf
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('nbf')
--- more_headers eval: CourtJose::heads('nbf')
--- error_code eval: CourtJose::codes('nbf')
--- response_headers eval: CourtJose::reasons('nbf')
--- no_error_log
[alert]
[crit]


=== TEST 20: iat
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('iat')
--- more_headers eval: CourtJose::heads('iat')
--- error_code eval: CourtJose::codes('iat')
--- response_headers eval: CourtJose::reasons('iat')
--- no_error_log
[alert]
[crit]


=== TEST 21: token_max_age
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('max_age')
--- more_headers eval: CourtJose::heads('max_age')
--- error_code eval: CourtJose::codes('max_age')
--- response_headers eval: CourtJose::reasons('max_age')
--- no_error_log
[alert]
[crit]


=== TEST 22: auth_time
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('auth_time')
--- more_headers eval: CourtJose::heads('auth_time')
--- error_code eval: CourtJose::codes('auth_time')
--- response_headers eval: CourtJose::reasons('auth_time')
--- no_error_log
[alert]
[crit]


=== TEST 23: sub
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('sub')
--- more_headers eval: CourtJose::heads('sub')
--- error_code eval: CourtJose::codes('sub')
--- response_headers eval: CourtJose::reasons('sub')
--- no_error_log
[alert]
[crit]


=== TEST 24: a subject of any text is one header with no second meaning
--- http_config eval: $::http
--- config eval: $::config
--- request eval
[map { "GET /t" } @::subjects]
--- more_headers eval
[map { "Authorization: Bearer " . ::claimed(sub => $_) } @::subjects]
--- error_code eval
[map { 200 } @::subjects]
--- response_body_like eval
[map { my $e = quotemeta ::escaped($_); qr/^Court-Subject: $e$/m } @::subjects]
--- response_body_unlike eval
[map { qr/^Court-Subject:.*^Court-Subject:/ms } @::subjects]
--- no_error_log
[error]


=== TEST 25: role
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('role')
--- more_headers eval: CourtJose::heads('role')
--- error_code eval: CourtJose::codes('role')
--- response_headers eval: CourtJose::reasons('role')
--- no_error_log
[alert]
[crit]


=== TEST 26: claims of wrong types
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('types')
--- more_headers eval: CourtJose::heads('types')
--- error_code eval: CourtJose::codes('types')
--- response_headers eval: CourtJose::reasons('types')
--- no_error_log
[alert]
[crit]


=== TEST 27: cnf
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('cnf')
--- more_headers eval: CourtJose::heads('cnf')
--- error_code eval: CourtJose::codes('cnf')
--- response_headers eval: CourtJose::reasons('cnf')
--- no_error_log
[alert]
[crit]


=== TEST 28: token_expired is told last
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('expired')
--- more_headers eval: CourtJose::heads('expired')
--- error_code eval: CourtJose::codes('expired')
--- response_headers eval: CourtJose::reasons('expired')
--- response_body_like eval
[map { qr/"code":\s*"$_"/ } 'token_expired', ('token_invalid') x 3,
     'binding_invalid']
--- no_error_log
[alert]
[crit]


=== TEST 29: two credentials at once
--- http_config eval: $::http
--- config eval: $::config
--- request eval: CourtJose::gets('ambiguous')
--- more_headers eval: CourtJose::heads('ambiguous')
--- error_code eval: CourtJose::codes('ambiguous')
--- no_error_log
[alert]
[crit]


=== TEST 30: a header and an argument; the argument alone is nothing
--- http_config eval: $::http
--- config eval: $::config
--- request eval
[map { "GET /t?$_" } "access_token=$::good", "a=1&access_token=x",
     "access_token", "access%5Ftoken=x", "%61ccess_token=x&b", "access_token="]
--- more_headers eval: CourtJose::heads('both')
--- error_code eval: CourtJose::codes('both')
--- response_headers eval: CourtJose::reasons('both')


=== TEST 31: an argument alone
--- http_config eval: $::http
--- config eval: $::config
--- request eval
"GET /t?access_token=$::good"
--- error_code: 401
--- response_headers
Court-Refused: token_missing
WWW-Authenticate: Bearer realm="court"


=== TEST 32: challenges: without error where nothing was sent, with it else
--- http_config eval: $::http
--- config eval: $::config
--- request eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["X-Nothing: 1", "Authorization: Bearer a.b.c",
 "Authorization: Bearer " . ::claimed(exp => 1)]
--- error_code eval
[401, 401, 401]
--- raw_response_headers_like eval
[qr/^WWW-Authenticate: Bearer (?!.*error)[^\r]*\r$/m,
 qr/^WWW-Authenticate: Bearer [^\r]*error="invalid_token"/m,
 qr/^WWW-Authenticate: Bearer [^\r]*error="invalid_token"/m]


=== TEST 33: order of answers: 400, then 401, then 403
--- http_config eval: $::http
--- config eval: $::config
--- request eval
["GET /nowhere%2F", "GET /t%2Fx", "GET /nowhere", "GET /nowhere",
 "GET /nowhere", "POST /t", "GET /nowhere?access_token=x"]
--- more_headers eval
["X-Nothing: 1", "Authorization: Bearer a.b.c",
 "X-Nothing: 1", "Authorization: Bearer a.b.c",
 "Authorization: Bearer $::good", "Authorization: Bearer $::good",
 "Authorization: Bearer $::good"]
--- error_code eval
[400, 400, 401, 401, 403, 403, 400]
--- response_headers eval
[map { "Court-Refused: $_" } 'path_not_canonical', 'path_not_canonical',
     'token_missing', 'token_invalid', 'no_rule', 'no_rule',
     'credentials_ambiguous']


=== TEST 34: levels of acr; one that the issuer does not list is none
--- http_config eval: $::http
--- config eval: $::config
--- request eval
[map { "GET /t" } 1 .. 6]
--- more_headers eval
[map { "Authorization: Bearer " . ::claimed(acr => $_) }
     'password', 'sms', 'face', 'FACE', 'face ', undef]
--- error_code eval
[map { 200 } 1 .. 6]
--- response_headers eval
[map { "X-Level: $_" } 1, 2, 3, '', '', '']


=== TEST 35: no byte of a token or a claim in the log
--- http_config eval: $::http
--- config eval: $::config
--- request eval
["GET /t", "GET /t", "GET /t"]
--- more_headers eval
["Authorization: Bearer " . ::claimed(sub => 'very-secret-1', aud => 'x'),
 "Authorization: Bearer very-secret-2.very-secret-3.AAAA",
 "Authorization: Bearer " . ::made({ kid => 'very-secret-4' })]
--- error_code eval
[401, 401, 401]
--- log_level: info
--- no_error_log
very-secret
[alert]


=== TEST 36: leeway
--- http_config eval: $::leeway
--- config eval: $::config
--- request eval: CourtJose::gets('leeway')
--- more_headers eval: CourtJose::heads('leeway')
--- error_code eval: CourtJose::codes('leeway')
--- response_headers eval: CourtJose::reasons('leeway')
--- no_error_log
[alert]
[crit]
