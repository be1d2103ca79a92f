# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Court-Assertion: its claims, its life, and that openssl verifies it with
# the published keys.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;
use JSON::PP;
use MIME::Base64 qw(decode_base64url);

our @auth = (Court::bearer('lawyer'));

Court::identity($_) for qw(lawyer-1 lawyer-2);
Court::relation('B00', 1, $_, special_authority => JSON::PP::true)
    for qw(lawyer-1 lawyer-2);

our $per_request = CourtHttp::http() =~ s/(iss=\S+);/$1 per=request;/r;
our $short = CourtHttp::http() =~ s/(iss=\S+);/$1 ttl=2s;/r;

sub decoded {
    my ($answer) = @_;
    my ($head, $claims) = split /\./, field($answer, 'Court-Assertion');

    return map { decode_json(decode_base64url($_)) } $head, $claims;
}

sub integer {
    my ($bytes) = @_;

    $bytes =~ s/^\0+(?=.)//s;
    $bytes = "\0$bytes" if ord $bytes > 127;
    return pack 'CC/a*', 2, $bytes;
}

# by openssl, with the key as court_assertion_jwks publishes it
sub verified {
    my ($token, $jwk) = @_;
    my ($input, $signature) = $token =~ /^(.*)\.(.*)$/;
    my ($r, $s) = unpack 'a32 a32', decode_base64url($signature);

    my $spki = pack('H*', '3059301306072a8648ce3d020106082a8648ce3d030107034200')
               . "\4" . decode_base64url($jwk->{x}) . decode_base64url($jwk->{y});
    my $key = Court::file('assertion.der', $spki);
    my $sig = Court::file('assertion.sig',
                          pack 'CC/a*', 0x30, integer($r) . integer($s));
    my $said = eval { Court::run($input, qw(openssl dgst -sha256 -keyform DER
                                            -verify), $key, '-signature',
                                 $sig) } // '';

    return $said =~ /Verified OK/ ? 1 : 0;
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: its claims
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/cases/1', [@auth]);
my ($head, $c) = decoded($answer);
upstream();
is($head->{typ}, 'court-assertion+jwt', 'typ');
is($head->{alg}, 'ES256', 'alg');
is($head->{kid}, 'assertion', 'kid');
my %want = (iss => 'https://gateway.test', aud => 'B00', sub => 'lawyer-1',
            role => 'lawyer', kind => 'full_time', interface => 'case',
            rule => 'r-case', policy => 2026112801);
is($c->{$_}, $want{$_}, $_) for sort keys %want;
is(Court::json($c->{facts}), '{"capacity":"agent","side":"plaintiff","special":true}',
   'facts');
is($c->{exp} - $c->{iat}, 60, 'lives a minute');
like($c->{jti}, qr/^.{16,}$/, 'jti');
ok(!exists $c->{act} && !exists $c->{principal}, 'nobody behind him');



=== TEST 2: verified with the published keys
--- config
    location = /keys { court_assertion_jwks; }
    location / { proxy_pass http://court_mock; }
--- check
my $keys = h1('GET', '/keys');
is($keys->{status}, 200, 'for everybody');
my ($jwk) = grep { $_->{kid} eq 'assertion' } @{decode_json($keys->{body})->{keys}};
ok(!exists $jwk->{d}, 'the public half alone');
my $token = field(h1('GET', '/me', [@auth]), 'Court-Assertion');
is(verified($token, $jwk), 1, 'openssl says so');
is(verified($token =~ s/\..(?=[^.]*\.)/.f/r, $jwk), 0, 'and not of another');



=== TEST 3: court_assertion_jwks: GET, HEAD, nothing else
--- config
    location = /keys { court_assertion_jwks; }
--- check
my $get = h1('GET', '/keys');
is(header($get, 'Content-Type'), 'application/jwk-set+json', 'type');
my $head = h1('HEAD', '/keys');
is("$head->{status} $head->{body}", '200 ', 'HEAD');
is(header($head, 'Content-Length'), length $get->{body}, 'its length');
is(h1($_, '/keys', [], 'x')->{status}, 405, $_) for qw(POST PUT DELETE);
unlike($get->{body}, qr/"d"/, 'nothing private');
is(h2('GET', '/keys')->{body}, $get->{body}, 'by HTTP/2');



=== TEST 4: per=caller: reused for equal claims
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @t = map { field(h1('GET', $_->[0], [Court::bearer('lawyer', @{$_->[1]})]),
                    'Court-Assertion') }
    [ '/me', [] ], [ '/me', [] ], [ '/items/1', [] ],
    [ '/me', [ sub => 'lawyer-2' ] ], [ '/me', [] ];
is($t[0], $t[1], 'the same caller');
is($t[0], $t[4], 'after others, too');
isnt($t[0], $t[2], 'another interface');
isnt($t[0], $t[3], 'another person');
upstream();



=== TEST 5: per=request: bound to it
--- http_config eval: $::per_request
--- config
    location / { proxy_pass http://court_mock; }
--- check
my @a = map { h1('POST', '/cases/1?q=1', [@auth, 'Host: court.test'], 'x') } 1, 2;
my ($first, $second) = map { (decoded($_))[1] } @a;
isnt($first->{jti}, $second->{jti}, 'one each');
is($first->{htm}, 'POST', 'htm');
is($first->{htu}, 'http://court.test/cases/1', 'htu');
is($first->{request_id}, header($a[0], 'Court-Request-Id'), 'request id');
upstream();



=== TEST 6: none for the public, none without a key
--- http_config eval
CourtHttp::http() =~ s/court_assertion_key [^;]*;//r
--- config
    location / { proxy_pass http://court_mock; }
--- check
for ([ '/open' ], [ '/me', @auth ]) {
    my ($path, @headers) = @$_;
    my $answer = h1('GET', $path, [@headers]);
    is($answer->{status} . field($answer, 'Court-Assertion'), '200', $path);
}
upstream();



=== TEST 7: ttl
--- http_config eval: $::short
--- config
    location / { proxy_pass http://court_mock; }
--- check
my (undef, $c) = decoded(h1('GET', '/me', [@auth]));
is($c->{exp} - $c->{iat}, 2, 'two seconds');
upstream();
my $renewed = poll(sub {
    my (undef, $d) = decoded(h1('GET', '/me', [@auth]));
    $d->{jti} ne $c->{jti};
});
ok($renewed, 'another one after half of it');
upstream();



=== TEST 8: a slow body: renewed when it is complete
--- http_config eval: $::short
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $began = time;
my $socket = CourtHttp::connect_to();
$socket->autoflush(1);
print $socket "POST /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n"
              . "Content-Length: 4\r\nConnection: close\r\n\r\nab";
Time::HiRes::sleep(2.2);
print $socket 'cd';
my $text = do { local $/; <$socket> };
my $answer = CourtHttp::parse($text);
allowed($answer, 'POST /me');
my (undef, $c) = decoded($answer);
cmp_ok($c->{iat}, '>=', $began + 2, 'made when the body was there');
is(scalar(() = $answer->{body} =~ /^Court-Assertion:/mg), 1, 'one');
like($answer->{body}, qr/abcd$/, 'the body whole');



=== TEST 9: an assistant: himself, and his principal beside him
--- http_config eval
my %policy = %{$CourtHttp::POLICY};
$policy{rules} = [ @{$policy{rules}}, CourtHttp::rule('r-as', ['assistant'], ['public']) ];
CourtHttp::http(policy => \%policy, issuer => 'claim principal /principal;')
--- config
    location / { proxy_pass http://court_mock; }
--- check
my $answer = h1('GET', '/public/x', [Court::bearer('assistant')]);
allowed($answer);
my (undef, $c) = decoded($answer);
is("$c->{sub} $c->{principal} $c->{role}", 'assistant-1 lawyer-1 assistant',
   'who');
is(field($answer, 'Court-Principal'), 'lawyer-1', 'in the header, too');
