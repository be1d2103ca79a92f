# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Every stage forced to every result, nginx's own codes among them, by a
# module built with NGX_COURT_DEBUG: the court is reached on PASS alone, and
# the last decision that is recorded is what became of the request.

use lib 't/lib';

BEGIN {
    my $debug = $ENV{COURT_DEBUG} || 'build/debug/ngx_http_court_module.so';

    die "$debug is not built: make debug\n" unless -e $debug;
    $ENV{TEST_NGINX_LOAD_MODULES} = $debug;
}

use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit ();
use CourtHttp;

our @stages = qw(match caller facts decide record forward);
our @values = qw(PASS REFUSED FAILED WAIT GARBAGE OK ERROR AGAIN BUSY DONE
                 DECLINED ABORT);
our %status = (PASS => '200 -', REFUSED => '403 forbidden');
our %recorded = (PASS => 'allow', REFUSED => 'refuse forbidden');

our @auth = (Court::bearer('lawyer'));

Court::identity('lawyer-1');
Court::relation('B00', '1', 'lawyer-1');

# "allow", "refuse forbidden": the last decision in the record
sub recorded {
    my ($id, $want) = @_;
    my @lines;

    poll(sub {
        @lines = grep { /"request_id":"$id"/ } CourtAudit::lines('audit.log');
        grep { /"phase":"outcome"/ } @lines;
    });

    my ($last) = reverse grep { /"phase":"decision"/ } @lines;
    my ($decision) = ($last // '') =~ /"decision":"([^"]*)"/;
    my ($reason) = ($last // '') =~ /"reason":"([^"]*)"/;

    return join ' ', grep { defined } $decision, $reason;
}

# a row of the table: a module reads COURT_FORCE when it is loaded
sub row {
    my ($force) = @_;
    my ($value) = $force =~ /=(.*)/;
    my $want = $status{$value} || '500 internal_error';

    for my $way ([ 'GET', '/cases/1' ], [ 'POST', '/me', 'body' ]) {
        my ($method, $path, $body) = @$way;
        my $answer = h1($method, $path, [@auth], $body);
        my @hits = upstream();
        my $got = "$answer->{status} "
                  . (header($answer, 'Court-Refused') || '-');

        is($got, $want, "$force: $method $path");
        is(scalar @hits, $value eq 'PASS' ? 1 : 0, "$force: upstream hits");
        is(recorded(header($answer, 'Court-Request-Id')),
           $recorded{$value} || 'error internal_error', "$force: the record");
        Test::More::note(sprintf '%-18s %-4s %-22s hits %d', $force, $method,
                                 $got, scalar @hits);
    }
}

our @rows = map { my $stage = $_; map { "$stage=$_" } @values } @stages;
our ($force, $blocks);

# one block for each row, all alike
our $block = <<'_EOC_';
=== TEST %d: %s
--- force: %s
--- config
    location / { proxy_pass http://court_mock; }
--- check
row('%s');

_EOC_

add_block_preprocessor(sub {
    my ($b) = @_;
    $ENV{COURT_FORCE} = $b->force;
});

no_shuffle();
Test::Base->default_object->spec_string(
    join '', map { sprintf $block, ++$blocks, ($_) x 3 } @rows);
run_tests();
