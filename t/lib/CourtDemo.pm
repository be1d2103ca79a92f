# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# What the programs of t/demo/ share: a demo of the program's own, stopped
# whatever happens; further gateways on its parts, by changed configuration;
# an HTTP client that sends what it is told, well formed or not; load.
#
#     use lib 't/lib';
#     use CourtDemo;
#     my $demo = CourtDemo->start;
#     my $answer = $demo->get('/api/v1/cases/1', $demo->as('lawyer'));

package CourtDemo;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time sleep);

our $COURTCTL = abs_path('lua-free-scripts/courtctl');

my ($owner, $running) = ($$);

$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);
$SIG{PIPE} = 'IGNORE';

END {
    if ($running && $$ == $owner) {
        local $?;
        $running->stop;
    }
}


sub port_free {
    return defined IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => shift, Listen => 1, ReuseAddr => 1);
}


# the first of ten free ports in a row
sub free_port {
    return $ENV{COURT_TEST_PORT} if $ENV{COURT_TEST_PORT};

    for my $try (1 .. 200) {
        my $base = 10 * (2000 + int rand 1200);
        return $base unless grep { !port_free($base + $_) } 0 .. 9;
    }

    die "no free port\n";
}


sub start {
    my ($class, @options) = @_;
    my ($name) = $0 =~ m{([^/]+)$};
    my $build = $ENV{BUILD} || 'build';

    make_path("$build/demo-tests");
    my $self = bless {
        dir  => abs_path("$build/demo-tests") . "/$name",
        port => free_port(),
        tool => abs_path($ENV{COURT_TOOL} || "$build/court-tool"),
        nginx => $ENV{COURT_NGINX} || '/usr/sbin/nginx',
    }, $class;

    $ENV{COURT_DEMO_DIR} = $self->{dir};
    $ENV{COURT_PORT} = $self->{port};

    # so it has been left by a run that was killed hard
    $running = $self;
    $self->stop;

    my ($rc, $out) = run($COURTCTL, 'demo', 'start', @options);
    if ($rc) {
        print "Bail out! the demo does not start: $out\n";
        exit 1;
    }

    return $self;
}


sub stop {
    return run($COURTCTL, 'demo', 'stop');
}


# exit code and what was said on both outputs
sub run {
    my (@command) = @_;

    my $pid = open my $out, '-|';
    die "fork: $!\n" unless defined $pid;

    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec { $command[0] } @command or POSIX::_exit(127);
    }

    my $text = do { local $/; <$out> };
    close $out;

    return ($? >> 8 || $? & 127, defined $text ? $text : '');
}


sub ctl {
    my ($self, @command) = @_;
    return run($COURTCTL, @command);
}


sub fault {
    my ($self, $part, $fault) = @_;
    my ($rc, $out) = run($COURTCTL, 'demo', 'fault', $part, $fault);

    die "fault $part $fault: $rc $out\n" if $rc;
}


sub slurp {
    my ($self, $name) = @_;

    open my $in, '<:raw', "$self->{dir}/$name" or return '';
    local $/;
    my $text = <$in>;

    return defined $text ? $text : '';
}


sub write_file {
    my ($self, $name, $data) = @_;
    my $path = "$self->{dir}/$name";

    open my $out, '>:raw', "$path.new" or die "$path: $!\n";
    print {$out} ref $data ? JSON::PP->new->utf8->encode($data) : $data;
    close $out or die "$path: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
}


# lines of log files, line by line since they may be long
sub lines_like {
    my ($self, $what, @names) = @_;
    my @lines;

    for my $name (@names) {
        open my $in, '<:raw', "$self->{dir}/log/$name" or next;
        while (<$in>) {
            push @lines, $_ if /$what/;
        }
    }

    return @lines;
}


# number of lines of log/NAME.log
sub hits {
    my ($self, $name) = @_;
    return scalar(() = $self->slurp("log/$name.log") =~ /\n/g);
}


sub mint {
    my ($self, @options) = @_;

    my $pid = open my $out, '-|', $self->{tool}, qw(token mint --demo),
        @options or die "token mint: $!\n";
    my $token = <$out>;
    close $out;
    die "token mint @options: $?\n" if $?;
    chomp $token;

    return $token;
}


# a token of the demo, as a header: as('lawyer')
sub as {
    my ($self, $who) = @_;
    my $token = $self->slurp("tokens/$who.jwt");

    chomp $token;
    return ('Authorization' => "Bearer $token");
}


sub bearer {
    my ($self, @options) = @_;
    return ('Authorization' => 'Bearer ' . $self->mint(@options));
}


my $count = 0;

# a name that no earlier test and no cache knows
sub fresh {
    my ($self, $what) = @_;
    return sprintf '%s-%d-%d-%06d', $what, $$, ++$count, rand 1e6;
}


sub person {
    my ($self, $subject, %fields) = @_;

    $self->write_file("people/$subject.json", {
        subject => $subject, status => 'active', kind => 'full_time',
        valid_from => '2020-01-01T00:00:00Z', %fields,
    });

    return $subject;
}


# the records of persons of one case: relation('B00', 'x', { subject => ... })
sub relation {
    my ($self, $court, $case, @records) = @_;

    $self->write_file("relations/$court-$case.json", [
        map { { case => $case, court => $court, side => 'plaintiff',
                capacity => 'agent', secrecy => 'none', %$_ } } @records
    ]);

    return $case;
}


sub link_to {
    my ($self, $assistant, $principal, %fields) = @_;

    $self->write_file("links/$assistant.json", [ {
        assistant => $assistant, principal => $principal, status => 'active',
        approved_by_principal => JSON::PP::true,
        approved_by_firm => JSON::PP::true, active_links => 1, %fields,
    } ]);
}


sub redis {
    my ($self, @command) = @_;
    my ($rc, $out) = run('timeout', '5', 'redis-cli', '-s',
        "$self->{dir}/redis.sock", @command);

    chomp $out;
    return $out;
}


# An answer: status, headers (lower case, the last wins), body, json, time
sub parse {
    my ($text) = @_;
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my %answer = (status => 0, headers => {}, body => '', raw => $text);

    return \%answer unless defined $body
                           && $head =~ s{\AHTTP/1\.1 (\d{3})[^\n]*\n?}{};
    $answer{status} = $1;

    for my $line (split /\r\n/, $head) {
        my ($name, $value) = $line =~ /^([^:]+):\s*(.*)$/ or next;
        $answer{headers}{lc $name} = $value;
    }

    if (($answer{headers}{'transfer-encoding'} || '') eq 'chunked') {
        my $whole = '';
        while ($body =~ s/\A([0-9a-f]+)\r\n//i && hex $1) {
            $whole .= substr $body, 0, hex $1, '';
            $body =~ s/\A\r\n//;
        }
        $body = $whole;
    }

    $answer{body} = $body;
    $answer{json} = eval { JSON::PP->new->utf8->decode($body) } || {};
    return \%answer;
}


# sends bytes, reads until the end: the text asks for it to be closed
sub raw {
    my ($self, $text, $port) = @_;
    my $began = time;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port || $self->{port}) or return parse('');

    binmode $socket;
    $socket->syswrite($text);

    my ($all, $until) = ('', time + 20);
    my $select = IO::Select->new($socket);

    while ($select->can_read($until - time > 0 ? $until - time : 0)) {
        sysread($socket, $all, 65536, length $all) or last;
    }

    my $answer = parse($all);
    $answer->{time} = time - $began;
    return $answer;
}


# headers: a list of pairs, so that one may stand twice.  Host, Port: ours.
sub request {
    my ($self, $method, $path, @headers) = @_;
    my ($host, $port, $body, $text) = ('b00.localhost', $self->{port}, '', '');

    while (my ($name, $value) = splice @headers, 0, 2) {
        if    ($name eq 'Host') { $host = $value }
        elsif ($name eq 'Port') { $port = $value }
        elsif ($name eq 'Body') { $body = $value }
        else                    { $text .= "$name: $value\r\n" }
    }

    $text .= 'Content-Length: ' . length($body) . "\r\n" if length $body;

    return $self->raw("$method $path HTTP/1.1\r\nHost: $host\r\n"
        . "Connection: close\r\n$text\r\n$body", $port);
}


sub get  { my $self = shift; return $self->request('GET', @_) }
sub post { my $self = shift; return $self->request('POST', @_) }


# until it is true: its value; undef after that many seconds
sub poll {
    my ($self, $seconds, $condition) = @_;
    my $until = time + $seconds;

    do {
        my $value = $condition->();
        return $value if $value;
        sleep 0.05;
    } while (time < $until);

    return;
}


# One more gateway beside the demo's: its configuration, changed by a
# subroutine that gets the text.  Returns its port.
sub gateway {
    my ($self, $name, $offset, $change) = @_;
    my $port = $self->{port} + $offset;
    my $conf = $self->slurp('conf/nginx-1.conf');

    $conf =~ s/:$self->{port}\b/:$port/g;
    $conf =~ s/gw1/$name/g;
    $conf =~ s{/nginx\.pid}{/nginx-$name.pid};
    $conf =~ s{/error\.log}{/error-$name.log};

    local $_ = $conf;
    $change->($port);
    $self->write_file("conf/nginx-$name.conf", $_);
    $self->launch($name);

    return $port;
}


sub launch {
    my ($self, $name) = @_;
    my $dir = $self->{dir};

    my ($rc, $out) = run($self->{tool}, 'spawn', '--pid',
        "$dir/launch-$name.pid", '--log', "$dir/log/$name.out",
        $self->{nginx}, '-e', "$dir/log/error-$name.log",
        '-c', "$dir/conf/nginx-$name.conf");

    $self->poll(20, sub { $self->pid("nginx-$name") })
        or die "gateway $name does not start: " . $self->slurp("log/$name.out")
               . $self->slurp("log/error-$name.log");
}


sub pid {
    my ($self, $name) = @_;
    my ($pid) = $self->slurp("$name.pid") =~ /(\d+)/;

    return $pid && kill(0, $pid) ? $pid : 0;
}


# processes whose parent is that one; zombies are none
sub children {
    my ($self, $pid) = @_;
    my @children;

    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my $stat = <$in>;
        next unless defined $stat && $stat =~ /^(\d+) .*\) (\S) (\d+) /s;
        push @children, $1 if $3 == $pid && $2 ne 'Z';
    }

    return @children;
}


# kB of memory of processes, shared pages split among those who share
sub memory {
    my ($self, @pids) = @_;
    my $sum = 0;

    for my $pid (@pids) {
        open my $in, '<', "/proc/$pid/smaps_rollup" or next;
        while (<$in>) {
            $sum += $1 if /^Pss:\s+(\d+)/;
        }
    }

    return $sum;
}


# Load: clients that ask one after the other, half of them on connections of
# their own for each request, half on one that is kept.  A kept one that ends
# before an answer has begun is opened anew, as clients do.

sub load {
    my ($self, %load) = @_;
    my @clients;

    for my $n (1 .. $load{clients} || 4) {
        my $pid = open my $out, '-|';
        die "fork: $!\n" unless defined $pid;

        if (!$pid) {
            $load{keep} = $n % 2;
            _client(\%load);
            POSIX::_exit(0);
        }

        push @clients, { pid => $pid, out => $out };
    }

    return \@clients;
}


# ends it: { STATUS => number, failed => number, all => number, max => s }
sub unload {
    my ($self, $clients) = @_;
    my %sum = (all => 0, failed => 0, max => 0);

    kill TERM => $_->{pid} for @$clients;

    for my $client (@$clients) {
        my $out = $client->{out};

        while (<$out>) {
            my ($what, $value) = split;
            if ($what eq 'max') {
                $sum{max} = $value if $value > $sum{max};
            } else {
                $sum{$what} += $value;
            }
        }

        close $out;
    }

    $sum{all} += $sum{$_} for grep { /^\d+$/ } keys %sum;
    $sum{all} += $sum{failed};
    $sum{'5xx'} = 0;
    $sum{'5xx'} += $sum{$_} for grep { /^5\d\d$/ } keys %sum;

    return \%sum;
}


sub _client {
    my ($load) = @_;
    my ($end, %sum, $socket) = (0);
    my $max = 0;

    $SIG{TERM} = sub { $end = 1 };

    while (!$end) {
        my $began = time;
        my $status = _ask($load, \$socket);

        $status = _ask($load, \$socket) if $status eq 'again';
        last if $end && $status !~ /^\d/;
        $sum{$status eq 'again' ? 'failed' : $status}++;
        $max = time - $began if time - $began > $max;
        sleep $load->{pause} || 0.002;
    }

    print "$_ $sum{$_}\n" for keys %sum;
    print "max $max\n";
    close STDOUT;
}


sub _ask {
    my ($load, $socket) = @_;
    my $kept = $$socket;

    $$socket ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $load->{port}) or return 'failed';

    my $text = "GET $load->{path} HTTP/1.1\r\nHost: b00.localhost\r\n"
        . ($load->{keep} ? '' : "Connection: close\r\n");
    my @headers = @{$load->{headers} || []};
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n";
    }

    my $status = _answer($$socket, "$text\r\n");

    undef $$socket if !$load->{keep} || $status !~ s/^(\d+) kept$/$1/;
    return 'again' if $status eq 'nothing' && $kept;
    return $status =~ /^(\d{3})/ ? $1 : 'failed';
}


# "200 kept", "200" where the connection ends, "nothing", "half"
sub _answer {
    my ($socket, $text) = @_;
    my ($all, $until) = ('', time + 15);

    $socket->syswrite($text) or return 'nothing';

    while (1) {
        my $left = $until - time;
        my $ready = '';
        vec($ready, fileno($socket), 1) = 1;
        return 'half' if $left <= 0;

        my $n = select $ready, undef, undef, $left;
        next if $n < 0;
        return 'half' if $n == 0;

        $n = sysread($socket, $all, 65536, length $all);
        return length $all ? 'half' : 'nothing' unless $n;

        my ($head, $body) = split /\r\n\r\n/, $all, 2;
        next unless defined $body;

        my ($status) = $head =~ m{^HTTP/1\.1 (\d{3})};
        my ($length) = $head =~ /^content-length: (\d+)/mi;
        my $whole = defined $length ? length $body >= $length
                                    : $body =~ /(?:\A|\n)0\r\n\r\n\z/;

        next unless $whole;
        return $head =~ /^connection: close/mi ? $status : "$status kept";
    }
}


1;
