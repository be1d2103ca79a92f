# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# The control location's clients: HTTP/1.1 on its unix socket, whole answers
# or byte by byte.
#
#     my $a = CourtControl::ask('POST', '/fact', { fact => ..., key => [...] });
#     $a->{status}, $a->{json}{zone}{state}

package CourtControl;

use strict;
use warnings;
use Court;
use CourtHttp ();
use IO::Select;
use IO::Socket::UNIX;
use JSON::PP;
use Time::HiRes qw(time);

our $SOCKET = Court::dir() . '/run/control.sock';

# a server of it, for http{}
our $SERVER = <<"_EOC_";
    server {
        listen unix:$SOCKET;
        location /control/ { court_control; }
        location /bare { court_control; }
    }
_EOC_


sub open_socket {
    my $socket = IO::Socket::UNIX->new(Peer => $SOCKET, Timeout => 10)
        or die "CourtControl: $SOCKET: $!\n";

    $socket->autoflush(1);
    return $socket;
}


# all that comes until the other side closes
sub rest {
    my ($socket, $limit) = @_;
    my ($text, $end) = ('', time + ($limit || 30));
    my $select = IO::Select->new($socket);

    while (time < $end) {
        next unless $select->can_read(0.2);
        sysread($socket, $text, 65536, length $text) or last;
    }

    return $text;
}


sub parsed {
    my ($text) = @_;
    my $answer = CourtHttp::parse($text);

    $answer->{json} = eval { JSON::PP->new->utf8->decode($answer->{body}) } || {};
    return $answer;
}


sub raw {
    my ($bytes) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $socket = open_socket();

    print {$socket} $bytes;
    return parsed(rest($socket));
}


# body: a structure, or text
sub request {
    my ($method, $path, $body) = @_;

    $body = Court::json($body) if ref $body;

    return "$method $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . (defined $body ? 'Content-Length: ' . length($body) . "\r\n" : '')
           . "\r\n" . ($body // '');
}


sub ask {
    my ($method, $path, $body) = @_;

    return raw(request($method, "/control$path", $body));
}


# workers' pids, as the gateway itself sees them
sub workers {
    my $answer = ask('POST', '/audit/flush', {});

    return sort { $a <=> $b } map { @{$answer->{json}{$_} || []} } qw(done late failed);
}


1;
