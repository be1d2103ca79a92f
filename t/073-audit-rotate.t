# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The log is renamed and USR1 sent under load: no line is lost, chains go on in
# the new file.  Reload and stop are recorded, and what was buffered is there.

use lib 't/lib';
use Test::Nginx::Socket 'no_plan';
use Court;
use CourtAudit;
use CourtSource;

my $dir = Court::dir();
my $file = 'audit.log';

my $policy = {
    format => 1, version => 1,
    interfaces => [
        { id => 'act', routes => [ { methods => ['GET'], path => '/api/act' } ], trace => 'durable' },
        { id => 'ordinary', routes => [ { methods => ['GET'], path => '/api/ordinary' } ] },
    ],
    rules => [ { id => 'r1', effect => 'allow', roles => ['lawyer'], interfaces => ['act', 'ordinary'] } ],
};

our $http = Court::http_config(policy => $policy,
    main => "court_audit_log $dir/$file flush=10s buffer=8k;");
our $token = Court::bearer('lawyer');
my @old;

sub load {
    my ($n) = @_;
    my @sockets = map { CourtSource::ask($_ % 3 ? '/api/ordinary' : '/api/act', $token) } 1 .. $n;
    return grep { (CourtSource::answered($_))[0] == 200 } @sockets;
}

our %steps = (
    rotate => sub {
        my $served = load(30);

        for my $round (1 .. 4) {
            rename "$dir/$file", "$dir/$file.$round" or die "$file: $!\n";
            push @old, "$file.$round";

            my @sockets = map { CourtSource::ask('/api/act', $token) } 1 .. 20;
            kill 'USR1', CourtAudit::pid();
            $served += grep { (CourtSource::answered($_))[0] == 200 } @sockets;
            $served += load(30);
            ok CourtAudit::poll(sub { -s "$dir/$file" }), "rotate $round: there is a new file";
        }

        is $served, 30 + 4 * 50, 'rotate: all were served';

        # a graceful end of the workers writes what they have
        kill 'HUP', CourtAudit::pid();
        ok CourtAudit::poll(sub { CourtAudit::find($file, event => 'worker_stop') == 2 }),
           'reload: the old workers say that they stop';

        my @all = map { CourtAudit::records($_) } @old, $file;
        is scalar(grep { $_->{phase} eq 'decision' } @all), $served, 'rotate: no decision is lost';
        is scalar(grep { $_->{phase} eq 'outcome' } @all), $served, 'rotate: nor an outcome';
        is CourtAudit::chains(@old, $file), '', 'rotate: chains go on from file to file';

        my ($start) = grep { ($_->{event} // '') eq 'start' } @all;
        my ($reload) = CourtAudit::find($file, event => 'reload');
        is $reload->{conf}, $start->{conf}, 'reload: the same configuration';
    },

    changed => sub {
        my ($last) = reverse grep { ($_->{event} // '') =~ /^(start|reload)$/ } CourtAudit::records($file);
        my $conf = "$Test::Nginx::Util::ServRoot/conf/nginx.conf";
        my $text = Court::slurp($conf);

        open my $out, '>', $conf or die "$conf: $!\n";
        print $out $text =~ s/(location = \/off)/location = \/two { court off; return 204; }\n$1/r;
        close $out;
        my $before = () = CourtAudit::find($file, event => 'reload');
        kill 'HUP', CourtAudit::pid();
        ok CourtAudit::poll(sub { CourtAudit::find($file, event => 'reload') > $before }), 'changed: reload';
        my ($r) = reverse CourtAudit::find($file, event => 'reload');
        isnt $r->{conf}, $last->{conf}, 'changed: another configuration';
        is scalar(grep { m{ /two$} } @{$r->{off}}), 1, 'changed: what is off now';
    },
);

add_response_body_check(sub { my $steps = $_[0]->steps; $steps{$steps}->() });

add_block_preprocessor(sub {
    my ($block) = @_;
    $block->set_value('http_config', $http);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
    $block->set_value('request', 'GET /off');
    $block->set_value('config', <<'_EOC_');
        court_code B00;
        location /api/ { proxy_pass http://court_mock; }
        location = /off { court off; return 200 "off\n"; }
_EOC_
});

# when Test::Nginx has stopped the server of the last block
END {
    CourtAudit::poll(sub { CourtAudit::find($file, event => 'stop') >= 1 }) if $file && -e "$dir/$file";
}

worker_connections(512);
master_on();
workers(2);
no_root_location();
no_shuffle();
run_tests();

is CourtAudit::chains(@old, $file), '', 'at the end all is whole';

__DATA__

=== TEST 1: USR1 under load, then reload
--- steps: rotate


=== TEST 2: a reload with another configuration
--- steps: changed
