# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Suites about the configuration: a block says in which lines it differs from
# one that is right, and where nginx must point at.
#
#     use lib 't/lib';
#     use Test::Nginx::Socket 'no_plan';
#     use CourtConf;
#
#     === TEST 1: a leeway above five minutes
#     --- issuer
#     leeway 301s;
#     } # here
#     --- must_die
#     --- error_log
#     "leeway" of court_issuer "platform" must not be above 300s
#
# Sections of lines; a line takes the place of the right one of that name:
#     http        of http{}; whole servers and further blocks, too
#     issuer      of court_issuer platform
#     fact        of court_fact identity
#     redis       of court_redis main, which stands only where this does
#     source      of the server behind court_source_server
#     server      of the server under test, instead of a court_code and a
#                 location / of the court
#     without     names of lines that are left out
#     policy      text of court_policy's file
#
# The line that holds "# here" is the one that error_log's first line must
# name, as "in FILE:LINE"; of several the first.  @DIR@ is Court::dir(), @COURT@ a proxy_pass.
# Every block must leave no [alert] and no [crit]; one that must not die no
# [emerg] either.  A block without a request asks for /open, which is public,
# and wants 200.

package CourtConf;

use strict;
use warnings;
use Court;
use Test::Nginx::Socket;

our $DIR = Court::dir();

our $POLICY = {
    format => 1, version => 10,
    facts => { identity => ['active', 'status'] },
    conditions => {
        active => { on => 'person', reason => 'practice_not_active',
                    all => [['identity.active', '==', JSON::PP::true]] },
    },
    interfaces => [
        { id => 'thing.read',
          routes => [{ methods => ['GET'], path => '/thing' }] },
        { id => 'thing.active',
          routes => [{ methods => ['GET'], path => '/active' }] },
        { id => 'open.read', auth => 'none',
          routes => [{ methods => ['GET'], path => '/open' }] },
    ],
    rules => [
        { id => 'r1', effect => 'allow', roles => ['lawyer'],
          interfaces => ['thing.read'] },
        { id => 'r2', effect => 'allow', roles => ['officer'],
          interfaces => ['thing.read'] },
        { id => 'r3', effect => 'allow', roles => ['lawyer'],
          interfaces => ['thing.active'], when => ['active'] },
    ],
};

my %RIGHT = (
    http => <<'_EOC_',
court_policy @DIR@/policy.json;
court_courts @DIR@/courts.json;
court_source_server unix:@DIR@/run/source.sock;
court_zone tokens:128k facts:128k negative:128k artefacts:512k;
_EOC_
    issuer => <<'_EOC_',
issuer https://platform.test;
audience court-api;
roles lawyer party;
algorithms ES256;
jwks_file @DIR@/platform.jwks;
_EOC_
    fact => <<'_EOC_',
source /identity;
key $court_issuer $court_subject;
field status enum;
field suspended intervals;
_EOC_
    redis => <<'_EOC_',
server unix:@DIR@/run/redis.sock;
_EOC_
    source => <<'_EOC_',
listen unix:@DIR@/run/source.sock;
location = /identity { proxy_pass http://unix:@DIR@/run/mock.sock:/identity/$court_source_key_2; }
_EOC_
    server => <<'_EOC_',
court_code B00;
location / {
@COURT@
}
_EOC_
);

my $MOCK = <<'_EOC_';
server {
listen unix:@DIR@/run/mock.sock;
court off;
log_not_found off;
root @DIR@/source;
}
_EOC_


# @COURT@: the court of Court.pm, which tells the head that reached it.  What
# "return" says is said before the gateway decides.
sub filled {
    return $_[0] =~ s/\@COURT\@/proxy_pass http:\/\/unix:\@DIR@\/run\/court.sock;/gr
                 =~ s/\@DIR\@/$DIR/gr;
}


sub word {
    return $_[0] =~ /^\s*([\w-]+)/ ? $1 : '';
}


# the right lines, but for those of a name that the block has or leaves out
sub lines {
    my ($section, $text, $without) = @_;
    my (%other, $depth);

    $depth = 0;
    for my $line (split /\n/, $text) {
        $other{word($line)} = 1 if $depth == 0;
        $depth += ($line =~ tr/{//) - ($line =~ tr/}//);
    }

    my @right = grep { !$other{word($_)} && !$without->{word($_)} }
                     split /\n/, $RIGHT{$section};

    return join '', map { "$_\n" } @right, split /\n/, $text;
}


sub block_of {
    my ($head, $section, $text, $without) = @_;
    my $lines = lines($section, $text // '', $without);

    # "} # here": the end of the block is meant
    my $end = ($lines =~ s/^(\}\h*\#\h*here)\n//m) ? $1 : '}';

    return "$head {\n$lines$end\n";
}


# http{}, in a file of its own, so that its lines are known
sub http_text {
    my ($block) = @_;
    my %without = map { $_ => 1 } split ' ', $block->without // '';
    my $http = lines('http', $block->http // '', \%without);
    my %has = map { $_ => 1 } $http =~ /^\s*(court_\w+ \w+) \{/mg;

    $http .= block_of('court_issuer platform', 'issuer',
                      scalar $block->issuer, \%without)
        unless $without{court_issuer} || $has{'court_issuer platform'};
    $http .= block_of('court_fact identity', 'fact',
                      scalar $block->fact, \%without)
        unless $without{court_fact} || $has{'court_fact identity'};
    $http .= block_of('court_redis main', 'redis',
                      scalar $block->redis, \%without)
        if defined $block->redis;
    $http .= block_of('server', 'source',
                      scalar $block->source, \%without)
        unless $without{source_server};

    $http .= $MOCK;
    return filled($http);
}


# "# here" as a pattern for where nginx says that it is
sub where {
    my ($file, $text) = @_;
    my $n = 0;

    for my $line (split /\n/, $text) {
        $n++;
        return quotemeta($file) . ":$n" . '(?!\d)' if $line =~ /#\h*here\b/;
    }

    return;
}


sub expect {
    my ($block, $where) = @_;
    my $said = $block->error_log;

    if (defined $said && !ref $said) {
        $said =~ s/\@DIR\@/$DIR/g;
        my @said = map { quotemeta } split /\n/, $said;

        $said[0] .= ".*? in $where" if defined $where;
        @said = map { qr/$_/ } @said;
        push @said, '[emerg]' if defined $block->must_die;
        $block->set_value('error_log', \@said);
    }

    if (!defined $block->no_error_log) {
        $block->set_value('no_error_log',
                          defined $block->must_die ? "[alert]\n[crit]\n"
                          : "[alert]\n[crit]\n[emerg]\n");
    }
}


sub prepare {
    my ($block) = @_;

    unlink "$DIR/court.reply";

    my $policy = $block->policy // Court::json($POLICY);
    Court::file('policy.json', $policy);

    my $http = http_text($block);
    my $server = filled($block->server // $RIGHT{server});

    my $http_file = Court::file('http.conf', $http);
    my $server_file = Court::file('server.conf', $server);

    $block->set_value('http_config', "include $http_file;");
    $block->set_value('config', "include $server_file;");

    expect($block, where($http_file, $http)
                   // where($server_file, $server));

    if (defined $block->must_die) {
        $block->set_value('suppress_stderr', 1);
        $block->set_value('request', undef);

    } elsif (!defined $block->request && !defined $block->pipelined_requests) {
        $block->set_value('request', "GET /open\n");
    }
}


Court::start_court();
add_block_preprocessor(\&prepare);
no_root_location();
no_shuffle();
log_level('info');


1;
