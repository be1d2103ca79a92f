# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# court_audit_log with $court_code: a file for each of 100 courts, chosen by a
# map; what belongs to no court, and the gateway's own acts, in the file "none".

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;

my $dir = Court::dir();
my @courts = map { sprintf 'C%03d', $_ } 1 .. 100;

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

Court::file('courts.json', Court::json([ map { { code => $_, name => $_ } } @courts ]));
CourtAudit::ring('sha.key', 'k1', 'hmac-sha256');

sub http {
    my (%o) = @_;
    my $map = join '', map { "$_ $_; " } @courts;
    my $text = Court::http_config(policy => $policy,
        main => "map \$arg_court \$court_of { default ''; unknown X1; $map }"
                . "court_audit_log $dir/\${court_code}.audit flush=50ms; " . ($o{main} // ''));

    $text =~ s/\Qcourt_audit_key $dir\E\/audit.key/court_audit_key $dir\/sha.key/;
    return $text;
}

our $token = Court::bearer('lawyer');
my (%old, %served);

# every court is asked twice, 20 at once
sub load {
    for my $from (0, 20, 40, 60, 80) {
        my @some = @courts[$from .. $from + 19];
        my @sockets = map { my $n = $_; map { CourtSource::ask("/api/$n?court=$_", $token) } @some }
                      qw(act ordinary);
        kill 'USR1', CourtAudit::pid() if $_[0] && $from == 40;
        my @status = map { (CourtSource::answered($_))[0] } @sockets;
        $served{$some[$_ % 20]} += $status[$_] == 200 for 0 .. $#status;
    }
}

sub files { my ($court) = @_; return (@{$old{$court} // []}, "$court.audit") }

sub decisions {
    my ($court) = @_;
    return grep { $_->{phase} eq 'decision' } map { CourtAudit::records($_) } files($court);
}

sub whole {
    my ($what) = @_;
    my %wrong;

    for my $court (@courts) {
        my @d = decisions($court);
        $wrong{"$court: " . @d . " of $served{$court}"} = 1 if @d != $served{$court};
        $wrong{"$court: $_->{court}"} = 1 for grep { $_->{court} ne $court } @d;
        my $chains = CourtAudit::chains(files($court));
        $wrong{"$court: $chains"} = 1 if $chains;
    }

    is join("\n", sort keys %wrong), '', "$what: each court has its own, all of it, whole";
}

our %steps = (
    each => sub {
        load();
        is scalar(grep { $_ == 2 } values %served), 100, 'each: all were served';
        CourtAudit::poll(sub { !grep { decisions($_) < 2 } @courts });
        whole('each');

        my %worker = map { $_->{worker} => 1 } map { CourtAudit::records("$_.audit") } @courts;
        my $chains = 0;
        $chains += keys %{{ map { $_->{worker} => 1 } CourtAudit::records("$_.audit") }} for @courts;
        is scalar(keys %worker), $chains, 'each: no two chains have one name';

        my ($first) = CourtAudit::records('C007.audit');
        is $first->{event}, 'worker_start', 'each: a chain begins with who writes it';
        like $first->{cycle}, qr/^\d{13}$/, 'each: and since when';
        is scalar(CourtAudit::find('none.audit', event => 'start')), 1, 'none: the gateway starts';
        is scalar(CourtAudit::find('none.audit', event => 'worker_start')), 2, 'none: its workers';
        is scalar(CourtAudit::find('none.audit', phase => 'decision')), 0, 'none: no court decision';
        is CourtSource::fetch('/api/ordinary', $token), 200, 'none: a request of no court';
        is CourtSource::fetch('/api/ordinary?court=unknown', $token), '403 court_scope',
           'none: of an unknown one';
        ok CourtAudit::poll(sub { CourtAudit::find('none.audit', phase => 'outcome') == 2 }),
           'none: are both there';
        ok !-e "$dir/X1.audit", 'a name that is no court is no file';
    },

    rotate => sub {
        for my $round (1 .. 3) {
            for my $court (@courts) {
                rename "$dir/$court.audit", "$dir/$court.audit.$round" or die "$court: $!\n";
                push @{$old{$court}}, "$court.audit.$round";
            }
            load(1);
        }

        kill 'HUP', CourtAudit::pid();
        ok CourtAudit::poll(sub { CourtAudit::find('none.audit', event => 'worker_stop') >= 2 }),
           'rotate: reload';
        CourtAudit::poll(sub { !grep { decisions($_) < $served{$_} } @courts });
        whole('rotate');

        my %open;
        for my $court (@courts) {
            my %last = map { $_->{worker} => $_->{event} // '' } map { CourtAudit::records($_) } files($court);
            $open{$court} = 1 if grep { $_ ne 'worker_stop' } values %last;
        }
        is join(' ', sort keys %open), '', 'rotate: workers that end say so in each file';
    },

    one => sub {
        is CourtSource::fetch('/api/act', $token), 200, 'one: served';
        ok CourtAudit::wait_for('one-C005', phase => 'outcome'), 'one: recorded';
        is join(' ', sort map { s{.*/}{}r } glob "$dir/one-*"), 'one-C005 one-none',
           'a server of one court opens no other file';
    },
);

add_response_body_check(sub { my $steps = $_[0]->steps; $steps{$steps}->() });

add_block_preprocessor(sub {
    my ($block) = @_;
    my $code = $block->code // '$court_of';
    my $log = $block->log // '';
    $block->set_value('http_config', http(main => ''));
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
    $block->set_value('request', 'GET /off');
    $block->set_value('config', <<"_EOC_");
        court_code $code;
        $log
        location /api/ { proxy_pass http://court_mock; }
        location = /off { court off; return 200 "off\\n"; }
_EOC_
});

worker_connections(1024);
master_on();
workers(2);
no_root_location();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: a file for each court
--- steps: each


=== TEST 2: USR1 under load, then reload
--- steps: rotate


=== TEST 3: a server of one court
--- code: C005
--- log eval: "court_audit_log " . Court::dir() . "/one-\$court_code;"
--- steps: one
