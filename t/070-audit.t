# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The decision record: what is in it, what must never be, and that the chain
# of each worker is whole.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;

my $dir = Court::dir();
my $subject = 'lawyer-310115198001011234';
my $case = 'CASE-4711';

my $policy = {
    format => 1, version => 2026112801,
    facts => { identity => ['active', 'kind', 'status', 'unit', 'verified_at'], relation => ['side'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
        suspended => { on => 'person', all => [ ['identity.status', '==', 'suspended'] ] },
        unit => { on => 'person', all => [ ['identity.unit', '==', 'x'] ] },
        acr => { on => 'caller', all => [ ['token.acr_level', '>=', 3] ], reason => 'assurance_too_low' },
        who => { on => 'caller', all => [ ['token.sub', '==', 'nobody'] ] },
        case => { on => 'request', all => [ ['path.case', '==', 'nothing'] ] },
        side => { on => 'person', all => [ ['relation.side', 'exists'] ], reason => 'no_relation' },
    },
    interfaces => [
        (map { { id => "$_.read", routes => [ { methods => ['GET'], path => "/api/$_" } ] } }
             qw(active suspended unit acr who none)),
        { id => 'case.read', routes => [ { methods => ['GET'], path => '/api/cases/{case}' } ] },
        { id => 'case.odd', routes => [ { methods => ['GET'], path => '/api/odd/{case}' } ] },
        { id => 'open.read', auth => 'none', routes => [ { methods => ['GET'], path => '/api/open' } ] },
    ],
    rules => [
        (map { { id => "r-$_", effect => 'allow', roles => ['lawyer'],
                 interfaces => ["$_.read"], when => [$_] } } qw(active suspended unit acr who)),
        { id => 'r-case', effect => 'allow', roles => ['lawyer'], interfaces => ['case.read'],
          when => ['active', 'side'] },
        { id => 'r-odd', effect => 'allow', roles => ['lawyer'], interfaces => ['case.odd'],
          when => ['case'] },
    ],
};

Court::identity($subject, unit => 'Zhang San & Partners');
Court::relation('B00', $case, $subject);
CourtAudit::ring('sha.key', 'k2024', 'hmac-sha256');

my $n = 0;

my $file;

# a log of its own for each block
sub http {
    my (%o) = @_;
    my $file = 'audit-' . ++$n . '.log';

    my $text = Court::http_config(policy => $policy,
        main => "court_audit_log $dir/$file flush=50ms;" . ($o{main} // ''));
    $text =~ s/\Qcourt_audit_key $dir\E\/audit.key/court_audit_key $dir\/$o{key}/ if $o{key};
    return $text;
}

our $token = Court::bearer('lawyer', sub => $subject, acr => 'sms', client_id => 'app-7');

sub get { return CourtSource::fetch("/api/$_[0]", $token) }

# decision and outcome of the request that this call makes
sub both {
    my ($path, @headers) = @_;
    my %seen = map { $_->{request_id} // '' => 1 } CourtAudit::records($file);
    my $status = CourtSource::fetch($path, @headers);
    my %new;

    CourtAudit::poll(sub {
        %new = map { $_->{phase} => $_ } grep { $_->{request_id} && !$seen{$_->{request_id}} }
                   CourtAudit::records($file);
        return $new{outcome};
    });

    return ($new{decision} // {}, $new{outcome} // {}, $status);
}

our %steps = (
    allow => sub {
        my ($d, $o, $status) = both("/api/cases/$case", $token, 'X-Forwarded-For: 10.1.1.1');
        is $status, 200, 'allow: served';

        my %is = (v => 1, phase => 'decision', court => 'B00', interface => 'case.read', method => 'GET',
                  role => 'lawyer', kind => 'full_time', client => 'app-7', channel => 'unknown',
                  ip => '127.0.0.1', decision => 'allow', rule => 'r-case', policy_version => 2026112801);
        is $d->{$_}, $is{$_}, "allow: $_" for sort keys %is;
        like $d->{request_id}, qr/^[0-9a-f]{32}$/, 'allow: request_id';
        like $d->{time}, qr/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'allow: time';
        like $d->{$_}, qr/^a1:[0-9a-f]{32}$/, "allow: $_ names its key" for qw(subject_h case_h);
        like $d->{policy_hash}, qr/^[0-9a-f]{64}$/, 'allow: policy_hash';
        like $d->{prev}, qr/^sm3:[0-9a-f]{64}$/, 'allow: prev';
        ok !exists $d->{$_}, "allow: no $_" for qw(reason failed principal_h status bytes);
        is join(' ', sort map { "$_->{name}:$_->{tier}" } @{$d->{facts}}),
           'identity:source relation:source', 'allow: facts and tiers';
        ok !(grep { $_->{age} !~ /^[0-9]$/ } @{$d->{facts}}), 'allow: ages';

        is $o->{request_id}, $d->{request_id}, 'outcome: the same request';
        is $o->{$_}, 200, "outcome: $_" for qw(status upstream_status);
        ok $o->{bytes} > 100, 'outcome: bytes';
        is $o->{decision}, 'allow', 'outcome: decision';

        ($d) = both("/api/cases/$case", $token);
        is join(' ', sort map { "$_->{name}:$_->{tier}" } @{$d->{facts}}),
           'identity:zone relation:zone', 'again: from the zone';
        my ($e) = both("/api/cases/other", $token);
        is $e->{subject_h}, $d->{subject_h}, 'one person, one pseudonym';
        isnt $e->{case_h}, $d->{case_h}, 'two cases, two pseudonyms';
        is $e->{reason}, 'no_relation', 'the second is refused';
        ok !(grep { $_->{name} eq 'relation' && ($_->{state} // '') ne 'none' } @{$e->{facts}}),
           'the relation is none';

        my $all = join '', CourtAudit::lines($file);
        my ($jwt) = $token =~ /Bearer (.*)/;
        ok index($all, $_->[1]) < 0, "never in the record: $_->[0]"
            for ['the person', $subject], ['his number', '310115'], ['the case', $case],
                ['the token', $jwt], ['its signature', substr $jwt, -40], ['the path', '/api/'],
                ['the unit', 'Zhang'], ['X-Forwarded-For', '10.1.1.1'];
        is CourtAudit::chains($file), '', 'the chain is whole';
    },

    refuse => sub {
        my %value = (active => undef, suspended => 'active', unit => 'present', acr => '2',
                     who => 'present');

        for my $what (sort grep { $_ ne 'active' } keys %value) {
            my ($d, $o, $status) = both("/api/$what", $token);
            is $d->{decision}, 'refuse', "refuse: $what";
            is $d->{failed}[0]{cond}, $what, "refuse: $what is told";
            is $d->{failed}[0]{value}, $value{$what}, "refuse: $what and its value";
            is $d->{rule}, "r-$what", "refuse: $what, the rule";
            like $o->{status}, qr/^40[13]$/, "refuse: $what, the outcome";
            is $o->{reason}, $d->{reason}, "refuse: $what, the outcome's reason";
            ok !exists $o->{upstream_status}, "refuse: $what never went up";
        }

        my ($d) = both("/api/odd/$case", $token);
        is $d->{failed}[0]{value}, 'present', 'a case number is no value';

        ($d) = both('/api/none', $token);
        is $d->{reason}, 'role_forbidden', 'no rule for this role';
        ($d) = both('/api/nowhere', $token);
        is $d->{reason}, 'no_rule', 'no interface';
        ok !exists $d->{interface}, 'no interface in the record';
        ($d) = both('/api/active');
        is $d->{reason}, 'token_missing', 'nobody';
        ok !exists $d->{$_}, "nobody: no $_" for qw(subject_h role kind client);
        ($d) = both('/api/active', 'Authorization: Bearer x.y.z');
        is $d->{reason}, 'token_invalid', 'a bad token';
        ($d) = both('/api//active', $token);
        is $d->{reason}, 'path_not_canonical', 'a bad path';
        ($d) = both('/api/open');
        is $d->{decision}, 'allow', 'a public interface is recorded, too';

        my $all = join '', CourtAudit::lines($file);
        ok index($all, $_) < 0, "never in the record: $_" for $case, $subject, 'nowhere', 'x.y.z';
        is CourtAudit::chains($file), '', 'the chain is whole';
    },

    sha256 => sub {
        get('acr') for 1 .. 3;
        ok CourtAudit::wait_for($file, phase => 'outcome'), 'sha256: recorded';
        my ($d) = CourtAudit::find($file, phase => 'decision');
        like $d->{prev}, qr/^sha256:/, 'sha256: the ring says which digest';
        like $d->{subject_h}, qr/^k2024:/, 'sha256: and which key';
        is CourtAudit::chains($file), '', 'sha256: whole';
    },

    undecided => sub {
        is CourtSource::fetch('/early'), 204, 'a return in a protected location is before us';
        my ($o) = CourtAudit::wait_for($file, decision => 'undecided');
        is $o->{status}, 204, 'undecided: what it was told';
        is $o->{phase}, 'outcome', 'undecided: an outcome without a decision';
        like $o->{request_id}, qr/^[0-9a-f]{32}$/, 'undecided: request_id';

        CourtSource::fetch('/off');
        get('active');
        CourtAudit::wait_for($file, interface => 'active.read', phase => 'outcome');
        is scalar(CourtAudit::find($file, decision => 'undecided')), 1,
           'what is not protected is not recorded';
    },

    report => sub {
        my ($d, $o, $status) = both('/api/who', $token);
        is $status, 200, 'report: goes up';
        is $d->{decision}, 'would-refuse', 'report: recorded as what it would be';
        is $d->{reason}, 'forbidden', 'report: why';
        is $o->{decision}, 'would-refuse', 'report: outcome';
    },

    admin => sub {
        get('active');
        CourtAudit::wait_for($file, phase => 'outcome');
        my ($s) = CourtAudit::wait_for($file, event => 'start');
        like $s->{conf}, qr/^[0-9a-f]{64}$/, 'start: hash of the configuration';
        ok((grep { m{ /off$} } @{$s->{off}}), 'start: locations that are off');
        is join(' ', @{$s->{report}}), 'localhost /rep', 'start: that only report';
        ok !(grep { m{/identity} } @{$s->{off}}), 'start: not those of the source server';

        my ($w) = CourtAudit::find($file, event => 'worker_start');
        is $w->{policy_version}, 2026112801, 'worker_start: the policy';
        like $w->{policy_hash}, qr/^[0-9a-f]{64}$/, 'worker_start: its hash';
    },

    quiet => sub {
        is get('active'), 200, 'quiet: allowed';
        is get('who'), '403 forbidden', 'quiet: refused';
        CourtAudit::wait_for($file, reason => 'forbidden', phase => 'outcome');
        is scalar(CourtAudit::find($file, phase => 'decision')), 2, 'quiet: both recorded';
    },
    off => sub {
        is get('active'), 200, 'off: served';
        is get('who'), '403 forbidden', 'off: refused';
        is scalar(CourtAudit::find($file, phase => 'decision')), 0, 'off: nothing recorded here';
    },
);

add_response_body_check(sub {
    my ($block) = @_;
    my $steps = $block->steps;
    ($file) = $block->http_config =~ /(audit-\d+\.log)/;
    $steps{$steps}->();
});

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]") unless defined $block->no_error_log;
    $block->set_value('request', 'GET /off');
    my $lines = $block->lines // '';
    $block->set_value('config', <<"_EOC_");
        court_code B00;
        $lines
        location / { proxy_pass http://court_mock; }
        location = /early { return 204; }
        location = /off { court off; return 200 "off\\n"; }
        location /rep { court report; proxy_pass http://court_mock; }
_EOC_
});

no_root_location();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: allowed
--- http_config eval: main::http()
--- steps: allow


=== TEST 2: refused
--- http_config eval: main::http()
--- steps: refuse


=== TEST 3: a ring of HMAC-SHA256 makes a chain of SHA-256
--- http_config eval: main::http(key => 'sha.key')
--- steps: sha256


=== TEST 4: requests that the flow never saw
--- http_config eval: main::http()
--- steps: undecided


=== TEST 5: report
--- http_config eval: main::http()
--- lines
court report;
--- steps: report


=== TEST 6: admin records
--- http_config eval: main::http()
--- steps: admin


=== TEST 7: error_log keeps refusals, and says nothing of what is let in
--- http_config eval: main::http()
--- steps: quiet
--- error_log
court: decide: refuse: rule=r-who reason=forbidden
--- no_error_log
court: decide: allow
court: outcome
[alert]


=== TEST 8: off in a server; then error_log has all lines again
--- http_config eval: main::http()
--- lines
court_audit_log off;
--- steps: off
--- error_log
court: decide: allow: rule=r-active
court: decide: refuse: rule=r-who
--- no_error_log
[alert]
