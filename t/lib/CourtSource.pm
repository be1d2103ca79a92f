# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# A scripted server on a unix socket, and clients beside Test::Nginx's own:
# for answers that no nginx gives, delays, and many requests at once.
#
#     CourtSource::start('scripted', sub { my ($path, $head) = @_; ... });
#
# The handler says what goes onto the wire: strings are written, numbers (refs
# to them) are seconds to wait; then the connection is closed.  One line of
# dir()/NAME.log for each request.

package CourtSource;

use strict;
use warnings;
use Court;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(sleep time);

my (@pids, $owner);


sub start {
    my ($name, $handler) = @_;
    my $path = Court::dir() . "/run/$name.sock";
    my $listen = IO::Socket::UNIX->new(Local => $path, Listen => 511)
        or die "CourtSource: $path: $!\n";
    my $parent = $$;
    my $pid = fork();

    die "CourtSource: fork: $!\n" unless defined $pid;

    if ($pid) {
        $owner = $$;
        push @pids, $pid;
        return;
    }

    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', '/dev/null';
    open STDERR, '>>', Court::dir() . "/$name.err";
    $SIG{$_} = 'DEFAULT' for qw(INT TERM);
    $SIG{PIPE} = 'IGNORE';
    $SIG{CHLD} = 'IGNORE';

    # without our parent nobody would stop us
    my $select = IO::Select->new($listen);
    while (getppid() == $parent) {
        next unless $select->can_read(1);
        my $socket = $listen->accept or next;

        if (fork() == 0) {
            answer($socket, $name, $handler);
            POSIX::_exit(0);
        }

        close $socket;
    }

    POSIX::_exit(0);
}


sub answer {
    my ($socket, $name, $handler) = @_;
    my ($head) = Court::read_request($socket) or return;
    my ($path) = $head =~ /^\w+ (\S+)/;

    open my $log, '>>', Court::dir() . "/$name.log" or return;
    syswrite $log, "$path\n";
    close $log;

    for my $part ($handler->($path, $head)) {
        if (ref $part) {
            sleep $$part;
            next;
        }

        while (length $part) {
            my $n = syswrite $socket, $part or return;
            substr $part, 0, $n, '';
        }
    }
}


END {
    if ($owner && $owner == $$) {
        my $status = $?;

        kill 'TERM', @pids;
        waitpid $_, 0 for @pids;
        $? = $status;
    }
}


# an answer of that status; a hash is made JSON
sub reply {
    my ($status, $body, @headers) = @_;

    $body = Court::json($body) if ref $body;
    $body = '' unless defined $body;

    return join("\r\n", "HTTP/1.1 $status X", 'Content-Type: application/json',
                'Content-Length: ' . length $body, 'Connection: close',
                @headers, '', '') . $body;
}


# paths asked for since the last call
sub calls {
    my ($name) = @_;

    open my $in, '+<', Court::dir() . "/$name.log" or return;
    my @lines = <$in>;
    truncate $in, 0;
    chomp @lines;

    return @lines;
}


# A connection to the gateway with that request sent; header lines follow.
sub ask { return request('GET', @_) }


sub request {
    my ($method, $path, @headers) = @_;
    my $port = $Test::Nginx::Util::ServerPortForClient;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
        or die "CourtSource: port $port: $!\n";

    syswrite $socket, join "\r\n", "$method $path HTTP/1.1", 'Host: localhost',
                                   'Connection: close', @headers, '', '';
    return $socket;
}


# reads to the end: (status, code of the refusal or '', the whole text)
sub answered {
    my ($socket) = @_;
    my $select = IO::Select->new($socket);
    my $text = '';
    my $until = time + 30;

    while (time < $until) {
        next unless $select->can_read(1);
        last unless sysread $socket, $text, 65536, length $text;
    }

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)};
    my ($code) = $text =~ /^Court-Refused: (\S+)\r$/m;

    return ($status || 0, $code || '', $text);
}


# "200", "503 overloaded": in one word what became of a request
sub fetch {
    my ($status, $code) = answered(ask(@_));

    return $code eq '' ? $status : "$status $code";
}


# After each block: error.log has nothing that an operator must be woken for.
# Once a block: Test::Nginx itself looks, after a sleep, at each of pipelined
# answers, which makes minutes of a large table.
sub quiet {
    my $pipelined;
    my $data = \&Test::Nginx::Socket::error_log_data;

    push @Test::Nginx::Util::BlockPreprocessors, sub {
        $pipelined = defined $_[0]->pipelined_requests;
    };

    no warnings qw(redefine prototype);
    *Test::Nginx::Socket::error_log_data = sub () {
        return $pipelined ? [] : $data->();
    };

    push @Test::Nginx::Util::TestCleanupHandlers, sub {
        my ($block) = @_;
        my $log = $Test::Nginx::Util::ErrLogFile;
        my @lines;

        return if defined $block && defined $block->must_die;

        if (open my $in, '<', $log) {
            @lines = grep { /\[(?:alert|crit|emerg)\]/ } <$in>;
        }

        Test::More::is(join('', @lines), '', 'error.log is quiet');
    };
}


# polls until the code is true, 20 s at most
sub wait_for {
    my ($code) = @_;
    my $until = time + 20;

    while (time < $until) {
        return 1 if $code->();
        sleep 0.05;
    }

    return 0;
}


1;
