# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Mapping files: another platform's JSON becomes our record, and nothing that
# the file does not say is guessed.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtSource;

my $policy = {
    format => 1, version => 1,
    facts => { identity => ['active', 'kind', 'unit'], relation => ['side', 'own_unit'] },
    conditions => {
        active => { on => 'person', all => [ ['identity.active', '==', JSON::PP::true] ],
                    reason => 'practice_not_active' },
        unit => { on => 'person', all => [ ['identity.unit', '==', 'home'] ],
                  reason => 'own_unit_only' },
        own => { on => 'person', all => [ ['relation.own_unit', '==', JSON::PP::true] ],
                 reason => 'own_unit_only' },
    },
    interfaces => [
        { id => 'me',   routes => [ { methods => ['GET'], path => '/api/me' } ] },
        { id => 'unit', routes => [ { methods => ['GET'], path => '/api/unit' } ] },
        { id => 'case', routes => [ { methods => ['GET'], path => '/api/cases/{case}' } ] },
    ],
    rules => [
        { id => 'me', effect => 'allow', roles => ['lawyer'],
          interfaces => ['me'], when => ['active'] },
        { id => 'unit', effect => 'allow', roles => ['lawyer'],
          interfaces => ['unit'], when => ['unit'] },
        { id => 'case', effect => 'allow', roles => ['party'],
          interfaces => ['case'], when => ['own'] },
    ],
};

my %identity = (
    format => 1,
    echo   => { subject => '/data/id' },
    result => { pointer => '/code', ok => ['0', 200], not_found => ['1001'] },
    fields => {
        status    => { pointer => '/data/zt', default => 'error',
                       values => { 1 => 'active', 2 => 'suspended', 3 => 'revoked' } },
        kind      => { pointer => '/data/lb', default => 'full_time',
                       values => { gz => 'public', zz => 'full_time' } },
        unit      => { pointer => '/data/a~1b/x~0y/0', default => undef,
                       values => { h => 'home', f => 'foreign' } },
        suspended => { pointer => '/data/stop' },
    },
);

my %relation = (
    format => 1,
    echo   => { subject => '/who', case => '/what/no', court => '/where' },
    fields => {
        side     => { pointer => '/side' },
        own_unit => { pointer => '/own', values => { Y => JSON::PP::true, N => JSON::PP::false } },
    },
);

my $maps;

# the text of a configuration whose identity map is that
sub with_map {
    my ($identity, $relation) = @_;
    my $file = Court::file('map' . ++$maps . '.json',
                           ref $identity ? Court::json($identity) : $identity);
    my $other = Court::file('map' . ++$maps . '.json', Court::json($relation || \%relation));

    return Court::http_config(policy => $policy, facts => Court::facts(
        all => 'breaker 100000/1s;', identity => "map $file;", relation => "map $other;"));
}

# %identity with one place changed: 'echo/subject' => value; undef: taken out
sub changed {
    my ($path, $value) = @_;
    my $copy = JSON::PP->new->decode(Court::json(\%identity));
    my @names = split m{\|}, $path;
    my $last = pop @names;
    my $at = $copy;

    $at = $at->{$_} for @names;
    defined $value ? ($at->{$last} = $value) : delete $at->{$last};

    return with_map($copy);
}

our $http = with_map(\%identity);

# subject, answer (undef: as below with %$data merged), what becomes of it
my @cases = (
    # the result
    [ 'ok-text',     { code => '0' },    {},  '' ],
    [ 'ok-number',   { code => 0 },      {},  '' ],
    [ 'ok-listed',   { code => '200' },  {},  '' ],
    [ 'none-text',   { code => '1001' }, {},  'identity_not_found' ],
    [ 'none-number', { code => 1001 },   {},  'identity_not_found' ],
    [ 'other-code',  { code => '1002' }, {},  503 ],
    [ 'no-code',     { code => undef },  {},  503 ],
    [ 'true-code',   { code => JSON::PP::true },  {},  503 ],
    [ 'list-code',   { code => ['0'] },  {},  503 ],
    [ 'spaced-code', { code => ' 0' },   {},  503 ],
    [ 'real-code',   { code => 0.5 },    {},  503 ],
    [ 'no-data',     { code => '0', data => undef }, {}, 503 ],
    # the echo
    [ 'other-id',    {}, { id => 'ok-text' },   503 ],
    [ 'no-id',       {}, { id => undef },       503 ],
    [ 'list-id',     {}, { id => ['list-id'] }, 503 ],
    [ '12345',       {}, { id => 12345 },       '' ],
    [ '12346',       {}, { id => 12345 },       503 ],
    # values
    [ 'number-value', {}, { zt => 1 },     '' ],
    [ 'suspended',    {}, { zt => '2' },   'practice_not_active' ],
    [ 'revoked',      {}, { zt => '3' },   'practice_not_active' ],
    [ 'unknown',      {}, { zt => '9' },   503 ],
    [ 'word-of-ours', {}, { zt => 'active' }, 503 ],
    [ 'no-status',    {}, { zt => undef }, 'practice_not_active' ],
    [ 'list-status',  {}, { zt => ['1'] }, 503 ],
    # default: a word
    [ 'kind-listed',  {}, { lb => 'gz' },  'role_forbidden' ],
    [ 'kind-default', {}, { lb => 'new' }, '' ],
    [ 'kind-absent',  {}, { lb => undef }, 'role_forbidden' ],
    # no values: the type decides
    [ 'stopped',      {}, { stop => [ { from => '2020-01-01T00:00:00Z' } ] }, 'practice_not_active' ],
    [ 'was-stopped',  {}, { stop => [ { from => '2020-01-01T00:00:00Z', until => '2021-01-01T00:00:00Z' } ] }, '' ],
    [ 'stop-broken',  {}, { stop => [ { from => 'yesterday' } ] }, 503 ],
    [ 'stop-text',    {}, { stop => 'no' }, 503 ],
    [ 'stop-backwards', {}, { stop => [ { from => '2021-01-01T00:00:00Z', until => '2020-01-01T00:00:00Z' } ] }, 503 ],
);

sub prepare {
    my ($subject, $answer, $data) = @_;
    my %data = (id => $subject, zt => '1', lb => 'zz', %$data);
    delete @data{grep { !defined $data{$_} } keys %data};
    my %answer = (code => '0', data => \%data, %$answer);
    delete @answer{grep { !defined $answer{$_} } keys %answer};
    Court::fact('identity', $subject, \%answer);
}

prepare(@$_) for @cases;

sub paths  { return [ ('GET /api/me') x @cases ] }
sub tokens { return [ map { Court::bearer('lawyer', sub => $_->[0]) } @cases ] }
sub status { return [ map { $_->[3] eq '' ? 200 : $_->[3] eq '503' ? 503 : 403 } @cases ] }
sub codes  { return [ map { 'Court-Refused: ' . ($_->[3] eq '503' ? 'identity_unavailable' : $_->[3]) } @cases ] }

# the unit stands at a pointer with escapes and an index; default null: absent
our @units = ([ 'home', ['h'], 200 ], [ 'foreign', ['f'], 403 ], [ 'newer', ['z'], 403 ],
              [ 'none', [], 403 ], [ 'text', 'h', 403 ]);
prepare("unit-$_->[0]", {}, { 'a/b' => { 'x~y' => $_->[1] } }) for @units;

our @relations = (
    [ 'own',     { own => 'Y' }, 200, '' ],
    [ 'foreign', { own => 'N' }, 403, 'own_unit_only' ],
    [ 'absent',  { own => undef }, 403, 'own_unit_only' ],
    [ 'other',   { own => 'J' }, 503, 'facts_unavailable' ],
    [ 'bool',    { own => JSON::PP::true }, 503, 'facts_unavailable' ],
    [ 'court',   { own => 'Y', where => 'B01' }, 503, 'facts_unavailable' ],
    [ 'nocourt', { own => 'Y', where => undef }, 503, 'facts_unavailable' ],
    [ 'case',    { own => 'Y', what => { no => '8' } }, 503, 'facts_unavailable' ],
    [ 'nocase',  { own => 'Y', what => {} }, 503, 'facts_unavailable' ],
    [ 'subject', { own => 'Y', who => 'r-own' }, 503, 'facts_unavailable' ],
);

for (@relations) {
    my %record = (who => "r-$_->[0]", what => { no => 7 }, where => 'B00', side => 'x', %{$_->[1]});
    delete @record{grep { !defined $record{$_} } keys %record};
    Court::fact('relation', "B00-7-r-$_->[0]", \%record);
}

add_block_preprocessor(sub {
    my ($block) = @_;
    if (defined $block->must_die) {
        $block->set_value('error_log', $block->error_log . "[emerg]");
        $block->set_value('suppress_stderr', 1);
    }
    $block->set_value('config', <<'_EOC_') unless defined $block->config;
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
_EOC_
});

log_level('info');
CourtSource::quiet();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: result, echo, values, default
--- http_config eval: $::http
--- pipelined_requests eval: main::paths()
--- more_headers eval: main::tokens()
--- error_code eval: main::status()
--- response_headers eval: main::codes()


=== TEST 2: a pointer with escapes and an index; default null is absent
--- http_config eval: $::http
--- pipelined_requests eval: [('GET /api/unit') x @::units]
--- more_headers eval: [map { Court::bearer('lawyer', sub => "unit-$_->[0]") } @::units]
--- error_code eval: [map { $_->[2] } @::units]
--- response_headers eval
[map { $_->[2] == 403 ? 'Court-Refused: own_unit_only' : 'Court-Refused:' } @::units]


=== TEST 3: bool through values; echo of court and case
--- http_config eval: $::http
--- pipelined_requests eval: [('GET /api/cases/7') x @::relations]
--- more_headers eval: [map { Court::bearer('party', sub => "r-$_->[0]") } @::relations]
--- error_code eval: [map { $_->[2] } @::relations]
--- response_headers eval: [map { "Court-Refused: $_->[3]" } @::relations]


=== TEST 4: load: not JSON
--- http_config eval: main::with_map("{\n  \"format\": 1,\n  oops\n}")
--- must_die
--- error_log
line 3


=== TEST 5: load: no format
--- http_config eval: main::changed('format')
--- must_die
--- error_log
"format" is missing


=== TEST 6: load: another format
--- http_config eval: main::changed('format', 2)
--- must_die
--- error_log
/format: must be 1


=== TEST 7: load: no fields
--- http_config eval: main::changed('fields')
--- must_die
--- error_log
"fields" is missing


=== TEST 8: load: a field that the fact has not
--- http_config eval: main::changed('fields|colour', { pointer => '/data/c' })
--- must_die
--- error_log
/fields/colour: is no field of this fact


=== TEST 9: load: a field without pointer
--- http_config eval: main::changed('fields|unit', { values => { a => 'b' } })
--- must_die
--- error_log
/fields/unit: "pointer" is missing


=== TEST 10: load: a pointer that is none
--- http_config eval: main::changed('fields|status|pointer', 'data/zt')
--- must_die
--- error_log
/fields/status/pointer: must be a JSON pointer


=== TEST 11: load: a pointer with a wrong escape
--- http_config eval: main::changed('fields|status|pointer', '/data~2')
--- must_die
--- error_log
/fields/status/pointer: must be a JSON pointer


=== TEST 12: load: values for a type that has none
--- http_config eval
main::changed('fields|suspended', { pointer => '/data/stop', values => { a => 'b' } })
--- must_die
--- error_log
/fields/suspended/values: is for string, enum and bool only


=== TEST 13: load: default without values
--- http_config eval
main::changed('fields|unit', { pointer => '/data/u', default => 'error' })
--- must_die
--- error_log
/fields/unit: "default" is for "values"


=== TEST 14: load: an unknown member
--- http_config eval: main::changed('result|sucess', ['0'])
--- must_die
--- error_log
/result/sucess: unknown member


=== TEST 15: load: result without ok
--- http_config eval: main::changed('result|ok')
--- must_die
--- error_log
/result: "ok" is missing


=== TEST 16: load: result without pointer
--- http_config eval: main::changed('result|pointer')
--- must_die
--- error_log
/result: "pointer" is missing


=== TEST 17: load: a word that is ok and not found
--- http_config eval: main::changed('result|not_found', ['1001', '0'])
--- must_die
--- error_log
/result: a word is in "ok" and in "not_found"


=== TEST 18: load: no echo of the subject
--- http_config eval: main::changed('echo', {})
--- must_die
--- error_log
/echo: an answer must name every person


=== TEST 19: load: echo of what is no key
--- http_config eval: main::changed('echo|principal', '/data/p')
--- must_die
--- error_log
/echo/principal: is no key of this fact


=== TEST 20: load: a value of another type
--- http_config eval: main::changed('fields|status|values|1', 5)
--- must_die
--- error_log
/fields/status/values/1: is not of the field's type


=== TEST 21: load: a file that is not there
--- http_config eval
Court::http_config(facts => Court::facts(identity => 'map nowhere.json;'))
--- must_die
--- error_log
nowhere.json


=== TEST 22: load: the same member twice
--- http_config eval
main::with_map('{"format":1,"format":1}')
--- must_die
--- error_log
duplicate
