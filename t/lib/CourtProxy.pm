# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# Stands between a gateway and a real Redis, and misbehaves as it is told at
# the moment.  A child of the caller's, known to its CourtRedis by its name.
#
#     my $proxy = CourtProxy->start($redis, 'proxy', 'a');   # before server a
#     $proxy->mode('swap');                                  # "pass" again
#
# What a mode does is beside its name below.

package CourtProxy;

use strict;
use warnings;
use Court;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

# each is given the connection and one whole reply of the server's, and says
# what is written to the gateway; n counts the connection's replies
my %MODES = (
    pass    => sub { $_[1] },
    slow    => sub { later($_[0], 0.4, $_[1]); '' },
    bytes   => sub { $_[0]{bytes} = 1; $_[1] },
    extra   => sub { $_[0]{n} % 5 ? $_[1] : $_[1] . $_[1] },
    missing => sub { $_[0]{n} % 5 ? $_[1] : '' },
    garbage => sub { $_[0]{n} % 5 ? $_[1] : "!?\0\r\n" },
    type    => sub { $_[0]{n} % 5 ? $_[1] : "*2\r\n:1\r\n:2\r\n" },
    huge    => sub { $_[0]{n} % 5 ? $_[1] : "\$536870912\r\n" . 'x' x 70000 },
    cut     => sub { return $_[1] if $_[0]{n} % 5;
                     $_[0]{end} = 'rst'; substr $_[1], 0, 3 },
    half    => sub { $_[0]{end} = 'half' unless $_[0]{n} % 5; $_[1] },
    close   => sub { $_[0]{end} = 'close' unless $_[0]{n} % 5; $_[1] },
    rst     => sub { return $_[1] if $_[0]{n} % 5;
                     $_[0]{end} = 'rst'; '' },
    hold    => sub { '' },                     # accepts, and says nothing
    swap    => sub {
        my ($c, $reply) = @_;
        my $held = delete $c->{held};

        return $reply . $held if defined $held;
        $c->{held} = $reply;
        $c->{since} = time;
        return '';
    },
);


sub modes { return grep { $_ ne 'pass' } sort keys %MODES }


sub start {
    my ($class, $redis, $name, $behind) = @_;
    my $port = $redis->{port}{$name} = CourtRedis::free_port();
    my $to = $redis->{port}{$behind};
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64,
                                       LocalPort => $port, ReuseAddr => 1)
        or die "proxy: $!\n";
    my $self = bless { name => $name }, $class;
    my $parent = $$;

    $self->mode('pass');
    my $pid = fork();
    die "fork: $!\n" unless defined $pid;

    if ($pid) {
        $redis->{pid}{$name} = $pid;
        return $self;
    }

    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    run($listen, $to, Court::dir() . "/$name.mode", $parent);
    POSIX::_exit(0);
}


sub mode {
    my ($self, $mode) = @_;

    die "no mode $mode\n" unless $MODES{$mode};
    Court::file("$self->{name}.mode", $mode);
}


my ($select, %side);


sub run {
    my ($listen, $to, $file, $parent) = @_;

    $select = IO::Select->new($listen);

    while (getppid() == $parent) {
        my @ready = $select->can_read(0.02);
        my $mode = Court::slurp($file);

        for my $socket (@ready) {
            if ($socket == $listen) {
                begin(scalar $listen->accept, $to);
            } elsif ($side{$socket}) {
                receive($socket, $mode);
            }
        }

        overdue($_, $mode) for values %{{ map { $_->{id} => $_ } values %side }};
    }
}


sub begin {
    my ($client, $to) = @_;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $to);

    return close $client unless $server;
    setsockopt $_, IPPROTO_TCP, TCP_NODELAY, 1 for $client, $server;

    my $c = { client => $client, server => $server, n => 0, in => '',
              later => [], id => "$client" };
    $side{$client} = $side{$server} = $c;
    $select->add($client, $server);
}


sub receive {
    my ($socket, $mode) = @_;
    my $c = $side{$socket};
    my $n = sysread $socket, my $bytes, 65536;

    if ($c->{gone}) {
        return if $n;
        $select->remove($socket);
        delete $side{$socket};
        close $socket;
        return;
    }

    return finish($c) if !$n;

    if ($socket == $c->{client}) {
        syswrite $c->{server}, $bytes;
        return;
    }

    $c->{in} .= $bytes;
    while (defined(my $reply = take($c))) {
        $c->{n}++;
        out($c, $MODES{$mode}->($c, $reply));
        return finish($c, $c->{end}) if $c->{end};
    }
}


sub out {
    my ($c, $text) = @_;

    if (delete $c->{bytes}) {
        syswrite $c->{client}, $_ for split //, $text;
    } else {
        syswrite $c->{client}, $text if length $text;
    }
}


sub later {
    my ($c, $seconds, $reply) = @_;
    push @{$c->{later}}, [time + $seconds, $reply];
}


# what waited long enough; nothing stays held in another mode
sub overdue {
    my ($c, $mode) = @_;

    while (@{$c->{later}} && ($c->{later}[0][0] <= time || $mode eq 'pass')) {
        out($c, (shift @{$c->{later}})->[1]);
    }

    if (defined $c->{held} && ($mode ne 'swap' || time - $c->{since} > 0.05)) {
        out($c, delete $c->{held});
    }
}


sub finish {
    my ($c, $how) = @_;

    $how ||= 'close';
    $select->remove($c->{client}, $c->{server});
    delete @side{$c->{client}, $c->{server}};

    if ($how eq 'half') {
        shutdown $c->{client}, 1;
        close $c->{server};
        $select->add($c->{client});
        $side{$c->{client}} = { client => $c->{client}, gone => 1,
                                id => $c->{id}, later => [] };
        return;
    }

    setsockopt $c->{client}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
        if $how eq 'rst';
    close $c->{client};
    close $c->{server};
}


# one whole reply from what has come, or undef
sub take {
    my ($c) = @_;
    my $end = whole(\$c->{in}, 0);

    return defined $end ? substr $c->{in}, 0, $end, '' : undef;
}

sub whole {
    my ($text, $at) = @_;
    my $eol = index $$text, "\r\n", $at;

    return if $eol < 0;
    my ($type, $n) = (substr($$text, $at, 1), substr $$text, $at + 1,
                                                     $eol - $at - 1);
    $eol += 2;
    return $eol if $type !~ /[\$*]/ || $n < 0;

    if ($type eq '$') {
        my $end = $eol + $n + 2;
        return length $$text < $end ? undef : $end;
    }

    for (1 .. $n) {
        $eol = whole($text, $eol);
        return unless defined $eol;
    }

    return $eol;
}


1;
