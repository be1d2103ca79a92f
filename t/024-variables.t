# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The $court_* variables: each one, empty while undecided.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtHttp;

our @auth = (Court::bearer('lawyer'));
our @names = qw(issuer subject role principal kind client code interface rule
                decision reason request_id cache_status policy_version
                cache_key subject_hash principal_hash case_hash path_case
                claim_sub fact_identity_status fact_relation_side);

Court::identity($_) for qw(lawyer-1 lawyer-2);
Court::relation('B00', $_, 'lawyer-1') for 1, 2;
Court::relation('B00', 1, 'lawyer-2');

our $show = join "\n", map { "add_header X-$_ \$court_$_ always;" } @names;

# name, value of every variable that the answer shows
sub shown {
    my ($answer) = @_;

    upstream();
    return map { ($_ => header($answer, "X-$_")) } @names;
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: of an allowed request
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
both(sub {
    my %v = shown($_[0]->('GET', '/cases/1', [@auth]));
    my %want = (
        issuer => 'platform', subject => 'lawyer-1', role => 'lawyer',
        principal => '', kind => 'full_time', client => '', code => 'B00',
        interface => 'case', rule => 'r-case', decision => 'allow',
        reason => '', policy_version => '2026112801', path_case => '1',
        claim_sub => 'lawyer-1', fact_identity_status => 'active',
        fact_relation_side => 'plaintiff', principal_hash => '',
    );
    is($v{$_}, $want{$_}, $_) for sort keys %want;
    like($v{request_id}, qr/^[0-9a-f]{32}$/, 'request_id');
    like($v{cache_status}, qr/^(?:source|zone)$/, 'cache_status');
    like($v{$_}, qr/^[0-9a-f]{32}$/, $_) for qw(subject_hash case_hash);
    like($v{cache_key}, qr/^[0-9a-f]{64}$/, 'cache_key');
});



=== TEST 2: where court is off nothing is said
--- config eval
"location / { court off; $::show return 200; }"
--- check
my %v = shown(h1('GET', '/cases/1', [@auth]));
is(join('', map { $v{$_} } grep { $_ ne 'request_id' } @names), '', 'empty');



=== TEST 3: before the decision nothing is said
--- config eval
my $set = join "\n", map { "set \$v_$_ \$court_$_;" } @::names;
my $show = join "\n", map { "add_header X-$_ \$v_$_ always;" } @::names;
"location / { $set $show proxy_pass http://court_mock; }"
--- check
my %v = shown(h1('GET', '/cases/1', [@auth]));
is(join('', map { $v{$_} } grep { $_ ne 'request_id' } @names), '', 'empty');



=== TEST 4: of a refusal before the caller is known
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
for my $headers ([], ['Authorization: Bearer x']) {
    my %v = shown(h1('GET', '/cases/1', $headers));
    is($v{$_}, '', $_) for qw(subject role issuer principal kind subject_hash
                              cache_key rule claim_sub fact_identity_status);
    is($v{decision}, 'refuse', 'decision');
    like($v{reason}, qr/^token_(?:missing|invalid)$/, 'reason');
}



=== TEST 5: of a refusal after it
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %v = shown(h1('GET', '/admin', [@auth]));
is("$v{subject} $v{decision} $v{reason} $v{interface}",
   'lawyer-1 refuse role_forbidden admin', 'who, and why');
is($v{cache_key}, '', 'nothing to be cached');



=== TEST 6: of an error
--- http_config eval
CourtHttp::http(source => 'location / { return 500; }')
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %v = shown(h1('GET', '/cases/1', [@auth]));
is("$v{decision} $v{reason}", 'error identity_unavailable', 'no yes, no no');



=== TEST 7: hashes are stable, and are not what they stand for
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %a = shown(h1('GET', '/cases/1', [@auth]));
my %b = shown(h1('GET', '/cases/1', [Court::bearer('lawyer')]));
my %c = shown(h1('GET', '/cases/1', [Court::bearer('lawyer', sub => 'lawyer-2')]));
my %d = shown(h1('GET', '/cases/2', [@auth]));
is($a{subject_hash}, $b{subject_hash}, 'the same person');
isnt($a{subject_hash}, $c{subject_hash}, 'another person');
is($a{case_hash}, $c{case_hash}, 'the same case');
isnt($a{case_hash}, $d{case_hash}, 'another case');
isnt($a{subject_hash}, $a{case_hash}, 'not one of the other');
$main::first = $a{subject_hash};



=== TEST 8: another server start, the same hashes
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %a = shown(h1('GET', '/cases/1', [@auth]));
is($a{subject_hash}, $main::first, 'kept by the key');



=== TEST 9: another audit key, other hashes
--- http_config eval
Court::file('other.key', "a1 hmac-sm3 "
            . MIME::Base64::encode_base64url('Y' x 32) . "\n");
CourtHttp::http() =~ s/audit\.key;/other.key;/r
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %a = shown(h1('GET', '/cases/1', [@auth]));
isnt($a{subject_hash}, $main::first, 'keyed');
like($a{subject_hash}, qr/^[0-9a-f]{32}$/, 'a hash still');



=== TEST 10: without an audit key no hashes
--- http_config eval
CourtHttp::http() =~ s/court_audit_key [^;]*;//r
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %a = shown(h1('GET', '/cases/1', [@auth]));
is($a{subject_hash} . $a{case_hash}, '', 'empty');



=== TEST 11: cache key: by caller, role, rule, court
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %key = map { my ($path, @b) = @$_;
                my %v = shown(h1('GET', $path, [Court::bearer(@b)]));
                ("$path @b" => $v{cache_key}) }
    [ '/me', 'lawyer' ], [ '/me', 'lawyer', sub => 'lawyer-2' ],
    [ '/me', 'party' ], [ '/me', 'party', sub => 'lawyer-1' ],
    [ '/cases/1', 'lawyer' ], [ '/public/x', 'lawyer' ];
my %distinct = reverse %key;
is(scalar keys %distinct, scalar keys %key, 'all different');
my %again = shown(h1('GET', '/me', [@auth]));
is($again{cache_key}, $key{'/me lawyer'}, 'and stable');



=== TEST 12: percent-encoded
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my %v = shown(h1('GET', '/me', [Court::bearer('party', sub => 'a b",%' )]));
is($v{subject}, 'a%20b%22%2C%25', 'subject');
is($v{claim_sub}, 'a%20b%22%2C%25', 'claim');



=== TEST 13: nothing is left over on the connection
--- config eval
"location / { $::show proxy_pass http://court_mock; }"
--- check
my @a = answers(talk("GET /me HTTP/1.1\r\nHost: a\r\n$auth[0]\r\n\r\n"
    . "GET /me HTTP/1.1\r\nHost: a\r\n\r\n"
    . "GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
is(join(' ', map { header($_, 'X-subject') || '-' } @a), 'lawyer-1 - -',
   'each their own');
upstream();
