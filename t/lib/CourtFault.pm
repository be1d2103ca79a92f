# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# A fault under load, and the oracle that each row of faults has: a static
# location that is polled each 10 ms always answers; nobody is taken for
# somebody else (a token for each user, and the court echoes whom it saw);
# outcomes are those that the row allows; descriptors come back; nothing is
# left under way; error.log wakes nobody; the counters explain every miss.
#
#     my $fault = CourtFault->new($redis);           # a CourtRedis
#     $fault->gateway($lines, ...);                  # and its gateway
#     $fault->row('hung', sub { inject }, sub { undo }, used => ['a']);
#
# COURT_FAULTS=long: each row takes longer, and the poller's 50 ms, which need
# a machine of one's own, are asserted as well.

package CourtFault;

use strict;
use warnings;
use Court;
use CourtSource;
use CourtStatus;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our $LONG = ($ENV{COURT_FAULTS} || '') eq 'long';
our $USERS = 12;

my @children;


sub new {
    my ($class, $redis) = @_;
    my $self = bless { redis => $redis, users => [] }, $class;

    for my $i (1 .. $USERS) {
        my $who = sprintf 'user-%02d', $i;
        push @{$self->{users}}, [$who, Court::bearer('lawyer', sub => $who,
                                                     exp => time + 7200)];
    }

    $self->{odd} = [];
    return $self;
}


sub gateway {
    my ($self, $lines, %more) = @_;

    # so short that what is in Redis is written anew all the time
    $self->{redis}->gateway($lines, facts => 'breaker 100000/1s; ttl 1s;',
                            %more);
    $self->{log} = 0;
    $self->settle;
}


# One request over a connection of its own: (status or what went wrong, text)
sub ask {
    my ($port, $path, @headers) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port)
        or return ('not connected', '');
    my ($text, $until) = ('', time + 15);
    my $select = IO::Select->new($socket);

    syswrite $socket, join "\r\n", "GET $path HTTP/1.1", 'Host: localhost',
                                   'Connection: close', @headers, '', '';

    while (time < $until) {
        next unless $select->can_read(1);
        my $n = sysread $socket, $text, 65536, length $text;
        return ('cut', $text) unless defined $n;
        last unless $n;
    }

    return ('stuck', $text) if time >= $until;
    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)} or return ('empty', $text);
    my ($code) = $text =~ /^Court-Refused: (\S+)\r$/m;

    return ($status . ($code ? " $code" : ''), $text);
}


sub control {
    my ($self, $method, $path, $body) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $self->{redis}{control})
        or return '';
    my $text = '';

    $body = '' unless defined $body;
    syswrite $socket, "$method $path HTTP/1.1\r\nHost: x\r\n"
                      . "Connection: close\r\nContent-Length: "
                      . length($body) . "\r\n\r\n$body";
    1 while sysread $socket, $text, 65536, length $text;

    return $text =~ /\r\n\r\n(.*)/s ? $1 : '';
}


# A child that calls work until it is told to end, and its summary
sub child {
    my ($self, $name, $work) = @_;
    my $file = Court::dir() . "/load-$name.json";
    my $parent = $$;

    unlink $file;
    my $pid = fork();
    die "fork: $!\n" unless defined $pid;

    if ($pid == 0) {
        my %sum = (n => 0, max => 0, late => 0, wrong => 0);

        # it ends between two requests, and never inside of one
        my ($term, $waits) = (POSIX::SigSet->new(POSIX::SIGTERM()),
                              POSIX::SigSet->new);
        POSIX::sigprocmask(POSIX::SIG_BLOCK(), $term);
        $SIG{$_} = 'DEFAULT' for qw(INT HUP);
        $SIG{PIPE} = 'IGNORE';
        srand($$);
        while (getppid() == $parent) {
            POSIX::sigpending($waits);
            last if $waits->ismember(POSIX::SIGTERM());
            $work->(\%sum);
        }
        Court::file("load-$name.json", Court::json(\%sum));
        POSIX::_exit(0);
    }

    push @children, [$pid, $file];
}


sub polls {
    my ($port, $sum) = @_;
    my $began = time;
    my ($status) = ask($port, '/static');
    my $took = time - $began;

    $sum->{n}++;
    $sum->{outcome}{$status}++;
    $sum->{max} = $took if $took > $sum->{max};
    $sum->{late}++ if $took > 0.05;
    sleep 0.01;
}


sub asks {
    my ($self, $port, $sum) = @_;
    my $user = $self->{users}[rand @{$self->{users}}];
    my ($status, $text) = ask($port, '/api/any', $user->[1]);

    $sum->{n}++;
    $sum->{outcome}{$status}++;

    if ($status eq '200' && $text !~ /^Court-Subject: \Q$user->[0]\E$/m) {
        $sum->{wrong}++;
    }

    # so that Redis and the source are asked all the time
    $self->control('POST', '/cache/purge', '{"zone":"facts"}')
        unless $sum->{n} % 15;
    sleep 0.004;
}


sub begin {
    my ($self) = @_;
    my $port = $self->{redis}{http_port};

    $self->child('static', sub { polls($port, @_) });
    $self->child("users$_", sub { $self->asks($port, @_) }) for 1, 2;
}


sub end {
    my ($self) = @_;
    my ($static, @users);

    kill 'TERM', $_->[0] for @children;
    for my $child (splice @children) {
        waitpid $child->[0], 0;
        my $sum = -e $child->[1]
                  ? JSON::PP::decode_json(Court::slurp($child->[1])) : {};
        if ($child->[1] =~ /static/) { $static = $sum } else { push @users, $sum }
    }

    my %all = (n => 0, wrong => 0, outcome => {});
    for my $sum (@users) {
        $all{$_} += $sum->{$_} || 0 for qw(n wrong);
        $all{outcome}{$_} += $sum->{outcome}{$_} for keys %{$sum->{outcome}};
    }

    return ($static, \%all);
}


sub workers { my ($self) = @_; return $self->{redis}->workers }


sub descriptors {
    my ($self) = @_;
    my $n = 0;

    for my $pid ($self->workers) {
        my @fds = glob "/proc/$pid/fd/*";
        $n = @fds if @fds > $n;
    }

    return $n;
}


sub memory {
    my ($self) = @_;
    my $max = 0;

    for my $pid ($self->workers) {
        open my $in, '<', "/proc/$pid/status" or next;
        while (<$in>) {
            $max = $1 if /^RssAnon:\s+(\d+)/ && $1 > $max;
        }
    }

    return $max;
}


sub status {
    my ($self) = @_;
    my $status;

    $self->{redis}->wait_for(sub {
        $status = eval {
            CourtStatus::parse($self->control('GET', '/status?format=json')) };
    }) or die "no status\n";

    return $status;
}


sub counted {
    my ($self) = @_;
    my $s = $self->status;
    my $redis = $s->all('court_redis_commands_total');

    return {
        decisions => $s->sum('court_decisions_total'),
        facts => $s->sum('court_facts_total'),
        fetches => $s->sum('court_fetches_total'),
        misses => $s->sum('court_redis_commands_total')
                  - ($redis->{'main ok'} || 0),
        redis => $redis,
    };
}


sub calls {
    my ($self) = @_;
    my $file = Court::dir() . '/scripted.log';

    open my $in, '<', $file or return 0;
    my $n = () = <$in>;
    return $n;
}


# warm, and so many descriptors are in use where nobody asks
sub settle {
    my ($self) = @_;
    my $redis = $self->{redis};

    $self->begin;
    sleep 0.4;
    $self->end;
    $redis->wait_for(sub {
        my $n = $self->descriptors;
        sleep 0.1;
        return $n == $self->descriptors;
    });
    $self->{fds} = $self->descriptors;
    $self->{memory} = $self->memory;
}


# every user is answered, whatever was known of him a moment ago
sub healthy {
    my ($self) = @_;
    my $port = $self->{redis}{http_port};

    return $self->{redis}->wait_for(sub {
        !grep { (ask($port, '/api/any', $_->[1]))[0] ne '200' }
              @{$self->{users}};
    });
}


# nothing is on its way any more
sub idle {
    my ($self) = @_;
    my $s = $self->status;

    return !$s->sum('court_fetches_in_flight')
           && !$s->sum('court_fetch_waiters');
}


# allow: outcomes beside 200; used: a server that is used again afterwards;
# restarts: counters begin anew; new: workers are others afterwards, so that
# descriptors are not compared; for: seconds of the fault
sub row {
    my ($self, $name, $inject, $undo, %o) = @_;
    my $redis = $self->{redis};
    my $before = $self->counted;
    my $calls = $self->calls;
    my $asked = $redis->{fresh};

    $self->begin;
    sleep($LONG ? 1 : 0.15);
    $inject->();
    sleep(($o{for} || 0.6) * ($LONG ? 4 : 1));
    $undo->() if $undo;
    my $seconds = $o{used} ? $redis->used(@{$o{used}}) : 0;
    sleep($LONG ? 1 : 0.1);
    my ($static, $users) = $self->end;

    $self->judge($name, $static, $users, %o);
    ok defined $seconds, "$name: used again" if $o{used};
    $self->account($name, $before, $calls,
                   $users->{n} + $redis->{fresh} - $asked, %o);

    diag sprintf '%-18s %4d requests (%s)%s, static max %.1f ms, %d over 50',
        $name, $users->{n}, told($users->{outcome}),
        $o{used} ? sprintf(', back after %.2f s', $seconds // -1) : '',
        1000 * ($static->{max} || 0), $static->{late} || 0
        if $LONG || $ENV{COURT_FAULTS};

    return $users;
}


sub told {
    my ($outcome) = @_;
    return join ', ', map { "$_: $outcome->{$_}" } sort keys %$outcome;
}


sub judge {
    my ($self, $name, $static, $users, %o) = @_;
    my $redis = $self->{redis};
    my $allow = $o{allow} || qr/^200$/;
    my @odd = grep { $_ ne '200' && !/$allow/ } keys %{$users->{outcome}};
    my $cut = $o{cut} || qr/^200$/;
    my @static = grep { $_ ne '200' && !/$cut/ } keys %{$static->{outcome}};

    ok $static->{n} && !@static, "$name: the static location always answers"
        or diag told($static->{outcome} || {});
    ok $static->{max} <= 0.05, "$name: within 50 ms"
        or diag sprintf '%.1f ms, %d of %d', 1000 * $static->{max},
                        $static->{late}, $static->{n}
        if $LONG && !$o{stopped};
    is $users->{wrong}, 0, "$name: nobody is taken for somebody else";
    ok $users->{outcome}{200} && !@odd, "$name: outcomes are those allowed"
        or diag told($users->{outcome});
    my @alerts = grep { /\[(?:alert|emerg)\]/ && !($o{alert} && /$o{alert}/) }
                 split /^/, substr Court::slurp($redis->{error_log}),
                                   $self->{log} || 0;
    is "@alerts", '', "$name: the log is quiet";
    $self->{log} = -s $redis->{error_log};
}


sub account {
    my ($self, $name, $before, $calls, $asked, %o) = @_;
    my $redis = $self->{redis};
    my $after;

    ok $redis->wait_for(sub { $self->idle }), "$name: nothing is under way";
    return if $o{restarts};

    # requests are counted when they end: a moment after their clients know
    my $equal = $redis->wait_for(sub {
        $after = $self->counted;
        $after->{$_} -= $before->{$_} for qw(decisions facts fetches misses);
        return $after->{decisions} == $asked;
    });
    ok $equal, "$name: each of $asked requests is counted"
        or diag $after->{decisions};

    if (!$o{source}) {
        is $after->{facts}, $asked, "$name: and its fact";
        is $after->{fetches}, $self->calls - $calls,
           "$name: and each call of the source";
    }

    # some expire between Redis and us
    cmp_ok $after->{fetches}, '<=', 1.1 * $after->{misses} + 12,
           "$name: each call has its miss in Redis" unless $o{misses};

    if ($o{new}) {
        $self->settle;
    } else {
        ok $redis->wait_for(sub { $self->descriptors <= $self->{fds} + 6 }),
           "$name: descriptors are back"
            or diag "$self->{fds} and " . $self->descriptors;
    }
}


END {
    kill 'KILL', $_->[0] for @children;
}


1;
