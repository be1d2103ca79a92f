# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The policy through the module: nothing is allowed that no rule allows, what
# is forbidden stays so, and the caller is told the reason that stands first.

use utf8;
use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

sub interface {
    my ($id, $path, @methods) = @_;
    my %more = ref $methods[0] ? %{shift @methods} : ();
    return { id => $id, routes => [ { methods => [@methods ? @methods : 'GET'], path => $path } ], %more };
}

my $rule = 0;

sub allow {
    my ($interface, $roles, $when, %more) = @_;
    return { id => "r" . ++$rule, effect => 'allow', roles => [split ' ', $roles],
             interfaces => [$interface], when => [split ' ', $when], %more };
}

sub forbid { return { %{allow(@_)}, effect => 'forbid' } }

my $policy = {
    format => 1, version => 7,
    facts => {
        identity => ['active', 'kind', 'unit'],
        relation => ['side', 'own_unit', 'windows', 'secrecy', 'special_authority', 'permits'],
        staff    => ['court', 'posts'],
    },
    conditions => {
        active   => { on => 'person', all => [ ['identity.active', '==', $true] ],
                      reason => 'practice_not_active' },
        relation => { on => 'person', all => [ ['relation.side', 'exists'] ], reason => 'no_relation' },
        own      => { on => 'person', all => [ ['relation.own_unit', '==', $true] ], reason => 'own_unit_only' },
        special  => { on => 'person', all => [ ['relation.special_authority', '==', $true] ],
                      reason => 'special_authority_required' },
        secret   => { on => 'person', all => [ ['relation.secrecy', '==', 'secret'] ] },
        foreign  => { on => 'person', all => [ ['relation.own_unit', '==', $false] ] },
        bad_unit => { on => 'person', all => [ ['identity.unit', '==', 'bad'] ] },
        window   => { on => 'person', all => [ ['relation.windows', 'covers_now'] ], reason => 'outside_window' },
        scope    => { on => 'caller', all => [ ['staff.court', 'matches_court'] ], reason => 'court_scope' },
        aal2     => { on => 'caller', all => [ ['token.acr_level', '>=', 2] ],
                      reason => 'assurance_too_low', step_up => { acr_values => ['sms', 'face'] } },
        fresh    => { on => 'caller', all => [ ['token.acr', 'in', ['face', 'chip']], ['token.auth_age', '<=', 600] ],
                      reason => 'reauthentication_required',
                      step_up => { acr_values => ['face'], max_age => 600 } },
        nameless => { on => 'caller', all => [ ['token.sub', '==', 'special-one'] ] },
        ours     => { on => 'caller', all => [ ['token.sub', '==', 'special-one'] ], reason => 'ours_alone' },
        either   => { on => 'person', any => [ ['relation.side', 'exists'], ['identity.active', '==', $true] ] },
        not_bad  => { on => 'person', not => ['identity.unit', '==', 'bad'] },
        no_unit  => { on => 'person', all => [ ['identity.unit', 'exists', $false] ] },
        permit   => { on => 'person', all => [ ['relation.permits', 'contains', { attr => 'path.thing' }] ] },
    },
    interfaces => [
        interface('public',  '/api/public', { auth => 'none' }),
        interface('first',   '/api/first/{case}'),
        interface('order',   '/api/order/{case}'),
        interface('two',     '/api/two/{case}'),
        interface('secret',  '/api/secret/{case}'),
        interface('forbids', '/api/forbids/{case}'),
        interface('never',   '/api/never'),
        interface('only',    '/api/only'),
        interface('either',  '/api/either/{case}'),
        interface('notbad',  '/api/notbad'),
        interface('nounit',  '/api/nounit'),
        interface('window',  '/api/window/{case}'),
        interface('court',   '/api/courts/{court}/list'),
        interface('scope',   '/api/scope'),
        interface('aal2',    '/api/aal2'),
        interface('fresh',   '/api/fresh'),
        interface('plain',   '/api/plain', 'GET', 'POST'),
        interface('nameless', '/api/nameless'),
        interface('ours',    '/api/ours'),
        interface('things',  '/api/things/{case}/{thing}'),
    ],
    rules => [
        allow('first', 'lawyer', 'active relation own special aal2'),
        allow('order', 'lawyer', 'aal2 special own relation active'),
        allow('two', 'lawyer', 'own'),
        allow('two', 'lawyer', 'special'),
        allow('secret', 'lawyer', 'active'),
        forbid('secret', 'lawyer', 'secret', reason => 'it_is_secret'),
        allow('forbids', 'lawyer', 'active'),
        forbid('forbids', 'lawyer', 'bad_unit', reason => 'own_unit_only'),
        forbid('forbids', 'lawyer', 'foreign'),
        forbid('forbids', 'lawyer', 'secret', reason => 'it_is_secret'),
        allow('never', 'lawyer party', ''),
        forbid('never', 'party', '', reason => 'it_is_secret'),
        forbid('never', 'agent', ''),
        allow('only', 'judge', ''),
        allow('either', 'lawyer', 'either'),
        allow('notbad', 'lawyer', 'not_bad'),
        allow('nounit', 'lawyer', 'no_unit'),
        allow('window', 'party', 'window', obligations => ['watermark', 'trace']),
        allow('court', 'party', ''),
        allow('scope', 'officer', 'scope'),
        allow('aal2', 'party', 'aal2'),
        allow('fresh', 'party', 'fresh'),
        allow('plain', 'party lawyer gov_lawyer', ''),
        allow('nameless', 'party', 'nameless'),
        allow('ours', 'party', 'ours'),
        allow('things', 'party', 'permit'),
    ],
    reasons => {
        it_is_secret => { status => 403,
            zh => { title => '不公开', detail => '本案不公开审理。', next => '请联系法院。' },
            en => { title => 'Not public', detail => 'This case is not heard in public.', next => 'Ask the court.' } },
        ours_alone => { status => 403,
            zh => { title => '仅限本人', detail => '只有本人可以。', next => '请本人办理。' } },
    },
};
delete $_->{when} for grep { $_->{when} && !@{$_->{when}} } @{$policy->{rules}};

our $http = Court::http_config(
    policy => $policy, facts => Court::facts(all => 'breaker 100000/1s;'),
    source => 'location ~ ^/identity/broken|^/relation/B00-broken { return 500; }');

# facts: a person is named by what he is
Court::identity($_) for qw(good lawyer-1);
Court::identity('suspended', status => 'suspended');
Court::identity('badunit', unit => 'bad');
Court::identity('unit', unit => 'fine');
Court::identity("kind-$_", kind => $_)
    for qw(full_time part_time legal_aid military hmt public company judge);
Court::fact('identity', 'kind-none', { subject => 'kind-none', status => 'active' });

# relation of "good" to cases
my %cases = (
    all     => { own_unit => $true, special_authority => $true, secrecy => 'none' },
    own     => { own_unit => $true, secrecy => 'none' },
    special => { own_unit => $false, special_authority => $true, secrecy => 'none' },
    neither => { own_unit => $false, secrecy => 'none' },
    secret  => { own_unit => $true, secrecy => 'secret' },
    silent  => { own_unit => $true },
    open    => { windows => [ { from => '2020-01-01T00:00:00Z', until => '2099-01-01T00:00:00Z' } ] },
    over    => { windows => [ { from => '2020-01-01T00:00:00Z', until => '2021-01-01T00:00:00Z' } ] },
    none    => { windows => [] },
    things  => { permits => ['a', 'b.c'] },
);
for my $who (qw(good suspended badunit party-1 broken)) {
    Court::relation('B00', $_, $who, own_unit => undef, %{$cases{$_}}) for keys %cases;
}
Court::fact('staff', "at-$_", { subject => "at-$_", court => $_, posts => ['x'] }) for qw(B00 B01 B0101 X99);

# rows: request, role, claims, status, code
my $L = 'lawyer';
our %rows = (
    default => [
        [ 'GET /api/unknown',   $L, 'good', 403, 'no_rule' ],
        [ 'GET /api/plain/',    $L, 'good', 403, 'no_rule' ],
        [ 'DELETE /api/plain',  $L, 'good', 403, 'no_rule' ],
        [ 'GET /api/plain/a',   $L, 'good', 403, 'no_rule' ],
        [ 'GET /api/first/',    $L, 'good', 403, 'no_rule' ],
        [ 'GET /api/unknown',   '', '', 401, 'token_missing' ],
        [ 'GET /api/plain',     '', '', 401, 'token_missing' ],
        [ 'GET /api/plain',     $L, 'good', 200, '' ],
        [ 'POST /api/plain',    $L, 'good', 200, '' ],
        [ 'GET /api/plain',     'agent', 'good', 403, 'role_forbidden' ],
        [ 'GET /api/only',      $L, 'good', 403, 'role_forbidden' ],
        [ 'GET /api/only',      'judge', 'j', 200, '' ],
        [ 'GET /api/public',    '', '', 200, '' ],
        [ 'GET /api/public',    'agent', 'any', 200, '' ],
        [ 'POST /api/public',   '', '', 401, 'token_missing' ],
    ],
    forbid => [
        [ 'GET /api/never',         $L, 'good', 200, '' ],
        [ 'GET /api/never',         'party', 'p', 403, 'it_is_secret' ],
        [ 'GET /api/never',         'agent', 'a', 403, 'role_forbidden' ],
        [ 'GET /api/secret/all',    $L, 'good', 200, '' ],
        [ 'GET /api/secret/secret', $L, 'good', 403, 'it_is_secret' ],
        [ 'GET /api/secret/secret', $L, 'suspended', 403, 'it_is_secret' ],
        [ 'GET /api/secret/silent', $L, 'good', 403, 'it_is_secret' ],       # absent: blocks
        [ 'GET /api/secret/broken', $L, 'good', 503, 'facts_unavailable' ],  # unknown: blocks
        [ 'GET /api/secret/gone',   $L, 'good', 403, 'it_is_secret' ],
        [ 'GET /api/forbids/own',   $L, 'good', 403, 'own_unit_only' ],      # unit absent
        [ 'GET /api/forbids/neither', $L, 'badunit', 403, 'own_unit_only' ], # both: the first
        [ 'GET /api/forbids/secret', $L, 'badunit', 403, 'own_unit_only' ],
        [ 'GET /api/forbids/broken', $L, 'badunit', 403, 'own_unit_only' ],  # true before unknown
        [ 'GET /api/forbids/broken', $L, 'good', 503, 'facts_unavailable' ],
    ],
    order => [
        [ 'GET /api/first/all',     $L, 'good', 200, '' ],
        [ 'GET /api/first/own',     $L, 'good', 403, 'special_authority_required' ],
        [ 'GET /api/first/neither', $L, 'good', 403, 'own_unit_only' ],
        [ 'GET /api/first/nowhere', $L, 'good', 403, 'no_relation' ],
        [ 'GET /api/first/nowhere', $L, 'suspended', 403, 'practice_not_active' ],
        [ 'GET /api/first/nowhere', $L, 'nobody', 403, 'identity_not_found' ],
        [ 'GET /api/first/all',     $L, 'good', 401, 'assurance_too_low', acr => 'password' ],
        [ 'GET /api/first/nowhere', $L, 'good', 403, 'no_relation', acr => 'password' ],
        [ 'GET /api/order/neither', $L, 'suspended', 401, 'assurance_too_low', acr => 'password' ],
        [ 'GET /api/order/neither', $L, 'suspended', 403, 'special_authority_required' ],
        [ 'GET /api/order/special', $L, 'suspended', 403, 'own_unit_only' ],
        [ 'GET /api/order/all',     $L, 'suspended', 403, 'practice_not_active' ],
        [ 'GET /api/order/nowhere', $L, 'suspended', 403, 'no_relation' ],
        [ 'GET /api/two/own',       $L, 'good', 200, '' ],
        [ 'GET /api/two/special',   $L, 'good', 200, '' ],
        [ 'GET /api/two/neither',   $L, 'good', 403, 'own_unit_only' ],
        [ 'GET /api/nameless',      'party', 'p', 403, 'forbidden' ],
        [ 'GET /api/nameless',      'party', 'special-one', 200, '' ],
    ],
    three => [
        [ 'GET /api/first/broken',  $L, 'good', 503, 'facts_unavailable' ],
        [ 'GET /api/first/all',     $L, 'broken', 503, 'identity_unavailable' ],
        [ 'GET /api/first/broken',  $L, 'suspended', 403, 'practice_not_active' ],  # no is no
        [ 'GET /api/first/nowhere', $L, 'broken', 403, 'no_relation' ],
        [ 'GET /api/first/broken',  $L, 'good', 401, 'assurance_too_low', acr => 'password' ],
        [ 'GET /api/two/broken',    $L, 'good', 503, 'facts_unavailable' ],
        [ 'GET /api/either/broken', $L, 'good', 200, '' ],                          # one is enough
        [ 'GET /api/either/broken', $L, 'suspended', 503, 'facts_unavailable' ],
        [ 'GET /api/either/nowhere', $L, 'suspended', 403, 'no_relation' ],
        [ 'GET /api/either/all',    $L, 'suspended', 200, '' ],
        [ 'GET /api/notbad',        $L, 'unit', 200, '' ],
        [ 'GET /api/notbad',        $L, 'badunit', 403, 'forbidden' ],
        [ 'GET /api/notbad',        $L, 'good', 403, 'forbidden' ],                 # absent: not of unknown
        [ 'GET /api/notbad',        $L, 'broken', 503, 'identity_unavailable' ],
        [ 'GET /api/nounit',        $L, 'good', 200, '' ],
        [ 'GET /api/nounit',        $L, 'unit', 403, 'forbidden' ],
        [ 'GET /api/nounit',        $L, 'broken', 503, 'identity_unavailable' ],
        [ 'GET /api/plain',         $L, 'broken', 200, '' ],                        # nothing is asked
    ],
    kind => [
        (map { [ 'GET /api/either/x', $L, "kind-$_", 200, '' ],
               [ 'GET /api/either/x', 'gov_lawyer', "kind-$_", 403, 'role_forbidden' ] }
             qw(full_time part_time legal_aid military hmt)),
        (map { [ 'GET /api/either/x', $L, "kind-$_", 403, 'role_forbidden' ] }
             qw(public company judge none)),
    ],
    scope => [
        [ 'GET /api/courts/B00/list',   'party', 'p', 200, '' ],
        [ 'GET /api/courts/B01/list',   'party', 'p', 200, '' ],
        [ 'GET /api/courts/B0101/list', 'party', 'p', 200, '' ],
        [ 'GET /api/courts/X99/list',   'party', 'p', 403, 'court_scope' ],
        [ 'GET /api/courts/b00/list',   'party', 'p', 403, 'court_scope' ],
        [ 'GET /api/courts/B0/list',    'party', 'p', 403, 'court_scope' ],
        [ 'GET /api/courts/B01011/list', 'party', 'p', 403, 'court_scope' ],
        [ 'GET /api/scope',             'officer', 'at-B00', 200, '' ],
        [ 'GET /api/scope',             'officer', 'at-B01', 403, 'court_scope' ],
        [ 'GET /api/scope',             'officer', 'at-B0101', 403, 'court_scope' ],
        [ 'GET /api/scope',             'officer', 'at-X99', 403, 'court_scope' ],
        [ 'GET /api/scope',             'officer', 'at-nowhere', 403, 'court_scope' ],
        [ 'GET /api/things/things/a',   'party', 'party-1', 200, '' ],
        [ 'GET /api/things/things/b.c', 'party', 'party-1', 200, '' ],
        [ 'GET /api/things/things/b',   'party', 'party-1', 403, 'forbidden' ],
        [ 'GET /api/things/all/a',      'party', 'party-1', 403, 'forbidden' ],
        [ 'GET /api/window/open',       'party', 'party-1', 200, '' ],
        [ 'GET /api/window/over',       'party', 'party-1', 403, 'outside_window' ],
        [ 'GET /api/window/none',       'party', 'party-1', 403, 'outside_window' ],
        [ 'GET /api/window/all',        'party', 'party-1', 403, 'outside_window' ],
    ],
    below => [
        [ 'GET /api/courts/B01/list',   'party', 'p', 200, '' ],
        [ 'GET /api/courts/B0101/list', 'party', 'p', 200, '' ],
        [ 'GET /api/courts/B00/list',   'party', 'p', 403, 'court_scope' ],
        [ 'GET /api/scope',             'officer', 'at-B00', 200, '' ],
        [ 'GET /api/scope',             'officer', 'at-B01', 200, '' ],
        [ 'GET /api/scope',             'officer', 'at-B0101', 403, 'court_scope' ],
    ],
    stepup => [
        [ 'GET /api/aal2',  'party', 'p', 200, '', acr => 'sms' ],
        [ 'GET /api/aal2',  'party', 'p', 200, '', acr => 'face' ],
        [ 'GET /api/aal2',  'party', 'p', 401, 'assurance_too_low', acr => 'password' ],
        [ 'GET /api/aal2',  'party', 'p', 401, 'assurance_too_low', acr => 'other' ],
        [ 'GET /api/aal2',  'party', 'p', 401, 'assurance_too_low', acr => undef ],
        [ 'GET /api/fresh', 'party', 'p', 200, '' ],
        [ 'GET /api/fresh', 'party', 'p', 401, 'reauthentication_required', acr => 'sms' ],
        [ 'GET /api/fresh', 'party', 'p', 401, 'reauthentication_required', auth_time => time - 700 ],
        [ 'GET /api/fresh', 'party', 'p', 401, 'reauthentication_required', auth_time => undef ],
    ],
);

sub requests { return [ map { $_->[0] } @{$rows{$_[0]}} ] }
sub status   { return [ map { $_->[3] } @{$rows{$_[0]}} ] }
sub codes    { return [ map { "Court-Refused: $_->[4]" } @{$rows{$_[0]}} ] }
sub tokens   {
    return [ map { my ($r, $role, $sub, $s, $c, @claims) = @$_;
                   $role ? Court::bearer($role, sub => $sub, @claims) : 'X-Nobody: 1' } @{$rows{$_[0]}} ];
}

add_block_preprocessor(sub {
    my ($block) = @_;
    my $rows = $block->rows;

    $block->set_value('http_config', $main::http) unless defined $block->http_config;
    $block->set_value('config', <<'_EOC_') unless defined $block->config;
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
_EOC_

    if (defined $rows) {
        $block->set_value('pipelined_requests', requests($rows));
        $block->set_value('more_headers', tokens($rows));
        $block->set_value('error_code', status($rows));
        $block->set_value('response_headers', codes($rows));
    }
});

log_level('info');
CourtSource::quiet();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: nothing is allowed by default
--- rows: default


=== TEST 2: forbid wins; an unknown forbid blocks
--- rows: forbid


=== TEST 3: the first unmet condition of the first rule is told
--- rows: order


=== TEST 4: true, false, unknown
--- rows: three


=== TEST 5: role and kind agree
--- rows: kind


=== TEST 6: courts, windows, operands of the path
--- rows: scope


=== TEST 7: in a court below
--- config
        court_code B01;
        location /api/ { proxy_pass http://court_mock; }
--- rows: below


=== TEST 8: assurance and age of the login
--- rows: stepup


=== TEST 9: gov_lawyer by kind
--- pipelined_requests eval: ["GET /api/plain", "GET /api/plain"]
--- more_headers eval: [map { Court::bearer('gov_lawyer', sub => "kind-$_") } qw(public company)]
--- error_code eval: [200, 200]


=== TEST 10: the challenge of RFC 9470: acr_values and max_age
--- request
GET /api/fresh
--- more_headers eval: Court::bearer('party', acr => 'sms')
--- error_code: 401
--- response_headers_like
WWW-Authenticate: Bearer realm="court", error="insufficient_user_authentication", acr_values="face", max_age="?600"?


=== TEST 11: the challenge without max_age
--- request
GET /api/aal2
--- more_headers eval: Court::bearer('party', acr => 'password')
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="court", error="insufficient_user_authentication", acr_values="sms face"


=== TEST 12: obligations go up, percent-encoded and once
--- request
GET /api/window/open
--- more_headers eval: Court::bearer('party')
--- error_code: 200
--- response_body_like eval
qr/^Court-Obligations: watermark%2Ctrace$(?![\s\S]*^Court-Obligations:)/m


=== TEST 13: a client's obligations do not
--- request
GET /api/plain
--- more_headers eval: Court::bearer('party') . "\nCourt-Obligations: none"
--- error_code: 200
--- response_body_unlike eval
qr/Court-Obligations/i


=== TEST 14: a policy's own reason in Chinese, the default
--- request
GET /api/secret/secret
--- more_headers eval: Court::bearer('lawyer', sub => 'good')
--- error_code: 403
--- response_headers
Court-Refused: it_is_secret
Content-Language: zh-CN
Content-Type: application/problem+json
--- response_body_like eval
my $text = "\"type\":\"urn:court:problem:it_is_secret\",\"status\":403,\"title\":\"不公开\",\"detail\":\"本案不公开审理。\",\"code\":\"it_is_secret\",\"next\":\"请联系法院。\"";
utf8::encode($text) if utf8::is_utf8($text);
qr/^\{\Q$text\E/


=== TEST 15: and in English
--- request
GET /api/secret/secret
--- more_headers eval: Court::bearer('lawyer', sub => 'good') . "\nAccept-Language: en-GB,zh;q=0.5"
--- error_code: 403
--- response_headers
Content-Language: en
--- response_body_like eval
qr/"title":"Not public","detail":"This case is not heard in public\.","code":"it_is_secret","next":"Ask the court\."/


=== TEST 16: who asks for English gets Chinese where there is no English
--- request
GET /api/ours
--- more_headers eval: Court::bearer('party') . "\nAccept-Language: en"
--- error_code: 403
--- response_headers
Court-Refused: ours_alone
--- response_body_like eval
my $text = "仅限本人";
utf8::encode($text) if utf8::is_utf8($text);
qr/\Q$text\E/


=== TEST 17: OPTIONS is nothing, preflight or not, without a rule
--- pipelined_requests eval: ["OPTIONS /api/plain", "OPTIONS /api/unknown"]
--- more_headers eval: Court::bearer('party')
--- error_code eval: [403, 403]
--- response_headers eval: [('Court-Refused: no_rule') x 2]


=== TEST 18: HEAD is GET
--- request
HEAD /api/plain
--- more_headers eval: Court::bearer('party')
--- error_code: 200


=== TEST 19: also where GET is refused
--- request
HEAD /api/never
--- more_headers eval: Court::bearer('party')
--- error_code: 403
--- response_headers
Court-Refused: it_is_secret
