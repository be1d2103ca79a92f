# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Every reason that can be given today, provoked once: its status, its
# headers, its words in both languages; and nothing reaches the court.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

my ($true, $false) = (JSON::PP::true, JSON::PP::false);

# a role that the issuer may assert and that no policy knows; back-end systems
push @{$Court::ROLES{platform}}, 'warden', 'device';

my $policy = JSON::PP->new->decode(Court::slurp('conf/policy/court.json'));
$policy->{reasons}{mine_alone} = {
    status => 403,
    zh => { title => 'T', detail => 'D', next => 'N' },
    en => { title => 't', detail => 'd', next => 'n' },
};
push @{$policy->{interfaces}},
    { id => 'x.own',    routes => [ { methods => ['GET'], path => '/api/own' } ] },
    { id => 'x.device', routes => [ { methods => ['GET'], path => '/api/device' } ] };
$policy->{conditions}{x_mine} = { on => 'caller', all => [ ['token.sub', '==', 'me'] ],
                                  reason => 'mine_alone' };
push @{$policy->{rules}},
    { id => 'x.own', effect => 'allow', roles => ['party'], interfaces => ['x.own'], when => ['x_mine'] },
    { id => 'x.device', effect => 'allow', roles => ['device'], interfaces => ['x.device'], when => ['device_ok'] };

my $dir = Court::dir();

CourtSource::start('hang', sub { my ($path) = @_; return (\3, '') });

our $http = Court::http_config(
    policy => $policy, facts => Court::facts(all => 'breaker 100000/1s;', identity => 'max_fetches 1;'),
    source => "location ~ /hang { proxy_pass http://unix:$dir/run/hang.sock:; }
               location ~ broken { return 500; }");

Court::identity('lawyer-1');
Court::identity('suspended', status => 'suspended');
Court::identity('wrongkind', kind => 'company');
Court::identity('public', kind => 'public');
Court::relation('B00', '1', $_, own_unit => $false, special_authority => $false, windows => [],
                delegated => { 'assistant-1' => ['case.list'] })
    for qw(lawyer-1 public party-1);

my %link = (principal => 'lawyer-1', status => 'active', approved_by_principal => $true,
            approved_by_firm => $true, active_links => 1);
Court::fact('link', 'assistant-1-lawyer-1', { %link, assistant => 'assistant-1' });
Court::fact('link', 'many-lawyer-1', { %link, assistant => 'many', active_links => 4 });
Court::fact('link', 'pending-lawyer-1', { %link, assistant => 'pending', status => 'pending' });
Court::fact('staff', 'officer-1', { subject => 'officer-1', court => 'B01', posts => ['x'] });
Court::fact('staff', 'officer-2', { subject => 'officer-2', court => 'B00', posts => ['x'], high_court => $true });
Court::fact('staff', 'officer-3', { subject => 'officer-3', court => 'B00', posts => [] });

my $case = 'GET /api/v1/cases/1';

sub as { my ($role, @claims) = @_; return sub { Court::bearer($role, @claims) } }

# request, headers, status
our %how = (
    path_not_canonical      => [ 'GET /api//v1/cases/1', as('lawyer'), 400 ],
    credentials_ambiguous   => [ "$case?access_token=x", as("lawyer"), 400 ],
    token_missing           => [ $case, sub { 'X-None: 1' }, 401 ],
    token_invalid           => [ $case, sub { Court::bearer('lawyer') . 'x' }, 401 ],
    token_expired           => [ $case, as('lawyer', iat => time - 900, exp => time - 600), 401 ],
    binding_invalid         => [ $case, as('lawyer', cnf => { jkt => 'x' x 43 }), 401 ],
    replayed                => [ 'POST /api/v1/onboarding/applications', as('applicant'), 401 ],
    reauthentication_required => [ 'POST /api/v1/cases/1/payments', as('party', auth_time => time - 3000), 401 ],
    assurance_too_low       => [ $case, as('party', acr => 'password'), 401 ],
    no_rule                 => [ 'GET /api/v1/nothing', as('lawyer'), 403 ],
    forbidden               => [ 'GET /api/v1/metrics/item39', as('officer', sub => 'officer-3'), 403 ],
    role_forbidden          => [ 'GET /api/v1/admin/audit', as('lawyer'), 403 ],
    role_unknown            => [ $case, as('warden'), 403 ],
    practice_not_active     => [ 'GET /api/v1/calendar/conflicts', as('lawyer', sub => 'suspended'), 403 ],
    identity_not_found      => [ 'GET /api/v1/calendar/conflicts', as('lawyer', sub => 'nobody'), 403 ],
    link_not_active         => [ $case, as('assistant', sub => 'pending'), 403 ],
    too_many_links          => [ $case, as('assistant', sub => 'many'), 403 ],
    not_delegated           => [ $case, as('assistant'), 403 ],
    no_relation             => [ 'GET /api/v1/cases/2', as('party'), 403 ],
    own_unit_only           => [ $case, as('gov_lawyer', sub => 'public'), 403 ],
    special_authority_required => [ 'POST /api/v1/cases/1/mediations/1/join', as('lawyer'), 403 ],
    court_scope             => [ 'GET /api/v1/courts/X/recognitions', as('officer'), 403 ],
    outside_window          => [ 'POST /api/v1/cases/1/hearings/1/join', as('party'), 403 ],
    channel_forbidden       => [ 'POST /api/v1/passes/qrcode', as('lawyer'), 403 ],
    client_not_registered   => [ 'GET /api/device', as('device', client_id => 'nobody'), 403 ],
    confirmation_required   => [ 'POST /api/v1/cases/1/motions/1', as('party'), 403 ],
    second_approval_required => [ 'PUT /api/v1/courts/B00/operators/1', as('officer', sub => 'officer-2'), 403 ],
    consent_required        => [ 'GET /api/v1/me/identity', as('party'), 403 ],
    upgrade_not_allowed     => [ $case, sub { Court::bearer('party') . "\nUpgrade: websocket" }, 403 ],
    mine_alone              => [ 'GET /api/own', as('party'), 403 ],
    filing_needs_lawyer     => [ 'POST /api/v1/courts/B00/filings/1/submit', as('assistant'), 403 ],
    identity_unavailable    => [ 'GET /api/v1/calendar/conflicts', as('lawyer', sub => 'broken'), 503 ],
    facts_unavailable       => [ 'GET /api/v1/cases/broken', as('party'), 503 ],
    overloaded              => [ 'GET /api/v1/calendar/conflicts', as('lawyer', sub => 'other'), 503 ],
);

# the whole text of a refusal, checked where it is told
sub is_told {
    my ($code, $status, $text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my $problem = eval { JSON::PP->new->utf8->decode($body) } || {};

    like $head, qr/^Court-Refused: \Q$code\E\r?$/m, "$code: Court-Refused";
    like $head, qr/^Court-Request-Id: [0-9a-f]{16,}\r?$/m, "$code: a request id";
    like $head, qr/^Cache-Control: no-store\r?$/m, "$code: not kept";
    like $head, qr/^Vary: .*Accept-Language/m, "$code: Vary";
    like $head, qr{^Content-Type: application/problem\+json\r?$}m, "$code: problem+json";
    $status == 401
        ? like($head, qr/^WWW-Authenticate: Bearer /m, "$code: a challenge")
        : unlike($head, qr/^WWW-Authenticate/m, "$code: no challenge");
    $status == 503
        ? like($head, qr/^Retry-After: [1-9]\d?\r?$/m, "$code: try again")
        : unlike($head, qr/^Retry-After/m, "$code: trying again is no help");

    is $problem->{type}, "urn:court:problem:$code", "$code: type";
    is $problem->{status}, $status, "$code: status";
    is $problem->{code}, $code, "$code: code";
    ok length($problem->{$_} // ''), "$code: $_" for qw(title detail request_id);
    ok exists $problem->{next}, "$code: next";

    return $problem;
}

add_response_body_check(sub {
    my ($block) = @_;
    my $code = $block->code or return;
    my ($request, $headers, $status) = @{$how{$code}};
    my ($method, $path) = split / /, $request;
    my @headers = (split(/\n/, $headers->()), 'Content-Length: 0');
    my $busy;

    # Test::Nginx's own request was the first; here the text as it is sent
    if ($code eq 'overloaded') {
        $busy = CourtSource::ask($path, Court::bearer('lawyer', sub => 'hang'));
        CourtSource::wait_for(sub { CourtSource::calls('hang') });
    }

    my %title;
    Court::hits();

    for my $lang (qw(zh en)) {
        my $socket = CourtSource::request($method, $path, @headers, "Accept-Language: $lang");
        my ($got, $refused, $text) = CourtSource::answered($socket);
        is $got, $status, "$code: $lang: $status";
        my $problem = is_told($code, $status, $text);
        $title{$problem->{title} // ''}++;
        like $text, qr/^Content-Language: \Q$lang\E/m, "$code: in $lang";
    }

    is scalar keys %title, 2, "$code: two languages, two titles";
    is Court::hits(), 0, "$code: the court saw nothing";
    close $busy if $busy;
});

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', $http) unless defined $block->http_config;
    $block->set_value('no_error_log', qr{\[(?:alert|crit|emerg)\]});
    $block->set_value('request', 'GET /open');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /open { court off; return 200 "open\n"; }
_EOC_
});

log_level('info');
no_shuffle();
run_tests();

__DATA__

=== TEST 1: path_not_canonical
--- code: path_not_canonical


=== TEST 2: credentials_ambiguous
--- code: credentials_ambiguous


=== TEST 3: token_missing
--- code: token_missing


=== TEST 4: token_invalid
--- code: token_invalid


=== TEST 5: token_expired
--- code: token_expired


=== TEST 6: binding_invalid
--- code: binding_invalid


=== TEST 7: replayed
--- code: replayed


=== TEST 8: reauthentication_required
--- code: reauthentication_required


=== TEST 9: assurance_too_low
--- code: assurance_too_low


=== TEST 10: no_rule
--- code: no_rule


=== TEST 11: forbidden
--- code: forbidden


=== TEST 12: role_forbidden
--- code: role_forbidden


=== TEST 13: role_unknown
--- code: role_unknown


=== TEST 14: practice_not_active
--- code: practice_not_active


=== TEST 15: identity_not_found
--- code: identity_not_found


=== TEST 16: link_not_active
--- code: link_not_active


=== TEST 17: too_many_links
--- code: too_many_links


=== TEST 18: not_delegated
--- code: not_delegated


=== TEST 19: no_relation
--- code: no_relation


=== TEST 20: own_unit_only
--- code: own_unit_only


=== TEST 21: special_authority_required
--- code: special_authority_required


=== TEST 22: court_scope
--- code: court_scope


=== TEST 23: outside_window
--- code: outside_window


=== TEST 24: channel_forbidden
--- code: channel_forbidden


=== TEST 25: client_not_registered
--- code: client_not_registered


=== TEST 26: confirmation_required
--- code: confirmation_required


=== TEST 27: second_approval_required
--- code: second_approval_required


=== TEST 28: consent_required
--- code: consent_required


=== TEST 29: upgrade_not_allowed
--- code: upgrade_not_allowed


=== TEST 30: mine_alone
--- code: mine_alone


=== TEST 31: filing_needs_lawyer
--- code: filing_needs_lawyer


=== TEST 32: identity_unavailable
--- code: identity_unavailable


=== TEST 33: facts_unavailable
--- code: facts_unavailable


=== TEST 34: overloaded
--- code: overloaded
