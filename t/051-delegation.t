# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# An assistant may do what the principal delegated and might do himself now:
# every way in which that may fail, and that the assistant learns nothing
# about the principal by it.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $policy = JSON::PP->new->decode(Court::slurp('conf/policy/court.json'));

# forbids of both: a test's own, in the policy of the courts
push @{$policy->{rules}},
    { id => 'x1', effect => 'forbid', roles => ['lawyer'], interfaces => ['dossier.read'],
      when => ['x_sealed'] },
    { id => 'x2', effect => 'forbid', roles => ['assistant'], interfaces => ['case.list'],
      when => ['x_banned'], reason => 'own_unit_only' };
$policy->{conditions}{x_sealed} =
    { on => 'person', all => [ ['relation.capacity', '==', 'sealed'] ] };
$policy->{conditions}{x_banned} =
    { on => 'caller', all => [ ['token.sub', '==', 'banned'] ] };

our $http = Court::http_config(
    policy => $policy, facts => Court::facts(all => 'breaker 100000/1s;'),
    source => 'location ~ ^/identity/broken|^/link/broken-link|^/relation/B00-broken { return 500; }');

my @all = qw(case.read case.list dossier.read dossier.content judge.message calendar.conflicts
             filing.draft queue.take payment.make hearing.join);

sub link_of {
    my ($assistant, $principal, %more) = @_;
    my %record = (assistant => $assistant, principal => $principal, status => 'active',
                  approved_by_principal => $true, approved_by_firm => $true, active_links => 1,
                  valid_from => '2020-01-01T00:00:00Z', delegated => [@all], %more);
    delete @record{grep { !defined $record{$_} } keys %record};
    Court::fact('link', "$assistant-$principal", \%record);
}

sub principal {
    my ($who, %more) = @_;
    Court::identity($who, %more) unless $who =~ /^(?:broken|nobody)/;
}

# a case of that principal, delegated to those assistants
sub case_of {
    my ($case, $principal, $delegated, %more) = @_;
    Court::relation('B00', $case, $principal, side => 'plaintiff', secrecy => 'none',
                    permits => ['hearing', 'observe'],
                    windows => [ { from => '2020-01-01T00:00:00Z', until => '2099-01-01T00:00:00Z' } ], delegated => $delegated, %more);
}

# The principal's states.  P-good: as it should be.
principal('p-good');
principal('p-suspended', status => 'suspended');
principal('p-interval', suspended => [ { from => '2020-01-01T00:00:00Z' } ]);
principal('p-revoked', status => 'revoked');
principal('p-expired', valid_until => '2021-01-01T00:00:00Z');
principal('p-company', kind => 'company');
principal('p-odd', kind => 'robot');
principal('aide');

my @principals = qw(p-good p-suspended p-interval p-revoked p-expired p-company p-odd
                    broken-id nobody);
for my $p (@principals) {
    link_of('aide', $p);
    case_of('1', $p, { aide => [@all] });
    case_of('own', $p, { aide => [@all] }, own_unit => $false);
}

# links to the good one
my %links = (
    'l-pending'   => { status => 'pending' },
    'l-revoked'   => { status => 'revoked' },
    'l-nostatus'  => { status => undef },
    'l-nofirm'    => { approved_by_firm => $false },
    'l-nofirm2'   => { approved_by_firm => undef },
    'l-noprinc'   => { approved_by_principal => $false },
    'l-early'     => { valid_from => '2099-01-01T00:00:00Z' },
    'l-late'      => { valid_until => '2021-01-01T00:00:00Z' },
    'l-three'     => { active_links => 3 },
    'l-four'      => { active_links => 4 },
    'l-nocount'   => { active_links => undef },
    'l-narrow'    => { delegated => ['calendar.conflicts'] },
    'l-nothing'   => { delegated => [] },
    'l-absent'    => { delegated => undef },
    'banned'      => {},
);
link_of($_, 'p-good', %{$links{$_}}) for keys %links;
link_of('l-other', 'p-company');
link_of('p-good', 'p-good');
case_of('1', 'p-good', { map { $_ => [@all] } 'aide', 'p-good', 'broken-link', keys %links });
case_of('2', 'p-good', { aide => ['case.read'], 'aide2' => [@all] });
case_of('3', 'p-good', {});
case_of('4', 'p-good', undef);
case_of('5', 'p-good', { 'ai' => [@all], 'aide-x' => [@all], 'AIDE' => [@all] });
case_of('6', 'p-good', { aide => ['case', 'case.read.all', 'CASE.READ'] });
case_of('7', 'p-good', { "aide\x1fcase.read" => ['case.read'] });
case_of('8', 'p-good', { aide => ["case.read\x1e"] });
case_of('sealed', 'p-good', { aide => [@all] }, capacity => 'sealed');
case_of('secret', 'p-good', { aide => [@all] }, secrecy => 'secret');
case_of('over', 'p-good', { aide => [@all] }, windows => []);
case_of('nopermit', 'p-good', { aide => [@all] }, permits => []);
# the aide has cases of his own: they are no business of the principal
Court::relation('B00', 'mine', 'aide', delegated => { aide => [@all] });

my ($none, $no, $dark) = ('', 'not_delegated', 'facts_unavailable');

# request, assistant, principal (or claims), status, code
our %rows = (
    principal => [
        [ 'GET /api/v1/cases/1', 'aide', 'p-good', 200, $none ],
        (map { [ 'GET /api/v1/cases/1', 'aide', $_, 403, $no ] }
             qw(p-suspended p-interval p-revoked p-expired p-odd nobody)),
        [ 'GET /api/v1/cases/1', 'aide', 'broken-id', 503, 'identity_unavailable' ],
        [ 'GET /api/v1/cases/broken', 'aide', 'p-good', 503, $dark ],
        [ 'GET /api/v1/cases/1', 'aide', 'p-company', 200, $none ],
        [ 'GET /api/v1/cases/own', 'aide', 'p-company', 403, $no ],   # own_unit, of the principal
        [ 'GET /api/v1/cases/own', 'aide', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases/9', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/mine', 'aide', 'p-good', 403, $no ],
    ],
    link => [
        [ 'GET /api/v1/cases/1', 'l-three', 'p-good', 200, $none ],
        (map { [ 'GET /api/v1/cases/1', $_, 'p-good', 403, 'link_not_active' ] }
             qw(l-pending l-revoked l-nostatus l-nofirm l-nofirm2 l-noprinc l-early l-late l-nocount)),
        [ 'GET /api/v1/cases/1', 'l-four', 'p-good', 403, 'too_many_links' ],
        [ 'GET /api/v1/cases/1', 'l-unknown', 'p-good', 403, 'link_not_active' ],
        [ 'GET /api/v1/cases/1', 'l-other', 'p-good', 403, 'link_not_active' ],
        [ 'GET /api/v1/cases/1', 'broken-link', 'p-good', 503, $dark ],
        [ 'GET /api/v1/cases/1', 'p-good', 'p-good', 403, 'link_not_active' ],  # oneself
        # a link that fails tells before the principal does
        [ 'GET /api/v1/cases/1', 'l-unknown', 'p-suspended', 403, 'link_not_active' ],
        [ 'GET /api/v1/cases/1', 'l-unknown', 'broken-id', 403, 'link_not_active' ],
    ],
    delegated => [
        [ 'GET /api/v1/cases/2', 'aide', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases/2/dossier', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/3', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/4', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/5', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/6', 'aide', 'p-good', 403, $no ],
        # separators in a name: no record
        [ 'GET /api/v1/cases/7', 'aide', 'p-good', 503, $dark ],
        [ 'GET /api/v1/cases/8', 'aide', 'p-good', 503, $dark ],
        # a case in the path: the link's list does not help
        [ 'POST /api/v1/cases/2/messages', 'aide', 'p-good', 403, $no ],
        # without a case: the link's list
        [ 'GET /api/v1/cases', 'aide', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases', 'l-narrow', 'p-good', 403, $no ],
        [ 'GET /api/v1/calendar/conflicts', 'l-narrow', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases', 'l-nothing', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases', 'l-absent', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases', 'aide', 'p-suspended', 403, $no ],
        [ 'GET /api/v1/cases', 'aide', 'broken-id', 503, 'identity_unavailable' ],
        # not delegable at all
        [ 'POST /api/v1/cases/1/motions/2', 'aide', 'p-good', 403, 'motion_needs_lawyer' ],
        [ 'POST /api/v1/feedback/ratings', 'aide', 'p-good', 403, 'role_forbidden' ],
    ],
    conditions => [
        [ 'GET /api/v1/cases/1/dossier', 'aide', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases/1/dossier', 'aide', 'p-good', 401, 'reauthentication_required', acr => 'sms' ],
        [ 'GET /api/v1/cases/1', 'aide', 'p-good', 401, 'assurance_too_low', acr => 'password' ],
        [ 'GET /api/v1/cases/1', 'aide', 'p-good', 200, $none, acr => 'sms' ],
        [ 'POST /api/v1/cases/1/hearings/1/join', 'aide', 'p-good', 200, $none ],
        [ 'POST /api/v1/cases/over/hearings/1/join', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/secret/dossier', 'aide', 'p-good', 403, $no ],
        [ 'POST /api/v1/cases/nopermit/hearings/1/join', 'aide', 'p-good', 403, $no ],
    ],
    forbids => [
        [ 'GET /api/v1/cases/sealed/dossier', 'aide', 'p-good', 403, $no ],
        [ 'GET /api/v1/cases/sealed', 'aide', 'p-good', 200, $none ],
        [ 'GET /api/v1/cases', 'banned', 'p-good', 403, 'own_unit_only' ],
        [ 'GET /api/v1/cases/1', 'banned', 'p-good', 200, $none ],
    ],
    names => [
        [ 'GET /api/v1/cases/1', 'aide', undef, 403, 'link_not_active' ],
        [ 'GET /api/v1/cases/1', 'aide', '', 401, 'token_invalid' ],
        # of the assistant's token nothing else is believed
        [ 'GET /api/v1/cases/1', 'aide', 'p-suspended', 403, $no, kind => 'full_time', status => 'active' ],
        [ 'GET /api/v1/cases/mine', 'aide', 'aide', 403, 'link_not_active' ],
        # a lawyer with a principal is a lawyer: no delegation
        [ 'GET /api/v1/cases/1', 'aide', 'p-good', 403, 'no_relation', role => 'lawyer' ],
        [ 'GET /api/v1/cases/mine', 'aide', 'p-suspended', 200, $none, role => 'lawyer' ],
    ],
);

# chains: an assistant of an assistant
principal('chain-top');
link_of('chain-mid', 'chain-top');
link_of('chain-low', 'chain-mid');
case_of('c', 'chain-top', { 'chain-mid' => [@all], 'chain-low' => [@all] });
$rows{chains} = [
    [ 'GET /api/v1/cases/c', 'chain-mid', 'chain-top', 200, $none ],
    [ 'GET /api/v1/cases/c', 'chain-low', 'chain-mid', 403, $no ],
    [ 'GET /api/v1/cases/c', 'chain-low', 'chain-top', 403, 'link_not_active' ],
    [ 'GET /api/v1/cases', 'chain-low', 'chain-mid', 403, $no ],
];

sub tokens {
    return [ map { my ($r, $who, $principal, $s, $c, @claims) = @$_;
                   Court::bearer('assistant', sub => $who, principal => $principal, @claims) }
             @{$rows{$_[0]}} ];
}

add_block_preprocessor(sub {
    my ($block) = @_;
    my $rows = $block->rows;

    $block->set_value('http_config', $main::http);
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
_EOC_

    if (defined $rows) {
        my @rows = @{$rows{$rows}};
        $block->set_value('pipelined_requests', [ map { $_->[0] } @rows ]);
        $block->set_value('more_headers', tokens($rows));
        $block->set_value('error_code', [ map { $_->[3] } @rows ]);
        $block->set_value('response_headers', [ map { "Court-Refused: $_->[4]" } @rows ]);
    }
});

log_level('info');
CourtSource::quiet();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the principal himself must be allowed now
--- rows: principal


=== TEST 2: the link
--- rows: link


=== TEST 3: what was delegated, and where it stands
--- rows: delegated


=== TEST 4: conditions of the assistant and of the principal
--- rows: conditions


=== TEST 5: what forbids either of them
--- rows: forbids


=== TEST 6: whom the token names
--- rows: names


=== TEST 7: no chains
--- rows: chains


=== TEST 8: both go up, each under its own name
--- request
GET /api/v1/cases/1
--- more_headers eval: Court::bearer('assistant', sub => 'aide', principal => 'p-good')
--- error_code: 200
--- response_body_like eval
qr/(?=[\s\S]*^Court-Subject: aide$)(?=[\s\S]*^Court-Principal: p-good$)(?=[\s\S]*^Court-Role: assistant$)/m


=== TEST 9: a refusal says nothing of the principal's status
--- request
GET /api/v1/cases/1
--- more_headers eval: Court::bearer('assistant', sub => 'aide', principal => 'p-suspended')
--- error_code: 403
--- response_body_unlike eval
qr/practice|active|suspended|p-suspended|identity/


=== TEST 10: the bodies are the same, suspended or not delegated
--- pipelined_requests eval: ['GET /api/v1/cases/1', 'GET /api/v1/cases/3']
--- more_headers eval
[Court::bearer('assistant', sub => 'aide', principal => 'p-suspended'),
 Court::bearer('assistant', sub => 'aide', principal => 'p-good')]
--- error_code eval: [403, 403]
--- response_body_filters eval
sub { $_[0] =~ s/"request_id":"[0-9a-f]+"//r }
--- response_body_like eval
[ (qr/^\{"type":"urn:court:problem:not_delegated","status":403,/) x 2 ]
