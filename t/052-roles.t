# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Every role x every interface of the matrix, through the module, with the
# policy of conf/ and every condition met that can be met: who may, may; who
# may not is told so; and what cannot be proved yet is asked for by its name.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

# an issuer that asserts the back-end systems, too
push @{$Court::ROLES{platform}}, 'device';

my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my $policy = JSON::PP->new->decode(Court::slurp('conf/policy/court.json'));

# conditions that nothing can meet until their proofs exist
my %later = (
    confirmed    => 'confirmation_required',
    channel_app  => 'channel_forbidden',
    nonce        => 'replayed',
    bound_client => 'client_not_registered',
    second       => 'second_approval_required',
);
my %status = (replayed => 401);

# own_unit reads the relation to a case, and these paths have none: refused
my %caseless = map { ("$_ gov_lawyer" => 'own_unit_only') } qw(filing.draft filing.submit);

my (@cells, %role, %interface, %count);

open my $in, '<', 't/data/matrix.csv' or die "matrix.csv: $!\n";
my $head = <$in>;
die "matrix.csv: another head\n" unless $head =~ /^interface,method,path,role,effect,conditions/;

while (<$in>) {
    s/[\r\n]+$//;
    my ($interface, $method, $path, $role, $effect, $conditions) = split /,/;
    next unless defined $effect;
    push @cells, { interface => $interface, method => $method, path => $path,
                   role => $role, effect => $effect,
                   conditions => [ split ' ', $conditions // '' ] };
    $interface{$interface} = $role{$role} = 1;
    $count{$effect}++;
}

our @roles = sort keys %role;
my @interfaces = sort keys %interface;

# everything met: facts about ROLE-1
my @window = (windows => [ { from => '2020-01-01T00:00:00Z', until => '2099-01-01T00:00:00Z' } ]);

for my $who (map { "$_-1" } @roles) {
    Court::relation('B00', '1', $who, side => 'plaintiff', capacity => 'agent',
        special_authority => $true, own_unit => $true, secrecy => 'none', assigned => $true,
        addressee => ['1'], permits => [ @interfaces, qw(dossier hearing observe receive) ],
        delegated => { 'assistant-1' => [@interfaces] }, @window);
    Court::fact('staff', $who, { subject => $who, court => 'B00', posts => ['window'],
        high_court => $true, active_until => '2099-01-01T00:00:00Z' })
        if $who =~ /^(?:officer|scanner|judge|operator|secadmin|auditor)-/;
}

Court::identity('lawyer-1');
Court::identity('gov_lawyer-1', kind => 'public');
Court::fact('link', 'assistant-1-lawyer-1', {
    assistant => 'assistant-1', principal => 'lawyer-1', status => 'active',
    approved_by_principal => $true, approved_by_firm => $true, active_links => 3,
    valid_from => '2020-01-01T00:00:00Z', delegated => [@interfaces] });
Court::fact('device', 'device-1', { client => 'device-1', court => 'B00',
    gates => ['1'], state => 'active' });

my %own = (
    application => { applicant => 'applicant-1' },
    assistant   => { assistant => 'assistant-1' },
);

sub path_for {
    my ($cell) = @_;
    my $role = $cell->{role};

    return $cell->{path} =~ s/\{(\w+)\}/$1 eq 'court' ? 'B00'
                                       : ($own{$1} && $own{$1}{$role}) || 1/ger;
}

# status, and a pattern for the code
sub wanted {
    my ($cell) = @_;

    return (403, 'role_forbidden') if $cell->{effect} eq 'none';
    return (403, join '|', 'role_forbidden', sort keys %{$policy->{reasons}})
        if $cell->{effect} eq 'forbid';

    my @unmet = grep { $later{$_} } @{$cell->{conditions}};
    push @unmet, $caseless{"$cell->{interface} $cell->{role}"} || ();

    return (200, '') unless @unmet;

    my @codes = map { $later{$_} || $_ } @unmet;
    return (join('|', map { $status{$_} || 403 } @codes), join '|', @codes);
}

sub cells  { return grep { $_->{role} eq $_[0] } @cells }
sub codes  { return [ map { my (undef, $code) = wanted($_); "Court-Refused: (?:$code)" } cells($_[0]) ] }
sub statuses { return [ map { (wanted($_))[0] } cells($_[0]) ] }
sub lines  { return [ map { "$_->{method} " . path_for($_) } cells($_[0]) ] }
sub token  {
    return Court::bearer($_[0], scope => 'openid identity.consent', acr => 'face',
        court => 'B00', client_id => "$_[0]-1");
}

my $allowed = grep { (wanted($_))[0] eq '200' } @cells;
my $later = grep { $_->{effect} =~ /allow|delegated/ && (wanted($_))[0] ne '200' } @cells;

is scalar(@roles), 13, 'roles';
is scalar(@interfaces), 48, 'interfaces';
is scalar(@cells), 13 * 48, 'cells: every role x every interface';
diag sprintf('%d cells: %d allowed, %d wait for proofs of later, %d forbidden, %d without a rule',
             scalar @cells, $allowed, $later, $count{forbid}, $count{none});

our $http = Court::http_config(policy => $policy);

add_block_preprocessor(sub {
    my ($block) = @_;
    my $role = $block->role;

    $block->set_value('http_config', $http);
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
_EOC_
    $block->set_value('pipelined_requests', lines($role));
    $block->set_value('more_headers', token($role));
    $block->set_value('error_code_like', [ map { qr/^(?:$_)$/ } @{statuses($role)} ]);
    $block->set_value('response_headers_like', codes($role));
});

log_level('info');
CourtSource::quiet();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: lawyer
--- role: lawyer


=== TEST 2: gov_lawyer
--- role: gov_lawyer


=== TEST 3: assistant
--- role: assistant


=== TEST 4: party
--- role: party


=== TEST 5: agent
--- role: agent


=== TEST 6: applicant
--- role: applicant


=== TEST 7: officer
--- role: officer


=== TEST 8: scanner
--- role: scanner


=== TEST 9: judge
--- role: judge


=== TEST 10: device
--- role: device


=== TEST 11: operator
--- role: operator


=== TEST 12: secadmin
--- role: secadmin


=== TEST 13: auditor
--- role: auditor
