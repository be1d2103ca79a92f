# Copyright (C) the court gateway authors
# SPDX-License-Identifier: BSD-2-Clause
#
# An authority for the suites: entries, beats and snapshots in a real Redis,
# made with openssl and Perl alone, so that no code of ours is its own judge;
# whole ones, and whatever nobody should believe.
#
#     my $events = CourtEvents->new($redis_socket);
#     $events->head; $events->beat;
#     $events->deny({ subject => { iss => ..., sub => ... } });
#     $events->tick;          # a beat, where the last one is old enough

package CourtEvents;

use strict;
use warnings;
use Court;
use Digest::SHA qw(sha256);
use IO::Socket::UNIX;
use MIME::Base64 qw(encode_base64url);
use Time::HiRes qw(time);

my $SECRET = 'K' x 32;


sub new {
    my ($class, $socket, %o) = @_;
    my %scope = (issuers => ['*'], courts => ['*'],
                 kinds => [qw(deny undo invalidate beat)]);
    my %narrow = (issuers => ['https://staff.test'], courts => ['B01'],
                  kinds => [qw(deny undo)]);

    Court::file('authorities.jwks', Court::json({ keys => [
        { %{Court::make_key('authority')}, court_scope => \%scope },
        { %{Court::make_key('registry')}, court_scope => \%narrow },
    ] }));
    Court::make_key('stranger');
    Court::file('seal.key', 's1 sm4-ctr-hmac-sm3 '
                            . encode_base64url($SECRET) . "\n");

    return bless { socket => $socket, seq => 100, prev => sha256('begin'),
                   denied => {}, n => 0, last => 0, prefix => 'court', %o },
                 $class;
}


# one command; the reply, arrays as references
sub redis {
    my ($self, @argv) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $self->{socket}, Timeout => 5)
        or return;

    $socket->autoflush(1);
    print {$socket} '*' . @argv . "\r\n",
                    map { '$' . length($_) . "\r\n$_\r\n" } @argv;
    local $/ = "\r\n";
    return reply($socket);
}

sub reply {
    my ($socket) = @_;
    my $line = <$socket> // return;

    $line =~ s/\r\n//;
    my ($type, $rest) = $line =~ /^(.)(.*)/;

    return $rest if $type =~ /[+:-]/;
    return undef if $rest < 0;
    return [ map { reply($socket) } 1 .. $rest ] if $type eq '*';
    read $socket, my $text, $rest + 2;
    return substr $text, 0, $rest;
}


sub hmac_sm3 {
    my ($key, $text) = @_;
    return pack 'H*', Court::run($text, qw(openssl dgst -sm3 -mac HMAC -r -macopt),
                                 'hexkey:' . unpack 'H*', $key) =~ /^([0-9a-f]{64})/;
}


# as module/crypto/ngx_court_seal.h says
sub seal {
    my ($aad, $plain) = @_;
    my ($enc, $mac) = map { hmac_sm3($SECRET, "court ring 1 sm4-ctr-hmac-sm3 $_") }
                          qw(encrypt authenticate);
    my $head = "\1\2s1";
    my $iv = substr sha256(rand . time), 0, 16;
    my $text = Court::run($plain, qw(openssl enc -sm4-ctr -nosalt -K),
                          unpack('H*', substr $enc, 0, 16), '-iv', unpack 'H*', $iv);

    return $head . $iv . $text
           . hmac_sm3($mac, $head . $iv . pack('Q>', length $aad) . $aad . $text);
}


sub what {
    my ($id, $what) = @_;

    return $what if $what->{key} || $what->{court};
    return { sealed => encode_base64url(seal("court-event:$id", Court::json($what))) };
}


# %o: key, seq, prev, time, what, until, id: in place of what is right
sub entry {
    my ($self, $kind, %o) = @_;
    my $id = $o{id} // sprintf 'e%d', ++$self->{n};
    my $seq = $o{seq} // $self->{seq} + 1;
    my %payload = (seq => $seq, prev => encode_base64url($o{prev} // $self->{prev}),
                   time => $o{time} // int(time * 1000), kind => $kind);

    if ($kind ne 'beat') {
        $payload{id} = $id;
        $payload{what} = $o{clear} ? $o{what} : what($id, $o{what});
        $payload{until} = $o{until} if $o{until};
    }

    my $key = $o{key} // 'authority';
    my $e = Court::sign({ alg => 'ES256', typ => $o{typ} // 'court-event+jwt', kid => $o{kid} // $key },
                        \%payload, $key);

    my $said = $self->redis('XADD', "$self->{prefix}:1:events", ($o{at} // $seq) . '-0', 'e', $e);
    return $said if $o{astray};

    $self->{seq} = $seq;
    $self->{prev} = sha256($e);
    $self->{last} = time if $kind eq 'beat';
    return $id;
}

sub beat { my ($self, %o) = @_; return $self->entry('beat', %o) }

sub deny {
    my ($self, $what, %o) = @_;
    my $id = $self->entry('deny', what => $what, %o);

    $self->{denied}{Court::json($what)} = { id => $id, at => int time, what => $what,
                                            ($o{until} ? (until => $o{until}) : ()) };
    return $id;
}

sub undo {
    my ($self, $what, %o) = @_;

    delete $self->{denied}{Court::json($what)};
    return $self->entry('undo', what => $what, %o);
}

sub tick { my ($self) = @_; $self->beat if time - $self->{last} > 0.3; return }


# %o: key, seq, hash, time, entries, leap: in place of what is right
sub head {
    my ($self, %o) = @_;
    my $deny = "$self->{prefix}:1:deny";
    my @denied = map { $self->{denied}{$_} } sort keys %{$self->{denied}};
    my @parts;

    $self->{seq} += $o{leap} if $o{leap};

    while (@denied) {
        my $bytes = seal('court-deny', Court::json([ splice @denied, 0, $o{size} || 100 ]));
        my $name = encode_base64url(sha256($bytes));

        push @parts, $name;
        $self->redis('HSET', $deny, $name, $o{spoil} ? $bytes . 'x' : $bytes);
    }

    my $key = $o{key} // 'authority';
    my $head = Court::sign({ alg => 'ES256', typ => 'court-deny+jwt', kid => $key }, {
        seq => $o{seq} // $self->{seq}, prev => encode_base64url($o{prev} // $self->{prev}),
        time => $o{time} // int(time * 1000), entries => $o{entries} // scalar keys %{$self->{denied}},
        parts => \@parts }, $key);

    return $self->redis('HSET', $deny, 'head', $head);
}


1;
